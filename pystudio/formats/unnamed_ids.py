"""Label maps whose file names no classes: bare numbers, in a picture or an array."""
from __future__ import annotations

import numpy as np

from ..errors import StudioError
from ..labels import VOC, VOID
from .annotation import MAX_NAMES, Annotation


def annotation_from_ids(numbers: np.ndarray, name: str, sure: bool = False) -> Annotation:
    """An annotation of bare numbers: those of PASCAL VOC where they can be, else every number is a class of its own.

    Parameters
    ----------
    numbers : (M, N) array of int
    name : str
        What errors call the file.
    sure : bool
        The file shows by its colours that they are VOC's: then nothing needs to be told.

    Raises
    ------
    StudioError
        A number below 0, or more than 254 different ones.
    """
    values = np.unique(numbers)
    if values.size and values[0] < 0:
        raise StudioError(f"{name} holds numbers from {values[0]} to {values[-1]}.", "Classes are numbers from 0 to 255.")
    if values.size and values[-1] > VOID:
        raise StudioError(f"{name} holds numbers from {values[0]} to {values[-1]}: more than ids of classes go, perhaps numbers of things.", "Classes are numbers from 0 to 255.")
    ids = np.ascontiguousarray(numbers, np.uint8)
    classes = values[(values != 0) & (values != VOID)].tolist()
    notes = () if classes or not (values == VOID).any() else ("All that is marked is 255, which is void: nobody judged it.",)
    if max(classes, default=0) < len(VOC):
        guessed = () if sure or not classes else ("The file names no classes: its numbers were taken for those of PASCAL VOC.",)
        return Annotation(ids, VOC.names, notes=notes + guessed)
    most = max(classes) + 1
    assert most <= MAX_NAMES
    names = tuple(VOC.names[k] if sure and k < len(VOC) else f"class {k}" if k else "background" for k in range(most))
    return Annotation(ids, names, notes=notes + ("The file names no classes: they are called by their numbers.",))
