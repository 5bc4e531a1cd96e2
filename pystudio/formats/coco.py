"""Masks as COCO JSON: every thing an annotation, its pixels as run lengths (packed or plain) or as polygons. See cocodataset.org, "Data format".

Lists of results and the files of SA-1B (one picture, things without classes) are read too.
"""
from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..errors import StudioError
from ..labels import VOID
from . import outlines, rle
from .annotation import IGNORE, MAX_NAMES, MAX_POINTS, MAX_SHAPES, Annotation, is_background
from .annotation_builder import AnnotationBuilder
from .image_selection import ImageEntry, select_image
from .validation import id_key, load_json, numbers, parse_side


# ---------------------------------------------------------------- out
def write(annotation: Annotation, photo: str, style: str) -> bytes:
    rows, columns = annotation.ids.shape
    codes = _codes(annotation)
    pieces = list(_annotations(annotation, codes, style))
    categories = [{"id": codes[place], "name": name, "supercategory": ""} for place, name in enumerate(annotation.names) if place or (annotation.codes and annotation.codes[0] is not None)]
    if any(each["category_id"] == codes[VOID] for each in pieces):
        categories.append({"id": codes[VOID], "name": IGNORE, "supercategory": ""})
    info = {"description": "Made with PyStudio"} | ({} if is_background(annotation.names[0]) else {"background": annotation.names[0]})
    content = {
        "info": info,
        "images": [{"id": 1, "file_name": photo, "width": columns, "height": rows}],
        "categories": categories,
        "annotations": pieces,
    }
    return json.dumps(content, ensure_ascii=False).encode()


def _codes(annotation):
    """The category id of every place: the one it came with, else its place where that is free, else the next free one."""
    taken = {code for code in annotation.codes if code is not None}
    codes = {}
    for place in [*range(len(annotation.names)), VOID]:
        code = annotation.codes[place] if place < len(annotation.codes) else None
        if code is None:
            code = place
            while code in taken:
                code += 1
            taken.add(code)
        codes.setdefault(place, code)
    return codes


def _annotations(annotation, codes, style):
    own = annotation.own_numbers()
    for k, (place, number, box, part) in enumerate(annotation.pieces(void=True), 1):
        id = k if own is None else max(own, default=0) + 1 if place == VOID else number
        yield _annotation(id, codes[place], part, box, annotation.ids.shape, style, number in annotation.crowd)


def _annotation(id, category, part, box, shape, style, crowd):
    row0, row1, column0, column1 = box
    if style == "polygons" and not crowd:
        segmentation = [(corners + [column0, row0]).ravel().tolist() for corners in outlines.simple_rings(part)]
    else:
        counts = rle.encode_part(part, box, shape)
        segmentation = {"size": list(shape), "counts": counts if style == "rle" or crowd else rle.pack(counts)}
    return {
        "id": id, "image_id": 1, "category_id": category, "iscrowd": int(crowd), "area": int(np.count_nonzero(part)),
        "bbox": [column0, row0, column1 - column0, row1 - row0], "segmentation": segmentation,
    }


# ---------------------------------------------------------------- in
def read(data: bytes, name: str, shape: tuple[int, int] | None, picture: str | None = None) -> Annotation:
    content = _content(load_json(data, name), name)
    pictures, annotations, orphans = _sorted(content, name)
    chosen, notes = select_image(pictures, name, shape, picture)
    mine = annotations[chosen.key]
    if not mine and orphans and not any(annotations.values()):
        raise StudioError(f"{name} holds no mask of its picture: its {orphans} annotations belong to pictures that it does not list.", "Check that “image_id” and the “id” of the pictures agree.")
    if orphans:
        notes += (f"{orphans} annotations belong to pictures that the file does not list; they were left out.",)
    if len(mine) > MAX_SHAPES:
        raise StudioError(f"{name} has more than {MAX_SHAPES} shapes.", "Bring a file with fewer.")
    builder = AnnotationBuilder(_size(chosen, mine, shape, name), name, "annotations")
    places = _classes(content, mine, builder)
    background = content["info"].get("background") if isinstance(content.get("info"), dict) else None
    if isinstance(background, str) and background.strip():
        builder.declare([background, *builder.names[1:]], [*builder.codes])
    _draw(mine, builder, places, name)
    return builder.build(*notes, photo=chosen.file)


