"""`build.py check`: every mistake a teacher can make is told with file, line and remedy, and a good page is left alone."""

import json
import re
import runpy
import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from pystudio.measure import metrics
from pystudio.networks import network
from pystudio.builder.lessons import cell_check, check_cache, exercise_options
from pystudio.builder.site import hosted as desk_site
from pystudio.builder.lessons.check import Mistake, check, main
from pystudio.builder import ROOT
from pystudio.builder.lessons.schema import FENCES
from pystudio.labels import VOC

GOOD_CREDIT = {
    "name": "kitten",
    "file": "kitten.png",
    "title": "Kitten",
    "alt": "A kitten on a blanket.",
    "size": [6, 4],
    "author": "Somebody",
    "licence": "CC0-1.0",
    "source": "https://example.org/kitten",
}


class Site:
    """A small project of its own, with the repository's mkdocs.yml, one photo and one network."""

    def __init__(self, root: Path):
        self.root = root
        for folder in ("site_src/photos", "site_src/theme", "site_src/images", "models"):
            (root / folder).mkdir(parents=True)
        settings_text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
        self.settings = settings_text[: settings_text.index("\nnav:")]
        self.nav("index.md")
        (root / "models/deeplab_s16.toml").write_text('name = "deeplab_s16"\n', encoding="utf-8")
        Image.new("RGB", (6, 4)).save(root / "site_src/photos/kitten.png")
        Image.new("RGB", (6, 4)).save(root / "site_src/images/street.png")
        self.credits([GOOD_CREDIT])
        self.page("# Home\n")

    def nav(self, *pages: str) -> None:
        (self.root / "mkdocs.yml").write_text(self.settings + "\nnav:\n" + "".join(f"  - {page}\n" for page in pages), encoding="utf-8")

    def page(self, text: str, name: str = "index.md") -> None:
        (self.root / "site_src" / name).write_text(text, encoding="utf-8")

    def credits(self, credits) -> None:
        text = credits if isinstance(credits, str) else json.dumps(credits, indent=1, ensure_ascii=False)
        (self.root / "site_src/photos/credits.json").write_text(text, encoding="utf-8")

    def check(self) -> list[Mistake]:
        return check(self.root)

    def only(self) -> Mistake:
        found = self.check()
        assert len(found) == 1, [str(mistake) for mistake in found]
        return found[0]


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


def test_our_own_pages_are_clean():
    assert [str(mistake) for mistake in check(ROOT)] == []


def test_a_good_page_is_left_alone(site):
    site.nav("index.md", "more.md")
    site.page("# More\n\n## A part\n\nBack [home](index.md).\n", "more.md")
    site.page(
        "---\ntitle: Home\n---\n\n# Home\n\n"
        "```segment\nphoto: kitten\nnetwork: deeplab_s16\n```\n\n"
        "- item\n\n    ```grow\n    tolerance: 3\n    ```\n\n"
        "![A street](images/street.png) [more](more.md#a-part) [here](#home) <https://example.org>\n\n"
        "```python\nprint('[no link](nowhere.md)')\n```\n\n"
        "Write `[text](file.md)` for a link.\n"
    )
    assert site.check() == []


# --- fences


