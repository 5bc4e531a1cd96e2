"""The works that pages cite: site_src/citations.toml, the block ``sources`` that lists them, ``[@key]`` within a sentence, and what is wrong with either.

mkdocs.yml names this module, too, as a Markdown extension, for ``[@key]``; `extension` and `options` know the block.
"""
from __future__ import annotations

import html
import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree.ElementTree import Element

import yaml
from markdown.extensions import Extension
from markdown.inlinepatterns import InlineProcessor

from .. import ROOT
from . import yaml_errors
from .mistakes import Mistake
from .schema import FenceError
from .suggestions import did_you_mean

WORKS = "site_src/citations.toml"
KEY = r"[a-z][a-z0-9-]*"
CITED = re.compile(rf"\[@({KEY})\]")
NEARLY = re.compile(r"\[@([^\[\]\s]+)\](?!\()")  # what was meant to be one, whatever stands in it
FIELDS = {"authors": list, "year": int, "title": str, "venue": str, "others": bool, "doi": str, "arxiv": str, "isbn": str, "url": str, "unlinked": str}
NEEDED = ("authors", "year", "title", "venue")
WHERE = ("doi", "arxiv", "isbn", "url", "unlinked")
FORMS = {
    "doi": (r"10\.\d{4,9}/[^\s<>\"]+", "10.1109/34.295913, without https://doi.org/"),
    "arxiv": (r"\d{4}\.\d{4,5}", "1505.04597"),
    "isbn": (r"[\d-]{9,16}[\dX]", "978-0-387-31073-2"),
    "url": (r"https://\S+", "https://example.org/paper"),
}


def works(root: Path = ROOT) -> dict[str, dict[str, Any]]:
    """Every work by its key; none where the file is missing or cannot be read, which `check_works` tells."""
    try:
        return {key: work for key, work in tomllib.loads((root / WORKS).read_text(encoding="utf-8-sig")).items() if isinstance(work, dict)}
    except (OSError, ValueError):
        return {}


# --- the file ---------------------------------------------------------------------------------------------------------


def check_works(root: Path = ROOT) -> Iterator[Mistake]:
    """What is wrong in citations.toml, with its line. A project may do without the file."""
    try:
        text = (root / WORKS).read_bytes().decode("utf-8-sig")
        found = tomllib.loads(text)
    except FileNotFoundError:
        return
    except UnicodeDecodeError as error:
        yield Mistake(WORKS, error.object[: error.start].count(b"\n") + 1, "This line is not written in UTF-8.", "Save the file again with the encoding UTF-8.")
        return
    except tomllib.TOMLDecodeError as error:
        line = int(at[1]) if (at := re.search(r"at line (\d+)", str(error))) else text.count("\n") + 1
        yield Mistake(WORKS, line, "This line cannot be read.", 'Write `name = "value"`: texts in quotation marks, numbers without, lists in [ ]; and a [key] above each work, once.')
        return
    for key, work in found.items():
        for field, message, remedy in _wrong(key, work):
            yield Mistake(WORKS, _line(text, key, field), message, remedy)


def _wrong(key: str, work: Any) -> Iterator[tuple[str, str, str]]:
    """(field, message, remedy) of one entry; field "" is its heading."""
    if not isinstance(work, dict):
        yield "", f"`{key}` is written above the first work.", "Write a line such as [otsu1979] above it."
        return
    if not re.fullmatch(KEY, key):
        yield "", f"`{key}` cannot be cited.", "Use small letters, digits and hyphens, such as otsu1979."
    for name, value in work.items():
        if name not in FIELDS:
            yield name, f"A work has no `{name}`.", did_you_mean(name, FIELDS)
        elif type(value) is not FIELDS[name] or value in ("", []) or (name == "authors" and not all(isinstance(each, str) and each.strip() for each in value)):
            yield name, f"`{name}` has to be {_kind(name)}.", f"For example `{_example(name)}`."
        elif name in FORMS and not re.fullmatch(FORMS[name][0], value):
            yield name, f"`{value}` does not have the form of a {name}.", f"Write it as {FORMS[name][1]}."
        elif name == "isbn" and not _is_isbn(value):
            yield name, f"The check digit of the ISBN `{value}` is wrong.", "Compare it with the book."
        elif name == "year" and not 1600 <= value <= 2100:
            yield name, f"{value} is no year.", "Write four digits."
    for name in NEEDED:
        if name not in work:
            yield "", f"`{key}` has no `{name}`.", f"Add a line `{_example(name)}`."
    if not set(WHERE) & set(work):
        yield "", f"`{key}` does not say where it is found.", 'Add its doi, arxiv, isbn or url; or `unlinked = "…"` with the reason why there is none.'


