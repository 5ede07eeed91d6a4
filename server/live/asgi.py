"""The wire over plain ASGI, for servers that hand over no transport: one task reads, one writes."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import assert_never

import structlog
from starlette.types import Message
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketDisconnected

from server.live.protocol import Close, Encoding, Frame
from server.live.wire import HIGH_WATER, LOW_WATER, Owner, Packing, form

STUCK = 30.0  # s for one message to be taken by the server; then the client is given up
CLOSING = 1.0  # s for everything that is left, and a close frame, to be taken

log = structlog.get_logger()


class AsgiWire:
    """See `wire.Wire`. Whoever has it awaits `carried`."""

    def __init__(self, websocket: WebSocket, encoding: Encoding) -> None:
        self.form = form(encoding, Packing.MESSAGE)
        self._websocket = websocket
        self._owner: Owner
        self._frames: deque[Frame] = deque()
        self._waiting = 0
        self._ending: tuple[int, str] | None = None
        self._choked = self._over = False
        self._written, self._reading = asyncio.Event(), asyncio.Event()
        self._reading.set()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def waiting(self) -> int:
        """Bytes written and not yet taken by the server."""
        return self._waiting

    def attach(self, owner: Owner) -> None:
        """See `wire.Wire`."""
        self._owner = owner

    def write(self, frames: Sequence[Frame]) -> None:
        """See `wire.Wire`."""
        if self._over or self._ending:
            return
        self._frames.extend(frames)
        self._waiting += sum(map(_size, frames))
        self._written.set()
        if self._waiting >= HIGH_WATER:
            asyncio.get_running_loop().call_soon(self._tell_flow)

    def pause_reading(self) -> None:
        """See `wire.Wire`."""
        self._reading.clear()

    def resume_reading(self) -> None:
        """See `wire.Wire`."""
        self._reading.set()

    def close(self, code: int, reason: str) -> None:
        """See `wire.Wire`. The server waits for the client's close frame."""
        if not self._over and not self._ending:
            self._ending = code, reason
            self._written.set()
            asyncio.get_running_loop().call_later(CLOSING, self.abort)

    def abort(self) -> None:
        """See `wire.Wire`."""
        self._over = True
        for task in self._tasks:
            task.cancel()

    async def carried(self) -> None:
        """Ends with the connection."""
        try:
            if not self._over:
                await self._carry()
        finally:
            self._over = True
            self._owner.lost()

    async def _carry(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            self._tasks = {tasks.create_task(self._read()), tasks.create_task(self._write())}
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in self._tasks:
                task.cancel()

    async def _read(self) -> None:
        while (message := await self._websocket.receive())["type"] != "websocket.disconnect":
            await self._reading.wait()
            if not self._ending:
                self._tell(partial(self._owner.received, _content(message)))
            await asyncio.sleep(0)  # many small messages in one packet are no reason to stop the others

    async def _write(self) -> None:
        try:
            while self._frames or not self._ending:
                await self._write_waiting()
            await self._websocket.close(*self._ending)
        except (WebSocketDisconnect, WebSocketDisconnected, TimeoutError):
            return  # it is gone, or is given up: the server cuts the connection when the wire ends

    async def _write_waiting(self) -> None:
        self._written.clear()
        while self._frames:
            frame = self._frames.popleft()
            async with asyncio.timeout(STUCK):
                await self._websocket.send(_message(frame))
            self._waiting -= _size(frame)
            self._tell_flow()
        if not self._ending:
            await self._written.wait()

    def _tell_flow(self) -> None:
        if self._over:
            return
        if not self._choked and self._waiting >= HIGH_WATER:
            self._choked = True
            self._tell(self._owner.choked)
        elif self._choked and self._waiting <= LOW_WATER:
            self._choked = False
            self._tell(self._owner.flowing)

    def _tell(self, what: Callable[[], None]) -> None:
        try:
            what()
        except Exception:
            log.exception("live_owner_failed")
            self.close(Close.FAILED, "failed")


def _content(message: Message) -> Frame:
    text: str | None = message.get("text")
    data: bytes | None = message.get("bytes")
    return text if text is not None else data or b""


def _message(frame: Frame) -> Message:
    match frame:
        case str():
            return {"type": "websocket.send", "text": frame}
        case bytes():
            return {"type": "websocket.send", "bytes": frame}
    assert_never(frame)


def _size(frame: Frame) -> int:
    return len(frame) if isinstance(frame, bytes) or frame.isascii() else len(frame.encode())
