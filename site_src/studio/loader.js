// How files of the site are reached: over https, or from a folder on this computer (file://, the USB edition). The only file that
// knows which of the two it is; everything else asks urlOf(), read() and spawnWorker().

/** What the build made: paths relative to the folder of this script. Written in by the build. */
/** @type {import("./types").Manifest} */
export const MANIFEST = __MANIFEST__;

/** Whether a web server sent this page; there is no service worker without one. */
export const hosted = location.protocol !== "file:";

/** So many seconds without a byte of what is awaited, and the page says so. Nothing goes silent in a folder. */
export const SILENCE = hosted ? 25 : Infinity;

/** What to look at when a file does not arrive, and what goes on without it. */
export const LOOK = hosted ? "Check the connection" : "See whether the stick or folder of this page is still there";
export const KEPT_PHOTOS = hosted ? " Without one, only photos that this device keeps can be opened." : "";

const here = new URL(".", /** @type {HTMLScriptElement} */ (document.currentScript).src).href;

/** The address of a file, for a `src=`. @param {string} path */
export const urlOf = path => new URL(path, here).href;

/** The bytes of a file. Rejects when it does not arrive. @param {string} path @returns {Promise<Blob>} */
export async function read(path) {
  if (!hosted) return unpack(await packed(path)).blob();
  const response = await fetch(urlOf(path));
  if (!response.ok) throw new Error(`${path}: status ${response.status}`);
  return response.blob();
}

/**
 * Start the engine's worker. In its global scope are `importModule(address)` and a `fetch` that reaches what lies below `base`.
 * @returns {{worker: Worker, base: string, refused: {message: string, remedy: string}}} base: the folder that MANIFEST's paths start
 *   from, as the worker has to call it; refused: what to tell if the worker breaks off before its first word
 */
export const spawnWorker = () => hosted ? spawnHosted() : spawnFromFolder();

/**
 * Made from a blob: address because such a worker inherits this page's Content-Security-Policy; one loaded by its own address would
 * obey only headers, which a static host does not send.
 */
function spawnHosted() {
  const source = `import ${JSON.stringify(urlOf(MANIFEST.worker))};\nself.importModule = address => import(address);`;
  const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const worker = new Worker(address, { type: "module", name: "pystudio" });
  worker.addEventListener("message", () => URL.revokeObjectURL(address), { once: true });
  return { worker, base: urlOf(""), refused: { message: "The engine that runs Python in your browser did not start.", remedy: "Check the connection and try again; what you did is kept." } };
}

// ---------------------------------------------------------------- from a folder
// A page from file:// may load pictures, styles and classic scripts, and nothing else. So the build packs every other file into a classic
// script that calls pystudioPacked(path, type, gzipped, base64). The worker has an origin of its own there: it asks this page for files.

/** @typedef {{type: string, gzipped: boolean, base64: string}} Packed */

/** The worker's files seem to lie here; no request for it leaves. Not a file: address: ONNX Runtime's own loader treats those specially. */
const SEEMING = "https://studio.invalid/";

const REFUSED = {
  message: "The engine that runs Python in your browser did not start from this folder.",
  remedy: "Copy the whole folder again. If that does not help, a rule on this computer may forbid it: try Chrome, Edge or Firefox as they are installed, or the web address of this site.",
};

/** Packed files on their way, by path. @type {Map<string, {file: Promise<Packed>, arrived: (file: Packed) => void}>} */
const coming = new Map();

if (!hosted) Object.assign(window, { pystudioPacked: (path, type, gzipped, base64) => coming.get(path)?.arrived({ type, gzipped, base64 }) });

/** @param {string} path @returns {Promise<Packed>} */
function packed(path) {
  const found = coming.get(path);
  if (found) return found.file;
  const script = document.createElement("script");
  let arrived;
  const file = new Promise((resolve, reject) => {
    arrived = resolve;
    script.onload = script.onerror = () => reject(new Error(`${path} is missing from this folder, or damaged`)); // after it arrived, this says nothing
  });
  coming.set(path, { file, arrived });
  script.src = `${urlOf(path)}.js`;
  document.head.append(script);
  return file.finally(() => (coming.delete(path), script.remove())); // nothing of it is kept here
}

/** From a data: address: Chromium refuses module workers from blob: ones here. It has this page's Content-Security-Policy too. */
function spawnFromFolder() {
  const source = `(${reachPage})(${unpack}, ${JSON.stringify(SEEMING)}, ${JSON.stringify(MANIFEST.worker)})`;
  const worker = new Worker(`data:text/javascript;charset=utf-8,${encodeURIComponent(source)}`, { type: "module", name: "pystudio" });
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = async ({ data: path, ports: [answer] }) => answer.postMessage(await packed(path).catch(() => null));
  worker.postMessage(port2, [port2]);
  return { worker, base: SEEMING, refused: REFUSED };
}

// The next two become text for the worker: nothing outside them is known there.

/** @param {Packed} file @returns {Response} */
function unpack({ type, gzipped, base64 }) {
  const bytes = /** @type {any} */ (Uint8Array).fromBase64?.(base64) ?? Uint8Array.from(atob(base64), letter => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream();
  return new Response(gzipped ? stream.pipeThrough(new DecompressionStream("gzip")) : stream, { headers: { "content-type": type } });
}

/** The first thing in the worker: what lies below `base` is asked of the page, and so is the worker's own script. */
function reachPage(unpack, base, script) {
  const self = /** @type {any} */ (globalThis);
  const net = self.fetch.bind(self);
  const early = [];
  self.onmessage = ({ data: page }) => { // the first message is the way to the page; what follows waits for the script
    self.onmessage = event => early.push(event.data);
    self.fetch = async (input, init) => {
      const address = String(/** @type {any} */ (input)?.url ?? input);
      if (!address.startsWith(base)) return net(input, init);
      const { port1, port2 } = new MessageChannel();
      const answer = new Promise(resolve => (port1.onmessage = event => resolve(event.data)));
      page.postMessage(address.slice(base.length).replace(/[?#].*$/, ""), [port2]);
      const file = await answer;
      port1.close();
      return file ? unpack(file) : new Response(null, { status: 404 });
    };
    self.importModule(base + script).then(() => early.forEach(data => self.dispatchEvent(new MessageEvent("message", { data }))), self.reportError);
  };
  self.importModule = async address => { // its own blob: addresses are the only modules that it may import
    const response = await self.fetch(address);
    if (!response.ok) throw new Error(`${address} is missing`);
    const own = URL.createObjectURL(await response.blob());
    return import(own).finally(() => URL.revokeObjectURL(own));
  };
}
