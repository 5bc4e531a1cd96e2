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
STEM_ONLY = ("cvat",)


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
    pieces = sheet.marked()
    several = sum(len(numbers) for _, numbers in pieces) if sheet.things is not None else 0
    found = []
    if several > len(pieces) and kind in CLASSES_ONLY:
        found.append(f"A picture of classes does not keep which of the {several} things is which.")
    if sheet.crowd and kind in NO_CROWD:
        found.append(f"This format does not keep that {len(sheet.crowd)} things are crowds.")
    if kind in NO_CODES and any(code not in (None, place) for place, code in enumerate(sheet.codes)):
        listed = [f"{code} {name}" for code, name in zip(sheet.codes, sheet.names) if code is not None]
        found.append(f"This format does not keep the numbers of the classes ({', '.join(listed[:4])}{' …' if len(listed) > 4 else ''}).")
    if sheet.photo and kind in NO_PHOTO:
        found.append(f"This format does not keep the name of the photo, {sheet.photo[:80]}.")
    void = int(np.count_nonzero(sheet.ids == VOID))
    if void and kind == "yolo":
        found.append(f"YOLO has no word for void: {void:,} pixels are written as background.")
    elif void and kind not in ("png", "npz"):
        found.append(f"Void ({void:,} pixels) is written as a class called {IGNORE}.")
    if kind in NO_BACKGROUND_NAME and sheet.names and not is_background(sheet.names[0]):
        found.append(f"This format does not keep the name of what is not marked, “{sheet.names[0]}”.")
    return tuple(found)
