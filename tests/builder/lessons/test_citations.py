"""The works of others: every entry has its form and is used, pages list and cite them by key, and what is wrong is told with file, line and remedy."""
import re
import tomllib

import markdown
import pytest

from pystudio.builder import ROOT
from pystudio.builder.lessons import citations
from pystudio.builder.lessons.extension import render
from pystudio.builder.lessons.mistakes import Mistake
from pystudio.builder.lessons.options import parse
from pystudio.builder.lessons.schema import FenceError
from pystudio.builder.lessons.vocabulary import plain
from pystudio.segment import classic

WORKS = citations.works()
PAGES = sorted((ROOT / "site_src").glob("*.md"))
OTSU = '[otsu1979]\nauthors = ["N. Otsu"]\nyear = 1979\ntitle = "A Threshold"\nvenue = "IEEE 9"\ndoi = "10.1109/TSMC.1979.4310076"\n'


def listed(page):
    return [key for block in re.findall(r"^```sources\n(.*?)^```", page.read_text(encoding="utf-8"), re.S | re.M) for key in citations.read(block)[0]]


def wrong(tmp_path, text):
    (tmp_path / "site_src").mkdir(exist_ok=True)
    (tmp_path / citations.WORKS).write_text(text, encoding="utf-8")
    return list(citations.check_works(tmp_path))


def test_the_works_of_this_site_have_their_form():
    assert len(WORKS) > 80 and list(citations.check_works(ROOT)) == []
    assert list(WORKS) == sorted(WORKS), "in the order of their keys, so that one is found"
    assert len({work["title"] for work in WORKS.values()}) == len(WORKS)
    assert len(found := [work[where] for work in WORKS.values() for where in citations.WHERE[:-1] if where in work]) == len(set(found))


def test_a_key_is_the_first_author_and_the_year():
    for key, work in WORKS.items():
        if key != "deeplab-zoo":
            first = plain(citations.short(work | {"authors": work["authors"][:1], "others": False})).lower().replace(" ", "-")
            assert re.fullmatch(r"(.+)-(\d{4})", first)[0].replace(f"-{work['year']}", str(work["year"])) == re.match(r"[a-z-]+\d{4}", key)[0], key


def test_every_work_is_used_and_every_page_lists_a_work_once():
    lists = {page.name: listed(page) for page in PAGES}
    assert {key for keys in lists.values() for key in keys} == set(WORKS)
    assert all(len(keys) == len(set(keys)) for keys in lists.values())


def test_every_classic_method_is_by_somebody_who_is_listed():
    known = {(citations.short({**work, "authors": work["authors"][:1], "others": False}).rpartition(" ")[0], str(work["year"])) for work in WORKS.values()}
    for method in classic.METHODS.values():
        for paper in method.paper.split("; "):
            assert (re.match(r"[\w-]+", paper)[0], re.search(r"\b(?:19|20)\d\d\b", paper)[0]) in known, method.paper


@pytest.mark.parametrize("change, line, message, remedy", [
    (("year = 1979\n", ""), 1, "`otsu1979` has no `year`.", "Add a line `year = 1979`."),
    (("year = 1979", 'year = "1979"'), 3, "`year` has to be a number.", "For example `year = 1979`."),
    (("year = 1979", "year = 79"), 3, "79 is no year.", "Write four digits."),
    (("authors", "autors"), 2, "A work has no `autors`.", "Did you mean authors?"),
    (('["N. Otsu"]', '"N. Otsu"'), 2, "`authors` has to be a list of names", 'For example `authors = ["N. Otsu"]`.'),
    (("10.1109/TSMC", "https://doi.org/10.1109/TSMC"), 6, "does not have the form of a doi.", "without https://doi.org/"),
    (("doi = ", "# doi = "), 1, "does not say where it is found.", "Add its doi, arxiv, isbn or url"),
    (('doi = "10.1109/TSMC.1979.4310076"', 'isbn = "0-12-637240-4"'), 6, "The check digit of the ISBN", "Compare it with the book."),
    (('doi = "10.1109/TSMC.1979.4310076"', 'arxiv = "arXiv:1505.04597"'), 6, "does not have the form of a arxiv.", "1505.04597"),
    (("[otsu1979]", "[Otsu1979]"), 1, "`Otsu1979` cannot be cited.", "Use small letters"),
    (("year = 1979", "year 1979"), 3, "This line cannot be read.", "Write `name ="),
    (("[otsu1979]\n", ""), 1, "is written above the first work.", "Write a line such as [otsu1979]"),
])
def test_a_mistake_in_an_entry_is_told_with_line_and_remedy(tmp_path, change, line, message, remedy):
    assert wrong(tmp_path, OTSU) == []
    found = wrong(tmp_path, OTSU.replace(*change))
    assert any(each.line == line and message in each.message and remedy in each.remedy for each in found), found
    assert all(isinstance(each, Mistake) and each.path == "site_src/citations.toml" for each in found)


