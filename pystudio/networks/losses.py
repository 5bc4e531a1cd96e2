"""Losses for a mask of one class: what each makes of scores and truth, and its gradient. What is trained with them is in `pixel_classifier`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..errors import StudioError

__all__ = ["LOSSES", "Loss", "loss", "lovasz_gradient"]

FOCUS = 2.0
"""The exponent of the focal loss; its authors found 2 best."""


@dataclass(frozen=True)
class Loss:
    """A loss and what a person should know of it.

    Attributes
    ----------
    name, title, summary, paper : str
    compute : function
        ``compute(logits, truth)`` with logits (P,) float, positive where the class is likelier than not, and truth (P,) bool,
        returns (loss, gradient): a float, and (P,) the derivative of the loss by every logit.
    """

    name: str
    title: str
    summary: str
    paper: str
    compute: Callable[[np.ndarray, np.ndarray], tuple[float, np.ndarray]]


def cross_entropy(logits: np.ndarray, truth: np.ndarray) -> tuple[float, np.ndarray]:
    """Mean of -log p, where p is the probability given to the right side of each pixel [1]_.

    References
    ----------
    .. [1] I. J. Good, "Rational Decisions", Journal of the Royal Statistical Society B 14(1), 1952, pp. 107-114.

    Examples
    --------
    >>> value, gradient = cross_entropy(np.zeros(2), np.array([True, False]))
    >>> round(value, 4), gradient.tolist()
    (0.6931, [-0.25, 0.25])
    """
    return _weighted(logits, truth, 1.0, 1.0)


def weighted_cross_entropy(logits: np.ndarray, truth: np.ndarray) -> tuple[float, np.ndarray]:
    """Cross-entropy in which the object's pixels together weigh as much as those of the background."""
    objects = int(np.count_nonzero(truth))
    half = truth.size / 2
    return _weighted(logits, truth, half / max(1, objects), half / max(1, truth.size - objects))


def _weighted(logits, truth, of_object, of_background):
    weights = np.where(truth, of_object, of_background).astype(logits.dtype)
    value = np.mean(weights * (_softplus(logits) - truth * logits), dtype=np.float64)
    return float(value), weights * (_sigmoid(logits) - truth) / truth.size


def focal(logits: np.ndarray, truth: np.ndarray) -> tuple[float, np.ndarray]:
    """Mean of -(1 - p)² log p: pixels that are right already hardly count [1]_.

    References
    ----------
    .. [1] T.-Y. Lin, P. Goyal, R. Girshick, K. He and P. Dollár, "Focal Loss for Dense Object Detection", ICCV 2017.
    """
    sign = np.where(truth, 1, -1).astype(logits.dtype)
    margin = sign * logits
    right, log = _sigmoid(margin), _softplus(-margin)
    strength = (1 - right) ** FOCUS
    value = np.mean(strength * log, dtype=np.float64)
    return float(value), -sign * strength * (FOCUS * right * log + 1 - right) / truth.size


def dice(logits: np.ndarray, truth: np.ndarray) -> tuple[float, np.ndarray]:
    """1 - Dice of the probabilities themselves, with one pixel added to both halves so that nothing is divided by nothing [1]_.

    References
    ----------
    .. [1] F. Milletari, N. Navab and S.-A. Ahmadi, "V-Net: Fully Convolutional Neural Networks for Volumetric Medical Image
           Segmentation", 3DV 2016. (They square the probabilities below the line; we do not, as C. H. Sudre et al., 2017.)
    """
    p = _sigmoid(logits)
    top = 2 * float(p[truth].sum(dtype=np.float64)) + 1
    bottom = float(p.sum(dtype=np.float64)) + int(np.count_nonzero(truth)) + 1
    slope = (top / bottom**2 - np.where(truth, 2 / bottom, 0)).astype(logits.dtype)
    return 1 - top / bottom, slope * p * (1 - p)


