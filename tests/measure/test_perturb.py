"""Masks made worse, against SciPy's and scikit-image's morphology, and the handler that grades them, against tables worked out by hand."""

import asyncio
import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage
from skimage.morphology import disk

from pystudio.measure import report, perturb
from pystudio.errors import StudioError
from pystudio.labs.metric_lab import handler as metric_lab
from pystudio.measure.perturb import Perturbation
from pystudio.session.session import Session

MASKS = hnp.arrays(bool, hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=13))
QUICK = settings(max_examples=50, deadline=None)


@QUICK
@given(MASKS, st.integers(0, 6))
def test_grow_and_shrink_are_dilation_and_erosion_by_a_disc(mask, radius):
    assert np.array_equal(perturb.dilation(mask, radius), ndimage.binary_dilation(mask, disk(radius)))
    assert np.array_equal(perturb.erosion(mask, radius), ndimage.binary_erosion(mask, disk(radius), border_value=1) if radius else mask)


@QUICK
@given(MASKS, st.floats(0, 7))
@example(np.array([[True, False, False]]), math.nextafter(1, 0))  # a hair below a whole number: as far to the side as up and down
@example(np.array([[True, False, False, False]]).T, math.nextafter(3, 0))
def test_grow_takes_every_pixel_within_the_distance(mask, radius):
    if mask.any():
        assert np.array_equal(perturb.dilation(mask, radius), np.rint(ndimage.distance_transform_edt(~mask) ** 2) <= radius**2 + 1e-9)


@QUICK
@given(MASKS, st.integers(0, 5))
def test_thin_only_takes_away_and_doing_it_twice_changes_nothing_more(mask, radius):
    once = perturb.opening(mask, radius)
    assert not (once & ~mask).any()
    assert np.array_equal(perturb.opening(once, radius), once)


@QUICK
@given(MASKS, st.integers(-20, 20), st.integers(-20, 20))
def test_shift_moves_every_pixel_that_stays_inside(mask, rows, columns):
    expected = np.zeros_like(mask)
    for r, c in np.argwhere(mask):
        if 0 <= r + rows < mask.shape[0] and 0 <= c + columns < mask.shape[1]:
            expected[r + rows, c + columns] = True
    assert np.array_equal(perturb.shift(mask, rows, columns), expected)


@QUICK
@given(MASKS, st.floats(0, 0.5), st.floats(0, 0.5), st.integers(0, 9))
def test_speckle_turns_over_its_share_and_a_larger_share_holds_the_smaller(mask, one, other, seed):
    low, high = sorted((one, other))
    few, many = (perturb.speckle(mask, share, seed) != mask for share in (low, high))
    assert (few.sum(), many.sum()) == (round(low * mask.size), round(high * mask.size))
    assert not (few & ~many).any()
    assert np.array_equal(perturb.speckle(mask, high, seed), perturb.speckle(mask, high, seed))


def test_another_seed_picks_other_pixels():
    mask = np.zeros((40, 40), bool)
    assert not np.array_equal(perturb.speckle(mask, 0.1, 1), perturb.speckle(mask, 0.1, 2))


@QUICK
@given(MASKS)
def test_steps_are_done_in_order_and_the_mask_that_was_given_is_left_alone(mask):
    before = mask.copy()
    steps = [Perturbation("grow", 2), Perturbation("shift", 1, "down"), Perturbation("stray", 1), Perturbation("shrink", 1)]
    expected = perturb.erosion(perturb.speckle(perturb.shift(perturb.dilation(mask, 2), 1, 0), 1 / mask.size, 1), 1)
    assert np.array_equal(perturb.perturb(mask, steps), expected)
    assert np.array_equal(mask, before)


def test_order_matters():
    mask = perturb.scene("dot", (60, 60)) == 1
    there_and_back = [Perturbation("shrink", 3), Perturbation("grow", 3)]
    assert perturb.perturb(mask, there_and_back).sum() < perturb.perturb(mask, there_and_back[::-1]).sum()


@pytest.mark.parametrize("wrong", [("melt", 1), ("grow", -1), ("grow", 41), ("speckle", 0.6), ("shift", math.nan), ("shift", 1, "north"), ("stray", 1, "left", -1)])
def test_what_no_step_can_be_is_refused(wrong):
    with pytest.raises(StudioError):
        Perturbation(*wrong)


