"""What a person does with a page, and what they see there: choosing photos, pointing at pixels, reading numbers, saving files.

Positions are (row, column) of the photo. They become screen positions through the canvas as it lies on the screen, and pixels
are read from what is drawn; the studio's own arithmetic has no part in either.
"""
import base64
import contextlib
import io
import re
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
from tests.browser.conftest import PATIENCE, ready
from PIL import Image
from playwright.sync_api import expect

from pystudio.labels import VOC

THIN = "\u202f"  # between the digits of a long number, as the page writes them


# ---------------------------------------------------------------- photos
def choose(page, title, element="studio-segment"):
    """Click a bundled photo in the strip, and wait until the element has done with it."""
    page.get_by_role("region", name="Choose a photo").get_by_role("button", name=re.compile(rf"(✓ )?{title}$")).click()
    return shown(page, title, element)


def shown(page, title, element="studio-segment"):
    """Wait until this photo is there and its labels are found."""
    expect(page.locator(".ps-credit strong")).to_have_text(title)
    return ready(page, element)


def open_file(page, path):
    """Press Open and choose a file."""
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Open", exact=True).click()
    chooser.value.set_files(path)


def problem(page):
    """The one sentence (and its remedy) that the page tells now; more than one alert would be one too many."""
    alerts = page.locator("[role=alert]:visible")
    expect(alerts).to_have_count(1)
    return alerts.inner_text().strip()


def dismiss(page):
    page.locator("[role=alert]:visible").get_by_role("button", name="Dismiss").click()
    expect(page.locator("[role=alert]:visible")).to_have_count(0)


# ---------------------------------------------------------------- the picture
class Picture:
    """The picture of one element: its layers, and the mouse on it."""

    def __init__(self, page, element):
        self.page = page
        self.element = page.locator(element)
        self.pane = self.element.locator(".ps-view-pane")

    def layer(self, name):
        """(M, N, 4) array of uint8: what is drawn on a layer, put together from its canvases as they lie over the photo."""
        drawn = np.zeros((*self.shape, 4), np.uint8)
        for row, column, rows, columns, data in self.element.evaluate("""(element, name) => {
            const photo = element.querySelector("canvas[data-layer=photo]");
            const whole = photo.getBoundingClientRect();
            const layer = element.querySelector(`[data-layer=${name}]`);
            const canvases = layer instanceof HTMLCanvasElement ? [layer] : [...layer?.querySelectorAll("canvas") ?? []];
            return canvases.filter(canvas => canvas.getClientRects().length).map(canvas => {
                const box = canvas.getBoundingClientRect();
                const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
                let text = "";
                for (let i = 0; i < data.length; i += 32768) text += String.fromCharCode(...data.subarray(i, i + 32768));
                return [(box.y - whole.y) / whole.height * photo.height, (box.x - whole.x) / whole.width * photo.width, canvas.height, canvas.width, btoa(text)];
            });
        }""", name):
            place = np.s_[round(row) : round(row) + rows, round(column) : round(column) + columns]
            drawn[place] = np.frombuffer(base64.b64decode(data), np.uint8).reshape(rows, columns, 4)
        return drawn

    def labels(self, name):
        """(M, N) array of uint8: the classes of a layer, told by their colours; what is clear is background."""
        drawn = self.layer(name)
        assert set(np.unique(drawn[..., 3])) <= {0, 255}
        code = lambda rgb: rgb[..., 0].astype(int) * 65536 + rgb[..., 1].astype(int) * 256 + rgb[..., 2]
        label_of = {int(colour): label for label, colour in enumerate(code(VOC.colours))}
        colours, place = np.unique(np.where(drawn[..., 3] == 255, code(drawn), code(VOC.colours[0])), return_inverse=True)
        return np.array([label_of[int(colour)] for colour in colours], np.uint8)[place].reshape(drawn.shape[:2])

    @property
    def shape(self):
        return tuple(self.element.locator("canvas[data-layer=photo]").evaluate("canvas => [canvas.height, canvas.width]"))

    def screens(self, *places):
        """Where the middles of pixels are in the window, [(x, y)…]; the picture is scrolled into sight if one of them is not."""
        return self.element.locator("canvas[data-layer=photo]").evaluate("""(canvas, places) => {
            const pane = canvas.closest(".ps-view-pane");
            const seen = () => {
                const box = canvas.getBoundingClientRect();
                return places.map(([row, column]) => [box.x + (column + 0.5) * box.width / canvas.width, box.y + (row + 0.5) * box.height / canvas.height]);
            };
            if (!seen().every(place => pane.contains(document.elementFromPoint(...place)))) pane.scrollIntoView({ block: "center", behavior: "instant" });
            return seen();
        }""", places)

    def screen(self, row, column):
        return self.screens((row, column))[0]

    def look(self):
        """The pane as it is on the screen, (H, W, 3) array of int: in the middle of the window, the mouse elsewhere."""
        self.page.mouse.move(0, 0)
        self.pane.evaluate("pane => pane.scrollIntoView({ block: 'center', behavior: 'instant' })")
        seen = self.pane.screenshot(animations="disabled")
        return np.asarray(Image.open(io.BytesIO(seen)).convert("RGB"), int)

    def point(self, row, column):
        self.page.mouse.move(*self.screen(row, column))

    def click(self, row, column):
        self.page.mouse.click(*self.screen(row, column))

    def drag(self, *places, steps=1):
        """Press at the first place, move along the others, release."""
        self.press(*places, steps=steps)
        self.page.mouse.up()

    def press(self, *places, steps=1):
        """As drag, but the button stays down."""
        first, *others = self.screens(*places)
        self.page.mouse.move(*first)
        self.page.mouse.down()
        for place in others:
            self.page.mouse.move(*place, steps=steps)


