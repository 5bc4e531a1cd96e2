"""Remedies for words that nobody knows: the nearest known word."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A remedy for a word nobody knows: the nearest known one, or the whole list.

    Examples
    --------
    >>> did_you_mean("opacitiy", ["opacity", "view"]), did_you_mean("x", ["opacity", "view"])
    ('Did you mean opacity?', 'Use one of: opacity, view.')
    """
    known = list(known)
    by_lower = {name.lower(): name for name in known}
    close = difflib.get_close_matches(word.lower(), by_lower, n=1)
    if close:
        return f"Did you mean {by_lower[close[0]]}?"
    return f"Use one of: {', '.join(known)}." if known else "There are none yet."
