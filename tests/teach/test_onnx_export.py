"""Network and head as one file: ONNX's own checker, ONNX Runtime against our labels, and *Bring your own network*."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pystudio import image
from pystudio.errors import NetworkError
from pystudio.networks import network as networks
from pystudio.networks import onnx_reader, onnx_writer, stages, user_network
from pystudio.teach import class_set, features, teach
from pystudio.teach.onnx_export import OUTPUT, export_onnx, recipe

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")
ROOT = Path(__file__).parents[2]
CLASSES = class_set(["Himmel", "草"])
FAST = networks.network("deeplab_s16")


@pytest.fixture(scope="module")
def backbone():
    """A network of convolutions of 1 × 1 with the names, strides and channels of the fast one, and an output that no head needs."""
    from onnx import helper, numpy_helper

    random, nodes, weights, outputs = np.random.default_rng(0), [], [], []
    fields, sizes = stages.layers.fields(stages.layers.layers("deeplab_s16")), stages.layers.grids(stages.layers.layers("deeplab_s16"), (33, 33))
    for name in (*stages.resolve("first", FAST), *stages.outputs(stages.resolve("all", FAST)), "logits"):
        if name in outputs:
            continue
        outputs.append(name)
        weights.append(numpy_helper.from_array(random.normal(size=(sizes[name][0], 3, 1, 1)).astype(np.float32), f"{name}/w"))
        nodes.append(helper.make_node("Conv", ["image", f"{name}/w"], [name], name=name, kernel_shape=[1, 1], strides=[fields[name].stride] * 2))
    graph = helper.make_graph(nodes, "made", [helper.make_tensor_value_info("image", 1, [1, 3, "height", "width"])], [helper.make_tensor_value_info(name, 1, [1, None, None, None]) for name in outputs], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="test")
    helper.set_model_props(model, {"name": "deeplab_s16", "licence": "Apache-2.0"})
    return model.SerializeToString()


def photo(rows=90, columns=130, seed=1):
    return np.kron(np.random.default_rng(seed).integers(0, 256, (rows // 10, columns // 10, 3)), np.ones((10, 10, 1))).astype(np.uint8)


def taught(backbone, group, hidden, tmp_path):
    file = tmp_path / "made.onnx"
    file.write_bytes(backbone)
    found = features(photo(), "deeplab_s16", group, model=file)
    drawn = np.full((90, 130), -1)
    drawn[20, 5:60], drawn[70, 60:120] = 0, 1
    head = replace(teach([(found, drawn)], CLASSES, hidden).head, temperature=1.7)
    return head, head.predict(found)


@pytest.mark.parametrize("hidden", [0, 5])
@pytest.mark.parametrize("group", list(stages.GROUPS))
def test_any_runtime_gives_our_labels_from_the_file_alone(backbone, tmp_path, group, hidden):
    head, prediction = taught(backbone, group, hidden, tmp_path)
    data = export_onnx(head, backbone)
    onnx.checker.check_model(onnx.load_from_string(data), full_check=True)
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    (scores,) = session.run([OUTPUT], {"image": networks.prepare(photo(), FAST)})
    assert scores.shape == (1, 2, *FAST.frame((90, 130)))
    labels = networks.upsample_labels(scores[0], (90, 130), replace(FAST, stride=1))
    assert (labels == prediction.label_map).mean() >= 0.999
    assert len(np.unique(prediction.label_map)) == 2


def test_bring_your_own_network_takes_the_file_and_labels_the_same(backbone, tmp_path):
    head, prediction = taught(backbone, "all", 0, tmp_path)
    size = FAST.frame((90, 130))
    file = tmp_path / "mine.onnx"
    file.write_bytes(export_onnx(head, backbone, size))
    header = onnx_reader.read_header(file.read_bytes())
    found = user_network.inspect(header)
    assert found.kinds == {OUTPUT: "logits"} and found.classes == {OUTPUT: 2} and (found.rows, found.columns) == size
    own = user_network.make_network("own", user_network.complete_recipe(recipe(head, size), found))
    user_network.check_recipe(own, header)
    answered = networks.segment(photo(), own, model=file)
    assert (answered.label_map == prediction.label_map).mean() >= 0.999
    assert answered.network.labels.names == ("Himmel", "草")


def test_what_a_head_does_not_look_at_is_not_in_its_file(backbone, tmp_path):
    sizes = {group: len(export_onnx(taught(backbone, group, 0, tmp_path)[0], backbone)) for group in stages.GROUPS}
    assert sizes["colour"] < sizes["first"] < sizes["deep"] < sizes["all"]
    header = onnx_reader.read_header(export_onnx(taught(backbone, "colour", 0, tmp_path)[0], backbone))
    assert header.operators["Conv"] == 1 and header.weights < 30
    assert [str(each) for each in header.outputs] == ["taught_logits (float32 1 × 2 × height × width)"]


def test_the_file_says_what_it_is_and_keeps_the_licence(backbone, tmp_path):
    told = onnx_writer.metadata(export_onnx(taught(backbone, "deep", 0, tmp_path)[0], backbone))
    assert told["name"] == "deeplab_s16_taught" and told["licence"] == "Apache-2.0" and told["classes"] == '["Himmel", "草"]'


def test_another_networks_file_and_damaged_ones_are_refused(backbone, tmp_path):
    head = taught(backbone, "deep", 0, tmp_path)[0]
    other = backbone.replace(b"deeplab_s16", b"deeplab_s8_")
    for wrong in (other, b"", b"PNG", backbone[:-30], backbone[: len(backbone) // 2]):
        with pytest.raises(NetworkError) as raised:
            export_onnx(head, wrong)
        assert raised.value.remedy
    with pytest.raises(NetworkError, match="another version"):
        export_onnx(replace(head, version="0"), backbone)
    with pytest.raises(NetworkError, match="no tensor “joined”"):
        export_onnx(head, backbone.replace(b"joined", b"joined".upper()))


@pytest.mark.parametrize("name", ["deeplab", "deeplab_s16"])
def test_the_real_networks_with_a_head_behind_them_label_the_same(name):
    file = ROOT / "build" / "models" / f"{name}.onnx"
    if not file.is_file():
        pytest.skip("the networks are not built yet: python3 build.py site")
    picture = image.load(ROOT / "site_src" / "photos" / "chelsea.png")
    found = features(picture, name, model=file)
    drawn = np.full(picture.shape[:2], -1)
    drawn[100, 150:300], drawn[40, 10:80] = 0, 1
    head = teach([(found, drawn)], CLASSES).head
    session = onnxruntime.InferenceSession(export_onnx(head, file.read_bytes()), providers=["CPUExecutionProvider"])
    (scores,) = session.run([OUTPUT], {"image": networks.prepare(picture, found.network)})
    labels = networks.upsample_labels(scores[0], picture.shape[:2], replace(found.network, stride=1))
    assert (labels == head.predict(found).label_map).mean() >= 0.999


def test_nodes_and_constants_are_those_that_the_onnx_package_writes():
    from onnx import helper, numpy_helper

    made_node = onnx.NodeProto.FromString(onnx_writer.node("Resize", ["x", "", "", "s"], "y", antialias=-1, axes=[2, 3], mode="linear"))
    assert made_node == helper.make_node("Resize", ["x", "", "", "s"], ["y"], name="y", antialias=-1, axes=[2, 3], mode="linear")
    for array in (np.arange(6, dtype=np.float32).reshape(2, 3), np.array([-5, 2**40], np.int64), np.zeros((0, 2), np.float32)):
        tensor = onnx.TensorProto.FromString(onnx_writer.constant("c", array))
        assert tensor.name == "c" and np.array_equal(numpy_helper.to_array(tensor), array)
