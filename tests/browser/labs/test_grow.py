"""What a visitor of a grow element sees and does: regions from clicks, the controls that change them, the wave, and the source."""
import ast
import inspect
import re

import numpy as np
import pytest
from tests.browser.conftest import ROOT, ask, opened, ready, visitor
from tests.browser.person import Picture, choose, grouped, percent, saved_labels, slide
from playwright.sync_api import expect

from pystudio import image
from pystudio.segment import region_growing

HERE = "studio-grow"
CAT = image.load(ROOT / "site_src/photos/chelsea.png")
LESSON = ("grow", "photo: chelsea\ntolerance: 40")


def booting(browser, address, **options):
    context = visitor(browser, **options)
    page = opened(context.__enter__())
    page.goto(address)
    ready(page, HERE)
    return context, page


@pytest.fixture(scope="module")
def booted(browser, lesson):
    """A lesson with nothing but a grow element."""
    context, page = booting(browser, lesson(LESSON))
    yield page
    context.__exit__(None, None, None)


@pytest.fixture
def page(booted):
    """The shared page, as the lesson sets it: tolerance 40, compared with the seed, four neighbours; the wave is not watched."""
    booted.complaints.clear()
    ready(booted, HERE)
    watch(booted, False)
    slide(booted.get_by_role("slider", name="Tolerance"), 40)
    pick(booted, "Seed")
    pick(booted, "4")
    ready(booted, HERE)
    yield booted
    assert booted.complaints == []


@pytest.fixture
def picture(page):
    return Picture(page, HERE)


def pick(page, name):
    page.locator(f"{HERE} label.ps-segment").filter(has=page.get_by_role("radio", name=name, exact=True)).click()


def watch(page, wanted):
    page.get_by_role("switch", name="Watch it grow").set_checked(wanted, force=True)


def fact(page, name):
    """The row of the facts with this name, in words."""
    return page.locator(f"{HERE} dl.ps-facts > div").filter(has=page.get_by_text(name, exact=True)).locator("dd")


def expect_region(page, grown):
    """The page tells size, share, layers and colours of this region."""
    expect(fact(page, "Size")).to_have_text(f"{grouped(grown.size)} pixels{percent(grown.size / CAT[..., 0].size)} of the photo")
    expect(fact(page, "Layers")).to_have_text(re.compile(rf"^{grouped(len(grown.wave_starts))}in \d"))
    expect(fact(page, "Seed")).to_have_text(f"RGB {', '.join(map(str, grown.seed_colour))}row {grown.seed[0]}, column {grown.seed[1]}")
    expect(fact(page, "Compared with")).to_contain_text("RGB " + ", ".join(str(int(value + 0.5)) for value in grown.reference_colour))


def drawn(picture):
    """(M, N) bool: the region as it is drawn."""
    ready(picture.page, HERE)
    return picture.layer("region")[..., 3] > 0


# ---------------------------------------------------------------- regions
@pytest.mark.parametrize("seed", [(150, 200), (10, 10), (299, 450), (0, 225)])
def test_a_click_grows_the_region_that_the_desktop_grows(page, picture, seed):
    picture.click(*seed)
    grown = region_growing.Grower(CAT).grow(seed, 40)
    expect_region(page, grown)
    np.testing.assert_array_equal(drawn(picture), region_growing.grow_by_hand(CAT, seed, 40))


def test_every_control_changes_the_region_of_the_seed(page, picture):
    picture.click(150, 200)
    tolerance = page.get_by_role("slider", name="Tolerance")
    sizes = set()
    for value, reference, neighbours in [(40, "seed", 4), (40, "seed", 8), (40, "mean", 8), (40, "mean", 4), (55, "mean", 4), (55, "seed", 4), (25, "seed", 4), (0, "seed", 4)]:
        pick(page, {"seed": "Seed", "mean": "Running mean"}[reference])
        pick(page, str(neighbours))
        slide(tolerance, value)
        grown = region_growing.Grower(CAT).grow((150, 200), value, reference, neighbours)
        expect_region(page, grown)
        np.testing.assert_array_equal(drawn(picture), grown.mask())
        sizes.add(grown.size)
    assert len(sizes) >= 5


