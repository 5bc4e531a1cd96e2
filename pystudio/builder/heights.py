"""The heights that pages reserve for labs before their scripts run, measured in Chromium and written into the labs' style sheets.

The command `heights`. A style sheet that has the two marks below gets new rules between them: for every width of the element at which
the height around its picture changes. Variants that options make stand outside of the marks, by hand.
"""

from __future__ import annotations

import functools
import http.server
import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from . import BUILD, BuildError, log
from .lessons import extension
from .lessons.labs import Lab, labs
from .lessons.schema import example
from .site import hosted

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Route

BEGIN, END = "/* Measured by `build.py heights`. */\n", "/* End of what was measured. */\n"
PHONES, DESKS = range(284, 560, 4), range(560, 1304, 4)  # px, widths of the element: measured with a finger's targets, and with a pointer's
MARGIN = 36  # px: a phone's page beside the element
SAME = 2  # px: a difference that is not worth a rule
HEIGHT = """
    width => {
        const lab = document.querySelector(".measured");
        lab.parentElement.style.inlineSize = `${width}px`;
        const skeleton = lab.querySelector(".ps-skeleton");
        const height = lab.getBoundingClientRect().height;
        return skeleton ? [height, parseFloat(getComputedStyle(skeleton).getPropertyValue("--ps-around"))] : [height, NaN];
    }
"""


def main() -> int:
    """Measure every lab whose style sheet wants it; write what differs."""
    from playwright.sync_api import sync_playwright

    wanted = [lab for lab in labs() if lab.style and BEGIN in lab.style.read_text(encoding="utf-8")]
    with _serving(BUILD / "site") as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_chromium(), args=["--no-sandbox", "--disable-gpu"])
        for lab in wanted:
            log(f"Measuring {lab.fence.name}")
            text = lab.style.read_text(encoding="utf-8")
            new = with_rules(text, lab.fence.name, measured(browser, address, lab))
            if new != text:
                lab.style.write_text(new, encoding="utf-8")
                log(f"  written: {lab.style.parent.name}/{lab.style.name}")
        browser.close()
    return 0


def measured(browser: Browser, address: str, lab: Lab) -> list[tuple[int, int]]:
    """The height around a lab's picture (px), by the widths of the element (px), as the lab is before the engine is ready."""
    found = []
    for widths, touch in ((PHONES, True), (DESKS, False)):
        before, after = (_heights(browser, address, lab, widths, touch, scripts) for scripts in (False, True))
        found += [(width, round(around + built - skeleton)) for width, (skeleton, around), (built, _) in zip(widths, before, after)]
    return found


def rules(name: str, heights: list[tuple[int, int]]) -> str:
    """CSS with a rule for each width from which the height is another one.

    Examples
    --------
    >>> print(rules("toy", [(284, 90), (288, 91), (292, 60)]), end="")
    .ps > .ps-skeleton-toy { --ps-around: 90px; }
    @container (min-width: 292px) { .ps > .ps-skeleton-toy { --ps-around: 60px; } }
    """
    lines, last = [], None
    for width, height in heights:
        if last is None or abs(height - last) > SAME:
            rule = f".ps > .ps-skeleton-{name} {{ --ps-around: {height}px; }}"
            lines.append(rule if last is None else f"@container (min-width: {width}px) {{ {rule} }}")
            last = height
    return "".join(f"{line}\n" for line in lines)


def with_rules(text: str, name: str, heights: list[tuple[int, int]]) -> str:
    """The style sheet with other rules between its marks."""
    before, _, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise BuildError(f"The style sheet of {name} has no line “{END.strip()}”.", "Write it below the rules that were measured.")
    return before + BEGIN + rules(name, heights) + END + after


def _heights(browser: Browser, address: str, lab: Lab, widths: range, touch: bool, scripts: bool) -> list[tuple[float, float]]:
    """(height of the element, its reserved height around the picture) for each width, px: with its script, or waiting for it."""
    page = browser.new_page(has_touch=touch)
    page.route("**/measured.html", lambda route: route.fulfill(body=_page(_block(lab)), content_type="text/html"))
    held: list[Route] = []
    page.route("**/studio/worker-*" if scripts else "**/studio/*.js", held.append)  # not answered while it is measured: the page waits
    page.goto(f"{address}measured.html", wait_until="commit")
    page.wait_for_selector(".measured > :not(.ps-skeleton)" if scripts else ".measured > .ps-skeleton", state="attached")
    page.evaluate("document.fonts.ready")
    found = []
    for width in widths:
        page.set_viewport_size({"width": width + MARGIN, "height": 900})
        found.append(tuple(page.evaluate(HEIGHT, width)))
    for route in held:
        route.abort()
    page.close()
    return found


def _block(lab: Lab) -> str:
    """The lab as the first page of the site has it that does not leave a part of it out."""
    element = lab.fence.element
    for path in sorted((BUILD / "site").glob("*.html"), key=lambda path: (path.name != "index.html", path.name)):
        for block in re.findall(rf"<{element} .*?</{element}>", path.read_text(encoding="utf-8"), flags=re.DOTALL):
            if '="false"' not in block.partition(">")[0]:
                return block
    required = "".join(f"{option.name}: {example(option)}\n" for option in lab.fence.options if option.required)
    return extension.render(lab.fence.name, required)


def _page(block: str) -> str:
    """A built page with a block in place of what it says."""
    text = (BUILD / "site/about.html").read_text(encoding="utf-8")
    head, article, _, foot = re.split(r"(<article [^>]*>)(.*)(?=</article>)", text, flags=re.DOTALL)
    marked = block.replace('class="ps"', 'class="ps measured"', 1)
    site = BUILD / "site"
    return hosted.with_labs(f"{head}{article}<div>{marked}</div>{foot}", *_scripts(site))


def _scripts(site: Path) -> tuple[str, dict[str, tuple[str, ...]]]:
    """The studio's script, and for every element all scripts of labs: more than a page loads, but what each needs is among it."""
    paths = [path.relative_to(site).as_posix() for path in sorted((site / "studio").glob("*.js"))]
    between = [path for path in paths if re.match(r"studio/(charts|exercises)-", path)]
    studio = next(path for path in paths if path.startswith("studio/studio-"))
    return studio, {lab.fence.element: (*between, next(path for path in paths if re.match(rf"studio/lab-{lab.fence.name.replace(' ', '-')}-[0-9a-f]{{8}}", path))) for lab in labs()}


@contextmanager
def _serving(folder: Path) -> Iterator[str]:
    """A server of a folder on this machine; its address."""
    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments: object) -> None:
            pass

        def copyfile(self, source: BinaryIO, outputfile: BinaryIO) -> None:
            with suppress(ConnectionError):  # a page that was measured is closed in the middle of its files
                super().copyfile(source, outputfile)

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=folder)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def _chromium() -> str:
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
    if not found:
        raise BuildError("No Chromium was found.", "Install it (Debian: apt-get install chromium) and run the command again.")
    return found
