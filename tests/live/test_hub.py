"""The hub, case by case: what is masked, framed once, written together, doubted, closed, and left behind."""

from __future__ import annotations

from typing import cast

import pytest

from server.domain.access import (
    Access,
    Action,
    Level,
    all_principal,
    owner_principal,
    user_principal,
)
from server.domain.channels import Channel, Scope
from server.domain.events import Event, Head, Name, Reach
from server.domain.filters import NO_FILTER, Filter
from server.domain.words import JsonObject, Kind, UserId
from server.live import cohort as limits
from server.live.hub import Hub
from server.live.protocol import Close, Encoding, Reset
from server.live.sequencer import Hole
from server.live.wire import Packing, form
from tests.live.portal import ALL_DEALS, ANA, DEAL, LUIS, REF, entry, make_event, personal
from tests.live.screens import EVA, Screen


@pytest.fixture
def hub() -> Hub:
    return Hub(Head("e1", 0))


def screen_in(hub: Hub, user: UserId, *channels: Channel, reads: bool = True, wanted: Filter = NO_FILTER) -> Screen:
    screen = Screen(hub, user, Access(user, grants=ALL_DEALS if reads else {}).held())
    hub.add(screen)
    hub.subscribe(screen, dict.fromkeys(channels, wanted))
    hub.flow(screen)
    return screen


def deliver(hub: Hub, *events: Event) -> None:
    for event in events:
        hub.deliver(event)
    while hub.flush():
        pass


def test_a_record_that_the_receiver_may_not_read_is_a_kind_and_a_lock(hub: Hub) -> None:
    ana = screen_in(hub, ANA, Channel(Scope.ALL))
    luis = screen_in(hub, LUIS, Channel(Scope.ALL), reads=False)

    deliver(hub, make_event(1, principals=[all_principal(Kind.DEAL), user_principal(LUIS)]))

    records = [
        cast(JsonObject, cast(JsonObject, each.decoded()[0]["data"])["entry"])["records"] for each in (ana, luis)
    ]
    assert records == [[REF], [{"kind": "deal", "locked": True}]]


def test_an_event_is_framed_once_for_all_who_get_the_same(hub: Hub) -> None:
    users = [UserId(number) for number in range(10, 20)]
    screens = [screen_in(hub, user, Channel(Scope.ALL), Channel(Scope.MINE)) for user in users]

    deliver(hub, make_event(1, audience=users[:5]))

    assert len({id(screen.frames[0]) for screen in screens[:5]}) == 1
    assert len({id(screen.frames[0]) for screen in screens[5:]}) == 1


def test_all_that_waits_is_one_write(hub: Hub) -> None:
    raw = form(Encoding.JSON, Packing.FRAME)
    ana, luis = (Screen(hub, user, Access(user, grants=ALL_DEALS).held(), raw) for user in (ANA, LUIS))
    for each in (ana, luis):
        hub.add(each)
        hub.subscribe(each, {Channel(Scope.ALL): NO_FILTER})
        hub.flow(each)

    deliver(hub, *(make_event(number, audience=()) for number in range(1, 6)))

    assert ana.writes == luis.writes == [5]
    assert len(ana.frames) == 1
    assert ana.frames[0] is luis.frames[0], "the bytes of a batch are shared"


def test_a_cohort_that_is_full_is_flushed_without_being_asked(hub: Hub) -> None:
    ana = screen_in(hub, ANA, Channel(Scope.ALL))

    for number in range(1, 2 * limits.EVENTS_MAX):
        hub.deliver(make_event(number))

    assert ana.writes == [limits.EVENTS_MAX]


