"""`caudal demo`: an empty portal gets a company with a year behind it."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer
from rich.table import Table

from server.commands.accounts import Accounts, Person
from server.commands.options import Data, open_store, out
from server.demo import PASSWORD, NotEmpty, fill
from server.settings import Settings, read_settings
from server.store.work import now

DEMO = "@example.com"  # the demo people's addresses; RFC 2606 keeps them out of real life


def demo(
    if_empty: Annotated[bool, typer.Option("--if-empty", help="Leave a portal that has data as it is.")] = False,
    data: Data = None,
) -> None:
    """Fills an empty portal with a demo company, and tells how its people sign in."""
    people = asyncio.run(_fill(read_settings(data=data), if_empty=if_empty))
    if not people:
        return
    table = Table("sign in as", "name", "department", "roles", box=None)
    for person in people:
        table.add_row(person.email, person.name, person.department, ", ".join(person.roles))
    out.print(table)
    out.print(f"The password of each is [bold]{PASSWORD}[/bold].")


async def _fill(settings: Settings, *, if_empty: bool) -> list[Person]:
    """The demo company's people. Raises NotEmpty unless `if_empty`."""
    async with open_store(settings) as store:
        try:
            await fill(store, now())
        except NotEmpty:
            if not if_empty:
                raise
        everybody = await Accounts(store, settings.secret).everybody()
        return [person for person in everybody if person.email.endswith(DEMO)]
