"""What is done with a head's answer: it is drawn to the photo's edges, and asked where another stroke would teach most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import ImageError
from ..networks import uncertainty
from ..networks.network import Prediction, upsample_logits
from ..segment import matting

__all__ = ["UncertainPlace", "uncertainty_map", "most_uncertain", "refined_labels"]

LONGEST = 513
"""Longest side, in pixels, of the copy of the photo on which edges are measured."""

_BAND = 2**20  # pixels that are decided together


def refined_labels(prediction: Prediction, photo: np.ndarray, radius: int = 8, epsilon: float = 1e-3) -> np.ndarray:
    """Labels drawn to the edges of the photo: the probabilities of every class pass a guided filter, then the largest wins.

    The filter is linear and keeps constants, so the filtered probabilities still sum to 1.

    Parameters
    ----------
    prediction : Prediction
        From `head.Head.predict`, or a network's own.
    photo : (M, N, 3) array of uint8
    radius, epsilon : int, float
        As in `segment.matting.refine`, in pixels of a copy of at most `LONGEST` pixels.

    Returns
    -------
    label_map : (M, N) array of uint8

    Raises
    ------
    ImageError
        The photo is not the one that was labelled.

    References
    ----------
    .. [1] K. He, J. Sun and X. Tang, "Guided Image Filtering", IEEE TPAMI 35(6), 2013, pp. 1397-1409.
    """
    if photo.shape != (*prediction.label_map.shape, 3):
        raise ImageError(f"The photo has shape {photo.shape}, the labels have {prediction.label_map.shape}.", "Give the photo that was labelled.")
    small = matting.downsample_photo(photo, LONGEST)
    shares = uncertainty.softmax(upsample_logits(prediction.logits, small.shape[:2], prediction.network))
    ids = np.flatnonzero(shares.reshape(len(shares), -1).max(axis=1) > 0.01)
    if len(ids) == 1:
        return np.full(prediction.label_map.shape, ids[0], np.uint8)
    mattes = [matting.refine(shares[k], small, radius, epsilon) for k in ids]
    label_map = np.empty(prediction.label_map.shape, np.uint8)
    rows = max(1, _BAND // photo.shape[1])
    for top in range(0, len(photo), rows):
        band = photo[top : top + rows] / np.float32(255)
        found = np.stack([matte.band(band, label_map.shape, top) for matte in mattes])
        label_map[top : top + rows] = ids[found.argmax(axis=0)]
    return label_map


@dataclass(frozen=True)
class UncertainPlace:
    """A place, in image pixels, and the entropy around it, in bits."""

    row: int
    column: int
    bits: float


def uncertainty_map(prediction: Prediction) -> np.ndarray:
    """The entropy of the probabilities at every point of the network's grid, in bits: (h, w) array of float32."""
    return uncertainty.entropy(prediction.logits)


def most_uncertain(prediction: Prediction, strokes: np.ndarray | None = None) -> UncertainPlace:
    """Where another stroke would teach most: the middle of the window with the largest mean entropy.

    A window, a tenth of the photo's longer side wide, is asked for, and not a pixel: along borders single pixels are always in doubt,
    which no stroke changes. Of equal windows the first counts.

    Parameters
    ----------
    prediction : Prediction
    strokes : (M, N) array of int, optional
        What was drawn, -1 where nothing was: pixels under strokes are sure, and the place is not on one unless all is drawn on.

    Returns
    -------
    UncertainPlace

    Raises
    ------
    ImageError
        The strokes are of another size than the photo.

    References
    ----------
    .. [1] B. Settles, "Active Learning Literature Survey", University of Wisconsin-Madison, 2009, section 3.1 (uncertainty sampling).
    """
    shape = prediction.label_map.shape
    bits = uncertainty_map(prediction).astype(np.float64)
    rows, columns = (_pixels_of(points, side, prediction.network.stride) for points, side in zip(bits.shape, shape))
    drawn = np.zeros(bits.shape, bool)
    if strokes is not None:
        if strokes.shape != shape:
            raise ImageError(f"The strokes have shape {strokes.shape}, the photo has {shape}.", "Give strokes of exactly the photo's size.")
        drawn = (strokes >= 0)[rows][:, columns]
        bits[drawn] = 0
    around = matting.box_mean(bits, max(1, round(max(bits.shape) / 20)))
    if not drawn.all():
        around[drawn] = -1
    place = np.unravel_index(int(around.argmax()), around.shape)
    return UncertainPlace(int(rows[place[0]]), int(columns[place[1]]), max(0.0, float(around[place])))


def _pixels_of(points: int, side: int, stride: int) -> np.ndarray:
    """The image pixel at each point of a grid along one axis; see `networks.network.upsample_labels`."""
    model = np.arange(points) * stride
    return np.clip(np.rint((model + 0.5) * side / (stride * (points - 1) + 1) - 0.5), 0, side - 1).astype(np.intp)
