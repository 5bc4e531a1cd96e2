"""What the stages of a network say of every place of a photo: the features by which `pystudio.teach` classifies pixels. Nothing is learnt here.

The expensive step, running the network, is done once for a photo; then features at chosen pixels, and scores of the whole photo, are cheap.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import ImageError, NetworkError, StudioError
from ..segment.matting import box_mean
from . import layers
from . import network as networks
from .base import Network

__all__ = ["COLOUR", "GROUPS", "PhotoFeatures", "Stage", "collect", "features", "outputs", "product", "resolve", "stride_of"]

COLOUR = "colour"
"""The stage before all others: the photo's own colours, as the network gets them; where `_COLOUR_STRIDE` divides its frame, their means around every fourth pixel."""

_COLOUR_STRIDE = 4  # a grid for every pixel would cost more than all other stages, and teaches no more: pixels are noisy

GROUPS: dict[str, tuple[str, ...]] = {
    "colour": (COLOUR,),
    "first": ("stem", "block1", "block3"),
    "deep": ("block13", "block17", "joined"),
    "all": (COLOUR, "block3", "block6", "block10", "block13", "block17", "joined"),
}
"""Stages by what a classifier may look at. The grids of "first" see at most 19 pixels of the network's frame, those of "deep" hundreds."""


@dataclass(frozen=True, eq=False)
class Stage:
    """The activations of one stage for one photo.

    Attributes
    ----------
    name : str
    stride : int
        Network pixels from one point of the grid to the next; point (i, j) stands at network pixel (i * stride, j * stride).
    values : (C, h, w) array of float32
    """

    name: str
    stride: int
    values: np.ndarray

    @cached_property
    def mean(self) -> np.ndarray:
        """(C,) array of float64: the mean of every channel over the photo."""
        return self.values.mean(axis=(1, 2), dtype=np.float64)

    @cached_property
    def variance(self) -> np.ndarray:
        """(C,) array of float64: the variance of every channel over the photo."""
        square = np.einsum("chw,chw->c", self.values, self.values, dtype=np.float64) / self.values[0].size
        return np.maximum(square - self.mean**2, 0)


