"""Running what a reader wrote for an exercise: prints are kept, time is limited, every failure becomes words with a line.

What does not belong into an answer is refused as in `pystudio.notebook.restrictions`. What the answers are worth is decided in `grading`.
"""
from __future__ import annotations

import asyncio
import contextlib
import io
import sys
import time
import traceback
import types
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..notebook import pillow
from ..notebook.errors import explain
from ..notebook.interpreter_state import preserved
from ..notebook.packages import load_packages
from ..notebook.recursion_limit import RecursionLimit
from ..notebook.restrictions import Restrictions

__all__ = ["CODE", "CodeError", "Program"]

CODE = "<your code>"
"""The file name that a reader's code goes by."""


class CodeError(Exception):
    """The reader's code cannot go on: words for it."""

    def __init__(self, message: str, remedy: str = "", line: int | None = None):
        super().__init__(message)
        self.message, self.remedy, self.line = message, remedy, line


class _Printed(io.TextIOBase):
    """Keeps what is printed, but not more than a page."""

    MOST = 2000

    def __init__(self) -> None:
        self.text = ""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if len(self.text) <= self.MOST:
            self.text = self.text + text if len(self.text + text) <= self.MOST else (self.text + text)[: self.MOST] + "\n…"
        return len(text)


class _TimeLimitReached(BaseException):
    """Not an Exception: `except Exception` in the reader's code must not keep it."""


class Program:
    """A reader's code while it is tried: what it prints is kept, time is limited, every failure becomes `CodeError`."""

    def __init__(self, source: str, seconds: float, guard: Callable[[], contextlib.AbstractContextManager] = contextlib.nullcontext) -> None:
        self.source = source
        self.seconds = seconds
        self.guard = guard  # entered last: nothing is interrupted while things are put back
        self.scope: dict[str, Any] = {"__name__": "__main__", "np": np}
        self.printed = _Printed()

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Code of the program runs in here; whatever goes wrong in it becomes a `CodeError`."""
        load_packages(self.source)
        try:
            with preserved(random_numbers=True), contextlib.redirect_stdout(self.printed), contextlib.redirect_stderr(self.printed), np.errstate(all="ignore"), \
                    pillow.shown(self._not_shown, self.source), RecursionLimit(), Restrictions("exercise", self._sleeping), _no_tasks(), _limit(self.seconds), self.guard():
                yield
        except CodeError as error:
            error.line = error.line or _line_of(error)
            raise
        except _TimeLimitReached as error:
            raise CodeError(f"The code was stopped: it took longer than {self.seconds:g} {'second' if self.seconds == 1 else 'seconds'}.", "Is there a loop that never ends?", _line_of(error)) from None
        except SystemExit as error:
            raise CodeError("The code ended itself with exit().", "Leave that out; the function should give its answer back with `return`.", _line_of(error)) from None
        except KeyboardInterrupt:  # a stop, which is the caller's
            raise
        except BaseException as error:  # code may raise anything
            raise self._explained(error) from None

    def _sleeping(self, seconds: float) -> None:
        if seconds > self.seconds:
            raise CodeError(f"`time.sleep` is to wait for {seconds:.4g} seconds, and an exercise may take {self.seconds:g}.",
                            "Leave it out: nothing has to be waited for here.")

    def _not_shown(self, *_: Any) -> None:
        print("An exercise shows no picture; a cell does.")

    def load(self, name: str, arguments: int) -> Callable:
        """The function that the code defines, which has to take so many arguments; a `CodeError` where there is none."""
        exec(compile(self.source, CODE, "exec"), self.scope)
        function = self.scope.get(name)
        if not callable(function):
            raise CodeError(f"There is no function called `{name}`.", f"Begin with `def {name}(…):`.")
        if isinstance(function, types.FunctionType):
            code = function.__code__
            least = code.co_argcount - len(function.__defaults__ or ())
            if not code.co_flags & 0x04 and not least <= arguments <= code.co_argcount:
                takes = f"{code.co_argcount} argument{'' if code.co_argcount == 1 else 's'}"
                raise CodeError(f"`{name}` takes {takes}, and it is given {arguments}.", "Keep the first line of the function as it was.", code.co_firstlineno)
        return function

    def _explained(self, error: BaseException) -> CodeError:
        """The error in plain words: those of the cells."""
        known = self.scope | next((frame.f_locals for frame in reversed(_frames(error)) if frame.f_code.co_filename == CODE), {})
        failure = explain(error, CODE, {CODE: CODE}, self.source, known, "exercise")
        return CodeError(failure.message.replace("The cell", "The code"), failure.hint, failure.line or _line_of(error))


@contextlib.contextmanager
def _no_tasks() -> Iterator[None]:
    """Where an event loop runs, as on a page: a task that the code leaves behind would go on after its grade."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        yield
        return
    create = loop.create_task

    def refuse(coroutine: Any, **options: Any) -> asyncio.Task:
        code = getattr(coroutine, "cr_code", None)
        if code is None or code.co_filename != CODE:
            return create(coroutine, **options)
        coroutine.close()
        raise CodeError("The code of an exercise starts no tasks.", "Leave `asyncio` out: the function computes its answer at once.")

    loop.create_task = refuse
    try:
        yield
    finally:
        loop.create_task = create


@contextlib.contextmanager
def _limit(seconds: float) -> Iterator[None]:
    """Raise `_TimeLimitReached` inside the reader's code when the time is over: at the next turn of a loop or call of a function."""
    end = time.perf_counter() + seconds

    def check_time() -> None:
        if time.perf_counter() > end:
            raise _TimeLimitReached

    monitoring = getattr(sys, "monitoring", None)
    if monitoring is None:  # Python 3.11
        yield from _limit_by_trace(check_time)
        return

    def on_step(code: types.CodeType, *_: Any) -> Any:
        if code.co_filename != CODE:
            return monitoring.DISABLE
        check_time()

    tool = next(number for number in (3, 4, 2, 1, 0) if monitoring.get_tool(number) is None)
    events = monitoring.events.JUMP | monitoring.events.PY_START | monitoring.events.PY_RESUME
    monitoring.use_tool_id(tool, "pystudio.exercises.grading")
    try:
        for event in (monitoring.events.JUMP, monitoring.events.PY_START, monitoring.events.PY_RESUME):
            monitoring.register_callback(tool, event, on_step)
        monitoring.set_events(tool, events)
        yield
    finally:
        monitoring.set_events(tool, 0)
        for event in (monitoring.events.JUMP, monitoring.events.PY_START, monitoring.events.PY_RESUME):
            monitoring.register_callback(tool, event, None)
        monitoring.free_tool_id(tool)


def _limit_by_trace(check_time: Callable[[], None]) -> Iterator[None]:
    def trace(frame: types.FrameType, event: str, _: Any) -> Any:
        if frame.f_code.co_filename != CODE:
            return None
        frame.f_trace_opcodes = True  # a loop on one line passes no new line
        check_time()
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(before)


def _frames(error: BaseException) -> list[types.FrameType]:
    """The frames that an error passed through, the outermost first."""
    return [frame for frame, _ in traceback.walk_tb(error.__traceback__)]


def _line_of(error: BaseException) -> int | None:
    """The last line of the reader's code that an error passed through."""
    return next((line for frame, line in reversed(list(traceback.walk_tb(error.__traceback__))) if frame.f_code.co_filename == CODE), None)
