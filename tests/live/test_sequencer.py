"""The sequencer against a model: whatever is lost, doubled or late on the bus, the log's order comes out, once."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from server.domain.events import Event
from server.live.sequencer import HELD_MAX, PATIENCE, RETRY, Hole, Sequencer
from tests.live.portal import make_event


class SequencerMachine(RuleBasedStateMachine):
    """The model is a counter: the log has events 1 … `recorded`, and `delivered` must always be a prefix of it."""

    recorded = Bundle("recorded")

    def __init__(self) -> None:
        super().__init__()
        self.sequencer = Sequencer(0)
        self.log = 0
        self.delivered: list[int] = []
        self.now = 0.0
        self.reading: Hole | None = None

    @rule(target=recorded)
    def record(self) -> int:
        self.log += 1
        return self.log

    @rule(position=recorded)
    def bus_brings(self, position: int) -> None:
        self.deliver(self.sequencer.offer(make_event(position), self.now))

    @rule()
    def check_head(self) -> None:
        self.sequencer.head(self.log, self.now)

    @rule(seconds=st.sampled_from([0.001, PATIENCE, RETRY, 1.0]))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def ask(self) -> None:
        hole = self.sequencer.ask(self.now)
        if hole:
            assert self.reading is None, "single flight"
            assert self.sequencer.last <= hole.after < hole.upto <= self.log
            self.reading = hole

    @rule(limit=st.integers(1, 3))
    def read(self, limit: int) -> None:
        if self.reading:
            hole, self.reading = self.reading, None
            found = range(hole.after + 1, min(hole.upto, hole.after + limit) + 1)
            self.deliver(self.sequencer.fill([make_event(position) for position in found], self.now))

    @rule()
    def reading_fails(self) -> None:
        if self.reading:
            self.reading = None
            self.sequencer.failed(self.now)

    def deliver(self, events: list[Event]) -> None:
        self.delivered += [event.position for event in events]

    @invariant()
    def what_came_out_is_a_prefix_of_the_log(self) -> None:
        assert self.delivered == list(range(1, self.sequencer.last + 1))

    def teardown(self) -> None:
        """However it stands: with a head check and a log that answers, everything comes out."""
        self.check_head()
        while self.sequencer.last < self.log:
            self.read(limit=3)
            self.wait(1.0)
            self.ask()
        self.what_came_out_is_a_prefix_of_the_log()
        assert self.sequencer.ask(self.now + 1) is None, "nothing is read when nothing is missing"


TestSequencer = SequencerMachine.TestCase


def test_a_gap_is_given_a_moment_before_the_log_is_asked() -> None:
    sequencer = Sequencer(0)

    assert sequencer.offer(make_event(2), now=1.0) == []

    assert sequencer.due == 1.0 + PATIENCE
    assert sequencer.ask(1.0 + PATIENCE / 2) is None
    assert sequencer.ask(1.0 + PATIENCE) == Hole(0, 1)


def test_what_the_bus_brought_during_a_reading_that_failed_is_not_read_again() -> None:
    sequencer = Sequencer(0)
    sequencer.offer(make_event(2), now=1.0)
    assert sequencer.ask(1.0 + PATIENCE)
    sequencer.offer(make_event(1), now=1.1)

    sequencer.failed(now=1.2)

    assert sequencer.due is None


def test_an_event_too_large_for_the_bus_is_read_at_once() -> None:
    sequencer = Sequencer(3)

    sequencer.head(4, now=1.0, patience=0)

    assert sequencer.ask(1.0) == Hole(3, 4)


def test_what_is_held_is_bounded_and_what_was_dropped_is_read() -> None:
    sequencer = Sequencer(0)
    for position in range(2, HELD_MAX + 12):
        sequencer.offer(make_event(position), now=0.0)
    assert len(sequencer._held) == HELD_MAX

    assert len(sequencer.fill([make_event(1)], now=1.0)) == HELD_MAX

    assert sequencer.ask(1.0 + RETRY) == Hole(HELD_MAX, HELD_MAX + 11)
