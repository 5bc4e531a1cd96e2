"""What a network is made of: its layers without their weights, how large their grids are, and how much of the photo a point of them sees.

The list is written by ``python -m models layers`` from the networks themselves and lies beside their recipes.
"""
from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ..errors import NetworkError

__all__ = ["Field", "Layer", "fields", "grids", "known", "layers"]

_PACKAGE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Layer:
    """One step of a network.

    Attributes
    ----------
    name : str
        Of its output.
    kind : {"conv", "add", "pool"}
        "pool" is the mean of the whole picture, a grid of one point.
    inputs : tuple of str
        Names of layers before it, or of the network's input.
    kernel, stride, dilation, before, groups : int
        Of a convolution; `before` is the padding above and on the left.
    channels : tuple of int
        (in, out) of a convolution.
    bias : bool
        Whether a convolution adds a number of its own to each channel.
    """

    name: str
    kind: str
    inputs: tuple[str, ...]
    kernel: int = 1
    stride: int = 1
    dilation: int = 1
    before: int = 0
    groups: int = 1
    channels: tuple[int, int] = (0, 0)
    bias: bool = False


@dataclass(frozen=True)
class Field:
    """What a point of a layer's grid depends on. Point i sees the rows (or columns) ``i * stride - before`` to ``i * stride + after``.

    Attributes
    ----------
    stride : int
        Pixels of the input from one point to the next; 0 for a grid of one point.
    before, after : int
        Through its windows alone, in pixels of the input.
    whole : bool
        It depends on the whole picture as well, through its mean.
    """

    stride: int
    before: int
    after: int
    whole: bool = False

    @property
    def size(self) -> int:
        """Pixels along one side of the window."""
        return self.before + self.after + 1


def known() -> tuple[str, ...]:
    """Names of the networks whose layers are listed."""
    return tuple(_all())


def layers(network: str) -> tuple[Layer, ...]:
    """The layers of a network, in the order in which they are computed.

    Raises
    ------
    NetworkError
        They are not listed.
    """
    if network not in _all():
        raise NetworkError(f"The inside of the network “{network}” is not known here.", f"Choose one of: {', '.join(_all())}.")
    return _all()[network]


@lru_cache(maxsize=None)
def _all() -> dict[str, tuple[Layer, ...]]:
    file = next((path for folder in (_PACKAGE / "recipes", _PACKAGE.parent / "models") if (path := folder / "layers.json").is_file()), None)
    if file is None:
        raise NetworkError("The list of the networks' layers is missing.", "Install pystudio again, or run it in a whole checkout.")
    listed = json.loads(file.read_text(encoding="utf-8"))
    return {name: tuple(Layer(**{key: tuple(value) if isinstance(value, list) else value for key, value in each.items()}) for each in found)
            for name, found in listed.items()}


def fields(found: tuple[Layer, ...]) -> dict[str, Field]:
    """The receptive field of every layer.

    Notes
    -----
    A window of k points, d apart, that begins p points before the point itself reaches p * s pixels further up and
    ((k - 1) * d - p) * s further down, where s is the stride of the grid it reads [1]_. A sum sees what its parts see.

    References
    ----------
    .. [1] A. Araujo, W. Norris, J. Sim, "Computing Receptive Fields of Convolutional Neural Networks", Distill, 2019.

    Examples
    --------
    >>> one = Layer("a", "conv", ("image",), kernel=3, stride=2, before=1, channels=(3, 8))
    >>> two = Layer("b", "conv", ("a",), kernel=3, dilation=2, before=2, channels=(8, 8))
    >>> fields((one, two))["b"]
    Field(stride=2, before=5, after=5, whole=False)
    """
    seen: dict[str, Field] = {}
    for layer in found:
        sources = [seen.get(name, Field(1, 0, 0)) for name in layer.inputs]
        if layer.kind == "pool":
            seen[layer.name] = Field(0, 0, 0, whole=True)
        elif layer.kind == "add":
            seen[layer.name] = Field(max(f.stride for f in sources), max(f.before for f in sources), max(f.after for f in sources),
                                     any(f.whole for f in sources))
        else:
            (source,) = sources
            below = (layer.kernel - 1) * layer.dilation - layer.before
            seen[layer.name] = Field(source.stride * layer.stride, source.before + layer.before * source.stride,
                                     source.after + below * source.stride, source.whole)
    return seen


def grids(found: tuple[Layer, ...], shape: tuple[int, int]) -> Mapping[str, tuple[int, int, int]]:
    """(channels, rows, columns) of every layer for an input of (rows, columns) `shape`.

    A convolution with stride s keeps every s-th point, the first one included: n points become (n - 1) // s + 1.
    """
    found_grids: dict[str, tuple[int, int, int]] = {}
    for layer in found:
        sources = [found_grids.get(name, (3, *shape)) for name in layer.inputs]
        if layer.kind == "conv":
            rows, columns = ((side - 1) // layer.stride + 1 for side in sources[0][1:])
            found_grids[layer.name] = layer.channels[1], rows, columns
        elif layer.kind == "pool":
            found_grids[layer.name] = sources[0][0], 1, 1
        else:
            found_grids[layer.name] = sources[0][0], max(s[1] for s in sources), max(s[2] for s in sources)
    return found_grids
