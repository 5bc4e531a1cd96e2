"""Code that students bring along: pasted, written for another program, or for another computer. Cells and exercises tell it, each in words that hold there."""
import asyncio
import builtins
import errno
import sys
import threading
import time

import numpy as np
import pytest

from pystudio.exercises.grading import grade_function
from pystudio.notebook import Notebook, run
from pystudio.notebook.errors import explain
from pystudio.notebook.restrictions import Refused

CELL_ONLY = ("`show`", "`plot`", "`photo`", "segment(", "`table`", "another cell")
SOLUTION = "def f(n):\n    return n"


def in_cell(source):
    """(line, message, hint) of a cell."""
    failure = run(source).failure
    assert failure is not None, "nothing went wrong"
    return failure.line, failure.message, failure.hint


def in_exercise(source):
    """The same of the answer to an exercise."""
    grade = grade_function(source, "f", SOLUTION, {"n": "whole number from 1 to 5"})
    assert not grade.passed
    assert not any(words in f"{grade.message} {grade.remedy}" for words in CELL_ONLY), "an exercise has no such thing"
    return grade.line, grade.message, grade.remedy


def well_said(message, hint):
    assert message.endswith(".") and not message.endswith("..") and (not hint or hint.endswith((".", "?", ")")))
    assert "Errno" not in message and "emscripten" not in message


# ---------------------------------------------------------------- pasted
PROMPT, NOTEBOOK, TERMINAL = "A prompt was copied along", "a command for a notebook", "a command for a terminal"


@pytest.mark.parametrize("pasted, line, told", [
    (">>> total = 3\n>>> total + 1\n4", 1, PROMPT),
    (">>>total", 1, "Python does not understand"),
    ("x = 1\n>>> x", 2, PROMPT),
    (">>> def twice(n):\n...     return 2 * n\n...\n>>> twice(2)", 1, PROMPT),
    (">>> values = [1,\n...           2]", 1, PROMPT),
    ("for i in range(3):\n...     print(i)", 2, PROMPT),
    ("... x = 1", 1, PROMPT),
    ("In [3]: import numpy as np", 1, PROMPT),
    ("In [1]: x = 1\nIn [2]: x", 1, PROMPT),
    ("Out[3]: 5", 1, PROMPT),
    ("In [1]: def f():\n   ...:     return 1", 1, PROMPT),
    ("%matplotlib inline", 1, NOTEBOOK),
    ("x = 1\n%matplotlib inline\nx", 2, NOTEBOOK),
    ("%%time\nx = 1", 1, NOTEBOOK),
    ("%timeit sum(range(9))", 1, NOTEBOOK),
    ("!pip install numpy", 1, NOTEBOOK),
    ("! ls -l", 1, NOTEBOOK),
    ("%pip install torch", 1, NOTEBOOK),
    ("?show", 1, "asks for help"),
    ("np.zeros??", 1, "asks for help"),
    ("pip install scikit-image", 1, TERMINAL),
    ("  pip3 install -r requirements.txt", 1, TERMINAL),
    ("python3 -m pip install numpy", 1, TERMINAL),
    ("conda install numpy", 1, TERMINAL),
    ("sudo apt-get install git", 1, TERMINAL),
    ("cd lessons", 1, TERMINAL),
    ("$ pip install numpy", 1, "typed into a terminal"),
    ("ada@laptop:~$ ls", 1, "typed into a terminal"),
    ("C:\\Users\\Ada> py a.py", 1, "typed into a terminal"),
    ("```python\nx = 1\n```", 1, "mark code in a text or a chat"),
    ("x = 1\ny = 2\n```", 3, "mark code in a text or a chat"),
    ("1  x = 1\n2  y = 2", 1, "numbers of the lines"),
    ("12: x = 1\n13: y = 2\n14: z = 3", 1, "numbers of the lines"),
    ("a = 1\nif a &lt; 2:\n    pass", 2, "source of a web page"),
    ("// a comment", 1, "begin with `#`"),
    ("a = b = 1\nif a && b:\n    pass", 2, "`and` for `&&`"),
    ("a = 1\nif a:\n    pass\nelse if a > 1:\n    pass", 4, "`elif`"),
    ("a = 1\na++", 2, "no `++`"),
])
def test_what_is_pasted_with_code_is_named_with_its_line(pasted, line, told):
    for found in (in_cell(pasted), in_exercise(f"{pasted}\n{SOLUTION}")):
        assert (found[0], told in found[1]) == (line, True), found
        well_said(*found[1:])
        assert found[2] or told.startswith("Python")


