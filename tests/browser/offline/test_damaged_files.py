"""Files that are not what they should be: damaged or forged in the copy on this device, or replaced on the way from the host.

A host in a folder, as in test_offline_visits.py; here it also answers other things than what was asked for.
"""
import base64
import hashlib

import pytest
from tests.browser.conftest import SITE, opened
from playwright.sync_api import expect
from tests.browser.offline.test_offline_visits import PLACE, Host, digests, kept, labelled, on_disk, one, slip, start  # noqa: F401 (start is a fixture)

from pystudio.builder.site import offline

LOGIN = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body><h1>Sign in to SchoolNet</h1><form></form></body></html>"
SCRIPT, STYLE, THEME = one("studio/studio-*.js"), one("studio/studio-*.css"), one("assets/javascripts/bundle.*.min.js")
WORKER, WASM, NETWORK = one("studio/worker-*.mjs"), one("studio/pyodide-*/pyodide.asm.wasm"), one("studio/models/deeplab_s16-????????.onnx")
FILES = {"script": SCRIPT, "style": STYLE, "theme": THEME, "page": "classic.html", "worker": WORKER, "wasm": WASM, "network": NETWORK, "photo": one("photos/cows-????????.webp"),
         "search": "search/search_index.json"}
DAMAGE = {
    "empty": lambda data: b"",
    "cut": lambda data: data[: len(data) // 2],
    "altered": lambda data: data[: len(data) // 2] + bytes([data[len(data) // 2] ^ 1]) + data[len(data) // 2 + 1 :],
    "login page": lambda data: LOGIN,
    "older version": lambda data: data + b"\n",
}
every_file = pytest.mark.parametrize("path", FILES.values(), ids=FILES.keys())
every_damage = pytest.mark.parametrize("damage", DAMAGE)


class FaultyHost(Host):
    """`faults`: the end of a path -> what answers it: a function of the request handler and of the right bytes. `lasting`: every answer may be cached for an hour."""

    def __init__(self, folder):
        self.faults, self.lasting = {}, False
        super().__init__(folder)

    def handler(self):
        host = self

        class Faulty(super().handler()):
            def do_GET(self):
                path = self.path.split("?")[0]
                fault = next((fault for end, fault in host.faults.items() if path.endswith(end)), None)
                if fault is None:
                    return super().do_GET()
                host.asked.append((self.command, path.removeprefix(PLACE)))
                file = host.folder / path.removeprefix(PLACE)
                fault(self, file.read_bytes() if file.is_file() else b"")

            def end_headers(self):
                if host.lasting:
                    self.send_header("Cache-Control", "max-age=3600")
                super().end_headers()

            def answer(self, body, status=200, kind=None, **headers):
                self.send_response(status)
                self.send_header("Content-Type", kind or self.guess_type(self.path.split("?")[0]))
                for name, value in ({"content_length": len(body)} | headers).items():
                    self.send_header(name.replace("_", "-"), str(value))
                self.end_headers()
                self.wfile.write(body)
        return Faulty


def damaged(kind):
    return lambda handler, data: handler.answer(DAMAGE[kind](data), kind="text/html" if kind == "login page" else None)


def hung_up(handler, data):
    """As a lost connection: unlike a host that ends, it ends the spare connections of the browser too."""
    handler.close_connection = True


def broken_off(handler, data):
    handler.answer(data[: len(data) // 2], content_length=len(data))
    handler.close_connection = True


WRONG = {kind.replace(" ", "_"): damaged(kind) for kind in DAMAGE} | {
    "elsewhere": lambda handler, data: handler.answer(b"", 302, location="http://localhost:9/login"),
    "to_login": lambda handler, data: handler.answer(b"", 302, location=PLACE + "about.html"),
    "511": lambda handler, data: handler.answer(LOGIN, 511, "text/html"),
    "broken_off": broken_off,
}


@pytest.fixture(scope="module")
def visit(start, site, tmp_path_factory):  # noqa: F811
    """A page that the service worker answers; its host as `visit.host`."""
    host = FaultyHost(site)
    with start(tmp_path_factory.mktemp("visit")) as context:
        page = opened(context)
        page.host = host
        page.goto(host.url + "about.html")
        kept(page)
        yield page
    host.stop()


@pytest.fixture(autouse=True)
def mended(request):
    """Each test begins with a host that is there and answers rightly, and a page that has said nothing."""
    yield
    if "visit" in request.fixturenames:
        page = request.getfixturevalue("visit")
        page.host.faults.clear()
        page.host.lasting = False
        page.evaluate("document.querySelector('.ps-word')?.remove()")


def forge(page, path, body, **headers):
    """Put a copy of this file into the browser's storage, as though it were the right one."""
    right = hashlib.sha256((SITE / path).read_bytes()).hexdigest()[: offline.DIGITS]
    kind = "files" if offline.waits(path, (SITE / path).stat().st_size) else "shell"
    page.evaluate("""async ([place, kind, path, base64, headers]) => {
        const bytes = Uint8Array.from(atob(base64), letter => letter.charCodeAt(0));
        const name = kind === "files" ? `pystudio ${place} files` : (await caches.keys()).find(name => name.startsWith(`pystudio ${place} shell`));
        await (await caches.open(name)).put(new URL(place + path, location).href, new Response(bytes, { headers }));
    }""", [PLACE, kind, path, base64.b64encode(body).decode(), {"x-pystudio-sha256": right} | headers])


def evict(page, path):
    """The copy is gone, also from the browser's own cache."""
    page.evaluate("async ([place, path]) => { for (const name of await caches.keys()) await (await caches.open(name)).delete(new URL(place + path, location).href); }", [PLACE, path])
    page.context.new_cdp_session(page).send("Network.clearBrowserCache")


def fetched(page, path):
    """What a page gets for a file, after what the service worker does with it is done: status, whether it is right, its type, and the reason it was refused."""
    status, digest, kind, reason = page.evaluate("""async ([place, path]) => {
        const { port1, port2 } = new MessageChannel();
        const answer = await fetch(place + path).catch(() => null), bytes = await answer?.arrayBuffer().catch(() => null);
        const settled = new Promise(resolve => port1.onmessage = resolve);
        navigator.serviceWorker.controller.postMessage("settled", [port2]);
        await settled;
        const hex = bytes && [...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))].map(byte => byte.toString(16).padStart(2, "0")).join("");
        return [bytes ? answer.status : 0, hex, answer?.headers.get("content-type"), answer?.headers.get("x-pystudio-reason")];
    }""", [PLACE, path])
    return status, [digest] == on_disk(SITE, [path]), kind, reason


# ---------------------------------------------------------------- the copy on this device
@pytest.mark.product
@every_file
@every_damage
def test_a_damaged_copy_is_never_served_and_is_made_good_at_once(visit, path, damage):
    forge(visit, path, DAMAGE[damage]((SITE / path).read_bytes()))
    assert fetched(visit, path)[:2] == (200, True)
    assert digests(visit, [path]) == on_disk(SITE, [path])
    assert fetched(visit, path)[:2] == (200, True)


@pytest.mark.product
@every_file
@every_damage
def test_a_damaged_copy_is_not_replaced_by_the_same_from_the_browsers_own_cache(visit, path, damage):
    evict(visit, path)
    visit.host.faults[path] = damaged(damage)
    visit.host.lasting = True
    visit.evaluate("address => fetch(address, { cache: 'reload' }).then(answer => answer.blob()).catch(() => 0)", PLACE + path)
    del visit.host.faults[path]
    assert [fetched(visit, path)[:2] for _ in range(2)][1] == (200, True)  # the engine's files pass as they come, and are asked for again
    assert digests(visit, [path]) == on_disk(SITE, [path])


@every_damage
def test_a_page_whose_script_was_damaged_is_alive_at_its_next_load(visit, damage):
    forge(visit, SCRIPT, DAMAGE[damage]((SITE / SCRIPT).read_bytes()))
    visit.reload()
    kept(visit)
    assert digests(visit, [SCRIPT]) == on_disk(SITE, [SCRIPT])


def test_an_engine_that_was_damaged_throughout_starts_at_the_next_visit(visit):
    """Every byte of every heavy file is another, none has another size."""
    engine = [WORKER, *(path.relative_to(SITE).as_posix() for folder in ("pyodide-*", "onnxruntime-web-*", "snapshot") for path in SITE.glob(f"studio/{folder}/*")), NETWORK]
    for path in engine:
        forge(visit, path, bytes((SITE / path).stat().st_size))
    visit.goto(visit.host.url)
    labelled(visit)
    assert visit.locator("[role=alert]:visible").count() == 0
    used = [path for path in engine if not path.endswith(".zip")]  # the library is only for browsers that cannot use the snapshot
    assert digests(visit, used) == on_disk(SITE, used)
    visit.goto(visit.host.url + "about.html")


@every_file
def test_a_damaged_copy_without_a_connection_is_named_as_that(visit, path):
    evict(visit, path)
    forge(visit, path, DAMAGE["altered"]((SITE / path).read_bytes()))
    visit.host.faults[""] = hung_up
    assert fetched(visit, path)[::3] == (503, "damaged")
    expect(slip(visit)).to_contain_text("A file of this site that this device kept was damaged, and there is no connection to fetch it again.")
    visit.host.faults.clear()
    assert fetched(visit, path)[:2] == (200, True)


@every_file
def test_a_right_copy_with_forged_headers_does_no_harm(visit, path):
    forge(visit, path, (SITE / path).read_bytes(), **{"content-type": "text/plain", "refresh": "0;url=http://localhost:9/", "content-security-policy": "default-src 'none'",
                                                      "link": "<http://localhost:9/x>; rel=preload; as=style", "cross-origin-embedder-policy": "whatever"})
    status, right, kind, _ = fetched(visit, path)
    assert (status, right) == (200, True) and kind != "text/plain"
    names = visit.evaluate("path => fetch(path).then(answer => [...answer.headers.keys()].sort())", PLACE + path)
    assert names == ["content-length", "content-type", "x-pystudio-sha256"]


# ---------------------------------------------------------------- what comes from the network in place of a file
@pytest.mark.product
@pytest.mark.parametrize("fault", WRONG)
@every_file
def test_nothing_else_is_served_or_kept_in_place_of_a_file(visit, path, fault):
    evict(visit, path)
    visit.host.faults[path] = WRONG[fault]
    status, right, _, reason = fetched(visit, path)
    assert not right and digests(visit, [path]) == [None]
    if fault == "broken_off":
        assert status == 0
    elif fault != "altered" or path not in (WASM, NETWORK):  # which pass as they come: the engine proves them
        assert (status, reason) == (502, "wrong")
        expect(slip(visit)).to_contain_text("Something else arrived in place of a file of this site: perhaps a login page, or the page of a filter.")
    visit.host.faults.clear()
    assert fetched(visit, path)[:2] == (200, True)
    assert digests(visit, [path]) == on_disk(SITE, [path])


@pytest.mark.parametrize(("fault", "title"), [("empty", "This page is not kept on this device"), ("login_page", "Sign in to SchoolNet"), ("511", "Sign in to SchoolNet"), ("to_login", "About this site")])
def test_where_a_page_is_not_kept_the_login_page_of_a_network_is_shown_and_not_kept(visit, fault, title):
    evict(visit, "photos.html")
    visit.host.faults["photos.html"] = WRONG[fault]
    visit.goto(visit.host.url + "photos.html")
    expect(visit.get_by_role("heading", level=1)).to_contain_text(title)
    assert digests(visit, ["photos.html"]) == [None]
    visit.host.faults.clear()
    visit.goto(visit.host.url + "photos.html")
    expect(visit.get_by_role("heading", level=1)).to_contain_text("Photos")
    visit.goto(visit.host.url + "about.html")


def test_an_older_version_from_a_cache_on_the_way_is_asked_for_past_it(visit):
    """Caches between answer what they have, unless they are told not to."""
    evict(visit, SCRIPT)
    visit.host.faults[SCRIPT] = lambda handler, data: handler.answer(data if "no-cache" in handler.headers.get("Cache-Control", "") else DAMAGE["older version"](data))
    assert fetched(visit, SCRIPT)[:2] == (200, True)
