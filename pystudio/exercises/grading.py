"""Exercises and their grades: a function against an oracle or on photos, a painted mask against its truth. Pages and fences are elsewhere.

What a reader writes is run by `program`.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import StudioError
from ..image import resize
from ..labels import VOC, VOID
from .program import CodeError, Program

__all__ = ["Argument", "Case", "HiddenPhoto", "TaskError", "Grade", "arguments_of", "edges_in_common", "grade_function", "grade_mask", "grade_on_photos",
           "hidden_photo", "make", "foreground_mask"]

Guard = Callable[[], contextlib.AbstractContextManager]

MAX_CELLS = 10_000
"""Elements of the largest array that an argument may be: what is wrong has to fit on a page."""


class TaskError(StudioError):
    """An exercise cannot be read: what its author wrote."""


# ---------------------------------------------------------------- arguments, as an author writes them
@dataclass(frozen=True)
class Argument:
    """What a random argument is made of; see `arguments_of`."""

    name: str
    kind: str
    size: tuple[tuple[int, int], ...] = ()
    like: str | None = None
    classes: int = 3
    low: float = 0
    high: float = 1
    sometimes_empty: bool = False


@dataclass(frozen=True)
class _Kind:
    """A kind of argument: how many sizes it takes, and the range of its values."""

    sizes: int
    example: str
    low: float = 0
    high: float = 1


KINDS = {
    "label map": _Kind(2, "label map 6x8 classes 3"),
    "mask": _Kind(2, "mask 6x8"),
    "photo": _Kind(2, "photo 3x4", 0, 255),
    "grey": _Kind(2, "grey 4x6", 0, 255),
    "scores": _Kind(3, "scores 3x4x5"),
    "numbers": _Kind(1, "numbers 6 from 0 to 1"),
    "whole numbers": _Kind(1, "whole numbers 6 from 0 to 9", 0, 9),
    "number": _Kind(0, "number from 0 to 1"),
    "whole number": _Kind(0, "whole number from 0 to 9", 0, 9),
}
_SIZE = re.compile(r"\d+(?:\.\.\d+)?(?:x\d+(?:\.\.\d+)?)*")


def arguments_of(phrases: dict[str, str]) -> list[Argument]:
    """Read the arguments of an exercise.

    Parameters
    ----------
    phrases : dict of str
        For each argument its name and a phrase: a kind of `KINDS`, then in any order a size (``6x8``, or ``4..9x4..9`` for a random one),
        ``like other`` (the size of an earlier argument), ``classes 3``, ``from 0 to 255``, ``sometimes empty``.

    Returns
    -------
    list of Argument

    Raises
    ------
    TaskError
        For the first phrase that cannot be read.

    Examples
    --------
    >>> truth, mask = arguments_of({"truth": "label map 4..6x5 classes 2", "mask": "label map like truth, classes 2"})
    >>> truth.size, mask.like
    (((4, 6), (5, 5)), 'truth')
    """
    read: list[Argument] = []
    for name, phrase in phrases.items():
        if not (isinstance(name, str) and name.isidentifier()):
            raise TaskError(f"An argument cannot be called {name!r}.", "Use letters, digits and _ only.")
        if not isinstance(phrase, str):
            raise TaskError(f"The argument `{name}` is described by {phrase!r}.", f"Use words, such as `{KINDS['mask'].example}`.")
        read.append(_argument(name, phrase, {each.name: each for each in read}))
    return read


def _argument(name: str, phrase: str, earlier: dict[str, Argument]) -> Argument:
    words = phrase.replace(",", " ").replace("_", " ").split()
    kind = next((kind for kind in sorted(KINDS, key=len, reverse=True) if words[: len(kind.split())] == kind.split()), None)
    if kind is None:
        raise TaskError(f"The argument `{name}` is “{phrase}”, which is no kind of argument.", f"Begin with one of: {', '.join(KINDS)}.")
    example = f"For example `{name}: {KINDS[kind].example}`."
    found: dict[str, Any] = {"low": KINDS[kind].low, "high": KINDS[kind].high}
    rest = iter(words[len(kind.split()) :])
    for word in rest:
        if _SIZE.fullmatch(word):
            found["size"] = tuple((int(low), int(high or low)) for low, _, high in (part.partition("..") for part in word.split("x")))
        elif word in ("classes", "from", "to"):
            found[{"classes": "classes", "from": "low", "to": "high"}[word]] = _count(next(rest, ""), name, word, example)
        elif word == "like":
            found["like"] = next(rest, "")
        elif word == "sometimes" and next(rest, "") == "empty":
            found["sometimes_empty"] = True
        else:
            raise TaskError(f"The word “{word}” of the argument `{name}` means nothing here.", example)
    argument = Argument(name, kind, **found)
    _check(argument, earlier, example)
    return argument


def _count(word: str, name: str, what: str, example: str) -> float:
    try:
        return int(word) if what == "classes" else float(word)
    except ValueError:
        raise TaskError(f"The argument `{name}` has “{what} {word}”, and “{word}” is not a number.", example) from None


def _check(argument: Argument, earlier: dict[str, Argument], example: str) -> None:
    name, wanted = argument.name, KINDS[argument.kind].sizes
    if argument.like is not None and argument.like not in earlier:
        raise TaskError(f"The argument `{name}` is like “{argument.like}”, which no argument above it is called.", "Name one that stands above it.")
    if argument.like is None and len(argument.size) != wanted:
        raise TaskError(f"A {argument.kind} needs {wanted or 'no'} size{'s' if wanted != 1 else ''}, and `{name}` has {len(argument.size)}.", example)
    if argument.like is not None and (argument.size or wanted < 2 or KINDS[earlier[argument.like].kind].sizes < 2):
        raise TaskError(f"The argument `{name}` cannot be like `{argument.like}`.", "Give it a size of its own, or make it like an array with rows and columns.")
    cells = 1
    for low, high in argument.size:
        if not 1 <= low <= high:
            raise TaskError(f"The argument `{name}` has a size from {low} to {high}.", "Sizes begin at 1, and the smaller number comes first.")
        cells *= high
    if cells > MAX_CELLS:
        raise TaskError(f"The argument `{name}` can have {cells} elements, too many to show.", "Take a smaller size, such as 6x8.")
    if not 1 <= argument.classes <= 255 or argument.low > argument.high:
        raise TaskError(f"The argument `{name}` has no values to choose from.", example)


def make(arguments: list[Argument], random: np.random.Generator, empty: frozenset[str] = frozenset()) -> dict[str, Any]:
    """One case: a value for every argument.

    Parameters
    ----------
    arguments : list of Argument
    random : numpy.random.Generator
        The same seed makes the same case.
    empty : frozenset of str
        The arguments that hold nothing but zeros this time.

    Returns
    -------
    dict
        Name to value, in order: ``label map`` (M, N) uint8, ``mask`` (M, N) bool, ``photo`` (M, N, 3) uint8, ``grey`` (M, N) uint8,
        ``scores`` (C, M, N) float32, ``numbers`` and ``whole numbers`` (N,) float64 and int64, and Python's own numbers.
    """
    made: dict[str, Any] = {}
    for each in arguments:
        size = tuple(int(random.integers(low, high + 1)) for low, high in each.size)
        if each.like is not None:
            size = np.shape(made[each.like])
            size = size[1:3] if next(a for a in arguments if a.name == each.like).kind == "scores" else size[:2]
            size = (each.classes, *size) if each.kind == "scores" else size
        value = _MAKERS[each.kind](each, size, random)
        if each.name in empty:
            value = value * 0 if np.ndim(value) == 0 else np.zeros_like(value)
        made[each.name] = value
    return made


def _cases(arguments: list[Argument], count: int, seed: int) -> list[dict[str, Any]]:
    """All cases: after the first, those that may be empty are so together, then one by one; the others are as chance has it."""
    random = np.random.default_rng(seed)
    able = [each.name for each in arguments if each.sometimes_empty]
    special = [frozenset(), frozenset(able), *(frozenset([name]) for name in able)] if able else []
    return [make(arguments, random, special[index] if index < len(special) else frozenset()) for index in range(count)]


def _whole(each: Argument, size: tuple[int, ...], random: np.random.Generator) -> np.ndarray:
    return random.integers(int(each.low), int(each.high) + 1, size)


_MAKERS: dict[str, Callable[[Argument, tuple[int, ...], np.random.Generator], Any]] = {
    "label map": lambda each, size, random: random.integers(0, each.classes, size).astype(np.uint8),
    "mask": lambda each, size, random: random.random(size) < random.uniform(0.2, 0.8),
    "photo": lambda each, size, random: _whole(each, (*size, 3), random).astype(np.uint8),
    "grey": lambda each, size, random: _whole(each, size, random).astype(np.uint8),
    "scores": lambda each, size, random: random.normal(0, 3, size).astype(np.float32).round(2),
    "numbers": lambda each, size, random: random.uniform(each.low, each.high, size).round(3),
    "whole numbers": _whole,
    "number": lambda each, size, random: round(float(random.uniform(each.low, each.high)), 3),
    "whole number": lambda each, size, random: int(random.integers(int(each.low), int(each.high) + 1)),
}


# ---------------------------------------------------------------- grades
@dataclass
class Case:
    """One thing that was tried: a title, whether it went well, and what to show of it.

    Attributes
    ----------
    shown : list of (str, str)
        What, and its value in words: the arguments, ``expected``, ``your function``.
    iou : float or None
        On photos only.
    """

    title: str
    passed: bool
    shown: list[tuple[str, str]] = field(default_factory=list)
    iou: float | None = None


@dataclass
class Grade:
    """What came of a try.

    Attributes
    ----------
    passed : bool
    score : float
        Share of the cases, or the mean IoU.
    message, remedy : str
        One plain sentence each.
    line : int or None
        The line of the reader's code that they are about.
    cases : list of Case
        On random arrays the first that failed, on photos all of them.
    printed : str
        What the code printed, at most a page of it.
    """

    passed: bool
    score: float
    message: str
    remedy: str = ""
    line: int | None = None
    cases: list[Case] = field(default_factory=list)
    printed: str = ""


def grade_function(source: str, name: str, solution: str, arguments: dict[str, str], *, cases: int = 20, seed: int = 1, tolerance: float = 1e-6,
                   seconds: float = 5, guard: Guard = contextlib.nullcontext) -> Grade:
    """Grade a function against the author's own on random arguments.

    Parameters
    ----------
    source : str
        The reader's code, which defines `name`.
    name : str
        The function.
    solution : str
        The author's code, which defines it too.
    arguments : dict of str
        As for `arguments_of`.
    cases : int
        Number of random cases.
    seed : int
        The same seed makes the same cases.
    tolerance : float
        How far a number with a fraction may be off; everything else has to be equal.
    seconds : float
        Time for all cases together.
    guard : function that returns a context manager, optional
        Entered while code runs, so that it can be interrupted.

    Returns
    -------
    Grade

    Raises
    ------
    TaskError
        When the exercise itself is broken: its arguments, or its solution.

    Examples
    --------
    >>> grade = grade_function("def twice(n):\\n    return n + n + n", "twice", "def twice(n):\\n    return 2 * n", {"n": "whole number"})
    >>> grade.passed, grade.cases[0].shown[1:]
    (False, [('expected', '8'), ('your function gave', '12')])
    """
    wanted = arguments_of(arguments)
    random_cases = _cases(wanted, cases, seed)
    expected = _oracle(solution, name, random_cases, seconds, guard)
    program = Program(source, seconds, guard)
    try:
        with program.running():
            function = program.load(name, len(wanted))
            failed = [(index, *found) for index, (given, right) in enumerate(zip(random_cases, expected, strict=True))
                      if (found := _compared(function, given, right, tolerance))]
    except CodeError as broken:
        return Grade(False, 0.0, broken.message, broken.remedy, broken.line, printed=program.printed.text)
    good = cases - len(failed)
    if not failed:
        return Grade(True, 1.0, f"All {cases} random cases give the right answer.", printed=program.printed.text)
    index, mismatch, shown = failed[0]
    case = Case(f"Case {index + 1} of {cases}", False, shown)
    return Grade(False, good / cases, f"{good} of {cases} random cases are right. Here is the first that is not: {mismatch}", cases=[case], printed=program.printed.text)


def _oracle(solution: str, name: str, random_cases: list[dict[str, Any]], seconds: float, guard: Guard) -> list[Any]:
    """The author's answers."""
    program = Program(solution, seconds, guard)
    try:
        with program.running():
            function = program.load(name, len(random_cases[0]))
            return [_call(function, given) for given in random_cases]
    except CodeError as broken:
        raise TaskError(f"The exercise's own solution does not run: {broken.message}", "Tell the author of this page.") from None


