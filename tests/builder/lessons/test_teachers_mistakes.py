"""Mistakes that somebody makes who knows Markdown and nothing else: each is told with file, line and remedy, in words without YAML, JSON or MkDocs in them."""

import json
import re
import subprocess
import sys

import pytest
from PIL import Image
from tests.builder.lessons.test_check import CODE, GOOD_CREDIT, Site

from pystudio.builder.lessons import check_cache, yaml_errors
from pystudio.builder import ROOT

JARGON = re.compile(r"YAML|block end|scalar|Traceback|mapping|documentation files|unrecognized|left as is|Expecting|delimiter|class '")
QUIZ = 'id: q\ntitle: Q\ntext: Q?\nchoices:\n  - answer: "A"\n    why: B\n    right: true\n  - answer: C\n    why: D\n'


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


@pytest.fixture(autouse=True)
def checks_of_this_test(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setattr(check_cache, "cache", lambda: folder)


def told(site) -> list[tuple[int, str]]:
    """(line, message and remedy) of everything said, all of it fit for a teacher."""
    found = site.check()
    for mistake in found:
        assert not JARGON.search(str(mistake)), str(mistake)
        assert mistake.message.endswith((".", "?")) and mistake.remedy.endswith((".", "?")), str(mistake)
        assert str(site.root) not in str(mistake)
    return [(mistake.line, f"{mistake.message} {mistake.remedy}") for mistake in found]


def only(site) -> tuple[int, str]:
    found = told(site)
    assert len(found) == 1, found
    return found[0]


# --- options


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("title: Look: a cat", '`title: "Look: a cat"`'),
        ('title: "Look" at the cat', "`title: '\"Look\" at the cat'`"),
        ("title: 'It's a cat'", '`title: "It\'s a cat"`'),
        ("title: **Cat**", '`title: "**Cat**"`'),
        ("title: `cat` here", "cannot begin with a backtick"),
        ("title: %cat", '`title: "%cat"`'),
        ("title: @cat", '`title: "@cat"`'),
        ("title: &cat", '`title: "&cat"`'),
        ("title: !cat", '`title: "!cat"`'),
        ("title: #1", '`title: "#1"`'),
        ("title: Exercise #1", 'What follows the # is left out: `#1`'),
        ("title: [x] done", '"[x] done"'),
        ("photo:kitten", "A space is missing after the colon. Write `photo: kitten`."),
        ("photo = kitten", "with a colon, not with `=`. Write `photo: kitten`."),
        ("photo:\u00a0kitten", "invisible character"),
        ("* photo: kitten", "Write `- photo: kitten`."),
        ("-photo: kitten", "A space is missing after the dash."),
        (" photo: kitten", "indented"),
        ("---\nphoto: kitten", "`---` has no meaning here."),
        ("just words", "This line is no `name: value`."),
    ],
)
def test_a_line_that_is_no_option_is_told_with_the_line_to_write(site, line, words):
    site.page(f"# Home\n\n```segment\nview: mask\n{line}\nopacity: 0.5\n```\n")
    number, said = only(site)
    assert number in (5, 6) and words in said, (number, said)


def test_what_is_proposed_can_be_copied(site):
    for value in ("Look: a cat", '"Look" at it', "'It's here'", "**Cat**", "[x] done", "#1", "C:\\Users"):
        site.page(f"# Home\n\n```segment\ntitle: {yaml_errors.quoted(value)}\n```\n")
        assert site.check() == []


def test_all_mistakes_of_a_block_are_told_at_once(site):
    site.page("# Home\n\n```segment\nphoto: kittn\nview: swip\nveiw: mask\nopacity: 2\nheight:\n```\n\n" + "```quiz\ntitel: Q\n```\n")
    assert [line for line, _ in told(site)] == [4, 5, 6, 7, 8, 11, 11, 11, 12]
    assert not any("needs `title`" in said for _, said in told(site)), "a misspelt option is not missing too"