def _content(content, name):
    """Everything that is nearly COCO, as COCO: SA-1B's file of one picture, and a list of results."""
    if isinstance(content, list) and content and all(isinstance(each, dict) and "image_id" in each for each in content):
        return {"images": [], "annotations": content}
    if isinstance(content, dict) and isinstance(content.get("image"), dict) and isinstance(content.get("annotations"), list):
        picture = content["image"]
        own = picture.get("image_id", picture.get("id", 1))
        return {"images": [{**picture, "id": own}], "annotations": [{**each, "image_id": own, "category_id": 1} if isinstance(each, dict) else each for each in content["annotations"]],
                "categories": [{"id": 1, "name": "thing"}]}
    if not isinstance(content, dict) or not all(isinstance(content.get(key), list) for key in ("images", "annotations")):
        raise StudioError(f"{name} is JSON, but neither COCO nor LabelMe.", "COCO JSON has “images” and “annotations”; LabelMe JSON has “shapes”.")
    return content


def _sorted(content, name):
    """Pictures, the annotations of each by its key, and how many belong to none. Without a list of pictures there are those that annotations name."""
    listed = {}
    for each in content["images"]:
        if isinstance(each, dict):
            listed.setdefault(id_key(each.get("id")), each)
    named = bool(listed)
    if not named:
        listed = {id_key(each.get("image_id")): {"id": each.get("image_id"), "file_name": f"picture {id_key(each.get('image_id'))}"} for each in content["annotations"] if isinstance(each, dict)}
    if not listed:
        raise StudioError(f"{name} names no picture.", "COCO JSON lists its pictures under “images”.")
    annotations, orphans = {each: [] for each in listed}, 0
    for each in content["annotations"]:
        own = id_key(each.get("image_id")) if isinstance(each, dict) else next(iter(listed))
        if own in annotations:
            annotations[own].append(each)
        else:
            orphans += 1
    pictures = []
    for own, each in listed.items():
        size = parse_side(each.get("height")), parse_side(each.get("width"))
        pictures.append(ImageEntry(own, str(each.get("file_name") or "") if named else "", size if None not in size else _rle_size(annotations[own]), len(annotations[own])))
    return pictures, annotations, orphans


def _rle_size(annotations):
    for each in annotations:
        size = each["segmentation"].get("size") if isinstance(each, dict) and isinstance(each.get("segmentation"), dict) else None
        if isinstance(size, list) and len(size) == 2 and None not in map(parse_side, size):
            return parse_side(size[0]), parse_side(size[1])
    return None


def _size(chosen, mine, shape, name):
    size = chosen.size or shape
    if size is None:
        raise StudioError(f"{name} does not say how large the picture is.", "Add “height” and “width” to its picture, or open its photo first.")
    return size


def _classes(content, mine, builder) -> Callable[[object], int]:
    """From a category's id to its place. All that the file lists have one, unless they are too many: then those that occur."""
    listed = content.get("categories")
    if isinstance(listed, dict):
        listed = [{"id": id, "name": each} for id, each in listed.items()]
    listed = {own: each for each in reversed(listed if isinstance(listed, list) else []) if isinstance(each, dict) and (own := id_key(each.get("id"))) is not None}
    listed = dict(reversed(listed.items()))
    used = {id_key(each.get("category_id")) for each in mine if isinstance(each, dict)}

    def place(own):
        each = listed.get(own)
        if each is None:
            return builder.place("unnamed" if own is None else f"category {own}", own, int(own) if own and own.lstrip("-").isdigit() else own)
        code = each["id"] if type(each["id"]) in (int, str) else own
        return builder.place(each.get("name"), own, int(code) if isinstance(code, str) and code.isdigit() else code, str(each.get("supercategory") or f"id {own}")[:30])

    for own in listed:
        if own in used or len(listed) < MAX_NAMES:
            place(own)
    return lambda id: place(id_key(id))


# ---------------------------------------------------------------- masks
@dataclass(frozen=True)
class _Shape:
    """An annotation whose mask is not drawn yet."""

    annotation: dict
    area: float
    counts: list | None = None
    polygons: tuple = ()


