"""What stands in the browser's memory when a page comes: records of any shape, a database of another make, one that never answers."""
import re

import pytest
from tests.browser.conftest import Lessons, opened, ready, visitor
from playwright.sync_api import expect
from tests.browser.labs.test_exercises import QUIZ, task, tried

PAGE = (("segment", ""), ("paint", "photo: chelsea\nlabel: cat"), ("grow", ""), ("quiz", QUIZ.format(id="odd")))
LEFT_OUT = "Some of what was kept for this page cannot be used and is left out: "

PLANT = """([address, base, entries]) => new Promise((resolve, reject) => {
    const page = new URL(address).pathname, site = page.slice(0, page.lastIndexOf("/") + 1);
    const opening = indexedDB.open(base.name ?? "pystudio", base.version ?? 2);
    opening.onupgradeneeded = () => eval(base.stores ?? `
        const result = opening.result;
        result.createObjectStore("pages");
        result.createObjectStore("masks").createIndex("page", "page");
        result.createObjectStore("tasks");`);
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
        const open = opening.result;
        if (!entries.length) return open.close(), resolve();
        const transaction = open.transaction(entries.map(([store]) => store), "readwrite");
        for (const [store, key, source] of entries) {
            const args = [eval(`(${source})`)];
            if (key) args.push(eval(`(${key})`));
            transaction.objectStore(store).put(...args);
        }
        transaction.oncomplete = () => (open.close(), resolve());
        transaction.onabort = () => reject(transaction.error);
    };
})"""


def plant(page, address, *entries, **base):
    """Write records as they are before the page comes: (store, key, value) in JavaScript, in which `page` and `site` are known."""
    Lessons.pages["plain.html"] = b"<title>Nothing here</title><link rel=icon href=data:,>"  # no icon is asked for
    page.goto(address.rsplit("/", 1)[0] + "/plain.html")
    page.evaluate(PLANT, [address, base, [list(entry) for entry in entries]])
    page.complaints.clear()


