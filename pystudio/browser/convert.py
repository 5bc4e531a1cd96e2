"""Python records to JavaScript objects. What they say is decided elsewhere."""
from __future__ import annotations

from js import Object
from pyodide.ffi import jsnull, to_js


def as_js(message):
    """Python records to JavaScript objects, flat arrays to typed arrays of their own, None to null."""
    return to_js(_with_nulls(message), dict_converter=Object.fromEntries)


def _with_nulls(value):
    if value is None:
        return jsnull  # left alone, None would become undefined
    if isinstance(value, dict):
        return {k: _with_nulls(v) for k, v in value.items()}
    return [_with_nulls(v) for v in value] if isinstance(value, list) else value
