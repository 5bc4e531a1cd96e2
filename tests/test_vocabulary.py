"""Words that docs/vocabulary.md replaces are no identifiers any more, nor parts of them; what still bears one is listed, and the list only gets shorter.

``python -m tests.test_vocabulary`` writes that list, tests/vocabulary_allowed.toml, again.
"""
import io
import re
import tokenize
import tomllib
from pathlib import Path

import pytest
from pygments.lexers import JavascriptLexer, TypeScriptLexer
from pygments.token import Name

from pystudio.builder import ROOT

VOCABULARY = ROOT / "docs/vocabulary.md"
ALLOWED = ROOT / "tests/vocabulary_allowed.toml"
FOLDERS = ("pystudio", "models", "site_src/studio")
LEXERS = {".js": JavascriptLexer, ".mjs": JavascriptLexer, ".ts": TypeScriptLexer}
HEAD = """# Identifiers with a word that docs/vocabulary.md replaces: tests/test_vocabulary.py allows these and no others.
# `python -m tests.test_vocabulary` writes this file again: what no longer occurs goes, and reasons under [kept] stay.

"""


def parts(identifier):
    """The words of an identifier: of snake_case, camelCase and CONSTANTS."""
    return [part.lower() for part in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", identifier)]


def identifiers(text, ending):
    """The identifiers of a file, not its texts and comments."""
    if ending == ".py":
        return {token.string for token in tokenize.generate_tokens(io.StringIO(text).readline) if token.type == tokenize.NAME}
    return {value.lstrip("#") for kind, value in LEXERS[ending]().get_tokens(text) if kind in Name}


def old_words(text):
    """The left column of the table of old words."""
    rows = re.findall(r"^\| ((?:`[a-z]+`(?:, )?)+) \| .+ \|$", text.partition("## Old words")[2], re.MULTILINE)
    return {word for row in rows for word in re.findall(r"`([a-z]+)`", row)}


def in_use(root=ROOT):
    """{old word: identifiers that have it}, those of files and folders too."""
    words = old_words(VOCABULARY.read_text(encoding="utf-8"))
    files = [path for folder in FOLDERS for path in sorted((root / folder).rglob("*")) if path.suffix in (".py", *LEXERS) and "node_modules" not in path.parts]
    names = {part for path in files for part in (*path.relative_to(root).parts[:-1], path.stem)}.union(
        *(identifiers(path.read_text(encoding="utf-8"), path.suffix) for path in files))
    return {word: found for word in sorted(words) if (found := {name for name in names if word in parts(name)})}


@pytest.fixture(scope="module")
def used():
    return in_use()


@pytest.fixture(scope="module")
def allowed():
    return tomllib.loads(ALLOWED.read_text(encoding="utf-8"))


def test_no_identifier_has_a_word_that_was_replaced(used, allowed):
    listed = {*allowed["kept"], *(name for names in allowed["left"].values() for name in names)}
    new = {word: sorted(found - listed) for word, found in used.items() if found - listed}
    assert new == {}, "docs/vocabulary.md says which term to use instead"


def test_what_is_allowed_still_occurs(used, allowed):
    gone = sorted(name for name in allowed["kept"] if name not in set().union(*used.values()))
    gone += [f"{word}: {name}" for word, names in allowed["left"].items() for name in names if name not in used.get(word, ())]
    assert gone == [], "take them out of tests/vocabulary_allowed.toml: python -m tests.test_vocabulary"


def test_what_is_kept_on_purpose_has_a_reason(allowed):
    assert [name for name, reason in allowed["kept"].items() if len(reason.split()) < 3] == []


def test_the_table_has_the_words():
    words = old_words(VOCABULARY.read_text(encoding="utf-8"))
    assert {"door", "spoil", "spoilt", "waist", "afresh"} <= words and "uncertainty" not in words


@pytest.mark.parametrize("identifier, expected", [
    ("split_ratio", ["split", "ratio"]), ("openDoor", ["open", "door"]), ("DOOR_WIDTH", ["door", "width"]), ("HTTPDoor2", ["http", "door"]),
    ("indoors", ["indoors"]), ("#wishes", ["wishes"]), ("_told", ["told"]),
])
def test_an_identifier_is_taken_apart(identifier, expected):
    assert parts(identifier) == expected


@pytest.mark.parametrize("ending, text", [
    (".py", '"""door"""\nclass OpenDoor:\n    waist: int  # fault\n    def doubt(self): return f"spoil"\n'),
    (".js", '// door\nclass OpenDoor { #doubt = "spoil"; get waist() { return `told ${1}`; } } /* fault */ const r = /"calm/;'),
    (".ts", 'export type OpenDoor = { waist: number; doubt: "spoil" }; // fault'),
])
def test_texts_and_comments_are_no_identifiers(ending, text):
    found = {word for name in identifiers(text, ending) for word in parts(name)}
    assert {"door", "waist", "doubt"} <= found
    assert not found & {"spoil", "fault", "told", "calm"}


def write(path: Path = ALLOWED):
    """Write the list of the present state."""
    used, kept = in_use(), tomllib.loads(path.read_text(encoding="utf-8"))["kept"] if path.exists() else {}
    kept = {name: reason for name, reason in kept.items() if any(name in found for found in used.values())}
    left = {word: sorted(found - kept.keys()) for word, found in used.items() if found - kept.keys()}
    lines = ["[kept]  # on purpose: identifier = why", *(f'{name} = "{reason}"' for name, reason in kept.items()), "",
             "[left]  # not renamed yet: old word = identifiers", *(f'{word} = [{", ".join(f"{name!r}" for name in names)}]'.replace("'", '"') for word, names in left.items())]
    path.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
