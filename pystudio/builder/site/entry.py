"""What esbuild begins with: a script and a style sheet that name every lab, written from the labs' folders."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from ..lessons.labs import Lab, labs
from ..lessons.schema import Fence, page_type

SCRIPT = "entries/studio.js"
STYLES = "entries/labs.css"
"""Files below the folder for parts. The style sheet is imported by site_src/studio/studio.css, under the name `generated/labs.css`."""


def write(parts: Path) -> tuple[Path, Path]:
    """Write script and style sheet into the folder for parts; their paths."""
    script, styles = parts / SCRIPT, parts / STYLES
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text(script_text(labs()), encoding="utf-8")
    styles.write_text("".join(f'@import "{_relative(lab.style, styles.parent)}";\n' for lab in labs() if lab.style), encoding="utf-8")
    return script, styles


def _relative(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(path, folder)).as_posix()


def script_text(found: tuple[Lab, ...]) -> str:
    """The script: imports each lab's class and hands it to main.js with what lab.toml says of it."""
    imports = [f'import {_name(lab)} from "labs/{lab.folder.name}/element.js";' for lab in found]
    return "\n".join(['import { start } from "studio/main.js";', *imports, "", "start([", *(f"  {_entry(lab)}," for lab in found), "]);", ""])


def _name(lab: Lab) -> str:
    return f"lab_{lab.folder.name}"


def _entry(lab: Lab) -> str:
    said = {"tag": lab.fence.element, "startsEngine": lab.starts_engine, "schema": {} if lab.exercise else page_schema(lab.fence)}
    return f"{json.dumps(said, ensure_ascii=False)[:-1]}, element: {_name(lab)}}}"


def page_schema(fence: Fence) -> dict[str, dict[str, Any]]:
    """What the page needs to read the options of an element (site_src/studio/ui/options.js): type, default, and the values allowed."""
    schema = {}
    for option in fence.options:
        limits = {"low": option.low, "high": option.high} if option.kind in ("number", "integer") else {}
        given = {"default": option.default, "allowed": list(option.allowed) or None} | limits
        schema[option.name] = {"type": page_type(option)} | {key: value for key, value in given.items() if value is not None}
    return schema
