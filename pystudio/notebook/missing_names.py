"""Modules and names that a program asks for and that are not there: what there is in their place. Other errors are in `runtime_errors`."""
from __future__ import annotations

import builtins
import difflib
import importlib.util
import pkgutil
import re
import sys
import traceback
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from .restrictions import NETWORK, PROCESSES, THREADS, Place
from .syntax_errors import PROMPTS

__all__ = ["meant", "missing_module", "unknown_attribute", "unknown_name"]

SHIPPED = ("numpy", "skimage", "scipy", "PIL", "pystudio")
"""What the site has beside Python's own modules."""

_ELSEWHERE = "There are numpy, scipy, skimage, PIL, pystudio and Python's own."
# kind of module: (what there is in a cell, what there is in an exercise)
_INSTEAD = {
    "drawing": ("Use `plot`, `points`, `bars`, `histogram` and `show` instead: they need no import.", "An exercise draws nothing: take the line away, and give the answer back with `return`."),
    "pictures": ("Use `skimage` instead: `from skimage import filters, morphology, measure`. The picture of the page is `photo`.",
                 "Use `skimage` instead: `from skimage import filters, morphology, measure`. The picture is what the function is given."),
    "files": ("The picture of the page is `photo`, and `PIL` and NumPy work with it.", "The picture is what the function is given: compute with it as an array."),
    "networks": ("The network of this page is `segment(photo)`.", "No network is needed here: compute with NumPy, which is `np`."),
    "tables": ("NumPy computes with rows and columns, and `table` shows them.", "NumPy, which is `np`, computes with rows and columns."),
    "learning": ("`scipy` has a part of it: `scipy.cluster.vq.kmeans2` makes clusters, say.", "`scipy` has a part of it: `scipy.cluster.vq.kmeans2` makes clusters, say."),
    "network access": (NETWORK[1]["cell"], NETWORK[1]["exercise"]),
    "notebooks": ("It belongs to Jupyter or Colab. Take it away: what is drawn, and the value of the last line, are shown below a cell.", "It belongs to Jupyter or Colab. Take the line away."),
    "windows": ("A page opens no windows: `show` shows a picture below the cell.", "A page opens no windows: give the answer back with `return`."),
    "speed": ("Compute with whole arrays of NumPy: that is fast here too.", "Compute with whole arrays of NumPy: that is fast here too."),
    "progress": ("Take it away: walk through the list itself, and `print` now and then.", "Take it away: walk through the list itself."),
    "graphs": (_ELSEWHERE, _ELSEWHERE),
    "the system": ("A page in a browser has no such thing. " + _ELSEWHERE, "A page in a browser has no such thing. " + _ELSEWHERE),
}
_KINDS = {name: kind for kind, names in {
    "drawing": "matplotlib pylab seaborn plotly bokeh altair graphviz mpl_toolkits plotnine holoviews pyplot",
    "pictures": "cv2 opencv SimpleITK itk mahotas kornia albumentations imgaug cupyx openslide skimage_extra",
    "files": "imageio tifffile nibabel pydicom rasterio imread pycocotools h5py openpyxl skvideo av moviepy exifread",
    "networks": "torch torchvision torchmetrics tensorflow keras jax flax onnx onnxruntime transformers diffusers timm monai detectron2 mmseg mmdet mmcv ultralytics "
                "segment_anything sam2 segmentation_models_pytorch mediapipe fastai lightning pytorch_lightning tensorboard huggingface_hub openai",
    "tables": "pandas polars xarray pyarrow tabulate",
    "learning": "sklearn scikit_learn xgboost lightgbm statsmodels",
    "network access": "requests httpx aiohttp urllib3 pooch wget bs4 selenium gdown websockets boto3",
    "notebooks": "IPython ipywidgets google jupyter notebook nbformat ipykernel kaggle gradio streamlit",
    "windows": "tkinter turtle pygame PyQt5 PyQt6 PySide2 PySide6 wx kivy pyglet vispy napari",
    "speed": "numba cython cupy dask joblib ray mpi4py numexpr bottleneck",
    "progress": "tqdm rich progressbar",
    "graphs": "networkx igraph",
    "the system": "ssl sqlite3 lzma curses readline fcntl termios msvcrt winreg pwd grp resource ctypes psutil pip setuptools distutils test idlelib dbm pty tty syslog ensurepip venv lib2to3 "
                  "_sqlite3 _ssl _curses _tkinter",
}.items() for name in names.split()}

