"""Check the lesson pages: fences, cells, exercises, links, images, truths, photo credits. Every mistake is told with file, line and remedy.

MkDocs renders each page here, with its own link checking, and superfences finds the fences: what is checked is what
is built, in lists, tabs and nested blocks too, where regular expressions of ours would see another page than MkDocs does.
The libraries do not pass on line numbers, so a small extension writes down where each fence began.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from markdown.extensions import Extension
from mkdocs.config import load_config
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import ConfigurationError
from mkdocs.structure.files import Files, get_files, set_exclusions
from mkdocs.structure.nav import get_navigation
from mkdocs.structure.pages import Page
from PIL import Image
from pygments.lexers import find_lexer_class_by_name
from pygments.util import ClassNotFound
from pymdownx.superfences import RE_NESTED_FENCE_START

from . import cell_check, cells, exercises, networks, verdicts
from .fences import FENCES, ROOT, FenceError, did_you_mean, parse, validator

CREDITS = "site_src/photos/credits.json"
CREDIT_FIELDS = ("name", "file", "title", "alt", "author", "licence", "source")
PHOTO_SUFFIXES = {".avif", ".gif", ".jpeg", ".jpg", ".png", ".webp"}


@dataclass(frozen=True, order=True)
class Mistake:
    """One thing to mend. `path` is relative to the project, `line` counts from 1."""

    path: str
    line: int
    message: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message} {self.remedy}".rstrip()


def check(root: Path = ROOT) -> list[Mistake]:
    """Every mistake in the pages and credits of a project, in order of file and line."""
    try:
        credits = read_credits(root)
    except CreditsError as error:  # the pages name photos: without the list of photos, every one of them would be wrong
        return [error.mistake]
    wrong = list(check_credits(credits, root))
    found = {*wrong, *(() if wrong else check_truths(credits, root)), *check_networks(root)}
    if run := not found:
        networks.build()  # cells and exercises ask them
    return sorted({*found, *check_pages(root, run=run)})


# --- pages ------------------------------------------------------------------------------------------------------------


def check_pages(root: Path, run: bool = True) -> Iterator[Mistake]:
    """Render every page as MkDocs does, and report what is wrong in it; with `run` also what goes wrong in cells and exercises."""
    try:
        with _warnings() as said:
            config = load_config(str(root / "mkdocs.yml"))
    except ConfigurationError as error:
        yield Mistake("mkdocs.yml", 1, "MkDocs cannot use this file.", f"{error} {' '.join(said)}".strip())
        return
    watch = _use_recorder(config)
    files = get_files(config)
    set_exclusions(files, config)
    with _warnings() as said:
        get_navigation(files, config)
    yield from _navigation_mistakes(said, root, config)

    pages: list[tuple[Page, str]] = []
    for file in files.documentation_pages():
        page = file.page or Page(None, file, config)
        path = Path(file.abs_src_path).relative_to(root).as_posix()
        try:
            page.read_source(config)
        except ValueError:
            yield Mistake(path, 1, "This page is not written in UTF-8.", "Save it again with the encoding UTF-8.")
            continue
        pages.append((page, path))
        source = Source(file.content_string, page.markdown)
        with _warnings() as said:
            page.render(config, files)
        blocks = list(watch.blocks)
        source.hide(blocks)
        found = [
            *_fence_mistakes(blocks, page.content, path, source, root),
            *(_running_mistakes(blocks, path, source, root) if run else ()),
            *_abandoned_fences(page, blocks, path, source, config, files),
            *_link_mistakes(said, path, source),
            *_image_mistakes(page.content, path, source),
        ]
        yield from found
    for task, message, remedy in exercises.repeated_ids(exercises.exercises(root)):
        yield Mistake(task.path, task.line, message, remedy)
    for page, path in pages:  # anchors last: they need every page rendered
        with _warnings() as said:
            page.validate_anchor_links(files=files, log_level=logging.WARNING)
        source = Source(page.file.content_string, page.markdown)
        yield from _link_mistakes(said, path, source)


class Source:
    """The lines of a page, to find the line of what MkDocs only names."""

    def __init__(self, text: str, markdown: str):
        self.lines = text.split("\n")
        self.offset = text.count("\n") - markdown.count("\n")  # front matter: MkDocs cuts it off before Markdown sees the page

    def hide(self, blocks: Iterable[Block]) -> None:
        """Blank the blocks of code: a link in them is no link."""
        for block in blocks:
            for index in range(block.start + self.offset, block.end + self.offset):
                self.lines[index] = ""

    def lines_with(self, url: str, before: str = r"(?:\]\(\s*<?|\]:\s*<?|=[\"']?)") -> list[int]:
        """The lines (from 1) that link to `url`; the first line of the page when the link is written in a way we cannot find."""
        exact = re.compile(before + re.escape(url) + r"(?![\w./#-])")
        for matches in (exact.search, lambda line: url in line):
            if lines := [number for number, line in enumerate(self.lines, 1) if matches(line)]:
                return lines
        return [1]


# --- fences


@dataclass(frozen=True)
class Block:
    """A fenced block as superfences found it; `start` and `end` count lines of the Markdown from 0, `end` is the line after it."""

    number: int
    language: str
    body: str
    header: dict[str, str]
    start: int
    end: int


@dataclass
class _Recorder(Extension):
    """Notes every fenced block, with its place, and leaves a numbered mark in the page instead of its HTML."""

    blocks: list[Block] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def extendMarkdown(self, md: Any) -> None:
        self.blocks.clear()
        fences = md.preprocessors["fenced_code_block"]
        process = fences.process_nested_block

        def process_and_place(ws: str, content: str, start: int, end: int) -> None:
            self.place = (start, end)
            process(ws, content, start, end)

        fences.process_nested_block = process_and_place

    def accept(self, language: str, inputs: dict[str, str], options: dict[str, Any], attrs: dict[str, str], md: Any) -> bool:
        options.update(inputs)
        return True

    def record(self, source: str, language: str, css_class: str, options: dict[str, Any], md: Any, **kwargs: Any) -> str:
        self.blocks.append(Block(len(self.blocks), language or "", source, options, *self.place))
        return f'<div data-block="{len(self.blocks) - 1}"></div>'


def _use_recorder(config: MkDocsConfig) -> _Recorder:
    watch = _Recorder()
    everything = {"name": "*", "class": "block", "format": watch.record, "validator": watch.accept}
    config["mdx_configs"].setdefault("pymdownx.superfences", {})["custom_fences"] = [everything]
    config["markdown_extensions"].append(watch)
    return watch


def _fence_mistakes(blocks: list[Block], content: str, path: str, source: Source, root: Path) -> Iterator[Mistake]:
    shown = _Tags(content).blocks
    for block in blocks:
        line = block.start + source.offset + 1
        if block.language in FENCES:
            try:
                validator(block.language, block.header, {}, {}, None)
                parse(block.language, block.body, root)
            except FenceError as error:  # told even where Markdown shows the block as code: the build, too, reads it first
                yield Mistake(path, line + error.line, error.message, error.remedy)
        elif block.language == "python":
            try:
                cells.check(block.language, block.header, block.body)
            except FenceError as error:
                yield Mistake(path, line + error.line, error.message, error.remedy)
        elif block.number in shown and _meant_for_us(block.language):
            yield Mistake(path, line, f"There is no fence named `{block.language}`.", did_you_mean(block.language, FENCES))


# --- what has to be run to be judged


def _running_mistakes(blocks: list[Block], path: str, source: Source, root: Path) -> Iterator[Mistake]:
    """Cells that stop, and exercises whose own solution does not pass. What cannot even be read is told elsewhere."""
    for block in blocks:
        if block.language in exercises.KINDS and _options(block, root) is not None:
            verdict = verdicts.remembered("exercises", [block.language, block.body], root, lambda block=block: [
                [mistake.line, mistake.message, mistake.remedy] for mistake in exercises.verify(block.language, block.body, root)])
            for line, message, remedy in verdict:
                yield Mistake(path, block.start + source.offset + 1 + line, message, remedy)
    found = [block for block in blocks if cells.is_cell(block.language, block.header)]
    if not found or any(_options(block, root) is None for block in found):
        return
    photo, network = _shown_first(blocks, root)
    if photo is None:
        return
    sources = [block.body for block in found]
    verdict = verdicts.remembered("cells", [sources, photo.name, network], root, lambda: cell_check.faults(sources, photo, network))
    for block, fault in zip(found, verdict, strict=True):
        if fault:
            line = block.start + source.offset + 1 + (fault["line"] or 0)
            yield Mistake(path, line, f"This cell stops: {fault['message']}", fault["hint"] or "Correct it; every cell of a page has to run as it stands.")


def _options(block: Block, root: Path) -> dict[str, Any] | None:
    """The options of a fence or cell; None when it cannot be read."""
    try:
        if cells.is_cell(block.language, block.header):
            return cells.parse(block.header, block.body)
        return parse(block.language, block.body, root) if block.language in FENCES else {}
    except FenceError:
        return None


def _shown_first(blocks: list[Block], root: Path) -> tuple[Path | None, str]:
    """The file of the photo that a page opens with, and the network that it asks (site_src/studio/main.js and cell.js decide alike)."""
    told = [options for block in blocks if (options := _options(block, root))]
    wanted = next((options["photo"] for options in told if "photo" in options), "kitten")
    network = next((options["network"] for options in told if "network" in options), "deeplab_s16")
    credits = read_credits(root)
    credit = next((credit for credit in credits if credit["name"] == wanted), credits[0] if credits else None)
    return (root / CREDITS).parent / credit["file"] if credit else None, network


# --- fences that Markdown does not take for fences


def _meant_for_us(language: str) -> bool:
    """Whether a fence's name is nearly one of ours, and not that of a programming language."""
    if not language or not did_you_mean(language, FENCES).startswith("Did you mean"):
        return False
    try:
        find_lexer_class_by_name(language)
    except ClassNotFound:
        return True
    return language.lower() in FENCES


