// Starts the engine's worker and serves it the files of the site. The worker is made from a data: address, in both editions: its origin is
// then opaque, so that what readers' code does in it reaches no cache, no database and no other page of the site, and it has this page's
// Content-Security-Policy, so that it reaches no other host. (A worker with an address of its own would obey only headers, which a static
// host does not send.) So it cannot fetch by itself either: it asks this page, which answers for files of the manifest and for no others.
//
// In WebKit such a worker cannot read blobs, not even its own, and the way to stop Python needs one (worker/stop.js). There the worker is started
// inside a sandboxed frame, whose origin is opaque too. Not everywhere: Chromium gives such a frame a process of its own.
import FRAME from "./worker_frame.txt";
import { hosted, MANIFEST, open, REMEDIES, urlOf } from "studio/files/loader.js";
import { wrongContent } from "studio/files/wrong_content.js";
import { encoded, hasHash } from "studio/files/sha256.js";
import { unpack } from "studio/files/unpack.js";

/** Why the service worker refused a file: "wrong" or "damaged" (offline/service_worker.js). */
const REASON = "x-pystudio-reason";

/** Files whose content was wrong: they are asked of the host itself, past the browser's cache. @type {Set<string>} */
const damaged = new Set();

/** A file came with other content than the site has. @param {string} path @returns {boolean} whether asking the host again is worth a try: it was not done before */
export function refetch(path) {
  if (!hosted || damaged.has(path)) return false;
  damaged.add(path);
  return true;
}

/** Let the browser's cache hold the right content of a file that came damaged and that nobody waits for. @param {string} path */
export function replaceDamaged(path) {
  if (Object.hasOwn(MANIFEST.bytes, path) && refetch(path)) fetch(urlOf(path), { cache: "reload" }).then(answer => answer.arrayBuffer()).catch(() => {});
}

/** Forget which files were damaged: the visitor asked to try again. */
export function forgetDamaged() {
  damaged.clear();
}

/**
 * The engine's worker, wherever it runs: a Worker, as far as engine.js uses it.
 * @typedef {{postMessage: (message: import("studio/types/protocol").ToWorker, transfer?: Transferable[]) => void, terminate: () => void,
 *   onmessage: ((event: MessageEvent) => void)|null, onerror: ((event: any) => void)|null}} EngineWorker
 */

/**
 * @param {import("studio/types/shared").Start} start the worker's first message
 * @returns {{worker: Promise<EngineWorker>, end: () => void}} end: of the worker and of all that is being fetched for it
 */
export function startWorker(start) {
  const ending = new AbortController();
  const read = (/** @type {string} */ path) => open(path, { signal: ending.signal, cache: damaged.has(path) ? "reload" : "default" });
  const prefetched = new Map(); // over HTTP/1 a browser fetches six files at once: those that Python needs first, before the worker runs
  /** @type {EngineWorker|null} */
  let running = null;
  const run = async () => {
    const script = read(MANIFEST.worker);
    for (const path of firstFiles(start.manifest)) prefetched.set(path, swallowRejection(read(path)));
    const [source, readable] = await Promise.all([script.then(scriptOf), readsBlobs()]);
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => serve(port1, data.id, data.path, path => takePrefetched(prefetched, path) ?? read(path));
    ending.signal.throwIfAborted();
    running = readable ? fromAddress(source, start, port2) : fromFrame(source, start, port2);
    return running;
  };
  return { worker: swallowRejection(run()), end: () => (ending.abort(), running?.terminate()) };
}

/** @param {Uint8Array<ArrayBuffer>} source @param {import("studio/types/shared").Start} start @param {MessagePort} files @returns {EngineWorker} */
function fromAddress(source, start, files) {
  const worker = new Worker(`data:text/javascript;base64,${encoded(source)}`, { type: "module", name: "pystudio" });
  worker.postMessage({ start, files }, [files]);
  return /** @type {EngineWorker} */ (/** @type {unknown} */ (worker));
}

