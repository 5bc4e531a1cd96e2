"""The calls that are the session's own, and no lab's: a photo is opened, the classes are named, what there is of it is saved as PNG."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NotRequired, TypedDict

import numpy as np

from ..errors import StudioError
from ..labels import VOC, LabelSet, clear_colours, label_set
from ..render import colour, png
from .wire_types import Buffer, Colour, Uint8Array

__all__ = ["CALLS", "SessionCalls"]


class PhotoOpen(TypedDict):
    rows: int
    columns: int
    pixels: Buffer


class PhotoOpened(TypedDict):
    rows: int
    columns: int


class Labels(TypedDict):
    set: str


class LabelsReply(TypedDict):
    names: list[str]
    colours: list[Colour]
    clear: list[Colour]


# functional form: one field is called "from", a word that Python keeps for itself
Export = TypedDict("Export", {
    "what": Literal["mask", "overlay", "cutout"],
    "from": Literal["network", "paint", "region"],
    "network": NotRequired[str],
    "opacity": NotRequired[float],
    "hidden": NotRequired[list[int]],
    "label": NotRequired[int],
})


class Exported(TypedDict):
    name: str
    type: str
    bytes: Uint8Array


CALLS: dict[str, tuple[type, type]] = {
    "photo.open": (PhotoOpen, PhotoOpened),
    "labels": (Labels, LabelsReply),
    "export": (Export, Exported),
}
"""Name of the call to types of its arguments and its reply."""


class SessionCalls:
    """Answers them for one session."""

    def __init__(self, session) -> None:
        self._session = session
        self.methods: dict[str, Callable[..., Any]] = {"photo.open": self.open_photo, "labels": self.labels, "export": self.export}

    def open_photo(self, rows: int, columns: int, pixels: memoryview) -> dict[str, Any]:
        """Open a photo, RGBA."""
        self._session.open_photo(rows, columns, pixels)
        return {"rows": rows, "columns": columns}

    def labels(self, set: str) -> dict[str, Any]:
        """Names and colours of a set of classes; the clear colours are told apart with any colour vision."""
        labels = label_set(set)
        clear = clear_colours()[[VOC.id(name) for name in labels.names]]
        return {"names": list(labels.names), "colours": labels.colours.tolist(), "clear": clear.tolist()}

    async def export(self, what: str, network: str | None = None, opacity: float = 0.6, hidden=(), label: int | None = None, **source: str) -> dict[str, Any]:
        """A mask as a PNG file: its classes, laid over the photo, or the part of the photo that it covers."""
        photo = self._session.photo
        await self._session.ensure_package("pillow")
        origin = source["from"]
        label_map, labels = self._label_map(origin, network)
        if what == "mask":
            data = png.palette_png(label_map, labels)
        elif what == "overlay":
            data = png.png(colour.overlay(photo, label_map, labels, opacity, hidden))
        else:
            chosen = label_map == label if label is not None else (label_map != 0) & ~np.isin(label_map, list(hidden))
            data = png.png(colour.cutout(photo, chosen))
        return {"name": f"{origin}-{what}.png", "type": "image/png", "bytes": np.frombuffer(data, np.uint8)}

    def _label_map(self, origin: str, network: str | None) -> tuple[np.ndarray, LabelSet]:
        if origin == "network":
            prediction = self._session.prediction(network)
            return prediction.label_map, prediction.network.labels
        if origin == "paint":
            return self._session.mask, VOC
        region = self._session.region
        if region is None:
            raise StudioError("No region has been grown yet.", "Click a seed in the photo first.")
        return region.astype(np.uint8), label_set("person")
