"""Files from elsewhere that the site ships: what they must be (assets.lock.json), where they come from, and the cache that holds them.

A file is known by its sha256: that, not the place, decides. Sources are tried in order:
  {"npm": "pyodide@314.0.4", "member": "pyodide.asm.wasm"}                    from node_modules, which package-lock.json pins
  {"url": "https://…"}                                                        plain HTTP, passed over for the rest of the run when its host does not answer
  {"pypi": "open-webui==0.12.4", "sha256": "…", "member": "…/numpy-….whl"}    a file inside a wheel on the package index: only the members asked for travel;
                                                                              where the index sends whole files only, pip downloads it, and they alone are kept

HTTP goes through urllib3 (retries with back-off, timeouts, TLS). Resuming a broken download is ours: of the kept libraries pooch and
requests start again from the first byte, and those that resume bring a client for one hub or a download manager of their own.
"""
from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import urllib3

from .. import NODE_MODULES, ROOT, BuildError, ProgressMeter, cache, display_path, log
from .remote_file import CHUNK_BYTES, RangesUnsupported, RemoteFile

LOCK = ROOT / "assets.lock.json"
CHUNK = 1 << 16  # what a break may cost
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input")
SILENT_HOSTS: set[str] = set()  # those that did not answer in this run: waiting for them once is enough

# What `build.py lock` puts into the lock: official files only, whose hashes Pyodide's own lock gives.
CDN = "https://cdn.jsdelivr.net/pyodide/v{version}/full/"   # the official home of Pyodide's packages
PYODIDE_CORE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip")
PYODIDE_PACKAGES = ("numpy", "micropip", "pillow")          # and what these depend on
PYODIDE_WHEEL = ("open-webui==0.12.4", "open_webui/frontend/pyodide/")  # carries the same files, byte for byte, on the package index
ORT_CODE = "ort-wasm-simd-threaded.wasm"
ORT_FILES = ("ort.wasm.bundle.min.mjs", ORT_CODE)  # the plain CPU build; the others are for WebGPU and cost twice as much


@dataclass(frozen=True)
class Asset:
    """One file the lock names. `kind` says what the build does with it: "pyodide", "wheel" or "onnxruntime"."""

    name: str
    kind: str
    version: str
    size: int
    sha256: str
    sources: tuple[dict[str, str], ...]


class Unreachable(Exception):
    """A source that cannot be used now; the next one is tried."""


class NotFetched(BuildError):
    """A file that none of its sources gave."""


def read_lock(path: Path = LOCK) -> dict[str, Asset]:
    """The assets of a lock file, by name."""
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))["assets"]
        return {e["name"]: Asset(**{**e, "sources": tuple(e["sources"])}) for e in entries}
    except FileNotFoundError:
        raise BuildError(f"{display_path(path)} is missing.", "Restore it from the repository, or make it: python3 build.py lock") from None
    except (ValueError, KeyError, TypeError) as error:
        raise BuildError(f"{display_path(path)} cannot be read ({error}).", "Restore it from the repository, or make it again: python3 build.py lock") from error


