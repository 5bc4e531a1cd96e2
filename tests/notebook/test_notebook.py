"""Cells of Python, on the desktop: what they show, what their mistakes mean, how they share names, and the handler that gives them the photo."""
import ast
import asyncio
import contextlib
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from tests.session.test_session import answers, photo, runs, session  # noqa: F401  fixtures

from pystudio.notebook import Notebook, run
from pystudio.notebook.errors import CellError
from pystudio.notebook.guard import Guarded
from pystudio.notebook.notebook import imported
from pystudio.notebook.pictures import MAX_PIXELS, picture
from pystudio.notebook.plots import MAX_POINTS, histogram, plot, table
from pystudio.notebook.outputs import MAX_DRAWN, MAX_TEXT
from pystudio.session.host import Host
from pystudio.labels import VOC
from pystudio.labs.cell import handler as cell_handler
from pystudio.labs.cell.handler import packages
from pystudio.session.session import Session

PHOTO = np.random.default_rng(3).integers(0, 256, (12, 17, 3), np.uint8)


def pixels(drawn):
    return drawn["pixels"].reshape(drawn["rows"], drawn["columns"], 4)


def fault(source, **names):
    found = run(source, names).failure
    assert found is not None, "nothing went wrong"
    assert found.message.endswith(".") and (not found.hint or found.hint.endswith((".", "?", ")")))
    return found


# --- pictures
@settings(deadline=None)
@given(hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=20).map(lambda s: (*s, 3))))
def test_colours_are_drawn_as_they_are(array):
    drawn = pixels(picture(array))
    np.testing.assert_array_equal(drawn[..., :3], array)
    assert (drawn[..., 3] == 255).all()


@settings(deadline=None)
@given(hnp.arrays(np.uint8, (7, 5, 3)))
def test_colours_from_0_to_1_are_the_same_picture(array):
    np.testing.assert_array_equal(pixels(picture(array / 255))[..., :3], array)


@settings(deadline=None)
@given(hnp.arrays(st.sampled_from([np.uint8, np.int64, np.float32, np.float64, bool]), hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=6)))
def test_any_array_is_drawn_or_refused_in_words(array):
    try:
        drawn = picture(array)
    except CellError as error:
        assert error.message and error.remedy
    else:
        assert len(drawn["pixels"]) == 4 * drawn["rows"] * drawn["columns"]
        assert drawn["alt"].endswith(".")


@settings(deadline=None)
@given(hnp.arrays(np.uint8, (6, 8), elements=st.sampled_from([0, 8, 12, 15, 255])))
def test_a_label_map_has_the_colours_names_and_shares_of_its_classes(array):
    drawn = picture(array)
    for entry in drawn["legend"]:
        here = array == (255 if entry["name"] == "not judged" else VOC.id(entry["name"]))
        assert entry["share"] == pytest.approx(here.mean())
        assert (pixels(drawn)[here][:, :3] == entry["colour"]).all()
    assert sum(entry["share"] for entry in drawn["legend"]) == pytest.approx(1)


def test_a_mask_darkens_the_photo_outside_and_keeps_it_inside():
    mask = np.zeros(PHOTO.shape[:2], bool)
    mask[3:9, 4:12] = True
    drawn = pixels(picture(mask, photo=np.full_like(PHOTO, 200)))[..., :3].astype(int)
    assert drawn[0, 0].max() < 100
    assert drawn[5, 7].min() > 130
    assert (drawn[3, 4] == 255).all()  # its rim


@settings(deadline=None)
@given(hnp.arrays(np.float64, (5, 4), elements=st.floats(-1e6, 1e6)))
def test_a_map_of_numbers_is_lighter_where_they_are_larger(array):
    drawn = picture(array)
    light = pixels(drawn)[..., :3].astype(int).sum(axis=2).ravel()
    order = np.argsort(array.ravel(), kind="stable")
    assert (np.maximum.accumulate(light[order]) - light[order]).max() <= 2  # each of three channels is cut to a whole number by itself
    assert array.min() == array.max() or light[order][-1] > light[order][0] + 300
    assert (drawn["scale"]["low"], drawn["scale"]["high"]) == (array.min(), array.max())


