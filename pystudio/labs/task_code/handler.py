"""The handler of the exercises (``task-code`` and ``task-paint``): hands what the page sends to `pystudio.exercises.grading`, and keeps the photos that a reader does not see."""

import asyncio
import contextlib
import zlib
from dataclasses import asdict
from typing import NotRequired, TypedDict

import numpy as np

from ...errors import StudioError
from ...exercises import grading
from ...networks import network as networks
from ...notebook.packages import packages
from ...session.labs import LabHandler
from ...session.protocol import Buffer, Uint8Array


class TaskTruth(TypedDict):
    """Which thing in a photo: `label` "" stands for anything that is not background; `truth` is a packed label map, without it the network says."""

    label: str
    network: str
    truth: NotRequired[Buffer]


class TaskGrade(TypedDict):
    iou: float
    intersection: int
    union: int
    missed: int
    extra: int
    copied: bool


class TaskShown(TypedDict):
    rows: int
    columns: int
    mask: Uint8Array


class TaskPhoto(TypedDict):
    """A hidden photo, RGBA, made smaller until its longest side has `longest` pixels."""

    key: str
    rows: int
    columns: int
    pixels: Buffer
    longest: int
    label: str
    network: str
    truth: NotRequired[Buffer]


class TaskArgument(TypedDict):
    name: str
    phrase: str


class TaskFunction(TypedDict):
    source: str
    function: str
    solution: str
    arguments: list[TaskArgument]
    cases: int
    seed: int
    tolerance: float
    seconds: float


class TaskOnPhotos(TypedDict):
    source: str
    function: str
    photos: list[str]
    target: float
    seconds: float


class TaskShownValue(TypedDict):
    name: str
    value: str


class TaskCase(TypedDict):
    title: str
    passed: bool
    shown: list[TaskShownValue]
    iou: float | None


class TaskVerdict(TypedDict):
    passed: bool
    score: float
    message: str
    remedy: str
    line: int | None
    cases: list[TaskCase]
    printed: str


class TaskKept(TypedDict):
    key: str


CALLS = {
    "task.paint": (TaskTruth, TaskGrade),
    "task.truth": (TaskTruth, TaskShown),
    "task.function": (TaskFunction, TaskVerdict),
    "task.photo": (TaskPhoto, TaskKept),
    "task.photos": (TaskOnPhotos, TaskVerdict),
}


class Handler(LabHandler):
    """Answers the calls above."""

    COPIED = 0.7  # share of a truth's edges that no hand hits exactly

    def __init__(self, session):
        super().__init__(session)
        self._hidden: dict[str, grading.HiddenPhoto] = {}

    async def paint(self, label, network, truth=None):
        """Grade the painted mask against one thing."""
        wanted = await self._wanted(label, network, truth)
        mask = grading.foreground_mask(self.session.mask, label)
        copied = truth is None and grading.edges_in_common(mask, wanted) > self.COPIED
        return {**grading.grade_mask(mask, wanted), "copied": copied}

    async def truth(self, label, network, truth=None):
        """The thing itself, for the page to show when the reader asks for the solution."""
        wanted = await self._wanted(label, network, truth)
        return {"rows": wanted.shape[0], "columns": wanted.shape[1], "mask": wanted.astype(np.uint8).ravel()}

    async def _wanted(self, label, network, truth):
        shape = self.session.photo.shape[:2]
        label_map = (await self.session.predict(network)).label_map if truth is None else _unpacked(truth, shape)
        return grading.foreground_mask(label_map, label)

    async def photo(self, key, rows, columns, pixels, longest, label, network, truth=None):
        """Keep a photo that the reader does not see, and what is to be found in it."""
        if rows < 1 or columns < 1 or len(pixels) != rows * columns * 4:
            raise StudioError("A photo of this exercise did not arrive whole.", "Reload the page and try again.")
        photo = np.ascontiguousarray(np.frombuffer(pixels, np.uint8).reshape(rows, columns, 4)[..., :3])
        if truth is None:
            net = networks.network(network)
            output = await self.session.infer(net, networks.prepare(photo, net))
            label_map = networks.decode(output, photo.shape[:2], net).label_map
        else:
            label_map = _unpacked(truth, (rows, columns))
        self._hidden[key] = grading.hidden_photo(photo, grading.foreground_mask(label_map, label), longest)
        return {"key": key}

    async def function(self, source, function, solution, arguments, cases, seed, tolerance, seconds):
        """Grade a function on random arguments."""
        await self._fetch(source, solution)
        phrases = {each["name"]: each["phrase"] for each in arguments}
        with _stoppable():
            return _as_reply(grading.grade_function(source, function, solution, phrases, cases=cases, seed=seed, tolerance=tolerance, seconds=seconds, guard=self.session.host.interruptible))

    async def photos(self, source, function, photos, target, seconds):
        """Grade a function on hidden photos."""
        await self._fetch(source)
        if missing := [key for key in photos if key not in self._hidden]:
            raise StudioError(f"The hidden photo {missing[0]!r} is not here.", "Reload the page and try again.")
        with _stoppable():
            return _as_reply(grading.grade_on_photos(source, function, [self._hidden[key] for key in photos], target=target, seconds=seconds, guard=self.session.host.interruptible))

    async def _fetch(self, *sources):
        for package in sorted({package for source in sources for package in packages(source)}):
            await self.session.ensure_package(package)


@contextlib.contextmanager
def _stoppable():
    """The reader may stop the reader's code."""
    try:
        yield
    except KeyboardInterrupt:
        raise asyncio.CancelledError from None


def _unpacked(truth, shape):
    """A label map as the build packs it: its bytes, deflated."""
    try:
        data = zlib.decompressobj().decompress(bytes(truth), shape[0] * shape[1] + 1)
    except zlib.error:
        data = b""
    if len(data) != shape[0] * shape[1]:
        raise StudioError("The stored truth does not belong to this photo.", f"It needs {shape[0]} × {shape[1]} labels; tell the author of this page.")
    return np.frombuffer(data, np.uint8).reshape(shape)


def _as_reply(grade):
    reply = asdict(grade)
    for case in reply["cases"]:
        case["shown"] = [{"name": name, "value": value} for name, value in case["shown"]]
    return reply
