"""The files of an import, in the order of its mapping, each with what reads and writes it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from server.domain.words import UserId
from server.imports.directory import Pretended, read_directory
from server.imports.mapping import File, Mapping
from server.imports.people import People
from server.imports.plan import Batch, Importer, Plan
from server.imports.products import Products
from server.imports.records import Records, kinds_named
from server.imports.report import FileReport, Problem
from server.imports.table import Row, read_table
from server.store import Store
from server.store.access import load_access

BATCH = 500  # rows of one transaction: long enough to be fast, short enough that nobody waits for it


@dataclass(frozen=True, slots=True)
class Task:
    """One file on its way."""

    path: Path
    mapping: Mapping
    file: File
    report: FileReport

    async def read(self) -> Sequence[Row]:
        """The good rows; problems are in the report."""
        return await asyncio.to_thread(read_table, self.path, self.file, self.mapping.format_of(self.file), self.report)

    async def importer(self, store: Store, user: UserId, pretended: Sequence[Pretended]) -> Importer:
        """What plans and writes its rows, by what the portal holds now and what a dry run would have made."""
        kinds = set() if self.file.kind in {"user", "product"} else kinds_named(self.file)
        origin, format = self.mapping.origin, self.mapping.format_of(self.file)
        async with store.database.reading() as connection:
            directory = await read_directory(connection, await load_access(connection, user), origin, kinds)
        directory.pretend(pretended)
        if self.file.kind == "user":
            return People(self.file, directory)
        if self.file.kind == "product":
            return Products(self.file, format, origin)
        return Records(self.file, format, origin, directory, user)


def tasks_of(files: Iterable[Path], mapping: Mapping) -> tuple[list[Task], list[FileReport]]:
    """The files in the mapping's order (a folder is its CSV files), and reports of those it does not know."""
    tasks: list[Task] = []
    refused: list[FileReport] = []
    for path in _expanded(files):
        found = mapping.files_for(path.name)
        tasks += [Task(path, mapping, file, FileReport(path.name, file.kind)) for file in found]
        if not found:
            known = ", ".join(file.name for file in mapping.file)
            report = FileReport(path.name)
            report.problems.append(Problem(path.name, 0, "unmapped", "", f"the mapping is for {known}"))
            refused.append(report)
    order = {id(file): place for place, file in enumerate(mapping.file)}
    return sorted(tasks, key=lambda task: order[id(task.file)]), refused


def _expanded(files: Iterable[Path]) -> Iterator[Path]:
    for path in files:
        if path.is_dir():
            yield from sorted(child for child in path.iterdir() if child.suffix.lower() == ".csv")
        else:
            yield path


async def planned(store: Store, user: UserId, importer: Importer, batch: Batch) -> Plan:
    """What is to be done with a batch as of now, read from a snapshot."""
    async with store.database.reading() as connection:
        plan = await importer.plan(connection, await load_access(connection, user), batch.wanted)
    plan.refused += batch.refused
    return plan
