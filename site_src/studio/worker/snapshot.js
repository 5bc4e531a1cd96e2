// Starts Python from the memory snapshot that the build took (pystudio/builder/snapshot): it wakes with NumPy and pystudio imported.
// Whatever differs from what the build says is a failure here, and a reason for boot.js to start from Pyodide's own files instead.
import { loadPyodide } from "pyodide/pyodide.mjs";
import { addressOf, idle, streamOf } from "./files.js";
import { constantsOf, link, setZone, sumOf, toggle, unpacked, writeFiles } from "./linking.mjs";
import { createModule } from "./pyodide_module.js";

/** Seconds in which no file comes and nothing is computed: then this start is given up. Shorter than the page's own patience (files/loader.js). */
const IDLE_SECONDS = 10;

/** The parts of a snapshot, in the order of need. @param {import("studio/types/shared").Snapshot} snapshot */
export const partsOf = snapshot => [snapshot.modules, snapshot.memory, snapshot.library];

/**
 * @param {import("studio/types/shared").Manifest} manifest @param {import("./boot_progress.js").BootProgress} bootProgress
 * @returns {Promise<any>} Pyodide, awake
 */
export async function startFromSnapshot(manifest, bootProgress) {
  const { snapshot } = manifest;
  const memory = new Uint8Array(snapshot.size); // Pyodide holds it from the start, and reads it when all of it is there
  const parts = { modules: modulesOf(snapshot), memory: fill(memory, snapshot), library: filesOf(snapshot.library, snapshot.keys.library) };
  const whole = Promise.all(Object.values(parts));
  whole.catch(() => {}); // told below
  const started = loadPyodide({
    indexURL: addressOf(manifest.pyodide), lockFileURL: addressOf(manifest.lock), packageBaseUrl: addressOf(manifest.wheels),
    stdLibURL: "data:,", // the library's file comes later: nothing is imported before the memory is there
    createPyodideModule: settings => create(settings, parts, snapshot, bootProgress),
    _loadSnapshot: memory,
  });
  started.catch(() => {}); // told below, unless a part failed first
  const stuck = idleWatchdog();
  const python = await Promise.race([started, whole.then(() => started), stuck.found]).finally(stuck.end);
  delete python._api.config._loadSnapshot; // it is in Python's memory now; this would keep a second one
  setZone(python._module);
  python.pyimport("pystudio.browser.resume").resume_from_snapshot();
  return python;
}

/** Looks every second whether anything goes on; a worker that computes does not look. @returns {{found: Promise<never>, end: () => void}} */
function idleWatchdog() {
  let seconds = 0;
  let timer;
  const found = new Promise((/** @type {(value: never) => void} */ _, reject) => {
    timer = setInterval(() => {
      seconds = idle() ? seconds + 1 : 0;
      if (seconds >= IDLE_SECONDS) reject(new Error(`nothing has gone on for ${IDLE_SECONDS} s`));
    }, 1000);
  });
  return { found, end: () => clearInterval(timer) };
}

/** Pyodide's Emscripten module, with NumPy's modules linked and the files in place; settled when the memory is whole too. */
async function create(settings, { modules, memory, library }, snapshot, bootProgress) {
  let constants = null;
  const linking = new Promise((resolve, reject) => settings.preRun.push(pyodide => {
    pyodide.addRunDependency("modules"); // main() waits: linked later they would lie elsewhere
    modules.then(list => {
      link(pyodide, list, snapshot);
      constants = constantsOf(pyodide, snapshot.constants[0]);
      pyodide.removeRunDependency("modules");
    }).then(resolve, reject);
  }));
  const [pyodide] = await Promise.all([createModule(settings), linking]); // where linking fails, the module would wait for ever
  const [files, list, image] = await Promise.all([library, modules, memory]);
  if (sumOf(constants) !== snapshot.constants[1]) throw new Error("the memory of this browser is laid out otherwise");
  toggle(image, constants);
  bootProgress.finish("runtime");
  const empty = [...list.keys()].map(path => [path, new Uint8Array(0)]); // Python looks whether a module's file is there before it asks for what is linked
  writeFiles(pyodide.FS, [...files, ...empty]);
  return pyodide;
}

/** The compiled modules by their paths, in the order in which they are linked. @param {import("studio/types/shared").Snapshot} snapshot */
async function modulesOf({ modules, keys }) {
  const files = [...await filesOf(modules, keys.modules)];
  return new Map(await Promise.all(files.map(async ([path, code]) => /** @type {const} */ ([path, await WebAssembly.compile(code)]))));
}

/** The files in a tar, by their paths in Python's file system. @param {string} path @param {string} key */
async function filesOf(path, key) {
  const files = unpacked(new Uint8Array(await new Response(await inflated(path)).arrayBuffer()));
  if (new TextDecoder().decode(files.get("key")) !== key) throw new Error(`${path} is of another build`);
  files.delete("key");
  return new Map([...files].map(([name, data]) => [`/${name}`, data]));
}

/** Read the memory into its place while it comes. @param {Uint8Array} memory @param {import("studio/types/shared").Snapshot} snapshot */
async function fill(memory, { memory: path, keys }) {
  let key = ""; // comes first
  let at = 0;
  const reader = (await inflated(path)).getReader();
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
    let data = chunk.value;
    if (key.length < keys.memory.length) {
      const more = data.subarray(0, keys.memory.length - key.length);
      key += String.fromCharCode(...more);
      data = data.subarray(more.length);
      if (!keys.memory.startsWith(key)) throw new Error(`${path} is of another build`);
    }
    if (at + data.length > memory.length) throw new Error(`${path} holds more than ${memory.length} bytes`);
    memory.set(data, at);
    at += data.length;
  }
  if (at !== memory.length) throw new Error(`${path} holds ${at} bytes instead of ${memory.length}`);
  return memory;
}

/** A file that travels gzipped under a neutral name, so that no host meddles. A damaged one breaks off: gzip carries a checksum. @param {string} path */
async function inflated(path) {
  return (await streamOf(path)).pipeThrough(new DecompressionStream("gzip"));
}
