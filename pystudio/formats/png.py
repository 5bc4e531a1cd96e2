"""Masks as palette PNG: the ids are the indices of the palette, as PASCAL VOC stores them. Classes only."""
from __future__ import annotations

import numpy as np

from ..errors import StudioError
from ..image import load_labels
from ..labels import VOC, VOID
from ..render.png import palette_png
from .annotation import Sheet, check_size, guess, to_voc


def write(sheet: Sheet, photo: str, style: str) -> bytes:
    meant = [guess(name) for name in sheet.names]
    if sheet.names == VOC.names or any(meant[place] is None for place in np.unique(sheet.ids).tolist() if place != VOID):
        return palette_png(sheet.ids, VOC)  # names that nobody knows keep their own numbers
    mask = to_voc(sheet, meant)
    mask[sheet.ids == VOID] = VOID
    return palette_png(mask, VOC)


def read(data: bytes, name: str, shape: tuple[int, int] | None) -> Sheet:
    if len(data) < 24:
        raise StudioError(f"{name} is damaged: it stops in the middle.", "Save it again in the program it comes from.")
    check_size((int.from_bytes(data[20:24], "big"), int.from_bytes(data[16:20], "big")), name)  # before anything is decoded
    return Sheet(np.asarray(load_labels(bytearray(data), name=name)), VOC.names)
