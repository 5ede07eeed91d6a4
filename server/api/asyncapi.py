"""The protocol of `/live` as an AsyncAPI 3.0 document, made from the protocol's own types: ops, frames, names, codes.

docs/protocol.md is for people; this is for their tools. It says nothing of the portal's data, so it needs no login.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import cache
from typing import get_args
from urllib.parse import urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server import __version__
from server.api.http import answer
from server.api.login import COOKIE
from server.domain.events import UNSENT, Name
from server.errors import CaudalError
from server.live import protocol
from server.live.protocol import Close, Encoding, Op, Reset, ServerFrame

Schema = Mapping[str, object]

PATH = "/asyncapi.json"
RECONNECT_UNTIL = 4500  # close codes below say: come back

POSITION: Schema = {"type": "integer", "minimum": 0, "description": "place in the log"}
MOMENT: Schema = {"type": "integer", "description": "milliseconds since 1970 UTC"}
OBJECT: Schema = {"type": "object"}
PERSON: Schema = {
    "type": "object",
    "required": ["user", "name"],
    "properties": {"user": {"type": "integer"}, "name": {"type": "string"}},
}


def routes(url: str) -> list[Route]:
    """`url` is the portal's public address."""

    async def show(_: Request) -> Response:
        return answer(document(url))

    return [Route(PATH, show, methods=["GET"])]


@cache
def document(url: str) -> Mapping[str, object]:
    """The document of the portal at `url`."""
    place = urlsplit(url)
    ops, shapes = _ops()
    frames = {str(frame): frame_schema(frame) for frame in ServerFrame}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Caudal",
            "version": __version__,
            "description": "What happens in a portal, live, over one WebSocket. Version "
            f"{protocol.VERSION} of the protocol; both subprotocols carry the same frames.",
        },
        "defaultContentType": "application/json",
        "servers": {
            "portal": {
                "host": place.netloc,
                "protocol": "wss" if place.scheme == "https" else "ws",
                "security": [{"$ref": f"#/components/securitySchemes/{name}"} for name in ("token", "login")],
            }
        },
        "channels": {
            "live": {
                "address": "/live",
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in [*map(_op_key, ops), *frames]},
                "bindings": {"ws": {"method": "GET", "headers": _handshake()}},
                "x-close-codes": {str(int(code)): _close(code) for code in Close},
            }
        },
        "operations": {**{_op_key(name): _receives(name) for name in ops}, **{name: _sends(name) for name in frames}},
        "components": {
            "messages": {
                **{_op_key(name): _message(name, ref) for name, ref in ops.items()},
                **{name: _message(name, schema) for name, schema in frames.items()},
            },
            "schemas": dict(shapes),
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "login": {"type": "httpApiKey", "in": "cookie", "name": COOKIE},
            },
        },
    }


def frame_schema(frame: ServerFrame) -> Schema:
    """What a frame of the service holds. Clients ignore fields they do not know, so more may be in it."""
    fields = FIELDS.get(frame, {})
    return {
        "type": "object",
        "required": ["type", *(name for name in fields if name not in OPTIONAL)],
        "properties": {"type": {"const": str(frame)}, **fields},
        **({"oneOf": [{"required": ["ok"]}, {"required": ["error"]}]} if frame is ServerFrame.REPLY else {}),
    }


def error_codes() -> list[str]:
    """The stable codes of all errors."""
    return sorted({error.code for error in _family(CaudalError)})


def _family(root: type[CaudalError]) -> Iterable[type[CaudalError]]:
    yield root
    for child in root.__subclasses__():
        if child.__module__ == root.__module__:
            yield from _family(child)


def _words(names: type[StrEnum], but: Iterable[StrEnum] = ()) -> Schema:
    return {"type": "string", "enum": [str(name) for name in names if name not in set(but)]}


ERROR: Schema = {
    "type": "object",
    "required": ["code", "message"],
    "properties": {
        "code": {"type": "string", "enum": error_codes()},
        "message": {"type": "string", "description": "for developers"},
        "params": OBJECT,
        "field": {"type": ["string", "null"]},
        "errors": {"type": "array", "items": OBJECT},
    },
}

OPTIONAL = {"ok", "error", "ref", "matches"}
FIELDS: Mapping[ServerFrame, Mapping[str, Schema]] = {
    ServerFrame.WELCOME: {
        "version": {"const": protocol.VERSION},
        "session": {"type": "string"},
        "user": OBJECT,
        "at": MOMENT,
        "epoch": {"type": "string"},
        "position": POSITION,
        "heartbeat": {"type": "integer", "description": "seconds: at least this often each side sends something"},
    },
    ServerFrame.REPLY: {"id": {"type": ["integer", "null"]}, "ok": {}, "error": ERROR},
    ServerFrame.EVENT: {
        "position": POSITION,
        "at": MOMENT,
        "name": _words(Name, but=UNSENT),
        "mine": {"type": "boolean"},
        "actor": {"type": ["integer", "null"]},
        "data": OBJECT,
        "ref": {"type": "string"},
        "matches": {"const": False},
    },
    ServerFrame.CHECKPOINT: {"position": POSITION},
    ServerFrame.COUNTERS: {"position": POSITION, "values": OBJECT},
    ServerFrame.RESET: {"reason": _words(Reset), "position": POSITION},
    ServerFrame.BYE: {"retry_ms": {"type": "integer", "minimum": 0}},
    ServerFrame.NOW: {
        "record": {"type": "integer"},
        "viewing": {"type": "array", "items": PERSON},
        "typing": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["entry", "user"],
                "properties": {"entry": {"type": "integer"}, "user": PERSON},
            },
        },
        "claim": {
            "type": ["object", "null"],
            "required": ["user", "as", "until"],
            "properties": {"user": PERSON, "as": _words(protocol.Claiming), "until": MOMENT},
        },
    },
}
"""The fields of each frame beside its `type`."""


def _ops() -> tuple[Mapping[str, Schema], Mapping[str, Schema]]:
    """The schema of each op by its name, and the shapes that they refer to."""
    types: tuple[type[msgspec.Struct], ...] = get_args(Op)
    refs, shapes = msgspec.json.schema_components(
        types, schema_hook=_anything, ref_template="#/components/schemas/{name}"
    )
    return {str(type.__struct_config__.tag): ref for type, ref in zip(types, refs, strict=True)}, shapes


def _anything(type: type) -> dict[str, object]:
    """Filters and arguments are `object` to the protocol."""
    if type is not object:
        raise NotImplementedError(f"no schema for {type}")
    return {"description": "anything; the rules of filters and actions say more"}


def _op_key(name: str) -> str:
    return f"op_{name}"


def _message(name: str, payload: Schema) -> Schema:
    return {"name": name, "payload": payload}


def _live(message: str) -> Schema:
    return {"$ref": f"#/channels/live/messages/{message}"}


def _receives(op: str) -> Schema:
    reply = {"channel": {"$ref": "#/channels/live"}, "messages": [_live(ServerFrame.REPLY)]}
    return {
        "action": "receive",
        "channel": {"$ref": "#/channels/live"},
        "messages": [_live(_op_key(op))],
        "reply": reply,
    }


def _sends(frame: str) -> Schema:
    return {"action": "send", "channel": {"$ref": "#/channels/live"}, "messages": [_live(frame)]}


def _handshake() -> Schema:
    names = {"type": "string", "enum": [str(encoding) for encoding in Encoding]}
    return {"type": "object", "properties": {"Sec-WebSocket-Protocol": names}}


def _close(code: Close) -> Schema:
    return {"name": code.name.lower(), "reconnect": code < RECONNECT_UNTIL}
