"""Validation of values from untrusted files: one checker for text, numbers, sizes and names, so that whatever is wrong, huge or hostile ends in a sentence."""
from __future__ import annotations

import json
import math

import numpy as np

from ..errors import StudioError

MAX_PIXELS = 40_000_000
MAX_SIDE = 16_384
MAX_NAME_LENGTH = 60


def plain_name(name: object) -> str:
    """A class name that can be shown: text of a decent length."""
    text = "".join(c if c.isprintable() else " " for c in str(name)).strip()
    return text[:MAX_NAME_LENGTH] or "unnamed"


def check_size(shape, name: str) -> tuple[int, int]:
    """A size (rows, columns) that a mask may have. Raises StudioError."""
    if any(isinstance(n, bool) or not isinstance(n, (int, np.integer)) for n in shape) or len(shape) != 2:
        raise StudioError(f"{name} does not say how large the picture is.", "Its height and width have to be whole numbers.")
    rows, columns = int(shape[0]), int(shape[1])
    if not (0 < rows <= MAX_SIDE and 0 < columns <= MAX_SIDE and rows * columns <= MAX_PIXELS):
        raise StudioError(f"{name} says that the picture has {_short(columns)} × {_short(rows)} pixels.", f"Masks of up to {MAX_PIXELS // 10**6} megapixels are read.")
    return rows, columns


def _short(n: int) -> str:
    return str(n) if abs(n) < 10**12 else "far too many"


def parse_side(value) -> int | None:
    """A side of a picture that was written as 10, 10.0 or "10"; None where it is none of these.

    Examples
    --------
    >>> [parse_side(each) for each in (10, 10.0, "10", "10.0", None, 9.5, True)]
    [10, 10, 10, 10, None, None, None]
    """
    if isinstance(value, str):
        try:
            value = float(value) if len(value) < 20 else None
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if isinstance(value, float):
        return int(value) if math.isfinite(value) and value == int(value) and abs(value) <= MAX_SIDE else None
    return value


def decode_text(data: bytes, name: str) -> str:
    """The text of a file: UTF-8, or UTF-16 with its mark.

    Raises
    ------
    StudioError
        It is neither: which letters are meant cannot be told.
    """
    try:
        return data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise StudioError(f"{name} is not UTF-8: its letters cannot be told from byte {error.start:,} on.", "Open it in a text editor and save it as UTF-8, or save it again in the program it comes from.") from None


def load_json(data: bytes, name: str):
    """JSON of an untrusted file.

    Raises
    ------
    StudioError
        It is not UTF-8, not JSON, cut short or nested too deeply.
    """
    text = decode_text(data, name)
    try:
        return json.loads(text, parse_int=_whole)
    except json.JSONDecodeError as error:
        if error.msg == "Extra data":
            raise StudioError(f"{name} is damaged: it holds several pieces of JSON; the second begins in line {error.lineno}.", "Bring a file with one (not JSON lines).") from None
        where = f"line {error.lineno}, column {error.colno}"
        raise StudioError(f"{name} is damaged: it is not complete JSON ({where}).", "Save it again in the program it comes from.") from None
    except ValueError as error:
        raise StudioError(f"{name} is damaged: it is not complete JSON.", "Save it again in the program it comes from.") from error
    except RecursionError as error:
        raise StudioError(f"{name} is nested too deeply.", "No mask looks like this; bring another file.") from error


def _whole(text: str) -> int | float:
    return int(text) if len(text) < 300 else math.inf


def number(value, name: str, what: str) -> float:
    """A finite number.

    Raises
    ------
    StudioError
        It is something else, or too large.
    """
    try:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            raise ValueError
        return float(value)
    except (ValueError, OverflowError):
        raise StudioError(f"{name} is damaged: {what} is not a number.", "Save it again in the program it comes from.") from None


def numbers(values, name: str, what: str) -> np.ndarray:
    """Finite numbers, (N,) array of float. Raises StudioError where one is something else; quick for long lists."""
    if all(type(v) in (int, float) for v in values):
        try:
            found = np.array(values, float)
        except OverflowError:
            found = np.array([math.nan])
        if np.isfinite(found).all():
            return found
    return np.array([number(v, name, what) for v in values], float)


def id_key(value) -> str | None:
    """An id as text, so that 1, 1.0 and "1" are one; None for what is no id.

    Examples
    --------
    >>> [id_key(each) for each in (1, "1", 1.0, 0, "a", None, [1])]
    ['1', '1', '1', '0', 'a', None, None]
    """
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        value = int(value)
    return str(value)[:200] if isinstance(value, (int, str, float)) and not isinstance(value, bool) else None
