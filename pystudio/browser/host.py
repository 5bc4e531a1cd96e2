"""The browser as the host of a session: outputs go to the page while Python runs, stops come from it, and JS promise integration lets Python wait."""
from __future__ import annotations

import contextlib

import pyodide_js
from js import studioHost
from pyodide.ffi import can_run_sync, run_sync

from ..host import Host
from .door import as_js


class PageHost(Host):
    def __init__(self):
        studioHost.take(pyodide_js)

    @property
    def can_wait(self):
        return can_run_sync()

    def tell(self, key, output):
        if output["kind"] == "text":
            studioHost.text(key, output["text"])
        else:
            studioHost.output(key, as_js(output))

    def interruptible(self):
        return _Armed()

    def wait(self, answer):
        studioHost.disarm()  # what runs meanwhile is not the reader's
        try:
            return run_sync(answer)
        finally:
            studioHost.arm()


class _Armed(contextlib.AbstractContextManager):
    def __enter__(self):
        studioHost.arm()

    def __exit__(self, *error):
        studioHost.disarm()
