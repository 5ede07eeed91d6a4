"""A service that does exactly what its test says, over a real socket: for what the real one does not do on demand."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

PATIENCE = 10.0  # s

Frame = dict[str, Any]


class Peer:
    """One client that has connected."""

    def __init__(self, socket: ServerConnection) -> None:
        self.socket = socket
        self.authorization = socket.request.headers.get("Authorization") if socket.request else None
        self.heard: list[Frame] = []
        self._heard = asyncio.Condition()

    async def listen(self) -> None:
        """Remembers what the client sends, to the end of the connection."""
        try:
            async for message in self.socket:
                async with self._heard:
                    self.heard.append(json.loads(message))
                    self._heard.notify_all()
        except ConnectionClosed:
            return

    async def welcome(self, **fields: object) -> None:
        """The first frame; `heartbeat` and others may be other than usual."""
        frame: Frame = {"version": 1, "session": "s", "user": {"user": 7, "name": "Ana"}, "at": 1}
        await self.send("welcome", **(frame | {"epoch": "e1", "position": 10, "heartbeat": 20} | fields))

    async def send(self, type: str, **fields: object) -> None:
        """One frame."""
        await self.socket.send(json.dumps({"type": type, **fields}))

    async def event(self, position: int, **fields: object) -> None:
        """One event."""
        frame: Frame = {"at": 1, "name": "entry.removed", "mine": True, "actor": 7, "data": {"entry": position}}
        await self.send("event", **(frame | {"position": position} | fields))

    async def next(self, op: str) -> Frame:
        """Waits for an op of the client and takes it out."""
        async with asyncio.timeout(PATIENCE), self._heard:
            await self._heard.wait_for(lambda: any(frame["op"] == op for frame in self.heard))
            found = next(frame for frame in self.heard if frame["op"] == op)
            self.heard.remove(found)
            return found

    async def agree(self, op: str, ok: Mapping[str, object] | None = None) -> Frame:
        """Waits for an op and answers that it was done."""
        frame = await self.next(op)
        await self.send("reply", id=frame["id"], ok={"position": 10} if ok is None else ok)
        return frame

    async def follow(self, **fields: object) -> Frame:
        """Welcomes a client and lets it resume; the resume."""
        await self.welcome(**fields)
        return await self.agree("resume")

    async def close(self, code: int, reason: str = "") -> None:
        """Ends the connection in good order."""
        await self.socket.close(code, reason)

    def cut(self) -> None:
        """Ends it without a word."""
        self.socket.transport.abort()


class Fake:
    """The service. `refusals` are HTTP answers for the next clients, before any upgrade; `answers` those for the lists
    that are `asked`.
    """

    def __init__(self) -> None:
        self.url = ""
        self.refusals: deque[tuple[HTTPStatus, Mapping[str, str]]] = deque()
        self.answers: deque[tuple[HTTPStatus, Mapping[str, str], Frame]] = deque()
        self.asked: list[str] = []
        self.tries = 0
        self._peers: asyncio.Queue[Peer] = asyncio.Queue()

    async def peer(self) -> Peer:
        """The next client."""
        async with asyncio.timeout(PATIENCE):
            return await self._peers.get()

    async def handle(self, socket: ServerConnection) -> None:
        """See `websockets`."""
        peer = Peer(socket)
        self._peers.put_nowait(peer)
        await peer.listen()

    def check(self, _: ServerConnection, request: Request) -> Response | None:
        """Refuses whom it is told to."""
        if request.path != "/live":
            self.asked.append(request.path)
            return _answer(*self.answers.popleft())
        self.tries += 1
        if not self.refusals:
            return None
        status, headers = self.refusals.popleft()
        return Response(status.value, status.phrase, Headers(headers), b"no")


def _answer(status: HTTPStatus, headers: Mapping[str, str], body: Frame) -> Response:
    return Response(status.value, status.phrase, Headers(headers), json.dumps(body).encode())


@asynccontextmanager
async def serving(context: ssl.SSLContext | None = None) -> AsyncIterator[Fake]:
    """A service on a free port; with a `context` through TLS."""
    fake = Fake()
    subprotocols = [Subprotocol("caudal.json")]
    async with serve(
        fake.handle,
        "127.0.0.1",
        0,
        subprotocols=subprotocols,
        process_request=fake.check,
        ping_interval=None,
        ssl=context,
    ) as server:
        fake.url = f"http{'s' if context else ''}://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"
        yield fake
