"""The messages that carry calls between page and worker, and what the worker says unasked. They are written and read in JavaScript; their types are here.

`pystudio.session.protocol` says what they are for. The page believes none of them by its type: readers' code runs in the worker, and can post
anything (``site_src/studio/engine/envelope.js``).
"""
from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

from .wire_types import Anything, MessagePort, Start

__all__ = ["FromWorker", "ToWorker"]


class StartMessage(TypedDict):
    """The first message. `files` is where the worker asks for the site's files, `page` where all other messages pass; else the worker's own."""

    start: Start
    files: MessagePort
    page: NotRequired[MessagePort]


class CallMessage(TypedDict):
    """A call of the protocol; one that is `stoppable` may be interrupted while it computes."""

    id: int
    call: str
    arguments: Anything
    stoppable: bool


class CancelMessage(TypedDict):
    """The call of that id is to end, as soon as it waits for something."""

    cancel: int


ToWorker = StartMessage | CallMessage | CancelMessage


class BootStep(TypedDict):
    """One named step of the engine's start, or a file that a call waits for: bytes of it that have come, and all of them."""

    step: str
    title: str
    done: int
    total: int
    finished: bool


class Failure(TypedDict):
    """What went wrong, in words for the visitor."""

    kind: str
    message: str
    remedy: str


class Answer(TypedDict):
    """A call's reply, its error, or, any number of times before, the progress of a file that it waits for. It bears no `event`."""

    event: NotRequired[Literal["answer"]]
    id: int
    reply: NotRequired[Anything]
    error: NotRequired[Failure]
    progress: NotRequired[BootStep]


class BootEvent(TypedDict):
    event: Literal["boot"]
    steps: list[BootStep]


class ReadyEvent(TypedDict):
    """Python runs: from the build's memory snapshot, or from Pyodide's own files, and then why not from the snapshot."""

    event: Literal["ready"]
    startedFrom: Literal["snapshot", "files"]
    snapshotFailure: NotRequired[str | None]


class DeadEvent(TypedDict):
    """The worker is of no more use; `damaged` is the file that was not the site's."""

    event: Literal["dead"]
    message: str
    remedy: str
    damaged: NotRequired[str | None]


class DamagedEvent(TypedDict):
    """A file's content was not the site's; asked for again, it is to come from the host."""

    event: Literal["damaged"]
    file: str


class StallEvent(TypedDict):
    """Nothing has come for so many seconds, and this is awaited; null when it comes again."""

    event: Literal["stall"]
    file: str | None


class FatalEvent(TypedDict):
    """Python's own last words; `dead` follows."""

    event: Literal["fatal"]
    cause: str | None


class Output(TypedDict):
    """Text, or something else that is shown (`pystudio.notebook`), by its kind."""

    kind: str
    text: NotRequired[str]


class OutputEvent(TypedDict):
    """What a cell prints or shows while it runs."""

    event: Literal["output"]
    key: str
    output: Output


class StopEvent(TypedDict):
    """The way to interrupt stoppable calls."""

    event: Literal["stop"]
    port: MessagePort


FromWorker = Answer | BootEvent | ReadyEvent | DeadEvent | DamagedEvent | StallEvent | FatalEvent | OutputEvent | StopEvent
