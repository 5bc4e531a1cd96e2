"""What is wrong in mkdocs.yml: YAML that cannot be read, settings that MkDocs refuses, a menu that names what is not there."""
from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from pathlib import Path

import yaml
from mkdocs.config.defaults import MkDocsConfig

from . import yaml_errors
from .suggestions import did_you_mean
from .mistakes import Mistake

SETTINGS = "mkdocs.yml"
EXTENSION = "pystudio.builder.lessons.extension"
SUPERFENCES = "pymdownx.superfences"
NEEDED = {"use_directory_urls": (False, "pages that are opened from a folder need whole names of files"),
          "docs_dir": ("site_src", "the build looks for the pages there")}
"""Settings that the build relies on: what they have to be, and why."""


def read(root: Path) -> tuple[yaml.Node | None, list[Mistake]]:
    """mkdocs.yml as a tree with lines, and what keeps it from being read."""
    try:
        text = (root / SETTINGS).read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return None, [Mistake(SETTINGS, 1, "This file is missing.", "It holds the name of the site and its menu; take it from the project that you copied.")]
    except UnicodeDecodeError as error:
        return None, [Mistake(SETTINGS, error.object[: error.start].count(b"\n") + 1, "This line is not written in UTF-8.", "Save the file again with the encoding UTF-8.")]
    try:
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        return None, [Mistake(SETTINGS, *yaml_errors.explain(text, error))]
    except yaml.YAMLError:
        return None, [Mistake(SETTINGS, 1, "There is an invisible character in this file that is no text.", "Take the file from the project that you copied, and change it again.")]
    if not isinstance(tree, yaml.MappingNode):
        return None, [Mistake(SETTINGS, 1, "This file has no settings.", "Take it from the project that you copied, and change it again.")]
    return tree, []


def refusals(said: list[str], tree: yaml.MappingNode) -> list[Mistake]:
    """What MkDocs has against the settings, in our words."""
    lines = {key.value: key.start_mark.line + 1 for key, _ in tree.value}
    found = []
    for warning in said:
        if not (about := re.match(r"Config value '(\w+)': (.*)", warning, re.DOTALL)):
            found.append(Mistake(SETTINGS, 1, f"MkDocs cannot use this file: {' '.join(warning.split())}", "Take it from the project that you copied, and change it again."))
            continue
        name, words = about[1], " ".join(about[2].split())
        line = lines.get(name, 1)
        if words.startswith("Unrecognised configuration name"):
            found.append(Mistake(SETTINGS, line, f"There is no setting `{name}`.", did_you_mean(name, list(MkDocsConfig()._schema_keys))))
        elif words.startswith("Required configuration"):
            found.append(Mistake(SETTINGS, line, f"`{name}` has no value.", f"Add a line `{name}: My course`."))
        elif name == "nav":
            found.append(Mistake(SETTINGS, line, "The menu is not a list.", "Write each of its lines as `  - Title: page.md`, with a dash."))
        else:
            message, word = _plain(name, words)
            found.append(Mistake(SETTINGS, _line_of(word, tree, line), message, "Correct this line, or take it from the project that you copied."))
    return found


def _plain(name: str, words: str) -> tuple[str, str]:
    """MkDocs' words about a setting in ours, and the word in the file that they are about."""
    if about := re.search(r'The "(.+?)" plugin|extension \'(.+?)\'|theme name: \'(.+?)\'', words):
        kind = ("plugin", "extension", "theme")[about.lastindex - 1]
        return f"There is no {kind} `{about[about.lastindex]}` here.", about[about.lastindex]
    if "class 'bool'" in words:
        return f"`{name}` has to be true or false.", ""
    return f"`{name}` cannot be used: {words.rstrip('.')}.", ""


def _line_of(word: str, tree: yaml.Node, otherwise: int) -> int:
    """The line of a value that MkDocs only names."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, yaml.ScalarNode):
            if word and node.value == word:
                return node.start_mark.line + 1
        else:
            for child in node.value:
                waiting += child if isinstance(child, tuple) else [child]
    return otherwise


def needs(tree: yaml.MappingNode, config: MkDocsConfig) -> Iterator[Mistake]:
    """What the studio needs of the settings, and MkDocs does not: our blocks, and addresses that work from a folder."""
    lines = {key.value: key.start_mark.line + 1 for key, _ in tree.value}
    given = {key.value: value.value for key, value in tree.value if isinstance(value, yaml.ScalarNode)}
    for name, (value, why) in NEEDED.items():
        have = config[name] if isinstance(value, bool) else given.get(name)
        if have != value:
            yield Mistake(SETTINGS, lines.get(name, 1), f"`{name}` has to be {str(value).lower()}: {why}.", f"Write `{name}: {str(value).lower()}`.")
    extensions = config["markdown_extensions"]
    if EXTENSION not in extensions:
        yield Mistake(SETTINGS, lines.get("markdown_extensions", 1), f"The list `markdown_extensions` does not name `{EXTENSION}`, which knows the blocks of the lessons.",
                      f"Add a line `  - {EXTENSION}` at its end, and remove `custom_fences` with all its lines.")
    elif SUPERFENCES in extensions and extensions.index(SUPERFENCES) > extensions.index(EXTENSION):
        yield Mistake(SETTINGS, _line_of(SUPERFENCES, tree, 1), f"`{SUPERFENCES}` stands below `{EXTENSION}`, and would take its place.", "Move it above, or remove it.")


# --- the menu ---------------------------------------------------------------------------------------------------------


def menu(tree: yaml.MappingNode, pages: list[str]) -> Iterator[Mistake]:
    """Entries of the menu that lead to no page. `pages` are those below site_src, with ``/`` between folders."""
    nav = next((value for key, value in tree.value if key.value == "nav"), None)
    seen: dict[str, int] = {}
    for target, line in _targets(nav):
        yield from _entry_mistakes(target, line, pages, seen)


def _targets(node: yaml.Node | None) -> Iterator[tuple[str, int]]:
    """(what an entry names, its line), in the order of the menu."""
    if isinstance(node, yaml.ScalarNode) and not node.tag.endswith(":null"):
        yield node.value, node.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for each in node.value:
            yield from _targets(each)
    elif isinstance(node, yaml.MappingNode):
        for _, value in node.value:
            yield from _targets(value)


def _entry_mistakes(target: str, line: int, pages: list[str], seen: dict[str, int]) -> Iterator[Mistake]:
    if re.match(r"[a-z]+://|mailto:|#", target):
        return
    if target in pages:
        if target in seen:
            yield Mistake(SETTINGS, line, f"The menu names `{target}` twice, first in line {seen[target]}.", "Keep one of the two lines.")
        seen.setdefault(target, line)
    elif found := re.fullmatch(r"([^:/]+):(\S.*\.md)", target):
        yield Mistake(SETTINGS, line, "A space is missing after the colon.", f"Write `- {found[1]}: {found[2]}`.")
    else:
        yield Mistake(SETTINGS, line, f"The menu names `{target}`, which is no page below site_src.", _remedy(target, pages))


def _remedy(target: str, pages: list[str]) -> str:
    plain = target.removeprefix("./").removeprefix("site_src/")
    for close in (plain, f"{plain}.md", f"{plain.rpartition('.')[0]}.md"):
        for page in pages:
            if page.lower() == close.lower():
                case = " Capital and small letters have to agree." if page != close else ""
                return f"Did you mean `{page}`?{case}"
    if close := difflib.get_close_matches(target, pages, n=1, cutoff=0.75):
        return f"Did you mean `{close[0]}`?"
    return "Correct the name, which has to end with .md, or add the page."
