"""What a visitor of a classic element sees and does: methods, parameters, thresholds, markers, the table, and libraries that load only here."""
import base64
import contextlib
import functools
import json
import re
import threading

import numpy as np
import pytest
from tests.browser.conftest import BOOT, ROOT, Lessons, opened, serving, visitor
from tests.browser.person import Picture, choose, number, percent, slide
from playwright.sync_api import expect

from pystudio.segment import classic
from pystudio import image
from pystudio.networks import network as networks
from pystudio.measure.region_matching import best_iou

PHOTOS = {photo["name"]: photo for photo in json.loads((ROOT / "site_src/photos/credits.json").read_text(encoding="utf-8"))}
HERE = "studio-classic"
LIBRARIES = re.compile(r"/(scipy|scikit_image|lazy_loader)-")
FREE = [name for name, method in classic.METHODS.items() if method.markers != "required"]
PAINTED = [name for name, method in classic.METHODS.items() if method.markers == "required"]


@pytest.fixture(scope="module")
def booted(browser, lesson):
    """One page for the whole module, with a place to paint: booting once and loading scikit-image once is enough."""
    with visitor(browser) as context:
        page = opened(context)
        page.goto(lesson(("classic", "photo: chelsea\ntable: true"), ("paint", "")))
        shows(page, "otsu", BOOT)
        pick(page, "slic")  # brings scikit-image
        shows(page, "slic", BOOT)
        yield page


@pytest.fixture
def page(booted):
    """The shared page on the small photo, nothing painted, Otsu's method; whatever a test does must leave the console silent."""
    booted.complaints.clear()
    booted.evaluate("() => window.pystudio.store.paint('clear')")
    if booted.locator(".ps-credit strong").inner_text() != PHOTOS["chelsea"]["title"]:
        choose(booted, PHOTOS["chelsea"]["title"], HERE)
    booted.locator(HERE).scroll_into_view_if_needed()
    standard(booted)
    take(booted, "slic")
    take(booted, "otsu")
    yield booted
    assert booted.complaints == []


@pytest.fixture(scope="module")
def cat():
    return image.load(ROOT / "site_src/photos" / PHOTOS["chelsea"]["file"])


def shows(page, method, timeout=None):
    """Wait until the regions of a method are drawn and nothing is at work."""
    page.locator(f"{HERE}[data-shows={method}][data-state=ready]").first.wait_for(timeout=timeout)


def pick(page, name):
    """Click a method in the list."""
    page.locator(f".ps-method:has(input[value={name}])").first.click()


def take(page, name):
    pick(page, name)
    shows(page, name)


def standard(page):
    """Every method as it was at the start, and none known to be slow on this machine."""
    page.evaluate("""() => { document.querySelector("studio-classic").took.clear(); for (const key of Object.keys(window.pystudio.store.memory.settings)) if (key.includes(".values.")) delete window.pystudio.store.memory.settings[key]; }""")


def again(page, method, act):
    """Do something, and wait for the answer that comes of it."""
    page.evaluate("""() => { const { engine } = window.pystudio, call = engine.call.bind(engine);
        window.answered = new Promise(done => { engine.call = (name, ...rest) => { const reply = call(name, ...rest);
            if (name === "classic.run") { engine.call = call; reply.then(done, done); } return reply; }; }); }""")
    act()
    page.evaluate("() => window.answered.then(() => true)")
    shows(page, method)


def drag(page, line, level):
    """Take hold of a line of the histogram, and let it go at a level."""
    line.scroll_into_view_if_needed()
    box, plot = line.bounding_box(), page.locator(".ps-histogram-plot").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(plot["x"] + plot["width"] * (level + 1) / 256, box["y"] + 40, steps=5)
    page.mouse.up()


@contextlib.contextmanager
def held(page):
    """Python is not given what is asked of the methods until go(), release() or the end of the block; window.held names what was."""
    page.evaluate("""() => { const { store } = window.pystudio, call = store.call.bind(store), waiting = [];
        window.held = [];
        window.go = () => waiting.splice(0).forEach(go => go());
        window.release = () => { delete store.call; window.go(); };
        store.call = async (name, ...rest) => {
            if (name === "classic.run") { window.held.push(rest[0].method); await new Promise(go => waiting.push(go)); }
            return call(name, ...rest);
        }; }""")
    try:
        yield
    finally:
        page.evaluate("() => window.release()")


