"""Masks as COCO JSON: every thing an annotation, its pixels as run lengths (packed or plain) or as polygons. See cocodataset.org, "Data format"."""
from __future__ import annotations

import json

import numpy as np

from ..errors import StudioError
from . import outlines, rle
from .annotation import MAX_POINTS, MAX_SHAPES, AnnotationBuilder, Annotation, check_size, load_json, number


def write(annotation: Annotation, photo: str, style: str) -> bytes:
    rows, columns = annotation.ids.shape
    places = [place for place, _ in annotation.marked()]
    content = {
        "info": {"description": "Made with PyStudio"},
        "images": [{"id": 1, "file_name": photo, "width": columns, "height": rows}],
        "categories": [{"id": place, "name": annotation.names[place], "supercategory": ""} for place in places],
        "annotations": [_annotation(k, place, mask, style) for k, (place, mask, _) in enumerate(annotation.parts(), 1)],
    }
    return json.dumps(content, ensure_ascii=False).encode()


def _annotation(id, place, mask, style):
    row, column = np.nonzero(mask)
    left, top = int(column.min()), int(row.min())
    if style == "polygons":
        segmentation = [corners.ravel().tolist() for corners in outlines.simple_rings(mask)]
    else:
        counts = rle.encode(mask)
        segmentation = {"size": list(mask.shape), "counts": counts if style == "rle" else rle.pack(counts)}
    return {
        "id": id, "image_id": 1, "category_id": place, "iscrowd": 0, "area": int(row.size),
        "bbox": [left, top, int(column.max()) + 1 - left, int(row.max()) + 1 - top], "segmentation": segmentation,
    }


def read(data: bytes, name: str, shape: tuple[int, int] | None) -> Annotation:
    content = load_json(data, name)
    if not isinstance(content, dict) or not all(isinstance(content.get(key), list) for key in ("images", "annotations")):
        raise StudioError(f"{name} is JSON, but neither COCO nor LabelMe.", "COCO JSON has “images” and “annotations”; LabelMe JSON has “shapes”.")
    picture, several = _picture(content["images"], shape, name)
    size = check_size((picture.get("height"), picture.get("width")), name)
    names = {each.get("id"): each.get("name") for each in content.get("categories") or [] if isinstance(each, dict) and isinstance(each.get("id"), (int, str))}
    mine = [each for each in content["annotations"] if isinstance(each, dict) and each.get("image_id") == picture.get("id")]
    if len(mine) > MAX_SHAPES:
        raise StudioError(f"{name} has more than {MAX_SHAPES} shapes.", "Bring a file with fewer.")
    builder = AnnotationBuilder(size, name)
    for each in mine:
        kind = each.get("category_id")
        label = names.get(kind) if isinstance(kind, (int, str)) else None
        builder.add(label or f"category {kind}", *_mask(each.get("segmentation"), size, name))
    return builder.build(*([f"The file has {several} pictures; the masks of “{str(picture.get('file_name'))[:60]}” were taken."] if several > 1 else []))


def _picture(pictures, shape, name):
    pictures = [each for each in pictures if isinstance(each, dict)]
    if not pictures:
        raise StudioError(f"{name} names no picture.", "COCO JSON lists its pictures under “images”.")
    fits = [each for each in pictures if shape is None or (each.get("height"), each.get("width")) == tuple(shape)]
    return (fits or pictures)[0], len(pictures)


def _mask(segmentation, size, name):
    """A mask, no number, and the box outside which it is empty: what `AnnotationBuilder.add` wants."""
    if isinstance(segmentation, dict):
        if segmentation.get("size") != list(size):
            raise StudioError(f"{name} is damaged: one of its masks has another size than its picture.", "Save it again in the program it comes from.")
        counts = segmentation.get("counts")
        return rle.decode(rle.unpack(counts, name) if isinstance(counts, str) else counts, size, name), None, None
    if not isinstance(segmentation, list) or not all(isinstance(each, list) and len(each) >= 6 and len(each) % 2 == 0 for each in segmentation):
        raise StudioError(f"{name} is damaged: a mask is neither run lengths nor polygons.", "Save it again in the program it comes from.")
    if sum(map(len, segmentation)) > 2 * MAX_POINTS:
        raise StudioError(f"{name} has polygons of more than {MAX_POINTS:,} corners.", "Bring a simpler file.")
    polygons = [np.array([number(v, name, "a corner") for v in polygon]).reshape(-1, 2) for polygon in segmentation]
    box = outlines.box_of(polygons, size)
    inside = np.s_[box[0] : box[1], box[2] : box[3]]
    mask = np.zeros(size, bool)
    for polygon in polygons:  # together: what lies in any of them
        mask[inside] |= outlines.fill([polygon], size)[inside]
    return mask, None, box
