"""The classic methods: one contract for all, and each against an oracle of its own."""

import inspect
import itertools
import json
import math
import subprocess
import sys
import warnings

import networkx
import numpy as np
import pytest
import scipy.linalg
import skimage.color
import skimage.filters
import skimage.graph
import skimage.segmentation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.ndimage import label as connected
from skimage.segmentation import find_boundaries

from pystudio.segment import classic
from pystudio.render import png
from pystudio.networks import network as networks
from pystudio.segment.classic import METHODS, clusters, cuts, label_maps, thresholds
from pystudio.segment.classic.__main__ import main, strokes
from pystudio.errors import ImageError, LabelError, StudioError
from pystudio.measure.region_matching import Match, best_iou, best_ious
from pystudio.segment.region_growing import grow_by_hand

NAMES = sorted(METHODS)
MARKED = [name for name in NAMES if METHODS[name].markers != "none"]
QUICK = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def photos(draw, most=14):
    """Noise, plain pictures, patches, grey ones; from a single pixel up."""
    shape = draw(st.sampled_from([(1, 1), (1, 2), (2, 3), (1, 9), (7, 1)]) | hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=most))
    levels = draw(st.sampled_from([1, 2, 3, 256]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    image = rng.integers(0, levels, (*shape, 3)) * 255 // max(1, levels - 1) if levels > 1 else np.full((*shape, 3), draw(st.integers(0, 255)))
    if draw(st.booleans()):
        image = image[..., :1].repeat(3, axis=2)
    return image.astype(np.uint8)


@st.composite
def painted(draw, least):
    """A photo with at least so many different markers on it, of any ids."""
    image = draw(photos().filter(lambda image: image.shape[0] * image.shape[1] >= least))
    size = image.shape[0] * image.shape[1]
    ids = draw(st.lists(st.integers(1, 30), min_size=least, max_size=least + 1, unique=True))[:size]
    markers = np.zeros(size, dtype=np.uint8)
    places = np.random.default_rng(draw(st.integers(0, 2**32 - 1))).permutation(size)
    count = draw(st.integers(len(ids), size))
    markers[places[:count]] = np.resize(ids, count)
    return image, markers.reshape(image.shape[:2])


def scene(rows=60, columns=80):
    """A bright disc and a dull green square on a dark, slightly noisy ground."""
    rng = np.random.default_rng(3)
    image = np.full((rows, columns, 3), (30, 30, 60), dtype=float)
    row, column = np.indices((rows, columns))
    image[(row - 20) ** 2 + (column - 22) ** 2 <= 13**2] = (230, 200, 150)
    image[30:52, 46:70] = (20, 90, 30)
    return np.clip(image + rng.normal(0, 4, image.shape), 0, 255).astype(np.uint8)


def check_regions(regions, shape):
    label_map = regions.label_map
    assert label_map.shape == shape and label_map.dtype == np.int32
    assert regions.keys.shape == (regions.n,)
    found, first = np.unique(label_map, return_index=True)
    assert np.array_equal(found[found > 0], np.arange(1, regions.n + 1))
    assert (np.diff(first[found > 0]) > 0).all()
    assert regions.seconds > 0


# ------------------------------------------------------------ the contract of all
@pytest.mark.parametrize("name", [name for name in NAMES if METHODS[name].markers != "required"])
@QUICK
@given(image=photos())
def test_every_method_numbers_regions_of_any_photo(name, image):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        regions = classic.run(name, image)
    check_regions(regions, image.shape[:2])
    assert regions.method == name and regions.shape == image.shape[:2]
    assert regions.parameters == {each.name: each.default for each in METHODS[name].parameters}
    if name not in ("growing", "watershed_distance"):
        assert regions.label_map.min() == 1
    assert np.array_equal(regions.label_map, classic.run(name, image).label_map)


@pytest.mark.parametrize("name", MARKED)
@QUICK
@given(data=st.data())
def test_every_marked_method_names_its_regions_by_their_markers(name, data):
    image, markers = data.draw(painted(METHODS[name].least_markers))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        regions = classic.run(name, image, markers=markers)
    check_regions(regions, image.shape[:2])
    assert set(regions.keys) <= set(np.unique(markers[markers > 0]))
    assert len(set(regions.keys)) == regions.n
    if METHODS[name].keeps_markers:
        named = np.append(0, regions.keys)[regions.label_map]
        assert np.array_equal(named[markers > 0], markers[markers > 0])
        assert (named > 0).all()
    assert np.array_equal(regions.label_map, classic.run(name, image, markers=markers).label_map)


@pytest.mark.parametrize("name", NAMES)
def test_a_larger_photo_is_worked_on_in_small_and_comes_back_whole(name):
    image = np.kron(scene(), np.ones((3, 3, 1), np.uint8))
    markers = strokes(image[..., 0] > 150) if METHODS[name].markers == "required" else None
    regions = classic.run(name, image, markers=markers, longest=80)
    check_regions(regions, (180, 240))
    assert regions.shape == (60, 80)
    if markers is None:
        blocks = regions.label_map.reshape(60, 3, 80, 3)
        assert (blocks == blocks[:, :1, :, :1]).all()
    if name not in ("watershed_distance", "growing", "slic"):
        disc = ((np.indices((180, 240)) - np.array([61, 67])[:, None, None]) ** 2).sum(axis=0) <= 35**2
        assert best_iou(regions.label_map, disc).union_iou > 0.7


@pytest.mark.parametrize("name", NAMES)
def test_every_method_describes_itself_and_its_function_has_the_same_defaults(name):
    method = METHODS[name]
    assert method.name == name and all(text.strip() for text in (method.title, method.summary, method.assumes, method.fails_when, method.paper))
    signature = inspect.signature(method.run).parameters
    own = [each for each in method.parameters if each.name != "pieces"]
    assert [each.name for each in own] == [each for each in signature if each not in ("image", "markers")]
    assert ("markers" in signature) == (method.markers != "none")
    for each in own:
        assert signature[each.name].default == each.default == each.checked(each.default)
        assert each.help and each.title
    assert "References" in method.run.__doc__
    assert all(ord(character) < 0x2000 or character in "₀₁₂“”…Σ·∞" for character in method.summary + method.assumes)


@pytest.mark.parametrize("name", NAMES)
@QUICK
@given(data=st.data())
def test_every_allowed_value_of_a_parameter_works(name, data):
    of_kind = {
        "bool": lambda each: st.booleans(),
        "choice": lambda each: st.sampled_from(each.choices),
        "int": lambda each: st.integers(int(each.low), int(each.high)),
        "float": lambda each: st.floats(each.low, each.high),
    }
    method = METHODS[name]
    given_ = data.draw(st.fixed_dictionaries({each.name: of_kind[each.kind](each) for each in method.parameters}))
    image, markers = data.draw(painted(2))
    regions = classic.run(name, image, given_, markers if method.markers == "required" else None)
    check_regions(regions, image.shape[:2])
    assert regions.parameters == given_


@pytest.mark.parametrize(("name", "each"), [(name, each) for name in NAMES for each in METHODS[name].parameters], ids=lambda value: getattr(value, "name", value))
def test_a_wrong_value_is_named_with_what_is_allowed(name, each):
    wrong = ["much", None, float("nan")]
    if each.kind in ("int", "float"):
        wrong += [each.low - 1, each.high + 1, True] + [each.low + 0.5] * (each.kind == "int")
    markers = np.array([[1, 2, 0]]) if METHODS[name].markers == "required" else None
    for value in wrong:
        with pytest.raises(StudioError) as caught:
            classic.run(name, np.zeros((1, 3, 3), np.uint8), {each.name: value}, markers)
        assert f"“{each.name}” is {value!r}" in caught.value.message
        allowed = caught.value.remedy
        if each.kind in ("int", "float"):
            assert f"{each.low:g} to {each.high:g}" in allowed
        elif each.kind == "choice":
            assert all(repr(choice) in allowed for choice in each.choices)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (dict(name="otsus"), "otsus.*Did you mean “otsu”"),
        (dict(name="magic"), "magic.*The methods are otsu"),
        (dict(name="slic", parameters={"region": 3}), "no parameter “region”.*Did you mean “regions”"),
        (dict(name="otsu", parameters={"x": 3}), "no parameter “x”.*It has pieces"),
        (dict(name="slic", markers=np.ones((4, 5), int)), "takes no markers"),
        (dict(name="random_walker"), "Random walker needs painted markers.*another label"),
        (dict(name="graph_cut", markers=np.zeros((4, 5), int)), "Nothing is painted, and Graph cut needs 2 markers"),
        (dict(name="watershed", markers=np.eye(4, 5, dtype=int)), "Only 1 marker is painted, and .* needs 2"),
        (dict(name="growing", markers=np.zeros((4, 5), int)), "Nothing is painted, and Region growing needs a marker.*Paint a patch"),
        (dict(name="watershed", markers=np.ones((5, 4), int)), r"int64 of shape \(5, 4\).*shape \(4, 5\)"),
        (dict(name="watershed", markers=np.ones((4, 5))), "float64"),
        (dict(name="watershed", markers=-np.ones((4, 5), int)), "from 0 up"),
        (dict(name="slic", longest=15), "longest side is 15.*from 16"),
        (dict(name="slic", longest=20.0), "longest side is 20.0"),
    ],
)
def test_what_cannot_be_used_is_said_in_a_sentence(arguments, said):
    with pytest.raises(StudioError, match=said):
        classic.run(image=np.zeros((4, 5, 3), np.uint8), **arguments)


