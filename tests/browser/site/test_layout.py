"""Nothing jumps while the studio starts, nothing sticks out, and what is small for a finger or large for a class is still whole."""
import pytest
from tests.browser.conftest import BOOT, SITE, opened, visitor
from playwright.sync_api import expect

PAGES = sorted(path.name for path in SITE.glob("*.html") if "data-state" in path.read_text(encoding="utf-8")) if SITE.is_dir() else []
MOST_SHIFT = 0.05
LINE = 22  # px
LABS = [  # page, element, and what is there when Python has answered
    ("losses.html", "studio-loss-lab", ".ps-loss-go:enabled"), ("measure.html", "studio-metric-lab", ".ps-curves svg"), ("instances.html", "studio-instances", ".ps-thing"),
    ("devices.html", "studio-small-devices", ".ps-cost-bars"), ("effects.html", "studio-effects", ".ps-thing-key"), ("own.html", "studio-exchange", ".ps-exchange-words:not(:empty)"),
]
WATCH = """
    window.shifts = [];
    new PerformanceObserver(list => window.shifts.push(...list.getEntries().filter(entry => !entry.hadRecentInput)
        .map(entry => [entry.value, entry.sources.map(({ node }) => (node?.closest ? node : node?.parentElement)?.outerHTML.slice(0, 90) ?? "?")])))
        .observe({ type: "layout-shift", buffered: true });
"""
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
DEVICES = {"a phone": PHONE, "a desk": {"viewport": {"width": 1440, "height": 900}}}
LEAST_TARGET = 44
# What a finger is to meet and does not: controls lower than a finger, but for links in running text, what only the keyboard reaches and what is
# held anywhere along its length. A control inside a label is met by the label.
TOO_SMALL = f"""
    () => [...document.querySelectorAll(".md-header__button, article :is(button, select, summary, input, textarea, .tabbed-labels > label, [role=slider]), .ps a, .ps-to-top a")]
        .map(found => found.matches("input") ? found.closest("label") ?? found : found)
        .filter(found => found.checkVisibility() && !found.matches(".ps-sr, .tabbed-button, [hidden] *") && getComputedStyle(found).display !== "inline")
        .map(found => [found, found.getBoundingClientRect()])
        .filter(([, box]) => box.width && box.height && Math.round(box.height) < {LEAST_TARGET})
        .map(([found, box]) => `${{found.outerHTML.slice(0, 120)}} is ${{Math.round(box.width)}} by ${{Math.round(box.height)}}`)
"""


def at_rest(page):
    expect(page.locator(".ps[data-state=loading], .ps[data-state=running]")).to_have_count(0, timeout=BOOT)


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("device", DEVICES)
def test_nothing_jumps_while_the_engine_starts(browser, server, name, device):
    with visitor(browser, **DEVICES[device]) as context:
        page = opened(context)
        page.add_init_script(WATCH)
        page.goto(server.url + name)
        at_rest(page)
        shifts = page.evaluate("window.shifts")
        assert sum(value for value, _ in shifts) <= MOST_SHIFT, shifts
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, "something is wider than the window"


@pytest.mark.parametrize("name", [*PAGES, "teach.html", "glossary.html"])
def test_a_finger_meets_every_control(browser, server, name):
    with visitor(browser, **PHONE) as context:
        page = opened(context)
        page.goto(server.url + name)
        expect(page.locator(".ps[data-state] > .ps-skeleton")).to_have_count(0, timeout=BOOT)
        assert page.evaluate("matchMedia('(pointer: coarse)').matches")
        assert page.evaluate(TOO_SMALL) == []
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, "something is wider than the window"