def test_numbers_that_are_none_are_told():
    drawn = picture(np.array([[0.0, np.nan], [np.inf, 1.0]]))
    assert drawn["scale"] is not None and "50 %" in drawn["note"]


def test_huge_pictures_are_thinned_and_say_so():
    drawn = picture(np.zeros((4000, 3000), np.uint8), kind="grey")
    assert drawn["rows"] * drawn["columns"] <= MAX_PIXELS
    assert "Only one pixel in 3 is drawn" in drawn["note"]


# --- plots and tables
@settings(deadline=None)
@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=1, max_size=50))
def test_a_plot_keeps_its_numbers_and_leaves_gaps(values):
    (series,) = plot("line", values)["series"]
    assert series["y"] == [value if np.isfinite(value) else None for value in values]


def test_long_lines_are_thinned():
    drawn = plot("line", np.arange(10 * MAX_POINTS))
    assert len(drawn["series"][0]["x"]) <= MAX_POINTS and drawn["note"]


@settings(deadline=None)
@given(hnp.arrays(np.uint8, st.integers(1, 200)), st.integers(1, 40))
def test_a_histogram_counts_every_value_once(values, bins):
    drawn = histogram(values, bins)
    assert sum(drawn["series"][0]["y"]) == len(values)
    assert len(drawn["series"][0]["x"]) == len(drawn["series"][0]["y"]) + 1


def test_tables_of_all_kinds_are_the_same_table():
    rows = [[1, "x"], [2, "y"]]
    assert table(rows)["rows"] == table(np.array(rows, object))["rows"] == table({"a": [1, 2], "b": ["x", "y"]})["rows"] == [["1", "x"], ["2", "y"]]
    assert table([{"a": 1}, {"b": 2}])["rows"] == [["1", ""], ["", "2"]]


# --- mistakes
@pytest.mark.parametrize("source, line, message, hint", [
    ("x = 1\nif x == 1\n    pass", 2, "A colon is missing.", "end with a colon"),
    ("for i in range(3):\nprint(i)", 2, "The lines that belong to 'for' statement in line 1 are not indented.", "four spaces"),
    ("x = 1\n  y = 2", 2, "This line is indented", "spaces"),
    ("print('a", 1, "The text is not closed.", "quotation mark"),
    ("a = (1,\nb = 2", 1, "The bracket `(` is opened here and never closed.", "closing bracket"),
    ("mask = 1\nmaks", 2, "There is nothing called `maks` here.", "Did you mean `mask`?"),
    ("x = true", 1, "There is nothing called `true` here.", "`True`"),
    ("np.zeros((3, 4))[3, 0]", 1, "3 lies outside: the array has 3 rows, and they are counted from 0 to 2.", "row"),
    ("np.zeros((3, 4)) + np.zeros((4, 3))", 1, "Arrays of the shapes (3,4) and (4,3) do not fit together.", "shapes"),
    ("if np.zeros(3) == 0:\n    pass", 1, "This compares whole arrays", ".any()"),
    ("1 / 0", 1, "A number is divided by 0.", "0"),
    ("'a' + 1", 1, "`+` joins a text with a text only", "str"),
    ("def f():\n    return f()\nf()", 2, "The function calls itself without end.", "loop"),
    ("np.zeros((10**6, 10**6))", 1, "An array of shape (1000000, 1000000) needs 7.28 TiB: more memory than there is.", "smaller"),
    ("{}['key']", 1, "There is no entry `'key'` here.", ""),
    ("None.shape", 1, "This is `None`, nothing at all", "return"),
    ("np.zerso(3)", 1, "The module `numpy` has no `zerso`.", "Did you mean `zeros`?"),
    ("import matplotlib.pyplot as plt", 1, "There is no module `matplotlib` on this page.", "`plot`"),
    ("input('?')", 1, "`input` has no keyboard", "value"),
    ("raise SystemExit(3)", 1, "`exit` ends nothing here.", "last line"),
    ("def f(a, b): pass\nf(1)", 2, "`f` also needs 'b'.", "brackets"),
    ("show(np.zeros((21, 5, 6)))", 1, "An array of shape (21, 5, 6) is no picture.", "logits[8]"),
    ("plot([1, 2], [1])", 1, "There are 2 numbers for x and 1 for y.", "as many"),
    ("while True print(1)", 1, "Python does not understand this line.", "colon"),
    ("raise ValueError('own words')", 1, "Own words.", ""),
])
def test_mistakes_are_told_in_plain_words_at_their_line(source, line, message, hint):
    found = fault(source)
    assert found.line == line
    assert found.message.startswith(message)
    assert hint in found.hint


