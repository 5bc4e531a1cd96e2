"""Every page, with its elements at work, as axe-core judges it: light and dark, wide and narrow. And how classes look, by the control in the header."""
import io
import pathlib
import re

import numpy as np
import pytest
from tests.browser.conftest import BOOT, ROOT, SITE, opened, ready, visitor
from tests.browser.person import Picture
from PIL import Image
from playwright.sync_api import expect

from pystudio.labels import VOC, clear_colours

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
PAGES = sorted(path.name for path in SITE.glob("*.html")) if SITE.is_dir() else []
PHONE = {"viewport": {"width": 390, "height": 844}}


@pytest.fixture(scope="module")
def checked(browser):
    """One window for all pages; axe-core is put into them past their Content-Security-Policy, which has no place for it."""
    with visitor(browser, bypass_csp=True) as context:
        yield opened(context)


# axe-core reads a page piece by piece; a fault counts when no colour was on its way to another meanwhile, and no element at work. What is folded away
# is left out, and promises of animations are not awaited: Chromium never keeps them for what is folded away (a transition runs there all the same).
JUDGE = """async () => {
  let began = 0;
  addEventListener("transitionrun", () => { began++; });
  const frame = () => new Promise(requestAnimationFrame);
  const fades = ({ playState, effect }) => playState === "running" && effect.getComputedTiming().endTime < Infinity && effect.target.checkVisibility();
  for (let round = 1; ; round++) {
    await frame().then(frame).then(() => new Promise((done) => setTimeout(done))); // what follows the window's size has followed
    while (document.getAnimations().some(fades)) await frame();
    const before = began;
    const { violations } = await axe.run(document, { resultTypes: ["violations"] });
    const atRest = began === before && !document.querySelector(".ps[data-state=loading], .ps[data-state=running]");
    if (atRest || !violations.length || round === 5) return violations;
  }
}"""


def judged(page):
    return [f"{each['id']}: {node['target']} {node['html'][:120]}" for each in page.evaluate(JUDGE) for node in each["nodes"][:3]]


def at_rest(page):
    """All elements have started; none is at work."""
    expect(page.locator(".ps[data-state=loading], .ps[data-state=running]")).to_have_count(0, timeout=BOOT)
    broken = page.locator(".ps[data-state=error]")
    assert broken.count() == 0, broken.first.inner_text()[:300]


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_on_a_page(checked, server, name):
    page = checked
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(color_scheme="light")
    page.goto(server.url + name)
    at_rest(page)
    for element in page.locator(".ps[data-state]:not(studio-cell)").all():  # what starts when it is seen has been seen
        element.scroll_into_view_if_needed()
    at_rest(page)
    page.evaluate(pathlib.Path(AXE).read_text(encoding="utf-8"))
    assert judged(page) == []
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size(PHONE["viewport"])
    assert judged(page) == []


