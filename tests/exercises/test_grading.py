"""Exercises: what an author may write, how a reader's code and mask are graded, and that every exercise of the site can be solved."""

import base64
import contextlib
import html
import json
import re
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pystudio.exercises import grading
from pystudio.builder.lessons import exercises, schema
from pystudio.builder import ROOT
from pystudio.builder.lessons.extension import render
from pystudio.builder.lessons.fence_html import options_html
from pystudio.builder.lessons.options import parse
from pystudio.builder.lessons.fences import EXERCISES, FENCES
from pystudio.builder.lessons.schema import FenceError
from pystudio.labels import VOC
from pystudio.labs.task_code.handler import Handler as CodeHandler
from pystudio.labs.task_paint.handler import Handler as PaintHandler
from pystudio.session.session import Session

IOU = """
def iou(truth, mask):
    union = (truth | mask).sum()
    return (truth & mask).sum() / union if union else 1.0
"""
MASKS = {"truth": "mask 3..5x4 sometimes empty", "mask": "mask like truth, sometimes empty"}


def graded(source, **more):
    return grading.grade_function(source, "iou", IOU, MASKS, **{"seconds": 1} | more)


# --- random arguments -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", grading.KINDS)
def test_the_example_of_every_kind_of_argument_can_be_made(kind):
    made = grading.make(grading.arguments_of({"x": grading.KINDS[kind].example}), np.random.default_rng(0))["x"]
    shapes = {"label map": (6, 8), "mask": (6, 8), "photo": (3, 4, 3), "grey": (4, 6), "scores": (3, 4, 5), "numbers": (6,), "whole numbers": (6,)}
    kinds = {"label map": np.uint8, "mask": bool, "photo": np.uint8, "grey": np.uint8, "scores": np.float32, "numbers": np.float64, "whole numbers": np.int64}
    assert np.shape(made) == shapes.get(kind, ())
    assert made.dtype == kinds[kind] if kind in kinds else type(made) is (int if kind == "whole number" else float)


def test_sizes_classes_and_ranges_are_kept():
    wanted = grading.arguments_of({"a": "label map 2..4x5 classes 2", "b": "scores like a, classes 7", "c": "whole numbers 50 from -3 to 4", "d": "mask like b"})
    random = np.random.default_rng(1)
    cases = [grading.make(wanted, random) for _ in range(60)]
    assert {case["a"].shape for case in cases} == {(2, 5), (3, 5), (4, 5)}
    assert all(case["a"].max() <= 1 and case["b"].shape == (7, *case["a"].shape) and case["d"].shape == case["a"].shape for case in cases)
    assert {int(n) for case in cases for n in case["c"]} == set(range(-3, 5))


def test_the_same_seed_makes_the_same_cases():
    one, two = (grading.make(grading.arguments_of({"x": "photo 4x4"}), np.random.default_rng(7))["x"] for _ in range(2))
    assert np.array_equal(one, two)


@pytest.mark.parametrize(("phrases", "said"), [
    ({"x": "picture 3x4"}, "no kind of argument"),
    ({"x": "mask"}, "needs 2 sizes"),
    ({"x": "mask 3x4x5"}, "needs 2 sizes"),
    ({"x": "number 3"}, "needs no size"),
    ({"x": "mask 0x4"}, "Sizes begin at 1"),
    ({"x": "mask 9..3x4"}, "smaller number comes first"),
    ({"x": "mask 900x900"}, "too many to show"),
    ({"x": "mask like y"}, "no argument above it"),
    ({"x": "number from 0 to 1", "y": "mask like x"}, "cannot be like"),
    ({"x": "label map 3x3 classes many"}, "not a number"),
    ({"x": "label map 3x3 classes 0"}, "no values"),
    ({"x": "numbers 3 from 5 to 1"}, "no values"),
    ({"x": "mask 3x4 quickly"}, "“quickly”"),
    ({"not a name": "mask 3x4"}, "cannot be called"),
    ({"x": 3}, "Use words"),
])  # fmt: skip
def test_a_wrong_argument_is_told(phrases, said):
    with pytest.raises(grading.TaskError) as caught:
        grading.arguments_of(phrases)
    assert said in str(caught.value) and caught.value.remedy