@contextlib.contextmanager
def fingers(page):
    """The page is touched instead of pointed at. Gives what sends a touch: its kind and the (x, y) of each finger. Places on the screen are to be
    asked for within: a finger's controls are higher, and the picture may lie elsewhere."""
    session = page.context.new_cdp_session(page)

    def emulate(touched, **options):
        session.send("Emulation.setTouchEmulationEnabled", {"enabled": touched, **options})
        page.evaluate("""touched => new Promise(done => {
            const look = () => matchMedia("(pointer: coarse)").matches === touched ? done() : requestAnimationFrame(look);
            look();
        })""", touched)
    emulate(True, maxTouchPoints=5)
    try:
        yield lambda kind, *points: session.send("Input.dispatchTouchEvent", {
            "type": f"touch{kind}", "touchPoints": [{"x": x, "y": y, "id": n} for n, (x, y) in enumerate(points)]})
    finally:
        emulate(False)
        session.detach()


# ---------------------------------------------------------------- controls
def slide(slider, value):
    """Move a range with the keyboard, as far as it takes; its events are those of a hand."""
    slider.focus()
    step = float(slider.get_attribute("step"))
    here = float(slider.input_value())
    for _ in range(round(abs(value - here) / step)):
        slider.press("ArrowRight" if value > here else "ArrowLeft")
    assert float(slider.input_value()) == value


def saved(page, element, what):
    """Save something through the element's menu; its name and its bytes."""
    menu = page.locator(element).locator(".ps-menu")
    menu.get_by_role("button", name="Save").click()
    with page.expect_download(timeout=PATIENCE) as download:
        menu.get_by_role("button", name=re.compile(what)).click()
    with open(download.value.path(), "rb") as file:
        return download.value.suggested_filename, file.read()


def saved_labels(page, element):
    """The mask that the element saves, as the ids a program would read from the file."""
    _, data = saved(page, element, "Mask")
    with Image.open(io.BytesIO(data)) as picture:
        assert (picture.format, picture.mode) == ("PNG", "P")
        return np.array(picture)


# ---------------------------------------------------------------- numbers in words
def number(text):
    """The first number of a text, as a person reads it: "786 432 decisions" is 786432."""
    return float(re.search(r"−?[\d.]+(?:\u202f\d{3})*", text).group().replace(THIN, "").replace("−", "-"))


def grouped(value):
    """16515072 as the page writes it."""
    return f"{value:,}".replace(",", THIN)


def percent(share, digits=1):
    """0.3721 as the page writes it; a half goes up, as JavaScript's toFixed has it."""
    if share is None or np.isnan(share):
        return "–"
    if 0 < share * 100 < 10**-digits:
        return f"<{10**-digits:.{digits}f}%"
    return f"{Decimal(share * 100).quantize(Decimal(10) ** -digits, ROUND_HALF_UP)}%"


def answer(coroutine):
    """What a coroutine returns that waits for nobody; Playwright has the thread's event loop."""
    try:
        while True:
            coroutine.send(None)
    except StopIteration as end:
        return end.value
