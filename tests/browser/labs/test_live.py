"""“Live”, with a film of a person as the camera: the mask is seen, pictures are dropped and not queued, nothing grows, and refusals are told in plain words."""

import base64
import io
import os
import re

import numpy as np
import pytest
from tests.browser.conftest import opened, ready, visitor
from tests.browser.person import dismiss, problem
from PIL import Image
from playwright.sync_api import expect

from pystudio import image
from pystudio.networks import network

ELEMENT = "studio-live"

# A film of a bundled photo, moving to and fro: made by the browser itself, so that no film has to be kept in the repository.
FILM = """async ([address, seconds]) => {
    const picture = await createImageBitmap(await (await fetch(address)).blob());
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width: 320, height: 320 });
    const context = canvas.getContext("2d");
    const recorder = new MediaRecorder(canvas.captureStream(15), { mimeType: "video/webm;codecs=vp8", videoBitsPerSecond: 2e6 });
    const parts = [];
    recorder.ondataavailable = ({ data }) => parts.push(data);
    const stopped = new Promise(resolve => (recorder.onstop = resolve));
    recorder.start();
    const begun = performance.now();
    await new Promise(resolve => {
        const draw = () => {
            const t = (performance.now() - begun) / 1000;
            context.drawImage(picture, 2 * Math.sin(6 * t), 0, 320, 320);
            t < seconds ? requestAnimationFrame(draw) : resolve();
        };
        draw();
    });
    recorder.stop();
    await stopped;
    const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
    let text = "";
    for (const byte of bytes) text += String.fromCharCode(byte);
    return btoa(text);
}"""

# Every stream that was given out, so that a test can ask whether the camera is off again.
WATCHED = """(() => {
    window.streams = [];
    const devices = navigator.mediaDevices, ask = devices.getUserMedia.bind(devices);
    devices.getUserMedia = async wish => {
        window.wish = wish;
        if (window.refuse) throw new DOMException("", window.refuse);
        const stream = await ask(wish);
        window.streams.push(stream);
        return stream;
    };
})()"""


@pytest.fixture(scope="module")
def lab(browser, lesson):
    with visitor(browser, permissions=["camera"]) as context:
        context.add_init_script(WATCHED)
        page = opened(context)
        page.goto(lesson(("live", "look: mask")))
        ready(page, ELEMENT)
        yield page
        assert page.complaints == []


@pytest.fixture(scope="module")
def film(lab, server, site, tmp_path_factory):
    address = server.url + next((site / "photos").glob("astronaut-????????.*")).relative_to(site).as_posix()
    path = tmp_path_factory.mktemp("film") / "astronaut.webm"
    path.write_bytes(base64.b64decode(lab.evaluate(FILM, [address, 1.5])))
    return path


def play(page, film):
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Open a video").click()
    chooser.value.set_files(film)
    expect(page.locator(ELEMENT)).to_have_attribute("data-film", "running")


def frames(page):
    return int(page.locator(ELEMENT).get_attribute("data-frames") or 0)


def wait_frames(page, count, limit=1800):
    """Wait until so many more frames were seen."""
    wanted = frames(page) + count
    for _ in range(limit):
        if frames(page) >= wanted:
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"only {frames(page)} of {wanted} frames came")


def seen(page):
    data = page.locator(f"{ELEMENT} canvas").evaluate("canvas => canvas.toDataURL('image/png')")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data.split(",")[1]))).convert("RGBA"), int)


def test_the_mask_lies_on_the_person(lab, film, site):
    play(lab, film)
    wait_frames(lab, 8)
    drawn = seen(lab)
    photo = image.load(next((site / "photos").glob("astronaut-????????.*")))
    wanted = np.asarray(Image.fromarray(network.segment(photo, "selfie_segmentation").label_map).resize((320, 320), Image.NEAREST)) == 1
    plain = np.asarray(Image.fromarray(photo).resize((320, 320)), int)
    tinted = (drawn[..., 0] - drawn[..., 2]) - (plain[..., 0] - plain[..., 2]) > 45  # amber
    assert np.count_nonzero(tinted & wanted) / np.count_nonzero(tinted | wanted) > 0.75


