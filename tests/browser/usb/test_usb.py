"""The USB edition as a class uses it: opened from a folder in a stock Chromium, Firefox and WebKitGTK, with no network and no right to write.

The main path (labels, a photo, a stroke, a region, saving, coming back) is walked by one set of tests, also in Firefox and WebKitGTK over http.
"""
import contextlib
import functools
import json
import os
import re
import shlex
import shutil
import stat

from tests.browser import network_namespace
import numpy as np
import pytest
from tests.browser.conftest import BOOT, FLAGS, ROOT, SITE, USB, Elsewhere, StaticFiles, opened, serving
from tests.browser.face import LONG, Chromium, choose, fraction, on_screen, press, resting, saved_labels, seed_of_click, words
from tests.browser.firefox import Firefox
from tests.browser.person import grouped, percent
from tests.browser.webkit import WebKit

from pystudio.segment import classic, region_growing
from pystudio import image
from pystudio.networks import network

PHOTOS = json.loads((ROOT / "site_src/photos/credits.json").read_text(encoding="utf-8"))
KITTEN, CAT = (image.load(ROOT / "site_src/photos" / name) for name in ("kitten.webp", "chelsea.png"))
PAGES = sorted(path.relative_to(USB).as_posix() for path in USB.rglob("*.html"))
WAYS = ["chromium from a folder", "firefox from a folder", "firefox over http", "webkit from a folder", "webkit over http"]


# ---------------------------------------------------------------- a stick without a network
@pytest.fixture(scope="module")
def stick(tmp_path_factory):
    """A copy of the edition in a folder with a space and a letter that is not ASCII, nothing in it writable."""
    assert (USB / "index.html").exists(), "There is no USB edition: run `python3 build.py test`, which builds it first."
    folder = tmp_path_factory.mktemp("usb") / "usb stick ü"
    shutil.copytree(USB, folder, copy_function=shutil.copyfile)
    everything = [folder, *folder.rglob("*")]
    for path in everything:
        path.chmod(path.stat().st_mode & ~0o222)
    before = state(folder)
    yield folder
    assert state(folder) == before, "something was written into the folder"
    for path in everything:
        path.chmod(path.stat().st_mode | stat.S_IWUSR)


def state(folder):
    return {path.relative_to(folder).as_posix(): (path.stat().st_size, path.stat().st_mtime_ns) for path in folder.rglob("*")}


@pytest.fixture(scope="module")
def cut_off(stick):
    """Whether the browsers run in a network of their own; where that is not allowed, a proxy refuses and tells who was asked for."""
    return network_namespace.possible(stick)


@pytest.fixture(scope="module")
def chromium(launch, chromium_path, cut_off, stick, tmp_path_factory):
    path = chromium_path
    if cut_off:
        path = tmp_path_factory.mktemp("alone") / "chromium"
        path.write_text(f'#!/bin/sh\nexec {shlex.join([*network_namespace.prefix(stick), chromium_path])} "$@"\n')
        path.chmod(0o755)
    Elsewhere.asked.clear()
    browser = launch(FLAGS, path)
    yield Chromium(browser)
    browser.close()
    assert Elsewhere.asked == []


@pytest.fixture(scope="module")
def firefox(cut_off, stick, tmp_path_factory):
    folder = tmp_path_factory.mktemp("firefox")
    with contextlib.ExitStack() as stack:
        if cut_off:
            yield stack.enter_context(Firefox(folder, without=stick))
            return
        proxy = stack.enter_context(serving(Elsewhere))
        Elsewhere.asked.clear()
        port = proxy.server.server_port
        yield stack.enter_context(Firefox(folder, preferences={
            "network.proxy.type": 1, "network.proxy.http": "127.0.0.1", "network.proxy.http_port": port,
            "network.proxy.ssl": "127.0.0.1", "network.proxy.ssl_port": port}))
        assert [asked for asked in Elsewhere.asked if not re.search(r"\b(mozilla\.(com|net|org)|firefox\.com)\b", asked)] == []


@pytest.fixture(scope="module")
def webkit(cut_off, stick, tmp_path_factory):
    folder = tmp_path_factory.mktemp("webkit")
    with contextlib.ExitStack() as stack:
        if cut_off:
            yield stack.enter_context(WebKit(folder, without=stick))
            return
        proxy = stack.enter_context(serving(Elsewhere))
        Elsewhere.asked.clear()
        yield stack.enter_context(WebKit(folder, proxy=f"127.0.0.1:{proxy.server.server_port}"))
        assert Elsewhere.asked == []


@pytest.fixture(scope="module")
def http_firefox(tmp_path_factory):
    with Firefox(tmp_path_factory.mktemp("firefox")) as running:
        yield running


