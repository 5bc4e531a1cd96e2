"""The USB edition: a folder, and a zip of it, whose pages work when opened by double click. Made from the site; nothing is fetched at run time.

A page from file:// may load pictures, styles and classic scripts, and nothing else. So what the engine loads, and the photos that Python
gets, are here only *packed*: as classic scripts `<name>.js` that hand their bytes to site_src/studio/files/loader.js.
"""
from __future__ import annotations

import base64
import gzip
import hashlib
import json
import posixpath
import re
import zipfile
from pathlib import Path, PurePosixPath

from .. import BUILD, STUDIO, BuildError, file_names, display_path, log
from ..lock import build_lock
from ..output_tree import OutputTree, write
from . import bundle, csp, offline
from .hosted import local, without_integrity

USB = BUILD / "usb"
TOP = "PyStudio"  # the folder inside the zip
FIRST = "READ ME FIRST.html"
SEARCH = "search/search.js"
# Of no use in a folder: the answer to a wrong address, what search engines read, other languages of the search, the service worker and its kin.
LEFT_OUT = ("404.html", "sitemap.xml", ".nojekyll", "search/search_index.json", "assets/javascripts/lunr/", "assets/javascripts/workers/",
            offline.WORKER, offline.MANIFEST, offline.FALLBACK, f"assets/images/{offline.TOUCH_ICON}", *(f"assets/images/{name}" for name in offline.ICONS))
TYPES = {".wasm": "application/wasm", ".mjs": "text/javascript", ".js": "text/javascript", ".json": "application/json", ".webp": "image/webp", ".png": "image/png", ".svg": "image/svg+xml"}
WORTH = 0.95  # what is packed tightly already (wheels, photos) is not packed again
LARGEST = 2**32 - 1  # bytes of a file on FAT32
EPOCH = (2020, 1, 1, 0, 0, 0)  # the date of every file in the zip


def build(site: OutputTree, studio: bundle.Bundle, folder: Path = USB) -> Path:
    """Write the edition made from this site into `folder` and a zip of it beside it; the zip's path. What is unchanged is not packed again."""
    archive = folder.with_name(f"pystudio-{folder.name}.zip")
    parts = folder.with_name(f"{folder.name}-parts")
    log("Packing the USB edition")
    with build_lock(parts, log):
        tree = edition(site, studio, parts / "packed")
        check_names(tree)
        written = write(tree, folder)
        sizes = [tree.size(path) for path in tree.files]
        log(f"{display_path(folder)}: {len(sizes)} files, {sum(sizes) / 1e6:.1f} MB, the largest {max(sizes) / 1e6:.1f} MB; {written} written now")
        new = zip_up(folder, sorted(tree.files), archive, parts / "zip.sha256")
    log(f"{display_path(archive)}: {archive.stat().st_size / 1e6:.1f} MB{'' if new else ', unchanged'}")
    return archive


def edition(site: OutputTree, studio: bundle.Bundle, store: Path) -> OutputTree:
    """The files of the edition; packed ones are kept in `store`."""
    heavy = to_pack(site, studio)
    pages = [path for path in site.files if path.endswith(".html") and not path.startswith(LEFT_OUT)]
    shown = {local(path, address) for path in pages for address in csp.Page.read(site.bytes(path).decode()).fetched}
    tree = OutputTree()
    for path, content in site.files.items():
        if path in pages:
            tree.add(path, page(site.bytes(path).decode(), path).encode())
        elif not path.startswith(LEFT_OUT) and (path not in heavy or path in shown):
            tree.add(path, content)
    packed = {path: pack(site, path, store) for path in heavy}
    tree.files |= {f"{path}.js": file for path, file in packed.items()}
    for stale in set(store.iterdir()) - set(packed.values()):
        stale.unlink()
    tree.add("search/search_index.js", b"var __index = " + site.bytes("search/search_index.json"))
    tree.add(SEARCH, search(site).encode())
    tree.add(FIRST, (Path(__file__).with_name("usb_read_me.html")).read_bytes())
    return tree


