"""What the build adds for visits without a connection: the service worker's list, what lessons need, the app manifest and its icons."""
import hashlib
import io
import json
import re

import pytest
from PIL import Image

from pystudio.builder import SOURCES, BuildError
from pystudio.builder.lessons.labs import labs
from pystudio.builder.site import bundle, offline
from pystudio.builder.output_tree import OutputTree

WHEELS = ["numpy-2-wasm32.whl", "pillow-12-wasm32.whl", "scipy-1-wasm32.whl", "micropip-1-py3.whl"]


@pytest.fixture
def tree():
    """A small site of every kind of file."""
    page = "<!doctype html><html><head><meta charset=utf-8><title>t</title></head><body>{}</body></html>"
    files = {
        "index.html": page.format('<studio-segment data-network="net"></studio-segment><studio-paint></studio-paint>').encode(),
        "classic.html": page.format("<studio-classic></studio-classic>").encode(),
        "about.html": page.format("<p>words</p>").encode(),
        "offline.html": page.format("<p>not kept</p>").encode(),
        "assets/stylesheets/lesson.css": b"a{}",
        "assets/javascripts/lunr/wordcut.js": b"words",
        "search/search_index.json": b"{}",
        "sitemap.xml": b"<urlset/>",
        ".nojekyll": b"",
        "photos/cat-0a0a0a0a.png": b"photo" * 100,
        "photos/cat-small-0b0b0b0b.webp": b"small",
        "studio/studio-11111111.js": b"script",
        "studio/worker-22222222.mjs": b"worker",
        "studio/lock-33333333.json": b"lock",
        "studio/pyodide-1/pyodide.mjs": b"python",
        "studio/onnxruntime-web-1/ort.wasm": b"ort" * 1000,
        "studio/snapshot-44444444.bin": b"0" * (offline.SHELL_FILE + 1),
        "studio/models/net-55555555.onnx": b"net",
    } | {f"studio/wheels/{name}": name.encode() for name in WHEELS}
    return OutputTree(files)


@pytest.fixture
def manifest(tree):
    paths = [path.removeprefix("studio/") for path in tree.files if path.startswith("studio/")]
    return {"worker": "worker-22222222.mjs", "lock": "lock-33333333.json", "wheels": "wheels/", "pyodide": "pyodide-1/", "ort": {"js": "onnxruntime-web-1/ort.wasm", "wasm": "onnxruntime-web-1/ort.wasm"},
            "networks": {"deeplab_s16": {"file": "models/net-55555555.onnx"}}, "bytes": {path: 1 for path in paths}}


@pytest.fixture(autouse=True)
def first(monkeypatch):
    """What the engine loads at its start is bundle's to know."""
    monkeypatch.setattr(bundle, "first_mask", lambda manifest: ["worker-22222222.mjs", "lock-33333333.json", "pyodide-1/pyodide.mjs", "onnxruntime-web-1/ort.wasm",
                                                                "wheels/numpy-2-wasm32.whl", "wheels/micropip-1-py3.whl", "models/net-55555555.onnx"])


def test_every_file_is_in_exactly_one_list_with_its_size_and_the_start_of_its_hash(tree, manifest):
    listed = offline.site(tree, manifest)
    assert not set(listed["shell"]) & set(listed["later"])
    both = listed["shell"] | listed["later"]
    assert both == {path: (hashlib.sha256(data).hexdigest()[:32], len(data)) for path, data in tree.files.items()}


def test_the_shell_is_what_pages_are_made_of_and_no_more(tree, manifest):
    assert set(offline.site(tree, manifest)["shell"]) == {
        "index.html", "classic.html", "about.html", "offline.html", "assets/stylesheets/lesson.css", "search/search_index.json", "photos/cat-small-0b0b0b0b.webp",
        "studio/studio-11111111.js", "studio/worker-22222222.mjs", "studio/lock-33333333.json"}


def test_a_lesson_needs_what_its_elements_load_and_everything_leaves_nothing_out_that_is_used(tree, manifest):
    listed = offline.site(tree, manifest)
    of = lambda page: {path for name in listed["pages"].get(page, []) for path in listed["sets"][name]}
    assert of("about.html") == of("offline.html") == set()
    light = of("index.html")
    assert {"studio/pyodide-1/pyodide.mjs", "studio/onnxruntime-web-1/ort.wasm", "studio/models/net-55555555.onnx", "photos/cat-0a0a0a0a.png", "studio/wheels/pillow-12-wasm32.whl", "studio/snapshot-44444444.bin"} <= light
    assert "studio/wheels/scipy-1-wasm32.whl" not in light
    assert of("classic.html") == light | {"studio/wheels/scipy-1-wasm32.whl"}
    everything = [path for paths in listed["sets"].values() for path in paths]
    assert len(everything) == len(set(everything)) and set(everything) == set(listed["later"]) - {"assets/javascripts/lunr/wordcut.js", "sitemap.xml", ".nojekyll"}


