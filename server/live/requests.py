"""Reading what a client sends: from a message to an op, or to what is wrong with it. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import msgspec

from server.domain.channels import Channel, parse_channel
from server.domain.filters import Filter, parse_filter
from server.errors import CaudalError, FieldError, Invalid
from server.live.protocol import CHANNELS_MAX, DEPTH_MAX, FRAME_MAX, Encoding, Frame, Op, Subscription


class ProtocolError(Exception):
    """A frame after which nothing can be trusted: the session ends with 4504 and `reason`, a stable word."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


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
