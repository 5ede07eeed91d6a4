"""A client's socket after the handshake: finished frames go out as they are, what comes in is parsed when it comes.

An idle client costs this object, its transport and nothing else (docs/topics/back-pressure.md).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, MutableSet, Sequence
from enum import Enum, auto
from functools import partial
from typing import cast

import structlog
from websockets.frames import CloseCode

from server.live.frames import pack_close
from server.live.incoming import Incoming
from server.live.protocol import Close, Frame
from server.live.wire import HIGH_WATER, LOW_WATER, Form, Owner, Packing

CLOSING = 1.0  # s for the client to say its close frame, and to take what was written

log = structlog.get_logger()


class _State(Enum):
    OPEN = auto()
    CLOSING = auto()
    """We said our close frame, and listen for the client's."""
    ENDING = auto()
    """Nothing is left to say or to hear: we said the end of the stream, and wait for the client's."""
    LOST = auto()


class SocketWire(asyncio.Protocol):
    """See `wire.Wire`. `connections` are the server's, which ends with `shutdown` those that it finds there."""

    __slots__ = (
        "_choked",
        "_connections",
        "_inbox",
        "_incoming",
        "_owner",
        "_paused",
        "_state",
        "_timer",
        "_told_choked",
        "_transport",
        "form",
    )

    def __init__(self, transport: asyncio.Transport, form: Form, connections: MutableSet[object]) -> None:
        self.form = form
        self._transport = transport
        self._connections = connections
        self._owner: Owner | None = None
        self._incoming: Incoming | None = None
        self._inbox: deque[Frame] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._state = _State.OPEN
        self._choked = self._told_choked = False
        self._paused = True
        connections.add(self)
        transport.pause_reading()  # until there is somebody to tell
        transport.set_write_buffer_limits(HIGH_WATER, LOW_WATER)
        transport.set_protocol(self)

    # What the owner does

    @property
    def waiting(self) -> int:
        """Bytes written and not yet taken by the kernel."""
        return 0 if self._state is _State.LOST else self._transport.get_write_buffer_size()

    @property
    def attached(self) -> bool:
        """Somebody has it."""
        return self._owner is not None

    def attach(self, owner: Owner) -> None:
        """See `wire.Wire`."""
        self._owner = owner
        if self._state in {_State.ENDING, _State.LOST}:
            asyncio.get_running_loop().call_soon(self._tell_lost)
        else:
            self.resume_reading()

    def write(self, frames: Sequence[Frame]) -> None:
        """See `wire.Wire`."""
        if self._state is _State.OPEN and frames:
            finished = cast(Sequence[bytes], frames)
            self._transport.write(finished[0] if len(finished) == 1 else b"".join(finished))

    def pause_reading(self) -> None:
        """See `wire.Wire`."""
        if self._state is _State.OPEN and not self._paused:
            self._paused = True
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """See `wire.Wire`."""
        if self._paused and self._state is not _State.LOST:
            self._paused = False
            self._transport.resume_reading()
            if self._inbox:
                asyncio.get_running_loop().call_soon(self._empty_inbox)

    def close(self, code: int, reason: str) -> None:
        """See `wire.Wire`."""
        if self._state is _State.OPEN:
            self._transport.write(pack_close(code, reason))
            self._leave(_State.CLOSING)

    def abort(self) -> None:
        """See `wire.Wire`."""
        if self._state is not _State.LOST:
            self._state = _State.ENDING
            self._transport.abort()

    async def carried(self) -> None:
        """The event loop carries it: ends at once."""

    # What the server does

    def shutdown(self) -> None:
        """The service stops; sessions have had their `bye` before."""
        self.close(CloseCode.SERVICE_RESTART, "")

    # What the event loop does

    def data_received(self, data: bytes) -> None:
        """Bytes of the client."""
        if self._state is _State.ENDING:
            return
        incoming = self._incoming or Incoming(deflated=self.form.packing is Packing.DEFLATED)
        messages, over = incoming.feed(data), incoming.over
        pongs, ending = incoming.replies()
        done = over or incoming.idle
        if done:
            incoming.release()
        self._incoming = None if done else incoming
        if not self._choked:
            self._reply(pongs)  # who takes nothing gets no pongs either: they would pile up
        if messages:
            self._receive(messages)
        if over:
            self._reply(ending)
            self._end()

    def eof_received(self) -> None:
        """The client says no more. Returning nothing makes the transport close, after what is written."""
        self._leave(_State.ENDING)

    def pause_writing(self) -> None:
        """`HIGH_WATER` is reached, perhaps from inside `write`."""
        self._choked = True
        asyncio.get_running_loop().call_soon(self._tell_flow)

    def resume_writing(self) -> None:
        """`LOW_WATER` is reached."""
        self._choked = False
        asyncio.get_running_loop().call_soon(self._tell_flow)

    def connection_lost(self, _error: Exception | None) -> None:
        """The end, whoever made it."""
        self._state = _State.LOST
        self._connections.discard(self)
        self._forget()
        if self._timer:
            self._timer.cancel()
            self._timer = None
        self._tell_lost()

    def _reply(self, replies: bytes) -> None:
        if replies and self._state is _State.OPEN:
            self._transport.write(replies)

    # How it ends

    def _end(self) -> None:
        """Half closes and discards what still comes: closing with unread bytes would make the client lose our last."""
        self._leave(_State.ENDING)
        if self._transport.is_closing():
            return
        if self._transport.can_write_eof():
            self._transport.write_eof()
        else:
            self._transport.close()

    def _leave(self, state: _State) -> None:
        self.resume_reading()
        self._state = state
        self._inbox = None
        if not self._timer:
            self._timer = asyncio.get_running_loop().call_later(CLOSING, self.abort)
        if state is _State.ENDING:
            self._forget()
            self._tell_lost()

    def _forget(self) -> None:
        self._inbox = None
        if self._incoming:
            self._incoming.release()
            self._incoming = None

    # What the owner is told

    def _receive(self, messages: list[Frame]) -> None:
        if self._inbox is None:
            self._inbox = deque()
        self._inbox.extend(messages)
        self._empty_inbox()

    def _empty_inbox(self) -> None:
        while self._inbox and self._owner and not self._paused and self._state is _State.OPEN:
            self._tell(partial(self._owner.received, self._inbox.popleft()))
        if not self._inbox:
            self._inbox = None

    def _tell_flow(self) -> None:
        if self._owner and self._state is _State.OPEN and self._told_choked is not self._choked:
            self._told_choked = self._choked
            self._tell(self._owner.choked if self._choked else self._owner.flowing)

    def _tell_lost(self) -> None:
        owner, self._owner = self._owner, None
        if owner:
            self._tell(owner.lost)

    def _tell(self, what: Callable[[], None]) -> None:
        try:
            what()
        except Exception:
            log.exception("live_owner_failed")
            self.close(Close.FAILED, "failed")
