"""The proof by numbers: what the studio uses gives the same on the bundled photos natively and in Pyodide."""
from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from .. import ROOT, SOURCES, BuildError, log
from . import maker, runtime, suite

FUNCTIONS = ROOT / "tests/skimage_suite/functions.py"
PHOTOS = {"kitten": (20, 30), "horses": (60, 90), "band": (40, 60), "chelsea": (60, 110), "redpanda": (60, 80)}  # top left corner of the crop
SIDE = (96, 128)
RTOL, ATOL = 1e-6, 1e-9


@dataclass
class Agreement:
    """One function over all photos. `worst` is the largest difference of a float result, relative to its scale; `pixels` the largest share of other labels."""

    function: str
    same: int = 0
    close: int = 0
    differ: int = 0
    worst: float = 0.0
    pixels: float = 0.0
    native: float = 0.0
    browser: float = 0.0


def photos() -> dict[str, np.ndarray]:
    """Crops of the bundled photos, (96, 128, 3) uint8."""
    crops = {}
    for name, (row, column) in PHOTOS.items():
        file = next(iter(sorted((SOURCES / "photos").glob(f"{name}.*"))), None)
        if file is None:
            raise BuildError(f"site_src/photos has no {name}.", "Choose other photos in pystudio/builder/skimage_wasm/agree.py.")
        with Image.open(file) as image:
            crops[name] = np.asarray(image.convert("RGB"))[row:row + SIDE[0], column:column + SIDE[1]]
    return crops


def compare(native: dict[str, np.ndarray], browser: dict[str, np.ndarray]) -> dict[str, Agreement]:
    """Held against each other, function by function."""
    found: dict[str, Agreement] = {}
    for key in sorted(set(native) | set(browser)):
        if key == "releases":
            continue
        photo_or_seconds, *rest = key.split("|")
        function = rest[1] if photo_or_seconds == "seconds" else rest[0]
        one = found.setdefault(function, Agreement(function))
        if photo_or_seconds == "seconds":
            one.native += float(native[key])
            one.browser += float(browser[key])
        else:
            _judge(one, native.get(key), browser.get(key))
    return found


def _judge(one: Agreement, a: np.ndarray | None, b: np.ndarray | None) -> None:
    if a is None or b is None or a.shape != b.shape or a.dtype.kind != b.dtype.kind:
        one.differ += 1
        one.pixels = 1.0
    elif np.array_equal(a, b, equal_nan=a.dtype.kind == "f"):
        one.same += 1
    elif a.dtype.kind == "f":
        scale = max(float(np.nanmax(np.abs(a))), ATOL)
        one.worst = max(one.worst, float(np.nanmax(np.abs(a - b))) / scale)
        near = np.allclose(a, b, rtol=RTOL, atol=RTOL * scale, equal_nan=True)
        one.close += near
        one.differ += not near
    else:
        one.differ += 1
        one.pixels = max(one.pixels, float(np.mean(a != b)))


def run(wheels: maker.Wheels) -> tuple[list[Agreement], str]:
    """Every function of tests/skimage_suite/functions.py, and the releases that were compared."""
    with tempfile.TemporaryDirectory() as folder:
        given = Path(folder, "photos.npz")
        np.savez(given, **photos())
        # one thread, as the browser has: on a busy machine OpenBLAS's threads wait for each other
        done = subprocess.run([sys.executable, str(FUNCTIONS), str(given), str(Path(folder, "native.npz"))], capture_output=True, text=True,
                              env={**os.environ, "OPENBLAS_NUM_THREADS": "1"})
        if done.returncode:
            raise BuildError(f"scikit-image failed on the desktop:\n{done.stderr.strip()[-2000:]}")
        runtime.run(FUNCTIONS, [wheels.shipped, *runtime.wheels(*suite.RUNTIME)], "/exchange/photos.npz", "/exchange/browser.npz", mounts={"/exchange": Path(folder)})
        native, browser = (dict(np.load(Path(folder, f"{side}.npz"))) for side in ("native", "browser"))
    return list(compare(native, browser).values()), f"native: {native['releases']}; Pyodide: {browser['releases']}"


def table(found: list[Agreement]) -> str:
    """A line for each function."""
    rows = [f"{'function':52}{'same':>6}{'close':>6}{'differ':>7}{'worst':>10}{'pixels':>9}{'native s':>10}{'ratio':>7}"]
    rows += [f"{one.function:52}{one.same:>6}{one.close:>6}{one.differ:>7}{one.worst or 0:>10.1e}{one.pixels:>9.2%}{one.native:>10.3f}{one.browser / one.native:>7.1f}" for one in found]
    total = [sum(getattr(one, name) for one in found) for name in ("same", "close", "differ")]
    return "\n".join([*rows, f"{len(found)} functions: {total[0]} results identical, {total[1]} within {RTOL:g} of their scale, {total[2]} differ"])


def main() -> int:
    """`agree`: print the table; 0 when nothing differs."""
    wheels = maker.build()
    log(f"The studio's functions on {len(PHOTOS)} photos, natively and in Pyodide ({wheels.shipped.name}, {wheels.origin})")
    found, releases = run(wheels)
    log(releases)
    log(table(found))
    return int(any(one.differ for one in found))
