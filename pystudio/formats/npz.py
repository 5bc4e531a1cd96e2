"""Masks as NPZ: NumPy arrays in a zip; a single array (NPY) is read too. Nothing pickled is ever loaded, and nothing is unpacked before its size is known."""
from __future__ import annotations

import io
import math
import re
import zipfile
from dataclasses import dataclass, field

import numpy as np

from ..errors import StudioError
from ..image.label_image import two_values
from ..labels import VOID
from .annotation import MAX_NAMES, Annotation
from .unnamed_ids import annotation_from_ids
from .validation import MAX_PIXELS, check_size, plain_name
from .zip_file import open_zip

MAX_ARRAYS = 10_000
KEYS = ("mask", "masks", "label", "labels", "label_map", "ids", "segmentation", "arr_0")
"""Names of arrays that are a mask, the likeliest first."""

MASK_WORDS = {"mask", "masks", "label", "labels", "lbl", "gt", "truth", "ground", "seg", "segm", "segmentation", "annotation", "annotations", "annot", "target", "targets", "y", "class", "classes", "semantic", "ids"}
PHOTO_WORDS = {"image", "images", "img", "imgs", "x", "data", "photo", "picture", "rgb", "input", "inputs", "pixels"}
OURS = ("names", "things", "codes", "crowd", "photo")


