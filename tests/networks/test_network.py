"""Networks: frames and decoding against interpolating everything, Pillow, and ONNX models of one line."""

import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pystudio.networks import network as networks
from pystudio.errors import ImageError, NetworkError
from pystudio.labels import PERSON, VOC, LabelSet
from pystudio.networks.network import Network, decode, network, prepare, recipes, segment, upsample_labels

VOC16 = Network("test", "Test", VOC, 513, 16, None, 1 / 127.5, -1.0, 16, "logits", "image", "logits")
SQUARE = Network("test", "Test", PERSON, None, None, (256, 256), 1 / 255, 0.0, 1, "probability", "image", "mask")


def interpolated(logits, shape, stride):
    """All C logits at every pixel (C, M, N), float64: the array that the real one never makes."""
    c, h, w = logits.shape

    def weights(n_pixels, n_points):
        table = np.zeros((n_pixels, n_points))
        n_model = stride * (n_points - 1) + 1
        for pixel in range(n_pixels):
            point = min(max((pixel + 0.5) * n_model / n_pixels - 0.5, 0), n_model - 1) / stride
            low = min(math.floor(point), n_points - 1)
            table[pixel, low] += 1 - (point - low)
            if point > low:
                table[pixel, low + 1] += point - low
        return table

    return weights(shape[0], h) @ logits.astype(float) @ weights(shape[1], w).T


def assert_best(label_map, everything):
    """Every label is a best one; where none is as good, it is the only one."""
    best = everything.max(axis=0)
    chosen = np.take_along_axis(everything, label_map[None].astype(int), axis=0)[0]
    scale = np.abs(everything).max() + 1
    assert (best - chosen <= 1e-5 * scale).all()
    clear = np.sort(everything, axis=0)[-2] < best - 1e-5 * scale if len(everything) > 1 else np.ones(best.shape, bool)
    assert np.array_equal(label_map[clear], everything.argmax(axis=0)[clear])


@st.composite
def grids(draw):
    """Noise, smooth fields and fields of few levels (full of ties), on grids as thin as one point."""
    c, h, w = draw(st.integers(1, 21)), draw(st.integers(1, 9)), draw(st.integers(1, 9))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    logits = rng.normal(size=(c, h, w)) * draw(st.sampled_from([0.1, 1, 30]))
    if draw(st.booleans()):
        logits = np.round(logits)
    return logits.astype(np.float32)


@settings(max_examples=200, deadline=None)
@given(grids(), st.integers(1, 70), st.integers(1, 70), st.sampled_from([1, 8, 16]))
def test_labels_are_those_of_interpolating_everything(logits, rows, columns, stride):
    net = dataclasses.replace(VOC16, stride=stride)
    label_map = upsample_labels(logits, (rows, columns), net)
    assert label_map.dtype == np.uint8 and label_map.shape == (rows, columns)
    assert_best(label_map, interpolated(logits, (rows, columns), stride))


@pytest.mark.parametrize("shape", [(97, 131), (300, 200), (33, 33), (5, 7)])
def test_labels_of_a_whole_grid_of_noise_and_of_blobs(shape):
    rng = np.random.default_rng(5)
    for logits in (rng.normal(size=(21, 25, 33)), np.kron(rng.normal(size=(21, 5, 11)), np.ones((1, 5, 3)))):
        logits = logits.astype(np.float32)
        assert_best(upsample_labels(logits, shape, VOC16), interpolated(logits, shape, 16))


def test_of_equal_logits_the_smallest_id_wins():
    logits = np.zeros((4, 3, 3), np.float32)
    assert not upsample_labels(logits, (40, 40), VOC16).any()
    logits[2:, 0, 0] = 5
    assert set(np.unique(upsample_labels(logits, (40, 40), VOC16))) == {0, 2}


def test_on_the_model_frame_itself_grid_points_keep_their_class():
    logits = np.random.default_rng(2).normal(size=(21, 5, 7)).astype(np.float32)
    label_map = upsample_labels(logits, (65, 97), VOC16)
    assert np.array_equal(label_map[::16, ::16], logits.argmax(axis=0))


def test_a_straight_border_falls_where_the_frames_say():
    # Class 1 gains on class 0 evenly along the 97 model columns and passes it at column 40.
    logits = np.zeros((2, 2, 7), np.float32)
    logits[1] = (np.arange(7) * 16 - 40) / 10
    label_map = upsample_labels(logits, (17, 194), VOC16)  # two image columns for a model column
    border = np.argmax(label_map[0] == 1)
    assert (border - 1 + 0.5) / 2 - 0.5 <= 40 < (border + 0.5) / 2 - 0.5


def test_large_pictures_need_no_large_arrays():
    import tracemalloc

    logits = np.random.default_rng(0).normal(size=(21, 33, 33)).astype(np.float32)
    tracemalloc.start()
    upsample_labels(logits, (1000, 1000), VOC16)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 21 * 1000 * 1000  # a quarter of all scores in float32


# Preparing


