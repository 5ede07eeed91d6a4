"""Rights as principals (PRODUCT §2): a record names its readers, a user holds principals; reading is when the two meet.

Principals are qualified by kind (`deal:user:7`), because a user's level differs per kind and an entry may be about
several kinds at once; one set per user and one per entry decide. `server/store/access.py` says the same in SQL.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import TypeAlias

from server.domain.words import DepartmentId, Kind, RecordId, UserId

Principal: TypeAlias = str
Principals: TypeAlias = frozenset[Principal]

NOBODY: Principals = frozenset()


class Action(StrEnum):
    """What a role can allow on a kind of record."""

    READ = "read"
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    EXPORT = "export"


class Level(IntEnum):
    """How far an action reaches. Each level includes those below it."""

    NONE = 0
    OWN = 1
    DEPARTMENT = 2
    BELOW = 3
    OPENED = 4
    ALL = 5


Grants: TypeAlias = Mapping[tuple[Kind, Action], Level]
"""A user's levels: the highest of the user's roles. A missing pair is NONE."""


def user_principal(user: UserId) -> Principal:
    """The principal of one person, whatever the kind: authors and addressees of posts."""
    return f"user:{user}"


def owner_principal(kind: Kind, user: UserId) -> Principal:
    """Held by the responsible person of a record of this kind, from level OWN on."""
    return f"{kind}:user:{user}"


def team_principal(kind: Kind, department: DepartmentId) -> Principal:
    """Held by those who read what this department is responsible for."""
    return f"{kind}:team:{department}"


def opened_principal(kind: Kind) -> Principal:
    """Held by those who read opened records of this kind."""
    return f"{kind}:open"


def all_principal(kind: Kind) -> Principal:
    """Held by those who read every record of this kind."""
    return f"{kind}:all"


@dataclass(frozen=True, slots=True)
class Owned:
    """The facts of a record on which rights depend. `department` is the responsible person's. Nobody reads what was
    deleted, and nobody does anything to it.
    """

    kind: Kind
    responsible: UserId | None
    department: DepartmentId | None
    opened: bool
    deleted: bool = False


def readers(record: Owned) -> Principals:
    """Who may do with a record what their level allows: the record's side of the rule."""
    if record.deleted:
        return NOBODY
    names = {all_principal(record.kind)}
    if record.responsible is not None:
        names.add(owner_principal(record.kind, record.responsible))
    if record.department is not None:
        names.add(team_principal(record.kind, record.department))
    if record.opened:
        names.add(opened_principal(record.kind))
    return frozenset(names)


@dataclass(frozen=True, slots=True)
class Access:
    """What one user may do, as of one moment.

    `below` holds the user's department and all departments under it; empty without a department.
    """

    user: UserId
    department: DepartmentId | None = None
    below: frozenset[DepartmentId] = frozenset()
    grants: Grants = field(default_factory=dict)
    admin: bool = False

    def level(self, kind: Kind, action: Action) -> Level:
        """The user's level for an action on a kind of record."""
        return self.grants.get((kind, action), Level.NONE)

    def departments(self, level: Level) -> frozenset[DepartmentId]:
        """The departments whose records a level reaches."""
        if level >= Level.BELOW:
            return self.below
        if level == Level.DEPARTMENT and self.department is not None:
            return frozenset({self.department})
        return frozenset()

    def held(self, action: Action = Action.READ) -> Principals:
        """The user's side of the rule: all principals held for an action."""
        names = {user_principal(self.user)}
        for kind in Kind:
            names |= self._held_of(kind, self.level(kind, action))
        return frozenset(names)

    def _held_of(self, kind: Kind, level: Level) -> set[Principal]:
        if level == Level.NONE:
            return set()
        names = {owner_principal(kind, self.user)}
        names |= {team_principal(kind, department) for department in self.departments(level)}
        if level >= Level.OPENED:
            names.add(opened_principal(kind))
        if level >= Level.ALL:
            names.add(all_principal(kind))
        return names

    def may(self, action: Action, record: Owned) -> bool:
        """Whether the user may do this to this record."""
        return not readers(record).isdisjoint(self._held_of(record.kind, self.level(record.kind, action)))

    def may_create(self, kind: Kind) -> bool:
        """Whether the user may make records of this kind at all (whose, `may` decides)."""
        return self.level(kind, Action.CREATE) > Level.NONE


def highest(roles: Iterable[Grants]) -> Grants:
    """The levels of a user with several roles: the highest counts (PRODUCT §2)."""
    merged: dict[tuple[Kind, Action], Level] = {}
    for grants in roles:
        for pair, level in grants.items():
            merged[pair] = max(level, merged.get(pair, Level.NONE))
    return merged


Readers: TypeAlias = Mapping[RecordId, Principals]
"""The readers of each record an event refers to."""


def readable(held: Principals, of: Readers) -> frozenset[RecordId]:
    """Which of some records a holder may read."""
    return frozenset(record for record, names in of.items() if not held.isdisjoint(names))
