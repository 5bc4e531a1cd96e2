"""How well a mask agrees with the truth, in numbers. Masks are painted in `segment.canvas` and shown in `render.colour`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import LabelError
from ..labels import VOID, check_label_map

__all__ = ["Grader", "Scores", "confusion", "difference", "scores"]


@dataclass(frozen=True, eq=False)
class Scores:
    """What a confusion matrix of K classes says.

    Attributes
    ----------
    pixel_accuracy : float
        Share of the judged pixels whose class is right; nan when no pixel is judged.
    intersection, union : (K,) array of int64
        Pixels of the class in both truth and mask; in either of them.
    iou : (K,) array of float
        Intersection over union, the Jaccard index; nan where the class is in neither.
    dice : (K,) array of float
        Twice the intersection over the sum of both areas; nan where the class is in neither.
    present : (K,) array of bool
        Classes in truth or mask: those that the means are taken over.
    mean_iou : float
        Mean `iou` of the classes present, the background among them.
    mean_iou_without_background : float
        The same without class 0; nan when only the background is present.
    pixels : int
        Number of judged pixels.
    """

    pixel_accuracy: float
    intersection: np.ndarray
    union: np.ndarray
    iou: np.ndarray
    dice: np.ndarray
    present: np.ndarray
    mean_iou: float
    mean_iou_without_background: float
    pixels: int


def confusion(truth: np.ndarray, prediction: np.ndarray, n_classes: int) -> np.ndarray:
    """Count the pixels of every pair of true and predicted class.

    Parameters
    ----------
    truth : (M, N) array of uint8
        True ids; pixels that are `VOID` (255) are not counted.
    prediction : (M, N) array of uint8
        Predicted ids, each below `n_classes`.
    n_classes : int
        K, at most 255.

    Returns
    -------
    confusion : (K, K) array of int64
        Rows are the truth, columns the prediction.

    Raises
    ------
    LabelError
        One is no label map, the shapes differ, or an id is not one of the K.

    Examples
    --------
    >>> truth = np.array([[0, 0, 1], [1, 1, 255]], dtype=np.uint8)
    >>> prediction = np.array([[0, 1, 1], [1, 0, 0]], dtype=np.uint8)
    >>> confusion(truth, prediction, 2).tolist()
    [[1, 1], [1, 2]]
    """
    _check(truth, prediction, n_classes)
    counts = np.zeros((n_classes, n_classes), dtype=np.int64)
    band = max(1, 2**20 // max(1, truth.shape[1]))  # rows at a time: counting widens every pixel to eight bytes
    for row in range(0, truth.shape[0], band):
        counts += _count(truth[row : row + band], prediction[row : row + band], n_classes)
    return counts


def scores(confusion: np.ndarray) -> Scores:
    """Grade a confusion matrix.

    Parameters
    ----------
    confusion : (K, K) array of int
        Rows are the truth, columns the prediction.

    Returns
    -------
    Scores

    Raises
    ------
    LabelError
        The matrix is not square, or holds anything but counts.

    References
    ----------
    .. [1] P. Jaccard, "The distribution of the flora in the alpine zone", New
           Phytologist 11(2), 1912, pp. 37-50.
    .. [2] L. R. Dice, "Measures of the amount of ecologic association between
           species", Ecology 26(3), 1945, pp. 297-302.
    .. [3] M. Everingham et al., "The PASCAL Visual Object Classes Challenge: A
           Retrospective", International Journal of Computer Vision 111, 2015.

    Examples
    --------
    >>> graded = scores(np.array([[1, 1, 0], [1, 2, 0], [0, 0, 0]]))
    >>> graded.pixel_accuracy, graded.iou.round(2).tolist(), round(graded.mean_iou, 3)
    (0.6, [0.33, 0.5, nan], 0.417)
    """
    confusion = _counts_of(confusion)
    intersection = confusion.diagonal().copy()
    areas = confusion.sum(axis=0) + confusion.sum(axis=1)
    union = areas - intersection
    present = union > 0
    pixels = int(confusion.sum())
    iou, dice = np.full((2, len(confusion)), np.nan)
    np.divide(intersection, union, out=iou, where=present)
    np.divide(2 * intersection, areas, out=dice, where=present)
    return Scores(
        pixel_accuracy=int(intersection.sum()) / pixels if pixels else np.nan,
        intersection=intersection,
        union=union,
        iou=iou,
        dice=dice,
        present=present,
        mean_iou=_mean(iou[present]),
        mean_iou_without_background=_mean(iou[1:][present[1:]]),
        pixels=pixels,
    )


class Grader:
    """Grade a mask again and again while it is painted, at the cost of what changed.

    Parameters
    ----------
    truth : (M, N) array of uint8
        True ids, `VOID` where nobody judged.
    mask : (M, N) array of uint8
        The array that is being painted. It is kept, not copied.
    n_classes : int
        K.

    Attributes
    ----------
    truth, mask : (M, N) array of uint8
        The arrays that were given.
    confusion : (K, K) array of int64
        As `metrics.confusion` would count it from scratch.

    Examples
    --------
    >>> truth = np.array([[1, 1], [0, 0]], dtype=np.uint8)
    >>> mask = np.zeros((2, 2), dtype=np.uint8)
    >>> grader = Grader(truth, mask, 2)
    >>> before = mask[0:1].copy()
    >>> mask[0] = 1
    >>> grader.update((0, 1, 0, 2), before)
    >>> grader.scores().mean_iou
    1.0
    """

    def __init__(self, truth: np.ndarray, mask: np.ndarray, n_classes: int) -> None:
        self.confusion = confusion(truth, mask, n_classes)
        self.truth = truth
        self.mask = mask
        self._n_classes = n_classes

    def update(self, box: tuple[int, int, int, int], before: np.ndarray) -> None:
        """Follow a change of the mask that has already been made.

        Parameters
        ----------
        box : tuple of int
            (row0, row1, column0, column1), half open: where the mask changed.
            Boxes given one after another for one change must not overlap.
        before : (row1 - row0, column1 - column0) array of uint8
            What the mask held there.

        Raises
        ------
        LabelError
            What the mask holds there, or held, is no part of a label map of the K classes. Nothing has been counted then.
        """
        row0, row1, column0, column1 = box
        truth = self.truth[row0:row1, column0:column1]
        after = self.mask[row0:row1, column0:column1]
        for name, ids in (("mask", after), ("mask before", before)):
            check_label_map(ids, name, self._n_classes)
        _check_shapes(truth, before)
        self.confusion += _count(truth, after, self._n_classes)
        self.confusion -= _count(truth, before, self._n_classes)

    def scores(self) -> Scores:
        """The mask's grades as it is now."""
        return scores(self.confusion)


