"""What several commands are given and print."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, TypeAlias

import typer
from asyncpg import PostgresError
from rich.console import Console
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from server.errors import Unavailable
from server.settings import Settings
from server.store import Store
from server.store.database import Database
from server.store.migrate import is_current

Data: TypeAlias = Annotated[
    Path | None, typer.Option(help="The data directory.", envvar="CAUDAL_DATA", show_default="./data")
]

out = Console(highlight=False, soft_wrap=True)


@asynccontextmanager
async def open_store(settings: Settings) -> AsyncIterator[Store]:
    """The portal's database. Raises Unavailable when it does not answer, or has another version's schema."""
    store = Store(settings.database_url)
    try:
        await check_schema(settings, store)
        yield store
    finally:
        await store.close()


async def is_migrated(settings: Settings, database: Database) -> bool:
    """Whether the database has the schema of this version. Raises Unavailable when it does not answer."""
    try:
        return await is_current(database)
    except (Unavailable, SQLAlchemyError, PostgresError, OSError) as error:
        where = make_url(settings.database_url).render_as_string(hide_password=True)
        why = str(error.__cause__ or error).strip().partition("\n")[0]
        raise Unavailable(f"the database {where} does not answer (DATABASE_URL): {why}") from None


async def check_schema(settings: Settings, store: Store) -> None:
    """Raises Unavailable when the database does not answer, or has another version's schema."""
    if not await is_migrated(settings, store.database):
        raise Unavailable("the database has not the schema of this version: run `caudal migrate` first")
