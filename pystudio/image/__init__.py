"""Photos in, from files, and resizing. Files are decoded in `decoding`, label images read in `label_image`; PNGs are written in `render.png`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import ImageError
from .decoding import MAX_PIXELS, Source, decode, opened, orientation_of, oriented
from .label_image import load_labels

__all__ = ["MAX_PIXELS", "MAX_SIDE", "ImageInfo", "fit", "load", "load_labels", "probe", "resize"]

MAX_SIDE = 4096
"""Longest side, in pixels, of a photo that is worked on; larger ones are reduced."""


@dataclass(frozen=True)
class ImageInfo:
    """What a picture file says of itself before it is decoded.

    Attributes
    ----------
    format : str
        "JPEG", "PNG", "WEBP" …
    mode : str
        How its pixels are stored, in Pillow's words: "RGB", "CMYK", "I;16" …
    shape : tuple of int
        (rows, columns) as seen, with the camera's orientation applied.
    """

    format: str
    mode: str
    shape: tuple[int, int]


def probe(source: Source) -> ImageInfo:
    """Read what a picture file says of itself, without decoding its pixels.

    Parameters
    ----------
    source : path or bytes

    Returns
    -------
    ImageInfo
        Among it the full size of a photo that `load` would reduce.

    Raises
    ------
    ImageError
        As for `load`, except for damage further on in the file.
    """
    with opened(source) as (picture, _):
        rows, columns = picture.height, picture.width
        if orientation_of(picture) in (5, 6, 7, 8) and picture.format != "TIFF":  # on its side; Pillow turns TIFFs itself
            rows, columns = columns, rows
        return ImageInfo(picture.format or "", picture.mode, (rows, columns))


def load(source: Source, max_side: int | None = MAX_SIDE) -> np.ndarray:
    """Read a photo as a person sees it.

    The camera's orientation (EXIF) is applied, transparency is laid over white, and
    of an animation the first frame is taken. Palettes, greys, CMYK and 16-bit
    pictures become 8-bit RGB; 16 bits are scaled, not clipped. Colour profiles are ignored:
    numbers are taken for sRGB.

    Parameters
    ----------
    source : path or bytes
        JPEG, PNG, WebP, AVIF, GIF, TIFF, BMP, ICO, PPM, TGA or JPEG 2000.
    max_side : int or None
        Reduce the photo, keeping its aspect, so that no side is longer. None keeps
        every pixel. `probe` tells the size before.

    Returns
    -------
    image : (M, N, 3) array of uint8
        RGB.

    Raises
    ------
    ImageError
        The file is missing, empty, damaged, not a picture, or holds more than
        `MAX_PIXELS` pixels.

    Examples
    --------
    >>> from pystudio.render.png import png
    >>> load(png(np.full((2, 3, 3), 7, dtype=np.uint8))).shape
    (2, 3, 3)
    """
    with opened(source) as (picture, name):
        if max_side is not None and max(picture.size) > max_side:
            # JPEG can be decoded at a half, a quarter or an eighth: less memory, less time.
            picture.draft(None, _within(picture.size, max_side))
        decode(picture, name)
        orientation = orientation_of(picture)
        picture = oriented(_to_rgb(picture), orientation)
        if max_side is not None and max(picture.size) > max_side:
            picture = _reduced(picture, max_side)
        return np.array(picture)


def fit(shape: tuple[int, int], longest: int, multiple: int) -> tuple[int, int]:
    """Rows and columns of the frame in which a network sees a photo.

    The aspect is kept as nearly as sides of `multiple` * k + 1 allow: with such
    sides the first and last pixel of the frame lie on the first and last point of
    the network's output grid [1]_.

    Parameters
    ----------
    shape : tuple of int
        (rows, columns) of the photo.
    longest : int
        Longest side of the frame.
    multiple : int
        Step of the sides, a multiple of the network's output stride.

    Returns
    -------
    rows, columns : int

    References
    ----------
    .. [1] L.-C. Chen, G. Papandreou, F. Schroff and H. Adam, "Rethinking Atrous
           Convolution for Semantic Image Segmentation", arXiv:1706.05587, 2017.

    Examples
    --------
    >>> fit((768, 1024), longest=513, multiple=16)
    (385, 513)
    """
    scale = longest / max(shape)
    rows, columns = (max(1, round((side * scale - 1) / multiple)) * multiple + 1 for side in shape[:2])
    return rows, columns


def resize(image: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Resize a picture, smoothly and without aliasing.

    Each new pixel is the average of the old ones around it, weighted by a triangle
    as wide as two new pixels (or two old ones when enlarging). Pixels are little
    squares: the pixel r of M becomes (r + 0.5) * m / M - 0.5 of m. This is what
    Pillow calls BILINEAR.

    Parameters
    ----------
    image : (M, N[, C]) array
    shape : tuple of int
        (m, n), the new rows and columns.

    Returns
    -------
    resized : (m, n[, C]) array of float32
        In the unit of `image`.

    Raises
    ------
    ImageError
        An axis of `image` or of the new shape is empty.

    References
    ----------
    .. [1] K. Turkowski, "Filters for common resampling tasks", Graphics Gems I,
           Academic Press, 1990, pp. 147-165.

    Examples
    --------
    >>> resize(np.array([[0, 70, 140, 210]]), (1, 2)).round(3).tolist()
    [[50.0, 160.0]]
    """
    if image.ndim not in (2, 3) or 0 in image.shape or len(shape) != 2 or min(shape) < 1:
        raise ImageError(f"A picture of shape {image.shape} cannot be resized to {tuple(shape)}.", "Every side must have a pixel.")
    # Rows first: whole rows are contiguous, and fewer of them are left for the slower axis.
    rows = _resample(image.reshape(image.shape[0], -1), shape[0])
    stacked = rows.reshape(shape[0], image.shape[1], -1)
    columns = _resample(np.ascontiguousarray(stacked.transpose(1, 0, 2)).reshape(image.shape[1], -1), shape[1])
    return np.ascontiguousarray(columns.reshape(shape[1], shape[0], -1).transpose(1, 0, 2)).reshape(*shape, *image.shape[2:])


