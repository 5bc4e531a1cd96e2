"""What students hand in: reading saved reports, a table of them, a CSV. The page writes them (pystudio/labs/report/files.js).

A report is a JSON object ::

    {"format": "pystudio-report", "version": 1, "site": …, "name": …, "saved": "2026-11-22T10:00:00Z", "checksum": "1a2b3c4d",
     "tasks": [{"id", "title", "kind", "page", "state": "new" | "tried" | "done", "tries", "best", "seconds", "hints", "solution", "answer"}, …]}

The checksum finds accidents: a file cut short or changed by a program.  It is no protection against cheating, because whoever can open
the page can also compute it.  Files come from strangers: nothing in them is trusted, run or followed.
"""

from __future__ import annotations

import csv
import glob
import io
import json
import math
import re
import unicodedata
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import StudioError

__all__ = ["Report", "ReportError", "TaskResult", "checksum", "files", "read", "table", "to_csv"]

FORMAT = "pystudio-report"
VERSION = 1
MAX_BYTES = 5_000_000
MAX_TASKS = 1000
MAX_TEXT = 100_000
STATES = ("new", "tried", "done")


class ReportError(StudioError):
    """A file is not a report that can be used."""


@dataclass(frozen=True)
class TaskResult:
    """One exercise of one student; `best` is from 0 to 1, None when there is no score yet."""

    id: str
    title: str
    kind: str
    page: str
    state: str
    tries: int
    best: float | None
    seconds: int
    hints: int
    solution: bool
    answer: str


@dataclass(frozen=True)
class Report:
    """What one student saved. `intact` tells whether the checksum fits."""

    file: str
    site: str
    name: str
    saved: str
    tasks: tuple[TaskResult, ...]
    intact: bool

    @property
    def done(self) -> int:
        return sum(task.state == "done" for task in self.tasks)


