"""Inspecting a network that a person brings: whether it labels pixels, and which of the questions its graph answers itself. Nothing is guessed from values."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..errors import NetworkError
from .onnx_reader import Header, Node, Tensor

__all__ = ["INPUT_TYPES", "Inspection", "class_count", "inspect"]

INPUT_TYPES = ("float32", "float16", "float64", "uint8")
"""Types in which a picture can be given."""

PASS_THROUGH = {"Identity", "Cast", "Dropout", "Resize", "Upsample", "Slice", "Pad", "Crop", "DequantizeLinear", "QuantizeLinear", "CastLike"}
"""Operators that leave a value what it is."""

ARITHMETIC = {"Add", "Sub", "Mul", "Div", "BatchNormalization", "InstanceNormalization", "PRelu", "Relu", "LeakyRelu", "Clip", "Sum", "Max", "Min", "Neg", "AveragePool", "MaxPool", "Round", "Floor", "Where"}
"""Operators that change values in their places."""

COMPARISONS = {"Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Equal", "Not", "And", "Or"}
ACTIVATIONS = {"Softmax": "probabilities", "LogSoftmax": "logits", "Sigmoid": "probability", "HardSigmoid": "probability"}
"""Operators that make scores, and what they make."""

_MAX_STEPS = 200


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
        "logits", "probabilities", "labels", "probability" or "logit": what each of these outputs is, by the operators that make it.
    summary : str
        One plain sentence of what was found.
    output_layouts : dict of str to str or None
        Where the classes are in each of these outputs, "NCHW" or "NHWC"; None where both are possible.
    sure : dict of str to bool
        Whether `kinds` is known; else it has to be asked.
    input_type : str
        One of `INPUT_TYPES`.
    batch : int
        How many pictures the network takes at once; 0 where its input has no such side.
    candidates : tuple of str
        Outputs that are equally likely to be the one that counts: more than one has to be asked for.
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
    output_layouts: dict[str, str | None] = field(default_factory=dict)
    sure: dict[str, bool] = field(default_factory=dict)
    input_type: str = "float32"
    batch: int = 1
    candidates: tuple[str, ...] = ()


def inspect(header: Header) -> Inspection:
    """Say whether a network may label pixels, and what its file tells of how.

    Raises
    ------
    NetworkError
        It cannot: weights elsewhere, no picture as input, numbers of another type, or no output with a place for every pixel.
    """
    given = _one_picture(header)
    layout, batch, rows, columns = _picture(given)
    likely = _maps(header)
    maps = [each for _, each in likely]
    answers = {each.name: _answer(header, each, layout, (rows, columns)) for each in maps}
    first = answers[maps[0].name]
    candidates = tuple(each.name for score, each in likely if score == likely[0][0])
    return Inspection(
        layout, rows, columns, 32, given.name, tuple(answers), {name: each[0] for name, each in answers.items()}, {name: each[1] for name, each in answers.items()},
        _summary(header, first, rows, columns), {name: each[2] for name, each in answers.items()}, {name: each[3] for name, each in answers.items()}, given.type, batch, candidates,
    )  # fmt: skip


def _one_picture(header: Header) -> Tensor:
    """The input, where there is one and all weights are at hand."""
    if header.outside:
        raise NetworkError(f"Its weights are not in this file but in {header.outside[0]}.", "Save the network as one file (without external data).")
    if len(header.inputs) != 1:
        names = ", ".join(map(str, header.inputs[:4])) or "none"
        raise NetworkError(f"This network wants {len(header.inputs)} inputs ({names}); one picture is all there is here.", "Bring a network that takes a picture and nothing else.")
    if header.inputs[0].type not in INPUT_TYPES:
        raise NetworkError(f"This network wants its picture as {header.inputs[0].type}: {header.inputs[0]}.", f"Save it so that it takes {', '.join(INPUT_TYPES[:-1])} or {INPUT_TYPES[-1]}.")
    return header.inputs[0]


def _maps(header: Header) -> list[tuple[int, Tensor]]:
    """How likely each output is the mask, and the output; those that have a place for every pixel, the likeliest first."""
    likely = sorted(((_likelihood(each), -place, each) for place, each in enumerate(header.outputs)), reverse=True)
    found = [(score, each) for score, _, each in likely if score > 0]
    if not found:
        raise NetworkError(_no_map(header), "A segmentation network has an output with a score for every class at every pixel.")
    if any(word in each.name.lower() for each in header.outputs for word in ("boxes", "bbox", "dets")):
        raise NetworkError(f"This looks like a detector: it answers with boxes ({', '.join(str(each) for each in header.outputs[:3])}).", "Bring a network for semantic segmentation.")
    return found


def _summary(header, answer, rows, columns):
    classes, kind = answer[:2]
    size = f"pictures of {columns} × {rows}" if rows and columns else "pictures of any size"
    told = "a label for every pixel" if kind == "labels" else f"{classes or 'some'} score{'' if classes == 1 else 's'} for every pixel"
    return f"It takes {size} and answers with {told}; it has {header.weights:,} weights and {sum(header.operators.values()):,} steps."


def _picture(given: Tensor) -> tuple[str, int, int | None, int | None]:
    """Layout, pictures at once, rows and columns of the input."""
    if given.shape is None:
        return "NCHW", 1, None, None
    shape = given.shape if len(given.shape) == 4 else (0, *given.shape) if len(given.shape) == 3 else None
    free = lambda side: side if isinstance(side, int) else None
    if shape is None or (isinstance(shape[0], int) and shape[0] > 16):
        raise NetworkError(f"This network does not take one picture: its input is {given}.", "Its input needs four sides: 1, 3 colours, rows and columns.")
    batch = shape[0] if isinstance(shape[0], int) else 1
    if shape[3] == 3 and shape[1] != 3:
        return "NHWC", batch, free(shape[1]), free(shape[2])
    if shape[1] == 3 or free(shape[1]) is None:
        return "NCHW", batch, free(shape[2]), free(shape[3])
    raise NetworkError(f"This network does not take a colour picture: its input is {given}.", "One of its sides has to be 3, for red, green and blue.")


def _likelihood(output: Tensor) -> int:
    """0: no place for every pixel. More: likelier to be the mask."""
    if output.shape is None:
        return 1 if output.type != "unknown" else 0
    sides = [side for side in output.shape if side != 1]
    if len(output.shape) not in (2, 3, 4) or len(sides) < 2 or (len(output.shape) == 2 and all(isinstance(s, int) for s in output.shape) and min(output.shape) < 8):
        return 0
    if len(output.shape) == 2 and (output.shape[0] == 1 or not isinstance(output.shape[0], int)):
        return 0  # (batch, classes): a classifier
    return 4 * len(output.shape) + 2 * output.type.startswith("float") + (not any(word in output.name.lower() for word in ("aux", "deep", "side")))


def _answer(header: Header, output: Tensor, layout: str, size: tuple) -> tuple[int | None, str, str | None, bool]:
    """(classes, kind, side of the classes, whether the kind is sure) of an output."""
    kind, axis = _traced(header, output)
    shape = output.shape
    if output.type == "bool":
        kind = "labels"
    if kind is None and output.type.startswith(("int", "uint")) and shape is not None and (len(shape) < 4 or 1 in (shape[1], shape[3])):
        kind = "labels"
    if kind == "labels":
        return None, kind, None, True
    side = _output_layout(shape, axis, layout, size)
    classes = _classes(output, layout, size, axis)
    if classes == 1:
        wanted = {"probability": "probability", "probabilities": "probability", "logits": "logit"}.get(kind or "", "probability")
        return 1, wanted, side, kind is not None
    return classes, {"probability": "probabilities"}.get(kind or "", kind or "logits"), side, True


def _traced(header: Header, output: Tensor) -> tuple[str | None, int | None]:
    """What makes an output, from its last operators: the kind of its numbers, and the axis of the classes; None where they do not tell."""
    trace = _Trace(len(output.shape) if output.shape is not None else 4, header.opset)
    name = output.name
    for _ in range(_MAX_STEPS):
        node = header.nodes_by_output.get(name)
        if node is None or trace.ends_at(node):
            break
        name = _before(node, header)
    return trace.kind, trace.axis


class _Trace:
    """What the operators on the way back from an output tell: `order` is, for every axis of the output, the axis at this place of the graph."""

    def __init__(self, rank: int, opset: int):
        self.rank, self.opset = rank, opset
        self.order: list[int] | None = list(range(rank))
        self.kind: str | None = None
        self.axis: int | None = None
        self._changed = False

    def ends_at(self, node: Node) -> bool:
        """Take note of an operator; whether what comes before it does not matter any more."""
        kind = node.operator
        if kind in ("ArgMax", "ArgMin") or kind in COMPARISONS:
            self.kind = self.kind or "labels"
            return True
        if kind in ("Conv", "ConvTranspose"):
            self.kind, self.axis = self.kind or "logits", self._place(1)
            return True
        if kind in ACTIVATIONS:
            return self._scores(node)
        if kind in ("Transpose", "Squeeze", "Unsqueeze", "Reshape", "Flatten"):
            self._turn(node)
        elif kind in ARITHMETIC:
            self._changed = True
        return kind not in PASS_THROUGH and kind not in ARITHMETIC and kind not in ("Transpose", "Squeeze", "Unsqueeze", "Reshape", "Flatten")

    def _scores(self, node: Node) -> bool:
        if self._changed and self.kind is None:
            return True  # a probability that was changed afterwards is something else
        self.kind = self.kind or ACTIVATIONS[node.operator]
        if node.operator.endswith("Softmax"):
            self.axis = self._place(node.numbers.get("axis", (-1 if self.opset >= 13 else 1,))[0])
        return node.operator.endswith("Softmax")

    def _turn(self, node: Node) -> None:
        perm = node.numbers.get("perm", tuple(range(self.rank))[::-1])
        good = node.operator == "Transpose" and self.order is not None and sorted(perm) == list(range(self.rank))
        self.order = [perm[each] for each in self.order] if good else None

    def _place(self, axis: int) -> int | None:
        return self.order.index(axis % self.rank) if self.order is not None else None


def _before(node: Node, header: Header) -> str:
    """The input of a step that the network itself makes."""
    inputs = node.inputs[1:] if node.operator == "Where" else node.inputs
    return next((each for each in inputs if each in header.nodes_by_output and header.nodes_by_output[each].operator != "Constant"), "")


def _output_layout(shape: tuple | None, axis: int | None, layout: str, size: tuple) -> str | None:
    if shape is None or len(shape) not in (3, 4):
        return None
    first = len(shape) - 3
    if axis in (first, len(shape) - 1):
        return "NCHW" if axis == first else "NHWC"
    return _spatial(shape[first:], size)


def _spatial(sides: tuple, size: tuple) -> str | None:
    """Where the classes are, from the sides alone: the other two have to look like rows and columns."""
    first, middle, last = sides
    whole = [isinstance(side, int) for side in sides]
    if whole[0] != whole[2]:
        return "NCHW" if whole[0] else "NHWC"
    if not all(whole):
        return None
    fits = [_proportional((middle, last), size), _proportional((first, middle), size)]
    if fits[0] != fits[1]:
        return "NCHW" if fits[0] else "NHWC"
    if not all(size) and (middle == last) != (first == middle):
        return "NCHW" if middle == last else "NHWC"
    return None


def _proportional(sides: tuple[int, int], size: tuple) -> bool:
    return bool(all(size)) and abs(sides[0] * size[1] - sides[1] * size[0]) < max(size)


def class_count(shape: tuple, layout: str = "NCHW", size: tuple = (None, None)) -> int | None:
    """How many classes an answer of a shape tells apart: by its proportions, else on the side where the layout has them.

    Examples
    --------
    >>> class_count((1, 150, 128, 128)), class_count((1, 128, 128, 150)), class_count((1, 24, 24, 24), "NHWC")
    (150, 150, 24)
    """
    sides = tuple(shape)[-3:]
    if len(sides) < 3:
        return 1 if len(sides) == 2 else None
    side = sides[0] if (_spatial(sides, size) or layout) == "NCHW" else sides[2]
    return side if isinstance(side, int) else None


def _classes(output: Tensor, layout: str = "NCHW", size: tuple = (None, None), axis: int | None = None) -> int | None:
    """How many classes an output tells apart, where its shape says so."""
    if output.shape is None or len(output.shape) not in (3, 4):
        return None
    if len(output.shape) == 3 and (output.shape[0] == 1 or not isinstance(output.shape[0], int)):
        return 1  # (1, rows, columns)
    if axis is not None:
        return output.shape[axis] if isinstance(output.shape[axis], int) else None
    return class_count(output.shape, layout, size)


def _no_map(header: Header) -> str:
    outputs = ", ".join(str(each) for each in header.outputs[:3]) or "nothing"
    for each in header.outputs:
        if each.shape and len(each.shape) == 2:
            return f"This looks like a classifier: one answer for the whole picture, {each}."
    return f"This network answers with {outputs}: no output has a place for every pixel."
