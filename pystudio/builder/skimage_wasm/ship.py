"""What the site ships of all this: wheels, and their entries for the Pyodide lock. Only what the studio's functions import.

`from skimage import color, filters, measure, morphology, restoration, segmentation, feature` and everything in them import SciPy, lazy_loader
and packaging. Not shipped, since nothing of the studio's imports them: networkx (skimage.graph alone does), imageio, tifffile and Pillow
(skimage.io alone) and PyWavelets (the wavelet denoisers).
(Pyodide's own lock makes scikit-image depend on all but tifffile, which its metadata requires.)
"""
from __future__ import annotations

from pathlib import Path

from ..assets import downloads
from . import inputs, maker

DEPENDS = {"pystudio": ["numpy"], "scikit-image": ["numpy", "scipy", "lazy-loader", "packaging"], "scipy": ["numpy"], "lazy-loader": [], "packaging": []}
IMPORTS = {"scikit-image": "skimage", "lazy-loader": "lazy_loader"}


def wheels() -> dict[str, Path]:
    """The files, by their name in a Pyodide lock; builds what is missing."""
    others = [name for name in DEPENDS if name not in ("pystudio", "scikit-image")]
    return {"scikit-image": maker.build().shipped} | dict(zip(others, inputs.fetch(*map(inputs.find, others)), strict=True))


def entries(files: dict[str, Path]) -> dict[str, dict]:
    """The entries of these wheels in a Pyodide lock."""
    return {name: {"name": name, "version": file.name.split("-")[1], "file_name": file.name, "install_dir": "site", "sha256": downloads.sha256(file),
                   "package_type": "package", "imports": [IMPORTS.get(name, name)], "depends": DEPENDS[name], "unvendored_tests": False}
            for name, file in files.items()}