def test_a_long_name_and_an_alert_stay_within_a_phone(browser, server, site, tmp_path):
    long = tmp_path / f"{'holiday' * 11}.png"
    long.write_bytes(next((site / "photos").glob("chelsea-*.png")).read_bytes())
    with visitor(browser, **PHONE) as context:
        page = opened(context)
        page.goto(server.url + "index.html")
        at_rest(page)
        page.get_by_label("Picture file").first.set_input_files(long)
        line = page.locator("studio-paint .ps-photo-line")
        expect(line.locator("strong")).to_have_text(long.name)
        assert line.bounding_box()["height"] == line.get_by_role("link").bounding_box()["height"] == LEAST_TARGET, "one line, and its link is whole"
        page.get_by_label("Picture file").first.set_input_files({"name": long.with_suffix(".txt").name, "mimeType": "image/png", "buffer": b"no picture"})
        expect(page.get_by_role("alert").filter(has_text="not a picture")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, "something is wider than the window"


@pytest.mark.parametrize("name, lab, told", LABS)
@pytest.mark.parametrize("device", DEVICES)
def test_a_lab_keeps_the_place_of_its_numbers_until_they_come(browser, server, name, lab, told, device):
    with visitor(browser, **DEVICES[device]) as context:
        page = opened(context)
        page.goto(server.url + name)
        page.locator(f"{lab} > .ps-desk").wait_for()
        height = page.locator(lab).bounding_box()["height"]
        page.locator(lab).scroll_into_view_if_needed()
        page.locator(f"{lab} {told}").first.wait_for(timeout=BOOT)
        at_rest(page)
        assert page.locator(lab).bounding_box()["height"] == pytest.approx(height, abs=LINE)


def test_a_page_is_read_at_twice_its_size(browser, server):
    """A window of half the width is what 200 % zoom gives: nothing needs scrolling sideways."""
    with visitor(browser, viewport={"width": 640, "height": 400}, device_scale_factor=2) as context:
        page = opened(context)
        for name in ("about.html", "glossary.html", "worksheet.html"):
            page.goto(server.url + name)
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, name


WINDOWS = {
    "a phone": PHONE, "a phone on its side": {"viewport": {"width": 844, "height": 390}, "has_touch": True},
    "200 %": {"viewport": {"width": 640, "height": 450}, "device_scale_factor": 2}, "400 %": {"viewport": {"width": 320, "height": 225}, "device_scale_factor": 4},
}
# Controls that something else lies over when they stand in the middle of the window and the page was last scrolled up, as a painter does who looks for a tool.
COVERED = """
    async () => {
        const covered = [];
        for (const control of document.querySelectorAll(".ps :is(button, select, summary, input, [role=slider])")) {
            if (!control.checkVisibility() || control.matches(".ps-sr, [hidden] *") || control.closest(".ps-view-overlay")) continue;
            control.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
            scrollBy({ top: 20, behavior: "instant" });
            await new Promise(requestAnimationFrame);
            scrollBy({ top: -20, behavior: "instant" });
            await new Promise(requestAnimationFrame);
            const box = control.getBoundingClientRect();
            const met = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
            if (box.width && met && !met.closest(".ps")) covered.push(`${control.outerHTML.slice(0, 90)} is under ${met.outerHTML.slice(0, 90)}`);
        }
        return covered;
    }
"""


@pytest.mark.parametrize("window", WINDOWS)
def test_nothing_of_the_page_lies_over_a_tool(browser, server, window):
    with visitor(browser, **WINDOWS[window]) as context:
        page = opened(context)
        for name in ("index.html", "practice.html", "pixels.html"):
            page.goto(server.url + name)
            expect(page.locator(".ps[data-state] > .ps-skeleton")).to_have_count(0, timeout=BOOT)
            assert page.evaluate(COVERED) == [], name


def test_the_end_of_a_page_leads_back_to_its_top(page, server):
    page.goto(server.url + "glossary.html")
    page.get_by_role("link", name="Back to top").click()
    page.wait_for_function("scrollY === 0")


@pytest.mark.parametrize("name", [name for name in PAGES if name in ("index.html", "live.html", "practice.html")])
def test_in_a_low_window_a_picture_leaves_a_finger_room_to_scroll(browser, server, name):
    with visitor(browser, **WINDOWS["a phone on its side"]) as context:
        page = opened(context)
        page.goto(server.url + name)
        expect(page.locator(".ps[data-state] > .ps-skeleton")).to_have_count(0, timeout=BOOT)
        for pane in page.locator(".ps-view-pane:visible").all():
            pane.scroll_into_view_if_needed()
            assert pane.bounding_box()["height"] <= 0.6 * 390
        page.evaluate("scrollTo({ top: 600, behavior: 'instant' })")
        assert page.locator(".md-header").bounding_box()["y"] < -40, "the header goes with the page"


def test_what_the_keyboard_reaches_comes_out_from_under_the_header(browser, server):
    with visitor(browser, viewport={"width": 640, "height": 450}) as context:
        page = opened(context)
        page.goto(server.url + "index.html")
        at_rest(page)
        page.evaluate("scrollTo({ top: document.documentElement.scrollHeight, behavior: 'instant' })")
        page.locator(".ps-to-top a").focus()
        for _ in range(40):
            page.keyboard.press("Shift+Tab")
            top, bottom = page.evaluate("() => { const box = document.activeElement.getBoundingClientRect(); return [box.top, box.bottom]; }")
            head = page.locator(".md-header").bounding_box()
            assert bottom > head["y"] + head["height"] or top < head["y"], page.evaluate("document.activeElement.outerHTML.slice(0, 120)")


def test_the_first_tab_stop_leads_past_the_menus(page, server):
    page.goto(server.url + "what.html")
    page.keyboard.press("Tab")
    skip = page.locator(":focus")
    assert skip.inner_text() == "Skip to content"
    skip.press("Enter")
    assert page.evaluate("location.hash").startswith("#")


def test_paper_has_the_words_and_no_tools(page, server):
    page.goto(server.url + "index.html")
    at_rest(page)
    page.emulate_media(media="print")
    expect(page.locator("article p").first).to_be_visible()
    for tools in (".md-header", ".ps-toolbar", ".ps-strip", ".ps-view-controls", ".ps-link", ".ps-display", ".md-footer"):
        assert page.locator(f"{tools}:visible").count() == 0, tools
    assert page.locator("article button:visible").count() == 0
    assert page.locator("studio-segment .ps-view-pane").is_visible()


def test_paper_has_the_choices_of_a_quiz_to_tick(page, server):
    page.goto(server.url + "practice.html")
    page.emulate_media(media="print")
    quiz = page.locator("studio-quiz").first
    expect(quiz.locator(".ps-choice")).to_have_count(4)
    for choice in quiz.locator(".ps-choice").all():
        expect(choice).to_be_visible()
        expect(choice.get_by_role("radio")).to_be_visible()
    expect(page.locator("studio-quiz button:visible")).to_have_count(0)


def test_paper_cuts_nothing_off(browser, server):
    """As wide as A4 between its margins: code wraps, tables and all else stay within."""
    with visitor(browser, viewport={"width": 680, "height": 900}) as context:
        page = opened(context)
        for name in ("teach.html", "practice.html", "networks.html"):
            page.goto(server.url + name)
            if name == "networks.html":
                page.locator("studio-cell .cm-content").first.click()
                page.keyboard.insert_text("# " + "long " * 60)
            page.emulate_media(media="print")
            cut = page.locator("article :is(pre, pre > code, .cm-scroller)").evaluate_all(
                "all => all.filter(e => e.checkVisibility() && e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== 'inline').map(e => e.textContent.slice(0, 80))")
            assert cut == [], name
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, name
            page.emulate_media(media="screen")


def test_paper_is_light_whatever_the_scheme(page, server):
    page.route("**/studio/*.js", lambda route: route.abort())  # the page as it was built: no editor comes in meanwhile
    page.goto(server.url + "pixels.html")
    page.emulate_media(reduced_motion="reduce")  # else colours change by and by

    def colours(scheme):
        page.evaluate("scheme => document.body.setAttribute('data-md-color-scheme', scheme)", scheme)
        return page.locator("body, article :is(p, h2, td, .t, .bg, .admonition-title, .ps-py-keyword)").evaluate_all(
            "all => all.map(e => getComputedStyle(e)).map(s => [s.color, s.backgroundColor, s.fill, s.colorScheme].join(' '))")

    assert all(a != b for a, b in zip(colours("default"), colours("slate"), strict=True))
    page.emulate_media(media="print", reduced_motion="reduce")
    assert colours("default") == colours("slate")
    assert colours("slate")[0].startswith("rgb(28, 43, 48)"), "ink on paper"


def test_the_home_page_shows_the_way_through_the_course(page, server, site):
    page.goto(server.url + "index.html")
    steps = page.locator(".ps-way + ol a")
    targets = steps.evaluate_all("all => all.map(a => new URL(a.href).pathname.slice(1))")
    assert targets[0] == "index.html" and targets[1] == "what.html" and len(targets) >= 9
    assert all((site / target).exists() for target in targets)
    steps.nth(1).click()
    expect(page.locator("h1")).to_contain_text("What segmentation is")
