"""PNG files of label maps and pictures. What they show is decided elsewhere."""

from __future__ import annotations

import io

import numpy as np

from ..errors import ImageError, LabelError
from ..labels import LabelSet

__all__ = ["palette_png", "png"]


def palette_png(label_map: np.ndarray, labels: LabelSet) -> bytes:
    """A label image as PASCAL VOC stores them: the ids are the indices of a palette PNG.

    Parameters
    ----------
    label_map : (M, N) array of uint8
        Ids of `labels`, or 255 for void.
    labels : LabelSet
        Gives the palette.

    Returns
    -------
    png : bytes

    Raises
    ------
    LabelError
        `label_map` is not a map of uint8.

    Examples
    --------
    >>> from pystudio.image import load_labels
    >>> from pystudio.labels import VOC
    >>> load_labels(palette_png(np.array([[0, 8, 255]], dtype=np.uint8), VOC)).tolist()
    [[0, 8, 255]]
    """
    if label_map.dtype != np.uint8 or label_map.ndim != 2 or 0 in label_map.shape:
        raise LabelError(f"The label map is {label_map.dtype} of shape {label_map.shape}.", "Give an array (M, N) of uint8.")
    from PIL import Image

    picture = Image.fromarray(np.ascontiguousarray(label_map))
    picture.putpalette(labels.palette().tobytes())  # turns the grey picture into a palette one
    return _encode(picture)


def png(image: np.ndarray) -> bytes:
    """A picture as a PNG.

    Parameters
    ----------
    image : (M, N, 3) or (M, N, 4) array of uint8
        RGB, or RGB and alpha.

    Returns
    -------
    png : bytes

    Raises
    ------
    ImageError
        `image` is not such an array.

    Examples
    --------
    >>> png(np.zeros((2, 3, 3), dtype=np.uint8))[:4]
    b'\\x89PNG'
    """
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] not in (3, 4) or 0 in image.shape:
        raise ImageError(f"The picture is {image.dtype} of shape {image.shape}.", "Give an array (M, N, 3) or (M, N, 4) of uint8.")
    from PIL import Image

    return _encode(Image.fromarray(np.ascontiguousarray(image)))


def _encode(picture) -> bytes:
    file = io.BytesIO()
    picture.save(file, format="PNG")
    return file.getvalue()