def asked(page, method, parameters=None, markers="none"):
    """The label map that the engine of a page answers with, past its elements."""
    text = page.evaluate("""async ([method, parameters, markers]) => {
        const { label_map } = await window.pystudio.store.call("classic.run", { method, parameters, markers });
        const bytes = new Uint8Array(label_map.buffer);
        let text = "";
        for (let i = 0; i < bytes.length; i += 32768) text += String.fromCharCode(...bytes.subarray(i, i + 32768));
        return btoa(text);
    }""", [method, parameters or {}, markers])
    return np.frombuffer(base64.b64decode(text), np.int32)


def paint(page, *strokes):
    """Paint strokes of a radius of 6 as (label, from, to); the mask that the page holds then."""
    for label, start, end in strokes:
        page.evaluate("""([label, start, end]) => window.pystudio.store.paint("stroke", { points: [start, end], radius: 6, label, begin: true, end: true })""", [label, start, end])
    rows, columns = Picture(page, HERE).shape
    return np.array(page.evaluate("() => Array.from(window.pystudio.store.mask)"), np.uint8).reshape(rows, columns)


def same(one, other):
    """Share of the pixels that are in the same region; regions may be numbered otherwise where a few pixels differ."""
    pairs, counts = np.unique(np.stack([one.ravel(), other.ravel()]), axis=1, return_counts=True)
    best = {}
    for (label, _), count in zip(pairs.T, counts, strict=True):
        best[label] = max(best.get(label, 0), count)
    return sum(best.values()) / one.size


def drawn(page):
    """(M, N) array: which of the colours of the region layer each pixel has, numbered as they come."""
    layer = Picture(page, HERE).layer("regions").astype(np.int64)
    code = layer[..., 0] << 24 | layer[..., 1] << 16 | layer[..., 2] << 8 | layer[..., 3]
    return np.unique(code, return_inverse=True)[1].reshape(code.shape)


# ---------------------------------------------------------------- the same regions as on the desktop
@pytest.mark.parametrize("name", FREE)
def test_browser_and_desktop_find_the_same_regions(page, cat, name):
    on_desktop = classic.run(name, cat)
    take(page, name)
    assert same(asked(page, name), on_desktop.label_map) >= 0.999
    assert page.locator(HERE).get_attribute("data-regions") == str(on_desktop.n)


@pytest.mark.parametrize("name", PAINTED)
def test_they_agree_on_painted_markers_too(page, cat, name):
    mask = paint(page, (8, [120, 200], [200, 260]), (18, [20, 20], [20, 430]), (18, [280, 20], [280, 100]))
    on_desktop = classic.run(name, cat, markers=mask)
    assert same(asked(page, name, markers="paint"), on_desktop.label_map) >= 0.999
    take(page, name)
    assert page.locator(HERE).get_attribute("data-regions") == str(on_desktop.n)


def test_what_is_drawn_are_the_regions(page, cat):
    page.locator(".ps-segment", has_text="Distinct").click()
    take(page, "k_means")
    regions = classic.run("k_means", cat)
    assert same(drawn(page), regions.label_map) >= 0.999 and len(np.unique(drawn(page))) == regions.n


def test_regions_wear_their_mean_colours(page, cat):
    page.locator(".ps-segment", has_text="Mean").click()
    regions = classic.run("otsu", cat)
    layer = Picture(page, HERE).layer("regions")
    for region in (1, 2):
        inside = regions.label_map == region
        assert np.abs(layer[inside][:, :3] - cat[inside].mean(axis=0)).max() <= 1


def test_the_best_union_is_what_fits_the_class_best(page, cat):
    take(page, "slic")
    page.locator(".ps-segment", has_text="Best union").click()
    shown = Picture(page, HERE).layer("regions")[..., 3] > 0
    truth = networks.segment(cat, "deeplab_s16").label_map == 8
    iou = (shown & truth).sum() / (shown | truth).sum()
    best = best_iou(classic.run("slic", cat).label_map, truth)
    assert iou == pytest.approx(best.union_iou, abs=0.01)
    fit = page.locator(".ps-fit[data-fit=network]")
    expect(fit).to_contain_text("cat")
    said = [number(text) for text in fit.locator(".ps-meter-number").all_inner_texts()]
    assert said == pytest.approx([100 * best.region_iou, 100 * best.union_iou], abs=1)
    page.locator(".ps-segment", has_text="Mean").click()


