"""The desk's end of python/worker.js: the site's own Pyodide and wheels in a bare worker of the bench's page."""
from __future__ import annotations

from lab import Lab
from playwright.sync_api import Page
from stage import HERE, SITE, only

PAGE = "bench/python/index.html"


def boot(lab: Lab, page: Page) -> str:
    """Start Python there and give it python/timed.py; the version of Python."""
    session = lab.host.url + "studio/"
    where = {
        "pyodide": f"{session}{only(SITE / 'studio', 'pyodide-*').name}/",
        "lock": session + only(SITE / "studio", "lock-*.json").name,
        "wheels": session + "wheels/",
        "source": (HERE / "python" / "timed.py").read_text(encoding="utf-8"),
    }
    return page.evaluate("""where => {
        bench.python = bench.ask(new Worker("worker.js", { type: "module" }));
        return bench.python({ boot: where });
    }""", where)


def open_photo(lab: Lab, page: Page, address: str) -> None:
    page.evaluate("url => bench.python({ photo: url })", lab.host.url + address)


def call(page: Page, name: str, arguments):
    """Call a function of python/timed.py with values that JSON can carry."""
    return page.evaluate("([name, args]) => bench.python({ call: name, args })", [name, arguments])