@pytest.mark.parametrize("image", [np.zeros((3, 4), np.uint8), np.zeros((3, 4, 4), np.uint8), np.zeros((3, 4, 3)), np.zeros((0, 4, 3), np.uint8), [[[0, 0, 0]]], None])
@pytest.mark.parametrize("question", [lambda image: classic.run("otsu", image), classic.histogram])
def test_what_is_no_photo_is_refused(image, question):
    with pytest.raises(ImageError, match="photo"):
        question(image)


def test_markers_too_fine_for_the_work_frame_are_an_error_not_a_loss():
    markers = np.zeros((64, 64), int)
    markers[0, 0], markers[0, 1] = 1, 2
    with pytest.raises(StudioError, match="Of 2 markers only 1 are left in the picture of 16 × 16"):
        classic.run("watershed", np.zeros((64, 64, 3), np.uint8), markers=markers, longest=16)


def in_a_fresh_python(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_importing_and_thresholding_need_numpy_alone():
    heavy = in_a_fresh_python(
        "import sys, json, numpy as np\n"
        "from pystudio.measure import region_matching\nfrom pystudio.segment import classic\n"
        "image = np.arange(60, dtype=np.uint8).reshape(4, 5, 3)\n"
        "classic.histogram(image, 4)\n"
        "for name in ('otsu', 'multi_otsu', 'threshold', 'growing'): classic.find_boundaries(classic.run(name, image).label_map)\n"
        "print(json.dumps([m for m in sys.modules if m.split('.')[0] in ('skimage', 'scipy', 'PIL')]))"
    )
    assert heavy == []


def test_what_a_method_uses_is_loaded_before_its_clock_starts():
    late = in_a_fresh_python(
        "import sys, json, numpy as np\n"
        "from pystudio.segment import classic\n"
        "image = np.random.default_rng(0).integers(0, 255, (24, 20, 3), dtype=np.uint8)\n"
        "markers = np.zeros((24, 20), int); markers[0] = 1; markers[-1] = 2\n"
        "late = {}\n"
        "for name, method in classic.METHODS.items():\n"
        "    classic._load(classic.uses(name, {'pieces': True}))\n"
        "    before = set(sys.modules)\n"
        "    classic.run(name, image, markers=markers if method.markers == 'required' else None)\n"
        "    late[name] = [m for m in set(sys.modules) - before if m.split('.')[0] in ('skimage', 'scipy')]\n"
        "print(json.dumps(late))"
    )
    assert {name: modules for name, modules in late.items() if modules} == {}


def test_a_missing_library_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "skimage.segmentation", None)
    with pytest.raises(StudioError, match="scikit-image is not installed"):
        classic.run("slic", scene())


