"""Making activities, and who may do what with them, on both databases."""

from __future__ import annotations

from datetime import datetime
from typing import cast
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from server.domain.access import Level
from server.domain.words import JsonObject, Kind, RecordId
from server.errors import Forbidden, NotFound
from server.store.schema import users
from tests.actions.doings import (
    HOUR,
    READS_ALL,
    START,
    act,
    names,
    refused,
    task,
)
from tests.world import World

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
