"""The labs, as their folders describe them: each `pystudio/labs/<name>/lab.toml` is a block of the lesson pages. What a lab does is not known here."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import ROOT, BuildError
from .schema import KINDS, Fence, Option
from .suggestions import did_you_mean

FOLDER = "pystudio/labs"
FILE = "lab.toml"
SHARED = "shared_options.toml"
"""Options that several labs have, in groups."""

NEEDS = ("scikit-image", "network-variants")
"""What a lab may need beyond Python and the networks: it decides what its pages keep for use without a connection."""

FIELDS = {"fence": str, "summary": str, "no_script": str, "needs": list, "starts_engine": bool, "exercise": str, "answered": str, "options": dict}
REQUIRED = ("fence", "summary", "no_script", "needs")
OPTION_FIELDS = {"kind": str, "default": object, "allowed": list, "range": list, "required": bool, "help": str}
TYPES = {str: "text in quotation marks", bool: "true or false", list: "a list in [ ]", dict: "a table"}
LISTS = ("methods", "photos", "texts")
NUMBERS = {"number": (int, float), "integer": (int,)}


class LabFileError(BuildError):
    """A file of a lab cannot be used: which file and key, and what to do."""


@dataclass(frozen=True)
class Lab:
    """A lab.

    Attributes
    ----------
    folder : Path
        Its name is that of the fence, with underscores.
    fence : Fence
        What lesson pages write, and the HTML element that it becomes.
    needs : frozenset of str
        What its page loads beyond Python and the networks; of `NEEDS`.
    starts_engine : bool
        Whether a page with this element starts Python at once.
    exercise : str
        What this kind of exercise is called on the page; empty for a lab that is none.
    answered : str
        CSS selector of what is in the element when Python has answered, for tests that the page does not move; empty where it may.
    """

    folder: Path
    fence: Fence
    needs: frozenset[str]
    starts_engine: bool
    exercise: str
    answered: str

    @property
    def element(self) -> Path:
        """The script that has the element's class as its default export."""
        return self.folder / "element.js"

    @property
    def style(self) -> Path | None:
        """The style sheet, where the lab has one."""
        path = self.folder / "style.css"
        return path if path.is_file() else None


def labs(root: Path = ROOT) -> tuple[Lab, ...]:
    """Every lab of a project, by the name of its folder.

    Raises
    ------
    LabFileError
        For the first mistake in one of their files.
    """
    return _read_all(root / FOLDER)


@functools.cache
def _read_all(folder: Path) -> tuple[Lab, ...]:
    shared = _shared(folder / SHARED) if (folder / SHARED).is_file() else {}
    found = []
    for each in sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(("_", "."))):
        if (each / FILE).is_file():
            found.append(_Reader(each / FILE, shared).lab())
        elif (each / "element.js").is_file():
            raise LabFileError(f"{FOLDER}/{each.name} has an element.js, but no {FILE}.", "Write one; docs/add-a-lab.md says what stands in it.")
    return tuple(found)


def _shared(path: Path) -> dict[str, Option]:
    """The shared options by their names with the group: ``lab.photo``."""
    reader = _Reader(path, {})
    return {f"{group}.{name}": reader.option(name, given, f"{group}.{name}") for group, options in reader.data.items() for name, given in options.items()}


