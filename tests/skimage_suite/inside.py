"""Runs inside Pyodide: inside.py REPORT.json TARGET... where a target is "skimage/draw" or a test file in it. Writes what became of every test."""
import json
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
import skimage

SITE = Path(skimage.__file__).parents[1]


class Recorder:
    """A pytest plugin: outcomes counted, and every failure kept with the last line of its reason."""

    def __init__(self):
        self.outcomes, self.failed, self.skipped, self.said = Counter(), {}, Counter(), time.monotonic()

    def pytest_collection_finish(self, session):
        self.total = len(session.items)

    def pytest_collectreport(self, report):
        if report.failed:
            self.failed[report.nodeid] = str(report.longrepr).strip().splitlines()[-1]
            self.outcomes["failed"] += 1

    def pytest_runtest_logreport(self, report):
        outcome = self.outcome(report)
        if outcome is None:
            return
        self.outcomes[outcome] += 1
        if outcome in ("failed", "xpassed"):
            self.failed[report.nodeid] = report.longrepr.reprcrash.message.splitlines()[0] if hasattr(report.longrepr, "reprcrash") else str(report.longrepr)[-200:]
        if outcome == "skipped":
            self.skipped[report.longrepr[2].removeprefix("Skipped: ")] += 1
        if time.monotonic() - self.said > 5:
            self.said = time.monotonic()
            print(f"progress {sum(self.outcomes.values())} {self.total}", flush=True)

    @staticmethod
    def outcome(report):
        """One of passed, failed, skipped, xfailed, xpassed; None for phases that decide nothing."""
        if report.when != "call" and report.passed:
            return None
        if hasattr(report, "wasxfail"):
            return "xfailed" if report.skipped else "xpassed"
        return report.outcome


report, *targets = sys.argv[1:]
recorder = Recorder()
started = time.monotonic()
code = pytest.main(["--rootdir", str(SITE), "-c", "/dev/null", "-p", "no:cacheprovider", "-p", "no:terminal", "-W", "ignore",
                    *(str(SITE / target) for target in targets)], plugins=[recorder])
Path(report).write_text(json.dumps({
    "exit": int(code), "outcomes": recorder.outcomes, "failed": recorder.failed, "skipped": recorder.skipped, "seconds": time.monotonic() - started,
    "python": sys.version.split()[0], "platform": sys.platform, "skimage": skimage.__version__}))
