"""A network that computes with 8-bit whole numbers, not only stores them: QDQ form, made by ONNX Runtime's own quantiser.

Each tensor gets a scale and a zero point. Those of the activations come from running the network on the stored photos (Jacob et al. 2018,
https://arxiv.org/abs/1712.05877, section 3.1); filters have a scale for each output channel.
"""

import logging
import tempfile
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import onnx

from .proof import REFERENCE, network_input


def computed(model, recipe):
    """The same network with whole numbers in its convolutions.

    Parameters
    ----------
    model : onnx.ModelProto
        With float32 weights; left as it is. Only its first output is kept.
    recipe : dict
        Says how photos are fed.

    Returns
    -------
    onnx.ModelProto
    """
    from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static

    plain = onnx.ModelProto()
    plain.CopyFrom(model)
    del plain.graph.output[1:]
    with tempfile.TemporaryDirectory() as folder, without_advice():
        made = Path(folder) / "int8.onnx"
        quantize_static(plain, str(made), Photos(recipe), quant_format=QuantFormat.QDQ, per_channel=True, op_types_to_quantize=["Conv"],
                        activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8, calibrate_method=CalibrationMethod.MinMax)
        smaller = onnx.load(made)
    del smaller.metadata_props[:]
    smaller.metadata_props.extend(model.metadata_props)
    smaller.producer_name = "pystudio"
    smaller.producer_version = ""
    return smaller


@contextmanager
def without_advice():
    """No word below an error to the root logger: the quantiser advises to prepare the graph, but the proof judges what it makes."""
    root, before = logging.getLogger(), logging.getLogger().level
    root.setLevel(logging.ERROR)
    try:
        yield
    finally:
        root.setLevel(before)


class Photos:
    """The stored photos, one after the other, as ONNX Runtime's quantiser asks for them."""

    def __init__(self, recipe):
        photos = np.load(REFERENCE / "photos.npz")
        self.inputs = iter([{recipe["input"]["name"]: network_input(recipe, photos[name])} for name in sorted(photos.files)])

    def get_next(self):
        return next(self.inputs, None)
