// node compile.mjs '{"pyodide": folder, "code": path, "from": zip, "to": zip, "root": path inside, "left_out": pattern}'
// Byte-compiles every Python file of a zip in the very Pyodide that will run it; the work is compile_inside.py's.
import "../plain_errors.mjs";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const request = JSON.parse(process.argv[2]);
const { loadPyodide } = await import(pathToFileURL(path.join(request.pyodide, "pyodide.mjs")));
const python = await loadPyodide({ indexURL: request.pyodide + path.sep });
python.FS.writeFile("/from.zip", readFileSync(request.from));
python.globals.set("request", python.toPy({ root: request.root, left_out: request.left_out }));
python.runPython(readFileSync(request.code, "utf8"));
writeFileSync(request.to, python.FS.readFile("/to.zip"));
