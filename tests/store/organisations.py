"""Generated organisations: departments, roles of every level, records, entries of every family, follows.

They are written by plain inserts, so that combinations come up which no verb makes, and kept beside as the domain's
own values, so that a wrong loader is found as well as a wrong condition.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count

from hypothesis import strategies as st
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from server.domain.access import Access, Action, Level, Owned, highest
from server.domain.entries import TYPES, EntryFacts, Follower, Part
from server.domain.filters import searchable
from server.domain.words import DepartmentId, EntryId, FollowLevel, Kind, RecordId, UserId
from server.store.schema import (
    activities,
    departments,
    entries,
    entry_people,
    entry_records,
    follows,
    records,
    role_grants,
    roles,
    user_roles,
    users,
)

NUMBERS = count(1)
ACTIONS = (Action.READ, Action.UPDATE)
Grants = dict[tuple[Kind, Action], Level]


@dataclass(frozen=True)
class UserPlan:
    department: int | None
    roles: Sequence[Grants]


@dataclass(frozen=True)
class RecordPlan:
    kind: Kind
    responsible: int
    opened: bool
    deleted: bool


@dataclass(frozen=True)
class EntryPlan:
    type: str
    author: int
    records: Sequence[int]
    parts: frozenset[tuple[int, Part]]
    counted: Kind | None
    text: str
    at: int
    hidden: bool
    overdue: bool


@dataclass(frozen=True)
class Plan:
    """Indexes point into the plan's own lists."""

    parents: Sequence[int | None]
    users: Sequence[UserPlan]
    records: Sequence[RecordPlan]
    entries: Sequence[EntryPlan]
    follows: Mapping[tuple[int, int], FollowLevel]


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """An organisation of a few of everything."""
    parents = [None if n == 0 else draw(st.none() | st.integers(0, n - 1)) for n in range(draw(st.integers(1, 4)))]
    grant = st.dictionaries(st.tuples(st.sampled_from(Kind), st.sampled_from(ACTIONS)), st.sampled_from(Level))
    user = st.builds(UserPlan, st.none() | st.integers(0, len(parents) - 1), st.lists(grant, max_size=2))
    people = draw(st.lists(user, min_size=2, max_size=4))
    who = st.integers(0, len(people) - 1)
    seldom = st.sampled_from([False, False, False, True])
    thing = st.builds(RecordPlan, st.sampled_from(Kind), who, st.booleans(), seldom)
    things = draw(st.lists(thing, min_size=1, max_size=5))
    which = st.integers(0, len(things) - 1)
    entry = st.builds(
        EntryPlan,
        st.sampled_from(sorted(TYPES)),
        who,
        st.lists(which, max_size=3, unique=True),
        st.frozensets(st.tuples(who, st.sampled_from(Part)), max_size=4),
        st.none() | st.sampled_from(Kind),
        st.text(alphabet="aÁáçß%_/℡ş\\ ", max_size=6),
        st.integers(1, 5),
        seldom,
        st.booleans(),
    )
    told = draw(st.lists(entry, min_size=1, max_size=6))
    following = draw(st.dictionaries(st.tuples(who, which), st.sampled_from(FollowLevel), max_size=4))
    return Plan(parents, people, things, told, following)


@dataclass
class Organisation:
    """What a plan became: ids of the database, and the domain's values made without looking into it."""

    accesses: list[Access] = field(default_factory=list)
    records: dict[RecordId, Owned] = field(default_factory=dict)
    entries: dict[EntryId, EntryFacts] = field(default_factory=dict)
    follows: dict[RecordId, list[Follower]] = field(default_factory=dict)


