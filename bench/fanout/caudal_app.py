"""The live path of this service as it is, and nothing beside it: caudal_app PORT REDIS_URL PORTAL.

Endpoint, hub, sessions, bus and uvicorn's settings are the service's own. The log is in memory and rights are made up
from the number in `Authorization: Bearer <number>`, so that no database is measured.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import islice

import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from bench.fanout.company import EPOCH, access_of
from server.commands.worker import server_config
from server.domain.access import Access
from server.domain.events import Event, Head
from server.domain.words import Position, UserId
from server.live.bus import Bus
from server.live.endpoint import Endpoint
from server.live.envelope import unseal
from server.live.feed import Live
from server.live.identity import Identity

KEPT = 20_000  # events, more than a burst


class Log:
    """What the bus brought, as if it had been read from SQL. Its positions are 1, 2, 3 …, without a hole."""

    def __init__(self) -> None:
        self._letters: deque[bytes] = deque(maxlen=KEPT)  # as events they would be work that no portal has
        self._last: Position = 0

    def add(self, letter: bytes) -> None:
        """The next event, as it came."""
        self._letters.append(letter)
        self._last += 1

    async def head(self) -> Head:
        """As far as the bus has come: the log of this process is never ahead of it."""
        return Head(EPOCH, self._last)

    async def read(self, after: Position, upto: Position, limit: int) -> Sequence[Event]:
        """Events of the deque; `after` exclusive, `upto` inclusive."""
        first = self._last - len(self._letters)
        begin, end = max(after - first, 0), min(upto - first, max(after - first, 0) + limit)
        return [unseal(letter) for letter in islice(self._letters, begin, end)]

    replay = read


class Noting(Bus):
    """The bus, which also fills the log."""

    def __init__(self, url: str, portal: str, live: Live, log: Log) -> None:
        super().__init__(url, portal, live)
        self._log = log

    def _open(self, message: bytes) -> None:
        self._log.add(message)
        super()._open(message)


@dataclass(slots=True)
class Portal:
    """What the app's composition root would be."""

    live: Live
    endpoint: Endpoint

    async def socket(self, websocket: WebSocket) -> None:
        """One client of `/live`."""
        await self.endpoint.serve(websocket)

    @asynccontextmanager
    async def running(self, _: Starlette) -> AsyncIterator[None]:
        """The live path, while the app runs."""
        async with self.live:
            yield


async def identify(websocket: WebSocket) -> Identity:
    """Whoever it says."""
    user = UserId(int(websocket.headers["authorization"].removeprefix("Bearer ")))
    return Identity(user, {"user": user, "name": f"Person {user}"})


async def access(user: UserId) -> Access:
    """Rights of the level and department that the number stands for."""
    return access_of(user)


async def expires(_credential: str) -> None:
    """Nobody's login ends."""


async def perform(_user: UserId, _action: str, _args: object, _key: str | None) -> object:
    """Nobody writes here."""
    raise NotImplementedError


def main(port: int, url: str, name: str) -> None:
    """Serves until ended."""
    log = Log()
    live = Live(log, url, name)
    live.bus = Noting(url, name, live, log)
    portal = Portal(live, Endpoint(live, identify, access, expires, perform))
    config = server_config(Starlette(routes=[WebSocketRoute("/live", portal.socket)], lifespan=portal.running))
    config.port = port
    uvicorn.Server(config).run()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3])
