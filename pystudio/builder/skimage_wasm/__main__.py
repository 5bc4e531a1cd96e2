"""The commands: build, suite, agree, lock."""
from __future__ import annotations

import argparse
import sys
import time

from ...errors import StudioError
from .. import log


def main(argv: list[str]) -> int:
    """Carry out one command; the exit code. What the person can mend is said in a sentence, not as a traceback."""
    top = argparse.ArgumentParser(prog="python -m pystudio.builder.skimage_wasm", description="scikit-image for the browser, and its proof.")
    commands = top.add_subparsers(dest="command", required=True)
    build = commands.add_parser("build", help="the wheel, from the cache when nothing that goes in has changed")
    build.add_argument("--own", action="store_true", help="compile even where Pyodide's own wheel can be had")
    suite = commands.add_parser("suite", help="scikit-image's own tests in Pyodide against this wheel")
    suite.add_argument("subpackages", nargs="*", help="segmentation, draw …; `part` for what the default tests run; none for all that the studio relies on")
    commands.add_parser("agree", help="the studio's functions on the bundled photos, native against Pyodide")
    commands.add_parser("lock", help="pin inputs and tools again")
    args = top.parse_args(argv)
    started = time.monotonic()
    try:
        code = {"build": _build, "suite": _suite, "agree": _agree, "lock": _lock}[args.command](args)
    except StudioError as error:
        print(f"\n{args.command} stopped. {error.message}" + (f"\n{error.remedy}" if error.remedy else ""), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    log(f"{args.command}: done in {time.monotonic() - started:.1f} s")
    return code or 0


def _build(args: argparse.Namespace) -> None:
    from . import maker

    wheels = maker.build(own=args.own)
    for path in (wheels.shipped, wheels.tests):
        log(f"{path}: {path.stat().st_size} bytes")


def _suite(args: argparse.Namespace) -> int:
    from . import suite

    return suite.main(args.subpackages)


def _agree(args: argparse.Namespace) -> int:
    from . import agree

    return agree.main()


def _lock(args: argparse.Namespace) -> None:
    from . import inputs, tools

    tools.lock()
    inputs.lock()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
