"""Runs inside Pyodide: lock_inside.py LOCK.json prints, as a JSON list, what pyodide-lock has against it."""
import json
import sys
from pathlib import Path

from pyodide_lock import PyodideLockSpec

problems = []
try:
    spec = PyodideLockSpec.from_json(Path(sys.argv[1]))
    problems += [f"{name} needs {needed}, which the lock does not have"
                 for name, package in spec.packages.items() for needed in package.depends if needed not in spec.packages]
except Exception as error:  # whatever the library raises is the finding
    problems.append(f"{type(error).__name__}: {error}")
print(json.dumps(problems))