@pytest.mark.parametrize(
    ("before", "after", "line", "words"),
    [
        ('answer: "A"', "answer: 5", 8, 'Put it in quotation marks: `answer: "5"`'),
        ("    why: D\n", "", 11, "Choice 2 has no `why`"),
        ("right: true", "right: 1", 10, "Write `right: true`, or leave it out."),
        ("    why: B\n", "    why: B\n    why: E\n", 10, "`why` of choice 1 is set twice"),
        ("answer: C", "answer: A", 11, "the same answer as one before it"),
        ("    why: D\n", "    why: D\n    right: true\n", 7, "Every choice of this quiz is right"),
        ("  - answer: C", "  -answer: C", 10, "A space is missing after the dash"),
        ("id: q", "id: Mein Test", 4, "`id: mein-test`"),
        ("title: Q", "title: Q # 1", 5, "left out"),
    ],
)
def test_a_mistake_within_a_quiz_is_told_on_its_own_line(site, before, after, line, words):
    assert before in QUIZ
    site.page("# Home\n\n```quiz\n" + QUIZ.replace(before, after, 1) + "```\n")
    number, said = told(site)[0]
    assert words in said and abs(number - line) <= (1 if "dash" in words else 0), (number, said)


def test_a_program_that_is_not_indented_is_told_as_that(site):
    site.page("# Home\n\n" + CODE.replace("  def area(mask):\n      return 0\n", "def area(mask):\n    return 0\n"))
    assert all("indented" in said for _, said in told(site)) and told(site)


def test_both_programs_of_an_exercise_are_read(site):
    site.page("# Home\n\n" + CODE.replace("def area(mask):", "def area(mask)"))
    assert len(told(site)) == 2


# --- blocks that are none


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("```task paint\nphoto: kitten\n```\n", "Did you mean task-paint?"),
        ("```task_paint\nphoto: kitten\n```\n", "Did you mean task-paint?"),
        ("```{segment}\nphoto: kitten\n```\n", "Write it as ```segment"),
        ("```malen\nphoto: kitten\n```\n", "There is no block named `malen`."),
        ("``segment\nphoto: kitten\n``\n", "A block begins with three backticks"),
        ("'''segment\nphoto: kitten\n'''\n", "A block begins with three backticks"),
        ("´´´segment\nphoto: kitten\n´´´\n", "A block begins with three backticks"),
        ("```Python cell\nprint(1)\n```\n", "Begin it with exactly ```python cell."),
        ("```py cell\nprint(1)\n```\n", "Begin it with exactly ```python cell."),
        ("```python3 cell\nprint(1)\n```\n", "Begin it with exactly ```python cell."),
        ("```{python cell}\nprint(1)\n```\n", "Begin it with exactly ```python cell."),
        ("```python cell title=“A”\nprint(1)\n```\n", "straight quotation marks"),
    ],
)
def test_a_block_that_would_be_shown_as_text_is_told(site, text, words):
    site.page("# Home\n\n" + text)
    line, said = only(site)
    assert line == 3 and words in said, (line, said)


def test_two_cells_of_one_id_are_told_and_links_to_cells_and_exercises_work(site):
    cell = '```python cell id="grow"\nprint(1)\n```\n\n'
    site.page(f"# Home\n\n[a](#grow) [b](#task-q)\n\n{cell}```quiz\n{QUIZ}```\n")
    assert site.check() == []
    site.page(f"# Home\n\n{cell}{cell}## Grow\n")
    assert [(line, "heading" in said) for line, said in told(site)] == [(3, True), (7, True)]


def test_a_pixel_outside_the_photo_and_a_thing_that_is_not_in_its_truth_are_told(site):
    site.page("# Home\n\n```grow\nphoto: kitten\nseed: [4, 0]\n```\n")
    assert only(site)[0] == 5 and "4 rows and 6 columns" in only(site)[1]
    (site.root / "site_src/masks").mkdir()
    Image.new("L", (6, 4), 8).save(site.root / "site_src/masks/kitten.png")
    paint = "# Home\n\n```paint\nphoto: kitten\nlabel: {}\ntruth: masks/kitten.png\n```\n"
    site.page(paint.format("dog"))
    assert only(site)[0] == 5 and "no dog" in only(site)[1]
    site.page(paint.format("cat"))
    assert site.check() == []


