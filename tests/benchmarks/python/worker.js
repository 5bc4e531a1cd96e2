// The site's own Pyodide, NumPy and pystudio in a bare worker: what the algorithms cost without engine and page. Booted as site_src/studio/worker/worker.js does.
//
// Messages:  in {id, boot: {pyodide, lock, wheels: urls, source: Python}}  {id, photo: url}  {id, call: name, args: JSON values}
//            out {id, reply}  {id, error}
let python;

async function boot({ pyodide, lock, wheels, source }) {
  const { loadPyodide } = await import(pyodide + "pyodide.mjs");
  python = await loadPyodide({ indexURL: pyodide, lockFileURL: lock, packageBaseUrl: wheels });
  const problems = [];
  await python.loadPackage(["numpy", "pystudio"], { messageCallback() {}, errorCallback: text => problems.push(text) });
  if (problems.length) throw new Error(problems.join("; "));
  await python.runPythonAsync(source);
  return python.version;
}

/** A picture, as `photo` for the Python functions. */
async function open(url) {
  const bitmap = await createImageBitmap(await (await fetch(url)).blob());
  const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0);
  const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
  python.globals.get("open_photo")(data, bitmap.height, bitmap.width);
  return [bitmap.height, bitmap.width];
}

async function call(name, args) {
  const answer = await python.globals.get(name)(JSON.stringify(args));
  return JSON.parse(answer);
}

self.onmessage = async ({ data }) => {
  try {
    const reply = data.boot ? await boot(data.boot) : data.photo ? await open(data.photo) : await call(data.call, data.args);
    self.postMessage({ id: data.id, reply });
  } catch (error) {
    self.postMessage({ id: data.id, error: String(error?.stack ?? error) });
  }
};
