"""One site open in two tabs: what one of them keeps, the other does not erase, whether it hears of it or not."""
import pytest
from conftest import opened
from person import open_file
from PIL import Image
from playwright.sync_api import expect
from test_exercises import QUIZ, press, progress, task, tried

DEAF = "delete window.BroadcastChannel"


@pytest.fixture(params=["they hear of each other", "they do not"])
def tabs(request, context):
    """Open an address in two tabs that are in sight together."""
    if request.param == "they do not":
        context.add_init_script(DEAF)

    def open_both(address):
        both = opened(context), opened(context)
        for page in both:
            page.goto(address)
        return both
    open_both.hear = request.param != "they do not"
    return open_both


def look(page):
    """The choices that each tab makes another of: how the network's answer is shown, and how the mask is."""
    return page.locator("studio-segment").get_by_role("radio", name="Mask"), page.locator("studio-paint").get_by_role("slider", name="Mask opacity")


def written(page):
    page.evaluate("() => window.pystudio.store.memory.savePage()")


def test_a_choice_made_in_one_tab_outlives_a_choice_made_in_the_other(context, tabs, lesson):
    address = lesson(("segment", ""), ("paint", ""))
    one, other = tabs(address)
    look(one)[0].check()
    written(one)
    look(other)[1].fill("20")
    written(other)
    third = opened(context)
    third.goto(address)
    expect(look(third)[0]).to_be_checked()
    expect(look(third)[1]).to_have_value("20")
    assert one.complaints + other.complaints + third.complaints == []


def test_what_is_written_while_a_page_is_left_does_not_erase_what_the_other_wrote(context, lesson, server):
    """There is no time to read before it: the tab must have heard."""
    address = lesson(("segment", ""), ("paint", ""))
    one, other = opened(context), opened(context)
    for page in (one, other):
        page.goto(address)
        expect(look(page)[1]).to_be_visible()
    look(one)[0].check()
    written(one)
    look(other)[1].fill("20")
    other.goto(server.url + "about.html")
    other.goto(address)
    expect(look(other)[0]).to_be_checked()
    expect(look(other)[1]).to_have_value("20")


def test_a_photo_brought_in_one_tab_is_offered_in_the_other_and_stays(context, tabs, lesson, tmp_path):
    address = lesson(("segment", ""), ("paint", ""))
    Image.new("RGB", (60, 40), "teal").save(tmp_path / "meadow.png")
    one, other = tabs(address)
    open_file(one, tmp_path / "meadow.png")
    expect(one.locator(".ps-credit strong")).to_have_text("meadow.png")
    if tabs.hear:
        expect(other.get_by_role("region", name="Choose a photo").get_by_role("button", name="Yours")).to_be_visible()
    look(other)[1].fill("20")
    written(other)
    one.reload()
    expect(one.locator(".ps-credit strong")).to_have_text("meadow.png")
    expect(look(one)[1]).to_have_value("20")


def test_an_exercise_done_in_one_tab_stays_done_when_the_other_goes_on(tabs, lesson):
    one, other = tabs(lesson(("quiz", QUIZ.format(id="both"))))
    for page in (one, other):
        task(page, "both")
    task(one, "both").get_by_label("The second").check()
    assert "Done" in tried(task(one, "both"))
    if tabs.hear:
        expect(task(other, "both").locator(".ps-task-state")).to_have_text("Done")
    task(other, "both").get_by_label("The first").check()
    assert "choose again" in tried(task(other, "both"))
    kept = progress(other, "both")
    assert kept["done"] and kept["best"] == 1 and kept["tries"] == 1 and "The second" in kept["answer"]
    one.reload()
    expect(task(one, "both").locator(".ps-task-state")).to_have_text("Done")
    assert one.complaints == other.complaints == []


def test_an_exercise_begun_again_in_one_tab_is_new_in_the_other(context, lesson):
    one, other = opened(context), opened(context)
    address = lesson(("quiz", QUIZ.format(id="anew")))
    for page in (one, other):
        page.goto(address)
        task(page, "anew")
    task(one, "anew").get_by_label("The second").check()
    assert "Done" in tried(task(one, "anew"))
    expect(task(other, "anew")).to_have_attribute("data-progress", "done")
    press(task(other, "anew"), "Start again")
    press(task(other, "anew"), "Yes, start again")
    expect(task(one, "anew")).to_have_attribute("data-progress", "new")
    task(one, "anew").get_by_label("The first").check()
    assert "choose again" in tried(task(one, "anew"))
    kept = progress(one, "anew")
    assert (kept["done"], kept["tries"], kept["best"]) == (False, 1, 0)