# --- pages


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("[a](www.example.org)", 3, "Write `https://www.example.org`."),
        ("[a](htp://example.org)", 3, "begins with `htp:`"),
        ("[a](file:///home/me/x.md)", 3, "a file on your own machine"),
        ("[a](C:\\Users\\me\\x.md)", 3, "a file on your own machine"),
        ("[a](More.md)", 3, "Did you mean `more.md`? Capital and small letters have to agree."),
        ("[a](sub\\more.md)", 3, "Write `/` between folder and file"),
        ("[a]()", 3, "This link has no address."),
        ("(a)[more.md]", 3, "brackets of this link are the wrong way round"),
        ("[a] (more.md)", 3, "a space between the two halves"),
        ("[a](more.md\n\nText", 3, "not closed"),
        ("[a][nope]", 3, "names an address that is not there"),
        ("Text[^1]", 3, "no footnote of this name"),
        ("![A street](images/Street.PNG)", 3, "Did you mean `images/street.png`?"),
        ("![image](images/street.png)", 3, "does not say what the image shows"),
        ("![street.png](images/street.png)", 3, "does not say what the image shows"),
        ("![A street](https://example.org/street.png)", 3, "from another host"),
        ('<iframe src="https://www.example.org/v"></iframe>', 3, "from another host"),
        ('<button onclick="x()">x</button>', 3, "a script in an attribute"),
        ("!!! note\ntext", 3, "This note is empty."),
        ("??? note\n\n  text", 3, "This note is empty."),
        ("!! note\n\n    text", 3, "looks like a note"),
        ('!!! "Look"\n\n    text', 3, "looks like a note"),
    ],
)
def test_markdown_with_a_slip_in_it_is_told(site, text, line, words):
    site.nav("index.md", "more.md")
    site.page("# More\n", "more.md")
    site.page(f"# Home\n\n{text}\n")
    number, said = only(site)
    assert number == line and words in said, (number, said)


@pytest.mark.parametrize(
    "text",
    [
        "Write `(a)[b.md]` or `[a] (b.md)`, `x[0][1]` and `[^1]`.",
        "The matrix x[0][1] and (this) [that].",
        "Text[^1]\n\n[^1]: The footnote.",
        '!!! note "A title"\n\n    Text\n\n??? tip\n\n    More',
        "[mail](mailto:a@example.org) [call](tel:123) <https://example.org>",
        "A [link][there].\n\n[there]: index.md",
        "![A street with trees](images/street.png)",
        "Two marks!! Why?? note",
    ],
)
def test_markdown_that_is_right_is_left_alone(site, text):
    site.page(f"# Home\n\n{text}\n")
    assert site.check() == []


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("---\ntitle: Home\n\n# Home\n", 1, "have no end"),
        ("---\ntitle: Cats: a story\n---\n\n# Home\n", 2, '`title: "Cats: a story"`'),
        ("---\ntitle: Home\n\tdescription: x\n---\n\n# Home\n", 3, "begins with a tab"),
        ("\n---\ntitle: Home\n---\n\n# Home\n", 2, "below an empty line"),
        ("--\ntitle: Home\n--\n\n# Home\n", 1, "three hyphens"),
        ("---\ntitel: Home\n---\n\n# Home\n", 2, "Did you mean title?"),
        ("---\n- a\n---\n\n# Home\n", 2, "This is no setting."),
        ("---\ntitle: 2024\n---\n\n# Home\n", 2, '`title: "2024"`'),
        ("---\ntemplate: nope.html\n---\n\n# Home\n", 2, "no template `nope.html`"),
        ("Note: this is about cats\n\n# Home\n", 1, "taken for a setting"),
    ],
)
def test_front_matter_with_a_mistake_is_told(site, text, line, words):
    site.page(text)
    number, said = only(site)
    assert number == line and words in said, (number, said)


@pytest.mark.parametrize(
    ("data", "line", "words"),
    [
        (b"", 1, "This page is empty."),
        (b"\n \n", 1, "This page is empty."),
        ("# Home\n\nK\u00e4se\n".encode("latin-1"), 3, "UTF-8"),
        (b"# Home\n\n\0\n", 3, "no text"),
        (b"# Home\n\n" + b"Words and words.\n\n" * 40_000, 1, "Divide it into several pages"),
        (b"# Home\n\n![A cat](data:image/png;base64," + b"A" * 600_000 + b")\n", 3, "Put the picture into a file"),
    ],
)
def test_a_page_that_cannot_be_read_is_told_and_nothing_waits_for_it(site, data, line, words, capfd):
    (site.root / "site_src/index.md").write_bytes(data)
    number, said = only(site)
    assert number == line and words in said
    assert capfd.readouterr().err == "", "nobody else speaks"


