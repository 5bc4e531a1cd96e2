// Runs in every page before the page's own scripts. Notes when the first mask is shown and when each step of the engine's start ends,
// and gives the benchmarks a few helpers. It changes nothing on the page.
(() => {
  const bench = (window.bench = { ready: null, steps: {}, stall: 0 });

  // The longest time in which the page could not answer, until the first mask.
  new PerformanceObserver(list => {
    if (bench.ready === null) bench.stall = Math.max(bench.stall, ...list.getEntries().map(entry => entry.duration));
  }).observe({ type: "longtask", buffered: true });

  const isReady = node => /^(STUDIO-SEGMENT|PEER-SEGMENT)$/.test(node.nodeName) && node.dataset.state === "ready";
  new MutationObserver(records => {
    if (bench.ready === null && records.some(r => isReady(r.target))) bench.ready = performance.now();
  }).observe(document, { subtree: true, attributes: true, attributeFilter: ["data-state"] });

  // The page's script sets window.pystudio; from then on we listen to its engine.
  let studio, found;
  const arrived = new Promise((resolve, reject) => {
    found = resolve;
    addEventListener("load", () => setTimeout(() => reject(new Error("this page gives no window.pystudio")), 20_000));
  });
  arrived.catch(() => {}); // pages without the studio are not asked
  Object.defineProperty(window, "pystudio", {
    configurable: true,
    get: () => studio,
    set(value) {
      studio = value;
      found(value);
      bench.steps.script = performance.now();
      value.engine.on("boot", steps => steps.forEach(s => { if (s.finished) bench.steps[s.step] ??= performance.now(); }));
      value.engine.on("state", state => { if (state === "ready") bench.steps.engine ??= performance.now(); });
    },
  });

  /** RGBA of a picture, drawn at a size (its own when none is given). */
  bench.pixels = async (url, rows, columns) => {
    const bitmap = await createImageBitmap(await (await fetch(url)).blob());
    const canvas = new OffscreenCanvas(columns ?? bitmap.width, rows ?? bitmap.height);
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.imageSmoothingQuality = "high";
    context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    return { rows: canvas.height, columns: canvas.width, data: context.getImageData(0, 0, canvas.width, canvas.height).data };
  };

  /** The page's {engine, store}, with its engine ready. */
  bench.studio = async network => {
    const { engine } = await arrived;
    await engine.start(network);
  };

  /** Give the engine a photo of bench.pixels; the copy is the engine's to keep. */
  bench.open = ({ rows, columns, data }) => {
    const pixels = data.slice().buffer;
    return studio.engine.call("photo.open", { rows, columns, pixels }, { transfer: [pixels] });
  };

  /** A worker that answers {id, reply|error}, as a function that asks it. */
  bench.ask = worker => {
    const waiting = new Map();
    let next = 1;
    const fail = text => { waiting.forEach(w => w.reject(new Error(text))); waiting.clear(); };
    worker.onerror = event => fail(event.message ?? "the worker could not be loaded");
    worker.onmessage = ({ data: { id, reply, error } }) => {
      const asked = waiting.get(id);
      waiting.delete(id);
      if (error) asked.reject(new Error(error));
      else asked.resolve(reply);
    };
    return (message, transfer = []) => new Promise((resolve, reject) => {
      const id = next++;
      waiting.set(id, { resolve, reject });
      worker.postMessage({ id, ...message }, transfer);
    });
  };
})();
