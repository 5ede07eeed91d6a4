"""The composition root: settings become a running portal. The only module that knows every other."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Mount, WebSocketRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from server.actions.perform import perform
from server.api import (
    activities,
    asyncapi,
    counters,
    credentials,
    entries,
    history,
    login,
    notifications,
    people,
    record_acts,
    records,
    reports,
    settings,
    suggestions,
)
from server.api.http import Router, problem
from server.api.pages import Pages
from server.domain.access import Access
from server.domain.events import Event
from server.domain.words import Millis, UserId
from server.errors import CaudalError, NotSignedIn, Unavailable
from server.jobs.clock import Clock
from server.live.endpoint import Endpoint
from server.live.feed import Live
from server.live.identity import Identity
from server.live.private import PrivateServer
from server.settings import Settings
from server.store import Store
from server.store.access import load_accesses
from server.store.arrivals import read_arrivals
from server.store.counters import Counted, read_counters
from server.store.migrate import is_current
from server.store.sight import Sight
from server.store.together import Together
from server.store.token_uses import TokenUses

WEB = Path(__file__).parent.parent / "web"
API = "/api/v1"

HEADERS = {
    "content-security-policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
}
"""On every answer. No inline script or style, nothing from third parties (STYLE, Web)."""


class Portal:
    """The parts of one portal in this process. `live` runs inside `running`."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.store = Store(settings.database_url, self.publish)
        self.site = login.Site(settings.url, settings.secret)
        self._uses = TokenUses(self.store.database)
        self.gate = login.Gate(self.store, self.site, self._uses)
        self.live: Live | None = None
        self._arrivals = Together(partial(read_arrivals, self.store.database))
        self._accesses = Together(self._read_accesses)

    @asynccontextmanager
    async def running(self, _: Starlette) -> AsyncIterator[None]:
        """The bus (a private one when no URL is set) and the live path, from start to end.

        Raises Unavailable, in one clear line, when database or Redis do not answer or the schema is another one.
        """
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self.store.close)
            if not await is_current(self.store.database):
                raise Unavailable("the database has another schema than this version needs: run `caudal migrate`")
            url = self.settings.redis_url
            if url is None:
                url = await stack.enter_async_context(PrivateServer(self.settings.data))
            for part in (self._arrivals, self._accesses, self._uses):
                await stack.enter_async_context(part)
            live = Live(self.store.log, url, self.settings.portal, Sight(self.store.database), self._count)
            self.live = await stack.enter_async_context(live)
            await stack.enter_async_context(Clock(self.store))
            yield

    @property
    def clients(self) -> int:
        """How many live clients this process has."""
        return len(self.live.sessions) if self.live else 0

    async def drain(self, clients: int = 0) -> None:
        """Says `bye` to all live clients, before the server closes their connections; see `Live.drain`."""
        if self.live is not None:
            await self.live.drain(clients)

    async def publish(self, events: Sequence[Event]) -> None:
        """Hands committed events to the live path."""
        if self.live is not None:
            await self.live.publish(events)

    async def socket(self, websocket: WebSocket) -> None:
        """One client of `/live`."""
        if self.live is None:
            raise Unavailable("the service starts")
        await Endpoint(self.live, self.identify, self.access, self.expires, self.perform).serve(websocket)

    async def identify(self, websocket: WebSocket) -> Identity:
        """Who opens a socket."""
        found = await self._arrivals.get(self.gate.credential(websocket))
        if found is None:
            raise NotSignedIn
        if found.unnoted:
            self._uses.note(found.credential)
        return Identity(found.user, found.person, found.credential, found.expires)

    async def expires(self, credential: str) -> Millis | None:
        """When a login or token ends, as of now. Raises NotSignedIn for one that has."""
        found = await self._arrivals.get(credential)
        if found is None:
            raise NotSignedIn
        return found.expires

    async def access(self, user: UserId) -> Access:
        """A user's rights as of now. Raises NotSignedIn for a disabled one."""
        found = await self._accesses.get(user)
        if found is None:
            raise NotSignedIn
        return found

    async def _count(self, users: Collection[UserId]) -> Mapping[UserId, Counted]:
        async with self.store.database.reading() as connection:
            return await read_counters(connection, users, self.store.works.clock())

    async def _read_accesses(self, users: Sequence[UserId]) -> Mapping[UserId, Access]:
        async with self.store.database.reading() as connection:
            return await load_accesses(connection, users)

    async def perform(self, user: UserId, action: str, args: object, key: str | None) -> object:
        """A write over the socket: the same as over HTTP."""
        return await perform(self.store, user, action, args, key=key)


def create_app(settings: Settings) -> Starlette:
    """The ASGI application of one portal."""
    portal = Portal(settings)
    app = Starlette(
        routes=[
            Mount(API, routes=_api(portal), name="api"),
            WebSocketRoute("/live", portal.socket),
            *Pages(WEB).routes(),
        ],
        lifespan=portal.running,
        middleware=[Middleware(SecurityHeaders)],
        exception_handlers={CaudalError: problem, HTTPException: problem, Exception: problem},
    )
    app.state.portal = portal
    return app


NOUNS = (
    login,
    entries,
    records,
    record_acts,
    activities,
    notifications,
    suggestions,
    people,
    reports,
    history,
    settings,
    counters,
)


def _api(portal: Portal) -> list[BaseRoute]:
    router = Router(portal.store, portal.gate)
    for noun in NOUNS:
        noun.add_routes(router)
    credentials.add_routes(router, portal.site)
    return [
        *login.Door(portal.store, portal.site, portal.gate).routes(),
        *asyncapi.routes(portal.site.url),
        *router.routes,
    ]


class SecurityHeaders:
    """Adds `HEADERS` to every HTTP answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._headers = [(name.encode(), value.encode()) for name, value in HEADERS.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes everything through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *self._headers]
            await send(message)

        await self._app(scope, receive, with_headers)