def test_boundaries_can_be_switched_off(page):
    edges = page.locator(f"{HERE} canvas[data-layer=boundaries]")
    assert (Picture(page, HERE).layer("boundaries")[..., 3] > 0).any()
    expect(edges).to_be_visible()
    page.locator(".ps-toggle", has_text="Boundaries").click()
    expect(edges).to_be_hidden()
    page.locator(".ps-toggle", has_text="Boundaries").click()
    expect(edges).to_be_visible()


def test_the_region_under_the_pointer_is_named_with_its_size(page, cat):
    regions = classic.run("otsu", cat)
    picture = Picture(page, HERE)
    for place in [(150, 200), (20, 20)]:
        picture.point(*place)
        region = regions.label_map[place]
        size = int((regions.label_map == region).sum())
        expect(page.locator(".ps-region")).to_contain_text(f"Region {region} of 2")
        expect(page.locator(".ps-region")).to_contain_text(percent(size / regions.label_map.size))
    page.mouse.move(0, 0)


# ---------------------------------------------------------------- parameters and thresholds
def test_a_parameter_changes_the_regions_and_can_be_put_back(page, cat):
    take(page, "multi_otsu")
    classes = page.locator("[data-parameter=classes] input")
    again(page, "multi_otsu", lambda: slide(classes, 5))
    assert page.locator(HERE).get_attribute("data-regions") == str(classic.run("multi_otsu", cat, {"classes": 5}).n) == "5"
    again(page, "multi_otsu", lambda: page.get_by_role("button", name="Reset").click())
    assert page.locator(HERE).get_attribute("data-regions") == "3"


@pytest.mark.parametrize(("name", "parameter", "took", "live"), [("threshold", "level", 20, True), ("slic", "regions", 900, False)])
def test_a_quick_method_follows_the_thumb_and_a_slow_one_waits(page, name, parameter, took, live):
    """Which of the two a method is depends on the machine; so its last time is given here."""
    take(page, name)
    thumb = page.locator(f"[data-parameter={parameter}] input")
    thumb.scroll_into_view_if_needed()
    page.evaluate("""([name, took]) => { document.querySelector("studio-classic").took.set(name, took); const { engine } = window.pystudio, call = engine.call.bind(engine);
        window.runs = 0; window.restore = () => { engine.call = call; }; engine.call = (what, ...rest) => { window.runs += what === "classic.run"; return call(what, ...rest); }; }""", [name, took])
    box = thumb.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + box["height"] / 2, steps=4)
    expect(page.locator(f"[data-parameter={parameter}] output")).not_to_have_text(str(dict((p.name, p.default) for p in classic.METHODS[name].parameters)[parameter]))
    assert (page.evaluate("window.runs") > 0) == live
    page.mouse.up()
    shows(page, name)
    assert page.evaluate("() => (window.restore(), window.runs)") > 0
    again(page, name, lambda: page.get_by_role("button", name="Reset").click())


def test_every_method_tells_what_it_assumes_and_when_it_fails(page):
    for name in ("otsu", "slic", "chan_vese"):
        take(page, name)
        for sentence in (classic.METHODS[name].assumes, classic.METHODS[name].fails_when, classic.METHODS[name].paper):
            expect(page.locator(".ps-about")).to_contain_text(sentence)


@pytest.mark.parametrize("name", ["chelsea", "swans"])
def test_the_histogram_is_that_of_the_desktop(page, name):
    """On a large photo the sums behind it go past 32 bits, which is how the browser's NumPy counts."""
    choose(page, PHOTOS[name]["title"], HERE)
    on_desktop = classic.histogram(image.load(ROOT / "site_src/photos" / PHOTOS[name]["file"]), 3)
    in_browser = page.evaluate("""async () => { const reply = await window.pystudio.store.call("classic.histogram", { classes: 3 });
        return { ...reply, counts: Array.from(reply.counts) }; }""")
    assert tuple(in_browser["thresholds"]) == on_desktop.thresholds
    assert np.abs(np.array(in_browser["counts"]) - on_desktop.counts).sum() <= 0.001 * on_desktop.counts.sum()
    np.testing.assert_allclose(in_browser["explained"], on_desktop.explained, atol=1e-3)
    assert in_browser["separability"] == pytest.approx(on_desktop.separability, abs=1e-3)


