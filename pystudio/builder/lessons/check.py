"""Check the lesson pages: fences, cells, exercises, links, images, truths, photo credits. Every mistake is told with file, line and remedy.

MkDocs renders each page here, with its own link checking, and superfences finds the fences: what is checked is what
is built, in lists, tabs and nested blocks too, where regular expressions of ours would see another page than MkDocs does.
The libraries do not pass on line numbers, so a small extension writes down where each fence began.
"""

from __future__ import annotations

import argparse
import logging
import os
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from markdown.extensions import Extension
from mkdocs.config import load_config
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import MkDocsException
from mkdocs.structure.files import File, Files, get_files, set_exclusions
from mkdocs.structure.nav import get_navigation
from mkdocs.structure.pages import Page
from pygments.lexers import find_lexer_class_by_name
from pygments.util import ClassNotFound
from pymdownx.superfences import RE_NESTED_FENCE_START

from .. import file_names
from ..assets import networks
from . import cell_check, cells, check_cache, citations, exercises, formulas, prose_check, settings_check, shown_raw
from .credits_check import CreditsError, check_credits, check_truths, read_credits
from .. import ROOT
from .extension import validator
from .fence_html import add_anchor
from .options import mistakes, parse
from .fences import EXERCISES, FENCES
from .schema import FenceError
from .suggestions import did_you_mean
from .mistakes import Mistake

def check(root: Path = ROOT) -> list[Mistake]:
    """Every mistake in the pages and credits of a project, in order of file and line."""
    try:
        credits = read_credits(root)
    except CreditsError as error:  # the pages name photos: without the list of photos, every one of them would be wrong
        return [error.mistake]
    wrong = list(check_credits(credits, root))
    found = {*wrong, *(() if wrong else check_truths(credits, root)), *check_networks(root), *citations.check_works(root)}
    if run := not found:
        networks.build()  # cells and exercises ask them
    return sorted({*found, *check_pages(root, run=run)})


# --- pages ------------------------------------------------------------------------------------------------------------


def check_pages(root: Path, run: bool = True) -> Iterator[Mistake]:
    """Render every page as MkDocs does, and report what is wrong in it; with `run` also what goes wrong in cells and exercises."""
    tree, wrong = settings_check.read(root)
    if tree is None:
        yield from wrong
        return
    try:
        with _warnings() as warnings:
            config = load_config(str(root / settings_check.SETTINGS))
    except (MkDocsException, SystemExit) as error:  # MkDocs' Abort is both, and logs what it has against the settings
        yield from settings_check.refusals(warnings or [str(error)], tree)
        return
    yield from settings_check.refusals(warnings, tree)
    yield from settings_check.needs(tree, config)
    yield from _name_mistakes(root)
    watch = _use_recorder(config)
    with _warnings() as warnings:
        files = get_files(config)
        set_exclusions(files, config)
    yield from (_file_mistake(warning) for warning in warnings)
    with _warnings() as warnings:
        get_navigation(files, config)
    yield from _menu_mistakes(warnings, tree, files)
    pages: list[tuple[Page, str]] = []
    for file in files.documentation_pages():
        yield from _page_mistakes(file, root, run, watch, config, files, pages)
    for task, message, remedy in exercises.repeated_ids(exercises.exercises(root)):
        yield Mistake(task.path, task.line, message, remedy)
    for page, path in pages:  # anchors last: they need every page rendered
        with _warnings() as warnings:
            page.validate_anchor_links(files=files, log_level=logging.WARNING)
        yield from _link_mistakes(warnings, page, path, Source(page.file.content_string, page.markdown), files)


