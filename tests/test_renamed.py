"""Names of before version 0.2, as kept in readers' cells and links."""
import subprocess
import sys
from importlib import import_module

import pytest

from pystudio import _renamed


@pytest.mark.parametrize("old", _renamed.MODULES)
def test_an_old_module_gives_what_the_new_one_has(old):
    module, new = import_module(f"pystudio.{old}"), import_module(f"pystudio.{_renamed.MODULES[old]}")
    assert {name for name in vars(new) if not name.startswith("_") and name not in _renamed.NAMES.get(old, {}) and getattr(module, name) is not getattr(new, name)} == set()


@pytest.mark.parametrize(("old", "name"), [(old, name) for old, names in _renamed.NAMES.items() for name in names])
def test_an_old_name_is_there(old, name):
    assert getattr(import_module(f"pystudio.{old}"), name) is not None


def test_code_of_that_time_runs_in_a_python_of_its_own():
    code = "\n".join([
        "import numpy as np, pystudio.region",
        "from pystudio import metrics, spoil, tasks",
        "from pystudio.microscope import softmax, second",
        "mask = np.zeros((5, 5), bool); mask[2, 2] = True",
        "assert spoil.grow(mask, 1).sum() > 1 and pystudio.region.Grower is not None",
        "assert softmax(np.zeros((2, 1, 1))).sum() == 1 and metrics.scores is not None",
    ])
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stderr == ""


def test_what_never_was_is_no_module():
    with pytest.raises(ImportError):
        import_module("pystudio.unicorn")
    with pytest.raises(AttributeError):
        import_module("pystudio.metrics").unicorn


def test_importing_pystudio_imports_nothing_more():
    code = "import sys, pystudio; print([name for name in sys.modules if name.startswith('pystudio.') and name != 'pystudio._renamed'])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


def test_old_and_new_names_mean_the_same():
    from pystudio.matching import best_iou

    from pystudio.measure.region_matching import best_iou as now
    assert best_iou is now
