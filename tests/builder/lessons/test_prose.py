"""The words of the pages and of the interface: spelt right, spelt the British way, and in sentences that a fifteen-year-old reads with ease."""

import pathlib
import re
import subprocess
import sys

import pytest

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
    text = re.sub(r"`[^`]*`", "x", text)
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
