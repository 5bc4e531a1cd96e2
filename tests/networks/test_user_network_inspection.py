"""What the graph of a network tells of its answer: which side holds the classes, what its numbers are, which type and size it takes. Nothing is guessed from values."""

import asyncio

import numpy as np
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper
from tests.networks.test_user_network import PHOTO, RECIPE, TRUTH, agrees, colours, model, session_with, value

from pystudio.networks import network as networks
from pystudio.networks import onnx_reader, user_network, user_network_inspection
from pystudio.__main__ import main
from pystudio.errors import NetworkError
from pystudio.render.png import png
from pystudio.image import load_labels

FLOAT, HALF, DOUBLE, BYTE = TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.DOUBLE, TensorProto.UINT8
NAMES = ["rest", "red", "blue"]
WEIGHTS = [("w", np.array([[0, 0, 0], [4, -2, -2], [-2, -2, 4]], np.float32).reshape(3, 3, 1, 1)), ("b", np.array([0.5, 0, 0], np.float32))]
ONE = [("w", np.array([[4, -2, -2]], np.float32).reshape(1, 3, 1, 1)), ("b", np.array([-1], np.float32))]


def graph(*nodes, given=("image", [1, 3, "h", "w"], FLOAT), answers=(("scores", [1, 3, "h", "w"], FLOAT),), weights=WEIGHTS, opset=13):
    """A network: a convolution from "image" to "raw", and what comes after it."""
    first = [] if given[2] == FLOAT else [helper.make_node("Cast", ["image"], ["cast"], to=FLOAT)]
    source = "image" if given[2] == FLOAT else "cast"
    conv = helper.make_node("Conv", [source, "w", "b"], ["raw"], kernel_shape=[1, 1])
    return model([*first, conv, *nodes], [value(given[0], given[1], given[2])], [value(name, shape, kind) for name, shape, kind in answers], weights, opset)


def node(kind, source="raw", out="scores", **more):
    return helper.make_node(kind, [source], [out], **more)


def inspected(whole):
    return user_network.inspect(onnx_reader.read_header(whole.SerializeToString()))


def labelled(whole, **answers):
    """As the command line does it: the file's header, what it tells, and as few answers as it needs."""
    header = onnx_reader.read_header(whole.SerializeToString())
    net = user_network.make_network("own", user_network.complete_recipe({"labels": NAMES, "longest": 64, "multiple": 8} | answers, user_network.inspect(header)))
    user_network.check_recipe(net, header)
    session = onnxruntime.InferenceSession(whole.SerializeToString(), providers=["CPUExecutionProvider"])
    return networks.segment(PHOTO, net, session=session).label_map


# ---------------------------------------------------------------- which side holds the classes
@pytest.mark.parametrize(("shape", "size", "classes"), [
    ((1, 150, 128, 128), (512, 512), 150), ((1, 128, 128, 150), (512, 512), 150), ((1, 150, 128, 128), (None, None), 150), ((1, 19, 64, 128), (512, 1024), 19), ((1, 64, 128, 19), (512, 1024), 19),
    ((1, 200, 24, 32), (48, 64), 200), (("n", 21, "h", "w"), (None, None), 21), (("n", "h", "w", 21), (None, None), 21), ((1, 1, 24, 32), (24, 32), 1), ((1, 2, 2, 2), (None, None), 2),
])  # fmt: skip
def test_the_number_of_classes_is_on_the_side_that_is_no_row_or_column(shape, size, classes):
    assert user_network_inspection.class_count(shape, "NCHW", size) == classes
    assert user_network_inspection._classes(onnx_reader.Tensor("y", "float32", shape), "NCHW", size) == classes