/** @param {Uint8Array<ArrayBuffer>} source @param {import("studio/types/shared").Start} start @param {MessagePort} files @returns {EngineWorker} */
function fromFrame(source, start, files) {
  const frame = Object.assign(document.createElement("iframe"), { hidden: true, srcdoc: `<script>${FRAME}</script>` });
  frame.setAttribute("sandbox", "allow-scripts");
  const { port1, port2 } = new MessageChannel();
  const onMessage = (/** @type {MessageEvent} */ { source: from, data }) => from === frame.contentWindow && data === "failed" && worker.onerror?.({ preventDefault() {} });
  /** @type {EngineWorker} */
  const worker = {
    onmessage: null,
    onerror: null,
    postMessage: (message, transfer = []) => port1.postMessage(message, transfer),
    terminate: () => (removeEventListener("message", onMessage), frame.remove()),
  };
  port1.onmessage = event => worker.onmessage?.(event);
  addEventListener("message", onMessage);
  frame.onload = () => /** @type {Window} */ (frame.contentWindow).postMessage({ source, start }, "*", [files, port2]);
  document.body.append(frame);
  return worker;
}

/** Milliseconds that the question below may take. */
const PROBE = 3000;
/** @type {Promise<boolean>|null} */
let reading = null;

/** Whether a worker from a data: address reads blobs of its own. @returns {Promise<boolean>} */
function readsBlobs() {
  return reading ??= new Promise(resolve => {
    const probe = new Worker("data:text/javascript,fetch(URL.createObjectURL(new Blob(['x']))).then(()=>postMessage(true),()=>postMessage(false))", { name: "probe" });
    const answer = (/** @type {boolean} */ found) => (probe.terminate(), resolve(found));
    probe.onmessage = ({ data }) => answer(data);
    probe.onerror = () => answer(false);
    setTimeout(answer, PROBE, false);
  });
}

/** @param {import("studio/types/shared").Manifest} manifest */
const firstFiles = ({ pyodide, snapshot }) => [`${pyodide}pyodide.asm.wasm`, ...(snapshot ? [snapshot.modules, snapshot.memory, snapshot.library] : [])];

/** Somebody else handles its failure. @template T @param {Promise<T>} promise */
const swallowRejection = promise => (promise.catch(() => {}), promise);

/** @template T @param {Map<string, T>} prefetched @param {string} path @returns {T|undefined} */
function takePrefetched(prefetched, path) {
  const found = prefetched.get(path);
  prefetched.delete(path);
  return found;
}

/** The worker's script, proved. @param {Response|import("studio/files/unpack.js").Packed} answer @returns {Promise<Uint8Array<ArrayBuffer>>} */
async function scriptOf(answer) {
  const response = answer instanceof Response ? answer : unpack(answer);
  if (!response.ok) throw new Error(`${MANIFEST.worker}: status ${response.status}`);
  const source = new Uint8Array(await response.arrayBuffer());
  if (!(await hasHash(source, MANIFEST.sha256[MANIFEST.worker]))) throw wrongContent(MANIFEST.worker, REMEDIES);
  return source;
}

/**
 * Answer the worker: {id, packed} or {id, status, type, reason} and then {id, chunk} … {id, end: true}; {id, failed: true} at any time.
 * @param {MessagePort} port @param {number} id of its question @param {string} path @param {(path: string) => Promise<Response|import("studio/files/unpack.js").Packed>} read
 */
async function serve(port, id, path, read) {
  if (!Object.hasOwn(MANIFEST.bytes, path)) return port.postMessage({ id, status: 404, type: "" });
  try {
    const answer = await read(path);
    if (answer instanceof Response) await pass(port, id, answer);
    else port.postMessage({ id, packed: answer });
  } catch {
    port.postMessage({ id, failed: true });
  }
}

/** @param {MessagePort} port @param {number} id @param {Response} response */
async function pass(port, id, response) {
  const { status, headers } = response;
  port.postMessage({ id, status, type: headers.get("content-type") ?? "", reason: headers.get(REASON) });
  const reader = response.body?.getReader();
  for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) {
    const chunk = read.value.byteLength === read.value.buffer.byteLength ? read.value : read.value.slice();
    port.postMessage({ id, chunk }, [chunk.buffer]);
  }
  port.postMessage({ id, end: true });
}
