"""What all formats have in common: an annotation of classes and things, the limits for untrusted files, and the way from their names to ours."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import replace as _replace

import numpy as np

from ..errors import StudioError
from ..labels import VOC, VOID

__all__ = ["Annotation", "guess_voc_class", "is_background", "to_voc"]

MAX_BYTES = 64 * 2**20
MAX_SHAPES = 20_000
MAX_POINTS = 2_000_000
MAX_NAMES = 255

IGNORE = "__ignore__"
"""The name under which void is written where a format has no word for it; LabelMe's own."""

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
    codes : tuple
        For every name the id that its category had in the file it came from, or None; empty where no file said any.
    crowd : frozenset of int
        Numbers of things that are crowds: several things in one outline (COCO's ``iscrowd``).
    photo : str
        The photo's file, as the mask's file named it.
    """

    ids: np.ndarray
    names: tuple[str, ...]
    things: np.ndarray | None = None
    notes: tuple[str, ...] = ()
    codes: tuple[int | str | None, ...] = ()
    crowd: frozenset[int] = frozenset()
    photo: str = ""

    def marked(self) -> list[tuple[int, list[int]]]:
        """Everything marked but the first class and void: places in `names`, and the numbers of their things ([0] where nothing is numbered)."""
        found: dict[int, list[int]] = {}
        for place, number, _ in self.boxes():
            found.setdefault(place, []).append(number)
        return list(found.items())

    def parts(self) -> Iterator[tuple[int, np.ndarray, int]]:
        """The same with masks: (place in names, mask, number of the thing or 0). One at a time: of a large picture only few have room."""
        for place, number, box, part in self.pieces():
            mask = np.zeros(self.ids.shape, bool)
            mask[box[0] : box[1], box[2] : box[3]] = part
            yield place, mask, number

    def pieces(self, void: bool = False) -> Iterator[tuple[int, int, tuple[int, int, int, int], np.ndarray]]:
        """(place in names, number of the thing, box, mask within the box) of everything marked; void too where it is wanted, as place 255, thing 0.

        The cost is that of the boxes, not of the whole picture for every thing.
        """
        for place, number, box in self.boxes(void):
            inside = np.s_[box[0] : box[1], box[2] : box[3]]
            part = self.ids[inside] == place
            yield place, number, box, part if self.things is None or place == VOID else part & (self.things[inside] == number)

    def own_numbers(self) -> list[int] | None:
        """The numbers of the things, where each names one of them; None where things have no numbers, or share one."""
        numbers = [number for _, number, _ in self.boxes()]
        return numbers if self.things is not None and 0 not in numbers and len(set(numbers)) == len(numbers) else None

    def boxes(self, void: bool = False) -> list[tuple[int, int, tuple[int, int, int, int]]]:
        """Place, number and box of every piece, in this order, from the runs of equal pixels in the rows."""
        columns = self.ids.shape[1]
        starts = np.ones(self.ids.shape, bool)
        starts[:, 1:] = self.ids[:, 1:] != self.ids[:, :-1]
        if self.things is not None:
            starts[:, 1:] |= self.things[:, 1:] != self.things[:, :-1]
        start = np.flatnonzero(starts)
        stop = np.append(start[1:], self.ids.size)
        place = self.ids.ravel()[start]
        keep = (place != 0) & ((place != VOID) | void)
        start, stop, place = start[keep], stop[keep], place[keep].astype(np.int64)
        if not start.size:
            return []
        number = np.zeros(len(start), np.int64) if self.things is None else np.where(place == VOID, 0, self.things.ravel()[start])
        order = np.lexsort((start, number, place))
        start, stop, place, number = start[order], stop[order], place[order], number[order]
        first = np.flatnonzero(np.append(True, (place[1:] != place[:-1]) | (number[1:] != number[:-1])))
        row, left = start // columns, start % columns
        low = (np.minimum.reduceat(each, first).tolist() for each in (row, left))
        high = (np.maximum.reduceat(each, first).tolist() for each in (row + 1, left + stop - start))
        boxes = [(r0, r1, c0, c1) for r0, c0, r1, c1 in zip(*low, *high)]
        return list(zip(place[first].tolist(), number[first].tolist(), boxes))

    def background_first(self) -> Annotation:
        """The same annotation with the class that is called background in the first place, where another one stands there."""
        if not self.names or is_background(self.names[0]):
            return self
        place = next((k for k, name in enumerate(self.names) if is_background(name)), 0)
        if not place:
            return self
        order = [place, *(k for k in range(len(self.names)) if k != place)]
        table = np.full(256, VOID, np.uint8)
        table[order] = np.arange(len(order))
        codes = tuple(self.codes[k] for k in order) if self.codes else ()
        return _replace(self, ids=table[self.ids], names=tuple(self.names[k] for k in order), codes=codes)


def is_background(name: str) -> bool:
    """Whether a class name means that nothing is marked."""
    return name.strip("_ ").casefold() in ("background", "bg")


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
