"""The folder `studio/` of the site: scripts, engine files, wheels and networks under names that change with their content, and the manifest that lists them."""
from __future__ import annotations

import base64
import hashlib
import io
import json
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

import models

from .. import BUILD, NODE_MODULES, ROOT, SOURCES, STUDIO, BuildError, cache, display_path, log, snapshot
from ..assets import downloads, networks, wheel
from ..lessons import check
from ..lock import build_lock
from ..output_tree import OutputTree, hash8
from ..skimage_wasm import ship
from . import entry

TARGET = "es2022"
TSCONFIG = f"--tsconfig={ROOT / 'tsconfig.json'}"  # which has the aliases of our imports
FIRST_NETWORK = "deeplab_s16"
NODE_ONLY = ("node:*", "module", "ws")  # what Pyodide's loader imports where it runs in Node
FIRST_WHEELS = ("numpy", "pystudio")  # what the engine installs before the first photo where there is no snapshot


@dataclass(frozen=True)
class Bundle:
    """What the pages need to know: all files, the manifest, the two names that every page links to, and those of the scripts that each lab needs, by element."""

    tree: OutputTree
    manifest: dict
    script: str
    style: str
    labs: dict[str, tuple[str, ...]] = field(default_factory=dict)


def build(parts: Path, *, minify: bool = True) -> Bundle:
    """Gather everything under `studio/` and `photos/`, writing what esbuild makes into `parts`. Unchanged heavy parts are taken from the cache."""
    tree = OutputTree()
    manifest = _engine(tree)
    manifest["worker"] = _hashed(tree, "worker", ".mjs", _worker(parts))
    manifest["editor"] = _hashed(tree, "editor", ".js", _bundle(STUDIO / "editor/editor.js", ["--format=iife"], parts, minify))
    style = _hashed(tree, "studio", ".css", _style(entry.write_styles(parts), parts, minify))
    labs, shared = _labs(tree, parts, minify)
    manifest["networks"], manifest["variants"] = _networks(tree)
    manifest["photos"] = _photos(tree)
    # every file here but the script itself, which the list is written into
    listed = {path.removeprefix("studio/"): path for path in sorted(tree.files) if path.startswith("studio/")}
    manifest["bytes"] = {name: tree.size(path) for name, path in listed.items()}
    manifest["sha256"] = {name: base64.b64encode(hashlib.sha256(tree.bytes(path)).digest()).decode() for name, path in listed.items()}
    script = _hashed(tree, "studio", ".js", _script(manifest, entry.write_studio(parts, shared), parts, minify))
    return Bundle(tree, manifest, f"studio/{script}", f"studio/{style}", labs)


def _hashed(tree: OutputTree, stem: str, ending: str, data: bytes) -> str:
    """Add a file under `studio/` whose name holds the hash of its content; the name."""
    name = f"{stem}-{hash8(data)}{ending}"
    tree.add(f"studio/{name}", data)
    return name


def _engine(tree: OutputTree) -> dict:
    """Pyodide, ONNX Runtime and the wheels, and what the manifest says of them."""
    locked = downloads.read_lock()
    with build_lock(cache(), log):
        files = downloads.Store().fetch(locked.values())
        own = wheel.build(BUILD / "wheels")
        ours = {"pystudio": own} | ship.wheels()
        numpy = next(files[asset.name] for asset in locked.values() if asset.kind == "wheel" and asset.name.startswith("numpy-"))
        taken = snapshot.build(numpy, own)
    folders = {kind: f"{package}-{next(asset.version for asset in locked.values() if asset.kind == kind)}/"
               for kind, package in (("pyodide", "pyodide"), ("onnxruntime", "onnxruntime-web"))} | {"wheel": "wheels/"}
    for asset in locked.values():
        if not asset.name.endswith(".mjs"):  # these are in the worker's script
            tree.add(f"studio/{folders[asset.kind]}{asset.name}", files[asset.name])
    for path in ours.values():
        tree.add(f"studio/wheels/{path.name}", path)
    official = [asset.name for asset in locked.values() if asset.kind == "wheel"]
    return {
        "version": own.name.split("-")[1],
        "pyodide": folders["pyodide"],
        "lock": _hashed(tree, "lock", ".json", _pyodide_lock(official, ours)),
        "wheels": folders["wheel"],
        "ort": {"wasm": folders["onnxruntime"] + downloads.ORT_CODE},
    } | ({"snapshot": _snapshot(tree, taken)} if taken else {})


