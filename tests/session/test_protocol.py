"""The protocol: what its checks let through and refuse, and that both sides of it say the same."""
import math
import pathlib
import re
import sys
import types
from typing import TypedDict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pystudio.errors import StudioError
from pystudio.session.protocol import calls, checked, typescript
from pystudio.session.session import Session
from pystudio.session.session_calls import CALLS
from pystudio.session.typescript import declarations

ROOT = pathlib.Path(__file__).parents[2]
STUDIO = ROOT / "site_src" / "studio"
LABS = ROOT / "pystudio" / "labs"
POSTPONED = """from __future__ import annotations
from typing import NotRequired, TypedDict
class Asked(TypedDict):
    row: int
    label: NotRequired[int]
"""
GROW = {"row": 3, "column": 4, "tolerance": 12.5, "reference": "seed", "connectivity": 4, "restart": False}


def test_good_arguments_come_back_unchanged():
    assert checked("grow.run", GROW) == GROW


def test_whole_numbers_sent_as_floats_become_int():
    got = checked("grow.run", {**GROW, "row": 3.0, "connectivity": 8.0})
    assert (got["row"], type(got["row"])) == (3, int)
    assert (got["connectivity"], type(got["connectivity"])) == (8, int)


@pytest.mark.parametrize("change, said", [
    ({"row": "3"}, "grow.run: row is '3', which is not a whole number"),
    ({"row": 3.5}, "row is 3.5"),
    ({"row": True}, "row is True"),
    ({"row": None}, "row is None"),
    ({"tolerance": math.nan}, "tolerance is nan"),
    ({"tolerance": math.inf}, "tolerance is inf"),
    ({"reference": "median"}, "not one of 'seed', 'mean'"),
    ({"connectivity": 6}, "not one of 4, 8"),
    ({"colour": 1}, "the argument 'colour' is unknown"),
])
def test_each_wrong_argument_is_named(change, said):
    with pytest.raises(StudioError, match=re.escape(said)):
        checked("grow.run", {**GROW, **change})


@pytest.mark.parametrize("missing", sorted(GROW))
def test_a_missing_argument_is_named(missing):
    with pytest.raises(StudioError, match=f"'{missing}' is missing"):
        checked("grow.run", {k: v for k, v in GROW.items() if k != missing})


def test_what_is_not_required_may_be_left_out_even_where_the_module_postpones_its_annotations(monkeypatch):
    module = types.ModuleType("pystudio.session.labs.postponed")
    exec(compile(POSTPONED, "postponed.py", "exec"), vars(module))
    monkeypatch.setitem(sys.modules, module.__name__, module)
    module.Asked.__module__ = module.__name__
    monkeypatch.setitem(CALLS, "postponed", (module.Asked, module.Asked))
    assert checked("postponed", {"row": 1}) == {"row": 1}
    assert checked("postponed", {"row": 1, "label": 2.0}) == {"row": 1, "label": 2}
    with pytest.raises(StudioError, match="'row' is missing"):
        checked("postponed", {"label": 2})
    assert "export type Asked = { row: number; label?: number; };" in typescript()


def test_an_unknown_call_is_refused():
    with pytest.raises(StudioError, match="no call named 'photo.steal'"):
        checked("photo.steal", {})


def test_points_are_checked_to_the_last_number():
    good = {"points": [[1, 2], [3.5, 4]], "radius": 2, "label": 1, "begin": True, "end": False}
    assert checked("paint.stroke", good)["points"] == [[1.0, 2.0], [3.5, 4.0]]
    with pytest.raises(StudioError, match=re.escape("points[1][0] is 'x'")):
        checked("paint.stroke", {**good, "points": [[1, 2], ["x", 4]]})


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=8)


@given(st.sampled_from(sorted(calls())), json_like)
def test_whatever_arrives_is_accepted_or_refused_in_words(call, arguments):
    try:
        assert isinstance(checked(call, arguments), dict)
    except StudioError as error:
        assert error.message and error.remedy


def test_every_call_has_a_method_of_the_studio_with_its_arguments():
    import inspect
    import typing
    for call, (arguments, _) in calls().items():
        parameters = inspect.signature(Session(None).method(call)).parameters
        takes_rest = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
        for name in typing.get_type_hints(arguments):
            assert name in parameters or takes_rest, f"{call}: {name}"


def test_what_is_written_about_a_message_is_what_the_page_sends_and_the_worker_takes():
    import pystudio.session.protocol

    sent = re.search(r"postMessage\(\{ (id, call): name, (arguments): args, (stoppable) \}", (STUDIO / "engine/engine.js").read_text(encoding="utf-8"))
    taken = re.search(r"function answer\(\{ (id, call), (arguments): args, (stoppable) \}\)", (STUDIO / "worker/worker.js").read_text(encoding="utf-8"))
    assert sent and taken and sent.groups() == taken.groups()
    words = "{" + ", ".join(taken.groups()) + "}"
    assert f"``{words}``" in pystudio.session.protocol.__doc__
    assert words in (STUDIO / "worker/worker.js").read_text(encoding="utf-8").split("import", 1)[0]


def test_the_declarations_kept_for_the_page_are_those_of_today():
    assert (STUDIO / "types/protocol.d.ts").read_text(encoding="utf-8") == typescript()


def test_two_types_of_one_name_are_refused():
    one, other = TypedDict("Pair", {"a": int}), TypedDict("Pair", {"b": int})
    with pytest.raises(TypeError, match="Two types are called Pair"):
        declarations({"lab.first": (one, one), "lab.second": (other, one)}, {})
    assert "export type Pair = { a: number; };" in declarations({"lab.first": (one, one)}, {})


def test_every_message_of_the_envelope_is_one_of_a_union_for_the_page():
    printed = typescript()
    from_worker = re.search(r"^export type FromWorker = (.*);$", printed, re.M)[1].split(" | ")
    events = [re.search(rf'^export type {name} = .*event\??: "(\w+)";', printed, re.M)[1] for name in from_worker]
    assert len(set(events)) == len(events) == 9, "the page tells them apart by `event`"
    listed = re.search(r"const EVENTS = \{\n(.*?)\n\};", (STUDIO / "engine/envelope.js").read_text(encoding="utf-8"), re.S)[1]
    assert set(re.findall(r"^  (\w+):", listed, re.M)) == set(events) - {"answer"}


def test_the_page_asks_only_for_calls_that_exist():
    sources = [f.read_text(encoding="utf-8") for folder in (STUDIO, LABS) for f in folder.rglob("*.js")]
    asked = {call for s in sources for call in re.findall(r"""\.call\(\s*["']([a-z._]+)["']""", s)}
    asked |= {f"paint.{call}" for s in sources for call in re.findall(r"""\.paint\(\s*["']([a-z_]+)["']""", s)}
    assert len(asked) > 8, "hardly a call found: has the page's way of asking changed?"
    assert asked <= set(calls())
