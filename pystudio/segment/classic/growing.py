"""Region growing from many seeds, or from painted ones. How one region grows is said in `pystudio.segment.region_growing`."""

from __future__ import annotations

import numpy as np

from ..region_growing import Grower
from .contract import Method, Parameter

__all__ = ["METHODS", "growing"]


def growing(
    image: np.ndarray, markers: np.ndarray | None = None, tolerance: float = 60, reference: str = "seed", neighbours: int = 4, seeds: int = 10
) -> np.ndarray:
    """Grow regions from seeds, one after the other.

    A pixel stays with the region that reached it first, and a seed that lies in a region already
    grows no other [1]_. (Adams and Bischof [2]_ need no tolerance: all seeds grow at once, the nearest
    colour first, until every pixel is taken.)

    Parameters
    ----------
    image : (m, n, 3) array of uint8
    markers : (m, n) array of int, optional
        Ids 1, 2, …; each marker has one seed, the middle one of its pixels in reading order.
        Left out, the seeds lie on a grid.
    tolerance : float
        Greatest Euclidean distance of two RGB colours that counts as near.
    reference : {"seed", "mean"}
    neighbours : {4, 8}
    seeds : int
        Of the grid, along the longer side.

    Returns
    -------
    labels : (m, n) array of int32
        The number of the seed or the id of the marker; 0 where no region came.

    References
    ----------
    .. [1] C. R. Brice and C. L. Fennema, "Scene analysis using regions", Artificial Intelligence 1(3-4), 1970,
           pp. 205-226.
    .. [2] R. Adams and L. Bischof, "Seeded region growing", IEEE Transactions on Pattern Analysis and
           Machine Intelligence 16(6), 1994, pp. 641-647.

    Examples
    --------
    >>> image = np.repeat(np.array([[10, 12, 90, 91]], dtype=np.uint8)[..., None], 3, axis=2)
    >>> growing(image, seeds=4, tolerance=5).tolist()  # the second seed lies in the first region
    [[1, 1, 3, 3]]
    """
    places = _grid(image.shape[:2], seeds) if markers is None else _middles(markers)
    grower = Grower(image)
    labels = np.zeros(image.shape[:2], dtype=np.int32)
    flat = labels.ravel()
    for label, place in places:
        if labels[place] == 0:
            grown = grower.grow(place, tolerance, reference, neighbours).indices
            flat[grown[flat[grown] == 0]] = label
    return labels


def _grid(shape, seeds):
    """(number, (row, column)) of seeds in the middles of equal cells."""
    rows, columns = (_middles_of_cells(side, max(1, round(side * seeds / max(shape)))) for side in shape)
    return enumerate(((row, column) for row in rows for column in columns), start=1)


def _middles_of_cells(side, count):
    return [(2 * cell + 1) * side // (2 * count) for cell in range(count)]


def _middles(markers):
    """(id, (row, column)) of the pixel in the middle of each marker."""
    for label in np.unique(markers[markers > 0]).tolist():
        pixels = np.flatnonzero(markers == label)
        row, column = divmod(int(pixels[len(pixels) // 2]), markers.shape[1])
        yield label, (row, column)


METHODS = (
    Method(
        "growing", "Region growing",
        summary="Grows regions from seeds: a pixel joins when it touches the region and its colour is near.",
        assumes="An object's colour changes little, and its rim is a clear step everywhere.",
        fails_when="One soft spot in the rim lets the region leak out; texture stops it too soon.",
        paper="Brice and Fennema 1970, Scene Analysis Using Regions",
        run=growing,
        parameters=(
            Parameter("tolerance", "Tolerance", "float", 60, 0, 200, 1, help="How far a colour may be from the reference."),
            Parameter("reference", "Compare with", "choice", "seed", choices=("seed", "mean"), help="The seed's colour, or the mean of the region so far."),
            Parameter("neighbours", "Neighbours", "choice", 4, choices=(4, 8), help="Whether pixels also touch at their corners."),
            Parameter("seeds", "Seeds along the longer side", "int", 10, 1, 32, 1, help="Of the grid, when no seed is painted."),
        ),
        markers="optional", longest=512,
    ),
)  # fmt: skip
