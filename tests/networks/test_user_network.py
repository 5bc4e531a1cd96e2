"""Networks that a person brings: headers against the onnx package, hostile files, every way to ask and answer, and the command line."""

import asyncio
import math

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from pystudio.networks import network as networks
from pystudio.networks import onnx_reader, user_network
from pystudio.__main__ import main
from pystudio.errors import NetworkError
from pystudio.render.png import png
from pystudio.image import load_labels
from pystudio.session.session import Session

RECIPE = {"title": "Mine", "input": "image", "output": "scores", "layout": "NCHW", "order": "RGB", "rows": 0, "columns": 0, "longest": 64, "multiple": 8, "divide": 255,
          "mean": [0, 0, 0], "std": [1, 1, 1], "kind": "logits", "labels": ["rest", "red", "blue"]}  # fmt: skip


def value(name, shape, kind=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, kind, shape)


def model(nodes, inputs, outputs, weights=(), opset=13):
    graph = helper.make_graph(nodes, "g", inputs, outputs, [numpy_helper.from_array(np.asarray(each), name) for name, each in weights])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], producer_name="the tests", ir_version=8)


def colours(layout="NCHW", answer="logits", sides=(None, None)):
    """A network that scores rest, red and blue by the colour of the pixel itself."""
    weights = np.array([[0, 0, 0], [4, -2, -2], [-2, -2, 4]], np.float32).reshape(3, 3, 1, 1)
    bias = np.array([0.5, 0, 0], np.float32)
    side = lambda s, name: name if s is None else s
    rows, columns = side(sides[0], "h"), side(sides[1], "w")
    shape = [1, 3, rows, columns] if layout == "NCHW" else [1, rows, columns, 3]
    nodes = [] if layout == "NCHW" else [helper.make_node("Transpose", ["image"], ["turned"], perm=[0, 3, 1, 2])]
    nodes.append(helper.make_node("Conv", ["image" if layout == "NCHW" else "turned", "w", "b"], ["raw"], kernel_shape=[1, 1]))
    kind, out = TensorProto.FLOAT, [1, 3, rows, columns]
    if answer == "labels":
        nodes.append(helper.make_node("ArgMax", ["raw"], ["scores"], axis=1, keepdims=0))
        kind, out = TensorProto.INT64, [1, rows, columns]
    elif answer == "probabilities":
        nodes.append(helper.make_node("Softmax", ["raw"], ["scores"], axis=1))
    elif answer == "last":
        nodes.append(helper.make_node("Transpose", ["raw"], ["scores"], perm=[0, 2, 3, 1]))
        out = [1, rows, columns, 3]
    else:
        nodes.append(helper.make_node("Identity", ["raw"], ["scores"]))
    return model(nodes, [value("image", shape)], [value("scores", out, kind)], [("w", weights), ("b", bias)])


PHOTO = np.zeros((40, 60, 3), np.uint8)
PHOTO[:, 20:40] = (255, 0, 0)
PHOTO[:, 40:] = (0, 0, 255)
TRUTH = np.repeat([[0] * 20 + [1] * 20 + [2] * 20], 40, axis=0)


# ---------------------------------------------------------------- headers
@pytest.mark.parametrize("sides", [(None, None), (64, 96)])
@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
def test_a_header_says_what_the_onnx_package_says(layout, sides):
    whole = colours(layout, sides=sides)
    found = onnx_reader.read_header(whole.SerializeToString())
    assert found.producer == whole.producer_name and found.opset == whole.opset_import[0].version
    assert found.operators == {kind: [n.op_type for n in whole.graph.node].count(kind) for kind in {n.op_type for n in whole.graph.node}}
    assert found.weights == sum(int(np.prod(each.dims)) for each in whole.graph.initializer)
    told = [d.dim_value or d.dim_param for d in whole.graph.input[0].type.tensor_type.shape.dim]
    assert [(each.name, each.type, list(each.shape)) for each in found.inputs] == [("image", "float32", told)]
    judged = user_network.inspect(found)
    assert (judged.layout, judged.rows, judged.columns, judged.outputs, judged.classes) == (layout, *sides, ("scores",), {"scores": 3})


def test_weights_among_the_inputs_are_not_asked_for():
    whole = colours()
    whole.graph.input.append(value("w", [3, 3, 1, 1]))  # as old files have it
    assert [each.name for each in onnx_reader.read_header(whole.SerializeToString()).inputs] == ["image"]


