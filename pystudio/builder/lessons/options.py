"""The options inside a fence: YAML to values, by the description of the fence, and every mistake in it with line and remedy."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from .. import ROOT
from . import citations, exercise_options, yaml_errors
from .fences import FENCES
from .schema import KINDS, Fence, FenceError, Option, describe, example
from .suggestions import did_you_mean
from .vocabulary import plain, vocabulary


def parse(fence_name: str, body: str, root: Path = ROOT) -> dict[str, Any]:
    """Read the YAML inside a fence.

    Parameters
    ----------
    fence_name : str
        A key of `FENCES`.
    body : str
        The lines between the fence's opening and closing line.
    root : Path
        The project whose photos, networks and drawings may be named.

    Returns
    -------
    dict
        Every option of the fence that has a value, given or default, in the order of the table.

    Raises
    ------
    FenceError
        For the first mistake, with its line within the block.

    Examples
    --------
    >>> parse("fence-options", "fence: grow")
    {'fence': 'grow'}
    """
    options, found = _read(FENCES[fence_name], body, root)
    if found:
        raise found[0]
    return options


def mistakes(fence_name: str, body: str, root: Path = ROOT) -> list[FenceError]:
    """Every mistake in a fence, in the order in which it is read; `parse` raises the first of them."""
    return _read(FENCES[fence_name], body, root)[1]


def _read(fence: Fence, body: str, root: Path) -> tuple[dict[str, Any], list[FenceError]]:
    """The options of a fence, and what is wrong with them. With a mistake, not all options are there."""
    if fence.name == "sources":
        return citations.read(body, root)
    names = [option.name for option in fence.options]
    given: dict[str, Any] = {}
    found: list[FenceError] = []
    meant: set[str] = set()
    try:
        for key, value, node, line in _pairs(fence, body, found):
            if key in meant:
                found.append(FenceError(line, f"`{key}` is set twice.", "Keep one of the two lines."))
            elif key not in names:
                if not re.fullmatch(r"[\w -]+", key) and found and "each line indented" in found[-1].remedy:
                    continue  # the program of the option above, which is not indented: told there
                if said := yaml_errors.cause(body.split("\n")[line - 1]):
                    found.append(FenceError(line, *said))
                    continue
                remedy = did_you_mean(key, names) if names else f"Leave the {fence.name} block empty."
                found.append(FenceError(line, f"{fence.name} has no option `{key}`.", remedy))
                meant |= {name for name in names if f"mean {name}?" in remedy}
            else:
                meant.add(key)
                wrong = [] if node is None else list(_value_mistakes(fence.option(key), value, node, line, body, root))
                found += wrong
                if node is not None and not wrong:
                    given[key] = value
    except FenceError as mistake:  # what follows cannot be read
        return given, [*found, mistake]
    for option in fence.options:
        if option.required and option.name not in meant:
            found.append(FenceError(0, f"{fence.name} needs `{option.name}`.", f"Add `{option.name}: {example(option)}`. {option.help}"))
    merged = {option.name: given.get(option.name, option.default) for option in fence.options}
    options = {name: value for name, value in merged.items() if value is not None}
    if not found:
        found += exercise_options.mistakes_together(fence.name, options, body, root)
    return options, found


def _pairs(fence: Fence, body: str, found: list[FenceError]) -> Iterable[tuple[str, Any, yaml.Node | None, int]]:
    """Yield (key, value, node, line) of a YAML mapping, node None where the value cannot be used; what is wrong is added to `found`.

    Composed, not loaded: a dict would lose lines and duplicates.
    """
    loader = yaml.SafeLoader(_printable(body))
    try:
        root = loader.get_single_node()
        if root is None or root.tag == "tag:yaml.org,2002:null":
            return
        if not isinstance(root, yaml.MappingNode):
            raise FenceError(root.start_mark.line + 1, "This is not an option.", _remedy_for_no_mapping(fence, root))
        for key, value in root.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                found.append(FenceError(line, "The name of an option has to be one word.", "Write it as `name: value`."))
            elif isinstance(value, yaml.ScalarNode) and value.tag.endswith(":null"):
                found.append(_no_value(key.value, line, body))
                yield key.value, None, None, line
            else:
                try:
                    yield key.value, loader.construct_object(value, deep=True), value, line
                except (ValueError, OverflowError, TypeError, KeyError, yaml.constructor.ConstructorError):  # `!!int cat`, 2024-99-99, `!cat` …
                    written = body.split("\n")[line - 1].partition(":")[2].strip()
                    found.append(FenceError(line, f"`{key.value}` cannot be read.", f"Put the value in quotation marks: `{key.value}: {yaml_errors.quoted(written or ' ')}`."))
                    yield key.value, None, None, line
    except yaml.MarkedYAMLError as error:
        raise FenceError(*yaml_errors.explain(body, error)) from error
    except RecursionError as error:
        raise FenceError(1, "The options are nested too deeply.", "Write one `name: value` on each line.") from error
    finally:
        loader.dispose()


def _no_value(name: str, line: int, body: str) -> FenceError:
    written = body.split("\n")[line - 1].partition(":")[2].strip()
    if written and written[0] in "#&!":
        return FenceError(line, f"`{name}` has no value: what begins with `{written[0]}` is none.", f"Put it in quotation marks: `{name}: {yaml_errors.quoted(written)}`.")
    return FenceError(line, f"`{name}` has no value.", "Write one after the colon, or remove the line to get the default.")


def _printable(body: str) -> str:
    for number, line in enumerate(body.split("\n"), 1):
        if bad := yaml.reader.Reader.NON_PRINTABLE.search(line):
            raise FenceError(number, f"There is an invisible character here (U+{ord(bad.group()):04X}).", "Delete it and type the line again.")
    return body


def _remedy_for_no_mapping(fence: Fence, root: yaml.Node) -> str:
    text = root.value.strip() if isinstance(root, yaml.ScalarNode) else ""
    if found := re.match(r"([\w-]+)\s*[=:]\s*(\S+)", text):
        if found[1] in [option.name for option in fence.options]:
            return f"Write `{found[1]}: {found[2]}`, with a colon and a space."
    example = next((f"`{option.name}: {KINDS[option.kind][1]}`" for option in fence.options if KINDS[option.kind][1]), "")
    return f"Write one `name: value` on each line, such as {example}." if example else f"Leave the {fence.name} block empty."


def _value_mistakes(option: Option, value: Any, node: yaml.Node, line: int, body: str, root: Path) -> Iterable[FenceError]:
    """What is wrong with one value, by its row of the table."""
    if problem := _wrong_kind(option, value, line, body):
        yield problem
        return
    if option.kind == "choice" and value not in option.allowed:
        yield FenceError(line, f"`{option.name}` cannot be {_shown(value)}.", did_you_mean(str(value), map(str, option.allowed)))
    if option.kind in ("number", "integer") and not option.low <= value <= option.high:
        yield FenceError(line, f"`{option.name}` is {value}, which is out of range.", f"Use {describe(option)}.")
    if option.kind in ("text", "texts", "choices"):
        yield from _cut_short(node, body)
    try:
        if option.kind in _NAMED:
            _check_names(option.kind, value, line, root)
        if option.kind == "truth":
            exercise_options.check_truth(value, line, root)
        if option.kind == "drawing":
            _check_drawing(value, line, root / "site_src")
    except FenceError as mistake:
        yield mistake
    if option.kind in exercise_options.OWN_KINDS:
        yield from exercise_options.value_mistakes(option.kind, option.name, value, node, line)


def _wrong_kind(option: Option, value: Any, line: int, body: str) -> FenceError | None:
    """The mistake of a value that is not even of the right kind."""
    right_type = {
        **{kind: lambda v, kind=kind: exercise_options.is_kind(kind, v) for kind in exercise_options.OWN_KINDS},
        "switch": lambda v: isinstance(v, bool),
        "integer": lambda v: isinstance(v, int) and not isinstance(v, bool),
        "number": lambda v: isinstance(v, (int, float)) and not isinstance(v, bool) and math.isfinite(v),
        "position": lambda v: isinstance(v, list) and len(v) == 2 and all(type(x) is int and x >= 0 for x in v),
        "methods": lambda v: isinstance(v, list) and v and all(isinstance(each, str) for each in v),
        "choice": lambda v: type(v) in {type(allowed) for allowed in option.allowed},
    }.get(option.kind, lambda v: isinstance(v, str) and v.strip() != "")
    if right_type(value):
        return None
    return FenceError(line, f"`{option.name}` has to be {describe(option)}, not {_shown(value)}.", _remedy_for_wrong_kind(option, value, line, body))


def _remedy_for_wrong_kind(option: Option, value: Any, line: int, body: str) -> str:
    if option.kind == "text":
        return "Put it in quotation marks."
    if option.kind == "code":
        return f"Write `{option.name}: |`, and below it the program, each line indented by two spaces."
    if option.kind == "texts" and isinstance(value, list):
        return "Put each of them in quotation marks."
    if option.kind == "choices":
        return "Write a line `- answer: …` for each choice, and below it, indented by two more, a line `why: …`; `right: true` below those that are right."
    if option.kind == "id" and (name := re.sub(r"[^a-z0-9]+", "-", plain(str(value)).lower()).strip("-")):
        return f"For example `id: {name if name[0].isalpha() else f'task-{name}'}`."
    return f"For example `{option.name}: {example(option)}`."


def _cut_short(node: yaml.Node, body: str) -> Iterable[FenceError]:
    """Texts that lose their end, since YAML takes what follows ` #` for a remark."""
    if isinstance(node, yaml.SequenceNode):
        for each in node.value:
            yield from _cut_short(each, body)
    elif isinstance(node, yaml.MappingNode):
        for _, each in node.value:
            yield from _cut_short(each, body)
    elif isinstance(node, yaml.ScalarNode) and node.style is None:
        line = body.split("\n")[node.end_mark.line]
        rest = line[node.end_mark.column :]
        if re.match(r"\s+#", rest):
            whole = line[node.start_mark.column if node.start_mark.line == node.end_mark.line else 0 :].strip()
            yield FenceError(node.end_mark.line + 1, f"What follows the # is left out: `{rest.strip()}`.", f"Put the whole text in quotation marks: {yaml_errors.quoted(whole)}.")

_NAMED = {"photo": "bundled photo", "network": "network", "label": "class", "method": "classic method", "fence": "block with options", "methods": "classic method", "photos": "bundled photo"}


def _check_names(kind: str, value: str | list[str], line: int, root: Path) -> None:
    known = vocabulary(kind.removesuffix("s"), root)
    names = value if isinstance(value, list) else [value]
    for place, name in enumerate(names):
        if name not in known:
            raise FenceError(line, f"There is no {_NAMED[kind]} called {_shown(name)}.", did_you_mean(name, known))
        if name in names[:place]:
            raise FenceError(line, f"{_shown(name)} is named twice.", "Keep one of the two.")


def _check_drawing(value: str, line: int, pages: Path) -> None:
    path = (pages / value).resolve()
    if pages.resolve() not in path.parents or path.suffix != ".svg":
        raise FenceError(line, f"{_shown(value)} is not an SVG file below site_src.", "Put photographs in the page as Markdown images instead.")
    if not path.is_file():
        known = [drawing.relative_to(pages).as_posix() for drawing in sorted((pages / "images").glob("*.svg"))]
        raise FenceError(line, f"There is no drawing {_shown(value)} below site_src.", did_you_mean(value, known))


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:57] + "…"
