"""The handler of the microscope: the scores behind the labels, uncertainty, and what each stage of the network makes of the photo."""

from typing import Literal, NotRequired, TypedDict

import numpy as np

from ...errors import StudioError
from ...networks import layers, uncertainty
from ...networks import network as networks
from ...session.labs import LabHandler
from ...session.wire_types import ClassShare, Colour, Uint8Array

LONGEST = 320
"""Longest side, in pixels, at which scores are shown: 21 maps of it are 1.6 million numbers."""

STAGES = {
    "stem": ("First layer", "Edges and colours: each channel is a small filter of 3 × 3 pixels."),
    "block1": ("Block 1", "The first edges are mixed; there are few channels, so that the large grid stays cheap."),
    "block3": ("Block 3", "Corners, lines, simple textures."),
    "block6": ("Block 6", "Textures and small parts. The grid is coarser now, and there are more channels."),
    "block10": ("Block 10", "Parts of things."),
    "block13": ("Block 13", "Larger parts, and what is often seen beside them."),
    "block17": ("Block 17, end of the encoder", "What could be here, in 320 channels for each place."),
    "branch": ("Branch: each place", "Mixes the channels at each place by itself (the 1 × 1 branch of ASPP)."),
    "pooled": ("Branch: whole picture", "One number per channel for the whole picture: its mean, mixed. Is it a room, a road, a meadow?"),
    "joined": ("Both branches joined", "Each place together with the whole picture: 256 channels."),
    "logits": ("Scores", "One channel for each class: the scores before softmax."),
}


class MicroscopeScores(TypedDict):
    network: str
    softmax: bool


class ScoreMap(TypedDict):
    id: int
    name: str
    colour: Colour
    share: float
    lowest: float
    highest: float


class ScoreMaps(TypedDict):
    rows: int
    columns: int
    grid: list[int]
    low: float
    high: float
    maps: list[ScoreMap]
    values: Uint8Array


class MicroscopeUncertainty(TypedDict):
    network: str
    measure: Literal["confidence", "entropy", "margin"]


class UncertaintyMap(TypedDict):
    rows: int
    columns: int
    values: Uint8Array
    low: float
    high: float
    mean: float
    title: str
    unit: str
    help: str


class MicroscopeSecondBest(TypedDict):
    network: str


class SecondBestMap(TypedDict):
    rows: int
    columns: int
    label_map: Uint8Array
    classes: list[ClassShare]


class MicroscopeLowMargin(TypedDict):
    network: str
    threshold: float


class LowMarginMap(TypedDict):
    rows: int
    columns: int
    values: Uint8Array
    pixels: int
    share: float


class MicroscopeAt(TypedDict):
    network: str
    row: int
    column: int


class ScoreBar(TypedDict):
    id: int
    name: str
    colour: Colour
    score: float
    share: float


class ScoresRead(TypedDict):
    row: int
    column: int
    bars: list[ScoreBar]
    confidence: float
    entropy: float
    margin: float


class MicroscopeStages(TypedDict):
    network: str


class Stage(TypedDict):
    name: str
    title: str
    help: str
    channels: int
    rows: int
    columns: int
    stride: int
    field: int
    whole: bool


class StageList(TypedDict):
    input: list[int]
    stages: list[Stage]


class MicroscopeInside(TypedDict):
    network: str
    stage: str
    show: Literal["mean", "strongest", "channel"]
    channel: NotRequired[int]


class InsideMap(TypedDict):
    rows: int
    columns: int
    grid_rows: int
    grid_columns: int
    box: list[float]
    values: Uint8Array
    low: float
    high: float
    most_variable: int
    mean: float


class MicroscopeField(TypedDict):
    network: str
    stage: str
    row: int
    column: int


class FieldBox(TypedDict):
    point: list[int]
    box: list[float]
    cut: bool
    whole: bool