def test_the_wire_is_ten_pixels_thick_and_shapes_have_five_classes_each_smaller_than_the_last():
    wire = perturb.scene("wire", (480, 640))
    assert set(wire.sum(axis=0)) == {0, 10}
    counts = np.bincount(perturb.scene("shapes", (480, 640)).ravel())
    assert len(counts) == 6 and list(counts[1:]) == sorted(counts[1:], reverse=True)
    for name in perturb.SHAPES:
        assert perturb.scene(name, (1, 1)).shape == (1, 1)
    with pytest.raises(StudioError):
        perturb.scene("star", (4, 4))


# ---------------------------------------------------------------- every grade in words
def told(truth, mask, **more):
    found = report.compare(truth.astype(np.uint8), mask.astype(np.uint8), 1, more.get("tolerance", 1), 2)
    return {each.name: each for each in found.measures}


@QUICK
@given(st.data())
def test_dice_follows_from_iou_and_both_from_precision_and_recall(data):
    truth = data.draw(MASKS)
    mask = data.draw(hnp.arrays(bool, truth.shape))
    found = {name: each.value for name, each in told(truth, mask).items()}
    if (truth | mask).any():
        assert found["dice"] == pytest.approx(2 * found["iou"] / (1 + found["iou"]))
        if truth.any() and mask.any() and found["dice"]:
            assert found["dice"] == pytest.approx(2 * found["precision"] * found["recall"] / (found["precision"] + found["recall"]))
    else:
        assert math.isnan(found["dice"]) and math.isnan(found["iou"])


@QUICK
@given(st.data())
def test_overlap_and_edges_name_every_pixel(data):
    truth = data.draw(MASKS)
    mask = data.draw(hnp.arrays(bool, truth.shape))
    found = report.compare(truth.astype(np.uint8), mask.astype(np.uint8), 1, 1, 2)
    names = {(True, True): 1, (True, False): 2, (False, True): 3, (False, False): 0}
    assert found.overlap.tolist() == [[names[pair] for pair in zip(*rows)] for rows in zip(truth.tolist(), mask.tolist())]
    near = found.boundaries
    assert np.array_equal(found.edges != 0, near.truth_edge | near.prediction_edge)
    assert np.array_equal(found.edges == 1, near.truth_near)


def test_formulas_hold_the_masks_own_numbers():
    truth, mask = np.zeros((40, 50), bool), np.zeros((40, 50), bool)
    truth[:30, :40] = True  # 1200 pixels
    mask[:30, 10:] = True  # 1200 pixels, 900 in both
    found = told(truth, mask)
    assert (found["iou"].shown, found["iou"].formula) == ("60.0%", "900 ÷ 1\u202f500")
    assert (found["dice"].shown, found["dice"].formula) == ("75.0%", "2 × 900 ÷ (1\u202f200 + 1\u202f200)")
    assert (found["accuracy"].shown, found["accuracy"].formula) == ("70.0%", "1\u202f400 ÷ 2\u202f000")
    assert found["mean_iou"].formula == "(45.5% + 60.0%) ÷ 2"  # background: 500 in both, 1100 in one of them
    assert (found["hausdorff"].shown, found["hausdorff"].formula.split(",")[0]) == ("10.0 px", "√(0² + 10²)")


def test_nothing_that_is_not_perfect_is_called_100_percent():
    truth = np.ones((100, 100), bool)
    mask = truth.copy()
    mask[0, 0] = False
    assert told(truth, mask)["iou"].shown == ">99.9%"
    assert told(truth, truth)["iou"].shown == "100.0%"


def test_numbers_that_are_not_defined_say_so():
    empty, dot = np.zeros((5, 5), bool), np.zeros((5, 5), bool)
    dot[2, 2] = True
    lazy = told(dot, empty)
    assert (lazy["precision"].shown, lazy["recall"].shown, lazy["iou"].shown, lazy["hausdorff"].shown) == ("–", "0.0%", "0.0%", "∞")
    assert "no pixel" in lazy["hausdorff"].formula
    nothing = told(empty, empty)
    assert (nothing["iou"].shown, nothing["boundary_f"].shown, nothing["hausdorff"].shown) == ("–", "–", "0.0 px")


