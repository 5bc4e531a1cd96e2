"""Runs inside Pyodide: /from.zip becomes /to.zip, each .py in it a .pyc that is taken as it is. `request` is compile.mjs's."""
import importlib._bootstrap_external as bootstrap
import importlib.util
import re
import zipfile

with zipfile.ZipFile("/from.zip") as source, zipfile.ZipFile("/to.zip", "w") as target:
    for entry in source.infolist():
        name, data = entry.filename, source.read(entry)
        if name.endswith("/") or re.search(request["left_out"], name):  # noqa: F821
            continue
        if name.endswith(".py"):
            code = compile(data, f"{request['root']}/{name}", "exec", dont_inherit=True)  # noqa: F821
            data, name = bytes(bootstrap._code_to_hash_pyc(code, importlib.util.source_hash(data), False)), name + "c"
        target.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), data)
