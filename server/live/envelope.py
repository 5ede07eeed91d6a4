"""An event as the bus carries it: one MessagePack map, read straight into typed values."""

from __future__ import annotations

from functools import lru_cache

import msgspec

from server.domain.access import NOBODY, Principals
from server.domain.events import Event, Name, Reach
from server.domain.words import EntryId, JsonObject, Millis, Position, RecordId, UserId

LARGE = 32  # bytes of an audience, from which on it is worth remembering
AUDIENCES = 32  # large ones that are remembered; a set of 10,000 users is a megabyte


def seal(event: Event) -> bytes:
    """The whole event."""
    return msgspec.msgpack.encode(
        {
            "position": event.position,
            "at": event.at,
            "name": event.name,
            "reach": event.reach,
            "actor": event.actor,
            "entry": event.entry,
            "records": event.records,
            "principals": event.principals,
            "audience": event.audience,
            "data": event.data,
            "readers": {str(record): names for record, names in event.readers.items()},
            "ref": event.ref,
            "barred": event.barred,
        }
    )


def unseal(letter: bytes) -> Event:
    """The event that was sealed. Raises msgspec.ValidationError or msgspec.DecodeError for anything else."""
    found = _SEALED.decode(letter)
    people = bytes(found.audience)
    return Event(
        found.position,
        found.at,
        found.name,
        found.reach,
        found.actor,
        found.entry,
        found.records,
        found.principals,
        _AUDIENCE.decode(people) if len(people) < LARGE else _large_audience(people),
        found.data,
        found.readers,
        found.ref,
        found.barred,
    )


def position_of(letter: bytes) -> Position:
    """Where an event stands in the log, without reading the rest of it. Raises as `unseal` does."""
    return _PLACED.decode(letter).position


class _Placed(msgspec.Struct):
    position: Position


class _Sealed(msgspec.Struct):
    position: Position
    at: Millis
    name: Name
    reach: Reach
    actor: UserId | None
    entry: EntryId | None
    records: tuple[RecordId, ...]
    principals: Principals
    audience: msgspec.Raw
    data: JsonObject
    readers: dict[RecordId, Principals]
    ref: str | None = None
    barred: Principals = NOBODY


_PLACED = msgspec.msgpack.Decoder(_Placed)
_SEALED = msgspec.msgpack.Decoder(_Sealed, strict=False)  # keys of `readers` are numbers written as texts
_AUDIENCE = msgspec.msgpack.Decoder(frozenset[UserId])


@lru_cache(AUDIENCES)
def _large_audience(people: bytes) -> frozenset[UserId]:
    """The same set for what happens to the same followers: reading a thousand takes longer than all the rest."""
    return _AUDIENCE.decode(people)
