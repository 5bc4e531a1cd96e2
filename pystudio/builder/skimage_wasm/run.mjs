// node run.mjs '{"pyodide": folder, "wheels": [paths], "mounts": {inside: outside}, "code": path, "arguments": [...]}'
// Installs local wheels into Pyodide and runs one Python file as __main__; its `sys.exit(n)` is ours.
import "../plain_errors.mjs";
import { readFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const asked = JSON.parse(process.argv[2]);
const { loadPyodide } = await import(pathToFileURL(path.join(asked.pyodide, "pyodide.mjs")));
const python = await loadPyodide({
  indexURL: asked.pyodide + path.sep,
  env: { PYTHONDONTWRITEBYTECODE: "1", HOME: "/home/pyodide", ...asked.environment },
  args: [],
});
// the build has checked every file's hash; Pyodide's lock does not know ours
await python.loadPackage(asked.wheels, { checkIntegrity: false, messageCallback() {} });
for (const [inside, outside] of Object.entries(asked.mounts)) python.mountNodeFS(inside, outside);
python.globals.set("_asked", python.toPy({ code: readFileSync(asked.code, "utf8"), file: path.basename(asked.code), arguments: asked.arguments }));
process.exitCode = python.runPython(`
import sys
sys.argv = [_asked["file"], *_asked["arguments"]]
code = 0
try:
    exec(compile(_asked["code"], _asked["file"], "exec"), {"__name__": "__main__"})
except SystemExit as end:
    if isinstance(end.code, str):
        print(end.code, file=sys.stderr)
    code = end.code if isinstance(end.code, int) else int(end.code is not None)
sys.stdout.flush()
code
`);
