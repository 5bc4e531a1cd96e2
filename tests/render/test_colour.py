"""Colours, overlays and cut-outs, one pixel at a time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pystudio.render.colour import colourise, cutout, overlay
from pystudio.errors import ImageError, LabelError, StudioError
from pystudio.labels import PERSON, VOC, VOID

maps = hnp.arrays(np.uint8, (3, 4), elements=st.sampled_from([*range(21), VOID]))
photos = hnp.arrays(np.uint8, (3, 4, 3))


@given(maps)
def test_every_pixel_has_the_colour_of_its_class(label_map):
    found = colourise(label_map, VOC)
    for place, id in np.ndenumerate(label_map):
        assert tuple(found[place]) == tuple(VOC.colour(int(id)))


@given(photos, maps, st.floats(0, 1), st.sets(st.integers(1, 20), max_size=3))
def test_an_overlay_is_the_weighted_mean_of_photo_and_colour(image, label_map, opacity, hidden):
    found = overlay(image, label_map, VOC, opacity, hidden)
    assert found.dtype == np.uint8
    for place, id in np.ndenumerate(label_map):
        weight = 0 if id == 0 or id in hidden else opacity
        expected = image[place] * (1 - weight) + VOC.colour(int(id)) * weight
        assert np.abs(found[place] - expected).max() <= 1  # opacity is kept in 255ths


@given(photos, maps)
def test_the_ends_of_opacity_are_exact(image, label_map):
    assert np.array_equal(overlay(image, label_map, VOC, 0), image)
    full = overlay(image, label_map, VOC, 1)
    assert np.array_equal(full, np.where((label_map == 0)[..., None], image, colourise(label_map, VOC)))


@given(photos, hnp.arrays(bool, (3, 4)))
def test_a_cutout_is_opaque_inside_and_clear_outside(image, mask):
    found = cutout(image, mask)
    assert np.array_equal(found[..., :3], image)
    assert np.array_equal(found[..., 3] == 255, mask) and set(np.unique(found[..., 3])) <= {0, 255}


def test_a_photo_of_many_bands_is_tinted_like_a_small_one():
    rng = np.random.default_rng(0)
    image, label_map = rng.integers(0, 256, (700, 300, 3), dtype=np.uint8), rng.integers(0, 21, (700, 300), dtype=np.uint8)
    parts = [overlay(image[i : i + 1], label_map[i : i + 1], VOC, 0.37) for i in range(700)]
    assert np.array_equal(overlay(image, label_map, VOC, 0.37), np.concatenate(parts))


def test_an_unknown_id_is_named():
    with pytest.raises(LabelError, match="person has no id 7"):
        colourise(np.full((2, 2), 7, np.uint8), PERSON)


def test_maps_must_be_of_the_photos_size():
    with pytest.raises(ImageError, match=r"\(2, 2\)"):
        overlay(np.zeros((3, 4, 3), np.uint8), np.zeros((2, 2), np.uint8), VOC, 0.5)
    with pytest.raises(ImageError):
        cutout(np.zeros((3, 4, 3), np.uint8), np.zeros((2, 2), bool))


@pytest.mark.parametrize("opacity", [-0.1, 1.1, float("nan")])
def test_opacity_out_of_range_is_named(opacity):
    with pytest.raises(StudioError, match=str(opacity)):
        overlay(np.zeros((3, 4, 3), np.uint8), np.zeros((3, 4), np.uint8), VOC, opacity)
