"""What a visitor of the small-device lab sees and does: forms that load when they run, the same labels as on the desktop, sizes, counts and widths."""
import asyncio
import re
import threading

import numpy as np
import pytest
from tests.browser.conftest import BOOT, opened, visitor
from tests.browser.person import Picture, grouped, number, slide
from playwright.sync_api import expect

from pystudio.networks import cost, layers
from pystudio import image
from pystudio.builder import SOURCES
from pystudio.networks.network import open_session
from pystudio.session.session import Session

HERE = "studio-small-devices"
RUN = 120_000  # ms: a form is fetched, and runs three times; the largest runs as well when it is the first
LIKE = 0.4  # per cent of the pixels: whole numbers are rounded a little differently by another processor's instructions


@pytest.fixture(scope="module")
def booted(browser, lesson):
    """One page for the whole module, and what it fetched."""
    with visitor(browser) as context:
        page = opened(context)
        page.fetched = []
        page.on("request", lambda request: page.fetched.append(request.url))
        page.goto(lesson(("small-devices", "photo: kitten")))
        page.locator(HERE).scroll_into_view_if_needed()
        page.locator(f"{HERE} tr[data-form]").first.wait_for(timeout=BOOT)
        yield page


@pytest.fixture
def page(booted):
    booted.complaints.clear()
    yield booted
    assert booted.complaints == []


@pytest.fixture(scope="module")
def desktop(site):
    """The same handler on the desktop with the shipped files in ONNX Runtime."""
    async def run(network, tensor, outputs=None):
        file = next(path for path in (site / "studio" / "models").glob("*.onnx") if re.fullmatch(rf"{network.name}-[0-9a-f]{{8}}", path.stem))
        return open_session(str(file)).run([network.output_name], {network.input_name: tensor})[0]

    session, photo = Session(run), image.load(SOURCES / "photos" / "kitten.webp")
    session.open_photo(*photo.shape[:2], np.dstack([photo, np.full(photo.shape[:2], 255, np.uint8)]).tobytes())

    def call(form, longest):
        answers = []  # Playwright has this thread's event loop
        thread = threading.Thread(target=lambda: answers.append(asyncio.run(session.method("small_devices.run")(form, longest))))
        thread.start()
        thread.join()
        return answers[0]
    return call


def row(page, form):
    return page.locator(f"{HERE} tr[data-form='{form}']")


def run(page, form):
    """Press the play button of a form and wait for its numbers: input, multiply-adds, milliseconds or seconds, agreement, mean IoU."""
    row(page, form).get_by_role("button", name=re.compile("^Run ")).click()
    expect(row(page, form).locator("td").last).to_have_text(re.compile("%"), timeout=RUN)
    expect(page.locator(f"{HERE} .ps-device-all")).to_be_enabled(timeout=RUN)
    return [cell.inner_text() for cell in row(page, form).locator("td").all()]


def loaded(page):
    return [url for url in page.fetched if re.search(r"/models/.*\.onnx", url)]


def test_no_form_is_fetched_before_it_is_run(page):
    assert [re.search(r"models/(\w+)-", url).group(1) for url in loaded(page)] == ["deeplab_s16"]  # what every lesson starts with


@pytest.mark.parametrize("form", ["deeplab_s16", "deeplab-int8"])
def test_a_form_has_the_labels_and_grades_of_the_desktop(page, desktop, form):
    found = desktop(form, 513)
    size, shape, adds, time, agreement, mean_iou = run(page, form)
    assert shape == "385 × 513" and float(number(adds)) == round(found["adds"] / 1e6)
    assert number(agreement) == pytest.approx(100 * found["agreement"], abs=LIKE)
    assert number(mean_iou) == pytest.approx(100 * found["mean_iou"], abs=2)
    assert re.search(r"\d\s?(ms|s)$", time) and size.endswith("MB")
    page.locator(HERE).get_by_role("radio", name="Its labels").check()
    drawn = Picture(page, HERE).layer("labels")
    cat = found["label_map"].reshape(drawn.shape[:2]) == 8
    shown = drawn[..., 3] > 0
    assert (shown == (found["label_map"].reshape(drawn.shape[:2]) > 0)).mean() > 1 - LIKE / 100 and cat.any()
    page.locator(HERE).get_by_role("radio", name="Where it differs").check()
    assert (Picture(page, HERE).layer("labels")[..., 3] > 0).mean() == pytest.approx(found["differs"].mean(), abs=LIKE / 100)