def _abandoned_fences(page: Page, blocks: list[Block], path: str, source: Source, config: MkDocsConfig, files: Files) -> Iterator[Mistake]:
    """Opening lines that superfences gave up on: never closed, unevenly indented, or with words after the name."""
    inside = {index for block in blocks for index in range(block.start, block.end)}
    lines = page.markdown.split("\n")
    suspects = {}
    for index, line in enumerate(lines):
        opening = RE_NESTED_FENCE_START.match(line.lstrip(" \t>"))
        if index not in inside and opening and (opening["lang"] in FENCES or cells.meant(line) or _meant_for_us(opening["lang"])):
            suspects[index] = opening
    if not suspects:
        return
    for index in suspects:  # render once more, with a word in each place, to see where Markdown takes them for text
        lines[index] = re.sub(r"[^ \t>].*", f"suspect{index}suspect", lines[index])
    twin = Page(None, page.file, config)
    twin.markdown = "\n".join(lines)
    with _warnings():
        twin.render(config, files)
    text = _Tags(twin.content).text
    for index, opening in suspects.items():
        if f"suspect{index}suspect" not in text:
            continue
        if opening["unrecognized"] and opening["lang"] == "python":
            message, remedy = "The opening line of this cell cannot be read.", 'Write its options as `name="value"`, with quotation marks.'
        elif opening["unrecognized"]:
            message, remedy = f"More than the name stands on the opening line of this {opening['lang']} block.", "Move it inside the block, one `name: value` on each line."
        else:
            message = f"This {opening['lang']} block is not closed, or its lines are not indented alike."
            remedy = f"Close it with {opening['fence']}, indented as far as its first line."
        yield Mistake(path, index + source.offset + 1, message, remedy)


