"""One connection to `/live`: the handshake, frames in and out, and what its end means for the client."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.typing import Subprotocol

from caudal.address import Address
from caudal.errors import FINAL, Ended, ProtocolRefused, Revoked, SignedOut, ended_by
from caudal.frames import VERSION, Encoding, Frame, Garbled, Message, Welcome, unpack

OPENING = 10.0  # s for the handshake, and for the first frame
CLOSING = 1.0  # s for the other side to answer the close frame
MESSAGE_MAX = 16 * 1024 * 1024  # bytes of one frame of the service
AGAIN = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}


class Lost(Exception):
    """There is no connection, and coming back may help. `wait`: the seconds that the service asks for, if it does."""

    def __init__(self, why: str, wait: float | None = None) -> None:
        super().__init__(why)
        self.wait = wait


class Connection:
    """An open connection. `welcome` was its first frame."""

    def __init__(self, socket: ClientConnection, encoding: Encoding) -> None:
        self._socket = socket
        self._encoding = encoding

    async def send(self, message: Message) -> bool:
        """Sends one message. False: the connection has ended, and `receive` tells why."""
        try:
            await self._socket.send(message)
        except ConnectionClosed:
            return False
        return True

    async def receive(self, within: float) -> Frame:
        """The next frame. Raises Lost when none comes within so many seconds, or when the connection ends; Ended."""
        try:
            async with asyncio.timeout(within):
                message = await self._socket.recv()
            return unpack(message, self._encoding)
        except TimeoutError:
            raise Lost(f"nothing was heard for {within:g} s") from None
        except Garbled as error:
            raise Lost(f"garbled: {error}") from None
        except ConnectionClosed as end:
            close = end.rcvd
            if close and close.code in FINAL:
                raise ended_by(close.code, close.reason) from None
            raise Lost(f"closed: {close.code} {close.reason}" if close else "closed without a word") from None

    async def welcome(self) -> Welcome:
        """The first frame. Raises Lost; ProtocolRefused for a version of the protocol that this client does not know."""
        first = await self.receive(OPENING)
        if not isinstance(first, Welcome):
            raise Lost("the first frame is no welcome")
        if first.version != VERSION:
            raise ProtocolRefused(0, f"the service speaks version {first.version}, this client {VERSION}")
        return first


@asynccontextmanager
async def opened(
    address: Address, token: str, encoding: Encoding, context: ssl.SSLContext | None
) -> AsyncIterator[Connection]:
    """A connection of its own. Raises Lost, or Ended when coming back would not help."""
    try:
        socket = await connect(
            address.live,
            subprotocols=[Subprotocol(encoding.subprotocol)],
            additional_headers={"Authorization": f"Bearer {token}"},
            compression=None,  # the service frames once for many clients; a bot is rarely at the end of a thin line
            open_timeout=OPENING,
            ping_interval=None,  # the protocol has its own heartbeat
            close_timeout=CLOSING,
            max_size=MESSAGE_MAX,
            ssl=(context or True) if address.secure else None,
        )
    except InvalidStatus as refusal:
        headers = refusal.response.headers
        raise _refusal(refusal.response.status_code, headers.get("Retry-After")) from None
    except (OSError, InvalidHandshake, TimeoutError, EOFError) as error:
        raise Lost(f"no connection: {str(error) or type(error).__name__}") from None
    try:
        if socket.subprotocol != encoding.subprotocol:
            raise ProtocolRefused(0, f"the service does not speak {encoding.subprotocol}")
        yield Connection(socket, encoding)
    finally:
        await socket.close()


def _refusal(status: int, retry_after: str | None) -> Lost | Ended:
    """What an HTTP answer before the upgrade means."""
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in AGAIN:
        return Lost(f"refused: {status}", seconds_of(retry_after))
    if status == HTTPStatus.UNAUTHORIZED:
        return SignedOut(status, "the token is unknown or has expired")
    if status == HTTPStatus.FORBIDDEN:
        return Revoked(status, "this user may not be here")
    return ProtocolRefused(status, "there is no portal's socket at this address")


def seconds_of(retry_after: str | None) -> float | None:
    """The header `Retry-After` (RFC 9110, 10.2.3): seconds, or a date. None without one that can be read."""
    if retry_after is None:
        return None
    text = retry_after.strip()
    if text.isascii() and text.isdecimal() and len(text) <= 9:
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None
