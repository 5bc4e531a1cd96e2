"""Grades, against counting one pixel at a time and against tables worked out by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pystudio.errors import LabelError
from pystudio.labels import VOID
from pystudio.measure.metrics import Grader, confusion, difference, scores

K = 5


@st.composite
def pairs(draw):
    shape = draw(hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=12))
    truth = draw(hnp.arrays(np.uint8, shape, elements=st.sampled_from([*range(K), VOID])))
    mask = draw(hnp.arrays(np.uint8, shape, elements=st.integers(0, K - 1)))
    return truth, mask


def counted_one_by_one(truth, mask):
    table = [[0] * K for _ in range(K)]
    for t, p in zip(truth.ravel().tolist(), mask.ravel().tolist()):
        if t != VOID:
            table[t][p] += 1
    return table


@given(pairs())
def test_confusion_equals_counting_pixel_by_pixel(pair):
    assert confusion(*pair, K).tolist() == counted_one_by_one(*pair)


def test_confusion_of_a_picture_larger_than_one_band():
    rng = np.random.default_rng(1)
    truth, mask = rng.integers(0, K, (2, 1100, 1000), dtype=np.uint8)
    expected = np.zeros((K, K), dtype=np.int64)
    np.add.at(expected, (truth, mask), 1)
    assert np.array_equal(confusion(truth, mask, K), expected)


@given(pairs())
def test_scores_equal_the_definitions_on_sets_of_pixels(pair):
    truth, mask = pair
    graded = scores(confusion(truth, mask, K))
    judged = [(i, t, p) for i, (t, p) in enumerate(zip(truth.ravel().tolist(), mask.ravel().tolist())) if t != VOID]
    ious = {}
    for k in range(K):
        a = {i for i, t, _ in judged if t == k}
        b = {i for i, _, p in judged if p == k}
        assert graded.intersection[k] == len(a & b)
        assert graded.union[k] == len(a | b)
        assert graded.present[k] == bool(a | b)
        if a | b:
            ious[k] = len(a & b) / len(a | b)
            assert graded.iou[k] == ious[k]
            assert graded.dice[k] == 2 * len(a & b) / (len(a) + len(b))
        else:
            assert math.isnan(graded.iou[k]) and math.isnan(graded.dice[k])
    objects = [iou for k, iou in ious.items() if k != 0]
    assert graded.pixels == len(judged)
    assert graded.pixel_accuracy == pytest.approx(np.mean([t == p for _, t, p in judged]) if judged else np.nan, nan_ok=True)
    assert graded.mean_iou == pytest.approx(np.mean(list(ious.values())) if ious else np.nan, nan_ok=True)
    assert graded.mean_iou_without_background == pytest.approx(np.mean(objects) if objects else np.nan, nan_ok=True)


def test_scores_of_a_table_worked_out_by_hand():
    #          predicted:   0   1   2   3
    graded = scores(np.array([[50, 10, 0, 0],
                              [5, 20, 5, 0],
                              [0, 0, 10, 0],
                              [0, 0, 0, 0]]))  # fmt: skip
    assert graded.pixels == 100 and graded.pixel_accuracy == 0.8
    assert graded.intersection.tolist() == [50, 20, 10, 0]
    assert graded.union.tolist() == [65, 40, 15, 0]
    assert graded.iou[:3].tolist() == [50 / 65, 0.5, 10 / 15]
    assert graded.dice[:3].tolist() == [100 / 115, 40 / 60, 20 / 25]
    assert graded.present.tolist() == [True, True, True, False]
    assert graded.mean_iou == pytest.approx((50 / 65 + 0.5 + 10 / 15) / 3)
    assert graded.mean_iou_without_background == pytest.approx((0.5 + 10 / 15) / 2)


@given(pairs())
def test_iou_is_symmetric_bounded_and_tied_to_dice(pair):
    truth, mask = pair
    truth = np.where(truth == VOID, 0, truth)
    one, other = scores(confusion(truth, mask, K)), scores(confusion(mask, truth, K))
    np.testing.assert_array_equal(one.iou, other.iou)
    iou, dice = one.iou[one.present], one.dice[one.present]
    assert ((iou >= 0) & (iou <= dice) & (dice <= 1)).all()
    np.testing.assert_allclose(dice, 2 * iou / (1 + iou))


@given(pairs())
def test_a_perfect_mask_scores_one(pair):
    mask = pair[1]
    graded = scores(confusion(mask, mask, K))
    assert graded.mean_iou == graded.pixel_accuracy == 1


def test_nothing_judged_gives_no_numbers_and_no_warning(recwarn):
    graded = scores(confusion(np.full((2, 2), VOID, np.uint8), np.zeros((2, 2), np.uint8), K))
    assert graded.pixels == 0
    assert all(map(math.isnan, (graded.pixel_accuracy, graded.mean_iou, graded.mean_iou_without_background)))
    assert not recwarn.list


corners = st.integers(0, 11)


@given(pairs(), st.lists(st.tuples(corners, corners, corners, corners, st.integers(0, K - 1)), max_size=6))
def test_grading_that_follows_changes_equals_grading_from_scratch(pair, boxes):
    truth, mask = pair
    grader = Grader(truth, mask, K)
    for a, b, c, d, label in boxes:
        box = (min(a, b), max(a, b) + 1, min(c, d), max(c, d) + 1)
        part = mask[box[0] : box[1], box[2] : box[3]]
        before = part.copy()
        part[:] = label
        grader.update(box, before)
    assert np.array_equal(grader.confusion, confusion(truth, mask, K))
    assert grader.scores().pixel_accuracy == pytest.approx(scores(confusion(truth, mask, K)).pixel_accuracy, nan_ok=True)


def test_an_update_looks_at_its_box_and_nowhere_else():
    truth = np.zeros((40, 40), np.uint8)
    mask = truth.copy()
    grader = Grader(truth, mask, K)
    mask[3:5, 7:9] = 1
    mask[30, 30] = 4  # not announced: must not be seen
    grader.update((3, 5, 7, 9), np.zeros((2, 2), np.uint8))
    assert grader.confusion[0].tolist() == [1596, 4, 0, 0, 0]


@given(pairs())
def test_difference_says_equal_wrong_or_not_judged(pair):
    truth, mask = pair
    expected = [2 if t == VOID else int(t != p) for t, p in zip(truth.ravel().tolist(), mask.ravel().tolist())]
    found = difference(truth, mask)
    assert found.dtype == np.uint8 and found.ravel().tolist() == expected


@pytest.mark.parametrize(
    ("truth", "mask", "n", "said"),
    [
        (np.zeros((2, 3), np.uint8), np.zeros((3, 2), np.uint8), K, r"\(2, 3\).*\(3, 2\)"),
        (np.full((2, 2), 7, np.uint8), np.zeros((2, 2), np.uint8), K, "truth holds the id 7"),
        (np.zeros((2, 2), np.uint8), np.full((2, 2), VOID, np.uint8), K, "prediction holds the id 255"),
        (np.zeros((2, 2), np.uint8), np.zeros((2, 2), np.uint8), 0, "number of classes is 0"),
    ],
)
def test_bad_input_is_named(truth, mask, n, said):
    with pytest.raises(LabelError, match=said):
        confusion(truth, mask, n)


def test_scores_want_a_square():
    with pytest.raises(LabelError, match="square"):
        scores(np.zeros((2, 3)))


# What is no label map


@pytest.mark.parametrize(
    ("truth", "mask", "said"),
    [
        (np.array([[0, -1]]), np.array([[0, 1]]), "truth holds the id -1"),
        (np.array([[0, 1]]), np.array([[0, -3]], np.int16), "prediction holds the id -3"),
        (np.array([[0.0, 1.0]]), np.array([[0.2, 0.9]]), "truth holds float64, not ids"),
        (np.array([[0, 1]]), np.array([[0.2, 0.9]]), "prediction holds float64"),
        ([[0, 1]], np.array([[0, 1]]), "truth is list"),
        (np.array([[0, 1]]), None, "prediction is NoneType"),
        (np.array([0, 1]), np.array([0, 1]), r"truth has shape \(2,\)"),
        (np.zeros((2, 2, 3), np.uint8), np.zeros((2, 2), np.uint8), r"truth has shape \(2, 2, 3\)"),
        (np.array([["a"]]), np.array([[0]]), "truth holds <U1"),
        (np.array([[None]]), np.array([[0]]), "truth holds object"),
        (np.array([[0, 256]]), np.array([[0, 1]]), "truth holds the id 256"),
    ],
)
def test_what_is_no_label_map_is_refused_by_every_metric(truth, mask, said):
    with pytest.raises(LabelError, match=said):
        confusion(truth, mask, 2)
    with pytest.raises(LabelError, match=said):
        Grader(truth, mask, 2)
    if "id 256" not in said:
        with pytest.raises(LabelError, match=said.replace("prediction", "mask")):
            difference(truth, mask)


@given(hnp.arrays(st.sampled_from([np.uint8, np.int8, np.int16, np.int64, np.uint32]), (2, 3), elements=st.integers(0, K - 1)), st.data())
def test_any_kind_of_whole_number_counts_alike(ids, data):
    other = data.draw(hnp.arrays(np.uint8, (2, 3), elements=st.integers(0, K - 1)))
    assert confusion(ids, other, K).tolist() == counted_one_by_one(ids, other)


@pytest.mark.parametrize(("now", "before", "said"), [(VOID, 0, "mask holds the id 255"), (1, 21, "mask before holds the id 21"), (1, 0.5, "mask before holds float64")])
def test_an_update_with_what_is_no_id_is_refused_and_counts_nothing(now, before, said):
    mask = np.zeros((1, 4), np.uint8)
    grader = Grader(np.zeros((1, 4), np.uint8), mask, 21)
    counted = grader.confusion.copy()
    mask[0, 0] = now
    with pytest.raises(LabelError, match=said):
        grader.update((0, 1, 0, 4), np.full((1, 4), before))
    assert np.array_equal(grader.confusion, counted)
    mask[0, 0] = 1
    with pytest.raises(LabelError, match="shape"):
        grader.update((0, 1, 0, 4), np.zeros((1, 3), np.uint8))


@pytest.mark.parametrize("matrix", [np.array([[0.5, 0.5], [0.1, 0.9]]), np.array([[1, -1], [0, 1]]), np.array([[np.nan]]), [["a"]]])
def test_a_matrix_of_shares_is_no_confusion_matrix(matrix):
    with pytest.raises(LabelError, match="counts pixels"):
        scores(matrix)
    assert scores(np.eye(2)).mean_iou == 1


@pytest.mark.parametrize("n", [0, 256, 2.0, True, "2"])
def test_a_number_of_classes_is_a_whole_number(n):
    with pytest.raises(LabelError, match="number of classes"):
        confusion(np.zeros((1, 1), np.uint8), np.zeros((1, 1), np.uint8), n)


def test_boundaries_want_truth_values_and_say_so():
    from pystudio.measure.boundary import Reference

    ids = np.zeros((5, 6), np.uint8)
    ids[1:3, 1:3] = 8
    for wrong in (ids, ids.astype(float), ids.astype(int) * -1):
        with pytest.raises(LabelError, match="not truth values"):
            Reference(wrong)
        with pytest.raises(LabelError, match="not truth values"):
            Reference(ids == 8).compare(wrong, 1)


def test_segments_without_a_class_and_regions_that_are_no_ids_are_named():
    from pystudio.measure.region_matching import best_iou, best_ious
    from pystudio.measure.panoptic import quality

    with pytest.raises(LabelError, match="Segment 3 of the prediction has no class"):
        quality(np.array([[1, 1]]), {1: 8}, np.array([[1, 3]]), {1: 8})
    for wrong in (np.array([[0.5, 1]]), np.array([[-1, 0]]), [[1, 1]]):
        with pytest.raises(LabelError):
            quality(wrong, {1: 8}, np.array([[1, 1]]), {1: 8})
        with pytest.raises(LabelError):
            best_iou(wrong, np.array([[True, False]]))
        with pytest.raises(LabelError):
            best_ious(wrong, np.array([[1, 0]], np.uint8))


@pytest.mark.parametrize(("seed", "tolerance"), [((0.5, 0), 3), (("a", 0), 3), (3, 3), ((0, 0, 0), 3), ((0, 0), "3"), ((0, 0), None), ((True, 0), 3), ((float("nan"), 0), 3)])
def test_a_seed_is_a_pixel_and_a_tolerance_a_number(seed, tolerance):
    from pystudio.errors import StudioError
    from pystudio.segment.region_growing import Grower

    with pytest.raises(StudioError) as refused:
        Grower(np.zeros((2, 2, 3), np.uint8)).grow(seed, tolerance)
    assert refused.value.remedy
