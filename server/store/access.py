"""Rights in SQL: the rule of `domain.access` and `domain.entries` as conditions, and the loading of a user's `Access`.

A property test holds these conditions and the domain's sets to the same answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from sqlalchemy import ColumnElement, FromClause, Row, and_, exists, false, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from server.domain.access import Access, Action, Grants, Level, Owned, highest
from server.domain.entries import IMPORTANT, PARTS_THAT_READ, Family, types_of
from server.domain.words import DepartmentId, EntryId, FollowLevel, Kind, RecordId, UserId
from server.errors import NotSignedIn
from server.store.schema import (
    activities,
    departments,
    entries,
    entry_people,
    entry_records,
    follows,
    records,
    role_grants,
    tombstones,
    user_roles,
    users,
)


async def load_access(connection: AsyncConnection, user: UserId) -> Access:
    """What a user may do as of now. Raises NotSignedIn for a user who is unknown or disabled."""
    found = await load_accesses(connection, [user])
    if user not in found:
        raise NotSignedIn
    return found[user]


async def load_accesses(connection: AsyncConnection, wanted: Iterable[UserId]) -> dict[UserId, Access]:
    """What some users may do as of now; unknown and disabled ones are left out."""
    ids = sorted(set(wanted))
    columns = (users.c.id, users.c.department_id, users.c.admin)
    people = (await connection.execute(select(*columns).where(users.c.id.in_(ids), users.c.active))).all()
    roles = await _roles(connection, ids)
    below = await department_trees(connection) if any(row.department_id is not None for row in people) else {}
    return {
        UserId(row.id): Access(
            user=UserId(row.id),
            department=row.department_id,
            below=below.get(row.department_id, frozenset()),
            grants=highest(roles.get(row.id, ())),
            admin=bool(row.admin),
        )
        for row in people
    }


async def _roles(connection: AsyncConnection, ids: Sequence[UserId]) -> Mapping[int, list[Grants]]:
    joined = user_roles.join(role_grants, role_grants.c.role_id == user_roles.c.role_id)
    columns = (user_roles.c.user_id, role_grants.c.kind, role_grants.c.action, role_grants.c.level)
    found: dict[int, list[Grants]] = {}
    for row in await connection.execute(select(*columns).select_from(joined).where(user_roles.c.user_id.in_(ids))):
        found.setdefault(row.user_id, []).append({(Kind(row.kind), Action(row.action)): Level(row.level)})
    return found


async def department_trees(connection: AsyncConnection) -> Mapping[int, frozenset[DepartmentId]]:
    """Each department with all departments under it."""
    rows = await connection.execute(select(departments.c.id, departments.c.parent_id))
    parents: dict[int, int | None] = {row.id: row.parent_id for row in rows}
    trees: dict[int, set[DepartmentId]] = {id: set() for id in parents}
    for id in parents:
        above: int | None = id
        while above is not None and id not in trees[above]:
            trees[above].add(DepartmentId(id))
            above = parents[above]
    return {id: frozenset(tree) for id, tree in trees.items()}


User: TypeAlias = UserId | ColumnElement[int]
"""A user, or a column that names one: for a condition on many users at once who hold the same but for their own."""


def may(access: Access, action: Action, of: FromClause = records, *, user: User | None = None) -> ColumnElement[bool]:
    """The condition that a row of `records` (or an alias of it) allows the user an action."""
    own = access.user if user is None else user
    return and_(of.c.deleted_at.is_(None), _allowed(access, action, of, own))


def might(access: Access, action: Action) -> ColumnElement[bool]:
    """The condition that a row of `tombstones` is that of a record which would allow the user an action."""
    return _allowed(access, action, tombstones, access.user)


def _allowed(access: Access, action: Action, of: FromClause, user: User) -> ColumnElement[bool]:
    return or_(false(), *(and_(of.c.kind == str(kind), _reaches(access, user, action, kind, of)) for kind in Kind))


def readable(access: Access, of: FromClause = records, *, user: User | None = None) -> ColumnElement[bool]:
    """The condition that the user may read a row of `records`."""
    return may(access, Action.READ, of, user=user)


def _reaches(access: Access, user: User, action: Action, kind: Kind, of: FromClause) -> ColumnElement[bool]:
    level = access.level(kind, action)
    if level == Level.ALL:
        return true()
    conditions: list[ColumnElement[bool]] = []
    if level >= Level.OWN:
        conditions.append(of.c.responsible_id == user)
    if teams := access.departments(level):
        conditions.append(of.c.department_id.in_(sorted(teams)))
    if level >= Level.OPENED:
        conditions.append(of.c.opened)
    return or_(false(), *conditions)


def visible(access: Access, *, user: User | None = None) -> ColumnElement[bool]:
    """The condition that the user may see a row of `entries` (PRODUCT §2): `domain.entries.principals` in SQL."""
    own = access.user if user is None else user
    by_any_record = entries.c.type.in_(sorted(types_of(Family.MESSAGE) | types_of(Family.ACTIVITY)))
    return and_(
        ~entries.c.hidden,
        or_(
            and_(by_any_record, _about_readable(access, own)),
            and_(entries.c.type.in_(sorted(types_of(Family.CHANGE))), _subject_readable(access, own)),
            entries.c.counted.in_(sorted(kind for kind in Kind if access.level(kind, Action.READ) == Level.ALL)),
            *(_takes_part(own, family) for family in Family if PARTS_THAT_READ[family]),
        ),
    )


def _about_readable(access: Access, user: User) -> ColumnElement[bool]:
    joined = entry_records.join(records, records.c.id == entry_records.c.record_id)
    return exists().select_from(joined).where(entry_records.c.entry_id == entries.c.id, readable(access, user=user))


def _subject_readable(access: Access, user: User) -> ColumnElement[bool]:
    return exists().where(records.c.id == entries.c.subject_id, readable(access, user=user))


def _takes_part(user: User, family: Family) -> ColumnElement[bool]:
    part = exists().where(
        entry_people.c.entry_id == entries.c.id,
        entry_people.c.user_id == user,
        entry_people.c.part.in_(sorted(PARTS_THAT_READ[family])),
    )
    return and_(entries.c.type.in_(sorted(types_of(family))), part)


def mine(user: UserId) -> ColumnElement[bool]:
    """The condition that a row of `entries` belongs to Mine (PRODUCT §5.2): `domain.entries.audience` in SQL."""
    people = exists().where(entry_people.c.entry_id == entries.c.id, entry_people.c.user_id == user)
    return or_(people, _about_mine(user), _about_followed(user))


def _about_mine(user: UserId) -> ColumnElement[bool]:
    joined = entry_records.join(records, records.c.id == entry_records.c.record_id)
    return (
        exists().select_from(joined).where(entry_records.c.entry_id == entries.c.id, records.c.responsible_id == user)
    )


def _about_followed(user: UserId) -> ColumnElement[bool]:
    joined = entry_records.join(follows, follows.c.record_id == entry_records.c.record_id)
    brought = or_(
        follows.c.level == str(FollowLevel.EVERYTHING),
        and_(follows.c.level == str(FollowLevel.IMPORTANT), or_(entries.c.type.in_(sorted(IMPORTANT)), _overdue())),
    )
    return (
        exists().select_from(joined).where(entry_records.c.entry_id == entries.c.id, follows.c.user_id == user, brought)
    )


def _overdue() -> ColumnElement[bool]:
    late = exists().where(activities.c.id == entries.c.activity_id, activities.c.overdue)
    return late.correlate(entries)


async def readable_records(connection: AsyncConnection, access: Access, ids: Iterable[RecordId]) -> frozenset[RecordId]:
    """Which of some records the user may read."""
    wanted = sorted(set(ids))
    if not wanted:
        return frozenset()
    found = await connection.execute(select(records.c.id).where(records.c.id.in_(wanted), readable(access)))
    return frozenset(RecordId(number) for number in found.scalars())


async def visible_entries(connection: AsyncConnection, access: Access, ids: Iterable[EntryId]) -> frozenset[EntryId]:
    """Which of some entries the user may see."""
    found = await connection.execute(select(entries.c.id).where(entries.c.id.in_(sorted(set(ids))), visible(access)))
    return frozenset(EntryId(number) for number in found.scalars())


async def owned(connection: AsyncConnection, ids: Iterable[RecordId]) -> dict[RecordId, Owned]:
    """The facts that decide rights on some records; unknown ids are left out."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    found = await connection.execute(select(*OWNED).where(records.c.id.in_(wanted)))
    return {RecordId(row.id): owned_of(row) for row in found}


OWNED = (
    records.c.id,
    records.c.kind,
    records.c.responsible_id,
    records.c.department_id,
    records.c.opened,
    records.c.deleted_at,
)
"""The columns that `owned_of` reads."""


def owned_of(row: Row[*tuple[object, ...]]) -> Owned:
    """The facts that decide rights on a record, from its row."""
    return Owned(Kind(row.kind), row.responsible_id, row.department_id, bool(row.opened), row.deleted_at is not None)