def _page_mistakes(file: File, root: Path, run: bool, watch: _Recorder, config: MkDocsConfig, files: Files, rendered: list) -> Iterator[Mistake]:
    """What is wrong in one page; adds (page, path) to `rendered` where it could be rendered."""
    page = file.page or Page(None, file, config)
    path = Path(file.abs_src_path).relative_to(root).as_posix()
    if wrong := prose_check.unreadable(Path(file.abs_src_path).read_bytes()):
        yield Mistake(path, *wrong)
        return
    page.read_source(config)
    rendered.append((page, path))
    source = Source(file.content_string, page.markdown)
    settings = list(prose_check.front_matter(file.content_string, page.meta))
    yield from (Mistake(path, *wrong) for wrong in settings)
    if (template := page.meta.get("template")) and template not in config.theme.get_env().list_templates():
        yield Mistake(path, (source.with_words("template") or [1])[0], f"There is no template `{template}`.", "Remove this line.")
    with _warnings() as warnings:
        page.render(config, files)
    blocks = list(watch.blocks)
    source.hide(blocks)
    tags = prose_check.Tags(page.content)
    yield from _fence_mistakes(blocks, tags.blocks, path, source, root)
    if run:
        yield from _running_mistakes(blocks, path, source, root)
    yield from _abandoned_fences(page, blocks, path, source, config, files)
    yield from _too_few_backticks(path, source)
    yield from _repeated_ids(blocks, tags.ids, path, source)
    yield from _link_mistakes(warnings, page, path, source, files)
    read = list(source.lines)
    for block in blocks:
        if block.language in FENCES and block.language != "task-code":  # whose program is code
            read[block.start + source.offset : block.end + source.offset] = source.all_lines[block.start + source.offset : block.end + source.offset]
    listed = [key for block in blocks if block.language == "sources" for key in citations.read(block.body, root)[0]]
    for wrong in (
        *citations.page_mistakes(source.lines, listed, root),
        *prose_check.words(read),
        *prose_check.nearly_markdown(tags, source.with_words),
        *formulas.unread(page.content, source.body),
        *(() if settings else shown_raw.mistakes(page.content, source.body, ours=(*FENCES, "python cell"))),  # else they are in the text
        *prose_check.empty_notes(page.content, source.lines),
        *prose_check.strange_links(tags, source.with_words),
        *prose_check.images(tags, Path(file.abs_src_path).parent, source.with_words, source.without_words),
        *prose_check.from_elsewhere(page.content, source.with_words),
    ):
        yield Mistake(path, *wrong)


def _name_mistakes(root: Path) -> Iterator[Mistake]:
    """Files that could not lie on a memory stick; the build adds its own folders, so a name here has to leave room for them."""
    pages = root / "site_src"
    ours = [path for path in pages.rglob("*") if path.is_file() and path.relative_to(pages).parts[0] not in ("studio", "theme")]
    for place, why in file_names.problem_with(path.relative_to(pages).as_posix() for path in ours):
        yield Mistake(f"site_src/{place}", 1, f"This name cannot lie on a memory stick: {why}.", "Give it another name; small letters, digits and hyphens always work.")
    if not (pages / "index.md").is_file():
        yield Mistake("site_src/index.md", 1, "This page is missing.", "It is the one that opens first: name one of your pages so.")


def _file_mistake(warning: str) -> Mistake:
    """What MkDocs says when two files would become the same page."""
    if found := re.search(r"Excluding '(.+?)' from the site because it conflicts with '(.+?)'", warning):
        return Mistake(f"site_src/{found[1]}", 1, f"This page would become the same as {found[2]}.", "Give it another name.")
    return Mistake(settings_check.SETTINGS, 1, warning, "")


def _menu_mistakes(warnings: list[str], tree: Any, files: Files) -> Iterator[Mistake]:
    """Entries of the menu without a page, and pages without an entry."""
    yield from settings_check.menu(tree, [file.src_uri for file in files.documentation_pages()])
    for warning in warnings:
        if "not included in the" in warning:
            for name in re.findall(r"^\s*- (.+)$", warning, re.MULTILINE):
                yield Mistake(f"site_src/{name}", 1, "No menu leads to this page.", f"Add a line to `nav` in mkdocs.yml: `  - My lesson: {name}`.")


class Source:
    """The lines of a page, to find the line of what MkDocs only names."""

    def __init__(self, text: str, markdown: str):
        self.lines = text.split("\n")
        self.all_lines = list(self.lines)
        self.offset = text.count("\n") - markdown.count("\n")  # front matter: MkDocs cuts it off before Markdown sees the page

    def hide(self, blocks: Iterable[Block]) -> None:
        """Blank the blocks of code: a link in them is no link."""
        for block in blocks:
            for index in range(block.start + self.offset, block.end + self.offset):
                self.lines[index] = ""

    @property
    def body(self) -> list[str]:
        """The lines, those of the front matter blank."""
        return [""] * self.offset + self.lines[self.offset :]

    def with_words(self, words: str) -> list[int]:
        """The lines (from 1) in which these words stand."""
        return [number for number, line in enumerate(self.lines, 1) if words in line]

    def without_words(self, file: str) -> list[int]:
        """The lines with an image of this name that is not described."""
        return self.lines_with(file, r"(?:!\[\s*\]\([^)]*|<img[^>]*)")

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
        name = options.get("id") if language == "python" else re.search(r"^id:[ \t]*([\w-]+)", source, re.MULTILINE)
        if name:  # links may lead to cells and exercises
            add_anchor(md, name if isinstance(name, str) else f"task-{name[1]}")
        if language == "sources":
            for key in re.findall(rf"^({citations.KEY}):", source, re.MULTILINE):
                add_anchor(md, f"source-{key}")
        return f'<div data-block="{len(self.blocks) - 1}"></div>'