@given(st.text(max_size=60))
@settings(max_examples=60)
def test_any_phrase_is_read_or_refused(phrase):
    try:
        (argument,) = grading.arguments_of({"x": phrase})
    except grading.TaskError:
        return
    assert argument.kind in grading.KINDS


# --- functions against an oracle --------------------------------------------------------------------------------------


def test_a_right_function_passes_whatever_way_it_is_written():
    by_hand = """
import numpy
def iou(truth, mask):
    both = either = 0
    for one, other in zip(truth.ravel(), mask.ravel()):
        both += bool(one and other)
        either += bool(one or other)
    return numpy.float32(both / either) if either else 1
"""
    verdict = graded(by_hand)
    assert verdict.passed and verdict.score == 1 and verdict.cases == []


def test_a_wrong_function_is_shown_the_first_case_that_fails_with_its_arrays():
    verdict = graded("def iou(truth, mask):\n    return (truth & mask).sum() / mask.sum()")
    assert not verdict.passed and 0 < verdict.score < 1
    shown = dict(verdict.cases[0].shown)
    assert list(shown) == ["truth", "mask", "expected", "your function gave"]
    truth, mask = (np.array([[word == "True" for word in re.findall("True|False", row)] for row in shown[name].split("\n")]) for name in ("truth", "mask"))
    assert float(shown["expected"]) == pytest.approx((truth & mask).sum() / (truth | mask).sum(), abs=1e-5)
    assert float(shown["your function gave"]) == pytest.approx((truth & mask).sum() / mask.sum(), abs=1e-5)


def test_empty_masks_are_among_the_cases_so_that_forgetting_them_fails():
    verdict = graded("def iou(truth, mask):\n    return (truth & mask).sum() / (truth | mask).sum()")
    assert not verdict.passed and verdict.score == pytest.approx(19 / 20)
    assert "True" not in dict(verdict.cases[0].shown)["truth"]


@pytest.mark.parametrize(("source", "said", "line"), [
    ("def iou(truth, mask):\n    while True:\n        pass", "longer than", 2),
    ("def iou(truth, mask):\n    while True:\n        try:\n            truth.sum()\n        except Exception:\n            pass", "longer than", None),
    ("while True: pass", "longer than", 1),
    ("def iou(truth, mask):\n    return sum(1 for _ in iter(int, 1))", "longer than", 2),
    ("def iou(truth, mask)\n    return 1", "colon", 1),
    ("def iou(truth, mask):\n    return trut.sum()", "Did you mean `truth`?", 2),
    ("def iou(truth, mask):\n    a = 1\n    return a / 0", "", 3),
    ("def iou(truth):\n    return 1", "takes 1 argument", 1),
    ("def area(truth, mask):\n    return 1", "no function called `iou`", None),
    ("iou = 3", "no function called `iou`", None),
    ("def iou(truth, mask):\n    return iou(truth, mask)", "itself", 1),
    ("raise SystemExit", "ended itself", 1),
    ("raise BaseException('no more')", "No more", 1),
    ("raise GeneratorExit", "GeneratorExit", 1),
    ("import sys\nsys.setrecursionlimit(10**6)\ndef iou(truth, mask):\n    return iou(truth, mask)", "itself", 3),
    ("def iou(truth, mask):\n    return truth + np.zeros(99)", "shapes", 2),
    ("import somewhere_else\ndef iou(truth, mask): return 1", "somewhere_else", 1),
    ("def iou(truth, mask):\n    return '\x00'", "", None),
])  # fmt: skip
def test_code_that_breaks_is_told_in_words_with_its_line(source, said, line):
    verdict = graded(source)
    assert not verdict.passed and verdict.score == 0
    assert said in f"{verdict.message} {verdict.remedy}" and "Traceback" not in verdict.message
    assert line is None or verdict.line in (line, line + 1)


def test_the_limit_of_recursion_that_code_sets_ends_with_it():
    import sys
    before, function = sys.getrecursionlimit(), sys.setrecursionlimit
    graded("import sys\nsys.setrecursionlimit(2500)\ndef iou(truth, mask): return 0")
    assert (sys.getrecursionlimit(), sys.setrecursionlimit) == (before, function)


