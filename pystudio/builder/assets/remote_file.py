"""A file on a server, read in pieces: a zip archive opens on it, and only the members that are read travel."""
from __future__ import annotations

import io
import re
from collections.abc import Callable

import urllib3

CHUNK_BYTES = 1 << 20  # bytes of one request


class RangesUnsupported(OSError):
    """The server sends whole files only, or not what was asked for."""


class RemoteFile(io.RawIOBase):
    """The file at an address, of a server that knows Range. `on_progress` is given the count of bytes that have come so far.

    Raises
    ------
    RangesUnsupported
        The server does not serve pieces of files.
    urllib3.exceptions.HTTPError
        It does not answer; what it is worth to try again is up to `http`.
    """

    def __init__(self, http: urllib3.PoolManager, url: str, on_progress: Callable[[int], None] = lambda count: None):
        self.http, self.url, self.on_progress, self.at, self.come = http, url, on_progress, 0, 0
        answer = self._ask(0, 0, preload_content=False)  # one without Range would send all of it
        answer.close()
        self.size = int(re.fullmatch(r"bytes 0-0/(\d+)", answer.headers["Content-Range"])[1])

    def _ask(self, first: int, last: int, **options) -> urllib3.BaseHTTPResponse:
        answer = self.http.request("GET", self.url, headers={"Range": f"bytes={first}-{last}", "Accept-Encoding": "identity"}, **options)
        if answer.status != 206 or not re.fullmatch(rf"bytes {first}-{last}/\d+", answer.headers.get("Content-Range", "")):
            answer.close()
            raise RangesUnsupported(f"the server sends no pieces of files (it answered {answer.status})")
        return answer

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self.at, io.SEEK_END: self.size}[whence]
        if at < 0:
            raise OSError("before the first byte")
        self.at = at
        return at

    def readinto(self, buffer) -> int:
        count = max(0, min(len(buffer), CHUNK_BYTES, self.size - self.at))
        if count:
            data = self._ask(self.at, self.at + count - 1).data
            if len(data) != count:
                raise RangesUnsupported(f"the server sent {len(data)} bytes instead of {count}")
            buffer[:count] = data
            self.at += count
            self.come += count
            self.on_progress(self.come)
        return count
