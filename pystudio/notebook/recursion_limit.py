"""How deep a reader's program may recurse: what it sets holds for its own run alone, and never beyond what the browser's stack bears."""
from __future__ import annotations

import contextlib
import operator
import sys

__all__ = ["MAX_DEPTH", "RecursionLimit"]

MAX_DEPTH = 3000
"""Calls within calls. In the browser plain recursion ends Python somewhere above."""


class RecursionLimit(contextlib.AbstractContextManager):
    """While code of one program runs, `sys.setrecursionlimit` sets the limit of that program, which is put back whenever it is left.

    It can be entered as often as the program goes on.

    Parameters
    ----------
    most : int
        A higher limit is taken for this one, so that recursion without end becomes a `RecursionError`.

    Examples
    --------
    >>> before = sys.getrecursionlimit()
    >>> with RecursionLimit():
    ...     sys.setrecursionlimit(10**6)
    ...     sys.getrecursionlimit()
    3000
    >>> sys.getrecursionlimit() == before
    True
    """

    def __init__(self, most: int = MAX_DEPTH) -> None:
        self._most = most
        self._limit: int | None = None

    def __enter__(self) -> RecursionLimit:
        self._outside = min(sys.getrecursionlimit(), self._most)
        self._set = sys.setrecursionlimit
        sys.setrecursionlimit = self.set
        if self._limit is not None:
            with contextlib.suppress(RecursionError):  # it is lower than the stack is deep here
                self._set(self._limit)
        return self

    def __exit__(self, *error: object) -> None:
        self._limit = sys.getrecursionlimit()
        sys.setrecursionlimit = self._set
        self._set(self._outside)

    def set(self, limit: int, /) -> None:
        """Set the maximum depth of the Python interpreter stack, as `sys.setrecursionlimit` does, but not above `most`."""
        self._set(min(operator.index(limit), self._most))