def difference(truth: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Where a mask is wrong.

    Parameters
    ----------
    truth, mask : (M, N) array of uint8

    Returns
    -------
    difference : (M, N) array of uint8
        0 where they agree, 1 where they differ, 2 where the truth is `VOID`.

    Raises
    ------
    LabelError
        One is no label map, or the shapes differ.

    Examples
    --------
    >>> difference(np.array([[1, 2, 255]], dtype=np.uint8), np.array([[1, 1, 1]], dtype=np.uint8)).tolist()
    [[0, 1, 2]]
    """
    for name, ids in (("truth", truth), ("mask", mask)):
        check_label_map(ids, name)
    _check_shapes(truth, mask)
    wrong = (truth != mask).view(np.uint8)
    wrong[truth == VOID] = 2
    return wrong


def _count(truth: np.ndarray, prediction: np.ndarray, n_classes: int) -> np.ndarray:
    # Void becomes one row more, which is then left out: no pixel has to be picked by a mask.
    codes = np.minimum(truth, n_classes).astype(np.intp)
    codes *= n_classes
    codes += prediction
    counts = np.bincount(codes.ravel(), minlength=(n_classes + 1) * n_classes)
    return counts[: n_classes * n_classes].reshape(n_classes, n_classes)


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if values.size else float("nan")


def _check_shapes(truth: np.ndarray, mask: np.ndarray) -> None:
    if truth.ndim != 2 or truth.shape != mask.shape:
        raise LabelError(
            f"The truth has shape {truth.shape} and the mask {mask.shape}.", "Both must be label maps (M, N) of the same photo."
        )


def _counts_of(confusion: object) -> np.ndarray:
    found = np.asarray(confusion)
    if found.ndim != 2 or found.shape[0] != found.shape[1]:
        raise LabelError(f"A confusion matrix is square, this one has shape {found.shape}.", "Make it with `confusion`.")
    whole = found.dtype.kind in "uib" or found.dtype.kind == "f" and np.isfinite(found).all() and (found == np.rint(found)).all()
    if not whole or (found.size and found.min() < 0):
        raise LabelError("A confusion matrix counts pixels, this one holds other numbers.", "Give the counts, before anything is divided by them.")
    return found.astype(np.int64)


def _check(truth: np.ndarray, prediction: np.ndarray, n_classes: int) -> None:
    if isinstance(n_classes, bool) or not isinstance(n_classes, (int, np.integer)) or not 1 <= n_classes <= VOID:
        raise LabelError(f"The number of classes is {n_classes}.", f"Give a number from 1 to {VOID}.")
    for name, ids in (("truth", truth), ("prediction", prediction)):
        check_label_map(ids, name, None)
    _check_shapes(truth, prediction)
    check_label_map(truth, "truth", n_classes, void=True)
    check_label_map(prediction, "prediction", n_classes)
