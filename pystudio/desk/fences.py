"""The lesson fences: ``segment``, ``paint``, ``grow``, ``classic`` (and the small ``figure``, ``credits``, ``fence-options``).

What lives here: one table of what each fence understands, the reading of its YAML, and the HTML it becomes.
What does not: finding fences in pages (`check`), MkDocs (mkdocs.yml names `formatter` and `validator` below), behaviour (site_src/studio).
"""

from __future__ import annotations

import difflib
import html
import json
import math
import re
import tomllib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pymdownx.superfences import SuperFencesException

from . import yaml_words
from .tree import hash8

ROOT = Path(__file__).resolve().parents[2]


class FenceError(SuperFencesException):
    """A mistake in a fence, told to the person who wrote it.

    superfences swallows every exception except its own, hence the base class.

    Attributes
    ----------
    line : int
        Line within the block: 0 is the opening line, 1 the first line of options.
    message : str
        What is wrong, one sentence.
    remedy : str
        What to do, one sentence.
    """

    def __init__(self, line: int, message: str, remedy: str):
        super().__init__(line, message, remedy)
        self.line = line
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        place = f"line {self.line} of the block" if self.line else "opening line of the block"
        return f"{place}: {self.message} {self.remedy}"


@dataclass(frozen=True)
class Option:
    """One option of a fence. `kind` decides how the value is read; see `KINDS`."""

    name: str
    kind: str
    default: Any
    help: str
    allowed: tuple[Any, ...] = ()
    low: float = -math.inf
    high: float = math.inf
    required: bool = False


@dataclass(frozen=True)
class Fence:
    """A fence: its name, the HTML element it becomes ("" when it becomes plain HTML), and what it understands."""

    name: str
    element: str
    help: str
    options: tuple[Option, ...] = ()

    def option(self, name: str) -> Option:
        return next(option for option in self.options if option.name == name)


# How a kind of value is described to a person, and an example to copy.
KINDS = {
    "photo": ("the name of a bundled photo", "kitten"),
    "network": ("the name of a network", "deeplab_s16"),
    "label": ("the name of one of the 21 classes", "cat"),
    "choice": ("one word from the list", ""),
    "switch": ("true or false", "true"),
    "number": ("a number", "0.5"),
    "integer": ("a whole number", "240"),
    "position": ("a pixel as [row, column]", "[120, 200]"),
    "method": ("the name of a classic method", "otsu"),
    "methods": ("a list of classic methods", "[otsu, slic]"),
    "text": ("text", "My title"),
    "fence": ("the name of a block that has options", "segment"),
    "truth": ("network, drawn, or a label PNG below site_src", "masks/kitten.png"),
    "drawing": ("an SVG file below site_src", "images/overlap.svg"),
    "id": ("a name of small letters, digits and hyphens, used once in the whole site", "paint-the-cat"),
    "function": ("the name of a Python function", "iou"),
    "code": ("lines of Python, indented below `|`", '"def area(mask): return mask.sum()"'),
    "texts": ("a list of texts", "[First do this, Then do that]"),
    "photos": ("a list of bundled photos", "[horses, sheep]"),
    "choices": ("a list with `answer`, `why` and, for those that are right, `right: true`", "[{answer: 'Yes', why: 'It is so.', right: true}, {answer: 'No', why: 'It is not.'}]"),
    "arguments": ("a kind and size for each argument", "{mask: mask 6x8}"),
}

_SHARED = (
    Option("title", "text", None, "A heading inside the element."),
    Option("photo", "photo", None, "The photo to start with. Left out: the photo the page already shows."),
    Option("network", "network", "deeplab_s16", "The network that labels the photo."),
    Option("height", "integer", None, "Height of the picture in CSS pixels. Left out: it follows the photo.", low=120, high=2000),
)

_TASK = (
    Option("id", "id", None, "The name that progress and reports know the exercise by.", required=True),
    Option("title", "text", None, "What the exercise is called.", required=True),
    Option("text", "text", None, "What to do. An empty line begins a paragraph; `code` and **strong** work as in Markdown.", required=True),
    Option("hints", "texts", None, "Hints, shown one by one when the reader asks."),
)
_TRIES = Option("tries", "integer", 3, "After so many tries the solution may be seen.", low=1, high=50)
_THING = (
    Option("label", "label", None, "The class of the object. Left out: anything that is not background."),
    Option("truth", "truth", "network", "What the object is compared with: the network's answer, or a label PNG of yours (drawn: the one in site_src/truth that is named as the photo)."),
    _SHARED[2],
)

