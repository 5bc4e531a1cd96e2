"""Writing the parts of an ONNX file: nodes, constants, outputs, and a network with other ones behind it. The `onnx` package would be some 20 MB for a visitor.

What is not changed is copied byte by byte. Field numbers are those of the schema onnx.proto3.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..errors import NetworkError
from .onnx_reader import _Damaged, _fields, _message, _text

__all__ = ["Extension", "constant", "extend", "metadata", "node"]

_ELEMENTS = {"float32": 1, "int64": 7}


def _varint(value: int) -> bytes:
    value &= 2**64 - 1
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    return bytes([*found, value])


def _field(number: int, value: int | bytes | str) -> bytes:
    """A field of a protocol buffer: a whole number, or bytes with their length before them."""
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    value = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def node(operator: str, inputs: Sequence[str], output: str, **attributes: int | str | Sequence[int]) -> bytes:
    """A NodeProto with one output, by which it is named. Attributes are whole numbers, lists of them, or texts."""
    made = b"".join(_field(1, name) for name in inputs) + _field(2, output) + _field(3, output) + _field(4, operator)
    for name, value in attributes.items():
        if isinstance(value, int):
            body = _field(3, value) + _field(20, 2)
        elif isinstance(value, str):
            body = _field(4, value) + _field(20, 3)
        else:
            body = b"".join(_field(8, each) for each in value) + _field(20, 7)
        made += _field(5, _field(1, name) + body)
    return made


def constant(name: str, array: np.ndarray) -> bytes:
    """A TensorProto of float32 or int64."""
    kind = _ELEMENTS[array.dtype.name]
    raw = np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes()
    return b"".join(_field(1, side) for side in array.shape) + _field(2, kind) + _field(8, name) + _field(9, raw)


def _value_info(name: str, shape: Sequence[int | str]) -> bytes:
    """A ValueInfoProto of float32; a side that is a text is free and bears that name."""
    sides = b"".join(_field(1, _field(1 if isinstance(side, int) else 2, side)) for side in shape)
    return _field(1, name) + _field(2, _field(1, _field(1, 1) + _field(2, sides)))


@dataclass(frozen=True)
class Extension:
    """What comes behind a network, in place of its outputs.

    Attributes
    ----------
    nodes, constants : list of bytes
        From `node` and `constant`.
    input, output : (name, shape)
        Of the whole; a side that is a text is free.
    metadata : dict of str to str
        Entries that are added, or take the place of those there.
    """

    input: tuple[str, Sequence[int | str]]
    output: tuple[str, Sequence[int | str]]
    nodes: list[bytes] = field(default_factory=list)
    constants: list[bytes] = field(default_factory=list)
    metadata: Mapping[str, str] = field(default_factory=dict)


def metadata(model: bytes) -> dict[str, str]:
    """What an ONNX file says of itself in words.

    Raises
    ------
    NetworkError
        It is not a whole network in ONNX.
    """
    try:
        entries = [dict(_fields(_message(value))) for number, value in _fields(memoryview(model)) if number == 14]
        return {_text(entry[1]): _text(entry[2]) for entry in entries if 1 in entry and 2 in entry}
    except _Damaged:
        raise _not_whole() from None


def extend(model: bytes, extension: Extension) -> bytes:
    """A network with nodes behind it. Steps and weights that its new output does not need are left out.

    Parameters
    ----------
    model : bytes
        An ONNX file whose graph holds no graphs in itself.
    extension : Extension

    Returns
    -------
    model : bytes

    Raises
    ------
    NetworkError
        The file is not a whole network in ONNX, or has no tensor that the extension reads.
    """
    try:
        fields = list(_fields(memoryview(model)))
        told = metadata(model) | dict(extension.metadata)
        graph = b"".join(_graph(_message(value), extension) for number, value in fields if number == 7)
        kept = b"".join(_field(number, value if isinstance(value, int) else bytes(value)) for number, value in fields if number not in (7, 14))
    except _Damaged:
        raise _not_whole() from None
    return kept + _field(7, graph) + b"".join(_field(14, _field(1, key) + _field(2, text)) for key, text in told.items())


def _not_whole() -> NetworkError:
    return NetworkError("This file is not a whole network in ONNX.", "Use the file that belongs to this network.")


def _graph(graph: memoryview, extension: Extension) -> bytes:
    fields = [(number, value if isinstance(value, int) else bytes(value)) for number, value in _fields(graph)]
    nodes = [value for number, value in fields if number == 1] + extension.nodes
    stored = {_name(value, 8): value for number, value in [*((n, v) for n, v in fields if n == 5), *((5, each) for each in extension.constants)]}
    needed = _needed(nodes, stored, *extension.input, extension.output[0])
    made = [_field(1, each) for each in nodes if set(_names(each, 2)) & needed]
    made += [_field(number, value) for number, value in fields if number in (2, 10)]
    made += [_field(5, value) for name, value in stored.items() if name in needed]
    return b"".join(made) + _field(11, _value_info(*extension.input)) + _field(12, _value_info(*extension.output))


def _names(data: bytes, number: int) -> list[str]:
    return [_text(value) for each, value in _fields(memoryview(data)) if each == number]


def _name(data: bytes, number: int) -> str:
    return next(iter(_names(data, number)), "")


def _needed(nodes: Iterable[bytes], stored: Mapping[str, bytes], given: str, _: Sequence[int | str], output: str) -> set[str]:
    """Every tensor that an output depends on."""
    made_from = {name: _names(each, 1) for each in nodes for name in _names(each, 2)}
    needed, waiting = set(), [output]
    while waiting:
        name = waiting.pop()
        if name in needed or not name:
            continue
        needed.add(name)
        if name not in made_from and name not in stored and name != given:
            raise NetworkError(f"The file has no tensor “{name}”.", "Use the file that belongs to this network.")
        waiting += made_from.get(name, [])
    return needed