def test_the_region_follows_the_slider_before_it_is_let_go(page, picture):
    picture.click(150, 200)
    slider = page.get_by_role("slider", name="Tolerance")
    box = slider.bounding_box()
    before = fact(page, "Size").inner_text()
    page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + box["height"] / 2)
    page.mouse.down()
    for share in (0.3, 0.45):
        page.mouse.move(box["x"] + box["width"] * share, box["y"] + box["height"] / 2, steps=4)
        value = float(slider.input_value())
        expect(fact(page, "Size")).not_to_have_text(before)
        expect(fact(page, "Size")).to_contain_text(f"{grouped(region_growing.Grower(CAT).grow((150, 200), value).size)} pixels")
    page.mouse.up()
    expect_region(page, region_growing.Grower(CAT).grow((150, 200), value))


def test_the_keyboard_plants_a_seed(page, picture):
    picture.pane.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Enter")
    expect(fact(page, "Seed")).to_contain_text(re.compile(r"row 1[56]\d, column 22\d"))
    seed = tuple(int(n) for n in re.search(r"row (\d+), column (\d+)", fact(page, "Seed").inner_text()).groups())
    assert seed == pytest.approx((160, 225), abs=1)
    expect_region(page, region_growing.Grower(CAT).grow(seed, 40))
    page.keyboard.press("Escape")


def test_the_network_is_asked_on_demand_and_gives_the_iou(page, picture):
    picture.click(150, 200)
    expect(fact(page, "Size")).to_be_visible()
    button = page.get_by_role("button", name="Ask the network")
    if button.is_visible():
        assert fact(page, "IoU with the network").count() == 0
        button.click()
    expect(fact(page, "IoU with the network")).to_contain_text("its class at the seed: cat")
    ready(page, HERE)
    reply = ask(page, "segment.run", {"network": "deeplab_s16"})
    cat = np.reshape(reply["label_map"], CAT.shape[:2]) == 8
    for value in (40, 70):
        slide(page.get_by_role("slider", name="Tolerance"), value)
        grown = region_growing.Grower(CAT).grow((150, 200), value).mask()
        iou = (grown & cat).sum() / (grown | cat).sum()
        expect(fact(page, "IoU with the network")).to_have_text(f"{percent(iou)}its class at the seed: cat")
    expect(button).to_be_hidden()


def test_the_region_is_saved_as_a_mask(page, picture):
    picture.click(150, 200)
    expect(fact(page, "Seed")).to_contain_text("row 150, column 200")
    np.testing.assert_array_equal(saved_labels(page, HERE), region_growing.grow_by_hand(CAT, (150, 200), 40))


def test_another_photo_begins_without_a_region(page, picture):
    picture.click(150, 200)
    expect(fact(page, "Size")).to_be_visible()
    choose(page, "Band", HERE)
    expect(page.get_by_text("Click a pixel of the photo")).to_be_visible()
    assert not drawn(picture).any()
    picture.click(200, 500)
    band = image.load(ROOT / "site_src/photos/band.webp")
    expect(fact(page, "Size")).to_contain_text(f"{grouped(region_growing.Grower(band).grow((200, 500), 40).size)} pixels")
    choose(page, "Cat portrait", HERE)


# ---------------------------------------------------------------- the wave
def layers(page):
    return page.get_by_role("slider", name="Layer")


def pause_at(page, layer):
    """A quick hand at the Pause button: it presses when the wave has come so far, however slow the machine that tests."""
    page.evaluate("""layer => {
        const wave = document.querySelector("studio-grow .ps-wave");
        window.paused = new Promise(resolve => {
            const wait = () => {
                const pause = wave.querySelector("button[aria-label=Pause]");
                if (pause.hidden || wave.querySelector("input[type=range]").valueAsNumber < layer) return requestAnimationFrame(wait);
                pause.click();
                resolve(true);
            };
            requestAnimationFrame(wait);
        });
    }""", layer)


def test_the_wave_is_watched_paused_scrubbed_and_played_to_its_end(page, picture):
    grown = region_growing.Grower(CAT).grow((150, 200), 40)
    ends = [*grown.wave_starts[1:], grown.size]
    arrival = grown.arrival()
    waves = len(ends)
    assert waves > 60
    picture.click(299, 450)
    small = region_growing.Grower(CAT).grow((299, 450), 40)
    expect_region(page, small)
    watch(page, True)  # which plays the region that is there
    expect(layers(page)).to_have_value(str(len(small.wave_starts)))
    pause_at(page, 5)
    picture.click(150, 200)
    assert page.evaluate("window.paused")
    at = int(layers(page).input_value())
    assert 5 <= at < waves
    expect(page.locator(f"{HERE} .ps-wave output")).to_have_text(f"{at} of {waves}")
    np.testing.assert_array_equal(drawn(picture), (arrival >= 0) & (arrival < at))
    for step in (at + 7, 1, waves - 1):
        slide(layers(page), step)
        shown = drawn(picture)
        assert shown.sum() == ends[step - 1]
        np.testing.assert_array_equal(shown, (arrival >= 0) & (arrival < step))
    slide(layers(page), waves - 10)
    page.get_by_role("button", name="Play").click()
    expect(layers(page)).to_have_value(str(waves))
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    np.testing.assert_array_equal(drawn(picture), grown.mask())
    expect_region(page, grown)
    pause_at(page, 2)
    page.get_by_role("button", name="Play").click()  # from the seed again
    assert page.evaluate("window.paused")
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    assert 2 <= int(layers(page).input_value()) < waves