@pytest.mark.parametrize(
    ("text", "line", "message", "remedy"),
    [
        ("# Home\n\n```segment\nphoto: kittn\n```\n", 4, 'no bundled photo called "kittn"', "Did you mean kitten?"),
        ("# Home\n\n```segment\n\nnetwork: deeplab_s15\n```\n", 5, 'no network called "deeplab_s15"', "Did you mean deeplab_s16?"),
        ("# Home\n\n```grow\ntolerence: 3\n```\n", 4, "no option `tolerence`", "Did you mean tolerance?"),
        ("# Home\n\n```grow\ntolerance: much\n```\n", 4, "`tolerance` has to be a number", "For example `tolerance: 30`"),
        ("# Home\n\n```segmnt\nphoto: kitten\n```\n", 3, "no block named `segmnt`", "Did you mean segment?"),
        ("# Home\n\n```Paint\n```\n", 3, "no block named `Paint`", "Did you mean paint?"),
        ("# Home\n\n~~~grows\n~~~\n", 3, "no block named `grows`", "Did you mean grow?"),
        ("---\ntitle: Home\ntags: [a]\n---\n\n\n# Home\n\n```paint\nsize: big\n```\n", 10, "`size` has to be a whole number", "`size: 240`"),
        ("# Home\r\n\r\n```paint\r\nsize: big\r\n```\r\n", 4, "`size` has to be a whole number", "`size: 240`"),
        ("# Home\n\n!!! note\n\n    Text\n\n    ```paint\n    size: big\n    ```\n", 8, "`size` has to be", "`size: 240`"),
        ("# Home\n\n1. one\n\n    - two\n\n        ~~~~paint\n        size: big\n        ~~~~\n", 8, "`size` has to be", "`size: 240`"),
        ('# Home\n\n=== "Tab"\n\n    ```paint\n    size: big\n    ```\n', 6, "`size` has to be", "`size: 240`"),
        ("# Home\n\n> ```paint\n> size: big\n> ```\n", 4, "`size` has to be", "`size: 240`"),
        ("# Home\n\n````md\n```paint\nsize: big\n```\n````\n\n```paint\nsize: big\n```\n", 10, "`size` has to be", "`size: 240`"),
        ('# Home\n\n```paint size="big"\n```\n', 3, "`size` stands on the opening line", "Move it inside the block"),
        ("# Home\n\n```paint size: 3\n```\n", 3, "More than the name stands on the opening line", "Move it inside the block"),
        ("# Home\n\n```paint\nsize: 3\n\nThe end.\n", 3, "This paint block is not closed", "Close it with ```"),
        ("# Home\n\n- one\n\n    ```paint\nsize: 3\n    ```\n", 5, "This paint block is not closed, or its lines are not indented alike", "indented as far"),
    ],
)
def test_a_mistake_in_a_fence_is_told_with_its_line(site, text, line, message, remedy):
    site.page(text)
    found = site.only()
    assert (found.path, found.line) == ("site_src/index.md", line)
    assert message in found.message and remedy in found.remedy
    assert str(found) == f"site_src/index.md:{line}: {found.message} {found.remedy}"


def test_a_refused_word_is_told_with_its_line_in_text_and_blocks_but_not_in_code(site):
    site.page("---\ntitle: Home\n---\n\n# Home\n\nThe knots of a graph.\n\n```grow\ntitle: Try it anew\n```\n\n```python\nknots = 'anew'\n```\n\nWrite `knots`, or \"knots\".\n")
    assert [(mistake.line, mistake.message, mistake.remedy) for mistake in site.check()] == [
        (7, "“knots” is not the term of this field.", "Write node, if you mean a point of a graph."),
        (10, "“anew” is not plain English.", "Write again, or from the beginning."),
    ]


def test_a_work_that_is_cited_and_unknown_or_not_listed_is_told_with_its_line(site):
    works = '[otsu1979]\nauthors = ["N. Otsu"]\nyear = 1979\ntitle = "T"\nvenue = "V"\ndoi = "10.1109/TSMC.1979.4310076"\n'
    (site.root / "site_src/citations.toml").write_text(works, encoding="utf-8")
    good = "# Home\n\nA line [@otsu1979].\n\n## Sources\n\n```sources\notsu1979: Five pages.\n```\n"
    site.page(good)
    assert site.check() == []
    site.page(good.replace("[@otsu1979]", "[@otsu1978]").replace("otsu1979:", "otzu1979:"))
    assert [(mistake.line, mistake.message, mistake.remedy) for mistake in site.check()] == [
        (3, "No work has the key `otsu1978`.", "Did you mean otsu1979?"), (8, "No work has the key `otzu1979`.", "Did you mean otsu1979?")]
    site.page("# Home\n\nA line [@otsu1979].\n")
    assert [(mistake.line, mistake.remedy) for mistake in site.check()] == [(3, "Add a line `otsu1979:` to a `sources` block of this page.")]
    (site.root / "site_src/citations.toml").write_text(works.replace("year = 1979\n", ""), encoding="utf-8")
    site.page(good)
    assert [str(mistake) for mistake in site.check()] == ["site_src/citations.toml:1: `otsu1979` has no `year`. Add a line `year = 1979`."]


