"""The outlines of SVG's shapes in user units: paths of straight edges, polygons, rectangles, circles and ellipses."""
from __future__ import annotations

import math
import re

import numpy as np

from ..errors import StudioError
from .annotation import MAX_POINTS
from .svg_viewport import Viewport, length

DRAWN = {"path", "polygon", "polyline", "rect", "circle", "ellipse"}
TOKEN = re.compile(r"([MmLlHhVvZz])|([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)|[\s,]+|(.)")
_CORNER = 16  # pieces of a rounded corner


def _damaged(name: str) -> StudioError:
    return StudioError(f"{name} is damaged: a shape has corners that are not numbers.", "Save it again in the program it comes from.")


def corners(node, tag: str, viewport: Viewport, name: str) -> list[np.ndarray]:
    """The rings of a path, polygon, polyline or rectangle, (K, 2) arrays of (x, y).

    Raises
    ------
    StudioError
        They are no numbers, or have curves.
    """
    if tag == "path":
        return path(node.get("d") or "", name)
    if tag == "rect":
        found = _rectangle(node, viewport, name)
    else:
        values = _values(node.get("points") or "", name)
        found = np.array(values[: len(values) // 2 * 2]).reshape(-1, 2)
    if not np.isfinite(found).all():
        raise _damaged(name)
    return [found] if len(found) >= 3 else []


def _values(text: str, name: str) -> list[float]:
    """Numbers of a list in which signs and points may separate, too: "5-1.5.5" is 5, -1.5 and 0.5."""
    found = []
    for letter, value, wrong in (match.groups() for match in TOKEN.finditer(text)):
        if letter or wrong:
            raise _damaged(name)
        if value:
            found.append(float(value))
    return found


def _lengths(node, keys: str, viewport: Viewport, name: str) -> list[float]:
    wholes = {"x": 0, "cx": 0, "width": 0, "rx": 0, "y": 1, "cy": 1, "height": 1, "ry": 1}
    found = []
    for key in keys.split():
        whole = math.hypot(*viewport.view) / math.sqrt(2) if key == "r" else viewport.view[wholes[key]]
        text = node.get(key)
        value = 0.0 if text in (None, "", "auto") else length(text, whole)
        if value is None:
            raise _damaged(name)
        found.append(value)
    return found


def _rectangle(node, viewport, name):
    x, y, width, height, rx, ry = _lengths(node, "x y width height rx ry", viewport, name)
    if width <= 0 or height <= 0:
        return np.empty((0, 2))
    rx, ry = min(rx or ry, width / 2), min(ry or rx, height / 2)
    if rx <= 0 or ry <= 0:
        return np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height]])
    turns = np.linspace(0, math.pi / 2, _CORNER + 1)
    middles = [(x + width - rx, y + height - ry), (x + rx, y + height - ry), (x + rx, y + ry), (x + width - rx, y + ry)]
    return np.concatenate([np.stack([mx + rx * np.cos(turns + k * math.pi / 2), my + ry * np.sin(turns + k * math.pi / 2)], axis=1) for k, (mx, my) in enumerate(middles)])


def ellipse(node, tag: str, viewport: Viewport, name: str) -> tuple[tuple[float, float], tuple[float, float]]:
    """Middle and radii of a circle or ellipse, in pixels. Raises StudioError where they are no numbers."""
    x, y = _lengths(node, "cx cy", viewport, name)
    rx, ry = _lengths(node, "r r", viewport, name) if tag == "circle" else _lengths(node, "rx ry", viewport, name)
    if tag == "ellipse":
        rx, ry = rx or ry, ry or rx
    return tuple(viewport.pixels(np.array([[x, y]]))[0].tolist()), (max(rx, 0) * viewport.scale[0], max(ry, 0) * viewport.scale[1])


def path(text: str, name: str) -> list[np.ndarray]:
    """Rings of a path of straight edges. Raises StudioError where it has curves or is damaged."""
    pen = _Pen(name)
    for letter, value, wrong in (match.groups() for match in TOKEN.finditer(text)):
        if wrong:
            raise StudioError(f"{name} has outlines with curves, which are not read here.", "Turn curves into straight pieces in the drawing program (“flatten”), then save it again.")
        if letter:
            pen.take_up(letter)
        elif value:
            pen.number(float(value))
    return [np.array(each) for each in [*pen.found, pen.ring] if len(each) >= 3]


class _Pen:
    """Follows the commands of a path: rings that are finished, the one that is being drawn, and where the pen is."""

    def __init__(self, name: str):
        self.name = name
        self.found: list[list] = []
        self.ring: list[tuple[float, float]] = []
        self.here = self.start = (0.0, 0.0)
        self.command = ""
        self.waiting: list[float] = []

    def take_up(self, letter: str) -> None:
        if self.waiting:
            raise StudioError(f"{self.name} is damaged: an outline stops in the middle.", "Save it again in the program it comes from.")
        if not self.command and letter not in "Mm":
            raise self._no_start()
        self.command = letter
        if letter in "Zz":
            self._finish()
            self.here = self.start

    def number(self, value: float) -> None:
        self.waiting.append(value)
        if self.command in "" or self.command in "Zz":
            raise self._no_start()
        if len(self.waiting) == (1 if self.command in "HhVv" else 2):
            self._corner()

    def _corner(self) -> None:
        moved = self.command in "Mm"
        if not moved and not self.ring:
            self.ring = [self.here]  # after Z a path goes on from where it began
        self.here = _step(self.command, self.waiting, self.here)
        if moved:
            self._finish()
            self.command, self.start = "l" if self.command == "m" else "L", self.here
        if not np.isfinite(self.here).all() or len(self.ring) > MAX_POINTS:
            raise StudioError(f"{self.name} is damaged: an outline has corners that are not numbers, or too many.", "Save it again in the program it comes from.")
        self.ring.append(self.here)
        self.waiting = []

    def _finish(self) -> None:
        if self.ring:
            self.found.append(self.ring)
        self.ring = []

    def _no_start(self) -> StudioError:
        return StudioError(f"{self.name} is damaged: an outline does not begin with M.", "Save it again in the program it comes from.")


def _step(command, values, here):
    x, y = here
    if command in "Hh":
        return (values[0] + (x if command == "h" else 0), y)
    if command in "Vv":
        return (x, values[0] + (y if command == "v" else 0))
    return (values[0] + (x if command in "ml" else 0), values[1] + (y if command in "ml" else 0))
