"""Python written by a reader, run cell by cell: one namespace, outputs that a page can draw, mistakes told in plain words.

=================  =====================================================================
notebook           the namespace that cells share, and the running of one
guard              what surrounds a cell's code while it runs, and its tasks
interpreter_state  what a program may change in Python, and what of it is put back
restrictions       what no program on a page can do, and is refused
recursion_limit    how deep a program may recurse
packages           what a program needs beside NumPy
outputs            where outputs go, and how much of them is too much
tools              what a cell can call: show, plot, bars, histogram, points, table
pictures           arrays to pictures
pillow             images of Pillow among them
plots              numbers to plots and tables
errors             what went wrong, and at which line; the words for it are in
                   syntax_errors, runtime_errors, missing_names, shadowed_names,
                   unavailable; the place in failing_code
=================  =====================================================================

No session and no page is known here: whoever runs a cell brings the names that it may use (`pystudio.labs.cell.handler` in the browser).
"""
from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .errors import CellFailure
from .notebook import Notebook
from .outputs import OutputStream

__all__ = ["CellFailure", "Notebook", "Outcome", "OutputStream", "run"]


@dataclass(frozen=True)
class Outcome:
    """What a cell did.

    Attributes
    ----------
    outputs : list of dict
        In order, as `OutputStream` describes them: texts, pictures, plots, tables.
    failure : CellFailure or None
        What stopped it: the sentence in `message`, the line (from 1) in `line`.
    namespace : dict
        The names that the cell left.
    """

    outputs: list[dict[str, Any]]
    failure: CellFailure | None
    namespace: dict[str, Any] = field(repr=False)

    @property
    def text(self) -> str:
        """All that was printed, and the last value."""
        return "".join(output["text"] for output in self.outputs if output["kind"] in ("text", "value"))


def run(source: str, names: Mapping[str, Any] | None = None, *, notebook: Notebook | None = None, title: str = "cell") -> Outcome:
    """Run one cell to its end, on the desktop.

    Parameters
    ----------
    source : str
        Python; `await` may stand outside functions.
    names : mapping, optional
        What the cell may use beside ``np`` and the tools: ``photo``, ``mask``, ``set_mask`` …  A ``photo`` (M, N, 3) of
        uint8 is what masks are shown on.
    notebook : Notebook, optional
        Share it between calls, and the cells share their names in that order, as on a page.
    title : str
        What the cell is called where a mistake is told.

    Returns
    -------
    outcome : Outcome
        Mistakes of the cell are in it; they are not raised.

    Examples
    --------
    >>> run("print(2 + 2)").text
    '4\\n'
    >>> outcome = run("a = 1\\nprint(aa)")
    >>> outcome.failure.line, outcome.failure.message
    (2, 'There is nothing called `aa` here.')
    """
    notebook = notebook or Notebook()
    outputs: list[dict[str, Any]] = []
    stream = OutputStream(outputs.append)
    failure = asyncio.run(notebook.run(source, names or {}, stream, title=title))
    return Outcome(_joined(outputs), failure, notebook.namespace)


def _joined(outputs):
    """Neighbouring texts as one."""
    joined: list[dict[str, Any]] = []
    for output in outputs:
        if output["kind"] == "text" and joined and joined[-1]["kind"] == "text":
            joined[-1] = {"kind": "text", "text": joined[-1]["text"] + output["text"]}
        else:
            joined.append(output)
    return joined
