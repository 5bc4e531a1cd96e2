"""Without a connection: one visit, then no server; updates that never mix; copies that heal; what a visitor is told. In a folder of the host, not at its root.

Each visitor has a profile on the disk, so that the browser can be closed and started again.
"""
import collections
import contextlib
import hashlib
import re
import shutil
import threading

import pytest
from tests.browser.conftest import BOOT, FLAGS, PATIENCE, SITE, Elsewhere, Server, StaticFiles, opened, ready, serving
from tests.browser.firefox import Firefox
from tests.browser.person import choose, problem, shown
from playwright.sync_api import expect

from pystudio.builder.site import bundle, offline
from pystudio.builder.site import hosted as sitemaker
from pystudio.builder.output_tree import OutputTree, write

PLACE = "/course/pystudio/"


# ---------------------------------------------------------------- a host that can go away, and change its site
class Host:
    """A plain static host with the site in a folder. `folder` may be exchanged; `held` names a file whose answer waits."""

    def __init__(self, folder):
        self.folder, self.port, self.held, self.release = folder, 0, None, threading.Event()
        self.asked = []
        self.start()

    def handler(self):
        host = self

        class Files(StaticFiles):
            def send_head(self):
                host.asked.append((self.command, self.path.removeprefix(PLACE).split("?")[0]))
                if host.held and host.held in self.path:
                    host.release.wait(60)
                    return self.send_error(503)
                if not self.path.startswith(PLACE):
                    return self.send_error(404)
                self.directory, self.path = str(host.folder), self.path.removeprefix(PLACE.rstrip("/"))
                return super().send_head()
        return Files

    def start(self):
        Server.allow_reuse_address = True
        self.server = Server(("127.0.0.1", self.port), self.handler())
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.port}{PLACE}"

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def taken(self):
        """How often each file was asked for since the last time."""
        asked, self.asked = self.asked, []
        return collections.Counter(path for command, path in asked if command == "GET")


@pytest.fixture
def host(site):
    running = Host(site)
    yield running
    running.release.set()
    running.stop()


@pytest.fixture(scope="module")
def start(browser, chromium_path):
    """Start a Chromium with a profile: a context that is closed at the end."""
    with serving(Elsewhere) as proxy:
        @contextlib.contextmanager
        def visit(profile, **options):
            context = browser.browser_type.launch_persistent_context(
                profile, executable_path=chromium_path, args=FLAGS, proxy={"server": proxy.url, "bypass": "127.0.0.1"},
                **{"viewport": {"width": 1280, "height": 900}} | options)
            context.set_default_timeout(PATIENCE)
            yield context
            context.close()
        yield visit


# ---------------------------------------------------------------- what a person does and sees
def kept(page):
    """Wait until the page says what this device keeps; the control."""
    control = page.locator(".ps-keep")
    expect(control).to_be_visible(timeout=BOOT)
    return control


def labelled(page, name="cat"):
    ready(page, "studio-segment")
    expect(page.locator("studio-segment")).to_have_attribute("data-classes", re.compile(name))


def slip(page):
    return page.locator(".ps-word")


def stored(page):
    """All that the browser keeps of this site: cache name -> path -> size."""
    return page.evaluate("""async place => {
        const all = {};
        for (const name of await caches.keys()) {
            const cache = await caches.open(name);
            all[name] = {};
            for (const request of await cache.keys())
                all[name][decodeURIComponent(new URL(request.url).pathname.slice(place.length))] = (await (await cache.match(request)).blob()).size;
        }
        return all;
    }""", PLACE)


def digests(page, paths):
    """SHA-256 of what is kept under these paths, by the browser's own cryptography; None for what is not."""
    return page.evaluate("""async ([place, paths]) => Promise.all(paths.map(async path => {
        const kept = await caches.match(new URL(place + path, location).href);
        if (!kept) return null;
        return [...new Uint8Array(await crypto.subtle.digest("SHA-256", await kept.arrayBuffer()))].map(byte => byte.toString(16).padStart(2, "0")).join("");
    }))""", [PLACE, paths])


def on_disk(folder, paths):
    return [hashlib.sha256((folder / path).read_bytes()).hexdigest() for path in paths]


def one(pattern, folder=SITE):
    (found,) = folder.glob(pattern)
    return found.relative_to(folder).as_posix()


