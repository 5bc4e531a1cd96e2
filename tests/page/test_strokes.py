"""The queue between a hand and Python, in Node: what reaches Python, in which order, however slowly it answers."""
import json
import shutil
import subprocess

import pytest

from pystudio.builder import LABS, STUDIO, node

# A Python that answers when it is told to: each line of `events` is what happened, in order.
BENCH = """
import { StrokeQueue } from "./stroke_queue.js";
const events = [], answers = [];
const sent = (what) => new Promise((resolve, reject) => (events.push(what), answers.push({ resolve, reject })));
const queue = new StrokeQueue(({ points, begin, end }) => sent(`${begin ? "begin " : ""}${points.map((p) => p[0]).join(",")}${end ? " end" : ""}`),
  { done: () => events.push("done"), failed: (error) => events.push(`failed ${error.message}`) });
const rest = () => new Promise((resolve) => setTimeout(resolve, 0));
const answer = async (changed = true) => (answers.shift().resolve({ patches: changed ? [1] : [] }), await rest());
const refuse = async () => (answers.shift().reject(new Error("no")), await rest());
const whole = (name) => queue.run(() => sent(name)).then(() => events.push(`${name} answered`), (error) => events.push(`${name}: ${error.kind}`));
const idle = () => queue.idle().then(() => events.push("idle"));
SCRIPT
await rest();
console.log(JSON.stringify(events));
"""


@pytest.fixture
def events(tmp_path):
    """Run a script against a queue and a slow Python; what happened."""
    shutil.copy(LABS / "paint/stroke_queue.js", tmp_path)
    shutil.copytree(STUDIO, tmp_path / "node_modules/studio")  # where Node looks for the alias `studio/…` of tsconfig.json
    for folder in (tmp_path, tmp_path / "node_modules/studio"):
        (folder / "package.json").write_text('{"type": "module"}', encoding="utf-8")

    def run(script):
        (tmp_path / "bench.js").write_text(BENCH.replace("SCRIPT", script), encoding="utf-8")
        return json.loads(subprocess.run([node.tools()[0], tmp_path / "bench.js"], capture_output=True, text=True, check=True, timeout=60).stdout)
    return run


def test_points_that_come_while_python_is_at_work_travel_together_and_none_is_lost(events):
    assert events("""
        queue.begin([1, 0], 5, 8); queue.add([[2, 0]]); queue.add([[3, 0], [4, 0]]); await rest();
        await answer(); queue.add([[5, 0]]); queue.end(); await answer(); await answer();
    """) == ["begin 1", "1,2,3,4", "4,5 end", "done"]


def test_an_undo_takes_its_turn_between_the_stroke_before_it_and_the_stroke_after_it(events):
    """Even if the hand is far ahead of a slow machine."""
    assert events("""
        queue.begin([1, 0], 5, 8); queue.end(); whole("undo"); queue.begin([2, 0], 5, 8); queue.end(); idle(); await rest();
        for (let i = 0; i < 4; i++) await answer();
    """) == ["begin 1", "1 end", "done", "undo", "undo answered", "begin 2 end", "done", "idle"]


def test_a_stroke_knows_whether_it_changed_anything(events):
    assert events("""
        for (const changed of [true, false]) {
          queue.begin([1, 0], 5, 8);
          const stroke = queue.open;
          queue.end();
          await answer(changed); await answer(false);
          events.push(stroke.changed);
        }
    """) == ["begin 1", "1 end", "done", True, "begin 1", "1 end", "done", False]


def test_a_stroke_that_python_refuses_is_told_once_and_the_next_one_is_painted(events):
    assert events("""
        queue.begin([1, 0], 5, 8); queue.add([[2, 0]]); await refuse(); queue.add([[3, 0]]); queue.end(); await rest();
        queue.begin([4, 0], 5, 8); queue.end(); await answer(); await answer(); idle();
    """) == ["begin 1", "failed no", "begin 4", "4 end", "done", "idle"]


def test_another_photo_drops_what_was_not_sent(events):
    assert events("""
        queue.begin([1, 0], 5, 8); queue.end(); whole("undo"); idle(); queue.drop(); await rest();
        await refuse(); queue.begin([2, 0], 5, 8); queue.end(); await answer(); await answer();
    """) == ["begin 1", "undo: cancelled", "failed no", "idle", "begin 2", "2 end", "done"]
