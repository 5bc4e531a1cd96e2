"""The protocol between page and studio: every call, what it takes, what it answers. No behaviour lives here.

A page sends ``{id, call, arguments, stoppable}`` and gets back one of ::

    {id, reply}                               the answer, typed below
    {id, error: {kind, message, remedy}}      one sentence for the person, and what to do about it
    {id, progress: {step, done, total}}       any number of times before either of them

and may send ``{cancel: id}`` at any moment: the call then ends with an error of kind ``cancelled``, as soon as it waits
for something.  One that was sent as `stoppable` may also be interrupted while it computes.  Unasked, the engine sends
``{event: ...}``: while it boots, when it is ready, what a cell shows while it runs, and once if it dies
(``site_src/studio/worker/worker.js`` lists them).

Kinds of error: ``input`` (the visitor can put it right), ``cancelled``, ``memory`` (the engine must be restarted),
``engine`` (it stopped, or a file of the site did not arrive), ``internal`` (our mistake).

Coordinates are (row, column) in image pixels: pixel (0, 0) has its centre at (0.0, 0.0).  Arrays travel flat, in
row-major order; their buffers are transferred, not copied.

Calls of the labs (`pystudio.session.labs`) are typed in the handler of the lab.  The TypeScript face of all these types, which checks the page's JavaScript, is printed by ``python -m pystudio.session.protocol``
and kept in ``site_src/studio/types/protocol.d.ts``.
"""

import functools
import types
import typing
from typing import Literal, NotRequired, TypedDict

from ..errors import StudioError
from . import labs

Point = list[float]
Colour = tuple[int, int, int]


class Buffer:
    """Bytes on their way in: an ``ArrayBuffer`` in the page, a ``memoryview`` here."""


class Values:
    """Numbers, texts, truths or nothing under names of the callee's choosing, which checks them itself."""


class Uint8Array:
    """A flat array of uint8 on its way out."""


class Int32Array:
    """A flat array of int32 on its way out."""


# ---------------------------------------------------------------- parts of replies
class ClassShare(TypedDict):
    id: int
    name: str
    colour: Colour
    pixels: int
    share: float


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


class SeedTruth(TypedDict):
    id: int
    name: str
    iou: float


# ---------------------------------------------------------------- calls: arguments and replies
class Nothing(TypedDict):
    pass


class PhotoOpen(TypedDict):
    rows: int
    columns: int
    pixels: Buffer


class PhotoOpened(TypedDict):
    rows: int
    columns: int


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


class Labels(TypedDict):
    set: str


class LabelsReply(TypedDict):
    names: list[str]
    colours: list[Colour]
    clear: list[Colour]


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


class Painted(TypedDict):
    patches: list[Patch]
    differences: list[Difference] | None
    scores: Scores | None
    can_undo: bool
    can_redo: bool


class PaintTruth(TypedDict):
    source: Literal["network", "png"]
    network: NotRequired[str]
    bytes: NotRequired[Buffer]
    name: NotRequired[str]


class TruthSet(TypedDict):
    scores: Scores
    classes: list[ClassShare]
    difference: Uint8Array


class GrowRun(TypedDict):
    row: int
    column: int
    tolerance: float
    reference: Literal["seed", "mean"]
    neighbours: Literal[4, 8]
    afresh: bool


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


# functional form: one field is called "from", a word that Python keeps for itself
Export = TypedDict("Export", {
    "what": Literal["mask", "overlay", "cutout"],
    "from": Literal["network", "paint", "region"],
    "network": NotRequired[str],
    "opacity": NotRequired[float],
    "hidden": NotRequired[list[int]],
    "label": NotRequired[int],
})


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
    least_markers: int
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


class Exported(TypedDict):
    name: str
    type: str
    bytes: Uint8Array


CALLS: dict[str, tuple[type, type]] = {
    "photo.open": (PhotoOpen, PhotoOpened),
    "segment.run": (SegmentRun, Segmented),
    "segment.at": (SegmentAt, PixelRead),
    "labels": (Labels, LabelsReply),
    "paint.stroke": (PaintStroke, Painted),
    "paint.lasso": (PaintLasso, Painted),
    "paint.fill": (PaintFill, Painted),
    "paint.clear": (Nothing, Painted),
    "paint.from_network": (PaintFromNetwork, Painted),
    "paint.undo": (Nothing, Painted),
    "paint.redo": (Nothing, Painted),
    "paint.set": (PaintSet, Painted),
    "paint.truth": (PaintTruth, TruthSet),
    "grow.run": (GrowRun, Grown),
    "grow.listing": (Nothing, Listing),
    "classic.methods": (Nothing, ClassicMethods),
    "classic.histogram": (ClassicHistogram, Histogram),
    "classic.run": (ClassicRun, Classified),
    "classic.network": (ClassicNetwork, NetworkMatch),
    "export": (Export, Exported),
}


def calls() -> dict[str, tuple[type, type]]:
    """Every call of the session and of all labs: name to (type of the arguments, type of the reply)."""
    return CALLS | {call: kinds for name in labs.LABS for call, kinds in labs.handler_module(name).CALLS.items()}


def _kinds(call):
    lab = labs.lab_of(call)
    return (labs.handler_module(lab).CALLS if lab else CALLS).get(call)