def sha256(path: Path) -> str:
    """The hash of a file's content, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Store:
    """The cache of assets. `fetch` gives the path of a checked file, and gets it from its sources when it is absent or damaged."""

    def __init__(self, folder: Path | None = None, node_modules: Path = NODE_MODULES, *, connect_timeout: float = 3.0,
                 read_timeout: float = 10.0, retries: int = 5, backoff: float = 0.5, log: Callable[[str], None] = log):
        self.folder = (folder or cache()) / "assets"
        self.node_modules = node_modules
        self.log = log
        self.retries = retries
        self.http = urllib3.PoolManager(
            timeout=urllib3.Timeout(connect=connect_timeout, read=read_timeout),
            # a host that does not answer is given up soon: there is another source
            retries=urllib3.Retry(total=retries, connect=0, read=1, status=retries, backoff_factor=backoff,
                                  status_forcelist=(429, 500, 502, 503, 504), respect_retry_after_header=True))
        self.backoff = backoff

    def path(self, asset: Asset) -> Path:
        """Where the cache keeps an asset: the hash in the name lets two versions live side by side."""
        return self.folder / f"{asset.sha256[:16]}-{asset.name}"

    def fetch(self, assets: Iterable[Asset]) -> dict[str, Path]:
        """The checked files, by asset name. Raises BuildError when one cannot be had or is not what the lock says."""
        assets = list(assets)
        missing = [asset for asset in assets if not self._is_intact(asset)]
        self.folder.mkdir(parents=True, exist_ok=True)
        for asset in missing:
            if not self.path(asset).exists():  # a wheel opened for another asset may have brought it
                self._get(asset, missing)
        return {asset.name: self.path(asset) for asset in assets}

    def _is_intact(self, asset: Asset) -> bool:
        """Whether the cache holds the file whole; a damaged one is removed and said so."""
        path = self.path(asset)
        if not path.exists():
            return False
        if path.stat().st_size == asset.size and sha256(path) == asset.sha256:
            return True
        why = f"{path.stat().st_size} of {asset.size} bytes" if path.stat().st_size != asset.size else "another sha256"
        self.log(f"  {asset.name} in the cache is damaged ({why}); fetching it again")
        path.unlink()
        return False

    def _get(self, asset: Asset, missing: list[Asset]) -> None:
        failures = []
        for source in asset.sources:
            try:
                if "npm" in source:
                    self._from_npm(asset, source)
                elif "url" in source:
                    self._from_url(asset, source["url"])
                elif "pypi" in source:
                    self._from_wheel(asset, source, missing)
                else:
                    raise BuildError(f"assets.lock.json: {asset.name} has a source of an unknown kind: {source}.", "Make the lock again: python3 build.py lock")
                return
            except Unreachable as reason:
                failures.append(str(reason))
        raise NotFetched(f"{asset.name} could not be fetched: " + "; ".join(failures) + ".", "Check the network and run the same command again; what has arrived is kept.")

    def _keep(self, asset: Asset, arrived: Path, place: str) -> None:
        """Move a finished file into the cache if it is what the lock says; else remove it and raise."""
        found = sha256(arrived)
        if found != asset.sha256:
            arrived.unlink()
            raise BuildError(f"{asset.name} from {place} is not the file that assets.lock.json names: expected sha256 {asset.sha256}, found {found}.",
                             "If you meant to change its version, run: python3 build.py lock. Otherwise do not trust that place.")
        os.replace(arrived, self.path(asset))

    def _copy(self, asset: Asset, data: bytes, place: str) -> None:
        part = self.folder / f"{asset.name}.{os.getpid()}.part"
        part.write_bytes(data)
        self._keep(asset, part, place)

    def _from_npm(self, asset: Asset, source: dict[str, str]) -> None:
        package, _, version = source["npm"].rpartition("@")
        folder = self.node_modules / package
        try:
            installed = json.loads((folder / "package.json").read_text(encoding="utf-8"))["version"]
            data = (folder / source["member"]).read_bytes()
        except FileNotFoundError as error:
            raise Unreachable(f"the npm package {source['npm']} has no {Path(error.filename).name} here") from None
        if installed != version:
            raise Unreachable(f"npm installed {package} {installed}, not {version}")
        self._copy(asset, data, f"the npm package {source['npm']}")

    def _from_url(self, asset: Asset, url: str) -> None:
        host = urlsplit(url).netloc
        if host in SILENT_HOSTS:
            raise Unreachable(f"{host} does not answer")
        part = self.folder / f"{asset.sha256[:16]}-{asset.name}.part"
        begun = part.exists()
        self._complete(asset, url, part)
        if begun and sha256(part) != asset.sha256:  # what an earlier run left may have been damaged: blame the place only for a whole download
            part.unlink()
            self._complete(asset, url, part)
        self._keep(asset, part, url)

    def _complete(self, asset: Asset, url: str, part: Path) -> None:
        """Download what is missing of `part`, going on after every break. Raises Unreachable when the host stays away."""
        host = urlsplit(url).netloc
        for attempt in range(self.retries + 1):
            try:
                return self._download(asset, url, part)
            except urllib3.exceptions.MaxRetryError as error:
                SILENT_HOSTS.add(host)
                self.log(f"  {host} does not answer; using the next source")
                raise Unreachable(f"{host} does not answer ({type(error.reason).__name__})") from None
            except urllib3.exceptions.HTTPError as error:  # the connection broke in the middle
                if attempt == self.retries:
                    raise Unreachable(f"{host} broke off {attempt + 1} times ({type(error).__name__})") from None
                self.log(f"  {asset.name}: the connection broke at {part.stat().st_size if part.exists() else 0} bytes; going on from there")
                time.sleep(self.backoff * 2 ** attempt)

    def _download(self, asset: Asset, url: str, part: Path) -> None:
        """Append to `part` what is missing; from the first byte where the server does not know Range or the rest does not fit."""
        have = part.stat().st_size if part.exists() else 0
        if have >= asset.size:  # a leftover of another kind
            part.unlink()
            have = 0
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
        answer = self.http.request("GET", url, headers=headers, preload_content=False, enforce_content_length=True)
        try:
            if answer.status not in (200, 206):
                raise Unreachable(f"{url} answered {answer.status}")
            if answer.status == 206 and not answer.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
                raise Unreachable(f"{url} sent another range than was asked for")
            if answer.status == 200:
                have = 0
            meter = ProgressMeter(asset.name, asset.size)
            with part.open("ab" if have else "wb") as file:
                for chunk in answer.stream(CHUNK):
                    file.write(chunk)
                    have += len(chunk)
                    meter.show(have)
                    if have > asset.size:  # another file, or no end: the hash will say so
                        break
            meter.close()
        finally:
            answer.close()
        if have < asset.size:
            raise urllib3.exceptions.IncompleteRead(have, asset.size - have)

    def _from_wheel(self, asset: Asset, source: dict[str, str], missing: list[Asset]) -> None:
        """Open a wheel once and keep every member that a missing asset wants from it; the wheel itself is not kept."""
        requirement = source["pypi"]
        wanted = [(each, other["member"]) for each in missing for other in each.sources
                  if other.get("pypi") == requirement and not self.path(each).exists()]
        self.log(f"Taking {len(wanted)} files out of {requirement}")
        try:
            meter = ProgressMeter(requirement, sum(each.size for each, _ in wanted))
            with zipfile.ZipFile(io.BufferedReader(RemoteFile(self.http, wheel_address(requirement), meter.show), CHUNK_BYTES)) as archive:
                self._keep_members(archive, wanted, requirement)
            meter.close()
        except (RangesUnsupported, urllib3.exceptions.HTTPError, zipfile.BadZipFile, zlib.error) as reason:
            self.log(f"  {reason if isinstance(reason, RangesUnsupported) else type(reason).__name__}; downloading it whole (it is not kept)")
            with tempfile.TemporaryDirectory(dir=self.folder, prefix="wheel-") as folder, \
                    zipfile.ZipFile(download_wheel(requirement, source["sha256"], Path(folder))) as archive:
                self._keep_members(archive, wanted, requirement)
        if not self.path(asset).exists():
            raise Unreachable(f"{requirement} has no {source['member']}")

    def _keep_members(self, archive: zipfile.ZipFile, wanted: list[tuple[Asset, str]], place: str) -> None:
        held = set(archive.namelist())
        for asset, member in wanted:
            if member in held and not self.path(asset).exists():
                self._copy(asset, archive.read(member), place)


def wheel_address(requirement: str) -> str:
    """Where the machine's package index has a wheel. pip finds out; an index that serves metadata apart sends no more than that."""
    done = subprocess.run([*PIP, "install", "--dry-run", "--ignore-installed", "--no-deps", "--only-binary", ":all:", "--ignore-requires-python", "--no-cache-dir",
                           "--quiet", "--report", "-", requirement], capture_output=True, text=True, errors="replace")
    if done.returncode:
        raise Unreachable(f"pip could not find {requirement} ({last_words(done.stderr.splitlines())})")
    address = json.loads(done.stdout)["install"][0]["download_info"]["url"]
    if urlsplit(address).scheme not in ("http", "https"):
        raise RangesUnsupported(f"{requirement} lies in a folder")
    return address


