"""The exercise fences (``task-paint``, ``task-code``, ``quiz``, ``steps``) and ``report``: their HTML, the list of all exercises of a site, and whether they work.

What does not live here: the fences (`fences`), reading them (`options`, `exercise_options`), finding fences in rendered pages (`check`), grading
(`pystudio.exercises.grading`), behaviour (site_src/studio).
"""

from __future__ import annotations

import base64
import functools
import hashlib
import html
import json
import random
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import StudioError
from .. import ROOT, cache
from .exercise_options import drawn_truth, line_of
from .fence_html import element_html, highlighted
from .options import parse
from .fences import EXERCISES, FENCES
from .schema import Fence, FenceError
from .vocabulary import photo_credits


def exercise_html(fence: Fence, options: dict[str, Any], painter: bool = True) -> str:
    """The exercise as it is before its script runs: what to do can be read, the answers cannot at a glance.

    Parameters
    ----------
    fence : Fence
    options : dict
        As `parse` gives them.
    painter : bool
        Whether a ``task-paint`` brings a paint element along: the page has none before it.

    Returns
    -------
    str
    """
    data = {"kind": fence.name, **{key: value for key, value in options.items() if key != "text"}}
    if options.get("truth", "network") != "network":
        data["truths"] = {photo: _packed(photo, options["truth"]) for photo in options.get("photos", [options.get("photo")])}
        data["truth"] = "drawn"
    secret = base64.b64encode(json.dumps(data, ensure_ascii=False).encode()).decode()
    return (
        f'<{fence.element} class="ps ps-task" id="task-{options["id"]}" data-task="{secret}">{_painter(fence.name, options) if painter else ""}<div class="ps-task-card">'
        f'<div class="ps-task-head"><span class="ps-task-kind">{EXERCISES[fence.name]}</span>'
        f'<p class="ps-task-title" role="heading" aria-level="3">{html.escape(options["title"])}</p><span class="ps-task-state"></span></div>'
        f'<div class="ps-task-text">{paragraphs(options["text"])}</div>'
        f'<div class="ps-task-body">{_waiting(fence.name, options)}</div>'
        f'<div class="ps-task-foot"><noscript><p>{html.escape(fence.no_script)}</p></noscript></div>'
        f"</div></{fence.element}>"
    )


def _painter(fence: str, options: dict[str, Any]) -> str:
    if fence != "task-paint":
        return ""
    return element_html(FENCES["paint"], {key: options[key] for key in ("photo", "network", "label") if key in options} | {"truth": "network"})


def _packed(photo: str, truth: str) -> str:
    return base64.b64encode(zlib.compress(drawn_truth(photo, ROOT, truth).tobytes(), 9)).decode()


def paragraphs(text: str) -> str:
    """Plain text as HTML: an empty line ends a paragraph, `code` and **strong** as in Markdown. Nothing else means anything."""
    return "".join(f"<p>{_inline(part)}</p>" for part in re.split(r"\n\s*\n", text.strip()))


def _inline(text: str) -> str:
    escaped = html.escape(" ".join(text.split()))
    return re.sub(r"\*\*([^*]+)\*\*", r"<strong>\1</strong>", re.sub(r"`([^`]+)`", r"<code>\1</code>", escaped))


def _waiting(fence: str, options: dict[str, Any]) -> str:
    """What is shown instead of the work before the script runs, as high as the work itself."""
    if fence == "quiz":
        several = sum(choice.get("right", False) for choice in options["choices"]) > 1
        words, kind = ('<p class="ps-hint">Choose every answer that is right.</p>', "checkbox") if several else ("", "radio")
        rows = (f'<li class="ps-choice"><label><input type="{kind}" disabled><span>{_inline(choice["answer"])}</span></label></li>' for choice in options["choices"])
        return f'{words}<ul class="ps-choices">{"".join(rows)}</ul>'
    if fence == "steps":
        parts = ('<span class="ps-step-grip"></span>', '<span class="ps-step-mark"></span><span class="ps-step-buttons"></span>')
        rows = (f'<li class="ps-step">{parts[0]}<span class="ps-step-words">{_inline(step)}</span>{parts[1]}</li>' for step in mixed(options["id"], options["steps"]))
        return f'<ol class="ps-steps">{"".join(rows)}</ol>'
    if fence == "task-code":
        program = options["start"].rstrip("\n")
        numbers = "\n".join(map(str, range(1, program.count("\n") + 2)))
        return (f'<div class="ps-cell ps-task-editor"><div class="ps-cell-code"><pre class="ps-cell-still"><span class="ps-cell-numbers" aria-hidden="true">{numbers}</span>'
                f"<code>{highlighted(program)}</code></pre></div></div>")
    return '<div class="ps-task-meter"><span>IoU</span></div>'


