// The worker's files. Its origin is opaque: it asks the page for each, and proves what comes by the hash that the build wrote down. Nothing
// that waits for a file sees its end before that. What a file is for is not known here.
import { wrongContent } from "studio/files/wrong_content.js";
import { hasHash } from "studio/files/sha256.js";
import { unpack } from "studio/files/unpack.js";

const TYPES = { wasm: "application/wasm", mjs: "text/javascript", json: "application/json" };
/** The folder that paths of the manifest seem to lie in: no request for it leaves. Not a file: address, which ONNX Runtime's loader treats specially. */
const BASE = "https://studio.invalid/";
/** Milliseconds before the second and the third question for a file that did not come. */
const PAUSES = [500, 2000];

/** A failure of the engine itself, in words for the visitor. */
export class EngineError extends Error {
  /** @param {string} message @param {string} remedy */
  constructor(message, remedy) {
    super(message);
    this.kind = "engine";
    this.remedy = remedy;
  }
}

/** @type {import("studio/types/shared").Manifest} */
let manifest;
/** @type {import("studio/types/shared").Remedies} */
let remedies;
/** To the page. @type {MessagePort} */
let port;
/** @type {import("./boot_progress.js").BootProgress} */
let bootProgress;
/** @type {import("studio/files/stall_monitor.js").StallMonitor} */
let stallMonitor;
/** Told when a file did not come, broke off or is not the site's. @type {(error: Error & {damaged?: string}, path: string) => void} */
let reportFailure;
/** Questions to the page that are not answered to the end: what hears the answers, by their numbers. @type {Map<number, (message: any) => void>} */
const pending = new Map();
let questions = 0;
const prefetched = new Map(); // path -> promise of its content, asked for before anybody wanted it

/**
 * From now on `fetch` answers from the page what lies below BASE, counted in the progress and verified; it answers nothing else.
 * @param {import("studio/types/shared").Start} start @param {MessagePort} page
 * @param {import("./boot_progress.js").BootProgress} progress
 * @param {import("studio/files/stall_monitor.js").StallMonitor} monitor hears of every file that is awaited, and of what comes
 * @param {(error: Error & {damaged?: string}, path: string) => void} onFailure told when a file did not come, broke off, or is not the site's
 */