# ---------------------------------------------------------------- checking what arrives
def checked(call: str, arguments: object) -> dict:
    """Check the arguments of a call against its type.

    Parameters
    ----------
    call : str
        A key of `calls()`.
    arguments : object
        What the page sent, already turned into Python objects.

    Returns
    -------
    dict
        The same arguments; numbers that stand for whole numbers are ``int``.

    Raises
    ------
    StudioError
        If the call is unknown, or an argument is missing, superfluous or of another type.
    """
    kinds = _kinds(call)
    if kinds is None:
        raise StudioError(f"The studio has no call named {call!r}.", "Reload the page: it and the studio may be of different versions.")
    return _fit(arguments, kinds[0], call)


def _fit(value, kind, where):
    """`value` as `kind`, or a StudioError that names the place."""
    if typing.is_typeddict(kind):
        return _fit_dict(value, kind, where)
    origin, options = typing.get_origin(kind), typing.get_args(kind)
    if origin is Literal:
        if value in options:
            return next(o for o in options if o == value)
    elif origin in (typing.Union, types.UnionType):
        if value is None and type(None) in options:
            return None
        return _fit(value, next(o for o in options if o is not type(None)), where)
    elif origin is list:
        if isinstance(value, (list, tuple)):
            return [_fit(v, options[0], f"{where}[{i}]") for i, v in enumerate(value)]
    elif kind is Values:
        if isinstance(value, dict) and all(isinstance(v, (bool, int, float, str)) for v in value.values()):
            return value
    elif kind is Buffer:
        if isinstance(value, (bytes, bytearray, memoryview)):
            return value
    elif kind is bool or kind is str:
        if isinstance(value, kind):
            return value
    elif isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 2**53:  # false for NaN too
        if kind is float or value == int(value):
            return kind(value)
    raise StudioError(f"{where} is {_short(value)}, which is not {_wanted(kind)}.", "Reload the page and try again.")


def _fit_dict(value, kind, where):
    if not isinstance(value, dict):
        raise StudioError(f"{where} got {_short(value)} instead of named arguments.", "Reload the page and try again.")
    hints = _hints(kind)
    wrong = sorted(_required(kind) - value.keys()) or sorted(value.keys() - hints.keys())
    if wrong:
        fault = "is missing" if wrong[0] in hints else "is unknown"
        raise StudioError(f"{where}: the argument {wrong[0]!r} {fault}.", "Reload the page and try again.")
    return {k: _fit(v, hints[k], f"{where}: {k}") for k, v in value.items()}


@functools.cache  # asked at each stroke of a brush
def _hints(kind):
    return typing.get_type_hints(kind)


@functools.cache
def _required(kind):
    """The names that must be there. `__required_keys__` alone does not know: it cannot see a NotRequired that `from __future__ import annotations` made a string."""
    hints = typing.get_type_hints(kind, include_extras=True)
    return {name for name in kind.__required_keys__ if typing.get_origin(hints[name]) is not NotRequired}


def _short(value):
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."


def _wanted(kind):
    if typing.get_origin(kind) is Literal:
        return "one of " + ", ".join(map(repr, typing.get_args(kind)))
    return {int: "a whole number", float: "a finite number", str: "a text", bool: "true or false", Buffer: "a buffer",
            Values: "a set of named values"}.get(kind, "a list")


# ---------------------------------------------------------------- the same types for the page
def typescript() -> str:
    """Return `calls()` as a TypeScript declaration file.

    Examples
    --------
    >>> "export type GrowRun = {" in typescript()
    True
    """
    named = {}

    def collect(kind):
        for part in (*typing.get_args(kind), *(typing.get_type_hints(kind).values() if typing.is_typeddict(kind) else ())):
            collect(part)
        if typing.is_typeddict(kind):
            named.setdefault(kind.__name__, kind)

    for arguments, reply in calls().values():
        collect(arguments), collect(reply)
    lines = ["// Printed by `python -m pystudio.session.protocol`; what each thing means stands in pystudio/session/protocol.py.", ""]
    for name, kind in named.items():
        required = _required(kind)
        fields = (f"{k}{'' if k in required else '?'}: {_ts(h)};" for k, h in typing.get_type_hints(kind).items())
        lines.append(f"export type {name} = {{ {' '.join(fields)} }};")
    lines += ["", "export type Calls = {"]
    lines += [f'  "{call}": {{ arguments: {a.__name__}; reply: {r.__name__} }};' for call, (a, r) in calls().items()]
    return "\n".join([*lines, "};", ""])


def _ts(kind):
    origin, options = typing.get_origin(kind), typing.get_args(kind)
    if origin is Literal:
        return " | ".join(f'"{o}"' if isinstance(o, str) else str(o) for o in options)
    if origin in (typing.Union, types.UnionType):
        return " | ".join(map(_ts, options))
    if origin is list:
        inner = _ts(options[0])
        return f"({inner})[]" if "|" in inner else f"{inner}[]"
    if origin is tuple:
        return f"[{', '.join(map(_ts, options))}]"
    simple = {int: "number", float: "number", str: "string", bool: "boolean", type(None): "null", Buffer: "ArrayBuffer",
              Values: "Record<string, boolean | number | string>"}
    return simple.get(kind, kind.__name__)


if __name__ == "__main__":
    from pystudio.session import protocol  # not this copy of it: the handlers know the other one's types

    print(protocol.typescript(), end="")