@dataclass(frozen=True)
class _Array:
    """An array that is not unpacked yet."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype
    order: str = "C"
    member: zipfile.ZipInfo | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return f"{self.name[:30]} ({' × '.join(map(str, self.shape)) or 'one'} {self.dtype.name[:20]})"


def write(annotation: Annotation, photo: str, style: str) -> bytes:
    file = io.BytesIO()
    arrays = {"mask": annotation.ids, "names": np.array(annotation.names)}
    if annotation.things is not None:
        arrays["things"] = annotation.things
    if any(code is not None for code in annotation.codes):
        arrays["codes"] = np.array(["" if code is None else str(code) for code in annotation.codes])
    if annotation.crowd:
        arrays["crowd"] = np.array(sorted(annotation.crowd), np.int32)
    if photo:
        arrays["photo"] = np.array(photo)
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def read(data: bytes, name: str, shape: tuple[int, int] | None, picture: str | None = None) -> Annotation:
    if data.startswith(b"\x93NUMPY"):
        file = io.BytesIO(data)
        array = _header("array", file, None, name)
        _check_count(array, name)
        return _annotation(_mask(array, _values(array, file, name), name), {}, (), name)
    with open_zip(data, name, "NPZ file", "Save it again with numpy.savez_compressed.") as archive:
        arrays = _arrays(archive, name)
        chosen, notes = _choose(list(arrays.values()), name)
        values = _mask(chosen, _unpacked(archive, chosen, name), name)
        beside = {key: _unpacked(archive, arrays[key], name) for key in OURS if key in arrays and arrays[key] is not chosen and _small(arrays[key], values)}
    if "things" in arrays and "things" not in beside and arrays["things"] is not chosen:
        notes += ("The array “things” could not be used: it has another size than the mask.",)
    if "names" not in beside and 2.0 == _rank(chosen)[0] and values.dtype.kind in "iu":
        return _instances(values, notes, name)
    return _annotation(values, beside, notes, name)


# ---------------------------------------------------------------- headers and bytes
def _arrays(archive, name):
    members = [each for each in archive.infolist() if each.filename.endswith(".npy")]
    if len(members) > MAX_ARRAYS:
        raise StudioError(f"{name} holds {len(members)} arrays.", f"Bring a file with at most {MAX_ARRAYS}.")
    found = {}
    for each in members:
        with archive.open(each) as file:
            found[each.filename[:-4]] = _header(each.filename[:-4], file, each, name)
    return found


def _header(key, file, member, name):
    try:
        version = np.lib.format.read_magic(file)
        reader = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, by_columns, dtype = reader(file)
        if any(int(n) < 0 for n in shape):
            raise ValueError
    except (ValueError, TypeError, SyntaxError, OverflowError, RecursionError, MemoryError) as error:
        raise StudioError(f"{name} is damaged: one of its arrays cannot be read.", "Save it again with numpy.savez_compressed.") from error
    if dtype.hasobject:
        raise StudioError(f"{name} holds Python objects, which could run a program.", "Save plain numbers: an array of uint8.")
    return _Array(key, tuple(int(n) for n in shape), dtype, "F" if by_columns else "C", member)


def _check_count(array, name):
    count = math.prod(array.shape)
    if count > MAX_PIXELS or count * array.dtype.itemsize > 8 * MAX_PIXELS:
        raise StudioError(f"{name} holds an array of {count:,} numbers.", f"Masks of up to {MAX_PIXELS // 10**6} megapixels are read.")


def _unpacked(archive, array, name):
    _check_count(array, name)
    with archive.open(array.member) as file:
        _header(array.name, file, array.member, name)
        return _values(array, file, name)


def _values(array, file, name):
    wanted = math.prod(array.shape) * array.dtype.itemsize
    raw = file.read(wanted + 1)  # no more than it said, whatever the zip holds
    if len(raw) != wanted:
        raise StudioError(f"{name} is damaged: an array has more or fewer bytes than it says.", "Save it again with numpy.savez_compressed.")
    if not array.dtype.itemsize:
        return np.zeros(array.shape, array.dtype)
    return np.frombuffer(raw, array.dtype).reshape(array.shape, order=array.order)


# ---------------------------------------------------------------- which array, and what it means
def _choose(arrays, name):
    """The array that is the mask, and what to tell of the choice."""
    flat = [each for each in arrays if len([n for n in each.shape if n != 1]) == 2 or len(each.shape) == 2 or (len(each.shape) == 3 and _rank(each)[0] < 3)]
    candidates = sorted((each for each in flat if each.name not in OURS and _rank(each)[0] < 5), key=_rank)
    if not candidates:
        there = ", ".join(map(str, arrays[:6])) + (" …" if len(arrays) > 6 else "") or "nothing"
        if {each.name for each in arrays} >= {"data", "indices", "indptr", "shape"}:
            raise StudioError(f"{name} holds a sparse matrix of SciPy.", "Save a label map: numpy.savez_compressed(file, mask=matrix.toarray()).")
        raise StudioError(f"{name} holds no array of rows and columns that may be a mask: {there}.", "Save a label map: numpy.savez_compressed(file, mask=mask).")
    chosen = candidates[0]
    others = [each for each in candidates[1:] if each.dtype.kind in "iub"]
    notes = (f"Of {len(others) + 1} arrays that may be the mask, {chosen.name[:30]} was taken; others are {', '.join(each.name[:30] for each in others[:5])}.",) if others and chosen.name != "mask" else ()
    return chosen, notes


def _rank(array):
    """Smaller is likelier: by its name, then whole numbers before fractions, then two sides before three."""
    words = set(re.findall(r"[a-z]+", array.name.lower()))
    if array.name.lower() in KEYS:
        by_name = 0 + KEYS.index(array.name.lower()) / 10
    else:
        by_name = 1.0 if words & MASK_WORDS else 5.0 if words & PHOTO_WORDS else 2.0 if words & {"instances", "instance", "things"} else 3.0
    return by_name, array.dtype.kind not in "iub", len(array.shape) != 2


def _mask(array, values, name):
    """Rows and columns of whole numbers, or a sentence about what it is instead."""
    if values.ndim > 2:
        values = _flattened(array, values, name)
    if values.ndim != 2:
        raise StudioError(f"{name} holds no array of rows and columns: {array}.", "Save a label map: numpy.savez_compressed(file, mask=mask).")
    check_size(values.shape, name)
    if values.dtype.kind == "f" and set(np.unique(values[:1]).tolist()) <= {0.0, 1.0, 255.0}:
        distinct = np.unique(values).tolist()
        if len(distinct) == 2 and distinct[0] == 0 and distinct[1] in (1, 255):
            return values != 0
    if values.dtype.kind not in "iub":
        remedy = "Say from where on it is the thing: mask > 0.5." if values.dtype.kind == "f" else "Save the label map as uint8."
        raise StudioError(f"{name} holds {values.dtype}, not whole numbers.", remedy)
    return values


def _flattened(array, values, name):
    whole = tuple(n for n in values.shape if n != 1)
    if len(whole) <= 2:
        sides = values.shape[:1] + values.shape[1:2] if values.shape[2:] == (1,) * (values.ndim - 2) else values.shape[-2:]
        return values.reshape(sides) if math.prod(sides) == values.size else values.reshape(whole)
    if values.ndim == 3 and values.dtype.kind in "iub":
        if values.shape[2] in (3, 4) and (values[..., :1] == values[..., :3]).all():
            return values[..., 0]  # a grey picture saved as a colour one
        for axis in (2, 0):
            if values.max(initial=0) <= 1 and (values.sum(axis=axis) == 1).all():
                raise StudioError(f"{name} holds a one-hot array: {array}, one layer for every class.", f"Save the ids: numpy.savez_compressed(file, mask=array.argmax({axis})).")
        if values.shape[2] in (3, 4):
            raise StudioError(f"{name} holds colours, not classes: {array}.", "Save the ids of the classes, one number for every pixel.")
    raise StudioError(f"{name} holds no array of rows and columns but several layers: {array}.", "Save a label map of one layer: numpy.savez_compressed(file, mask=mask).")


# ---------------------------------------------------------------- names and things
def _small(array, values):
    return array.name == "things" and array.shape == values.shape or array.name != "things" and math.prod(array.shape) <= 10**6 and len(array.shape) <= 1


def _annotation(values, beside, notes, name):
    given = _names(beside.get("names"))
    notes += ("The names in the file could not be used: they are no list of texts.",) if "names" in beside and given is None else ()
    thing = two_values(values, 1) if given is None else None
    if thing is not None and (values.dtype == bool or not 1 < values.max() < 21):
        return Annotation(thing[0].astype(np.uint8), ("background", "thing"), notes=notes + (thing[1],))
    annotation = annotation_from_ids(values, name) if given is None else _ids(values, given, name)
    things, lost = _things(beside.get("things"), annotation.ids)
    crowd, photo = beside.get("crowd"), beside.get("photo")
    numbers = frozenset(crowd.tolist()) if crowd is not None and crowd.dtype.kind in "iu" and things is not None else frozenset()
    file = str(photo)[:1000] if photo is not None and photo.dtype.kind == "U" and photo.ndim == 0 else ""
    return Annotation(annotation.ids, annotation.names, things, notes + annotation.notes + lost, _codes(beside.get("codes"), annotation.names), numbers, file).background_first()


def _instances(values, notes, name):
    """An array that numbers things and says nothing of classes."""
    if values.size and (values.min() < 0 or values.max() >= 2**31):
        raise StudioError(f"{name} holds numbers from {values.min()} to {values.max()}.", "Things are numbers from 0 on.")
    told = "The file numbers things and names no classes: all are of the class “thing”."
    return Annotation((values > 0).astype(np.uint8), ("background", "thing"), np.ascontiguousarray(values, np.int32), notes + (told,))


def _names(names):
    if names is None or names.ndim != 1 or not names.size or names.dtype.kind not in "US":
        return None
    return [each.decode("utf-8", "replace") if isinstance(each, bytes) else each for each in names.tolist()]


def _ids(values, given, name):
    """Ids with names; there may be more names than ids, and too few are made up."""
    if values.size and (values.min() < 0 or values.max() > 255):
        raise StudioError(f"{name} holds numbers from {values.min()} to {values.max()}.", "Classes are numbers from 0 to 255.")
    ids = np.ascontiguousarray(values, np.uint8)
    most, notes, names = int(ids[ids != VOID].max(initial=0)) + 1, (), []
    for each in given[:MAX_NAMES]:
        plain, n = plain_name(each), 2
        wanted = plain
        while wanted in names:
            wanted, n = f"{plain[:50]} ({n})", n + 1
        names.append(wanted)
    if len(given) > MAX_NAMES:
        notes += (f"The file has {len(given)} names; the last {len(given) - MAX_NAMES} cannot be classes of it and were left out.",)
    if most > len(names):
        notes += (f"The file has {len(names)} names; classes from {len(names)} on are called by their number.",)
    return Annotation(ids, tuple(names + [f"class {k}" for k in range(len(names), most)]), notes=notes)


def _things(things, ids):
    if things is None:
        return None, ()
    if things.shape != ids.shape or things.dtype.kind not in "iu" or things.min(initial=0) < 0 or things.max(initial=0) >= 2**31:
        return None, ("The array “things” could not be used: it needs a number from 0 on for every pixel.",)
    return np.ascontiguousarray(things, np.int32), ()


def _codes(codes, names):
    if codes is None or codes.ndim != 1 or codes.dtype.kind != "U" or len(codes) != len(names):
        return ()
    return tuple(None if not each else int(each) if each.lstrip("-").isdigit() and len(each) < 18 else each for each in codes.tolist())

