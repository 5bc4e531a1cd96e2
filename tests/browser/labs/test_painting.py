"""What a visitor of a paint element sees and does: tools, history, zoom, keyboard, touch, and grades that follow the hand."""
import itertools
import re

import numpy as np
import pytest
from tests.browser.conftest import BOOT, ROOT, opened, ready, visitor
from tests.browser.person import Picture, choose, fingers, grouped, number, percent, saved_labels, slide
from PIL import Image
from playwright.sync_api import expect

from pystudio import image
from pystudio.labels import VOC, VOID

HERE = "studio-paint"
CAT, DOG, SHEEP = VOC.id("cat"), VOC.id("dog"), VOC.id("sheep")
SHAPE = (300, 451)
GOAL = 0.6


@pytest.fixture(scope="module")
def booted(browser, lesson):
    """A lesson with nothing but a paint element, and a goal."""
    with visitor(browser) as context:
        page = opened(context)
        page.goto(lesson(("paint", f"photo: chelsea\nlabel: cat\nsize: 24\ntarget: {GOAL}")))
        ready(page, HERE)
        expect(page.locator(".ps-truth-name")).to_have_text("the network’s output", timeout=BOOT)
        yield page


@pytest.fixture
def page(booted):
    """The shared page: brush of 24 pixels, class cat, picture fitted, nothing painted."""
    booted.complaints.clear()
    ready(booted, HERE)
    booted.get_by_role("button", name="Fit the picture").click()
    tool(booted, "Brush")
    hand(booted, "cat")
    slide(booted.get_by_role("slider", name="Size", exact=True), 24)
    booted.get_by_role("button", name="Clear the mask").click()
    expect(booted.locator(f"{HERE} tbody tr")).not_to_have_count(0)
    ready(booted, HERE)
    yield booted
    assert booted.complaints == []


@pytest.fixture
def picture(page):
    picture = Picture(page, HERE)
    assert picture.shape == SHAPE and not painted(picture).any()
    return picture


@pytest.fixture(scope="module")
def truth(booted):
    """What the network said, from the file that the page saves."""
    booted.get_by_role("button", name="Fill from the network").click()
    expect(meter(booted, 0)).to_have_text("100.0%")
    return saved_labels(booted, HERE)


def tool(page, name):
    page.locator(f"{HERE} label.ps-segment", has_text=name).click()


def hand(page, name):
    """Take a class; one that is not in the photo is looked for among all."""
    chip = page.locator(f"{HERE} label.ps-class-chip").filter(has=page.get_by_role("radio", name=name, exact=True))
    if not chip.is_visible():
        page.get_by_text("More classes").click()
    chip.click()
    expect(chip.get_by_role("radio")).to_be_checked()


def meter(page, which):
    """0: pixel accuracy, 1: mean IoU, 2: mean IoU without background."""
    return page.locator(f"{HERE} .ps-meter-number").nth(which)


def painted(picture):
    """The mask as it is drawn, once the element rests."""
    ready(picture.page, HERE)
    return picture.labels("mask")


def capsule(places, radius):
    """(M, N) distance of every pixel from a line, less the radius."""
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]]
    distance = np.full(SHAPE, np.inf)
    for (r0, c0), (r1, c1) in itertools.pairwise(places if len(places) > 1 else places * 2):
        length = (r1 - r0) ** 2 + (c1 - c0) ** 2
        t = np.clip(((rows - r0) * (r1 - r0) + (columns - c0) * (c1 - c0)) / length, 0, 1) if length else 0
        distance = np.minimum(distance, np.hypot(rows - r0 - t * (r1 - r0), columns - c0 - t * (c1 - c0)))
    return distance - radius


def assert_covers(mask, places, radius, slack=0.75):
    """All that is well within the stroke is painted and nothing that is well outside; a mouse is exact to less than a pixel."""
    beyond = capsule(places, radius)
    assert mask[beyond < -slack].all() and not mask[beyond > slack].any()


