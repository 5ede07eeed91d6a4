"""What asks for a user's attention: why somebody is notified, who is, and what counts as unseen (PRODUCT §5.5, §9).

Adding a reason is one row in `REASONS`, its texts in `web/locales/`, and the act that gives it in `actions/notices.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from server.domain.access import Access, Principals
from server.domain.entries import Part
from server.domain.words import Position, UserId


class Reason(StrEnum):
    """Why somebody is notified of an entry."""

    ADDRESSED = "addressed"
    MENTIONED = "mentioned"
    COMMENT = "comment"
    REACTION = "reaction"
    RESPONSIBLE = "responsible"
    RELIEVED = "relieved"
    STAGE = "stage"
    REMINDER = "reminder"


class Means(StrEnum):
    """How somebody wants to be told. MAIL is the bell and a mail."""

    OFF = "off"
    BELL = "bell"
    MAIL = "mail"


@dataclass(frozen=True, slots=True)
class ReasonRow:
    """One reason. `bots`: bots are told, too; walls never are. `means` holds while the user has said nothing."""

    name: Reason
    bots: bool = False
    means: Means = Means.BELL


REASONS: Mapping[Reason, ReasonRow] = {
    row.name: row
    for row in (
        ReasonRow(Reason.ADDRESSED, bots=True),
        ReasonRow(Reason.MENTIONED),
        ReasonRow(Reason.COMMENT),  # on my entry, or where I took part
        ReasonRow(Reason.REACTION),  # to my entry
        ReasonRow(Reason.RESPONSIBLE),  # I became it
        ReasonRow(Reason.RELIEVED),  # I was it
        ReasonRow(Reason.STAGE),  # somebody else moved my record
        ReasonRow(Reason.REMINDER),  # of an activity that is mine, or that I take part in
    )
}

Wanted = Mapping[UserId, Reason]
"""Whom one act would tell, each for the strongest reason that it gives: one act rings once."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who may be told. `type` is person, bot or wall; `means` holds what the user has said."""

    type: str
    access: Access
    means: Mapping[Reason, Means] = field(default_factory=dict)


def of_message(parts: Mapping[UserId, Collection[Part]]) -> Wanted:
    """Whom a new message tells: those it is to, and those it mentions."""
    reasons = {Part.MENTIONED: Reason.MENTIONED, Part.ADDRESSED: Reason.ADDRESSED}
    return {user: reason for part, reason in reasons.items() for user, own in parts.items() if part in own}


def of_comment(taking_part: Iterable[UserId], mentioned: Iterable[UserId]) -> Wanted:
    """Whom a comment tells: those it mentions, and whoever has a part in the entry or commented on it before."""
    return {**dict.fromkeys(taking_part, Reason.COMMENT), **dict.fromkeys(mentioned, Reason.MENTIONED)}


def of_handover(old: UserId | None, new: UserId | None) -> Wanted:
    """Whom a change of the responsible person tells: both."""
    sides = {} if old == new else {old: Reason.RELIEVED, new: Reason.RESPONSIBLE}
    return {user: reason for user, reason in sides.items() if user is not None}


MOVES = frozenset({"stage", "accepted", "declined"})
"""The types of entry that tell of another stage."""


def of_change(type: str, before: UserId | None, now: UserId | None) -> Wanted:
    """Whom a change of a record tells, by the type of its entry; who was responsible before it, and who is now."""
    if type == "responsible":
        return of_handover(before, now)
    return {now: Reason.STAGE} if type in MOVES and now is not None else {}


def due(wanted: Wanted, actor: UserId, readers: Mapping[UserId, Reader], allowed: Principals) -> Wanted:
    """Who of those wanted is told: never oneself, nobody who may not read the entry (`allowed` may), nobody who does not
    want it. `readers` leaves out who is unknown or disabled."""
    return {
        user: reason
        for user, reason in wanted.items()
        if user != actor and user in readers and _takes(readers[user], reason, allowed)
    }


def _takes(reader: Reader, reason: Reason, allowed: Principals) -> bool:
    row = REASONS[reason]
    told = reader.type == "person" or (reader.type == "bot" and row.bots)
    wants = reader.means.get(reason, row.means) is not Means.OFF
    return told and wants and not reader.access.held().isdisjoint(allowed)


def is_unseen(bumped: Position, bumped_by: UserId | None, user: UserId, seen: Position) -> bool:
    """Whether an entry of a user's Mine counts as unseen: its last life is beyond what was seen, and somebody else's."""
    return bumped > seen and bumped_by != user
