"""What lies behind a label map: scores before and after softmax, how sure they are, what argmax drops, and the layers inside a network."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import StudioError

__all__ = ["MEASURES", "UncertaintyMeasure", "MAP_FUNCTIONS", "Shades", "channel_map", "confidence", "entropy", "grid_box", "margin", "low_margin", "second_best", "shades", "softmax", "window"]

SHADES = 255


def softmax(scores: np.ndarray) -> np.ndarray:
    """Shares that add up to 1, of the scores along the first axis.

    Parameters
    ----------
    scores : (C, ...) array of float

    Returns
    -------
    shares : (C, ...) array of the same kind

    References
    ----------
    .. [1] C. M. Bishop, "Pattern Recognition and Machine Learning", Springer, 2006, equation 4.62.

    Examples
    --------
    >>> softmax(np.array([2.0, 4.0, 1.0])).round(2).tolist()
    [0.11, 0.84, 0.04]
    """
    powers = np.exp(scores - scores.max(axis=0))
    powers /= powers.sum(axis=0)
    return powers


def confidence(scores: np.ndarray) -> np.ndarray:
    """The largest share of each pixel: (C, ...) scores to (...) in 1 / C .. 1."""
    return 1 / np.exp(scores - scores.max(axis=0)).sum(axis=0)


def entropy(scores: np.ndarray) -> np.ndarray:
    """How spread the shares of each pixel are, in bits: 0 when one class has everything, log2(C) when all have the same.

    Parameters
    ----------
    scores : (C, ...) array of float

    Returns
    -------
    bits : (...) array

    References
    ----------
    .. [1] C. E. Shannon, "A Mathematical Theory of Communication", Bell System Technical Journal 27, 1948.

    Examples
    --------
    >>> entropy(np.zeros((8, 1))).tolist()
    [3.0]
    """
    # With s = score - largest and Z = sum(e^s): -sum(p * ln p) = ln Z - sum(e^s * s) / Z. No logarithm of a share that may be 0.
    below = scores - scores.max(axis=0)
    powers = np.exp(below)
    total = powers.sum(axis=0)
    return np.maximum((np.log(total) - (powers * below).sum(axis=0) / total) / np.log(2), 0)


def margin(scores: np.ndarray) -> np.ndarray:
    """How far the best score of each pixel is above the next: (C, ...) scores to (...)."""
    best = np.partition(scores, -2, axis=0)[-2:]
    return best[1] - best[0]


def second_best(scores: np.ndarray) -> np.ndarray:
    """The class that came second at each pixel, (...) array of uint8. Of equal scores the smaller id is the better one."""
    rest = scores.copy()
    np.put_along_axis(rest, scores.argmax(axis=0)[None], -np.inf, axis=0)
    return rest.argmax(axis=0).astype(np.uint8)


def low_margin(scores: np.ndarray, below: float) -> np.ndarray:
    """The pixels whose margin is smaller than `below`, (...) array of bool."""
    return margin(scores) < below


@dataclass(frozen=True)
class UncertaintyMeasure:
    """One way to say how sure a pixel is."""

    title: str
    unit: str
    help: str


MEASURES = {
    "confidence": UncertaintyMeasure("Confidence", "share", "The largest share after softmax. Bright: one class has nearly everything."),
    "entropy": UncertaintyMeasure("Entropy", "bits", "How spread the shares are. Bright: many classes have a share. 21 equal shares would be 4.39 bits."),
    "margin": UncertaintyMeasure("Margin", "score", "The best score less the second best, before softmax. Dark: a narrow win."),
}
MAP_FUNCTIONS = {"confidence": confidence, "entropy": entropy, "margin": margin}


@dataclass(frozen=True, eq=False)
class Shades:
    """Numbers as shades of one scale: 0 is `low`, 255 is `high`."""

    values: np.ndarray
    low: float
    high: float


def shades(numbers: np.ndarray, low: float | None = None, high: float | None = None) -> Shades:
    """Numbers as uint8, from the smallest to the largest of them, or between given ends (what lies outside gets the end).

    Examples
    --------
    >>> shades(np.array([-1.0, 0.0, 1.0])).values.tolist()
    [0, 128, 255]
    """
    low = float(numbers.min()) if low is None else low
    high = float(numbers.max()) if high is None else high
    share = (numbers - low) / (high - low) if high > low else np.zeros(numbers.shape)
    return Shades((np.clip(share, 0, 1) * SHADES + 0.5).astype(np.uint8), low, high)


def channel_map(activations: np.ndarray, show: str, channel: int = 0) -> tuple[np.ndarray, int]:
    """One grid of a layer, for the eye.

    Parameters
    ----------
    activations : (C, h, w) array of float
    show : {"mean", "strongest", "channel"}
        The mean of all channels; the largest of them at each point; one channel.
    channel : int
        Which, for "channel".

    Returns
    -------
    grid : (h, w) array of float
    busiest : int
        The channel that varies most over the picture (the largest standard deviation).

    Raises
    ------
    StudioError
        There is no such channel.
    """
    if not 0 <= channel < len(activations):
        raise StudioError(f"This layer has no channel {channel}.", f"Its channels are 0 to {len(activations) - 1}.")
    grid = {"mean": lambda: activations.mean(axis=0), "strongest": lambda: activations.max(axis=0), "channel": lambda: activations[channel]}[show]()
    return grid, int(activations.std(axis=(1, 2)).argmax())


def grid_box(points: int, stride: int, n_model: int, n_shown: int) -> tuple[float, float]:
    """Where the cells of a grid lie along one side of a picture: its first edge and its last.

    Point i stands at i * stride of the model's `n_model` pixels, and its cell reaches half a stride to either side; a grid of one
    point for the whole picture (stride 0) covers all of it.

    Parameters
    ----------
    points, stride : int
        Of the grid.
    n_model, n_shown : int
        Pixels of that side as the network sees it, and as it is shown.

    Returns
    -------
    first, last : float
        In shown pixels, counted from the picture's edge; they may lie outside.
    """
    if stride == 0:
        return 0.0, float(n_shown)
    scale = n_shown / n_model
    return (0.5 - stride / 2) * scale, ((points - 0.5) * stride + 0.5) * scale


def window(place: float, before: int, after: int, points: int, stride: int, n_model: int, n_shown: int) -> tuple[int, float, float, bool]:
    """The point of a grid that a place belongs to, and the part of the picture that the point sees, along one side.

    Parameters
    ----------
    place : float
        A pixel as it is shown; whole numbers are the centres of pixels.
    before, after : int
        How far the point sees, in pixels of the model.
    points, stride, n_model, n_shown : int
        As in `grid_box`.

    Returns
    -------
    point : int
    first, last : float
        Edges of what it sees within the picture, in shown pixels from the picture's edge.
    cut : bool
        Whether it would see further, were the picture larger.
    """
    if stride == 0:
        return 0, 0.0, float(n_shown), False
    scale = n_shown / n_model
    model = (place + 0.5) / scale - 0.5
    point = int(np.clip(np.floor(model / stride + 0.5), 0, points - 1))
    first, last = point * stride - before, point * stride + after + 1
    return point, max(first, 0) * scale, min(last, n_model) * scale, first < 0 or last > n_model
