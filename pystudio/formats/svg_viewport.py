"""The viewport of an SVG file: how many pixels it stands for, and where its units lie among them."""
from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from ..errors import StudioError
from .validation import check_size

UNITS = {"": 1.0, "px": 1.0, "pt": 4 / 3, "pc": 16.0, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96.0, "q": 96 / 101.6}
_LENGTH = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(px|pt|pc|mm|cm|in|q|%)?\s*", re.I)


@dataclass(frozen=True)
class Viewport:
    """Size in pixels, and the way from user units to pixels.

    Attributes
    ----------
    shape : tuple of int
        (rows, columns).
    origin, scale : tuple of float
        A point (x, y) in user units lies at (x - origin x) * scale x + shift x, and so on.
    shift : tuple of float
        In pixels.
    view : tuple of float
        Width and height in user units, which percentages are of.
    notes : tuple of str
    """

    shape: tuple[int, int]
    origin: tuple[float, float]
    scale: tuple[float, float]
    shift: tuple[float, float]
    view: tuple[float, float]
    notes: tuple[str, ...] = ()

    def pixels(self, corners: np.ndarray) -> np.ndarray:
        """(K, 2) corners in user units to corners in pixels."""
        if (self.origin, self.scale, self.shift) == ((0.0, 0.0), (1.0, 1.0), (0.0, 0.0)):
            return corners
        with np.errstate(over="ignore"):
            return np.clip((corners - self.origin) * self.scale + self.shift, -1e300, 1e300)


def length(text: str | None, whole: float) -> float | None:
    """A length in user units; a percentage is of `whole`. None where it is none.

    Examples
    --------
    >>> length("1px", 9), length("50%", 9), length("1in", 9), length("auto", 9)
    (1.0, 4.5, 96.0, None)
    """
    found = _LENGTH.fullmatch(text or "")
    if not found:
        return None
    value, unit = float(found[1]), (found[2] or "").lower()
    value = value * whole / 100 if unit == "%" else value * UNITS[unit]
    return value if np.isfinite(value) else None


def viewport_of(root, shape: tuple[int, int] | None, name: str) -> Viewport:
    """The viewport of an SVG file.

    Its pixels are those of width and height, else those of the viewBox [1]_; the photo's where only the proportions agree.

    Raises
    ------
    StudioError
        It does not say how many pixels it has.

    References
    ----------
    .. [1] "Scalable Vector Graphics (SVG) 2", W3C, sections 8.2 "The initial viewport", 8.6 "The viewBox attribute" and 8.7 "preserveAspectRatio".
    """
    box = [length(each, 0) for each in (root.get("viewBox") or "").replace(",", " ").split()]
    box = box if len(box) == 4 and None not in box and box[2] > 0 and box[3] > 0 else None
    given = [None if (root.get(each) or "").strip().endswith("%") else length(root.get(each), 0) for each in ("width", "height")]
    wide, high = _viewport(given, box)
    if wide is None:
        raise StudioError(f"{name} does not say how many pixels its picture has.", "It needs viewBox=\"0 0 columns rows\", with whole numbers.")
    box = box or [0.0, 0.0, wide, high]
    size, notes = (round(high), round(wide)), ()
    if shape is not None and size != tuple(shape) and abs(wide * shape[0] / high - shape[1]) <= 0.5:
        notes = (f"The drawing of {wide:g} × {high:g} was scaled to the photo’s {shape[1]} × {shape[0]} pixels.",)
        size = tuple(shape)
    elif abs(wide - round(wide)) > 1e-3 or abs(high - round(high)) > 1e-3:
        raise StudioError(f"{name} does not say how many pixels its picture has: {wide:g} × {high:g} are no whole numbers.", "It needs viewBox=\"0 0 columns rows\", with whole numbers.")
    check_size(size, name)
    return Viewport(size, (box[0], box[1]), *_scaled(root.get("preserveAspectRatio") or "", size, box), (box[2], box[3]), notes)


def _viewport(given, box):
    """Width and height in pixels, or None: where one is missing it follows from the proportions of the viewBox."""
    wide, high = (each if each and each > 0 else None for each in given)
    if box:
        if wide and high:
            return wide, high
        if wide or high:
            return (wide, wide * box[3] / box[2]) if wide else (high * box[2] / box[3], high)
        return box[2], box[3]
    return (wide, high) if wide and high else (None, None)


def _scaled(keep, size, box):
    """Scale and shift from the viewBox to the pixels: both sides alike unless told otherwise."""
    x, y = size[1] / box[2], size[0] / box[3]
    if abs(size[1] - y * box[2]) <= 0.5 and abs(size[0] - x * box[3]) <= 0.5 or keep.startswith("none"):
        return (x, y), (0.0, 0.0)
    even = max(x, y) if "slice" in keep else min(x, y)
    share = lambda axis: 0.0 if f"{axis}Min" in keep else 1.0 if f"{axis}Max" in keep else 0.5
    return (even, even), ((size[1] - even * box[2]) * share("x"), (size[0] - even * box[3]) * share("Y"))