# ------------------------------------------------------------ label maps
@given(hnp.arrays(st.sampled_from([np.uint8, np.int32, np.int64]), hnp.array_shapes(min_dims=2, max_dims=2, max_side=9), elements=st.integers(0, 6)))
def test_numbering_follows_first_pixels_and_changes_no_region(labels):
    label_map, keys = label_maps.number(labels)
    seen = list(dict.fromkeys(value for value in labels.ravel().tolist() if value))
    assert keys.tolist() == seen
    assert np.array_equal(np.append(0, keys)[label_map], labels)


def test_numbering_in_bands_equals_numbering_at_once(monkeypatch):
    labels = np.random.default_rng(1).integers(0, 40, (50, 30))
    expected = label_maps.number(labels)
    monkeypatch.setattr(label_maps, "_BAND", 7)
    for one, other in zip(label_maps.number(labels), expected):
        assert np.array_equal(one, other)


@given(hnp.arrays(np.int32, hnp.array_shapes(min_dims=2, max_dims=2, max_side=9), elements=st.integers(0, 4)))
def test_boundaries_are_those_of_scikit_image(label_map):
    assert np.array_equal(classic.find_boundaries(label_map), find_boundaries(label_map, connectivity=1, mode="inner"))


@given(hnp.arrays(np.int32, hnp.array_shapes(min_dims=2, max_dims=2, max_side=9), elements=st.integers(0, 3)))
def test_pieces_are_connected_and_never_join_two_regions(labels):
    split, labels_of = label_maps.pieces(labels)
    assert np.array_equal(labels_of[split], labels)
    assert len(labels_of) - 1 == sum(connected(labels == value)[1] for value in np.unique(labels) if value)


@given(photos(), st.data())
def test_mean_colours_are_those_of_the_pixels_of_each_region(image, data):
    label_map = data.draw(hnp.arrays(np.int32, image.shape[:2], elements=st.integers(0, 4)))
    colours = classic.mean_colours(image, label_map, 5)
    assert colours.shape == (6, 3) and colours.dtype == np.uint8
    for region in range(6):
        pixels = image[label_map == region]
        expected = pixels.mean(axis=0) if len(pixels) else np.zeros(3)
        assert (np.abs(colours[region] - expected) <= 0.5 + 1e-9).all()


def test_mean_colours_in_bands_equal_those_at_once(monkeypatch):
    label_map = classic.run("slic", scene(), {"regions": 30}).label_map
    expected = classic.mean_colours(scene(), label_map, label_map.max())
    monkeypatch.setattr(label_maps, "_BAND", 100)
    assert np.array_equal(classic.mean_colours(scene(), label_map, label_map.max()), expected)


def test_the_picture_worked_on_does_not_hang_on_the_last_bit_of_a_sum(monkeypatch):
    """As two machines add up in another order: half of the means of two pixels lie on a half."""
    image = np.random.default_rng(6).integers(0, 256, (64, 96, 3), dtype=np.uint8)
    exact = label_maps.resize(image, (32, 48))
    assert (exact % 1 == 0.5).sum() > 50
    reduced = label_maps.reduce_image(image, (32, 48))
    assert reduced.dtype == np.uint8 and np.abs(reduced - exact).max() <= 0.5
    for noise in (-2e-5, 2e-5):
        monkeypatch.setattr(label_maps, "resize", lambda *_: exact + np.float32(noise))
        assert np.array_equal(label_maps.reduce_image(image, (32, 48)), reduced)


