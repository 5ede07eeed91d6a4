"""Deleting a record: gone at once for everybody, back within the time, then gone for good."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from server.actions.removal import purge
from server.domain.access import Action, Level
from server.domain.events import Name, Reach
from server.domain.words import JsonObject, Kind, RecordId, UserId
from server.errors import Conflict, Forbidden, Invalid, NotFound
from server.store.access import load_access
from server.store.activities import current_activities, show_activity
from server.store.notifications import Bell, read_notifications
from server.store.reading import count_unseen
from server.store.records import Listing, read_records, show_record
from server.store.schema import activities, entries, events, history, notifications, records, tombstones
from tests.world import World

NOW = 1_800_000_000_000  # ms
UNDO = 30_000  # ms


@pytest.fixture(autouse=True)
def clock(world: World) -> list[int]:
    """The time, which stands until a test moves it."""
    time = [NOW]
    world.store.works.clock = lambda: time[0]
    return time


async def titles(world: World, user: UserId, kind: Kind = Kind.DEAL) -> list[object]:
    """The list of a kind."""
    async with world.store.database.reading() as connection:
        page = await read_records(connection, await load_access(connection, user), Listing(kind))
    return [shown["title"] for shown in page.items]


async def bell(world: World, user: UserId) -> list[JsonObject]:
    """What stands in somebody's bell."""
    async with world.store.database.reading() as connection:
        return list((await read_notifications(connection, await load_access(connection, user), Bell())).items)


async def unseen(world: World, user: UserId) -> int:
    """How much of Mine somebody has not seen."""
    async with world.store.database.reading() as connection:
        return await count_unseen(connection, await load_access(connection, user))


async def rows(world: World, *tables: object) -> list[int]:
    """How many rows some tables have."""
    async with world.store.database.reading() as connection:
        return [
            (await connection.execute(select(func.count()).select_from(table))).scalar_one()  # type: ignore[arg-type]
            for table in tables
        ]


async def purged(world: World, before: int) -> int:
    """The clock takes away what was deleted before a moment."""
    async with world.store.works.open_unattended() as work:
        return await purge(work, before)


async def test_a_deleted_record_is_in_no_list_no_stream_and_no_bell(world: World) -> None:
    ana, luis = await world.user("Ana"), await world.user("Luis")
    deal = await world.record(ana, Kind.DEAL, title="Boilers", responsible=luis)
    await world.do(ana, "message.publish", text="hello", about=[deal], to=[{"user": luis}])
    task = (await world.do(ana, "activity.create", type="task", subject="t", responsible=luis, records=[deal]))["id"]
    assert (len(await world.stream(luis)), len(await bell(world, luis)), await unseen(world, luis)) == (3, 3, 3)

    await world.do(ana, "record.delete", record=deal)

    for user in (ana, luis):
        assert await world.stream(user) == await world.stream(user, only_mine=False) == []
        assert await titles(world, user) == []
        async with world.store.database.reading() as connection:
            access = await load_access(connection, user)
            assert (await current_activities(connection, access)).total == 0
            for shown in (show_record(connection, access, deal), show_activity(connection, access, task)):  # type: ignore[arg-type]
                with pytest.raises(NotFound):
                    await shown
    assert (await bell(world, luis), await unseen(world, luis)) == ([], 0)


async def test_everybody_who_could_read_it_is_told_and_what_hung_from_it_leaves_their_screens(world: World) -> None:
    ana, luis = await world.user("Ana"), await world.user("Luis", grants={})
    deal = await world.record(ana, Kind.DEAL)
    entry = (await world.do(ana, "message.publish", text="hello", about=[deal], to=[{"user": luis}]))["id"]
    start = len(world.events)

    answer = await world.do(ana, "record.delete", record=deal)

    assert answer == {"record": deal, "undo_until": NOW + UNDO}
    found = world.events[start:]
    (gone,) = [event for event in found if event.name == Name.RECORD_REMOVED]
    assert (gone.reach, gone.data) == (Reach.HOLDERS, {"removed": deal, "kind": "deal"})
    assert "deal:all" in gone.principals
    assert f"user:{luis}" not in gone.principals
    (left,) = [event for event in found if event.name == Name.ENTRY_REMOVED and event.data == {"entry": entry}]
    assert {f"user:{luis}", "deal:all"} <= left.principals
    assert luis in left.audience
    (bell_of_luis,) = [event for event in found if event.name == Name.NOTIFICATION_CHANGED]
    assert (bell_of_luis.audience, bell_of_luis.data["unread"]) == (frozenset({luis}), 0)


async def test_undoing_brings_everything_back_as_it_was(world: World, clock: list[int]) -> None:
    ana, luis = await world.user("Ana"), await world.user("Luis")
    deal = await world.record(ana, Kind.DEAL, title="Boilers", responsible=luis)
    await world.do(ana, "message.publish", text="hello", about=[deal], to=[{"user": luis}])
    await world.do(ana, "activity.create", type="task", subject="t", responsible=luis, records=[deal])
    before = (await world.stream(luis), await bell(world, luis), await unseen(world, luis))
    await world.do(ana, "record.delete", record=deal)
    clock[0] += UNDO

    shown = await world.do(ana, "record.restore", record=deal)

    after = (await world.stream(luis), await bell(world, luis), await unseen(world, luis))
    assert [one["id"] for one in after[0]] == [one["id"] for one in before[0]]
    assert after[1:] == before[1:]
    assert (shown["title"], await titles(world, luis)) == ("Boilers", ["Boilers"])
    assert await rows(world, tombstones) == [0]