@given(st.integers(1, 250), st.integers(2, 99), st.integers(2, 99), st.integers(1, 8), st.sampled_from(["NCHW", "NHWC"]))
def test_with_the_size_of_the_input_no_number_of_classes_is_mistaken_for_a_side(classes, rows, columns, stride, layout):
    shape = (1, classes, rows, columns) if layout == "NCHW" else (1, rows, columns, classes)
    other = (classes, rows) if layout == "NCHW" else (columns, classes)
    if abs(other[0] * columns * stride - other[1] * rows * stride) < stride * max(rows, columns):
        return  # both sides would do: see the next test
    assert user_network_inspection.class_count(shape, "NCHW", (rows * stride, columns * stride)) == classes


@pytest.mark.parametrize(("layout", "side"), [("NCHW", "NHWC"), ("NHWC", "NCHW"), ("NCHW", "NCHW"), ("NHWC", "NHWC")])
def test_a_cube_is_read_as_the_graph_says_else_by_the_layout_of_the_input(layout, side):
    turn_in = [] if layout == "NCHW" else [helper.make_node("Transpose", ["image"], ["turned"], perm=[0, 3, 1, 2])]
    conv = helper.make_node("Conv", ["image" if layout == "NCHW" else "turned", "w", "b"], ["raw"], kernel_shape=[1, 1])
    turn_out = helper.make_node("Transpose", ["raw"], ["scores"], perm=[0, 2, 3, 1]) if side == "NHWC" else node("Identity")
    whole = model([*turn_in, conv, turn_out], [value("image", [1, 3, 3, 3] if layout == "NCHW" else [1, 3, 3, 3])], [value("scores", [1, 3, 3, 3])], WEIGHTS)
    assert inspected(whole).output_layouts == {"scores": side}
    scores = np.zeros((1, 3, 3, 3), np.float32)
    scores[(slice(None), 2) if side == "NCHW" else (..., 2)] = 1
    told = {"layout": layout, "rows": 3, "columns": 3}
    assert (user_network.make_network("own1", RECIPE | told | {"output_layout": side}).read(scores).argmax(0) == 2).all()
    if side == layout:
        assert (user_network.make_network("own1", RECIPE | told).read(scores).argmax(0) == 2).all()


def test_an_answer_that_is_not_where_it_was_said_is_refused():
    net = user_network.make_network("own1", RECIPE | {"output_layout": "NHWC"})
    with pytest.raises(NetworkError, match="not 3 for each place"):
        net.read(np.zeros((1, 3, 8, 9), np.float32))


@pytest.mark.parametrize(("shape", "count"), [((1, 150, 128, 128), "150"), ((1, 128, 128, 150), "150"), ((1, 5, 24, 32), "5")])
def test_the_number_that_is_advised_is_one_that_the_answer_has(shape, count):
    with pytest.raises(NetworkError) as told:
        user_network.make_network("own1", RECIPE).read(np.zeros(shape, np.float32))
    assert count in told.value.remedy and user_network.UserNetwork._guess(np.zeros(shape, np.uint8)) == count


# ---------------------------------------------------------------- what the numbers are
KINDS = [
    ([node("Identity")], WEIGHTS, [1, 3, "h", "w"], FLOAT, "logits"), ([node("Softmax", axis=1)], WEIGHTS, [1, 3, "h", "w"], FLOAT, "probabilities"), ([node("LogSoftmax", axis=1)], WEIGHTS, [1, 3, "h", "w"], FLOAT, "logits"),
    ([node("Sigmoid")], WEIGHTS, [1, 3, "h", "w"], FLOAT, "probabilities"), ([node("Sigmoid")], ONE, [1, 1, "h", "w"], FLOAT, "probability"), ([node("Identity")], ONE, [1, 1, "h", "w"], FLOAT, "logit"),
    ([node("ArgMax", axis=1, keepdims=0)], WEIGHTS, [1, "h", "w"], TensorProto.INT64, "labels"), ([node("ArgMax", out="a", axis=1), node("Cast", "a", to=FLOAT)], WEIGHTS, [1, 1, "h", "w"], FLOAT, "labels"),
    ([node("ArgMax", out="a", axis=1), node("Cast", "a", to=BYTE)], WEIGHTS, [1, 1, "h", "w"], BYTE, "labels"), ([node("Cast", to=HALF)], WEIGHTS, [1, 3, "h", "w"], HALF, "logits"),
    ([node("Cast", to=DOUBLE)], WEIGHTS, [1, 3, "h", "w"], DOUBLE, "logits"), ([node("Relu", out="r"), node("Cast", "r", to=BYTE)], WEIGHTS, [1, 3, "h", "w"], BYTE, "logits"),
    ([node("Transpose", out="t", perm=[0, 2, 3, 1]), node("Softmax", "t", axis=-1)], WEIGHTS, [1, "h", "w", 3], FLOAT, "probabilities"),
]  # fmt: skip


