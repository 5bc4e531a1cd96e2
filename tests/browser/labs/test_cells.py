"""Cells of Python as a reader uses them: run, change, break, stop, reset; by mouse, keyboard and finger; and what the rest of the page sees of it."""
import base64
import contextlib
import functools
import re

import numpy as np
import pytest
from tests.browser.conftest import BOOT, ROOT, Lessons, engine_worker, opened, page_of, ready, serving, visitor
from tests.browser.person import Picture, choose, percent
from playwright.sync_api import expect

from skimage import filters, measure

from pystudio import image
from pystudio.builder.lessons import cells, extension

CAT = image.load(ROOT / "site_src/photos/chelsea.png")
STOPS = 8_000  # ms; an interrupt takes a tenth of a second, a new worker some more


def written(source, **header):
    return cells.render(cells.parse({"cell": "cell"} | header, source), source)


@contextlib.contextmanager
def visit(browser, address, **options):
    with visitor(browser, **options) as context:
        page = opened(context)
        page.goto(address)
        ready(page, "studio-cell")
        yield page


class Cell:
    """One cell, as a person meets it."""

    def __init__(self, page, number=0):
        self.page = page
        self.element = page.locator("studio-cell").nth(number)
        self.status = self.element.locator(".ps-cell-status")
        self.outputs = self.element.locator(".ps-cell-outputs")
        self.failure = self.element.locator(".ps-cell-fault")
        self.editor = self.element.locator(".cm-content")

    def button(self, name):
        return self.element.get_by_role("button", name=name, exact=True)

    def write(self, source):
        """Select all and put another text there, as pasting does."""
        self.editor.click()
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.insert_text(source)

    def start(self, source=None):
        if source is not None:
            self.write(source)
        self.button("Run").click()
        expect(self.button("Stop")).to_be_visible()

    def run(self, source=None):
        """Run to the end; whether it went well."""
        if source is not None:
            self.write(source)
        self.button("Run").click()
        return self.ended()

    def ended(self):
        expect(self.button("Run")).to_be_visible()
        return self.failure.is_hidden()

    @property
    def printed(self):
        return "".join(self.outputs.locator("pre").all_inner_texts())

    def picture(self, number=0):
        """(M, N, 4) array of uint8: what a picture of the outputs is drawn with."""
        rows, columns, data = self.outputs.locator("canvas").nth(number).evaluate("""canvas => {
            const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            let text = "";
            for (let i = 0; i < data.length; i += 32768) text += String.fromCharCode(...data.subarray(i, i + 32768));
            return [canvas.height, canvas.width, btoa(text)];
        }""")
        return np.frombuffer(base64.b64decode(data), np.uint8).reshape(rows, columns, 4)


@pytest.fixture(scope="module")
def address(site, server):
    return page_of(site, server, "cells.html", extension.render("paint", "photo: chelsea\nlabel: cat"), written("show(photo)", title="First"), written("print(later)"))


@pytest.fixture(scope="module")
def booted(browser, address):
    with visit(browser, address) as page:
        yield page


@pytest.fixture
def cell(booted):
    """The first cell of the shared page, with nothing left of the test before."""
    booted.complaints.clear()
    cell = Cell(booted)
    cell.editor.wait_for()
    yield cell
    cell.ended()
    assert booted.complaints == []


# ---------------------------------------------------------------- run, change, see
def test_a_picture_of_the_photo_is_the_photo(cell):
    assert cell.run("show(photo, title='As it is')")
    np.testing.assert_array_equal(cell.picture()[..., :3], CAT)
    expect(cell.outputs.get_by_role("img", name="As it is. A colour picture of 300 × 451 pixels.")).to_be_visible()


def test_a_change_of_the_code_changes_what_is_seen(cell):
    cell.run("show(photo[:, ::-1])")
    np.testing.assert_array_equal(cell.picture()[..., :3], CAT[:, ::-1])
    cell.run("photo[:50] = 0\nshow(photo)")
    assert not cell.picture()[:50, :, :3].any()
    cell.run("show(photo)")
    np.testing.assert_array_equal(cell.picture()[..., :3], CAT)  # what a cell does to its copy stays there


