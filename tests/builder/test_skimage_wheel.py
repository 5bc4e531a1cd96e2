"""The scikit-image wheel: its modules one by one, then the wheel itself, inside Pyodide. The first run builds it (about five minutes, then cached)."""
from __future__ import annotations

import base64
import csv
import hashlib
import http.server
import io
import json
import re
import shutil
import subprocess
import sys
import tarfile
import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest
import urllib3
from packaging.utils import parse_wheel_filename

from pystudio.builder import NODE_MODULES, BuildError, node
from pystudio.builder.assets import downloads
from pystudio.builder.skimage_wasm import agree, audit, compile, inputs, maker, pack, runtime, ship, suite, sysroot, tools
from pystudio.builder.skimage_wasm.recipe import PYWAVELETS, SCIKIT_IMAGE, SMALL, Recipe

TOY = Recipe("toy", "1.0", "toy", left_out=(".png",))


# ---------------------------------------------------------------- packing

@pytest.fixture
def native(tmp_path) -> Path:
    """A native wheel as the index has them: modules, bundled libraries, tests, samples large and small."""
    path = tmp_path / "toy-1.0-cp313-cp313-manylinux2014_x86_64.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in {
            "toy/__init__.py": b"x = 1\n", "toy/_fast.cpython-313-x86_64-linux-gnu.so": b"ELF", "toy.libs/libgomp.so": b"ELF", "toy/tests/test_toy.py": b"",
            "toy/data/large.png": bytes(SMALL + 1), "toy/data/small.png": bytes(SMALL), "toy/data/large.xml": bytes(9 * SMALL),
            "toy-1.0.dist-info/METADATA": b"Name: toy\n", "toy-1.0.dist-info/WHEEL": b"Tag: cp313-cp313-manylinux2014_x86_64\n", "toy-1.0.dist-info/RECORD": b"",
        }.items():
            archive.writestr(name, data)
    return path


MODULES = {"toy/_fast.cpython-314-wasm32-emscripten.so": b"\0asm\1\0\0\0"}


def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_the_shipped_wheel_holds_our_modules_and_neither_tests_nor_large_samples(native, tmp_path):
    wheel = pack.shipped(TOY, native, MODULES, "cp314-cp314-pyemscripten_2026_0_wasm32", tmp_path / "out")
    assert names(wheel) == {"toy/__init__.py", "toy/data/small.png", "toy/data/large.xml", *MODULES,
                            "toy-1.0.dist-info/METADATA", "toy-1.0.dist-info/WHEEL", "toy-1.0.dist-info/RECORD"}
    with zipfile.ZipFile(wheel) as archive:
        assert "Tag: cp314-cp314-pyemscripten_2026_0_wasm32\n" in archive.read("toy-1.0.dist-info/WHEEL").decode()


def test_the_tests_wheel_holds_what_the_shipped_one_leaves_out_and_the_references_of_the_sources(native, tmp_path):
    sources = tmp_path / "toy-1.0.tar.gz"
    with tarfile.open(sources, "w:gz") as archive:
        for name in ("toy/tests/reference.npy", "toy/tests/test_toy.py", "toy/tests/meson.build", "toy/data/small.png", "toy/_fast.pyx", "doc/data/x.png"):
            entry = tarfile.TarInfo(f"toy-1.0/{name}")
            entry.size = len(name)
            archive.addfile(entry, io.BytesIO(name.encode()))
    wheel = pack.tests(TOY, native, sources, tmp_path / "out")
    assert {name for name in names(wheel) if name.startswith("toy/")} == {"toy/tests/test_toy.py", "toy/data/large.png", "toy/tests/reference.npy"}


def test_every_file_is_in_record_with_its_hash(native, tmp_path):
    wheel = pack.shipped(TOY, native, MODULES, "t-t-t", tmp_path / "out")
    with zipfile.ZipFile(wheel) as archive:
        rows = {name: (digest, size) for name, digest, size in csv.reader(io.StringIO(archive.read("toy-1.0.dist-info/RECORD").decode()))}
        assert set(rows) == set(archive.namelist())
        for name, (digest, size) in rows.items():
            if not name.endswith("/RECORD"):
                data = archive.read(name)
                assert digest == "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
                assert int(size) == len(data)


