// Starts Python in named steps: from a memory snapshot, else from Pyodide's own files. Messages are worker.mjs's, files are files.mjs's.
import { loadPyodide } from "pyodide/pyodide.mjs";
import { addressOf, ahead, absence } from "./files.mjs";
import { runNetwork } from "./ort.mjs";
import { createModule } from "./pyodide_module.mjs";
import { partsOf, startFromSnapshot } from "./snapshot.mjs";

/**
 * The named steps of the start, and the files that each waits for.
 * @param {import("./types").Manifest} manifest @param {string} network @param {boolean} [snapshot] whether Python starts from one
 */
export function stepsOf(manifest, network, snapshot = Boolean(manifest.snapshot)) {
  const pyodide = [`${manifest.pyodide}pyodide.asm.wasm`];
  return [
    ...(snapshot ? wakingSteps(manifest, pyodide) : installingSteps(manifest, pyodide)),
    { step: "onnxruntime", title: "ONNX Runtime", files: [manifest.ort.wasm] },
    { step: "network", title: "The network", files: [manifest.networks[network].file] },
  ];
}

/** With a snapshot, NumPy and the studio are in one memory: what is counted for each is what it weighs most in. */
function wakingSteps({ lock, snapshot }, pyodide) {
  return [
    { step: "runtime", title: "Python", files: [...pyodide, lock, snapshot.library] },
    { step: "numpy", title: "NumPy", files: [snapshot.modules] },
    { step: "pystudio", title: "The studio", files: [snapshot.memory] },
  ];
}

function installingSteps({ lock, bytes, pyodide: folder, wheels }, pyodide) {
  const named = word => Object.keys(bytes).filter(path => path.startsWith(wheels + word));
  return [
    { step: "runtime", title: "Python", files: [...pyodide, `${folder}python_stdlib.zip`, lock] },
    { step: "numpy", title: "NumPy", files: named("numpy-") },
    { step: "pystudio", title: "The studio", files: named("pystudio-") },
  ];
}

/**
 * @param {import("./types").Start} start @param {import("./ledger.js").Ledger} ledger
 * @param {(error: any) => void} fell told when Python falls over for good: calls that are at work then are never answered
 * @returns {Promise<{door: any, startedFrom: "snapshot"|"files", snapshotFailure: string|null}>} the door: Python's side of the messages
 */
export async function bootPython({ manifest, network }, ledger, fell) {
  const waking = manifest.snapshot && startFromSnapshot(manifest, ledger);
  ahead(manifest.ort.wasm);
  let snapshotFailure = null;
  const woken = await waking?.catch(error => {
    snapshotFailure = String(error.message ?? error);
    console.info(`Python starts from its files, not from a snapshot: ${snapshotFailure}`);
    ledger.replan(stepsOf(manifest, network, false));
  });
  const python = woken ?? await startFromFiles(manifest, ledger);
  python._api.on_fatal = fell;
  if (woken) ledger.finish("numpy");
  const door = python.pyimport("pystudio.browser.bridge").open_bridge(runNetwork);
  ledger.finish("pystudio");
  return { door, startedFrom: woken ? "snapshot" : "files", snapshotFailure };
}

/** Whether a start from files can still follow when this file fails. @param {import("./types").Manifest} manifest @param {string} path */
export const dispensable = ({ snapshot }, path) => Boolean(snapshot) && partsOf(snapshot).includes(path);

async function startFromFiles(manifest, ledger) {
  const python = await loadPyodide({ createPyodideModule: createModule, indexURL: addressOf(manifest.pyodide), lockFileURL: addressOf(manifest.lock), packageBaseUrl: addressOf(manifest.wheels) });
  ledger.finish("runtime");
  await install(python, "numpy");
  python.pyimport("numpy").destroy(); // imported now, and so ready
  ledger.finish("numpy");
  await install(python, "pystudio");
  return python;
}

async function install(python, name) {
  const missing = [];
  const loaded = await python.loadPackage(name, { messageCallback() {}, errorCallback: text => missing.push(text) });
  if (!loaded.some(p => p.name === name)) throw absence(`The package ${name} did not arrive (${missing.join("; ")}).`);
}