@pytest.mark.parametrize("lab", labs(), ids=lambda lab: lab.folder.name)
def test_a_page_keeps_what_its_lab_needs(tree, manifest, lab):
    tree.files["new.html"] = tree.files["about.html"].replace(b"<p>words</p>", f"<{lab.fence.element}></{lab.fence.element}>".encode())
    listed = set(offline.site(tree, manifest)["pages"]["new.html"])
    assert {"engine", "spare", "networks", "photos", "saving"} <= listed
    assert ("science" in listed, "variants" in listed) == ("scikit-image" in lab.needs, "network-variants" in lab.needs)


def test_an_element_that_is_new_here_may_need_everything(tree, manifest):
    tree.files["new.html"] = tree.files["about.html"].replace(b"<p>words</p>", b"<studio-marvel></studio-marvel>")
    assert "science" in offline.site(tree, manifest)["pages"]["new.html"]


def test_the_list_is_the_same_for_the_same_site_and_changes_its_version_with_any_file(tree, manifest):
    first = offline.site(tree, manifest)
    again = OutputTree(dict(reversed(tree.files.items())))
    assert json.dumps(offline.site(again, manifest)) == json.dumps(first)
    for path in tree.files:
        changed = OutputTree(tree.files | {path: tree.files[path] + b" "})
        assert offline.site(changed, manifest)["version"] != first["version"], path


def test_the_service_worker_is_made_of_the_list_twice_the_same(tree, manifest, tmp_path):
    studio = bundle.Bundle(tree, manifest, "", "")
    offline.add(tree, studio, tmp_path)
    first = tree.bytes("sw.js")
    del tree.files["sw.js"]
    offline.add(tree, studio, tmp_path)
    assert tree.bytes("sw.js") == first
    listed = offline.site(tree, manifest)
    text = first.decode()
    assert listed["version"] in text and all(path in text and hash in text for path, (hash, _) in (listed["shell"] | listed["later"]).items())
    assert len(first) < 30_000
    assert re.search(r"Without a connection: .* MB \(\d+ files\) are kept at the first visit", offline.report(tree))


def test_a_live_site_has_only_the_service_worker_that_removes_itself(tree, manifest, tmp_path):
    before = set(tree.files)
    offline.add(tree, bundle.Bundle(tree, manifest, "", ""), tmp_path, live=True)
    assert set(tree.files) == before | {"sw.js"}
    text = tree.bytes("sw.js").decode()
    assert "unregister" in text and '"fetch"' not in text


def test_a_site_without_the_page_that_stands_in_is_a_mistake_of_the_build(tree, manifest):
    del tree.files["offline.html"]
    with pytest.raises(BuildError, match=r"offline\.html"):
        offline.site(tree, manifest)


def test_the_manifest_names_icons_that_are_there_in_the_size_it_says_and_nothing_absolute(tree, manifest, tmp_path):
    offline.add(tree, bundle.Bundle(tree, manifest, "", ""), tmp_path)
    told = json.loads(tree.bytes(offline.MANIFEST))
    assert told["start_url"] == "./index.html" and told["scope"] == "./" and told["display"] == "standalone"
    assert {(icon["sizes"], icon["purpose"]) for icon in told["icons"]} == {("192x192", "any"), ("512x512", "any"), ("512x512", "maskable")}
    for icon in told["icons"]:
        assert not re.match(r"/|\w+:", icon["src"])
        with Image.open(io.BytesIO(tree.bytes(icon["src"]))) as picture:
            assert (picture.format, "x".join(map(str, picture.size))) == ("PNG", icon["sizes"])


def test_icons_show_the_logo():
    """Sampled where the drawing has its nine squares (each 6 of 24 units, from 2, 9 and 16), whatever the size."""
    colours = re.findall(r'fill="(#\w+)"', (SOURCES / "theme/assets/images/logo.svg").read_text())
    blue, red, green = (tuple(int(colour[i: i + 2], 16) for i in (1, 3, 5)) for colour in colours)
    for side, margin in ((192, 0.0), (512, 0.2)):
        with Image.open(io.BytesIO(offline.icon(side, margin))) as picture:
            at = lambda column, row: picture.getpixel([round(side * (margin + (1 - 2 * margin) * (2 + 7 * place + 3) / 24)) for place in (column, row)])
            assert [[at(column, row)[:3] for column in range(3)] for row in range(3)] == [[blue, blue, red], [blue, red, red], [green, green, green]]
            assert picture.getpixel((0, 0))[3] == (255 if margin else 0)


def test_a_maskable_icon_keeps_its_drawing_within_the_circle_that_systems_cut():
    """The W3C's safe zone: a circle about the middle whose radius is 40 % of the side."""
    with Image.open(io.BytesIO(offline.icon(128, 0.2))) as picture:
        ground = picture.getpixel((0, 0))
        outside = [picture.getpixel((x, y)) for x in range(128) for y in range(128) if (x - 63.5) ** 2 + (y - 63.5) ** 2 > (0.4 * 128) ** 2]
        assert set(outside) == {ground}
