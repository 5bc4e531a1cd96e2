"""Regions that spread from markers: watersheds and the random walker. The flooding and the solving are scikit-image's."""

from __future__ import annotations

import warnings

import numpy as np

from .contract import Method, Parameter
from .thresholds import otsu

__all__ = ["METHODS", "random_walker", "watershed", "watershed_distance"]

_SOLVED_AT_ONCE = 2**17  # pixels: below, factorising the equations is faster than iterating, and exact; above, it takes too much memory


def watershed(image: np.ndarray, markers: np.ndarray | None = None, smoothing: float = 3, depth: float = 10) -> np.ndarray:
    """Flood the slopes of a photo from its valleys, or from painted markers; regions meet at the crests.

    The relief is the steepness of the colours: flat ground lies low, edges stand high.

    Parameters
    ----------
    image : (m, n, 3) array of uint8
    markers : (m, n) array of int, optional
        Ids 1, 2, …; the water comes from there alone. Left out, it comes from every valley
        at least `depth` deep.
    smoothing : float
        Width, in pixels, of the Gaussian with which steepness is measured.
    depth : float
        In hundredths of the greatest steepness. Not used with markers.

    Returns
    -------
    labels : (m, n) array of int
        The valley or the marker that the water came from, from 1. Every pixel has one.

    References
    ----------
    .. [1] L. Vincent and P. Soille, "Watersheds in Digital Spaces: An Efficient Algorithm Based on
           Immersion Simulations", IEEE Transactions on Pattern Analysis and Machine Intelligence
           13(6), 1991, pp. 583-598.
    .. [2] F. Meyer and S. Beucher, "Morphological segmentation", Journal of Visual Communication and
           Image Representation 1(1), 1990, pp. 21-46 (markers).
    """
    from skimage import segmentation

    relief = _steepness(image, smoothing)
    return segmentation.watershed(relief, _valleys(relief, relief.max() * depth / 100) if markers is None else markers)


def _steepness(image: np.ndarray, smoothing: float) -> np.ndarray:
    """Length of the gradient, of the channel in which it is longest."""
    from scipy.ndimage import gaussian_gradient_magnitude

    return np.max([gaussian_gradient_magnitude(image[..., channel].astype(float), smoothing) for channel in range(3)], axis=0)


def _valleys(relief: np.ndarray, depth: float) -> np.ndarray:
    """Numbered valleys out of which one must climb at least `depth`; on flat ground the whole is one."""
    from scipy.ndimage import label
    from skimage.morphology import local_minima, reconstruction

    if depth > 0:
        # Filled up by `depth`, shallow valleys drown; the minima that remain are those of scikit-image's
        # `h_minima`, which is not used because it lets the depth depend on the rounding of floats.
        relief = reconstruction(relief + depth, relief, method="erosion")
    valleys, found = label(local_minima(relief, allow_borders=True), np.ones((3, 3)))
    return valleys if found else np.ones(relief.shape, dtype=np.int32)


def watershed_distance(image: np.ndarray, objects: str = "bright", depth: float = 3) -> np.ndarray:
    """Part things that touch: Otsu's threshold finds them, and a watershed cuts them at their waists.

    The relief is the distance to the nearest pixel of the ground, upside down: the middle of each
    thing is a valley.

    Parameters
    ----------
    image : (m, n, 3) array of uint8
    objects : {"bright", "dark"}
        Which side of the threshold is the things. What lies beyond the photo's rim is ground.
    depth : float
        In pixels: how much narrower than both things a waist must be to be cut.

    Returns
    -------
    labels : (m, n) array of int
        From 1; 0 on the ground.

    References
    ----------
    .. [1] S. Beucher and C. Lantuéjoul, "Use of Watersheds in Contour Detection", International Workshop
           on Image Processing, Rennes, 1979.
    .. [2] F. Meyer and S. Beucher, "Morphological segmentation", Journal of Visual Communication and
           Image Representation 1(1), 1990, pp. 21-46: markers, and distances that part touching shapes.
    """
    from scipy.ndimage import distance_transform_edt
    from skimage import segmentation

    things = otsu(image) == (2 if objects == "bright" else 1)
    relief = -distance_transform_edt(np.pad(things, 1))[1:-1, 1:-1]
    valleys = _valleys(relief, depth)
    return segmentation.watershed(relief, np.where(things, valleys, 0), mask=things)


