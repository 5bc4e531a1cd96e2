"""The memory snapshot: what wakes from it is the Python that a normal start gives; and a build that cannot make one goes on without."""
from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import subprocess
import tarfile
import time
import zipfile
from pathlib import Path

import pytest

from pystudio.builder import BUILD, NODE_MODULES, BuildError, snapshot
from pystudio.builder.assets import downloads, wheel
from pystudio.builder.site import bundle
from pystudio.builder.skimage_wasm import ship

HERE = Path(__file__).parent
ENVIRONMENT = {**os.environ, "NODE_OPTIONS": ""}


@pytest.fixture(scope="module")
def wheels() -> dict[str, Path]:
    """The wheels of the site, by the name of their project."""
    locked = downloads.read_lock()
    files = downloads.Store().fetch(asset for asset in locked.values() if asset.kind == "wheel")
    return {name.split("-")[0]: path for name, path in files.items()} | ship.wheels() | {"pystudio": wheel.build(BUILD / "wheels")}


@pytest.fixture(scope="module")
def taken(wheels) -> snapshot.Snapshot:
    made = snapshot.build(wheels["numpy"], wheels["pystudio"])
    assert made, "no snapshot could be made on this machine: see what the build says"
    return made


# ---------------------------------------------------------------- what wakes from it
@pytest.fixture(scope="module")
def lessons(wheels, tmp_path_factory) -> Path:
    """A folder with the wheels under their own names, and the site's lock."""
    folder = tmp_path_factory.mktemp("wheels")
    locked = {asset.name: asset for asset in downloads.read_lock().values() if asset.kind == "wheel"}
    for name, asset in locked.items():
        shutil.copy(downloads.Store().path(asset), folder / name)
    ours = {"pystudio": wheels["pystudio"]} | ship.wheels()
    for path in ours.values():
        shutil.copy(path, folder)
    (folder / "lock.json").write_bytes(bundle._pyodide_lock(list(locked), ours))
    return folder


def wake(taken: snapshot.Snapshot, lessons: Path, **environment: str) -> dict:
    asked = {"pyodide": str(NODE_MODULES / "pyodide"), "linking": str(snapshot.LINKING), "lock": str(lessons / "lock.json"), "wheels": str(lessons),
             "parts": {name: str(getattr(taken, name)) for name in ("modules", "library", "memory")},
             "room": {"table": taken.table, "heap": taken.heap, "size": taken.size, "constants": taken.constants}, "code": str(HERE / "resume_inside.py")}
    done = subprocess.run([snapshot._node(), str(HERE / "resume.mjs"), json.dumps(asked)], capture_output=True, text=True, env=ENVIRONMENT | environment)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def woken(taken, lessons) -> dict:
    return wake(taken, lessons)


def test_what_a_first_lesson_needs_is_imported_and_what_costs_time_is_not(woken):
    assert woken["imported at the start"] == []


def test_numpy_and_pystudio_are_known_as_installed(woken, wheels):
    assert woken["versions"] == {name: wheels[name].name.removeprefix(f"{downloads.sha256(wheels[name])[:16]}-").split("-")[1] for name in ("numpy", "pystudio")}
    assert woken["loaded"] == {"numpy": "default channel", "pystudio": "default channel"}
    assert woken["micropip knows"] == ["numpy", "pystudio"]


def test_nothing_of_the_builders_machine_is_left(woken):
    assert len(set(woken["path"])) == len(woken["path"])
    assert not {"PYTHONHASHSEED", "PYTHONDONTWRITEBYTECODE", "TZ"} & set(woken["environment"])


def test_the_clock_shows_the_visitors_time_and_not_the_builders(taken, lessons):
    assert wake(taken, lessons, TZ="Asia/Tokyo")["zone"] == [-32400, -32400, 0, "UTC+0900", 32400.0, "UTC+0900"]
    assert wake(taken, lessons, TZ="Europe/Berlin")["zone"][:5] == [-3600, -7200, 1, "UTC+0100", 3600.0]


def test_every_waking_draws_its_own_random_numbers(woken, taken, lessons):
    again = wake(taken, lessons)["random"]
    assert len({*woken["random"], *again}) == 8


def test_sources_are_there_for_those_who_ask(woken):
    assert woken["source"].startswith("def grow_by_hand(")
    assert "metrics.py" in woken["traceback"] and "LabelError" in woken["traceback"]
    place = woken["traceback"].index("metrics.py")
    assert "raise" in woken["traceback"][place:], "the line of pystudio where it was raised"


def test_what_is_imported_later_is_byte_compiled_too(woken):
    assert set(woken["later"]) == {"calendar", "numpy.ma", "numpy.polynomial", "numpy.testing", "pystudio.__main__"}
    assert all(file.endswith(".pyc") for file in woken["later"].values()), woken["later"]