def test_our_own_networks_are_read(tmp_path):
    for name, classes in (("deeplab", 21), ("selfie_segmentation", 1)):
        path = networks._PACKAGE.parent / "build" / "models" / f"{name}.onnx"
        if not path.is_file():
            pytest.skip("the networks are not built")
        judged = user_network.inspect(onnx_reader.read_header(path.read_bytes()))
        assert judged.classes[judged.outputs[0]] == classes


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_damaged_file_is_refused_in_words_or_read_and_never_breaks(data):
    whole = bytearray(colours().SerializeToString())
    for _ in range(data.draw(st.integers(0, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(whole[: data.draw(st.integers(0, len(whole)))])
    try:
        user_network.inspect(onnx_reader.read_header(cut))
    except NetworkError as error:
        assert error.message.endswith((".", ":", "?")) and error.remedy


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_refused_in_words(data):
    try:
        user_network.inspect(onnx_reader.read_header(data))
    except NetworkError as error:
        assert error.message and error.remedy


def nested(depth):
    """Graphs within graphs, written by hand: a hostile file."""
    tagged = lambda number, body: bytes([number << 3 | 2]) + varint(len(body)) + body
    graph = tagged(1, tagged(4, b"Relu"))
    for _ in range(depth):
        graph = tagged(1, tagged(4, b"If") + tagged(5, tagged(6, graph)))
    return b"\x08\x08" + tagged(7, graph)


def varint(value):
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    return bytes([*found, value])


@pytest.mark.parametrize("hostile", [nested(5000), b"\x08\x08\x3a\xff\xff\xff\xff\xff\xff\xff\xff\x7f", b"\xff" * 50, b"\x08\x08\x3b\x00", b"\x3a\x00" * 1000,
                                     b"\x08\x08\x42\x07\x08" + varint(2**40), b"\x08\x08\x3a\x02\x28\x01"])  # fmt: skip
def test_hostile_files_end_in_words(hostile):
    with pytest.raises(NetworkError):
        onnx_reader.read_header(hostile)


@pytest.mark.parametrize("data, words", [(b"", "empty"), (b"PK\x03\x04abc", "PyTorch"), (b"\x89PNG\r\n", "picture"), (b'{"a": 1}', "JSON"), (b"\x1c\0\0\0TFL3", "TensorFlow Lite"),
                                         (b"\x89HDF\r\n", "Keras"), (b"hello", "network")])  # fmt: skip
def test_other_files_are_told_for_what_they_are(data, words):
    with pytest.raises(NetworkError, match=words):
        onnx_reader.read_header(data)


def test_a_huge_file_is_refused_before_it_is_read(monkeypatch):
    monkeypatch.setattr(onnx_reader, "MAX_BYTES", 100)
    with pytest.raises(NetworkError, match="MB"):
        onnx_reader.read_header(bytes(101))


def outside():
    whole = colours()
    onnx.external_data_helper.set_external_data(whole.graph.initializer[0], location="weights.bin")
    return whole


POOL = [helper.make_node("GlobalAveragePool", ["image"], ["p"]), helper.make_node("Flatten", ["p"], ["scores"])]
COPY = [helper.make_node("Identity", ["image"], ["scores"])]
PICTURE = value("image", [1, 3, 64, 64])


@pytest.mark.parametrize("whole, words", [
    (outside(), "weights.bin"),
    (model(POOL, [PICTURE], [value("scores", [1, 1000])]), "classifier"),
    (model(POOL, [PICTURE], [value("scores", ["n", 1000])]), "classifier"),
    (model([helper.make_node("Identity", ["image"], ["boxes"])], [PICTURE], [value("boxes", [1, 100, 4]), value("scores", [1, 100])]), "boxes"),
    (model(COPY, [value("image", [1, 1, 64, 64])], [value("scores", [1, 1, 64, 64])]), "colour"),
    (model(COPY, [value("image", [64, 3, 64, 64])], [value("scores", [64, 3, 64, 64])]), "one picture"),
    (model(COPY, [value("image", [2, 3, 16, 64, 64])], [value("scores", [2, 3, 16, 64, 64])]), "one picture"),
    (model(COPY, [value("image", [1, 3, 64, 64], TensorProto.INT64)], [value("scores", [1, 3, 64, 64], TensorProto.INT64)]), "int64"),
    (model([helper.make_node("Add", ["image", "more"], ["scores"])], [PICTURE, value("more", [1])], [value("scores", [1, 3, 64, 64])]), "2 inputs"),
])  # fmt: skip
def test_networks_that_do_not_label_pixels_are_told_for_what_they_are(whole, words):
    with pytest.raises(NetworkError, match=words):
        user_network.inspect(onnx_reader.read_header(whole.SerializeToString()))


@pytest.mark.parametrize("words, told", [
    ("Could not find an implementation for Einsum(12) node with name 'x'", "Einsum"), ("com.acme:Warp(-1) is not a registered function/op", "Warp"),
    ("std::bad_alloc", "memory"), ("something else", "something else"),
])  # fmt: skip
def test_a_refusal_of_the_runtime_names_what_it_lacks(words, told):
    assert told in user_network.explain_rejection(words).message


# ---------------------------------------------------------------- asking and answering
def labelled(whole, **recipe):
    net = user_network.make_network("own1", RECIPE | recipe)
    session = onnxruntime.InferenceSession(whole.SerializeToString(), providers=["CPUExecutionProvider"])
    return networks.segment(PHOTO, net, session=session).label_map


def agrees(found):
    return (found == TRUTH)[:, [5, 15, 25, 35, 45, 55]].all()  # away from borders, which a resize softens


@pytest.mark.parametrize("answer, kind", [("logits", "logits"), ("probabilities", "probabilities"), ("labels", "labels"), ("last", "logits")])
@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
def test_every_way_to_answer_gives_the_same_labels(answer, kind, layout):
    assert agrees(labelled(colours(layout, answer), kind=kind, layout=layout))


def test_a_network_of_one_size_gets_that_size():
    assert agrees(labelled(colours(sides=(48, 80)), rows=48, columns=80))


def test_blue_first_turns_the_colours_round():
    found = labelled(colours(), order="BGR")
    assert (found[:, 30] == 2).all() and (found[:, 50] == 1).all()


def test_scaling_is_divide_then_mean_then_spread():
    net = user_network.make_network("own1", RECIPE | {"divide": 100, "mean": [0.1, 0.2, 0.3], "std": [2, 4, 5], "rows": 40, "columns": 60})
    tensor = networks.prepare(PHOTO, net)
    expected = (PHOTO.astype(float) / 100 - [0.1, 0.2, 0.3]) / [2, 4, 5]
    assert np.allclose(tensor[0], expected.transpose(2, 0, 1), atol=1e-6) and tensor.dtype == np.float32 and tensor.flags.c_contiguous


@pytest.mark.parametrize("scores", [False, True])
def test_one_value_a_pixel_is_a_probability_or_its_score(scores):
    net = user_network.make_network("own1", RECIPE | {"kind": "logit" if scores else "probability", "labels": ["background", "person"]})
    p = np.array([[[[0.1, 0.9], [0.5, 0.99]]]])
    logits = net.read(np.log(p / (1 - p)) if scores else p)
    assert np.allclose(1 / (1 + np.exp(logits[0] - logits[1])), p[0, 0], atol=1e-5)


def test_known_names_are_the_sets_that_the_studio_paints_with():
    from pystudio.labels import PERSON, VOC

    assert user_network.make_network("own1", RECIPE | {"labels": list(VOC.names)}).labels is VOC
    assert user_network.make_network("own1", RECIPE | {"labels": list(PERSON.names)}).labels is PERSON


@pytest.mark.parametrize("wrong, words", [
    ({"labels": ["one"]}, "names"), ({"labels": ["a", "a"]}, "Two classes"), ({"mean": [0, 0]}, "mean"), ({"std": [1, 0, 1]}, "std"), ({"divide": 0}, "divide"),
    ({"kind": "boxes"}, "kind"), ({"rows": 64}, "one side"), ({"rows": -1, "columns": 4}, "rows"), ({"longest": 10**9}, "longest"), ({"kind": "probability"}, "two classes"),
    ({"divide": float("nan")}, "divide"), ({"rows": math.inf, "columns": math.inf}, "rows"), ({"longest": math.nan}, "longest"), ({"labels": ["x"] * 300}, "250"),
])  # fmt: skip
def test_answers_that_make_no_sense_are_named(wrong, words):
    with pytest.raises(NetworkError, match=words):
        user_network.make_network("own1", RECIPE | wrong)


@pytest.mark.parametrize("name", ["", "Own", "../x", "own 1", "o" * 60])
def test_names_that_could_do_harm_are_refused(name):
    with pytest.raises(NetworkError):
        user_network.make_network(name, RECIPE)


def test_too_few_names_are_told_with_the_number_wanted():
    with pytest.raises(NetworkError) as told:
        labelled(colours(), labels=["a", "b"])
    assert "3" in told.value.remedy


def test_labels_without_a_name_are_told():
    with pytest.raises(NetworkError, match="label 2"):
        labelled(colours(answer="labels"), kind="labels", labels=["a", "b"])


# ---------------------------------------------------------------- in the session
def session_with(monkeypatch):
    monkeypatch.setattr(networks, "_registered", {})
    opened = {}

    async def adopt(name, data, output):
        try:
            opened[name] = onnxruntime.InferenceSession(bytes(data), providers=["CPUExecutionProvider"]), output
        except Exception as error:
            raise user_network.explain_rejection(str(error)) from None

    async def run(net, tensor):
        session, output = opened[net.name]
        return session.run([output], {session.get_inputs()[0].name: tensor})[0]

    session = Session(run, adopt=adopt)
    rgba = np.concatenate([PHOTO, np.full((*PHOTO.shape[:2], 1), 255, np.uint8)], axis=2)
    session.open_photo(*PHOTO.shape[:2], rgba.tobytes())
    return session


def test_a_network_that_was_brought_labels_the_photo_like_any_other(monkeypatch):
    session, data = session_with(monkeypatch), colours().SerializeToString()
    read = session.method("own_network.read")(data)
    assert read["outputs"] == [{"name": "scores", "classes": 3, "kind": "logits", "certain": True, "layout": "NCHW"}] and read["rows"] is None
    asyncio.run(session.method("own_network.open")("own1", data, RECIPE))
    found = asyncio.run(session.method("segment.run")("own1"))
    assert agrees(found["label_map"].reshape(PHOTO.shape[:2]))
    assert [each["name"] for each in found["classes"]] and {each["name"] for each in found["classes"]} == {"rest", "red", "blue"}


def test_a_network_that_answers_otherwise_than_told_is_not_offered(monkeypatch):
    session, data = session_with(monkeypatch), colours().SerializeToString()
    with pytest.raises(NetworkError):
        asyncio.run(session.method("own_network.open")("own1", data, RECIPE | {"labels": ["a", "b"]}))
    with pytest.raises(NetworkError, match="No network"):
        networks.network("own1")


def test_an_operator_nobody_knows_is_named(monkeypatch):
    session = session_with(monkeypatch)
    odd = model([helper.make_node("Warp", ["image"], ["scores"], domain="com.acme")], [value("image", [1, 3, "h", "w"])], [value("scores", [1, 3, "h", "w"])])
    odd.opset_import.append(helper.make_opsetid("com.acme", 1))
    with pytest.raises(NetworkError, match="Warp"):
        asyncio.run(session.method("own_network.open")("own1", odd.SerializeToString(), RECIPE))


def test_ours_cannot_be_replaced(monkeypatch):
    session = session_with(monkeypatch)
    with pytest.raises(NetworkError, match="deeplab"):
        asyncio.run(session.method("own_network.open")("deeplab", colours().SerializeToString(), RECIPE))


# ---------------------------------------------------------------- the command line
def test_the_command_line_labels_a_photo_with_a_network_that_was_brought(tmp_path, capsys):
    (tmp_path / "p.png").write_bytes(png(PHOTO))
    (tmp_path / "mine.onnx").write_bytes(colours().SerializeToString())
    (tmp_path / "mine.toml").write_text('labels = ["rest", "red", "blue"]\nlongest = 64\nmultiple = 8\n', encoding="utf-8")
    files = [str(tmp_path / name) for name in ("p.png", "mine.onnx", "mine.toml", "mask.png")]
    assert main(["segment", files[0], "--onnx", files[1], "--recipe", files[2], "-o", files[3]]) == 0
    assert agrees(load_labels((tmp_path / "mask.png").read_bytes()))
    assert "red" in capsys.readouterr().out


@pytest.mark.parametrize("recipe, words", [(None, "--recipe"), ("labels = [", "TOML"), ('lables = ["a"]', "lables"), ("divide = 255", "names"), ("rows = inf\ncolumns = inf\nlabels = ['a', 'b', 'c']", "rows"),
                                           ("output = ['x']\nlabels = ['a', 'b', 'c']", "does not give its output")])
def test_the_command_line_says_what_a_recipe_lacks(recipe, words, tmp_path, capsys):
    (tmp_path / "p.png").write_bytes(png(PHOTO))
    (tmp_path / "mine.onnx").write_bytes(colours().SerializeToString())
    command = ["segment", str(tmp_path / "p.png"), "--onnx", str(tmp_path / "mine.onnx")]
    if recipe is not None:
        (tmp_path / "mine.toml").write_text(recipe, encoding="utf-8")
        command += ["--recipe", str(tmp_path / "mine.toml")]
    assert main(command) == 2
    assert words in capsys.readouterr().err
