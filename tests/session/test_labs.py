"""The labs: which of them answers a call is found from the folders, and what one keeps is not another's to reach."""
import ast
import inspect
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import pystudio
from pystudio.session import labs
from pystudio.session.protocol import calls
from pystudio.session.session import Session

PACKAGE = Path(pystudio.__file__).parent
HANDLERS = sorted(PACKAGE.glob("labs/*/handler.py"))
TOY = '''
from typing import TypedDict
from ...session.labs import LabHandler

class Pair(TypedDict):
    a: int
    b: int

class Total(TypedDict):
    total: int

CALLS = {"toy.add": (Pair, Total)}

class Handler(LabHandler):
    def add(self, a, b):
        return {"total": a + b}
'''
ASK = """
from pystudio.session.protocol import checked, typescript
from pystudio.session.session import Session
print(Session(None).method("toy.add")(**checked("toy.add", {"a": 2, "b": 3.0}))["total"], '"toy.add": { arguments: Pair; reply: Total }' in typescript())
"""


def test_a_lab_that_is_put_into_the_folder_answers_without_another_file_touched(tmp_path):
    shutil.copytree(PACKAGE, tmp_path / "pystudio", ignore=shutil.ignore_patterns("builder", "__pycache__", "*.js", "*.css"))
    (tmp_path / "pystudio/labs/toy").mkdir()
    (tmp_path / "pystudio/labs/toy/handler.py").write_text(TOY, encoding="utf-8")
    done = subprocess.run([sys.executable, "-c", ASK], cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout.split() == ["5", "True"], done.stderr


@pytest.mark.parametrize("path", HANDLERS, ids=lambda path: path.parent.name)
def test_a_handler_answers_the_calls_of_its_folder_and_no_others(path):
    module = labs.handler_module(path.parent.name)
    assert {call.partition(".")[0] for call in module.CALLS} == {path.parent.name}
    public = {name for name, each in vars(module.Handler).items() if inspect.isfunction(each) and not name.startswith("_")} - {"on_photo"}
    assert {call.partition(".")[2] for call in module.CALLS} == public


@pytest.mark.parametrize("path", HANDLERS, ids=lambda path: path.parent.name)
def test_a_handler_knows_no_other_lab(path):
    source = path.read_text(encoding="utf-8")
    imported = {node.module or "" for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)}
    assert not any("labs." in f"{module}." and module != "session.labs" for module in imported)
    assert "session.method(" not in source and "session.handler(" not in source
    assert "session._" not in source, "what the session does not offer is its own"


def test_every_call_is_of_a_lab_or_of_the_session():
    own = {call for call in calls() if labs.lab_of(call) is None}
    assert own == {"photo.open", "labels", "export"}


def test_a_lab_has_one_handler_in_a_session():
    session = Session(None)
    assert session.handler("paint") is session.handler("paint") is not Session(None).handler("paint")


def test_no_handler_is_imported_before_its_first_call():
    code = "import sys, pystudio.session.session, pystudio.session.protocol; print([name for name in sys.modules if name.startswith('pystudio.labs.')])"
    done = subprocess.run([sys.executable, "-c", code], cwd=PACKAGE.parent, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
