"""Panoptic quality against a brute-force twin that compares every segment with every other, pixel by pixel."""
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from pystudio.measure import panoptic
from pystudio.errors import LabelError

SHAPES = st.shared(npst.array_shapes(min_dims=2, max_dims=2, max_side=9), key="shape")
MAPS = SHAPES.flatmap(lambda shape: npst.arrays(np.int32, shape, elements=st.integers(0, 3)))


def by_hand(truth, truth_classes, prediction, prediction_classes):
    """PQ as the paper writes it: sets of pixels, class by class; {class: (pq, tp, fp, fn)}."""
    pixels = lambda array, value: {tuple(p) for p in np.argwhere(array == value).tolist()}
    void = pixels(truth, 0)
    of = lambda array, classes, k: [pixels(array, s) for s in sorted(classes) if classes[s] == k and (array == s).any()]
    answer = {}
    for k in sorted({*truth_classes.values(), *prediction_classes.values()}):
        ts, ps = of(truth, truth_classes, k), of(prediction, prediction_classes, k)
        ious = {(i, j): len(t & p) / len((t | p) - (void & p)) for i, t in enumerate(ts) for j, p in enumerate(ps)}
        hits = {pair: iou for pair, iou in ious.items() if iou > 0.5}
        fn = len(ts) - len({i for i, _ in hits})
        fp = sum(j not in {j for _, j in hits} and len(p & void) <= len(p) / 2 for j, p in enumerate(ps))
        if hits or fn or fp:
            answer[k] = (sum(hits.values()) / (len(hits) + fp / 2 + fn / 2), len(hits), fp, fn)
    return answer


@settings(max_examples=300, deadline=None)
@given(MAPS, MAPS, st.lists(st.integers(0, 2), min_size=6, max_size=6))
def test_quality_is_that_of_the_paper(truth, prediction, kinds):
    truth_classes, prediction_classes = ({k: kinds[k - 1 + shift] for k in (1, 2, 3)} for shift in (0, 3))
    found = panoptic.quality(truth, truth_classes, prediction, prediction_classes)
    expected = by_hand(truth, truth_classes, prediction, prediction_classes)
    assert {each.label: (each.tp, each.fp, each.fn) for each in found.classes} == {k: v[1:] for k, v in expected.items()}
    for each in found.classes:
        assert each.pq == pytest.approx(expected[each.label][0])
        assert each.pq == pytest.approx(each.sq * each.rq)
    if expected:
        assert found.mean() == pytest.approx(np.mean([v[0] for v in expected.values()]))
    assert len({m.truth for m in found.matches}) == len({m.prediction for m in found.matches}) == len(found.matches)


def test_a_map_is_perfect_against_itself():
    numbers = np.array([[1, 1, 2], [3, 3, 2]])
    found = panoptic.quality(numbers, {1: 8, 2: 8, 3: 0}, numbers, {1: 8, 2: 8, 3: 0})
    assert (found.mean("pq"), found.mean("sq"), found.mean("rq")) == (1, 1, 1) and not found.missed and not found.extra


def test_one_piece_for_two_true_things_is_worked_out_by_hand():
    truth = np.array([[1, 1, 1, 2, 2, 3]])
    found = panoptic.quality(truth, {1: 3, 2: 3, 3: 0}, np.array([[1, 1, 1, 1, 1, 2]]), {1: 3, 2: 0})
    assert [(m.truth, m.prediction, m.iou) for m in found.matches] == [(1, 1, 0.6), (3, 2, 1)]
    assert found.missed == [2] and not found.extra
    bird = next(each for each in found.classes if each.label == 3)
    assert (bird.sq, bird.rq, bird.pq) == (0.6, 1 / 1.5, pytest.approx(0.4))
    assert found.mean(which={3}) == pytest.approx(0.4) and found.mean(which=panoptic.STUFF) == 1 and math.isnan(found.mean(which={7}))


def test_an_iou_of_exactly_one_half_is_no_match():
    found = panoptic.quality(np.array([[1, 1]]), {1: 8}, np.array([[1, 2]]), {1: 8, 2: 9})
    assert not found.matches and found.missed == [1] and found.extra == [1, 2]


@given(SHAPES.flatmap(lambda s: npst.arrays(np.uint8, s, elements=st.sampled_from([0, 3, 8, 255]))))
def test_a_panoptic_map_gives_every_pixel_one_segment_or_void(label_map):
    numbers = np.where((label_map == 3) | (label_map == 8), label_map, 0).astype(np.int32)
    whole, classes = panoptic.segments(label_map, numbers)
    table = np.zeros(whole.max(initial=0) + 1, int)
    for number, label in classes.items():
        table[number] = label
    assert np.array_equal(whole == 0, label_map == 255)
    assert np.array_equal(table[whole][whole > 0], label_map[whole > 0])


def test_maps_of_different_pictures_are_refused():
    with pytest.raises(LabelError):
        panoptic.quality(np.ones((2, 2), int), {1: 8}, np.ones((2, 3), int), {1: 8})
    with pytest.raises(LabelError):
        panoptic.segments(np.ones((2, 2), int), np.ones((2, 3), int))
