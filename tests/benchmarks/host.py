"""A plain static host on a free port: the built site at its root, the bench's own pages beside it. It counts what goes over the wire."""
from __future__ import annotations

import functools
import gzip
import http.server
import mimetypes
import threading
import urllib.parse
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm", ".json": "application/json", ".webp": "image/webp"}
COMPRESSED = ("text/", "application/json", "application/wasm", "image/svg+xml", "application/xml")  # what common static hosts compress
KEPT = "max-age=600"  # what the best-known static host answers for every file


class Host:
    """Serve folders while the `with` block lasts.

    Parameters
    ----------
    folders : mapping of str to Path
        Start of the address ("", "bench/") to folder; the longest start that fits is taken.
    compress : bool
        Answer with gzip those types that static hosts compress.
    without : str
        Files whose address holds this word are not there; "" leaves everything in its place.
    """

    def __init__(self, folders: Mapping[str, Path], compress: bool = True, without: str = ""):
        self.folders = dict(sorted(folders.items(), key=lambda item: -len(item[0])))
        self.compress = compress
        self.without = without
        self.lock = threading.Lock()
        self.sent: Counter[str] = Counter()

    def __enter__(self) -> Host:
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Handler, self))
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        return self

    def __exit__(self, *error) -> None:
        self.server.shutdown()
        self.server.server_close()

    def count(self, path: str, sent: int) -> None:
        with self.lock:
            self.sent[path] += sent

    def taken(self) -> Counter[str]:
        """Bytes sent since the last time this was asked, headers included, by address."""
        with self.lock:
            sent, self.sent = self.sent, Counter()
        return sent

    def file(self, path: str) -> Path | None:
        """The file behind an address, None when there is none."""
        if self.without and self.without in path:
            return None
        for start, folder in self.folders.items():
            if path.startswith(start):
                found = (folder / path[len(start):]).resolve()
                found = found / "index.html" if found.is_dir() else found
                return found if found.is_file() and found.is_relative_to(folder.resolve()) else None
        return None


@functools.lru_cache(maxsize=None)
def _zipped(file: Path, _changed: float) -> bytes:
    return gzip.compress(file.read_bytes(), 6, mtime=0)


class _Counting:
    """The way out of a connection, with a meter on it."""

    def __init__(self, handler: _Handler):
        self.handler, self.out = handler, handler.wfile

    def write(self, data) -> int:
        self.handler.host.count(self.handler.asked, len(data))
        return self.out.write(data)

    def __getattr__(self, name):
        return getattr(self.out, name)


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body leave at once, one after the other
    asked = ""

    def __init__(self, host: Host, *args):
        self.host = host
        super().__init__(*args)

    def setup(self):
        super().setup()
        self.wfile = _Counting(self)

    def do_GET(self):
        self.asked = urllib.parse.unquote(self.path.lstrip("/").partition("?")[0])
        file = self.host.file(self.asked)
        if file is None:
            return self.answer(404, {"Content-Type": "text/plain"}, b"There is no such file.")
        changed = file.stat().st_mtime
        tag = f'"{int(changed):x}-{file.stat().st_size:x}"'
        headers = {"ETag": tag, "Cache-Control": KEPT}
        if self.headers.get("If-None-Match") == tag:
            return self.answer(304, headers, b"")
        kind = TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        headers |= {"Content-Type": kind}
        if self.host.compress and kind.startswith(COMPRESSED) and "gzip" in self.headers.get("Accept-Encoding", ""):
            return self.answer(200, headers | {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}, _zipped(file, changed))
        self.answer(200, headers, file.read_bytes())

    def answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        try:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if status != 304:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # the page went away

    def log_message(self, *args):
        pass
