"""What a lab's folder says of it: it is read, and every mistake names the file, the key and the remedy."""

import tomllib

import pytest

from pystudio.builder import ROOT, BuildError
from pystudio.builder.lessons import lab_files
from pystudio.builder.lessons.labs import FOLDER, labs
from pystudio.builder.lessons.schema import Option

SHARED = '[lab.photo]\nkind = "photo"\nhelp = "The photo."\n'
HEAD = 'fence = "two-words"\nsummary = "A lab."\nno_script = "Switch it on."\nneeds = []\n'


def project(tmp_path, text, folder="two_words", element=True):
    """A project with one lab, whose lab.toml holds `text`."""
    home = tmp_path / FOLDER / folder
    home.mkdir(parents=True)
    (home.parent / "shared_options.toml").write_text(SHARED)
    if text is not None:
        (home / "lab.toml").write_text(text)
    if element:
        (home / "element.js").write_text("export default class extends HTMLElement {}\n")
    return tmp_path


def test_a_lab_is_what_its_file_says(tmp_path):
    more = '[options]\nphoto = "lab.photo"\n[options.size]\nkind = "integer"\nrange = [1, 9]\ndefault = 3\nhelp = "How large."\n[options.text]\nkind = "text"\nrequired = true\nhelp = "Words."\n'
    (lab,) = labs(project(tmp_path, HEAD.replace("[]", '["scikit-image"]') + "starts_engine = false\n" + more))
    assert (lab.fence.name, lab.fence.element, lab.fence.help, lab.fence.no_script) == ("two-words", "studio-two-words", "A lab.", "Switch it on.")
    assert (lab.needs, lab.starts_engine, lab.exercise, lab.style) == ({"scikit-image"}, False, "", None)
    assert lab.fence.options == (
        Option("photo", "photo", None, "The photo."),
        Option("size", "integer", 3, "How large.", low=1, high=9),
        Option("text", "text", None, "Words.", required=True),
    )


def test_every_lab_of_the_project_has_its_folder_its_class_and_what_is_written_in_it():
    folders = sorted(path.parent for path in (ROOT / FOLDER).glob("*/lab.toml"))
    assert [lab.folder for lab in labs()] == folders and len(folders) >= 19
    for lab in labs():
        written = tomllib.loads((lab.folder / "lab.toml").read_text(encoding="utf-8"))
        assert [option.name for option in lab.fence.options] == list(written.get("options", {}))
        assert lab.fence.help == written["summary"] and lab.element.is_file()