# ---------------------------------------------------------------- other ways to look at a page
def test_without_scripts_no_empty_boxes_are_left(browser, server):
    with visitor(browser, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(server.url + "index.html")
        places = page.locator(".ps-skeleton")
        assert places.count() >= 3
        assert all(place.bounding_box()["height"] < 120 for place in places.all())


def test_a_lost_page_has_its_style_and_its_menu_in_any_folder(server, site):
    text = (site / "404.html").read_text(encoding="utf-8")
    addresses = [address for address in re.findall(r'(?:href|src)="?([^" >]+)', text) if not address.startswith(("#", "data:"))]
    assert len(addresses) > 30
    assert [address for address in addresses if address.startswith("/") or "://" in address or not (site / address.split("#")[0]).is_file()] == []


def test_what_says_something_by_its_colour_is_seen_where_the_system_sets_the_colours(browser, server):
    with visitor(browser, forced_colors="active", color_scheme="dark") as context:
        page = opened(context)
        page.goto(server.url + "measure.html")
        ready(page, "studio-paint")
        switch = page.locator("studio-paint").get_by_role("switch", name="Show errors")
        track = page.locator("studio-paint .ps-toggle").filter(has_text="Show errors").locator(".ps-toggle-track")
        off = colours_on_screen(track)
        switch.press("Space")
        on = colours_on_screen(track)
        assert len(off) >= 2 and len(on) >= 2 and on != off  # a thumb on its ground, and the two states differ
        slider = page.locator("studio-paint").get_by_role("slider", name="Mask opacity")
        assert len(colours_on_screen(slider, share=0.008)) >= 3  # the ground, what is passed and what is to come
        assert len(colours_on_screen(page.locator("studio-paint .ps-meter .ps-share").first)) >= 2
        words = colours_on_screen(page.locator(".ps-drawing svg").first, share=0)
        brightness = sorted(sum(colour) for colour in words)
        assert brightness[-1] - brightness[0] > 500  # light ink on a dark ground


def colours_on_screen(what, share=0.02):
    """The colours that an element shows, without the blends of edges: each fills more than a share of it."""
    pixels = np.asarray(Image.open(io.BytesIO(what.screenshot(animations="disabled"))).convert("RGB")).reshape(-1, 3)
    colours, counts = np.unique(pixels, axis=0, return_counts=True)
    return {tuple(int(v) for v in colour) for colour, count in zip(colours, counts, strict=True) if count > share * len(pixels)}


# ---------------------------------------------------------------- how classes look
@pytest.fixture(scope="module")
def home(browser, server):
    with visitor(browser) as context:
        page = opened(context)
        page.goto(server.url + "index.html")
        for element in ("studio-segment", "studio-paint"):
            ready(page, element)
        yield page


def open_control(page):
    control = page.get_by_role("button", name="How classes look")
    if control.get_attribute("aria-expanded") == "false":
        control.focus()
        control.press("Enter")
    return control


def colours_of(page):
    drawn = Picture(page, "studio-segment").layer("labels")
    return {tuple(int(v) for v in colour) for colour in np.unique(drawn[drawn[..., 3] == 255][:, :3], axis=0)}


def test_classes_are_recoloured_everywhere_and_for_good(home, server):
    page = home
    cat, clear = VOC.id("cat"), tuple(clear_colours()[VOC.id("cat")].tolist())
    assert colours_of(page) == {tuple(VOC.colours[cat].tolist())}
    control = open_control(page)
    page.get_by_role("radio", name="Easy to tell apart").check()
    assert colours_of(page) == {clear}
    swatches = page.locator(".ps-swatch").filter(has_text=str(cat))
    shown = swatches.evaluate_all("all => [...new Set(all.filter(one => one.textContent === '8').map(one => getComputedStyle(one).backgroundColor))]")
    assert shown == [f"rgb{clear}"]
    page.keyboard.press("Escape")
    expect(control).to_be_focused()
    expect(control).to_have_attribute("aria-expanded", "false")
    page.reload()
    ready(page, "studio-segment")
    assert colours_of(page) == {clear}
    open_control(page)
    page.get_by_role("radio", name="Standard").check()
    assert colours_of(page) == {tuple(VOC.colours[cat].tolist())}
    page.keyboard.press("Escape")


def test_patterns_lie_over_the_classes_and_nothing_else(home):
    page = home
    before = Picture(page, "studio-segment").layer("labels")
    open_control(page)
    page.get_by_role("switch", name="Patterns on the classes").press("Space")
    patterned = Picture(page, "studio-segment").layer("labels")
    assert (patterned[..., 3] == before[..., 3]).all()
    stroke = (patterned != before).any(axis=2)
    assert 0.05 < stroke.sum() / (before[..., 3] == 255).sum() < 0.5
    assert {tuple(int(v) for v in colour) for colour in np.unique(patterned[stroke][:, :3], axis=0)} == {(255, 255, 255)}  # on a dark class
    page.get_by_role("switch", name="Patterns on the classes").press("Space")
    np.testing.assert_array_equal(Picture(page, "studio-segment").layer("labels"), before)
    page.keyboard.press("Escape")


def test_what_another_wrote_into_the_memory_does_no_harm(browser, server):
    with visitor(browser) as context:
        page = opened(context)
        page.add_init_script("localStorage.setItem('pystudio.looks', '{\"set\": \"<b>\", \"patterns\": \"yes\"}')")
        page.goto(server.url + "about.html")
        open_control(page)
        expect(page.get_by_role("radio", name="Standard")).to_be_checked()
        expect(page.get_by_role("switch", name="Patterns on the classes")).not_to_be_checked()
        assert page.complaints == []


def test_a_mask_is_painted_with_the_keyboard_alone(home):
    page = home
    picture = Picture(page, "studio-paint")
    picture.pane.focus()
    page.keyboard.press("]")  # a larger brush
    page.keyboard.press("1")  # the first class of the photo
    page.keyboard.press("ArrowRight")  # the cursor appears
    page.keyboard.down("Space")
    for _ in range(6):
        page.keyboard.press("Shift+ArrowRight")
    page.keyboard.up("Space")
    expect(page.locator("studio-paint").get_by_role("button", name="Undo")).to_be_enabled()
    painted = (picture.labels("mask") == VOC.id("cat")).sum()
    assert painted > 500
    picture.pane.focus()
    page.keyboard.press("Control+z")
    expect(page.locator("studio-paint").get_by_role("button", name="Redo")).to_be_enabled()
    assert (picture.labels("mask") == VOC.id("cat")).sum() == 0