CYCLE = "(() => { const cycle = {}; cycle.settings = { cycle }; return cycle; })()"
SIZE = "rows: 300, columns: 451, when: 1"
GZIP = "new Uint8Array([31, 139, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]).buffer"
RECORDS = {
    "text": "'kitten'", "number": "7", "NaN": "NaN", "null": "null", "list": "[1, [2, 3]]", "date": "new Date(0)", "map": "new Map([[1, 2]])", "buffer": "new ArrayBuffer(8)", "blob": "new Blob(['y'])", "pattern": "/x/", "true": "true",
    "big number": "10n ** 400n",
}
PAGES = {
    **{name: (value, "what was set here") for name, value in RECORDS.items()},
    "cycle": (CYCLE, "a setting"),
    "current is a number": ("{ current: 5, own: null, settings: {} }", "the photo shown last"),
    "current is unknown": ("{ current: 'name:unicorn', own: null, settings: {} }", "the photo shown last"),
    "own is a text": ("{ current: null, own: 'cat.png', settings: {} }", "the photo that you brought"),
    "own has no file": ("{ current: 'x', own: { key: 'x', title: 'x' }, settings: {} }", "the photo that you brought"),
    "own has another file": ("{ current: 'x', own: { key: 'x', title: 'x', blob: { size: 5 } }, settings: {} }", "the photo that you brought"),
    "own has no title": ("{ current: 'x', own: { key: 'x', title: null, blob: new Blob(['x']) }, settings: {} }", "the photo that you brought"),
    "settings are a list": ("{ current: null, own: null, settings: [1, 2] }", "a setting"),
    "settings are a text": ("{ current: null, own: null, settings: 'abc' }", "a setting"),
    "settings are null": ("{ current: null, own: null, settings: null }", "a setting"),
    "settings are a map": ("{ current: null, own: null, settings: new Map() }", "a setting"),
    "settings of wrong kinds": ("{ current: null, own: null, settings: { 'studio-segment.0.opacity': 'half', 'studio-paint.1.opacity': NaN, 'studio-paint.1.size': {}, 'studio-grow.2.last': 'here', 'studio-segment.0.view': [] } }", "5 settings"),
    "a network that there is not": ("{ current: null, own: null, settings: { 'studio-segment.0.network': 'alexnet' } }", "a setting"),
    "huge numbers": ("{ current: null, own: null, settings: { 'studio-segment.0.opacity': 1e308, 'studio-paint.1.opacity': -Infinity, 'studio-paint.1.size': -5 } }", "3 settings"),
    "a prototype": ("{ current: null, own: null, settings: JSON.parse('{\"__proto__\": {\"studio-segment.0.view\": 5}}') }", "a setting"),
    "all at once": ("{ current: {}, own: [], settings: { 'studio-segment.0.view': new Date(0) } }", "the photo that you brought, the photo shown last and a setting"),
}
MASKS = {
    **RECORDS,
    "empty": "{}",
    "no bytes": f"{{ page, {SIZE}, packed: false }}",
    "bytes are a list": f"{{ page, {SIZE}, packed: false, bytes: [1, 2] }}",
    "too few bytes": f"{{ page, {SIZE}, packed: false, bytes: new ArrayBuffer(5) }}",
    "garbage in gzip": f"{{ page, {SIZE}, packed: true, bytes: {GZIP} }}",
    "no gzip": f"{{ page, {SIZE}, packed: true, bytes: new ArrayBuffer(300 * 451) }}",
    "negative": "{ page, rows: -300, columns: -451, when: 1, packed: false, bytes: new ArrayBuffer(300 * 451) }",
    "fractions": "{ page, rows: 300.5, columns: 451, when: 1, packed: false, bytes: new ArrayBuffer(300 * 451) }",
    "NaN": "{ page, rows: NaN, columns: 451, when: NaN, packed: false, bytes: new ArrayBuffer(300 * 451) }",
    "huge": "{ page, rows: 1e9, columns: 1e9, when: 1, packed: true, bytes: new ArrayBuffer(5) }",
    "of another photo": "{ page, rows: 451, columns: 300, when: 1, packed: false, bytes: new ArrayBuffer(300 * 451) }",
    "labels that there are not": f"{{ page, {SIZE}, packed: false, bytes: new Uint8Array(300 * 451).fill(77).buffer }}",
    "the size is a text": "{ page, rows: '300', columns: '451', when: 1, packed: false, bytes: new ArrayBuffer(300 * 451) }",
    "cycle": "(() => { const cycle = { page }; cycle.rows = cycle; return cycle; })()",
}


# A page of other elements and of none: nobody asks for Python there.
@pytest.fixture(scope="module")
def about(browser, server):
    with visitor(browser) as context:
        yield opened(context), server.url + "about.html"


def said(page):
    """What the page would say above its first element."""
    return page.evaluate("() => window.pystudio.store.notice")


@pytest.mark.parametrize("name", [name for name in PAGES if not re.search("settings of|network|unknown|numbers", name)])
def test_what_of_a_pages_record_cannot_be_used_is_left_out_and_told_once(about, name):
    page, address = about
    record, words = PAGES[name]
    plant(page, address, ("pages", "page", record))
    page.goto(address)
    page.evaluate("() => window.pystudio.store.load()")
    assert said(page) == f"{LEFT_OUT}{words}."
    assert page.evaluate("() => { const { settings, own, current } = window.pystudio.store.memory; return [settings, own, current]; }") == [{}, None, "x" if "'x'" in record else None]
    page.evaluate("() => { const { memory } = window.pystudio.store; memory.shows('name:kitten', null); return memory.savePage(); }")
    page.reload()
    page.evaluate("() => window.pystudio.store.load()")
    assert (said(page), page.complaints) == (None, [])


