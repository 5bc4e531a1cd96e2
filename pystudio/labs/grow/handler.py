"""The handler of “Grow”: a region that grows from a seed, compared with the network's class at the seed."""

import ast
import inspect
import time
from typing import Literal, TypedDict

import numpy as np

from ...labels import VOC
from ...segment import region_growing
from ...session.labs import LabHandler
from ...session.wire_types import Colour, Int32Array, Nothing


class SeedTruth(TypedDict):
    id: int
    name: str
    iou: float


class GrowRun(TypedDict):
    row: int
    column: int
    tolerance: float
    reference: Literal["seed", "mean"]
    connectivity: Literal[4, 8]
    restart: bool


class Grown(TypedDict):
    size: int
    share: float
    waves: int
    indices: Int32Array
    wave_starts: Int32Array
    seed_colour: Colour
    reference_colour: list[float]
    seconds: float
    truth: SeedTruth | None


class Listing(TypedDict):
    source: str


CALLS: dict[str, tuple[type, type]] = {"grow.run": (GrowRun, Grown), "grow.listing": (Nothing, Listing)}


class Handler(LabHandler):
    """Keeps what speeds the next region of the same photo up; the region itself is the session's."""

    def __init__(self, session):
        super().__init__(session)
        self._grower: region_growing.Grower | None = None

    def on_photo(self):
        self._grower = None

    def run(self, row, column, tolerance, reference, connectivity, restart):
        """Grow a region; unless `restart`, a larger tolerance goes on from the rim of the last one."""
        photo = self.session.photo
        if self._grower is None:
            self._grower = region_growing.Grower(photo)
        start = time.perf_counter()
        grown = self._grower.grow((row, column), tolerance, reference, connectivity, restart)
        seconds = time.perf_counter() - start
        self.session.keep_region(grown)
        return {
            "size": grown.size, "share": grown.size / (photo.shape[0] * photo.shape[1]), "waves": len(grown.wave_starts),
            "indices": grown.indices, "wave_starts": grown.wave_starts,
            "seed_colour": [int(v) for v in grown.seed_colour], "reference_colour": [float(v) for v in grown.reference_colour],
            "seconds": seconds, "truth": self._seed_truth(row, column, grown),
        }

    def _seed_truth(self, row, column, grown):
        """IoU of a region with the network's class at its seed, from the network with the VOC classes that was asked last."""
        prediction = next((p for p in reversed(self.session.predictions.values()) if p.network.labels is VOC), None)
        if prediction is None:
            return None
        label_map = prediction.label_map
        label = int(label_map[row, column])
        inside = int(np.count_nonzero(label_map.ravel()[grown.indices] == label))
        union = grown.size + int(np.count_nonzero(label_map == label)) - inside
        return {"id": label, "name": prediction.network.labels.names[label], "iou": inside / union}

    def listing(self):
        """The source of `region_growing.grow_by_hand` without its docstring: the few lines that the page shows."""
        lines = inspect.getsource(region_growing.grow_by_hand).splitlines(keepends=True)
        docstring = ast.parse("".join(lines)).body[0].body[0]
        return {"source": "".join(lines[: docstring.lineno - 1] + lines[docstring.end_lineno :])}
