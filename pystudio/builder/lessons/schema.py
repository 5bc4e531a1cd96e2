"""What each fence of a lesson page understands: one table of fences and their options. Values are read in `options`, HTML is made in `fence_html`."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

from pymdownx.superfences import SuperFencesException


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
        return written(option.default)
    return str(option.allowed[0]) if option.allowed else KINDS[option.kind][1]


def written(value: Any) -> str:
    """A value as it is written in YAML and in a data attribute."""
    return json.dumps(value) if isinstance(value, (bool, list)) else str(value)
