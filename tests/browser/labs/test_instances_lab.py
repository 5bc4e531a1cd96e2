"""What a visitor of the counting lab sees and does: splitting, fragments, seeds by mouse and keyboard, list and picture, the truth and panoptic quality."""
import re

import numpy as np
import pytest
from tests.browser.conftest import BOOT, engine_worker, opened, visitor
from tests.browser.person import Picture, grouped, percent, slide
from playwright.sync_api import expect

from pystudio.segment import instances
from pystudio.measure import panoptic
from pystudio.labels import VOC

HERE = "studio-instances"
ROWS, COLUMNS = 300, 451  # of the photo "chelsea"


def drawn():
    """Two birds that touch, a third, a fragment of one, and a cow beside: painted, as no photo has them."""
    row, column = np.indices((ROWS, COLUMNS))
    disc = lambda r, c, radius: (row - r) ** 2 + (column - c) ** 2 <= radius**2
    mask = np.zeros((ROWS, COLUMNS), np.uint8)
    mask[disc(120, 100, 55) | disc(120, 195, 55) | disc(240, 60, 30)] = VOC.id("bird")
    mask[disc(200, 330, 60)] = VOC.id("cow")
    mask[20:25, 400:405] = VOC.id("bird")
    return mask


@pytest.fixture(scope="module")
def booted(browser, lesson):
    """One page for the whole module, with the drawn mask painted."""
    with visitor(browser) as context:
        page = opened(context)
        page.goto(lesson(("instances", "photo: chelsea"), ("paint", "")))
        lab = page.locator(HERE)
        lab.scroll_into_view_if_needed()
        lab.locator(".ps-thing").first.wait_for(timeout=BOOT)
        paint(page, drawn())
        lab.get_by_role("combobox", name="Mask").select_option("paint")
        counts(page, 5)
        yield page


def paint(page, mask):
    """The painted mask, as if it had been painted."""
    page.evaluate("mask => window.pystudio.store.paint('set', { mask: new Uint8Array(mask).buffer })", mask.ravel().tolist())


@pytest.fixture
def page(booted):
    """The shared page as it was at first."""
    booted.complaints.clear()
    lab = booted.locator(HERE)
    lab.scroll_into_view_if_needed()
    lab.get_by_role("radio", name="What is found").check()
    for waist in (89, 90):  # forgets the seeds
        slide(lab.get_by_role("slider", name="Split where narrower than"), waist)
    for least, n in ((50, 4), (0, 5)):  # the last answer is seen to be the last
        slide(lab.get_by_role("slider", name="Ignore pieces below"), least)
        counts(booted, n)
    yield booted
    assert booted.complaints == []


def counts(page, n):
    expect(page.locator(f"{HERE} .ps-thing-count strong")).to_have_text(str(n))


def listed(page):
    """(class, area text) of every line."""
    return [(line.locator(".ps-thing-name").inner_text(), line.locator(".ps-thing-area").inner_text()) for line in page.locator(f"{HERE} .ps-things > li").all()]


def told(mask, **more):
    _, things, *_ = instances.find_instances(mask, **more)
    return [(VOC.names[each.label], f"{grouped(each.area)} px, {percent(each.area / mask.size)}") for each in things]


def test_the_list_is_that_of_the_desktop_and_follows_the_narrowing(page):
    assert listed(page) == told(drawn(), split_ratio=0.9)
    slide(page.locator(HERE).get_by_role("slider", name="Split where narrower than"), 0)
    counts(page, 4)
    assert listed(page) == told(drawn())
    slide(page.locator(HERE).get_by_role("slider", name="Ignore pieces below"), 50)
    counts(page, 3)
    expect(page.locator(f"{HERE} .ps-thing-list")).to_contain_text("Left out: 25 pixels, 1 fragment.")