def test_packing_twice_gives_the_same_bytes(native, tmp_path):
    first, second = (pack.shipped(TOY, native, MODULES, "t-t-t", tmp_path / folder).read_bytes() for folder in ("a", "b"))
    assert first == second


def test_a_wheel_with_other_bytes_has_another_name_and_both_are_names_of_wheels(native, tmp_path):
    """A host may keep them for ever: the version alone does not change when the recipe or the compilers do."""
    tag = "cp314-cp314-pyemscripten_2026_0_wasm32"
    first, again, other = (pack.named_by_content(pack.shipped(TOY, native, {name: data + more for name, data in MODULES.items()}, tag, tmp_path / str(number)))
                           for number, more in enumerate((b"", b"", b"\0")))
    assert first.name == again.name != other.name
    for wheel in (first, other):
        name, version, build, tags = parse_wheel_filename(wheel.name)
        assert (name, str(version), {str(one) for one in tags}) == ("toy", "1.0", {tag})
        assert f"{build[0]}{build[1]}" == "0x" + hashlib.sha256(wheel.read_bytes()).hexdigest()[:8]


# ---------------------------------------------------------------- inputs and tools

@pytest.fixture
def taken(tmp_path, monkeypatch):
    """A cache with one asset in it, taken by its own name."""
    monkeypatch.setenv("PYSTUDIO_CACHE", str(tmp_path / "cache"))
    package = tmp_path / "node_modules/toy"
    package.mkdir(parents=True)
    (package / "package.json").write_text('{"version": "1"}')
    (package / "toy-1.whl").write_bytes(b"as it was published")
    monkeypatch.setattr(downloads.Store.__init__, "__defaults__", (None, tmp_path / "node_modules"))
    asset = downloads.Asset("toy-1.whl", "wheel", "1", 19, hashlib.sha256(b"as it was published").hexdigest(), ({"npm": "toy@1", "member": "toy-1.whl"},))
    return asset, inputs.fetch(asset)[0]


@pytest.mark.parametrize("damage", [lambda path: path.write_bytes(b"as it w"), lambda path: path.write_bytes(b"As it was published"), Path.unlink],
                         ids=["truncated", "one byte wrong", "gone"])
def test_a_named_file_that_was_damaged_in_the_cache_is_never_given_away(taken, damage):
    asset, place = taken
    assert place.name == "toy-1.whl" and place.read_bytes() == b"as it was published"
    damage(place)
    assert inputs.fetch(asset) == [place] and place.read_bytes() == b"as it was published"


def test_without_links_a_named_file_is_a_copy(taken, monkeypatch):
    asset, place = taken
    place.unlink()
    monkeypatch.setattr(inputs.os, "link", lambda *_: (_ for _ in ()).throw(OSError(95, "Operation not supported")))
    assert inputs.fetch(asset) == [place] and place.read_bytes() == b"as it was published"


def test_locks_pin_everything_by_hash_and_name_no_index():
    listed = tools.LOCK.read_text(encoding="utf-8")
    for requirement in tools.NEEDED:
        assert requirement in listed
    assert "://" not in listed and listed.count("==") <= listed.count("--hash=sha256:")
    for asset in downloads.read_lock(inputs.LOCK).values():
        assert len(asset.sha256) == 64 and asset.size > 0
        assert all("url" not in source or source["url"].startswith(downloads.CDN.split("{")[0]) for source in asset.sources)


def test_the_locked_wheels_are_the_releases_of_pyodides_own_lock():
    for name in ("scipy", "networkx", "imageio", "packaging", "pytest"):
        assert inputs.find(name).version == inputs.official(name)["version"]
    for recipe in (SCIKIT_IMAGE, PYWAVELETS):
        assert recipe.version == inputs.find(recipe.distribution, "native").version == inputs.official(recipe.distribution.replace("_", "-"))["version"]


def test_a_distribution_that_is_not_pinned_is_an_error_with_a_remedy():
    with pytest.raises(BuildError, match="0 files of pandas.*skimage_wasm lock"):
        inputs.find("pandas")


