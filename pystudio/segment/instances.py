"""From a label map to single things: connected components, seeds, and the watershed from the seeds that splits what touches.

NumPy alone: SciPy and scikit-image would add 16 MB to the page. What a thing and what stuff is, and how a count is graded, is told in `panoptic`.
"""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import LabelError
from ..labels import VOID
from ..measure.boundary import distance_map
from ._components import label

__all__ = ["Instance", "colours", "components", "find_instances", "watershed", "measure", "peaks", "upsample_instances"]

MAX_SPLIT = 200
"""So many pieces, the largest, are looked at for narrow parts; the others are fragments."""

MAX_SEEDS = 500


@dataclass(frozen=True)
class Instance:
    """One thing.

    Attributes
    ----------
    number : int
        From 1; its value in the map of instances.
    label : int
        Its class.
    area : int
        In pixels.
    box : tuple of int
        (row0, row1, column0, column1), half open.
    seed : tuple of int
        (row, column) of the pixel it grew from, deep inside.
    """

    number: int
    label: int
    area: int
    box: tuple[int, int, int, int]
    seed: tuple[int, int]


def components(label_map: np.ndarray, connectivity: int = 8) -> np.ndarray:
    """Number the connected pieces of a label map: pixels of one class that hang together.

    Parameters
    ----------
    label_map : (M, N) array of int
        0 is background, 255 void: neither belongs to a piece.
    connectivity : {4, 8}
        Whether pixels that touch at a corner only hang together (8) or not (4).

    Returns
    -------
    pieces : (M, N) array of int32
        1 to K in the order in which a reader meets them, row by row; 0 elsewhere.

    Raises
    ------
    LabelError
        Not a map of whole numbers, or `connectivity` is neither 4 nor 8.

    Notes
    -----
    Works on runs, the stretches of one class in a row: there are far fewer of them than pixels (He et al., "Fast connected-component
    labeling", *Pattern Recognition*, 2009).

    Examples
    --------
    >>> components(np.array([[1, 0, 1], [0, 1, 0]]), 4).tolist()
    [[1, 0, 2], [0, 3, 0]]
    >>> components(np.array([[1, 0, 1], [0, 1, 0]]), 8).tolist()
    [[1, 0, 1], [0, 1, 0]]
    """
    label_map = _checked(label_map)
    if connectivity not in (4, 8):
        raise LabelError(f"A pixel has no {connectivity} neighbours.", "Use 4 or 8.")
    return label(label_map, (label_map != 0) & (label_map != VOID), connectivity)


def peaks(piece: np.ndarray, split_ratio: float, depth: np.ndarray | None = None) -> list[tuple[int, int]]:
    """Where the things of one piece lie deepest inside: one place for each part that a waist divides from the others.

    Parameters
    ----------
    piece : (M, N) array of bool
    split_ratio : float
        0 to 1. Two parts are two things where the way between them is narrower than this share of the narrower part. 0 never divides.
    depth : (M, N) array of float, optional
        Where it is known already.

    Returns
    -------
    list of (row, column)
        The deepest first; at least one where the piece has a pixel.

    Notes
    -----
    Depth is the distance to the nearest pixel outside; the border of the picture is not outside, as a thing may go on behind it. Two peaks
    become one where the saddle between them is high: the "dynamics" of M. Grimaud, "A new measure of contrast: the dynamics", *SPIE* 1769, 1992.
    """
    depth = _depth(piece) if depth is None else depth
    tops = np.argwhere(_local_peaks(depth) & piece)
    tops = tops[np.argsort(-depth[tuple(tops.T)], kind="stable")]
    if len(tops) <= 1 or split_ratio <= 0:
        return [tuple(map(int, top)) for top in tops[:1]]
    markers = np.zeros(piece.shape, np.int32)
    markers[tuple(tops.T)] = np.arange(1, len(tops) + 1)
    height = depth[tuple(tops.T)]
    return [tuple(map(int, tops[k])) for k in _separate(watershed(depth, markers, piece), depth, height, split_ratio)]


