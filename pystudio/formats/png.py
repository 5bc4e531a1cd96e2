"""Masks as pictures: palette PNG as PASCAL VOC stores them, colours with a legend, and label maps in any format that keeps every pixel. Classes only.

What the classes are called is written beside the pixels, as text in the PNG; other programs pass over it.
"""
from __future__ import annotations

import io
import json

import numpy as np

from ..errors import StudioError
from ..image import probe
from ..image.label_image import LabelImage, by_colour, read_label_image, two_values
from ..labels import VOC, VOID, voc_colour_map
from .annotation import IGNORE, MAX_NAMES, Annotation
from .colour_legend import CITYSCAPES, Legend, legend_ids, make_legend, names_in_lines, read_legend, voc_first
from .unnamed_ids import annotation_from_ids
from .validation import check_size, plain_name

TEXT = "pystudio"


def write(annotation: Annotation, photo: str, style: str) -> bytes:
    """Style "" is a palette PNG, "colours" one of colours."""
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    if style == "colours":
        legend, table = make_legend(annotation.names, bool((annotation.ids == VOID).any()))
        picture = Image.fromarray(table[annotation.ids])
        told = {"legend": [[name, list(colour)] for name, colour in legend]}
    else:
        ids = np.array([*voc_first(annotation.names), *[VOID] * (256 - len(annotation.names))], np.uint8)
        picture = Image.fromarray(ids[annotation.ids])
        picture.putpalette(voc_colour_map().tobytes())  # turns the grey picture into a palette one
        told = {"names": {str(ids[place]): name for place, name in enumerate(annotation.names)}}
    told |= {"codes": list(annotation.codes)} if any(code is not None for code in annotation.codes) else {}
    text, file = PngInfo(), io.BytesIO()
    text.add_itxt(TEXT, json.dumps(told, ensure_ascii=False))
    picture.save(file, format="PNG", pnginfo=text)
    return file.getvalue()


def read(data: bytes, name: str, shape: tuple[int, int] | None, picture: str | None = None, legend: bytes | None = None) -> Annotation:
    if data.startswith(b"\x89PNG"):
        if len(data) < 24:
            raise StudioError(f"{name} is damaged: it stops in the middle.", "Save it again in the program it comes from.")
        check_size((int.from_bytes(data[20:24], "big"), int.from_bytes(data[16:20], "big")), name)  # before anything is decoded
    else:
        check_size(_named(lambda: probe(data).shape, name), name)
    image = read_label_image(bytearray(data), name=name)
    return meaning(image, name, read_legend(legend) if legend else None)


def _named(work, name):
    """The errors of a reader that does not know the file's name, with it."""
    try:
        return work()
    except StudioError as error:
        raise type(error)(error.message.replace("This file", name, 1), error.remedy) from None


def meaning(image: LabelImage, name: str, legend: Legend | None = None) -> Annotation:
    """The classes that a label image shows: by its legend, its colours, or its numbers.

    Raises
    ------
    StudioError
        Its colours or numbers mean nothing here.
    """
    notes = (f"The file holds {image.frames} pictures; the first was taken.",) if image.frames > 1 else ()
    annotation = _by_text(image)
    if legend is not None and (annotation is None or names_in_lines(annotation.names) != names_in_lines(label for label, _ in legend if label != IGNORE)):
        annotation = _by_legend(image, legend, name)
    annotation = annotation or _by_colours(image, name) or _by_numbers(image.numbers, name)
    return Annotation(annotation.ids, annotation.names, None, notes + annotation.notes, annotation.codes)


def _by_text(image):
    """What this program has written beside the pixels; None where there is nothing, or it does not fit them (any more)."""
    try:
        told = json.loads(image.texts[TEXT])
        codes = tuple(each if type(each) in (int, str) else None for each in told.get("codes", ()))
        if "legend" in told:
            legend = [(plain_name(label), (int(r), int(g), int(b))) for label, (r, g, b) in told["legend"]]
            names = [label for label, _ in legend if label != IGNORE]
            ids = np.array([VOID if label == IGNORE else place for place, (label, _) in enumerate(legend)], np.uint8)
            found = by_colour(image, np.array([colour for _, colour in legend], np.uint8), ids)
        else:
            names, table = [], np.full(256, 254, np.uint8)
            for id, label in told["names"].items():
                table[int(id)] = len(names)
                names.append(plain_name(label))
            table[VOID] = VOID
            ids = by_colour(image, voc_colour_map(), np.arange(256)) if image.kind in ("palette", "colours") else None  # by colour: editors renumber palettes
            found = None if ids is None or (table[ids] == 254).any() else table[ids]
        good = found is not None and 0 < len(names) <= MAX_NAMES and len(set(names)) == len(names)
        return Annotation(found, tuple(names), codes=codes if len(codes) == len(names) else ()) if good else None
    except (KeyError, ValueError, TypeError, AttributeError, IndexError, OverflowError, RecursionError):
        return None