def test_otsus_line_stands_where_python_says_and_its_histogram_is_described(page, cat):
    line = page.get_by_role("slider", name="Threshold of brightness")
    assert line.get_attribute("aria-valuenow") == str(classic.histogram(cat).thresholds[0])
    expect(page.get_by_role("img", name=re.compile("Pixels of each brightness"))).to_be_visible()


def test_dragging_the_line_changes_the_regions(page, cat):
    line = page.get_by_role("slider", name="Threshold of brightness")
    before = drawn(page)
    drag(page, line, 60)
    shows(page, "threshold")
    expect(line).to_have_attribute("aria-valuenow", "60")
    expect(page.locator("[data-parameter=level] output")).to_have_text("60")
    wanted = classic.run("threshold", cat, {"level": 60})
    expect(page.locator(".ps-run-words")).to_contain_text(classic.METHODS["threshold"].title)
    page.wait_for_selector(f"{HERE}[data-state=ready]")
    assert same(drawn(page), wanted.label_map) >= 0.999
    assert (before != drawn(page)).any()


def test_a_line_of_several_can_be_dragged_too(page, cat):
    take(page, "multi_otsu")
    low, high = classic.histogram(cat, 3).thresholds
    lines = page.locator(".ps-threshold[role=slider]")
    assert [line.get_attribute("aria-valuenow") for line in lines.all()] == [str(low), str(high)]
    drag(page, lines.nth(1), 160)
    shows(page, "threshold")
    for parameter, level in [("level", low), ("second", 160), ("third", 255), ("fourth", 255)]:
        expect(page.locator(f"[data-parameter={parameter}] output")).to_have_text(str(level))
    expect(page.locator(".ps-run-words")).to_contain_text("3 regions")
    assert same(drawn(page), classic.run("threshold", cat, {"level": low, "second": 160}).label_map) >= 0.999
    again(page, "threshold", lambda: lines.nth(0).press("PageDown"))
    assert [line.get_attribute("aria-valuenow") for line in lines.all()] == [str(low - 16), "160"]
    assert same(drawn(page), classic.run("threshold", cat, {"level": low - 16, "second": 160}).label_map) >= 0.999
    lines.nth(1).press("End")
    expect(lines).to_have_count(2)  # a line cannot be lost over the rim


def test_a_tap_on_otsus_line_leaves_it_otsus(page, cat):
    line = page.get_by_role("slider", name="Threshold of brightness")
    line.scroll_into_view_if_needed()
    line.click(force=True)  # the line is thin, its reach is not
    line.press("ArrowRight")
    shows(page, "threshold")
    take(page, "otsu")
    line.click(force=True)
    expect(line).to_be_focused()
    expect(page.locator(HERE)).to_have_attribute("data-method", "otsu")


def test_the_line_moves_by_keyboard(page, cat):
    line = page.get_by_role("slider", name="Threshold of brightness")
    start = int(line.get_attribute("aria-valuenow"))
    for key, value in [("ArrowRight", start + 1), ("PageUp", start + 17), ("ArrowLeft", start + 16), ("Home", 0), ("ArrowRight", 1)]:
        line.press(key)
        expect(line).to_have_attribute("aria-valuenow", str(value))
    line.press("End")
    shows(page, "threshold")
    expect(page.locator(HERE)).to_have_attribute("data-regions", "1")


# ---------------------------------------------------------------- markers
@pytest.mark.parametrize("name", PAINTED)
def test_missing_markers_are_told_in_the_methods_own_sentence(page, cat, name):
    with pytest.raises(classic.StudioError) as told:
        classic.run(name, cat, markers=np.zeros(cat.shape[:2], np.uint8))
    pick(page, name)
    alert = page.locator(f"{HERE} [role=alert]")
    expect(alert).to_contain_text(told.value.message)
    expect(alert).to_contain_text(told.value.remedy)
    assert page.locator(HERE).get_attribute("data-shows") is None
    alert.get_by_role("button", name="Paint markers").click()
    expect(page.locator("studio-paint .ps-view-pane")).to_be_focused()


def test_painting_answers_the_sentence(page, cat):
    name = PAINTED[0]
    pick(page, name)
    expect(page.locator(f"{HERE} [role=alert]")).to_be_visible()
    page.locator(HERE).scroll_into_view_if_needed()
    mask = paint(page, (8, [120, 200], [200, 260]), (18, [20, 20], [20, 430]))
    shows(page, name)
    expect(page.locator(f"{HERE} .ps-alert")).to_be_hidden()
    expect(page.locator(".ps-markers")).to_contain_text("cat, sofa")
    assert page.locator(HERE).get_attribute("data-regions") == str(classic.run(name, cat, markers=mask).n)
    expect(page.locator(".ps-fit[data-fit=paint]")).to_contain_text("were the markers")


