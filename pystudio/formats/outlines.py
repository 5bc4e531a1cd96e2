"""Outlines of masks along the edges of their pixels, and masks of outlines.

The rule: a corner (x, y) lies between pixels, (0, 0) at the top left of the picture. A pixel belongs to a shape if its middle lies inside, where every
edge crossed on the way from the left turns inside into outside and back (even-odd). So an outline traced here gives back exactly its mask.
"""
from __future__ import annotations

import numpy as np

from ..segment._polygons import polygon2mask

__all__ = ["box_of", "ellipse_part", "fill", "fill_part", "joined", "rings", "simple_rings"]


def rings(mask: np.ndarray) -> list[tuple[np.ndarray, bool]]:
    """The outlines of a mask.

    Parameters
    ----------
    mask : (M, N) array of bool

    Returns
    -------
    list of (corners, hole)
        `corners` is a (K, 2) array of int, (x, y), without the first again at the end; `hole` tells whether it goes around something that is not in
        the mask. Pixels that touch at a corner only have outlines of their own.

    Examples
    --------
    >>> [(corners.tolist(), hole) for corners, hole in rings(np.array([[0, 1, 1]], bool))]
    [([[1, 0], [3, 0], [3, 1], [1, 1]], False)]
    """
    mask = np.asarray(mask, bool)
    down, along = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    if not down.size:
        return []
    top, left = int(down[0]), int(along[0])
    framed = np.pad(mask[top : down[-1] + 1, left : along[-1] + 1], 1).astype(np.int8)
    up_left, up_right, down_left, down_right = framed[:-1, :-1], framed[:-1, 1:], framed[1:, :-1], framed[1:, 1:]
    total = up_left + up_right + down_left + down_right
    crossed = (total == 2) & (up_left == down_right)
    y, x = np.nonzero((total == 1) | (total == 3) | crossed)
    twice = crossed[y, x]
    # A place where two pixels touch at a corner is two corners: one for the pixel on the left, one for that on the right.
    own = np.repeat(np.arange(y.size), 1 + twice)
    right = np.concatenate(([False], own[1:] == own[:-1]))
    y, x = y[own], x[own]
    lower = np.where(up_left[y, x] == 1, right, ~right) & twice[own]  # of the two, the one with the edge downwards
    sideways = _partners(np.lexsort((right, x, y)))
    upright = _partners(np.lexsort((lower, y, x)))
    return [(corners + (left, top), hole) for corners, hole in _walked(y, x, sideways, upright, framed)]


def _partners(order):
    """Corners in the order in which a line meets them: first and second are the ends of an edge, third and fourth …"""
    partner = np.empty(order.size, np.int64)
    partner[order[0::2]], partner[order[1::2]] = order[1::2], order[0::2]
    return partner.tolist()


def _walked(y, x, sideways, upright, framed):
    seen, found = [False] * y.size, []
    xs, ys = x.tolist(), y.tolist()
    for start in range(y.size):
        if seen[start]:
            continue
        ring, here = [], start
        while not seen[here]:
            after = sideways[here]
            seen[here] = seen[after] = True
            ring += [(xs[here], ys[here]), (xs[after], ys[after])]
            here = upright[after]
        found.append((np.array(ring), not framed[ys[start] + 1, xs[start] + 1]))
    return found


