"""A client of Caudal for bots: follow channels without missing an event, and write with every write done once.

    async with Caudal("https://crm.example.com", token) as c:
        async for event in c.subscribe("mine", since=CursorFile("bot.cursor")):
            ...

| module | holds |
|---|---|
| `client` | `Caudal`: one connection that comes back, the stream on it, calls, lists |
| `stream` | `Stream`: the events of the channels of a client, and its cursor |
| `events` | `Event`, `Reset`: what a stream brings |
| `cursor` | `Cursor`, and where it is kept: `CursorFile`, or a `CursorStore` of one's own |
| `errors` | what may be raised |
| `connection`, `frames`, `inbox`, `asks`, `backoff`, `pace`, `address`, `lists` | how it works |

It needs `websockets` and `msgpack`, and nothing of the service. The protocol is described in docs/protocol.md.
"""

from __future__ import annotations

from caudal.client import Caudal
from caudal.cursor import Cursor, CursorFile, CursorStore, CursorUnreadable
from caudal.errors import CaudalError, Ended, FieldError, ProtocolRefused, Refused, Revoked, SignedOut
from caudal.events import Event, Reset
from caudal.frames import Data, Encoding
from caudal.stream import Filter, Stream

__all__ = [
    "Caudal",
    "CaudalError",
    "Cursor",
    "CursorFile",
    "CursorStore",
    "CursorUnreadable",
    "Data",
    "Encoding",
    "Ended",
    "Event",
    "FieldError",
    "Filter",
    "ProtocolRefused",
    "Refused",
    "Reset",
    "Revoked",
    "SignedOut",
    "Stream",
]
