"""A browser that translates pages leaves code alone: all of it says so, whoever wrote it into the page."""
from tests.browser.conftest import BOOT, opened, visitor
from tests.browser.labs.test_cells import page_of, written
from playwright.sync_api import expect

# What a translator would change: text of code whose nearest word about translation is not "no" (HTML, "translation mode").
TRANSLATED = """() => [...document.querySelectorAll("pre, code, kbd, samp, math, .cm-content")].filter(code => !code.closest("[translate]") || code.closest("[translate]").translate)
    .map(code => code.outerHTML.slice(0, 120))"""


def test_code_of_the_page_of_elements_and_of_the_search_is_not_translated(page, server):
    for name in ("pixels.html", "practice.html", "teach-fences.html"):
        page.goto(server.url + name)
        expect(page.locator(".ps[data-state=loading]")).to_have_count(0, timeout=BOOT)
        assert page.evaluate(TRANSLATED) == [], name
    page.get_by_placeholder("Search").click()
    page.get_by_placeholder("Search").press_sequentially("tolerance")
    expect(page.locator(".md-search-result__item").first).to_be_visible()
    page.wait_for_function(f"() => ({TRANSLATED})().length === 0")


def test_without_scripts_too(browser, server):
    with visitor(browser, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(server.url + "pixels.html")
        unmarked = page.locator("article :is(pre, code, kbd, math):not([translate=no])")
        assert unmarked.count() == 0


def test_what_a_program_prints_and_what_is_said_of_its_mistakes_is_marked(browser, site, server):
    with visitor(browser) as context:
        page = opened(context)
        page.goto(page_of(site, server, "marked.html", written("print('total')", run="start"), written("total = undefined", run="start")))
        expect(page.locator(".ps-cell-outputs pre")).to_have_text("total\n", timeout=BOOT)
        expect(page.locator(".ps-cell-fault code").first).to_be_visible()
        page.wait_for_function(f"() => ({TRANSLATED})().length === 0")
