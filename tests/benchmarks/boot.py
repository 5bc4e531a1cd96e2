"""From navigation to NumPy and to the first mask: time, bytes on the wire, stalls, memory; cold and warm. Ours, ours from Pyodide's own
files (stock loading), ours from a folder (the USB edition), and the TensorFlow.js page."""
from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from host import Host
from lab import Lab, first_mask
from report import NotMeasured, Result, median, number, spread
from stage import ROOT, photo

PEER_PHOTO = "kitten"
LARGEST = 8  # files named one by one
SNAPSHOT = "studio/snapshot/"
USB = ROOT / "build" / "usb"


@dataclass(frozen=True)
class Subject:
    title: str
    path: str
    element: str
    starts_from: str | None = None  # what our engine must say it started from
    compress: bool = True
    without: str = ""
    folder: bool = False  # opened from build/usb, without a host
    states: tuple[str, ...] = ("cold", "warm")

    @contextmanager
    def host(self, lab: Lab) -> Iterator[Host | None]:
        if self.folder:
            yield None
            return
        with lab.new_host(self.compress, self.without) as host:
            yield host


@dataclass
class Visits:
    """What was measured of one subject, cold or warm."""

    seconds: list[float] = field(default_factory=list)
    sent: list[Counter[str]] = field(default_factory=list)
    steps: list[dict[str, float]] = field(default_factory=list)
    stalls: list[float] = field(default_factory=list)

    def ends(self, step: str) -> list[float]:
        """When a step ended, at each visit, in seconds."""
        return [steps[step] for steps in self.steps if step in steps]


OURS = Subject("ours: from a memory snapshot", "index.html", "studio-segment", "snapshot")
STOCK = Subject("stock Pyodide loading (the same page)", "index.html", "studio-segment", "files", without=SNAPSHOT)
PLAIN = Subject("ours, a host without compression", "index.html", "studio-segment", "snapshot", compress=False, states=("cold",))
FOLDER = Subject("ours, the USB edition from file://", "index.html", "studio-segment", "snapshot", folder=True, states=("cold",))


def measure(lab: Lab, repeats: int = 5) -> Result:
    """Visit every page `repeats` times, subjects in turns; each visit cold, then once more warm.

    Cold is an origin never seen before: nothing of it can be in a cache of the browser. Warm is a second navigation to it. (From a folder
    every visit reads the files anew.)
    """
    peer = Subject("peer: TensorFlow.js wasm", f"bench/peer/index.html?photo=/{photo(PEER_PHOTO)}", "peer-segment")
    subjects = [OURS, STOCK, PLAIN, *([FOLDER] if (USB / "index.html").exists() else []), peer]
    visits = {(subject, state): Visits() for subject in subjects for state in subject.states}
    for turn in range(-1, repeats):  # the first turn is not counted: it fills the host's own caches
        for subject in subjects:
            lab.say(f"boot: {subject.title}, " + (f"turn {turn + 1} of {repeats}" if turn >= 0 else "once to warm up the host"))
            with subject.host(lab) as host:
                for state in subject.states:
                    _visit(lab, host, subject, visits[subject, state] if turn >= 0 else Visits())
    peaks = {subject: _peak_memory(lab, subject) for subject in subjects if subject.compress}
    return _report(subjects, visits, peaks, repeats)


def _visit(lab: Lab, host: Host | None, subject: Subject, visits: Visits) -> None:
    """One navigation, until the first mask is shown: seconds on the page's clock, bytes by address, moments when steps ended."""
    if host:
        host.taken()
    with lab.page(subject.path, host, at=None if host else f"{USB.as_uri()}/") as page:
        first_mask(page, subject.element)
        page.evaluate("new Promise(done => setTimeout(done))")  # the observer of stalls has its say
        seen = page.evaluate("({ ready: bench.ready, steps: bench.steps, stall: bench.stall, from: window.pystudio?.engine.startedFrom ?? null })")
        sent = host.taken() if host else Counter()
    if seen["from"] != subject.starts_from:
        raise NotMeasured(f"{subject.title} started from {seen['from']}. Look at what the build says of the memory snapshot.")
    visits.seconds.append(seen["ready"] / 1000)
    visits.sent.append(sent)
    visits.steps.append({step: ms / 1000 for step, ms in seen["steps"].items()})
    visits.stalls.append(seen["stall"])