@pytest.mark.parametrize(("right", "got", "said"), [
    (0.5, "half", "kind str"),
    (0.5, np.zeros((2, 2)), "not a single number"),
    (np.zeros((2, 3), int), np.zeros((2, 3, 1), int), "shape (2, 3, 1)"),
    (np.array([1, 2]), np.array([1, 3]), "1 of 2 elements"),
    (np.array([True]), None, "None"),
    ((1, 2), (1, 3), "another number"),
    ((1, 2), 1, "2 values"),
    ("cat", "dog", "another one"),
    (np.array([1, 2]), [[1], [2, 3]], "kind list"),
])  # fmt: skip
def test_every_way_of_being_wrong_has_its_words(right, got, said):
    assert said in grading.difference(right, got, 1e-6)


@pytest.mark.parametrize(("right", "got"), [
    (0.5, np.float32(0.5)), (np.array([True, False]), np.array([1, 0])), (np.array([1, 2], np.uint8), [1, 2]), (np.array([np.nan]), np.array([np.nan])),
    ((1, np.array([2])), (1, [2])), (None, None), (1.0, 1 + 1e-9), ({"a": 1}, {"a": 1}),
])  # fmt: skip
def test_equal_answers_are_equal_whatever_their_kind(right, got):
    assert grading.difference(right, got, 1e-6) is None


def test_a_function_cannot_spoil_the_arguments_of_the_next():
    verdict = graded(IOU.replace("union =", "truth = truth.copy(); mask[:] |= False; union ="))
    assert verdict.passed
    assert not graded("def iou(truth, mask):\n    truth[:] = True\n    mask[:] = True\n    return 1.0").passed


def test_what_is_printed_is_kept_to_a_page_and_not_let_out(capsys):
    verdict = graded("def iou(truth, mask):\n    print('x' * 9000)\n    return 2")
    assert len(verdict.printed) < 2100 and verdict.printed.startswith("xxx") and capsys.readouterr().out == ""


def test_an_exercise_whose_solution_is_broken_blames_its_author():
    with pytest.raises(grading.TaskError, match="own solution"):
        grading.grade_function(IOU, "iou", "def iou(truth, mask): return 1 / 0", MASKS)


# --- photos and masks -------------------------------------------------------------------------------------------------


def hidden():
    photo = np.zeros((20, 30, 3), np.uint8)
    photo[5:15, 10:20] = 200
    return grading.hidden_photo(photo, photo[..., 0] > 100, 256)


def test_a_function_on_photos_is_graded_by_its_mean_iou():
    good = grading.grade_on_photos("def find(photo): return photo[..., 0] > 100", "find", [hidden(), hidden()], target=0.9)
    assert good.passed and good.score == 1
    half = grading.grade_on_photos("def find(photo):\n    mask = photo[..., 0] > 100\n    mask[:, 15:] = False\n    return mask * 1", "find", [hidden()], target=0.9)
    assert not half.passed and half.score == pytest.approx(0.5) and dict(half.cases[0].shown)["missed"] == "50% of the thing"


@pytest.mark.parametrize("answer", ["None", "photo", "photo[..., 0]", "np.zeros((3, 3))", "'cat'", "photo[..., 0] > photo"])
def test_an_answer_that_is_no_mask_is_told(answer):
    verdict = grading.grade_on_photos(f"def find(photo): return {answer}", "find", [hidden()], target=0.5)
    assert not verdict.passed and verdict.remedy


def test_a_hidden_photo_is_made_small_and_its_truth_with_it():
    photo = np.zeros((300, 600, 3), np.uint8)
    photo[:, 300:] = 90
    small = grading.hidden_photo(photo, photo[..., 0] > 0, 60)
    assert small.photo.shape == (30, 60, 3) and small.truth.shape == (30, 60)
    assert small.truth[:, 30:].all() and not small.truth[:, :30].any() and small.photo[:, 33:].min() == 90


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=30, deadline=None)
def test_a_mask_is_graded_as_counted_pixel_by_pixel(seed):
    mask, truth = np.random.default_rng(seed).random((2, 6, 7)) < 0.5
    cells = list(zip(mask.ravel(), truth.ravel(), strict=True))
    both, either = sum(a and b for a, b in cells), sum(a or b for a, b in cells)
    found = grading.grade_mask(mask, truth)
    assert (found["intersection"], found["union"], found["missed"], found["extra"]) == (both, either, int(truth.sum()) - both, int(mask.sum()) - both)
    assert found["iou"] == both / either