def test_prints_values_tables_and_plots_are_shown_in_their_order(cell):
    cell.run("print('one')\nprint('two')\ntable([{'class': 'cat', 'pixels': 12}])\nplot([1, 4, 9], title='Squares')\nbars({'a': 1, 'b': 3})\n6 * 7")
    assert cell.outputs.locator(":scope > *").evaluate_all("all => all.map(each => each.tagName)") == ["PRE", "DIV", "FIGURE", "FIGURE", "PRE"]
    assert cell.outputs.locator("pre").all_inner_texts() == ["one\ntwo\n", "42"]
    expect(cell.outputs.get_by_role("img", name="Squares. A line of 3 numbers from 1 to 9.")).to_be_visible()
    expect(cell.outputs.get_by_role("cell", name="12")).to_be_visible()


def test_a_line_of_a_plot_goes_through_its_numbers(cell):
    cell.run("plot([0, 1, 2], [0, 10, 5])")
    path = cell.outputs.locator(".ps-plot-line").get_attribute("d")
    points = np.array([[float(x) for x in pair.split()] for pair in re.findall(r"[ML]([\d.]+ [\d.]+)", path)])
    ticks = {t.text_content(): float(t.get_attribute("y")) - 4 for t in cell.outputs.locator(".ps-plot-text[text-anchor=end]").all()}
    np.testing.assert_allclose(points[:, 1], [ticks["0"], ticks["10"], (ticks["4"] + ticks["6"]) / 2], atol=0.2)
    assert points[1, 0] - points[0, 0] == pytest.approx(points[2, 0] - points[1, 0], abs=0.2)


@pytest.mark.parametrize("numbers, ticks", [
    ([0, 2e8], ["0", "50 million", "100 million", "150 million", "200 million"]),
    ([1e-5, 3e-5], ["1.0 × 10⁻⁵", "1.5 × 10⁻⁵", "2.0 × 10⁻⁵", "2.5 × 10⁻⁵", "3.0 × 10⁻⁵"]),
    ([0.99991, 0.99995], ["0.99991", "0.99992", "0.99993", "0.99994", "0.99995"]),
    ([100, 99.99999999999999], ["99.0", "99.5", "100.0", "100.5", "101.0"]),
    ([7e20, 7e20], ["6.90 × 10²⁰", "6.95 × 10²⁰", "7.00 × 10²⁰", "7.05 × 10²⁰", "7.10 × 10²⁰"]),
])
def test_the_ticks_of_a_plot_can_be_read_however_large_or_close_its_numbers_are(cell, numbers, ticks):
    assert cell.run(f"plot({numbers})")
    expect(cell.outputs.locator(".ps-plot-text[text-anchor=end]")).to_have_text(ticks)
    assert "NaN" not in cell.outputs.locator(".ps-plot-svg").evaluate("svg => svg.outerHTML")


@pytest.mark.parametrize("marks, look", [("line", "getComputedStyle(mark).strokeDasharray"), ("point", "mark.getAttribute('d')")])
def test_what_a_plot_shows_differs_in_more_than_colour_and_its_key_shows_how(cell, marks, look):
    cell.run(f"{'plot' if marks == 'line' else 'points'}({{f'number {{k}}': [k] for k in range(8)}})")
    drawn, key = (cell.outputs.locator(f"{place} .ps-plot-{marks}") for place in (".ps-plot-svg", ".ps-plot-key"))
    expect(drawn).to_have_count(8)
    looks = drawn.evaluate_all(f"all => all.map(mark => {look})")
    assert len(set(looks)) == 8
    assert key.evaluate_all(f"all => all.map(mark => {look})") == looks