def test_what_is_seen_of_the_wave_stays_when_a_network_has_its_say(browser, lesson):
    context, page = booting(browser, lesson(LESSON))
    try:
        picture = Picture(page, HERE)
        watch(page, False)
        picture.click(150, 200)
        grown = region_growing.Grower(CAT).grow((150, 200), 40)
        expect_region(page, grown)
        slide(layers(page), len(grown.wave_starts) - 9)
        before = drawn(picture)
        assert 0 < before.sum() < grown.size
        page.get_by_role("button", name="Ask the network").click()
        expect(fact(page, "IoU with the network")).to_contain_text("its class at the seed: cat")
        expect(layers(page)).to_have_value(str(len(grown.wave_starts) - 9))
        np.testing.assert_array_equal(drawn(picture), before)
        expect_region(page, grown)
        assert page.complaints == []
    finally:
        context.__exit__(None, None, None)


def test_a_zoomed_picture_is_moved_by_a_drag_and_takes_a_seed_from_a_click(page, picture):
    picture.click(10, 10)
    expect(fact(page, "Seed")).to_contain_text("row 10, column 10")
    for _ in range(3):
        page.get_by_role("button", name="Zoom in").click()
    x, y = picture.screen(150, 225)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y + 30, steps=4)
    page.mouse.up()
    assert picture.screen(150, 225) == pytest.approx((x + 60, y + 30), abs=1)
    expect(fact(page, "Seed")).to_contain_text("row 10, column 10")
    picture.click(150, 225)
    expect(fact(page, "Seed")).to_contain_text("row 150, column 225")
    page.get_by_role("button", name="Fit the picture").click()


def test_who_wants_less_motion_sees_the_whole_region_at_once(browser, lesson, page):
    """And may still ask for the wave. The address is another: nothing is remembered there."""
    context, calm = booting(browser, lesson(LESSON), reduced_motion="reduce")
    try:
        expect(calm.get_by_role("switch", name="Watch it grow")).not_to_be_checked()
        calm.evaluate("""() => {
            window.layers = [];
            const slider = document.querySelector("studio-grow .ps-wave input[type=range]");
            const told = slider.closest(".ps-slider").querySelector("output");
            new MutationObserver(() => window.layers.push(told.textContent)).observe(told, { childList: true, characterData: true, subtree: true });
        }""")
        grown = region_growing.Grower(CAT).grow((150, 200), 40)
        calm_picture = Picture(calm, HERE)
        calm_picture.click(150, 200)
        expect_region(calm, grown)
        np.testing.assert_array_equal(drawn(calm_picture), grown.mask())
        waves = len(grown.wave_starts)
        assert set(calm.evaluate("window.layers")) <= {f"0 of {waves}", f"{waves} of {waves}"}
        assert calm.complaints == []
    finally:
        context.__exit__(None, None, None)


# ---------------------------------------------------------------- the source
def test_the_source_on_the_page_is_the_tested_one_and_runs(page):
    page.get_by_text("The whole algorithm, as it is tested").click()
    shown = page.locator(f"{HERE} .ps-listing")
    expect(shown).to_contain_text("def grow_by_hand")
    text = shown.evaluate("element => element.textContent")
    lines = [line for line in text.splitlines() if line.strip()]
    assert len(lines) <= 40, "readable, in a few lines"

    def bare(source):
        tree = ast.parse(source)
        body = tree.body[0].body
        if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
            del body[0]
        return ast.dump(tree)

    assert bare(text) == bare(inspect.getsource(region_growing.grow_by_hand))
    names = {"np": np}
    exec(text, names)
    part = CAT[100:160, 150:230]
    for reference in ("seed", "mean"):
        for neighbours in (4, 8):
            by_page = names["grow_by_hand"](part, (30, 40), 30, reference, neighbours)
            np.testing.assert_array_equal(by_page, region_growing.Grower(part).grow((30, 40), 30, reference, neighbours).mask())
            assert 1 < by_page.sum() < by_page.size
