"""Exports as they come: a zip of CVAT, Label Studio or Ultralytics with JSON, PNG or text files inside. What is inside is read by the modules of its format.

Written is CVAT's “segmentation mask”: colours with a legend, and the things in colours of their own.
"""
from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from pathlib import PurePosixPath

import numpy as np

from ..errors import StudioError
from ..image import probe
from ..image.label_image import LabelImage, by_colour, read_label_image
from ..labels import voc_colour_map
from . import coco, colour_legend, labelme, labelstudio, png, yolo
from .annotation import MAX_BYTES, Annotation
from .annotation_builder import AnnotationBuilder
from .image_selection import ImageEntry, select_image, stem
from .validation import check_size, load_json, parse_side
from .zip_file import names_in, open_zip

MAX_FILES = 50_000
PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".gif")
TAG = re.compile(r"task-(\d+)-annotation-\d+-by-.*?-tag-(.+)-\d+\.png")
"""How Label Studio names the masks of its export “brush labels to PNG”: a file for every region."""


# ---------------------------------------------------------------- out
def write(annotation: Annotation, photo: str, style: str) -> bytes:
    legend, _ = colour_legend.make_legend(annotation.names, bool((annotation.ids == 255).any()))
    name, file = stem(photo) or "photo", io.BytesIO()
    files = {"labelmap.txt": colour_legend.write_legend(legend), "ImageSets/Segmentation/default.txt": f"{name}\n".encode(), f"SegmentationClass/{name}.png": png.write(annotation, photo, "colours")}
    if annotation.things is not None:
        files[f"SegmentationObject/{name}.png"] = _things_png(annotation)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in files.items():
            archive.writestr(zipfile.ZipInfo(path), data)
    return file.getvalue()


def _things_png(annotation):
    """Numbers of things as VOC has them: indices of its palette, or from 255 things on the number in the three bytes of a colour."""
    from PIL import Image

    things = np.where((annotation.ids != 0) & (annotation.ids != 255), annotation.things, 0)
    file = io.BytesIO()
    if things.max(initial=0) < 255:
        picture = Image.fromarray(things.astype(np.uint8))
        picture.putpalette(voc_colour_map().tobytes())
    else:
        picture = Image.fromarray(np.stack([things >> 16 & 255, things >> 8 & 255, things & 255], axis=2).astype(np.uint8))
    picture.save(file, format="PNG")
    return file.getvalue()


# ---------------------------------------------------------------- in
def holds_arrays(data: bytes) -> bool:
    """Whether a zip is an NPZ, or no zip at all (which its reader will say)."""
    names = names_in(data)
    return not names or any(each.endswith(".npy") for each in names)


def read(data: bytes, name: str, shape: tuple[int, int] | None, picture: str | None = None) -> Annotation:
    with open_zip(data, name, "zip", "Export it again in the program it comes from.") as archive:
        files = _Files(archive, name)
        reader = next((each for each in (_read_json, _read_masks, _read_yolo, _read_tags) if each(files, None, None, True)), None)
        if reader is None:
            raise _unknown(files, name)
        return reader(files, shape, picture, False)


def _unknown(files, name):
    if any(each.endswith((".xml",)) for each in files.paths):
        return StudioError(f"{name} holds XML of an annotation program (CVAT’s own, or PASCAL VOC’s boxes), which is not read.", "Export it as COCO, or as “segmentation mask”.")
    there = ", ".join(each[:40] for each in sorted(files.paths)[:5]) + (" …" if len(files.paths) > 5 else "") or "no file"
    return StudioError(f"{name} holds no mask that is known here: {there}.", "Bring an export of CVAT or Label Studio as COCO, segmentation mask, YOLO segmentation or PNG.")


