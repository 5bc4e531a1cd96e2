"""Label maps made visible: colours, overlays and cut-outs. Files are written in `render.png`, classes named in `labels`."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ..errors import ImageError, LabelError, StudioError
from ..labels import VOID, LabelSet

__all__ = ["colourise", "cutout", "overlay"]


def colourise(label_map: np.ndarray, labels: LabelSet) -> np.ndarray:
    """Paint every pixel in the colour of its class.

    Parameters
    ----------
    label_map : (M, N) array of uint8
        Ids of `labels`, or `VOID`.
    labels : LabelSet

    Returns
    -------
    image : (M, N, 3) array of uint8

    Raises
    ------
    LabelError
        The map holds an id that the set does not have.

    Examples
    --------
    >>> from pystudio.labels import VOC
    >>> colourise(np.array([[0, 8]], dtype=np.uint8), VOC).tolist()
    [[[0, 0, 0], [64, 0, 0]]]
    """
    _check_ids(label_map, labels)
    return labels.palette()[label_map]


def overlay(
    image: np.ndarray, label_map: np.ndarray, labels: LabelSet, opacity: float, hidden: Iterable[int] = ()
) -> np.ndarray:
    """Tint a photo with the colours of its classes.

    The background (id 0) is never tinted: what has no class stays as photographed.

    Parameters
    ----------
    image : (M, N, 3) array of uint8
    label_map : (M, N) array of uint8
        Ids of `labels`, or `VOID`.
    labels : LabelSet
    opacity : float
        From 0, the photo alone, to 1, the colours alone.
    hidden : iterable of int
        Ids that are not tinted either.

    Returns
    -------
    image : (M, N, 3) array of uint8

    Raises
    ------
    StudioError
        The shapes differ, an id is unknown, or `opacity` is not in 0..1.

    Examples
    --------
    >>> from pystudio.labels import VOC
    >>> photo = np.full((1, 2, 3), 200, dtype=np.uint8)
    >>> overlay(photo, np.array([[0, 8]], dtype=np.uint8), VOC, 0.5).tolist()
    [[[200, 200, 200], [132, 100, 100]]]
    """
    _check_photo(image, label_map)
    _check_ids(label_map, labels)
    if not 0 <= opacity <= 1:
        raise StudioError(f"The opacity is {opacity}.", "Give a number from 0 (photo alone) to 1 (colours alone).")
    alpha = np.full(256, round(255 * opacity), dtype=np.uint16)
    alpha[[0, *hidden]] = 0
    ink = labels.palette() * alpha[:, None] + np.uint16(127)  # 255 * 255 + 127 fits in 16 bits
    keep = (255 - alpha)[:, None]
    tinted = np.empty_like(image)
    band = max(1, 2**16 // image.shape[1])  # rows at a time: nothing as large as the photo is made but the result
    for row in range(0, image.shape[0], band):
        some = slice(row, row + band)
        tinted[some] = (image[some] * keep[label_map[some]] + ink[label_map[some]]) // 255
    return tinted


def cutout(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Keep the pixels of a mask and make the rest transparent.

    Parameters
    ----------
    image : (M, N, 3) array of uint8
    mask : (M, N) array of bool

    Returns
    -------
    image : (M, N, 4) array of uint8
        RGB and alpha: 255 where `mask`, else 0.

    Raises
    ------
    ImageError
        The shapes differ.

    Examples
    --------
    >>> photo = np.full((1, 2, 3), 9, dtype=np.uint8)
    >>> cutout(photo, np.array([[True, False]])).tolist()
    [[[9, 9, 9, 255], [9, 9, 9, 0]]]
    """
    _check_photo(image, mask)
    alpha = np.where(mask, np.uint8(255), np.uint8(0))
    return np.concatenate([image, alpha[..., None]], axis=2)


def _check_photo(image: np.ndarray, label_map: np.ndarray) -> None:
    if image.dtype != np.uint8 or image.shape != (*label_map.shape, 3):
        raise ImageError(
            f"The photo is {image.dtype} of shape {image.shape}, the labels have shape {label_map.shape}.",
            "Give a photo (M, N, 3) of uint8 and labels (M, N) of the same size.",
        )


def _check_ids(label_map: np.ndarray, labels: LabelSet) -> None:
    if label_map.dtype != np.uint8 or label_map.ndim != 2:
        raise LabelError(f"The label map is {label_map.dtype} of shape {label_map.shape}.", "Give an array (M, N) of uint8.")
    known = np.zeros(256, dtype=bool)
    known[: len(labels)] = known[VOID] = True
    if not known[label_map].all():
        unknown = label_map[~known[label_map]][0]
        raise LabelError(f"The label set {labels.name} has no id {unknown}.", f"Its ids are 0 to {len(labels) - 1}, and {VOID} for void.")