def test_optional_markers_are_used_when_asked_for(page, cat):
    mask = paint(page, (8, [120, 200], [200, 260]), (18, [20, 20], [20, 430]))
    take(page, "watershed")
    assert page.locator(HERE).get_attribute("data-regions") == str(classic.run("watershed", cat).n)
    switch = page.locator(".ps-toggle", has_text="Use painted markers")
    again(page, "watershed", switch.click)
    assert page.locator(HERE).get_attribute("data-regions") == str(classic.run("watershed", cat, markers=mask).n) == "2"
    again(page, "watershed", switch.click)


def test_a_painted_mask_is_compared_with_too(page, cat):
    mask = paint(page, (8, [120, 200], [200, 260]))
    best = best_iou(classic.run("otsu", cat).label_map, mask == 8)
    meters = page.locator(".ps-fit[data-fit=paint] .ps-meter-number")
    expect(meters.first).to_have_text(percent(best.region_iou))
    expect(meters.last).to_have_text(percent(best.union_iou))


# ---------------------------------------------------------------- in mid-run
def test_stop_says_so_and_offers_to_go_on(page):
    line = page.locator(".ps-run-line")
    resume = line.get_by_role("button", name="Run again")
    with held(page):
        pick(page, "felzenszwalb")
        expect(line).to_contain_text("is at work")
        line.get_by_role("button", name="Stop").click()
        expect(line.locator(".ps-run-words")).to_have_text("Stopped.")
        expect(line.get_by_role("button", name="Stop")).to_be_hidden()
        expect(page.locator(HERE)).to_have_attribute("data-state", "ready")
        expect(resume).to_be_focused()
    resume.press("Enter")
    shows(page, "felzenszwalb")
    expect(resume).to_be_hidden()


def test_methods_passed_over_are_never_computed(page):
    with held(page):
        for name in ("chan_vese", "k_means", "growing", "slic"):
            pick(page, name)
        page.evaluate("() => window.go()")  # Python answers for what came first, which nobody wants any more
        expect(page.locator(HERE)).to_have_attribute("data-method", "slic")
        page.evaluate("""() => new Promise(done => { const look = () => window.held.includes("slic") ? done(true) : setTimeout(look, 20); look(); })""")
    shows(page, "slic")
    assert not {"k_means", "growing"} & set(page.evaluate("window.held"))


def test_what_was_at_work_on_another_photo_is_not_announced_for_ever(page):
    words = page.locator(".ps-run-words")
    with held(page):
        pick(page, "slic")
        expect(words).to_contain_text("is at work")
        page.evaluate("() => window.pystudio.store.openPhoto({ name: 'astronaut' })")
        expect(page.locator(".ps-credit strong")).to_have_text(PHOTOS["astronaut"]["title"])
    shows(page, "slic")
    pick(page, PAINTED[0])
    expect(page.locator(f"{HERE} [role=alert]")).to_be_visible()
    with held(page):
        paint(page, (8, [100, 100], [200, 200]), (18, [20, 20], [20, 400]))
        expect(words).to_contain_text("is at work")
        choose(page, PHOTOS["chelsea"]["title"], HERE)
        expect(words).to_have_text("")


# ---------------------------------------------------------------- the table
def assert_names_stay_on_a_phone(page):
    desktop = page.viewport_size
    page.set_viewport_size({"width": 390, "height": 844})
    page.locator(".ps-table-frame").scroll_into_view_if_needed()
    page.locator(".ps-table-frame").evaluate("frame => frame.scrollTo({ left: frame.scrollWidth, behavior: 'instant' })")
    for seen in (".ps-method-table tbody th", ".ps-method-table tbody td:last-child"):
        expect(page.locator(seen).first).to_be_in_viewport(ratio=0.9)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.set_viewport_size(desktop)