def download_wheel(requirement: str, digest: str | None, folder: Path) -> Path:
    """Download one wheel with pip, which checks its hash (when given), resumes and retries. Only read, never installed: any Python will do."""
    listed = folder / "requirement.txt"
    listed.write_text(requirement + (f" --hash=sha256:{digest}" if digest else "") + "\n", encoding="utf-8")
    command = [*PIP, "download", "--no-deps", "--only-binary", ":all:", "--ignore-requires-python", "--no-cache-dir", "--retries", "5", "--resume-retries", "10",
               "--progress-bar", "raw", "--dest", str(folder), "--requirement", str(listed)]
    words: list[str] = []
    meter = None
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace") as child:
        for line in child.stdout:
            fields = line.split()
            if len(fields) == 4 and fields[0] == "Progress" and fields[2] == "of":
                meter = meter or ProgressMeter(requirement, int(fields[3]))
                meter.show(int(fields[1]))
            else:
                words.append(line)
    if meter:
        meter.close()
    wheels = list(folder.glob("*.whl"))
    if child.returncode or len(wheels) != 1:
        raise Unreachable(f"pip could not download {requirement} ({last_words(words)})")
    return wheels[0]


def last_words(lines: Iterable[str]) -> str:
    """Why pip failed: its last error, else its last line."""
    lines = [line.strip() for line in lines if line.strip()]
    return next((line for line in reversed(lines) if line.startswith("ERROR")), lines[-1] if lines else "pip said nothing")


