"""The seam between a client and its socket: what is written to one, and what one tells.

Two kinds of sockets stand behind it: a transport that was handed over after the handshake, which takes finished
WebSocket frames, and plain ASGI, which takes messages (docs/topics/back-pressure.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache
from typing import Protocol, cast

from server.live.frames import pack
from server.live.messages import encode
from server.live.protocol import Encoding, Frame, ServerMessage

HIGH_WATER = 256 * 1024  # bytes that the kernel has not taken: from here on a client is choked
LOW_WATER = 64 * 1024  # bytes, below which it flows again


class Packing(Enum):
    """What a finished frame is."""

    MESSAGE = auto()
    """The content of a message, for plain ASGI: text for JSON, bytes for MessagePack."""
    FRAME = auto()
    """The bytes of one unmasked, final WebSocket frame (RFC 6455 §5.2)."""
    DEFLATED = auto()
    """The same, compressed where that pays (RFC 7692, without context takeover)."""


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """How frames for a client are finished: with what else they are, the variant of an event's bytes. Use `form`."""

    encoding: Encoding
    packing: Packing


@cache
def form(encoding: Encoding, packing: Packing) -> Form:
    """The one object for all clients of a form: variants are looked up by it, for every event."""
    return Form(encoding, packing)


def finish(message: ServerMessage, form: Form) -> Frame:
    """A frame of the service, as wires of a form take it."""
    frame = encode(message, form.encoding)
    if form.packing is Packing.MESSAGE:
        return frame
    payload, text = (frame.encode(), True) if isinstance(frame, str) else (frame, False)
    return pack(payload, text=text, deflate=form.packing is Packing.DEFLATED)


def join(finished: Sequence[Frame], form: Form) -> Sequence[Frame]:
    """The same frames as one, where they can be: so that many wires share the bytes of a batch."""
    if form.packing is Packing.MESSAGE or len(finished) == 1:
        return tuple(finished)
    return (b"".join(cast("Sequence[bytes]", finished)),)


class Owner(Protocol):
    """What a wire tells, always on the event loop and never from inside `write` or `close`."""

    def received(self, message: Frame) -> None:
        """One whole message of the client: text, or bytes. Control frames are the wire's own affair."""

    def choked(self) -> None:
        """`HIGH_WATER` bytes wait to be taken. What is written nevertheless is kept."""

    def flowing(self) -> None:
        """After `choked`: no more than `LOW_WATER` bytes wait."""

    def lost(self) -> None:
        """The connection is over, whoever ended it. Once, and nothing comes after it."""


class Wire(Protocol):
    """One client's socket, after the handshake. Nothing here waits; after the end, calls do nothing."""

    form: Form

    @property
    def waiting(self) -> int:
        """Bytes written and not yet taken by the kernel."""

    def attach(self, owner: Owner) -> None:
        """Begins to tell; once, before anything else."""

    def write(self, frames: Sequence[Frame]) -> None:
        """Writes finished frames of this wire's form, in order, with one write of the socket."""

    def pause_reading(self) -> None:
        """Takes no more from the client for now: it is faster than what it asks for can be done."""

    def resume_reading(self) -> None:
        """Goes on reading."""

    def close(self, code: int, reason: str) -> None:
        """Says a close frame after what was written, waits a moment for the client's, and is lost."""

    def abort(self) -> None:
        """Cuts the connection, whatever waits."""

    async def carried(self) -> None:
        """Ends with the connection where the server's task has to carry it (plain ASGI), else at once."""
