"""Soft mattes: how much of each pixel belongs to the thing, from scores or a mask, drawn to the photo's own edges. What is done with a matte is in `render.effects`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import StudioError
from ..image import resize

__all__ = ["EPSILON", "RefinedMatte", "box_mean", "enlarge", "refine", "score_share"]

EPSILON = 1e-4
"""How much contrast the guided filter takes for noise: the variance of colours (0..1) below which it smooths."""


def box_mean(values: np.ndarray, radius: int) -> np.ndarray:
    """The mean of the square window around every pixel, cut off at the border: the same cost for every radius.

    Two running sums, one along each axis [1]_: a window's sum is the difference of two of them.

    Parameters
    ----------
    values : (M, N[, C]) array of float
    radius : int
        The window has 2 * radius + 1 rows and columns.

    Returns
    -------
    mean : (M, N[, C]) array of float64

    Raises
    ------
    StudioError
        The radius is negative.

    References
    ----------
    .. [1] F. Crow, "Summed-area tables for texture mapping", SIGGRAPH, 1984, pp. 207-212.

    Examples
    --------
    >>> box_mean(np.array([[0.0, 3.0, 6.0]]), 1).tolist()
    [[1.5, 3.0, 4.5]]
    """
    if radius < 0:
        raise StudioError(f"A window cannot have the radius {radius}.", "Use 0 or more.")
    return _running_mean(_running_mean(np.asarray(values, dtype=np.float64), radius, 0), radius, 1)


def _running_mean(values: np.ndarray, radius: int, axis: int) -> np.ndarray:
    n = values.shape[axis]
    shape = list(values.shape)
    shape[axis] = n + 1
    sums = np.zeros(shape)
    np.cumsum(values, axis=axis, out=sums[(slice(None),) * axis + (slice(1, None),)])
    places = np.arange(n)
    first, past = np.maximum(places - radius, 0), np.minimum(places + radius + 1, n)
    found = np.take(sums, past, axis=axis)
    found -= np.take(sums, first, axis=axis)
    found /= (past - first).reshape((-1,) + (1,) * (values.ndim - 1 - axis))
    return found


def score_share(logits: np.ndarray, stride: int, ids: list[int], shape: tuple[int, int]) -> np.ndarray:
    """The share of the chosen classes in the scores: softmax on the network's grid, summed, enlarged.

    Parameters
    ----------
    logits : (C, h, w) array of float32
    stride : int
        Of their grid, see `networks.base.Network`.
    ids : list of int
        The classes that make up the thing.
    shape : tuple of int
        (rows, columns) wanted.

    Returns
    -------
    share : (M, N) array of float32
        0 to 1.

    Raises
    ------
    StudioError
        A class is not one of the network's, or there is none.
    """
    n_classes = len(logits)
    if not ids or any(not 0 <= each < n_classes for each in ids):
        raise StudioError("No class is chosen, or one that this network does not know.", "Choose one of the classes in the list.")
    exponentials = np.exp(logits - logits.max(axis=0))
    share = exponentials[sorted(set(ids))].sum(axis=0) / exponentials.sum(axis=0)
    if stride == 1 and share.shape == tuple(shape):  # nothing to enlarge: so it is for every picture of a film
        return share.astype(np.float32)
    frame = tuple(stride * (side - 1) + 1 for side in share.shape)  # of the grid, whose corners are the frame's corners
    rows = np.clip((np.arange(shape[0]) + 0.5) * frame[0] / shape[0] - 0.5, 0, frame[0] - 1) / stride
    columns = np.clip((np.arange(shape[1]) + 0.5) * frame[1] / shape[1] - 0.5, 0, frame[1] - 1) / stride
    return _between(share, rows, columns)


def _between(plane: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Bilinear values of a plane (h, w[, C]) at fractional rows and columns, float32."""
    plane = np.asarray(plane, dtype=np.float32)
    extra = (1,) * (plane.ndim - 2)
    top = np.clip(np.floor(rows).astype(np.intp), 0, max(len(plane) - 2, 0))
    low = np.minimum(top + 1, len(plane) - 1)
    down = (rows - top).astype(np.float32).reshape(-1, 1, *extra)
    left = np.clip(np.floor(columns).astype(np.intp), 0, max(plane.shape[1] - 2, 0))
    right = np.minimum(left + 1, plane.shape[1] - 1)
    aside = (columns - left).astype(np.float32).reshape(1, -1, *extra)
    band = plane[top] * (1 - down) + plane[low] * down  # few rows of the small plane first
    return band[:, left] * (1 - aside) + band[:, right] * aside


def enlarge(plane: np.ndarray, shape: tuple[int, int], top: int = 0, rows: int | None = None) -> np.ndarray:
    """A band of rows of a small plane, enlarged: pixels are little squares, values between their centres are bilinear.

    Parameters
    ----------
    plane : (h, w[, C]) array
    shape : tuple of int
        (M, N), the size of the whole picture.
    top, rows : int
        Which rows of the whole picture; all of them when left out.

    Returns
    -------
    band : (rows, N[, C]) array of float32

    Examples
    --------
    >>> enlarge(np.array([[0.0, 1.0]]), (1, 4)).tolist()
    [[0.0, 0.25, 0.75, 1.0]]
    """
    h, w = plane.shape[:2]
    rows = shape[0] - top if rows is None else rows
    at = np.clip((np.arange(top, top + rows) + 0.5) * h / shape[0] - 0.5, 0, h - 1)
    across = np.clip((np.arange(shape[1]) + 0.5) * w / shape[1] - 0.5, 0, w - 1)
    return _between(plane, at, across)


