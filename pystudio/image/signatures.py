"""Signatures of files that are no picture that can be read: what they are instead, by their first bytes."""

from __future__ import annotations

from ..errors import ImageError

__all__ = ["unsupported_format"]

RAW_ENDINGS = (".nef", ".cr2", ".cr3", ".dng", ".arw", ".orf", ".rw2", ".raf", ".pef", ".srw")
HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")
MARKS = (
    (b"%PDF", "a PDF"), (b"8BPS", "a Photoshop file"), (b"PK\x03\x04", "a zip"), (b"\x1f\x8b", "packed with gzip"), (b"\xff\x0a", "a JPEG XL"), (b"\x00\x00\x00\x0cJXL ", "a JPEG XL"),
    (b"<!doctype html", "a web page"), (b"<html", "a web page"), (b"%!ps", "PostScript"), (b"\x93NUMPY", "an array of NumPy"), (b"SIMPLE  =", "a FITS picture"),
)  # fmt: skip


def unsupported_format(data: bytes, name: str) -> ImageError | None:
    """What to tell of a file that Pillow does not know; None where it is one of the usual pictures, and damaged."""
    lower = data[:32].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if data.startswith(b"version https://git-lfs"):
        return ImageError(f"{name} is not a picture but a pointer of Git LFS to one.", "Run “git lfs pull” where it comes from, and bring the file again.")
    if data[4:8] == b"ftyp" and data[8:12] in HEIF_BRANDS:
        return ImageError(f"{name} is a HEIC photo, not a picture that can be read here.", "Save it as JPEG: on an iPhone, Settings, Camera, Formats, “Most Compatible”; or export it from the photo program.")
    if name.lower().endswith(RAW_ENDINGS) or data[8:10] == b"CR" or data.startswith(b"FUJIFILMCCD-RAW"):
        return ImageError(f"{name} is a raw photo of a camera, not a picture that can be read here.", "Export it as JPEG or TIFF from the program of the camera.")
    for mark, what in MARKS:
        if lower.startswith(mark.lower()):
            return ImageError(f"{name} is {what}, not a picture that can be read.", "Choose a JPEG, PNG, WebP, GIF, TIFF or BMP file.")
    if data[:4] in (b"II*\0", b"MM\0*"):
        return _tiff(data, name)
    return None


def _tiff(data: bytes, name: str) -> ImageError | None:
    """A TIFF whose pixels are all there is one of a kind that is not read; else None.

    References
    ----------
    .. [1] "TIFF Revision 6.0", Adobe, 1992, section 2: "TIFF Structure", and the tags 258, 273, 277, 279 and 339.
    """
    order = "little" if data[:2] == b"II" else "big"
    number = lambda at, size: int.from_bytes(data[at : at + size], order)
    tags = {}
    start = number(4, 4)
    for k in range(min(number(start, 2), 200)):
        at = start + 2 + 12 * k
        kind, count = number(at + 2, 2), number(at + 4, 4)
        size = {1: 1, 3: 2, 4: 4}.get(kind)
        if size and count < 10**6:
            place = at + 8 if size * count <= 4 else number(at + 8, 4)
            tags[number(at, 2)] = [number(place + size * n, size) for n in range(count)]
    starts, lengths = tags.get(273, tags.get(324, [])), tags.get(279, tags.get(325, []))
    if not starts or len(starts) != len(lengths) or any(place + length > len(data) for place, length in zip(starts, lengths)):
        return None
    bands, bits, form = tags.get(277, [1])[0], tags.get(258, [1])[0], {2: "signed", 3: "floating-point"}.get(tags.get(339, [1])[0], "whole")
    return ImageError(f"{name} is a TIFF of a kind that is not read here: {bands} bands of {bits} bits ({form} numbers).", "Save it as RGB or grey, with 8 or 16 bits.")