def counted(truth, mask):
    """The grade of a mask, counted here."""
    judged = truth != VOID
    truth, mask = truth[judged], mask[judged]
    classes = {}
    for label in np.union1d(truth, mask):
        a, b = truth == label, mask == label
        both, either = int((a & b).sum()), int((a | b).sum())
        classes[int(label)] = (percent(both / either), percent(2 * both / int(a.sum() + b.sum())), grouped(both), grouped(either))
    ious = {label: np.mean(((truth == label) & (mask == label)).sum() / ((truth == label) | (mask == label)).sum()) for label in classes}
    without = [iou for label, iou in ious.items() if label]
    means = [percent((truth == mask).mean()), percent(np.mean(list(ious.values()))), percent(np.mean(without) if without else None)]
    return means, classes


def assert_graded(page, truth, mask):
    """The page tells the grade that is counted here (it may take until the next frame)."""
    means, classes = counted(truth, mask)
    expect(page.locator(f"{HERE} .ps-meter-number")).to_have_text(means)
    expect(page.locator(f"{HERE} tbody th")).to_have_text([f"{label}{VOC.names[label]}" for label in classes])
    expect(page.locator(f"{HERE} tbody td")).to_have_text([words for row in classes.values() for words in row])


# ---------------------------------------------------------------- strokes and grades
STROKES = [  # tool, class, size, places: a mask somebody might paint
    ("Brush", "cat", 60, [(80, 150), (60, 300), (150, 320), (250, 200)]),
    ("Brush", "dog", 30, [(250, 60), (200, 120), (260, 180)]),
    ("Eraser", None, 20, [(80, 150), (150, 150), (150, 320)]),
    ("Brush", "sheep", 7, [(20, 20), (20, 430)]),
    ("Brush", "cat", 1, [(280, 10), (290, 440)]),
]


def test_strokes_of_the_mouse_get_the_grade_that_numpy_gives(page, truth, picture):
    for name, label, size, places in STROKES:
        tool(page, name)
        if label:
            hand(page, label)
        slide(page.get_by_role("slider", name="Size", exact=True), size)
        picture.drag(*places, steps=3)
        mask = painted(picture)
        assert_graded(page, truth, mask)
    np.testing.assert_array_equal(mask, saved_labels(page, HERE))
    assert set(np.unique(mask)) == {0, CAT, DOG, SHEEP}


@pytest.mark.parametrize("size", [5, 24, 80])
def test_the_brush_covers_the_pixels_under_it(page, picture, size):
    slide(page.get_by_role("slider", name="Size", exact=True), size)
    places = [(60, 60), (220, 140), (90, 400)]
    picture.drag(*places)
    mask = painted(picture)
    assert set(np.unique(mask)) == {0, CAT}
    assert_covers(mask == CAT, places, size / 2)


def test_the_grade_moves_while_the_stroke_is_drawn(page, truth, picture):
    page.evaluate("""() => {
        window.seen = [];
        const number = document.querySelectorAll("studio-paint .ps-meter-number")[1];
        new MutationObserver(() => window.seen.push(number.textContent)).observe(number, { childList: true, subtree: true, characterData: true });
    }""")
    before = meter(page, 1).inner_text()
    slide(page.get_by_role("slider", name="Size", exact=True), 60)
    picture.press((60, 150), (60, 151))
    values = [before]
    for place in picture.screens((150, 150), (150, 300), (220, 300)):  # over the cat
        page.mouse.move(*place, steps=4)
        expect(meter(page, 1)).not_to_have_text(values[-1])  # the button is down all the while
        values.append(meter(page, 1).inner_text())
    assert page.evaluate("window.seen.length") >= 3
    expect(page.get_by_role("button", name="Undo")).to_be_enabled()
    page.mouse.up()
    mask = painted(picture)
    assert_graded(page, truth, mask)
    assert number(meter(page, 1).inner_text()) > number(before)


