"""What a network costs: multiply-adds and weights, counted from its layers; and what a narrower one would cost."""
from __future__ import annotations

from dataclasses import dataclass

from ..errors import StudioError
from .layers import Layer, grids

__all__ = ["Cost", "Part", "as_ordinary", "convolution", "mobilenet_v2", "parts", "total"]

ENDS = (("stem", "First layer"), ("block1", "Block 1"), ("block3", "Blocks 2 and 3"), ("block6", "Blocks 4 to 6"), ("block10", "Blocks 7 to 10"),
        ("block13", "Blocks 11 to 13"), ("block17", "Blocks 14 to 17"), ("logits", "Branches and scores"))
"""The last layer of each part that is counted together, and what the part is called."""


@dataclass(frozen=True)
class Cost:
    """Multiply-adds and weights. Numbers that are only added (biases) are not counted as either."""

    adds: int
    weights: int

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.adds + other.adds, self.weights + other.weights)


@dataclass(frozen=True)
class Part:
    """Some layers in a row."""

    title: str
    cost: Cost


def convolution(points: int, before: int, after: int, kernel: int, groups: int = 1) -> Cost:
    """One multiply-add for every point, new channel, old channel of the same group and place in the window.

    Parameters
    ----------
    points : int
        Of the grid that comes out.
    before, after : int
        Channels in and out.
    kernel : int
        Side of the window.
    groups : int
        As many as there are channels in a depthwise convolution.

    References
    ----------
    .. [1] A. G. Howard et al., "MobileNets: Efficient Convolutional Neural Networks for Mobile Vision Applications", 2017, section 3.1.

    Examples
    --------
    >>> convolution(25 * 33, 192, 192, 3).adds
    273715200
    """
    weights = after * (before // groups) * kernel**2
    return Cost(points * weights, weights)


def _of(layer: Layer, size: tuple[int, int, int]) -> Cost:
    return convolution(size[1] * size[2], *layer.channels, layer.kernel, layer.groups) if layer.kind == "conv" else Cost(0, 0)


def parts(found: tuple[Layer, ...], shape: tuple[int, int]) -> list[Part]:
    """The cost of each part of a network for an input of (rows, columns) `shape`."""
    sizes, left, made = grids(found, shape), list(ENDS), []
    spent = Cost(0, 0)
    for layer in found:
        spent += _of(layer, sizes[layer.name])
        if left and layer.name == left[0][0]:
            made.append(Part(left.pop(0)[1], spent))
            spent = Cost(0, 0)
    return made


def total(found: tuple[Layer, ...], shape: tuple[int, int]) -> Cost:
    """The cost of a whole network."""
    sizes = grids(found, shape)
    return sum((_of(layer, sizes[layer.name]) for layer in found), Cost(0, 0))


def as_ordinary(found: tuple[Layer, ...], shape: tuple[int, int]) -> tuple[Cost, Cost]:
    """The depthwise separable convolutions of a network, and ordinary ones in their places.

    Returns
    -------
    separable : Cost
        Of all depthwise convolutions, each with the 1 × 1 convolution behind it.
    ordinary : Cost
        Of as many convolutions with the same windows, channels in and channels out.
    """
    sizes = grids(found, shape)
    separable = ordinary = Cost(0, 0)
    for depthwise, pointwise in zip(found, found[1:]):
        if depthwise.kind == "conv" and depthwise.groups == depthwise.channels[0] > 1:
            separable += _of(depthwise, sizes[depthwise.name]) + _of(pointwise, sizes[pointwise.name])
            _, rows, columns = sizes[depthwise.name]
            ordinary += convolution(rows * columns, depthwise.channels[0], pointwise.channels[1], depthwise.kernel)
    return separable, ordinary


BLOCKS = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
"""Expansion, channels, repeats, stride: table 2 of [1]_ in `mobilenet_v2`."""
LAST, CLASSES = 1280, 1000


def mobilenet_v2(width: float = 1.0, side: int = 224) -> Cost:
    """What MobileNetV2, the classifier, costs with every layer `width` times as wide.

    Parameters
    ----------
    width : float
        The width multiplier, 0.1 to 2. Channels are rounded to multiples of 8, and never by more than a tenth down; the last
        1280 channels get more with width, but not fewer.
    side : int
        Rows and columns of its input, 32 to 1024.

    Returns
    -------
    Cost

    Raises
    ------
    StudioError
        `width` or `side` is out of range.

    References
    ----------
    .. [1] M. Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks", CVPR 2018.
    """
    if not (0.1 <= width <= 2 and 32 <= side <= 1024):
        raise StudioError(f"A network of width {width} for {side} pixels is not counted here.", "Use a width from 0.1 to 2 and 32 to 1024 pixels.")
    halved = lambda n: (n + 1) // 2
    side, old = halved(side), _divisible(32 * width)
    spent = convolution(side**2, 3, old, 3)
    for expansion, channels, repeats, stride in BLOCKS:
        new = _divisible(channels * width)
        for step in (stride, *[1] * (repeats - 1)):
            inside = old * expansion
            spent += convolution(side**2, old, inside, 1) if expansion > 1 else Cost(0, 0)
            side = halved(side) if step == 2 else side
            spent += convolution(side**2, inside, inside, 3, inside) + convolution(side**2, inside, new, 1)
            old = new
    last = _divisible(LAST * max(1.0, width))
    return spent + convolution(side**2, old, last, 1) + convolution(1, last, CLASSES, 1)


def _divisible(channels: float, by: int = 8) -> int:
    """The nearest multiple of `by`; the next one up where that would take more than a tenth away."""
    near = max(by, int(channels + by / 2) // by * by)
    return near + by if near < 0.9 * channels else near
