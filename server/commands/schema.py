"""`caudal migrate`: the database gets the schema of this version."""

from __future__ import annotations

import asyncio

from server.commands.options import Data, is_migrated, out
from server.settings import Settings, read_settings
from server.store.database import Database
from server.store.migrate import migrate


def migrate_database(data: Data = None) -> None:
    """Brings the database to the schema of this version."""
    changed = asyncio.run(_migrate(read_settings(data=data)))
    out.print("The database is migrated." if changed else "The database is up to date.")


async def _migrate(settings: Settings) -> bool:
    """Whether there was anything to do."""
    database = Database(settings.database_url)
    try:
        if await is_migrated(settings, database):
            return False
        await migrate(database)
        return True
    finally:
        await database.close()
