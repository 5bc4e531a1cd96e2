"""What went wrong in a reader's program, at which line, and on which way. The words are chosen in `syntax_errors` and `runtime_errors`."""
from __future__ import annotations

import asyncio
import linecache
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import StudioError
from .failing_code import failing_code
from .restrictions import Place
from .runtime_errors import runtime_words
from .syntax_errors import syntax_words

__all__ = ["CellError", "CellFailure", "explain"]

MAX_FRAMES = 6
MAX_TRACEBACK = 4000  # characters


class CellError(StudioError):
    """A tool of the cells was used in a way that it cannot work."""


@dataclass(frozen=True)
class CellFailure:
    """A mistake, told.

    Attributes
    ----------
    kind : {"error", "memory", "syntax", "stopped"}
    message : str
        What is wrong, one sentence.
    hint : str
        What to do; may be empty.
    line, column : int or None
        Where in the cell that was run, from 1 and from 0.
    python : str
        The last line of Python's own message, to look up; empty where it would tell nothing more.
    path : list of (str, int, str)
        How the program came there, through the reader's own lines: cell, line, code. Empty where `line` tells it all.
    traceback : str
        All that Python says.
    """

    kind: str
    message: str
    hint: str = ""
    line: int | None = None
    column: int | None = None
    python: str = ""
    path: tuple[tuple[str, int, str], ...] = ()
    traceback: str = ""


def explain(error: BaseException, file: str, files: Mapping[str, str], source: str, namespace: Mapping[str, Any],
            place: Place = "cell") -> CellFailure:
    """Tell what an exception of a reader's program means.

    Parameters
    ----------
    error : BaseException
    file : str
        Name of the file that the cell was compiled as.
    files : mapping
        The same of every cell, to what the cell is called.
    source : str
        The cell.
    namespace : mapping
        What it knew, for "did you mean".
    place : {"cell", "exercise"}
        Where the program stands: what there is instead differs.
    """
    if isinstance(error, (KeyboardInterrupt, asyncio.CancelledError)):
        return CellFailure("stopped", "Stopped.", line=_line_in(error, file))
    if isinstance(error, SyntaxError) and error.filename == file or _is_null(error, source):
        return _of_grammar(error, source)
    used = {name for frame, _ in traceback.walk_tb(error.__traceback__) if (name := frame.f_code.co_filename) in files}
    code = failing_code(error, {name: "".join(linecache.getlines(name)) for name in used} | {file: source})
    message, hint = runtime_words(error, code, namespace, place)
    path = _path(error, files)
    own = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    kind = "memory" if isinstance(error, MemoryError) else "error"
    return CellFailure(kind, message, hint, _line_in(error, file), None, "" if isinstance(error, StudioError) else _cut(own, 300),
                 path if len(path) > 1 else (), _cut(_formatted(error), MAX_TRACEBACK))


def _is_null(error, source):
    """Whether the program has a null character: the error then knows neither its file nor its line."""
    return isinstance(error, (SyntaxError, ValueError)) and "null byte" in str(error) and "\0" in source


def _of_grammar(error, source):
    lines = max(1, len(source.splitlines()))
    line = getattr(error, "lineno", None) or source[:source.find("\0")].count("\n") + 1
    own = getattr(error, "msg", None) or str(error)
    message, hint = syntax_words(own, min(line, lines), getattr(error, "text", None) or "", source)
    return CellFailure("syntax", message, hint, min(line, lines), max(0, (getattr(error, "offset", None) or 1) - 1), f"{type(error).__name__}: {own}")


def _line_in(error, file):
    return next((line for frame, line in reversed(list(traceback.walk_tb(error.__traceback__))) if frame.f_code.co_filename == file), None)


def _path(error, files):
    found = [(files[name], line, _code(frame, line)) for frame, line in traceback.walk_tb(error.__traceback__)
             if (name := frame.f_code.co_filename) in files]
    if len(found) > MAX_FRAMES:
        found = [*found[: MAX_FRAMES // 2], *found[-MAX_FRAMES // 2:]]
    return tuple(found)


def _code(frame, line):
    return linecache.getline(frame.f_code.co_filename, line).strip()


def _formatted(error):
    return "".join(traceback.format_exception(error, limit=12 if isinstance(error, RecursionError) else None))


def _cut(text, most):
    return text if len(text) <= most else f"{text[: most // 2]}\n…\n{text[-most // 2:]}"
