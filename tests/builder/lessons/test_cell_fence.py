"""The fence of a cell: what its opening line may say, how mistakes are told, what becomes of other Python blocks, and the HTML."""
import re
from html import unescape

import markdown
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pystudio.builder.lessons import cells
from pystudio.builder.lessons.schema import FenceError


@pytest.fixture(scope="module")
def page():
    custom = [{"name": "python", "class": "ps", "format": cells.formatter, "validator": cells.validator}]
    return markdown.Markdown(extensions=["pymdownx.highlight", "pymdownx.superfences"], extension_configs={"pymdownx.superfences": {"custom_fences": custom}})


def made(page, text):
    page.reset()
    return page.convert(text)


def mistake(page, text):
    with pytest.raises(FenceError) as caught:
        made(page, text)
    assert caught.value.message.endswith(".") and caught.value.remedy.endswith((".", "?"))
    return caught.value


def program(html):
    """The text of the code as a browser has it."""
    return unescape(re.sub(r"<[^>]*>", "", re.search(r"<code>(.*?)</code>", html, re.S)[1]))


def test_the_word_cell_makes_a_cell_with_its_program_in_it(page):
    html = made(page, '```python cell title="Grow" run="start" id="grow-it"\nif 1 < 2:\n    print("<b>&amp;")\n```')
    assert '<studio-cell class="ps" data-state="loading" id="grow-it" data-id="grow-it" data-title="Grow" data-run="start">' in html
    assert program(html) == 'if 1 < 2:\n    print("<b>&amp;")'
    assert '<span class="ps-cell-numbers" aria-hidden="true">1\n2</span>' in html
    assert "<p><studio-cell" not in html


@pytest.mark.parametrize("opening", ["```python", '```python title="cell.py"', '```python hl_lines="1"', "```py"])
def test_other_python_is_highlighted_as_ever(page, opening):
    html = made(page, f"{opening}\nprint(1)\n```")
    assert "studio-cell" not in html
    assert 'class="highlight"' in html


@pytest.mark.parametrize("header, line, message, remedy", [
    ('cell titel="x"', 0, "A cell has no option `titel`.", "Did you mean title?"),
    ('cell run="strat"', 0, '`run` cannot be "strat".', "Did you mean start?"),
    ("cell run", 0, "`run` has no value.", "run="),
    ('cell photo="kitte"', 0, 'There is no bundled photo called "kitte".', "Did you mean kitten?"),
    ('cell id="Über uns"', 0, "`id` cannot be", "small letters"),
    ('cell hl_lines="2"', 0, "A cell has no option `hl_lines`.", ""),
    ("cel", 0, "The word `cel` says nothing to a Python block.", "Did you mean cell?"),
])
def test_mistakes_of_the_opening_line_are_told(page, header, line, message, remedy):
    found = mistake(page, f"```python {header}\nprint(1)\n```")
    assert (found.line, found.message.startswith(message)) == (line, True)
    assert remedy in found.remedy


@pytest.mark.parametrize("body, line, message", [
    ("", 0, "This cell is empty."),
    ("x = 1\nfor i in x\n    pass", 2, "A colon is missing."),
    ("x = (1,\n\ny = 3", 1, "The bracket `(` is opened here and never closed."),
])
def test_a_program_that_cannot_run_is_told_with_its_line(page, body, line, message):
    found = mistake(page, f"```python cell\n{body}\n```")
    assert (found.line, found.message) == (line, message)


def test_await_is_allowed_outside_functions(page):
    assert "studio-cell" in made(page, "```python cell\nawait segment(photo)\n```")


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n \"'#\\{}()"), min_size=1, max_size=80))
def test_the_program_is_kept_letter_by_letter(text):
    assert unescape(re.sub(r"<[^>]*>", "", cells.highlighted(text))) == text


@pytest.mark.parametrize("line, is_meant", [("```python cell run=start", True), ("  ~~~python cell", True), ("> ```python x cell", True), ("```python", False), ("python cell", False), ("```python cells", False)])
def test_what_was_meant_to_be_a_cell(line, is_meant):
    assert cells.looks_like_cell(line) is is_meant


@pytest.mark.parametrize("opening, program, expected", [
    ('run="start"', "show(photo)", "picture"),
    ('run="start"', "for k in range(3):\n    plot([1, k])", "picture"),
    ('run="start"', "print('show(photo)')", "text"),
    ("", "show(photo)", None),
])
def test_room_is_kept_for_what_a_cell_that_runs_by_itself_will_show(page, opening, program, expected):
    found = re.search(r'class="ps-cell-outputs ps-cell-room" data-for="(\w+)"', made(page, f"```python cell {opening}\n{program}\n```"))
    assert (found and found[1]) == expected