# --- links and images


def _link_mistakes(said: list[str], path: str, source: Source) -> Iterator[Mistake]:
    """MkDocs' own warnings about links and anchors, with the line added."""
    for warning in said:
        if not (link := re.search(r"^Doc file '.*?' contains (an? (?:\w+ )*?link)(?: to)? '(.*?)'(?=,| which)(.*)$", warning, re.DOTALL)):
            yield Mistake(path, 1, warning, "")
            continue
        kind, url, rest = link.groups()
        problem, _, guess = rest.strip(" ,").partition(". ")
        for line in source.lines_with(url):
            yield Mistake(
                path,
                line,
                f"This page has {kind} `{url}`, {problem.rstrip('.')}.".replace("'", "`"),
                guess.replace("'", "`") or "Correct it, or add what it points to.",
            )


def _image_mistakes(content: str, path: str, source: Source) -> Iterator[Mistake]:
    for image in _Tags(content).images:
        if not (image.get("alt") or "").strip():
            file = (image.get("src") or "").rpartition("/")[2]
            before = r"(?:!\[\s*\]\([^)]*|<img[^>]*)"
            for line in source.lines_with(file, before):
                yield Mistake(path, line, f"The image `{file}` has no text for people who cannot see it.", f"Say what it shows: `![A cat on a chair]({file})`.")


