"""The handler of the metric lab: a truth, what is done to it, and every grade of what comes of it."""

import math
import time
from dataclasses import asdict
from typing import Literal, NotRequired, TypedDict

import numpy as np

from ...errors import StudioError
from ...labels import VOC, voc_colour_map
from ...measure import perturb, report
from ...measure.boundary import Reference
from ...session.labs import LabHandler
from ...session.wire_types import ClassShare, Colour, Nothing, Uint8Array

LONGEST = 640
"""Longest side, in pixels, of the copy that is perturbed and graded: so a single pixel can be seen, and the answer comes at once."""

CURVE = 16
"""So many strengths of a step make its curve."""

MAX_STEPS = 8

SCENE_NAMES = ("background", "ground", "ball", "box", "pebble", "beads")
SHARES = ("accuracy", "iou", "mean_iou", "dice", "boundary_f")
DISTANCES = ("hausdorff", "hausdorff95")


class PerturbationStep(TypedDict):
    kind: Literal["grow", "shrink", "shift", "speckle", "stray", "thin", "nothing", "everything"]
    strength: float
    direction: Literal["right", "down", "left", "up"]
    seed: int


class PerturbationKind(TypedDict):
    name: str
    title: str
    help: str
    unit: Literal["pixels", "share", "count"]
    low: float
    high: float
    step: float
    default: float


class MetricPreset(TypedDict):
    name: str
    title: str
    summary: str
    truth: Literal["network", "paint", "disc", "wire", "dot", "shapes"]
    label: int | None
    steps: list[PerturbationStep]
    tolerance: float
    view: Literal["overlap", "edges", "line"]


class MetricAbout(TypedDict):
    kinds: list[PerturbationKind]
    presets: list[MetricPreset]


class MetricRun(TypedDict):
    truth: Literal["network", "paint", "disc", "wire", "dot", "shapes"]
    network: str
    label: NotRequired[int]
    steps: list[PerturbationStep]
    tolerance: float


class MeasureValue(TypedDict):
    name: str
    title: str
    value: float | None
    text: str
    formula: str
    counts: str


class ClassGrade(TypedDict):
    id: int
    name: str
    colour: Colour
    iou: float | None


class MetricReport(TypedDict):
    rows: int
    columns: int
    id: int
    name: str
    choices: list[ClassShare]
    overlap: Uint8Array
    edges: Uint8Array
    pair: list[int] | None
    measures: list[MeasureValue]
    classes: list[ClassGrade]
    seconds: float


class MetricCurve(TypedDict):
    truth: Literal["network", "paint", "disc", "wire", "dot", "shapes"]
    network: str
    label: NotRequired[int]
    steps: list[PerturbationStep]
    tolerance: float
    vary: int


class CurveLine(TypedDict):
    name: str
    title: str
    values: list[float | None]


class MetricCurves(TypedDict):
    strengths: list[float]
    shares: list[CurveLine]
    distances: list[CurveLine]
    title: str
    unit: Literal["pixels", "share", "count"]
    seconds: float


CALLS = {
    "metric_lab.about": (Nothing, MetricAbout),
    "metric_lab.run": (MetricRun, MetricReport),
    "metric_lab.curve": (MetricCurve, MetricCurves),
}


def _step(kind, strength, direction="right", seed=1):
    return {"kind": kind, "strength": strength, "direction": direction, "seed": seed}


PRESETS = [
    {"name": "background", "title": "Always background", "truth": "dot", "label": None, "steps": [_step("nothing", 0)], "tolerance": 2, "view": "overlap",
     "summary": "This model never looks at the photo: it says background everywhere. Pixel accuracy loves it. Every number that asks for the dot gives it nothing."},
    {"name": "superset", "title": "The mask that takes too much", "truth": "disc", "label": None, "steps": [_step("grow", 24)], "tolerance": 2, "view": "overlap",
     "summary": "The mask holds the whole disc and a broad rim around it. Recall is perfect. Precision and IoU pay for the rim, and are the same number: can you say why?"},
    {"name": "wire", "title": "The ten-pixel wire", "truth": "wire", "label": None, "steps": [_step("shift", 5, "down")], "tolerance": 5, "view": "edges",
     "summary": "A slip of five pixels, hardly to be seen, and IoU falls to a third. Boundary F with a tolerance of five pixels forgives it. Take the disc as truth: the same slip costs it little."},
    {"name": "average", "title": "The average that hides a class", "truth": "shapes", "label": 5, "steps": [_step("nothing", 0)], "tolerance": 2, "view": "overlap",
     "summary": "Of six classes, the smallest is missed altogether and all others are perfect. The mean IoU still looks decent, and pixel accuracy all but perfect. Only the list of classes shows the zero."},
    {"name": "stray", "title": "Five stray pixels", "truth": "disc", "label": None, "steps": [_step("stray", 5, seed=3)], "tolerance": 2, "view": "line",
     "summary": "Five wrong pixels in all. No number that counts pixels notices. The Hausdorff distance looks at the worst one alone; without the worst twentieth it is calm again."},
]


