"""Seen is not read: how far the stream was seen, what was marked unread, and that all devices of a user agree."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from server.domain.access import Level
from server.domain.events import Event, Name
from server.domain.words import Kind, UserId
from server.errors import Invalid, NotFound
from server.store import reading as rules
from server.store.schema import unread_marks
from tests.attending import Device, bell, reasons
from tests.world import World


def turned(world: World) -> list[Event]:
    """What was told of reading."""
    return [event for event in world.events if event.name in {Name.READ_CHANGED, Name.NOTIFICATION_CHANGED}]


async def head(world: World) -> int:
    return (await world.store.log.head()).position


async def post(world: World, user: UserId, about: int, **chips: object) -> int:
    made = await world.do(user, "message.publish", text="hello", about=[about], key=None, **chips)
    return int(str(made["id"]))


async def test_what_others_do_in_mine_is_unseen_until_it_was_seen(world: World) -> None:
    ana, luis = await world.user("Ana"), await world.user("Luis")
    deal = await world.record(ana, Kind.DEAL)
    await post(world, ana, deal)
    await post(world, luis, deal)
    first = await head(world)
    last = await post(world, luis, deal)

    before = await world.do(ana, "stream.seen", position=first)
    await world.do(luis, "comment.add", entry=last, text="and more")
    me = await world.do(ana, "me.change")
    after = await world.do(ana, "stream.seen", position=await head(world))

    assert (before["seen"], before["unseen"]) == (first, 1)
    assert me["unseen"] == 1
    assert after["unseen"] == 0
    assert turned(world)[-1].data == {"seen": after["seen"], "unseen": 0}


async def test_my_own_comment_makes_an_entry_seen(world: World) -> None:
    ana, luis = await world.user("Ana"), await world.user("Luis")
    deal = await world.record(ana, Kind.DEAL)
    entry = await post(world, luis, deal)

    assert (await world.do(ana, "me.change"))["unseen"] == 1
    await world.do(ana, "comment.add", entry=entry, text="I know")

    assert (await world.do(ana, "me.change"))["unseen"] == 0


async def test_an_older_device_does_not_move_seen_back(world: World) -> None:
    ana, luis = await world.user("Ana"), await world.user("Luis")
    deal = await world.record(ana, Kind.DEAL)
    await post(world, luis, deal)
    now = await head(world)
    await world.do(ana, "stream.seen", position=now)
    told = len(world.events)

    late = await world.do(ana, "stream.seen", position=now - 1)

    assert (late["seen"], late["unseen"]) == (now, 0)
    assert len(world.events) == told


async def test_what_is_not_yet_there_cannot_have_been_seen(world: World) -> None:
    ana = await world.user("Ana")

    with pytest.raises(Invalid) as caught:
        await world.do(ana, "stream.seen", position=await head(world) + 1)

    assert [(error.field, error.code) for error in caught.value.errors] == [("position", "future")]


async def test_an_entry_is_marked_unread_for_its_reader_alone_and_once(world: World) -> None:
    ana, luis = await world.user("Ana"), await world.user("Luis")
    deal = await world.record(ana, Kind.DEAL)
    entry = await post(world, luis, deal)
    for _ in range(2):
        await world.do(ana, "entry.unread", entry=entry)

    assert [event.data for event in turned(world)] == [{"unread": {"entry": entry, "marked": True}, "unseen": 1}]
    assert turned(world)[0].audience == {ana}
    assert {one["id"]: one.get("unread") for one in await world.stream(ana)}[entry] is True
    assert [one.get("unread") for one in await world.stream(luis)] == [None]


async def test_reading_an_entry_takes_its_mark_and_its_notifications_away(world: World) -> None:
    ana, luis = await world.user("Ana"), await world.user("Luis")
    deal = await world.record(ana, Kind.DEAL)
    entry = await post(world, luis, deal, to=[{"user": ana}])
    await world.do(luis, "comment.add", entry=entry, text="now?")
    await world.do(ana, "entry.unread", entry=entry)
    ids = sorted(int(str(one["id"])) for one in await bell(world, ana))
    world.events.clear()

    for _ in range(2):
        await world.do(ana, "entry.read", entry=entry)

    assert [event.data for event in turned(world)] == [
        {"unread": {"entry": entry, "marked": False}, "unseen": 1},
        {"notifications": ids, "read": True, "unread": 0},
    ]
    assert {unread for _, _, unread in await reasons(world, ana)} == {False}


async def test_reading_up_to_one_leaves_what_came_after_it(world: World) -> None:
    ana, luis = await world.user("Ana"), await world.user("Luis")
    deal = await world.record(ana, Kind.DEAL)
    first, second, third = [await post(world, luis, deal, to=[{"user": ana}]) for _ in range(3)]
    upto = (await bell(world, ana))[1]["id"]

    answer = await world.do(ana, "notifications.read", upto=upto)

    assert await reasons(world, ana) == [
        ("addressed", third, True),
        ("addressed", second, False),
        ("addressed", first, False),
    ]
    assert answer["notifications"] == {"unread": 1}
    with pytest.raises(NotFound):
        await world.do(luis, "notifications.read", upto=upto)


async def test_nobody_turns_the_notifications_of_another(world: World) -> None:
    ana, luis = await world.user("Ana"), await world.user("Luis")
    deal = await world.record(ana, Kind.DEAL)
    entry = await post(world, luis, deal, to=[{"user": ana}])
    (only,) = await bell(world, ana)
    world.events.clear()

    await world.do(luis, "notifications.read", notifications=[only["id"], 10**9])

    assert await reasons(world, ana) == [("addressed", entry, True)]
    assert turned(world) == []


async def test_read_notifications_become_unread_again(world: World) -> None:
    ana, luis = await world.user("Ana"), await world.user("Luis")
    deal = await world.record(ana, Kind.DEAL)
    await post(world, luis, deal, to=[{"user": ana}])
    (only,) = await bell(world, ana)
    await world.do(ana, "notifications.read", notifications=[only["id"]])

    await world.do(ana, "notifications.unread", notifications=[only["id"]])

    assert turned(world)[-1].data == {"notifications": [only["id"]], "read": False, "unread": 1}
    assert [one["id"] for one in await bell(world, ana, only_unread=True)] == [only["id"]]


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({}, "required"),
        ({"notifications": [1], "upto": 1}, "required"),
        ({"notifications": list(range(1001))}, "too_many"),
        ({"notifications": ["1"]}, "type"),
        ({"upto": -1}, "type"),
        ({"all": True}, "unknown"),
    ],
)
async def test_wrong_ways_to_read_are_refused(world: World, wanted: dict[str, object], code: str) -> None:
    ana = await world.user("Ana")

    with pytest.raises(Invalid) as caught:
        await world.do(ana, "notifications.read", key=None, **wanted)

    assert {error.code for error in caught.value.errors} == {code}


async def test_an_entry_that_may_not_be_seen_is_marked_by_nobody(world: World) -> None:
    ana, luis = await world.user("Ana"), await world.user("Luis", Level.OWN)
    entry = await post(world, ana, await world.record(ana, Kind.DEAL))

    for verb in ("entry.unread", "entry.read"):
        with pytest.raises(NotFound):
            await world.do(luis, verb, entry=entry)


async def test_a_mark_goes_with_its_entry(world: World) -> None:
    ana, luis = await world.user("Ana"), await world.user("Luis")
    entry = await post(world, ana, await world.record(ana, Kind.DEAL))
    await world.do(luis, "entry.unread", entry=entry)

    await world.do(ana, "message.delete", entry=entry)

    async with world.store.database.reading() as connection:
        assert (await connection.execute(select(func.count()).select_from(unread_marks))).scalar_one() == 0


async def test_a_device_with_half_a_list_counts_on_or_asks_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "LISTED", 2)
    ana, luis = await world.user("Ana"), await world.user("Luis")
    deal = await world.record(ana, Kind.DEAL)
    old = [await post(world, luis, deal) for _ in range(4)]
    device = Device(world, ana)
    await device.ask()

    async def take_all() -> int:
        for event in world.events:
            await device.take(event)
        return device.count

    assert device.count == 4
    await post(world, luis, deal)
    assert (await take_all(), device.stale) == (5, False)
    await world.do(luis, "comment.add", entry=old[3], text="a known one")
    assert (await take_all(), device.stale) == (5, False)
    await world.do(luis, "comment.add", entry=old[0], text="one of those that were not listed")
    await take_all()
    assert device.stale
    await device.ask()
    assert device.count == 5
    await world.do(ana, "stream.seen", position=await head(world))
    assert (await take_all(), device.stale) == (0, False)


async def test_a_new_colleague_begins_without_a_backlog(world: World) -> None:
    boss = await world.user("Boss", admin=True)
    deal = await world.record(boss, Kind.DEAL)
    await world.do(boss, "message.publish", text="before", to=[], about=[deal])
    made = await world.do(boss, "user.add", name="New", email="new@example.com")
    new = UserId(int(str(made["user"])))

    await world.do(boss, "message.publish", text="after", to=[{"user": new}], about=[deal])

    async with world.store.database.reading() as connection:
        attention = (await rules.recount(connection, [new]))[new]
    assert attention.unseen == 1
