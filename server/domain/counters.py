"""Which records need somebody now (PRODUCT §8), from what is kept of each: the rule behind every counter and its list.

`store/counters.py` says the same in SQL. A day is the user's own: it ends at midnight in the user's time zone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from enum import StrEnum

from server.domain.words import Kind, Meaning, Millis


class Flag(StrEnum):
    """Why a record needs somebody. RECORDS is any of the others: the number on the tab."""

    OVERDUE = "overdue"
    """The earliest open activity is past its deadline."""
    TODAY = "today"
    """It is not, but will be before the user's next midnight."""
    IDLE = "idle"
    """Mine, in progress, and nothing is planned."""
    INCOMING = "incoming"
    """A call or mail that nobody has handled."""
    CLOSING = "closing"
    """A quote of mine, not final, at its close date or past it."""
    RECORDS = "records"


IDLE_KINDS = frozenset({Kind.LEAD, Kind.DEAL})


@dataclass(frozen=True, slots=True)
class Need:
    """What is kept of one user and one record; without any of it there is nothing to keep.

    `due` is the earliest deadline among the open activities that count for the user, `closes` the close date of a quote.
    """

    due: Millis | None = None
    incoming: int = 0
    idle: bool = False
    closes: str | None = None

    def __bool__(self) -> bool:
        return self != NO_NEED


NO_NEED = Need()


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment as one user sees it: `midnight` is the user's next one, `day` today's date there (`YYYY-MM-DD`)."""

    now: Millis
    midnight: Millis
    day: str


def moment_of(now: Millis, zone: tzinfo) -> Moment:
    """A moment in a time zone. A midnight that a change of clocks leaves out is the first moment after it."""
    here = datetime.fromtimestamp(now / 1000, zone).date()
    midnight = datetime.combine(here + timedelta(days=1), time(), zone)
    return Moment(now, round(midnight.timestamp() * 1000), here.isoformat())


def flags(need: Need, at: Moment, *, idle: bool = True) -> frozenset[Flag]:
    """Why a record needs the user at a moment. `idle`: whether the portal counts records where nothing is planned."""
    found: set[Flag] = set()
    if need.due is not None and need.due <= at.now:
        found.add(Flag.OVERDUE)
    elif need.due is not None and need.due < at.midnight:
        found.add(Flag.TODAY)
    if need.idle and idle:
        found.add(Flag.IDLE)
    if need.incoming:
        found.add(Flag.INCOMING)
    if need.closes is not None and need.closes <= at.day:
        found.add(Flag.CLOSING)
    return frozenset(found | {Flag.RECORDS} if found else found)


def is_idle(kind: Kind, meaning: Meaning | None, open_activities: int) -> bool:
    """Whether a record waits for its responsible person to plan something."""
    return kind in IDLE_KINDS and meaning is Meaning.PROGRESS and open_activities == 0
