"""TensorFlow.js graph models (model.json and weight shards) become ONNX. No TensorFlow is needed.

TensorFlow stores pictures as NHWC and ONNX wants NCHW: every four-dimensional constant and every axis is rewritten
here, once, so the ONNX graph holds no Transpose at all. Batch normalisation is folded into the convolution before it;
SpaceToBatchND .. BatchToSpaceND, TensorFlow's way to write a dilated ("atrous") convolution, becomes one; what is
computed once for the whole picture stays one pixel until broadcasting spreads it. So the sides of the input are free,
whatever size the published graph was fixed to.
"""

import base64
import json
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import numpy as np

from .errors import ModelError
from .graph import Graph

DTYPES = {"float32": "f4", "int32": "i4", "bool": "u1", "uint8": "u1", "uint16": "u2", "float16": "f2"}
ADDITIONS = ("Add", "AddV2", "AddN", "BiasAdd")


def convert(path, source, outputs, whole_picture=None, properties=None):
    """Convert the part of a TensorFlow.js graph between one tensor and some others.

    Parameters
    ----------
    path : path-like
        The model.json; its shards lie beside it.
    source : str
        The TensorFlow tensor (NHWC, RGB) that becomes the ONNX input ``image``, (1, 3, height, width).
    outputs : dict of str to str
        TensorFlow tensor to ONNX output name.
    whole_picture : (int, int), optional
        Average pooling with this window sees the whole grid in the published graph, and will at every size.
    properties : dict of str to str, optional
        Written into the file.

    Returns
    -------
    onnx.ModelProto

    Raises
    ------
    ModelError
        If a file is damaged or a node is of a kind, or in a place, that has no translation here.
    """
    nodes, constants = read(path)
    return Converter(nodes, constants, Path(path).name, whole_picture).convert(source, outputs, properties or {})


def read(path):
    """Read a model.json and its shards.

    Returns
    -------
    nodes : dict of str to dict
        TensorFlow nodes by name, as in the file.
    constants : dict of str to ndarray
        The weights, with TensorFlow.js's quantisation undone.
    """
    path = Path(path)
    try:
        spec = json.loads(path.read_bytes())
        nodes = {node["name"]: node for node in spec["modelTopology"]["node"]}
        manifest = spec["weightsManifest"]
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{path.name} is not a TensorFlow.js graph model ({type(error).__name__}: {error}).",
                         "Give the model.json of a graph model, with modelTopology and weightsManifest.") from error
    constants = {}
    for group in manifest:
        shards = b"".join((path.parent / shard).read_bytes() for shard in group["paths"])
        at = 0
        for entry in group["weights"]:
            constants[entry["name"]], at = read_weight(entry, shards, at, path.name)
    return nodes, constants


def read_weight(entry, shards, at, file):
    """One weight of a manifest, and the offset in the joined shards where the next one starts."""
    quantisation = entry.get("quantization")
    dtype = np.dtype("<" + DTYPES[(quantisation or entry)["dtype"]])
    count = int(np.prod(entry["shape"], dtype=int))
    if at + count * dtype.itemsize > len(shards):
        raise ModelError(f"{file}: the shards end inside the weight {entry['name']!r}.", "Fetch the package again.")
    array = np.frombuffer(shards, dtype, count, at).reshape(entry["shape"])
    at += array.nbytes
    array = array.astype(DTYPES[entry["dtype"]])
    if quantisation and "scale" in quantisation:
        array = array * np.float32(quantisation["scale"]) + np.float32(quantisation["min"])
    return array, at


def attribute(node, key, default=None):
    """Value of an attribute of a TensorFlow node, in Python's own types."""
    value = node.get("attr", {}).get(key)
    if value is None:
        return default
    if "list" in value:
        items = value["list"]
        return ([int(i) for i in items["i"]] if "i" in items
                else [base64.b64decode(s).decode() for s in items.get("s", [])])
    if "s" in value:
        return base64.b64decode(value["s"]).decode()
    return int(value["i"]) if "i" in value else value.get("b", value.get("f"))