def test_the_eraser_paints_background(page, picture):
    picture.drag((150, 100), (150, 350))
    tool(page, "Eraser")
    picture.drag((150, 200), (150, 250))
    mask = painted(picture)
    assert not mask[capsule([(150, 200), (150, 250)], 12) < -1].any()
    assert (mask[150, 120] == CAT) and (mask[150, 330] == CAT)


def test_fill_takes_one_connected_area_of_one_class(page, picture):
    picture.drag((0, 200), (299, 200))  # a wall from top to bottom
    wall = painted(picture) == CAT
    tool(page, "Fill")
    hand(page, "sheep")
    expect(page.get_by_role("radio", name="Fill")).to_be_checked()
    picture.click(150, 20)
    mask = painted(picture)
    left = np.arange(SHAPE[1])[None] < 200
    np.testing.assert_array_equal(mask, np.where(wall, CAT, np.where(left, SHEEP, 0)))
    picture.click(10, 200)
    np.testing.assert_array_equal(painted(picture), np.where(left | wall, SHEEP, 0))


def test_the_lasso_takes_what_it_goes_around(page, truth, picture):
    tool(page, "Lasso")
    corners = [(50, 100), (250, 120), (180, 400)]
    picture.press(*corners, steps=5)
    assert page.locator(f"{HERE} .ps-marks polyline").first.get_attribute("points")  # the way of the lasso is seen
    page.mouse.up()
    mask = painted(picture)
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]]
    inside = np.full(SHAPE, np.inf)  # distance from the nearest side, positive inside
    for (r0, c0), (r1, c1) in zip(corners, corners[1:] + corners[:1]):
        side = ((columns - c0) * (r1 - r0) - (rows - r0) * (c1 - c0)) / np.hypot(r1 - r0, c1 - c0)
        inside = np.minimum(inside, side)
    assert (mask[inside > 1] == CAT).all() and not mask[inside < -1].any()
    assert_graded(page, truth, mask)


# ---------------------------------------------------------------- keys, history, clear
def test_keys_change_size_tool_and_class(page, picture):
    size = page.get_by_role("slider", name="Size", exact=True)
    picture.pane.focus()
    page.keyboard.press("]")
    larger = float(size.input_value())
    page.keyboard.press("[")
    page.keyboard.press("[")
    assert float(size.input_value()) < 24 < larger
    for key, name in [("e", "Eraser"), ("f", "Fill"), ("l", "Lasso"), ("b", "Brush")]:
        page.keyboard.press(key)
        expect(page.get_by_role("radio", name=name)).to_be_checked()
    chips = page.locator(f"{HERE} .ps-class-chip:visible")
    page.keyboard.press("2")
    expect(chips.nth(1).get_by_role("radio")).to_be_checked()
    page.keyboard.press("1")
    expect(chips.nth(0).get_by_role("radio")).to_be_checked()


def test_the_ring_has_the_size_of_the_brush(page, picture):
    slide(page.get_by_role("slider", name="Size", exact=True), 60)
    picture.point(150, 200)
    ring = page.locator(f"{HERE} .ps-marks circle").first.bounding_box()
    scale = picture.screen(0, 1)[0] - picture.screen(0, 0)[0]
    x, y = picture.screen(150, 200)
    assert ring["width"] == pytest.approx(60 * scale, abs=4)
    assert (ring["x"] + ring["width"] / 2, ring["y"] + ring["height"] / 2) == pytest.approx((x, y), abs=1)