def test_a_copy_is_told_from_a_hand():
    rows, columns = np.mgrid[:200, :200]
    wave = 60 + 6 * np.sin(np.arctan2(rows - 100, columns - 100) * 7)
    truth = np.hypot(rows - 100, columns - 100) < wave
    corrected = truth.copy()
    corrected[90:110, 150:] = False
    by_hand = np.hypot(rows - 101, columns - 99) < wave + 1.5
    assert grading.edges_in_common(truth, truth) == 1 and grading.edges_in_common(corrected, truth) > 0.85
    assert grading.grade_mask(by_hand, truth)["iou"] > 0.9 and grading.edges_in_common(by_hand, truth) < 0.5


def test_a_thing_is_one_class_or_all_that_is_not_background():
    label_map = np.array([[0, 8, 12, 255]], np.uint8)
    assert grading.foreground_mask(label_map, "cat").tolist() == [[False, True, False, False]]
    assert grading.foreground_mask(label_map).tolist() == [[False, True, True, False]]


class FakeSession:
    """The part of the session that the handler uses."""

    def __init__(self, mask):
        self.photo = np.zeros((*mask.shape, 3), np.uint8)
        self.mask = mask


async def _ask(handler, call, **arguments):
    return await getattr(handler, call)(**arguments)


def test_the_handler_grades_a_mask_against_a_packed_truth():
    import asyncio

    truth = np.zeros((40, 50), np.uint8)
    truth[10:30, 10:40] = VOC.id("bird")
    mask = np.zeros_like(truth)
    mask[10:30, 10:25] = VOC.id("bird")
    handler = PaintHandler(FakeSession(mask))
    told = asyncio.run(_ask(handler, "grade", label="bird", network="deeplab_s16", truth=zlib.compress(truth.tobytes())))
    assert told["iou"] == 0.5 and told["missed"] == 300 and told["extra"] == 0 and told["copied"] is False
    for broken in (b"", b"nothing", zlib.compress(b"short"), zlib.compress(bytes(10_000_000))):
        with pytest.raises(Exception, match="does not belong to this photo"):
            asyncio.run(_ask(handler, "grade", label="bird", network="deeplab_s16", truth=broken))


def test_a_reader_may_stop_the_code_that_is_graded():
    import asyncio

    handler = CodeHandler(Session(None))
    with pytest.raises(asyncio.CancelledError):  # an interrupt is how a stop reaches Python at work
        asyncio.run(_ask(handler, "function", source="def f(v):\n    raise KeyboardInterrupt", function="f", solution="def f(v):\n    return v",
                         arguments=[{"name": "v", "phrase": "number from 1 to 5"}], cases=3, seed=1, tolerance=0.0, seconds=5.0))


def test_what_an_answer_and_its_solution_import_is_fetched_before_they_run():
    import asyncio

    fetched = []

    async def ensure_package(package):
        fetched.append(package)

    handler = CodeHandler(Session(None, ensure_package=ensure_package))
    graded_ = asyncio.run(_ask(handler, "function", source="from skimage import util\ndef f(v):\n    return v", function="f", solution="import scipy\ndef f(v):\n    return v",
                               arguments=[{"name": "v", "phrase": "number from 1 to 5"}], cases=3, seed=1, tolerance=0.0, seconds=5.0))
    assert graded_["passed"] and fetched == ["scikit-image", "scipy"]


