// How files of the site are reached: over https, or from a folder on this computer (file://, the USB edition). The only file that
// knows which of the two it is; everything else asks urlOf(), read() and open().
import { unpack } from "./unpack.js";

/** What the build made: paths relative to the folder of this script. Written in by the build. */
/** @type {import("studio/types/shared").Manifest} */
export const MANIFEST = __MANIFEST__;

/** Whether a web server sent this page; there is no service worker without one. */
export const hosted = location.protocol !== "file:";

/** So many seconds without a byte of what is awaited, and the page says so. In a folder it is there or not. */
export const FETCH_STALL_SECONDS = hosted ? 15 : Infinity;
/** So many seconds in which the start of the engine makes no progress, in fetching or in computing. */
export const START_STALL_SECONDS = 15;

/** What to look at when a file does not arrive, and what goes on without it. */
export const CONNECTION_HINT = hosted ? "Check the connection" : "See whether the stick or folder of this page is still there";
export const CACHED_PHOTOS_HINT = hosted ? " Without one, only photos that this device keeps can be opened." : "";

/** What to do when a file of the engine did not come, or is not the site's. */
export const REMEDIES = {
  absent: hosted ? "Check the connection and try again; what you did is kept." : `${CONNECTION_HINT}, and try again; if it is, copy the whole folder again. What you did is kept.`,
  wrong: hosted
    ? "A login page or a filter of this network may have answered, or the file is damaged. Open another page to see whether it asks you to sign in, then try again; what you did is kept."
    : "The file is damaged. Copy the whole folder again; what you did is kept.",
};

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
 * Begin to read a file of the engine: the host's answer, or what the script in the folder holds.
 * @param {string} path @param {{signal?: AbortSignal, cache?: RequestCache}} options
 * @returns {Promise<Response|import("./unpack.js").Packed>}
 */
export const open = (path, options) => hosted ? fetch(urlOf(path), options) : packed(path);

// ---------------------------------------------------------------- from a folder
// A page from file:// may load pictures, styles and classic scripts, and nothing else. So the build packs every other file into a classic
// script that calls pystudioPacked(path, type, gzipped, base64).

/** @typedef {import("./unpack.js").Packed} Packed */

/** Packed files that are being loaded, by path. @type {Map<string, {file: Promise<Packed>, arrived: (file: Packed) => void}>} */
const coming = new Map();

/** @param {string} path @param {string} type @param {boolean} gzipped @param {string} base64 */
const pystudioPacked = (path, type, gzipped, base64) => coming.get(path)?.arrived({ type, gzipped, base64 });
if (!hosted) Object.assign(window, { pystudioPacked });

/** @param {string} path @returns {Promise<Packed>} */
function packed(path) {
  const found = coming.get(path);
  if (found) return found.file;
  const script = document.createElement("script");
  /** @type {(file: Packed) => void} */
  let arrived = () => {};
  const file = new Promise((resolve, reject) => {
    arrived = resolve;
    script.onload = script.onerror = () => reject(new Error(`${path} is missing from this folder, or damaged`)); // after it arrived, this says nothing
  });
  coming.set(path, { file, arrived });
  script.src = `${urlOf(path)}.js`;
  document.head.append(script);
  return file.finally(() => (coming.delete(path), script.remove())); // nothing of it is kept here
}