def test_a_hundred_steps_are_undone_and_redone_by_keyboard(page, truth, picture):
    undo, redo = page.get_by_role("button", name="Undo"), page.get_by_role("button", name="Redo")
    slide(page.get_by_role("slider", name="Size", exact=True), 18)
    corner, last = np.array(picture.screens((0, 0), (299, 450)))
    scale = (last[0] - corner[0]) / 450
    picture.pane.focus()
    for n in range(100):  # each dab is a step of its own
        page.keyboard.press("12"[n % 2])
        row, column = divmod(n, 10)
        page.mouse.click(*corner + scale * np.array([20 + 40 * column, 15 + 28 * row]))
    page.keyboard.press("1")
    full = painted(picture)
    assert full.any()
    assert_graded(page, truth, full)
    for n in range(50):
        page.keyboard.press("Control+z")
    ready(page, HERE)
    for n in range(50):
        page.keyboard.press("Control+Shift+z" if n % 2 else "Control+y")
    np.testing.assert_array_equal(painted(picture), full)
    expect(redo).to_be_disabled()
    for n in range(100):
        page.keyboard.press("Control+z")
    assert not painted(picture).any()
    assert_graded(page, truth, np.zeros_like(full))
    expect(redo).to_be_enabled()
    for n in range(100):
        page.keyboard.press("Control+Shift+z")
    np.testing.assert_array_equal(painted(picture), full)
    assert_graded(page, truth, full)
    expect(undo).to_be_enabled()
    expect(redo).to_be_disabled()


def test_clear_is_a_step_like_any_other(page, truth, picture):
    picture.drag((100, 100), (200, 300))
    mask = painted(picture)
    page.get_by_role("button", name="Clear the mask").click()
    assert not painted(picture).any()
    assert_graded(page, truth, np.zeros_like(mask))
    page.get_by_role("button", name="Undo").click()
    np.testing.assert_array_equal(painted(picture), mask)
    page.get_by_role("button", name="Redo").click()
    assert not painted(picture).any()


def test_the_mask_of_the_network_is_right_in_every_pixel(page, truth, picture):
    page.get_by_role("button", name="Fill from the network").click()
    for which in range(3):
        expect(meter(page, which)).to_have_text("100.0%")
    np.testing.assert_array_equal(painted(picture), truth)


def test_the_goal_is_said_to_be_reached_and_is_not_before(page, truth, picture):
    goal = page.locator(f"{HERE} .ps-goal")
    expect(goal).to_contain_text(f"Goal: mean IoU of {percent(GOAL)}.")
    expect(goal).not_to_contain_text("reached")
    picture.drag((150, 150), (150, 160))
    assert number(meter(page, 1).inner_text()) < GOAL * 100
    expect(goal).to_contain_text(re.compile(r"\d+\.\d points to go|You were there"))
    page.get_by_role("button", name="Fill from the network").click()
    tool(page, "Eraser")
    picture.drag((150, 150), (150, 200))
    mask = painted(picture)
    assert_graded(page, truth, mask)
    assert GOAL * 100 <= number(meter(page, 1).inner_text()) < 100
    expect(goal).to_have_text(f"Goal reached: mean IoU {meter(page, 1).inner_text()}, asked for {percent(GOAL)}.")
    page.get_by_role("button", name="Clear the mask").click()
    expect(goal).not_to_contain_text("reached")


# ---------------------------------------------------------------- all classes
def test_all_21_classes_are_offered_those_of_the_photo_first(page, truth, picture):
    page.locator(f"{HERE} details.ps-more").evaluate("details => details.open = true")
    names = page.locator(f"{HERE} .ps-class-chip input").evaluate_all("all => all.map(each => each.getAttribute('aria-label'))")
    assert sorted(names) == sorted(VOC.names) and len(names) == 21
    found = [VOC.names[label] for label in np.unique(truth) if label]
    assert names[: len(found)] == found
    search = page.get_by_role("searchbox", name="Find a class")
    search.fill("train")
    expect(page.locator(f"{HERE} .ps-more .ps-class-chip:visible")).to_have_count(1)
    search.press("Enter")
    picture.drag((150, 200), (150, 210))
    assert set(np.unique(painted(picture))) == {0, VOC.id("train")}


# ---------------------------------------------------------------- layers
def test_the_error_view_marks_the_pixels_that_differ(page, truth, picture):
    picture.drag((40, 40), (200, 300))
    page.get_by_role("switch", name="Show errors").check(force=True)
    mask = painted(picture)
    np.testing.assert_array_equal(picture.layer("difference")[..., 3] > 0, mask != truth)
    picture.drag((250, 40), (250, 300))  # it follows what is painted
    mask = painted(picture)
    np.testing.assert_array_equal(picture.layer("difference")[..., 3] > 0, mask != truth)
    assert 0 < (mask != truth).mean() < 1
    page.get_by_role("switch", name="Show errors").uncheck(force=True)
    assert not picture.layer("difference").any()