def script(page, folder):
    """The studio's script on a page, if it is the one of the build in this folder."""
    return page.locator(f"script[src='{one('studio/studio-*.js', folder)}']")


# ---------------------------------------------------------------- another build of the same site
@pytest.fixture(scope="module")
def newer(tmp_path_factory):
    """The site one version later: a sentence on a page, a line in a style sheet, and a network under another name, which the script names. Files of old names are gone."""
    folder = tmp_path_factory.mktemp("newer")
    tree = OutputTree({path.relative_to(SITE).as_posix(): path.read_bytes() for path in SITE.rglob("*") if path.is_file()})
    network, script = one("studio/models/deeplab_s16-????????.onnx"), one("studio/studio-*.js")
    tree.add("studio/models/deeplab_s16-next.onnx", tree.files.pop(network))
    text = tree.files.pop(script).replace(network.removeprefix("studio/").encode(), b"models/deeplab_s16-next.onnx")
    renamed = tree.add(f"studio/studio-{hashlib.sha256(text).hexdigest()[:8]}.js", text)
    for path in [path for path in tree.files if path.endswith(".html")]:
        tree.files[path] = tree.files[path].replace(script.encode(), renamed.encode())
    tree.files["about.html"] = re.sub(rb"(<h1[^>]*>)About this site", rb"\1About this newer site", tree.files["about.html"])
    tree.files["assets/stylesheets/lesson.css"] += b"\n:root { --build: newer }\n"
    for path in [path for path in tree.files if path.endswith(".html")]:
        tree.files[path] = sitemaker.with_integrity(tree.bytes(path).decode(), path, tree).encode()
    manifest = {"networks": {"deeplab_s16": {"file": "models/deeplab_s16-next.onnx"}}, "wheels": "wheels/"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bundle, "first_mask", lambda manifest: [])
        offline.add(tree, bundle.Bundle(tree, manifest, "", ""), tmp_path_factory.mktemp("parts"))
    write(tree, folder)
    return folder


# ---------------------------------------------------------------- one visit, then none
@pytest.fixture(scope="module")
def student(start, site, tmp_path_factory):
    """Somebody who was on the home page once: their profile, the host (gone now), and what was asked of it."""
    profile, host = tmp_path_factory.mktemp("student"), Host(site)
    Elsewhere.asked.clear()
    with start(profile) as context:
        page = opened(context)
        page.goto(host.url)
        labelled(page)
        kept(page)
        # What only the engine's worker fetches, after its start:
        page.get_by_label("Network", exact=True).first.select_option(label="Selfie, wide")
        expect(page.locator("[data-fact=classes]")).to_have_text("2")
        page.get_by_label("Network", exact=True).first.select_option(label="DeepLab v3, fast")
        expect(page.locator("[data-fact=classes]")).to_have_text("21")
        complaints = page.complaints
        page.goto(host.url + "about.html")  # leaving the page writes down what was chosen
    host.stop()
    yield profile, host, host.taken(), complaints
    with contextlib.suppress(OSError):
        host.stop()


def test_the_first_visit_fetches_nothing_twice_and_asks_nobody_else(student):
    _, _, asked, complaints = student
    twice = {path: count for path, count in asked.items() if count > 1 and path not in ("", "index.html", "sw.js")}
    assert {path: count for path, count in twice.items() if (SITE / path).stat().st_size > 10_000} == {}
    assert len(twice) <= 1, twice
    assert Elsewhere.asked == [] and complaints == []


def test_the_copy_of_the_site_waits_for_the_first_mask(start, host, tmp_path):
    """Fetching a hundred files meanwhile would make it late."""
    with start(tmp_path) as context:
        context.add_init_script("""navigator.serviceWorker.register = new Proxy(navigator.serviceWorker.register, { apply(register, workers, asked) {
            const { state, classes } = document.querySelector("studio-segment").dataset;
            window.atRegistration = `${state} ${classes}`;
            return register.apply(workers, asked);
        } });""")
        page = opened(context)
        page.goto(host.url)
        kept(page)
        assert page.evaluate("window.atRegistration") == "ready cat"


