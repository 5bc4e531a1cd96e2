"""Shapes of a file laid over each other: how they become an annotation, which lie under others, and what was left out."""
from __future__ import annotations

from collections import Counter

import numpy as np

from ..errors import StudioError
from ..labels import VOID
from .annotation import IGNORE, MAX_NAMES, MAX_SHAPES, Annotation, is_background
from .validation import MAX_NAME_LENGTH, check_size, plain_name

Box = tuple[int, int, int, int]


class AnnotationBuilder:
    """Collects shapes into an annotation: what comes later lies above. What cannot be drawn is counted by its reason.

    Parameters
    ----------
    shape : tuple of int
        (rows, columns).
    name : str
        What errors call the file.
    word : str
        What it calls its parts: "shapes", "annotations" …
    """

    def __init__(self, shape: tuple[int, int], name: str, word: str = "shapes"):
        check_size(shape, name)
        self.file, self.word = name, word
        self.ids = np.zeros(shape, np.uint8)
        self.things = np.zeros(shape, np.int32)
        self.names: list[str] = ["background"]
        self.codes: list[int | str | None] = [None]
        self.crowd: set[int] = set()
        self.skipped: Counter[str] = Counter()
        self._places: dict[str, int] = {}
        self._numbers: dict[object, int] = {}
        self._drawn: dict[int, int] = {}
        self._taken: set[int] = set()
        self._last = self._count = self._overlap = self._background = 0
        self._first_error: StudioError | None = None

    # ------------------------------------------------------------ classes
    def place(self, label: object, key: str | None = None, code: int | str | None = None, hint: str = "") -> int:
        """The place of a class; a new one gets a name of its own. `key` tells classes of one name apart, `hint` says which is which."""
        key = str(label) if key is None else key
        if key in self._places:
            return self._places[key]
        name = plain_name("unnamed" if label is None else label)
        if name == IGNORE:
            place = VOID
        elif is_background(name):
            place, self.codes[0] = 0, code if self.codes[0] is None else self.codes[0]
        else:
            place = len(self.names)
            if place >= MAX_NAMES:
                raise StudioError(f"{self.file} has more than {MAX_NAMES} classes.", "Bring a file with fewer.")
            self.names.append(self._unique(name, hint))
            self.codes.append(code)
        self._places[key] = place
        return place

    def _unique(self, name: str, hint: str) -> str:
        wanted, n = name, 1
        while wanted in self.names:
            n += 1
            tail = f" ({hint})" if hint and n == 2 else f" ({n})"
            wanted = name[: MAX_NAME_LENGTH - len(tail)] + tail
        return wanted

    def declare(self, names: object, codes: object = None) -> None:
        """Classes that a file of ours lists, so that they keep their places; anything else is ignored."""
        good = isinstance(names, list) and 0 < len(names) <= MAX_NAMES and all(isinstance(each, str) for each in names)
        if not good or len(set(names)) < len(names):
            return
        codes = codes if isinstance(codes, list) and len(codes) == len(names) else [None] * len(names)
        kept = [code if isinstance(code, (int, str)) and not isinstance(code, bool) else None for code in codes]
        self.names, self.codes = [plain_name(names[0])], [kept[0]]
        self._places[names[0]] = 0
        for name, code in zip(names[1:], kept[1:]):
            self._places[name] = len(self.names)
            self.names.append(self._unique(plain_name(name), ""))
            self.codes.append(code)

    # ------------------------------------------------------------ things
    def number(self, group: object, wanted: object = None) -> int:
        """The number of a thing: one for each group, the wanted one where it is free."""
        if group not in self._numbers:
            if not (type(wanted) is int and 0 < wanted < 2**31 and wanted not in self._taken):
                self._last += 1
                while self._last in self._taken:
                    self._last += 1
                wanted = self._last
            self._numbers[group] = wanted
            self._taken.add(wanted)
        return self._numbers[group]

    # ------------------------------------------------------------ drawing
    def add(self, place: int, mask: np.ndarray, box: Box, number: int, crowd: bool = False) -> None:
        """One more shape of a class: `mask` is what lies in `box` (row0, row1, column0, column1). Shapes of one number are one thing."""
        self._count += 1
        if self._count > MAX_SHAPES:
            raise StudioError(f"{self.file} has more than {MAX_SHAPES} shapes.", "Bring a file with fewer.")
        if not mask.any():
            self.skip("covers the middle of no pixel of the picture")
            return
        row0, row1, column0, column1 = box
        ids, things = (each[row0:row1, column0:column1] for each in (self.ids, self.things))
        other = mask & (ids != 0) & ((things != number) | (ids != place))
        self._overlap += int(np.count_nonzero(other))
        ids[mask] = place
        if place in (0, VOID):
            things[mask] = 0
            self._background += place == 0
            return
        things[mask] = number
        self._drawn[number] = place
        if crowd:
            self.crowd.add(number)

    def skip(self, reason: str | StudioError) -> None:
        """Leave a shape out. An error is counted by what it says of the shape."""
        if isinstance(reason, StudioError):
            self._first_error = self._first_error or reason
            reason = reason.message.removeprefix(f"{self.file} is damaged: ").rstrip(".")
        self.skipped[reason] += 1

    def build(self, *notes: str, photo: object = "") -> Annotation:
        """What has been drawn.

        Raises
        ------
        StudioError
            Nothing has, though there were shapes.
        """
        reasons = "; ".join(f"{reason} ({n})" for reason, n in self.skipped.most_common(6)) + ("; …" if len(self.skipped) > 6 else "")
        if self.skipped and not self._drawn and not (self.ids == VOID).any():
            if self._first_error is not None and len(self.skipped) == 1:
                raise self._first_error
            raise StudioError(f"{self.file} holds nothing with an area: {reasons}.", "Bring a file with outlines or masks.")
        if self.skipped:
            notes += (f"{sum(self.skipped.values()):,} {self.word} were left out: {reasons}.",)
        if self._background:
            notes += (f"{self._background:,} {self.word} are called background: what they cover is not marked.",)
        return Annotation(self.ids, tuple(self.names), self.things, notes + self._overlaps(), tuple(self.codes), frozenset(self.crowd), str(photo)[:1000])

    def _overlaps(self) -> tuple[str, ...]:
        notes = (f"Shapes overlap in {self._overlap:,} pixels; there the one drawn later counts.",) if self._overlap else ()
        gone = sorted(set(self._drawn) - set(np.unique(self.things).tolist())) if self._overlap else []
        self.crowd -= set(gone)
        if gone:
            count = Counter(self.names[self._drawn[number]] for number in gone)
            listed = ", ".join(f"{name} ({n})" for name, n in count.most_common(6)) + (" …" if len(count) > 6 else "")
            notes += (f"{len(gone):,} of {len(self._drawn):,} things lie wholly under others and are gone: {listed}.",)
        return notes