def simple_rings(mask: np.ndarray) -> list[np.ndarray]:
    """Outlines without holes, for formats that know none: a part with a hole is cut in two through the hole. Together they are the mask; none overlap."""
    found = rings(mask)
    holes = [corners for corners, hole in found if hole]
    if not holes:
        return [corners for corners, _ in found]
    spans = sorted((int(corners[:, 1].min()) + int(corners[:, 1].max())) // 2 for corners in holes)
    cut = spans[len(spans) // 2]
    return simple_rings(mask[:cut]) + [corners + [0, cut] for corners in simple_rings(mask[cut:])]


def box_of(outlines: list[np.ndarray], shape: tuple[int, int]) -> tuple[int, int, int, int]:
    """The box outside which `fill` leaves everything empty: (row0, row1, column0, column1), half open.

    Examples
    --------
    >>> box_of([np.array([[1, 0], [3, 0], [3, 1], [1, 1]])], (1, 4))
    (0, 1, 1, 3)
    """
    corners = np.concatenate([np.empty((0, 2)), *outlines])
    if not len(corners):
        return 0, 0, 0, 0
    low, high = (np.ceil(each - 0.5).clip(0, shape[::-1]).astype(int).tolist() for each in (corners.min(axis=0), corners.max(axis=0)))
    return low[1], high[1], low[0], high[0]


def fill(outlines: list[np.ndarray], shape: tuple[int, int]) -> np.ndarray:
    """The mask of outlines, (K, 2) arrays of (x, y) corners, all together by the even-odd rule.

    Examples
    --------
    >>> fill([np.array([[1, 0], [3, 0], [3, 1], [1, 1]])], (1, 4)).tolist()
    [[False, True, True, False]]
    """
    part, (row0, row1, column0, column1) = fill_part(outlines, shape)
    mask = np.zeros(shape, bool)
    mask[row0:row1, column0:column1] = part
    return mask


def fill_part(outlines: list[np.ndarray], shape: tuple[int, int], rule: str = "evenodd") -> tuple[np.ndarray, tuple[int, int, int, int]]:
    """The mask of outlines within their box, and the box.

    Parameters
    ----------
    outlines : list of (K, 2) array
        (x, y) corners.
    shape : tuple of int
        (rows, columns) of the picture.
    rule : {"evenodd", "nonzero"}
        What is inside where outlines cross or lie in each other [1]_.

    Returns
    -------
    mask : (m, n) array of bool
    box : tuple of int
        (row0, row1, column0, column1), half open, within the picture.

    References
    ----------
    .. [1] "Scalable Vector Graphics (SVG) 2", W3C, section 13.4.2, "Specifying fill properties: fill-rule".
    """
    box = box_of(outlines, shape)
    return polygon2mask([np.asarray(corners, float)[:, ::-1] - 0.5 for corners in outlines if len(corners)], box, rule), box


def ellipse_part(centre: tuple[float, float], radii: tuple[float, float], shape: tuple[int, int], angle: float = 0.0) -> tuple[np.ndarray, tuple[int, int, int, int]]:
    """The pixels whose middle lies inside an ellipse, within its box, and the box.

    Parameters
    ----------
    centre, radii : tuple of float
        (x, y); the first radius lies along x before turning.
    shape : tuple of int
        (rows, columns) of the picture.
    angle : float
        By how many degrees it is turned clockwise.

    Examples
    --------
    >>> ellipse_part((1.5, 1.5), (1.1, 1.1), (3, 3))[0].astype(int).tolist()
    [[0, 1, 0], [1, 1, 1], [0, 1, 0]]
    """
    (x, y), (rx, ry) = centre, radii
    sine, cosine = np.sin(np.radians(angle)), np.cos(np.radians(angle))
    wide, high = np.hypot(rx * cosine, ry * sine), np.hypot(rx * sine, ry * cosine)
    row0, row1, column0, column1 = box = box_of([np.array([[x - wide, y - high], [x + wide, y + high]])], shape)
    across, down = np.arange(column0, column1) + 0.5 - x, np.arange(row0, row1)[:, None] + 0.5 - y
    along, beside = across * cosine + down * sine, down * cosine - across * sine
    return (along / (rx or 1)) ** 2 + (beside / (ry or 1)) ** 2 < (1 if rx and ry else 0), box


def joined(outlines: list[np.ndarray]) -> np.ndarray:
    """Several outlines as one, for formats that know one only: a line leads to each and the same way back, which covers nothing.

    By the even-odd rule the one holds the same pixels as all of them, holes included.

    Examples
    --------
    >>> joined([np.array([[0, 0], [1, 0], [1, 1]]), np.array([[5, 5], [6, 5], [6, 6]])]).tolist()
    [[0, 0], [1, 0], [1, 1], [0, 0], [5, 5], [6, 5], [6, 6], [5, 5]]
    """
    if len(outlines) == 1:
        return outlines[0]
    closed = [np.concatenate([each, each[:1]]) for each in outlines]
    back = [each[:1] for each in outlines[-2:0:-1]]
    return np.concatenate(closed + back)
