"""The handler of the exercises with the brush: grades the painted mask against one thing in the photo."""

from typing import NotRequired, TypedDict

import numpy as np

from ...exercises import grading
from ...exercises.packed_truth import unpack_truth
from ...session.labs import LabHandler
from ...session.wire_types import Buffer, Uint8Array

COPIED = 0.7
"""Share of a truth's edges that no hand hits exactly."""


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


class TaskMask(TypedDict):
    rows: int
    columns: int
    mask: Uint8Array


CALLS: dict[str, tuple[type, type]] = {"task_paint.grade": (TaskTruth, TaskGrade), "task_paint.truth": (TaskTruth, TaskMask)}


class Handler(LabHandler):
    """Keeps nothing."""

    async def grade(self, label, network, truth=None):
        """Grade the painted mask against one thing."""
        wanted = await self._wanted(label, network, truth)
        mask = grading.foreground_mask(self.session.mask, label)
        copied = truth is None and grading.edges_in_common(mask, wanted) > COPIED
        return {**grading.grade_mask(mask, wanted), "copied": copied}

    async def truth(self, label, network, truth=None):
        """The thing itself, for the page to show when the reader asks for the solution."""
        wanted = await self._wanted(label, network, truth)
        return {"rows": wanted.shape[0], "columns": wanted.shape[1], "mask": wanted.astype(np.uint8).ravel()}

    async def _wanted(self, label, network, truth):
        shape = self.session.photo.shape[:2]
        label_map = (await self.session.predict(network)).label_map if truth is None else unpack_truth(truth, shape)
        return grading.foreground_mask(label_map, label)
