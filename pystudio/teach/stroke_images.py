"""Pictures of strokes: a PNG of the photo's size in which each colour is a class."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..errors import LabelError
from ..formats.colour_legend import IGNORE
from ..image.decoding import Source, contents, decode, opened
from ..image.label_image import LabelImage, code_of, read_label_image
from ..labels import LabelSet
from .head import class_set
from .strokes import MAX_CLASSES, UNLABELLED

__all__ = ["StrokeImage", "class_colours", "read_stroke_image", "strokes_of"]


class StrokeImage:
    """The colours of a picture of strokes.

    Attributes
    ----------
    codes : (M, N) array of int
        Colours as 0xRRGGBB, -1 where there is no stroke.
    note : str
        What was taken for “no stroke”, in a sentence.
    """

    def __init__(self, codes: np.ndarray, note: str, name: str) -> None:
        self.codes, self.note, self.name = codes, note, name


def read_stroke_image(source: Source, shape: tuple[int, int], name: str | None = None) -> StrokeImage:
    """Read a picture of strokes.

    Where it has transparent pixels, those have no stroke; else those of the most frequent colour have none, be it black or white.

    Parameters
    ----------
    source : path or bytes
        A PNG, or another format that keeps every pixel as it was.
    shape : tuple of int
        (M, N) of the photo.
    name : str, optional
        What errors call it.

    Returns
    -------
    StrokeImage

    Raises
    ------
    ImageError
        It cannot be read.
    LabelError
        Another size than the photo, or a format that alters colours.
    """
    data, name = contents(source, name)
    found = _transparent(data, shape, name)
    if found is not None:
        return StrokeImage(found, "What is transparent has no stroke.", name)
    codes = _codes(read_label_image(data, shape, name))
    colours, counts = np.unique(codes, return_counts=True)
    most = int(colours[counts.argmax()])
    return StrokeImage(np.where(codes == most, UNLABELLED, codes), f"The most frequent colour, #{most:06x}, was taken for “no stroke”.", name)


def _transparent(data: bytes, shape: tuple[int, int], name: str) -> np.ndarray | None:
    """Colours of a PNG with transparent pixels; None where it has none. Soft edges of a stroke on a layer of its own are transparent to a half."""
    with opened(data, name) as (picture, name):
        if picture.format != "PNG" or not (picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info):
            return None
        decode(picture, name)
        rgba = np.array(picture.convert("RGBA"))
    if rgba[..., 3].min() == 255:
        return None
    if rgba.shape[:2] != tuple(shape):
        raise LabelError(f"{name} has {rgba.shape[0]} rows and {rgba.shape[1]} columns, the photo has {shape[0]} and {shape[1]}.", "Give strokes of exactly the photo's size.")
    return np.where(rgba[..., 3] >= 128, code_of(rgba[..., :3]), UNLABELLED)


def _codes(image: LabelImage) -> np.ndarray:
    if image.kind == "colours":
        return image.numbers.astype(np.int32)
    if image.palette is not None:
        return code_of(image.palette)[image.numbers]
    numbers = image.numbers.astype(np.int64)
    if image.kind == "bits":
        numbers = numbers * 255
    elif numbers.min() < 0 or numbers.max() > 255:
        raise LabelError(f"The strokes are greys from {numbers.min()} to {numbers.max()}.", "Save them as a picture of 8 bits, or in colours.")
    return (numbers * 0x010101).astype(np.int32)


def class_colours(images: Sequence[StrokeImage], legend: Sequence[tuple[str, tuple[int, int, int]]] | None = None) -> LabelSet:
    """The classes of pictures of strokes: those of a legend, else one for every colour.

    Parameters
    ----------
    images : sequence of StrokeImage
    legend : sequence of (name, colour), optional
        See `formats.colour_legend.read_legend`.

    Returns
    -------
    LabelSet
        Without a legend in the order of the colours' numbers, and called by them: "#5aaaff".

    Raises
    ------
    LabelError
        A picture has a colour that the legend does not name, or too many.
    """
    codes = np.unique(np.concatenate([np.unique(image.codes) for image in images]))
    codes = codes[codes != UNLABELLED]
    if legend is not None:
        named = [(name, colour) for name, colour in legend if name != IGNORE]
        known = [int(code_of(np.array(colour))) for _, colour in legend]
        for image in images:
            strange = np.setdiff1d(image.codes, [*known, UNLABELLED])
            if strange.size:
                raise LabelError(f"{image.name} has the colour #{strange[0]:06x}, which the legend does not name.", "Add a line for it, such as sky:90,170,255, or paint without soft edges.")
        return class_set([name for name, _ in named], [colour for _, colour in named])
    if len(codes) > MAX_CLASSES:
        raise LabelError(f"The strokes have {len(codes)} colours; each would be a class, and there can be {MAX_CLASSES}.", "Paint without soft edges, each class in one colour, and save as PNG.")
    if len(codes) < 2:
        told = f"only the colour #{codes[0]:06x}" if codes.size else "no colour"
        raise LabelError(f"The strokes have {told} besides what was taken for “no stroke”.", "Draw strokes of two classes at least, each in a colour of its own.")
    return class_set([f"#{code:06x}" for code in codes], [[code >> 16, code >> 8 & 255, code & 255] for code in codes.tolist()])


def strokes_of(image: StrokeImage, classes: LabelSet) -> np.ndarray:
    """The strokes of a picture as sparse labels: (M, N) array of int16, a class by its colour, -1 elsewhere and where the colour is no class."""
    strokes = np.full(image.codes.shape, UNLABELLED, np.int16)
    for k, code in enumerate(code_of(classes.colours)):
        strokes[image.codes == code] = k
    return strokes