@pytest.mark.parametrize("before", [b"\xef\xbb\xbf", b"\xef\xbb\xbf---\ntitle: Home\n---\n\n"])
@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\r"])
def test_marks_and_line_endings_of_other_systems_are_no_mistake(site, before, ending):
    (site.root / "site_src/index.md").write_bytes((before + b"# Home\n\n```segment\nphoto: kitten\n```\n").replace(b"\n", ending))
    assert site.check() == []


def test_pictures_that_a_browser_cannot_show_are_told(site):
    images = site.root / "site_src/images"
    (images / "not.png").write_text("hello")
    (images / "phone.heic").write_bytes(b"x")
    (images / "heavy.png").write_bytes((images / "street.png").read_bytes() + bytes(4_000_000))
    site.page("# Home\n\n![A](images/not.png)\n\n![B](images/phone.heic)\n\n![C](images/heavy.png)\n")
    assert [line for line, _ in told(site)] == [3, 5, 7]
    assert ["damaged" in told(site)[0][1], "Save it as PNG" in told(site)[1][1], "4 MB" in told(site)[2][1]] == [True] * 3


@pytest.mark.parametrize(
    ("name", "words"),
    [("con.png", "Windows keeps this name"), ("what?.png", "cannot write `?`"), ("STREET.png", "the same as"), ("a" * 130 + ".png", "longer than")],
)
def test_names_that_no_stick_holds_are_told(site, name, words):
    (site.root / "site_src/images" / name).write_bytes((site.root / "site_src/images/street.png").read_bytes())
    assert words in only(site)[1]


def test_letters_of_other_languages_and_spaces_may_be_in_names_and_pages_in_folders(site):
    (site.root / "site_src/images/straße ü.png").write_bytes((site.root / "site_src/images/street.png").read_bytes())
    (site.root / "site_src/teil 1").mkdir()
    site.page("# Über\n\n[Home](../index.md) ![A street](<../images/straße ü.png>)\n\n```segment\nphoto: kitten\n```\n", "teil 1/Über uns.md")
    site.nav("index.md", "teil 1/Über uns.md")
    assert site.check() == []
    site.page("# Über\n\n```credits\n```\n", "teil 1/Über uns.md")
    assert only(site)[0] == 3


def test_a_site_without_a_first_page_is_told(site):
    (site.root / "site_src/index.md").rename(site.root / "site_src/home.md")
    site.nav("home.md")
    assert "opens first" in only(site)[1]


def test_a_page_beside_its_twin_is_told(site, capfd):
    site.page("# Read me\n", "README.md")
    assert "the same as index.md" in only(site)[1] and capfd.readouterr().err == ""


# --- mkdocs.yml


@pytest.mark.parametrize(
    ("before", "after", "changed", "words"),
    [
        ("  - index.md", "\t- index.md", None, "begins with a tab"),
        ("  - index.md", "  - index.md\n    - More: more.md", "    - More: more.md", "Indent both alike"),
        ("  - index.md", "  - index.md\n  - Part\n      - More: more.md", "      - More: more.md", "end that one with a colon"),
        ("  - index.md", "  - Cats: and dogs: index.md", None, '`- "Cats: and dogs": index.md`'),
        ("  - index.md", "  - *Home*: index.md", None, '`- "*Home*": index.md`'),
        ("  - index.md", '  - "Home: index.md', None, '`- "Home": index.md`'),
        ("  - index.md", "  - Home:index.md", None, "Write `- Home: index.md`."),
        ("  - index.md", "  - index.md\n  - More: nowhere.md", "  - More: nowhere.md", "is no page below site_src"),
        ("  - index.md", "  - site_src/index.md", None, "Did you mean `index.md`?"),
        ("  - index.md", "  - Index.md", None, "Capital and small letters"),
        ("  - index.md", "  - index", None, "Did you mean `index.md`?"),
        ("  - index.md", "  - index.md\n  - index.md", None, "twice"),
        ("nav:\n  - index.md", "nav:\n  Home: index.md", "nav:", "The menu is not a list."),
        ("site_name: PyStudio", "site_name: PyStudio: mine", None, '`site_name: "PyStudio: mine"`'),
        ("site_name: PyStudio", "site_name:", None, "`site_name` has no value."),
        ("site_name: PyStudio", "site_name: PyStudio\nsite_nmae: Mine", "site_nmae: Mine", "Did you mean site_name?"),
        ("site_name: PyStudio", "site_name: PyStudio\nsite_url: example", "site_url: example", "`site_url` cannot be used"),
        ("  - search", "  - serch", None, "There is no plugin `serch` here."),
        ("  - abbr", "  - abr", None, "There is no extension `abr` here."),
        ("  name: material", "  name: materiel", None, "There is no theme `materiel` here."),
        ("use_directory_urls: false", "use_directory_urls: true", None, "has to be false"),
        ("use_directory_urls: false", "use_directory_urls: no way", None, "true or false"),
        ("docs_dir: site_src", "docs_dir: site_src/images", None, "`docs_dir` has to be site_src"),
    ],
)
def test_a_mistake_in_the_settings_is_told_with_its_line(site, before, after, changed, words, capfd):
    site.page("# More\n", "more.md") if "more.md" in after else None
    settings = (site.root / "mkdocs.yml").read_text(encoding="utf-8")
    assert settings.count(f"\n{before}\n") == 1
    settings = settings.replace(f"\n{before}\n", f"\n{after}\n")
    (site.root / "mkdocs.yml").write_text(settings, encoding="utf-8")
    mistakes = [mistake for mistake in site.check() if mistake.path == "mkdocs.yml"]
    assert told(site) and words in str(mistakes[0]), [str(mistake) for mistake in site.check()]
    lines = settings.split("\n")
    assert lines[mistakes[0].line - 1] in ([changed] if changed else after.split("\n"))
    assert capfd.readouterr().err == "", "nobody else speaks"


