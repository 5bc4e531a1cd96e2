"""Markdown that this site does not know, or that has a slip in it, and that readers would see as it was written: each with line, message and remedy.

What is sought is sought in the rendered page, outside code, formulas and links, so that what works, or is meant to be shown, is never taken for a mistake.
"""
from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser

import yaml

Found = tuple[int, str, str]

KEPT = ("pre", "code", "kbd", "samp", "script", "style", "svg", "math", "a", "textarea", "option")  # whose text is not read here
CELLS = ("td", "th")
PARAGRAPHS = ("p", "li", "dd", "dt", "summary", "br", "div", "blockquote", "section", "h1", "h2", "h3", "h4", "h5", "h6")
TAGS = frozenset(
    "a abbr address area article aside audio b base bdi bdo blockquote body br button canvas caption center cite code col colgroup data datalist dd del details dfn dialog div"
    " dl dt em embed fieldset figcaption figure font footer form h1 h2 h3 h4 h5 h6 head header hgroup hr html i iframe img input ins kbd label legend li link main map mark"
    " math menu meta meter nav noscript object ol optgroup option output p param picture pre progress q rp rt ruby s samp script search section select slot small source span"
    " strike strong style sub summary sup svg table tbody td template textarea tfoot th thead time title tr track tt u ul var video wbr".split())