def lock(path: Path = LOCK, node_modules: Path = NODE_MODULES) -> None:
    """Write the asset lock: npm's packages are pinned already, and Pyodide's own lock says which files and hashes are official."""
    entries = [_npm_entry(node_modules, "pyodide", name, "pyodide") for name in PYODIDE_CORE]
    entries += [_npm_entry(node_modules, "onnxruntime-web", f"dist/{name}", "onnxruntime") for name in ORT_FILES]
    official = json.loads((node_modules / "pyodide/pyodide-lock.json").read_text(encoding="utf-8"))["packages"]
    requirement, prefix = PYODIDE_WHEEL
    with tempfile.TemporaryDirectory() as folder:
        wheel = download_wheel(requirement, None, Path(folder))
        with zipfile.ZipFile(wheel) as archive:
            for name in closure(PYODIDE_PACKAGES, official):
                package = official[name]
                data = archive.read(prefix + package["file_name"])
                if hashlib.sha256(data).hexdigest() != package["sha256"]:
                    raise BuildError(f"{package['file_name']} in {requirement} is not the official file.", "Choose another release in pystudio/builder/assets/downloads.py.")
                entries.append({
                    "name": package["file_name"], "kind": "wheel", "version": package["version"], "size": len(data), "sha256": package["sha256"],
                    "sources": [{"url": CDN.format(version=entries[0]["version"]) + package["file_name"]},
                                {"pypi": requirement, "sha256": sha256(wheel), "member": prefix + package["file_name"]}]})
    path.write_text(json.dumps({"about": "made by: python3 build.py lock", "assets": entries}, indent=1) + "\n", encoding="utf-8")
    log(f"{display_path(path)}: {len(entries)} files, {sum(e['size'] for e in entries) / 1e6:.1f} MB")


def closure(names: Iterable[str], packages: dict[str, dict]) -> list[str]:
    """The named packages of a Pyodide lock and all they depend on, sorted."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += packages[name]["depends"]
    return sorted(found)


def _npm_entry(node_modules: Path, package: str, member: str, kind: str) -> dict:
    folder = node_modules / package
    version = json.loads((folder / "package.json").read_text(encoding="utf-8"))["version"]
    return {"name": Path(member).name, "kind": kind, "version": version, "size": (folder / member).stat().st_size, "sha256": sha256(folder / member),
            "sources": [{"npm": f"{package}@{version}", "member": member}]}
