"""The handler of counting: things found in a label map, things of a painted truth, and panoptic quality between the two."""

import time
from dataclasses import dataclass
from typing import Literal, NotRequired, TypedDict

import numpy as np

from ...errors import StudioError
from ...labels import VOC, VOID
from ...measure import panoptic, report
from ...segment import instances
from ...session.labs import LabHandler
from ...session.results import CountedInstances
from ...session.wire_types import Colour, Int32Array, Nothing, Point

LONGEST = 640
"""Longest side, in pixels, of the copy in which things are found: a moved thumb is answered at once."""


class InstancesRun(TypedDict):
    role: Literal["found", "truth"]
    source: Literal["network", "paint"]
    network: str
    connectivity: Literal[4, 8]
    min_size: int
    split_ratio: float
    seeds: NotRequired[list[Point]]


class InstanceRecord(TypedDict):
    number: int
    id: int
    name: str
    colour: Colour
    kind: Colour
    area: int
    share: float
    box: list[int]
    seed: list[int]


class InstancesFound(TypedDict):
    rows: int
    columns: int
    map: Int32Array
    instances: list[InstanceRecord]
    components: int
    removed: int
    removed_pixels: int
    background: int
    seconds: float


class PanopticMatch(TypedDict):
    truth: int
    prediction: int
    name: str
    thing: bool
    iou: float


class PanopticClass(TypedDict):
    id: int
    name: str
    thing: bool
    tp: int
    fp: int
    fn: int
    sq: float
    rq: float
    pq: float
    formula: str


class PanopticQuality(TypedDict):
    matches: list[PanopticMatch]
    missed: list[int]
    extra: list[int]
    classes: list[PanopticClass]
    pq: float
    sq: float
    rq: float
    things: float | None
    stuff: float | None


CALLS = {"instances.run": (InstancesRun, InstancesFound), "instances.quality": (Nothing, PanopticQuality)}


@dataclass(frozen=True)
class Count:
    """What was counted last in one of the two roles."""

    label_map: np.ndarray
    names: tuple[str, ...]
    found: np.ndarray
    things: list[instances.Instance]


class Handler(LabHandler):
    """Remembers what was counted last as found and as truth."""

    def __init__(self, session):
        super().__init__(session)
        self._last: dict[str, Count] = {}

    def on_photo(self):
        self._last.clear()

    async def run(self, role, source, network, connectivity, min_size, split_ratio, seeds=None):
        """Count the things of a label map."""
        if not 0 <= split_ratio <= 1 or min_size < 0:
            raise StudioError("The narrowing is a share from 0 to 1, and a fragment has no fewer than 0 pixels.", "Move the sliders.")
        self._forget(role)
        whole, labels = await self._labels(source, network)
        label_map = report.downsample_labels(whole, LONGEST)
        start = time.perf_counter()
        found, things, components, removed = instances.find_instances(label_map, connectivity, min_size, split_ratio, None if seeds is None else _places(seeds))
        seconds = time.perf_counter() - start
        self._last[role] = Count(label_map, labels.names, found, things)
        if role == "found":
            self.session.results["instances"] = CountedInstances(whole, found, things)
        colours = instances.colours(len(things))
        left_out = (found == 0) & (label_map != 0) & (label_map != VOID)
        return {
            "rows": label_map.shape[0], "columns": label_map.shape[1], "map": np.where(left_out, np.int32(-1), found).ravel(), "components": components, "removed": removed, "seconds": seconds,
            "removed_pixels": int(np.count_nonzero(left_out)), "background": int(np.count_nonzero(label_map == 0)),
            "instances": [{
                "number": each.number, "id": each.label, "name": labels.names[each.label], "colour": colours[each.number].tolist(), "kind": labels.colours[each.label].tolist(),
                "area": each.area, "share": each.area / label_map.size, "box": list(each.box), "seed": list(each.seed),
            } for each in things],
        }

    def _forget(self, role):
        """A count that fails leaves none behind."""
        self._last.pop(role, None)
        if role == "found":
            self.session.results.pop("instances", None)

    async def _labels(self, source, network):
        if source == "paint":
            return self.session.mask, VOC
        prediction = await self.session.predict(network)
        return prediction.label_map, prediction.network.labels

    def quality(self):
        """Grade what was found against the truth."""
        if missing := [role for role in ("truth", "found") if role not in self._last]:
            raise StudioError("There is nothing to compare yet.", "Paint the truth first." if "truth" in missing else "Count the things first.")
        truth, found = self._last["truth"], self._last["found"]
        if not truth.things:
            raise StudioError("The truth holds no thing yet.", "Paint the things, or take the network’s mask into the truth, then give each thing one seed.")
        if truth.names != found.names:
            raise StudioError("The network and the truth have different classes.", "Choose a network with the 21 VOC classes.")
        return _as_reply(panoptic.quality(*panoptic.segments(truth.label_map, truth.found), *panoptic.segments(found.label_map, found.found)), truth.names)


def _places(seeds):
    if any(len(each) != 2 for each in seeds):
        raise StudioError("A seed is a row and a column.", "Choose the seeds again.")
    return [(round(row), round(column)) for row, column in seeds]


def _as_reply(found, names):
    only = lambda stuff: found.mean("pq", panoptic.STUFF if stuff else {each.label for each in found.classes} - panoptic.STUFF)
    return {
        "matches": [{"truth": m.truth, "prediction": m.prediction, "name": names[m.label], "thing": m.label not in panoptic.STUFF, "iou": m.iou} for m in found.matches],
        "missed": found.missed, "extra": found.extra,
        "classes": [{
            "id": each.label, "name": names[each.label], "thing": each.label not in panoptic.STUFF, "tp": each.tp, "fp": each.fp, "fn": each.fn,
            "sq": each.sq, "rq": each.rq, "pq": each.pq, "formula": _formula(each),
        } for each in found.classes],
        **{of: found.mean(of) for of in ("pq", "sq", "rq")}, "things": _number(only(False)), "stuff": _number(only(True)),
    }


def _formula(each):
    """Panoptic quality of a class with this picture's own numbers."""
    if not each.tp:
        return f"no match, {each.fn} missed, {each.fp} too many: 0"
    return f"SQ {each.iou:.3f} ÷ {each.tp} = {each.sq:.3f}; RQ {each.tp} ÷ ({each.tp} + ½ × {each.fp} + ½ × {each.fn}) = {each.rq:.3f}; PQ {each.sq:.3f} × {each.rq:.3f} = {each.pq:.3f}"


def _number(value):
    return None if np.isnan(value) else value
