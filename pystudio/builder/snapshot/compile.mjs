// node compile.mjs '{"pyodide": folder, "code": path, "from": zip, "to": zip, "root": path inside, "left_out": pattern}'
// Byte-compiles every Python file of a zip in the very Pyodide that will run it; the work is compile_inside.py's.
import "../plain_errors.mjs";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const asked = JSON.parse(process.argv[2]);
const { loadPyodide } = await import(pathToFileURL(path.join(asked.pyodide, "pyodide.mjs")));
const python = await loadPyodide({ indexURL: asked.pyodide + path.sep });
python.FS.writeFile("/from.zip", readFileSync(asked.from));
python.globals.set("asked", python.toPy({ root: asked.root, left_out: asked.left_out }));
python.runPython(readFileSync(asked.code, "utf8"));
writeFileSync(asked.to, python.FS.readFile("/to.zip"));
