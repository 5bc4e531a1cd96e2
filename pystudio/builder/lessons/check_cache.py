"""What the check has found out by running something, remembered on disk: the check is run after every saved change.

A verdict holds as long as nothing it rests on has changed: the thing itself, our algorithms, the photos, the truths, the networks.
"""
from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .. import cache

LIBRARY = Path(__file__).resolve().parents[2]


def remembered(kind: str, about: Any, root: Path, find_out: Callable[[], Any]) -> Any:
    """The verdict on something, from an earlier check where nothing has changed.

    Parameters
    ----------
    kind : str
        What sort of verdict it is; the name of a folder.
    about : JSON value
        What is judged.
    root : Path
        The project whose photos, truths and networks are meant.
    find_out : function
        Gives the verdict, a JSON value.

    Returns
    -------
    JSON value
    """
    key = hashlib.sha256(json.dumps([about, grounds(root)], sort_keys=True, default=str).encode()).hexdigest()[:24]
    kept = cache() / "verdicts" / kind / f"{key}.json"
    try:
        return json.loads(kept.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        verdict = find_out()
    with contextlib.suppress(OSError):  # a cache that cannot be written to: it is found out anew next time
        kept.parent.mkdir(parents=True, exist_ok=True)
        draft = kept.with_suffix(f".{os.getpid()}")
        draft.write_text(json.dumps(verdict), encoding="utf-8")
        draft.replace(kept)
    return verdict


def grounds(root: Path) -> str:
    """A hash of all that verdicts rest on, beside what is judged."""
    pages = root / "site_src"
    files = [*sorted(LIBRARY.rglob("*.py")), *sorted((pages / "photos").glob("*")), *sorted(pages.rglob("*.png")), *sorted((root / "models").glob("*.toml"))]
    digest = hashlib.sha256(sys.version.encode())
    for path in files:
        if path.is_file():
            stat = path.stat()
            digest.update(f"{path} {_hash(path, stat.st_mtime_ns, stat.st_size)}\n".encode())
    return digest.hexdigest()


@functools.cache
def _hash(path: Path, changed: int, size: int) -> str:
    """The hash of a file, read once for each state of it."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
