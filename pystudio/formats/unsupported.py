"""What a format cannot hold of an annotation, in sentences for the person who writes it."""
from __future__ import annotations

import numpy as np

from ..labels import VOID
from .annotation import IGNORE, Annotation, is_background
from .colour_legend import names_in_lines

CLASSES_ONLY = ("png", "colours")
NO_CROWD = ("png", "colours", "yolo", "cvat", "labelstudio")
NO_CODES = ("yolo", "cvat", "labelstudio")
NO_PHOTO = ("png", "colours")
NO_BACKGROUND_NAME = ("labelstudio", "yolo")


def unsupported_features(annotation: Annotation, kind: str) -> tuple[str, ...]:
    """What is lost, or written in words of our own, when an annotation is written in a format.

    Parameters
    ----------
    annotation : Annotation
    kind : str
        A key of `FORMATS`.

    Returns
    -------
    tuple of str
        Sentences; none where all is kept.

    Examples
    --------
    >>> unsupported_features(Annotation(np.array([[0, 1, 255]], np.uint8), ("background", "cat")), "yolo")
    ('YOLO has no word for void: 1 pixels are written as background.',)
    """
    annotation = annotation.background_first()
    found = [_things(annotation, kind), _crowd(annotation, kind), _codes(annotation, kind), _void(annotation, kind), _names(annotation, kind)]
    if annotation.photo and kind in NO_PHOTO:
        found.append(f"This format does not keep the name of the photo, {annotation.photo[:80]}.")
    if kind in NO_BACKGROUND_NAME and annotation.names and not is_background(annotation.names[0]):
        found.append(f"This format does not keep the name of what is not marked, “{annotation.names[0]}”.")
    return tuple(each for each in found if each)


def _things(annotation: Annotation, kind: str) -> str:
    if kind not in CLASSES_ONLY or annotation.things is None:
        return ""
    classes = annotation.marked()
    things = sum(len(numbers) for _, numbers in classes)
    return f"A picture of classes does not keep which of the {things} things is which." if things > len(classes) else ""


def _crowd(annotation: Annotation, kind: str) -> str:
    return f"This format does not keep which of the things are crowds ({len(annotation.crowd)})." if annotation.crowd and kind in NO_CROWD else ""


def _names(annotation: Annotation, kind: str) -> str:
    changed = [f"“{name[:40]}” as “{held[:40]}”" for name, held in zip(annotation.names, names_in_lines(annotation.names)) if name != held] if kind == "cvat" else []
    return f"CVAT’s labelmap.txt holds no colon in a name and no # before it: {', '.join(changed[:4])}{' …' if len(changed) > 4 else ''}." if changed else ""


def _codes(annotation: Annotation, kind: str) -> str:
    if kind not in NO_CODES or all(code in (None, place) for place, code in enumerate(annotation.codes)):
        return ""
    listed = [f"{code} {name}" for code, name in zip(annotation.codes, annotation.names) if code is not None]
    return f"This format does not keep the numbers of the classes ({', '.join(listed[:4])}{' …' if len(listed) > 4 else ''})."


def _void(annotation: Annotation, kind: str) -> str:
    void = int(np.count_nonzero(annotation.ids == VOID))
    if not void or kind in ("png", "npz"):
        return ""
    return f"YOLO has no word for void: {void:,} pixels are written as background." if kind == "yolo" else f"Void ({void:,} pixels) is written as a class called {IGNORE}."