async def test_it_cannot_be_undone_later_nor_by_others(world: World, clock: list[int]) -> None:
    ana, luis, admin = await world.user("Ana"), await world.user("Luis"), await world.user("Admin", admin=True)
    deal, lead = await world.record(ana, Kind.DEAL), await world.record(ana, Kind.LEAD)
    for record in (deal, lead):
        await world.do(ana, "record.delete", record=record)

    with pytest.raises(NotFound):
        await world.do(luis, "record.restore", record=deal)
    await world.do(admin, "record.restore", record=lead)
    clock[0] += UNDO + 1
    with pytest.raises(Invalid) as late:
        await world.do(ana, "record.restore", record=deal)

    assert [(error.field, error.code) for error in late.value.errors] == [("record", "too_late")]
    with pytest.raises(NotFound):
        await world.do(ana, "record.restore", record=lead)


async def test_deleting_needs_the_right_and_the_version_that_was_seen(world: World) -> None:
    reads = {(kind, action): Level.ALL for kind in Kind for action in (Action.READ, Action.UPDATE)}
    ana, eva = await world.user("Ana"), await world.user("Eva", grants=reads)
    blind = await world.user("Blind", grants={})
    deal = await world.record(ana, Kind.DEAL)

    with pytest.raises(Forbidden):
        await world.do(eva, "record.delete", record=deal)
    with pytest.raises(NotFound):
        await world.do(blind, "record.delete", record=deal)
    with pytest.raises(Conflict):
        await world.do(ana, "record.delete", record=deal, version=7)
    await world.do(ana, "record.delete", record=deal, version=1)
    with pytest.raises(NotFound):
        await world.do(ana, "record.delete", record=deal)


async def test_what_is_about_another_record_as_well_stays_with_a_lock(world: World) -> None:
    ana = await world.user("Ana")
    deal, lead = await world.record(ana, Kind.DEAL), await world.record(ana, Kind.LEAD, title="Lead")
    entry = (await world.do(ana, "message.publish", text="hello", about=[deal, lead]))["id"]

    await world.do(ana, "record.delete", record=deal)
    (shown,) = [one for one in await world.stream(ana) if one["id"] == entry]
    await world.do(ana, "record.delete", record=lead)

    refs = shown["records"]
    assert isinstance(refs, list)
    assert [ref.get("title", "locked") for ref in refs] == ["locked", "Lead"]
    assert await world.stream(ana) == []


async def test_of_two_deleted_records_each_brings_back_its_own(world: World) -> None:
    ana = await world.user("Ana")
    firm = await world.record(ana, Kind.COMPANY)
    deal = await world.record(ana, Kind.DEAL, company=firm)
    both = (await world.do(ana, "message.publish", text="hello", about=[deal, firm]))["id"]
    for record in (deal, firm):
        await world.do(ana, "record.delete", record=record)

    await world.do(ana, "record.restore", record=firm)

    assert [(one["type"], one["id"] == both) for one in await world.stream(ana)] == [
        ("message", True),
        ("added", False),
    ]


async def test_what_is_past_undoing_goes_for_good_and_leaves_a_tombstone(world: World, clock: list[int]) -> None:
    ana, luis = await world.user("Ana"), await world.user("Luis")
    deal, kept = await world.record(ana, Kind.DEAL, title="Secret plan"), await world.record(ana, Kind.LEAD)
    await world.do(ana, "message.publish", text="Secret words", about=[deal], to=[{"user": luis}])
    await world.do(ana, "message.publish", text="shared", about=[deal, kept])
    await world.do(ana, "activity.create", type="task", subject="Secret task", records=[deal])
    await world.do(ana, "record.delete", record=deal)

    assert await purged(world, NOW) == 0
    assert await purged(world, NOW + 1) == 1

    assert await rows(world, records, tombstones, activities, notifications) == [1, 1, 0, 0]
    assert [one["text"] for one in await world.stream(ana) if one["type"] == "message"] == ["shared"]
    async with world.store.database.reading() as connection:
        log = " ".join(str(data) for data in (await connection.execute(select(events.c.data))).scalars())
        what = (await connection.execute(select(history.c.what).order_by(history.c.id))).scalars().all()
        left = (await connection.execute(select(func.count()).where(entries.c.hidden))).scalar_one()
    assert "Secret" not in log
    assert (what[-2:], left) == (["deleted", "purged"], 0)


async def test_a_record_with_very_many_entries_is_told_of_as_a_whole(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.actions.hiding.FEW", 2)
    ana = await world.user("Ana")
    deal = await world.record(ana, Kind.DEAL)
    for _ in range(3):
        await world.do(ana, "message.publish", text="hello", about=[deal])
    start = len(world.events)

    await world.do(ana, "record.delete", record=deal)

    assert [event.name for event in world.events[start:]] == [Name.RECORD_REMOVED, Name.ACCESS_CHANGED]
    assert {"deal:all", f"user:{ana}"} <= world.events[-1].principals


async def test_nothing_can_be_done_to_a_deleted_record(world: World) -> None:
    ana = await world.user("Ana")
    deal = await world.record(ana, Kind.DEAL)
    entry = (await world.do(ana, "message.publish", text="hello", about=[deal]))["id"]
    await world.do(ana, "record.delete", record=deal)

    for action, args in (
        ("record.update", {"record": deal, "fields": {"title": "x"}}),
        ("message.publish", {"text": "x", "about": [deal]}),
        ("comment.add", {"entry": entry, "text": "x"}),
        ("follow.set", {"record": deal}),
        ("activity.create", {"type": "task", "subject": "x", "records": [RecordId(deal)]}),
    ):
        with pytest.raises(NotFound):
            await world.do(ana, action, key=None, **args)
