"""TLS in front of a server that speaks none, as stunnel does it: Valkey's wheel is built without."""

from __future__ import annotations

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.servers.certificates import Certificates

CHUNK = 64 * 1024  # bytes


@asynccontextmanager
async def behind_tls(socket: Path, certificates: Certificates, port: int = 0) -> AsyncIterator[int]:
    """A port that leads to a Unix socket; at the end its connections are cut."""
    under_way: dict[asyncio.Task[None], StreamWriter] = {}

    async def carry(reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        under_way[task] = writer
        await _carry(reader, writer, socket)
        del under_way[task]

    server = await asyncio.start_server(carry, "127.0.0.1", port, ssl=certificates.for_server())
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in under_way.values():
            writer.transport.abort()
        await asyncio.gather(*under_way)


async def _carry(reader: StreamReader, writer: StreamWriter, socket: Path) -> None:
    there, back = await asyncio.open_unix_connection(str(socket))
    ways = [asyncio.create_task(_pour(reader, back)), asyncio.create_task(_pour(there, writer))]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        back.transport.abort()
        writer.transport.abort()


async def _pour(reader: StreamReader, writer: StreamWriter) -> None:
    while chunk := await reader.read(CHUNK):
        writer.write(chunk)
        await writer.drain()
