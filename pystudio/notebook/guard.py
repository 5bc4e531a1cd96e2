"""What surrounds the code of a cell while it runs: its prints go to the output stream, it can be interrupted, its tasks are surrounded in the same way."""
from __future__ import annotations

import asyncio
import contextlib
import warnings
from collections.abc import Callable, Coroutine, Mapping

from .interpreter_state import BuiltIns
from .outputs import OutputStream
from .recursion_limit import RecursionLimit
from .restrictions import LONG, Restrictions

__all__ = ["CellGuard", "CellTasks", "Guarded"]


class Guarded:
    """A coroutine each of whose steps runs inside a guard; while it waits for something the guard is off."""

    def __init__(self, coroutine: Coroutine, guard: Callable[[], contextlib.AbstractContextManager]) -> None:
        self._coroutine = coroutine
        self._guard = guard

    def __await__(self):
        go, value = self._coroutine.send, None
        while True:
            try:
                with self._guard():
                    waits_for = go(value)
            except StopIteration as done:
                return done.value
            try:
                value = yield waits_for
                go = self._coroutine.send
            except BaseException as error:  # whatever was awaited failed, or the cell was cancelled: the cell hears of it
                go, value = self._coroutine.throw, error


class CellGuard(contextlib.AbstractContextManager):
    """While code of the cell runs: its prints and warnings go to the output stream, and it can be interrupted.

    Tasks of the cell may enter it while another one is inside (where plain Python waits): then the first to come and the last to go count.
    """

    def __init__(self, stream: OutputStream, guard: Callable[[], contextlib.AbstractContextManager], files: Mapping[str, str]) -> None:
        self._stream = stream
        self._depth = RecursionLimit()
        self._builtins = BuiltIns()
        self.restrictions = Restrictions("cell", self._sleeping)
        self.tasks = CellTasks(self, files)
        self._guard = guard
        self._inside = 0

    def __enter__(self):
        self.restrictions.__enter__()
        self._inside += 1
        if self._inside > 1:
            return
        with contextlib.ExitStack() as stack:
            stack.enter_context(contextlib.redirect_stdout(self._stream.stdout))
            stack.enter_context(contextlib.redirect_stderr(self._stream.stdout))
            stack.enter_context(warnings.catch_warnings())
            warnings.showwarning = self._warn
            stack.enter_context(self.tasks)
            stack.enter_context(self._depth)
            stack.enter_context(self._builtins)
            stack.enter_context(self._guard())  # last: nothing of ours is interrupted on the way in
            self._stack = stack.pop_all()

    def __exit__(self, *error):
        self._inside -= 1
        try:
            return None if self._inside else self._stack.__exit__(*error)
        finally:
            self.restrictions.__exit__(*error)

    def close(self):
        """The cell has ended: so have its tasks, and what was refused to it."""
        self.tasks.cancel()
        self.restrictions.close()

    def _warn(self, message, category, filename, lineno, file=None, line=None):
        where = f"Line {lineno}: " if filename.startswith("<") else ""
        self._stream.print(f"{where}{category.__name__}: {message}\n")

    def _sleeping(self, seconds):
        if seconds > LONG:
            self._stream.note(f"This program sleeps for {seconds:.4g} seconds. Stop ends it.")


class CellTasks(contextlib.AbstractContextManager):
    """The tasks that a cell starts with asyncio: each is surrounded as the cell is, and the cell lasts until the last of them has ended.

    Parameters
    ----------
    guard : CellGuard
    files : mapping
        The names of the files that the reader's code goes by: other coroutines are left alone.
    """

    def __init__(self, guard: CellGuard, files: Mapping[str, str]) -> None:
        self._guard = guard
        self._files = files
        self._cell = asyncio.current_task()
        self._loop = asyncio.get_running_loop()
        self._create = self._loop.create_task
        self._tasks: list[asyncio.Task] = []
        self._left: SystemExit | None = None

    def __enter__(self) -> None:
        self._loop.create_task = self._create_task  # a task factory would lose what Pyodide's own tasks can do

    def __exit__(self, *error: object) -> None:
        self._loop.create_task = self._create

    def _create_task(self, coroutine, **options):
        code = getattr(coroutine, "cr_code", None)
        if code is None or code.co_filename not in self._files:
            return self._create(coroutine, **options)
        task = self._create(self._run(coroutine), **options)
        task.add_done_callback(lambda _: coroutine.close())  # one that was cancelled before it began is never awaited
        self._tasks.append(task)
        return task

    async def _run(self, coroutine):
        try:
            return await Guarded(coroutine, lambda: self._guard)
        except KeyboardInterrupt:  # a stop; left alone, it would end the loop
            self._cell.cancel()
            raise asyncio.CancelledError from None
        except SystemExit as error:
            self._left = error

    async def finish(self) -> None:
        """Wait for all of them; the error of one that nobody awaited is raised here."""
        while True:
            pending = [task for task in self._tasks if not task.done()]
            await asyncio.sleep(0)  # whoever awaits one of them hears of its error first
            for task in self._tasks:
                if task.done() and not task.cancelled() and getattr(task, "_log_traceback", False):
                    raise task.exception()
            if self._left:
                raise self._left
            if not pending:
                return
            await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)

    def cancel(self) -> None:
        """End those that are not done."""
        for task in self._tasks:
            task.cancel()
