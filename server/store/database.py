"""One database, two ways in: `reading` sees one consistent snapshot, `writing` is one transaction.

The differences between SQLite and PostgreSQL live here and in `dialect.py`, nowhere else.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol

import msgspec
from sqlalchemy import Connection, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, OperationalError, TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from server.errors import Unavailable
from server.store.hops import connect

READERS = 5  # connections; SQLite readers are threads, PostgreSQL ones are processes
WRITERS = 5  # connections on PostgreSQL; all meet at the log's head, so more would only wait
BUSY = 10.0  # s; how long a write waits for its turn before the service says that it cannot


class Database:
    """The engines of one portal. `await close()` ends their threads and connections."""

    def __init__(self, url: str) -> None:
        self.sqlite = make_url(url).get_backend_name() == "sqlite"
        self._reader = _sqlite_engine(url, write=False) if self.sqlite else _postgres_engine(url, write=False)
        self._writer = _sqlite_engine(url, write=True) if self.sqlite else _postgres_engine(url, write=True)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A connection whose statements all see the database as of the first one. Raises Unavailable."""
        async with _available(), self._reader.begin() as connection:
            yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A transaction: committed at the end, rolled back on any error. Raises Unavailable."""
        async with _available(), self._writer.begin() as connection:
            yield connection

    async def close(self) -> None:
        """Ends all connections; aiosqlite's threads would keep the process alive otherwise."""
        await self._reader.dispose()
        await self._writer.dispose()


@asynccontextmanager
async def _available() -> AsyncIterator[None]:
    """Turns "the database does not answer" into the product's error; mistakes in SQL stay what they are."""
    try:
        yield
    except PoolTimeout as error:
        raise Unavailable("the database is busy") from error
    except OSError as error:
        raise Unavailable("the database does not answer") from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise Unavailable("the database connection was lost") from error
        if isinstance(error, OperationalError) and not collided(error):
            raise Unavailable("the database does not answer") from error
        raise


COLLISIONS = frozenset({"23503", "23505", "40001", "40P01"})
"""SQLSTATE of foreign key and unique violations, serialization failures and deadlocks: PostgreSQL's answers when two
writes meet that each look right alone. SQLite's writers take turns, so that they never meet."""


def collided(error: DBAPIError) -> bool:
    """Whether a transaction met another one, and is worth a second try."""
    return getattr(error.orig, "sqlstate", None) in COLLISIONS


def _encode(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _sqlite_engine(url: str, *, write: bool) -> AsyncEngine:
    """One writer, because SQLite has one; its queue is ours, fair and without busy loops."""
    path = make_url(url).database
    if write and path and path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    engine = create_async_engine(
        url,
        pool_size=1 if write else READERS,
        max_overflow=0,
        pool_timeout=BUSY,
        json_serializer=_encode,
        json_deserializer=msgspec.json.decode,
        connect_args={"async_creator_fn": connect},
    )
    begin = "BEGIN IMMEDIATE" if write else "BEGIN"

    @event.listens_for(engine.sync_engine, "connect")
    def configure(connection: _SqliteConnection, _: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", f"busy_timeout={int(BUSY * 1000)}"):
            cursor.execute(f"PRAGMA {pragma}")
        if not write:
            cursor.execute("PRAGMA query_only=ON")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _postgres_engine(url: str, *, write: bool) -> AsyncEngine:
    """READ COMMITTED to write, so that what is read under the head's lock is the newest; a snapshot to read."""
    return create_async_engine(
        url,
        isolation_level="READ COMMITTED" if write else "REPEATABLE READ",
        pool_size=WRITERS if write else READERS,
        max_overflow=0 if write else READERS,
        pool_timeout=BUSY,
        json_serializer=_encode,
        json_deserializer=msgspec.json.decode,
    )


class _Cursor(Protocol):
    def execute(self, statement: str) -> object: ...
    def close(self) -> None: ...


class _SqliteConnection(Protocol):
    isolation_level: str | None

    def cursor(self) -> _Cursor: ...