@pytest.mark.parametrize(("nodes", "weights", "shape", "type", "kind"), KINDS)
def test_the_last_operators_tell_what_an_answer_is_and_it_labels_the_photo(nodes, weights, shape, type, kind):
    whole = graph(*nodes, answers=[("scores", shape, type)], weights=weights)
    found = inspected(whole)
    assert found.kinds == {"scores": kind} and found.sure == {"scores": True}
    if weights is WEIGHTS:
        assert agrees(labelled(whole, mean=[0, 0, 0], divide=255))
    else:
        map = labelled(whole, labels=["rest", "red"])
        assert (map == (TRUTH == 1))[:, [5, 15, 25, 35, 45, 55]].all()


def test_one_value_of_unknown_make_is_asked_for():
    whole = graph(helper.make_node("Einsum", ["raw"], ["scores"], equation="nchw->nchw"), answers=[("scores", [1, 1, "h", "w"], FLOAT)], weights=ONE)
    assert inspected(whole).sure == {"scores": False}
    with pytest.raises(NetworkError) as asked:
        labelled(whole, labels=["rest", "red"])
    assert all(f'kind = "{kind}"' in asked.value.remedy for kind in ("probability", "logit", "labels"))
    assert labelled(whole, labels=["rest", "red"], kind="logit").shape == TRUTH.shape


@settings(deadline=None)
@given(st.lists(st.floats(-9, 9, width=32), min_size=4, max_size=4))
def test_one_score_means_the_same_whatever_the_others_are(values):
    """A logit of 0.3 is above 0: the thing, also where all of a picture lie between 0 and 1."""
    net = user_network.make_network("own1", RECIPE | {"kind": "logit", "labels": ["rest", "thing"], "rows": 2, "columns": 2})
    scores = np.array(values, np.float32).reshape(1, 1, 2, 2)
    assert np.array_equal(net.read(scores).argmax(0), (scores[0, 0] > 0))
    sure = user_network.make_network("own1", RECIPE | {"kind": "probability", "labels": ["rest", "thing"], "rows": 2, "columns": 2})
    if scores.min() >= 0 and scores.max() <= 1:
        assert np.array_equal(sure.read(scores).argmax(0), scores[0, 0] > 0.5)
    elif scores.min() < -0.01 or scores.max() > 1.01:
        with pytest.raises(NetworkError, match="no probabilities") as told:
            sure.read(scores)
        assert 'kind = "logit"' in told.value.remedy


@pytest.mark.parametrize("type", [np.float16, np.float64, np.uint8, np.int64, np.int8])
def test_scores_are_scores_in_every_type_of_number(type):
    scores = np.zeros((1, 3, 2, 2), type)
    scores[0, 2] = 3
    assert (user_network.make_network("own1", RECIPE).read(scores).argmax(0) == 2).all()


def test_a_probability_in_bytes_is_a_share_of_255():
    net = user_network.make_network("own1", RECIPE | {"kind": "probability", "labels": ["rest", "thing"]})
    assert net.read(np.array([[[[100, 200]]]], np.uint8)).argmax(0).tolist() == [[0, 1]]


