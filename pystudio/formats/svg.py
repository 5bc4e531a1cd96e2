"""Masks as SVG outlines: a path for every thing, filled by the even-odd rule. Straight edges only, and no transformations."""
from __future__ import annotations

import html
import re
from xml.etree import ElementTree

import numpy as np

from ..errors import StudioError
from ..labels import voc_colour_map
from . import outlines
from .annotation import MAX_POINTS, MAX_SHAPES, AnnotationBuilder, Annotation, check_size

TOKEN = re.compile(r"([MmLlHhVvZz])|([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)|[\s,]+|(.)")
DRAWN = {"path", "polygon", "rect"}
OTHER = {"circle", "ellipse", "line", "polyline", "text", "image", "use"}


def write(annotation: Annotation, photo: str, style: str) -> bytes:
    rows, columns = annotation.ids.shape
    colours = voc_colour_map()
    paths = []
    for thing, (place, mask, _) in enumerate(annotation.parts(), 1):
        drawn = " ".join("M" + "L".join(f"{x},{y}" for x, y in corners.tolist()) + "Z" for corners, _ in outlines.rings(mask))
        name, colour = html.escape(annotation.names[place]), "#%02x%02x%02x" % tuple(colours[place])
        paths.append(f'<path data-name="{name}" data-thing="{thing}" fill="{colour}" fill-rule="evenodd" d="{drawn}"><title>{name}</title></path>')
    body = "\n".join(paths)
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="{columns}" height="{rows}" viewBox="0 0 {columns} {rows}">\n{body}\n</svg>\n'.encode()


def read(data: bytes, name: str, shape: tuple[int, int] | None) -> Annotation:
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise StudioError(f"{name} brings definitions of its own, which are not read.", "Save it as plain SVG, without a DOCTYPE.")
    try:
        root = ElementTree.fromstring(data)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise StudioError(f"{name} is damaged: it is not complete SVG.", "Save it again in the program it comes from.") from error
    if _tag(root) != "svg":
        raise StudioError(f"{name} is no SVG picture.", "Bring a label PNG, COCO JSON, LabelMe JSON, NPZ or SVG.")
    builder, points, skipped = AnnotationBuilder(_size(root, name), name), 0, 0
    nodes = list(root.iter())
    if len(nodes) > 4 * MAX_SHAPES:
        raise StudioError(f"{name} has more than {4 * MAX_SHAPES:,} parts.", "Bring a simpler file.")
    for node in nodes:
        if node.get("transform"):
            raise StudioError(f"{name} turns or moves its shapes, which is not read here.", "Apply all transformations in the drawing program, then save it again.")
        skipped += _tag(node) in OTHER
        if _tag(node) not in DRAWN:
            continue
        drawn = _outlines(node, name)
        points += sum(map(len, drawn))
        if points > MAX_POINTS:
            raise StudioError(f"{name} has outlines of more than {MAX_POINTS:,} corners.", "Bring a simpler file.")
        builder.add(_name(node), outlines.fill(drawn, builder.ids.shape), box=outlines.box_of(drawn, builder.ids.shape))
    return builder.build(*([f"{skipped} parts are neither paths, polygons nor rectangles; they were left out."] if skipped else []))


def _tag(node):
    return node.tag.rpartition("}")[2] if isinstance(node.tag, str) else ""


def _size(root, name):
    box = (root.get("viewBox") or "").replace(",", " ").split()
    try:
        if len(box) == 4:
            x, y, columns, rows = map(float, box)
            if (x, y) != (0, 0):
                raise ValueError
        else:
            columns, rows = (float((root.get(side) or "").removesuffix("px")) for side in ("width", "height"))
        if columns % 1 or rows % 1:
            raise ValueError
        return check_size((int(rows), int(columns)), name)
    except (ValueError, OverflowError) as error:
        if isinstance(error, StudioError):
            raise
        raise StudioError(f"{name} does not say how many pixels its picture has.", "It needs viewBox=\"0 0 columns rows\", with whole numbers.") from error


def _name(node):
    title = next((child.text for child in node if _tag(child) == "title" and child.text), None)
    return node.get("data-name") or title or node.get("id") or node.get("class") or f"colour {node.get('fill', 'none')}"


def _outlines(node, name):
    if _tag(node) == "path":
        return _path(node.get("d") or "", name)
    try:
        if _tag(node) == "polygon":
            values = [float(v) for v in (node.get("points") or "").replace(",", " ").split()]
            corners = np.array(values[: len(values) // 2 * 2]).reshape(-1, 2)
        else:
            x, y, width, height = (float(node.get(key) or 0) for key in ("x", "y", "width", "height"))
            corners = np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height]])
    except ValueError as error:
        raise StudioError(f"{name} is damaged: a shape has corners that are not numbers.", "Save it again in the program it comes from.") from error
    if not np.isfinite(corners).all():
        raise StudioError(f"{name} is damaged: a shape has corners that are not numbers.", "Save it again in the program it comes from.")
    return [corners] if len(corners) >= 3 else []


def _path(text, name):
    """Corners of a path of straight edges."""
    found, ring, here, command, waiting = [], [], (0.0, 0.0), "", []
    for match in TOKEN.finditer(text):
        letter, value, wrong = match.groups()
        if wrong:
            raise StudioError(f"{name} has outlines with curves, which are not read here.", "Turn curves into straight pieces in the drawing program (“flatten”), then save it again.")
        if letter:
            if waiting:
                raise StudioError(f"{name} is damaged: an outline stops in the middle.", "Save it again in the program it comes from.")
            command = letter
            if letter in "Zz" and ring:
                found.append(ring)
                here, ring = ring[0], []
            continue
        if not value:
            continue
        waiting.append(float(value))
        if command in "" or command in "Zz":
            raise StudioError(f"{name} is damaged: an outline does not begin with M.", "Save it again in the program it comes from.")
        if len(waiting) < (1 if command in "HhVv" else 2):
            continue
        here = _step(command, waiting, here)
        if command in "Mm":
            found, ring, command = found + [ring] if ring else found, [], "l" if command == "m" else "L"
        if not np.isfinite(here).all() or len(ring) > MAX_POINTS:
            raise StudioError(f"{name} is damaged: an outline has corners that are not numbers, or too many.", "Save it again in the program it comes from.")
        ring.append(here)
        waiting = []
    found += [ring] if ring else []
    return [np.array(each) for each in found if len(each) >= 3]


def _step(command, values, here):
    x, y = here
    if command in "Hh":
        return (values[0] + (x if command == "h" else 0), y)
    if command in "Vv":
        return (x, values[0] + (y if command == "v" else 0))
    return (values[0] + (x if command in "ml" else 0), values[1] + (y if command in "ml" else 0))
