"""Building what a client gets: one function for each type of frame, and how a frame is encoded. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from server.domain.events import Event, Head
from server.domain.words import Millis, Position
from server.errors import CaudalError, FieldError, Invalid
from server.live.protocol import VERSION, Encoding, Frame, Reset, ServerFrame, ServerMessage


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


def counters(position: Position, values: Mapping[str, object]) -> ServerMessage:
    """The user's counters, all of them, true at `position`."""
    return {"type": ServerFrame.COUNTERS, "position": position, "values": values}


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
