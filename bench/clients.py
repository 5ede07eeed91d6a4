"""Many WebSocket clients in one process: `python -m bench.clients PORT CHANNEL`, tokens on standard input, then commands.

It reads frames with a parser of its own over bare sockets, so that the load is not what is measured. Tokens, an empty line,
then: `start` forgets what was counted · `wait N SECONDS` until N events came answers with a `Tally` · the end ends it.
"""

from __future__ import annotations

import asyncio
import base64
import os
import sys
import time
from array import array
from typing import cast

import msgspec
import uvloop

CONNECTING = 64  # handshakes at once
STEP = 0.005  # s between two looks at what came
TEXT, PING, PONG = 1, 9, 10  # opcodes
ALIVE = b'{"op":"ping"}'


class Event(msgspec.Struct):
    """What a client looks at of a frame: `at` is the moment of the write in milliseconds."""

    type: str
    name: str = ""
    at: float = 0.0
    epoch: str = ""
    position: int = 0


class Tally(msgspec.Struct):
    """What came since `start`. Delays in milliseconds from the event's `at` to the arrival of its frame."""

    events: int = 0
    bytes: int = 0
    first: float = 0.0
    last: float = 0.0
    p50: float = 0.0
    p99: float = 0.0
    longest: float = 0.0


class Arrivals:
    """What came to all clients."""

    def __init__(self) -> None:
        self.delays = array("d")
        self.bytes = 0
        self.first = self.last = 0.0

    def event(self, event: Event, size: int, now: float) -> None:
        """One event arrived, `now` in milliseconds since 1970."""
        self.delays.append(now - event.at)
        self.bytes += size
        self.first = self.first or now
        self.last = now

    def tally(self) -> Tally:
        """The numbers so far."""
        delays = sorted(self.delays)
        if not delays:
            return Tally()
        p50, p99 = (delays[int(len(delays) * share)] for share in (0.5, 0.99))
        return Tally(len(delays), self.bytes, self.first, self.last, p50, p99, delays[-1])


class Client(asyncio.Protocol):
    """One socket: handshake, `resume`, then every frame counted. `ready` is done when the channel is subscribed."""

    arrivals = Arrivals()
    decoder = msgspec.json.Decoder(Event)

    def __init__(self, token: str, channel: str) -> None:
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._token = token
        self._channel = channel
        self._transport: asyncio.WriteTransport | None = None
        self._buffer = bytearray()
        self._open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asks for the upgrade."""
        self._transport = cast(asyncio.WriteTransport, transport)  # uvloop's are no subclasses
        key = base64.b64encode(os.urandom(16)).decode()
        lines = ("GET /live HTTP/1.1", "Host: 127.0.0.1", "Upgrade: websocket", "Connection: Upgrade")
        more = (
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
            f"Authorization: Bearer {self._token}",
            "",
            "",
        )
        self._transport.write("\r\n".join((*lines, *more)).encode())

    def connection_lost(self, exc: Exception | None) -> None:
        """A client that is thrown out makes the measurement worthless."""
        if not self.ready.done():
            self.ready.set_exception(exc or ConnectionError("closed before it was subscribed"))

    def data_received(self, data: bytes) -> None:
        """Every whole frame in what has come so far."""
        now = time.time_ns() / 1e6
        self._buffer += data
        buffer, start = self._buffer, 0
        if not self._open:
            start = buffer.find(b"\r\n\r\n") + 4
            if start == 3:
                return
            assert buffer.startswith(b"HTTP/1.1 101"), bytes(buffer)
            self._open = True
        while (frame := frame_at(buffer, start)) is not None:
            begin, end = frame
            if buffer[start] & 0x0F == PING:
                self._send(PONG, bytes(buffer[begin:end]))
            else:
                self._take(bytes(buffer[begin:end]), now)
            start = end
        del buffer[:start]

    def send(self, text: bytes) -> None:
        """One text frame."""
        self._send(TEXT, text)

    def _send(self, opcode: int, payload: bytes) -> None:
        assert self._transport
        size = len(payload)
        length = bytes((0x80 | size,)) if size < 126 else bytes((0xFE,)) + size.to_bytes(2, "big")
        head = bytes((0x80 | opcode,)) + length  # masked with zeros
        self._transport.write(head + bytes(4) + payload)

    def _take(self, payload: bytes, now: float) -> None:
        event = self.decoder.decode(payload)
        if event.name == "entry.added":
            self.arrivals.event(event, len(payload), now)
        elif event.type == "welcome":
            channels = [{"channel": self._channel}]
            resume = {"id": 1, "op": "resume", "epoch": event.epoch, "position": event.position, "channels": channels}
            self.send(msgspec.json.encode(resume))
        elif event.type == "reply" and not self.ready.done():
            self.ready.set_result(None)


def frame_at(buffer: bytearray, start: int) -> tuple[int, int] | None:
    """Where the payload of the frame at `start` begins and ends (RFC 6455 §5.2, from a server: unmasked)."""
    have = len(buffer) - start
    if have < 2:
        return None
    size, begin = buffer[start + 1], start + 2
    if size == 126:
        size, begin = int.from_bytes(buffer[begin : begin + 2], "big"), begin + 2
    elif size == 127:
        size, begin = int.from_bytes(buffer[begin : begin + 8], "big"), begin + 8
    return (begin, begin + size) if len(buffer) >= begin + size else None


async def main(port: int, channel: str, secrets: list[str]) -> None:
    """Connects everybody, says `ready`, and obeys."""
    loop = asyncio.get_running_loop()
    gate = asyncio.Semaphore(CONNECTING)

    async def connect(token: str) -> Client:
        async with gate:
            _, client = await loop.create_connection(lambda: Client(token, channel), "127.0.0.1", port)
            await client.ready
            return client

    everybody = await asyncio.gather(*map(connect, secrets))
    print("ready", flush=True)
    while command := (await loop.run_in_executor(None, sys.stdin.readline)).split():
        if command[0] == "start":
            for client in everybody:
                client.send(ALIVE)
            Client.arrivals = Arrivals()
            print("started", flush=True)
            continue
        await _until(int(command[1]), float(command[2]))
        print(msgspec.json.encode(Client.arrivals.tally()).decode(), flush=True)


async def _until(events: int, patience: float) -> None:
    end = time.monotonic() + patience
    while len(Client.arrivals.delays) < events and time.monotonic() < end:  # noqa: ASYNC110 (a signal per frame would be load)
        await asyncio.sleep(STEP)


if __name__ == "__main__":
    lines = iter(sys.stdin.readline, "")
    given = [line.strip() for line in iter(lambda: next(lines), "\n")]
    uvloop.run(main(int(sys.argv[1]), sys.argv[2], given))
