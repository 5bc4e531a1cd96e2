"""Files from elsewhere: sources, native wheels, and the wheels that the proof installs in Pyodide. Pinned in assets.lock.json beside this file.

Same format and same cache as the site's own lock, with one more kind of source:
  {"pip": "networkx==3.6.1"}                                              the very file that pip downloads: a pure-Python wheel
  {"pip": "scikit-image==0.25.2", "platform": "manylinux…", "python": "3.13"}  a binary wheel, for a machine that need not be this one
  {"pip": "scikit-image==0.25.2", "sdist": "yes"}                         the sources
"""
from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from .. import NODE_MODULES, BuildError, display_path, log
from ..assets import downloads

LOCK = Path(__file__).with_name("assets.lock.json")
ANY = ["--only-binary=:all:", "--platform=any", "--python-version=3.14", "--implementation=py", "--abi=none"]

# What `lock` writes. Versions follow Pyodide's official lock where it has the package; its own files of the pure-Python ones are packed
# anew, so their hashes differ from the index's.
COMPILED = ("scikit-image==0.25.2", "PyWavelets==1.9.0")                                                       # sources, and a native wheel beside
REQUIRED = ("networkx==3.6.1", "imageio==2.37.3", "lazy-loader==0.5", "tifffile==2026.11.8", "packaging==26.1")
PROOF = ("pytest==9.0.2", "pluggy==1.6.0", "iniconfig==2.3.0", "pygments==2.20.0",                                 # the suite
         "auditwheel-emscripten==0.3.0", "leb128==1.0.9",                                                           # the audit
         "pyodide-lock==0.2.1", "attrs==26.1.0", "cattrs==26.2.1", "typing-extensions==4.16.0")

# `pip download` of an sdist asks its build backend for metadata, and meson-python would configure a whole build for that:
# this stand-in reads the metadata that every sdist carries.
STAND_IN = '''
import os, re
def get_requires_for_build_wheel(config_settings=None): return []
def prepare_metadata_for_build_wheel(folder, config_settings=None):
    text = open("PKG-INFO", encoding="utf-8").read()
    name, version = (re.search(rf"^{key}: (.*)$", text, re.M)[1] for key in ("Name", "Version"))
    info = f"{name.replace('-', '_')}-{version}.dist-info"
    os.makedirs(os.path.join(folder, info))
    open(os.path.join(folder, info, "METADATA"), "w", encoding="utf-8").write(text)
    return info
'''


class Store(downloads.Store):
    """The cache of assets, which here also knows files that pip downloads as they are."""

    def _get(self, asset: downloads.Asset, missing: list[downloads.Asset]) -> None:
        source = asset.sources[0]
        if "pip" not in source:
            return super()._get(asset, missing)
        with tempfile.TemporaryDirectory(dir=self.folder, prefix="pip-") as folder:
            try:
                arrived = download(source, asset.sha256, Path(folder))
            except downloads.Unreachable as reason:
                raise BuildError(f"{asset.name} could not be fetched: {reason}.", "Check the network and run the same command again; what has arrived is kept.") from None
            self._keep(asset, arrived, f"pip ({source['pip']})")


def download(source: dict[str, str], digest: str | None, folder: Path) -> Path:
    """One file by pip, which checks its hash (when given), resumes and retries."""
    (folder / "mesonpy.py").write_text(STAND_IN, encoding="utf-8")
    listed = folder / "requirement.txt"
    listed.write_text(source["pip"] + (f" --hash=sha256:{digest}" if digest else "") + "\n", encoding="utf-8")
    kind = ["--no-binary=:all:", "--no-build-isolation"] if "sdist" in source else ANY
    if "platform" in source:
        kind = ["--only-binary=:all:", *(f"--platform={name}" for name in source["platform"].split()), f"--python-version={source['python']}"]
    log(f"Downloading {source['pip']}" + (" (sources)" if "sdist" in source else ""))
    files = folder / "files"
    done = subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-input", "--no-cache-dir", "--disable-pip-version-check",
                           "--dest", str(files), *kind, "--requirement", str(listed)],
                          env={**os.environ, "PYTHONPATH": str(folder)}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    arrived = list(files.glob("*"))
    if done.returncode or len(arrived) != 1:
        words = [line.strip() for line in done.stdout.splitlines() if line.strip()]
        why = next((word for word in reversed(words) if word.startswith("ERROR")), words[-1] if words else "pip said nothing")
        raise downloads.Unreachable(f"pip could not download {source['pip']} ({why})")
    return arrived[0]


