"""The list of layers, against the networks themselves; receptive fields, against pushing one bright row through a network of nothing but plus."""
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import helper, numpy_helper

import models
from models import stages
from pystudio.networks import layers
from pystudio.errors import NetworkError

ROOT = Path(__file__).parents[2]
NETWORKS = ("deeplab", "deeplab_s16")


@pytest.fixture(scope="module")
def networks():
    folder = ROOT / "node_modules"
    if not (folder / "@codait").is_dir():
        pytest.skip("npm packages are not installed")
    return {name: models.converted(name, folder) for name in NETWORKS}


def session(model):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def only_plus(model):
    """The same wiring with positive weights, no bias and no activation: what is not zero was reached."""
    plus = onnx.ModelProto()
    plus.CopyFrom(model)
    for tensor in plus.graph.initializer:
        array = numpy_helper.to_array(tensor)
        made = np.full(array.shape, 1 / max(1, array[0].size), "f4") if array.ndim == 4 else np.zeros_like(array)
        tensor.CopyFrom(numpy_helper.from_array(made, tensor.name))
    nodes = [helper.make_node("Identity", node.input[:1], node.output) if node.op_type in ("Clip", "Relu") else node for node in plus.graph.node]
    del plus.graph.node[:]
    plus.graph.node.extend(nodes)
    return plus


def test_the_list_is_that_of_the_networks(networks):
    assert stages.LAYERS.read_text(encoding="utf-8") == stages.layers_text(networks), "run: python -m models layers"


@pytest.mark.parametrize("name", NETWORKS)
def test_grids_are_those_that_onnx_runtime_answers_with(networks, name):
    multiple = models.recipes()[name]["input"]["multiple"]
    shape = (5 * multiple + 1, 3 * multiple + 1)
    names = [output.name for output in networks[name].graph.output]
    found = session(networks[name]).run(names, {"image": np.zeros((1, 3, *shape), "f4")})
    grids = layers.grids(layers.layers(name), shape)
    assert len(names) == 11
    assert {each: grids[each] for each in names} == {each: array.shape[1:] for each, array in zip(names, found)}


@pytest.mark.parametrize("name, rows", [("deeplab_s16", 1041), ("deeplab", 1041)])
def test_a_point_is_reached_from_exactly_the_rows_of_its_field(networks, name, rows):
    plus = session(only_plus(networks[name]))
    fields = {each: field for each, field in layers.fields(layers.layers(name)).items() if each in models.recipes()[name]["stages"]}
    names = [each for each, field in fields.items() if not field.whole]
    assert len(names) == 8
    for place in range(512, 528):  # every place within the coarsest cell
        image = np.zeros((1, 3, rows, 17), "f4")
        image[:, :, place] = 1
        for each, grid in zip(names, plus.run(names, {"image": image})):
            field, points = fields[each], np.arange(grid.shape[2])
            expected = (points * field.stride - field.before <= place) & (place <= points * field.stride + field.after)
            assert np.array_equal(grid[0].any(axis=(0, 2)), expected), (each, place)


def test_what_goes_through_the_mean_is_reached_from_everywhere(networks):
    plus = session(only_plus(networks["deeplab_s16"]))
    image = np.zeros((1, 3, 1041, 17), "f4")
    image[:, :, 0] = 1
    whole = [name for name, field in layers.fields(layers.layers("deeplab_s16")).items() if field.whole and name in ("pooled", "joined", "logits")]
    assert whole == ["pooled", "joined", "logits"]
    assert all(found.all() for found in plus.run(whole, {"image": image}))


def test_published_receptive_field_of_the_encoder():
    # Araujo and others (Distill, 2019) give 491 pixels at stride 32 for the trunk of MobileNetV2; ours ends with dilation in place of a stride.
    field = layers.fields(layers.layers("deeplab_s16"))["block17"]
    assert (field.stride, field.size) == (16, 491)


def test_a_network_whose_inside_is_not_known_is_refused():
    with pytest.raises(NetworkError, match="selfie_segmentation.*deeplab"):
        layers.layers("selfie_segmentation")


# -- exposing tensors ----------------------------------------------------------------------------------------------


def tiny():
    nodes = [helper.make_node("Relu", ["image"], ["a"], name="a"), helper.make_node("Neg", ["a"], ["b"], name="b"), helper.make_node("Add", ["a", "b"], ["sum"], name="sum")]
    ends = [[helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1, 3, None, None])] for name in ("image", "sum")]
    return helper.make_model(helper.make_graph(nodes, "tiny", *ends), opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def test_an_exposed_tensor_has_a_name_of_its_own_behind_the_other_outputs():
    model = stages.expose(tiny(), {"first": "a", "then": "b"})
    image = np.array([-1, 2, 3], "f4").reshape(1, 3, 1, 1)
    found = dict(zip(("sum", "first", "then"), session(model).run(None, {"image": image})))
    assert [output.name for output in model.graph.output] == ["sum", "first", "then"]
    assert found["first"].ravel().tolist() == [0, 2, 3] and found["then"].ravel().tolist() == [0, -2, -3] and not found["sum"].any()


@pytest.mark.parametrize("wrong, words", [({"x": "nothing"}, "no tensor 'nothing'"), ({"b": "a"}, "already has a tensor called 'b'")])
def test_what_cannot_be_exposed_is_named(wrong, words):
    with pytest.raises(models.ModelError, match=words):
        stages.expose(tiny(), wrong)


def test_exposing_changes_no_weight_and_no_score(networks):
    model = networks["deeplab_s16"]
    plain = onnx.ModelProto()
    plain.CopyFrom(model)
    del plain.graph.output[1:]
    image = np.random.default_rng(1).uniform(-1, 1, (1, 3, 65, 97)).astype("f4")
    assert np.array_equal(session(model).run(["logits"], {"image": image})[0], session(plain).run(["logits"], {"image": image})[0])
    assert len(model.SerializeToString()) - len(plain.SerializeToString()) < 1000
