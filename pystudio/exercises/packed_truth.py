"""The truth of an exercise as the build writes it into the page: the bytes of a label map, deflated."""
from __future__ import annotations

import zlib

import numpy as np

from ..errors import StudioError

__all__ = ["unpack_truth"]


def unpack_truth(data: bytes | memoryview, shape: tuple[int, int]) -> np.ndarray:
    """Unpack a label map.

    Parameters
    ----------
    data : bytes-like
        From the page.
    shape : tuple of int
        (rows, columns), those of the photo.

    Returns
    -------
    label_map : (M, N) array of uint8

    Raises
    ------
    StudioError
        If it is no packed label map, or one of another size.

    Examples
    --------
    >>> unpack_truth(zlib.compress(bytes([0, 8])), (1, 2)).tolist()
    [[0, 8]]
    """
    try:
        labels = zlib.decompressobj().decompress(bytes(data), shape[0] * shape[1] + 1)
    except zlib.error:
        labels = b""
    if len(labels) != shape[0] * shape[1]:
        raise StudioError("The stored truth does not belong to this photo.", f"It needs {shape[0]} × {shape[1]} labels; tell the author of this page.")
    return np.frombuffer(labels, np.uint8).reshape(shape)
