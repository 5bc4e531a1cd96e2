"""Numbers become words here: medians, spreads, ratios, plain tables, and whether what was expected was met. Nothing is measured."""
from __future__ import annotations

import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field


class NotMeasured(Exception):
    """A benchmark that cannot be carried out: why, and what to do."""


@dataclass
class Result:
    """What one benchmark prints."""

    title: str
    tables: list[tuple[list[str], list[list[str]]]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    verdicts: list[str] = field(default_factory=list)

    def table(self, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        self.tables.append((list(heads), [list(row) for row in rows]))

    def expect(self, what: str, value: float, *, at_least: float | None = None, at_most: float | None = None) -> None:
        """Say whether a figure is as expected. A benchmark is not a test: the command does not fail for it."""
        met = value >= at_least if at_least is not None else value <= at_most
        wanted = f"at least {at_least:g}" if at_least is not None else f"at most {at_most:g}"
        self.verdicts.append(f"{'met    ' if met else 'NOT MET'}  {what}: {value:.2f}, expected {wanted}")

    def text(self) -> str:
        blocks = [f"{self.title}\n{'=' * len(self.title)}", *(_grid(*table) for table in self.tables)]
        return "\n\n".join([*blocks, *(["\n".join(self.notes)] if self.notes else []), *(["\n".join(self.verdicts)] if self.verdicts else [])])


def _grid(heads: list[str], rows: list[list[str]]) -> str:
    widths = [max(len(row[k]) for row in [heads, *rows]) for k in range(len(heads))]
    line = lambda cells: "  ".join(cell.ljust(w) if k == 0 else cell.rjust(w) for k, (cell, w) in enumerate(zip(cells, widths))).rstrip()
    return "\n".join([line(heads), line(["-" * w for w in widths]), *map(line, rows)])


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def quartiles(values: Sequence[float]) -> tuple[float, float]:
    """First and third quartile; half of all values lie between them."""
    if len(values) < 2:
        return values[0], values[0]
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, high


def spread(values: Sequence[float], scale: float = 1, digits: int | None = None) -> str:
    """`median (first quartile – third quartile)`, in units of 1 / scale.

    >>> spread([0.1, 0.2, 0.3, 0.4, 0.5], 1000)
    '300 (200–400)'
    """
    middle, low, high = (value * scale for value in (median(values), *quartiles(values)))
    digits = _digits(middle) if digits is None else digits
    return f"{middle:.{digits}f} ({low:.{digits}f}–{high:.{digits}f})"


def number(value: float, digits: int | None = None) -> str:
    """Three significant digits and no exponent, unless a number of decimals is asked for.

    >>> [number(v) for v in (1234.5, 123.4, 12.34, 1.234, 0.1234)]
    ['1234', '123', '12.3', '1.23', '0.123']
    """
    return f"{value:.{_digits(value) if digits is None else digits}f}"


def _digits(value: float) -> int:
    return 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3


class Progress:
    """One line that moves on a terminal; elsewhere, a line for each step."""

    def __init__(self, out=sys.stderr):
        self.out, self.moving = out, out.isatty()

    def __call__(self, text: str) -> None:
        print(f"\r\x1b[K  {text}" if self.moving else f"  {text}", end="" if self.moving else "\n", file=self.out, flush=True)

    def clear(self) -> None:
        if self.moving:
            print("\r\x1b[K", end="", file=self.out, flush=True)
