"""The microscope's maps, against counting one pixel at a time, SciPy's entropy and a network on the desktop."""
import asyncio
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from pystudio.networks import layers, uncertainty
from pystudio.networks import network as networks
from pystudio.errors import StudioError
from pystudio.session.protocol import checked
from pystudio.session.session import Session

scores = hnp.arrays(np.float64, st.tuples(st.integers(2, 6), st.integers(1, 4), st.integers(1, 4)), elements=st.floats(-40, 40, allow_subnormal=False))


def by_hand(pixel):
    powers = [math.exp(each - max(pixel)) for each in pixel]
    return [each / sum(powers) for each in powers]


@settings(deadline=None)  # SciPy is imported at its first call
@given(scores)
def test_every_map_equals_one_pixel_at_a_time(stack):
    confidence, entropy, margin, second = (each(stack) for each in (uncertainty.confidence, uncertainty.entropy, uncertainty.margin, uncertainty.second_best))
    for place in np.ndindex(stack.shape[1:]):
        pixel = stack[:, *place].tolist()
        shares, order = by_hand(pixel), sorted(range(len(pixel)), key=lambda k: (-pixel[k], k))
        assert np.allclose(uncertainty.softmax(stack)[:, *place], shares, atol=1e-12)
        assert confidence[place] == pytest.approx(max(shares), abs=1e-12)
        assert entropy[place] == pytest.approx(stats.entropy(shares, base=2), abs=1e-9)
        assert margin[place] == pixel[order[0]] - pixel[order[1]]
        assert second[place] == order[1]
        assert uncertainty.low_margin(stack, 2.0)[place] == (margin[place] < 2)


@given(scores)
def test_entropy_lies_between_certainty_and_equal_shares(stack):
    entropy = uncertainty.entropy(stack)
    assert (entropy >= 0).all() and (entropy <= math.log2(len(stack)) + 1e-9).all()


@given(hnp.arrays(np.float64, hnp.array_shapes(min_dims=1, max_dims=2), elements=st.floats(-1e6, 1e6)))
def test_shades_keep_the_order_and_use_the_whole_scale(numbers):
    made = uncertainty.shades(numbers)
    order = np.argsort(numbers, axis=None)
    assert (np.diff(made.values.ravel()[order].astype(int)) >= 0).all()
    if made.high > made.low:
        assert made.values.min() == 0 and made.values.max() == 255


