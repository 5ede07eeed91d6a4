"""`caudal import`: CSV exports of other CRMs, on the command line. What an import is, `server.imports` knows."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from server import imports
from server.commands.accounts import Accounts
from server.commands.options import Data, open_store, out
from server.domain.words import UserId
from server.imports import FilePreview, Mapping, Problem, Report, Step, load_mapping
from server.settings import Settings, read_settings
from server.store import Store

INCOMPLETE = 1  # exit code: what could be imported is, and some rows were left out


def import_files(
    files: Annotated[list[Path], typer.Argument(help="CSV files, or folders of them.", exists=True, readable=True)],
    mapping: Annotated[
        str, typer.Option("--map", help="A mapping file, or the name of one that comes with Caudal.", metavar="MAPPING")
    ],
    preview: Annotated[bool, typer.Option("--preview", help="Show the first rows as they would be made.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check every row and write nothing.")] = False,
    who: Annotated[
        str | None,
        typer.Option("--as", help="Whose import it is, with whose rights.", metavar="EMAIL", show_default="an admin"),
    ] = None,
    data: Data = None,
) -> None:
    """Imports CSV exports of other CRMs. What was imported before is compared, and changed where it differs."""
    settings = read_settings(data=data)
    loaded = load_mapping(mapping)
    if preview:
        _show_previews(asyncio.run(_preview(settings, who, files, loaded)))
        return
    report = asyncio.run(_import(settings, who, files, loaded, dry_run=dry_run))
    _show_report(report)
    if report.problems:
        raise typer.Exit(INCOMPLETE)


async def _preview(settings: Settings, who: str | None, files: Sequence[Path], mapping: Mapping) -> list[FilePreview]:
    async with open_store(settings) as store:
        return await imports.preview(store, await _user(store, settings, who), files, mapping)


async def _import(
    settings: Settings, who: str | None, files: Sequence[Path], mapping: Mapping, *, dry_run: bool
) -> Report:
    async with open_store(settings) as store:
        user = await _user(store, settings, who)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=Console(stderr=True)) as bars:
            tasks = {}

            def show(step: Step) -> None:
                if step.file not in tasks:
                    tasks[step.file] = bars.add_task(step.file)
                bars.update(tasks[step.file], completed=step.done, total=step.total)

            return await imports.run(store, user, files, mapping, dry_run=dry_run, progress=show)


async def _user(store: Store, settings: Settings, who: str | None) -> UserId:
    accounts = Accounts(store, settings.secret)
    return await accounts.find(who.lower()) if who else await accounts.first_admin()


def _show_previews(previews: Sequence[FilePreview]) -> None:
    for preview in previews:
        table = Table(title=f"{preview.file} ({preview.kind})" if preview.kind else preview.file, title_justify="left")
        table.add_column("line", style="bold")
        for row in preview.rows:
            table.add_column(f"{row.line} {row.outcome}", overflow="fold")
        for name in dict.fromkeys(name for row in preview.rows for name in row.fields):
            table.add_row(name, *(row.fields.get(name, "") for row in preview.rows))
        out.print(table)
        _show_problems(preview.problems)


def _show_report(report: Report) -> None:
    table = Table("file", "kind", "added", "changed", "unchanged", "left out", box=None)
    for file in report.files:
        table.add_row(file.file, file.kind, *map(str, (file.added, file.changed, file.unchanged, file.bad)))
    _show_problems(report.problems)
    out.print(table)
    if report.dry_run:
        out.print("This was a dry run: nothing was written.")


def _show_problems(problems: Sequence[Problem]) -> None:
    for problem in problems:
        where = f"{problem.file}:{problem.line}" if problem.line else problem.file
        what = f"{problem.message} ({problem.code})" if problem.message else problem.code
        out.print(": ".join(filter(None, (where, problem.field, what))), markup=False)
