"""Boundaries of masks: exact distances between them, the boundary F, the Hausdorff distance. Counts of pixels are in `metrics`, making masks worse in `perturb`.

Everything is whole numbers (squared distances) until the last step, so the same mask has the same grade on every machine.
SciPy has a distance transform too; it would cost a visitor 16 MB to fetch, while ours is quick
enough at the size of the lab: see the notes at `Reference`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..errors import LabelError, StudioError
from ..segment._boundaries import find_boundaries

__all__ = ["FAR", "BoundaryScores", "Reference", "distance_map", "edge"]

FAR = 2**30
"""The squared distance to the nearest pixel of nothing at all."""

_NOWHERE = 2**14  # steps to the nearest point of a column that has none: more than any picture has rows, or any disc has radius
_CHUNK = 2**21  # distances that are looked at together


def edge(mask: np.ndarray) -> np.ndarray:
    """The boundary of a mask: its pixels that touch a pixel outside it, above, below, left or right.

    What lies beyond the picture is outside, so every mask that is not empty has a boundary.

    Parameters
    ----------
    mask : (M, N) array of bool

    Returns
    -------
    edge : (M, N) array of bool

    Examples
    --------
    >>> edge(np.ones((3, 4), dtype=bool)).astype(int).tolist()
    [[1, 1, 1, 1], [1, 0, 0, 1], [1, 1, 1, 1]]
    """
    return find_boundaries(_checked(mask), border=True)


def column_distance(points: np.ndarray) -> np.ndarray:
    """Steps up or down to the nearest point of the same column.

    Parameters
    ----------
    points : (M, N) array of bool

    Returns
    -------
    steps : (M, N) array of int32
        2**14 or more where the column has no point.

    Examples
    --------
    >>> column_distance(np.array([[0, 1], [0, 0], [0, 0]], dtype=bool))[:, 1].tolist()
    [0, 1, 2]
    """
    rows = np.arange(points.shape[0], dtype=np.int32)[:, None]
    none = np.int32(_NOWHERE)
    above = np.maximum.accumulate(np.where(points, rows, -none), axis=0)
    below = np.minimum.accumulate(np.where(points, rows, none)[::-1], axis=0)[::-1]
    return np.minimum(rows - above, below - rows)


def distance_map(points: np.ndarray) -> np.ndarray:
    """The squared distance of every pixel to the nearest point: an exact Euclidean distance transform.

    First along the columns, then along the rows: of the parabolas that stand over a row, one for each column, only the
    lowest counts at any place, and where two meet is one division [1]_. All rows are treated at once.

    Parameters
    ----------
    points : (M, N) array of bool

    Returns
    -------
    squared : (M, N) array of int32
        `FAR` everywhere if there is no point.

    References
    ----------
    .. [1] A. Meijster, J. B. T. M. Roerdink and W. H. Hesselink, "A General Algorithm for Computing Distance
           Transforms in Linear Time", Mathematical Morphology and its Applications to Image and Signal
           Processing, 2000, pp. 331-340.

    Examples
    --------
    >>> distance_map(np.array([[1, 0, 0], [0, 0, 0]], dtype=bool)).tolist()
    [[0, 1, 4], [1, 2, 5]]
    """
    points = _checked(points)
    filled = np.flatnonzero(points.any(axis=0))
    if not filled.size:
        return np.full(points.shape, FAR, dtype=np.int32)
    heights = np.ascontiguousarray(column_distance(points[:, filled]).T) ** 2  # one parabola a filled column, one row of them a picture row
    owner, start, last = _lowest(heights, filled)
    squared = np.empty(points.shape[::-1], dtype=np.int32)
    rows = np.arange(points.shape[0])
    for column in range(points.shape[1] - 1, -1, -1):
        passed = start[last, rows] > column
        while passed.any():
            last = last - passed
            passed = start[last, rows] > column
        k = owner[last, rows]
        squared[column] = heights[k, rows] + (column - filled[k]) ** 2
    return np.ascontiguousarray(squared.T)


def _lowest(heights: np.ndarray, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The parabolas that are lowest somewhere, of each row.

    heights (K, M): of parabola k, which stands over columns[k], in each row. Returns owner (K, M), the parabolas in the order in
    which they are lowest; start (K, M), the column from which each of them is; last (M,), the place of the last of them.
    """
    n, rows = heights.shape[0], np.arange(heights.shape[1])
    owner = np.zeros(heights.shape, dtype=np.int32)
    start = np.full(heights.shape, -FAR, dtype=np.int32)
    last = np.zeros(heights.shape[1], dtype=np.int32)
    for k in range(1, n):
        active = rows
        new = np.empty(len(rows), dtype=np.int32)
        while active.size:
            place = last[active]
            old = owner[place, active]
            new[active] = meet = _meeting(heights[k, active], heights[old, active], columns[k], columns[old])
            hidden = meet <= start[place, active]  # the new one is lower from where that one began
            active = active[hidden]
            last[active] -= 1
        last += 1
        owner[last, rows] = k
        start[last, rows] = new
    return owner, start, last


