"""The hub against a model: for every event, each session that may and wants to see it gets it once, and no other does."""

from __future__ import annotations

from typing import cast

import msgspec
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, multiple, rule

from server.domain.access import Access, Action, Level, Principals, all_principal, user_principal
from server.domain.channels import Channel, Scope
from server.domain.events import Event, Head, Name, Reach
from server.domain.filters import NO_FILTER, Filter
from server.domain.words import JsonObject, Kind, Position, RecordId, UserId
from server.live.hub import Hub, Letter
from server.live.protocol import Encoding, Frame, Reset
from tests.live.portal import ALL_DEALS, ANA, DEAL, LUIS, REF, entry, make_event, personal


class Screen:
    """A session that only remembers."""

    def __init__(self, user: UserId, held: Principals, encoding: Encoding = Encoding.JSON) -> None:
        self.user = user
        self.held = held
        self.encoding = encoding
        self.subscriptions: dict[Channel, Filter] = {}
        self.taken: list[Position] = []
        self.frames: list[Frame] = []
        self.held_back: list[Position] = []
        self.doubts: list[Position] = []
        self.resets: list[Reset] = []

    def take(self, position: Position, frame: Frame) -> None:
        self.taken.append(position)
        self.frames.append(frame)

    def hold(self, letter: Letter) -> None:
        self.held_back.append(letter.event.position)

    def doubt(self, position: Position) -> None:
        self.doubts.append(position)

    def reset(self, reason: Reset) -> None:
        self.resets.append(reason)

    def decoded(self) -> list[JsonObject]:
        return [cast(JsonObject, msgspec.json.decode(frame)) for frame in self.frames]


USERS = st.sampled_from([ANA, LUIS])
RECORDS = st.sampled_from([RecordId(42), RecordId(43)])
PRINCIPALS = st.sampled_from([all_principal(Kind.DEAL), user_principal(ANA), user_principal(LUIS)])
CHANNELS = st.sampled_from([Channel(Scope.MINE), Channel(Scope.ALL), Channel(Scope.TASKS)]) | RECORDS.map(
    lambda record: Channel(Scope.RECORD, record)
)
FILTERS = st.sampled_from([NO_FILTER, Filter(types=frozenset({"task"})), Filter(authors=frozenset({ANA}))])
EVENTS = st.builds(
    make_event,
    name=st.sampled_from([Name.ENTRY_ADDED, Name.ENTRY_CHANGED, Name.ACTIVITY_CHANGED, Name.COMMENT_CHANGED]),
    reach=st.sampled_from(Reach),
    audience=st.lists(USERS, unique=True),
    principals=st.lists(PRINCIPALS, unique=True),
    records=st.lists(RECORDS, unique=True),
    data=st.sampled_from([{"entry": entry()}, {"entry": entry(type="task", author=2)}, {"entry": 7}, {}]),
)


class HubMachine(RuleBasedStateMachine):
    """The model asks every screen, in the words of the protocol."""

    screens = Bundle("screens")

    def __init__(self) -> None:
        super().__init__()
        self.hub = Hub(Head("e1", 0))
        self.all: list[Screen] = []
        self.behind: list[Screen] = []

    @rule(target=screens, user=USERS, reads_all=st.booleans())
    def connect(self, user: UserId, reads_all: bool) -> Screen:
        screen = Screen(user, Access(user, grants=ALL_DEALS if reads_all else {}).held())
        self.hub.add(screen)
        self.hub.flow(screen)
        self.all.append(screen)
        return screen

    @rule(screen=screens, channel=CHANNELS, wanted=FILTERS)
    def subscribe(self, screen: Screen, channel: Channel, wanted: Filter) -> None:
        self.hub.subscribe(screen, channel, wanted)

    @rule(screen=screens, channel=CHANNELS)
    def unsubscribe(self, screen: Screen, channel: Channel) -> None:
        self.hub.unsubscribe(screen, channel)

    @rule(screen=screens)
    def pause(self, screen: Screen) -> None:
        self.hub.pause(screen)
        if screen not in self.behind:
            self.behind.append(screen)

    @rule(screen=screens)
    def flow(self, screen: Screen) -> None:
        self.hub.flow(screen)
        if screen in self.behind:
            self.behind.remove(screen)

    @rule(target=screens, screen=consumes(screens))
    def leave(self, screen: Screen) -> object:
        self.hub.remove(screen)
        self.all.remove(screen)
        if screen in self.behind:
            self.behind.remove(screen)
        return multiple()

    @rule(event=EVENTS)
    def deliver(self, event: Event) -> None:
        position = self.hub.position + 1
        event = make_event_at(position, event)
        self.hub.deliver(event)
        for screen in self.all:
            held = screen in self.behind
            assert screen.held_back.count(position) == held
            assert screen.taken.count(position) == (not held and shown(event, screen))


