"""The words of the pages and of the interface: spelt right, spelt the British way, and in sentences that a fifteen-year-old reads with ease."""

import pathlib
import re
import subprocess
import sys

import pytest

from pystudio.builder.lessons import prose_check

ROOT = pathlib.Path(__file__).parents[3]
PAGES = sorted((ROOT / "site_src").glob("*.md"))
SOURCES = [*PAGES, ROOT / "README.md", *(path for folder in ("site_src/studio", "pystudio/labs") for ending in ("js", "mjs") for path in sorted((ROOT / folder).rglob(f"*.{ending}"))),
           *sorted((ROOT / "pystudio").rglob("*.py")), *sorted((ROOT / "pystudio").rglob("*.html"))]
NAMES = "winn,bui,filesname,fro"  # of people and variables (and "to and fro"), which the spelling checker takes for slips

SLIPS = '"(?:pyton|phyton|foto)"'  # of teachers, which the checks of lesson pages know

# American: what the spelling checker does not mind. Names of programs, papers and styles (`color:`) are written in code.
AMERICAN = re.compile(r"\b(color(?!-)|colors|colored|gray|center|centered|centers|behavior|neighbors?|neighborhood|analyze[ds]?|license[ds]?|favorites?|labeled|labeling|modeling|modeled|fiber|catalog|meters?)\b")

# LIX (Björnsson, 1968): words in a sentence + long words (seven letters and more) in a hundred. 30 is easy, 40 a newspaper, 50 hard.
MOST_LIX = 30
LONGEST = 35  # words in one sentence
FOR_ADULTS = {"teach.md": 36, "about.md": 36, "reading.md": 38}


def prose(path):
    """The sentences of a page, without code, tables, formulas and lists of sources."""
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.S)
    text = re.split(r"^## (?:Sources|Where they come from)\b.*$", text, flags=re.M)[0]
    text = re.sub(r"^([ \t]*)(`{3,}|~{3,}).*?^\1\2[ \t]*$", "", text, flags=re.S | re.M)
    text = re.sub(r"<!--.*?-->|<[^>]+>", "", text, flags=re.S)
    text = re.sub(r"^\s*(?:\|.*|>.*|#+ .*|!!!.*|\?\?\?.*|===.*|\[[^\]]+\]: .*|\*\[.*)$", "", text, flags=re.M)
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)(?:\{[^}]*\})?", r"\1", text)
    text = re.sub(r"(`+)(?!`).+?(?<!`)\1(?!`)", "x", text)
    text = re.sub(r"\$\$.+?\$\$|\$[^$\n]+\$", "x", text, flags=re.S)
    blocks = re.split(r"\n\s*\n|^\s*(?:[-*]|\d+\.|:)\s+", text, flags=re.M)
    return [sentence for block in blocks for sentence in re.split(r"(?<=[.!?:;])[\"”*_)]*\s+", block) if re.search(r"[A-Za-z]{2}", sentence)]


def words(sentence):
    return re.findall(r"[A-Za-zÀ-ÿ’'-]+", sentence)


def lix(sentences):
    counted = [word for sentence in sentences for word in words(sentence)]
    return len(counted) / len(sentences) + 100 * sum(len(word) > 6 for word in counted) / len(counted)


def test_nothing_is_misspelt():
    found = subprocess.run([sys.executable, "-m", "codespell_lib", "--builtin", "clear,rare", "--ignore-words-list", NAMES, "--ignore-regex", SLIPS, *map(str, SOURCES)],
                           capture_output=True, text=True, check=False)
    assert found.stdout == "", found.stdout
    assert found.returncode == 0, found.stderr


