"""The USB edition as files: what is packed and how, names that every stick can hold, pages that find all they need, the same zip each time."""
import base64
import gzip
import json
import os
import posixpath
import re
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from pystudio.builder import BuildError
from pystudio.builder.site import bundle, csp, usb
from pystudio.builder.output_tree import OutputTree

ROOT = Path(__file__).parents[2]
SITE = Path(os.environ.get("PYSTUDIO_SITE", ROOT / "build" / "site"))
USB = Path(os.environ.get("PYSTUDIO_USB", SITE.with_name("usb")))
PAGE = """<!doctype html><html><head><meta charset="utf-8"><link rel="manifest" href="site.webmanifest"></head>
<body><img src="photos/cat.png"><script>let x</script><script src="assets/javascripts/bundle.1.min.js" integrity="sha256-YQ=="></script><script src="studio/studio-1.js"></script></body></html>"""
SQUEEZABLE, TIGHT = b"pixel " * 5000, bytes(os.urandom(4000))


@pytest.fixture
def site():
    """A site as small as one can be, and what its manifest says."""
    tree = OutputTree({
        "index.html": csp.protect(PAGE, "index.html").encode(),
        "404.html": b"lost",
        "sw.js": b"worker",
        "search/search_index.json": b'{"docs":[]}',
        "assets/javascripts/bundle.1.min.js": b"theme",
        "assets/javascripts/workers/search.1.min.js": b"search()\n//# sourceMappingURL=search.map",
        "assets/javascripts/lunr/tinyseg.js": b"japanese",
        "studio/studio-1.js": b"page",
        "studio/studio-1.css": b"style",
        "studio/worker-1.mjs": b"onmessage = null;" * 100,
        "studio/models/net-1.onnx": SQUEEZABLE,
        "studio/snapshot/memory-1.bin": gzip.compress(TIGHT),
        "photos/cat.png": TIGHT,
        "photos/cat-small.webp": b"thumb",
        "photos/dog.png": TIGHT[::-1],
    })
    named = {path.removeprefix("studio/"): tree.size(path) for path in tree.files if path.startswith("studio/") and path != "studio/studio-1.js"}
    photos = [{"file": "../photos/cat.png", "thumb": "../photos/cat-small.webp"}, {"file": "../photos/dog.png", "thumb": "../photos/cat-small.webp"}]
    return tree, bundle.Bundle(tree, {"bytes": named, "photos": photos}, "studio/studio-1.js", "studio/studio-1.css")


def unpacked(text):
    """What a packed file hands over, read as a browser would: (path, type, bytes)."""
    path, kind, gzipped, data = json.loads("[" + re.fullmatch(r"pystudioPacked\((.*)\);\n", text, re.S)[1] + "]")
    data = base64.b64decode(data, validate=True)
    return path, kind, gzipped, gzip.decompress(data) if gzipped else data


# ---------------------------------------------------------------- what goes in
def test_what_scripts_read_is_packed_and_its_raw_copy_left_out(site, tmp_path):
    tree = usb.edition(*site, tmp_path)
    for path in ("studio/worker-1.mjs", "studio/models/net-1.onnx", "studio/snapshot/memory-1.bin", "photos/dog.png"):
        assert path not in tree.files
        asked, _, _, data = unpacked(tree.bytes(f"{path}.js").decode("ascii"))
        assert posixpath.normpath(f"studio/{asked}") == path and data == site[0].bytes(path)
    assert {"studio/studio-1.js", "studio/studio-1.css", "photos/cat-small.webp", "READ ME FIRST.html"} <= set(tree.files)
    assert "photos/cat.png" in tree.files and "photos/cat.png.js" in tree.files, "the page shows it, and a script reads it"
    assert not {"404.html", "sw.js", "search/search_index.json", "assets/javascripts/lunr/tinyseg.js", "studio/studio-1.css.js"} & set(tree.files)


def test_no_page_has_hashes_that_a_browser_cannot_compare_from_a_folder(site, tmp_path):
    assert b"integrity" in site[0].bytes("index.html") and b"integrity" not in usb.edition(*site, tmp_path).bytes("index.html")


def test_what_is_tight_already_is_not_squeezed_again(site, tmp_path):
    tree = usb.edition(*site, tmp_path)
    for path, wanted in (("studio/models/net-1.onnx", True), ("studio/snapshot/memory-1.bin", False), ("photos/dog.png", False)):
        assert unpacked(tree.bytes(f"{path}.js").decode())[2] is wanted, path
    assert unpacked(tree.bytes("photos/dog.png.js").decode())[1] == "image/png"


def test_an_unchanged_file_is_not_packed_again_and_a_changed_one_replaces_its_old_form(site, tmp_path):
    tree, studio = site
    usb.edition(tree, studio, tmp_path)
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    tree.files["studio/models/net-1.onnx"] = SQUEEZABLE + b"!"
    usb.edition(tree, studio, tmp_path)
    after = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert len(after) == len(before) and len(set(after.items()) - set(before.items())) == 1


def test_the_pages_get_a_policy_that_still_lets_nothing_out(site, tmp_path):
    text = usb.edition(*site, tmp_path).bytes("index.html").decode()
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'" and set(rules["connect-src"].split()) == {"blob:", "data:"}
    assert set(" ".join(rules.values()).split()) <= {"'none'", "file:", "blob:", "data:", "mediastream:", "'unsafe-inline'", "'wasm-unsafe-eval'", csp.script_hash("let x")}
    assert "'unsafe-inline'" not in rules["script-src"] and "data:" not in rules["script-src"]
    assert "manifest\"" not in text and text.index(usb.SEARCH) < text.index("bundle.1")


