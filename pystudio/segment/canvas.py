"""A mask under the hand: brush, lasso, fill, undo and redo. Grades are given in `metrics`, colours in `colour`."""

from __future__ import annotations

import math
import zlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import StudioError
from ._components import flood
from ._polygons import polygon2mask

__all__ = ["Canvas", "Change"]

Box = tuple[int, int, int, int]
"""(row0, row1, column0, column1), half open."""

_TILE = 256
_MIN_STEPS, _MAX_STEPS = 100, 1000
_MAX_BYTES = 64 * 2**20
_PATCH_BYTES = 400  # what a patch costs besides its bytes, roughly


@dataclass(frozen=True, eq=False)
class Change:
    """One rectangle of the mask that is not as it was.

    Attributes
    ----------
    box : tuple of int
        (row0, row1, column0, column1), half open; as small as the change allows.
    before : (row1 - row0, column1 - column0) array of uint8
        What the mask held there.
    """

    box: Box
    before: np.ndarray


class Canvas:
    """A mask that is painted by hand.

    Every tool returns what it changed: rectangles that do not overlap, each at most
    256 pixels wide and high, with what they held before. A tool that changes nothing
    returns an empty list and leaves no step to undo.

    Parameters
    ----------
    shape : tuple of int
        (rows, columns), those of the photo.
    n_classes : int
        Labels are 0 to `n_classes` - 1.

    Attributes
    ----------
    mask : (M, N) array of uint8
        The mask as it is now, at first all 0. It is changed in place, never replaced.

    Raises
    ------
    StudioError
        The shape has no pixel, or `n_classes` is not from 1 to 255.

    Notes
    -----
    Costs follow what a tool covers, not the size of the picture. At least the last
    100 steps can be undone, and up to 1000 while their compressed patches stay below 64 MiB.

    Examples
    --------
    >>> canvas = Canvas((4, 6), n_classes=21)
    >>> [change.box for change in canvas.brush([(1, 1), (1, 4)], radius=0.5, label=8)]
    [(1, 2, 1, 5)]
    >>> canvas.mask[1].tolist()
    [0, 8, 8, 8, 8, 0]
    >>> _ = canvas.undo()
    >>> canvas.mask.max(), canvas.can_redo
    (np.uint8(0), True)
    """

    def __init__(self, shape: tuple[int, int], n_classes: int) -> None:
        if len(shape) != 2 or min(shape) < 1:
            raise StudioError(f"A mask cannot have the shape {tuple(shape)}.", "Give (rows, columns), both at least 1.")
        if not 1 <= n_classes <= 255:
            raise StudioError(f"The number of classes is {n_classes}.", "Give a number from 1 to 255.")
        self.mask = np.zeros(shape, dtype=np.uint8)
        self.n_classes = n_classes
        self._undo: deque[_Step] = deque()
        self._redo: deque[_Step] = deque()
        self._open: _Snapshot | None = None  # what the step between begin() and end() has touched

    # Tools

    def brush(self, points: Sequence[tuple[float, float]], radius: float, label: int) -> list[Change]:
        """Paint along a line with a round brush.

        Parameters
        ----------
        points : sequence of (row, column)
            Image frame; whole numbers are the centres of pixels. One point makes a dot.
        radius : float
            In pixels, above 0: pixels whose centre is no further from the line are painted.
        label : int
            0 erases.

        Returns
        -------
        changes : list of Change

        Raises
        ------
        StudioError
            A point is not a pair of finite numbers, or `radius` or `label` is out of range.
        """
        line = _points(points)
        self._check_label(label)
        if not 0 < radius < math.inf:
            raise StudioError(f"The brush has radius {radius}.", "Give a number of pixels above 0.")

        def paint(snapshot: _Snapshot) -> None:
            # A single point is a segment from itself to itself.
            for start, stop in zip(line, line[1:] if len(line) > 1 else line):
                for box in _boxes_along(start, stop, radius, self.mask.shape):
                    snapshot.keep(box)
                    _view(self.mask, box)[_capsule(box, start, stop, radius)] = label

        return self._apply(paint, joins=True)

    def lasso(self, points: Sequence[tuple[float, float]], label: int) -> list[Change]:
        """Paint the inside of a closed line.

        Where the line crosses itself, a pixel is inside when a ray from its centre
        meets the line an odd number of times (even-odd rule).

        Parameters
        ----------
        points : sequence of (row, column)
            Image frame; whole numbers are the centres of pixels. The last point is
            joined to the first; fewer than three enclose nothing.
        label : int

        Returns
        -------
        changes : list of Change

        Raises
        ------
        StudioError
            A point is not a pair of finite numbers, or `label` is out of range.
        """
        corners = _points(points)
        self._check_label(label)

        def paint(snapshot: _Snapshot) -> None:
            box = _clip(*corners.min(axis=0), *corners.max(axis=0), self.mask.shape)
            if box and len(corners) > 2:
                snapshot.keep(box)
                _view(self.mask, box)[polygon2mask([corners], box)] = label

        return self._apply(paint)

    def fill(self, row: int, column: int, label: int) -> list[Change]:
        """Paint the connected area of one label around a pixel (4 neighbours).

        Parameters
        ----------
        row, column : int
            Image frame.
        label : int

        Returns
        -------
        changes : list of Change

        Raises
        ------
        StudioError
            The pixel lies outside the mask, or `label` is out of range.
        """
        rows, columns = self.mask.shape
        if not (0 <= row < rows and 0 <= column < columns):
            raise StudioError(f"Row {row}, column {column} lies outside the mask ({rows} × {columns}).", "Click inside the photo.")
        row, column = int(row), int(column)
        self._check_label(label)
        if self.mask[row, column] == label:
            return []

        def paint(snapshot: _Snapshot) -> None:
            box, area = _area_around(self.mask, row, column)
            snapshot.keep(box)
            _view(self.mask, box)[area] = label

        return self._apply(paint)

    def replace(self, mask: np.ndarray, joins: bool = False) -> list[Change]:
        """Take over a whole mask.

        Parameters
        ----------
        mask : (M, N) array of int
            Labels 0 to `n_classes` - 1.
        joins : bool
            Whether it becomes part of the step that `begin` opened.

        Returns
        -------
        changes : list of Change

        Raises
        ------
        StudioError
            Another shape, or a label out of range.
        """
        mask = np.asarray(mask)
        if mask.shape != self.mask.shape:
            raise StudioError(f"The new mask has shape {mask.shape}, the photo {self.mask.shape}.", "Both must be of the same size.")
        self._check_label(mask.max())
        self._check_label(mask.min())

        def paint(snapshot: _Snapshot) -> None:
            snapshot.keep((0, mask.shape[0], 0, mask.shape[1]))
            self.mask[:] = mask

        return self._apply(paint, joins)

    def clear(self) -> list[Change]:
        """Make every pixel background (0)."""
        return self.replace(np.zeros_like(self.mask))

    # Steps

    def begin(self) -> None:
        """Open a step: what the brush paints until `end` is undone at once. Any other tool closes the step first."""
        self.end()
        self._open = _Snapshot(self.mask)

    def end(self) -> None:
        """Close the step that `begin` opened; without one, do nothing."""
        if self._open is not None:
            snapshot, self._open = self._open, None
            self._remember(snapshot)

    def undo(self) -> list[Change]:
        """Take back the last step; with none, return an empty list. An open step is closed first."""
        self.end()
        return self._swap(self._undo, self._redo)

    def redo(self) -> list[Change]:
        """Do again what was undone last; with nothing undone, return an empty list."""
        self.end()
        return self._swap(self._redo, self._undo)

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to take back."""
        return bool(self._undo) or (self._open is not None and self._open.touched)

    @property
    def can_redo(self) -> bool:
        """Whether there is a step to do again."""
        return bool(self._redo)

    def _apply(self, paint: Callable[[_Snapshot], None], joins: bool = False) -> list[Change]:
        """Let a tool paint; one that `joins` becomes part of an open step, any other a step of its own."""
        if not joins:
            self.end()
        snapshot = _Snapshot(self.mask)
        paint(snapshot)
        changes = list(snapshot.changes())
        if changes and self._open is not None:
            self._open.keep_before(changes)
            self._redo.clear()
        elif changes:
            self._remember(snapshot)
        return changes

    def _remember(self, snapshot: _Snapshot) -> None:
        step = _Step.of(snapshot.changes())
        if not step.patches:
            return
        self._redo.clear()
        self._undo.append(step)
        self._forget()

    def _forget(self) -> None:
        held = sum(step.n_bytes for step in self._undo)
        while len(self._undo) > _MIN_STEPS and (held > _MAX_BYTES or len(self._undo) > _MAX_STEPS):
            held -= self._undo.popleft().n_bytes

    def _swap(self, source: deque[_Step], target: deque[_Step]) -> list[Change]:
        if not source:
            return []
        changes = []
        for box, before in source.pop().unpacked():
            here = _view(self.mask, box)
            changes.append(Change(box, here.copy()))
            here[:] = before
        target.append(_Step.of(changes))
        return changes

    def _check_label(self, label: int) -> None:
        if not 0 <= label < self.n_classes:
            raise StudioError(f"The label is {label}.", f"Give a class from 0 to {self.n_classes - 1}.")


class _Snapshot:
    """The mask as it was, kept tile by tile only where a tool is about to change it.

    Tiles make the changes of a long or wide tool disjoint and near to what it covers.
    """

    def __init__(self, mask: np.ndarray) -> None:
        self._mask = mask
        self._kept: dict[tuple[int, int], Change] = {}

    @property
    def touched(self) -> bool:
        return bool(self._kept)

    def keep(self, box: Box) -> None:
        """Keep a box of the mask, which has not been changed there since the last `keep` of it."""
        for tile, part in _tiles(box):
            kept = self._kept.get(tile)
            if kept is None:
                self._kept[tile] = Change(part, _view(self._mask, part).copy())
            elif not _covers(kept.box, part):
                # Around what was kept before, the mask is still as it was.
                union = _union(kept.box, part)
                before = _view(self._mask, union).copy()
                _view(before, _within(union, kept.box))[:] = kept.before
                self._kept[tile] = Change(union, before)

    def keep_before(self, changes: list[Change]) -> None:
        """Keep boxes that have already been changed; each lies in one tile."""
        for change in changes:
            ((tile, part),) = _tiles(change.box)
            kept = self._kept.get(tile)
            union = _union(kept.box, part) if kept else part
            before = _view(self._mask, union).copy()
            _view(before, _within(union, part))[:] = change.before
            if kept:
                _view(before, _within(union, kept.box))[:] = kept.before
            self._kept[tile] = Change(union, before)

    def changes(self) -> Iterator[Change]:
        """What differs from the mask now, in tight boxes."""
        for change in self._kept.values():
            differs = change.before != _view(self._mask, change.box)
            rows = np.flatnonzero(differs.any(axis=1))
            if rows.size:
                columns = np.flatnonzero(differs.any(axis=0))
                tight = (rows[0], rows[-1] + 1, columns[0], columns[-1] + 1)
                row0, column0 = change.box[0], change.box[2]
                box = (int(row0 + tight[0]), int(row0 + tight[1]), int(column0 + tight[2]), int(column0 + tight[3]))
                yield Change(box, _view(change.before, tight).copy())


@dataclass(frozen=True)
class _Step:
    """What one undo takes back: boxes that do not overlap, and their pixels, compressed."""

    patches: list[tuple[Box, bytes]]
    n_bytes: int

    @classmethod
    def of(cls, changes: Iterator[Change] | list[Change]) -> _Step:
        patches = [(change.box, zlib.compress(change.before, 1)) for change in changes]
        return cls(patches, sum(len(packed) + _PATCH_BYTES for _, packed in patches))

    def unpacked(self) -> Iterator[tuple[Box, np.ndarray]]:
        for box, packed in self.patches:
            pixels = np.frombuffer(zlib.decompress(packed), dtype=np.uint8)
            yield box, pixels.reshape(box[1] - box[0], box[3] - box[2])


# Boxes


def _view(array: np.ndarray, box: Box) -> np.ndarray:
    return array[box[0] : box[1], box[2] : box[3]]


def _union(a: Box, b: Box) -> Box:
    return min(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), max(a[3], b[3])


def _covers(a: Box, b: Box) -> bool:
    return a[0] <= b[0] and a[1] >= b[1] and a[2] <= b[2] and a[3] >= b[3]


def _within(outer: Box, inner: Box) -> Box:
    """`inner` in the frame whose origin is the first corner of `outer`."""
    return inner[0] - outer[0], inner[1] - outer[0], inner[2] - outer[2], inner[3] - outer[2]


def _tiles(box: Box) -> Iterator[tuple[tuple[int, int], Box]]:
    """The tiles that a box touches, and the part of the box in each."""
    row0, row1, column0, column1 = box
    for i in range(row0 // _TILE, (row1 - 1) // _TILE + 1):
        for j in range(column0 // _TILE, (column1 - 1) // _TILE + 1):
            yield (i, j), (
                max(row0, i * _TILE),
                min(row1, (i + 1) * _TILE),
                max(column0, j * _TILE),
                min(column1, (j + 1) * _TILE),
            )


def _clip(top: float, left: float, bottom: float, right: float, shape: tuple[int, int]) -> Box | None:
    """The pixels whose centres lie in a rectangle and in the mask."""
    row0, row1 = max(0, math.ceil(top)), min(shape[0], math.floor(bottom) + 1)
    column0, column1 = max(0, math.ceil(left)), min(shape[1], math.floor(right) + 1)
    return (row0, row1, column0, column1) if row0 < row1 and column0 < column1 else None


# Shapes


def _points(points: Sequence[tuple[float, float]]) -> np.ndarray:
    try:
        line = np.array(points, dtype=np.float64)
    except (TypeError, ValueError):
        line = np.empty(0)
    if line.ndim != 2 or line.shape[1] != 2 or not np.isfinite(line).all() or np.abs(line).max() > 1e9:
        raise StudioError("The line is not a list of points.", "Give one or more pairs (row, column) of finite numbers.")
    return line


def _boxes_along(start: np.ndarray, stop: np.ndarray, radius: float, shape: tuple[int, int]) -> Iterator[Box]:
    """Boxes that cover a segment with its radius, small enough not to cover much else."""
    radius += 1e-6  # rounding must not cut off a pixel on the very edge
    first, last = _part_inside(start, stop, -radius, np.array(shape) - 1 + radius)
    if first > last:
        return
    length = math.dist(start, stop) * (last - first)
    n_pieces = max(1, math.ceil(length / max(2 * radius, 32)))
    ends = start + np.linspace(first, last, n_pieces + 1)[:, None] * (stop - start)
    for a, b in zip(ends, ends[1:]):
        box = _clip(*(np.minimum(a, b) - radius), *(np.maximum(a, b) + radius), shape)
        if box:
            yield box


def _part_inside(start: np.ndarray, stop: np.ndarray, low: float, high: np.ndarray) -> tuple[float, float]:
    """From where to where, 0..1, a segment runs inside a rectangle (Liang and Barsky, 1984); first > last if nowhere."""
    first, last = 0.0, 1.0
    for a, b, upper in zip(start.tolist(), stop.tolist(), high.tolist()):
        if a == b:
            if not low <= a <= upper:
                return 1.0, 0.0
        else:
            enter, leave = sorted(((low - a) / (b - a), (upper - a) / (b - a)))
            first, last = max(first, enter), min(last, leave)
    return first, last


def _capsule(box: Box, start: np.ndarray, stop: np.ndarray, radius: float) -> np.ndarray:
    """Which pixels of a box have their centre within `radius` of a segment."""
    along = stop - start
    rows = np.arange(box[0], box[1])[:, None] - start[0]
    columns = np.arange(box[2], box[3]) - start[1]
    squared = float(along @ along)
    if squared == 0:
        return rows * rows + columns * columns <= radius * radius
    nearest = np.clip((rows * along[0] + columns * along[1]) / squared, 0, 1)
    return (rows - nearest * along[0]) ** 2 + (columns - nearest * along[1]) ** 2 <= radius * radius


def _area_around(mask: np.ndarray, row: int, column: int) -> tuple[Box, np.ndarray]:
    """The connected area (4 neighbours) of a pixel's label: a box and which of its pixels.

    Looks at a window around the pixel, and at a larger one while the area leaves it.
    """
    rows, columns = mask.shape
    reach = 64
    while True:
        box = (max(0, row - reach), min(rows, row + reach), max(0, column - reach), min(columns, column + reach))
        area = flood(_view(mask, box) == mask[row, column], row - box[0], column - box[2])
        leaves = (
            (box[0] > 0 and area[0].any())
            or (box[1] < rows and area[-1].any())
            or (box[2] > 0 and area[:, 0].any())
            or (box[3] < columns and area[:, -1].any())
        )
        if not leaves:
            return box, area
        reach *= 4
