"""What a visitor of the metric lab sees and does: set-ups, steps, truths, the marks on the picture, the curve; the same numbers as on the desktop."""
import re

import numpy as np
import pytest
from tests.browser.conftest import BOOT, opened, visitor
from tests.browser.person import Picture, answer, percent, slide
from playwright.sync_api import expect

from pystudio.labs.metric_lab import handler
from pystudio.session.session import Session

HERE = "studio-metric-lab"
COLOURS = {(0, 158, 115): 1, (0, 90, 190): 2, (230, 110, 0): 3}


@pytest.fixture(scope="module")
def booted(browser, lesson):
    """One page for the whole module."""
    with visitor(browser) as context:
        page = opened(context)
        page.goto(lesson(("metric-lab", "photo: chelsea\npreset: superset"), ("paint", "")))
        page.locator(HERE).scroll_into_view_if_needed()
        page.locator(f"{HERE} [data-measure=iou]").wait_for(timeout=BOOT)
        yield page


@pytest.fixture
def page(booted):
    """The shared page at its first set-up; whatever a test does must leave the console silent."""
    booted.complaints.clear()
    booted.locator(HERE).scroll_into_view_if_needed()
    setup(booted, "The mask that takes too much")
    yield booted
    assert booted.complaints == []


@pytest.fixture(scope="module")
def desktop():
    """The handler on the desktop, with a photo of the same size."""
    async def run(network, tensor):
        raise AssertionError("drawn truths need no network")

    session = Session(run)
    session.open_photo(300, 451, bytes(300 * 451 * 4))
    return session.handler("metric_lab")


def setup(page, title):
    page.locator(HERE).get_by_role("button", name=title).click()


def numbers(page):
    """Every grade as it is read on the page."""
    return {each.get_attribute("data-measure"): each.locator(".ps-measure-value").inner_text() for each in page.locator(f"{HERE} .ps-measure").all()}


def expected(handler, truth, steps, tolerance, **more):
    return answer(handler.run(truth=truth, network="deeplab_s16", steps=steps, tolerance=tolerance, **more))


def shows(page, report):
    """Wait until the page shows every grade, formula included, as the desktop has it."""
    for measure in report["measures"]:
        row = page.locator(f"{HERE} [data-measure={measure['name']}]")
        expect(row.locator(".ps-measure-formula")).to_have_text(measure["formula"])
        expect(row.locator(".ps-measure-value")).to_have_text(measure["text"])


def step(kind, strength, direction="right", seed=1):
    return {"kind": kind, "strength": strength, "direction": direction, "seed": seed}


@pytest.mark.parametrize("preset", handler.PRESETS, ids=lambda preset: preset["name"])
def test_every_set_up_has_the_numbers_of_the_desktop(page, desktop, preset):
    setup(page, preset["title"])
    expect(page.locator(f"{HERE} .ps-setup-words")).to_have_text(preset["summary"])
    shows(page, expected(desktop, preset["truth"], preset["steps"], preset["tolerance"], **({"label": preset["label"]} if preset["label"] else {})))


def test_the_picture_shows_what_is_in_both_missed_and_too_much(page, desktop):
    page.locator(HERE).get_by_role("button", name="Shift", exact=True).click()
    report = expected(desktop, "disc", [step("grow", 24), step("shift", 8)], 2)
    shows(page, report)
    drawn = Picture(page, HERE).layer("marks")
    found = np.zeros(drawn.shape[:2], int)
    for colour, value in COLOURS.items():  # a translucent pixel may come back off by a little
        found[(drawn[..., 3] > 0) & (np.abs(drawn[..., :3].astype(int) - colour).max(axis=2) <= 4)] = value
    assert np.array_equal(found.ravel(), report["overlap"])


def test_steps_are_added_moved_and_taken_away_with_the_keyboard_alone(page, desktop):
    lab = page.locator(HERE)
    lab.get_by_role("button", name="Shrink", exact=True).focus()
    page.keyboard.press("Enter")
    expect(lab.locator(".ps-spoil-step")).to_have_count(2)
    shows(page, expected(desktop, "disc", [step("grow", 24), step("shrink", 6)], 2))
    slide(lab.get_by_role("slider", name="2. Shrink"), 10)
    shows(page, expected(desktop, "disc", [step("grow", 24), step("shrink", 10)], 2))
    lab.get_by_role("button", name="Move Shrink up").focus()
    page.keyboard.press("Enter")
    shows(page, expected(desktop, "disc", [step("shrink", 10), step("grow", 24)], 2))
    lab.get_by_role("button", name="Take Shrink away").focus()
    page.keyboard.press("Enter")
    shows(page, expected(desktop, "disc", [step("grow", 24)], 2))
    expect(lab.locator(".ps-setup-words")).to_have_text("Your own set-up.")


