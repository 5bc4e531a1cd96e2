// Starts Python in named steps. Messages are worker.mjs's, files are files.mjs's.
import { addressOf, EngineError, load, OFFLINE } from "./files.mjs";
import { runNetwork } from "./ort.mjs";

/** The named steps of the start, and the files that each waits for. @param {import("./types").Manifest} manifest @param {string} network */
export function stepsOf(manifest, network) {
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

/** @param {import("./types").Start} start @param {import("./ledger.js").Ledger} ledger @returns {Promise<any>} the door: Python's side of the messages */
export async function bootPython({ manifest }, ledger) {
  const { loadPyodide } = await load(manifest.pyodide + "pyodide.mjs");
  const python = await loadPyodide({ indexURL: addressOf(manifest.pyodide), lockFileURL: addressOf(manifest.lock), packageBaseUrl: addressOf(manifest.wheels) });
  ledger.finish("runtime");
  await install(python, "numpy");
  ledger.finish("numpy");
  await install(python, "micropip");
  // Packages come from the site's own lock; an empty list of indices keeps micropip from asking anybody else.
  await python.runPythonAsync(`
import micropip
micropip.set_index_urls([])
await micropip.install("pystudio")`);
  const { open_door } = python.pyimport("pystudio.browser.door");
  const door = open_door(runNetwork);
  ledger.finish("pystudio");
  return door;
}

async function install(python, name) {
  const missing = [];
  const loaded = await python.loadPackage(name, { messageCallback() {}, errorCallback: text => missing.push(text) });
  if (!loaded.some(p => p.name === name)) throw new EngineError(`The package ${name} did not arrive (${missing.join("; ")}).`, OFFLINE);
}
