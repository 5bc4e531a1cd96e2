"""Untrusted zip files: opened with a sentence for everything that can be wrong with one."""
from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import StudioError

BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError, OSError, OverflowError, ValueError, IndexError, KeyError)
"""What the zip reader of Python raises over damaged bytes."""


@contextmanager
def open_zip(data: bytes, name: str, what: str, remedy: str) -> Iterator[zipfile.ZipFile]:
    """A zip file to read from.

    Raises
    ------
    StudioError
        It is damaged (`what` says what it should be, `remedy` what to do), or locked with a password.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if any(each.flag_bits & 1 for each in archive.infolist()):
                raise StudioError(f"{name} is locked with a password.", "Unpack it, and pack it again without one.")
            yield archive
    except StudioError:
        raise
    except BROKEN as error:
        raise StudioError(f"{name} is damaged: it is not a whole {what}.", remedy) from error


def names_in(data: bytes) -> list[str] | None:
    """The names of the files in a zip; None where it cannot be opened."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return archive.namelist()
    except BROKEN:
        return None
