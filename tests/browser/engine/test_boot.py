"""The start: from the memory snapshot where it fits, from Pyodide's own files where it does not, and a page that is alive meanwhile."""
import functools
import gzip
import json
import re
import threading

import pytest
from tests.browser.conftest import BOOT, Lessons, ask, opened, ready, serving, visitor
from tests.browser.person import choose
from playwright.sync_api import expect

PARTS = ("modules", "library", "memory")


class Host(Lessons):
    """A host that does one thing to one file: `meddle(self, path)` answers it and says so, or says that it did not."""
    meddle = None

    def do_GET(self):
        if not (self.meddle and self.meddle(self.path)):
            super().do_GET()

    def answer(self, status, body, length=None, kind="application/octet-stream"):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)
        return True

    def whole(self):
        with open(self.translate_path(self.path), "rb") as file:
            return file.read()


def is_part(path, *parts):
    return re.search(rf"/snapshot/({'|'.join(parts or PARTS)})-[0-9a-f]+\.bin$", path)


def host(site, meddle=None):
    handler = type("Meddling", (Host,), {"meddle": meddle})
    return serving(functools.partial(handler, directory=site))


def visit(browser, running):
    """A new visitor on the home page; `asked` holds the addresses it fetches, `told` the words on its console, `leave()` ends the visit."""
    context = visitor(browser)
    page = opened(context.__enter__())
    page.asked = []
    page.on("request", lambda request: page.asked.append(request.url))
    page.told = []
    page.on("console", lambda message: page.told.append(message.text))
    page.goto(running.url + "index.html")
    page.leave = lambda: context.__exit__(None, None, None)
    return page


def visit_with(browser, running, code):
    """A new visitor in whose engine this code runs first. (The worker's script is proved by its hash: it is put in where the worker is made.)"""
    context = visitor(browser)
    page = opened(context.__enter__())
    page.add_init_script(f"""{{
        const Real = window.Worker;
        window.Worker = function (address, options) {{
            if (options?.name !== "pystudio") return new Real(address, options);
            const source = new TextDecoder().decode(Uint8Array.from(atob(address.split(",")[1]), letter => letter.charCodeAt(0)));
            const bytes = new TextEncoder().encode({json.dumps(code)} + source);
            let text = "";
            for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
            return new Real("data:text/javascript;base64," + btoa(text), options);
        }};
    }}""")
    page.goto(running.url + "index.html")
    page.leave = lambda: context.__exit__(None, None, None)
    return page


def started_from(page):
    ready(page, "studio-segment")
    return page.evaluate("window.pystudio.engine.startedFrom")


# ---------------------------------------------------------------- from the snapshot
@pytest.fixture(scope="module")
def woken(browser, site):
    with host(site) as running:
        page = visit(browser, running)
        ready(page, "studio-segment")
        yield page
        page.leave()


def test_python_wakes_from_the_snapshot_and_nothing_is_fetched_twice_over(woken):
    assert started_from(woken) == "snapshot"
    names = [url.rsplit("/", 1)[1] for url in woken.asked]
    assert all(sum(name.startswith(f"{part}-") for name in names) == 1 for part in PARTS)
    assert [name for name in names if re.match(r"python_stdlib|numpy-|pystudio-|micropip", name)] == []
    assert sum(name == "pyodide.asm.wasm" for name in names) == 1 and sum(name.endswith(".onnx") for name in names) == 1
    assert woken.complaints == []
    assert [text for text in woken.told if "Python" in text] == []


def test_numpy_counts_as_installed_when_a_package_comes_later(woken):
    picture = ask(woken, "export", {"what": "mask", "from": "network", "network": "deeplab_s16"})["bytes"]
    assert bytes(picture[1:4]) == b"PNG"
    wheels = [url.rsplit("/", 1)[1] for url in woken.asked if url.endswith(".whl")]
    assert [name.split("-")[0] for name in wheels] == ["micropip", "pillow"]  # and not NumPy again


def test_the_page_can_show_the_sources_of_its_python(woken):
    source = ask(woken, "grow.listing", {})["source"]
    assert source.startswith("def grow_by_hand(") and '"""' not in source


