"""Activities as lists: who sees which, what filters let through, and what is due next."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import cast

import pytest

from server.domain.access import Action, Level
from server.domain.activities import Type
from server.domain.events import Name
from server.domain.words import ActivityId, JsonObject, Kind, RecordId, UserId
from server.errors import NotFound
from server.store.access import load_access
from server.store.activities import Current, Wanted, current_activities, list_activities, show_activity
from server.store.stream import Page
from tests.world import World, open_world

START = 1_800_000_000_000  # ms


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    """An empty portal."""
    async with open_world(database_url) as opened:
        yield opened


async def task(world: World, user: UserId, subject: str, *about: RecordId, **fields: object) -> ActivityId:
    """A task of somebody."""
    made = await world.do(
        user, "activity.create", key=None, type="task", subject=subject, records=list(about), **fields
    )
    return ActivityId(cast(int, made["id"]))


async def listed(world: World, user: UserId, **wanted: object) -> Page:
    """A page of the activities that somebody sees."""
    async with world.store.database.reading() as connection:
        access = await load_access(connection, user)
        return await list_activities(connection, access, Wanted(**wanted))  # type: ignore[arg-type]


async def current(world: World, user: UserId, record: RecordId | None = None, limit: int = 5) -> Current:
    """What is due next, for somebody or on a record."""
    async with world.store.database.reading() as connection:
        return await current_activities(connection, await load_access(connection, user), record, limit)


async def shown(world: World, user: UserId, activity: ActivityId) -> JsonObject:
    """One activity as somebody sees it."""
    async with world.store.database.reading() as connection:
        return await show_activity(connection, await load_access(connection, user), activity)


def subjects(page: Page | Current) -> list[object]:
    """The subjects, in order."""
    return [item["subject"] for item in page.items]


async def test_an_activity_is_seen_by_readers_of_any_of_its_records_and_by_those_whose_it_is(world: World) -> None:
    ana, luis, eva, kim = [await world.user(name, Level.OWN) for name in ("Ana", "Luis", "Eva", "Kim")]
    boss = await world.user("Boss")
    first, second = await world.record(ana, Kind.DEAL), await world.record(boss, Kind.COMPANY, responsible=eva)
    made = await task(world, boss, "Send it", first, second, responsible=luis, participants=[kim])

    for user in (ana, luis, eva, boss):
        assert (await shown(world, user, made))["subject"] == "Send it"
        assert subjects(await listed(world, user)) == ["Send it"]
    assert subjects(await listed(world, kim)) == []
    with pytest.raises(NotFound):
        await shown(world, kim, made)


@pytest.mark.parametrize("level", list(Level), ids=lambda level: level.name.lower())
async def test_lists_and_events_agree_on_who_sees_an_activity(world: World, level: Level) -> None:
    sales = await world.department("Sales")
    north = await world.department("North", sales)
    boss, eva = await world.user("Boss", department=north), await world.user("Eva", level, sales)
    kim = await world.user("Kim", department=await world.department("Else"))
    for owner in (boss, eva, kim):
        for opened in (True, False):
            record = await world.record(boss, Kind.DEAL, responsible=owner, opened=opened)
            await task(world, boss, "Send it", record, participants=[eva])
    await task(world, boss, "To Eva", responsible=eva)
    await task(world, boss, "To Kim", responsible=kim)
    told = [event for event in world.events if event.name == Name.ACTIVITY_ADDED]

    async with world.store.database.reading() as connection:
        held = (await load_access(connection, eva)).held()
    by_event = [cast(JsonObject, event.data["activity"])["id"] for event in told if held & event.principals]

    assert [item["id"] for item in reversed((await listed(world, eva)).items)] == by_event


async def test_a_record_that_may_not_be_read_is_a_lock(world: World) -> None:
    boss, eva = await world.user("Boss"), await world.user("Eva", Level.OWN)
    secret, shared = await world.record(boss, Kind.DEAL), await world.record(boss, Kind.COMPANY, responsible=eva)
    made = await task(world, boss, "Send it", secret, shared)

    seen = cast(list[JsonObject], (await shown(world, eva, made))["records"])

    assert seen[0] == {"kind": "deal", "locked": True}
    assert seen[1]["record"] == shared
    assert cast(list[JsonObject], (await listed(world, eva)).items[0]["records"])[0] == seen[0]


async def test_an_unknown_activity_is_not_found(world: World) -> None:
    ana = await world.user("Ana")

    with pytest.raises(NotFound):
        await shown(world, ana, ActivityId(999))


async def test_filters_are_anded(world: World) -> None:
    ana, luis = await world.user("Ana"), await world.user("Luis")
    deal = await world.record(ana, Kind.DEAL)
    await task(world, ana, "Mine")
    await task(world, ana, "On the deal", deal)
    await task(world, ana, "For Luis", deal, responsible=luis)
    await world.do(ana, "activity.create", type="call", subject="Call", start=START, records=[deal])
    done = await task(world, ana, "Done", deal)
    await world.do(ana, "activity.complete", activity=done)

    assert subjects(await listed(world, ana)) == ["Done", "Call", "For Luis", "On the deal", "Mine"]
    assert subjects(await listed(world, ana, responsible=luis)) == ["For Luis"]
    assert subjects(await listed(world, ana, bound=False)) == ["Mine"]
    assert subjects(await listed(world, ana, bound=True, still_open=False)) == ["Done"]
    assert subjects(await listed(world, ana, record=deal, type=Type.TASK, still_open=True)) == [
        "For Luis",
        "On the deal",
    ]


async def test_pages_follow_each_other_without_a_gap(world: World) -> None:
    ana = await world.user("Ana")
    for number in range(5):
        await task(world, ana, str(number))

    found, before = [], None
    while True:
        page = await listed(world, ana, limit=2, before=before)
        found.append(subjects(page))
        before = page.next
        if before is None:
            break

    assert found == [["4", "3"], ["2", "1"], ["0"]]


async def test_a_list_says_where_the_log_stood(world: World) -> None:
    ana = await world.user("Ana")
    await task(world, ana, "Send it")

    assert (await listed(world, ana)).head.position == world.events[-1].position
    assert (await current(world, ana)).head.position == world.events[-1].position


async def test_what_is_due_first_comes_first_and_what_is_never_due_last(world: World) -> None:
    ana = await world.user("Ana")
    await task(world, ana, "Whenever", deadline=None)
    await task(world, ana, "Later", deadline=START + 2)
    await task(world, ana, "First", deadline=START)
    await task(world, ana, "Then", deadline=START + 1)

    found = await current(world, ana, limit=3)

    assert subjects(found) == ["First", "Then", "Later"]
    assert found.total == 4
    assert subjects(await current(world, ana, limit=4))[-1] == "Whenever"


async def test_current_are_my_own_open_ones(world: World) -> None:
    ana, luis = await world.user("Ana"), await world.user("Luis")
    deal = await world.record(ana, Kind.DEAL)
    await task(world, ana, "For Luis", deal, responsible=luis)
    await world.do(ana, "activity.complete", activity=await task(world, ana, "Done"))
    call = {
        "type": "call",
        "subject": "Missed",
        "direction": "in",
        "status": "missed",
        "start": START,
        "records": [deal],
    }
    await world.do(ana, "activity.create", key=None, **call)

    assert subjects(await current(world, ana)) == ["Missed"]
    assert subjects(await current(world, luis)) == ["For Luis"]


async def test_current_of_a_record_are_everyones(world: World) -> None:
    ana, luis = await world.user("Ana"), await world.user("Luis")
    deal = await world.record(ana, Kind.DEAL)
    await task(world, ana, "Mine", deal, deadline=START)
    await task(world, ana, "For Luis", deal, deadline=START + 1, responsible=luis)
    await task(world, ana, "Elsewhere")

    assert subjects(await current(world, ana, deal)) == ["Mine", "For Luis"]


async def test_a_record_that_may_not_be_read_has_no_activities_like_one_that_does_not_exist(world: World) -> None:
    boss, eva = await world.user("Boss"), await world.user("Eva", grants={(Kind.LEAD, Action.READ): Level.ALL})
    secret = await world.record(boss, Kind.DEAL)
    await task(world, boss, "Send it", secret, responsible=eva)

    for record in (secret, RecordId(999)):
        with pytest.raises(NotFound):
            await current(world, eva, record)
        with pytest.raises(NotFound):
            await listed(world, eva, record=record)
