"""What esbuild begins with, written from the labs' folders: a script for each lab, the studio's own script, and a style sheet that names the labs' styles.

The studio's script holds what labs share and offers it by name (`pystudioModules`); a lab's script holds that lab alone and takes the rest from there. What
only some labs share (exercises, charts) are scripts between the two. So a page loads what its own labs need, and each module of `site_src/studio/` exists once on it. All are
classic scripts, which also load from file://.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .. import STUDIO
from ..lessons.labs import Lab, labs
from ..lessons.schema import Fence, page_type

FOLDER = "entries"  # below the folder for parts
STYLES = "labs.css"
"""Imported by site_src/studio/studio.css, under the name `generated/labs.css`."""

REGISTRY = "studio/ui/lab_registry.js"
APART = ("charts", "exercises")
"""Folders of site_src/studio whose modules are a script of their own each: only some labs import them, and they import nothing from one another."""


def write_styles(parts: Path) -> Path:
    """Write the style sheet into the folder for parts; its path."""
    path = _folder(parts) / STYLES
    path.write_text("".join(f'@import "{_relative(lab.style, path.parent)}";\n' for lab in labs() if lab.style), encoding="utf-8")
    return path


def write_labs(parts: Path) -> dict[str, Path]:
    """Write the scripts of the labs into the folder for parts; their paths by the labs' elements."""
    paths = {}
    for lab in labs():
        paths[lab.fence.element] = path = _folder(parts) / f"lab-{lab.fence.name}.js"
        path.write_text(lab_script(lab), encoding="utf-8")
    return paths


def write_apart(parts: Path) -> dict[str, Path]:
    """Write the scripts with what only some labs share into the folder for parts; their paths by the folders of the modules."""
    paths = {}
    for name in APART:
        paths[name] = path = _folder(parts) / f"{name}.js"
        modules = {f"studio/{name}/{module.name}": _relative(module, path.parent) for module in sorted((STUDIO / name).glob("*.js"))}
        path.write_text("\n".join([*_offer(modules), "Object.assign(pystudioModules, modules);", ""]), encoding="utf-8")
    return paths


def apart(module: str) -> str | None:
    """The folder in APART that holds a module, or None."""
    return next((name for name in APART if module.startswith(f"studio/{name}/")), None)


def write_studio(parts: Path, shared: Iterable[str]) -> Path:
    """Write the studio's script, which offers the modules `shared` (``studio/…``) to the labs, into the folder for parts; its path."""
    path = _folder(parts) / "studio.js"
    modules = {name: name for name in sorted({*shared, REGISTRY}) if not apart(name)}
    path.write_text(studio_script(labs(), modules), encoding="utf-8")
    return path


def _folder(parts: Path) -> Path:
    folder = parts / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _relative(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(path, folder)).as_posix()


def lab_script(lab: Lab) -> str:
    """The script of a lab: hands its class to the page, with what lab.toml says of it."""
    described = {"tag": lab.fence.element, "startsEngine": lab.starts_engine, "schema": {} if lab.exercise else page_schema(lab.fence)}
    return "\n".join([f'import element from "labs/{lab.folder.name}/element.js";', f'import {{ addLab }} from "{REGISTRY}";', "",
                      f"addLab({json.dumps(described, ensure_ascii=False)[:-1]}, element}});", ""])


def studio_script(found: tuple[Lab, ...], modules: dict[str, str]) -> str:
    """The studio's script: offers what labs share, then begins. `modules` are where to import from, by name."""
    tags = json.dumps([lab.fence.element for lab in found if lab.starts_engine])
    return "\n".join(['import { start } from "studio/main.js";', *_offer(modules), "globalThis.pystudioModules = modules;", f"start({tags});", ""])


def _offer(modules: dict[str, str]) -> list[str]:
    """Lines that import modules and gather them under their names, as `modules`."""
    imports = [f'import * as module{number} from "{place}";' for number, place in enumerate(modules.values())]
    return [*imports, "const modules = {", *(f'  "{name}": module{number},' for number, name in enumerate(modules)), "};"]


def page_schema(fence: Fence) -> dict[str, dict[str, Any]]:
    """What the page needs to read the options of an element (site_src/studio/ui/options.js): type, default, and the values allowed."""
    schema = {}
    for option in fence.options:
        limits = {"low": option.low, "high": option.high} if option.kind in ("number", "integer") else {}
        given = {"default": option.default, "allowed": list(option.allowed) or None} | limits
        schema[option.name] = {"type": page_type(option)} | {key: value for key, value in given.items() if value is not None}
    return schema