def _snapshot(tree: OutputTree, taken: snapshot.Snapshot) -> dict:
    """Add the files of a snapshot; what the manifest says of it."""
    files = {name: _hashed(tree, f"snapshot/{name}", ".bin", getattr(taken, name).read_bytes()) for name in ("modules", "library", "memory")}
    return files | {"keys": taken.keys, "table": taken.table, "heap": taken.heap, "size": taken.size, "constants": taken.constants}


def _networks(tree: OutputTree) -> tuple[dict, dict]:
    """The networks, the usual one first: made and proven by `models`, or found unchanged; and their other variants, loaded only by the lab about small devices."""
    built = networks.build()
    shipped = {}
    for name, recipe in sorted(models.recipes().items(), key=lambda item: item[0] != FIRST_NETWORK):
        path = f"models/{name}-{hash8(built[name].read_bytes())}.onnx"
        tree.add(f"studio/{path}", built[name])
        shipped[name] = {"file": path, "bytes": built[name].stat().st_size, "title": recipe["title"], "recipe": recipe}
    variants = {}
    for name in sorted(built.keys() - shipped.keys()):
        path = f"models/{name}-{hash8(built[name].read_bytes())}.onnx"
        tree.add(f"studio/{path}", built[name])
        variants[name] = {"file": path, "bytes": built[name].stat().st_size}
    return shipped, variants


def _photos(tree: OutputTree) -> list[dict]:
    """The bundled photos, in the order of the credits (which `check` has found sound)."""
    photos = []
    for credit in check.read_credits(ROOT):
        file = SOURCES / "photos" / credit["file"]
        with Image.open(file) as image:
            columns, rows = image.size
            small = _thumbnail(image)
        path = tree.add(f"photos/{credit['name']}-{hash8(file.read_bytes())}{file.suffix}", file)
        thumb = tree.add(f"photos/{credit['name']}-small-{hash8(small)}.webp", small)
        photos.append({"name": credit["name"], "file": f"../{path}", "thumb": f"../{thumb}", "rows": rows, "columns": columns}
                      | {key: credit[key] for key in ("title", "alt", "author", "licence", "source")})
    return photos


def _thumbnail(image: Image.Image) -> bytes:
    """A small copy for the strip of photos, twice the size it is shown at."""
    small = image.convert("RGB")
    small.thumbnail((240, 180))
    out = io.BytesIO()
    small.save(out, "WEBP", quality=75, method=6)
    return out.getvalue()


def _pyodide_lock(official: list[str], ours: dict[str, Path]) -> bytes:
    """Pyodide's official lock reduced to the packages we ship, and entries for the wheels that it does not describe.

    Written as plain JSON: the pyodide-lock library that reads this release's format needs Python 3.12, and 3.11 must do here. The tests
    have that library read it, in Pyodide's own Python.
    """
    full = json.loads((NODE_MODULES / "pyodide/pyodide-lock.json").read_text(encoding="utf-8"))
    packages = {name: package for name, package in full["packages"].items() if package["file_name"] in official}
    absent = set(official) - {package["file_name"] for package in packages.values()}
    if absent:
        raise BuildError(f"assets.lock.json names {', '.join(sorted(absent))}, which Pyodide's own lock does not.", "Make it again: python3 build.py lock")
    return json.dumps({"info": full["info"], "packages": packages | ship.entries(ours)}, sort_keys=True, separators=(",", ":")).encode()


def _labs(tree: OutputTree, parts: Path, minify: bool) -> tuple[dict[str, tuple[str, ...]], set[str]]:
    """Add the labs' scripts; those that each needs, by element, and the modules of the studio that any of them imports."""
    shared, scripts, between = set(), {}, {}
    for folder, path in entry.write_apart(parts).items():
        between[folder], needed = _lab_script(path, tree, parts, minify)
        shared |= needed
    for element, path in entry.write_labs(parts).items():
        script, needed = _lab_script(path, tree, parts, minify)
        scripts[element] = (*(between[folder] for folder in sorted({entry.apart(name) for name in needed} - {None})), script)
        shared |= needed
    return scripts, shared