def test_the_spelling_checker_would_find_a_slip(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("A neural netowrk labels teh photo.")
    found = subprocess.run([sys.executable, "-m", "codespell_lib", str(page)], capture_output=True, text=True, check=False)
    assert found.stdout.count("==>") >= 1


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_page_is_written_in_british_english(path):
    text = re.sub(r"`{3,}.*?`{3,}|`[^`]*`|\]\([^)]*\)|[“\"][^”\"\n]*[”\"]|https?://\S+", " ", path.read_text(encoding="utf-8"), flags=re.S)
    assert AMERICAN.findall(text) == []


@pytest.mark.parametrize("path", [*PAGES, *sorted((ROOT / "site_src" / "images").glob("*.svg"))], ids=lambda path: path.name)
def test_signs_are_set_as_the_interface_sets_them(path):
    text = path.read_text(encoding="utf-8")
    assert re.findall(r".{0,20}\d\s%.{0,10}", re.sub(r"`{3,} ?python.*?`{3,}", "", text, flags=re.S)) == [], "37%, without a space (studio/util/format.js)"
    assert re.findall(r".{0,20}\w’\w.{0,10}", text) == [], "the straight apostrophe of all other pages"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_page_is_read_with_ease(path):
    sentences = prose(path)
    if len(sentences) < 10:
        return  # a page of a few lines has no style
    longest = max(sentences, key=lambda sentence: len(words(sentence)))
    figure = lix(sentences)
    assert figure <= FOR_ADULTS.get(path.name, MOST_LIX), f"{path.name}: LIX {figure:.1f} over {len(sentences)} sentences; write shorter sentences, or shorter words."
    assert len(words(longest)) <= LONGEST, f"{path.name}: {len(words(longest))} words in one sentence: {longest}"


def test_the_figure_tells_plain_words_from_heavy_ones():
    plain = ["A cat sat on a mat.", "It was a red mat."]
    heavy = ["Consequently, semantic segmentation architectures necessitate computationally demanding optimisation procedures, notwithstanding considerable simplifications."]
    assert lix(plain) < 20 < 60 < lix(heavy)


# Sentences as they once stood in the lessons; each of the refused words is in one of them.
REFUSED = [
    "Take such tiles as the knots of a graph.", "The plain watershed falls to crumbs.", "The sheets of scores are stretched.", "Think of a million knobs.",
    "A mask that is spoilt on purpose.", "Long before neural networks, people had an idea.", "It has to be trained anew.", "Multiply by the pixel beneath it.",
    "What of the mask is still of use? It is of little use.", "Put the number in the place of 10.", "It parts the kitten from the blanket.", "Has it two hills?",
    "All figures, and what stands beneath them.", "Raise what a dear cut costs: dear through plain ground.", "A walk that shuns edges.", "Which pixels shall stay?",
    "A flock a mile far off.", "Which leaves are ill? The ill leaf.", "Where does it waver?", "The shallow valleys drown.", "It is its great-grandfather.", "The loss has moods.",
    "Easy pixels are louder than the bird.", "Otsu has an easy day.", "A well-kept library.", "It answers always.", "Nobody can look the reason up.",
]
PLAIN = [
    "Take such tiles as the nodes of a graph.", "A sheet of paper.", "Is it useful?", "The part of the cat from above.", "It has two peaks.", "Put it in place of 10.",
    "The words “knot” and \"crumb\" are spoken about.", "In code `anew` may stand.", "See [more](beneath.md).", "Does it have two peaks?", "Used for training.",
]


def test_every_word_that_is_refused_was_once_written():
    found = [list(prose_check.words([sentence])) for sentence in REFUSED]
    assert [sentence for sentence, said in zip(REFUSED, found, strict=True) if not said] == []
    for pattern, why, remedy in prose_check.WORDS:
        assert any(pattern.search(sentence) for sentence in REFUSED), pattern.pattern
        assert why.startswith("is not") and remedy.startswith(("Write ", "Put ")) and remedy.endswith((".", "?")), remedy


@pytest.mark.parametrize("sentence", PLAIN)
def test_plain_words_are_let_pass(sentence):
    assert list(prose_check.words([sentence])) == []


def test_a_refused_word_is_told_with_its_line_and_a_remedy():
    assert list(prose_check.words(["Good.", "text: a \"knob\" to turn"])) == [(2, "“knob” is not the term of this field.", "Write parameter, if you mean a number that training changes.")]


def test_the_interface_does_not_use_them_either():
    """What a visitor reads in the page: the texts between quotation marks in its scripts."""
    for path in (path for path in SOURCES if path.suffix in (".js", ".mjs")):
        for text in re.findall(r'"([^"\\\n]*[a-z] [^"\\\n]*)"|`([^`\\\n]*[a-z] [^`\\\n]*)`', re.sub(r"^\s*(?://|\*|/\*).*$", "", path.read_text(encoding="utf-8"), flags=re.M)):
            if not text[0].startswith("ps-"):  # names of style rules
                assert list(prose_check.words([re.sub(r"\$\{[^}]*\}", "", "".join(text))])) == [], path.name
