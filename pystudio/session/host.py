"""What a session may ask of the place where it runs: a word to the page while a call is at work, interrupts, and waiting without `await`.

On the desktop there is nothing to ask for; the browser's answer is `pystudio.browser.host`.
"""
from __future__ import annotations

import contextlib
from collections.abc import Awaitable
from typing import Any

__all__ = ["Host"]


class Host:
    """The desktop: nobody listens, nobody interrupts."""

    can_wait = False
    """Whether `wait` works."""

    def send(self, key: str, output: dict[str, Any]) -> None:
        """Tell the page something while a call is at work; `key` says for whom it is."""

    def interruptible(self) -> contextlib.AbstractContextManager:
        """While it is entered, the visitor's stop is a KeyboardInterrupt."""
        return contextlib.nullcontext()

    def report_out_of_memory(self) -> None:
        """There is no memory left to go on with: this session ends when the call at work is answered."""

    def wait(self, answer: Awaitable[Any]) -> Any:
        """The value of something awaitable, in a plain function; only where `can_wait`."""
        raise NotImplementedError("only a browser can wait here")
