"""Networks that a person brings: judging by its header whether an ONNX file labels pixels, asking what it does not say, and making a network of it.

The file is read in `onnx_reader`. The arithmetic is ONNX Runtime's, as everywhere.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import NetworkError
from ..image import fit
from ..labels import PERSON, VOC, LabelSet, voc_colour_map
from .base import Network
from .onnx_reader import Header, Tensor

__all__ = ["Inspection", "UserNetwork", "complete_recipe", "inspect", "make_network", "explain_rejection"]

MAX_CLASSES = 250


# ---------------------------------------------------------------- judging
@dataclass(frozen=True)
class Inspection:
    """What can be told of a network that may label pixels, and what has to be asked.

    Attributes
    ----------
    layout : {"NCHW", "NHWC"}
        Where the colours are in the input.
    rows, columns : int or None
        Of the input; None where any size goes.
    multiple : int
        What free sides should be divisible by.
    input, outputs : str, tuple of str
        Names; outputs that may hold a mask, the likeliest first.
    classes : dict of str to int or None
        How many classes each of these outputs has; None where it cannot be told.
    kinds : dict of str to str
        "logits", "labels" or "probability": what each of these outputs seems to be.
    summary : str
        One plain sentence of what was found.
    """

    layout: str
    rows: int | None
    columns: int | None
    multiple: int
    input: str
    outputs: tuple[str, ...]
    classes: dict[str, int | None]
    kinds: dict[str, str]
    summary: str


def inspect(header: Header) -> Inspection:
    """Say whether a network may label pixels, and what its file tells of how.

    Raises
    ------
    NetworkError
        It cannot: weights elsewhere, no picture as input, numbers of another type, or no output with a place for every pixel.
    """
    if header.outside:
        raise NetworkError(f"Its weights are not in this file but in {header.outside[0]}.", "Save the network as one file (without external data).")
    if len(header.inputs) != 1:
        names = ", ".join(map(str, header.inputs[:4])) or "none"
        raise NetworkError(f"This network wants {len(header.inputs)} inputs ({names}); one picture is all there is here.", "Bring a network that takes a picture and nothing else.")
    given = header.inputs[0]
    if given.type != "float32":
        raise NetworkError(f"This network wants its picture as {given.type}: {given}.", "Save it so that it takes float32.")
    layout, rows, columns = _picture(given)
    likely = sorted(((_likelihood(each), -place, each) for place, each in enumerate(header.outputs)), reverse=True)
    maps = [each for score, _, each in likely if score > 0]
    if not maps:
        raise NetworkError(_no_map(header), "A segmentation network has an output with a score for every class at every pixel.")
    if any(word in each.name.lower() for each in header.outputs for word in ("boxes", "bbox", "dets")):
        raise NetworkError(f"This looks like a detector: it answers with boxes ({', '.join(str(each) for each in header.outputs[:3])}).", "Bring a network for semantic segmentation.")
    known = {each.name: _classes(each) for each in maps}
    kinds = {name: "labels" if tensor.type != "float32" else "probability" if known[name] == 1 else "logits" for name, tensor in ((each.name, each) for each in maps)}
    size = f"pictures of {columns} × {rows}" if rows and columns else "pictures of any size"
    first = maps[0].name
    answer = "a label for every pixel" if kinds[first] == "labels" else f"{known[first] or 'some'} score{'' if known[first] == 1 else 's'} for every pixel"
    summary = f"It takes {size} and answers with {answer}; it has {header.weights:,} weights and {sum(header.operators.values()):,} steps."
    return Inspection(layout, rows, columns, 32, given.name, tuple(known), known, kinds, summary)


def _picture(given: Tensor) -> tuple[str, int | None, int | None]:
    if given.shape is None:
        return "NCHW", None, None
    if len(given.shape) != 4 or (isinstance(given.shape[0], int) and given.shape[0] != 1):
        raise NetworkError(f"This network does not take one picture: its input is {given}.", "Its input needs four sides: 1, 3 colours, rows and columns.")
    free = lambda side: side if isinstance(side, int) else None
    if given.shape[3] == 3 and given.shape[1] != 3:
        return "NHWC", free(given.shape[1]), free(given.shape[2])
    if given.shape[1] == 3 or free(given.shape[1]) is None:
        return "NCHW", free(given.shape[2]), free(given.shape[3])
    raise NetworkError(f"This network does not take a colour picture: its input is {given}.", "One of its sides has to be 3, for red, green and blue.")


def _likelihood(output: Tensor) -> int:
    """0: no place for every pixel. More: likelier to be the mask."""
    if output.shape is None:
        return 1
    sides = [side for side in output.shape if side != 1]
    if len(output.shape) not in (2, 3, 4) or len(sides) < 2 or (len(output.shape) == 2 and all(isinstance(s, int) for s in output.shape) and min(output.shape) < 8):
        return 0
    if len(output.shape) == 2 and (output.shape[0] == 1 or not isinstance(output.shape[0], int)):
        return 0  # (batch, classes): a classifier
    return {4: 4, 3: 3, 2: 2}[len(output.shape)] + (output.type == "float32")


def _classes(output: Tensor) -> int | None:
    """How many classes an output tells apart, where its shape says so."""
    if output.shape is None or len(output.shape) != 4 or output.type != "float32":
        return None
    inner, last = output.shape[1], output.shape[3]
    numbers = [side for side in (inner, last) if isinstance(side, int)]
    return (inner if isinstance(inner, int) else last) if len(numbers) == 1 else min(numbers, default=None)


def _no_map(header: Header) -> str:
    outputs = ", ".join(str(each) for each in header.outputs[:3]) or "nothing"
    for each in header.outputs:
        if each.shape and len(each.shape) == 2:
            return f"This looks like a classifier: one answer for the whole picture, {each}."
    return f"This network answers with {outputs}: no output has a place for every pixel."


# ---------------------------------------------------------------- what is asked, and the network made of it
@dataclass(frozen=True)
class UserNetwork(Network):
    """A network that a person brought: other layouts, colours and answers than those of ours."""

    layout: str = "NCHW"
    order: str = "RGB"
    mean: tuple[float, ...] = (0.0, 0.0, 0.0)
    std: tuple[float, ...] = (1.0, 1.0, 1.0)
    divide: float = 255.0

    def frame(self, shape: tuple[int, int]) -> tuple[int, int]:
        """(rows, columns) in which it sees a photo: its own size, or sides that are whole multiples. See `base.Network.frame`."""
        if self.size:
            return self.size
        rows, columns = fit(shape, self.longest, self.multiple)
        return max(rows - 1, self.multiple), max(columns - 1, self.multiple)

    def arrange(self, picture: np.ndarray) -> np.ndarray:
        """(RGB / divide - mean) / std, in the network's order and layout. See `base.Network.arrange`."""
        picture = picture / np.float32(self.divide)
        if self.order == "BGR":
            picture = picture[..., ::-1]
        picture = (picture - np.array(self.mean, np.float32)) / np.array(self.std, np.float32)
        return np.ascontiguousarray(picture[None] if self.layout == "NHWC" else picture.transpose(2, 0, 1)[None], dtype=np.float32)

    def read(self, output: np.ndarray) -> np.ndarray:
        """The logits in what it answered, whichever way it answers. Raises NetworkError as `base.Network.read` does."""
        found = np.asarray(output)
        n_classes = len(self.labels)
        if self.kind == "labels":
            return self._of_labels(np.squeeze(found))
        channels = 1 if self.kind == "probability" else n_classes
        found = found[0] if found.ndim == 4 and len(found) == 1 else found
        found = found[None] if found.ndim == 2 else found
        if found.ndim == 3 and len(found) != channels and found.shape[2] == channels:
            found = found.transpose(2, 0, 1)
        if found.ndim != 3 or len(found) != channels:
            raise NetworkError(f"The network answered with {' × '.join(map(str, output.shape))} numbers, which is not {channels} for each place.", f"Give as many names as it has classes: {self._guess(output)}.")
        if not np.isfinite(found).all():
            raise NetworkError("The network answered with values that are not numbers.", "Check mean, spread and scale.")
        found = found.astype(np.float32)
        if self.kind == "probability":
            found = found if found.min() >= 0 and found.max() <= 1 else 1 / (1 + np.exp(-np.clip(found, -30, 30)))  # a score instead: its sigmoid
            p = np.clip(found[0].astype(np.float64), 1e-6, 1 - 1e-6)
            return np.stack([np.zeros_like(p), np.log(p) - np.log1p(-p)]).astype(np.float32)
        if self.kind == "probabilities":
            found = np.log(np.clip(found, 1e-6, None))
        return np.ascontiguousarray(found, dtype=np.float32)

    def _of_labels(self, ids: np.ndarray) -> np.ndarray:
        if ids.ndim != 2:
            raise NetworkError(f"The network answered with shape {ids.shape}: that is no map of labels.", "Choose “scores” instead.")
        if not np.isfinite(ids).all() or ids.min() < 0 or ids.max() >= len(self.labels):
            raise NetworkError(f"The network answered with the label {ids.max():g}, but there are {len(self.labels)} names.", "Give a name for every label, or choose “scores”.")
        return np.where(np.arange(len(self.labels))[:, None, None] == ids.astype(np.int64), np.float32(12), np.float32(0))

    @staticmethod
    def _guess(output: np.ndarray) -> str:
        inner = [side for side in output.shape if side > 1]
        return str(min(inner)) if inner else "1"


NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")
KINDS = ("logits", "probabilities", "probability", "labels")


def make_network(name: str, recipe: dict[str, Any]) -> UserNetwork:
    """The network that a form describes.

    Parameters
    ----------
    name : str
        Small letters, digits and underscores.
    recipe : dict
        ``title``, ``input``, ``output`` (names of tensors), ``layout`` ("NCHW", "NHWC"), ``order`` ("RGB", "BGR"), ``rows``, ``columns`` (0: any),
        ``longest`` and ``multiple`` for those of any size, ``divide``, ``mean``, ``std`` (three numbers each), ``kind`` (one of `KINDS`), ``labels`` (names;
        the first is the background).

    Returns
    -------
    UserNetwork

    Raises
    ------
    NetworkError
        Something is missing, or out of range: the message names it.
    """
    if not NAME.fullmatch(name):
        raise NetworkError(f"A network cannot be called {name!r}.", "Use small letters, digits and underscores.")
    choice = lambda key, options: _one_of(recipe, key, options)
    rows, columns = _count(recipe, "rows", 0, 2048), _count(recipe, "columns", 0, 2048)
    if bool(rows) != bool(columns):
        raise NetworkError("Only one side of the picture is given.", "Give rows and columns, or 0 for both where any size goes.")
    labels = _labels(recipe.get("labels"))
    kind = choice("kind", KINDS)
    if kind == "probability" and len(labels) != 2:
        raise NetworkError(f"One score for every pixel tells two classes apart, not {len(labels)}.", "Give two names: the background and the thing.")
    return UserNetwork(
        name=name, title=str(recipe.get("title", name))[:60], labels=labels, longest=None if rows else _count(recipe, "longest", 32, 1024),
        multiple=None if rows else _count(recipe, "multiple", 1, 128), size=(rows, columns) if rows else None, scale=1.0, offset=0.0, stride=1, kind=kind,
        input_name=str(recipe.get("input", "")), output_name=str(recipe.get("output", "")), layout=choice("layout", ("NCHW", "NHWC")), order=choice("order", ("RGB", "BGR")),
        mean=_three(recipe, "mean"), std=_three(recipe, "std", positive=True), divide=_number(recipe, "divide", 1e-6),
    )  # fmt: skip


