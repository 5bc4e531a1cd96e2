"""What the check has found out by running something, remembered on disk: the check is run after every saved change.

A result holds as long as nothing it rests on has changed: the thing itself, our algorithms, the photos, the truths, the networks.
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


def cached(kind: str, about: Any, root: Path, compute: Callable[[], Any]) -> Any:
    """The result of a check, from an earlier run where nothing has changed.

    Parameters
    ----------
    kind : str
        What sort of check it is; the name of a folder.
    about : JSON value
        What is judged.
    root : Path
        The project whose photos, truths and networks are meant.
    compute : function
        Gives the result, a JSON value.

    Returns
    -------
    JSON value
    """
    key = hashlib.sha256(json.dumps([about, dependencies_hash(root)], sort_keys=True, default=str).encode()).hexdigest()[:24]
    kept = cache() / "checks" / kind / f"{key}.json"
    try:
        return json.loads(kept.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        result = compute()
    with contextlib.suppress(OSError):  # a cache that cannot be written to: it is found out anew next time
        kept.parent.mkdir(parents=True, exist_ok=True)
        draft = kept.with_suffix(f".{os.getpid()}")
        draft.write_text(json.dumps(result), encoding="utf-8")
        draft.replace(kept)
    return result


def dependencies_hash(root: Path) -> str:
    """A hash of all that results rest on, beside what is judged."""
    pages = root / "site_src"
    files = [*sorted(LIBRARY.rglob("*.py")), *sorted(LIBRARY.glob("labs/**/*.toml")), *sorted((pages / "photos").glob("*")), *sorted(pages.rglob("*.png")), *sorted((root / "models").glob("*.toml"))]
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
