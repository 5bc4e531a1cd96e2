"""`build.py new-lesson "Title"`: a page to begin with, one of everything that is useful in it, named in the menu and free of mistakes."""
from __future__ import annotations

import argparse
import json
import re
import sys
import unicodedata
from pathlib import Path

from .. import COMMAND, ROOT

LAST = "For teachers"
"""New lessons stand in the menu before this entry, or at its end where there is none."""

PAGE = '''\
---
title: {quoted}
description: One sentence for search engines and for the list of pages.
---

# {title}

Begin with a question that can be answered by looking. Where does the cat end and the blanket begin?

## Look

```segment
photo: kitten
view: overlay
```

!!! tip "Try this"

    Drag the opacity to 100%. Which pixels did the network get wrong?

## Paint

The page grades you while you draw. Can you reach an IoU of 0.8?

```paint
label: cat
target: 0.8
```

## Compute

Change a line and press **Run**. The names `photo`, `mask` and `prediction` are there already.

```python cell title="How much of the photo is cat?"
cat = prediction == 8
print(f"{{cat.mean():.1%}} of the pixels are cat")
show(cat)
```

## Answer

```quiz
id: {name}-quiz
title: Who knows?
text: A mask covers the whole cat, and half of the blanket as well. What is low?
choices:
  - answer: Its IoU
    why: The blanket is in the union but not in the intersection.
    right: true
  - answer: The share of the cat that it covers
    why: That share is 1. It says nothing of the blanket.
hints:
  - Draw the two shapes, and shade what both cover.
```

```task-code
id: {name}-code
title: Count the pixels
text: Write `area(mask)`. It gives back how many pixels of the mask are True.
function: area
arguments: {{mask: mask 12x16}}
start: |
  def area(mask):
      return 0
solution: |
  def area(mask):
      return mask.sum()
```
'''


class LessonError(Exception):
    """The page cannot be made: one sentence, and what to do."""


def new_lesson(title: str, root: Path = ROOT) -> Path:
    """Write a page below site_src and name it in the menu.

    Parameters
    ----------
    title : str
        What the page is called; its file is named after it.
    root : Path
        The project.

    Returns
    -------
    Path
        The new file.

    Raises
    ------
    LessonError
        The title is empty or of several lines, or there is such a page already. Nothing is written then.
    """
    title = " ".join(title.split())
    name = file_name(title)
    if not name:
        raise LessonError(f"The title {title!r} has no letter or digit of the Latin alphabet to name the file after. Add one, and change it in the page afterwards.")
    path = root / "site_src" / f"{name}.md"
    if path.exists():
        raise LessonError(f"There is a page {path.relative_to(root).as_posix()} already. Choose another title.")
    settings = root / "mkdocs.yml"
    menu = with_entry(settings.read_text(encoding="utf-8"), title, path.name)
    path.write_text(PAGE.format(title=_as_markdown(title), quoted=json.dumps(title, ensure_ascii=False), name=name), encoding="utf-8")
    settings.write_text(menu, encoding="utf-8")
    return path


def file_name(title: str) -> str:
    """The name of a page's file, which is also how the ids of its exercises begin.

    Examples
    --------
    >>> file_name("Où est le chat ?"), file_name("3 cows")
    ('ou-est-le-chat', 'lesson-3-cows')
    """
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].strip("-")
    return f"lesson-{name}" if name[:1].isdigit() else name


def _as_markdown(title: str) -> str:
    """A title as text that means nothing to Markdown."""
    return re.sub(r"([\\`*_{}\[\]#!$])", r"\\\1", title.replace("&", "&amp;").replace("<", "&lt;"))


def with_entry(settings: str, title: str, file: str) -> str:
    """mkdocs.yml with one more entry in its menu; every other line stays as it is."""
    lines = settings.rstrip("\n").split("\n")
    begin = next((number for number, line in enumerate(lines) if re.match(r"nav:\s*(#.*)?$", line)), None)
    if begin is None:
        raise LessonError("mkdocs.yml has no menu. Add a line `nav:`, and below it the pages, one `- Title: page.md` on each line.")
    end = next((number for number in range(begin + 1, len(lines)) if re.match(r"[^\s#-]", lines[number])), len(lines))
    entries = [number for number in range(begin + 1, end) if re.match(r"\s*- ", lines[number])]
    indent = re.match(r"\s*", lines[entries[0]])[0] if entries else "  "
    place = next((number for number in entries if lines[number].startswith(f"{indent}- {LAST}:")), (entries[-1] if entries else begin) + 1)
    return "\n".join([*lines[:place], f"{indent}- {json.dumps(title, ensure_ascii=False)}: {file}", *lines[place:]]) + "\n"


def main(arguments: list[str]) -> int:
    """The command; the exit code."""
    parser = argparse.ArgumentParser(prog="build.py new-lesson", description="Make a lesson page with an example of everything useful, and name it in the menu.")
    parser.add_argument("title", help='what the page is called, in quotation marks: "Where is the cow?"')
    try:
        path = new_lesson(parser.parse_args(arguments).title)
    except LessonError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{path.relative_to(ROOT).as_posix()} is there and in the menu (mkdocs.yml). Edit it, and watch it with: {COMMAND} serve")
    return 0
