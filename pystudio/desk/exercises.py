"""The exercise fences (``task-paint``, ``task-code``, ``quiz``, ``steps``) and ``report``: reading their values, their HTML, and whether they work.

What lives here: what `fences` asks about these five, the list of all exercises of a site, and the check that an exercise's own solution passes.
What does not: the table of options (`fences`), finding fences in rendered pages (`check`), grading (`pystudio.tasks`), behaviour (site_src/studio).
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

import yaml

from ..errors import StudioError
from . import fences
from .fences import ROOT, Fence, FenceError

KINDS = {"task-paint": "Paint", "task-code": "Code", "quiz": "Quiz", "steps": "Order"}
"""The fences that are exercises, and what each is called on the page."""

TRUTH = "truth"
"""The folder below site_src with label pictures of ours, named as the photos they belong to."""

ID = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")


# --- reading values ---------------------------------------------------------------------------------------------------


def is_kind(kind: str, value: Any) -> bool:
    """Whether a value is of one of the kinds that only exercises have."""
    return {
        "id": lambda: isinstance(value, str) and len(value) <= 60 and ID.fullmatch(value) is not None,
        "function": lambda: isinstance(value, str) and value.isidentifier(),
        "code": lambda: isinstance(value, str) and value.strip() != "",
        "texts": lambda: _texts(value),
        "photos": lambda: _texts(value),
        "choices": lambda: isinstance(value, list) and all(isinstance(each, dict) for each in value) and len(value) > 0,
        "arguments": lambda: isinstance(value, dict) and len(value) > 0,
    }[kind]()


OWN_KINDS = ("id", "function", "code", "texts", "photos", "choices", "arguments")


def _texts(value: Any) -> bool:
    return isinstance(value, list) and len(value) > 0 and all(isinstance(each, str) and each.strip() for each in value)


def value_mistakes(kind: str, name: str, value: Any, node: yaml.Node, line: int) -> Iterator[FenceError]:
    """What is wrong inside a value of one of these kinds; `node` is the value as YAML has it, with its lines."""
    if kind == "choices":
        yield from _choice_mistakes(value, node)
    elif kind == "arguments":
        from pystudio.tasks import TaskError, arguments_of

        try:
            arguments_of(value)
        except TaskError as error:
            yield FenceError(line, error.message, error.remedy)
    elif kind == "code":
        try:
            compile(value, name, "exec")
        except (SyntaxError, ValueError) as error:
            at = getattr(error, "lineno", None) or 0
            yield FenceError(line + at, f"Python cannot read this line of `{name}`: {getattr(error, 'msg', error)}.", "Correct it, or put the value in quotation marks.")


_CHOICE = {"answer": str, "why": str, "right": bool}


def _choice_mistakes(choices: list[dict[str, Any]], node: yaml.Node) -> Iterator[FenceError]:
    answers: set[str] = set()
    for number, (choice, entry) in enumerate(zip(choices, node.value, strict=True), 1):
        begin = entry.start_mark.line + 1
        said: set[str] = set()
        for name, value in entry.value:
            key, line = name.value, name.start_mark.line + 1
            if key in said:
                yield FenceError(line, f"`{key}` of choice {number} is set twice.", "Keep one of the two, or begin a new choice with `- answer:`.")
            elif key not in _CHOICE:
                yield FenceError(line, f"Choice {number} has no `{key}`.", fences.did_you_mean(str(key), _CHOICE))
            elif not isinstance(choice[key], _CHOICE[key]) or choice[key] == "":
                words = ("true or false", "Write `right: true`, or leave it out.") if key == "right" else ("text", f"Put it in quotation marks: `{key}: {_quoted(value)}`.")
                yield FenceError(line, f"`{key}` of choice {number} has to be {words[0]}.", words[1])
            said.add(key)
        for key in ("answer", "why"):
            if key not in said:
                yield FenceError(begin, f"Choice {number} has no `{key}`.", f'Add `{key}: "…"`: {"the words to choose" if key == "answer" else "what to tell somebody who chose it"}.')
        if isinstance(answer := choice.get("answer"), str) and answer in answers:
            yield FenceError(begin, f"Choice {number} has the same answer as one before it.", "Word them differently.")
        answers.add(str(choice.get("answer")))


def _quoted(node: yaml.Node) -> str:
    return json.dumps(node.value, ensure_ascii=False) if isinstance(node, yaml.ScalarNode) and node.value else '"…"'


def mistakes_together(fence: str, options: dict[str, Any], body: str, root: Path) -> Iterator[FenceError]:
    """What is wrong with the options of one fence together, each of them being right by itself."""
    if fence == "task-code" and ("arguments" in options) == ("photos" in options):
        yield FenceError(0, "task-code needs either `arguments` or `photos`.", "Give `arguments` to compare with your solution on random arrays, or `photos` to find something in them.")
    if fence == "steps" and (len(options["steps"]) < 3 or len(set(options["steps"])) < len(options["steps"])):
        yield FenceError(_line(body, "steps"), "There have to be at least three steps, all of them different.", "Add steps, or word them differently.")
    if fence == "quiz":
        yield from _quiz_mistakes(options["choices"], _line(body, "choices"))
    try:
        _check_truth_of_photos(options, root)
    except FenceError as mistake:
        yield mistake


def _quiz_mistakes(choices: list[dict[str, Any]], line: int) -> Iterator[FenceError]:
    right = sum(choice.get("right", False) for choice in choices)
    if not right:
        yield FenceError(line, "No choice of this quiz is right.", "Write `right: true` below one of them.")
    if len(choices) < 2:
        yield FenceError(line, "A quiz needs at least two choices.", "Add one that is wrong, and say why in its `why`.")
    elif right == len(choices):
        yield FenceError(line, "Every choice of this quiz is right.", "Remove `right: true` from those that are wrong.")


def _check_truth_of_photos(options: dict[str, Any], root: Path) -> None:
    truth = options.get("truth", "network")
    if truth == "network":
        return
    photos = options.get("photos") or [options["photo"]] if "photo" in options or "photos" in options else []
    if not photos:
        raise FenceError(0, "A label PNG belongs to one photo, and this block names none.", "Add the photo: `photo: kitten`.")
    if truth != "drawn" and len(photos) > 1:
        raise FenceError(0, "One label PNG cannot be the truth of several photos.", f"Name each as its photo, put them into site_src/{TRUTH}, and write `truth: drawn`.")
    for photo in photos:
        drawn_truth(photo, root, truth)


def check_truth(value: str, line: int, root: Path) -> None:
    """Whether a truth is a word that we know, or a PNG below site_src. Raises `FenceError`."""
    pages = (root / "site_src").resolve()
    if value in ("network", "drawn"):
        return
    path = (pages / value).resolve()
    if pages not in path.parents or path.suffix != ".png" or not path.is_file():
        pictures = [picture.relative_to(pages).as_posix() for picture in sorted(pages.rglob("*.png")) if not {"photos", "theme", "images"} & set(picture.relative_to(pages).parts[:1])]
        raise FenceError(line, f"There is no label PNG {value} below site_src.", fences.did_you_mean(value, ["network", "drawn", *pictures]))


def truth_path(photo: str, truth: str, root: Path = ROOT) -> Path:
    """The file of the label PNG that `truth` (``drawn``, or a path below site_src) means for a photo."""
    return root / "site_src" / (f"{TRUTH}/{photo}.png" if truth == "drawn" else truth)


def drawn_truth(photo: str, root: Path = ROOT, truth: str = "drawn") -> Any:
    """The label map drawn for a photo: (M, N) array of uint8. Raises `FenceError`."""
    from pystudio.image import load_labels

    path = truth_path(photo, truth, root)
    columns, rows = next(each["size"] for each in fences.photo_credits(root) if each.get("name") == photo)
    if not path.is_file():
        raise FenceError(0, f"There is no drawn truth for the photo {photo}.", f"Put a label PNG of {columns} by {rows} pixels at site_src/{TRUTH}/{photo}.png, or write `truth: network`.")
    try:
        return load_labels(path, shape=(rows, columns))
    except StudioError as error:
        raise FenceError(0, f"{path.relative_to(root).as_posix()} cannot be used: {error.message}", error.remedy) from None


def with_truth(options: dict[str, Any], root: Path = ROOT) -> dict[str, Any]:
    """The options of a ``paint`` block, with the label PNG itself in them where one is named: so it is at hand on a USB stick, too."""
    if options["truth"] == "network":
        return options
    packed = base64.b64encode(truth_path(options["photo"], options["truth"], root).read_bytes()).decode()
    return options | {"truth": "drawn", "drawn": packed}


# --- the HTML ---------------------------------------------------------------------------------------------------------


def exercise_html(fence: Fence, options: dict[str, Any], painter: bool = True) -> str:
    """The exercise as it is before its script runs: what to do can be read, the answers cannot at a glance.

    Parameters
    ----------
    fence : Fence
    options : dict
        As `fences.parse` gives them.
    painter : bool
        Whether a ``task-paint`` brings a paint element along: the page has none before it.

    Returns
    -------
    str
    """
    told = {"kind": fence.name, **{key: value for key, value in options.items() if key != "text"}}
    if options.get("truth", "network") != "network":
        told["truths"] = {photo: _packed(photo, options["truth"]) for photo in options.get("photos", [options.get("photo")])}
        told["truth"] = "drawn"
    secret = base64.b64encode(json.dumps(told, ensure_ascii=False).encode()).decode()
    return (
        f'<{fence.element} class="ps ps-task" id="task-{options["id"]}" data-task="{secret}">{_painter(fence.name, options) if painter else ""}<div class="ps-task-card">'
        f'<div class="ps-task-head"><span class="ps-task-kind">{KINDS[fence.name]}</span>'
        f'<p class="ps-task-title" role="heading" aria-level="3">{html.escape(options["title"])}</p><span class="ps-task-state"></span></div>'
        f'<div class="ps-task-text">{paragraphs(options["text"])}</div>'
        f'<div class="ps-task-body">{_waiting(fence.name, options)}</div>'
        f'<div class="ps-task-foot"><noscript><p>{html.escape(fences.NO_SCRIPT[fence.name])}</p></noscript></div>'
        f"</div></{fence.element}>"
    )


def _painter(fence: str, options: dict[str, Any]) -> str:
    if fence != "task-paint":
        return ""
    return fences.element_html(fences.FENCES["paint"], {key: options[key] for key in ("photo", "network", "label") if key in options} | {"truth": "network"})


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
        from .cells import highlighted

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
        f"<noscript><p>{html.escape(fences.NO_SCRIPT['report'])}</p></noscript></div></div></studio-report>"
    )


def _site_name(root: Path) -> str:
    found = re.search(r"^site_name:\s*(.+)$", (root / "mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE)
    return found[1].strip().strip("\"'") if found else "PyStudio"


# --- every exercise of the site ---------------------------------------------------------------------------------------


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
        if name not in KINDS:
            continue
        try:
            options = fences.parse(name, body, root)
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


# --- does it work? ----------------------------------------------------------------------------------------------------


def verify(fence: str, body: str, root: Path = ROOT) -> list[FenceError]:
    """Whether an exercise can be solved, and has not been solved already.

    Parameters
    ----------
    fence : str
        One of `KINDS`.
    body : str
        The lines between the fence's opening and closing line.
    root : Path
        The project whose photos, truths and networks are meant.

    Returns
    -------
    list of FenceError
        A mistake of the block (as `fences.parse` tells it), a solution that does not pass, a start that does, a thing that is not in the photo.
        Each has the line within the block. Empty when all is well.
    """
    try:
        options = fences.parse(fence, body, root)
    except FenceError as mistake:
        return [mistake]
    try:
        if fence == "task-code":
            return list(_verify_code(options, body, root))
        if fence == "task-paint":
            return list(_verify_thing(options["photo"], options, body, root))
    except StudioError as error:
        solution = "own solution" in error.message  # told there to a reader; here the author is asked
        return [FenceError(_line(body, "solution"), error.message, "Correct the solution.") if solution else FenceError(0, error.message, error.remedy)]
    return []


def _verify_code(options: dict[str, Any], body: str, root: Path) -> Iterator[FenceError]:
    missing = [mistake for photo in options.get("photos", []) for mistake in _verify_thing(photo, options, body, root)]
    if missing:
        yield from missing
        return
    solved = _grade(options["solution"], options, root)
    if not solved.passed:
        line = _line(body, "solution") + (solved.line or 0)
        yield FenceError(line, f"The exercise's own solution does not pass: {solved.message}", solved.remedy or "Correct the solution, or ask for less.")
    if _grade(options["start"], options, root).passed:
        yield FenceError(_line(body, "start"), "The code that the reader starts with passes already.", "Leave something out of `start`.")


def _grade(source: str, options: dict[str, Any], root: Path) -> Any:
    from pystudio import tasks

    if "arguments" in options:
        limits = {key: options[key] for key in ("cases", "seed", "tolerance", "seconds")}
        return tasks.grade_function(source, options["function"], options["solution"], options["arguments"], **limits)
    photos = [tasks.hidden_photo(_photo(photo, root), _thing(photo, options, root), options["longest"]) for photo in options["photos"]]
    return tasks.grade_on_photos(source, options["function"], photos, target=options["target"], seconds=options["seconds"])


def _verify_thing(photo: str, options: dict[str, Any], body: str, root: Path) -> Iterator[FenceError]:
    if not _thing(photo, options, root).any():
        name = options.get("label", "thing")
        yield FenceError(_line(body, "label"), f"There is no {name} in the truth of the photo {photo}.", "Name another photo or class, or another truth.")


def does_not_fit(fence: str, options: dict[str, Any], body: str, root: Path) -> Iterator[FenceError]:
    """What a ``paint`` or ``grow`` block asks of its photo that the photo has not: a thing to reach a target with, a pixel to grow from."""
    if fence == "paint" and "label" in options and ("target" in options or options["truth"] != "network"):
        yield from _verify_thing(options["photo"], options, body, root)
    if fence == "grow" and "seed" in options:
        columns, rows = next(each["size"] for each in fences.photo_credits(root) if each["name"] == options["photo"])
        if not (options["seed"][0] < rows and options["seed"][1] < columns):
            yield FenceError(_line(body, "seed"), f"The photo {options['photo']} has {rows} rows and {columns} columns; this pixel is outside.", "Write `seed: [row, column]`, both counted from 0 at the top left.")


def _photo(photo: str, root: Path) -> Any:
    from pystudio.image import load

    return load(photo_file(photo, root))


def photo_file(photo: str, root: Path) -> Path:
    """The file of a bundled photo."""
    return root / "site_src" / "photos" / next(each["file"] for each in fences.photo_credits(root) if each["name"] == photo)


def _thing(photo: str, options: dict[str, Any], root: Path) -> Any:
    from pystudio.tasks import thing

    drawn = options["truth"] != "network"
    return thing(drawn_truth(photo, root, options["truth"]) if drawn else _said(options["network"], photo_file(photo, root)), options.get("label", ""))


@functools.cache
def _said(network: str, photo: Path) -> Any:
    """What a network says of a photo; remembered on disk, since the check is run after every saved change."""
    import numpy as np

    from pystudio import network as networks
    from pystudio.image import load

    from . import cache

    recipe = json.dumps(networks.recipes()[network], sort_keys=True, default=str)
    kept = cache() / "said" / f"{hashlib.sha256(photo.read_bytes() + recipe.encode()).hexdigest()[:16]}.npy"
    if kept.is_file():
        return np.load(kept, allow_pickle=False)
    label_map = networks.segment(load(photo), network).label_map
    kept.parent.mkdir(parents=True, exist_ok=True)
    np.save(kept, label_map, allow_pickle=False)
    return label_map


def _line(body: str, option: str) -> int:
    """The line of an option within its block, 0 when it is not there."""
    try:
        node = yaml.compose(body, Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        return 0
    return next((key.start_mark.line + 1 for key, _ in node.value if key.value == option), 0) if isinstance(node, yaml.MappingNode) else 0
