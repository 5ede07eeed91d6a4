"""The log is dense, in commit order, complete after any failure, and forgets what was deleted."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec
import pytest
from sqlalchemy import select, update

from server.actions.posts import Message, publish as publish_message
from server.domain.access import Action, Level
from server.domain.events import Event, Name
from server.domain.words import JsonObject, Kind, RecordId, UserId
from server.errors import CaudalError, Invalid, NotFound
from server.store.access import load_access
from server.store.log import event_of
from server.store.schema import events, idempotency, users
from tests.world import World

WRITERS = 12
OWN = {(kind, action): Level.OWN for kind in Kind for action in Action}


async def positions(world: World) -> list[int]:
    async with world.store.database.reading() as connection:
        return list((await connection.execute(select(events.c.position).order_by(events.c.position))).scalars())


async def raw_log(world: World) -> str:
    """Every column of every event, as text."""
    async with world.store.database.reading() as connection:
        rows = (await connection.execute(select(events))).mappings().all()
        keys = (await connection.execute(select(idempotency))).mappings().all()
    return msgspec.json.encode([dict(row) for row in [*rows, *keys]]).decode()


async def deal_of(world: World, name: str = "Ana") -> tuple[UserId, RecordId]:
    user = await world.user(name)
    return user, await world.record(user, Kind.DEAL)


async def test_positions_of_many_writers_some_failing_have_no_hole_and_no_double(world: World) -> None:
    ana, deal = await deal_of(world)
    before = (await world.store.log.head()).position

    async def write(number: int) -> bool:
        about = [deal] if number % 3 else [deal + 1000]  # every third one fails
        try:
            await world.do(ana, "message.publish", text=f"text {number}", about=about)
        except NotFound:
            return False
        return True

    written = await asyncio.gather(*(write(number) for number in range(WRITERS)))

    head = (await world.store.log.head()).position
    assert head == before + sum(written)
    assert await positions(world) == list(range(1, head + 1))


async def test_a_reader_never_sees_a_position_without_those_before_it(world: World) -> None:
    ana, deal = await deal_of(world)
    done = asyncio.Event()
    seen: list[list[int]] = []

    async def watch() -> None:
        while not done.is_set():
            seen.append(await positions(world))

    watching = asyncio.create_task(watch())
    await asyncio.gather(
        *(world.do(ana, "message.publish", text=f"text {number}", about=[deal]) for number in range(WRITERS))
    )
    done.set()
    await watching

    assert all(found == list(range(1, len(found) + 1)) for found in seen)


async def test_events_are_published_in_the_order_of_their_commits_and_are_in_the_database_by_then(
    world: World,
) -> None:
    ana, deal = await deal_of(world)
    late: list[int] = []

    async def publish(told: Sequence[Event]) -> None:
        known = await world.store.log.read(told[0].position - 1, told[-1].position)
        late.extend(event.position for event in told if event not in known)

    world.store.works.publish = publish
    await asyncio.gather(
        *(world.do(ana, "message.publish", text=f"text {number}", about=[deal]) for number in range(WRITERS))
    )

    assert late == []


async def test_a_failing_write_leaves_no_hole_and_publishes_nothing(world: World) -> None:
    ana, deal = await deal_of(world)
    before, published = await world.store.log.head(), len(world.published)

    async def fail_at_the_end() -> None:
        async with world.store.works.open(ana) as work:
            await publish_message(work, Message(text="never", about=[deal]))
            await work.finish()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail_at_the_end()

    assert await world.store.log.head() == before
    assert len(world.published) == published
    assert "never" not in await raw_log(world)


async def test_a_cancelled_write_leaves_no_hole_and_blocks_nobody(world: World) -> None:
    ana, deal = await deal_of(world)
    before = await world.store.log.head()
    reached = asyncio.Event()

    async def write() -> None:
        async with world.store.works.open(ana) as work:
            await work.lock()
            reached.set()
            await asyncio.Event().wait()

    writing = asyncio.create_task(write())
    await reached.wait()
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    await world.do(ana, "message.publish", text="after", about=[deal])

    assert (await world.store.log.head()).position == before.position + 1


async def test_a_writer_killed_between_commit_and_publish_loses_nothing(world: World) -> None:
    ana, deal = await deal_of(world)
    before = (await world.store.log.head()).position

    async def killed(_: Sequence[Event]) -> None:
        raise asyncio.CancelledError

    world.store.works.publish = killed
    with pytest.raises(asyncio.CancelledError):
        await world.do(ana, "message.publish", text="kept", about=[deal])

    (event,) = await world.store.log.read(before, before + 10)
    assert event.name == Name.ENTRY_ADDED
    assert event.data["entry"]["text"] == "kept"  # type: ignore[index]
    assert (await world.store.log.replay(before, before + 10)) == [event]


async def test_the_same_key_twice_at_once_makes_one_entry_and_one_answer(world: World) -> None:
    ana, deal = await deal_of(world)

    answers = await asyncio.gather(
        *(world.do(ana, "message.publish", key="once", text="only one", about=[deal]) for _ in range(5))
    )

    assert len({answer["id"] for answer in answers}) == 1
    assert answers[0]["text"] == "only one"
    assert (await raw_log(world)).count("only one") == 1


async def test_a_failed_write_does_not_use_up_its_key(world: World) -> None:
    ana, deal = await deal_of(world)
    with pytest.raises(Invalid):
        await world.do(ana, "message.publish", key="again", text=" ", about=[deal])

    answer = await world.do(ana, "message.publish", key="again", text="now", about=[deal])

    assert answer["text"] == "now"


async def test_a_key_is_for_one_write_and_for_one_user(world: World) -> None:
    ana, deal = await deal_of(world)
    luis = await world.user("Luis")
    await world.do(ana, "message.publish", key="k", text="first", about=[deal])

    with pytest.raises(Invalid) as refused:
        await world.do(ana, "message.publish", key="k", text="second", about=[deal])
    answer = await world.do(luis, "message.publish", key="k", text="second", about=[deal])

    assert [(error.field, error.code) for error in refused.value.errors] == [("Idempotency-Key", "reused")]
    assert answer["text"] == "second"


async def test_a_repeated_key_shows_nothing_that_was_closed_to_the_user_since(world: World) -> None:
    ana = await world.user("Ana", grants=OWN)
    boss, luis = await world.user("Boss"), await world.user("Luis")
    fields = {"title": "Secret plan"}
    made = await world.do(ana, "record.create", key="k", kind="deal", fields=fields)
    await world.do(boss, "record.update", record=made["record"], fields={"responsible": luis})

    assert await world.do(ana, "record.create", key="k", kind="deal", fields=fields) == {}


async def test_a_deleted_message_is_gone_from_every_row_of_the_log(world: World) -> None:
    ana, deal = await deal_of(world)
    entry = await world.do(ana, "message.publish", key="k", text="first words", about=[deal])
    await world.do(ana, "message.edit", entry=entry["id"], text="second words")
    comment = await world.do(ana, "comment.add", entry=entry["id"], text="third words")
    await world.do(ana, "comment.edit", comment=comment["id"], text="fourth words")
    await world.do(ana, "reaction.add", entry=entry["id"], emoji="👍")
    before = await positions(world)

    await world.do(ana, "message.delete", entry=entry["id"])

    log = await raw_log(world)
    assert "words" not in log
    assert await positions(world) == [*before, before[-1] + 1]


async def test_what_an_edit_replaced_is_gone_from_the_log(world: World) -> None:
    ana, deal = await deal_of(world)
    entry = await world.do(ana, "message.publish", text="slip of the tongue", about=[deal])
    comment = await world.do(ana, "comment.add", entry=entry["id"], text="another slip")

    await world.do(ana, "message.edit", entry=entry["id"], text="better")
    await world.do(ana, "comment.edit", comment=comment["id"], text="better too")

    assert "slip" not in await raw_log(world)


async def test_a_deleted_comment_is_gone_from_the_log_and_the_others_are_replayed(world: World) -> None:
    ana, deal = await deal_of(world)
    entry = await world.do(ana, "message.publish", text="a message", about=[deal])
    start = (await world.store.log.head()).position
    gone = await world.do(ana, "comment.add", entry=entry["id"], text="regretted")
    await world.do(ana, "comment.add", entry=entry["id"], text="kept")

    await world.do(ana, "comment.delete", comment=gone["id"])

    assert "regretted" not in await raw_log(world)
    told = await world.store.log.replay(start, start + 10)
    assert [event.name for event in told] == [Name.COMMENT_ADDED, Name.COMMENT_ADDED, Name.COMMENT_REMOVED]
    assert told[0].data == {}
    assert told[1].data["comment"]["text"] == "kept"  # type: ignore[index]


async def test_a_replay_gives_nothing_to_whoever_lost_the_right_since(world: World) -> None:
    ana = await world.user("Ana", grants=OWN)
    boss, luis = await world.user("Boss"), await world.user("Luis")
    deal = await world.record(ana, Kind.DEAL, title="Secret plan")
    await world.do(boss, "message.publish", text="about it", about=[deal])
    await world.do(boss, "follow.set", record=deal, level="everything")
    await world.do(boss, "record.update", record=deal, fields={"responsible": luis})

    told = await world.store.log.replay(0, 100)

    async with world.store.database.reading() as connection:
        held = (await load_access(connection, ana)).held()
    assert [event.name for event in told if not held.isdisjoint(event.principals)] == [Name.RECORD_LOCKED]


async def test_events_come_out_of_the_log_as_they_were_published(world: World) -> None:
    ana, deal = await deal_of(world)
    await world.do(ana, "message.publish", text="Ünïcode 👍", about=[deal], ref="mine-1")
    await world.do(ana, "follow.set", record=deal, level="important")

    assert await world.store.log.read(0, 100) == world.published
    async with world.store.database.reading() as connection:
        rows = (await connection.execute(select(events).order_by(events.c.position))).all()
    assert [event_of(row) for row in rows] == world.published


async def test_nobody_acts_after_being_disabled(world: World) -> None:
    ana, deal = await deal_of(world)
    async with world.store.database.writing() as connection:
        await connection.execute(update(users).where(users.c.id == ana).values(active=False))

    with pytest.raises(CaudalError) as refused:
        await world.do(ana, "message.publish", text="still here", about=[deal])

    assert refused.value.code == "not_signed_in"


async def test_writes_that_meet_halfway_all_come_through_or_are_refused_by_rule(world: World) -> None:
    """Locks taken in different orders, rows gone meanwhile, the same row made twice."""
    ana, deal = await deal_of(world)
    entry = (await world.do(ana, "message.publish", text="a message", about=[deal]))["id"]
    task = (await world.do(ana, "activity.create", type="task", subject="Do it", records=[deal]))["id"]
    about_task = next(shape["id"] for shape in await world.stream(ana) if shape["type"] == "task")

    async def attempt(action: str, **args: object) -> JsonObject | str:
        try:
            return await world.do(ana, action, key=None, **args)
        except CaudalError as error:
            return error.code

    results = await asyncio.gather(
        *(attempt("comment.add", entry=about_task, text=f"comment {number}") for number in range(4)),
        attempt("activity.complete", activity=task),
        *(attempt("reaction.add", entry=about_task, emoji="👍") for _ in range(3)),
        *(attempt("follow.set", record=deal, level="important") for _ in range(3)),
        attempt("record.create", kind="quote", fields={"deal": deal}),
        attempt("record.update", record=deal, fields={"title": "Renamed"}),
        *(attempt("comment.add", entry=entry, text=f"comment {number}") for number in range(3)),
        attempt("message.delete", entry=entry),
        *(attempt("comment.add", entry=entry, text=f"late {number}") for number in range(3)),
    )

    assert {result for result in results if isinstance(result, str)} <= {"not_found"}
    head = (await world.store.log.head()).position
    assert await positions(world) == list(range(1, head + 1))
