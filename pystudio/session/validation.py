"""Checks what the page sends against the types of a call. What those types are is the protocol's; who answers is not known here."""
from __future__ import annotations

import functools
import types
import typing
from collections.abc import Callable
from typing import Any, Literal, NotRequired

from ..errors import StudioError
from .wire_types import Buffer, Values

__all__ = ["fit", "required_keys"]

Check = Callable[[Any, str], Any]
"""``check(value, where)`` gives the value back, as it is or as ``int``; it raises StudioError, with the place, where it is of another type."""

WANTED = {int: "a whole number", float: "a finite number", str: "a text", bool: "true or false", Buffer: "a buffer", Values: "a set of named values"}


def fit(value: object, kind: Any, where: str) -> Any:
    """Check a value against a type of the protocol.

    Parameters
    ----------
    value : object
        What the page sent, already turned into Python objects.
    kind : type
        A TypedDict, a list, a Literal, an optional type, ``int``, ``float``, ``bool``, ``str``, `Buffer` or `Values`.
    where : str
        The place of the value, for messages.

    Returns
    -------
    value : object
        The same value; numbers that stand for whole numbers are ``int``.

    Raises
    ------
    StudioError
        If the value, or a part of it, is of another type.

    Examples
    --------
    >>> fit([1, 2.5], list[float], "there"), fit(3.0, int, "there")
    ([1.0, 2.5], 3)
    """
    return _check(kind)(value, where)


@functools.cache  # asked for every point of a brush
def _check(kind: Any) -> Check:
    if typing.is_typeddict(kind):
        return _check_record(kind)
    origin, options = typing.get_origin(kind), typing.get_args(kind)
    if origin is Literal:
        return _check_literal(kind, options)
    if origin in (typing.Union, types.UnionType):
        return _check_optional(options)
    if origin is list:
        return _check_list(kind, options[0])
    return _check_number(kind) if kind in (int, float) else _check_plain(kind)


def _check_record(kind: Any) -> Check:
    checks = {name: _check(hint) for name, hint in typing.get_type_hints(kind).items()}
    required = required_keys(kind)

    def check(value, where):
        if not isinstance(value, dict):
            raise StudioError(f"{where} got {_short(value)} instead of named arguments.", "Reload the page and try again.")
        wrong = sorted(required - value.keys()) or sorted(value.keys() - checks.keys())
        if wrong:
            problem = "is missing" if wrong[0] in checks else "is unknown"
            raise StudioError(f"{where}: the argument {wrong[0]!r} {problem}.", "Reload the page and try again.")
        return {name: checks[name](each, f"{where}: {name}") for name, each in value.items()}
    return check


@functools.cache
def required_keys(kind: Any) -> frozenset[str]:
    """The keys that a TypedDict must have.

    ``__required_keys__`` alone does not know: it cannot see a NotRequired that ``from __future__ import annotations`` made a string.
    """
    hints = typing.get_type_hints(kind, include_extras=True)
    return frozenset(name for name in kind.__required_keys__ if typing.get_origin(hints[name]) is not NotRequired)


def _check_literal(kind: Any, options: tuple) -> Check:
    def check(value, where):
        if value not in options:
            raise _mismatch(value, kind, where)
        return next(each for each in options if each == value)
    return check


def _check_optional(options: tuple) -> Check:
    inner = _check(next(each for each in options if each is not type(None)))
    return lambda value, where: None if value is None and type(None) in options else inner(value, where)


def _check_list(kind: Any, item: Any) -> Check:
    inner = _check(item)

    def check(value, where):
        if not isinstance(value, (list, tuple)):
            raise _mismatch(value, kind, where)
        return [inner(each, f"{where}[{i}]") for i, each in enumerate(value)]
    return check


def _check_number(kind: Any) -> Check:
    def check(value, where):
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 2**53  # false for NaN too
        if not is_number or (kind is int and value != int(value)):
            raise _mismatch(value, kind, where)
        return kind(value)
    return check


def _check_plain(kind: Any) -> Check:
    fits = {
        bool: lambda value: isinstance(value, bool),
        str: lambda value: isinstance(value, str),
        Buffer: lambda value: isinstance(value, (bytes, bytearray, memoryview)),
        Values: lambda value: isinstance(value, dict) and all(isinstance(each, (bool, int, float, str)) for each in value.values()),
    }[kind]

    def check(value, where):
        if not fits(value):
            raise _mismatch(value, kind, where)
        return value
    return check


def _mismatch(value: object, kind: Any, where: str) -> StudioError:
    if typing.get_origin(kind) is Literal:
        wanted = "one of " + ", ".join(map(repr, typing.get_args(kind)))
    else:
        wanted = WANTED.get(kind, "a list")
    return StudioError(f"{where} is {_short(value)}, which is not {wanted}.", "Reload the page and try again.")


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."
