"""What is wrong in a page around its blocks: its encoding and front matter, links, pictures, notes, and Markdown that is nearly Markdown.

What MkDocs says of links is put into plain words here, with the line; the rest is read off the rendered page, so that what is only shown as code
is never taken for a mistake.
"""
from __future__ import annotations

import difflib
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import yaml
from PIL import Image

from ..site import csp
from . import yaml_errors
from .suggestions import did_you_mean

LARGEST = 500_000  # bytes of a page: Markdown needs minutes for more, and so would a reader
HEAVIEST = 3_000_000  # bytes of a picture in a text
SHOWN = {".png", ".jpg", ".jpeg", ".webp", ".gif", ".avif", ".svg"}  # what every browser shows
SETTINGS = ("title", "description", "hide", "search", "icon", "status", "subtitle", "tags", "template", "authors", "date", "social")
SAYS_NOTHING = {"", "alt", "foto", "image", "img", "photo", "picture"}


# --- before Markdown sees the page ------------------------------------------------------------------------------------


def unreadable(data: bytes) -> tuple[int, str, str] | None:
    """(line, message, remedy) of a page that is not rendered at all; None where it can be."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return data[: error.start].count(b"\n") + 1, "This page is not written in UTF-8.", "Save it again with the encoding UTF-8."
    if not text.strip():
        return 1, "This page is empty.", "Write something, beginning with a heading: `# My lesson`. Or delete the file."
    if "\0" in text:
        return text[: text.index("\0")].count("\n") + 1, "There are bytes here that are no text.", "Save the page again as plain text with the encoding UTF-8."
    if len(data) > LARGEST:
        pasted = re.search(r"data:image/", text)
        line = text[: pasted.start()].count("\n") + 1 if pasted else 1
        return line, f"This page has {len(data) / 1e6:.1f} MB of text.", "Put the picture into a file: `![What it shows](images/name.png)`." if pasted else "Divide it into several pages."
    return None


def front_matter(text: str, meta: dict) -> Iterator[tuple[int, str, str]]:
    """(line, message, remedy) of what is wrong in the lines between `---` at the head of a page. `meta` is what MkDocs read of them."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    first = next((number for number, line in enumerate(lines) if line.strip()), 0)
    setting = first + 1 < len(lines) and re.match(r"[A-Za-z_]+\s*:", lines[first + 1])
    if re.fullmatch(r"-{3}[ \t]*", lines[0]):
        end = next((number for number, line in enumerate(lines[1:], 1) if re.fullmatch(r"(-{3}|\.{3})[ \t]*", line)), None)
        if end is not None:
            yield from _settings(lines[1:end])
        elif setting:
            yield 1, "The settings at the head of this page have no end.", "Write a line `---` below them."
    elif setting and re.fullmatch(r"\s*(-{2,}|[–—]+)\s*", lines[first]):
        said = "stand below an empty line" if re.fullmatch(r"-{3}\s*", lines[first]) else "begin with a line that is not `---`"
        yield first + 1, f"The settings of this page {said}, so they are shown as text.", "Begin the very first line of the file with three hyphens: `---`."
    elif meta:
        yield 1, f"The first line of this page is taken for a setting (`{next(iter(meta))}`) and is not shown.", "Begin the page with a heading, such as `# My lesson`."


def _settings(lines: list[str]) -> Iterator[tuple[int, str, str]]:
    text = "\n".join(lines)
    try:
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
        values = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line, message, remedy = yaml_errors.explain(text, error)
        yield line + 1, message, remedy
        return
    except (yaml.YAMLError, ValueError):
        yield 1, "The settings at the head of this page cannot be read.", "Write one `name: value` on each line."
        return
    if tree is None:
        return
    if not isinstance(tree, yaml.MappingNode):
        yield 2, "This is no setting.", "Write one `name: value` on each line, such as `title: My lesson`."
        return
    for key, _ in tree.value:
        name, line = str(key.value), key.start_mark.line + 2
        close = difflib.get_close_matches(name.lower(), SETTINGS, n=1, cutoff=0.75)
        if name not in SETTINGS and close:
            yield line, f"A page has no setting `{name}`.", f"Did you mean {close[0]}?"
        elif name in ("title", "description") and not isinstance(values.get(name), str) and values.get(name) is not None:
            written = lines[key.start_mark.line].partition(":")[2].strip()
            yield line, f"`{name}` has to be text.", f"Put it in quotation marks: `{name}: {yaml_errors.quoted(written or ' ')}`."


# --- the page as it is shown ------------------------------------------------------------------------------------------