def test_cells_share_their_names_in_reading_order(cell):
    later = Cell(cell.page, 1)
    assert not later.run("print(shared_name)")
    expect(later.failure).to_contain_text("There is nothing called shared_name here.")
    cell.run("shared_name = 'from the first'")
    later.run()
    assert later.printed == "from the first\n"


def test_run_all_above_runs_them_in_order(cell):
    later = Cell(cell.page, 1)
    cell.write("sequence = ['first']")
    later.write("sequence.append('second')\nprint(sequence)")
    later.button("Run all above").click()
    expect(later.outputs).to_contain_text("['first', 'second']")
    later.ended()


# ---------------------------------------------------------------- the page's network and masks
def test_the_network_is_asked_like_any_function(cell):
    assert cell.run("found = segment(photo)\nprint((found == prediction).all(), found.logits.shape == logits.shape, classes[8])\nhalf = segment(photo[::2, ::2].copy())\nprint(half.shape)\nshow(prediction)")
    assert cell.printed == "True True cat\n(150, 226)\n"
    expect(cell.outputs.locator(".ps-cell-legend")).to_contain_text("cat")


def test_the_network_may_be_awaited_too(cell):
    cell.run("print((await segment(photo)).shape)")
    assert cell.printed == "(300, 451)\n"


def test_scikit_image_comes_when_a_cell_imports_it(cell):
    assert cell.run("from skimage import filters, measure\nthreshold = filters.threshold_otsu(photo[..., 1])\nregions = measure.label(photo[..., 1] > threshold)\nprint(threshold, regions.max())"), cell.failure.inner_text()
    threshold = filters.threshold_otsu(CAT[..., 1])
    assert cell.printed == f"{threshold} {measure.label(CAT[..., 1] > threshold).max()}\n"


def test_set_mask_paints_and_moves_the_grade(cell):
    picture = Picture(cell.page, "studio-paint")
    ready(cell.page, "studio-paint")
    iou = cell.page.locator("studio-paint").get_by_role("row", name=re.compile("cat"))
    cell.run("set_mask(prediction == 8)")
    expect(iou).to_contain_text("100")
    cell.run("half = prediction == 8\nhalf[:, :200] = False\nset_mask(half)\nprint(half.sum() / (prediction == 8).sum())")
    expect(iou).to_contain_text(percent(float(cell.printed)))
    assert (picture.labels("mask")[:, :200] == 0).all()
    cell.page.locator("studio-paint").get_by_role("button", name="Undo", exact=True).click()
    expect(iou).to_contain_text("100")


def test_many_masks_of_one_run_are_one_step_to_undo(cell):
    paint = cell.page.locator("studio-paint")
    cell.run("set_mask(np.zeros(mask.shape, bool))")
    cell.run("import time\nfor i in range(1, 200):\n    whole = np.zeros(mask.shape, bool)\n    whole[:i] = True\n    set_mask(whole, 'dog')\n    time.sleep(0.002)")
    assert (Picture(cell.page, "studio-paint").labels("mask")[:199] == 12).all()
    paint.get_by_role("button", name="Undo", exact=True).click()
    cell.run("print(mask.any())")
    assert cell.printed == "False\n"


def test_a_mask_of_the_photo_before_does_not_reach_the_next_one(cell):
    page = cell.page
    cell.run("set_mask(np.zeros(mask.shape, bool))")
    cell.start("import time\nend = time.time() + 3\nwhile time.time() < end:\n    set_mask(np.ones(mask.shape, bool), 'dog')\n    time.sleep(0.02)")
    expect(cell.status).to_have_text("Running…")
    choose(page, "Band", "studio-paint")
    cell.ended()
    assert not Picture(page, "studio-paint").labels("mask").any()
    assert not any(page.evaluate("() => Array.from(window.pystudio.store.mask)"))
    choose(page, "Cat portrait", "studio-paint")


