"""Frames of `/live` as a client sees them, in both encodings, read with nothing of the server's."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping

import msgpack
import msgspec

from tests.history.entitlement import CARRY_COMMENT, CARRY_ENTRY
from tests.history.journal import Delivered, Json, Millis

ENCODINGS = ("caudal.json", "caudal.msgpack")
COUNT_COMMENTS = frozenset({"comment.changed", "comment.removed"})
CANARY = re.compile(rb"canary(\d+)x")


class Frame(msgspec.Struct):
    """Any frame of the service; what a type does not have keeps its default."""

    type: str
    position: int = 0
    at: int = 0
    name: str = ""
    mine: bool = False
    matches: bool = True
    actor: int | None = None
    data: dict[str, object] = {}
    id: int | None = None
    ok: object = None
    error: dict[str, object] | None = None
    reason: str = ""
    epoch: str = ""
    session: str = ""
    retry_ms: int = 0


def now() -> Millis:
    """The moment, by the clock that the servers have."""
    return time.time_ns() // 1_000_000


def read(message: str | bytes) -> Frame:
    """A message as a frame."""
    value: object = json.loads(message) if isinstance(message, str) else msgpack.unpackb(message)
    return msgspec.convert(value, Frame)


def write(op: Json, encoding: str) -> str | bytes:
    """An op as a message."""
    if encoding == ENCODINGS[0]:
        return json.dumps(op)
    packed: bytes = msgpack.packb(op)
    return packed


def delivered(frame: Frame, message: str | bytes) -> Delivered:
    """What is kept of an event."""
    raw = message.encode() if isinstance(message, str) else message
    return Delivered(
        at=now(),
        position=frame.position,
        moment=frame.at,
        name=frame.name,
        mine=frame.mine,
        actor=frame.actor,
        matches=frame.matches,
        shown=frozenset(_shown(frame.data)),
        canaries=frozenset(int(number) for number in CANARY.findall(raw)),
        complete=_complete(frame),
    )


def _complete(frame: Frame) -> bool:
    """Whether an event carries what its name promises, and not only the id of it."""
    expected: list[tuple[frozenset[str], str, type]] = [
        (CARRY_ENTRY, "entry", dict),
        (CARRY_COMMENT, "comment", dict),
        (COUNT_COMMENTS, "comments", dict),
        (frozenset({"reaction.changed"}), "reactions", list),
    ]
    return all(isinstance(frame.data.get(field), type) for names, field, type in expected if frame.name in names)


def _shown(value: object) -> Iterator[int]:
    """Records that stand unmasked somewhere in some data."""
    if isinstance(value, Mapping):
        record = value.get("record")
        if isinstance(record, int) and "kind" in value:
            yield record
        for item in value.values():
            yield from _shown(item)
    elif isinstance(value, list):
        for item in value:
            yield from _shown(item)
