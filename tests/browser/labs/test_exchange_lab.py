"""What a visitor of the exchange sees and does: files out in every format, files in with a table of names, undo, and bad files in plain words."""
import io
import json

import numpy as np
import pytest
from tests.browser.conftest import BOOT, PATIENCE, opened, visitor
from PIL import Image
from playwright.sync_api import expect
from pycocotools import mask as coco

from pystudio import formats
from pystudio.labels import VOC

HERE = "studio-exchange"
ROWS, COLUMNS = 300, 451


def drawn():
    mask = np.zeros((ROWS, COLUMNS), np.uint8)
    mask[40:200, 60:220] = 8
    mask[80:120, 100:140] = 0  # a hole
    mask[150:260, 180:400] = 12
    return mask


@pytest.fixture(scope="module")
def booted(browser, lesson):
    with visitor(browser, accept_downloads=True) as context:
        page = opened(context)
        page.goto(lesson(("exchange", "photo: chelsea")))
        lab = page.locator(HERE)
        lab.scroll_into_view_if_needed()
        expect(lab.get_by_role("combobox", name="Format").locator("option")).to_have_count(len(formats.FORMATS), timeout=BOOT)
        yield page


@pytest.fixture
def page(booted):
    booted.complaints.clear()
    booted.evaluate("mask => window.pystudio.store.paint('set', { mask: new Uint8Array(mask).buffer })", drawn().ravel().tolist())
    yield booted
    assert booted.complaints == []


def saved(page, source, kind):
    lab = page.locator(HERE)
    lab.get_by_role("combobox", name="What", exact=True).select_option(source)
    lab.get_by_role("combobox", name="Format").select_option(kind)
    with page.expect_download(timeout=PATIENCE) as download:
        lab.get_by_role("button", name="Save the file").click()
    with open(download.value.path(), "rb") as file:
        return download.value.suggested_filename, file.read()


def give(page, name, data):
    page.locator(HERE).get_by_label("A mask from another program").set_input_files({"name": name, "mimeType": "application/octet-stream", "buffer": data})


def painted(page):
    return np.array(page.evaluate("() => Array.from(window.pystudio.store.mask)"), np.uint8).reshape(ROWS, COLUMNS)


@pytest.mark.parametrize("kind", list(formats.FORMATS))
def test_every_format_goes_out_and_comes_back_in(page, kind):
    name, data = saved(page, "paint", kind)
    assert name.endswith("." + formats.FORMATS[kind][1])
    read = formats.read(data)
    assert np.array_equal(formats.to_voc(read, [formats.annotation.guess_voc_class(each) for each in read.names]), drawn())
    page.evaluate("() => window.pystudio.store.paint('clear')")
    lab = page.locator(HERE)
    give(page, name, data)
    expect(lab.locator(".ps-exchange-told")).to_contain_text(f"{COLUMNS} × {ROWS} pixels")
    lab.get_by_role("button", name="Make it the painted mask").click()
    expect(lab.locator(".ps-exchange-told")).to_contain_text("It is the painted mask now.")
    assert np.array_equal(painted(page), drawn())
    lab.get_by_role("button", name="Undo").click()
    page.evaluate("() => window.pystudio.store.call('exchange.about')")  # calls are answered in turn: the undoing is done
    assert not painted(page).any()


def test_what_goes_out_is_read_by_other_programs(page):
    content = json.loads(saved(page, "paint", "coco")[1])
    whole = np.zeros((ROWS, COLUMNS), np.uint8)
    for each in content["annotations"]:
        whole[coco.decode(each["segmentation"]) > 0] = each["category_id"]
    assert np.array_equal(whole, drawn())
    with Image.open(io.BytesIO(saved(page, "paint", "png")[1])) as picture:
        assert picture.mode == "P" and np.array_equal(np.array(picture), drawn())


def test_names_can_be_put_right(page):
    sheet = formats.Annotation(np.where(drawn() == 8, 1, 0).astype(np.uint8), ("background", "tiger"))
    give(page, "tiger.npz", formats.write(sheet, "npz"))
    lab = page.locator(HERE)
    meaning = lab.get_by_role("combobox", name="What tiger means")
    expect(meaning).to_have_value("-1")
    meaning.select_option("cat")
    lab.get_by_role("button", name="Make it the painted mask").click()
    expect(lab.locator(".ps-exchange-told")).to_contain_text("It is the painted mask now.")
    assert np.array_equal(painted(page), np.where(drawn() == 8, 8, 0))


@pytest.mark.parametrize(("name", "data", "words"), [
    ("photo.jpg", b"\xff\xd8\xff\xe0", "photo.jpg is a photo, not a mask."),
    ("half.json", b'{"images": [', "half.json is damaged"),
    ("nothing.png", b"", "nothing.png is empty."),
])
def test_bad_files_are_told_in_words_and_change_nothing(page, name, data, words):
    give(page, name, data)
    lab = page.locator(HERE)
    expect(lab.get_by_role("alert")).to_contain_text(words)
    expect(lab.get_by_role("button", name="Make it the painted mask")).to_be_disabled()
    assert np.array_equal(painted(page), drawn())


