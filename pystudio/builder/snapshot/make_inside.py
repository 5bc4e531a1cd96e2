"""Runs inside Pyodide, before its memory is taken: imports what a first lesson needs, and leaves nothing behind that belongs to this machine.

Its last value: the files of the standard library and the packages that need not be shipped, since their modules are in the memory.
"""
import ast, asyncio, base64, collections, contextlib, copy, dataclasses, functools, inspect, io, itertools, json, linecache, math, pathlib  # noqa: E401, F401
import random, re, statistics, string, struct, textwrap, time, tokenize, traceback, typing, warnings  # noqa: E401, F401
import gc
import importlib
import importlib.metadata
import os
import sys

import numpy
import numpy.fft
import numpy.linalg
import numpy.random  # noqa: F401
import pyodide.code
import pyodide.ffi
import pyodide.webloop  # noqa: F401

import pystudio.browser.bridge  # noqa: F401
import pystudio.browser.resume  # noqa: F401
import pystudio.networks.network

for lab in ("segment", "paint", "grow", "classic"):
    importlib.import_module(f"pystudio.labs.{lab}.handler")  # the labs of the first lessons
for network in pystudio.networks.network.recipes():
    pystudio.networks.network.network(network)  # read once, then remembered
held = sorted({origin for module in list(sys.modules.values())
               if (origin := getattr(getattr(module, "__spec__", None), "origin", None)) and origin.startswith("/lib/")})
for name in ("PYTHONHASHSEED", "PYTHONDONTWRITEBYTECODE", "TZ"):
    os.environ.pop(name, None)
sys.dont_write_bytecode = False
sys.path.remove("")  # Pyodide puts it there at every start
linecache.clearcache()
re.purge()
importlib.invalidate_caches()
sys.path_importer_cache.clear()
gc.collect()
gc.freeze()  # what is there now stays: no later collection looks at it again
held
