"""A first visit on which a script or style of the page itself is not what it should be, and a browser or a stored value that the theme cannot use."""
import functools
import os
import re
import shutil
import threading

import pytest
from tests.browser.conftest import BOOT, PATIENCE, SITE, USB, opened, serving, visitor
from tests.browser.firefox import Firefox
from playwright.sync_api import expect
from tests.browser.site.test_axe import AXE
from tests.browser.engine.test_boot import Host
from tests.browser.offline.test_damaged_files import DAMAGE, SCRIPT, STYLE, THEME

FILES = {"script": SCRIPT, "style": STYLE, "theme": THEME, "theme's style": "assets/stylesheets/main."}
FAULTS = [*DAMAGE, "404"]
SAID = "A file of this page did not arrive as it should: perhaps a login page or a filter came in its place."


class Faulty(Host):
    """A host that answers one file wrongly while `wrong` names it, and lets everything be cached for an hour."""
    wrong, fault = None, None

    def end_headers(self):
        self.send_header("Cache-Control", "max-age=3600")
        super().end_headers()

    def do_GET(self):
        if not (self.wrong and self.wrong in self.path):
            return super().do_GET()
        if self.failure == "404":
            return self.answer(404, b"There is no such file.", kind="text/plain")
        self.answer(200, DAMAGE[self.failure](self.whole()), kind="text/html" if self.failure == "login page" else self.guess_type(self.path))


@pytest.fixture
def host(site):
    handler = type("FaultyNow", (Faulty,), {})
    with serving(functools.partial(handler, directory=site)) as running:
        running.handler = handler
        yield running


def told(page):
    return page.get_by_role("alert").filter(has_text="A file of this page")


@pytest.mark.product
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("file", FILES.values(), ids=FILES.keys())
def test_a_file_that_did_not_arrive_as_it_should_is_told_and_fetched_again(browser, host, file, fault):
    host.handler.wrong, host.handler.failure = file, fault
    with visitor(browser) as context:
        page = opened(context)
        page.goto(host.url + "about.html")
        expect(told(page)).to_have_count(1)
        expect(told(page)).to_contain_text(SAID)
        page.reload()  # what came lies in the browser's own cache now
        host.handler.wrong = None
        with page.expect_event("load"):
            told(page).get_by_role("button", name="Try again").press("Enter")
        whole(page)


def whole(page):
    """The page works and says nothing."""
    expect(page.locator("article h1")).to_be_visible()
    page.wait_for_load_state("load")
    assert page.evaluate("Boolean(window.pystudio && window.document$)")
    assert page.evaluate("['--studio-complete', '--lesson-complete'].map(name => getComputedStyle(document.documentElement).getPropertyValue(name))") == ["1", "1"]
    assert page.evaluate("getComputedStyle(document.querySelector('.md-header')).position") == "sticky"  # the theme's style is there
    assert told(page).count() == 0


@pytest.mark.parametrize("name", ["about.html", "index.html", "practice.html", "404.html"])
def test_a_page_that_arrived_says_nothing(browser, server, name):
    with visitor(browser) as context:
        page = opened(context)
        page.goto(server.url + name)
        whole(page)


def test_a_style_that_was_cut_is_told_though_no_browser_calls_it_an_error(browser, host):
    """lesson.css has no hash in its name, so the page has none for it."""
    host.handler.wrong, host.handler.failure = "lesson.css", "cut"
    with visitor(browser) as context:
        page = opened(context)
        page.goto(host.url + "about.html")
        expect(told(page)).to_contain_text(SAID)


def test_the_words_are_read_without_any_style_in_either_scheme_and_wait_for_no_picture(browser, host):
    come = threading.Event()

    class Bare(host.handler):
        def do_GET(self):
            if self.path.endswith((".css", ".js")):
                return self.answer(200, DAMAGE["login page"](b""), kind="text/html")
            if self.path.endswith((".svg", ".webp", ".png")):
                come.wait(PATIENCE / 1000)
            super().do_GET()

    with serving(functools.partial(Bare, directory=SITE)) as running:
        for scheme, ground in (("light", "rgb(255, 255, 255)"), ("dark", "rgb(18, 18, 18)")):
            with visitor(browser, color_scheme=scheme, bypass_csp=True, viewport={"width": 320, "height": 640}) as context:
                page = opened(context)
                page.goto(running.url + "index.html", wait_until="domcontentloaded")
                expect(told(page)).to_be_in_viewport(ratio=1)
                assert told(page).evaluate("e => getComputedStyle(e).backgroundColor") == ground
                page.evaluate(AXE.read_text(encoding="utf-8"))
                assert page.evaluate("axe.run('[role=alert]').then(found => found.violations.map(each => each.id))") == []
                assert page.evaluate("document.querySelectorAll('[role=alert]').length") == 1
        come.set()


def test_nothing_is_said_while_a_script_is_still_awaited(browser, host):
    come, asked = threading.Event(), threading.Event()

    class Slow(host.handler):
        def do_GET(self):
            if SCRIPT in self.path:
                asked.set()
                come.wait(PATIENCE / 1000)
            super().do_GET()

    with serving(functools.partial(Slow, directory=SITE)) as running, visitor(browser) as context:
        page = opened(context)
        page.goto(running.url + "about.html", wait_until="commit")
        assert asked.wait(PATIENCE / 1000)
        expect(page.locator("article h1")).to_be_visible()
        assert told(page).count() == 0 and page.evaluate("document.readyState") == "loading"
        come.set()
        whole(page)


