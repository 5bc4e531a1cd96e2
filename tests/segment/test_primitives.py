"""What all of the library builds on, against scikit-image: boundaries, connected components and polygons."""
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from skimage import draw, segmentation
from skimage.measure import label as skimage_label

from pystudio.segment._boundaries import find_boundaries
from pystudio.segment._components import flood, label
from pystudio.segment._polygons import polygon2mask

LABELS = npst.arrays(np.uint8, npst.array_shapes(min_dims=2, max_dims=2, max_side=14), elements=st.integers(0, 3))


@given(LABELS)
def test_boundaries_are_those_of_scikit_image(label_map):
    assert np.array_equal(find_boundaries(label_map), segmentation.find_boundaries(label_map, connectivity=1, mode="inner"))


@given(LABELS)
def test_with_the_border_they_are_those_in_a_frame_of_background(label_map):
    framed = segmentation.find_boundaries(np.pad(label_map, 1), connectivity=1, mode="inner")
    assert np.array_equal(find_boundaries(label_map, border=True), framed[1:-1, 1:-1])


@given(LABELS, st.sampled_from([4, 8]))
def test_components_leave_out_what_does_not_count(label_map, connectivity):
    expected = skimage_label(np.where(label_map == 2, 0, label_map), connectivity=connectivity // 4, background=0)
    assert np.array_equal(label(label_map, (label_map != 0) & (label_map != 2), connectivity), expected)


@given(LABELS.filter(np.any), st.data())
def test_a_flood_is_one_component(label_map, data):
    mask = label_map != 0
    seed = tuple(data.draw(st.sampled_from(np.argwhere(mask).tolist())))
    assert np.array_equal(flood(mask, *seed), segmentation.flood(mask, seed, connectivity=1))


@pytest.mark.parametrize("box", [(0, 20, 0, 30), (3, 9, 4, 11), (5, 5, 2, 8)])
def test_polygons_fill_as_scikit_images_do_and_a_box_shows_its_part(box):
    corners = np.array([[1.3, 2.2], [15.8, 7.4], [9.1, 27.6], [2.7, 19.9]])
    whole = draw.polygon2mask((20, 30), corners)
    assert np.array_equal(polygon2mask([corners], box), whole[box[0] : box[1], box[2] : box[3]])


def test_of_two_polygons_what_lies_in_both_is_a_hole():
    square = lambda low, high: np.array([[low, low], [low, high], [high, high], [high, low]], float)
    found = polygon2mask([square(-0.5, 4.5), square(0.5, 3.5)], (0, 5, 0, 5))
    assert found.sum() == 16 and not found[1:4, 1:4].any()