@pytest.mark.parametrize("source", ["text = '''\n>>> 1 + 1\n2\n'''\nx = (1", "x = 'a && b'\ny = (", "note = '100 %'\nz = )", "x = 7 %\\\n2\ny = ]"])
def test_what_looks_alike_inside_a_text_is_not_blamed(source):
    message = in_cell(source)[1]
    assert "bracket" in message


@pytest.mark.parametrize("sign, line, told, cure", [
    ("print(“cat”)", 1, "quotation mark", '`"`'), ("print('cat’)", 1, "not closed", "quotation mark"), ("x = ‘cat’", 1, "quotation mark", "`'`"),
    ("x = «cat»", 1, "quotation mark", '`"`'), ("x = „cat“", 1, "quotation mark", '`"`'), ("x = 3 – 1", 1, "dash", "`-`"), ("x = 3\ny = x − 1", 2, "dash", "`-`"),
    ("x = 2 × 3", 1, "`×`", "`*`"), ("x = 6 ÷ 3", 1, "`÷`", "`/`"), ("x = 1\nif x ≤ 2:\n    pass", 2, "`≤`", "`<=`"), ("x = 3²", 1, "`²`", "`**2`"),
    ("print（1）", 1, "`（`", "`(`"), ("x = 1，2", 1, "`，`", "`,`"), ("x = 5 €", 1, "`€`", "type it again"),
    ("x\u00a0= 1", 1, "non-breaking space", "Delete"), ("if True:\n\u00a0\u00a0\u00a0\u00a0x = 1\n\u00a0\u00a0\u00a0\u00a0y = 2", 2, "non-breaking space", "2, 3"),
    ("x = 1\u200b", 1, "no width", "Delete"), ("\ufeffx = 1", 1, "no width", "Delete"), ("x = 1\u2028", 1, "line separator", "Delete"), ("x =\u30001", 1, "wide space", "Delete"),
    ("x =\u20091", 1, "unusual width", "Delete"), ("x = a\u00adb", 1, "hyphen that cannot be seen", "Delete"), ("x = 1\u2066", 1, "cannot be seen", "Delete"),
    ("x = 1\ny = '\x00'", 2, "null character", "delete"),
    ("if True:\n\tx = 1\n        y = 2", 3, "Tabs and spaces", "four spaces"),
])
def test_signs_of_text_programs_are_named_with_what_to_type(sign, line, told, cure):
    for found in (in_cell(sign), in_exercise(f"{sign}\n{SOLUTION}")):
        assert (found[0], told in found[1], cure in found[2]) == (line, True, True), found
        well_said(*found[1:])


def test_what_cannot_be_seen_may_stand_in_a_text():
    assert run("print('a\u00a0b“')").text == "a\u00a0b“\n"


