"""Runs in a Python that woke from a snapshot (see resume.mjs): what it finds, as JSON."""
import datetime
import importlib.metadata
import inspect
import json
import os
import random
import sys
import time
import traceback

before = set(sys.modules)

import numpy as np  # noqa: E402
import pyodide_js  # noqa: E402
from pyodide.ffi import run_sync  # noqa: E402

import pystudio.browser.bridge  # noqa: E402
from pystudio.measure import metrics  # noqa: E402
from pystudio.segment import region_growing  # noqa: E402

found = {
    "imported at the start": sorted({"numpy", "pystudio.browser.bridge", "asyncio", "traceback", "linecache", "ast"} - before) + sorted({"micropip", "skimage"} & before),
    "versions": {name: importlib.metadata.version(name) for name in ("numpy", "pystudio")},
    "loaded": {name: getattr(pyodide_js.loadedPackages, name, None) for name in ("numpy", "pystudio")},
    "path": sys.path,
    "environment": sorted(os.environ),
    "random": [random.random(), np.random.random(), random.SystemRandom().random(), np.random.default_rng().random()],
    "zone": [time.timezone, time.altzone, time.daylight, time.tzname[0], datetime.datetime(2026, 1, 15).astimezone().utcoffset().total_seconds(), time.strftime("%Z", time.localtime(0))],
    "source": inspect.getsource(region_growing.grow_by_hand).splitlines()[0],
}

try:
    metrics.Grader(np.zeros((2, 2)), np.zeros((3, 3)), 3)
except Exception:
    found["traceback"] = traceback.format_exc()

# what is not in the memory: byte-compiled files, in the library's zip, in NumPy's folder, beside pystudio's sources
import calendar  # noqa: E402
import numpy.lib.recfunctions  # noqa: E402
import numpy.ma  # noqa: E402
import numpy.polynomial  # noqa: E402
import numpy.testing  # noqa: E402
import pystudio.__main__  # noqa: E402

found["later"] = {module.__name__: module.__cached__ or module.__file__ for module in (calendar, numpy.ma, numpy.polynomial, numpy.testing, pystudio.__main__)}
found["svd"] = bool(np.allclose(np.linalg.svd(np.diag([3.0, 2.0]))[1], [3, 2]))


async def slowly():
    import asyncio

    await asyncio.sleep(0.01)
    return 7

found["run_sync"] = run_sync(slowly())

# packages that come later
await pyodide_js.loadPackage(["micropip", "scikit-image"], messageCallback=lambda _: None)  # noqa: F704, PLE1142
import micropip  # noqa: E402
from skimage.measure import label  # noqa: E402

found["labels"] = int(label(np.eye(4), connectivity=1).max())
found["micropip knows"] = sorted({"numpy", "pystudio"} & set(micropip.list()))
json.dumps(found)