def mixed(id: str, steps: list[str]) -> list[str]:
    """The steps in an order that is the same every time, with at most one of them at its place."""
    shuffled = list(steps)
    chance = random.Random(id)
    while sum(one == other for one, other in zip(shuffled, steps, strict=True)) > 1:
        chance.shuffle(shuffled)
    return shuffled


def report_html(options: dict[str, Any], root: Path = ROOT) -> str:
    """The place of the report, with the list of every exercise of the site."""
    known = [{"id": task.options["id"], "title": task.options["title"], "kind": task.fence, "page": task.page} for task in exercises(root) if task.options]
    title = f'<p class="ps-title">{html.escape(options["title"])}</p>' if "title" in options else ""
    head = "".join(f"<th>{words}</th>" for words in ("Exercise", "State", "Tries", "Best", "Time"))
    rows = "".join(f"<tr><th>{html.escape(task['title'])}</th><td>Not begun</td><td>–</td><td>–</td><td>–</td></tr>" for task in known)
    return (
        f'<studio-report class="ps ps-task" data-site="{html.escape(_site_name(root))}" data-tasks="{html.escape(json.dumps(known, ensure_ascii=False))}">'
        f'<div class="ps-task-card">{title}<div class="ps-report-body"><p class="ps-report-summary">{len(known)} exercises</p>'
        f'<table class="ps-report-table"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table><div class="ps-report-rest"></div>'
        f"<noscript><p>{html.escape(FENCES['report'].no_script)}</p></noscript></div></div></studio-report>"
    )