def complete_recipe(answers: dict[str, Any], found: Inspection) -> dict[str, Any]:
    """A recipe with everything in it that the file itself tells, where the person did not say otherwise.

    Parameters
    ----------
    answers : dict
        Some of what `make_network` wants.
    found : Inspection

    Returns
    -------
    recipe : dict

    Raises
    ------
    NetworkError
        An answer bears a name that means nothing here.
    """
    output = str(answers.get("output", found.outputs[0]))
    known = {"title": "Yours", "input": found.input, "output": output, "layout": found.layout, "order": "RGB", "rows": found.rows or 0, "columns": found.columns or 0, "longest": 513,
            "multiple": found.multiple, "divide": 255, "mean": [0, 0, 0], "std": [1, 1, 1], "kind": found.kinds.get(output, "logits"), "labels": None}  # fmt: skip
    for name in answers:
        if name not in known:
            raise NetworkError(f"The recipe says “{name}”, which means nothing here.", f"It can say {', '.join(known)}.")
    return known | answers


def _one_of(recipe, key, options):
    if recipe.get(key) not in options:
        raise NetworkError(f"“{key}” is {recipe.get(key)!r}.", f"Choose one of {', '.join(options)}.")
    return recipe[key]


def _count(recipe, key, least, most):
    value = recipe.get(key)
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not least <= value <= most or value != int(value):
        raise NetworkError(f"“{key}” is {value!r}.", f"Give a whole number from {least} to {most}.")
    return int(value)


