"""Names of Python's functions, and of what the page gives a program, that the program has given to something else: told when an error follows from it."""
from __future__ import annotations

import builtins
from typing import Any

import numpy as np

from .failing_code import FailingCode
from .restrictions import Place

__all__ = ["shadowed"]

_GIVEN = {"show", "plot", "points", "bars", "histogram", "table", "segment", "set_mask"}
_ARRAYS = {"photo", "mask", "prediction", "logits"}


def shadowed(error: BaseException, code: FailingCode, place: Place) -> tuple[str, str] | None:
    """What a name in the failing expression was taken for, and how to have it back; None when none was.

    Parameters
    ----------
    error : BaseException
    code : FailingCode
    place : {"cell", "exercise"}
        Where the program stands.
    """
    if not isinstance(error, (TypeError, AttributeError, ValueError, LookupError)):
        return None
    for name in code.names:
        local = name in code.own
        if not local and name not in code.shared:
            continue
        value = code.own[name] if local else code.shared[name]
        told = _taken(name, value, place)
        if told and (not callable(value) or isinstance(error, TypeError) or type(error).__name__ == "AxisError"):
            what, back = told
            return f"This program has given the name `{name}` to {_words(value)}: it is no longer {what}.", "Give your own value another name in this function." if local else back
    return None


def _taken(name: str, value: Any, place: Place) -> tuple[str, str] | None:
    """(what the name was, how it comes back)."""
    if name == "np" and value is not np:
        return "NumPy", _again(place)
    if place == "cell" and name in _GIVEN and not callable(value):
        return "the function of the page", _again(place)
    if place == "cell" and name in _ARRAYS and not isinstance(value, np.ndarray):
        return "the array of the page", _again(place)
    if not name.startswith("_") and hasattr(builtins, name) and value is not getattr(builtins, name):
        back = f"Write `del {name}` to have Python's own back, and give your value another name." if place == "cell" else "Give your value another name."
        return "what Python calls so", back
    return None


def _again(place: Place) -> str:
    return "Give your value another name. The page's own comes back when the cell runs again." if place == "cell" else "Give your value another name."


def _words(value: Any) -> str:
    if callable(value) and hasattr(value, "__name__"):
        module = getattr(value, "__module__", None) or "__main__"
        return "a function of your own" if module == "__main__" else f"another function, `{module}.{value.__name__}`"
    text = repr(value) if isinstance(value, (bool, int, float, str)) else ""
    return f"`{text}`" if text and len(text) <= 30 else f"a value of the kind `{type(value).__name__}`"
