"""The pystudio wheel that the browser installs: the same bytes from the same sources, and a version that names its content."""
from __future__ import annotations

import hashlib
import json
import os
import tempfile
import tomllib
from pathlib import Path

from hatchling.builders.wheel import WheelBuilder
from hatchling.metadata.core import ProjectMetadata
from hatchling.plugin.manager import PluginManager

from .. import ROOT, BuildError

EPOCH = "1577836800"  # 2020-01-01: the date of every file inside


def build(out: Path, root: Path = ROOT) -> Path:
    """Build the wheel of the checkout at `root` into `out` and return its path; one that is already there is left alone.

    Its version is that of pystudio/__init__.py with `+<hash8>`, the hash of everything that goes in: browsers and micropip may keep it for ever.
    hatchling's builder is called directly because its command line has no way to set a local version.
    """
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    del project["project"]["readme"]  # a new sentence in it should not make every visitor fetch a new wheel
    builder = _builder(root, project)
    digest = _content(builder, project)
    project["project"] |= {"version": f"{builder.metadata.version}+{digest[:8]}", "dynamic": []}
    path = out / f"{project['project']['name']}-{project['project']['version']}-py3-none-any.whl"
    if path.exists():
        return path
    out.mkdir(parents=True, exist_ok=True)
    before = os.environ.get("SOURCE_DATE_EPOCH")
    os.environ["SOURCE_DATE_EPOCH"] = EPOCH
    with tempfile.TemporaryDirectory(dir=out, prefix="new-") as folder:  # it takes its name when it is whole
        try:
            built = Path(next(_builder(root, project).build(directory=folder, versions=["standard"])))
        except OSError:
            raise
        except Exception as error:  # hatchling has no error of its own
            raise BuildError(f"The pystudio wheel could not be built: {error}.", "Look at pyproject.toml.") from error
        finally:
            os.environ.pop("SOURCE_DATE_EPOCH") if before is None else os.environ.update(SOURCE_DATE_EPOCH=before)
        if built.name != path.name:
            raise BuildError(f"The pystudio wheel is called {built.name}, not {path.name}.", "Write the name in pyproject.toml and the version in pystudio/__init__.py in their normal form.")
        return built.replace(path)


def _builder(root: Path, project: dict) -> WheelBuilder:
    plugins = PluginManager()
    metadata = ProjectMetadata(str(root), plugins, project)
    return WheelBuilder(str(root), plugin_manager=plugins, config=project, metadata=metadata)


def _content(builder: WheelBuilder, project: dict) -> str:
    """Hash of all files that go in, their places, and what becomes the metadata."""
    hashed = hashlib.sha256(json.dumps(project["project"], sort_keys=True).encode())
    included = sorted((file.distribution_path.replace("\\", "/"), file.path) for file in builder.recurse_included_files())
    included += [(name, f"{builder.root}/{name}") for name in project["project"]["license-files"]]
    for place, source in included:
        hashed.update(place.encode() + b"\0" + Path(source).read_bytes() + b"\0")
    return hashed.hexdigest()
