"""The watch on a connection, in Node, with a clock that the test beats: when silence is told, of which file, and when it is over."""
import json
import shutil
import subprocess

import pytest

from pystudio.builder import STUDIO, node

# `events`: what was told, and when the clock began and ended; `beat(n)`: n seconds pass.
BENCH = """
import { StallMonitor } from "./stall_monitor.js";
const events = [];
let ticking = null;
const clock = tick => (events.push("clock on"), ticking = tick, () => (events.push("clock off"), ticking = null));
const monitor = new StallMonitor(SECONDS, path => events.push(path ?? "heard"), clock);
const beat = count => { for (let i = 0; i < count; i++) ticking?.(); };
SCRIPT
console.log(JSON.stringify(events));
"""


@pytest.fixture
def events(tmp_path):
    """Run a script with a watch; what was told."""
    shutil.copy(STUDIO / "files/stall_monitor.js", tmp_path)
    (tmp_path / "package.json").write_text('{"type": "module"}', encoding="utf-8")

    def run(script, seconds="25"):
        (tmp_path / "bench.js").write_text(BENCH.replace("SECONDS", seconds).replace("SCRIPT", script), encoding="utf-8")
        return json.loads(subprocess.run([node.tools()[0], tmp_path / "bench.js"], capture_output=True, text=True, check=True, timeout=60).stdout)
    return run


def test_silence_is_told_once_after_so_many_seconds_without_a_byte(events):
    assert events('monitor.expect("a"); beat(24); events.push("so far"); beat(1); beat(60);') == ["clock on", "so far", "a"]


def test_every_byte_begins_the_seconds_anew(events):
    assert events('monitor.expect("a"); beat(24); monitor.received(); beat(24); events.push("so far"); beat(1);') == ["clock on", "so far", "a"]


def test_it_is_over_when_bytes_come_and_can_fall_again(events):
    assert events('monitor.expect("a"); beat(30); monitor.received(); monitor.received(); beat(25);') == ["clock on", "a", "heard", "a"]


def test_it_names_what_has_been_awaited_longest(events):
    assert events('const a = monitor.expect("a"); monitor.expect("b"); monitor.expect("c"); a(); beat(25);') == ["clock on", "b"]


def test_another_file_that_is_asked_for_meanwhile_is_no_sign_of_life(events):
    assert events('monitor.expect("a"); beat(20); monitor.expect("b"); beat(5);') == ["clock on", "a"]


def test_where_nothing_is_awaited_no_second_counts(events):
    """And what came, or was lost, is not awaited any more; being told so twice changes nothing."""
    assert events('const a = monitor.expect("a"); beat(30); a(); a(); beat(100); monitor.expect("b"); beat(24); events.push("so far"); beat(1);') == [
        "clock on", "a", "heard", "clock off", "clock on", "so far", "b"]


def test_the_same_file_asked_for_twice_is_awaited_until_both_are_there(events):
    assert events('const one = monitor.expect("a"); monitor.expect("a"); one(); beat(25);') == ["clock on", "a"]


def test_a_folder_never_goes_silent(events):
    assert events('monitor.expect("a"); beat(100000);', seconds="Infinity") == ["clock on"]
