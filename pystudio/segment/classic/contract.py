"""What a classic method says of itself, and how what it is given is checked. No method lives here."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ...errors import ImageError, StudioError

__all__ = ["PIECES", "Method", "Parameter", "Regions", "check_photo"]

Value = bool | int | float | str


def check_photo(image: np.ndarray) -> None:
    """Raise an ImageError unless `image` is an array (M, N, 3) of uint8 with at least one pixel."""
    if not isinstance(image, np.ndarray) or image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or 0 in image.shape:
        is_ = f"{image.dtype} of shape {image.shape}" if isinstance(image, np.ndarray) else f"a {type(image).__name__}"
        raise ImageError(f"The photo is {is_}.", "Give an array (M, N, 3) of uint8.")


@dataclass(frozen=True)
class Parameter:
    """One control of a method.

    Attributes
    ----------
    name, title, help : str
        The argument's name, what a person reads beside the control, and one sentence about it.
    kind : {"int", "float", "bool", "choice"}
    default : bool, int, float or str
    low, high, step : float or None
        Of the numbers; both ends are allowed, and `step` is only advice for a slider.
    choices : tuple
        Of the kind "choice".
    """

    name: str
    title: str
    kind: Literal["int", "float", "bool", "choice"]
    default: Value
    low: float | None = None
    high: float | None = None
    step: float | None = None
    choices: tuple[int | str, ...] = ()
    help: str = ""

    def checked(self, value: Any) -> Value:
        """The value, as the kind that the method wants.

        Raises
        ------
        StudioError
            It is of another kind, or out of range.

        Examples
        --------
        >>> Parameter("classes", "Classes", "int", 3, low=2, high=5).checked(4.0)
        4
        """
        number = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
        if self.kind == "bool" and isinstance(value, (bool, np.bool_)):
            return bool(value)
        if self.kind == "choice" and not isinstance(value, bool) and value in self.choices:
            return next(each for each in self.choices if each == value)
        if self.kind in ("int", "float") and number and math.isfinite(value) and self.low <= value <= self.high:
            if self.kind == "float" or value == int(value):
                return float(value) if self.kind == "float" else int(value)
        raise StudioError(f"The parameter “{self.name}” is {value!r}.", f"Give {self.wanted}.")

    @property
    def wanted(self) -> str:
        """In words, what may be given."""
        if self.kind == "bool":
            return "True or False"
        if self.kind == "choice":
            return "one of " + ", ".join(map(repr, self.choices))
        return f"a {'whole number' if self.kind == 'int' else 'number'} from {self.low:g} to {self.high:g}"


PIECES = Parameter(
    "pieces", "Split into pieces", "bool", False,
    help="Pixels of one class that do not touch become regions of their own.",
)  # fmt: skip
"""For methods that sort pixels without looking where they are."""


@dataclass(frozen=True)
class Method:
    """One method, as a table or a page can show it.

    Attributes
    ----------
    name, title : str
        For programs and for people.
    summary, assumes, fails_when : str
        What it does, what it takes for granted, and when that goes wrong: a sentence each.
    paper : str
        Where it comes from.
    run : callable
        ``run(image, **parameters)``, or ``run(image, markers, **parameters)`` where markers are
        allowed, returns a (m, n) array of int: 0 for no region, and any positive numbers.
    parameters : tuple of Parameter
    markers : {"none", "optional", "required"}
        Whether something has to be painted first.
    least_markers : int
        How many different ids must be painted at least, if any are.
    keeps_markers : bool
        Whether a painted pixel always belongs to the region of its marker.
    longest : int or None
        Longest side, in pixels, of the picture it works on; None for the photo as it is.
    uses : tuple of str
        What it takes from scikit-image and SciPy, by full name.
    """

    name: str
    title: str
    summary: str
    assumes: str
    fails_when: str
    paper: str
    run: Callable[..., np.ndarray]
    parameters: tuple[Parameter, ...] = ()
    markers: Literal["none", "optional", "required"] = "none"
    least_markers: int = 1
    keeps_markers: bool = False
    longest: int | None = None
    uses: tuple[str, ...] = ()

    def checked(self, parameters: Mapping[str, Any]) -> dict[str, Value]:
        """All parameters of the method: those given, checked, and the defaults of the others.

        Raises
        ------
        StudioError
            The method has no such parameter, or a value is not allowed.
        """
        known = [each.name for each in self.parameters]
        for name in parameters:
            if name not in known:
                close = difflib.get_close_matches(str(name), known, n=1)
                remedy = f"Did you mean “{close[0]}”?" if close else f"It has {', '.join(known) or 'none'}."
                raise StudioError(f"The method “{self.name}” has no parameter “{name}”.", remedy)
        return {each.name: each.checked(parameters.get(each.name, each.default)) for each in self.parameters}


@dataclass(frozen=True, eq=False)
class Regions:
    """The regions that a method found in a photo.

    Attributes
    ----------
    label_map : (M, N) array of int32
        Image frame. Regions are numbered 1 to K in the order of their first pixels;
        0 is where the method found none.
    keys : (K,) array of int32
        What the method itself calls each region: its place from dark to bright for thresholds and
        colour clusters, the id of its marker where markers were given, else a number of its own. Colours
        chosen by key do not jump when a threshold is dragged.
    method : str
    parameters : dict
        As used, defaults included.
    shape : tuple of int
        (m, n) of the picture worked on; equal to (M, N) when nothing was reduced.
    seconds : float
        What it took, without the loading of libraries.
    """

    label_map: np.ndarray
    keys: np.ndarray
    method: str
    parameters: dict[str, Value]
    shape: tuple[int, int]
    seconds: float

    @property
    def n(self) -> int:
        """K, the number of regions."""
        return len(self.keys)
