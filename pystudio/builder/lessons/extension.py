"""The fences as an extension of Python-Markdown, which mkdocs.yml names: all of them are added to superfences. What they do is in the labs' folders."""

from __future__ import annotations

from typing import Any

from markdown.extensions import Extension
from pymdownx.superfences import SuperFencesCodeExtension

from . import cells, citations, exercises
from .answer_key import key_html
from .exercise_options import with_truth
from .fence_html import add_anchor, credits_html, element_html, figure_html, options_html
from .options import parse
from .fences import CELL, EXERCISES, FENCES
from .schema import FenceError


def render(fence_name: str, body: str, painter: bool = True) -> str:
    """The HTML of one fence; a ``task-paint`` brings a painter along unless the page has one. Raises `FenceError`."""
    fence = FENCES[fence_name]
    options = parse(fence_name, body)
    if fence_name in EXERCISES:
        return exercises.exercise_html(fence, options, painter)
    if fence_name == "report":
        return exercises.report_html(options)
    if fence.element:
        return element_html(fence, with_truth(options) if fence_name == "paint" else options)
    if fence_name == "figure":
        return figure_html(options)
    if fence_name == "credits":
        return credits_html()
    if fence_name == "sources":
        return citations.sources_html(options)
    if fence_name == "answer-key":
        return key_html()
    if options["fence"] == "python cell":
        return options_html(CELL)
    return options_html(FENCES[options["fence"]])


def validator(language: str, inputs: dict[str, str], options: dict[str, Any], attrs: dict[str, str], md: Any) -> bool:
    """superfences asks this about the opening line. Options belong inside the block, so there must be none."""
    if inputs:
        name = next(iter(inputs))
        raise FenceError(0, f"`{name}` stands on the opening line.", "Move it inside the block, as `name: value` on a line of its own.")
    return True


def formatter(source: str, language: str, css_class: str, options: dict[str, Any], md: Any, **kwargs: Any) -> str:
    """superfences asks this for the HTML of a block."""
    element = FENCES[language].element
    if element and element not in md.block_level_elements:  # else Markdown wraps our element, and the <div> in it, in a <p>
        md.block_level_elements.append(element)
    alone = not getattr(md, "studio_paints", False)
    if language in ("paint", "task-paint"):
        md.studio_paints = True
    made = render(language, source, painter=alone)
    if language in EXERCISES:
        add_anchor(md, f"task-{parse(language, source)['id']}")
    if language == "sources":
        for key in parse(language, source):
            add_anchor(md, f"source-{key}")
    return made


def custom_fences() -> list[dict[str, Any]]:
    """Our fences, as superfences wants them described."""
    ours = [{"name": name, "class": "ps", "format": formatter, "validator": validator} for name in FENCES]
    return [*ours, {"name": "python", "class": "ps", "format": cells.formatter, "validator": cells.validator}]


class Fences(Extension):
    """superfences with our fences; where mkdocs.yml names superfences, too, above this extension, with what it says there."""

    def extendMarkdown(self, md: Any) -> None:  # noqa: N802  (Markdown's name)
        found = next((each for each in md.registeredExtensions if isinstance(each, SuperFencesCodeExtension)), None)
        options = found.getConfigs() if found else {}
        options["custom_fences"] = [*options.get("custom_fences", []), *custom_fences()]
        md.registerExtensions([SuperFencesCodeExtension(**options)], {})


def makeExtension(**kwargs: Any) -> Fences:  # noqa: N802  (Markdown's name)
    """What Markdown asks a module for that mkdocs.yml names."""
    return Fences(**kwargs)
