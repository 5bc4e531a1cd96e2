"""Code is not translated: an extension of Python-Markdown that marks it for browsers that translate pages.

A translated program does not run, and its author's version would be read off the page. What scripts add is marked by site_src/studio/ui/untranslated.js.
"""
from __future__ import annotations

import re
from typing import Any

from markdown.extensions import Extension
from markdown.postprocessors import Postprocessor

__all__ = ["Untranslated", "makeExtension"]

CODE = re.compile(r"<script\b.*?</script\s*>|<(?:pre|code|kbd|samp|var|math)(?=[\s>])(?![^>]*\stranslate=)", re.DOTALL | re.IGNORECASE)


def marked(page: str) -> str:
    """HTML in which every element of code says that it is not to be translated.

    Examples
    --------
    >>> marked('<p>Press <kbd>B</kbd>: <code class="x">brush()</code></p>')
    '<p>Press <kbd translate="no">B</kbd>: <code translate="no" class="x">brush()</code></p>'
    """
    return CODE.sub(lambda found: found[0] if found[0].lower().startswith("<script") else f'{found[0]} translate="no"', page)


class _Mark(Postprocessor):
    def run(self, text: str) -> str:
        return marked(text)


class Untranslated(Extension):
    """Marks all code of a page."""

    def extendMarkdown(self, md: Any) -> None:  # noqa: N802  (Markdown's name)
        md.postprocessors.register(_Mark(md), "untranslated", 5)  # after all that was set aside has come back


def makeExtension(**kwargs: Any) -> Untranslated:  # noqa: N802  (Markdown's name)
    """What Markdown asks a module for that mkdocs.yml names."""
    return Untranslated(**kwargs)
