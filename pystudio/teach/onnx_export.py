"""Network and head as one ONNX file, which any runtime can run without PyStudio."""

from __future__ import annotations

import json

import numpy as np

from ..errors import NetworkError
from ..networks import layers
from ..networks import network as networks
from ..networks.onnx_writer import Extension, constant, extend, metadata, node
from ..networks.stages import COLOUR, stride_of
from .head import Head, network_version

__all__ = ["OUTPUT", "export_onnx", "recipe"]

OUTPUT = "taught_logits"
"""Name of the output: (1, K, rows, columns), a score before softmax for every class at every pixel of the input."""


def export_onnx(head: Head, model: bytes, size: tuple[int, int] | None = None) -> bytes:
    """One file that takes what the network takes and gives the scores of the taught classes at every pixel of its input.

    Parameters
    ----------
    head : Head
    model : bytes
        The ONNX file of the head's network.
    size : tuple of int, optional
        (rows, columns) of the input, in network pixels, where they shall be fixed: those of `Network.frame` for photos of one shape, so
        that programs which know nothing of this network's sides give it the same pixels as we do. Left out, they are free.

    Returns
    -------
    onnx : bytes

    Raises
    ------
    NetworkError
        The file is another network's, or not whole; the head was taught on another version of it.

    Notes
    -----
    Each stage passes a 1 × 1 convolution on its own grid; the sums are enlarged from grid to grid, corners on corners, as
    `networks.stages.PhotoFeatures.project` does it.
    """
    network = networks.network(head.network)
    if network_version(head.network) != head.version:
        raise NetworkError(f"This head was taught on another version of the network {head.network}.", "Teach it again with its strokes.")
    if metadata(model).get("name") != head.network:
        raise NetworkError(f"The file is not that of the network {head.network}.", "Use the file that belongs to this network.")
    names = json.dumps(list(head.labels.names), ensure_ascii=False)
    sides = list(size) if size else ["height", "width"]
    extension = Extension(
        (network.input_name, [1, 3, *sides]), (OUTPUT, [1, len(head.labels), *sides]),
        metadata={"name": f"{head.network}_taught", "title": f"Taught on {network.title}", "classes": names},
    )  # fmt: skip
    _build(head, network.input_name, extension)
    return extend(model, extension)


def _build(head: Head, image: str, extension: Extension) -> None:
    nodes, constants = extension.nodes, extension.constants
    constants += [constant("taught/zero", np.array([0], np.int64)), constant("taught/two", np.array([2], np.int64)), constant("taught/four", np.array([4], np.int64))]
    (weights, bias), *rest = head.affine()
    by_stride: dict[int, list[str]] = {}
    past = 0
    for stage in head.stages:
        first, past = past, past + (3 if stage == COLOUR else _channels(head.network, stage))
        constants.append(constant(f"taught/{stage}/weights", weights[:, first:past, None, None]))
        stride = stride_of(stage, networks.network(head.network))
        source = _colours(extension, image, stride) if stage == COLOUR else stage
        nodes.append(node("Conv", [source, f"taught/{stage}/weights"], f"taught/{stage}", kernel_shape=[1, 1]))
        by_stride.setdefault(stride, []).append(f"taught/{stage}")
    total, *finer = [_sum(extension, by_stride[stride]) for stride in sorted(by_stride, reverse=True)]
    for part in finer:
        total = _sum(extension, [part, _resized(extension, total, part)])
    total = _layers(extension, total, bias, rest)
    nodes.append(node("Identity", [_resized(extension, total, image) if min(by_stride) > 1 else total], OUTPUT))


def _sum(extension: Extension, parts: list[str]) -> str:
    """The sum of tensors of one shape."""
    total, *others = parts
    for part in others:
        extension.nodes.append(node("Add", [total, part], f"{total}+"))
        total += "+"
    return total


def _colours(extension: Extension, image: str, stride: int) -> str:
    """The stage `COLOUR`, as `networks.stages` makes it."""
    if stride == 1:
        return image
    around = stride // 2
    extension.nodes.append(node("AveragePool", [image], "taught/means", kernel_shape=[2 * around + 1] * 2, strides=[stride] * 2, pads=[around] * 4, count_include_pad=0))
    return "taught/means"


def _channels(network: str, stage: str) -> int:
    return layers.grids(layers.layers(network), (513, 513))[stage][0]


def _layers(extension: Extension, total: str, bias: np.ndarray, rest) -> str:
    """The bias of the first layer, and the layers behind it."""
    extension.constants.append(constant("taught/bias0", bias[:, None, None]))
    extension.nodes.append(node("Add", [total, "taught/bias0"], "taught/layer0"))
    for place, (weights, bias) in enumerate(rest, 1):
        extension.constants.extend([constant(f"taught/weights{place}", weights[:, :, None, None]), constant(f"taught/bias{place}", bias)])
        extension.nodes.append(node("Relu", [f"taught/layer{place - 1}"], f"taught/relu{place}"))
        extension.nodes.append(node("Conv", [f"taught/relu{place}", f"taught/weights{place}", f"taught/bias{place}"], f"taught/layer{place}", kernel_shape=[1, 1]))
    return f"taught/layer{len(rest)}"


def _resized(extension: Extension, tensor: str, like: str) -> str:
    """A tensor enlarged to the rows and columns of another one."""
    name = f"{tensor}/as/{like}"
    extension.nodes.extend([
        node("Shape", [like], f"{name}/shape"),
        node("Slice", [f"{name}/shape", "taught/two", "taught/four"], f"{name}/sides"),
        node("Shape", [tensor], f"{name}/own"),
        node("Slice", [f"{name}/own", "taught/zero", "taught/two"], f"{name}/channels"),
        node("Concat", [f"{name}/channels", f"{name}/sides"], f"{name}/sizes", axis=0),
        node("Resize", [tensor, "", "", f"{name}/sizes"], name, mode="linear", coordinate_transformation_mode="align_corners"),
    ])  # fmt: skip
    return name


def recipe(head: Head, size: tuple[int, int]) -> dict[str, object]:
    """What *Bring your own network* asks about a file of `export_onnx` with a fixed size, answered.

    Parameters
    ----------
    head : Head
    size : tuple of int
        (rows, columns), as given to `export_onnx`.

    Returns
    -------
    recipe : dict
        For `networks.user_network.make_network`; its lines are those of a file for ``--recipe``.
    """
    network = networks.network(head.network)
    divide = 1 / network.scale
    return {
        "title": f"Taught on {network.title}"[:60], "input": network.input_name, "output": OUTPUT, "layout": "NCHW", "order": "RGB",
        "rows": int(size[0]), "columns": int(size[1]), "longest": 513, "multiple": 1, "divide": divide, "mean": [-network.offset] * 3, "std": [1.0] * 3,
        "kind": "logits", "labels": list(head.labels.names),
    }  # fmt: skip
