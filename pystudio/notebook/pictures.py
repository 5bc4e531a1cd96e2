"""Arrays to pictures: colours, grey, masks, label maps, maps of numbers. Each becomes pixels, words and a legend; nothing is drawn here."""
from __future__ import annotations

from typing import Any

import numpy as np

from ..labels import VOC, VOID
from ..segment._boundaries import find_boundaries
from . import pillow
from .errors import CellError

__all__ = ["KINDS", "picture"]

KINDS = ("colour", "grey", "mask", "labels", "map")
MAX_PIXELS = 1_500_000  # of a picture on a page: a screen has hardly more
MAX_NAMES = 24  # in a legend
_OUTSIDE = np.array([20, 28, 34])
_INSIDE = np.array([0, 150, 140])
_VOID = np.array([150, 150, 150])
# From dark to light, so that it can be read without its colours; positions 0, ¼, ½, ¾, 1.
_SCALE = np.array([[24, 22, 68], [32, 88, 132], [42, 152, 134], [150, 204, 96], [252, 238, 150]], float)


def picture(array: Any, *, photo: np.ndarray | None = None, title: str | None = None, kind: str | None = None, over: Any = None) -> dict[str, Any]:
    """An array as a picture.

    Parameters
    ----------
    array : array_like or PIL.Image.Image
        (M, N, 3) or (M, N, 4), uint8 or float from 0 to 1: colours. (M, N) of bool: a mask. (M, N) of whole numbers that
        are all classes (0 to 20, or 255): a label map. (M, N) of other uint8: grey. Any other (M, N): a map of numbers with a scale.
    photo : (M, N, 3) array of uint8, optional
        A mask of its size is shown on it.
    title : str, optional
    kind : {"colour", "grey", "mask", "labels", "map"}, optional
        Where the guess would be wrong.
    over : (M, N, 3) array of uint8, optional
        A photo under a label map or mask.

    Returns
    -------
    picture : dict
        ``kind`` "picture", ``rows``, ``columns``, ``pixels`` (RGBA, flat uint8), ``title``, ``note``, ``alt``,
        ``legend`` ([{name, colour, share}]), ``scale`` ({low, high, colours} or None).

    Raises
    ------
    CellError
        For an array that is no picture, with the way to make one of it.

    Examples
    --------
    >>> drawn = picture(np.array([[True, False]]))
    >>> drawn["rows"], drawn["columns"], drawn["alt"]
    (1, 2, 'A mask of 1 × 2 pixels: 50 % of them belong to it.')
    """
    if pillow.is_image(array):
        array, kind = pillow.as_array(array), kind or pillow.kind_of(array)
    array = _array(array)
    kind = _kind(array, kind)
    shape = array.shape[:2]
    array, step = _thinned(array)
    under = _under(over, kind, shape)
    if under is None and kind == "mask" and photo is not None and photo.shape[:2] == shape:
        under = photo
    under = None if under is None else under[::step, ::step]
    drawn = {"legend": [], "scale": None, "note": ""} | _DRAW[kind](array, under)
    rgb = drawn.pop("rgb")
    note = " ".join(filter(None, [drawn["note"], f"Only one pixel in {step} is drawn, down and across." if step > 1 else ""]))
    rgba = rgb if rgb.shape[2] == 4 else np.dstack([rgb, np.full(rgb.shape[:2], 255, np.uint8)])
    alt = f"{_WHAT[kind]} of {shape[0]} × {shape[1]} pixels{drawn.pop('words')}."
    return {"kind": "picture", "rows": rgb.shape[0], "columns": rgb.shape[1], "pixels": np.ascontiguousarray(rgba, np.uint8).ravel(),
            "title": None if title is None else str(title)[:200], "alt": alt} | drawn | {"note": note}


_WHAT = {"colour": "A colour picture", "grey": "A grey picture", "mask": "A mask", "labels": "A label map", "map": "A map of numbers"}


def _array(value):
    if value is None:
        raise CellError("There is nothing to show: this is `None`.", "A function without `return` gives `None`.")
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise CellError("These are not the rows of a picture.", "All rows have to be equally long.") from error
    if array.dtype.kind not in "buif":
        raise CellError(f"This cannot be shown as a picture: it is of the kind `{type(value).__name__}`.", "Use `print` to see it.")
    if array.size == 0:
        raise CellError(f"This array of shape {array.shape} is empty.", "Look at the slice or condition that made it.")
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[..., 0]
    if array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (3, 4)):
        return array
    raise CellError(f"An array of shape {array.shape} is no picture.", _way(array))


def _way(array):
    if array.ndim == 3:
        what = "the scores of a class, such as `logits[8]`" if array.shape[0] == len(VOC) else "one layer of it, such as `array[0]`"
        return f"A picture is (rows, columns) or (rows, columns, 3). Show {what}."
    if array.ndim == 1:
        return "Use `plot` for a row of numbers, or give it a shape: `array.reshape(rows, columns)`."
    return "A picture is (rows, columns) or (rows, columns, 3)."


def _kind(array, kind):
    if kind is not None and kind not in KINDS:
        raise CellError(f"`kind` cannot be {kind!r}.", f"Use one of {', '.join(KINDS)}.")
    if array.ndim == 3:
        if kind not in (None, "colour"):
            raise CellError(f"An array with {array.shape[2]} colours cannot be shown as {kind}.", "Take one of them: `array[..., 0]`.")
        return "colour"
    if kind == "colour":
        raise CellError("A colour picture has the shape (rows, columns, 3).", "Use kind=\"grey\".")
    return kind or _guess(array)