@given(hnp.array_shapes(min_dims=2, max_dims=2, max_side=40), st.integers(16, 30), st.data())
def test_no_painted_pixel_is_lost_on_the_way_to_the_work_frame(shape, longest, data):
    small = label_maps.work_shape(shape, longest)
    place = (data.draw(st.integers(0, shape[0] - 1)), data.draw(st.integers(0, shape[1] - 1)))
    markers = np.zeros(shape, int)
    markers[place] = 9
    reduced = label_maps.reduce_markers(markers, small)
    assert max(small) == min(max(shape), longest) and min(small) >= 1
    assert (reduced == 9).sum() == 1
    assert label_maps.enlarge(reduced, shape)[place] == 9


@pytest.mark.parametrize("name", [name for name in NAMES if any(each.name == "pieces" for each in METHODS[name].parameters)])
def test_pieces_split_the_regions_and_keep_their_keys(name):
    image = scene()
    whole, split = classic.run(name, image), classic.run(name, image, {"pieces": True})
    assert np.array_equal(whole.keys[whole.label_map - 1], split.keys[split.label_map - 1])
    assert all(connected(split.label_map == region)[1] == 1 for region in range(1, split.n + 1))
    check_regions(split, image.shape[:2])


# ------------------------------------------------------------ thresholds
@given(photos())
def test_luminance_is_that_of_scikit_image_to_the_level(image):
    exact = skimage.color.rgb2gray(image) * 255
    assert (np.abs(classic.thresholds.luminance(image) - exact) <= 0.51).all()


def between_variance(levels, cuts_):
    """Variance of the means of the classes, by their definition."""
    classes = np.searchsorted(cuts_, levels)
    mean = levels.mean()
    return sum((classes == k).mean() * (levels[classes == k].mean() - mean) ** 2 for k in np.unique(classes))


