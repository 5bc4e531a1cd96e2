"""How well regions that nobody has named fit a thing that somebody has. Masks with classes are graded in `metrics`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import LabelError
from ..labels import VOID, check_label_map

__all__ = ["Match", "best_iou", "best_ious"]

_BAND = 2**20  # pixels at a time: counting widens each to eight bytes


@dataclass(frozen=True)
class Match:
    """How well regions fit one thing.

    Attributes
    ----------
    region : int
        The region whose IoU is largest, the first of several; 0 if none touches the thing.
    region_iou : float
        Its intersection over union with the thing.
    union : tuple of int
        The regions that fit it best taken together, in ascending order.
    union_iou : float
        Their IoU: what these regions could give at best to somebody who knows which to take.
    pixels : int
        Of the thing.
    """

    region: int
    region_iou: float
    union: tuple[int, ...]
    union_iou: float
    pixels: int


def best_iou(label_map: np.ndarray, truth: np.ndarray) -> Match:
    """The region, and the union of regions, that fit a mask best.

    Parameters
    ----------
    label_map : (M, N) array of int
        Regions 1 to K; 0 is no region and is never chosen.
    truth : (M, N) array of bool

    Returns
    -------
    Match

    Raises
    ------
    LabelError
        One is no label map, the shapes differ, `truth` is not of bool, or it is empty: IoU with nothing is not defined.

    Notes
    -----
    Let region i have a_i pixels inside the truth T and b_i outside. A union U of regions has
    IoU(U) = Σ a_i / (|T| + Σ b_i), summed over U. To take every region that lies more than half inside,
    a_i > b_i, maximises Σ (a_i - b_i): it gives the most *pixels right*, the "achievable segmentation
    accuracy" of the superpixel literature [2]_, but not the best IoU. If λ is the best IoU there is, then
    Σ (a_i - λ b_i) - λ |T| is 0 for the best union and at most 0 for any other [1]_; so the best union may
    be taken to hold exactly the regions with a_i > λ b_i: those most inside, down to a share of
    λ / (1 + λ), which is never above one half. λ is not known, but sorted by a_i / (a_i + b_i) those
    regions come first, so that the best union is the best of K beginnings of that order. One count of
    all pixels and one sort decide, exactly.

    References
    ----------
    .. [1] W. Dinkelbach, "On Nonlinear Fractional Programming", Management Science 13(7), 1967, pp. 492-498.
    .. [2] M.-Y. Liu, O. Tuzel, S. Ramalingam and R. Chellappa, "Entropy Rate Superpixel Segmentation",
           CVPR 2011, pp. 2097-2104.

    Examples
    --------
    >>> label_map = np.array([[1, 1, 2, 2, 3]])
    >>> best_iou(label_map, np.array([[True, True, True, False, False]]))
    Match(region=1, region_iou=0.6666666666666666, union=(1, 2), union_iou=0.75, pixels=3)
    """
    check_label_map(label_map, "label map of the regions")
    check_label_map(truth, "truth")
    if truth.dtype != bool:
        raise LabelError(f"The truth is {truth.dtype}.", "Give a mask of bool, or ask `best_ious` about a label map.")
    counts = _counts(label_map, truth.view(np.uint8), np.array([0, 1]))
    if not counts[:, 1].any():
        raise LabelError("The truth is empty.", "Give a mask with at least one pixel.")
    return _match(counts[:, 1], counts.sum(axis=1))


def best_ious(label_map: np.ndarray, truth: np.ndarray) -> dict[int, Match]:
    """The region, and the union of regions, that fit each class of a label map best.

    Parameters
    ----------
    label_map : (M, N) array of int
        Regions 1 to K; 0 is no region.
    truth : (M, N) array of uint8
        Class ids. 0, the background, is not asked about; pixels that are `VOID` (255) count for nothing.

    Returns
    -------
    matches : dict of int to Match
        Of the classes present, in ascending order.

    Raises
    ------
    LabelError
        One is no label map, the shapes differ, or `truth` is not of uint8.

    Examples
    --------
    >>> {id: match.region for id, match in best_ious(np.array([[1, 1, 2]]), np.array([[0, 8, 12]], dtype=np.uint8)).items()}
    {8: 1, 12: 2}
    """
    check_label_map(label_map, "label map of the regions")
    check_label_map(truth, "truth")
    if truth.dtype != np.uint8:
        raise LabelError(f"The truth is {truth.dtype}.", "Give class ids of uint8, or ask `best_iou` about a mask.")
    ids = np.flatnonzero(np.bincount(truth.ravel(), minlength=VOID + 1)[:VOID])
    counts = _counts(label_map, truth, ids)
    sizes = counts.sum(axis=1)
    return {int(id): _match(counts[:, place], sizes) for place, id in enumerate(ids) if id != 0}


def _counts(label_map: np.ndarray, truth: np.ndarray, ids: np.ndarray) -> np.ndarray:
    """(K + 1, len(ids)) pixels of every region and class; other classes are left out."""
    if label_map.ndim != 2 or label_map.shape != truth.shape:
        raise LabelError(
            f"The regions have shape {label_map.shape} and the truth {truth.shape}.", "Both must be of the same photo, (M, N)."
        )
    regions, classes = int(label_map.max(initial=0)) + 1, len(ids)
    places = np.full(VOID + 1, classes)
    places[ids] = np.arange(classes)
    table = np.zeros(regions * (classes + 1), dtype=np.int64)
    labels, truths = label_map.ravel(), truth.ravel()
    for start in range(0, labels.size, _BAND):
        codes = labels[start : start + _BAND].astype(np.intp)
        codes *= classes + 1
        codes += places[truths[start : start + _BAND]]
        found = np.bincount(codes)
        table[: len(found)] += found
    return table.reshape(regions, classes + 1)[:, :classes]


def _match(inside: np.ndarray, sizes: np.ndarray) -> Match:
    """From the pixels of each region (0: no region) inside a thing, and in all."""
    pixels = int(inside.sum())
    touching = 1 + np.flatnonzero(inside[1:])
    if touching.size == 0:
        return Match(0, 0.0, (), 0.0, pixels)
    inside, sizes = inside[touching], sizes[touching]
    ious = inside / (pixels + sizes - inside)
    best = int(ious.argmax())
    order = np.argsort(-inside / sizes, kind="stable")
    covered = np.cumsum(inside[order])
    of_unions = covered / (pixels + np.cumsum((sizes - inside)[order]))
    last = int(of_unions.argmax())
    union = tuple(sorted(touching[order[: last + 1]].tolist()))
    return Match(int(touching[best]), float(ious[best]), union, float(of_unions[last]), pixels)
