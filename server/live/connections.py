"""One connection to a Redis-compatible server, without a pool and without anybody else's retries.

It speaks RESP2, in which what was published is a plain list like any answer; waiting is limited by `asyncio.timeout`.
"""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TypeAlias, cast

from redis.asyncio.connection import AbstractConnection, ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

Answer: TypeAlias = "bytes | int | list[Answer] | None"
Command: TypeAlias = Sequence[str | bytes]


class Connection:
    """An open connection; everything raises RedisError or OSError, and after that it can only be closed."""

    def __init__(self, connection: AbstractConnection) -> None:
        self._connection = connection

    async def send(self, *commands: Command) -> None:
        """Sends commands in one go."""
        await self._connection.send_packed_command(self._connection.pack_commands(commands), check_health=False)

    async def receive(self) -> Answer:
        """The next answer, or the next message of a subscription; waits for it. An error that was answered is raised."""
        return cast(Answer, await self._connection.read_response(timeout=math.inf))

    async def ask(self, *command: str | bytes) -> Answer:
        """Sends one command and returns its answer."""
        await self.send(command)
        return await self.receive()

    async def close(self) -> None:
        """Closes it without waiting for anything."""
        await self._connection.disconnect(nowait=True)


async def open_connection(url: str) -> Connection:
    """Connects, with password and database as the URL has them. Raises RedisError or OSError; set a time limit around it."""
    pool = ConnectionPool.from_url(
        url,
        protocol=2,
        socket_timeout=None,
        socket_connect_timeout=None,
        retry=Retry(NoBackoff(), 0),  # what to do about a failure is decided here
    )
    connection = pool.make_connection()  # type: ignore[no-untyped-call]
    try:
        await connection.connect()
    except BaseException:
        await connection.disconnect(nowait=True)
        raise
    return Connection(connection)


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Connection]:
    """A connection for as long as the block takes."""
    connection = await open_connection(url)
    try:
        yield connection
    finally:
        await connection.close()
