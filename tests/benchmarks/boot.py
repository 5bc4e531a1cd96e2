"""From navigation to the first mask: time, bytes on the wire, steps, memory; cold and warm; our home page and the TensorFlow.js page."""
from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field

from host import Host
from lab import Lab, first_mask
from report import Result, median, number, spread
from stage import photo

PEER_PHOTO = "kitten"
LARGEST = 8  # files named one by one


@dataclass(frozen=True)
class Subject:
    title: str
    path: str
    element: str
    compress: bool = True
    states: tuple[str, ...] = ("cold", "warm")


@dataclass
class Visits:
    """What was measured of one subject, cold or warm."""

    seconds: list[float] = field(default_factory=list)
    sent: list[Counter[str]] = field(default_factory=list)
    steps: list[dict[str, float]] = field(default_factory=list)


def measure(lab: Lab, repeats: int = 5) -> Result:
    """Visit every page `repeats` times, subjects in turns; each visit cold, then once more warm.

    Cold is an origin never seen before: nothing of it can be in a cache of the browser. Warm is a second navigation to it.
    """
    peer_page = f"bench/peer/index.html?photo=/{photo(PEER_PHOTO)}"
    subjects = [
        Subject("ours, home page, gzip", "index.html", "studio-segment"),
        Subject("ours, home page, no compression", "index.html", "studio-segment", compress=False, states=("cold",)),
        Subject("peer: TensorFlow.js wasm, gzip", peer_page, "peer-segment"),
    ]
    visits = {(subject, state): Visits() for subject in subjects for state in subject.states}
    for turn in range(-1, repeats):  # the first turn is not counted: it fills the host's own caches
        for subject in subjects:
            lab.say(f"boot: {subject.title}, " + (f"turn {turn + 1} of {repeats}" if turn >= 0 else "once to warm up the host"))
            with lab.new_host(subject.compress) as host:
                for state in subject.states:
                    seen = _visit(lab, host, subject)
                    if turn >= 0:
                        _note(visits[subject, state], *seen)
    peaks = {subject: _peak_memory(lab, subject) for subject in subjects if subject.compress}
    return _report(subjects, visits, peaks, repeats)


def _visit(lab: Lab, host: Host, subject: Subject) -> tuple[float, Counter[str], dict[str, float]]:
    """One navigation, until the first mask is shown: seconds on the page's clock, bytes by address, moments when steps ended."""
    host.taken()
    with lab.page(subject.path, host) as page:
        first_mask(page, subject.element)
        seen = page.evaluate("({ ready: bench.ready, steps: bench.steps })")
        sent = host.taken()
    return seen["ready"] / 1000, sent, {step: ms / 1000 for step, ms in seen["steps"].items()}


def _note(visits: Visits, seconds: float, sent: Counter[str], steps: dict[str, float]) -> None:
    visits.seconds.append(seconds)
    visits.sent.append(sent)
    visits.steps.append(steps)


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
    with lab.new_host(subject.compress) as host:
        watcher.start()
        try:
            _visit(lab, host, subject)
        finally:
            done.set()
            watcher.join()
    return before, max(seen)


def _report(subjects: list[Subject], visits: dict, peaks: dict, repeats: int) -> Result:
    result = Result("Boot: from navigation to the first mask")
    ours, peer = subjects[0], subjects[-1]
    result.table(["", "s: median (quartiles)", "MB on the wire", "files", "peak memory, MB"], [
        [f"{subject.title}, {state}", spread(seen.seconds), number(median([sum(sent.values()) for sent in seen.sent]) / 1e6, 2),
         number(median([len(sent) for sent in seen.sent]), 0), f"{peaks[subject][1]:.0f}" if state == "cold" and peaks.get(subject) else ""]
        for (subject, state), seen in visits.items()
    ])
    result.table(*_steps({state: visits[ours, state] for state in ("cold", "warm")}))
    result.table(["largest on the wire, cold, gzip", "MB"], [
        [path, number(sent / 1e6, 2)] for path, sent in visits[ours, "cold"].sent[-1].most_common(LARGEST)])
    result.notes.append(f"{repeats} visits each, in turns. Cold: an origin the browser has never seen. Warm: a second navigation. The host is on this machine: "
                        "bytes cost no time here; at 20 Mbit/s each MB would add 0.4 s. Ours shows stride 16, the peer stride 8: it has no other.")
    if peaks.get(ours):
        result.notes.append(f"Peak memory: all of Chromium's processes, shared pages counted once, in one further cold visit; it held {peaks[ours][0]:.0f} MB before.")
    ratios = [f"{state} {number(median(visits[peer, state].seconds) / median(visits[ours, state].seconds))}" for state in ("cold", "warm")]
    result.notes.append(f"Time to the first mask, peer / ours: {', '.join(ratios)} (no ratio is expected).")
    return result


def _steps(visits: dict[str, Visits]) -> tuple[list[str], list[list[str]]]:
    """When each step of our start ends, as a table: steps in the order in which they end."""
    ends = {state: {name: median([steps[name] for steps in seen.steps if name in steps]) for name in {n for steps in seen.steps for n in steps}}
            for state, seen in visits.items()}
    names = sorted(ends["cold"], key=ends["cold"].get)
    rows = [[state, *(number(ends[state][name], 2) if name in ends[state] else "" for name in names), number(median(seen.seconds), 2)]
            for state, seen in visits.items()]
    return ["our steps end at, s (median)", *names, "first mask"], rows
