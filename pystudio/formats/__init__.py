"""Masks in and out, in the formats of other programs: PNG of ids or colours, COCO, LabelMe, Label Studio, YOLO, CVAT, NPZ, SVG outlines.

Every format is a module with ``write(annotation, …) -> bytes`` and ``read(data, …) -> Annotation``; this one knows which is which. Files are untrusted:
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
from .annotation import MAX_BYTES, Annotation, to_voc
from .unsupported import unsupported_features

__all__ = ["FORMATS", "Annotation", "kind_of", "unsupported_features", "needs_pillow", "read", "to_voc", "write"]

FORMATS = {
    "png": ("Palette PNG", "png", "image/png"),
    "colours": ("Colour PNG with a legend (Cityscapes’ colours where they fit)", "png", "image/png"),
    "coco": ("COCO JSON, compressed RLE", "json", "application/json"),
    "coco-rle": ("COCO JSON, plain RLE", "json", "application/json"),
    "coco-polygons": ("COCO JSON, polygons", "json", "application/json"),
    "labelme": ("LabelMe JSON", "json", "application/json"),
    "labelstudio": ("Label Studio JSON, brush", "json", "application/json"),
    "yolo": ("YOLO segmentation (zip)", "zip", "application/zip"),
    "cvat": ("CVAT segmentation mask (zip)", "zip", "application/zip"),
    "npz": ("NPZ (NumPy)", "npz", "application/zip"),
    "svg": ("SVG outlines", "svg", "image/svg+xml"),
}
"""Title, ending and media type of everything that can be written."""

WRITERS = {"png": ("png", ""), "colours": ("png", "colours"), "cvat": ("archive", "")}
"""Module and style of the formats that are not called like their module."""

READERS = {"picture": "png", "npy": "npz"}
"""Module of the kinds that are not called like their module."""

PICTURE_MARKS = (b"RIFF", b"GIF8", b"BM", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+", b"\0\0\0\x0cjP", b"\xff\x4f\xff\x51")
"""How pictures begin that may hold a label map, or be refused with the reason: WebP, GIF, BMP, TIFF, JPEG 2000. AVIF and HEIF say so from the fifth byte on."""


def write(annotation: Annotation, kind: str, photo: str | None = None) -> bytes:
    """An annotation as a file.

    Parameters
    ----------
    annotation : Annotation
    kind : str
        A key of `FORMATS`.
    photo : str, optional
        The name of the photo's file, for formats that mention it; the annotation's own where it has one.

    Raises
    ------
    StudioError
        No such format.
    """
    if kind not in FORMATS:
        raise StudioError(f"There is no format {kind!r}.", f"Use one of: {', '.join(FORMATS)}.")
    module, _, style = kind.partition("-")
    module, style = WRITERS.get(kind, (module, style))
    return import_module(f".{module}", __name__).write(annotation.background_first(), photo or annotation.photo or "photo.jpg", style)


def read(
    data: bytes, name: str = "The file", shape: tuple[int, int] | None = None, picture: str | None = None, legend: bytes | None = None, kind: str | None = None
) -> Annotation:
    """An annotation from a file of any of the formats; what it is, is told by its content.

    Parameters
    ----------
    data : bytes-like
    name : str
        What errors call the file.
    shape : tuple of int, optional
        Size of the photo: which of several pictures of a file is meant, and the size where the file does not say it.
    picture : str, optional
        Name of the photo whose masks are wanted, where a file holds those of several.
    legend : bytes-like, optional
        Which colour is which class, see `colour_legend.read_legend`: for pictures of colours.
    kind : str, optional
        What `kind_of` found, for a caller that has asked it: of JSON it reads the whole file.

    Raises
    ------
    StudioError
        The file is none of these, is damaged, holds nothing that can be read, or is too large.
    """
    data = bytes(data)
    if len(data) > MAX_BYTES:
        raise StudioError(f"{name} is too large: {len(data) / 2**20:.0f} MB.", f"Files of up to {MAX_BYTES // 2**20} MB are read.")
    kind = kind or kind_of(data, name)
    module = import_module(f".{READERS.get(kind, kind)}", __name__)
    if legend is None:
        return module.read(data, name, shape, picture)
    if kind not in ("png", "picture"):
        raise StudioError(f"{name} is no picture, so a legend is of no use.", "Leave the legend out.")
    return module.read(data, name, shape, picture, bytes(legend))


def kind_of(data: bytes, name: str = "The file") -> str:
    """Which kind of file this is: "png", "picture", "coco", "labelme", "labelstudio", "yolo", "npz", "npy", "archive" or "svg". Raises StudioError where it is none."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        head = data[:1024].decode("utf-16", "ignore").encode().lstrip()
    else:
        head = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n")
    if data.startswith(b"\x89PNG"):
        return "png"
    if data.startswith(b"PK"):
        from .archive import holds_arrays

        return "npz" if holds_arrays(data) else "archive"
    if data.startswith(b"\x93NUMPY"):
        return "npy"
    if head.startswith(b"<"):
        return "svg"
    if head.startswith((b"{", b"[")):
        return _kind_of_json(data, name)
    if data.startswith(b"\xff\xd8"):
        raise StudioError(f"{name} is a photo, not a mask.", "A format that changes pixels to save space cannot hold labels. Use a PNG, or one of the other formats.")
    if data.startswith(PICTURE_MARKS) or data[4:8] == b"ftyp":
        return "picture"
    from .yolo import is_text

    if is_text(data):
        return "yolo"
    raise _unknown_format(data, name)


def _kind_of_json(data: bytes, name: str) -> str:
    from .labelstudio import is_export
    from .validation import load_json

    content = load_json(data, name)
    if isinstance(content, dict) and "shapes" in content:
        return "labelme"
    return "labelstudio" if is_export(content) else "coco"


def _unknown_format(data: bytes, name: str) -> StudioError:
    remedy = "Bring a label PNG, COCO JSON, LabelMe JSON, NPZ or SVG."
    if not data:
        return StudioError(f"{name} is empty.", remedy)
    if data.startswith(b"version https://git-lfs"):
        return StudioError(f"{name} is a pointer of Git LFS, not the file itself.", "Run “git lfs pull” where it comes from, and bring the file again.")
    known = {b"%PDF": "a PDF", b"\x1f\x8b": "packed with gzip", b"\x89HDF": "HDF5", b"MATLAB": "a MATLAB file", b"\x80": "a pickle, which could run a program", b"8BPS": "a Photoshop file", b"Rar!": "a RAR archive", b"7z": "a 7z archive"}
    what = next((words for mark, words in known.items() if data.startswith(mark)), "")
    return StudioError(f"{name} is no mask that is known here{': it is ' + what if what else ''}.", remedy)


def needs_pillow(data: bytes, kind: str) -> bool:
    """Whether pictures have to be decoded to read a file of this kind."""
    return kind in ("png", "picture", "archive") or kind in ("labelme", "labelstudio") and (b'"mask"' in data or b"imageData" in data)
