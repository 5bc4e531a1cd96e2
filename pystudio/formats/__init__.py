"""Masks in and out, in the formats of other programs: palette PNG, COCO JSON, LabelMe JSON, NPZ, SVG outlines.

Every format is a module with ``write(annotation, …) -> bytes`` and ``read(data, …) -> Annotation``; this one knows which is which. Files come from strangers:
whatever is wrong, huge or hostile is refused with a `StudioError`.

Examples
--------
>>> import numpy as np
>>> from pystudio.labels import VOC
>>> annotation = Annotation(np.array([[0, 8, 8]], np.uint8), VOC.names)
>>> back = read(write(annotation, "coco"))
>>> [back.names[place] for place in back.ids[0]]
['background', 'cat', 'cat']
"""
from __future__ import annotations

from importlib import import_module

from ..errors import StudioError
from .annotation import MAX_BYTES, Annotation, load_json, to_voc

__all__ = ["FORMATS", "Annotation", "kind_of", "read", "to_voc", "write"]

FORMATS = {
    "png": ("Palette PNG", "png", "image/png"),
    "coco": ("COCO JSON, compressed RLE", "json", "application/json"),
    "coco-rle": ("COCO JSON, plain RLE", "json", "application/json"),
    "coco-polygons": ("COCO JSON, polygons", "json", "application/json"),
    "labelme": ("LabelMe JSON", "json", "application/json"),
    "npz": ("NPZ (NumPy)", "npz", "application/zip"),
    "svg": ("SVG outlines", "svg", "image/svg+xml"),
}
"""Title, ending and media type of everything that can be written."""


def write(annotation: Annotation, kind: str, photo: str = "photo.jpg") -> bytes:
    """An annotation as a file.

    Parameters
    ----------
    annotation : Annotation
    kind : str
        A key of `FORMATS`.
    photo : str
        The name of the photo's file, for formats that mention it.

    Raises
    ------
    StudioError
        No such format.
    """
    if kind not in FORMATS:
        raise StudioError(f"There is no format {kind!r}.", f"Use one of: {', '.join(FORMATS)}.")
    module, _, style = kind.partition("-")
    return import_module(f".{module}", __name__).write(annotation, photo, style)


def read(data: bytes, name: str = "The file", shape: tuple[int, int] | None = None) -> Annotation:
    """An annotation from a file of any of the formats; what it is, is told by its content.

    Parameters
    ----------
    data : bytes-like
    name : str
        What errors call the file.
    shape : tuple of int, optional
        Size of the photo: which of several pictures of a COCO file is meant.

    Raises
    ------
    StudioError
        The file is none of these, is damaged, or is too large.
    """
    data = bytes(data)
    if len(data) > MAX_BYTES:
        raise StudioError(f"{name} is too large: {len(data) / 2**20:.0f} MB.", f"Files of up to {MAX_BYTES // 2**20} MB are read.")
    return import_module(f".{kind_of(data, name)}", __name__).read(data, name, shape)


def kind_of(data: bytes, name: str = "The file") -> str:
    """Which module reads this file: "png", "coco", "labelme", "npz" or "svg". Raises StudioError where none does."""
    head = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n")
    if data.startswith(b"\x89PNG"):
        return "png"
    if data.startswith(b"PK"):
        return "npz"
    if head.startswith(b"<"):
        return "svg"
    if head.startswith((b"{", b"[")):
        content = load_json(data, name)
        return "labelme" if isinstance(content, dict) and "shapes" in content else "coco"
    if data.startswith((b"\xff\xd8", b"RIFF", b"GIF8")):
        raise StudioError(f"{name} is a photo, not a mask.", "A format that changes pixels to save space cannot hold labels. Use a PNG, or one of the other formats.")
    raise StudioError(f"{name} is empty." if not data else f"{name} is no mask that is known here.", "Bring a label PNG, COCO JSON, LabelMe JSON, NPZ or SVG.")
