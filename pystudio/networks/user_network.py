"""Networks that a person brings: what is asked of them, and the network made of the answers.

Their file is read in `onnx_reader` and inspected in `user_network_inspection`. The arithmetic is ONNX Runtime's, as everywhere.
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
from .onnxruntime_errors import explain_rejection
from .user_network_inspection import INPUT_TYPES, Inspection, class_count, inspect

__all__ = ["Inspection", "UserNetwork", "check_recipe", "complete_recipe", "explain_rejection", "inspect", "make_network", "optional_answers"]

MAX_CLASSES = 250


# ---------------------------------------------------------------- what is asked, and the network made of it
@dataclass(frozen=True)
class UserNetwork(Network):
    """A network that a person brought: other layouts, colours, types and answers than those of ours.

    Attributes
    ----------
    layout : {"NCHW", "NHWC"}
        Of the input.
    order : {"RGB", "BGR"}
    mean, std : tuple of float
    divide : float
    output_layout : {"NCHW", "NHWC", ""}
        Of the answer; where nothing is said, that of the input is tried first.
    input_type : str
        One of `user_network_inspection.INPUT_TYPES`.
    batch : int
        How many pictures it takes at once (all the same, the first counts); 0 where its input has no such side.
    """

    layout: str = "NCHW"
    order: str = "RGB"
    mean: tuple[float, ...] = (0.0, 0.0, 0.0)
    std: tuple[float, ...] = (1.0, 1.0, 1.0)
    divide: float = 255.0
    output_layout: str = ""
    input_type: str = "float32"
    batch: int = 1

    def frame(self, shape: tuple[int, int]) -> tuple[int, int]:
        """(rows, columns) in which it sees a photo: its own size, or sides that are whole multiples. See `base.Network.frame`."""
        if self.size:
            return self.size
        rows, columns = fit(shape, self.longest, self.multiple)
        return max(rows - 1, self.multiple), max(columns - 1, self.multiple)

    def arrange(self, picture: np.ndarray) -> np.ndarray:
        """(RGB / divide - mean) / std, in the network's order, layout and type. See `base.Network.arrange`."""
        picture = picture / np.float32(self.divide)
        if self.order == "BGR":
            picture = picture[..., ::-1]
        picture = (picture - np.array(self.mean, np.float32)) / np.array(self.std, np.float32)
        picture = picture if self.layout == "NHWC" else picture.transpose(2, 0, 1)
        if self.input_type == "uint8":
            picture = np.clip(np.rint(picture), 0, 255)
        picture = np.ascontiguousarray(picture, dtype=self.input_type)
        return picture if not self.batch else np.repeat(picture[None], self.batch, axis=0)

    def read(self, output: np.ndarray) -> np.ndarray:
        """The logits in what it answered, whichever way it answers. Raises NetworkError as `base.Network.read` does."""
        found = np.atleast_1d(np.asarray(output))
        if found.dtype.kind not in "fiub":
            raise NetworkError(f"The network answered with {found.dtype}, which are no numbers for pixels.", "Choose another output.")
        if self.batch > 1 and len(found) == self.batch and found.ndim in (3, 4) and (found.ndim == 4 or self.kind == "labels"):
            found = found[:1]
        if self.kind == "labels":
            return self._of_labels(found)
        scores = self._channels_first(found, 1 if self.kind in ("probability", "logit") else len(self.labels))
        if not np.isfinite(scores).all():
            raise NetworkError("The network answered with values that are not numbers.", "Check mean, spread and scale.")
        if scores.dtype.kind in "ub" and self.kind in ("probability", "probabilities"):
            scores = scores / np.float32(1 if scores.dtype == bool else np.iinfo(scores.dtype).max)
        scores = scores.astype(np.float32)
        if self.kind in ("probability", "probabilities"):
            scores = self._of_probabilities(scores)
        elif self.kind == "logit":
            scores = np.concatenate([np.zeros_like(scores), scores])
        return np.ascontiguousarray(scores, dtype=np.float32)

    def _channels_first(self, output: np.ndarray, channels: int) -> np.ndarray:
        """(channels, h, w): the classes are where the layout of the answer has them; where nothing is said of it, that of the input goes first."""
        found = output[0] if output.ndim == 4 and len(output) == 1 else output
        found = found[None] if found.ndim == 2 and channels == 1 else found
        layouts = (self.output_layout,) if self.output_layout else (self.layout, "NCHW" if self.layout == "NHWC" else "NHWC")
        for layout in layouts if found.ndim == 3 else ():
            if found.shape[0 if layout == "NCHW" else 2] == channels:
                return found if layout == "NCHW" else found.transpose(2, 0, 1)
        if channels == 1 and found.shape[:1] == (1,) and found.ndim == 3:
            return found
        raise self._misfit(output, channels)

    def _misfit(self, output: np.ndarray, channels: int) -> NetworkError:
        sides = " × ".join(map(str, output.shape))
        count = self._guess(output, self.output_layout or self.layout)
        if count == "1":
            remedy = 'Say kind = "logit" or kind = "probability" and give two names; or kind = "labels" if it is the number of the class.'
        elif channels == 1:
            remedy = f'Say kind = "logits" or kind = "probabilities", and give {count} names.'
        else:
            remedy = f"Give as many names as it has classes: {count}."
        return NetworkError(f"The network answered with {sides} numbers, which is not {channels} for each place.", remedy)

    def _of_probabilities(self, scores: np.ndarray) -> np.ndarray:
        least, most = float(scores.min(initial=0)), float(scores.max(initial=0))
        if least < -1e-3 or most > 1 + 1e-3:
            other = "logit" if self.kind == "probability" else "logits"
            raise NetworkError(f"The network answered with values from {least:.3g} to {most:.3g}, which are no probabilities.", f'Say kind = "{other}": scores that may be any number.')
        if self.kind == "probabilities":
            return np.log(np.clip(scores, 1e-6, None))
        p = np.clip(scores[0].astype(np.float64), 1e-6, 1 - 1e-6)
        return np.stack([np.zeros_like(p), np.log(p) - np.log1p(-p)])

    def _of_labels(self, output: np.ndarray) -> np.ndarray:
        ids = output
        while ids.ndim > 2 and 1 in (ids.shape[0], ids.shape[-1]):
            ids = ids[0] if ids.shape[0] == 1 else ids[..., 0]
        sides = " × ".join(map(str, output.shape))
        if ids.ndim != 2:
            raise NetworkError(f"The network answered with {sides} numbers: that is no map of labels.", f'Say kind = "logits" (or "probabilities"), and give {self._guess(output, self.output_layout or self.layout)} names.')
        if not np.isfinite(ids).all():
            raise NetworkError("The network answered with values that are not numbers.", "Check mean, spread and scale.")
        if ids.dtype.kind == "f" and (ids != np.rint(ids)).any():
            raise NetworkError(f"The network answered with fractions from {ids.min():.3g} to {ids.max():.3g}, which are no labels.", 'Say kind = "probability" or kind = "logit".')
        if ids.min(initial=0) < 0 or ids.max(initial=0) >= len(self.labels):
            wrong = ids.min() if ids.min() < 0 else ids.max()
            raise NetworkError(f"The network answered with the label {wrong:g}, but there are {len(self.labels)} names.", 'Give a name for every label, or say kind = "logits" if they are scores.')
        return np.where(np.arange(len(self.labels))[:, None, None] == ids.astype(np.int64), np.float32(12), np.float32(0))

    @staticmethod
    def _guess(output: np.ndarray, layout: str = "NCHW") -> str:
        return str(class_count(output.shape, layout) or 1)

    def explain_failure(self, error: Exception) -> NetworkError:
        """What to tell when ONNX Runtime breaks off while it runs this network. See `base.Network.explain_failure`."""
        told = explain_rejection(str(error), "ONNX Runtime")
        return NetworkError(f"{self.title} stopped: {told.message}", told.remedy)


NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")
KINDS = ("logits", "probabilities", "probability", "logit", "labels")
"""What an answer is: a score for each class, a probability for each, the probability of the thing, its score, or the number of the class."""


def make_network(name: str, recipe: dict[str, Any]) -> UserNetwork:
    """The network that a form describes.

    Parameters
    ----------
    name : str
        Small letters, digits and underscores.
    recipe : dict
        ``title``, ``input``, ``output`` (names of tensors), ``layout`` ("NCHW", "NHWC"), ``order`` ("RGB", "BGR"), ``rows``, ``columns`` (0: any),
        ``longest`` and ``multiple`` for those of any size, ``divide``, ``mean``, ``std`` (three numbers each), ``kind`` (one of `KINDS`), ``labels`` (names;
        the first is the background). Left out where they are usual: ``output_layout`` ("NCHW", "NHWC"), ``input_type`` (one of `INPUT_TYPES`), ``batch``.

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
    if kind in ("probability", "logit") and len(labels) != 2:
        raise NetworkError(f'One value for every pixel (kind = "{kind}") tells two classes apart, not {len(labels)}.', 'Give two names, the background and the thing; or say kind = "logits" for a score for each class, kind = "labels" for the number of the class.')
    scaling = _three(recipe, "mean"), _three(recipe, "std", positive=True), _number(recipe, "divide", 1e-6)
    if recipe.get("input_type") == "uint8" and scaling != ((0, 0, 0), (1, 1, 1), 1):
        raise NetworkError("The network takes whole numbers from 0 to 255 (uint8), but its colours are to be scaled.", "Say divide = 1, mean = [0, 0, 0] and std = [1, 1, 1]: colours from 0 to 255.")
    return UserNetwork(
        name=name, title=str(recipe.get("title", name))[:60], labels=labels, longest=None if rows else _count(recipe, "longest", 32, 1024),
        multiple=None if rows else _count(recipe, "multiple", 1, 128), size=(rows, columns) if rows else None, scale=1.0, offset=0.0, stride=1, kind=kind,
        input_name=str(recipe.get("input", "")), output_name=str(recipe.get("output", "")), layout=choice("layout", ("NCHW", "NHWC")), order=choice("order", ("RGB", "BGR")),
        mean=scaling[0], std=scaling[1], divide=scaling[2], output_layout=choice("output_layout", ("NCHW", "NHWC")) if recipe.get("output_layout") else "",
        input_type=choice("input_type", INPUT_TYPES) if "input_type" in recipe else "float32", batch=_count(recipe, "batch", 0, 16) if "batch" in recipe else 1,
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
        An answer bears a name that means nothing here, or the file leaves a question open that no answer closes.
    """
    if "output" not in answers and len(found.candidates) > 1:
        raise NetworkError(f"The file has {len(found.candidates)} outputs that may be the mask: {', '.join(found.candidates[:6])}.", f'Say which: output = "{found.candidates[0]}".')
    output = str(answers.get("output", found.outputs[0]))
    if "kind" not in answers and not found.sure.get(output, True):
        raise NetworkError("The file does not tell what its one value for every pixel is.", 'Say kind = "probability" (0 to 1), kind = "logit" (any number, above 0 is the thing) or kind = "labels".')
    told = {"title": "Yours", "input": found.input, "output": output, "layout": found.layout, "order": "RGB", "rows": found.rows or 0, "columns": found.columns or 0, "longest": 513,
            "multiple": found.multiple, "divide": 255, "mean": [0, 0, 0], "std": [1, 1, 1], "kind": found.kinds.get(output, "logits"), "labels": None}  # fmt: skip
    for name in answers:
        if name not in told and name not in OPTIONAL:
            raise NetworkError(f"The recipe says “{name}”, which means nothing here.", f"It can say {', '.join([*told, *OPTIONAL])}.")
    return told | optional_answers(found, output) | answers


