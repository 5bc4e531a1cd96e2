"""`build.py new-lesson`: the page is there, in the menu, passes the check at once, and nothing else has changed."""
import html
import json
import re
import shutil

import markdown
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pystudio.builder import ROOT
from pystudio.builder.lessons import check_cache, vocabulary
from pystudio.builder.lessons.check import check
from pystudio.builder.lessons.new_lesson import LessonError, file_name, main, new_lesson, with_entry


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A project with the repository's settings, a home page, and its kitten."""
    monkeypatch.setattr(check_cache, "cache", lambda: tmp_path / "cache")
    for folder in ("site_src/photos", "site_src/theme", "models"):
        (tmp_path / folder).mkdir(parents=True)
    settings = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    (tmp_path / "mkdocs.yml").write_text(settings[: settings.index("\nnav:")] + "\nnav:\n  - Home: index.md\n  - For teachers: teach.md\n", encoding="utf-8")
    for page in ("index", "teach"):
        (tmp_path / f"site_src/{page}.md").write_text("# A page\n", encoding="utf-8")
    (tmp_path / "models/deeplab_s16.toml").write_text('name = "deeplab_s16"\n', encoding="utf-8")
    kitten = next(credit for credit in vocabulary.photo_credits() if credit["name"] == "kitten")
    shutil.copy(ROOT / "site_src/photos" / kitten["file"], tmp_path / "site_src/photos")
    (tmp_path / "site_src/photos/credits.json").write_text(json.dumps([kitten]), encoding="utf-8")
    return tmp_path


def menu(root):
    text = (root / "mkdocs.yml").read_text(encoding="utf-8")
    return yaml.safe_load(text[text.index("\nnav:") :])["nav"]


@pytest.mark.parametrize("title", ["Where is the cow?", "Écoute: *the* [cow] & <b>", '"Quoted" \\ and: colon', "3 cows", "# cows"])
def test_a_new_lesson_passes_the_check_at_once_and_is_in_the_menu(root, title):
    path = new_lesson(title, root)
    assert [str(mistake) for mistake in check(root)] == []
    assert menu(root) == [{"Home": "index.md"}, {title: path.name}, {"For teachers": "teach.md"}]
    assert new_lesson("Another", root).name == "another.md"
    assert [str(mistake) for mistake in check(root)] == []  # the ids of the exercises differ


@pytest.mark.parametrize("title", ["Écoute: *the* [cow] & <b>", "a < b > c | d $e$ _f_ `g` \\ #h!", "&amp; is &"])
def test_its_heading_reads_as_the_title(root, title):
    text = new_lesson(title, root).read_text(encoding="utf-8")
    heading = next(line for line in text.split("\n") if line.startswith("# "))
    shown = markdown.markdown(heading, extensions=["attr_list", "pystudio.builder.lessons.formulas"])
    assert html.unescape(re.sub("<[^>]*>", "", shown)) == title


def test_it_shows_one_of_everything_useful(root):
    text = new_lesson("Cows", root).read_text(encoding="utf-8")
    for block in ("```segment", "```paint", "```python cell", "```quiz", "```task-code", '!!! tip "Try this"'):
        assert f"\n{block}" in text


@pytest.mark.parametrize("title", ["Home page", "", "  ", "牛", "!?"])
def test_a_title_that_cannot_be_used_changes_nothing(root, title):
    (root / "site_src/home-page.md").write_text("# Mine\n", encoding="utf-8")
    before = (root / "mkdocs.yml").read_bytes()
    with pytest.raises(LessonError, match="title|page"):
        new_lesson(title, root)
    assert (root / "mkdocs.yml").read_bytes() == before
    assert (root / "site_src/home-page.md").read_text(encoding="utf-8") == "# Mine\n"


@given(st.text(max_size=80))
def test_any_title_gives_a_name_that_an_id_can_begin_with(title):
    from pystudio.builder.lessons.exercise_options import ID

    name = file_name(title)
    assert name == "" or ID.fullmatch(f"{name}-quiz")


@given(title=st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=40),
       settings=st.sampled_from(["nav:\n  - index.md\n", "a: 1\nnav:\n- index.md\n- B:\n    - c.md\nz: 2\n", "nav:\n  - index.md\n  # a word\n\nz: 2\n", "nav:\n  - For teachers: index.md\n"]))
def test_every_other_entry_of_the_menu_stays(title, settings):
    before, after = yaml.safe_load(settings), yaml.safe_load(with_entry(settings, title, "new.md"))
    after["nav"].remove({title: "new.md"})
    assert after == before


def test_the_command_tells_what_it_made_or_why_not(capsys, monkeypatch):
    made = []
    monkeypatch.setattr("pystudio.builder.lessons.new_lesson.new_lesson", lambda title: made.append(title) or ROOT / "site_src/cows.md")
    assert main(["Cows"]) == 0 and made == ["Cows"]
    assert "site_src/cows.md is there and in the menu" in capsys.readouterr().out

    def refuse(title):
        raise LessonError("Choose another title.")
    monkeypatch.setattr("pystudio.builder.lessons.new_lesson.new_lesson", refuse)
    assert main(["Cows"]) == 1
    assert capsys.readouterr().err == "Choose another title.\n"
