"""The end of a handshake: from here on a client is a wire, whatever carries it."""

from __future__ import annotations

from typing import TypedDict, cast

from starlette.websockets import WebSocket

from server.live.asgi import AsgiWire
from server.live.handover import ENTRY, Take
from server.live.protocol import Encoding
from server.live.wire import Wire


class _Entry(TypedDict):
    take: Take


async def accept(websocket: WebSocket, encoding: Encoding) -> Wire:
    """Says yes to the client. `attach` of the wire comes next, then `carried`."""
    await websocket.accept(encoding if websocket.scope["subprotocols"] else None)
    entry = cast("_Entry | None", websocket.scope.get("extensions", {}).get(ENTRY))
    return entry["take"](encoding) if entry else AsgiWire(websocket, encoding)
