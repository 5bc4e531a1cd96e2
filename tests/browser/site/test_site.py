"""The site as a whole: it asks nobody else, holds to its policy, keeps what was done, says what went wrong, and fits every screen."""
import functools
import html.parser
import re
import urllib.error
import urllib.parse
import urllib.request

import numpy as np
import pytest
from tests.browser.conftest import BOOT, ROOT, SITE, Elsewhere, Lessons, StaticFiles, engine_worker, opened, ready, serving, visitor
from tests.browser.person import Picture, choose, dismiss, open_file, problem, saved_labels, shown, slide
from PIL import Image
from playwright.sync_api import expect

from pystudio import image

PAGES = sorted(path.relative_to(SITE).as_posix() for path in SITE.rglob("*.html"))
ELEMENTS = "studio-segment, studio-paint, studio-grow"

# Told by every page before it does anything else: what its policy refused, how far things jumped, where the headings stood at first.
WITNESS = """
    window.refused = [];
    document.addEventListener("securitypolicyviolation", event => window.refused.push(`${event.violatedDirective}: ${event.blockedURI}`));
    window.shifts = [];
    new PerformanceObserver(list => {
        for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifts.push([entry.value, ...entry.sources.map(({ node }) => node?.nodeName + "." + node?.className)]);
    }).observe({ type: "layout-shift", buffered: true });
    document.addEventListener("DOMContentLoaded", () => {
        window.stood = Object.fromEntries([...document.querySelectorAll("article h2")].map(each => [each.id, each.getBoundingClientRect().top + scrollY]));
    });
"""


@pytest.fixture(scope="module")
def anybody(browser):
    """Someone who walks from page to page."""
    with visitor(browser) as context:
        context.add_init_script(WITNESS)
        yield context


def settled(page):
    """Every element of the page is ready, and the first has labels."""
    for element in page.locator(ELEMENTS).all():
        ready(page, element.evaluate("element => element.localName"))
    if page.locator("studio-segment").count():
        page.locator("studio-segment[data-classes]").first.wait_for(timeout=BOOT)


# ---------------------------------------------------------------- nobody else is asked
def test_a_whole_visit_asks_nobody_else_and_leaves_the_console_silent(anybody, server):
    Elsewhere.asked.clear()
    asked = []
    anybody.on("request", lambda request: asked.append(request.url))
    assert "index.html" in PAGES and len(PAGES) >= 5
    for path in PAGES:
        page = opened(anybody)
        page.goto(server.url + path)
        settled(page)
        if path == "index.html":
            choose(page, "Band")
            page.get_by_label("Network", exact=True).first.select_option(label="Selfie, wide")
            expect(page.locator("[data-fact=classes]")).to_have_text("2")
            saved_labels(page, "studio-segment")  # which fetches one more package
            page.get_by_placeholder("Search").click()
            page.get_by_placeholder("Search").press_sequentially("intersection")
            expect(page.locator(".md-search-result__item").first).to_be_visible()
        assert page.complaints == [], path
        assert page.evaluate("window.refused") == [], path
        page.close()
    assert sum(url.endswith(".whl") for url in asked) >= 1 and any(url.endswith(".onnx") for url in asked)
    assert [url for url in asked if not url.startswith((server.url, f"blob:{server.url}", "blob:null/", "data:"))] == []  # null: the opaque origin of the worker
    assert Elsewhere.asked == []


@pytest.mark.parametrize("path", PAGES)
def test_every_page_carries_the_policy_before_anything_it_governs(path):
    text = (SITE / path).read_text(encoding="utf-8")
    head = text[text.index("<head") :]
    policy = re.search(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)"', head)
    assert policy and not re.search(r"<(script|link|style|img)", head[: policy.start()])
    rules = dict(rule.strip().split(" ", 1) for rule in policy.group(1).replace("&#x27;", "'").replace("&#39;", "'").split(";") if rule.strip())
    assert rules["default-src"] == "'none'" and "connect-src" in rules
    assert not [word for rule in rules.values() for word in rule.split() if "//" in word or word in ("*", "https:", "http:", "'unsafe-eval'")]
    assert "'unsafe-inline'" not in rules["script-src"]


