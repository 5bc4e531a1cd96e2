r"""Formulas in the pages, as an extension of Python-Markdown: TeX between dollars becomes MathML, which browsers lay out without a script or a font.

``$…$`` and ``\(…\)`` stand within a sentence, ``$$…$$``, ``\[…\]`` and ``\begin{…}…\end{…}`` on lines of their own. What cannot be read stays as
written, marked with what is wrong (`unread` finds it); prices and names of variables of the shell are no formulas.
"""
from __future__ import annotations

import html
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any
from xml.etree.ElementTree import SubElement

from markdown.blockprocessors import BlockProcessor
from markdown.extensions import Extension
from markdown.inlinepatterns import InlineProcessor
from markdown.util import AtomicString
from math_core import LatexError, LatexToMathML

from .schema import FenceError

__all__ = ["Formulas", "makeExtension", "mathml", "unread"]

INLINE = "|".join((
    r"(?<!\\)\$\$(?!\$)(?P<display>(?:\\.|[^\\$\x02\x03])+?)\$\$",
    r"(?<![\\$\w])\$(?![\s$])(?P<dollar>(?:\\.|[^\\$\x02\x03])+?)(?<!\s)\$(?![\d$])",  # pandoc's rule, and no word before it: US$5
    r"(?<!\\)\\\((?P<round>(?:\\[^)]|[^\\\x02\x03])+?)\\\)",
    r"(?<!\\)\\\[(?P<square>(?:\\[^\]]|[^\\\x02\x03])+?)\\\]",
))
BLOCK = re.compile(r"(?:\$\$(?P<dollars>(?:\\.|[^\\$])+)\$\$|\\\[(?P<square>.+?)\\\]|(?P<environment>\\begin\{(?P<name>[a-z]+\*?)\}.+\\end\{(?P=name)\}))[ \t]*", re.DOTALL)
ENVIRONMENTS = "aligned, align, gather, cases, array, matrix, pmatrix or bmatrix"
OTHERS = {"split": "aligned", "eqnarray": "align", "eqnarray*": "align*", "smallmatrix": "matrix"}
REMEDIES = (  # what math-core says, and what a teacher can do
    (r'Unknown command "(.+)"', "`{0}` is no command of formulas here.", r"Correct it. Words within a formula are written `\text{{…}}`."),
    (r'Unknown environment "(.+)"', r"There is no `\begin{{{0}}}` here.", f"Use {ENVIRONMENTS}."),
    (r"Expected argument", "Something is missing at the end of this formula.", r"`^` and `_` need one group after them, `\frac` needs two: `\frac{{a}}{{b}}`."),
    (r'Expected closing token "}"', "A `{{` of this formula is not closed.", "Write `}}` where its group ends."),
    (r'Expected closing token "(?:\\(right|end)\b)', r"Something of this formula has no `\{0}`.", r"Write it at the end: `\left( … \right)`, `\begin{{cases}} … \end{{cases}}`."),
    (r"Unmatched closing token", "This formula closes something that it did not open.", r"Look for a `}}` or `\right` too many; a bracket to be seen is written `\{{`."),
    (r'Found "&"', "`&` has no meaning in this formula.", r"Write `\&` for the sign itself; columns stand between `\begin{{aligned}}` and `\end{{aligned}}`."),
    (r"Duplicate sub", "Two `_` or two `^` follow each other in this formula.", "Group what belongs together: `{{a_b}}_c` or `a_{{b_c}}`."),
    (r"Math mode within text", r"There are dollars within a `\text{{…}}`.", r"End the text before: `\text{{if }} x \text{{ is large}}`."),
)


def mathml(tex: str, *, display: bool) -> str:
    r"""A formula as MathML Core.

    Parameters
    ----------
    tex : str
        TeX of the mathematics of LaTeX and amsmath, without its dollars.
    display : bool
        Whether it stands on a line of its own.

    Returns
    -------
    str
        A ``<math>`` element.

    Raises
    ------
    FenceError
        What is wrong, in which line of the formula (from 0), and what to do.

    Examples
    --------
    >>> mathml("E = mc^2", display=False)
    '<math><mi>E</mi><mo>=</mo><mi>m</mi><msup><mi>c</mi><mn>2</mn></msup></math>'
    """
    if not tex.strip():
        raise FenceError(0, "This formula is empty.", "Write it between the dollars, or remove them.")
    if comment := re.search(r"(?<!\\)%", tex):
        raise FenceError(tex.count("\n", 0, comment.start()), "A % begins a comment in a formula: what follows it is left out.", r"Write `\%` for the sign itself.")
    for other, name in OTHERS.items():
        if rf"\begin{{{other}}}" in tex:
            raise FenceError(0, rf"There is no `\begin{{{other}}}` here.", rf"Write `\begin{{{name}}} … \end{{{name}}}`.")
    try:
        return LatexToMathML(fancy_error=False).convert_with_local_state(tex, displaystyle=display)
    except LatexError as error:
        place, _, said = str(error).partition(": ")
        raise FenceError(tex.rstrip().count("\n", 0, int(place)) if place.isdigit() else 0, *_explained(said)) from error