WORDS = "[words](page.md)"
WITHIN_HTML = "within a tag of HTML Markdown is read only where the tag has the word markdown: `<div markdown>`."
PATTERNS = tuple((re.compile(pattern, re.MULTILINE), message, remedy) for pattern, message, remedy in (
    # addresses
    (r"(?<![\w@/.='\"-])(?:https?://|www\.)[^\s<>\0]+[\w/]", "This address is shown as text: nobody can click it.", "Write `<https://…>`, or `[words](https://…)`."),
    (r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}\b", "This mail address is shown as text.", "Write it between < and >, or `[words](mailto:…)`."),
    (r"!?\[\[(?=[^\W\d])[^\[\]\n]+\]\]", "Links in double brackets are not made here.", f"Write `{WORDS}`, and a picture as `![What it shows](images/name.png)`."),
    (r"!?\[[^\[\]\n]+\]\([^()\n]*\)", "This link is shown as it is written.", f"An address with spaces stands between < and >; {WITHIN_HTML}"),
    (r"\^\[[^\[\]\n]+\]", "Footnotes within the line are not made here.", "Write `[^1]`, and on a line of its own `[^1]: What it says`."),
    # signs around words
    (r"~~(?=\S)[^~\n]+~~", "Words between ~~ are not struck through here.", "Write `<del>words</del>`."),
    (r"(?<!=)==(?=[^\s=])[^=\n]*[^\s=]==(?!=)", "Words between == are not highlighted here.", "Write `<mark>words</mark>`, or `**words**`."),
    (r"(?<![\w+])\+\+(?=[^\s+])[^+\n]*(?:\+[^+\n]+)*\+\+(?![\w+])", "Words between ++ are shown with their signs.", "Write a key as `<kbd>Ctrl</kbd>`, and an insertion as `<ins>words</ins>`."),
    (r"\^\^(?=\S)[^^\n]+\^\^", "Words between ^^ are shown with their signs.", "Write `<ins>words</ins>`."),
    (r"\w~[\w+-]{1,12}~", "Signs between ~ are not lowered here.", "Write `H<sub>2</sub>O`, or a formula: `$x_2$`."),
    (r"[\w)]\^[\w+-]{1,12}\^", "Signs between ^ are not raised here.", "Write `m<sup>2</sup>`, or a formula: `$x^2$`."),
    (r"\*\*[^*\n\0]*(?:\*\*)?", "These asterisks are shown.", f"Write `**words**`, with no space inside the asterisks; {WITHIN_HTML}"),
    (r"(?<![\w*])\*(?=[^\s*])[^*\n\0]*[^\s*]\*(?![\w*])", "These asterisks are shown.", f"Take them away: {WITHIN_HTML}"),
    (r"(?<!\w)_(?=[^\s_])[^_\n\0]*[^\s_]_(?!\w)", "These underscores are shown.", f"Take them away: {WITHIN_HTML}"),
    (r"(?<![\w:]):[a-z][a-z0-9_+-]{1,40}:(?![\w:])", "Names between colons do not become pictures here.", "Insert the sign itself, such as 🙂."),
    (r"\\[~<>\"'@%&=:;,/^|$](?!\w*\\)", "This backslash is shown.", "Remove it: this sign has no meaning here that it would take away."),
    (r"\\$", "This backslash is shown: it does not end the line.", "Write two spaces at the end of the line, or `<br>`."),
    # formulas
    (r"\$\$|(?<![\\\w$])\$[^$\n]*(?:\\[A-Za-z]|[\^_=])[^$\n]*\$|\\\[|\\\]", "This formula is shown as it is written.",
     r"No space stands inside the dollars and no empty line in a formula, and all of it in one cell of a table (`\vert` is the line |); " + WITHIN_HTML),
    (r"(?<![\w:\\/.$])\\[A-Za-z]{3,}\b", "A command of TeX is shown as it is written.", r"Put formulas between dollars: `$\frac{a}{b}$`."),
    # lists, tables, headings, notes
    (r"^\[[ xX]\]\s+", "Boxes to tick are not made here.", "Leave the brackets out; what readers do in the page are the blocks `quiz` and `steps`."),
    (r"^[-*+]\s+\S.*$", "This list is shown as running text.", "Leave an empty line above it, and begin its lines at the left."),
    (r"^1\.\s+\S.*$", "This list is shown as running text.", "Leave an empty line above it, and begin its lines at the left."),
    (r"^1\)\s+\S.*$|^\(?[1a]\)\s+\S.*(?:\n.*\S.*){0,8}?\n\(?[2b]\)\s", "This list is shown as running text.", "Number its lines `1.`, `2.`, with an empty line above the first."),
    (r"^\|.*$|^[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)+$", "This table is shown as text.", "Leave an empty line above it; its second row is `|---|---|`, with as many columns as the first."),
    (r"^#{1,6}\s+\S.*$", "This heading is shown as text.", f"Begin it at the very left of its line; {WITHIN_HTML}"),
    (r"^>+\s?\S.*$", "This quotation is shown as text.", f"Begin it at the very left of its line; {WITHIN_HTML}"),
    (r"^={3,}[!+]?\s+[^=\s].*$", "This tab is shown as text.", 'A tab begins with `=== "Title"`, in straight quotation marks; its text is indented by four spaces.'),
    (r"^:\s+\S.*$", "This definition is shown as text.", "Write the word it explains on the line above, with no empty line between, and then `:   ` and the text."),
    (r"^(?:!{3}|\?{3}\+?) *[“”„‘’'«].*$", "This note is shown as text.", 'A note begins with `!!! tip "Title"`, in straight quotation marks; its text stands below, indented by four spaces.'),
    (r"\[![A-Za-z]+\][+-]?", "This note is shown as text.", "Write `!!! note`; its text stands below, indented by four spaces."),
    (r"^:{3,}.*$", "This block is shown as text.", "Write `!!! note`; its text stands below, indented by four spaces."),
    (r"^\.\. [\w-]+::.*$", "This is reStructuredText, which is shown as it is written.", "Write it as Markdown: `!!! note`, or a picture as `![What it shows](images/name.png)`."),
    # what other programs fill in or leave out
    (r"\{\{[^{}\n]*\}\}|\{%[^{}\n]*%\}", "Nothing is filled in between these braces: they are shown.", "Write the text itself; code stands between backticks."),
    (r"\{[:.#][\w .:#=\"'-]+\}", "These braces are shown.", "Attributes stand directly behind a link, a picture or emphasis, with no space between: `[words](page.md){ .md-button }`."),
    (r"%%[^%\n]+%%", "This comment is shown.", "Write `<!-- words -->`."),
    (r"<!--", "This comment is shown.", "Close it with `-->`."),
    (r"^-*8<-.*$", "No file is taken in here: this line is shown.", "Write the text itself, or a link to it."),
))

