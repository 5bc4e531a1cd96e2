"""Label maps whatever made them: numbering, boundaries, and the way between the photo's frame and a smaller one."""

from __future__ import annotations

import numpy as np

from ...image import resize

__all__ = ["enlarge", "mean_colours", "number", "pieces", "reduce_image", "reduce_markers", "work_shape"]

# Added before a level is cut to a whole one. With one half, the many means that lie on a half (two pixels become one) would go up
# or down with the last bit of a sum, which is not the same on all machines; at this place there are next to none.
_UP = np.float32(0.5 + 1 / 768)
_BAND = 2**20  # pixels at a time, where a step widens each to eight bytes


def number(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Number regions 1 to K in the order of their first pixels.

    Parameters
    ----------
    labels : (M, N) array of int
        0 for no region, and any positive numbers.

    Returns
    -------
    label_map : (M, N) array of int32
        0 stays 0.
    keys : (K,) array of int32
        What each region was called in `labels`.

    Examples
    --------
    >>> label_map, keys = number(np.array([[0, 7, 7], [3, 7, 0]]))
    >>> label_map.tolist(), keys.tolist()
    ([[0, 1, 1], [2, 1, 0]], [7, 3])
    """
    flat = labels.ravel()
    first = np.full(int(flat.max()) + 1, flat.size)
    for start in reversed(range(0, flat.size, _BAND)):
        band = flat[start : start + _BAND][::-1]
        # Of a repeated index the last assignment stays: read backwards, that is its first pixel.
        first[band] = np.arange(start + band.size - 1, start - 1, -1)
    first[0] = flat.size
    order = np.argsort(first, kind="stable")
    keys = order[: np.count_nonzero(first < flat.size)].astype(np.int32)
    numbers = np.zeros(len(first), dtype=np.int32)
    numbers[keys] = np.arange(1, len(keys) + 1)
    return numbers[labels], keys


def pieces(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Split every region into its connected pieces (4 neighbours).

    Parameters
    ----------
    labels : (M, N) array of int

    Returns
    -------
    pieces : (M, N) array of int
        1 to P without gaps; 0 where `labels` is 0.
    labels_of : (P + 1,) array of int
        The label that each piece had; ``labels_of[pieces]`` equals `labels`.
    """
    from skimage.measure import label

    split = label(labels, background=0, connectivity=1)
    labels_of = np.zeros(int(split.max()) + 1, dtype=np.int32)
    labels_of[split] = labels
    return split, labels_of


def mean_colours(image: np.ndarray, label_map: np.ndarray, n: int) -> np.ndarray:
    """Mean colour of every region.

    Parameters
    ----------
    image : (M, N, 3) array of uint8
    label_map : (M, N) array of int
        Ids from 0 to `n`.
    n : int

    Returns
    -------
    colours : (n + 1, 3) array of uint8
        Row 0 is the mean where there is no region. A region without pixels is black.

    Examples
    --------
    >>> image = np.array([[[10, 0, 0], [20, 0, 0], [0, 0, 90]]], dtype=np.uint8)
    >>> mean_colours(image, np.array([[1, 1, 2]]), 2).tolist()
    [[0, 0, 0], [15, 0, 0], [0, 0, 90]]
    """
    labels, colours = label_map.ravel(), image.reshape(-1, 3)
    sizes, sums = np.zeros(n + 1, dtype=np.int64), np.zeros((3, n + 1))
    for start in range(0, labels.size, _BAND):
        band = labels[start : start + _BAND].astype(np.intp)
        sizes += np.bincount(band, minlength=n + 1)
        for channel in range(3):
            sums[channel] += np.bincount(band, colours[start : start + _BAND, channel], n + 1)
    return np.rint(sums / np.maximum(sizes, 1)).astype(np.uint8).T


def work_shape(shape: tuple[int, int], longest: int | None) -> tuple[int, int]:
    """Shape (m, n) of a photo (M, N) whose longest side is brought down to `longest`; it is never enlarged."""
    if longest is None or max(shape) <= longest:
        return shape
    return max(1, round(shape[0] * longest / max(shape))), max(1, round(shape[1] * longest / max(shape)))


def reduce_image(image: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """A photo (M, N, 3) of uint8, antialiased, as (m, n, 3) of uint8: the same on every machine."""
    return image if image.shape[:2] == shape else np.floor(resize(image, shape) + _UP).astype(np.uint8)


def reduce_markers(markers: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Markers (M, N) in the work frame (m, n): no painted pixel is lost, however thin the line.

    Where several fall on one pixel, the last of them in reading order stays.
    """
    rows, columns = np.nonzero(markers)
    reduced = np.zeros(shape, dtype=np.int32)
    reduced[rows * shape[0] // markers.shape[0], columns * shape[1] // markers.shape[1]] = markers[rows, columns]
    return reduced


def enlarge(labels: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Labels (m, n) of the work frame in the image frame (M, N): each pixel takes the one it lies in."""
    if labels.shape == shape:
        return labels
    rows = np.arange(shape[0]) * labels.shape[0] // shape[0]
    columns = np.arange(shape[1]) * labels.shape[1] // shape[1]
    return labels[rows][:, columns]
