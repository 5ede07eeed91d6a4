"""A client of `/live` as short as one can be, in either encoding."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from server.domain.words import UserId

PATIENCE = 10.0  # s

ServerFrame = dict[str, object]


class Client:
    """One connection; `expect` waits for a frame, `ask` sends an op and waits for its reply."""

    def __init__(self, socket: ClientConnection, encoding: str) -> None:
        self.socket = socket
        self.binary = encoding == "caudal.msgpack"
        self.seen: list[ServerFrame] = []
        self._ids = iter(range(1, 1_000_000))

    async def send(self, **op: object) -> None:
        """Sends a frame."""
        await self.socket.send(msgspec.msgpack.encode(op) if self.binary else msgspec.json.encode(op).decode())

    async def receive(self) -> ServerFrame:
        """The next frame."""
        async with asyncio.timeout(PATIENCE):
            message = await self.socket.recv()
        assert isinstance(message, bytes) == self.binary
        decoded: object = (
            msgspec.msgpack.decode(message) if isinstance(message, bytes) else msgspec.json.decode(message)
        )
        frame = cast(ServerFrame, decoded)
        self.seen.append(frame)
        return frame

    async def expect(self, type: str) -> ServerFrame:
        """The next frame of a type; others are only remembered in `seen`."""
        while True:
            frame = await self.receive()
            if frame["type"] == type:
                return frame

    async def ask(self, op: str, **args: object) -> ServerFrame:
        """Sends an op and returns its reply."""
        id = next(self._ids)
        await self.send(id=id, op=op, **args)
        while True:
            reply = await self.expect("reply")
            if reply["id"] == id:
                return reply

    async def resume(self, position: int, *channels: str, epoch: str = "e1") -> ServerFrame:
        """Resumes with some channels."""
        subscriptions = [{"channel": channel} for channel in channels]
        return await self.ask("resume", epoch=epoch, position=position, channels=subscriptions)

    async def positions(self, last: int) -> list[int]:
        """The positions of all events seen so far, after waiting for the one at `last`."""
        while last not in self._events():
            await self.expect("event")
        return self._events()

    async def closed(self) -> int:
        """Waits for the end of the connection; returns the close code."""
        try:
            while True:
                await self.receive()
        except ConnectionClosed as end:
            return end.rcvd.code if end.rcvd else 1006

    def _events(self) -> list[int]:
        return [cast(int, frame["position"]) for frame in self.seen if frame["type"] == "event"]


@asynccontextmanager
async def client(url: str, user: UserId | str, encoding: str = "caudal.json") -> AsyncIterator[Client]:
    """Connects as a user."""
    headers = {"Authorization": f"Bearer {user}"}
    async with connect(
        url, subprotocols=[Subprotocol(encoding)], additional_headers=headers, compression=None, max_size=2**24
    ) as socket:
        yield Client(socket, encoding)
