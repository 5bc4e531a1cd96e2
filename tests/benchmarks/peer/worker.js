// The peer: DeepLab in TensorFlow.js's wasm backend, one thread, SIMD. Bundled by stage.py; measured by inference.py and boot.py.
//
// Messages:  in {open: url of model.json}  {pixels: Float32Array (rows, columns, 3) as sub_7 takes it, rows, columns}, answered in turn
//            out {reply: {simd, threads} | {logits, shape, seconds}}  {error}
import { env, setBackend, ready, tensor4d } from "@tensorflow/tfjs-core";
import { loadGraphModel } from "@tensorflow/tfjs-converter";
import { getThreadsCount, setThreadsCount, setWasmPaths } from "@tensorflow/tfjs-backend-wasm";

const INPUT = "sub_7"; // the preprocessed picture, and the grid of logits before it is stretched: the same two ends that models/ cuts at
const OUTPUT = "logits/semantic/BiasAdd";
let model;

async function open(url) {
  env().set("WASM_HAS_MULTITHREAD_SUPPORT", false); // as our own runtime: threads need headers that a plain static host does not send
  setWasmPaths(new URL("./", self.location.href).href);
  setThreadsCount(1);
  await setBackend("wasm");
  await ready();
  model = await loadGraphModel(url);
  return { simd: await env().getAsync("WASM_HAS_SIMD_SUPPORT"), threads: await getThreadsCount() };
}

async function run({ pixels, rows, columns }) {
  const start = performance.now();
  const input = tensor4d(pixels, [1, rows, columns, 3], "float32");
  const output = model.execute({ [INPUT]: input }, OUTPUT);
  const logits = await output.data();
  const seconds = (performance.now() - start) / 1000;
  const shape = output.shape;
  input.dispose();
  output.dispose();
  return { logits, shape, seconds };
}

self.onmessage = async ({ data }) => {
  try {
    self.postMessage({ reply: data.open ? await open(data.open) : await run(data) });
  } catch (error) {
    self.postMessage({ error: String(error?.stack ?? error) });
  }
};
