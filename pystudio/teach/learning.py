"""Learning a head from strokes on photos, quickly enough to do it while a stroke grows; and calibrating it when there is time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..errors import LabelError, StudioError
from ..labels import LabelSet
from ..networks.stages import PhotoFeatures
from .classifier import SoftmaxClassifier
from .head import MAX_HIDDEN, Head, network_version
from .strokes import MAX_SAMPLES, Samples, check_strokes, choose_pixels

__all__ = ["L2", "Taught", "calibrate", "teach"]

L2 = 1.0
"""Weight of the penalty. Strong: a few strokes show few of the ways in which a class can look, and the more directions are held back, the better others are labelled."""

_FLOOR = 0.05  # of the typical spread within a stage: a channel that is nearly dead on the photos taught would shout on another one


@dataclass(frozen=True, eq=False)
class Taught:
    """A head, and how its learning went.

    Attributes
    ----------
    head : Head
    samples : int
        Pixels that were learnt from.
    steps : int
    loss : float
    agreement : float
        Share of the strokes that the head labels as they were drawn.
    notes : tuple of str
        Plain sentences about what is odd: classes without strokes, strokes that contradict each other.
    """

    head: Head
    samples: int
    steps: int
    loss: float
    agreement: float
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class _Lesson:
    """Samples of all photos, standardised."""

    inputs: np.ndarray
    labels: np.ndarray
    weights: np.ndarray
    strokes: np.ndarray


def teach(
    photos: Sequence[tuple[PhotoFeatures, np.ndarray]], classes: LabelSet, hidden: int = 0, start: Head | None = None, l2: float | None = None,
    max_samples: int = MAX_SAMPLES, steps: int = 100,
) -> Taught:
    """Learn a head from strokes.

    Parameters
    ----------
    photos : sequence of (features, strokes)
        Of each photo its features, the same network and stages for all, and its strokes: an (M, N) array of int in image pixels that
        holds a class of `classes`, or -1 where there is no stroke. All strokes of a class count the same, whichever photo they are on.
    classes : LabelSet
        See `head.class_set`.
    hidden : int
        Width of a hidden layer; 0 for none, which is convex and the usual choice.
    start : Head, optional
        What was learnt before from nearly the same strokes: learning goes on from there (warm start). One of other classes, stages or
        another width is left aside.
    l2 : float, optional
        Weight of the penalty on weights; `L2` when left out, a hundredth of it with a hidden layer.
    max_samples : int
        Pixels that are learnt from, at most, over all photos.
    steps : int
        Of the descent, at most.

    Returns
    -------
    Taught

    Raises
    ------
    StudioError
        There are no strokes, strokes of one class only, or something does not fit.

    Notes
    -----
    Features are standardised with their mean and variance over the photos, not over the strokes: a stroke on an even surface has hardly
    any variance. Learning is deterministic.
    """
    _check_photos(photos, classes)
    if not 0 <= hidden <= MAX_HIDDEN:
        raise StudioError(f"The hidden layer has {hidden} units.", f"Give 0 for none, or up to {MAX_HIDDEN}.")
    first = photos[0][0]
    mean, scale = _statistics([features for features, _ in photos])
    lesson = _lesson(photos, classes, mean, scale, max_samples)
    penalty = (L2 / 100 if hidden else L2) if l2 is None else l2
    classifier = SoftmaxClassifier(first.n_features, len(classes), hidden, penalty)
    if start is not None and _continues(start, first, classes, hidden):
        classifier.layers = _restandardised(start, mean, scale)
    found = classifier.fit(lesson.inputs, lesson.labels, lesson.weights, steps)
    layers = tuple((weights.astype(np.float32), bias.astype(np.float32)) for weights, bias in classifier.layers)
    head = Head(first.network.name, network_version(first.network), first.names, classes, mean, scale, layers, taught=classifier.taught.copy())
    right = classifier.logits(lesson.inputs).argmax(axis=0) == lesson.labels
    agreement = float(lesson.weights[right].sum() / lesson.weights.sum())
    return Taught(head, len(lesson.labels), found.steps, found.value, agreement, _notes(head, lesson, right))


def _check_photos(photos: Sequence[tuple[PhotoFeatures, np.ndarray]], classes: LabelSet) -> None:
    if not photos:
        raise StudioError("There is no photo to learn from.", "Give a photo's features and its strokes.")
    first = photos[0][0]
    for features, strokes in photos:
        if features.network.name != first.network.name or features.names != first.names:
            raise StudioError("The photos' features are not of the same network and stages.", "Compute them all with the same.")
        check_strokes(strokes, features.shape, len(classes))


def _statistics(photos: Sequence[PhotoFeatures]) -> tuple[np.ndarray, np.ndarray]:
    """Mean and spread of every feature over all photos, each counting the same."""
    means = np.stack([each.mean for each in photos])
    mean = means.mean(axis=0)
    variance = np.stack([each.variance for each in photos]).mean(axis=0) + means.var(axis=0)
    scale, past = np.sqrt(variance), 0
    for stage in photos[0].stages:
        part = scale[past : past + len(stage.values)]
        least = _FLOOR * float(np.sqrt((part**2).mean()))
        np.maximum(part, least or 1.0, out=part)
        past += len(stage.values)
    return mean.astype(np.float32), scale.astype(np.float32)


def _lesson(photos, classes: LabelSet, mean: np.ndarray, scale: np.ndarray, max_samples: int) -> _Lesson:
    drawn_on = [(features, strokes) for features, strokes in photos if (strokes >= 0).any()]
    room = max(len(classes), max_samples // max(1, len(drawn_on)))
    chosen = [(features, choose_pixels(strokes, features, room)) for features, strokes in drawn_on]
    _check_classes(np.concatenate([samples.labels for _, samples in chosen]) if chosen else np.zeros(0, int), classes)
    inputs = np.concatenate([features.at(samples.rows, samples.columns) for features, samples in chosen], axis=1)
    inputs -= mean[:, None]
    inputs /= scale[:, None]
    before = np.cumsum([0, *(int(samples.strokes.max()) + 1 for _, samples in chosen)])
    return _balanced(inputs, [samples for _, samples in chosen], before)


def _balanced(inputs: np.ndarray, chosen: Sequence[Samples], before: np.ndarray) -> _Lesson:
    """Samples of all photos: all classes count the same, and within a class all strokes, whichever photo they are on."""
    labels = np.concatenate([samples.labels for samples in chosen])
    weights = np.concatenate([samples.weights for samples in chosen])
    strokes = np.concatenate([samples.strokes + first for samples, first in zip(chosen, before)])
    _, first_of = np.unique(strokes, return_index=True)
    strokes_of_class = np.bincount(labels[first_of])
    weights = weights / np.bincount(strokes, weights)[strokes] / strokes_of_class[labels]
    return _Lesson(inputs, labels, (weights / weights.sum()).astype(np.float32), strokes)


def _check_classes(labels: np.ndarray, classes: LabelSet) -> None:
    there = np.unique(labels)
    if not there.size:
        raise LabelError("There are no strokes.", "Draw a stroke for each of two classes at least.")
    if there.size == 1:
        raise LabelError(f"Only the class “{classes.names[there[0]]}” has strokes.", "Draw a stroke of another class too: what it is not has to be shown.")


def _continues(start: Head, features: PhotoFeatures, classes: LabelSet, hidden: int) -> bool:
    return (start.network, start.stages, len(start.labels), start.hidden) == (features.network.name, features.names, len(classes), hidden) and len(start.mean) == features.n_features


def _restandardised(start: Head, mean: np.ndarray, scale: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """The layers of a head for features that are standardised otherwise: its answers stay the same."""
    weights, bias = start.layers[0]
    shift = (mean - start.mean) / start.scale
    return [(weights * (scale / start.scale), bias + weights @ shift), *((w.copy(), b.copy()) for w, b in start.layers[1:])]


def _notes(head: Head, lesson: _Lesson, right: np.ndarray) -> tuple[str, ...]:
    names = head.labels.names
    notes = [f"The class “{names[k]}” has no stroke yet: nothing is labelled with it." for k in np.flatnonzero(~head.taught)]
    for k in np.flatnonzero(head.taught):
        own = lesson.labels == k
        wrong = float(lesson.weights[own & ~right].sum() / lesson.weights[own].sum())
        if wrong >= 0.2:
            notes.append(f"{wrong:.0%} of the strokes of “{names[k]}” look like another class to it: they contradict other strokes, or the stages it looks at cannot tell them apart.")
    return tuple(notes)


def calibrate(photos: Sequence[tuple[PhotoFeatures, np.ndarray]], head: Head, l2: float | None = None, max_samples: int = MAX_SAMPLES) -> Head:
    """The same head with the temperature at which its probabilities come true as often as they say.

    The strokes of every class are dealt out into two halves; what is learnt from one is asked about the other, and the temperature is that
    at which the right answers are likeliest [1]_. Pixels of one stroke are much alike, so strokes stay whole. It takes two more learnings:
    for when the pen rests.

    Parameters
    ----------
    photos : sequence of (features, strokes)
        Those of `teach`.
    head : Head
    l2, max_samples
        As in `teach`.

    Returns
    -------
    Head
        With its temperature unchanged where fewer than two classes have two strokes: there is nothing to ask about.

    Raises
    ------
    StudioError
        As in `teach`.

    References
    ----------
    .. [1] C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger, "On Calibration of Modern Neural Networks", ICML, 2017, section 4.2.
    """
    _check_photos(photos, head.labels)
    head.check(photos[0][0])
    lesson = _lesson(photos, head.labels, head.mean, head.scale, max_samples)
    half = _halves(lesson)
    if np.unique(lesson.labels[half >= 0]).size < 2:
        return head
    penalty = (L2 / 100 if head.hidden else L2) if l2 is None else l2
    logits = np.empty((len(head.labels), len(lesson.labels)), np.float32)
    for asked in (0, 1):
        learnt, held = half != asked, half == asked
        classifier = SoftmaxClassifier(len(head.mean), len(head.labels), head.hidden, penalty)
        classifier.fit(lesson.inputs[:, learnt], lesson.labels[learnt], lesson.weights[learnt])
        logits[:, held] = classifier.logits(lesson.inputs[:, held])
    held = half >= 0
    return replace(head, temperature=_temperature(logits[:, held], lesson.labels[held], lesson.weights[held]))


def _halves(lesson: _Lesson) -> np.ndarray:
    """0 or 1 for every sample, by its stroke; -1 for the only stroke of a class, which is learnt from both times."""
    half = np.full(len(lesson.labels), -1)
    for k in np.unique(lesson.labels):
        of_class = np.unique(lesson.strokes[lesson.labels == k])
        if len(of_class) > 1:
            for place, stroke in enumerate(of_class):
                half[lesson.strokes == stroke] = place % 2
    return half


def _temperature(logits: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> float:
    """The temperature from 1/4 to 16 at which the labels are likeliest; their likelihood is concave in 1 / temperature, so that halving an interval finds it."""

    def slope(inverse: float) -> float:
        scores = logits * inverse
        powers = np.exp(scores - scores.max(axis=0))
        expected = (powers * logits).sum(axis=0) / powers.sum(axis=0)
        return float(weights @ (expected - logits[labels, np.arange(len(labels))]))

    low, high = 1 / 16, 4.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if slope(middle) < 0 else (low, middle)
    return 2 / (low + high)
