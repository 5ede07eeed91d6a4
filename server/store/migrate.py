"""Bringing a database to the schema this version needs, and asking whether it is there."""

from __future__ import annotations

from pathlib import Path
from secrets import token_hex

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.store.database import Database
from server.store.needs import rebuild
from server.store.schema import log_head


async def migrate(database: Database) -> None:
    """Runs what is missing, in one transaction, gives a new log its head, and works out whom records need."""
    async with database.writing() as connection:
        await connection.run_sync(_upgrade)
        await _begin_log(connection)
        await rebuild(connection)


async def is_current(database: Database) -> bool:
    """Whether the database has exactly the schema of this version."""
    async with database.reading() as connection:
        return await connection.run_sync(_revision) == ScriptDirectory.from_config(configure()).get_current_head()


def configure(connection: Connection | None = None) -> Config:
    """Alembic's configuration, on a connection."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _upgrade(connection: Connection) -> None:
    command.upgrade(configure(connection), "head")


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


async def _begin_log(connection: AsyncConnection) -> None:
    if (await connection.execute(select(log_head.c.id))).first() is None:
        await connection.execute(insert(log_head).values(id=1, epoch=token_hex(8), position=0, floor=0))
