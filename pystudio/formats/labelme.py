"""Masks as LabelMe JSON: polygons with names; what belongs to one thing shares a group. See github.com/wkentaro/labelme."""
from __future__ import annotations

import json

import numpy as np

from ..errors import StudioError
from . import outlines
from .annotation import MAX_POINTS, MAX_SHAPES, AnnotationBuilder, Annotation, check_size, load_json, number


def write(annotation: Annotation, photo: str, style: str) -> bytes:
    rows, columns = annotation.ids.shape
    shapes = [
        {"label": annotation.names[place], "points": corners.tolist(), "group_id": group, "shape_type": "polygon", "flags": {}}
        for group, (place, mask, _) in enumerate(annotation.parts(), 1)
        for corners in outlines.simple_rings(mask)
    ]
    return json.dumps({"version": "5.0.0", "flags": {}, "shapes": shapes, "imagePath": photo, "imageData": None, "imageHeight": rows, "imageWidth": columns}, ensure_ascii=False).encode()


def read(data: bytes, name: str, shape: tuple[int, int] | None) -> Annotation:
    content = load_json(data, name)
    size = (content.get("imageHeight"), content.get("imageWidth"))
    size = check_size(shape if size == (None, None) and shape else size, name)
    shapes = content["shapes"]
    if not isinstance(shapes, list) or len(shapes) > MAX_SHAPES or not all(isinstance(each, dict) for each in shapes):
        raise StudioError(f"{name} is damaged: its list of shapes cannot be read.", f"A LabelMe file has a list of up to {MAX_SHAPES} shapes.")
    builder, skipped, points = AnnotationBuilder(size, name), 0, 0
    for place, each in enumerate(shapes):
        corners = _corners(each, name)
        skipped += corners is None
        points += 0 if corners is None else len(corners)
        if points > MAX_POINTS:
            raise StudioError(f"{name} has polygons of more than {MAX_POINTS:,} corners.", "Bring a simpler file.")
        if corners is not None:
            group = each.get("group_id")
            thing = group if type(group) is int and 0 < group < 2**30 else 2**30 + place
            builder.add(str(each.get("label")), outlines.fill([corners], size), thing, outlines.box_of([corners], size))
    return builder.build(*([f"{skipped} shapes are points, lines or circles; they were left out."] if skipped else []))


def _corners(shape, name):
    """The corners of a polygon or rectangle, (K, 2); None for other shapes."""
    points = shape.get("points")
    if not isinstance(points, list) or not all(isinstance(each, list) and len(each) == 2 for each in points):
        raise StudioError(f"{name} is damaged: a shape has no corners.", "Save it again in the program it comes from.")
    kind = shape.get("shape_type") or "polygon"
    corners = np.array([[number(v, name, "a corner") for v in each] for each in points]).reshape(-1, 2)
    if kind == "rectangle" and len(corners) == 2:
        (x0, y0), (x1, y1) = corners
        return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])
    return corners if kind == "polygon" and len(corners) >= 3 else None
