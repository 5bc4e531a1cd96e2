"""The whole site: MkDocs makes the pages, `bundle` the studio, and each page gets its policy; then what a page weighs is counted."""
from __future__ import annotations

import base64
import gzip
import hashlib
import json
import logging
import os
import posixpath
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from mkdocs.commands.build import build as mkdocs_build
from mkdocs.config import load_config
from mkdocs.exceptions import MkDocsException

from .. import BUILD, ROOT, BuildError, cache, display_path, log
from ..lessons import check
from ..lock import build_lock
from ..output_tree import OutputTree, write
from . import bundle, csp, offline

SITE = BUILD / "site"
TOO_OLD = "assets/javascripts/too_old.js"  # of the theme: speaks where a browser cannot read the studio's script
INLINE = ("load_guard", "theme_storage")  # scripts of site_src/studio/inline that the theme writes into each page
OURS = ("studio", "theme", "photos")  # folders of site_src that MkDocs must not copy


class WarningCollector(logging.Handler):
    """Keeps what MkDocs says about pages: warnings and errors, as sentences."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def build(folder: Path = SITE, *, live: bool = False) -> tuple[OutputTree, bundle.Bundle]:
    """Build the site into `folder`; its files, and what the manifest says. `live` is for `serve`: readable scripts, and a policy that admits the reload script."""
    parts = folder.with_name(f"{folder.name}-parts")  # what MkDocs and esbuild write; the site is put together from it
    with build_lock(parts, log):
        return _build(folder, parts, live)


def _build(folder: Path, parts: Path, live: bool) -> tuple[OutputTree, bundle.Bundle]:
    log("Checking the pages, their cells and exercises")
    if mistakes := check.check(ROOT):
        raise BuildError("The pages have mistakes:\n  " + "\n  ".join(map(str, mistakes)), "Mend them and run the same command again.")
    log("Engine, networks and scripts")
    studio = bundle.build(parts, minify=not live)
    log("Pages")
    tree = pages(studio, parts / "pages", live=live)
    tree.files |= studio.tree.files
    if not live:
        for path in [path for path in tree.files if path.endswith(".html")]:
            tree.add(path, with_integrity(tree.bytes(path).decode(), path, tree).encode())
    tree.add(".nojekyll", b"")
    offline.add(tree, studio, parts, live=live)
    written = write(tree, folder)
    total = sum(tree.size(path) for path in tree.files)
    log(f"{display_path(folder)}: {len(tree.files)} files, {total / 1e6:.1f} MB; {written} written now")
    if not live:
        log(weights(tree, studio))
        log(offline.report(tree))
    return tree, studio


def pages(studio: bundle.Bundle, out: Path, *, live: bool) -> OutputTree:
    """Run MkDocs on mkdocs.yml with the studio's script and style added; its warnings are errors."""
    collector = WarningCollector()
    logger = logging.getLogger("mkdocs")
    logger.addHandler(collector)
    logger.propagate = False  # said once, by us
    os.environ.setdefault("NO_MKDOCS_2_WARNING", "1")  # Material's advertisement for another programme
    try:
        config = load_config(str(ROOT / "mkdocs.yml"), site_dir=str(out), strict=True)
        if extra := [folder for folder in OURS if not config.exclude_docs or not config.exclude_docs.match_file(f"{folder}/x")]:
            raise BuildError(f"mkdocs.yml lets MkDocs copy site_src/{extra[0]}/ into the site.", f"Add /{extra[0]}/ to exclude_docs.")
        config.extra_javascript += [studio.script, TOO_OLD]
        config.extra_css.append(studio.style)
        config.extra["offline"] = not live  # the theme then links what makes the site installable
        config.extra |= {name: bundle.inline(name, out.parent) for name in INLINE}
        mkdocs_build(config)
    except MkDocsException as error:
        words = collector.lines or [str(error)]
        raise BuildError("The pages could not be built:\n  " + "\n  ".join(words), "Mend them and run the same command again.") from error
    except OSError as error:
        raise BuildError(f"The pages could not be built: {error}.") from error
    finally:
        logger.removeHandler(collector)
    tree = OutputTree()
    for path in sorted(out.rglob("*")):
        if path.is_file() and not path.name.endswith((".map", ".xml.gz")):  # source maps are for the theme's authors; a gzipped site map changes every day
            place = path.relative_to(out).as_posix()
            tree.add(place, _finished(path.read_text(encoding="utf-8"), place, studio, live).encode() if path.suffix == ".html" else path)
    return tree


