"""What a program may change in Python itself, and what of that is put back when the program ends: the one list of it.

As in any notebook, names, imported modules and the generators of random numbers go on from cell to cell. What else a cell or an answer changes
holds for that program alone:

==================  ==================================================================================================================
`builtins`          every name: see `BuiltIns`
modules             public names of the standard library, NumPy, SciPy, scikit-image and Pillow, and every name of `pystudio` and its
                    classes: what was replaced or deleted is put back
`sys`               streams, hooks, `path`, `argv`, `modules` (replaced or deleted ones), trace and profile functions, the largest
                    number of digits, the switch interval
NumPy               `seterr`, `seterrcall`, `set_printoptions`
`warnings`          filters
`decimal`           the context
`locale`            all categories
`os`                `environ` (with the time zone), the working directory
`signal`            the handler of interrupts, without which no program can be stopped
`logging`           level and handlers of the root logger, `disable`
`gc`                whether it is enabled
`asyncio`           exception handler and task factory of the running loop
random numbers      generators of `random` and `numpy.random`: after the answer to an exercise only
==================  ==================================================================================================================

The recursion limit belongs to `recursion_limit`; what a program is kept from, to `restrictions`. Objects that a program changes in place (a list
inside a module) are put back where they are constants of `pystudio`, not elsewhere.
"""
from __future__ import annotations

import asyncio
import builtins
import contextlib
import gc
import logging
import os
import random
import signal
import sys
import time
import types
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

__all__ = ["BuiltIns", "preserved"]

Restore = Callable[[], None]

_ABSENT = object()
_WATCHED = (sys.stdlib_module_names | {"numpy", "scipy", "skimage", "PIL", "pystudio"}) - {"builtins", "sys"}


@contextlib.contextmanager
def preserved(*, random_numbers: bool = False) -> Iterator[None]:
    """Put back, at the end, what the program that runs in here changes in Python; see the table above.

    Parameters
    ----------
    random_numbers : bool
        Whether the generators of random numbers are put back too.

    Examples
    --------
    >>> with preserved():
    ...     before = np.seterr(all="raise")
    ...     np.mean = max
    >>> np.geterr() == before, np.mean([1, 2, 3])
    (True, np.float64(2.0))
    """
    restores = [keep() for keep in (_KEEPERS + (_random_numbers,) if random_numbers else _KEEPERS)]
    try:
        with BuiltIns():
            yield
    finally:
        for restore in restores:
            with contextlib.suppress(Exception):  # whatever state a program left: the others are put back all the same
                restore()


# ---------------------------------------------------------------- modules
class BuiltIns(contextlib.AbstractContextManager):
    """While code of one program runs, it may change `builtins`; whenever it is left, they are what they were, and what it changed comes back when it goes on.

    The event loop, which runs while a program waits, needs them.

    Examples
    --------
    >>> with BuiltIns():
    ...     builtins.len = max
    >>> len([1, 2, 3])
    3
    """

    def __init__(self) -> None:
        self._changed: dict[str, Any] = {}
        self._deleted: set[str] = set()

    def __enter__(self) -> None:
        names = builtins.__dict__
        self._names, self._before = names, names.copy()
        names.update(self._changed)
        for name in self._deleted:
            del names[name]

    def __exit__(self, *error: object) -> None:
        """Nothing here may call a built-in function before they are back."""
        names, before = self._names, self._before
        after = names.copy()
        names.clear()
        names.update(before)
        self._changed = {name: value for name, value in after.items() if name not in before or before[name] is not value}
        self._deleted = before.keys() - after.keys()


def _loaded() -> Restore:
    modules, before = sys.modules, dict(sys.modules)

    def restore():
        sys.modules = modules
        for name, module in before.items():
            if modules.get(name) is not module:
                modules[name] = module
    return restore


def _modules() -> Restore:
    before = [(module, dict(vars(module)), name.partition(".")[0] == "pystudio") for name, module in list(sys.modules.items())
              if name.partition(".")[0] in _WATCHED and isinstance(module, types.ModuleType)]
    ours = [each for module, names, own in before if own for each in names.values() if isinstance(each, type) and each.__module__ == module.__name__]
    classes = [(each, dict(vars(each))) for each in ours]
    constants = [(value, value.copy()) for _, names, own in before if own for name, value in names.items()
                 if name.strip("_").isupper() and isinstance(value, (dict, list, set))]

    def restore():
        for module, names, own in before:
            for name in _changed(vars(module), names):
                if own or not name.startswith("_"):
                    vars(module)[name] = names[name]
        for each, names in classes:
            for name in _changed(vars(each), names):
                setattr(each, name, names[name])
        for value, content in constants:
            if value != content:
                value.clear()
                (value.extend if isinstance(value, list) else value.update)(content)
    return restore


