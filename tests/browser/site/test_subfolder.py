"""The site in a folder of somebody else's host, as a fork on GitHub Pages is: `https://x.example/our%20class/`, with a page of its own for wrong addresses."""
import functools
import urllib.parse

import pytest
from tests.browser.conftest import BOOT, SITE, StaticFiles, opened, serving, visitor
from playwright.sync_api import expect

FOLDER = "/our%20class/ü/".replace("ü", urllib.parse.quote("ü"))


class Host(StaticFiles):
    """Shows the site below `FOLDER`, nothing elsewhere, and 404.html at addresses that lead nowhere; remembers what was asked."""
    asked: list[str] = []

    def translate_path(self, path):
        self.asked.append(path)
        return super().translate_path(path.removeprefix(FOLDER) if path.startswith(FOLDER) else "/outside-of-the-site")

    def send_error(self, code, *more):
        page = (SITE / "404.html").read_bytes()
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)


@pytest.fixture(scope="module")
def host(site):
    with serving(functools.partial(Host, directory=site)) as running:
        yield running.url.rstrip("/") + FOLDER


@pytest.fixture
def page(browser):
    Host.asked.clear()
    with visitor(browser) as context:
        yield opened(context)
    assert [path for path in Host.asked if not path.startswith(FOLDER)] == [], "the rest of the host is not ours"


def test_a_wrong_address_has_the_look_of_the_site_and_a_way_back(page, host):
    answer = page.goto(f"{host}nowhere.html")
    assert answer.status == 404
    expect(page.get_by_role("heading", level=1)).to_have_text("There is no such page")
    assert page.evaluate("() => [...document.styleSheets].every(sheet => sheet.ownerNode.localName === 'style' || sheet.cssRules.length > 0)")
    page.get_by_role("link", name="at the start").click()
    expect(page).to_have_url(f"{host}index.html")


def test_the_studio_works_in_a_folder(page, host):
    page.goto(f"{host}index.html")
    page.locator("studio-segment[data-classes]").wait_for(timeout=BOOT)
    assert page.complaints == []
