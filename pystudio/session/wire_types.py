"""Types that several calls of the protocol share. Those of one lab's calls are declared in its handler, beside ``CALLS``.

A call's arguments and its reply are a TypedDict each. `pystudio.session.validation` checks arguments against them, `pystudio.session.typescript`
prints them for the page.
"""
from typing import TypedDict

Point = list[float]
"""(row, column) in image pixels."""

Colour = tuple[int, int, int]


class Buffer:
    """Bytes that the page sends: an ``ArrayBuffer`` there, a ``memoryview`` here."""


class Values:
    """Numbers, texts, booleans or None under names of the callee's choosing, which checks them itself."""


class Uint8Array:
    """A flat array of uint8 in a reply."""


class Int32Array:
    """A flat array of int32 in a reply."""


class Anything:
    """What has a type elsewhere: the arguments and the reply of a call within its envelope."""


class MessagePort:
    """The page's end, or the worker's, of a channel between them."""


class Start:
    """What the page tells the worker at its start: ``Start`` of ``site_src/studio/types/shared.d.ts``."""


class Nothing(TypedDict):
    pass


class ClassShare(TypedDict):
    id: int
    name: str
    colour: Colour
    pixels: int
    share: float


class ClassScore(TypedDict):
    id: int
    name: str
    colour: Colour
    intersection: int
    union: int
    iou: float | None
    dice: float | None


class Scores(TypedDict):
    pixels: int
    pixel_accuracy: float | None
    mean_iou: float | None
    mean_iou_without_background: float | None
    classes: list[ClassScore]


class Patch(TypedDict):
    row: int
    column: int
    rows: int
    columns: int
    labels: Uint8Array


class Difference(TypedDict):
    row: int
    column: int
    rows: int
    columns: int
    values: Uint8Array


class Painted(TypedDict):
    patches: list[Patch]
    differences: list[Difference] | None
    scores: Scores | None
    can_undo: bool
    can_redo: bool
