"""Exercises as a reader meets them: choosing, ordering, writing, painting; hints, solutions, memory, and the report that is handed in."""
import json
import math
import re

import numpy as np
import pytest
from tests.browser.conftest import BOOT, PATIENCE, ROOT, engine_worker, opened, ready, visitor
from tests.browser.person import Picture
from playwright.sync_api import expect
from skimage import measure

from pystudio.exercises import reports
from pystudio.__main__ import main
from pystudio.image import load_labels

QUIZ = """id: {id}
title: Which one?
text: One of them is right.
choices:
  - {{answer: "The first", why: "It is too early."}}
  - {{answer: "The second", why: "Two is right.", right: true}}
hints: [Look again, It is not the first]
tries: 2
"""
SEVERAL = """id: several
title: Which ones?
text: Two of them are right.
choices:
  - {answer: "A", why: "A is one.", right: true}
  - {answer: "B", why: "B is none."}
  - {answer: "C", why: "C is another.", right: true}
"""
STEPS = """id: order
title: In order
text: Count.
steps: [One, Two, Three, Four, Five]
explanation: That is how one counts.
"""
CODE = """id: twice
title: Twice
text: Return the double.
function: twice
start: |
  def twice(values):
      return values
solution: |
  def twice(values):
      return 2 * values
arguments:
  values: whole numbers 3..5 from 1 to 9
seconds: 1
tries: 2
hints: [Think of two.]
"""
SLOW = CODE.replace("twice", "slow").replace("Twice", "Slowly").replace("seconds: 1", "seconds: 20\ncases: 10")
FIND = """id: find
title: Find
text: Find the animal.
function: find
start: |
  def find(photo):
      return photo[..., 0] < 0
solution: |
  def find(photo):
      colours = photo.astype(int)
      return 2 * colours[..., 1] - colours[..., 0] - colours[..., 2] < 10
photos: [sheep, hens]
target: 0.7
"""
SHUTTLE = "id: shuttle\ntitle: The shuttle\ntext: Paint it.\nphoto: astronaut\ntruth: drawn\ntarget: 0.85\n"
KITTEN = "id: kitten\ntitle: The kitten\ntext: Paint it.\nphoto: kitten\nlabel: cat\ntarget: 0.5\n"


def task(page, id):
    found = page.locator(f"#task-{id}")
    expect(found).to_have_attribute("data-ready", "", timeout=PATIENCE)
    return found


def press(found, name):
    found.get_by_role("button", name=name, exact=True).click()


def told(found):
    return found.locator(".ps-task-feedback > p")


def tried(found, name="Check"):
    """Press the button and wait for the verdict; its words."""
    press(found, name)
    expect(found).to_have_attribute("aria-busy", "false", timeout=BOOT)
    return told(found).inner_text()


@pytest.fixture
def page(context):
    page = opened(context)
    yield page
    assert page.complaints == []


# ---------------------------------------------------------------- without Python
def test_a_quiz_explains_what_was_chosen_and_praises_what_is_right(page, lesson):
    page.goto(lesson(("quiz", QUIZ.format(id="one"))))
    quiz = task(page, "one")
    assert "Choose an answer first" in tried(quiz)
    expect(quiz).to_have_attribute("data-progress", "new")
    quiz.get_by_label("The first").check()
    assert "choose again" in tried(quiz)
    expect(quiz.locator(".ps-choice-why:visible")).to_have_text("Not so: It is too early.")
    expect(quiz.locator(".ps-task-state")).to_have_text("1 try")
    quiz.get_by_label("The second").check()
    expect(quiz.locator(".ps-choice-why:visible")).to_have_count(0)
    assert "Done" in tried(quiz)
    expect(quiz.locator(".ps-choice-why:visible")).to_have_text("Right: Two is right.")
    expect(quiz.locator(".ps-task-state")).to_have_text("Done")
    assert page.evaluate("window.pystudio.engine.state") == "idle"  # no Python is fetched for a quiz


def test_hints_come_one_by_one_and_the_solution_after_some_tries(page, lesson):
    page.goto(lesson(("quiz", QUIZ.format(id="two"))))
    quiz = task(page, "two")
    solution = quiz.get_by_role("button", name="See the solution")
    hints = quiz.locator(".ps-task-hints li")
    press(quiz, "Hint")
    expect(hints).to_have_text(["Look again"])
    press(quiz, "Hint 2 of 2")
    expect(hints).to_have_text(["Look again", "It is not the first"])
    expect(quiz.get_by_role("button", name="Hint 2 of 2")).to_be_disabled()
    expect(solution).to_be_hidden()
    quiz.get_by_label("The first").check()
    for _ in range(2):
        tried(quiz)
    solution.click()
    expect(quiz.get_by_role("group", name="The solution")).to_contain_text("The second Two is right.")


