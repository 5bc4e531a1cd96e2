"""What the lessons claim in numbers and formulas, worked out again from their own cells and from the library."""
import re
import textwrap
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pystudio.builder import ROOT
from pystudio.measure import boundary
from pystudio.measure.metrics import confusion
from pystudio.networks import cost


def page(name):
    return (ROOT / "site_src" / f"{name}.md").read_text(encoding="utf-8")


def cell(name, words):
    """The program of the cell of a page in which these words stand."""
    found = [textwrap.dedent(body) for _, body in re.findall(r"^( *)```python cell[^\n]*\n(.*?)^\1```", page(name), re.S | re.M) if words in body]
    assert len(found) == 1, (name, words, len(found))
    return found[0]


def run(program, **names):
    """What a program leaves behind, and what it prints."""
    printed = []
    names |= {"np": np, "print": lambda *said: printed.append(" ".join(map(str, said))), "bars": lambda *_, **__: None, "show": lambda *_, **__: None, "plot": lambda *_, **__: None}
    exec(program, names)  # noqa: S102  (a lesson's own cell)
    return names, printed


def number(words, text):
    """The first number after some words, its digits grouped by thin spaces, spaces or not at all."""
    return float(re.sub(r"[\u00a0\u202f ,]", "", re.search(re.escape(words) + r"\D{0,3}(\d[\d\u00a0\u202f ,]*(?:\.\d+)?)", text)[1]))


def test_one_ordinary_layer_and_the_whole_network_cost_what_the_page_says():
    text = page("devices")
    assert run(cell("devices", "ordinary = rows"))[1] == ["273,715,200 multiply-adds"]
    assert "274 million, for one layer. Our DeepLab has 56 convolutions." in text and 56 * 273_715_200 // 10**9 == 15
    names, printed = run(cell("devices", "BLOCKS ="))
    assert len(list(names["layers"](1, 16))) == 56 and printed == ["2,080,448 weights, 2,019 million multiply-adds"]
    found = cost.convolution(25 * 33, 192, 192, 3)
    assert found.adds == 273_715_200
    assert names["count"](rows=513, columns=513).endswith("2,669 million") and "2669 million, 3% below" in text and round(100 * (1 - 2669 / 2750)) == 3
    assert names["count"](finest=8).endswith("6,444 million") and "6444 million in place of 2019 million" in page("networks")
    tail = sum(weights for weights, _ in list(names["layers"](1, 16))[-5:])
    assert f"{round(100 * tail / 2_080_448)}% with the 256s: {tail // 1000} {tail % 1000} of" in text


def test_the_first_page_counts_decisions_and_the_networks_own_scores():
    text = page("index")
    assert number("That makes **", text) == 1024 * 768
    assert number("gives its 21 scores only there, **", text) == 21 * 25 * 33
    assert "16\u00a0515\u00a0072 predictions" not in text


def test_the_published_grade_is_told_with_its_source():
    for name in ("index", "about"):
        assert "75.3" in page(name) and "mobilenetv2_coco_voc_trainaug" in page(name) and "model_zoo.md" in page(name)


@settings(deadline=None, max_examples=60)
@given(arrays(bool, st.tuples(st.integers(1, 12), st.integers(1, 12))), st.data())
def test_the_cell_for_boundary_f_measures_as_the_lab_does(mask, data):
    other = data.draw(arrays(bool, mask.shape))
    names, printed = run(cell("measure", "def outline"), prediction=np.ones((3, 3)), mask=np.zeros((3, 3)))
    assert printed == ["Paint something first."]
    assert (names["outline"](mask) == boundary.edge(mask)).all()
    line = names["outline"](other)
    if line.any():
        distances = boundary.distance_map(line)
        for distance in (0, 1, 2, 3):
            assert (names["near"](line, distance) == (distances <= distance**2)).all()


def test_averages_of_iou_and_dice_rank_two_methods_differently():
    _, printed = run(cell("measure", "A, B = np.array"))
    assert printed == ["A mean IoU  0.5", "A mean Dice 0.667", "B mean IoU  0.51", "B mean Dice 0.57"]


@pytest.mark.parametrize("name, words, claims", [
    ("pixels", "formula = np.diag", ["is the largest difference", "add up to 0"]),
    ("losses", "without the log", ["p - y", "measured", "without the log"]),
    ("classic", "def ncut", ["best of all cuts", "by eigenvector", "one node cut off"]),
    ("classic", "def energy", ["mu 0.0", "mu 0.1", "mu 0.3"]),
])
def test_a_formula_and_its_cell_agree(name, words, claims):
    names, printed = run(cell(name, words))
    assert [line.strip() and claim in line for claim, line in zip(claims, printed, strict=True)] == [True] * len(claims), printed
    if name == "pixels":
        assert np.abs(names["formula"] - names["measured"]).max() < 1e-5
    if name == "losses":
        assert printed[0].split("[")[1] == printed[1].split("[")[1]
    if words == "def ncut":
        assert printed[0][-5:] == printed[1][-5:] and float(printed[2].split()[-1]) > 4 * float(printed[0].split()[-1])
    if words == "def energy":
        assert [float(a) < float(b) for a, b in (re.findall(r"threshold ([\d.]+), square alone ([\d.]+)", line)[0] for line in printed)] == [True, True, False]


def test_the_lovasz_extension_is_a_mean_over_limits_and_convex():
    names, printed = run(cell("losses", "def lovasz"))
    assert printed[0].split()[-1] == printed[1].split()[-1] == "0.667"
    _, printed = run(cell("losses", "def delta"), lovasz=names["lovasz"])
    lovasz, mean = (float(re.search(r"[\d.]+", line.split("Δ")[-1])[0]) for line in printed[:2])
    assert lovasz == pytest.approx(mean, abs=0.01) and printed[2] == "True"