def test_after_one_visit_the_home_page_labels_photos_without_a_server(student, start):
    profile, host, _, _ = student
    with start(profile) as context:
        page = opened(context)
        page.goto(host.url)
        labelled(page)
        expect(slip(page)).to_contain_text("There is no connection now. You see the copy on this device.")
        page.get_by_label("Network", exact=True).first.select_option(label="Selfie, wide")
        expect(page.locator("[data-fact=classes]")).to_have_text("2")
        page.get_by_label("Network", exact=True).first.select_option(label="DeepLab v3, fast")
        ready(page, "studio-segment")

        page.get_by_role("region", name="Choose a photo").get_by_role("button", name="Swans").click()  # one that was never opened
        assert re.match(r"The photo “Swans” could not be loaded\. Check the connection .* this device keeps can be opened\.", problem(page))
        expect(page.locator(".ps-credit strong")).to_have_text("Kitten")

        page.goto(host.url + "about.html")  # every page is kept, visited or not
        expect(page.get_by_role("heading", level=1)).to_contain_text("About this site")
        page.get_by_placeholder("Search").click()
        page.get_by_placeholder("Search").press_sequentially("intersection")
        expect(page.locator(".md-search-result__item").first).to_be_visible()


@pytest.mark.parametrize("place", ["never-was.html", "lessons/of/a/teacher.html", "never/"])
def test_a_page_that_is_not_kept_says_so_in_the_sites_own_look(student, start, place):
    profile, host, _, _ = student
    with start(profile) as context:
        page = opened(context)
        page.goto(host.url + place)
        expect(page.get_by_role("heading", level=1)).to_contain_text("This page is not kept on this device")
        expect(page.get_by_text("Connect this device and load the page again.")).to_be_visible()
        assert page.url == host.url + place  # so that loading it again asks for it again
        expect(page.locator(".ps-keep")).to_be_hidden()
        assert page.locator(".md-header").evaluate("header => getComputedStyle(header).position") == "sticky"  # the theme's style is there
        page.get_by_role("link", name="Before deep learning").last.click()
        expect(page).to_have_url(host.url + "classic.html")


def test_everything_can_be_kept_with_progress_cancelled_and_goes_on(student, start):
    profile, host, _, _ = student
    host.start()
    try:
        with start(profile) as context:
            page = opened(context)
            page.goto(host.url)
            control = kept(page)
            expect(control).to_contain_text("Part of this lesson is kept on this device.")
            offer = control.get_by_role("button", name=re.compile(r"Keep everything \([\d.]+.MB\)"))
            said = float(re.search(r"[\d.]+", offer.inner_text())[0])
            host.held = "studio/wheels/scipy-"
            offer.focus()
            page.keyboard.press("Enter")
            bar = control.get_by_role("progressbar")
            expect(bar).to_have_attribute("aria-valuetext", re.compile(r"Keeping a copy on this device: [\d.]+.[kM]B of [\d.]+.MB"))
            expect(control.get_by_role("button", name="Cancel")).to_be_focused()
            page.keyboard.press("Enter")
            expect(control).to_contain_text("Stopped. What has come is kept.")
            host.release.set()
            host.held = None

            less = control.get_by_role("button", name=re.compile("Keep everything"))
            assert 0 < float(re.search(r"[\d.]+", less.inner_text())[0]) <= said
            less.click()
            expect(control).to_contain_text("The whole site is kept on this device and works without a connection.", timeout=BOOT)
            expect(control.get_by_role("button")).to_have_count(0)
            expect(page.get_by_role("status").filter(has_text="The whole site is kept")).to_have_count(1)  # said to those who listen
            page.reload()
            expect(kept(page)).to_contain_text("The whole site is kept")
    finally:
        host.release.set()
        host.held = None
        host.stop()
    with start(profile) as context:
        page = opened(context)
        page.goto(host.url + "classic.html")
        expect(page.locator("studio-classic").first).to_have_attribute("data-state", "ready", timeout=BOOT)
        expect(kept(page)).to_contain_text("The whole site is kept")
        page.goto(host.url)
        labelled(page)
        choose(page, "Swans")
        shown(page, "Swans")
        labelled(page, "bird")


