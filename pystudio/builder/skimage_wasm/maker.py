"""The wheel from nothing, in order: inputs, tools, headers, modules, packing, audit. Cached by the content of all that goes in."""
from __future__ import annotations

import concurrent.futures
import hashlib
import json
import os
import shutil
import tarfile
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import urllib3

from .. import cache, log
from ..assets import downloads
from ..lock import build_lock
from . import audit, compile, inputs, pack, sysroot, tools
from .recipe import SCIKIT_IMAGE, SMALL, USUAL_SECONDS, Recipe

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Wheels:
    """What a build gives: the wheel that visitors install, the tests' wheel to lay over it, and whose modules it holds."""

    shipped: Path
    tests: Path
    origin: str  # "own" or "official"


def build(recipe: Recipe = SCIKIT_IMAGE, *, own: bool = False) -> Wheels:
    """The wheels, from the cache when nothing that goes in has changed. `own` compiles even where the official wheel can be had."""
    state = _state(recipe)
    folder = cache() / "skimage" / f"{recipe.distribution}-{_digest(state)}"
    if kept := _kept(folder, own):
        return kept
    with build_lock(cache(), log):
        return _kept(folder, own) or _build(recipe, own, state, folder)


def _build(recipe: Recipe, own: bool, state: dict[str, str], folder: Path) -> Wheels:
    native, sources = inputs.fetch(inputs.find(recipe.distribution, "native"), inputs.find(recipe.distribution, "sources"))
    modules = None if own else _official(recipe)
    origin = "official" if modules else "own"
    if not modules:
        modules = _compiled(recipe, native)
    out = folder / origin
    shutil.rmtree(out, ignore_errors=True)
    wheels = Wheels(pack.named_by_content(pack.shipped(recipe, native, modules, wheel_tag(), out)), pack.tests(recipe, native, sources, out), origin)
    audit.check([wheels.shipped])
    hashes = {kind: [path.name, downloads.sha256(path)] for kind, path in (("shipped", wheels.shipped), ("tests", wheels.tests))}
    (out / "done.json").write_text(json.dumps({"made from": state} | hashes, indent=1), encoding="utf-8")
    log(f"  {wheels.shipped.name}: {wheels.shipped.stat().st_size / 1e6:.2f} MB, {len(modules)} compiled modules ({origin})")
    return wheels


def wheel_tag() -> str:
    """The tag of a compiled wheel for this Pyodide: "cp314-cp314-pyemscripten_2026_0_wasm32", as its NumPy has it."""
    return inputs.official("numpy")["file_name"].removesuffix(".whl").split("-", 2)[2]


def _kept(folder: Path, own: bool) -> Wheels | None:
    """The wheels of an earlier build that are still what it made."""
    for origin in ("own",) if own else ("official", "own"):
        try:
            done = json.loads((folder / origin / "done.json").read_text(encoding="utf-8"))
            shipped, tests = ((folder / origin / name, digest) for name, digest in (done["shipped"], done["tests"]))
            if all(downloads.sha256(path) == digest for path, digest in (shipped, tests)):
                return Wheels(shipped[0], tests[0], origin)
        except FileNotFoundError:
            continue
        except (ValueError, KeyError, TypeError):
            pass
        log(f"  {folder.name} in the cache is damaged; making it again")
    return None


# ---------------------------------------------------------------- what goes in

def _digest(state: dict) -> str:
    return hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()[:12]


def _ingredients(recipe: Recipe) -> dict[str, str]:
    """All that the compiled modules depend on, by name: files, tools, and our own code."""
    core = downloads.read_lock()
    found = {"sources": inputs.find(recipe.distribution, "sources").sha256, "native": inputs.find(recipe.distribution, "native").sha256,
             "numpy": inputs.find("numpy").sha256, "python_stdlib": core["python_stdlib.zip"].sha256,
             "recipe": repr((recipe.sources, recipe.shared, recipe.c_sources, recipe.flags, recipe.generated))}
    return found | {name: downloads.sha256(HERE / name) for name in ("tools.lock", "compile.py", "sysroot.py")}


def _state(recipe: Recipe) -> dict[str, str]:
    """All that the finished wheels depend on, and the rules they were audited by."""
    return _ingredients(recipe) | {name: downloads.sha256(HERE / name) for name in ("pack.py", "audit_inside.py")} | {
        "left_out": repr((recipe.left_out, SMALL)), "pyodide": downloads.read_lock()["pyodide.asm.wasm"].sha256}


# ---------------------------------------------------------------- the official modules

