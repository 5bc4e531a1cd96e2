"""Reading what an ONNX file says of itself: its inputs, outputs, graph and weights. What that means is found out in `user_network_inspection`.

Only the header is read, by a small reader of protocol buffers: the `onnx` package would be some 20 MB for a visitor, and weights are of no interest.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from ..errors import NetworkError

__all__ = ["MAX_BYTES", "Header", "Node", "Tensor", "read_header"]

MAX_BYTES = 200_000_000
"""Larger files are refused: the browser holds a network two or three times while it opens it."""

_MAX_DEPTH = 12  # graphs within graphs
_MAX_NODES = 200_000

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
class Node:
    """A step of a network: its operator, the names of what goes in and comes out, and its attributes that are whole numbers."""

    operator: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    numbers: dict[str, tuple[int, ...]]


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
    nodes_by_output : dict of str to Node
        For every value the step that makes it; of the outermost graph.
    """

    producer: str
    opset: int
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    operators: dict[str, int]
    weights: int
    outside: tuple[str, ...]
    nodes_by_output: dict[str, Node] = field(default_factory=dict)


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
    nodes_by_output: dict[str, Node] = field(default_factory=dict)


def _read_graph(data: memoryview, graph: _Graph, depth: int = 0) -> None:
    if depth > _MAX_DEPTH:
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
    inputs, outputs, numbers = [], [], {}
    graph.nodes += 1
    if graph.nodes > _MAX_NODES:
        raise _Damaged
    for number, value in _fields(data):
        if number == 1:
            inputs.append(_text(value))
        elif number == 2:
            outputs.append(_text(value))
        elif number == 4:
            kind = _text(value)
        elif number == 7:
            domain = _text(value)
        elif number == 5:
            name, whole = _read_attribute(_message(value), graph, depth)
            numbers[name] = whole
    kind = kind if domain in ("", "ai.onnx") else f"{domain}::{kind}"
    graph.operators[kind] += 1
    if not depth:
        node = Node(kind, tuple(inputs), tuple(outputs), numbers)
        graph.nodes_by_output.update((each, node) for each in outputs)


def _read_attribute(data: memoryview, graph: _Graph, depth: int) -> tuple[str, tuple[int, ...]]:
    """AttributeProto: its name and whole numbers; graphs and weights in it are counted."""
    name, whole = "", []
    for number, value in _fields(data):
        if number == 1:
            name = _text(value)
        elif number == 3:
            whole.append(_whole(value))
        elif number == 8:
            whole += [_whole(value)] if isinstance(value, int) else _packed(value)
        elif number in (6, 11):  # AttributeProto.g, .graphs
            _read_graph(_message(value), graph, depth + 1)
        elif number == 5:  # AttributeProto.t
            _read_weights(_message(value), graph)
    return name, tuple(each - 2**64 if each >= 2**63 else each for each in whole)


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
    if len(data) > MAX_BYTES:
        raise NetworkError(f"This file has {len(data) / 1e6:.0f} MB, more than the {MAX_BYTES / 1e6:.0f} that fit here.", "Bring a smaller network.")
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
    return Header(producer, opset, inputs, tuple(graph.outputs), dict(graph.operators), graph.weights, tuple(sorted(graph.outside)), graph.nodes_by_output)


_FORMATS = ((b"PK\x03\x04", "a zip (perhaps weights of PyTorch)"), (b"\x89HDF", "an HDF5 file (perhaps weights of Keras)"), (b"\x89PNG", "a picture"),
            (b"\xff\xd8\xff", "a picture"), (b"{", "JSON"), (b"<", "a page or text"), (b"GGUF", "a language model (GGUF)"), (b"version https://git-lfs", "a pointer of Git LFS (run “git lfs pull” where it comes from)"), (b"\x80", "a pickle (perhaps weights of PyTorch)"))


def _other_format(data: memoryview) -> str:
    if not len(data):
        return "an empty file"
    if bytes(data[4:8]) == b"TFL3":
        return "a TensorFlow Lite network"
    if bytes(data[4:8]) == b"ORTM":
        return "in ONNX Runtime’s own format (.ort)"
    return next((words for mark, words in _FORMATS if bytes(data[: len(mark)]) == mark), "")
