"""What came of an import: counts per file, and every problem with its file and line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from server.errors import Invalid


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with one row; `line` is where the row begins, 0 when it is the file as a whole.

    Codes: those of fields (`required`, `unknown`, `ambiguous`, `number`, `date`, `too_long`, `control_character` …),
    of rows (`cells`, `quotes`, `encoding`, `duplicate`, `forbidden`) and of files (`unreadable`, `empty`, `column`,
    `unmapped`).
    """

    file: str
    line: int
    code: str
    field: str = ""
    message: str = ""


@dataclass(slots=True)
class FileReport:
    """The counts of one file. In a dry run they say what would have been."""

    file: str
    kind: str = ""
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    problems: list[Problem] = field(default_factory=list)

    def refuse(self, line: int, error: Invalid) -> None:
        """Notes everything that is wrong with a row, which then is left out whole."""
        self.problems += [Problem(self.file, line, each.code, each.field, each.message) for each in error.errors]

    @property
    def bad(self) -> int:
        """How many rows were left out."""
        return len({problem.line for problem in self.problems})


@dataclass(frozen=True, slots=True)
class Report:
    """What came of all files, in the order in which they were read."""

    files: tuple[FileReport, ...]
    dry_run: bool = False

    @property
    def problems(self) -> list[Problem]:
        """All problems, file by file, line by line."""
        return [problem for file in self.files for problem in sorted(file.problems, key=lambda each: each.line)]

    @property
    def added(self) -> int:
        """Rows that made something new."""
        return sum(file.added for file in self.files)

    @property
    def changed(self) -> int:
        """Rows that changed something imported before."""
        return sum(file.changed for file in self.files)

    @property
    def unchanged(self) -> int:
        """Rows that say what the portal already has."""
        return sum(file.unchanged for file in self.files)


@dataclass(frozen=True, slots=True)
class Step:
    """How far a file is: `done` of `total` rows."""

    file: str
    done: int
    total: int


Progress: TypeAlias = Callable[[Step], None]
"""Told after every batch of rows. Must not wait."""
