"""A WebSocket service that says back what it hears, and a client of it that may break every rule of RFC 6455."""

from __future__ import annotations

import asyncio
import base64
import os
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket
from websockets.frames import Frame as Piece, Opcode

from server.live.accept import accept
from server.live.frames import pack
from server.live.handover import HandoverProtocol
from server.live.protocol import Encoding, Frame
from server.live.wire import Packing, Wire

PATIENCE = 10.0  # s
HANDSHAKE = (
    "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n{more}\r\n"
)
DEFLATE = "permessage-deflate; client_max_window_bits"
SIZES = {126: "!H", 127: "!Q"}


class Echo:
    """The owner of a wire, which notes what it is told. A `hesitant` one pauses at each message instead of answering."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.told: list[str] = []
        self.messages: list[Frame] = []
        self.hesitant = False

    def received(self, message: Frame) -> None:
        """Says it back. `fail` fails."""
        self.messages.append(message)
        if message == "fail":
            raise ZeroDivisionError
        if self.hesitant:
            self.wire.pause_reading()
        else:
            self.say(message)

    def say(self, message: Frame) -> None:
        """Writes a message in the wire's form."""
        packing = self.wire.form.packing
        if packing is Packing.MESSAGE:
            self.wire.write([message])
            return
        payload = message.encode() if isinstance(message, str) else message
        self.wire.write([pack(payload, text=isinstance(message, str), deflate=packing is Packing.DEFLATED)])

    def choked(self) -> None:
        """See `wire.Owner`."""
        self.told.append("choked")

    def flowing(self) -> None:
        """See `wire.Owner`."""
        self.told.append("flowing")

    def lost(self) -> None:
        """See `wire.Owner`."""
        self.told.append("lost")


@dataclass
class EchoService:
    """`owners` are those of all clients so far, in the order in which they came."""

    port: int = 0
    owners: list[Echo] = field(default_factory=list)
    server: uvicorn.Server | None = None

    async def endpoint(self, websocket: WebSocket) -> None:
        """One client."""
        wire = await accept(websocket, Encoding.JSON)
        owner = Echo(wire)
        self.owners.append(owner)
        wire.attach(owner)
        await wire.carried()

    @property
    def connections(self) -> int:
        """How many the server knows, which it would end before it stops."""
        assert self.server
        return len(self.server.server_state.connections)


def application(service: EchoService) -> Starlette:
    """The service as an ASGI application."""
    return Starlette(routes=[WebSocketRoute("/", service.endpoint)])


@asynccontextmanager
async def serving(
    ws: type[asyncio.Protocol] = HandoverProtocol, make: type[EchoService] = EchoService
) -> AsyncIterator[EchoService]:
    """Runs the service over a real uvicorn; at the end it is stopped as by a signal."""
    service = make()
    app = application(service)
    config = uvicorn.Config(app, port=0, log_config=None, lifespan="off", ws=ws, ws_per_message_deflate=False)
    service.server = server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    service.port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield service
    finally:
        server.should_exit = True
        await running


async def until(condition: Callable[[], object]) -> None:
    """Waits until the condition, a function, is true."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.001)


def masked(
    opcode: int, payload: bytes = b"", *, fin: bool = True, rsv: int = 0, mask: bytes | None = b"\1\2\3\4"
) -> bytes:
    """A client's frame, as wrong as the arguments say. `rsv`: the three reserved bits; no `mask`: none."""
    first = fin << 7 | rsv << 4 | opcode
    length = len(payload)
    short = length if length < 126 else 126 if length < 1 << 16 else 127
    head = bytes([first, (mask is not None) << 7 | short])
    if short in SIZES:
        head += struct.pack(SIZES[short], length)
    if mask is None:
        return head + payload
    key = int.from_bytes((mask * (length // 4 + 1))[:length])
    return head + mask + (int.from_bytes(payload) ^ key).to_bytes(length)


class RawClient:
    """Bytes in and out after the handshake, whose `answer` are the lines of the service."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: str) -> None:
        self.reader = reader
        self.writer = writer
        self.answer = answer

    async def send(self, data: bytes, chop: int = 0) -> None:
        """Sends bytes, in pieces of `chop` bytes if that is given."""
        for start in range(0, len(data), chop or max(len(data), 1)):
            self.writer.write(data[start : start + (chop or len(data))])
            if chop:
                await asyncio.sleep(0)
        await self.writer.drain()

    async def frame(self) -> Piece:
        """The next frame of the service, inflated by nobody. Raises IncompleteReadError at the end of the stream."""
        async with asyncio.timeout(PATIENCE):
            first, second = await self.reader.readexactly(2)
            length = second & 0x7F
            if length in SIZES:
                (length,) = struct.unpack(SIZES[length], await self.reader.readexactly(2 if length == 126 else 8))
            payload = await self.reader.readexactly(length)
        assert not second & 0x80, "a service masks nothing"
        return Piece(
            Opcode(first & 15), payload, bool(first & 128), bool(first & 64), bool(first & 32), bool(first & 16)
        )

    async def frames(self) -> list[tuple[int, bytes]]:
        """All frames until the end of the stream: opcode and payload; a reset is an end, too."""
        found: list[tuple[int, bytes]] = []
        try:
            while True:
                piece = await self.frame()
                found.append((piece.opcode, bytes(piece.data)))
        except (asyncio.IncompleteReadError, ConnectionError):
            return found

    async def closed(self) -> int | None:
        """The code of the close frame with which the stream ends; None: it ends without."""
        found = await self.frames()
        if not found or found[-1][0] != Opcode.CLOSE:
            return None
        payload = found[-1][1]
        return struct.unpack("!H", payload[:2])[0] if payload else 1005


@asynccontextmanager
async def connected(service: EchoService, *headers: str) -> AsyncIterator[RawClient]:
    """A client after its handshake; `headers` are sent with it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
    key = base64.b64encode(os.urandom(16)).decode()
    writer.write(HANDSHAKE.format(key=key, more="".join(f"{line}\r\n" for line in headers)).encode())
    answer = (await reader.readuntil(b"\r\n\r\n")).decode()
    try:
        yield RawClient(reader, writer, answer)
    finally:
        writer.close()


def close_payload(code: int, reason: bytes | str = b"") -> bytes:
    """The payload of a close frame."""
    return struct.pack("!H", code) + (reason.encode() if isinstance(reason, str) else reason)
