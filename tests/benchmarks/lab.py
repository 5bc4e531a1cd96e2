"""What every benchmark shares: one Chromium with a profile of its own, hosts, pages that speak up when something breaks. Nothing is timed here."""
from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from contextlib import ExitStack, contextmanager
from pathlib import Path

import machine
from host import Host
from playwright.sync_api import Page, sync_playwright
from report import NotMeasured
from stage import stage

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]
PATIENCE = 180_000  # ms; the longest a loaded two-core machine was seen to need is a tenth of it
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
INJECTED = (Path(__file__).parent / "injected.js").read_text(encoding="utf-8")


class Lab:
    """One Chromium and one host of the site and of the bench's own pages, for the length of a `with` block.

    The profile is a folder of its own, empty at the start: with it Chromium keeps its caches on disk as a visitor's does,
    which a private window does not.
    """

    def __init__(self, say: Callable[[str], None]):
        self.say = say

    def __enter__(self) -> Lab:
        path = next(filter(None, map(shutil.which, NAMES)), None)
        if path is None:
            raise NotMeasured("No Chromium was found. Install it (Debian: apt-get install chromium) and run the command again.")
        self.folders = stage()
        with ExitStack() as stack:
            self.profile = stack.enter_context(tempfile.TemporaryDirectory(prefix="pystudio-bench-", ignore_cleanup_errors=True))
            self.host = stack.enter_context(self.new_host())
            playwright = stack.enter_context(sync_playwright())
            self.context = playwright.chromium.launch_persistent_context(
                self.profile, executable_path=path, args=FLAGS, viewport={"width": 1280, "height": 900})
            stack.callback(self.context.close)
            self.context.set_default_timeout(PATIENCE)
            self.context.add_init_script(INJECTED)
            self._open = stack.pop_all()
        return self

    def __exit__(self, *error) -> None:
        self._open.close()

    def new_host(self, compress: bool = True, without: str = "") -> Host:
        """Another host of the same files, some withheld if asked: another origin, of which nothing is in any cache."""
        return Host(self.folders, compress, without)

    @contextmanager
    def page(self, path: str, host: Host | None = None, at: str | None = None):
        """A page at an address of the host (or anywhere, `at`), closed after the block. Errors on it end the benchmark, in its own words."""
        page = self.context.new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        try:
            page.goto((at or (host or self.host).url) + path, wait_until="commit")
            yield page
        except Exception as error:
            if complaints:
                raise NotMeasured(f"{error}\nThe page said: " + "; ".join(complaints[:3])) from error
            raise
        finally:
            page.close()

    def chromium_version(self) -> str:
        with self.page("bench/python/index.html") as page:
            session = self.context.new_cdp_session(page)
            return session.send("Browser.getVersion")["product"].replace("/", " ")

    def memory(self) -> float | None:
        """Megabytes that Chromium uses now, all its processes together; None where that cannot be known."""
        root = machine.process_with(self.profile)
        return machine.memory(root) if root else None


def first_mask(page: Page, element: str) -> None:
    """Wait until an element shows its first mask; raise in its own words if it reports an error."""
    found = page.locator(f"{element}[data-state=ready], {element}[data-state=error]").first
    found.wait_for(state="attached")
    if found.get_attribute("data-state") == "error":
        raise NotMeasured(f"The page reports: {found.inner_text()[:300]}")