def test_several_right_answers_are_all_wanted(page, lesson):
    page.goto(lesson(("quiz", SEVERAL)))
    quiz = task(page, "several")
    for name in "AB":
        quiz.get_by_label(name, exact=True).check()
    assert "1 right, 1 not right, 1 still missing" in tried(quiz)
    quiz.get_by_label("B", exact=True).uncheck()
    quiz.get_by_label("C", exact=True).check()
    assert "Done" in tried(quiz)


def test_a_quiz_is_solved_with_the_keyboard_alone(page, lesson):
    page.goto(lesson(("quiz", QUIZ.format(id="keys"))))
    quiz = task(page, "keys")
    quiz.get_by_role("radio").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(told(quiz)).to_contain_text("Done, at the first try.")
    expect(told(quiz).locator("xpath=..")).to_have_attribute("role", "status")


def test_work_and_progress_survive_a_reload_and_other_pages_until_one_starts_again(page, lesson):
    first, second = lesson(("quiz", QUIZ.format(id="kept")), ("steps", STEPS)), lesson(("quiz", QUIZ.format(id="kept")))
    page.goto(first)
    quiz = task(page, "kept")
    quiz.get_by_label("The second").check()
    tried(quiz)
    press(quiz, "Hint")
    steps = task(page, "order")
    order = steps.locator(".ps-step-words")
    steps.locator(".ps-step").nth(2).get_by_role("button", name=re.compile("Move up")).click()
    moved = order.all_inner_texts()
    page.reload()
    expect(task(page, "kept").get_by_label("The second")).to_be_checked()
    expect(task(page, "kept").locator(".ps-task-hints li")).to_have_count(1)
    assert task(page, "order").locator(".ps-step-words").all_inner_texts() == moved
    page.goto(second)
    expect(task(page, "kept").locator(".ps-task-state")).to_have_text("Done")
    press(task(page, "kept"), "Start again")
    press(task(page, "kept"), "Keep it")
    expect(task(page, "kept").locator(".ps-task-state")).to_have_text("Done")
    press(task(page, "kept"), "Start again")
    press(task(page, "kept"), "Yes, start again")
    expect(task(page, "kept").get_by_label("The second")).not_to_be_checked()
    page.goto(first)
    expect(task(page, "kept")).to_have_attribute("data-progress", "new")


def test_where_the_browser_keeps_nothing_exercises_work_and_say_so(context, page, lesson):
    context.add_init_script("Object.defineProperty(window, 'indexedDB', { value: { open() { throw new DOMException('no', 'SecurityError'); } } })")
    page.goto(lesson(("quiz", QUIZ.format(id="private"))))
    quiz = task(page, "private")
    quiz.get_by_label("The second").check()
    assert "Done" in tried(quiz)
    expect(quiz.get_by_role("note")).to_contain_text("keeps nothing after a reload")


def words(steps):
    return steps.locator(".ps-step-words").all_inner_texts()


def test_what_was_done_in_another_tab_is_not_lost_in_this_one(context, lesson):
    address = lesson(("quiz", QUIZ.format(id="shared")), ("steps", STEPS))
    page, other = opened(context), opened(context)
    for each in (page, other):
        each.goto(address)
        task(each, "order")
    page.bring_to_front()
    quiz = page.locator("studio-quiz")
    quiz.get_by_role("radio").nth(1).check()
    assert "right" in tried(quiz)
    other.bring_to_front()
    other.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # headless pages never know that they are hidden
    expect(other.locator("studio-quiz .ps-task-state")).to_have_text("Done")
    other.locator("studio-quiz").get_by_role("radio").first.check()  # only looking
    other.reload()
    expect(other.locator("studio-quiz .ps-task-state")).to_have_text("Done")
    assert page.complaints == [] and other.complaints == []


def test_steps_are_ordered_with_buttons_that_keep_the_focus(page, lesson):
    page.goto(lesson(("steps", STEPS)))
    steps = task(page, "order")
    assert "of 5 steps" in tried(steps)
    assert steps.locator(".ps-step[data-mark=right]").count() <= 1
    for place, name in enumerate(["One", "Two", "Three", "Four", "Five"]):
        up = steps.get_by_role("button", name=f"Move up: {name}")
        up.focus()
        for _ in range(words(steps).index(name) - place):
            page.keyboard.press("Enter")
            expect(up).to_be_focused()
        assert words(steps)[place] == name
    expect(page.locator(".ps-sr[role=status]")).to_have_text(re.compile("now step|already"))
    assert "That is how one counts." in tried(steps)
    expect(steps.locator(".ps-step[data-mark=right]")).to_have_count(5)


