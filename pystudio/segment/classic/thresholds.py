"""Thresholds on brightness: Otsu's, several at once, or one's own. NumPy alone; where pixels lie plays no part."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...errors import StudioError
from .contract import PIECES, Method, Parameter, check_photo

__all__ = ["Histogram", "METHODS", "histogram", "luminance", "multi_otsu", "otsu", "threshold"]

LEVELS = 256
# In 65536ths, rounded so that they sum to 65536: a grey pixel keeps its value.
_RED, _GREEN, _BLUE = 13926, 46885, 4725


def luminance(image: np.ndarray) -> np.ndarray:
    """Brightness of every pixel, as the eye weighs the colours.

    Parameters
    ----------
    image : (M, N, 3) array of uint8

    Returns
    -------
    luminance : (M, N) array of uint8
        0.2125 R + 0.7154 G + 0.0721 B, rounded: the weights of scikit-image's `rgb2gray`. Today's edition
        of the recommendation [1]_ has 0.2126, 0.7152 and 0.0722.

    References
    ----------
    .. [1] ITU-R Recommendation BT.709-6, "Parameter values for the HDTV standards for production and
           international programme exchange", 2015.

    Examples
    --------
    >>> luminance(np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [70, 70, 70]]], dtype=np.uint8)).tolist()
    [[54, 182, 18, 70]]
    """
    total = image[..., 0] * np.uint32(_RED)
    total += image[..., 1] * np.uint32(_GREEN)
    total += image[..., 2] * np.uint32(_BLUE)
    total += np.uint32(1 << 15)
    total >>= np.uint32(16)
    return total.astype(np.uint8)


@dataclass(frozen=True, eq=False)
class Histogram:
    """How often each brightness occurs, and where Otsu would cut.

    Attributes
    ----------
    counts : (256,) array of int64
        Pixels of each level of luminance.
    thresholds : tuple of int
        A class ends with its threshold: the first holds the levels up to and including the first one.
    explained : (256,) array of float64
        Share of the variance of brightness that lies between the two classes when one cuts after
        each level; Otsu's single threshold is where it is largest.
    separability : float
        That share for `thresholds`, from 0 to 1: Otsu's own measure of how well a photo can be cut.
    """

    counts: np.ndarray
    thresholds: tuple[int, ...]
    explained: np.ndarray
    separability: float


def histogram(image: np.ndarray, classes: int = 2) -> Histogram:
    """The histogram of luminance and Otsu's thresholds.

    Parameters
    ----------
    image : (M, N, 3) array of uint8
    classes : int
        2 to 5. A photo with fewer levels than classes has one class for each level.

    Returns
    -------
    Histogram

    Raises
    ------
    StudioError
        `classes` is out of range.
    ImageError
        `image` is not a photo.

    Notes
    -----
    The thresholds maximise the variance between classes. A class that holds the levels u to v adds
    S² / P to it, with P its pixels and S the sum of their levels: so the best way to cut the levels up
    to v into k classes follows from the best ways to cut fewer levels into k - 1, and 256² sums decide
    exactly (dynamic programming [2]_) what a search over all thresholds would need 256⁴ for. A threshold
    is always a level that occurs in the photo.

    References
    ----------
    .. [1] N. Otsu, "A Threshold Selection Method from Gray-Level Histograms", IEEE Transactions on
           Systems, Man, and Cybernetics 9(1), 1979, pp. 62-66.
    .. [2] W. D. Fisher, "On Grouping for Maximum Homogeneity", Journal of the American Statistical
           Association 53(284), 1958, pp. 789-798.

    Examples
    --------
    >>> image = np.repeat(np.array([[10, 12, 90, 200, 210]], dtype=np.uint8)[..., None], 3, axis=2)
    >>> histogram(image).thresholds, histogram(image, classes=3).thresholds
    ((90,), (12, 90))
    """
    check_photo(image)
    if classes not in range(2, 6):
        raise StudioError(f"The number of classes is {classes}.", "Give a whole number from 2 to 5.")
    counts = np.bincount(luminance(image).ravel(), minlength=LEVELS).astype(np.int64)  # in the browser it counts in 32 bits: too few for the products below
    pixels = np.concatenate([[0], np.cumsum(counts)])
    sums = np.concatenate([[0], np.cumsum(counts * np.arange(LEVELS))])
    total = float(counts @ np.arange(LEVELS) ** 2) - sums[-1] ** 2 / pixels[-1]

    thresholds, best = _cut(counts, pixels, sums, classes)
    below, above = pixels[1:], pixels[-1] - pixels[1:]
    between = np.zeros(LEVELS)
    both = (below > 0) & (above > 0)
    apart = sums[1:][both] * pixels[-1] - sums[-1] * below[both].astype(float)
    between[both] = apart**2 / (below[both].astype(float) * above[both] * pixels[-1])
    explained = between / total if total > 0 else between
    separability = (best - sums[-1] ** 2 / pixels[-1]) / total if total > 0 else 1.0
    return Histogram(counts, thresholds, explained, min(1.0, max(0.0, float(separability))))


def _cut(counts, pixels, sums, classes):
    """Thresholds between `classes` runs of levels, and the sum of S² / P over the runs."""
    # Only levels that occur: classes are never empty, and ties between cuts in a gap cannot arise.
    levels = np.flatnonzero(counts)
    classes = min(classes, len(levels))
    ends = np.concatenate([[0], levels + 1])
    inside = pixels[ends][None, :] - pixels[ends][:, None]
    weight = (sums[ends][None, :] - sums[ends][:, None]).astype(float) ** 2
    gain = np.full(inside.shape, -np.inf)
    np.divide(weight, inside, out=gain, where=inside > 0)  # gain[u, v]: one class from the u-th level to before the v-th
    best, cuts = gain[0], []
    for _ in range(classes - 1):
        through = best[:, None] + gain
        cuts.append(through.argmax(axis=0))
        best = through.max(axis=0)
    places = [len(levels)]
    for cut in reversed(cuts):
        places.append(int(cut[places[-1]]))
    return tuple(int(levels[place - 1]) for place in reversed(places[1:])), float(best[-1])


def otsu(image: np.ndarray) -> np.ndarray:
    """Cut brightness in two where the classes differ most.

    Parameters
    ----------
    image : (m, n, 3) array of uint8

    Returns
    -------
    labels : (m, n) array of uint8
        1 dark, 2 bright. A photo of one brightness is dark throughout.

    References
    ----------
    .. [1] N. Otsu, "A Threshold Selection Method from Gray-Level Histograms", IEEE Transactions on
           Systems, Man, and Cybernetics 9(1), 1979, pp. 62-66.
    """
    return multi_otsu(image, classes=2)


def multi_otsu(image: np.ndarray, classes: int = 3) -> np.ndarray:
    """Cut brightness into several classes that differ most from each other.

    Parameters
    ----------
    image : (m, n, 3) array of uint8
    classes : int
        2 to 5.

    Returns
    -------
    labels : (m, n) array of uint8
        1 for the darkest class, up to `classes`; fewer where the photo has fewer levels.

    References
    ----------
    .. [1] P.-S. Liao, T.-S. Chen and P.-C. Chung, "A Fast Algorithm for Multilevel Thresholding",
           Journal of Information Science and Engineering 17(5), 2001, pp. 713-727.
    """
    return _classes(luminance(image), histogram(image, classes).thresholds)


def threshold(image: np.ndarray, level: int = 128, second: int = 255, third: int = 255, fourth: int = 255) -> np.ndarray:
    """Cut brightness at levels of one's own.

    Parameters
    ----------
    image : (m, n, 3) array of uint8
    level, second, third, fourth : int
        0 to 255, in any order; a class ends with each. Nothing is brighter than 255: a threshold there cuts nothing.

    Returns
    -------
    labels : (m, n) array of uint8
        1 up to and including the lowest level, 2 above it up to the next one, and so on.

    References
    ----------
    .. [1] J. M. S. Prewitt and M. L. Mendelsohn, "The analysis of cell images", Annals of the New York
           Academy of Sciences 128(3), 1966, pp. 1035-1053.

    Examples
    --------
    >>> image = np.repeat(np.array([[100, 101, 180, 240]], dtype=np.uint8)[..., None], 3, axis=2)
    >>> threshold(image, 100).tolist(), threshold(image, 200, 100).tolist()
    ([[1, 2, 2, 2]], [[1, 2, 2, 3]])
    """
    return _classes(luminance(image), sorted({level, second, third, fourth}))


def _classes(levels: np.ndarray, thresholds: tuple[int, ...]) -> np.ndarray:
    table = np.searchsorted(thresholds, np.arange(LEVELS)).astype(np.uint8) + np.uint8(1)
    return table[levels]


METHODS = (
    Method(
        "otsu", "Otsu's threshold",
        summary="Cuts the histogram of brightness in two where the two classes differ most.",
        assumes="The object is brighter or darker than everything else, and the light is even.",
        fails_when="The object and its background share their brightness, or a shadow crosses the photo.",
        paper="Otsu 1979, A Threshold Selection Method from Gray-Level Histograms",
        run=otsu, parameters=(PIECES,),
    ),
    Method(
        "multi_otsu", "Several thresholds",
        summary="Cuts the histogram of brightness into several classes that differ most from each other.",
        assumes="Each object has a brightness of its own, and you know how many there are.",
        fails_when="The histogram has fewer peaks than classes: a peak is then cut through its middle.",
        paper="Liao, Chen and Chung 2001, A Fast Algorithm for Multilevel Thresholding",
        run=multi_otsu,
        parameters=(Parameter("classes", "Classes", "int", 3, 2, 5, 1, help="How many kinds of brightness to tell apart."), PIECES),
    ),
    Method(
        "threshold", "Your own thresholds",
        summary="Everything up to a level of brightness is one class, everything above it the next.",
        assumes="One level, or a few, separate the object from its background everywhere in the photo.",
        fails_when="No such level exists: drag it and see which part is lost first.",
        paper="Prewitt and Mendelsohn 1966, The Analysis of Cell Images",
        run=threshold,
        parameters=(
            Parameter("level", "Threshold", "int", 128, 0, 255, 1, help="A class ends with this level of brightness."),
            *(Parameter(name, f"{name.title()} threshold", "int", 255, 0, 255, 1, help="255: there is none.") for name in ("second", "third", "fourth")),
            PIECES,
        ),
    ),
)  # fmt: skip
