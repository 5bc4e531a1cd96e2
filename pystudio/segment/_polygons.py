"""Polygons to masks, once for the whole library."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

__all__ = ["polygon2mask"]

_BATCH = 2**20  # crossings that are computed together


def polygon2mask(polygons: Iterable[np.ndarray], box: tuple[int, int, int, int], rule: str = "evenodd") -> np.ndarray:
    """Which pixels of a box have their centre inside polygons, all together.

    Every crossing of an edge with a row of pixel centres changes the winding number of all the row's pixels from there to the right. The cost is that
    of the crossings and of the box.

    Parameters
    ----------
    polygons : iterable of (K, 2) arrays of float
        (row, column) of the corners, image frame: the centre of pixel (0, 0) is (0.0, 0.0). The last corner is joined to the first.
    box : tuple of int
        (row0, row1, column0, column1), half open.
    rule : {"evenodd", "nonzero"}
        What is inside where edges cross, or polygons lie in each other [1]_.

    Returns
    -------
    mask : (row1 - row0, column1 - column0) array of bool

    References
    ----------
    .. [1] "Scalable Vector Graphics (SVG) 2", W3C, section 13.4.2, "Specifying fill properties: fill-rule".

    Examples
    --------
    >>> polygon2mask([np.array([[-0.5, 0.5], [-0.5, 2.5], [0.5, 2.5], [0.5, 0.5]])], (0, 1, 0, 4)).tolist()
    [[False, True, True, False]]
    """
    row0, row1, column0, column1 = box
    winding = np.zeros((row1 - row0, column1 - column0 + 1), np.int32)
    for row, column, turn in _crossings(polygons, box):
        np.add.at(winding, (row - row0, column - column0), turn)
    inside = np.cumsum(winding[:, :-1], axis=1, out=winding[:, :-1])
    return inside % 2 == 1 if rule == "evenodd" else inside != 0


def _crossings(polygons: Iterable[np.ndarray], box: tuple[int, int, int, int]) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Rows, columns and turns (1 down, -1 up) of all crossings of edges with rows of pixel centres, in batches; an edge crosses the rows from its upper end on, before its lower."""
    row0, row1, column0, column1 = box
    rings = [np.asarray(corners, float) for corners in polygons if len(corners)]
    if not rings or row0 == row1:
        return
    start, stop = np.concatenate(rings), np.concatenate([np.roll(corners, -1, axis=0) for corners in rings])
    turn = np.where(start[:, 0] < stop[:, 0], 1, -1)
    down = (turn == 1)[:, None]
    upper, lower = np.where(down, start, stop), np.where(down, stop, start)
    first, last = (np.clip(np.ceil(each[:, 0]), row0, row1).astype(np.int64) for each in (upper, lower))
    met = np.flatnonzero(last > first)
    upper, lower, turn, first, count = upper[met], lower[met], turn[met], first[met], (last - first)[met]
    before = np.cumsum(count) - count
    for batch in np.split(np.arange(len(met)), np.flatnonzero(np.diff(before // _BATCH)) + 1):
        if not batch.size:
            continue
        edge = np.repeat(batch, count[batch].astype(np.intp))  # which is 32 bits in the browser
        row = first[edge] + np.arange(len(edge)) - (before[edge] - before[batch[0]])
        (top, left), (bottom, right) = upper[edge].T / 2, lower[edge].T / 2  # halves: their differences are finite, however far apart the corners are
        with np.errstate(all="ignore"):
            crossing = 2 * (left + (row / 2 - top) / (bottom - top) * (right - left))
        yield row, np.clip(np.ceil(np.nan_to_num(crossing, nan=0.0)), column0, column1).astype(np.int64), turn[edge]