class _Reader:
    """One file: its data, and the mistakes in it with file, key and remedy."""

    def __init__(self, path: Path, shared: dict[str, Option]):
        self.place = f"{FOLDER}/{path.name}" if path.name == SHARED else f"{FOLDER}/{path.parent.name}/{path.name}"
        self.folder, self.shared = path.parent, shared
        try:
            self.data = tomllib.loads(path.read_text(encoding="utf-8"))
        except UnicodeDecodeError:
            self.fail("", "This file is not written in UTF-8.", "Save it again with the encoding UTF-8.")
        except tomllib.TOMLDecodeError as error:
            self.fail("", f"This file cannot be read: {error}.", 'Write `key = "value"`: texts in quotation marks, lists in [ ]; each key once.')

    def fail(self, key: str, message: str, remedy: str) -> None:
        raise LabFileError(f"{self.place}{f', `{key}`' if key else ''}: {message}", remedy)

    def check_fields(self, given: dict[str, Any], fields: dict[str, type], prefix: str = "") -> None:
        for key, value in given.items():
            if key not in fields:
                self.fail(prefix + key, "There is no such key.", did_you_mean(key, fields))
            if fields[key] is not object and type(value) is not fields[key]:
                self.fail(prefix + key, f"This has to be {TYPES[fields[key]]}.", "Correct the value.")
            if value in ("", {}):
                self.fail(prefix + key, "This is empty.", "Write a value, or remove the key.")

    def lab(self) -> Lab:
        data = self.data
        self.check_fields(data, FIELDS)
        for key in REQUIRED:
            if key not in data:
                remedy = f"Write `needs = []`, or what it needs of {', '.join(NEEDS)}." if key == "needs" else "Add it: docs/add-a-lab.md says what it is."
                self.fail(key, "This key is missing.", remedy)
        for each in data["needs"]:
            if each not in NEEDS:
                self.fail("needs", f"{each!r} is not known.", did_you_mean(str(each), NEEDS))
        word = data["fence"].split()[-1]
        if not re.fullmatch(r"(python )?[a-z]+(-[a-z]+)*", data["fence"]):
            self.fail("fence", f"{data['fence']!r} cannot be the name of a block.", "Use small letters, with hyphens between words.")
        if word.replace("-", "_") != self.folder.name:
            right = f"{FOLDER}/{word.replace('-', '_')}"
            self.fail("fence", f"The block {word!r} lies in the folder {self.folder.name}.", f"Rename one of the two: the folder of this block is {right}.")
        if not (self.folder / "element.js").is_file():
            self.fail("", "There is no element.js beside this file.", "Add the script whose default export is the class of the element.")
        fence = Fence(data["fence"], f"studio-{word}", data["summary"], tuple(self.options()), data["no_script"])
        return Lab(self.folder, fence, frozenset(data["needs"]), data.get("starts_engine", True), data.get("exercise", ""), data.get("answered", ""))

    def options(self) -> Iterator[Option]:
        for name, given in self.data.get("options", {}).items():
            key = f"options.{name}"
            if not re.fullmatch(r"[a-z]+(_[a-z]+)*", name):
                self.fail(key, "This cannot be the name of an option.", "Use small letters.")
            if isinstance(given, dict) and "same_as" in given:
                self.check_fields(given, {"same_as": str}, f"{key}.")
                given = given["same_as"]
            yield self.same_as(name, given, key) if isinstance(given, str) else self.option(name, given, key)

    def same_as(self, name: str, reference: str, key: str) -> Option:
        if reference not in self.shared:
            self.fail(key, f"{SHARED} has no option {reference!r}.", did_you_mean(reference, self.shared))
        if reference.split(".")[1] != name:
            self.fail(key, f"The shared option {reference!r} has another name.", f"Call this one {reference.split('.')[1]}, or describe it here in full.")
        return self.shared[reference]

    def option(self, name: str, given: Any, key: str) -> Option:
        if not isinstance(given, dict):
            self.fail(key, "This is neither the name of a shared option nor a table.", f"Write a table [{key}] with `kind` and `help`.")
        self.check_fields(given, OPTION_FIELDS, f"{key}.")
        for needed in ("kind", "help"):
            if needed not in given:
                self.fail(f"{key}.{needed}", "This key is missing.", f"Add `{needed} = \"…\"`.")
        kind = given["kind"]
        if kind not in KINDS:
            self.fail(f"{key}.kind", f"There is no kind {kind!r}.", did_you_mean(kind, KINDS))
        self.check_extent(kind, given, key)
        self.check_default(kind, given, key)
        limits = dict(zip(("low", "high"), given.get("range", ()), strict=False))
        return Option(name, kind, given.get("default"), given["help"], tuple(given.get("allowed", ())), **limits, required=given.get("required", False))

    def check_extent(self, kind: str, given: dict[str, Any], key: str) -> None:
        """`allowed` and `range`: there where the kind has them, and only there."""
        for field, kinds in (("allowed", ("choice",)), ("range", tuple(NUMBERS))):
            if (field in given) != (kind in kinds):
                verb, remedy = ("needs", "Add it.") if kind in kinds else ("has no", "Remove it.")
                self.fail(f"{key}.{field}", f"An option of the kind {kind} {verb} `{field}`.", remedy)
        if "allowed" in given and (not given["allowed"] or len({type(each) for each in given["allowed"]}) > 1 or type(given["allowed"][0]) not in (str, int)):
            self.fail(f"{key}.allowed", "This has to be a list of words, or a list of whole numbers.", 'For example `allowed = ["mask", "overlay"]`.')
        limits = given.get("range", [0, 0])
        if len(limits) != 2 or not all(type(each) in NUMBERS.get(kind, (int,)) for each in limits) or limits[0] > limits[1]:
            self.fail(f"{key}.range", "This has to be the least and the largest value.", "For example `range = [0, 1]`.")

    def check_default(self, kind: str, given: dict[str, Any], key: str) -> None:
        if "default" not in given:
            return
        value, field = given["default"], f"{key}.default"
        if given.get("required"):
            self.fail(field, "An option that is required has no default.", "Remove one of the two.")
        if kind == "choice" and (value not in given["allowed"] or isinstance(value, bool)):
            self.fail(field, f"{value!r} is not allowed.", did_you_mean(str(value), map(str, given["allowed"])))
        if kind in NUMBERS and not (type(value) in NUMBERS[kind] and given["range"][0] <= value <= given["range"][1]):
            self.fail(field, f"{value!r} is not within the range.", f"Use a number from {given['range'][0]} to {given['range'][1]}.")
        wanted = {"choice": type(value), "switch": bool, "position": list, **dict.fromkeys(NUMBERS, type(value)), **dict.fromkeys(LISTS, list)}.get(kind, str)
        if type(value) is not wanted:
            self.fail(field, f"The default of a {kind} has to be {TYPES[wanted]}.", "Correct the value.")
