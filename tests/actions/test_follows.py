"""Following: open to readers, and by right for the responsible person (PRODUCT §7)."""

from __future__ import annotations

import pytest

from server.domain.access import Action, Level
from server.domain.events import Name, Reach
from server.domain.words import Kind
from server.errors import Forbidden, Invalid, NotFound
from server.store.access import load_access
from server.store.records import read_followers
from tests.world import World


async def test_following_brings_the_past_into_mine_and_unfollowing_takes_it_out(world: World) -> None:
    ana, luis = await world.user("Ana"), await world.user("Luis")
    deal = await world.record(ana, Kind.DEAL)
    entry = (await world.do(ana, "message.publish", text="hello", about=[deal]))["id"]
    assert await world.stream(luis) == []

    await world.do(luis, "follow.set", record=deal)
    followed = [seen["id"] for seen in await world.stream(luis)]
    await world.do(luis, "follow.end", record=deal)

    assert followed[0] == entry
    assert len(followed) == 2
    assert await world.stream(luis) == []


@pytest.mark.parametrize(("level", "types"), [("everything", 3), ("important", 2), ("muted", 0)])
async def test_the_level_says_how_much_comes(world: World, level: str, types: int) -> None:
    ana, luis = await world.user("Ana"), await world.user("Luis")
    deal = await world.record(ana, Kind.DEAL)  # "added": not important
    await world.do(ana, "message.publish", text="hello", about=[deal])
    await world.do(ana, "record.update", record=deal, fields={"stage": world.stages["deal", "Proposal"]})

    await world.do(luis, "follow.set", record=deal, level=level)

    assert len(await world.stream(luis)) == types
    assert (luis in world.events[-1].audience) is False or world.events[-1].reach == Reach.PERSONAL


async def test_a_follow_is_told_to_the_follower_and_to_whoever_looks_at_the_record(world: World) -> None:
    ana, luis = await world.user("Ana"), await world.user("Luis")
    deal = await world.record(ana, Kind.DEAL)
    start = len(world.events)

    await world.do(luis, "follow.set", record=deal, level="important")
    await world.do(luis, "follow.set", record=deal, level="important")

    own, others = world.events[start:]
    assert (own.name, own.reach, own.audience) == (Name.FOLLOW_CHANGED, Reach.PERSONAL, frozenset({luis}))
    assert own.data == {"follow": deal, "level": "important"}
    assert (others.name, others.reach, others.records) == (Name.FOLLOWER_CHANGED, Reach.RECORD, (deal,))
    person = {"user": luis, "name": "Luis"}
    assert others.data == {"followed": deal, "user": person, "level": "important", "by_right": False}


async def test_the_responsible_person_follows_by_right_and_it_moves(world: World) -> None:
    ana, luis = await world.user("Ana"), await world.user("Luis")
    deal = await world.record(ana, Kind.DEAL)
    with pytest.raises(Forbidden):
        await world.do(ana, "follow.end", record=deal)

    await world.do(ana, "record.update", record=deal, fields={"responsible": luis})

    async with world.store.database.reading() as connection:
        page = await read_followers(connection, await load_access(connection, ana), deal)
    assert [(person["user"], person["by_right"]) for person in page.items] == [(luis, True)]
    assert [seen["type"] for seen in await world.stream(luis)] == ["responsible", "added"]
    await world.do(ana, "follow.end", record=deal)  # nothing to end any more, and nothing against it


async def test_only_readers_follow(world: World) -> None:
    ana, luis = await world.user("Ana"), await world.user("Luis", Level.NONE)
    deal = await world.record(ana, Kind.DEAL)

    for action in ("follow.set", "follow.end"):
        with pytest.raises(NotFound):
            await world.do(luis, action, record=deal)


async def test_regaining_the_right_to_read_brings_the_follow_back(world: World) -> None:
    own = {(kind, action): Level.OPENED for kind in Kind for action in Action}
    ana, luis = await world.user("Ana"), await world.user("Luis", grants=own)
    deal = await world.record(ana, Kind.DEAL, opened=True)
    await world.do(luis, "follow.set", record=deal)

    await world.do(ana, "record.update", record=deal, fields={"opened": False})
    closed = await world.stream(luis)
    await world.do(ana, "record.update", record=deal, fields={"opened": True})

    assert closed == []
    assert len(await world.stream(luis)) == 1


async def test_an_unknown_level_is_refused(world: World) -> None:
    ana = await world.user("Ana")
    deal = await world.record(ana, Kind.DEAL)

    with pytest.raises(Invalid) as refused:
        await world.do(ana, "follow.set", record=deal, level="sometimes")

    assert [error.field for error in refused.value.errors] == ["level"]
