"""A TCP proxy in this process whose connections can be cut, frozen half-open, or slowed to a trickle."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

CHUNK = 64 * 1024  # bytes
TRICKLE = 1.0  # s for each byte


class Proxy:
    """Forwards to a port of this machine, or to a Unix socket. While `frozen`, nothing moves and nobody is told."""

    def __init__(self, target: int | Path) -> None:
        self.port = 0
        self.trickling = False
        self._target = target
        self._open = asyncio.Event()
        self._open.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._carrying: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Proxy]:
        """Listens until the end of the block, then cuts what is left."""
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            self.thaw()
            while self._carrying:
                self.cut()
                await asyncio.wait(self._carrying, timeout=TRICKLE)
            await server.wait_closed()

    @property
    def frozen(self) -> bool:
        """Whether nothing moves."""
        return not self._open.is_set()

    def freeze(self) -> None:
        """Both ends keep their connection and hear nothing any more: half open."""
        self._open.clear()

    def thaw(self) -> None:
        """Ends a `freeze`."""
        self._open.set()

    def cut(self) -> None:
        """Resets every connection."""
        for writer in self._writers:
            writer.transport.abort()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._carry(reader, writer))
        self._carrying.add(task)
        task.add_done_callback(self._carrying.discard)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            far_reader, far_writer = await self._dial()
        except OSError:
            self._writers.discard(writer)
            writer.transport.abort()
            return
        self._writers.add(far_writer)
        pumps = [
            asyncio.create_task(self._pump(reader, far_writer)),
            asyncio.create_task(self._pump(far_reader, writer, slow=True)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            for end in (writer, far_writer):
                self._writers.discard(end)
                end.transport.abort()

    async def _dial(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if isinstance(self._target, Path):
            return await asyncio.open_unix_connection(str(self._target))
        return await asyncio.open_connection("127.0.0.1", self._target)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, slow: bool = False) -> None:
        try:
            while chunk := await reader.read(1 if slow and self.trickling else CHUNK):
                await self._open.wait()
                writer.write(chunk)
                await writer.drain()
                if slow and self.trickling:
                    await asyncio.sleep(TRICKLE)
        except OSError:
            return
