"""What is written down from the labs' folders: the types of their options and calls for scripts, the table of blocks in the README, and a section of the guide.

`build.py labs` writes them; the tests compare.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from ...session import protocol
from .. import ROOT, log
from .fences import FENCES
from .labs import Lab, labs
from .schema import Fence, Option, example

README = "README.md"
GUIDE = "site_src/teach-fences.md"
PROTOCOL = "site_src/studio/types/protocol.d.ts"
HEAD = "| Block | What it places |\n|---|---|\n"
LAST_SECTION = "\n## Python in the page\n"
"""New labs are described at the end of the part before this heading."""

LIST_TYPES = {"position": "[number, number]", "choices": "{ answer: string; why: string; right?: boolean }[]", "arguments": "Record<string, string>"}


def files(root: Path = ROOT) -> dict[str, str]:
    """Each file that follows from the labs, with the text that it has to have: path below the project to content."""
    made = {f"{lab.folder.relative_to(root).as_posix()}/options.d.ts": typescript(lab) for lab in labs(root)}
    made[PROTOCOL] = protocol.typescript()
    made[README] = with_table((root / README).read_text(encoding="utf-8"), labs(root))
    made[GUIDE] = with_sections((root / GUIDE).read_text(encoding="utf-8"), labs(root))
    return made


def write(root: Path = ROOT) -> list[str]:
    """Write the files that are not yet as they have to be; their paths."""
    changed = [path for path, text in files(root).items() if not (root / path).is_file() or (root / path).read_text(encoding="utf-8") != text]
    for path in changed:
        (root / path).write_text(files(root)[path], encoding="utf-8")
    return changed


def main() -> int:
    """The command `labs`."""
    changed = write()
    log("\n".join(f"written: {path}" for path in changed) or f"All files that follow from the {len(labs())} labs are up to date.")
    return 0


def typescript(lab: Lab) -> str:
    """The types of a lab's options."""
    lines = [f"  /** {option.help} */\n  {option.name}{'' if option.required or option.default is not None else '?'}: {_type(option)};" for option in lab.fence.options]
    return "// Written by `build.py labs` from lab.toml.\n\nexport type Options = {\n" + "".join(f"{line}\n" for line in lines) + "};\n"


def _type(option: Option) -> str:
    if option.kind == "choice":
        return " | ".join(map(json.dumps, option.allowed))
    if option.kind in ("methods", "texts", "photos"):
        return "string[]"
    return LIST_TYPES.get(option.kind) or {"switch": "boolean", "number": "number", "integer": "number"}.get(option.kind, "string")


def with_table(text: str, found: tuple[Lab, ...]) -> str:
    """The README with a row for each block in its table."""
    start = text.index(HEAD) + len(HEAD)
    end = re.compile(r"^(?!\|)", re.MULTILINE).search(text, start).start()
    plain = [fence for fence in FENCES.values() if not fence.element]
    rows = [f"| `{fence.name}` | {fence.help} |\n" for fence in [*(lab.fence for lab in found), *plain]]
    return text[:start] + "".join(rows) + text[end:]


def with_sections(text: str, found: tuple[Lab, ...]) -> str:
    """The guide with a section for each block that it does not describe yet."""
    absent = [lab.fence for lab in found if f"\nfence: {lab.fence.name}\n" not in text]
    at = text.index(LAST_SECTION)
    return text[:at] + "".join(map(_section, absent)) + text[at:]


def _section(fence: Fence) -> str:
    required = "".join(f"{option.name}: {example(option)}\n" for option in fence.options if option.required)
    table = f"\n```fence-options\nfence: {fence.name}\n```\n" if fence.options else ""
    title = fence.help[0].lower() + fence.help[1:].rstrip(".")
    return f"\n### `{fence.name}`: {title}\n\n````md\n```{fence.name}\n{required}```\n````\n{table}"