def test_the_network_lies_below_on_demand(page, truth, picture):
    assert not picture.layer("network").any()
    page.get_by_role("switch", name="Network below").check(force=True)
    expect(page.locator(f"{HERE} [data-layer=network]")).to_be_visible()
    np.testing.assert_array_equal(picture.labels("network"), truth)
    assert not painted(picture).any()
    page.get_by_role("switch", name="Network below").uncheck(force=True)
    assert not picture.layer("network").any()


def test_a_label_picture_of_ones_own_is_the_truth(page, truth, picture, tmp_path):
    own = np.zeros(SHAPE, np.uint8)
    own[100:200, 100:300], own[:20] = SHEEP, VOID
    labels = Image.fromarray(own)
    labels.putpalette(VOC.palette().tobytes())
    labels.save(tmp_path / "my labels.png")
    picture.drag((120, 120), (180, 280))
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Load a label PNG").click()
    chooser.value.set_files(tmp_path / "my labels.png")
    expect(page.locator(".ps-truth-name")).to_have_text("my labels.png")
    assert_graded(page, own, painted(picture))
    hand(page, "sheep")
    picture.drag((110, 110), (190, 290))
    mask = painted(picture)
    assert_graded(page, own, mask)
    page.get_by_role("button", name="Use the network’s output").click()
    expect(page.locator(".ps-truth-name")).to_have_text("the network’s output")
    assert_graded(page, truth, mask)


# ---------------------------------------------------------------- zoom and pan
def zoomed(page):
    return number(page.locator(f"{HERE} .ps-view-zoom").inner_text())


def test_a_zoomed_and_panned_picture_is_painted_where_the_mouse_is(page, picture):
    fitted = zoomed(page)
    picture.point(150, 300)
    page.keyboard.down("Control")
    for _ in range(6):
        page.mouse.wheel(0, -120)
    page.keyboard.up("Control")
    expect(page.locator(f"{HERE} .ps-view-zoom")).not_to_have_text(f"{fitted:.0f}%")
    assert zoomed(page) > 3 * fitted
    x, y = picture.screen(150, 300)
    page.mouse.move(x, y)
    page.mouse.down(button="middle")
    page.mouse.move(x - 60, y + 40, steps=3)
    page.mouse.up(button="middle")
    moved = picture.screen(150, 300)
    assert moved == pytest.approx((x - 60, y + 40), abs=1)
    picture.drag((140, 290), (150, 305))
    mask = painted(picture)
    assert_covers(mask == CAT, [(140, 290), (150, 305)], 12)
    page.get_by_role("button", name="Fit the picture").click()
    assert zoomed(page) == fitted
    np.testing.assert_array_equal(painted(picture), mask)


def test_the_buttons_zoom_and_space_pans(page, picture):
    fitted = zoomed(page)
    for _ in range(3):
        page.get_by_role("button", name="Zoom in").click()
    assert zoomed(page) == pytest.approx(fitted * 1.5**3, rel=0.01)
    picture.pane.focus()
    x, y = picture.screen(150, 225)
    page.mouse.move(x, y)
    page.keyboard.down("Space")
    page.mouse.down()
    page.mouse.move(x + 50, y - 30, steps=3)
    page.mouse.up()
    page.keyboard.up("Space")
    assert picture.screen(150, 225) == pytest.approx((x + 50, y - 30), abs=1)
    assert not painted(picture).any()
    picture.click(150, 225)
    assert_covers(painted(picture) == CAT, [(150, 225)], 12)
    page.get_by_role("button", name="Zoom out").click()
    assert zoomed(page) == pytest.approx(fitted * 1.5**2, rel=0.01)


