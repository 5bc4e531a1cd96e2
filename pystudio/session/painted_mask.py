"""The painted mask of a session and its grade against a truth. The tools that change a mask are `pystudio.segment.canvas`'s."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..labels import VOC
from ..measure import metrics
from ..segment.canvas import Canvas, Change
from .replies import patch, scores_reply

__all__ = ["PaintedMask"]


class PaintedMask:
    """A canvas of the VOC classes, graded as it is painted once there is a truth.

    Parameters
    ----------
    shape : tuple of int
        (rows, columns), those of the photo.

    Attributes
    ----------
    canvas : Canvas
        The mask, with its tools and its undo history. Whoever changes it answers the page with `reply` of the changes.
    """

    def __init__(self, shape: tuple[int, int]) -> None:
        self.canvas = Canvas(shape, len(VOC))
        self._truth: np.ndarray | None = None
        self._grader: metrics.Grader | None = None

    @property
    def mask(self) -> np.ndarray:
        """(M, N) array of uint8: the VOC classes that are painted; not to be written to."""
        return self.canvas.mask

    def restore(self, mask: np.ndarray) -> list[Change]:
        """Put a kept mask, (M, N) of VOC classes, in place of this one, without anything to undo; what changed."""
        rows, columns = self.mask.shape
        self.canvas = Canvas((rows, columns), len(VOC))
        self.canvas.mask[:] = mask
        self._grade()
        return [Change((0, rows, 0, columns), self.canvas.mask)]

    def set_truth(self, truth: np.ndarray) -> None:
        """Grade against a label map, (M, N) of VOC classes and VOID, from now on."""
        self._truth = truth
        self._grade()

    def _grade(self) -> None:
        """Grade the whole mask; later changes cost only what they cover."""
        self._grader = None if self._truth is None else metrics.Grader(self._truth, self.mask, len(VOC))

    def scores(self) -> dict[str, Any] | None:
        """The grades as `Scores` of the protocol, or None without a truth."""
        return None if self._grader is None else scores_reply(self._grader.scores())

    def reply(self, changes: Sequence[Change]) -> dict[str, Any]:
        """What changed, and the grades after it, as `Painted` of the protocol."""
        if self._grader is not None:
            for change in changes:
                self._grader.update(change.box, change.before)
        return {
            "patches": [patch(each.box, "labels", _cut(self.mask, each.box)) for each in changes],
            "differences": self._differences(changes),
            "scores": self.scores(),
            "can_undo": self.canvas.can_undo,
            "can_redo": self.canvas.can_redo,
        }

    def _differences(self, changes: Sequence[Change]) -> list[dict[str, Any]] | None:
        if self._truth is None:
            return None
        return [patch(each.box, "values", metrics.difference(_cut(self._truth, each.box), _cut(self.mask, each.box))) for each in changes]


def _cut(array: np.ndarray, box: tuple[int, int, int, int]) -> np.ndarray:
    row0, row1, column0, column1 = box
    return array[row0:row1, column0:column1]