# ---------------------------------------------------------------- mistakes
def test_a_mistake_is_told_at_its_line(cell):
    assert not cell.run("a = 1\nb = 2\nshow(mast)")
    expect(cell.failure).to_contain_text("There is nothing called mast here. Did you mean mask?")
    expect(cell.element.locator(".cm-line.ps-cell-faulty")).to_have_text("show(mast)")
    cell.failure.get_by_role("button", name="Line 3").click()
    cell.page.keyboard.type("#")
    expect(cell.element.locator(".cm-line").nth(2)).to_have_text("#show(mast)")
    expect(cell.element.locator(".cm-line.ps-cell-faulty")).to_have_count(0)


def test_a_mistake_inside_a_function_tells_the_way_there(cell):
    cell.run("def share(a, b):\n    return a / b\n\n\nprint('before')\nshare(1, 0)")
    expect(cell.failure.locator("p").first).to_have_text(re.compile(r"Line 2\s*A number is divided by 0\."))
    expect(cell.failure.locator(".ps-cell-path li")).to_have_text(["First, line 6: share(1, 0)", "First, line 2: return a / b"])
    assert cell.printed == "before\n"
    cell.failure.get_by_text("All that Python says").click()
    expect(cell.failure).to_contain_text("Traceback (most recent call last)")


@pytest.mark.parametrize("source, told", [
    ("def down(n):\n    return down(n + 1)\ndown(0)", "The function calls itself without end."),
    ("np.zeros((100000, 100000))", "more memory than there is"),
    ("for i in range(3)\n    print(i)", "A colon is missing."),
    ("import matplotlib", "There is no module matplotlib on this page."),
    ("raise SystemExit", "exit ends nothing here."),
])
def test_python_survives_what_goes_wrong(cell, source, told):
    assert not cell.run(source)
    expect(cell.failure).to_contain_text(told)
    assert cell.run("print(photo.shape)")
    assert cell.printed == "(300, 451, 3)\n"


def test_a_flood_of_print_is_cut_and_can_be_stopped(cell):
    cell.start("kept = 'still here'\nwhile True:\n    print('spam and eggs')")
    expect(cell.outputs).to_contain_text("What it prints now is not shown any more.")
    cell.button("Stop").click()
    expect(cell.status).to_have_text("Stopped.", timeout=STOPS)
    assert len(cell.printed) <= 50_000
    cell.run("print(kept)")
    assert cell.printed == "still here\n"


def test_thousands_of_pictures_are_not_drawn(cell):
    cell.run("for i in range(2000):\n    show(np.full((4, 4), i % 250, np.uint8), kind='grey')")
    expect(cell.outputs.locator("canvas")).to_have_count(30)
    expect(cell.outputs).to_contain_text("The rest is left out.")


# ---------------------------------------------------------------- stop
@pytest.mark.parametrize("source", [
    "while True: pass",
    "n = 0\nwhile True:\n    try:\n        n += 1\n    except Exception:\n        pass",
    "import asyncio\nawait asyncio.sleep(3600)",
    "def forever():\n    while True:\n        np.zeros(10).sum()\nforever()",
    "import time\nwhile True:\n    time.sleep(0.1)",
    "while True:\n    segment(photo[::3, ::3])",
], ids=["loop", "try", "await", "numpy", "sleep", "network"])
def test_an_endless_program_is_stopped_and_everything_is_kept(cell, source):
    cell.run("survivor = photo.sum()")
    worker = engine_worker(cell.page)
    cell.start(source)
    expect(cell.status).to_have_text("Running…")
    cell.button("Stop").click()
    expect(cell.status).to_have_text("Stopped.", timeout=STOPS)
    cell.run("print(survivor == photo.sum())")
    assert cell.printed == "True\n"
    assert engine_worker(cell.page) == worker, "it was stopped by replacing the worker"


def test_printing_is_seen_while_the_program_runs(cell):
    cell.start("print('begun')\nwhile True: pass")
    expect(cell.outputs).to_contain_text("begun")
    cell.button("Stop").click()
    expect(cell.status).to_have_text("Stopped.", timeout=STOPS)


