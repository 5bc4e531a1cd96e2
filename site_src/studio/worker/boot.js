// Starts Python in named steps: from a memory snapshot, else from Pyodide's own files. Messages are worker.js's, files are files.js's.
import { loadPyodide } from "pyodide/pyodide.mjs";
import { addressOf, prefetch, absence } from "./files.js";
import { runNetwork } from "./ort.js";
import { createModule } from "./pyodide_module.js";
import { partsOf, startFromSnapshot } from "./snapshot.js";

/**
 * The named steps of the start, and the files that each waits for.
 * @param {import("studio/types/shared").Manifest} manifest @param {string} network @param {boolean} [snapshot] whether Python starts from one
 */
export function stepsOf(manifest, network, snapshot = Boolean(manifest.snapshot)) {
  const pyodide = [`${manifest.pyodide}pyodide.asm.wasm`];
  return [
    ...(snapshot ? restoringSteps(manifest, pyodide) : installingSteps(manifest, pyodide)),
    { step: "onnxruntime", title: "ONNX Runtime", files: [manifest.ort.wasm] },
    { step: "network", title: "The network", files: [manifest.networks[network].file] },
  ];
}

/**
 * With a snapshot, NumPy and the studio are in one memory: what is counted for each is what it weighs most in.
 * @param {import("studio/types/shared").Manifest} manifest @param {string[]} pyodide
 */
function restoringSteps({ lock, snapshot }, pyodide) {
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
 * @param {import("studio/types/shared").Start} start @param {import("./boot_progress.js").BootProgress} bootProgress
 * @param {(error: any) => void} onFatal told when Python falls over for good: calls that are at work then are never answered
 * @returns {Promise<{bridge: any, startedFrom: "snapshot"|"files", snapshotFailure: string|null}>} the door: Python's side of the messages
 */
export async function bootPython({ manifest, network }, bootProgress, onFatal) {
  const restoring = manifest.snapshot && startFromSnapshot(manifest, bootProgress);
  prefetch(manifest.ort.wasm);
  let snapshotFailure = null;
  const restored = await restoring?.catch(error => {
    snapshotFailure = String(error.message ?? error);
    console.info(`Python starts from its files, not from a snapshot: ${snapshotFailure}`);
    bootProgress.setSteps(stepsOf(manifest, network, false));
  });
  const python = restored ?? await startFromFiles(manifest, bootProgress);
  python._api.on_fatal = onFatal;
  if (restored) bootProgress.finish("numpy");
  const bridge = python.pyimport("pystudio.browser.bridge").open_bridge(runNetwork);
  bootProgress.finish("pystudio");
  return { bridge, startedFrom: restored ? "snapshot" : "files", snapshotFailure };
}

/** Whether a start from files can still follow when this file fails. @param {import("studio/types/shared").Manifest} manifest @param {string} path */
export const isOptional = ({ snapshot }, path) => Boolean(snapshot) && partsOf(snapshot).includes(path);

async function startFromFiles(manifest, bootProgress) {
  const python = await loadPyodide({ createPyodideModule: createModule, indexURL: addressOf(manifest.pyodide), lockFileURL: addressOf(manifest.lock), packageBaseUrl: addressOf(manifest.wheels) });
  bootProgress.finish("runtime");
  await install(python, "numpy");
  python.pyimport("numpy").destroy(); // imported now, and so ready
  bootProgress.finish("numpy");
  await install(python, "pystudio");
  return python;
}

async function install(python, name) {
  const missing = [];
  const loaded = await python.loadPackage(name, { messageCallback() {}, errorCallback: text => missing.push(text) });
  if (!loaded.some(p => p.name === name)) throw absence(`The package ${name} did not arrive (${missing.join("; ")}).`);
}
