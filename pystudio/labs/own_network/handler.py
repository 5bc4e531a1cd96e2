"""The handler of networks that a visitor brings: reads what a file says, makes a network of it and the visitor's answers, and tries it."""

from typing import Literal, NotRequired, TypedDict

import numpy as np

from ...errors import NetworkError
from ...labels import VOC
from ...networks import network as networks
from ...networks import onnx_reader, user_network
from ...session.labs import LabHandler
from ...session.wire_types import Buffer, Colour


class NetworkOutput(TypedDict):
    name: str
    classes: int | None
    kind: Literal["logits", "probabilities", "probability", "logit", "labels"]
    certain: bool
    layout: Literal["NCHW", "NHWC"] | None


class NetworkInspection(TypedDict):
    summary: str
    producer: str
    layout: Literal["NCHW", "NHWC"]
    rows: int | None
    columns: int | None
    input: str
    input_type: Literal["float32", "float16", "float64", "uint8"]
    outputs: list[NetworkOutput]
    voc: list[str]


class NetworkFile(TypedDict):
    model: Buffer


class NetworkRecipe(TypedDict):
    title: str
    input: str
    output: str
    layout: Literal["NCHW", "NHWC"]
    order: Literal["RGB", "BGR"]
    rows: int
    columns: int
    longest: int
    multiple: int
    divide: float
    mean: list[float]
    std: list[float]
    kind: Literal["logits", "probabilities", "probability", "logit", "labels"]
    labels: list[str]
    output_layout: NotRequired[Literal["NCHW", "NHWC"]]


class NetworkOpen(TypedDict):
    name: str
    model: Buffer
    recipe: NetworkRecipe


class NetworkOpened(TypedDict):
    rows: int
    columns: int
    colours: list[Colour]


CALLS = {"own_network.read": (NetworkFile, NetworkInspection), "own_network.open": (NetworkOpen, NetworkOpened)}


class Handler(LabHandler):
    def read(self, model):
        """What a file says of itself; refuses what cannot label pixels."""
        header = onnx_reader.read_header(memoryview(model))
        found = user_network.inspect(header)
        outputs = [{"name": each, "classes": found.classes[each], "kind": found.kinds[each], "certain": found.sure[each], "layout": found.output_layouts[each]} for each in found.outputs]
        return {"summary": found.summary, "producer": header.producer, "layout": found.layout, "rows": found.rows, "columns": found.columns,
                "input": found.input, "input_type": found.input_type, "outputs": outputs, "voc": list(VOC.names)}

    async def open(self, name, model, recipe):
        """Make the network known by a name and try it on a small grey picture; only then do others see it."""
        if not name.startswith("own"):
            raise NetworkError(f"A network of yours cannot be called {name!r}.", "Its name begins with “own”.")
        header = onnx_reader.read_header(memoryview(model))
        defaults = user_network.optional_answers(user_network.inspect(header), str(recipe.get("output")))
        net = user_network.make_network(name, defaults | recipe)  # the type and the sides are the file's own: nobody is asked
        user_network.check_recipe(net, header)
        await self.session.adopt(name, memoryview(model), net.output_name)
        tensor = networks.prepare(np.full((48, 64, 3), 128, np.uint8), net)
        try:
            output = await self.session.infer(net, tensor)
        except NetworkError:
            raise
        except Exception as error:
            raise user_network.explain_rejection(str(error)) from None
        logits = net.read(output)
        networks.register(net)
        self.session.forget_prediction(name)
        return {"rows": logits.shape[1], "columns": logits.shape[2], "colours": net.labels.colours.tolist()}