_ALIASES = {"plt": "matplotlib", "pd": "pandas", "sns": "seaborn", "tf": "tensorflow", "cv": "cv2", "nx": "networkx", "px": "plotly", "nn": "torch", "optim": "torch"}
"""Names that such modules are usually imported as."""
_IMPORTS = {
    **{name: f"from skimage import {name}" for name in ("color", "draw", "exposure", "feature", "filters", "measure", "morphology", "restoration", "segmentation", "transform", "util")},
    **{name: f"from scipy import {name}" for name in ("ndimage", "signal", "spatial", "optimize", "stats")},
    **{name: f"import {name}" for name in ("math", "random", "time", "os", "sys", "re", "json", "collections", "itertools", "functools", "statistics", "heapq", "asyncio", "datetime",
                                           "fractions", "decimal", "operator", "bisect", "string", "scipy", "skimage", "io", "copy")},
    "ndi": "from scipy import ndimage as ndi", "Image": "from PIL import Image", "PIL": "import PIL", "deque": "from collections import deque", "Counter": "from collections import Counter",
    "defaultdict": "from collections import defaultdict", "sleep": "from time import sleep", "randint": "from random import randint", "choice": "from random import choice",
    "heappush": "from heapq import heappush", "heappop": "from heapq import heappop", "reduce": "from functools import reduce", "numpy": "import numpy",
}
_IN_NUMPY = frozenset("arange arccos arcsin arctan arctan2 argmax argmin argsort argwhere array asarray bincount ceil clip concatenate cos cumsum diff dot exp eye flatnonzero floor full gradient "
                      "histogram hypot linspace log logical_and logical_not logical_or maximum mean median meshgrid minimum nonzero ones pad percentile pi roll sin sqrt stack std tan tile "
                      "unique var where zeros zeros_like ones_like".split())
_PAGE = ("photo", "prediction", "logits", "mask", "region", "classes", "segment", "set_mask")  # there as soon as a cell mentions them
_FROM_TERMINAL = ("pip", "pip3", "conda", "ls", "pwd", "cd", "git", "python", "clear", "cls")


def missing_module(error: ImportError, place: Place) -> tuple[str, str]:
    """What to say of an import that failed."""
    text = str(error)
    if not isinstance(error, ModuleNotFoundError):
        wanted = re.search(r"cannot import name '(\w+)'", text)
        if wanted and error.name in ("js", "pyodide.ffi"):
            return f"Python on this page cannot reach the browser's `{wanted[1]}`.", "It runs apart from the page: use what a cell can call, such as `show`." if place == "cell" else ""
        return (f"`{error.name}` has nothing called `{wanted[1]}`." if wanted else f"{text.rstrip('.')}."), "Look at its spelling."
    if error.name in ("_multiprocessing", "_posixshmem", "_posixsubprocess"):
        return PROCESSES[0], PROCESSES[1][place]
    if "pooch" in text or error.name == "pooch" or _comes_through(error, "skimage/data/"):
        return "This sample picture of scikit-image is not on this page.", "Open a photo on the page: it is `photo` here." if place == "cell" else "Use the picture that the function is given."
    return _module_words(error.name or "", place)


def _comes_through(error, folder):
    """Whether an error was raised below a file of a folder."""
    return any(folder in frame.f_code.co_filename for frame, _ in traceback.walk_tb(error.__traceback__))


def _module_words(name, place):
    root, _, rest = name.partition(".")
    kind = _KINDS.get(root)
    if kind is None and rest and root in sys.modules:
        part = name.rpartition(".")
        return f"`{part[0]}` has no part called `{part[2]}`.", meant(part[2], _parts(part[0])) or "Look at its spelling."
    message = f"There is no module `{name}` on this page."
    if kind:
        return message, _INSTEAD[kind][place == "exercise"]
    if root in SHIPPED and importlib.util.find_spec(root) is None:
        return f"The module `{root}` has not been fetched.", f"Write `import {root}` as a line of its own at the beginning: then it is fetched before the program runs."
    known = (*SHIPPED, "math", "random", "time", "collections", "itertools", "statistics", "heapq")
    return message, meant(root, known) or {"image": "Did you mean `PIL`?", "scikit_image": "Did you mean `skimage`?"}.get(root.lower()) or _ELSEWHERE


