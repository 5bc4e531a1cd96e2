"""Running Python code inside Pyodide under Node: the same runtime as the browser's, with wheels of our choice."""
from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable
from pathlib import Path

from .. import NODE_MODULES, BuildError, node
from . import inputs

RUNNER = Path(__file__).with_name("run.mjs")
PYODIDE = NODE_MODULES / "pyodide"


def wheels(*distributions: str) -> list[Path]:
    """Pinned wheels by distribution name, checked."""
    return inputs.fetch(*(inputs.find(name) for name in distributions))


def command(code: Path, installed: Iterable[Path], *arguments: str, mounts: dict[str, Path] | None = None, environment: dict[str, str] | None = None) -> list[str]:
    """The command line that runs a Python file in a fresh Pyodide. `mounts` shows host folders inside: {"/host": folder}."""
    request = {"pyodide": str(PYODIDE), "wheels": [str(path) for path in installed], "code": str(code), "arguments": list(arguments),
             "mounts": {inside: str(outside) for inside, outside in (mounts or {}).items()}, "environment": environment or {}}
    return [node.tools()[0], str(RUNNER), json.dumps(request)]


def run(code: Path, installed: Iterable[Path], *arguments: str, **options) -> str:
    """What a Python file prints in a fresh Pyodide. Raises BuildError with its last words when it fails."""
    done = subprocess.run(command(code, installed, *arguments, **options), capture_output=True, text=True, errors="replace")
    if done.returncode:
        raise BuildError(f"{code.name} failed in Pyodide (exit code {done.returncode}):\n{(done.stdout + done.stderr).strip()[-3000:]}")
    return done.stdout
