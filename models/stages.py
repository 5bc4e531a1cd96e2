"""Looking inside: some tensors within a network become further outputs of its file, and its layers are listed for those who have no ONNX.

The weights stay the same bytes. ONNX Runtime gives only the outputs that it is asked for, so ordinary runs ask for the first.
"""

import json

import onnx
from onnx import helper, numpy_helper

from .errors import ModelError
from .recipe import FOLDER

LAYERS = FOLDER / "layers.json"
KINDS = {"Conv": "conv", "Add": "add", "GlobalAveragePool": "pool"}
EVEN = ("Clip", "Relu")          # each point by itself


def expose(model, stages):
    """Give tensors inside a network names of their own, and make them outputs behind the ones it has; in place.

    Parameters
    ----------
    model : onnx.ModelProto
    stages : dict of str to str
        Name of the output to the tensor that it is.

    Returns
    -------
    onnx.ModelProto
        The same object.

    Raises
    ------
    ModelError
        If there is no such tensor, or a name is taken.
    """
    known = {value.name: value for value in onnx.shape_inference.infer_shapes(model).graph.value_info}
    taken = {name for node in model.graph.node for name in (*node.input, *node.output)}
    for name, tensor in stages.items():
        if tensor not in known:
            raise ModelError(f"The network has no tensor {tensor!r} to show as {name!r}.", "Check [stages] in the recipe.")
        if name in taken:
            raise ModelError(f"The network already has a tensor called {name!r}.", "Use another name in [stages] of the recipe.")
        for node in model.graph.node:
            for names in (node.input, node.output):
                names[:] = [name if each == tensor else each for each in names]
        shape = known[tensor].type.tensor_type.shape
        channels = shape.dim[1].dim_value
        model.graph.output.append(helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1, channels, None, None]))
    onnx.checker.check_model(model, full_check=True)
    return model


def layers(model):
    """The layers of a network in the order in which they are computed, without their weights.

    Returns
    -------
    list of dict
        ``name`` of its output; ``kind`` "conv", "add" or "pool" (the mean of the whole picture); ``inputs``, names of other layers
        (activations are left out: each point goes by itself) or of the network's input; for "conv" also ``kernel``, ``stride``,
        ``dilation``, ``before`` (rows of padding above), ``groups``, ``channels`` (in, out) and ``bias``.

    Raises
    ------
    ModelError
        If a node is of another kind, or not the same in rows and columns.
    """
    weights = {tensor.name: numpy_helper.to_array(tensor).shape for tensor in model.graph.initializer}
    stands, found = {}, []
    for node in model.graph.node:
        sources = [stands.get(name, name) for name in node.input if name not in weights]
        if node.op_type in EVEN:
            # What comes out of an activation may be a named output: it is then what the layer before it is called by.
            stands[node.output[0]] = sources[0]
            continue
        if node.op_type not in KINDS:
            raise ModelError(f"{node.name} is of the kind {node.op_type}, which has no place in the list of layers.", "Teach models/stages.py this kind.")
        layer = {"name": node.output[0], "kind": KINDS[node.op_type], "inputs": sources}
        found.append(layer | (convolution(node, weights) if node.op_type == "Conv" else {}))
    return named_by_outputs(found, stands, [output.name for output in model.graph.output])


def named_by_outputs(found, stands, outputs):
    """The same layers; one whose activation is an output of the network bears the output's name."""
    names = {stands[output]: output for output in outputs if output in stands}
    return [layer | {"name": names.get(layer["name"], layer["name"]), "inputs": [names.get(name, name) for name in layer["inputs"]]} for layer in found]


def convolution(node, weights):
    """Geometry of a convolution that treats rows and columns alike."""
    given = {a.name: helper.get_attribute_value(a) for a in node.attribute}
    filters, per_group, *kernel = weights[node.input[1]]
    square = {key: value[0] for key, value in (("kernel", kernel), ("stride", given["strides"]), ("dilation", given["dilations"]))
              if len(set(value)) == 1}
    if len(square) < 3:
        raise ModelError(f"{node.name} is not the same in rows and columns.", "Teach models/stages.py this case.")
    # SAME_UPPER at a stride of 2: all our inputs have sides of 2k + 1 wherever a stride stands, so the padding is the same on both sides.
    before = given["pads"][0] if "pads" in given else square["dilation"] * (square["kernel"] - 1) // 2
    return square | {"before": before, "groups": given["group"], "channels": [per_group * given["group"], filters], "bias": len(node.input) > 2}


def layers_text(models_by_name):
    """The file `layers.json`: one layer a line."""
    parts = [f'{json.dumps(name)}: [\n' + ",\n".join(json.dumps(layer) for layer in layers(model)) + "\n]"
             for name, model in sorted(models_by_name.items())]
    return "{\n" + ",\n".join(parts) + "\n}\n"
