"""Creating, changing, completing, reopening and deleting activities, on both databases."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import cast
from zoneinfo import ZoneInfo

import msgspec
import pytest
from sqlalchemy import select, update

from server.domain.access import Access, Action, Level, readable
from server.domain.events import Event, Name, Reach
from server.domain.filters import Filter, matches
from server.domain.words import JsonObject, Kind, RecordId, UserId
from server.errors import Conflict, Forbidden, Invalid, NotFound
from server.store.access import load_access
from server.store.schema import events, records, users
from tests.world import World, open_world

START = 1_800_000_000_000  # ms
HOUR = 3_600_000
LATER = START + HOUR
READS_ALL = {(kind, Action.READ): Level.ALL for kind in Kind}


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    """An empty portal."""
    async with open_world(database_url) as opened:
        yield opened


async def act(world: World, user: UserId, action: str, **args: object) -> JsonObject:
    """Somebody does something with activities."""
    return await world.do(user, f"activity.{action}", key=None, **args)


async def refused(world: World, user: UserId, action: str, **args: object) -> set[tuple[str, str]]:
    """The fields that are wrong, each with its code."""
    with pytest.raises(Invalid) as caught:
        await act(world, user, action, **args)
    return {(error.field, error.code) for error in caught.value.errors}


async def access_of(world: World, user: UserId) -> Access:
    """What somebody may do as of now."""
    async with world.store.database.reading() as connection:
        return await load_access(connection, user)


async def reached(world: World, user: UserId, names: set[Name], record: RecordId | None = None) -> list[str]:
    """The events that a screen of `user` gets: one that shows Mine, or the stream of `record`."""
    held = (await access_of(world, user)).held()

    def concerns(event: Event) -> bool:
        if record is not None:
            return record in event.records
        return event.reach == Reach.STREAM and user in event.audience

    return [
        str(event.name)
        for event in world.events
        if event.name in names and concerns(event) and not held.isdisjoint(event.principals)
    ]


ENTRY_EVENTS = {Name.ENTRY_ADDED, Name.ENTRY_CHANGED, Name.ENTRY_REMOVED}
ACTIVITY_EVENTS = {Name.ACTIVITY_ADDED, Name.ACTIVITY_CHANGED, Name.ACTIVITY_REMOVED}


def names(world: World) -> list[str]:
    """The names of all events since they were last cleared."""
    return [str(event.name) for event in world.events]


async def task(world: World, user: UserId, *about: RecordId, **fields: object) -> JsonObject:
    """A task of somebody, and nothing in `world.events` but it."""
    world.events.clear()
    return await act(world, user, "create", **{"type": "task", "subject": "Send it", "records": list(about)} | fields)


# Making


async def test_a_task_about_a_deal_is_one_entry_and_an_activity(world: World) -> None:
    ana = await world.user("Ana")
    deal = await world.record(ana, Kind.DEAL)

    made = await task(world, ana, deal, description="By post", priority="high")

    (entry, *_) = await world.stream(ana)
    assert (entry["id"], entry["type"], entry["text"]) == (made["entry"], "task", "")
    assert cast(JsonObject, entry["activity"])["subject"] == "Send it"
    assert names(world) == ["entry.added", "activity.added"]


async def test_a_task_about_nothing_is_no_entry(world: World) -> None:
    ana = await world.user("Ana")

    made = await task(world, ana)

    assert made["entry"] is None
    assert await world.stream(ana) == []
    assert names(world) == ["activity.added"]


async def test_a_task_is_due_in_three_working_days_by_the_clock_of_whoever_does_it(world: World) -> None:
    ana = await world.user("Ana")
    kim = await world.user("Kim", time_zone="Asia/Kathmandu")

    made = await task(world, ana, responsible=kim)

    due = datetime.fromtimestamp(cast(int, made["deadline"]) / 1000, ZoneInfo("Asia/Kathmandu"))
    assert (due.minute, due.weekday() < 5) == (0, True)
    assert made["end"] == made["deadline"]


async def test_a_task_may_be_due_never(world: World) -> None:
    ana = await world.user("Ana")

    assert (await task(world, ana, deadline=None))["deadline"] is None


async def test_a_meeting_has_an_end_or_a_duration_and_lasts_an_hour_otherwise(world: World) -> None:
    ana = await world.user("Ana")
    deal = await world.record(ana, Kind.DEAL)
    meeting = {"type": "meeting", "subject": "Demo", "start": START, "records": [deal]}

    assert (await act(world, ana, "create", **meeting))["end"] == START + HOUR
    assert (await act(world, ana, "create", **meeting, duration=30))["end"] == START + HOUR // 2
    assert (await act(world, ana, "create", **meeting, end=START + 5))["deadline"] == START
    assert await refused(world, ana, "create", **meeting, end=START + 5, duration=5) == {("duration", "type")}


async def test_a_party_that_is_a_record_binds_the_activity_to_it(world: World) -> None:
    ana = await world.user("Ana")
    contact = await world.record(ana, Kind.CONTACT)

    made = await act(world, ana, "create", type="call", subject="Ask", start=START, **{"with": [{"record": contact}]})

    assert [cast(JsonObject, ref)["record"] for ref in cast(list[object], made["records"])] == [contact]
    assert (await world.stream(ana, record=contact))[0]["id"] == made["entry"]


async def test_a_meeting_with_colleagues_only_stays_out_of_the_stream(world: World) -> None:
    ana, luis = await world.user("Ana"), await world.user("Luis")

    made = await act(world, ana, "create", type="meeting", subject="Plan", start=START, **{"with": [{"user": luis}]})

    assert made["entry"] is None
    assert await world.stream(luis) == []


async def test_one_does_not_meet_a_deal(world: World) -> None:
    ana = await world.user("Ana")
    deal = await world.record(ana, Kind.DEAL)

    call = {"type": "call", "subject": "Ask", "start": START, "with": [{"record": deal}]}

    assert await refused(world, ana, "create", **call) == {("with", "kind")}


async def test_a_recorded_email_is_done_and_comes_from_its_author(world: World) -> None:
    ana = await world.user("Ana")
    deal = await world.record(ana, Kind.DEAL)

    email = {"to": ["Raúl@aurora.example"], "body": "Dear\r\nRaúl"}
    made = await act(world, ana, "create", type="email", subject="Offer", records=[deal], email=email)

    sent = {"from": "ana@example.com", "to": ["Raúl@aurora.example"], "cc": [], "bcc": [], "body": "Dear\nRaúl"}
    assert made["email"] == sent
    assert (made["status"], made["deadline"], made["direction"]) == ("completed", None, "out")


async def test_an_email_template_is_refused(world: World) -> None:
    ana = await world.user("Ana")
    deal = await world.record(ana, Kind.DEAL)

    email = {"type": "email", "subject": "Offer", "records": [deal], "template": 3}

    assert await refused(world, ana, "create", **email) == {("template", "template_not_allowed")}


async def test_a_missed_call_waits_until_it_is_handled(world: World) -> None:
    ana = await world.user("Ana")
    contact = await world.record(ana, Kind.CONTACT)
    call = {
        "type": "call",
        "subject": "Raúl",
        "direction": "in",
        "start": START,
        "status": "missed",
        "records": [contact],
    }

    missed = await act(world, ana, "create", **call)
    handled = await act(world, ana, "complete", activity=missed["id"], result="Called back")

    assert (missed["status"], missed["unprocessed"]) == ("missed", True)
    assert (handled["status"], handled["unprocessed"], handled["result"]) == ("completed", False, "Called back")


async def test_texts_are_cleaned_and_every_wrong_field_is_named(world: World) -> None:
    ana = await world.user("Ana")

    made = await task(world, ana, subject="  Send \n it ", checklist=[{"text": " Sign "}, {"text": ""}])
    wrong = {
        "subject": "x" * 256,
        "description": "\x00",
        "phone": "1" * 65,
        "repeat": "every monday",
        "checklist": [{"text": "\x07"}],
        "email": {"from": "nobody", "to": ["a@x.example"]},
        "reminder": -1,
        "color": "red",
    }

    assert (made["subject"], made["checklist"]) == ("Send it", [{"text": "Sign", "done": False}])
    assert await refused(world, ana, "create", type="task", **wrong) == {
        ("reminder", "type"),
        ("color", "unknown"),
    }
    del wrong["reminder"], wrong["color"]
    assert await refused(world, ana, "create", type="task", **wrong) == {
        ("subject", "too_long"),
        ("description", "control_character"),
        ("phone", "too_long"),
        ("repeat", "rule"),
        ("checklist[0].text", "control_character"),
        ("email.from", "email"),
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"responsible": 2**80},
        {"records": [2**80]},
        {"records": "42"},
        {"start": -1},
        {"start": 2**60},
        {"participants": [None]},
        {"with": [{"nobody": 1}]},
        {"checklist": "x"},
        {"status": "done"},
        {"type": "party"},
    ],
    ids=str,
)
async def test_what_is_not_of_the_right_type_is_refused(world: World, wrong: JsonObject) -> None:
    ana = await world.user("Ana")

    found = await refused(world, ana, "create", **{"type": "meeting", "subject": "Demo"} | wrong)

    assert {code for _, code in found} <= {"type", "unknown"}


# Rights


async def test_a_record_that_may_be_read_but_not_updated_is_named(world: World) -> None:
    ana, luis = await world.user("Ana"), await world.user("Luis", grants=READS_ALL)
    deal = await world.record(ana, Kind.DEAL, title="120 laptops")

    with pytest.raises(Forbidden) as caught:
        await task(world, luis, deal)

    assert (caught.value.params["record"], caught.value.params["title"]) == (deal, "120 laptops")


async def test_a_record_that_may_not_be_read_does_not_exist(world: World) -> None:
    ana, luis = await world.user("Ana"), await world.user("Luis", Level.OWN)
    deal = await world.record(ana, Kind.DEAL)

    for about in (deal, RecordId(999_999)):
        with pytest.raises(NotFound):
            await task(world, luis, about)


async def test_whoever_may_not_update_the_record_changes_nothing_of_its_activities(world: World) -> None:
    ana, luis = await world.user("Ana"), await world.user("Luis", grants=READS_ALL)
    deal = await world.record(ana, Kind.DEAL)
    made = (await task(world, ana, deal))["id"]

    for action, fields in (("update", {"subject": "Mine"}), ("complete", {}), ("reopen", {}), ("delete", {})):
        with pytest.raises(Forbidden):
            await act(world, luis, action, activity=made, **fields)


async def test_a_locked_record_of_an_activity_is_not_named_in_the_refusal(world: World) -> None:
    ana, luis = await world.user("Ana"), await world.user("Luis", Level.OWN)
    secret = await world.record(ana, Kind.DEAL, title="Secret")
    shared = await world.record(ana, Kind.COMPANY, responsible=luis)
    made = (await task(world, ana, shared, secret))["id"]

    with pytest.raises(Forbidden) as caught:
        await act(world, luis, "complete", activity=made)

    assert caught.value.params == {"action": "update", "activity": made}


async def test_a_task_about_nothing_belongs_to_its_author_and_to_whoever_does_it(world: World) -> None:
    ana, luis, eva = await world.user("Ana"), await world.user("Luis", Level.NONE), await world.user("Eva")
    made = (await task(world, ana, responsible=luis, participants=[eva]))["id"]

    await act(world, luis, "complete", activity=made)
    await act(world, ana, "reopen", activity=made)

    with pytest.raises(NotFound):
        await act(world, eva, "complete", activity=made)


async def test_only_active_people_are_given_something_to_do(world: World) -> None:
    ana = await world.user("Ana")
    gone = await world.user("Gone", active=False)

    assert await refused(world, ana, "create", type="task", subject="X", responsible=gone) == {
        ("responsible", "not_found")
    }
    assert await refused(world, ana, "create", type="task", subject="X", participants=[999]) == {
        ("participants", "not_found")
    }


async def test_a_participant_who_was_disabled_since_does_not_stand_in_the_way(world: World) -> None:
    ana, luis = await world.user("Ana"), await world.user("Luis")
    made = (await task(world, ana, participants=[luis]))["id"]
    async with world.store.database.writing() as connection:
        await connection.execute(update(users).where(users.c.id == luis).values(active=False))

    changed = await act(world, ana, "update", activity=made, subject="Send them", participants=[luis])

    assert changed["subject"] == "Send them"


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

    assert names(world) == ["entry.removed", "activity.removed"]
    assert [event.data for event in world.events] == [{"entry": made["entry"]}, {"activity": made["id"]}]
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
