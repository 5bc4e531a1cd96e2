"""What a visitor of a segment element sees and does: labels, views, read-outs, facts, saved files, and photos of their own."""
import base64
import io
import json
import re

import numpy as np
import pytest
from tests.browser.conftest import FLAGS, ROOT, ask, opened, ready, visitor
from tests.browser.person import Picture, choose, dismiss, fingers, grouped, number, open_file, percent, problem, saved, saved_labels, shown, slide
from PIL import Image
from playwright.sync_api import expect

from pystudio.render import colour
from pystudio import image
from pystudio.labels import VOC

PHOTOS = json.loads((ROOT / "site_src/photos/credits.json").read_text(encoding="utf-8"))
HERE = "studio-segment"


@pytest.fixture(scope="module")
def booted(browser, lesson):
    """One page for the whole module, and what it told of itself while it started."""
    with visitor(browser, permissions=["clipboard-read", "clipboard-write", "camera"]) as context:
        page = opened(context)
        page.add_init_script("""
            window.told = [];
            new MutationObserver(() => {
                const element = document.querySelector("studio-segment");
                const [state, panel] = [element?.dataset.state, element?.querySelector(".ps-boot:not([hidden])")];
                const words = panel?.querySelector("[role=progressbar]")?.getAttribute("aria-valuetext");
                for (const word of [state, words]) if (word && !window.told.includes(word)) window.told.push(word);
            }).observe(document, { subtree: true, childList: true, attributes: true });
        """)
        page.goto(lesson(("segment", "photo: kitten")))
        page.locator(f"{HERE}[data-classes]").wait_for(timeout=180_000)
        ready(page, HERE)
        yield page


@pytest.fixture
def page(booted):
    """The shared page as the lesson sets it, nothing under the pointer; whatever a test does must leave the console silent."""
    booted.complaints.clear()
    booted.mouse.move(0, 0)
    booted.get_by_role("radio", name="Overlay").check(force=True)
    slide(booted.get_by_role("slider", name="Opacity"), 60)
    yield booted
    assert booted.complaints == []


@pytest.fixture
def picture(page):
    return Picture(page, HERE)


def fact(page, name):
    return page.locator(f"{HERE} [data-fact={name}]")


def look(page, view, picture):
    """Choose a view; what the pane then shows."""
    page.locator(f"{HERE} label.ps-segment").get_by_text(view, exact=True).locator("xpath=ancestor::label").click()
    return picture.look()


# ---------------------------------------------------------------- starting
def test_the_start_is_told_step_by_step_until_the_element_is_ready(booted):
    told = booted.evaluate("window.told")
    states = [word for word in told if word in ("loading", "running", "ready", "error")]
    assert states[0] == "loading" and "ready" in states and "error" not in states
    steps = [word.split(" · ")[0] for word in told if " of 5" in word]
    assert {"Python", "NumPy"} <= set(steps)
    assert any("MB of " in word for word in told), told
    expect(booted.locator(f"{HERE} .ps-boot")).to_be_hidden()


def test_the_first_photo_is_the_one_of_the_lesson_and_is_labelled_unasked(booted):
    expect(booted.locator(".ps-credit strong")).to_have_text("Kitten")
    assert booted.locator(HERE).get_attribute("data-classes") == "cat"


def test_at_least_ten_photos_are_offered_and_each_names_its_author(page):
    tiles = page.get_by_role("list", name="Photos").get_by_role("button")
    assert tiles.count() == len(PHOTOS) >= 10
    for photo in (PHOTOS[1], PHOTOS[9]):
        choose(page, photo["title"])
        expect(page.locator(".ps-credit")).to_contain_text(f"{photo['author']}, {photo['licence']}")
        assert page.locator(".ps-credit a").get_attribute("href") == photo["source"]


@pytest.mark.parametrize("title, expected", [("Horses", "horse"), ("Band", "person"), ("Motorcycle", "motorbike"), ("Cat portrait", "cat")])
def test_choosing_another_photo_labels_it(page, title, expected):
    found = choose(page, title).get_attribute("data-classes").split()
    assert expected in found
    expect(page.locator(f"{HERE} .ps-legend")).to_contain_text(expected)