@pytest.mark.parametrize("source", [
    "import sys\nsys.setrecursionlimit(10**6)\ndef f(n): return 1 + f(n + 1)\nf(0)",
    "from sys import setrecursionlimit as deeper\nawait asyncio.sleep(0)\ndeeper(10**6)\ndef f(n): return 1 + f(n + 1)\nf(0)",
    "import sys\nsys.setrecursionlimit(10**6)\nawait asyncio.sleep(0)\ndef f(n): return 1 + f(n + 1)\nf(0)",
])
def test_however_deep_a_cell_wants_to_go_recursion_without_end_is_told_and_its_limit_is_its_own(source):
    import sys
    before, function = sys.getrecursionlimit(), sys.setrecursionlimit
    assert fault(f"import asyncio\n{source}").message == "The function calls itself without end."
    assert (sys.getrecursionlimit(), sys.setrecursionlimit) == (before, function)


def test_a_cell_may_go_deeper_than_python_does_by_itself():
    import sys
    assert sys.getrecursionlimit() < 2500
    assert fault("import sys\nsys.setrecursionlimit(2500)\ndef f(n): return n and 1 + f(n - 1)\nassert f(2000) == 2000\n1 / 0").message == "A number is divided by 0."


def test_a_limit_that_is_too_low_for_ours_is_put_back():
    import sys
    before = sys.getrecursionlimit()
    fault("import asyncio, sys\nsys.setrecursionlimit(len(__import__('inspect').stack()) + 20)\nawait asyncio.sleep(0)\n1 / 0")
    assert sys.getrecursionlimit() == before


def test_a_stop_is_no_mistake():
    found = fault("raise KeyboardInterrupt")
    assert (found.kind, found.message, found.python, found.traceback) == ("stopped", "Stopped.", "", "")


def test_the_way_to_a_mistake_goes_through_the_readers_lines_only():
    notebook = Notebook()
    run("def total(values):\n    return np.dot(values, 'x')", notebook=notebook, title="cell 1")
    found = run("numbers = [1]\ntotal(numbers)", notebook=notebook, title="cell 2").failure
    assert found.line == 2
    assert found.path == (("cell 2", 2, "total(numbers)"), ("cell 1", 2, "return np.dot(values, 'x')"))
    assert "Traceback" in found.traceback


@settings(deadline=None)
@given(st.text(max_size=60))
def test_whatever_is_typed_runs_or_is_told(source):
    try:
        risky = any(isinstance(node, (ast.Import, ast.Call, ast.While)) for node in ast.walk(ast.parse(source)))
    except (SyntaxError, ValueError):
        risky = False
    if risky:
        return
    found = run(source).failure
    assert found is None or found.message


# --- outputs
def test_outputs_come_in_their_order_and_the_last_value_is_shown():
    outcome = run("print('a', end='')\nprint('b')\nshow(np.zeros((2, 2), bool), title='none')\n3 + 4")
    assert [output["kind"] for output in outcome.outputs] == ["text", "picture", "value"]
    assert outcome.text == "ab\n7"
    assert outcome.outputs[1]["title"] == "none"


