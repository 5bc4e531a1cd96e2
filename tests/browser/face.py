"""One face for Chromium, Firefox and WebKitGTK, and what a hand does with a page through it: tests that every engine passes are written with it."""
import io
import re

import numpy as np
from tests.browser.conftest import BOOT, PATIENCE, opened, visitor
from tests.browser.firefox import Tab
from PIL import Image
from playwright.sync_api import Error

LONG = BOOT / 1000  # s


# ---------------------------------------------------------------- Chromium with the face of the others
class Chromium:
    """A Playwright browser with the face of firefox.Firefox, as far as the tests of every engine look."""

    def __init__(self, browser, **options):
        self.context = visitor(browser, **{"viewport": {"width": 1280, "height": 814}} | options).__enter__()

    def open(self, address):
        tab = ChromiumTab(opened(self.context))
        tab.go(address)
        return tab


class ChromiumTab:
    def __init__(self, page):
        self.page, self.close, self.reload, self.screenshot = page, page.close, page.reload, page.screenshot

    def go(self, address):
        self.page.goto(address)

    @property
    def complaints(self):
        self.evaluate("() => 0")
        return self.page.complaints

    def evaluate(self, function, *arguments):
        for _ in range(3):
            try:
                return self.page.evaluate(f"given => ({function})(...given)", list(arguments))
            except Error as error:
                if "navigation" not in str(error):
                    raise
                self.page.wait_for_load_state()  # a link was followed meanwhile: ask the new page
        raise AssertionError("one page after the other")

    until = Tab.until

    def drag(self, *places):
        self.page.mouse.move(*places[0])
        self.page.mouse.down()
        for place in places[1:]:
            self.page.mouse.move(*place)
        self.page.mouse.up()

    click = drag

    def keys(self, text):
        self.page.keyboard.type(text)

    def select_all(self):
        self.page.keyboard.press("Control+a")

    def saved(self, act):
        with self.page.expect_download(timeout=PATIENCE) as download:
            act()
        with open(download.value.path(), "rb") as file:
            return download.value.suggested_filename, file.read()


# ---------------------------------------------------------------- what a hand does
FIND = """(selector, text) => [...document.querySelectorAll(selector)].find(each => each.textContent.includes(text) && each.getClientRects().length)"""


def press(tab, selector, text=""):
    """Click the first visible thing of this kind with this text, once it rests and nothing lies over it."""
    tab.click(tab.until(f"""async (selector, text) => {{
        const found = ({FIND})(selector, text);
        if (!found) return false;
        found.scrollIntoView({{ block: "center", inline: "center", behavior: "instant" }});
        const {{ x, y, width, height }} = found.getBoundingClientRect(), middle = [x + width / 2, y + height / 2];
        for (let frame = 0; frame < 2; frame++) {{
            await new Promise(requestAnimationFrame);
            const now = found.getBoundingClientRect();
            if (now.x !== x || now.y !== y) return false;
        }}
        return found.contains(document.elementFromPoint(...middle)) && middle;
    }}""", selector, text))


def words(tab, selector, text=""):
    return tab.evaluate(f"(selector, text) => ({FIND})(selector, text)?.innerText", selector, text)


def resting(tab, element):
    tab.until("name => document.querySelector(name)?.dataset.state === 'ready'", element, timeout=LONG)


def choose(tab, title):
    press(tab, ".ps-tile", title)
    tab.until("title => document.querySelector('.ps-credit strong').textContent === title", title)
    tab.until("title => document.querySelector('studio-segment').dataset.state === 'ready' && !document.querySelector('[role=alert]:not([hidden])')?.getClientRects().length", title)
    for element in ("studio-segment", "studio-paint", "studio-grow"):
        resting(tab, element)


def on_screen(tab, element, *places):
    """Where pixels (row, column) of the photo lie in the window, the picture in its middle."""
    return tab.evaluate("""(name, places) => {
        const canvas = document.querySelector(`${name} canvas[data-layer=photo]`);
        canvas.closest(".ps-view-pane").scrollIntoView({ block: "center", behavior: "instant" });
        scrollTo({ top: Math.round(scrollY), behavior: "instant" }); // a browser draws at whole pixels, and the mouse is at one
        const box = canvas.getBoundingClientRect();
        return places.map(([row, column]) => [box.x + (column + 0.5) * box.width / canvas.width, box.y + (row + 0.5) * box.height / canvas.height]);
    }""", element, places)


def seed_of_click(tab, place):
    """Click a pixel (row, column) of the picture in which a region grows; the pixel that the page names as its seed.

    It may be the next one: the mouse is at whole pixels of the screen, a browser draws at whole pixels, and a row of the photo is little more than one high.
    """
    tab.click(*on_screen(tab, "studio-grow", place))
    seed = tab.until("() => document.querySelector('studio-grow .ps-facts').innerText.match(/row (\\d+), column (\\d+)/)?.slice(1).map(Number)")
    assert max(abs(found - asked) for found, asked in zip(seed, place)) <= 1
    return tuple(seed)


def saved_labels(tab, element):
    press(tab, f"{element} .ps-menu > button", "Save")
    name, data = tab.saved(lambda: press(tab, f"{element} .ps-menu-item", "Mask"))
    assert name.endswith(".png")
    with Image.open(io.BytesIO(data)) as picture:
        return np.array(picture)


def fraction(text):
    return float(re.search(r"[\d.]+", text)[0]) / 100
