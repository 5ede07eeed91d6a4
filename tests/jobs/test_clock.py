"""The clock: what is due is done, once, by one of many; and who was stopped for a while does nothing any more."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import cast

import pytest
from sqlalchemy import func, select

from server.domain.access import Action, Level
from server.domain.events import Name
from server.domain.words import JsonObject, Kind, UserId
from server.jobs.clock import LASTS, LOOK, Clock
from server.jobs.schedule import Job
from server.store.access import load_access
from server.store.notifications import Bell, read_notifications
from server.store.schema import activities, events, idempotency, log_head, records
from server.store.work import Work
from tests.world import World, open_world

NOW = 1_800_000_000_000  # ms
HOUR = 3_600_000
DAY = 24 * HOUR


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    """See `tests.world`."""
    async with open_world(database_url) as world:
        yield world


@pytest.fixture(autouse=True)
def time(world: World) -> list[int]:
    """The time, which stands until a test moves it."""
    moment = [NOW]
    world.store.works.clock = lambda: moment[0]
    return moment


async def task(world: World, user: UserId, *about: int, due: int | None, **fields: object) -> int:
    """Somebody plans something."""
    made = await world.do(
        user, "activity.create", key=None, type="task", subject="Call", end=due, records=list(about), **fields
    )
    return cast(int, made["id"])


async def bell(world: World, user: UserId) -> list[JsonObject]:
    """What stands in somebody's bell."""
    async with world.store.database.reading() as connection:
        return list((await read_notifications(connection, await load_access(connection, user), Bell())).items)


async def counted(world: World, table: object) -> int:
    """How many rows a table has."""
    async with world.store.database.reading() as connection:
        found = await connection.execute(select(func.count()).select_from(table))  # type: ignore[arg-type]
        return found.scalar_one()


async def test_a_deadline_that_passes_is_told_once(world: World, time: list[int]) -> None:
    ana = await world.user("Ana")
    deal = await world.record(ana, Kind.DEAL)
    late, done, free = [await task(world, ana, *about, due=NOW + HOUR) for about in ([deal], [deal], [])]
    await world.do(ana, "activity.complete", activity=done)
    clock = Clock(world.store)
    world.events.clear()

    assert await clock.tick() == LOOK
    time[0] += HOUR
    await clock.tick()
    await clock.tick()

    told = [(event.name, cast(JsonObject, event.data.get("activity") or {}).get("id")) for event in world.events]
    assert told == [(Name.ENTRY_CHANGED, None), (Name.ACTIVITY_CHANGED, late), (Name.ACTIVITY_CHANGED, free)]
    assert {event.actor for event in world.events} == {None}


async def test_it_waits_no_longer_than_until_the_next_thing_is_due(world: World, time: list[int]) -> None:
    ana = await world.user("Ana")
    await task(world, ana, due=NOW + 300)

    assert await Clock(world.store).tick() == 300


async def test_what_is_overdue_is_important_to_followers_until_it_is_moved(world: World, time: list[int]) -> None:
    ana, luis = await world.user("Ana"), await world.user("Luis")
    deal = await world.record(ana, Kind.DEAL)
    await world.do(luis, "follow.set", record=deal, level="important")
    late = await task(world, ana, deal, due=NOW + HOUR)
    assert await world.stream(luis) == []

    time[0] += HOUR
    await Clock(world.store).tick()
    overdue = [entry["type"] for entry in await world.stream(luis)]
    told = next(event for event in world.events[::-1] if event.name == Name.ENTRY_CHANGED)
    await world.do(ana, "activity.update", activity=late, end=NOW + DAY)

    assert overdue == ["task"]
    assert luis in told.audience
    assert await world.stream(luis) == []


async def test_whoever_has_to_do_it_is_reminded_once_and_nobody_after_it_is_done(world: World, time: list[int]) -> None:
    ana, luis, eva = await world.user("Ana"), await world.user("Luis"), await world.user("Eva")
    deal = await world.record(ana, Kind.DEAL)
    await task(world, ana, deal, due=NOW + HOUR, reminder=15, responsible=luis, participants=[eva])
    done = await task(world, ana, deal, due=NOW + HOUR, reminder=15)
    await world.do(ana, "activity.complete", activity=done)
    await task(world, ana, deal, due=NOW + HOUR, reminder=90)  # too late for that
    clock = Clock(world.store)

    time[0] += HOUR - 15 * 60_000 - 1
    await clock.tick()
    before = [one["reason"] for one in await bell(world, luis)]
    time[0] += 1
    await clock.tick()
    await clock.tick()

    assert before == ["responsible"]
    assert [one["reason"] for one in await bell(world, luis)] == ["reminder", "responsible"]
    assert [one["reason"] for one in await bell(world, eva)] == ["reminder"]
    assert await bell(world, ana) == []