class _Files:
    """The files of a zip, unpacked one by one and never more than they may be."""

    def __init__(self, archive: zipfile.ZipFile, name: str):
        self.archive, self.name = archive, name
        found = [each for each in archive.infolist() if not each.is_dir() and not each.filename.startswith("__MACOSX") and not PurePosixPath(each.filename).name.startswith(".")]
        if len(found) > MAX_FILES:
            raise StudioError(f"{name} holds {len(found):,} files.", f"Bring a zip of at most {MAX_FILES:,}.")
        self.paths = {each.filename.replace("\\", "/"): each for each in found}

    def read(self, path: str, most: int = MAX_BYTES) -> bytes:
        with self.archive.open(self.paths[path]) as file:
            data = file.read(most + 1)
        if len(data) > most:
            raise StudioError(f"{path} in {self.name} is too large.", f"Files of up to {MAX_BYTES // 2**20} MB are read.")
        return data

    def head(self, path: str) -> bytes:
        with self.archive.open(self.paths[path]) as file:
            return file.read(4096)

    def ending(self, *endings: str, folder: str = "") -> list[str]:
        return sorted(each for each in self.paths if each.lower().endswith(endings) and (not folder or folder in each.split("/")[:-1]))

    def first(self, *names: str) -> str | None:
        return next((each for name in names for each in sorted(self.paths) if each.rpartition("/")[2].lower() == name), None)

    def photo(self, path: str) -> tuple[str, tuple[int, int] | None]:
        """The photo in the zip that belongs to a mask or text, and its size."""
        found = next((each for each in self.ending(*PICTURES) if stem(each) == stem(path) and each != path and "Segmentation" not in each), "")
        try:
            return found.rpartition("/")[2], probe(self.read(found)).shape if found else None
        except StudioError:
            return found.rpartition("/")[2], None


def _size_of(files, path):
    head = files.head(path)
    return (int.from_bytes(head[20:24], "big"), int.from_bytes(head[16:20], "big")) if head.startswith(b"\x89PNG") else None


def _read_json(files, shape, picture, ask):
    """COCO, Label Studio and LabelMe files inside; LabelMe has one for every photo."""
    paths = [each for each in files.ending(".json") if each.rpartition("/")[2] not in ("notes.json", "config.json", "task.json", "project.json", "manifest.json")]
    if ask or not paths:
        return bool(paths)
    known = [found for path in paths[:2000] if (found := _json(files, path, len(paths) == 1))]
    if not known:
        raise _unknown(files, files.name)
    if len(known) > 1 and any(module is labelme for _, module in known):
        chosen, notes = select_image([each for each, _ in known], files.name, shape, picture)
        picture = None
    else:
        chosen = next((each for each, _ in known if each.masks), known[0][0])
        notes = (f"The zip has {len(known)} JSON files; {chosen.file} was read.",) if len(known) > 1 else ()
    module = next(module for each, module in known if each is chosen)
    annotation = module.read(files.read(chosen.file), f"{chosen.file} in {files.name}", shape, picture)
    return replace(annotation, notes=notes + annotation.notes)


def _json(files, path, alone):
    """What a JSON file in the zip is, as (picture, module that reads it); None where it is damaged and not the only one."""
    try:
        content = load_json(files.read(path), f"{path} in {files.name}")
    except StudioError:
        if alone:
            raise
        return None
    if not isinstance(content, dict):
        return ImageEntry(path, path, None, 1), labelstudio if labelstudio.is_export(content) else coco
    given = content.get("shapes", content.get("annotations"))
    masks = len(given) if isinstance(given, list) else 0
    if "shapes" in content:
        return ImageEntry(path, path, _labelme_size(content), masks), labelme
    return ImageEntry(path, path, None, masks), labelstudio if labelstudio.is_export(content) else coco


def _labelme_size(content):
    size = parse_side(content.get("imageHeight")), parse_side(content.get("imageWidth"))
    return None if None in size else size


