"""What one program changes in Python itself does not reach the next one, whether a cell or an answer to an exercise; names, modules and random numbers of cells go on."""
import asyncio
import builtins
import contextlib
import decimal
import gc
import locale
import logging
import math
import os
import random
import signal
import sys
import warnings

import numpy as np
import pytest

import pystudio.exercises.grading as grading
import pystudio.notebook.interpreter_state as interpreter_state
from pystudio.exercises.grading import grade_function
from pystudio.notebook import Notebook, run
from pystudio.notebook.outputs import OutputStream

SOLUTION = "def f(n):\n    return n"
CHANGES = {
    "a built-in function": "import builtins; builtins.len = 3",
    "a new built-in": "import builtins; builtins.brand_new = 3",
    "a deleted built-in": "import builtins; del builtins.sorted",
    "print": "import builtins; builtins.print = lambda *a: None",
    "a function of NumPy": "np.isclose = np.all = lambda *a, **k: True",
    "a deleted function of NumPy": "del np.mean",
    "a function of a part of NumPy": "np.linalg.norm = 3",
    "a function of the library": "import math, random; math.sqrt = random.random = None",
    "a private name of pystudio": "import pystudio.exercises.grading as g; g._compared = lambda *a: None",
    "a method of pystudio": "import pystudio.exercises.program as p; p.Program.load = None",
    "a table of pystudio": "import pystudio.exercises.grading as g; g.KINDS.clear()",
    "a loaded module": "import sys; sys.modules['numpy'] = None; del sys.modules['math']",
    "the path": "import sys; sys.path.insert(0, '/nowhere'); sys.path = []",
    "the streams": "import sys, io; sys.stdout = sys.stderr = io.StringIO(); sys.stdin = None",
    "the hooks": "import sys; sys.excepthook = sys.displayhook = None; sys.meta_path.clear()",
    "the recursion limit": "import sys; sys.setrecursionlimit(2000)",
    "the digits of whole numbers": "import sys; sys.set_int_max_str_digits(0)",
    "a trace function": "import sys; sys.settrace(lambda *a: None); sys.setprofile(lambda *a: None)",
    "NumPy's errors": "np.seterr(all='raise'); np.seterrcall(print)",
    "how NumPy prints": "np.set_printoptions(precision=1, suppress=True)",
    "the warnings": "import warnings; warnings.filterwarnings('error'); warnings.showwarning = None",
    "the decimal context": "import decimal; decimal.getcontext().prec = 3",
    "the locale": "import locale; locale.setlocale(locale.LC_ALL, 'C.UTF-8' if locale.setlocale(locale.LC_ALL) == 'C' else 'C')",
    "the environment": "import os; os.environ['HOME'] = 'x'; os.environ['TZ'] = 'Asia/Tokyo'; os.environ['NEW'] = '1'",
    "the folder": "import os; os.chdir('/')",
    "the handler of interrupts": "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)",
    "logging": "import logging, sys; logging.basicConfig(level=10, stream=sys.stdout, force=True); logging.disable(50)",
    "the collection of garbage": "import gc; gc.disable()",
}


def state():
    """Everything of it that could differ, comparable by identity or value."""
    root = logging.getLogger()
    return {
        "builtins": dict(vars(builtins)), "grading": dict(vars(grading)), "numpy": {name: id(value) for name, value in vars(np).items()}, "norm": np.linalg.norm,
        "math": (math.sqrt, random.random), "load": grading.Program.load, "KINDS": dict(grading.KINDS), "modules": (sys.modules.get("numpy"), sys.modules.get("math")),
        "path": (id(sys.path), list(sys.path)), "streams": (sys.stdin, sys.stdout, sys.stderr), "hooks": (sys.excepthook, sys.displayhook, list(sys.meta_path)), "depth": sys.getrecursionlimit(),
        "digits": sys.get_int_max_str_digits(), "trace": (sys.gettrace(), sys.getprofile()), "errors": (np.geterr(), np.geterrcall()), "shown": np.get_printoptions(),
        "warnings": (list(warnings.filters), warnings.showwarning), "decimal": decimal.getcontext().prec, "locale": locale.setlocale(locale.LC_ALL), "environment": dict(os.environ),
        "folder": os.getcwd(), "interrupts": signal.getsignal(signal.SIGINT), "logging": (root.level, list(root.handlers), root.manager.disable), "gc": gc.isenabled(),
    }