def test_a_copy_that_was_broken_off_is_completed_without_fetching_again_what_came(start, host, tmp_path):
    host.held = "sheep-small"
    with start(tmp_path) as context:  # which is closed while the service worker is at work
        page = opened(context)
        with page.expect_event("requestfinished", lambda request: "about.html" in request.url):
            page.goto(host.url + "about.html")
        while not any("sheep-small" in path for _, path in host.asked):
            page.evaluate("() => new Promise(requestAnimationFrame)")
        page.wait_for_load_state("networkidle")
        begun = stored(page)
        assert page.evaluate("async () => !(await navigator.serviceWorker.getRegistration()).active")
    host.release.set()
    host.held = None
    came = {path for files in begun.values() for path in files}
    assert came
    host.taken()
    with start(tmp_path) as context:
        page = opened(context)
        page.goto(host.url + "about.html")
        kept(page)
        (shell,) = [files for name, files in stored(page).items() if "shell" in name]
        assert shell == {path: (SITE / path).stat().st_size for path in shell} and came < set(shell)
        asked = host.taken()
        assert any("sheep-small" in path for path in asked)
        by_the_page = {"about.html"} | set(page.evaluate("place => performance.getEntriesByType('resource').map(entry => decodeURIComponent(new URL(entry.name).pathname.slice(place.length)))", PLACE))
        assert came & set(asked) <= by_the_page


def test_no_room_is_said_in_plain_words_and_the_page_works_on(start, host, tmp_path):
    with start(tmp_path) as context:
        page = opened(context)
        page.goto(host.url + "404.html")
        devtools = context.new_cdp_session(page)
        devtools.send("Storage.overrideQuotaForOrigin", {"origin": host.url.split("/course")[0], "quotaSize": 4_000_000})
        page.goto(host.url)
        labelled(page)
        expect(slip(page)).to_contain_text("This device has no room left for a copy of the site. Everything works as before, as long as there is a connection")
        control = kept(page)
        control.get_by_role("button", name=re.compile("Keep this lesson")).click()
        expect(control).to_contain_text("This device has no room for all of it.")
        choose(page, "Horses")
        labelled(page, "horse")
        page.reload()
        labelled(page, "horse")


# ---------------------------------------------------------------- versions
def test_a_new_version_waits_for_the_visitor_and_nothing_is_mixed(start, host, newer, tmp_path):
    with start(tmp_path) as context:
        page = opened(context)
        page.goto(host.url + "about.html")
        kept(page)
        (before,) = [name for name in stored(page) if "shell" in name]
        host.folder = newer
        other = opened(context)
        other.goto(host.url + "about.html")
        expect(other.get_by_role("heading", level=1)).to_contain_text("About this site")
        for each in (page, other):
            expect(slip(each)).to_contain_text("A new version of this site is here.")
        other.reload()  # two pages are open: it stays what it was
        expect(other.get_by_role("heading", level=1)).to_contain_text("About this site")
        expect(script(other, SITE)).to_have_count(1)

        slip(other).get_by_role("button", name="Reload").click()
        expect(other.get_by_role("heading", level=1)).to_contain_text("About this newer site")
        expect(script(other, newer)).to_have_count(1)
        expect(slip(page)).to_contain_text("This page is of an older version of the site. Reload it; your work is kept.")
        slip(page).get_by_role("button", name="Reload").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("About this newer site")
        kept(page)
        shells = [name for name in stored(page) if "shell" in name]
        assert len(shells) == 1 and before not in shells


def test_reloading_the_only_page_brings_the_new_version(start, host, newer, tmp_path):
    with start(tmp_path) as context:
        page = context.pages[0]
        page.goto(host.url + "about.html")
        kept(page)
        host.folder = newer
        page.goto(host.url + "about.html")
        expect(slip(page)).to_contain_text("A new version of this site is here.")
        host.taken()
        page.reload()
        expect(page.get_by_role("heading", level=1)).to_contain_text("About this newer site")
        kept(page)
        same = set(host.taken()) & {"search/search_index.json", "assets/images/logo.svg", one("studio/studio-*.css")}
        assert not same  # what did not change came from the older copy


def test_an_old_page_whose_files_are_gone_says_so_and_reloads_into_the_new_version(start, host, newer, tmp_path):
    with start(tmp_path) as context:
        page = context.pages[0]
        page.goto(host.url + "about.html")  # which keeps the pages and scripts, and no network
        kept(page)
        host.folder = newer
        page.goto(host.url)
        ready(page, "studio-segment", "error")
        assert problem(page).startswith("This page is of an older version of the site, and a file it needs is gone: models/deeplab_s16-")
        assert "next" not in " ".join(path for _, path in host.asked)  # not a file of the other version came to this page
        slip(page).get_by_role("button", name="Reload").click()
        expect(script(page, newer)).to_have_count(1)
        labelled(page)
        assert host.taken()["studio/models/deeplab_s16-next.onnx"] == 1