def _use_recorder(config: MkDocsConfig) -> _Recorder:
    watch = _Recorder()
    everything = {"name": "*", "class": "block", "format": watch.record, "validator": watch.accept}
    ours = (settings_check.EXTENSION, settings_check.SUPERFENCES)
    config["markdown_extensions"] = [*(each for each in config["markdown_extensions"] if each not in ours), settings_check.SUPERFENCES, watch]
    config["mdx_configs"].setdefault(settings_check.SUPERFENCES, {})["custom_fences"] = [everything]
    return watch


def _fence_mistakes(blocks: list[Block], shown: set[int], path: str, source: Source, root: Path) -> Iterator[Mistake]:
    """Mistakes inside our blocks, and blocks that were meant to be ours; `shown` are the numbers of those that the rendered page holds."""
    for block in blocks:
        line = block.start + source.offset + 1
        if block.language in FENCES:
            try:
                validator(block.language, block.header, {}, {}, None)
                found = mistakes(block.language, block.body, root)
                if block.language in EXERCISES or block.language == "figure":
                    found += [FenceError(*told) for told in shown_raw.in_texts(block.body)]
            except FenceError as error:
                found = [error]
        elif block.language == "python":
            found = cells.mistakes(block.language, block.header, block.body, root)
        else:
            found = [FenceError(0, *warnings)] if block.number in shown and (warnings := _meant_otherwise(block, source)) else []
        for error in found:  # told even where Markdown shows the block as code: the build, too, reads it first
            yield Mistake(path, line + error.line, error.message, error.remedy)
    if "/" in path.removeprefix("site_src/"):
        for block in blocks:
            if block.language == "credits" and block.number in shown:
                yield Mistake(path, block.start + source.offset + 1, "A `credits` block works on a page directly in site_src only.", "Move the page, or link to the page photos.md.")


def _meant_otherwise(block: Block, source: Source) -> tuple[str, str] | None:
    """(message, remedy) of a block that is shown as code, and was meant to be one of ours."""
    words = re.findall(r"[\w-]+", re.sub(r"^[\s>]*[`~]*", "", source.all_lines[block.start + source.offset]))
    if not words:
        return None
    if words[0].lower() in ("python", "python3", "py", "py3", "pyton", "phyton") and "cell" in map(str.lower, words[1:]):
        return "This is shown as code, and not as a cell.", "Begin it with exactly ```python cell."
    for count in (3, 2, 1):
        name = "-".join(words[:count]).lower().replace("_", "-")
        if name in FENCES and count == 1 and name == words[0]:
            return "This is shown as code, and not as a block.", f"Write it as ```{name}, with nothing else on the line."
        if name in FENCES:
            return f"There is no block named `{' '.join(words[:count]) if count > 1 else block.language or words[0]}`.", f"Did you mean {name}? Write it as ```{name}, with nothing else on the line."
    if not block.language:
        return None
    if told := shown_raw.drawing(block.language):
        return told
    if _meant_for_us(block.language):
        return f"There is no block named `{block.language}`.", did_you_mean(block.language, FENCES)
    known = {option.name for fence in FENCES.values() for option in fence.options}
    if not _is_language(block.language) and {line.partition(":")[0].strip() for line in block.body.split("\n") if ":" in line} & known:
        return f"There is no block named `{block.language}`.", did_you_mean(block.language, FENCES)
    return None


def _too_few_backticks(path: str, source: Source) -> Iterator[Mistake]:
    for number, line in enumerate(source.lines, 1):
        if (found := re.fullmatch(r"[\s>]*`{1,2} ?([a-z-]+)( cell)?\s*", line)) and (found[1] in FENCES or found[2]):
            yield Mistake(path, number, "A block begins with three backticks, and ends with three.", f"Write ```{found[1]}{found[2] or ''}.")


def _repeated_ids(blocks: list[Block], ids: list[str], path: str, source: Source) -> Iterator[Mistake]:
    """Cells with the id of another cell, or of a heading; `ids` are those of the rendered page."""
    seen = {name: 0 for name in ids}
    for block in blocks:
        if cells.is_cell(block.language, block.header) and (name := block.header.get("id")):
            line = block.start + source.offset + 1
            if name in seen:
                other = f"the cell in line {seen[name]}" if seen[name] else "a heading of this page"
                yield Mistake(path, line, f"The id `{name}` belongs to {other} already.", "Give this cell another id.")
            seen.setdefault(name, line)


