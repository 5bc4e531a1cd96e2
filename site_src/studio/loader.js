// How files of the site are reached. The only file that knows; everything else asks urlOf() and spawnWorker().

/** What the build made: paths relative to the folder of this script. Written in by the build. */
/** @type {import("./types").Manifest} */
export const MANIFEST = __MANIFEST__;

const here = new URL(".", /** @type {HTMLScriptElement} */ (document.currentScript).src).href;

/** The address of a file that MANIFEST names. @param {string} path */
export const urlOf = path => new URL(path, here).href;

/**
 * Start the engine's worker. It is made from a blob: address because such a worker inherits this page's
 * Content-Security-Policy; one loaded by its own address would obey only headers, which a static host does not send.
 */
export function spawnWorker() {
  const source = new Blob([`import ${JSON.stringify(urlOf(MANIFEST.worker))};`], { type: "text/javascript" });
  const address = URL.createObjectURL(source);
  const worker = new Worker(address, { type: "module", name: "pystudio" });
  worker.addEventListener("message", () => URL.revokeObjectURL(address), { once: true });
  return worker;
}

/** The bytes of a file. Rejects when it does not arrive. @param {string} path @returns {Promise<Blob>} */
export async function read(path) {
  const response = await fetch(urlOf(path));
  if (!response.ok) throw new Error(`${path}: status ${response.status}`);
  return response.blob();
}