@settings(max_examples=60, deadline=None)
@given(photos(), st.integers(2, 4))
def test_thresholds_maximise_the_variance_between_classes(image, classes):
    levels = thresholds.luminance(image).ravel().astype(float)
    found = classic.histogram(image, classes)
    present = np.unique(levels)
    tried = present[:: max(1, len(present) // 12)]
    best = max((between_variance(levels, each) for each in itertools.combinations(tried, min(classes, len(present)) - 1)), default=0)
    ours = between_variance(levels, found.thresholds)
    assert ours >= best - 1e-6
    assert found.counts.sum() == levels.size and found.counts.tolist() == np.bincount(levels.astype(int), minlength=256).tolist()
    assert list(found.thresholds) == sorted(found.thresholds)
    assert found.separability == pytest.approx(ours / levels.var() if levels.var() > 0 else 1.0)


@settings(max_examples=40, deadline=None)
@given(photos())
def test_the_curve_of_explained_variance_peaks_at_otsus_threshold(image):
    levels = thresholds.luminance(image).ravel().astype(float)
    found = classic.histogram(image)
    if levels.var() == 0:
        assert found.thresholds == () and not found.explained.any()
        return
    for cut in range(0, 256, 5):
        assert found.explained[cut] == pytest.approx(between_variance(levels, [cut]) / levels.var(), abs=1e-9)
    assert found.explained[found.thresholds[0]] == pytest.approx(found.explained.max())


def test_otsu_agrees_with_scikit_image():
    image = scene()
    levels = thresholds.luminance(image)
    assert classic.histogram(image).thresholds == (skimage.filters.threshold_otsu(levels),)
    regions = classic.run("otsu", image)
    assert np.array_equal(regions.keys[regions.label_map - 1] == 2, levels > skimage.filters.threshold_otsu(levels))
    for classes in (3, 4):
        theirs = skimage.filters.threshold_multiotsu(levels, classes)
        ours = classic.histogram(image, classes).thresholds
        assert between_variance(levels.ravel().astype(float), ours) >= between_variance(levels.ravel().astype(float), theirs) - 1e-9


@given(photos(), st.lists(st.integers(0, 255), min_size=1, max_size=4))
def test_a_class_of_brightness_ends_with_each_of_ones_own_thresholds(image, levels):
    regions = classic.run("threshold", image, dict(zip(("level", "second", "third", "fourth"), levels)))
    brightness = thresholds.luminance(image)
    assert np.array_equal(regions.keys[regions.label_map - 1], 1 + sum((brightness > level).astype(int) for level in set(levels)))


def test_ones_own_thresholds_where_otsu_puts_his_give_his_classes():
    levels = classic.histogram(scene(), 4).thresholds
    own = classic.run("threshold", scene(), dict(zip(("level", "second", "third"), levels)))
    assert np.array_equal(own.label_map, classic.run("multi_otsu", scene(), {"classes": 4}).label_map)


@pytest.mark.parametrize("classes", [1, 6, 2.5])
def test_a_histogram_is_cut_in_two_to_five(classes):
    with pytest.raises(StudioError, match=f"classes is {classes}"):
        classic.histogram(scene(), classes)


# ------------------------------------------------------------ k-means
def within(points, labels):
    return sum(((points[labels == k] - points[labels == k].mean(axis=0)) ** 2).sum() for k in np.unique(labels))


@settings(max_examples=25, deadline=None)
@given(photos(), st.integers(2, 6), st.floats(0, 2), st.integers(0, 99))
def test_k_means_gets_better_with_rounds_and_is_no_worse_than_what_it_began_with(image, count, position, start):
    points = clusters._features(image, position)
    spreads = [
        within(points, clusters.k_means_position(image, count, position, start, rounds).ravel()) for rounds in (1, 2, 5, 20)
    ]
    assert all(later <= earlier + 1e-6 * (1 + earlier) for earlier, later in zip(spreads, spreads[1:]))
    # Begun at the means of any partition, it ends in one that is at least as good.
    chance = np.random.default_rng(start).integers(0, count, len(points))
    means = np.array([points[chance == k].mean(axis=0) for k in np.unique(chance)])
    assert within(points, clusters.lloyd(points, means, 5)[0]) <= within(points, chance) * (1 + 1e-9) + 1e-6


def test_k_means_ends_where_every_pixel_is_at_its_nearest_centre():
    image = scene()
    points = clusters._features(image, 0.0)
    labels = clusters.k_means(image, 3, rounds=50).ravel()
    centres = np.array([points[labels == k].mean(axis=0) for k in (1, 2, 3)])
    nearest = ((points[:, None] - centres) ** 2).sum(axis=2).argmin(axis=1) + 1
    assert np.array_equal(labels, nearest)
    assert (np.diff(centres[:, 0]) > 0).all()  # named from dark to bright


def test_without_weight_the_place_plays_no_part_and_with_it_clusters_are_compact():
    image = scene()
    assert np.array_equal(clusters.k_means_position(image, 5, 0.0), clusters.k_means(image, 5))
    plain = np.full((20, 30, 3), 90, np.uint8)
    assert classic.run("k_means", plain).n == 1
    spread = classic.run("k_means_position", plain, {"clusters": 6})
    assert spread.n == 6 and all(connected(spread.label_map == k)[1] == 1 for k in range(1, 7))


def test_another_start_is_another_beginning_and_the_same_start_the_same():
    points = clusters._features(np.random.default_rng(0).integers(0, 255, (20, 20, 3), dtype=np.uint8), 0.0)
    one, again, other = (clusters.beginning(points, 5, start) for start in (1, 1, 2))
    assert np.array_equal(one, again) and not np.array_equal(one, other)


# ------------------------------------------------------------ the others
@given(photos(), st.floats(0, 200), st.sampled_from(["seed", "mean"]), st.sampled_from([4, 8]), st.data())
@settings(max_examples=40, deadline=None)
def test_growing_from_one_painted_seed_is_the_region_of_the_first_page(image, tolerance, reference, neighbours, data):
    seed = tuple(data.draw(st.integers(0, side - 1)) for side in image.shape[:2])
    markers = np.zeros(image.shape[:2], int)
    markers[seed] = 8
    regions = classic.run("growing", image, {"tolerance": tolerance, "reference": reference, "neighbours": neighbours}, markers)
    assert np.array_equal(regions.label_map == 1, grow_by_hand(image, seed, tolerance, reference, neighbours))
    assert regions.keys.tolist() == [8]


def test_growing_from_a_grid_gives_a_pixel_to_the_first_seed_that_reaches_it():
    image = np.zeros((1, 6, 3), np.uint8)
    image[0, 2:] = 100
    assert classic.run("growing", image, {"seeds": 6, "tolerance": 5}).label_map.tolist() == [[1, 1, 2, 2, 2, 2]]
    assert classic.run("growing", image, {"seeds": 1, "tolerance": 5}).label_map.tolist() == [[0, 0, 1, 1, 1, 1]]


@settings(max_examples=15, deadline=None)
@given(photos(most=30), st.floats(1, 500), st.floats(0, 2), st.integers(1, 30), st.integers(2, 60), st.floats(0.5, 50))
def test_superpixels_are_those_of_scikit_image(image, scale, sigma, size, count, compactness):
    theirs = skimage.segmentation.felzenszwalb(image, scale=scale, sigma=sigma, min_size=size)
    ours = classic.run("felzenszwalb", image, {"scale": scale, "sigma": sigma, "min_size": size})
    assert np.array_equal(ours.label_map, label_maps.number(theirs + 1)[0])
    theirs = skimage.segmentation.slic(image, n_segments=count, compactness=compactness, sigma=sigma, start_label=1)
    ours = classic.run("slic", image, {"regions": count, "compactness": compactness, "sigma": sigma})
    assert np.array_equal(ours.label_map, label_maps.number(theirs)[0])


@settings(max_examples=25, deadline=None)
@given(photos(), st.floats(0.5, 3), st.floats(0, 20))
def test_each_watershed_region_holds_one_valley(image, smoothing, depth):
    relief = classic.flooding._steepness(image, smoothing)
    valleys = classic.flooding._valleys(relief, relief.max() * depth / 100)
    labels = classic.flooding.watershed(image, None, smoothing, depth)
    assert np.array_equal(labels[valleys > 0], valleys[valleys > 0])
    assert np.array_equal(np.unique(labels), np.arange(1, valleys.max() + 1))
    assert all(connected(labels == region, np.ones((3, 3)))[1] == 1 for region in np.unique(labels))


def test_a_deeper_least_depth_leaves_fewer_valleys():
    image = np.random.default_rng(5).integers(0, 255, (40, 40, 3), dtype=np.uint8)
    found = [classic.run("watershed", image, {"depth": depth}).n for depth in (0, 5, 20, 50)]
    assert found == sorted(found, reverse=True) and found[0] > found[-1] >= 1


def test_the_watershed_of_the_distance_parts_two_discs_that_touch():
    row, column = np.indices((40, 70))
    discs = np.minimum((row - 20) ** 2 + (column - 22) ** 2, (row - 20) ** 2 + (column - 46) ** 2) <= 14**2
    for objects, bright in (("bright", discs), ("dark", ~discs)):
        image = np.where(bright, 220, 30).astype(np.uint8)[..., None].repeat(3, axis=2)
        regions = classic.run("watershed_distance", image, {"objects": objects})
        assert regions.n == 2 and np.array_equal(regions.label_map > 0, discs)
        assert regions.label_map[20, 22] != regions.label_map[20, 46]
        assert connected(discs)[1] == 1


def test_the_random_walker_solves_the_potentials_of_grady(monkeypatch):
    image = np.random.default_rng(2).integers(0, 255, (5, 6, 3), dtype=np.uint8)
    markers = np.zeros((5, 6), int)
    markers[0, 0], markers[4, 5], markers[0, 5] = 1, 2, 3
    data, beta = image / 255, 10.0
    weight = lambda a, b: np.exp(-beta / (10 * data.std() * np.sqrt(3)) * ((data[a] - data[b]) ** 2).sum()) + 1e-10
    cells = list(np.ndindex(5, 6))
    laplacian = np.zeros((30, 30))
    for i, a in enumerate(cells):
        for j, b in enumerate(cells):
            if abs(a[0] - b[0]) + abs(a[1] - b[1]) == 1:
                laplacian[i, j] = -weight(a, b)
                laplacian[i, i] += weight(a, b)
    seeds = np.flatnonzero(markers)
    free = np.flatnonzero(markers.ravel() == 0)
    ends = np.eye(3)[markers.ravel()[seeds] - 1]
    potentials = np.linalg.solve(laplacian[np.ix_(free, free)], -laplacian[np.ix_(free, seeds)] @ ends)
    expected = potentials.argmax(axis=1) + 1
    assert len(np.unique(expected)) == 3
    assert np.array_equal(classic.flooding.random_walker(image, markers, beta).ravel()[free], expected)
    monkeypatch.setattr(classic.flooding, "_SOLVED_AT_ONCE", 0)  # the solver for larger pictures stops a little early
    ranked = np.sort(potentials, axis=1)
    sure = ranked[:, -1] - ranked[:, -2] > 0.001
    assert sure.sum() > 20
    assert np.array_equal(classic.flooding.random_walker(image, markers, beta).ravel()[free][sure], expected[sure])


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([(2, 3), (3, 3), (1, 8), (2, 4)]), st.floats(0, 3), st.integers(2, 3))
def test_the_graph_cut_is_the_cheapest_labelling(seed, shape, smoothness, ids):
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 256, (*shape, 3), dtype=np.uint8)
    markers = np.zeros(shape, int)
    markers.ravel()[rng.permutation(markers.size)[:ids]] = np.arange(1, ids + 1)
    lab = skimage.color.rgb2lab(image).reshape(-1, 3)
    one, other = cuts._neighbours(shape)
    weights = cuts._weights(lab, one, other, smoothness)
    costs = cuts._data_costs(lab, markers.ravel(), 6, 10**6)
    energies = [cuts._energy(np.array(labels), costs, one, other, weights) for labels in itertools.product(range(ids), repeat=markers.size)] if ids**markers.size < 3000 else None
    found = classic.run("graph_cut", image, {"smoothness": smoothness}, markers)
    labels = found.keys[found.label_map - 1].ravel() - 1
    energy = cuts._energy(labels, costs, one, other, weights)
    for label in range(ids):  # no expansion makes it cheaper, tried one by one
        for change in itertools.product([False, True], repeat=markers.size):
            assert energy <= cuts._energy(np.where(change, label, labels), costs, one, other, weights)
    if energies and ids == 2:
        assert energy == min(energies)
    elif energies:
        assert energy <= 2 * min(energies)


