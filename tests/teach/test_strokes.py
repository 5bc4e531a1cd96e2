"""Which pixels of strokes are learnt from, and what each counts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from pystudio.errors import LabelError
from pystudio.teach.strokes import check_strokes, choose_pixels
from tests.teach.made import SHAPE, made, strokes

FOUND = made(("block10",))


@st.composite
def drawings(draw):
    drawn = np.full(SHAPE, -1)
    for _ in range(draw(st.integers(1, 12))):
        label, row, column = draw(st.integers(0, 3)), draw(st.integers(0, SHAPE[0] - 1)), draw(st.integers(0, SHAPE[1] - 1))
        drawn[row : row + draw(st.integers(1, 20)), column : column + draw(st.integers(1, 60))] = label
    return drawn


@settings(max_examples=60)
@given(drawings(), st.sampled_from([8, 50, 512]))
def test_samples_lie_on_strokes_and_every_class_and_stroke_counts_its_part(drawn, most):
    chosen = choose_pixels(drawn, FOUND, most)
    assert 0 < len(chosen) <= most
    assert (drawn[chosen.rows, chosen.columns] == chosen.labels).all()
    classes = np.unique(drawn[drawn >= 0])
    assert np.array_equal(np.unique(chosen.labels), classes)
    assert chosen.weights.sum() == pytest.approx(1) and (chosen.weights > 0).all()
    for k in classes:
        own = chosen.labels == k
        assert chosen.weights[own].sum() == pytest.approx(1 / len(classes))
        of_stroke = np.bincount(chosen.strokes[own], chosen.weights[own])
        assert of_stroke[of_stroke > 0] == pytest.approx(of_stroke.max())
        components = ndimage.label(drawn == k, np.ones((3, 3)))[0][chosen.rows[own], chosen.columns[own]]
        assert len(np.unique(components)) == np.count_nonzero(of_stroke)  # strokes are connected components, eight neighbours


@settings(max_examples=30)
@given(drawings())
def test_with_room_no_pixel_of_a_stroke_is_far_from_a_sample(drawn):
    chosen = choose_pixels(drawn, FOUND, 10**6)
    spacing = 4 * max(SHAPE) / 513 + 1  # image pixels
    for k in np.unique(drawn[drawn >= 0]):
        there = np.zeros(SHAPE, bool)
        own = chosen.labels == k
        there[chosen.rows[own], chosen.columns[own]] = True
        far = ndimage.distance_transform_cdt(~there, "chessboard")
        assert far[drawn == k].max() <= 2 * spacing


def test_a_long_stroke_and_a_dot_of_one_class_count_the_same():
    chosen = choose_pixels(strokes((0, 10, 5, 150), (0, 60, 80, 81), (1, 100, 5, 20)), FOUND)
    dot = (chosen.rows == 60)
    assert dot.sum() == 1 and chosen.weights[dot][0] == pytest.approx(0.25)


def test_what_is_drawn_twice_as_far_counts_no_more_and_the_order_of_classes_does_not_matter():
    drawn = strokes((0, 10, 5, 150), (1, 100, 5, 20))
    other = np.where(drawn >= 0, 1 - drawn, -1)
    one, two = choose_pixels(drawn, FOUND), choose_pixels(other, FOUND)
    assert np.array_equal(np.sort(one.weights), np.sort(two.weights)) and set(zip(one.rows, one.columns)) == set(zip(two.rows, two.columns))


def test_a_whole_photo_of_strokes_is_thinned_and_small_classes_keep_their_pixels():
    drawn = np.zeros(SHAPE, int)
    drawn[0, :3] = 1
    chosen = choose_pixels(drawn, FOUND, 100)
    assert len(chosen) == 100 and np.unique(chosen.rows[chosen.labels == 0]).size > 20
    assert 0 < (chosen.labels == 1).sum() < 4


def test_without_strokes_there_are_no_samples():
    assert len(choose_pixels(np.full(SHAPE, -1), FOUND)) == 0


@pytest.mark.parametrize(
    ("drawn", "said"),
    [
        (np.full((5, 6), -1), "120 and 160"), (np.full(SHAPE, 4), "the class 4"), (np.full(SHAPE, -2), "the class -2"), (np.zeros(SHAPE), "float64"), ([[0]], "list"),
        (np.zeros((*SHAPE, 3), int), "shape"),
    ],
)  # fmt: skip
def test_what_are_no_strokes_of_the_photo_is_refused(drawn, said):
    with pytest.raises(LabelError, match=said):
        check_strokes(drawn, SHAPE, 4)
