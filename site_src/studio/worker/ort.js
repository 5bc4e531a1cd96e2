// The bridge to ONNX Runtime Web: opens the networks of the manifest and runs them for Python.
import * as ort from "onnxruntime-web/wasm";
import { addressOf, bytesOf } from "./files.js";

/** @type {import("studio/types/shared").Manifest} */
let manifest;
/** @type {import("./boot_progress.js").BootProgress} */
let bootProgress;
const sessions = new Map(); // network name -> promise of an InferenceSession
const wanted = new Map(); // name of a network that the visitor brought -> name of the output that counts

/** @param {import("studio/types/shared").Start} start @param {import("./boot_progress.js").BootProgress} progress */
export function bootNetworks(start, progress) {
  manifest = start.manifest;
  bootProgress = progress;
  ort.env.wasm.numThreads = 1; // threads need SharedArrayBuffer, which a worker of opaque origin does not have
  ort.env.wasm.wasmPaths = { wasm: addressOf(manifest.ort.wasm) }; // an address, not bytes: it is compiled while it comes
}

/**
 * What ONNX Runtime does, unless it falls over: code that trapped leaves its memory in disorder, and only a new worker has another. So the page hears
 * of it as of any error that nobody caught. (What it refuses in words is an ordinary Error.)
 * @template T @param {Promise<T>} work @returns {Promise<T>}
 */
const whole = work => work.catch(error => {
  if (error instanceof WebAssembly.RuntimeError) self.reportError(error);
  throw error;
});

/** @param {string} name of a network */
export function openSession(name) {
  if (!sessions.has(name)) sessions.set(name, createSession(name));
  return sessions.get(name);
}

async function createSession(name) {
  const network = manifest.networks[name] ?? manifest.variants[name];
  const model = await bytesOf(network.file);
  const session = await whole(ort.InferenceSession.create(new Uint8Array(model), { executionProviders: ["wasm"] }));
  bootProgress.finish("onnxruntime"); // the first session compiles it
  bootProgress.finish(network.file);
  return session;
}

/** @typedef {"float32" | "float16" | "float64" | "uint8"} InputType of an input tensor: INPUT_TYPES in pystudio/networks/user_network_inspection.py */

/**
 * Called by Python.
 * @param {string} name of a network @param {Float32Array|Float64Array|Uint16Array|Uint8Array} data half numbers (float16) as uint16 @param {number[]} dims
 * @param {string[]} outputs none: the one that counts @param {InputType} type of `data`
 */
export async function runNetwork(name, data, dims, outputs, type) {
  const session = await openSession(name).catch(error => { sessions.delete(name); throw error; });
  const input = new ort.Tensor(type, /** @type {any} */ (data), dims);
  const names = outputs.length ? outputs : [wanted.get(name) ?? session.outputNames[0]];
  const found = await whole(session.run({ [session.inputNames[0]]: input }, names)); // only these are copied out
  return names.map(each => ({ data: bitsOf(found[each]), dims: found[each].dims, type: found[each].type }));
}

/** What a tensor holds, in an array that Pyodide takes: a Float16Array, which newer browsers have, it does not know. @param {ort.Tensor} tensor */
function bitsOf({ data, type }) {
  if (type !== "float16") return data;
  const { buffer, byteOffset, length } = /** @type {Uint16Array} */ (data);
  return new Uint16Array(buffer, byteOffset, length);
}

/** Called by Python: a network that the visitor brought. @param {string} name @param {Uint8Array} model its file @param {string} output which counts */
runNetwork.adopt = async (name, model, output) => {
  const session = await whole(ort.InferenceSession.create(model, { executionProviders: ["wasm"] }));
  await (await sessions.get(name)?.catch(() => null))?.release();
  sessions.set(name, Promise.resolve(session));
  wanted.set(name, output);
};
