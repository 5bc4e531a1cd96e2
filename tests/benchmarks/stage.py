"""The bench's own pages, put together in build/bench/: the TensorFlow.js peer bundled by esbuild, and the files that pages fetch."""
from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from report import NotMeasured

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BUILT = ROOT / "build" / "site"
OUT = ROOT / "build" / "bench"
SITE = OUT / "site"  # a copy: whoever builds meanwhile does not disturb what is measured
NODE_MODULES = ROOT / "node_modules"
MODEL = "@codait/max-image-segmenter/model"
HASH = "[0-9a-f]" * 8  # eight digits of the content's hash, as the build puts into names
WASM = "@tensorflow/tfjs-backend-wasm/dist"


def stage() -> dict[str, Path]:
    """Put together everything the bench's pages need; folders by the start of their address."""
    if not (BUILT / "index.html").exists():
        raise NotMeasured("There is no built site. Run: python3 build.py bench")
    if OUT.exists():
        shutil.rmtree(OUT)
    shutil.copytree(BUILT, SITE)
    peer = OUT / "peer"
    shutil.copytree(NODE_MODULES / MODEL, peer / "model")
    for file in (NODE_MODULES / WASM).glob("*.wasm"):
        shutil.copy(file, peer)
    for folder in ("peer", "python"):
        for file in (HERE / folder).iterdir():
            if file.suffix in (".html", ".js"):
                (OUT / folder).mkdir(exist_ok=True)
                shutil.copy(file, OUT / folder)
    for file in sorted((HERE / "peer").glob("*.js")):
        _bundle(file, peer / file.name)
    return {"": SITE, "bench/": OUT}


def _bundle(source: Path, target: Path) -> None:
    programs = [path for pattern in ("*/bin/esbuild", "*/esbuild.exe") for path in (NODE_MODULES / "@esbuild").glob(pattern)]
    if not programs:
        raise NotMeasured("esbuild is not installed. Run: python3 build.py bench")
    done = subprocess.run([str(programs[0]), str(source), "--bundle", "--minify", "--format=esm", "--target=es2022", "--legal-comments=none",
                           "--log-level=warning", "--color=false", "--allow-overwrite", f"--outfile={target}"],
                          cwd=ROOT, capture_output=True, text=True, encoding="utf-8", errors="replace")
    if done.returncode:
        raise NotMeasured(f"{source.name} could not be bundled: {done.stderr.strip()}")


def only(folder: Path, pattern: str) -> Path:
    """The one file of a folder that fits a pattern."""
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise NotMeasured(f"{folder.name}/ holds {len(found)} files {pattern} instead of one. Build the site again: python3 build.py site")
    return found[0]


def photo(name: str) -> str:
    """Address of a bundled photo on the site."""
    return f"photos/{only(SITE / 'photos', f'{name}-{HASH}.*').name}"