def test_a_file_that_pip_serves_with_other_bytes_is_refused(tmp_path, monkeypatch):
    asset = downloads.Asset("toy-1.0-py3-none-any.whl", "wheel", "1.0", 4, "0" * 64, ({"pip": "toy==1.0"},))

    def download(source, digest, folder):
        (folder / asset.name).write_bytes(b"evil")
        return folder / asset.name

    monkeypatch.setattr(inputs, "download", download)
    with pytest.raises(BuildError, match=f"expected sha256 {'0' * 64}, found {hashlib.sha256(b'evil').hexdigest()}"):
        inputs.Store(tmp_path, log=lambda _: None).fetch([asset])


@pytest.fixture
def home(tmp_path):
    """A server in the place of Pyodide's CDN: its folder and its address."""
    folder = tmp_path / "cdn"
    folder.mkdir()

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args):
            super().__init__(*args, directory=str(folder))

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield folder, f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def official(home, monkeypatch, tmp_path):
    """The server with an official wheel in it, named as Pyodide's lock does."""
    folder, address = home
    with zipfile.ZipFile(folder / "toy.whl", "w") as archive:
        archive.writestr("toy/_fast.so", b"official")
    named = {"file_name": "toy.whl", "version": "1.0", "sha256": downloads.sha256(folder / "toy.whl")}
    monkeypatch.setattr(inputs, "official", lambda name: named)
    monkeypatch.setenv("PYSTUDIO_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(downloads, "SILENT_HOSTS", set())
    return folder, address


def test_the_official_modules_are_taken_where_the_cdn_answers(official):
    assert maker._official(TOY, official[1]) == {"toy/_fast.so": b"official"}


def test_an_official_wheel_with_other_bytes_is_refused(official):
    folder, address = official
    with zipfile.ZipFile(folder / "toy.whl", "a") as archive:
        archive.writestr("toy/evil.so", b"evil")
    with pytest.raises(BuildError, match="is not the file that assets.lock.json names"):
        maker._official(TOY, address)


def test_a_cdn_that_breaks_off_leaves_the_build_to_compile(official, monkeypatch, capsys):
    _, address = official
    monkeypatch.setattr(downloads.Store, "_download", lambda *_: (_ for _ in ()).throw(urllib3.exceptions.ProtocolError("broken")))
    monkeypatch.setattr(downloads.time, "sleep", lambda seconds: None)
    assert maker._official(TOY, address) is None
    assert re.search(r"toy\.whl could not be fetched: .* broke off .* toy is compiled here", capsys.readouterr().out)


def test_without_an_official_wheel_the_build_goes_on_and_says_why(official, capsys):
    folder, address = official
    (folder / "toy.whl").unlink()
    assert maker._official(TOY, address) is None
    assert "has no toy.whl (it answered 404); toy is compiled here" in capsys.readouterr().out
    assert maker._official(TOY, "http://127.0.0.1:9/") is None  # nothing listens there
    assert "does not answer" in capsys.readouterr().out


# ---------------------------------------------------------------- compiling

def test_another_musl_than_the_known_one_is_refused(tmp_path):
    header = tmp_path / "alltypes.h"
    header.write_text("#define _Addr int\n#define _Reg int\n")
    assert sysroot._alltypes(header) == "#define _Addr long\n#define _Reg long\n"
    header.write_text("#define _Addr long\n")
    with pytest.raises(BuildError, match="0 places to change, not 2.*Another release of ziglang"):
        sysroot._alltypes(header)


def test_pyconfig_says_what_pyodide_says_of_itself():
    config = sysroot._pyconfig(sysroot.runtime_config(NODE_MODULES / "pyodide/python_stdlib.zip")).splitlines()
    assert "#define SIZEOF_VOID_P 4" in config and "#define SIZEOF_LONG_DOUBLE 16" in config and not any("HAVE_ALARM 0" in line for line in config)


def test_a_module_of_an_unknown_kind_is_named(tmp_path):
    shop = compile.Workshop(TOY, tmp_path / "sources", tmp_path / "scratch", tmp_path / "out", None, None, ".so")
    with pytest.raises(BuildError, match="toy/_fast has no source that this build knows"):
        compile.build(shop, "toy/_fast")


def test_a_finished_module_is_left_alone(tmp_path):
    shop = compile.Workshop(TOY, tmp_path / "sources", tmp_path / "scratch", tmp_path / "out", None, None, ".so")
    done = shop.place("toy/_fast")
    done.parent.mkdir(parents=True)
    done.write_bytes(b"done")
    assert compile.build(shop, "toy/_fast") == done and done.read_bytes() == b"done"


def test_progress_counts_modules_and_weighs_them_by_what_they_take(capsys):
    now = [0.0]
    progress = maker.Progress("toy", {"slow": 90, "quick": 10, "last": 20}, every=10, clock=lambda: now[0])
    now[0] = 45
    progress.finished("slow")          # 90 of 120 expected seconds took 45: the other 30 will take 15
    now[0] = 46
    progress.finished("quick")         # too soon to say anything
    now[0] = 60
    progress.finished("last")
    assert capsys.readouterr().out.splitlines() == ["  compiling toy: 3 modules", "  toy: 1 of 3 modules, about 0 min 15 s left", "  toy: 3 of 3 modules in 60 s"]


# ---------------------------------------------------------------- judging

def test_the_list_of_known_failures_has_a_reason_for_each(tmp_path):
    assert all(len(why) > 20 for why in suite.known().values())
    bare = tmp_path / "known.toml"
    bare.write_text('[[known]]\ntest = "skimage/x.py::test_y"\nwhy = " "\n')
    with pytest.raises(BuildError, match="skimage/x.py::test_y has no reason"):
        suite.known(bare)


def test_a_failure_nobody_explained_and_an_explanation_out_of_date_are_both_wrong():
    reports = [suite.Report("draw", failed={"skimage/draw/a.py::new": "boom", "skimage/draw/a.py::old": "as ever"})]
    expected = {"skimage/draw/a.py::old": "why", "skimage/draw/a.py::mended": "why", "skimage/graph/a.py::not_run": "why"}
    assert suite.verdict(reports, expected) == ["skimage/draw/a.py::new fails: boom", "skimage/draw/a.py::mended passes now: take it out of tests/skimage_suite/known.toml"]
    assert suite.verdict(reports, expected, {"skimage/draw/a.py::mended"}) == ["skimage/draw/a.py::new fails: boom"]


@pytest.mark.parametrize("found", [{"exit": 4, "outcomes": {}}, {"exit": 5, "outcomes": {}}, {"exit": 3, "outcomes": {"passed": 7}}], ids=["no such file", "no test", "broke down"])
def test_a_run_without_tests_is_no_proof(tmp_path, monkeypatch, found):
    """pytest ends well as a process when it found nothing to run: then there is no failure, and nothing is shown."""
    write = f"import json, sys; json.dump({found | {'failed': {}, 'skipped': {}, 'seconds': 0.1}!r}, open(sys.argv[1], 'w'))"
    monkeypatch.setattr(runtime, "command", lambda code, installed, report, *_, mounts: [sys.executable, "-c", write, str(mounts["/out"] / Path(report).name)])
    with pytest.raises(BuildError, match="The tests of draw were not run"):
        suite._one("draw", [], tmp_path, suite.Progress(["draw"]))


def test_an_unknown_subpackage_is_named_before_anything_is_built():
    with pytest.raises(BuildError, match="no subpackage segmentaton"):
        suite.main(["segmentaton"])


def test_comparison_tells_same_close_and_different_apart():
    native = {"p|f|0": np.array([1.0, 2.0]), "q|f|0": np.array([1.0, 2.0]), "r|f|0": np.array([1.0, np.nan]), "p|g|0": np.array([1, 2, 3, 4]), "q|g|0": np.zeros(3, int),
              "seconds|p|f": np.array(2.0)}
    browser = {"p|f|0": np.array([1.0, 2.0]), "q|f|0": np.array([1.0, 2.0 + 1e-9]), "r|f|0": np.array([1.0, 0.0]), "p|g|0": np.array([1, 2, 3, 5]), "q|g|0": np.zeros(4, int),
               "seconds|p|f": np.array(6.0)}
    found = agree.compare(native, browser)
    assert (found["f"].same, found["f"].close, found["f"].differ) == (1, 1, 1) and found["f"].browser / found["f"].native == 3
    assert (found["g"].same, found["g"].close, found["g"].differ, found["g"].pixels) == (0, 0, 2, 1.0)


# ---------------------------------------------------------------- the wheel itself, inside Pyodide

@pytest.fixture(scope="module")
def wheels() -> maker.Wheels:
    return maker.build()


def test_the_wheel_is_whole_and_light(wheels):
    inside = names(wheels.shipped)
    native, = inputs.fetch(inputs.find("scikit_image", "native"))
    original = {name.split(".")[0] for name in pack.modules_of(native)}
    assert {name.split(".")[0] for name in pack.modules_of(wheels.shipped)} - {SCIKIT_IMAGE.shared} == original and len(original) == 54
    assert not any("/tests/" in name for name in inside)
    assert {Path(name).name for name in inside if name.startswith("skimage/data/") and name.endswith(SCIKIT_IMAGE.left_out)} == {
        "chessboard_GRAY.png", "chessboard_RGB.png", "phantom.png", "microaneurysms.png", "multipage.tif", "multipage_rgb.tif", "no_time_for_that_tiny.gif"}
    assert wheels.shipped.stat().st_size < 2_600_000
    # tests and samples are in the other wheel: together they are the original
    with zipfile.ZipFile(native) as archive:
        plain = {name for name in archive.namelist() if not name.endswith(("/", ".so")) and ".libs/" not in name}
    assert plain <= inside | names(wheels.tests)


@pytest.mark.parametrize("damage", [lambda path: path.write_bytes(path.read_bytes()[:-1]), Path.unlink], ids=["truncated", "gone"])
def test_a_damaged_wheel_in_the_cache_is_made_again(wheels, tmp_path, monkeypatch, damage):
    cache = wheels.shipped.parents[3]
    monkeypatch.setenv("PYSTUDIO_CACHE", str(tmp_path))
    (tmp_path / "assets").symlink_to(cache / "assets")
    copied = tmp_path / wheels.shipped.relative_to(cache)
    shutil.copytree(wheels.shipped.parent, copied.parent)
    assert maker.build() == maker.Wheels(copied, copied.parent / wheels.tests.name, wheels.origin)
    damage(copied)
    # in place of minutes of compiling
    for name in ("_official", "_compiled"):
        monkeypatch.setattr(maker, name, lambda *_: pack.modules_of(wheels.shipped))
    monkeypatch.setattr(audit, "check", lambda _: None)
    again = maker.build(own=wheels.origin == "own")
    assert again.shipped == copied and copied.read_bytes() == wheels.shipped.read_bytes()


def test_a_second_build_compiles_and_downloads_nothing(wheels, monkeypatch):
    for module, name in ((compile, "build"), (inputs, "download"), (maker, "_official"), (audit, "check")):
        monkeypatch.setattr(module, name, lambda *_: pytest.fail("it was to be taken from the cache"))
    assert maker.build() == wheels


def test_every_compiled_module_of_every_wheel_fits_the_runtime(wheels):
    """scikit-image, and the compiled wheels that the site takes from elsewhere."""
    found = audit.findings([wheels.shipped, *runtime.wheels("numpy", "scipy", "pillow")])
    problems = {name.split("-")[0]: one["problems"] for name, one in found.items()}
    # SciPy's OpenBLAS carries Fortran's start-up code, which would call a Fortran program: there is none, and nobody starts it
    assert problems.pop("scipy") == ["scipy.libs/libopenblas.so imports MAIN__ (env), which nothing offers"]
    assert problems == {"scikit_image": [], "numpy": [], "pillow": []}
    assert found[wheels.shipped.name]["modules"] >= 54 and found[wheels.shipped.name]["imports"] > 2000


def test_the_audit_finds_an_import_that_nothing_offers_and_a_missing_entry_point(wheels, tmp_path):
    broken = tmp_path / wheels.shipped.name
    name = next(name for name in pack.modules_of(wheels.shipped) if "/_ccomp." in name)
    with zipfile.ZipFile(broken, "w") as archive:
        data = pack.modules_of(wheels.shipped)[name]
        archive.writestr(name, data.replace(b"PyErr_SetString", b"PyErr_SetStrinG").replace(b"PyInit__ccomp", b"PyInit__other"))
    problems = audit.findings([broken])[broken.name]["problems"]
    assert any("imports PyErr_SetStrinG (env), which nothing offers" in sentence for sentence in problems)
    assert any("does not export PyInit__ccomp" in sentence for sentence in problems)
    with pytest.raises(BuildError, match="does not fit Pyodide"):
        audit.check([broken])


def test_pyodides_own_library_reads_locks_and_finds_what_is_missing_in_them(tmp_path):
    lock = json.loads((NODE_MODULES / "pyodide/pyodide-lock.json").read_text(encoding="utf-8"))
    lock["packages"] = {name: lock["packages"][name] for name in ("numpy", "scipy")}
    file = tmp_path / "lock.json"
    file.write_text(json.dumps(lock))
    assert audit.lock_problems(file) == []
    del lock["packages"]["numpy"]
    file.write_text(json.dumps(lock))
    assert audit.lock_problems(file) == ["scipy needs numpy, which the lock does not have"]
    del lock["packages"]["scipy"]["file_name"]
    file.write_text(json.dumps(lock))
    assert "file_name" in audit.lock_problems(file)[0]


def test_what_the_site_ships_makes_a_lock_that_pyodide_installs_from(wheels, tmp_path):
    """The lock as the site writes it, its wheels beside it, and Pyodide's own loader resolving `scikit-image` from these alone."""
    files = ship.wheels() | dict(zip(["numpy"], runtime.wheels("numpy"), strict=True))
    official = json.loads((NODE_MODULES / "pyodide/pyodide-lock.json").read_text(encoding="utf-8"))
    lock = {"info": official["info"], "packages": {"numpy": official["packages"]["numpy"]} | ship.entries(ship.wheels())}
    (tmp_path / "lock.json").write_text(json.dumps(lock))
    assert audit.lock_problems(tmp_path / "lock.json") == []
    for file in files.values():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    code = tmp_path / "load.mjs"
    code.write_text(f"import {{ loadPyodide }} from {json.dumps((runtime.PYODIDE / 'pyodide.mjs').as_uri())};"
                    f"const python = await loadPyodide({{ indexURL: {json.dumps(str(runtime.PYODIDE) + '/')}, lockFileURL: {json.dumps(str(tmp_path / 'lock.json'))},"
                    f" packageBaseUrl: {json.dumps(str(tmp_path) + '/')} }});"
                    "await python.loadPackage('scikit-image', { messageCallback() {} });"
                    "console.log(Object.keys(python.loadedPackages).sort().join(' '), python.runPython('from skimage.segmentation import slic; slic.__name__'));")
    done = subprocess.run([node.tools()[0], str(code)], capture_output=True, text=True)
    assert done.stdout.split() == ["lazy-loader", "numpy", "packaging", "scikit-image", "scipy", "slic"], done.stderr


def test_every_module_imports_in_pyodide_without_the_packages_that_only_some_need(wheels, tmp_path):
    """networkx is for skimage.graph; imageio, tifffile and Pillow are for skimage.io: no page of ours needs these to import the rest."""
    code = tmp_path / "imports.py"
    code.write_text("import importlib, pathlib, sys, skimage\n"
                    "root = pathlib.Path(skimage.__file__).parents[1]\n"
                    "modules = [str(p.relative_to(root)).split('.')[0].replace('/', '.') for p in sorted(root.glob('skimage/**/*.so'))]\n"
                    "for name in modules: importlib.import_module(name)\n"
                    "from skimage import color, feature, filters, measure, morphology, restoration, segmentation\n"
                    "for package in (color, feature, filters, measure, morphology, restoration, segmentation):\n"
                    "    for name in package.__all__: getattr(package, name)\n"
                    "print(len(modules), skimage.__version__, sorted({'networkx', 'imageio', 'tifffile', 'PIL'} & set(sys.modules)))\n")
    said = runtime.run(code, [wheels.shipped, *runtime.wheels("numpy", "scipy", "lazy-loader", "packaging")])
    count = len(pack.modules_of(wheels.shipped))
    assert said.split() == [str(count), "0.25.2", "[]"]


def test_a_part_of_its_own_suite_passes_in_pyodide(wheels):
    """A minute or two of what `skimage-suite` runs whole."""
    reports = suite.run([",".join(suite.PART)], wheels)
    assert suite.verdict(reports, suite.known(), suite.unsteady()) == []
    assert reports[0].outcomes["passed"] > 300


def test_the_studios_functions_agree_with_the_native_ones_on_real_photos(wheels):
    found, releases = agree.run(wheels)
    assert releases.count("scikit-image 0.25.2") == 2
    assert [one for one in found if one.differ] == [] and len(found) >= 45
    assert sum(one.same for one in found) > 200
