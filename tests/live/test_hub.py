"""The hub against a model: for every event, each session that may and wants to see it gets it once, and no other does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import msgspec
import pytest
from hypothesis import settings, strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from server.domain.access import (
    Access,
    Action,
    Level,
    Principals,
    all_principal,
    opened_principal,
    owner_principal,
    readable,
    user_principal,
)
from server.domain.channels import Channel, Scope
from server.domain.events import Event, Head, Name, Reach, mask
from server.domain.filters import NO_FILTER, Filter
from server.domain.words import JsonObject, Kind, Position, RecordId, UserId
from server.live import cohort as limits
from server.live.cohort import Cohort
from server.live.hub import NOTHING, Hub
from server.live.letter import match
from server.live.protocol import Close, Encoding, Frame, Reset, event_frame
from server.live.sequencer import Hole
from server.live.wire import Form, Packing, finish
from tests.live.portal import ALL_DEALS, ANA, DEAL, LUIS, REF, entry, make_event, personal

JSON = Form(Encoding.JSON, Packing.MESSAGE)
OWN_DEALS = {(Kind.DEAL, Action.READ): Level.OWN}
EVA = UserId(3)


class Screen:
    """A session that only remembers."""

    def __init__(self, hub: Hub, user: UserId, held: Principals, form: Form = JSON, credential: str = "") -> None:
        self.user = user
        self.held = held
        self.credential = credential
        self.lens = hub.lens(form, held, user)
        self.watched = NOTHING
        self.cohort: Cohort | None = None
        self.frames: list[Frame] = []
        self.writes: list[Position] = []
        self.woken = 0
        self.doubts: list[Position] = []
        self.resets: list[Reset] = []
        self.ends: list[tuple[Close, str]] = []

    def put(self, frames: Sequence[Frame], position: Position) -> None:
        if frames:
            self.writes.append(position)
        self.frames += frames

    def tell(self, frame: Frame) -> None:
        raise NotImplementedError("the hub tells nothing by itself")

    def wake(self) -> None:
        self.woken += 1

    def doubt(self, position: Position) -> None:
        self.doubts.append(position)

    def reset(self, reason: Reset) -> None:
        self.resets.append(reason)

    def end(self, code: Close, reason: str) -> None:
        self.ends.append((code, reason))

    def decoded(self) -> list[JsonObject]:
        return [cast(JsonObject, msgspec.json.decode(frame)) for frame in self.frames]


USERS = st.sampled_from([ANA, LUIS, EVA])
RECORDS = st.sampled_from([RecordId(42), RecordId(43)])
PRINCIPALS = st.sampled_from(
    [
        all_principal(Kind.DEAL),
        opened_principal(Kind.DEAL),
        *(owner_principal(Kind.DEAL, user) for user in (ANA, EVA)),
        *(user_principal(user) for user in (ANA, LUIS)),
    ]
)
CHANNELS = st.sampled_from([Channel(Scope.MINE), Channel(Scope.ALL), Channel(Scope.TASKS)]) | RECORDS.map(
    lambda record: Channel(Scope.RECORD, record)
)
FILTERS = st.sampled_from([NO_FILTER, Filter(types=frozenset({"task"})), Filter(authors=frozenset({ANA}))])
GRANTS = st.sampled_from([ALL_DEALS, OWN_DEALS, {}])
FORMS = st.sampled_from([JSON, Form(Encoding.MSGPACK, Packing.MESSAGE)])
EVENTS = st.builds(
    make_event,
    name=st.sampled_from([Name.ENTRY_ADDED, Name.ENTRY_CHANGED, Name.ACTIVITY_CHANGED, Name.COMMENT_CHANGED]),
    reach=st.sampled_from([Reach.STREAM] * 4 + list(Reach)),
    audience=st.lists(USERS, unique=True),
    principals=st.lists(PRINCIPALS, unique=True),
    barred=st.lists(PRINCIPALS, unique=True, max_size=1) | st.just([]),
    readers=st.lists(PRINCIPALS, unique=True),
    records=st.lists(RECORDS, unique=True),
    data=st.sampled_from([{"entry": entry()}, {"entry": entry(type="task", author=2)}, {"entry": 7}, {}]),
)


class HubMachine(RuleBasedStateMachine):
    """The model asks every screen by itself, in the words of the protocol; each has what it got, and what waits."""

    screens = Bundle("screens")

    def __init__(self) -> None:
        super().__init__()
        self.hub = Hub(Head("e1", 0))
        self.live: dict[Screen, bool] = {}
        self.got: dict[Screen, list[Frame]] = {}
        self.waits: dict[Screen, list[Frame]] = {}

    @rule(target=screens, user=USERS, grants=GRANTS, form=FORMS)
    def connect(self, user: UserId, grants: dict[tuple[Kind, Action], Level], form: Form) -> Screen:
        screen = Screen(self.hub, user, Access(user, grants=grants).held(), form)
        self.hub.add(screen)
        self.hub.subscribe(screen, {Channel(Scope.MINE): NO_FILTER})
        self.hub.flow(screen)
        self.live[screen], self.got[screen], self.waits[screen] = True, [], []
        return screen

    @rule(screen=screens, channel=CHANNELS, wanted=FILTERS)
    def subscribe(self, screen: Screen, channel: Channel, wanted: Filter) -> None:
        self.hub.subscribe(screen, {**self.hub.subscriptions(screen), channel: wanted})
        self.written(screen)

    @rule(screen=screens, channel=CHANNELS)
    def unsubscribe(self, screen: Screen, channel: Channel) -> None:
        channels = {each: wanted for each, wanted in self.hub.subscriptions(screen).items() if each != channel}
        self.hub.subscribe(screen, channels)
        self.written(screen)

    @rule(screen=screens)
    def pause(self, screen: Screen) -> None:
        self.hub.pause(screen)
        self.live[screen] = False
        self.waits[screen].clear()

    @rule(screen=screens, grants=GRANTS)
    def flow(self, screen: Screen, grants: dict[tuple[Kind, Action], Level]) -> None:
        if not self.live[screen]:
            screen.held = Access(screen.user, grants=grants).held()
            self.hub.hold(screen, screen.held)
            self.hub.flow(screen)
            self.live[screen] = True

    @rule(target=screens, screen=consumes(screens))
    def leave(self, screen: Screen) -> object:
        self.hub.remove(screen)
        for known in (self.live, self.got, self.waits):
            known.pop(screen)
        return multiple()

    @rule(events=st.lists(EVENTS, min_size=1, max_size=6))
    def deliver(self, events: list[Event]) -> None:
        for drawn in events:
            event = replace(drawn, position=self.hub.position + 1)
            self.hub.deliver(event)
            for screen, live in self.live.items():
                frame = frame_alone(event, screen, self.hub)
                assert (frame is not None) == shown(event, screen, self.hub)
                if live and frame is not None:
                    self.waits[screen].append(frame)

    @rule()
    def flush(self) -> None:
        while self.hub.flush():
            pass
        for screen in self.live:
            self.written(screen)
            assert screen.frames == self.got[screen]

    @rule()
    def flush_a_little(self) -> None:
        self.hub.flush()

    @invariant()
    def what_was_written_is_the_beginning_of_what_is_due(self) -> None:
        for screen in self.live:
            due = self.got[screen] + self.waits[screen]
            assert screen.frames == due[: len(screen.frames)]
            assert len(screen.frames) >= len(self.got[screen])
            if len(screen.frames) > len(self.got[screen]):  # its cohort was full, or flushed before others
                self.waits[screen] = due[len(screen.frames) :]
                self.got[screen] = due[: len(screen.frames)]

    def written(self, screen: Screen) -> None:
        self.got[screen] += self.waits[screen]
        self.waits[screen].clear()


def frame_alone(event: Event, screen: Screen, hub: Hub) -> Frame | None:
    """What the rule says for one session, without anything remembered or shared."""
    found = match(event, screen.held, hub.subscriptions(screen).items(), mine=screen.user in event.audience)
    if found is None:
        return None
    data = mask(event.data, readable(screen.held, event.readers))
    return finish(event_frame(event, data, mine=found.mine, matches=found.passes), screen.lens.form)


def test_each_session_gets_what_the_rule_says_whoever_stands_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """With small cohorts, so that every way of being full is taken."""
    monkeypatch.setattr(limits, "EVENTS_MAX", 5)
    monkeypatch.setattr("server.live.hub.COHORT_MAX", 3)

    run_state_machine_as_test(HubMachine, settings=settings(max_examples=200, stateful_step_count=40, deadline=None))


def shown(event: Event, screen: Screen, hub: Hub) -> bool:
    """The model: docs/protocol.md, said again in other words."""
    if event.data == {}:
        return False
    if event.reach in (Reach.PORTAL, Reach.PERSONAL):
        return event.reach is Reach.PORTAL or screen.user in event.audience
    if not event.principals & screen.held or event.barred & screen.held:
        return False
    wanted: list[Filter] = []
    for channel, each in hub.subscriptions(screen).items():
        own = screen.user in event.audience and event.reach is Reach.STREAM
        reached = {
            Scope.MINE: own,
            Scope.TASKS: own and event.name.startswith("activity."),
            Scope.ALL: event.reach is Reach.STREAM,
            Scope.RECORD: channel.record in event.records,
        }
        wanted += [each] if reached[channel.scope] else []
    if event.reach is Reach.HOLDERS:
        return True
    return any(event.name == "entry.changed" or lets_through(each, event) for each in wanted)


def lets_through(wanted: Filter, event: Event) -> bool:
    """Two filters are enough here: filters have tests of their own."""
    item = event.data["entry"]
    if not isinstance(item, dict):
        return True
    author = cast(JsonObject, item["author"])["user"]
    return (not wanted.types or item["type"] == "task") and (not wanted.authors or author == ANA)


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
    form = Form(Encoding.JSON, Packing.FRAME)
    ana, luis = (Screen(hub, user, Access(user, grants=ALL_DEALS).held(), form) for user in (ANA, LUIS))
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