FENCES: dict[str, Fence] = {
    fence.name: fence
    for fence in (
        Fence(
            "segment",
            "studio-segment",
            "A network labels every pixel of a photo.",
            (
                *_SHARED,
                Option("view", "choice", "overlay", "What is drawn first.", ("photo", "mask", "overlay", "swipe")),
                Option("opacity", "number", 0.6, "How strongly the labels cover the photo.", low=0, high=1),
                Option("hover", "switch", True, "Read out the pixel under the pointer."),
                Option("controls", "switch", True, "Show the controls below the picture."),
            ),
        ),
        Fence(
            "paint",
            "studio-paint",
            "The visitor paints a mask and sees it graded.",
            (
                *_SHARED,
                Option("label", "label", None, "The class in hand at the start. Left out: the largest class in the photo."),
                Option("size", "integer", None, "Width of the brush in pixels of the photo. Left out: it suits the photo.", low=1, high=400),
                Option("truth", "truth", "network", "What the mask is compared with at the start: the network's answer, or a label PNG of yours for the photo named here."),
                Option("target", "number", None, "An IoU to reach, as a goal for the visitor.", low=0, high=1),
            ),
        ),
        Fence(
            "grow",
            "studio-grow",
            "A region grows from the pixel the visitor clicks.",
            (
                *_SHARED,
                Option("tolerance", "number", 30, "How far a colour may be from the reference to belong (distance in RGB).", low=0, high=442),
                Option("reference", "choice", "seed", "Compare with the colour of the seed, or with the mean of the region so far.", ("seed", "mean")),
                Option("neighbours", "choice", 4, "Neighbours of a pixel: 4 (sides) or 8 (corners as well).", (4, 8)),
                Option("seed", "position", None, "Grow from this pixel at once."),
                Option("watch", "switch", True, "Show the region spreading, wave after wave."),
            ),
        ),
        Fence(
            "classic",
            "studio-classic",
            "Methods from before deep learning divide a photo into regions, and are compared with the network.",
            (
                *_SHARED,
                Option("method", "method", None, "The method to begin with. Left out: the first one offered."),
                Option("methods", "methods", None, "The methods to offer, in this order. Left out: all of them."),
                Option("colours", "choice", "mean", "Draw regions in their mean colours, in colours of their own, or those that fit the class best.", ("mean", "own", "best")),
                Option("boundaries", "switch", True, "Draw where regions meet."),
                Option("opacity", "number", 0.9, "How strongly the regions cover the photo.", low=0, high=1),
                Option("controls", "switch", True, "Show everything but the picture and its histogram."),
                Option("table", "switch", False, "Offer a table that runs all the methods, one after the other."),
            ),
        ),
        Fence(
            "metric-lab",
            "studio-metric-lab",
            "The visitor makes a mask worse on purpose, and sees what each grade makes of it.",
            (
                *_SHARED,
                Option("preset", "choice", "superset", "The set-up to begin with.", ("background", "superset", "wire", "average", "stray")),
                Option("curve", "switch", True, "Draw the grades against the strength of the step that was touched last."),
            ),
        ),
        Fence(
            "loss-lab",
            "studio-loss-lab",
            "Two small networks learn a mask of the photo, each with a loss of its own.",
            (
                *_SHARED,
                Option("preset", "choice", "learn", "The set-up to begin with; the photo stays as it is.", ("learn", "collapse", "rescue", "lovasz")),
            ),
        ),
        Fence(
            "microscope",
            "studio-microscope",
            "What lies behind the labels: a map of scores for each class, how sure the network is, and what its layers make of the photo.",
            (
                *_SHARED,
                Option("view", "choice", "scores", "What is looked at first.", ("scores", "doubt", "inside")),
            ),
        ),
        Fence(
            "effects",
            "studio-effects",
            "What a mask is good for: blur, replace, pixelate, outline, sticker; one photo at full size, or many into a zip.",
            (
                *_SHARED,
                Option("effect", "choice", "blur", "The effect to begin with.", ("blur", "colour", "green", "picture", "grey", "pixelate", "posterise", "pencil", "oil", "outline", "sticker")),
                Option("batch", "switch", True, "Offer to treat many photos at once."),
            ),
        ),
        Fence(
            "live",
            "studio-live",
            "A network labels the camera's film, or a video file, while it runs.",
            (
                _SHARED[0],
                Option("network", "network", "selfie_segmentation", "The network that labels the film."),
                Option("look", "choice", "blur", "What is done with the film at first.", ("mask", "blur", "colour", "picture", "cutout")),
            ),
        ),
        Fence("own-network", "studio-own-network", "The visitor brings a network as an ONNX file; it is then offered wherever a network is chosen.", (_SHARED[0], _SHARED[1], _SHARED[3])),
        Fence(
            "instances",
            "studio-instances",
            "The objects in a mask are counted, split and numbered, and graded against a painted truth.",
            (
                *_SHARED,
                Option("waist", "number", 0.9, "Two objects that touch are split where the way between them is narrower than this share of the narrower one. 0: never.", low=0, high=1),
                Option("least", "integer", 0, "Pieces of fewer pixels are left out as fragments.", low=0, high=5000),
                Option("view", "choice", "things", "What is drawn first.", ("classes", "things", "panoptic")),
            ),
        ),
        Fence(
            "small-devices",
            "studio-small-devices",
            "One network in six forms on the same photo: file size, time, labels that stay the same; and what each part of it costs.",
            _SHARED,
        ),
        Fence("exchange", "studio-exchange", "Masks of other programs come in, and masks go out, in the formats of other programs.", _SHARED),
        Fence(
            "figure",
            "",
            "A drawing of ours, placed in the page so that it follows light and dark.",
            (
                Option("drawing", "drawing", None, "The SVG file, below site_src.", required=True),
                Option("alt", "text", None, "What the drawing shows, for people who cannot see it.", required=True),
                Option("caption", "text", None, "A line below the drawing."),
            ),
        ),
        Fence(
            "task-paint",
            "studio-task-paint",
            "An exercise: paint an object in a photo until the mask is good enough.",
            (
                *_TASK,
                Option("photo", "photo", None, "The photo to paint on.", required=True),
                *_THING,
                Option("target", "number", 0.8, "The IoU to reach.", low=0.05, high=1),
                _TRIES,
            ),
        ),
        Fence(
            "task-code",
            "studio-task-code",
            "An exercise: write a function, graded against yours on random arrays, or on photos that the reader does not see.",
            (
                *_TASK,
                Option("function", "function", None, "The name of the function to write.", required=True),
                Option("start", "code", None, "The code that the reader begins with.", required=True),
                Option("solution", "code", None, "Your own code, which has to pass. It is shown after some tries.", required=True),
                Option("arguments", "arguments", None, "Random arguments, such as `mask: mask 6x8`. The answers are compared with those of the solution."),
                Option("cases", "integer", 20, "How many random cases.", low=1, high=500),
                Option("seed", "integer", 1, "Another seed makes other random cases.", low=0, high=1_000_000),
                Option("tolerance", "number", 1e-6, "How far a number with a fraction may be off.", low=0, high=1),
                Option("photos", "photos", None, "Photos for the function to find the object in, in place of `arguments`: it gets the photo and gives back a mask."),
                *_THING,
                Option("target", "number", 0.8, "The mean IoU to reach on the photos.", low=0.05, high=1),
                Option("longest", "integer", 256, "The photos are made smaller until their longest side has so many pixels.", low=16, high=1024),
                Option("seconds", "number", 10, "Time for all cases or photos together.", low=0.1, high=120),
                _TRIES,
            ),
        ),
        Fence(
            "quiz",
            "studio-quiz",
            "An exercise: choose one answer or several; each choice has an explanation of its own.",
            (*_TASK, Option("choices", "choices", None, "The answers to choose from. Where several are right, all of them are wanted.", required=True), _TRIES),
        ),
        Fence(
            "steps",
            "studio-steps",
            "An exercise: put steps into the right order.",
            (
                *_TASK,
                Option("steps", "texts", None, "The steps in the right order; the page mixes them.", required=True),
                Option("explanation", "text", None, "What to tell somebody who has found the order."),
                _TRIES,
            ),
        ),
        Fence("report", "studio-report", "Every exercise of the site with what was reached, to save and hand in.", (_SHARED[0],)),
        Fence("answer-key", "", "What all lessons ask, with the answers (for a page directly in site_src)."),
        Fence("sources", "", "Works of others: one `key: what is in it` on each line, with the keys of site_src/citations.toml."),
        Fence("credits", "", "The bundled photos, who took them, under which licence (for a page directly in site_src)."),
        Fence(
            "fence-options",
            "",
            "The table of options of one fence.",
            (Option("fence", "fence", "segment", "The block to describe."),),
        ),
    )
}