def _compared(function: Callable, given: dict[str, Any], right: Any, tolerance: float) -> tuple[str, list[tuple[str, str]]] | None:
    got = _call(function, given)
    mismatch = difference(right, got, tolerance)
    if mismatch is None:
        return None
    return mismatch, [*((key, describe(value)) for key, value in given.items()), ("expected", describe(right)), ("your function gave", describe(got))]


@dataclass(frozen=True)
class HiddenPhoto:
    """A photo that the reader does not see: (M, N, 3) uint8, and (M, N) bool that is to be found in it."""

    photo: np.ndarray
    truth: np.ndarray


def grade_on_photos(source: str, name: str, photos: list[HiddenPhoto], *, target: float, seconds: float = 20, guard: Guard = contextlib.nullcontext) -> Grade:
    """Grade a function that finds something in photos.

    Parameters
    ----------
    source : str
        The reader's code, which defines `name`: a photo (M, N, 3) uint8 to a mask (M, N), true where the thing is.
    name : str
    photos : list of HiddenPhoto
    target : float
        The mean IoU to reach.
    seconds : float
        Time for all photos together.
    guard : function that returns a context manager, optional
        Entered while code runs, so that it can be interrupted.

    Returns
    -------
    Grade
    """
    program = Program(source, seconds, guard)
    try:
        with program.running():
            function = program.load(name, 1)
            cases = [_on_photo(function, index, hidden) for index, hidden in enumerate(photos)]
    except CodeError as broken:
        return Grade(False, 0.0, broken.message, broken.remedy, broken.line, printed=program.printed.text)
    mean = float(np.mean([case.iou for case in cases]))
    message = f"Mean IoU {mean:.2f} on {len(cases)} hidden photos; the goal is {target:.2f}."
    return Grade(mean >= target, mean, message, cases=cases, printed=program.printed.text)