@pytest.fixture(scope="module")
def http_webkit(tmp_path_factory):
    with WebKit(tmp_path_factory.mktemp("webkit")) as running:
        yield running


@pytest.fixture(scope="module", params=["chromium", "firefox", "webkit"])
def browser(request):
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module", params=WAYS)
def home(request, stick):
    """The home page, its engine ready and its first photo labelled."""
    engine, _, way = request.param.partition(" ")
    hosted = way == "over http"
    started = request.getfixturevalue(f"http_{engine}" if hosted else engine)
    with serving(functools.partial(StaticFiles, directory=SITE)) if hosted else contextlib.nullcontext() as running:
        tab = started.open(running.url + "index.html" if running else (stick / "index.html").as_uri())
        tab.until("() => document.querySelector('studio-segment[data-classes]')", timeout=LONG)
        yield tab
        assert tab.complaints == []
        tab.close()


# ---------------------------------------------------------------- the main path
def test_the_labels_are_those_of_the_desktop(home):
    labels = saved_labels(home, "studio-segment")
    assert (labels == network.segment(KITTEN).label_map).mean() >= 0.999


def test_another_photo_is_labelled_and_a_script_may_read_its_pixels(home):
    choose(home, "Cat portrait")
    shown = home.evaluate("""() => {
        const canvas = document.querySelector("studio-segment canvas[data-layer=photo]");
        return [canvas.height, canvas.width, ...canvas.getContext("2d").getImageData(60, 40, 1, 1).data];
    }""")
    assert shown == [*CAT.shape[:2], *CAT[40, 60], 255]
    assert (saved_labels(home, "studio-segment") == network.segment(CAT).label_map).mean() >= 0.999


def test_a_stroke_is_graded_and_is_still_there_after_a_reload(home):
    choose(home, "Cat portrait")
    home.drag(*on_screen(home, "studio-paint", (120, 100), (150, 250), (180, 300)))
    home.until("() => document.querySelector('studio-paint .ps-meter-number').textContent.includes('%')")
    resting(home, "studio-paint")
    painted, labels = saved_labels(home, "studio-paint"), network.segment(CAT).label_map
    assert painted.any() and (painted == 0).any()
    home.until("wanted => document.querySelector('studio-paint .ps-meter-number').textContent === wanted", percent((painted == labels).mean()))
    ious = [((painted == label) & (labels == label)).sum() / ((painted == label) | (labels == label)).sum() for label in np.union1d(painted, labels)]
    shown = home.evaluate("() => document.querySelectorAll('studio-paint .ps-meter-number')[1].textContent")
    assert fraction(shown) == pytest.approx(np.mean(ious), abs=0.001)

    home.reload()
    home.until("() => document.querySelector('studio-segment[data-classes]')", timeout=LONG)
    assert words(home, ".ps-credit strong") == "Cat portrait"
    np.testing.assert_array_equal(saved_labels(home, "studio-paint"), painted)


def test_a_click_grows_the_region_that_the_desktop_grows(home):
    choose(home, "Cat portrait")
    tolerance = home.evaluate("() => Number(document.querySelector('studio-grow input[type=range]').value)")
    size = region_growing.Grower(CAT).grow(seed_of_click(home, (150, 200)), tolerance).size
    home.until("size => [...document.querySelectorAll('studio-grow dl.ps-facts > div')].some(fact => fact.textContent.startsWith(`Size${size} pixels`))", grouped(size))


def test_an_endless_loop_is_stopped_and_the_engine_goes_on(home):
    """Without SharedArrayBuffer, which a page from a folder never has; at the first call that can be stopped, when the way to stop it is quite new."""
    home.reload()
    home.until("() => document.querySelector('studio-segment[data-classes]')", timeout=LONG)
    stopped, restarts, after = home.evaluate("""async () => {
        const { engine } = window.pystudio;
        let restarts = 0;
        engine.on("restart", () => (restarts += 1));
        const run = (source, options) => engine.call("cell.run", { key: "loop", title: "Loop", source, network: "deeplab_s16" }, options);
        const hand = new AbortController();
        const begun = new Promise(resolve => engine.on("output", resolve));
        const endless = run("print('begun')\\nwhile True:\\n    pass", { signal: hand.signal, stoppable: true });
        await begun;
        hand.abort();
        const { error } = await endless;
        return [error.kind, restarts, (await run("assert 6 * 7 == 42", {})).error];
    }""")
    assert (stopped, restarts, after) == ("stopped", 0, None)


