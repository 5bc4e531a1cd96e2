"""Computed style of the parts of an SVG file: what is hidden or not filled, by which rule, and what a part is called. Attributes, style and simple style sheets."""
from __future__ import annotations

import re
from dataclasses import dataclass, replace

LABELS = ("{http://www.inkscape.org/namespaces/inkscape}label", "inkscape:label")
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"


@dataclass(frozen=True)
class Style:
    """What a part inherits and has: `layer` is the name of the layer that it lies in."""

    fill: str = ""
    rule: str = "nonzero"
    visibility: str = "visible"
    display: str = ""
    opacity: str = "1"
    fill_opacity: str = "1"
    transform: str = ""
    layer: str = ""
    moved: bool = False

    def moved_away(self) -> Style:
        return replace(self, moved=True)

    def label(self, node, rules) -> str:
        """What the person called it: data-name, title, class, label of the part or its layer, colour, and only then its id."""
        title = next((child.text.strip() for child in node if str(child.tag).rpartition("}")[2] == "title" and child.text and child.text.strip()), None)
        classes = " ".join(each for each in (node.get("class") or "").split() if f".{each}" not in rules)
        own = next((node.get(each) for each in LABELS if node.get(each)), None)
        return node.get("data-name") or title or classes or own or self.layer or (f"colour {self.fill}" if self.fill else None) or node.get("id") or "unnamed"


def rules_of(text: str) -> dict[str, dict[str, str]]:
    """The rules of a style sheet with the simplest selectors: .class, #id, tag.

    Examples
    --------
    >>> rules_of(".a, path { fill: none }")
    {'.a': {'fill': 'none'}, 'path': {'fill': 'none'}}
    """
    found: dict[str, dict[str, str]] = {}
    for selectors, body in re.findall(r"([^{}]+)\{([^{}]*)\}", re.sub(r"/\*.*?\*/", "", text, flags=re.S)):
        for selector in selectors.split(","):
            found.setdefault(selector.strip(), {}).update(_declarations(body))
    return found


def _declarations(text: str) -> dict[str, str]:
    pairs = (each.partition(":") for each in text.split(";"))
    return {key.strip().lower(): value.replace("!important", "").strip() for key, colon, value in pairs if colon}


def computed_style(node, above: Style, rules: dict[str, dict[str, str]]) -> Style:
    """The style of a part: its attributes, then rules of the style sheet, then its own style; what it does not say is inherited."""
    said = dict(node.attrib)
    tag = str(node.tag).rpartition("}")[2]
    for selector in (tag, *(f".{each}" for each in (node.get("class") or "").split()), f"#{node.get('id')}"):
        said |= rules.get(selector, {})
    said |= _declarations(node.get("style") or "")
    inherit = lambda key, old: old if said.get(key, "inherit").strip() == "inherit" else said[key].strip()
    layer = above.layer
    if tag == "g":
        layer = node.get("data-name") or next((node.get(each) for each in LABELS if node.get(each)), None) or layer
    return Style(
        fill=inherit("fill", above.fill), rule=inherit("fill-rule", above.rule), visibility=inherit("visibility", above.visibility), display=said.get("display", "").strip(),
        opacity="0" if _none(above.opacity) else said.get("opacity", "1"), fill_opacity=inherit("fill-opacity", above.fill_opacity), transform=said.get("transform", "").strip(),
        layer=layer, moved=above.moved,
    )  # fmt: skip


def _none(opacity: str) -> bool:
    return bool(re.fullmatch(r"\s*0*\.?0*\s*%?\s*", opacity)) and "0" in opacity


def hidden(style: Style) -> str:
    """Why a viewer does not fill it, or nothing."""
    if style.display == "none" or style.visibility in ("hidden", "collapse") or _none(style.opacity):
        return "hidden"
    return "not filled (a line only)" if style.fill in ("none", "transparent") or _none(style.fill_opacity) else ""


def is_identity(transform: str) -> bool:
    """Whether a transformation changes nothing.

    Examples
    --------
    >>> [is_identity(each) for each in ("", "none", "translate(0,0) scale(1)", "matrix(1 0 0 1 0 0)", "rotate(0)", "translate(1,0)", "spin(3)")]
    [True, True, True, True, True, False, False]
    """
    if transform in ("", "none"):
        return True
    parts = re.findall(r"([A-Za-z]+)\s*\(([^)]*)\)", transform)
    if not parts or re.sub(r"[A-Za-z]+\s*\([^)]*\)", "", transform).strip(" ,\t\r\n"):
        return False
    return all(_changes_nothing(kind.lower(), [float(each) for each in re.findall(_NUMBER, values)]) for kind, values in parts)


def _changes_nothing(kind: str, values: list[float]) -> bool:
    if kind == "matrix":
        return values == [1, 0, 0, 1, 0, 0]
    if kind in ("scale", "scalex", "scaley"):
        return bool(values) and all(v == 1 for v in values)
    if kind == "rotate":
        return bool(values) and values[0] % 360 == 0
    return kind in ("translate", "translatex", "translatey", "skewx", "skewy") and not any(values)