def test_the_table_fills_can_be_sorted_and_opens_methods(page, cat):
    page.get_by_role("button", name="Run them all").click()
    expect(page.locator(".ps-all .ps-hint")).to_have_text("All methods have run.", timeout=BOOT)
    rows = page.locator(".ps-method-table tbody tr")
    assert rows.count() == len(classic.METHODS) + 1
    truth = networks.segment(cat, "deeplab_s16").label_map == 8
    cells = page.locator("tr[data-method=felzenszwalb] td")
    assert number(cells.nth(1).inner_text()) == pytest.approx(100 * best_iou(classic.run("felzenszwalb", cat).label_map, truth).union_iou, abs=1)
    for name in PAINTED:
        expect(page.locator(f"tr[data-method={name}]")).to_contain_text("Paint")
    assert re.search(r"\d (ms|s)".replace(" ", "\u202f"), page.locator("tr[data-method=deeplab_s16]").inner_text())

    def column(index):
        return [number(text) for text in page.locator(f".ps-method-table tbody td:nth-child({index})").all_inner_texts() if "%" in text]

    assert column(3) == sorted(column(3), reverse=True) and len(column(3)) == len(FREE)
    assert_names_stay_on_a_phone(page)
    page.get_by_role("columnheader", name="IoU, best region").get_by_role("button").click()
    assert column(2) == sorted(column(2), reverse=True) and column(3) != sorted(column(3), reverse=True)
    time = page.get_by_role("columnheader", name="Time")
    for order in ("ascending", "descending"):
        time.get_by_role("button").click()
        expect(time).to_have_attribute("aria-sort", order)
        spent = [number(text) / (1000 if "ms" in text else 1) for text in page.locator(".ps-method-table tbody td:last-child").all_inner_texts() if "\u202f" in text]
        assert spent == sorted(spent, reverse=order == "descending") and len(spent) == len(FREE) + 1
    page.locator(".ps-method-table").get_by_role("button", name=classic.METHODS["chan_vese"].title).click()
    shows(page, "chan_vese")


def test_the_table_can_be_stopped_and_the_page_stays_usable(page):
    page.get_by_role("button", name="Run them all").click()
    expect(page.get_by_role("progressbar", name="Running all methods")).to_be_visible()
    page.locator(".ps-segment", has_text="Distinct").click()
    page.locator(".ps-all").get_by_role("button", name="Stop").click()
    expect(page.locator(".ps-all .ps-hint")).to_contain_text(re.compile(r"Stopped after \d+ of \d+"))
    page.locator(".ps-segment", has_text="Mean").click()
    take(page, "slic")


def test_another_photo_ends_the_table(page):
    hint = page.locator(".ps-all .ps-hint")
    page.get_by_role("button", name="Run them all").click()
    expect(page.get_by_role("progressbar", name="Running all methods")).to_be_visible()
    choose(page, PHOTOS["astronaut"]["title"], HERE)
    expect(hint).to_contain_text("Each method runs on this photo")
    expect(page.locator(".ps-method-table")).to_be_hidden()
    expect(page.get_by_role("button", name="Run them all")).to_be_visible()


