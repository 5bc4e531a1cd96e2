"""The handler of “Live”: one small frame of a film in, how much of each of its pixels belongs to the chosen class out. Nothing of a frame is kept but the last alpha matte."""

import dataclasses
import time
from typing import NotRequired, TypedDict

import numpy as np

from ...errors import StudioError
from ...labels import LabelSet
from ...networks import network as networks
from ...segment import matting
from ...session.labs import LabHandler
from ...session.wire_types import Buffer, Uint8Array

SMALL = 257
"""Longest side of the frame in which a network for photos sees a film: a quarter of the pixels it likes best, and so a quarter of the time."""

MOST = 1024 * 1024


class LiveAbout(TypedDict):
    network: str


class LiveNetwork(TypedDict):
    rows: int
    columns: int
    fixed: bool
    ids: list[int]
    names: list[str]
    default: int


class LiveFrame(TypedDict):
    network: str
    rows: int
    columns: int
    pixels: Buffer
    label: int
    smoothing: float
    first: NotRequired[bool]


class LiveAlpha(TypedDict):
    rows: int
    columns: int
    alpha: Uint8Array
    share: float
    python: float
    inference: float


CALLS = {"live.about": (LiveAbout, LiveNetwork), "live.frame": (LiveFrame, LiveAlpha)}


class Handler(LabHandler):
    def __init__(self, session):
        super().__init__(session)
        self._networks: dict[str, networks.Network] = {}
        self._before: np.ndarray | None = None

    def about(self, network):
        """In which size a frame is wanted (longest side of `rows`, `columns`), and what can be looked for."""
        net = self._network(network)
        rows, columns = net.size or (net.longest, net.longest)
        return {"rows": rows, "columns": columns, "fixed": net.size is not None, "ids": list(range(1, len(net.labels))), "names": list(net.labels.names[1:]), "default": _person(net.labels)}

    async def frame(self, network, rows, columns, pixels, label, smoothing, first=False):
        """The alpha matte of one frame. `smoothing` (0..0.9) is the part of the last matte that stays: less flicker, more lag."""
        if rows < 1 or columns < 1 or rows * columns > MOST or len(pixels) != rows * columns * 4 or not 0 <= smoothing <= 0.9:
            raise StudioError("A frame did not arrive whole.", "Start the film again.")
        start = time.perf_counter()
        net = self._network(network)
        picture = np.frombuffer(pixels, np.uint8).reshape(rows, columns, 4)[..., :3]
        ready = net.frame((rows, columns)) == (rows, columns)  # the page has made it as large as the network wants it
        tensor = net.arrange(picture.astype(np.float32)) if ready else networks.prepare(picture, net)
        asked = time.perf_counter()
        output = await self.session.infer(net, tensor)
        answered = time.perf_counter()
        found = _share(net, output, label, (rows, columns))
        if self._before is not None and self._before.shape == found.shape and not first:
            found = smoothing * self._before + (1 - smoothing) * found
        self._before = found
        spent = time.perf_counter() - start
        return {"rows": found.shape[0], "columns": found.shape[1], "alpha": (found * 255 + 0.5).astype(np.uint8).ravel(), "share": float((found >= 0.5).mean()),
                "python": spent - (answered - asked), "inference": answered - asked}

    def _network(self, name):
        net = networks.network(name)
        if net.size or net.longest is None or net.longest <= SMALL:
            return net
        if name not in self._networks:
            self._networks[name] = dataclasses.replace(net, longest=SMALL)
        return self._networks[name]


def _share(net: networks.Network, output: np.ndarray, label: int, frame: tuple[int, int]) -> np.ndarray:
    """How much of each pixel belongs to the class, (M, N) float32, as fine as it is worth sending."""
    if net.kind == "probability" and label == 1 and output.shape == (1, 1, *frame) and output.min() >= 0 and output.max() <= 1:
        return output[0, 0]  # the network says just that: no need to make scores of it and shares of these
    logits = net.read(output)
    return matting.score_share(logits, net.stride, [label], logits.shape[1:] if net.stride == 1 else (frame[0] // 2, frame[1] // 2))


def _person(labels: LabelSet) -> int:
    return labels.names.index("person") if "person" in labels.names else 1