def _resample(lines: np.ndarray, n: int) -> np.ndarray:
    """(M, K) to (n, K) float32, along the first axis."""
    m = len(lines)
    if n == m:
        return lines.astype(np.float32)
    scale = m / n
    reach = max(scale, 1.0)  # half the width of the triangle, in old pixels
    centre = (np.arange(n) + 0.5) * scale - 0.5
    first = np.maximum(0, np.ceil(centre - reach)).astype(np.intp)
    stop = np.minimum(m, np.floor(centre + reach) + 1).astype(np.intp)
    near = first[:, None] + np.arange((stop - first).max())
    weights = np.maximum(0, 1 - np.abs(near - centre[:, None]) / reach) * (near < stop[:, None])
    weights = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)

    resampled = np.empty((n, lines.shape[1]), dtype=np.float32)
    for new, (low, high) in enumerate(zip(first.tolist(), stop.tolist())):
        np.dot(weights[new, : high - low], lines[low:high].astype(np.float32), out=resampled[new])
    return resampled


def _to_rgb(picture):
    from PIL import Image

    if picture.mode.startswith("I") or picture.mode == "F":
        return Image.fromarray(_to_bytes(np.array(picture))).convert("RGB")
    if picture.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        white = Image.new("RGB", picture.size, "white")
        white.paste(picture, mask=picture.getchannel("A"))
        return white
    return picture.convert("RGB")


def _to_bytes(values: np.ndarray) -> np.ndarray:
    """Greys of more than 8 bits as uint8: 16 bits and 0..1 by that range, anything else from its least to its greatest.

    Whole numbers that use an eighth of their bits or less (microscopes write 10 to 12 of 16) are scaled to what they use.
    """
    full = 1.0 if values.dtype.kind == "f" else 65535.0
    values = np.nan_to_num(values.astype(np.float64), posinf=0, neginf=0)
    low, high = float(values.min()), float(values.max())
    if low >= 0 and high <= full:
        low, high = 0.0, high if full > 1 and high <= full / 8 else full
    return np.rint((values - low) * (255 / ((high - low) or 1))).astype(np.uint8)


def _reduced(picture, max_side: int):
    from PIL.Image import Resampling

    return picture.resize(_within(picture.size, max_side), Resampling.LANCZOS, reducing_gap=2.0)


def _within(size, max_side: int):
    """A size in the same proportion whose longer side is `max_side`; no side is less than 1."""
    factor = max_side / max(size)
    return tuple(max(1, round(side * factor)) for side in size)