def make_event_at(position: Position, event: Event) -> Event:
    """The event at a position."""
    return make_event(
        position,
        name=event.name,
        reach=event.reach,
        audience=sorted(event.audience),
        principals=sorted(event.principals),
        records=event.records,
        data=event.data,
    )


def shown(event: Event, screen: Screen) -> bool:
    """The model: docs/protocol.md, said again in other words."""
    if event.data == {}:
        return False
    if event.reach in (Reach.PORTAL, Reach.PERSONAL):
        return event.reach is Reach.PORTAL or screen.user in event.audience
    if not event.principals & screen.held:
        return False
    wanted: list[Filter] = []
    for channel, each in screen.subscriptions.items():
        own = screen.user in event.audience and event.reach is Reach.STREAM
        reached = {
            Scope.MINE: own,
            Scope.TASKS: own and event.name.startswith("activity."),
            Scope.ALL: event.reach is Reach.STREAM,
            Scope.RECORD: channel.record in event.records,
        }
        wanted += [each] if reached[channel.scope] else []
    return any(event.name == "entry.changed" or lets_through(each, event) for each in wanted)


def lets_through(wanted: Filter, event: Event) -> bool:
    """Two filters are enough here: filters have tests of their own."""
    item = event.data["entry"]
    if not isinstance(item, dict):
        return True
    author = cast(JsonObject, item["author"])["user"]
    return (not wanted.types or item["type"] == "task") and (not wanted.authors or author == ANA)


TestHub = HubMachine.TestCase


@pytest.fixture
def hub() -> Hub:
    return Hub(Head("e1", 0))


def screen_in(hub: Hub, user: UserId, *channels: Channel, reads: bool = True, wanted: Filter = NO_FILTER) -> Screen:
    screen = Screen(user, Access(user, grants=ALL_DEALS if reads else {}).held())
    hub.add(screen)
    hub.flow(screen)
    for channel in channels:
        hub.subscribe(screen, channel, wanted)
    return screen


def test_a_record_that_the_receiver_may_not_read_is_a_kind_and_a_lock(hub: Hub) -> None:
    ana = screen_in(hub, ANA, Channel(Scope.ALL))
    luis = screen_in(hub, LUIS, Channel(Scope.ALL), reads=False)

    hub.deliver(make_event(1, principals=[all_principal(Kind.DEAL), user_principal(LUIS)]))

    records = [
        cast(JsonObject, cast(JsonObject, each.decoded()[0]["data"])["entry"])["records"] for each in (ana, luis)
    ]
    assert records == [[REF], [{"kind": "deal", "locked": True}]]


def test_an_event_is_framed_once_for_all_who_get_the_same(hub: Hub) -> None:
    screens = [screen_in(hub, ANA, Channel(Scope.ALL), Channel(Scope.MINE)) for _ in range(3)]

    hub.deliver(make_event(1))

    assert len({id(screen.frames[0]) for screen in screens}) == 1


def test_an_entry_that_no_longer_passes_the_filter_is_taken_out(hub: Hub) -> None:
    ana = screen_in(hub, ANA, Channel(Scope.ALL), wanted=Filter(text="hello"))

    hub.deliver(make_event(1, name=Name.ENTRY_CHANGED, data={"entry": entry(text="Hello")}))
    hub.deliver(make_event(2, name=Name.ENTRY_CHANGED, data={"entry": entry(text="Goodbye")}))
    hub.deliver(make_event(3, name=Name.ENTRY_ADDED, data={"entry": entry(text="Goodbye")}))

    assert [frame.get("matches") for frame in ana.decoded()] == [None, False]


def test_rights_in_doubt_are_told_before_the_event_is_delivered(hub: Hub) -> None:
    ana, luis = screen_in(hub, ANA), screen_in(hub, LUIS)

    hub.deliver(make_event(1, name=Name.ACCESS_CHANGED, reach=Reach.PORTAL, audience=[LUIS]))
    hub.deliver(make_event(2, name=Name.ACCESS_CHANGED, reach=Reach.PORTAL, audience=[]))

    assert (ana.doubts, luis.doubts) == ([2], [1, 2])


def test_a_session_that_left_leaves_nothing_behind(hub: Hub) -> None:
    screen = screen_in(hub, ANA, Channel(Scope.ALL), Channel(Scope.MINE), Channel(Scope.RECORD, DEAL))

    hub.remove(screen)
    hub.remove(screen)

    assert not hub.sessions
    assert not hub._own
    assert not hub._channels
    assert not hub._behind
    hub.deliver(personal(ANA))
    assert screen.taken == []


def test_unread_levels_are_no_rights(hub: Hub) -> None:
    may_create = {(Kind.DEAL, Action.CREATE): Level.ALL}
    screen = Screen(ANA, Access(ANA, grants=may_create).held())
    hub.add(screen)
    hub.flow(screen)
    hub.subscribe(screen, Channel(Scope.ALL), NO_FILTER)

    hub.deliver(make_event(1))

    assert screen.taken == []
