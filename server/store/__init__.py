"""SQLAlchemy Core over SQLite or PostgreSQL: schema, unit of work, log, and the queries, by noun.

Queries read and never write; only `actions` writes, through a unit of work. Nothing here knows of sockets or HTTP.
"""

from __future__ import annotations

from collections.abc import Sequence

from server.domain.events import Event
from server.store.database import Database
from server.store.log import Log
from server.store.work import Publish, Works


async def _to_nobody(_: Sequence[Event]) -> None:
    """For work without a live path: imports from a shell, tests. The log tells of it all the same."""


class Store:
    """The database of one portal: `database` to read, `works` to write, `log` for the live path."""

    def __init__(self, url: str, publish: Publish = _to_nobody) -> None:
        self.database = Database(url)
        self.works = Works(self.database, publish)
        self.log = Log(self.database)

    async def close(self) -> None:
        """Ends all connections."""
        await self.database.close()
