"""Masks as SVG outlines: a path for every thing, filled by the even-odd rule. Read is what a viewer fills: straight edges and ellipses, no transformations."""
from __future__ import annotations

import html
import json
from collections import Counter
from xml.etree import ElementTree

from ..errors import StudioError
from ..labels import VOID, voc_colour_map
from . import outlines, svg_shapes
from .annotation import IGNORE, MAX_POINTS, MAX_SHAPES, Annotation
from .annotation_builder import AnnotationBuilder
from .svg_style import Style, computed_style, hidden, is_identity, rules_of
from .svg_viewport import Viewport, viewport_of

NOT_DRAWN = {"defs", "clipPath", "mask", "symbol", "pattern", "marker", "linearGradient", "radialGradient", "filter", "metadata", "title", "desc", "style", "script", "namedview", "switch"}
NO_OUTLINE = {"line": "a line", "text": "text", "image": "a picture", "use": "a copy (use)", "foreignObject": "something foreign"}


def write(annotation: Annotation, photo: str, style: str) -> bytes:
    rows, columns = annotation.ids.shape
    colours, own = voc_colour_map(), annotation.own_numbers()
    paths = []
    for k, (place, number, box, part) in enumerate(annotation.pieces(void=True), 1):
        drawn = " ".join("M" + "L".join(f"{x},{y}" for x, y in (corners + [box[2], box[0]]).tolist()) + "Z" for corners, _ in outlines.rings(part))
        name, colour = html.escape(IGNORE if place == VOID else annotation.names[place]), "#%02x%02x%02x" % tuple(colours[place])
        thing = number if own is not None and place != VOID else k
        crowd = ' data-crowd="1"' if number in annotation.crowd else ""
        paths.append(f'<path data-name="{name}" data-thing="{thing}"{crowd} fill="{colour}" fill-rule="evenodd" d="{drawn}"><title>{name}</title></path>')
    ours = html.escape(json.dumps({"names": annotation.names, "codes": annotation.codes, "photo": photo}, ensure_ascii=False), quote=False)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{columns}" height="{rows}" viewBox="0 0 {columns} {rows}">\n<metadata id="pystudio">{ours}</metadata>'
    return "\n".join([head, *paths, "</svg>\n"]).encode()


def read(data: bytes, name: str, shape: tuple[int, int] | None, picture: str | None = None) -> Annotation:
    root = _root(data, name)
    nodes = list(root.iter())
    if len(nodes) > 4 * MAX_SHAPES:
        raise StudioError(f"{name} has more than {4 * MAX_SHAPES:,} parts.", "Bring a simpler file.")
    viewport = viewport_of(root, shape, name)
    reader = _Reader(viewport, name, rules_of("".join(node.text or "" for node in nodes if _tag(node) == "style")))
    photo = reader.declared(nodes)
    reader.walk(root, Style())
    if reader.moved and not reader.drawn:
        raise StudioError(f"{name} turns or moves its shapes, which is not read here.", "Apply all transformations in the drawing program, then save it again.")
    notes = viewport.notes + tuple(f"{n:,} parts are {why}; they were left out." for why, n in reader.unseen.items())
    return reader.builder.build(*notes, photo=photo)


def _root(data, name):
    if b"<!ENTITY" in data or (b"<!DOCTYPE" in data and b"[" in data.partition(b"<!DOCTYPE")[2].partition(b">")[0]):
        raise StudioError(f"{name} brings definitions of its own, which are not read.", "Save it as plain SVG, without a DOCTYPE.")
    try:
        root = ElementTree.fromstring(data)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise StudioError(f"{name} is damaged: it is not complete SVG.", "Save it again in the program it comes from.") from error
    if _tag(root) in ("annotation", "annotations"):
        raise StudioError(f"{name} is no SVG picture: it is XML of an annotation program (PASCAL VOC’s boxes, or CVAT).", "Export the masks instead: COCO, LabelMe or “segmentation mask”.")
    if _tag(root) != "svg":
        raise StudioError(f"{name} is no SVG picture.", "Bring a label PNG, COCO JSON, LabelMe JSON, NPZ or SVG.")
    return root


def _tag(node):
    return node.tag.rpartition("}")[2] if isinstance(node.tag, str) else ""


class _Reader:
    """Walks through the parts of a drawing as a viewer does, and draws what it fills."""

    def __init__(self, viewport: Viewport, name: str, rules: dict[str, dict[str, str]]):
        self.viewport, self.name, self.rules = viewport, name, rules
        self.builder = AnnotationBuilder(viewport.shape, name, "parts")
        self.unseen: Counter[str] = Counter()
        self.points = self.moved = self.drawn = 0

    def declared(self, nodes) -> str:
        """The classes that a file of ours lists are taken up; the name of its photo comes back."""
        for node in nodes:
            if _tag(node) == "metadata" and node.get("id") == "pystudio":
                try:
                    ours = json.loads(node.text or "")
                    self.builder.declare(ours.get("names"), ours.get("codes"))
                    return str(ours.get("photo") or "")
                except (ValueError, AttributeError, RecursionError):
                    return ""
        return ""

    def walk(self, root, style) -> None:
        waiting = [(root, style)]
        while waiting:  # not by recursion: untrusted files may be nested deeply
            node, above = waiting.pop()
            tag = _tag(node)
            if not tag or (tag in NOT_DRAWN):
                continue
            style = computed_style(node, above, self.rules)
            if node is not root and not is_identity(style.transform):
                self.moved += 1
                style = style.moved_away()
            if tag in ("svg", "g", "a"):
                if style.display == "none":
                    self.unseen["hidden"] += sum(_tag(each) in svg_shapes.DRAWN for each in node.iter())
                    continue
                waiting += [(child, style) for child in reversed(node)]
            elif tag in NO_OUTLINE and style.display != "none":
                self.builder.skip(NO_OUTLINE[tag])
            elif tag in svg_shapes.DRAWN:
                self._shape(node, tag, style)

    def _shape(self, node, tag, style) -> None:
        if why := hidden(style):
            self.unseen[why] += 1
            return
        if style.moved:
            self.builder.skip("turned or moved (transform)")
            return
        try:
            part, box = self._mask(node, tag, style)
        except StudioError as error:
            self.builder.skip(error)
            return
        if not part.any():
            self.builder.skip("covers the middle of no pixel of the picture")
            return
        place = self.builder.place(style.label(node, self.rules))
        thing = node.get("data-thing") or ""
        wanted = int(thing) if thing.isdigit() and len(thing) < 10 else None
        number = 0 if place in (0, VOID) else self.builder.number((place, thing) if thing else id(node), wanted)
        self.builder.add(place, part, box, number, node.get("data-crowd") == "1")
        self.drawn += 1

    def _mask(self, node, tag, style):
        if tag in ("circle", "ellipse"):
            centre, radii = svg_shapes.ellipse(node, tag, self.viewport, self.name)
            return outlines.ellipse_part(centre, radii, self.viewport.shape)
        drawn = svg_shapes.corners(node, tag, self.viewport, self.name)
        self.points += sum(map(len, drawn))
        if self.points > MAX_POINTS:
            raise StudioError(f"{self.name} has outlines of more than {MAX_POINTS:,} corners.", "Bring a simpler file.")
        return outlines.fill_part([self.viewport.pixels(each) for each in drawn], self.viewport.shape, style.rule)
