"""Comments and reactions: open to everyone who sees the entry."""

from __future__ import annotations

from typing import cast

import pytest
from sqlalchemy import select

from server.domain.access import Level
from server.domain.events import Name, Reach
from server.domain.words import JsonObject, Kind
from server.errors import Forbidden, Invalid, NotFound
from server.store.access import load_access
from server.store.comments import read_comments
from server.store.schema import records
from tests.world import World


async def test_a_comment_moves_its_entry_to_the_top_and_its_records_to_life(world: World) -> None:
    ana, luis = await world.user("Ana"), await world.user("Luis")
    deal = await world.record(ana, Kind.DEAL)
    old = (await world.do(ana, "message.publish", text="old", about=[deal]))["id"]
    new = (await world.do(ana, "message.publish", text="new", about=[deal]))["id"]

    await world.do(luis, "comment.add", entry=old, text="still true")

    assert [entry["id"] for entry in await world.stream(ana)][:2] == [old, new]
    assert [entry["id"] for entry in await world.stream(ana, record=deal)][:2] == [new, old]
    async with world.store.database.reading() as connection:
        last = (await connection.execute(select(records.c.last_activity_by).where(records.c.id == deal))).scalar_one()
    assert last == luis


async def test_an_entry_carries_the_last_two_comments_and_counts_all(world: World) -> None:
    ana = await world.user("Ana")
    deal = await world.record(ana, Kind.DEAL)
    entry = (await world.do(ana, "message.publish", text="hello", about=[deal]))["id"]
    for number in range(4):
        await world.do(ana, "comment.add", entry=entry, text=f"comment {number}")

    comments = world.events[-1].data["entry"]["comments"]  # type: ignore[index]
    assert comments["count"] == 4
    assert [comment["text"] for comment in comments["last"]] == ["comment 2", "comment 3"]


async def test_a_thread_is_read_in_pages_from_its_end(world: World) -> None:
    ana = await world.user("Ana")
    deal = await world.record(ana, Kind.DEAL)
    entry = (await world.do(ana, "message.publish", text="hello", about=[deal]))["id"]
    for number in range(5):
        await world.do(ana, "comment.add", entry=entry, text=f"{number}")

    async with world.store.database.reading() as connection:
        access = await load_access(connection, ana)
        last = await read_comments(connection, access, entry, None, 2)  # type: ignore[arg-type]
        before = await read_comments(connection, access, entry, last.next, 2)  # type: ignore[arg-type]
        first = await read_comments(connection, access, entry, before.next, 2)  # type: ignore[arg-type]

    assert [[comment["text"] for comment in page.items] for page in (last, before, first)] == [
        ["3", "4"],
        ["1", "2"],
        ["0"],
    ]
    assert first.next is None


async def test_whoever_is_addressed_comments_without_any_right_on_the_records(world: World) -> None:
    ana, luis = await world.user("Ana"), await world.user("Luis", Level.NONE)
    deal = await world.record(ana, Kind.DEAL)
    entry = (await world.do(ana, "message.publish", text="hello", about=[deal], to=[{"user": luis}]))["id"]

    comment = await world.do(luis, "comment.add", entry=entry, text="I cannot open it")

    assert comment["author"] == {"user": luis, "name": "Luis"}


async def test_only_the_author_edits_a_comment_and_an_admin_deletes_it(world: World) -> None:
    ana, luis, root = await world.user("Ana"), await world.user("Luis"), await world.user("Root", admin=True)
    deal = await world.record(ana, Kind.DEAL)
    entry = (await world.do(ana, "message.publish", text="hello", about=[deal]))["id"]
    comment = (await world.do(luis, "comment.add", entry=entry, text="mine"))["id"]

    for user in (ana, root):
        with pytest.raises(Forbidden):
            await world.do(user, "comment.edit", comment=comment, text="yours")
    with pytest.raises(Forbidden):
        await world.do(ana, "comment.delete", comment=comment)
    edited = await world.do(luis, "comment.edit", comment=comment, text="mine, better")
    await world.do(root, "comment.delete", comment=comment)

    assert edited["edited_at"] is not None
    assert world.events[-1].name == Name.COMMENT_REMOVED
    assert world.events[-1].data["comments"] == {"count": 0, "last": []}
    with pytest.raises(NotFound):
        await world.do(luis, "comment.delete", comment=comment)


async def test_an_edited_comment_does_not_move_its_entry(world: World) -> None:
    ana = await world.user("Ana")
    deal = await world.record(ana, Kind.DEAL)
    old = (await world.do(ana, "message.publish", text="old", about=[deal]))["id"]
    comment = (await world.do(ana, "comment.add", entry=old, text="mine"))["id"]
    new = (await world.do(ana, "message.publish", text="new", about=[deal]))["id"]

    await world.do(ana, "comment.edit", comment=comment, text="mine, better")
    await world.do(ana, "reaction.add", entry=old, emoji="👍")

    assert [entry["id"] for entry in await world.stream(ana)][:2] == [new, old]


async def test_an_edit_that_mentions_somebody_brings_them_the_whole_entry(world: World) -> None:
    ana, luis = await world.user("Ana"), await world.user("Luis")
    deal = await world.record(ana, Kind.DEAL)
    entry = (await world.do(ana, "message.publish", text="hello", about=[deal]))["id"]
    comment = (await world.do(ana, "comment.add", entry=entry, text="mine"))["id"]
    world.events.clear()

    await world.do(ana, "comment.edit", comment=comment, text=f"@{{{luis}}}")
    await world.do(ana, "comment.edit", comment=comment, text=f"again @{{{luis}}}")

    told = [event for event in world.events if event.entry == entry and event.reach is Reach.STREAM]
    assert [event.name for event in told] == [Name.ENTRY_CHANGED, Name.COMMENT_CHANGED, Name.COMMENT_CHANGED]
    assert luis in told[0].audience
    assert cast(JsonObject, told[0].data["entry"])["id"] == entry


async def test_a_comment_needs_a_text(world: World) -> None:
    ana = await world.user("Ana")
    await world.record(ana, Kind.DEAL)
    (added,) = await world.stream(ana)

    with pytest.raises(Invalid):
        await world.do(ana, "comment.add", entry=added["id"], text="\n \n")


async def test_a_reaction_is_there_once_however_often_it_is_sent(world: World) -> None:
    ana, luis = await world.user("Ana"), await world.user("Luis")
    await world.record(ana, Kind.DEAL)
    (added,) = await world.stream(ana)
    entry = added["id"]
    start = len(world.events)

    await world.do(ana, "reaction.add", entry=entry, emoji="👍")
    await world.do(ana, "reaction.add", entry=entry, emoji="👍")
    both = await world.do(luis, "reaction.add", entry=entry, emoji="👍")
    await world.do(luis, "reaction.add", entry=entry, emoji="🎉")
    await world.do(ana, "reaction.remove", entry=entry, emoji="👍")
    left = await world.do(ana, "reaction.remove", entry=entry, emoji="👍")

    assert both["reactions"] == [{"emoji": "👍", "users": [ana, luis]}]
    assert left["reactions"] == [{"emoji": "👍", "users": [luis]}, {"emoji": "🎉", "users": [luis]}]
    told = [event.name for event in world.events[start:] if event.name != Name.NOTIFICATION_ADDED]
    assert told == [Name.REACTION_CHANGED] * 4
