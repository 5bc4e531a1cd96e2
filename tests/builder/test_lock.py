"""One build at a time: the second waits for the first, however the first ends."""
from __future__ import annotations

import os
import subprocess
import sys
import threading

import pytest

from pystudio.builder import ROOT
from pystudio.builder.lock import build_lock

HOLDER = """
import sys
from pathlib import Path
from pystudio.builder.lock import build_lock
with build_lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that has the lock of `tmp_path`, until its input ends."""
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout.readline() == "held\n"
        yield child
        child.kill()


def wait_for_lock(folder):
    """A thread that takes the lock; whether it has it, and what was said meanwhile."""
    said, waiting, got = [], threading.Event(), threading.Event()

    def work():
        with build_lock(folder, lambda words: (said.append(words), waiting.set())):
            got.set()

    thread = threading.Thread(target=work)
    thread.start()
    assert waiting.wait(30) and not got.is_set()
    return thread, got, said


@pytest.mark.parametrize("end", [lambda child: child.stdin.close(), lambda child: child.kill()], ids=["finished", "killed"])
def test_a_second_build_says_that_it_waits_and_goes_on_after_the_first(holder, tmp_path, end):
    thread, got, said = wait_for_lock(tmp_path)
    end(holder)
    thread.join(30)
    assert got.is_set() and len(said) == 1 and "Another build" in said[0]


def test_within_a_build_it_may_be_asked_for_again(tmp_path):
    said = []
    with build_lock(tmp_path, said.append), build_lock(tmp_path, said.append):
        pass
    with build_lock(tmp_path, said.append):
        pass
    assert not said


def test_the_lock_is_given_back_after_an_error(tmp_path):
    with pytest.raises(ZeroDivisionError), build_lock(tmp_path):
        1 / 0
    probe = subprocess.run([sys.executable, "-c", HOLDER, str(tmp_path)], cwd=ROOT, input="", capture_output=True, text=True, timeout=60)
    assert probe.stdout == "held\n"


def test_where_nothing_can_be_written_nothing_is_locked(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with build_lock(tmp_path / "file"):
        assert os.listdir(tmp_path) == ["file"]
