"""A connection that goes silent: a host that sends half of a file and then nothing more, what the page says of it, and "Try again"."""
import io
import re
import threading

import numpy as np
import pytest
from tests.browser.conftest import BOOT, ask, opened, ready, visitor
from PIL import Image
from playwright.sync_api import expect
from tests.browser.site.test_axe import AXE, judged
from tests.browser.engine.test_boot import host as meddling

# Three seconds instead of 15: the page tells its worker how long, and here it tells it this.
IMPATIENT = """
    const post = Worker.prototype.postMessage;
    Worker.prototype.postMessage = function (message, ...rest) {
        if (message?.start) message.start.stallSeconds = 3;
        return post.call(this, message, ...rest);
    };
"""
MEMORY = r"/snapshot/memory-[0-9a-f]+\.bin$"
WHEEL = r"/wheels/scikit_image-[^/]+\.whl$"


class Silent:
    """A host of the site that stops in the middle of a file whose path matches `held`, until `release` is set."""

    def __init__(self, url):
        self.url, self.held, self.release, self.stopped = url, None, threading.Event(), 0

    def meddle(self, files, path):
        if not (self.held and re.search(self.held, path)):
            return False
        data = files.whole()
        files.answer(200, data[: len(data) // 2], len(data))
        files.wfile.flush()
        self.stopped += 1
        self.release.wait(BOOT / 1000)
        files.wfile.write(data[len(data) // 2 :])
        return True


@pytest.fixture
def host(site):
    with meddling(site, lambda files, path: silent.meddle(files, path)) as running:
        silent = Silent(running.url)
        yield silent
        silent.release.set()


@pytest.fixture
def page(context):
    page = opened(context)
    page.add_init_script(IMPATIENT)
    return page


def note(page, element="studio-segment"):
    """What the page says of the silence, beside the progress of an element."""
    found = page.locator(f"{element} .ps-quiet:visible")
    expect(found).to_have_count(1)
    return found


def heard(page):
    expect(page.locator(".ps-quiet:visible")).to_have_count(0)


def test_a_silent_connection_is_told_beside_the_progress_and_the_words_go_when_bytes_come(page, host):
    host.held = MEMORY
    page.goto(host.url)
    expect(note(page)).to_contain_text("The studio is not arriving at the moment; it goes on by itself when the connection does.")
    expect(page.locator("studio-segment .ps-boot")).to_contain_text(re.compile(r"[\d.]+.MB of [\d.]+.MB"))
    expect(page.get_by_role("status").filter(has_text="The studio is not arriving")).to_have_count(1)  # said to those who listen
    assert page.locator("[role=alert]:visible").count() == 0 and page.evaluate("window.pystudio.engine.state") == "loading"
    host.release.set()
    heard(page)
    ready(page, "studio-segment")
    assert (host.stopped, page.evaluate("window.pystudio.engine.startedFrom")) == (1, "snapshot")
    heard(page)
    assert page.complaints == []


def test_a_start_that_went_silent_is_tried_again_when_the_visitor_asks(page, host):
    host.held = MEMORY
    page.goto(host.url)
    expect(note(page)).to_contain_text("The studio is not arriving")
    host.held = None
    note(page).get_by_role("button", name="Try again").press("Enter")
    heard(page)
    ready(page, "studio-segment")
    expect(page.locator("studio-segment")).to_have_attribute("data-classes", re.compile("cat"))
    heard(page)
    assert page.locator("[role=alert]:visible").count() == 0
    assert page.complaints == []


def test_a_package_that_went_silent_is_fetched_afresh_and_photo_and_mask_are_kept(page, host, lesson):
    address = lesson(("paint", ""), ("classic", "photo: chelsea\nmethods: [slic]"))
    host.held = WHEEL
    page.goto(host.url + address.rsplit("/", 1)[1])
    ready(page, "studio-paint")
    page.evaluate("() => window.pystudio.store.paint('stroke', { points: [[150, 200]], radius: 60, label: 8, begin: true, end: true })")
    seen = "() => { const { photo, mask } = window.pystudio.store; return [photo.key, mask.filter(Boolean).length]; }"
    before = page.evaluate(seen)
    assert before[0] == "name:chelsea" and before[1] > 10_000
    page.locator("studio-classic").scroll_into_view_if_needed()
    expect(note(page, "studio-classic")).to_contain_text(re.compile(r"scikit_image is not arriving at the moment"))
    expect(page.locator(".ps-quiet:visible")).to_have_count(1)  # the painter waits for nothing
    host.held = None
    note(page, "studio-classic").get_by_role("button", name="Try again").click()
    heard(page)
    page.locator("studio-classic[data-shows=slic][data-state=ready]").wait_for(timeout=BOOT)
    assert page.evaluate(seen) == before
    with Image.open(io.BytesIO(bytes(ask(page, "export", {"what": "mask", "from": "paint", "network": "deeplab_s16"})["bytes"]))) as picture:
        assert np.count_nonzero(np.asarray(picture)) == before[1]  # the new engine has it too


@pytest.mark.parametrize("size", [{"width": 320, "height": 640}, {"width": 390, "height": 844}, {"width": 1280, "height": 900}], ids=lambda size: str(size["width"]))
def test_the_words_are_whole_on_every_window_and_axe_finds_nothing(browser, host, size):
    host.held = MEMORY
    with visitor(browser, bypass_csp=True, viewport=size) as context:
        page = opened(context)
        page.add_init_script(IMPATIENT)
        page.goto(host.url)
        found = note(page)
        found.scroll_into_view_if_needed()
        pane, again = (each.bounding_box() for each in (page.locator("studio-segment .ps-view-pane"), found.get_by_role("button")))
        assert again["y"] + again["height"] <= pane["y"] + pane["height"] and again["x"] + again["width"] <= pane["x"] + pane["width"]
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        page.evaluate(AXE.read_text(encoding="utf-8"))
        assert judged(page) == []
        page.emulate_media(color_scheme="dark")
        assert judged(page) == []