def with_integrity(text: str, place: str, tree: OutputTree) -> str:
    """The page with the hash of each script and style sheet that it loads (W3C Subresource Integrity): what came in its place does nothing, and is told.

    Only of files whose names change with their content: of others a browser may still have the one before, which does no harm.
    """
    def sealed(tag):
        path = local(place, tag[2])
        if not re.search(r"[.-][0-9a-f]{8}\.(min\.)?(js|css)$", path):
            return tag[0]
        digest = base64.b64encode(hashlib.sha256(tree.bytes(path)).digest()).decode()
        return f'{tag[1]}"{tag[2]}" integrity="sha256-{digest}"'
    return re.sub(r'(<script src=|<link rel="stylesheet" href=)"([^"]*)"', sealed, without_integrity(text))


def without_integrity(text: str) -> str:
    """The page without those hashes: browsers cannot compare what they read from a folder."""
    return re.sub(r' integrity="sha256-[^"]*"', "", text)


def _finished(text: str, place: str, studio: bundle.Bundle, live: bool) -> str:
    """A page of MkDocs with the scripts of its labs, and its policy."""
    return csp.protect(with_labs(_without_prefetch(text), studio.script, studio.labs), place, live=live)


def with_labs(text: str, script: str, labs: dict[str, tuple[str, ...]]) -> str:
    """The page with the scripts of the labs that are on it, after the studio's own script.

    Parameters
    ----------
    text : str
        The page; all its addresses are relative, or all begin with "/".
    script : str
        Path of the studio's script in the site.
    labs : dict
        Paths of the scripts that each lab needs, in order, by its element.
    """
    needed = dict.fromkeys(path for tag, _ in csp.Page.read(text).elements for path in labs.get(tag, ()))

    def followed(link: re.Match[str]) -> str:
        return link[0] + "".join(f'\n        {link[1]}{path}"></script>' for path in needed)
    return re.sub(rf'(<script src="[./]*){re.escape(script)}"[^>]*></script>', followed, text)


def _without_prefetch(text: str) -> str:
    """The page without the theme's links to its neighbours, which Firefox would fetch ahead: nobody asked for that, and the policy refuses it aloud."""
    return re.sub(r'<link rel="(?:prev|next)"[^>]*>\s*', "", text)


def weights(tree: OutputTree, studio: bundle.Bundle) -> str:
    """A table of what each page costs: itself (HTML, CSS, scripts, pictures), and all the engine loads up to a first mask where it has an element."""
    gzip_sizes = GzipSizes(tree)
    rows = []
    for path in sorted(path for path in tree.files if path.endswith(".html")):
        page = csp.Page.read(tree.bytes(path).decode())
        own = {path} | {found for address in page.fetched if (found := local(path, address)) in tree.files}
        engine: set[str] = set()
        if page.elements:
            asked = next((given["data-network"] for _, given in page.elements if given.get("data-network")), bundle.FIRST_NETWORK)
            photo = next((given["data-photo"] for _, given in page.elements if given.get("data-photo")), "")
            engine = {f"studio/{name}" for name in bundle.first_mask(studio.manifest, asked)}
            engine |= {posixpath.normpath(f"studio/{entry['file']}") for entry in studio.manifest["photos"] if entry["name"] == photo}
        rows.append((path, *(sum(size(name) for name in group) for group in (own, engine) for size in (tree.size, gzip_sizes.size))))
    gzip_sizes.save()
    kb = lambda number: f"{number / 1000:,.0f}" if number else "-"
    table = [f"{'bytes per page, kB':32}{'page':>10}{'gzip':>10}{'first mask':>14}{'gzip':>10}"]
    table += [f"{path:32}" + "".join(f"{kb(number):>{width}}" for number, width in zip(numbers, (10, 10, 14, 10), strict=True)) for path, *numbers in rows]
    return "\n".join(table)


def local(page: str, address: str) -> str:
    """The path within the site that an address on a page leads to."""
    path = unquote(urlsplit(address).path)
    return path.lstrip("/") if path.startswith("/") else posixpath.normpath(posixpath.join(posixpath.dirname(page), path))


class GzipSizes:
    """Sizes after gzip, as a static host would send them; remembered by content, since squeezing the engine takes seconds."""

    def __init__(self, tree: OutputTree):
        self.tree = tree
        self.memory = cache() / "gzip-sizes.json"
        try:
            self.known = json.loads(self.memory.read_text())
        except (OSError, ValueError):
            self.known = {}
        self.used: dict[str, int] = {}

    def size(self, path: str) -> int:
        key = hashlib.sha256(self.tree.bytes(path)).hexdigest()
        if key not in self.used:
            self.used[key] = self.known.get(key) or len(gzip.compress(self.tree.bytes(path), 6))
        return self.used[key]

    def save(self) -> None:
        if self.used != self.known:
            self.memory.parent.mkdir(parents=True, exist_ok=True)
            self.memory.write_text(json.dumps(self.used))
