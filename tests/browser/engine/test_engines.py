"""The same path in Chromium, Firefox and WebKitGTK, over http and from the USB edition's folder: what a class does in an hour, once in each.

usb/test_usb.py walks the home page from the folder, and classic methods and search there.
"""
import contextlib
import functools

import numpy as np
import pytest
from tests.browser.conftest import FLAGS, ROOT, SITE, USB, StaticFiles, serving
from tests.browser.face import LONG, Chromium, choose, fraction, on_screen, press, resting, saved_labels, seed_of_click, words
from tests.browser.firefox import Firefox
from tests.browser.person import grouped, percent
from tests.browser.webkit import WebKit

from pystudio.segment import classic, region_growing
from pystudio import image
from pystudio.networks import network

CAT, KITTEN = (image.load(ROOT / "site_src/photos" / name) for name in ("chelsea.png", "kitten.webp"))
FOLDER, HTTP = "from a folder", "over http"
ENGINES = ["chromium", "firefox", "webkit"]
STOPS = 20  # s; an interrupt takes a tenth of a second, on a machine that is busy with three browsers some more


# ---------------------------------------------------------------- three browsers, two editions
@contextlib.contextmanager
def started(engine, request):
    if engine == "chromium":
        browser = request.getfixturevalue("launch")(FLAGS)
        yield Chromium(browser, service_workers="allow")
        browser.close()
    else:
        with {"firefox": Firefox, "webkit": WebKit}[engine](request.getfixturevalue("tmp_path_factory").mktemp(engine)) as running:
            yield running


@pytest.fixture(scope="module", params=ENGINES)
def browser(request):
    with started(request.param, request) as running:
        yield running


@pytest.fixture(scope="module", params=[HTTP, FOLDER])
def edition(request, browser):
    """Opens a page of it in a new tab."""
    with serving(functools.partial(StaticFiles, directory=SITE)) if request.param == HTTP else contextlib.nullcontext() as server:
        yield lambda path: browser.open((server.url if server else USB.as_uri() + "/") + path)


@pytest.fixture(scope="module")
def lesson(edition):
    """The page of classic methods, its cells and its pictures."""
    tab = edition("classic.html")
    tab.until("() => document.querySelector('studio-classic[data-shows=otsu][data-state=ready]')", timeout=LONG)
    yield tab
    assert tab.complaints == []
    tab.close()


@pytest.fixture(scope="module")
def exercises(edition):
    tab = edition("practice.html")
    yield tab
    assert tab.complaints == []
    tab.close()


def rewrite(tab, editor, line):
    """Put one line in the place of all that an editor has, by the keyboard."""
    tab.until("editor => document.querySelector(editor)?.scrollIntoView({ block: 'center', behavior: 'instant' }) ?? document.querySelector(`${editor} .cm-content`)", editor)
    press(tab, f"{editor} .cm-content")
    tab.select_all()
    tab.keys(line)
    tab.until("(editor, line) => document.querySelector(`${editor} .cm-content`).innerText.trim() === line", editor, line)


def run(tab):
    press(tab, "studio-cell .ps-cell-run", "Run")


def prints(tab, text):
    tab.until("text => document.querySelector('studio-cell .ps-cell-outputs pre')?.innerText === text", text)


# ---------------------------------------------------------------- a page of the course
def test_a_cell_shows_what_its_author_wrote_and_what_is_written_into_it(lesson):
    run(lesson)
    lesson.until("() => document.querySelector('studio-cell .ps-cell-outputs canvas')", timeout=LONG)
    rewrite(lesson, "studio-cell", "print(photo.shape)")
    run(lesson)
    prints(lesson, f"{KITTEN.shape}\n")


def test_an_endless_loop_is_stopped_and_what_was_computed_is_kept(lesson):
    rewrite(lesson, "studio-cell", "survivor = photo.sum()")
    run(lesson)
    lesson.until("() => document.querySelector('studio-cell .ps-cell-outputs')?.innerText === ''")
    rewrite(lesson, "studio-cell", "while True: pass")
    run(lesson)
    lesson.until("() => document.querySelector('studio-cell .ps-cell-status').innerText === 'Running…'")
    press(lesson, "studio-cell .ps-cell-run", "Stop")
    lesson.until("() => document.querySelector('studio-cell .ps-cell-status').innerText === 'Stopped.'", timeout=STOPS)
    rewrite(lesson, "studio-cell", "print(survivor == photo.sum())")
    run(lesson)
    prints(lesson, "True\n")


