"""The handler of “Segment”: labels every pixel of the photo with a network, and reads single pixels."""

from typing import TypedDict

import numpy as np

from ...errors import StudioError
from ...networks.network import Prediction
from ...session.labs import LabHandler
from ...session.replies import class_shares
from ...session.wire_types import ClassShare, Uint8Array


class Tensor(TypedDict):
    type: str
    shape: list[int]


class Seconds(TypedDict):
    prepare: float
    inference: float
    decode: float


class NamedScore(TypedDict):
    id: int
    name: str
    score: float


class SegmentRun(TypedDict):
    network: str


class Segmented(TypedDict):
    network: str
    rows: int
    columns: int
    label_map: Uint8Array
    classes: list[ClassShare]
    n_classes: int
    input: Tensor
    mode: str
    output: Tensor
    predictions: int
    scores: int
    seconds: Seconds
    cached: bool


class SegmentAt(TypedDict):
    network: str
    row: int
    column: int


class PixelRead(TypedDict):
    row: int
    column: int
    id: int
    name: str
    best: list[NamedScore]


CALLS: dict[str, tuple[type, type]] = {"segment.run": (SegmentRun, Segmented), "segment.at": (SegmentAt, PixelRead)}


class Handler(LabHandler):
    """Keeps nothing: what a network says of the photo is the session's."""

    async def run(self, network):
        """Label every pixel; the answer is kept until another photo is opened."""
        cached = network in self.session.predictions
        return _as_reply(await self.session.predict(network), cached)

    def at(self, network, row, column):
        """The class of one pixel and its three best scores (softmax of the interpolated logits)."""
        prediction = self.session.prediction(network)
        rows, columns = prediction.label_map.shape
        if not (0 <= row < rows and 0 <= column < columns):
            raise StudioError(f"Row {row}, column {column} lies outside the photo of {rows} × {columns}.", "Point inside the photo.")
        scores = prediction.scores_at(row, column)
        names = prediction.network.labels.names
        best = np.argsort(-scores, kind="stable")[:3]
        label = int(prediction.label_map[row, column])
        return {
            "row": row, "column": column, "id": label, "name": names[label],
            "best": [{"id": int(i), "name": names[i], "score": float(scores[i])} for i in best],
        }


def _as_reply(prediction: Prediction, cached: bool) -> dict:
    labels, net, (rows, columns) = prediction.network.labels, prediction.network, prediction.label_map.shape
    pairs = prediction.classes()
    return {
        "network": net.name, "rows": rows, "columns": columns, "label_map": prediction.label_map.ravel().copy(),
        "classes": class_shares([i for i, _ in pairs], [n for _, n in pairs], labels),
        "n_classes": len(labels),
        "input": {"type": "float32", "shape": list(prediction.input_shape)},
        "mode": net.title,
        "output": {"type": "float32 " + net.kind, "shape": list(prediction.output_shape)},
        "predictions": prediction.label_map.size,
        "scores": prediction.n_scores,
        "seconds": {k: float(prediction.seconds[k]) for k in ("prepare", "inference", "decode")},
        "cached": cached,
    }
