"""Label images: pictures whose pixels are classes. What their numbers or colours mean; how files are decoded is known in `decoding`.

A picture of two values, or soft between two, says *thing and not thing* and nothing of classes: it is known as such in every format.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np

from ..errors import LabelError
from .decoding import Source, contents, decode, opened, orientation_of, oriented
from ..labels import VOC, VOID, LabelSet

__all__ = ["LabelImage", "by_colour", "load_labels", "read_label_image", "two_values"]


@dataclass(frozen=True)
class LabelImage:
    """The pixels of a label image, not yet understood.

    Attributes
    ----------
    numbers : (M, N) array
        Greys, indices of a palette, or colours as 0xRRGGBB.
    kind : {"bits", "greys", "palette", "colours"}
        What `numbers` are; a palette or colours that are nothing but greys are "greys".
    palette : (256, 3) array of uint8 or None
        Of the kind "palette".
    texts : dict of str
        What the file says beside its pixels (PNG text).
    frames : int
        How many pictures the file holds; this is the first.
    """

    numbers: np.ndarray
    kind: str
    palette: np.ndarray | None
    texts: dict[str, str]
    frames: int = 1


def read_label_image(source: Source, shape: tuple[int, int] | None = None, name: str | None = None) -> LabelImage:
    """Read the pixels of a label image, turned as its EXIF orientation says.

    Parameters
    ----------
    source : path or bytes
        A PNG, GIF, BMP, TIFF, lossless WebP or another format that keeps every pixel as it was.
    shape : tuple of int, optional
        (rows, columns) that it must have.
    name : str, optional
        What errors call it.

    Returns
    -------
    LabelImage

    Raises
    ------
    ImageError
        As for `image.load`.
    LabelError
        Another size than `shape`, transparency, colours for print, or pixels that the format has altered.
    """
    data, name = contents(source, name)
    with opened(data, name) as (picture, name):
        if altered := _altered(picture, data):
            raise LabelError(f"{name} is {altered}, which alters the ids of its pixels.", "Save the labels as PNG.")
        frames = int(getattr(picture, "n_frames", 1))
        decode(picture, name)
        picture = oriented(picture, orientation_of(picture))
        size = (picture.height, picture.width)
        if shape is not None and size != tuple(shape):
            raise LabelError(
                f"{name} has {size[0]} rows and {size[1]} columns, the photo has {shape[0]} and {shape[1]}.",
                "Give labels of exactly the photo's size.",
            )
        texts = {key: str(text) for key, text in picture.info.items() if isinstance(key, str) and isinstance(text, str)}
        return LabelImage(*_pixels(picture, name), texts, frames)


def _altered(picture, data: bytes) -> str:
    """The compression of a file that changes pixels to save space, in words; else nothing."""
    kind = picture.format
    if kind in ("JPEG", "MPO"):
        return "a JPEG"
    if kind == "AVIF":
        return "an AVIF"
    if kind == "WEBP" and b"VP8 " in _riff_chunks(data):
        return "a WebP with loss"
    if kind == "TIFF" and str(picture.info.get("compression", "")) in ("jpeg", "tiff_jpeg", "webp", "jp2k", "lerc"):
        return "a TIFF with a JPEG inside"
    if kind == "TIFF" and getattr(picture, "tag_v2", {}).get(259) in (6, 7, 33003, 33005, 34712, 34887, 34933, 34934, 50001, 50002):
        return "a TIFF with a lossy compression inside"
    if kind == "JPEG2000" and _irreversible(data):
        return "a JPEG 2000 with loss"
    return ""


def _riff_chunks(data: bytes) -> set[bytes]:
    """Names of the chunks of a RIFF file, those within animation frames among them (WebP Container Specification)."""
    found, at = set(), 12
    while at + 8 <= len(data):
        kind, length = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        found.add(kind)
        if kind == b"ANMF":
            found.add(data[at + 24 : at + 28])
        at += 8 + length + length % 2
    return found


def _irreversible(data: bytes) -> bool:
    """Whether a JPEG 2000 codestream was made with the 9-7 wavelet, which rounds (ISO/IEC 15444-1, A.6.1: the last field of the COD marker)."""
    start = max(data.find(b"\xff\x4f\xff\x51"), 0)
    cod = data.find(b"\xff\x52", start)
    return cod >= 0 and cod + 13 < len(data) and data[cod + 13] == 0


def _pixels(picture, name: str) -> tuple[np.ndarray, str, np.ndarray | None]:
    mode = picture.mode
    if mode == "1":
        return np.array(picture), "bits", None
    if mode == "P":
        return _of_palette(picture)
    if mode in ("L", "F") or mode.startswith("I"):
        return _whole(np.array(picture), name), "greys", None
    if mode not in ("RGB", "RGBA", "LA", "PA", "RGBX"):
        raise LabelError(f"{name} holds {mode} colours, which are no labels.", "Save the labels as a grey, palette or RGB PNG.")
    rgba = np.array(picture.convert("RGBA"))
    if rgba[..., 3].min() < 255:
        raise LabelError(f"{name} has transparent pixels, which have no label.", "Save the labels without transparency.")
    if mode == "LA":
        return rgba[..., 0], "greys", None
    return code_of(rgba[..., :3]), "colours", None


def _whole(values: np.ndarray, name: str) -> np.ndarray:
    if values.dtype.kind != "f":
        return values
    if not np.isfinite(values).all() or (values != np.rint(values)).any():
        raise LabelError(f"{name} holds fractions, which are no labels.", "Save whole numbers.")
    return values.astype(np.int64) if np.abs(values).max(initial=0) < 2**53 else values


def _of_palette(picture) -> tuple[np.ndarray, str, np.ndarray | None]:
    """Indices with their palette, or the greys themselves where it shows nothing but greys and is not that of PASCAL VOC."""
    indices = np.array(picture)
    flat = np.array(picture.getpalette("RGB") or [], dtype=np.uint8)[:768]
    palette = np.zeros((256, 3), dtype=np.uint8)
    palette[: len(flat) // 3] = flat[: len(flat) // 3 * 3].reshape(-1, 3)
    used = np.unique(indices)
    colours = palette[used]
    grey = (colours == colours[:, :1]).all()
    own = (colours == VOC.palette()[used]).all()
    if grey and not own and len(np.unique(colours[:, 0])) == len(used):
        return palette[indices][..., 0], "greys", None
    return indices, "palette", palette


def code_of(colours: np.ndarray) -> np.ndarray:
    """(..., 3) uint8 to one number per colour, 0xRRGGBB."""
    wide = colours.astype(np.int32)
    return (wide[..., 0] << 16) | (wide[..., 1] << 8) | wide[..., 2]


def two_values(numbers: np.ndarray, least: int = 21) -> tuple[np.ndarray, str] | None:
    """Recognise a picture that says thing and not thing.

    Parameters
    ----------
    numbers : (M, N) array of bool or int
        Greys.
    least : int
        The least number, besides 0, that is no class id when it stands alone.

    Returns
    -------
    (thing, words) or None
        thing is an (M, N) array of bool; words say what was taken for it. None where the numbers are something else.

    Notes
    -----
    Soft edges: where black and white (or the darkest and brightest number) cover at least half of the picture and nearly every other pixel lies between a
    darker and a brighter neighbour, the half counts. Regions of class ids have pixels in their middle whose neighbours are all alike.

    Examples
    --------
    >>> two_values(np.array([[0, 255, 255]], np.uint8))[0].tolist()
    [[False, True, True]]
    >>> two_values(np.array([[0, 8, 255]], np.uint8)) is None
    True
    """
    if numbers.dtype == bool:
        return numbers, "The file holds two values: what is white (or true) was taken for the thing."
    values = np.unique(numbers)
    if len(values) > 2 and values[0] == 0 and _soft(numbers, int(values[-1]), values):
        return numbers > values[-1] // 2, f"The file is black and white with soft edges: more than half of {values[-1]} was taken for the thing."
    if len(values) > 2 or values[0] < 0 or (len(values) == 2 and values[0] != 0) or int(values[-1]) < least:
        return None
    if len(values) == 1 and values[0] != 255:
        return None
    return numbers == values[-1], f"The file holds two values: what is {values[-1]} was taken for the thing."


def _soft(numbers: np.ndarray, brightest: int, values: np.ndarray) -> bool:
    if brightest < 128 or (values <= 20).sum() + (brightest == VOID) == len(values):
        return False
    between = (numbers != 0) & (numbers != brightest)
    if between.mean() > 0.5:
        return False
    framed = np.pad(numbers, 1, mode="edge")
    around = [framed[i : i + numbers.shape[0], j : j + numbers.shape[1]] for i in range(3) for j in range(3)]
    darker, brighter = np.minimum.reduce(around) < numbers, np.maximum.reduce(around) > numbers
    return bool((darker & brighter)[between].mean() >= 0.9)


def by_colour(image: LabelImage, colours: np.ndarray, ids: np.ndarray) -> np.ndarray | None:
    """Ids of an image of the kind "palette" or "colours" by a table of colours; None where a colour in use is not in it.

    Parameters
    ----------
    image : LabelImage
    colours : (K, 3) array of uint8
        Of equal colours the first counts.
    ids : (K,) array of uint8

    Returns
    -------
    (M, N) array of uint8 or None
    """
    codes, first = np.unique(code_of(colours), return_index=True)
    known = np.asarray(ids, np.uint8)[first]
    if image.palette is not None:
        wanted = code_of(image.palette)
        place = np.searchsorted(codes, wanted).clip(max=len(codes) - 1)
        if (codes[place] != wanted)[np.unique(image.numbers)].any():
            return None
        return known[place][image.numbers]
    place = np.searchsorted(codes, image.numbers).clip(max=len(codes) - 1)
    return None if (codes[place] != image.numbers).any() else known[place]


def load_labels(
    source: Source, labels: LabelSet = VOC, shape: tuple[int, int] | None = None, name: str | None = None
) -> np.ndarray:
    """Read a label image.

    A palette whose colours are those of the label set is read by colour, because
    editors like to renumber palettes; a palette of greys holds the greys, any other
    the ids themselves, as grey does. RGB is read by colour. The id 255, and its
    colour, is void. A turned picture (EXIF) is turned as photos are.

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
        Ids of `labels`, and `VOID`. Black and white are 0 and 1 in a set of two classes.

    Raises
    ------
    ImageError
        As for `load`.
    LabelError
        Another size than `shape`, ids or colours that the set does not have,
        transparency, a format that alters pixels, or black and white where there are
        more than two classes.

    References
    ----------
    .. [1] M. Everingham and J. Winn, "The PASCAL Visual Object Classes Challenge
           2012 (VOC2012) Development Kit", 2012, section 2.6 (segmentation ground truth).
    """
    name = name or ("This file" if isinstance(source, (bytes, bytearray, memoryview)) else os.path.basename(os.fspath(source)))
    image = read_label_image(source, shape, name)
    numbers = image.numbers
    if image.kind == "bits":
        numbers = numbers.astype(np.uint8)
    elif image.kind in ("palette", "colours"):
        ids = np.array([*range(len(labels)), VOID], dtype=np.uint8)
        found = by_colour(image, labels.palette()[ids], ids)
        if found is not None:
            return np.ascontiguousarray(found)
        if image.kind == "colours":
            numbers = _greys(image)
            if numbers is None:
                raise _strange_colours(image, labels, name)
    return _known_ids(numbers, labels, name)


def _greys(image: LabelImage) -> np.ndarray | None:
    """The greys of colours that are nothing else."""
    codes = image.numbers
    grey = codes & 255
    return grey.astype(np.uint8) if (codes == grey * 0x010101).all() else None


def _strange_colours(image: LabelImage, labels: LabelSet, name: str) -> LabelError:
    known = code_of(labels.palette()[[*range(len(labels)), VOID]])
    colours, counts = np.unique(image.numbers[~np.isin(image.numbers, known)], return_counts=True)
    worst = colours[np.argsort(-counts, kind="stable")[:3]]
    listed = ", ".join(f"#{code:06x}" for code in worst)
    return LabelError(
        f"{name} has {len(colours)} colour(s) that no class of {labels.name} has: {listed}{' …' if len(colours) > 3 else ''}.",
        "Paint labels in the exact colours of the classes, without soft edges, or save ids as a grey or palette PNG.",
    )


def _known_ids(label_map: np.ndarray, labels: LabelSet, name: str) -> np.ndarray:
    thing = two_values(label_map, max(2, len(labels)))
    if thing is not None and len(labels) == 2:
        return thing[0].astype(np.uint8)
    if thing is not None:
        raise LabelError(
            f"{name} holds two values, 0 and {label_map.max()}: that says what is the thing, but not which class of {labels.name} it is.",
            f"Save the ids of the classes, 0 to {len(labels) - 1}, or open it where masks of other programs are read.",
        )
    unknown = np.unique(label_map[(label_map >= len(labels)) & (label_map != VOID) | (label_map < 0)])
    if unknown.size:
        listed = ", ".join(map(str, unknown[:5])) + (" …" if unknown.size > 5 else "")
        raise LabelError(
            f"{name} holds ids that {labels.name} does not have: {listed}.",
            f"The ids are 0 to {len(labels) - 1}, and {VOID} for pixels that nobody judged.",
        )
    return np.ascontiguousarray(label_map, dtype=np.uint8)