def _parts(package):
    path = getattr(sys.modules.get(package), "__path__", None)
    return [each.name for each in pkgutil.iter_modules(path) if not each.name.startswith("_")] if path else []


def unknown_name(error: NameError, namespace: Mapping[str, Any], place: Place) -> tuple[str, str]:
    """What to say of a name that stands for nothing."""
    name = error.name or ""
    if isinstance(error, UnboundLocalError):
        own = " Python has a function of this name: call your value something else." if hasattr(builtins, name) else ""
        return f"`{name}` has no value yet in this function.", f"A name that is given a value anywhere in a function belongs to that function: give it one first.{own}"
    if name in ("In", "Out"):
        return PROMPTS
    message = f"There is nothing called `{name}` here."
    return message, _instead_of(name, place) or _similar(name, namespace, place) or (
        "Give it a value first. If another cell makes it, run that cell before this one." if place == "cell" else "Give it a value first.")


def _instead_of(name, place):
    cell = place == "cell"
    if name in ("true", "false", "none"):
        return f"Write `{name.title()}`, with a capital letter."
    if name in ("null", "nil", "undefined"):
        return "Python writes `None`."
    if name in ("lt", "gt", "amp"):
        return f"It comes from the source of a web page: `&{name};` stands for `{dict(lt='<', gt='>', amp='&')[name]}`."
    if name in _FROM_TERMINAL:
        return "It is a command for a terminal: take the line away. Nothing needs to be installed here."
    if name in ("display", "imshow", "imread", "get_ipython"):
        return {"display": "Use `show` for a picture, `print` for the rest.", "imshow": "Use `show`.", "imread": "The picture of the page is `photo`.",
                "get_ipython": _INSTEAD["notebooks"][0]}[name] if cell else _INSTEAD["drawing"][1]
    if module := _ALIASES.get(name) or (name if name in _KINDS and name not in _IMPORTS else None):
        return _INSTEAD[_KINDS[module]][not cell]
    if name in _IMPORTS:
        return f"Write `{_IMPORTS[name]}` above it."
    return f"It is one of NumPy's: write `np.{name}`." if name in _IN_NUMPY else ""


def _similar(name, namespace, place):
    return meant(name, [word for word in (*namespace, *(_PAGE if place == "cell" else ()), *dir(builtins)) if not word.startswith("_")])


def unknown_attribute(error: AttributeError, place: Place) -> tuple[str, str]:
    """What to say of a thing that does not have what is asked of it."""
    thing = getattr(error, "obj", None)
    if thing is None:
        return f"This is `None`, nothing at all: it has no `{error.name}`.", "Look where it comes from: a function without `return` gives `None`."
    name = getattr(thing, "__name__", "") if type(thing).__name__ == "module" else ""
    if type(thing).__name__ == "JsProxy" or name == "js":
        return f"Python on this page cannot reach the browser's `{error.name}`.", "It runs apart from the page: use what a cell can call, such as `show`." if place == "cell" else ""
    if name == "os" and error.name in ("fork", "system", "popen", "startfile", "spawnl", "execv", "posix_spawn"):
        return PROCESSES[0], PROCESSES[1][place]
    if name in ("threading", "_thread") and error.name.startswith("start"):
        return THREADS[0], THREADS[1][place]
    if isinstance(thing, type(np)) and name == "numpy" and error.name in ("float", "int", "bool", "object", "str"):
        return f"NumPy has no `{error.name}` any more.", f"Write `{error.name}` alone, or a kind such as `np.float64`, `np.int64` or `np.bool_`."
    what = f"The module `{name}`" if name else f"A value of the kind `{type(thing).__name__}`"
    return f"{what} has no `{error.name}`.", meant(error.name, [word for word in dir(thing) if not word.startswith("_")])


def meant(word: Any, known: Iterable[str]) -> str:
    """A question for what is spelled alike; nothing where nothing is.

    Examples
    --------
    >>> meant("zerso", ["ones", "zeros"])
    'Did you mean `zeros`?'
    """
    by_lower = {name.lower(): name for name in reversed(list(known))} if len(str(word)) > 1 else {}
    close = difflib.get_close_matches(str(word).lower(), by_lower, n=1)
    return f"Did you mean `{by_lower[close[0]]}`?" if close else ""
