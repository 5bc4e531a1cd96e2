"""The file of a head: an NPZ of a few small arrays, below 100 kB. Nothing pickled is ever loaded, and nothing is unpacked before its size is known."""

from __future__ import annotations

import io
import json
import math
import zipfile

import numpy as np

from ..errors import StudioError
from ..formats.zip_file import open_zip
from ..labels import LabelSet
from .head import MAX_HIDDEN, Head, class_set
from .strokes import MAX_CLASSES

__all__ = ["MAX_BYTES", "FORMAT", "read_head", "write_head"]

FORMAT = 1
"""Of the files that are written; a file of a higher one comes from a newer PyStudio."""

MAX_BYTES = 400_000
"""Larger files are no heads: those that are written have less than 100 kB."""

_MAX_FEATURES = 4096
_MAX_ABOUT = 20_000
_REMEDY = "Open the file again as it was saved, or teach the classes again."
_PAST = (1980, 1, 1, 0, 0, 0)  # the first day that a zip can name: the same head gives the same bytes


def write_head(head: Head) -> bytes:
    """A head as a file.

    Parameters
    ----------
    head : Head

    Returns
    -------
    npz : bytes
        The same for the same head.
    """
    about = {
        "format": FORMAT, "program": "PyStudio head", "network": head.network, "version": head.version, "stages": list(head.stages),
        "classes": [{"name": name, "colour": colour.tolist(), "taught": bool(taught)} for name, colour, taught in zip(head.labels.names, head.labels.colours, head.taught)],
        "temperature": float(head.temperature),
    }  # fmt: skip
    arrays = {"about": np.frombuffer(json.dumps(about, ensure_ascii=False).encode(), np.uint8), "mean": head.mean, "scale": head.scale}
    for place, (weights, bias) in enumerate(head.layers):
        arrays |= {f"weights{place}": weights, f"bias{place}": bias}
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, np.ascontiguousarray(array), version=(1, 0), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy", _PAST), member.getvalue(), zipfile.ZIP_DEFLATED)
    return file.getvalue()


def read_head(data: bytes, name: str = "This file") -> Head:
    """The head in a file.

    Parameters
    ----------
    data : bytes
        What the file holds; it may come from anybody.
    name : str
        What errors call it.

    Returns
    -------
    Head

    Raises
    ------
    StudioError
        It is not the file of a head, damaged, or of a newer PyStudio. Whether its network is the one that is there is told where it is used.
    """
    if len(data) > MAX_BYTES:
        raise StudioError(f"{name} has {len(data) / 1000:,.0f} kB, which no head has.", "Choose a file that “teach” has written.")
    if not data.startswith(b"PK"):
        raise StudioError(f"{name} is not the file of a head.", "Choose a file (.npz) that “teach” has written.")
    with open_zip(data, name, "file of a head", _REMEDY) as archive:
        if "about.npy" not in archive.namelist():
            raise StudioError(f"{name} is not the file of a head.", "Choose a file (.npz) that “teach” has written.")
        about = _about(_array(archive, "about", "|u1", (None,), name), name)
        labels, taught = _classes(about, name)
        n_layers = 2 if "weights1.npy" in archive.namelist() else 1
        mean, scale = (_array(archive, key, "<f4", (None,), name) for key in ("mean", "scale"))
        layers, into = [], len(mean)
        for place in range(n_layers):
            weights = _array(archive, f"weights{place}", "<f4", (None, into), name)
            layers.append((weights, _array(archive, f"bias{place}", "<f4", (len(weights),), name)))
            into = len(weights)
    hidden = len(layers[0][1]) if n_layers > 1 else 0
    if into != len(labels) or scale.shape != mean.shape or not (scale > 0).all() or hidden > MAX_HIDDEN:
        raise _damaged(name)
    stages = about["stages"]
    return Head(about["network"], about["version"], tuple(stages), labels, mean, scale, tuple(layers), float(about["temperature"]), taught)


def _damaged(name: str) -> StudioError:
    return StudioError(f"{name} is damaged: it is not the whole file of a head.", _REMEDY)


def _array(archive: zipfile.ZipFile, key: str, dtype: str, shape: tuple[int | None, ...], name: str) -> np.ndarray:
    """An array of a type and a shape (None: any side up to `_MAX_FEATURES`); all its numbers are finite."""
    with archive.open(f"{key}.npy") as file:
        try:
            if np.lib.format.read_magic(file) != (1, 0):
                raise ValueError
            found, by_columns, kind = np.lib.format.read_array_header_1_0(file)
        except (ValueError, TypeError, SyntaxError, OverflowError, RecursionError, MemoryError):
            raise _damaged(name) from None
        most = _MAX_ABOUT if key == "about" else _MAX_FEATURES
        fits = len(found) == len(shape) and all(0 < side <= most and wanted in (None, side) for side, wanted in zip(found, shape))
        if not fits or by_columns and len(found) > 1 or kind.str != dtype:
            raise _damaged(name)
        size = math.prod(found) * kind.itemsize
        raw = file.read(size + 1)  # no more than it said, whatever the zip holds
    if len(raw) != size:
        raise _damaged(name)
    array = np.frombuffer(raw, kind).reshape(found)
    if not np.isfinite(array).all():
        raise _damaged(name)
    return array


def _about(raw: np.ndarray, name: str) -> dict:
    try:
        about = json.loads(raw.tobytes().decode("utf-8"))
    except (ValueError, RecursionError):
        raise _damaged(name) from None
    if not isinstance(about, dict) or about.get("program") != "PyStudio head" or not isinstance(about.get("format"), int):
        raise StudioError(f"{name} is not the file of a head.", "Choose a file (.npz) that “teach” has written.")
    if about["format"] > FORMAT:
        raise StudioError(f"{name} was saved by a newer PyStudio (format {about['format']}; this one reads up to {FORMAT}).", "Open it with a newer version, or teach the classes again.")
    texts = [about.get("network"), about.get("version"), *(about["stages"] if isinstance(about.get("stages"), list) else [None])]
    temperature = about.get("temperature")
    if not all(isinstance(text, str) and 0 < len(text) <= 60 for text in texts) or len(texts) < 3 or not isinstance(temperature, (int, float)) or not 0.01 <= temperature <= 100:
        raise _damaged(name)
    return about


def _classes(about: dict, name: str) -> tuple[LabelSet, np.ndarray]:
    listed = about.get("classes")
    if not isinstance(listed, list) or not 2 <= len(listed) <= MAX_CLASSES or not all(isinstance(each, dict) for each in listed):
        raise _damaged(name)
    colours = [each.get("colour") for each in listed]
    whole = all(isinstance(each, list) and len(each) == 3 and all(type(part) is int and 0 <= part <= 255 for part in each) for each in colours)
    if not whole or not all(isinstance(each.get("name"), str) for each in listed):
        raise _damaged(name)
    try:
        labels = class_set([each["name"] for each in listed], colours)
    except StudioError:
        raise _damaged(name) from None
    return labels, np.array([each.get("taught") is not False for each in listed])