@dataclass(frozen=True, eq=False)
class PhotoFeatures:
    """The features of a photo: the channels of its stages, one after the other.

    Attributes
    ----------
    network : Network
    shape : tuple of int
        (M, N), rows and columns of the photo, in image pixels.
    stages : tuple of Stage
    """

    network: Network
    shape: tuple[int, int]
    stages: tuple[Stage, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the stages."""
        return tuple(stage.name for stage in self.stages)

    @property
    def n_features(self) -> int:
        """Channels of all stages together, F."""
        return sum(len(stage.values) for stage in self.stages)

    @property
    def stride(self) -> int:
        """That of the finest grid, in network pixels."""
        return min(stage.stride for stage in self.stages)

    @cached_property
    def mean(self) -> np.ndarray:
        """(F,) array of float64: the mean of every feature over the photo."""
        return np.concatenate([stage.mean for stage in self.stages])

    @cached_property
    def variance(self) -> np.ndarray:
        """(F,) array of float64: the variance of every feature over the photo."""
        return np.concatenate([stage.variance for stage in self.stages])

    def select(self, stages: str | Sequence[str]) -> PhotoFeatures:
        """The same photo with some of its stages only; nothing is copied.

        Parameters
        ----------
        stages : str or sequence of str
            A key of `GROUPS`, or names of stages.

        Returns
        -------
        PhotoFeatures

        Raises
        ------
        StudioError
            A stage is not among them.
        """
        wanted = resolve(stages, self.network)
        known = {stage.name: stage for stage in self.stages}
        if missing := [name for name in wanted if name not in known]:
            raise StudioError(f"The features of this photo lack the stage “{missing[0]}”.", "Compute them again with all the stages that are wanted.")
        return PhotoFeatures(self.network, self.shape, tuple(known[name] for name in wanted))

    def at(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """The features of some pixels, interpolated between the points of each grid.

        Parameters
        ----------
        rows, columns : (n,) array
            Image pixels; whole numbers are the centres of pixels.

        Returns
        -------
        features : (F, n) array of float32
            One feature a row.

        Raises
        ------
        ImageError
            A pixel lies outside the photo.
        """
        rows, columns = np.asarray(rows, dtype=np.float64), np.asarray(columns, dtype=np.float64)
        for places, side in ((rows, self.shape[0]), (columns, self.shape[1])):
            if places.size and not (-0.5 <= places.min() and places.max() <= side - 0.5):
                raise ImageError(f"A pixel lies outside the photo ({self.shape[0]} × {self.shape[1]}).", "Ask for pixels inside.")
        found = np.empty((self.n_features, rows.size), np.float32)
        past = 0
        for stage in self.stages:
            first, past = past, past + len(stage.values)
            found[first:past] = self._stage_at(stage, rows, columns)
        return found

    def _stage_at(self, stage: Stage, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        grid = networks._at_least_two(stage.values)
        top, down = networks._to_cell(rows, self.shape[0], stage.values.shape[1], stage.stride)
        left, right = networks._to_cell(columns, self.shape[1], stage.values.shape[2], stage.stride)
        upper = grid[:, top, left] * (1 - right) + grid[:, top, left + 1] * right
        lower = grid[:, top + 1, left] * (1 - right) + grid[:, top + 1, left + 1] * right
        return upper * (1 - down) + lower * down

    def project(self, weights: np.ndarray, bias: np.ndarray) -> np.ndarray:
        """``weights @ features + bias`` at every point of the finest grid.

        Parameters
        ----------
        weights : (K, F) array of float
        bias : (K,) array of float

        Returns
        -------
        values : (K, h, w) array of float32

        Notes
        -----
        Interpolation is linear, so each stage is multiplied on its own grid, and only the K sums are enlarged, from one stride to the
        next: the result is that of interpolating all F features, for a small part of the work.
        """
        weights = np.asarray(weights, dtype=np.float32)
        sums: dict[int, np.ndarray] = {}
        past = 0
        for stage in self.stages:
            first, past = past, past + len(stage.values)
            part = product(weights[:, first:past], stage.values.reshape(past - first, -1)).reshape(-1, *stage.values.shape[1:])
            sums[stage.stride] = sums[stage.stride] + part if stage.stride in sums else part
        coarsest, *finer = sorted(sums, reverse=True)
        total, stride = sums[coarsest], coarsest
        for each in finer:
            total = _enlarged(total, stride // each, sums[each].shape[1:])
            total += sums[each]
            stride = each
        total += np.asarray(bias, dtype=np.float32)[:, None, None]
        return total


_NO_BLAS = sys.platform == "emscripten"


def product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The matrix product (K, F) by (F, n); einsum, not @, where Python has no BLAS: there @ takes twice the time."""
    return np.einsum("kf,fn->kn", a, b) if _NO_BLAS else a @ b


def _enlarged(values: np.ndarray, times: int, shape: tuple[int, int]) -> np.ndarray:
    """A grid between whose points there are now `times` - 1 more, bilinear; the first and last points stay where they are."""
    for axis, side in zip((1, 2), shape):
        place = np.arange(side)
        before = np.minimum(place // times, values.shape[axis] - 1)
        after = np.minimum(before + 1, values.shape[axis] - 1)
        share = ((place - before * times) / times).astype(np.float32).reshape((-1, 1) if axis == 1 else (1, -1))
        low = np.take(values, before, axis)
        high = np.take(values, after, axis)
        high -= low
        high *= share
        low += high
        values = low
    return values


def resolve(stages: str | Sequence[str], network: Network) -> tuple[str, ...]:
    """Names of stages, in the order in which a network computes them.

    Parameters
    ----------
    stages : str or sequence of str
        A key of `GROUPS`, or names of stages of this network.
    network : Network

    Returns
    -------
    names : tuple of str

    Raises
    ------
    StudioError
        There is no such group or stage, or the network shows nothing of its inside.

    Examples
    --------
    >>> from pystudio.networks.network import network
    >>> resolve("deep", network("deeplab_s16"))
    ('block13', 'block17', 'joined')
    """
    wanted = GROUPS.get(stages, (stages,)) if isinstance(stages, str) else tuple(stages)
    known = _known(network)
    unknown = [name for name in wanted if name not in known]
    if unknown and len(known) == 1:
        raise NetworkError(f"The network “{network.title}” does not show its stages.", f"Use the stages “{COLOUR}”, or the network deeplab_s16.")
    if unknown or not wanted:
        told = f"There is no stage “{unknown[0]}”." if unknown else "No stage is chosen."
        raise StudioError(told, f"Choose {', '.join(GROUPS)}; or stages of the network: {', '.join(known)}.")
    return tuple(name for name in known if name in wanted)


def _known(network: Network) -> dict[str, int]:
    """The stages of a network that give a value for every place, with their strides."""
    colour = _COLOUR_STRIDE if network.name in networks.recipes() and network.multiple and network.multiple % _COLOUR_STRIDE == 0 else 1
    if network.name not in layers.known():
        return {COLOUR: colour}
    fields = layers.fields(layers.layers(network.name))
    shown = networks.recipes()[network.name].get("stages", {})
    return {COLOUR: colour} | {name: fields[name].stride for name in shown if name in fields and fields[name].stride}


def stride_of(stage: str, network: Network) -> int:
    """Network pixels from one point of a stage's grid to the next; see `resolve` for the names.

    Examples
    --------
    >>> from pystudio.networks.network import network
    >>> stride_of("joined", network("deeplab_s16"))
    16
    """
    return _known(network)[stage]


def outputs(stages: Sequence[str]) -> tuple[str, ...]:
    """The outputs of a network's file to ask for: all stages but `COLOUR`, which is its input.

    Examples
    --------
    >>> outputs(("colour", "block3"))
    ('block3',)
    """
    return tuple(name for name in stages if name != COLOUR)


def collect(shape: tuple[int, int], network: Network, stages: Sequence[str], tensor: np.ndarray, answers: Sequence[np.ndarray]) -> PhotoFeatures:
    """Features from what a network answered.

    Parameters
    ----------
    shape : tuple of int
        (M, N), rows and columns of the photo, in image pixels.
    network : Network
    stages : sequence of str
        From `resolve`.
    tensor : (1, 3, h, w) array of float32
        What the network was given: the photo in network pixels.
    answers : sequence of (1, C, h', w') arrays of float
        Its outputs, in the order of `outputs(stages)`.

    Returns
    -------
    PhotoFeatures

    Raises
    ------
    NetworkError
        An answer has another shape than this network gives, or is not finite.
    """
    strides = _known(network)
    found = dict(zip(outputs(stages), answers, strict=True)) | {COLOUR: _colours(tensor, strides[COLOUR])}
    made = []
    for name in stages:
        values = np.asarray(found[name], dtype=np.float32)
        sides = tuple((side - 1) // strides[name] + 1 for side in tensor.shape[2:])
        if values.ndim != 4 or len(values) != 1 or values.shape[2:] != sides or not values.shape[1]:
            raise NetworkError(f"The stage {name} of {network.name} has the shape {values.shape}, expected (1, C, {sides[0]}, {sides[1]}).", "Use the file that belongs to this network.")
        if not np.isfinite(values).all():
            raise NetworkError(f"The stage {name} of {network.name} holds values that are not numbers.", "Build its file again.")
        made.append(Stage(name, strides[name], np.ascontiguousarray(values[0])))
    return PhotoFeatures(network, (int(shape[0]), int(shape[1])), tuple(made))


def _colours(tensor: np.ndarray, stride: int) -> np.ndarray:
    """The means of the squares around every `stride`-th pixel, which overlap by a row or column; the network's input itself for 1."""
    if stride == 1:
        return tensor
    means = box_mean(tensor[0].transpose(1, 2, 0), stride // 2)[::stride, ::stride]
    return means.transpose(2, 0, 1)[None].astype(np.float32)


def features(
    photo: np.ndarray, network: str | Network = "deeplab_s16", stages: str | Sequence[str] = "all", session: Any = None, model: str | Path | None = None
) -> PhotoFeatures:
    """The features of a photo, on the desktop.

    Parameters
    ----------
    photo : (M, N, 3) array of uint8
    network : str or Network
    stages : str or sequence of str
        A key of `GROUPS`, or names of stages.
    session : onnxruntime.InferenceSession, optional
        A network that is already open.
    model : path, optional
        The network's file; else `build/models/<name>.onnx` of the checkout. Colours alone need none.

    Returns
    -------
    PhotoFeatures

    Raises
    ------
    NetworkError
        The network is unknown, its file is missing, damaged or another network's, or ONNX Runtime is not installed.
    StudioError
        There is no such stage.
    ImageError
        `photo` is not a photo.
    """
    chosen = network if isinstance(network, Network) else networks.network(network)
    names = resolve(stages, chosen)
    tensor = networks.prepare(photo, chosen)
    wanted = list(outputs(names))
    answers: list[np.ndarray] = []
    if wanted:
        session = session or networks._session_for(chosen, model)
        try:
            answers = session.run(wanted, {chosen.input_name: tensor})
        except Exception as error:  # ONNX Runtime has its own family of errors
            raise chosen.explain_failure(error) from error
    return collect(photo.shape[:2], chosen, names, tensor, answers)
