"""Programs that end Python itself: each is told in its own place, what went with it is told too, and the page goes on."""
import pytest
from tests.browser.conftest import BOOT, page_of
from playwright.sync_api import expect
from tests.browser.labs.test_cells import Cell, visit, written
from tests.browser.labs.test_exercises import CODE, press, task, told, write

from pystudio.builder.lessons import extension

ENDLESS = "class Mask:\n    def __str__(self):\n        return f'{self}'\n"
ITSELF = "This program called itself without end, and Python had to start again."
SOMEHOW = "Running this program ended Python, which had to start again."
SINCE = "Python has started again since cells ran last."
PROGRAMS = {
    "formatting": (f"{ENDLESS}print(Mask())", ITSELF),
    "a key of sorting": ("def key(x): return sorted([3, 1, 2], key=key)\nkey(1)", ITSELF),
    "a text of nested lists": ("a = []\nfor _ in range(100_000): a = [a]\nprint(repr(a))", ITSELF),
    "the end of the process": ("import os\nos._exit(1)", SOMEHOW),
    "an abort": ("import os\nos.abort()", SOMEHOW),
}


@pytest.fixture(scope="module")
def mortal(browser, site, server):
    address = page_of(site, server, "deaths.html", written("print(1)", title="First"), written("print(2)"), extension.render("task-code", CODE))
    with visit(browser, address) as page:
        Cell(page).editor.wait_for()
        page.evaluate("""() => {
            window.ended = 0;
            window.pystudio.engine.on("restart", () => ended++);
            window.faults = [];
            addEventListener("error", event => faults.push(event.message));
            addEventListener("unhandledrejection", event => faults.push(String(event.reason)));
        }""")
        yield page
        assert page.evaluate("faults") == []  # the page's own: what ends Python in the worker, the driver tells as well


def alive(page):
    page.wait_for_function("() => window.pystudio.engine.state === 'ready'", timeout=BOOT)


def test_more_programs_than_may_die_young_are_named_as_the_cause_each_in_its_cell(mortal):
    cell, later = Cell(mortal), Cell(mortal, 1)
    for name, (program, words) in PROGRAMS.items():
        assert cell.run("total = 42\nprint(total)"), name
        assert not cell.run(program), name
        expect(cell.failure).to_contain_text(words)
        expect(cell.failure).to_contain_text("Your photo and your mask are kept. What the cells had worked out is gone: run those above again.")
        expect(cell.status).to_have_text("")
        alive(mortal)
        assert not later.run("print(total)"), name
        expect(later.element.locator(".ps-notice").last).to_contain_text(SINCE)
    assert mortal.evaluate("ended") == len(PROGRAMS) > 4
    assert later.run("print(6 * 7)")
    assert later.printed == "42\n"


def test_in_an_exercise_the_program_is_named_and_may_be_tried_again_and_again(mortal):
    code = task(mortal, "twice")
    for _ in range(5):
        write(mortal, code, f"{ENDLESS}def twice(values):\n    return str(Mask())")
        press(code, "Run and check")
        expect(told(code)).to_contain_text(ITSELF)
        alive(mortal)
    write(mortal, code, "def twice(values):\n    return 2 * values")
    press(code, "Run and check")
    expect(told(code)).to_contain_text("All 20 random cases", timeout=BOOT)


@pytest.mark.parametrize("program, words", [
    ("import js\njs.self.close()", "the worker of the page stays open"),
    ("import sys\nsys.setrecursionlimit(10**6)\ndef down(n): return 1 + down(n + 1)\ndown(0)", "The function calls itself without end."),
    ("def down(n): return 1 + down(n + 1)\ndown(0)", "The function calls itself without end."),
])
def test_what_does_not_end_python_is_told_by_python(mortal, program, words):
    cell = Cell(mortal)
    alive(mortal)
    before = mortal.evaluate("ended")
    cell.run("kept = 5")
    assert not cell.run(program)
    expect(cell.failure).to_contain_text(words)
    assert cell.run("print(kept)")
    assert (cell.printed, mortal.evaluate("ended")) == ("5\n", before)


def test_a_message_that_a_program_forges_does_not_harm_the_page(mortal):
    alive(mortal)
    assert Cell(mortal).run("import js\njs.postMessage(None)\njs.postMessage(7)\njs.postMessage('ready')")