def test_the_policy_refuses_what_is_not_of_the_site(anybody, server):
    with serving(Elsewhere) as other:
        Elsewhere.asked.clear()
        page = opened(anybody)
        page.goto(server.url + "about.html")
        answers = page.evaluate("""async address => {
            const loaded = element => new Promise(resolve => {
                Object.assign(element, { onload: () => resolve("loaded"), onerror: () => resolve("refused") });
                document.body.append(element);
            });
            const script = document.createElement("script");
            script.textContent = "window.ran = true";
            document.body.append(script);
            return {
                inline: window.ran ?? "refused",
                fetch: await fetch(address, { mode: "no-cors" }).then(() => "sent", () => "refused"),
                image: await loaded(Object.assign(new Image(), { src: address + "image.png" })),
                script: await loaded(Object.assign(document.createElement("script"), { src: address + "script.js" })),
                style: await loaded(Object.assign(document.createElement("link"), { rel: "stylesheet", href: address + "style.css" })),
                eval: (() => { try { return (0, eval)("'ran'"); } catch { return "refused"; } })(),
            };
        }""", other.url)
        assert answers == dict.fromkeys(("inline", "fetch", "image", "script", "style", "eval"), "refused")
        assert Elsewhere.asked == []
        page.close()


# ---------------------------------------------------------------- links
class Anchors(html.parser.HTMLParser):
    """Where a page leads, and the places on it that others may lead to."""

    def __init__(self, text):
        super().__init__()
        self.links, self.places = [], {"", "top"}
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.places |= {given[name] for name in ("id", "name") if given.get(name)}
        self.links += [given[name] for name in ("href", "src") if given.get(name)]


def test_every_link_within_the_site_leads_somewhere(server):
    read = {}

    def fetch(address):
        if address not in read:
            with urllib.request.urlopen(address) as answer:
                kind = answer.headers.get_content_type()
                read[address] = Anchors(answer.read().decode()) if kind == "text/html" else None
        return read[address]

    broken, followed = [], 0
    for path in PAGES:
        for link in fetch(server.url + path).links:
            address, place = urllib.parse.urldefrag(urllib.parse.urljoin(server.url + path, link))
            if not address.startswith(server.url):
                continue
            followed += 1
            try:
                target = fetch(address)
            except urllib.error.HTTPError as error:
                broken.append((path, link, error.code))
                continue
            if target and urllib.parse.unquote(place) not in target.places:
                broken.append((path, link, "no such place"))
    assert broken == [] and followed > 100


# ---------------------------------------------------------------- what was done is kept
def work_of(page):
    """What a visitor would not want to do again."""
    shows = page.locator("studio-segment")
    paint, grow = Picture(page, "studio-paint"), Picture(page, "studio-grow")
    ready(page, "studio-grow")
    return {
        "photo": page.locator(".ps-credit").inner_text(),
        "pixels": Picture(page, "studio-segment").layer("photo").tobytes(),
        "mask": paint.labels("mask").tobytes(),
        "view": shows.get_attribute("data-shows"),
        "opacity": page.get_by_role("slider", name="Opacity", exact=True).input_value(),
        "network": page.get_by_label("Network", exact=True).input_value(),
        "size": page.get_by_role("slider", name="Size", exact=True).input_value(),
        "tolerance": page.get_by_role("slider", name="Tolerance").input_value(),
        "region": page.locator("studio-grow dl.ps-facts div").first.inner_text(),
        "grown": (grow.layer("region")[..., 3] > 0).tobytes(),
    }


def some_work(page, tmp_path):
    """A photo of one's own, another view, a mask and a region on it."""
    Image.fromarray(image.load(ROOT / "site_src/photos/chelsea.png")[:250, 50:400]).save(tmp_path / "mine.png")
    open_file(page, tmp_path / "mine.png")
    shown(page, "mine.png")
    page.locator("studio-segment label.ps-segment", has_text="Swipe").click()
    slide(page.get_by_role("slider", name="Opacity", exact=True), 35)
    grow = Picture(page, "studio-grow")
    slide(page.get_by_role("slider", name="Tolerance"), 50)
    page.get_by_role("switch", name="Watch it grow").set_checked(False, force=True)
    grow.click(120, 150)
    expect(page.locator("studio-grow dl.ps-facts")).to_be_visible()
    paint = Picture(page, "studio-paint")
    slide(page.get_by_role("slider", name="Size", exact=True), 31)
    paint.drag((60, 60), (180, 200), (100, 300))
    expect(page.get_by_role("button", name="Undo")).to_be_enabled()
    for element in ("studio-segment", "studio-paint", "studio-grow"):
        ready(page, element)


