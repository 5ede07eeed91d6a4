"""Posts over HTTP: at a pace, or as fast as the service takes them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import msgspec
import uvloop

TEXT = "The client asks for **fixed prices until autumn** and delivery in two parts. I would agree to both."
CONNECTIONS = 16  # of a load; more would only wait for the database


@dataclass(frozen=True, slots=True)
class Posted:
    """What a load came to: posts that were answered with 201, within how many seconds; milliseconds until an answer."""

    posts: int
    seconds: float
    answer_p50: float
    answer_p99: float

    @property
    def rate(self) -> float:
        """Posts a second."""
        return self.posts / self.seconds


class Connection:
    """One kept-alive HTTP connection that posts and reads the answer."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes) -> None:
        self._reader, self._writer, self._head = reader, writer, head

    async def post(self, body: bytes) -> None:
        """One post. Fails on any answer but 201."""
        self._writer.write(self._head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        size = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
        answer = await self._reader.readexactly(int(size))
        assert head.startswith(b"http/1.1 201"), head + answer

    def close(self) -> None:
        """Ends it."""
        self._writer.close()


def load(port: int, tokens: Sequence[str], record: int, seconds: float, rate: float | None) -> Posted:
    """Posts about a record for some seconds: `rate` a second, evenly, or without one as many as are answered."""
    body = msgspec.json.encode({"text": TEXT, "to": [], "about": [record]})
    return uvloop.run(_load(port, tokens, body, seconds, rate))


async def _load(port: int, tokens: Sequence[str], body: bytes, seconds: float, rate: float | None) -> Posted:
    connections = [await _connect(port, tokens[number % len(tokens)]) for number in range(CONNECTIONS)]
    delays: list[float] = []
    begin = time.perf_counter()

    async def post(connection: Connection) -> None:
        sent = time.perf_counter()
        await connection.post(body)
        delays.append((time.perf_counter() - sent) * 1000)

    await (_paced(connections, post, begin, seconds, rate) if rate else _saturating(connections, post, begin, seconds))
    took = time.perf_counter() - begin
    for connection in connections:
        connection.close()
    delays.sort()
    return Posted(len(delays), took, delays[len(delays) // 2], delays[int(len(delays) * 0.99)])


async def _connect(port: int, token: str) -> Connection:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    lines = (
        "POST /api/v1/entries HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: application/json",
        f"Authorization: Bearer {token}",
    )
    return Connection(reader, writer, "".join(f"{line}\r\n" for line in lines).encode())


Post = Callable[[Connection], Awaitable[None]]


async def _paced(connections: Sequence[Connection], post: Post, begin: float, seconds: float, rate: float) -> None:
    """Each post at its moment, whatever became of those before, as long as a connection is free."""
    free: asyncio.Queue[Connection] = asyncio.Queue()
    for connection in connections:
        free.put_nowait(connection)

    async def one(number: int) -> None:
        await asyncio.sleep(begin + number / rate - time.perf_counter())
        connection = await free.get()
        await post(connection)
        free.put_nowait(connection)

    async with asyncio.TaskGroup() as tasks:
        for number in range(int(seconds * rate)):
            tasks.create_task(one(number))


async def _saturating(connections: Sequence[Connection], post: Post, begin: float, seconds: float) -> None:
    async def many(connection: Connection) -> None:
        while time.perf_counter() - begin < seconds:
            await post(connection)

    async with asyncio.TaskGroup() as tasks:
        for connection in connections:
            tasks.create_task(many(connection))
