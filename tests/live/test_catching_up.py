"""A session against a model: however it chokes, resumes and loses rights, its client gets each event once, in order."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import pytest
from hypothesis import settings, strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from server.domain.access import Access
from server.domain.events import Event, Head, Name, Reach
from server.domain.words import EntryId, JsonObject, Position
from server.live import ring as limits
from server.live.follower import RECENT
from server.live.hub import Hub
from server.live.sequencer import Hole
from server.live.shell import Task
from tests.live.fakes import Desk
from tests.live.portal import ALL_DEALS, ANA, make_event

CHANNELS = [{"channel": "all"}, {"channel": "mine"}]


class SessionMachine(RuleBasedStateMachine):
    """The model: since its last resume or reset at `start`, the client has got a prefix of what it may see after it."""

    @initialize(live=st.booleans())
    def connect(self, live: bool) -> None:
        self.hub = Hub(Head("e1", 0))
        self.log: list[Event] = []
        self.gone: set[int] = set()
        self.desk = Desk(self.hub)
        self.session = self.desk.session
        self.now = RECENT + 1
        self.reads = True
        self.start: int | None = None
        self.got: list[int] = []
        self.cursor = 0
        self.credit: int | None = None
        self.choked = False
        self.hole: tuple[Hole, list[Event], Position] | None = None
        self.reading: bool | None = None
        if live:
            self.resume(back=0, latest=False, credit=None)
            self.settle()

    def add(self, event: Event) -> None:
        self.log.append(replace(event, position=len(self.log) + 1))
        self.hub.deliver(self.log[-1])

    @rule(count=st.integers(1, 30))
    def record(self, count: int) -> None:
        for _ in range(count):
            self.add(replace(make_event(), entry=EntryId(len(self.log) + 1)))

    @rule()
    def record_a_burst(self) -> None:
        self.record(count=30)

    @precondition(lambda self: self.log)
    @rule(back=st.integers(0, 40))
    def remove(self, back: int) -> None:
        """What was removed is not told any more by whoever comes later."""
        position = max(1, len(self.log) - back)
        if self.log[position - 1].name is not Name.ENTRY_ADDED:
            return
        self.flush()
        self.take()
        self.gone.add(position)
        self.log[position - 1] = replace(self.log[position - 1], data={})
        self.add(replace(make_event(name=Name.ENTRY_REMOVED, data={"entry": position}), entry=EntryId(position)))

    @rule(changes=st.booleans())
    def change_rights(self, changes: bool) -> None:
        self.reads = self.reads != changes
        self.add(make_event(name=Name.ACCESS_CHANGED, reach=Reach.PORTAL, data={"user": {}}))

    @rule()
    def rights_change_at_large(self) -> None:
        self.add(make_event(name=Name.ACCESS_CHANGED, reach=Reach.HOLDERS, data={}))

    @rule(back=st.integers(0, 60), latest=st.booleans(), credit=st.none() | st.integers(0, 20))
    def resume(self, back: int, latest: bool, credit: int | None) -> None:
        self.take()
        position = max(0, self.hub.position - back)
        mode = {"mode": "latest"} if latest else {}
        self.credit = credit
        self.desk.does(
            self.now, id=position, op="resume", epoch="e1", position=position, channels=CHANNELS, credit=credit, **mode
        )

    @precondition(lambda self: self.start is not None)
    @rule(more=st.integers(0, 40))
    def give_credit(self, more: int) -> None:
        self.desk.does(self.now, op="credit", n=more)
        self.take()
        self.credit = (self.credit or 0) + more

    @rule()
    def choke(self) -> None:
        if not self.choked:
            self.choked = True
            self.desk.wire.waiting = 300_000
            self.session.choked()

    @rule()
    def flow_again(self) -> None:
        if self.choked:
            self.choked = False
            self.desk.wire.waiting = 0
            self.session.flowing()

    @rule()
    def flush(self) -> None:
        while self.hub.flush():
            pass

    @rule()
    def work(self) -> None:
        self.works()

    def works(self) -> bool:
        if self.hole or self.reading is not None:
            return False
        match self.session.work(self.now):
            case Task.RENEW:
                self.reading = self.reads
            case Hole() as hole:
                self.hole = (hole, self.log[hole.after : hole.upto], self.hub.position)
            case None:
                return False
        return True

    @rule()
    def rights_come(self) -> None:
        """As they were when they were asked for: they may have changed since."""
        if self.reading is not None:
            reads, self.reading = self.reading, None
            self.session.renewed(Access(ANA, grants=ALL_DEALS if reads else {}), self.now)

    @rule()
    def the_log_answers(self) -> None:
        """As it was when it was asked: it may have changed since."""
        if self.hole:
            (hole, events, as_of), self.hole = self.hole, None
            self.hub.ring.fill(hole, events, as_of, self.now)

    @rule(seconds=st.sampled_from([0.5, limits.PAGE_KEPT, 10.0]))
    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.desk.wire.waiting -= self.choked  # it takes a little: who takes nothing is closed
        self.desk.does(self.now, op="ping")
        self.session.tick(self.now, at=0)

    def client_gets(self, frame: JsonObject) -> None:
        position = cast(int, frame.get("position", 0))
        match frame["type"]:
            case "reply" if isinstance(frame["id"], int):
                self.start = self.cursor = frame["id"]
                self.got = []
            case "reset" if self.start is not None:  # before the first resume there is nothing to continue
                self.start = self.cursor = position
                self.got = []
            case "event":
                assert position > self.cursor, "in order, each once"
                assert position not in self.gone, "what was removed is not told any more"
                self.got.append(position)
                self.cursor = position
                if self.credit is not None:
                    self.credit -= 1
                    assert self.credit >= 0
            case "checkpoint":
                assert position >= self.cursor
                self.cursor = position

    def visible(self, after: Position, upto: Position) -> list[int]:
        reads = self.session_reads()
        return [
            event.position for event in self.log[after:upto] if event.data and (reads or event.reach is Reach.PORTAL)
        ]

    def kept(self) -> list[int]:
        return [position for position in self.got if position not in self.gone]

    @invariant()
    def take(self) -> None:
        """Nothing is skipped, and no checkpoint runs ahead of what was told."""
        for frame in self.desk.wire.taken() if hasattr(self, "desk") else ():
            self.client_gets(frame)
        if getattr(self, "start", None) is not None and self.got:
            assert self.start is not None
            assert self.kept() == self.visible(self.start, self.got[-1])
            assert self.visible(self.got[-1], self.cursor) == []

    def session_reads(self) -> bool:
        return "deal:all" in self.session.lens.shared

    @precondition(lambda self: self.start is not None)
    @rule()
    def settle(self) -> None:
        """When the socket takes everything and the log answers, nothing is missing."""
        self.flow_again()
        if self.credit is not None:
            self.give_credit(len(self.log) + 1)
        for _ in range(10 * len(self.log) + 100):
            self.flush()
            self.rights_come()
            self.the_log_answers()
            if not self.works() and not self.hole and self.reading is None:
                break
        else:
            raise AssertionError("it does not come to an end")
        self.flush()
        self.take()
        assert self.start is not None, "checked by the precondition"
        assert self.session_reads() == self.reads
        assert self.kept() == self.visible(self.start, len(self.log))

    def teardown(self) -> None:
        if getattr(self, "start", None) is not None:
            self.settle()


def test_a_client_gets_each_event_once_and_in_order_whatever_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    """With memory for a few events only, so that every way out of it is taken."""
    monkeypatch.setattr(limits, "RING_EVENTS", 20)
    monkeypatch.setattr(limits, "PAGE", 7)
    monkeypatch.setattr(limits, "PAGES_MAX", 2)
    monkeypatch.setattr("server.live.follower.CHUNK", 1_000)
    monkeypatch.setattr("server.live.cohort.EVENTS_MAX", 20)
    monkeypatch.setattr("server.live.limits.BURST", 1e9)

    run_state_machine_as_test(
        SessionMachine, settings=settings(max_examples=200, stateful_step_count=50, deadline=None)
    )
