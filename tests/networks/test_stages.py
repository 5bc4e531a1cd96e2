"""Features of a photo from the stages of a network: interpolation against NumPy's, the quick projection against interpolating every feature, bad input."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pystudio import image
from pystudio.errors import ImageError, NetworkError, StudioError
from pystudio.networks import network as networks
from pystudio.networks import stages
from pystudio.networks.layers import grids, layers

ROOT = Path(__file__).parents[2]
BUILT = ROOT / "build" / "models" / "deeplab_s16.onnx"
FAST = networks.network("deeplab_s16")
ALL = stages.resolve("all", FAST)


def made(shape, names=ALL, network=FAST, seed=0):
    """Features of random numbers, with the grids that the network has for a photo of that shape."""
    random = np.random.default_rng(seed)
    frame = network.frame(shape)
    sizes = grids(layers(network.name), frame)
    answers = [random.normal(size=(1, *sizes[name])).astype(np.float32) for name in stages.outputs(names)]
    return stages.collect(shape, network, names, random.normal(size=(1, 3, *frame)).astype(np.float32), answers)


def interpolated(stage, shape, frame, row, column):
    """One pixel's features, with np.interp along one axis and then the other."""
    place = [np.clip((at + 0.5) * side / n - 0.5, 0, side - 1) / stage.stride for at, side, n in zip((row, column), frame, shape)]
    along = np.array([[np.interp(place[1], np.arange(line.size), line) for line in channel] for channel in stage.values.astype(float)])
    return np.array([np.interp(place[0], np.arange(len(line)), line) for line in along])


# ---------------------------------------------------------------- which stages
def test_groups_are_of_this_network_and_in_its_order():
    assert stages.resolve("colour", FAST) == ("colour",)
    assert stages.resolve(["joined", "colour", "block3"], FAST) == ("colour", "block3", "joined")
    assert set(stages.resolve("first", FAST)).isdisjoint(stages.resolve("deep", FAST))
    for name in stages.GROUPS:
        assert stages.resolve(name, networks.network("deeplab")) == stages.resolve(name, FAST)


def test_a_stage_that_there_is_not_is_refused_with_those_that_there_are():
    for wrong in ("smell", ["block3", "smell"], [], "pooled"):  # pooled: one number for the whole picture
        with pytest.raises(StudioError) as raised:
            stages.resolve(wrong, FAST)
        assert "block3" in raised.value.remedy and "all" in raised.value.remedy
    with pytest.raises(NetworkError, match="does not show its stages"):
        stages.resolve("all", networks.network("selfie_segmentation"))
    assert stages.resolve("colour", networks.network("selfie_segmentation")) == ("colour",)


