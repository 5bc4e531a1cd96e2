"""Counts of multiply-adds, against loops that do them one by one, the networks' files, figures that others have published, and the lesson's own plan."""
import asyncio
import re
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import numpy_helper

import models
from pystudio.networks import cost, layers
from pystudio.errors import StudioError
from pystudio.session.protocol import checked
from pystudio.labs.small_devices import handler
from pystudio.session.session import Session

ROOT = Path(__file__).parents[2]


@settings(deadline=None)
@given(st.integers(1, 3), st.integers(1, 3), st.integers(1, 3), st.sampled_from([1, 3]), st.integers(1, 2), st.integers(1, 4))
def test_a_convolution_costs_what_a_loop_over_everything_counts(groups, before, after, kernel, rows, columns):
    adds, weights = 0, set()
    for row in range(rows):
        for column in range(columns):
            for new in range(after * groups):
                for old in range(before):
                    for place in np.ndindex(kernel, kernel):
                        adds += 1
                        weights.add((new, old, place))
    assert cost.convolution(rows * columns, before * groups, after * groups, kernel, groups) == cost.Cost(adds, len(weights))


@pytest.mark.parametrize("name", layers.known())
def test_a_network_has_the_weights_of_its_file_and_its_parts_are_the_whole(name):
    if not (ROOT / "node_modules" / "@codait").is_dir():
        pytest.skip("npm packages are not installed")
    model = models.converted(name, ROOT / "node_modules")
    stored = sum(numpy_helper.to_array(tensor).size for tensor in model.graph.initializer if len(tensor.dims) == 4)
    found = layers.layers(name)
    whole = cost.total(found, (385, 513))
    assert whole.weights == stored
    assert sum((part.cost for part in cost.parts(found, (385, 513))), cost.Cost(0, 0)) == whole


@pytest.mark.parametrize("name, finest", [("deeplab", 8), ("deeplab_s16", 16)])
@pytest.mark.parametrize("shape", [(385, 513), (97, 129)])
def test_the_count_is_that_of_the_plan_in_the_lesson(name, finest, shape):
    page = (ROOT / "site_src" / "devices.md").read_text(encoding="utf-8")
    plan = re.search(r"```python cell\n(BLOCKS = .*?)\nprint\(count", page, re.S).group(1)
    namespace = {}
    exec(plan, namespace)  # the reader's own cell
    found = cost.total(layers.layers(name), shape)
    assert namespace["count"](1, *shape, finest) == f"{found.weights:,} weights, {found.adds / 1e6:,.0f} million"


# The table of TensorFlow's own MobileNetV2 checkpoints (research/slim/nets/mobilenet): multiply-adds and weights in millions.
@pytest.mark.parametrize("width, side, adds, weights", [
    (1.4, 224, 582, 6.06), (1.3, 224, 509, 5.34), (1.0, 224, 300, 3.47), (1.0, 192, 221, 3.47), (1.0, 160, 154, 3.47), (1.0, 128, 99, 3.47), (1.0, 96, 56, 3.47),
    (0.75, 224, 209, 2.61), (0.5, 224, 97, 1.95), (0.35, 224, 59, 1.66)])
def test_mobilenet_of_any_width_costs_what_its_authors_publish(width, side, adds, weights):
    found = cost.mobilenet_v2(width, side)
    assert found.adds / 1e6 == pytest.approx(adds, rel=0.01)
    assert found.weights / 1e6 == pytest.approx(weights, abs=0.006)


@pytest.mark.parametrize("width, side", [(0.01, 224), (3, 224), (1, 16), (1, 5000)])
def test_a_width_or_size_out_of_range_is_refused(width, side):
    with pytest.raises(StudioError, match="not counted"):
        cost.mobilenet_v2(width, side)


def test_ordinary_convolutions_in_place_of_separable_ones_are_counted_layer_by_layer():
    depthwise = layers.Layer("a", "conv", ("image",), kernel=3, before=1, groups=3, channels=(3, 3))
    pointwise = layers.Layer("b", "conv", ("a",), channels=(3, 8))
    separable, ordinary = cost.as_ordinary((depthwise, pointwise), (5, 7))
    assert (separable.adds, separable.weights) == (5 * 7 * (27 + 24), 51)
    assert (ordinary.adds, ordinary.weights) == (5 * 7 * 3 * 8 * 9, 216)