def test_a_photo_is_prepared_as_the_recipe_says():
    image = np.random.default_rng(0).integers(0, 256, (60, 100, 3), dtype=np.uint8)
    tensor = prepare(image, VOC16)
    assert tensor.shape == (1, 3, 305, 513) and tensor.dtype == np.float32 and tensor.flags.c_contiguous
    for channel in range(3):
        resized = Image.fromarray(image[..., channel].astype(np.float32)).resize((513, 305), Image.Resampling.BILINEAR)
        np.testing.assert_allclose(tensor[0, channel], np.array(resized) / 127.5 - 1, atol=1e-4)


def test_a_network_of_one_size_gets_that_size():
    assert prepare(np.zeros((30, 50, 3), np.uint8), SQUARE).shape == (1, 3, 256, 256)


NOT_PHOTOS = [np.zeros((3, 4), np.uint8), np.zeros((3, 4, 4), np.uint8), np.zeros((3, 4, 3)), np.zeros((3, 0, 3), np.uint8)]


@pytest.mark.parametrize("image", NOT_PHOTOS)
def test_what_is_no_photo_is_refused(image):
    with pytest.raises(ImageError, match="photo"):
        prepare(image, VOC16)


# Decoding


def test_a_prediction_tells_classes_scores_and_how_many():
    logits = np.random.default_rng(3).normal(size=(1, 21, 5, 6)).astype(np.float32) * 3
    prediction = decode(logits, (70, 90), VOC16, input_shape=(1, 3, 65, 81), seconds={"prepare": 1.0, "inference": 2.0})
    ids, pixels = np.unique(prediction.label_map, return_counts=True)
    assert dict(prediction.classes()) == dict(zip(ids.tolist(), pixels.tolist()))
    assert [n for _, n in prediction.classes()] == sorted(pixels.tolist(), reverse=True)
    assert prediction.n_scores == 21 * 5 * 6 and prediction.output_shape == (1, 21, 5, 6)
    assert prediction.input_shape == (1, 3, 65, 81) and prediction.logits.shape == (21, 5, 6)
    assert prediction.seconds["prepare"] == 1.0 and prediction.seconds["decode"] >= 0

    everything = interpolated(logits[0], (70, 90), 16)
    for row, column in [(0, 0), (69, 89), (33, 57), (34, 0)]:
        exponentials = np.exp(everything[:, row, column])
        scores = prediction.scores_at(row, column)
        np.testing.assert_allclose(scores, exponentials / exponentials.sum(), rtol=1e-4)
        assert scores.sum() == pytest.approx(1) and scores.argmax() == prediction.label_map[row, column]
    assert prediction.scores_at(-0.5, 89.5).shape == (21,)  # the very corners of the corner pixels
    with pytest.raises(ImageError, match="outside the photo"):
        prediction.scores_at(70, 0)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_a_probability_is_its_own_score_and_a_half_is_the_border(seed):
    p = np.random.default_rng(seed).random((1, 1, 256, 256), np.float32)
    prediction = decode(p, (256, 256), SQUARE)
    assert np.array_equal(prediction.label_map, p[0, 0] > 0.5)
    assert prediction.scores_at(100, 200)[1] == pytest.approx(p[0, 0, 100, 200], abs=2e-6)
    assert prediction.n_scores == 256 * 256 and prediction.output_shape == (1, 1, 256, 256) and prediction.input_shape == (1, 3, 256, 256)


def test_certain_probabilities_stay_finite():
    p = np.array([[0.0, 1.0]], np.float32)
    prediction = decode(p, (1, 2), SQUARE)
    assert np.isfinite(prediction.logits).all() and prediction.label_map.tolist() == [[0, 1]]


@pytest.mark.parametrize("output", [np.zeros((1, 20, 3, 3)), np.zeros((2, 21, 3, 3)), np.zeros((21, 0, 3)), np.zeros(21)])
def test_an_answer_of_another_shape_is_refused(output):
    with pytest.raises(NetworkError, match="expected"):
        decode(output, (9, 9), VOC16)


def test_an_answer_that_is_no_number_is_refused():
    output = np.zeros((1, 21, 3, 3))
    output[0, 3, 1, 1] = np.nan
    with pytest.raises(NetworkError, match="not numbers"):
        decode(output, (9, 9), VOC16)


# Recipes


def test_every_recipe_is_a_network():
    assert {"deeplab", "deeplab_s16", "selfie_segmentation", "selfie_segmentation_landscape"} <= set(recipes())
    for name in recipes():
        net = network(name)
        assert net.name == name and net.title and isinstance(net.labels, LabelSet)
        assert net.kind in ("logits", "probability") and net.stride >= 1
        rows, columns = net.frame((480, 640))
        assert (rows - 1) % net.stride == 0 and (columns - 1) % net.stride == 0
        if net.size is None:
            assert net.multiple % net.stride == 0
    deeplab = network("deeplab_s16")
    assert deeplab.labels is VOC and deeplab.stride == 16 and deeplab.frame((768, 1024)) == (385, 513)
    assert network("selfie_segmentation_landscape").frame((768, 1024)) == (144, 256)