@pytest.mark.parametrize("source", ["x = 3", "None", "3;", "print()"])
def test_no_value_is_shown_where_there_is_none(source):
    assert not any(output["kind"] == "value" for output in run(source).outputs)


def test_printing_and_drawing_end_somewhere():
    outcome = run("for i in range(200_000): print(i)\nfor i in range(100): show(np.eye(2))")
    kinds = [output["kind"] for output in outcome.outputs]
    assert len(outcome.text) == MAX_TEXT
    assert kinds.count("picture") == MAX_DRAWN
    assert kinds.count("note") == 2


def test_warnings_are_printed_with_their_line():
    assert run("x = 1\nnp.array([1.0]) / 0;").text.startswith("Line 2: RuntimeWarning: divide by zero")


def test_await_stands_outside_functions():
    assert run("import asyncio\nawait asyncio.sleep(0, 'awaited')").text == "'awaited'"


def test_a_coroutine_that_nobody_awaits_is_told():
    (note,) = run("async def f(): pass\nf()").outputs
    assert "await" in note["text"]


def test_names_given_are_fresh_in_every_run_and_others_stay():
    notebook = Notebook()
    run("photo = photo * 0\nmine = 5", {"photo": PHOTO}, notebook=notebook)
    outcome = run("print(photo.any(), mine)", {"photo": PHOTO}, notebook=notebook)
    assert outcome.text == "True 5\n"


def test_the_guard_is_on_while_the_cell_runs_and_off_while_it_waits():
    told = []

    class Guard(contextlib.AbstractContextManager):
        def __enter__(self):
            told.append("on")

        def __exit__(self, *error):
            told.append("off")

    async def cell():
        told.append("first")
        await asyncio.sleep(0)
        told.append("second")
        return 7

    async def whole():
        return await Guarded(cell(), Guard)

    assert asyncio.run(whole()) == 7
    assert told == ["on", "first", "off", "on", "second", "off"]


# --- what a cell imports
def test_packages_are_known_from_the_imports():
    assert packages("import scipy.ndimage as ni\nfrom skimage.filters import sobel") == ["scikit-image", "scipy"]
    assert packages("import pystudio.segment.classic") == ["scikit-image"]
    assert packages("def f():\n    import PIL.Image") == ["pillow"]
    assert packages("this is not Python") == packages("from pystudio.measure import metrics") == []
    assert imported("import a.b, c") == {"a.b", "c"}


# --- the handler
class Page(Host):
    """Hears what the page would."""

    def __init__(self):
        self.heard = []
        self.spent = False

    def send(self, key, output):
        self.heard.append((key, output))

    def report_out_of_memory(self):
        self.spent = True

    @property
    def text(self):
        return "".join(output["text"] for _, output in self.heard if output["kind"] in ("text", "value"))


@pytest.fixture
def page():
    return Page()


@pytest.fixture
def handler(photo, runs, page):  # noqa: F811
    session = Session(runs, host=lambda: page)
    session.open_photo(*photo.shape[:2], np.dstack([photo, np.full(photo.shape[:2], 255, np.uint8)]).tobytes())
    return session


def ran(session, source, **more):
    return answers(session.method("cell.run")(**{"key": "k", "title": "cell", "source": source, "network": "deeplab_s16"} | more))


def test_a_cell_has_photo_mask_region_and_classes(handler, page):
    assert ran(handler, "print(photo.shape, mask.shape, region, classes[8])")["error"] is None
    assert page.text == "(40, 56, 3) (40, 56) None cat\n"


def test_the_network_is_asked_only_when_a_cell_mentions_it_and_once(handler, runs, page):  # noqa: F811
    ran(handler, "photo;")
    assert runs.asked == 0
    ran(handler, "print((prediction == 8).any(), logits.shape[0])")
    ran(handler, "prediction;")
    assert runs.asked == 1
    assert page.text == "True 21\n"


