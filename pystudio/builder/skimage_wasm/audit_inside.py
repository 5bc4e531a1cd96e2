"""Runs inside Pyodide: audit_inside.py PYODIDE.ASM.WASM WHEEL... prints what `audit.findings` gives, as JSON."""
import json
import sys
import tempfile
import zipfile
from pathlib import Path

from auditwheel_emscripten.emscripten_tools.webassembly import ExternType, Module
from auditwheel_emscripten.function_type import format_function_type
from auditwheel_emscripten.lib_utils import get_all_shared_libs_in_dir

WEAK = 1  # a flag of imports in the section "dylink.0"
# made by the dynamic linker for each module, not exported by the main one
LINKER = {"memory", "__indirect_function_table", "__memory_base", "__table_base", "__stack_pointer"}


def offers(file):
    """{name: type of the function, or "" for data and tags} that a module exports."""
    with Module(str(file)) as module:
        return {export.name: format_function_type(module.get_function_type(export.index)) if export.kind == ExternType.FUNC else ""
                for export in module.get_exports()}


def wants(file):
    """([(where, name, type)] that a module must be given, the shared libraries it asks for). What it can do without is marked weak."""
    with Module(str(file)) as module:
        types = module.get_types()
        needed, weak = [], set()
        if next(module.sections()).name == "dylink.0":
            dylink = module.parse_dylink_section()
            needed = dylink.needed
            weak = {name for found in dylink.import_info.values() for name, flags in found.items() if flags & WEAK}
        imports = [(one.module, one.field, format_function_type(types[one.type]) if one.kind == ExternType.FUNC else "")
                   for one in module.get_imports() if one.field not in weak]
        return imports, needed


def runtime_offers(main):
    """What the main module exports, and what JavaScript gives it: side modules get that too."""
    return {name: kind for where, name, kind in wants(main)[0] if where == "env"} | offers(main)


def problems(file, name, runtime, libraries):
    """Sentences about one module. `libraries` are the files of the wheel by their last name."""
    imports, needed = wants(file)
    own = offers(file)
    offered = dict(runtime)
    for library in needed:
        if library.rpartition("/")[2] in libraries:
            offered |= offers(libraries[library.rpartition("/")[2]])
        else:
            yield f"{name} asks for {library}, which the wheel does not carry"
    for where, symbol, kind in imports:
        found = offered.get(symbol, own.get(symbol))
        if symbol in LINKER:
            continue
        if found is None:
            yield f"{name} imports {symbol} ({where}), which nothing offers"
        elif where == "env" and kind != found:
            yield f"{name} imports {symbol} as {kind}, which is offered as {found}"
    leaf, _, rest = file.name.partition(".")
    if rest.startswith("cpython-") and f"PyInit_{leaf}" not in own:
        yield f"{name} does not export PyInit_{leaf}"


def audit(wheel, runtime):
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder, [name for name in archive.namelist() if ".so" in name])
        found = sorted(get_all_shared_libs_in_dir(folder))
        libraries = {file.name: file for file in found}
        return {"modules": len(found), "imports": sum(len(wants(file)[0]) for file in found),
                "problems": [sentence for file in found for sentence in problems(file, file.relative_to(folder).as_posix(), runtime, libraries)]}


main, *wheels = map(Path, sys.argv[1:])
runtime = runtime_offers(main)
print(json.dumps({wheel.name: audit(wheel, runtime) for wheel in wheels}))
