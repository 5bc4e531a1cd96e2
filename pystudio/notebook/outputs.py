"""Where the outputs of a running cell go, and how much of them is too much. What an output looks like is not decided here.

An output is a dict with a ``kind``:

``text``     ``text``: printed, in pieces as they come
``value``    ``text``: the value of the last line
``note``     ``text``: a sentence of ours
``picture``  see `pystudio.notebook.pictures`
``plot``     see `pystudio.notebook.plots`
``table``    see `pystudio.notebook.plots`
"""
from __future__ import annotations

import io
import reprlib
from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["MAX_DRAWN", "MAX_TEXT", "OutputStream"]

MAX_TEXT = 50_000
"""Characters that one run of a cell may print."""

MAX_DRAWN = 30
"""Pictures, plots and tables of one run."""


class OutputStream:
    """The outputs of one run.

    Parameters
    ----------
    deliver : function of one dict
        Takes each output as it comes.

    Examples
    --------
    >>> outputs = []
    >>> stream = OutputStream(outputs.append)
    >>> stream.print("x" * (MAX_TEXT + 1))
    >>> len(outputs[0]["text"]) == MAX_TEXT, outputs[1]["text"]
    (True, 'This cell has printed 50 000 characters. What it prints now is not shown any more.')
    """

    def __init__(self, deliver: Callable[[dict[str, Any]], None]) -> None:
        self._deliver = deliver
        self._text = MAX_TEXT
        self._drawn = 0
        self.stdout = _TextStream(self)

    def print(self, text: str) -> None:
        """Printed text; beyond the limit it is dropped, and that is said once."""
        if self._text < 0:
            return
        if self._text and text:
            self._deliver({"kind": "text", "text": text[: self._text]})
        self._text -= len(text)
        if self._text < 0:
            self.note(f"This cell has printed {MAX_TEXT // 1000} 000 characters. What it prints now is not shown any more.")

    def note(self, text: str) -> None:
        """A sentence of ours."""
        self._deliver({"kind": "note", "text": text})

    def draw(self, make: Callable[[], dict[str, Any]]) -> None:
        """A picture, plot or table; beyond the limit it is not even made, and that is said once."""
        if self._drawn < MAX_DRAWN:
            self._deliver(make())
        elif self._drawn == MAX_DRAWN:
            self.note(f"A cell shows at most {MAX_DRAWN} pictures, plots and tables. The rest is left out.")
        self._drawn += 1

    def value(self, value: Any) -> None:
        """The value of a cell's last line, as Python writes it, cut where it is long."""
        self._deliver({"kind": "value", "text": written(value)})


class _TextStream(io.TextIOBase):
    """What ``print`` writes to."""

    def __init__(self, stream: OutputStream) -> None:
        self._stream = stream

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"only text can be written, not {type(text).__name__}")
        if text:
            self._stream.print(text)
        return len(text)


_SHORT = reprlib.Repr()
_SHORT.maxlist = _SHORT.maxtuple = _SHORT.maxset = _SHORT.maxfrozenset = _SHORT.maxdeque = _SHORT.maxarray = _SHORT.maxdict = 200
_SHORT.maxstring = _SHORT.maxother = 4000
_SHORT.maxlong = 1000
_SHORT.maxlevel = 8


def written(value: Any) -> str:
    """A value as Python writes it; long ones in part, arrays with shape and kind.

    Examples
    --------
    >>> written([1, 2])
    '[1, 2]'
    >>> print(written(np.zeros((2, 3), np.uint8)))
    array([[0, 0, 0],
           [0, 0, 0]], dtype=uint8)
    shape (2, 3), uint8
    >>> len(written(list(range(100_000)))) < 2000
    True
    """
    if isinstance(value, np.ndarray):
        with np.printoptions(threshold=200, edgeitems=3, linewidth=88):
            return f"{np.asarray(value)!r}\nshape {value.shape}, {value.dtype}"
    return _SHORT.repr(value)
