"""Teaching from strokes: what is learnt, again and again, from several photos; calibration; what is odd or cannot be used."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pystudio.errors import LabelError, NetworkError, StudioError
from pystudio.networks import uncertainty
from pystudio.teach import calibrate, class_set, teach
from pystudio.teach.head import Head, network_version
from pystudio.teach.learning import _temperature
from tests.teach.made import SHAPE, TWO, made, strokes, truth

CLASSES = class_set(["left", "right"], [[90, 170, 255], [120, 220, 80]])
THREE = class_set(["left", "right", "nowhere"])


def right_share(head, features):
    return (head.predict(features).label_map == truth(features.shape)).mean()


def brute_logits(head, features):
    """The head at every pixel, written out: standardise, multiply, divide by the temperature."""
    rows, columns = (each.ravel() for each in np.indices(features.shape))
    values = (features.at(rows, columns).astype(float) - head.mean[:, None]) / head.scale[:, None]
    for place, (weights, bias) in enumerate(head.layers):
        values = weights.astype(float) @ (np.maximum(values, 0) if place else values) + bias[:, None]
    return (values / head.temperature).reshape(-1, *features.shape)


# ---------------------------------------------------------------- what is learnt
@pytest.mark.parametrize("hidden", [0, 8])
def test_two_strokes_divide_the_photo_they_are_on_and_one_that_was_never_seen(hidden):
    taught = teach([(made(), TWO)], CLASSES, hidden)
    assert taught.agreement == 1 and taught.notes == () and taught.head.hidden == hidden
    assert right_share(taught.head, made()) > 0.9
    assert right_share(taught.head, made(seed=7)) > 0.9


def test_labels_are_the_likeliest_class_of_the_head_at_every_pixel():
    features = made(("colour", "block3", "joined"), seed=3)
    head = replace(teach([(features, TWO)], CLASSES).head, temperature=0.7)
    logits = brute_logits(head, features)
    sure = np.abs(logits[0] - logits[1]) > 0.05  # the grid of the answer is finer than a photo as small as this one
    prediction = head.predict(features)
    assert sure.mean() > 0.5
    assert (prediction.label_map == logits.argmax(axis=0))[sure].mean() > 0.97
    assert prediction.network.labels is CLASSES and prediction.classes()


def test_scores_at_grid_points_are_the_logits_divided_by_the_temperature():
    features = made(("block3", "joined"), shape=(385, 513))  # image pixels are network pixels
    head = replace(teach([(features, strokes((0, 30, 10, 60), (1, 90, 300, 350), shape=(385, 513)))], CLASSES).head, temperature=2.5)
    logits = head.scores(features)
    assert np.array_equal(logits, head.predict(features).logits)
    assert logits == pytest.approx(brute_logits(head, features)[:, ::4, ::4], abs=1e-3)


@settings(max_examples=20)
@given(st.permutations([0, 1, 2]))
def test_another_order_of_classes_gives_the_same_labels(order):
    drawn = strokes((0, 30, 10, 60), (1, 90, 100, 150), (2, 60, 70, 90))
    names = ["a", "b", "c"]
    straight = teach([(made(), drawn)], class_set(names)).head.predict(made()).label_map
    turned = np.where(drawn >= 0, np.array(order)[drawn], -1)
    other = teach([(made(), turned)], class_set([names[order.index(k)] for k in range(3)])).head.predict(made()).label_map
    assert (np.array(order)[straight] == other).mean() > 0.999


def test_equal_strokes_give_equal_heads_bit_for_bit():
    one, two = (teach([(made(), TWO)], CLASSES, hidden=4).head for _ in range(2))
    assert all(np.array_equal(a, b) for first, second in zip(one.layers, two.layers) for a, b in zip(first, second))


def test_strokes_on_two_photos_are_both_learnt_and_their_order_does_not_matter():
    here, there = made(seed=1), made(seed=2)
    left, right = strokes((0, 30, 10, 60)), strokes((1, 90, 100, 150))
    one, two = teach([(here, left), (there, right)], CLASSES), teach([(there, right), (here, left)], CLASSES)
    assert one.agreement == 1 and right_share(one.head, made(seed=3)) > 0.85
    assert (one.head.predict(here).label_map == two.head.predict(here).label_map).mean() > 0.999


def test_strokes_dealt_out_over_two_copies_of_a_photo_teach_what_they_teach_on_one():
    features, lines = made(noise=2.0), [(0, 10, 10, 60), (0, 40, 20, 50), (0, 70, 5, 12), (1, 90, 100, 150), (1, 20, 90, 120)]
    whole = teach([(features, strokes(*lines))], CLASSES).head
    parts = teach([(features, strokes(*lines[:1])), (features, strokes(*lines[1:]))], CLASSES).head
    assert parts.scores(features) == pytest.approx(whole.scores(features), abs=0.01)


def test_a_photo_without_strokes_changes_nothing_but_what_is_usual():
    taught = teach([(made(), TWO), (made(seed=5), np.full(SHAPE, -1))], CLASSES)
    assert taught.samples == teach([(made(), TWO)], CLASSES).samples and right_share(taught.head, made()) > 0.9


# ---------------------------------------------------------------- while a stroke grows
def test_learning_goes_on_while_a_stroke_grows_and_ends_where_a_fresh_start_ends():
    features, start, steps = made(noise=2.0), None, 0
    for past in range(20, 64, 4):
        drawn = strokes((0, 30, 10, past), (1, 90, 100, 150))
        grown = teach([(features, drawn)], CLASSES, start=start)
        fresh = teach([(features, drawn)], CLASSES)
        assert (grown.head.predict(features).label_map == fresh.head.predict(features).label_map).mean() > 0.99
        steps += fresh.steps - grown.steps
        start = grown.head
    assert steps > 0


def test_a_warm_start_answers_as_before_when_another_photo_changes_what_is_usual():
    head = teach([(made(), TWO)], CLASSES).head
    shifted = made(seed=4)
    again = teach([(made(), TWO), (shifted, np.full(SHAPE, -1))], CLASSES, start=head, steps=0).head
    assert not np.array_equal(again.mean, head.mean)
    assert again.predict(shifted).logits == pytest.approx(head.predict(shifted).logits, abs=1e-3)


def test_a_start_that_does_not_fit_is_left_aside():
    head = teach([(made(), TWO)], CLASSES).head
    assert teach([(made(), TWO)], THREE, start=head).agreement == 1
    assert teach([(made(("joined",)), TWO)], CLASSES, start=head).agreement == 1


# ---------------------------------------------------------------- odd strokes
def test_a_class_without_strokes_is_told_and_found_nowhere():
    taught = teach([(made(), TWO)], THREE)
    assert taught.notes == ("The class “nowhere” has no stroke yet: nothing is labelled with it.",)
    prediction = taught.head.predict(made())
    assert set(np.unique(prediction.label_map)) == {0, 1}
    assert uncertainty.softmax(prediction.logits)[2].max() == 0 and np.isfinite(uncertainty.entropy(prediction.logits)).all()


def test_single_pixels_are_enough():
    taught = teach([(made(noise=0.3), strokes((0, 30, 10, 11), (1, 90, 140, 141)))], CLASSES)
    assert taught.samples == 2 and right_share(taught.head, made(noise=0.3)) > 0.8


def test_contradictory_strokes_are_told():
    drawn = strokes((0, 30, 10, 70), (1, 31, 10, 70), (1, 90, 100, 150), (1, 95, 100, 150), (1, 100, 100, 150))
    taught = teach([(made(("block10",)), drawn)], CLASSES)
    assert taught.agreement < 1 or taught.loss > 0.3
    colour = made(("colour",), noise=0.0)
    assert any("contradict" in note and "“" in note for note in teach([(colour, strokes((0, 30, 10, 30), (1, 50, 10, 30)))], CLASSES).notes)


def test_a_photo_painted_all_over_and_two_hundred_strokes_are_learnt_from():
    whole = truth().copy()
    assert right_share(teach([(made(), whole)], CLASSES).head, made()) > 0.95
    many = np.full(SHAPE, -1)
    for row in range(0, 120, 12):
        for column in range(2, 158, 8):
            many[row, column : column + 3] = truth()[row, column]
    taught = teach([(made(), many)], CLASSES)
    assert taught.samples <= 512 and right_share(taught.head, made()) > 0.95


@pytest.mark.parametrize(
    ("drawn", "said"),
    [(np.full(SHAPE, -1), "There are no strokes"), (strokes((1, 3, 4, 20)), "Only the class “right” has strokes"), (np.full((5, 5), -1), "5 rows"), (strokes((2, 3, 4, 9)), "the class 2")],
)
def test_strokes_that_cannot_be_learnt_from_are_refused_with_what_to_do(drawn, said):
    with pytest.raises(LabelError, match=said) as raised:
        teach([(made(), drawn)], CLASSES)
    assert raised.value.remedy


def test_photos_of_other_stages_and_nothing_at_all_are_refused():
    with pytest.raises(StudioError, match="same network and stages"):
        teach([(made(), TWO), (made(("joined",)), TWO)], CLASSES)
    with pytest.raises(StudioError, match="no photo"):
        teach([], CLASSES)
    with pytest.raises(StudioError, match="hidden layer"):
        teach([(made(), TWO)], CLASSES, hidden=1000)


@pytest.mark.parametrize("names", [["a"], ["a", "A "], ["a", ""], ["x"] * 30])
def test_classes_that_cannot_be_taught_are_refused(names):
    with pytest.raises(StudioError):
        class_set(names)
    with pytest.raises(StudioError):
        class_set(["a", "b"], [[0, 0, 300], [1, 1, 1]])


# ---------------------------------------------------------------- other networks, other stages
def test_a_head_is_refused_by_other_stages_another_network_and_another_version():
    head = teach([(made(), TWO)], CLASSES).head
    with pytest.raises(NetworkError, match="looks at the stages block10, joined"):
        head.predict(made(("joined",)))
    with pytest.raises(NetworkError, match="taught on the network deeplab,"):
        replace(head, network="deeplab").predict(made())
    with pytest.raises(NetworkError, match="another version"):
        replace(head, version="0" * 16).predict(made())


def test_the_version_follows_what_stages_depend_on_and_not_the_words_of_a_recipe(monkeypatch):
    from pystudio.networks import network as networks

    recipes, before = networks.recipes(), network_version("deeplab")
    monkeypatch.setattr(networks, "recipes", lambda: recipes)
    recipes["deeplab"] = recipes["deeplab"] | {"title": "Another title"}
    assert network_version("deeplab") == before
    for table, change in (("stages", {"joined": "elsewhere"}), ("input", {"scale": 0.5}), ("variants", {"ship": "float16"})):
        recipes["deeplab"] = networks.recipes()["deeplab"] | {table: recipes["deeplab"][table] | change}
        assert network_version("deeplab") != before


# ---------------------------------------------------------------- calibration
def test_the_temperature_is_that_at_which_the_labels_are_likeliest():
    random = np.random.default_rng(0)
    logits = random.normal(size=(3, 2000)).astype(np.float32)
    shares = uncertainty.softmax(logits)
    labels = (shares.cumsum(axis=0) < random.uniform(size=2000)).sum(axis=0)  # drawn by these probabilities: they are right as they are
    weights = np.full(2000, 1 / 2000)
    assert _temperature(logits, labels, weights) == pytest.approx(1, abs=0.15)
    assert _temperature(3 * logits, labels, weights) == pytest.approx(3 * _temperature(logits, labels, weights), rel=1e-3)
    found = _temperature(3 * logits, labels, weights)
    loss = lambda t: -np.log(uncertainty.softmax(3 * logits / t)[labels, np.arange(2000)]).mean()
    assert loss(found) <= min(map(loss, np.geomspace(0.25, 16, 60))) + 1e-6


def test_calibration_changes_how_sure_a_head_is_and_never_its_labels():
    drawn = strokes(*[(k, row, 10 + 80 * k, 50 + 80 * k) for row in (10, 40, 70, 100) for k in (0, 1)])
    photos = [(made(noise=4.0), drawn)]
    head = teach(photos, CLASSES).head
    calibrated = calibrate(photos, head)
    assert calibrated.temperature != 1
    assert np.array_equal(calibrated.predict(photos[0][0]).label_map, head.predict(photos[0][0]).label_map)


def test_calibrated_probabilities_come_true_more_nearly_as_often_as_they_say():
    drawn = strokes(*[(k, row, 5 + 80 * k, 75 + 80 * k) for row in range(5, 120, 10) for k in (0, 1)])
    photos, other = [(made(noise=12.0), drawn)], made(noise=12.0, seed=9)
    head = teach(photos, CLASSES).head
    losses = []
    for each in (head, calibrate(photos, head)):
        grid = each.predict(other)
        shares = uncertainty.softmax(brute_logits(each, other))
        losses.append(-np.log(np.take_along_axis(shares, truth()[None], axis=0)).mean())
        assert grid.logits.shape[0] == 2
    assert losses[1] < losses[0]


def test_with_one_stroke_a_class_there_is_nothing_to_calibrate_with():
    head = teach([(made(), TWO)], CLASSES).head
    assert calibrate([(made(), TWO)], head) is head and isinstance(head, Head)