def test_a_smaller_input_forgets_the_answers_and_is_run_at_its_size(page, desktop):
    slide_to(page, 257)
    expect(row(page, "deeplab_s16").locator("td").last).to_have_text("–")
    found = desktop("deeplab_s16", 257)
    _, shape, _, _, agreement, _ = run(page, "deeplab_s16")
    assert shape == "193 × 257" and number(agreement) == pytest.approx(100 * found["agreement"], abs=LIKE)
    slide_to(page, 513)


def test_another_size_while_a_form_runs_drops_its_answer_and_says_what_to_do(page):
    row(page, "deeplab_s16").get_by_role("button", name=re.compile("^Run ")).click()
    slide_to(page, 129)
    expect(page.locator(f"{HERE} .ps-device-all")).to_be_enabled(timeout=RUN)
    expect(page.locator(f"{HERE} .ps-device-words")).to_contain_text("Run a form")
    expect(row(page, "deeplab_s16").locator("td").last).to_have_text("–")
    slide_to(page, 513)


def slide_to(page, size):
    slide(page.locator(HERE).get_by_role("slider", name="Longest side of the input"), size)


def test_the_count_follows_size_and_stride_with_the_keyboard_alone(page):
    slide_to(page, 513)
    page.locator(HERE).get_by_role("radio", name="16", exact=True).focus()
    for key, name in (("ArrowRight", "deeplab"), ("ArrowLeft", "deeplab_s16")):
        page.keyboard.press(key)
        found = cost.total(layers.layers(name), (385, 513))
        expect(page.locator(f"{HERE} .ps-device-cost strong").first).to_have_text(f"{grouped(round(found.adds / 1e6))} million multiply-adds")
    bars = page.locator(f"{HERE} .ps-cost-bars > li")
    expect(bars).to_have_count(8)
    parts = cost.parts(layers.layers("deeplab_s16"), (385, 513))
    for bar, part in zip(bars.all(), parts):
        assert part.title in bar.inner_text() and f"{grouped(part.cost.weights)} weights" in bar.inner_text()


def test_the_calculator_counts_narrower_networks(page):
    slide(page.locator(HERE).get_by_role("slider", name="Width multiplier"), 0.5)
    expect(page.locator(f"{HERE} .ps-width-words strong")).to_have_text("97 million multiply-adds, 1.95 million weights")


def test_on_a_phone_it_fits_and_nonsense_that_was_remembered_is_not_used(browser, lesson):
    with visitor(browser, viewport={"width": 390, "height": 844}, has_touch=True) as context:
        page = opened(context)
        page.goto(lesson(("small-devices", "photo: kitten")))
        page.locator(HERE).scroll_into_view_if_needed()
        page.locator(f"{HERE} tr[data-form]").first.wait_for(timeout=BOOT)
        assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
        page.evaluate(f"""() => {{ const {{ store }} = window.pystudio;
            store.remember("{HERE}.0.size", 7); store.remember("{HERE}.0.stride", "3"); return store.memory.savePage(); }}""")
        page.reload()
        page.locator(HERE).scroll_into_view_if_needed()
        expect(page.locator(f"{HERE} .ps-cost-bars > li")).to_have_count(8, timeout=BOOT)
        expect(page.locator(HERE).get_by_role("slider", name="Longest side of the input")).to_have_value("513")
        assert page.complaints == []