# --- what has to be run to be judged


def _running_mistakes(blocks: list[Block], path: str, source: Source, root: Path) -> Iterator[Mistake]:
    """Cells that stop, and exercises whose own solution does not pass. What cannot even be read is told elsewhere."""
    for block in blocks:
        if block.language in EXERCISES and _options(block, root) is not None:
            result = check_cache.cached("exercises", [block.language, block.body], root, lambda block=block: [
                [mistake.line, mistake.message, mistake.remedy] for mistake in exercises.verify(block.language, block.body, root)])
            for line, message, remedy in result:
                yield Mistake(path, block.start + source.offset + 1 + line, message, remedy)
    photo, network = _shown_first(blocks, root)
    for block in blocks:
        if block.language in ("paint", "grow") and (options := _options(block, root)) is not None:
            for mistake in exercises.does_not_fit(block.language, {"photo": photo} | options, block.body, root):
                yield Mistake(path, block.start + source.offset + 1 + mistake.line, mistake.message, mistake.remedy)
    found = [block for block in blocks if cells.is_cell(block.language, block.header)]
    if not found or any(_options(block, root) is None for block in found):
        return
    file = exercises.photo_file(photo, root)
    sources = [block.body for block in found]
    result = check_cache.cached("cells", [sources, file.name, network], root, lambda: cell_check.failures(sources, file, network))
    for block, failure in zip(found, result, strict=True):
        if failure:
            line = block.start + source.offset + 1 + (failure["line"] or 0)
            yield Mistake(path, line, f"This cell stops: {failure['message']}", failure["hint"] or "Correct it; every cell of a page has to run as it stands.")


def _options(block: Block, root: Path) -> dict[str, Any] | None:
    """The options of a fence or cell; None when it cannot be read."""
    try:
        if cells.is_cell(block.language, block.header):
            return cells.parse(block.header, block.body)
        return parse(block.language, block.body, root) if block.language in FENCES else {}
    except FenceError:
        return None


def _shown_first(blocks: list[Block], root: Path) -> tuple[str, str]:
    """The name of the photo that a page opens with, and the network that it asks (site_src/studio/main.js and pystudio/labs/cell/element.js decide alike)."""
    options_of_blocks = [options for block in blocks if (options := _options(block, root))]
    wanted = next((options["photo"] for options in options_of_blocks if "photo" in options), "kitten")
    network = next((options["network"] for options in options_of_blocks if "network" in options), "deeplab_s16")
    names = [credit["name"] for credit in read_credits(root)]
    return wanted if wanted in names else names[0], network


# --- fences that Markdown does not take for fences


def _meant_for_us(language: str) -> bool:
    """Whether a fence's name is nearly one of ours, and not that of a programming language."""
    if not language or not did_you_mean(language, FENCES).startswith("Did you mean"):
        return False
    return not _is_language(language) or language.lower() in FENCES


def _is_language(name: str) -> bool:
    """Whether this is the name of a language for Pygments, which colours code."""
    try:
        find_lexer_class_by_name(name)
    except ClassNotFound:
        return False
    return True


def _abandoned_fences(page: Page, blocks: list[Block], path: str, source: Source, config: MkDocsConfig, files: Files) -> Iterator[Mistake]:
    """Opening lines that superfences gave up on: never closed, unevenly indented, or with words after the name."""
    inside = {index for block in blocks for index in range(block.start, block.end)}
    lines = page.markdown.split("\n")
    candidates = {}
    for index, line in enumerate(lines):
        opening = RE_NESTED_FENCE_START.match(line.lstrip(" \t>"))
        if index not in inside and opening and (opening["lang"] in FENCES or cells.looks_like_cell(line) or _meant_for_us(opening["lang"])):
            candidates[index] = opening
    if not candidates:
        return
    for index in candidates:  # render once more, with a word in each place, to see where Markdown takes them for text
        lines[index] = re.sub(r"[^ \t>].*", f"suspect{index}suspect", lines[index])
    second_page = Page(None, page.file, config)
    second_page.markdown = "\n".join(lines)
    with _warnings():
        second_page.render(config, files)
    text = prose_check.Tags(second_page.content).text
    for index, opening in candidates.items():
        if f"suspect{index}suspect" not in text:
            continue
        if opening["unrecognized"] and opening["lang"] == "python":
            message, remedy = "The opening line of this cell cannot be read.", 'Write its options as `name="value"`, with straight quotation marks.'
        elif opening["unrecognized"]:
            message, remedy = f"More than the name stands on the opening line of this {opening['lang']} block.", "Move it inside the block, one `name: value` on each line."
        else:
            message = f"This {opening['lang']} block is not closed, or its lines are not indented alike."
            remedy = f"Close it with {opening['fence']}, indented as far as its first line."
        yield Mistake(path, index + source.offset + 1, message, remedy)


