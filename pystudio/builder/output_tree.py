"""The files of a site that is about to be written, and writing no more of them than has changed."""
from __future__ import annotations

import filecmp
import hashlib
import shutil
from dataclasses import dataclass, field
from pathlib import Path


def hash8(data: bytes) -> str:
    """Eight letters that change with the content: a name that holds them may be cached for ever."""
    return hashlib.sha256(data).hexdigest()[:8]


@dataclass
class OutputTree:
    """Files of the site to be: path within the site -> file on disk or bytes."""

    files: dict[str, Path | bytes] = field(default_factory=dict)

    def add(self, path: str, content: Path | bytes) -> str:
        self.files[path] = content
        return path

    def bytes(self, path: str) -> bytes:
        content = self.files[path]
        return content if isinstance(content, bytes) else content.read_bytes()

    def size(self, path: str) -> int:
        content = self.files[path]
        return len(content) if isinstance(content, bytes) else content.stat().st_size


def write(tree: OutputTree, folder: Path) -> int:
    """Make `folder` hold exactly the tree; files that are already right are left alone. Returns how many were written."""
    written = 0
    for path, content in tree.files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            if not target.is_file() or target.read_bytes() != content:
                target.write_bytes(content)
                written += 1
        elif not _same(content, target):
            shutil.copyfile(content, target)
            shutil.copystat(content, target)
            written += 1
    _remove_stale(folder, set(tree.files))
    return written


def _same(source: Path, target: Path) -> bool:
    """Whether a copy is still that of this file: by size and time, as rsync judges, else by content."""
    if not target.is_file():
        return False
    a, b = source.stat(), target.stat()
    return a.st_size == b.st_size and (a.st_mtime_ns == b.st_mtime_ns or filecmp.cmp(source, target, shallow=False))


def _remove_stale(folder: Path, keep: set[str]) -> None:
    """Delete what an earlier build left in `folder` and this one did not write."""
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir():
            if not any(path.iterdir()):
                path.rmdir()
        elif path.relative_to(folder).as_posix() not in keep:
            path.unlink()