def test_stop_may_be_pressed_twice_and_the_next_run_is_not_stopped(cell):
    cell.start("while True: pass")
    expect(cell.status).to_have_text("Running…")
    cell.button("Stop").dblclick(timeout=STOPS, no_wait_after=True)
    cell.ended()
    cell.button("Run").wait_for()
    if cell.button("Stop").is_visible():
        cell.button("Stop").click()
        cell.ended()
    assert cell.run("total = 0\nfor i in range(300_000): total += i\nprint(total)")
    assert cell.printed == "44999850000\n"


def test_a_cell_that_waits_for_its_turn_can_be_stopped_alone(cell):
    later = Cell(cell.page, 1)
    later.write("print('never')")
    cell.start("while True: pass")
    later.start()
    expect(later.status).to_contain_text("Waiting")
    later.button("Stop").click()
    expect(later.status).to_have_text("Stopped.")  # at once, not when its turn would have come
    later.ended()
    expect(cell.button("Stop")).to_be_visible()
    cell.button("Stop").click()
    expect(cell.status).to_have_text("Stopped.", timeout=STOPS)
    assert later.printed == ""


def test_the_page_says_that_python_is_busy_where_the_cell_is_out_of_sight(cell):
    note = cell.page.locator(".ps-cell-busy")
    cell.start("while True: pass")
    expect(note).to_be_hidden()
    cell.page.evaluate("scrollTo({ top: 0, behavior: 'instant' })")
    expect(note).to_have_text(re.compile("Python is busy with your cell."))
    note.get_by_role("button", name="Stop").click()
    expect(cell.status).to_have_text("Stopped.", timeout=STOPS)
    expect(note).to_be_hidden()


def test_one_long_step_ends_with_a_new_worker_and_photo_and_mask_are_kept(cell):
    cell.run("set_mask(np.arange(mask.size).reshape(mask.shape) % 7 == 0)\nlost = 1")
    cell.start("show(photo)\nnp.convolve(np.ones(500_000), np.ones(500_000))")
    expect(cell.outputs.locator("canvas")).to_be_visible()  # Python is at it
    cell.button("Stop").click()
    expect(cell.status).to_have_text("Stopped.")
    expect(cell.element.locator(".ps-notice")).to_contain_text("Photo and mask are kept")
    ready(cell.page, "studio-paint")
    assert cell.run("print((mask.ravel()[::7] == 8).all(), (mask == 8).sum() == -(-mask.size // 7), photo.shape)")
    assert cell.printed == "True True (300, 451, 3)\n"
    assert not cell.run("lost")


def test_when_a_cell_uses_the_memory_up_its_line_is_told_and_a_new_worker_has_photo_and_mask(cell):
    cell.run("set_mask(np.arange(mask.size).reshape(mask.shape) % 7 == 0)")
    cell.page.evaluate("() => { window.restarts = []; window.pystudio.engine.on('restart', failure => void restarts.push(failure.message)); }")
    assert not cell.run("np.empty((40_000, 80_000), np.uint8);")  # one array that is too large: what there was is there still
    expect(cell.failure).to_contain_text("more memory than there is.")
    assert cell.run("print((mask == 8).any())") and cell.page.evaluate("restarts") == []
    assert not cell.run("keep = []\nwhile True:\n    keep.append(np.empty(10**8, np.uint8))")
    expect(cell.failure).to_contain_text("Line 3")
    expect(cell.failure).to_contain_text("more memory than there is.")
    cell.page.evaluate("() => new Promise(resolve => restarts.length ? resolve() : window.pystudio.engine.on('restart', () => resolve()))")
    assert cell.page.evaluate("restarts") == ["The browser gave the studio no more memory."]
    ready(cell.page, "studio-paint")
    assert cell.run("print((mask == 8).sum() == -(-mask.size // 7), photo.shape)")
    assert cell.printed == "True (300, 451, 3)\n"
    assert all("no more memory" in each for each in cell.page.complaints)  # for developers
    cell.page.complaints.clear()


