"""An ONNX graph under construction, shared by the two converters. It knows ONNX, not where networks come from."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from .errors import ModelError

OPSET = 17        # the newest that every ONNX Runtime since 1.12 reads
IR_VERSION = 8


class Graph:
    """Nodes and constants in the order in which they are computed.

    Attributes
    ----------
    nodes : list of onnx.NodeProto
    constants : dict of str to ndarray
        Initialisers by name; those that no node reads are left out of the model.
    maker : dict of str to onnx.NodeProto
        The node that computes a tensor.
    """

    def __init__(self):
        self.nodes = []
        self.constants = {}
        self.maker = {}

    def emit(self, op, inputs, output, **attributes):
        """Append a node, named after its only output, and return it."""
        node = helper.make_node(op, list(inputs), [output], name=output, **attributes)
        self.nodes.append(node)
        self.maker[output] = node
        return node

    def constant(self, name, array):
        """Remember a constant and return its name."""
        self.constants[name] = np.ascontiguousarray(array)
        return name

    def rename(self, old, new):
        """Call a tensor `new` wherever it is written or read."""
        for node in self.nodes:
            for names in (node.input, node.output):
                names[:] = [new if name == old else name for name in names]
        self.maker[new] = self.maker.pop(old, None)

    def channels(self, tensor):
        """Number of channels of a tensor: that of the last convolution before it."""
        todo, seen = [tensor], set()
        while todo:
            node = self.maker.get(todo.pop())
            if node is None or node.name in seen:
                continue
            if node.op_type == "Conv":
                return self.constants[node.input[1]].shape[0]
            seen.add(node.name)
            todo += node.input
        raise ModelError(f"No convolution comes before the tensor {tensor!r}, so its number of channels is unknown.",
                         "Name an output that lies behind the network's first convolution.")

    def model(self, inputs, outputs, properties):
        """Close the graph.

        Parameters
        ----------
        inputs, outputs : dict of str to list
            Shape of each end of the network; a string is a side whose length is free, None one that nobody names.
        properties : dict of str to str
            Kept in the file: where it comes from and how to feed it.

        Returns
        -------
        onnx.ModelProto
            Checked, shapes included.
        """
        read = {name for node in self.nodes for name in node.input}
        graph = helper.make_graph(
            self.nodes, "segmentation",
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in inputs.items()],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs.items()],
            [numpy_helper.from_array(array, name) for name, array in self.constants.items() if name in read])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION,
                                  producer_name="pystudio")
        helper.set_model_props(model, properties)
        onnx.checker.check_model(model, full_check=True)
        return model


def to_bytes(model):
    """Serialise a model so that the same model always gives the same bytes."""
    return model.SerializeToString(deterministic=True)
