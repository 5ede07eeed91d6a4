"""The way of an import: files in the mapping's order, rows in batches, each batch one transaction.

A batch is planned on a snapshot first, so that rows without news never wait for the database's writer, and planned again
in the transaction that writes it. Killed between two batches, the next run finds what is there and goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import count
from pathlib import Path

from sqlalchemy.exc import IntegrityError

from server.domain.words import UserId
from server.imports.card import Card
from server.imports.directory import FIRST_PRETENDED, Pretended
from server.imports.mapping import Mapping
from server.imports.plan import Addition, Importer, Plan
from server.imports.report import FileReport, Progress, Report, Step
from server.imports.table import Row
from server.imports.tasks import Task, batches, planned, tasks_of
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
        importer = await task.importer(store, user, pretended)
        progress(Step(task.report.file, 0, len(table)))
        if dry_run:
            added = await _check_all(store, user, importer, task, table, progress)
            pretended += [importer.pretended(each, next(numbers)) for each in added]
        else:
            await _write_all(store, user, importer, task, table, progress)
    return Report((*refused, *(task.report for task in tasks)), dry_run)


async def _check_all(
    store: Store, user: UserId, importer: Importer, task: Task, table: Sequence[Row], progress: Progress
) -> list[Addition]:
    """Plans every batch and writes none; what would be added."""
    added: list[Addition] = []
    done = 0
    for batch in batches(table):
        plan = await planned(store, user, importer, batch)
        _count(task.report, plan)
        added += plan.added
        done += len(batch)
        progress(Step(task.report.file, done, len(table)))
    return added


async def _write_all(
    store: Store, user: UserId, importer: Importer, task: Task, table: Sequence[Row], progress: Progress
) -> None:
    async with store.database.reading() as connection:
        card = await Card.take_up(connection, user, task.report.file, task.file.kind)
    done = 0
    for batch in batches(table):
        plan = await planned(store, user, importer, batch)
        if plan.writes:
            plan = await _write(store, user, importer, batch, card)
        _count(task.report, plan)
        done += len(batch)
        progress(Step(task.report.file, done, len(table)))
    if card.id is not None:
        async with store.works.open(user) as work:
            await card.close(work)


async def _write(store: Store, user: UserId, importer: Importer, batch: Sequence[Row], card: Card) -> Plan:
    """One batch in one transaction; once more when somebody else imported the same rows at the same moment."""
    counted = card.state
    try:
        return await _written(store, user, importer, batch, card)
    except IntegrityError:
        card.state = counted
        return await _written(store, user, importer, batch, card)


async def _written(store: Store, user: UserId, importer: Importer, batch: Sequence[Row], card: Card) -> Plan:
    async with store.works.open(user) as work:
        plan = await importer.plan(work.connection, work.access, batch)
        if plan.writes:
            entry = await card.count(work, len(plan.added), len(plan.changed))
            await importer.write(work, plan, entry)
    return plan


def _count(report: FileReport, plan: Plan) -> None:
    report.added += len(plan.added)
    report.changed += len(plan.changed)
    report.unchanged += plan.unchanged
    for row, error in plan.refused:
        report.refuse(row.line, error)
