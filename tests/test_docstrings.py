"""What the library says of itself: public names exist, parameters are those of the signature, the errors that a function raises itself are told."""
import ast
import inspect
import re
import textwrap
from dataclasses import is_dataclass
from importlib import import_module
from pathlib import Path

import pytest

import pystudio

ROOT = Path(pystudio.__file__).parent
MODULES = sorted(
    ".".join(("pystudio", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__")
    for path in ROOT.rglob("*.py")
    if not {"builder", "browser", "labs"} & set(path.relative_to(ROOT).parts) and path.stem != "__main__"
)


def listed(docstring, heading):
    """The names that a section of a numpydoc docstring lists; None where there is no such section."""
    found = re.search(rf"^{heading}\n-+\n(.*?)(?=\n\n\S[^\n]*\n-+\n|\Z)", inspect.cleandoc(docstring), re.S | re.M)
    if found is None:
        return None
    lines = [line.split(" : ")[0] for line in found[1].splitlines() if line and not line.startswith(" ")]
    return [name.strip().lstrip("*") for line in lines for name in line.split(",")]


def parameters(function):
    return [name for name in inspect.signature(function).parameters if name not in ("self", "cls")]


def raised(function):
    """The errors that the body of a function raises, by name; those of functions within it are their own."""
    def own(node):
        for child in ast.iter_child_nodes(node):
            if not isinstance(child, (ast.FunctionDef, ast.Lambda)):
                yield child
                yield from own(child)

    (whole,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    calls = [node.exc.func for node in own(whole) if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)]
    return {call.id for call in calls if isinstance(call, ast.Name) and call.id.endswith("Error") and call.id != "NotImplementedError"}


def described(module):
    """(name, docstring, function) of everything public in a module; a class has the docstring of its making."""
    for name in getattr(module, "__all__", []):
        thing = getattr(module, name)
        if inspect.isfunction(thing):
            yield name, thing.__doc__, thing
        elif inspect.isclass(thing):
            if "__init__" in vars(thing) and not is_dataclass(thing):
                yield name, thing.__doc__, thing.__init__
            yield from ((f"{name}.{key}", each.__doc__, each) for key, each in vars(thing).items() if inspect.isfunction(each) and not key.startswith("_"))


@pytest.mark.parametrize("name", MODULES)
def test_docstrings_say_what_the_code_does(name):
    module = import_module(name)
    assert (module.__doc__ or "").strip().splitlines()[0].endswith((".", "…")), "a module says in its first line what lives there"
    missing = [each for each in getattr(module, "__all__", []) if not hasattr(module, each)]
    assert missing == []
    for key, docstring, function in described(module):
        assert docstring, f"{name}.{key} says nothing of itself"
        told = listed(docstring, "Parameters")
        assert told is None or told == parameters(function), f"{name}.{key}"
        silent = raised(function) - set(re.findall(r"\w+Error", docstring))
        assert not silent or "StudioError" in docstring, f"{name}.{key} raises {silent} and does not say so"


def test_the_map_of_the_package_names_every_module():
    named = set(re.findall(r"(?m)^([a-z_.]+) {2,}\S", pystudio.__doc__))
    there = {name.removeprefix("pystudio.") for name in MODULES if not name.rpartition(".")[2].startswith("_")} - {"pystudio"}
    assert named <= there, "modules that are not there"
    folders = {name for name in there if any(each.startswith(f"{name}.") for each in there)}
    assert {name for name in there - folders if not {name, name.rpartition(".")[0], name.partition(".")[0]} & named and not name.startswith("segment.classic.")} == set()