def test_a_misspelt_network_gets_a_suggestion():
    with pytest.raises(NetworkError, match="“deeplap”") as caught:
        network("deeplap")
    assert "deeplab" in caught.value.remedy
    with pytest.raises(NetworkError) as caught:
        network("yolo")
    assert "selfie_segmentation" in caught.value.remedy


def test_recipes_lie_in_the_package_or_beside_it(tmp_path, monkeypatch):
    monkeypatch.setattr(networks, "_PACKAGE", tmp_path / "pystudio")
    with pytest.raises(NetworkError, match="No recipe"):
        recipes()
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "one.toml").write_text('name = "beside"')
    assert list(recipes()) == ["beside"]
    (tmp_path / "pystudio" / "recipes").mkdir(parents=True)
    (tmp_path / "pystudio" / "recipes" / "one.toml").write_text('name = "inside"')
    assert list(recipes()) == ["inside"]


@pytest.mark.parametrize("text", ["title = 1", "name = "])
def test_a_broken_recipe_is_named(tmp_path, monkeypatch, text):
    monkeypatch.setattr(networks, "_PACKAGE", tmp_path / "pystudio")
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "odd.toml").write_text(text)
    with pytest.raises(NetworkError, match="odd.toml"):
        recipes()


def test_a_recipe_that_lacks_something_says_what(monkeypatch):
    monkeypatch.setattr(networks, "recipes", lambda: {"half": {"name": "half", "title": "Half", "input": {}, "output": {}}})
    with pytest.raises(NetworkError, match="half does not give"):
        network("half")


# Running


def write_model(path, nodes, output_name, constants=()):
    onnx = pytest.importorskip("onnx")
    from onnx import TensorProto, helper, numpy_helper

    graph = helper.make_graph(
        [helper.make_node(op, inputs, outputs, **options) for op, inputs, outputs, options in nodes],
        "test",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, None, None])],
        [helper.make_tensor_value_info(output_name, TensorProto.FLOAT, None)],
        [numpy_helper.from_array(value, name) for name, value in constants],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)


def brightness_model(path):
    """Person = how bright the pixel is, 0..1."""
    write_model(path, [("ReduceMean", ["image"], ["mask"], {"axes": [1], "keepdims": 1})], "mask")


def test_segment_runs_a_network_on_the_desktop(tmp_path):
    pytest.importorskip("onnxruntime")
    brightness_model(tmp_path / "bright.onnx")
    image = np.zeros((64, 80, 3), np.uint8)
    image[16:48, 20:60] = 255
    prediction = segment(image, SQUARE, model=tmp_path / "bright.onnx")
    assert np.array_equal(prediction.label_map.astype(bool), image[..., 0] > 0)
    assert prediction.input_shape == (1, 3, 256, 256)
    assert set(prediction.seconds) == {"prepare", "inference", "decode"}


def test_a_session_is_opened_once_and_again_when_the_file_changes(tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime")
    path = tmp_path / "bright.onnx"
    brightness_model(path)
    first = networks._session_for(SQUARE, path)
    assert networks._session_for(SQUARE, path) is first
    write_model(path, [("ReduceMax", ["image"], ["mask"], {"axes": [1], "keepdims": 1})], "mask")
    import os

    os.utime(path, ns=(1, 1))
    assert networks._session_for(SQUARE, path) is not first

    own = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    assert segment(np.full((4, 4, 3), 255, np.uint8), SQUARE, session=own).label_map.all()


def test_a_missing_file_says_how_to_make_it(tmp_path, monkeypatch):
    monkeypatch.setattr(networks, "_PACKAGE", tmp_path / "pystudio")
    with pytest.raises(NetworkError, match="missing") as caught:
        segment(np.zeros((4, 4, 3), np.uint8), VOC16)
    assert "python3 build.py site" in caught.value.remedy
    with pytest.raises(NetworkError, match="nowhere.onnx"):
        segment(np.zeros((4, 4, 3), np.uint8), VOC16, model=tmp_path / "nowhere.onnx")


def test_a_damaged_file_is_named(tmp_path):
    pytest.importorskip("onnxruntime")
    (tmp_path / "broken.onnx").write_bytes(b"not a network")
    with pytest.raises(NetworkError, match="broken.onnx"):
        segment(np.zeros((4, 4, 3), np.uint8), VOC16, model=tmp_path / "broken.onnx")


ROOT = Path(networks.__file__).parents[2]
BUILT = ROOT / "build" / "models" / "deeplab_s16.onnx"


@pytest.mark.skipif(not BUILT.exists(), reason="the networks are not built yet: python3 build.py site")
def test_the_real_network_finds_the_astronaut():
    pytest.importorskip("onnxruntime")
    from skimage.data import astronaut

    image = astronaut()
    prediction = segment(image)
    person = VOC.id("person")
    assert prediction.label_map[100, 220] == person  # her face
    assert 0.3 < dict(prediction.classes())[person] / prediction.label_map.size < 0.5
    assert prediction.scores_at(100, 220)[person] > 0.9
    assert_best(prediction.label_map, interpolated(prediction.logits, image.shape[:2], 16))