BESIDE = 12  # signs

FENCE = re.compile(r"(?:`{3,}|~{3,})[ \t]*([\w+-]*(?: cell\b)?)")
DRAWN = frozenset("mermaid plantuml puml graphviz d2 ditaa nomnoml wavedrom bytefield vega vega-lite vegalite chart flow sequence".split())


class Shown(HTMLParser):
    """Of a rendered page: its text outside code, formulas and links, a line for each paragraph, and the tags that no browser knows."""

    def __init__(self, content: str):
        super().__init__()
        self.text = ""
        self.unknown: list[str] = []
        self._kept: list[str] = []
        self.feed(content)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        drawn = "svg" in self._kept or "math" in self._kept
        if tag not in TAGS and not tag.startswith("studio-") and not drawn:
            self.unknown.append(tag)
        if tag in KEPT:
            self._kept.append(tag)
        if tag in PARAGRAPHS and not self._kept:
            self.text += "\n"
        if tag in CELLS:
            self.text += "\0"

    def handle_endtag(self, tag: str) -> None:
        if tag in self._kept:
            while self._kept.pop() != tag:
                pass
            self.text += "\0"  # what stands left and right of it does not meet
        if tag in CELLS or tag in PARAGRAPHS:
            self.text += "\n"

    def handle_data(self, data: str) -> None:
        if not self._kept:
            self.text += data


def mistakes(content: str, lines: list[str], ours: Iterable[str] = ()) -> Iterator[Found]:
    """All that is shown of a page as it was written.

    Parameters
    ----------
    content : str
        The rendered page.
    lines : list of str
        The page as it was written, blocks of code blank.
    ours : iterable of str
        Names of blocks that are told elsewhere when they have no end.
    """
    shown = Shown(content)
    page = _Lines(lines)
    text = shown.text.replace("\r", "")
    found = {(line, message, remedy) for pattern, message, remedy in PATTERNS for match in pattern.finditer(text) for line in page.around(match)}
    yield from _once(sorted(found))
    open_fences = list(FENCE.finditer(text))
    refused_elsewhere = any(match[1] in ours for match in open_fences)
    for match in open_fences:
        if match[1] not in ours and (match[1] or not refused_elsewhere):
            for line in page.around(match)[:1]:
                yield line, "This block of code has no end, or its lines are not indented alike.", "Close it with as many signs as it begins with, indented as far."
    for tag in dict.fromkeys(shown.unknown):
        for line in page.of(f"<{tag}") or [1]:
            yield line, f"`<{tag}>` is taken for a tag of HTML, and is not shown.", f"Write it between backticks: `` `<{tag}>` ``."
    yield from _in_the_source(page.lines)


def _once(found: list[Found]) -> Iterator[Found]:
    """One mistake of a kind in a line, and of neighbouring lines (a list, a table) the first."""
    seen = set()
    for line, message, remedy in found:
        if not {(line, message), (line - 1, message)} & seen:
            yield line, message, remedy
        seen.add((line, message))