def test_pairs_of_neighbours_are_all_pairs_that_share_a_side():
    for shape in [(1, 1), (1, 4), (3, 1), (3, 4)]:
        pairs = set(zip(*(side.tolist() for side in cuts._neighbours(shape))))
        cells = list(np.ndindex(shape))
        assert pairs == {(i, j) for i, a in enumerate(cells) for j, b in enumerate(cells) if i < j and abs(a[0] - b[0]) + abs(a[1] - b[1]) == 1}


@pytest.mark.parametrize(("name", "parameters"), [("graph_cut", {}), ("random_walker", {}), ("watershed", {"smoothing": 1})])
def test_two_strokes_find_the_disc(name, parameters):
    image = scene()
    disc = ((np.indices((60, 80)) - np.array([20, 22])[:, None, None]) ** 2).sum(axis=0) <= 13**2
    markers = np.zeros((60, 80), int)
    markers[18:22, 18:26] = 4
    markers[56:58], markers[40, 50:60] = 9, 9
    regions = classic.run(name, image, parameters, markers)
    assert best_iou(regions.label_map, disc).region_iou > 0.95


def test_chan_vese_names_its_sides_by_brightness():
    for image in (scene(), 255 - scene()):
        regions = classic.run("chan_vese", image)
        levels = thresholds.luminance(image)
        bright = regions.keys[regions.label_map - 1] == 2
        assert levels[bright].mean() > levels[~bright].mean() + 50


