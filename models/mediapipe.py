"""MediaPipe's .tflite networks (float16 weights, one operator of MediaPipe's own) become ONNX.

NHWC becomes NCHW while the graph is written, so no Transpose is left. Weights stay float16 in the file, as published;
ONNX Runtime folds their Casts when it loads the network.
"""

from pathlib import Path

import numpy as np
import tflite
from onnx import TensorProto

from .errors import ModelError
from .graph import Graph

OPERATORS = {code: name for name, code in vars(tflite.BuiltinOperator).items() if isinstance(code, int)}
DTYPES = {tflite.TensorType.FLOAT32: "f4", tflite.TensorType.FLOAT16: "f2", tflite.TensorType.INT32: "i4"}


def convert(path, output, properties=None):
    """Convert a .tflite file with one picture in and one picture out.

    Parameters
    ----------
    path : path-like
    output : str
        Name of the ONNX output; the input is ``image``, (1, 3, height, width).
    properties : dict of str to str, optional
        Written into the file.

    Returns
    -------
    onnx.ModelProto

    Raises
    ------
    ModelError
        If the file is damaged or an operator is of a kind, or used in a way, that has no translation here.
    """
    path = Path(path)
    data = path.read_bytes()
    if data[4:8] != b"TFL3":
        raise ModelError(f"{path.name} is not a TensorFlow Lite file.", "Fetch the package again.")
    return Converter(data, path.name).convert(output, properties or {})