# ---------------------------------------------------------------- what students bring along
@pytest.mark.parametrize("source, told", [
    ("input('How many?')", "input has no keyboard"),
    ("import subprocess\nsubprocess.run(['ls'])", "cannot start other programs"),
    ("import threading\nthreading.Thread(target=print).start()", "single thread"),
    ("import multiprocessing\nmultiprocessing.Pool(2)", "cannot start other programs"),
    ("from urllib.request import urlopen\nurlopen('https://example.org')", "does not reach the internet"),
    ("import js\nawait js.fetch('https://example.org/')", "does not reach the internet"),
    ("from pyodide.http import open_url\nopen_url('https://example.org/')", "does not reach the internet"),
    ("import js\njs.document.title", "cannot reach the browser"),
    ("open('photo.png')", "There is no file or folder photo.png here."),
    ("from skimage import data\nshow(data.astronaut())", "sample picture"),
    ("import networkx", "There is no module networkx on this page."),
    ("list = [1]\nlist(range(3))", "given the name list"),
])
def test_what_a_page_does_not_have_is_told_with_a_remedy(cell, source, told):
    assert not cell.run(source)
    expect(cell.failure).to_contain_text(told)
    cell.page.complaints.clear()  # the browser itself writes down what its policy refused
    assert cell.run("del list" if source.startswith("list") else "print(1)")


def test_a_picture_of_pillow_is_seen_where_it_would_open_a_window(cell):
    assert cell.run("from PIL import Image\nImage.fromarray(photo).show()")
    np.testing.assert_array_equal(cell.picture()[..., :3], CAT)


def test_what_a_task_prints_after_the_last_line_is_seen_and_stop_ends_a_task(cell):
    assert cell.run("import asyncio\nasync def main():\n    await asyncio.sleep(0.3)\n    print('later')\nasyncio.create_task(main())\nprint('now')")
    assert cell.printed == "now\nlater\n"
    for waiting in ("await asyncio.sleep(0.01)", "pass"):
        cell.start(f"import asyncio\nasync def main():\n    await asyncio.sleep(0)\n    while True: {waiting}\nasyncio.create_task(main());")
        expect(cell.status).to_have_text("Running…")
        cell.button("Stop").click()
        expect(cell.status).to_have_text("Stopped.", timeout=STOPS)
    assert cell.run("print(1)")


def test_what_a_cell_changes_in_python_does_not_reach_the_next(cell):
    assert cell.run("import builtins, signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nnp.seterr(all='raise')\nbuiltins.len = np.mean = None")
    assert cell.run("print(len([1]), np.mean([2]), np.array([1.0]) / 0)")
    assert "1 2.0 [inf]" in cell.printed
    cell.start("while True: pass")
    cell.button("Stop").click()
    expect(cell.status).to_have_text("Stopped.", timeout=STOPS)


def test_python_is_restarted_by_a_button_and_photo_mask_and_code_are_kept(cell):
    assert cell.run("set_mask(np.arange(mask.size).reshape(mask.shape) % 7 == 0)\nlist = [1]")
    cell.button("Restart Python").click()
    expect(cell.status).to_contain_text("all names are gone")
    cell.page.wait_for_function("() => window.pystudio.engine.state === 'ready'", timeout=BOOT)
    ready(cell.page, "studio-paint")
    assert "list = [1]" in cell.editor.inner_text()
    assert cell.run("print(list(range(2)), (mask == 8).sum() == -(-mask.size // 7), photo.shape)")
    assert cell.printed == "[0, 1] True (300, 451, 3)\n"
    expect(cell.element.locator(".ps-notice").last).to_contain_text("Python has started again")


def test_a_restart_stops_what_runs_and_what_waits(booted, cell):
    later = Cell(booted, 1)
    cell.start("while True: pass")
    later.start("print('later')")
    cell.button("Restart Python").click()
    expect(cell.status).to_have_text("Stopped.", timeout=STOPS)
    expect(later.status).to_have_text("Stopped.", timeout=STOPS)
    booted.wait_for_function("() => window.pystudio.engine.state === 'ready'", timeout=BOOT)
    assert later.run("print(6 * 7)") and later.printed == "42\n"


