"""What was taught: a head on the stages of a network, learnt from strokes, that labels any photo. Its file is known in `head_file`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ..errors import NetworkError, StudioError
from ..labels import LabelSet, voc_colour_map
from ..networks import network as networks
from ..networks.base import Network
from ..networks.network import Prediction
from ..networks.stages import PhotoFeatures, product
from .classifier import UNTAUGHT
from .strokes import MAX_CLASSES

__all__ = ["MAX_HIDDEN", "Head", "class_set", "network_version"]

MAX_HIDDEN = 24
"""Widest hidden layer: with more, the file of a head on all stages would be larger than 100 kB."""


@dataclass(frozen=True, eq=False)
class Head:
    """A classifier of pixels on the stages of a network.

    Attributes
    ----------
    network : str
        Name of the network whose stages it reads.
    version : str
        Of that network, see `network_version`: its stages mean something else in another version.
    stages : tuple of str
    labels : LabelSet
        The classes, with their colours; ids are those of the strokes.
    mean, scale : (F,) array of float32
        Features are standardised: ``(feature - mean) / scale``.
    layers : tuple of (weights, bias)
        (out, in) and (out,) arrays of float32, from standardised features to logits; between two of them stands max(0, x).
    temperature : float
        Logits are divided by it, so that their softmax are probabilities that come true as often as they say.
    taught : (K,) array of bool
        Classes that had strokes; the others are found nowhere.
    """

    network: str
    version: str
    stages: tuple[str, ...]
    labels: LabelSet
    mean: np.ndarray
    scale: np.ndarray
    layers: tuple[tuple[np.ndarray, np.ndarray], ...]
    temperature: float = 1.0
    taught: np.ndarray = field(default_factory=lambda: np.ones(0, bool))

    @property
    def hidden(self) -> int:
        """Width of its hidden layer; 0 where it has none."""
        return len(self.layers[0][1]) if len(self.layers) > 1 else 0

    def affine(self) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
        """Its layers with everything else folded in: from raw features to calibrated logits.

        Returns
        -------
        tuple of (weights, bias)
            As `layers`; standardisation is in the first, temperature and `UNTAUGHT` classes are in the last.
        """
        first, bias = (part.astype(np.float64) for part in self.layers[0])
        weights = first / self.scale
        folded = [(weights, bias - weights @ self.mean), *((w.astype(np.float64), b.astype(np.float64)) for w, b in self.layers[1:])]
        last, bias = folded[-1]
        last, bias = last / self.temperature, bias / self.temperature
        last[~self.taught], bias[~self.taught] = 0, UNTAUGHT
        folded[-1] = last, bias
        return tuple((w.astype(np.float32), b.astype(np.float32)) for w, b in folded)

    def check(self, features: PhotoFeatures) -> None:
        """Refuse features that this head was not taught on.

        Raises
        ------
        NetworkError
            They are of another network, of another version of it, or of other stages.
        """
        if features.network.name != self.network:
            raise NetworkError(f"This head was taught on the network {self.network}, the features are of {features.network.name}.", f"Use the network {self.network}.")
        if network_version(self.network) != self.version:
            raise NetworkError(f"This head was taught on another version of the network {self.network}, whose stages mean something else.", "Teach it again with its strokes.")
        if features.names != self.stages or features.n_features != len(self.mean):
            raise NetworkError(f"This head looks at the stages {', '.join(self.stages)}; the features are of {', '.join(features.names)}.", "Compute the features of the head's stages.")

    def scores(self, features: PhotoFeatures) -> np.ndarray:
        """The logits at every point of the finest of the stages' grids: quick enough for every move of a pointer.

        Parameters
        ----------
        features : PhotoFeatures
            Of a photo: this network's, these stages.

        Returns
        -------
        logits : (K, h, w) array of float32
            Their softmax are calibrated probabilities, their argmax a small label map.

        Raises
        ------
        NetworkError
            The features are not those that the head was taught on.
        """
        self.check(features)
        first, *rest = self.affine()
        values = features.project(*first)
        for weights, bias in rest:
            np.maximum(values, 0, out=values)
            values = product(weights, values.reshape(len(values), -1)).reshape(-1, *values.shape[1:])
            values += bias[:, None, None]
        return values

    def predict(self, features: PhotoFeatures) -> Prediction:
        """Label every pixel of a photo.

        Parameters
        ----------
        features : PhotoFeatures
            Of the photo: this network's, these stages.

        Returns
        -------
        Prediction
            As a network's own: its label map, in image pixels; its logits, those of `scores`; its `network` is this network with the
            taught classes in place of its own.

        Raises
        ------
        NetworkError
            The features are not those that the head was taught on.
        """
        logits = self.scores(features)
        taught = replace(features.network, labels=self.labels, stride=features.stride, kind="logits", title=f"Taught on {features.network.title}")
        return Prediction(networks.upsample_labels(logits, features.shape, taught), logits, taught, (1, 3, *features.network.frame(features.shape)))


def network_version(network: str | Network) -> str:
    """What a network's stages depend on, as a short text: sources, conversion, preparation of the photo, stages and kind of weights.

    Another wording of its recipe leaves it as it is.

    Returns
    -------
    version : str
        16 hexadecimal digits.

    Raises
    ------
    NetworkError
        There is no such network among ours.

    Examples
    --------
    >>> network_version("deeplab") != network_version("deeplab_s16")
    True
    """
    name = network if isinstance(network, str) else network.name
    recipe = networks.recipes().get(name)
    if recipe is None:
        raise NetworkError(f"The network “{name}” is not one of ours, so its version is not known.", f"Use {', '.join(networks.recipes())}.")
    told = [recipe.get(key) for key in ("source", "conversion", "input", "own", "stages")] + [recipe.get("variants", {}).get("ship")]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]


def class_set(names: Sequence[str], colours: Sequence[Sequence[int]] | np.ndarray | None = None) -> LabelSet:
    """The classes that somebody teaches.

    Parameters
    ----------
    names : sequence of str
        Their position is the id.
    colours : (K, 3) array of int, optional
        RGB, 0 to 255; left out, those of the first PASCAL VOC classes.

    Returns
    -------
    LabelSet

    Raises
    ------
    StudioError
        There are too few or too many, two of one name, or colours that are none.

    Examples
    --------
    >>> class_set(["sky", "grass"]).names
    ('sky', 'grass')
    """
    names = tuple(str(name).strip()[:60] for name in names)
    if not 2 <= len(names) <= MAX_CLASSES:
        raise StudioError(f"{len(names)} classes were given.", f"Give 2 to {MAX_CLASSES}.")
    if not all(names) or len({name.casefold() for name in names}) < len(names):
        twice = next((name for name in names if not name or [each.casefold() for each in names].count(name.casefold()) > 1), "")
        raise StudioError(f"Two classes are called “{twice}”." if twice else "A class has no name.", "Give each a name of its own.")
    table = voc_colour_map(len(names) + 1)[1:] if colours is None else np.asarray(colours)
    if table.shape != (len(names), 3) or table.dtype.kind not in "iu" or table.min() < 0 or table.max() > 255:
        raise StudioError(f"The colours of the classes are {table.dtype} of shape {table.shape}.", f"Give red, green and blue from 0 to 255 for each of the {len(names)} classes.")
    return LabelSet("taught", names, table.astype(np.uint8))
