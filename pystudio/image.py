"""Pictures in: photos and label images from files, and resizing. Nothing here knows a network; PNGs are written in `render.png`."""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from .errors import ImageError, LabelError
from .labels import VOC, VOID, LabelSet

__all__ = ["MAX_PIXELS", "MAX_SIDE", "ImageInfo", "fit", "load", "load_labels", "probe", "resize"]

MAX_SIDE = 4096
"""Longest side, in pixels, of a photo that is worked on; larger ones are reduced."""

MAX_PIXELS = 200_000_000
"""Pictures with more pixels than this are refused before they are decoded."""

Source = str | os.PathLike | bytes | bytearray | memoryview
"""Where a picture comes from: the path of a file, or what the file holds."""


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
    with _opened(source) as (picture, _):
        rows, columns = picture.height, picture.width
        if _orientation(picture) in (5, 6, 7, 8) and picture.format != "TIFF":  # on its side; Pillow turns TIFFs itself
            rows, columns = columns, rows
        return ImageInfo(picture.format or "", picture.mode, (rows, columns))


def load(source: Source, max_side: int | None = MAX_SIDE) -> np.ndarray:
    """Read a photo as a person sees it.

    The camera's orientation (EXIF) is applied, transparency is laid over white, and
    of an animation the first frame is taken. Palettes, greys, CMYK and 16-bit
    pictures become 8-bit RGB; 16 bits are scaled, not clipped.

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
    with _opened(source) as (picture, name):
        if max_side is not None and max(picture.size) > max_side:
            # JPEG can be decoded at a half, a quarter or an eighth: less memory, less time.
            picture.draft(None, _within(picture.size, max_side))
        _decode(picture, name)
        orientation = _orientation(picture)
        picture = _oriented(_to_rgb(picture), orientation)
        if max_side is not None and max(picture.size) > max_side:
            picture = _reduced(picture, max_side)
        return np.array(picture)


def load_labels(
    source: Source, labels: LabelSet = VOC, shape: tuple[int, int] | None = None, name: str | None = None
) -> np.ndarray:
    """Read a label image.

    A palette whose colours are those of the label set is read by colour, because
    editors like to renumber palettes; any other palette, and grey, hold the ids
    themselves. RGB is read by colour. The id 255, and its colour, is void.

    Parameters
    ----------
    source : path or bytes
        A PNG, or another format that keeps every pixel as it was.
    labels : LabelSet
        Which ids and colours may occur.
    shape : tuple of int, optional
        (rows, columns) that the label image must have: those of its photo.
    name : str, optional
        What errors call it, where `source` is bytes and so has no name.

    Returns
    -------
    label_map : (M, N) array of uint8
        Ids of `labels`, and `VOID`.

    Raises
    ------
    ImageError
        As for `load`.
    LabelError
        Another size than `shape`, ids or colours that the set does not have,
        transparency, or a format that alters pixels.

    References
    ----------
    .. [1] M. Everingham and J. Winn, "The PASCAL Visual Object Classes Challenge
           2012 (VOC2012) Development Kit", 2012, section 2.6 (segmentation ground truth).
    """
    with _opened(source, name) as (picture, name):
        if picture.format in ("JPEG", "MPO"):
            raise LabelError(f"{name} is a JPEG, and JPEG alters the ids of its pixels.", "Save the labels as PNG.")
        size = (picture.height, picture.width)
        if shape is not None and size != tuple(shape):
            raise LabelError(
                f"{name} has {size[0]} rows and {size[1]} columns, the photo has {shape[0]} and {shape[1]}.",
                "Give labels of exactly the photo's size.",
            )
        _decode(picture, name)
        if picture.mode == "P":
            ids = np.array(picture)
            by_colour = _palette_ids(picture, ids, labels)
            label_map = ids if by_colour is None else by_colour[ids]
        elif picture.mode in ("1", "L") or picture.mode.startswith("I"):
            label_map = np.array(picture)
        else:
            rgba = np.array(picture.convert("RGBA"))
            if rgba[..., 3].min() < 255:
                raise LabelError(f"{name} has transparent pixels, which have no label.", "Save the labels without transparency.")
            label_map = rgba[..., 0] if picture.mode == "LA" else _ids_of_colours(rgba[..., :3], labels, name)
    return _known_ids(label_map, labels, name)


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


# Opening and decoding, with words for everything that can be wrong.

# Pillow reads many more, some of them with the help of other programs (Ghostscript for EPS): not for files of strangers.
# Those that it knows without looking for plug-ins come first.
_FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "AVIF", "DIB", "ICO", "JPEG2000", "TIFF", "WEBP", "TGA")


@contextmanager
def _opened(source: Source, name: str | None = None) -> Iterator[tuple]:
    """Yield (picture, name), the pixels not yet decoded."""
    from PIL import Image, UnidentifiedImageError

    data, name = _read(source, name)
    with warnings.catch_warnings(), _our_limit():
        warnings.simplefilter("ignore")  # Pillow's warnings are for its programmer, not for the person
        try:
            picture = Image.open(io.BytesIO(data), formats=_FORMATS)
        except UnidentifiedImageError:
            raise _unreadable(data, name) from None
        except MemoryError:
            raise
        except Exception as error:  # decoders raise whatever the damaged bytes lead them to
            raise _damaged(name) from error
        with picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise ImageError(
                    f"{name} has {picture.width} × {picture.height} pixels; more than {MAX_PIXELS // 10**6} million are not read.",
                    "Make it smaller first.",
                )
            if picture.width < 1 or picture.height < 1:
                raise ImageError(f"{name} has no pixels.", "Choose another picture.")
            yield picture, name


@contextmanager
def _our_limit() -> Iterator[None]:
    from PIL import Image

    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None  # `MAX_PIXELS` is checked here, in a sentence
    try:
        yield
    finally:
        Image.MAX_IMAGE_PIXELS = limit


def _read(source: Source, name: str | None) -> tuple[bytes, str]:
    if isinstance(source, (bytes, bytearray, memoryview)):
        data, name = bytes(source), name or "This file"
    else:
        name = os.path.basename(os.fspath(source)) or str(source)
        try:
            with open(source, "rb") as file:
                data = file.read()
        except FileNotFoundError:
            raise ImageError(f"There is no file “{os.fspath(source)}”.", "Check the name and the folder.") from None
        except OSError as error:
            raise ImageError(f"{name} cannot be opened: {error.strerror}.", "Choose a picture file.") from None
    if not data:
        raise ImageError(f"{name} is empty: it has zero bytes.", "Choose another picture, or fetch this one again.")
    return data, name


def _unreadable(data: bytes, name: str) -> ImageError:
    head = bytes(data[:1024]).lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<svg", b"<?xml", b"<!doctype svg")) and b"<svg" in data[:65536].lower():
        return ImageError(
            f"{name} is an SVG drawing, which has no pixels and cannot be read on the desktop.",
            "Open it in the studio's page, or export it as PNG.",
        )
    signatures = (b"\x89png\r\n", b"\xff\xd8\xff", b"gif8", b"bm", b"ii*\0", b"mm\0*")
    if head.startswith(signatures) or (head.startswith(b"riff") and head[8:12] == b"webp") or head[4:12] == b"ftypavif":
        return _damaged(name)
    return ImageError(f"{name} is not a picture that can be read.", "Choose a JPEG, PNG, WebP, GIF, TIFF or BMP file.")


def _damaged(name: str) -> ImageError:
    return ImageError(f"{name} is damaged or cut short: its pixels cannot all be read.", "Fetch or save it again.")


def _decode(picture, name: str) -> None:
    try:
        picture.load()
    except MemoryError:
        raise
    except Exception as error:  # as above
        raise _damaged(name) from error


def _orientation(picture) -> int:
    """The EXIF orientation, 1 to 8; damaged EXIF tells nothing, which is 1."""
    from PIL import Image

    try:
        # The general method: PNG's own would decode the pixels in search of notes behind them.
        orientation = Image.Image.getexif(picture).get(0x0112, 1)
    except Exception:  # noqa: BLE001 - the camera's notes are broken, the picture is not
        return 1
    return orientation if orientation in range(1, 9) else 1


def _oriented(picture, orientation: int):
    from PIL.Image import Transpose

    turn = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }.get(orientation)
    return picture if turn is None else picture.transpose(turn)


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
    """Greys of more than 8 bits as uint8: 16 bits and 0..1 by that range, anything else from its least to its greatest."""
    full = 1.0 if values.dtype.kind == "f" else 65535.0
    values = np.nan_to_num(values.astype(np.float64), posinf=0, neginf=0)
    low, high = float(values.min()), float(values.max())
    if low >= 0 and high <= full:
        low, high = 0.0, full
    return np.rint((values - low) * (255 / ((high - low) or 1))).astype(np.uint8)


def _reduced(picture, max_side: int):
    from PIL.Image import Resampling

    return picture.resize(_within(picture.size, max_side), Resampling.LANCZOS, reducing_gap=2.0)


def _within(size, max_side: int):
    """A size in the same proportion whose longer side is `max_side`; no side is less than 1."""
    factor = max_side / max(size)
    return tuple(max(1, round(side * factor)) for side in size)


# Label images.


def _code(colours: np.ndarray) -> np.ndarray:
    """(..., 3) uint8 to one number per colour."""
    wide = colours.astype(np.int32)
    return (wide[..., 0] << 16) | (wide[..., 1] << 8) | wide[..., 2]


def _known_colours(labels: LabelSet) -> tuple[np.ndarray, np.ndarray]:
    """Sorted colour codes of a set and of void, and their ids."""
    ids = np.array([*range(len(labels)), VOID], dtype=np.uint8)
    codes = _code(labels.palette()[ids])
    order = np.argsort(codes)
    return codes[order], ids[order]


def _palette_ids(picture, indices: np.ndarray, labels: LabelSet) -> np.ndarray | None:
    """Table from palette index to id, when every colour in use is one of the set's."""
    flat = np.array(picture.getpalette("RGB") or [], dtype=np.uint8)
    palette = np.zeros((256, 3), dtype=np.uint8)
    palette[: len(flat) // 3] = flat.reshape(-1, 3)
    used = np.unique(indices)
    codes, ids = _known_colours(labels)
    place = np.minimum(np.searchsorted(codes, _code(palette)), len(codes) - 1)
    if (codes[place] != _code(palette))[used].any():
        return None
    return ids[place]


def _ids_of_colours(rgb: np.ndarray, labels: LabelSet, name: str) -> np.ndarray:
    codes, ids = _known_colours(labels)
    pixels = _code(rgb)
    place = np.minimum(np.searchsorted(codes, pixels), len(codes) - 1)
    wrong = codes[place] != pixels
    if wrong.any():
        colours, counts = np.unique(pixels[wrong], return_counts=True)
        worst = colours[np.argsort(-counts, kind="stable")[:3]]
        listed = ", ".join(f"#{code:06x}" for code in worst)
        raise LabelError(
            f"{name} has {len(colours)} colour(s) that no class of {labels.name} has: {listed}{' …' if len(colours) > 3 else ''}.",
            "Paint labels in the exact colours of the classes, without soft edges, or save ids as a grey or palette PNG.",
        )
    return ids[place]


def _known_ids(label_map: np.ndarray, labels: LabelSet, name: str) -> np.ndarray:
    unknown = np.unique(label_map[(label_map >= len(labels)) & (label_map != VOID) | (label_map < 0)])
    if unknown.size:
        listed = ", ".join(map(str, unknown[:5])) + (" …" if unknown.size > 5 else "")
        raise LabelError(
            f"{name} holds ids that {labels.name} does not have: {listed}.",
            f"The ids are 0 to {len(labels) - 1}, and {VOID} for pixels that nobody judged.",
        )
    return np.ascontiguousarray(label_map, dtype=np.uint8)
