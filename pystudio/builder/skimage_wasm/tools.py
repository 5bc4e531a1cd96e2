"""The compilers' own Python environment: pinned with hashes in tools.lock, kept in the cache, apart from the project's .venv (they weigh 500 MB)."""
from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from .. import BuildError, cache, display_path, log

LOCK = Path(__file__).with_name("tools.lock")
NEEDED = (
    "ziglang==0.15.2",        # clang, wasm-ld, and the headers of musl and libc++ (MIT); newer ones move the headers
    "cython==3.2.1",          # .pyx to C (Apache-2.0)
    "pythran==0.18.1",        # two kernels are Python for Pythran (BSD)
    "gast==0.6.0", "beniget==0.4.2.post1", "ply==3.11",  # Pythran's; it breaks with others
    "numpy==2.4.3",           # Pythran looks at it; the release Pyodide has
)


@dataclass(frozen=True)
class Tools:
    """Where the compilers are."""

    python: Path
    zig: Path       # folder of the ziglang package
    pythran: Path   # folder of the pythran package
    include: Path   # headers of the Python that runs here


def ready() -> Tools:
    """The environment, made when it is missing or when tools.lock has changed."""
    wanted = LOCK.read_text(encoding="utf-8")
    state = hashlib.sha256((sys.version + wanted).encode()).hexdigest()
    folder = cache() / "skimage" / f"tools-{state[:8]}"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp = folder / "installed"
    if not stamp.exists():
        _install(folder, python)
        stamp.write_text(state, encoding="utf-8")
    found = json.loads(_ask(python, "import json, sysconfig, ziglang, pythran; "
                            "print(json.dumps([ziglang.__path__[0], pythran.__path__[0], sysconfig.get_paths()['include']]))"))
    tools = Tools(python, *map(Path, found))
    if not (tools.include / "Python.h").exists():
        raise BuildError(f"The C headers of this Python are not installed ({tools.include} has no Python.h).",
                         "Install them (Debian, Ubuntu: apt-get install python3-dev) or run build.py with a Python that has them, as those of pyenv, uv and python.org do.")
    return tools


def _install(folder: Path, python: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    log("Installing the compilers for scikit-image (about 100 MB, once)")
    for command in ([sys.executable, "-m", "venv", "--without-pip", str(folder)],
                    [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-input", "--disable-pip-version-check", "--no-deps",
                     "--only-binary=:all:", "--require-hashes", "--requirement", str(LOCK)]):
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
        if done.returncode:
            raise BuildError("\n".join(done.stdout.splitlines()[-10:]) + "\nThe compilers for scikit-image could not be installed.",
                             "Most often the network or the package index could not be reached: run the same command again.")


def _ask(python: Path, code: str) -> str:
    done = subprocess.run([python, "-c", code], capture_output=True, text=True)
    if done.returncode:
        raise BuildError(f"The compilers for scikit-image do not start: {done.stderr.strip().splitlines()[-1]}.",
                         f"Remove {display_path(python.parents[1])} and run the same command again.")
    return done.stdout


def lock() -> None:
    """Write tools.lock: every package for every system, with hashes, and without naming an index."""
    done = subprocess.run([sys.executable, "-m", "uv", "pip", "compile", "-", "--universal", "--python-version", "3.11", "--generate-hashes", "--no-header",
                           "--no-annotate", "--no-emit-index-url", "--no-emit-find-links", "--no-build", "-o", str(LOCK)],
                          input="\n".join(NEEDED), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise BuildError(f"{display_path(LOCK)} could not be made:\n{done.stdout.strip()}", "uv is installed by: python3 build.py lock. Run that first.")
    log(f"{display_path(LOCK)}: {len(NEEDED)} packages named")