def test_the_time_that_an_import_takes_is_not_the_answers(monkeypatch):
    import sys

    for name in [name for name in sys.modules if name.startswith("scipy.cluster")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr("pystudio.exercises.program._limit", lambda seconds: contextlib.nullcontext(loaded.append("scipy.cluster.vq" in sys.modules)))
    loaded = []
    assert grading.grade_function("from scipy.cluster import vq\ndef f(v): return v", "f", "def f(v): return v", {"v": "number"}).passed
    assert loaded[-1]


# --- the fences -------------------------------------------------------------------------------------------------------

QUIZ = 'id: q\ntitle: Q\ntext: Why?\nchoices:\n  - {answer: "One", why: "No."}\n  - {answer: "Two", why: "Yes.", right: true}\n'
STEPS = "id: s\ntitle: S\ntext: Order.\nsteps: [First, Second, Third, Fourth]\n"
CODE = "id: c\ntitle: C\ntext: Do it.\nfunction: twice\nstart: |\n  def twice(n):\n      return n\nsolution: |\n  def twice(n):\n      return 2 * n\narguments:\n  n: number from 1 to 5\n"
PAINT = "id: p\ntitle: P\ntext: Paint.\nphoto: kitten\nlabel: cat\n"


@pytest.mark.parametrize(("fence", "body", "line", "said"), [
    ("quiz", QUIZ.replace("id: q\n", ""), 0, "needs `id`"),
    ("quiz", QUIZ.replace("id: q", "id: My Quiz"), 1, "small letters"),
    ("quiz", QUIZ.replace(", right: true", ""), 4, "No choice of this quiz is right"),
    ("quiz", QUIZ.replace("right: true", "rihgt: true"), 6, "Did you mean right?"),
    ("quiz", QUIZ.replace("right: true", "right: perhaps"), 6, "true or false"),
    ("quiz", QUIZ.replace('why: "No."', 'why: ""'), 5, "has to be text"),
    ("quiz", QUIZ.replace(', why: "No."', ""), 5, "no `why`"),
    ("quiz", "id: q\ntitle: Q\ntext: Why?\nchoices: [One, Two]", 4, "a list with `answer`"),
    ("quiz", 'id: q\ntitle: Q\ntext: Why?\nchoices: [{answer: "One", why: "So.", right: true}]', 4, "at least two"),
    ("quiz", QUIZ + "hints: Think", 7, "a list of texts"),
    ("quiz", QUIZ + "tries: 0", 7, "out of range"),
    ("steps", "id: s\ntitle: S\ntext: Order.\nsteps: [First, Second]", 4, "at least three"),
    ("steps", STEPS.replace("Second", "First"), 4, "all of them different"),
    ("task-code", CODE + "photos: [kitten]", 0, "either `arguments` or `photos`"),
    ("task-code", CODE.partition("arguments")[0], 0, "either `arguments` or `photos`"),
    ("task-code", CODE.replace("number from 1 to 5", "nummer"), 11, "no kind of argument"),
    ("task-code", CODE.replace("return 2 * n", "return 2 *"), 10, "cannot read this line of `solution`"),
    ("task-code", CODE.replace("function: twice", "function: two times"), 4, "Python function"),
    ("task-code", CODE.partition("arguments")[0] + "photos: [kiten]", 11, "Did you mean kitten?"),
    ("task-paint", PAINT.replace("photo: kitten\n", ""), 0, "needs `photo`"),
    ("task-paint", PAINT + "truth: drawn", 0, "site_src/truth/kitten.png"),
    ("task-paint", PAINT + "target: 2", 6, "out of range"),
    ("report", "name: Ada", 1, "no option `name`"),
])  # fmt: skip
def test_an_authors_mistake_is_told_with_line_and_remedy(fence, body, line, said):
    with pytest.raises(FenceError) as caught:
        parse(fence, body)
    assert said in f"{caught.value.message} {caught.value.remedy}" and caught.value.line == line
    assert caught.value.message.endswith(".") and caught.value.remedy.endswith((".", "?"))


@pytest.mark.parametrize(("fence", "body"), [("quiz", QUIZ), ("steps", STEPS), ("task-code", CODE), ("task-paint", PAINT)])
def test_an_exercise_says_what_to_do_but_not_how(fence, body):
    written = render(fence, body)
    secret = re.search(r'data-task="([^"]+)"', written)[1]
    told = json.loads(base64.b64decode(secret))
    assert told["kind"] == fence and told["title"] in written
    shown = html.unescape(written.replace(secret, ""))
    assert not any(words in shown for words in ("Yes.", "2 * n", "right"))
    assert re.findall(r'ps-step-words">(\w+)', shown) != told.get("steps", [None])


def test_the_order_of_the_arguments_is_kept():
    body = CODE.replace("  n: number from 1 to 5\n", "  z: mask 3x3\n  a: mask like z\n").replace("twice(n)", "twice(z, a)").replace("return n", "return z").replace("2 * n", "a")
    told = json.loads(base64.b64decode(re.search(r'data-task="([^"]+)"', render("task-code", body))[1]))
    assert list(told["arguments"]) == ["z", "a"]


@given(st.lists(st.text(min_size=1), min_size=3, max_size=9, unique=True), st.text())
@settings(max_examples=50)
def test_steps_are_mixed_the_same_way_every_time_and_never_nearly_solved(steps, id):
    mixed = exercises.mixed(id, steps)
    assert sorted(mixed) == sorted(steps) and mixed == exercises.mixed(id, steps)
    assert sum(one == other for one, other in zip(mixed, steps, strict=True)) <= 1


def test_html_in_an_exercise_stays_text():
    written = render("quiz", QUIZ.replace("Why?", "'<img src=x> `a < b` **so**'").replace("title: Q", "title: '<b>'"))
    assert "<img" not in written and "<code>a &lt; b</code>" in written and "<strong>so</strong>" in written and "&lt;b&gt;" in written


def test_a_painter_comes_along_only_where_the_page_has_none():
    import markdown

    convert = lambda text: markdown.Markdown(extensions=["pystudio.builder.lessons.extension"]).convert(text)
    task = f"```task-paint\n{PAINT}```\n"
    assert convert(task).count("<studio-paint") == 1
    assert convert(f"```paint\n```\n\n{task}").count("<studio-paint") == 1
    assert convert(f"{task}\n{task.replace('id: p', 'id: other')}").count("<studio-paint") == 1


@pytest.mark.parametrize("fence", [*EXERCISES, "report"])
def test_the_table_for_teachers_names_every_option(fence):
    text = options_html(FENCES[fence])
    assert all(f"<code>{option.name}</code>" in text for option in FENCES[fence].options)
    for option in FENCES[fence].options:
        assert schema.example(option)


# --- does it work? ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("body", "line", "said"), [
    (CODE, None, ""),
    (CODE.replace("return 2 * n", "return 3 / 0"), 8, "own solution does not run"),
    (CODE.replace("return n\n", "return n + n\n"), 5, "passes already"),
    (CODE.replace("title: C\n", ""), 0, "needs `title`"),
])  # fmt: skip
def test_the_check_tells_whether_a_code_exercise_works(body, line, said):
    mistakes = exercises.verify("task-code", body)
    assert [(mistake.line, said in mistake.message) for mistake in mistakes] == ([] if line is None else [(line, True)])