def _guess(array):
    if array.dtype == bool:
        return "mask"
    if array.dtype.kind in "ui" and ((array >= 0) & ((array < len(VOC)) | (array == VOID))).all():
        return "labels"
    return "grey" if array.dtype == np.uint8 else "map"


def _thinned(array):
    step = max(1, int(np.ceil(np.sqrt(array.shape[0] * array.shape[1] / MAX_PIXELS))))
    return array[::step, ::step], step


def _under(over, kind, shape):
    if over is None:
        return None
    if kind not in ("mask", "labels"):
        raise CellError("Only a mask or a label map can be laid over a photo.", "Leave `over` out.")
    under = _array(over)
    if under.ndim != 3 or under.shape[:2] != shape:
        raise CellError(f"The photo of shape {under.shape} and the mask of shape {shape} do not fit.", "Both need the same rows and columns.")
    return _colours(under[..., :3])[0]


def _draw_colour(array, under):
    rgb, note = _colours(array)
    return {"rgb": rgb, "note": note, "words": ""}


def _colours(array):
    """uint8 colours, and a remark where the range had to be guessed."""
    if array.dtype == np.uint8:
        return array, ""
    values = np.nan_to_num(array.astype(np.float32), nan=0, posinf=np.inf, neginf=-np.inf)
    low, high = float(values.min()), float(values.max())
    whole = array.dtype.kind in "uib" and array.dtype != bool or high > 1.5
    top = 255 if whole else 1
    note = f"Its values go from {low:.3g} to {high:.3g}; what lies outside 0 to {top} is drawn as the nearest." if low < 0 or high > top else ""
    return (np.clip(values / top, 0, 1) * 255 + 0.5).astype(np.uint8), note


def _draw_grey(array, under):
    grey, note = _colours(array)
    return {"rgb": np.repeat(grey[..., None], 3, axis=2), "note": note, "words": ""}


def _draw_mask(array, under):
    inside = array.astype(bool)
    share = float(inside.mean())
    if under is None:
        rgb = np.where(inside[..., None], np.uint8(255), np.uint8(24)) * np.ones(3, np.uint8)
    else:
        grey = under.mean(axis=2, keepdims=True)
        rgb = np.where(inside[..., None], 0.7 * under + 0.3 * _INSIDE, 0.3 * grey + 0.7 * _OUTSIDE)
        rgb[find_boundaries(inside)] = 255
    return {"rgb": rgb.astype(np.uint8), "words": f": {_percent(share)} of them belong to it"}


def _draw_labels(array, under):
    ids, place, counts = np.unique(array, return_inverse=True, return_counts=True)
    known = bool(((ids >= 0) & ((ids < len(VOC)) | (ids == VOID))).all())
    colours = np.array([_colour(int(label), known) for label in ids], np.uint8)
    rgb = colours[place.reshape(array.shape)]
    if under is not None:
        rgb = (0.4 * under + 0.6 * rgb).astype(np.uint8)
    order = np.argsort(-counts, kind="stable")[:MAX_NAMES]
    legend = [{"name": _name(int(ids[i]), known), "colour": colours[i].tolist(), "share": float(counts[i] / array.size)} for i in order]
    words = ", ".join(f"{each['name']} {_percent(each['share'])}" for each in legend[:6])
    note = f"{len(ids)} labels; the {MAX_NAMES} largest are named." if len(ids) > MAX_NAMES else ""
    return {"rgb": rgb, "legend": legend, "note": note, "words": f": {words}"}


def _name(label, known):
    return ("not judged" if label == VOID else VOC.names[label]) if known else str(label)


def _colour(label, known):
    if known:
        return _VOID if label == VOID else VOC.colours[label]
    mixed = (label * 2654435761) & 0xFFFFFF  # Knuth's multiplicative hash: neighbours look unlike
    return [64 + (mixed >> shift & 255) * 3 // 5 for shift in (16, 8, 0)]


def _draw_map(array, under):
    values = array.astype(np.float64)
    finite = np.isfinite(values)
    low, high = (float(values[finite].min()), float(values[finite].max())) if finite.any() else (0.0, 0.0)
    at = np.where(finite, (values - low) / ((high - low) or 1), 0)
    rgb = _on_scale(at)
    rgb[~finite] = _VOID
    note = "" if finite.all() else f"{_percent(float((~finite).mean()))} of the pixels have no finite number; they are grey."
    scale = {"low": low, "high": high, "colours": _on_scale(np.linspace(0, 1, 9)).tolist()}
    return {"rgb": rgb, "scale": scale, "note": note, "words": f" from {low:.4g} to {high:.4g}"}


def _on_scale(at):
    stops = np.linspace(0, 1, len(_SCALE))
    return np.stack([np.interp(at, stops, _SCALE[:, channel]) for channel in range(3)], axis=-1).astype(np.uint8)


def _percent(share):
    return f"{100 * share:.0f} %" if 0.095 <= share <= 0.905 or share in (0, 1) else f"{100 * share:.1f} %"


_DRAW = {"colour": _draw_colour, "grey": _draw_grey, "mask": _draw_mask, "labels": _draw_labels, "map": _draw_map}
