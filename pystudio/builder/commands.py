"""The commands of build.py, run inside .venv: each a short list of named steps."""
from __future__ import annotations

import argparse
import errno
import os
import subprocess
import sys
import time
from collections.abc import Callable

from ..errors import StudioError
from . import ROOT, cache, node, log
from .assets import downloads

BROWSER_TESTS = "tests/browser"
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)  # of these the system often does not say which file it was


def run(args: argparse.Namespace) -> int:
    """Carry out one parsed command; the exit code."""
    return run_command(args.command, lambda: globals()[f"_{args.command.replace('-', '_')}"](args), timed=args.command in ("site", "usb", "lock"))


def run_command(name: str, work: Callable[[], object], *, timed: bool = False) -> int:
    """Do some work; the exit code. What the person can mend is said in a sentence, not as a traceback."""
    started = time.monotonic()
    try:
        code = work()
    except StudioError as error:
        print(f"\n{name} stopped. {error.message}" + (f"\n{error.remedy}" if error.remedy else ""), file=sys.stderr, flush=True)
        return 1
    except OSError as error:
        if not error.filename and error.errno not in FULL:
            raise
        file = error.filename2 or error.filename  # of a copy, where it was to go
        place = f"{file}: {error.strerror}" if file else f"{error.strerror} (the project is in {ROOT}, the cache in {cache()})"
        print(f"\n{name} stopped. {place}.\nIs there room on the disk, and may you write there?", file=sys.stderr, flush=True)
        return 1
    except KeyboardInterrupt:
        return 130
    if timed:
        log(f"{name}: done in {time.monotonic() - started:.1f} s")
    return code if isinstance(code, int) else 0


def _site(args: argparse.Namespace) -> None:
    from .site import hosted

    node.install(ROOT)
    hosted.build()


def _usb(args: argparse.Namespace) -> None:
    from .site import hosted, usb

    node.install(ROOT)
    usb.build(*hosted.build())


def _serve(args: argparse.Namespace) -> None:
    from .site import serve

    node.install(ROOT)
    serve.serve(args.host, args.port)


def _python(*arguments: str) -> int:
    """Run Python in the environment, from the project's root, with nothing of this process but its output."""
    return subprocess.call([sys.executable, *arguments], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})


def _test(args: argparse.Namespace) -> int:
    _usb(args)
    if args.rest:
        log(f"Running the tests: {' '.join(args.rest)}")
        return _python("-m", "pytest", *args.rest)
    log("Running the unit tests, on all cores")
    units = _python("-m", "pytest", "--numprocesses=auto", "--maxprocesses=4", "--dist=loadfile", f"--ignore={BROWSER_TESTS}")
    log("Running the tests in real browsers, one after the other: a browser uses all cores by itself")
    return _python("-m", "pytest", BROWSER_TESTS) or units


def _bench(args: argparse.Namespace) -> int:
    _site(args)
    log("Running the benchmarks")
    return _python("tests/benchmarks/run.py", *args.rest)


def _heights(args: argparse.Namespace) -> int:
    from . import heights

    _site(args)
    return heights.main()


def _check(args: argparse.Namespace) -> int | None:
    from .lessons import check

    node.install(ROOT)  # the networks, which cells and exercises ask, are made from npm packages
    return check.main(args.rest)


def _new_lesson(args: argparse.Namespace) -> int:
    from .lessons import new_lesson

    return new_lesson.main(args.rest)


def _labs(args: argparse.Namespace) -> int:
    from .lessons import lab_files

    return lab_files.main()


def _skimage_suite(args: argparse.Namespace) -> int:
    from .skimage_wasm import suite

    node.install(ROOT)
    return suite.main(args.rest)


def _lock(args: argparse.Namespace) -> None:
    # requirements.lock is already new: build.py makes it before this environment
    node.lock(ROOT)
    node.install(ROOT)
    downloads.lock()