def test_the_check_tells_a_solution_that_misses_its_goal_and_a_thing_that_is_not_there(tmp_path):
    root = tmp_path
    (root / "site_src/photos").mkdir(parents=True)
    (root / "site_src/truth").mkdir()
    from PIL import Image

    photo = np.full((40, 60, 3), 20, np.uint8)
    photo[10:30, 20:40] = 220
    Image.fromarray(photo).save(root / "site_src/photos/square.png")
    truth = np.where(photo[..., 0] > 100, VOC.id("bird"), 0).astype(np.uint8)
    Image.fromarray(truth).save(root / "site_src/truth/square.png")
    (root / "site_src/photos/credits.json").write_text(json.dumps([{"name": "square", "file": "square.png", "size": [60, 40]}]))
    body = ("id: f\ntitle: F\ntext: Find.\nfunction: find\nstart: |\n  def find(photo): return photo[..., 0] < 0\nsolution: |\n  def find(photo): return photo[..., 0] > 100\n"
            "photos: [square]\ntruth: drawn\nlabel: bird\n")
    models = root / "models"
    models.symlink_to(ROOT / "models")
    assert exercises.verify("task-code", body, root) == []
    (missed,) = exercises.verify("task-code", body.replace("> 100", "> 10"), root)
    assert missed.line == 7 and "own solution does not pass" in missed.message
    (absent,) = exercises.verify("task-code", body.replace("label: bird", "label: cat"), root)
    assert absent.line == 11 and "no cat" in absent.message
    assert exercises.verify("task-paint", "id: p\ntitle: P\ntext: T\nphoto: square\ntruth: drawn\nlabel: bird", root) == []
    Image.fromarray(truth[:10]).save(root / "site_src/truth/square.png")
    assert "cannot be used" in exercises.verify("task-paint", "id: p\ntitle: P\ntext: T\nphoto: square\ntruth: drawn", root)[0].message