class Tags(HTMLParser):
    """What a rendered page really holds: links, images, ids, marks of blocks, and its text outside code and comments."""

    def __init__(self, content: str):
        super().__init__()
        self.images: list[dict[str, str | None]] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.blocks: set[int] = set()
        self.text = ""   # outside <pre>
        self.prose = ""  # outside all code, a line for each paragraph
        self._pre = self._code = 0
        self.feed(content)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        display_path = dict(attrs)
        if tag == "img":
            self.images.append(display_path)
        if tag == "a" and "href" in display_path:
            self.links.append(display_path["href"] or "")
        if display_path.get("id"):
            self.ids.append(display_path["id"])
        if number := display_path.get("data-block"):
            self.blocks.add(int(number))
        self._pre += tag == "pre"
        self._code += tag in ("pre", "code", "script", "style")
        if tag in ("p", "li", "td", "th", "dd", "dt", "summary", "br", "div", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6"):
            self.prose += "\n"

    def handle_endtag(self, tag: str) -> None:
        self._pre -= tag == "pre"
        self._code -= tag in ("pre", "code", "script", "style")
        if tag in ("code", "a"):
            self.prose += "\0"  # so that what stands left and right of it does not meet

    def handle_data(self, data: str) -> None:
        if not self._pre:
            self.text += data
        if not self._code:
            self.prose += data


Where = Callable[[str], list[int]]
"""The lines of a page in which some words stand."""

_ENDING = r"\.(?:md|html|pdf|png|jpe?g|webp|gif|svg|avif)\b"
_NEARLY = (
    (rf"\([^()\[\]\n]+\)\[[^\[\]\n]*(?:{_ENDING}|://|^#)[^\[\]\n]*\]", "The brackets of this link are the wrong way round.", "Write the words in [ ] and the address in ( ): `[words](page.md)`."),
    (rf"\[[^\[\]\n]+\]\s+\((?:\S*{_ENDING}[^()\s]*|https?://[^()\s]+)\)", "There is a space between the two halves of this link.", "Remove the space between ] and (."),
    (rf"\]\([^()\n]*(?:{_ENDING}|://)[^()\n]*(?=\n|\0|$)", "The bracket of this link is not closed.", "Write `)` after the address."),
    (r"\[\^[^\[\]\n]+\]", "There is no footnote of this name.", "Write it on a line of its own: `[^1]: What it says`."),
    (r"(?<![\w\])])!?\[[^\[\]\n]+\]\[[^\[\]\n]*\]", "This link names an address that is not there.", "Write the address itself in round brackets: `[words](page.md)`."),
    (r"(?m)^(?:!!|!!!|\?\?|\?\?\?\+?) ?(?:\"[^\"\n]*\"|[a-z]+(?: \"[^\"\n]*\")?)$", "This looks like a note, but is shown as text.", "A note begins with `!!! tip \"Title\"`; its text stands below, indented by four spaces."),
    (r"(?m)^(?:``|'''|´´´|‘‘‘|’’’|\"\"\") ?[a-z][a-z-]*$", "This looks like the beginning of a block, but is shown as text.", "A block begins with three backticks: ```."),
)


def nearly_markdown(tags: Tags, where: Where) -> Iterator[tuple[int, str, str]]:
    """Markdown with a slip in it, which readers would see as text."""
    for pattern, message, remedy in _NEARLY:
        for found in re.finditer(pattern, tags.prose):
            for line in where(found[0].strip("\n\0").split("\n")[0])[:1]:
                yield line, message, remedy


def empty_notes(content: str, lines: list[str]) -> Iterator[tuple[int, str, str]]:
    """Notes whose text is not indented, and so stands below them."""
    notes = list(re.finditer(r'<div class="admonition[^>]*>|<details[^>]*>', content))
    opened = [number for number, line in enumerate(lines, 1) if re.match(r"[\s>]*(!!!|\?\?\?)", line)]
    for index, note in enumerate(notes):
        if re.match(r"\s*(<p class=\"admonition-title\">((?!</p>).)*</p>|<summary>((?!</summary>).)*</summary>)?\s*</(div|details)>", content[note.end() :], re.DOTALL):
            yield opened[index] if len(opened) == len(notes) else 1, "This note is empty.", "Indent the text that belongs to it by four spaces."


# --- words

_TERM, _PLAIN, _TRUE = "is not the term of this field", "is not plain English", "is not true"
WORDS = tuple((re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE), why, remedy) for pattern, why, remedy in (
    (r"knots?", _TERM, "Write node, if you mean a point of a graph."),
    (r"crumbs?", _TERM, "Write fragment."),
    (r"sheets? of (?:numbers|scores|features)|(?:coarse|fine) sheets?", _TERM, "Write channel, or feature map."),
    (r"knobs?", _TERM, "Write parameter, if you mean a number that training changes."),
    (r"spoil|spoils|spoilt|spoiled|spoiling", _PLAIN, "Write damage, or make worse."),
    (r"before neural networks", _TRUE, "Write before deep learning: the perceptron is from 1958."),
    (r"anew|afresh", _PLAIN, "Write again, or from the beginning."),
    (r"beneath", _PLAIN, "Write below, or under."),
    (r"(?:is|are|was|were|be) (?:still )?of (?:little |no |some )?use", _PLAIN, "Write useful, or useless."),
    (r"in the place of", _PLAIN, "Write instead of, or replace A with B."),
    (r"parts? (?:the|a|an|it|them) (?:[\w-]+ )?from", _PLAIN, "Write separates … from."),
    (r"(?<=[.?!*] )has it|^has it|has the \w+ (?:a|an|no|two)", _PLAIN, "Write Does it have …?"),
    (r"what stands|stands? (?:beneath|below|above|behind it)|stand at the end of", _PLAIN, "Write is, or are."),
    (r"dearest|dear (?:to|through|in) (?:compute|plain|time)", _PLAIN, "Write expensive, or costly."),
    (r"shun|shuns|shunned", _PLAIN, "Write avoid."),
    (r"shall", _PLAIN, "Write should, will or must."),
    (r"(?:further|far) off", _PLAIN, "Write further away, or far away."),
    (r"ill (?:leaf|leaves|plants?|tissue)", _PLAIN, "Write diseased."),
    (r"waver|wavers|wavered|wavering", _PLAIN, "Write is unsure."),
    (r"drown|drowns|drowned|drowning", _PLAIN, "Write is lost, or is ignored."),
    (r"great-grandfathers?", _PLAIN, "Write ancestor."),
    (r"has (?:its )?moods|moody", _PLAIN, "Write is unstable."),
    (r"louder than", _PLAIN, "Write outweighs, or counts more than."),
    (r"easy day", _PLAIN, "Write works well."),
    (r"well-kept", _PLAIN, "Write maintained, or standard."),
    (r"(?:answers?|comes?|gives?) always", _PLAIN, "Put always before the verb: it always answers."),
    (r"look(?:s|ed)? the reason up", _PLAIN, "Write find out the reason."),
))
"""What readers stumble over, why, and what to write. A word between quotation marks is let pass: it is spoken about."""


