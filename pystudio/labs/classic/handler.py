"""The handler of “Classic methods”: what they take, the histogram they look at, and their regions compared with a class of the network and of the paint."""

import asyncio
from typing import Literal, NotRequired, TypedDict

import numpy as np

from ...labels import VOC
from ...segment import classic
from ...session.labs import LabHandler
from ...session.wire_types import Int32Array, Nothing, Uint8Array, Values


class ClassicParameter(TypedDict):
    name: str
    title: str
    kind: Literal["int", "float", "bool", "choice"]
    default: bool | float | str
    low: float | None
    high: float | None
    step: float | None
    choices: list[float | str]
    help: str


class ClassicMethod(TypedDict):
    name: str
    title: str
    summary: str
    assumes: str
    fails_when: str
    paper: str
    markers: Literal["none", "optional", "required"]
    min_markers: int
    uses: list[str]
    parameters: list[ClassicParameter]


class ClassicMethods(TypedDict):
    methods: list[ClassicMethod]


class ClassicHistogram(TypedDict):
    classes: int


class Histogram(TypedDict):
    counts: Int32Array
    thresholds: list[int]
    explained: list[float]
    separability: float


class ClassicRun(TypedDict):
    method: str
    parameters: Values
    markers: Literal["none", "paint"]
    network: NotRequired[str]
    label: NotRequired[int]


class RegionMatch(TypedDict):
    id: int
    name: str
    best_region: int
    best_region_iou: float
    best_union: list[int]
    best_union_iou: float


class Classified(TypedDict):
    method: str
    parameters: Values
    label_map: Int32Array
    boundaries: Uint8Array
    colours: Uint8Array
    keys: Int32Array
    n_regions: int
    worked_at: list[int]
    seconds: float
    network: RegionMatch | None
    paint: RegionMatch | None


class ClassicNetwork(TypedDict):
    network: str
    label: NotRequired[int]


class NetworkMatch(TypedDict):
    n_regions: int
    paint: RegionMatch | None


CALLS: dict[str, tuple[type, type]] = {
    "classic.methods": (Nothing, ClassicMethods),
    "classic.histogram": (ClassicHistogram, Histogram),
    "classic.run": (ClassicRun, Classified),
    "classic.network": (ClassicNetwork, NetworkMatch),
}


class Handler(LabHandler):
    """Keeps nothing."""

    async def methods(self):
        """What every classic method takes, assumes and fails at."""
        return {"methods": [_describe(method) for method in classic.METHODS.values()]}

    async def histogram(self, classes):
        """The histogram of luminance (256 levels) and Otsu's thresholds for so many classes."""
        found = classic.histogram(self.session.photo, classes)
        return {"counts": found.counts.astype(np.int32), "thresholds": list(found.thresholds), "explained": found.explained.tolist(), "separability": found.separability}

    async def run(self, method, parameters, markers, network=None, label=None):
        """Run a classic method on the photo and compare its regions with a class of the network and of the painted mask.

        Without `label` the class is the largest that is not background.
        """
        photo = self.session.photo
        if classic.uses(method, parameters):
            await self.session.ensure_package("scikit-image")
            if photo is not self.session.photo:
                raise asyncio.CancelledError
        painted = self.session.mask
        found = classic.run(method, photo, parameters, markers=painted if markers == "paint" else None)
        rows = classic.find_boundaries(found.label_map)
        predicted = self.session.predictions.get(network)
        return {
            "method": method, "parameters": found.parameters,
            "label_map": found.label_map.ravel(), "boundaries": rows.ravel().astype(np.uint8), "keys": found.keys,
            "colours": classic.mean_colours(photo, found.label_map, found.n).ravel(),
            "n_regions": found.n, "worked_at": [int(n) for n in found.shape], "seconds": found.seconds,
            "network": predicted and _match(found.label_map, predicted.label_map, predicted.network.labels, label),
            "paint": _match(found.label_map, painted, VOC, label),
        }

    def network(self, network, label=None):
        """The same comparison for a network's classes, taken as regions: how well they can stand for a class that is painted."""
        label_map = self.session.prediction(network).label_map
        return {"n_regions": len(np.unique(label_map[label_map != 0])), "paint": _match(label_map, self.session.mask, VOC, label)}


def _describe(method):
    parameters = [{
        "name": p.name, "title": p.title, "kind": p.kind, "default": p.default, "low": p.low, "high": p.high, "step": p.step,
        "choices": list(p.choices), "help": p.help,
    } for p in method.parameters]
    record = {k: getattr(method, k) for k in ("name", "title", "summary", "assumes", "fails_when", "paper", "markers")}
    return {**record, "min_markers": method.least_markers, "uses": list(method.uses), "parameters": parameters}


def _match(label_map, truth, labels, label):
    """How well regions can stand for one class of a label map; None where there is nothing to stand for."""
    if label is None:
        counts = np.bincount(truth.ravel(), minlength=len(labels))[1 : len(labels)]
        label = 1 + int(counts.argmax()) if counts.any() else 0
    wanted = truth == label
    if label == 0 or not wanted.any():
        return None
    best = classic.best_iou(label_map, wanted)
    return {
        "id": label, "name": labels.names[label], "best_region": int(best.region), "best_region_iou": float(best.region_iou),
        "best_union": [int(r) for r in best.union], "best_union_iou": float(best.union_iou),
    }
