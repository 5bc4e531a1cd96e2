"""Files that are wrong, odd or hostile: each gets its proper result or one clear sentence, and nothing already done is lost."""
import base64
import io
import re
import struct
import zlib

import numpy as np
import pytest
from tests.browser.conftest import ROOT, Elsewhere, opened, ready, serving, visitor
from tests.browser.person import Picture, choose, dismiss, grouped, open_file, problem, saved_labels, shown
from PIL import Image, ImageCms
from playwright.sync_api import expect

from pystudio import image
from pystudio.networks import network
from pystudio.errors import ImageError
from pystudio.labels import VOC, VOID

CAT = image.load(ROOT / "site_src/photos/chelsea.png")


@pytest.fixture(scope="module")
def booted(browser, lesson):
    """One page with all that can be lost: labels of a network and a painted mask."""
    with visitor(browser) as context:
        page = opened(context)
        page.asked = []
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto(lesson(("segment", "photo: chelsea"), ("paint", "label: sheep")))
        ready(page, "studio-segment")
        yield page


@pytest.fixture
def page(booted):
    """The shared page with the cat on it, as it was left by whoever painted on it; nobody may have filled the console."""
    booted.complaints.clear()
    if booted.locator(".ps-credit strong").inner_text() != "Cat portrait":
        choose(booted, "Cat portrait")
    yield booted
    assert booted.complaints == []


@pytest.fixture
def picture(page):
    return Picture(page, "studio-segment")


@pytest.fixture
def painting(page):
    """The painted mask beside it: a stroke of sheep is made when there is none."""
    painting = Picture(page, "studio-paint")
    painting.pane.scroll_into_view_if_needed()  # only then the network is asked for its opinion
    expect(page.locator("studio-paint .ps-truth-name")).to_have_text("the network’s output")
    if not painting.labels("mask").any():
        page.locator("studio-paint label.ps-class-chip", has_text="sheep").click()
        painting.drag((100, 100), (150, 300))
        expect(page.get_by_role("button", name="Undo")).to_be_enabled()
        ready(page, "studio-paint")
    return painting


def everything(picture, painting):
    """All that a visitor could lose."""
    return picture.layer("photo").tobytes(), picture.layer("labels").tobytes(), painting.layer("photo").tobytes(), painting.labels("mask").tobytes()


def encoded(picture, format, **options):
    buffer = io.BytesIO()
    picture.save(buffer, format, **options)
    return buffer.getvalue()


def photo():
    return Image.fromarray(CAT)


def svg(attributes, inside=""):
    return f'<svg xmlns="http://www.w3.org/2000/svg" {attributes}><rect width="100%" height="100%" fill="#2040a0"/>{inside}</svg>'


def copies():
    """A few lines that draw ten million squares: copies of copies of copies."""
    groups = "".join(f'<g id="a{k + 1}">' + f'<use href="#a{k}"/>' * 10 + "</g>" for k in range(7))
    return f'<defs><rect id="a0" width="3" height="3"/>{groups}</defs><use href="#a7"/>'