def test_python_computes_waits_and_takes_further_packages(woken):
    assert (woken["svd"], woken["run_sync"], woken["labels"]) == (True, 7, 4)


# ---------------------------------------------------------------- the archives
def test_the_browser_reads_a_tar_as_python_wrote_it(tmp_path):
    files = {"short": b"", "lib/python314.zip": bytes(range(256)) * 3, "numpy/" + "deep/" * 30 + "module.pyc": b"x" * 512, "grün.txt": "ü".encode()}
    (tmp_path / "a.tar").write_bytes(snapshot._tar(files))
    code = """
        const { unpacked } = await import(process.argv[1]);
        const { readFileSync } = await import("node:fs");
        console.log(JSON.stringify([...unpacked(new Uint8Array(readFileSync(process.argv[2])))].map(([n, d]) => [n, [...d]])));"""
    done = subprocess.run([snapshot._node(), "--input-type=module", "-e", code, snapshot.LINKING.as_uri(), tmp_path / "a.tar"], capture_output=True, text=True, env=ENVIRONMENT)
    assert {name: bytes(data) for name, data in json.loads(done.stdout)} == files


def test_each_part_begins_with_its_key_and_the_library_holds_no_file_twice(taken):
    for part in ("modules", "library"):
        with tarfile.open(fileobj=io.BytesIO(gzip.decompress(getattr(taken, part).read_bytes()))) as archive:
            names = archive.getnames()
            assert names[0] == "key" and archive.extractfile("key").read().decode() == taken.keys[part]
            assert len(set(names)) == len(names)
    assert gzip.decompress(taken.memory.read_bytes())[:32].decode() == taken.keys["memory"]


def test_no_folder_of_this_machine_travels(taken):
    for part in (taken.modules, taken.library, taken.memory):
        assert bytes(snapshot.HERE) not in gzip.decompress(part.read_bytes())


# ---------------------------------------------------------------- the build
def test_the_same_inputs_give_the_same_bytes_in_any_language(taken, wheels, tmp_path, monkeypatch):
    monkeypatch.setenv("PYSTUDIO_CACHE", str(tmp_path))
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    shutil.copytree(taken.modules.parent, tmp_path / "snapshot" / taken.modules.parent.name)
    again = snapshot.build(wheels["numpy"], wheels["pystudio"])
    assert again.memory.is_relative_to(tmp_path) and again.keys == taken.keys
    assert again.memory.read_bytes() == taken.memory.read_bytes() and again.library.read_bytes() == taken.library.read_bytes()


def test_a_second_build_takes_what_the_first_left(taken, wheels, monkeypatch):
    monkeypatch.setattr(snapshot, "_run", lambda *_: pytest.fail("nothing has changed"))
    started = time.monotonic()
    assert snapshot.build(wheels["numpy"], wheels["pystudio"]) == taken
    assert time.monotonic() - started < 2


def test_whatever_goes_in_makes_it_another(wheels, tmp_path):
    edited = tmp_path / wheels["pystudio"].name
    edited.write_bytes(wheels["pystudio"].read_bytes() + b" ")
    node = snapshot._node()
    state = snapshot._state(node, wheels["numpy"], wheels["pystudio"])
    assert {*snapshot.ENGINE, "numpy", "pystudio", "node", "linking.mjs", "make.mjs", "make_inside.py", "compile.mjs"} <= set(state)
    assert snapshot._digest(snapshot._state(node, wheels["numpy"], edited)) != snapshot._digest(state)


@pytest.mark.parametrize("part", ["memory", "library", "modules"])
@pytest.mark.parametrize("damage", [lambda data: data[:-100], lambda data: data[:5000] + b"x" + data[5001:], None], ids=["truncated", "one byte wrong", "gone"])
def test_a_damaged_part_in_the_cache_is_noticed_and_made_again(taken, wheels, tmp_path, monkeypatch, capsys, part, damage):
    monkeypatch.setenv("PYSTUDIO_CACHE", str(tmp_path))
    for folder in (taken.modules.parent, taken.memory.parent):
        shutil.copytree(folder, tmp_path / "snapshot" / folder.name)
    file = tmp_path / getattr(taken, part).relative_to(cache_of(taken))
    whole = file.read_bytes()
    file.write_bytes(damage(whole)) if damage else file.unlink()

    def run(node, script, asked):
        """As good as Node, and quicker: what the two scripts write."""
        if script == "compile.mjs":
            shutil.copy(taken.modules.parent / Path(asked["to"]).name, asked["to"])
        else:
            (asked["out"] / "memory").write_bytes(gzip.decompress(taken.memory.read_bytes())[32:])
            shutil.copy(taken.memory.parent / "facts.json", asked["out"])

    monkeypatch.setattr(snapshot, "_run", run)
    again = snapshot.build(wheels["numpy"], wheels["pystudio"])
    assert getattr(again, part) == file and "is damaged; making it again" in capsys.readouterr().out
    if part != "library":  # what this test makes of it lacks what Node alone compiles
        assert file.read_bytes() == whole


