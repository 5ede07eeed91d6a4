"""The frames of `/live` (docs/protocol.md): reading what a client sends, building what it gets. No state, no I/O.

Both encodings carry the same frames: `caudal.json` as text messages, `caudal.msgpack` as binary ones.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from enum import IntEnum, StrEnum
from typing import Annotated, Literal, TypeAlias

import msgspec

from server.domain.channels import Channel, parse_channel
from server.domain.events import Event, Head
from server.domain.filters import Filter, parse_filter
from server.domain.words import Millis, Position
from server.errors import CaudalError, FieldError, Invalid

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


class Claiming(StrEnum):
    """What a claim says (PRODUCT §12)."""

    CALLING = "calling"
    """"Ana is calling this client"."""
    WRITING = "writing"
    """"Ana is writing to this client"."""
    MINE = "mine"
    """"I take it"."""


class ProtocolError(Exception):
    """A frame after which nothing can be trusted: the session ends with 4504 and `reason`, a stable word."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


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


class BadFrame(Exception):
    """A frame that could be read but not understood: answered with `error` under `id`, and nothing else happens."""

    def __init__(self, id: int | None, error: CaudalError) -> None:
        super().__init__(str(error))
        self.id = id
        self.error = error


def parse(message: Frame, encoding: Encoding) -> Op:
    """Reads a client frame. Raises BadFrame when an error reply will do, else ProtocolError."""
    value = _decode(message, encoding)
    if not isinstance(value, dict):
        raise ProtocolError("malformed")
    id = _id_of(value)
    try:
        _check_plain(value, DEPTH_MAX)
        op: Op = msgspec.convert(value, type=Op)
    except Invalid as error:
        raise BadFrame(id, error) from None
    except msgspec.ValidationError as error:
        raise BadFrame(id, _invalid(str(error))) from None
    return op


def parse_subscription(channel: str, filter: Mapping[str, object] | None) -> tuple[Channel, Filter]:
    """Reads a channel and its filter, whose fields may hold one value or a list. Raises Invalid."""
    wanted = {name: value if isinstance(value, list) else [value] for name, value in (filter or {}).items()}
    return parse_channel(channel), parse_filter(wanted)


def parse_channels(subscriptions: Sequence[Subscription]) -> dict[Channel, Filter]:
    """Reads the channels of a resume; the last of doubles counts. Raises Invalid naming every wrong field."""
    if len(subscriptions) > CHANNELS_MAX:
        raise too_many_channels("channels")
    channels: dict[Channel, Filter] = {}
    errors: list[FieldError] = []
    for number, each in enumerate(subscriptions):
        try:
            channel, wanted = parse_subscription(each.channel, each.filter)
            channels[channel] = wanted
        except Invalid as error:
            errors += [FieldError(f"channels[{number}].{e.field}", e.code, e.message, e.params) for e in error.errors]
    if errors:
        raise Invalid(errors)
    return channels


def too_many_channels(field: str) -> Invalid:
    """More subscriptions than a session may have."""
    return Invalid.one(field, "too_many", f"at most {CHANNELS_MAX} channels", limit=CHANNELS_MAX)


def _decode(message: Frame, encoding: Encoding) -> object:
    if isinstance(message, str) != (encoding is Encoding.JSON):
        raise ProtocolError("wrong_encoding")
    try:
        data = message.encode() if isinstance(message, str) else message
        if len(data) > FRAME_MAX:
            raise ProtocolError("too_large")
        decoded: object = msgspec.json.decode(data) if encoding is Encoding.JSON else msgspec.msgpack.decode(data)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        raise ProtocolError("malformed") from None
    return decoded


def _id_of(value: Mapping[object, object]) -> int | None:
    id = value.get("id")
    return id if isinstance(id, int) and not isinstance(id, bool) and 0 <= id < 2**53 else None


def _check_plain(value: object, depth: int) -> None:
    """MessagePack can say what JSON cannot (bytes, moments, NaN, keys that are no text); frames do not."""
    if depth == 0:
        raise Invalid.one("frame", "too_deep", f"at most {DEPTH_MAX} levels", limit=DEPTH_MAX)
    match value:
        case dict():
            for key, item in value.items():
                if not isinstance(key, str):
                    raise Invalid.one("frame", "type", "keys are texts")
                _check_plain(item, depth - 1)
        case list():
            for item in value:
                _check_plain(item, depth - 1)
        case float() if not math.isfinite(value):
            raise Invalid.one("frame", "type", "numbers are finite")
        case str() | bool() | int() | float() | None:
            pass
        case _:
            raise Invalid.one("frame", "type", "only what JSON can say")


