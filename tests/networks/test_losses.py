"""Losses and their gradients: against finite differences, against their definitions taken pixel by pixel, and tables worked out by hand."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pystudio.networks import losses
from pystudio.errors import StudioError
from pystudio.networks.losses import LOSSES

NAMES = sorted(LOSSES)
QUICK = settings(max_examples=40, deadline=None)


@st.composite
def cases(draw, least=1):
    n = draw(st.integers(least, 12))
    # no two errors alike, and none on the hinge's corner: there the Lovász losses have no slope, only slopes on either side
    logits = draw(hnp.arrays(np.float64, n, elements=st.floats(-6, 6), unique=True)) + np.linspace(0, 0.013, n)
    return logits, draw(hnp.arrays(bool, n))


def pixel_by_pixel(name, logits, truth):
    """The loss by its definition, in plain Python."""
    p = [1 / (1 + math.exp(-z)) for z in logits]
    right = [q if t else 1 - q for q, t in zip(p, truth)]
    n, objects = len(p), sum(map(bool, truth))
    if name == "cross_entropy":
        return sum(-math.log(q) for q in right) / n
    if name == "weighted":
        weight = [n / 2 / (objects if t else n - objects) for t in truth]
        return sum(-w * math.log(q) for w, q in zip(weight, right)) / n
    if name == "focal":
        return sum(-((1 - q) ** 2) * math.log(q) for q in right) / n
    if name == "dice":
        return 1 - (2 * sum(q for q, t in zip(p, truth) if t) + 1) / (sum(p) + objects + 1)
    if name == "lovasz_hinge":
        return lovasz([max(0.0, 1 - (z if t else -z)) for z, t in zip(logits, truth)], list(truth))
    sides = [side for side in (list(truth), [not t for t in truth]) if any(side)]
    return sum(lovasz([1 - q for q in right], side) for side in sides) / len(sides)


def lovasz(errors, truth):
    """The Lovász extension by its definition: sorted errors times how much 1 - IoU rises when that pixel goes wrong too."""
    order = sorted(range(len(errors)), key=lambda k: -errors[k])
    wrong, total, before = set(), 0.0, 0.0
    for k in order:
        wrong.add(k)
        found = {i for i, t in enumerate(truth) if bool(t) != (i in wrong)}
        wanted = {i for i, t in enumerate(truth) if t}
        now = 1 - (len(found & wanted) / len(found | wanted) if found | wanted else 1.0)
        total += errors[k] * (now - before)
        before = now
    return total


@pytest.mark.parametrize("name", NAMES)
@QUICK
@given(cases())
def test_loss_equals_its_definition(name, case):
    logits, truth = case
    assert LOSSES[name].compute(logits, truth)[0] == pytest.approx(pixel_by_pixel(name, logits, truth), abs=1e-9)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", range(5))
def test_gradient_equals_finite_differences(name, seed):
    random = np.random.default_rng(seed)
    logits, truth = random.normal(0, 2, 40), random.random(40) < (0.3, 0.05, 0.5, 0.9, 0)[seed]
    compute, h = LOSSES[name].compute, 1e-6
    _, gradient = compute(logits, truth)
    numeric = np.array([(compute(logits + h * unit, truth)[0] - compute(logits - h * unit, truth)[0]) / (2 * h) for unit in np.eye(40)])
    assert gradient == pytest.approx(numeric, abs=1e-6)
    assert np.abs(gradient).max() > 1e-4


@pytest.mark.parametrize("name", NAMES)
@QUICK
@given(cases())
def test_losses_are_never_negative_and_vanish_when_every_pixel_is_surely_right(name, case):
    logits, truth = case
    assert LOSSES[name].compute(logits, truth)[0] >= -1e-12
    perfect = np.where(truth, 40.0, -40.0)
    assert LOSSES[name].compute(perfect, truth)[0] == pytest.approx(0, abs=1e-9)


@QUICK
@given(cases(), st.data())
def test_lovasz_of_yes_and_no_is_one_minus_iou(case, data):
    _, truth = case
    mask = data.draw(hnp.arrays(bool, truth.size))
    sure = np.where(mask, 60.0, -60.0)
    union = int((truth | mask).sum())
    iou = (truth & mask).sum() / union if union else 1.0
    rest = int((~truth | ~mask).sum())
    other = (~truth & ~mask).sum() / rest if rest else 1.0
    wanted = [value for value, there in ((iou, truth.any()), (other, (~truth).any())) if there]
    assert losses.lovasz_softmax(sure, truth)[0] == pytest.approx(1 - np.mean(wanted), abs=1e-6)


def test_a_table_worked_out_by_hand():
    logits, truth = np.log(np.array([0.9 / 0.1, 0.2 / 0.8, 0.5 / 0.5])), np.array([True, True, False])
    # probabilities 0.9, 0.2, 0.5; of the right side 0.9, 0.2, 0.5
    assert losses.cross_entropy(logits, truth)[0] == pytest.approx(-(math.log(0.9) + math.log(0.2) + math.log(0.5)) / 3)
    assert losses.weighted_cross_entropy(logits, truth)[0] == pytest.approx(-(0.75 * (math.log(0.9) + math.log(0.2)) + 1.5 * math.log(0.5)) / 3)
    assert losses.focal(logits, truth)[0] == pytest.approx(-(0.01 * math.log(0.9) + 0.64 * math.log(0.2) + 0.25 * math.log(0.5)) / 3)
    assert losses.dice(logits, truth)[0] == pytest.approx(1 - (2 * 1.1 + 1) / (1.6 + 2 + 1))
    # errors 0.8 (object), 0.5 (background), 0.1 (object): 1 - IoU goes 0, 1/2, 2/3, 1 for the object, 0, 1/2, 1, 1 for the background
    assert losses.lovasz_softmax(logits, truth)[0] == pytest.approx(((0.8 / 2 + 0.5 / 6 + 0.1 / 3) + (0.8 / 2 + 0.5 / 2)) / 2)


def test_focal_forgives_what_is_right_and_weighting_balances_the_sides():
    truth = np.zeros(100, bool)
    truth[0] = True
    right = np.where(truth, 3.0, -3.0)
    assert losses.focal(right, truth)[0] < 0.01 * losses.cross_entropy(right, truth)[0]
    _, gradient = losses.weighted_cross_entropy(np.zeros(100), truth)
    assert -gradient[truth].sum() == pytest.approx(gradient[~truth].sum())


@pytest.mark.parametrize("name", NAMES)
def test_extreme_scores_stay_finite(name):
    value, gradient = LOSSES[name].compute(np.array([-1e4, 1e4, 0, 1e4], np.float32), np.array([True, False, True, True]))
    assert math.isfinite(value) and np.isfinite(gradient).all()


def test_the_rises_of_lovasz_sum_to_one():
    for truth in ([True], [False], [False, True, True, False], [False] * 5):
        assert losses.lovasz_gradient(np.array(truth)).sum() == pytest.approx(1)


def test_an_unknown_loss_is_refused():
    with pytest.raises(StudioError, match="huber"):
        losses.loss("huber")
