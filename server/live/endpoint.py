"""`/live`: who may come in, and who is refused, by an HTTP answer before the upgrade. What follows is a `Client`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus

from starlette.responses import JSONResponse
from starlette.websockets import WebSocket

from server.domain.access import Access
from server.domain.words import Millis, UserId
from server.errors import CaudalError, Invalid, TooMany, Unavailable
from server.live.accept import accept
from server.live.client import Client, Doors, wall
from server.live.feed import Live
from server.live.identity import Identity
from server.live.limits import CONNECTIONS_MAX
from server.live.messages import error_shape
from server.live.protocol import Encoding

RETRY_AFTER = 2  # s that a client refused with 503 or 429 should wait


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`authenticate`: who opens a socket; raises a CaudalError for whom may not. The others: see `client.Doors`."""

    live: Live
    authenticate: Callable[[WebSocket], Awaitable[Identity]]
    access: Callable[[UserId], Awaitable[Access]]
    expires: Callable[[str], Awaitable[Millis | None]]
    perform: Callable[[UserId, str, object, str | None], Awaitable[object]]

    async def serve(self, websocket: WebSocket) -> None:
        """One client, from the handshake to the end."""
        live = self.live
        try:
            with live.admission.enter(clients=len(live.sessions)):
                client = await self._admit(websocket)
        except CaudalError as error:
            await _refuse(websocket, error)
            return
        await client.carried()

    async def _admit(self, websocket: WebSocket) -> Client:
        live = self.live
        if live.closing:
            raise Unavailable("the service restarts")
        encoding = _encoding(websocket)
        identity = await self.authenticate(websocket)
        if live.hub.count(identity.user) >= CONNECTIONS_MAX:
            raise TooMany("too many connections of one user", retry_after=RETRY_AFTER)
        doubts = live.hub.doubts
        access = await self.access(identity.user)
        wire = await accept(websocket, encoding)
        client = Client(live, Doors(self.access, self.expires, self.perform), identity, access, wire)
        client.open(identity.person, wall(), doubted=live.hub.doubts != doubts)
        return client


def _encoding(websocket: WebSocket) -> Encoding:
    """The first of the client's subprotocols that is ours; JSON for a client that names none."""
    offered: list[str] = websocket.scope["subprotocols"]
    for name in offered:
        if name in set(Encoding):
            return Encoding(name)
    if offered:
        raise Invalid.one("Sec-WebSocket-Protocol", "unknown", f"one of {', '.join(Encoding)}")
    return Encoding.JSON


async def _refuse(websocket: WebSocket, error: CaudalError) -> None:
    problem = {"type": "about:blank", "title": HTTPStatus(error.status).phrase, "status": error.status}
    headers = {"Retry-After": str(error.params.get("retry_after", RETRY_AFTER))} if error.status in {429, 503} else None
    response = JSONResponse(
        {**problem, **error_shape(error)}, error.status, headers, media_type="application/problem+json"
    )
    if "websocket.http.response" in websocket.scope.get("extensions", {}):
        await websocket.send_denial_response(response)
    else:
        await websocket.close()
