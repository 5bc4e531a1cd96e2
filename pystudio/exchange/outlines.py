"""Outlines of masks along the edges of their pixels, and masks of outlines.

The rule: a corner (x, y) lies between pixels, (0, 0) at the top left of the picture. A pixel belongs to a shape if its middle lies inside, where every
edge crossed on the way from the left turns inside into outside and back (even-odd). So an outline traced here gives back exactly its mask.
"""
from __future__ import annotations

import numpy as np

__all__ = ["fill", "rings", "simple_rings"]


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
    framed = np.pad(np.asarray(mask, bool), 1).astype(np.int8)
    up_left, up_right, down_left, down_right = framed[:-1, :-1], framed[:-1, 1:], framed[1:, :-1], framed[1:, 1:]
    total = up_left + up_right + down_left + down_right
    crossed = (total == 2) & (up_left == down_right)
    y, x = np.nonzero((total == 1) | (total == 3) | crossed)
    if not y.size:
        return []
    twice = crossed[y, x]
    # A place where two pixels touch at a corner is two corners: one for the pixel on the left, one for that on the right.
    own = np.repeat(np.arange(y.size), 1 + twice)
    right = np.concatenate(([False], own[1:] == own[:-1]))
    y, x = y[own], x[own]
    lower = np.where(up_left[y, x] == 1, right, ~right) & twice[own]  # of the two, the one with the edge downwards
    sideways = _partners(np.lexsort((right, x, y)))
    upright = _partners(np.lexsort((lower, y, x)))
    return _walked(y, x, sideways, upright, framed)


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


def fill(outlines: list[np.ndarray], shape: tuple[int, int]) -> np.ndarray:
    """The mask of outlines, (K, 2) arrays of (x, y) corners, all together by the even-odd rule.

    Examples
    --------
    >>> fill([np.array([[1, 0], [3, 0], [3, 1], [1, 1]])], (1, 4)).tolist()
    [[False, True, True, False]]
    """
    rows, columns = shape
    flips = np.zeros((rows, columns + 1), np.uint8)
    for corners in outlines:
        corners = np.asarray(corners, float)
        for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, axis=0)):
            if y0 == y1:
                continue
            if y0 > y1:
                x0, y0, x1, y1 = x1, y1, x0, y0
            first, stop = (int(np.clip(np.ceil(y - 0.5), 0, rows)) for y in (y0, y1))  # middles of rows from y0 on, before y1
            row = np.arange(first, stop)
            if row.size:
                crossing = x0 + (row + 0.5 - y0) / (y1 - y0) * (x1 - x0)
                flips[row, np.ceil(crossing - 0.5).clip(0, columns).astype(np.intp)] ^= 1  # one edge meets a row once: no place repeats
    return np.bitwise_xor.accumulate(flips[:, :-1], axis=1).astype(bool)