export function openFiles(start, page, progress, monitor, onFailure) {
  ({ manifest, remedies } = start);
  [port, bootProgress, stallMonitor, reportFailure] = [page, progress, monitor, onFailure];
  port.onmessage = ({ data }) => pending.get(data.id)?.(data);
  const originalFetch = self.fetch.bind(self);
  self.fetch = async (input, init) => {
    const address = String(/** @type {Request} */ (input)?.url ?? input);
    return address.startsWith(BASE) ? answerFor(address.slice(BASE.length).replace(/[?#].*$/, "")) : originalFetch(input, init);
  };
}

/** Something did not come. @param {string} message */
export const absence = message => new EngineError(message, remedies.absent);

/** Whether no file is being fetched. */
export const idle = () => pending.size === 0;

/** The address of a file. @param {string} path */
export const addressOf = path => BASE + path;

/** Ask now for a file that somebody will fetch later. @param {string} path @returns {Promise<ReadableStream>} what they will get */
export function prefetch(path) {
  const answer = streamOf(path);
  answer.catch(() => {}); // whoever fetches it hears of it
  prefetched.set(path, answer);
  return answer;
}

/** @param {string} path @returns {Promise<Uint8Array<ArrayBuffer>>} */
export async function bytesOf(path) {
  const whole = new Uint8Array(manifest.bytes[path]);
  const reader = (await streamOf(path)).getReader(); // not through a Response, which may tell of a failure in words of its own
  let at = 0;
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    whole.set(read.value, at);
    at += read.value.length;
  }
  return whole;
}

/** @param {string} path @returns {Promise<Response>} */
async function answerFor(path) {
  return new Response(await streamOf(path), { headers: { "content-type": TYPES[path.split(".").pop()] ?? "application/octet-stream" } });
}

/** @param {string} path @returns {Promise<ReadableStream<Uint8Array<ArrayBuffer>>>} the proved content */
export async function streamOf(path) {
  const coming = prefetched.get(path);
  if (prefetched.delete(path)) return coming;
  const arrived = stallMonitor.expect(path);
  try {
    return verified(path, await requestWithRetries(path), arrived);
  } catch (error) {
    arrived();
    reportFailure(error, path);
    throw error;
  }
}

/** @param {string} path @returns {Promise<ReadableStream<Uint8Array<ArrayBuffer>>>} */
async function requestWithRetries(path) {
  for (const pause of [...PAUSES, null]) {
    const { status, type, reason, stream } = await request(path);
    if (reason === "wrong") throw wrongContent(path, remedies);
    if (reason === "damaged") throw absence(`The copy of a file of the studio that this device keeps is damaged: ${path}.`);
    if (status === 200 && type.startsWith("text/html")) throw wrongContent(path, remedies);
    if (status === 200) return stream;
    if (status === 410) throw new EngineError(`This page is of an older version of the site, and a file it needs is gone: ${path}.`, "Reload the page; your work is kept."); // said by offline/service_worker.js
    if (status >= 400 && status < 500) throw new EngineError(`A file of the studio is missing on this site: ${path} (status ${status}).`, "Tell whoever keeps this site.");
    if (pause !== null) await new Promise(resolve => setTimeout(resolve, pause));
  }
  throw absence(`A file of the studio did not arrive: ${path}.`);
}

/** Ask the page once. @param {string} path @returns {Promise<{status: number, type: string, reason?: string|null, stream?: ReadableStream<Uint8Array<ArrayBuffer>>}>} status 0: no answer came */
function request(path) {
  const id = ++questions;
  return new Promise(resolve => {
    /** @type {ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>} */
    let body;
    const stream = new ReadableStream({ start: controller => void (body = controller), cancel: () => void pending.delete(id) });
    pending.set(id, ({ packed, status, type, reason, chunk, end, failed }) => {
      if (end || failed || packed) pending.delete(id);
      if (packed) return resolve({ status: 200, type: packed.type, stream: unpack(packed).body });
      if (status !== undefined) return resolve({ status, type, reason, stream });
      if (chunk) return body.enqueue(chunk);
      if (end) return body.close();
      resolve({ status: 0, type: "" });
      body.error(absence(`The connection broke while a file of the studio was being fetched: ${path}.`));
    });
    port.postMessage({ id, path });
  });
}

/**
 * The same stream, counted; it ends when its content is the site's, and fails otherwise. (A hash given to fetch() would hold every byte
 * back until the last is there, and nothing could be compiled meanwhile.)
 * @param {string} path @param {ReadableStream<Uint8Array<ArrayBuffer>>} stream @param {() => void} arrived called at the end
 */
function verified(path, stream, arrived) {
  const reader = stream.getReader();
  const expected = manifest.bytes[path];
  const chunks = [];
  let size = 0;
  const check = async () => {
    const whole = new Uint8Array(await new Blob(chunks).arrayBuffer());
    if (whole.length !== expected || !(await hasHash(whole, manifest.sha256[path]))) throw wrongContent(path, remedies);
  };
  const next = async controller => {
    const { done, value } = await reader.read();
    if (done) return check().then(() => (arrived(), controller.close()));
    size += value.byteLength;
    if (size > expected) throw wrongContent(path, remedies);
    chunks.push(value);
    stallMonitor.received();
    bootProgress.add(path, value.byteLength);
    controller.enqueue(value);
  };
  return new ReadableStream({
    pull: controller => next(controller).catch(error => {
      arrived();
      reader.cancel().catch(() => {});
      reportFailure(error, path);
      controller.error(error);
    }),
    cancel: reason => (arrived(), reader.cancel(reason)),
  });
}
