"""Filling an empty portal: settings and people first, then the year, all in one transaction."""

from __future__ import annotations

import asyncio
from random import Random
from typing import ClassVar

from argon2 import PasswordHasher
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.actions.reading import begin_reading
from server.demo.activities import tell_activities
from server.demo.decks import Decks
from server.demo.past import write_past
from server.demo.records import make_records
from server.demo.rows import Rows
from server.demo.staff import COLLEAGUES, DEPARTMENTS, PASSWORD, ROLES, Login
from server.demo.stream import Stream
from server.demo.world import YEAR, Person, World
from server.demo.year import tell_year
from server.domain.access import Access, Action, Grants, Level
from server.domain.activities import OPEN
from server.domain.words import DepartmentId, Kind, Millis, UserId
from server.errors import CaudalError
from server.store import Store
from server.store.defaults import add_defaults, add_role
from server.store.needs import rebuild
from server.store.schema import (
    activities,
    departments,
    log_head,
    pipelines,
    records,
    role_grants,
    roles,
    stages,
    user_roles,
    users,
)

SEED = 20_261_124  # any number; the same one makes the same company


class NotEmpty(CaudalError):
    """The portal has people or records already; the demo company would drown them."""

    code: ClassVar[str] = "not_empty"
    status: ClassVar[int] = 409


async def fill(store: Store, now: Millis) -> list[Login]:
    """Makes the demo company as it stands at `now`, in an empty, migrated portal; how its people sign in.

    Raises NotEmpty and changes nothing when there is anybody or anything already.
    """
    password = await asyncio.to_thread(PasswordHasher().hash, PASSWORD)
    async with store.database.writing() as connection:
        await _check_empty(connection)
        await add_defaults(connection)
        for name, grants in ROLES.items():
            await add_role(connection, name, grants)
        rng = Random(SEED)
        world = World(now, rng, Rows(), Decks(rng))
        await _settings(connection, world)
        await _people(connection, world, password)
        make_records(world)
        stream = Stream(world)
        tell_year(world, stream)
        tell_activities(world, stream)
        last = stream.place()
        await world.rows.write(connection)
        await connection.execute(update(log_head).values(position=log_head.c.position + last))
        await connection.execute(update(log_head).values(floor=log_head.c.position))  # none of it is in the log
        await begin_reading(connection)
        await write_past(connection)
        await rebuild(connection)
        is_open = activities.c.status.in_(sorted(map(str, OPEN)))
        passed = update(activities).where(is_open, activities.c.deadline <= world.now)
        await connection.execute(passed.values(overdue=True))
    return [Login(each.name, each.email, PASSWORD, each.role) for each in COLLEAGUES]


async def _check_empty(connection: AsyncConnection) -> None:
    for table in (users, records, departments):
        if (await connection.execute(select(table.c.id).limit(1))).first() is not None:
            raise NotEmpty("this portal has data; the demo company goes into an empty one")
    if (await connection.execute(select(log_head.c.position))).scalar_one():
        raise NotEmpty("this portal had data; the demo company goes into a new one")


async def _settings(connection: AsyncConnection, world: World) -> None:
    for row in await connection.execute(select(stages).order_by(stages.c.sort, stages.c.id)):
        world.stages.setdefault(Kind(row.kind), []).append((row.id, row.meaning))
    first = select(pipelines.c.id).order_by(pipelines.c.sort, pipelines.c.id).limit(1)
    world.pipeline = (await connection.execute(first)).scalar_one()


async def _people(connection: AsyncConnection, world: World, password: str) -> None:
    """Departments and users, with what each may do as it will be read back."""
    ids = {name: number for number, name in enumerate(DEPARTMENTS, start=1)}
    for name, above in DEPARTMENTS.items():
        world.rows.add(departments, name=name, parent_id=ids[above] if above else None)
    grants = await _grants(connection)
    known = {row.name: row.id for row in await connection.execute(select(roles))}
    for each in COLLEAGUES:
        number = world.rows.add(
            users,
            type="person",
            name=each.name,
            email=each.email,
            department_id=ids[each.department],
            language=each.language,
            time_zone=each.time_zone,
            admin=each.admin,
            password_hash=password,
            created_at=world.now - YEAR,
        )
        world.rows.add(user_roles, user_id=number, role_id=known[each.role])
        below = frozenset(DepartmentId(ids[name]) for name in DEPARTMENTS if _under(name, each.department))
        may = Access(UserId(number), DepartmentId(ids[each.department]), below, grants[each.role], each.admin)
        world.people.append(Person(UserId(number), each, may))


def _under(name: str | None, above: str) -> bool:
    return name is not None and (name == above or _under(DEPARTMENTS[name], above))


async def _grants(connection: AsyncConnection) -> dict[str, Grants]:
    joined = select(roles.c.name, role_grants).join(role_grants, role_grants.c.role_id == roles.c.id)
    found: dict[str, dict[tuple[Kind, Action], Level]] = {}
    for row in await connection.execute(joined):
        found.setdefault(row.name, {})[Kind(row.kind), Action(row.action)] = Level(row.level)
    return dict(found)