def test_a_page_that_only_the_newer_site_has_comes_with_its_own_files(start, host, newer, tmp_path):
    build = "getComputedStyle(document.documentElement).getPropertyValue('--build')"
    with start(tmp_path / "profile") as context:
        page = context.pages[0]
        page.goto(host.url + "about.html")
        kept(page)
    later = tmp_path / "later"
    shutil.copytree(newer, later)
    shutil.copy(newer / "about.html", later / "added.html")
    host.folder = later
    with start(tmp_path / "profile") as context:
        page, older = context.pages[0], context.new_page()
        older.goto(host.url + "about.html")
        page.goto(host.url + "added.html")  # somebody sent a link to it
        expect(page.get_by_role("heading", level=1)).to_contain_text("About this newer site")
        expect(script(page, newer)).to_have_count(1)
        assert (page.evaluate(build), older.evaluate(build)) == ("newer", "")  # a style of the same name in both
        expect(script(older, SITE)).to_have_count(1)


def test_serving_ones_own_changes_is_not_caught_by_an_older_copy(start, host, tmp_path):
    with start(tmp_path / "profile") as context:
        page = context.pages[0]
        page.goto(host.url + "about.html")
        kept(page)
        live = tmp_path / "live"
        shutil.copytree(SITE, live)
        tree = OutputTree()
        offline.add(tree, bundle.Bundle(tree, {}, "", ""), tmp_path, live=True)
        write_over = {"sw.js": tree.bytes("sw.js"), "about.html": re.sub(rb'<link rel="manifest"[^>]*>', b"", (SITE / "about.html").read_bytes()).replace(b"About this site", b"About my changes")}
        for path, data in write_over.items():
            (live / path).write_bytes(data)
        host.folder = live
        page.goto(host.url + "about.html")
        expect(page.get_by_role("heading", level=1)).to_contain_text("About my changes")
        assert page.evaluate("navigator.serviceWorker.getRegistrations().then(all => all.length)") == 0
        assert page.evaluate("caches.keys()") == []


# ---------------------------------------------------------------- what is left alone, and what the browser thinks
def test_ranges_heads_and_what_is_not_of_the_site_go_to_the_host(start, host, tmp_path):
    with start(tmp_path) as context:
        page = context.pages[0]
        page.goto(host.url + "about.html")
        kept(page)
        host.asked = []
        answers = page.evaluate("""async () => {
            const ask = (path, init) => fetch(path, { cache: "no-store", ...init }).then(answer => answer.status);
            return [await ask("about.html"), await ask("about.html", { method: "HEAD" }), await ask("about.html", { headers: { range: "bytes=0-9" } }),
                    await ask("about.html", { method: "POST" }), await ask("nothing.json"), await ask("/elsewhere.html")];
        }""")
        assert answers == [200, 200, 200, 501, 404, 404]  # this simple host answers a range with the whole
        assert host.asked == [("HEAD", "about.html"), ("GET", "about.html"), ("GET", "nothing.json"), ("GET", "/elsewhere.html")]


def test_the_browser_finds_the_site_installable(start, host, tmp_path):
    with start(tmp_path) as context:
        page = context.pages[0]
        page.goto(host.url + "about.html")
        kept(page)
        devtools = context.new_cdp_session(page)
        manifest = devtools.send("Page.getAppManifest")
        assert manifest["errors"] == [] and manifest["url"] == host.url + "site.webmanifest"
        assert devtools.send("Page.getInstallabilityErrors")["installabilityErrors"] == []


def test_firefox_keeps_the_site_too(host, tmp_path):
    with Firefox(tmp_path) as firefox:
        tab = firefox.open(host.url)
        tab.until("() => document.querySelector('studio-segment')?.dataset.classes === 'cat' && document.querySelector('.ps-keep')?.hidden === false", timeout=BOOT / 1000)
        host.stop()
        try:
            tab.close()
            tab = firefox.open(host.url)
            tab.until("() => document.querySelector('studio-segment')?.dataset.classes === 'cat'", timeout=BOOT / 1000)
            tab.until("() => document.querySelector('.ps-word')?.innerText.startsWith('There is no connection now.')")
        finally:
            host.start()
