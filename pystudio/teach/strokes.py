"""Strokes as sparse labels, and the samples that a classifier learns from. Pictures of strokes are read in `stroke_images`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import LabelError
from ..segment._components import label
from ..networks.stages import PhotoFeatures

__all__ = ["MAX_CLASSES", "MAX_SAMPLES", "UNLABELLED", "Samples", "check_strokes", "choose_pixels"]

UNLABELLED = -1
"""The label of a pixel that no stroke covers."""

MAX_CLASSES = 20

MAX_SAMPLES = 512
"""So many pixels of a photo are learnt from, at most, however much was drawn: more change little and cost time at every move of the pointer."""

_SPACING = 4  # network pixels between two samples of a stroke: nearer ones hardly differ, even on the finer grids


@dataclass(frozen=True, eq=False)
class Samples:
    """Pixels of strokes, and what each counts.

    Attributes
    ----------
    rows, columns : (n,) array of int
        Image pixels.
    labels : (n,) array of int
    weights : (n,) array of float64
        They sum to 1.
    strokes : (n,) array of int
        Which stroke each belongs to, from 0 on.
    """

    rows: np.ndarray
    columns: np.ndarray
    labels: np.ndarray
    weights: np.ndarray
    strokes: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)


def check_strokes(strokes: np.ndarray, shape: tuple[int, int], n_classes: int) -> None:
    """Refuse what are no sparse labels of a photo.

    Parameters
    ----------
    strokes : (M, N) array of int
        Classes from 0 on, and `UNLABELLED`.
    shape : tuple of int
        (M, N) of the photo.
    n_classes : int

    Raises
    ------
    LabelError
        Another shape, fractions, or a class that there is not.
    """
    if not isinstance(strokes, np.ndarray) or strokes.ndim != 2 or strokes.dtype.kind not in "iu":
        told = f"{strokes.dtype} of shape {strokes.shape}" if isinstance(strokes, np.ndarray) else type(strokes).__name__
        raise LabelError(f"The strokes are {told}.", f"Give an array (M, N) of whole numbers, {UNLABELLED} where there is no stroke.")
    if strokes.shape != tuple(shape):
        raise LabelError(f"The strokes have {strokes.shape[0]} rows and {strokes.shape[1]} columns, the photo has {shape[0]} and {shape[1]}.", "Give strokes of exactly the photo's size.")
    least, most = (int(strokes.min()), int(strokes.max())) if strokes.size else (0, 0)
    if least < UNLABELLED or most >= n_classes:
        raise LabelError(f"The strokes hold the class {least if least < UNLABELLED else most}.", f"With {n_classes} classes they are 0 to {n_classes - 1}, and {UNLABELLED} where there is no stroke.")


def choose_pixels(strokes: np.ndarray, features: PhotoFeatures, most: int = MAX_SAMPLES) -> Samples:
    """The pixels of strokes that are learnt from.

    A stroke is a connected set of pixels of one class. Of every 4 × 4 pixels of the network's frame that it covers, one is taken; where
    those are too many, the classes share the room evenly, and of each class samples at equal steps are taken. All classes count the same, all
    strokes within a class, and in a stroke every pixel that was drawn.

    Parameters
    ----------
    strokes : (M, N) array of int
        Checked: see `check_strokes`.
    features : PhotoFeatures
        Of that photo.
    most : int
        Samples at most; at least one a class is taken.

    Returns
    -------
    Samples
        Empty where there are no strokes.
    """
    drawn = strokes != UNLABELLED
    rows, columns = np.nonzero(drawn)
    classes = strokes[rows, columns].astype(np.intp)
    number = label(strokes, drawn, 8)[rows, columns].astype(np.int64)
    step = max(features.network.frame(features.shape)) / max(features.shape) / _SPACING  # cells an image pixel
    cell_rows, cell_columns = ((places * step).astype(np.int64) for places in (rows, columns))
    keys = (number * (int(cell_rows.max(initial=0)) + 1) + cell_rows) * (int(cell_columns.max(initial=0)) + 1) + cell_columns
    order = np.argsort(keys, kind="stable")
    first = np.flatnonzero(np.diff(keys[order], prepend=-1))
    pixels = np.diff(np.append(first, len(order)))
    chosen = order[first + pixels // 2]
    kept = _spread(classes[chosen], most)
    return _weighed(rows[chosen], columns[chosen], classes[chosen], number[chosen], pixels, kept)


def _spread(classes: np.ndarray, most: int) -> np.ndarray:
    """Places of the samples that are kept: every class may have an equal part of `most`, and what the small ones leave."""
    counts = np.bincount(classes)
    room, allowed = most, np.zeros_like(counts)
    waiting = sorted(np.flatnonzero(counts), key=lambda k: (counts[k], k))
    for done, k in enumerate(waiting):
        allowed[k] = min(counts[k], max(1, room // (len(waiting) - done)))
        room -= allowed[k]
    kept = [np.flatnonzero(classes == k)[np.linspace(0, counts[k] - 1, allowed[k]).round().astype(np.intp)] for k in waiting]
    return np.sort(np.concatenate(kept)) if kept else np.zeros(0, np.intp)


def _weighed(rows, columns, classes, number, pixels, kept):
    classes, number, pixels = classes[kept], number[kept], pixels[kept]
    _, stroke = np.unique(number, return_inverse=True)
    in_stroke = pixels / np.bincount(stroke, pixels)[stroke] if len(kept) else pixels
    of_class = np.zeros(int(stroke.max(initial=-1)) + 1, np.intp)
    of_class[stroke] = classes
    strokes_of_class = np.bincount(of_class)
    weights = in_stroke / strokes_of_class[classes] / max(1, np.count_nonzero(strokes_of_class)) if len(kept) else in_stroke.astype(float)
    return Samples(rows[kept], columns[kept], classes, weights, stroke)
