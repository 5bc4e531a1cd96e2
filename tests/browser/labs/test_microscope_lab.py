"""What a visitor of the microscope sees and does: the maps of the classes, doubt, narrow wins, and the layers; the same numbers as on the desktop."""
import asyncio
import re
import threading

import numpy as np
import onnxruntime
import pytest
from tests.browser.conftest import BOOT, opened, visitor
from tests.browser.person import Picture, number, percent, slide
from playwright.sync_api import expect

from pystudio import image
from pystudio.builder import SOURCES
from pystudio.session.session import Session

HERE = "studio-microscope"
NETWORK = "deeplab_s16"


def signed(value):
    return f"{value:.{2 if -10 < value < 10 else 1}f}".replace("-", "−")


@pytest.fixture(scope="module")
def booted(browser, lesson):
    """One page for the whole module."""
    with visitor(browser) as context:
        page = opened(context)
        page.goto(lesson(("microscope", "photo: kitten")))
        page.locator(HERE).scroll_into_view_if_needed()
        page.locator(f"{HERE} .ps-sheet").first.wait_for(timeout=BOOT)
        yield page


@pytest.fixture
def page(booted):
    """The shared page at the score maps; whatever a test does must leave the console silent."""
    booted.complaints.clear()
    look(booted, "Scores")
    look(booted, "Before softmax")
    expect(words(booted)).to_have_text(re.compile("scores from"))
    yield booted
    assert booted.complaints == []


@pytest.fixture(scope="module")
def desktop(site):
    """The same handler on the desktop, with the shipped network in ONNX Runtime, the same photo, and calls without await."""
    file = next((site / "studio" / "models").glob(f"{NETWORK}-????????.onnx"))
    runtime = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])

    async def run(network, tensor, outputs=None):
        found = runtime.run(list(outputs or [network.output_name]), {network.input_name: tensor})
        return found if outputs else found[0]

    session, photo = Session(run), image.load(SOURCES / "photos" / "kitten.webp")
    rgba = np.dstack([photo, np.full(photo.shape[:2], 255, np.uint8)])
    session.open_photo(*photo.shape[:2], rgba.tobytes())

    def call(name, **arguments):
        found = session.method(f"microscope.{name}")(network=NETWORK, **arguments)
        if not asyncio.iscoroutine(found):
            return found
        answers = []  # Playwright has this thread's event loop
        thread = threading.Thread(target=lambda: answers.append(asyncio.run(found)))
        thread.start()
        thread.join()
        return answers[0]
    return call


def look(page, name):
    page.locator(HERE).get_by_role("radio", name=name, exact=True).check()


def words(page):
    return page.locator(f"{HERE} .ps-micro-words")


def numbers_in(text):
    return [float(each.replace("−", "-")) for each in re.findall(r"−?\d+\.\d+", text)]


def test_the_maps_come_in_the_order_of_the_classes_found_on_one_scale(page, desktop):
    found = desktop("scores", softmax=False)
    cards = page.locator(f"{HERE} .ps-sheet")
    expect(cards).to_have_count(21)
    # all that are not found come after, by their best score; two of those may be as good as equal
    assert [int(each.get_attribute("data-label")) for each in cards.all()][:5] == [sheet["id"] for sheet in found["maps"]][:5]
    ends = [number(each.inner_text()) for each in page.locator(f"{HERE} .ps-heat-end").all()]
    assert ends == pytest.approx([found["low"], found["high"]], abs=0.06)


def test_a_map_is_enlarged_by_click_and_its_colours_rise_with_its_scores(page, desktop):
    found = desktop("scores", softmax=False)
    page.locator(f"{HERE} .ps-sheet[data-label='8']").click()
    expect(words(page)).to_have_text(re.compile("^cat: scores from"))
    drawn = Picture(page, HERE).layer("heat").astype(int)
    k = [sheet["id"] for sheet in found["maps"]].index(8)
    shades = found["values"].reshape(21, found["rows"], found["columns"])[k]
    assert drawn.shape[:2] == shades.shape
    brightness = drawn[..., :3] @ [0.299, 0.587, 0.114]
    means = [brightness[(shades >= low) & (shades < low + 24)].mean() for low in range(104, 232, 24)]
    assert (np.diff(means) > 5).all()


def test_after_softmax_the_scale_is_from_nothing_to_everything(page):
    look(page, "After softmax")
    expect(page.locator(f"{HERE} .ps-heat-end").last).to_have_text("100.0%")
    expect(words(page)).to_have_text(re.compile("shares from"))


def test_the_bars_under_the_pointer_are_the_desktops_scores(page, desktop):
    picture = Picture(page, HERE)
    page.mouse.move(*picture.screen(100, 150))
    expect(page.locator(f"{HERE} .ps-micro-place")).to_have_text(re.compile("^Row 100, column 150"))
    found = desktop("at", row=100, column=150)
    bars = page.locator(f"{HERE} .ps-bars > li")
    expect(bars).to_have_count(21)
    for bar in found["bars"][:3]:
        row = page.locator(f"{HERE} .ps-bars > li[data-label='{bar['id']}']")
        assert number(row.locator(".ps-bar-score").inner_text()) == pytest.approx(bar["score"], abs=0.06)
        assert number(row.locator(".ps-bar-share").inner_text()) == pytest.approx(100 * bar["share"], abs=0.6)


@pytest.mark.parametrize("name, what", [("Confidence", "confidence"), ("Entropy", "entropy"), ("Margin", "margin")])
def test_maps_of_doubt_have_the_averages_of_the_desktop(page, desktop, name, what):
    look(page, "Doubt")
    look(page, name)
    expect(words(page)).to_have_text(re.compile(f"^{name}:"))
    shown = numbers_in(words(page).inner_text())[0] / (100 if what == "confidence" else 1)
    assert shown == pytest.approx(desktop("uncertainty", measure=what)["mean"], abs=0.01)