class Converter:
    """One walk through a TensorFlow graph. A tensor is called by its TensorFlow name until `name` translates it."""

    def __init__(self, nodes, constants, file, whole_picture=None):
        self.tf, self.const, self.file = nodes, constants, file
        self.whole_picture = None if whole_picture is None else list(whole_picture)
        self.uses = {}                       # how many TensorFlow nodes read each tensor
        for node in nodes.values():
            for tensor in node.get("input", []):
                self.uses[tensor] = self.uses.get(tensor, 0) + 1
        self.graph = Graph()
        self.alias = {}                      # TensorFlow tensor -> ONNX tensor, where the names differ
        self.spread = {}                     # after SpaceToBatchND: (dilations, padding) of the convolution to come
        self.convolved = {}                  # after that convolution, until BatchToSpaceND: the same
        self.pixel = set()                   # tensors of 1x1 pixels, to be spread over the picture
        self.parts = {}                      # a concatenation that is never carried out: its parts

    # -- the whole graph --------------------------------------------------------------------------------------------

    def convert(self, source, outputs, properties):
        order = self.order(source, outputs)
        for tensor in outputs:
            self.uses[tensor] = self.uses.get(tensor, 0) + 1
        self.alias[source] = "image"
        for name in order:
            self.visit(self.tf[name])
        for tensor, name in outputs.items():
            self.graph.rename(self.name(tensor), name)
        shapes = {name: [1, self.graph.channels(name), None, None] for name in outputs.values()}
        return self.graph.model({"image": [1, 3, "height", "width"]}, shapes, properties)

    def order(self, source, outputs):
        """Names of the nodes between `source` and `outputs`, each after the nodes it reads."""
        sorter, todo, seen = TopologicalSorter(), list(outputs), {source, *outputs}
        while todo:
            name = todo.pop()
            if name not in self.tf:
                raise ModelError(f"{self.file} has no node {name!r}.", "Check the names of input and output.")
            inputs = [i for i in self.tf[name].get("input", []) if i not in self.const and i != source]
            sorter.add(name, *inputs)
            todo += [i for i in inputs if i not in seen]
            seen.update(inputs)
        try:
            return tuple(sorter.static_order())
        except CycleError as error:
            raise ModelError(f"{self.file} goes round in a circle at {error.args[1][0]!r}.",
                             "Only graphs without loops can be converted.") from error

    def visit(self, node):
        translate = OPERATORS.get(node["op"])
        if translate is None:
            raise self.refuse(node, "this kind of node has no translation", "Add one to models/tfjs.py, with a test")
        translate(self, node)

    # -- small helpers ----------------------------------------------------------------------------------------------

    def refuse(self, node, why, remedy="Teach models/tfjs.py this case, with a test"):
        return ModelError(f"{self.file}: node {node['name']} ({node['op']}): {why}.", remedy + ".")

    def name(self, tensor):
        """The ONNX tensor that holds a TensorFlow tensor."""
        if tensor in self.parts:
            raise ModelError(f"{self.file}: {tensor} joins a picture with values of the whole picture, and only a 1x1 "
                             "convolution may read that.", "Teach models/tfjs.py this case, with a test.")
        return self.alias.get(tensor, tensor)

    def stand_for(self, node, tensor):
        """Let a node's result be another name of a tensor that is there already."""
        made = self.name(tensor)
        self.alias[node["name"]] = made
        self.uses[made] = max(self.uses.get(made, 0), self.uses.get(node["name"], 0))

    def follow(self, node, *sources):
        """What was known of the sources of an element-wise node holds for its result."""
        known = [s for s in sources if s not in self.const]
        if known and all(s in self.pixel for s in known):
            self.pixel.add(node["name"])
        for source in known:
            if source in self.spread:
                raise self.refuse(node, "it stands between SpaceToBatchND and its convolution")
            if source in self.convolved:
                self.convolved[node["name"]] = self.convolved[source]

    def operand(self, tensor):
        """Name of an element-wise operand; constants are reshaped to broadcast over NCHW."""
        constant = self.const.get(tensor)
        if constant is None:
            return self.name(tensor)
        if constant.ndim == 1 and constant.size > 1:
            constant = constant.reshape(1, -1, 1, 1)
        elif constant.ndim == 4:
            constant = constant.transpose(0, 3, 1, 2)
        return self.graph.constant(tensor, constant)

    def fold(self, tensor, constant, op):
        """Fold `tensor * constant` or `tensor + constant`, per channel, into the convolution that made the tensor.

        Returns False, with nothing changed, where that cannot be: another node still needs the tensor as it is.
        """
        node = self.graph.maker.get(self.name(tensor))
        if node is None or max(self.uses.get(t, 0) for t in (tensor, self.name(tensor))) > 1:
            return False
        if node.op_type == "Add" and op == "Add":          # (conv + skip) + c  ==  (conv + c) + skip
            return any(self.fold(i, constant, op) for i in node.input if i not in self.graph.constants)
        if node.op_type != "Conv":
            return False
        constants, weights = self.graph.constants, node.input[1]
        filters = constants[weights].shape[0]
        if constant.ndim > 1 or constant.size not in (1, filters):
            return False
        if len(node.input) < 3:
            node.input.append(self.graph.constant(node.name + "/bias", np.zeros(filters, "f4")))
        bias = node.input[2]
        per_filter = np.broadcast_to(constant.reshape(-1), (filters,))
        if op == "Mul":
            constants[weights] = constants[weights] * per_filter.reshape(-1, 1, 1, 1)
            constants[bias] = constants[bias] * per_filter
        else:
            constants[bias] = constants[bias] + per_filter
        return True

    # -- convolutions -----------------------------------------------------------------------------------------------

    def conv(self, node):
        source, weights, *rest = node["input"]
        if weights not in self.const:
            raise self.refuse(node, "its weights are not constant")
        weights, groups = filters(self.const[weights], "Depthwise" in node["op"])
        fused = attribute(node, "fused_ops", [])
        activations = [op for op in fused if op != "BiasAdd"]
        if activations not in ([], ["Relu"], ["Relu6"]):
            raise self.refuse(node, f"it has the fused operations {', '.join(activations)} built in")
        bias = self.const[rest[0]] if "BiasAdd" in fused else None
        geometry = self.geometry(node, source, weights.shape[2:]) | {"group": groups}
        result = node["name"] + "/conv" if activations else node["name"]
        if source in self.parts:
            self.conv_of_parts(node, source, weights, bias, geometry, result)
        else:
            self.emit_conv(self.name(source), weights, bias, geometry, result)
        if activations:
            self.activation(activations[0], result, node["name"])
        if source in self.pixel:
            self.pixel.add(node["name"])

    def emit_conv(self, source, weights, bias, geometry, result):
        inputs = [source, self.graph.constant(result + "/weights", weights)]
        if bias is not None:
            inputs.append(self.graph.constant(result + "/bias", bias))
        self.graph.emit("Conv", inputs, result, **geometry)

    def conv_of_parts(self, node, source, weights, bias, geometry, result):
        """conv(concat(a, b)) == conv_a(a) + conv_b(b): a part that is one pixel stays one pixel."""
        if weights.shape[2:] != (1, 1) or geometry["group"] != 1:
            raise self.refuse(node, "only a plain 1x1 convolution may read values of the whole picture")
        terms, at = [], 0
        for part, size in self.parts[source]:
            term = f"{result}/{len(terms)}"
            self.emit_conv(self.name(part), weights[:, at:at + size], None if terms else bias, geometry, term)
            terms.append(term)
            at += size
        self.uses.update(dict.fromkeys(terms, 1))
        total = terms[0]
        for k, term in enumerate(terms[1:], 2):
            total = self.graph.emit("Add", [total, term], result if k == len(terms) else f"{result}/sum{k}").output[0]

    def geometry(self, node, source, kernel):
        """Strides, dilations and padding of a convolution as ONNX attributes."""
        strides = attribute(node, "strides")[1:3]
        dilations = attribute(node, "dilations", [1] * 4)[1:3]
        padding = attribute(node, "padding")
        if padding not in ("SAME", "VALID"):
            raise self.refuse(node, f"the padding {padding!r} has no translation")
        if source in self.convolved:
            raise self.refuse(node, "it is the second convolution since SpaceToBatchND")
        if source in self.spread:            # SpaceToBatchND and a VALID convolution are a dilated SAME convolution
            dilations, pads = self.spread[source]
            same = [d * (k - 1) // 2 for d, k in zip(dilations, kernel)]
            if padding != "VALID" or strides != [1, 1] or pads[:, 0].tolist() != same:
                raise self.refuse(node, "after SpaceToBatchND it is not the dilated convolution it should be")
            self.convolved[node["name"]] = dilations, pads
            padding = "SAME"
        attributes = {"kernel_shape": list(kernel), "strides": strides, "dilations": dilations}
        if padding == "SAME" and max(strides) > 1:
            attributes["auto_pad"] = "SAME_UPPER"          # how much depends on the size of the input
        elif padding == "SAME":
            total = [d * (k - 1) for d, k in zip(dilations, kernel)]
            attributes["pads"] = [t // 2 for t in total] + [t - t // 2 for t in total]
        return attributes

    def space_to_batch(self, node):
        source, block, pads = node["input"]
        self.alias[node["name"]] = self.name(source)
        self.spread[node["name"]] = self.const[block].tolist(), self.const[pads]

    def batch_to_space(self, node):
        source, block, crops = node["input"]
        if source not in self.convolved:
            raise self.refuse(node, "no convolution stands between SpaceToBatchND and it")
        dilations, pads = self.convolved[source]
        left = pads - self.const[crops]      # padding that is no mere filling up to whole blocks
        if self.const[block].tolist() != dilations or not (left == pads[:, :1]).all():
            raise self.refuse(node, "its blocks and crops do not undo those of SpaceToBatchND")
        self.stand_for(node, source)

    # -- everything else --------------------------------------------------------------------------------------------

    def activation(self, op, source, result):
        if op == "Relu6":
            low, high = self.graph.constant("zero", np.float32(0)), self.graph.constant("six", np.float32(6))
            self.graph.emit("Clip", [source, low, high], result)
        else:
            self.graph.emit(op, [source], result)

    def unary(self, node):
        source = node["input"][0]
        self.activation(node["op"], self.name(source), node["name"])
        self.follow(node, source)

    def binary(self, node):
        if len(node["input"]) != 2:
            raise self.refuse(node, f"it has {len(node['input'])} inputs instead of two")
        first, second = node["input"]
        op = "Add" if node["op"] in ADDITIONS else node["op"]
        tensor, constant = (second, first) if first in self.const else (first, second)
        if op != "Sub" and constant in self.const and self.fold(tensor, self.const[constant], op):
            self.stand_for(node, tensor)
        else:
            self.graph.emit(op, [self.operand(first), self.operand(second)], node["name"])
        self.follow(node, first, second)

    def identity(self, node):
        source = node["input"][0]
        self.stand_for(node, source)
        self.follow(node, source)

    def pool(self, node):
        source, result = node["input"][0], node["name"]
        window, strides = attribute(node, "ksize")[1:3], attribute(node, "strides")[1:3]
        if node["op"] == "AvgPool" and window == self.whole_picture:
            self.graph.emit("GlobalAveragePool", [self.name(source)], result)
            self.pixel.add(result)
            return
        kind = {"MaxPool": "MaxPool", "AvgPool": "AveragePool"}[node["op"]]
        self.graph.emit(kind, [self.name(source)], result, kernel_shape=window, strides=strides,
                        auto_pad={"SAME": "SAME_UPPER", "VALID": "VALID"}[attribute(node, "padding")])

    def mean(self, node):
        source, axes = node["input"]
        if sorted(int(i) % 4 for i in self.const[axes].reshape(-1)) != [1, 2] or not attribute(node, "keep_dims"):
            raise self.refuse(node, "only the mean over rows and columns, with both axes kept, has a translation")
        self.graph.emit("GlobalAveragePool", [self.name(source)], node["name"])
        self.pixel.add(node["name"])

    def resize(self, node):
        source, size = node["input"]
        if source in self.pixel:             # one pixel stretched over the picture: broadcasting will do it
            self.stand_for(node, source)
            self.pixel.add(node["name"])
            return
        if size not in self.const:
            raise self.refuse(node, "its size is computed while the network runs")
        mode = ("align_corners" if attribute(node, "align_corners") else
                "half_pixel" if attribute(node, "half_pixel_centers") else "asymmetric")
        made = self.name(source)
        shape = np.array([1, self.graph.channels(made), *self.const[size]], "i8")
        self.graph.emit("Resize", [made, "", "", self.graph.constant(node["name"] + "/size", shape)], node["name"],
                        mode="linear", coordinate_transformation_mode=mode)

    def concat(self, node):
        *sources, axis = node["input"]
        if int(self.const[axis]) % 4 != 3:
            raise self.refuse(node, "only channels can be joined")
        single = [s in self.pixel for s in sources]
        if any(single) and not all(single):
            self.parts[node["name"]] = [(s, self.graph.channels(self.name(s))) for s in sources]
        else:
            self.graph.emit("Concat", [self.name(s) for s in sources], node["name"], axis=1)
            self.follow(node, *sources)


def filters(weights, depthwise):
    """TensorFlow's filters (kh, kw, in, out) as ONNX has them (out, in / groups, kh, kw), and the number of groups."""
    if not depthwise:
        return weights.transpose(3, 2, 0, 1), 1
    rows, columns, channels, multiplier = weights.shape
    return weights.transpose(2, 3, 0, 1).reshape(channels * multiplier, 1, rows, columns), channels


OPERATORS = {
    **dict.fromkeys(("Conv2D", "_FusedConv2D", "DepthwiseConv2dNative", "FusedDepthwiseConv2dNative"), Converter.conv),
    **dict.fromkeys((*ADDITIONS, "Mul", "Sub"), Converter.binary),
    **dict.fromkeys(("Relu", "Relu6", "Sigmoid"), Converter.unary),
    **dict.fromkeys(("MaxPool", "AvgPool"), Converter.pool),
    "SpaceToBatchND": Converter.space_to_batch,
    "BatchToSpaceND": Converter.batch_to_space,
    "Identity": Converter.identity,
    "Mean": Converter.mean,
    "ResizeBilinear": Converter.resize,
    "ConcatV2": Converter.concat,
}
