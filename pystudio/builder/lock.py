"""One build at a time: a lock that waits. `build.py` runs this file on a bare Python: standard library only, nothing of ours imported at the top."""
from __future__ import annotations

import contextlib
import errno
import time
from collections.abc import Callable, Iterator
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None
    import msvcrt

NAME = "lock"
_held: set[Path] = set()


@contextlib.contextmanager
def build_lock(folder: Path, log: Callable[[str], None] = print) -> Iterator[None]:
    """Hold the lock of a folder; while another process has it, say so once and wait. Within this process it may be asked for again.

    The system takes it back when a process ends, however it ends. A folder where nothing can be written, or whose file system knows no
    locks, is not locked.
    """
    path = folder / NAME
    if path in _held:
        yield
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = path.open("a")
    except OSError:  # whatever is to be written there will say it better
        yield
        return
    with file:
        if not _take(file, wait=False):
            log("Another build is under way here; waiting until it is done …")
            _take(file, wait=True)
        _held.add(path)
        try:
            yield
        finally:
            _held.discard(path)


def _take(file, wait: bool) -> bool:
    """Whether the lock is ours now, or there is none to have."""
    while True:
        try:
            if fcntl:
                fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            else:
                file.seek(0)
                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            return True
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.EACCES, errno.EDEADLK):
                return True
            if not wait:
                return False
            time.sleep(0.5)  # Windows waits ten seconds by itself, then gives up
