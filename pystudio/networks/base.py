"""What has to be known of a network to ask it and to read its answer. Which networks there are, and running them, is in `network`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import NetworkError
from ..image import fit
from ..labels import LabelSet

__all__ = ["Network"]


@dataclass(frozen=True)
class Network:
    """What has to be known of a network to ask it and to read its answer.

    Attributes
    ----------
    name, title : str
        For programs and for people.
    labels : LabelSet
        Its classes, in the order of its outputs.
    longest, multiple : int or None
        Longest side of its input and step of the sides, see `image.fit`.
    size : tuple of int or None
        (rows, columns) of its input, for networks that take one size only.
    scale, offset : float
        Input = RGB (0..255) * scale + offset.
    stride : int
        Pixels of the input from one point of the output grid to the next.
    kind : {"logits", "probability"}
        What comes out: one logit per class, or the probability of class 1.
    input_name, output_name : str
        Of the tensors.
    """

    name: str
    title: str
    labels: LabelSet
    longest: int | None
    multiple: int | None
    size: tuple[int, int] | None
    scale: float
    offset: float
    stride: int
    kind: str
    input_name: str
    output_name: str

    def frame(self, shape: tuple[int, int]) -> tuple[int, int]:
        """(rows, columns) in which the network sees a photo of (rows, columns) `shape`."""
        return self.size or fit(shape, self.longest, self.multiple)

    def arrange(self, picture: np.ndarray) -> np.ndarray:
        """The input tensor made of a picture (h, w, 3) of this network's frame, RGB 0..255 float32."""
        picture *= np.float32(self.scale)
        picture += np.float32(self.offset)
        return np.ascontiguousarray(picture.transpose(2, 0, 1)[None])

    def read(self, output: np.ndarray) -> np.ndarray:
        """The logits (C, h, w) float32 in what it answered. Raises NetworkError where that has another shape, or is not finite."""
        return _logits(np.asarray(output), self)

    def explain_failure(self, error: Exception) -> NetworkError:
        """What a person is told when ONNX Runtime breaks off while it runs this network."""
        return NetworkError(f"The file does not take the input of the network {self.name}, or does not give its output.", "Use the file that belongs to this network.")


def _logits(output: np.ndarray, network: Network) -> np.ndarray:
    n_classes = 1 if network.kind == "probability" else len(network.labels)
    found = output[0] if output.ndim == 4 and len(output) == 1 else output
    found = found[None] if found.ndim == 2 else found
    if found.ndim != 3 or len(found) != n_classes or 0 in found.shape:
        raise NetworkError(
            f"{network.name} answered with shape {output.shape}, expected (1, {n_classes}, h, w).",
            "Use the file that belongs to this network.",
        )
    if not np.isfinite(found).all():
        raise NetworkError(f"{network.name} answered with values that are not numbers.", "Build its file again.")
    if network.kind == "probability":
        p = np.clip(found[0].astype(np.float64), 1e-6, 1 - 1e-6)
        found = np.stack([np.zeros_like(p), np.log(p) - np.log1p(-p)])
    return np.ascontiguousarray(found, dtype=np.float32)