def test_a_session_ends_when_its_memory_is_used_up_and_not_when_one_array_is_too_large(handler, page, monkeypatch):
    assert ran(handler, "np.zeros((10**6, 10**6))")["error"]["kind"] == "memory" and not page.spent
    monkeypatch.setattr(cell_handler, "ROOM", 2**60)  # as much as there will never be
    assert ran(handler, "1 / 0")["error"]["kind"] == "error" and not page.spent
    assert "more memory than there is" in ran(handler, "np.zeros((10**6, 10**6))")["error"]["message"] and page.spent


def test_a_cell_cannot_change_the_photo_of_the_page(handler):
    before = handler.photo.copy()
    assert ran(handler, "photo[:] = 0\nmask[:] = 3\nprediction[:] = 5")["error"] is None
    np.testing.assert_array_equal(handler.photo, before)
    assert not handler.mask.any()


def test_a_mask_of_a_photo_that_is_no_longer_open_is_dropped(handler, page, monkeypatch):
    another = lambda: handler.open_photo(*handler.photo.shape[:2], bytes(4 * handler.mask.size))  # what the page asks for while a cell waits
    monkeypatch.setattr(math, "another", another, raising=False)
    assert ran(handler, "import math\nmath.another()\nset_mask(photo[..., 0] >= 0, 'dog')")["error"] is None
    assert not handler.mask.any() and not page.heard


def test_set_mask_paints_one_step_that_can_be_undone(handler, page):
    assert ran(handler, "for i in range(5):\n    set_mask(np.arange(mask.size).reshape(mask.shape) % 5 <= i, 'dog')\nset_mask(photo[..., 0] > 100)", label=8)["error"] is None
    np.testing.assert_array_equal(handler.mask, np.where(handler.photo[..., 0] > 100, 8, 0))
    assert all(output["kind"] == "mask" for _, output in page.heard)
    mirror = np.zeros_like(handler.mask)
    for _, output in page.heard:
        for patch in output["painted"]["patches"]:
            mirror[patch["row"]:patch["row"] + patch["rows"], patch["column"]:patch["column"] + patch["columns"]] = patch["labels"].reshape(patch["rows"], patch["columns"])
    np.testing.assert_array_equal(mirror, handler.mask)
    handler.method("paint.undo")()
    assert not handler.mask.any()


@pytest.mark.parametrize("call, told", [
    ("set_mask(np.zeros((3, 4), bool))", "`set_mask` got the shape (3, 4); the photo has (40, 56)."),
    ("set_mask(mask + 0.5)", "`set_mask` got numbers of the kind float64."),
    ("set_mask(mask + 21)", "`set_mask` got numbers from 21 to 21."),
    ("set_mask(mask > 0, 99)", "There is no class 99."),
    ("segment(photo[..., 0])", "`segment` got an array of shape (40, 56)."),
    ("segment(photo / 255)", "`segment` wants whole numbers"),
    ("segment(photo) == 8", "The network's answer is not here yet"),
])
def test_wrong_use_of_the_page_is_told(handler, call, told):
    found = ran(handler, call)["error"]
    assert found["message"].startswith(told)
    assert found["line"] == 1
    assert not handler.mask.any()


def test_the_network_is_awaited_where_plain_python_cannot_wait(handler, page):
    ran(handler, "found = await segment(photo)\nprint((found == prediction).all(), found.logits.shape == logits.shape)")
    assert page.text == "True True\n"


def test_a_cell_that_is_cancelled_has_stopped(handler):
    async def whole():
        task = asyncio.ensure_future(handler.method("cell.run")(key="k", title="cell", source="import asyncio\nawait asyncio.sleep(3600)", network="deeplab_s16"))
        await asyncio.sleep(0.05)
        task.cancel()
        return await task

    assert answers(whole())["error"]["kind"] == "stopped"