def _separate(parts, depth, height, split_ratio):
    """Which of the peaks, highest first, stay when those that no waist divides are merged."""
    saddles: dict[tuple[int, int], float] = {}
    for a, b in (np.s_[1:, :], np.s_[:-1, :]), (np.s_[:, 1:], np.s_[:, :-1]), (np.s_[1:, 1:], np.s_[:-1, :-1]), (np.s_[1:, :-1], np.s_[:-1, 1:]):
        met = (parts[a] != parts[b]) & (parts[a] > 0) & (parts[b] > 0)
        for one, other, saddle in zip(parts[a][met].tolist(), parts[b][met].tolist(), np.minimum(depth[a][met], depth[b][met]).tolist()):
            key = (min(one, other) - 1, max(one, other) - 1)
            saddles[key] = max(saddles.get(key, 0.0), saddle)
    leader = list(range(len(height)))

    def top(k):
        while leader[k] != k:
            leader[k] = leader[leader[k]]
            k = leader[k]
        return k

    for (one, other), saddle in sorted(saddles.items(), key=lambda item: (-item[1], item[0])):
        one, other = sorted((top(one), top(other)))  # the higher peak has the smaller number
        if one != other and saddle >= split_ratio * height[other]:
            leader[other] = one
    return [k for k in range(len(height)) if leader[k] == k]


