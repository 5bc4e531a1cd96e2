"""Records and arrays of the algorithms as the types of `pystudio.session.wire_types`."""
from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..labels import VOC, LabelSet
from ..measure import metrics

__all__ = ["class_shares", "patch", "scores_reply"]


def class_shares(ids: Iterable[int], counts: Iterable[int], labels: LabelSet) -> list[dict[str, Any]]:
    """Classes with their pixels as `ClassShare` records, the largest first; VOID (255) is not a class.

    Parameters
    ----------
    ids, counts : iterable of int
        Each class and its number of pixels.
    labels : LabelSet
        Names and colours of the classes.
    """
    pairs = [(int(n), int(i)) for i, n in zip(ids, counts, strict=True)]
    total = max(1, sum(n for n, _ in pairs))
    found = sorted((pair for pair in pairs if pair[1] < len(labels)), key=lambda pair: (-pair[0], pair[1]))
    return [{"id": i, "name": labels.names[i], "colour": labels.colours[i].tolist(), "pixels": n, "share": n / total} for n, i in found]


def scores_reply(scores: metrics.Scores) -> dict[str, Any]:
    """Grades of a mask of VOC classes as `Scores` of the protocol; a grade that is not defined is None."""
    return {
        "pixels": int(scores.pixels),
        "pixel_accuracy": _number(scores.pixel_accuracy),
        "mean_iou": _number(scores.mean_iou),
        "mean_iou_without_background": _number(scores.mean_iou_without_background),
        "classes": [{
            "id": int(i), "name": VOC.names[i], "colour": VOC.colours[i].tolist(),
            "intersection": int(scores.intersection[i]), "union": int(scores.union[i]),
            "iou": _number(scores.iou[i]), "dice": _number(scores.dice[i]),
        } for i in np.flatnonzero(scores.present)],
    }


def patch(box: tuple[int, int, int, int], name: str, pixels: np.ndarray) -> dict[str, Any]:
    """A rectangle (row0, row1, column0, column1) of an image with a copy of its pixels, flat, under `name`."""
    row0, row1, column0, column1 = box
    return {"row": row0, "column": column0, "rows": row1 - row0, "columns": column1 - column0, name: pixels.ravel().copy()}


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
