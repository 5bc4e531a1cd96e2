"""The fragment of a shared link, in Node: what one side writes the other reads, and nothing that anybody writes gets through unchecked."""
import base64
import json
import re
import shutil
import subprocess
import zlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pystudio.builder import STUDIO, node

LINKS = STUDIO / "share/share_link.js"
ASK = """
import { createInterface } from "node:readline";
import { read, write } from "./share_link.js";
for await (const line of createInterface({ input: process.stdin })) {
  const { what, given } = JSON.parse(line);
  console.log(JSON.stringify(what === "write" ? await write(given) : await read(given)));
}
"""


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    """One Node process that answers as the page would."""
    folder = tmp_path_factory.mktemp("links")
    shutil.copy(LINKS, folder)
    (folder / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    (folder / "ask.js").write_text(ASK, encoding="utf-8")
    with subprocess.Popen([node.tools()[0], folder / "ask.js"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        def answer(what, given):
            child.stdin.write(json.dumps({"what": what, "given": given}) + "\n")
            child.stdin.flush()
            return json.loads(child.stdout.readline())
        yield answer
        child.stdin.close()


def packed(text):
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    return "#s1=" + base64.urlsafe_b64encode(squeeze.compress(text) + squeeze.flush()).decode().rstrip("=")


def unpacked(fragment):
    assert re.fullmatch(r"s1=[\w-]+", fragment, re.ASCII)
    text = fragment[3:]
    return json.loads(zlib.decompress(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), -15))


NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9_-]{0,20}", fullmatch=True).filter(lambda name: name not in ("constructor", "prototype"))
SMALL = st.recursive(st.none() | st.booleans() | st.integers(-10**9, 10**9) | st.floats(-1e9, 1e9) | st.text(max_size=60),
                     lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=5)
KEYS = st.sampled_from(["studio-segment.0.view", "studio-grow.1.last", "studio-classic.2.values.otsu", "studio-metric-lab.12.steps"])
SETTINGS = st.dictionaries(KEYS, SMALL, max_size=4) | st.dictionaries(st.sampled_from(["studio-cell.3.code", "studio-cell.grow-it.code"]), st.text(max_size=300), max_size=2)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(photo=st.none() | st.sampled_from(["kitten", "cows_2"]), state=SETTINGS)
def test_what_is_written_is_read_back(ask, photo, state):
    fragment = ask("write", {"photo": photo, "settings": state})
    told = unpacked(fragment)
    assert told["settings"] == state and told.get("photo") == photo
    read = ask("read", "#" + fragment)
    assert read == {"setUp": {"photo": photo, "settings": state}, "ignored": 0} or depth(state) > 4 and read["ignored"] > 0


def depth(value):
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return 1 + max(map(depth, inner), default=0) if isinstance(value, (dict, list)) else 0


def sound(answer):
    """Whether only what a page may look at came through: said again, independently of the page's code."""
    def plain(value, level):
        if isinstance(value, dict):
            return level < 4 and len(value) <= 300 and all(re.fullmatch(r"[A-Za-z][\w-]{0,60}", key, re.ASCII) and key not in ("constructor", "prototype") and plain(each, level + 1) for key, each in value.items())
        if isinstance(value, list):
            return level < 4 and len(value) <= 300 and all(plain(each, level + 1) for each in value)
        return value is None or isinstance(value, bool) or (len(value) <= 300 * 2 if isinstance(value, str) else abs(value) <= 1e9)

    if answer["setUp"] is None:
        return True
    photo, found = answer["setUp"]["photo"], answer["setUp"]["settings"]
    return (photo is None or re.fullmatch(r"[\w-]{1,61}", photo, re.ASCII)) and len(found) <= 200 and all(
        key.startswith("studio-") and (isinstance(value, str) and len(value) <= 200_000 if re.fullmatch(r"studio-cell\.[\w-]+\.code", key) else plain(value, 0)) for key, value in found.items())


ANY = st.recursive(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
                   lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=10) | st.sampled_from(["__proto__", "constructor", "key"]), inner), max_leaves=12)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(st.one_of(
    st.text(max_size=300).map(lambda text: f"#s1={text}"),
    st.binary(max_size=300).map(lambda data: "#s1=" + base64.urlsafe_b64encode(data).decode().rstrip("=")),
    st.binary(max_size=300).map(packed),
    ANY.map(lambda told: packed(json.dumps(told).encode())),
    st.fixed_dictionaries({}, optional={"photo": ANY, "settings": st.dictionaries(KEYS | st.text(max_size=20) | st.just("__proto__"), ANY), "more": ANY}).map(lambda told: packed(json.dumps(told).encode())),
))
def test_nothing_unsound_is_read_from_anything(ask, fragment):
    answer = ask("read", fragment)
    assert sound(answer)


@pytest.mark.parametrize(
    "fragment",
    [
        "#s1=", "#s1=A", "#s1=" + "A" * 60_001, packed(b""), packed(b"\xff\xfe"), packed(b"{"), packed(b"null"), packed(b"7"), packed(b'"text"'),
        packed(b'{"photo":"' + b"a" * 10_000_000 + b'"}'), packed(b"[" * 200_000 + b"]" * 200_000), packed(json.dumps({"settings": {}}).encode())[:-3],
    ],
)
def test_a_broken_link_says_nothing(ask, fragment):
    assert ask("read", fragment) == {"setUp": None, "ignored": 0}


@pytest.mark.parametrize(
    ("told", "kept", "ignored"),
    [
        ({"settings": {"studio-grow.1.last": {"a": {"b": {"c": {"d": 1}}}}}}, {"studio-grow.1.last": {"a": {"b": {"c": {"d": 1}}}}}, 0),
        ({"settings": {"studio-grow.1.last": {"a": {"b": {"c": {"d": {}}}}}}}, {}, 1),
        ({"settings": {"studio-grow.1.last": 1e10, "studio-grow.1.watch": True}}, {"studio-grow.1.watch": True}, 1),
        ({"settings": {"studio-grow.1.last": "x" * 301}}, {}, 1),
        ({"settings": {"studio-cell.0.code": "x" * 100_001, "studio-cell.1.code": 3, "studio-cell.2.code": "x" * 100_000}}, {"studio-cell.2.code": "x" * 100_000}, 2),
        ({"settings": {"constructor": 1, "studio-x": 1, "other.0.view": 1, "studio-segment.0.": 1}}, {}, 4),
        ({"settings": {f"studio-grow.{n}.last": 1 for n in range(250)}}, {f"studio-grow.{n}.last": 1 for n in range(200)}, 50),
        ({"settings": {}, "photo": "../kitten", "more": 1}, {}, 2),
    ],
)
def test_what_says_nothing_here_is_left_out_and_counted(ask, told, kept, ignored):
    answer = ask("read", packed(json.dumps(told).encode()))
    assert answer == {"setUp": {"photo": None, "settings": kept}, "ignored": ignored}
