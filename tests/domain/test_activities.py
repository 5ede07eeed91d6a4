"""The rules of the four types of activity, and when a quick one is due."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from server.domain.activities import (
    TYPES,
    Direction,
    Email,
    Party,
    Plan,
    Priority,
    Status,
    Type,
    about,
    check_plan,
    check_status,
    deadline_of,
    first_status,
    waits,
)
from server.domain.deadlines import default_deadline, time_zone
from server.domain.entries import Family, types_of
from server.domain.words import RecordId, UserId
from server.errors import Invalid

ANA, LUIS = UserId(1), UserId(2)
DEAL, CONTACT = RecordId(42), RecordId(43)
MADRID = ZoneInfo("Europe/Madrid")
ZONES = (
    "UTC",
    "Europe/Madrid",
    "America/New_York",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Africa/Cairo",  # the clocks change on Friday at midnight
    "Pacific/Apia",  # had no 30 December 2011, which was a Friday
    "Australia/Lord_Howe",  # the clocks change by half an hour
    "America/Santiago",
)

TASK = Plan(Type.TASK, ANA, subject="Send the agreement", end=2_000)
MEETING = Plan(Type.MEETING, ANA, subject="Demo", start=1_000, end=2_000, records=(DEAL,))
CALL = Plan(Type.CALL, ANA, subject="Ask", start=1_000, parties=(Party(record=CONTACT),), direction=Direction.OUT)
EMAIL = Plan(Type.EMAIL, ANA, subject="Hello", direction=Direction.OUT, email=Email("a@x.example", ("b@y.example",)))


def refused(plan: Plan) -> set[tuple[str, str]]:
    """The fields that are wrong, each with its code."""
    with pytest.raises(Invalid) as caught:
        check_plan(plan)
    return {(error.field, error.code) for error in caught.value.errors}


@pytest.mark.parametrize("plan", [TASK, MEETING, CALL, EMAIL], ids=lambda plan: str(plan.type))
def test_each_type_has_a_smallest_form_that_is_accepted(plan: Plan) -> None:
    check_plan(plan)


def test_every_type_of_activity_is_a_type_of_entry() -> None:
    assert {str(type) for type in TYPES} == types_of(Family.ACTIVITY)


@pytest.mark.parametrize(
    ("plan", "due"),
    [(TASK, 2_000), (MEETING, 1_000), (CALL, 1_000), (EMAIL, None)],
    ids=["task", "meeting", "call", "email"],
)
def test_a_task_is_due_at_its_end_and_a_meeting_or_call_at_its_start_and_an_email_never(
    plan: Plan, due: int | None
) -> None:
    assert deadline_of(plan) == due


@pytest.mark.parametrize("plan", [TASK, MEETING, CALL], ids=lambda plan: str(plan.type))
def test_a_subject_is_required(plan: Plan) -> None:
    assert refused(replace(plan, subject="")) == {("subject", "required")}


def test_a_meeting_needs_someone_or_a_record() -> None:
    check_plan(replace(MEETING, records=(), parties=(Party(user=LUIS),)))

    assert refused(replace(MEETING, records=())) == {("with", "required")}


def test_a_call_needs_someone_or_a_record() -> None:
    check_plan(replace(CALL, parties=(), records=(DEAL,)))

    assert refused(replace(CALL, parties=())) == {("with", "required")}


def test_a_call_has_one_party_only() -> None:
    assert refused(replace(CALL, parties=(Party(user=LUIS), Party(record=CONTACT)))) == {("with", "too_many")}


def test_an_email_needs_an_addressee_or_a_record() -> None:
    check_plan(replace(EMAIL, email=Email("a@x.example"), records=(DEAL,)))

    assert refused(replace(EMAIL, email=Email("a@x.example"))) == {("email.to", "required")}


def test_an_email_needs_a_sender() -> None:
    assert refused(replace(EMAIL, email=Email("", ("b@y.example",)))) == {("email.from", "required")}


def test_a_field_of_another_type_is_refused() -> None:
    assert refused(replace(TASK, place="Here", priority=Priority.HIGH)) == {("place", "unknown")}
    assert refused(replace(MEETING, priority=Priority.HIGH)) == {("priority", "unknown")}


def test_every_wrong_field_is_named_at_once() -> None:
    wrong = replace(MEETING, subject="", end=500, direction=Direction.IN)

    assert refused(wrong) == {("subject", "required"), ("end", "before_start"), ("direction", "unknown")}


def test_only_what_came_in_can_wait_to_be_handled() -> None:
    check_plan(replace(CALL, direction=Direction.IN, unprocessed=True))

    assert refused(replace(CALL, unprocessed=True)) == {("unprocessed", "direction")}


def test_only_an_incoming_call_can_be_missed() -> None:
    check_status(replace(CALL, direction=Direction.IN), Status.MISSED)

    for plan in (CALL, TASK, MEETING, replace(EMAIL, direction=Direction.IN)):
        with pytest.raises(Invalid):
            check_status(plan, Status.MISSED)


def test_a_sent_email_is_done_and_one_that_came_in_waits() -> None:
    came_in = replace(EMAIL, direction=Direction.IN)

    assert first_status(EMAIL) == Status.COMPLETED
    assert first_status(came_in) == Status.PLANNED
    assert waits(came_in, Status.PLANNED)
    assert not waits(EMAIL, Status.COMPLETED)


def test_a_party_that_is_a_record_counts_as_a_record_of_the_activity_once() -> None:
    parties = (Party(record=CONTACT), Party(user=LUIS), Party(record=DEAL))

    assert about(replace(MEETING, parties=parties)) == (DEAL, CONTACT)


def millis(text: str, zone: ZoneInfo = MADRID) -> int:
    """A wall-clock time as milliseconds."""
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1000)


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-11-23T10:20", "2026-11-26T11:00"),  # Monday → Thursday
        ("2026-11-25T16:00", "2026-11-30T17:00"),  # Wednesday, on the hour → Monday
        ("2026-11-26T14:59", "2026-12-01T15:00"),  # Thursday → Tuesday
        ("2026-11-28T09:30", "2026-12-02T10:00"),  # Saturday → Wednesday
        ("2026-11-24T23:20", "2026-11-30T00:00"),  # the next full hour is Wednesday's → Monday
        ("2026-10-22T10:20", "2026-10-27T11:00"),  # the clocks go back on the way
    ],
)
def test_a_quick_activity_is_due_three_working_days_ahead_at_the_next_full_hour(now: str, due: str) -> None:
    assert default_deadline(millis(now), MADRID, 3) == millis(due)


@given(
    now=st.integers(millis("2000-01-01T00:00"), millis("2100-01-01T00:00")),
    zone=st.sampled_from(ZONES).map(ZoneInfo),
)
def test_a_quick_activity_is_never_due_on_a_weekend_and_always_at_a_full_hour_to_come(now: int, zone: ZoneInfo) -> None:
    due = default_deadline(now, zone, 3)

    wall = datetime.fromtimestamp(due / 1000, zone)
    assert wall.weekday() < 5
    assert (wall.minute, wall.second, wall.microsecond) == (0, 0, 0)
    assert due > now


@given(before=st.integers(-(10**9), 10**9))
def test_an_hour_or_day_that_the_clocks_leave_out_is_passed_over(before: int) -> None:
    apia = ZoneInfo("Pacific/Apia")
    due = default_deadline(millis("2011-12-27T11:00", apia) + before, apia, 3)

    wall = datetime.fromtimestamp(due / 1000, apia)
    assert (wall.weekday() < 5, wall.minute) == (True, 0)


def test_an_unknown_time_zone_is_utc() -> None:
    assert str(time_zone("Europe/Madrid")) == "Europe/Madrid"
    assert str(time_zone("Nowhere/Else")) == str(time_zone("../etc")) == "UTC"