def test_a_step_follows_the_mouse(page, lesson):
    page.goto(lesson(("steps", STEPS)))
    steps = task(page, "order")
    steps.scroll_into_view_if_needed()
    before = words(steps)
    boxes = [row.bounding_box() for row in steps.locator(".ps-step").all()]
    page.mouse.move(boxes[4]["x"] + 120, boxes[4]["y"] + 20)
    page.mouse.down()
    page.mouse.move(boxes[0]["x"] + 120, boxes[0]["y"] + 5, steps=12)
    page.mouse.up()
    assert words(steps) == [before[4], *before[:4]]


def test_a_step_follows_a_finger_on_its_grip(browser, lesson):
    with visitor(browser, viewport={"width": 390, "height": 800}, has_touch=True) as context:
        page = opened(context)
        page.goto(lesson(("steps", STEPS)))
        steps = task(page, "order")
        steps.scroll_into_view_if_needed()
        before = words(steps)
        grips = [grip.bounding_box() for grip in steps.locator(".ps-step-grip").all()]
        centre = lambda box: {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
        finger = context.new_cdp_session(page)
        start, end = centre(grips[0]), centre(grips[3])
        finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [start]})
        for part in range(1, 13):
            finger.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": start["x"], "y": start["y"] + (end["y"] - start["y"] + 10) * part / 12}]})
        finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        assert words(steps) == [*before[1:4], before[0], before[4]]
        assert page.complaints == []


# ---------------------------------------------------------------- with Python
@pytest.fixture(scope="module")
def booted(browser, lesson):
    with visitor(browser) as context:
        page = opened(context)
        page.asked = []
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto(lesson(("task-code", CODE), ("task-code", SLOW), ("task-code", FIND), ("task-paint", SHUTTLE), ("task-paint", KITTEN)))
        ready(page, "studio-paint")
        yield page
        assert page.complaints == []


def write(page, found, code):
    found.scroll_into_view_if_needed()
    editor = found.get_by_role("textbox")
    expect(editor).to_be_visible()
    editor.click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(code)


def test_a_function_is_graded_on_random_arrays_and_shown_what_fails(booted):
    code = task(booted, "twice")
    code.scroll_into_view_if_needed()
    expect(code.get_by_role("textbox")).to_be_visible()
    assert "0 of 20 random cases" in tried(code, "Run and check")
    names = code.locator(".ps-task-case dt").all_inner_texts()
    values = [np.array(re.findall(r"\d+", text.split("]")[0]), int) for text in code.locator(".ps-task-case dd").all_inner_texts()]
    assert names == ["values", "expected", "your function gave"]
    assert (values[1] == 2 * values[0]).all() and (values[2] == values[0]).all()
    write(booted, code, "def twice(values):\n    return valeus")
    assert tried(code, "Run and check").startswith("Line 2:") and "Did you mean `values`?".replace("`", "") in told(code).inner_text()
    expect(code.locator(".cm-line.ps-cell-faulty")).to_have_text(re.compile("valeus"))
    press(code, "See the solution")
    expect(code.locator(".ps-task-solution pre")).to_contain_text("2 * values")


def test_a_loop_without_end_is_stopped_and_the_next_try_works(booted):
    code = task(booted, "twice")
    write(booted, code, "def twice(values):\n    while True: pass")
    assert "longer than 1 second." in tried(code, "Run and check")
    write(booted, code, "def twice(values):\n    return values + values")
    booted.keyboard.press("Control+Enter")
    expect(code).to_have_attribute("data-progress", "done")
    expect(told(code)).to_contain_text("All 20 random cases")


def progress(page, id):
    """What is kept of an exercise, as the report will have it."""
    return page.evaluate("""id => new Promise(resolve => {
        const opening = indexedDB.open("pystudio");
        opening.onsuccess = () => {
            const base = opening.result, all = base.transaction("tasks").objectStore("tasks"), keys = all.getAllKeys(), records = all.getAll();
            records.onsuccess = () => (base.close(), resolve(records.result[keys.result.findIndex(key => key.endsWith(`|${id}`))] ?? null));
        };
    })""", id)