class _Lines:
    """The lines of a page without what stands between backticks, to find where something stands."""

    def __init__(self, lines: list[str]):
        self.lines = [re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", line) for line in lines]

    def around(self, match: re.Match[str]) -> list[int]:
        """The lines of a match in the rendered page, told apart from others with the same signs by what stands beside it; none for signs that
        the author escaped, who wants them seen."""
        text, words = match.string, match[0].strip("\0\n").split("\n")[0].split("\0")[0]
        at = match.start() + match[0].index(words)
        begin = max(text.rfind("\n", 0, at), text.rfind("\0", 0, at), at - BESIDE - 1) + 1
        end = min((place for sign in "\n\0" if (place := text.find(sign, at + len(words))) >= 0), default=len(text))
        wider = self.of(text[begin : min(end, at + len(words) + BESIDE)])
        found = wider or self.of(words)
        if not found and any(words in re.sub(r"\\(.)", r"\1", line) for line in self.lines):
            return []
        return (found if wider or len(words) > 3 else found[:1]) or [1]

    def of(self, words: str) -> list[int]:
        """The lines (from 1) with these words of the rendered page; none where Markdown has changed them, or a backslash stands before them."""
        wanted = re.compile(rf"(?<!\\){re.escape(words.strip())}", re.IGNORECASE)
        return [number for number, line in enumerate(self.lines, 1) if words.strip() and wanted.search(line)]


def _in_the_source(lines: list[str]) -> Iterator[Found]:
    """What the rendered page no longer tells: formulas that a table has cut up, items that are not nested, titles of notes without quotation marks."""
    depth = None
    for number, line in enumerate(lines, 1):
        if line.lstrip().startswith("|") and re.search(r"(?<![\\\w])\$(?=[^$\s])(?=[^$]*[^$|\s])[^$]*\|[^$]*(?<!\s)\$", line.replace(r"\|", "")):
            yield number, "A | within this formula begins another cell of the table.", r"Write `\vert`, or `\mid`, in its place."
        if re.match(r"\s*(?:!!!|\?\?\?\+?) +[\w-]+ +(?!(?:inline|end|annotate)\b)[^\"\s]", line):
            yield number, "The title of this note is not shown.", 'Put it between straight quotation marks: `!!! note "Title"`.'
        item = re.match(r"( *)(?:[-*+]|\d+[.)])\s+\S", line)
        if item and depth is not None and 0 < len(item[1]) - depth < 4:
            yield number, "This item is not indented far enough to belong to the one above.", "Indent it by four spaces."
        if item:
            depth = len(item[1]) if depth is None or not 0 < len(item[1]) - depth < 4 else depth
        elif line.strip() and not line.startswith(" "):
            depth = None


# --- blocks -----------------------------------------------------------------------------------------------------------


def drawing(language: str) -> tuple[str, str] | None:
    """(message, remedy) of a fence that another site would have drawn; None for any other."""
    if language.lower() in ("math", "katex"):
        return "This formula is shown as code.", "Write it between `$$` and `$$`, on lines of their own."
    if language.lower() in DRAWN:
        return f"A `{language}` drawing is not made here: its code is shown.", "Save the drawing as SVG and place it with a `figure` block. To show its code, write ```text."
    return None


PROGRAMS = ("start", "solution", "arguments", "function")
TEXTS = tuple((re.compile(pattern), message) for pattern, message in (
    (r"!?\[[^\[\]\n]+\]\([^()\n]+\)", "A link"),
    (r"(?<![\\\w$])\$(?!\s)[^$\n]*(?:\\[A-Za-z]|[\^_=])[^$\n]*\$|\\\(|\$\$", "A formula"),
    (r"~~\S[^~\n]*~~|==\S[^=\n]*\S==", "Strikethrough or highlighting"),
    (r"</?(?:a|b|br|code|em|i|img|kbd|mark|s|span|strong|sub|sup|u)\b[^<>]*>", "A tag of HTML"),
    (r"(?<![\w*])\*(?=[^\s*])[^*\n]*[^\s*]\*(?![\w*])", "Emphasis with single asterisks"),
))


def in_texts(body: str) -> Iterator[Found]:
    """What the texts of an exercise or drawing would show as it is written: in a block only `code` and **strong** mean something.

    The line counts from 1, from the first of the block's body. What YAML cannot read is told elsewhere.
    """
    try:
        tree = yaml.compose(body, Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        return
    lines = body.split("\n")
    for node in _texts(tree):
        for number in range(node.start_mark.line, max(node.end_mark.line, node.start_mark.line + 1)):
            line = re.sub(r"`[^`]*`|\*\*[^*]+\*\*", "", lines[number]) if number < len(lines) else ""
            for pattern, what in TEXTS:
                if pattern.search(line):
                    yield number + 1, f"{what} in a block is shown as it is written.", "Put it into the text above or below the block; within it only `code` and **strong** work."


def _texts(node: yaml.Node | None) -> Iterator[yaml.ScalarNode]:
    if isinstance(node, yaml.ScalarNode):
        yield node
    elif isinstance(node, yaml.SequenceNode):
        for each in node.value:
            yield from _texts(each)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if getattr(key, "value", None) not in PROGRAMS:
                yield from _texts(value)
