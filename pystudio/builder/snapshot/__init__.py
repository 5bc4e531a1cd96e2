"""A memory snapshot of Python with NumPy and pystudio imported, made in the very Pyodide that will wake from it.

Three files travel to the browser, each gzipped under a name that no host attaches a Content-Encoding to (`.bin`):

    modules   NumPy's compiled modules, a tar: linked before anything else, so that their addresses are the same in every process
    library   what of the standard library, NumPy and pystudio is not in the memory: byte-compiled, a tar; pystudio's sources with it
    memory    the heap of a Python that has imported what a first lesson needs

It is an optimisation: without it the browser starts from Pyodide's own files, and everything works. Where it cannot be made (npm brought no
Node for this machine, or it fails) the site is built without, and says so. A mistake of ours that would stop Python in the browser just the
same stops the build.

Each file begins with the hash of all it was made from (`_state`), which is also its place in the cache: the same inputs give the same bytes
on any machine with the same zlib. Compiling takes longest and depends on Pyodide and NumPy alone, so it is kept apart, with the modules:
an edit of pystudio costs a new memory only.
"""
from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .. import NODE_MODULES, STUDIO, BuildError, cache, log
from ..assets import downloads

HERE = Path(__file__).parent
LINKING = STUDIO / "worker" / "linking.mjs"
PYODIDE = NODE_MODULES / "pyodide"
ENGINE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip")
LEFT_OUT = (r"\.(pyi|h|c|pxd|pyx|a|f90|build)$|(^|/)tests?/|/conftest\.py$|^numpy/_pyinstaller/|\.dist-info/RECORD$"
            r"|^numpy/_core/_(rational_tests|operand_flag_tests|struct_ufunc_tests|umath_tests|multiarray_tests|simd)")  # of NumPy: for compiling against it, and its own tests
LIBRARY_LEFT_OUT = r"^$"
STD, PACKAGES = "/lib/python314.zip", "/lib/python3.14/site-packages"  # where they lie in Python's file system, as linking.mjs says too
WHOLE = "sha256.json"  # of each file in a folder of the cache
KEPT = 4  # snapshots that the cache holds; an edit of pystudio makes another
SLOWEST = 600  # seconds; a loaded machine was seen to need 20


@dataclass(frozen=True)
class Snapshot:
    """The three files, and what the worker must know of them.

    `keys` are the hashes that they begin with, `table` is the size of the function table before the modules, `heap` and `size` are the bytes
    of the memory when it runs and when it travels (before gzip), `constants` the length and sum of what the code itself puts into it, which it
    travels without.
    """

    modules: Path
    library: Path
    memory: Path
    keys: dict[str, str]
    table: int
    heap: int
    size: int
    constants: tuple[int, int]


class NotMade(Exception):
    """A snapshot that cannot be made here, and why."""


def build(numpy: Path, pystudio: Path) -> Snapshot | None:
    """The snapshot of these two wheels, from the cache where nothing that goes in has changed; None, and a sentence, where it cannot be made."""
    try:
        node = _node()
        compiled = _compiled(node, numpy)
        key = _digest(_state(node, numpy, pystudio))
        folder = cache() / "snapshot" / key
        if not _whole(folder):
            _into(folder, lambda new: _make(node, key, compiled, pystudio, new))
            _forget(folder.parent)
    except (NotMade, OSError) as error:
        log(f"  no memory snapshot ({error}): the site works, its Python starts more slowly")
        return None
    with contextlib.suppress(OSError):  # a cache that may only be read
        os.utime(folder)  # used last now
    facts = json.loads((folder / "facts.json").read_text())
    keys = {"modules": _digest(_engine_state(numpy)), "library": key, "memory": key}
    return Snapshot(compiled / "modules.bin", folder / "library.bin", folder / "memory.bin", keys, facts["table"], facts["heap"], facts["size"], tuple(facts["constants"]))


# ---------------------------------------------------------------- what goes in
def _node() -> str:
    """The Node that npm installed for this machine: of all engines outside browsers, the one with their JS promise integration."""
    found = next((path for name in ("node", "node.exe") for path in NODE_MODULES.glob(f"node-*/bin/{name}")), None)
    if found is None:
        raise NotMade("npm has no Node 26 for this machine")
    return str(found)


