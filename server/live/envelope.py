"""An event as the bus carries it: one MessagePack map, read straight into the typed event."""

from __future__ import annotations

import msgspec

from server.domain.events import Event


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
    return _DECODER.decode(letter)


_DECODER = msgspec.msgpack.Decoder(Event, strict=False)  # keys of `readers` are numbers written as texts
