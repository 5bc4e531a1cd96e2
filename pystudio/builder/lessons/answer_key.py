"""The teacher's key: what the lessons ask and answer, gathered from their pages, for the block ``answer-key``. The lessons say it; nothing is said here."""
from __future__ import annotations

import html
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import markdown

from .. import ROOT
from . import exercises
from .fences import EXERCISES
from .options import parse
from .schema import FenceError

QUESTIONS = re.compile(r'^!!! \w+ "Try this"\n((?:(?:    .*)?\n)+)', re.MULTILINE)
FOLD = re.compile(r'^\?\?\? \w+ "Answers?"\n((?:(?:    .*)?\n)+)', re.MULTILINE)


@dataclass(frozen=True)
class Asked:
    """One place where a page asks: where it stands, and questions and answers as Markdown, or an exercise as HTML."""

    line: int
    heading: str
    questions: str = ""
    answers: str = ""
    exercise: str = ""


def asked(text: str, root: Path = ROOT) -> list[Asked]:
    """Everything that a page asks, in the order of the page."""
    text = re.sub(r"^(`{4,}).*?^\1$", lambda shown: "\n" * shown[0].count("\n"), text, flags=re.MULTILINE | re.DOTALL)  # blocks that are only shown
    found = [*_tries(text), *_exercises(text, root)]
    return sorted(found, key=lambda each: each.line)


def _tries(text: str) -> Iterator[Asked]:
    for block in QUESTIONS.finditer(text + "\n"):
        body = textwrap.dedent(block[1]) + "\n"
        line = text[: block.start()].count("\n") + 1
        yield Asked(line, _heading(text, line), FOLD.sub("", body).strip(), "\n\n".join(textwrap.dedent(fold[1]).strip() for fold in FOLD.finditer(body)))


def _exercises(text: str, root: Path) -> Iterator[Asked]:
    for found in re.finditer(r"^( *)```([\w-]+)\n(.*?)^\1```$", text, re.MULTILINE | re.DOTALL):
        if found[2] not in EXERCISES:
            continue
        body = textwrap.dedent(found[3])
        try:
            options = parse(found[2], body, root)
        except FenceError:  # `check` tells
            continue
        line = text[: found.start()].count("\n") + 1
        yield Asked(line, _heading(text, line), exercise=_solved(found[2], options))


def _heading(text: str, line: int) -> str:
    """The heading above a line, without what Markdown adds to it."""
    program = False
    heading = ""
    for each in text.split("\n")[:line]:
        program ^= each.lstrip().startswith("```")
        if not program and (found := re.match(r"##+ (.*?)(?: \{.*\})?$", each)):
            heading = found[1]
    return heading


def _solved(kind: str, options: dict) -> str:
    """An exercise with its solution."""
    words = f"<p><strong>{html.escape(options['title'])}</strong></p>{exercises.paragraphs(options['text'])}"
    if kind == "quiz":
        right = "".join(f"<li>{exercises.paragraphs(each['answer'] + ' ' + each['why'])}</li>" for each in options["choices"] if each.get("right"))
        return f"{words}<ul>{right}</ul>"
    if kind == "steps":
        return f"{words}<ol>{''.join(f'<li>{html.escape(step)}</li>' for step in options['steps'])}</ol>{exercises.paragraphs(options.get('explanation', ''))}"
    if kind == "task-code":
        return f"{words}<pre><code>{html.escape(options['solution'])}</code></pre>"
    return f"{words}<p>The page grades the mask; the goal is an IoU of {options['target']:.0%}.</p>"


def key_html(root: Path = ROOT) -> str:
    """The key of all pages that ask something, in the order of the menu."""
    menu = re.findall(r"[\w./-]+\.md", (root / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:")[2])
    parts = []
    for name in menu:
        path = root / "site_src" / name
        if "/" in name or not path.is_file():
            continue
        text = path.read_text(encoding="utf-8")
        if found := asked(text, root):
            title = re.search(r"^# (.*?)(?: \{.*\})?$", text, re.MULTILINE)
            parts.append(f'<h2 id="key-{path.stem}"><a href="{path.stem}.html">{html.escape(title[1] if title else path.stem)}</a></h2>{"".join(_block(each, path.stem) for each in found)}')
    return f'<div class="ps-key">{"".join(parts)}</div>'


def _block(each: Asked, page: str) -> str:
    where = f'<p class="ps-key-place">{html.escape(each.heading)}</p>' if each.heading else ""
    answers = f'<div class="ps-key-answers"><p><strong>Answers</strong></p>{_rendered(each.answers, page)}</div>'
    told = f"{_rendered(each.questions, page)}{answers}" if each.questions else each.exercise
    return f"<section>{where}{told}</section>"


def _rendered(text: str, page: str) -> str:
    """Markdown of a page as HTML on another one: its links begin from here, and what it cites is cited there."""
    made = markdown.markdown(re.sub(r" ?\[@[\w-]+\]", "", text), extensions=["attr_list", "md_in_html"])
    made = re.sub(r'href="#', f'href="{page}.html#', made)
    return re.sub(r'href="([\w-]+)\.md(#[\w-]+)?"', r'href="\1.html\2"', made)