OPTIONAL = ("output_layout", "input_type", "batch")
"""What a recipe says only where it is not as usual."""


def optional_answers(found: Inspection, output: str) -> dict[str, Any]:
    """What the file tells of the answers `OPTIONAL` where they are not as usual, and the scaling that its type asks for.

    Examples
    --------
    >>> optional_answers(Inspection("NCHW", None, None, 32, "x", ("y",), {}, {}, "", {"y": "NHWC"}, {}, "uint8"), "y")
    {'output_layout': 'NHWC', 'input_type': 'uint8', 'divide': 1}
    """
    told: dict[str, Any] = {}
    if found.output_layouts.get(output) not in (None, found.layout):
        told["output_layout"] = found.output_layouts[output]
    if found.input_type != "float32":
        told["input_type"] = found.input_type
    if found.batch != 1:
        told["batch"] = found.batch
    return told | ({"divide": 1} if found.input_type == "uint8" else {})


def check_recipe(network: UserNetwork, header: Header) -> None:
    """Compare what a recipe says with what the file says, before anything runs.

    Raises
    ------
    NetworkError
        Input, output, size or type are not those of the file.
    """
    given = next((each for each in header.inputs if each.name == network.input_name), None)
    if given is None:
        raise NetworkError(f"The file does not take an input called “{network.input_name}”: it has {', '.join(each.name for each in header.inputs) or 'none'}.", f'Say input = "{header.inputs[0].name if header.inputs else ""}".')
    names = [each.name for each in header.outputs]
    if network.output_name not in names:
        raise NetworkError(f"The file does not give its output as “{network.output_name}”: it has {', '.join(names[:6]) or 'none'}.", f'Say output = "{names[0] if names else ""}".')
    if given.type in INPUT_TYPES and given.type != network.input_type:
        raise NetworkError(f"The recipe says input_type = \"{network.input_type}\", the file takes {given}.", f'Say input_type = "{given.type}".')
    _check_size(network, given)


def _check_size(network: UserNetwork, given: Tensor) -> None:
    if given.shape is None or len(given.shape) not in (3, 4):
        return
    sides = given.shape[-3:-1] if network.layout == "NHWC" else given.shape[-2:]
    if not network.size and any(isinstance(side, int) for side in sides):
        raise NetworkError(f"The recipe says that any size goes, the file takes {given}.", f"Say rows = {sides[0]} and columns = {sides[1]}.")
    if network.size and any(isinstance(side, int) and side != own for side, own in zip(sides, network.size)):
        raise NetworkError(f"The recipe says {network.size[0]} rows and {network.size[1]} columns, the file takes {given}.", f"Say rows = {sides[0]} and columns = {sides[1]}.")


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
