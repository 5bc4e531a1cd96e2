"""Auditing wheels: can Pyodide link every compiled module in them? And does Pyodide's own library read the site's lock?

auditwheel-emscripten reads the modules. It wants Python >= 3.12, so it runs in Pyodide's own Python 3.14 (`audit_inside.py`), whatever the host's.
It lists imports and exports and does not judge; these are our rules, for each module:
  * every import is offered by pyodide.asm.wasm, by JavaScript (which offers side modules what it offers that one), by a library in the same
    wheel that the module asks for, by the module itself (its GOT), or is one of the five that the dynamic linker makes;
  * an imported function has the same type as the one offered: a differing one would trap when called, not when loaded;
  * PyInit_<name> is exported, and no shared library is asked for that the wheel does not carry.
It has found three modules without their PyInit before, which the linker had let pass.
"""
from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from .. import BuildError, log
from . import runtime

INSIDE = Path(__file__).with_name("audit_inside.py")
LIBRARY = ("auditwheel-emscripten", "leb128", "packaging")
LOCK_INSIDE = Path(__file__).with_name("lock_inside.py")
LOCK_LIBRARY = ("pyodide-lock", "attrs", "cattrs", "typing-extensions")


def findings(wheels: Sequence[Path]) -> dict[str, dict]:
    """By wheel name: {"modules": count, "imports": count, "problems": [sentences]}."""
    mounts = {f"/wheels/{number}": path.parent for number, path in enumerate(wheels)} | {"/pyodide": runtime.PYODIDE}
    names = [f"/wheels/{number}/{path.name}" for number, path in enumerate(wheels)]
    return json.loads(runtime.run(INSIDE, runtime.wheels(*LIBRARY), "/pyodide/pyodide.asm.wasm", *names, mounts=mounts).splitlines()[-1])


def check(wheels: Sequence[Path]) -> None:
    """Say what was audited; raise BuildError when a module could not be linked."""
    for name, found in findings(wheels).items():
        if found["problems"]:
            raise BuildError(f"{name} does not fit Pyodide:\n  " + "\n  ".join(found["problems"][:20]),
                             "It was built for another release. Remove the folder skimage in the cache and build again.")
        log(f"  audited {name}: {found['modules']} modules, {found['imports']} imports, all offered with the same types")


def lock_problems(lock: Path) -> list[str]:
    """What pyodide-lock, the library that makes Pyodide's own locks, has against a lock file; nothing when all is well."""
    return json.loads(runtime.run(LOCK_INSIDE, runtime.wheels(*LOCK_LIBRARY), f"/lock/{lock.name}", mounts={"/lock": lock.parent}).splitlines()[-1])
