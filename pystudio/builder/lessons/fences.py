"""Every fence of the lesson pages: one for each lab, found in its folder, and those that become plain HTML."""

from __future__ import annotations

from .. import BuildError
from .labs import labs
from .schema import Fence, Option

PLAIN = (
    Fence(
        "figure",
        "",
        "A drawing of ours, placed in the page so that it follows light and dark.",
        (
            Option("drawing", "drawing", None, "The SVG file, below site_src.", required=True),
            Option("alt", "text", None, "What the drawing shows, for people who cannot see it.", required=True),
            Option("caption", "text", None, "A line below the drawing."),
        ),
    ),
    Fence("answer-key", "", "What all lessons ask, with the answers (for a page directly in site_src)."),
    Fence("sources", "", "Works of others: one `key: what is in it` on each line, with the keys of site_src/citations.toml."),
    Fence("credits", "", "The bundled photos, who took them, under which licence (for a page directly in site_src)."),
    Fence("fence-options", "", "The table of options of one fence.", (Option("fence", "fence", "segment", "The block to describe."),)),
)
"""The fences that are no labs: `extension` makes their HTML."""


def _by_name() -> dict[str, Fence]:
    found = {lab.fence.name: lab.fence for lab in labs()} | {fence.name: fence for fence in PLAIN}
    if len(found) < len(labs()) + len(PLAIN):
        taken = next(lab for lab in labs() if lab.fence.name in {fence.name for fence in PLAIN})
        raise BuildError(f"The lab {taken.folder.name} has the name of a block that there is already.", "Call its folder and its fence something else.")
    return found


_FOUND = _by_name()

CELL = _FOUND.pop("python cell")
"""Python that the reader runs: no block of YAML, so `cells` reads it."""

FENCES: dict[str, Fence] = _FOUND
"""The fences whose lines are options, by name."""

EXERCISES = {lab.fence.name: lab.exercise for lab in labs() if lab.exercise}
"""The fences that are exercises, and what each is called on the page."""
