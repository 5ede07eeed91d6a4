"""A company under load: as many people as there are clients, each with a token, and two deals that they follow."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import insert

from server.domain.access import Level
from server.domain.words import DepartmentId, JsonObject, Kind, RecordId
from server.store.logins import hash_secret
from server.store.schema import follows, role_grants, roles, tokens, user_roles, users
from tests.world import World, open_world

SECRET = "a secret of the benchmark, which nobody else uses"
LEVELS = (Level.ALL, Level.OPENED)  # of the people, in turn: all of them may read the deals, by different rules
AUTHORS = 4
TENTH = 10


@dataclass(frozen=True, slots=True)
class Company:
    """What a load needs to know. `deals`: percent of the people who follow it → the deal."""

    people: int
    tokens: tuple[str, ...]
    authors: tuple[str, ...]
    deals: dict[int, RecordId]

    def reached(self, percent: int) -> int:
        """How many of the people have a post about `deals[percent]` in their Mine."""
        return self.people * percent // 100


def found(url: str, people: int) -> Company:
    """Makes the company on a migrated, empty database. Not for use inside a running loop."""
    return asyncio.run(_found(url, people))


async def _found(url: str, people: int) -> Company:
    async with open_world(url) as world:
        root = await world.department("Company")
        teams = [await world.department(f"Team {number}", root) for number in range(TENTH)]
        secrets = await _hire(world, people, teams)
        boss = await world.user("Boss", department=root)
        stage = world.stages["deal", "New"]
        deals: dict[int, RecordId] = {}
        for percent in (100, TENTH):
            deal = await world.record(boss, Kind.DEAL, title=f"A deal for {percent} %", stage=stage, opened=True)
            await _follow(world, deal, range(1, people + 1, 100 // percent))
            deals[percent] = deal
        authors = [await world.user(f"Author{number}", department=root) for number in range(AUTHORS)]
        return Company(people, secrets, await _give_tokens(world, authors), deals)


async def _hire(world: World, people: int, teams: Sequence[DepartmentId]) -> tuple[str, ...]:
    """People 1 to `people`, in all teams, with roles of several levels; returns their tokens."""
    numbers = range(1, people + 1)
    async with world.store.database.writing() as connection:
        granted = [
            await connection.execute(insert(roles).values(name=f"{level}").returning(roles.c.id)) for level in LEVELS
        ]
        ids = [row.scalar_one() for row in granted]
        grants = [
            {"role_id": id, "kind": str(kind), "action": "read", "level": int(level)}
            for id, level in zip(ids, LEVELS, strict=True)
            for kind in Kind
        ]
        await connection.execute(insert(role_grants), grants)
        rows: list[JsonObject] = [
            {
                "name": f"Person {number}",
                "email": f"p{number}@example.com",
                "created_at": 0,
                "department_id": teams[number % TENTH],
            }
            for number in numbers
        ]
        await connection.execute(insert(users), rows)
        held = [{"user_id": number, "role_id": ids[number % len(ids)]} for number in numbers]
        await connection.execute(insert(user_roles), held)
    return await _give_tokens(world, list(numbers))


async def _follow(world: World, deal: RecordId, people: Sequence[int]) -> None:
    rows = [{"user_id": user, "record_id": deal, "level": "everything", "at": 0} for user in people]
    async with world.store.database.writing() as connection:
        await connection.execute(insert(follows), rows)


async def _give_tokens(world: World, people: Sequence[int]) -> tuple[str, ...]:
    secrets = {user: f"caudal_bench_{user}" for user in people}
    rows: list[JsonObject] = [
        {"user_id": user, "name": "bench", "hash": hash_secret(secret, SECRET), "created_at": 0}
        for user, secret in secrets.items()
    ]
    async with world.store.database.writing() as connection:
        await connection.execute(insert(tokens), rows)
    return tuple(secrets.values())