def locked() -> dict[str, downloads.Asset]:
    """Everything this package and the site have pinned, by file name."""
    return downloads.read_lock() | downloads.read_lock(LOCK)


def find(distribution: str, kind: str = "") -> downloads.Asset:
    """The pinned file of a distribution: find("networkx"), find("scikit_image", "sources")."""
    name = distribution.replace("-", "_").lower()
    found = [asset for asset in locked().values() if asset.name.lower().startswith(f"{name}-") and (not kind or asset.kind == kind)]
    if len(found) != 1:
        raise BuildError(f"{display_path(LOCK)} has {len(found)} files of {distribution}.", "Make it again: python -m pystudio.builder.skimage_wasm lock")
    return found[0]


def fetch(*wanted: downloads.Asset) -> list[Path]:
    """Checked files under their own names, which pip, Pyodide and zipimport judge them by; the same bytes as in the cache of assets, not a copy where that can be."""
    store = Store()
    found = store.fetch(wanted)
    folder = store.folder / "named"
    folder.mkdir(parents=True, exist_ok=True)
    places = []
    for asset in wanted:
        place = folder / asset.sha256[:8] / asset.name
        place.parent.mkdir(exist_ok=True)
        if not place.exists() or downloads.sha256(place) != asset.sha256:
            place.unlink(missing_ok=True)
            part = place.with_suffix(f".{os.getpid()}.part")
            try:
                os.link(found[asset.name], part)
            except OSError:  # a file system without links
                shutil.copyfile(found[asset.name], part)
            os.replace(part, place)
        places.append(place)
    return places


def official(distribution: str) -> dict:
    """The entry of a package in Pyodide's own lock."""
    return json.loads((NODE_MODULES / "pyodide/pyodide-lock.json").read_text(encoding="utf-8"))["packages"][distribution]


def lock() -> None:
    """Write assets.lock.json: what pip serves today under the versions named above, and SciPy as Pyodide's own lock has it."""
    linux = {"platform": "manylinux2014_x86_64 manylinux_2_17_x86_64 manylinux_2_27_x86_64 manylinux_2_28_x86_64", "python": "3.13"}
    wanted = [pair for name in COMPILED for pair in (("sources", {"pip": name, "sdist": "yes"}), ("native", {"pip": name} | linux))]
    wanted += [("wheel", {"pip": name}) for name in REQUIRED] + [("proof", {"pip": name}) for name in PROOF]
    entries = [_scipy()]
    for kind, source in wanted:
        with tempfile.TemporaryDirectory() as folder:
            file = download(source, None, Path(folder))
            entries.append({"name": file.name, "kind": kind, "version": source["pip"].split("==")[1], "size": file.stat().st_size,
                            "sha256": downloads.sha256(file), "sources": [source]})
    LOCK.write_text(json.dumps({"about": "made by: python -m pystudio.builder.skimage_wasm lock", "assets": entries}, indent=1) + "\n", encoding="utf-8")
    log(f"{display_path(LOCK)}: {len(entries)} files, {sum(entry['size'] for entry in entries) / 1e6:.1f} MB")


def _scipy() -> dict:
    """SciPy's entry: the official file from the CDN, or the same bytes out of a wheel on the package index."""
    package = official("scipy")
    requirement, prefix = downloads.PYODIDE_WHEEL
    version = json.loads((NODE_MODULES / "pyodide/package.json").read_text(encoding="utf-8"))["version"]
    with tempfile.TemporaryDirectory() as folder:
        wheel = downloads.download_wheel(requirement, None, Path(folder))
        with zipfile.ZipFile(wheel) as archive:
            data = archive.read(prefix + package["file_name"])
        if hashlib.sha256(data).hexdigest() != package["sha256"]:
            raise BuildError(f"{package['file_name']} in {requirement} is not the official file.", "Choose another release in pystudio/builder/assets/downloads.py.")
        return {"name": package["file_name"], "kind": "wheel", "version": package["version"], "size": len(data), "sha256": package["sha256"],
                "sources": [{"url": downloads.CDN.format(version=version) + package["file_name"]},
                            {"pypi": requirement, "sha256": downloads.sha256(wheel), "member": prefix + package["file_name"]}]}