def test_a_reduced_map_takes_the_middle_of_each_new_pixel():
    label_map = np.arange(64, dtype=np.uint8).reshape(8, 8)
    assert report.downsample_labels(label_map, 4).tolist() == label_map[1::2, 1::2].tolist()
    assert report.downsample_labels(label_map, 8) is label_map


def test_other_classes_are_told_apart_from_background():
    truth = np.array([[0, 1, 2, 2]], np.uint8)
    assert report.compare(truth, np.array([[0, 2, 2, 1]], np.uint8), 1, 1, 3).overlap.tolist() == [[0, 2, 4, 3]]


# ---------------------------------------------------------------- the handler
@pytest.fixture
def handler():
    async def run(network, tensor):
        raise AssertionError("no network is asked here")

    session = Session(run)
    session.open_photo(90, 120, bytes([0, 0, 0, 255]) * (90 * 120))
    return session.handler("metric_lab")


def asked(handler, **args):
    given = {"truth": "disc", "network": "deeplab_s16", "steps": [], "tolerance": 2} | args
    return asyncio.run(handler.run(**given))


def values(report):
    return {each["name"]: each["value"] for each in report["measures"]}


def test_every_preset_runs_and_shows_what_it_promises(handler):
    found = {}
    for preset in metric_lab.PRESETS:
        report = asked(handler, truth=preset["truth"], steps=preset["steps"], tolerance=preset["tolerance"], **({"label": preset["label"]} if preset["label"] else {}))
        found[preset["name"]] = values(report), report
    lazy, greedy, wire, average, stray = (found[name][0] for name in ("background", "superset", "wire", "average", "stray"))
    assert lazy["accuracy"] > 0.99 and lazy["iou"] == 0
    assert greedy["recall"] == 1 and greedy["precision"] == greedy["iou"] < 0.75
    assert wire["iou"] == pytest.approx(1 / 3) and wire["boundary_f"] == 1
    assert average["mean_iou"] > 0.8 and average["accuracy"] > 0.99
    assert min(each["iou"] for each in found["average"][1]["classes"]) == 0
    assert stray["iou"] > 0.98 and stray["hausdorff"] > 20


def test_the_same_shift_costs_the_disc_little(handler):
    step = [{"kind": "shift", "strength": 5, "direction": "down", "seed": 1}]
    handler.session.open_photo(480, 640, bytes([0, 0, 0, 255]) * (480 * 640))
    assert values(asked(handler, steps=step))["iou"] > 0.9 > 2 * values(asked(handler, truth="wire", steps=step))["iou"]


def test_the_curve_is_what_single_runs_say(handler):
    steps = [{"kind": "grow", "strength": 3, "direction": "right", "seed": 1}, {"kind": "shift", "strength": 4, "direction": "left", "seed": 1}]
    curve = asyncio.run(handler.curve("disc", "deeplab_s16", steps, 2, vary=1))
    assert curve["strengths"][0] == 0 and curve["strengths"][-1] == 80
    for k in (0, 5, len(curve["strengths"]) - 1):
        alone = values(asked(handler, steps=[steps[0], steps[1] | {"strength": curve["strengths"][k]}]))
        for line in curve["shares"] + curve["distances"]:
            assert line["values"][k] == alone[line["name"]]


def test_a_painted_class_is_the_truth_and_other_classes_are_left_alone(handler):
    handler.session.method("paint.stroke")([[30, 30]], 12, 8, True, True)
    handler.session.method("paint.stroke")([[60, 90]], 6, 12, True, True)
    report = asked(handler, truth="paint", steps=[{"kind": "nothing", "strength": 0, "direction": "right", "seed": 1}])
    assert [each["name"] for each in report["choices"]] == ["cat", "dog"]
    assert {each["name"]: each["iou"] for each in report["classes"]}["dog"] == 1
    assert {each["name"]: each["iou"] for each in report["classes"]}["cat"] == 0


def test_an_empty_truth_is_refused_in_words(handler):
    with pytest.raises(StudioError, match="Nothing is painted"):
        asked(handler, truth="paint")
    with pytest.raises(StudioError, match="steps"):
        asked(handler, steps=[{"kind": "grow", "strength": 1, "direction": "right", "seed": 1}] * 9)