def test_blocks_that_the_settings_forgot_are_told(site):
    settings = (site.root / "mkdocs.yml").read_text(encoding="utf-8").split("\n")
    (site.root / "mkdocs.yml").write_text("\n".join(line for line in settings if "- pystudio.builder.lessons.extension" not in line), encoding="utf-8")
    line, message = only(site)
    assert settings[line - 1] == "markdown_extensions:"
    assert "does not name `pystudio.builder.lessons.extension`" in message and "Add a line" in message


@pytest.mark.parametrize(("lines", "wrong"), [(("ours", "theirs"), True), (("theirs", "ours"), False), (("ours",), False)])
def test_superfences_below_our_blocks_would_take_their_place(site, lines, wrong):
    names = {"ours": "  - pystudio.builder.lessons.extension", "theirs": "  - pymdownx.superfences"}
    settings = [line for line in (site.root / "mkdocs.yml").read_text(encoding="utf-8").split("\n") if not line.startswith(tuple(names.values()))]
    at = settings.index("  - pymdownx.details")
    settings[at:at] = [names[name] for name in lines]
    (site.root / "mkdocs.yml").write_text("\n".join(settings), encoding="utf-8")
    assert ["Move it above" in message for _, message in told(site)] == [True] * wrong


def test_settings_that_are_missing_or_in_another_encoding_are_told(site):
    whole = (site.root / "mkdocs.yml").read_bytes()
    (site.root / "mkdocs.yml").write_bytes(whole.replace(b"site_author: The", "site_author: K\u00e4se".encode("latin-1")))
    assert "UTF-8" in only(site)[1] and whole.split(b"\n")[only(site)[0] - 1].startswith(b"site_author")
    (site.root / "mkdocs.yml").unlink()
    assert "missing" in only(site)[1]


# --- photos


def test_json_with_a_mistake_is_told_as_what_it_is(site):
    good = json.dumps([GOOD_CREDIT], indent=1)
    for broken, line, words in (
        (good[:-2] + ",\n]", 14, "comma after the last entry"),
        (good.replace('"https://example.org/kitten"', '"https://example.org/kitten",'), 13, "comma after the last entry"),
        (good.replace('"Kitten",', '"Kitten"'), 5, "A comma is missing"),
        ("// ours\n" + good, 1, "no remarks"),
        (good.replace('"', "'"), 3, "straight quotation marks"),
        (good.replace('"Kitten"', "“Kitten”"), 5, "straight quotation marks"),
        (good + ",\n{}", 15, "ends before this"),
        (good[:-2], 14, "not closed"),
        (good.replace("Kitten", "C:\\Users"), 5, "backslash"),
        (good.replace('"Kitten"', '"Kitten'), 5, "quotation mark is missing"),
        ("", 1, "empty"),
    ):
        assert broken != good
        site.credits(broken)
        number, said = only(site)
        assert number == line and words in said, (broken, number, said)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"name": "Mein Hund ü"}, '"name": "mein-hund-u"'),
        ({"file": "Kitten.PNG"}, '"file": "kitten.png"'),
        ({"file": "dogs/kitten.png"}, "write its name only"),
        ({"source": "my camera"}, '"https://…"'),
        ({"source": "javascript:alert(1)"}, '"https://…"'),
        ({"licence": None, "license": "CC0"}, "Rename `license` to `licence`."),
        ({"size": None}, 'Add a line `"size": [6, 4]`.'),
    ],
)
def test_a_credit_that_misleads_is_told(site, changed, words):
    site.credits([{key: value for key, value in (GOOD_CREDIT | changed).items() if value is not None}])
    assert any(words in said for _, said in told(site)), told(site)