@pytest.mark.parametrize(("kind", "names", "answer", "words"), [
    ("labels", NAMES, np.zeros((1, 3, 4, 5)), 'kind = "logits"'), ("labels", NAMES, np.full((1, 1, 4, 5), 0.3), 'kind = "probability"'), ("logits", NAMES, np.zeros((1, 1, 4, 5)), 'kind = "labels"'),
    ("logit", ["a", "b"], np.zeros((1, 5, 4, 5)), 'kind = "logits"'), ("labels", NAMES, np.full((1, 4, 5), 7), 'kind = "logits"'), ("labels", NAMES, np.full((1, 4, 5), -1), 'kind = "logits"'),
])  # fmt: skip
def test_a_message_says_in_the_words_of_a_recipe_which_kind_would_fit(kind, names, answer, words):
    with pytest.raises(NetworkError) as told:
        user_network.make_network("own1", RECIPE | {"kind": kind, "labels": names}).read(answer)
    assert words in told.value.remedy


# ---------------------------------------------------------------- type, size and number of pictures
@pytest.mark.parametrize("type", [FLOAT, HALF, DOUBLE, BYTE])
@pytest.mark.parametrize("batch", [1, 4, "n"])
def test_types_and_numbers_of_pictures_are_read_from_the_file(type, batch):
    scale = 1 if type == BYTE else 255
    whole = graph(node("Identity"), given=("image", [batch, 3, 16, 24], type), answers=[("scores", [batch, 3, 16, 24], FLOAT)])
    assert agrees(labelled(whole, divide=scale))


def test_an_input_without_a_side_for_pictures_is_given_one_picture():
    nodes = [helper.make_node("Unsqueeze", ["image", "axes"], ["one"]), helper.make_node("Conv", ["one", "w", "b"], ["scores"], kernel_shape=[1, 1])]
    whole = model(nodes, [value("image", [3, 16, 24])], [value("scores", [1, 3, 16, 24])], [*WEIGHTS, ("axes", np.array([0]))])
    assert inspected(whole).batch == 0 and agrees(labelled(whole))


def test_bytes_are_not_scaled_and_a_recipe_that_wants_it_is_refused():
    whole = graph(node("Identity"), given=("image", [1, 3, "h", "w"], BYTE))
    assert agrees(labelled(whole))
    with pytest.raises(NetworkError, match="0 to 255") as told:
        labelled(whole, divide=255)
    assert "divide = 1" in told.value.remedy


def test_of_several_outputs_the_main_one_is_taken_and_equal_ones_are_asked_for():
    both = lambda first, second: graph(node("Identity", out=first), node("Identity", out=second), answers=[(first, [1, 3, "h", "w"], FLOAT), (second, [1, 3, "h", "w"], FLOAT)])
    assert inspected(both("aux", "out")).outputs == ("out", "aux") and agrees(labelled(both("aux", "out")))
    with pytest.raises(NetworkError, match="2 outputs that may be the mask: left, right"):
        labelled(both("left", "right"))
    assert agrees(labelled(both("left", "right"), output="right"))


# ---------------------------------------------------------------- what is refused, with its reason
@pytest.mark.parametrize(("answers", "words"), [
    ({"output": "nope"}, "does not give its output as “nope”: it has scores"), ({"input": "nope"}, "does not take an input called “nope”: it has image"), ({"rows": 20, "columns": 24}, "20 rows and 24 columns"),
    ({"rows": 0, "columns": 0}, "any size"), ({"input_type": "float16"}, "input_type = \"float16\""),
])  # fmt: skip
def test_a_recipe_is_compared_with_the_file_before_anything_runs(answers, words):
    with pytest.raises(NetworkError, match=words) as told:
        labelled(graph(node("Identity"), given=("image", [1, 3, 16, 24], FLOAT), answers=[("scores", [1, 3, 16, 24], FLOAT)]), **answers)
    assert told.value.remedy.startswith("Say ")


