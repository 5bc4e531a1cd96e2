"""Headers and flags: how clang is made to compile for Pyodide without an emsdk.

The C code is compiled against CPython's stable ABI (Py_LIMITED_API), so the headers of any host Python >= 3.11 declare rightly what Pyodide's
3.14 offers. Only pyconfig.h is machine dependent, and that is made from Pyodide's own _sysconfigdata.
"""
from __future__ import annotations

import re
import runpy
import shutil
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from .. import BuildError
from .tools import Tools

PYTHON_ABI = "0x030b0000"  # 3.11, the oldest host; the memoryviews of Cython need no older one

# musl for riscv32 has wasm32's sizes (32-bit pointers, 64-bit time_t, 128-bit long double);
# only size_t and its kin are `long` in Emscripten where riscv32 says `int`.
MUSL = "lib/libc/include/riscv32-linux-musl"
ALLTYPES = (r"(#define _(?:Addr|Reg)) int\b", r"\1 long", 2)

# libc++ as Pyodide's main module was built: inline namespace std::__2, no threads.
LIBCXX = {
    "_LIBCPP_ABI_VERSION": 2, "_LIBCPP_ABI_NAMESPACE": "__2", "_LIBCPP_HAS_THREADS": 0, "_LIBCPP_HAS_THREAD_API_PTHREAD": 0,
    "_LIBCPP_HAS_THREAD_API_EXTERNAL": 0, "_LIBCPP_HAS_THREAD_API_WIN32": 0, "_LIBCPP_HAS_MONOTONIC_CLOCK": 1, "_LIBCPP_HAS_TERMINAL": 1,
    "_LIBCPP_HAS_MUSL_LIBC": 1, "_LIBCPP_HAS_VENDOR_AVAILABILITY_ANNOTATIONS": 0, "_LIBCPP_HAS_FILESYSTEM": 1, "_LIBCPP_HAS_RANDOM_DEVICE": 1,
    "_LIBCPP_HAS_LOCALIZATION": 1, "_LIBCPP_HAS_UNICODE": 1, "_LIBCPP_HAS_WIDE_CHARACTERS": 1, "_LIBCPP_HAS_TIME_ZONE_DATABASE": 0,
    "_LIBCPP_PSTL_BACKEND_SERIAL": "", "_LIBCPP_HARDENING_MODE": "_LIBCPP_HARDENING_MODE_NONE",
    "_LIBCPP_ASSERTION_SEMANTIC_DEFAULT": "_LIBCPP_ASSERTION_SEMANTIC_IGNORE",
}
FLAGS = ("--target=wasm32-unknown-emscripten", "-O2", "-fPIC", "-fwasm-exceptions", "-fvisibility=hidden", "-fno-strict-aliasing", "-DNDEBUG", "-w",
         "-Werror=implicit-function-declaration", "-nostdinc", f"-DPy_LIMITED_API={PYTHON_ABI}", "-DCYTHON_LIMITED_API=1",
         "-DNPY_NO_DEPRECATED_API=NPY_1_23_API_VERSION")


@dataclass(frozen=True)
class Sysroot:
    """The folder of headers and the two compiler commands that use it."""

    folder: Path
    c: list[str]
    cxx: list[str]


def runtime_config(python_stdlib: Path) -> dict:
    """What Pyodide's Python says of its own build (sysconfig's variables)."""
    with zipfile.ZipFile(python_stdlib) as archive, tempfile.TemporaryDirectory() as folder:
        name = next(name for name in archive.namelist() if name.startswith("_sysconfigdata"))
        return runpy.run_path(archive.extract(name, folder))["build_time_vars"]


def make(folder: Path, tools: Tools, numpy: Path, python_stdlib: Path) -> Sysroot:
    """Lay out the headers in `folder` from the tools, Pyodide's NumPy wheel and its standard library."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(tools.include, folder / "python")
    (folder / "python/pyconfig.h").write_text(_pyconfig(runtime_config(python_stdlib)), encoding="utf-8")
    with zipfile.ZipFile(numpy) as archive:
        for name in archive.namelist():
            if name.startswith("numpy/_core/include/") or name.endswith(".pxd"):
                archive.extract(name, folder)
    (folder / "musl/bits").mkdir(parents=True)
    (folder / "musl/bits/alltypes.h").write_text(_alltypes(tools.zig / MUSL / "bits/alltypes.h"), encoding="utf-8")
    (folder / "libcxx.h").write_text("".join(f"#define {name} {value}\n" for name, value in LIBCXX.items()), encoding="utf-8")
    libc = _system(tools.zig / "lib/include", folder / "musl", tools.zig / MUSL, tools.zig / "lib/libc/include/generic-musl")
    libcxx = _system(tools.zig / "lib/libcxx/include", tools.zig / "lib/libcxxabi/include")
    clang = [str(tools.zig / "zig"), "clang", *FLAGS, f"-I{folder}/python", f"-I{folder}/numpy/_core/include"]
    return Sysroot(folder, clang + libc, [*clang, "-std=c++17", "-include", str(folder / "libcxx.h"), *libcxx, *libc])


def _system(*folders: Path) -> list[str]:
    return [word for folder in folders for word in ("-isystem", str(folder))]


def _pyconfig(variables: dict) -> str:
    return "".join(f"#define {name} {value}\n" for name, value in sorted(variables.items())
                   if isinstance(value, int) and value and re.match(r"(HAVE|SIZEOF|ALIGNOF|WITH|PY|Py|STDC|DOUBLE_IS)_", name))


def _alltypes(musl: Path) -> str:
    pattern, replacement, times = ALLTYPES
    text, found = re.subn(pattern, replacement, musl.read_text(encoding="utf-8"))
    if found != times:
        raise BuildError(f"{musl} is not the header this build knows: {found} places to change, not {times}.",
                         "Another release of ziglang has other headers: go back to the one in tools.lock, or adapt pystudio/builder/skimage_wasm/sysroot.py.")
    return text
