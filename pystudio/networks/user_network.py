"""Networks that a person brings: reading what an ONNX file says of itself, judging whether it labels pixels, and asking what it does not say.

Only the header is read here, by a small reader of protocol buffers: the `onnx` package would be some 20 MB for a visitor, and
weights are of no interest. The arithmetic is ONNX Runtime's, as everywhere.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import NetworkError
from ..image import fit
from ..labels import PERSON, VOC, LabelSet, voc_colour_map
from .network import Network

__all__ = ["Found", "Header", "OwnNetwork", "judge", "make", "read_header", "refusal"]

MOST_BYTES = 200_000_000
"""Larger files are refused: the browser holds a network two or three times while it opens it."""

MOST_CLASSES = 250
_DEEPEST = 12  # graphs within graphs
_MOST_NODES = 200_000

TYPES = {1: "float32", 2: "uint8", 3: "int8", 5: "int16", 6: "int32", 7: "int64", 9: "bool", 10: "float16", 11: "float64"}
"""Names of ONNX's element types."""


@dataclass(frozen=True)
class Tensor:
    """An input or output: its name, the type of its numbers, and its sides (a number, or a name or None where it is free)."""

    name: str
    type: str
    shape: tuple[int | str | None, ...] | None

    def __str__(self) -> str:
        sides = "of unknown shape" if self.shape is None else " × ".join(str(side) if side is not None else "?" for side in self.shape)
        return f"{self.name} ({self.type} {sides})"


@dataclass(frozen=True)
class Header:
    """What an ONNX file says of itself.

    Attributes
    ----------
    producer : str
    opset : int
    inputs, outputs : tuple of Tensor
        Inputs without those that are weights.
    operators : dict of str to int
        How often each operator occurs; those of another domain as "domain::name".
    weights : int
        Numbers of weights there are in the file.
    outside : tuple of str
        Files that hold weights which are not in this one.
    """

    producer: str
    opset: int
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    operators: dict[str, int]
    weights: int
    outside: tuple[str, ...]


# ---------------------------------------------------------------- protocol buffers
class _Damaged(Exception):
    """The bytes are not a message."""


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise _Damaged
        byte = data[at]
        value |= (byte & 127) << shift
        at += 1
        if byte < 128:
            return value & (2**64 - 1), at
        shift += 7


