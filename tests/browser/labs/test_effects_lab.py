"""“Use it”, as a visitor uses it: an effect is seen, saved at full size, and done to many photos at once."""

import io
import zipfile

import numpy as np
import pytest
from tests.browser.conftest import BOOT, ask, opened, ready, visitor
from tests.browser.person import Picture, choose, open_file, percent
from PIL import Image
from playwright.sync_api import expect

ELEMENT = "studio-effects"
TALL = 1200


@pytest.fixture(scope="module")
def lab(browser, lesson):
    with visitor(browser) as context:
        page = opened(context)
        page.goto(lesson(("effects", "photo: kitten"), ("paint", "")))
        ready(page, ELEMENT)
        yield page
        assert page.complaints == []


def done(page, effect, view="result"):
    """Wait until the effect is drawn."""
    page.locator(f"{ELEMENT}[data-done='{effect} {view}'][data-state=ready]").wait_for(state="attached", timeout=BOOT)
    return Picture(page, ELEMENT)


def press(page, name):
    page.get_by_role("group", name="Effect", exact=True).get_by_role("button", name=name, exact=True).click()


def kitten(site):
    return np.asarray(Image.open(next((site / "photos").glob("kitten-????????.*"))).convert("RGB"))


def panorama(site, path):
    """A photo longer than the studio's working copy: the kitten in the middle of a wide carpet."""
    photo = Image.fromarray(kitten(site)).resize((TALL * 4 // 3, TALL))
    wide = Image.new("RGB", (4500, TALL), photo.getpixel((5, 5)))
    wide.paste(photo, (1450, 0))
    wide.save(path)
    return np.asarray(wide)


def test_the_rest_turns_green_and_the_cat_stays(lab):
    press(lab, "Green screen")
    picture = done(lab, "green")
    photo, drawn = picture.layer("photo")[..., :3].astype(int), picture.layer("result")
    rows, columns = picture.shape
    assert (drawn[: rows // 12, :, :3] == (0, 177, 64)).all(), "above the cat"
    body = np.s_[rows * 40 // 100 : rows * 45 // 100, columns * 75 // 100 : columns * 80 // 100, :3]
    assert np.abs(drawn[body] - photo[body]).mean() <= 1.5  # the preview is reduced twice, by the browser and by Python


def test_the_matte_is_white_on_the_cat_and_black_on_the_carpet_and_grey_between(lab):
    lab.get_by_role("radio", name="Matte").check(force=True)
    matte = done(lab, "green", "matte").layer("result")[..., 0]
    assert matte[:20].max() == 0 and matte[230, 560] == 255
    grey = ((matte > 0) & (matte < 255)).mean()
    lab.get_by_role("radio", name="Hard").check(force=True)
    expect(lab.locator(ELEMENT)).to_have_attribute("data-state", "ready")
    for _ in range(100):
        hard = Picture(lab, ELEMENT).layer("result")[..., 0]
        if set(np.unique(hard)) == {0, 255}:
            break
        lab.wait_for_timeout(100)
    assert set(np.unique(hard)) == {0, 255} and grey > 0.01
    lab.get_by_role("radio", name="Follow the photo").check(force=True)
    lab.get_by_role("radio", name="Result").check(force=True)


def test_nothing_chosen_is_told_and_a_class_can_be_put_back(lab):
    chip = lab.get_by_role("group", name="What belongs to the object").get_by_role("button", name="cat")
    chip.click()
    expect(lab.locator(".ps-effect-size")).to_contain_text("Choose at least one class")
    chip.click()
    expect(lab.locator(".ps-effect-size")).to_contain_text("Preview of")


def test_a_sticker_is_saved_with_all_pixels_and_a_clear_ground(lab, site):
    press(lab, "Sticker")
    done(lab, "sticker")
    with lab.expect_download(timeout=BOOT) as download:
        lab.get_by_role("button", name="Save the picture").click()
    assert download.value.suggested_filename == "Kitten-sticker.png"
    saved, photo = np.asarray(Image.open(download.value.path())), kitten(site)
    assert saved.shape == (*photo.shape[:2], 4)
    assert saved[:60, :, 3].max() == 0 and np.array_equal(saved[330, 800, :3], photo[330, 800]) and saved[330, 800, 3] == 255


def test_what_was_painted_can_be_the_object(lab):
    press(lab, "Grey")
    lab.get_by_label("The object", exact=True).select_option("paint")
    expect(lab.locator(".ps-effect-size")).to_contain_text("Nothing is painted yet")
    paint = Picture(lab, "studio-paint")
    rows, columns = paint.shape
    paint.drag((rows // 2, columns // 3), (rows // 2, columns * 2 // 3), steps=8)
    expect(lab.locator(".ps-effect-size")).to_contain_text("Preview of")
    drawn = done(lab, "grey").layer("result")[..., :3].astype(int)
    assert np.ptp(drawn[10], axis=1).max() == 0
    assert np.ptp(drawn[drawn.shape[0] // 2, drawn.shape[1] // 2 - 20 : drawn.shape[1] // 2 + 20], axis=1).max() > 10
    lab.get_by_label("The object", exact=True).select_option("network")
    expect(lab.get_by_role("group", name="What belongs to the object")).to_contain_text("cat")


def chips(page):
    return [each.strip() for each in page.get_by_role("group", name="What belongs to the object").get_by_role("button").all_inner_texts()]


def test_another_thing_wanted_before_the_answer_brings_its_own_classes(lab):
    source = lab.get_by_label("The object", exact=True)
    source.select_option("network")
    wanted = [f"{thing['name']} {percent(thing['share'], 0)}" for thing in ask(lab, "effects.classes", {"source": "network", "network": "deeplab_s16"})["classes"]]
    expect(lab.get_by_role("group", name="What belongs to the object").get_by_role("button")).to_have_text(wanted)  # what was painted is a cat too
    lab.evaluate("() => window.pystudio.store.paint('stroke', { points: [[300, 300]], radius: 60, label: 12, begin: true, end: true })")
    state = source.evaluate("""select => {
        for (const value of ["paint", "network"]) { select.value = value; select.dispatchEvent(new Event("change", { bubbles: true })); }
        return select.closest("[data-state]").dataset.state;
    }""")
    assert state == "running"
    ready(lab, ELEMENT)
    assert chips(lab) == wanted


def test_an_effect_chosen_while_a_picture_is_saved_is_shown_afterwards_and_not_in_the_name(lab):
    press(lab, "Blur")
    done(lab, "blur")
    with lab.expect_download() as download:
        lab.get_by_role("button", name="Save the picture").evaluate("save => { save.click(); [...document.querySelectorAll('.ps-effect-choices button')].find(each => each.textContent === 'Green screen').click(); }")
    assert download.value.suggested_filename == "Kitten-blur.png"
    done(lab, "green")


def test_many_photos_become_one_zip_and_bad_files_are_named(lab, site, tmp_path):
    press(lab, "Green screen")
    done(lab, "green")
    Image.fromarray(kitten(site)[::2, ::2]).save(tmp_path / "small cat.png")
    Image.fromarray(kitten(site)[::3, ::3]).save(tmp_path / "small cat.jpg")
    (tmp_path / "notes.txt").write_text("no picture")
    Image.new("RGB", (300, 200), (120, 160, 200)).save(tmp_path / "sky.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "small cat.png").read_bytes()[:5000])
    with lab.expect_file_chooser() as chooser:
        lab.get_by_role("button", name="Choose photos").click()
    with lab.expect_download(timeout=BOOT) as download:
        chooser.value.set_files([tmp_path / name for name in ("small cat.png", "notes.txt", "sky.png", "small cat.jpg", "cut.png")])
    with zipfile.ZipFile(download.value.path()) as found:
        assert found.testzip() is None and found.namelist() == ["small cat-green.png", "small cat-green-2.png"]
        first, second = (np.asarray(Image.open(io.BytesIO(found.read(name)))) for name in found.namelist())
    assert first.shape == (384, 512, 3) and second.shape == (256, 342, 3) or second.shape == (256, 341, 3)
    assert (first[:20] == (0, 177, 64)).all() and not (first[170, 400] == (0, 177, 64)).all()
    left_out = lab.get_by_role("list", name="Files that were left out")
    for name in ("notes.txt", "sky.png", "cut.png"):
        expect(left_out).to_contain_text(name)
    expect(lab.locator(".ps-batch-words")).to_have_text("Saved 2 of 5 photos in pystudio-photos.zip.")


def test_another_photo_opened_while_a_large_one_is_saved_ends_that_in_silence(lab, site, tmp_path):
    Image.fromarray(kitten(site)).resize((3600, 2700)).save(tmp_path / "large.jpg")
    open_file(lab, tmp_path / "large.jpg")
    expect(lab.locator(".ps-credit strong")).to_have_text("large.jpg")
    save = lab.get_by_role("button", name="Save the picture")
    expect(save).to_be_enabled(timeout=BOOT)
    save.click()
    expect(save).to_be_disabled()
    expect(lab.locator(".ps-effect-status")).to_contain_text("pixels: ")
    choose(lab, "Kitten", ELEMENT)
    expect(save).to_be_enabled()
    expect(lab.locator("[role=alert]:visible")).to_have_count(0)
    lab.locator(f"{ELEMENT}[data-done][data-state=ready]").wait_for(state="attached")


def test_a_batch_can_be_stopped(lab, site, tmp_path):
    files = []
    for k in range(8):
        Image.fromarray(np.roll(kitten(site), 5 * k, axis=0)).save(tmp_path / f"{k}.png")
        files.append(tmp_path / f"{k}.png")
    with lab.expect_file_chooser() as chooser:
        lab.get_by_role("button", name="Choose photos").click()
    chooser.value.set_files(files)
    lab.get_by_role("region", name="Many photos at once").get_by_role("button", name="Stop").click()
    expect(lab.locator(".ps-batch-words")).to_have_text("Stopped. No file was saved.", timeout=BOOT)
    expect(lab.get_by_role("button", name="Choose photos")).to_be_enabled()


def test_a_photo_larger_than_the_working_copy_is_saved_whole(lab, site, tmp_path):
    photo = panorama(site, tmp_path / "wide.png")
    open_file(lab, tmp_path / "wide.png")
    expect(lab.locator(".ps-credit strong")).to_have_text("wide.png")
    ready(lab, ELEMENT)
    expect(lab.locator(".ps-effect-size")).to_contain_text("4 500 × 1 200", timeout=BOOT)
    with lab.expect_download(timeout=BOOT) as download:
        lab.get_by_role("button", name="Save the picture").click()
    saved = np.asarray(Image.open(download.value.path()))
    assert saved.shape == photo.shape
    assert (saved[:, :1000] == (0, 177, 64)).all()
    same = (np.abs(saved.astype(int) - photo).max(axis=2) <= 2)[:, 1500:3000]
    assert same.mean() > 0.05, "the cat is there, in the pixels of the original"
    choose(lab, "Kitten", ELEMENT)
