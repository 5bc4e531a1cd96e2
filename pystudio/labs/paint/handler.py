"""The handler of “Paint”: the tools of the painted mask, and the truth it is graded against."""

from typing import Literal, NotRequired, TypedDict

import numpy as np

from ...errors import StudioError
from ...image import load_labels
from ...labels import VOC
from ...measure import metrics
from ...networks.network import Prediction
from ...session.labs import LabHandler
from ...session.replies import class_shares
from ...session.wire_types import Buffer, ClassShare, Nothing, Painted, Point, Scores, Uint8Array


class PaintStroke(TypedDict):
    points: list[Point]
    radius: float
    label: int
    begin: bool
    end: bool


class PaintLasso(TypedDict):
    points: list[Point]
    label: int


class PaintFill(TypedDict):
    row: int
    column: int
    label: int


class PaintFromNetwork(TypedDict):
    network: str


class PaintSet(TypedDict):
    mask: Buffer


class PaintTruth(TypedDict):
    source: Literal["network", "png"]
    network: NotRequired[str]
    bytes: NotRequired[Buffer]
    name: NotRequired[str]


class TruthSet(TypedDict):
    scores: Scores
    classes: list[ClassShare]
    difference: Uint8Array


CALLS: dict[str, tuple[type, type]] = {
    "paint.stroke": (PaintStroke, Painted),
    "paint.lasso": (PaintLasso, Painted),
    "paint.fill": (PaintFill, Painted),
    "paint.clear": (Nothing, Painted),
    "paint.from_network": (PaintFromNetwork, Painted),
    "paint.undo": (Nothing, Painted),
    "paint.redo": (Nothing, Painted),
    "paint.set": (PaintSet, Painted),
    "paint.truth": (PaintTruth, TruthSet),
}


class Handler(LabHandler):
    """Keeps nothing: the painted mask, its undo history and its grade are the session's."""

    def stroke(self, points, radius, label, begin, end):
        """Move the brush along the points; `begin` and `end` say whether a step of the undo history does."""
        painted = self.session.painted
        if begin:
            painted.canvas.begin()
        try:
            return painted.reply(painted.canvas.brush(points, radius, label))
        finally:
            if end:
                painted.canvas.end()

    def lasso(self, points, label):
        """Fill a polygon."""
        painted = self.session.painted
        return painted.reply(painted.canvas.lasso(points, label))

    def fill(self, row, column, label):
        """Fill the area of one class around a pixel."""
        painted = self.session.painted
        return painted.reply(painted.canvas.fill(row, column, label))

    def clear(self):
        """Make everything background."""
        painted = self.session.painted
        return painted.reply(painted.canvas.clear())

    def undo(self):
        """Take the last step back."""
        painted = self.session.painted
        return painted.reply(painted.canvas.undo())

    def redo(self):
        """Do the step again that was taken back last."""
        painted = self.session.painted
        return painted.reply(painted.canvas.redo())

    def from_network(self, network):
        """Paint what a network says."""
        painted, prediction = self.session.painted, self.session.prediction(network)
        _check_classes(prediction)
        return painted.reply(painted.canvas.replace(prediction.label_map))

    def set(self, mask):
        """Take a whole mask, as kept from an earlier visit. There is nothing before it to undo."""
        painted = self.session.painted
        shape, mask = painted.mask.shape, np.frombuffer(mask, np.uint8)
        if mask.size != shape[0] * shape[1] or mask.max() >= len(VOC):
            raise StudioError("The kept mask does not belong to this photo.", "Nothing to do: the mask starts empty.")
        return painted.reply(painted.restore(mask.reshape(shape)))

    async def truth(self, source, network=None, bytes=None, name=None):
        """Grade against a network's output, or against a label picture that the visitor brings."""
        painted = self.session.painted
        if source == "network":
            prediction = self.session.prediction(network)
            _check_classes(prediction)
            truth = prediction.label_map
        else:
            if bytes is None:
                raise StudioError("The label picture did not arrive.", "Choose the file again.")
            await self.session.ensure_package("pillow")
            truth = load_labels(bytearray(bytes), shape=painted.mask.shape, name=name)
        painted.set_truth(truth)
        return {
            "scores": painted.scores(),
            "classes": class_shares(*np.unique(truth, return_counts=True), VOC),
            "difference": metrics.difference(truth, painted.mask).ravel(),
        }


def _check_classes(prediction: Prediction) -> None:
    if prediction.network.labels is not VOC:
        raise StudioError(
            f"The network {prediction.network.name!r} knows other classes than the ones you paint with.",
            "Choose a network with the 21 VOC classes: deeplab_s16 or deeplab.")
