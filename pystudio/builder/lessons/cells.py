"""The fence ```` ```python cell ````: Python that the reader may change and run. What its opening line may say, and the HTML it becomes.

It is no block of YAML like those in `schema`: what it holds is the program, so that the page reads well as plain text.
"""
from __future__ import annotations

import ast
import html
import re
from pathlib import Path
from typing import Any

from .. import ROOT
from .fence_html import add_anchor, highlighted
from .fences import CELL
from .schema import FenceError
from .suggestions import did_you_mean
from .vocabulary import vocabulary

__all__ = ["CELL", "formatter", "is_cell", "looks_like_cell", "mistakes", "parse", "render", "validator"]

def is_cell(language: str, header: dict[str, Any]) -> bool:
    """Whether a fenced block is a cell: Python with the word ``cell`` on its opening line.

    Examples
    --------
    >>> is_cell("python", {"cell": "cell", "run": "start"}), is_cell("python", {"title": "grow.py"})
    (True, False)
    """
    return language == "python" and header.get("cell") == "cell"


def parse(header: dict[str, str], body: str) -> dict[str, Any]:
    """Read the opening line of a cell.

    Parameters
    ----------
    header : dict
        The options that stand on it, as superfences reads them; the word ``cell`` among them.
    body : str
        The program. It is compiled to find its errors of grammar, and not run.

    Returns
    -------
    dict
        The options that have a value, given or default.

    Raises
    ------
    FenceError
        For the first mistake, with its line within the block.

    Examples
    --------
    >>> parse({"cell": "cell", "title": "Grow"}, "print(1)")
    {'title': 'Grow', 'run': 'click'}
    """
    given = {name: value for name, value in header.items() if name != "cell"}
    if found := _mistakes(given, body, ROOT):
        raise found[0]
    return {option.name: given.get(option.name, option.default) for option in CELL.options if given.get(option.name, option.default) is not None}


def _mistakes(given, body, root):
    found = []
    for name, value in given.items():
        try:
            _check_option(name, value, root)
        except FenceError as mistake:
            found.append(mistake)
    try:
        if not body.strip():
            raise FenceError(0, "This cell is empty.", "Write at least one line of Python into it.")
        _check_grammar(body)
    except FenceError as mistake:
        found.append(mistake)
    return found


def _check_option(name, value, root):
    names = [option.name for option in CELL.options]
    if name not in names:
        raise FenceError(0, f"A cell has no option `{name}`.", did_you_mean(name, names))
    option = CELL.option(name)
    if not value.strip() or value == name and option.kind != "text":
        raise FenceError(0, f"`{name}` has no value.", f'Write `{name}="…"` on the opening line.')
    if option.kind == "choice" and value not in option.allowed:
        raise FenceError(0, f'`{name}` cannot be "{value}".', did_you_mean(value, option.allowed))
    if option.kind == "photo" and value not in (known := vocabulary("photo", root)):
        raise FenceError(0, f'There is no bundled photo called "{value}".', did_you_mean(value, known))
    if name == "id" and not re.fullmatch(r"[a-z][a-z0-9-]*", value):
        raise FenceError(0, f'`id` cannot be "{value}".', "Use small letters, digits and hyphens, a letter first.")


def _check_grammar(body):
    from pystudio.notebook.errors import explain  # NumPy is only needed for the pages that have a cell

    try:
        compile(body, "<cell>", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT | ast.PyCF_ONLY_AST, dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        failure = explain(error, "<cell>", {"<cell>": "cell"}, body, {})
        raise FenceError(failure.line or 0, failure.message, failure.hint or "Correct the line.") from error


def render(options: dict[str, Any], body: str) -> str:
    """The element, with the program in it, to be read before the editor is there and where no script runs."""
    program = body.rstrip("\n")
    numbers = "\n".join(map(str, range(1, program.count("\n") + 2)))
    data = "".join(f' data-{name}="{html.escape(str(value))}"' for name, value in options.items() if name != "id")
    placeholder = f'<div class="ps-cell-outputs ps-cell-room" data-for="{_shows(program)}"></div>' if options.get("run") == "start" else ""
    anchor = f' id="{html.escape(options["id"])}" data-id="{html.escape(options["id"])}"' if "id" in options else ""
    title = f'<p class="ps-title">{html.escape(options["title"])}</p>' if "title" in options else ""
    return (
        f'<{CELL.element} class="ps" data-state="loading"{anchor}{data}>{title}<div class="ps-desk ps-cell">'
        f'<div class="ps-cell-code"><pre class="ps-cell-still"><span class="ps-cell-numbers" aria-hidden="true">{numbers}</span>'
        f'<code>{highlighted(program)}</code></pre></div>'
        f'<div class="ps-toolbar ps-cell-bar"><noscript>{html.escape(CELL.no_script)}</noscript></div>{placeholder}</div></{CELL.element}>'
    )


def _shows(program):
    """What a program that runs by itself will show, as far as its words tell: so much room is kept, and the text below it need not move."""
    called = {node.func.id for node in ast.walk(ast.parse(program)) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    return "picture" if called & {"show", "plot", "points", "bars", "histogram"} else "text"


# --- what check.py asks -----------------------------------------------------------------------------------------------


def mistakes(language: str, header: dict[str, str], body: str, root: Path = ROOT) -> list[FenceError]:
    """Every mistake of a cell, those of its opening line first; blocks of any other kind have none."""
    try:
        if not validator(language, header, {}, {}, None):
            return []
    except FenceError as mistake:
        return [mistake]
    return _mistakes({name: value for name, value in header.items() if name != "cell"}, body, root)


def looks_like_cell(line: str) -> bool:
    """Whether the opening line of a block was meant to be that of a cell, whatever superfences makes of it.

    Examples
    --------
    >>> looks_like_cell("```python cell run=start"), looks_like_cell("```python title='cell.py'")
    (True, False)
    """
    return re.match(r"[ \t>]*(`{3,}|~{3,})\s*python\s+(\S+\s+)*cell(\s|$)", line) is not None


# --- what mkdocs.yml names --------------------------------------------------------------------------------------------


def validator(language: str, inputs: dict[str, str], options: dict[str, Any], attrs: dict[str, str], md: Any) -> bool:
    """superfences asks this about every Python block: cells are ours, all others are highlighted as ever."""
    for name, value in inputs.items():
        if language == "python" and name == value and name != "cell" and name not in [option.name for option in CELL.options]:
            raise FenceError(0, f"The word `{name}` says nothing to a Python block.", did_you_mean(name, ["cell"]))
    if not is_cell(language, inputs):
        return False
    options.update(inputs)
    return True


def formatter(source: str, language: str, css_class: str, options: dict[str, Any], md: Any, **kwargs: Any) -> str:
    """superfences asks this for the HTML of a cell."""
    if CELL.element not in md.block_level_elements:  # else Markdown wraps our element in a <p>
        md.block_level_elements.append(CELL.element)
    read = parse(options, source)
    if "id" in read:
        add_anchor(md, read["id"])
    return render(read, source)