# ---------------------------------------------------------------- views
def test_the_four_views_show_four_different_pictures(page, picture):
    choose(page, "Cat portrait")
    seen = {view: look(page, view, picture) for view in ("Photo", "Mask", "Overlay", "Swipe")}
    assert len({each.tobytes() for each in seen.values()}) == 4
    photo, mask, overlay, swipe = seen.values()
    rows, columns = photo.shape[:2]
    on_cat = np.s_[rows // 3 : 2 * rows // 3, columns * 3 // 10 : columns * 4 // 10]  # the cat fills the picture but for its rim
    assert (np.abs(mask[on_cat] - VOC.colour(8)) <= 1).all()
    left, right = np.s_[80 : rows - 40, : columns // 2 - 40], np.s_[80 : rows - 40, columns // 2 + 40 :]
    assert (swipe[left] == photo[left]).all() and (swipe[right] == overlay[right]).all()


def test_the_divider_moves_by_keyboard(page, picture):
    choose(page, "Cat portrait")
    half = look(page, "Swipe", picture)
    divider = page.get_by_role("slider", name="Divider between photo and labels")
    divider.focus()
    for key, value in [("ArrowRight", "51"), ("PageUp", "61"), ("ArrowLeft", "60"), ("End", "100")]:
        divider.press(key)
        expect(divider).to_have_attribute("aria-valuenow", value)
    all_photo = picture.look()
    divider.press("Home")
    expect(divider).to_have_attribute("aria-valuenow", "0")
    assert len({each.tobytes() for each in (half, all_photo, picture.look())}) == 3
    for _ in range(5):
        divider.press("PageUp")


def test_the_divider_moves_with_the_mouse(page, picture):
    choose(page, "Cat portrait")
    look(page, "Swipe", picture)
    divider = page.get_by_role("slider", name="Divider between photo and labels")
    box = divider.bounding_box()
    rows, columns = picture.shape
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    picture.point(rows / 2, columns * 0.8)
    page.mouse.up()
    expect(divider).to_have_attribute("aria-valuenow", "80")
    divider.press("Home")
    for _ in range(5):
        divider.press("PageUp")


def test_opacity_decides_how_much_of_the_photo_shows_through(page, picture):
    choose(page, "Cat portrait")
    opacity = page.get_by_role("slider", name="Opacity")
    photo = look(page, "Photo", picture)
    look(page, "Overlay", picture)
    seen = {}
    for value in (0, 50, 100):
        slide(opacity, value)
        seen[value] = picture.look()
    assert (seen[0] != photo).any(axis=2).mean() < 0.03  # only the outline of the classes
    half, full = (np.abs(seen[value] - seen[0]).mean() for value in (50, 100))
    assert half == pytest.approx(full / 2, rel=0.05) and full > 20


# ---------------------------------------------------------------- one pixel
def read_out(page, row, column):
    """What the read-out says once it is about this pixel."""
    place = page.locator(f"{HERE} .ps-readout-place")
    expect(place).to_have_text(f"row {grouped(row)} · column {grouped(column)}")
    name, label = re.fullmatch(r"\d+\s*(.+?)\s*class (\d+)", page.locator(f"{HERE} .ps-readout-name").inner_text().replace("\n", " ")).groups()
    scores = [tuple(item.inner_text().split("\n")) for item in page.locator(f"{HERE} .ps-readout-scores li").all()]
    return {"name": name, "id": int(label), "scores": [(words[0].strip(), words[-1].strip()) for words in scores]}


def answer(page, row, column):
    """The same from the engine, in the words of the page."""
    reply = ask(page, "segment.at", {"network": "deeplab_s16", "row": row, "column": column})
    return {"name": reply["name"], "id": reply["id"], "scores": [(best["name"], percent(best["score"])) for best in reply["best"]]}


def test_the_mouse_reads_the_pixel_under_it(page, picture):
    choose(page, "Kitten")
    for row, column in [(0, 0), (400, 500), (767, 1023), (250, 300), (383, 77)]:
        picture.point(row, column)
        told = read_out(page, row, column)
        assert told == answer(page, row, column)
        assert len(told["scores"]) == 3


def test_the_name_of_the_class_follows_the_pointer_and_leaves_with_it(page, picture):
    choose(page, "Cat portrait")
    chip = page.locator(f"{HERE} .ps-chip")
    picture.point(150, 200)
    expect(chip).to_have_text("cat")
    picture.point(60, 5)
    expect(chip).to_have_text(answer(page, 60, 5)["name"])
    page.mouse.move(0, 0)
    expect(chip).to_be_hidden()


def test_the_keyboard_reads_pixels_too(page, picture):
    choose(page, "Cat portrait")
    picture.pane.focus()
    page.keyboard.press("ArrowRight")  # the cursor appears in the middle of what is in sight
    where = page.locator(f"{HERE} .ps-readout-place")
    expect(where).to_have_text(re.compile(r"^row (149|150|151)\b.*\b(224|225|226)$"))  # another pixel may have been read before
    row, column = map(number, where.inner_text().split("·"))
    for keys, (down, right) in {"ArrowDown": (1, 0), "Shift+ArrowUp": (-10, 0), "ArrowLeft": (0, -1), "Shift+ArrowRight": (0, 10)}.items():
        page.keyboard.press(keys)
        row, column = row + down, column + right
        assert read_out(page, int(row), int(column)) == answer(page, int(row), int(column))
    expect(page.locator(f"{HERE} .ps-readout [aria-live]")).to_contain_text(f"Row {int(row)}, column {int(column)}: cat")
    page.keyboard.press("Escape")


def test_a_tap_reads_a_pixel(page, picture):
    choose(page, "Cat portrait")
    with fingers(page) as touch:
        touch("Start", picture.screen(100, 120))
        touch("End")
        assert read_out(page, 100, 120) == answer(page, 100, 120)


# ---------------------------------------------------------------- legend and facts
def test_the_shares_of_the_legend_are_those_of_the_labels_and_make_a_whole(page, picture):
    choose(page, "Band")
    rows = page.locator(f"{HERE} .ps-legend-row")
    told = {row.locator(".ps-legend-name").inner_text(): number(row.locator(".ps-legend-share").inner_text()) for row in rows.all()}
    assert sum(told.values()) == pytest.approx(100, abs=0.05 * len(told))
    label_map = saved_labels(page, HERE)
    for name, share in told.items():
        assert share == pytest.approx((label_map == VOC.id(name)).mean() * 100, abs=0.051)
    assert sorted(VOC.id(name) for name in told) == np.unique(label_map).tolist()


def test_a_switch_hides_the_pixels_of_its_class_and_brings_them_back(page, picture):
    choose(page, "Kitten")
    label_map = saved_labels(page, HERE)
    switch = page.get_by_role("switch", name=re.compile("^Show cat"))
    np.testing.assert_array_equal(picture.labels("labels"), label_map)
    expect(fact(page, "active")).to_have_text("cat")
    switch.uncheck(force=True)
    assert not picture.layer("labels")[label_map == 8].any()
    expect(fact(page, "active")).to_have_text("none")
    page.get_by_role("switch", name=re.compile("^Show background")).check(force=True)
    assert (picture.layer("labels")[..., 3] == np.where(label_map == 0, 255, 0)).all()
    expect(fact(page, "active")).to_have_text("background")
    switch.check(force=True)
    assert (picture.layer("labels")[..., 3] == 255).all()


def test_the_facts_are_those_of_the_photo_and_the_network(page):
    choose(page, "Band")
    assert number(fact(page, "predictions").inner_text()) == 416 * 1024
    expect(page.locator(".ps-number-sum").first).to_have_text(f"416 rows × {grouped(1024)} columns")
    assert number(fact(page, "scores").inner_text()) == 21 * 14 * 33
    expect(page.locator(".ps-number-sum").last).to_have_text("21 × 14 × 33: 21 for each point of its grid")
    expect(fact(page, "status")).to_have_text("ready")
    expect(fact(page, "input")).to_have_text("float32 1 × 3 × 209 × 513")
    expect(fact(page, "output")).to_have_text("float32 logits 1 × 21 × 14 × 33")
    expect(fact(page, "mode")).to_have_text("DeepLab v3, fast")
    expect(fact(page, "classes")).to_have_text("21")
    expect(fact(page, "time")).to_have_text(re.compile(r"^\d[\d.]*\u202fm?s$"))
    assert number(fact(page, "time").inner_text()) > 0


def test_the_fine_network_looks_closer(page, picture):
    choose(page, "Cat portrait")
    fast = saved_labels(page, HERE)
    networks = page.get_by_label("Network", exact=True)
    networks.select_option(label="DeepLab v3, fine")
    expect(fact(page, "mode")).to_have_text("DeepLab v3, fine", timeout=120_000)
    ready(page, HERE)
    expect(fact(page, "output")).to_have_text(re.compile(r"1 × 21 × 44 × 65$"))
    fine = saved_labels(page, HERE)
    assert 0.9 < (fast == fine).mean() < 1
    np.testing.assert_array_equal(picture.labels("labels"), fine)
    networks.select_option(label="DeepLab v3, fast")
    expect(fact(page, "mode")).to_have_text("DeepLab v3, fast")
    np.testing.assert_array_equal(picture.labels("labels"), fast)


def test_a_network_with_other_classes_brings_its_own(page):
    choose(page, "Astronaut")
    networks = page.get_by_label("Network", exact=True)
    networks.select_option(label="Selfie, square")
    expect(fact(page, "classes")).to_have_text("2", timeout=120_000)
    ready(page, HERE)
    assert page.locator(HERE).get_attribute("data-classes") == "person"
    assert number(fact(page, "predictions").inner_text()) == 512 * 512
    assert number(fact(page, "scores").inner_text()) == 256 * 256
    networks.select_option(label="DeepLab v3, fast")
    expect(fact(page, "classes")).to_have_text("21")


# ---------------------------------------------------------------- saved files
def test_the_saved_mask_is_a_palette_png_of_the_label_map(page, picture):
    choose(page, "Cat portrait")
    name, data = saved(page, HERE, "Mask")
    assert name.endswith(".png")
    with Image.open(io.BytesIO(data)) as mask:
        assert (mask.format, mask.mode, mask.size) == ("PNG", "P", (451, 300))
        assert mask.getpalette()[: 3 * 21] == VOC.colours.ravel().tolist()
        indices = np.array(mask)
    reply = ask(page, "segment.run", {"network": "deeplab_s16"})
    np.testing.assert_array_equal(indices, np.reshape(reply["label_map"], indices.shape))
    np.testing.assert_array_equal(indices, picture.labels("labels"))


def test_the_saved_overlay_is_what_the_page_shows(page, picture):
    choose(page, "Cat portrait")
    label_map = saved_labels(page, HERE)
    _, data = saved(page, HERE, "Overlay")
    overlay = image.load(data)
    photo = image.load(ROOT / "site_src/photos/chelsea.png")
    np.testing.assert_array_equal(overlay, colour.overlay(photo, label_map, VOC, 0.6, hidden=[0]))
    cat = label_map == 8
    assert (overlay[~cat] == photo[~cat]).all()
    assert np.abs(overlay[cat] - (0.4 * photo[cat] + 0.6 * np.array(VOC.colour(8)))).max() <= 1


def test_the_saved_cutout_is_clear_around_what_was_found(page):
    choose(page, "Cat portrait")
    label_map = saved_labels(page, HERE)
    _, data = saved(page, HERE, "Cut-out")
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.mode == "RGBA"
        cutout = np.array(picture)
    photo = image.load(ROOT / "site_src/photos/chelsea.png")
    np.testing.assert_array_equal(cutout[..., 3], np.where(label_map == 8, 255, 0))
    np.testing.assert_array_equal(cutout[label_map == 8][:, :3], photo[label_map == 8])


# ---------------------------------------------------------------- photos of one's own
@pytest.fixture
def own(tmp_path):
    """A photo as a visitor might bring it: a part of a bundled one, as PNG."""
    path = tmp_path / "my cat.png"
    Image.fromarray(image.load(ROOT / "site_src/photos/chelsea.png")[:280, 40:440]).save(path)
    return path


def brought(page, picture, own, title):
    found = shown(page, title)
    np.testing.assert_array_equal(picture.layer("photo")[..., :3], image.load(own))
    assert found.get_attribute("data-classes") == "cat"
    expect(page.locator(".ps-credit")).to_contain_text("stays on this device")


def test_a_file_is_opened_and_kept_at_hand(page, picture, own):
    choose(page, "Band")
    open_file(page, own)
    brought(page, picture, own, "my cat.png")
    choose(page, "Band")
    page.get_by_role("button", name="Yours").click()
    brought(page, picture, own, "my cat.png")


FILE = """([data, name]) => {
    const bytes = Uint8Array.from(atob(data), each => each.charCodeAt(0));
    const files = new DataTransfer();
    files.items.add(new File([bytes], name, { type: "image/png" }));
    return files;
}"""


def in_hand(page, path):
    return page.evaluate_handle(FILE, [base64.b64encode(path.read_bytes()).decode(), path.name])


def test_a_file_dropped_on_the_element_is_opened(page, picture, own):
    choose(page, "Band")
    files = in_hand(page, own)
    picture.pane.dispatch_event("dragenter", {"dataTransfer": files})
    expect(page.locator(HERE)).to_have_class(re.compile("ps-dropping"))
    assert picture.pane.evaluate("""(pane, dataTransfer) =>
        !pane.dispatchEvent(new DragEvent("dragover", { dataTransfer, bubbles: true, cancelable: true }))""", files), "the browser would open the file itself"
    picture.pane.dispatch_event("drop", {"dataTransfer": files})
    expect(page.locator(HERE)).not_to_have_class(re.compile("ps-dropping"))
    brought(page, picture, own, own.name)


def test_a_pasted_picture_is_opened(page, picture, own):
    choose(page, "Band")
    page.evaluate("""files => navigator.clipboard.write([new ClipboardItem({ "image/png": files.files[0] })])""", in_hand(page, own))
    picture.pane.focus()
    page.keyboard.press("Control+V")
    expect(page.locator(".ps-credit")).to_contain_text("stays on this device")
    brought(page, picture, own, page.locator(".ps-credit strong").inner_text())


def test_a_still_from_the_camera_is_labelled(page, picture):
    choose(page, "Band")
    before = picture.layer("photo")
    page.get_by_role("button", name="Camera").click()
    dialog = page.get_by_role("dialog", name="Take a photo")
    dialog.get_by_role("button", name="Take the photo").click()
    shown(page, "Camera photo")
    expect(dialog).to_have_count(0)
    still = picture.layer("photo")
    assert still.shape != before.shape and len(np.unique(still.reshape(-1, 4), axis=0)) > 3
    assert page.evaluate("() => navigator.mediaDevices.enumerateDevices().then(all => all.some(each => each.kind === 'videoinput'))")


def test_leaving_the_camera_leaves_the_photo(page, picture):
    choose(page, "Cat portrait")
    page.get_by_role("button", name="Camera").click()
    dialog = page.get_by_role("dialog", name="Take a photo")
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_have_count(0)
    expect(page.locator(".ps-credit strong")).to_have_text("Cat portrait")


def test_a_refused_camera_is_one_sentence_and_nothing_is_lost(page, picture):
    choose(page, "Cat portrait")
    before = picture.layer("photo")
    page.context.clear_permissions()  # a Chromium without a window then answers no in its visitor's place
    page.get_by_role("button", name="Camera").click()
    assert problem(page).startswith("The camera may not be used on this page. Allow it in the browser's address bar, or open a picture instead.")
    np.testing.assert_array_equal(picture.layer("photo"), before)
    expect(page.locator(HERE)).to_have_attribute("data-state", "ready")
    dismiss(page)
    page.context.grant_permissions(["clipboard-read", "clipboard-write", "camera"])


def test_a_missing_camera_is_one_sentence(launch, lesson):
    chromium = launch([flag for flag in FLAGS if "fake-device" not in flag] + ["--use-fake-device-for-media-stream=device-count=0"])
    try:
        with visitor(chromium) as context:
            page = opened(context)
            page.goto(lesson(("segment", "photo: chelsea")))
            page.get_by_role("button", name="Camera").click()  # it works before Python does
            assert problem(page).startswith("No camera was found on this device. Connect one, or open a picture instead.")
            expect(page.locator(".ps-credit strong")).to_have_text("Cat portrait")
            assert page.complaints == []
    finally:
        chromium.close()