def test_the_picture_has_every_thing_in_its_own_colour(page):
    found, things, *_ = instances.find_instances(drawn(), split_ratio=0.9)
    layer = Picture(page, HERE).layer("things")
    assert np.array_equal(layer[..., 3] > 0, found > 0)
    for thing in things:
        own = layer[found == thing.number][:, :3].astype(int)
        assert np.abs(own - instances.colours(len(things))[thing.number]).max() <= 3


def test_a_line_of_the_list_shows_its_thing(page):
    lab = page.locator(HERE)
    line = lab.locator(".ps-thing").nth(1)
    line.focus()
    page.keyboard.press("Enter")
    expect(line).to_have_attribute("aria-pressed", "true")
    _, things, *_ = instances.find_instances(drawn(), split_ratio=0.9)
    top, bottom, left, right = things[1].box
    (x0, y0), (x1, y1) = Picture(page, HERE).screens((top, left), (bottom - 1, right - 1))
    box = lab.locator(".ps-thing-box").bounding_box()
    assert (box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"]) == pytest.approx((x0, y0, x1, y1), abs=3)
    page.keyboard.press("Enter")
    expect(lab.locator(".ps-thing-box")).to_be_hidden()


def test_seeds_come_and_go_with_mouse_and_keyboard(page):
    lab, picture = page.locator(HERE), Picture(page, HERE)
    picture.click(200, 300)  # one more on the cow
    counts(page, 6)
    _, things, *_ = instances.find_instances(drawn(), split_ratio=0.9)
    seeds = [each.seed for each in things] + [(200, 300)]
    picture.click(*next(each.seed for each in things if each.area == 25))  # the fragment's
    counts(page, 5)
    expect(lab.locator(".ps-thing-badge")).to_have_count(5)
    cow = [name for name, _ in listed(page)].count("cow")
    assert cow == 2 and len(seeds) == 6
    picture.click(280, 440)  # background
    expect(lab.locator(".ps-view-hint")).to_have_text("There is nothing to count here.")
    counts(page, 5)
    lab.get_by_role("button", name="Find the seeds again").click()
    expect(lab.get_by_role("button", name="Find the seeds again")).to_be_hidden()
    assert listed(page) == told(drawn(), split_ratio=0.9)
    lab.locator(".ps-view-pane").focus()
    page.keyboard.press("ArrowRight")  # the cursor appears in the middle: background, between bird and cow
    for _ in range(12):
        page.keyboard.press("Shift+ArrowRight")
    for _ in range(5):
        page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Enter")
    counts(page, 6)


def test_panoptic_quality_is_that_of_the_desktop(page):
    """The truth: one seed for each bird; found: the touching two as one."""
    lab = page.locator(HERE)
    slide(lab.get_by_role("slider", name="Split where narrower than"), 0)
    counts(page, 4)
    lab.get_by_role("radio", name="The truth").check()
    counts(page, 4)
    expect(lab.locator("[data-measure=pq]")).to_have_text("100.0%")
    _, whole, *_ = instances.find_instances(drawn())
    twins = next(each for each in whole if each.box[0] <= 120 < each.box[1] and each.label == VOC.id("bird"))
    picture = Picture(page, HERE)
    places = [(120, 70), (120, 235)]
    for place in places:
        picture.click(*place)
    counts(page, 6)
    picture.click(*twins.seed)
    counts(page, 5)
    found, truth = instances.find_instances(drawn()), instances.find_instances(drawn(), seeds=[each.seed for each in whole if each is not twins] + places)
    expected = panoptic.quality(*panoptic.segments(drawn(), truth[0]), *panoptic.segments(drawn(), found[0]))
    for of in ("pq", "sq", "rq"):
        expect(lab.locator(f"[data-measure={of}]")).to_have_text(percent(expected.mean(of)))
    assert len(expected.missed) == 1 and not expected.extra
    expect(lab.locator(".ps-pq-match")).to_have_count(len(expected.matches))
    expect(lab.locator(".ps-pq-missed")).to_have_count(len(expected.missed))
    bird = next(each for each in expected.classes if each.label == VOC.id("bird"))
    expect(lab.locator(f".ps-pq-classes [data-class='{bird.label}']")).to_contain_text(f"{bird.sq:.3f} × {bird.rq:.3f} = {bird.pq:.3f}")
    lab.locator(".ps-pq-link", has_text=re.compile("^found")).first.click()
    expect(lab.get_by_role("radio", name="What is found")).to_be_checked()


def test_seeds_are_there_again_after_a_reload_and_nonsense_is_not_used(browser, lesson):
    with visitor(browser) as context:
        page = opened(context)
        page.goto(lesson(("instances", "photo: hens\nwaist: 0"), ("paint", "")))
        lab = page.locator(HERE)
        lab.scroll_into_view_if_needed()
        expect(lab.locator(".ps-thing-count strong")).to_have_text("4", timeout=BOOT)
        Picture(page, HERE).click(180, 290)
        counts(page, 5)
        before = listed(page)
        page.reload()
        lab.scroll_into_view_if_needed()
        expect(lab.locator(".ps-thing-count strong")).to_have_text("5", timeout=BOOT)
        assert listed(page) == before
        expect(lab.get_by_role("button", name="Find the seeds again")).to_be_visible()
        page.evaluate(f"""() => {{ const {{ store }} = window.pystudio; store.remember("{HERE}.0.seeds", {{ key: "name:hens", found: [[1, 99999]], truth: "all" }}); return store.memory.savePage(); }}""")
        page.reload()
        lab.scroll_into_view_if_needed()
        expect(lab.locator(".ps-thing-count strong")).to_have_text("4", timeout=BOOT)
        assert page.complaints == []


def test_a_grade_is_given_again_after_the_engine_died(browser, lesson):
    with visitor(browser) as context:
        page = opened(context)
        page.goto(lesson(("instances", "photo: chelsea"), ("paint", "")))
        lab = page.locator(HERE)
        lab.scroll_into_view_if_needed()
        lab.locator(".ps-thing").first.wait_for(timeout=BOOT)
        lab.get_by_role("radio", name="The truth").check()
        lab.get_by_role("button", name="Begin with the network").click()
        expect(lab.locator("[data-measure=pq]")).to_have_text("100.0%")
        lab.get_by_role("radio", name="What is found").check()
        engine_worker(page).evaluate("() => { setTimeout(() => { throw new Error('died'); }); }")
        lab.locator("xpath=self::*[@data-state='loading']").wait_for(timeout=BOOT)
        lab.locator("xpath=self::*[@data-state='ready']").wait_for(timeout=BOOT)
        expect(lab.get_by_role("alert")).to_be_hidden()
        lab.get_by_role("radio", name="The truth").check()
        expect(lab.locator("[data-measure=pq]")).to_have_text("100.0%")


def test_on_a_phone_with_the_network_and_a_tap(browser, lesson):
    with visitor(browser, viewport={"width": 390, "height": 844}, has_touch=True) as context:
        page = opened(context)
        page.goto(lesson(("instances", "photo: hens\nwaist: 0.9\nleast: 200")))
        lab = page.locator(HERE)
        lab.scroll_into_view_if_needed()
        expect(lab.locator(".ps-thing-count strong")).to_have_text("4", timeout=BOOT)
        expect(lab.locator(".ps-thing-count")).to_contain_text("4 bird")
        assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
        lab.get_by_role("radio", name="The truth").check()
        lab.get_by_role("button", name="Begin with the network").tap()
        expect(lab.locator(".ps-thing-list")).not_to_contain_text("Left out")  # three hens and the fragment
        counts(page, 4)
        expect(lab.locator("[data-measure=pq]")).to_be_visible()
        page.touchscreen.tap(*Picture(page, HERE).screen(180, 290))
        counts(page, 5)
        assert page.complaints == []
