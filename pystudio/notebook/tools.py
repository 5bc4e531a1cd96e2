"""What a cell can call without importing anything. Arrays become pictures in `pictures`, numbers become plots in `plots`."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import pictures, plots
from .outputs import OutputStream

__all__ = ["tools"]


def tools(stream: OutputStream, photo: np.ndarray | None = None) -> dict[str, Callable[..., Any]]:
    """The functions of one run of a cell, which draw into its output stream.

    Parameters
    ----------
    stream : OutputStream
    photo : (M, N, 3) array of uint8, optional
        What masks of its size are shown on.
    """
    photo = None if photo is None else np.array(photo)  # as it was before the cell drew in it

    def show(array, title=None, *, kind=None, over=None):
        """Show an array as a picture; a list of arrays side by side.

        title : a line above it
        kind : "colour", "grey", "mask", "labels" or "map" when the guess is wrong
        over : a photo to lay a label map or mask on
        """
        for each, one in enumerate(several := array if isinstance(array, (list, tuple)) else [array]):
            name = title[each] if isinstance(title, (list, tuple)) and each < len(title) else title if len(several) == 1 or each == 0 else None
            stream.draw(lambda one=one, name=name: pictures.picture(one, photo=photo, title=name, kind=kind, over=over))

    def plot(x, y=None, *, title=None, xlabel=None, ylabel=None):
        """Draw a line through numbers: plot(y), plot(x, y), plot(x, {"one": y1, "other": y2})."""
        stream.draw(lambda: plots.plot("line", x, y, title, xlabel, ylabel))

    def points(x, y=None, *, title=None, xlabel=None, ylabel=None):
        """Draw a point for each pair of numbers: points(x, y)."""
        stream.draw(lambda: plots.plot("points", x, y, title, xlabel, ylabel))

    def bars(names, values=None, *, title=None, xlabel=None, ylabel=None):
        """Draw a bar for each value: bars(values), bars(names, values), bars({"cat": 3, "dog": 5})."""
        stream.draw(lambda: plots.bars(names, values, title, xlabel, ylabel))

    def histogram(values, bins=32, *, title=None, xlabel=None, ylabel="how many"):
        """Count how often values fall into each of some steps, and draw the counts."""
        stream.draw(lambda: plots.histogram(values, bins, title, xlabel, ylabel))

    def table(rows, *, title=None):
        """Show rows as a table: lists, dicts (their keys are the headings), or an array."""
        stream.draw(lambda: plots.table(rows, title))

    return {tool.__name__: tool for tool in (show, plot, points, bars, histogram, table)}