def test_a_dropped_file_is_a_mask_here_and_not_a_photo(page):
    data = list(formats.write(formats.Annotation(drawn(), VOC.names), "coco"))
    page.locator(f"{HERE} .ps-drop").evaluate("""(place, data) => {
        const carried = new DataTransfer();
        carried.items.add(new File([new Uint8Array(data)], "dropped.json"));
        for (const type of ["dragenter", "dragover", "drop"]) place.dispatchEvent(new DragEvent(type, { dataTransfer: carried, bubbles: true, cancelable: true }));
    }""", data)
    lab = page.locator(HERE)
    expect(lab.locator(".ps-exchange-told")).to_contain_text("dropped.json: COCO JSON")
    expect(lab.get_by_role("alert")).to_be_hidden()
    assert not lab.evaluate("lab => lab.classList.contains('ps-dropping')") and page.evaluate("() => window.pystudio.store.photo.key") == "name:chelsea"


def test_a_mask_of_another_size_is_explained_and_can_still_be_converted(page):
    small = formats.Annotation(np.full((4, 6), 8, np.uint8), VOC.names)
    give(page, "small.svg", formats.write(small, "svg"))
    lab = page.locator(HERE)
    expect(lab.locator(".ps-exchange-misfit")).to_contain_text(f"The mask has 6 × 4 pixels, the photo {COLUMNS} × {ROWS}.")
    expect(lab.get_by_role("button", name="Make it the painted mask")).to_be_disabled()
    assert np.array_equal(formats.read(saved(page, "file", "png")[1]).ids, small.ids)


def test_nothing_counted_and_nothing_grown_is_said(page):
    lab = page.locator(HERE)
    for source, words in (("instances", "Nothing has been counted yet."), ("region", "No region has been grown yet.")):
        lab.get_by_role("combobox", name="What", exact=True).select_option(source)
        lab.get_by_role("button", name="Save the file").click()
        expect(lab.get_by_role("alert")).to_contain_text(words)


def document(*files):
    """COCO of several pictures: in each a crowd, one row further down."""
    images = [{"id": k, "file_name": file, "width": COLUMNS, "height": ROWS} for k, file in enumerate(files)]
    boxes = [[10, 10 + k, 20, 10 + k, 20, 20, 10, 20] for k in range(len(files))]
    return json.dumps({"images": images, "categories": [{"id": 1, "name": "cat"}], "annotations": [{"image_id": k, "category_id": 1, "iscrowd": 1, "segmentation": [box]} for k, box in enumerate(boxes)]}).encode()


def test_one_of_several_pictures_can_be_asked_for(page):
    lab = page.locator(HERE)
    give(page, "two.json", document("a.jpg", "b.jpg"))
    expect(lab.locator(".ps-exchange-told")).to_contain_text("the masks of “a.jpg” were taken")
    expect(lab.get_by_role("row", name="cat")).to_contain_text("100 px")
    lab.get_by_text("Several pictures, or colours of its own").click()
    lab.get_by_label("Which picture of the file").fill("b.jpg")
    lab.get_by_label("Which picture of the file").press("Enter")
    expect(lab.get_by_role("row", name="cat")).to_contain_text("90 px")
    lab.get_by_label("Which picture of the file").fill("c.jpg")
    lab.get_by_label("Which picture of the file").press("Enter")
    expect(lab.get_by_role("alert")).to_contain_text("two.json has no picture “c.jpg”. It has a.jpg, b.jpg.")
    give(page, "one.json", document("d.jpg"))
    expect(lab.get_by_label("Which picture of the file")).to_have_value("")
    expect(lab.get_by_role("row", name="cat")).to_contain_text("100 px")
    lab.get_by_text("Several pictures, or colours of its own").click()


def test_what_a_format_cannot_hold_is_told_when_it_is_saved(page):
    give(page, "one.json", document("d.jpg"))
    lab = page.locator(HERE)
    expect(lab.locator(".ps-exchange-told")).to_contain_text("one.json: COCO JSON")
    saved(page, "file", "yolo")
    expect(lab.locator(".ps-exchange-notes")).to_contain_text("does not keep which of the things are crowds (1)")
    lab.get_by_role("combobox", name="Format").select_option("coco")
    expect(lab.locator(".ps-exchange-notes")).to_be_empty()


def test_colours_of_its_own_are_read_with_a_legend(page):
    file, colours = io.BytesIO(), np.zeros((ROWS, COLUMNS, 3), np.uint8)
    colours[5:10, 5:25] = 200, 3, 77
    Image.fromarray(colours).save(file, "PNG")
    lab = page.locator(HERE)
    legend = lambda text: lab.get_by_label("A legend of colours").set_input_files({"name": "legend.txt", "mimeType": "text/plain", "buffer": text})
    give(page, "own.png", file.getvalue())
    lab.get_by_text("Several pictures, or colours of its own").click()
    legend(b"cat:200,3,78\n")
    expect(lab.get_by_role("alert")).to_contain_text("own.png has colours that its legend does not name.")
    legend(b"cat:200,3,77\n")
    expect(lab.get_by_role("row", name="cat")).to_contain_text("100 px")
    expect(lab.locator(".ps-exchange-legend")).to_have_text("legend.txt")
    lab.get_by_role("button", name="Leave the legend out").click()
    expect(lab.get_by_role("row", name="thing")).to_contain_text("100 px")
    expect(lab.locator(".ps-exchange-legend")).to_be_hidden()
    lab.get_by_text("Several pictures, or colours of its own").click()