# ---------------------------------------------------------------- at pixels
@pytest.mark.parametrize("shape", [(30, 40), (97, 64), (5, 200), (1, 7)])
def test_features_at_pixels_equal_interpolation_along_both_axes(shape):
    found = made(shape, ("colour", "block3", "block10"))
    rows, columns = np.array([0, shape[0] - 1, shape[0] // 2]), np.array([shape[1] - 1, 0, shape[1] // 3])
    values = found.at(rows, columns)
    assert values.shape == (found.n_features, 3) and values.dtype == np.float32
    for place in range(3):
        expected = np.concatenate([interpolated(stage, shape, FAST.frame(shape), rows[place], columns[place]) for stage in found.stages])
        assert values[:, place] == pytest.approx(expected, abs=1e-5)


def test_a_photo_of_the_networks_own_size_has_grid_points_on_pixels():
    found = made((385, 513))
    coarse = found.stages[-1]
    rows, columns = np.meshgrid(range(0, 385, coarse.stride), range(0, 513, coarse.stride), indexing="ij")
    values = found.at(rows.ravel(), columns.ravel())[-len(coarse.values) :]
    assert values.reshape(coarse.values.shape) == pytest.approx(coarse.values, abs=1e-6)


def test_pixels_outside_the_photo_are_refused():
    found = made((20, 30), ("colour",))
    for row, column in ((-1, 0), (20, 0), (0, 30)):
        with pytest.raises(ImageError, match="outside"):
            found.at(np.array([row]), np.array([column]))


def test_mean_and_variance_are_those_of_all_points():
    found = made((40, 60))
    assert found.mean == pytest.approx(np.concatenate([each.values.reshape(len(each.values), -1).astype(float).mean(axis=1) for each in found.stages]), abs=1e-6)
    assert found.variance == pytest.approx(np.concatenate([each.values.reshape(len(each.values), -1).astype(float).var(axis=1) for each in found.stages]), abs=1e-5)


# ---------------------------------------------------------------- the whole photo
@settings(max_examples=30)
@given(st.integers(1, 90), st.integers(1, 90), st.sampled_from(["colour", "first", "deep", "all"]), st.integers(0, 99))
def test_projecting_grids_and_then_enlarging_equals_projecting_interpolated_features(rows, columns, group, seed):
    shape = (rows, columns)
    found = made(shape, seed=seed, names=tuple(dict.fromkeys([*stages.GROUPS["first"], *ALL])))  # in another order than the network's
    found = found.select(group)
    random = np.random.default_rng(seed)
    weights, bias = random.normal(size=(3, found.n_features)), random.normal(size=3)
    values = found.project(weights, bias)
    frame = FAST.frame(shape)
    native = stages.PhotoFeatures(FAST, frame, found.stages)  # a photo as large as the frame: its pixels are network pixels
    points = [np.array(sorted({0, side - 1, side // 2})) * found.stride for side in values.shape[1:]]
    down, right = (each.ravel() for each in np.meshgrid(*points, indexing="ij"))
    expected = weights @ native.at(down, right) + bias[:, None]
    assert values[:, down // found.stride, right // found.stride] == pytest.approx(expected, abs=2e-3)


def test_features_without_a_stage_cannot_be_selected_by_it():
    with pytest.raises(StudioError, match="lack the stage “block3”"):
        made((20, 30), ("colour",)).select("all")


# ---------------------------------------------------------------- what a network answers
def test_answers_of_another_shape_or_that_are_not_finite_are_refused():
    tensor = np.zeros((1, 3, 33, 49), np.float32)
    good = np.zeros((1, 24, 9, 13), np.float32)
    assert stages.collect((30, 45), FAST, ("block3",), tensor, [good]).stages[0].stride == 4
    for wrong in (good[..., :-1], good[0], np.where(np.arange(13) == 4, np.nan, good)):
        with pytest.raises(NetworkError):
            stages.collect((30, 45), FAST, ("block3",), tensor, [wrong])


def test_colours_need_no_network_file():
    photo = np.random.default_rng(1).integers(0, 256, (33, 65, 3), dtype=np.uint8)
    found = stages.features(photo, "deeplab_s16", "colour", model="nowhere.onnx")
    tensor = networks.prepare(photo, FAST)[0]
    assert found.stride == 4 and found.stages[0].values.shape == (3, *((side - 1) // 4 + 1 for side in tensor.shape[1:]))
    for i, j in ((0, 0), (3, 7), (64, 128)):
        around = tensor[:, max(0, 4 * i - 2) : 4 * i + 3, max(0, 4 * j - 2) : 4 * j + 3]
        assert found.stages[0].values[:, i, j] == pytest.approx(around.mean(axis=(1, 2)), abs=1e-5)
    selfie = stages.features(photo, "selfie_segmentation", "colour")
    assert selfie.stride == 1 and selfie.stages[0].values.shape == (3, 256, 256)  # its frame is no multiple of 4 and 1
    with pytest.raises(NetworkError, match="nowhere.onnx"):
        stages.features(photo, "deeplab_s16", "all", model="nowhere.onnx")


@pytest.mark.skipif(not BUILT.exists(), reason="the networks are not built yet: python3 build.py site")
def test_the_networks_own_file_gives_its_stages_of_which_the_last_decides_its_answer():
    pytest.importorskip("onnxruntime")
    photo = image.load(ROOT / "site_src" / "photos" / "chelsea.png")
    found = stages.features(photo, model=BUILT)
    assert found.names == ALL and found.stride == 4
    # The network's own last layer is a projection of "joined", whatever its weights are: least squares over all places leave no rest.
    logits = networks.segment(photo, model=BUILT).logits
    joined = found.select(["joined"])
    given = joined.stages[0].values.reshape(joined.n_features, -1)
    weights, *_ = np.linalg.lstsq(np.vstack([given, np.ones(given.shape[1])]).T, logits.reshape(len(logits), -1).T, rcond=None)
    assert joined.project(weights[:-1].T, weights[-1]) == pytest.approx(logits, abs=0.01)