def test_the_speed_is_told_in_words(lab):
    wait_frames(lab, 10)
    expect(lab.locator(".ps-live-facts")).to_have_text(re.compile(r"\d+\.\d pictures a second · each is shown \d+ ms after it was taken: \d+ ms the network, \d+ ms Python"))


@pytest.mark.parametrize("name", ["Blur", "Colour", "Cut out"])
def test_the_rest_changes_and_the_person_stays(lab, name):
    lab.get_by_role("radio", name=name, exact=True).check(force=True)
    wait_frames(lab, 6)
    drawn = seen(lab)
    if name == "Colour":
        assert np.abs(drawn[5, 5, :3] - (0, 177, 64)).max() <= 2
    if name == "Cut out":
        assert drawn[5, 5, 3] == 0 and drawn[300, 130, 3] > 200
    if name == "Blur":
        assert np.abs(np.diff(drawn[2:30, :, :3], axis=1)).mean() < 6


def test_a_picture_can_lie_behind(lab):
    lab.get_by_role("radio", name="Picture", exact=True).check(force=True)
    lab.locator(ELEMENT).get_by_label("Picture", exact=True).last.select_option("cows")
    wait_frames(lab, 6)
    assert seen(lab)[..., 3].min() == 255


def test_what_goes_wrong_on_the_page_is_still_told_while_the_film_runs(lab):
    lab.evaluate("() => window.pystudio.store.openPhoto({ name: 'nowhere' })")
    assert "There is no bundled photo named “nowhere”" in problem(lab)
    dismiss(lab)


def test_an_effect_that_nobody_chose_is_not_remembered(browser, lesson):
    with visitor(browser) as context:
        page = opened(context)
        page.goto(lesson(("live", "look: mask")))
        ready(page, ELEMENT)
        assert page.evaluate("() => Object.keys(window.pystudio.store.memory.settings)") == []


def test_pausing_stops_the_work_and_going_on_goes_on(lab):
    pause = lab.get_by_role("button", name="Pause")
    pause.click()
    expect(lab.locator(ELEMENT)).to_have_attribute("data-film", "paused")
    lab.wait_for_timeout(400)  # what was at work is done
    before = frames(lab)
    lab.wait_for_timeout(800)
    assert frames(lab) == before
    pause.click()
    wait_frames(lab, 3)


def test_never_more_than_one_picture_is_at_work(lab):
    most = lab.evaluate("""async () => {
        const { engine } = window.pystudio, call = engine.call.bind(engine);
        let now = 0, most = 0, calls = 0;
        engine.call = async (...args) => {
            now += 1; most = Math.max(most, now); calls += 1;
            try { return await call(...args); } finally { now -= 1; }
        };
        for (const end = performance.now() + 20_000; calls < 12 && performance.now() < end;) await new Promise(resolve => setTimeout(resolve, 50));
        delete engine.call;
        return calls >= 12 ? most : -1;
    }""")
    assert most == 1


def resident(browser, page):
    """Bytes that the processes of pages use (they hold the worker with Python, too)."""
    session = browser.new_browser_cdp_session()
    found = session.send("SystemInfo.getProcessInfo")["processInfo"]
    session.detach()
    pages = os.sysconf("SC_PAGE_SIZE")
    total = 0
    for each in found:
        if each["type"] == "renderer":
            with open(f"/proc/{each['id']}/statm") as file:
                total += int(file.read().split()[1]) * pages
    return total


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="memory is read from /proc")
def test_hundreds_of_pictures_do_not_grow_the_memory(lab, browser):
    lab.get_by_role("radio", name="Blur", exact=True).check(force=True)
    wait_frames(lab, 350)  # the browser lets garbage gather at first, up to a level of its own
    levels = [resident(browser, lab)]
    while len(levels) < 4 and (len(levels) < 2 or levels[-1] - levels[-2] >= 100e6):  # garbage comes and goes; what is kept grows each time
        wait_frames(lab, 200)
        levels.append(resident(browser, lab))
    assert levels[-1] - levels[-2] < 100e6, f"kept, the numbers of 200 pictures would be 260 MB: {levels}"