class Isolated(Lessons):
    """A host whose pages may share memory with their workers."""

    def end_headers(self):
        self.send_header("Cross-Origin-Opener-Policy", "same-origin")
        self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
        super().end_headers()


def test_where_the_host_isolates_its_pages_a_program_is_stopped_too(browser, site):
    with serving(functools.partial(Isolated, directory=site)) as server, visit(browser, page_of(site, server, "isolated.html", written("1", photo="chelsea"))) as page:
        cell = Cell(page)
        cell.run("survivor = 6 * 7")
        worker = engine_worker(page)
        assert page.evaluate("crossOriginIsolated") and not worker.evaluate("crossOriginIsolated")  # its origin is opaque: it shares no memory
        for _ in range(2):
            cell.start("while True: pass")
            expect(cell.status).to_have_text("Running…")
            cell.button("Stop").click()
            expect(cell.status).to_have_text("Stopped.", timeout=STOPS)
        assert cell.run("print(survivor)")
        assert cell.printed == "42\n"
        assert engine_worker(page) == worker
        assert page.complaints == []


# ---------------------------------------------------------------- the reader's version
def test_the_readers_version_outlives_a_reload_and_reset_brings_the_authors(browser, address):
    with visit(browser, address) as page:
        cell = Cell(page)
        cell.write("print('mine')")
        page.evaluate("() => window.pystudio.store.memory.savePage()")
        page.reload()
        ready(page, "studio-cell")
        expect(cell.editor).to_have_text("print('mine')")
        cell.run()
        assert cell.printed == "mine\n"
        cell.button("Reset").click()
        expect(cell.editor).to_have_text("show(photo)")
        cell.button("Undo reset").click()
        expect(cell.editor).to_have_text("print('mine')")
        cell.button("Reset").click()
        page.evaluate("() => window.pystudio.store.memory.savePage()")
        page.reload()
        expect(cell.editor).to_have_text("show(photo)")
        assert page.complaints == []


def test_an_authors_later_change_is_noticed_and_the_readers_version_stays(browser, site, server):
    address = page_of(site, server, "changed.html", written("print('first')", id="greeting"))
    with visit(browser, address) as page:
        cell = Cell(page)
        cell.write("print('mine')")
        page.evaluate("() => window.pystudio.store.memory.savePage()")
        page_of(site, server, "changed.html", written("print('second')", id="greeting"))
        page.reload()
        expect(cell.editor).to_have_text("print('mine')")
        expect(cell.element.locator(".ps-notice:not(.ps-versions)")).to_contain_text("The author has changed this cell")
        cell.button("Reset").click()
        expect(cell.editor).to_have_text("print('second')")


@pytest.mark.parametrize("kept", [{"code": 5, "author": "x"}, "print(1)", {"code": "x" * 200_001, "author": "print('safe')"}, [1], {"code": "print(2)"}])
def test_nonsense_in_the_memory_is_left_alone(browser, site, server, kept):
    address = page_of(site, server, "safe.html", written("print('safe')", id="safe"))
    with visitor(browser) as context:
        page = opened(context)
        page.goto(address)
        page.locator("studio-cell .cm-content").wait_for()
        page.evaluate("kept => { const { store } = window.pystudio; store.remember('studio-cell.safe.code', kept); return store.memory.savePage(); }", kept)
        page.reload()
        expect(page.locator("studio-cell .cm-content")).to_have_text("print('safe')")


def test_a_cell_may_run_by_itself_when_the_page_is_ready(browser, site, server):
    address = page_of(site, server, "start.html", written("print('by itself', photo.shape)", run="start", photo="chelsea"))
    with visit(browser, address) as page:
        expect(Cell(page).outputs).to_have_text("by itself (300, 451, 3)")


PHONE = {"viewport": {"width": 390, "height": 800}, "has_touch": True, "is_mobile": True}


