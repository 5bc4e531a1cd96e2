"""One mistake of a teacher, as every check tells it: file, line, what is wrong, what to do."""
from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Mistake:
    """One thing to mend. `path` is relative to the project, `line` counts from 1."""

    path: str
    line: int
    message: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message} {self.remedy}".rstrip()
