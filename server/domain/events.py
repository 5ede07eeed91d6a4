"""One row of the log, and the rule of whom it reaches. Everything the live path needs to know of an event is in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from server.domain.access import NOBODY, Principals, Readers
from server.domain.words import EntryId, JsonObject, Kind, Millis, Position, RecordId, UserId


class Reach(StrEnum):
    """Which subscriptions an event can reach, before rights are looked at."""

    STREAM = "stream"
    """`mine` when the user is in the audience, `all`, and `record:<id>` of its records."""
    RECORD = "record"
    """`record:<id>` only: entries folded into a card."""
    PERSONAL = "personal"
    """Every session of the users in the audience, whatever it subscribed to; nobody else."""
    PORTAL = "portal"
    """Every session."""
    HOLDERS = "holders"
    """Every session whose user holds one of the principals and none of those barred, whatever it subscribed to."""


class Name(StrEnum):
    """The names of all events (docs/protocol.md says what each carries)."""

    ENTRY_ADDED = "entry.added"
    ENTRY_CHANGED = "entry.changed"
    ENTRY_REMOVED = "entry.removed"
    COMMENT_ADDED = "comment.added"
    COMMENT_CHANGED = "comment.changed"
    COMMENT_REMOVED = "comment.removed"
    REACTION_CHANGED = "reaction.changed"
    RECORD_ADDED = "record.added"
    RECORD_CHANGED = "record.changed"
    RECORD_REMOVED = "record.removed"
    RECORD_LOCKED = "record.locked"
    RECORD_UNLOCKED = "record.unlocked"
    ACTIVITY_ADDED = "activity.added"
    ACTIVITY_CHANGED = "activity.changed"
    ACTIVITY_REMOVED = "activity.removed"
    FOLLOW_CHANGED = "follow.changed"
    FOLLOWER_CHANGED = "follower.changed"
    USER_CHANGED = "user.changed"
    DEPARTMENT_CHANGED = "department.changed"
    ACCESS_CHANGED = "access.changed"
    LOGIN_ENDED = "login.ended"
    NOTIFICATION_ADDED = "notification.added"
    NOTIFICATION_CHANGED = "notification.changed"
    READ_CHANGED = "read.changed"
    COUNTERS_CHANGED = "counters.changed"
    SETTINGS_CHANGED = "settings.changed"


UNSENT = frozenset({Name.LOGIN_ENDED, Name.ACCESS_CHANGED, Name.COUNTERS_CHANGED})
"""In the log for the service itself: clients see what follows from them, a close, a `reset`, or `counters`."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event at its position.

    `records` route it to `record:<id>` channels; `principals` may read it (for PERSONAL and PORTAL reach rights are
    not asked); `audience` are the users for whom it belongs to Mine, or, when personal, who get it at all.
    `readers` names the readers of every record that `data` refers to, for masking. `ref` is the client reference of
    the write that caused it. `data` is unmasked. Who holds one of `barred` is not reached, whatever else is held: so a
    change of rights reaches those who lost a record, or gained it, and nobody else.
    """

    position: Position
    at: Millis
    name: Name
    reach: Reach
    actor: UserId | None
    entry: EntryId | None
    records: tuple[RecordId, ...]
    principals: Principals
    audience: frozenset[UserId]
    data: JsonObject
    readers: Readers = field(default_factory=dict)
    ref: str | None = None
    barred: Principals = NOBODY


@dataclass(frozen=True, slots=True)
class Head:
    """Where the log stands. Positions at or below `floor` were trimmed."""

    epoch: str
    position: Position
    floor: Position = 0


def mask(value: object, readable: frozenset[RecordId]) -> object:
    """A copy of event or list data in which every record outside `readable` is only a kind and a lock (PRODUCT §2).

    A record is any object with a `record` id and a `kind`; all that stands beside them goes too (its title, but also
    a person's address). Parts without records are shared, not copied.
    """
    if isinstance(value, dict):
        record = value.get("record")
        if isinstance(record, int) and "kind" in value and record not in readable:
            return locked(Kind(value["kind"]))
        return {key: mask(item, readable) for key, item in value.items()}
    if isinstance(value, list):
        return [mask(item, readable) for item in value]
    return value


def locked(kind: Kind) -> JsonObject:
    """What stands in the place of a record that may not be read."""
    return {"kind": str(kind), "locked": True}


def references(value: object) -> frozenset[RecordId]:
    """The ids of all records some data refers to: what `mask` would look at."""
    found: set[RecordId] = set()
    _collect(value, found)
    return frozenset(found)


def _collect(value: object, found: set[RecordId]) -> None:
    if isinstance(value, dict):
        record = value.get("record")
        if isinstance(record, int) and "kind" in value:
            found.add(RecordId(record))
        for item in value.values():
            _collect(item, found)
    elif isinstance(value, list):
        for item in value:
            _collect(item, found)
