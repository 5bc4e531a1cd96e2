"""What a fence of a lesson page is, and the kinds of options it may have. The fences themselves are found by `fences`; values are read in `options`, HTML is made in `fence_html`."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

from pymdownx.superfences import SuperFencesException


class FenceError(SuperFencesException):
    """A mistake in a fence, told to the person who wrote it.

    superfences swallows every exception except its own, hence the base class.

    Attributes
    ----------
    line : int
        Line within the block: 0 is the opening line, 1 the first line of options.
    message : str
        What is wrong, one sentence.
    remedy : str
        What to do, one sentence.
    """

    def __init__(self, line: int, message: str, remedy: str):
        super().__init__(line, message, remedy)
        self.line = line
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        place = f"line {self.line} of the block" if self.line else "opening line of the block"
        return f"{place}: {self.message} {self.remedy}"


@dataclass(frozen=True)
class Option:
    """One option of a fence. `kind` decides how the value is read; see `KINDS`."""

    name: str
    kind: str
    default: Any
    help: str
    allowed: tuple[Any, ...] = ()
    low: float = -math.inf
    high: float = math.inf
    required: bool = False


@dataclass(frozen=True)
class Fence:
    """A fence: its name, the HTML element it becomes ("" when it becomes plain HTML), what it understands, and what a reader without scripts is told."""

    name: str
    element: str
    help: str
    options: tuple[Option, ...] = ()
    no_script: str = ""

    def option(self, name: str) -> Option:
        return next(option for option in self.options if option.name == name)


# How a kind of value is described to a person, and an example to copy.
KINDS = {
    "photo": ("the name of a bundled photo", "kitten"),
    "network": ("the name of a network", "deeplab_s16"),
    "label": ("the name of one of the 21 classes", "cat"),
    "choice": ("one word from the list", ""),
    "switch": ("true or false", "true"),
    "number": ("a number", "0.5"),
    "integer": ("a whole number", "240"),
    "position": ("a pixel as [row, column]", "[120, 200]"),
    "method": ("the name of a classic method", "otsu"),
    "methods": ("a list of classic methods", "[otsu, slic]"),
    "text": ("text", "My title"),
    "fence": ("the name of a block that has options", "segment"),
    "truth": ("network, drawn, or a label PNG below site_src", "masks/kitten.png"),
    "drawing": ("an SVG file below site_src", "images/overlap.svg"),
    "id": ("a name of small letters, digits and hyphens, used once in the whole site", "paint-the-cat"),
    "function": ("the name of a Python function", "iou"),
    "code": ("lines of Python, indented below `|`", '"def area(mask): return mask.sum()"'),
    "texts": ("a list of texts", "[First do this, Then do that]"),
    "photos": ("a list of bundled photos", "[horses, sheep]"),
    "choices": ("a list with `answer`, `why` and, for those that are right, `right: true`", "[{answer: 'Yes', why: 'It is so.', right: true}, {answer: 'No', why: 'It is not.'}]"),
    "arguments": ("a kind and size for each argument", "{mask: mask 6x8}"),
}


def describe(option: Option) -> str:
    """What the option accepts, in a few words."""
    if option.kind == "choice":
        return " or ".join(str(allowed) for allowed in option.allowed)
    words = KINDS[option.kind][0]
    if option.kind in ("number", "integer"):
        return f"{words} from {option.low:g} to {option.high:g}"
    return words


def example(option: Option) -> str:
    """A value to copy."""
    if option.default is not None:
        return written(option.default)
    return str(option.allowed[0]) if option.allowed else KINDS[option.kind][1]


def written(value: Any) -> str:
    """A value as it is written in YAML and in a data attribute."""
    return json.dumps(value) if isinstance(value, (bool, list)) else str(value)


PAGE_TYPES = {"switch": "boolean", "number": "number", "integer": "number", "position": "list", "methods": "list", "texts": "list", "photos": "list"}


def page_type(option: Option) -> str:
    """How the page reads the option's attribute: as a string, number, boolean or list (JSON)."""
    if option.kind == "choice":
        return "number" if isinstance(option.allowed[0], int) else "string"
    return PAGE_TYPES.get(option.kind, "string")