def test_another_network_can_look_for_another_class(lab):
    lab.get_by_label("Network").select_option("deeplab_s16")
    expect(lab.get_by_label("Class", exact=True)).to_have_value("15")
    wait_frames(lab, 3)
    lab.get_by_role("radio", name="Mask", exact=True).check(force=True)
    lab.get_by_label("Network").select_option("selfie_segmentation")
    wait_frames(lab, 3)


def test_the_camera_is_mirrored_and_released_when_it_is_stopped(lab):
    lab.get_by_role("button", name="Stop").click()
    lab.get_by_role("button", name="Start the camera").click()
    wait_frames(lab, 3)
    assert lab.evaluate("wish.audio") is False
    expect(lab.locator(f"{ELEMENT} canvas")).to_have_class(re.compile("ps-live-mirrored"))
    assert lab.evaluate("streams.at(-1).getTracks().map(track => track.readyState)") == ["live"]
    lab.get_by_role("button", name="Stop").click()
    assert lab.evaluate("streams.at(-1).getTracks().map(track => track.readyState)") == ["ended"]


def test_stopping_leaves_no_picture_and_the_keyboard_where_it_was(lab):
    start = lab.get_by_role("button", name="Start the camera")
    start.focus()
    lab.keyboard.press("Enter")
    wait_frames(lab, 3)
    assert seen(lab).any()
    expect(lab.get_by_role("button", name="Pause")).to_be_focused()
    lab.keyboard.press("Tab")
    lab.keyboard.press("Enter")
    expect(start).to_be_focused()
    assert not seen(lab).any()


def test_a_camera_refused_late_is_no_news_once_a_film_is_open(lab, film):
    lab.evaluate("() => { window.late = navigator.mediaDevices.getUserMedia; navigator.mediaDevices.getUserMedia = () => new Promise((_, refuse) => (window.refuseNow = refuse)); }")
    lab.get_by_role("button", name="Start the camera").click()
    play(lab, film)
    lab.evaluate("() => { navigator.mediaDevices.getUserMedia = window.late; window.refuseNow(new DOMException('', 'NotAllowedError')); }")
    wait_frames(lab, 3)
    expect(lab.locator("[role=alert]:visible")).to_have_count(0)
    lab.get_by_role("button", name="Stop").click()


def test_the_camera_is_released_when_the_page_is_left(lab):
    lab.get_by_role("button", name="Start the camera").click()
    wait_frames(lab, 2)
    lab.evaluate("dispatchEvent(new PageTransitionEvent('pagehide'))")
    assert lab.evaluate("streams.at(-1).getTracks().map(track => track.readyState)") == ["ended"]


def test_a_page_that_is_not_seen_does_no_work(lab, film):
    play(lab, film)
    wait_frames(lab, 2)
    lab.evaluate("() => { Object.defineProperty(document, 'hidden', { value: true, configurable: true }); document.dispatchEvent(new Event('visibilitychange')); }")
    lab.wait_for_timeout(500)
    before = frames(lab)
    lab.wait_for_timeout(800)
    assert frames(lab) == before
    lab.evaluate("() => { delete document.hidden; document.dispatchEvent(new Event('visibilitychange')); }")
    wait_frames(lab, 2)


@pytest.mark.parametrize("name, words", [("NotFoundError", "No camera was found"), ("NotReadableError", "in use by another program"), ("NotAllowedError", "may not be used on this page")])
def test_a_refusal_is_one_plain_sentence_and_the_way_on(lab, name, words):
    if lab.get_by_role("button", name="Stop").is_visible():
        lab.get_by_role("button", name="Stop").click()
    lab.evaluate("name => void (window.refuse = name)", name)
    lab.get_by_role("button", name="Start the camera").click()
    expect(lab.locator("[role=alert]:visible")).to_contain_text(words)
    assert "Open a video file instead." in problem(lab)
    lab.evaluate("void delete window.refuse")


def test_a_file_that_is_no_film_is_refused(lab, tmp_path):
    (tmp_path / "notes.webm").write_text("no film")
    with lab.expect_file_chooser() as chooser:
        lab.get_by_role("button", name="Open a video").click()
    chooser.value.set_files(tmp_path / "notes.webm")
    expect(lab.locator("[role=alert]:visible")).to_contain_text("cannot play “notes.webm”")