class _Tags(HTMLParser):
    """What a rendered page really holds: images, marks of blocks, and text outside code and comments."""

    def __init__(self, content: str):
        super().__init__()
        self.images: list[dict[str, str | None]] = []
        self.blocks: set[int] = set()
        self.text = ""
        self._pre = 0
        self.feed(content)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag == "img":
            self.images.append(named)
        if number := named.get("data-block"):
            self.blocks.add(int(number))
        self._pre += tag == "pre"

    def handle_endtag(self, tag: str) -> None:
        self._pre -= tag == "pre"

    def handle_data(self, data: str) -> None:
        if not self._pre:
            self.text += data


# --- navigation


def _navigation_mistakes(said: list[str], root: Path, config: MkDocsConfig) -> Iterator[Mistake]:
    """MkDocs' warnings about `nav`: entries without a page, pages without an entry."""
    lines = (root / "mkdocs.yml").read_text(encoding="utf-8").split("\n")
    pages = Path(config["docs_dir"]).relative_to(root).as_posix()
    for warning in said:
        if "not included in the" in warning:
            for name in re.findall(r"^\s*- (.+)$", warning, re.MULTILINE):
                yield Mistake(f"{pages}/{name}", 1, "No menu leads to this page.", "Add it to `nav` in mkdocs.yml.")
        elif entry := re.search(r"'(.+?)'", warning):
            line = next((number for number, line in enumerate(lines, 1) if entry[1] in line), 1)
            yield Mistake("mkdocs.yml", line, f"`nav` names `{entry[1]}`, which does not exist.", f"Correct the name, or add the page below {pages}.")
        else:
            yield Mistake("mkdocs.yml", 1, warning, "")


# --- photos -----------------------------------------------------------------------------------------------------------


class CreditsError(Exception):
    """credits.json cannot be read at all."""

    def __init__(self, line: int, message: str, remedy: str):
        super().__init__(message)
        self.mistake = Mistake(CREDITS, line, message, remedy)