# ---------------------------------------------------------------- from files, whenever something is wrong with it
def lost(self, path):
    return is_part(path, "memory") and self.answer(404, b"There is no such file.")


def garbled(self, path):
    return is_part(path, "memory") and self.answer(200, bytes(range(256)) * 4000)


def damaged(self, path):
    """One byte in the middle is another; gzip's own checksum is all that can tell."""
    if not is_part(path, "memory"):
        return False
    data = bytearray(self.whole())
    data[len(data) // 2] ^= 255
    return self.answer(200, bytes(data))


def of_another_build(self, path):
    if not is_part(path, "library"):
        return False
    data = bytearray(gzip.decompress(self.whole()))
    data[512:544] = b"0" * 32  # the content of its first file, the key
    return self.answer(200, gzip.compress(bytes(data), 1))


def broken_off(self, path):
    if not is_part(path, "modules"):
        return False
    data = self.whole()
    self.answer(200, data[: len(data) // 2], len(data))
    self.close_connection = True
    return True


# Every file of the start, and what is told of it. Those of the snapshot are done without.
START = {"worker": r"/worker-[0-9a-f]+\.mjs$", "python": r"/pyodide\.asm\.wasm$", "lock": r"/lock-[0-9a-f]+\.json$",
         "runtime": r"/ort-wasm[^/]*\.wasm$", "network": r"/deeplab_s16-[0-9a-f]+\.onnx$"}
SPARED = {part: rf"/snapshot/{part}-[0-9a-f]+\.bin$" for part in PARTS}
LOGIN = b"<!DOCTYPE html><title>Sign in</title><form>Who are you?</form>"
DAMAGE = {
    "empty": lambda host: host.answer(200, b""),
    "cut": lambda host: host.answer(200, host.whole()[:-1000]),
    "a login page": lambda host: host.answer(200, LOGIN, kind="text/html; charset=utf-8"),
    "a login page without its type": lambda host: host.answer(200, LOGIN),
    "of another version": lambda host: host.answer(200, host.whole()[:-8] + b"otherone"),
    "missing": lambda host: host.answer(404, b""),
}


def meddled(site, pattern, damage, times=None):
    """A host that damages one file: always, or so many times; `hits` holds how often it was asked for."""
    hits = []

    def meddle(self, path):
        if not re.search(pattern, path.split("?")[0]) or (times is not None and len(hits) >= times):
            return False
        hits.append(path)
        return DAMAGE[damage](self)
    return hits, host(site, meddle)


@pytest.mark.product
@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("file", ["python", "network"])
def test_a_file_of_the_start_that_is_not_ours_is_told_with_a_way_on(browser, site, file, damage):
    told_and_tried_again(browser, site, file, damage)


@pytest.mark.product
@pytest.mark.parametrize("file", ["worker", "lock", "runtime"])
@pytest.mark.parametrize("damage", ["cut", "a login page"])
def test_any_file_of_the_start_that_is_not_ours_is_told(browser, site, file, damage):
    told_and_tried_again(browser, site, file, damage)


def told_and_tried_again(browser, site, file, damage):
    hits, running = meddled(site, START[file], damage)
    with running as server:
        page = visit(browser, server)
        said = ready(page, "studio-segment", "error").inner_text()
        assert ("missing on this site" if damage == "missing" else "Something else arrived in place of a file of the studio") in said or (file, damage) == ("worker", "missing")
        assert "Try again" in said and "protobuf" not in said
        assert len(hits) == (1 if damage == "missing" else 2)  # the host itself was asked once more, past the browser's cache
        page.leave()


@pytest.mark.product
@pytest.mark.parametrize("damage", ["cut", "a login page", "of another version"])
@pytest.mark.parametrize("file", ["worker", "python", "network"])
def test_a_damaged_copy_is_fetched_again_without_a_word(browser, site, file, damage):
    hits, running = meddled(site, START[file], damage, times=1)
    with running as server:
        page = visit(browser, server)
        assert started_from(page) == "snapshot"
        assert len(hits) == 1 and page.locator("[role=alert]:visible").count() == 0
        page.leave()


@pytest.mark.product
@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("damage", DAMAGE)
def test_the_snapshot_is_done_without_whatever_comes_in_its_place(browser, site, part, damage):
    hits, running = meddled(site, SPARED[part], damage)
    with running as server:
        page = visit(browser, server)
        assert started_from(page) == "files" and hits
        page.leave()


def test_trying_again_starts_once_the_files_are_right(browser, site):
    hits, running = meddled(site, START["python"], "a login page", times=2)
    with running as server:
        page = visit(browser, server)
        failed = ready(page, "studio-segment", "error")
        failed.get_by_role("button", name="Try again").click()
        assert started_from(page) == "snapshot" and len(hits) == 2
        page.leave()


REFUSALS = {
    "memory": ("const { Memory } = WebAssembly; WebAssembly.Memory = function (...given) { throw new RangeError('WebAssembly.Memory(): could not allocate memory'); };", "too little memory"),
    "compilation": ("WebAssembly.instantiateStreaming = async () => { throw new WebAssembly.CompileError('Wasm code generation disallowed by embedder'); };", "refused to run WebAssembly"),
}


@pytest.mark.parametrize("what", REFUSALS)
def test_a_browser_that_refuses_what_python_needs_is_told(browser, site, what):
    code, words = REFUSALS[what]
    with host(site) as server:
        page = visit_with(browser, server, code)
        said = ready(page, "studio-segment", "error").inner_text()
        assert words in said and "Try again" in said
        page.leave()


@pytest.mark.parametrize("meddle", [lost, garbled, damaged, of_another_build, broken_off], ids=lambda m: m.__name__)
def test_a_snapshot_that_is_not_right_is_passed_over(browser, site, meddle):
    with host(site, meddle) as running:
        page = visit(browser, running)
        assert started_from(page) == "files"
        assert [text for text in page.told if text.startswith("Python starts from its files")] != []
        assert [name for name in page.complaints if "Failed to load resource" not in name] == []  # the browser's own word about a lost file
        assert page.locator("[role=alert]:visible").count() == 0
        steps = page.evaluate("window.pystudio.engine.steps")
        assert [step["step"] for step in steps] == ["runtime", "numpy", "pystudio", "onnxruntime", "network"]
        assert all(step["finished"] and step["done"] == step["total"] > 0 for step in steps)
        page.leave()


def test_a_browser_without_promise_integration_starts_too(browser, site):
    """Firefox and Safari had it later than Chromium. A snapshot that was taken with it must not harm them."""
    with host(site) as running:
        page = visit_with(browser, running, "delete WebAssembly.Suspending; delete WebAssembly.promising;")
        assert started_from(page) == "snapshot"
        assert ask(page, "segment.run", {"network": "deeplab_s16"})["n_classes"] == 21
        assert page.complaints == []
        page.leave()


# ---------------------------------------------------------------- meanwhile
def test_while_python_is_on_its_way_the_page_is_read_and_photos_are_chosen(browser, site):
    come = threading.Event()

    def late(self, path):
        if is_part(path, "memory"):
            come.wait(BOOT / 1000)
        return False

    with host(site, late) as running:
        page = visit(browser, running)
        expect(page.locator(".ps-boot").first).to_be_visible()
        page.mouse.move(640, 450)
        page.mouse.wheel(0, 600)
        page.evaluate("new Promise(done => scrollY > 100 ? done() : addEventListener('scroll', () => scrollY > 100 && done()))")
        strip = page.get_by_role("region", name="Choose a photo").first
        strip.get_by_role("button", name=re.compile(r"(✓ )?Band$")).click()
        expect(page.locator(".ps-credit strong").first).to_have_text("Band")
        drawn = page.locator("studio-segment canvas[data-layer=photo]").first
        expect(drawn).to_be_visible()
        assert drawn.evaluate("c => new Set(c.getContext('2d').getImageData(0, 0, c.width, c.height).data).size") > 100  # a photo, not a blank
        assert page.evaluate("window.pystudio.engine.state") == "loading"
        steps = {step["step"]: step for step in page.evaluate("window.pystudio.engine.steps")}
        assert not steps["pystudio"]["finished"] and steps["pystudio"]["done"] < steps["pystudio"]["total"]
        assert all(step["done"] <= step["total"] for step in steps.values())
        come.set()
        choose(page, "Band")
        assert started_from(page) == "snapshot"
        page.leave()