def _explained(said: str) -> tuple[str, str]:
    """(message, remedy) for the words of math-core about a formula."""
    for pattern, message, remedy in REMEDIES:
        if found := re.search(pattern, said):
            return message.format(*found.groups()), remedy.format(*found.groups())
    return f"This formula cannot be read: {said.rstrip('.')}.", "Correct it; the page Every block shows what formulas can hold."


def is_formula(tex: str) -> bool:
    r"""Whether what stands between two signs is mathematics and not a sentence between two prices.

    Examples
    --------
    >>> is_formula("n"), is_formula(r"a \text{ if } b > 0"), is_formula("20 for pupils and 30"), is_formula("HOME/bin and ")
    (True, True, False, False)
    """
    return bool(re.search(r"[\\^_{}=<>+*]", tex)) or not re.search(r"(?:^|\s)[^\W\d]{2,}(?:\s|$)", tex)


def _shown(tex: str, written: str, display: bool) -> str:
    """The HTML of a formula; of one that cannot be read, what was written, with what is wrong about it."""
    try:
        made = mathml(tex, display=display)
    except FenceError as error:
        told = " ".join(f'data-{name}="{html.escape(str(value))}"' for name, value in (("line", error.line), ("message", error.message), ("remedy", error.remedy)))
        return f'<code class="ps-formula-unread" {told}>{html.escape(written)}</code>'
    return f'<span class="ps-formula{"" if display else "-inline"}">{made}</span>'


class _Inline(InlineProcessor):
    """Formulas within a paragraph."""

    def handleMatch(self, m: re.Match[str], data: str) -> tuple[str | None, int | None, int | None]:  # noqa: N802  (Markdown's name)
        kind = m.lastgroup
        tex = m[kind]
        prose = not is_formula(tex) if kind != "square" else not re.search(r"\\[A-Za-z]|[\^_=]", tex)
        if kind != "display" and prose:
            return None, None, None
        return self.md.htmlStash.store(_shown(tex, m[0], kind in ("display", "square"))), m.start(0), m.end(0)


class _Block(BlockProcessor):
    """A formula that is a block of its own."""

    def test(self, parent: Any, block: str) -> bool:
        return BLOCK.fullmatch(block.strip("\n")) is not None

    def run(self, parent: Any, blocks: list[str]) -> None:
        written = blocks.pop(0).strip("\n")
        found = BLOCK.fullmatch(written)
        tex = found["dollars"] or found["square"] or found["environment"]
        SubElement(parent, "p").text = AtomicString(self.parser.md.htmlStash.store(_shown(tex, written, display=True)))


class Formulas(Extension):
    """TeX between dollars."""

    def extendMarkdown(self, md: Any) -> None:  # noqa: N802  (Markdown's name)
        if "$" not in md.ESCAPED_CHARS:
            md.ESCAPED_CHARS.append("$")
        pattern = _Inline(INLINE, md)
        pattern.compiled_re = re.compile(INLINE, re.DOTALL)
        md.inlinePatterns.register(pattern, "formula", 185)  # after code, before escapes, links and emphasis
        md.parser.blockprocessors.register(_Block(md.parser), "formula", 79)  # after indented code, before headings and lists


def makeExtension(**kwargs: Any) -> Formulas:  # noqa: N802  (Markdown's name)
    """What Markdown asks a module for that mkdocs.yml names."""
    return Formulas(**kwargs)


# --- what check.py asks -----------------------------------------------------------------------------------------------


class _Unread(HTMLParser):
    """The formulas of a rendered page that could not be read."""

    def __init__(self, content: str):
        super().__init__()
        self.found: list[tuple[dict[str, str], str]] = []
        self._open = False
        self.feed(content)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._open = given.get("class") == "ps-formula-unread"
        if self._open:
            self.found.append((given, ""))

    def handle_endtag(self, tag: str) -> None:
        self._open = False

    def handle_data(self, data: str) -> None:
        if self._open:
            given, text = self.found[-1]
            self.found[-1] = given, text + data


def unread(content: str, lines: list[str]) -> Iterator[tuple[int, str, str]]:
    """(line, message, remedy) of each formula of a rendered page that could not be read; `lines` are the page as it was written."""
    last = 0
    for given, written in _Unread(content).found:
        parts = written.split("\n")
        skipped, first = next(((number, part.strip()) for number, part in enumerate(parts) if part.strip(" \t$[\\")), (0, written.strip()))
        places = [number for number, line in enumerate(lines, 1) if first in line]
        last = next((number for number in places if number > last), places[0] if places else 1)
        yield max(last - skipped + int(given["data-line"]), 1), given["data-message"], given["data-remedy"]