def test_a_mask_that_cannot_be_used_is_left_out_and_the_next_takes_its_place(about):
    page, address = about
    for name, record in MASKS.items():
        plant(page, address, ("masks", "`${page}|name:chelsea`", record))
        page.goto(address)
        mask = page.evaluate("""async () => {
            const { store } = window.pystudio, photo = { key: "name:chelsea", rows: 300, columns: 451 };
            const { mask } = await store.memory.maskOf(photo);
            Object.assign(store, { photo, mask: new Uint8Array(300 * 451).fill(8) });
            return mask;
        }""")
        assert (mask, said(page)) == (None, f"{LEFT_OUT}the mask of this photo."), name
        kept = page.evaluate("""async () => {
            const { store } = window.pystudio;
            store.memory.saveMaskSoon();
            await store.memory.saveMaskNow();
            return [store.memory.refused, (await store.memory.maskOf(store.photo)).mask?.[0]];
        }""")
        assert (kept, page.complaints) == ([False, 8], []), name


TASKS = {
    **RECORDS, "empty": "{ done: 1 }", "cycle": "(() => { const cycle = { done: true }; cycle.work = cycle; return cycle; })()",
    "wrong kinds": "{ done: 'yes', tries: -1, best: NaN, hints: 1e300, solution: null, seconds: 0.5, answer: 7, work: new Map() }", "best of 7": "{ best: 7 }", "work is a date": "{ work: new Date(0) }",
}


def test_an_exercise_whose_record_cannot_be_used_works_and_says_so(about, lesson):
    page, _ = about
    address = lesson(("quiz", QUIZ.format(id="odd")))
    for name, record in TASKS.items():
        plant(page, address, ("tasks", "`${site}|odd`", record))
        page.goto(address)
        quiz = task(page, "odd")
        assert quiz.get_by_role("note").inner_text() == "What was kept of this exercise cannot be used and is left out.", name
        quiz.get_by_label("The second").check()
        assert "Done" in tried(quiz), name
        assert page.complaints == [], name


STRANGE = {
    "of a newer version": {"version": 9},
    "of a newer version without stores": {"version": 9, "stores": "0"},
    "of our version without stores": {"stores": "opening.result.createObjectStore('other')"},
    "without the index": {"stores": "for (const name of ['pages', 'masks', 'tasks']) opening.result.createObjectStore(name)"},
    "with keys of its own": {"stores": "for (const name of ['pages', 'masks', 'tasks']) opening.result.createObjectStore(name, { keyPath: 'id', autoIncrement: true })"},
}


@pytest.mark.parametrize("name", STRANGE)
def test_a_database_of_another_make_is_made_to_work(browser, server, name):
    with visitor(browser) as context:
        page, address = opened(context), server.url + "about.html"
        plant(page, address, **STRANGE[name])
        for step in range(2):
            page.goto(address)
            found = page.evaluate("""async () => {
                const { store } = window.pystudio, photo = { key: "name:chelsea", rows: 1, columns: 2 };
                await store.load();
                const before = (await store.memory.maskOf(photo)).mask?.[1];
                Object.assign(store, { photo, mask: new Uint8Array([0, 5]) });
                store.memory.saveMaskSoon();
                await store.memory.flush();
                return [before ?? null, store.notice];
            }""")
            assert found == [5 if step else None, None]
        assert page.complaints == []


OPENS = {
    "never": "IDBFactory.prototype.open = () => new EventTarget()",
    "throws": "IDBFactory.prototype.open = () => { throw new DOMException('no', 'SecurityError') }",
    "is not there": "delete window.indexedDB; Object.defineProperty(window, 'indexedDB', { value: undefined })",
    "fails": "IDBFactory.prototype.open = () => { const request = new EventTarget(); request.error = new DOMException('no', 'UnknownError'); setTimeout(() => request.onerror()); return request; }",
    "answers to nothing": "for (const name of ['get', 'put', 'getAll']) IDBObjectStore.prototype[name] = () => new EventTarget()",
}