def test_a_manifest_that_names_an_absent_file_stops_the_build(site, tmp_path):
    tree, studio = site
    del tree.files["studio/models/net-1.onnx"]
    with pytest.raises(BuildError, match="models/net-1.onnx"):
        usb.edition(tree, studio, tmp_path)


# ---------------------------------------------------------------- names
@pytest.mark.parametrize("path", ["a:b.html", "what?.html", "aux.js", "sub/COM1.txt", "end.", "end /x", "lpt¹.txt", "a\\b", "x" * 130, "/".join(["folder"] * 30)])
def test_names_that_a_stick_or_windows_cannot_hold_are_refused(path):
    with pytest.raises(BuildError) as told:
        usb.check_names(OutputTree({"index.html": b"", path: b""}))
    assert path.split("/")[0] in told.value.message


def test_names_that_every_system_holds_are_taken():
    usb.check_names(OutputTree({"index.html": b"", "Über uns.html": b"", "images/straße ü.png": b"", "日本.html": b""}))


def test_names_that_differ_only_in_case_are_refused():
    with pytest.raises(BuildError, match="the same as"):
        usb.check_names(OutputTree({"photos/Cat.png": b"", "photos/cat.png": b""}))
    with pytest.raises(BuildError, match="the same as"):
        usb.check_names(OutputTree({"Photos/dog.png": b"", "photos/cat.png": b""}))
    with pytest.raises(BuildError, match="the same as"):
        usb.check_names(OutputTree({"u\u0308ber.html": b"", "\u00fcber.html": b""}))  # one letter, or a letter and its dots


def test_a_file_of_more_than_4_gib_is_refused(tmp_path):
    with open(tmp_path / "large", "wb") as file:
        file.truncate(2**32)  # a hole: it takes no room on the disk
    with pytest.raises(BuildError, match="larger than 4 GiB"):
        usb.check_names(OutputTree({"large": tmp_path / "large"}))
    os.truncate(tmp_path / "large", 2**32 - 1)
    usb.check_names(OutputTree({"large": tmp_path / "large"}))


# ---------------------------------------------------------------- the zip
def test_the_zip_is_the_same_whenever_it_is_made_and_made_only_when_needed(site, tmp_path):
    first = usb.build(*site, tmp_path / "a/usb")
    second = usb.build(*site, tmp_path / "b/usb")
    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as made:
        assert made.testzip() is None
        inside = {name: made.read(name) for name in made.namelist()}
    on_disk = {f"PyStudio/{path.relative_to(tmp_path / 'a/usb').as_posix()}": path.read_bytes() for path in (tmp_path / "a/usb").rglob("*") if path.is_file()}
    assert inside == on_disk

    written = first.stat().st_mtime_ns
    usb.build(*site, tmp_path / "a/usb")
    assert first.stat().st_mtime_ns == written
    site[0].files["studio/studio-1.css"] = b"another style"
    usb.build(*site, tmp_path / "a/usb")
    assert first.read_bytes() != second.read_bytes()


# ---------------------------------------------------------------- the edition that was built
class Leads(HTMLParser):
    """Every address a page leads to or shows."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.found += [value for name, value in attributes if name in ("href", "src") and value]


@pytest.fixture(scope="module")
def built():
    assert (USB / "index.html").exists(), "There is no USB edition: run `python3 build.py test`, which builds it first."
    return USB


def test_every_address_of_the_built_pages_is_a_file_of_the_folder(built):
    """Compared letter by letter with the listing: some disks would overlook a wrong case, and a folder's address lists its files."""
    files = {path.relative_to(built).as_posix() for path in built.rglob("*") if path.is_file()}
    for page in sorted(path for path in files if path.endswith(".html")):
        for address in Leads((built / page).read_text(encoding="utf-8")).found:
            parts = urlsplit(address)
            if parts.scheme in ("http", "https", "mailto", "data"):
                continue
            target = posixpath.normpath(posixpath.join(posixpath.dirname(page), unquote(parts.path))) if parts.path else page
            assert target in files, f"{page} leads to {address}"


def test_the_built_folder_holds_every_file_of_the_site_once_as_it_can_be_used(built):
    usb.check_names(OutputTree({path.relative_to(built).as_posix(): path for path in built.rglob("*") if path.is_file()}))
    for path in (path for path in SITE.rglob("*") if path.is_file() and path.parts[len(SITE.parts)] == "studio"):
        inside = path.relative_to(SITE)
        packed = built / f"{inside}.js"
        named_by_pages = path.name.startswith(("studio-", "lab-", "exercises-", "charts-"))  # pages load these by themselves, and the rest through them
        assert (built / inside).exists() is named_by_pages, inside
        if named_by_pages:
            assert (built / inside).read_bytes() == path.read_bytes()
        else:
            asked, _, _, data = unpacked(packed.read_text(encoding="ascii"))
            assert asked == inside.relative_to("studio").as_posix() and data == path.read_bytes()


def test_the_note_for_teachers_needs_nothing_else(built):
    text = (built / "READ ME FIRST.html").read_text(encoding="utf-8")
    assert Leads(text).found == ["index.html"] and "default-src 'none'" in text
