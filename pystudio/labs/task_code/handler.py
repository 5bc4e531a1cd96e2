"""The handler of the exercises in Python: hands what the page sends to `pystudio.exercises.grading`, and keeps the photos that a reader does not see."""

import asyncio
import contextlib
from dataclasses import asdict
from typing import NotRequired, TypedDict

import numpy as np

from ...errors import StudioError
from ...exercises import grading
from ...exercises.packed_truth import unpack_truth
from ...networks import network as networks
from ...notebook.packages import packages
from ...session.labs import LabHandler
from ...session.wire_types import Buffer


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


class TaskValue(TypedDict):
    name: str
    value: str


class TaskCase(TypedDict):
    title: str
    passed: bool
    values: list[TaskValue]
    iou: float | None


class TaskResult(TypedDict):
    passed: bool
    score: float
    message: str
    remedy: str
    line: int | None
    cases: list[TaskCase]
    printed: str


class HiddenPhotoKey(TypedDict):
    key: str


CALLS: dict[str, tuple[type, type]] = {
    "task_code.function": (TaskFunction, TaskResult),
    "task_code.photo": (TaskPhoto, HiddenPhotoKey),
    "task_code.photos": (TaskOnPhotos, TaskResult),
}


class Handler(LabHandler):
    """Keeps the hidden photos of all exercises of the page."""

    def __init__(self, session):
        super().__init__(session)
        self._hidden: dict[str, grading.HiddenPhoto] = {}

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
            label_map = unpack_truth(truth, (rows, columns))
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


def _as_reply(grade):
    reply = asdict(grade)
    for case in reply["cases"]:
        case["values"] = [{"name": name, "value": value} for name, value in case.pop("shown")]
    return reply