CALLS = {
    "microscope.scores": (MicroscopeScores, ScoreMaps),
    "microscope.uncertainty": (MicroscopeUncertainty, UncertaintyMap),
    "microscope.second_best": (MicroscopeSecondBest, SecondBestMap),
    "microscope.low_margin": (MicroscopeLowMargin, LowMarginMap),
    "microscope.at": (MicroscopeAt, ScoresRead),
    "microscope.stages": (MicroscopeStages, StageList),
    "microscope.inside": (MicroscopeInside, InsideMap),
    "microscope.field": (MicroscopeField, FieldBox),
}


class Handler(LabHandler):
    """Remembers the stretched scores of one network and the activations of one network: only what is shown of them changes."""

    def __init__(self, session):
        super().__init__(session)
        self.on_photo()

    def on_photo(self):
        self._scores: tuple[str, np.ndarray] | None = None
        self._inside: tuple[str, dict[str, np.ndarray]] | None = None

    # ------------------------------------------------------------ scores
    @property
    def _shape(self):
        rows, columns = self.session.photo.shape[:2]
        scale = min(1.0, LONGEST / max(rows, columns))
        return max(1, round(rows * scale)), max(1, round(columns * scale))

    async def _stretched(self, network):
        """(C, M, N) scores at the size of the lab."""
        if self._scores is None or self._scores[0] != network:
            prediction = await self.session.predict(network)
            self._scores = network, networks.upsample_logits(prediction.logits, self._shape, prediction.network)
        return self._scores[1]

    async def scores(self, network, softmax):
        """A channel of scores for each class, those found in the photo first; after `softmax` or before it."""
        prediction = await self.session.predict(network)
        scores = await self._stretched(network)
        shown = uncertainty.softmax(scores) if softmax else scores
        found = dict(prediction.classes())
        order = sorted(range(len(scores)), key=lambda k: (-found.get(k, 0), -float(scores[k].max())))
        made = uncertainty.shades(shown[order], *((0.0, 1.0) if softmax else ()))
        names, colours = prediction.network.labels.names, prediction.network.labels.colours
        return {
            "rows": scores.shape[1], "columns": scores.shape[2], "grid": list(prediction.logits.shape), "low": made.low, "high": made.high,
            "maps": [{"id": k, "name": names[k], "colour": colours[k].tolist(), "share": found.get(k, 0) / prediction.label_map.size,
                        "lowest": float(shown[k].min()), "highest": float(shown[k].max())} for k in order],
            "values": made.values.ravel(),
        }

    async def uncertainty(self, network, measure):
        """Confidence, entropy or margin at every pixel."""
        scores = await self._stretched(network)
        numbers, kind = uncertainty.MAP_FUNCTIONS[measure](scores), uncertainty.MEASURES[measure]
        made = uncertainty.shades(numbers, 0.0, 1.0 if measure == "confidence" else None)
        return {"rows": numbers.shape[0], "columns": numbers.shape[1], "values": made.values.ravel(), "low": made.low, "high": made.high,
                "mean": float(numbers.mean()), "title": kind.title, "unit": kind.unit, "help": kind.help}

    async def second_best(self, network):
        """The class that came second at every pixel."""
        prediction = await self.session.predict(network)
        label_map = uncertainty.second_best(await self._stretched(network))
        counts, labels = np.bincount(label_map.ravel()), prediction.network.labels
        classes = [{"id": int(k), "name": labels.names[k], "colour": labels.colours[k].tolist(), "pixels": int(counts[k]), "share": float(counts[k] / label_map.size)}
                   for k in np.argsort(-counts, kind="stable") if counts[k]]
        return {"rows": label_map.shape[0], "columns": label_map.shape[1], "label_map": label_map.ravel(), "classes": classes}

    async def low_margin(self, network, threshold):
        """The pixels where the best score is less than `threshold` above the next."""
        found = uncertainty.low_margin(await self._stretched(network), threshold)
        return {"rows": found.shape[0], "columns": found.shape[1], "values": found.ravel().astype(np.uint8), "pixels": int(found.sum()), "share": float(found.mean())}

    async def at(self, network, row, column):
        """All scores of a pixel of the lab's copy, before and after softmax, the best first."""
        scores = (await self._stretched(network))[:, *self._inside_picture(row, column)].astype(np.float64)
        shares = uncertainty.softmax(scores)
        labels = (await self.session.predict(network)).network.labels
        bars = [{"id": int(k), "name": labels.names[k], "colour": labels.colours[k].tolist(), "score": float(scores[k]), "share": float(shares[k])}
                for k in np.argsort(-scores, kind="stable")]
        return {"row": row, "column": column, "bars": bars, "confidence": float(uncertainty.confidence(scores)),
                "entropy": float(uncertainty.entropy(scores)), "margin": float(uncertainty.margin(scores))}

    def _inside_picture(self, row, column):
        rows, columns = self._shape
        if not (0 <= row < rows and 0 <= column < columns):
            raise StudioError(f"Row {row}, column {column} lies outside the picture of {rows} × {columns}.", "Point inside the picture.")
        return row, column

    # ------------------------------------------------------------ inside
    def _stages(self, network):
        """Name of each stage: its field and its grid for the open photo."""
        net, listed = networks.network(network), layers.layers(network)
        frame = net.frame(self.session.photo.shape[:2])
        seen, sizes = layers.fields(listed), layers.grids(listed, frame)
        return frame, {name: (seen[name], sizes[name]) for name in STAGES if name in seen}

    def stages(self, network):
        """What can be looked at inside a network, and how large it is for this photo."""
        frame, known = self._stages(network)
        return {"input": list(frame), "stages": [
            {"name": name, "title": STAGES[name][0], "help": STAGES[name][1], "channels": size[0], "rows": size[1], "columns": size[2],
             "stride": field.stride, "field": field.size if field.stride else 0, "whole": field.whole} for name, (field, size) in known.items()]}

    async def inside(self, network, stage, show, channel=0):
        """One stage's answer to the photo: the mean of its channels, the strongest at each place, or one of them."""
        frame, known = self._stages(network)
        field, _ = self._stage(known, stage)
        activations = (await self._activations(network, tuple(known)))[stage]
        grid, most_variable = uncertainty.channel_map(activations, show, channel)
        made, (rows, columns) = uncertainty.shades(grid), self._shape
        top, bottom = uncertainty.grid_box(grid.shape[0], field.stride, frame[0], rows)
        left, right = uncertainty.grid_box(grid.shape[1], field.stride, frame[1], columns)
        return {"rows": rows, "columns": columns, "grid_rows": grid.shape[0], "grid_columns": grid.shape[1], "box": [top, left, bottom - top, right - left],
                "values": made.values.ravel(), "low": made.low, "high": made.high, "most_variable": most_variable, "mean": float(grid.mean())}

    def _stage(self, known, stage):
        if stage not in known:
            raise StudioError(f"There is no stage “{stage}” in this network.", f"Choose one of: {', '.join(known)}.")
        return known[stage]

    async def _activations(self, network, stages):
        """All stages come from one more run, the first time that somebody looks inside."""
        if self._inside is None or self._inside[0] != network:
            photo, net = self.session.photo, networks.network(network)
            found = await self.session.infer(net, networks.prepare(photo, net), stages)
            if photo is not self.session.photo:
                raise StudioError("Another photo was opened.", "Look at that one.")
            self._inside = network, {name: np.asarray(each)[0] for name, each in zip(stages, found, strict=True)}
        return self._inside[1]

    def field(self, network, stage, row, column):
        """The part of the picture that the point of a stage under a pixel sees."""
        self._inside_picture(row, column)
        frame, known = self._stages(network)
        field, size = self._stage(known, stage)
        along = [uncertainty.window(place, field.before, field.after, size[1 + k], field.stride, frame[k], self._shape[k]) for k, place in enumerate((row, column))]
        (point_row, top, bottom, cut_rows), (point_column, left, right, cut_columns) = along
        return {"point": [point_row, point_column], "box": [top, left, bottom - top, right - left], "cut": cut_rows or cut_columns, "whole": field.whole}