def words(lines: list[str]) -> Iterator[tuple[int, str, str]]:
    """(line, message, remedy) of words that a lesson does not use. `lines` are those that are read, code left blank."""
    for number, line in enumerate(lines, 1):
        read = re.sub(r"`[^`]*`|[“\"][^”\"]*[”\"]|\]\([^)]*\)|https?://\S+|<[^>]*>", "\0", line)
        if re.match(r"\s*(?:title|description|text|why|answer|caption|alt|explanation|- answer):", line):
            read = re.sub(r"`[^`]*`|“[^”]*”|\]\([^)]*\)", "\0", line)  # here quotation marks are YAML's
        for pattern, why, remedy in WORDS:
            if found := pattern.search(read):
                yield number, f"“{found[0]}” {why}.", remedy


# --- links


def strange_links(tags: Tags, where: Where) -> Iterator[tuple[int, str, str]]:
    """Addresses that MkDocs does not look at: those with a scheme, and empty ones."""
    for url in dict.fromkeys(tags.links):
        scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]*):", url)
        if not url.strip():
            for line in where("]()") or [1]:
                yield line, "This link has no address.", "Write one in the round brackets, or remove the link."
        elif scheme and (len(scheme[1]) == 1 or scheme[1].lower() == "file"):
            for line in where(url) or [1]:
                yield line, f"The link `{url}` leads to a file on your own machine.", "Put the file below site_src, and link to it from there: `[words](files/name.pdf)`."
        elif scheme and scheme[1].lower() not in ("http", "https", "mailto", "tel"):
            for line in where(url) or [1]:
                yield line, f"The address `{url}` begins with `{scheme[1]}:`, which leads nowhere.", "Begin it with https://, as your browser shows it."


