"""The teacher's key: everything that the lessons ask is in it, with its answer, and its links lead where those of the lesson do."""
import re

import pytest

from pystudio.builder import ROOT
from pystudio.builder.lessons import answer_key, exercises
from pystudio.builder.lessons.extension import render
from pystudio.builder.lessons.fences import EXERCISES

LESSON = '''# Look

## First { .wide }

!!! example "Try this"

    1. What is **that**?
    2. And [this](more.md#part)?

    ??? success "Answers"

        1. A cat [@otsu1979].
        2. See [above](#look).

Text.

```python cell
## no heading
```

```quiz
id: a
title: Who?
text: Which one is it?
choices:
  - {answer: The cat, why: It purrs., right: true}
  - {answer: The dog, why: It barks.}
```

````md
```quiz
id: shown-only
```
!!! example "Try this"

    1. Not asked.
````
'''


def test_what_a_page_asks_is_found_with_its_answers_and_its_heading():
    first, second = answer_key.asked(LESSON)
    assert (first.line, first.heading, second.heading) == (5, "First", "First")
    assert first.questions == "1. What is **that**?\n2. And [this](more.md#part)?" and first.answers == "1. A cat [@otsu1979].\n2. See [above](#look)."
    assert "<strong>Who?</strong>" in second.exercise and "The cat It purrs." in second.exercise and "The dog" not in second.exercise


def test_links_lead_from_the_key_to_the_lesson(tmp_path):
    (tmp_path / "site_src").mkdir()
    (tmp_path / "site_src/look.md").write_text(LESSON, encoding="utf-8")
    (tmp_path / "mkdocs.yml").write_text("site_name: x\nnav:\n  - Look: look.md\n  - Gone: gone.md\n", encoding="utf-8")
    made = answer_key.key_html(tmp_path)
    assert '<h2 id="key-look"><a href="look.html">Look</a></h2>' in made
    assert 'href="more.html#part"' in made and 'href="look.html#look"' in made and "otsu1979" not in made and "Not asked" not in made


@pytest.mark.parametrize("page", sorted(path.name for path in (ROOT / "site_src").glob("*.md")))
def test_the_key_of_this_site_leaves_nothing_out(page):
    text = (ROOT / "site_src" / page).read_text(encoding="utf-8")
    found = answer_key.asked(text)
    tries = [each for each in found if each.questions]
    if page not in ("teach.md", "teach-fences.md"):
        assert len(tries) == text.count('!!! example "Try this"') and all(each.answers for each in tries)
        assert len(found) - len(tries) == len(re.findall(rf"^ *```(?:{'|'.join(EXERCISES)})$", text, re.M))
    else:
        assert found == []


def test_every_link_of_the_key_leads_to_a_page_of_the_site():
    made = render("answer-key", "")
    pages = {path.stem for path in (ROOT / "site_src").glob("*.md")}
    assert {link for link in re.findall(r'href="([\w-]+)\.html', made)} <= pages and ".md" not in made and made.count("ps-key-answers") > 30