def assert_kept(page, before):
    settled(page)
    after = work_of(page)
    assert [what for what in before if after[what] != before[what]] == []


def test_work_survives_a_reload_and_a_second_visit(browser, server, tmp_path):
    with visitor(browser) as context:
        page = opened(context)
        page.goto(server.url + "index.html")
        settled(page)
        some_work(page, tmp_path)
        before = work_of(page)
        assert np.frombuffer(before["mask"], np.uint8).any() and np.frombuffer(before["grown"], bool).any()
        paint = Picture(page, "studio-paint")
        paint.drag((200, 40), (200, 90))
        ready(page, "studio-paint")
        before["mask"] = paint.labels("mask").tobytes()
        page.reload()  # at once: nobody waits for anything to be written down
        assert_kept(page, before)
        page.close()
        page = opened(context)
        page.goto(server.url + "index.html")
        assert_kept(page, before)
        choose(page, "Band")
        assert not Picture(page, "studio-paint").labels("mask").any()
        assert page.complaints == []


def test_a_mask_is_kept_when_the_page_goes_while_it_is_packed(page, server):
    page.goto(server.url + "index.html")
    settled(page)
    page.evaluate("""() => { window.packing = new Promise(begun => {
        window.CompressionStream = class extends TransformStream { constructor() { super({ transform: () => (begun(true), new Promise(() => {})) }); } };
    }); }""")
    Picture(page, "studio-paint").drag((60, 60), (180, 200))
    ready(page, "studio-paint")
    painted = Picture(page, "studio-paint").labels("mask")
    assert page.evaluate("() => window.packing") and painted.any()
    page.reload()
    settled(page)
    np.testing.assert_array_equal(Picture(page, "studio-paint").labels("mask"), painted)


def test_work_is_written_before_the_page_is_at_its_end(page, server):
    """There Chromium loses a writing now and then."""
    page.add_init_script("addEventListener('pagehide', event => event.stopImmediatePropagation(), { capture: true })")
    page.goto(server.url + "index.html")
    settled(page)
    page.locator("studio-paint").get_by_role("slider", name="Mask opacity").fill("35")
    with page.expect_navigation():
        page.evaluate("""() => {
            const { store } = window.pystudio;
            store.paint("stroke", { points: [[100, 150]], radius: 10, label: 15, begin: true, end: true }).then(() => location.reload());
        }""")
    settled(page)
    assert Picture(page, "studio-paint").labels("mask")[100, 150] == 15
    expect(page.locator("studio-paint").get_by_role("slider", name="Mask opacity")).to_have_value("35")


# ---------------------------------------------------------------- when the connection is bad
class Weather(Lessons):
    """The built site on a day when some of its files do not arrive: "missing", or cut off half-way."""
    trouble: dict[str, str] = {}

    def send_head(self):
        trouble = next((how for part, how in self.trouble.items() if part in self.path), None)
        if trouble == "missing":
            return self.send_error(404)
        body = super().send_head()
        if trouble == "cut" and body:
            self.wfile.write(body.read(100_000))
            body.close()
            self.close_connection = True
            return None
        return body


@pytest.fixture
def weather(site, lesson):
    Weather.trouble = {}
    with serving(functools.partial(Weather, directory=site)) as running:
        running.trouble = Weather.trouble
        yield running


def there(weather, address):
    """The same lesson, where the weather is."""
    return weather.url + address.rsplit("/", 1)[1]