def link_mistake(warning: str, files: list[str], page: str, anchors: Callable[[str], Iterable[str]]) -> tuple[str, str, str] | None:
    """(address, message, remedy) of what MkDocs says against a link; None where it speaks of something else.

    `files` are those that may be linked to, `page` is the one that links, both below site_src; `anchors` gives the headings of a page.
    """
    found = re.search(r"^Doc file '.*?' contains (an? (?:\w+ )*?link)(?: to)? '(.*?)'(?=,| which)(.*)$", warning, re.DOTALL)
    if not found:
        return None
    kind, url, rest = found.groups()
    guess = re.search(r"Did you mean '(.*)'\?", rest)
    remedy = f"Did you mean `{guess[1]}`?" if guess else ""
    address, _, anchor = url.partition("#")
    if "anchor" in rest:
        place = f"of {address}" if address else "of this page"
        target = posixpath.normpath(posixpath.join(posixpath.dirname(page), unquote(address))) if address else page
        near = did_you_mean(anchor, list(anchors(target)))
        remedy = near if near.startswith("Did") else "Correct it: the name is the heading in small letters, with hyphens for spaces."
        return url, f"The link `{url}` leads nowhere: no heading {place} has the name `{anchor}`.", remedy
    if "excluded" in rest:
        where = "site_src/photos is for the studio: put a copy into site_src/images, and name that." if url.startswith("photos/") else "Put the file into another folder below site_src."
        return url, f"The link `{url}` leads to a file that does not become part of the site.", where
    if "absolute" in kind:
        return url, f"The link `{url}` begins with `/`, so it leaves this site.", remedy or "Begin with the name of the page, such as `more.md`."
    if "unrecognized" in kind:
        return url, f"The link `{url}` leads nowhere.", remedy or _nearest(url, files, page) or "Name a page with its ending, such as `more.md`."
    return url, f"The link `{url}` leads nowhere: there is no such file below site_src.", remedy or _nearest(url, files, page) or "Correct it, or add the file."


def _nearest(url: str, files: list[str], page: str) -> str:
    """A remedy for an address that names no file."""
    if url.startswith("www."):
        return f"Write `https://{url}`."
    if "\\" in url:
        return "Write `/` between folder and file, in place of `\\`."
    folder = posixpath.dirname(page) or "."
    near = {posixpath.relpath(file, folder): file for file in files}
    address = unquote(url.partition("#")[0])
    if alike := next((name for name in near if name.lower() == posixpath.normpath(address).lower()), None):
        return f"Did you mean `{alike}`? Capital and small letters have to agree."
    elsewhere = [name for name in near if posixpath.basename(name).lower() == posixpath.basename(address).lower()]
    if close := elsewhere or difflib.get_close_matches(address, near, n=1, cutoff=0.75):
        return f"Did you mean `{close[0]}`?"
    return ""


# --- pictures, and what comes from elsewhere


def images(tags: Tags, folder: Path, where: Where, without_words: Where) -> Iterator[tuple[int, str, str]]:
    """Pictures that cannot be shown, weigh too much, or have no words for people who cannot see them. `folder` holds the page."""
    for image in tags.images:
        address, words = unquote(image.get("src") or ""), (image.get("alt") or "").strip()
        name = address.rpartition("/")[2]
        if not words:
            for line in without_words(name):
                yield line, f"The image `{name}` has no text for people who cannot see it.", f"Say what it shows: `![A cat on a chair]({name})`."
        elif words.lower() in SAYS_NOTHING or words.lower() in (name.lower(), name.lower().rpartition(".")[0]):
            for line in where(f"![{image.get('alt')}]")[:1]:
                yield line, f"`{words}` does not say what the image shows.", f"Describe it for people who cannot see it: `![A cat on a chair]({name})`."
        if not urlsplit(address).scheme and (folder / address).is_file():
            for message, remedy in _picture_mistakes(folder / address):
                for line in (where(name) or [1])[:1]:
                    yield line, message, remedy


def _picture_mistakes(path: Path) -> Iterator[tuple[str, str]]:
    if path.suffix.lower() not in SHOWN:
        yield f"Not every browser shows the picture `{path.name}`.", "Save it as PNG, JPEG or WebP, and name that."
        return
    try:
        if path.suffix.lower() == ".svg":
            if "<svg" not in path.read_text(encoding="utf-8"):
                raise ValueError
        else:
            with Image.open(path) as image:
                image.verify()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        yield f"`{path.name}` is not a picture, or is damaged.", "Put another file in its place."
    if (weight := path.stat().st_size) > HEAVIEST:
        yield f"The picture `{path.name}` weighs {weight / 1e6:.0f} MB, and every reader loads it.", "Make it smaller: 1600 pixels on its longer side are plenty."


def from_elsewhere(content: str, where: Where) -> Iterator[tuple[int, str, str]]:
    """What the page's security policy would keep from working: files of other hosts, and scripts in attributes."""
    page = csp.Page.read(content)
    for address in dict.fromkeys(page.fetched):
        if urlsplit(address).netloc:
            for line in (where(address) or [1])[:1]:
                yield line, f"This page would load `{address}` from another host.", \
                    "Put the file below site_src: the site works without a network, and asks nobody else for anything. A link to it is fine."
    for handler in dict.fromkeys(page.handlers):
        for line in (where(handler.strip("<>").split()[1]) or [1])[:1]:
            yield line, f"There is a script in an attribute ({handler}), which the browser will not run.", "Remove it; what pages can do is on the page Every block."
