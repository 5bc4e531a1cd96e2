"""What a program on a page cannot do, told where it tries: type, wait for long, start threads and other programs, reach the network, keep files.

In the browser each of these fails in words of its own; on the desktop it would even work, and a lesson that was tried there would break on the page. So
the program is refused in the same words in both. How other errors are worded is in `errors`.
"""
from __future__ import annotations

import asyncio
import contextlib
import io
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, Literal

from ..errors import StudioError

__all__ = ["FILES", "KEYBOARD", "NETWORK", "PROCESSES", "THREADS", "Place", "Refused", "Restrictions"]

Place = Literal["cell", "exercise"]
Words = tuple[str, dict[Place, str]]

LONG = 10
"""Seconds that a cell may sleep without a word."""

KEYBOARD: Words = ("`input` has no keyboard to listen to here.",
                   {"cell": "Give the name a value in the code instead.", "exercise": "The function gets what it needs as its arguments: use those."})
THREADS: Words = ("Python on this page has a single thread and cannot start another.",
                  {"cell": "Call the function directly. For speed, compute with whole arrays.", "exercise": "Call the function directly. For speed, compute with whole arrays."})
PROCESSES: Words = ("Python on this page cannot start other programs: there are none in a browser.",
                    {"cell": "Take this line away, and do the work in Python.", "exercise": "Take this line away, and do the work in Python."})
NETWORK: Words = ("Python on this page does not reach the internet: nothing is fetched and nothing is sent.",
                  {"cell": "Open your picture on the page: it is `photo` here.", "exercise": "The function gets all it needs as its arguments."})
FILES: Words = ("The code of an exercise cannot write files.", {"cell": "", "exercise": "Give the answer back with `return`."})


class Refused(StudioError, OSError):
    """Something that no program on a page can do. An `OSError` too: code that expects such failures goes on."""

    def __init__(self, message: str, remedy: str = "") -> None:
        StudioError.__init__(self, message, remedy)


class Restrictions(contextlib.AbstractContextManager):
    """While code of one program runs, what it cannot do is refused; it can be entered as often as the program goes on.

    Parameters
    ----------
    place : {"cell", "exercise"}
        Where the program stands: the remedies differ, and an exercise writes no files.
    sleeping : function of a float, optional
        Called before the program sleeps for so many seconds.

    Attributes
    ----------
    written : list of str
        Files that the program opened to write, in order.

    Examples
    --------
    >>> with Restrictions("cell"):
    ...     input()
    Traceback (most recent call last):
     ...
    pystudio.notebook.restrictions.Refused: `input` has no keyboard to listen to here. Give the name a value in the code instead.
    """

    def __init__(self, place: Place, sleeping: Callable[[float], None] = lambda seconds: None) -> None:
        self.place: Place = place
        self.sleeping = sleeping
        self.written: list[str] = []
        self._entered: list[tuple[int, object]] = []

    def __enter__(self) -> Restrictions:
        self._entered.append(_whose())
        if len(self._entered) > 1:  # another task of the same program
            return self
        _listen()
        self._stdin, sys.stdin = sys.stdin, _NoKeyboard(self)
        if not _programs:
            for (owner, name), ours in _REPLACED.items():
                _originals[name] = getattr(owner, name)
                setattr(owner, name, ours)
        _programs.append(self)
        return self

    def __exit__(self, *error: object) -> None:
        self._entered.remove(_whose())
        if not self._entered:
            self.close()

    def close(self) -> None:
        """The program has ended, even where an interrupt kept it from being left as it was entered."""
        self._entered.clear()
        if self not in _programs:
            return
        _programs.remove(self)
        sys.stdin = self._stdin
        if not _programs:
            for owner, name in _REPLACED:
                setattr(owner, name, _originals.pop(name))

    def refuse(self, words: Words) -> None:
        """Raise `Refused` with the remedy of this place."""
        raise Refused(words[0], words[1][self.place])

    def heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        """An audit event of the program."""
        if event == "open":
            self._open(*arguments)
        elif event != "urllib.Request" or str(arguments[0]).partition(":")[0].lower() not in ("file", "data"):
            self.refuse(_REFUSED[event])

    def _open(self, path, mode, flags):
        writes = set(mode) & set("wax+") if isinstance(mode, str) else flags & (os.O_WRONLY | os.O_RDWR)
        if not writes or isinstance(path, int) or (name := os.fsdecode(path)) == os.devnull or "__pycache__" in name:
            return
        if self.place == "exercise":
            self.refuse(FILES)
        if name not in self.written:
            self.written.append(name)


_REFUSED: dict[str, Words] = {
    **dict.fromkeys(("os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.startfile", "os.system", "pty.spawn", "subprocess.Popen"), PROCESSES),
    **dict.fromkeys(("ftplib.connect", "http.client.connect", "imaplib.open", "poplib.connect", "smtplib.connect", "socket.bind", "socket.connect", "socket.getaddrinfo",
                     "socket.gethostbyaddr", "socket.gethostbyname", "socket.sendto", "urllib.Request", "webbrowser.open"), NETWORK),
}
"""Audit events (https://docs.python.org/3/library/audit_events.html)."""

_programs: list[Restrictions] = []
"""Those that are entered."""
_originals: dict[str, Callable] = {}
"""Functions that are replaced meanwhile."""


def _listen(begun: list[bool] = []) -> None:  # noqa: B006  once in a process: an audit hook stays for good
    if not begun:
        begun.append(True)
        sys.addaudithook(_on_event)


def _on_event(event: str, arguments: tuple[Any, ...]) -> None:
    if (event == "open" or event in _REFUSED) and (program := _at_work()):
        program.heard(event, arguments)


def _at_work() -> Restrictions | None:
    """The program that runs at this moment; while one waits, others are at work."""
    return next((program for program in reversed(_programs) if _whose() in program._entered), None)


def _whose() -> tuple[int, object]:
    """The thread and the task that run."""
    try:
        task = asyncio.current_task()
    except RuntimeError:  # no loop
        task = None
    return threading.get_ident(), task


def _sleep(seconds: float, /) -> None:
    """Delay execution for a given number of seconds, as `time.sleep` does; a name that keeps it may be called when no program runs."""
    if program := _at_work():
        program.sleeping(float(seconds))
    _originals.get("sleep", time.sleep)(seconds)


def _start(thread: threading.Thread) -> None:
    """Start the thread's activity, as `threading.Thread.start` does, but not for a program."""
    if program := _at_work():
        program.refuse(THREADS)
    _originals.get("start", threading.Thread.start)(thread)


_REPLACED: dict[tuple[Any, str], Callable] = {(time, "sleep"): _sleep, (threading.Thread, "start"): _start}


class _NoKeyboard(io.TextIOBase):
    """What a program reads that waits for somebody to type."""

    def __init__(self, restrictions: Restrictions) -> None:
        self._restrictions = restrictions

    def readable(self) -> bool:
        return True

    def read(self, *_: Any) -> str:
        self._restrictions.refuse(KEYBOARD)
        return ""

    readline = __next__ = read