def _peak_memory(lab: Lab, subject: Subject) -> tuple[float, float] | None:
    """Megabytes of Chromium before, and at most during, one more cold visit; apart from the timed ones, which looking would slow down."""
    before = lab.memory()
    if before is None:
        return None
    seen, done = [before], threading.Event()

    def watch():
        while not done.wait(0.2):
            seen.append(lab.memory() or 0)

    watcher = threading.Thread(target=watch)
    with subject.host(lab) as host:
        watcher.start()
        try:
            _visit(lab, host, subject, Visits())
        finally:
            done.set()
            watcher.join()
    return before, max(seen)


def _report(subjects: list[Subject], visits: dict, peaks: dict, repeats: int) -> Result:
    result = Result("Boot: from navigation to NumPy and to the first mask")
    result.table(["", "NumPy ready, s", "first mask, s: median (quartiles)", "MB on the wire", "files", "longest stall, ms", "peak memory, MB"],
                 [_row(subject, state, seen, peaks) for (subject, state), seen in visits.items()])
    result.table(*_steps({f"{name}, {state}": visits[subject, state] for name, subject in (("ours", OURS), ("stock", STOCK)) for state in subject.states}))
    result.table(["largest on the wire, cold, gzip", "MB"], [
        [path, number(sent / 1e6, 2)] for path, sent in visits[OURS, "cold"].sent[-1].most_common(LARGEST)])
    result.notes.append(f"{repeats} visits each, in turns. Cold: an origin the browser has never seen. Warm: a second navigation. The host is on this machine: "
                        "bytes cost no time here; at 20 Mbit/s each MB would add 0.4 s. Ours shows stride 16, the peer stride 8: it has no other. "
                        "NumPy is ready when it is imported; in ours the studio's own modules are by then, too.")
    if peaks.get(OURS):
        result.notes.append(f"Peak memory: all of Chromium's processes, shared pages counted once, in one further cold visit; it held {peaks[OURS][0]:.0f} MB before.")
    result.notes.append(_usb(visits.get((FOLDER, "cold"))))
    peer = subjects[-1]
    ratios = [f"{state} {number(median(visits[peer, state].seconds) / median(visits[OURS, state].seconds))}" for state in ("cold", "warm")]
    result.notes.append(f"Time to the first mask, peer / ours: {', '.join(ratios)} (no ratio is expected).")
    for state, prototype in (("cold", 0.29), ("warm", 0.46)):
        ours, stock = visits[OURS, state], visits[STOCK, state]
        result.expect(f"NumPy ready, ours / stock, {state}", median(ours.ends("numpy")) / median(stock.ends("numpy")), at_most=prototype)
    return result


def _row(subject: Subject, state: str, seen: Visits, peaks: dict) -> list[str]:
    sent = [sum(sent.values()) / 1e6 for sent in seen.sent]
    return [f"{subject.title}, {state}", spread(seen.ends("numpy")) if seen.ends("numpy") else "", spread(seen.seconds),
            "" if subject.folder else number(median(sent), 2), "" if subject.folder else number(median([len(sent) for sent in seen.sent]), 0),
            number(median(seen.stalls), 0), f"{peaks[subject][1]:.0f}" if state == "cold" and peaks.get(subject) else ""]


def _usb(seen: Visits | None) -> str:
    if seen is None:
        return "The USB edition was not measured: build/usb is not there (python3 build.py usb makes it)."
    files = [path for path in USB.rglob("*") if path.is_file()]
    return f"USB edition: {len(files)} files, {sum(path.stat().st_size for path in files) / 1e6:.1f} MB; first mask after {number(median(seen.seconds))} s."


def _steps(visits: dict[str, Visits]) -> tuple[list[str], list[list[str]]]:
    """When each step of a start ends, as a table: steps in the order in which they end in the first."""
    names = {name for seen in visits.values() for steps in seen.steps for name in steps}
    first = next(iter(visits.values()))
    names = sorted(names, key=lambda name: median(first.ends(name)) if first.ends(name) else 0)
    rows = [[title, *(number(median(seen.ends(name)), 2) if seen.ends(name) else "" for name in names), number(median(seen.seconds), 2)]
            for title, seen in visits.items()]
    return ["steps end at, s (median)", *names, "first mask"], rows
