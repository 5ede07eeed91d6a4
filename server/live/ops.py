"""What each op of a client does: one function and one row for each (docs/protocol.md).

A function answers through the session and returns None, or returns an effect: what its shell has to wait for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from server.live import protocol, requests
from server.live.protocol import Call, Claim, Credit, Op, Ping, Resume, Subscribe, Typing, Unsubscribe, Viewing
from server.live.shell import Effect

if TYPE_CHECKING:
    from server.live.session import Session


def ping(session: Session, op: Ping) -> None:
    """A sign of life."""
    session.answer(op.id, {})


def call(_: Session, op: Call) -> Effect:
    """A write of the HTTP API."""
    return op


def resume(session: Session, op: Resume) -> Effect | None:
    """Exactly these channels, from a position on. Raises Invalid."""
    return session.resume(op, requests.parse_channels(op.channels))


def subscribe(session: Session, op: Subscribe) -> None:
    """One channel more, or another filter for it. Raises Invalid."""
    channel, wanted = requests.parse_subscription(op.channel, op.filter)
    channels = {**session.channels, channel: wanted}
    if len(channels) > protocol.CHANNELS_MAX:
        raise requests.too_many_channels("channel")
    session.subscribe(channels)
    session.answer(op.id, {"position": session.position})


def unsubscribe(session: Session, op: Unsubscribe) -> None:
    """One channel less. Raises Invalid."""
    channel, _ = requests.parse_subscription(op.channel, None)
    if channel in session.channels:
        session.subscribe({each: wanted for each, wanted in session.channels.items() if each != channel})
    session.answer(op.id, {"position": session.position})


def credit(session: Session, op: Credit) -> None:
    """So many events more."""
    session.answer(op.id, {"credit": session.give_credit(op.n)})


def presence(_: Session, op: Viewing | Typing | Claim) -> Effect:
    """What others see of the user just now, and is never logged."""
    return op


OPS: Mapping[type[Op], Callable[..., Effect | None]] = {
    Ping: ping,
    Call: call,
    Resume: resume,
    Subscribe: subscribe,
    Unsubscribe: unsubscribe,
    Credit: credit,
    Viewing: presence,
    Typing: presence,
    Claim: presence,
}
