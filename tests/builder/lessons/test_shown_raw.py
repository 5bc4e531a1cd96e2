"""What readers would see as it was written: Markdown of other sites, and Markdown with a slip, each told in its line; what is right, or shown as code, is left alone."""
import re

import pytest
from tests.builder.lessons.test_check import Site

from pystudio.builder.lessons import check_cache

QUIZ = 'id: q\ntitle: Q\ntext: {}\nchoices:\n  - answer: "A"\n    why: B\n    right: true\n  - answer: C\n    why: D\n'


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


@pytest.fixture(autouse=True)
def checks_of_this_test(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setattr(check_cache, "cache", lambda: folder)


def told(site, text):
    site.page("# Home\n\n" + text + "\n")
    return [(mistake.line - 2, f"{mistake.message} {mistake.remedy}") for mistake in site.check()]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("https://www.youtube.com/watch?v=abc", 1, "`<https://…>`"),
        ("More at www.example.org.", 1, "address is shown as text"),
        ("Write to me@example.org", 1, "mailto:"),
        ("- [ ] one\n- [x] two", 1, "Boxes to tick"),
        ("That is ~~wrong~~ right.", 1, "<del>"),
        ("That is ==important==.", 1, "<mark>"),
        ("Press ++ctrl+c++.", 1, "<kbd>"),
        ("H~2~O", 1, "<sub>"),
        ("so many m^2^ of it", 1, "<sup>"),
        ("Well done :tada:", 1, "Insert the sign itself"),
        ("See [[Other page]].", 1, "`[words](page.md)`"),
        ("> [!NOTE]\n> Text", 1, "`!!! note`"),
        (":::tip\nText\n:::", 1, "`!!! note`"),
        (".. note:: Text", 1, "reStructuredText"),
        ("By {{ page.author }}", 1, "Nothing is filled in"),
        ("%% to do %%", 1, "<!-- words -->"),
        ("One\\\ntwo", 1, "two spaces"),
        ("Write 5 \\~ 6", 1, "backslash"),
        (" ## Part", 1, "very left"),
        ("<div>\nSome **words**\n</div>", 2, "<div markdown>"),
        ("<div>\nA [link](index.md)\n</div>", 2, "<div markdown>"),
        ("Some ** words** here", 1, "asterisks"),
        ("It has:\n- a head\n- a tail", 2, "empty line above"),
        ("1) one\n2) two", 1, "`1.`"),
        ("Text\n| a | b |\n|---|---|\n| 1 | 2 |", 2, "empty line above"),
        ("| a | b |\n| 1 | 2 |", 1, "second row"),
        ("| a |\n|---|\n| $|x|$ |", 3, "`\\vert`"),
        ("- one\n  - below it", 2, "four spaces"),
        ("1. one\n   - below it", 2, "four spaces"),
        ("=== Tab\n\n    Text", 1, "straight quotation marks"),
        ("!!! note Title\n\n    Text", 1, "title of this note"),
        ("!!! “Look”\n\n    Text", 1, "straight quotation marks"),
        ("> : what it says", 1, "definition"),
        ("Term\n\n<!-- open", 3, "Close it"),
        ("A note^[within the line].", 1, "`[^1]`"),
        ("Write <name> here", 1, "`<name>`"),
        ("A List<int>", 1, "`<int>`"),
        ("$ x^2 $ is no formula", 1, "inside the dollars"),
        ("$$\na = b\n\nc = d\n$$", 1, "no empty line"),
        ("So \\alpha + \\beta", 1, "between dollars"),
        ("```mermaid\ngraph LR\n  A --> B\n```", 1, "`figure`"),
        ("```math\na^2\n```", 1, "`$$`"),
        ("```js\nlet a;", 1, "no end"),
        ("````\n```js\nlet a;\n```", 1, "no end"),
    ],
)
def test_what_readers_would_see_as_it_is_written_is_told(site, text, line, words):
    found = told(site, text)
    assert found and found[0][0] == line and words in found[0][1], found
    assert all(said.endswith(".") or re.search(r"[`🙂]\.?$", said) for _, said in found), found


@pytest.mark.parametrize(
    "text",
    [
        "<https://example.org>, [https://example.org](https://example.org) and `https://example.org`",
        "[^1]\n\n[^1]: A note with <https://example.org>.",
        "Write `~~x~~`, `[[x]]`, `- [ ]`, `<name>`, `:tada:`, `{{ x }}` and `$x`.",
        "```text\n~~x~~ [[x]] <name> https://example.org\n- [ ] x\n```",
        "5 * 3 * 2, a == b == c, C++ and C++, 10:30:00, -5 and -3, x < y > z, snake_case, __init__.py in `code`.",
        "The matrix [[1, 2], [3, 4]] and x[0][1].",
        "In C:\\Users\\me\\Documents",
        "An arrow --> and a dash -- and (1) and (c) 2026.",
        "- one\n    - below\n- two\n\n1. a\n2. b\n\n* c",
        "Term\n:   What it says",
        "| a | b |\n|---|--:|\n| - | 1 |",
        "a | b\n--- | ---\n1 | 2",
        '!!! note "Title"\n\n    Text\n\n??? tip\n\n    Text\n\n=== "Tab"\n\n    Text',
        "Press <kbd>B</kbd><br> H<sub>2</sub>O <del>x</del> <mark>y</mark> <!-- nothing -->",
        "<div markdown>\nSome **words**\n</div>",
        "[A link](index.md){ .md-button } that looks like a button.",
        "It costs $5, or \\$6.",
        "*[HTML]: HyperText Markup Language\n\nHTML",
        "Some *emphasis*, **more**, _other_ and \\*none\\*.",
    ],
)
def test_what_is_right_or_shown_as_code_is_left_alone(site, text):
    assert told(site, text) == []


@pytest.mark.parametrize("text", ["See [here](index.md)", "What is $x^2$?", "What is ~~wrong~~?", "One<br>two", "So *it* is"])
def test_what_a_text_within_a_block_does_not_know_is_told(site, text):
    assert [(line, "only `code` and **strong** work" in said) for line, said in told(site, "```quiz\n" + QUIZ.format(f"'{text}'") + "```")] == [(4, True)]


def test_what_a_text_within_a_block_knows_is_left_alone(site):
    assert told(site, "```quiz\n" + QUIZ.format("'Is `a * b * c` **more** than $5?'") + "```") == []
