"""Things and stuff together, and panoptic quality: how well the things of one map are those of another. Things are found in `instances`.

In the 21 VOC classes every name but *background* can be counted: twenty things. Background is the only stuff, and a poor one: it says "none of the twenty",
where panoptic data sets have sky, road, grass and more. So a panoptic map made of VOC classes has one segment of stuff, whatever is in the picture.
"""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import LabelError
from ..labels import VOID, check_label_map

__all__ = ["STUFF", "ClassQuality", "Match", "Quality", "quality", "segments"]

STUFF = frozenset({0})
"""Classes that cannot be counted: background."""


@dataclass(frozen=True)
class Match:
    """A segment of the truth and one of the prediction that are the same: their IoU is above one half."""

    truth: int
    prediction: int
    label: int
    iou: float


@dataclass(frozen=True)
class ClassQuality:
    """Panoptic quality of one class; `iou` is the sum over its matches."""

    label: int
    tp: int
    fp: int
    fn: int
    iou: float

    @property
    def sq(self) -> float:
        """Segmentation quality: the mean IoU of the matches; 0 without any."""
        return self.iou / self.tp if self.tp else 0.0

    @property
    def rq(self) -> float:
        """Recognition quality: the F1 score of finding."""
        return self.tp / (self.tp + self.fp / 2 + self.fn / 2)

    @property
    def pq(self) -> float:
        return self.sq * self.rq


@dataclass(frozen=True)
class Quality:
    """What was matched, and panoptic quality class by class.

    Attributes
    ----------
    matches : list of Match
    missed, extra : list of int
        Segments of the truth, and of the prediction, without a partner.
    classes : list of ClassQuality
        Those that occur.
    """

    matches: list[Match]
    missed: list[int]
    extra: list[int]
    classes: list[ClassQuality]

    def mean(self, of: str = "pq", which=None) -> float:
        """Mean over the classes (over those in `which`, if given) of "pq", "sq" or "rq"; NaN over none."""
        values = [getattr(each, of) for each in self.classes if which is None or each.label in which]
        return float(np.mean(values)) if values else float("nan")


def segments(label_map: np.ndarray, found: np.ndarray, stuff=STUFF) -> tuple[np.ndarray, dict[int, int]]:
    """A panoptic map: every pixel a segment, every segment a class.

    Parameters
    ----------
    label_map : (M, N) array of int
        Classes.
    found : (M, N) array of int
        Numbers of things; 0 where there is none.
    stuff : set of int
        Classes that cannot be counted.

    Returns
    -------
    map : (M, N) array of int32
        Numbers of segments: those of `found`, and after them one for each class of stuff; 0 is void (void in the label map, and fragments of things).
    classes : dict
        Class of each segment.

    Raises
    ------
    LabelError
        The shapes differ.

    Examples
    --------
    >>> segments(np.array([[0, 8, 8]]), np.array([[0, 1, 0]]))
    (array([[2, 1, 0]], dtype=int32), {1: 8, 2: 0})
    """
    if label_map.shape != found.shape:
        raise LabelError(f"The maps have the shapes {label_map.shape} and {found.shape}.", "Give two maps of the same picture.")
    whole = np.where(np.isin(label_map, list(stuff)) | (label_map == VOID), 0, found).astype(np.int32)
    numbers, first = np.unique(whole, return_index=True)
    classes = {int(number): int(label_map.ravel()[place]) for number, place in zip(numbers, first) if number}
    free = int(found.max(initial=0)) + 1
    for label in sorted(stuff):
        if (where := label_map == label).any():
            whole[where] = free
            classes[free] = label
            free += 1
    return whole, classes


def quality(truth: np.ndarray, truth_classes: dict[int, int], prediction: np.ndarray, prediction_classes: dict[int, int]) -> Quality:
    """Match the segments of two panoptic maps and grade them.

    Parameters
    ----------
    truth : (M, N) array of int
        Numbers of segments; 0 is void.
    truth_classes : dict
        Class of each segment.
    prediction : (M, N) array of int
    prediction_classes : dict

    Returns
    -------
    Quality

    Raises
    ------
    LabelError
        One is no label map, the shapes differ, or a segment has no class.

    Notes
    -----
    A. Kirillov et al., "Panoptic Segmentation", *CVPR*, 2019. Two segments match where they are of one class and their IoU is above 1/2, and then neither can
    match another. Void pixels of the truth count for nobody; a segment of the prediction that lies mostly on them is not held against it.

    Examples
    --------
    >>> found = quality(np.array([[1, 1, 1, 2]]), {1: 8, 2: 0}, np.array([[1, 1, 2, 2]]), {1: 8, 2: 0})
    >>> found.matches
    [Match(truth=1, prediction=1, label=8, iou=0.6666666666666666)]
    """
    check_label_map(truth, "truth")
    check_label_map(prediction, "prediction")
    if truth.shape != prediction.shape:
        raise LabelError(f"The maps have the shapes {truth.shape} and {prediction.shape}.", "Give two maps of the same picture.")
    for name, ids, classes in (("truth", truth, truth_classes), ("prediction", prediction, prediction_classes)):
        if missing := [int(segment) for segment in np.unique(ids) if segment and int(segment) not in classes]:
            raise LabelError(f"Segment {missing[0]} of the {name} has no class.", "Name the class of every segment; 0 is void.")
    wide = int(prediction.max(initial=0)) + 1
    codes, counts = np.unique(truth.astype(np.int64) * wide + prediction, return_counts=True)
    common = {divmod(int(code), wide): int(count) for code, count in zip(codes, counts)}
    sizes_t = _totals(common, 0)
    sizes_p = _totals(common, 1)
    matches = []
    for (t, p), inside in common.items():
        if not t or not p or truth_classes[t] != prediction_classes[p]:
            continue
        iou = inside / (sizes_t[t] + sizes_p[p] - inside - common.get((0, p), 0))
        if iou > 0.5:
            matches.append(Match(t, p, truth_classes[t], iou))
    met_t, met_p = {m.truth for m in matches}, {m.prediction for m in matches}
    missed = [t for t in sorted(sizes_t) if t and t not in met_t]
    extra = [p for p in sorted(sizes_p) if p and p not in met_p and common.get((0, p), 0) <= sizes_p[p] / 2]
    return Quality(matches, missed, extra, _by_class(matches, [truth_classes[t] for t in missed], [prediction_classes[p] for p in extra]))


def _totals(common, side):
    totals: dict[int, int] = {}
    for pair, count in common.items():
        totals[pair[side]] = totals.get(pair[side], 0) + count
    return totals


def _by_class(matches, missed, extra):
    there = sorted({m.label for m in matches} | set(missed) | set(extra))
    of = {label: [m.iou for m in matches if m.label == label] for label in there}
    return [ClassQuality(label, len(of[label]), extra.count(label), missed.count(label), float(sum(of[label]))) for label in there]