def random_walker(image: np.ndarray, markers: np.ndarray, beta: float = 300) -> np.ndarray:
    """Give each pixel to the marker that a random walk from there most likely meets first.

    Parameters
    ----------
    image : (m, n, 3) array of uint8
    markers : (m, n) array of int
        Ids 1, 2, …, at least two.
    beta : float
        How much an edge hinders the walk; larger, and it hardly ever crosses.

    Returns
    -------
    labels : (m, n) array of int
        The id of the marker; every pixel has one.

    References
    ----------
    .. [1] L. Grady, "Random Walks for Image Segmentation", IEEE Transactions on Pattern Analysis and
           Machine Intelligence 28(11), 2006, pp. 1768-1783.
    """
    from skimage import segmentation

    if markers.all():
        return markers
    colours = image / 255
    if colours.std() == 0:
        # scikit-image divides by the spread of all values; two channels that differ, each the same
        # everywhere, give it one and leave all edges equal.
        colours = np.broadcast_to([0.0, 1.0], (*image.shape[:2], 2))
    solver = "bf" if markers.size <= _SOLVED_AT_ONCE else "cg_j"
    with warnings.catch_warnings():
        # Conjugate gradients stop a little early; that a probability is then just above 1 changes no winner.
        warnings.filterwarnings("ignore", "The probability range is outside")
        return segmentation.random_walker(colours, markers, beta=beta, mode=solver, tol=1e-4, channel_axis=-1)


METHODS = (
    Method(
        "watershed", "Watershed of the edges",
        summary="Floods the slopes of the photo from its valleys, or from painted markers; regions meet at the crests.",
        assumes="Every object has a closed rim that is steeper than anything inside it.",
        fails_when="Texture makes many valleys, or a gap in the rim lets the water through.",
        paper="Vincent and Soille 1991, Watersheds in Digital Spaces",
        run=watershed,
        parameters=(
            Parameter("smoothing", "Smoothing", "float", 3, 0.5, 8, 0.1, help="Pixels of blur with which steepness is measured."),
            Parameter("depth", "Minimum depth", "float", 10, 0, 50, 0.5, help="Shallower valleys are ignored; in hundredths of the steepest slope. Not used with markers."),
        ),
        markers="optional", least_markers=2, keeps_markers=True, longest=512,
        uses=("scipy.ndimage.gaussian_gradient_magnitude", "scipy.ndimage.label", "skimage.morphology.local_minima",
              "skimage.morphology.reconstruction", "skimage.segmentation.watershed"),
    ),
    Method(
        "watershed_distance", "Watershed of the distance",
        summary="Finds objects by Otsu's threshold and cuts those that touch where they are narrowest.",
        assumes="Objects are round, about one size, and all brighter or all darker than their ground.",
        fails_when="The threshold does not find them, or an object is narrow in the middle itself.",
        paper="Beucher and Lantuéjoul 1979, Use of Watersheds in Contour Detection; Meyer and Beucher 1990, Morphological Segmentation",
        run=watershed_distance,
        parameters=(
            Parameter("objects", "Objects are", "choice", "bright", choices=("bright", "dark"), help="Which side of the threshold they are on."),
            Parameter("depth", "Minimum narrowing", "float", 3, 0, 30, 0.5, help="Pixels by which the way between two objects must be narrower than they are, to be cut there."),
        ),
        longest=512,
        uses=("scipy.ndimage.distance_transform_edt", "scipy.ndimage.label", "skimage.morphology.local_minima",
              "skimage.morphology.reconstruction", "skimage.segmentation.watershed"),
    ),
    Method(
        "random_walker", "Random walker",
        summary="Gives each pixel to the painted marker that a random walk from there most likely meets first.",
        assumes="Somebody paints at least two markers, and walks are stopped by edges of colour.",
        fails_when="A marker is far away behind many small edges: texture stops the walk as an edge does.",
        paper="Grady 2006, Random Walks for Image Segmentation",
        run=random_walker,
        parameters=(Parameter("beta", "Weight of edges", "float", 300, 1, 2000, 1, help="How much an edge hinders the walk."),),
        markers="required", least_markers=2, keeps_markers=True, longest=320, uses=("skimage.segmentation.random_walker",),
    ),
)  # fmt: skip
