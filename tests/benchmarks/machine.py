"""What the machine is, how busy it is, and what a tree of processes uses of it. Reads /proc; elsewhere it says that it does not know."""
from __future__ import annotations

import os
import platform
import re
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
KNOWN = (PROC / "stat").exists()


def describe() -> str:
    """Processor, cores, memory and system in one line."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    model = re.search(r"model name\s*:\s*(.+)", (PROC / "cpuinfo").read_text()) if KNOWN else None
    memory = re.search(r"MemTotal:\s*(\d+)", (PROC / "meminfo").read_text()) if KNOWN else None
    parts = [model[1] if model else platform.processor() or platform.machine(), f"{cores} cores"]
    if memory:
        parts.append(f"{int(memory[1]) / 2**20:.0f} GB memory")
    return ", ".join([*parts, f"{platform.system()} {platform.release().split('-')[0]}"])


# ---------------------------------------------------------------- how busy
def _busy_and_all() -> tuple[float, float]:
    """Seconds of processor time spent working, and spent altogether, since the machine started (all cores)."""
    user, nice, system, idle, waiting, irq, soft, stolen = map(int, (PROC / "stat").read_text().split("\n", 1)[0].split()[1:9])
    busy = user + nice + system + irq + soft + stolen
    return busy / TICKS, (busy + idle + waiting) / TICKS


def wait_quiet(below: float = 0.15, window: float = 1.5, at_most: float = 60) -> float | None:
    """Watch the machine until less than `below` of it was busy during a window, or until `at_most` seconds have passed.

    Returns
    -------
    share : float or None
        The busy share of the last window, 0..1; None where it cannot be known.
    """
    if not KNOWN:
        return None
    end = time.monotonic() + at_most
    while True:
        busy, all_ = _busy_and_all()
        time.sleep(window)  # the window itself: a share is always a share of some time
        later, all_later = _busy_and_all()
        share = (later - busy) / max(all_later - all_, 1e-9)
        if share <= below or time.monotonic() > end:
            return share


@dataclass
class Load:
    """What a piece of measuring used: wall time, our own processor time, and the cores that others kept busy meanwhile."""

    wall: float = 0.0
    own: float = 0.0
    others: float | None = None


@contextmanager
def load():
    """Watch the machine during a block; the `Load` is filled in when the block ends."""
    seen, start = Load(), time.monotonic()
    before = (_busy_and_all()[0], _tree_seconds(os.getpid())) if KNOWN else None
    yield seen
    seen.wall = time.monotonic() - start
    if before:
        seen.own = _tree_seconds(os.getpid()) - before[1]
        seen.others = max(0.0, _busy_and_all()[0] - before[0] - seen.own) / seen.wall


# ---------------------------------------------------------------- processes
def _stat(pid: int) -> list[str]:
    """Fields of /proc/<pid>/stat from the third on; the second, the name, may hold spaces."""
    return (PROC / str(pid) / "stat").read_text().rpartition(") ")[2].split()


def _processes() -> dict[int, list[str]]:
    found = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            try:
                found[int(entry.name)] = _stat(int(entry.name))
            except (OSError, ValueError):
                continue  # it ended while we looked
    return found


def tree(root: int, processes: dict[int, list[str]] | None = None) -> list[int]:
    """A process and all its descendants."""
    processes = processes or _processes()
    children: dict[int, list[int]] = {}
    for pid, fields in processes.items():
        children.setdefault(int(fields[1]), []).append(pid)
    found, todo = [], [root]
    while todo:
        pid = todo.pop()
        found.append(pid)
        todo += children.get(pid, [])
    return found


def _tree_seconds(root: int) -> float:
    """Processor seconds of a tree, children that have ended included."""
    processes = _processes()
    return sum(sum(map(int, processes[pid][11:15])) for pid in tree(root, processes) if pid in processes) / TICKS


def process_with(word: str) -> int | None:
    """The topmost of our own descendants whose command line holds a word."""
    for pid in tree(os.getpid()) if KNOWN else []:  # parents come before their children
        try:
            if word in (PROC / str(pid) / "cmdline").read_text():
                return pid
        except OSError:
            continue
    return None


def memory(root: int) -> float:
    """Megabytes of a process tree: proportional set sizes, so that what processes share counts once."""
    total = 0
    for pid in tree(root):
        try:
            total += int(re.search(r"^Pss:\s+(\d+)", (PROC / str(pid) / "smaps_rollup").read_text(), re.M)[1])
        except (OSError, TypeError):
            continue  # ended, or not ours to look at
    return total * 1024 / 1e6
