"""The way out of code for those who use the keyboard: seen before Tab writes anything, and open for as long as they need."""
import pytest
from tests.browser.conftest import BOOT, opened, visitor
from tests.browser.labs.test_cells import page_of, visit, written
from playwright.sync_api import expect

WAY_OUT = "press Escape first, and Tab leaves the editor"


@pytest.fixture(scope="module")
def address(site, server):
    return page_of(site, server, "keys.html", '<p><a href="#" id="before">Before</a></p>' + written("total = 1", title="One"), written("total = 2", title="Two"))


def enter(page):
    """Come into the first cell as the keyboard does."""
    page.locator("studio-cell .cm-content").first.wait_for()
    page.locator("#before").focus()
    page.keyboard.press("Tab")
    expect(page.locator("studio-cell .cm-content").first).to_be_focused()


def words(page):
    return page.locator(".ps-editor-keys:not(.ps-sr)")


def test_the_way_out_is_seen_when_the_focus_comes_by_keyboard(browser, address):
    with visit(browser, address) as page:
        expect(words(page)).to_have_count(0)
        enter(page)
        expect(words(page)).to_have_count(1)
        expect(words(page)).to_contain_text(WAY_OUT)
        editor, seen = page.locator("studio-cell .cm-content").first.bounding_box(), words(page).bounding_box()
        assert seen["height"] > 10 and abs(seen["y"] - editor["y"] - editor["height"]) < 40, "right below the code"
        assert page.locator("studio-cell .cm-line").first.inner_text() == "total = 1", "nothing was written"
        page.keyboard.press("Escape")
        page.keyboard.press("Tab")
        expect(page.locator("studio-cell").first.get_by_role("button", name="Run", exact=True)).to_be_focused()
        expect(words(page)).to_have_count(0)


def test_who_takes_their_time_after_escape_leaves_all_the_same(browser, address):
    with visitor(browser) as context:
        page = opened(context)
        page.clock.install()
        page.goto(address)
        page.locator("studio-cell .ps-toolbar button").first.wait_for(timeout=BOOT)
        enter(page)
        page.keyboard.press("Escape")
        page.clock.fast_forward(60_000)
        page.keyboard.press("Shift+Tab")
        expect(page.locator("#before")).to_be_focused()
        assert page.locator("studio-cell .cm-line").first.inner_text() == "total = 1"


def test_after_escape_tab_indents_again_once_something_is_written(browser, address):
    with visit(browser, address) as page:
        enter(page)
        page.keyboard.press("Escape")
        page.keyboard.type("a")
        page.keyboard.press("Home")
        page.keyboard.press("Tab")
        expect(page.locator("studio-cell .cm-content").first).to_be_focused()
        expect(page.locator("studio-cell .cm-line").first).to_have_text("    atotal = 1")


def test_a_mouse_meets_no_words_and_nothing_moves_under_it(browser, address):
    with visit(browser, address) as page:
        page.locator("studio-cell .cm-line").first.click()
        expect(words(page)).to_have_count(0)
        enter(page)
        expect(words(page)).to_have_count(1)
        page.locator("studio-cell").first.get_by_role("button", name="Run", exact=True).click()  # would miss a button that moved while it was pressed
        expect(page.locator("studio-cell .ps-cell-status").first).to_contain_text("Done in")


def test_the_code_of_an_exercise_has_the_same_way_out(page, server):
    page.goto(server.url + "practice.html")
    task = page.locator("studio-task-code").first
    task.scroll_into_view_if_needed()
    editor = task.locator(".cm-content")
    editor.wait_for()
    page.keyboard.press("Shift")  # the last act is a key
    editor.focus()
    expect(task.locator(".ps-editor-keys:not(.ps-sr)")).to_contain_text(WAY_OUT)
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    expect(editor).not_to_be_focused()
