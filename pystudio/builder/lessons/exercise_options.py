"""The options that only exercises have (``task-paint``, ``task-code``, ``quiz``, ``steps``), and the truths that fences name: what is wrong with their values."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from ...errors import StudioError
from .. import ROOT
from .schema import FenceError
from .suggestions import did_you_mean
from .vocabulary import photo_credits


TRUTH = "truth"
"""The folder below site_src with label pictures of ours, named as the photos they belong to."""

ID = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")

OWN_KINDS = ("id", "function", "code", "texts", "photos", "choices", "arguments")


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


def _texts(value: Any) -> bool:
    return isinstance(value, list) and len(value) > 0 and all(isinstance(each, str) and each.strip() for each in value)


def value_mistakes(kind: str, name: str, value: Any, node: yaml.Node, line: int) -> Iterator[FenceError]:
    """What is wrong inside a value of one of these kinds; `node` is the value as YAML has it, with its lines."""
    if kind == "choices":
        yield from _choice_mistakes(value, node)
    elif kind == "arguments":
        from pystudio.exercises.grading import TaskError, arguments_of

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
        seen: set[str] = set()
        for name, value in entry.value:
            key, line = name.value, name.start_mark.line + 1
            if key in seen:
                yield FenceError(line, f"`{key}` of choice {number} is set twice.", "Keep one of the two, or begin a new choice with `- answer:`.")
            elif key not in _CHOICE:
                yield FenceError(line, f"Choice {number} has no `{key}`.", did_you_mean(str(key), _CHOICE))
            elif not isinstance(choice[key], _CHOICE[key]) or choice[key] == "":
                words = ("true or false", "Write `right: true`, or leave it out.") if key == "right" else ("text", f"Put it in quotation marks: `{key}: {_quoted(value)}`.")
                yield FenceError(line, f"`{key}` of choice {number} has to be {words[0]}.", words[1])
            seen.add(key)
        for key in ("answer", "why"):
            if key not in seen:
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
        yield FenceError(line_of(body, "steps"), "There have to be at least three steps, all of them different.", "Add steps, or word them differently.")
    if fence == "quiz":
        yield from _quiz_mistakes(options["choices"], line_of(body, "choices"))
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
        raise FenceError(line, f"There is no label PNG {value} below site_src.", did_you_mean(value, ["network", "drawn", *pictures]))


def truth_path(photo: str, truth: str, root: Path = ROOT) -> Path:
    """The file of the label PNG that `truth` (``drawn``, or a path below site_src) means for a photo."""
    return root / "site_src" / (f"{TRUTH}/{photo}.png" if truth == "drawn" else truth)


def drawn_truth(photo: str, root: Path = ROOT, truth: str = "drawn") -> Any:
    """The label map drawn for a photo: (M, N) array of uint8. Raises `FenceError`."""
    from pystudio.image import load_labels

    path = truth_path(photo, truth, root)
    columns, rows = next(each["size"] for each in photo_credits(root) if each.get("name") == photo)
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


def line_of(body: str, option: str) -> int:
    """The line of an option within its block, 0 when it is not there."""
    try:
        node = yaml.compose(body, Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        return 0
    return next((key.start_mark.line + 1 for key, _ in node.value if key.value == option), 0) if isinstance(node, yaml.MappingNode) else 0
