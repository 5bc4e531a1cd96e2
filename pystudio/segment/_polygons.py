"""Polygons to masks, once for the whole library."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

__all__ = ["polygon2mask"]


def polygon2mask(polygons: Iterable[np.ndarray], box: tuple[int, int, int, int]) -> np.ndarray:
    """Which pixels of a box have their centre inside polygons, all together by the even-odd rule.

    Every crossing of an edge with a row of pixel centres flips all the row's pixels from there to the right.

    Parameters
    ----------
    polygons : iterable of (K, 2) arrays of float
        (row, column) of the corners, image frame: the centre of pixel (0, 0) is (0.0, 0.0). The last corner is joined to the first.
    box : tuple of int
        (row0, row1, column0, column1), half open.

    Returns
    -------
    mask : (row1 - row0, column1 - column0) array of bool

    Examples
    --------
    >>> polygon2mask([np.array([[-0.5, 0.5], [-0.5, 2.5], [0.5, 2.5], [0.5, 0.5]])], (0, 1, 0, 4)).tolist()
    [[False, True, True, False]]
    """
    row0, row1, column0, column1 = box
    flips = np.zeros((row1 - row0, column1 - column0), dtype=np.uint8)
    for corners in polygons:
        for (top, left), (bottom, right) in zip(corners, np.roll(corners, -1, axis=0)):
            if top > bottom:
                top, left, bottom, right = bottom, right, top, left
            # Half open, so that a corner between two edges is crossed once.
            rows = np.arange(max(row0, math.ceil(top)), min(row1, math.ceil(bottom)))
            if rows.size:
                crossing = left + (rows - top) / (bottom - top) * (right - left)
                column = np.ceil(crossing).clip(column0, column1).astype(np.intp) - column0
                seen = column < flips.shape[1]
                flips[rows[seen] - row0, column[seen]] ^= 1  # one edge meets a row once: no index repeats
    return np.bitwise_xor.accumulate(flips, axis=1).view(bool)
