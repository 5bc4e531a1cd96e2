"""Segmentation from before networks: a table of methods, and one way to run any of them. No network is asked.

============  ===================================================================
contract      what a method says of itself; how what it is given is checked
thresholds    Otsu's threshold, several, one's own; the histogram (NumPy alone)
clusters      k-means in colour, in colour and place
growing       region growing from many seeds
superpixels   Felzenszwalb and Huttenlocher; SLIC
flooding      watersheds; the random walker
cuts          normalised cuts; the graph cut from painted markers
contours      Chan and Vese
label_maps    numbering, mean colours, the smaller picture worked on
============  ===================================================================

Importing this needs NumPy alone; scikit-image and SciPy are imported by the methods
that use them. How well regions fit a thing is counted in `pystudio.measure.region_matching`.
"""

from __future__ import annotations

import difflib
import time
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import numpy as np

from ...errors import StudioError
from ...measure.region_matching import Match, best_iou, best_ious
from .._boundaries import find_boundaries
from . import clusters, contours, cuts, flooding, growing, superpixels, thresholds
from .contract import Method, Parameter, Regions, check_photo
from .label_maps import enlarge, mean_colours, number, pieces, reduce_image, reduce_markers, work_shape
from .thresholds import Histogram, histogram

__all__ = [
    "METHODS", "Histogram", "Match", "Method", "Parameter", "Regions",
    "best_iou", "best_ious", "find_boundaries", "histogram", "mean_colours", "method", "run", "uses",
]  # fmt: skip

METHODS: dict[str, Method] = {
    each.name: each
    for module in (thresholds, clusters, growing, superpixels, flooding, cuts, contours)
    for each in module.METHODS
}  # fmt: skip
"""Every method by its name, the simplest first."""

_LEAST_LONGEST = 16


def method(name: str) -> Method:
    """A method by its name.

    Raises
    ------
    StudioError
        There is no such method.
    """
    if name not in METHODS:
        close = difflib.get_close_matches(str(name), METHODS, n=1)
        remedy = f"Did you mean “{close[0]}”?" if close else f"The methods are {', '.join(METHODS)}."
        raise StudioError(f"No method is called “{name}”.", remedy)
    return METHODS[name]


def uses(name: str, parameters: Mapping[str, Any] | None = None) -> tuple[str, ...]:
    """What a method takes from scikit-image and SciPy with these parameters; nothing, if NumPy is enough.

    Examples
    --------
    >>> uses("otsu"), uses("otsu", {"pieces": True}), uses("slic")
    ((), ('skimage.measure.label',), ('skimage.segmentation.slic',))
    """
    split = ("skimage.measure.label",) if (parameters or {}).get("pieces") else ()
    return method(name).uses + split


def run(
    name: str,
    image: np.ndarray,
    parameters: Mapping[str, Any] | None = None,
    markers: np.ndarray | None = None,
    longest: int | None = None,
) -> Regions:
    """Segment a photo with one of the classic methods.

    Parameters
    ----------
    name : str
        A key of `METHODS`.
    image : (M, N, 3) array of uint8
        Image frame.
    parameters : mapping, optional
        Those left out take their defaults. Lengths in pixels are those of the picture worked on.
    markers : (M, N) array of int, optional
        Image frame; 0 where nothing is painted, else the id of a marker, which may have several parts.
        Left out, a method whose markers are optional finds its own.
    longest : int, optional
        Longest side of the picture worked on, at least 16; else the method's own. Never larger than the photo.

    Returns
    -------
    Regions
        In the image frame: each pixel has the region of the pixel of the smaller picture that it lies in.
        A painted pixel has the region of its marker where the method says so (`Method.keeps_markers`).

    Raises
    ------
    StudioError
        The method, a parameter, the markers or `longest` cannot be used, or a library is missing.
    ImageError
        `image` is not a photo.

    Examples
    --------
    >>> image = np.repeat(np.array([[200, 210, 12], [15, 10, 205]], dtype=np.uint8)[..., None], 3, axis=2)
    >>> regions = run("otsu", image)
    >>> regions.label_map.tolist(), regions.keys.tolist(), regions.n
    ([[1, 1, 2], [2, 2, 1]], [2, 1], 2)
    """
    chosen = method(name)
    check_photo(image)
    given = chosen.checked(parameters or {})
    shape = work_shape(image.shape[:2], _checked_longest(longest, chosen))
    ids, painted = _checked_markers(markers, image.shape[:2], chosen)
    _load(uses(name, given))

    start = time.perf_counter()
    found = _found(chosen, reduce_image(image, shape), given, painted, len(ids))
    label_map = enlarge(found, image.shape[:2])
    if painted is not None and chosen.keeps_markers:
        label_map = np.where(painted > 0, painted, label_map)
    label_map, keys = _numbered(label_map, given)
    if painted is not None:
        keys = ids[keys - 1]
    return Regions(label_map, keys, chosen.name, given, shape, time.perf_counter() - start)


