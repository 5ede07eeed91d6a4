"""What the bus has to say, from a queue to Redis: one task, so that a writer neither waits for Redis nor breaks off another."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from itertools import islice

import structlog
from redis.exceptions import RedisError

from server.live.connections import Connection, open_connection

QUEUE_MAX = 10_000  # messages waiting; beyond, the head check tells of them
QUEUE_BYTES = 16 * 1024 * 1024  # of all of these together
BATCH = 100  # messages sent at once, so that each batch can be through in time
TIMEOUT = 0.25  # s for a batch; the head check is not much slower

log = structlog.get_logger()


class Publisher:
    """`server` is where to publish, None while nobody knows. `failed` is called after messages were lost."""

    def __init__(self, command: str, failed: Callable[[], None]) -> None:
        self.server: str | None = None
        self.published = 0
        self.unpublished = 0
        self._command = command
        self._failed = failed
        self._queue: deque[tuple[str, bytes]] = deque()
        self._bytes = 0
        self._queued = asyncio.Event()
        self._connection: Connection | None = None
        self._connected_to: str | None = None
        self._works = True

    def put(self, channel: str, message: bytes) -> None:
        """Takes a message to publish. Never waits, never raises; best effort."""
        if len(self._queue) >= QUEUE_MAX or self._bytes + len(message) > QUEUE_BYTES:
            self.unpublished += 1
            return
        self._queue.append((channel, message))
        self._bytes += len(message)
        self._queued.set()

    async def run(self) -> None:
        """Publishes until cancelled."""
        try:
            while True:
                await self._queued.wait()
                self._queued.clear()
                await self._publish_queue()
        finally:
            await self._close()

    async def _publish_queue(self) -> None:
        while self._queue:
            try:
                await self._publish(list(islice(self._queue, BATCH)))
            except (RedisError, OSError) as error:
                self._lose(error)
            else:
                self._works = True

    async def _publish(self, batch: list[tuple[str, bytes]]) -> None:
        commands = [(self._command, channel, message) for channel, message in batch]
        try:
            async with asyncio.timeout(TIMEOUT):
                await self._send(commands)
        except BaseException:
            await self._close()  # answers may be on their way that nobody reads
            raise
        for _, message in batch:
            self._queue.popleft()
            self._bytes -= len(message)
        self.published += len(batch)

    async def _send(self, commands: list[tuple[str, str, bytes]]) -> None:
        fresh = self._connection is None or self._connected_to != self.server
        try:
            await self._send_once(commands)
        except (RedisError, OSError):
            if fresh:
                raise
            await self._close()  # a connection may have died unnoticed while nothing was published
            await self._send_once(commands)

    async def _send_once(self, commands: list[tuple[str, str, bytes]]) -> None:
        connection = await self._connect()
        await connection.send(*commands)
        for _ in commands:
            await connection.receive()

    async def _connect(self) -> Connection:
        if self._connection is None or self._connected_to != self.server:
            await self._close()
            if self.server is None:
                raise ConnectionError("no server was found")
            self._connected_to = self.server
            self._connection = await open_connection(self.server)
        return self._connection

    async def _close(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            await connection.close()

    def _lose(self, error: Exception) -> None:
        """All that waits is late by now: the log is quicker."""
        self.unpublished += len(self._queue)
        self._queue.clear()
        self._bytes = 0
        if self._works:
            log.warning("bus_publish_failed", error=str(error) or type(error).__name__)
        self._works = False
        self._failed()