def _official(recipe: Recipe, home: str | None = None) -> dict[str, bytes] | None:
    """The modules of Pyodide's own wheel, where its CDN answers; None elsewhere. The hash in the npm package's lock decides what is official.

    The wheel is packed again, since it carries all the sample data."""
    package = inputs.official(recipe.distribution.replace("_", "-"))
    url = (home or downloads.CDN.format(version=downloads.read_lock()["pyodide.asm.wasm"].version)) + package["file_name"]
    if urlsplit(url).netloc in downloads.SILENT_HOSTS:
        log(f"  Pyodide's CDN does not answer; {recipe.distribution} is compiled here")
        return None
    store = inputs.Store()
    try:
        answer = store.http.request("HEAD", url, timeout=urllib3.Timeout(connect=3, read=10))
    except urllib3.exceptions.HTTPError as error:
        downloads.SILENT_HOSTS.add(urlsplit(url).netloc)
        log(f"  Pyodide's CDN does not answer ({type(getattr(error, 'reason', None) or error).__name__}); {recipe.distribution} is compiled here")
        return None
    if answer.status != 200 or not answer.headers.get("Content-Length"):
        log(f"  Pyodide's CDN has no {package['file_name']} (it answered {answer.status}); {recipe.distribution} is compiled here")
        return None
    asset = downloads.Asset(package["file_name"], "wheel", package["version"], int(answer.headers["Content-Length"]), package["sha256"], ({"url": url},))
    try:
        return pack.modules_of(store.fetch([asset])[asset.name])
    except downloads.NotFetched as reason:
        log(f"  {reason.message} {recipe.distribution} is compiled here")
        return None


# ---------------------------------------------------------------- our own modules

def _compiled(recipe: Recipe, native: Path) -> dict[str, bytes]:
    """Every compiled module of the original, compiled for Pyodide. Finished ones are kept, so an interrupted build goes on where it stopped."""
    compilers = tools.ready()
    folder = cache() / "skimage" / f"modules-{_digest(_ingredients(recipe) | {'headers': _headers(compilers.include)})}"
    # a compiler may outlive a build that was killed for a while: it shall not write into the files of the next
    scratch = folder / f"scratch-{os.getpid()}"
    shop = compile.Workshop(recipe, _unpack(recipe, folder), scratch, folder / "modules", compilers, _sysroot(folder, compilers), _suffix())
    with zipfile.ZipFile(native) as archive:
        modules = sorted(name.split(".")[0] for name in archive.namelist() if name.endswith(".so") and ".libs/" not in name)
    modules += [recipe.shared] if recipe.shared else []
    _compile_all(shop, modules)
    for path in (*folder.glob("scratch*"), folder / "headers", folder / "sources"):
        shutil.rmtree(path, ignore_errors=True)
    return {module + shop.suffix: shop.place(module).read_bytes() for module in modules}


def _compile_all(shop: compile.Workshop, modules: list[str]) -> None:
    """All modules, several at a time; says how many are done and about how long the rest will take."""
    seconds = {module: shop.recipe.seconds.get(module, USUAL_SECONDS) for module in modules if not shop.place(module).exists()}
    if not seconds:
        return
    progress = Progress(shop.recipe.distribution, seconds)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = {pool.submit(compile.build, shop, module): module for module in sorted(seconds, key=lambda module: -seconds[module])}
        try:
            for job in concurrent.futures.as_completed(jobs):
                job.result()
                progress.finished(jobs[job])
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


class Progress:
    """Counts modules, and judges the time left by what each is known to take against what they took here so far."""

    def __init__(self, title: str, seconds: dict[str, int], every: float = 10.0, clock=time.monotonic):
        self.title, self.seconds, self.every, self.clock = title, seconds, every, clock
        self.started = self.said = clock()
        self.done: list[str] = []
        log(f"  compiling {title}: {len(seconds)} modules")

    def finished(self, module: str) -> None:
        self.done.append(module)
        if self.clock() - self.said >= self.every or len(self.done) == len(self.seconds):
            self.said = self.clock()
            log(f"  {self.title}: {len(self.done)} of {len(self.seconds)} modules" + self.left())

    def left(self) -> str:
        done = sum(self.seconds[module] for module in self.done)
        rest = sum(self.seconds.values()) - done
        seconds = (self.clock() - self.started) * rest / done
        return f", about {seconds // 60:.0f} min {seconds % 60:.0f} s left" if rest else f" in {self.clock() - self.started:.0f} s"


def _unpack(recipe: Recipe, folder: Path) -> Path:
    """The sources, unpacked again."""
    archive, = inputs.fetch(inputs.find(recipe.distribution, "sources"))
    target = folder / "sources"
    shutil.rmtree(target, ignore_errors=True)
    with tarfile.open(archive) as opened:
        if hasattr(tarfile, "data_filter"):  # from 3.11.4; the archive's hash is checked in any case
            opened.extraction_filter = tarfile.data_filter
        opened.extractall(target)
    root = next(target.iterdir()) / recipe.sources
    for name, text in recipe.generated.items():
        (root / name).write_text(text, encoding="utf-8")
    return root


def _core(name: str) -> Path:
    return inputs.fetch(downloads.read_lock()[name])[0]


def _sysroot(folder: Path, compilers: tools.Tools) -> sysroot.Sysroot:
    numpy, = inputs.fetch(inputs.find("numpy"))
    return sysroot.make(folder / "headers", compilers, numpy, _core("python_stdlib.zip"))


def _suffix() -> str:
    return sysroot.runtime_config(_core("python_stdlib.zip"))["EXT_SUFFIX"]


def _headers(include: Path) -> str:
    """Hash of the host's Python headers, which are part of what is compiled; all but pyconfig.h, which the sysroot replaces."""
    hashed = hashlib.sha256()
    for file in sorted(file for file in include.rglob("*.h") if file.name != "pyconfig.h"):
        hashed.update(file.relative_to(include).as_posix().encode() + b"\0" + file.read_bytes())
    return hashed.hexdigest()