def _fields(data: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Number and value of every field of a message [1]_: an int, or the bytes of what is longer.

    References
    ----------
    .. [1] "Encoding", Protocol Buffers Documentation, Google: tags, varints, length-delimited records.
    """
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        number, kind = tag >> 3, tag & 7
        if number == 0:
            raise _Damaged
        if kind == 0:
            value, at = _varint(data, at)
            yield number, value
            continue
        if kind == 2:
            length, at = _varint(data, at)
        elif kind in (1, 5):
            length = 8 if kind == 1 else 4
        else:
            raise _Damaged
        if length > len(data) - at:
            raise _Damaged
        yield number, data[at : at + length]
        at += length


def _message(value: int | memoryview) -> memoryview:
    if isinstance(value, int):
        raise _Damaged
    return value


def _text(value: int | memoryview) -> str:
    return bytes(_message(value)[:4096]).decode("utf-8", "replace")


def _whole(value: int | memoryview) -> int:
    if not isinstance(value, int):
        raise _Damaged
    return value - 2**64 if value >= 2**63 else value


# ---------------------------------------------------------------- the parts of a model (onnx.proto3)
@dataclass
class _Graph:
    inputs: list[Tensor] = field(default_factory=list)
    outputs: list[Tensor] = field(default_factory=list)
    stored: set[str] = field(default_factory=set)
    operators: Counter = field(default_factory=Counter)
    weights: int = 0
    outside: set[str] = field(default_factory=set)
    nodes: int = 0


def _read_graph(data: memoryview, graph: _Graph, depth: int = 0) -> None:
    if depth > _DEEPEST:
        raise _Damaged
    for number, value in _fields(data):
        if number == 1:
            _read_node(_message(value), graph, depth)
        elif number == 5:
            _read_weights(_message(value), graph)
        elif number == 11 and not depth:
            graph.inputs.append(_read_tensor(_message(value)))
        elif number == 12 and not depth:
            graph.outputs.append(_read_tensor(_message(value)))


def _read_node(data: memoryview, graph: _Graph, depth: int) -> None:
    kind = domain = ""
    graph.nodes += 1
    if graph.nodes > _MOST_NODES:
        raise _Damaged
    for number, value in _fields(data):
        if number == 4:
            kind = _text(value)
        elif number == 7:
            domain = _text(value)
        elif number == 5:
            for inner, part in _fields(_message(value)):
                if inner in (6, 11):  # AttributeProto.g, .graphs
                    _read_graph(_message(part), graph, depth + 1)
                elif inner == 5:  # AttributeProto.t
                    _read_weights(_message(part), graph)
    graph.operators[kind if domain in ("", "ai.onnx") else f"{domain}::{kind}"] += 1


def _read_weights(data: memoryview, graph: _Graph) -> None:
    sides, name, location, outside = [], "", "", False
    for number, value in _fields(data):
        if number == 1:  # packed or one by one
            sides += [_whole(value)] if isinstance(value, int) else _packed(value)
        elif number == 8:
            name = _text(value)
        elif number == 13:
            entry = {n: _text(v) for n, v in _fields(_message(value)) if n in (1, 2)}
            location = entry.get(2, "") if entry.get(1) == "location" else location
        elif number == 14:
            outside = _whole(value) == 1
    graph.stored.add(name)
    graph.weights += math.prod(max(side, 0) for side in sides[:8])
    if outside:
        graph.outside.add(location or "another file")


def _packed(data: memoryview) -> list[int]:
    found, at = [], 0
    while at < len(data) and len(found) < 64:
        value, at = _varint(data, at)
        found.append(value)
    return found


def _read_tensor(data: memoryview) -> Tensor:
    """ValueInfoProto: a name and, deep inside, type and shape."""
    name, kind, shape = "", "unknown", None
    for number, value in _fields(data):
        if number == 1:
            name = _text(value)
        elif number == 2:
            for inner, part in _fields(_message(value)):
                if inner == 1:
                    kind, shape = _read_type(_message(part))
    return Tensor(name, kind, shape)


def _read_type(data: memoryview) -> tuple[str, tuple | None]:
    kind, shape = "unknown", None
    for number, value in _fields(data):
        if number == 1:
            kind = TYPES.get(_whole(value), "unknown")
        elif number == 2:
            shape = tuple(_read_side(_message(side)) for n, side in _fields(_message(value)) if n == 1)
    return kind, shape


def _read_side(data: memoryview) -> int | str | None:
    for number, value in _fields(data):
        if number == 1:
            side = _whole(value)
            return side if side > 0 else None
        if number == 2:
            return _text(value) or None
    return None


def read_header(data: bytes | bytearray | memoryview) -> Header:
    """Read what an ONNX file says of itself.

    Parameters
    ----------
    data : bytes-like
        The file.

    Returns
    -------
    Header

    Raises
    ------
    NetworkError
        It is too large, not ONNX, or cut short.

    References
    ----------
    .. [1] "Open Neural Network Exchange Intermediate Representation Specification", onnx.ai, and its schema onnx.proto3.
    """
    data = memoryview(data).cast("B") if len(data) else memoryview(b"")
    if len(data) > MOST_BYTES:
        raise NetworkError(f"This file has {len(data) / 1e6:.0f} MB, more than the {MOST_BYTES / 1e6:.0f} that fit here.", "Bring a smaller network.")
    if other := _other_format(data):
        raise NetworkError(f"This is not a network in ONNX but {other}.", "Save the network as ONNX: every large library for training can.")
    graph, producer, opset, version, seen = _Graph(), "", 0, None, False
    try:
        for number, value in _fields(data):
            if number == 1:
                version = _whole(value)
            elif number == 2:
                producer = _text(value)
            elif number == 7:
                seen = True
                _read_graph(_message(value), graph)
            elif number == 8:
                entry = dict(_fields(_message(value)))
                if _text(entry.get(1, memoryview(b""))) in ("", "ai.onnx"):
                    opset = _whole(entry.get(2, 0))
    except (_Damaged, TypeError, ValueError, RecursionError):
        cut = "It begins like one; perhaps its end is missing." if version is not None and producer else "Choose a file that ends in .onnx."
        raise NetworkError("This file is not a whole network in ONNX.", cut) from None
    if version is None or not seen or not graph.operators:
        raise NetworkError("This file holds no network in ONNX.", "Choose a file that ends in .onnx.")
    inputs = tuple(each for each in graph.inputs if each.name not in graph.stored)
    return Header(producer, opset, inputs, tuple(graph.outputs), dict(graph.operators), graph.weights, tuple(sorted(graph.outside)))


_FORMATS = ((b"PK\x03\x04", "a zip (perhaps weights of PyTorch)"), (b"\x89HDF", "an HDF5 file (perhaps weights of Keras)"), (b"\x89PNG", "a picture"),
            (b"\xff\xd8\xff", "a picture"), (b"{", "JSON"), (b"<", "a page or text"), (b"GGUF", "a language model (GGUF)"), (b"\x80", "a pickle (perhaps weights of PyTorch)"))


def _other_format(data: memoryview) -> str:
    if not len(data):
        return "an empty file"
    if bytes(data[4:8]) == b"TFL3":
        return "a TensorFlow Lite network"
    return next((words for mark, words in _FORMATS if bytes(data[: len(mark)]) == mark), "")


# ---------------------------------------------------------------- judging
@dataclass(frozen=True)
class Found:
    """What can be told of a network that may label pixels, and what has to be asked.

    Attributes
    ----------
    layout : {"NCHW", "NHWC"}
        Where the colours are in the input.
    rows, columns : int or None
        Of the input; None where any size goes.
    multiple : int
        What free sides should be divisible by.
    input, outputs : str, tuple of str
        Names; outputs that may hold a mask, the likeliest first.
    classes : dict of str to int or None
        How many classes each of these outputs has; None where it cannot be told.
    kinds : dict of str to str
        "logits", "labels" or "probability": what each of these outputs seems to be.
    summary : str
        One plain sentence of what was found.
    """

    layout: str
    rows: int | None
    columns: int | None
    multiple: int
    input: str
    outputs: tuple[str, ...]
    classes: dict[str, int | None]
    kinds: dict[str, str]
    summary: str


def judge(header: Header) -> Found:
    """Say whether a network may label pixels, and what its file tells of how.

    Raises
    ------
    NetworkError
        It cannot: weights elsewhere, no picture as input, numbers of another type, or no output with a place for every pixel.
    """
    if header.outside:
        raise NetworkError(f"Its weights are not in this file but in {header.outside[0]}.", "Save the network as one file (without external data).")
    if len(header.inputs) != 1:
        names = ", ".join(map(str, header.inputs[:4])) or "none"
        raise NetworkError(f"This network wants {len(header.inputs)} inputs ({names}); one picture is all there is here.", "Bring a network that takes a picture and nothing else.")
    given = header.inputs[0]
    if given.type != "float32":
        raise NetworkError(f"This network wants its picture as {given.type}: {given}.", "Save it so that it takes float32.")
    layout, rows, columns = _picture(given)
    likely = sorted(((_likelihood(each), -place, each) for place, each in enumerate(header.outputs)), reverse=True)
    maps = [each for score, _, each in likely if score > 0]
    if not maps:
        raise NetworkError(_no_map(header), "A segmentation network has an output with a score for every class at every pixel.")
    if any(word in each.name.lower() for each in header.outputs for word in ("boxes", "bbox", "dets")):
        raise NetworkError(f"This looks like a detector: it answers with boxes ({', '.join(str(each) for each in header.outputs[:3])}).", "Bring a network for semantic segmentation.")
    told = {each.name: _classes(each) for each in maps}
    kinds = {name: "labels" if tensor.type != "float32" else "probability" if told[name] == 1 else "logits" for name, tensor in ((each.name, each) for each in maps)}
    size = f"pictures of {columns} × {rows}" if rows and columns else "pictures of any size"
    first = maps[0].name
    answer = "a label for every pixel" if kinds[first] == "labels" else f"{told[first] or 'some'} score{'' if told[first] == 1 else 's'} for every pixel"
    summary = f"It takes {size} and answers with {answer}; it has {header.weights:,} weights and {sum(header.operators.values()):,} steps."
    return Found(layout, rows, columns, 32, given.name, tuple(told), told, kinds, summary)


def _picture(given: Tensor) -> tuple[str, int | None, int | None]:
    if given.shape is None:
        return "NCHW", None, None
    if len(given.shape) != 4 or (isinstance(given.shape[0], int) and given.shape[0] != 1):
        raise NetworkError(f"This network does not take one picture: its input is {given}.", "Its input needs four sides: 1, 3 colours, rows and columns.")
    free = lambda side: side if isinstance(side, int) else None
    if given.shape[3] == 3 and given.shape[1] != 3:
        return "NHWC", free(given.shape[1]), free(given.shape[2])
    if given.shape[1] == 3 or free(given.shape[1]) is None:
        return "NCHW", free(given.shape[2]), free(given.shape[3])
    raise NetworkError(f"This network does not take a colour picture: its input is {given}.", "One of its sides has to be 3, for red, green and blue.")


def _likelihood(output: Tensor) -> int:
    """0: no place for every pixel. More: likelier to be the mask."""
    if output.shape is None:
        return 1
    sides = [side for side in output.shape if side != 1]
    if len(output.shape) not in (2, 3, 4) or len(sides) < 2 or (len(output.shape) == 2 and all(isinstance(s, int) for s in output.shape) and min(output.shape) < 8):
        return 0
    if len(output.shape) == 2 and (output.shape[0] == 1 or not isinstance(output.shape[0], int)):
        return 0  # (batch, classes): a classifier
    return {4: 4, 3: 3, 2: 2}[len(output.shape)] + (output.type == "float32")


def _classes(output: Tensor) -> int | None:
    """How many classes an output tells apart, where its shape says so."""
    if output.shape is None or len(output.shape) != 4 or output.type != "float32":
        return None
    inner, last = output.shape[1], output.shape[3]
    numbers = [side for side in (inner, last) if isinstance(side, int)]
    return (inner if isinstance(inner, int) else last) if len(numbers) == 1 else min(numbers, default=None)


def _no_map(header: Header) -> str:
    outputs = ", ".join(str(each) for each in header.outputs[:3]) or "nothing"
    for each in header.outputs:
        if each.shape and len(each.shape) == 2:
            return f"This looks like a classifier: one answer for the whole picture, {each}."
    return f"This network answers with {outputs}: no output has a place for every pixel."


# ---------------------------------------------------------------- what is asked, and the network made of it
@dataclass(frozen=True)
class OwnNetwork(Network):
    """A network that a person brought: other layouts, colours and answers than those of ours."""

    layout: str = "NCHW"
    order: str = "RGB"
    mean: tuple[float, ...] = (0.0, 0.0, 0.0)
    std: tuple[float, ...] = (1.0, 1.0, 1.0)
    divide: float = 255.0

    def frame(self, shape: tuple[int, int]) -> tuple[int, int]:
        """(rows, columns) in which it sees a photo: its own size, or sides that are whole multiples. See `network.Network.frame`."""
        if self.size:
            return self.size
        rows, columns = fit(shape, self.longest, self.multiple)
        return max(rows - 1, self.multiple), max(columns - 1, self.multiple)

    def arrange(self, picture: np.ndarray) -> np.ndarray:
        """(RGB / divide - mean) / std, in the network's order and layout. See `network.Network.arrange`."""
        picture = picture / np.float32(self.divide)
        if self.order == "BGR":
            picture = picture[..., ::-1]
        picture = (picture - np.array(self.mean, np.float32)) / np.array(self.std, np.float32)
        return np.ascontiguousarray(picture[None] if self.layout == "NHWC" else picture.transpose(2, 0, 1)[None], dtype=np.float32)

    def read(self, output: np.ndarray) -> np.ndarray:
        """The logits in what it answered, whichever way it answers. Raises NetworkError as `network.Network.read` does."""
        found = np.asarray(output)
        n_classes = len(self.labels)
        if self.kind == "labels":
            return self._of_labels(np.squeeze(found))
        channels = 1 if self.kind == "probability" else n_classes
        found = found[0] if found.ndim == 4 and len(found) == 1 else found
        found = found[None] if found.ndim == 2 else found
        if found.ndim == 3 and len(found) != channels and found.shape[2] == channels:
            found = found.transpose(2, 0, 1)
        if found.ndim != 3 or len(found) != channels:
            raise NetworkError(f"The network answered with {' × '.join(map(str, output.shape))} numbers, which is not {channels} for each place.", f"Give as many names as it has classes: {self._guess(output)}.")
        if not np.isfinite(found).all():
            raise NetworkError("The network answered with values that are not numbers.", "Check mean, spread and scale.")
        found = found.astype(np.float32)
        if self.kind == "probability":
            found = found if found.min() >= 0 and found.max() <= 1 else 1 / (1 + np.exp(-np.clip(found, -30, 30)))  # a score instead: its sigmoid
            p = np.clip(found[0].astype(np.float64), 1e-6, 1 - 1e-6)
            return np.stack([np.zeros_like(p), np.log(p) - np.log1p(-p)]).astype(np.float32)
        if self.kind == "probabilities":
            found = np.log(np.clip(found, 1e-6, None))
        return np.ascontiguousarray(found, dtype=np.float32)

    def _of_labels(self, ids: np.ndarray) -> np.ndarray:
        if ids.ndim != 2:
            raise NetworkError(f"The network answered with shape {ids.shape}: that is no map of labels.", "Choose “scores” instead.")
        if not np.isfinite(ids).all() or ids.min() < 0 or ids.max() >= len(self.labels):
            raise NetworkError(f"The network answered with the label {ids.max():g}, but there are {len(self.labels)} names.", "Give a name for every label, or choose “scores”.")
        return np.where(np.arange(len(self.labels))[:, None, None] == ids.astype(np.int64), np.float32(12), np.float32(0))

    @staticmethod
    def _guess(output: np.ndarray) -> str:
        inner = [side for side in output.shape if side > 1]
        return str(min(inner)) if inner else "1"


NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")
KINDS = ("logits", "probabilities", "probability", "labels")


def make(name: str, recipe: dict[str, Any]) -> OwnNetwork:
    """The network that a form describes.

    Parameters
    ----------
    name : str
        Small letters, digits and underscores.
    recipe : dict
        ``title``, ``input``, ``output`` (names of tensors), ``layout`` ("NCHW", "NHWC"), ``order`` ("RGB", "BGR"), ``rows``, ``columns`` (0: any),
        ``longest`` and ``multiple`` for those of any size, ``divide``, ``mean``, ``std`` (three numbers each), ``kind`` (one of `KINDS`), ``labels`` (names;
        the first is the background).

    Returns
    -------
    OwnNetwork

    Raises
    ------
    NetworkError
        Something is missing, or out of range: the message names it.
    """
    if not NAME.fullmatch(name):
        raise NetworkError(f"A network cannot be called {name!r}.", "Use small letters, digits and underscores.")
    choice = lambda key, options: _one_of(recipe, key, options)
    rows, columns = _count(recipe, "rows", 0, 2048), _count(recipe, "columns", 0, 2048)
    if bool(rows) != bool(columns):
        raise NetworkError("Only one side of the picture is given.", "Give rows and columns, or 0 for both where any size goes.")
    labels = _labels(recipe.get("labels"))
    kind = choice("kind", KINDS)
    if kind == "probability" and len(labels) != 2:
        raise NetworkError(f"One score for every pixel tells two classes apart, not {len(labels)}.", "Give two names: the background and the thing.")
    return OwnNetwork(
        name=name, title=str(recipe.get("title", name))[:60], labels=labels, longest=None if rows else _count(recipe, "longest", 32, 1024),
        multiple=None if rows else _count(recipe, "multiple", 1, 128), size=(rows, columns) if rows else None, scale=1.0, offset=0.0, stride=1, kind=kind,
        input_name=str(recipe.get("input", "")), output_name=str(recipe.get("output", "")), layout=choice("layout", ("NCHW", "NHWC")), order=choice("order", ("RGB", "BGR")),
        mean=_three(recipe, "mean"), std=_three(recipe, "std", positive=True), divide=_number(recipe, "divide", 1e-6),
    )  # fmt: skip


def completed(answers: dict[str, Any], found: Found) -> dict[str, Any]:
    """A recipe with everything in it that the file itself tells, where the person did not say otherwise.

    Parameters
    ----------
    answers : dict
        Some of what `make` wants.
    found : Found

    Returns
    -------
    recipe : dict

    Raises
    ------
    NetworkError
        An answer bears a name that means nothing here.
    """
    output = str(answers.get("output", found.outputs[0]))
    told = {"title": "Yours", "input": found.input, "output": output, "layout": found.layout, "order": "RGB", "rows": found.rows or 0, "columns": found.columns or 0, "longest": 513,
            "multiple": found.multiple, "divide": 255, "mean": [0, 0, 0], "std": [1, 1, 1], "kind": found.kinds.get(output, "logits"), "labels": None}  # fmt: skip
    for name in answers:
        if name not in told:
            raise NetworkError(f"The recipe says “{name}”, which means nothing here.", f"It can say {', '.join(told)}.")
    return told | answers


def _one_of(recipe, key, options):
    if recipe.get(key) not in options:
        raise NetworkError(f"“{key}” is {recipe.get(key)!r}.", f"Choose one of {', '.join(options)}.")
    return recipe[key]


def _count(recipe, key, least, most):
    value = recipe.get(key)
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not least <= value <= most or value != int(value):
        raise NetworkError(f"“{key}” is {value!r}.", f"Give a whole number from {least} to {most}.")
    return int(value)


def _number(recipe, key, least):
    value = recipe.get(key)
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not math.isfinite(value) or value < least:
        raise NetworkError(f"“{key}” is {value!r}.", "Give a number above 0.")
    return float(value)


def _three(recipe, key, positive=False):
    value = recipe.get(key)
    good = isinstance(value, (list, tuple)) and len(value) == 3 and all(isinstance(v, (int, float)) and math.isfinite(v) and (v > 0 or not positive) for v in value)
    if not good:
        raise NetworkError(f"“{key}” has to be three numbers{' above 0' if positive else ''}, for red, green and blue.", "For example 0.485, 0.456, 0.406.")
    return tuple(float(v) for v in value)


def _labels(names: object) -> LabelSet:
    if not isinstance(names, (list, tuple)) or not 2 <= len(names) <= MOST_CLASSES or not all(isinstance(each, str) and each.strip() for each in names):
        raise NetworkError("The names of the classes are missing.", f"Give 2 to {MOST_CLASSES} names, one a line; the first is the background.")
    names = tuple(each.strip()[:40] for each in names)
    if len(set(names)) != len(names):
        twice = next(each for each in names if names.count(each) > 1)
        raise NetworkError(f"Two classes are called “{twice}”.", "Give each a name of its own.")
    for known in (VOC, PERSON):
        if names == known.names:
            return known
    return LabelSet("own", names, voc_colour_map(len(names)))


def refusal(words: str) -> NetworkError:
    """Why ONNX Runtime does not take a file, in plain words with what it named.

    Examples
    --------
    >>> refusal("Could not find an implementation for FancyOp(3) node with name 'x'").message
    'This network uses the operator FancyOp, which the browser’s ONNX Runtime does not have.'
    """
    for pattern in (r"implementation for (?:the node )?(?:\S*:)?([A-Za-z_]\w*)\(", r"([\w.]+(?:::|:)?\w*)\(-?\d*\) is not a registered", r"No Op registered for (\w+)", r"kernel for (\w+)"):
        if found := re.search(pattern, words):
            return NetworkError(f"This network uses the operator {found[1]}, which the browser’s ONNX Runtime does not have.", "Save it with operators of the ONNX standard, opset 7 or later.")
    if re.search(r"alloc|memory|RangeError", words, re.I):
        return NetworkError("This network is too large for the browser’s memory.", "Bring a smaller one.")
    return NetworkError(f"ONNX Runtime does not take this network: {' '.join(words.split())[:200]}", "Check the file with the program that wrote it.")