def checksum(report: dict[str, Any]) -> str:
    """CRC-32 of a report without its `checksum`: of its compact JSON with sorted keys, in UTF-8.

    Examples
    --------
    >>> checksum({"name": "Ada", "checksum": "whatever"}) == checksum({"name": "Ada"})
    True
    """
    rest = {key: value for key, value in report.items() if key != "checksum"}
    text = json.dumps(rest, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return f"{zlib.crc32(text.encode('utf-8', 'surrogatepass')):08x}"


def files(names: Iterable[str]) -> list[Path]:
    """The files that are meant: a folder means the .json files in it, and a pattern is filled in where the shell has not done so.

    Raises
    ------
    ReportError
        When a folder or a pattern holds none.
    """
    found: list[Path] = []
    for name in names:
        path = Path(name)
        if path.is_dir():
            matches = sorted(path.glob("*.json"))
        elif not path.exists() and any(sign in name for sign in "*?["):
            matches = sorted(map(Path, glob.glob(name)))
        else:
            matches = [path]
        if not matches:
            raise ReportError(f"There is no report in {printable(name)}.", "Name the files, or a folder that has .json files in it.")
        found += [match for match in matches if match not in found]
    return found


def read(path: Path) -> Report:
    """Read one saved report.

    Parameters
    ----------
    path : Path

    Returns
    -------
    Report

    Raises
    ------
    ReportError
        When the file cannot be read or is no report: what is wrong with it, and what to do.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ReportError(f"The file cannot be read: {error.strerror}.", "Check its name and place.") from None
    if len(data) > MAX_BYTES:
        raise ReportError(f"The file is larger than {MAX_BYTES // 1_000_000} MB, which no report is.", "Ask for the file that the page saved.")
    try:
        content = json.loads(data.decode("utf-8-sig"), parse_constant=_refuse)
    except (UnicodeDecodeError, ValueError, RecursionError):
        hint = "This is the page to read; ask for the .json file beside it." if data.lstrip()[:1] == b"<" else "Ask for the file once more, as the page saved it."
        raise ReportError("The file is not JSON, or it is cut short.", hint) from None
    return _report(content, path.name)


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _report(content: Any, file: str) -> Report:
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ReportError("The file is JSON, but no report of this studio.", "Ask for the file that the page “Report” saved.")
    version = content.get("version")
    if version != VERSION or isinstance(version, bool):
        raise ReportError(f"The report is of version {printable(str(version))[:20]}; this program reads version {VERSION}.", "Use a program as new as the page that saved it.")
    tasks = content.get("tasks")
    if not isinstance(tasks, list) or len(tasks) > MAX_TASKS:
        raise ReportError("The report has no list of exercises.", "Ask for the file once more, as the page saved it.")
    texts = {key: _text(content, key, "report") for key in ("site", "name", "saved")}
    try:
        intact = checksum(content) == content.get("checksum")
    except (RecursionError, ValueError):
        intact = False
    return Report(file, tasks=tuple(_task(task, number) for number, task in enumerate(tasks, 1)), intact=intact, **texts)


def _task(task: Any, number: int) -> TaskResult:
    where = f"exercise {number}"
    if not isinstance(task, dict):
        raise ReportError(f"In the report, {where} is no exercise.", "Ask for the file once more, as the page saved it.")
    state, best, solution = task.get("state"), task.get("best"), task.get("solution")
    good = state in STATES and isinstance(state, str) and isinstance(solution, bool)
    if not good or not (best is None or (_is_number(best) and 0 <= best <= 1)):
        raise ReportError(f"In the report, the state or the score of {where} makes no sense.", "Ask for the file once more, as the page saved it.")
    counts = {key: _whole(task, key, where) for key in ("tries", "seconds", "hints")}
    texts = {key: _text(task, key, where) for key in ("id", "title", "kind", "page", "answer")}
    return TaskResult(state=state, best=None if best is None else float(best), solution=solution, **counts, **texts)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _whole(record: dict[str, Any], key: str, where: str) -> int:
    value = record.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 10**9:
        raise ReportError(f"In the report, “{key}” of {where} is no count.", "Ask for the file once more, as the page saved it.")
    return value


def _text(record: dict[str, Any], key: str, where: str) -> str:
    value = record.get(key)
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise ReportError(f"In the report, “{key}” of {where} is no text, or too long.", "Ask for the file once more, as the page saved it.")
    return value


# ---------------------------------------------------------------- what the teacher sees
def printable(text: str) -> str:
    """One line without anything that would steer a terminal: control characters and changes of direction go.

    Examples
    --------
    >>> printable("Ada\\x1b[2J\\nBob")
    'Ada [2J Bob'
    """
    plain = "".join(" " if unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") else sign for sign in text)
    return re.sub(r"\s+", " ", plain).strip()


def table(reports: list[Report]) -> str:
    """A line for each report, by name, and one for each exercise that tells how many have done it.

    Parameters
    ----------
    reports : list of Report

    Returns
    -------
    str
    """
    reports = sorted(reports, key=lambda report: (report.name.casefold(), report.saved))
    rows = [("name", "done", "tries", "score", "minutes", "saved", "remarks")]
    rows += [_row(report) for report in reports]
    lines = _aligned(rows)
    exercises: dict[str, list[TaskResult]] = {}
    for report in reports:
        for task in report.tasks:
            exercises.setdefault(task.id, []).append(task)
    per_task = [("exercise", "done", "tries", "score", "solution seen")]
    for id, results in exercises.items():
        tried = [task for task in results if task.tries]
        mean = f"{sum(task.tries for task in tried) / len(tried):.1f}" if tried else "-"
        per_task.append((_short(id, 40), f"{sum(task.state == 'done' for task in results)}/{len(results)}", mean, _mean(results), str(sum(task.solution for task in results))))
    return "\n".join([*lines, "", *_aligned(per_task)])


def _row(report: Report) -> tuple[str, ...]:
    notes = [] if report.intact else ["changed since it was saved"]
    if seen := sum(task.solution for task in report.tasks):
        notes.append(f"{seen} solution{'s' if seen > 1 else ''} seen")
    return (_short(report.name, 32) or "(no name)", f"{report.done}/{len(report.tasks)}", str(sum(task.tries for task in report.tasks)), _mean(report.tasks),
            str(round(sum(task.seconds for task in report.tasks) / 60)), _short(report.saved[:10], 10), ", ".join(notes))


def _mean(tasks: Iterable[TaskResult]) -> str:
    scores = [task.best for task in tasks if task.best is not None]
    return f"{sum(scores) / len(scores):.0%}" if scores else "-"


def _short(text: str, most: int) -> str:
    text = printable(text)
    return text if len(text) <= most else text[: most - 1] + "…"


def _aligned(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _width(text: str) -> int:
    """Columns of a terminal that a text takes: East Asian signs take two, signs that sit on others none."""
    return sum(0 if unicodedata.combining(sign) else 2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


COLUMNS = ("file", "name", "saved", "intact", "exercise", "title", "kind", "page", "state", "tries", "best", "seconds", "hints", "solution", "answer")


def to_csv(reports: list[Report]) -> str:
    """One line for each student and exercise, under a heading; opens in any spreadsheet.

    Parameters
    ----------
    reports : list of Report

    Returns
    -------
    str
        A text that a spreadsheet would take for a formula has an apostrophe before it, so that it stays a text.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for report in reports:
        for task in report.tasks:
            best = "" if task.best is None else f"{task.best:.4f}"
            cells = (report.file, report.name, report.saved, "yes" if report.intact else "no", task.id, task.title, task.kind, task.page, task.state,
                     task.tries, best, task.seconds, task.hints, "yes" if task.solution else "no", task.answer)
            writer.writerow([_harmless(cell) if isinstance(cell, str) else cell for cell in cells])
    return out.getvalue()


def _harmless(text: str) -> str:
    text = "".join(sign for sign in text if sign in "\n\t" or unicodedata.category(sign) not in ("Cc", "Cs"))
    return f"'{text}" if text.lstrip(" \u00a0\u3000\ufeff")[:1] in tuple("=+-@|%\t\n＝＋－＠") else text