def _on_photo(function: Callable, index: int, hidden: HiddenPhoto) -> Case:
    got = _call(function, {"photo": hidden.photo})
    if got is None:
        raise CodeError("The function gave back nothing (None).", "Does it end with `return`?")
    mask = _plain(got)
    if mask is None or mask.shape != hidden.truth.shape or not np.isin(mask, (0, 1)).all():
        what = f"an array of shape {mask.shape}" if mask is not None and mask.shape != hidden.truth.shape else "other values" if mask is not None else type(got).__name__
        raise CodeError(f"The function has to give back a mask of shape {hidden.truth.shape}, true or false for each pixel; it gave {what}.",
                      "A comparison such as `photo[..., 0] > 100` makes such a mask.")
    found = grade_mask(mask.astype(bool), hidden.truth)
    foreground_mask = max(1, int(hidden.truth.sum()))
    shown = [("missed", f"{found['missed'] / foreground_mask:.0%} of the thing"), ("too much", f"{found['extra'] / foreground_mask:.0%} of its size")]
    return Case(f"Hidden photo {index + 1}", True, shown, iou=found["iou"])


def foreground_mask(label_map: np.ndarray, label: str = "") -> np.ndarray:
    """Where one thing is in a label map.

    Parameters
    ----------
    label_map : (M, N) array of uint8
        VOC ids, 255 for void, which belongs to nothing.
    label : str
        The name of a class; "" for anything that is not background.

    Returns
    -------
    mask : (M, N) array of bool
    """
    return label_map == VOC.id(label) if label else (label_map != 0) & (label_map != VOID)