def site_of(tmp_path, **pages):
    (tmp_path / "site_src" / "photos").mkdir(parents=True)
    (tmp_path / "site_src/photos/credits.json").write_text("[]")
    (tmp_path / "mkdocs.yml").write_text("site_name: Test\nnav:\n  - B: b.md\n  - A: a.md\n")
    for name, text in pages.items():
        (tmp_path / "site_src" / f"{name}.md").write_text(text)
    return tmp_path


def test_the_exercises_of_a_site_are_found_in_the_order_of_its_menu(tmp_path):
    shown = f"````md\n```quiz\n{QUIZ}```\n````\n"
    nested = "!!! note\n\n    ```quiz\n" + "".join(f"    {line}\n" for line in QUIZ.replace("id: q", "id: inside").splitlines()) + "    ```\n"
    root = site_of(tmp_path, a=f"# A\n\n```quiz\n{QUIZ}```\n\n{shown}\n{nested}", b=f"~~~steps\n{STEPS}~~~\n\n```quiz\nid: broken\n```\n")
    found = exercises.exercises(root)
    assert [(task.path, task.line, task.page, task.options and task.options["id"]) for task in found] == [
        ("site_src/b.md", 1, "b.html", "s"), ("site_src/b.md", 8, "b.html", None), ("site_src/a.md", 3, "a.html", "q"), ("site_src/a.md", 25, "a.html", "inside")]


def test_an_id_that_is_used_twice_is_told_with_both_places(tmp_path):
    root = site_of(tmp_path, a=f"```quiz\n{QUIZ}```\n", b=f"\n```quiz\n{QUIZ}```\n")
    ((task, message, remedy),) = exercises.repeated_ids(exercises.exercises(root))
    assert (task.path, task.line) == ("site_src/a.md", 1) and "site_src/b.md:2" in message and remedy


# --- the exercises of this site ---------------------------------------------------------------------------------------

OURS = exercises.exercises()


def test_no_id_of_this_site_is_used_twice():
    assert OURS and list(exercises.repeated_ids(OURS)) == []


@pytest.mark.parametrize("task", OURS, ids=lambda task: task.options["id"] if task.options else f"{task.path}:{task.line}")
def test_every_exercise_of_this_site_can_be_solved_and_is_not_solved_yet(task):
    if "photos" in task.body or task.fence == "task-paint":
        pytest.importorskip("onnxruntime")
    assert [f"{task.path}:{task.line + mistake.line}: {mistake}" for mistake in exercises.verify(task.fence, task.body)] == []


def test_the_report_lists_every_exercise_with_its_page():
    listed = json.loads(html.unescape(re.search(r'data-tasks="([^"]+)"', render("report", ""))[1]))
    assert [each["id"] for each in listed] == [task.options["id"] for task in OURS]
    assert {each["page"] for each in listed} == {task.page for task in OURS}


def test_the_examples_for_teachers_work():
    guide = (ROOT / "site_src/teach-fences.md").read_text(encoding="utf-8")
    shown = [block for _, name, body in exercises._blocks(guide) if name == "md" for block in exercises._blocks(body) if block[1] in EXERCISES]
    assert {name for _, name, _ in shown} == set(EXERCISES)
    for _, name, body in shown:
        if name != "task-paint":  # which asks the network
            assert exercises.verify(name, body) == []
        assert parse(name, body)
