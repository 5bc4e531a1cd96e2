"""Connected components, once for the whole library, on runs: the stretches of one label in a row, of which there are far fewer than pixels.

He et al., "Fast connected-component labeling", *Pattern Recognition*, 2009.
"""

from __future__ import annotations

import numpy as np

__all__ = ["flood", "label"]


def label(label_map: np.ndarray, counts: np.ndarray, connectivity: int) -> np.ndarray:
    """Number the connected components of a label map: pixels of one label that hang together.

    Parameters
    ----------
    label_map : (M, N) array of int
    counts : (M, N) array of bool
        Pixels that belong to a component at all; it is constant within every run of one label.
    connectivity : {4, 8}
        Whether pixels that touch at a corner only hang together (8) or not (4).

    Returns
    -------
    components : (M, N) array of int32
        1 to K in the order in which a reader meets them, row by row; 0 elsewhere.
    """
    rows, columns = label_map.shape
    ends_here = np.ones((rows, columns + 1), bool)
    ends_here[:, 1:-1] = label_map[:, 1:] != label_map[:, :-1]
    row, column = np.nonzero(ends_here[:, :-1])
    stop = np.nonzero(ends_here[:, 1:])[1] + 1
    runs = counts[row, column]
    row, column, stop = row[runs], column[runs], stop[runs]
    components = np.zeros(label_map.shape, np.int32)
    if row.size:
        number = np.unique(_roots(row, column, stop, label_map[row, column], columns, connectivity == 8), return_inverse=True)[1].astype(np.int32) + 1
        lengths = stop - column
        first = np.repeat(row * columns + column - np.concatenate(([0], np.cumsum(lengths)[:-1])), lengths)
        components.ravel()[first + np.arange(lengths.sum())] = np.repeat(number, lengths)
    return components


def flood(mask: np.ndarray, row: int, column: int) -> np.ndarray:
    """The part of a mask that hangs together with one of its pixels, by the four sides of pixels.

    Parameters
    ----------
    mask : (M, N) array of bool
        True at (`row`, `column`).
    row, column : int

    Returns
    -------
    flooded : (M, N) array of bool

    Examples
    --------
    >>> flood(np.array([[1, 1, 0, 1]], bool), 0, 0).astype(int).tolist()
    [[1, 1, 0, 0]]
    """
    n_rows, n_columns = mask.shape
    width = n_columns + 1
    padded = np.zeros((n_rows, width), dtype=bool)  # one False ends every row, so runs do not wrap
    padded[:, :-1] = mask
    edges = np.flatnonzero(np.diff(padded.ravel(), prepend=False))
    starts, stops = edges[::2], edges[1::2]
    rows = starts // width
    root = _roots(rows, starts - rows * width, stops - rows * width, None, n_columns, False)
    seed = np.searchsorted(stops, row * width + column, side="right")
    ours = root == root[seed]
    flips = np.zeros(n_rows * width, dtype=np.int8)
    flips[starts[ours]] = 1
    flips[stops[ours]] -= 1
    return np.cumsum(flips, dtype=np.int8).view(bool).reshape(n_rows, width)[:, :-1]


def _roots(row: np.ndarray, column: np.ndarray, stop: np.ndarray, label: np.ndarray | None, columns: int, corners: bool) -> np.ndarray:
    """For every run the first run of its component: every run points to the smallest one that it is known to meet, until nothing changes."""
    width, more = columns + 2, int(corners)
    starts, stops = row * width + column, row * width + stop
    low = np.searchsorted(stops, starts + width - more, side="right")  # the first run of the next row that ends behind this one's start
    high = np.searchsorted(starts, stops + width + more, side="left")
    many = np.maximum(high - low, 0)
    above = np.repeat(np.arange(row.size), many)
    below = np.repeat(low - np.concatenate(([0], np.cumsum(many)[:-1])), many) + np.arange(many.sum())
    same = row[below] == row[above] + 1
    if label is not None:
        same &= label[above] == label[below]
    above, below = above[same], below[same]
    root = np.arange(row.size)
    while True:
        a, b = root[above], root[below]
        if np.array_equal(a, b):
            return root
        np.minimum.at(root, np.maximum(a, b), np.minimum(a, b))
        while not np.array_equal(jump := root[root], root):
            root = jump
