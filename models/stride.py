"""The same weights on a coarser grid: a DeepLab of output stride 8 becomes one of stride 16.

The network was trained at stride 16. The published graph keeps a finer grid by replacing one stride by dilation in all
that follows ("atrous" convolution, Chen et al. 2017, https://arxiv.org/abs/1706.05587, section 3.1). Giving that stride
back quarters the cells of everything behind it.
"""

from onnx import helper

from .errors import ModelError


def coarsen(model, at):
    """Give a convolution its stride of 2 back, in place, and halve every dilation.

    Parameters
    ----------
    model : onnx.ModelProto
    at : str
        Name of the convolution whose stride was taken away.

    Returns
    -------
    onnx.ModelProto
        The same object.

    Raises
    ------
    ModelError
        If there is no such convolution, or it is not one whose stride was replaced by dilation.
    """
    convolutions = [node for node in model.graph.node if node.op_type == "Conv"]
    found = [node for node in convolutions if node.name == at]
    if not found:
        raise ModelError(f"The network has no convolution {at!r} to give its stride back to.",
                         "Check conversion.stride_at in the recipe.")
    attributes = read_attributes(found[0])
    if attributes["strides"] != [1, 1] or attributes["dilations"] != [1, 1]:
        raise ModelError(f"The convolution {at!r} already has stride {attributes['strides']} and dilation "
                         f"{attributes['dilations']}.", "Name the last convolution before the dilated ones.")
    attributes.pop("pads", None)
    attributes.update(strides=[2, 2], auto_pad="SAME_UPPER")
    write_attributes(found[0], attributes)
    for node in convolutions:
        attributes = read_attributes(node)
        if max(attributes["dilations"]) == 1:
            continue
        if any(value % 2 for value in attributes["dilations"] + attributes["pads"]):
            raise ModelError(f"The convolution {node.name!r} has an odd dilation or padding, which cannot be halved.",
                             "This network's stride cannot be changed without training it again.")
        attributes["dilations"] = [d // 2 for d in attributes["dilations"]]
        attributes["pads"] = [p // 2 for p in attributes["pads"]]
        write_attributes(node, attributes)
    return model


def read_attributes(node):
    """Attributes of an ONNX node as a dictionary."""
    return {a.name: helper.get_attribute_value(a) for a in node.attribute}


def write_attributes(node, attributes):
    """Replace the attributes of an ONNX node."""
    del node.attribute[:]
    node.attribute.extend(helper.make_attribute(key, value) for key, value in attributes.items())