def _state(node: str, numpy: Path, pystudio: Path) -> dict[str, str]:
    """Hashes of everything that a snapshot depends on."""
    version = json.loads((Path(node).parents[1] / "package.json").read_text(encoding="utf-8"))["version"]
    return _engine_state(numpy) | {"pystudio": downloads.sha256(pystudio), "node": version} | _hashes(LINKING.parent, LINKING.name) | _hashes(HERE, "make.mjs", "make_inside.py", "__init__.py")


def _engine_state(numpy: Path) -> dict[str, str]:
    """Hashes of what the compiled library depends on."""
    return (_hashes(PYODIDE, *ENGINE) | _hashes(HERE, "compile.mjs", "compile_inside.py")
            | {"numpy": downloads.sha256(numpy), "left out": f"{LEFT_OUT} {LIBRARY_LEFT_OUT}"})


def _hashes(folder: Path, *names: str) -> dict[str, str]:
    return {name: downloads.sha256(folder / name) for name in names}


def _digest(state: dict[str, str]) -> str:
    return hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()[:32]


# ---------------------------------------------------------------- the work
def _compiled(node: str, numpy: Path) -> Path:
    """A folder with std.zip and numpy.zip, every Python file in them byte-compiled, and the modules of the second as they travel."""
    key = _digest(_engine_state(numpy))
    folder = cache() / "snapshot" / f"compiled-{key}"
    if _whole(folder):
        return folder

    def make(new: Path) -> None:
        started = time.monotonic()
        log("  Byte-compiling the standard library and NumPy (once for each version)")
        for source, name, root, left_out in ((PYODIDE / "python_stdlib.zip", "std.zip", STD, LIBRARY_LEFT_OUT), (numpy, "numpy.zip", PACKAGES, LEFT_OUT)):
            _run(node, "compile.mjs", {"code": HERE / "compile_inside.py", "from": source, "to": new / name, "root": root, "left_out": left_out})
        _write(new / "modules.bin", _tar({"key": key.encode()} | _modules(new / "numpy.zip")))
        log(f"  Byte-compiled in {time.monotonic() - started:.1f} s")

    _into(folder, make)
    return folder


def _make(node: str, key: str, compiled: Path, pystudio: Path, out: Path) -> None:
    """Fill `out` with the three files and facts.json."""
    started = time.monotonic()
    log("  Taking a memory snapshot of Python with NumPy and pystudio")
    installed = _opened(compiled / "numpy.zip") | _as_installed("numpy", compiled / "numpy.zip")
    own = _opened(pystudio) | _as_installed("pystudio", pystudio)
    packages = {f"{PACKAGES}/{name}": data for name, data in (installed | own).items() if not name.endswith((".so", "/RECORD"))}
    (out / "modules.tar").write_bytes(_tar(_modules(compiled / "numpy.zip")))
    (out / "packages.tar").write_bytes(_tar(packages))
    _run(node, "make.mjs", {"code": HERE / "make_inside.py", "linking": LINKING, "modules": out / "modules.tar", "library": compiled / "std.zip",
                            "packages": out / "packages.tar", "out": out})
    facts = json.loads((out / "facts.json").read_text())
    library = _library(set(facts["held"]), compiled / "std.zip", packages) | _below(out / "compiled")
    sizes = _write(out / "library.bin", _tar({"key": key.encode()} | library)), _write(out / "memory.bin", key.encode() + (out / "memory").read_bytes())
    for scrap in ("modules.tar", "packages.tar", "memory"):
        (out / scrap).unlink()
    shutil.rmtree(out / "compiled", ignore_errors=True)
    log(f"  Snapshot in {time.monotonic() - started:.1f} s: library {sizes[0] / 1e6:.1f} MB, memory {sizes[1] / 1e6:.1f} MB")


def _modules(numpy: Path) -> dict[str, bytes]:
    """NumPy's compiled modules, in the order in which they are linked."""
    return {f"{PACKAGES}/{name}": data for name, data in sorted(_opened(numpy).items()) if name.endswith(".so")}


def _write(path: Path, data: bytes) -> int:
    """Write it gzipped; the size. (The best level takes five times as long, for one byte in a hundred.)"""
    return path.write_bytes(gzip.compress(data, 6, mtime=0))


