"""Masks as palette PNG: the ids are the indices of the palette, as PASCAL VOC stores them. Classes only."""
from __future__ import annotations

import numpy as np

from ..errors import StudioError
from ..image import load_labels
from ..labels import VOC, VOID
from ..render.png import palette_png
from .annotation import Annotation, check_size, guess_voc_class, to_voc


def write(annotation: Annotation, photo: str, style: str) -> bytes:
    meant = [guess_voc_class(name) for name in annotation.names]
    if annotation.names == VOC.names or any(meant[place] is None for place in np.unique(annotation.ids).tolist() if place != VOID):
        return palette_png(annotation.ids, VOC)  # names that nobody knows keep their own numbers
    mask = to_voc(annotation, meant)
    mask[annotation.ids == VOID] = VOID
    return palette_png(mask, VOC)


def read(data: bytes, name: str, shape: tuple[int, int] | None) -> Annotation:
    if len(data) < 24:
        raise StudioError(f"{name} is damaged: it stops in the middle.", "Save it again in the program it comes from.")
    check_size((int.from_bytes(data[20:24], "big"), int.from_bytes(data[16:20], "big")), name)  # before anything is decoded
    return Annotation(np.asarray(load_labels(bytearray(data), name=name)), VOC.names)