def _read_masks(files, shape, picture, ask):
    """CVAT's and PASCAL VOC's folders: a picture of classes, perhaps one of things, and a legend. Without folders: any PNG beside a legend."""
    legend = files.first("labelmap.txt", "label_map.txt", "legend.txt", "legend.json", "label_colors.txt")
    masks = files.ending(".png", folder="SegmentationClass") or (files.ending(".png") if legend else [])
    if ask or not masks:
        return bool(masks)
    chosen, notes = select_image([ImageEntry(each, each, _size_of(files, each), 1) for each in masks], files.name, shape, picture)
    name = f"{chosen.file} in {files.name}"
    annotation = png.read(files.read(chosen.file), name, shape, legend=files.read(legend) if legend else None)
    objects = chosen.file.replace("SegmentationClass", "SegmentationObject")
    things = _things(files, objects, annotation, name) if objects != chosen.file and objects in files.paths else None
    photo, _ = files.photo(chosen.file)
    return replace(annotation, things=things, notes=notes + annotation.notes, photo=photo or stem(chosen.file))


def _things(files, path, annotation, name):
    data = files.read(path)
    check_size(probe(data).shape, name)
    image = read_label_image(data, annotation.ids.shape, f"{path} in {files.name}")
    numbers = image.numbers.astype(np.int64)
    if image.kind in ("palette", "colours"):
        table = voc_colour_map()
        found = by_colour(image if image.palette is not None else LabelImage(image.numbers, "colours", None, {}), table, np.arange(256))
        numbers = numbers if found is None else found.astype(np.int64)
    numbers[(annotation.ids == 0) | (annotation.ids == 255) | (numbers == 255) & (image.kind != "colours")] = 0
    return numbers.astype(np.int32)


def _read_yolo(files, shape, picture, ask):
    texts = [each for each in files.ending(".txt") if each.rpartition("/")[2].lower() not in ("classes.txt", "train.txt", "val.txt", "test.txt", "labelmap.txt", "readme.txt", "obj.names")]
    if ask:
        return any(not files.head(each).strip() or yolo.is_text(files.head(each)) for each in texts)
    about = files.first("data.yaml", "data.yml", "classes.txt", "obj.names")
    about = files.read(about).decode("utf-8-sig", "replace") if about else ""
    pictures = []
    for each in texts:
        name, size = files.photo(each) if len(texts) < 500 else ("", None)
        pictures.append(ImageEntry(each, each, size, files.paths[each].file_size))
    chosen, notes = select_image(pictures, files.name, shape, picture)
    photo, size = files.photo(chosen.file)
    named = re.search(r"^# photo: (.+)$", about, re.M)
    annotation = yolo.read(files.read(chosen.file), f"{chosen.file} in {files.name}", size or shape, None, about, photo or (named[1] if named else stem(chosen.file)))
    return replace(annotation, notes=notes + annotation.notes)


def _read_tags(files, shape, picture, ask):
    """Label Studio's masks: black and white, one for every region, their label in the name."""
    found: dict[str, list[tuple[str, str]]] = {}
    for each in files.ending(".png"):
        if tag := TAG.fullmatch(each.rpartition("/")[2]):
            found.setdefault(tag[1], []).append((each, tag[2]))
    if ask:
        return bool(found)
    chosen, notes = select_image([ImageEntry(task, f"task {task}", _size_of(files, masks[0][0]), len(masks)) for task, masks in found.items()], files.name, shape, picture)
    size = check_size(chosen.size or (None, None), files.name)
    builder = AnnotationBuilder(size, files.name, "regions")
    for k, (path, label) in enumerate(found[chosen.key]):
        check_size(_size_of(files, path) or (None, None), path)
        try:
            image = read_label_image(files.read(path), size, path)
        except StudioError as error:
            builder.skip(error)
            continue
        mask = image.numbers > (0 if image.numbers.dtype == bool else int(image.numbers.max()) // 2)
        place = builder.place(label)
        builder.add(place, mask, (0, size[0], 0, size[1]), builder.number(k))
    return builder.build(*notes)
