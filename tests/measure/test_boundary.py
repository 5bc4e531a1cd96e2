"""Distances between boundaries, against SciPy, scikit-image and distances taken one by one."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.ndimage import binary_erosion, distance_transform_edt
from skimage.metrics import hausdorff_distance

from pystudio.measure.boundary import FAR, Reference, column_distance, distance_map, edge
from pystudio.errors import LabelError, StudioError

SHAPES = hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=14)
MASKS = hnp.arrays(bool, SHAPES)
QUICK = settings(max_examples=50, deadline=None)


@st.composite
def pairs(draw):
    shape = draw(SHAPES)
    sparse = st.sampled_from([True, *[False] * 5])
    return tuple(draw(hnp.arrays(bool, shape, elements=draw(st.sampled_from([st.booleans(), sparse])))) for _ in range(2))


def nearest(points, places):
    """Distance of each place to the nearest point, one by one."""
    return [min(math.dist(a, b) for b in points) for a in places]


@QUICK
@given(MASKS)
def test_edge_is_what_erosion_by_a_cross_takes_away(mask):
    assert np.array_equal(edge(mask), mask & ~binary_erosion(mask, border_value=0))


@QUICK
@given(MASKS)
def test_distance_map_equals_scipys(points):
    found = distance_map(points)
    if not points.any():
        assert (found == FAR).all()
    else:
        assert np.array_equal(found, np.rint(distance_transform_edt(~points) ** 2).astype(int))


@pytest.mark.parametrize("density", [0.5, 0.01, 0.0002])
@pytest.mark.parametrize("shape", [(200, 301), (97, 640), (511, 3)])
def test_distance_map_equals_scipys_on_large_pictures(shape, density):
    points = np.random.default_rng(7).random(shape) < density
    points[shape[0] // 2, shape[1] // 3] = True
    assert np.array_equal(distance_map(points), np.rint(distance_transform_edt(~points) ** 2).astype(int))


@QUICK
@given(MASKS)
def test_column_distance_equals_looking_up_and_down(points):
    found = column_distance(points)
    for (row, column), steps in np.ndenumerate(found):
        away = [abs(row - r) for r in np.flatnonzero(points[:, column])]
        assert steps == min(away) if away else steps > points.shape[0]


@QUICK
@given(pairs(), st.floats(0, 6))
def test_boundary_f_equals_counting_neighbours_one_by_one(pair, tolerance):
    truth, mask = pair
    found = Reference(truth).compare(mask, tolerance)
    a, b = np.argwhere(edge(truth)), np.argwhere(edge(mask))
    if not len(a) and not len(b):
        assert math.isnan(found.f)
        return
    if not len(a) or not len(b):
        assert found.f == 0
        return
    recall = np.mean([d**2 <= tolerance**2 + 1e-9 for d in nearest(b, a)])
    precision = np.mean([d**2 <= tolerance**2 + 1e-9 for d in nearest(a, b)])
    assert (found.recall, found.precision) == pytest.approx((recall, precision))
    assert found.f == pytest.approx(2 * precision * recall / (precision + recall) if precision + recall else 0)
    assert (int(found.truth_near.sum()), int(found.prediction_near.sum())) == (round(recall * len(a)), round(precision * len(b)))


@QUICK
@given(pairs())
def test_hausdorff_equals_scikit_images(pair):
    truth, mask = pair
    assert Reference(truth).compare(mask, 1).hausdorff == pytest.approx(hausdorff_distance(edge(truth), edge(mask)))


@QUICK
@given(pairs())
def test_hausdorff_is_symmetrical_and_95_is_no_larger(pair):
    truth, mask = pair
    one, other = Reference(truth).compare(mask, 1), Reference(mask).compare(truth, 1)
    assert (one.hausdorff, one.hausdorff95) == (other.hausdorff, other.hausdorff95)
    assert one.hausdorff95 <= one.hausdorff or math.isinf(one.hausdorff)
    assert (one.precision, one.recall) == pytest.approx((other.recall, other.precision), nan_ok=True)


@QUICK
@given(pairs())
def test_hausdorff_95_is_the_larger_of_both_percentiles(pair):
    truth, mask = pair
    if truth.any() and mask.any():
        a, b = np.argwhere(edge(truth)), np.argwhere(edge(mask))
        expected = max(np.percentile(nearest(b, a), 95), np.percentile(nearest(a, b), 95))
        assert Reference(truth).compare(mask, 1).hausdorff95 == pytest.approx(expected)


@QUICK
@given(pairs())
def test_the_pair_of_pixels_is_as_far_apart_as_the_distance_and_nothing_is_nearer(pair):
    truth, mask = pair
    found = Reference(truth).compare(mask, 1)
    if not truth.any() or not mask.any():
        assert found.pair is None
        return
    first, second = found.pair[:2], found.pair[2:]
    own, other = (edge(truth), edge(mask)) if found.furthest_of == "truth" else (edge(mask), edge(truth))
    assert own[first] and other[second]
    assert math.dist(first, second) == pytest.approx(found.hausdorff)
    assert math.dist(first, second) == pytest.approx(nearest(np.argwhere(other), [first])[0])


def test_empty_masks_have_defined_grades():
    empty, dot = np.zeros((4, 5), bool), np.zeros((4, 5), bool)
    dot[1, 2] = True
    for truth, mask in ((empty, dot), (dot, empty)):
        found = Reference(truth).compare(mask, 2)
        assert (found.f, found.hausdorff, found.hausdorff95, found.pair) == (0, math.inf, math.inf, None)
    both = Reference(empty).compare(empty, 2)
    assert math.isnan(both.f) and (both.hausdorff, both.hausdorff95) == (0, 0)


def test_a_worked_example():
    truth = np.zeros((6, 9), bool)
    truth[1:5, 1:5] = True
    mask = np.roll(truth, 3, axis=1)  # columns 4 to 7
    found = Reference(truth).compare(mask, tolerance=1)
    # 12 boundary pixels each; of the truth's, within one pixel of the mask's: the four of column 4, and both ends of row 1 and 4 at column 3
    assert (int(found.truth_near.sum()), int(found.prediction_near.sum())) == (6, 6)
    assert (found.f, found.hausdorff) == (0.5, 3)


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(LabelError, match="shape"):
        Reference(np.zeros((3, 3), bool)).compare(np.zeros((3, 4), bool), 1)
    with pytest.raises(StudioError, match="tolerance"):
        Reference(np.zeros((3, 3), bool)).compare(np.zeros((3, 3), bool), -1)
    with pytest.raises(LabelError):
        edge(np.zeros(4, bool))