# ---------------------------------------------------------------- libraries: only here, with progress, and not in the way
class Slow(Lessons):
    """Sends the first half of SciPy, and the rest when it is let go."""
    go = threading.Event()

    def copyfile(self, source, outputfile):
        if not LIBRARIES.search(self.path) or "scipy" not in self.path:
            return super().copyfile(source, outputfile)
        data = source.read()
        outputfile.write(data[: len(data) // 2])
        outputfile.flush()
        self.go.wait(60)
        outputfile.write(data[len(data) // 2 :])


def test_a_page_without_the_element_never_asks_for_the_libraries(context, lesson):
    page = opened(context)
    seen = []
    page.on("request", lambda request: seen.append(request.url))
    page.goto(lesson(("segment", "photo: chelsea"), ("grow", "seed: [150, 200]"), ("paint", "")))
    page.locator("studio-segment[data-classes]").wait_for(timeout=BOOT)
    page.locator("studio-grow").scroll_into_view_if_needed()
    expect(page.locator("studio-grow .ps-facts")).to_contain_text("pixels")
    page.locator("studio-paint").scroll_into_view_if_needed()
    expect(page.locator("studio-paint .ps-meter-number").first).to_contain_text("%")
    assert [url for url in seen if LIBRARIES.search(url)] == []
    assert any("/onnxruntime-web-" in url for url in seen), "the engine's own requests are not among those that were seen"


def test_loading_is_told_in_bytes_and_another_method_can_be_chosen_meanwhile(context, site, lesson):
    path = lesson(("classic", "photo: chelsea")).rsplit("/", 1)[1]
    Slow.go.clear()
    with serving(functools.partial(Slow, directory=site)) as slow:
        page = opened(context)
        seen = []
        page.on("request", lambda request: seen.append(request.url))
        try:
            page.goto(slow.url + path)
            shows(page, "otsu", BOOT)
            assert [url for url in seen if LIBRARIES.search(url)] == [], "Otsu's method needs NumPy alone."
            pick(page, "slic")
            panel = page.locator(".ps-loading")
            expect(panel).to_contain_text("Loading scikit-image")
            expect(panel).to_contain_text(re.compile(r"[\d.]+\u202f(bytes|kB|MB) of [\d.]+\u202fMB"))
            expect(page.locator(HERE)).to_have_attribute("data-state", "running")
            take(page, "threshold")  # what waited is dropped
            expect(panel).to_be_hidden()
            pick(page, "slic")
            expect(panel).to_be_visible()
            page.locator(".ps-run").get_by_role("button", name="Stop").click()
            expect(panel).to_be_hidden()
            expect(page.locator(HERE)).to_have_attribute("data-state", "ready")
            pick(page, "felzenszwalb")
        finally:
            Slow.go.set()
        shows(page, "felzenszwalb", BOOT)
        paint(page, (8, [120, 200], [200, 260]))  # however long the libraries took, a method that is quick itself follows what is painted
        expect(page.locator(".ps-fit[data-fit=paint]")).to_contain_text("cat of your mask")
        assert any("scipy-" in url for url in seen) and any("scikit_image-" in url for url in seen)
        assert page.complaints == []


class Absent(Lessons):
    """Does not have the libraries until they are put there."""
    there = threading.Event()

    def send_head(self):
        return super().send_head() if self.there.is_set() or not LIBRARIES.search(self.path) else self.send_error(404)


def test_libraries_that_did_not_arrive_are_asked_for_again(context, site, lesson):
    path = lesson(("classic", "photo: chelsea"), ("paint", "")).rsplit("/", 1)[1]
    Absent.there.clear()
    with serving(functools.partial(Absent, directory=site)) as absent:
        page = opened(context)
        page.goto(absent.url + path)
        shows(page, "otsu", BOOT)
        pick(page, "watershed")
        alert = page.locator(f"{HERE} [role=alert]")
        expect(alert).to_contain_text("did not arrive")
        expect(alert.get_by_role("button", name="Paint markers")).to_have_count(0)
        expect(page.locator(".ps-loading")).to_be_hidden()
        Absent.there.set()
        page.locator(".ps-run-line").get_by_role("button", name="Run again").click()
        shows(page, "watershed", BOOT)
        expect(alert).to_be_hidden()
        paint(page, (8, [120, 200], [200, 260]))  # however long the libraries took, the method is quick and follows by itself
        expect(page.locator(".ps-fit[data-fit=paint]")).to_contain_text("cat of your mask")


def test_what_was_set_is_there_after_a_reload(context, lesson):
    page = opened(context)
    page.goto(lesson(("classic", "photo: chelsea")))
    shows(page, "otsu", BOOT)
    take(page, "multi_otsu")
    slide(page.locator("[data-parameter=classes] input"), 4)
    expect(page.locator(HERE)).to_have_attribute("data-regions", "4")
    page.evaluate("() => window.pystudio.store.memory.savePage()")
    page.reload()
    shows(page, "multi_otsu", BOOT)
    expect(page.locator(HERE)).to_have_attribute("data-regions", "4")
    assert page.complaints == []


def test_an_element_without_controls_is_picture_and_histogram(context, lesson):
    page = opened(context)
    page.goto(lesson(("classic", "photo: chelsea\ncontrols: false\nopacity: 0.4\nboundaries: false\nmethods: [otsu]")))
    shows(page, "otsu", BOOT)
    assert page.locator(f"{HERE} canvas[data-layer=regions]").evaluate("canvas => getComputedStyle(canvas).opacity") == "0.4"
    expect(page.locator(f"{HERE} canvas[data-layer=boundaries]")).to_be_hidden()
    expect(page.locator(".ps-histogram")).to_be_visible()
    expect(page.get_by_role("slider", name="Threshold of brightness")).to_have_count(0)  # no method is offered that could take it
    expect(page.locator(f"{HERE} :is(.ps-method, .ps-parameters, .ps-report, .ps-all)")).to_have_count(0)
    assert page.complaints == []
