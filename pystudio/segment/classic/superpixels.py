"""Many small regions that keep to the edges of things: Felzenszwalb and Huttenlocher, and SLIC. Both are scikit-image's."""

from __future__ import annotations

import numpy as np

from .contract import Method, Parameter

__all__ = ["METHODS", "felzenszwalb", "slic"]


def felzenszwalb(image: np.ndarray, scale: float = 300, sigma: float = 0.8, min_size: int = 300) -> np.ndarray:
    """Join neighbours along a minimum spanning tree while the step between regions is small beside those inside.

    Parameters
    ----------
    image : (m, n, 3) array of uint8
    scale : float
        How much a step between two regions may exceed the steps inside them; larger gives larger regions.
    sigma : float
        Width, in pixels, of the Gaussian that smooths the photo first.
    min_size : int
        Smaller regions are joined to a neighbour.

    Returns
    -------
    labels : (m, n) array of int
        From 1.

    References
    ----------
    .. [1] P. F. Felzenszwalb and D. P. Huttenlocher, "Efficient Graph-Based Image Segmentation",
           International Journal of Computer Vision 59(2), 2004, pp. 167-181.
    """
    from skimage import segmentation

    return segmentation.felzenszwalb(image, scale=scale, sigma=sigma, min_size=min_size) + 1


def slic(image: np.ndarray, regions: int = 200, compactness: float = 20, sigma: float = 0) -> np.ndarray:
    """k-means in CIELAB and place, each centre looking only around itself: a mosaic of even tiles.

    Parameters
    ----------
    image : (m, n, 3) array of uint8
    regions : int
        About how many.
    compactness : float
        How much the place counts beside the colour; larger gives squarer tiles.
    sigma : float
        Width, in pixels, of the Gaussian that smooths the photo first.

    Returns
    -------
    labels : (m, n) array of int
        From 1; every region is connected.

    References
    ----------
    .. [1] R. Achanta, A. Shaji, K. Smith, A. Lucchi, P. Fua and S. Süsstrunk, "SLIC Superpixels Compared
           to State-of-the-Art Superpixel Methods", IEEE Transactions on Pattern Analysis and Machine
           Intelligence 34(11), 2012, pp. 2274-2282.
    """
    from skimage import segmentation

    return segmentation.slic(image, n_segments=regions, compactness=compactness, sigma=sigma, start_label=1)


METHODS = (
    Method(
        "felzenszwalb", "Felzenszwalb and Huttenlocher",
        summary="Joins pixels along a minimum spanning tree while the step between regions is small beside those inside them.",
        assumes="Inside an object colours change less than at its rim, whatever its size.",
        fails_when="A rim is soft and objects run together, or strong texture breaks into fragments.",
        paper="Felzenszwalb and Huttenlocher 2004, Efficient Graph-Based Image Segmentation",
        run=felzenszwalb,
        parameters=(
            Parameter("scale", "Scale", "float", 300, 1, 2000, 1, help="Larger gives larger regions."),
            Parameter("sigma", "Smoothing", "float", 0.8, 0, 5, 0.1, help="Pixels of blur before."),
            Parameter("min_size", "Minimum size", "int", 300, 1, 2000, 1, help="Smaller regions are joined to a neighbour."),
        ),
        longest=512, uses=("skimage.segmentation.felzenszwalb",),
    ),
    Method(
        "slic", "SLIC superpixels",
        summary="A mosaic of small, even tiles that keep to the edges; a first step for other methods.",
        assumes="A tile's size is known, and no object that matters is smaller.",
        fails_when="Taken for the answer: no tile is an object, only their union can be.",
        paper="Achanta et al. 2012, SLIC Superpixels",
        run=slic,
        parameters=(
            Parameter("regions", "Tiles", "int", 200, 2, 2000, 1, help="About how many."),
            Parameter("compactness", "Compactness", "float", 20, 0.1, 100, 0.1, help="Larger gives squarer tiles."),
            Parameter("sigma", "Smoothing", "float", 0, 0, 5, 0.1, help="Pixels of blur before."),
        ),
        longest=512, uses=("skimage.segmentation.slic",),
    ),
)  # fmt: skip
