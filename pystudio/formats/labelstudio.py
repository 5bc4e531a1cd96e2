"""Masks as Label Studio's JSON: brush strokes as its own run lengths; polygons, rectangles and ellipses are read too. See labelstud.io, "Label Studio JSON format"."""
from __future__ import annotations

import json

import numpy as np

from ..errors import StudioError
from ..labels import VOID
from . import outlines
from .annotation import IGNORE, MAX_POINTS, MAX_SHAPES, Annotation
from .annotation_builder import AnnotationBuilder
from .image_selection import ImageEntry, select_image
from .validation import MAX_PIXELS, id_key, load_json, number, numbers, parse_side

SIZES = (3, 4, 8, 16)
"""Bits of the four kinds of counts."""


# ---------------------------------------------------------------- run lengths
def encode(part: np.ndarray, box: tuple[int, int, int, int], shape: tuple[int, int]) -> list[int]:
    """Run lengths of a mask of which a box is at hand, as bytes.

    Four values of 8 bits (red, green, blue, opacity) stand for every pixel, row by row. Bits: 32 for how many values, 5 for their size, 4 each for the sizes of
    counts; then for every run a 1, which size, its length less one, and the value [1]_.

    References
    ----------
    .. [1] K. Schmidt, "rle-pack: Binary run-length encoding packer with flexible repeat bit widths", a package of the repository "umbrella".
    """
    lines = np.zeros((part.shape[0], part.shape[1] + 2), np.int8)
    lines[:, 1:-1] = part
    row, column = np.nonzero(lines[:, 1:] != lines[:, :-1])
    edges = np.concatenate(([0], (row + box[0]) * shape[1] + column + box[2], [shape[0] * shape[1]]))
    bits = [f"{4 * shape[0] * shape[1]:032b}", f"{7:05b}", *(f"{size - 1:04b}" for size in SIZES)]
    for k, length in enumerate((4 * np.diff(edges)).tolist()):
        while length:
            some = min(length, 2**16)
            bits.append(f"111{some - 1:016b}{255 * (k % 2):08b}")
            length -= some
    text = "".join(bits)
    return list(int(text + "0" * (-len(text) % 8), 2).to_bytes(-(-len(text) // 8), "big"))


def decode(rle: object, shape: tuple[int, int], name: str = "The file") -> tuple[np.ndarray, tuple[int, int, int, int]]:
    """The mask of Label Studio's run lengths, where the opacity is more than half: what lies in its box, and the box.

    Raises
    ------
    StudioError
        They are no bytes, stop in the middle, or do not fit the size.

    Examples
    --------
    >>> decode(encode(np.array([[True]]), (0, 1, 1, 2), (1, 3)), (1, 3))[1]
    (0, 1, 1, 2)
    """
    bits = _Bits(rle, name)
    count, word = bits.take(32), bits.take(5) + 1
    sizes = [bits.take(4) + 1 for _ in range(4)]
    pixels = shape[0] * shape[1]
    each = count // pixels  # values for a pixel, the last is its opacity
    if each not in (1, 4) or count != each * pixels or count > 4 * MAX_PIXELS:
        raise StudioError(f"{name} is damaged: a brush has {count:,} values, not four for each of {shape[1]} × {shape[0]} pixels.", "Export it again from Label Studio.")
    done, half, spans = 0, (1 << word) // 2 - 1, []
    while done < count:
        run = bits.take(1)
        stop = done + bits.take(sizes[bits.take(2)]) + 1
        if run:
            if bits.take(word) > half:
                spans.append((done // each, min(stop, count) // each))  # pixels whose last value lies in the run
        else:
            values = bits.values(stop - done, word)
            places = np.arange(done, stop)
            spans += [(place // each, place // each + 1) for place in places[(places % each == each - 1) & (values > half)].tolist() if place < count]
        done = stop
    return _of_spans(np.array(spans, np.intp).reshape(-1, 2), shape)  # np.repeat wants counts of that size, 32 bits in the browser


class _Bits:
    """Bytes, read bit by bit."""

    def __init__(self, rle: object, name: str):
        self.damaged = StudioError(f"{name} is damaged: the run lengths of a brush cannot be read.", "Export it again from Label Studio.")
        try:
            self.raw = bytes(rle) if isinstance(rle, list) else b""
        except (TypeError, ValueError):
            raise self.damaged from None
        self.at, self.end = 0, 8 * len(self.raw)

    def take(self, n: int) -> int:
        if self.at + n > self.end:
            raise self.damaged
        last = -(-(self.at + n) // 8)
        value = int.from_bytes(self.raw[self.at // 8 : last], "big") >> (8 * last - self.at - n) & ((1 << n) - 1)
        self.at += n
        return value

    def values(self, count: int, word: int) -> np.ndarray:
        if self.at + count * word > self.end:
            raise self.damaged
        last = -(-(self.at + count * word) // 8)
        bits = np.unpackbits(np.frombuffer(self.raw[self.at // 8 : last], np.uint8))[self.at % 8 :][: count * word]
        self.at += count * word
        return bits.reshape(count, word) @ (1 << np.arange(word - 1, -1, -1, dtype=np.int64))


def _of_spans(spans: np.ndarray, shape: tuple[int, int]) -> tuple[np.ndarray, tuple[int, int, int, int]]:
    """The mask of pixels (first, stop) counted row by row, in its box: a span that goes over the end of a row is one in each."""
    spans = spans[spans[:, 1] > spans[:, 0]]
    if not len(spans):
        return np.zeros((0, 0), bool), (0, 0, 0, 0)
    columns = shape[1]
    rows = (spans[:, 1] - 1) // columns - spans[:, 0] // columns + 1
    own = np.repeat(np.arange(len(spans)), rows)
    row = spans[own, 0] // columns + np.arange(len(own)) - np.repeat(np.cumsum(rows) - rows, rows)
    left, right = np.maximum(spans[own, 0] - row * columns, 0), np.minimum(spans[own, 1] - row * columns, columns)
    box = (int(row.min()), int(row.max()) + 1, int(left.min()), int(right.max()))
    changes = np.zeros((box[1] - box[0], box[3] - box[2] + 1), np.int32)
    np.add.at(changes, (row - box[0], left - box[2]), 1)
    np.add.at(changes, (row - box[0], right - box[2]), -1)
    return np.cumsum(changes, axis=1)[:, :-1] > 0, box


# ---------------------------------------------------------------- out
def write(annotation: Annotation, photo: str, style: str) -> bytes:
    rows, columns = annotation.ids.shape
    results = [
        {"id": f"thing-{number if number else k}", "type": "brushlabels", "from_name": "label", "to_name": "image", "original_width": columns, "original_height": rows, "image_rotation": 0,
         "value": {"format": "rle", "rle": encode(part, box, annotation.ids.shape), "brushlabels": [IGNORE if place == VOID else annotation.names[place]]}}
        for k, (place, number, box, part) in enumerate(annotation.pieces(void=True), 1)
    ]  # fmt: skip
    return json.dumps([{"id": 1, "data": {"image": photo, "width": columns, "height": rows}, "annotations": [{"id": 1, "result": results}]}], ensure_ascii=False).encode()


# ---------------------------------------------------------------- in
def is_export(content: object) -> bool:
    """Whether JSON is an export of Label Studio, whole or "min"."""
    tasks = content if isinstance(content, list) else [content]
    return bool(tasks) and all(isinstance(each, dict) and (isinstance(each.get("data"), dict) and ("annotations" in each or "predictions" in each or "completions" in each) or _regions(each)) for each in tasks[:5])


def read(data: bytes, name: str, shape: tuple[int, int] | None, picture: str | None = None) -> Annotation:
    content = load_json(data, name)
    tasks = [each for each in (content if isinstance(content, list) else [content]) if isinstance(each, dict)]
    found = [_results(each) for each in tasks]
    pictures = [ImageEntry(id_key(task.get("id")) or str(k), _photo(task), _size(results, task), len(results)) for k, (task, (results, _)) in enumerate(zip(tasks, found), 1)]
    chosen, notes = select_image(pictures, name, shape, picture)
    results, more = found[pictures.index(chosen)]
    size = chosen.size or shape
    if size is None:
        raise StudioError(f"{name} does not say how large the picture is.", "Label Studio writes “original_width” and “original_height”; open its photo first.")
    if len(results) > MAX_SHAPES:
        raise StudioError(f"{name} has more than {MAX_SHAPES} shapes.", "Bring a file with fewer.")
    builder, corners = AnnotationBuilder(size, name, "regions"), 0
    labels = {id_key(each.get("id")): each["value"]["labels"] for each in results if isinstance(each.get("value"), dict) and isinstance(each["value"].get("labels"), list)}
    for k, each in enumerate(results):
        value = each.get("value")
        if not isinstance(value, dict) or each.get("type") in ("labels", "choices", "textarea"):
            continue
        corners += len(value["points"]) if isinstance(value.get("points"), list) else 0
        if corners > MAX_POINTS:
            raise StudioError(f"{name} has polygons of more than {MAX_POINTS:,} corners.", "Bring a simpler file.")
        _add(builder, each, _label(value, labels.get(id_key(each.get("id")))), k, name)
    return builder.build(*notes, *more, photo=chosen.file)


def _add(builder, region, label, k, name):
    try:
        mask = _mask(region, region["value"], builder.ids.shape, name)
    except StudioError as error:
        mask = error
    if isinstance(mask, (str, StudioError)):
        builder.skip(mask)
        return
    place, wanted = builder.place(label), str(region.get("id")).removeprefix("thing-")
    builder.add(place, *mask, 0 if place in (0, VOID) else builder.number(k, int(wanted) if wanted.isdigit() and len(wanted) < 10 else None))


def _photo(task):
    values = list((task.get("data") if isinstance(task.get("data"), dict) else task).values())
    return next((each for each in values if isinstance(each, str)), "")[:1000]


def _regions(task):
    """Regions of an export of the kind "min": lists of values that know the size of their picture."""
    return [each for values in task.values() if isinstance(values, list) for each in values if isinstance(each, dict) and "original_width" in each]


def _results(task):
    """The regions of a task, and what to tell of the choice."""
    if not isinstance(task.get("data"), dict):
        return [{"value": each, **each} for each in _regions(task)], ()
    for word in ("annotations", "completions", "predictions"):
        given = [each for each in task.get(word) or [] if isinstance(each, dict) and isinstance(each.get("result"), list)] if isinstance(task.get(word), list) else []
        valid = [each for each in given if not each.get("was_cancelled")] or given
        best = next((each for each in valid if each["result"]), None)
        if best is not None:
            told = (f"The picture has {len(valid)} {word}; the first with regions was taken.",) if len(valid) > 1 else ()
            return [each for each in best["result"] if isinstance(each, dict)], told + (("These are predictions: nobody has annotated the picture.",) if word == "predictions" else ())
    return [], ()


def _size(results, task):
    """The size that the first region knows, else the one that a task of ours has among its data."""
    data = task.get("data") if isinstance(task.get("data"), dict) else {}
    known = [(each.get("original_height"), each.get("original_width")) for each in results] + [(data.get("height"), data.get("width"))]
    sizes = ((parse_side(high), parse_side(wide)) for high, wide in known)
    return next((size for size in sizes if None not in size), None)


def _label(value, others):
    """The first label of a region, whatever its kind is called."""
    for name, given in value.items():
        if name.endswith("labels") and isinstance(given, list) and given:
            return given[0]
    return others[0] if others else None


def _mask(result, value, size, name):
    """(mask, box) of a region, or in words why it has none."""
    own = parse_side(result.get("original_height")), parse_side(result.get("original_width"))
    if own not in (tuple(size), (None, None)):
        raise StudioError(f"{name} is damaged: one of its masks has another size than its picture.", "Export it again from Label Studio.")
    if "rle" in value:
        return decode(value["rle"], size, name)
    scale = np.array([size[1], size[0]]) / 100
    if isinstance(value.get("points"), list):
        flat = [part for each in value["points"] if isinstance(each, list) for part in each]
        if len(flat) != 2 * len(value["points"]):
            raise StudioError(f"{name} is damaged: a shape has no corners.", "Export it again from Label Studio.")
        corners = numbers(flat, name, "a corner").reshape(-1, 2) * scale
        return outlines.fill_part([corners], size) if len(corners) >= 3 else "too few corners"
    get = lambda word: number(value.get(word, 0), name, "a side")
    middle, angle = np.array([get("x"), get("y")]) * scale, get("rotation")
    if "radiusX" in value:
        return outlines.ellipse_part(tuple(middle), tuple(np.array([get("radiusX"), get("radiusY")]) * scale), size, angle)
    if "width" in value and "height" in value and get("width") and get("height"):
        wide, high = np.array([get("width"), get("height")]) * scale
        if "keypointlabels" in value:
            return "a point"
        turn = np.array([[np.cos(np.radians(angle)), np.sin(np.radians(angle))], [-np.sin(np.radians(angle)), np.cos(np.radians(angle))]])
        return outlines.fill_part([middle + np.array([[0, 0], [wide, 0], [wide, high], [0, high]]) @ turn], size)
    return "a point" if "keypointlabels" in value or "x" in value else f"of the kind “{str(result.get('type'))[:20]}”"
