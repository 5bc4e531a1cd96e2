"""Prints the types of the protocol as TypeScript. What they are, and which calls there are, is the protocol's."""
from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from typing import Any, Literal

from .validation import required_keys
from .wire_types import Anything, Buffer, Values

__all__ = ["declarations"]

NAMES = {int: "number", float: "number", str: "string", bool: "boolean", type(None): "null", Buffer: "ArrayBuffer",
         Values: "Record<string, boolean | number | string>", Anything: "any"}


def declarations(calls: Mapping[str, tuple[type, type]], unions: Mapping[str, Any]) -> str:
    """A declaration of every type that calls and unions mention, of the unions, and a type ``Calls`` of all calls.

    Parameters
    ----------
    calls : mapping of str to (type, type)
        Name of the call to TypedDicts of its arguments and its reply.
    unions : mapping of str to type
        Unions of TypedDicts by the names that they get.

    Raises
    ------
    TypeError
        If two different types have one name.
    """
    named: dict[str, Any] = {}
    for kind in (*unions.values(), *(kind for kinds in calls.values() for kind in kinds)):
        _collect(kind, named)
    lines = [_declaration(name, kind) for name, kind in named.items()]
    lines += ["", *(f"export type {name} = {_type(kind)};" for name, kind in unions.items())]
    lines += ["", "export type Calls = {"]
    lines += [f'  "{call}": {{ arguments: {arguments.__name__}; reply: {reply.__name__} }};' for call, (arguments, reply) in calls.items()]
    return "\n".join([*lines, "};", ""])


def _collect(kind: Any, named: dict[str, Any]) -> None:
    """Add the TypedDicts within a type to `named`, the inner ones first."""
    for part in (*typing.get_args(kind), *(typing.get_type_hints(kind).values() if typing.is_typeddict(kind) else ())):
        _collect(part, named)
    if typing.is_typeddict(kind) and named.setdefault(kind.__name__, kind) is not kind:
        raise TypeError(f"Two types are called {kind.__name__}: in {named[kind.__name__].__module__} and in {kind.__module__}.")


def _declaration(name: str, kind: Any) -> str:
    required = required_keys(kind)
    fields = (f"{key}{'' if key in required else '?'}: {_type(hint)};" for key, hint in typing.get_type_hints(kind).items())
    return f"export type {name} = {{ {' '.join(fields)} }};"


def _type(kind: Any) -> str:
    origin, options = typing.get_origin(kind), typing.get_args(kind)
    if origin is Literal:
        return " | ".join(f'"{each}"' if isinstance(each, str) else str(each) for each in options)
    if origin in (typing.Union, types.UnionType):
        return " | ".join(map(_type, options))
    if origin is list:
        inner = _type(options[0])
        return f"({inner})[]" if "|" in inner else f"{inner}[]"
    if origin is tuple:
        return f"[{', '.join(map(_type, options))}]"
    return NAMES.get(kind, kind.__name__)