def test_a_classic_method_brings_scikit_image_with_it(lesson):
    press(lesson, ".ps-method:has(input[value=slic])")
    lesson.until("() => document.querySelector('studio-classic[data-shows=slic][data-state=ready]')", timeout=LONG)
    assert int(lesson.evaluate("() => document.querySelector('studio-classic[data-shows=slic]').dataset.regions")) == classic.run("slic", KITTEN).n


# ---------------------------------------------------------------- exercises, and the search
def test_an_exercise_is_solved(exercises):
    rewrite(exercises, "#task-pixel-accuracy", "def pixel_accuracy(truth, prediction): return (truth == prediction).mean()")
    press(exercises, "#task-pixel-accuracy button", "Run and check")
    exercises.until("() => document.querySelector('#task-pixel-accuracy').dataset.progress === 'done'", timeout=LONG)
    assert "All 20 random cases" in words(exercises, "#task-pixel-accuracy .ps-task-feedback")


def test_a_word_is_found(exercises):
    press(exercises, ".md-search__input")
    exercises.keys("intersection")
    exercises.until("() => [...document.querySelectorAll('.md-search-result__item a')].some(found => found.pathname.endsWith('/losses.html'))", timeout=30)


# ---------------------------------------------------------------- the home page, and the same without a server
def test_work_on_the_home_page_is_graded_and_is_there_without_a_server(browser):
    with serving(functools.partial(StaticFiles, directory=SITE)) as server:
        home = browser.open(server.url + "index.html")
        home.until("() => document.querySelector('studio-segment[data-classes]')", timeout=LONG)
        assert home.evaluate("() => pystudio.engine.startedFrom") == "snapshot"
        choose(home, "Cat portrait")
        labels = network.segment(CAT).label_map
        assert (saved_labels(home, "studio-segment") == labels).mean() >= 0.999

        ious = [stroke(home, (120, 100), (150, 250), (180, 300)), stroke(home, (200, 120), (220, 320))]
        painted = saved_labels(home, "studio-paint")
        assert numbers(home)[0] == percent((painted == labels).mean())
        each = [((painted == label) & (labels == label)).sum() / ((painted == label) | (labels == label)).sum() for label in np.union1d(painted, labels)]
        assert ious[0] < ious[1] == pytest.approx(np.mean(each), abs=0.001)

        tolerance = home.evaluate("() => Number(document.querySelector('studio-grow input[type=range]').value)")
        size = region_growing.Grower(CAT).grow(seed_of_click(home, (150, 200)), tolerance).size
        home.until("size => [...document.querySelectorAll('studio-grow dl.ps-facts > div')].some(fact => fact.textContent.startsWith(`Size${size} pixels`))", grouped(size))
        home.until("() => document.querySelector('.ps-keep')?.hidden === false", timeout=LONG)  # there is a copy of the site
        assert home.complaints == []

    home.reload()
    home.until("() => document.querySelector('studio-segment[data-classes]')", timeout=LONG)
    home.until("() => document.querySelector('.ps-word')?.innerText.startsWith('There is no connection now.')")
    assert words(home, ".ps-credit strong") == "Cat portrait"
    resting(home, "studio-paint")
    np.testing.assert_array_equal(saved_labels(home, "studio-paint"), painted)
    home.close()


def numbers(tab):
    """The pixel accuracy and the mean IoU of what is painted, as shown."""
    return tab.evaluate("() => [...document.querySelectorAll('studio-paint .ps-meter-number')].map(number => number.textContent)")


def stroke(tab, *places):
    """Paint, and wait for another grade, that of the whole stroke, which is shown at the frame after; the mean IoU."""
    before = numbers(tab)
    tab.drag(*on_screen(tab, "studio-paint", *places))
    tab.until("""before => {
        const now = [...document.querySelectorAll("studio-paint .ps-meter-number")].map(number => number.textContent);
        return now.every(number => number.includes("%")) && now.some((number, at) => number !== before[at]);
    }""", before)
    resting(tab, "studio-paint")
    tab.evaluate("() => new Promise(shown => requestAnimationFrame(() => shown(true)))")
    return fraction(numbers(tab)[1])
