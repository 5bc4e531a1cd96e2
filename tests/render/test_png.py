"""PNG files, read back by Pillow."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from pystudio.errors import ImageError, LabelError
from pystudio.render.png import palette_png, png
from pystudio.image import load_labels
from pystudio.labels import PERSON, VOC, VOID, voc_colour_map

shapes = hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=20)


@given(hnp.arrays(np.uint8, shapes, elements=st.sampled_from([*range(21), VOID])))
def test_a_label_map_survives_the_round_trip(label_map):
    assert np.array_equal(load_labels(palette_png(label_map, VOC), shape=label_map.shape), label_map)


@given(hnp.arrays(np.uint8, shapes, elements=st.integers(0, 1)))
def test_a_person_map_survives_the_round_trip(label_map):
    assert np.array_equal(load_labels(palette_png(label_map, PERSON), PERSON), label_map)


def test_a_mask_is_stored_as_voc_stores_it():
    with Image.open(io.BytesIO(palette_png(np.array([[0, 15, 255]], np.uint8), VOC))) as picture:
        assert (picture.format, picture.mode, picture.size) == ("PNG", "P", (3, 1))
        assert np.array(picture).tolist() == [[0, 15, 255]]
        assert np.array_equal(np.array(picture.getpalette()).reshape(-1, 3), voc_colour_map())


@given(hnp.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.sampled_from([3, 4]))))
def test_a_picture_survives_the_round_trip(image):
    with Image.open(io.BytesIO(png(image))) as picture:
        assert np.array_equal(np.array(picture), image)


@pytest.mark.parametrize("array", [np.zeros((2, 2), np.int64), np.zeros((0, 2), np.uint8), np.zeros((2, 2, 3), np.uint8)])
def test_what_is_no_label_map_is_refused(array):
    with pytest.raises(LabelError, match="shape"):
        palette_png(array, VOC)


@pytest.mark.parametrize("array", [np.zeros((2, 2, 3)), np.zeros((2, 2), np.uint8), np.zeros((2, 0, 3), np.uint8)])
def test_what_is_no_picture_is_refused(array):
    with pytest.raises(ImageError, match="shape"):
        png(array)