@pytest.mark.parametrize("shape", [(30, 41), (48, 64), (7, 200)])
def test_stretched_scores_have_the_labels_of_the_studio(shape):
    net = networks.network("deeplab_s16")
    logits = np.random.default_rng(2).normal(0, 3, (21, 5, 7)).astype(np.float32)
    stretched = networks.upsample_logits(logits, shape, net)
    prediction = networks.decode(logits, shape, net)
    assert np.array_equal(stretched.argmax(axis=0), prediction.label_map)
    for row, column in ((0, 0), (shape[0] // 2, shape[1] // 3), (shape[0] - 1, shape[1] - 1)):
        assert np.allclose(uncertainty.softmax(stretched[:, row, column].astype(float)), prediction.scores_at(row, column), atol=1e-5)


def test_channels_are_shown_by_mean_strongest_and_one_by_one():
    stack = np.random.default_rng(3).normal(size=(5, 4, 3))
    stack[2] *= 10
    for show, expected in (("mean", stack.mean(axis=0)), ("strongest", stack.max(axis=0)), ("channel", stack[4])):
        grid, busiest = uncertainty.channel_map(stack, show, 4)
        assert np.array_equal(grid, expected) and busiest == 2
    with pytest.raises(StudioError, match="no channel 5"):
        uncertainty.channel_map(stack, "channel", 5)


@given(st.integers(1, 16), st.integers(2, 30), st.integers(5, 400), st.data())
def test_the_point_of_a_place_is_the_one_whose_cell_it_lies_in(stride, points, n_shown, data):
    n_model = (points - 1) * stride + 1
    place = data.draw(st.integers(0, n_shown - 1))
    first, last = uncertainty.grid_box(points, stride, n_model, n_shown)
    cell = (place + 0.5 - first) / (last - first) * points
    point, *_ = uncertainty.window(place, 0, 0, points, stride, n_model, n_shown)
    assert point - 1e-6 <= cell <= point + 1 + 1e-6


@given(st.integers(0, 20), st.integers(0, 60), st.integers(0, 60))
def test_a_window_is_cut_at_the_edges_of_the_picture(place, before, after):
    point, first, last, cut = uncertainty.window(place, before, after, points=3, stride=10, n_model=21, n_shown=21)
    inside = [pixel for pixel in range(21) if point * 10 - before <= pixel <= point * 10 + after]
    assert (first, last) == (inside[0], inside[-1] + 1)
    assert cut == (len(inside) < before + after + 1)


# -- the handler ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def handler():
    """A handler whose network answers with made-up numbers of the right shapes."""
    asked = []

    async def run(network, tensor, outputs=None):
        asked.append(outputs)
        grids = layers.grids(layers.layers(network.name), tensor.shape[2:])
        made = lambda name: np.random.default_rng(len(name)).normal(0, 4, (1, *grids[name])).astype(np.float32)
        return made("logits") if outputs is None else [made(name) for name in outputs]

    session = Session(run)
    session.open_photo(60, 90, bytes(60 * 90 * 4))
    return session.handler("microscope"), asked


def answer(handler, call, **arguments):
    given = checked(f"microscope.{call}", {"network": "deeplab_s16", **arguments})
    found = getattr(handler, call)(**given)
    return asyncio.run(found) if asyncio.iscoroutine(found) else found


def test_ordinary_questions_ask_the_network_once_and_only_for_its_scores(handler):
    handler, asked = handler
    before, after = answer(handler, "scores", softmax=False), answer(handler, "scores", softmax=True)
    for what in uncertainty.MEASURES:
        answer(handler, "uncertainty", measure=what)
    assert asked == [None]
    assert [sheet["id"] for sheet in before["maps"]] == [sheet["id"] for sheet in after["maps"]]
    assert [sheet["share"] for sheet in before["maps"]] == sorted((sheet["share"] for sheet in before["maps"]), reverse=True)
    assert len(before["values"]) == 21 * before["rows"] * before["columns"]


def test_looking_inside_is_one_more_run_for_all_stages(handler):
    handler, asked = handler
    asked.clear()
    known = answer(handler, "stages")["stages"]
    assert {each["name"] for each in known} == set(networks.recipes()["deeplab_s16"]["stages"]) | {"logits"}
    for stage in known:
        found = answer(handler, "inside", stage=stage["name"], show="channel", channel=stage["channels"] - 1)
        assert (found["grid_rows"], found["grid_columns"]) == (stage["rows"], stage["columns"])
    assert len(asked) == 1 and asked[0] is not None


def test_the_bars_of_a_pixel_tell_its_margin_and_the_label_map(handler):
    handler, _ = handler
    read = answer(handler, "at", row=17, column=40)
    assert sum(bar["share"] for bar in read["bars"]) == pytest.approx(1)
    assert read["margin"] == pytest.approx(read["bars"][0]["score"] - read["bars"][1]["score"])
    assert answer(handler, "second_best")["label_map"].reshape(60, 90)[17, 40] == read["bars"][1]["id"]
    assert answer(handler, "low_margin", threshold=read["margin"] + 1e-4)["values"].reshape(60, 90)[17, 40] == 1


@pytest.mark.parametrize("call, arguments, words", [
    ("at", {"row": 60, "column": 0}, "outside"), ("inside", {"stage": "roof", "show": "mean"}, "no stage"), ("stages", {"network": "selfie_segmentation"}, "not known")])
def test_what_is_not_there_is_refused_in_words(handler, call, arguments, words):
    with pytest.raises(StudioError, match=words):
        answer(handler[0], call, **arguments)