def _draw(annotations, builder, places, name):
    """The small above the large, and results by their score: so that least is lost."""
    shapes, corners = [], 0
    for each in annotations:
        try:
            shape = _shape(each, builder, name)
        except StudioError as error:
            builder.skip(error)
            continue
        if shape is None:
            continue
        corners += sum(map(len, shape.polygons))
        if corners > MAX_POINTS:
            raise StudioError(f"{name} has polygons of more than {MAX_POINTS:,} corners.", "Bring a simpler file.")
        shapes.append(shape)
    scored = bool(shapes) and all(isinstance(each.annotation.get("score"), (int, float)) for each in shapes)
    for each in sorted(shapes, key=lambda each: each.annotation["score"] if scored else -each.area):
        if each.counts is not None:
            try:
                part, box = rle.decode_part(each.counts, builder.ids.shape, name)
            except StudioError as error:
                builder.skip(error)
                continue
        else:
            part, box = _union(each.polygons, builder.ids.shape)
        place = places(each.annotation.get("category_id"))
        thing = builder.number(id(each), each.annotation.get("id")) if place not in (0, VOID) else 0
        builder.add(place, part, box, thing, bool(each.annotation.get("iscrowd") in (1, True)))


def _shape(annotation, builder, name):
    """An annotation's shape, None where it has none (which is counted). Raises StudioError where it is damaged."""
    if not isinstance(annotation, dict):
        return builder.skip("no annotation")
    segmentation = annotation.get("segmentation")
    if segmentation in (None, [], {}, ""):
        return builder.skip(_without(annotation))
    if isinstance(segmentation, dict):
        return _run_lengths(annotation, segmentation, builder.ids.shape, name)
    polygons, bad = _polygons(segmentation, name)
    for _ in range(bad):
        builder.skip("a ring of too few corners")
    if not polygons:
        return None
    return _Shape(annotation, sum(abs(_area(each)) for each in polygons), polygons=tuple(polygons))


def _without(annotation):
    if "segments_info" in annotation:
        return "the masks are in PNG files beside it (COCO panoptic)"
    if annotation.get("keypoints") and not annotation.get("bbox"):
        return "only keypoints"
    return "only a box" if annotation.get("bbox") else "no outline"


def _run_lengths(annotation, segmentation, size, name):
    given = segmentation.get("size")
    if not isinstance(given, list) or [parse_side(each) for each in given] != list(size):
        raise StudioError(f"{name} is damaged: one of its masks has another size than its picture.", "Save it again in the program it comes from.")
    counts = segmentation.get("counts")
    if isinstance(counts, str):
        if counts[:2] in ("b'", 'b"') and counts[-1:] == counts[1]:  # bytes of pycocotools, printed by Python
            counts = counts[2:-1].replace("\\\\", "\\")
        counts = rle.unpack(counts, name)
    if not isinstance(counts, list):
        raise StudioError(f"{name} is damaged: its run lengths are not whole numbers from 0 on.", "Save it again in the program it comes from.")
    return _Shape(annotation, sum(n for n in counts[1::2] if type(n) is int), counts=counts)


def _polygons(segmentation, name):
    """Polygons as (K, 2) arrays, and how many have too few corners. Flat lists and lists of pairs are taken for what they mean."""
    wrong = StudioError(f"{name} is damaged: a mask is neither run lengths nor polygons.", "Save it again in the program it comes from.")
    if not isinstance(segmentation, list):
        raise wrong
    plain = lambda each: not isinstance(each, (list, dict)) and each is not None
    pair = lambda each: isinstance(each, list) and len(each) == 2 and all(map(plain, each))
    if all(map(plain, segmentation)) or len(segmentation) > 2 and all(map(pair, segmentation)):
        segmentation = [segmentation]
    found, bad = [], 0
    for ring in segmentation:
        if isinstance(ring, list) and ring and all(map(pair, ring)):
            ring = [value for each in ring for value in each]
        if not isinstance(ring, list) or not all(map(plain, ring)) or len(ring) % 2:
            raise wrong
        if len(ring) < 6:
            bad += 1
            continue
        found.append(numbers(ring, name, "a corner").reshape(-1, 2))
    return found, bad


def _area(corners):
    with np.errstate(all="ignore"):
        x, y = corners[:, 0], corners[:, 1]
        area = float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2
    return area if np.isfinite(area) else np.inf


def _union(polygons, size):
    """What lies in any of the polygons, and its box."""
    row0, row1, column0, column1 = box = outlines.box_of(list(polygons), size)
    mask = np.zeros((row1 - row0, column1 - column0), bool)
    for each in polygons:
        part, (r0, r1, c0, c1) = outlines.fill_part([each], size)
        mask[r0 - row0 : r1 - row0, c0 - column0 : c1 - column0] |= part
    return mask, box