def _number(recipe, key, least):
    value = recipe.get(key)
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not math.isfinite(value) or value < least:
        raise NetworkError(f"“{key}” is {value!r}.", "Give a number above 0.")
    return float(value)


def _three(recipe, key, positive=False):
    value = recipe.get(key)
    good = isinstance(value, (list, tuple)) and len(value) == 3 and all(isinstance(v, (int, float)) and math.isfinite(v) and (v > 0 or not positive) for v in value)
    if not good:
        raise NetworkError(f"“{key}” has to be three numbers{' above 0' if positive else ''}, for red, green and blue.", "For example 0.485, 0.456, 0.406.")
    return tuple(float(v) for v in value)


def _labels(names: object) -> LabelSet:
    if not isinstance(names, (list, tuple)) or not 2 <= len(names) <= MAX_CLASSES or not all(isinstance(each, str) and each.strip() for each in names):
        raise NetworkError("The names of the classes are missing.", f"Give 2 to {MAX_CLASSES} names, one a line; the first is the background.")
    names = tuple(each.strip()[:40] for each in names)
    if len(set(names)) != len(names):
        twice = next(each for each in names if names.count(each) > 1)
        raise NetworkError(f"Two classes are called “{twice}”.", "Give each a name of its own.")
    for known in (VOC, PERSON):
        if names == known.names:
            return known
    return LabelSet("own", names, voc_colour_map(len(names)))


def explain_rejection(words: str) -> NetworkError:
    """Why ONNX Runtime does not take a file, in plain words with what it named.

    Examples
    --------
    >>> explain_rejection("Could not find an implementation for FancyOp(3) node with name 'x'").message
    'This network uses the operator FancyOp, which the browser’s ONNX Runtime does not have.'
    """
    for pattern in (r"implementation for (?:the node )?(?:\S*:)?([A-Za-z_]\w*)\(", r"([\w.]+(?:::|:)?\w*)\(-?\d*\) is not a registered", r"No Op registered for (\w+)", r"kernel for (\w+)"):
        if found := re.search(pattern, words):
            return NetworkError(f"This network uses the operator {found[1]}, which the browser’s ONNX Runtime does not have.", "Save it with operators of the ONNX standard, opset 7 or later.")
    if re.search(r"alloc|memory|RangeError", words, re.I):
        return NetworkError("This network is too large for the browser’s memory.", "Bring a smaller one.")
    return NetworkError(f"ONNX Runtime does not take this network: {' '.join(words.split())[:200]}", "Check the file with the program that wrote it.")
