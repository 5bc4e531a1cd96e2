"""A small network that learns, pixel by pixel, to tell one class from the rest: features of a photo, weights, Adam. Its losses are in `losses`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..errors import StudioError
from ..image import resize
from .losses import loss as loss_of

__all__ = ["GROUPS", "LONGEST", "PixelClassifier", "features", "reduced_shape"]

LONGEST = 128
"""Longest side, in pixels, of the copy of the photo that is learned from."""

GROUPS = {
    "colour": "the pixel's own red, green and blue",
    "surroundings": "mean colour and contrast of the 5 × 5 and the 15 × 15 pixels around it",
    "position": "where it is in the picture",
}
"""What the network may know of a pixel, by name."""

_DECAY, _DECAY2, _LEAST = 0.9, 0.999, 1e-8  # the values of the Adam paper


def reduced_shape(shape: tuple[int, int], longest: int = LONGEST) -> tuple[int, int]:
    """Rows and columns of the copy that is learned from.

    Examples
    --------
    >>> reduced_shape((768, 1024)), reduced_shape((40, 30))
    ((96, 128), (40, 30))
    """
    scale = min(1.0, longest / max(shape))
    return max(1, round(shape[0] * scale)), max(1, round(shape[1] * scale))


def features(photo: np.ndarray, groups: Sequence[str]) -> np.ndarray:
    """What the network is told of every pixel; each feature has mean 0 and variance 1 over the picture.

    Parameters
    ----------
    photo : (M, N, 3) array of uint8
        Already reduced: see `reduced_shape`.
    groups : sequence of str
        Keys of `GROUPS`, at least one.

    Returns
    -------
    features : (F, M * N) array of float32
        One feature a row: in that order the browser's NumPy, which has no BLAS, multiplies fastest. F is 3 for colour, 8 for surroundings, 10 for position.

    Raises
    ------
    StudioError
        No group, or one that does not exist.

    Examples
    --------
    >>> features(np.zeros((4, 5, 3), dtype=np.uint8), ["colour", "position"]).shape
    (13, 20)
    """
    unknown = [name for name in groups if name not in GROUPS]
    if unknown or not groups:
        raise StudioError(f"There is no group of features {unknown[0]!r}." if unknown else "The network is told nothing.", f"Choose from {', '.join(GROUPS)}.")
    colour = photo.astype(np.float64) / 255
    made = {"colour": lambda: [colour], "surroundings": lambda: _surroundings(colour), "position": lambda: [_position(photo.shape[:2])]}
    columns = np.concatenate([part for name in GROUPS if name in groups for part in made[name]()], axis=2)
    rows = columns.reshape(-1, columns.shape[2]).T
    rows = rows - rows.mean(axis=1, keepdims=True)
    spread = rows.std(axis=1, keepdims=True)
    return np.ascontiguousarray(rows / np.where(spread > 1e-6, spread, 1), dtype=np.float32)


def _surroundings(colour: np.ndarray) -> list[np.ndarray]:
    light = colour.mean(axis=2, keepdims=True)
    parts = []
    for radius in (2, 7):
        mean = _box_mean(light, radius)
        contrast = np.sqrt(np.maximum(_box_mean(light**2, radius) - mean**2, 0))
        parts += [_box_mean(colour, radius), contrast]
    return parts


def _box_mean(values: np.ndarray, radius: int) -> np.ndarray:
    """Mean over the square around each pixel, as far as it lies in the picture; values (M, N, C)."""
    for axis in (0, 1):
        n = values.shape[axis]
        sums = np.concatenate([np.zeros_like(values.take([0], axis)), np.cumsum(values, axis)], axis)
        first, last = np.maximum(np.arange(n) - radius, 0), np.minimum(np.arange(n) + radius + 1, n)
        count = (last - first).reshape((-1, 1, 1) if axis == 0 else (1, -1, 1))
        values = (sums.take(last, axis) - sums.take(first, axis)) / count
    return values


def _position(shape: tuple[int, int]) -> np.ndarray:
    """Row and column, and waves of both, so that a small network can draw a bounded area."""
    row, column = np.meshgrid(*(np.linspace(-1, 1, n) if n > 1 else np.zeros(1) for n in shape), indexing="ij")
    waves = [wave(np.pi * k * axis) for k in (1, 2) for axis in (row, column) for wave in (np.sin, np.cos)]
    return np.stack([row, column, *waves], axis=2)


class PixelClassifier:
    """A network of two hidden layers that is trained on all pixels of one picture at once.

    Parameters
    ----------
    inputs : (F, P) array of float
        From `features`.
    truth : (P,) array of bool
        Whether each pixel belongs to the class.
    loss : str
        A key of `losses.LOSSES`.
    rate : float
        Learning rate, above 0.
    seed : int
        Of the weights at the start. The same seed gives the same run, bit for bit, on the same machine.
    hidden : int
        Width of both hidden layers.

    Attributes
    ----------
    logits : (P,) array
        Scores of the network as it is now: above 0 means the class.
    losses, ious : list of float
        After 0, 1, 2 … steps. The IoU is that of ``logits > 0``; 0 where neither has a pixel.

    Raises
    ------
    StudioError
        Features and truth do not fit, or a number is out of range.

    References
    ----------
    .. [1] D. P. Kingma and J. Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015.
    .. [2] K. He, X. Zhang, S. Ren and J. Sun, "Delving Deep into Rectifiers", ICCV 2015 (the weights at the start).

    Examples
    --------
    >>> inputs = np.linspace(-1, 1, 40, dtype=np.float32)[None]
    >>> classifier = PixelClassifier(inputs, inputs[0] > 0.5, "cross_entropy", rate=0.02, seed=1)
    >>> for _ in range(60):
    ...     classifier.step()
    >>> classifier.ious[-1] > 0.8
    True
    """

    def __init__(self, inputs: np.ndarray, truth: np.ndarray, loss: str, rate: float, seed: int, hidden: int = 40) -> None:
        if inputs.ndim != 2 or truth.shape != inputs.shape[1:] or not inputs.size:
            raise StudioError(f"Features of shape {inputs.shape} do not fit a truth of shape {truth.shape}.", "Give (F, P) and (P,).")
        if not 0 < rate <= 1:
            raise StudioError(f"The learning rate is {rate:g}.", "Give a number above 0, at most 1.")
        if seed < 0:
            raise StudioError(f"The seed is {seed}.", "Give a whole number, at least 0.")
        self.inputs, self.truth, self.rate = inputs, truth.astype(bool), rate
        self._loss = loss_of(loss).compute
        random = np.random.default_rng(seed)
        sizes = (inputs.shape[0], hidden, hidden, 1)
        self.weights = [(random.standard_normal((b, a)) * np.sqrt(2 / a)).astype(inputs.dtype) for a, b in zip(sizes, sizes[1:])]
        self.biases = [np.zeros((b, 1), inputs.dtype) for b in sizes[1:]]
        self._moments = [(np.zeros_like(each), np.zeros_like(each)) for each in self.parameters]
        self.losses: list[float] = []
        self.ious: list[float] = []
        self._look()

    @property
    def parameters(self) -> list[np.ndarray]:
        """Weights (out, in) and biases (out, 1), layer by layer."""
        return [*self.weights, *self.biases]

    @property
    def n_weights(self) -> int:
        """How many numbers are learned."""
        return sum(each.size for each in self.parameters)

    @property
    def steps(self) -> int:
        """How many steps were taken."""
        return len(self.losses) - 1

    def step(self) -> None:
        """Change the weights once, by the gradient over all pixels."""
        t = self.steps + 1
        # of the mean and of the mean square, which both start at 0 and are too small at first
        rate = self.rate * np.sqrt(1 - _DECAY2**t) / (1 - _DECAY**t)
        for value, gradient, (mean, square) in zip(self.parameters, self.gradients(), self._moments, strict=True):
            mean += (1 - _DECAY) * (gradient - mean)
            square += (1 - _DECAY2) * (gradient * gradient - square)
            value -= (rate * mean / (np.sqrt(square) + _LEAST)).astype(value.dtype)
        self._look()

    def gradients(self) -> list[np.ndarray]:
        """The derivative of the loss by every weight and bias, in the order of `parameters`."""
        slope = self._slope[None]
        weights, biases = [], []
        for layer in (2, 1, 0):
            weights.append(np.einsum("hp,kp->hk", slope, self._seen[layer]))
            biases.append(slope.sum(axis=1, keepdims=True))
            if layer:
                slope = np.einsum("hk,hp->kp", self.weights[layer], slope)
                slope *= (self._seen[layer] > 0).astype(slope.dtype)
        return [*weights[::-1], *biases[::-1]]

    def _look(self) -> None:
        """Run the network on all pixels, and note its loss and its IoU."""
        self._seen = [self.inputs]  # what each layer is given
        for layer in (0, 1):
            raw = self._layer(layer)
            self._seen.append(np.where(raw > 0, raw, raw.dtype.type(0)))
        self.logits = self._layer(2)[0]
        value, self._slope = self._loss(self.logits, self.truth)
        self._slope = self._slope.astype(self.inputs.dtype)
        self.losses.append(value)
        found = self.logits > 0
        union = int(np.count_nonzero(found | self.truth))
        self.ious.append(int(np.count_nonzero(found & self.truth)) / union if union else 0.0)

    def _layer(self, layer: int) -> np.ndarray:
        """What a layer makes of what it is given; einsum, not @, which in a Python without BLAS takes twice the time."""
        out = np.einsum("hk,kp->hp", self.weights[layer], self._seen[layer])
        out += self.biases[layer]
        return out

    def mask(self, reduced: tuple[int, int], shape: tuple[int, int]) -> np.ndarray:
        """The mask at the size of the photo: the scores enlarged, then cut at 0, as large networks do it.

        Parameters
        ----------
        reduced, shape : tuple of int
            (rows, columns) of the copy that was learned from, and of the photo.

        Returns
        -------
        mask : (M, N) array of bool
        """
        return resize(self.logits.astype(np.float32).reshape(reduced), shape) > 0
