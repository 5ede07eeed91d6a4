"""The types of entry (PRODUCT §5.1), who may see an entry, and for whom it belongs to Mine (§5.2).

Adding a type is one row in `TYPES`, its texts in `web/locales/`, its test data: docs/howto/add-an-entry-type.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from server.domain.access import NOBODY, Owned, Principals, all_principal, readers, user_principal
from server.domain.words import FollowLevel, Kind, RecordId, UserId


class Family(StrEnum):
    """What the stream's kind filter distinguishes, and what decides who sees an entry."""

    MESSAGE = "message"
    ACTIVITY = "activity"
    CHANGE = "change"
    IMPORT = "import"


@dataclass(frozen=True, slots=True)
class EntryType:
    """One type. `important`: followers on level IMPORTANT have it in Mine too (PRODUCT §7)."""

    name: str
    family: Family
    important: bool = False


TYPES: Mapping[str, EntryType] = {
    row.name: row
    for row in (
        EntryType("message", Family.MESSAGE, important=True),
        EntryType("task", Family.ACTIVITY),
        EntryType("meeting", Family.ACTIVITY),
        EntryType("call", Family.ACTIVITY),
        EntryType("email", Family.ACTIVITY),
        EntryType("added", Family.CHANGE),
        EntryType("stage", Family.CHANGE, important=True),
        EntryType("responsible", Family.CHANGE),
        EntryType("renamed", Family.CHANGE),
        EntryType("amount", Family.CHANGE),
        EntryType("client", Family.CHANGE),
        EntryType("company", Family.CHANGE),
        EntryType("converted", Family.CHANGE, important=True),
        EntryType("accepted", Family.CHANGE, important=True),
        EntryType("declined", Family.CHANGE, important=True),
        EntryType("file", Family.CHANGE),
        EntryType("import", Family.IMPORT),
    )
}

IMPORTANT = frozenset(row.name for row in TYPES.values() if row.important)


def types_of(family: Family) -> frozenset[str]:
    """The names of all types of a family."""
    return frozenset(row.name for row in TYPES.values() if row.family == family)


class Part(StrEnum):
    """What a person has to do with an entry, whatever its records. The strongest comes first."""

    AUTHOR = "author"
    RESPONSIBLE = "responsible"
    ADDRESSED = "addressed"
    PARTICIPANT = "participant"
    MENTIONED = "mentioned"


PARTS_THAT_READ: Mapping[Family, frozenset[Part]] = {
    Family.MESSAGE: frozenset({Part.AUTHOR, Part.ADDRESSED}),
    Family.ACTIVITY: frozenset({Part.AUTHOR, Part.RESPONSIBLE}),
    Family.CHANGE: frozenset(),
    Family.IMPORT: frozenset({Part.AUTHOR}),
}
"""By which parts an entry of a family is readable without any of its records (PRODUCT §2); mentions widen nothing."""


@dataclass(frozen=True, slots=True)
class EntryFacts:
    """All that decides who sees an entry.

    `records` are those it is about. A change is readable with its `subject` alone: the others only bring it into
    their streams. An import card counts all records of a kind, so only readers of the whole `counted` kind see it.
    Nobody sees a `hidden` one: what it is about was deleted. `overdue`: its activity is open past its deadline.
    """

    type: EntryType
    people: frozenset[tuple[UserId, Part]] = frozenset()
    records: Mapping[RecordId, Owned] = field(default_factory=dict)
    subject: RecordId | None = None
    counted: Kind | None = None
    hidden: bool = False
    overdue: bool = False


def principals(entry: EntryFacts) -> Principals:
    """Who may read the entry: its side of the rule of `access`."""
    if entry.hidden:
        return NOBODY
    names = {user_principal(user) for user, part in entry.people if part in PARTS_THAT_READ[entry.type.family]}
    for record in _deciding(entry):
        names |= readers(record)
    if entry.counted is not None:
        names.add(all_principal(entry.counted))
    return frozenset(names)


def _deciding(entry: EntryFacts) -> Iterable[Owned]:
    match entry.type.family:
        case Family.CHANGE:
            return [record for number, record in entry.records.items() if number == entry.subject]
        case Family.IMPORT:
            return []
        case _:
            return entry.records.values()


@dataclass(frozen=True, slots=True)
class Follower:
    """One follow of one of an entry's records."""

    user: UserId
    level: FollowLevel


def audience(entry: EntryFacts, followers: Iterable[Follower]) -> frozenset[UserId]:
    """The users for whom the entry belongs to Mine, as far as they may read it (PRODUCT §5.2)."""
    users = {user for user, _ in entry.people}
    users |= {record.responsible for record in entry.records.values() if record.responsible is not None}
    users |= {follow.user for follow in followers if brings(follow.level, entry)}
    return frozenset(users)


def brings(level: FollowLevel, entry: EntryFacts) -> bool:
    """Whether a follow of this level brings an entry into Mine; what is overdue is important."""
    important = entry.type.important or entry.overdue
    return level == FollowLevel.EVERYTHING or (level == FollowLevel.IMPORTANT and important)
