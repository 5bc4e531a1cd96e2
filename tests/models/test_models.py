"""The networks: converters against NumPy, recipes, proofs, and the build of what is shipped.

The oracles below are written from TensorFlow's definitions of its operations, in NHWC and with plain loops; they share
nothing with the converters. The converted networks themselves are compared with what the originals computed, in
TensorFlow.js and in MediaPipe (models/reference).
"""

import base64
import doctest
import itertools
import json
import shutil
import time
from pathlib import Path

import flatbuffers
import numpy as np
import onnx
import pytest
import tflite
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from onnx import numpy_helper

import models
from models import integers, mediapipe, proof, recipe, stride, tfjs, weights
from models.__main__ import main
from models.errors import ModelError
from models.graph import to_bytes

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ["deeplab", "deeplab_s16", "selfie_segmentation", "selfie_segmentation_landscape"]
KEPT = ["deeplab-float16", "deeplab-float32", "deeplab-int8", "deeplab_s16-int8"]


# -- oracles: TensorFlow's operations in NHWC ----------------------------------------------------------------------


def tf_conv(x, w, strides=(1, 1), padding="SAME", depthwise=False):
    """Conv2D or DepthwiseConv2dNative, from their definition."""
    kh, kw, cin, last = w.shape
    cells, begin = [], []
    for side, k, s in zip(x.shape[1:3], (kh, kw), strides):
        cells.append(-(-side // s) if padding == "SAME" else (side - k) // s + 1)
        begin.append(max((cells[-1] - 1) * s + k - side, 0) // 2 if padding == "SAME" else 0)
    out = np.zeros((x.shape[0], *cells, cin * last if depthwise else last), "f8")
    for i, j, a, b in itertools.product(range(cells[0]), range(cells[1]), range(kh), range(kw)):
        r, c = i * strides[0] + a - begin[0], j * strides[1] + b - begin[1]
        if 0 <= r < x.shape[1] and 0 <= c < x.shape[2]:
            if depthwise:
                out[:, i, j] += (x[:, r, c, :, None] * w[a, b]).reshape(x.shape[0], -1)
            else:
                out[:, i, j] += x[:, r, c] @ w[a, b]
    return out


def space_to_batch(x, block, pads):
    """SpaceToBatchND for two spatial axes, by the five steps of its documentation."""
    x = np.pad(x, ((0, 0), *pads, (0, 0)))
    n, h, w, c = x.shape
    x = x.reshape(n, h // block[0], block[0], w // block[1], block[1], c).transpose(2, 4, 0, 1, 3, 5)
    return x.reshape(block[0] * block[1] * n, h // block[0], w // block[1], c)


def batch_to_space(x, block, crops):
    """BatchToSpaceND, likewise."""
    n, h, w, c = x.shape
    n //= block[0] * block[1]
    x = x.reshape(block[0], block[1], n, h, w, c).transpose(2, 3, 0, 4, 1, 5).reshape(n, h * block[0], w * block[1], c)
    return x[:, crops[0][0]:x.shape[1] - crops[0][1], crops[1][0]:x.shape[2] - crops[1][1]]


# -- tiny TensorFlow.js graphs -------------------------------------------------------------------------------------


class Tiny:
    """A TensorFlow.js graph model of a few nodes, written to a folder."""

    def __init__(self):
        self.nodes, self.weights = [{"name": "picture", "op": "Placeholder"}], {}

    def const(self, name, array):
        self.nodes.append({"name": name, "op": "Const"})
        self.weights[name] = np.asarray(array)
        return name

    def node(self, name, op, *inputs, **attributes):
        self.nodes.append({"name": name, "op": op, "input": list(inputs),
                           "attr": {key: self.value(value) for key, value in attributes.items()}})
        return name

    @staticmethod
    def value(value):
        text = lambda s: base64.b64encode(s.encode()).decode()                                           # noqa: E731
        if isinstance(value, str):
            return {"s": text(value)}
        if isinstance(value, bool):
            return {"b": value}
        strings = isinstance(value[0], str)
        return {"list": {"s": [text(s) for s in value]} if strings else {"i": [str(i) for i in value]}}

    def conv(self, name, source, w, op="Conv2D", strides=(1, 1), padding="SAME", **more):
        return self.node(name, op, source, self.const(name + "/w", w.astype("f4")), strides=[1, *strides, 1],
                         padding=padding, **more)

    def dilated(self, name, source, w, rate, side, op="DepthwiseConv2dNative"):
        """As TensorFlow writes a dilated convolution for a picture of side x side."""
        fill = -(side + 2 * rate) % rate
        block = self.const(name + "/block", np.array([rate, rate], "i4"))
        pads = self.const(name + "/pads", np.array([[rate, rate + fill]] * 2, "i4"))
        crops = self.const(name + "/crops", np.array([[0, fill]] * 2, "i4"))
        spread = self.node(name + "/spread", "SpaceToBatchND", source, block, pads)
        inner = self.conv(name + "/conv", spread, w, op, padding="VALID")
        return self.node(name, "BatchToSpaceND", inner, block, crops)

    def save(self, folder):
        manifest = [{"name": n, "shape": list(a.shape), "dtype": str(a.dtype)} for n, a in self.weights.items()]
        data = b"".join(a.astype(a.dtype.newbyteorder("<")).tobytes() for a in self.weights.values())
        (folder / "shard1").write_bytes(data[:len(data) // 2])
        (folder / "shard2").write_bytes(data[len(data) // 2:])
        spec = {"modelTopology": {"node": self.nodes},
                "weightsManifest": [{"paths": ["shard1", "shard2"], "weights": manifest}]}
        (folder / "model.json").write_text(json.dumps(spec))
        return folder / "model.json"

    def convert(self, folder, output, **more):
        return tfjs.convert(self.save(folder), "picture", {output: "logits"}, **more)


def run(model, picture):
    """Output in NHWC of a converted network for a picture in NHWC."""
    data = model if isinstance(model, bytes) else to_bytes(model)
    session = proof.open_session(data, "test")
    output, = session.run(None, {"image": np.ascontiguousarray(picture.transpose(0, 3, 1, 2), "f4")})
    return output.transpose(0, 2, 3, 1)


def kinds(model):
    return sorted(node.op_type for node in model.graph.node)


@pytest.fixture
def random():
    return np.random.default_rng(20)


@settings(max_examples=40, deadline=None)
@given(rows=st.integers(5, 10), columns=st.integers(5, 10), kernel=st.integers(1, 4), step=st.integers(1, 2),
       padding=st.sampled_from(["SAME", "VALID"]), depthwise=st.booleans(), seed=st.integers(0, 99))
def test_a_convolution_pads_and_strides_as_tensorflow_does(tmp_path_factory, rows, columns, kernel, step, padding,
                                                          depthwise, seed):
    rng = np.random.default_rng(seed)
    picture, w = rng.normal(size=(1, rows, columns, 3)), rng.normal(size=(kernel, kernel, 3, 2))
    tiny = Tiny()
    tiny.conv("out", "picture", w, "DepthwiseConv2dNative" if depthwise else "Conv2D", (step, step), padding)
    got = run(tiny.convert(tmp_path_factory.mktemp("tiny"), "out"), picture)
    np.testing.assert_allclose(got, tf_conv(picture, w, (step, step), padding, depthwise), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("depthwise", [True, False])
@pytest.mark.parametrize("rate, side", [(2, 8), (2, 9), (4, 9), (4, 11), (3, 7)])
def test_space_to_batch_becomes_a_dilated_convolution(tmp_path, random, rate, side, depthwise):
    picture, w = random.normal(size=(1, side, side, 3)), random.normal(size=(3, 3, 3, 2))
    tiny = Tiny()
    tiny.dilated("out", "picture", w, rate, side, "DepthwiseConv2dNative" if depthwise else "Conv2D")
    model = tiny.convert(tmp_path, "out")
    fill = -(side + 2 * rate) % rate
    spread = space_to_batch(picture, (rate, rate), [(rate, rate + fill)] * 2)
    wanted = batch_to_space(tf_conv(spread, w, padding="VALID", depthwise=depthwise), (rate, rate), [(0, fill)] * 2)
    assert kinds(model) == ["Conv"]
    np.testing.assert_allclose(run(model, picture), wanted, rtol=1e-4, atol=1e-4)


def test_a_dilated_convolution_fits_every_size_of_picture(tmp_path, random):
    w, tiny = random.normal(size=(3, 3, 3, 1)), Tiny()
    tiny.dilated("out", "picture", w, 2, 9)
    picture, holes = random.normal(size=(1, 6, 13, 3)), np.zeros((5, 5, 3, 1))
    holes[::2, ::2] = w
    np.testing.assert_allclose(run(tiny.convert(tmp_path, "out"), picture), tf_conv(picture, holes, depthwise=True),
                               rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("spoil, complaint", [
    (lambda tiny: tiny.weights.update({"out/pads": np.array([[1, 3], [1, 3]], "i4")}), "out/conv"),
    (lambda tiny: tiny.weights.update({"out/crops": np.array([[0, 2], [0, 2]], "i4")}), "do not undo"),
    (lambda tiny: tiny.weights.update({"out/crops": np.array([[1, 0], [1, 0]], "i4")}), "do not undo"),
    (lambda tiny: tiny.nodes[-1]["input"].__setitem__(0, "out/spread"), "no convolution stands between"),
])
def test_a_space_to_batch_of_another_meaning_is_refused(tmp_path, random, spoil, complaint):
    tiny = Tiny()
    tiny.dilated("out", "picture", random.normal(size=(3, 3, 3, 1)), 2, 8)
    spoil(tiny)
    with pytest.raises(ModelError, match=complaint):
        tiny.convert(tmp_path, "out")


def test_a_second_convolution_in_batches_is_refused(tmp_path, random):
    tiny = Tiny()
    tiny.dilated("out", "picture", random.normal(size=(3, 3, 3, 1)), 2, 8)
    tiny.conv("again", "out/conv", random.normal(size=(3, 3, 3, 1)))
    tiny.nodes[-3]["input"][0] = "again"
    with pytest.raises(ModelError, match="again .* the second convolution since SpaceToBatchND"):
        tiny.convert(tmp_path, "out")


def test_an_operation_before_the_dilated_convolution_is_refused(tmp_path, random):
    tiny = Tiny()
    tiny.dilated("out", "picture", random.normal(size=(3, 3, 3, 1)), 2, 8)
    tiny.node("early", "Relu", "out/spread")
    with pytest.raises(ModelError, match="early .* between SpaceToBatchND and its convolution"):
        tiny.convert(tmp_path, "early")


def test_batch_normalisation_folds_into_the_convolution(tmp_path, random):
    picture, w = random.normal(size=(1, 6, 7, 3)), random.normal(size=(3, 3, 3, 5))
    scale, shift = random.normal(size=5), random.normal(size=5)
    tiny = Tiny()
    tiny.conv("conv", "picture", w)
    tiny.node("scaled", "Mul", tiny.const("scale", scale.astype("f4")), "conv")
    tiny.node("shifted", "Add", "scaled", tiny.const("shift", shift.astype("f4")))
    tiny.node("out", "Relu6", "shifted")
    model = tiny.convert(tmp_path, "out")
    assert kinds(model) == ["Clip", "Conv"]
    wanted = np.clip(tf_conv(picture, w) * scale + shift, 0, 6)
    np.testing.assert_allclose(run(model, picture), wanted, rtol=1e-4, atol=1e-4)


def test_nothing_is_folded_that_another_node_still_reads(tmp_path, random):
    picture, w = random.normal(size=(1, 5, 5, 3)), random.normal(size=(1, 1, 3, 2))
    tiny = Tiny()
    tiny.conv("conv", "picture", w)
    tiny.node("shifted", "Add", "conv", tiny.const("shift", np.array([3, -4], "f4")))
    tiny.node("out", "Mul", "conv", "shifted")
    plain = tf_conv(picture, w)
    got = run(tiny.convert(tmp_path, "out"), picture)
    np.testing.assert_allclose(got, plain * (plain + [3, -4]), rtol=1e-4, atol=1e-4)


def test_nothing_is_folded_through_a_second_name(tmp_path, random):
    picture, w = random.normal(size=(1, 8, 8, 3)), random.normal(size=(3, 3, 3, 1))
    tiny = Tiny()
    tiny.dilated("wide", "picture", w, 2, 8)
    tiny.node("sum", "Add", "wide", "picture")
    tiny.node("shifted", "Add", "sum", tiny.const("shift", np.array([3, -4, 5], "f4")))
    tiny.node("out", "Mul", "wide", "shifted")
    holes = np.zeros((5, 5, 3, 1))
    holes[::2, ::2] = w
    wide = tf_conv(picture, holes, depthwise=True)
    np.testing.assert_allclose(run(tiny.convert(tmp_path, "out"), picture), wide * (wide + picture + [3, -4, 5]),
                               rtol=1e-4, atol=1e-4)


def test_a_shift_behind_a_skip_connection_folds_into_its_convolution(tmp_path, random):
    picture, w = random.normal(size=(1, 5, 6, 3)), random.normal(size=(3, 3, 3, 3))
    tiny = Tiny()
    tiny.conv("conv", "picture", w)
    tiny.node("sum", "AddV2", "conv", "picture")
    tiny.node("out", "BiasAdd", "sum", tiny.const("shift", np.array([3, -4, 5], "f4")))
    model = tiny.convert(tmp_path, "out")
    assert kinds(model) == ["Add", "Conv"]
    np.testing.assert_allclose(run(model, picture), tf_conv(picture, w) + picture + [3, -4, 5], rtol=1e-4, atol=1e-4)


def test_two_convolutions_may_share_weights_that_are_folded_differently(tmp_path, random):
    picture, w = random.normal(size=(1, 4, 4, 3)), random.normal(size=(1, 1, 3, 2))
    tiny = Tiny()
    tiny.conv("one", "picture", w)
    tiny.node("two", "Conv2D", "picture", "one/w", strides=[1, 1, 1, 1], padding="SAME")
    tiny.node("scaled", "Mul", "one", tiny.const("scale", np.array([10, 20], "f4")))
    tiny.node("out", "Add", "scaled", "two")
    np.testing.assert_allclose(run(tiny.convert(tmp_path, "out"), picture), tf_conv(picture, w) * ([11, 21]),
                               rtol=1e-4, atol=1e-4)


def pyramid(random, side):
    """A network that joins every pixel with the mean of the whole picture, as DeepLab's image pooling does."""
    tiny, w1, w2 = Tiny(), random.normal(size=(1, 1, 3, 4)), random.normal(size=(1, 1, 7, 2))
    window = [1, side, side, 1]
    tiny.conv("seen", "picture", np.eye(3)[None, None])
    tiny.node("mean", "AvgPool", "seen", ksize=window, strides=window, padding="VALID")
    tiny.conv("pixel", "mean", w1, "_FusedConv2D", fused_ops=["Relu"])
    tiny.node("spread", "ResizeBilinear", "pixel", tiny.const("size", np.array([side, side], "i4")), align_corners=True)
    tiny.node("joined", "ConcatV2", "spread", "seen", tiny.const("axis", np.array(3, "i4")))
    tiny.conv("conv", "joined", w2)
    tiny.node("out", "BiasAdd", "conv", tiny.const("bias", np.array([1, -1], "f4")))

    def oracle(picture):
        pixel = np.maximum(picture.mean((1, 2), keepdims=True) @ w1[0, 0], 0)
        spread = np.broadcast_to(pixel, (*picture.shape[:3], 4))
        return np.concatenate([spread, picture], -1) @ w2[0, 0] + [1, -1]
    return tiny, oracle


@pytest.mark.parametrize("shape", [(20, 20), (5, 31)])
def test_the_mean_of_the_picture_is_spread_by_broadcasting_at_every_size(tmp_path, random, shape):
    tiny, oracle = pyramid(random, 20)
    model = tiny.convert(tmp_path, "out", whole_picture=(20, 20))
    picture = random.normal(size=(1, *shape, 3))
    assert kinds(model) == ["Add", "Conv", "Conv", "Conv", "Conv", "GlobalAveragePool", "Relu"]
    np.testing.assert_allclose(run(model, picture), oracle(picture), rtol=1e-4, atol=1e-4)


def test_a_bias_counts_once_however_many_parts_are_joined(tmp_path, random):
    tiny, oracle = pyramid(random, 20)
    bias = tiny.const("fused bias", np.array([7, 8], "f4"))
    conv = next(node for node in tiny.nodes if node["name"] == "conv")
    conv.update(op="_FusedConv2D", input=[*conv["input"], bias])
    conv["attr"]["fused_ops"] = tiny.value(["BiasAdd"])
    picture = random.normal(size=(1, 20, 20, 3))
    np.testing.assert_allclose(run(tiny.convert(tmp_path, "out", whole_picture=(20, 20)), picture),
                               oracle(picture) + [7, 8], rtol=1e-4, atol=1e-4)


def test_a_concatenation_that_is_never_carried_out_has_no_other_reader(tmp_path, random):
    tiny, _ = pyramid(random, 20)
    tiny.node("after", "Relu", "joined")
    with pytest.raises(ModelError, match="joined"):
        tiny.convert(tmp_path, "after", whole_picture=(20, 20))


def test_a_pooling_window_smaller_than_the_picture_stays_a_pooling(tmp_path, random):
    tiny, picture = Tiny(), random.normal(size=(1, 6, 4, 3))
    tiny.conv("conv", "picture", np.eye(3)[None, None])
    tiny.node("out", "AvgPool", "conv", ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="VALID")
    wanted = picture.reshape(1, 3, 2, 2, 2, 3).mean((2, 4))
    np.testing.assert_allclose(run(tiny.convert(tmp_path, "out"), picture), wanted, rtol=1e-4, atol=1e-5)


def test_quantised_weights_are_read_back(tmp_path):
    numbers = np.arange(6, dtype="u1")
    (tmp_path / "shard").write_bytes(numbers.tobytes())
    entry = {"name": "w", "shape": [2, 3], "dtype": "float32",
             "quantization": {"dtype": "uint8", "scale": 0.5, "min": -1.0}}
    spec = {"modelTopology": {"node": []}, "weightsManifest": [{"paths": ["shard"], "weights": [entry]}]}
    (tmp_path / "model.json").write_text(json.dumps(spec))
    _, constants = tfjs.read(tmp_path / "model.json")
    assert constants["w"].tolist() == [[-1, -0.5, 0], [0.5, 1, 1.5]]


def test_an_unknown_kind_of_node_is_named_with_its_file(tmp_path):
    tiny = Tiny()
    tiny.node("mystery", "FFT2D", "picture")
    with pytest.raises(ModelError, match=r"model.json: node mystery \(FFT2D\)"):
        tiny.convert(tmp_path, "mystery")


def test_an_output_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(ModelError, match="'nowhere'"):
        Tiny().convert(tmp_path, "nowhere")


def test_shards_that_end_early_are_noticed(tmp_path, random):
    tiny = Tiny()
    tiny.conv("out", "picture", random.normal(size=(3, 3, 3, 4)))
    path = tiny.save(tmp_path)
    (tmp_path / "shard2").write_bytes((tmp_path / "shard2").read_bytes()[:-1])
    with pytest.raises(ModelError, match="end inside the weight 'out/w'"):
        tfjs.convert(path, "picture", {"out": "logits"})


def test_something_else_than_a_graph_model_is_refused(tmp_path):
    (tmp_path / "model.json").write_text("{}")
    with pytest.raises(ModelError, match="not a TensorFlow.js graph model"):
        tfjs.read(tmp_path / "model.json")


# -- stride --------------------------------------------------------------------------------------------------------


def atrous(random, side):
    tiny, ws = Tiny(), [random.normal(size=(3, 3, 3, 1)) for _ in range(3)]
    tiny.conv("first", "picture", ws[0], "DepthwiseConv2dNative")
    tiny.dilated("second", "first", ws[1], 2, side)
    tiny.dilated("third", "second", ws[2], 4, side)
    return tiny, ws


@pytest.mark.parametrize("side", [9, 12])
def test_giving_a_stride_back_halves_the_dilation_behind_it(tmp_path, random, side):
    tiny, (first, second, third) = atrous(random, side)
    model = stride.coarsen(tiny.convert(tmp_path, "third"), "first")
    picture, holes = random.normal(size=(1, side, side, 3)), np.zeros((5, 5, 3, 1))
    holes[::2, ::2] = third
    wanted = tf_conv(picture, first, (2, 2), depthwise=True)
    wanted = tf_conv(tf_conv(wanted, second, depthwise=True), holes, depthwise=True)
    np.testing.assert_allclose(run(model, picture), wanted, rtol=1e-3, atol=1e-3)


def test_a_stride_is_given_back_only_where_one_was_taken(tmp_path, random):
    tiny, _ = atrous(random, 9)
    with pytest.raises(ModelError, match="no convolution 'elsewhere'"):
        stride.coarsen(tiny.convert(tmp_path, "third"), "elsewhere")
    with pytest.raises(ModelError, match="already has stride"):
        stride.coarsen(tiny.convert(tmp_path, "third"), "second/conv")


# -- tiny TensorFlow Lite graphs -----------------------------------------------------------------------------------


class TinyLite:
    """A .tflite file of a few operators, written with the format's own builder."""

    def __init__(self, *shape):
        self.builder = flatbuffers.Builder(1024)
        self.buffers, self.tensors, self.codes, self.operators = [None], [], [], []
        self.tensor("picture", shape)

    def tensor(self, name, shape, array=None):
        if array is not None:
            self.buffers.append(array.tobytes())
        half = array is not None and array.dtype == np.float16
        kind = tflite.TensorType.FLOAT16 if half else tflite.TensorType.FLOAT32
        self.tensors.append((name, shape, kind, len(self.buffers) - 1 if array is not None else 0))
        return len(self.tensors) - 1

    def const(self, array):
        return self.tensor(f"const{len(self.tensors)}", array.shape, array)

    def vector(self, values, dtype="i4"):
        return self.builder.CreateNumpyVector(np.asarray(values, dtype))

    def table(self, kind, **fields):
        """A flatbuffers table: scalars are given as they are, what is offset has been made before."""
        getattr(tflite, kind + "Start")(self.builder)
        for field, value in fields.items():
            getattr(tflite, f"{kind}Add{field}")(self.builder, value)
        return getattr(tflite, kind + "End")(self.builder)

    def op(self, kind, inputs, shape, options=None, custom=None, **fields):
        """Append an operator; returns its result."""
        result = self.tensor(f"result{len(self.tensors)}", shape)
        is_custom = custom is not None
        name = self.builder.CreateString(kind) if is_custom else None
        code = tflite.BuiltinOperator.CUSTOM if is_custom else getattr(tflite.BuiltinOperator, kind)
        self.codes.append(self.table("OperatorCode", BuiltinCode=code, DeprecatedBuiltinCode=min(code, 127),
                                     **({"CustomCode": name} if is_custom else {})))
        extra = {}
        if options:
            extra = {"BuiltinOptionsType": getattr(tflite.BuiltinOptions, options),
                     "BuiltinOptions": self.table(options, **fields)}
        if is_custom:
            extra = {"CustomOptions": self.vector(np.frombuffer(np.asarray(custom, "<i4").tobytes(), "u1"), "u1")}
        ins, outs = self.vector(inputs), self.vector([result])
        self.operators.append(
            self.table("Operator", OpcodeIndex=len(self.codes) - 1, Inputs=ins, Outputs=outs, **extra))
        return result

    def offsets(self, offsets, start):
        start(self.builder, len(offsets))
        for offset in reversed(offsets):
            self.builder.PrependUOffsetTRelative(offset)
        return self.builder.EndVector()

    def save(self, path):
        buffers = [self.table("Buffer", **({} if d is None else {"Data": self.vector(np.frombuffer(d, "u1"), "u1")}))
                   for d in self.buffers]
        parts = [(self.builder.CreateString(name), self.vector(shape), *rest) for name, shape, *rest in self.tensors]
        tensors = [self.table("Tensor", Name=name, Shape=shape, Type=kind, Buffer=buffer)
                   for name, shape, kind, buffer in parts]
        ends = {"Inputs": self.vector([0]), "Outputs": self.vector([len(self.tensors) - 1])}
        graph = self.table("SubGraph", Tensors=self.offsets(tensors, tflite.SubGraphStartTensorsVector), **ends,
                           Operators=self.offsets(self.operators, tflite.SubGraphStartOperatorsVector))
        codes = self.offsets(self.codes, tflite.ModelStartOperatorCodesVector)
        model = self.table("Model", Version=3, OperatorCodes=codes,
                           Subgraphs=self.offsets([graph], tflite.ModelStartSubgraphsVector),
                           Buffers=self.offsets(buffers, tflite.ModelStartBuffersVector))
        self.builder.Finish(model, b"TFL3")
        path.write_bytes(bytes(self.builder.Output()))
        return path


def lite_conv(lite, source, w, bias, cells, depthwise=False, step=1, **more):
    """`w` in TensorFlow's order (kh, kw, in, out); TensorFlow Lite's own order is another for each kind."""
    kh, kw, cin, last = w.shape
    stored = w.reshape(1, kh, kw, cin * last) if depthwise else w.transpose(3, 0, 1, 2)
    half = lite.const(np.ascontiguousarray(stored, "f2"))
    full = lite.op("DEQUANTIZE", [half], stored.shape)
    options = "DepthwiseConv2DOptions" if depthwise else "Conv2DOptions"
    return lite.op("DEPTHWISE_CONV_2D" if depthwise else "CONV_2D", [source, full, lite.const(bias.astype("f4"))],
                   (1, *cells, bias.size), options, StrideH=step, StrideW=step, **more)


@pytest.mark.parametrize("step, rows, columns, depthwise",
                         [(2, 6, 7, False), (2, 7, 8, True), (1, 5, 6, False), (1, 4, 5, True)])
def test_a_tflite_convolution_is_tensorflows(tmp_path, random, step, rows, columns, depthwise):
    w = random.normal(size=(3, 3, 3, 1 if depthwise else 4)).astype("f2").astype("f8")
    bias = random.normal(size=3 if depthwise else 4)
    lite = TinyLite(1, rows, columns, 3)
    lite_conv(lite, 0, w, bias, (-(-rows // step), -(-columns // step)), depthwise, step,
              FusedActivationFunction=tflite.ActivationFunctionType.RELU)
    picture = random.normal(size=(1, rows, columns, 3))
    got = run(mediapipe.convert(lite.save(tmp_path / "tiny.tflite"), "mask"), picture)
    np.testing.assert_allclose(got, np.maximum(tf_conv(picture, w, (step, step), depthwise=depthwise) + bias, 0),
                               rtol=1e-4, atol=1e-4)


def lite_network(random, custom=(1, 3, 2)):
    """Everything else that the selfie networks are made of, with MediaPipe's own transposed convolution last."""
    kernel, bias = random.normal(size=(2, 2, 3, 3)).astype("f2"), random.normal(size=2).astype("f4")
    lite = TinyLite(1, 4, 6, 3)
    mean = lite.op("AVERAGE_POOL_2D", [0], (1, 1, 1, 3), "Pool2DOptions",
                   FilterHeight=4, FilterWidth=6, StrideH=4, StrideW=6)
    gate = lite.op("LOGISTIC", [mean], (1, 1, 1, 3))
    gated = lite.op("MUL", [0, gate], (1, 4, 6, 3), "MulOptions")
    swish = lite.op("HARD_SWISH", [gated], (1, 4, 6, 3))
    total = lite.op("ADD", [swish, 0], (1, 4, 6, 3), "AddOptions",
                    FusedActivationFunction=tflite.ActivationFunctionType.RELU)
    lite.op("Convolution2DTransposeBias", [total, lite.const(kernel), lite.const(bias)], (1, 8, 18, 2), custom=custom)

    def oracle(picture):
        gated = picture / (1 + np.exp(-picture.mean((1, 2), keepdims=True)))
        total = np.maximum(gated * np.clip(gated + 3, 0, 6) / 6 + picture, 0)
        blocks = np.einsum("nijc,oabc->niajbo", total, kernel.astype("f8"))
        return blocks.reshape(1, 8, 18, 2) + bias
    return lite, oracle


def test_a_tflite_network_with_mediapipes_own_operator_is_converted(tmp_path, random):
    lite, oracle = lite_network(random)
    picture = random.normal(size=(1, 4, 6, 3)) * 3
    got = run(mediapipe.convert(lite.save(tmp_path / "tiny.tflite"), "mask"), picture)
    np.testing.assert_allclose(got, oracle(picture), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("half, align", [(True, False), (False, True), (False, False)])
def test_a_tflite_resize_keeps_its_frame(tmp_path, random, half, align):
    lite = TinyLite(1, 3, 4, 2)
    lite.op("RESIZE_BILINEAR", [0], (1, 6, 8, 2), "ResizeBilinearOptions", AlignCorners=align, HalfPixelCenters=half)
    picture = random.normal(size=(1, 3, 4, 2))

    def along(array, axis, side):
        have = array.shape[axis]
        at = np.arange(side)
        at = (at + .5) * have / side - .5 if half else at * (have - 1) / (side - 1) if align else at * have / side
        at = np.clip(at, 0, have - 1)
        low = np.floor(at).astype(int)
        part = (at - low).reshape([-1 if k == axis else 1 for k in range(4)])
        return np.take(array, low, axis) * (1 - part) + np.take(array, np.minimum(low + 1, have - 1), axis) * part
    got = run(mediapipe.convert(lite.save(tmp_path / "tiny.tflite"), "mask"), picture)
    np.testing.assert_allclose(got, along(along(picture, 1, 6), 2, 8), rtol=1e-4, atol=1e-5)


def test_a_transposed_convolution_with_overlap_is_refused_by_name(tmp_path, random):
    lite, _ = lite_network(random, custom=(1, 1, 1))
    with pytest.raises(ModelError, match=r"tiny.tflite: operator \w+ \(Convolution2DTransposeBias\): its windows overlap"):
        mediapipe.convert(lite.save(tmp_path / "tiny.tflite"), "mask")


def test_an_unknown_operator_is_refused_by_name(tmp_path):
    lite = TinyLite(1, 4, 4, 3)
    lite.op("COS", [0], (1, 4, 4, 3))
    with pytest.raises(ModelError, match=r"tiny.tflite: operator result1 \(COS\)"):
        mediapipe.convert(lite.save(tmp_path / "tiny.tflite"), "mask")


def test_something_else_than_tflite_is_refused(tmp_path):
    (tmp_path / "photo.tflite").write_bytes(b"\xff\xd8\xff\xe0 not a network")
    with pytest.raises(ModelError, match="photo.tflite is not a TensorFlow Lite file"):
        mediapipe.convert(tmp_path / "photo.tflite", "mask")


# -- stored weights ------------------------------------------------------------------------------------------------


@given(hnp.arrays("f4", hnp.array_shapes(min_dims=2, max_dims=4, max_side=5),
                  elements=st.floats(-1e4, 1e4, width=32, allow_subnormal=False)))
def test_a_w8_weight_is_off_by_at_most_half_a_step_of_its_filter(array):
    numbers, scale = weights.quantise(array)
    assert numbers.dtype == np.int8 and numbers.min() >= -127
    assert scale.shape == (array.shape[0],) + (1,) * (array.ndim - 1)
    back = numbers.astype("f8") * scale
    assert (np.abs(back - array) <= scale * 0.50001 + 1e-30).all()
    assert (back[array == 0] == 0).all()


@given(hnp.arrays("f4", (3, 4), elements=st.floats(-100, 100, width=32)), st.integers(-6, 6))
def test_w8_does_not_care_for_the_unit_of_a_filter(array, exponent):
    array[np.abs(array) < 1e-20] = 0
    assert (weights.quantise(array)[0] == weights.quantise(array * np.float32(2.0 ** exponent))[0]).all()


def wide_network(tmp_path, random):
    tiny = Tiny()
    tiny.conv("deep", "picture", random.normal(size=(3, 3, 3, 40)))
    tiny.conv("out", "deep", random.normal(size=(1, 1, 40, 20)))
    return tiny.convert(tmp_path, "out")


def initialisers(model):
    return {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}


@pytest.mark.parametrize("kind", ["float16", "w8"])
def test_a_stored_network_computes_with_its_weights_unpacked(tmp_path, random, kind):
    model = wide_network(tmp_path, random)
    small = weights.stored(model, kind)
    unpacked = onnx.ModelProto()
    unpacked.CopyFrom(model)
    for tensor in unpacked.graph.initializer:
        array = numpy_helper.to_array(tensor)
        if kind == "float16" or array.shape[1] < weights.FEW_INPUTS:
            array = array.astype("f2").astype("f4")
        else:
            step = np.abs(array).max((1, 2, 3), keepdims=True) / np.float32(127)
            array = np.rint(array / step) * step
        tensor.CopyFrom(numpy_helper.from_array(array, tensor.name))
    picture = random.normal(size=(1, 6, 6, 3))
    np.testing.assert_allclose(run(small, picture), run(unpacked, picture), rtol=1e-4, atol=1e-4)
    assert np.abs(run(small, picture) - run(model, picture)).max() > 0
    assert len(to_bytes(small)) < 0.75 * len(to_bytes(model))


def test_filters_that_read_few_channels_are_not_stored_as_int8(tmp_path, random):
    small = initialisers(weights.stored(wide_network(tmp_path, random), "w8"))
    assert small["deep/weights/f16"].dtype == np.float16
    assert small["out/weights/q"].dtype == np.int8


def test_storing_leaves_the_given_network_alone(tmp_path, random):
    model = wide_network(tmp_path, random)
    before = to_bytes(model)
    weights.stored(model, "w8")
    assert to_bytes(model) == before
    with pytest.raises(ModelError, match="'int4'"):
        weights.stored(model, "int4")


# -- recipes -------------------------------------------------------------------------------------------------------


def test_the_recipes_are_those_of_the_shipped_networks():
    assert list(models.recipes()) == SHIPPED
    assert json.loads(json.dumps(models.recipes())) == models.recipes()


@pytest.mark.parametrize("name", SHIPPED)
def test_a_recipe_says_everything(name):
    known = models.recipes()[name]
    assert known["licence"] == "Apache-2.0"
    for field in ("summary", "good_at", "fails_at"):
        assert len(known[field]) > 40 and known[field].endswith(".")
    for digest in (known["source"]["sha256"], *known["source"]["files"].values()):
        assert len(digest) == 64 and set(digest) <= set("0123456789abcdef")
    for variant in recipe.proven(known):
        furthest, least = (12, 0.9) if variant == "int8" else (2, 0.98)  # the one that computes with whole numbers is there to be seen failing
        assert 0 < known["proof"][variant]["max_difference"] < furthest
        assert least <= known["proof"][variant]["agreement"] <= 1


@pytest.mark.parametrize("name", SHIPPED)
def test_a_recipe_names_the_package_that_npm_is_told_to_install(name):
    known = models.recipes()[name]["source"]
    package = json.loads((ROOT / "package.json").read_text())
    assert (package["dependencies"] | package.get("devDependencies", {}))[known["package"]] == known["version"]


@pytest.mark.parametrize("name", ["deeplab", "deeplab_s16"])
def test_the_frame_of_a_recipe_fits_its_grid(name):
    known = models.recipes()[name]
    assert known["input"]["multiple"] == known["output"]["stride"]
    assert (known["input"]["longest"] - 1) % known["input"]["multiple"] == 0


FIELDS = sorted(recipe.FIELDS)


@pytest.mark.parametrize("field", FIELDS)
def test_a_recipe_that_lacks_something_is_refused_by_file_and_field(tmp_path, field):
    lines = (recipe.FOLDER / "deeplab.toml").read_text(encoding="utf-8").splitlines()
    *tables, key = field.split(".")
    table, kept = "", []
    for line in lines:
        if line.startswith("["):
            table = line.split("]")[0][1:]
        without = (line.startswith(key + " =") and table == ".".join(tables)) or line == f"[{field}]"
        kept.append("[forgotten]" if without and line.startswith("[") else "" if without else line)
    assert kept != lines
    (tmp_path / "deeplab.toml").write_text("\n".join(kept), encoding="utf-8")
    with pytest.raises(ModelError, match=f"deeplab.toml: {field} is missing"):
        recipe.recipes(tmp_path)


@pytest.mark.parametrize("old, new, complaint", [
    ('name = "deeplab"', 'name = "deeplap"', "deeplap"),
    ('kind = "logits"', 'kind = "labels"', "output.kind = 'labels' is unknown"),
    ("longest = 513", "size = [513, 513]\nlongest = 513", "either size, or longest"),
    ('ship = "w8"', 'ship = "w4"', "the variant 'w4' is unknown"),
    ("[proof.w8]", "[proof.other]", r"\[proof.w8\] lacks"),
    ("whole_picture =", "whole =", "conversion.whole_picture is missing"),
    ('member = "model/model.json"', 'member = "model/other.json"', "source.member is not among"),
    ("scale = 0", "scale = = 0", "not valid TOML"),
])
def test_a_recipe_with_a_mistake_is_refused(tmp_path, old, new, complaint):
    text = (recipe.FOLDER / "deeplab.toml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "deeplab.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ModelError, match=complaint):
        recipe.recipes(tmp_path)


# -- published files -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def node_modules():
    folder = ROOT / "node_modules"
    if not folder.is_dir():
        pytest.fail(f"{folder} is missing: run `npm ci --ignore-scripts`, or `python3 build.py test`, which does it.")
    return folder


@pytest.mark.parametrize("name", SHIPPED)
def test_the_published_files_are_those_of_the_recipe(node_modules, name):
    known = models.recipes()[name]
    assert set(recipe.sources(known, node_modules)) == set(known["source"]["files"])


def copy_of(node_modules, known, folder):
    """A node_modules with nothing but the files of one recipe."""
    for member in known["source"]["files"]:
        target = folder / known["source"]["package"] / member
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(node_modules / known["source"]["package"] / member, target)
    return folder


def test_another_file_than_the_published_one_is_refused_with_both_hashes(node_modules, tmp_path):
    known = models.recipes()["selfie_segmentation"]
    copy = copy_of(node_modules, known, tmp_path)
    path = copy / known["source"]["package"] / known["source"]["member"]
    path.write_bytes(path.read_bytes()[:-1] + b"\x01")
    with pytest.raises(ModelError) as caught:
        recipe.sources(known, copy)
    assert known["source"]["files"][known["source"]["member"]] in caught.value.message
    assert recipe.sha256(path) in caught.value.message
    assert path.name in caught.value.message


def test_a_missing_package_is_named_with_the_command_that_installs_it(tmp_path):
    with pytest.raises(ModelError, match="deeplab.*@codait/max-image-segmenter@0.3.0.*npm ci"):
        models.build(tmp_path / "work", tmp_path / "out", tmp_path / "nothing")


# -- the build, the proofs -----------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def built(node_modules, tmp_path_factory):
    """Folder of a first build, its paths, and what it said."""
    folder, said = tmp_path_factory.mktemp("models"), []
    paths = models.build(folder / "work", folder / "out", node_modules, said.append)
    return folder, paths, said


def test_the_build_makes_what_is_shipped_and_what_is_kept(built):
    folder, paths, said = built
    assert sorted(paths) == sorted(SHIPPED + KEPT)
    assert {path.name for path in (folder / "out").iterdir()} == {f"{name}.onnx" for name in paths}
    assert any("deeplab_s16 (w8)" in sentence for sentence in said)


def test_a_shipped_network_is_small(built):
    sizes = {name: path.stat().st_size for name, path in built[1].items()}
    assert all(sizes[name] < 2.4e6 for name in ("deeplab", "deeplab_s16"))
    assert all(sizes[name] < 0.24e6 for name in ("selfie_segmentation", "selfie_segmentation_landscape"))


def test_a_file_says_where_it_comes_from(built):
    for name in SHIPPED:
        said = {p.key: p.value for p in onnx.load(built[1][name]).metadata_props}
        known = models.recipes()[name]
        assert said["licence"] == "Apache-2.0"
        assert said["source"] == f"{known['source']['package']}@{known['source']['version']}"


def test_no_converted_network_turns_its_picture_around(built):
    for path in built[1].values():
        assert "Transpose" not in kinds(onnx.load(path))


@pytest.mark.parametrize("name, variant, difference, agreement", [
    ("deeplab-float32", "float32", 5e-4, 1), ("deeplab-float16", "float16", 0.2, 0.999), ("deeplab", "w8", 1.5, 0.985),
    ("deeplab_s16", "w8", 1.5, 0.985), ("deeplab-int8", "int8", 9, 0.92), ("deeplab_s16-int8", "int8", 9, 0.92), ("selfie_segmentation", "float16", 5e-4, 0.999),
    ("selfie_segmentation_landscape", "float16", 5e-4, 0.999)])
def test_a_built_network_computes_what_the_original_computed(built, name, variant, difference, agreement):
    evidence = proof.prove(built[1][name].read_bytes(), models.recipes()[name.split("-")[0]], variant)
    assert evidence.max_difference <= difference
    assert evidence.agreement >= agreement
    assert evidence.cells > 1900


def test_the_coarse_network_agrees_with_the_originals_of_both_strides(built):
    fine, coarse = (np.load(proof.REFERENCE / f"{name}.npz") for name in ("deeplab", "deeplab_s16"))
    for photo in models.recipes()["deeplab"]["proof"]["photos"]:
        same = fine[photo + "/labels"][::2, ::2] == coarse[photo + "/labels"]
        assert same.mean() > 0.95
        assert len(np.unique(coarse[photo + "/labels"])) > 1


def test_a_second_build_makes_nothing_and_takes_no_time(built, node_modules):
    folder, paths, _ = built
    before = {path: path.stat().st_mtime_ns for path in paths.values()}
    said, start = [], time.perf_counter()
    assert models.build(folder / "work", folder / "out", node_modules, said.append) == paths
    assert said == []
    assert time.perf_counter() - start < 1
    assert {path: path.stat().st_mtime_ns for path in paths.values()} == before


def test_two_builds_give_the_same_bytes(built, node_modules, tmp_path):
    again = models.build(tmp_path / "work", tmp_path / "out", node_modules)
    for name, path in built[1].items():
        assert again[name].read_bytes() == path.read_bytes(), name


@pytest.fixture
def copied(built, tmp_path):
    """A copy of the first build, to be spoilt."""
    shutil.copytree(built[0], tmp_path / "copy")
    return tmp_path / "copy"


@pytest.mark.parametrize("spoil", [lambda path: path.write_bytes(path.read_bytes()[:-100]), lambda path: path.unlink()])
def test_a_damaged_file_is_made_again(built, copied, node_modules, spoil):
    victim, said = copied / "out" / "selfie_segmentation.onnx", []
    spoil(victim)
    models.build(copied / "work", copied / "out", node_modules, said.append)
    assert victim.read_bytes() == built[1]["selfie_segmentation"].read_bytes()
    assert said and all("selfie_segmentation " in sentence + " " for sentence in said)


def test_a_changed_recipe_is_proven_again_and_others_are_not(copied, node_modules, monkeypatch):
    changed = models.recipes()
    changed["selfie_segmentation"]["proof"]["float16"]["agreement"] = 0.9985
    monkeypatch.setattr(models, "recipes", lambda: changed)
    said = []
    models.build(copied / "work", copied / "out", node_modules, said.append)
    assert [sentence.split()[1] for sentence in said] == ["selfie_segmentation", "selfie_segmentation"]


def test_a_network_that_fails_its_proof_replaces_nothing(copied, node_modules, monkeypatch):
    changed = models.recipes()
    changed["selfie_segmentation"]["proof"]["float16"]["max_difference"] = 1e-9
    monkeypatch.setattr(models, "recipes", lambda: changed)
    before = {path: path.read_bytes() for path in (copied / "out").iterdir()}
    for _ in range(2):                       # nor is the failure forgotten by the next build
        with pytest.raises(ModelError, match="selfie_segmentation .float16. is not the original network"):
            models.build(copied / "work", copied / "out", node_modules)
        assert {path: path.read_bytes() for path in (copied / "out").iterdir()} == before


def spoilt(path, change):
    """A network with its largest convolution's weights changed."""
    model = onnx.load(path)
    tensor = max(model.graph.initializer, key=lambda t: numpy_helper.to_array(t).size)
    tensor.CopyFrom(numpy_helper.from_array(change(numpy_helper.to_array(tensor)), tensor.name))
    return to_bytes(model)


@pytest.mark.parametrize("change", [
    lambda w: w * np.float32(1.02), lambda w: np.zeros_like(w), lambda w: np.roll(w, 1, 0),
    lambda w: w * np.float32("nan"), lambda w: w[:, ::-1].copy()], ids=["scaled", "zero", "rolled", "nan", "mirrored"])
def test_the_proof_refuses_a_network_with_spoilt_weights(built, change):
    with pytest.raises(ModelError, match="is not the original network"):
        proof.prove(spoilt(built[1]["deeplab-float32"], change), models.recipes()["deeplab"], "float32")


def test_the_proof_refuses_another_stride_and_a_damaged_file(built):
    known = models.recipes()["deeplab"]
    with pytest.raises(ModelError, match=r"the output is \(33, 33\), the original's is \(65, 65\)"):
        proof.prove(built[1]["deeplab_s16"].read_bytes(), known, "w8")
    with pytest.raises(ModelError, match="ONNX Runtime cannot load"):
        proof.prove(built[1]["deeplab"].read_bytes()[:-5000], known, "w8")


@pytest.mark.parametrize("tolerance", [{"max_difference": 100, "agreement": 1},
                                       {"max_difference": 0.1, "agreement": 0}])
def test_the_proof_demands_numbers_and_labels(built, tolerance):
    known = models.recipes()["deeplab"]
    known["proof"]["w8"] = tolerance
    with pytest.raises(ModelError, match="is not the original network"):
        proof.prove(built[1]["deeplab"].read_bytes(), known, "w8")


def test_quantised_weights_are_refused_under_the_tolerance_of_exact_ones(built):
    with pytest.raises(ModelError, match="is not the original network"):
        proof.prove(built[1]["deeplab"].read_bytes(), models.recipes()["deeplab"], "float32")


def changed_reference(tmp_path, name, key, change):
    """The stored outputs of a network's original, but for one array."""
    with np.load(proof.REFERENCE / models.recipes()[name]["proof"]["reference"]) as file:
        arrays = {stored: file[stored].copy() for stored in file.files}
    change(arrays[key])
    np.savez(tmp_path / "changed.npz", **arrays)
    return tmp_path / "changed.npz"


@pytest.mark.parametrize("file, name, variant, key, more", [
    ("deeplab-float32", "deeplab", "float32", "motorcycle/numbers", 1e-3), ("deeplab-float32", "deeplab", "float32", "astronaut/labels", 1),
    ("deeplab-float32", "deeplab", "float32", "astronaut/numbers", np.nan), ("selfie_segmentation", "selfie_segmentation", "float16", None, 1e-3)])
def test_one_changed_value_of_a_reference_is_noticed(built, tmp_path, file, name, variant, key, more):
    def change(array):
        array.flat[array.size // 2] += np.asarray(more, array.dtype)

    key = key or models.recipes()[name]["proof"]["photos"][0] + "/numbers"
    with pytest.raises(ModelError, match="is not the original network"):
        proof.prove(built[1][file].read_bytes(), models.recipes()[name], variant, changed_reference(tmp_path, name, key, change))


@pytest.mark.parametrize("spoil", [lambda data: data[:len(data) // 2], lambda data: b"", lambda data: data[:3000] + b"x" * 40 + data[3040:]], ids=["truncated", "empty", "spoilt"])
def test_a_damaged_reference_is_a_sentence(built, tmp_path, spoil):
    damaged = tmp_path / "deeplab.npz"
    damaged.write_bytes(spoil((proof.REFERENCE / "deeplab.npz").read_bytes()))
    with pytest.raises(ModelError, match="deeplab.npz cannot be used as a reference.*Restore models/reference"):
        proof.prove(built[1]["deeplab"].read_bytes(), models.recipes()["deeplab"], "w8", damaged)


def test_the_quantisers_advice_does_not_reach_whoever_builds_the_site(built, caplog):
    model = integers.computed(onnx.load(built[1]["deeplab-float32"]), models.recipes()["deeplab_s16"])
    assert "QuantizeLinear" in kinds(model) and not caplog.records


# -- the stored references -----------------------------------------------------------------------------------------


def test_the_references_are_small():
    assert sum(path.stat().st_size for path in proof.REFERENCE.glob("*.npz")) < 300_000


@given(hnp.arrays("u1", st.tuples(st.integers(2, 5), st.integers(2, 5), st.just(3))), st.integers(1, 4))
def test_enlarging_keeps_the_stored_pixels_and_stays_between_them(photo, factor):
    rows, columns = (factor * (side - 1) + 1 for side in photo.shape[:2])
    large = proof.enlarge(photo, (rows, columns))
    assert large.shape == (rows, columns, 3)
    assert (large[::factor, ::factor] == photo).all()
    assert large.min() >= photo.min() and large.max() <= photo.max()
    at, have = np.arange(rows) / factor, np.arange(photo.shape[0])
    exact = np.stack([np.interp(at, have, photo[:, 0, channel]) for channel in range(3)], 1)
    assert np.abs(large[:, 0].astype("f8") - exact).max() <= 0.5


def test_the_inputs_of_the_proof_have_the_frames_that_the_originals_were_given():
    photos, known = np.load(proof.REFERENCE / "photos.npz"), models.recipes()
    shapes = {name: [proof.network_input(each, photos[photo]).shape[2:] for photo in each["proof"]["photos"]]
              for name, each in known.items()}
    assert shapes == {"deeplab": [(513, 513), (385, 513)], "deeplab_s16": [(513, 513), (385, 513)],
                      "selfie_segmentation": [(256, 256)] * 2, "selfie_segmentation_landscape": [(144, 256)] * 2}
    deeplab = proof.network_input(known["deeplab"], photos["astronaut"])
    selfie = proof.network_input(known["selfie_segmentation"], photos["astronaut"])
    assert (deeplab.min(), deeplab.max()) == (-1, 1)
    assert selfie.min() == 0 and abs(selfie.max() - 1) < 1e-6


# -- by hand -------------------------------------------------------------------------------------------------------


def test_the_command_line_lists_and_proves(built, capsys):
    assert main(["list"]) == 0
    listed = capsys.readouterr().out
    assert all(f"{name}: {models.recipes()[name]['title']}" in listed for name in SHIPPED)
    assert main(["prove", str(built[1]["selfie_segmentation"]), "selfie_segmentation", "float16"]) == 0
    assert "100.00%" in capsys.readouterr().out
    assert main(["prove", str(built[1]["deeplab"]), "deeplab_s16", "w8"]) == 2
    assert "The conversion is wrong" in capsys.readouterr().err
    assert main(["prove", "missing.onnx", "deeplab", "w8"]) == 2
    assert "missing.onnx" in capsys.readouterr().err


@pytest.mark.parametrize("module", [recipe, weights, proof], ids=lambda module: module.__name__)
def test_the_examples_in_the_docstrings_hold(module):
    failed, tried = doctest.testmod(module)
    assert tried and not failed