def test_chan_vese_finds_nothing_to_part_in_a_plain_photo():
    assert classic.run("chan_vese", np.full((60, 80, 3), 120, np.uint8)).n == 1


@settings(max_examples=20, deadline=None)
@given(photos(), st.integers(2, 9))
def test_tiles_are_joined_as_in_scikit_images_graph(image, count):
    tiles = skimage.segmentation.slic(image, n_segments=count, start_label=1) - 1
    if tiles.max() == 0:  # scikit-image's graph has then no knot at all
        assert cuts._likeness(image, tiles).tolist() == [[1]]
        return
    theirs = networkx.to_numpy_array(skimage.graph.rag_mean_color(image, tiles, connectivity=1, mode="similarity"), nodelist=range(tiles.max() + 1))
    np.testing.assert_allclose(cuts._likeness(image, tiles), theirs + np.eye(len(theirs)), atol=1e-12)


@given(hnp.arrays(float, (7, 7), elements=st.floats(0.01, 1)))
def test_a_part_is_halved_by_the_best_cut_of_the_generalised_eigenvector(weights):
    likeness = (weights + weights.T) / 2
    np.fill_diagonal(likeness, 1)
    degrees = likeness.sum(axis=1)

    def normalised_cut(side):
        across = likeness[side][:, ~side].sum()
        return across / degrees[side].sum() + across / degrees[~side].sum()

    values, vectors = scipy.linalg.eigh(np.diag(degrees) - likeness, np.diag(degrees))
    second, cost = cuts._halved(likeness)
    assert cost == pytest.approx(normalised_cut(second))
    assert values[1] <= cost + 1e-9  # Shi and Malik: the eigenvalue bounds every cut from below
    if values[2] - values[1] > 1e-3:
        vector = np.sort(vectors[:, 1])
        tried = [normalised_cut(vectors[:, 1] > level) for level, above in zip(vector, vector[1:]) if above - level > 1e-9]
        assert cost <= min(tried) + 1e-9


@given(hnp.arrays(float, (6, 6), elements=st.floats(-300, 0).map(lambda power: 10.0**power)))
def test_what_hardly_holds_together_parts_for_next_to_nothing_and_never_for_less(weights):
    likeness = np.triu(weights) + np.triu(weights, 1).T
    exact = [math.fsum(likeness[:knots, knots:].ravel()) for knots in range(1, 6)]
    np.testing.assert_allclose(cuts._across(likeness), exact, rtol=1e-12)


@settings(max_examples=20, deadline=None)
@given(photos(most=24), st.floats(0.001, 1))
def test_parts_that_are_set_apart_without_an_eigenvector_would_be_cut(image, cut):
    likeness = cuts._likeness(image, cuts.slic(image, 40) - 1)
    islands = cuts._islands(likeness, cut)
    assert np.array_equal(np.sort(np.concatenate(islands)), np.arange(len(likeness)))
    for island in islands if len(islands) > 1 else ():
        inside = np.isin(np.arange(len(likeness)), island)
        across = likeness[inside][:, ~inside].sum()
        assert across / likeness[inside].sum() + across / likeness[~inside].sum() < cut


def test_normalised_cuts_of_a_scene_keep_its_things_apart():
    image = scene()
    few, many = (classic.run("normalized_cut", image, {"regions": 60, "cut": cut}) for cut in (0.0, 0.5))
    assert few.n == 1 and many.n > 3
    assert len({many.label_map[20, 22], many.label_map[40, 58], many.label_map[55, 10]}) == 3


# ------------------------------------------------------------ matching
@st.composite
def matched(draw):
    shape = draw(hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=8))
    label_map = draw(hnp.arrays(np.int32, shape, elements=st.integers(0, 6)))
    truth = draw(hnp.arrays(bool, shape))
    truth[0, 0] = True
    return label_map, truth


@given(matched())
def test_the_best_region_and_the_best_union_are_the_best_of_all(pair):
    label_map, truth = pair
    match = best_iou(label_map, truth)
    regions = [int(region) for region in np.unique(label_map) if region]

    def iou(chosen):
        mask = np.isin(label_map, list(chosen))
        return (mask & truth).sum() / (mask | truth).sum()

    singles = {region: iou([region]) for region in regions}
    unions = [iou(chosen) for size in range(1, len(regions) + 1) for chosen in itertools.combinations(regions, size)]
    assert match.region_iou == max(singles.values(), default=0)
    assert match.union_iou == max(unions, default=0)
    assert match.pixels == truth.sum()
    if match.region_iou:
        assert match.region == min(region for region in regions if singles[region] == match.region_iou)
        assert iou(match.union) == match.union_iou
    else:
        assert (match.region, match.union) == (0, ())


