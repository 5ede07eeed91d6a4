"""One trip to aiosqlite's thread per statement, and still everything that SQLAlchemy needs to know."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from queue import SimpleQueue

import pytest

from server.store.hops import OneTrip, connect

END = """
import asyncio, sys
from server.store.hops import connect
async def main():
    await connect(sys.argv[1])
asyncio.run(main())
"""


@pytest.fixture
async def connection(tmp_path: Path) -> AsyncIterator[OneTrip]:
    connection = connect(str(tmp_path / "trips.sqlite3"))
    await connection
    yield connection
    await connection.close()


class Counting:
    """A queue to the thread that counts."""

    def __init__(self, queue: SimpleQueue[object]) -> None:
        self.queue = queue
        self.trips = 0

    def put_nowait(self, trip: object) -> None:
        self.trips += 1
        self.queue.put(trip)


async def test_a_statement_is_one_trip(connection: OneTrip, monkeypatch: pytest.MonkeyPatch) -> None:
    counting = Counting(connection._tx)  # type: ignore[arg-type]
    monkeypatch.setattr(connection, "_tx", counting)
    cursor = await connection.cursor().__aenter__()
    await cursor.execute("SELECT 1 UNION SELECT 2")

    assert await cursor.fetchall() == [(1,), (2,)]
    await cursor.close()
    assert counting.trips == 1


async def test_it_knows_columns_counts_and_the_last_row(connection: OneTrip) -> None:
    made, many, read = connection.cursor(), connection.cursor(), connection.cursor()
    await made.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)")
    await made.execute("INSERT INTO t (b) VALUES (?)", ("one",))
    await many.executemany("INSERT INTO t (b) VALUES (?)", [("two",), ("three",)])
    await read.execute("SELECT a, b FROM t WHERE a > ?", (1,))

    assert (made.lastrowid, made.rowcount, made.description) == (1, 1, None)
    assert many.rowcount == 2
    assert [column[0] for column in read.description or ()] == ["a", "b"]
    assert await read.fetchall() == [(2, "two"), (3, "three")]


async def test_an_error_is_raised_and_the_connection_lives_on(connection: OneTrip) -> None:
    cursor = connection.cursor()
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        await cursor.execute("SELECT * FROM nowhere")

    await cursor.execute("SELECT 1")
    assert await cursor.fetchall() == [(1,)]


async def test_a_cancelled_statement_disturbs_none_that_follows(connection: OneTrip) -> None:
    slow = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT max(i) FROM n"
    cancelled = asyncio.create_task(connection.cursor().execute(slow))
    await asyncio.sleep(0)
    cancelled.cancel()
    cursor = connection.cursor()
    await cursor.execute("SELECT 'mine'")

    assert await cursor.fetchall() == [("mine",)]
    assert cancelled.cancelled()


def test_a_forgotten_connection_does_not_keep_the_process_alive(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", END, str(tmp_path / "x.sqlite3")], timeout=20, check=False
    )

    assert ended.returncode == 0