def hidden_photo(photo: np.ndarray, truth: np.ndarray, longest: int) -> HiddenPhoto:
    """Make a photo and its truth small enough for code that looks at every pixel.

    Parameters
    ----------
    photo : (M, N, 3) array of uint8
    truth : (M, N) array of bool
    longest : int
        Pixels of the longest side afterwards; a smaller photo stays as it is.

    Returns
    -------
    HiddenPhoto
        A pixel of the truth is that of the place in the middle of the new pixel.
    """
    shape = photo.shape[:2]
    factor = min(1.0, longest / max(shape))
    small = tuple(max(1, round(side * factor)) for side in shape)
    if small == shape:
        return HiddenPhoto(photo, truth)
    rows, columns = ((np.arange(new) + 0.5) * old / new for new, old in zip(small, shape, strict=True))
    picture = np.clip(np.rint(resize(photo, small)), 0, 255).astype(np.uint8)
    return HiddenPhoto(picture, truth[np.ix_(rows.astype(int), columns.astype(int))])


def grade_mask(mask: np.ndarray, truth: np.ndarray) -> dict[str, Any]:
    """Compare two masks of one thing.

    Parameters
    ----------
    mask, truth : (M, N) array of bool

    Returns
    -------
    dict
        ``iou`` (1.0 when both are empty), ``intersection``, ``union``, ``missed`` and ``extra`` in pixels.

    Examples
    --------
    >>> grade_mask(np.array([[True, True, False]]), np.array([[False, True, True]]))
    {'iou': 0.3333333333333333, 'intersection': 1, 'union': 3, 'missed': 1, 'extra': 1}
    """
    intersection = int(np.count_nonzero(mask & truth))
    union = int(np.count_nonzero(mask | truth))
    iou = intersection / union if union else 1.0
    return {"iou": iou, "intersection": intersection, "union": union, "missed": int(np.count_nonzero(truth)) - intersection,
            "extra": int(np.count_nonzero(mask)) - intersection}