def test_the_report_has_the_code_that_was_checked_not_what_was_typed_meanwhile(booted):
    code = task(booted, "slow")
    write(booted, code, "import time\ndef slow(values):\n    time.sleep(0.2)\n    return 2 * values")
    press(code, "Run and check")
    code.get_by_role("textbox").click()
    booted.keyboard.press("Control+End")
    booted.keyboard.insert_text("  # typed meanwhile")
    expect(code).to_have_attribute("aria-busy", "false", timeout=BOOT)
    assert "Done" in told(code).inner_text()
    kept = progress(booted, "slow")
    assert kept["answer"].endswith("return 2 * values") and kept["work"].endswith("# typed meanwhile")


@pytest.mark.parametrize("line, words", [
    ("input()", "input has no keyboard"), ("import subprocess; subprocess.run(['ls'])", "cannot start other programs"), ("open('a', 'w')", "cannot write files"),
    ("import matplotlib", "An exercise draws nothing"), ("import time; time.sleep(60)", "time.sleep is to wait for 60 seconds"),
])
def test_what_an_exercise_does_not_have_is_told_with_a_remedy(booted, line, words):
    code = task(booted, "twice")
    write(booted, code, f"def twice(values):\n    {line}")
    press(code, "Run and check")
    expect(told(code)).to_contain_text(words)


def test_an_answer_may_use_scikit_image_and_does_not_change_how_the_next_is_graded(booted):
    code = task(booted, "twice")
    write(booted, code, "from skimage import util\nimport pystudio.exercises.grading as g\ng._compared = lambda *a: None\ndef twice(values):\n    return 2 * values")
    press(code, "Run and check")
    expect(told(code)).to_contain_text("All 20 random cases", timeout=BOOT)
    write(booted, code, "def twice(values):\n    return values")
    press(code, "Run and check")
    expect(told(code)).to_contain_text("random cases are right")


def test_stop_ends_the_code_and_not_the_engine(booted):
    code, worker = task(booted, "slow"), engine_worker(booted)
    write(booted, code, "def slow(values):\n    while True: pass")
    press(code, "Run and check")
    press(code, "Stop")
    expect(code).to_have_attribute("aria-busy", "false")
    expect(told(code)).to_contain_text("Stopped.")
    assert engine_worker(booted) == worker


def test_starting_again_ends_what_is_under_way(booted):
    code = task(booted, "slow")
    write(booted, code, "import time\ndef slow(values):\n    time.sleep(0.2)\n    return values")
    press(code, "Run and check")
    press(code, "Start again")
    press(code, "Yes, start again")
    expect(code).to_have_attribute("aria-busy", "false", timeout=BOOT)
    expect(code).to_have_attribute("data-progress", "new")
    expect(told(code)).to_have_count(0)
    assert progress(booted, "slow") is None


def test_a_function_is_graded_on_photos_that_the_page_never_shows(booted):
    code = task(booted, "find")
    whole = [url for url in booted.asked if re.search(r"photos/(sheep|hens)-(?!small)", url)]
    assert whole == []  # not even fetched before they are needed
    code.scroll_into_view_if_needed()
    expect(code.get_by_role("textbox")).to_be_visible()
    assert "Mean IoU 0.00 on 2 hidden photos" in tried(code, "Run and check")
    assert code.locator("img, canvas, picture, video").count() == 0
    assert not any(re.search("sheep|hens", text, re.I) for text in (code.inner_text(), code.inner_html()))
    write(booted, code, "def find(photo):\n    c = photo.astype(int)\n    return 2 * c[..., 1] - c[..., 0] - c[..., 2] < 10")
    assert "Done" in tried(code, "Run and check")
    assert [float(cell.rstrip("%")) > 70 for cell in code.locator(".ps-task-cases td:nth-child(2)").all_inner_texts()] == [True, True]


def test_a_thing_is_painted_with_the_mouse_until_the_mask_is_good(booted):
    shuttle = task(booted, "shuttle")
    if not shuttle.locator("studio-paint").count() or shuttle.get_by_role("button", name="Paint here").is_visible():
        press(shuttle, "Paint here")
    expect(booted.locator(".ps-credit strong")).to_have_text("Astronaut")
    ready(booted, "studio-paint")
    assert "IoU 0.0%" in tried(shuttle, "Check my mask")
    truth = load_labels(ROOT / "site_src/truth/astronaut.png") > 0
    (outline,) = measure.find_contours(np.pad(truth, 1).astype(float), 0.5)
    places = [tuple(place) for place in measure.approximate_polygon(outline - 1, 1.5)]
    booted.locator("studio-paint label.ps-segment", has_text="Lasso").click()
    picture = Picture(booted, "studio-paint")
    picture.drag(*places)
    expect(shuttle.get_by_role("meter")).to_have_attribute("aria-valuenow", re.compile("9[0-9]|100"))
    assert "Done" in tried(shuttle, "Check my mask")
    score = float(re.search(r"IoU ([\d.]+)%", told(shuttle).inner_text())[1])
    mask = picture.labels("mask") > 0
    assert score == pytest.approx(100 * (mask & truth).sum() / (mask | truth).sum(), abs=0.06)
    assert progress(booted, "shuttle")["answer"] == f"IoU {math.floor(score)}% on astronaut"


