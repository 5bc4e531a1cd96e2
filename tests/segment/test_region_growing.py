"""Region growing: the fast one against the readable one, and the readable one against scikit-image and the definition."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from skimage.measure import label as connected_components
from skimage.segmentation import flood

from pystudio.errors import ImageError, StudioError
from pystudio.segment.region_growing import Grower, grow_by_hand

references = st.sampled_from(["seed", "mean"])
neighbourhoods = st.sampled_from([4, 8])
tolerances = st.one_of(st.sampled_from([0, 1, math.sqrt(2), math.sqrt(3), 5, 442]), st.floats(0, 120))


@st.composite
def pictures(draw):
    """Noise, and few-coloured pictures whose regions have many shapes."""
    shape = draw(hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=14))
    levels = draw(st.sampled_from([2, 3, 6, 256]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    image = rng.integers(0, levels, (*shape, 3)) * (255 // (levels - 1))
    if draw(st.booleans()):
        image = image[..., :1].repeat(3, axis=2)
    return image.astype(np.uint8)


@st.composite
def seeded(draw):
    image = draw(pictures())
    return image, (draw(st.integers(0, image.shape[0] - 1)), draw(st.integers(0, image.shape[1] - 1)))


def layers_by_definition(image, seed, tolerance, reference, connectivity):
    """Arrival of every pixel, by scanning the whole picture again for every layer."""
    rows, columns, _ = image.shape
    reach = 1 if connectivity == 4 else 2
    arrival = np.full((rows, columns), -1)
    arrival[seed] = 0
    colour = image[seed].astype(float)
    for layer in range(1, rows * columns + 1):
        last = np.argwhere(arrival == layer - 1)
        if reference == "mean":
            colour = image[arrival >= 0].mean(axis=0)
        for place in np.argwhere(arrival < 0):
            step = np.abs(last - place)
            touches = ((step.max(axis=1) == 1) & (step.sum(axis=1) <= reach)).any()
            if touches and ((image[tuple(place)] - colour) ** 2).sum() <= tolerance**2:
                arrival[tuple(place)] = layer
        if not (arrival == layer).any():
            return arrival
    return arrival


@settings(max_examples=200, deadline=None)
@given(seeded(), tolerances, references, neighbourhoods)
def test_the_fast_growth_equals_the_readable_one(picture, tolerance, reference, connectivity):
    image, seed = picture
    region = Grower(image).grow(seed, tolerance, reference, connectivity)
    expected = grow_by_hand(image, seed, tolerance, reference, connectivity)
    assert np.array_equal(region.mask(), expected)
    assert region.size == expected.sum()


@settings(max_examples=60, deadline=None)
@given(seeded(), tolerances, references, neighbourhoods)
def test_pixels_arrive_in_the_layers_of_the_definition(picture, tolerance, reference, connectivity):
    image, seed = picture
    region = Grower(image).grow(seed, tolerance, reference, connectivity)
    arrival = layers_by_definition(image, seed, tolerance, reference, connectivity)
    assert np.array_equal(region.arrival(), arrival)
    assert np.array_equal(grow_by_hand(image, seed, tolerance, reference, connectivity), arrival >= 0)
    assert np.array_equal(np.unique(region.indices), np.flatnonzero(arrival.ravel() >= 0))
    assert (np.diff(arrival.ravel()[region.indices]) >= 0).all()
    assert len(region.wave_starts) == arrival.max() + 1
    assert region.indices.dtype == region.wave_starts.dtype == np.int32


@settings(max_examples=60, deadline=None)
@given(seeded(), tolerances, neighbourhoods)
def test_with_the_seeds_colour_it_is_a_connected_component(picture, tolerance, connectivity):
    image, seed = picture
    near = ((image.astype(int) - image[seed].astype(int)) ** 2).sum(axis=2) <= tolerance**2
    components = connected_components(near, connectivity=1 if connectivity == 4 else 2)
    assert np.array_equal(Grower(image).grow(seed, tolerance, "seed", connectivity).mask(), components == components[seed])


@settings(max_examples=40, deadline=None)
@given(seeded(), st.integers(0, 255), neighbourhoods)
def test_on_grey_pictures_it_is_scikit_images_flood(picture, tolerance, connectivity):
    image, seed = picture
    grey = image[..., 0]
    region = grow_by_hand(grey[..., None].repeat(3, axis=2), seed, tolerance * math.sqrt(3) + 1e-9, "seed", connectivity)
    assert np.array_equal(region, flood(grey.astype(int), seed, tolerance=tolerance, connectivity=1 if connectivity == 4 else 2))


@settings(max_examples=60, deadline=None)
@given(pictures(), st.data())
def test_one_grower_asked_many_times_answers_like_a_new_one(image, data):
    grower = Grower(image)
    for _ in range(6):
        seed = (data.draw(st.integers(0, image.shape[0] - 1)), data.draw(st.integers(0, image.shape[1] - 1)))
        options = data.draw(st.tuples(tolerances, references, neighbourhoods))
        for tolerance in (options[0], options[0], options[0] + data.draw(st.floats(0, 100))):  # the same, then on from its rim
            region = grower.grow(seed, tolerance, *options[1:])
            assert np.array_equal(region.mask(), grow_by_hand(image, seed, tolerance, *options[1:]))
            assert len(np.unique(region.indices)) == region.size
            assert region.wave_starts[0] == 0 and (np.diff(region.wave_starts) > 0).all()


@settings(max_examples=60, deadline=None)
@given(seeded(), st.lists(tolerances, min_size=2, max_size=5), neighbourhoods)
def test_a_larger_tolerance_never_loses_a_pixel(picture, several, connectivity):
    image, seed = picture
    grower = Grower(image)
    regions = [grower.grow(seed, tolerance, "seed", connectivity).mask() for tolerance in sorted(several)]
    for smaller, larger in zip(regions, regions[1:]):
        assert (larger | ~smaller).all()


def test_a_region_that_goes_on_begins_with_the_old_one():
    ramp = np.arange(0, 200, 2, dtype=np.uint8)[None, :, None].repeat(3, axis=2)
    grower = Grower(ramp)
    small = grower.grow((0, 0), 40)
    large = grower.grow((0, 0), 80)
    assert small.size < large.size
    assert np.array_equal(large.indices[: small.size], small.indices)


@given(seeded(), tolerances, references, neighbourhoods)
def test_a_region_describes_itself(picture, tolerance, reference, connectivity):
    image, seed = picture
    region = Grower(image).grow(seed, tolerance, reference, connectivity)
    mask = region.mask()
    rows, columns = np.nonzero(mask)
    assert region.box == (rows.min(), rows.max() + 1, columns.min(), columns.max() + 1)
    assert region.seed == seed and region.indices[0] == seed[0] * image.shape[1] + seed[1]
    assert np.array_equal(region.seed_colour, image[seed])
    np.testing.assert_allclose(region.reference_colour, image[seed] if reference == "seed" else image[mask].mean(axis=0))


def test_two_neighbourhoods_differ_where_pixels_meet_at_a_corner():
    image = np.zeros((2, 2, 3), np.uint8)
    image[0, 1] = image[1, 0] = 200
    assert Grower(image).grow((0, 0), 5, "seed", 4).size == 1
    assert Grower(image).grow((0, 0), 5, "seed", 8).size == 2


def test_the_mean_follows_a_ramp_that_the_seed_does_not():
    ramp = np.repeat(np.arange(0, 120, 2, dtype=np.uint8)[None, :, None], 3, axis=2)
    seed, mean = (Grower(ramp).grow((0, 0), 30, reference).size for reference in ("seed", "mean"))
    assert seed < mean


def test_growing_touches_only_what_it_covers():
    image = np.zeros((1000, 1200, 3), np.uint8)
    image[500:510, 600:620] = 255
    grower = Grower(image)
    untouched = grower._free.copy()
    region = grower.grow((505, 610), 10)
    assert region.size == 200
    assert np.count_nonzero(grower._free != untouched) == 200 + 2 * (10 + 20)  # the region and its rim
    grower._reset()
    assert np.array_equal(grower._free, untouched)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (((3, 0), 5), r"\(3, 0\) lies outside"),
        (((0, -1), 5), "lies outside"),
        (((math.nan, 0), 5), "lies outside"),
        (((0, 0), -1), "tolerance is -1"),
        (((0, 0), math.nan), "tolerance is nan"),
        (((0, 0), math.inf), "tolerance is inf"),
        (((0, 0), 5, "median"), "median"),
        (((0, 0), 5, "seed", 6), "neighbours is 6"),
    ],
)
def test_bad_input_is_named_and_the_grower_still_works(arguments, said):
    grower = Grower(np.zeros((3, 4, 3), np.uint8))
    with pytest.raises(StudioError, match=said):
        grower.grow(*arguments)
    assert grower.grow((0, 0), 0).size == 12


NOT_PHOTOS = [np.zeros((3, 4), np.uint8), np.zeros((3, 4, 4), np.uint8), np.zeros((3, 4, 3)), np.zeros((0, 4, 3), np.uint8)]


@pytest.mark.parametrize("image", NOT_PHOTOS)
def test_what_is_no_photo_is_refused(image):
    with pytest.raises(ImageError, match="photo"):
        Grower(image)
