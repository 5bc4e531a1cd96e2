"""The same pages from another generator: Zensical reads mkdocs.yml, and what our fences become comes out of it as it comes out of MkDocs."""
import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser

import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config

from pystudio.builder import ROOT


@pytest.fixture(scope="module")
def sites(tmp_path_factory):
    """{generator: folder of finished pages}, both made from the pages and the mkdocs.yml of this project, as they are."""
    work = tmp_path_factory.mktemp("zensical")
    shutil.copytree(ROOT / "site_src", work / "site_src", ignore=shutil.ignore_patterns("studio"))
    shutil.copy(ROOT / "mkdocs.yml", work)
    program = shutil.which("zensical", path=os.path.dirname(sys.executable))
    done = subprocess.run([program, "build", "-f", "mkdocs.yml"], cwd=work, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    build(load_config(str(work / "mkdocs.yml"), site_dir=str(work / "mkdocs")))
    return {"Zensical": work / "build/site", "MkDocs": work / "mkdocs"}


class Content(HTMLParser):
    """Of the article of a page: our elements with their attributes, its headings with their anchors, its pictures, its links within the site, and its words."""

    def __init__(self, page):
        super().__init__()
        self.found, self.words = [], []
        self.feed(page[page.index("<article") : page.index("</article>")])

    def handle_starttag(self, tag, attributes):
        told = dict(attributes)
        if tag.startswith("studio-"):
            self.found.append((tag, attributes))
        elif tag in ("h1", "h2", "h3") and told.get("id"):
            self.found.append((tag, told["id"]))
        elif tag == "img":
            self.found.append((tag, told.get("src"), told.get("alt")))
        elif tag == "a" and told.get("class") is None and ".html" in (told.get("href") or "") and "://" not in told["href"]:
            self.found.append((tag, told["href"]))

    def handle_data(self, data):
        self.words += data.split()


PAGES = sorted(path.relative_to(ROOT / "site_src").with_suffix(".html").as_posix() for path in (ROOT / "site_src").glob("*.md"))


@pytest.mark.parametrize("page", PAGES)
def test_a_page_from_zensical_holds_what_the_same_page_from_mkdocs_holds(sites, page):
    ours, theirs = (Content((sites[name] / page).read_text(encoding="utf-8")) for name in ("MkDocs", "Zensical"))
    assert theirs.found == ours.found
    assert theirs.words == ours.words


def test_elements_of_every_kind_come_out(sites):
    kinds = {found[0] for page in PAGES for found in Content((sites["Zensical"] / page).read_text(encoding="utf-8")).found}
    assert {"studio-segment", "studio-paint", "studio-grow", "studio-classic", "studio-cell", "studio-quiz", "studio-task-paint", "studio-report"} <= kinds


def test_the_order_of_the_menu_is_the_same(sites):
    menus = []
    for folder in sites.values():
        links = re.findall(r"<a\s[^>]*md-nav__link[^>]*>", (folder / "index.html").read_text(encoding="utf-8"))
        menus.append(list(dict.fromkeys(re.findall(r'href="(?:\./)?([\w.-]+\.html)"', " ".join(links)))))
    assert menus[0] == menus[1] and {"what.html", "practice.html", "teach.html"} <= set(menus[0])


def test_what_is_no_page_is_not_published_as_it_lies_there(sites):
    for name, folder in sites.items():
        assert not [path for path in ("studio", "theme", "photos/credits.json", "truth") if (folder / path).exists()], name