def edges_in_common(mask: np.ndarray, truth: np.ndarray) -> float:
    """The share of the truth's edges that are edges of the mask at exactly the same place.

    A hand that follows an edge is a pixel or two beside it nearly everywhere, so it shares a small part; a copy shares all of it.

    Parameters
    ----------
    mask, truth : (M, N) array of bool

    Returns
    -------
    share : float
        From 0 to 1; 0 where the truth has fewer than 100 edges, which says nothing.

    Examples
    --------
    >>> truth = np.zeros((60, 60), bool)
    >>> truth[10:50, 10:50] = True
    >>> edges_in_common(truth, truth), edges_in_common(np.roll(truth, 1, axis=0), truth)
    (1.0, 0.4875)
    """
    shared = total = 0
    for axis in (0, 1):
        edges = np.diff(truth, axis=axis)
        total += int(np.count_nonzero(edges))
        shared += int(np.count_nonzero(edges & np.diff(mask, axis=axis)))
    return shared / total if total >= 100 else 0.0


def _call(function: Callable, given: dict[str, Any]) -> Any:
    """The answer to copies of the arguments: a function may spoil what it is given."""
    return function(*(value.copy() if isinstance(value, np.ndarray) else value for value in given.values()))


# ---------------------------------------------------------------- comparing and showing
def difference(right: Any, got: Any, tolerance: float) -> str | None:
    """What is wrong with an answer, in a sentence; None when nothing is.

    Examples
    --------
    >>> difference(0.5, 0.5000000001, 1e-6) is None
    True
    >>> difference(np.zeros((2, 3)), np.zeros((3, 2)), 0)
    'the answer has the shape (3, 2), not (2, 3).'
    """
    if got is None and right is not None:
        return "the function gave back nothing (None). Does it end with `return`?"
    if isinstance(right, tuple):
        if not isinstance(got, (tuple, list)) or len(got) != len(right):
            return f"the answer has to be {len(right)} values, one after the other."
        return next((mismatch for pair in zip(right, got, strict=True) if (mismatch := difference(*pair, tolerance))), None)
    if isinstance(right, (str, dict, set)) or right is None:
        return None if got == right else "the answer is another one."
    one, two = np.asarray(right), _plain(got)
    if two is None:
        return f"the answer is of the kind {type(got).__name__}, not a number or an array of numbers."
    if one.shape != two.shape:
        return f"the answer has the shape {two.shape}, not {one.shape}." if one.shape else f"the answer is an array of shape {two.shape}, not a single number."
    exact = one.dtype.kind in "biu"
    near = one == two if exact else np.isclose(two, one, rtol=tolerance, atol=tolerance, equal_nan=True)
    if np.all(near):
        return None
    wrong = int(np.count_nonzero(~near))
    return "the answer is another number." if not one.shape else f"{wrong} of {one.size} elements are wrong."


def _plain(value: Any) -> np.ndarray | None:
    """The value as an array of numbers, or None."""
    try:
        array = np.asarray(value)
    except (ValueError, TypeError):
        return None
    return array if array.dtype.kind in "biuf" else None


def describe(value: Any) -> str:
    """A value as it is shown: small arrays whole, large ones by their shape."""
    if isinstance(value, np.ndarray):
        if value.size > 400:
            return f"array of shape {value.shape}, {value.dtype}"
        return f"{np.array2string(value, max_line_width=100, threshold=1000)}  {value.dtype}, shape {value.shape}"
    if isinstance(value, np.generic):
        value = value.item()
    text = f"{value:.6g}" if isinstance(value, float) else repr(value)
    return text if len(text) <= 300 else text[:299] + "…"
