"""The browser as the host of a session: outputs go to the page while Python runs, stops come from it, and JS promise integration lets Python wait."""
from __future__ import annotations

import asyncio
import contextlib
import time

import pyodide_js
from js import studioHost
from pyodide.ffi import can_run_sync, run_sync

from ..session.host import Host
from .convert import as_js


SLEEP_SLICE = 0.1
"""Seconds that `time.sleep` sleeps in one piece: so soon it hears of a stop."""


class PageHost(Host):
    def __init__(self):
        studioHost.take(pyodide_js)
        self._sleep = time.sleep
        time.sleep = self.sleep

    @property
    def can_wait(self):
        return can_run_sync()

    def send(self, key, output):
        if output["kind"] == "text":
            studioHost.text(key, output["text"])
        else:
            studioHost.output(key, as_js(output))

    def interruptible(self):
        return _Interruptible()

    def report_out_of_memory(self):
        studioHost.exhausted()

    def wait(self, answer):
        studioHost.disarm()  # what runs meanwhile is not the reader's
        try:
            return run_sync(answer)
        finally:
            studioHost.arm()
            if asyncio.current_task().cancelling():
                raise KeyboardInterrupt  # a stop that came meanwhile

    def sleep(self, seconds):
        """`time.sleep` for the reader's code. Pyodide's own waits with `run_sync` too, but an interrupt in the midst of that comes out as an error of conversion."""
        if seconds <= 0 or not self.can_wait:
            return self._sleep(seconds)
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.wait(asyncio.sleep(min(left, SLEEP_SLICE)))


class _Interruptible(contextlib.AbstractContextManager):
    def __enter__(self):
        studioHost.arm()

    def __exit__(self, *error):
        studioHost.disarm()
