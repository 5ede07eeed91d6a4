"""uvicorn's WebSocket protocol, which hands over its transport once the handshake is done.

The application asks for it through the scope: `scope["extensions"][ENTRY]["take"](encoding)`, right after it accepted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import NegotiationError
from websockets.extensions.base import Extension
from websockets.extensions.permessage_deflate import PerMessageDeflate, ServerPerMessageDeflateFactory
from websockets.frames import CloseCode
from websockets.http11 import Request
from websockets.typing import ExtensionParameter

from server.live.frames import WINDOW_BITS
from server.live.protocol import Encoding
from server.live.transport import SocketWire
from server.live.wire import Packing, form

ENTRY = "caudal.handover"


class Take(Protocol):
    """Hands over the transport of a client that was accepted."""

    def __call__(self, encoding: Encoding) -> SocketWire: ...


class HandoverProtocol(WebSocketsSansIOProtocol):
    """For `uvicorn.Config(ws=…)`. What is never taken stays plain ASGI."""

    def handle_connect(self, event: Request) -> None:
        """The client's request: negotiates compression, and offers the handover to the application."""
        self.conn.available_extensions = [_DEFLATE]
        super().handle_connect(event)
        if self.response.status_code == 101:
            entry: dict[object, object] = {"take": self._hand_over}
            cast("dict[str, object]", self.scope["extensions"])[ENTRY] = entry

    def _hand_over(self, encoding: Encoding) -> SocketWire:
        """Forgets the client, except that the application may return without attaching anybody to the wire."""
        early = not self.queue.empty() or bool(self.conn.reader.buffer)
        packing = Packing.DEFLATED if self.conn.extensions else Packing.FRAME
        self.stop_keepalive()
        self.connections.discard(self)
        wire = SocketWire(self.transport, form(encoding, packing), cast("set[object]", self.connections))
        self.transport = _Handed(wire)
        self.conn.parser.close()  # it and `conn` refer to each other
        cast("dict[str, object]", self.scope["extensions"]).clear()  # and so do the scope and this
        if early:
            wire.close(CloseCode.PROTOCOL_ERROR, "early")  # RFC 6455 §4.1: a client waits for the answer
        return wire


class _Handed(asyncio.Transport):
    """Stands where the transport was. uvicorn closes it when the application has returned."""

    def __init__(self, wire: SocketWire) -> None:
        super().__init__()
        self._wire = wire

    def close(self) -> None:
        """Nobody has the client when the application failed before it attached an owner."""
        if not self._wire.attached:
            self._wire.abort()

    def is_closing(self) -> bool:
        """Nothing can be written here."""
        return True


class _Deflate(ServerPerMessageDeflateFactory):
    """Accepts offers with which a frame that was compressed once serves every client."""

    def process_request_params(
        self, params: Sequence[ExtensionParameter], accepted_extensions: Sequence[Extension]
    ) -> tuple[list[ExtensionParameter], PerMessageDeflate]:
        """Declines a window smaller than that of our frames."""
        answer, extension = super().process_request_params(params, accepted_extensions)
        if extension.local_max_window_bits < WINDOW_BITS:
            raise NegotiationError("the window is too small")
        return answer, extension


_DEFLATE = _Deflate(server_no_context_takeover=True, client_no_context_takeover=True)