# ---------------------------------------------------------------- modules and names
@pytest.mark.parametrize("module, cell, exercise", [
    ("matplotlib.pyplot as plt", "`plot`", "draws nothing"), ("seaborn", "`plot`", "draws nothing"), ("plotly.express", "`plot`", "draws nothing"),
    ("cv2", "skimage", "skimage"), ("torch", "segment(photo)", "No network"), ("tensorflow.keras", "segment(photo)", "No network"), ("transformers", "segment(photo)", "No network"),
    ("pandas as pd", "`table`", "`np`"), ("sklearn.cluster", "`scipy`", "`scipy`"), ("requests", "`photo`", "arguments"), ("IPython", "Jupyter", "Jupyter"),
    ("google.colab", "Jupyter", "Jupyter"), ("pygame", "`show`", "no windows"), ("numba", "whole arrays", "whole arrays"), ("tqdm", "list itself", "list itself"),
    ("nibabel", "`photo`", "the function is given"), ("skimgae", "`skimage`", "`skimage`"), ("pil", "`PIL`", "`PIL`"), ("nothing_like_it", "Python's own", "Python's own"),
])
def test_a_module_that_is_not_here_has_something_in_its_place(monkeypatch, module, cell, exercise):
    for name in [name for name in sys.modules if name.partition(".")[0] == module.partition(".")[0].partition(" ")[0]]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [_Absent(module.partition(" ")[0].partition(".")[0]), *sys.meta_path])
    for (line, message, hint), words in ((in_cell(f"x = 1\nimport {module}"), cell), (in_exercise(f"x = 1\nimport {module}\n{SOLUTION}"), exercise)):
        assert (line, message) == (2, f"There is no module `{module.partition(' ')[0].partition('.')[0]}` on this page.")
        assert words in hint, hint


class _Absent:
    """Finds a module nowhere, whatever this computer has."""

    def __init__(self, name):
        self.name = name

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == self.name:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def test_a_part_of_a_module_is_told_as_a_part():
    assert in_cell("import skimage.filter")[1:] == ("`skimage` has no part called `filter`.", "Did you mean `filters`?")
    assert in_cell("from skimage import sobel_edge")[1] == "`skimage` has nothing called `sobel_edge`."


def test_a_sample_picture_that_is_not_here_is_no_missing_module():
    error = ModuleNotFoundError("The requested file is part of the scikit-image distribution, but requires the installation of an optional dependency, pooch.")
    found = explain(error, "<cell>", {}, "", {})
    assert "sample picture" in found.message and "`photo`" in found.hint
    assert "`photo`" not in explain(error, "<cell>", {}, "", {}, "exercise").hint


def test_a_module_that_only_sample_pictures_need_is_no_missing_module():
    names = {}
    exec(compile("def astronaut():\n    import tifffile_of_nowhere", "/lib/skimage/data/_fetchers.py", "exec"), names)
    with pytest.raises(ModuleNotFoundError) as within:
        names["astronaut"]()
    assert "sample picture" in explain(within.value, "<cell>", {}, "", {}).message
    with pytest.raises(ModuleNotFoundError) as alone:
        exec("import tifffile_of_nowhere")
    assert "no module `tifffile_of_nowhere`" in explain(alone.value, "<cell>", {}, "", {}).message


