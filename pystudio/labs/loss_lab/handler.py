"""The handler of the loss lab: two small networks, side by side, that learn a mask of the open photo in short slices of time."""

import time
from dataclasses import dataclass
from typing import Literal, NotRequired, TypedDict

import numpy as np

from ...errors import StudioError
from ...image import resize
from ...labels import VOC
from ...networks import pixel_classifier
from ...networks.losses import LOSSES
from ...session.labs import LabHandler
from ...session.wire_types import Colour, Nothing, Painted, Uint8Array

LONGEST_SLICE = 0.25
"""Seconds that one call may train at most: other calls are answered in between."""


class LossDescription(TypedDict):
    name: str
    title: str
    summary: str
    paper: str


class FeatureGroup(TypedDict):
    name: str
    summary: str


class LossPreset(TypedDict):
    name: str
    title: str
    summary: str
    photo: str | None
    label: str | None
    groups: list[str]
    a: str
    b: str
    rate: float
    steps: int
    seed: int


class LossAbout(TypedDict):
    losses: list[LossDescription]
    groups: list[FeatureGroup]
    presets: list[LossPreset]


class LossOpen(TypedDict):
    run: Literal["a", "b"]
    loss: str
    teacher: Literal["network", "paint"]
    network: str
    label: NotRequired[int]
    groups: list[str]
    rate: float
    seed: int


class TeacherClass(TypedDict):
    id: int
    name: str
    colour: Colour
    pixels: int


class LossOpened(TypedDict):
    """The copy that is learned from: its size, and how many of its pixels belong to the class."""

    rows: int
    columns: int
    pixels: int
    id: int
    name: str
    colour: Colour
    choices: list[TeacherClass]
    features: int
    weights: int
    loss: float
    iou: float
    truth: Uint8Array
    probabilities: Uint8Array


class LossTrain(TypedDict):
    run: Literal["a", "b"]
    steps: int
    seconds: float


class LossTrained(TypedDict):
    """`losses` and `ious` after each of the new steps; `probabilities` 0 to 255, above 127 where the network says the class."""

    step: int
    losses: list[float]
    ious: list[float]
    found: int
    probabilities: Uint8Array
    seconds: float


class LossRunName(TypedDict):
    run: Literal["a", "b"]


class LossMask(TypedDict):
    rows: int
    columns: int
    mask: Uint8Array
    iou: float | None
    pixels: int


CALLS = {
    "loss_lab.about": (Nothing, LossAbout),
    "loss_lab.open": (LossOpen, LossOpened),
    "loss_lab.train": (LossTrain, LossTrained),
    "loss_lab.mask": (LossRunName, LossMask),
    "loss_lab.paint": (LossRunName, Painted),
}

PRESETS = [
    {"name": "learn", "title": "Learn the object", "photo": None, "label": None, "groups": ["colour", "surroundings", "position"], "a": "cross_entropy", "b": "dice",
     "rate": 0.01, "steps": 150, "seed": 1,
     "summary": "Everything the network may know, and the largest object in the photo. Both losses get there: with a large object and good features the loss hardly matters."},
    {"name": "collapse", "title": "The small object vanishes", "photo": "astronaut", "label": "bottle", "groups": ["colour"], "a": "cross_entropy", "b": "dice",
     "rate": 0.01, "steps": 200, "seed": 1,
     "summary": "The big network calls the model of the space shuttle a bottle: less than one pixel in a hundred. Ours sees colour only, and every colour of the shuttle is also elsewhere in the photo. "
              "So for each colour, background is the better bet, and cross-entropy learns exactly that: a mask with nothing in it, right for 99 pixels of 100. "
              "Dice gets nothing for background, so it has to guess, and finds a part."},
    {"name": "rescue", "title": "Better features, same loss", "photo": "astronaut", "label": "bottle", "groups": ["colour", "surroundings", "position"], "a": "cross_entropy", "b": "dice",
     "rate": 0.01, "steps": 200, "seed": 1,
     "summary": "The same small object and the same losses, but now the network also knows the surroundings and the place of a pixel. Cross-entropy begins with nothing too, then finds the shuttle. "
              "A loss can only choose among what the features can tell apart."},
    {"name": "lovasz", "title": "Trained for IoU itself", "photo": None, "label": None, "groups": ["colour"], "a": "cross_entropy", "b": "lovasz_softmax",
     "rate": 0.01, "steps": 150, "seed": 1,
     "summary": "Colour only. Cross-entropy and Lovász aim at different things, so they settle for different masks. Which one has the better IoU, and at which step?"},
]


@dataclass(eq=False)
class _Run:
    """One network in training, and what it learns."""

    classifier: pixel_classifier.PixelClassifier
    reduced: tuple[int, int]
    truth: np.ndarray  # (M, N) bool, at the size of the photo
    label: int


