"""A client of `/live` as a careful stranger would write one after docs/protocol.md, which writes down all that it gets.

It keeps its cursor over every loss, drops what is not beyond it, loads a snapshot after `reset`, and comes back with
random pauses. Some are slow on purpose, some wander between nodes.
"""

from __future__ import annotations

import asyncio
import random
import socket as sockets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

from tests.history.frames import Frame, delivered, now, read, write
from tests.history.journal import (
    Answered,
    Asked,
    ClientJournal,
    Connected,
    Json,
    Lost,
    Position,
    Snapshot,
    Told,
)
from tests.history.view import View

OPENING = 5.0  # s for a handshake
QUIET = 2.0  # s without a frame, after which a sign of life is asked for
DEAD = 4.0  # s without a frame, after which the connection is given up: shorter than the protocol's, for short runs
PAUSES = (0.05, 1.0)  # s; the limit of the random pause before coming back, first and longest
PAGE = 100  # entries of a snapshot
LOOKS = 0.08  # of all messages, after one of which a record is opened or left
NARROW = 4096  # bytes; the receive buffer of a slow client, so that the service feels it


@dataclass(frozen=True, slots=True)
class Manner:
    """How a client behaves: `naps` seconds without reading now and then, `wanders` to another node each time, `begins`
    anew from a snapshot now and then instead of resuming, `looks` at records (subscribes and unsubscribes them), takes
    `credit` events at most without having said that it wants more, wants the `latest` only."""

    naps: float = 0.0
    wanders: bool = False
    begins: bool = False
    looks: tuple[int, ...] = ()
    credit: int = 0
    latest: bool = False


@dataclass(slots=True)
class Addresses:
    """Where one node is: for HTTP directly, for `/live` directly or through a proxy."""

    http: str
    live: str