def test_direction_seed_and_tolerance_count(page, desktop):
    lab = page.locator(HERE)
    setup(page, "The ten-pixel wire")
    lab.get_by_label("Direction of the shift").select_option("right")
    shows(page, expected(desktop, "wire", [step("shift", 5)], 5))
    slide(lab.get_by_role("slider", name="Tolerance"), 1)
    shows(page, expected(desktop, "wire", [step("shift", 5)], 1))
    setup(page, "Five stray pixels")
    lab.get_by_role("button", name="Other pixels").click()
    shows(page, expected(desktop, "disc", [step("stray", 5, seed=4)], 2))


def test_the_furthest_pair_is_a_line_between_the_two_pixels(page, desktop):
    setup(page, "Five stray pixels")
    report = expected(desktop, "disc", [step("stray", 5, seed=3)], 2)
    shows(page, report)
    row, column, to_row, to_column = report["pair"]
    line = page.locator(f"{HERE} line.ps-furthest-line")
    assert [float(line.get_attribute(name)) for name in ("y1", "x1", "y2", "x2")] == [row + 0.5, column + 0.5, to_row + 0.5, to_column + 0.5]
    # and it lies there on the screen
    x, y = Picture(page, HERE).screen(*((a + b) / 2 for a, b in ((row, to_row), (column, to_column))))
    box = line.bounding_box()
    assert (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2) == pytest.approx((x, y), abs=3)


def test_the_curve_tells_every_number_at_its_ends(page, desktop):
    curve = answer(desktop.curve("disc", "deeplab_s16", [step("grow", 24)], 2, vary=0))
    iou = next(line for line in curve["shares"] if line["name"] == "iou")["values"]
    plots = page.locator(f"{HERE} .ps-curves svg[role=img]")
    expect(plots).to_have_count(2)
    expect(plots.first).to_have_attribute("aria-label", re.compile(rf"IoU from {100 * iou[0]:.1f} to {100 * iou[-1]:.1f}\b"))
    expect(plots.last).to_have_attribute("aria-label", re.compile(r"Hausdorff distance from 0\.0 to 40\.0\b"))


def test_truth_from_the_network_and_from_the_painted_mask(page):
    lab = page.locator(HERE)
    page.evaluate("() => window.pystudio.store.paint('clear')")
    lab.get_by_role("combobox", name="Truth").select_option("paint")
    expect(lab.get_by_role("alert")).to_contain_text("Nothing is painted yet.")
    page.evaluate("() => window.pystudio.store.paint('stroke', { points: [[150, 200]], radius: 40, label: 8, begin: true, end: true })")
    expect(lab.locator("[data-measure=recall] .ps-measure-value")).to_have_text("100.0%")
    painted = page.evaluate("() => window.pystudio.store.mask.reduce((sum, id) => sum + (id === 8), 0)")
    expect(lab.locator("[data-measure=recall] .ps-measure-formula")).to_have_text(re.compile(rf"^{painted:,}".replace(",", ".") + " ÷"))
    lab.get_by_role("combobox", name="Truth").select_option("network")
    share = page.evaluate("() => window.pystudio.store.predict('deeplab_s16').then(({ label_map }) => label_map.filter(id => id === 8).length)")
    expect(lab.locator("[data-measure=recall] .ps-measure-formula")).to_have_text(re.compile(rf"÷ {share:,}$".replace(",", ".")))


def test_classes_are_listed_where_an_average_hides_one(page, desktop):
    setup(page, "The average that hides a class")
    report = expected(desktop, "shapes", [step("nothing", 0)], 2, label=5)
    shows(page, report)
    for each in report["classes"]:
        expect(page.locator(f"{HERE} .ps-class-grades li[data-class='{each['id']}'] .ps-class-iou")).to_have_text(percent(each["iou"]))


def test_a_set_up_of_ones_own_is_there_after_a_reload_and_nonsense_is_not(browser, lesson, desktop):
    with visitor(browser, viewport={"width": 390, "height": 844}, has_touch=True) as context:
        page = opened(context)
        address = lesson(("metric-lab", "photo: chelsea"))
        page.goto(address)
        lab = page.locator(HERE)
        lab.scroll_into_view_if_needed()
        lab.locator("[data-measure=iou]").wait_for(timeout=BOOT)
        assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
        lab.get_by_role("button", name="The ten-pixel wire").tap()
        lab.get_by_role("button", name="Grow", exact=True).tap()
        report = expected(desktop, "wire", [step("shift", 5, "down"), step("grow", 6)], 5)
        shows(page, report)
        page.evaluate("() => window.pystudio.store.memory.savePage()")
        page.reload()
        lab.scroll_into_view_if_needed()
        lab.locator("[data-measure=iou]").wait_for(timeout=BOOT)
        shows(page, report)
        page.evaluate(f"""() => {{ const {{ store }} = window.pystudio;
            store.remember("{HERE}.0.steps", [{{ kind: "melt", strength: 1e9 }}]); store.remember("{HERE}.0.tolerance", "x"); return store.memory.savePage(); }}""")
        page.reload()
        lab.scroll_into_view_if_needed()
        lab.locator("[data-measure=iou]").wait_for(timeout=BOOT)
        shows(page, expected(desktop, "disc", [step("grow", 24)], 2))
        assert page.complaints == []
