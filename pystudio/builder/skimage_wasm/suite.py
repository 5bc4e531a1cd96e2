"""The proof: scikit-image's own test suite, inside Pyodide, against the very wheel that is shipped. Failures are held against a list that explains each."""
from __future__ import annotations

import concurrent.futures
import json
import os
import re
import subprocess
import tempfile
import threading
import time
import tomllib
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from .. import ROOT, BuildError, display_path, log
from . import maker, runtime
from .recipe import PYWAVELETS

FOLDER = ROOT / "tests/skimage_suite"
INSIDE = FOLDER / "inside.py"
KNOWN = FOLDER / "known.toml"
SUBPACKAGES = ("segmentation", "morphology", "feature", "measure", "filters", "graph", "color", "util", "draw")  # slow ones first
OTHERS = ("_shared", "data", "exposure", "future", "io", "metrics", "registration", "restoration", "transform")  # run when named
# What the default tests run: a minute or two, a little of everything the studio calls and of each kind of module (C, C++, Pythran, shared helpers).
PART = ("draw/tests/test_draw.py", "segmentation/tests/test_felzenszwalb.py", "segmentation/tests/test_watershed.py", "segmentation/tests/test_boundaries.py",
        "segmentation/tests/test_chan_vese.py", "filters/tests/test_thresholding.py", "morphology/tests/test_flood_fill.py", "measure/tests/test_ccomp.py",
        "measure/tests/test_regionprops.py", "color/tests/test_colorconv.py", "feature/tests/test_brief.py", "graph/tests/test_rag.py", "util/tests/test_map_array.py")
RUNTIME = ("numpy", "scipy", "pillow", "networkx", "imageio", "lazy-loader", "tifffile", "packaging")
PYTEST = ("pytest", "pluggy", "iniconfig", "pygments")


@dataclass
class Report:
    """What became of the tests of one target."""

    target: str
    outcomes: Counter = field(default_factory=Counter)
    failed: dict[str, str] = field(default_factory=dict)
    skipped: Counter = field(default_factory=Counter)
    seconds: float = 0.0


def known(path: Path = KNOWN) -> dict[str, str]:
    """Tests that are known to fail, with the reason of each."""
    entries = tomllib.loads(path.read_text(encoding="utf-8")).get("known", [])
    bare = [entry.get("test", "?") for entry in entries if not entry.get("why", "").strip() or "::" not in entry.get("test", "")]
    if bare:
        raise BuildError(f"{display_path(path)}: {', '.join(bare)} has no reason, or is not written file::test.", "Write `test` and `why` for every entry.")
    return {entry["test"]: entry["why"] for entry in entries}


def unsteady(path: Path = KNOWN) -> set[str]:
    """Those of the known tests that fail only sometimes."""
    return {entry["test"] for entry in tomllib.loads(path.read_text(encoding="utf-8")).get("known", []) if entry.get("sometimes")}


def run(targets: list[str], wheels: maker.Wheels, jobs: int = os.cpu_count() or 1) -> list[Report]:
    """Run tests in as many Pyodides as `jobs`. A target is a subpackage, or test files of it joined by commas."""
    installed = [wheels.shipped, wheels.tests, *runtime.wheels(*RUNTIME, *PYTEST)]
    if "restoration" in targets:
        installed.append(maker.build(PYWAVELETS).shipped)
    progress = Progress(targets)
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(lambda target: _one(target, installed, Path(folder), progress), targets))


def _one(target: str, installed: list[Path], folder: Path, progress: Progress) -> Report:
    name = re.sub(r"\W+", "-", target)[:40] + ".json"
    command = runtime.command(INSIDE, installed, f"/out/{name}", *(f"skimage/{part}" for part in target.split(",")), mounts={"/out": folder})
    words: list[str] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace") as child:
        for line in child.stdout:
            if found := re.search(r"progress (\d+) (\d+)$", line):
                progress.show(target, int(found[1]), int(found[2]))
            else:
                words = words[-30:] + [line.rstrip()]
    if child.returncode or not (folder / name).exists():
        raise BuildError(f"The tests of {target} broke off (exit code {child.returncode}):\n" + "\n".join(words[-15:]))
    found = json.loads((folder / name).read_text(encoding="utf-8"))
    report = Report(target, Counter(found["outcomes"]), found["failed"], Counter(found["skipped"]), found["seconds"])
    if found["exit"] not in (0, 1) and not report.failed or not report.outcomes:  # pytest: 0 all passed, 1 some failed; no test at all proves nothing
        raise BuildError(f"The tests of {target} were not run (pytest ended with {found['exit']}):\n" + "\n".join(words[-15:]))
    progress.finished(report)
    return report


