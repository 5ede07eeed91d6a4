"""The words of `/live` (docs/protocol.md): encodings, codes, types of frames, and the ops of a client. No state, no I/O.

Both encodings carry the same frames: `caudal.json` as text messages, `caudal.msgpack` as binary ones. What a client sends
is read by `requests`; what it gets is built by `messages`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum, StrEnum
from typing import Annotated, Literal, TypeAlias

import msgspec

VERSION = 1
FRAME_MAX = 64 * 1024  # bytes of one client frame; the longest text of a message is 20,000 characters
DEPTH_MAX = 32  # levels of nesting in a client frame; real ones have six
CREDIT_MAX = 1_000_000  # events; more at once is no limit
CHANNELS_MAX = 64  # subscriptions of one session: a person has a handful of records open


class Encoding(StrEnum):
    """The subprotocols, best known first: what a client that offers none gets is the first."""

    JSON = "caudal.json"
    MSGPACK = "caudal.msgpack"


Frame: TypeAlias = str | bytes
"""One finished frame: text for JSON, bytes for MessagePack."""

ServerMessage: TypeAlias = Mapping[str, object]
"""A frame of the service before it is encoded; always with a `type`."""


class Close(IntEnum):
    """Close codes. 4000–4499: reconnect and resume. 4500–4999: do not; something must change first."""

    FAILED = 4000
    """Something failed in the service."""
    RESTART = 4001
    """The service restarts; `bye` said when to come back."""
    SLOW = 4008
    """The client did not take what it was sent for too long."""
    SILENT = 4010
    """Nothing was heard from the client for too long."""
    SIGNED_OUT = 4501
    """The login behind this session has ended."""
    REVOKED = 4503
    """The user may not be here any more."""
    PROTOCOL = 4504
    """The client sent what no client may send."""


class Reset(StrEnum):
    """Why a client has to load a snapshot anew."""

    EPOCH = "epoch"
    FLOOR = "floor"
    ACCESS = "access"
    FAILED = "failed"
    LAGGING = "lagging"


class ServerFrame(StrEnum):
    """The types of frames that the service sends."""

    WELCOME = "welcome"
    REPLY = "reply"
    EVENT = "event"
    CHECKPOINT = "checkpoint"
    RESET = "reset"
    BYE = "bye"
    NOW = "now"
    COUNTERS = "counters"


class Claiming(StrEnum):
    """What a claim says (PRODUCT §12)."""

    CALLING = "calling"
    """"Ana is calling this client"."""
    WRITING = "writing"
    """"Ana is writing to this client"."""
    MINE = "mine"
    """"I take it"."""


Id: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
_Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
_Number: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1)]
_Credit: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=CREDIT_MAX)]
_Word: TypeAlias = Annotated[str, msgspec.Meta(max_length=128)]


class Subscription(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One channel of a `resume`, with its filter as the client wrote it."""

    channel: _Word
    filter: dict[str, object] | None = None


class Resume(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="op", tag="resume"):
    """Subscribe to exactly these channels, and replay what happened after `position`.

    `mode` latest: nothing is replayed to a client that does not keep up. `credit`: how many events may come.
    """

    epoch: _Word
    position: _Count
    channels: list[Subscription]
    mode: Literal["latest"] | None = None
    credit: _Credit | None = None
    id: Id | None = None


class Subscribe(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="op", tag="subscribe"):
    """One channel more, or another filter for it."""

    channel: _Word
    filter: dict[str, object] | None = None
    id: Id | None = None


class Unsubscribe(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="op", tag="unsubscribe"):
    """One channel less."""

    channel: _Word
    id: Id | None = None


class Call(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="op", tag="call"):
    """A write of the HTTP API. The same `key` within 24 hours is the same write."""

    action: _Word
    args: dict[str, object]
    key: _Word | None = None
    id: Id | None = None


class Ping(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="op", tag="ping"):
    """A sign of life; answered by a reply."""

    id: Id | None = None


class Credit(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="op", tag="credit"):
    """So many events more may come; the first one ends that all may."""

    n: _Credit
    id: Id | None = None


class Viewing(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="op", tag="viewing"):
    """The user looks at this record, or at none."""

    record: _Number | None = None
    id: Id | None = None


class Typing(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="op", tag="typing"):
    """The user writes at this entry, or no more; repeated while it lasts."""

    entry: _Number | None = None
    id: Id | None = None


class Claim(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="op", tag="claim", rename={"word": "as"}
):
    """The user claims a record, renews the claim, or gives it back."""

    record: _Number
    word: Claiming | None = None
    id: Id | None = None


Op: TypeAlias = Resume | Subscribe | Unsubscribe | Call | Ping | Credit | Viewing | Typing | Claim
