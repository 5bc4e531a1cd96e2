"""Where regions end, once for the whole library. Distances between boundaries are in `measure.boundary`."""

from __future__ import annotations

import numpy as np

__all__ = ["find_boundaries"]


def find_boundaries(label_map: np.ndarray, background: int = 0, border: bool = False) -> np.ndarray:
    """Pixels inside regions that touch another region, or the background, on one of their four sides.

    The same as scikit-image's `find_boundaries` in mode "inner", with NumPy alone.

    Parameters
    ----------
    label_map : (M, N) array of int or bool
        Regions; a mask is one region.
    background : int
        The label that is no region.
    border : bool
        Whether a region also ends at the border of the picture.

    Returns
    -------
    boundaries : (M, N) array of bool

    Examples
    --------
    >>> find_boundaries(np.array([[1, 1, 2, 2, 0]])).astype(int).tolist()
    [[0, 1, 1, 1, 0]]
    >>> find_boundaries(np.ones((3, 4), bool), border=True).astype(int).tolist()
    [[1, 1, 1, 1], [1, 0, 0, 1], [1, 1, 1, 1]]
    """
    edge = np.zeros(label_map.shape, dtype=bool)
    across = label_map[:, 1:] != label_map[:, :-1]
    down = label_map[1:] != label_map[:-1]
    edge[:, 1:] |= across
    edge[:, :-1] |= across
    edge[1:] |= down
    edge[:-1] |= down
    if border:
        edge[[0, -1]] = True
        edge[:, [0, -1]] = True
    edge &= label_map != background
    return edge