@pytest.mark.parametrize(
    ("text", "key", "message", "remedy"),
    [
        ('fence = "two-words', "", "cannot be read", "texts in quotation marks"),
        (HEAD.replace("summary", "sumary"), "sumary", "no such key", "Did you mean summary?"),
        (HEAD.replace('no_script = "Switch it on."\n', ""), "no_script", "missing", "docs/add-a-lab.md"),
        (HEAD.replace("needs = []\n", ""), "needs", "missing", "scikit-image, network-variants"),
        (HEAD.replace("[]", '["skimage"]'), "needs", "'skimage' is not known", "Did you mean scikit-image?"),
        (HEAD.replace('"A lab."', "3"), "summary", "has to be text", "Correct"),
        (HEAD.replace('"A lab."', '""'), "summary", "empty", "Write a value"),
        (HEAD.replace("two-words", "Two-Words"), "fence", "cannot be the name", "small letters"),
        (HEAD.replace("two-words", "three-words"), "fence", "lies in the folder two_words", f"{FOLDER}/three_words"),
        (HEAD + '[options]\nphoto = "lab.foto"\n', "options.photo", "no option 'lab.foto'", "Did you mean lab.photo?"),
        (HEAD + '[options]\nimage = "lab.photo"\n', "options.image", "another name", "Call this one photo"),
        (HEAD + "[options]\nsize = 3\n", "options.size", "neither", "[options.size]"),
        (HEAD + '[options.size]\nkind = "integr"\nhelp = "x"\n', "options.size.kind", "no kind 'integr'", "Did you mean integer?"),
        (HEAD + '[options.size]\nkind = "integer"\nhelp = "x"\n', "options.size.range", "needs `range`", "Add it"),
        (HEAD + '[options.size]\nkind = "integer"\nrange = [9, 1]\nhelp = "x"\n', "options.size.range", "least and the largest", "range = [0, 1]"),
        (HEAD + '[options.size]\nkind = "integer"\nrange = [1, 9]\ndefault = 10\nhelp = "x"\n', "options.size.default", "not within the range", "from 1 to 9"),
        (HEAD + '[options.size]\nkind = "integer"\nrange = [1, 9]\ndefault = 2.5\nhelp = "x"\n', "options.size.default", "not within the range", "from 1 to 9"),
        (HEAD + '[options.view]\nkind = "choice"\nhelp = "x"\n', "options.view.allowed", "needs `allowed`", "Add it"),
        (HEAD + '[options.view]\nkind = "choice"\nallowed = ["mask", "photo"]\ndefault = "mas"\nhelp = "x"\n', "options.view.default", "'mas' is not allowed", "Did you mean mask?"),
        (HEAD + '[options.view]\nkind = "switch"\nallowed = ["on"]\nhelp = "x"\n', "options.view.allowed", "has no `allowed`", "Remove it"),
        (HEAD + '[options.view]\nkind = "switch"\ndefault = "yes"\nhelp = "x"\n', "options.view.default", "has to be true or false", "Correct"),
        (HEAD + '[options.view]\nkind = "text"\nrequired = true\ndefault = "a"\nhelp = "x"\n', "options.view.default", "required", "Remove one"),
        (HEAD + '[options.view]\nkind = "text"\n', "options.view.help", "missing", "help"),
        (HEAD + '[options.View]\nkind = "text"\nhelp = "x"\n', "options.View", "name of an option", "small letters"),
    ],
)
def test_a_mistake_names_the_file_the_key_and_the_remedy(tmp_path, text, key, message, remedy):
    with pytest.raises(BuildError) as caught:
        labs(project(tmp_path, text))
    assert caught.value.message.startswith(f"{FOLDER}/two_words/lab.toml" + (f", `{key}`: " if key else ": "))
    assert message in caught.value.message and remedy in caught.value.remedy


def test_a_folder_with_a_script_and_no_description_is_a_mistake(tmp_path):
    with pytest.raises(BuildError, match=f"{FOLDER}/two_words has an element.js, but no lab.toml"):
        labs(project(tmp_path, None))


def test_a_description_without_a_script_is_a_mistake(tmp_path):
    with pytest.raises(BuildError, match="no element.js beside this file"):
        labs(project(tmp_path, HEAD, element=False))


# --- what is written down from it


@pytest.mark.parametrize("path", sorted(lab_files.files()))
def test_what_follows_from_the_labs_is_up_to_date(path):
    assert (ROOT / path).read_text(encoding="utf-8") == lab_files.files()[path], "run: python3 build.py labs"


def test_the_types_say_which_options_may_be_absent_and_what_they_can_be(tmp_path):
    options = """
        [options.size]\nkind = "integer"\nrange = [1, 9]\nhelp = "How large."
        [options.view]\nkind = "choice"\nallowed = ["mask", "photo"]\ndefault = "mask"\nhelp = "What is drawn."
        [options.sides]\nkind = "choice"\nallowed = [4, 8]\ndefault = 4\nhelp = "Neighbours."
        [options.words]\nkind = "text"\nrequired = true\nhelp = "Words."
        [options.on]\nkind = "switch"\ndefault = true\nhelp = "Whether."
        [options.names]\nkind = "methods"\nhelp = "Which."
    """
    (lab,) = labs(project(tmp_path, HEAD + options))
    lines = [line.strip() for line in lab_files.typescript(lab).split("\n") if line.startswith("  ") and "/**" not in line]
    assert lines == ["size?: number;", 'view: "mask" | "photo";', "sides: 4 | 8;", "words: string;", "on: boolean;", "names?: string[];"]


def test_a_new_block_gets_a_section_of_the_guide_and_a_described_one_keeps_its_own(tmp_path):
    (lab,) = labs(project(tmp_path, HEAD + '[options.size]\nkind = "integer"\nrange = [1, 9]\nhelp = "How large."\n'))
    guide = "# Blocks\n\n## Laboratories\n\nWords.\n" + lab_files.LAST_SECTION + "\nMore.\n"
    written = lab_files.with_sections(guide, (lab,))
    assert "\n### `two-words`: a lab\n" in written and "```fence-options\nfence: two-words\n```" in written
    assert written.index("two-words") < written.index(lab_files.LAST_SECTION)
    assert lab_files.with_sections(written, (lab,)) == written
