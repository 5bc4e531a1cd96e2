"""Masks as NPZ: NumPy arrays in a zip. Nothing pickled is ever loaded, and nothing is unpacked before its size is known."""
from __future__ import annotations

import io
import zipfile
import zlib

import numpy as np

from ..errors import StudioError
from ..labels import VOC, VOID
from .annotation import MAX_NAMES, MAX_PIXELS, Annotation, check_size, plain_name

MAX_ARRAYS = 20
KEYS = ("mask", "labels", "label_map", "ids", "segmentation", "arr_0")


def write(annotation: Annotation, photo: str, style: str) -> bytes:
    file = io.BytesIO()
    arrays = {"mask": annotation.ids, "names": np.array(annotation.names)}
    if annotation.things is not None:
        arrays["things"] = annotation.things
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def read(data: bytes, name: str, shape: tuple[int, int] | None) -> Annotation:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            arrays = _arrays(archive, name)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise StudioError(f"{name} is damaged: it is not a whole NPZ file.", "Save it again with numpy.savez_compressed.") from error
    key = next((key for key in KEYS if key in arrays and arrays[key].ndim == 2), None) or next((key for key, array in arrays.items() if array.ndim == 2), None)
    if key is None:
        raise StudioError(f"{name} holds no array of rows and columns.", "Save a label map: numpy.savez_compressed(file, mask=mask).")
    ids = _ids(arrays[key], name)
    names = _names(arrays.get("names"), ids)
    things = arrays.get("things")
    kept = things.astype(np.int32) if things is not None and things.shape == ids.shape and things.dtype.kind in "iu" and 0 <= things.min() and things.max() < 2**31 else None
    return Annotation(ids, names, kept)


def _arrays(archive, name):
    members = [each for each in archive.infolist() if each.filename.endswith(".npy")]
    if len(members) > MAX_ARRAYS:
        raise StudioError(f"{name} holds {len(members)} arrays.", f"Bring a file with at most {MAX_ARRAYS}.")
    return {each.filename[:-4]: _array(archive, each, name) for each in members}


def _array(archive, member, name):
    with archive.open(member) as file:
        try:
            version = np.lib.format.read_magic(file)
            reader = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            shape, by_columns, dtype = reader(file)
        except (ValueError, TypeError, SyntaxError) as error:
            raise StudioError(f"{name} is damaged: one of its arrays cannot be read.", "Save it again with numpy.savez_compressed.") from error
        if dtype.hasobject:
            raise StudioError(f"{name} holds Python objects, which could run a program.", "Save plain numbers: an array of uint8.")
        count = 1
        for n in shape:
            count *= int(n)
        if count > MAX_PIXELS or count * dtype.itemsize > 8 * MAX_PIXELS:
            raise StudioError(f"{name} holds an array of {count:,} numbers.", f"Masks of up to {MAX_PIXELS // 10**6} megapixels are read.")
        raw = file.read(count * dtype.itemsize + 1)  # no more than it said, whatever the zip holds
    if len(raw) != count * dtype.itemsize:
        raise StudioError(f"{name} is damaged: an array has more or fewer bytes than it says.", "Save it again with numpy.savez_compressed.")
    return np.frombuffer(raw, dtype).reshape(shape, order="F" if by_columns else "C")


def _ids(array, name):
    check_size(array.shape, name)
    if array.dtype.kind not in "iub":
        raise StudioError(f"{name} holds {array.dtype}, not whole numbers.", "Save the label map as uint8.")
    if array.min() < 0 or array.max() > 255:
        raise StudioError(f"{name} holds numbers from {array.min()} to {array.max()}.", "Classes are numbers from 0 to 255.")
    return np.ascontiguousarray(array, np.uint8)


def _names(names, ids):
    most = int(ids[ids != VOID].max(initial=0)) + 1
    given = [plain_name(each) for each in names.tolist()][:MAX_NAMES] if names is not None and names.ndim == 1 and names.dtype.kind == "U" else list(VOC.names)
    return tuple(given + [f"class {k}" for k in range(len(given), most)])