@pytest.mark.parametrize(
    "text",
    [
        "````md\n```segmnt\nphoto: nobody\n```\n````\n",
        "~~~~\n~~~paint\nsize: big\n~~~\n~~~~\n",
        "Text\n\n    ```segmnt\n    photo: nobody\n    ```\n",
        "<!--\n```segmnt\n```\n-->\n",
        "```groovy\nprintln 1\n```\n",
        "```dot\ndigraph {}\n```\n",
        "```\nsegment\n```\n",
        "The `segment` fence, as in ```` ```segment ````.\n",
    ],
)
def test_what_is_only_shown_as_code_is_no_mistake(site, text):
    site.page("# Home\n\n" + text)
    assert site.check() == []


def test_every_mistake_is_told_not_only_the_first(site):
    site.page("# Home\n\n```paint\nsize: big\n```\n\n[x](nowhere.md)\n\n```grwo\n```\n\n![](images/street.png)\n")
    assert [mistake.line for mistake in site.check()] == [4, 7, 9, 12]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    before=st.lists(st.sampled_from(["Text.", "", "- item", "```py\nx = 1\n```", "````\n```paint\nsize: big\n```\n````", "> quoted", "| a |\n|---|\n| b |"]), max_size=6),
    front=st.booleans(),
    mark=st.sampled_from(["```", "~~~", "`````"]),
    blank=st.integers(0, 3),
)
def test_the_line_is_right_whatever_stands_above(tmp_path_factory, before, front, mark, blank):
    site = Site(tmp_path_factory.mktemp("site"))
    head = "---\ntitle: Home\n---\n" if front else ""
    above = head + "# Home\n\n" + "".join(part + "\n\n" for part in before) + "Now:\n\n"
    site.page(above + f"{mark}paint\n" + "\n" * blank + f"size: big\n{mark}\n\nEnd.\n")
    assert site.only().line == above.count("\n") + 1 + blank + 1
    shutil.rmtree(site.root)


# --- cells and exercises, which are run


CODE = """```task-code
id: area
title: Area
text: Count.
function: area
arguments: {mask: mask 4x5}
start: |
  def area(mask):
      return 0
solution: |
  def area(mask):
      return mask.sum()
```
"""


