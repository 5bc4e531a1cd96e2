"""The labs: which handler answers a call of the page. A handler is imported when the first call for its lab comes.

A lab is a folder of `pystudio.labs`; one that asks Python something has a ``handler.py``. In it are ``CALLS`` (name of the call to types of its
arguments and its reply) and a class ``Handler``, a `LabHandler` with a method (plain or coroutine) for each call: ``cell.run`` is answered by
``run`` of the handler of the folder ``cell``. What a handler computes belongs into a module of algorithms, which knows nothing of labs; what another
lab may ask for belongs into the session (`pystudio.session.results`).
"""
from __future__ import annotations

from importlib import import_module
from pathlib import Path
from types import ModuleType

__all__ = ["LABS", "LabHandler", "handler_module", "lab_of"]

LABS = frozenset(path.parent.name for path in Path(__file__).parents[1].glob("labs/*/handler.py"))
"""The folders of `pystudio.labs` that have a handler. They are looked up once, when this module is imported: in the browser's memory snapshot it already is."""


class LabHandler:
    """What every handler has: the session, and a notice when another photo is opened."""

    def __init__(self, session):
        self.session = session

    def on_photo(self):
        """Another photo is open: drop what was computed for the last one."""


def lab_of(call: str) -> str | None:
    """The lab that answers a call, or None where no lab does.

    Examples
    --------
    >>> lab_of("metric_lab.run"), lab_of("photo.open")
    ('metric_lab', None)
    """
    name = call.partition(".")[0]
    return name if name in LABS else None


def handler_module(lab: str) -> ModuleType:
    """The module with ``CALLS`` and ``Handler`` of a lab, one of `LABS`."""
    return import_module(f"pystudio.labs.{lab}.handler")
