"""The namespace that the cells of a page share, and the running of one cell. What its outputs become is decided elsewhere."""
from __future__ import annotations

import ast
import contextlib
import inspect
import linecache
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from . import errors
from .outputs import OutputStream
from .recursion_limit import RecursionLimit
from .tools import tools

__all__ = ["Notebook", "imported", "mentioned"]

MAX_SOURCE = 100_000  # characters; nobody types more, and parsing much more would take all memory
FLAGS = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT


class Notebook:
    """Cells that are run one after the other share their names, as in any notebook.

    Attributes
    ----------
    namespace : dict
        What the cells have left so far.
    """

    def __init__(self) -> None:
        self.namespace: dict[str, Any] = {"__name__": "__main__"}
        self._files: dict[str, str] = {}  # name of a cell's file, to what the cell is called
        self._words: set[str] = set()

    def wanted(self, source: str) -> set[str]:
        """Every name that this cell mentions, or one that ran before and whose functions it may call."""
        return mentioned(source) | self._words

    async def run(self, source: str, names: Mapping[str, Any], stream: OutputStream, *, title: str = "cell",
                  guard: Callable[[], contextlib.AbstractContextManager] = contextlib.nullcontext) -> errors.CellFailure | None:
        """Run one cell.

        Parameters
        ----------
        source : str
        names : mapping
            Put into the namespace before the cell runs, whatever it holds under them.
        stream : OutputStream
            Takes the outputs.
        title : str
            What the cell is called where a mistake is told.
        guard : function that returns a context manager, optional
            Entered whenever code of the cell runs, and left while it awaits something.

        Returns
        -------
        failure : CellFailure or None
            What went wrong, whatever it is; nothing is raised.
        """
        file = f"<{title}>"
        self._files[file] = title
        linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
        self.namespace |= {"np": np} | tools(stream, names.get("photo")) | dict(names)
        try:
            parts = _compiled(source, file)
            self._words |= mentioned(source)
            depth = RecursionLimit()
            await _Guarded(self._execute(parts, stream), lambda: _Inside(stream, depth, guard))
        except BaseException as error:  # a cell may raise anything, SystemExit and KeyboardInterrupt among them
            return errors.explain(error, file, self._files, source, self.namespace)
        return None

    async def _execute(self, parts, stream):
        for code, shown in parts:
            value = eval(code, self.namespace)
            if inspect.iscoroutine(value) and code.co_flags & inspect.CO_COROUTINE:
                value = await value
            if not shown or value is None:
                continue
            if inspect.iscoroutine(value):
                value.close()
                stream.note("This answer is not here yet. Write `await` in front of it.")
                continue
            self.namespace["_"] = value
            stream.value(value)


def _compiled(source, file):
    """[(code, whether its value is shown)…]: all but a last expression, and that expression."""
    if len(source) > MAX_SOURCE:
        raise errors.CellError(f"This cell has {len(source)} characters.", f"Keep it below {MAX_SOURCE}.")
    tree = ast.parse(source, file)
    parts = []
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    if tree.body:
        parts.append((compile(tree, file, "exec", FLAGS, True), False))
    if last:
        parts.append((compile(ast.Expression(last.value), file, "eval", FLAGS, True), not source.rstrip().endswith(";")))
    return parts


def mentioned(source: str) -> set[str]:
    """The names in a source, whatever they stand for; none when it cannot be read.

    Examples
    --------
    >>> sorted(mentioned("show(prediction == cat.id)"))
    ['cat', 'prediction', 'show']
    """
    return {node.id for node in _nodes(source) if isinstance(node, ast.Name)}


def imported(source: str) -> set[str]:
    """The modules that a source imports, with the names it takes from them.

    Examples
    --------
    >>> sorted(imported("import scipy.ndimage as ni\\nfrom pystudio.segment import classic, region_growing"))
    ['pystudio.segment', 'pystudio.segment.classic', 'pystudio.segment.region_growing', 'scipy.ndimage']
    """
    found = set()
    for node in _nodes(source):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def _nodes(source):
    try:
        return list(ast.walk(ast.parse(source[:MAX_SOURCE]))) if len(source) <= MAX_SOURCE else []
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # told when the cell is run
        return []


class _Guarded:
    """A coroutine each of whose steps runs inside a guard; while it waits for something the guard is off."""

    def __init__(self, coroutine, guard):
        self._coroutine = coroutine
        self._guard = guard

    def __await__(self):
        go, value = self._coroutine.send, None
        while True:
            try:
                with self._guard():
                    waits_for = go(value)
            except StopIteration as done:
                return done.value
            try:
                value = yield waits_for
                go = self._coroutine.send
            except BaseException as error:  # whatever was awaited failed, or the cell was cancelled: the cell hears of it
                go, value = self._coroutine.throw, error


class _Inside(contextlib.AbstractContextManager):
    """While code of the cell runs: its prints and warnings go to the output stream, and it can be interrupted."""

    def __init__(self, stream, depth, guard):
        self._stream = stream
        self._depth = depth
        self._guard = guard

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            stack.enter_context(contextlib.redirect_stdout(self._stream.stdout))
            stack.enter_context(contextlib.redirect_stderr(self._stream.stdout))
            stack.enter_context(warnings.catch_warnings())
            warnings.showwarning = self._warn
            stack.enter_context(self._depth)
            stack.enter_context(self._guard())  # last: nothing of ours is interrupted on the way in
            self._stack = stack.pop_all()

    def __exit__(self, *error):
        return self._stack.__exit__(*error)

    def _warn(self, message, category, filename, lineno, file=None, line=None):
        where = f"Line {lineno}: " if filename.startswith("<") else ""
        self._stream.print(f"{where}{category.__name__}: {message}\n")

