"""The canvas, against testing every pixel of the picture, scikit-image's polygons and floods, and plain copies for undo."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from skimage.draw import polygon2mask
from skimage.segmentation import flood

from pystudio.segment import canvas as canvas_module
from pystudio.errors import StudioError
from pystudio.measure.metrics import Grader, confusion
from pystudio.segment.canvas import Canvas

coordinates = st.floats(-40, 340, allow_nan=False, width=32)
points = st.tuples(coordinates, coordinates)


def covered(shape, line, radius):
    """All pixels within `radius` of a line, by looking at every one of them; and those too near the edge to tell."""
    rows, columns = np.mgrid[: shape[0], : shape[1]].astype(float)
    distance = np.full(shape, np.inf)
    for (r0, c0), (r1, c1) in zip(line, line[1:] or line):
        length = (r1 - r0) ** 2 + (c1 - c0) ** 2
        t = np.zeros(shape) if length == 0 else ((rows - r0) * (r1 - r0) + (columns - c0) * (c1 - c0)) / length
        t = np.clip(t, 0, 1)
        distance = np.minimum(distance, np.hypot(rows - r0 - t * (r1 - r0), columns - c0 - t * (c1 - c0)))
    return distance <= radius, np.abs(distance - radius) < 1e-6


def assert_changes_tell_all(before, mask, changes):
    """The boxes do not overlap, are tight, and give back what was there."""
    restored = mask.copy()
    claimed = np.zeros(mask.shape, int)
    for change in changes:
        row0, row1, column0, column1 = change.box
        assert change.before.shape == (row1 - row0, column1 - column0)
        claimed[row0:row1, column0:column1] += 1
        differs = change.before != mask[row0:row1, column0:column1]
        assert differs[0].any() and differs[-1].any() and differs[:, 0].any() and differs[:, -1].any()
        restored[row0:row1, column0:column1] = change.before
    assert claimed.max(initial=0) <= 1
    assert np.array_equal(restored, before)


@settings(max_examples=60, deadline=None)
@given(st.lists(points, min_size=1, max_size=4), st.floats(0.5, 60))
def test_a_brush_paints_what_is_within_its_radius(line, radius):
    canvas = Canvas((300, 290), 21)
    changes = canvas.brush(line, radius, 7)
    inside, uncertain = covered((300, 290), line, radius)
    assert not ((canvas.mask == 7) ^ inside)[~uncertain].any()
    assert_changes_tell_all(np.zeros((300, 290), np.uint8), canvas.mask, changes)


def test_pixels_at_exactly_the_radius_are_painted():
    canvas = Canvas((11, 11), 2)
    canvas.brush([(5, 5)], 5, 1)
    assert canvas.mask[5, 0] and canvas.mask[0, 5] and canvas.mask[8, 9] and not canvas.mask[9, 9]  # 3-4-5


def test_a_long_diagonal_touches_few_pixels_besides_its_own(monkeypatch):
    looked_at = []
    capsule = canvas_module._capsule
    monkeypatch.setattr(canvas_module, "_capsule", lambda box, *rest: looked_at.append((box[1] - box[0]) * (box[3] - box[2])) or capsule(box, *rest))
    canvas = Canvas((4000, 4000), 2)
    canvas.brush([(0, 0), (3999, 3999)], 10, 1)
    painted = np.count_nonzero(canvas.mask)
    assert sum(looked_at) < 6 * painted < 0.05 * canvas.mask.size


def test_a_line_from_far_outside_is_cut_at_the_picture(monkeypatch):
    boxes = []
    capsule = canvas_module._capsule
    monkeypatch.setattr(canvas_module, "_capsule", lambda box, *rest: boxes.append(box) or capsule(box, *rest))
    canvas = Canvas((50, 50), 2)
    canvas.brush([(-1e8, -1e8), (1e8, 1e8)], 2, 1)
    assert canvas.mask[25, 25] and len(boxes) < 10
    assert canvas.brush([(-1e8, 0), (-1e8, 50)], 2, 1) == []


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.floats(-20, 120), st.floats(-20, 120)), min_size=3, max_size=9))
def test_a_lasso_paints_what_a_ray_finds_inside(corners):
    canvas = Canvas((97, 89), 21)
    changes = canvas.lasso(corners, 3)
    rows, columns = np.mgrid[:97, :89].astype(float)
    inside = np.zeros((97, 89), bool)
    uncertain = np.zeros((97, 89), bool)
    for (r0, c0), (r1, c1) in zip(corners, [*corners[1:], corners[0]]):
        if r0 == r1:
            continue
        meets = (r0 <= rows) != (r1 <= rows)
        at = c0 + np.where(meets, rows - r0, 0) / (r1 - r0) * (c1 - c0)
        inside ^= meets & (at <= columns)
        uncertain |= meets & (np.abs(at - columns) < 1e-6)
    assert not ((canvas.mask == 3) ^ inside)[~uncertain].any()
    assert_changes_tell_all(np.zeros((97, 89), np.uint8), canvas.mask, changes)


@pytest.mark.parametrize("n", [3, 5, 12, 60])
def test_a_lasso_agrees_with_scikit_image(n):
    corners = np.random.default_rng(n).uniform(-5, 75, (n, 2))  # crosses itself; no corner on a pixel's centre
    canvas = Canvas((70, 60), 2)
    canvas.lasso(corners, 1)
    assert np.array_equal(canvas.mask.astype(bool), polygon2mask((70, 60), corners))


@pytest.mark.parametrize("corners", [[(1, 1)], [(1, 1), (5, 5)], [(2, 2), (2, 8), (2, 5)], [(-9, -9), (-9, -1), (-1, -9)]])
def test_a_lasso_around_nothing_changes_nothing(corners):
    canvas = Canvas((10, 10), 2)
    assert canvas.lasso(corners, 1) == [] and not canvas.can_undo


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_a_fill_paints_what_scikit_image_floods(data):
    shape = data.draw(hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=30))
    mask = data.draw(hnp.arrays(np.uint8, shape, elements=st.integers(0, 2)))
    seed = (data.draw(st.integers(0, shape[0] - 1)), data.draw(st.integers(0, shape[1] - 1)))
    canvas = Canvas(shape, 9)
    canvas.replace(mask)
    canvas.fill(*seed, 8)
    assert np.array_equal(canvas.mask, np.where(flood(mask, seed, connectivity=1), 8, mask))


def spiral(n):
    mask = np.zeros((n, n), np.uint8)
    row, column, down, right, length = 0, 0, 0, 1, n - 1
    mask[0, 0] = 1
    while length > 0:
        for _ in range(2 if length < n - 1 else 3):
            for _ in range(length):
                row, column = row + down, column + right
                mask[row, column] = 1
            down, right = right, -down
        length -= 2
    return mask


@pytest.mark.parametrize(
    "mask",
    [spiral(301), np.indices((400, 300)).sum(axis=0) % 2, (np.random.default_rng(3).random((700, 650)) < 0.62), np.zeros((600, 600))],
    ids=["spiral", "chessboard", "percolation", "empty"],
)
def test_a_fill_follows_areas_larger_than_its_first_window(mask):
    mask = mask.astype(np.uint8)
    seed = tuple(np.argwhere(mask == mask[mask.shape[0] // 2, mask.shape[1] // 2])[0])
    canvas = Canvas(mask.shape, 9)
    canvas.replace(mask)
    changes = canvas.fill(*seed, 8)
    assert np.array_equal(canvas.mask, np.where(flood(mask, seed, connectivity=1), 8, mask))
    assert_changes_tell_all(mask, canvas.mask, changes)


def test_a_small_fill_in_a_large_mask_looks_at_a_small_window(monkeypatch):
    looked_at = []
    flooded = canvas_module.flood
    monkeypatch.setattr(canvas_module, "flood", lambda same, *rest: looked_at.append(same.size) or flooded(same, *rest))
    canvas = Canvas((3000, 3000), 3)
    canvas.brush([(1500, 1500)], 20, 1)
    canvas.fill(1500, 1500, 2)
    assert sum(looked_at) <= 128 * 128


def test_filling_with_the_same_label_is_no_step():
    canvas = Canvas((5, 5), 2)
    assert canvas.fill(2, 2, 0) == [] and not canvas.can_undo


def test_one_stroke_is_one_step():
    canvas = Canvas((600, 600), 5)
    canvas.brush([(3, 3)], 2, 4)
    before = canvas.mask.copy()
    canvas.begin()
    for i in range(30):
        canvas.brush([(20 * i, 10 * i), (20 * i + 20, 10 * i + 10)], 9, 1 + i % 3)
    canvas.end()
    after = canvas.mask.copy()
    changes = canvas.undo()
    assert np.array_equal(canvas.mask, before)
    assert_changes_tell_all(after, canvas.mask, changes)
    canvas.redo()
    assert np.array_equal(canvas.mask, after)


def test_a_stroke_still_open_can_be_undone_and_other_tools_close_it():
    canvas = Canvas((20, 20), 5)
    canvas.begin()
    assert not canvas.can_undo
    canvas.brush([(5, 5)], 2, 1)
    assert canvas.can_undo
    canvas.fill(0, 0, 2)
    assert canvas.mask[0, 0] == 2 and canvas.mask[5, 5] == 1
    canvas.undo()
    assert canvas.mask[0, 0] == 0 and canvas.mask[5, 5] == 1
    canvas.begin()
    canvas.brush([(15, 15)], 2, 3)
    canvas.undo()
    assert canvas.mask[15, 15] == 0 and canvas.mask[5, 5] == 1


def test_a_stroke_that_changes_nothing_leaves_redo_alone():
    canvas = Canvas((20, 20), 5)
    canvas.brush([(5, 5)], 2, 1)
    canvas.undo()
    canvas.brush([(5, 5)], 2, 0)
    assert canvas.can_redo
    canvas.brush([(5, 5)], 2, 2)
    assert not canvas.can_redo and canvas.redo() == []


def test_undoing_nothing_changes_nothing():
    canvas = Canvas((5, 5), 2)
    assert canvas.undo() == [] and canvas.redo() == [] and not canvas.can_undo and not canvas.can_redo


def test_a_hundred_steps_are_kept_however_large_and_no_more_than_fit(monkeypatch):
    monkeypatch.setattr(canvas_module, "_MAX_BYTES", 1)
    canvas = Canvas((30, 30), 200)
    for label in range(1, 151):
        canvas.replace(np.full((30, 30), label))
    undone = 0
    while canvas.can_undo:
        canvas.undo()
        undone += 1
    assert undone == 100 and canvas.mask[0, 0] == 50


def test_history_is_compressed():
    canvas = Canvas((2000, 2000), 5)
    for label in (1, 2, 3, 4, 0):
        canvas.replace(np.full((2000, 2000), label, np.uint8))
    assert sum(step.n_bytes for step in canvas._undo) < 5 * canvas.mask.size / 50


def test_the_cost_of_a_step_is_in_its_patches_not_in_the_picture():
    sizes = []
    for shape in ((400, 640), (2560, 4096)):
        canvas = Canvas(shape, 5)
        canvas.brush([(100, 100), (140, 260)], 12, 3)
        sizes.append([(box, len(packed)) for box, packed in canvas._undo[0].patches])
    assert sizes[0] == sizes[1]


@pytest.mark.parametrize(
    ("use", "said"),
    [
        (lambda c: c.brush([(1, 2)], 0, 1), "radius 0"),
        (lambda c: c.brush([(1, 2)], math.nan, 1), "radius nan"),
        (lambda c: c.brush([(1, 2)], 3, 21), "label is 21"),
        (lambda c: c.brush([(1, 2)], 3, -1), "label is -1"),
        (lambda c: c.brush([], 3, 1), "not a list of points"),
        (lambda c: c.brush([(1, 2, 3)], 3, 1), "not a list of points"),
        (lambda c: c.brush([(1, math.nan)], 3, 1), "not a list of points"),
        (lambda c: c.brush([(1, 2), (3,)], 3, 1), "not a list of points"),
        (lambda c: c.lasso("abc", 1), "not a list of points"),
        (lambda c: c.fill(9, 10, 1), "outside the mask"),
        (lambda c: c.fill(-1, 0, 1), "outside the mask"),
        (lambda c: c.replace(np.zeros((3, 3))), r"\(3, 3\)"),
        (lambda c: c.replace(np.full((10, 10), 255)), "label is 255"),
    ],
)
def test_bad_input_is_named_and_changes_nothing(use, said):
    canvas = Canvas((10, 10), 21)
    canvas.fill(0, 0, 5)
    with pytest.raises(StudioError, match=said):
        use(canvas)
    assert (canvas.mask == 5).all()


def test_a_canvas_needs_a_size_and_classes():
    with pytest.raises(StudioError, match="shape"):
        Canvas((0, 4), 2)
    with pytest.raises(StudioError, match="classes is 256"):
        Canvas((4, 4), 256)


class Session(RuleBasedStateMachine):
    """Any order of tools, strokes, undo and redo, beside a list of whole masks and a grade from scratch."""

    shape = (280, 300)  # more than one tile each way

    def __init__(self):
        super().__init__()
        self.canvas = Canvas(self.shape, 6)
        self.truth = np.random.default_rng(0).integers(0, 6, self.shape, dtype=np.uint8)
        self.truth[:20] = 255
        self.grader = Grader(self.truth, self.canvas.mask, 6)
        self.past, self.future = [], []
        self.open = None

    def close(self):
        if self.open is not None:
            before, self.open = self.open, None
            if not np.array_equal(before, self.canvas.mask):
                self.past.append(before)

    def do(self, tool, joins=False):
        if not joins:
            self.close()
        before = self.canvas.mask.copy()
        changes = tool()
        assert_changes_tell_all(before, self.canvas.mask, changes)
        for change in changes:
            self.grader.update(change.box, change.before)
        if changes:
            self.future.clear()
            if not (joins and self.open is not None):
                self.past.append(before)

    near = st.floats(-20, 320)
    label = st.integers(0, 5)

    @rule(line=st.lists(st.tuples(near, near), min_size=1, max_size=3), radius=st.floats(0.5, 50), label=label)
    def brush(self, line, radius, label):
        self.do(lambda: self.canvas.brush(line, radius, label), joins=True)

    @rule(corners=st.lists(st.tuples(near, near), min_size=3, max_size=5), label=label)
    def lasso(self, corners, label):
        self.do(lambda: self.canvas.lasso(corners, label))

    @rule(row=st.integers(0, 279), column=st.integers(0, 299), label=label)
    def fill(self, row, column, label):
        self.do(lambda: self.canvas.fill(row, column, label))

    @rule()
    def clear(self):
        self.do(self.canvas.clear)

    @precondition(lambda self: self.open is None)
    @rule()
    def begin(self):
        self.canvas.begin()
        self.open = self.canvas.mask.copy()

    @rule()
    def end(self):
        self.canvas.end()
        self.close()

    @rule()
    def undo(self):
        self.close()
        self.step(self.canvas.undo, self.past, self.future)

    @rule()
    def redo(self):
        self.close()
        self.step(self.canvas.redo, self.future, self.past)

    def step(self, move, source, target):
        before = self.canvas.mask.copy()
        changes = move()
        assert_changes_tell_all(before, self.canvas.mask, changes)
        for change in changes:
            self.grader.update(change.box, change.before)
        if source:
            assert np.array_equal(self.canvas.mask, source.pop())
            target.append(before)
        else:
            assert changes == []

    @invariant()
    def grades_are_those_from_scratch(self):
        assert np.array_equal(self.grader.confusion, confusion(self.truth, self.canvas.mask, 6))

    @invariant()
    def the_canvas_knows_what_it_can_do(self):
        assert self.canvas.can_redo == bool(self.future)
        if self.open is None:
            assert self.canvas.can_undo == bool(self.past)


TestSession = Session.TestCase
TestSession.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