def test_a_mask_filled_from_the_network_is_not_taken_for_painting(booted):
    kitten = task(booted, "kitten")
    expect(kitten.get_by_text("This exercise is about the photo “Kitten”")).to_be_visible()
    press(kitten, "Paint here")
    expect(kitten.locator("studio-paint")).to_have_count(1)
    expect(booted.locator(".ps-credit strong")).to_have_text("Kitten")
    ready(booted, "studio-paint")
    booted.get_by_role("button", name="Fill from the network").click()
    expect(kitten.get_by_role("meter")).to_have_attribute("aria-valuenow", "100")
    assert "network’s own" in tried(kitten, "Check my mask")
    expect(kitten).to_have_attribute("data-progress", "new")


def test_code_is_there_again_after_a_reload(booted):
    code = task(booted, "twice")
    write(booted, code, "def twice(values):\n    return values + values")
    press(code, "Run and check")
    expect(told(code)).to_contain_text("All 20 random cases", timeout=BOOT)
    booted.reload()
    code = task(booted, "twice")
    code.scroll_into_view_if_needed()
    expect(code.get_by_role("textbox")).to_contain_text("values + values")
    expect(code.locator(".ps-task-state")).to_have_text("Done")


# ---------------------------------------------------------------- the report
def test_a_report_is_saved_and_the_teachers_program_reads_it(page, server, tmp_path, capsys):
    page.goto(f"{server.url}practice.html")
    quiz = page.locator("studio-quiz").first
    expect(quiz).to_have_attribute("data-ready", "")
    id = quiz.get_attribute("id").removeprefix("task-")
    quiz.get_by_role("radio").first.check()
    tried(quiz)
    report = page.locator("studio-report")
    row = report.locator(f"tr[data-task={id}]")
    expect(row).to_contain_text(re.compile("Begun|Done"))
    not_begun = report.locator("tbody tr").last.locator("td")
    assert not_begun.all_inner_texts() == ["Not begun", "–", "–", "–"]
    press(report, "Save for the teacher")
    expect(report.get_by_label("Your name")).to_be_focused()
    expect(report.get_by_label("Your name")).to_have_attribute("aria-invalid", "true")
    name = "=Ädä <b>& Söhne</b>"
    report.get_by_label("Your name").fill(name)
    files = {}
    for button, ending in (("Save for the teacher", "json"), ("Save as a page", "html")):
        with page.expect_download() as download:
            press(report, button)
        assert download.value.suggested_filename == f"report-Ädä-b-Söhne-b.{ending}"
        download.value.save_as(tmp_path / f"saved.{ending}")
        files[ending] = tmp_path / f"saved.{ending}"
    read = reports.read(files["json"])
    assert read.intact and read.name == name and len(read.tasks) == report.locator("tbody tr").count()
    (mine,) = [each for each in read.tasks if each.id == id]
    assert mine.tries == 1 and mine.state in ("tried", "done") and mine.answer == quiz.locator(".ps-choice label").first.inner_text()
    assert main(["reports", str(files["json"])]) == 0 and "changed" not in capsys.readouterr().out
    text = json.loads(files["json"].read_text(encoding="utf-8"))
    text["tasks"][0]["tries"] = 1000
    files["json"].write_text(json.dumps(text))
    assert main(["reports", str(files["json"])]) == 0 and "changed since it was saved" in capsys.readouterr().out

    page.goto(files["html"].as_uri())
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    expect(page.locator("tbody tr")).to_have_count(len(read.tasks))
    assert page.locator("script, link, img, b").count() == 0 and "://" not in files["html"].read_text(encoding="utf-8")


def test_a_click_in_the_report_leads_to_the_exercise(page, server):
    page.goto(f"{server.url}practice.html")
    link = page.locator("studio-report tbody a").last
    target = link.get_attribute("href").partition("#")[2]
    link.click()
    expect(page.locator(f"#{target}")).to_be_in_viewport()
