"""The hub against a model: for every event, each session that may and wants to see it gets it once, and no other does."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

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
    all_principal,
    opened_principal,
    owner_principal,
    readable,
    user_principal,
)
from server.domain.channels import Channel, Scope
from server.domain.events import Event, Head, Name, Reach, mask
from server.domain.filters import NO_FILTER, Filter
from server.domain.words import JsonObject, Kind, RecordId, UserId
from server.live import cohort as limits
from server.live.hub import Hub
from server.live.letter import match
from server.live.messages import event_frame
from server.live.protocol import Encoding, Frame
from server.live.wire import Form, Packing, finish, form
from tests.live.portal import ALL_DEALS, ANA, LUIS, entry, make_event
from tests.live.screens import EVA, JSON, Screen

OWN_DEALS = {(Kind.DEAL, Action.READ): Level.OWN}
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
FORMS = st.sampled_from([JSON, form(Encoding.MSGPACK, Packing.MESSAGE)])
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
