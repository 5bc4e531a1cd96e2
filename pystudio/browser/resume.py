"""What has to be renewed when Python resumes from a memory snapshot: it was stopped on the builder's machine and goes on in a visitor's browser."""
from __future__ import annotations

import random
import time

import numpy as np
import pyodide_js
from pyodide import _package_loader


def resume_from_snapshot():
    """Take new random numbers, the visitor's time zone, and note which packages are there.

    What cannot be renewed is the secret behind the hashes of texts: every dict in memory is laid out by it. It is zero, and guards nothing
    here: who could send hostile keys is the visitor, to their own page.
    """
    random.seed()
    np.random.seed()
    january, july = (time.localtime(time.mktime((time.localtime().tm_year, month, 1, 12, 0, 0, 0, 0, -1))) for month in (1, 7))
    standard, summer = sorted((january, july), key=lambda moment: moment.tm_gmtoff)
    time.timezone, time.altzone = -standard.tm_gmtoff, -summer.tm_gmtoff
    time.daylight = int(january.tm_gmtoff != july.tm_gmtoff)
    time.tzname = standard.tm_zone, summer.tm_zone
    _package_loader.loadedPackages = pyodide_js.loadedPackages  # a snapshot forgets which object that was (pyodide#5195)
    _package_loader.init_loaded_packages()