# -- the handler ----------------------------------------------------------------------------------------------------


@pytest.fixture
def bench():
    """A handler whose forms are made-up networks: the largest sees halves, the 8-bit ones see the line one point further."""
    runs = []

    async def run(network, tensor, outputs=None):
        runs.append((network.name, tensor.shape[2:]))
        rows, columns = ((side - 1) // network.stride + 1 for side in tensor.shape[2:])
        logits = np.zeros((1, 21, rows, columns), np.float32)
        logits[:, 8, :, columns // 2 + network.name.endswith("int8") :] = 5
        return logits

    session = Session(run)
    session.open_photo(96, 128, bytes(96 * 128 * 4))
    return session.handler("small_devices"), runs


def ask(handler, call, **arguments):
    found = getattr(handler, call)(**checked(f"small_devices.{call}", arguments))
    return asyncio.run(found) if asyncio.iscoroutine(found) else found


def test_a_form_is_compared_with_the_largest_pixel_by_pixel(bench):
    handler, runs = bench
    largest, other = ask(handler, "run", form="deeplab-float32", longest=513), ask(handler, "run", form="deeplab-int8", longest=513)
    assert largest["agreement"] == largest["mean_iou"] == 1 and not largest["differs"].any()
    assert np.array_equal(other["differs"].astype(bool), largest["label_map"] != other["label_map"]) and other["differs"].any()
    assert other["agreement"] == 1 - other["differs"].mean()
    shares = [np.count_nonzero((largest["label_map"] == k) & (other["label_map"] == k)) / np.count_nonzero((largest["label_map"] == k) | (other["label_map"] == k)) for k in (0, 8)]
    assert other["mean_iou"] == pytest.approx(np.mean(shares))


def test_the_largest_runs_once_a_photo_for_the_comparison_and_sizes_reach_the_network(bench):
    handler, runs = bench
    ask(handler, "run", form="deeplab_s16", longest=257)
    ask(handler, "run", form="deeplab_s16", longest=129)
    assert [run for run in runs if run[0] == "deeplab-float32"] == [("deeplab-float32", (385, 513))] * 3  # once to warm up, twice timed
    assert {run[1] for run in runs if run[0] == "deeplab_s16"} == {(193, 257), (97, 129)}


def test_a_photo_opened_while_the_largest_runs_is_not_compared_with_the_photo_before(bench):
    handler, runs = bench
    infer = handler.session.infer

    async def infer_and_open_another(network, tensor):
        output = await infer(network, tensor)
        if len(runs) == 1:
            handler.session.open_photo(96, 120, bytes(96 * 120 * 4))
        return output

    handler.session.infer = infer_and_open_another
    with pytest.raises(StudioError, match="Another photo was opened"):
        ask(handler, "run", form="deeplab", longest=513)
    assert ask(handler, "run", form="deeplab-float32", longest=513)["agreement"] == 1


def test_every_form_is_built_by_models():
    made = {models.made_name(recipe, variant) for recipe in models.recipes().values() for variant in models.made(recipe)}
    assert set(handler.FORMS) < made and set(handler.BASES.values()) == set(layers.known())


@pytest.mark.parametrize("arguments, words", [({"form": "deeplab-4bit", "longest": 513}, "no form"), ({"form": "deeplab", "longest": 500}, "cannot be 500")])
def test_what_is_not_offered_is_refused_in_words(bench, arguments, words):
    with pytest.raises(StudioError, match=words):
        ask(bench[0], "run", **arguments)


def test_whole_number_networks_compute_with_whole_numbers():
    for name in ("deeplab-int8", "deeplab_s16-int8"):
        file = ROOT / "build" / "models" / f"{name}.onnx"
        if not file.is_file():
            pytest.skip("the networks are not built")
        model = onnx.load(file)
        makers = {node.output[0]: node.op_type for node in model.graph.node}
        convolutions = [node for node in model.graph.node if node.op_type == "Conv"]
        assert len(convolutions) == 56
        assert all(makers[source] == "DequantizeLinear" for node in convolutions for source in node.input[:2])