def _lab_script(path: Path, tree: OutputTree, parts: Path, minify: bool) -> tuple[str, set[str]]:
    """Add a script that takes the studio's modules from the page; its path in the site, and the names of these modules."""
    described = parts / "metafile.json"
    made = _bundle(path, ["--format=cjs", TSCONFIG, "--external:studio/*", f"--metafile={described}", "--banner:js=globalThis.pystudioModules&&(function(require){",
                          "--footer:js=})((name)=>pystudioModules[name]);"], parts, minify)
    outputs = json.loads(described.read_text(encoding="utf-8"))["outputs"].values()
    names = {each["path"] for output in outputs for each in output["imports"] if each.get("external")}
    return f"studio/{_hashed(tree, path.stem.replace(' ', '-'), '.js', made)}", names


def _script(manifest: dict, script: Path, parts: Path, minify: bool) -> bytes:
    """The page's script: classic, not a module, so that it also runs from file://. The manifest is a global constant inside it."""
    injected = parts / "manifest.js"  # a file, not --define: command lines are short on some systems
    injected.write_text(f"export const __MANIFEST__ = {json.dumps(manifest, ensure_ascii=False)};\n", encoding="utf-8")
    return _bundle(script, ["--format=iife", TSCONFIG, f"--inject:{injected}"], parts, minify)


def _style(lab_styles: Path, parts: Path, minify: bool) -> bytes:
    """The page's style sheet, pictures included."""
    return _bundle(STUDIO / "studio.css", [f"--alias:generated/labs.css={lab_styles}", "--loader:.svg=dataurl", "--loader:.png=dataurl"], parts, minify)


def _worker(parts: Path) -> bytes:
    """The engine's worker in one script, with Pyodide's and ONNX Runtime's loaders in it: a worker of opaque origin can import no other file
    in every browser. Named at its end, since messages about errors would otherwise hold the whole data: address that it is started from.
    """
    options = ["--format=esm", *(f"--external:{name}" for name in NODE_ONLY)]
    return _bundle(STUDIO / "worker/worker.js", options, parts, minify=True) + b"//# sourceURL=pystudio-worker.mjs\n"


def inline(name: str, parts: Path) -> str:
    """A small script of site_src/studio/inline that stands in the pages themselves, in words that old browsers know."""
    return _bundle(STUDIO / f"inline/{name}.js", ["--target=es5", "--format=esm"], parts, True).decode().strip()


def _bundle(entry: Path, options: list[str], parts: Path, minify: bool) -> bytes:
    """One esbuild run; its messages, which name file and line, are the error."""
    program = next((path for pattern in ("*/bin/esbuild", "*/esbuild.exe") for path in (NODE_MODULES / "@esbuild").glob(pattern)), None)
    if program is None:
        raise BuildError("node_modules has no esbuild for this system.", "Remove node_modules and run the same command again.")
    out = parts / entry.name
    done = subprocess.run([program, entry, "--bundle", f"--target={TARGET}", "--charset=utf8", "--legal-comments=none", "--log-level=warning", "--color=false",
                           f"--outfile={out}", *(["--minify"] if minify else ["--sourcemap=inline"]), *options],
                          cwd=ROOT, capture_output=True, encoding="utf-8", errors="replace")
    if done.returncode:
        raise BuildError(f"{display_path(entry)} could not be bundled:\n{done.stderr.strip()}", "Mend the places named above.")
    if done.stderr.strip():
        log(done.stderr.strip())
    return out.read_bytes()


def first_mask(manifest: dict, network: str = FIRST_NETWORK) -> list[str]:
    """Paths (under studio/) that the engine loads before it can label a first photo: what a visitor pays."""
    runtime = [path for path in manifest["bytes"] if path.startswith(manifest["pyodide"])]
    if taken := manifest.get("snapshot"):
        python = [path for path in runtime if not path.endswith(".zip")] + [taken[name] for name in ("modules", "library", "memory")]
    else:
        python = runtime + [path for path in manifest["bytes"] if path.startswith(tuple(f"{manifest['wheels']}{name}-" for name in FIRST_WHEELS))]
    return [manifest["worker"], manifest["lock"], *python, manifest["ort"]["wasm"], manifest["networks"][network]["file"]]
