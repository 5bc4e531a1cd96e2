"""Mattes, against windows summed one by one, a guided filter written out from the paper, and a pixel-by-pixel softmax."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pystudio.networks import network as networks
from pystudio.errors import StudioError
from pystudio.segment.matting import box_mean, enlarge, refine, score_share

UNIT = st.floats(0, 1, width=32)


def windows(shape, radius):
    for r in range(shape[0]):
        for c in range(shape[1]):
            yield r, c, np.s_[max(0, r - radius) : r + radius + 1, max(0, c - radius) : c + radius + 1]


@given(hnp.arrays(np.float64, hnp.array_shapes(min_dims=2, max_dims=3, max_side=9), elements=st.floats(-5, 5)), st.integers(0, 12))
def test_box_mean_is_the_mean_of_every_window_summed_by_itself(values, radius):
    expected = np.empty(values.shape)
    for r, c, window in windows(values.shape[:2], radius):
        expected[r, c] = values[window].mean(axis=(0, 1))
    assert np.allclose(box_mean(values, radius), expected, atol=1e-12)


def test_box_mean_refuses_a_negative_radius():
    with pytest.raises(StudioError, match="-1"):
        box_mean(np.zeros((2, 2)), -1)


def guided_by_the_book(rough, photo, radius, epsilon):
    """He, Sun and Tang 2013, equations 14 to 16, one window at a time, with a general solver."""
    slope, base = np.empty(photo.shape), np.empty(rough.shape)
    for r, c, window in windows(rough.shape, radius):
        colours, shares = photo[window].reshape(-1, 3), rough[window].ravel()
        covariance = np.cov(colours.T, bias=True).reshape(3, 3) + epsilon * np.eye(3)
        slope[r, c] = np.linalg.solve(covariance, (colours * shares[:, None]).mean(axis=0) - colours.mean(axis=0) * shares.mean())
        base[r, c] = shares.mean() - slope[r, c] @ colours.mean(axis=0)
    q = np.empty(rough.shape)
    for r, c, window in windows(rough.shape, radius):
        q[r, c] = slope[window].reshape(-1, 3).mean(axis=0) @ photo[r, c] + base[window].mean()
    return np.clip(q, 0, 1)


@pytest.mark.parametrize("seed, radius", [(1, 1), (2, 2), (3, 4)])
def test_the_guided_filter_is_that_of_the_paper(seed, radius):
    random = np.random.default_rng(seed)
    photo, rough = random.random((9, 11, 3)).astype(np.float32), (random.random((9, 11)) > 0.5).astype(np.float32)
    found = refine(rough, photo, radius, 1e-2).band(photo, rough.shape)
    assert np.allclose(found, guided_by_the_book(rough, photo.astype(float), radius, 1e-2), atol=1e-5)


def test_the_guided_filter_finds_an_edge_that_the_scores_only_hint_at():
    photo = np.zeros((40, 60, 3), np.float32)
    photo[:, 31:] = (0.9, 0.7, 0.1)
    rough = np.clip((np.arange(60) - 20) / 20, 0, 1) * np.ones((40, 1))  # a slope of 0.05 a pixel
    found = refine(rough, photo, 8).band(photo, rough.shape)
    steps = np.diff(found.mean(axis=0))
    assert steps.argmax() == 30
    assert steps.max() > 6 * 0.05


def test_a_matte_measured_small_follows_the_edge_in_a_photo_four_times_as_large():
    small = np.zeros((20, 30, 3), np.float32)
    small[:, 15:] = 0.8
    large = np.zeros((80, 120, 3), np.float32)
    large[:, 61:] = 0.8  # not where the small copy would put it
    rough = np.broadcast_to(np.clip((np.arange(30) - 10) / 10, 0, 1), (20, 30))
    found = refine(rough, small, 4).band(large, (80, 120))
    assert found[:, 61].min() - found[:, 60].max() > 0.25  # scores alone rise by 0.025 a pixel


@given(hnp.arrays(np.float32, (5, 4), elements=UNIT), st.integers(1, 17), st.integers(1, 17), st.data())
def test_a_band_of_an_enlarged_plane_is_a_part_of_the_whole_and_stays_in_range(plane, rows, columns, data):
    whole = enlarge(plane, (rows, columns))
    top = data.draw(st.integers(0, rows - 1))
    count = data.draw(st.integers(1, rows - top))
    assert np.array_equal(enlarge(plane, (rows, columns), top, count), whole[top : top + count])
    assert whole.min() >= plane.min() - 1e-6 and whole.max() <= plane.max() + 1e-6


def test_enlarging_to_the_same_size_changes_nothing():
    plane = np.random.default_rng(0).random((6, 7)).astype(np.float32)
    assert np.array_equal(enlarge(plane, (6, 7)), plane)


def test_the_share_of_classes_is_their_softmax_at_grid_points():
    logits = np.random.default_rng(5).normal(0, 3, (21, 4, 5)).astype(np.float32)
    shape = (8 * 3 + 1, 8 * 4 + 1)  # the frame itself: every eighth pixel is a point of the grid
    found = score_share(logits, 8, [3, 15], shape)
    net = networks.network("deeplab")
    prediction = networks.decode(logits[None], shape, net)
    for r in range(4):
        for c in range(5):
            scores = prediction.scores_at(8 * r, 8 * c)
            assert found[8 * r, 8 * c] == pytest.approx(scores[3] + scores[15], abs=1e-5)


@pytest.mark.parametrize("ids", [[], [21], [-1]])
def test_classes_that_are_not_there_are_refused(ids):
    with pytest.raises(StudioError, match="class"):
        score_share(np.zeros((21, 2, 2), np.float32), 8, ids, (9, 9))


def test_the_share_on_a_grid_as_fine_as_the_picture_is_the_probability_itself():
    p = np.random.default_rng(2).uniform(0.01, 0.99, (6, 7))
    logits = np.stack([np.zeros_like(p), np.log(p / (1 - p))]).astype(np.float32)
    assert np.allclose(score_share(logits, 1, [1], (6, 7)), p, atol=1e-5)