def _site_name(root: Path) -> str:
    found = re.search(r"^site_name:\s*(.+)$", (root / "mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE)
    return found[1].strip().strip("\"'") if found else "PyStudio"


@dataclass(frozen=True)
class Exercise:
    """A fence found in a page. `path` is relative to the project, `line` that of the opening line, `page` the built page;
    `options` is None where the fence has a mistake, which `check` tells."""

    path: str
    line: int
    page: str
    fence: str
    body: str
    options: dict[str, Any] | None

_OPENING = re.compile(r"^(?P<indent>[ \t>]*)(?P<fence>`{3,}|~{3,})[ \t]*(?P<name>[\w-]*)[ \t]*(?P<more>.*)$")


def exercises(root: Path = ROOT) -> list[Exercise]:
    """The exercises of all pages, in the order of the menu; those that a page only shows as code are none."""
    pages = root / "site_src"
    menu = re.findall(r"[\w./-]+\.md", (root / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:")[2])
    paths = sorted(pages.rglob("*.md"), key=lambda path: (menu.index(name) if (name := path.relative_to(pages).as_posix()) in menu else len(menu), name))
    return [found for path in paths for found in _in_page(path, root)]


def _in_page(path: Path, root: Path) -> Iterator[Exercise]:
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:  # `check` tells
        return
    page = path.relative_to(root / "site_src").with_suffix(".html").as_posix()
    for line, name, body in _blocks(text):
        if name not in EXERCISES:
            continue
        try:
            options = parse(name, body, root)
        except FenceError:
            options = None
        yield Exercise(path.relative_to(root).as_posix(), line, page, name, body, options)


def _blocks(text: str) -> Iterator[tuple[int, str, str]]:
    """(line, name, body) of the outermost fenced blocks of a page."""
    opened, start, body = None, 0, []
    for number, line in enumerate(text.split("\n"), 1):
        found = _OPENING.match(line)
        if opened is None:
            opened, start, body = (found, number, []) if found and not found["more"] else (None, 0, [])
        elif found and not found["name"] and not found["more"] and found["fence"][0] == opened["fence"][0] and len(found["fence"]) >= len(opened["fence"]):
            yield start, opened["name"], "\n".join(body)
            opened = None
        else:
            body.append(line[len(opened["indent"]) :] if line.startswith(opened["indent"]) else line.lstrip())


def repeated_ids(found: Iterable[Exercise]) -> Iterator[tuple[Exercise, str, str]]:
    """Exercises whose id an earlier one has already: the exercise, what is wrong, and the remedy.

    Progress and reports know an exercise by its id, so an id stands for one exercise in the whole site.
    """
    first: dict[str, Exercise] = {}
    for task in found:
        if task.options is None:
            continue
        id = task.options["id"]
        if id in first:
            other = first[id]
            yield task, f"The id `{id}` belongs to the exercise at {other.path}:{other.line} already.", "Give this one another id."
        first.setdefault(id, task)


def verify(fence: str, body: str, root: Path = ROOT) -> list[FenceError]:
    """Whether an exercise can be solved, and has not been solved already.

    Parameters
    ----------
    fence : str
        One of `EXERCISES`.
    body : str
        The lines between the fence's opening and closing line.
    root : Path
        The project whose photos, truths and networks are meant.

    Returns
    -------
    list of FenceError
        A mistake of the block (as `parse` tells it), a solution that does not pass, a start that does, a thing that is not in the photo.
        Each has the line within the block. Empty when all is well.
    """
    try:
        options = parse(fence, body, root)
    except FenceError as mistake:
        return [mistake]
    try:
        if fence == "task-code":
            return list(_verify_code(options, body, root))
        if fence == "task-paint":
            return list(_verify_thing(options["photo"], options, body, root))
    except StudioError as error:
        solution = "own solution" in error.message  # told there to a reader; here the author is asked
        return [FenceError(line_of(body, "solution"), error.message, "Correct the solution.") if solution else FenceError(0, error.message, error.remedy)]
    return []


def _verify_code(options: dict[str, Any], body: str, root: Path) -> Iterator[FenceError]:
    missing = [mistake for photo in options.get("photos", []) for mistake in _verify_thing(photo, options, body, root)]
    if missing:
        yield from missing
        return
    solved = _grade(options["solution"], options, root)
    if not solved.passed:
        line = line_of(body, "solution") + (solved.line or 0)
        yield FenceError(line, f"The exercise's own solution does not pass: {solved.message}", solved.remedy or "Correct the solution, or ask for less.")
    if _grade(options["start"], options, root).passed:
        yield FenceError(line_of(body, "start"), "The code that the reader starts with passes already.", "Leave something out of `start`.")


def _grade(source: str, options: dict[str, Any], root: Path) -> Any:
    from pystudio.exercises import grading

    if "arguments" in options:
        limits = {key: options[key] for key in ("cases", "seed", "tolerance", "seconds")}
        return grading.grade_function(source, options["function"], options["solution"], options["arguments"], **limits)
    photos = [grading.hidden_photo(_photo(photo, root), _thing(photo, options, root), options["longest"]) for photo in options["photos"]]
    return grading.grade_on_photos(source, options["function"], photos, target=options["target"], seconds=options["seconds"])


def _verify_thing(photo: str, options: dict[str, Any], body: str, root: Path) -> Iterator[FenceError]:
    if not _thing(photo, options, root).any():
        name = options.get("label", "thing")
        yield FenceError(line_of(body, "label"), f"There is no {name} in the truth of the photo {photo}.", "Name another photo or class, or another truth.")


def does_not_fit(fence: str, options: dict[str, Any], body: str, root: Path) -> Iterator[FenceError]:
    """What a ``paint`` or ``grow`` block asks of its photo that the photo has not: a thing to reach a target with, a pixel to grow from."""
    if fence == "paint" and "label" in options and ("target" in options or options["truth"] != "network"):
        yield from _verify_thing(options["photo"], options, body, root)
    if fence == "grow" and "seed" in options:
        columns, rows = next(each["size"] for each in photo_credits(root) if each["name"] == options["photo"])
        if not (options["seed"][0] < rows and options["seed"][1] < columns):
            yield FenceError(line_of(body, "seed"), f"The photo {options['photo']} has {rows} rows and {columns} columns; this pixel is outside.", "Write `seed: [row, column]`, both counted from 0 at the top left.")


def _photo(photo: str, root: Path) -> Any:
    from pystudio.image import load

    return load(photo_file(photo, root))


def photo_file(photo: str, root: Path) -> Path:
    """The file of a bundled photo."""
    return root / "site_src" / "photos" / next(each["file"] for each in photo_credits(root) if each["name"] == photo)


def _thing(photo: str, options: dict[str, Any], root: Path) -> Any:
    from pystudio.exercises.grading import foreground_mask

    drawn = options["truth"] != "network"
    return foreground_mask(drawn_truth(photo, root, options["truth"]) if drawn else _network_labels(options["network"], photo_file(photo, root)), options.get("label", ""))


@functools.cache
def _network_labels(network: str, photo: Path) -> Any:
    """What a network says of a photo; remembered on disk, since the check is run after every saved change."""
    import numpy as np

    from pystudio.networks import network as networks
    from pystudio.image import load

    recipe = json.dumps(networks.recipes()[network], sort_keys=True, default=str)
    kept = cache() / "network-labels" / f"{hashlib.sha256(photo.read_bytes() + recipe.encode()).hexdigest()[:16]}.npy"
    if kept.is_file():
        return np.load(kept, allow_pickle=False)
    label_map = networks.segment(load(photo), network).label_map
    kept.parent.mkdir(parents=True, exist_ok=True)
    np.save(kept, label_map, allow_pickle=False)
    return label_map
