"""Picture files: opening and decoding them, with words for everything that can be wrong. What their pixels mean is known in the package itself and in `label_image`."""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import ImageError
from .signatures import unsupported_format

MAX_PIXELS = 200_000_000
"""Pictures with more pixels than this are refused before they are decoded."""

Source = str | os.PathLike | bytes | bytearray | memoryview
"""Where a picture comes from: the path of a file, or what the file holds."""

# Pillow reads many more, some of them with the help of other programs (Ghostscript for EPS): not for untrusted files.
# Those that it knows without looking for plug-ins come first.
FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "AVIF", "DIB", "ICO", "JPEG2000", "TIFF", "WEBP", "TGA")


@contextmanager
def opened(source: Source, name: str | None = None) -> Iterator[tuple]:
    """Yield (picture, name), the pixels not yet decoded."""
    from PIL import Image, UnidentifiedImageError

    data, name = contents(source, name)
    data = _ended(data)
    with warnings.catch_warnings(), _our_limit():
        warnings.simplefilter("ignore")  # Pillow's warnings are for its programmer, not for the person
        try:
            picture = Image.open(io.BytesIO(data), formats=FORMATS)
        except UnidentifiedImageError:
            raise _unreadable(data, name) from None
        except MemoryError:
            raise
        except Exception as error:  # decoders raise whatever the damaged bytes lead them to
            raise _damaged(name) from error
        with picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise ImageError(
                    f"{name} has {picture.width} × {picture.height} pixels; more than {MAX_PIXELS // 10**6} million are not read.",
                    "Make it smaller first.",
                )
            if picture.width < 1 or picture.height < 1:
                raise ImageError(f"{name} has no pixels.", "Choose another picture.")
            yield picture, name


def _ended(data: bytes) -> bytes:
    """A JPEG of which only the mark at the end is missing, with it; anything else as it is.

    Whether pixels are missing too is told by decoding it with two different continuations: what is all there does not change.
    """
    if not data.startswith(b"\xff\xd8\xff") or data.rfind(b"\xff\xd9") > data.rfind(b"\xff\xda"):
        return data
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            seen = [Image.open(io.BytesIO(data + more + b"\xff\xd9"), formats=("JPEG",)) for more in (b"", b"\x2a\x51\xa7" * 40)]
            if seen[0].width * seen[0].height <= MAX_PIXELS and seen[0].tobytes() == seen[1].tobytes():
                return data + b"\xff\xd9"
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - it will be told as damaged when it is opened
        pass
    return data


@contextmanager
def _our_limit() -> Iterator[None]:
    from PIL import Image

    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None  # `MAX_PIXELS` is checked here, in a sentence
    try:
        yield
    finally:
        Image.MAX_IMAGE_PIXELS = limit


def contents(source: Source, name: str | None = None) -> tuple[bytes, str]:
    """The bytes of a file, and what errors call it. Raises ImageError where it is missing or empty."""
    if isinstance(source, (bytes, bytearray, memoryview)):
        data, name = bytes(source), name or "This file"
    else:
        name = os.path.basename(os.fspath(source)) or str(source)
        try:
            with open(source, "rb") as file:
                data = file.read()
        except FileNotFoundError:
            raise ImageError(f"There is no file “{os.fspath(source)}”.", "Check the name and the folder.") from None
        except OSError as error:
            raise ImageError(f"{name} cannot be opened: {error.strerror}.", "Choose a picture file.") from None
    if not data:
        raise ImageError(f"{name} is empty: it has zero bytes.", "Choose another picture, or fetch this one again.")
    return data, name


def _unreadable(data: bytes, name: str) -> ImageError:
    head = bytes(data[:1024]).lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<svg", b"<?xml", b"<!doctype svg")) and b"<svg" in data[:65536].lower():
        return ImageError(
            f"{name} is an SVG drawing, which has no pixels and cannot be read on the desktop.",
            "Open it in the studio's page, or export it as PNG.",
        )
    if known := unsupported_format(data, name):
        return known
    signatures = (b"\x89png\r\n", b"\xff\xd8\xff", b"gif8", b"bm", b"ii*\0", b"mm\0*")
    if head.startswith(signatures) or (head.startswith(b"riff") and head[8:12] == b"webp") or head[4:12] == b"ftypavif":
        return _damaged(name)
    return ImageError(f"{name} is not a picture that can be read.", "Choose a JPEG, PNG, WebP, GIF, TIFF or BMP file.")


def _damaged(name: str) -> ImageError:
    return ImageError(f"{name} is damaged or cut short: its pixels cannot all be read.", "Fetch or save it again.")


def decode(picture, name: str) -> None:
    """Load the pixels of an opened picture. Raises ImageError where it is damaged."""
    try:
        picture.load()
    except MemoryError:
        raise
    except Exception as error:  # as above
        raise _damaged(name) from error


def orientation_of(picture) -> int:
    """The EXIF orientation, 1 to 8; damaged EXIF tells nothing, which is 1."""
    from PIL import Image

    try:
        # The general method: PNG's own would decode the pixels in search of notes behind them.
        orientation = Image.Image.getexif(picture).get(0x0112, 1)
    except Exception:  # noqa: BLE001 - the camera's notes are broken, the picture is not
        return 1
    return orientation if orientation in range(1, 9) else 1


def oriented(picture, orientation: int):
    """The picture as a person sees it, for an EXIF orientation 1 to 8."""
    from PIL.Image import Transpose

    turn = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }.get(orientation)
    return picture if turn is None else picture.transpose(turn)