# ---------------------------------------------------------------- everything else, from the folder
def test_the_browsers_have_no_network(browser, cut_off, stick):
    if not cut_off:
        pytest.skip("this machine allows no network of its own; a proxy that refuses everything is the proof instead")
    tab = browser.open((stick / "READ ME FIRST.html").as_uri())
    with serving(StaticFiles) as here, pytest.raises(Exception, match="(?i)refused|neterror|NS_ERROR"):
        tab.go(here.url)
    tab.close()


def test_a_classic_method_brings_scikit_image_with_it(browser, stick):
    tab = browser.open((stick / "classic.html").as_uri())
    tab.until("() => document.querySelector('studio-classic[data-shows=otsu][data-state=ready]')", timeout=LONG)
    shown = words(tab, ".ps-credit strong")
    press(tab, ".ps-method:has(input[value=slic])")
    tab.until("() => document.querySelector('studio-classic[data-shows=slic][data-state=ready]')", timeout=LONG)
    photo = next(photo for photo in PHOTOS if photo["title"] == shown)
    found = classic.run("slic", image.load(ROOT / "site_src/photos" / photo["file"]))
    regions = int(tab.evaluate("() => document.querySelector('studio-classic[data-shows=slic]').dataset.regions"))
    assert regions == found.n
    assert tab.complaints == []
    tab.close()


def test_search_finds_a_page_and_its_result_opens_it(browser, stick):
    tab = browser.open((stick / "about.html").as_uri())
    press(tab, ".md-search__input")
    tab.keys("intersection")
    tab.until("() => document.querySelectorAll('.md-search-result__item a').length", timeout=30)
    press(tab, ".md-search-result__item a")
    tab.until("() => /\\?h=/.test(location.search) && !location.pathname.endsWith('about.html') && document.querySelector('article h1')")
    assert tab.complaints == []
    tab.close()


def test_a_link_leads_to_another_page(browser, stick):
    tab = browser.open((stick / "index.html").as_uri())
    press(tab, ".md-nav--primary > ul a[href='about.html'], .md-nav__link[href='about.html']")
    tab.until("() => location.pathname.endsWith('/about.html') && document.querySelector('article h1')")
    tab.close()


def test_every_page_opens_with_its_pictures_and_without_a_complaint(browser, stick):
    assert len(PAGES) >= 6
    for path in PAGES:
        tab = browser.open((stick / path).as_uri())
        broken = tab.evaluate("""async () => {
            const images = [...document.images].map(each => Object.assign(each, { loading: "eager" }));
            const shows = image => image.decode().then(() => true, () => image.naturalWidth > 0);
            return (await Promise.all(images.map(async image => await shows(image) ? "" : image.src))).filter(Boolean);
        }""")
        assert broken == [], path
        if path != "READ ME FIRST.html":
            tab.until("() => document.documentElement.classList.contains('js') && window.pystudio")
        assert tab.complaints == [], path
        tab.close()


def test_the_policy_lets_nothing_out(browser, stick):
    """By the browser's own word: an address that answers nobody would prove nothing."""
    tab = browser.open((stick / "about.html").as_uri())
    tells = not isinstance(browser, WebKit)  # in a worker it tells nothing: the next test looks at what it does there
    refused = tab.evaluate("""async tells => {
        const refused = [];
        document.addEventListener("securitypolicyviolation", event => refused.push(event.effectiveDirective));
        const settled = make => new Promise(resolve => document.body.append(Object.assign(make, { onload: resolve, onerror: resolve })));
        const there = "http://127.0.0.1:9/";
        await fetch(there).catch(() => {});
        await settled(Object.assign(new Image(), { src: there }));
        await settled(Object.assign(document.createElement("script"), { src: there }));
        await settled(Object.assign(document.createElement("link"), { rel: "stylesheet", href: there }));
        document.body.append(Object.assign(document.createElement("script"), { textContent: "window.ran = true" }));
        if (!tells) {
            while (refused.length < 5) await new Promise(requestAnimationFrame);
            return refused;
        }
        const inside = `addEventListener("securitypolicyviolation", event => postMessage(event.effectiveDirective)); fetch(${JSON.stringify(there)}).catch(() => {})`;
        const worker = new Worker("data:text/javascript," + encodeURIComponent(inside), { type: "module" });
        refused.push("worker " + await new Promise(resolve => (worker.onmessage = event => resolve(event.data))));
        return refused;
    }""", tells)
    kinds = sorted(each.replace("-elem", "") for each in refused)
    assert kinds == ["connect-src", "img-src", "script-src", "script-src", "style-src", *["worker connect-src"] * tells]
    assert tab.evaluate("() => window.ran ?? null") is None
    tab.close()