@pytest.fixture
def untouched():
    """Put everything back after a test that fails, so that the others are not its victims."""
    with interpreter_state.preserved(random_numbers=True):
        yield


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("ending", ["", "\n1 / 0", "\nraise KeyboardInterrupt", "\nimport asyncio\nawait asyncio.sleep(0)"], ids=["plain", "fails", "is stopped", "waits"])
def test_what_a_cell_changes_ends_with_it(untouched, change, ending):
    run("1")
    before = state()
    run(change + ending)
    assert state() == before


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("place", ["while it is read", "while it runs"])
def test_what_an_answer_changes_ends_with_it_and_the_next_is_graded_as_ever(untouched, change, place):
    before = state()
    grade_function(f"{change}\n{SOLUTION}" if place == "while it is read" else f"def f(n):\n    {change}\n    return n", "f", SOLUTION, {"n": "whole number"})
    assert state() == before
    assert not grade_function("def f(n):\n    return n + 1", "f", SOLUTION, {"n": "whole number"}).passed
    assert grade_function(SOLUTION, "f", SOLUTION, {"n": "whole number"}).passed


def test_the_changes_of_a_cell_hold_while_it_runs():
    assert run("np.set_printoptions(precision=1)\nimport asyncio\nawait asyncio.sleep(0)\nprint(np.array([1.23]))").text == "[1.2]\n"


def test_names_modules_and_random_numbers_go_on_from_cell_to_cell(untouched):
    notebook = Notebook()
    run("import random, colorsys\nrandom.seed(3); np.random.seed(3)\nkept = [random.random(), np.random.rand()]", notebook=notebook)
    expected = random.Random(3), np.random.RandomState(3)
    again = run("kept += [random.random(), np.random.rand()]\ncolorsys.hsv_to_rgb(0, 0, 0);", notebook=notebook)
    assert again.failure is None
    assert again.namespace["kept"] == [expected[0].random(), expected[1].rand(), expected[0].random(), expected[1].rand()]


def test_random_numbers_do_not_go_on_from_an_answer(untouched):
    before = random.getstate(), np.random.get_state()[1].tolist()
    grade_function(f"import random\nrandom.seed(1); np.random.seed(1)\n{SOLUTION}", "f", SOLUTION, {"n": "whole number"})
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before


def test_what_a_program_does_to_its_loop_ends_with_it():
    async def page():
        loop = asyncio.get_running_loop()
        stream = interpreter_state.preserved()
        with stream:
            loop.set_exception_handler(print)
            loop.set_task_factory(lambda loop, coroutine, **kwargs: asyncio.Task(coroutine, loop=loop, **kwargs))
        return loop.get_exception_handler(), loop.get_task_factory()

    assert asyncio.run(page()) == (None, None)


def test_the_list_of_what_is_put_back_names_every_part_of_it():
    text = interpreter_state.__doc__
    for keeper in interpreter_state._KEEPERS:
        words = {"_loaded": "`modules`", "_modules": "modules", "_sys": "`sys`", "_environment": "`os`", "_interrupts": "`signal`", "_garbage": "`gc`",
                 "_loop": "`asyncio`", "_numpy": "NumPy"}.get(keeper.__name__, f"`{keeper.__name__.strip('_')}`")
        assert words in text, keeper.__name__


def test_an_answer_can_be_interrupted_only_until_things_are_put_back(untouched):
    told = []

    class Guard(contextlib.AbstractContextManager):
        def __enter__(self):
            told.append(("on", np.mean))

        def __exit__(self, *error):
            told.append(("off", np.mean))

    before = np.mean
    grade_function(f"np.mean = None\n{SOLUTION}", "f", SOLUTION, {"n": "whole number"}, guard=Guard)
    assert told[-2:] == [("on", before), ("off", None)] and np.mean is before


def test_an_interrupt_on_the_way_in_leaves_nothing_behind(untouched):
    class Guard(contextlib.AbstractContextManager):
        def __enter__(self):
            raise KeyboardInterrupt

        def __exit__(self, *error):
            pass

    before = state()
    assert asyncio.run(Notebook().run("1", {}, OutputStream(list().append), guard=Guard)).kind == "stopped"
    assert state() == before