NO_SCRIPT = {
    "small-devices": "Here you measure what makes a network small and quick. It runs in your browser, so it needs JavaScript switched on.",
    "effects": "Here you blur, replace and cut out with a mask of your photo. It runs in your browser, so it needs JavaScript switched on.",
    "live": "Here a network labels what your camera sees. It runs in your browser, so it needs JavaScript switched on.",
    "own-network": "Here you bring a network of your own. It runs in your browser, so it needs JavaScript switched on.",
    "microscope": "Here you see the scores behind the labels, and the layers of a network. It runs in your browser, so it needs JavaScript switched on.",
    "metric-lab": "Here you make a mask worse on purpose and watch its grades. It runs in your browser, so it needs JavaScript switched on.",
    "loss-lab": "Here two small networks learn a mask while you watch. They run in your browser, so they need JavaScript switched on.",
    "instances": "Here the objects in a photo are counted and split. It runs in your browser, so it needs JavaScript switched on.",
    "exchange": "Here masks of other programs are opened and saved. It runs in your browser, so it needs JavaScript switched on.",
    "task-paint": "The page grades what you paint. It runs in your browser, so it needs JavaScript switched on.",
    "task-code": "The page runs and grades what you write. It runs in your browser, so it needs JavaScript switched on.",
    "quiz": "The page grades what you choose. It runs in your browser, so it needs JavaScript switched on.",
    "steps": "The page grades the order you find. It runs in your browser, so it needs JavaScript switched on.",
    "report": "Here stands how far you have come. It is kept in your browser, so it needs JavaScript switched on.",

    "segment": "Here a neural network labels every pixel of a photo. It runs in your browser, so it needs JavaScript switched on.",
    "paint": "Here you paint a mask and watch its grade change. It runs in your browser, so it needs JavaScript switched on.",
    "grow": "Here a region grows from the pixel you click. It runs in your browser, so it needs JavaScript switched on.",
    "classic": "Here methods from before deep learning divide a photo into regions. They run in your browser, so they need JavaScript switched on.",
}


