"""One extension module: .pyx (or a Pythran kernel) to C, C to an object, objects to a wasm side module."""
from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .. import BuildError
from .recipe import Recipe
from .sysroot import Sysroot
from .tools import Tools

LINK = ("-shared", "--experimental-pic", "--import-memory", "--unresolved-symbols=import-dynamic", "--strip-all", "--export-if-defined=__wasm_call_ctors")
CYTHON = "import gc; gc.disable()\nfrom Cython.Compiler.Main import setuptools_main as main; main()"  # without pauses to collect: a third faster
TEMPLATE = "import sys; from Cython.Tempita import Template; sys.stdout.write(Template.from_filename(sys.argv[1], encoding='utf-8').substitute())"


@dataclass(frozen=True)
class Workshop:
    """What every module of one build shares."""

    recipe: Recipe
    root: Path      # unpacked sources
    scratch: Path   # for what lies between source and module; emptied after each
    out: Path       # finished modules, kept
    tools: Tools
    sysroot: Sysroot
    suffix: str     # ".cpython-314-wasm32-emscripten.so"

    def place(self, module: str) -> Path:
        """Where a finished module lies."""
        return self.out / (module + self.suffix)


def build(shop: Workshop, module: str) -> Path:
    """The finished side module; one that is there already is left alone."""
    target = shop.place(module)
    if target.exists():
        return target
    scratch = shop.scratch / module
    scratch.mkdir(parents=True, exist_ok=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    source, flags = _translate(shop, module, scratch)
    leaf = module.rpartition("/")[2]
    objects = []
    for file in [source, *_companions(shop, module)]:
        objects.append(scratch / f"{file.stem}.o")
        compiler = shop.sysroot.cxx if file.suffix == ".cpp" else shop.sysroot.c
        _run(module, *compiler, *flags, *(flag.format(root=shop.root) for flag in shop.recipe.flags), "-c", file, "-o", objects[-1])
    part = scratch / "module.wasm"
    _run(module, shop.tools.zig / "zig", "wasm-ld", *LINK, f"--export=PyInit_{leaf}", "-o", part, *objects)
    os.replace(part, target)
    shutil.rmtree(scratch)
    return target


def _translate(shop: Workshop, module: str, scratch: Path) -> tuple[Path, list[str]]:
    """The C or C++ source of a module, and the flags it needs."""
    path = shop.root / module
    if module == shop.recipe.shared:
        return _shared_helpers(shop, module, scratch), []
    if path.with_suffix(".pyx").exists() or path.with_suffix(".pyx.in").exists():
        return _cython(shop, module, scratch), [f"-I{path.parent}"]
    names = (f"{path.name}_pythran.py", f"{path.name.removesuffix('_cy')}_pythran.py")
    kernel = next((path.parent / name for name in names if (path.parent / name).exists()), None)
    if kernel is None:
        raise BuildError(f"{module} has no source that this build knows: no .pyx, no .pyx.in, no _pythran.py.", "Teach pystudio/builder/skimage_wasm/compile.py its kind.")
    source = scratch / f"{path.name}.cpp"  # both Pythran and Cython call the module as its file is called
    _run(module, shop.tools.python, "-m", "pythran.run", "-E", kernel, "-o", source)
    return source, [f"-I{shop.tools.pythran}", "-DENABLE_PYTHON_MODULE", "-D__PYTHRAN__=3", "-DPYTHRAN_BLAS_NONE"]


def _shared_helpers(shop: Workshop, module: str, scratch: Path) -> Path:
    source = scratch / f"{shop.root.joinpath(module).name}.c"
    _run(module, shop.tools.python, "-c", CYTHON, "-3", f"--generate-shared={source}")
    # the same bytes every time: Cython names a temporary folder in it
    source.write_text(re.sub(r'"[^"\n]*_cyutility\.pyx"', '"_cyutility.pyx"', source.read_text(encoding="utf-8")), encoding="utf-8")
    return source


def _cython(shop: Workshop, module: str, scratch: Path) -> Path:
    pyx = (shop.root / module).with_suffix(".pyx")
    if not pyx.exists():
        part = pyx.with_suffix(".part")
        part.write_text(_run(module, shop.tools.python, "-c", TEMPLATE, f"{pyx}.in"), encoding="utf-8")
        os.replace(part, pyx)
    plus = "libcpp" in pyx.read_text(encoding="utf-8")
    source = scratch / (pyx.stem + (".cpp" if plus else ".c"))
    shared = [f"--shared={shop.recipe.shared.replace('/', '.')}"] if shop.recipe.shared else []
    _run(module, shop.tools.python, "-c", CYTHON, "-3", "-I.", f"-I{shop.sysroot.folder}", *shared, *["--cplus"] * plus,
         pyx.relative_to(shop.root), "-o", source, cwd=shop.root)
    return source


def _companions(shop: Workshop, module: str) -> list[Path]:
    """C files that belong to a module: those whose header its .pyx reads, and those the recipe names."""
    pyx = (shop.root / module).with_suffix(".pyx")
    headers = re.findall(r'cdef extern from "(\w+)\.h"', pyx.read_text(encoding="utf-8")) if pyx.exists() else []
    found = [file for name in headers if (file := pyx.parent / f"{name}.c").exists()]
    return found + [shop.root / name for name in shop.recipe.c_sources.get(module, ())]


def _run(module: str, *command, cwd: Path | None = None) -> str:
    """One tool; its last words are the error. A fixed hash seed: sets in the tools must not change the bytes."""
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=cwd, env={**os.environ, "PYTHONHASHSEED": "0"}, capture_output=True, text=True, errors="replace")
    if done.returncode:
        said = (done.stdout + done.stderr).strip()[-3000:]
        raise BuildError(f"{module} could not be compiled; {Path(words[0]).name} {words[1]} said:\n{said}",
                         "Nothing of yours is wrong: the sources and the tools are pinned. Remove the folder skimage in the cache and try again; if it stays, report it with these lines.")
    return done.stdout
