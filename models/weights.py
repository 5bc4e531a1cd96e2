"""How a network's weights are stored: float32, float16, or w8. The arithmetic stays float32.

Cast and Mul nodes turn the small numbers back into float32; ONNX Runtime folds those constants when it loads the file,
so a small file is exactly as fast as a large one.
"""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from .errors import ModelError

SMALL = 256          # weights with fewer numbers are kept as they are: they weigh nothing
FEW_INPUTS = 16      # filters that read fewer channels (depthwise, the first layer) lose too much as int8


def quantise(weights):
    """Filters as int8 with one scale per output channel.

    Parameters
    ----------
    weights : (K, ...) array of float32

    Returns
    -------
    numbers : (K, ...) array of int8
        In -127 .. 127, so that zero is exact and no sign has a number more than the other.
    scale : (K, 1, ...) array of float32
        ``numbers * scale`` differs from the weights by at most half a scale.

    Examples
    --------
    >>> numbers, scale = quantise(np.array([[-2.54, 0.0, 1.27]], "f4"))
    >>> numbers.tolist(), round(float(scale[0, 0]), 4)
    ([[-127, 0, 64]], 0.02)
    """
    largest = np.abs(weights).max(axis=tuple(range(1, weights.ndim)), keepdims=True)
    scale = (largest / 127).astype("f4")
    scale = np.where(scale < np.finfo("f4").tiny, np.float32(1), scale)     # a filter of nothing but zeros
    return np.clip(np.rint(weights / scale), -127, 127).astype("i1"), scale


def stored(model, kind):
    """The same network with its weights stored in another way.

    Parameters
    ----------
    model : onnx.ModelProto
        With float32 weights; left as it is.
    kind : {"float32", "float16", "w8"}
        ``w8``: int8 with a scale per output channel where that is safe, float16 elsewhere.

    Returns
    -------
    onnx.ModelProto
    """
    if kind == "float32":
        return model
    if kind not in ("float16", "w8"):
        raise ModelError(f"There is no way {kind!r} to store weights.", "Use float32, float16 or w8.")
    tensors, decoders = [], []
    for tensor in model.graph.initializer:
        array = numpy_helper.to_array(tensor)
        if array.dtype != np.float32 or array.size < SMALL:
            tensors.append(tensor)
            continue
        if kind == "float16" or array.ndim < 2 or array.shape[1] < FEW_INPUTS:
            parts, nodes = as_float16(tensor.name, array)
        else:
            parts, nodes = as_int8(tensor.name, array)
        tensors += parts
        decoders += nodes
    smaller = onnx.ModelProto()
    smaller.CopyFrom(model)
    nodes = decoders + list(smaller.graph.node)
    del smaller.graph.initializer[:], smaller.graph.node[:]
    smaller.graph.initializer.extend(tensors)
    smaller.graph.node.extend(nodes)
    onnx.checker.check_model(smaller, full_check=True)
    return smaller


def as_float16(name, array):
    """Constants and nodes that give `array`, rounded to float16, under its name."""
    return ([numpy_helper.from_array(array.astype("f2"), name + "/f16")],
            [helper.make_node("Cast", [name + "/f16"], [name], to=TensorProto.FLOAT)])


def as_int8(name, array):
    """Constants and nodes that give `array`, quantised, under its name."""
    numbers, scale = quantise(array)
    return ([numpy_helper.from_array(numbers, name + "/q"), numpy_helper.from_array(scale, name + "/scale")],
            [helper.make_node("Cast", [name + "/q"], [name + "/qf"], to=TensorProto.FLOAT),
             helper.make_node("Mul", [name + "/qf", name + "/scale"], [name])])
