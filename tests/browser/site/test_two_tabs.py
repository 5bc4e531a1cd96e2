"""One site open in two tabs: what one of them keeps, the other does not erase, whether it hears of it or not."""
import pytest
from tests.browser.conftest import opened, ready
from tests.browser.person import Picture, open_file
from PIL import Image
from playwright.sync_api import expect
from tests.browser.labs.test_exercises import QUIZ, press, progress, task, tried

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
    else:
        written(one)  # left with something unwritten, it could only put its own record in the place of the other's
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


# ---------------------------------------------------------------- masks
MASK = ("paint", "photo: chelsea\nlabel: cat")


def paint(page, row, *, written=True):
    """Paint a line at this row with the mouse; by then the page has it, and its memory too if `written`."""
    Picture(page, "studio-paint").drag((row, 60), (row, 200))
    page.evaluate("() => document.querySelector('studio-paint').tools.queue.idle()")
    shows(page, row)
    if written:
        page.evaluate("() => window.pystudio.store.memory.saveMaskNow()")


def shows(page, row):
    page.wait_for_function("row => { const { store } = window.pystudio; return store.mask[row * store.photo.columns + 100]; }", arg=row)


def painted(page, *rows):
    """Which of these rows are painted in the mask that is shown."""
    drawn = Picture(page, "studio-paint").labels("mask")
    return [row for row in rows if drawn[row, 100]]


def versions(page):
    return page.locator("studio-paint .ps-versions")


def returned(page):
    page.reload()
    ready(page, "studio-paint")
    page.evaluate("() => window.pystudio.store.opened")


def test_a_mask_painted_in_one_tab_outlives_a_mask_painted_in_the_other(tabs, lesson):
    one, other = tabs(lesson(MASK))
    for page in (one, other):
        ready(page, "studio-paint")
        page.evaluate("() => window.pystudio.store.opened")
    paint(one, 50)
    paint(other, 150)
    expect(versions(other)).to_contain_text("Another tab has painted on this photo, too. Both masks are kept.")
    if tabs.hear:
        expect(versions(one)).to_be_visible()
    returned(one)
    expect(versions(one)).to_be_visible()
    assert painted(one, 50, 150) == [150]
    versions(one).get_by_role("button", name="Show the other mask").click()
    shows(one, 50)
    assert painted(one, 50, 150) == [50]
    returned(one)
    assert painted(one, 50, 150) == [50]
    versions(one).get_by_role("button", name="Show the other mask").click()
    shows(one, 150)
    versions(one).get_by_role("button", name="Keep only this one").click()
    expect(versions(one)).to_be_hidden()
    returned(one)
    assert painted(one, 50, 150) == [150]
    expect(versions(one)).to_be_hidden()
    assert one.complaints == other.complaints == []


class Painter:
    """A tab that paints, without Python and without a picture: rows of a mask, in the page's memory."""

    def __init__(self, page):
        self.page = page

    def open(self):
        """Show the photo with what is kept of its mask."""
        self.page.evaluate("""async () => {
            const { store } = window.pystudio, photo = { key: "name:chelsea", rows: 10, columns: 10 };
            const { mask, others } = await store.memory.maskOf(photo);
            Object.assign(store, { photo, mask: mask ?? new Uint8Array(100) });
            store.memory.others = others;
        }""")
        return self

    def again(self):
        self.page.reload()
        return self.open()

    def paint(self, row, *, written=True):
        self.page.evaluate("""([row, written]) => {
            const { store } = window.pystudio;
            store.mask.fill(8, row * 10, row * 10 + 10);
            store.memory.saveMaskSoon();
            return written ? store.memory.saveMaskNow() : undefined;
        }""", [row, written])

    def exchange(self):
        self.page.evaluate("""async () => {
            const { store } = window.pystudio;
            store.mask = await store.memory.exchange();
        }""")

    @property
    def rows(self):
        return self.page.evaluate("() => Array.from({ length: 10 }, (_, row) => row).filter(row => window.pystudio.store.mask[row * 10])")

    @property
    def others(self):
        return self.page.evaluate("() => window.pystudio.store.memory.others")

    def hide(self):
        """Headless pages never know that they are hidden."""
        self.page.evaluate("""() => {
            Object.defineProperty(document, "visibilityState", { configurable: true, get: () => "hidden" });
            document.dispatchEvent(new Event("visibilitychange"));
            delete document.visibilityState;
        }""")


@pytest.fixture
def painters(tabs, server):
    both = [Painter(page).open() for page in tabs(server.url + "about.html")]
    yield both
    assert [each for painter in both for each in painter.page.complaints] == []


def test_a_tab_that_is_left_at_once_after_its_stroke_loses_it_no_more_than_the_other_does(painters, server):
    one, other = painters
    one.paint(1)
    other.paint(5, written=False)
    other.page.goto(server.url + "index.html")
    one.paint(2)
    assert one.others == 1
    one.exchange()
    assert one.rows == [5]
    one.exchange()
    assert one.rows == [1, 2]


def test_a_tab_that_is_closed_at_once_after_its_stroke_has_kept_it(painters):
    one, other = painters
    one.paint(1)
    other.paint(5, written=False)
    other.page.close(run_before_unload=True)
    one.again()
    assert (one.rows, one.others) == ([5], 1)
    one.paint(6)
    assert one.others == 1
    one.exchange()
    assert one.rows == [1]


def test_tabs_that_paint_in_turn_keep_one_mask_each(painters):
    one, other = painters
    for step in range(3):
        one.paint(step)
        other.paint(5 + step)
    other.again()
    assert (other.rows, other.others) == ([5, 6, 7], 1)
    other.exchange()
    assert other.rows == [0, 1, 2]
    other.paint(3)
    other.again()
    assert (other.rows, other.others) == ([0, 1, 2, 3], 1)


def test_three_tabs_keep_three_masks(context, painters, server):
    page = opened(context)
    page.goto(server.url + "about.html")
    third = Painter(page).open()
    for row, painter in enumerate([*painters, third]):
        painter.paint(row)
    assert third.others == 2
    found = []
    for _ in range(3):
        third.exchange()
        found += third.rows
    assert sorted(found) == [0, 1, 2]


def test_a_hidden_tab_that_goes_on_is_the_same_painter(painters):
    """Once hidden it may end without a word, so it writes at once; if it is shown again it goes on."""
    one, other = painters
    one.paint(1)
    one.paint(2, written=False)
    one.hide()
    one.paint(3, written=False)
    one.hide()
    one.paint(4)
    assert one.others == 0
    assert (other.again().rows, other.others) == ([1, 2, 3, 4], 0)


def test_a_tab_that_goes_on_from_what_the_other_kept_is_told_nothing(painters):
    one, other = painters
    one.paint(1)
    other.again()
    other.paint(5)
    assert (other.rows, other.others) == ([1, 5], 0)
    assert (one.again().rows, one.others) == ([1, 5], 0)


def test_a_mask_of_which_the_other_tab_has_cleared_everything_is_nothing_to_keep(painters):
    one, other = painters
    one.paint(1)
    one.page.evaluate("() => { const { store } = window.pystudio; store.mask.fill(0); store.memory.saveMaskSoon(); return store.memory.saveMaskNow(); }")
    other.paint(5)
    assert other.others == 0


def test_the_other_tab_is_told_at_once_where_it_can_be(painters, tabs):
    one, other = painters
    one.paint(1)
    other.paint(5)
    if tabs.hear:
        one.page.wait_for_function("() => window.pystudio.store.memory.others === 1")
    one.exchange()
    assert one.rows == [5]
    one.exchange()
    assert one.rows == [1]