@given(matched())
def test_taking_what_lies_more_than_half_inside_is_best_for_pixels_not_for_iou(pair):
    label_map, truth = pair
    regions = [int(region) for region in np.unique(label_map) if region]
    half = [region for region in regions if truth[label_map == region].mean() > 0.5]
    right = lambda chosen: (np.isin(label_map, list(chosen)) == truth).sum()
    every = [chosen for size in range(len(regions) + 1) for chosen in itertools.combinations(regions, size)]
    assert right(half) == max(map(right, every))
    mask = np.isin(label_map, half)
    assert (mask & truth).sum() / (mask | truth).sum() <= best_iou(label_map, truth).union_iou


def test_a_region_less_than_half_inside_can_belong_to_the_best_union():
    label_map = np.array([[1] * 4 + [2] * 6 + [3] * 5])  # 4 of 4, 2 of 5 … inside
    truth = np.array([[1] * 4 + [1, 1, 0, 0, 0, 0] + [1] + [0] * 4]).astype(bool)
    assert best_iou(label_map, truth).union == (1,)
    label_map = np.array([[1] * 2 + [2] * 5])
    truth = np.array([[1, 0] + [1, 1, 0, 0, 0]]).astype(bool)
    assert best_iou(label_map, truth) == Match(region=2, region_iou=2 / 6, union=(1, 2), union_iou=3 / 7, pixels=3)


@given(hnp.arrays(np.int32, (6, 7), elements=st.integers(0, 5)), hnp.arrays(np.uint8, (6, 7), elements=st.sampled_from([0, 3, 8, 20, 255])))
def test_classes_are_matched_one_by_one_and_void_counts_for_nothing(label_map, truth):
    matches = best_ious(label_map, truth)
    judged = truth != 255
    assert list(matches) == [int(id) for id in np.unique(truth) if id not in (0, 255)]
    for id, match in matches.items():
        assert match == best_iou(np.where(judged, label_map, 0), truth == id)


def test_matching_in_bands_equals_matching_at_once(monkeypatch):
    import pystudio.measure.region_matching as matching

    rng = np.random.default_rng(4)
    label_map, truth = rng.integers(0, 9, (40, 30)), rng.integers(0, 4, (40, 30)).astype(np.uint8)
    expected = best_ious(label_map, truth)
    monkeypatch.setattr(matching, "_BAND", 11)
    assert best_ious(label_map, truth) == expected


@pytest.mark.parametrize(
    ("question", "truth", "said"),
    [
        (best_iou, np.zeros((2, 3), bool), "truth is empty"),
        (best_iou, np.ones((3, 2), bool), "shape"),
        (best_iou, np.ones((2, 3), np.uint8), "uint8.*best_ious"),
        (best_ious, np.ones((2, 3), bool), "bool.*best_iou"),
        (best_ious, np.ones((3, 2), np.uint8), "shape"),
    ],
)
def test_a_truth_that_cannot_be_matched_is_refused(question, truth, said):
    with pytest.raises(LabelError, match=said):
        question(np.ones((2, 3), int), truth)


# ------------------------------------------------------------ the table on the desktop
def test_strokes_lie_on_both_sides_of_the_truth():
    disc = ((np.indices((60, 80)) - np.array([20, 22])[:, None, None]) ** 2).sum(axis=0) <= 13**2
    painted = strokes(disc)
    assert set(np.unique(painted)) == {0, 1, 2}
    assert disc[painted == 1].all() and not disc[painted == 2].any()


def test_the_table_has_a_row_for_each_way_to_run_a_method(capsys, monkeypatch, tmp_path):
    image = scene()
    disc = ((np.indices((60, 80)) - np.array([20, 22])[:, None, None]) ** 2).sum(axis=0) <= 13**2
    label_map = np.where(disc, 8, 0).astype(np.uint8)
    prediction = networks.Prediction(label_map, np.zeros((21, 2, 2), np.float32), networks.network("deeplab_s16"), (1, 3, 17, 17))
    monkeypatch.setattr(networks, "segment", lambda image, network: prediction)
    (tmp_path / "scene.png").write_bytes(png.png(image))
    assert main([str(tmp_path / "scene.png"), "--methods", "threshold", "watershed", "graph_cut"]) == 0
    said, head, *rows = capsys.readouterr().out.splitlines()
    assert "truth: cat of deeplab_s16" in said and head.split()[0] == "method"
    assert [row[:28].strip() for row in rows] == ["threshold", "watershed", "watershed, painted", "graph_cut, painted"]
    assert [row.split()[-5] for row in rows] == ["60×80"] * 4
    expected = best_iou(classic.run("threshold", image).label_map, disc)
    assert rows[0].split()[-2:] == [f"{expected.region_iou:.2f}", f"{expected.union_iou:.2f}"]
    assert float(rows[3].split()[-2]) > 0.95


def test_the_table_says_what_it_cannot_use(capsys, tmp_path):
    assert main([str(tmp_path / "none.jpg")]) == 2
    assert "none.jpg" in capsys.readouterr().err