def test_a_package_that_was_not_asked_for_in_time_is_told_how(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    found = explain(ModuleNotFoundError("No module named 'PIL'", name="PIL"), "<cell>", {}, "", {})
    assert "has not been fetched" in found.message and "`import PIL`" in found.hint


@pytest.mark.parametrize("name, hint", [
    ("plt.show()", "`plot`"), ("pd.DataFrame()", "`table`"), ("cv2.imread('a')", "skimage"), ("math.sqrt(2)", "`import math`"), ("Image.open('a')", "`from PIL import Image`"),
    ("filters.sobel(1)", "`from skimage import filters`"), ("ndimage.label(1)", "`from scipy import ndimage`"), ("display(3)", "`show`"), ("imshow(3)", "`show`"), ("sqrt(2)", "`np.sqrt`"),
    ("zeros(3)", "`np.zeros`"), ("random.random()", "`import random`"), ("sleep(1)", "`from time import sleep`"), ("null", "`None`"), ("x = lt", "web page"), ("get_ipython()", "Jupyter"),
    ("pip", "terminal"),
])
def test_a_name_without_its_import_is_told_the_import_or_what_there_is(name, hint):
    line, message, cure = in_cell(name)
    assert line == 1 and message.startswith("There is nothing called") and hint in cure
    assert in_exercise(f"{name}\n{SOLUTION}")[1] == message


# ---------------------------------------------------------------- what a page in a browser does not have
KEYBOARD, PROCESSES, THREADS, NETWORK = "no keyboard", "cannot start other programs", "single thread", "does not reach the internet"


@pytest.mark.parametrize("line, told", [
    ("input('How many?')", KEYBOARD), ("import sys; sys.stdin.readline()", KEYBOARD), ("import sys; [line for line in sys.stdin]", KEYBOARD),
    ("import subprocess; subprocess.run(['ls'])", PROCESSES), ("import subprocess; subprocess.check_output('ls', shell=True)", PROCESSES), ("import os; os.system('ls')", PROCESSES),
    ("import os; os.popen('ls')", PROCESSES), ("import os; os.fork()", PROCESSES), ("import os; os.execv('/bin/true', ['true'])", PROCESSES),
    ("import multiprocessing as m; m.get_context('fork').Process(target=print).start()", PROCESSES),
    ("import threading; threading.Thread(target=print).start()", THREADS), ("import threading; threading.Timer(1, print).start()", THREADS),
    ("from concurrent.futures import ThreadPoolExecutor as P; list(P().map(str, [1]))", THREADS),
    ("from urllib.request import urlopen; urlopen('https://localhost:1/')", NETWORK), ("import urllib.request as r; r.urlretrieve('http://localhost:1/a.png')", NETWORK),
    ("import http.client as c; c.HTTPConnection('localhost', 1).request('GET', '/')", NETWORK), ("import socket; socket.create_connection(('localhost', 1))", NETWORK),
    ("import socket; socket.gethostbyname('localhost')", NETWORK),
])
def test_what_no_page_can_do_is_refused_alike_in_cells_and_exercises(line, told):
    threads = threading.active_count()
    for found in (in_cell(f"x = 1\n{line}"), in_exercise(f"def f(n):\n    {line}")):
        assert (found[0], told in found[1]) == (2, True), found
        well_said(*found[1:])
        assert found[2]
    assert threading.active_count() == threads


def test_code_that_expects_a_failure_goes_on():
    assert run("from urllib.request import urlopen\ntry:\n    urlopen('http://localhost:1/')\nexcept OSError:\n    print('offline')").text == "offline\n"
    assert issubclass(Refused, OSError)


@pytest.mark.parametrize("error, told", [
    (OSError(errno.ENOTSUP, "emscripten does not support processes."), PROCESSES), (OSError(errno.ENOSYS, "Function not implemented: fork"), PROCESSES), (RuntimeError("can't start new thread"), THREADS),
    (ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"), NETWORK), (TimeoutError(errno.ETIMEDOUT, "timed out"), NETWORK), (OSError(errno.EIO, "I/O error"), KEYBOARD), (EOFError("EOF when reading a line"), KEYBOARD),
    (FileNotFoundError(errno.ENOENT, "No such file or directory", "https://a.org/cat.png"), NETWORK), (FileNotFoundError(errno.ENOENT, "No such file or directory", "cat.png"), "There is no file or folder `cat.png` here."),
    (IsADirectoryError(errno.EISDIR, "Is a directory", "/lib"), "`/lib` is a folder, not a file."), (PermissionError(errno.EACCES, "Permission denied", "/x"), "`/x` may not be read or written here."),
    (EOFError(), KEYBOARD), (NotImplementedError("subprocess_exec() is not available in browser environments due to absence of OS process APIs."), PROCESSES),
    (NotImplementedError("create_server() is not available in browser environments due to restricted raw socket access."), NETWORK),
    (NotImplementedError("This Python build lacks multiprocessing.synchronize"), PROCESSES), (ModuleNotFoundError("No module named '_multiprocessing'", name="_multiprocessing"), PROCESSES),
    (OSError("words of a student"), "Words of a student."), (FileNotFoundError("words of a student"), "Words of a student."),
])
def test_every_oserror_has_words_of_its_own_that_hold_in_both_places(error, told):
    for place in ("cell", "exercise"):
        found = explain(error, "<cell>", {}, "", {}, place)
        assert told in found.message, found.message
        assert place == "cell" or not any(words in found.hint for words in CELL_ONLY)
        well_said(found.message, found.hint)


@pytest.mark.parametrize("words", ["TypeError: Failed to fetch", "NetworkError when attempting to fetch resource.", "TypeError: Load failed", "NetworkError: Failed to execute 'send' on 'XMLHttpRequest'"])
def test_an_error_of_the_browsers_network_is_told_as_such(words):
    found = explain(type("JsException", (Exception,), {})(words), "<cell>", {}, "", {})
    assert NETWORK in found.message


@pytest.mark.parametrize("line, told", [
    ("open('photo.png')", "There is no file or folder `photo.png` here."), ("np.load('mask.npy')", "There is no file or folder `mask.npy` here."),
    ("import os; os.listdir('photos')", "There is no file or folder `photos` here."), ("open('/')", "`/` is a folder, not a file."),
])
def test_a_file_that_is_not_here_is_named(line, told):
    for found in (in_cell(line), in_exercise(f"def f(n):\n    {line}")):
        assert found[1] == told and "no files of your computer" in found[2]


def test_a_cell_is_told_where_the_file_is_that_it_wrote(tmp_path):
    (note,) = run(f"np.save({str(tmp_path / 'mask.npy')!r}, np.zeros(3))\nnp.load({str(tmp_path / 'mask.npy')!r}).sum();").outputs
    assert note["kind"] == "note" and "mask.npy" in note["text"] and "Your computer does not get" in note["text"]
    assert not run(f"open({str(tmp_path / 'mask.npy')!r}, 'rb').close()").outputs


def test_an_exercise_writes_no_file(tmp_path):
    assert in_exercise(f"def f(n):\n    open({str(tmp_path / 'a')!r}, 'w')")[:2] == (2, "The code of an exercise cannot write files.")
    assert not (tmp_path / "a").exists()


def test_a_long_sleep_is_told_and_one_that_an_exercise_has_no_time_for_is_refused(monkeypatch):
    slept = []
    monkeypatch.setattr(time, "sleep", slept.append)
    assert [output["text"] for output in run("import time\ntime.sleep(2)\ntime.sleep(90)").outputs] == ["This program sleeps for 90 seconds. Stop ends it."]
    assert slept == [2, 90]
    assert in_exercise("from time import sleep\ndef f(n):\n    sleep(90)")[:2] == (3, "`time.sleep` is to wait for 90 seconds, and an exercise may take 5.")
    assert slept == [2, 90]


def test_functions_that_a_cell_keeps_work_later_and_elsewhere():
    notebook = Notebook()
    run("from time import sleep\nfrom threading import Thread", notebook=notebook)
    notebook.namespace["sleep"](0)
    assert "single thread" in run("sleep(0)\nThread(target=print).start()", notebook=notebook).failure.message
    thread = threading.Thread(target=lambda: None)
    thread.start()
    thread.join()


# ---------------------------------------------------------------- pictures of Pillow
def test_a_picture_of_pillow_is_shown_where_it_would_open_a_window():
    array = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    for source in ("Image.fromarray(array).show()", "show(Image.fromarray(array))", "Image.fromarray(array)"):
        (drawn,) = run(f"from PIL import Image\n{source}", {"array": array}).outputs
        assert drawn["kind"] == "picture"
        np.testing.assert_array_equal(drawn["pixels"].reshape(2, 4, 4)[..., :3], array)


@pytest.mark.parametrize("mode, alt", [("L", "A grey picture"), ("1", "A mask"), ("P", "A colour picture"), ("RGBA", "A colour picture"), ("LA", "A colour picture"), ("CMYK", "A colour picture")])
def test_every_kind_of_pillows_pictures_is_shown(mode, alt):
    (drawn,) = run(f"from PIL import Image\nImage.new('L', (3, 2), 7).convert({mode!r}).show()").outputs
    assert drawn["alt"].startswith(f"{alt} of 2 × 3 pixels")


def test_an_answer_that_shows_a_picture_is_graded_and_told():
    grade = grade_function("from PIL import Image\ndef f(n):\n    Image.new('L', (3, 2)).show()\n    return n", "f", SOLUTION, {"n": "whole number"})
    assert grade.passed and "shows no picture" in grade.printed


# ---------------------------------------------------------------- names that were given away
@pytest.mark.parametrize("given, failing", [
    ("list = [1, 2]", "list(range(3))"), ("max = 3", "max([1, 2])"), ("sum = 0", "print(sum([1]))"), ("print = 'x'", "print(3)"), ("str = 'a'", "str(3) + 'b'"), ("len = 4", "x = [1]\nlen(x)"),
    ("int = 3", "np.zeros(3, int)"), ("type = 'cat'", "type(3)"), ("range = range(3)", "for i in range(5): pass"), ("from numpy import max", "max(3, 4)"), ("def sum(a): return a", "sum(1, 2)"),
])
def test_a_built_in_function_that_was_given_away_is_named_in_any_cell_with_its_cure(given, failing):
    name = given.split()[0] if "=" in given and "def" not in given else given.split()[-1] if "import" in given else "sum"
    notebook = Notebook()
    assert run(given, notebook=notebook).failure is None
    failure = run(failing, notebook=notebook).failure
    assert f"the name `{name}`" in f"{failure.message} {failure.hint}" and f"`del {name}`" in failure.hint
    assert run(f"del {name}", notebook=notebook).failure is None
    assert getattr(builtins, name) is run(f"x = {name}", notebook=notebook).namespace["x"]


@pytest.mark.parametrize("source, name", [("np = 3\nnp.zeros(3)", "np"), ("show = 3\nshow(4)", "show"), ("photo = 'cat'\nphoto.shape", "photo")])
def test_what_the_page_gives_is_named_when_it_was_given_away_and_comes_back(source, name):
    _, message, hint = in_cell(source)
    assert f"the name `{name}`" in message and "comes back when the cell runs again" in hint


def test_in_a_function_and_in_an_exercise_the_cure_is_another_name():
    assert "`del" not in in_cell("def f(list):\n    return list(range(3))\nf([1])")[2]
    line, message, hint = in_exercise("max = 3\ndef f(n):\n    return max(n, 2)")
    assert line == 3 and "the name `max`" in message and "`del" not in hint and "another name" in hint


def test_a_name_of_pythons_that_is_used_rightly_is_not_blamed():
    assert "name" not in in_cell("size = 0\nround = 3\nprint(round / size)")[1]
    assert in_cell("list = [1]\nlist[5]")[1] == "The list is shorter than that."


# ---------------------------------------------------------------- tasks
def test_what_a_task_prints_after_the_last_line_is_shown():
    assert run("import asyncio\nasync def main():\n    await asyncio.sleep(0.01)\n    print('later')\nasyncio.create_task(main())\nprint('now')").text == "now\nlater\n"


def test_what_awaited_tasks_print_is_shown_too():
    source = "import asyncio\nasync def say(n):\n    await asyncio.sleep(0.01 * n)\n    print(n)\n"
    assert run(f"{source}await asyncio.gather(say(2), say(1))").text.startswith("1\n2\n")
    assert run(f"{source}async with asyncio.TaskGroup() as group:\n    group.create_task(say(1))").text == "1\n"


def test_the_mistake_of_a_task_that_nobody_awaits_is_told_at_its_line():
    found = in_cell("import asyncio\nasync def main():\n    await asyncio.sleep(0)\n    1 / 0\ntask = asyncio.create_task(main())")
    assert found[:2] == (4, "A number is divided by 0.")
    assert run("import asyncio\nasync def main():\n    1 / 0\ntry:\n    await asyncio.create_task(main())\nexcept ZeroDivisionError:\n    print('caught')").text == "caught\n"


def test_tasks_end_with_a_cell_that_fails_or_is_stopped():
    source = "import asyncio\nasync def main():\n    while True:\n        await asyncio.sleep(0.001)\ntask = asyncio.create_task(main())\nawait asyncio.sleep(0)\n"
    for end, kind in (("1 / 0", "error"), ("raise KeyboardInterrupt", "stopped")):
        outcome = run(source + end)
        assert outcome.failure.kind == kind
        assert outcome.namespace["task"].cancelled()


def test_a_stop_that_comes_while_a_task_computes_stops_the_cell():
    assert run("import asyncio\nasync def main():\n    raise KeyboardInterrupt\nasyncio.create_task(main())\nawait asyncio.sleep(60)").failure.kind == "stopped"


def test_an_exit_in_a_task_is_told():
    assert in_cell("import asyncio\nasync def main():\n    raise SystemExit\nasyncio.create_task(main())")[1] == "`exit` ends nothing here."


def test_the_loop_runs_already_and_that_is_told():
    assert "`await main()`" in in_cell("import asyncio\nasync def main(): pass\nmain_ = main()\ntry:\n    asyncio.run(main_)\nfinally:\n    main_.close()")[2]


def test_an_exercise_leaves_no_task_behind():
    async def page():
        return in_exercise("import asyncio\nasync def later(): pass\ndef f(n):\n    asyncio.ensure_future(later())\n    return n")

    assert asyncio.run(page())[:2] == (4, "The code of an exercise starts no tasks.")


# ---------------------------------------------------------------- sizes
@pytest.mark.parametrize("line, told", [
    ("'x' * 10**18", "This text would have more characters"), ("[0] * 10**17", "This list would have more entries"), ("bytearray(10**30)", "This sequence would have more bytes"),
    ("np.zeros(10**15)", "An array of shape (1000000000000000,)"), ("2.0 ** 100_000", "A number became too large."), ("str(10**5000)", "more than 4300 digits"),
    ("np.array([300], np.uint8)", "300 does not fit into the kind `uint8`, which goes from 0 to 255."),
])
def test_what_is_too_large_is_called_by_its_kind(line, told):
    for found in (in_cell(line), in_exercise(f"def f(n):\n    {line}")):
        assert told in found[1], found
        well_said(*found[1:])


@pytest.mark.parametrize("error", [(MemoryError, ""), (OverflowError, "strings are too large to concat"), (OverflowError, "cannot fit 'int' into an index-sized integer")])
@pytest.mark.parametrize("start, told", [("'x'", "text"), ("[1]", "list")])
def test_a_text_that_grows_is_no_number_and_no_array(error, start, told):
    class Full:
        def __radd__(self, other):
            raise error[0](error[1])

    outcome = run(f"grown = {start}\nfor _ in range(25): grown += grown\ngrown + full", {"full": Full()})
    assert told in outcome.failure.message and "`np.uint8`" not in outcome.failure.hint.replace("np.zeros(n, np.uint8)", "")
    if error[0] is MemoryError:
        assert "`grown`" in outcome.failure.message and "33 554 432" in outcome.failure.message


def test_where_little_is_wanted_what_is_kept_is_named():
    class Full:
        def __mul__(self, other):
            raise MemoryError

    found = run("kept = {n: 0 for n in range(700_000)}\nkept[0] = full * 10_000", {"full": Full()}).failure
    assert found.message == "The list `kept` has 700 000 entries already: there is no memory for more."
    small = explain(MemoryError("Unable to allocate 7.63 MiB for an array with shape (1000000,) and data type float64"), "<cell>", {}, "", {})
    assert small.message == "An array of shape (1000000,) needs 7.63 MiB: more memory than is left." and "list" in small.hint