# --- what exists: photos, networks, classes ---------------------------------------------------------------------------


def photo_credits(root: Path = ROOT) -> list[dict[str, Any]]:
    """The bundled photos, in the order in which the studio offers them."""
    return json.loads((root / "site_src" / "photos" / "credits.json").read_text(encoding="utf-8-sig"))


def vocabulary(kind: str, root: Path = ROOT) -> tuple[str, ...]:
    """Every name that an option of this kind may carry ("photo", "network", "method", "fence" or "label")."""
    if kind == "photo":
        return tuple(photo["name"] for photo in photo_credits(root) if "name" in photo)
    if kind == "network":
        return tuple(filter(None, map(_name_in, sorted((root / "models").glob("*.toml")))))
    if kind == "method":
        from pystudio.classic import METHODS

        return tuple(METHODS)
    if kind == "fence":
        return (*(name for name, fence in FENCES.items() if fence.options), "python cell")
    from pystudio.labels import VOC  # NumPy is only needed for the pages that name a class

    return tuple(VOC.names)


def _name_in(recipe: Path) -> str | None:
    """The name of the network that a recipe describes; None for a recipe that cannot be read, which `check` tells."""
    try:
        return tomllib.loads(recipe.read_text(encoding="utf-8")).get("name")
    except ValueError:
        return None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A remedy for a word nobody knows: the nearest known one, or the whole list."""
    known = list(known)
    by_lower = {name.lower(): name for name in known}
    close = difflib.get_close_matches(word.lower(), by_lower, n=1)
    if close:
        return f"Did you mean {by_lower[close[0]]}?"
    return f"Use one of: {', '.join(known)}." if known else "There are none yet."


# --- reading the options ----------------------------------------------------------------------------------------------


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
        return _citations().read(body, root)
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
                if said := yaml_words.cause(body.split("\n")[line - 1]):
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
        found += _exercises().mistakes_together(fence.name, options, body, root)
    return options, found


def _exercises() -> Any:
    """The module that knows the exercises; it builds on this one."""
    from . import exercises

    return exercises


def _citations() -> Any:
    """The module that knows the works of others; it builds on this one."""
    from . import citations

    return citations


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
                    found.append(FenceError(line, f"`{key.value}` cannot be read.", f"Put the value in quotation marks: `{key.value}: {yaml_words.quoted(written or ' ')}`."))
                    yield key.value, None, None, line
    except yaml.MarkedYAMLError as error:
        raise FenceError(*yaml_words.explain(body, error)) from error
    except RecursionError as error:
        raise FenceError(1, "The options are nested too deeply.", "Write one `name: value` on each line.") from error
    finally:
        loader.dispose()


def _no_value(name: str, line: int, body: str) -> FenceError:
    written = body.split("\n")[line - 1].partition(":")[2].strip()
    if written and written[0] in "#&!":
        return FenceError(line, f"`{name}` has no value: what begins with `{written[0]}` is none.", f"Put it in quotation marks: `{name}: {yaml_words.quoted(written)}`.")
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
            _exercises().check_truth(value, line, root)
        if option.kind == "drawing":
            _check_drawing(value, line, root / "site_src")
    except FenceError as mistake:
        yield mistake
    if option.kind in _exercises().OWN_KINDS:
        yield from _exercises().value_mistakes(option.kind, option.name, value, node, line)


def _wrong_kind(option: Option, value: Any, line: int, body: str) -> FenceError | None:
    """The mistake of a value that is not even of the right kind."""
    right_type = {
        **{kind: lambda v, kind=kind: _exercises().is_kind(kind, v) for kind in _exercises().OWN_KINDS},
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


def plain(text: str) -> str:
    """A text in the letters that every system writes alike: without accents, and without what has no such letter."""
    return unicodedata.normalize("NFKD", text.replace("ß", "ss")).encode("ascii", "ignore").decode()


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
            yield FenceError(node.end_mark.line + 1, f"What follows the # is left out: `{rest.strip()}`.", f"Put the whole text in quotation marks: {yaml_words.quoted(whole)}.")


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


def describe(option: Option) -> str:
    """What the option accepts, in a few words."""
    if option.kind == "choice":
        return " or ".join(str(allowed) for allowed in option.allowed)
    words = KINDS[option.kind][0]
    if option.kind in ("number", "integer"):
        return f"{words} from {option.low:g} to {option.high:g}"
    return words


def example(option: Option) -> str:
    """A value to copy."""
    if option.default is not None:
        return _written(option.default)
    return str(option.allowed[0]) if option.allowed else KINDS[option.kind][1]


def _written(value: Any) -> str:
    """A value as it is written in YAML and in a data attribute."""
    return json.dumps(value) if isinstance(value, (bool, list)) else str(value)


# --- the HTML ---------------------------------------------------------------------------------------------------------


def element_html(fence: Fence, options: dict[str, Any]) -> str:
    """The custom element, with a skeleton that keeps its place until the studio takes over."""
    data = "".join(f' data-{name}="{html.escape(_written(value))}"' for name, value in options.items())
    style = f' style="--ps-height: {options["height"]}px"' if "height" in options else ""
    return (
        f'<{fence.element} class="ps" data-state="loading"{data}{style}>'
        f'<div class="ps-skeleton ps-skeleton-{fence.name}"><noscript><p>{html.escape(NO_SCRIPT[fence.name])}</p></noscript></div>'
        f"</{fence.element}>"
    )


def figure_html(options: dict[str, Any]) -> str:
    """The drawing itself, in the page: only then can it use the colours of the page."""
    drawing = (ROOT / "site_src" / options["drawing"]).read_text(encoding="utf-8")
    drawing = drawing[drawing.index("<svg") :].strip()
    drawing = drawing.replace("<svg", f'<svg role="img" aria-label="{html.escape(options["alt"])}"', 1)
    caption = f"<figcaption>{html.escape(options['caption'])}</figcaption>" if "caption" in options else ""
    return f'<figure class="ps-drawing">{drawing}{caption}</figure>'


def credits_html() -> str:
    """A card for each bundled photo: the picture, what it shows, its author, licence and source."""
    return f'<ul class="ps-photos">{"".join(map(_card, photo_credits()))}</ul>'


def _card(photo: dict[str, Any]) -> str:
    text = {key: html.escape(str(value)) for key, value in photo.items()}
    columns, rows = photo["size"]
    return (
        f'<li id="{text["name"]}">'
        f'<img src="{html.escape(photo_address(photo))}" alt="{text["alt"]}" width="{columns}" height="{rows}" loading="lazy">'
        f"<strong>{text['title']}</strong> <code>{text['name']}</code><br>"
        f'{text["author"]}, {text["licence"]}, <a href="{text["source"]}" rel="noreferrer">source</a></li>'
    )


def photo_address(photo: dict[str, Any], root: Path = ROOT) -> str:
    """Where the built site keeps a bundled photo, seen from a page directly in site_src. `bundle` puts it there."""
    file = root / "site_src" / "photos" / photo["file"]
    return f"photos/{photo['name']}-{hash8(file.read_bytes())}{file.suffix}"


def options_html(fence: Fence) -> str:
    """The table of a fence's options, for the teachers' page. Two columns: it has to fit on a phone."""
    rows = "".join(
        f"<tr><td><code>{option.name}</code></td><td>{_coded(option.help)}<br><em>{_coded(describe(option))}</em>{_default(option)}</td></tr>"
        for option in fence.options
    )
    table = f"<table><thead><tr><th>Option</th><th>What it does, and what it can be</th></tr></thead><tbody>{rows}</tbody></table>"
    return f'<div class="md-typeset__scrollwrap"><div class="md-typeset__table">{table}</div></div>'


def _coded(text: str) -> str:
    """A text of the table as HTML: text between backticks is code, as in Markdown."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))


