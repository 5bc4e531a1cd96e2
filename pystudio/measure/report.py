"""Every grade of one class of a mask, each with what it counts and its formula in this mask's own numbers. The grades come from `metrics` and `boundary`."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .boundary import BoundaryScores, Reference
from .metrics import Scores, confusion, scores

__all__ = ["Comparison", "Measure", "compare", "downsample_labels"]

_THIN = "\u202f"  # between groups of digits, as the page writes them


@dataclass(frozen=True)
class Measure:
    """One grade, in words.

    Attributes
    ----------
    name : str
        "accuracy", "precision", "recall", "iou", "mean_iou", "dice", "boundary_f", "hausdorff" or "hausdorff95".
    title : str
    value : float
        A share, or a number of pixels; nan where it is not defined.
    shown : str
        The value as a person reads it.
    formula : str
        How it comes about, with this mask's numbers.
    counts : str
        What it counts, in a sentence.
    """

    name: str
    title: str
    value: float
    shown: str
    formula: str
    counts: str


@dataclass(frozen=True, eq=False)
class Comparison:
    """A mask beside the truth.

    Attributes
    ----------
    scores : Scores
        Of all classes.
    boundaries : BoundaryScores
        Of the class looked at.
    measures : tuple of Measure
    overlap : (M, N) array of uint8
        Of the class: 1 in both, 2 only in the truth, 3 only in the mask; where it is in neither 4 if the truth has another class
        than 0 there, else 0.
    edges : (M, N) array of uint8
        Boundary pixels: 1 of the truth and 2 of the mask within the tolerance, 3 and 4 those that are not, 0 elsewhere. Where both
        boundaries lie on one pixel it is 1.
    """

    scores: Scores
    boundaries: BoundaryScores
    measures: tuple[Measure, ...]
    overlap: np.ndarray
    edges: np.ndarray


def downsample_labels(label_map: np.ndarray, longest: int) -> np.ndarray:
    """A smaller copy of a label map: of each new pixel the label that lies in its middle.

    Parameters
    ----------
    label_map : (M, N) array
    longest : int
        Neither side of the copy is longer; a map that is small enough is returned as it is.

    Examples
    --------
    >>> downsample_labels(np.arange(12).reshape(2, 6), 3).tolist()
    [[7, 9, 11]]
    """
    scale = longest / max(label_map.shape)
    if scale >= 1:
        return label_map
    rows, columns = (((np.arange(k := max(1, round(n * scale))) + 0.5) * n / k).astype(int) for n in label_map.shape)
    return label_map[rows[:, None], columns]


def compare(truth: np.ndarray, prediction: np.ndarray, label: int, tolerance: float, n_classes: int, reference: Reference | None = None) -> Comparison:
    """Grade one class of a mask in every way.

    Parameters
    ----------
    truth, prediction : (M, N) array of uint8
        Ids below `n_classes`.
    label : int
        The class looked at.
    tolerance : float
        Of the boundary F, in pixels.
    n_classes : int
    reference : Reference, optional
        That of ``truth == label``, where it is known from before.

    Returns
    -------
    Comparison

    Examples
    --------
    >>> truth = np.array([[1, 1, 0, 0]], dtype=np.uint8)
    >>> found = compare(truth, np.roll(truth, 1), 1, tolerance=1, n_classes=2)
    >>> [(m.name, m.shown) for m in found.measures[3:6]]
    [('iou', '33.3%'), ('mean_iou', '33.3%'), ('dice', '50.0%')]
    """
    wanted, given = truth == label, prediction == label
    reference = reference or Reference(wanted)
    table = confusion(truth, prediction, n_classes)
    graded, near = scores(table), reference.compare(given, tolerance)
    overlap = (wanted & given) + 2 * (wanted & ~given).astype(np.uint8) + 3 * (given & ~wanted).astype(np.uint8)
    overlap[(overlap == 0) & (truth != 0)] = 4
    measures = (*_areas(graded, table, label), *_edges(near, tolerance))
    return Comparison(graded, near, measures, overlap.astype(np.uint8), _drawn(near))


def _drawn(near: BoundaryScores) -> np.ndarray:
    drawn = np.zeros(near.truth_edge.shape, dtype=np.uint8)
    drawn[near.prediction_edge] = 4
    drawn[near.prediction_near] = 2
    drawn[near.truth_edge & ~near.truth_near] = 3
    drawn[near.truth_near] = 1
    return drawn


def _areas(graded: Scores, table: np.ndarray, label: int) -> list[Measure]:
    both, in_truth, in_mask = int(table[label, label]), int(table[label].sum()), int(table[:, label].sum())
    right, union = int(graded.intersection.sum()), in_truth + in_mask - both
    of = lambda top, bottom: top / bottom if bottom else math.nan
    share = lambda name, title, top, bottom, counts: _measure(name, title, of(top, bottom), f"{_n(top)} ÷ {_n(bottom)}", counts)
    present = np.flatnonzero(graded.present)
    return [
        share("accuracy", "Pixel accuracy", right, graded.pixels, "Pixels of the whole picture whose class is right, background too."),
        share("precision", "Precision", both, in_mask, "Of the pixels in the mask: how many are in the truth."),
        share("recall", "Recall", both, in_truth, "Of the pixels in the truth: how many are in the mask."),
        share("iou", "IoU", both, union, "Pixels in both, out of those in at least one of the two."),
        _measure("mean_iou", "Mean IoU", graded.mean_iou, f"({' + '.join(_percent(graded.iou[k]) for k in present)}) ÷ {len(present)}",
                 "The IoU of every class, background among them, each with the same say."),
        _measure("dice", "Dice", of(2 * both, in_truth + in_mask), f"2 × {_n(both)} ÷ ({_n(in_truth)} + {_n(in_mask)})",
                 "Pixels in both, counted twice, out of both areas together."),
    ]


def _edges(near: BoundaryScores, tolerance: float) -> list[Measure]:
    count = lambda array: int(np.count_nonzero(array))
    truth, mask = count(near.truth_edge), count(near.prediction_edge)
    f = (f"precision {_n(count(near.prediction_near))} ÷ {_n(mask)}, recall {_n(count(near.truth_near))} ÷ {_n(truth)}; "
         f"2 × {_percent(near.precision)} × {_percent(near.recall)} ÷ ({_percent(near.precision)} + {_percent(near.recall)})")
    none = "Neither mask has a pixel." if not truth and not mask else f"The {'truth' if not truth else 'mask'} has no pixel to measure to."
    if near.pair:
        row, column, to_row, to_column = near.pair
        down, across = abs(row - to_row), abs(column - to_column)
        line = f"√({_n(down)}² + {_n(across)}²), from the {'truth' if near.furthest_of == 'truth' else 'mask'} at row {row}, column {column}"
        most = f"95 of 100 boundary pixels are nearer than this; {_n(truth)} and {_n(mask)} pixels, the worse side counts"
    else:
        line = most = none
    return [
        _measure("boundary_f", "Boundary F", near.f, f if truth and mask else none, f"Boundary pixels that have the other boundary within {tolerance:g} px, from both sides."),
        _measure("hausdorff", "Hausdorff distance", near.hausdorff, line, "The boundary pixel that is furthest from the other boundary decides alone.", pixels=True),
        _measure("hausdorff95", "Hausdorff 95", near.hausdorff95, most, "The same, but the worst twentieth of the pixels is left out.", pixels=True),
    ]


def _measure(name: str, title: str, value: float, formula: str, counts: str, pixels: bool = False) -> Measure:
    if math.isnan(value):
        shown, formula = "–", "0 ÷ 0: not defined, there is nothing to count."
    elif math.isinf(value):
        shown = "∞"
    else:
        shown = f"{value:.1f} px" if pixels else _percent(value)
    return Measure(name, title, float(value), shown, formula, counts)


def _n(count: int) -> str:
    return f"{count:,}".replace(",", _THIN)


def _percent(share: float) -> str:
    """A share in words; what is not all is never called 100%, nor what is not nothing 0%."""
    if math.isnan(share):
        return "–"
    words = f"{100 * share:.1f}%"
    if words == "100.0%" and share < 1:
        return ">99.9%"
    return "<0.1%" if words == "0.0%" and share > 0 else words