async def test_who_may_not_read_it_any_more_is_not_reminded(world: World, time: list[int]) -> None:
    own = {(kind, Action.READ): Level.OWN for kind in Kind}
    ana, eva = await world.user("Ana"), await world.user("Eva", grants=own)
    deal = await world.record(ana, Kind.DEAL)
    await task(world, ana, deal, due=NOW + HOUR, reminder=0, participants=[eva])

    time[0] += HOUR
    await Clock(world.store).tick()

    assert await bell(world, eva) == []


async def test_deleted_records_go_when_undoing_is_over(world: World, time: list[int]) -> None:
    ana = await world.user("Ana")
    for _ in range(25):
        await world.do(ana, "record.delete", record=await world.record(ana, Kind.DEAL))
    clock = Clock(world.store)
    time[0] += 30_000
    await clock.tick()
    kept = await counted(world, records)

    time[0] += 1
    await clock.tick()

    assert (kept, await counted(world, records)) == (25, 0)


async def test_the_old_end_of_the_log_and_old_keys_go(world: World, time: list[int]) -> None:
    ana = await world.user("Ana")
    deal = await world.record(ana, Kind.DEAL)
    await world.do(ana, "record.update", key="k", record=deal, fields={"title": "old"})
    time[0] += 31 * DAY
    await world.do(ana, "record.update", record=deal, fields={"title": "new"})
    async with world.store.database.reading() as connection:
        first = (await connection.execute(select(func.min(events.c.position)).where(events.c.at == time[0]))).scalar()

    await Clock(world.store).tick()

    async with world.store.database.reading() as connection:
        floor = (await connection.execute(select(log_head.c.floor))).scalar_one()
        left = (await connection.execute(select(func.min(events.c.position)))).scalar_one()
    assert (floor + 1, left) == (first, first)
    assert await counted(world, idempotency) == 0


async def test_one_of_two_leads_and_the_other_takes_over_when_it_is_gone(world: World, time: list[int]) -> None:
    ana = await world.user("Ana")
    for _ in range(3):
        await task(world, ana, due=NOW)
    one, other = Clock(world.store), Clock(world.store)

    await one.tick()
    await other.tick()
    first = (one.leads, other.leads)
    time[0] += LASTS  # `one` was killed, or stopped
    await other.tick()
    await one.tick()

    assert (first, one.leads, other.leads) == ((True, False), False, True)
    assert sum(event.name == Name.ACTIVITY_CHANGED for event in world.events) == 3


async def test_a_leader_that_was_stopped_in_the_middle_does_nothing_when_it_goes_on(
    world: World, time: list[int]
) -> None:
    done: list[str] = []

    async def batch(_: Work) -> int:
        done.append("batch")
        return 0

    job = Job("job", batch)
    clock, other = Clock(world.store, [job]), Clock(world.store, [])
    await clock.tick()

    time[0] += LASTS
    await other.tick()
    await clock._batch(job)

    assert (done, other.leads) == (["batch"], True)


async def test_a_job_that_fails_stops_no_other_and_is_tried_again_later(world: World, time: list[int]) -> None:
    tried: list[str] = []

    async def fails(_: Work) -> int:
        tried.append("fails")
        raise ValueError

    async def works(_: Work) -> int:
        tried.append("works")
        return 0

    async def never(_: object) -> None:
        return None

    clock = Clock(world.store, [Job("fails", fails, never), Job("works", works, never)])

    for _ in range(2):
        await clock.tick()
    time[0] += 2 * HOUR
    await clock.tick()

    assert tried == ["fails", "works", "works", "fails", "works"]


async def test_it_gives_its_lease_back_at_its_end(world: World) -> None:
    async with Clock(world.store, []) as clock:
        while not clock.leads:
            await clock.tick()

    other = Clock(world.store, [])
    await other.tick()

    assert other.leads


async def test_a_thousand_deadlines_are_many_small_transactions(world: World, time: list[int]) -> None:
    ana = await world.user("Ana")
    await task(world, ana, due=NOW)
    async with world.store.database.writing() as connection:
        (row,) = (await connection.execute(select(activities))).mappings().all()
        rows = [dict(row) | {"id": number} for number in range(2, 202)]
        await connection.execute(activities.insert(), rows)
    sizes: list[int] = []
    publish = world.store.works.publish

    async def counting(told: object) -> None:
        sizes.append(len(cast("list[object]", told)))
        await publish(told)  # type: ignore[arg-type]

    world.store.works.publish = counting
    await Clock(world.store).tick()

    assert (sum(sizes), max(sizes)) == (201, 50)
