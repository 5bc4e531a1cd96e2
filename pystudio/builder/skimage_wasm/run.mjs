// node run.mjs '{"pyodide": folder, "wheels": [paths], "mounts": {inside: outside}, "code": path, "arguments": [...]}'
// Installs local wheels into Pyodide and runs one Python file as __main__; its `sys.exit(n)` is ours.
import "../plain_errors.mjs";
import { readFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const request = JSON.parse(process.argv[2]);
const { loadPyodide } = await import(pathToFileURL(path.join(request.pyodide, "pyodide.mjs")));
const python = await loadPyodide({
  indexURL: request.pyodide + path.sep,
  env: { PYTHONDONTWRITEBYTECODE: "1", HOME: "/home/pyodide", ...request.environment },
  args: [],
});
// the build has checked every file's hash; Pyodide's lock does not know ours
await python.loadPackage(request.wheels, { checkIntegrity: false, messageCallback() {} });
for (const [inside, outside] of Object.entries(request.mounts)) python.mountNodeFS(inside, outside);
python.globals.set("_request", python.toPy({ code: readFileSync(request.code, "utf8"), file: path.basename(request.code), arguments: request.arguments }));
process.exitCode = python.runPython(`
import sys
sys.argv = [_request["file"], *_request["arguments"]]
code = 0
try:
    exec(compile(_request["code"], _request["file"], "exec"), {"__name__": "__main__"})
except SystemExit as end:
    if isinstance(end.code, str):
        print(end.code, file=sys.stderr)
    code = end.code if isinstance(end.code, int) else int(end.code is not None)
sys.stdout.flush()
code
`);
