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

/** Called by Python. @param {string} name of a network @param {Float32Array} data @param {number[]} dims @param {string[]} outputs none: the one that counts */
export async function runNetwork(name, data, dims, outputs) {
  const session = await openSession(name).catch(error => { sessions.delete(name); throw error; });
  const input = new ort.Tensor("float32", data, dims);
  const names = outputs.length ? outputs : [wanted.get(name) ?? session.outputNames[0]];
  const found = await whole(session.run({ [session.inputNames[0]]: input }, names)); // only these are copied out
  return names.map(each => ({ data: found[each].data, dims: found[each].dims }));
}

/** Called by Python: a network that the visitor brought. @param {string} name @param {Uint8Array} model its file @param {string} output which counts */
runNetwork.adopt = async (name, model, output) => {
  const session = await whole(ort.InferenceSession.create(model, { executionProviders: ["wasm"] }));
  await (await sessions.get(name)?.catch(() => null))?.release();
  sessions.set(name, Promise.resolve(session));
  wanted.set(name, output);
};