def _by_legend(image, legend, name):
    names, colours, ids = legend_ids(legend)
    palette = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
    shown = image if image.kind in ("palette", "colours") else LabelImage(image.numbers.astype(np.intp), "palette", palette, {})
    if image.kind == "bits":
        shown = LabelImage(image.numbers.astype(np.intp) * 255, "palette", palette, {})
    if not any((colour == (0, 0, 0)).all() for colour in colours):
        colours, ids = np.concatenate([colours, [[0, 0, 0]]]).astype(np.uint8), np.append(ids, 0).astype(np.uint8)
    found = by_colour(shown, colours, ids)
    if found is None and image.kind == "greys":
        return _by_order(image.numbers, legend, name)
    if found is None:
        raise StudioError(f"{name} has colours that its legend does not name.", "Add them to the legend, and paint without soft edges.")
    return Annotation(found, names)


def _by_order(numbers, legend, name):
    """Greys that no colour of the legend explains: they count its lines, if they can."""
    told = "The greys of the picture are none of the colours of its legend"
    if numbers.min() < 0 or numbers[numbers != VOID].max(initial=0) >= len(legend):
        annotation = _by_numbers(numbers, name)
        return Annotation(annotation.ids, annotation.names, notes=(told + ", which was not used.", *annotation.notes))
    names, _, ids = legend_ids(legend)
    table = np.append(ids, np.full(256 - len(ids), VOID)).astype(np.uint8)
    return Annotation(table[numbers], names, notes=(told + ": they were taken for the numbers of its lines, from 0 on.",))


def _by_colours(image, name):
    """By the colours of PASCAL VOC or Cityscapes; a palette of other colours is read by its indices."""
    if image.kind not in ("palette", "colours"):
        return None
    ids = np.arange(256) if image.kind == "palette" and _is_voc(image) else np.array([*range(len(VOC)), VOID])
    found = by_colour(image, voc_colour_map()[ids], ids)
    if found is not None:
        return annotation_from_ids(found, name, sure=True)
    found = by_colour(image, np.array([*CITYSCAPES.values()], np.uint8), np.arange(len(CITYSCAPES)))
    if found is not None:
        return Annotation(found, tuple(CITYSCAPES), notes=("The colours are those of Cityscapes.",))
    if image.kind == "palette":
        used = np.unique(image.numbers)
        if len(used) == 2 and used[0] == 0:
            return Annotation((image.numbers != 0).astype(np.uint8), ("background", "thing"), notes=(f"The file holds two colours: the second (index {used[1]}) was taken for the thing.",))
        return None
    codes = np.unique(image.numbers)
    if (codes == (codes & 255) * 0x010101).all():
        return _by_numbers((image.numbers & 255).astype(np.uint8), name)
    if len(codes) == 2 and codes[0] == 0:
        return Annotation((image.numbers != 0).astype(np.uint8), ("background", "thing"), notes=(f"The file holds two colours: what is #{codes[1]:06x} was taken for the thing.",))
    listed = ", ".join(f"#{code:06x}" for code in codes[:3]) + (" …" if len(codes) > 3 else "")
    raise StudioError(f"{name} has {len(codes)} colours that are neither PASCAL VOC’s nor Cityscapes’: {listed}.", "Bring a legend with it (a zip with labelmap.txt), without soft edges, or save ids as a grey PNG.")


def _is_voc(image):
    used = np.unique(image.numbers)
    return bool((image.palette[used] == voc_colour_map()[used]).all())


def _by_numbers(numbers, name):
    thing = two_values(numbers, 1)
    if thing is not None and (numbers.dtype == bool or not 1 < numbers.max() < len(VOC)):
        return Annotation(thing[0].astype(np.uint8), ("background", "thing"), notes=(thing[1],))
    return annotation_from_ids(numbers, name)
