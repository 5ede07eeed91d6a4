"""aiosqlite with one trip to its thread per statement instead of four: open, execute, fetch and close in one go.

A trip costs about 50 µs on both sides, which is more than most statements take, and a post is two dozen statements.
SQLAlchemy reads all rows at once in any case; what it then asks of a cursor is answered from what came along.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Self, TypeAlias, cast

import aiosqlite

Row: TypeAlias = tuple[object, ...]
Description: TypeAlias = tuple[tuple[str, None, None, None, None, None, None], ...]


class Answer:
    """What one statement gave: a cursor that has been read to its end, in the shape that SQLAlchemy asks for."""

    __slots__ = ("_connection", "_rows", "arraysize", "description", "lastrowid", "rowcount")

    def __init__(self, connection: OneTrip) -> None:
        self._connection = connection
        self._rows: Sequence[Row] = ()
        self.arraysize = 1
        self.description: Description | None = None
        self.lastrowid: int | None = None
        self.rowcount = -1

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, statement: str, parameters: Sequence[object] = ()) -> None:
        """One statement. Raises sqlite3.Error."""
        await self._run(partial(_execute, statement, parameters))

    async def executemany(self, statement: str, parameters: Sequence[Sequence[object]]) -> None:
        """One statement with many rows of parameters. Raises sqlite3.Error."""
        await self._run(partial(_execute_many, statement, parameters))

    async def fetchall(self) -> Sequence[Row]:
        """All rows."""
        return self._rows

    async def close(self) -> None:
        """Nothing is open."""

    async def _run(self, statement: Callable[[sqlite3.Connection], _Read]) -> None:
        read = await self._connection.trip(statement)
        self._rows, self.description, self.lastrowid, self.rowcount = read


_Read: TypeAlias = tuple[Sequence[Row], Description | None, int | None, int]


def _execute(statement: str, parameters: Sequence[object], connection: sqlite3.Connection) -> _Read:
    return _read(connection.execute(statement, parameters))


def _execute_many(statement: str, parameters: Sequence[Sequence[object]], connection: sqlite3.Connection) -> _Read:
    return _read(connection.executemany(statement, parameters))


def _read(cursor: sqlite3.Cursor) -> _Read:
    rows = cursor.fetchall() if cursor.description else ()
    read = (rows, cursor.description, cursor.lastrowid, cursor.rowcount)
    cursor.close()
    return read


class OneTrip(aiosqlite.Connection):
    """A connection whose cursors are answers."""

    async def trip(self, statement: Callable[[sqlite3.Connection], _Read]) -> _Read:
        """Runs a function on the connection, in its thread."""
        run = cast("Callable[..., Awaitable[_Read]]", self._execute)
        return await run(statement, self._conn)

    def cursor(self) -> Answer:  # type: ignore[override]  # not awaited before it is entered
        """A cursor that has not been anywhere yet."""
        return Answer(self)


def connect(path: str, **options: object) -> OneTrip:
    """Opens a database when awaited; `options` are those of `sqlite3.connect`. The thread ends with the process."""
    connection = OneTrip(partial(sqlite3.connect, path, **options), iter_chunk_size=64)
    connection._thread.daemon = True  # aiosqlite has no other way
    return connection
