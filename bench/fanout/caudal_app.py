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
from typing import cast

import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from bench.fanout.company import EPOCH, access_of
from server.commands.worker import _config
from server.domain.access import Access
from server.domain.events import Event, Head
from server.domain.words import Position, UserId
from server.live.endpoint import Endpoint
from server.live.feed import Live
from server.live.session import Identity

KEPT = 20_000  # events, more than a burst


class Log:
    """What the bus brought, as if it had been read from SQL."""

    def __init__(self) -> None:
        self._events: deque[Event] = deque(maxlen=KEPT)

    def add(self, event: Event) -> None:
        """One event, in order."""
        self._events.append(event)

    async def head(self) -> Head:
        """As far as the bus has come: the log of this process is never ahead of it."""
        return Head(EPOCH, self._events[-1].position if self._events else 0)

    async def read(self, after: Position, upto: Position, limit: int) -> Sequence[Event]:
        """Events of the deque; `after` exclusive, `upto` inclusive."""
        return [event for event in self._events if after < event.position <= upto][:limit]

    replay = read


class Recording(Live):
    """The live path, which also fills the log."""

    def event(self, event: Event) -> None:
        """An event from the bus."""
        cast(Log, self.log).add(event)
        super().event(event)


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


async def perform(_user: UserId, _action: str, _args: object, _key: str | None) -> object:
    """Nobody writes here."""
    raise NotImplementedError


def main(port: int, url: str, name: str) -> None:
    """Serves until ended."""
    live = Recording(Log(), url, name)
    portal = Portal(live, Endpoint(live, identify, access, perform))
    config = _config(Starlette(routes=[WebSocketRoute("/live", portal.socket)], lifespan=portal.running))
    config.port = port
    uvicorn.Server(config).run()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3])