@pytest.fixture(autouse=True)
def checks_of_this_test(tmp_path_factory, monkeypatch):
    """No verdict of another test, or of the checkout, is believed."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setattr(check_cache, "cache", lambda: folder)


@pytest.mark.parametrize(
    ("text", "line", "message", "remedy"),
    [
        ("# Home\n\n```python cell\na = 1\nprint(aa)\n```\n", 5, "This cell stops: There is nothing called `aa` here.", ""),
        ("# Home\n\n```python cell\na = photo[9, 9]\n```\n", 4, "This cell stops:", ""),
        ("# Home\n\n```python cell\na = 1\n```\n\n```python cell\nprint(a)\n1 / 0\n```\n", 9, "This cell stops:", ""),
        ("# Home\n\n- item\n\n    ```python cell\n    import pystudio.nowhere\n    ```\n", 6, "This cell stops:", ""),
        ("# Home\n\n```python cell\nfor row in photo\n    print(row)\n```\n", 4, "colon", ""),
        ("# Home\n\n```python cel\nprint(1)\n```\n", 3, "The word `cel` says nothing to a Python block", "Did you mean cell?"),
        ('# Home\n\n```python cell rn="start"\nprint(1)\n```\n', 3, "A cell has no option `rn`", "Did you mean run?"),
        ('# Home\n\n```python cell photo="kittn"\nprint(1)\n```\n', 3, "no bundled photo called", "Did you mean kitten?"),
        ("# Home\n\n" + CODE.replace("mask.sum()", "mask.smu()"), 12, "own solution does not run", "Correct the solution."),
        ("# Home\n\n" + CODE.replace("return 0", "return mask.sum()"), 9, "passes already", "Leave something out"),
        ("# Home\n\n" + CODE + "\n" + CODE, 17, "The id `area` belongs to the exercise at site_src/index.md:3 already", "another id"),
        ("# Home\n\n```quiz\nid: q\ntitle: Q\ntext: Q?\nchoices: [{answer: A, why: B}, {answer: C, why: D}]\n```\n", 7, "No choice of this quiz is right", "right: true"),
        ("# Home\n\n```task-paint\nid: p\ntitle: P\ntext: P.\nphoto: kitten\ntruth: drawn\n```\n", 3, "no drawn truth for the photo kitten", "6 by 4 pixels"),
        ("# Home\n\n```task-paint\nid: p\ntitle: P\ntext: P.\nphoto: kitten\nlabel: cta\n```\n", 8, "no class called", "Did you mean cat?"),
    ],
)
def test_a_mistake_in_a_cell_or_exercise_is_told_with_its_line(site, text, line, message, remedy):
    site.page(text)
    found = site.only()
    assert (found.path, found.line) == ("site_src/index.md", line), str(found)
    assert message in found.message and remedy in found.remedy
    assert found.remedy


def test_a_solution_that_does_not_find_the_thing_in_the_photo_is_told(site):
    label_png(site.root / "site_src/truth/kitten.png")
    by_photo = CODE.replace("arguments: {mask: mask 4x5}", "photos: [kitten]\ntruth: drawn\nlabel: cat").replace("(mask)", "(photo)").replace("return 0", "return photo[..., 0] > 300")
    site.page("# Home\n\n" + by_photo.replace("return mask.sum()", "return photo[..., 0] >= 0"))
    assert site.check() == []
    site.page("# Home\n\n" + by_photo.replace("return mask.sum()", "return photo[..., 0] > 200"))
    found = site.only()
    assert found.line == 14 and "own solution does not pass" in found.message


def test_cells_and_exercises_that_work_are_left_alone(site):
    site.page("# Home\n\n```python cell\nshape = photo.shape\n```\n\n```python cell\nassert shape == (4, 6, 3) and mask.shape == (4, 6)\nset_mask(mask + 8)\n```\n\n" + CODE)
    assert site.check() == []


def test_a_cell_without_an_end_is_told_and_those_before_it_are_not(monkeypatch, site):
    monkeypatch.setattr(cell_check, "LIMIT", 12)
    site.page("# Home\n\n```python cell\nprint(1)\n```\n\n```python cell\nwhile True:\n    pass\n```\n")
    found = site.only()
    assert found.line == 7 and "does not come to an end" in found.message


def test_what_was_run_once_is_not_run_again_until_something_changes(monkeypatch, site):
    site.page("# Home\n\n```python cell\nprint(aa)\n```\n")
    first = site.check()
    monkeypatch.setattr(cell_check, "failures", lambda *_: [None])
    assert site.check() == first
    site.page("# Home\n\n```python cell\nprint(ab)\n```\n")
    assert site.check() == []
    Image.new("RGB", (6, 4), "red").save(site.root / "site_src/photos/kitten.png")
    site.page("# Home\n\n```python cell\nprint(aa)\n```\n")
    assert site.check() == []


def label_png(path, size=(6, 4), label=8):
    path.parent.mkdir(exist_ok=True)
    Image.new("L", size, label).save(path)


@pytest.mark.parametrize(
    ("name", "made", "message", "remedy"),
    [
        ("kitten.png", {"size": (4, 6)}, "cannot be used", ""),
        ("kitten.png", {"label": 77}, "cannot be used", ""),
        ("kittn.png", {}, "There is no photo named kittn", "Did you mean kitten?"),
        ("kitten.jpg", {}, "This is no PNG", "PNG"),
    ],
)
def test_a_truth_that_does_not_fit_its_photo_is_told(site, name, made, message, remedy):
    label_png(site.root / "site_src/truth" / name, **made)
    found = site.only()
    assert found.path == f"site_src/truth/{name}"
    assert message in found.message and remedy in found.remedy


@pytest.mark.parametrize(
    ("block", "line", "message", "remedy"),
    [
        ("```paint\nphoto: kitten\ntruth: masks/kittn.png\n```\n", 5, "no label PNG masks/kittn.png below site_src", "Did you mean masks/kitten.png?"),
        ("```paint\nphoto: kitten\ntruth: netwrk\n```\n", 5, "no label PNG netwrk", "Did you mean network?"),
        ("```paint\nphoto: kitten\ntruth: ../../secret.png\n```\n", 5, "no label PNG ../../secret.png", "Use one of"),
        ("```paint\nphoto: kitten\ntruth: masks/wide.png\n```\n", 3, "masks/wide.png cannot be used", ""),
        ("```paint\nphoto: kitten\ntruth: masks/values.png\n```\n", 3, "masks/values.png cannot be used", ""),
        ("```paint\ntruth: masks/kitten.png\n```\n", 3, "this block names none", "photo: kitten"),
        ("```task-paint\nid: p\ntitle: P\ntext: P.\nphoto: kitten\ntruth: masks/wide.png\n```\n", 3, "masks/wide.png cannot be used", ""),
        ("```task-paint\nid: p\ntitle: P\ntext: P.\nphoto: kitten\nlabel: dog\ntruth: masks/kitten.png\n```\n", 8, "There is no dog in the truth", ""),
        ("```task-paint\nid: p\ntitle: P\ntext: P.\nphoto: kitten\nlabel: cat\ntruth: masks/kitten.png\n```\n", None, "", ""),
        ("```paint\nphoto: kitten\ntruth: masks/kitten.png\n```\n", None, "", ""),
    ],
)
def test_a_label_picture_that_a_block_names_is_looked_at(site, block, line, message, remedy):
    label_png(site.root / "site_src/masks/kitten.png")
    label_png(site.root / "site_src/masks/wide.png", size=(4, 6))
    label_png(site.root / "site_src/masks/values.png", label=77)
    site.page("# Home\n\n" + block)
    if line is None:
        assert site.check() == []
        return
    found = site.only()
    assert (found.path, found.line) == ("site_src/index.md", line), str(found)
    assert message in found.message and remedy in found.remedy and found.remedy


def test_a_truth_that_fits_is_left_alone_and_an_exercise_may_use_it(site):
    label_png(site.root / "site_src/truth/kitten.png")
    site.page("# Home\n\n```task-paint\nid: p\ntitle: P\ntext: P.\nphoto: kitten\nlabel: cat\ntruth: drawn\n```\n")
    assert site.check() == []
    assert (exercise_options.drawn_truth("kitten", site.root) == VOC.id("cat")).all()


# --- links, images, navigation


@pytest.mark.parametrize(
    ("text", "line", "message", "remedy"),
    [
        ("# Home\n\nSee [it](abut.md).\n", 3, "The link `abut.md` leads nowhere", "Correct it"),
        ("# Home\n\nSee [it](more.html).\n", 3, "The link `more.html` leads nowhere", "Did you mean `more.md`?"),
        ("# Home\n\nSee [it][there].\n\n[there]: abut.md\n", 5, "The link `abut.md` leads nowhere", "Correct it"),
        ("# Home\n\nSee [it](more.md#b-part).\n", 3, "no heading of more.md has the name `b-part`", "Did you mean a-part?"),
        ("# Home\n\nSee [it](#b-part).\n", 3, "no heading of this page has the name `b-part`", "Correct it"),
        ("# Home\n\nSee [it](/more.md).\n", 3, "The link `/more.md` begins with `/`", "Did you mean `more.md`?"),
        ("# Home\n\nSee [it](more).\n", 3, "The link `more` leads nowhere", "Did you mean `more.md`?"),
        ("# Home\n\n```py\n'[it](abut.md)'\n```\n\n- See\n  [it](abut.md).\n", 8, "The link `abut.md` leads nowhere", "Correct it"),
        ("# Home\n\n![A road](images/steet.png)\n", 3, "The link `images/steet.png` leads nowhere", "Did you mean `images/street.png`?"),
        ("# Home\n\n![A kitten](photos/kitten.png)\n", 3, "does not become part of the site", "put a copy into site_src/images"),
        ("# Home\n\n![](images/street.png)\n", 3, "image `street.png` has no text", "Say what it shows"),
        ("# Home\n\n![ ](images/street.png)\n", 3, "image `street.png` has no text", "Say what it shows"),
        ('# Home\n\n<p><img src="images/street.png"></p>\n', 3, "image `street.png` has no text", "Say what it shows"),
    ],
)
def test_a_broken_link_or_image_is_told_with_its_line(site, text, line, message, remedy):
    site.nav("index.md", "more.md")
    site.page("# More\n\n## A part\n", "more.md")
    site.page(text)
    found = site.only()
    assert (found.path, found.line) == ("site_src/index.md", line)
    assert message in found.message and remedy in found.remedy


def test_a_page_outside_the_menu_is_told(site):
    site.page("# More\n", "more.md")
    assert str(site.only()) == "site_src/more.md:1: No menu leads to this page. Add a line to `nav` in mkdocs.yml: `  - My lesson: more.md`."


def test_a_menu_entry_without_a_page_is_told(site):
    site.nav("index.md", "gone.md")
    found = site.only()
    assert found.path == "mkdocs.yml" and "`gone.md`" in found.message
    assert "gone.md" in (site.root / "mkdocs.yml").read_text(encoding="utf-8").split("\n")[found.line - 1]


def test_a_page_in_another_encoding_is_told(site):
    (site.root / "site_src/index.md").write_bytes("# Ünïcode\n".encode("utf-16"))
    found = site.only()
    assert (found.path, found.line) == ("site_src/index.md", 1) and "UTF-8" in found.message


# --- photos


@pytest.mark.parametrize("field", ["file", "title", "alt", "author", "licence", "source"])
@pytest.mark.parametrize("value", [None, "", "  ", 3])
def test_a_credit_without_a_field_is_told(site, field, value):
    other = GOOD_CREDIT | {"name": "cat", "file": "cat.png"}
    Image.new("RGB", (6, 4)).save(site.root / "site_src/photos/cat.png")
    broken = {key: content for key, content in other.items() if key != field} | ({field: value} if value is not None else {})
    site.credits([GOOD_CREDIT, broken])
    found = [mistake for mistake in site.check() if mistake.path.endswith("credits.json")]
    assert [mistake.message for mistake in found] == [f"The photo `cat` has no `{field}`."]
    lines = (site.root / "site_src/photos/credits.json").read_text(encoding="utf-8").split("\n")
    assert '"name": "cat"' in lines[found[0].line - 1]


@pytest.mark.parametrize(
    ("credits", "message"),
    [
        ([GOOD_CREDIT, GOOD_CREDIT], "two photos named `kitten`"),
        ([GOOD_CREDIT | {"size": [4, 6]}], "is 6 by 4 pixels"),
        ([GOOD_CREDIT, GOOD_CREDIT | {"name": "cat", "file": "cat.png"}], "has no file `cat.png`"),
        ([GOOD_CREDIT, GOOD_CREDIT | {"name": "cat", "file": "credits.json"}], "`credits.json` is not an image"),
        ("[{}", "The list is not closed"),
        ("[]", "There is no photo in this list"),
        ("{}", "This is not a list of photos"),
        ("[1]", "This is not a list of photos"),
    ],
)
def test_a_wrong_credit_is_told(site, credits, message):
    site.credits(credits)
    found = site.only()
    assert found.path == "site_src/photos/credits.json" and message in found.message


def test_missing_credits_are_told(site):
    (site.root / "site_src/photos/credits.json").unlink()
    assert site.only().message == "This file is missing."


def test_a_photo_nobody_is_credited_for_is_told(site):
    Image.new("RGB", (6, 4)).save(site.root / "site_src/photos/stray.WEBP")
    assert str(site.only()).startswith("site_src/photos/stray.WEBP:1: Nobody is credited for this photo.")


# --- the command


def test_the_command_prints_each_mistake_and_fails(site, capsys):
    site.page("# Home\n\n```grow\ntolerence: 3\n```\n\n[x](nowhere.md)\n")
    assert main([], site.root) == 1
    said = capsys.readouterr()
    assert said.out.splitlines() == [str(mistake) for mistake in site.check()]
    assert said.out.startswith("site_src/index.md:4: grow has no option `tolerence`. Did you mean tolerance?\n")
    assert said.err.strip() == "2 mistakes to mend."


def test_the_command_is_content_with_a_clean_site(site, capsys):
    assert main([], site.root) == 0
    said = capsys.readouterr()
    assert (said.out, said.err) == ("The pages are clean.\n", "")


def test_the_command_can_be_asked_about_one_file(site, capsys):
    site.page("# Home\n\n[x](nowhere.md)\n")
    assert main([str(site.root / "mkdocs.yml")], site.root) == 0
    assert main([str(site.root / "site_src/index.md")], site.root) == 1


@settings(max_examples=25, deadline=None)
@given(text=st.text(alphabet=st.sampled_from(list("`~ \n>-:#abpaint[]()!|<*")), max_size=120))
def test_no_page_makes_the_checker_fall_over(tmp_path_factory, text):
    site = Site(tmp_path_factory.mktemp("site"))
    site.page(text)
    lines = text.count("\n") + 1
    assert all(1 <= mistake.line <= lines and mistake.remedy for mistake in site.check() if mistake.path.endswith("index.md"))
    shutil.rmtree(site.root)


# --- what the pages say


GUIDE = ("teach.md", "teach-fences.md", "teach-publish.md")


@pytest.mark.parametrize("fence", sorted(FENCES))
def test_the_guide_names_every_fence_with_an_example_and_its_options(fence):
    text = (ROOT / "site_src/teach-fences.md").read_text(encoding="utf-8")
    part = text[text.index(f"`{fence}`: ") :].split("\n##")[0]
    assert f"\n````md\n```{fence}\n" in part
    assert f"```fence-options\nfence: {fence}\n```" in part or not FENCES[fence].options or fence == "fence-options"


def test_the_guide_says_rightly_where_a_block_can_be_seen():
    text = (ROOT / "site_src/teach-fences.md").read_text(encoding="utf-8")
    seen = re.findall(r"^### `([\w-]+)`(?:(?!^### ).)*?^Seen on the page \[.*?\]\(([\w-]+\.md)", text, re.MULTILINE | re.DOTALL)
    assert len(seen) >= 10
    assert [(fence, page) for fence, page in seen if f"```{fence}\n" not in (ROOT / "site_src" / page).read_text(encoding="utf-8")] == []


def examples():
    for page in GUIDE:
        text = (ROOT / "site_src" / page).read_text(encoding="utf-8")
        for found in re.finditer(r"^````md\n(.*?)\n````$", text, re.MULTILINE | re.DOTALL):
            yield f"{page}:{text[: found.start()].count(chr(10)) + 1}", found[1]


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """The repository's photos, pictures, works and recipes, with one page to write."""
    site = Site(tmp_path_factory.mktemp("guide"))
    for folder in ("photos", "images", "truth"):
        shutil.copytree(ROOT / "site_src" / folder, site.root / "site_src" / folder, dirs_exist_ok=True)
    shutil.copy(ROOT / "site_src/citations.toml", site.root / "site_src")
    (site.root / "site_src/photos/kitten.png").unlink()
    for recipe in (ROOT / "models").glob("*.toml"):
        shutil.copy(recipe, site.root / "models")
    return site


