"""`caudal check`: counts again what is kept, and says what is wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Annotated

import typer

from server.commands.options import Data, open_store, out
from server.settings import Settings, read_settings
from server.store.check import CHECKS, repair

DRIFT = 1  # exit code


def check(
    data: Data = None,
    mend: Annotated[bool, typer.Option("--repair", help="Put right what is wrong.")] = False,
) -> None:
    """Counts everything again that is kept, and tells what differs."""
    found = asyncio.run(_check(read_settings(data=data), mend=mend))
    for name, wrong in found.items():
        out.print(f"{name:12} {wrong} wrong")
    if any(found.values()):
        raise typer.Exit(DRIFT)


async def _check(settings: Settings, *, mend: bool) -> Mapping[str, int]:
    async with open_store(settings) as store:
        if mend:
            async with store.database.writing() as connection:
                await repair(connection)
        async with store.database.reading() as connection:
            return {name: await count(connection) for name, count in CHECKS.items()}
