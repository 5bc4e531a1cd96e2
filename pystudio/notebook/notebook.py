"""The namespace that the cells of a page share, and the running of one cell. What its outputs become is decided elsewhere."""
from __future__ import annotations

import ast
import contextlib
import inspect
import linecache
import os
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from . import errors, pictures, pillow
from .guard import CellGuard, Guarded
from .interpreter_state import preserved
from .outputs import OutputStream
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
        inside = CellGuard(stream, guard, self._files)
        try:
            parts = _compiled(source, file)
            self._words |= mentioned(source)
            with preserved(), pillow.shown(lambda image, title: stream.draw(lambda: pictures.picture(image, title=title)), source):
                await Guarded(self._execute(parts, stream), lambda: inside)
                await inside.tasks.finish()
        except BaseException as error:  # a cell may raise anything, SystemExit and KeyboardInterrupt among them
            return errors.explain(error, file, self._files, source, self.namespace)
        finally:
            inside.close()
            _tell_of_files(inside.restrictions.written, stream)
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
            if pillow.is_image(value):
                stream.draw(lambda value=value: pictures.picture(value))
            else:
                stream.value(value)


def _tell_of_files(written, stream):
    """Say where files are that the cell wrote: a reader may look for them on the computer."""
    if there := [name for name in written if os.path.isfile(name)]:
        names = ", ".join(there[:3]) + (" …" if len(there) > 3 else "")
        stream.note(f"Written to the memory of this page: {names}. Your computer does not get such a file, and it is gone when the page is closed.")


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