def test_convolution_is_what_its_formula_says():
    assert run(cell("neighbours", "def convolve"))[1] == ["linear       True", "shifted      True", "in any order True", "of one dot   True False"]


def test_felzenszwalbs_rule_joins_what_the_page_says():
    program = cell("classic", "inner = {i: 0")
    regions = {k: run(program.replace("k = 20 ", f"k = {k} "))[0]["name"] for k in (20, 60, 200)}
    assert regions == {20: [0, 0, 0, 3, 3, 3, 6, 7, 8, 9], 60: [0, 0, 0, 3, 3, 3, 6, 6, 6, 6], 200: [0] * 10}


def test_receptive_fields_are_those_of_the_answers():
    names, printed = run(cell("networks", "def sees"))
    assert [line.split("(")[1] for line in printed] == ["9, 1)", "31, 16)", "31, 1)"]
    assert names["sees"]([(3, 1, 1)] * 256)[0] == 513 and "256. Each plain layer adds 2" in page("networks")
    widen = run(cell("networks", "def widen"))[0]["widen"]
    for rates, reached in (((1, 2, 4), 225), ((1, 1, 1), 49), ((4, 4, 4), 49)):
        seen = np.zeros((33, 33), bool)
        seen[16, 16] = True
        for rate in rates:
            seen = widen(seen, rate)
        assert seen.sum() == reached


def test_the_quizzes_that_calculate_are_right():
    text = page("index") + page("measure") + page("instances") + page("losses")
    assert round(3 / 7, 2) == 0.43 and "3 ÷ 7 = 0.43" in text
    assert round(2 * 0.7 / 1.7, 2) == 0.82 and round(0.8 / 1.2, 2) == 0.67 and "2 × 0.70 ÷ 1.70 = 0.82" in text
    assert np.mean([0.9, 0.8, 0.7]) * 3 / 4 == pytest.approx(0.60) and "0.80 × 3 ÷ 4 = 0.60" in text
    assert round(1 - 200 / 299, 2) == 0.33 and "1 − 200 ÷ 299 = 0.33" in text


def test_the_four_counts_make_the_metrics_of_the_table():
    truth, mask = np.random.default_rng(0).integers(0, 2, (2, 20, 20))
    table = confusion(truth.astype(np.uint8), mask.astype(np.uint8), 2)
    tp, fp, fn = ((truth & mask).sum(), (~truth & mask & 1).sum(), (truth & ~mask & 1).sum())
    assert (table[1, 1], table[0, 1], table[1, 0]) == (tp, fp, fn)
    assert tp / (tp + fp + fn) == pytest.approx((truth & mask).sum() / (truth | mask).sum())
    precision, recall = tp / (tp + fp), tp / (tp + fn)
    assert 2 / (1 / precision + 1 / recall) == pytest.approx(2 * tp / (2 * tp + fp + fn))


# --- every Try this is answered, every lesson asks

LESSONS = ("index", "what", "pixels", "classic", "networks", "devices", "measure", "losses", "instances", "uses", "neighbours")


@pytest.mark.parametrize("name", [*LESSONS, "effects", "live", "own"])
def test_every_try_this_has_its_answers_in_a_fold(name):
    lines = page(name).split("\n")
    starts = [number for number, line in enumerate(lines) if line.startswith('!!! example "Try this"')]
    assert starts
    for start in starts:
        block = []
        for line in lines[start + 1 :]:
            if line and not line.startswith("    "):
                break
            block.append(line)
        fold = next((number for number, line in enumerate(block) if line.startswith('    ??? success "')), None)
        assert fold is not None, f"{name}.md:{start + 1} has no answer"
        asked, told = (sum(bool(re.match(pattern, line)) for line in part) for pattern, part in ((r"    \d+\. ", block[:fold]), (r"        \d+\. ", block[fold:])))
        assert asked == told, f"{name}.md:{start + 1} asks {asked} and answers {told}"


@pytest.mark.parametrize("name", LESSONS)
def test_every_lesson_checks_what_was_understood(name):
    asked = re.findall(r"^ *```(quiz|steps|task-code|task-paint)\nid: ([\w-]+)$(.*?)^ *```$", page(name), re.S | re.M)
    assert 2 <= len(asked) <= 4, [each[1] for each in asked]
    for kind, id, body in asked:
        if kind == "quiz":
            assert body.count("- answer:") == body.count("    why: ") >= 3, id
        assert "hints:" in body, id


# --- the glossary

GLOSSARY = re.findall(r"^\*\*(.+?)\*\*\{ #([\w-]+) \}\n:   (.+)$", page("glossary"), re.M)
NEEDED = """augmentation backbone batch channel crf epoch false-negative false-positive feature-map fine-tuning f1-score generalisation iteration jaccard-index leakage
    node overfitting parameter prompt sam test-set training-set transfer-learning true-negative true-positive validation-set voxel""".split()


def test_the_glossary_holds_the_fields_words_in_order():
    names = [re.sub(r"\W", "", name.lower().replace("–", "")) for name, _, _ in GLOSSARY]
    assert len(GLOSSARY) == page("glossary").count("\n:   ") >= 120
    assert all(a <= b for a, b in pairwise(names))
    assert set(NEEDED) <= {anchor for _, anchor, _ in GLOSSARY}
    letters = dict(re.findall(r"\[([A-Z])\]\(#([\w-]+)\)", page("glossary").split("## ")[0]))
    first = {}
    for name, anchor, _ in GLOSSARY:
        first.setdefault(name[0].upper(), anchor)
    assert letters == first
