// node make.mjs '{"pyodide", "code", "linking", "modules", "library", "packages", "out"}': starts Python from byte-compiled files, has it import
// what make_inside.py names, and writes its memory to <out>/memory, what it is made of to <out>/facts.json. Then the rest of pystudio is
// byte-compiled, into <out>/compiled/.
//
// Node must have JS promise integration (25 and newer), or its Python would believe that run_sync does not exist.
import "../plain_errors.mjs";
import crypto from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

const request = JSON.parse(process.argv[2]);
if (!("Suspending" in WebAssembly)) throw new Error(`Node ${process.version} has no JS promise integration`);
stopChance();
globalThis.studioHost = {}; // Python holds it by its name; in the browser it is the worker's
const { constantsOf, link, sumOf, toggle, unpacked, writeFiles, PACKAGES } = await import(pathToFileURL(request.linking));
const { loadPyodide } = await import(pathToFileURL(path.join(request.pyodide, "pyodide.mjs")));
const { default: create } = await import(pathToFileURL(path.join(request.pyodide, "pyodide.asm.mjs")));

const modules = new Map([...unpacked(readFileSync(request.modules))].map(([name, code]) => [`/${name}`, new WebAssembly.Module(code)]));
let table, constants;
const python = await loadPyodide({
  indexURL: request.pyodide + path.sep,
  stdLibURL: request.library,
  _makeSnapshot: true,
  env: { PYTHONHASHSEED: "0", PYTHONDONTWRITEBYTECODE: "1", HOME: "/home/pyodide", TZ: "UTC", LANG: "en_US.UTF-8" },
  createPyodideModule(settings) {
    settings.thisProgram = "./this.program"; // as in browsers: Node would have it called by the path of this file
    settings.preRun.push((pyodide) => {
      table = Math.ceil((pyodide.wasmTable.length + 1) / 64) * 64;
      link(pyodide, modules, { table });
      constants = constantsOf(pyodide);
    });
    return create(settings);
  },
  async fsInit(FS) {
    writeFiles(FS, [...unpacked(readFileSync(request.packages))].map(([name, data]) => [`/${name}`, data]));
    for (const file of modules.keys()) FS.writeFile(file, new Uint8Array(0)); // Python looks whether it is there; its content is linked already
  },
});
const code = readFileSync(request.code, "utf8");
const space = python.toPy({});
const held = python.runPython(code, { globals: space }).toJs();
space.destroy();
for (const name of Object.keys(python.loadedPackages)) delete python.loadedPackages[name]; // only an empty table can be kept (pyodide#5195)
clearFreeMemory(python._module);
const memory = python.makeMemorySnapshot();
toggle(memory, constants);
writeFileSync(path.join(request.out, "memory"), memory);
writeFileSync(path.join(request.out, "facts.json"), JSON.stringify({ table, heap: python._module.HEAP8.length, size: memory.length, constants: [constants.byteLength, sumOf(constants)], held }));
compileRest();

/** What is imported later: beside each source a .pyc that is taken as it is. */
function compileRest() {
  const files = python.runPython(`
import glob, py_compile, sys
held = {module.__spec__.origin for name, module in sys.modules.items() if name.split(".")[0] == "pystudio"}
for path in glob.glob("${PACKAGES}/pystudio/**/*.py", recursive=True):
    if path not in held:
        py_compile.compile(path, doraise=True, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
sorted(glob.glob("${PACKAGES}/pystudio/**/*.pyc", recursive=True))`).toJs();
  for (const file of files) {
    const out = path.join(request.out, "compiled", file);
    mkdirSync(path.dirname(out), { recursive: true });
    writeFileSync(out, python.FS.readFile(file));
  }
}

/** The same memory at every making: no random numbers, no clock. */
function stopChance() {
  crypto.randomFillSync = (view) => view.fill(7);
  syncBuiltinESMExports();
  Date.now = () => Date.UTC(2020, 0, 1);
  let ticks = 0;
  performance.now = () => (ticks += 0.001);
}

/** Fill what was freed with zeros: it holds old words, which would not compress. */
function clearFreeMemory(pyodide) {
  const end = pyodide._sbrk(0);
  const held = [];
  for (let size = 8 << 20; size >= 16; size >>= 1) {
    for (let at = pyodide._malloc(size); at; at = pyodide._malloc(size)) {
      if (at + size > end) { // not a gap but new ground
        pyodide._free(at);
        break;
      }
      pyodide.HEAPU8.fill(0, at, at + size);
      held.push(at);
    }
  }
  held.forEach((at) => pyodide._free(at));
}