@dataclass(slots=True)
class Client:
    """One client; `run` is its life, until cancelled. `channels`: each with its filter."""

    name: str
    user: int
    token: str
    nodes: Sequence[Addresses]
    encoding: str
    channels: dict[str, Json]
    manner: Manner
    chance: random.Random
    http: httpx.AsyncClient
    journal: ClientJournal = field(init=False)
    view: View | None = field(init=False)
    cursor: Position | None = None
    epoch: str = ""
    losses: int = 0
    _ids: int = 0
    _spent: int = 0
    _socket: ClientConnection | None = None

    def __post_init__(self) -> None:
        self.journal = ClientJournal(self.name, self.user, self.manner.latest)
        only = next(iter(self.channels)) if len(self.channels) == 1 else None
        whole = only is not None and not self.channels[only] and not self.manner.looks
        self.view = View(only) if whole and only is not None else None

    async def run(self) -> None:
        """Connects again and again."""
        limit, node = PAUSES[0], self.chance.randrange(len(self.nodes))
        while True:
            if self.manner.wanders:
                node = self.chance.randrange(len(self.nodes))
            came = len(self.journal.notes)
            try:
                await self._follow(node)
            except (OSError, InvalidHandshake, ConnectionClosed, TimeoutError, httpx.HTTPError, _FailedError):
                self._end(1006)
            finally:
                self._socket = None
            limit = PAUSES[0] if len(self.journal.notes) > came + 2 else min(2 * limit, PAUSES[1])
            await asyncio.sleep(self.chance.uniform(0, limit))
            node = (node + 1) % len(self.nodes)

    def _end(self, code: int) -> None:
        if self._socket is not None:
            self.losses += 1
            self.journal.notes.append(Lost(now(), code))
            self._socket = None

    async def _follow(self, node: int) -> None:
        """One connection, to its end."""
        fresh = self.cursor is None or (self.manner.begins and self.chance.random() < 0.3)
        start = await self._snapshot(node) if fresh else None
        async with connect(
            self.nodes[node].live,
            sock=await self._dial(self.nodes[node].live),
            subprotocols=[Subprotocol(self.encoding)],
            additional_headers={"Authorization": f"Bearer {self.token}"},
            compression=None,
            max_size=2**24,
            max_queue=4,
            ping_interval=None,
            open_timeout=OPENING,
            close_timeout=0.5,
            proxy=None,
        ) as socket:
            welcome = read(await asyncio.wait_for(socket.recv(), DEAD))
            self._socket = socket
            self.journal.notes.append(Connected(now(), welcome.session, node, welcome.epoch, welcome.position))
            if start is not None:
                self.cursor = start
                self.journal.notes.append(Snapshot(now(), start))
            await self._resume(socket)
            await self._listen(socket, node)

    async def _dial(self, url: str) -> sockets.socket:
        host, port = url.removeprefix("ws://").partition("/")[0].split(":")
        dialled = sockets.socket()
        dialled.setblocking(False)
        if self.manner.naps:
            dialled.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, NARROW)
        try:
            async with asyncio.timeout(OPENING):
                await asyncio.get_running_loop().sock_connect(dialled, (host, int(port)))
        except BaseException:
            dialled.close()
            raise
        return dialled

    async def _resume(self, socket: ClientConnection) -> None:
        assert self.cursor is not None
        channels = [{"channel": name, "filter": wanted} for name, wanted in self.channels.items()]
        asked = self._ask("resume", tuple(self.channels.items()), cursor=self.cursor)
        op = {"id": asked, "op": "resume", "epoch": self.epoch, "position": self.cursor, "channels": channels}
        modes = {"mode": "latest" if self.manner.latest else None, "credit": self.manner.credit or None}
        self._spent = 0
        await socket.send(write(op | {name: value for name, value in modes.items() if value}, self.encoding))

    def _ask(self, op: str, channels: tuple[tuple[str, Json], ...], cursor: Position = 0) -> int:
        """Notes an op that is about to be sent; returns its id."""
        self._ids += 1
        self.journal.notes.append(Asked(now(), self._ids, op, channels, cursor))
        return self._ids

    async def _listen(self, socket: ClientConnection, node: int) -> None:
        reload: asyncio.Task[None] | None = None
        try:
            while True:
                if self.view and self.view.stale and (reload is None or reload.done()):
                    reload = asyncio.create_task(self._reload(node))
                if (message := await self._message(socket)) is None:
                    return
                self._take(read(message), message)
                await self._behave(socket)
        finally:
            if reload is not None:
                reload.cancel()
                await asyncio.wait([reload])

    async def _message(self, socket: ClientConnection) -> str | bytes | None:
        """The next message; None at the end of the connection, which it notes."""
        for patience in (QUIET, DEAD - QUIET):
            try:
                async with asyncio.timeout(patience):
                    return await socket.recv()
            except TimeoutError:
                await asyncio.wait_for(socket.send(write({"op": "ping"}, self.encoding)), DEAD)
            except ConnectionClosed as end:
                self._end(end.rcvd.code if end.rcvd else 1006)
                return None
        self._end(1006)
        socket.transport.abort()
        return None

    def _take(self, frame: Frame, message: str | bytes) -> None:
        notes = self.journal.notes
        match frame.type:
            case "event":
                notes.append(delivered(frame, message))
                self._spent += 1
                if self.cursor is not None and frame.position > self.cursor:
                    self.cursor = frame.position
                    if self.view:
                        self.view.apply(frame)
            case "checkpoint":
                notes.append(Told(now(), frame.position))
                self.cursor = max(self.cursor or 0, frame.position)
            case "reset":
                notes.append(Told(now(), frame.position, frame.reason))
                self.cursor = frame.position
                if self.view:
                    self.view.stale = True
            case "reply" if frame.id is not None:
                ok = cast("Mapping[str, int] | None", frame.ok)
                notes.append(Answered(now(), frame.id, ok["position"] if ok and "position" in ok else None))

    async def _behave(self, socket: ClientConnection) -> None:
        if self.manner.naps and self.chance.random() < 0.02:
            await asyncio.sleep(self.manner.naps)
        if self.manner.looks and self.chance.random() < LOOKS:
            await self._look(socket)
        if self.manner.credit and self._spent >= self.manner.credit:
            self._spent = 0
            await asyncio.sleep(self.chance.uniform(0, PAUSES[1]))
            asked = self._ask("credit", ())
            await socket.send(write({"id": asked, "op": "credit", "n": self.manner.credit}, self.encoding))

    async def _look(self, socket: ClientConnection) -> None:
        """Opens a record's page, or leaves it."""
        channel = f"record:{self.chance.choice(self.manner.looks)}"
        op = "unsubscribe" if channel in self.channels else "subscribe"
        asked = self._ask(op, ((channel, {}),))
        if op == "subscribe":
            self.channels[channel] = {}
        else:
            del self.channels[channel]
        await socket.send(write({"id": asked, "op": op, "channel": channel}, self.encoding))

    # Snapshots

    async def _snapshot(self, node: int) -> Position:
        """Loads what is shown; returns the position from which to resume."""
        answer = await self.fetch(node)
        position = cast(int, answer["position"])
        self.epoch = cast(str, answer["epoch"])
        if self.view:
            self.view.waiting = None
            self.view.stale = False
            self.view.load(cast("list[Json]", answer["entries"]), position, more=answer["next"] is not None)
        return position

    async def _reload(self, node: int) -> None:
        assert self.view
        self.view.stale, self.view.waiting = False, []
        try:
            answer = await self.fetch(node)
        except (httpx.HTTPError, _FailedError):
            self.view.stale, self.view.waiting = True, None
            await asyncio.sleep(self.chance.uniform(0, PAUSES[1]))
        except asyncio.CancelledError:
            self.view.stale, self.view.waiting = True, None
            raise
        else:
            position = cast(int, answer["position"])
            self.view.load(cast("list[Json]", answer["entries"]), position, more=answer["next"] is not None)

    async def fresh(self) -> tuple[list[Json], Position, bool] | None:
        """A fresh list of what the client shows, its position, and whether there is more; None if it may not be had."""
        for node in range(len(self.nodes)):
            try:
                answer = await self.fetch(node)
            except (httpx.HTTPError, _FailedError):
                continue
            return cast("list[Json]", answer["entries"]), cast(int, answer["position"]), answer["next"] is not None
        return None

    async def fetch(self, node: int) -> Json:
        """The first page of what the client shows, over HTTP."""
        channel = self.view.channel if self.view else "mine"
        record = channel.removeprefix("record:") if channel.startswith("record:") else None
        scope = {} if record else {"scope": "all" if channel == "all" else "mine"}
        answer = await self.http.get(
            f"{self.nodes[node].http}/api/v1/{f'records/{record}/stream' if record else 'stream'}",
            params={**scope, "limit": PAGE},
            headers={"Authorization": f"Bearer {self.token}"},
        )
        if answer.status_code != 200:
            raise _FailedError(f"{answer.status_code} for {channel}")
        return cast(Json, answer.json())


class _FailedError(Exception):
    """The service did not give a snapshot."""