def to_pack(site: OutputTree, studio: bundle.Bundle) -> set[str]:
    """What scripts read: all that the manifest lists but what the pages load themselves, and the photos."""
    asked = [*studio.manifest["bytes"], *(photo["file"] for photo in studio.manifest["photos"])]
    heavy = {posixpath.normpath(f"studio/{path}") for path in asked} - {studio.style, *(script for scripts in studio.labs.values() for script in scripts)}
    if absent := sorted(heavy - set(site.files)):
        raise BuildError(f"The manifest names {absent[0]}, which the site does not have.", "Look at pystudio/builder/site/bundle.py.")
    return heavy


def pack(site: OutputTree, path: str, store: Path) -> Path:
    """The packed form of a file: found in `store` by the content's hash, or made."""
    data = site.bytes(path)
    asked = posixpath.relpath(path, "studio")  # as MANIFEST and the worker write it
    head = json.dumps([asked, TYPES.get(PurePosixPath(path).suffix, "application/octet-stream")])[1:-1]
    target = store / f"{hashlib.sha256(head.encode() + data).hexdigest()[:32]}.js"
    if not target.is_file():
        small = gzip.compress(data, 9, mtime=0)
        gzipped = len(small) < WORTH * len(data)
        text = f"pystudioPacked({head}, {json.dumps(gzipped)}, \"{base64.b64encode(small if gzipped else data).decode()}\");\n"
        store.mkdir(parents=True, exist_ok=True)
        target.with_suffix(".tmp").write_text(text, encoding="ascii")
        target.with_suffix(".tmp").replace(target)
    return target


def page(text: str, place: str) -> str:
    """A page as it works from a folder: its policy, nothing to install, and the search's worker within reach."""
    text = without_integrity(re.sub(r'<link rel="(manifest|apple-touch-icon)"[^>]*>', "", text))
    up = "../" * place.count("/")
    theme = re.search(r'<script src="[^"]*assets/javascripts/bundle\.[^"]*"></script>', text)
    if not theme:
        raise BuildError(f"{place} does not load the theme's script.", "Look at the theme's template.")
    return csp.for_folder(f'{text[:theme.start()]}<script src="{up}{SEARCH}"></script>{text[theme.start():]}', place)


def search(site: OutputTree) -> str:
    """The script that lets the theme start its search worker, whose text it holds."""
    workers = [path for path in site.files if re.fullmatch(r"assets/javascripts/workers/search\.\w+\.min\.js", path)]
    if len(workers) != 1:
        raise BuildError(f"The theme has {len(workers)} search workers, not one.", "Look at assets/javascripts/workers in the built site.")
    source = (STUDIO / "offline/usb_search.js").read_text(encoding="utf-8")
    words = re.sub(r"\n//# sourceMappingURL=.*", "", site.bytes(workers[0]).decode())
    return source.replace("__SEARCH_WORKER__", json.dumps(words))


def check_names(tree: OutputTree) -> None:
    """Raise BuildError for names and sizes that FAT32, exFAT or Windows cannot hold; all of them at once."""
    wrong = [f"{place}: {why}" for place, why in file_names.problem_with(tree.files)]
    wrong += [f"{path}: larger than 4 GiB" for path in sorted(tree.files) if tree.size(path) > LARGEST]
    if wrong:
        raise BuildError("These files cannot lie on a memory stick:\n  " + "\n  ".join(wrong), "Give them other names, or make them smaller.")


def zip_up(folder: Path, paths: list[str], archive: Path, stamp: Path) -> bool:
    """Zip these files of the folder, the same bytes from the same files. False where the zip is already theirs."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(f"{path}\0".encode() + hashlib.sha256((folder / path).read_bytes()).digest())
    known = stamp.read_text() if stamp.is_file() else ""
    if archive.is_file() and known == f"{digest.hexdigest()} {archive.stat().st_size}":
        return False
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as made:
        for path in paths:
            entry = zipfile.ZipInfo(f"{TOP}/{path}", EPOCH)
            entry.create_system, entry.external_attr, entry.compress_type = 3, 0o644 << 16, zipfile.ZIP_DEFLATED
            made.writestr(entry, (folder / path).read_bytes())
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(f"{digest.hexdigest()} {archive.stat().st_size}")
    return True
