"""The asset store against real servers on this machine: fetching, resuming, retrying, refusing, and doing without a network."""
from __future__ import annotations

import hashlib
import io
import json
import re
import socket
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pystudio.builder import BuildError
from pystudio.builder.assets import downloads

CONTENT = bytes(range(256)) * 4096  # 1 MiB


class Host:
    """A static server on loopback that can be told to misbehave. `asked` is the list of (path, Range header)."""

    def __init__(self):
        self.files: dict[str, bytes] = {}
        self.asked: list[tuple[str, str | None]] = []
        self.breaks: list[int] = []        # how many bytes to send before breaking off, one entry a request; -1 sends all
        self.refusals: list[int] = []      # status codes to answer first, one a request
        self.knows_range = True
        host = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                host.answer(self)

            def log_message(self, *words):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/{path}"

    def answer(self, request):
        asked = request.headers.get("Range")
        self.asked.append((request.path[1:], asked))
        if self.refusals:
            request.send_error(self.refusals.pop(0))
            return
        data = self.files.get(request.path[1:])
        if data is None:
            request.send_error(404)
            return
        ranged = asked and self.knows_range
        start, end = re.fullmatch(r"bytes=(\d+)-(\d*)", asked).groups() if ranged else (0, "")
        body = data[int(start):int(end) + 1 if end else None]
        request.send_response(206 if ranged else 200)
        if ranged:
            request.send_header("Content-Range", f"bytes {start}-{int(start) + len(body) - 1}/{len(data)}")
        request.send_header("Content-Type", "text/html" if request.path.endswith("/") else "application/octet-stream")
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        if self.breaks and (sent := self.breaks.pop(0)) >= 0:
            request.wfile.write(body[:sent])
            request.wfile.flush()
            request.connection.shutdown(socket.SHUT_RDWR)
        else:
            request.wfile.write(body)

    def stop(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture(autouse=True)
def every_host_answers(monkeypatch):
    monkeypatch.setattr(downloads, "SILENT_HOSTS", set())


@pytest.fixture
def host():
    host = Host()
    yield host
    host.stop()


def asset(*sources, name="file.bin", content=CONTENT):
    return downloads.Asset(name, "wheel", "1", len(content), hashlib.sha256(content).hexdigest(), sources)


@pytest.fixture
def store(tmp_path):
    said = []
    store = downloads.Store(tmp_path / "cache", tmp_path / "node_modules", retries=3, backoff=0.0, log=said.append)
    store.said = said
    return store


def fetch(store, one):
    return store.fetch([one])[one.name]


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_a_file_is_fetched_once_and_then_taken_from_the_cache(host, store):
    host.files["a"] = CONTENT
    one = asset({"url": host.url("a")})
    assert fetch(store, one).read_bytes() == CONTENT
    assert fetch(store, one).read_bytes() == CONTENT
    assert host.asked == [("a", None)]


def test_a_filled_cache_needs_no_network(host, store, tmp_path):
    host.files["a"] = CONTENT
    one = asset({"url": host.url("a")})
    fetch(store, one)
    gone = asset({"url": f"http://127.0.0.1:{unused_port()}/a"}, {"pypi": "no-such-thing==1", "sha256": "0" * 64, "member": "x"})
    assert gone.sha256 == one.sha256
    assert fetch(downloads.Store(tmp_path / "cache", tmp_path), gone).read_bytes() == CONTENT


@pytest.mark.parametrize("damage", [lambda data: data[:1000], lambda data: b"", lambda data: b"x" + data[1:], lambda data: data + b"more"],
                         ids=["truncated", "empty", "one byte wrong", "too long"])
def test_a_damaged_file_in_the_cache_is_noticed_and_fetched_again(host, store, damage):
    host.files["a"] = CONTENT
    one = asset({"url": host.url("a")})
    path = fetch(store, one)
    path.write_bytes(damage(CONTENT))
    assert fetch(store, one).read_bytes() == CONTENT
    assert len(host.asked) == 2
    assert any("damaged" in line and "file.bin" in line for line in store.said)


def test_a_wrong_file_is_refused_with_its_name_and_both_hashes(host, store):
    wrong = CONTENT[::-1]
    host.files["a"] = wrong
    one = asset({"url": host.url("a")})
    with pytest.raises(BuildError) as error:
        fetch(store, one)
    for part in ("file.bin", one.sha256, hashlib.sha256(wrong).hexdigest(), host.url("a")):
        assert part in error.value.message
    assert not list(store.folder.iterdir()), "nothing of a wrong file may stay"


def test_a_download_that_breaks_off_goes_on_where_it_stopped(host, store):
    host.files["a"] = CONTENT
    host.breaks = [300_000, 200_000]
    assert fetch(store, asset({"url": host.url("a")})).read_bytes() == CONTENT
    starts = [int(asked[6:-1]) if asked else 0 for _, asked in host.asked]
    assert starts[0] == 0 and starts == sorted(starts) and len(starts) == 3
    assert starts[1] > 0 and starts[2] > starts[1]


def test_a_download_interrupted_in_an_earlier_run_is_resumed(host, tmp_path):
    host.files["a"] = CONTENT
    host.breaks = [400_000]
    one = asset({"url": host.url("a")})
    with pytest.raises(BuildError, match="broke off"):
        fetch(downloads.Store(tmp_path, retries=0, log=lambda line: None), one)
    assert fetch(downloads.Store(tmp_path, retries=0), one).read_bytes() == CONTENT
    assert host.asked[1][1] is not None, "the second run asked for the rest only"


def test_a_server_without_ranges_is_asked_again_from_the_start(host, store):
    host.files["a"] = CONTENT
    host.knows_range = False
    host.breaks = [300_000]
    assert fetch(store, asset({"url": host.url("a")})).read_bytes() == CONTENT


@pytest.mark.parametrize("leftover", [b"rubbish" * 1000, CONTENT + b"too long"], ids=["damaged", "too long"])
def test_a_damaged_leftover_of_an_earlier_run_does_not_blame_the_server(host, store, leftover):
    host.files["a"] = CONTENT
    one = asset({"url": host.url("a")})
    store.folder.mkdir(parents=True)
    (store.folder / f"{one.sha256[:16]}-{one.name}.part").write_bytes(leftover)
    assert fetch(store, one).read_bytes() == CONTENT


def test_a_busy_server_is_asked_again(host, store):
    host.files["a"] = CONTENT
    host.refusals = [503, 429]
    assert fetch(store, asset({"url": host.url("a")})).read_bytes() == CONTENT
    assert len(host.asked) == 3


def test_the_next_source_serves_where_the_first_has_no_such_file(host, store):
    host.files["b"] = CONTENT
    assert fetch(store, asset({"url": host.url("a")}, {"url": host.url("b")})).read_bytes() == CONTENT


def test_a_host_that_does_not_answer_is_tried_once_a_run(host, store):
    silent = f"http://127.0.0.1:{unused_port()}/"
    host.files |= {"a": CONTENT, "b": CONTENT[::-1]}
    one = asset({"url": silent + "a"}, {"url": host.url("a")}, name="one")
    two = asset({"url": silent + "b"}, {"url": host.url("b")}, name="two", content=CONTENT[::-1])
    assert set(store.fetch([one, two])) == {"one", "two"}
    assert sum("does not answer" in line for line in store.said) == 1


def test_a_host_that_accepts_but_stays_silent_is_given_up(host, tmp_path):
    host.files["a"] = CONTENT
    with socket.create_server(("127.0.0.1", 0)) as mute:  # the system accepts for it; nobody ever answers
        store = downloads.Store(tmp_path, read_timeout=0.1, backoff=0.0, log=lambda line: None)
        address = f"http://127.0.0.1:{mute.getsockname()[1]}/a"
        assert fetch(store, asset({"url": address}, {"url": host.url("a")})).read_bytes() == CONTENT


def test_when_no_source_serves_all_reasons_are_told(host, store):
    with pytest.raises(BuildError) as error:
        fetch(store, asset({"npm": "pyodide@9", "member": "x"}, {"url": host.url("a")}))
    assert "file.bin" in error.value.message and "pyodide@9" in error.value.message and "404" in error.value.message
    assert error.value.remedy


def test_a_file_of_an_npm_package_is_taken_when_its_version_is_the_one(store):
    package = store.node_modules / "@group/thing"
    package.mkdir(parents=True)
    (package / "package.json").write_text(json.dumps({"version": "2.0.0"}))
    (package / "file.bin").write_bytes(CONTENT)
    assert fetch(store, asset({"npm": "@group/thing@2.0.0", "member": "file.bin"})).read_bytes() == CONTENT
    with pytest.raises(BuildError, match="npm installed @group/thing 2.0.0, not 3.0.0"):
        fetch(store, asset({"npm": "@group/thing@3.0.0", "member": "file.bin"}, content=b"another"))


@pytest.fixture
def index(tmp_path, monkeypatch):
    """A folder that pip takes packages from, and nothing else; with one wheel in it. Gives the wheel's sha256."""
    folder = tmp_path / "index"
    folder.mkdir()
    wheel = folder / "carrier-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("carrier/a.bin", CONTENT)
        archive.writestr("carrier/b.bin", CONTENT[::-1])
        archive.writestr("carrier-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: carrier\nVersion: 1.0\nRequires-Python: <3\n")
        archive.writestr("carrier-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr("carrier-1.0.dist-info/RECORD", "")
    for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return downloads.sha256(wheel)


def test_members_of_a_wheel_are_kept_and_the_wheel_is_not(store, index):
    source = {"pypi": "carrier==1.0", "sha256": index}
    one, two = asset(source | {"member": "carrier/a.bin"}, name="a"), asset(source | {"member": "carrier/b.bin"}, name="b", content=CONTENT[::-1])
    paths = store.fetch([one, two])
    assert paths["a"].read_bytes() == CONTENT and paths["b"].read_bytes() == CONTENT[::-1]
    assert sorted(store.folder.iterdir()) == sorted(paths.values())
    assert sum("downloading it whole" in line for line in store.said) == 1, "one download for both"


@pytest.fixture
def served_index(host, index, tmp_path, monkeypatch):
    """The same wheel on an index that a server gives, with its metadata apart. Gives the wheel's sha256."""
    name = "carrier-1.0-py3-none-any.whl"
    host.files[name] = (tmp_path / "index" / name).read_bytes()
    with zipfile.ZipFile(tmp_path / "index" / name) as archive:
        host.files[f"{name}.metadata"] = metadata = archive.read("carrier-1.0.dist-info/METADATA")
    host.files["simple/carrier/"] = (f'<!doctype html><a href="/{name}#sha256={index}" data-core-metadata="sha256={hashlib.sha256(metadata).hexdigest()}">{name}</a>').encode()
    for variable in ("PIP_NO_INDEX", "PIP_FIND_LINKS"):
        monkeypatch.delenv(variable)
    monkeypatch.setenv("PIP_INDEX_URL", host.url("simple/"))
    return index


def carried(digest):
    source = {"pypi": "carrier==1.0", "sha256": digest}
    return asset(source | {"member": "carrier/a.bin"}, name="a"), asset(source | {"member": "carrier/b.bin"}, name="b", content=CONTENT[::-1])


def wheel_bytes_sent(host):
    """How many bytes of the wheel were asked for; all of them where a request had no range."""
    asked = [found for path, found in host.asked if path.endswith(".whl")]
    return sum(int(end) - int(start) + 1 for start, end in (re.fullmatch(r"bytes=(\d+)-(\d+)", found).groups() for found in asked))


def test_only_the_members_wanted_travel_where_the_index_sends_pieces(host, store, served_index, monkeypatch):
    with zipfile.ZipFile(io.BytesIO(host.files["carrier-1.0-py3-none-any.whl"])) as archive:
        rest = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(out := io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as archive:  # a large wheel, of which a little is wanted
        archive.writestr("carrier/ballast.bin", np.random.default_rng(0).bytes(20_000_000))
        for name, data in rest.items():
            archive.writestr(name, data)
    host.files["carrier-1.0-py3-none-any.whl"] = out.getvalue()
    monkeypatch.setattr(downloads, "download_wheel", lambda *_: pytest.fail("the whole wheel was not to be downloaded"))
    one, two = carried(served_index)
    paths = store.fetch([one, two])
    assert paths["a"].read_bytes() == CONTENT and paths["b"].read_bytes() == CONTENT[::-1]
    assert sorted(store.folder.iterdir()) == sorted(paths.values())
    assert wheel_bytes_sent(host) < 3_000_000


def test_what_has_arrived_of_a_wheel_is_not_asked_for_again(host, store, served_index):
    one, two = carried(served_index)
    store.fetch([one])
    before = len(host.asked)
    store.fetch([one])
    assert len(host.asked) == before
    assert store.fetch([one, two])["b"].read_bytes() == CONTENT[::-1]


@pytest.mark.parametrize("spoil", [lambda host: setattr(host, "knows_range", False), lambda host: host.breaks.extend([-1] * 2 + [10, 10, 10])],
                         ids=["without ranges", "breaking off"])
def test_a_wheel_is_downloaded_whole_where_pieces_cannot_be_had(host, store, served_index, spoil, monkeypatch):
    """By pip, which goes on after breaks."""
    spoil(host)
    assert fetch(store, carried(served_index)[0]).read_bytes() == CONTENT
    assert any("downloading it whole" in line for line in store.said)


def test_a_wheel_that_the_index_does_not_have_is_a_sentence(store, served_index):
    with pytest.raises(BuildError, match=r"could not be fetched: pip could not find nothing==1\.0 \(ERROR: .*nothing"):
        fetch(store, asset({"pypi": "nothing==1.0", "sha256": "0" * 64, "member": "x"}))


def test_a_wheel_that_is_not_the_one_of_the_lock_is_refused(store, index):
    with pytest.raises(BuildError, match="carrier==1.0"):
        fetch(store, asset({"pypi": "carrier==1.0", "sha256": "0" * 64, "member": "carrier/a.bin"}))
    assert not list(store.folder.iterdir())


def test_a_member_that_is_not_what_the_lock_says_is_refused(store, index):
    with pytest.raises(BuildError, match=hashlib.sha256(CONTENT[::-1]).hexdigest()):
        fetch(store, asset({"pypi": "carrier==1.0", "sha256": index, "member": "carrier/b.bin"}))


def test_the_lock_of_the_project_is_complete():
    locked = downloads.read_lock()
    assert {asset.kind for asset in locked.values()} == {"pyodide", "wheel", "onnxruntime"}
    for one in locked.values():
        assert one.size > 0 and re.fullmatch("[0-9a-f]{64}", one.sha256) and one.sources, one.name
        kinds = [next(iter(source)) for source in one.sources]
        assert kinds == (["url", "pypi"] if one.kind == "wheel" else ["npm"]), one.name
    assert {name.split("-")[0] for name, one in locked.items() if one.kind == "wheel"} >= set(downloads.PYODIDE_PACKAGES)


@pytest.mark.parametrize("text", ["{", "[]", '{"assets": [{"name": "a"}]}'])
def test_a_broken_lock_is_a_sentence(tmp_path, text):
    path = tmp_path / "assets.lock.json"
    path.write_text(text)
    with pytest.raises(BuildError, match=re.escape(str(path))) as error:
        downloads.read_lock(path)
    assert "build.py lock" in error.value.remedy


@settings(max_examples=50)
@given(st.dictionaries(st.integers(0, 9).map(str), st.lists(st.integers(0, 9).map(str)), min_size=1), st.data())
def test_closure_holds_the_names_and_is_closed(graph, data):
    packages = {name: {"depends": [other for other in depends if other in graph]} for name, depends in graph.items()}
    names = data.draw(st.lists(st.sampled_from(sorted(packages))))
    found = downloads.closure(names, packages)
    assert set(names) <= set(found) and all(set(packages[name]["depends"]) <= set(found) for name in found)
    reached, frontier = set(), set(names)  # nothing beyond what can be reached
    while frontier:
        reached |= frontier
        frontier = {other for name in frontier for other in packages[name]["depends"]} - reached
    assert set(found) == reached
