"""The first rows of each file as an import would make them. Nothing is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping as Texts, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import count
from pathlib import Path

from server.domain.words import UserId
from server.imports.cells import fill
from server.imports.directory import FIRST_PRETENDED, Pretended
from server.imports.mapping import File, Mapping
from server.imports.plan import Plan, read_batch
from server.imports.report import Problem
from server.imports.table import Row
from server.imports.tasks import BATCH, planned, tasks_of
from server.store import Store

SHOWN = 5  # rows


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """One row as it would be made: its line, its id in the file, what happens to it, its fields as texts.

    `outcome` is `added`, `changed`, `unchanged` or `refused`.
    """

    line: int
    key: str
    outcome: str
    fields: Texts[str, str]


@dataclass(frozen=True, slots=True)
class FilePreview:
    """The first rows of one file, and the problems of the file as a whole and among them."""

    file: str
    kind: str
    rows: tuple[PreviewRow, ...]
    problems: tuple[Problem, ...]


async def preview(
    store: Store, user: UserId, files: Iterable[Path], mapping: Mapping, *, rows: int = SHOWN
) -> list[FilePreview]:
    """The first rows of each file. Rows of files before it count as made, so that they can be referred to.

    Raises NotSignedIn for an unknown user and Unavailable when the database does not answer.
    """
    tasks, refused = tasks_of(files, mapping)
    previews = [FilePreview(report.file, report.kind, (), tuple(report.problems)) for report in refused]
    pretended: list[Pretended] = []
    numbers = count(FIRST_PRETENDED)
    for task in tasks:
        table = await task.read()
        importer = await task.importer(store, user, pretended)
        shown: tuple[PreviewRow, ...] = ()
        for start in range(0, len(table), BATCH):
            batch = table[start : start + BATCH]
            plan = await planned(store, user, importer, read_batch(importer, batch))
            pretended += [importer.pretended(added, next(numbers)) for added in plan.added]
            for row, error in plan.refused:
                task.report.refuse(row.line, error)
            if start == 0:
                shown = _shown(task.file, plan, batch[:rows])
        last = shown[-1].line if shown else 0
        problems = tuple(problem for problem in task.report.problems if problem.line <= last)
        previews.append(FilePreview(task.report.file, task.file.kind, shown, problems))
    return previews


def _shown(file: File, plan: Plan, rows: Sequence[Row]) -> tuple[PreviewRow, ...]:
    texts = {path: fill(source) for path, source in file.sources().items()}
    values = {each.row.line: each.values for each in (*plan.added, *plan.unchanged)}
    values |= {each.row.line: each.before | each.values for each in plan.changed}
    outcomes = {each.row.line: "added" for each in plan.added} | {each.row.line: "changed" for each in plan.changed}
    outcomes |= {row.line: "refused" for row, _ in plan.refused}

    def fields(row: Row) -> dict[str, str]:
        kept = values.get(row.line, {})
        return {path: _text(kept.get(path), text_of(row.cells)) for path, text_of in texts.items()}

    return tuple(PreviewRow(row.line, row.key, outcomes.get(row.line, "unchanged"), fields(row)) for row in rows)


def _text(value: object, written: str) -> str:
    """A field as it would be kept where that can be read; names stay names."""
    return str(value) if isinstance(value, str | Decimal) else written