@pytest.mark.parametrize("source, options", [("show(photo)", {}), ("show(photo)", PHONE), ("print('by itself')", {})])
def test_nothing_below_moves_when_a_cell_runs_by_itself(browser, site, server, source, options):
    address = page_of(site, server, "room.html", written(source, run="start", photo="chelsea"), "<p id='below'>Below.</p>")
    with visitor(browser, **options) as context:
        page = opened(context)
        page.route(re.compile(r"studio-[0-9a-f]+\.js"), lambda route: route.abort())
        page.goto(address)
        place = lambda: page.locator("#below").evaluate("p => p.getBoundingClientRect().top - document.querySelector('studio-cell').getBoundingClientRect().top")  # noqa: E731
        before = place()
        page.unroute_all()
        page.reload()
        expect(Cell(page).status).to_contain_text("Done", timeout=BOOT)
        Cell(page).editor.wait_for()
        assert place() == pytest.approx(before, abs=2)


# ---------------------------------------------------------------- keyboard, phone, first sight
def test_everything_works_by_keyboard(browser, address):
    with visit(browser, address) as page:
        cell = Cell(page)
        cell.editor.focus()
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.type("if True:\nprint('keys')")
        expect(cell.element.locator(".cm-line").nth(1)).to_have_text("    print('keys')")  # indented by the editor
        page.keyboard.press("Shift+Enter")
        expect(cell.outputs).to_have_text("keys")
        cell.editor.focus()
        page.keyboard.press("Tab")
        expect(cell.editor).to_be_focused()
        page.keyboard.press("Escape")
        page.keyboard.press("Tab")
        expect(cell.button("Run")).to_be_focused()
        cell.write("while True: pass")
        page.keyboard.press("ControlOrMeta+Enter")
        expect(cell.status).to_have_text("Running…")
        page.keyboard.press("Escape")
        page.keyboard.press("Tab")
        expect(cell.button("Stop")).to_be_focused()
        page.keyboard.press("Enter")
        expect(cell.status).to_have_text("Stopped.", timeout=STOPS)
        expect(cell.button("Run")).to_be_focused()


def test_nothing_moves_when_the_editor_takes_the_place_of_the_code(browser, site, server):
    source = "def f(x):\n    return x\n\n\nfor i in range(3):  # " + "a long line " * 20 + "\n    print(f(i))"
    address = page_of(site, server, "still.html", written(source, title="Still"))
    for options in ({}, {"viewport": {"width": 390, "height": 800}, "has_touch": True, "is_mobile": True}):
        with visitor(browser, **options) as context:
            page = opened(context)
            page.route(re.compile(r"studio-[0-9a-f]+\.js"), lambda route: route.abort())
            page.goto(address)
            size = lambda: {key: page.locator("studio-cell").bounding_box()[key] for key in ("x", "width", "height")}  # noqa: E731, B023
            before = size()
            expect(page.locator("studio-cell code")).to_contain_text("return x")  # to be read without any script
            page.unroute_all()
            page.reload()
            page.locator("studio-cell .cm-content").wait_for()
            assert size() == pytest.approx(before, abs=1)


def test_a_phone_has_large_buttons_and_letters_that_it_need_not_zoom_into(browser, address):
    with visit(browser, address, viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True) as page:
        cell = Cell(page)
        cell.button("Run").tap()
        cell.ended()
        assert float(cell.editor.evaluate("e => parseFloat(getComputedStyle(e).fontSize)")) >= 16
        assert cell.editor.get_attribute("autocorrect") == "off" and cell.editor.get_attribute("autocapitalize") == "off"
        assert all(box["height"] >= 44 for box in (b.bounding_box() for b in cell.element.locator(".ps-cell-bar button:visible").all()))
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_pages_without_cells_do_not_load_the_editor(browser, site, server):
    with visitor(browser) as context:
        page = opened(context)
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(server.url + "about.html", wait_until="networkidle")
        assert not [url for url in asked if "/editor-" in url]
