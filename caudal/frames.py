"""The frames of `/live` as this client reads and writes them, in both encodings. Knows no socket."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias, cast

import msgpack

VERSION = 1  # of the protocol
FRAME_MAX = 64 * 1024  # bytes; the service ends a connection that sends longer ones

Message: TypeAlias = str | bytes
"""One message of the socket: text for JSON, bytes for MessagePack."""

Data: TypeAlias = dict[str, Any]
"""What an event or an answer holds. Its shapes are the service's; `object` would make every bot cast at each step."""

Op: TypeAlias = Mapping[str, object]
"""A frame of the client; always with an `op`."""


class Encoding(StrEnum):
    """How frames are written."""

    JSON = "json"
    MSGPACK = "msgpack"

    @property
    def subprotocol(self) -> str:
        """What the handshake calls it."""
        return f"caudal.{self}"


class Garbled(Exception):
    """A message that is no frame: the connection cannot be trusted any more."""


@dataclass(frozen=True, slots=True)
class Welcome:
    """The first frame of a connection. `heartbeat` in seconds, `at` in milliseconds since 1970 UTC."""

    version: int
    user: Data
    at: int
    epoch: str
    position: int
    heartbeat: float


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to one op: `error` when it was not done, else `ok`."""

    id: int | None
    ok: Data
    error: Data | None = None


@dataclass(frozen=True, slots=True)
class Happened:
    """An event, as it stands in its frame."""

    position: int
    at: int
    name: str
    mine: bool
    actor: int | None
    data: Data
    ref: str | None
    matches: bool


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Everything for this client up to `position` has been sent."""

    position: int


@dataclass(frozen=True, slots=True)
class Restart:
    """A `reset`: what follows is after `position`."""

    reason: str
    position: int


@dataclass(frozen=True, slots=True)
class Bye:
    """A planned close follows."""

    retry_ms: int


Frame: TypeAlias = Welcome | Reply | Happened | Checkpoint | Restart | Bye | None
"""A frame of the service; None for a type that this client does not know, which is to be ignored."""


def pack(op: Op, encoding: Encoding) -> Message:
    """A finished message. Raises TypeError or ValueError for what neither encoding can say."""
    text = json.dumps(op, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text if encoding is Encoding.JSON else cast(bytes, msgpack.packb(op))


def unpack(message: Message, encoding: Encoding) -> Frame:
    """Reads a message of the service. Raises Garbled."""
    try:
        frame = json.loads(message) if encoding is Encoding.JSON else msgpack.unpackb(message)
    except (ValueError, TypeError, RecursionError, msgpack.UnpackException) as error:
        raise Garbled(f"no {encoding}: {error}") from None
    if not isinstance(frame, dict):
        raise Garbled("no object")
    type = frame.get("type")
    read = READERS.get(type) if isinstance(type, str) else None
    return read(_Fields(frame)) if read else None


class _Fields:
    """The fields of one frame, each read as what it has to be."""

    def __init__(self, frame: Mapping[str, object]) -> None:
        self._frame = frame

    def number(self, name: str) -> int:
        value = self._frame.get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise Garbled(f"{name} is no number")
        return value

    def optional_number(self, name: str) -> int | None:
        return None if self._frame.get(name) is None else self.number(name)

    def text(self, name: str) -> str:
        value = self._frame.get(name)
        if not isinstance(value, str):
            raise Garbled(f"{name} is no text")
        return value

    def optional_text(self, name: str) -> str | None:
        return None if self._frame.get(name) is None else self.text(name)

    def flag(self, name: str, missing: bool) -> bool:
        value = self._frame.get(name, missing)
        if not isinstance(value, bool):
            raise Garbled(f"{name} is neither true nor false")
        return value

    def data(self, name: str) -> Data:
        value = self._frame.get(name)
        if not isinstance(value, dict):
            raise Garbled(f"{name} is no object")
        return value

    def optional_data(self, name: str) -> Data | None:
        return None if self._frame.get(name) is None else self.data(name)


def _reply(fields: _Fields) -> Reply:
    ok, error = fields.optional_data("ok"), fields.optional_data("error")
    return Reply(fields.optional_number("id"), ok or {}, error)


def _happened(fields: _Fields) -> Happened:
    return Happened(
        position=fields.number("position"),
        at=fields.number("at"),
        name=fields.text("name"),
        mine=fields.flag("mine", missing=False),
        actor=fields.optional_number("actor"),
        data=fields.data("data"),
        ref=fields.optional_text("ref"),
        matches=fields.flag("matches", missing=True),
    )


def _welcome(fields: _Fields) -> Welcome:
    return Welcome(
        version=fields.number("version"),
        user=fields.data("user"),
        at=fields.number("at"),
        epoch=fields.text("epoch"),
        position=fields.number("position"),
        heartbeat=max(fields.number("heartbeat"), 1),
    )


READERS: Mapping[str, Callable[[_Fields], Frame]] = {
    "welcome": _welcome,
    "reply": _reply,
    "event": _happened,
    "checkpoint": lambda fields: Checkpoint(fields.number("position")),
    "reset": lambda fields: Restart(fields.text("reason"), fields.number("position")),
    "bye": lambda fields: Bye(fields.number("retry_ms")),
}
"""One reader per type of frame that this client knows."""