class Converter:
    """One walk through a .tflite graph; the tensor with number 7 is called ``t7`` until the ends get their names."""

    def __init__(self, data, file):
        self.file = file
        self.tflite = tflite.Model.GetRootAsModel(data, 0)
        self.source = self.tflite.Subgraphs(0)
        self.graph = Graph()
        self.const = {}                      # number of a tensor -> its constant, as stored
        for i in range(self.source.TensorsLength()):
            tensor = self.source.Tensors(i)
            buffer = self.tflite.Buffers(tensor.Buffer())
            if buffer.DataLength() and tensor.Type() in DTYPES:
                self.const[i] = buffer.DataAsNumpy().view(DTYPES[tensor.Type()]).reshape(self.shape(i))

    def convert(self, output, properties):
        for k in range(self.source.OperatorsLength()):
            self.visit(self.source.Operators(k))
        ends = int(self.source.Inputs(0)), int(self.source.Outputs(0))
        for number, name in zip(ends, ("image", output)):
            self.graph.rename(f"t{number}", name)
        shapes = [[int(self.shape(number)[axis]) for axis in (0, 3, 1, 2)] for number in ends]
        return self.graph.model({"image": shapes[0]}, {output: shapes[1]}, properties)

    def visit(self, op):
        code = self.tflite.OperatorCodes(op.OpcodeIndex())
        kind = OPERATORS.get(max(code.BuiltinCode(), code.DeprecatedBuiltinCode()), "unknown")
        kind = code.CustomCode().decode() if kind == "CUSTOM" else kind
        translate = TRANSLATIONS.get(kind)
        result = int(op.Outputs(0))
        if translate is None:
            raise self.refuse(result, kind, "this kind of operator has no translation")
        translate(self, op, kind, [int(i) for i in op.InputsAsNumpy()], result)

    # -- small helpers ----------------------------------------------------------------------------------------------

    def refuse(self, result, kind, why):
        name = (self.source.Tensors(result).Name() or b"").decode() or f"t{result}"
        return ModelError(f"{self.file}: operator {name} ({kind}): {why}.",
                          "Teach models/mediapipe.py this case, with a test.")

    def shape(self, number):
        return self.source.Tensors(number).ShapeAsNumpy()

    def weight(self, number, axes=None):
        """A constant as float32 operand: stored as float16, and cast, where that is what the file holds."""
        name = f"w{number}"
        array = self.const[number] if axes is None else self.const[number].transpose(axes)
        if array.dtype != np.float16:
            return self.graph.constant(name, array.astype("f4"))
        if name not in self.graph.maker:
            self.graph.emit("Cast", [self.graph.constant(name + "/f16", array)], name, to=TensorProto.FLOAT)
        return name

    def operand(self, number):
        """An element-wise operand, of the picture or constant."""
        if number not in self.const:
            return f"t{number}"
        return self.weight(number, (0, 3, 1, 2) if self.const[number].ndim == 4 else None)

    def activated(self, code, kind, result, emit):
        """Emit a node, and behind it the activation function that TensorFlow Lite has built in."""
        name = f"t{result}"
        if code == tflite.ActivationFunctionType.NONE:
            emit(name)
        elif code == tflite.ActivationFunctionType.RELU:
            emit(name + "/linear")
            self.graph.emit("Relu", [name + "/linear"], name)
        else:
            raise self.refuse(result, kind, f"the built-in activation function {code} has no translation")

    # -- operators --------------------------------------------------------------------------------------------------

    def dequantise(self, op, kind, inputs, result):
        if inputs[0] not in self.const:
            raise self.refuse(result, kind, "it reads something that is not constant")
        self.const[result] = self.const[inputs[0]]

    def conv(self, op, kind, inputs, result):
        depthwise = kind == "DEPTHWISE_CONV_2D"
        given = options(op, "DepthwiseConv2DOptions" if depthwise else "Conv2DOptions")
        strides = [given.StrideH(), given.StrideW()]
        _, rows, columns, channels = self.const[inputs[1]].shape
        if (given.DilationHFactor(), given.DilationWFactor()) != (1, 1):
            raise self.refuse(result, kind, "it is dilated")
        if given.Padding() == tflite.Padding.VALID:
            padding = {"auto_pad": "VALID"}
        elif max(strides) > 1:
            padding = {"auto_pad": "SAME_UPPER"}
        else:
            padding = {"pads": [(rows - 1) // 2, (columns - 1) // 2, rows // 2, columns // 2]}
        weights = self.weight(inputs[1], (3, 0, 1, 2) if depthwise else (0, 3, 1, 2))
        self.activated(given.FusedActivationFunction(), kind, result, lambda name: self.graph.emit(
            "Conv", [f"t{inputs[0]}", weights, self.weight(inputs[2])], name, kernel_shape=[rows, columns],
            strides=strides, group=channels if depthwise else 1, **padding))

    def transposed_conv(self, op, kind, inputs, result):
        """MediaPipe's own Convolution2DTransposeBias; its options are int32 (padding, stride width, stride height)."""
        _, width, height = np.frombuffer(op.CustomOptionsAsNumpy().tobytes(), "<i4").tolist()
        _, rows, columns, _ = self.const[inputs[1]].shape
        if (rows, columns) != (height, width):
            raise self.refuse(result, kind, f"its windows overlap (kernel {rows}x{columns}, stride {height}x{width})")
        weights, bias = self.weight(inputs[1], (3, 0, 1, 2)), self.weight(inputs[2])
        self.graph.emit("ConvTranspose", [f"t{inputs[0]}", weights, bias], f"t{result}",
                        kernel_shape=[rows, columns], strides=[height, width])

    def hard_swish(self, op, kind, inputs, result):
        gate = f"t{result}/gate"
        self.graph.emit("HardSigmoid", [f"t{inputs[0]}"], gate, alpha=1 / 6, beta=0.5)
        self.graph.emit("Mul", [f"t{inputs[0]}", gate], f"t{result}")

    def unary(self, op, kind, inputs, result):
        self.graph.emit({"RELU": "Relu", "LOGISTIC": "Sigmoid"}[kind], [f"t{inputs[0]}"], f"t{result}")

    def binary(self, op, kind, inputs, result):
        code = options(op, kind.title() + "Options").FusedActivationFunction()
        self.activated(code, kind, result, lambda name: self.graph.emit(
            kind.title(), [self.operand(i) for i in inputs], name))

    def pool(self, op, kind, inputs, result):
        whole = tuple(self.shape(result)[1:3]) == (1, 1)
        if whole and kind == "AVERAGE_POOL_2D":
            given = options(op, "Pool2DOptions")
            whole = (given.FilterHeight(), given.FilterWidth()) == tuple(self.shape(inputs[0])[1:3])
        if not whole:
            raise self.refuse(result, kind, "it does not average the whole picture")
        self.graph.emit("GlobalAveragePool", [f"t{inputs[0]}"], f"t{result}")

    def resize(self, op, kind, inputs, result):
        given = options(op, "ResizeBilinearOptions")
        mode = ("align_corners" if given.AlignCorners() else
                "half_pixel" if given.HalfPixelCenters() else "asymmetric")
        size = np.array([self.shape(result)[axis] for axis in (0, 3, 1, 2)], "i8")
        self.graph.emit("Resize", [f"t{inputs[0]}", "", "", self.graph.constant(f"t{result}/size", size)], f"t{result}",
                        mode="linear", coordinate_transformation_mode=mode)


def options(op, kind):
    """The options of an operator, read as the flatbuffers table `kind`."""
    table = getattr(tflite, kind)()
    table.Init(op.BuiltinOptions().Bytes, op.BuiltinOptions().Pos)
    return table


TRANSLATIONS = {
    "DEQUANTIZE": Converter.dequantise,
    "CONV_2D": Converter.conv,
    "DEPTHWISE_CONV_2D": Converter.conv,
    "Convolution2DTransposeBias": Converter.transposed_conv,
    "HARD_SWISH": Converter.hard_swish,
    "RELU": Converter.unary,
    "LOGISTIC": Converter.unary,
    "ADD": Converter.binary,
    "MUL": Converter.binary,
    "AVERAGE_POOL_2D": Converter.pool,
    "MEAN": Converter.pool,
    "RESIZE_BILINEAR": Converter.resize,
}