class Handler(LabHandler):
    """Two runs at most, "a" and "b"; they are forgotten with the photo."""

    def __init__(self, session):
        super().__init__(session)
        self._runs: dict[str, _Run] = {}

    def on_photo(self):
        self._runs = {}

    def about(self):
        """The losses, what a network may know of a pixel, and the set-ups to begin with."""
        return {
            "losses": [{"name": each.name, "title": each.title, "summary": each.summary, "paper": each.paper} for each in LOSSES.values()],
            "groups": [{"name": name, "summary": summary} for name, summary in pixel_classifier.GROUPS.items()],
            "presets": PRESETS,
        }

    async def open(self, run, loss, teacher, network, groups, rate, seed, label=None):
        """Set a run up: a new network, with the weights of its seed."""
        photo = self.session.photo
        label_map = _as_voc(await self.session.predict(network)) if teacher == "network" else self.session.mask
        label, choices = _chosen(label_map, label, teacher)
        reduced = pixel_classifier.reduced_shape(photo.shape[:2])
        wanted = label_map == label
        truth = resize(wanted.astype(np.float32), reduced) >= 0.5
        if not truth.any():
            raise StudioError(f"On a copy of {reduced[1]} × {reduced[0]} pixels nothing is left of “{VOC.names[label]}”.", "Choose a larger object.")
        small = np.clip(np.rint(resize(photo, reduced)), 0, 255).astype(np.uint8)
        network_ = pixel_classifier.PixelClassifier(pixel_classifier.features(small, groups), truth.ravel(), loss, rate, seed)
        self._runs[run] = _Run(network_, reduced, wanted, label)
        return {
            "rows": reduced[0], "columns": reduced[1], "pixels": int(truth.sum()), "id": label, "name": VOC.names[label], "colour": VOC.colours[label].tolist(),
            "choices": choices, "features": network_.inputs.shape[0], "weights": network_.n_weights, "loss": network_.losses[0], "iou": network_.ious[0],
            "truth": truth.ravel().astype(np.uint8), "probabilities": _bytes(network_.logits),
        }

    def train(self, run, steps, seconds):
        """Train for so many steps, or until the time is up; at least one step."""
        if steps < 1:
            raise StudioError(f"A network cannot be trained for {steps} steps.", "Give at least 1.")
        network = self._run(run).classifier
        before, start = network.steps, time.perf_counter()
        limit = min(seconds, LONGEST_SLICE)
        network.step()
        while network.steps - before < steps and time.perf_counter() - start < limit:
            network.step()
        return {
            "step": network.steps, "losses": network.losses[before + 1 :], "ious": network.ious[before + 1 :],
            "found": int(np.count_nonzero(network.logits > 0)), "probabilities": _bytes(network.logits), "seconds": time.perf_counter() - start,
        }

    def mask(self, run):
        """What the run has learned, at the size of the photo."""
        found = self._mask(run)
        truth = self._run(run).truth
        union = int(np.count_nonzero(found | truth))
        iou = int(np.count_nonzero(found & truth)) / union if union else None
        return {"rows": found.shape[0], "columns": found.shape[1], "mask": found.ravel().astype(np.uint8), "iou": iou, "pixels": int(np.count_nonzero(found))}

    def paint(self, run):
        """Put what the run has learned in place of the painted mask; it can be undone."""
        return self.session.replace_mask(self._mask(run).astype(np.uint8) * np.uint8(self._run(run).label))

    def _mask(self, run):
        known = self._run(run)
        return known.classifier.mask(known.reduced, known.truth.shape)

    def _run(self, run):
        if run not in self._runs:
            raise StudioError("Nothing has been trained yet.", "Press Train.")
        return self._runs[run]


def _as_voc(prediction):
    """The label map in the classes that are painted with, whichever the network has."""
    ids = np.array([VOC.id(name) for name in prediction.network.labels.names], np.uint8)
    return ids[prediction.label_map]


def _chosen(label_map, label, teacher):
    """The class to learn: the one asked for if it is there, else the largest; and all there are to choose from."""
    counts = np.bincount(label_map.ravel(), minlength=len(VOC))[: len(VOC)]
    there = sorted((int(k) for k in np.flatnonzero(counts) if k), key=lambda k: (-counts[k], k))
    if not there:
        what = "The network sees nothing but background here." if teacher == "network" else "Nothing is painted yet, so there is nothing to learn."
        raise StudioError(what, "Choose another photo, or paint a mask and learn that." if teacher == "network" else "Paint something, or learn from the network.")
    choices = [{"id": k, "name": VOC.names[k], "colour": VOC.colours[k].tolist(), "pixels": int(counts[k])} for k in there]
    return label if label in there else there[0], choices


def _bytes(logits):
    """Probabilities as 0 to 255: 128 and more exactly where the logit is above 0."""
    with np.errstate(over="ignore"):
        share = 1 / (1 + np.exp(-logits.astype(np.float64)))
    return np.where(logits > 0, np.maximum(np.rint(255 * share), 128), np.minimum(np.rint(255 * share), 127)).astype(np.uint8)