class Progress:
    """One line every few seconds about all that runs, one for each target that is done."""

    def __init__(self, targets: list[str], every: float = 15.0):
        self.targets, self.every, self.running, self.done = targets, every, {}, 0
        self.lock, self.said, self.started = threading.Lock(), time.monotonic(), time.monotonic()

    def show(self, target: str, done: int, total: int) -> None:
        with self.lock:
            self.running[target] = f"{target.partition(',')[0]} {done} of {total}"
            if time.monotonic() - self.said >= self.every:
                self.said = time.monotonic()
                log(f"  {time.monotonic() - self.started:4.0f} s: " + "; ".join(self.running.values()))

    def finished(self, report: Report) -> None:
        with self.lock:
            self.running.pop(report.target, None)
            self.done += 1
            log(f"  {self.done} of {len(self.targets)} done: {report.target.partition(',')[0]}, {report.outcomes.total()} tests in {report.seconds:.0f} s")


def verdict(reports: list[Report], expected: dict[str, str], sometimes: Collection[str] = ()) -> list[str]:
    """What is wrong, as sentences: failures that nobody explained, and explanations of tests that now pass."""
    failed = {test: why for report in reports for test, why in report.failed.items()}
    ran = [f"skimage/{part}" for report in reports for part in report.target.split(",")]
    covered = [test for test in expected if any(test.startswith((f"{place}/", f"{place}::")) for place in ran)]
    return [f"{test} fails: {why}" for test, why in failed.items() if test not in expected] + \
           [f"{test} passes now: take it out of {display_path(KNOWN)}" for test in covered if test not in failed and test not in sometimes]


def table(reports: list[Report], expected: dict[str, str]) -> str:
    """A line for each target, and the explained failures below."""
    kinds = ("passed", "failed", "skipped", "xfailed", "xpassed")
    line = lambda name, cells: f"{name:16}" + "".join(f"{cell:>9}" for cell in cells)
    rows = [line("skimage", [*kinds, "seconds"])]
    rows += [line("part" if "," in report.target else report.target, [*(report.outcomes[kind] for kind in kinds), f"{report.seconds:.0f}"]) for report in reports]
    rows += [line("all", [*(sum(report.outcomes[kind] for report in reports) for kind in kinds), f"{sum(report.seconds for report in reports):.0f}"])]
    skipped = sum((report.skipped for report in reports), Counter())
    rows += [f"skipped {count} x {why}" for why, count in skipped.most_common()]
    return "\n".join(rows + [f"fails as explained: {test}\n    {expected[test]}" for report in reports for test in report.failed if test in expected])


def main(asked: list[str]) -> int:
    """`suite [subpackages | part]`: build what is missing, run, print the table; 0 when every failure is explained."""
    if unknown := set(asked) - {*SUBPACKAGES, *OTHERS, "part"}:
        raise BuildError(f"skimage has no subpackage {', '.join(sorted(unknown))} with tests.", f"Name some of: {', '.join(SUBPACKAGES + OTHERS)}; or part.")
    targets = [",".join(PART) if name == "part" else name for name in asked] or list(SUBPACKAGES)
    wheels = maker.build()
    expected = known()
    log(f"Running scikit-image's own tests in Pyodide against {wheels.shipped.name} ({wheels.origin})")
    reports = run(targets, wheels)
    log(table(reports, expected))
    wrong = verdict(reports, expected, unsteady())
    log("\n".join(wrong) if wrong else "Every failure is explained.")
    return int(bool(wrong))

