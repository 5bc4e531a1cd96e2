"""A set-up of a page sent by link: made by a person, opened by another, kept apart from what that one had; and links from people who mean harm."""
import base64
import contextlib
import json
import random
import zlib

import pytest
from tests.browser.conftest import opened, page_of, ready, visitor
from tests.browser.person import choose
from playwright.sync_api import expect

from pystudio.builder.lessons import cells, extension

@pytest.fixture(scope="module")
def address(site, server):
    """A page with a network, a growing region and a cell that would run at once."""
    source = "print('the author')\n"
    blocks = [extension.render("segment", "photo: kitten"), extension.render("grow", ""), cells.render(cells.parse({"cell": "cell", "run": "start"}, source), source)]
    return page_of(site, server, "shared.html", *blocks, after='<h2 id="end">The end</h2>')


@contextlib.contextmanager
def visit(browser, **options):
    with visitor(browser, **options) as context:
        yield opened(context)


def link(state):
    """The fragment as its description says, written without any of the page's code."""
    text = state if isinstance(state, bytes) else json.dumps(state).encode()
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    return "#s1=" + base64.urlsafe_b64encode(squeeze.compress(text) + squeeze.flush()).decode().rstrip("=")


def read(address):
    """What is in a link, read without any of the page's code."""
    packed = address.partition("#s1=")[2]
    return json.loads(zlib.decompress(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)), -15))


def word(page):
    return page.locator(".ps-link-word")


def look(page, view):
    page.locator("studio-segment").get_by_role("radio", name=view, exact=True).check()


def settled(page, url):
    """Another document, even where only the fragment differs."""
    page.goto("about:blank")
    page.goto(url)
    ready(page, "studio-segment")


def test_a_set_up_is_made_into_a_link_and_opened_by_another_person_without_touching_what_they_had(browser, address):
    with visit(browser) as page:
        settled(page, address)
        choose(page, "Cows")
        look(page, "Swipe")
        page.locator("studio-cell").scroll_into_view_if_needed()
        page.locator("studio-cell .cm-content").click()
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.insert_text("print('from the teacher')")
        page.get_by_role("button", name="Share", exact=True).click()
        panel = page.get_by_role("dialog", name="Share this set-up")
        expect(panel).to_contain_text("the photo Cows")
        expect(panel).to_contain_text("your code of one cell")
        expect(panel).to_contain_text("Your own photos and painted masks are not in it.")
        url = panel.get_by_role("textbox").input_value()
        page.keyboard.press("Escape")
        expect(panel).to_be_hidden()
    told = read(url)
    assert told["photo"] == "cows"
    assert told["settings"]["studio-segment.0.view"] == "swipe"
    assert told["settings"]["studio-cell.2.code"] == "print('from the teacher')"

    with visit(browser) as page:
        settled(page, address)
        look(page, "Mask")
        choose(page, "Horses")
        settled(page, url)
        expect(page.locator(".ps-credit strong")).to_have_text("Cows")
        page.locator("studio-cell").scroll_into_view_if_needed()
        expect(page.locator("studio-cell .cm-content")).to_contain_text("from the teacher")
        expect(page.locator("studio-cell")).to_contain_text("This code came with a link. Read it before you run it.")
        expect(word(page)).to_contain_text("Your own work here is kept aside")
        assert view_of(page) == "swipe"
        expect(page.locator("studio-cell .ps-cell-outputs")).to_be_empty()  # not run by itself, though its author asked for that
        word(page).get_by_role("button", name="Back to my own").click()
        page.wait_for_url(address)
        ready(page, "studio-segment")
        expect(page.locator(".ps-credit strong")).to_have_text("Horses")
        assert view_of(page) == "mask"
        expect(page.locator("studio-cell .ps-cell-code")).to_contain_text("the author")
        expect(word(page)).to_have_count(0)

        settled(page, url)
        look(page, "Photo")
        word(page).get_by_role("button", name="Keep the link’s").click()
        page.wait_for_url(address)
        ready(page, "studio-segment")
        expect(page.locator(".ps-credit strong")).to_have_text("Cows")
        assert view_of(page) == "photo"
        expect(page.locator("studio-cell")).to_contain_text("This code came with a link.")  # still not read
        expect(page.locator("studio-cell .ps-cell-outputs")).to_be_empty()
        page.locator("studio-cell").get_by_role("button", name="Run", exact=True).click()
        expect(page.locator("studio-cell .ps-cell-outputs")).to_contain_text("from the teacher")
        expect(page.locator("studio-cell .ps-notice")).to_be_hidden()


def view_of(page):
    return page.locator("studio-segment").get_by_role("group", name="View").locator("input:checked").get_attribute("value")


def test_headings_are_still_reached_by_their_anchors(browser, address):
    with visit(browser) as page:
        settled(page, address + "#end")
        expect(page.locator("#end")).to_be_in_viewport()
        expect(word(page)).to_have_count(0)


EVIL = "<img src=x onerror=window.harmed=1>"
UNREADABLE = {
    "random bytes": "#s1=" + base64.urlsafe_b64encode(random.Random(5).randbytes(600)).decode().rstrip("="),
    "no base64": "#s1=%22%3E<script>window.harmed=1</script>",
    "not JSON": link(b"{'photo': kitten"),
    "a list": link([1, 2]),
    "too long": "#s1=" + "A" * 60_001,
    "small, and swells to 40 MB": link(b'{"photo":"' + b"a" * 40_000_000 + b'"}'),
}
HOSTILE = {
    "deep": link(b'{"settings":{"studio-grow.1.last":' + b"[" * 5000 + b"]" * 5000 + b"}}"),
    "prototypes and numbers": link(b'{"__proto__":{"harmed":1},"settings":{"__proto__":{"harmed":1},"studio-segment.0.opacity":-3,"studio-segment.0.network":"constructor",'
                                   b'"studio-grow.1.last":{"key":"name:kitten","row":999999999,"column":-5,"tolerance":1e9,"reference":"seed","neighbours":4}}}'),
    "HTML, and things of no page": link({"photo": EVIL, "more": 1, "settings": {"studio-nothing.7.x": 1, "studio-segment.0.view": EVIL, "studio-cell.2.code": f"'{EVIL}'"}}),
}


@pytest.fixture(scope="module")
def wary(browser):
    """A page that notes every error."""
    with visit(browser) as page:
        page.errors = []
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        yield page


def unharmed(page):
    return page.evaluate("[window.harmed, ({}).harmed, document.querySelectorAll('img[src=x]').length]") == [None, None, 0] and page.errors == []


def test_a_link_that_cannot_be_read_is_told_in_a_sentence_and_the_page_works_as_ever(wary, address):
    for fragment in UNREADABLE.values():
        wary.goto("about:blank")
        wary.goto(address + fragment)
        expect(word(wary)).to_contain_text("cannot be read")
        assert unharmed(wary)
    ready(wary, "studio-segment")
    expect(wary.locator(".ps-credit strong")).to_have_text("Kitten")


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_link_does_no_harm(wary, address, what):
    settled(wary, address + HOSTILE[what])
    expect(word(wary)).to_contain_text("is left out")
    expect(wary.locator(".ps-credit strong")).to_have_text("Kitten")
    assert view_of(wary) == "overlay"
    assert wary.locator("studio-segment").get_attribute("data-classes") == "cat"
    expect(wary.locator("[role=alert]:visible")).to_have_count(0)
    assert unharmed(wary)