def test_without_javascript_nothing_is_said(browser, host):
    host.handler.wrong, host.handler.failure = STYLE, "404"
    with visitor(browser, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(host.url + "about.html")
        assert told(page).count() == 0


@pytest.mark.product
@pytest.mark.parametrize("fault", ["login page", "altered", "404"])
@pytest.mark.parametrize("file", FILES.values(), ids=FILES.keys())
def test_firefox_tells_it_too(gecko, host, file, fault):
    host.handler.wrong, host.handler.failure = file, fault
    tab = gecko.open(host.url + "about.html")
    tab.until("said => document.querySelector('[role=alert]')?.textContent.startsWith(said)", SAID)
    host.handler.wrong = None
    tab.evaluate("() => { window.before = true; document.querySelector('[role=alert] button').click(); }")
    tab.until("() => !window.before && document.readyState === 'complete' && window.pystudio && !document.querySelector('[role=alert]')")
    tab.close()


@pytest.fixture(scope="module")
def gecko(tmp_path_factory):
    with Firefox(tmp_path_factory.mktemp("firefox")) as firefox:
        yield firefox


# ---------------------------------------------------------------- from a folder
@pytest.mark.product
@pytest.mark.parametrize("damage", ["empty", "cut", "absent"])
@pytest.mark.parametrize("pattern", ["studio/studio-*.js", "studio/studio-*.css", "assets/javascripts/bundle.*.min.js", "assets/stylesheets/lesson.css"])
def test_a_folder_of_which_a_file_was_lost_says_so_on_every_page(browser, tmp_path, pattern, damage):
    shutil.copytree(USB, tmp_path / "stick", copy_function=os.link)
    (lost,) = (tmp_path / "stick").glob(pattern)
    data = lost.read_bytes()
    lost.unlink()
    if damage != "absent":
        lost.write_bytes(DAMAGE[damage](data))
    with visitor(browser) as context:
        page = opened(context)
        page.goto((tmp_path / "stick/about.html").as_uri())
        expect(told(page)).to_contain_text("A file of this page is missing or damaged. Copy the whole folder again.")
        lost.unlink(missing_ok=True)
        lost.write_bytes(data)
        with page.expect_event("load"):
            told(page).get_by_role("button", name="Try again").click()
        whole(page)


# ---------------------------------------------------------------- what the theme remembers
DENIED = """for (const name of ["localStorage", "sessionStorage"])
    Object.defineProperty(window, name, { get() { throw new DOMException("Access is denied for this document.", "SecurityError"); } });"""


def searched(page):
    page.get_by_placeholder("Search").click()
    page.get_by_placeholder("Search").press_sequentially("intersection")
    expect(page.locator(".md-search-result__item").first).to_be_visible()


def test_search_and_colours_work_where_the_browser_lets_pages_keep_nothing(browser, server):
    with visitor(browser) as context:
        context.add_init_script(DENIED)
        page = opened(context)
        page.goto(server.url + "about.html")
        page.locator("label[title='Switch to light colours']").click()
        page.locator("label[title='Switch to dark colours']").click()
        expect(page.locator("body")).to_have_attribute("data-md-color-scheme", "slate")
        searched(page)
        assert page.complaints == []


REFUSED = DENIED + """
    const refuse = () => { throw new DOMException("The operation is insecure.", "SecurityError"); };
    window.BroadcastChannel = class { constructor() { refuse(); } };
    IDBFactory.prototype.open = refuse;
    for (const [of, name] of [[Navigator.prototype, "serviceWorker"], [window, "caches"], [Navigator.prototype, "locks"]]) Object.defineProperty(of, name, { get: refuse });
"""


def test_the_studio_works_where_the_browser_refuses_every_kind_of_memory(browser, server):
    """As Firefox does where cookies are blocked, and every browser in a sandboxed frame."""
    with visitor(browser) as context:
        context.add_init_script(REFUSED)
        page = opened(context)
        page.goto(server.url + "index.html")
        expect(page.locator("studio-segment[data-state=ready]")).to_have_count(1, timeout=BOOT)
        searched(page)
        assert [words for words in page.complaints if words.startswith("error:")] == []


@pytest.mark.parametrize("stored", ["", "{", "null", "5", "[]", '"slate"', "{}", '{"index": 9, "color": {"scheme": "slate"}}', '{"index": 1, "color": null}', '{"index": 1, "color": {"scheme": 7, " ": "x"}}'])
def test_a_stored_choice_of_colours_that_is_none_is_passed_over(browser, server, stored):
    with visitor(browser) as context:
        page = opened(context)
        page.goto(server.url + "about.html")
        page.evaluate("stored => { for (const name of ['__palette', '__tabs']) localStorage.setItem(`/.${name}`, stored); }", stored)
        page.reload()
        expect(page.locator("body")).to_have_attribute("data-md-color-scheme", re.compile("default|slate"))
        searched(page)
        assert page.complaints == []


def test_a_choice_of_colours_is_kept(browser, server):
    with visitor(browser) as context:
        page = opened(context)
        page.goto(server.url + "about.html")
        page.locator("label[title='Switch to light colours']").click()
        page.locator("label[title='Switch to dark colours']").click()
        page.reload()
        expect(page.locator("body")).to_have_attribute("data-md-color-scheme", "slate")
        expect(page.locator("label[title=\"Follow the system's colours\"]")).to_be_visible()