def _found(chosen: Method, image: np.ndarray, parameters: dict, painted: np.ndarray | None, n_markers: int) -> np.ndarray:
    """What the method says, in the work frame."""
    own = {key: value for key, value in parameters.items() if key != "pieces"}
    if painted is None:
        return chosen.run(image, **own)
    markers = reduce_markers(painted, image.shape[:2])
    left = np.count_nonzero(np.bincount(markers.ravel(), minlength=n_markers + 1)[1:])
    if left < n_markers:
        raise StudioError(
            f"Of {n_markers} markers only {left} are left in the picture of {image.shape[0]} × {image.shape[1]} pixels that is worked on.",
            "Paint larger markers, or work on a larger picture.",
        )
    return chosen.run(image, markers, **own)


def _numbered(labels: np.ndarray, parameters: dict) -> tuple[np.ndarray, np.ndarray]:
    if not parameters.get("pieces"):
        return number(labels)
    split, labels_of = pieces(labels)
    label_map, keys = number(split)
    return label_map, labels_of[keys]


def _checked_longest(longest: int | None, chosen: Method) -> int | None:
    if longest is None:
        return chosen.longest
    if isinstance(longest, bool) or not isinstance(longest, (int, np.integer)) or longest < _LEAST_LONGEST:
        raise StudioError(f"The longest side is {longest!r}.", f"Give a whole number of pixels from {_LEAST_LONGEST}.")
    return int(longest)


def _checked_markers(markers: np.ndarray | None, shape: tuple[int, int], chosen: Method) -> tuple[np.ndarray, np.ndarray | None]:
    """The ids that are painted, and the markers with those ids as 1, 2, …"""
    if markers is None:
        if chosen.markers == "required":
            raise StudioError(f"{chosen.title} needs painted markers.", _paint(chosen))
        return np.empty(0, dtype=np.int32), None
    if chosen.markers == "none":
        raise StudioError(f"{chosen.title} takes no markers.", "Run it without them.")
    markers = np.asarray(markers)
    if markers.shape != shape or markers.dtype.kind not in "bui" or markers.min() < 0:
        raise StudioError(
            f"The markers are {markers.dtype} of shape {markers.shape}.", f"Give ids from 0 up, whole numbers of shape {shape}."
        )
    ids = np.unique(markers)
    ids = ids[ids > 0].astype(np.int32)
    if len(ids) < chosen.least_markers:
        amount = "Nothing is painted." if len(ids) == 0 else f"Only {len(ids)} marker is painted."
        needed = "a marker" if chosen.least_markers == 1 else f"{chosen.least_markers} markers"
        raise StudioError(f"{amount[:-1]}, and {chosen.title} needs {needed}.", _paint(chosen))
    return ids, np.where(markers > 0, np.searchsorted(ids, markers) + 1, 0).astype(np.int32)


def _paint(chosen: Method) -> str:
    if chosen.least_markers == 1:
        return "Paint a patch on the thing."
    return "Paint a stroke on the thing, and another with another label on what is not the thing."


def _load(names: tuple[str, ...]) -> None:
    """Import what a method uses, so that its time is its own."""
    for name in names:
        module, attribute = name.rsplit(".", 1)
        try:
            getattr(import_module(module), attribute)
        except ImportError:
            library = "scikit-image" if name.startswith("skimage") else "SciPy"
            raise StudioError(f"{library} is not installed, and this method needs it.", "Install scikit-image.") from None
