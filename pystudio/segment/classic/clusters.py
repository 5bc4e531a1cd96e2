"""k-means: pixels sorted by likeness of colour, and of place where wanted. The iteration is SciPy's."""

from __future__ import annotations

import warnings

import numpy as np

from .contract import PIECES, Method, Parameter

__all__ = ["METHODS", "k_means", "k_means_position"]


def k_means(image: np.ndarray, clusters: int = 5, start: int = 0, rounds: int = 20) -> np.ndarray:
    """Sort pixels into clusters of similar colour.

    Colours are compared in CIELAB, where equal distances look about equally different.

    Parameters
    ----------
    image : (m, n, 3) array of uint8
    clusters : int
        How many; a photo with fewer colours has one for each.
    start : int
        Which random beginning to take. The same beginning gives the same clusters.
    rounds : int
        How often every pixel is given to its nearest centre and the centres are moved.

    Returns
    -------
    labels : (m, n) array of int32
        1 for the darkest cluster, upwards.

    References
    ----------
    .. [1] S. P. Lloyd, "Least Squares Quantization in PCM", IEEE Transactions on Information Theory
           28(2), 1982, pp. 129-137.
    .. [2] D. Arthur and S. Vassilvitskii, "k-means++: The Advantages of Careful Seeding", SODA 2007,
           pp. 1027-1035.
    """
    return k_means_position(image, clusters, 0.0, start, rounds)


def k_means_position(image: np.ndarray, clusters: int = 12, position: float = 0.5, start: int = 0, rounds: int = 20) -> np.ndarray:
    """Sort pixels into clusters that are alike in colour and near in the photo.

    Parameters
    ----------
    image : (m, n, 3) array of uint8
    clusters : int
    position : float
        Weight of the place. At 1, the way across the longer side counts as much as from black to white;
        at 0 this is `k_means`.
    start, rounds : int
        As in `k_means`.

    Returns
    -------
    labels : (m, n) array of int32
        1 for the darkest cluster, upwards.

    References
    ----------
    .. [1] S. P. Lloyd, "Least Squares Quantization in PCM", IEEE Transactions on Information Theory
           28(2), 1982, pp. 129-137.
    """
    points = _features(image, position)
    labels, centres = lloyd(points, beginning(points, clusters, start), rounds)
    darkest_first = np.argsort(centres[:, 0], kind="stable")
    ranks = np.empty(len(centres), dtype=np.int32)
    ranks[darkest_first] = np.arange(1, len(centres) + 1)
    return ranks[labels].reshape(image.shape[:2])


def _features(image: np.ndarray, position: float) -> np.ndarray:
    """(m * n, 3 or 5): L, a, b, and the place in hundredths of the longer side, weighted."""
    from skimage.color import rgb2lab

    rows, columns, _ = image.shape
    colours = rgb2lab(image).reshape(-1, 3)
    if position == 0:
        return colours
    places = np.indices((rows, columns)).reshape(2, -1).T * (100 * position / max(rows, columns))
    return np.hstack([colours, places])


def beginning(points: np.ndarray, clusters: int, start: int) -> np.ndarray:
    """First centres, by k-means++: each is a point drawn in proportion to its squared distance from those before."""
    rng = np.random.default_rng(start)
    centres = [points[rng.integers(len(points))]]
    nearest = np.full(len(points), np.inf)
    while len(centres) < clusters:
        nearest = np.minimum(nearest, ((points - centres[-1]) ** 2).sum(axis=1))
        until = np.cumsum(nearest)
        if until[-1] == 0:  # every point is a centre already
            break
        centres.append(points[np.searchsorted(until, rng.random() * until[-1], side="right")])
    return np.array(centres)


def lloyd(points: np.ndarray, centres: np.ndarray, rounds: int) -> tuple[np.ndarray, np.ndarray]:
    """The label of every point, 0 to k - 1, and the centres."""
    from scipy.cluster.vq import kmeans2, vq

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "One of the clusters is empty")  # it keeps its centre, and may find members again
        centres, _ = kmeans2(points, centres, iter=rounds, minit="matrix")
    return vq(points, centres)[0], centres


_START = Parameter("start", "Random seed", "int", 0, 0, 99, 1, help="Another seed starts from other centres, and can end in other clusters.")
_ROUNDS = Parameter("rounds", "Iterations", "int", 20, 1, 50, 1, help="How often the centres are moved.")
_USES = ("skimage.color.rgb2lab", "scipy.cluster.vq.kmeans2", "scipy.cluster.vq.vq")

METHODS = (
    Method(
        "k_means", "k-means in colour",
        summary="Sorts pixels into a given number of clusters of similar colour.",
        assumes="Each object has a colour of its own, and you know how many colours there are.",
        fails_when="Two objects share a colour, or one object has several; clusters of very different size are cut badly.",
        paper="Lloyd 1982, Least Squares Quantization in PCM",
        run=k_means,
        parameters=(Parameter("clusters", "Clusters", "int", 5, 2, 12, 1, help="How many colours to tell apart."), _START, _ROUNDS, PIECES),
        longest=512, uses=_USES,
    ),
    Method(
        "k_means_position", "k-means in colour and place",
        summary="Sorts pixels into clusters that are alike in colour and near each other.",
        assumes="Objects are compact, and each has a colour of its own.",
        fails_when="An object is long, or large and plain like a sky: it is cut up only because it is large.",
        paper="Lloyd 1982, Least Squares Quantization in PCM",
        run=k_means_position,
        parameters=(
            Parameter("clusters", "Clusters", "int", 12, 2, 32, 1, help="How many clusters to make."),
            Parameter("position", "Weight of place", "float", 0.5, 0, 3, 0.05, help="0: colour alone. 1: across the photo counts like from black to white."),
            _START, _ROUNDS, PIECES,
        ),
        longest=512, uses=_USES,
    ),
)  # fmt: skip