def watershed(depth: np.ndarray, markers: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Watershed of a depth map: water rises from the markers, deepest first, and stops where it meets that of another marker.

    Parameters
    ----------
    depth : (M, N) array of float
        Not negative; where it is largest, the basin is deepest.
    markers : (M, N) array of int
        Where the water comes from, each source its own number; 0 elsewhere.
    inside : (M, N) array of bool
        Where water may go.

    Returns
    -------
    regions : (M, N) array of int32
        The number of the marker whose water came first; 0 where none came.

    Notes
    -----
    F. Meyer, "Topographic distance and watershed lines", *Signal Processing*, 1994, with depths in steps of a quarter of a pixel; a whole front moves at once.
    """
    rows, columns = depth.shape
    level = np.zeros((rows + 2, columns + 2), np.int64)
    level[1:-1, 1:-1] = np.round(np.asarray(depth) * 4).astype(np.int64)
    regions = np.full((rows + 2, columns + 2), -1, np.int32)  # -1: no water may come here
    regions[1:-1, 1:-1] = np.where(inside, markers, -1)
    level, flat = level.ravel(), regions.ravel()
    around = np.array([-columns - 2, -1, 1, columns + 2, -columns - 3, -columns - 1, columns + 1, columns + 3])
    waiting: dict[int, list[tuple[np.ndarray, np.ndarray]]] = {}

    def spread(places, now):
        """Those next to the places: what lies as deep as the water now goes on at once, the rest waits."""
        to, label = (places[:, None] + around).ravel(), np.repeat(flat[places], around.size)
        dry = flat[to] == 0
        to, label = to[dry], label[dry]
        to, first = np.unique(to, return_index=True)
        label, height = label[first], level[to]
        for each in np.unique(height[height < now]):
            waiting.setdefault(int(each), []).append((to[height == each], label[height == each]))
        return to[height >= now], label[height >= now]

    top = int(level.max()) + 1
    spread(np.flatnonzero(flat > 0), top)
    while waiting:
        now = max(waiting)
        arrived = waiting.pop(now)
        to, label = (np.concatenate(parts) for parts in zip(*arrived))
        while to.size:
            to, first = np.unique(to, return_index=True)
            label = label[first]
            dry = flat[to] == 0
            to, label = to[dry], label[dry]
            flat[to] = label
            to, label = spread(to, now)
    return np.maximum(regions[1:-1, 1:-1], 0)


def find_instances(label_map: np.ndarray, connectivity: int = 8, min_size: int = 0, split_ratio: float = 0.0, seeds: list[tuple[int, int]] | None = None):
    """The single things of a label map.

    Parameters
    ----------
    label_map : (M, N) array of int
        Classes; 0 is background, 255 void.
    connectivity : {4, 8}
    min_size : int
        Pieces of fewer pixels are left out as fragments.
    split_ratio : float
        See `peaks`; 0 leaves every piece whole.
    seeds : list of (row, column), optional
        One pixel of each thing, in place of those that `peaks` finds. A piece without any holds no thing.

    Returns
    -------
    map : (M, N) array of int32
        The number of the thing at each pixel; 0 where there is none.
    things : list of Instance
        Thing number k is ``things[k - 1]``; the largest first, unless `seeds` gives the order.
    pieces, n_small : int
        How many connected pieces there were, and how many of these were too small.

    Raises
    ------
    LabelError
        A seed lies outside the picture, or there are too many of them.

    Examples
    --------
    >>> map, things, pieces, n_small = find_instances(np.array([[8, 8, 0, 8], [8, 8, 0, 0]]), min_size=2)
    >>> [thing.area for thing in things], pieces, n_small
    ([4], 2, 1)
    """
    label_map = _checked(label_map)
    pieces = components(label_map, connectivity)
    areas = np.bincount(pieces.ravel())
    large = [int(k) for k in np.argsort(-areas[1:], kind="stable") + 1 if areas[k] >= max(1, min_size)]
    given = None if seeds is None else _seeds_of(pieces, seeds)
    boxes = _boxes(pieces, len(areas))
    found, order = np.zeros(label_map.shape, np.int32), []
    for rank, piece in enumerate(large):
        row0, row1, column0, column1 = (int(v) for v in boxes[piece])
        window = np.s_[max(0, row0 - 1) : row1 + 1, max(0, column0 - 1) : column1 + 1]
        own, corner = pieces[window] == piece, (max(0, row0 - 1), max(0, column0 - 1))
        depth = _depth(own)
        here = _places(own, depth, corner, split_ratio, rank, None if given is None else given.get(piece, []))
        parts = _divided(own, depth, [(row - corner[0], column - corner[1]) for row, column in here])
        found[window][own] = np.where(parts[own] > 0, parts[own] + len(order), 0)
        order += here
    if given is not None:  # the visitor's order
        rank = {place: k + 1 for k, place in enumerate(dict.fromkeys(tuple(map(int, seed)) for seed in seeds))}
        order_of = sorted(range(len(order)), key=lambda k: rank[order[k]])
    else:
        sizes = np.bincount(found.ravel(), minlength=len(order) + 1)[1:]
        order_of = sorted(range(len(order)), key=lambda k: (-int(sizes[k]), k))
    renumber = np.zeros(len(order) + 1, np.int32)
    renumber[np.array(order_of, np.intp) + 1] = np.arange(1, len(order) + 1)
    found = renumber[found]
    return found, measure(found, label_map, [order[k] for k in order_of]), len(areas) - 1, len(areas) - 1 - len(large)


def _places(own, depth, corner, split_ratio, rank, given):
    """The seeds of a piece, in the whole picture."""
    if given is not None:
        return given
    if rank < MAX_SPLIT:
        here = peaks(own, split_ratio, depth)
    else:
        here = [tuple(map(int, np.argwhere(own)[0]))]
    return [(row + corner[0], column + corner[1]) for row, column in here]


def _divided(own, depth, seeds):
    if len(seeds) < 2:
        return own.astype(np.int32) * len(seeds)
    markers = np.zeros(own.shape, np.int32)
    for number, place in enumerate(seeds, 1):
        markers[place] = number
    return watershed(depth, markers, own)


def _seeds_of(pieces, seeds):
    """The seeds of each piece; those on no piece are nobody's."""
    if len(seeds) > MAX_SEEDS:
        raise LabelError(f"There are {len(seeds)} seeds.", f"Use at most {MAX_SEEDS}.")
    given: dict[int, list[tuple[int, int]]] = {}
    for row, column in dict.fromkeys((int(row), int(column)) for row, column in seeds):
        if not (0 <= row < pieces.shape[0] and 0 <= column < pieces.shape[1]):
            raise LabelError(f"The seed at row {row}, column {column} lies outside the picture.", "Choose a pixel of the picture.")
        if pieces[row, column]:
            given.setdefault(int(pieces[row, column]), []).append((row, column))
    return given


def measure(found: np.ndarray, label_map: np.ndarray, seeds: list[tuple[int, int]]) -> list[Instance]:
    """What is to be said of each thing: class, area, box. `seeds` has one place for each."""
    areas, boxes = np.bincount(found.ravel(), minlength=len(seeds) + 1), _boxes(found, len(seeds) + 1)
    return [Instance(k + 1, int(label_map[seed]), int(areas[k + 1]), tuple(int(v) for v in boxes[k + 1]), seed) for k, seed in enumerate(seeds)]


def upsample_instances(found: np.ndarray, label_map: np.ndarray, things: list[Instance]) -> np.ndarray:
    """Things found on a smaller copy, on the label map at its full size.

    Parameters
    ----------
    found : (m, n) array of int
        Numbers of `things`.
    label_map : (M, N) array of int
        The classes at full size.
    things : list of Instance
        Those that were found.

    Returns
    -------
    map : (M, N) array of int32
        Every pixel keeps its class: enlarged numbers count where the class agrees, and from there they spread over the rest of the class.
    """
    if found.shape == label_map.shape:
        return found
    rows, columns = (np.minimum(((np.arange(n) + 0.5) * k / n).astype(int), k - 1) for n, k in zip(label_map.shape, found.shape))
    large = found[rows[:, None], columns]
    classes = np.zeros(len(things) + 1, label_map.dtype)
    for thing in things:
        classes[thing.number] = thing.label
    large = np.where(classes[large] == label_map, large, 0).astype(np.int32)
    for label in {thing.label for thing in things}:
        inside = label_map == label
        large = np.where(inside, watershed(np.zeros(label_map.shape), np.where(inside, large, 0), inside), large)
    return large


def colours(n: int) -> np.ndarray:
    """(n + 1, 3) uint8: a colour for each thing, neighbours in the list far apart; row 0 is black."""
    hue = (np.arange(n) * 0.61803398875 + 0.58) % 1
    light = np.where(np.arange(n) % 2, 0.95, 0.72)
    wave = np.abs((hue[:, None] * 6 + np.array([0.0, 4.0, 2.0])) % 6 - 3) - 1
    rgb = light[:, None] * (1 - 0.72 * (1 - np.clip(wave, 0, 1)))
    return np.concatenate([np.zeros((1, 3), np.uint8), np.round(255 * rgb).astype(np.uint8)])


def _depth(piece):
    """Distance of every pixel of the piece to the nearest pixel outside; 1 everywhere where there is none outside."""
    outside = ~piece
    return np.where(piece, np.sqrt(distance_map(outside)), 0.0) if outside.any() else np.ones(piece.shape)


def _local_peaks(depth):
    """Pixels that none of their eight neighbours lies deeper than."""
    rows, columns = depth.shape
    framed = np.pad(depth, 1)
    highest = np.zeros_like(depth)
    for down in range(3):
        for right in range(3):
            np.maximum(highest, framed[down : down + rows, right : right + columns], out=highest)
    return depth >= highest


def _boxes(numbers, n):
    """(n, 4) array of int: row0, row1, column0, column1 of each number; zeros where it does not occur."""
    boxes = np.zeros((n, 4), np.int64)
    row, column = np.nonzero(numbers)
    if not row.size:
        return boxes
    which = numbers[row, column]
    low, high = np.full((n, 2), np.iinfo(np.int64).max), np.zeros((n, 2), np.int64)
    for axis, values in enumerate((row, column)):
        np.minimum.at(low[:, axis], which, values)
        np.maximum.at(high[:, axis], which, values + 1)
    there = high[:, 0] > 0
    boxes[there] = np.stack([low[:, 0], high[:, 0], low[:, 1], high[:, 1]], axis=1)[there]
    return boxes


def _checked(label_map):
    label_map = np.asarray(label_map)
    if label_map.ndim != 2 or label_map.dtype.kind not in "iub" or 0 in label_map.shape:
        raise LabelError(f"The label map is {label_map.dtype} of shape {label_map.shape}.", "Give an array (M, N) of whole numbers.")
    return label_map