def _library(held: set[str], std: Path, packages: dict[str, bytes]) -> dict[str, bytes]:
    """What of the library and the packages must lie in Python's file system: all that the memory does not hold, and every source of pystudio."""
    rest = {path: data for path, data in packages.items() if path not in held or path.startswith(f"{PACKAGES}/pystudio/")}
    return {STD: _zip({name: data for name, data in _opened(std).items() if f"{STD}/{name}" not in held})} | rest


def _as_installed(name: str, wheel: Path) -> dict[str, bytes]:
    """What Pyodide's installer leaves beside a package, so that it and micropip know it as installed."""
    with zipfile.ZipFile(wheel) as archive:
        folder = next(entry.split("/")[0] for entry in archive.namelist() if entry.endswith(".dist-info/METADATA"))
    return {f"{folder}/INSTALLER": b"pyodide.loadPackage\n", f"{folder}/PYODIDE_SOURCE": b"pyodide\n"}


def _run(node: str, script: str, request: dict[str, object]) -> None:
    request = {"pyodide": str(PYODIDE)} | {name: str(value) for name, value in request.items()}
    try:
        done = subprocess.run([node, str(HERE / script), json.dumps(request)], capture_output=True, text=True, encoding="utf-8", errors="replace",
                              timeout=SLOWEST, env={**os.environ, "NODE_OPTIONS": "", "NODE_NO_WARNINGS": "1"})
    except subprocess.TimeoutExpired:
        raise NotMade(f"{script} took longer than {SLOWEST} s") from None
    if done.returncode:
        words = (done.stderr.strip() or done.stdout.strip() or "no word of why").splitlines()
        if ours := re.findall(rf'File "{PACKAGES}/(pystudio/[^"]+)", line (\d+)', "\n".join(words)):
            raise BuildError(f"{ours[-1][0]}:{ours[-1][1]}: the browser's Python cannot import this: {words[-1].strip()}", "Mend it and run the same command again.")
        raise NotMade(f"{script} failed: {' … '.join(words[-3:])}")


# ---------------------------------------------------------------- archives and the cache
def _opened(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {entry.filename: archive.read(entry) for entry in archive.infolist() if not entry.is_dir()}


def _below(folder: Path) -> dict[str, bytes]:
    return {f"/{path.relative_to(folder).as_posix()}": path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def _tar(files: dict[str, bytes]) -> bytes:
    """An archive of files by their paths, without the first slash as is the custom."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path, data in files.items():
            entry = tarfile.TarInfo(path.lstrip("/"))
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def _zip(files: dict[str, bytes]) -> bytes:
    """Stored, not deflated: it travels gzipped as part of a whole, and Python reads it faster."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), data)
    return out.getvalue()


def _whole(folder: Path) -> bool:
    """Whether an earlier build made this folder, and its files are still what it made; a damaged one is removed and said so."""
    if not folder.exists():
        return False
    try:
        hashes = json.loads((folder / WHOLE).read_text(encoding="utf-8"))
        if all(downloads.sha256(folder / name) == digest for name, digest in hashes.items()):
            return True
    except (OSError, ValueError, AttributeError):
        pass
    log(f"  the memory snapshot in the cache ({folder.name}) is damaged; making it again")
    shutil.rmtree(folder)
    return False


def _into(folder: Path, make) -> None:
    """Let `make` fill a new folder, which takes its name when it is whole: builds may run side by side."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="new-", ignore_cleanup_errors=True) as new:
        made = Path(new) / "made"
        made.mkdir()
        make(made)
        hashes = {path.name: downloads.sha256(path) for path in sorted(made.iterdir())}
        (made / WHOLE).write_text(json.dumps(hashes, indent=1), encoding="utf-8")
        if not folder.exists():
            try:
                made.rename(folder)
            except OSError:
                if not folder.exists():  # else another build was as quick
                    raise


def _forget(folder: Path) -> None:
    """Remove the snapshots used longest ago."""
    snapshots: Iterable[Path] = [path for path in folder.iterdir() if (path / "facts.json").exists()]
    for path in sorted(snapshots, key=lambda path: path.stat().st_mtime, reverse=True)[KEPT:]:
        shutil.rmtree(path, ignore_errors=True)