@pytest.mark.parametrize("how", OPENS)
def test_a_memory_that_does_not_open_keeps_no_page_from_coming(browser, lesson, how):
    with visitor(browser) as context:
        context.add_init_script(OPENS[how])
        page = opened(context)
        page.goto(lesson(("segment", ""), ("quiz", QUIZ.format(id="odd"))))
        expect(page.locator("studio-segment > .ps-notice").first).to_contain_text("does not answer" if how in ("never", "answers to nothing") else "keeps nothing after a reload")
        expect(page.locator("studio-segment .ps-credit strong")).to_be_visible()
        quiz = task(page, "odd")
        quiz.get_by_label("The second").check()
        assert "Done" in tried(quiz)
        assert page.complaints == []


def test_a_memory_that_answers_late_keeps_what_was_done_meanwhile(browser, server):
    with visitor(browser) as context:
        page = opened(context)
        page.add_init_script("""
            const open = IDBFactory.prototype.open, late = [];
            IDBFactory.prototype.open = function (...args) {
                const request = new EventTarget();
                late.push(() => {
                    const real = open.apply(this, args);
                    real.onsuccess = () => (request.result = real.result, request.onsuccess());
                    real.onupgradeneeded = () => (request.result = real.result, request.transaction = real.transaction, request.onupgradeneeded());
                });
                return request;
            };
            window.answer = () => late.forEach(each => each());
        """)
        page.goto(server.url + "about.html")
        page.evaluate("""async () => {
            const { store } = window.pystudio;
            await store.load();
            Object.assign(store, { photo: { key: "name:chelsea", rows: 1, columns: 2 }, mask: new Uint8Array([0, 5]) });
            store.memory.saveMaskSoon();
            store.remember("studio-paint.0.opacity", 0.5);
            await store.memory.flush();
        }""")
        assert "does not answer" in said(page)
        page.evaluate("() => answer()")
        page.wait_for_function("() => window.pystudio.store.notice.includes('answers again')")
        page.wait_for_function("async () => (await window.pystudio.store.memory.maskOf(window.pystudio.store.photo)).mask?.[1] === 5")
        page.wait_for_function("() => !('studio-paint.0.opacity' in window.pystudio.store.memory.pending.settings)")
        assert page.complaints == []


THEME = {"__palette": ["dark", "{", "[1]", "7", "{}", '{"index": "x", "color": 5}', '{"index": 1e99, "color": {"a b": "c"}}', '{"color": {"media": null}}', ""], "__tabs": ["x", "{}", "[1]"], "__announce": ["x"], "__consent": ["x"]}


def test_what_the_theme_cannot_use_of_what_it_stored_is_ignored(browser, server):
    with visitor(browser) as context:
        page = opened(context)
        for key, values in THEME.items():
            for value in values:
                page.goto(server.url + "about.html")
                page.evaluate("([key, value]) => { for (const scope of ['/', location.pathname]) localStorage.setItem(`${scope}.${key}`, value); }", [key, value])
                page.reload()
                expect(page.locator("[data-md-component=search-query]")).to_be_attached()
                assert page.evaluate("() => typeof window.component$ + typeof window.pystudio") == "objectobject", (key, value)
                assert page.complaints == [], (key, value)


def test_odd_settings_photos_and_networks_leave_elements_that_work_and_one_sentence(browser, lesson):
    address = lesson(*PAGE)
    with visitor(browser) as context:
        page = opened(context)
        plant(page, address, ("masks", "`${page}|name:chelsea`", MASKS["garbage in gzip"]), ("pages", "page", """{ current: 'name:unicorn', own: 'cat.png', settings: {
            'studio-segment.0.opacity': 'half', 'studio-segment.0.network': 'alexnet', 'studio-segment.0.view': [], 'studio-paint.1.opacity': NaN, 'studio-paint.1.size': -5, 'studio-grow.2.last': 'here', 'studio-grow.2.watch': 1e308 } }"""))
        page.goto(address)
        for element in ("studio-segment", "studio-paint", "studio-grow"):
            ready(page, element)
        page.evaluate("() => window.pystudio.store.opened")
        expect(page.locator("studio-segment > .ps-notice").first).to_contain_text(f"{LEFT_OUT}the photo that you brought, 7 settings, the photo shown last and the mask of this photo.")
        expect(page.locator("[role=alert]:visible")).to_have_count(0)
        assert page.complaints == []
