"""Masks as LabelMe JSON: polygons with names; what belongs to one thing shares a group. See github.com/wkentaro/labelme.

Every shape that encloses pixels is read: polygon, rectangle, rotated rectangle, circle, ellipse of other programs, and mask (a small picture).
"""
from __future__ import annotations

import base64
import binascii
import json

import numpy as np

from ..errors import StudioError
from ..image import probe
from ..image.label_image import read_label_image
from ..labels import VOID
from . import outlines
from .annotation import IGNORE, MAX_POINTS, MAX_SHAPES, Annotation
from .annotation_builder import AnnotationBuilder
from .validation import check_size, id_key, load_json, numbers, parse_side

FLAT = {"point": "a point", "points": "points", "multipoints": "points", "line": "a line", "linestrip": "a line", "cuboid": "a cuboid"}
"""Kinds of shapes that have no area, and what to call them."""


def write(annotation: Annotation, photo: str, style: str) -> bytes:
    rows, columns = annotation.ids.shape
    own = annotation.own_numbers()
    shapes = [
        {"label": IGNORE if place == VOID else annotation.names[place], "points": (corners + [box[2], box[0]]).tolist(), "group_id": number if own is not None and place != VOID else k,
         "shape_type": "polygon", "flags": {"iscrowd": True} if number in annotation.crowd else {}}
        for k, (place, number, box, part) in enumerate(annotation.pieces(void=True), 1)
        for corners in outlines.simple_rings(part)
    ]  # fmt: skip
    content = {"version": "5.0.0", "flags": {}, "shapes": shapes, "imagePath": photo, "imageData": None, "imageHeight": rows, "imageWidth": columns}
    content["pystudio"] = {"names": list(annotation.names), "codes": list(annotation.codes)}  # LabelMe keeps what it does not know
    return json.dumps(content, ensure_ascii=False).encode()


def read(data: bytes, name: str, shape: tuple[int, int] | None, picture: str | None = None) -> Annotation:
    content = load_json(data, name)
    size = check_size(_size(content, shape, name), name)
    shapes = content["shapes"]
    if not isinstance(shapes, list) or len(shapes) > MAX_SHAPES:
        raise StudioError(f"{name} is damaged: its list of shapes cannot be read.", f"A LabelMe file has a list of up to {MAX_SHAPES} shapes.")
    builder, corners = AnnotationBuilder(size, name), 0
    ours = content.get("pystudio")
    if isinstance(ours, dict):
        builder.declare(ours.get("names"), ours.get("codes"))
    for place, each in enumerate(shapes):
        if not isinstance(each, dict):
            builder.skip("no shape")
            continue
        corners += len(each["points"]) if isinstance(each.get("points"), list) else 0
        if corners > MAX_POINTS:
            raise StudioError(f"{name} has polygons of more than {MAX_POINTS:,} corners.", "Bring a simpler file.")
        try:
            found = _mask(each, size, name)
        except StudioError as error:
            found = error
        if isinstance(found, (str, StudioError)):
            builder.skip(found)
            continue
        _add(builder, each, found, place)
    photo = content.get("imagePath")
    return builder.build(photo=photo if isinstance(photo, str) else "")


def _add(builder, shape, found, place):
    label = shape.get("label")
    own = builder.place(label, "unnamed" if label is None else str(label))
    group = id_key(shape.get("group_id"))
    wanted = int(group) if group is not None and group.isdigit() and len(group) < 10 else None
    thing = 0 if own in (0, VOID) else builder.number((own, group) if group is not None else ("alone", place), wanted)
    flags = shape.get("flags")
    builder.add(own, *found, thing, crowd=isinstance(flags, dict) and flags.get("iscrowd") is True)


def _size(content, shape, name):
    """The picture's size: as the file says, else that of the photo within the file, else that of the photo that is open."""
    size = parse_side(content.get("imageHeight")), parse_side(content.get("imageWidth"))
    if None not in size:
        return size
    photo = content.get("imageData")
    if isinstance(photo, str) and photo:
        try:
            return probe(base64.b64decode(photo, validate=False)).shape
        except (StudioError, binascii.Error, ValueError):
            pass
    if any(content.get(each) is not None for each in ("imageHeight", "imageWidth")) and not any(parse_side(content.get(each)) == n for each, n in zip(("imageHeight", "imageWidth"), shape or ())):
        return content.get("imageHeight"), content.get("imageWidth")  # which `check_size` refuses
    return shape or (None, None)


def _mask(shape, size, name):
    """(mask, box) of a shape, or in words why it has none."""
    points = shape.get("points")
    if not isinstance(points, list) or not all(isinstance(each, list) and len(each) == 2 for each in points):
        raise StudioError(f"{name} is damaged: a shape has no corners.", "Save it again in the program it comes from.")
    kind = str(shape.get("shape_type") or "polygon")
    if kind in FLAT:
        return FLAT[kind]
    corners = numbers([value for each in points for value in each], name, "a corner").reshape(-1, 2)
    if kind == "mask":
        return _picture(shape.get("mask"), corners, size, name)
    if kind == "circle" and len(corners) == 2:
        radius = float(np.hypot(*(corners[1] - corners[0])))
        return outlines.ellipse_part(tuple(corners[0]), (radius, radius), size)
    if kind == "rectangle" and len(corners) == 2:
        (x0, y0), (x1, y1) = corners
        corners = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])
    if len(corners) < 3:
        return "too few corners" if kind in ("polygon", "rectangle", "rotation", "circle", "quadrilateral") else f"of the kind “{kind[:20]}”"
    if kind not in ("polygon", "rectangle", "rotation", "quadrilateral"):
        return f"of the kind “{kind[:20]}”"
    return outlines.fill_part([corners], size)


def _picture(text, corners, size, name):
    """A mask that is a picture in itself, at the corner that the shape says; what lies outside is cut."""
    if not isinstance(text, str) or not len(corners):
        raise StudioError(f"{name} is damaged: a mask has no picture.", "Save it again in the program it comes from.")
    try:
        raw = base64.b64decode(text, validate=True)
        check_size(probe(raw).shape, name)
        mask = read_label_image(raw).numbers != 0
    except (binascii.Error, ValueError) as error:
        raise StudioError(f"{name} is damaged: the picture of a mask cannot be read.", "Save it again in the program it comes from.") from error
    left, top = (int(v) for v in np.clip(np.trunc(corners.min(axis=0)), -10**6, 10**6))
    row0, row1, column0, column1 = max(top, 0), min(top + mask.shape[0], size[0]), max(left, 0), min(left + mask.shape[1], size[1])
    if row0 >= row1 or column0 >= column1:
        return np.zeros((0, 0), bool), (0, 0, 0, 0)
    return mask[row0 - top : row1 - top, column0 - left : column1 - left], (row0, row1, column0, column1)