# ---------------------------------------------------------------- keyboard and touch
def test_a_stroke_can_be_drawn_by_keyboard(page, truth, picture):
    picture.pane.focus()
    page.keyboard.press("ArrowRight")  # the cursor appears, in the middle of what is in sight
    page.keyboard.down("Enter")
    for _ in range(5):
        page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.up("Enter")
    mask = painted(picture)
    (top, left), (bottom, right) = np.argwhere(mask == CAT).min(0), np.argwhere(mask == CAT).max(0)
    row, column = top + 12, left + 12
    assert (row, column) == pytest.approx((150, 225), abs=2)
    assert_covers(mask == CAT, [(row, column), (row, column + 50), (row + 10, column + 50)], 12, slack=1.5)
    assert_graded(page, truth, mask)
    page.keyboard.press("Control+z")
    assert not painted(picture).any()  # it was one step
    page.keyboard.press("Escape")


def test_one_finger_paints(page, truth, picture):
    places = [(100, 100), (100, 150), (150, 200), (200, 250)]
    with fingers(page) as touch:
        points = picture.screens(*places)
        scrolled = page.evaluate("scrollY")
        touch("Start", points[0])
        for point in points[1:]:
            touch("Move", point)
        touch("End")
        mask = painted(picture)
        assert page.evaluate("scrollY") == scrolled
    assert_covers(mask == CAT, places, 12, slack=1)
    assert_graded(page, truth, mask)


def test_a_tap_is_a_dab(page, picture):
    with fingers(page) as touch:
        touch("Start", picture.screen(120, 200))
        touch("End")
    expect(page.get_by_role("button", name="Undo")).to_be_enabled()
    assert_covers(painted(picture) == CAT, [(120, 200)], 12)


def test_two_fingers_zoom_and_do_not_paint(page, picture):
    fitted = zoomed(page)
    with fingers(page) as touch:
        a, b = np.array(picture.screens((150, 180), (150, 270)))
        touch("Start", a)
        touch("Start", a, b)
        for step in range(1, 6):
            touch("Move", a - (12 * step, 0), b + (12 * step, 0))
        touch("Move", a - (60, 30), b + (60, 30))
        touch("End", a - (60, 30))
        touch("Move", a - (20, 30))  # the finger that stays does nothing
        touch("End")
    expect(page.locator(f"{HERE} .ps-view-zoom")).not_to_have_text(f"{fitted:.0f}%")
    assert zoomed(page) > 1.5 * fitted
    assert not painted(picture).any()
    undone = page.get_by_role("button", name="Redo")
    expect(undone).to_be_disabled()


def test_a_finger_that_turns_out_to_be_half_of_a_pinch_leaves_no_trace(page, picture):
    picture.drag((40, 60), (40, 200))
    mask = painted(picture)
    # over bare photo it has painted already when the second finger comes; over its own colour it has changed nothing: no step of before may go
    for row in (200, 40):
        with fingers(page) as touch:
            a, b = np.array(picture.screens((row, 100), (row, 350)))
            touch("Start", a)
            touch("Move", a + (30, 0))
            ready(page, HERE, "running")
            touch("Start", a + (30, 0), b)
            touch("Move", a, b + (30, 0))
            touch("End")
        np.testing.assert_array_equal(painted(picture), mask)
        page.get_by_role("button", name="Fit the picture").click()
    page.get_by_role("button", name="Undo").click()
    assert not painted(picture).any()


def test_a_finger_that_is_lifted_leaves_no_ring_behind(page, picture):
    ring = page.locator(f"{HERE} .ps-marks circle").first
    with fingers(page) as touch:
        touch("Start", picture.screen(120, 200))
        touch("Move", picture.screen(120, 230))
        expect(ring).to_be_visible()
        touch("End")
    expect(ring).to_be_hidden()


