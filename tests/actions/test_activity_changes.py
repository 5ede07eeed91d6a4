"""Changing, completing, reopening and deleting activities, on both databases."""

from __future__ import annotations

import asyncio
from typing import cast

import msgspec
import pytest
from sqlalchemy import select

from server.domain.access import Action, Level, readable
from server.domain.events import Name
from server.domain.filters import Filter, matches
from server.domain.words import JsonObject, Kind
from server.errors import Conflict, NotFound
from server.store.schema import events, records
from tests.actions.doings import (
    ACTIVITY_EVENTS,
    ENTRY_EVENTS,
    HOUR,
    LATER,
    START,
    access_of,
    act,
    names,
    reached,
    refused,
    task,
)
from tests.world import World

# Changing


async def test_a_change_is_the_same_entry_in_its_place(world: World) -> None:
    ana = await world.user("Ana")
    deal = await world.record(ana, Kind.DEAL)
    made = await task(world, ana, deal)
    (before, *_) = await world.stream(ana)
    world.events.clear()

    await act(world, ana, "update", activity=made["id"], subject="Send both")

    (after, *_) = await world.stream(ana)
    assert (after["id"], after["bumped"]) == (before["id"], before["bumped"])
    assert cast(JsonObject, after["activity"])["subject"] == "Send both"
    assert names(world) == ["entry.changed", "activity.changed"]


async def test_a_change_of_nothing_is_no_event(world: World) -> None:
    ana = await world.user("Ana")
    made = await task(world, ana, deadline=START)
    world.events.clear()

    await act(world, ana, "update", activity=made["id"], subject=" Send it", deadline=START, place="")

    assert world.events == []


async def test_a_change_of_what_somebody_else_changed_first_is_a_conflict(world: World) -> None:
    ana = await world.user("Ana")
    made = await task(world, ana)
    await act(world, ana, "update", activity=made["id"], subject="First", version=1)

    with pytest.raises(Conflict) as caught:
        await act(world, ana, "update", activity=made["id"], subject="Second", version=1)

    assert caught.value.params["version"] == 2


async def test_of_two_changes_at_once_of_the_same_version_one_is_a_conflict(world: World) -> None:
    ana = await world.user("Ana")
    deal = await world.record(ana, Kind.DEAL)
    made = await task(world, ana, deal)

    changes = (act(world, ana, "update", activity=made["id"], subject=text, version=1) for text in ("One", "Two"))
    answers = await asyncio.gather(*changes, return_exceptions=True)

    assert sorted(type(answer).__name__ for answer in answers) == ["Conflict", "dict"]