class Handler(LabHandler):
    """Remembers the distances to the last truth: only the mask changes while a thumb moves."""

    def __init__(self, session):
        super().__init__(session)
        self._last: tuple[np.ndarray, Reference] | None = None

    def on_photo(self):
        self._last = None

    def about(self):
        """The ways to perturb a mask, and the set-ups to begin with."""
        kinds = [{"name": name, **asdict(kind)} for name, kind in perturb.PERTURBATIONS.items()]
        return {"kinds": kinds, "presets": PRESETS}

    async def run(self, truth, network, steps, tolerance, label=None):
        """Perturb the truth and grade what comes of it."""
        label_map, names = await self._truth(truth, network)
        label, choices = _chosen(label_map, names, label, truth)
        start = time.perf_counter()
        found = self._compare(label_map, label, _steps(steps), tolerance, len(names))
        colours = voc_colour_map()
        return {
            "rows": label_map.shape[0], "columns": label_map.shape[1], "id": label, "name": names[label], "choices": choices,
            "overlap": found.overlap.ravel(), "edges": found.edges.ravel(), "pair": list(found.boundaries.pair) if found.boundaries.pair else None,
            "measures": [_measure(each) for each in found.measures],
            "classes": [{"id": int(k), "name": names[k], "colour": colours[k].tolist(), "iou": _number(found.scores.iou[k])} for k in np.flatnonzero(found.scores.present)],
            "seconds": time.perf_counter() - start,
        }

    async def curve(self, truth, network, steps, tolerance, vary, label=None):
        """Every grade while one of the steps goes from nothing to its full strength, the others staying as they are."""
        label_map, names = await self._truth(truth, network)
        label, _ = _chosen(label_map, names, label, truth)
        if not 0 <= vary < len(steps):
            raise StudioError(f"There is no step {vary + 1}.", "Choose one of the steps.")
        start = time.perf_counter()
        kind = perturb.PERTURBATIONS[steps[vary]["kind"]]
        strengths = _strengths(kind)
        rows = [self._compare(label_map, label, _steps([*steps[:vary], steps[vary] | {"strength": each}, *steps[vary + 1 :]]), tolerance, len(names)).measures
                for each in strengths]
        table = {row.name: (row.title, [_number(measures[k].value) for measures in rows]) for k, row in enumerate(rows[0])}
        lines = lambda wanted: [{"name": name, "title": table[name][0], "values": table[name][1]} for name in wanted]
        return {"strengths": strengths, "shares": lines(SHARES), "distances": lines(DISTANCES), "title": kind.title, "unit": kind.unit, "seconds": time.perf_counter() - start}

    def _compare(self, label_map, label, steps, tolerance, n_classes):
        wanted = label_map == label
        if self._last is None or not np.array_equal(self._last[0], wanted):
            self._last = wanted, Reference(wanted)
        perturbed = perturb.perturb(wanted, steps)
        prediction = np.where(wanted, np.uint8(0), label_map)
        prediction[perturbed] = label
        return report.compare(label_map, prediction, label, tolerance, n_classes, self._last[1])

    async def _truth(self, truth, network):
        """The true label map at the size of the lab, and the names of its classes."""
        if truth == "network":
            prediction = await self.session.predict(network)
            return report.downsample_labels(prediction.label_map, LONGEST), prediction.network.labels.names
        if truth == "paint":
            return report.downsample_labels(self.session.mask, LONGEST), VOC.names
        small = report.downsample_labels(self.session.photo[..., 0], LONGEST).shape
        return perturb.scene(truth, small), SCENE_NAMES if truth == "shapes" else ("background", truth)


def _chosen(label_map, names, label, truth):
    """The class that is perturbed: the one asked for if it is there, else the largest; and all there are to choose from."""
    counts = np.bincount(label_map.ravel(), minlength=len(names))[: len(names)]
    there = sorted((int(k) for k in np.flatnonzero(counts) if k), key=lambda k: (-counts[k], k))
    if not there:
        what = "The network sees nothing but background here." if truth == "network" else "Nothing is painted yet."
        raise StudioError(what, "Take a drawn shape as truth, or " + ("choose another photo." if truth == "network" else "paint something first."))
    colours = voc_colour_map()
    choices = [{"id": k, "name": names[k], "colour": colours[k].tolist(), "pixels": int(counts[k]), "share": float(counts[k] / label_map.size)} for k in there]
    return label if label in there else there[0], choices


def _steps(steps):
    if len(steps) > MAX_STEPS:
        raise StudioError(f"A mask cannot be changed by {len(steps)} steps.", f"Use at most {MAX_STEPS}.")
    return [perturb.Perturbation(**each) for each in steps]


def _strengths(kind):
    if kind.low == kind.high:
        return [kind.low]
    ways = {kind.low + round((kind.high - kind.low) * k / (CURVE - 1) / kind.step) * kind.step for k in range(CURVE)}
    return [round(each, 6) for each in sorted(ways)]


def _measure(each):
    return {"name": each.name, "title": each.title, "value": _number(each.value), "text": each.shown, "formula": each.formula, "counts": each.counts}


def _number(value):
    return float(value) if math.isfinite(value) else None
