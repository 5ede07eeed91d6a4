"""The way of an import: files in the mapping's order, rows in batches, each batch one transaction.

A batch is planned on a snapshot first, so that rows without news never wait for the database's writer, and planned again
in the transaction that writes it. Killed between two batches, the next run finds what is there and goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from sqlalchemy.exc import IntegrityError

from server.domain.words import UserId
from server.imports.card import Card
from server.imports.directory import FIRST_PRETENDED, Pretended
from server.imports.mapping import Mapping
from server.imports.plan import Batch, Importer, Plan, Wanted, read_batch
from server.imports.report import Progress, Report, Step
from server.imports.table import Row
from server.imports.tasks import BATCH, Task, planned, tasks_of
from server.store import Store


def _nobody(step: Step) -> None: ...


async def run(
    store: Store,
    user: UserId,
    files: Iterable[Path],
    mapping: Mapping,
    *,
    dry_run: bool = False,
    progress: Progress = _nobody,
) -> Report:
    """Imports files (or all CSV files of a folder) as `user`, with that user's rights.

    Good rows go in, bad ones are in the report. Rows imported before are compared, and changed where they differ. A dry
    run checks everything against everything, the rows of earlier files included, and writes nothing. Raises
    NotSignedIn for an unknown user and Unavailable when the database does not answer; what is written by then stays.
    """
    tasks, refused = tasks_of(files, mapping)
    pretended: list[Pretended] = []
    numbers = count(FIRST_PRETENDED)
    for task in tasks:
        table = await task.read()
        of_file = _Run(store, user, task, await task.importer(store, user, pretended), progress)
        if dry_run:
            added = await of_file.check(table)
            pretended += [of_file.importer.pretended(each, next(numbers)) for each in added]
        else:
            await of_file.write(table)
    return Report((*refused, *(task.report for task in tasks)), dry_run)


@dataclass(frozen=True, slots=True)
class _Run:
    """One file's way: its rows through its importer."""

    store: Store
    user: UserId
    task: Task
    importer: Importer
    progress: Progress

    async def check(self, table: Sequence[Row]) -> list[Wanted]:
        """Plans every batch and writes none; what would be added."""
        added: list[Wanted] = []
        for done, batch in self._batches(table):
            plan = await planned(self.store, self.user, self.importer, batch)
            added += plan.added
            self._count(plan, done, len(table))
        return added

    async def write(self, table: Sequence[Row]) -> None:
        """Writes every batch that has news, and keeps the card."""
        report = self.task.report
        async with self.store.database.reading() as connection:
            card = await Card.take_up(connection, self.user, report.file, report.kind)
        for done, batch in self._batches(table):
            plan = await planned(self.store, self.user, self.importer, batch)
            if plan.writes:
                plan = await self._write(batch, card)
            self._count(plan, done, len(table))
        if card.id is not None:
            async with self.store.works.open(self.user) as work:
                await card.close(work)

    def _batches(self, table: Sequence[Row]) -> Iterator[tuple[int, Batch]]:
        self.progress(Step(self.task.report.file, 0, len(table)))
        for start in range(0, len(table), BATCH):
            rows = table[start : start + BATCH]
            yield start + len(rows), read_batch(self.importer, rows)

    async def _write(self, batch: Batch, card: Card) -> Plan:
        """One batch in one transaction; once more when somebody else imported the same rows at the same moment."""
        counted = card.state
        try:
            return await self._written(batch, card)
        except IntegrityError:
            card.state = counted
            return await self._written(batch, card)

    async def _written(self, batch: Batch, card: Card) -> Plan:
        async with self.store.works.open(self.user) as work:
            plan = await self.importer.plan(work.connection, work.access, batch.wanted)
            if plan.writes:
                entry = await card.count(work, len(plan.added), len(plan.changed))
                await self.importer.write(work, plan, entry)
        plan.refused += batch.refused
        return plan

    def _count(self, plan: Plan, done: int, total: int) -> None:
        report = self.task.report
        report.added += len(plan.added)
        report.changed += len(plan.changed)
        report.unchanged += len(plan.unchanged)
        for row, error in plan.refused:
            report.refuse(row.line, error)
        self.progress(Step(report.file, done, total))
