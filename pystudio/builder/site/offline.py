"""What lets the hosted site work without a connection: the service worker with its list of all files, the web app manifest and its icons."""
from __future__ import annotations

import hashlib
import io
import json
import re
from pathlib import Path
from xml.etree import ElementTree

from PIL import Image, ImageDraw

from .. import SOURCES, STUDIO, BuildError
from ..lessons.labs import labs
from ..output_tree import OutputTree
from . import bundle, csp
from .bundle import Bundle

WORKER = "sw.js"  # at the root: a service worker's reach is its own folder
MANIFEST = "site.webmanifest"
FALLBACK = "offline.html"  # shown in place of a page that is not kept; site_src/offline.md
LOGO = SOURCES / "theme/assets/images/logo.svg"
GROUND = "#eef4f2"  # the header's colour in the light scheme (lesson.css), under the drawing where an icon must fill its square
DIGITS = 32  # hex digits of SHA-256 that the list holds: 128 bits
# Kept when used, and by "Make available offline"; everything else is the shell, kept at the first visit.
HEAVY = re.compile(r"studio/.+/|photos/(?!.*-small-)")
# Never asked for by an English reader or by any page: kept only if somebody does ask.
UNUSED = re.compile(r"assets/javascripts/lunr/|sitemap\.xml$|\.nojekyll$")
SHELL_FILE = 300_000  # bytes; a larger file is kept when used, whatever it is,
EVERY_PAGE = re.compile(r"studio/studio-[^/]+$")  # but what every page needs: a new version comes with its script, not without
SETS = {"scikit-image": "science", "network-variants": "variants"}  # what a lab may need, and the set of files it is in
ICONS = {"icon-192.png": (192, 0.0, "any"), "icon-512.png": (512, 0.0, "any"), "icon-maskable-512.png": (512, 0.2, "maskable")}
TOUCH_ICON = "apple-touch-icon.png"


def add(tree: OutputTree, studio: Bundle, parts: Path, *, live: bool = False) -> None:
    """Add the service worker, the web app manifest and its icons to a site that is otherwise complete.

    Parameters
    ----------
    tree : OutputTree
        The whole site; it gets `sw.js` and, unless `live`, what makes it installable.
    studio : Studio
        Names what the pages' elements load.
    parts : Path
        Where esbuild writes.
    live : bool
        For `serve`: its service worker only removes one that an earlier site left at the same address.

    Raises
    ------
    BuildError
        The page that stands in for pages not kept is missing, or the logo is not made of rectangles.
    """
    if live:
        tree.add(WORKER, bundle._bundle(STUDIO / "offline/service_worker_retired.js", ["--format=iife"], parts, False))
        return
    for name, (side, margin, _) in ICONS.items():
        tree.add(f"assets/images/{name}", icon(side, margin))
    tree.add(f"assets/images/{TOUCH_ICON}", icon(180, 0.1, GROUND))
    tree.add(MANIFEST, webmanifest())
    listed = json.dumps(site(tree, studio.manifest), separators=(",", ":"), ensure_ascii=False)
    injected = parts / "site.js"
    injected.write_text(f"export const __SITE__ = {listed};\n", encoding="utf-8")
    tree.add(WORKER, bundle._bundle(STUDIO / "offline/service_worker.js", ["--format=iife", f"--inject:{injected}"], parts, True))


def site(tree: OutputTree, manifest: dict) -> dict:
    """The list that the service worker works from.

    Returns
    -------
    dict
        `shell` and `later`: path -> (start of its SHA-256 in hex, size), each file but the service worker in one of them;
        `sets`: name -> paths, what elements load; `pages`: page -> names of the sets it needs; `version`: changes with any of it.
    """
    if FALLBACK not in tree.files:
        raise BuildError(f"The site has no {FALLBACK}, the page that is shown in place of one that is not kept.", "Restore site_src/offline.md.")
    shell, later = {}, {}
    for path in sorted(set(tree.files) - {WORKER}):
        data = tree.bytes(path)
        (later if waits(path, len(data)) else shell)[path] = (hashlib.sha256(data).hexdigest()[:DIGITS], len(data))
    listed = {"shell": shell, "later": later, "sets": sets(later, manifest), "pages": pages(tree)}
    return {"version": hashlib.sha256(json.dumps(listed, sort_keys=True).encode()).hexdigest()[:8]} | listed


def waits(path: str, size: int) -> bool:
    """Whether a file is kept only when it is used, and not at the first visit."""
    return bool(HEAVY.match(path) or UNUSED.match(path)) or size > SHELL_FILE and not EVERY_PAGE.match(path)


