"""Packages that a reader's program needs beside NumPy: they are fetched from the site before it runs. Who fetches them is not known here."""
from __future__ import annotations

import contextlib
import importlib
import re

from .notebook import imported

__all__ = ["load_packages", "packages"]

PACKAGES = {"skimage": "scikit-image", "scipy": "scipy", "PIL": "pillow"}
"""What the site has, by the module that a program imports."""


def packages(source: str) -> list[str]:
    """The packages that a program needs.

    Examples
    --------
    >>> packages("from skimage import filters"), packages("from pystudio.segment import classic"), packages("import math")
    (['scikit-image'], ['scikit-image'], [])
    >>> packages("from skimage import data")
    ['pillow', 'scikit-image']
    """
    modules = imported(source)
    found = {PACKAGES.get(module.partition(".")[0]) or ("scikit-image" if f"{module}.".startswith("pystudio.segment.classic.") else None) for module in modules}
    if modules & {"skimage.data", "skimage.io"} or "scikit-image" in found and re.search(r"\b(?:skimage|ski)\.(?:data|io)\b", source):
        found.add("pillow")  # these parts of scikit-image import it
    return sorted(package for package in found if package)


def load_packages(source: str) -> None:
    """Import what a program takes from such packages, so that the time for it does not count as the program's; what is not there the program hears of itself."""
    for module in sorted(imported(source)):
        if module.partition(".")[0] in (*PACKAGES, "pystudio"):
            with contextlib.suppress(ImportError):
                importlib.import_module(module)