def test_narrow_wins_follow_the_slider(page, desktop):
    look(page, "Doubt")
    look(page, "Narrow wins")
    slider = page.locator(HERE).get_by_role("slider", name="Margin below")
    for below in (3, 1):
        slide(slider, below)
        expect(words(page)).to_have_text(re.compile(rf"by less than {below}\.0"))
        share = number(re.search(r"\(([^)]*)%\)", words(page).inner_text()).group(1))
        assert share == pytest.approx(100 * desktop("low_margin", threshold=below)["share"], abs=0.2)


def test_the_second_best_class_is_listed_with_its_share(page, desktop):
    look(page, "Doubt")
    look(page, "Second best")
    first = desktop("second_best")["classes"][0]
    expect(page.locator(f"{HERE} .ps-marks-legend li").first).to_contain_text(first["name"])
    assert number(percent(first["share"])) == pytest.approx(number(page.locator(f"{HERE} .ps-marks-legend li").first.inner_text().split(first["name"])[1]), abs=0.3)


def test_looking_inside_shows_what_the_desktop_computes(page, desktop):
    look(page, "Look inside")
    stages = desktop("stages")["stages"]
    cards = page.locator(f"{HERE} .ps-stage")
    expect(cards).to_have_count(len(stages))
    for stage in (stages[0], stages[4], stages[-1]):
        card = page.locator(f"{HERE} .ps-stage[data-stage='{stage['name']}']")
        expect(card).to_contain_text(f"{stage['channels']} × {stage['rows']} × {stage['columns']}")
        card.focus()
        page.keyboard.press("Enter")
        expect(card).to_have_attribute("aria-pressed", "true")
        expect(page.locator(f"{HERE} .ps-stage-words")).to_contain_text(f"{stage['field']} × {stage['field']} pixels")
        found = desktop("inside", stage=stage["name"], show="mean")
        expect(words(page)).to_contain_text(f"from {signed(found['low'])[:-1]}")
        assert numbers_in(words(page).inner_text())[:3] == pytest.approx([found["low"], found["high"], found["mean"]], abs=0.06)


def test_channels_are_browsed_one_by_one(page, desktop):
    look(page, "Look inside")
    page.locator(f"{HERE} .ps-stage[data-stage='stem']").click()
    look(page, "One channel")
    slide(page.locator(HERE).get_by_role("slider", name="Channel", exact=True), 3)
    expect(words(page)).to_have_text(re.compile("^Channel 3:"))
    found = desktop("inside", stage="stem", show="channel", channel=3)
    assert numbers_in(words(page).inner_text())[:2] == pytest.approx([found["low"], found["high"]], abs=0.06)
    look(page, "Mean")


def test_a_frame_shows_what_a_point_sees(page, desktop):
    look(page, "Look inside")
    page.locator(f"{HERE} .ps-stage[data-stage='block6']").click()
    expect(page.locator(f"{HERE} .ps-stage[data-stage='block6']")).to_have_attribute("aria-pressed", "true")
    picture = Picture(page, HERE)
    page.mouse.move(*picture.screen(60, 80))
    page.mouse.move(*picture.screen(120, 160))
    expect(page.locator(f"{HERE} .ps-micro-place")).to_have_text(re.compile("^Row 120, column 160"))
    y, x, height, width = desktop("field", stage="block6", row=120, column=160)["box"]
    frame = page.locator(f"{HERE} rect.ps-field-line")
    expect(frame).to_have_attribute("width", re.compile(rf"^{int(width)}"))
    box, (left, top) = frame.bounding_box(), picture.screen(y - 0.5, x - 0.5)
    assert (box["x"], box["y"]) == pytest.approx((left, top), abs=3)
    assert [float(frame.get_attribute(name)) for name in ("y", "x", "height", "width")] == pytest.approx([y, x, height, width])


def test_on_a_phone_it_fits_and_what_was_chosen_is_there_after_a_reload(browser, lesson):
    with visitor(browser, viewport={"width": 390, "height": 844}, has_touch=True) as context:
        page = opened(context)
        page.goto(lesson(("microscope", "photo: kitten\nview: doubt")))
        page.locator(HERE).scroll_into_view_if_needed()
        expect(words(page)).to_have_text(re.compile("^Margin:"), timeout=BOOT)
        assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
        page.locator(f"{HERE} .ps-view-pane").tap()
        expect(page.locator(f"{HERE} .ps-bars > li")).to_have_count(21)
        look(page, "Look inside")
        stages = page.locator(f"{HERE} .ps-stage")
        expect(page.locator(f"{HERE} .ps-stage[aria-pressed=true]")).to_contain_text("Block 6")
        page.locator(f"{HERE} .ps-stages").scroll_into_view_if_needed()
        expect(page.locator(f"{HERE} .ps-stage[aria-pressed=true]")).to_be_in_viewport(ratio=0.9)
        assert len({stage.bounding_box()["y"] for stage in stages.all()}) == 1, "one row, the picture right below"
        look(page, "Doubt")
        look(page, "Entropy")
        expect(words(page)).to_have_text(re.compile("^Entropy:"))
        page.evaluate(f"""() => {{ const {{ store }} = window.pystudio;
            store.remember("{HERE}.0.mode", "nonsense"); store.remember("{HERE}.0.stage", 7); return store.memory.savePage(); }}""")
        page.reload()
        page.locator(HERE).scroll_into_view_if_needed()
        expect(words(page)).to_have_text(re.compile("^Entropy:"), timeout=BOOT)  # nonsense gives the page's own choice
        assert page.complaints == []
