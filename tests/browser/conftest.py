"""Real-browser fixtures: the built site on a plain static server, Chromium beside it, and a record of all it asks for."""
import collections
import contextlib
import functools
import http.server
import io
import itertools
import os
import pathlib
import re
import shutil
import sys
import threading

import pytest
from playwright.sync_api import expect, sync_playwright

from pystudio.builder.lessons import extension
from pystudio.builder.site import hosted
from tests.built_site import scripts_of_labs

ROOT = pathlib.Path(__file__).parents[2]
SITE = pathlib.Path(os.environ.get("PYSTUDIO_SITE", ROOT / "build" / "site"))
USB = pathlib.Path(os.environ.get("PYSTUDIO_USB", SITE.with_name("usb")))
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--use-fake-device-for-media-stream"]
BOOT = 180_000  # ms; the longest a loaded two-core machine was seen to need is a tenth of it
PATIENCE = 30_000  # ms, for everything after the boot: a photo of 12 megapixels takes a loaded machine ten seconds
expect.set_options(timeout=PATIENCE)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """The quick tests come first: a slip shows within minutes, and Playwright, once started, leaves an event loop running, in which
    `asyncio.run` cannot be called."""
    in_browser = [item for item in items if pathlib.Path(__file__).parent in item.path.parents]
    for item in in_browser:
        item.add_marker("browser")
    items.sort(key=set(in_browser).__contains__)
    products = collections.defaultdict(list)
    for item in items:
        if item.get_closest_marker("product"):
            products[item.path, item.originalname].append(item)
    for cases in products.values():
        usual = covering(cases)
        for case in cases:
            if case not in usual:
                case.add_marker("rest")


def covering(cases):
    """Cases that together have every value of every parameter, the fewest that a greedy choice finds."""
    values = {case: {(name, repr(value)) for name, value in case.callspec.params.items()} for case in cases}
    missing, chosen = set().union(*values.values()), []
    while missing:
        chosen.append(max(cases, key=lambda case: len(values[case] & missing)))
        missing -= values[chosen[-1]]
    return chosen


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request, address):
        if not isinstance(sys.exc_info()[1], ConnectionError):  # a browser that hangs up is no news
            super().handle_error(request, address)


def serving(handler):
    """A threaded server on a free port of this machine, as a context."""
    class Running:
        def __enter__(self):
            self.server = Server(("127.0.0.1", 0), handler)
            threading.Thread(target=self.server.serve_forever, daemon=True).start()
            self.url = f"http://127.0.0.1:{self.server.server_port}/"
            return self

        def __exit__(self, *error):
            self.server.shutdown()
            self.server.server_close()
    return Running()


class StaticFiles(http.server.SimpleHTTPRequestHandler):
    """What the simplest host does: no headers of ours, no compression."""

    def log_message(self, *args):
        pass


class Lessons(StaticFiles):
    """The built site, and beside it pages that a teacher could have written: their HTML by path, held in memory."""
    pages: dict[str, bytes] = {}

    def send_head(self):
        page = self.pages.get(self.path.split("?")[0].lstrip("/"))
        if page is None:
            return super().send_head()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        return io.BytesIO(page)


class Elsewhere(http.server.BaseHTTPRequestHandler):
    """A proxy that lets nothing through and remembers who was asked for."""
    asked: list[str] = []
    # what Chromium asks on its own account, whatever the page is
    BROWSERS_OWN = ("update.googleapis.com", "content-autofill.googleapis.com", "accounts.google.com", "clients2.google.com", "redirector.gvt1.com")

    def refuse(self):
        if not any(host in self.path for host in self.BROWSERS_OWN):
            self.asked.append(self.path)
        self.send_error(502)

    do_GET = do_POST = do_HEAD = do_CONNECT = do_OPTIONS = refuse

    def log_message(self, *args):
        pass


@pytest.fixture(scope="session")
def site():
    assert (SITE / "index.html").exists(), "There is no built site: run `python3 build.py test`, which builds it first."
    return SITE


@pytest.fixture(scope="session")
def server(site):
    with serving(functools.partial(Lessons, directory=site)) as running:
        yield running


def page_of(site, server, name, *blocks, after=""):
    """Serve a page of a teacher, elements with text between them, as MkDocs and the build would have made it; its address."""
    built = (site / "about.html").read_text(encoding="utf-8")
    head, article, _, foot = re.split(r"(<article [^>]*>)(.*)(?=</article>)", built, flags=re.S)
    body = "\n<p>And then:</p>\n".join(blocks)
    Lessons.pages[name] = hosted.with_labs(f"{head}{article}\n<h1>A lesson</h1>\n{body}\n{after}{foot}", *scripts_of_labs(site)).encode()
    return server.url + name


@pytest.fixture(scope="session")
def lesson(server, site):
    """Make a page of its own from fences, given as (name, YAML); return its address. The rest of it is a built page's."""
    numbers = itertools.count(1)
    return lambda *blocks: page_of(site, server, f"lesson-{next(numbers)}.html", *(extension.render(name, options) for name, options in blocks))


@pytest.fixture(scope="session")
def chromium_path():
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
    assert path, "No Chromium was found: install it (Debian: apt-get install chromium) and run the tests again."
    return path


@pytest.fixture(scope="session")
def launch(chromium_path):
    """Start a Chromium with these flags. Every address but this machine's goes to a proxy that refuses and remembers."""
    with serving(Elsewhere) as proxy, sync_playwright() as playwright:
        yield lambda flags, path=chromium_path: playwright.chromium.launch(
            executable_path=path, args=flags, proxy={"server": proxy.url, "bypass": "127.0.0.1"})


@pytest.fixture(scope="session")
def browser(launch):
    chromium = launch(FLAGS)
    yield chromium
    chromium.close()


@contextlib.contextmanager
def visitor(browser, **options):
    """A browser context as one person has it: their memory, their window, their wishes. No service worker: tests look at the network (offline/test_offline_visits.py has it)."""
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, "accept_downloads": True, "service_workers": "block"} | options)
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


@pytest.fixture
def context(browser):
    with visitor(browser) as context:
        yield context


@pytest.fixture
def page(context):
    return opened(context)


def opened(context):
    """A new page that keeps what went wrong on it in `page.complaints`."""
    page = context.new_page()
    page.complaints = []
    page.on("pageerror", lambda error: page.complaints.append(f"error: {error}"))
    page.on("console", lambda m: page.complaints.append(f"console: {m.text}") if m.type == "error" else None)
    return page


def ready(page, element, state="ready"):
    """Wait until an element says so of itself; fail at once with its own words if it says "error" instead."""
    found = page.locator(f"{element}[data-state={state}], {element}[data-state=error]").first
    found.wait_for(state="attached", timeout=BOOT)
    said = found.get_attribute("data-state")
    assert said == state, f"{element} says {said}: {found.inner_text()[:400]}"
    return found


def ask(page, call, arguments):
    """Ask the engine of a page, past its elements; buffers come back as lists."""
    return page.evaluate("""async ([call, args]) => {
        const plain = v => ArrayBuffer.isView(v) ? Array.from(v) : Array.isArray(v) ? v.map(plain)
            : v && typeof v === "object" ? Object.fromEntries(Object.entries(v).map(([k, x]) => [k, plain(x)])) : v;
        return plain(await window.pystudio.engine.call(call, args));
    }""", [call, arguments])


def engine_worker(page):
    """The worker that holds Python (the theme's search has a worker too)."""
    return next(w for w in page.workers if w.url.startswith("data:text/javascript;base64"))