def _changed(now: Any, before: dict[str, Any]) -> list[str]:
    """The names that stand for something else now, or for nothing."""
    with contextlib.suppress(Exception):  # an array does not say whether it equals another one
        if now == before:
            return []
    return [name for name, value in before.items() if now.get(name, _ABSENT) is not value]


# ---------------------------------------------------------------- Python
_OF_SYS = ("stdin", "stdout", "stderr", "displayhook", "excepthook", "unraisablehook", "breakpointhook", "argv", "path", "meta_path", "path_hooks")


def _sys() -> Restore:
    before = {name: getattr(sys, name) for name in _OF_SYS}
    lists = [(value, value.copy()) for value in before.values() if isinstance(value, list)]
    trace, profile, digits, interval = sys.gettrace(), sys.getprofile(), sys.get_int_max_str_digits(), sys.getswitchinterval()

    def restore():
        for name, value in before.items():
            setattr(sys, name, value)
        for value, content in lists:
            if value != content:
                value[:] = content
        if sys.gettrace() is not trace:
            sys.settrace(trace)
        if sys.getprofile() is not profile:
            sys.setprofile(profile)
        sys.set_int_max_str_digits(digits)
        sys.setswitchinterval(interval)
    return restore


def _warnings() -> Restore:
    filters = warnings.catch_warnings()
    filters.__enter__()
    return lambda: filters.__exit__(None, None, None)


def _environment() -> Restore:
    before, folder = dict(os.environ), os.getcwd()

    def restore():
        zone = os.environ.get("TZ")
        if dict(os.environ) != before:
            os.environ.clear()
            os.environ.update(before)
        if zone != before.get("TZ") and hasattr(time, "tzset"):
            time.tzset()
        os.chdir(folder)
    return restore


def _interrupts() -> Restore:
    before = signal.getsignal(signal.SIGINT)

    def restore():
        if signal.getsignal(signal.SIGINT) is not before:
            signal.signal(signal.SIGINT, before)
    return restore


def _logging() -> Restore:
    root = logging.getLogger()
    level, handlers, disabled = root.level, root.handlers.copy(), root.manager.disable

    def restore():
        root.setLevel(level)
        root.handlers[:] = handlers
        root.manager.disable = disabled
    return restore


def _garbage() -> Restore:
    return gc.enable if gc.isenabled() else gc.disable


def _loop() -> Restore:
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return lambda: None
    handler, factory = loop.get_exception_handler(), loop.get_task_factory()

    def restore():
        loop.set_exception_handler(handler)
        loop.set_task_factory(factory)
    return restore


# ---------------------------------------------------------------- numbers
def _numpy() -> Restore:
    errors, call, shown = np.geterr(), np.geterrcall(), np.get_printoptions()

    def restore():
        np.seterr(**errors)
        np.seterrcall(call)
        if np.get_printoptions() != shown:
            np.set_printoptions(**shown)
    return restore


def _decimal() -> Restore:
    decimal = sys.modules.get("decimal")
    context = decimal and decimal.getcontext()
    before = context and context.copy()

    def restore():
        if not (now := sys.modules.get("decimal")):
            return
        kept = context or now.getcontext()  # a program may have imported it first
        content = before or now.DefaultContext
        for name in ("prec", "rounding", "Emin", "Emax", "capitals", "clamp"):  # in place: other tasks share the object
            setattr(kept, name, getattr(content, name))
        kept.traps, kept.flags = dict(content.traps), dict(content.flags)
        now.setcontext(kept)
    return restore


def _locale() -> Restore:
    import locale  # the first program pays for it, not the start

    before = locale.setlocale(locale.LC_ALL)

    def restore():
        if locale.setlocale(locale.LC_ALL) != before:
            locale.setlocale(locale.LC_ALL, before)
    return restore


def _random_numbers() -> Restore:
    plain, numpys = random.getstate(), np.random.get_state()

    def restore():
        random.setstate(plain)
        np.random.set_state(numpys)
    return restore


_KEEPERS = (_loaded, _modules, _sys, _warnings, _environment, _interrupts, _logging, _garbage, _loop, _numpy, _decimal, _locale)