def newer(**more):
    whole = colours()
    for key, number in more.items():
        setattr(whole if key == "ir_version" else whole.opset_import[0], "ir_version" if key == "ir_version" else "version", number)
    return whole


def custom():
    odd = model([helper.make_node("Warp", ["image"], ["scores"], domain="com.acme")], [value("image", [1, 3, "h", "w"])], [value("scores", [1, 3, "h", "w"])])
    odd.opset_import.append(helper.make_opsetid("com.acme", 1))
    return odd


@pytest.mark.parametrize(("whole", "words"), [(newer(ir_version=99), "version 99 of ONNX’s format"), (newer(opset=99), "opset 99"), (custom(), "operator com.acme:Warp")])
def test_on_the_desktop_the_reason_is_told_and_nothing_else_printed(whole, words, tmp_path, capfd):
    (tmp_path / "p.png").write_bytes(png(PHOTO))
    (tmp_path / "mine.onnx").write_bytes(whole.SerializeToString())
    (tmp_path / "mine.toml").write_bytes(b"\xef\xbb\xbf" + b'labels = ["rest", "red", "blue"]\nlongest = 64\nmultiple = 8\n')  # with the mark of Windows
    assert main(["segment", *(str(tmp_path / "p.png"), "--onnx", str(tmp_path / "mine.onnx"), "--recipe", str(tmp_path / "mine.toml"))]) == 2
    out, err = capfd.readouterr()
    assert words in err and out == "" and len(err.splitlines()) == 1


def test_a_network_that_stops_while_it_runs_says_why_under_its_own_name(tmp_path, capfd):
    hidden = graph(helper.make_node("Reshape", ["raw", "sides"], ["scores"]), weights=[*WEIGHTS, ("sides", np.array([1, 3, 7, 7]))])
    (tmp_path / "p.png").write_bytes(png(PHOTO))
    (tmp_path / "odd.onnx").write_bytes(hidden.SerializeToString())
    (tmp_path / "odd.toml").write_text('labels = ["a", "b", "c"]\nlongest = 64\nmultiple = 8\n', encoding="utf-8")
    assert main(["segment", str(tmp_path / "p.png"), "--onnx", str(tmp_path / "odd.onnx"), "--recipe", str(tmp_path / "odd.toml")]) == 2
    err = capfd.readouterr().err
    assert "odd stopped" in err and "eshape" in err and "network own" not in err


# ---------------------------------------------------------------- in the session
def test_the_session_takes_type_and_sides_from_the_file(monkeypatch):
    session = session_with(monkeypatch)
    whole = graph(node("Transpose", perm=[0, 2, 3, 1]), given=("image", [4, 3, 16, 24], HALF), answers=[("scores", [4, 16, 24, 3], FLOAT)])
    data = whole.SerializeToString()
    read = session.method("own_network.read")(data)
    assert read["input_type"] == "float16" and read["outputs"][0]["layout"] == "NHWC"
    asyncio.run(session.method("own_network.open")("own1", data, RECIPE | {"rows": 16, "columns": 24}))
    found = asyncio.run(session.method("segment.run")("own1"))
    assert agrees(found["label_map"].reshape(PHOTO.shape[:2]))


def test_the_command_line_needs_names_alone(tmp_path):
    (tmp_path / "p.png").write_bytes(png(PHOTO))
    (tmp_path / "mine.onnx").write_bytes(graph(node("ArgMax", axis=1, keepdims=0), given=("image", [2, 3, 16, 24], FLOAT), answers=[("scores", [2, 16, 24], TensorProto.INT64)]).SerializeToString())
    (tmp_path / "mine.toml").write_text('labels = ["rest", "red", "blue"]\n', encoding="utf-8")
    assert main(["segment", str(tmp_path / "p.png"), "--onnx", str(tmp_path / "mine.onnx"), "--recipe", str(tmp_path / "mine.toml"), "-o", str(tmp_path / "m.png")]) == 0
    assert agrees(load_labels((tmp_path / "m.png").read_bytes()))
