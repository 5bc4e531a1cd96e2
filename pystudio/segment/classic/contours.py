"""A curve that moves until it rests between two brightnesses: Chan and Vese. The movement is scikit-image's."""

from __future__ import annotations

import numpy as np

from .contract import PIECES, Method, Parameter
from .thresholds import luminance

__all__ = ["METHODS", "chan_vese"]


def chan_vese(image: np.ndarray, smoothness: float = 0.25, rounds: int = 150) -> np.ndarray:
    """Move a curve until the brightness is as even as possible on both of its sides, and the curve short.

    It starts as a chequerboard: nobody says which side is the thing.

    Parameters
    ----------
    image : (m, n, 3) array of uint8
    smoothness : float
        What the length of the curve costs (the paper's μ).
    rounds : int
        Steps at most; it ends sooner when the curve rests.

    Returns
    -------
    labels : (m, n) array of uint8
        1 on the darker side, 2 on the brighter; 1 throughout when the curve vanished, or when the photo
        has but one brightness and nothing moves the curve.

    References
    ----------
    .. [1] T. F. Chan and L. A. Vese, "Active Contours Without Edges", IEEE Transactions on Image
           Processing 10(2), 2001, pp. 266-277.
    """
    from skimage import segmentation

    levels = luminance(image)
    if levels.min() == levels.max():
        return np.ones(levels.shape, dtype=np.uint8)
    side = segmentation.chan_vese(levels / 255, mu=smoothness, max_num_iter=rounds)
    if side.any() and not side.all():
        side = side == (levels[side].mean() >= levels[~side].mean())
    else:
        side = np.zeros(levels.shape, dtype=bool)
    return side.astype(np.uint8) + np.uint8(1)


METHODS = (
    Method(
        "chan_vese", "Chan and Vese",
        summary="Moves a curve until the brightness is as even as possible on both of its sides, and the curve short.",
        assumes="The photo has two parts, each of about one brightness; their edge may be soft.",
        fails_when="A part is patterned or the light falls off: the curve follows the shadow.",
        paper="Chan and Vese 2001, Active Contours Without Edges",
        run=chan_vese,
        parameters=(
            Parameter("smoothness", "Smoothness", "float", 0.25, 0, 1, 0.01, help="What the length of the curve costs."),
            Parameter("rounds", "Iterations", "int", 150, 1, 500, 1, help="At most so many steps of the curve."),
            PIECES,
        ),
        longest=256, uses=("skimage.segmentation.chan_vese",),
    ),
)  # fmt: skip
