"""scikit-image for the browser: cross-compiled with pip-only tools, packed, audited, and proved by its own test suite inside Pyodide.

    python -m pystudio.builder.skimage_wasm build        the wheel (the official one's modules where Pyodide's CDN answers)
    python -m pystudio.builder.skimage_wasm suite        scikit-image's own tests in Pyodide, against that very wheel
    python -m pystudio.builder.skimage_wasm agree        the studio's functions on the bundled photos, native against Pyodide
    python -m pystudio.builder.skimage_wasm lock         pin inputs and tools again

Modules: `recipe` (what is built, and why so), `inputs` (files from elsewhere), `tools` (the compilers' environment), `sysroot` (headers and
flags), `compile` (one extension module), `pack` (the wheels), `audit` (imports and exports), `runtime` (Python code inside Pyodide under
Node), `maker` (all of it in order), `ship` (what the site takes of it), `suite` and `agree` (the proof).

The bytes are the same at every build with the same minor version of the host's Python, wherever the folders lie. Another minor version inlines
other reference counting from its headers (3.13 gives modules a tenth larger than 3.11); both are the stable ABI, and both pass the proof.
The official modules, where they can be had, are other bytes again: `maker.Wheels.origin` says which a build holds. So the wheel's name holds the
hash of its bytes, as its build number: under one name a host and its visitors may keep it for ever.

Ways not taken, each tried on a machine that reaches nothing but package indexes:

- `pyodide-build` 0.39.2 (Python >= 3.12) compiles with emcc inside a "cross-build environment". `pyodide xbuildenv install`, and even
  `pyodide config list`, first ask pyodide.github.io for the list of environments and stop with a ConnectionError; the environment itself
  is an archive among GitHub's releases and the emsdk comes from Google's storage. No package index carries either. Where these places can be
  reached, Pyodide's CDN can be as well, and what pyodide-build made there is taken from it: the official wheel. pystudio's own wheel is
  pure Python, so it needs no platform build: hatchling makes it, and the same file serves desktop and browser.
- `auditwheel-emscripten` 0.3.0 (Python >= 3.12) does serve, though not in the environment of a Python 3.11: it runs in Pyodide's own Python
  3.14 (`audit`). It reads modules and passes no judgement; the judgement (every import is offered, with the same type) is ours.
- `pyodide-lock` 0.2.1 (Python >= 3.12) serves in the same way: it reads back the lock that the site ships (`audit.lock_problems`).
"""
from .maker import Wheels, build

__all__ = ["Wheels", "build"]
