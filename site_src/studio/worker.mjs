// The engine: Pyodide and ONNX Runtime Web in one worker. It boots in named steps, then hands every message to Python.
//
// Messages (calls and replies are documented in pystudio/protocol.py):
//   in   {start: {base, manifest, network}}   {id, call, arguments}   {cancel: id}
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
  for (const progress of ledger.later) waiting.forEach(id => self.postMessage({ id, progress }));
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
  ort.env.wasm.wasmPaths = { wasm: base + manifest.ort.wasm }; // an address, not bytes: browsers keep what they compiled for an address
  ledger.finish("onnxruntime");
  return ort;
}

const load = path => import(base + path).catch(() => {
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
    const { integrity, ...asked } = init ?? {};
    const response = await withRetries(() => net(input, asked), path);
    count(path, response.clone().body.getReader());
    if (integrity) return proven(response, integrity, net);
    const type = TYPES[path.split(".").pop()];
    if (!type || response.headers.get("content-type")?.startsWith(type)) return response; // the answer itself: only that has compiled code kept for it
    return new Response(response.body, { status: response.status, headers: { "content-type": type } }); // this host sends .mjs or .wasm under another type
  };
}

async function count(path, reader) {
  try {
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) ledger.add(path, chunk.value.byteLength);
  } catch { // whoever reads the answer itself hears of it too, but Pyodide would then wait for its own files for ever
    if (!booted) die(new EngineError(`The connection broke while a file of the studio was on its way: ${path}.`, OFFLINE));
  }
}

/**
 * An answer whose bytes have the hash that Pyodide asks for: the browser's own check, made after they came. Told of the hash sooner, it
 * would hold every byte back until the last is there, and there were nothing to count.
 */
async function proven(response, integrity, net) {
  const address = URL.createObjectURL(await response.blob());
  try {
    return await net(address, { integrity });
  } finally {
    URL.revokeObjectURL(address);
  }
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
