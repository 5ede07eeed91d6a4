"""What one client may say, what it is answered, and how a session ends."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import pytest

from server.domain.events import Head
from server.domain.words import JsonObject
from server.live import follower, limits, session as times, vitals
from server.live.hub import Hub
from server.live.protocol import CHANNELS_MAX, Call, Reset, Resume
from server.live.shell import Task
from tests.live.fakes import AT, IDENTITY, Desk
from tests.live.portal import ANA, make_event, personal


def nested(depth: int) -> list[object]:
    return [nested(depth - 1)] if depth else []


@pytest.fixture
def hub() -> Hub:
    return Hub(Head("e1", 4, floor=2))


@pytest.fixture
def desk(hub: Hub) -> Desk:
    """A client that was greeted."""
    desk = Desk(hub)
    desk.wire.taken()
    return desk


def test_welcome_comes_first_and_says_where_the_log_stands(hub: Hub) -> None:
    (welcome,) = Desk(hub).wire.taken()

    assert welcome.pop("session")
    assert welcome == {
        "type": "welcome",
        "version": 1,
        "user": {"user": 1, "name": "Ana"},
        "at": AT,
        "epoch": "e1",
        "position": 4,
        "heartbeat": 20,
    }


def test_no_event_comes_before_the_client_says_what_it_wants(desk: Desk, hub: Hub) -> None:
    hub.deliver(replace(personal(ANA), position=5))
    hub.deliver(make_event(6))
    desk.works()
    assert desk.flushed() == []
    desk.session.tick(vitals.HEARTBEAT + 1.0, AT)
    assert desk.flushed() == [], "a checkpoint would move a cursor that was not told yet"

    desk.does(op="subscribe", channel="mine")
    desk.works()

    assert [frame["type"] for frame in desk.flushed()] == ["reply", "event", "event"]


@pytest.mark.parametrize(
    ("op", "field", "code"),
    [
        ({"op": "dance"}, "op", "unknown"),
        ({}, "op", "required"),
        ({"op": "subscribe"}, "channel", "required"),
        ({"op": "subscribe", "channel": 7}, "channel", "type"),
        ({"op": "subscribe", "channel": "record:0"}, "channel", "unknown"),
        ({"op": "subscribe", "channel": "mine", "since": 1}, "since", "unknown"),
        ({"op": "subscribe", "channel": "mine", "filter": {"kind": "song"}}, "kind", "unknown"),
        ({"op": "subscribe", "channel": "mine", "filter": []}, "filter", "type"),
        ({"op": "unsubscribe", "channel": "yours"}, "channel", "unknown"),
        ({"op": "resume", "epoch": "e1", "position": -1, "channels": []}, "position", "type"),
        ({"op": "resume", "epoch": "e1", "position": 4, "channels": [{"channel": 1}]}, "channels[0].channel", "type"),
        (
            {"op": "resume", "epoch": "e1", "position": 4, "channels": [{"channel": "all", "filter": {"from": "x"}}]},
            "channels[0].from",
            "type",
        ),
        ({"op": "call", "action": "x", "args": []}, "args", "type"),
        ({"op": "call", "action": "x", "args": {"a": [[[[[]]]]] * 2, "b": nested(40)}}, "frame", "too_deep"),
    ],
)
def test_a_wrong_op_is_answered_by_an_error_that_names_the_field(
    desk: Desk, op: dict[str, object], field: str, code: str
) -> None:
    desk.does(0.0, id=9, **op)

    (reply,) = desk.wire.taken()
    error = cast(JsonObject, reply["error"])
    assert (reply["id"], error["code"], error["field"]) == (9, "invalid", field)
    assert cast(list[JsonObject], error["errors"])[0]["code"] == code
    assert desk.wire.closed is None


def test_channels_are_limited(desk: Desk) -> None:
    for number in range(1, CHANNELS_MAX + 2):
        desk.does(id=number, op="subscribe", channel=f"record:{number}")
    desk.does(id=1, op="subscribe", channel="record:1")
    many = [{"channel": f"record:{number}"} for number in range(1, 10_000 // 5)]
    desk.does(id=2, op="resume", epoch="e1", position=4, channels=many)

    replies = [frame for frame in desk.wire.taken() if frame["type"] == "reply"]

    assert ["error" in frame for frame in replies] == [False] * CHANNELS_MAX + [True, False, True]
    assert len(desk.hub.subscriptions(desk.session)) == CHANNELS_MAX


def test_a_client_that_makes_nothing_but_mistakes_is_closed(desk: Desk) -> None:
    for second in range(times.MISTAKES_MAX + 1):
        desk.does(float(second), op="dance")

    assert desk.wire.closed == (4504, "too_many_errors")


def test_a_client_that_sends_too_fast_is_told_so_and_heard_again_later(desk: Desk) -> None:
    for number in range(int(limits.BURST) + 1):
        desk.does(id=number, op="ping")

    *answers, refusal = desk.wire.taken()
    assert all(answer["ok"] == {} for answer in answers)
    error = cast(JsonObject, refusal["error"])
    assert (error["code"], error["params"]) == ("too_many", {"retry_after": 1})

    desk.does(1.0, id=1, op="ping")
    assert desk.wire.taken() == [{"type": "reply", "id": 1, "ok": {}}]


def test_a_client_that_does_not_stop_sending_too_fast_is_closed(desk: Desk) -> None:
    for _ in range(int(limits.BURST + limits.TOLERANCE) + 1):
        desk.does(op="ping")

    assert desk.wire.closed == (4504, "too_fast")


def test_long_frames_count_as_several(desk: Desk) -> None:
    long = "x" * (limits.FRAME_BYTES * 20)
    for _ in range(10):
        desk.does(op="call", action="a", args={"text": long})

    assert [cast(JsonObject, frame["error"])["code"] for frame in desk.wire.taken()] == ["too_many"]


def test_calls_and_a_resume_ahead_of_this_process_are_for_the_shell(desk: Desk) -> None:
    call = desk.does(id=1, op="call", action="a", args={"b": [1]}, key="k")
    resume = desk.does(id=2, op="resume", epoch="e1", position=5, channels=[])

    assert call == Call(action="a", args={"b": [1]}, key="k", id=1)
    assert isinstance(resume, Resume)


def test_the_cursor_is_moved_over_events_for_others(desk: Desk, hub: Hub) -> None:
    desk.live()
    hub.deliver(make_event(5))

    desk.session.tick(vitals.CHECKPOINT - 1, AT)
    assert desk.flushed() == []
    desk.session.tick(vitals.CHECKPOINT, AT)

    assert desk.flushed() == [{"type": "checkpoint", "position": 5}]


def test_a_checkpoint_does_not_run_ahead_of_what_waits(desk: Desk, hub: Hub) -> None:
    desk.live("all")
    desk.session.tick(0.0, AT)
    hub.deliver(make_event(5))

    desk.session.tick(vitals.HEARTBEAT, AT)

    assert desk.wire.taken() == [{"type": "checkpoint", "position": 4}]


def test_a_quiet_session_has_a_heartbeat(desk: Desk) -> None:
    desk.live()
    desk.session.tick(0.0, AT)

    desk.session.tick(vitals.HEARTBEAT - 1, AT)
    assert desk.wire.taken() == []
    desk.session.tick(vitals.HEARTBEAT, AT)

    assert desk.wire.taken() == [{"type": "checkpoint", "position": 4}]


def test_a_silent_client_is_closed(desk: Desk) -> None:
    desk.session.tick(vitals.SILENT, AT)
    assert desk.wire.closed is None

    desk.session.tick(vitals.SILENT + 1, AT)

    assert desk.wire.closed == (4010, "silent")


def test_a_client_that_waits_for_its_answer_is_not_silent(desk: Desk) -> None:
    desk.does(0.0, id=1, op="call", action="a", args={})
    desk.session.tick(2 * vitals.SILENT, AT)
    assert desk.wire.closed is None

    desk.session.done(2 * vitals.SILENT)
    desk.session.tick(3 * vitals.SILENT, AT)
    assert desk.wire.closed is None

    desk.session.tick(3 * vitals.SILENT + 1, AT)
    assert desk.wire.closed == (4010, "silent")


def test_answers_that_nobody_takes_end_the_session(desk: Desk) -> None:
    desk.wire.waiting = follower.ANSWERS_MAX
    desk.session.answer(1, {})
    assert desk.wire.closed is None

    desk.wire.waiting += 1
    desk.session.answer(2, {})

    assert desk.wire.closed == (4008, "slow")


def test_a_choked_client_that_takes_nothing_at_all_is_given_up(desk: Desk) -> None:
    desk.live("all")
    desk.wire.waiting = 300_000
    desk.session.choked()
    for second in range(1, int(vitals.STUCK) + 1):
        desk.does(float(second), op="ping")
        desk.session.tick(float(second), AT)
    assert desk.wire.closed is None

    desk.session.tick(vitals.STUCK + 2, AT)

    assert desk.wire.closed == (4008, "slow")


def test_a_choked_client_that_takes_a_little_is_waited_for(desk: Desk) -> None:
    desk.live("all")
    desk.wire.waiting = 300_000
    desk.session.choked()

    for second in range(1, 3 * int(vitals.STUCK)):
        desk.wire.waiting -= 1
        desk.does(float(second), op="ping")
        desk.session.tick(float(second), AT)

    assert desk.wire.closed is None


def test_when_a_login_should_have_ended_its_end_is_read_again_once(hub: Hub) -> None:
    desk = Desk(hub, replace(IDENTITY, expires=AT))

    desk.session.tick(1.0, AT - 1)
    assert (desk.shell.woken, desk.works()) == (0, None)
    desk.session.tick(2.0, AT)
    desk.session.tick(3.0, AT + 1)

    assert desk.shell.woken == 1
    assert [desk.works(), desk.works()] == [Task.PROLONG, None]
    assert desk.wire.closed is None


def test_a_login_that_was_used_elsewhere_is_looked_at_when_it_ends_by_now(hub: Hub) -> None:
    desk = Desk(hub, replace(IDENTITY, expires=AT))
    desk.session.tick(1.0, AT)
    desk.works()

    desk.session.prolonged(AT + 100)

    desk.session.tick(2.0, AT + 99)
    assert desk.works() is None
    desk.session.tick(3.0, AT + 100)
    assert desk.works() is Task.PROLONG


def test_a_planned_end_says_bye_once(desk: Desk) -> None:
    desk.session.leave(1800)
    desk.session.leave(99)

    assert desk.wire.taken() == [{"type": "bye", "retry_ms": 1800}]
    assert desk.wire.closed == (4001, "restart")


def test_nothing_is_heard_or_said_after_the_end(desk: Desk, hub: Hub) -> None:
    desk.live("all")
    hub.deliver(make_event(5))
    desk.session.leave(1800)
    desk.wire.taken()

    desk.does(id=1, op="ping")
    desk.session.tick(1_000.0, AT)
    desk.session.reset(Reset.FAILED)

    assert desk.flushed() == []
    assert desk.works() is None


def test_a_wire_that_fails_is_a_matter_of_this_client_alone(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    broken, whole = Desk(hub), Desk(hub)
    for desk in (broken, whole):
        desk.live("all")
    error = OSError("no")

    def fail(_: object) -> None:
        raise error

    monkeypatch.setattr(broken.wire, "write", fail)
    hub.deliver(make_event(5))

    assert [frame["position"] for frame in whole.flushed()] == [5]
    assert broken.shell.failures == [error]