def test_in_webkit_the_policy_holds_in_a_worker_too(http_webkit, stick):
    """A server that answers everybody is asked from a worker of a page without a policy, and not from one of ours."""
    asked = []

    class Anybody(StaticFiles):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

    ask = """address => {
        const inside = `fetch(${JSON.stringify(address)}, { mode: "no-cors" }).then(() => postMessage("answered"), () => postMessage("refused"))`;
        const worker = new Worker("data:text/javascript," + encodeURIComponent(inside), { type: "module" });
        return new Promise(resolve => (worker.onmessage = event => resolve(event.data)));
    }"""
    with serving(Anybody) as server:
        tab = http_webkit.open("data:text/html,<p>No policy")
        assert tab.evaluate(ask, server.url + "control") == "answered"
        tab.go((stick / "about.html").as_uri())
        assert tab.evaluate(ask, server.url + "ours") == "refused"
        tab.close()
    assert asked == ["/control"]


def test_the_camera_gives_a_photo(launch, chromium_path, stick):
    browser = launch([*FLAGS, "--use-fake-ui-for-media-stream"])
    tab = Chromium(browser).open((stick / "index.html").as_uri())
    press(tab, "button", "Camera")
    press(tab, "dialog[open] button:not(:disabled)", "Take the photo")
    tab.until("() => document.querySelector('.ps-credit').textContent.includes('stays on this device')")
    tab.until("() => document.querySelector('studio-segment').dataset.state === 'ready'", timeout=LONG)
    assert tab.complaints == []
    browser.close()


# ---------------------------------------------------------------- where it cannot work
@pytest.mark.parametrize("gone, named", [("delete window.DecompressionStream", "DecompressionStream"), ("delete window.WebAssembly", "WebAssembly"),
    ("{ const Real = Worker; window.Worker = class { constructor(address) { return new Real(address); } }; }", "module workers")])
def test_an_old_browser_is_told_which_ones_can(chromium, stick, gone, named):
    page = opened(chromium.context)
    page.add_init_script(gone)
    page.goto((stick / "index.html").as_uri())
    alert = page.locator("[role=alert]:visible").first
    alert.wait_for()
    assert named in alert.inner_text() and "Firefox" in alert.inner_text() and "Chrome" in alert.inner_text()
    page.close()


@pytest.mark.parametrize("absent", ["studio/worker-*.mjs.js", "studio/models/deeplab_s16-????????.onnx.js"])
def test_a_folder_that_was_copied_in_part_says_so(chromium, stick, tmp_path, absent):
    lose(stick, tmp_path / "half", absent)
    page = opened(chromium.context)
    page.goto((tmp_path / "half/index.html").as_uri())
    alert = page.locator("[role=alert]:visible").first
    alert.wait_for(timeout=BOOT)
    assert "opy the whole folder again" in alert.inner_text()
    page.close()


def test_a_stick_that_is_pulled_out_is_named_and_put_back_all_goes_on(chromium, stick, tmp_path):
    shutil.copytree(stick, tmp_path / "here", copy_function=os.link)
    page = opened(chromium.context)
    page.goto((tmp_path / "here/index.html").as_uri())
    page.locator("studio-segment[data-classes]").wait_for(timeout=BOOT)
    cows = page.locator(".ps-tile", has_text="Cows").first
    (tmp_path / "here").chmod(0o755)
    (tmp_path / "here").rename(tmp_path / "away")
    cows.click()
    alert = page.locator("[role=alert]:visible").first
    alert.wait_for()
    assert "“Cows”" in alert.inner_text() and "stick or folder" in alert.inner_text() and "connection" not in alert.inner_text()
    (tmp_path / "away").rename(tmp_path / "here")
    cows.click()
    page.wait_for_selector(".ps-credit strong:text-is('Cows')")
    alert.wait_for(state="hidden")
    page.close()


@pytest.mark.parametrize("left", [None, "class { static #new syntax of tomorrow"], ids=["absent", "unreadable"])
def test_where_the_studios_script_cannot_be_read_the_page_says_which_browsers_can(chromium, stick, tmp_path, left):
    script = lose(stick, tmp_path / "half", "studio/studio-*.js")
    if left:
        script.write_text(left)
    page = opened(chromium.context)
    page.goto((tmp_path / "half/index.html").as_uri())
    told = page.locator("[role=alert]:visible").inner_text()
    assert all(word in told for word in ("too old", "Chrome", "Firefox", "copy the whole folder again"))
    page.close()


def lose(stick, folder, pattern):
    """A copy of the stick that lacks a file; its path."""
    shutil.copytree(stick, folder, copy_function=os.link)
    (lost,) = folder.glob(pattern)
    lost.parent.chmod(0o755)
    lost.unlink()
    return lost