def _kind(name: str) -> str:
    return {list: "a list of names in quotation marks", int: "a number", bool: "true or false", str: "text in quotation marks"}[FIELDS[name]]


def _example(name: str) -> str:
    return {"authors": 'authors = ["N. Otsu"]', "year": "year = 1979", "others": "others = true"}.get(name, f'{name} = "…"')


def _is_isbn(text: str) -> bool:
    digits = text.replace("-", "")
    values = [10 if digit == "X" else int(digit) for digit in digits]
    if len(values) == 10:
        return sum(value * weight for value, weight in zip(values, range(10, 0, -1), strict=True)) % 11 == 0
    return len(values) == 13 and sum(value * (3 if place % 2 else 1) for place, value in enumerate(values)) % 10 == 0


def _line(text: str, key: str, field: str) -> int:
    lines = text.split("\n")
    heading = re.compile(rf"\s*\[\s*[\"']?{re.escape(key)}[\"']?\s*\]|\s*{re.escape(key)}\s*[.=]")
    start = next((number for number, line in enumerate(lines) if heading.match(line)), 0)
    for number in range(start + 1, len(lines)):
        if re.match(r"\s*\[", lines[number]):
            break
        if field and re.match(rf"\s*[\"']?{re.escape(field)}\b", lines[number]):
            return number + 1
    return start + 1


# --- the block --------------------------------------------------------------------------------------------------------


def read(body: str, root: Path = ROOT) -> tuple[dict[str, str], list[FenceError]]:
    """What a ``sources`` block lists, {key: what is said of the work}, and the mistakes in it."""
    try:
        tree = yaml.compose(body, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        return {}, [FenceError(*yaml_errors.explain(body, error))]
    except (yaml.YAMLError, RecursionError):
        return {}, [FenceError(1, "This block cannot be read.", "Write one `key: what is in it` on each line.")]
    if tree is None:
        return {}, [FenceError(0, "This block lists no work.", "Write one `key: what is in it` on each line, such as `otsu1979: Five pages.`")]
    if not isinstance(tree, yaml.MappingNode):
        return {}, [FenceError(tree.start_mark.line + 1, "This is not a list of works.", "Write one `key: what is in it` on each line, and the colon even where nothing is said.")]
    known = works(root)
    listed: dict[str, str] = {}
    found = []
    for key, value in tree.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode) or key.value not in known:
            found.append(FenceError(line, f"No work has the key `{_short(key)}`.", unknown(str(key.value), known)))
        elif key.value in listed:
            found.append(FenceError(line, f"`{key.value}` is listed twice.", "Keep one of the two lines."))
        elif not isinstance(value, yaml.ScalarNode):
            found.append(FenceError(line, f"What is said of `{key.value}` has to be text.", "Put it in quotation marks, on the same line."))
        else:
            listed[key.value] = "" if value.tag.endswith(":null") else value.value
    return listed, found


def _short(key: yaml.Node) -> str:
    return str(key.value)[:60]


def unknown(key: str, known: Iterable[str]) -> str:
    """What to do about a key that nobody knows."""
    near = did_you_mean(key, known)
    return near if near.startswith("Did") else f"Add the work to {WORKS}, or use a key from there."


