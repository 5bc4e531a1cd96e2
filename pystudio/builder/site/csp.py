"""The Content-Security-Policy of a page: nothing from another host, and of inline scripts only those the build knows by hash."""
from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser
from urllib.parse import urlsplit

from .. import STUDIO, BuildError

POLICY = {
    "default-src": "'none'",
    "script-src": "'self' blob: 'wasm-unsafe-eval'",
    "worker-src": "'self' data: blob:",
    "connect-src": "'self' blob: data:",
    "img-src": "'self' data: blob:",
    "media-src": "'self' blob: mediastream:",
    "style-src": "'self' 'unsafe-inline'",
    "font-src": "'self' data:",
    "base-uri": "'self'",
    "form-action": "'none'",
    "object-src": "'none'",
    "manifest-src": "'self'",
}
# The same for pages opened from a folder (file://). What 'self' means there differs between browsers, so the scheme is named instead; files can
# only come in as pictures, styles and classic scripts, and the worker is made from a data: address (site_src/studio/engine/spawn_worker.js).
FOLDER_POLICY = {name: value.replace("'self'", "file:") for name, value in POLICY.items()} | {
    "worker-src": "data: blob:",
    "connect-src": "blob: data:",
    "base-uri": "'none'",
    "manifest-src": "'none'",
}
# Script types that a browser runs, and so hashes; any other type is data (HTML standard, "prepare the script element").
EXECUTED = {"", "module", "importmap", "speculationrules", "text/javascript", "application/javascript", "text/ecmascript", "application/ecmascript"}
# Attributes that make the browser fetch at once, by element. A link one may click (a, area) is free to lead anywhere.
FETCHED = {"script": ("src",), "img": ("src", "srcset"), "iframe": ("src",), "source": ("src", "srcset"), "video": ("src", "poster"), "audio": ("src",),
           "embed": ("src",), "object": ("data",), "link": ("href",), "input": ("src",), "track": ("src",)}
FETCHING_LINKS = {"stylesheet", "icon", "preload", "modulepreload", "prefetch", "preconnect", "dns-prefetch", "manifest", "apple-touch-icon"}


@dataclass
class Page(HTMLParser):
    """What one page of HTML runs and fetches."""

    inline: list[str] = field(default_factory=list)      # text of its inline scripts, exactly as the browser sees it
    fetched: list[str] = field(default_factory=list)     # addresses it fetches by itself
    handlers: list[str] = field(default_factory=list)    # on… attributes, which the policy blocks
    elements: list[tuple[str, dict[str, str]]] = field(default_factory=list)  # our own elements: (tag, attributes)

    def __post_init__(self):
        super().__init__(convert_charrefs=True)
        self._script: list[str] | None = None

    @classmethod
    def read(cls, text: str) -> Page:
        page = cls()
        page.feed(re.sub("\r\n?", "\n", text))  # as the standard's input stream does
        page.close()
        return page

    def handle_starttag(self, tag, attributes):
        given = {name: value or "" for name, value in attributes}
        self.handlers += [f"<{tag} {name}>" for name in given if name.startswith("on")]
        if tag.startswith("studio-"):
            self.elements.append((tag, given))
        if tag == "script" and "src" not in given and given.get("type", "").strip().lower() in EXECUTED:
            self._script = []
        if tag == "link" and not FETCHING_LINKS & set(given.get("rel", "").lower().split()):
            return
        for name in FETCHED.get(tag, ()):
            if name == "srcset":
                self.fetched += [part.split()[0] for part in given.get(name, "").split(",") if part.strip()]
            elif given.get(name):
                self.fetched.append(given[name])

    def handle_data(self, data):
        if self._script is not None:
            self._script.append(data)

    def handle_endtag(self, tag):
        if tag == "script" and self._script is not None:
            self.inline.append("".join(self._script))
            self._script = None


def script_hash(text: str) -> str:
    """The hash source of one inline script, as CSP writes it."""
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


def _frame_script() -> str:
    """The script of the frame that holds the engine in WebKit (site_src/studio/engine/spawn_worker.js): a frame without an address has the policy of its page."""
    return (STUDIO / "engine/worker_frame.txt").read_text(encoding="utf-8")


def policy(page: Page, *, live: bool = False, rules: dict[str, str] = POLICY) -> str:
    """The policy of a page. `live` admits any inline script: only for `serve`, whose reload script changes at every answer."""
    scripts = ["'unsafe-inline'"] if live else sorted({script_hash(text) for text in [*page.inline, *([_frame_script()] if page.elements else [])]})
    return "; ".join(f"{name} {value}" + (" " + " ".join(scripts) if name == "script-src" and scripts else "") for name, value in rules.items())


def protect(text: str, place: str, *, live: bool = False, rules: dict[str, str] = POLICY) -> str:
    """The page with its policy in it. Raises BuildError when the page asks for another host, or for what the policy would block."""
    page = Page.read(text)
    foreign = [address for address in page.fetched if urlsplit(address).netloc or address.startswith("//")]
    if foreign:
        raise BuildError(f"{place} fetches {foreign[0]} from another host.", "Put the file into the project: the site asks nobody else for anything.")
    if page.handlers:
        raise BuildError(f"{place} has a script in an attribute ({page.handlers[0]}), which its Content-Security-Policy blocks.", "Attach it in a script file.")
    # After the declaration of the encoding, which browsers look for in the first 1024 bytes only; nothing before it can load anything.
    anchor = re.search(r"<meta\s+charset=[^>]*>", text, re.IGNORECASE) or re.search(r"<head[^>]*>", text, re.IGNORECASE)
    if not anchor:
        raise BuildError(f"{place} has no <head>.", "Look at the theme's template.")
    meta = f'<meta http-equiv="Content-Security-Policy" content="{escape(policy(page, live=live, rules=rules), quote=False)}">'
    return text[:anchor.end()] + meta + text[anchor.end():]


def for_folder(text: str, place: str) -> str:
    """A page of the site with the policy that it needs when it is opened from a folder, instead of the one that it has."""
    bare, found = re.subn(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text)
    if found != 1:
        raise BuildError(f"{place} has {found} policies, not one.", "Look at pystudio/builder/site/csp.py.")
    return protect(bare, place, rules=FOLDER_POLICY)
