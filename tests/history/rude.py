"""Clients that no client should be: garbage, floods, crowds, and cursors from elsewhere. Each gets what the protocol says."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

from tests.history.checker import Anomaly
from tests.history.frames import ENCODINGS, Frame, read, write
from tests.history.portal import Member
from tests.history.servers import Servers

PATIENCE = 5.0  # s for an answer
EVERY = 0.5  # s between two of them, on average
FLOOD = 10_000  # frames
CROWD_AT_ONCE = 20  # handshakes


@dataclass(slots=True)
class Rude:
    """One person's bad clients, one after the other, until cancelled. `crowd`: connections opened at once."""

    servers: Servers
    member: Member
    crowd: int
    chance: random.Random
    anomalies: list[Anomaly] = field(default_factory=list)
    done: int = 0

    async def run(self) -> None:
        """All of them, again and again."""
        ways: list[Callable[[ClientConnection, Frame], Awaitable[str]]] = [
            self._future,
            self._elsewhere,
            self._below_the_floor,
            self._many_channels,
            self._garbage,
            self._wrong_encoding,
            self._flood,
        ]
        while True:
            self.chance.shuffle(ways)
            for way in ways:
                await asyncio.sleep(self.chance.uniform(0, 2 * EVERY))
                await self._one(way)
            await self._come_in_crowds()

    async def _one(self, way: Callable[[ClientConnection, Frame], Awaitable[str]]) -> None:
        try:
            async with asyncio.timeout(PATIENCE), self._connected() as socket:
                wrong = await way(socket, read(await socket.recv()))
        except (OSError, TimeoutError, InvalidHandshake, ConnectionClosed):
            return  # the service was being broken just then
        self.done += 1
        if wrong:
            self.anomalies.append(Anomaly("rude", way.__name__.strip("_"), 0, wrong))

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[ClientConnection]:
        node = self.chance.choice(self.servers.addresses(proxied=False))
        async with connect(
            node.live,
            subprotocols=[Subprotocol(ENCODINGS[0])],
            additional_headers={"Authorization": f"Bearer {self.member.token}"},
            compression=None,
            ping_interval=None,
            max_size=2**24,
            close_timeout=0.5,
            proxy=None,
        ) as socket:
            yield socket

    async def _resume(self, socket: ClientConnection, epoch: str, position: int, channels: int = 1) -> Frame:
        """The first frame after the reply, or the reply itself when it is an error."""
        subscribed = [{"channel": f"record:{number + 1}"} for number in range(channels)]
        op = {"id": 1, "op": "resume", "epoch": epoch, "position": position, "channels": subscribed}
        await socket.send(write(op, ENCODINGS[0]))
        while (frame := read(await socket.recv())).type != "reply":
            continue
        return frame if frame.error else read(await socket.recv())

    async def _future(self, socket: ClientConnection, welcome: Frame) -> str:
        frame = await self._resume(socket, welcome.epoch, welcome.position + 1_000_000)
        return "" if (frame.type, frame.reason) == ("reset", "epoch") else f"a resume from the future got {frame}"

    async def _elsewhere(self, socket: ClientConnection, _: Frame) -> str:
        frame = await self._resume(socket, "another", 5)
        return "" if (frame.type, frame.reason) == ("reset", "epoch") else f"another epoch got {frame}"

    async def _below_the_floor(self, socket: ClientConnection, welcome: Frame) -> str:
        frame = await self._resume(socket, welcome.epoch, 3)
        return "" if (frame.type, frame.reason) == ("reset", "floor") else f"a resume from below the floor got {frame}"

    async def _many_channels(self, socket: ClientConnection, welcome: Frame) -> str:
        frame = await self._resume(socket, welcome.epoch, welcome.position, channels=1_000)
        return "" if frame.error and frame.error["code"] == "invalid" else f"1,000 channels got {frame}"

    async def _garbage(self, socket: ClientConnection, _: Frame) -> str:
        await socket.send('{"op": "resume", "position": -')
        return await self._refused(socket)

    async def _wrong_encoding(self, socket: ClientConnection, _: Frame) -> str:
        await socket.send(b"\x81\xa2op\xa4ping")
        return await self._refused(socket)

    async def _refused(self, socket: ClientConnection) -> str:
        with suppress(ConnectionClosed):
            while True:
                await socket.recv()
        code = socket.close_code or 1006
        return "" if code in {4504, 1006, 1012} else f"garbage was closed with {code}"

    async def _flood(self, socket: ClientConnection, _: Frame) -> str:
        for number in range(FLOOD):
            await socket.send('{"op": "ping"}')
            if number % 100 == 0:
                await asyncio.sleep(0)
        return ""

    async def _come_in_crowds(self) -> None:
        gate = asyncio.Semaphore(CROWD_AT_ONCE)
        enough = asyncio.Event()
        here = [asyncio.create_task(self._be_there(gate, enough)) for _ in range(self.crowd)]
        try:
            await asyncio.sleep(PATIENCE)
        finally:
            enough.set()
            await asyncio.wait(here)
            self.done += 1

    async def _be_there(self, gate: asyncio.Semaphore, enough: asyncio.Event) -> None:
        try:
            async with gate:
                opened = self._connected()
                socket = await asyncio.wait_for(opened.__aenter__(), PATIENCE)
        except (OSError, TimeoutError, InvalidHandshake, ConnectionClosed):
            return
        await enough.wait()
        socket.transport.abort()
        await opened.__aexit__(None, None, None)
