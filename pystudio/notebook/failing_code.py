"""The place in a reader's program where an error came up: the expression itself, and what its names stand for. What the error means is said elsewhere."""
from __future__ import annotations

import ast
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

__all__ = ["FailingCode", "failing_code"]


@dataclass(frozen=True)
class FailingCode:
    """Where it happened.

    Attributes
    ----------
    line : int or None
        From 1.
    expression : ast.expr or None
        What Python was about to compute, where it tells.
    own, shared : mapping
        The names of the function that ran, and those of the program; `own` is empty outside of functions.
    """

    line: int | None = None
    expression: ast.expr | None = None
    own: Mapping[str, Any] = field(default_factory=dict)
    shared: Mapping[str, Any] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """The names in the expression, each once."""
        nodes = ast.walk(self.expression) if self.expression else ()
        return list(dict.fromkeys(node.id for node in nodes if isinstance(node, ast.Name)))


def failing_code(error: BaseException, sources: Mapping[str, str]) -> FailingCode:
    """The last place in a program that an error passed through.

    Parameters
    ----------
    error : BaseException
    sources : mapping
        The parts of the program by the names of the files that they were compiled as.

    Examples
    --------
    >>> source = "size = 0\\nshare = 7 + 1 / size"
    >>> try:
    ...     exec(compile(source, "<cell>", "exec"), {})
    ... except ZeroDivisionError as error:
    ...     found = failing_code(error, {"<cell>": source})
    >>> found.line, ast.unparse(found.expression), found.shared["size"]
    (2, '1 / size', 0)
    """
    entries, entry = [], error.__traceback__
    while entry is not None:
        entries.append(entry)
        entry = entry.tb_next
    last = next((each for each in reversed(entries) if each.tb_frame.f_code.co_filename in sources), None)
    if last is None:
        return FailingCode()
    frame = last.tb_frame
    own = {} if frame.f_code.co_name == "<module>" else frame.f_locals
    return FailingCode(last.tb_lineno, _expression(last, sources[frame.f_code.co_filename]), own, frame.f_globals)


def _expression(place: TracebackType, source: str) -> ast.expr | None:
    positions = next(itertools.islice(place.tb_frame.f_code.co_positions(), place.tb_lasti // 2, None), (None,))
    if None in positions:
        return None
    first, last, start, end = positions
    lines = [line.encode() for line in source.split("\n")[first - 1:last]]
    if len(lines) != last - first + 1:
        return None
    lines[-1] = lines[-1][:end]
    lines[0] = lines[0][start:]
    try:
        return ast.parse(b"(" + b"\n".join(lines) + b")", mode="eval").body
    except (SyntaxError, ValueError):  # a statement, or a part of one
        return None
