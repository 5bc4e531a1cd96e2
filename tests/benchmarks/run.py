"""`python3 build.py bench [inference] [boot] [stroke] [growth] [classic] [metric] [counting] [loss] [teach]`: run them in one Chromium and print what they found.

Benchmarks are not tests: whether an expectation is met is printed, and the exit code is 0 unless something could not be measured.
"""
from __future__ import annotations

import argparse
import os
import sys
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read when NumPy is imported: the browser's Python has one thread, so have we

import boot
import classic
import counting
import effects
import growth
import inference
import live
import loss
import machine
import metric
import stroke
import teach
from lab import Lab
from playwright.sync_api import Error as BrowserError
from report import NotMeasured, Progress

from pystudio.errors import StudioError

BENCHMARKS = {"inference": inference, "boot": boot, "stroke": stroke, "growth": growth, "classic": classic, "metric": metric, "counting": counting, "loss": loss, "effects": effects, "live": live, "teach": teach}


def parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="build.py bench", description="Measure the built site in a real Chromium.")
    parser.add_argument("names", nargs="*", metavar="name", help=f"which of {', '.join(BENCHMARKS)} (default: all)")
    parser.add_argument("--repeats", type=int, help="how often to measure, where a benchmark's own number does not suit")
    parser.add_argument("--wait", type=float, default=60, help="seconds to wait at most for a quiet machine before each benchmark (default %(default)s)")
    args = parser.parse_args(argv)
    for name in args.names:
        if name not in BENCHMARKS:
            parser.error(f"there is no benchmark {name!r}; there are {', '.join(BENCHMARKS)}")
    if args.repeats is not None and args.repeats < 1:
        parser.error("--repeats must be at least 1")
    return args


def main(argv: list[str]) -> int:
    args, say = parse(argv), Progress()
    failed = False
    try:
        with Lab(say) as lab:
            print(f"PyStudio's benchmarks, {time.strftime('%Y-%m-%d')}\n{machine.describe()}\n{lab.chromium_version()}, headless, one process tree for everything below", flush=True)
            for name in args.names or BENCHMARKS:
                failed |= not _one(lab, name, args, say)
    except (NotMeasured, StudioError) as error:
        say.clear()
        print(f"bench stopped. {error}", file=sys.stderr)
        return 1
    return int(failed)


def _one(lab: Lab, name: str, args: argparse.Namespace, say: Progress) -> bool:
    """Run one benchmark and print it; whether it could be measured."""
    say(f"{name}: waiting for a quiet machine")
    busy = machine.wait_quiet(at_most=args.wait)
    try:
        with machine.load() as load:
            result = BENCHMARKS[name].measure(lab, **({"repeats": args.repeats} if args.repeats else {}))
    except (NotMeasured, StudioError, BrowserError) as error:
        say.clear()
        print(f"\n{name} could not be measured. {error}", flush=True)
        return False
    say.clear()
    if busy is not None:
        result.notes.append(f"The machine was {busy:.0%} busy just before; meanwhile other programs used {load.others:.2f} cores ({load.wall:.0f} s in all).")
    print(f"\n{result.text()}", flush=True)
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