def test_every_example_of_the_guide_works_as_it_stands(copy):
    wrong = []
    for place, text in examples():
        copy.page("# Home\n\n" + text + "\n")
        wrong += [f"{place}: {mistake}" for mistake in copy.check()]
    assert wrong == []


@pytest.mark.parametrize("page", ["README.md", *(f"site_src/{page}" for page in GUIDE)])
def test_only_commands_that_exist_are_named(page):
    build_py = runpy.run_path(str(ROOT / "build.py"), run_name="build_py")
    named = set(re.findall(r"python3 build\.py ([\w-]+)", (ROOT / page).read_text(encoding="utf-8")))
    assert named and named <= set(build_py["COMMANDS"])


def test_the_workflow_for_publishing_runs_commands_that_exist_and_pins_its_actions():
    text = (ROOT / ".github/workflows/publish.yml").read_text(encoding="utf-8")
    steps = [step for job in yaml.safe_load(text)["jobs"].values() for step in job["steps"]]
    assert [step["run"].split("#")[0].strip() for step in steps if "run" in step] == ["python3 build.py check", "python3 build.py site"]
    assert all(re.fullmatch(r"actions/[\w-]+@v\d+\.\d+\.\d+", step["uses"]) for step in steps if "uses" in step)
    made = next(step["with"]["path"] for step in steps if step.get("uses", "").startswith("actions/upload-pages-artifact"))
    assert desk_site.SITE == ROOT / made and ROOT / ".cache" == ROOT / next(step["with"]["path"] for step in steps if step.get("uses", "").startswith("actions/cache"))
    named = re.findall(r"'([\w./*]+)'", next(step["with"]["key"] for step in steps if step.get("uses", "").startswith("actions/cache")))
    assert named and all(list(ROOT.glob(pattern)) for pattern in named)
    jobs = yaml.safe_load(text)["jobs"]
    assert jobs["publish"]["needs"] == "build" and jobs["publish"]["permissions"] == {"pages": "write", "id-token": "write"}
    assert yaml.safe_load(text)["permissions"] == {"contents": "read"}
    assert yaml.safe_load(text)["concurrency"]["cancel-in-progress"] is False, "the first run fills the cache"


