"""The handler of the small-device lab: one network in six forms and at several sizes on the same photo, and what it costs by count."""

import dataclasses
import time
from typing import Literal, TypedDict

import numpy as np

from ...errors import StudioError
from ...labels import VOC
from ...measure import metrics
from ...networks import cost, layers
from ...networks import network as networks
from ...session.labs import LabHandler
from ...session.wire_types import ClassShare, Nothing, Uint8Array

LONGEST = 640
"""Longest side, in pixels, at which answers are shown and compared."""
SIZES = (129, 193, 257, 321, 385, 449, 513)
"""Longest sides of the input to choose from: each is a multiple of 64 and one more, which suits both strides."""
BASES = {8: "deeplab", 16: "deeplab_s16"}
FORMS = {
    "deeplab-float32": (8, "32 bits", "float32: as it was trained"),
    "deeplab-float16": (8, "16 bits, stored", "float16 in the file, unpacked to float32"),
    "deeplab": (8, "8 bits, stored", "int8 in the file, unpacked to float32"),
    "deeplab-int8": (8, "8 bits, computed", "int8 in the file and in the convolutions"),
    "deeplab_s16": (16, "8 bits, stored", "int8 in the file, unpacked to float32"),
    "deeplab_s16-int8": (16, "8 bits, computed", "int8 in the file and in the convolutions"),
}
REFERENCE = "deeplab-float32"
TIMED = 2


class DeviceForm(TypedDict):
    name: str
    stride: int
    title: str
    help: str


class DevicesAbout(TypedDict):
    forms: list[DeviceForm]
    sizes: list[int]
    reference: str


class DevicesRun(TypedDict):
    form: str
    longest: int


class DeviceAnswer(TypedDict):
    form: str
    input: list[int]
    rows: int
    columns: int
    label_map: Uint8Array
    differs: Uint8Array
    classes: list[ClassShare]
    seconds: float
    agreement: float
    mean_iou: float
    adds: int


class DevicesCost(TypedDict):
    stride: Literal[8, 16]
    longest: int


class CostPart(TypedDict):
    title: str
    adds: int
    weights: int


class DeviceCost(TypedDict):
    input: list[int]
    adds: int
    weights: int
    parts: list[CostPart]
    separable: int
    ordinary: int


class DevicesWidth(TypedDict):
    width: float
    side: int


class WidthCost(TypedDict):
    adds: int
    weights: int
    full_adds: int
    full_weights: int


CALLS = {
    "small_devices.about": (Nothing, DevicesAbout),
    "small_devices.run": (DevicesRun, DeviceAnswer),
    "small_devices.cost": (DevicesCost, DeviceCost),
    "small_devices.width": (DevicesWidth, WidthCost),
}


class Handler(LabHandler):
    """Remembers the answer of the largest form: all others are compared with it."""

    def __init__(self, session):
        super().__init__(session)
        self._warm: set[tuple[str, int]] = set()
        self.on_photo()

    def on_photo(self):
        self._reference: np.ndarray | None = None

    def about(self):
        """The forms and sizes to choose from."""
        return {"forms": [{"name": name, "stride": stride, "title": title, "help": words} for name, (stride, title, words) in FORMS.items()],
                "sizes": list(SIZES), "reference": REFERENCE}

    async def run(self, form, longest):
        """Label the photo with one form at one size; time it, and compare it with the largest form at full size."""
        stride, *_ = _known(form)
        photo = self.session.photo
        if self._reference is None:
            reference, _, _ = await self._label(photo, REFERENCE, SIZES[-1])
            self._same(photo)
            self._reference = reference
        label_map, seconds, shape = await self._label(photo, form, longest)
        self._same(photo)
        differs = label_map != self._reference
        scores = metrics.scores(metrics.confusion(self._reference, label_map, len(VOC)))
        counts = np.bincount(label_map.ravel())
        return {
            "form": form, "input": list(shape), "rows": label_map.shape[0], "columns": label_map.shape[1], "label_map": label_map.ravel(), "differs": differs.ravel().astype(np.uint8),
            "classes": [{"id": int(k), "name": VOC.names[k], "colour": VOC.colours[k].tolist(), "pixels": int(counts[k]), "share": float(counts[k] / label_map.size)}
                        for k in np.argsort(-counts, kind="stable") if counts[k]],
            "seconds": seconds, "agreement": float(1 - differs.mean()), "mean_iou": float(scores.mean_iou), "adds": cost.total(layers.layers(BASES[stride]), shape).adds,
        }

    def _same(self, photo):
        """What was said of a photo that is no longer open must not be compared with another's."""
        if photo is not self.session.photo:
            raise StudioError("Another photo was opened.", "Run it on that one.")

    async def _label(self, photo, form, longest):
        """Label map at the size of the lab, seconds of the run, and (rows, columns) of the input.

        The first run with a form at a size makes room in memory; it is not timed. Of the two after it the quicker one counts: whatever
        else the machine does can only slow it down.
        """
        net = dataclasses.replace(_at(form, longest), name=form)
        tensor = networks.prepare(photo, net)
        if (form, longest) not in self._warm:
            await self.session.infer(net, tensor)
            self._warm.add((form, longest))
        spent = []
        for _ in range(TIMED):
            start = time.perf_counter()
            output = await self.session.infer(net, tensor)
            spent.append(time.perf_counter() - start)
        scale = min(1.0, LONGEST / max(photo.shape[:2]))
        shown = tuple(max(1, round(side * scale)) for side in photo.shape[:2])
        return networks.upsample_labels(net.read(output), shown, net), min(spent), tensor.shape[2:]

    def cost(self, stride, longest):
        """What each part of the network costs at one size, counted."""
        found, shape = layers.layers(BASES[stride]), _at(BASES[stride], longest).frame(self.session.photo.shape[:2])
        whole, (separable, ordinary) = cost.total(found, shape), cost.as_ordinary(found, shape)
        return {"input": list(shape), "adds": whole.adds, "weights": whole.weights, "separable": separable.adds, "ordinary": ordinary.adds,
                "parts": [{"title": part.title, "adds": part.cost.adds, "weights": part.cost.weights} for part in cost.parts(found, shape)]}

    def width(self, width, side):
        """What MobileNetV2, the classifier, costs at this width and input size."""
        found, full = cost.mobilenet_v2(width, side), cost.mobilenet_v2()
        return {"adds": found.adds, "weights": found.weights, "full_adds": full.adds, "full_weights": full.weights}


def _known(form):
    if form not in FORMS:
        raise StudioError(f"There is no form “{form}”.", f"Choose one of: {', '.join(FORMS)}.")
    return FORMS[form]


def _at(form, longest):
    """The network of a form at an input size."""
    if longest not in SIZES:
        raise StudioError(f"The longest side cannot be {longest} pixels.", f"Choose one of: {', '.join(map(str, SIZES))}.")
    return dataclasses.replace(networks.network(BASES[_known(form)[0]]), longest=longest)