def _invalid(message: str) -> Invalid:
    """msgspec's finding as ours: it ends in the path of the field, like ``… - at `$.channels[0].channel` ``."""
    text, _, path = message.partition(" - at ")
    field = path.strip("`").removeprefix("$").lstrip(".")
    if not field and text.endswith("`"):  # "Object contains unknown field `x`" names it in the text
        field = text.split("`")[-2]
    code = "required" if "missing" in text else "unknown" if "unknown field" in text or field == "op" else "type"
    return Invalid.one(field or "frame", code, text)


def encode(frame: ServerMessage, encoding: Encoding) -> Frame:
    """A finished frame."""
    if encoding is Encoding.JSON:
        return msgspec.json.encode(frame).decode()
    return msgspec.msgpack.encode(frame)


def welcome(session: str, person: Mapping[str, object], head: Head, *, heartbeat: int, at: Millis) -> ServerMessage:
    """The first frame. `heartbeat` in seconds: at least this often something is sent, and expected. `at`: now."""
    return {
        "type": ServerFrame.WELCOME,
        "version": VERSION,
        "session": session,
        "user": person,
        "at": at,
        "epoch": head.epoch,
        "position": head.position,
        "heartbeat": heartbeat,
    }


def reply(id: int | None, ok: object) -> ServerMessage:
    """The answer to an op that was done."""
    return {"type": ServerFrame.REPLY, "id": id, "ok": ok}


def refusal(id: int | None, error: CaudalError) -> ServerMessage:
    """The answer to an op that was not; `id` is null when the op had none."""
    return {"type": ServerFrame.REPLY, "id": id, "error": error_shape(error)}


def error_shape(error: CaudalError) -> Mapping[str, object]:
    """An error as clients see it: a stable code, a sentence for developers, and what is wrong with which field."""
    shape: dict[str, object] = {"code": error.code, "message": error.message}
    if error.params:
        shape["params"] = error.params
    if isinstance(error, Invalid):
        shape["field"] = error.errors[0].field if error.errors else None
        shape["errors"] = _fields(error.errors)
    return shape


def _fields(errors: Sequence[FieldError]) -> list[Mapping[str, object]]:
    return [{"field": e.field, "code": e.code, "message": e.message, "params": e.params} for e in errors]


def event_frame(event: Event, data: object, *, mine: bool, matches: bool) -> ServerMessage:
    """One event with its data masked. `matches` false: it no longer passes the filter under which it was shown."""
    frame: dict[str, object] = {
        "type": ServerFrame.EVENT,
        "position": event.position,
        "at": event.at,
        "name": event.name,
        "mine": mine,
        "actor": event.actor,
        "data": data,
    }
    if event.ref is not None:
        frame["ref"] = event.ref
    if not matches:
        frame["matches"] = False
    return frame


def checkpoint(position: Position) -> ServerMessage:
    """Everything for this client up to `position` has been sent."""
    return {"type": ServerFrame.CHECKPOINT, "position": position}


def reset(reason: Reset, position: Position) -> ServerMessage:
    """What the client holds can no longer be continued: it loads a snapshot, and what follows is after `position`."""
    return {"type": ServerFrame.RESET, "reason": reason, "position": position}


def bye(retry_ms: int) -> ServerMessage:
    """A planned close follows; come back after `retry_ms`."""
    return {"type": ServerFrame.BYE, "retry_ms": retry_ms}


def now(
    record: int,
    viewing: Sequence[Mapping[str, object]],
    typing: Sequence[tuple[int, Mapping[str, object]]],
    claim: Mapping[str, object] | None,
) -> ServerMessage:
    """Who does what with a record just now: all of it."""
    return {
        "type": ServerFrame.NOW,
        "record": record,
        "viewing": viewing,
        "typing": [{"entry": entry, "user": person} for entry, person in typing],
        "claim": claim,
    }
