"""Counters are pushed when they change, by an act or by themselves, and to those alone who want to know."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import cast

import msgspec
import pytest

from server.domain.channels import Channel, Scope
from server.domain.events import Event, Head, Name, Reach
from server.domain.filters import NO_FILTER
from server.domain.words import JsonObject, Millis, Position, UserId
from server.live import counters
from server.live.cohort import Cohort
from server.live.counters import Counted, CounterFeed
from server.live.hub import Hub, Subscriber
from server.live.letter import Lens
from server.live.protocol import Encoding
from server.live.wire import Form, Packing
from tests.live.portal import make_event

ANA, LUIS = UserId(7), UserId(8)
FORM = Form(Encoding.JSON, Packing.MESSAGE)
READS = frozenset({"deal:all"})


@dataclass(frozen=True)
class Numbers:
    """What the store would answer."""

    values: JsonObject
    until: Millis = 2**60
    position: Position = 5


@dataclass(eq=False)
class Screen:
    """A session, as far as the feed looks at it."""

    user: UserId
    lens: Lens
    cohort: Cohort | None = None
    told: list[JsonObject] = field(default_factory=list)

    def tell(self, frame: object) -> None:
        """A frame."""
        self.told.append(msgspec.json.decode(cast(bytes, frame)))


@dataclass
class Office:
    """A feed over numbers that a test sets; `asked` are the users of each reading, `now` is the time by the wall."""

    numbers: dict[UserId, Numbers] = field(default_factory=dict)
    asked: list[list[UserId]] = field(default_factory=list)
    now: Millis = 1000
    broken: bool = False

    def __post_init__(self) -> None:
        self.hub = Hub(Head("e", 0))
        self.feed = CounterFeed(self.hub, self.count, asyncio.ensure_future, lambda: self.now)

    async def count(self, users: Collection[UserId]) -> Mapping[UserId, Counted]:
        """The store."""
        self.asked.append(list(users))
        if self.broken:
            raise OSError
        return {user: self.numbers[user] for user in users if user in self.numbers}

    def screen(self, user: UserId, *scopes: Scope) -> Screen:
        """A session with some channels, live."""
        streams = frozenset((Channel(scope), NO_FILTER) for scope in scopes)
        lens = Lens(FORM, READS, frozenset({"user"}), streams)
        screen = Screen(user, lens, Cohort(lens))
        self.feed.arrived(cast(Subscriber, screen))
        return screen


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is gathered for long."""
    monkeypatch.setattr(counters, "GAP", 0.001)
    monkeypatch.setattr(counters, "AGAIN", 0.001)
    monkeypatch.setattr(counters, "LOOK", 0.001)


async def until(true: Callable[[], object]) -> None:
    """Waits for a condition."""
    async with asyncio.timeout(5):
        while not true():
            await asyncio.sleep(0.001)


def changed(*users: UserId) -> Event:
    """An act after which the counters of some users may be others."""
    return make_event(6, name=Name.COUNTERS_CHANGED, reach=Reach.PERSONAL, audience=users, data={})


async def test_who_subscribes_is_told_all_at_once_and_nobody_else_anything() -> None:
    office = Office({ANA: Numbers({"activities": 1})})

    screen, other = office.screen(ANA, Scope.COUNTERS), office.screen(ANA, Scope.MINE)
    await until(lambda: screen.told)

    assert screen.told == [{"type": "counters", "position": 5, "values": {"activities": 1}}]
    assert other.told == []


async def test_only_what_changed_is_told_again() -> None:
    office = Office({ANA: Numbers({"activities": 1}), LUIS: Numbers({"activities": 0})})
    ana, luis = office.screen(ANA, Scope.COUNTERS), office.screen(LUIS, Scope.COUNTERS)
    await until(lambda: ana.told and luis.told)

    office.feed.changed(changed(ANA, LUIS))
    await until(lambda: len(office.asked) > 1)
    office.numbers[ANA] = Numbers({"activities": 2}, position=9)
    office.feed.changed(changed(ANA, UserId(99)))
    await until(lambda: len(ana.told) > 1)

    assert [frame["values"] for frame in ana.told] == [{"activities": 1}, {"activities": 2}]
    assert len(luis.told) == 1
    assert office.asked[-1] == [ANA]


async def test_they_move_by_themselves_when_the_moment_has_come() -> None:
    office = Office({ANA: Numbers({"activities": 1}, until=5000)})
    screen = office.screen(ANA, Scope.COUNTERS)
    await until(lambda: screen.told)
    office.numbers[ANA] = Numbers({"activities": 3})

    await asyncio.sleep(0.02)
    quiet = len(office.asked)
    office.now = 5000
    await until(lambda: len(screen.told) > 1)

    assert quiet == 1
    assert screen.told[-1]["values"] == {"activities": 3}


@pytest.mark.parametrize(
    "event",
    [
        make_event(6, name=Name.SETTINGS_CHANGED, reach=Reach.PORTAL),
        make_event(6, name=Name.ACCESS_CHANGED, reach=Reach.PORTAL, audience=[]),
        make_event(6, name=Name.RECORD_LOCKED, reach=Reach.HOLDERS, principals=sorted(READS)),
        None,
    ],
    ids=["settings", "access", "locked", "restart"],
)
async def test_changes_of_rights_and_settings_are_reasons_to_look(event: Event | None) -> None:
    office = Office({ANA: Numbers({"activities": 1})})
    screen = office.screen(ANA, Scope.COUNTERS)
    await until(lambda: screen.told)

    office.feed.changed(event)

    await until(lambda: len(office.asked) > 1)


async def test_what_others_may_read_is_none() -> None:
    office = Office({ANA: Numbers({"activities": 1})})
    screen = office.screen(ANA, Scope.COUNTERS)
    await until(lambda: screen.told)

    office.feed.changed(make_event(6, name=Name.RECORD_LOCKED, reach=Reach.HOLDERS, principals=["lead:all"]))
    await asyncio.sleep(0.02)

    assert len(office.asked) == 1


async def test_who_catches_up_is_told_when_that_is_done() -> None:
    office = Office({ANA: Numbers({"activities": 1})})
    screen = office.screen(ANA, Scope.COUNTERS)
    screen.cohort = None
    await until(lambda: office.asked)
    assert screen.told == []

    screen.cohort = Cohort(screen.lens)
    office.feed.arrived(cast(Subscriber, screen))

    await until(lambda: screen.told)


async def test_a_thousand_users_are_read_in_many_small_readings() -> None:
    office = Office({UserId(n): Numbers({"activities": n}) for n in range(1000)})
    screens = [office.screen(UserId(n), Scope.COUNTERS) for n in range(1000)]

    await until(lambda: all(screen.told for screen in screens))

    assert max(map(len, office.asked)) <= counters.BATCH


async def test_a_reading_that_failed_is_tried_again() -> None:
    office = Office({ANA: Numbers({"activities": 1})}, broken=True)
    screen = office.screen(ANA, Scope.COUNTERS)
    await until(lambda: len(office.asked) > 1)

    office.broken = False

    await until(lambda: screen.told)


async def test_nobody_is_read_who_has_gone() -> None:
    office = Office({ANA: Numbers({"activities": 1})})
    screen = office.screen(ANA, Scope.COUNTERS)
    await until(lambda: screen.told)

    office.feed.left(cast(Subscriber, screen))
    office.feed.changed(changed(ANA))
    await asyncio.sleep(0.01)

    assert len(office.asked) == 1