def test_so_is_one_in_which_many_bytes_wait(hub: Hub) -> None:
    ana = screen_in(hub, ANA, Channel(Scope.ALL))

    for number in range(1, 4):
        hub.deliver(make_event(number, data={"entry": entry(text="x" * (limits.BYTES_MAX // 2))}))

    assert ana.writes == [2]


def test_an_entry_that_no_longer_passes_the_filter_is_taken_out(hub: Hub) -> None:
    ana = screen_in(hub, ANA, Channel(Scope.ALL), wanted=Filter(text="hello"))

    deliver(hub, make_event(1, name=Name.ENTRY_CHANGED, data={"entry": entry(text="Hello")}))
    deliver(hub, make_event(2, name=Name.ENTRY_CHANGED, data={"entry": entry(text="Goodbye")}))
    deliver(hub, make_event(3, name=Name.ENTRY_ADDED, data={"entry": entry(text="Goodbye")}))

    assert [frame.get("matches") for frame in ana.decoded()] == [None, False]


def test_rights_in_doubt_are_told_to_those_concerned(hub: Hub) -> None:
    ana, luis = screen_in(hub, ANA), screen_in(hub, LUIS)

    deliver(hub, make_event(1, name=Name.ACCESS_CHANGED, reach=Reach.PORTAL, audience=[LUIS]))
    deliver(hub, make_event(2, name=Name.ACCESS_CHANGED, reach=Reach.PORTAL, audience=[]))

    assert (ana.doubts, luis.doubts) == ([2], [1, 2])
    assert ana.resets == luis.resets == []


def test_what_was_right_before_rights_changed_is_written_before_they_are_doubted(hub: Hub) -> None:
    ana = screen_in(hub, ANA, Channel(Scope.ALL))
    hub.deliver(make_event(1))

    hub.deliver(make_event(2, name=Name.ACCESS_CHANGED, reach=Reach.PORTAL))

    assert ana.writes == [1]


def test_when_many_records_change_hands_their_readers_reset_and_nothing_older_is_served(hub: Hub) -> None:
    ana, luis = screen_in(hub, ANA), screen_in(hub, LUIS, reads=False)
    eva = screen_in(hub, EVA)
    deliver(hub, make_event(1))
    barred = [owner_principal(Kind.DEAL, EVA)]

    deliver(hub, make_event(2, name=Name.ACCESS_CHANGED, reach=Reach.HOLDERS, audience=[], barred=barred, data={}))

    assert (ana.resets, luis.resets, eva.resets) == ([Reset.ACCESS], [], [])
    assert ana.doubts == [2]
    assert isinstance(hub.ring.take(0, now=0.0), Hole)


def test_a_record_leaves_the_screens_of_those_who_lost_it_whatever_they_subscribed(hub: Hub) -> None:
    ana, luis, eva = (screen_in(hub, user) for user in (ANA, LUIS, EVA))
    event = make_event(
        1,
        name=Name.RECORD_LOCKED,
        reach=Reach.HOLDERS,
        audience=[],
        barred=[owner_principal(Kind.DEAL, EVA)],
        data={"locked": DEAL, "kind": "deal"},
    )

    deliver(hub, event)

    assert [len(each.frames) for each in (ana, luis, eva)] == [1, 1, 0]


@pytest.mark.parametrize(("reason", "code"), [("signed_out", Close.SIGNED_OUT), ("revoked", Close.REVOKED)])
def test_a_login_that_ends_closes_what_it_opened_and_is_told_to_nobody(hub: Hub, reason: str, code: Close) -> None:
    held = Access(ANA, grants=ALL_DEALS).held()
    here, there = Screen(hub, ANA, held, credential="a"), Screen(hub, ANA, held, credential="b")
    for each in (here, there):
        hub.add(each)
        hub.flow(each)
    data: JsonObject = {"credential": "a", "reason": reason}

    deliver(hub, make_event(1, name=Name.LOGIN_ENDED, reach=Reach.PERSONAL, data=data))

    assert (here.ends, there.ends) == ([(code, reason)], [])
    assert here.frames == there.frames == []


def test_who_waits_for_the_next_event_is_woken_once(hub: Hub) -> None:
    ana = screen_in(hub, ANA)
    hub.pause(ana)
    hub.await_next(ana)

    deliver(hub, personal(LUIS), make_event(2))

    assert ana.woken == 1


def test_a_session_that_left_leaves_nothing_behind(hub: Hub) -> None:
    screen = screen_in(hub, ANA, Channel(Scope.ALL), Channel(Scope.MINE), Channel(Scope.RECORD, DEAL))
    hub.deliver(make_event(1))

    hub.remove(screen)
    hub.remove(screen)

    assert not hub.sessions
    assert not hub._own
    assert not hub._watching
    assert not hub._cohorts
    assert not hub.waits
    deliver(hub, personal(ANA))
    assert screen.frames == []


def test_unread_levels_are_no_rights(hub: Hub) -> None:
    may_create = {(Kind.DEAL, Action.CREATE): Level.ALL}
    screen = Screen(hub, ANA, Access(ANA, grants=may_create).held())
    hub.add(screen)
    hub.subscribe(screen, {Channel(Scope.ALL): NO_FILTER})
    hub.flow(screen)

    deliver(hub, make_event(1))

    assert screen.frames == []