# --- links


def _link_mistakes(warnings: list[str], page: Page, path: str, source: Source, files: Files) -> Iterator[Mistake]:
    """MkDocs' own warnings about links and anchors, in plain words and with the line."""
    known = [file.src_uri for file in files if not file.inclusion.is_excluded() and not file.src_uri.startswith("assets/")]

    def anchors(target: str) -> list[str]:
        file = files.get_file_from_path(target)
        return sorted(file.page.present_anchor_ids or ()) if file and file.page else []

    for warning in warnings:
        if not (found := prose_check.link_mistake(warning, known, page.file.src_uri, anchors)):
            yield Mistake(path, 1, warning, "")
            continue
        url, message, remedy = found
        if url.startswith("#source-") and source.with_words(f"[@{url.removeprefix('#source-')}]"):
            continue  # `citations` tells what is cited and not listed
        for line in source.lines_with(url):
            yield Mistake(path, line, message, remedy)


# --- networks ---------------------------------------------------------------------------------------------------------


def check_networks(root: Path) -> Iterator[Mistake]:
    """Every recipe for a file of one's own names a file that is there, and describes it; those of ours have tests of their own."""
    from models import ModelError, user_network

    for path in sorted((root / "models").glob("*.toml")):
        try:
            recipe = tomllib.loads(path.read_text(encoding="utf-8"))
            if recipe.get("name") != path.stem:
                yield Mistake(f"models/{path.name}", 1, "The name in a recipe has to be that of its file.", f'Write `name = "{path.stem}"`.')
            elif user_network.is_user_network(recipe):
                user_network.check(path, recipe)
        except UnicodeDecodeError:
            yield Mistake(f"models/{path.name}", 1, "This recipe is not written in UTF-8.", "Save it again with the encoding UTF-8.")
        except tomllib.TOMLDecodeError as error:
            line = int(found[1]) if (found := re.search(r"at line (\d+)", str(error))) else path.read_text(encoding="utf-8").count("\n") + 1
            yield Mistake(f"models/{path.name}", line, "This line cannot be read.", 'Write `name = "value"`: texts in quotation marks, numbers without, lists in [ ].')
        except ModelError as error:
            message = error.message.removeprefix(f"{path.name}: ")
            yield Mistake(f"models/{path.name}", 1, message[:1].upper() + message[1:], error.remedy)


# --- the command ------------------------------------------------------------------------------------------------------


@contextmanager
def _warnings() -> Iterator[list[str]]:
    """Collect what MkDocs has to say against the pages, in place of the terminal."""
    warnings: list[str] = []

    class Collect(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            text = record.getMessage()
            if record.levelno >= logging.WARNING or "excluded from the built site" in text:  # a broken link all the same
                warnings.append(text)

    handler = Collect()
    log = logging.getLogger("mkdocs")
    before = log.propagate, log.level
    log.propagate, log.level = False, logging.INFO
    log.addHandler(handler)
    try:
        yield warnings
    finally:
        log.removeHandler(handler)
        log.propagate, log.level = before


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Print every mistake; the exit code is 1 when there is one."""
    parser = argparse.ArgumentParser(prog="build.py check", description="Check the lesson pages: fences, links, images, photo credits.")
    parser.add_argument("files", nargs="*", help="tell only the mistakes in these files (default: all)")
    wanted = {Path(file).resolve() for file in parser.parse_args(arguments or []).files}
    os.environ.setdefault("NO_MKDOCS_2_WARNING", "1")  # Material's advertisement for another programme; our versions are pinned
    with redirect_stdout(sys.stderr):  # what is installed first, or waited for, is no mistake: editors read the other stream
        mistakes = [mistake for mistake in check(root) if not wanted or (root / mistake.path).resolve() in wanted]
    for mistake in mistakes:
        print(mistake)
    if mistakes:
        print(f"{len(mistakes)} mistake{'s' if len(mistakes) > 1 else ''} to mend.", file=sys.stderr)
        return 1
    print("The pages are clean.")
    return 0