def _default(option: Option) -> str:
    return "" if option.default is None else f"; left out: <code>{html.escape(_written(option.default))}</code>"


def render(fence_name: str, body: str, painter: bool = True) -> str:
    """The HTML of one fence; a ``task-paint`` brings a painter along unless the page has one. Raises `FenceError`."""
    fence = FENCES[fence_name]
    options = parse(fence_name, body)
    if fence_name in _exercises().KINDS:
        return _exercises().exercise_html(fence, options, painter)
    if fence_name == "report":
        return _exercises().report_html(options)
    if fence.element:
        return element_html(fence, _exercises().with_truth(options) if fence_name == "paint" else options)
    if fence_name == "figure":
        return figure_html(options)
    if fence_name == "credits":
        return credits_html()
    if fence_name == "sources":
        return _citations().sources_html(options)
    if fence_name == "answer-key":
        from .answer_key import key_html  # it builds on this module

        return key_html()
    if options["fence"] == "python cell":
        from .cells import CELL  # it builds on this module

        return options_html(CELL)
    return options_html(FENCES[options["fence"]])


# --- what mkdocs.yml names --------------------------------------------------------------------------------------------


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
    if language in _exercises().KINDS:
        may_be_linked_to(md, f"task-{parse(language, source)['id']}")
    if language == "sources":
        for key in parse(language, source):
            may_be_linked_to(md, f"source-{key}")
    return made


def may_be_linked_to(md: Any, name: str) -> None:
    """Tell MkDocs that an id is in the page: it does not look into blocks, and would call a link there broken."""
    for each in md.treeprocessors:
        if hasattr(each, "present_anchor_ids"):
            each.present_anchor_ids.add(name)