# ---------------------------------------------------------------- refused, in one sentence
REFUSED = {
    "nonsense.jpg": (lambda: bytes(range(256)) * 40, "is not a picture that can be read here"),
    "words.png": (lambda: b"Dear diary, today I renamed a text file.\n", "is not a picture that can be read here"),
    "page.jpg": (lambda: b"<!doctype html><html><body><script>window.ran = true</script></body></html>", "is not a picture that can be read here"),
    "empty.png": (lambda: b"", "is empty (0 bytes)"),
    "truncated.jpg": (lambda: encoded(photo(), "JPEG")[:9000], "is cut short: the end of the JPEG file is missing"),
    "truncated.png": (lambda: encoded(photo(), "PNG")[:20000], "is cut short: the end of the PNG file is missing"),
    "head only.png": (lambda: encoded(photo(), "PNG")[:8], "is cut short: the end of the PNG file is missing"),
    "truncated.webp": (lambda: encoded(photo(), "WEBP")[:3000], "is cut short: the end of the WebP file is missing"),
    "damaged.png": (lambda: (lambda data: data[:40] + bytes(5000) + data[5040:])(encoded(photo(), "PNG")), "looks like a PNG picture but is damaged"),
    "truncated.gif": (lambda: (lambda data: data[: len(data) // 2])(encoded(photo(), "GIF")), "is cut short: the end of the GIF file is missing"),
    "truncated.avif": (lambda: encoded(photo(), "AVIF")[:-9], "is cut short: the end of the AVIF file is missing"),
    "phone.heic": (lambda: struct.pack(">I4s4sI4s4s", 24, b"ftyp", b"heic", 0, b"mif1", b"heic") + bytes(100), None),
    "copies.svg": (lambda: svg('width="60" height="60"', copies()).encode(), "draws too many parts for this page"),
    "broken.svg": (lambda: b'<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"><rect</svg>', "looks like an SVG picture but is damaged"),
    "film.mp4": (lambda: struct.pack(">I4s4sI", 16, b"ftyp", b"isom", 0) + bytes(100), "is a video, not a picture"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_cannot_be_read_is_one_sentence_and_nothing_is_lost(page, picture, painting, tmp_path, name):
    make, words = REFUSED[name]
    before = everything(picture, painting)
    (tmp_path / name).write_bytes(make())
    open_file(page, tmp_path / name)
    told = problem(page)
    assert told.startswith(f"“{name}” {words}." if words else f"This browser cannot read HEIC pictures such as “{name}”.")
    assert re.fullmatch(r"[^.]+\.[^.]*\. ?[A-Z][^.]+\.", told.split("\n")[0]), "a sentence of what was wrong and one of what to do"
    assert everything(picture, painting) == before
    expect(page.locator(".ps-credit strong")).to_have_text("Cat portrait")
    ready(page, "studio-segment")
    ready(page, "studio-paint")
    dismiss(page)


def test_a_picture_of_more_pixels_than_fit_is_refused_before_it_is_decoded(page, picture, painting, tmp_path):
    """Four hundred million pixels in a few bytes: a decompression bomb."""
    before = everything(picture, painting)
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    head = struct.pack(">IIBBBBB", 20_000, 20_000, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes(2501) * 20_000, 9)
    (tmp_path / "bomb.png").write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b""))
    open_file(page, tmp_path / "bomb.png")
    assert problem(page).startswith(f"“bomb.png” has {grouped(20_000)} × {grouped(20_000)} pixels, more than the 200 million that fit here.")
    with pytest.raises(ImageError):
        image.load(tmp_path / "bomb.png")
    assert everything(picture, painting) == before
    dismiss(page)


def test_the_mask_of_a_photo_waits_for_its_return(page, picture, painting):
    before = everything(picture, painting)
    choose(page, "Band")
    assert not painting.labels("mask").any()
    choose(page, "Cat portrait")
    assert everything(picture, painting) == before


# ---------------------------------------------------------------- read, as the desktop reads it
def grey16():
    grey = np.asarray(photo().convert("L"), np.uint16) * 257
    return encoded(Image.fromarray(grey), "PNG")


def rgba():
    alpha = np.broadcast_to(np.linspace(0, 255, CAT.shape[1]).astype(np.uint8), CAT.shape[:2])
    return encoded(Image.fromarray(np.dstack([CAT, alpha])), "PNG")


def rotated():
    """The cat lies on its side in the file; the camera's note says how to hold it."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return encoded(photo().transpose(Image.Transpose.ROTATE_90), "JPEG", quality=95, exif=exif)


def animated(format, **options):
    frames = [photo(), Image.new("RGB", photo().size, "red"), Image.new("RGB", photo().size, "blue")]
    return encoded(frames[0], format, save_all=True, append_images=frames[1:], duration=40, loop=0, **options)


def swapped_profile():
    """A colour profile far from sRGB: red and blue change places. Profiles are not applied, here as there."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for one, other in (b"rXYZ", b"bXYZ"), (b"rTRC", b"bTRC"):
        profile = profile.replace(one, b"----", 1).replace(other, one, 1).replace(b"----", other, 1)
    return profile


# name: (bytes, greatest difference of a colour, mean difference); a lossy decoder may round otherwise than Pillow's
READ = {
    "16-bit grey.png": (grey16, 1, 1),
    "cmyk.jpg": (lambda: encoded(photo().convert("CMYK"), "JPEG", quality=95), 6, 1),
    "palette.png": (lambda: encoded(photo().quantize(64), "PNG"), 0, 0),
    "grey.png": (lambda: encoded(photo().convert("L"), "PNG"), 0, 0),
    "grey.jpg": (lambda: encoded(photo().convert("L"), "JPEG", quality=95), 2, 1),
    "alpha.png": (rgba, 1, 1),
    "progressive.jpg": (lambda: encoded(photo(), "JPEG", progressive=True), 6, 1),
    "rotated.jpg": (rotated, 6, 1),
    "animated.gif": (lambda: animated("GIF"), 0, 0),
    "animated.webp": (lambda: animated("WEBP", lossless=True), 0, 0),
    "animated.png": (lambda: animated("PNG"), 0, 0),
    "plain.bmp": (lambda: encoded(photo(), "BMP"), 0, 0),
    "photo.avif": (lambda: encoded(photo(), "AVIF", quality=90), 6, 1),
    "another profile.jpg": (lambda: encoded(photo(), "JPEG", quality=95, icc_profile=swapped_profile()), 6, 1),
}


@pytest.mark.parametrize("name", READ)
def test_an_odd_picture_is_read_and_labelled_as_on_the_desktop(page, picture, tmp_path, name):
    make, most, mean = READ[name]
    (tmp_path / name).write_bytes(make())
    open_file(page, tmp_path / name)
    found = shown(page, name).get_attribute("data-classes")
    expect(page.locator("[role=alert]:visible")).to_have_count(0)
    on_desktop = image.load(tmp_path / name)
    drawn = picture.layer("photo")
    assert (drawn[..., 3] == 255).all()
    assert drawn.shape[:2] == on_desktop.shape[:2] == CAT.shape[:2]
    apart = np.abs(drawn[..., :3].astype(int) - on_desktop)
    assert (apart.max(), apart.mean()) <= (most, mean)
    labels = network.segment(on_desktop).label_map
    assert (picture.labels("labels") == labels).mean() > 0.995
    assert found == " ".join(VOC.names[i].replace(" ", "-") for i in np.unique(labels) if i)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_cameras_note_turns_the_photo_upright(page, picture, tmp_path, orientation):
    """Three blocks of colour in the corners tell all eight orientations apart."""
    seen = np.full((48, 80, 3), 255, np.uint8)
    seen[:16, :16], seen[:16, -16:], seen[-16:, :16] = (255, 0, 0), (0, 255, 0), (0, 0, 255)
    undo = {1: None, 2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}[orientation]  # Pillow's transpositions
    stored = Image.fromarray(seen) if undo is None else Image.fromarray(seen).transpose(undo)
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored.save(tmp_path / f"{orientation}.jpg", quality=95, subsampling=0, exif=exif)
    np.testing.assert_allclose(image.load(tmp_path / f"{orientation}.jpg").astype(int), seen, atol=8)  # so the test itself is right
    open_file(page, tmp_path / f"{orientation}.jpg")
    expect(page.locator(".ps-credit")).to_contain_text(f"{orientation}.jpg 80 × 48")
    np.testing.assert_allclose(picture.layer("photo")[..., :3].astype(int), seen, atol=8)


def test_a_single_pixel_is_a_photo(page, picture, tmp_path):
    Image.new("RGB", (1, 1), (200, 30, 60)).save(tmp_path / "dot.png")
    open_file(page, tmp_path / "dot.png")
    shown(page, "dot.png")
    assert picture.layer("photo").tolist() == [[[200, 30, 60, 255]]]
    assert page.locator("studio-segment [data-fact=predictions]").inner_text() == "1"
    assert saved_labels(page, "studio-segment").tolist() == network.segment(image.load(tmp_path / "dot.png")).label_map.tolist()


def test_a_picture_of_108_million_pixels_is_reduced_and_says_so(page, picture, tmp_path):
    sky = Image.new("RGB", (12_000, 9_000), (90, 140, 200))
    sky.paste((40, 90, 30), (0, 6_000, 12_000, 9_000))
    sky.save(tmp_path / "vast.jpg", quality=70)
    open_file(page, tmp_path / "vast.jpg")
    expect(page.locator(".ps-credit")).to_contain_text(f"vast.jpg {grouped(4096)} × {grouped(3072)} (reduced from {grouped(12_000)} × {grouped(9_000)})", timeout=120_000)
    ready(page, "studio-segment")
    assert picture.shape == (3072, 4096)
    colours = page.locator("studio-segment canvas[data-layer=photo]").evaluate(
        "canvas => [[10, 10], [4000, 2000], [10, 2100], [4000, 3060]].map(([x, y]) => [...canvas.getContext('2d').getImageData(x, y, 1, 1).data])")
    np.testing.assert_allclose(colours, [(90, 140, 200, 255)] * 2 + [(40, 90, 30, 255)] * 2, atol=3)
    assert page.locator("studio-segment [data-fact=predictions]").inner_text() == grouped(3072 * 4096)


# ---------------------------------------------------------------- drawings
@pytest.mark.parametrize("attributes, shape", [
    ('width="320" height="200"', (200, 320)),
    ('width="2in" height="1in"', (96, 192)),
    ('viewBox="0 0 200 100"', (512, 1024)),
    ("", (1024, 1024)),
])
def test_a_drawing_becomes_pixels(page, picture, tmp_path, attributes, shape):
    (tmp_path / "drawing.svg").write_text(svg(attributes))
    open_file(page, tmp_path / "drawing.svg")
    expect(page.locator(".ps-credit")).to_contain_text(f"drawing.svg {grouped(shape[1])} × {grouped(shape[0])}")
    drawn = picture.layer("photo")
    assert drawn.shape == (*shape, 4)
    assert (drawn == (0x20, 0x40, 0xA0, 255)).all()


def test_a_hostile_drawing_runs_nothing_and_asks_nobody(page, picture, tmp_path):
    with serving(Elsewhere) as other:
        Elsewhere.asked.clear()
        page.asked.clear()
        page.evaluate("window.ran = false")
        (tmp_path / "hostile.svg").write_text(svg('width="300" height="200" onload="top.ran = true"', f"""
            <script>top.ran = true; fetch("{other.url}script")</script>
            <script href="{other.url}outer.js"/>
            <style>@import url("{other.url}style.css"); rect {{ fill: url("{other.url}fill.svg#x") #2040a0 }}</style>
            <image href="{other.url}image.png" width="50" height="50"/>
            <use href="{other.url}use.svg#shape"/>
            <foreignObject width="100" height="100"><iframe xmlns="http://www.w3.org/1999/xhtml" src="{other.url}frame.html"/></foreignObject>"""))
        open_file(page, tmp_path / "hostile.svg")
        shown(page, "hostile.svg")
        assert picture.shape == (200, 300)
        assert page.evaluate("window.ran") is False
        assert Elsewhere.asked == []
        assert [url for url in page.asked if url.startswith(other.url)] == []
        page.complaints[:] = [words for words in page.complaints if "violates the following Content Security Policy" not in words]  # the policy at work


# ---------------------------------------------------------------- dropped and pasted
def drop(page, place, files=(), address=None):
    """Drag files, or a link, from elsewhere over a place of the window and let go."""
    session = page.context.new_cdp_session(page)
    items = [{"mimeType": kind, "data": address} for kind in ("text/uri-list", "text/plain")] if address else []
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, "x": place[0], "y": place[1],
                                                 "data": {"items": items, "files": [str(file) for file in files], "dragOperationsMask": 19}})
    session.detach()


def test_a_folder_or_a_link_that_is_dropped_is_one_sentence_and_the_page_stays(page, picture, painting, tmp_path):
    before, pages = everything(picture, painting), len(page.context.pages)
    (tmp_path / "holiday").mkdir()
    photo().save(tmp_path / "cat.png")
    with serving(Elsewhere) as other:
        Elsewhere.asked.clear()
        for given, words in ({"files": [tmp_path / "holiday"]}, "“holiday” is a folder."), ({"address": f"{other.url}cat.jpg"}, "This is a link to another page, not a file"):
            drop(page, picture.screen(100, 100), **given)
            assert problem(page).startswith(words)
            dismiss(page)
        drop(page, (3, 400), [tmp_path / "cat.png"])  # beside the studio: nothing takes it, and it does not open in place of the page
        drop(page, picture.screen(100, 100), [tmp_path / "cat.png"])
        shown(page, "cat.png")
        assert len(page.context.pages) == pages and Elsewhere.asked == []
    choose(page, "Cat portrait")
    assert everything(picture, painting) == before


def test_of_several_files_the_first_is_opened_and_the_page_says_so(page, picture, tmp_path):
    for name in ("one.png", "two.png"):
        photo().save(tmp_path / name)
    drop(page, picture.screen(100, 100), [tmp_path / "one.png", tmp_path / "two.png"])
    shown(page, "one.png")
    assert problem(page).startswith("Of the 2 files only “one.png” was opened.")
    choose(page, "Cat portrait")
    expect(page.locator("[role=alert]:visible")).to_have_count(0)


def test_a_picture_of_the_strip_that_is_dragged_is_not_a_file(page, picture):
    tile = page.locator(".ps-strip .ps-tile:visible").last
    tile.scroll_into_view_if_needed()
    tile.drag_to(picture.pane)
    expect(page.locator(".ps-credit strong")).to_have_text("Cat portrait")
    expect(page.locator("[role=alert]:visible")).to_have_count(0)


def test_what_is_pasted_and_no_picture_is_told_and_words_are_left_alone(page):
    paste = """([name, type, words]) => {
        const data = new DataTransfer();
        if (name) data.items.add(new File([words], name, { type }));
        else data.setData("text/plain", words);
        document.activeElement.blur();
        document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
    }"""
    page.evaluate(paste, [None, None, "just words"])
    page.evaluate(paste, ["poem.pdf", "application/pdf", "%PDF-1.7"])
    assert problem(page).startswith("“poem.pdf” is not a picture that can be read here.")
    dismiss(page)


PASTE = """async ([kinds, picture, place]) => {
    const data = new DataTransfer();
    for (const [kind, words] of Object.entries(kinds)) data.setData(kind, words);
    if (picture) data.items.add(new File([Uint8Array.from(atob(picture), sign => sign.charCodeAt(0))], "image.png", { type: "image/png" }));
    const target = place ? document.querySelector(place) : document.body;
    if (place) target.focus(); else document.activeElement.blur();
    target.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""
LINK = "https://example.org/cat.jpg"
NOT_A_FILE = "This is a link to another page, not a file"


def png():
    file = io.BytesIO()
    photo().save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


@pytest.mark.parametrize("kinds", [{"text/uri-list": LINK}, {"text/plain": LINK}, {"text/html": f'<img src="{LINK}">'}, {"text/plain": "file:///home/me/cat.jpg"}])
def test_a_link_or_a_picture_of_another_page_that_is_pasted_is_told_as_one_that_is_dropped(page, picture, kinds):
    with serving(Elsewhere):
        Elsewhere.asked.clear()
        page.evaluate(PASTE, [kinds, None, None])
        assert problem(page).startswith(NOT_A_FILE)
        dismiss(page)
        assert Elsewhere.asked == []


def test_a_picture_that_its_own_address_holds_is_opened(page, picture):
    page.evaluate(PASTE, [{"text/html": f'<img src="data:image/png;base64,{png()}">'}, None, None])
    shown(page, "Pasted picture")


def test_code_takes_words_and_a_pasted_or_dropped_picture_is_the_photo(browser, server, tmp_path):
    with visitor(browser) as context:
        page = opened(context)
        page.goto(server.url + "index.html")
        ready(page, "studio-segment")
        page.locator("studio-cell").first.scroll_into_view_if_needed()
        editor = page.locator("studio-cell .cm-content").first
        editor.wait_for()
        code = editor.inner_text()
        page.evaluate(PASTE, [{}, png(), "studio-cell .cm-content"])
        shown(page, "image.png")
        assert editor.inner_text() == code
        photo().save(tmp_path / "mine.png")
        box = editor.bounding_box()
        drop(page, (box["x"] + 60, box["y"] + 12), [tmp_path / "mine.png"])
        shown(page, "mine.png")
        assert editor.inner_text() == code
        page.evaluate(PASTE, [{"text/html": f'<img src="{LINK}">'}, None, "studio-cell .cm-content"])
        assert problem(page).startswith(NOT_A_FILE)
        dismiss(page)
        assert editor.inner_text() == code
        page.evaluate(PASTE, [{"text/plain": f"# {LINK}\n", "text/html": f'<img src="{LINK}">'}, png(), "studio-cell .cm-content"])
        expect(editor).to_contain_text(f"# {LINK}")
        expect(page.locator("[role=alert]:visible")).to_have_count(0)
        expect(page.locator(".ps-credit strong")).to_have_text("mine.png")


def test_a_photo_that_is_changed_on_the_disk_is_still_there(page, picture, tmp_path):
    mine = tmp_path / "mine.png"
    photo().save(mine)
    open_file(page, mine)
    shown(page, "mine.png")
    mine.write_bytes(b"another program has been here")
    choose(page, "Cat portrait")
    page.get_by_role("button", name="Yours").click()
    shown(page, "mine.png")
    assert (picture.layer("photo")[..., :3] == CAT).all()


def test_a_camera_that_is_unplugged_is_one_sentence(browser, lesson):
    with visitor(browser, permissions=["camera"]) as context:
        page = opened(context)
        page.goto(lesson(("segment", "photo: chelsea")))
        page.evaluate("""() => {
            const { mediaDevices } = navigator, real = mediaDevices.getUserMedia.bind(mediaDevices);
            window.asked = 0;
            mediaDevices.getUserMedia = async (wish) => (window.asked++, window.film = await real(wish));
        }""")
        camera = page.get_by_role("button", name="Camera")
        expect(camera).to_be_enabled()
        camera.evaluate("button => (button.click(), button.click())")
        expect(page.get_by_role("button", name="Take the photo")).to_be_enabled()
        assert page.evaluate("window.asked") == 1  # not two dialogues, one above the other
        page.evaluate("window.film.getTracks()[0].dispatchEvent(new Event('ended'))")
        assert problem(page).startswith("The camera was unplugged or switched off.")
        expect(page.locator("dialog.ps-camera")).to_have_count(0)


# ---------------------------------------------------------------- label pictures
def load_truth(page, path):
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Load a label PNG").click()
    chooser.value.set_files(path)


def palette(ids, colours=VOC.palette()):
    picture = Image.fromarray(ids)
    picture.putpalette(colours.tobytes())
    return picture


def some_labels():
    ids = np.zeros(CAT.shape[:2], np.uint8)
    ids[50:200, 100:300], ids[210:260, 20:90], ids[:10] = 8, 17, VOID
    return ids


def meters(page):
    return page.locator("studio-paint .ps-meter-number").all_inner_texts()


LABELS = {
    "too small.png": (lambda: encoded(palette(some_labels()[:200, :300]), "PNG"), "too small.png has 200 rows and 300 columns, the photo has 300 and 451."),
    "see-through.png": (lambda: encoded(Image.fromarray(np.dstack([VOC.palette()[some_labels()], some_labels()])), "PNG"), "see-through.png has transparent pixels, which have no label."),
    "unknown ids.png": (lambda: encoded(Image.fromarray(some_labels() * 5), "PNG"), "unknown ids.png holds ids that voc does not have: 40, 85, 251."),
    "a photo.jpg": (lambda: encoded(photo(), "JPEG"), "a photo.jpg is a JPEG, and JPEG alters the ids of its pixels."),
    "not a picture.png": (lambda: b"labels, I promise", "not a picture.png is not a picture that can be read."),
    "empty.png": (lambda: b"", "empty.png is empty: it has zero bytes."),
    "cut.png": (lambda: encoded(palette(some_labels()), "PNG")[:200], "cut.png is damaged or cut short: its pixels cannot all be read."),
    "wrong colours.png": (lambda: encoded(Image.fromarray(np.where(some_labels()[..., None] == 8, (255, 0, 0), (0, 0, 0)).astype(np.uint8)), "PNG"),
                          "wrong colours.png has 1 colour(s) that no class of voc has: #ff0000."),
}


@pytest.mark.parametrize("name", LABELS)
def test_labels_that_do_not_fit_are_one_sentence_and_the_truth_stays(page, picture, painting, tmp_path, name):
    make, words = LABELS[name]
    before, scores = everything(picture, painting), meters(page)
    assert "–" not in scores
    (tmp_path / name).write_bytes(make())
    load_truth(page, tmp_path / name)
    assert problem(page).lower().startswith(words.lower())
    assert (everything(picture, painting), meters(page)) == (before, scores)
    expect(page.locator("studio-paint .ps-truth-name")).to_have_text("the network’s output")
    dismiss(page)


@pytest.mark.parametrize("name, make", {
    "palette with void.png": lambda: encoded(palette(some_labels()), "PNG"),
    "renumbered palette.png": lambda: encoded(palette(np.vectorize({0: 3, 8: 0, 17: 1, VOID: 2}.get)(some_labels()).astype(np.uint8),
                                                      np.concatenate([VOC.palette()[[8, 17, VOID, 0]], np.zeros((252, 3), np.uint8)])), "PNG"),
    "grey ids.png": lambda: encoded(Image.fromarray(some_labels()), "PNG"),
    "grey with alpha.png": lambda: encoded(Image.merge("LA", [Image.fromarray(some_labels()), Image.new("L", CAT.shape[1::-1], 255)]), "PNG"),
    "16 bits.png": lambda: encoded(Image.fromarray(some_labels().astype(np.uint16)), "PNG"),
    "voc colours.png": lambda: encoded(Image.fromarray(VOC.palette()[some_labels()]), "PNG"),
}.items(), ids=lambda value: value if isinstance(value, str) else "")
def test_labels_are_read_from_palette_grey_and_colours_and_void_is_nobodys(page, painting, tmp_path, name, make):
    (tmp_path / name).write_bytes(make())
    load_truth(page, tmp_path / name)
    expect(page.locator("studio-paint .ps-truth-name")).to_have_text(name)
    truth, mask = some_labels(), painting.labels("mask")
    judged = truth != VOID
    accuracy = (mask == truth)[judged].mean()
    expect(page.locator("studio-paint .ps-meter-number").first).to_have_text(f"{accuracy * 100:.1f}%")
    rows = {int(row.get_attribute("data-class")): row.locator("td").all_inner_texts()[-2:] for row in page.locator("studio-paint .ps-scores tbody tr").all()}
    assert rows == {label: [grouped(int(((mask == label) & (truth == label)).sum())), grouped(int(((mask == label) | (truth == label))[judged].sum()))]
                    for label in (0, 8, 17)}
    page.get_by_role("button", name="Use the network’s output").click()
    expect(page.locator("studio-paint .ps-truth-name")).to_have_text("the network’s output")