@dataclass(frozen=True, eq=False)
class RefinedMatte:
    """A matte that follows a photo of any size: matte = slope · colour + base, with slope and base known on a small copy.

    Attributes
    ----------
    slope : (h, w, 3) array of float32
    base : (h, w) array of float32
    """

    slope: np.ndarray
    base: np.ndarray

    def band(self, photo: np.ndarray, shape: tuple[int, int], top: int = 0) -> np.ndarray:
        """The matte of a band of rows of the photo.

        Parameters
        ----------
        photo : (rows, N, 3) array of float32
            Colours 0..1 of the band.
        shape : tuple of int
            (M, N) of the whole photo.
        top : int
            Its first row in the whole photo.

        Returns
        -------
        matte : (rows, N) array of float32
            0 to 1.
        """
        slope = enlarge(self.slope, shape, top, len(photo))
        matte = np.einsum("ijk,ijk->ij", slope, photo) + enlarge(self.base, shape, top, len(photo))
        return np.clip(matte, 0, 1, out=matte)


def refine(rough: np.ndarray, photo: np.ndarray, radius: int, epsilon: float = EPSILON) -> RefinedMatte:
    """Draw a rough matte to the edges of its photo: the guided filter, with a colour photo as the guide.

    In every window the matte is taken for a linear function of the colour; slope and base of all windows that hold a
    pixel are averaged [1]_. They are smooth, so they may be enlarged, and then applied to a far larger photo [2]_.

    Parameters
    ----------
    rough : (h, w) array of float
        0 to 1.
    photo : (h, w, 3) array of float
        Colours 0..1 at the same size.
    radius : int
        Of the windows.
    epsilon : float
        What contrast counts as noise.

    Returns
    -------
    RefinedMatte

    Raises
    ------
    StudioError
        The sizes differ, or the photo has no three colours.

    References
    ----------
    .. [1] K. He, J. Sun and X. Tang, "Guided Image Filtering", ECCV, 2010, LNCS 6311, pp. 1-14, eq. 14-16; IEEE TPAMI 35(6), 2013, pp. 1397-1409.
    .. [2] K. He and J. Sun, "Fast Guided Filter", arXiv:1505.00996, 2015.
    """
    if rough.shape != photo.shape[:2] or photo.shape[2:] != (3,):
        raise StudioError(f"A matte of shape {rough.shape} does not belong to a photo of shape {photo.shape}.", "Give both at the same size.")
    guide = np.asarray(photo, dtype=np.float64)
    rough = np.asarray(rough, dtype=np.float64)
    mean, mean_rough = box_mean(guide, radius), box_mean(rough, radius)
    covariance = box_mean(guide * rough[..., None], radius) - mean * mean_rough[..., None]
    pairs = ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))
    rr, rg, rb, gg, gb, bb = (box_mean(guide[..., i] * guide[..., j], radius) - mean[..., i] * mean[..., j] + epsilon * (i == j) for i, j in pairs)
    slope = _solved((rr, rg, rb, gg, gb, bb), covariance)
    base = mean_rough - np.einsum("ijk,ijk->ij", slope, mean)
    return RefinedMatte(box_mean(slope, radius).astype(np.float32), box_mean(base, radius).astype(np.float32))


def _solved(symmetric: tuple[np.ndarray, ...], right: np.ndarray) -> np.ndarray:
    """The solution of one symmetric 3 × 3 system a pixel, by cofactors: faster than a general solver where there are many."""
    rr, rg, rb, gg, gb, bb = symmetric
    c_rr, c_rg, c_rb = gg * bb - gb * gb, gb * rb - rg * bb, rg * gb - gg * rb
    c_gg, c_gb, c_bb = rr * bb - rb * rb, rb * rg - rr * gb, rr * gg - rg * rg
    determinant = rr * c_rr + rg * c_rg + rb * c_rb
    r, g, b = right[..., 0], right[..., 1], right[..., 2]
    found = np.stack([c_rr * r + c_rg * g + c_rb * b, c_rg * r + c_gg * g + c_gb * b, c_rb * r + c_gb * g + c_bb * b], axis=-1)
    return found / determinant[..., None]


def hard_matte(rough: np.ndarray, shape: tuple[int, int], top: int, rows: int) -> np.ndarray:
    """A band of the matte with every pixel wholly in or wholly out."""
    return (enlarge(rough, shape, top, rows) >= 0.5).astype(np.float32)


def downsample_photo(photo: np.ndarray, longest: int) -> np.ndarray:
    """A copy for measuring on: colours 0..1, no side longer than `longest`.

    Parameters
    ----------
    photo : (M, N, 3) array of uint8
    longest : int

    Returns
    -------
    small : (m, n, 3) array of float32
    """
    factor = min(1.0, longest / max(photo.shape[:2]))
    shape = tuple(max(1, round(side * factor)) for side in photo.shape[:2])
    return resize(photo, shape) / np.float32(255)
