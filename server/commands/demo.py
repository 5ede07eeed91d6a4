"""`caudal demo`: an empty portal gets a company with a year behind it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.table import Table

from server.commands.options import Data, open_store, out
from server.demo import PASSWORD, Login, NotEmpty, fill
from server.settings import Settings, read_settings
from server.store.work import now


def demo(
    if_empty: Annotated[
        bool, typer.Option("--if-empty", help="Do nothing, without complaint, where there is data.")
    ] = False,
    data: Data = None,
) -> None:
    """Fills an empty portal with a demo company, and tells how its people sign in."""
    try:
        logins = asyncio.run(_fill(read_settings(data=data)))
    except NotEmpty:
        if if_empty:
            return
        raise
    _show(logins)


async def _fill(settings: Settings) -> list[Login]:
    async with open_store(settings) as store:
        return await fill(store, now())


def _show(logins: Sequence[Login]) -> None:
    table = Table("sign in as", "name", "role", box=None)
    for login in logins:
        table.add_row(login.email, login.name, login.role)
    out.print(table)
    out.print(f"The password of each is [bold]{PASSWORD}[/bold].")