def test_a_connection_lost_while_starting_is_told_and_a_button_tries_again(browser, weather, lesson):
    with visitor(browser) as context:
        page = opened(context)
        weather.trouble["pyodide.asm.wasm"] = "cut"
        page.goto(there(weather, lesson(("segment", "photo: chelsea"))))
        ready(page, "studio-segment", "error")
        told = problem(page)
        assert re.match(r"[A-Z].+\. [A-Z].+\.\n", told) and not re.search(r"Error|undefined|\bat |Traceback", told), told
        expect(page.locator(".ps-boot")).to_be_hidden()
        expect(page.locator(".ps-credit strong")).to_have_text("Cat portrait")  # the photo is there all the same
        weather.trouble.clear()
        page.get_by_role("button", name="Try again").click()
        settled(page)
        expect(page.locator("[role=alert]:visible")).to_have_count(0)
        assert page.locator("studio-segment").get_attribute("data-classes") == "cat"


def test_a_network_that_is_missing_on_the_server_is_told_and_what_was_there_stays(browser, weather, lesson):
    with visitor(browser) as context:
        page = opened(context)
        weather.trouble["deeplab_s16-"] = "missing"
        page.goto(there(weather, lesson(("segment", "photo: chelsea"))))
        ready(page, "studio-segment", "error")
        assert problem(page).startswith("A file of the studio is missing on this site: models/deeplab_s16-")
        weather.trouble.clear()
        page.get_by_role("button", name="Try again").click()
        settled(page)
        picture = Picture(page, "studio-segment")
        before = picture.layer("labels").tobytes(), picture.layer("photo").tobytes()

        weather.trouble["selfie_segmentation-"] = "missing"  # now one that is asked for later
        networks = page.get_by_label("Network", exact=True)
        networks.select_option(label="Selfie, square")
        assert problem(page).startswith("A file of the studio is missing on this site: models/selfie_segmentation-")
        assert (picture.layer("labels").tobytes(), picture.layer("photo").tobytes()) == before
        weather.trouble.clear()
        networks.select_option(label="DeepLab v3, fast")
        ready(page, "studio-segment")
        expect(page.locator("[role=alert]:visible")).to_have_count(0)  # the words go with the trouble
        networks.select_option(label="Selfie, square")
        expect(page.locator("[data-fact=classes]")).to_have_text("2")
        networks.select_option(label="DeepLab v3, fast")
        expect(page.locator("[data-fact=classes]")).to_have_text("21")

        weather.trouble["photos/swans-"] = "missing"
        page.get_by_role("button", name="Swans").click()
        assert problem(page).startswith("The photo “Swans” could not be loaded. Check the connection and choose it again.")
        expect(page.locator(".ps-credit strong")).to_have_text("Cat portrait")
        assert (picture.layer("labels").tobytes(), picture.layer("photo").tobytes()) == before
        dismiss(page)


def test_an_engine_that_falls_while_it_is_asked_says_so_once_and_takes_its_words_back(browser, lesson):
    """Nobody is left with "please try once more" beside an answer that has come."""
    with visitor(browser) as context:
        page = opened(context)
        page.goto(lesson(("segment", "photo: chelsea")))
        settled(page)
        held = []
        page.route("**/deeplab-*", lambda route: held.append(route))  # the network's file never comes, so its call is under way
        page.get_by_label("Network", exact=True).select_option(label="DeepLab v3, fine")
        ready(page, "studio-segment", "running")
        page.evaluate("""() => {
            window.told = [];
            const alert = document.querySelector("studio-segment .ps-alert");
            new MutationObserver(() => alert.textContent && window.told.push(alert.textContent)).observe(alert, { childList: true });
        }""")
        page.unroute("**/deeplab-*")
        engine_worker(page).evaluate("() => self.postMessage({ event: 'dead', message: 'The engine fell.', remedy: 'Get up.' })")
        expect(page.locator("[data-fact=mode]")).to_have_text("DeepLab v3, fine", timeout=BOOT)
        ready(page, "studio-segment")
        expect(page.locator("[role=alert]:visible")).to_have_count(0)
        assert page.evaluate("window.told") == ["The engine fell. It starts again, with your photo and your mask."]


