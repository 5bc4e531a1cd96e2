// node resume.mjs '{"pyodide", "linking", "parts": {modules, library, memory}, "room": {table, heap, size, constants}, "lock", "wheels", "code"}'
// Wakes Python from a snapshot as a browser's worker does, runs a Python file in it, and prints the JSON of its last value.
import { readFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { gunzipSync } from "node:zlib";

process.on("uncaughtException", (error) => { // its own way of telling prints the line, which in Pyodide's script is a megabyte long
  console.error(error.message);
  process.exit(1);
});
const asked = JSON.parse(process.argv[2]);
const { constantsOf, link, setZone, sumOf, toggle, unpacked, writeFiles } = await import(pathToFileURL(asked.linking));
const { loadPyodide } = await import(pathToFileURL(path.join(asked.pyodide, "pyodide.mjs")));
const { default: create } = await import(pathToFileURL(path.join(asked.pyodide, "pyodide.asm.mjs")));
const [modules, library, memory] = ["modules", "library", "memory"].map((name) => new Uint8Array(gunzipSync(readFileSync(asked.parts[name]))));

const placed = (files) => [...files].filter(([name]) => name !== "key").map(([name, data]) => [`/${name}`, data]);
const code = new Map(placed(unpacked(modules)).map(([name, data]) => [name, new WebAssembly.Module(data)]));
const image = memory.slice(memory.length - asked.room.size);
const python = await loadPyodide({
  indexURL: asked.pyodide + path.sep,
  lockFileURL: asked.lock,
  packageBaseUrl: asked.wheels + path.sep,
  _loadSnapshot: image,
  async createPyodideModule(settings) {
    let constants;
    settings.preRun.push((pyodide) => {
      link(pyodide, code, asked.room);
      constants = constantsOf(pyodide, asked.room.constants[0]);
    });
    const pyodide = await create(settings);
    if (sumOf(constants) !== asked.room.constants[1]) throw new Error("other constants");
    toggle(image, constants);
    writeFiles(pyodide.FS, [...placed(unpacked(library)), ...[...code.keys()].map((file) => [file, new Uint8Array(0)])]);
    return pyodide;
  },
});
setZone(python._module);
python.pyimport("pystudio.browser.resume").resume_from_snapshot();
process.stdout.write(await python.runPythonAsync(readFileSync(asked.code, "utf8")));
process.exit(0);