def read_credits(root: Path) -> list[dict[str, Any]]:
    """The list in credits.json. Raises `CreditsError` when it is no list of entries with fields."""
    try:
        credits = json.loads((root / CREDITS).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise CreditsError(1, "This file is missing.", "It lists the bundled photos; write `[]` into it when there are none.") from error
    except json.JSONDecodeError as error:
        raise CreditsError(error.lineno, f"This is not JSON: {error.msg}.", "Look for a missing comma or quotation mark, here or one line above.") from error
    except UnicodeDecodeError as error:
        raise CreditsError(1, "This file is not written in UTF-8.", "Save it again with the encoding UTF-8.") from error
    if not isinstance(credits, list) or not all(isinstance(credit, dict) for credit in credits):
        raise CreditsError(1, "This is not a list of photos.", "Write it as `[{…}, {…}]`, one pair of braces for each photo.")
    return credits


def check_credits(credits: list[dict[str, Any]], root: Path) -> Iterator[Mistake]:
    """Every photo has its credit, every credit its photo."""
    folder = (root / CREDITS).parent
    path = CREDITS
    lines = (root / CREDITS).read_text(encoding="utf-8").split("\n")

    def line_of(value: Any, after: int = 0) -> int:
        needle = json.dumps(value, ensure_ascii=False)
        return next((number for number, line in enumerate(lines, 1) if number > after and needle in line), 1)

    seen: set[str] = set()
    for credit in credits:
        name = credit.get("name") or credit.get("file") or "?"
        line = line_of(name)
        if name in seen:
            yield Mistake(path, line_of(name, line), f"There are two photos named `{name}`.", "Give one of them another name.")
        seen.add(name)
        for key in CREDIT_FIELDS:
            if not isinstance(credit.get(key), str) or not credit[key].strip():
                yield Mistake(path, line, f"The photo `{name}` has no `{key}`.", f'Add a line `"{key}": "…"`.')
        if isinstance(credit.get("file"), str) and credit["file"].strip():
            yield from _photo_file_mistakes(folder / credit["file"], credit, name, path, line)
    credited = {credit.get("file") for credit in credits}
    for photo in sorted(folder.iterdir()):
        if photo.suffix.lower() in PHOTO_SUFFIXES and photo.name not in credited:
            yield Mistake(f"site_src/photos/{photo.name}", 1, "Nobody is credited for this photo.", "Add it to site_src/photos/credits.json, or delete it.")


def _photo_file_mistakes(photo: Path, credit: dict[str, Any], name: str, path: str, line: int) -> Iterator[Mistake]:
    if not photo.is_file():
        yield Mistake(path, line, f"The photo `{name}` has no file `{credit['file']}`.", "Put the file next to credits.json, or remove the entry.")
        return
    try:
        with Image.open(photo) as image:
            size = list(image.size)
    except OSError:
        yield Mistake(path, line, f"`{credit['file']}` is not an image.", "Put a WebP, PNG or JPEG file in its place.")
        return
    if credit.get("size") != size:
        yield Mistake(path, line, f"The photo `{name}` is {size[0]} by {size[1]} pixels, and credits.json says otherwise.", f'Write `"size": {size}`.')


# --- truths -----------------------------------------------------------------------------------------------------------


def check_truths(credits: list[dict[str, Any]], root: Path) -> Iterator[Mistake]:
    """Every label picture in site_src/truth belongs to a photo and fits it."""
    sizes = {credit.get("name"): credit.get("size") for credit in credits}
    for path in sorted((root / "site_src" / exercises.TRUTH).glob("*")):
        place = path.relative_to(root).as_posix()
        if path.suffix != ".png":
            yield Mistake(place, 1, "This is no PNG.", "Label pictures have to be PNGs: other formats change their pixels.")
        elif path.stem not in sizes:
            yield Mistake(place, 1, f"There is no photo named {path.stem}.", did_you_mean(path.stem, map(str, sizes)))
        elif isinstance(sizes[path.stem], list):
            try:
                exercises.drawn_truth(path.stem, root)
            except FenceError as mistake:
                yield Mistake(place, 1, mistake.message, mistake.remedy)


# --- networks ---------------------------------------------------------------------------------------------------------


def check_networks(root: Path) -> Iterator[Mistake]:
    """Every recipe for a file of one's own names a file that is there, and describes it; those of ours have tests of their own."""
    from models import ModelError, own

    for path in sorted((root / "models").glob("*.toml")):
        try:
            recipe = tomllib.loads(path.read_text(encoding="utf-8"))
            if own.is_own(recipe):
                own.check(path, recipe)
        except tomllib.TOMLDecodeError as error:
            yield Mistake(f"models/{path.name}", getattr(error, "lineno", 1), f"This is not TOML: {error}.", "Correct that line.")
        except ModelError as error:
            yield Mistake(f"models/{path.name}", 1, error.message.removeprefix(f"{path.name}: "), error.remedy)


# --- the command ------------------------------------------------------------------------------------------------------


@contextmanager
def _warnings() -> Iterator[list[str]]:
    """Collect what MkDocs has to say against the pages, in place of the terminal."""
    said: list[str] = []

    class Collect(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            text = record.getMessage()
            if record.levelno >= logging.WARNING or "excluded from the built site" in text:  # a broken link all the same
                said.append(text)

    handler = Collect()
    log = logging.getLogger("mkdocs")
    before = log.propagate, log.level
    log.propagate, log.level = False, logging.INFO
    log.addHandler(handler)
    try:
        yield said
    finally:
        log.removeHandler(handler)
        log.propagate, log.level = before


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Print every mistake; the exit code is 1 when there is one."""
    parser = argparse.ArgumentParser(prog="build.py check", description="Check the lesson pages: fences, links, images, photo credits.")
    parser.add_argument("files", nargs="*", help="tell only the mistakes in these files (default: all)")
    wanted = {Path(file).resolve() for file in parser.parse_args(arguments or []).files}
    os.environ.setdefault("NO_MKDOCS_2_WARNING", "1")  # Material's advertisement for another programme; our versions are pinned
    mistakes = [mistake for mistake in check(root) if not wanted or (root / mistake.path).resolve() in wanted]
    for mistake in mistakes:
        print(mistake)
    if mistakes:
        print(f"{len(mistakes)} mistake{'s' if len(mistakes) > 1 else ''} to mend.", file=sys.stderr)
        return 1
    print("The pages are clean.")
    return 0