def sources_html(listed: dict[str, str], root: Path = ROOT) -> str:
    """A list of works, each with a link that leads away, and what is said of it."""
    known = works(root)
    return f'<ul class="ps-sources">{"".join(_entry(key, known[key], note) for key, note in listed.items())}</ul>'


def _entry(key: str, work: dict[str, Any], note: str) -> str:
    venue, volume = re.fullmatch(r"(.*?)( \d+)?", work["venue"]).groups()
    names = ", ".join(work["authors"]) + (" and others" if work.get("others") else "")
    parts = [f"{html.escape(names)}, “{html.escape(work['title'])}”, <em>{html.escape(venue)}</em>{volume or ''}, {work['year']}.", *_links(work)]
    if note:
        parts.append(re.sub(r"\*([^*]+)\*", r"<em>\1</em>", html.escape(note)))
    return f'<li id="source-{key}">{" ".join(parts)}</li>'


def _links(work: dict[str, Any]) -> Iterator[str]:
    for name, address, words in (
        ("doi", "https://doi.org/{}", "doi:{}"), ("arxiv", "https://arxiv.org/abs/{}", "arXiv:{}"), ("url", "{}", "{}"),
    ):
        if value := work.get(name):
            target = value if name == "url" else address.format(quote(value, safe="/:;()"))
            said = re.sub(r"^https://(www\.)?([^/]+).*", r"\2", value) if name == "url" else words.format(value)
            yield f'<a class="ps-away" href="{html.escape(target)}" rel="noreferrer" title="Leads to another site">{html.escape(said)} <span aria-hidden="true">↗</span></a>'
    if isbn := work.get("isbn"):
        yield f"ISBN {html.escape(isbn)}"


# --- within a sentence ------------------------------------------------------------------------------------------------


def short(work: dict[str, Any]) -> str:
    """How a sentence names a work.

    Examples
    --------
    >>> short({"authors": ["L. van der Maaten", "A. B. Chi"], "year": 2019}), short({"authors": ["J. Long"], "others": True, "year": 2015})
    ('van der Maaten and Chi 2019', 'Long and others 2015')
    """
    names = [" ".join(part for part in name.split() if not part.endswith(".")) or name for name in work["authors"]]
    if work.get("others") or len(names) > 2:
        return f"{names[0]} and others {work['year']}"
    return f"{' and '.join(names)} {work['year']}"


class _Cited(InlineProcessor):
    """Turns [@key] into a link to the work's place on the page."""

    def handleMatch(self, m: re.Match[str], data: str) -> tuple[Element | None, int | None, int | None]:  # noqa: N802  (Markdown's name)
        work = works().get(m[1])
        if work is None:
            return None, None, None
        link = Element("a", {"class": "ps-cite", "href": f"#source-{m[1]}"})
        link.text = f"({short(work)})"
        return link, m.start(0), m.end(0)


class Citations(Extension):
    """[@key] in the pages."""

    def extendMarkdown(self, md: Any) -> None:  # noqa: N802  (Markdown's name)
        md.inlinePatterns.register(_Cited(CITED.pattern, md), "cited", 172)  # before links in brackets


def makeExtension(**kwargs: Any) -> Citations:  # noqa: N802  (Markdown's name)
    """What Markdown asks a module for that mkdocs.yml names."""
    return Citations(**kwargs)


def page_mistakes(lines: list[str], listed: Iterable[str], root: Path = ROOT) -> Iterator[tuple[int, str, str]]:
    """(line, message, remedy) of what a page cites and nobody knows, or does not list. `lines` hold no blocks any more."""
    known, listed = works(root), set(listed)
    for number, line in enumerate(lines, 1):
        for cited in NEARLY.finditer(re.sub(r"`[^`]*`", "", line)):
            if cited[1] not in known:
                yield number, f"No work has the key `{cited[1]}`.", unknown(cited[1], known)
            elif cited[1] not in listed:
                yield number, f"This page cites `{cited[1]}`, but does not list it.", f"Add a line `{cited[1]}:` to a `sources` block of this page."