async def test_commenting_completing_and_deleting_at_once_never_wait_for_each_other_in_a_circle(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.actions.perform.ATTEMPTS", 1)
    ana = await world.user("Ana")
    deal = await world.record(ana, Kind.DEAL)
    for _ in range(5):
        made = await task(world, ana, deal)

        answers = await asyncio.gather(
            world.do(ana, "comment.add", entry=made["entry"], text="Why?"),
            act(world, ana, "complete", activity=made["id"]),
            act(world, ana, "delete", activity=made["id"]),
            return_exceptions=True,
        )

        assert {type(answer) for answer in answers} <= {dict, NotFound}


async def test_a_change_keeps_the_rules_of_the_type(world: World) -> None:
    ana = await world.user("Ana")
    deal = await world.record(ana, Kind.DEAL)
    meeting = await act(world, ana, "create", type="meeting", subject="Demo", start=START, records=[deal])

    wrong = {"subject": "", "records": [], "end": START - 1}

    assert await refused(world, ana, "update", activity=meeting["id"], **wrong) == {
        ("subject", "required"),
        ("with", "required"),
        ("end", "before_start"),
    }


async def test_a_meeting_that_is_moved_keeps_its_length(world: World) -> None:
    ana = await world.user("Ana")
    deal = await world.record(ana, Kind.DEAL)
    meeting = {"type": "meeting", "subject": "Demo", "start": START, "duration": 30, "records": [deal]}
    made = await act(world, ana, "create", **meeting)

    moved = await act(world, ana, "update", activity=made["id"], start=START + HOUR)

    assert (moved["start"], moved["end"]) == (START + HOUR, START + HOUR + HOUR // 2)


async def test_a_party_that_leaves_takes_its_record_along(world: World) -> None:
    ana = await world.user("Ana")
    deal, raul, eva = [await world.record(ana, kind) for kind in (Kind.DEAL, Kind.CONTACT, Kind.CONTACT)]
    call = {"type": "call", "subject": "Ask", "start": START, "records": [deal], "with": [{"record": raul}]}
    made = await act(world, ana, "create", **call)

    changed = await act(world, ana, "update", activity=made["id"], **{"with": [{"record": eva}]})

    assert [cast(JsonObject, ref)["record"] for ref in cast(list[object], changed["records"])] == [deal, eva]


async def test_only_the_given_parts_of_an_email_change(world: World) -> None:
    ana = await world.user("Ana")
    deal = await world.record(ana, Kind.DEAL)
    email = {"to": ["b@y.example"], "body": "One"}
    made = await act(world, ana, "create", type="email", subject="Offer", records=[deal], email=email)

    changed = await act(world, ana, "update", activity=made["id"], email={"body": "Two"})

    assert changed["email"] == cast(JsonObject, made["email"]) | {"body": "Two"}


# In and out of the stream


async def test_binding_a_task_brings_it_into_the_stream_as_its_authors(world: World) -> None:
    ana, luis, eva = [await world.user(name) for name in ("Ana", "Luis", "Eva")]
    deal = await world.record(eva, Kind.DEAL)
    made = await task(world, ana, responsible=luis)
    world.events.clear()

    bound = await act(world, luis, "update", activity=made["id"], records=[deal])

    for user in (ana, luis, eva):
        (entry, *_) = await world.stream(user)
        assert (entry["id"], cast(JsonObject, entry["author"])["user"]) == (bound["entry"], ana)
    assert names(world) == ["entry.added", "activity.changed"]


async def test_unbinding_a_task_takes_it_out_for_those_who_saw_it(world: World) -> None:
    ana, eva = await world.user("Ana"), await world.user("Eva")
    deal = await world.record(eva, Kind.DEAL)
    made = await task(world, ana, deal)
    world.events.clear()

    unbound = await act(world, ana, "update", activity=made["id"], records=[])

    assert unbound["entry"] is None
    assert [entry["type"] for entry in await world.stream(eva)] == ["added"]
    assert await reached(world, eva, ENTRY_EVENTS) == ["entry.removed"]
    assert (await reached(world, ana, ACTIVITY_EVENTS))[-1] == "activity.changed"
    with pytest.raises(NotFound):
        await act(world, eva, "update", activity=made["id"], subject="Mine")


async def test_whoever_unbinds_the_task_of_others_sees_it_no_longer(world: World) -> None:
    ana, eva = await world.user("Ana"), await world.user("Eva")
    deal = await world.record(eva, Kind.DEAL)
    made = await task(world, ana, deal)

    assert await act(world, eva, "update", activity=made["id"], records=[]) == {}


async def test_the_stream_of_a_record_loses_what_is_about_it_no_longer(world: World) -> None:
    ana, eva = await world.user("Ana"), await world.user("Eva")
    first, second = await world.record(eva, Kind.DEAL), await world.record(ana, Kind.DEAL)
    made = await task(world, ana, first, second)
    world.events.clear()

    await act(world, ana, "update", activity=made["id"], records=[second])

    assert await reached(world, eva, ENTRY_EVENTS, first) == ["entry.removed"] * 2  # as one of Mine, and of the record
    assert await reached(world, ana, ENTRY_EVENTS, second) == ["entry.changed"]
    assert (await world.stream(ana))[0]["id"] == made["entry"]


async def test_a_task_given_to_somebody_else_leaves_the_screens_of_whoever_had_it(world: World) -> None:
    ana, eva = await world.user("Ana"), await world.user("Eva")
    luis = await world.user("Luis", Level.NONE)
    deal = await world.record(ana, Kind.DEAL)
    made = await task(world, ana, deal, responsible=luis)
    assert [entry["id"] for entry in await world.stream(luis)] == [made["entry"]]
    world.events.clear()

    await act(world, ana, "update", activity=made["id"], responsible=eva)

    assert await world.stream(luis) == []
    assert await reached(world, luis, ENTRY_EVENTS | ACTIVITY_EVENTS) == ["activity.removed", "entry.removed"]
    assert await reached(world, eva, ENTRY_EVENTS | ACTIVITY_EVENTS) == ["entry.changed", "activity.changed"]
    assert await reached(world, ana, ENTRY_EVENTS | ACTIVITY_EVENTS) == ["entry.changed", "activity.changed"]


# Completing, reopening, deleting


async def test_completing_moves_the_entry_to_the_top(world: World) -> None:
    ana = await world.user("Ana")
    deal = await world.record(ana, Kind.DEAL)
    made = await task(world, ana, deal)
    await world.do(ana, "message.publish", text="Later", about=[deal])
    world.events.clear()
    world.store.works.clock = lambda: LATER

    done = await act(world, ana, "complete", activity=made["id"])

    (entry, *_) = await world.stream(ana)
    assert (entry["id"], entry["bumped"]) == (made["entry"], world.events[0].position)
    assert (done["status"], done["completed_at"]) == ("completed", LATER)
    assert names(world) == ["entry.changed", "activity.changed"]


async def test_completing_twice_is_completing_once(world: World) -> None:
    ana = await world.user("Ana")
    made = await task(world, ana)
    done = await act(world, ana, "complete", activity=made["id"], result="Sent")
    world.events.clear()

    assert await act(world, ana, "complete", activity=made["id"], result="Again") == done
    assert world.events == []


async def test_reopening_takes_the_completion_back_where_the_entry_is(world: World) -> None:
    ana = await world.user("Ana")
    deal = await world.record(ana, Kind.DEAL)
    made = await task(world, ana, deal)
    await act(world, ana, "complete", activity=made["id"])
    (before, *_) = await world.stream(ana)

    opened = await act(world, ana, "reopen", activity=made["id"])

    (after, *_) = await world.stream(ana)
    assert (opened["status"], opened["completed_at"]) == ("planned", None)
    assert after["bumped"] == before["bumped"]


async def test_deleting_takes_the_entry_and_its_comments_along(world: World) -> None:
    ana, eva = await world.user("Ana"), await world.user("Eva")
    deal = await world.record(eva, Kind.DEAL)
    made = await task(world, ana, deal)
    await world.do(eva, "comment.add", entry=made["entry"], text="Why?")
    world.events.clear()

    await act(world, ana, "delete", activity=made["id"])

    assert names(world) == ["notification.changed", "entry.removed", "activity.removed"]
    assert [event.data for event in world.events[1:]] == [{"entry": made["entry"]}, {"activity": made["id"]}]
    assert await reached(world, eva, ENTRY_EVENTS) == ["entry.removed"]
    assert [entry["type"] for entry in await world.stream(eva)] == ["added"]
    with pytest.raises(NotFound):
        await act(world, ana, "delete", activity=made["id"])


async def test_deleting_empties_the_log_of_what_was_said(world: World) -> None:
    ana = await world.user("Ana")
    deal = await world.record(ana, Kind.DEAL)
    tasks = [await task(world, ana, *about, subject="Confidential") for about in ([deal], [], [])]
    await act(world, ana, "update", activity=tasks[1]["id"], description="Confidential")

    for made in tasks:
        await act(world, ana, "delete", activity=made["id"])

    async with world.store.database.reading() as connection:
        told = (await connection.execute(select(events.c.data))).scalars().all()
    assert b"Confidential" not in msgspec.json.encode(told)


# What every write leaves behind


async def test_the_last_activity_of_the_records_moves(world: World) -> None:
    ana, luis = await world.user("Ana"), await world.user("Luis")
    deal = await world.record(ana, Kind.DEAL)
    made = await task(world, ana, deal)
    world.store.works.clock = lambda: LATER

    await act(world, luis, "complete", activity=made["id"])

    async with world.store.database.reading() as connection:
        row = (await connection.execute(select(records).where(records.c.id == deal))).one()
    assert (row.last_activity_by, row.last_activity_at) == (luis, LATER)


@pytest.mark.parametrize("text", ["agreement", "BY POST", "óptica", "nowhere", "agreement\nby"])
async def test_a_search_finds_the_same_in_the_list_and_in_what_arrives(world: World, text: str) -> None:
    ana = await world.user("Ana")
    deal = await world.record(ana, Kind.DEAL)
    made = await task(world, ana, deal, subject="Send the agreement", description="By post")
    await act(world, ana, "update", activity=made["id"], description="By post to Optica")

    wanted = Filter(types=frozenset({"task"}), text=text)

    arrives = any(
        matches(wanted, cast(JsonObject, e.data["entry"])) for e in world.events if e.name == Name.ENTRY_CHANGED
    )
    assert arrives == bool(await world.stream(ana, filter=wanted))


async def test_who_may_not_read_a_record_gets_a_lock_in_its_place(world: World) -> None:
    ana, luis = await world.user("Ana"), await world.user("Luis", Level.NONE)
    deal = await world.record(ana, Kind.DEAL, title="Secret")

    await task(world, ana, deal, responsible=luis)

    (entry,) = await world.stream(luis)
    assert cast(JsonObject, entry["activity"])["records"] == [{"kind": "deal", "locked": True}]
    added = world.events[-1]
    assert readable((await access_of(world, luis)).held(), added.readers) == frozenset()


async def test_the_responsible_person_completes_an_activity_on_a_record_that_is_not_theirs(world: World) -> None:
    ana = await world.user("Ana")
    reader = await world.user("Reader", grants={(Kind.DEAL, Action.READ): Level.ALL})
    deal = await world.record(ana, Kind.DEAL)
    made = await task(world, ana, deal, responsible=reader)

    done = await act(world, reader, "complete", activity=made["id"])

    assert done["status"] == "completed"
