// The engine: Pyodide and ONNX Runtime Web in one worker. It boots in named steps, then hands every message to Python.
//
// Messages (calls and replies are documented in pystudio/protocol.py):
//   in   {start: {base, manifest, network}}   {id, call, arguments}   {cancel: id}   {prefetch: network}
//   out  {event: "boot", steps: BootStep[]}   {event: "ready"}   {event: "dead", message, remedy}   {id, reply|error|progress}
// A progress is the BootStep of a file that a call waits for: another network, a package.
import { Ledger } from "./ledger.js";

const TYPES = { wasm: "application/wasm", mjs: "text/javascript", json: "application/json" };
const OFFLINE = "Check the connection and try again; what you did is kept.";

/** A failure of the engine itself, in words for the visitor. */
class EngineError extends Error {
  constructor(message, remedy) {
    super(message);
    this.kind = "engine";
    this.remedy = remedy;
  }
}

let base, manifest, ledger, python, door;
let runtime; // promise of ONNX Runtime Web
let booted = false;
const sessions = new Map(); // network name -> promise of an InferenceSession
const waiting = new Set(); // ids of calls not yet answered

self.onmessage = async ({ data }) => {
  if (data.start) return boot(data.start);
  if (data.prefetch) return void openSession(data.prefetch).catch(() => sessions.delete(data.prefetch));
  if (data.cancel !== undefined) return door.cancel(data.cancel);
  await answer(data);
};

async function answer({ id, call, arguments: args }) {
  waiting.add(id);
  try {
    const message = await door.handle(id, call, args);
    self.postMessage(message, buffersIn(message));
  } catch (error) { // Python itself is gone: it can no longer tell the page anything
    die(error);
  } finally {
    waiting.delete(id);
  }
}

/** Every buffer inside a reply, so that it is moved and not copied. */
function buffersIn(value, found = []) {
  if (ArrayBuffer.isView(value)) found.push(value.buffer);
  else if (value && typeof value === "object") Object.values(value).forEach(v => buffersIn(v, found));
  return found;
}

function die(error) {
  console.error(error);
  const ours = error instanceof EngineError;
  self.postMessage({
    event: "dead",
    message: ours ? error.message : "The engine that runs Python in your browser stopped.",
    remedy: ours ? error.remedy : "Try again; your photo and your mask are kept.",
  });
}

// ---------------------------------------------------------------- boot
async function boot(start) {
  ({ base, manifest } = start);
  ledger = new Ledger(stepsOf(start.network), manifest.bytes, report);
  self.fetch = countingFetch(self.fetch.bind(self));
  try {
    await Promise.all([bootPython(), openSession(start.network)]);
    booted = true;
    self.postMessage({ event: "ready" });
  } catch (error) {
    die(error);
  }
}

function report(steps) {
  if (!booted) return self.postMessage({ event: "boot", steps });
  const progress = steps.findLast(s => !s.finished);
  if (progress) waiting.forEach(id => self.postMessage({ id, progress }));
}

function stepsOf(network) {
  const wheels = Object.keys(manifest.bytes).filter(path => path.startsWith(manifest.wheels));
  const named = word => wheels.filter(path => path.slice(manifest.wheels.length).startsWith(word));
  const pyodide = Object.keys(manifest.bytes).filter(path => path.startsWith(manifest.pyodide));
  return [
    { step: "runtime", title: "Python", files: [...pyodide, manifest.lock] },
    { step: "numpy", title: "NumPy", files: named("numpy-") },
    { step: "pystudio", title: "The studio", files: [...named("micropip-"), ...named("pystudio-")] },
    { step: "onnxruntime", title: "ONNX Runtime", files: [manifest.ort.js, manifest.ort.wasm] },
    { step: "network", title: "The network", files: [manifest.networks[network].file] },
  ];
}

async function bootPython() {
  const { loadPyodide } = await load(manifest.pyodide + "pyodide.mjs");
  python = await loadPyodide({ indexURL: base + manifest.pyodide, lockFileURL: base + manifest.lock, packageBaseUrl: base + manifest.wheels });
  ledger.finish("runtime");
  await install("numpy");
  ledger.finish("numpy");
  await install("micropip");
  // Packages come from the site's own lock; an empty list of indices keeps micropip from asking anybody else.
  await python.runPythonAsync(`
import micropip
micropip.set_index_urls([])
await micropip.install("pystudio")`);
  const { open_door } = python.pyimport("pystudio.browser.door");
  door = open_door(runNetwork);
  ledger.finish("pystudio");
}

async function install(name) {
  const missing = [];
  const loaded = await python.loadPackage(name, { messageCallback() {}, errorCallback: text => missing.push(text) });
  if (!loaded.some(p => p.name === name)) throw new EngineError(`The package ${name} did not arrive (${missing.join("; ")}).`, OFFLINE);
}

async function bootRuntime() {
  const ort = await load(manifest.ort.js);
  ort.env.wasm.numThreads = 1; // threads need SharedArrayBuffer, that is COOP/COEP headers, which a plain static host does not send
  ort.env.wasm.wasmBinary = await (await fetch(base + manifest.ort.wasm)).arrayBuffer();
  ledger.finish("onnxruntime");
  return ort;
}

const load = path => import(/* @vite-ignore */ base + path).catch(() => {
  throw new EngineError(`A file of the studio did not arrive: ${path}.`, OFFLINE);
});

// ---------------------------------------------------------------- the bridge to ONNX Runtime Web
function openSession(name) {
  if (!sessions.has(name)) sessions.set(name, createSession(name));
  return sessions.get(name);
}

async function createSession(name) {
  const network = manifest.networks[name];
  const [ort, model] = await Promise.all([runtime ??= bootRuntime(), fetch(base + network.file).then(r => r.arrayBuffer())]);
  const session = await ort.InferenceSession.create(new Uint8Array(model), { executionProviders: ["wasm"] });
  ledger.finish(network.file);
  return session;
}

async function runNetwork(name, data, dims) {
  const session = await openSession(name).catch(error => { sessions.delete(name); throw error; });
  const { Tensor } = await runtime;
  const input = new Tensor("float32", data, dims);
  const outputs = await session.run({ [session.inputNames[0]]: input });
  const output = outputs[session.outputNames[0]];
  return { data: output.data, dims: output.dims };
}

// ---------------------------------------------------------------- fetch that counts, names types and tries again
function countingFetch(net) {
  return async (input, init) => {
    const url = String(input?.url ?? input);
    if (!url.startsWith(base)) return net(input, init);
    const path = url.slice(base.length).replace(/[?#].*$/, "");
    const response = await withRetries(() => net(input, init), path);
    const counter = new TransformStream({ transform(chunk, out) { ledger.add(path, chunk.byteLength); out.enqueue(chunk); } });
    const type = TYPES[path.split(".").pop()] ?? "application/octet-stream"; // some hosts send .mjs and .wasm under wrong types
    return new Response(response.body.pipeThrough(counter), { status: response.status, headers: { "content-type": type } });
  };
}

async function withRetries(ask, path, pauses = [500, 2000]) {
  for (const pause of [...pauses, null]) {
    const response = await ask().catch(() => null);
    if (response?.ok) return response;
    if (response && response.status < 500) throw new EngineError(`A file of the studio is missing on this site: ${path} (status ${response.status}).`, "Tell whoever keeps this site.");
    if (pause !== null) await new Promise(resolve => setTimeout(resolve, pause));
  }
  throw new EngineError(`A file of the studio did not arrive: ${path}.`, OFFLINE);
}
