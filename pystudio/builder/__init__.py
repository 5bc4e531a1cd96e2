"""What builds the site: where things lie, and how progress is reported. Never shipped to the browser."""
from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from ..errors import StudioError

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
NODE_MODULES = ROOT / "node_modules"
SOURCES = ROOT / "site_src"
STUDIO = SOURCES / "studio"  # scripts and styles: what labs share; the rest lies with each lab
LABS = ROOT / "pystudio" / "labs"
COMMAND = "py build.py" if os.name == "nt" else "python3 build.py"  # as a person types it on this system


def cache() -> Path:
    """The folder that survives `clean`: downloads and what is expensive to compute."""
    return Path(os.environ.get("PYSTUDIO_CACHE") or ROOT / ".cache").resolve()


class BuildError(StudioError):
    """A build that cannot go on: what is wrong with which file, and what to do."""


def log(text: str) -> None:
    """One line of progress."""
    print(text, flush=True)


def display_path(path: Path) -> str:
    """A path as people read it: relative to the project where it lies in it."""
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else str(path)


class ProgressMeter:
    """Progress of one long step with a known total: a moving line on a terminal, a line every few seconds elsewhere."""

    def __init__(self, title: str, total: int | None, every: float = 5.0):
        self.title, self.total, self.every = title, total, every
        self.terminal = sys.stdout.isatty()
        self.last = time.monotonic()

    def show(self, done: int) -> None:
        now = time.monotonic()
        if now - self.last < (0.1 if self.terminal else self.every):
            return
        self.last = now
        of = f" of {self.total / 1e6:.1f} MB ({done / self.total:.0%})" if self.total else " MB"
        line = f"  {self.title}: {done / 1e6:.1f}{of}"
        print(f"\r\x1b[K{line}" if self.terminal else line, end="" if self.terminal else "\n", flush=True)

    def close(self) -> None:
        if self.terminal:
            print("\r\x1b[K", end="", flush=True)