def sets(later: dict[str, tuple[str, int]], manifest: dict) -> dict[str, list[str]]:
    """What lessons load beyond the shell, by purpose: each file that any may use is in one set.

    `spare` is what Python starts from where its memory snapshot cannot be used, and whatever is of unknown use: every lesson has it.
    """
    chosen: dict[str, list[str]] = {"engine": [], "spare": [], "networks": [], "variants": [], "photos": [], "saving": [], "science": []}
    networks = {f"studio/{network['file']}" for network in manifest["networks"].values()}
    variants = {f"studio/{variant['file']}" for variant in manifest.get("variants", {}).values()}
    first = {f"studio/{path}" for path in bundle.first_mask(manifest)} - networks
    wheels = f"studio/{manifest['wheels']}"
    start = tuple(f"{wheels}{name}-" for name in bundle.FIRST_WHEELS)
    for path in later:
        if UNUSED.match(path):
            continue
        kind = ("engine" if path in first else "networks" if path in networks else "variants" if path in variants else "photos" if path.startswith("photos/") else
                "saving" if path.startswith(f"{wheels}pillow-") else "science" if path.startswith(wheels) and not path.startswith(start) else "spare")
        chosen[kind].append(path)
    return chosen


def pages(tree: OutputTree) -> dict[str, list[str]]:
    """The sets that each page with an element needs, as the labs say. An element of no lab may need scikit-image."""
    needs = {lab.fence.element: lab.needs for lab in labs()}
    found = {}
    for path in sorted(path for path in tree.files if path.endswith(".html")):
        elements = [needs.get(tag, {"scikit-image"}) for tag, _ in csp.Page.read(tree.bytes(path).decode()).elements]
        if elements:
            needed = frozenset().union(*elements)
            found[path] = ["engine", "spare", "networks", "photos", "saving"] + [name for need, name in SETS.items() if need in needed]
    return found


def report(tree: OutputTree) -> str:
    """One line for the build's output: what a first visit keeps, and what there is to keep."""
    sizes = {path: tree.size(path) for path in tree.files if path != WORKER}
    shell = [size for path, size in sizes.items() if not waits(path, size)]
    later = [size for path, size in sizes.items() if waits(path, size) and not UNUSED.match(path)]
    return (f"Without a connection: {sum(shell) / 1e6:.1f} MB ({len(shell)} files) are kept at the first visit, "
            f"up to {sum(later) / 1e6:.1f} MB more as they are used; the service worker takes {tree.size(WORKER) / 1e3:.0f} kB")


# ---------------------------------------------------------------- installable


def webmanifest() -> bytes:
    """The web app manifest (W3C Web Application Manifest); all addresses are relative, so the site may lie in any folder."""
    return json.dumps({
        "name": "PyStudio: learn image segmentation by doing it",
        "short_name": "PyStudio",
        "description": "Image segmentation you can see, paint and grade, in Python, in your browser.",
        "lang": "en",
        "start_url": "./index.html",
        "scope": "./",
        "display": "standalone",
        "theme_color": GROUND,
        "background_color": "#fdfdfb",
        "categories": ["education"],
        "icons": [{"src": f"assets/images/{name}", "sizes": f"{side}x{side}", "type": "image/png", "purpose": purpose}
                  for name, (side, _, purpose) in ICONS.items()],
    }, indent=1).encode()


def icon(side: int, margin: float, ground: str | None = None) -> bytes:
    """The logo as a PNG.

    Parameters
    ----------
    side : int
        Rows and columns of the picture.
    margin : float
        Share of the side that stays free around the drawing; with one, the square is filled. Systems cut maskable
        icons to a circle of 80 % of the side, so the corners of the drawing have to lie within it.
    ground : str, optional
        Colour of the square; none leaves it clear.
    """
    fine = 8 * side
    tree = ElementTree.parse(LOGO)
    extent = float(tree.getroot().get("viewBox").split()[2])
    image = Image.new("RGBA", (fine, fine), ground or (GROUND if margin else (0, 0, 0, 0)))
    draw = ImageDraw.Draw(image)
    scale, shift = fine * (1 - 2 * margin) / extent, fine * margin
    drawn = 0
    for group in tree.getroot().iter("{http://www.w3.org/2000/svg}g"):
        for rect in group.iter("{http://www.w3.org/2000/svg}rect"):
            x, y, width, height, radius = (float(rect.get(name, 0)) * scale for name in ("x", "y", "width", "height", "rx"))
            draw.rounded_rectangle((x + shift, y + shift, x + width + shift - 1, y + height + shift - 1), radius, group.get("fill"))
            drawn += 1
    if not drawn:
        raise BuildError("The logo has no rectangles to draw the icons from.", "pystudio/builder/site/offline.py draws <rect> within <g fill>; change both together.")
    out = io.BytesIO()
    image.resize((side, side), Image.Resampling.BOX).save(out, "PNG", optimize=True)
    return out.getvalue()
