"""Clients that come back: `python -m bench.wanderers PORT,PORT…`, tokens on standard input, an empty line, then commands.

Each obeys docs/protocol.md: a cursor, `resume`, full jitter, another node when one is gone. `ready` when all follow `mine`
at the first port. Commands: `lost` begins to count attempts · `back SECONDS` until all are connected again ·
`have N SECONDS` until all have N entries · both answer with a `Report` · the end ends it.
"""

from __future__ import annotations

import asyncio
import base64
import os
import random
import sys
import time
from collections.abc import Callable, Sequence

import msgspec
import uvloop

from bench.clients import frame_at

AT_ONCE = 64  # first handshakes at the same time; coming back is not held
LIMITS = (1.0, 30.0)  # s of back-off, full jitter
STEP = 0.02  # s between two looks at everybody
TEXT = 1  # opcode


class Heard(msgspec.Struct):
    """What a client looks at of a frame."""

    type: str
    name: str = ""
    epoch: str = ""
    position: int = 0
    retry_ms: int = 0


class Report(msgspec.Struct):
    """Everybody together. `away` in seconds from the loss of the connection until everything missed was there."""

    connected: int = 0
    entries_min: int = 0
    entries_max: int = 0
    doubled: int = 0
    disordered: int = 0
    resets: int = 0
    attempts: int = 0
    refused: int = 0
    away_p50: float = 0.0
    away_longest: float = 0.0


class Wanderer:
    """One client: a task that connects, follows, loses, and comes back."""

    decoder = msgspec.json.Decoder(Heard)

    def __init__(self, token: str, ports: Sequence[int], gate: asyncio.Semaphore) -> None:
        self.live = False
        self.away: float | None = None
        self.entries = self.doubled = self.disordered = self.resets = self.attempts = self.refused = 0
        self._token, self._ports, self._gate = token, ports, gate
        self._epoch, self._position, self._lost = "", 0, 0.0

    async def wander(self) -> None:
        """Until it is cancelled."""
        limit, turn, wait = LIMITS[0], 0, 0.0
        while True:
            try:
                wait = await self._follow(self._ports[turn % len(self._ports)])
            except (OSError, asyncio.IncompleteReadError):
                wait = 0.0
            if self.live:
                self.live, self._lost, limit = False, time.monotonic(), LIMITS[0]
            turn += 1
            await asyncio.sleep(wait or random.uniform(0, limit))
            limit = min(2 * limit, LIMITS[1])

    async def _follow(self, port: int) -> float:
        """One connection. Returns the seconds that the service asked to wait, or 0."""
        self.attempts += 1
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 22)
        try:
            if self._epoch:
                status, head = await self._shake(reader, writer)
            else:
                async with self._gate:
                    status, head = await self._shake(reader, writer)
            if status != 101:
                self.refused += 1
                return _retry_after(head)
            return await self._read(reader, writer)
        finally:
            writer.close()

    async def _shake(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> tuple[int, bytes]:
        lines = (
            "GET /live HTTP/1.1",
            "Host: 127.0.0.1",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
            "Sec-WebSocket-Version: 13",
            f"Authorization: Bearer {self._token}",
        )
        writer.write("".join(f"{line}\r\n" for line in (*lines, "")).encode())
        head = await reader.readuntil(b"\r\n\r\n")
        return int(head.split(b" ", 2)[1]), head.lower()

    async def _read(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> float:
        buffer, wait = bytearray(), 0.0
        while data := await reader.read(1 << 16):
            buffer += data
            start = 0
            while (found := frame_at(buffer, start)) is not None:
                begin, end = found
                if buffer[start] & 0x0F == TEXT:
                    wait = self._take(self.decoder.decode(buffer[begin:end]), writer) or wait
                start = end
            del buffer[:start]
        return wait

    def _take(self, heard: Heard, writer: asyncio.StreamWriter) -> float:
        match heard.type:
            case "welcome":
                self._epoch = self._epoch or heard.epoch
                self._position = self._position or heard.position
                channels = [{"channel": "mine"}]
                cursor = {"epoch": self._epoch, "position": self._position}
                _send(writer, {"id": 1, "op": "resume", **cursor, "channels": channels})
            case "reply":
                self._arrive()
            case "event":
                self._event(heard)
            case "checkpoint":
                self._position = max(self._position, heard.position)
            case "reset":
                self.resets += 1
                self._position = max(self._position, heard.position)
            case "bye":
                return heard.retry_ms / 1000
        return 0.0

    def _arrive(self) -> None:
        self.live = True
        if self._lost:
            self.away, self._lost = time.monotonic() - self._lost, 0.0

    def _event(self, heard: Heard) -> None:
        if heard.position <= self._position:
            self.doubled += heard.position == self._position
            self.disordered += heard.position < self._position
            return
        self._position = heard.position
        self.entries += heard.name == "entry.added"


def _send(writer: asyncio.StreamWriter, op: object) -> None:
    payload = msgspec.json.encode(op)
    size = len(payload)
    length = bytes((0x80 | size,)) if size < 126 else bytes((0xFE,)) + size.to_bytes(2, "big")
    writer.write(bytes((0x80 | TEXT,)) + length + bytes(4) + payload)  # masked with zeros


def _retry_after(head: bytes) -> float:
    seconds = head.partition(b"retry-after:")[2].partition(b"\r\n")[0].strip()
    return float(seconds or 0)


def report(everybody: Sequence[Wanderer]) -> Report:
    """All of them as of now."""
    away = sorted(each.away for each in everybody if each.away is not None) or [0.0]
    return Report(
        connected=sum(each.live for each in everybody),
        entries_min=min(each.entries for each in everybody),
        entries_max=max(each.entries for each in everybody),
        doubled=sum(each.doubled for each in everybody),
        disordered=sum(each.disordered for each in everybody),
        resets=sum(each.resets for each in everybody),
        attempts=sum(each.attempts for each in everybody),
        refused=sum(each.refused for each in everybody),
        away_p50=away[len(away) // 2],
        away_longest=away[-1],
    )


async def main(ports: Sequence[int], tokens: Sequence[str]) -> None:
    """Connects everybody, says `ready`, and obeys."""
    loop, gate = asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE)
    everybody = [Wanderer(token, ports, gate) for token in tokens]
    tasks = [loop.create_task(each.wander()) for each in everybody]
    await _until(lambda: all(each.live for each in everybody), 120)
    print("ready", flush=True)
    while command := (await loop.run_in_executor(None, sys.stdin.readline)).split():
        match command:
            case ["lost"]:
                for each in everybody:
                    each.attempts = each.refused = 0
            case ["back", seconds]:
                await _until(lambda: all(each.live for each in everybody), float(seconds))
            case ["have", entries, seconds]:
                await _have(everybody, int(entries), float(seconds))
        print(msgspec.json.encode(report(everybody)).decode(), flush=True)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


async def _have(everybody: Sequence[Wanderer], entries: int, seconds: float) -> None:
    await _until(lambda: all(each.entries >= entries for each in everybody), seconds)


async def _until(condition: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:  # noqa: ASYNC110  (a signal per frame would be load)
        await asyncio.sleep(STEP)


if __name__ == "__main__":
    lines = iter(sys.stdin.readline, "")
    given = [line.strip() for line in iter(lambda: next(lines), "\n")]
    uvloop.run(main([int(port) for port in sys.argv[1].split(",")], given))
