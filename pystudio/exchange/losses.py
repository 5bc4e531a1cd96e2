"""What a format cannot hold of a sheet, in sentences for the person who writes it."""
from __future__ import annotations

import numpy as np

from ..labels import VOID
from .sheet import IGNORE, Sheet, is_background

CLASSES_ONLY = ("png", "colours")
NO_CROWD = ("png", "colours", "yolo", "cvat", "labelstudio")
NO_CODES = ("yolo", "cvat", "labelstudio")
NO_PHOTO = ("png", "colours")
NO_BACKGROUND_NAME = ("labelstudio", "yolo")


def losses(sheet: Sheet, kind: str) -> tuple[str, ...]:
    """What is lost, or written in words of our own, when a sheet is written in a format.

    Parameters
    ----------
    sheet : Sheet
    kind : str
        A key of `FORMATS`.

    Returns
    -------
    tuple of str
        Sentences; none where all is kept.

    Examples
    --------
    >>> losses(Sheet(np.array([[0, 1, 255]], np.uint8), ("background", "cat")), "yolo")
    ('YOLO has no word for void: 1 pixels are written as background.',)
    """
    sheet = sheet.background_first()
    found = [_things(sheet, kind), _crowd(sheet, kind), _codes(sheet, kind), _void(sheet, kind)]
    if sheet.photo and kind in NO_PHOTO:
        found.append(f"This format does not keep the name of the photo, {sheet.photo[:80]}.")
    if kind in NO_BACKGROUND_NAME and sheet.names and not is_background(sheet.names[0]):
        found.append(f"This format does not keep the name of what is not marked, “{sheet.names[0]}”.")
    return tuple(each for each in found if each)


def _things(sheet: Sheet, kind: str) -> str:
    if kind not in CLASSES_ONLY or sheet.things is None:
        return ""
    classes = sheet.marked()
    things = sum(len(numbers) for _, numbers in classes)
    return f"A picture of classes does not keep which of the {things} things is which." if things > len(classes) else ""


def _crowd(sheet: Sheet, kind: str) -> str:
    return f"This format does not keep that {len(sheet.crowd)} things are crowds." if sheet.crowd and kind in NO_CROWD else ""


def _codes(sheet: Sheet, kind: str) -> str:
    if kind not in NO_CODES or all(code in (None, place) for place, code in enumerate(sheet.codes)):
        return ""
    listed = [f"{code} {name}" for code, name in zip(sheet.codes, sheet.names) if code is not None]
    return f"This format does not keep the numbers of the classes ({', '.join(listed[:4])}{' …' if len(listed) > 4 else ''})."


def _void(sheet: Sheet, kind: str) -> str:
    void = int(np.count_nonzero(sheet.ids == VOID))
    if not void or kind in ("png", "npz"):
        return ""
    return f"YOLO has no word for void: {void:,} pixels are written as background." if kind == "yolo" else f"Void ({void:,} pixels) is written as a class called {IGNORE}."
