"""The names that a fence may mention: photos, networks, classes, methods."""

from __future__ import annotations

import json
import tomllib
import unicodedata
from pathlib import Path
from typing import Any

from .. import ROOT
from .fences import FENCES


def photo_credits(root: Path = ROOT) -> list[dict[str, Any]]:
    """The bundled photos, in the order in which the studio offers them."""
    return json.loads((root / "site_src" / "photos" / "credits.json").read_text(encoding="utf-8-sig"))


def vocabulary(kind: str, root: Path = ROOT) -> tuple[str, ...]:
    """Every name that an option of this kind may carry ("photo", "network", "method", "fence" or "label")."""
    if kind == "photo":
        return tuple(photo["name"] for photo in photo_credits(root) if "name" in photo)
    if kind == "network":
        return tuple(filter(None, map(_name_in, sorted((root / "models").glob("*.toml")))))
    if kind == "method":
        from pystudio.segment.classic import METHODS

        return tuple(METHODS)
    if kind == "fence":
        return (*(name for name, fence in FENCES.items() if fence.options), "python cell")
    from pystudio.labels import VOC  # NumPy is only needed for the pages that name a class

    return tuple(VOC.names)


def _name_in(recipe: Path) -> str | None:
    """The name of the network that a recipe describes; None for a recipe that cannot be read, which `check` tells."""
    try:
        return tomllib.loads(recipe.read_text(encoding="utf-8")).get("name")
    except ValueError:
        return None


def plain(text: str) -> str:
    """A text in the letters that every system writes alike: without accents, and without what has no such letter."""
    return unicodedata.normalize("NFKD", text.replace("ß", "ss")).encode("ascii", "ignore").decode()
