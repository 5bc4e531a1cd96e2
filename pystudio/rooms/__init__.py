"""Rooms beside the session: each answers the calls that begin with its name, and is imported when the first of them comes.

A room is a module with ``CALLS`` (like `pystudio.protocol.CALLS`: name of the call to types of arguments and reply) and a class
``Room``, a `BaseRoom` whose methods (plain or coroutine) bear the rest of the name: ``cell.run`` is answered by ``run`` of the room ``cell``.
What a room computes belongs into a module of algorithms, which knows nothing of rooms.
"""
from __future__ import annotations

from importlib import import_module

NAMES: tuple[str, ...] = ("task", "cell", "metric", "loss", "effects", "live", "own", "microscope", "instances", "devices", "exchange")


class BaseRoom:
    """What every room has: the session, and word of a new photo."""

    def __init__(self, studio):
        self.studio = studio

    def on_photo(self):
        """Another photo is open: forget what was found in the last one."""


def room_of(call: str) -> str | None:
    """The room that answers a call, or None where the session itself does.

    Examples
    --------
    >>> room_of("segment.run") is None
    True
    """
    name = call.partition(".")[0]
    return name if name in NAMES else None


def module(name: str):
    """The module of a room."""
    return import_module(f".{name}", __name__)
