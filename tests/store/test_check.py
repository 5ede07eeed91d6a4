"""Everything that is kept is counted again: nothing is wrong after whatever people did, and what is broken is found."""

from __future__ import annotations

import random

import pytest
from sqlalchemy import delete, update

from server.domain.words import JsonObject, Kind
from server.store.check import CHECKS, repair
from server.store.schema import activities, entries, events, needs, records
from tests.world import World

BREAKS = {
    "needs": delete(needs),
    "comments": update(entries).values(comment_count=7),
    "hidden": update(activities).values(hidden=True),
    "closed": update(records).values(closed_at=5),
    "departments": update(records).values(department_id=1),
    "log": delete(events).where(events.c.position == 2),
}


async def wrong(world: World) -> dict[str, int]:
    """What is wrong, by name."""
    async with world.store.database.reading() as connection:
        found = {name: await count(connection) for name, count in CHECKS.items()}
    return {name: number for name, number in found.items() if number}


async def busy(world: World) -> None:
    """A portal in which a good deal happened."""
    dice = random.Random(3)
    await world.department("Sales")
    ana = await world.user("Ana", admin=True)
    deals = [await world.record(ana, Kind.DEAL) for _ in range(5)]
    for deal in deals:
        entry = (await world.do(ana, "message.publish", text="hello", about=[deal, dice.choice(deals)]))["id"]
        await world.do(ana, "comment.add", entry=entry, text="yes")
        task: JsonObject = await world.do(ana, "activity.create", type="task", subject="t", records=[deal])
        if dice.random() < 0.5:
            await world.do(ana, "activity.complete", activity=task["id"])
        fields = {"stage": world.stages["deal", dice.choice(["Won", "Proposal"])]}
        await world.do(ana, "record.update", record=deal, fields=fields)
    await world.do(ana, "record.delete", record=deals[0])
    await world.do(ana, "record.delete", record=deals[1])
    await world.do(ana, "record.restore", record=deals[1])


async def test_nothing_is_wrong_after_a_busy_day(world: World) -> None:
    await busy(world)

    assert await wrong(world) == {}


@pytest.mark.parametrize("name", CHECKS)
async def test_what_is_broken_is_found_and_put_right(world: World, name: str) -> None:
    await busy(world)
    async with world.store.database.writing() as connection:
        await connection.execute(BREAKS[name])

    found = await wrong(world)
    async with world.store.database.writing() as connection:
        await repair(connection)

    assert name in found
    assert await wrong(world) == ({"log": 1} if name == "log" else {}), "what the log lacks cannot be made up"