def test_the_site_works_below_any_path(browser, site, tmp_path):
    (tmp_path / "some").mkdir()
    (tmp_path / "some" / "path").symlink_to(site, target_is_directory=True)
    with serving(functools.partial(StaticFiles, directory=tmp_path)) as host, visitor(browser) as context:
        page = opened(context)
        page.goto(host.url + "some/path/index.html")
        settled(page)
        assert page.locator("studio-segment").get_attribute("data-classes") == "cat"
        page.get_by_role("link", name="make a page of your own").click()
        expect(page).to_have_url(host.url + "some/path/teach.html")
        assert page.complaints == []


def test_without_javascript_each_element_says_what_it_needs(browser, server):
    with visitor(browser, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(server.url + "index.html")
        for element in ("studio-segment", "studio-paint", "studio-grow"):
            assert "it needs JavaScript switched on" in page.locator(element).inner_text()


# ---------------------------------------------------------------- every screen
@pytest.fixture(scope="module", params=[(1440, 900), (390, 844)], ids=["wide", "phone"])
def home(request, browser, server):
    """The home page after its start, on a wide screen and on a phone."""
    width, height = request.param
    with visitor(browser, viewport={"width": width, "height": height}, has_touch=width < 700) as context:
        context.add_init_script(WITNESS)
        page = opened(context)
        page.goto(server.url + "index.html")
        settled(page)
        yield page


def test_nothing_jumps_while_the_page_starts(home):
    shifts = home.evaluate("window.shifts")
    assert sum(shift[0] for shift in shifts) < 0.05, shifts


def test_the_first_view_has_the_studio_in_it(home):
    """Nobody has to scroll to see what this site does: a good part of the photo on a desk, the photos to choose from on a phone."""
    home.evaluate("scrollTo(0, 0)")
    window = home.viewport_size
    picture, strip = (home.locator(f"studio-segment {part}").bounding_box() for part in (".ps-view-pane", ".ps-strip-list"))
    assert strip["y"] + strip["height"] <= window["height"]
    assert window["width"] < 700 or picture["y"] + picture["height"] / 2 <= window["height"]


def test_the_headings_stand_where_they_stood_before_the_studio_came(home):
    """Also out of sight: elements keep their place from the first moment."""
    moved = home.evaluate("""() => Object.entries(window.stood).map(([id, before]) => [id, Math.round(document.getElementById(id).getBoundingClientRect().top + scrollY - before)])""")
    assert len(moved) >= 5
    assert all(abs(by) <= 48 for _, by in moved), moved  # one row of controls


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_home_page_fits_the_screen(home, scheme):
    size = home.viewport_size
    home.emulate_media(color_scheme=scheme)
    for width in (360, 390) if size["width"] < 700 else (768, 1440, 1920):
        home.set_viewport_size({"width": width, "height": 800})
        assert_fits(home, scheme)
    home.emulate_media(color_scheme=None)
    home.set_viewport_size(size)


@pytest.mark.parametrize("path", [path for path in PAGES if path != "index.html"])
def test_every_other_page_fits_every_screen(anybody, server, path):
    page = opened(anybody)
    page.goto(server.url + path)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width in (360, 390, 768, 1440, 1920):
            page.set_viewport_size({"width": width, "height": 800})
            assert_fits(page, scheme)
    page.close()


def assert_fits(page, scheme):
    """No sideways scrolling, and no control that is cut by the edge unless it lies in a strip of its own that scrolls."""
    expect(page.locator("body")).to_have_attribute("data-md-color-scheme", {"light": "default", "dark": "slate"}[scheme])
    wide, sticking = page.evaluate("""async () => {
        await new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve))); // what follows the window's size has followed
        const scrolls = element => element && element !== document.body
            && (["auto", "scroll"].includes(getComputedStyle(element).overflowX) || scrolls(element.parentElement));
        const shown = element => element.checkVisibility({ visibilityProperty: true }) && element.getBoundingClientRect().width > 1;
        const sticking = [...document.querySelectorAll("body *")].filter(shown).filter(element => {
            const { left, right } = element.getBoundingClientRect();
            return (right > innerWidth + 1 || (left < -1 && element.closest("article"))) && !scrolls(element) && !element.closest("svg, .ps-view-pane, .ps-sr, pre");
        });
        return [document.documentElement.scrollWidth - innerWidth, sticking.map(element => `${element.nodeName}.${element.className}`)];
    }""")
    assert (max(0, wide), sticking) == (0, []), page.viewport_size