async def write(connection: AsyncConnection, plan: Plan) -> Organisation:
    """Adds an organisation to whatever the database holds already."""
    made = Organisation()
    teams: list[DepartmentId] = []
    for parent in plan.parents:
        row = insert(departments).values(name="D", parent_id=None if parent is None else teams[parent])
        teams.append(DepartmentId((await connection.execute(row.returning(departments.c.id))).scalar_one()))
    for user in plan.users:
        made.accesses.append(await _write_user(connection, plan, teams, user))
    for record in plan.records:
        responsible = made.accesses[record.responsible]
        row = insert(records).values(
            kind=str(record.kind), title="R", responsible_id=responsible.user, department_id=responsible.department,
            opened=record.opened, custom={}, created_by=responsible.user, changed_by=responsible.user,
            created_at=0, changed_at=0, last_activity_at=0, deleted_at=1 if record.deleted else None,
        )  # fmt: skip
        number = RecordId((await connection.execute(row.returning(records.c.id))).scalar_one())
        facts = Owned(record.kind, responsible.user, responsible.department, record.opened, record.deleted)
        made.records[number] = facts
    numbers = list(made.records)
    for entry in plan.entries:
        await _write_entry(connection, made, numbers, entry)
    for (user_index, record_index), level in plan.follows.items():
        follower, record_id = made.accesses[user_index].user, numbers[record_index]
        row = insert(follows).values(user_id=follower, record_id=record_id, level=str(level), at=0)
        await connection.execute(row)
        made.follows.setdefault(record_id, []).append(Follower(follower, level))
    return made


async def _write_user(connection: AsyncConnection, plan: Plan, teams: Sequence[DepartmentId], user: UserPlan) -> Access:
    team = None if user.department is None else teams[user.department]
    row = insert(users).values(name="U", email=f"u{next(NUMBERS)}@example.com", created_at=0, department_id=team)
    number = UserId((await connection.execute(row.returning(users.c.id))).scalar_one())
    for grants in user.roles:
        named = insert(roles).values(name=f"generated {next(NUMBERS)}").returning(roles.c.id)
        role = (await connection.execute(named)).scalar_one()
        await connection.execute(insert(user_roles).values(user_id=number, role_id=role))
        rows = [
            {"role_id": role, "kind": str(kind), "action": str(action), "level": int(level)}
            for (kind, action), level in grants.items()
        ]
        if rows:
            await connection.execute(insert(role_grants), rows)
    below = frozenset(teams[index] for index in range(len(teams)) if user.department in _above(plan.parents, index))
    return Access(number, team, below, highest(user.roles))


def _above(parents: Sequence[int | None], index: int) -> set[int | None]:
    """A department and all above it."""
    found: set[int | None] = set()
    above: int | None = index
    while above is not None:
        found.add(above)
        above = parents[above]
    return found


async def _write_entry(
    connection: AsyncConnection, made: Organisation, numbers: Sequence[RecordId], plan: EntryPlan
) -> None:
    author = made.accesses[plan.author].user
    about = [numbers[index] for index in plan.records]
    subject = about[0] if about else None
    people = {(made.accesses[index].user, part) for index, part in plan.parts} | {(author, Part.AUTHOR)}
    place = next(NUMBERS)
    task = insert(activities).values(
        type="task", subject="", description=plan.text, author_id=author, responsible_id=author, created_at=0, checklist=[],
        overdue=plan.overdue,
    )  # fmt: skip
    done = (await connection.execute(task.returning(activities.c.id))).scalar_one() if plan.at > 2 else None
    row = insert(entries).values(
        type=plan.type, author_id=author, at=plan.at, added=place, bumped=place, text=plan.text,
        search=searchable(plan.text), subject_id=subject, counted=plan.counted and str(plan.counted),
        hidden=plan.hidden, activity_id=done,
    )  # fmt: skip
    entry = EntryId((await connection.execute(row.returning(entries.c.id))).scalar_one())
    for sort, record in enumerate(about):
        await connection.execute(insert(entry_records).values(entry_id=entry, record_id=record, sort=sort))
    for user, part in people:
        await connection.execute(insert(entry_people).values(entry_id=entry, user_id=user, part=str(part)))
    owned = {record: made.records[record] for record in about}
    made.entries[entry] = EntryFacts(
        TYPES[plan.type],
        frozenset(people),
        owned,
        subject,
        plan.counted,
        plan.hidden,
        overdue=plan.overdue and done is not None,
    )