def test_the_readme_tells_every_command():
    build_py = runpy.run_path(str(ROOT / "build.py"), run_name="build_py")
    assert set(re.findall(r"^\| `([\w-]+)` \|", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)) == set(build_py["COMMANDS"])


def test_the_readme_names_only_paths_that_exist():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    layout = text[text.index("| Where | What |") : text.index("## Licences")]
    paths = re.findall(r"`([\w./]+/[\w.]*)`", layout)
    assert paths and [path for path in paths if not (ROOT / path).exists()] == []


def test_the_numbers_in_the_story_are_right():
    story = (ROOT / "site_src/index.md").read_text(encoding="utf-8")
    spaced = lambda number: f"{number:,}".replace(",", "\u00a0")
    fast = network.network("deeplab_s16")
    rows, columns = ((side - 1) // fast.stride + 1 for side in network.prepare(np.zeros((768, 1024, 3), np.uint8), fast).shape[2:])
    assert f"**{spaced(1024 * 768)} decisions**" in story and f"{columns} × {rows} points" in story
    assert f"**{spaced(rows * columns * len(VOC.names))} numbers**" in story
    assert spaced(1024 * 768 * len(VOC.names)) not in story  # most of these would be interpolated

    truth = np.zeros((10, 10), np.uint8)
    truth[3:5, 6:8] = VOC.id("bird")
    empty = metrics.scores(metrics.confusion(truth, np.zeros_like(truth), len(VOC.names)))
    assert empty.pixel_accuracy == 0.96 and "is 96%" in story
    assert empty.iou[VOC.id("bird")] == 0

    half = np.zeros_like(truth)
    half[3:4, 6:8] = VOC.id("bird")
    halved = metrics.scores(metrics.confusion(truth, half, len(VOC.names)))
    assert halved.iou[VOC.id("bird")] == 0.5
    assert f"an IoU of 0.50 is a Dice of {halved.dice[VOC.id('bird')]:.2f}" in " ".join(story.split())