def _meeting(new: np.ndarray, old: np.ndarray, column: int, before: np.ndarray) -> np.ndarray:
    """The first column where a parabola of height `new` at `column` is lower than one of height `old` at an earlier column `before`."""
    return ((new - old + column**2 - before**2) // (2 * (column - before)) + 1).astype(np.int32)


@dataclass(frozen=True, eq=False)
class BoundaryScores:
    """How near two boundaries are to each other.

    Attributes
    ----------
    truth_edge, prediction_edge : (M, N) array of bool
        Both boundaries.
    truth_near, prediction_near : (M, N) array of bool
        Their pixels that have one of the other boundary within the tolerance.
    recall, precision, f : float
        Share of the truth's boundary that is near, of the prediction's, and their harmonic mean. With an empty mask on one side
        the shares are 0; nan where both are empty.
    hausdorff : float
        The largest distance, in pixels, from a pixel of either boundary to the other boundary. inf where one mask is empty, 0 where both are.
    hausdorff95 : float
        The larger of both directions' 95th percentiles, interpolated linearly; inf and 0 likewise.
    pair : tuple of int or None
        (row, column, row, column): the boundary pixel that is furthest away, and the pixel of the other boundary nearest to it.
    furthest_of : str
        "truth", "prediction" or "": whose boundary the first pixel of `pair` is on.
    """

    truth_edge: np.ndarray
    prediction_edge: np.ndarray
    truth_near: np.ndarray
    prediction_near: np.ndarray
    recall: float
    precision: float
    f: float
    hausdorff: float
    hausdorff95: float
    pair: tuple[int, int, int, int] | None
    furthest_of: str


class Reference:
    """One true mask, against which many others are compared.

    Parameters
    ----------
    truth : (M, N) array of bool

    Notes
    -----
    What it costs: the distances to the truth are computed once, for every pixel. Of a prediction only the distances at the truth's
    boundary are needed: a pass along the columns, then each of those pixels looks along its row. ``build.py bench metric`` prints
    both beside SciPy's transform, as the picture grows. SciPy's is quicker, but its 16 MB would have to be fetched first.

    References
    ----------
    .. [1] G. Csurka, D. Larlus and F. Perronnin, "What is a good evaluation measure for semantic segmentation?", BMVC 2013.
    .. [2] D. P. Huttenlocher, G. A. Klanderman and W. J. Rucklidge, "Comparing Images Using the Hausdorff Distance", IEEE
           Transactions on Pattern Analysis and Machine Intelligence 15(9), 1993, pp. 850-863.
    .. [3] L. Maier-Hein et al., "Metrics reloaded: recommendations for image analysis validation", Nature Methods 21, 2024.

    Examples
    --------
    >>> truth = np.zeros((5, 8), dtype=bool)
    >>> truth[1:4, 1:4] = True
    >>> found = Reference(truth).compare(np.roll(truth, 2, axis=1), tolerance=1)
    >>> found.hausdorff, found.recall, found.pair
    (2.0, 0.625, (1, 1, 1, 3))
    """

    def __init__(self, truth: np.ndarray) -> None:
        self.truth = _checked(truth)
        self.edge = edge(self.truth)
        self.distance = distance_map(self.edge)

    def compare(self, prediction: np.ndarray, tolerance: float) -> BoundaryScores:
        """Compare a mask's boundary with the truth's.

        Parameters
        ----------
        prediction : (M, N) array of bool
        tolerance : float
            In pixels, from centre to centre, at least 0.

        Returns
        -------
        BoundaryScores

        Raises
        ------
        LabelError
            The shapes differ.
        StudioError
            The tolerance is negative or no number.
        """
        prediction = _checked(prediction)
        if prediction.shape != self.truth.shape:
            raise LabelError(f"The truth has shape {self.truth.shape} and the mask {prediction.shape}.", "Both must be of the same photo.")
        if not 0 <= tolerance < math.inf:
            raise StudioError(f"The tolerance is {tolerance}.", "Give a number of pixels, at least 0.")
        theirs = edge(prediction)
        steps = column_distance(theirs)
        to_truth = self.distance[theirs]
        from_truth, nearest = _along_rows(np.argwhere(self.edge), steps) if theirs.any() else (np.full(int(self.edge.sum()), FAR), None)
        limit = math.floor(tolerance**2 + 1e-9)
        near = [np.zeros_like(theirs), np.zeros_like(theirs)]
        near[0][self.edge], near[1][theirs] = from_truth <= limit, to_truth <= limit
        recall, precision, f = _f(from_truth <= limit, to_truth <= limit)
        return BoundaryScores(
            self.edge, theirs, *near, recall, precision, f,
            *_hausdorff(from_truth, to_truth), *self._pair(theirs, steps, from_truth, to_truth, nearest),
        )

    def _pair(self, theirs, steps, from_truth, to_truth, nearest):
        if not from_truth.size or not to_truth.size:
            return None, ""
        if from_truth.max() >= to_truth.max():
            k = int(from_truth.argmax())
            place, column = np.argwhere(self.edge)[k], int(nearest[k])
            return _ends(place, column, steps, theirs), "truth"
        place = np.argwhere(theirs)[int(to_truth.argmax())]
        steps = column_distance(self.edge)
        return _ends(place, int(_along_rows(place[None], steps)[1][0]), steps, self.edge), "prediction"


def _along_rows(places: np.ndarray, steps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each place (n, 2): the squared distance to the nearest point, and that point's column. steps (M, N): from `column_distance`."""
    columns = np.flatnonzero(steps[0] < _NOWHERE)
    squared, nearest = np.empty(len(places), dtype=np.int64), np.empty(len(places), dtype=np.int64)
    heights = steps[:, columns] ** 2
    band = max(1, _CHUNK // len(columns))
    for first in range(0, len(places), band):
        rows, at = places[first : first + band].T
        distances = heights[rows] + (at[:, None] - columns) ** 2
        best = distances.argmin(axis=1)
        squared[first : first + band] = distances[np.arange(len(rows)), best]
        nearest[first : first + band] = columns[best]
    return squared, nearest


def _ends(place: np.ndarray, column: int, steps: np.ndarray, points: np.ndarray) -> tuple[int, int, int, int]:
    """Both ends of the line from a place to the nearest point, which is in that column."""
    row, away = int(place[0]), int(steps[place[0], column])
    up = row - away
    return row, int(place[1]), up if up >= 0 and points[up, column] else row + away, column


def _f(truth_near: np.ndarray, prediction_near: np.ndarray) -> tuple[float, float, float]:
    if not truth_near.size and not prediction_near.size:
        return math.nan, math.nan, math.nan
    recall, precision = (float(near.mean()) if near.size else 0.0 for near in (truth_near, prediction_near))
    return recall, precision, 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _hausdorff(from_truth: np.ndarray, to_truth: np.ndarray) -> tuple[float, float]:
    if not from_truth.size and not to_truth.size:
        return 0.0, 0.0
    if not from_truth.size or not to_truth.size:
        return math.inf, math.inf
    largest = math.sqrt(max(int(from_truth.max()), int(to_truth.max())))
    return largest, max(float(np.percentile(np.sqrt(each), 95)) for each in (from_truth, to_truth))


def _checked(mask: np.ndarray) -> np.ndarray:
    mask = np.asarray(mask)
    if mask.ndim != 2 or not mask.size:
        raise LabelError(f"A mask of shape {mask.shape} has no boundary.", "Give (M, N) truth values, at least one.")
    if mask.dtype != bool:
        raise LabelError(f"The mask holds {mask.dtype}, not truth values.", "Say which class is meant: label_map == 8.")
    return mask
