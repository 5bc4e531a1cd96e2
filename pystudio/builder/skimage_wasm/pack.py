"""Wheels: the original's files with our modules in place of its own, the same bytes every time."""
from __future__ import annotations

import base64
import hashlib
import os
import tarfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

from .recipe import SMALL, Recipe

DATE = (2020, 1, 1, 0, 0, 0)


class Writer:
    """A wheel being written: fixed dates, sorted by the caller, RECORD at the end."""

    def __init__(self, path: Path, info: str):
        self.path, self.info, self.record = path, info, []
        self.part = path.with_suffix(f".{os.getpid()}.part")
        path.parent.mkdir(parents=True, exist_ok=True)
        self.archive = zipfile.ZipFile(self.part, "w", zipfile.ZIP_DEFLATED, compresslevel=9)

    def add(self, name: str, data: bytes) -> None:
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        self.record.append(f"{name},sha256={digest},{len(data)}\n")
        self._write(name, data)

    def _write(self, name: str, data: bytes) -> None:
        entry = zipfile.ZipInfo(name, DATE)
        entry.compress_type, entry.external_attr, entry.create_system = zipfile.ZIP_DEFLATED, 0o644 << 16, 3
        self.archive.writestr(entry, data)

    def close(self) -> Path:
        self._write(f"{self.info}/RECORD", "".join([*self.record, f"{self.info}/RECORD,,\n"]).encode())
        self.archive.close()
        os.replace(self.part, self.path)
        return self.path


def belongs_to_tests(recipe: Recipe, name: str, size: int) -> bool:
    """Whether a file stays out of the shipped wheel: tests, and sample data that is not small."""
    return "/tests/" in name or (name.startswith(f"{recipe.package}/data/") and name.endswith(recipe.left_out) and size > SMALL)


def _kept(native: zipfile.ZipFile) -> Iterable[zipfile.ZipInfo]:
    """The original's files that are not compiled, sorted."""
    return (entry for entry in sorted(native.infolist(), key=lambda entry: entry.filename)
            if not entry.filename.endswith(("/", ".so", "/RECORD")) and ".libs/" not in entry.filename)


def shipped(recipe: Recipe, native: Path, modules: dict[str, bytes], tag: str, folder: Path) -> Path:
    """The wheel for visitors. `modules` maps paths in the wheel to side modules."""
    info = f"{recipe.distribution}-{recipe.version}.dist-info"
    wheel = Writer(folder / f"{recipe.distribution}-{recipe.version}-{tag}.whl", info)
    with zipfile.ZipFile(native) as original:
        for entry in _kept(original):
            if entry.filename == f"{info}/WHEEL":
                wheel.add(entry.filename, f"Wheel-Version: 1.0\nGenerator: pystudio\nRoot-Is-Purelib: false\nTag: {tag}\n\n".encode())
            elif not belongs_to_tests(recipe, entry.filename, entry.file_size):
                wheel.add(entry.filename, original.read(entry))
    for name, data in sorted(modules.items()):
        wheel.add(name, data)
    return wheel.close()


def tests(recipe: Recipe, native: Path, sources: Path, folder: Path) -> Path:
    """What the shipped wheel leaves out, as a wheel to be laid over it: the proof runs against the very bytes that visitors get.

    With it goes what only the sdist has: reference results, without which some tests would pass themselves over."""
    name = f"{recipe.distribution}_tests"
    info = f"{name}-{recipe.version}.dist-info"
    wheel = Writer(folder / f"{name}-{recipe.version}-py3-none-any.whl", info)
    with zipfile.ZipFile(native) as original:
        for entry in _kept(original):
            if belongs_to_tests(recipe, entry.filename, entry.file_size):
                wheel.add(entry.filename, original.read(entry))
        for name, data in _references(recipe, sources, set(original.namelist())):
            wheel.add(name, data)
    wheel.add(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name.replace('_', '-')}\nVersion: {recipe.version}\n".encode())
    wheel.add(f"{info}/WHEEL", b"Wheel-Version: 1.0\nGenerator: pystudio\nRoot-Is-Purelib: true\nTag: py3-none-any\n\n")
    return wheel.close()


def _references(recipe: Recipe, sources: Path, present: set[str]) -> Iterable[tuple[str, bytes]]:
    """Data files for tests that are in the sdist and not in the native wheel, sorted."""
    with tarfile.open(sources) as archive:
        for member in sorted(archive.getmembers(), key=lambda member: member.name):
            name = member.name.partition("/")[2].removeprefix(f"{recipe.sources}/")
            ours = name.startswith(f"{recipe.package}/") and ("/tests/" in name or "/data/" in name)
            if member.isfile() and ours and name not in present and not name.endswith((".py", ".pyi", ".pyx", ".build")):
                yield name, archive.extractfile(member).read()


def named_by_content(wheel: Path) -> Path:
    """The wheel under a name that changes with its bytes, which a host may cache for ever: the hash is its build number, as wheels may have one."""
    distribution, version, tag = wheel.name.split("-", 2)
    return wheel.replace(wheel.with_name(f"{distribution}-{version}-0x{hashlib.sha256(wheel.read_bytes()).hexdigest()[:8]}-{tag}"))


def modules_of(wheel: Path) -> dict[str, bytes]:
    """The compiled modules in a wheel, by path."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist() if name.endswith(".so") and ".libs/" not in name}