def test_the_palm_beside_a_pen_neither_paints_nor_breaks_the_line(page, picture):
    places = [(100, 100), (100, 200), (180, 260)]
    session = page.context.new_cdp_session(page)

    def pen(kind, x, y):
        session.send("Input.dispatchMouseEvent", {"type": f"mouse{kind}", "x": x, "y": y, "button": "left", "buttons": 1, "clickCount": 1, "pointerType": "pen"})
    with fingers(page) as touch:
        (x, y), *others, palm = picture.screens(*places, (260, 400))
        palm = np.array(palm)
        pen("Pressed", x, y)
        touch("Start", palm)
        for place in others:
            pen("Moved", *place)
            touch("Move", palm + (9, 9))
            palm += 9
        touch("End")
        pen("Released", *others[-1])
    session.detach()
    assert_covers(painted(picture) == CAT, places, 12, slack=1)


def test_the_right_button_paints_nothing_and_the_next_finger_does(page, picture):
    x, y = picture.screen(60, 60)
    page.mouse.move(x, y)
    page.mouse.down(button="right")  # with a menu over the page nobody hears when it is let go
    with fingers(page) as touch:
        touch("Start", picture.screen(120, 200))
        touch("Move", picture.screen(120, 260))
        touch("End")
    page.mouse.up(button="right")
    assert_covers(painted(picture) == CAT, [(120, 200), (120, 260)], 12, slack=1)


# ---------------------------------------------------------------- a slow machine
SLOW = """delay => {
    const { engine } = window.pystudio;
    const call = engine.call.bind(engine);
    engine.call = async (name, ...rest) => (name === "paint.stroke" && await new Promise(resolve => setTimeout(resolve, delay)), call(name, ...rest));
    window.quick = () => { engine.call = call; };
}"""


@pytest.fixture
def slow(page):
    """Strokes take Python a long time."""
    page.evaluate(SLOW, 300)
    yield page
    page.evaluate("window.quick()")


def test_a_file_saved_at_once_holds_the_strokes_that_python_has_yet_to_paint(slow, picture):
    for row in (60, 120, 180):
        picture.drag((row, 100), (row, 300), steps=4)
    mask = saved_labels(slow, HERE) == CAT
    assert all(mask[row, 250] for row in (60, 120, 180))


def test_undo_takes_the_stroke_before_it_though_the_hand_paints_on(slow, picture):
    picture.drag((60, 100), (60, 300))
    picture.pane.focus()
    slow.keyboard.press("Control+z")
    picture.drag((200, 100), (200, 300))
    mask = painted(picture) == CAT
    assert mask[200, 250] and not mask[60, 250]


# ---------------------------------------------------------------- another photo
def test_the_tool_in_hand_stays_when_the_network_names_the_classes(page, picture):
    tool(page, "Eraser")
    choose(page, "Band", HERE)
    expect(page.get_by_role("radio", name="person", exact=True)).to_be_checked()
    expect(page.get_by_role("radio", name="Eraser")).to_be_checked()
    choose(page, "Cat portrait", HERE)
    expect(page.locator(".ps-truth-name")).to_have_text("the network’s output")
    expect(page.get_by_role("radio", name="Eraser")).to_be_checked()


def test_the_photo_that_is_shown_may_be_chosen_again_and_nothing_is_lost(page, picture):
    picture.drag((150, 100), (150, 300))
    mask = painted(picture)
    choose(page, "Cat portrait", HERE)
    np.testing.assert_array_equal(painted(picture), mask)
    page.get_by_role("button", name="Undo").click()
    assert not painted(picture).any()


def test_each_photo_has_a_mask_of_its_own(page, truth, picture):
    picture.drag((150, 100), (150, 300))
    mask = painted(picture)
    choose(page, "Band", HERE)
    assert picture.shape == image.load(ROOT / "site_src/photos/band.webp").shape[:2]
    assert not painted(picture).any()
    choose(page, "Cat portrait", HERE)
    np.testing.assert_array_equal(painted(picture), mask)
    expect(page.locator(".ps-truth-name")).to_have_text("the network’s output")
    assert_graded(page, truth, mask)