def test_photos_that_the_studio_could_not_show_upright_or_at_all_are_told(site):
    photos = site.root / "site_src/photos"
    turned = Image.Exif()
    turned[0x0112] = 6
    Image.new("RGB", (60, 40)).save(photos / "turned.jpg", exif=turned)
    Image.effect_noise((300, 200), 90).save(photos / "cut.jpg")
    (photos / "cut.jpg").write_bytes((photos / "cut.jpg").read_bytes()[:9000])
    Image.new("RGB", (6, 4)).save(photos / "scan.tif")
    site.credits([GOOD_CREDIT] + [GOOD_CREDIT | {"name": name.partition(".")[0], "file": name, "size": size} for name, size in (("turned.jpg", [60, 40]), ("cut.jpg", [300, 200]), ("scan.tif", [6, 4]))])
    assert [words in said for words, (_, said) in zip(("sideways", "damaged", "Not every browser"), told(site), strict=True)] == [True] * 3


# --- recipes of networks


@pytest.mark.parametrize(
    ("data", "line", "words"),
    [
        (b'name = "leaf"\ntitle = Leaves\n', 2, "texts in quotation marks"),
        (b'name = "leaf"\n[own\n', 2, "cannot be read"),
        ('name = "leaf"\ntitle = "K\u00e4fer"\n'.encode("latin-1"), 1, "UTF-8"),
        (b'title = "Leaves"\n', 1, '`name = "leaf"`'),
        (b'name = "Leaf"\n', 1, '`name = "leaf"`'),
        (b'name = "leaf"\ntitle = "Leaves"\nlicence = "CC0-1.0"\nauthors = "Us"\n\n[source]\nfile = "networks/leaf.onnx"\n\n[own]\nlabels = ["a", "b"]\n', 1, "There is no file networks/leaf.onnx"),
    ],
)
def test_a_recipe_that_cannot_be_read_is_told_and_the_pages_are_checked_all_the_same(site, data, line, words):
    (site.root / "models/leaf.toml").write_bytes(data)
    site.page("# Home\n\n```segment\nnetwork: deeplab_s15\n```\n")
    page, recipe = sorted(told(site), key=lambda each: "network called" not in each[1])
    assert "Did you mean deeplab_s16?" in page[1] and recipe[0] == line and words in recipe[1]


def test_a_mark_at_the_beginning_of_the_credits_is_no_mistake(site):
    path = site.root / "site_src/photos/credits.json"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    site.page("# Home\n\n```segment\nphoto: kitten\n```\n")
    assert site.check() == []


# --- the command


def test_the_command_itself_ends_with_sentences_and_not_with_a_traceback(tmp_path):
    """In a process of its own, as build.py runs it: nothing on the error stream but the count, and before it that another test holds the lock."""
    site = Site(tmp_path)
    (tmp_path / "mkdocs.yml").write_text((tmp_path / "mkdocs.yml").read_text().replace("  - search", "  - serch"))
    site.page("# Home\n\n```segment\ntitle: Look: a cat\n```\n")
    ask = "import sys; from pathlib import Path; from pystudio.builder.lessons import check; sys.exit(check.main([], Path(sys.argv[1])))"
    done = subprocess.run([sys.executable, "-c", ask, str(tmp_path)], capture_output=True, text=True, cwd=ROOT, check=False)
    *waited, count = done.stderr.splitlines()
    assert done.returncode == 1 and count == "1 mistake to mend." and set(waited) <= {"Another build is under way here; waiting until it is done …"}, done.stderr
    assert done.stdout.startswith("mkdocs.yml:") and "serch" in done.stdout
