"""Where a client goes on: its cursor, what it is replayed, when it is reset, and the modes of those who are slow."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.domain.access import Access
from server.domain.events import Head, Name, Reach
from server.domain.words import JsonObject
from server.live.follower import RECENT
from server.live.hub import Hub
from server.live.protocol import Resume
from server.live.sequencer import Hole
from server.live.shell import Task
from tests.live.fakes import Desk
from tests.live.portal import ALL_DEALS, ANA, make_event, personal

LATER = RECENT + 1


@pytest.fixture
def hub() -> Hub:
    return Hub(Head("e1", 4, floor=2))


@pytest.fixture
def desk(hub: Hub) -> Desk:
    """A client that was greeted."""
    desk = Desk(hub)
    desk.wire.taken()
    return desk


def events(frames: list[JsonObject]) -> list[object]:
    return [frame["position"] for frame in frames if frame["type"] == "event"]


def reasons(frames: list[JsonObject]) -> list[object]:
    return [frame["reason"] for frame in frames if frame["type"] == "reset"]


def test_the_first_subscription_without_a_resume_starts_at_welcome(desk: Desk, hub: Hub) -> None:
    hub.deliver(make_event(5))
    desk.does(id=1, op="subscribe", channel="all")
    desk.works()

    assert events(desk.flushed()) == [5]


def test_a_cursor_below_the_floor_is_reset(desk: Desk) -> None:
    desk.does(id=1, op="resume", epoch="e1", position=1, channels=[])

    assert desk.wire.taken() == [
        {"type": "reply", "id": 1, "ok": {"position": 4}},
        {"type": "reset", "reason": "floor", "position": 4},
    ]


def test_a_log_trimmed_before_it_was_read_is_reset_and_not_skipped(desk: Desk, hub: Hub) -> None:
    desk.does(op="resume", epoch="e1", position=2, channels=[])
    hole = desk.works()
    assert hole == Hole(0, 4)

    hub.ring.fill(hole, [make_event(4)], as_of=4, now=0.0)
    desk.works()

    assert reasons(desk.wire.taken()) == ["floor"]


def test_what_was_missed_lately_comes_from_memory(desk: Desk, hub: Hub) -> None:
    for position in range(5, 10):
        hub.deliver(make_event(position))

    desk.does(op="resume", epoch="e1", position=6, channels=[{"channel": "all"}])

    assert desk.works() is None
    assert events(desk.wire.taken()) == [7, 8, 9]


def test_what_was_missed_long_ago_is_read_in_pages_that_others_can_share(desk: Desk, hub: Hub) -> None:
    other = Desk(hub)
    desk.does(op="resume", epoch="e1", position=2, channels=[{"channel": "all"}])
    other.does(op="resume", epoch="e1", position=3, channels=[{"channel": "all"}])

    hole = desk.works()
    assert hole == other.works() == Hole(0, 4)
    hub.ring.fill(hole, [make_event(position) for position in range(1, 5)], as_of=4, now=0.0)

    assert desk.works() is other.works() is None
    assert events(desk.wire.taken()) == [3, 4]
    assert events(other.wire.taken()) == [4]


def test_a_cursor_beyond_this_process_waits_until_the_process_is_there(desk: Desk, hub: Hub) -> None:
    ahead = desk.does(op="resume", epoch="e1", position=6, channels=[{"channel": "all"}])
    assert isinstance(ahead, Resume)
    desk.session.start(ahead, Head("e1", 6, floor=2))

    got: list[JsonObject] = []
    for position in (5, 6, 7):
        desk.works()
        hub.deliver(make_event(position))
        got += desk.flushed()

    assert events(got) == [7]
    assert desk.shell.woken > 0


def test_a_resume_drops_what_waited_before_it(desk: Desk, hub: Hub) -> None:
    desk.live("all")
    hub.deliver(make_event(5))

    desk.does(op="resume", epoch="e1", position=5, channels=[{"channel": "all"}])
    desk.works()

    assert [frame["type"] for frame in desk.flushed()] == ["reply"]


def test_another_subscription_comes_after_what_waited(desk: Desk, hub: Hub) -> None:
    desk.live("all")
    hub.deliver(make_event(5))

    desk.does(id=1, op="subscribe", channel="mine")
    hub.deliver(make_event(6))

    assert [(frame["type"], frame.get("ok")) for frame in desk.flushed()] == [
        ("event", None),
        ("reply", {"position": 5}),
        ("event", None),
    ]


def test_a_choked_client_catches_up_from_what_it_was_told(desk: Desk, hub: Hub) -> None:
    desk.live("all")
    hub.deliver(make_event(5))
    desk.flushed()
    hub.deliver(make_event(6))

    desk.session.choked()
    hub.deliver(make_event(7))
    assert desk.works() is None
    assert desk.flushed() == []
    desk.session.flowing()
    desk.works()

    assert events(desk.flushed()) == [6, 7]


def test_a_client_that_wants_the_latest_is_reset_when_it_was_choked(desk: Desk, hub: Hub) -> None:
    desk.live("all", mode="latest")
    desk.session.choked()
    hub.deliver(make_event(5))

    desk.session.flowing()
    desk.works()
    hub.deliver(make_event(6))

    got = desk.flushed()
    assert (reasons(got), events(got)) == (["lagging"], [6])


def test_a_client_that_wants_the_latest_and_missed_nothing_is_not_reset(desk: Desk) -> None:
    desk.live("all", mode="latest")

    desk.session.choked()
    desk.session.flowing()
    desk.works()

    assert desk.flushed() == []


def test_a_client_that_wants_the_latest_is_replayed_from_memory_only(desk: Desk) -> None:
    desk.does(op="resume", epoch="e1", position=3, channels=[], mode="latest")

    assert desk.works() is None
    assert reasons(desk.wire.taken()) == ["lagging"]


def test_no_more_events_come_than_there_is_credit_for(desk: Desk, hub: Hub) -> None:
    desk.live("all", credit=2)
    for position in range(5, 10):
        hub.deliver(make_event(position))
        desk.works()
    assert events(desk.flushed()) == [5, 6]

    desk.does(id=1, op="credit", n=1)
    desk.works()
    got = desk.flushed()
    assert got[0]["ok"] == {"credit": 1}
    assert events(got) == [7]

    desk.does(op="credit", n=5)
    desk.works()
    assert events(desk.flushed()) == [8, 9]


def test_the_first_credit_of_a_live_client_begins_to_count_after_what_waits(desk: Desk, hub: Hub) -> None:
    desk.live("all")
    hub.deliver(make_event(5))

    desk.does(op="credit", n=1)
    for position in (6, 7):
        hub.deliver(make_event(position))
        desk.works()

    assert events(desk.flushed()) == [5, 6]


def test_events_for_others_cost_no_credit(desk: Desk, hub: Hub) -> None:
    desk.live("record:43", credit=1)
    hub.deliver(make_event(5))
    hub.deliver(replace(personal(ANA), position=6))
    desk.works()

    assert [frame["name"] for frame in desk.flushed()] == ["follow.changed"]


def test_rights_that_did_not_change_reset_nothing(desk: Desk, hub: Hub) -> None:
    desk.live("all")
    for event in (
        make_event(5),
        make_event(6, name=Name.ACCESS_CHANGED, reach=Reach.PORTAL, data={"user": {}}),
        make_event(7),
    ):
        hub.deliver(event)
    assert desk.works() is Task.RENEW
    assert events(desk.flushed()) == [5]

    desk.session.renewed(Access(ANA, grants=ALL_DEALS), LATER)
    desk.works()

    assert events(desk.flushed()) == [6, 7]


def test_rights_that_changed_reset_what_is_shown(desk: Desk, hub: Hub) -> None:
    desk.live("all")
    hub.deliver(make_event(5, name=Name.ACCESS_CHANGED, reach=Reach.PORTAL, data={}))
    assert desk.works() is Task.RENEW

    desk.session.renewed(Access(ANA), LATER)
    desk.works()
    hub.deliver(make_event(6))

    got = desk.flushed()
    assert (reasons(got), events(got)) == (["access"], [])


def test_rights_doubted_right_after_the_handshake_may_have_been_read_too_late_to_compare(desk: Desk, hub: Hub) -> None:
    desk.live("all")
    hub.deliver(make_event(5, name=Name.ACCESS_CHANGED, reach=Reach.PORTAL, data={}))
    desk.works()

    desk.session.renewed(Access(ANA, grants=ALL_DEALS), RECENT)

    assert reasons(desk.wire.taken()) == ["access"]


def test_a_client_that_was_away_when_its_rights_changed_is_reset(hub: Hub) -> None:
    hub.deliver(make_event(5))
    hub.deliver(make_event(6, name=Name.ACCESS_CHANGED, reach=Reach.PORTAL, data={"user": {}}))
    hub.deliver(make_event(7))
    desk = Desk(hub)

    desk.does(op="resume", epoch="e1", position=4, channels=[{"channel": "all"}])
    desk.works()

    got = desk.wire.taken()
    assert reasons(got) == ["access"]
    assert events(got) == []


def test_what_a_reset_leaves_out_costs_no_credit(hub: Hub) -> None:
    hub.deliver(make_event(5))
    hub.deliver(make_event(6, name=Name.ACCESS_CHANGED, reach=Reach.PORTAL, data={"user": {}}))
    desk = Desk(hub)
    desk.does(op="resume", epoch="e1", position=4, channels=[{"channel": "all"}], credit=2)
    desk.works()
    assert events(desk.wire.taken()) == []

    for position in (7, 8):
        hub.deliver(make_event(position))
        desk.works()

    assert events(desk.flushed()) == [7, 8]


def test_a_client_that_was_away_when_the_rights_of_others_changed_is_not(hub: Hub) -> None:
    other = make_event(5, name=Name.ACCESS_CHANGED, reach=Reach.PORTAL, audience=[99], data={})  # type: ignore[list-item]
    hub.deliver(other)
    hub.deliver(make_event(6))
    desk = Desk(hub)

    desk.does(op="resume", epoch="e1", position=4, channels=[{"channel": "all"}])
    desk.works()

    got = desk.wire.taken()
    assert (reasons(got), events(got)) == ([], [6])
