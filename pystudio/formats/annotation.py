"""What all formats have in common: an annotation of classes and things, the limits for files of strangers, and the way from their names to ours."""
from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..errors import StudioError
from ..labels import VOC, VOID

MAX_BYTES = 64 * 2**20
MAX_PIXELS = 40_000_000
MAX_SIDE = 16_384
MAX_SHAPES = 20_000
MAX_POINTS = 2_000_000
MAX_NAMES = 255

ALIASES = {
    "airplane": "aeroplane", "plane": "aeroplane", "bike": "bicycle", "motorcycle": "motorbike", "couch": "sofa", "tv": "tvmonitor", "television": "tvmonitor",
    "tv/monitor": "tvmonitor", "monitor": "tvmonitor", "diningtable": "diningtable", "table": "diningtable", "houseplant": "pottedplant", "pedestrian": "person", "man": "person",
    "woman": "person", "people": "person", "human": "person", "_background_": "background", "kitten": "cat", "puppy": "dog", "hen": "bird", "chicken": "bird",
}


@dataclass(frozen=True)
class Annotation:
    """Classes, and perhaps things, of one picture.

    Attributes
    ----------
    ids : (M, N) array of uint8
        Places in `names`; 255 is void.
    names : tuple of str
        At most 255; the first is what is written where nothing is marked.
    things : (M, N) array of int32, optional
        Numbers of things; 0 where there is none.
    notes : tuple of str
        What a reader should tell the person: overlaps and the like.
    """

    ids: np.ndarray
    names: tuple[str, ...]
    things: np.ndarray | None = None
    notes: tuple[str, ...] = ()

    def marked(self) -> list[tuple[int, list[int]]]:
        """Everything marked but the first class and void: places in `names`, and the numbers of their things ([0] where nothing is numbered)."""
        places = [int(k) for k in np.unique(self.ids) if k not in (0, VOID)]
        return [(place, [0] if self.things is None else np.unique(self.things[self.ids == place]).tolist()) for place in places]

    def parts(self) -> Iterator[tuple[int, np.ndarray, int]]:
        """The same with masks: (place in names, mask, number of the thing or 0). One at a time: of a large picture only few have room."""
        for place, numbers in self.marked():
            own = self.ids == place
            for number in numbers:
                yield place, own if self.things is None else own & (self.things == number), number


class AnnotationBuilder:
    """Collects shapes into an annotation: what comes later lies above."""

    def __init__(self, shape: tuple[int, int], name: str):
        check_size(shape, name)
        self.file = name
        self.ids = np.zeros(shape, np.uint8)
        self.things = np.zeros(shape, np.int32)
        self.names: dict[str, int] = {"background": 0}
        self.overlap = 0
        self.count = 0

    def add(self, name: str, mask: np.ndarray, number: int | None = None, box: tuple[int, int, int, int] | None = None) -> None:
        """One more shape; shapes of one number are one thing, without a number each is a thing of its own. Outside `box` the mask is known to be empty."""
        self.count += 1
        if self.count > MAX_SHAPES:
            raise StudioError(f"{self.file} has more than {MAX_SHAPES} shapes.", "Bring a file with fewer.")
        place = self.names.setdefault(plain_name(name), len(self.names))
        if place >= MAX_NAMES:
            raise StudioError(f"{self.file} has more than {MAX_NAMES} classes.", "Bring a file with fewer.")
        row0, row1, column0, column1 = box or (0, mask.shape[0], 0, mask.shape[1])
        ids, things, mask = (each[row0:row1, column0:column1] for each in (self.ids, self.things, mask))
        self.overlap += int(np.count_nonzero(mask & (ids != 0) & (ids != place)))
        ids[mask] = place
        things[mask] = self.count if number is None else number

    def build(self, *notes: str) -> Annotation:
        if self.overlap:
            notes += (f"Shapes of different classes overlap in {self.overlap:,} pixels; there the later shape counts.",)
        return Annotation(self.ids, tuple(self.names), self.things, notes)


def plain_name(name: object) -> str:
    """A class name that can be shown: text of a decent length."""
    text = "".join(c if c.isprintable() else " " for c in str(name)).strip()
    return text[:60] or "unnamed"


def check_size(shape, name: str) -> tuple[int, int]:
    """A size (rows, columns) that a mask may have. Raises StudioError."""
    if any(isinstance(n, bool) or not isinstance(n, (int, np.integer)) for n in shape) or len(shape) != 2:
        raise StudioError(f"{name} does not say how large the picture is.", "Its height and width have to be whole numbers.")
    rows, columns = int(shape[0]), int(shape[1])
    if not (0 < rows <= MAX_SIDE and 0 < columns <= MAX_SIDE and rows * columns <= MAX_PIXELS):
        raise StudioError(f"{name} says that the picture has {columns} × {rows} pixels.", f"Masks of up to {MAX_PIXELS // 10**6} megapixels are read.")
    return rows, columns


def load_json(data: bytes, name: str):
    """JSON of a stranger."""
    try:
        return json.loads(data.decode("utf-8-sig"))
    except (UnicodeDecodeError, ValueError) as error:
        raise StudioError(f"{name} is damaged: it is not complete JSON.", "Save it again in the program it comes from.") from error
    except RecursionError as error:
        raise StudioError(f"{name} is nested too deeply.", "No mask looks like this; bring another file.") from error


def number(value, name: str, what: str) -> float:
    """A finite number, or a StudioError."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not np.isfinite(value):
        raise StudioError(f"{name} is damaged: {what} is not a number.", "Save it again in the program it comes from.")
    return float(value)


def guess_voc_class(name: str) -> int | None:
    """The VOC class that a name of another program means, or None."""
    squeezed = name.lower().replace(" ", "").replace("_", "").replace("-", "")
    known = {each.lower().replace(" ", ""): k for k, each in enumerate(VOC.names)}
    meant = ALIASES.get(name.lower(), ALIASES.get(squeezed, squeezed)).replace(" ", "")
    return known.get(meant)


def to_voc(annotation: Annotation, mapping: list[int | None]) -> np.ndarray:
    """The annotation in VOC classes.

    Parameters
    ----------
    annotation : Annotation
    mapping : list of int or None
        For every name its VOC class; None leaves it out (background).

    Returns
    -------
    mask : (M, N) array of uint8
        Void becomes background: nobody can paint it.

    Raises
    ------
    StudioError
        The table does not fit.
    """
    if len(mapping) != len(annotation.names) or any(k is not None and not 0 <= k < len(VOC) for k in mapping):
        raise StudioError("The table of classes does not fit the file.", "Open the file again.")
    table = np.zeros(256, np.uint8)
    table[: len(mapping)] = [k or 0 for k in mapping]
    return table[annotation.ids]