def cache_of(taken: snapshot.Snapshot) -> Path:
    return taken.memory.parents[2]


@pytest.mark.parametrize("file, line, said", [("pystudio/labels.py", "import nonesuch", "No module named 'nonesuch'"), ("pystudio/networks/losses.py", "def x(:", "SyntaxError")],
                         ids=["imported at the start", "imported later"])
def test_a_mistake_in_pystudio_stops_the_build_and_is_not_called_a_slower_start(taken, wheels, tmp_path, monkeypatch, file, line, said):
    monkeypatch.setenv("PYSTUDIO_CACHE", str(tmp_path))
    shutil.copytree(taken.modules.parent, tmp_path / "snapshot" / taken.modules.parent.name)
    broken = tmp_path / wheels["pystudio"].name
    with zipfile.ZipFile(wheels["pystudio"]) as whole, zipfile.ZipFile(broken, "w") as archive:
        for name in whole.namelist():
            archive.writestr(name, whole.read(name) + (f"\n{line}\n".encode() if name == file else b""))
        number = len(archive.read(file).splitlines())
    with pytest.raises(BuildError, match=rf"^{file}:{number}: .*{said}"):
        snapshot.build(wheels["numpy"], broken)
    assert [path.name for path in (tmp_path / "snapshot").iterdir()] == [taken.modules.parent.name]


def node_that(tmp_path: Path, *lines: str) -> str:
    """A program where npm would have put its Node."""
    program = tmp_path / "node-test" / "bin" / "node"
    program.parent.mkdir(parents=True)
    program.write_text("\n".join(["#!/bin/sh", *lines]))
    program.chmod(0o755)
    (program.parents[1] / "package.json").write_text('{"version": "0"}')
    return str(program)


def test_without_a_node_the_build_says_so_in_a_line_and_goes_on(wheels, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(snapshot, "NODE_MODULES", tmp_path)
    assert snapshot.build(wheels["numpy"], wheels["pystudio"]) is None
    said = capsys.readouterr().out
    assert said.count("\n") == 1 and "no memory snapshot" in said and "Node" in said


def test_a_maker_that_fails_leaves_nothing_behind(wheels, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PYSTUDIO_CACHE", str(tmp_path / "cache"))
    program = node_that(tmp_path, "echo out of luck >&2", "exit 3")
    monkeypatch.setattr(snapshot, "_node", lambda: program)
    assert snapshot.build(wheels["numpy"], wheels["pystudio"]) is None
    said = capsys.readouterr().out
    assert "out of luck" in said and "the site works" in said
    assert list((tmp_path / "cache" / "snapshot").iterdir()) == []


def test_the_cache_keeps_the_snapshots_used_last(tmp_path):
    for number in range(snapshot.KEPT + 2):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "facts.json").touch()
        os.utime(tmp_path / str(number), (number, number))
    (tmp_path / "compiled-x").mkdir()
    snapshot._forget(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"compiled-x", *(str(number) for number in range(2, snapshot.KEPT + 2))}


def test_a_visitor_pays_for_the_snapshot_or_for_the_files_and_not_for_both():
    manifest = {"worker": "w", "lock": "l", "pyodide": "p/", "wheels": "wheels/", "ort": {"js": "o.js", "wasm": "o.wasm"},
                "networks": {"deeplab_s16": {"file": "n.onnx"}},
                "bytes": dict.fromkeys(["p/pyodide.asm.wasm", "p/python_stdlib.zip", "wheels/numpy-2.whl", "wheels/pystudio-1.whl", "wheels/micropip-1.whl", "m.bin", "l.bin", "h.bin"], 1)}
    without = bundle.first_mask(manifest)
    assert {"p/python_stdlib.zip", "wheels/numpy-2.whl", "wheels/pystudio-1.whl"} <= set(without) and "wheels/micropip-1.whl" not in without
    woken = bundle.first_mask(manifest | {"snapshot": {"modules": "m.bin", "library": "l.bin", "memory": "h.bin"}})
    assert {"m.bin", "l.bin", "h.bin", "p/pyodide.asm.wasm"} <= set(woken)
    assert not {"p/python_stdlib.zip", "wheels/numpy-2.whl", "wheels/pystudio-1.whl"} & set(woken)
