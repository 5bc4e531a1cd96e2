"""The labs: which handler answers a call of the page. A handler is imported when the first call for its lab comes.

A lab is a folder of `pystudio.labs`. Its ``handler.py`` has ``CALLS`` (like `pystudio.session.protocol.CALLS`: name of the call to types of
arguments and reply) and a class ``Handler``, a `LabHandler` whose methods (plain or coroutine) bear the second half of a call's name: ``cell.run``
is answered by ``run`` of the handler of the lab ``cell``. What a handler computes belongs into a module of algorithms, which knows nothing of labs.
"""
from __future__ import annotations

from importlib import import_module
from types import ModuleType

LABS: dict[str, str] = {
    "task": "task_code",  # also task_paint's: one handler keeps the hidden photos of all exercises
    "cell": "cell",
    "metric": "metric_lab",
    "loss": "loss_lab",
    "effects": "effects",
    "live": "live",
    "own": "own_network",
    "microscope": "microscope",
    "instances": "instances",
    "devices": "small_devices",
    "exchange": "exchange",
}
"""The first half of a call's name, and the folder of `pystudio.labs` whose handler answers it."""


class LabHandler:
    """What every handler has: the session, and a notice when another photo is opened."""

    def __init__(self, session):
        self.session = session

    def on_photo(self):
        """Another photo is open: drop what was computed for the last one."""


def lab_of(call: str) -> str | None:
    """The first half of a call's name where a lab answers it, or None where the session itself does.

    Examples
    --------
    >>> lab_of("metric.run"), lab_of("segment.run")
    ('metric', None)
    """
    name = call.partition(".")[0]
    return name if name in LABS else None


def handler_module(name: str) -> ModuleType:
    """The module of the handler that answers calls beginning with `name`, a key of `LABS`."""
    return import_module(f"pystudio.labs.{LABS[name]}.handler")