def lovasz_hinge(logits: np.ndarray, truth: np.ndarray) -> tuple[float, np.ndarray]:
    """The Lovász extension of 1 - IoU, over the hinge errors of the logits [1]_.

    References
    ----------
    .. [1] M. Berman, A. Rannen Triki and M. B. Blaschko, "The Lovász-Softmax loss", CVPR 2018.

    Examples
    --------
    >>> value, _ = lovasz_hinge(np.array([5.0, -5.0]), np.array([True, False]))
    >>> value
    0.0
    """
    sign = np.where(truth, 1, -1).astype(logits.dtype)
    errors = np.maximum(1 - sign * logits, 0)
    value, slope = _extension(errors, truth)
    return value, -sign * slope * (errors > 0)


def lovasz_softmax(logits: np.ndarray, truth: np.ndarray) -> tuple[float, np.ndarray]:
    """The Lovász extension of 1 - IoU, over the errors of the probabilities; the mean of object and background, where present [1]_.

    References
    ----------
    .. [1] M. Berman, A. Rannen Triki and M. B. Blaschko, "The Lovász-Softmax loss", CVPR 2018.
    """
    p = _sigmoid(logits)
    errors = np.where(truth, 1 - p, p)  # the same for both classes: they share one probability
    parts = [_extension(errors, side) for side in (truth, ~truth) if side.any()]
    value = sum(each for each, _ in parts) / len(parts)
    slope = sum(each for _, each in parts) / len(parts)
    return value, np.where(truth, -slope, slope) * p * (1 - p)


def _extension(errors: np.ndarray, truth: np.ndarray) -> tuple[float, np.ndarray]:
    """The Lovász extension of 1 - IoU at these errors, and its slope by each of them."""
    order = np.argsort(-errors, kind="stable")
    slope = np.empty_like(errors)
    slope[order] = lovasz_gradient(truth[order])
    return float(np.dot(errors.astype(np.float64), slope)), slope


def lovasz_gradient(truth: np.ndarray) -> np.ndarray:
    """By how much 1 - IoU rises when, one after the other, each pixel goes wrong.

    Parameters
    ----------
    truth : (P,) array of bool
        The true pixels, those with the largest errors first.

    Returns
    -------
    rises : (P,) array of float
        They sum to 1.

    Examples
    --------
    >>> lovasz_gradient(np.array([False, True, True])).round(3).tolist()
    [0.333, 0.333, 0.333]
    """
    objects = int(np.count_nonzero(truth))
    found = np.cumsum(truth)
    loss = 1 - (objects - found) / (objects + np.arange(1, truth.size + 1) - found)
    return np.diff(loss, prepend=0.0)


def loss(name: str) -> Loss:
    """The loss of this name.

    Raises
    ------
    StudioError
        There is none.
    """
    if name not in LOSSES:
        raise StudioError(f"There is no loss {name!r}.", f"There are {', '.join(LOSSES)}.")
    return LOSSES[name]


def _sigmoid(x: np.ndarray) -> np.ndarray:
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, small) / (1 + small)


def _softplus(x: np.ndarray) -> np.ndarray:
    return np.log1p(np.exp(-np.abs(x))) + np.where(x > 0, x, 0)


LOSSES = {each.name: each for each in (
    Loss("cross_entropy", "Cross-entropy", "Every pixel has the same say. Being sure and wrong costs most.", "Good, 1952", cross_entropy),
    Loss("weighted", "Weighted cross-entropy", "All the object's pixels together weigh as much as all of the background.", "", weighted_cross_entropy),
    Loss("focal", "Focal", "Pixels that are right already hardly count, so the hard ones do.", "Lin et al., 2017", focal),
    Loss("dice", "Dice", "Looks at the overlap as a whole: a picture full of background is worth nothing.", "Milletari et al., 2016", dice),
    Loss("lovasz_hinge", "Lovász hinge", "IoU itself, made smooth: each wrong pixel costs what it costs in IoU. Works on the raw scores.", "Berman et al., 2018", lovasz_hinge),
    Loss("lovasz_softmax", "Lovász softmax", "IoU itself, made smooth, of object and background. Works on the probabilities.", "Berman et al., 2018", lovasz_softmax),
)}  # fmt: skip
"""All losses by name."""