def test_a_project_without_the_file_has_no_works_and_no_mistake(tmp_path):
    assert list(citations.check_works(tmp_path)) == [] and citations.works(tmp_path) == {}
    assert "citations.toml" in citations.read("otsu1979: x", tmp_path)[1][0].remedy


@pytest.mark.parametrize("body, line, message, remedy", [
    ("otsu1979: Five pages.\notsu1997:", 2, "No work has the key `otsu1997`.", "Did you mean otsu1979?"),
    ("qqqqqq:", 1, "No work has the key `qqqqqq`.", "Add the work to site_src/citations.toml"),
    ("otsu1979:\notsu1979:", 2, "`otsu1979` is listed twice.", "Keep one"),
    ("otsu1979", 1, "This is not a list of works.", "the colon"),
    ("", 0, "This block lists no work.", "otsu1979"),
    ("otsu1979: [a, b]", 1, "has to be text.", "quotation marks"),
    ("otsu1979: one: two", 1, "", ""),
])
def test_a_mistake_in_a_block_is_told_with_line_and_remedy(body, line, message, remedy):
    found = citations.read(body)[1]
    assert (found[0].line, message in found[0].message, remedy in found[0].remedy) == (line, True, True), found
    with pytest.raises(FenceError):
        parse("sources", body)


def test_what_a_page_cites_it_has_to_list():
    lines = ["See [@otsu1979] and [@otsu1997].", "In code `[@nobody]` means nothing.", "A [link](page.md), and [@Shi 2000] is no key."]
    assert [(line, said) for line, said, _ in citations.page_mistakes(lines, [])] == [
        (1, "This page cites `otsu1979`, but does not list it."), (1, "No work has the key `otsu1997`.")]
    assert [said for _, said, _ in citations.page_mistakes(lines[:1], ["otsu1979"])] == ["No work has the key `otsu1997`."]


def test_a_list_links_to_where_the_works_are_found_and_says_that_the_links_lead_away():
    shown = render("sources", "otsu1979: Five *good* pages & more.\nbrice1970:\nserra1982:\nbuolamwini2018:")
    assert '<li id="source-otsu1979">N. Otsu, “A Threshold Selection Method from Gray-Level Histograms”, <em>IEEE Transactions on Systems, Man, and Cybernetics</em> 9, 1979.' in shown
    assert shown.count('title="Leads to another site"') == shown.count("↗") == 3
    assert 'href="https://doi.org/10.1016/0004-3702(70)90008-1"' in shown and "ISBN 0-12-637240-3" in shown
    assert ">proceedings.mlr.press <" in shown and "Five <em>good</em> pages &amp; more." in shown


def test_a_sentence_names_a_work_and_links_to_its_place_in_the_list():
    page = markdown.Markdown(extensions=["pystudio.builder.lessons.citations"])
    assert page.convert("A cut [@boykov2001].") == '<p>A cut <a class="ps-cite" href="#source-boykov2001">(Boykov and Jolly 2001)</a>.</p>'
    assert page.convert("Not `[@boykov2001]`, not [@nobody].") == "<p>Not <code>[@boykov2001]</code>, not [@nobody].</p>"


def test_mkdocs_does_not_copy_the_file():
    assert "\n  /citations.toml\n" in (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    assert tomllib.loads((ROOT / citations.WORKS).read_text(encoding="utf-8"))
