"""Single things of a label map, against scikit-image and against things whose number is known by construction."""
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from skimage.measure import label as skimage_label
from skimage.segmentation import watershed as skimage_watershed

from pystudio.segment import instances
from pystudio.errors import LabelError

MAPS = npst.arrays(np.uint8, npst.array_shapes(min_dims=2, max_dims=2, max_side=14), elements=st.sampled_from([0, 0, 1, 1, 2]))


def discs(shape, *places):
    row, column = np.indices(shape)
    return np.any([(row - r) ** 2 + (column - c) ** 2 <= radius**2 for r, c, radius in places], axis=0)


@given(MAPS, st.sampled_from([4, 8]))
def test_components_are_those_of_scikit_image(label_map, connectivity):
    assert np.array_equal(instances.components(label_map, connectivity), skimage_label(label_map, connectivity=connectivity // 4, background=0))


def test_a_long_spiral_is_one_piece():
    spiral = np.zeros((101, 101), np.uint8)
    for k in range(0, 50, 2):
        spiral[k, k : 101 - k] = spiral[k : 101 - k, 100 - k] = spiral[100 - k, k : 101 - k] = 1
        spiral[k + 2 : 101 - k, k] = 1
        spiral[k + 2, k + 1] = 1
    assert np.array_equal(instances.components(spiral, 4), skimage_label(spiral, connectivity=1))


def test_void_and_background_belong_to_no_piece():
    assert instances.components(np.array([[0, 255, 3]], np.uint8)).tolist() == [[0, 0, 1]]


@pytest.mark.parametrize("bad", [np.zeros((2, 2)), np.zeros(3, int), np.zeros((0, 4), int)])
def test_what_is_no_label_map_is_refused(bad):
    with pytest.raises(LabelError):
        instances.components(bad)


def test_two_discs_that_touch_are_two_things_with_the_dam_at_the_waist():
    both = discs((60, 110), (30, 30, 25), (30, 76, 25)).astype(np.uint8)
    assert instances.find_instances(both)[2] == 1
    found, things, *_ = instances.find_instances(both, split_ratio=0.9)
    assert len(things) == 2
    middle = 53
    assert {int(found[30, 10]), int(found[30, 100])} == {1, 2}
    assert len(np.unique(found[:, : middle - 1][both[:, : middle - 1] > 0])) == 1
    assert len(np.unique(found[:, middle + 2 :][both[:, middle + 2 :] > 0])) == 1


@pytest.mark.parametrize(("split_ratio", "n"), [(0.0, 1), (0.3, 1), (0.6, 2), (1.0, 2)])
def test_the_split_ratio_decides(split_ratio, n):
    """Half the gap between two discs of radius 20, 32 apart, is 12 deep: 0.6 of the radius and a little more for whole pixels' sake."""
    both = discs((50, 90), (25, 25, 20), (25, 59, 20)).astype(np.uint8)
    narrow = int(np.count_nonzero(both[:, 42])) / 2 / 20
    assert 0.3 < narrow < 0.6
    assert len(instances.find_instances(both, split_ratio=split_ratio)[1]) == n


@settings(deadline=None)
@given(MAPS, st.sampled_from([4, 8]), st.integers(0, 6), st.sampled_from([0.0, 0.5, 0.9, 1.0]))
def test_things_divide_the_pieces_and_nothing_else(label_map, connectivity, min_size, split_ratio):
    found, things, pieces, n_small = instances.find_instances(label_map, connectivity, min_size, split_ratio)
    whole = instances.components(label_map, connectivity)
    areas = np.bincount(whole.ravel(), minlength=pieces + 1)
    kept = np.isin(whole, [k for k in range(1, pieces + 1) if areas[k] >= max(1, min_size)])
    assert np.array_equal(found > 0, kept) and n_small == pieces - len(np.unique(whole[kept]))
    assert [thing.number for thing in things] == list(range(1, found.max(initial=0) + 1))
    for thing in things:
        own = found == thing.number
        rows, columns = np.nonzero(own)
        assert thing.area == own.sum() and thing.box == (rows.min(), rows.max() + 1, columns.min(), columns.max() + 1)
        assert own[thing.seed] and set(label_map[own]) == {thing.label} and len(np.unique(whole[own])) == 1
        assert thing.area >= 1
    assert [t.area for t in things] == sorted((t.area for t in things), reverse=True)


@settings(deadline=None, max_examples=60)
@given(MAPS, st.data())
def test_own_seeds_are_the_things(label_map, data):
    places = np.argwhere(label_map > 0).tolist()
    seeds = data.draw(st.lists(st.sampled_from(places), unique_by=tuple, max_size=5)) if places else []
    found, things, *_ = instances.find_instances(label_map, seeds=seeds)
    assert [list(thing.seed) for thing in things] == seeds
    whole = instances.components(label_map)
    assert np.array_equal(found > 0, np.isin(whole, [whole[tuple(s)] for s in seeds]) & (label_map > 0))


def test_a_seed_on_nothing_is_nobodys_and_one_outside_is_refused():
    one = np.pad(np.ones((2, 2), np.uint8), 2)
    assert [t.seed for t in instances.find_instances(one, seeds=[(0, 0), (2, 2)])[1]] == [(2, 2)]
    with pytest.raises(LabelError):
        instances.find_instances(one, seeds=[(6, 0)])
    with pytest.raises(LabelError):
        instances.find_instances(one, seeds=[(2, 2)] * (instances.MAX_SEEDS + 1))


def test_the_watershed_is_scikit_images_but_for_the_line():
    rng = np.random.default_rng(5)
    for _ in range(8):
        inside = discs((70, 90), *((rng.integers(15, 55), rng.integers(15, 75), rng.integers(8, 15)) for _ in range(5)))
        depth = instances._depth(inside)
        tops = np.argwhere(depth >= 0.97 * depth.max())[::7]
        markers = np.zeros(inside.shape, int)
        markers[tuple(tops.T)] = np.arange(1, len(tops) + 1)
        ours, theirs = instances.watershed(depth, markers, inside), skimage_watershed(-np.round(depth * 4), markers, connectivity=2, mask=inside)
        assert np.array_equal(ours > 0, theirs > 0)
        assert np.mean(ours[inside] == theirs[inside]) > 0.96


def test_things_grow_back_to_the_full_size_of_their_class():
    large = discs((120, 220), (60, 60, 50), (60, 150, 50)).astype(np.uint8) * 3
    small = large[1::3, 1::3]
    found, things, *_ = instances.find_instances(small, split_ratio=0.9)
    whole = instances.upsample_instances(found, large, things)
    assert len(things) == 2 and np.array_equal(whole > 0, large > 0)
    assert abs(np.count_nonzero(whole == 1) - np.count_nonzero(whole == 2)) < 0.03 * np.count_nonzero(whole)
    assert instances.upsample_instances(found, small, things) is found


def test_every_thing_has_a_colour_of_its_own():
    assert len(np.unique(instances.colours(60), axis=0)) == 61
