"""A classifier of feature vectors: multinomial logistic regression, optionally behind one hidden layer. Photos and strokes are not known here."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..errors import StudioError
from ..networks.stages import product
from .lbfgs import Minimum, minimise

__all__ = ["UNTAUGHT", "SoftmaxClassifier"]

UNTAUGHT = -1e4
"""The logit of a class of which there are no samples: its probability is 0 in single precision, and stays a number."""


class SoftmaxClassifier:
    """Logits that are linear in the features, or in the rectified outputs of one hidden layer; learnt by cross-entropy with an L2 penalty.

    The loss is ``sum(w_i * -log p_i) + l2 / 2 * sum(weights ** 2)``, where p_i is the softmax share [1]_ of the right class of sample i
    and the w_i sum to 1; biases are not penalised. Without a hidden layer it is convex and has one minimum.

    Parameters
    ----------
    n_features, n_classes : int
    hidden : int
        Width of the hidden layer; 0 for none.
    l2 : float
        Weight of the penalty, above 0.
    seed : int
        Of the hidden layer's weights at the start. Without one all start at 0.
    dtype : dtype
        In which is computed.

    Attributes
    ----------
    layers : list of (weights, bias)
        (out, in) and (out,) arrays, from the features to the logits.
    taught : (n_classes,) array of bool
        The classes that the last fit had samples of; the logits of others are `UNTAUGHT`.

    Raises
    ------
    StudioError
        A number is out of range.

    References
    ----------
    .. [1] C. M. Bishop, "Pattern Recognition and Machine Learning", Springer, 2006, section 4.3.4: the gradient is the sum of (p - y) x.

    Examples
    --------
    >>> inputs = np.array([[-1.0, -0.5, 0.5, 1.0]])
    >>> classifier = SoftmaxClassifier(1, 2)
    >>> classifier.fit(inputs, np.array([0, 0, 1, 1])).converged
    True
    >>> classifier.logits(inputs).argmax(axis=0).tolist()
    [0, 0, 1, 1]
    """

    def __init__(self, n_features: int, n_classes: int, hidden: int = 0, l2: float = 0.1, seed: int = 0, dtype: type = np.float32) -> None:
        if n_features < 1 or n_classes < 2 or hidden < 0:
            raise StudioError(f"A classifier cannot have {n_features} features, {n_classes} classes and a hidden layer of {hidden}.", "Give at least 1 feature and 2 classes.")
        if not 0 < l2 < np.inf:
            raise StudioError(f"The penalty of the weights is {l2:g}.", "Give a number above 0.")
        self.l2, self.taught = l2, np.ones(n_classes, bool)
        sizes = (n_features, hidden, n_classes) if hidden else (n_features, n_classes)
        random = np.random.default_rng(seed)
        # He et al., "Delving Deep into Rectifiers", ICCV 2015; the last layer starts at 0, where all classes are as likely
        first = [random.standard_normal((b, a)) * np.sqrt(2 / a) for a, b in zip(sizes[:-2], sizes[1:-1])]
        weights = [*first, np.zeros((sizes[-1], sizes[-2]))]
        self.layers = [(each.astype(dtype), np.zeros(len(each), dtype)) for each in weights]

    def fit(self, inputs: np.ndarray, labels: np.ndarray, weights: np.ndarray | None = None, steps: int = 100, tolerance: float = 1e-4) -> Minimum:
        """Learn from samples, starting at what is known already (warm start).

        Parameters
        ----------
        inputs : (F, n) array of float
            One feature a row.
        labels : (n,) array of int
        weights : (n,) array of float, optional
            What each sample counts; scaled so that they sum to 1. Left out, all classes count the same, and within one all samples.
        steps : int
            At most so many.
        tolerance : float
            Largest part of the gradient at which it stops.

        Returns
        -------
        Minimum

        Raises
        ------
        StudioError
            The arrays do not fit each other, or there are not two classes among the labels.
        """
        labels = np.asarray(labels)
        if inputs.ndim != 2 or labels.shape != inputs.shape[1:] or len(inputs) != self.layers[0][0].shape[1]:
            raise StudioError(f"Samples of shape {inputs.shape} do not fit {len(labels)} labels and {self.layers[0][0].shape[1]} features.", "Give (F, n) and (n,).")
        counts = np.bincount(labels, minlength=len(self.taught))
        if np.count_nonzero(counts) < 2 or len(counts) > len(self.taught):
            raise StudioError("There are not samples of two classes.", "Give samples of at least two of them.")
        self.taught = counts > 0
        shares = 1 / counts[labels] if weights is None else np.asarray(weights)
        shares = (shares / shares.sum()).astype(inputs.dtype)
        found = minimise(lambda place: self._at(place, inputs, labels, shares), self._packed(self.layers), steps, tolerance)
        self.layers = self._unpacked(found.place)
        return found

    def logits(self, inputs: np.ndarray) -> np.ndarray:
        """Scores of all classes before softmax: (F, n) to (K, n)."""
        return self._forward(self.layers, inputs)[-1]

    def loss_and_gradient(self, inputs: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> tuple[float, list[tuple[np.ndarray, np.ndarray]]]:
        """The loss of samples whose `weights` sum to 1, and its derivatives by weights and biases, in the order of `layers`."""
        return self._loss(self.layers, inputs, labels, weights)

    def _at(self, place, inputs, labels, shares):
        loss, gradient = self._loss(self._unpacked(place), inputs, labels, shares)
        return loss, self._packed(gradient)

    def _loss(self, layers, inputs, labels, shares):
        seen = self._forward(layers, inputs)
        scores = seen[-1] - seen[-1].max(axis=0)
        powers = np.exp(scores)
        totals = powers.sum(axis=0)
        own = np.arange(len(labels))
        loss = float(shares @ (np.log(totals) - scores[labels, own]))
        slope = powers / totals  # p, and with the right class taken off, p - y
        slope[labels, own] -= 1
        slope *= shares
        gradient = []
        for place in reversed(range(len(layers))):
            weights = layers[place][0]
            loss += self.l2 / 2 * float(np.vdot(weights, weights))
            by_weights = product(slope, seen[place].T)
            by_weights += self.l2 * weights
            gradient.append((by_weights, slope.sum(axis=1)))
            if place:
                slope = product(weights.T, slope)
                slope *= seen[place] > 0
        return loss, gradient[::-1]

    def _forward(self, layers: Sequence[tuple[np.ndarray, np.ndarray]], inputs: np.ndarray) -> list[np.ndarray]:
        """What each layer is given, and the logits."""
        seen = [inputs]
        for place, (weights, bias) in enumerate(layers):
            values = product(weights, seen[-1])
            values += bias[:, None]
            if place < len(layers) - 1:
                np.maximum(values, 0, out=values)
            seen.append(values)
        seen[-1][~self.taught] = UNTAUGHT
        return seen

    @staticmethod
    def _packed(layers):
        return np.concatenate([part.ravel() for layer in layers for part in layer])

    def _unpacked(self, place):
        layers, past = [], 0
        for weights, bias in self.layers:
            first, middle, past = past, past + weights.size, past + weights.size + bias.size
            layers.append((place[first:middle].reshape(weights.shape), place[middle:past]))
        return layers
