"""Numbers to plots and tables: checked, thinned, and put into words for those who cannot see them. The page draws them."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .errors import CellError

__all__ = ["bars", "histogram", "plot", "table"]

MAX_POINTS = 2000  # of a series: more than a screen has columns
MAX_SERIES = 8
MAX_BARS = 256
MAX_ROWS = 200
MAX_COLUMNS = 16


def plot(marks: str, x: Any, y: Any = None, title: str | None = None, xlabel: str | None = None, ylabel: str | None = None) -> dict[str, Any]:
    """A line or points.

    Parameters
    ----------
    marks : {"line", "points"}
    x, y : (n,) array_like, or `y` a dict of name to (n,) array_like
        Without `y` the numbers of `x` are drawn over their places.
    title, xlabel, ylabel : str, optional

    Returns
    -------
    plot : dict
        ``kind`` "plot", ``marks``, ``series`` ([{name, x, y}] with None where a number is missing), ``names`` (of the bars, or None),
        ``title``, ``xlabel``, ``ylabel``, ``alt``, ``note``.

    Raises
    ------
    CellError
        No numbers, or not as many `x` as `y`.

    Examples
    --------
    >>> drawn = plot("line", [1, 4, 9])
    >>> drawn["series"], drawn["alt"]
    ([{'name': '', 'x': [0.0, 1.0, 2.0], 'y': [1.0, 4.0, 9.0]}], 'A line of 3 numbers from 1 to 9.')
    """
    if y is None:
        x, y = None, x
    given = y if isinstance(y, Mapping) else {"": y}
    if len(given) > MAX_SERIES:
        raise CellError(f"{len(given)} lines in one plot cannot be told apart.", f"Draw at most {MAX_SERIES}.")
    note = ""
    series = []
    for name, values in given.items():
        values = _numbers(values, "y")
        places = np.arange(len(values), dtype=float) if x is None else _numbers(x, "x")
        if len(places) != len(values):
            raise CellError(f"There are {len(places)} numbers for x and {len(values)} for y.", "A plot needs as many of one as of the other.")
        step = -(-len(values) // MAX_POINTS)
        note = f"Only one number in {step} is drawn." if step > 1 else note
        series.append({"name": str(name), "x": _plain(places[::step]), "y": _plain(values[::step])})
    what = "A line" if marks == "line" else "Points"
    alt = " ".join(f"{what}{f' {each!r}' if each else ''} of {len(_numbers(values, 'y'))} numbers{_range(values)}." for each, values in given.items())
    return _record(marks, series, None, title, xlabel, ylabel, alt, note)


def bars(names: Any, values: Any = None, title: str | None = None, xlabel: str | None = None, ylabel: str | None = None) -> dict[str, Any]:
    """A bar for each value; see `plot` for what comes back.

    Raises
    ------
    CellError
        No numbers, not as many names as values, or more bars than can be seen.

    Examples
    --------
    >>> bars({"cat": 3, "dog": 5})["alt"]
    'Bars: cat 3, dog 5.'
    """
    if values is None:
        names, values = (list(names), list(names.values())) if isinstance(names, Mapping) else (None, names)
    heights = _numbers(values, "values")
    words = [str(i) for i in range(len(heights))] if names is None else [str(name)[:40] for name in names]
    if len(words) != len(heights):
        raise CellError(f"There are {len(words)} names and {len(heights)} values.", "Each bar needs a name and a value.")
    if len(heights) > MAX_BARS:
        raise CellError(f"{len(heights)} bars are too many to be seen.", "Use `plot`, or `histogram` to count them first.")
    alt = "Bars: " + ", ".join(f"{word} {height:.4g}" for word, height in zip(words[:12], heights, strict=False)) + ("." if len(words) <= 12 else " …")
    series = [{"name": "", "x": list(map(float, range(len(heights)))), "y": _plain(heights)}]
    return _record("bars", series, words, title, xlabel, ylabel, alt, "")


def histogram(values: Any, bins: int = 32, title: str | None = None, xlabel: str | None = None, ylabel: str | None = None) -> dict[str, Any]:
    """How many values fall into each of `bins` equal steps, as bars over a scale; see `plot` for what comes back.

    Raises
    ------
    CellError
        No finite number, or `bins` is not a whole number from 1 to 256.

    Examples
    --------
    >>> histogram([0, 0, 1, 3], bins=3)["series"][0]["y"]
    [2.0, 1.0, 1.0]
    """
    numbers = _numbers(np.ravel(values), "values")
    if not isinstance(bins, (int, np.integer)) or not 1 <= bins <= MAX_BARS:
        raise CellError(f"`bins` is {bins!r}.", f"Give a whole number from 1 to {MAX_BARS}.")
    finite = numbers[np.isfinite(numbers)]
    if not finite.size:
        raise CellError("There is no finite number to count.", "")
    counts, edges = np.histogram(finite, int(bins))
    alt = f"A histogram of {finite.size} numbers{_range(finite)}; most of them, {counts.max()}, lie between {edges[counts.argmax()]:.4g} and {edges[counts.argmax() + 1]:.4g}."
    return _record("histogram", [{"name": "", "x": _plain(edges), "y": _plain(counts.astype(float))}], None, title, xlabel, ylabel, alt, "")


def table(rows: Any, title: str | None = None) -> dict[str, Any]:
    """Rows as a table.

    Parameters
    ----------
    rows : list of lists, list of dicts, dict of columns, or (n[, k]) array
    title : str, optional

    Returns
    -------
    table : dict
        ``kind`` "table", ``head`` (texts, or None), ``rows`` (lists of texts), ``numeric`` (a truth for each column), ``title``, ``note``.

    Raises
    ------
    CellError
        There are no rows.

    Examples
    --------
    >>> table([{"class": "cat", "IoU": 0.8125}])
    {'kind': 'table', 'head': ['class', 'IoU'], 'rows': [['cat', '0.8125']], 'numeric': [False, True], 'title': None, 'note': ''}
    """
    head, body = _rows(rows)
    total = len(body)
    body = [row[:MAX_COLUMNS] for row in body[:MAX_ROWS]]
    width = max([len(row) for row in body] + [len(head or [])], default=0)
    if not width:
        raise CellError("The table is empty.", "Give it rows: `table([[1, 2], [3, 4]])`.")
    note = f"{total} rows; the first {MAX_ROWS} are shown." if total > MAX_ROWS else ""
    numeric = [all(_is_number(row[i]) for row in body if i < len(row)) for i in range(width)]
    texts = [[_cell(value) for value in row] + [""] * (width - len(row)) for row in body]
    return {"kind": "table", "head": head and [str(word)[:60] for word in head[:MAX_COLUMNS]], "rows": texts, "numeric": numeric,
            "title": None if title is None else str(title)[:200], "note": note}


def _rows(rows):
    if isinstance(rows, Mapping):
        columns = [list(np.atleast_1d(np.asarray(column, dtype=object)).ravel()) for column in rows.values()]
        longest = max(map(len, columns), default=0)
        return list(rows), [[column[i] if i < len(column) else "" for column in columns] for i in range(longest)]
    try:
        rows = list(rows)
    except TypeError as error:
        raise CellError(f"A value of the kind `{type(rows).__name__}` has no rows.", "Give a list of lists, or a list of dicts.") from error
    if rows and all(isinstance(row, Mapping) for row in rows):
        head = list(dict.fromkeys(key for row in rows[:MAX_ROWS] for key in row))
        return head, [[row.get(key, "") for key in head] for row in rows]
    return None, [list(row) if isinstance(row, (list, tuple, np.ndarray)) else [row] for row in rows]


def _is_number(value):
    return isinstance(value, (int, float, np.number)) and not isinstance(value, bool)


def _cell(value):
    if isinstance(value, (float, np.floating)):
        return f"{value:.4g}"
    return str(value)[:200]


def _numbers(values, what):
    try:
        array = np.asarray(values, float)
    except (TypeError, ValueError) as error:
        raise CellError(f"There is something in `{what}` that is not a number.", "Give a list of numbers or an array with one axis.") from error
    if array.ndim != 1 or not array.size:
        raise CellError(f"`{what}` has the shape {array.shape}.", "Give a list of numbers or an array with one axis: `array.ravel()` makes one of any.")
    return array


def _plain(numbers):
    return [float(value) if np.isfinite(value) else None for value in numbers]


def _range(values):
    finite = np.asarray(values, float)
    finite = finite[np.isfinite(finite)]
    return f" from {finite.min():.4g} to {finite.max():.4g}" if finite.size else ""


def _record(marks, series, names, title, xlabel, ylabel, alt, note):
    text = lambda word: None if word is None else str(word)[:200]
    return {"kind": "plot", "marks": marks, "series": series, "names": names, "title": text(title), "xlabel": text(xlabel), "ylabel": text(ylabel),
            "alt": alt if title is None else f"{text(title)}. {alt}", "note": note}
