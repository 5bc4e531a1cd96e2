"""The HTML that fences become: elements with a skeleton, drawings, credits, tables of options, highlighted Python."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

from pygments import lex
from pygments.lexers import PythonLexer
from pygments.token import Comment, Keyword, Name, Number, Operator, String, Token

from .. import ROOT
from ..output_tree import hash8
from .schema import Fence, Option, describe, written
from .vocabulary import photo_credits


def element_html(fence: Fence, options: dict[str, Any]) -> str:
    """The custom element, with a skeleton that keeps its place until the studio takes over."""
    data = "".join(f' data-{name}="{html.escape(written(value))}"' for name, value in options.items())
    style = f' style="--ps-height: {options["height"]}px"' if "height" in options else ""
    return (
        f'<{fence.element} class="ps" data-state="loading"{data}{style}>'
        f'<div class="ps-skeleton ps-skeleton-{fence.name}"><noscript><p>{html.escape(fence.no_script)}</p></noscript></div>'
        f"</{fence.element}>"
    )


def figure_html(options: dict[str, Any]) -> str:
    """The drawing itself, in the page: only then can it use the colours of the page."""
    drawing = (ROOT / "site_src" / options["drawing"]).read_text(encoding="utf-8")
    drawing = drawing[drawing.index("<svg") :].strip()
    drawing = drawing.replace("<svg", f'<svg role="img" aria-label="{html.escape(options["alt"])}"', 1)
    caption = f"<figcaption>{html.escape(options['caption'])}</figcaption>" if "caption" in options else ""
    return f'<figure class="ps-drawing">{drawing}{caption}</figure>'


def credits_html() -> str:
    """A card for each bundled photo: the picture, what it shows, its author, licence and source."""
    return f'<ul class="ps-photos">{"".join(map(_card, photo_credits()))}</ul>'


def _card(photo: dict[str, Any]) -> str:
    text = {key: html.escape(str(value)) for key, value in photo.items()}
    columns, rows = photo["size"]
    return (
        f'<li id="{text["name"]}">'
        f'<img src="{html.escape(photo_address(photo))}" alt="{text["alt"]}" width="{columns}" height="{rows}" loading="lazy">'
        f"<strong>{text['title']}</strong> <code>{text['name']}</code><br>"
        f'{text["author"]}, {text["licence"]}, <a href="{text["source"]}" rel="noreferrer">source</a></li>'
    )


def photo_address(photo: dict[str, Any], root: Path = ROOT) -> str:
    """Where the built site keeps a bundled photo, seen from a page directly in site_src. `bundle` puts it there."""
    file = root / "site_src" / "photos" / photo["file"]
    return f"photos/{photo['name']}-{hash8(file.read_bytes())}{file.suffix}"


def options_html(fence: Fence) -> str:
    """The table of a fence's options, for the teachers' page. Two columns: it has to fit on a phone."""
    rows = "".join(
        f"<tr><td><code>{option.name}</code></td><td>{_coded(option.help)}<br><em>{_coded(describe(option))}</em>{_default(option)}</td></tr>"
        for option in fence.options
    )
    table = f"<table><thead><tr><th>Option</th><th>What it does, and what it can be</th></tr></thead><tbody>{rows}</tbody></table>"
    return f'<div class="md-typeset__scrollwrap"><div class="md-typeset__table">{table}</div></div>'


def _coded(text: str) -> str:
    """A text of the table as HTML: text between backticks is code, as in Markdown."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))


def _default(option: Option) -> str:
    return "" if option.default is None else f"; left out: <code>{html.escape(written(option.default))}</code>"


# The classes that the editor uses too (site_src/studio/editor/editor.js): one set of colours for both.
_CLASSES = (
    (Comment, "comment"), (String.Interpol, ""), (String, "string"), (Number, "number"), (Operator.Word, "keyword"), (Keyword.Constant, "atom"), (Keyword, "keyword"),
    (Name.Function, "definition"), (Name.Class, "definition"), (Name.Decorator, "definition"), (Token, ""),
)


def highlighted(program: str) -> str:
    """Python as HTML with a class for each kind of word.

    Examples
    --------
    >>> highlighted("if 1:")
    '<span class="ps-py-keyword">if</span> <span class="ps-py-number">1</span>:'
    """
    parts = []
    for token, text in lex(program, PythonLexer(stripnl=False, ensurenl=False)):
        name = next(name for kind, name in _CLASSES if token in kind)
        parts.append(f'<span class="ps-py-{name}">{html.escape(text, quote=False)}</span>' if name and text.strip() else html.escape(text, quote=False))
    return "".join(parts)


def add_anchor(md: Any, name: str) -> None:
    """Tell MkDocs that an id is in the page: it does not look into blocks, and would call a link there broken."""
    for each in md.treeprocessors:
        if hasattr(each, "present_anchor_ids"):
            each.present_anchor_ids.add(name)
