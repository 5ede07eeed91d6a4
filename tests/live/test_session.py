"""The session against a model: however it lags, resumes and loses rights, its client gets each event once, in order."""

from __future__ import annotations

from typing import cast

import msgspec
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
from server.domain.words import JsonObject
from server.live import session as limits
from server.live.hub import Hub
from server.live.protocol import CHANNELS_MAX, Call, Close, Encoding, Frame, Resume
from server.live.sequencer import Hole
from server.live.session import Finish, Identity, Renew, Send, Session
from tests.live.portal import ALL_DEALS, ANA, make_event, personal

IDENTITY = Identity(ANA, {"user": 1, "name": "Ana"})


def decoded(frames: list[Frame]) -> list[JsonObject]:
    return [cast(JsonObject, msgspec.json.decode(frame)) for frame in frames]


def text(**op: object) -> str:
    return msgspec.json.encode(op).decode()


def nested(depth: int) -> list[object]:
    return [nested(depth - 1)] if depth else []


class SessionMachine(RuleBasedStateMachine):
    """The model: since its last resume or reset at `start`, the client has got a prefix of what it may see after it."""

    @initialize(live=st.booleans())
    def connect(self, live: bool) -> None:
        self.hub = Hub(Head("e1", 0))
        self.log: list[Event] = []
        self.now = 0.0
        self.reads = True
        self.session = self.connected(self.hub)
        self.start: int | None = None
        self.got: list[int] = []
        self.cursor = 0
        self.sending = False
        self.hole: Hole | None = None
        self.reading: bool | None = None
        if live:
            self.resume(back=0)
            self.settle()

    def connected(self, hub: Hub) -> Session:
        access = Access(ANA, grants=ALL_DEALS)
        session = Session(IDENTITY, access, hub, encoding=Encoding.JSON, wake=lambda: None, now=0.0)
        hub.add(session)
        session.open(at=1_767_225_600_000)
        return session

    @rule(count=st.integers(1, 30))
    def record(self, count: int) -> None:
        for _ in range(count):
            self.log.append(make_event(len(self.log) + 1))
            self.hub.deliver(self.log[-1])

    @rule()
    def record_a_burst(self) -> None:
        self.record(count=30)

    @rule(changes=st.booleans())
    def change_rights(self, changes: bool) -> None:
        self.reads = self.reads != changes
        self.log.append(make_event(len(self.log) + 1, name=Name.ACCESS_CHANGED, reach=Reach.PORTAL, data={}))
        self.hub.deliver(self.log[-1])

    @rule(back=st.integers(0, 60))
    def resume(self, back: int) -> None:
        position = max(0, self.hub.position - back)
        channels = [{"channel": "all"}, {"channel": "mine"}]
        self.session.receive(text(id=position, op="resume", epoch="e1", position=position, channels=channels), self.now)

    @rule()
    def write(self) -> None:
        if self.sending or self.hole or self.reading is not None:
            return
        match self.session.work(self.now):
            case Send(frames):
                self.sending = True
                for frame in decoded(frames):
                    self.client_gets(frame)
            case Renew():
                self.reading = self.reads
            case Hole() as hole:
                self.hole = hole
            case Finish():
                raise AssertionError("nothing here ends a session")

    @rule()
    def socket_takes_it(self) -> None:
        if self.sending:
            self.session.sent(self.now)
            self.sending = False

    @rule()
    def rights_come(self) -> None:
        """As they were when they were asked for: they may have changed since."""
        if self.reading is not None:
            reads, self.reading = self.reading, None
            self.session.renewed(Access(ANA, grants=ALL_DEALS if reads else {}))

    @rule(limit=st.integers(1, 20))
    def replay(self, limit: int) -> None:
        if self.hole:
            hole, self.hole = self.hole, None
            self.session.replayed(self.log[hole.after : hole.upto][:limit], hole)

    @rule(seconds=st.sampled_from([0.5, limits.LAGGING + 1, limits.CHECKPOINT]))
    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.session.receive(text(op="ping"), self.now)
        self.session.tick(self.now)

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
                self.got.append(position)
                self.cursor = position
            case "checkpoint":
                assert position >= self.cursor
                self.cursor = position

    def visible(self, after: int, upto: int) -> list[int]:
        return [event.position for event in self.log[after:upto] if event.data]

    @invariant()
    def nothing_is_skipped(self) -> None:
        if self.start is not None and self.got:
            assert self.got == self.visible(self.start, self.got[-1])

    @invariant()
    def a_checkpoint_never_runs_ahead(self) -> None:
        if self.start is not None and self.session.held and self.got:
            assert self.visible(self.got[-1], self.cursor) == [] or not self.session_reads()

    def session_reads(self) -> bool:
        return "deal:all" in self.session.held

    @rule(steps=st.integers(1, 12))
    def run(self, steps: int) -> None:
        for _ in range(steps):
            self.socket_takes_it()
            self.rights_come()
            self.replay(limit=20)
            self.write()
            if not (self.sending or self.hole or self.reading is not None):
                break

    @precondition(lambda self: self.start is not None)
    @rule()
    def settle(self) -> None:
        """When the socket takes everything and the log answers, nothing is missing."""
        self.run(steps=5_000)
        assert self.start is not None, "checked by the precondition"
        assert self.session_reads() == self.reads
        if self.reads:
            assert self.got == self.visible(self.start, len(self.log))

    def teardown(self) -> None:
        if getattr(self, "start", None) is not None:
            self.settle()


def test_a_client_gets_each_event_once_and_in_order_whatever_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    """With memory for a few events only, so that every way out of it is taken."""
    monkeypatch.setattr(limits, "HELD_MAX", 10)
    monkeypatch.setattr(limits, "PAGE", 7)
    monkeypatch.setattr(limits, "QUEUE_MAX", 5_000)

    run_state_machine_as_test(
        SessionMachine, settings=settings(max_examples=200, stateful_step_count=50, deadline=None)
    )


@pytest.fixture
def hub() -> Hub:
    return Hub(Head("e1", 4, floor=2))


@pytest.fixture
def session(hub: Hub) -> Session:
    session = Session(IDENTITY, Access(ANA, grants=ALL_DEALS), hub, encoding=Encoding.JSON, wake=lambda: None, now=0.0)
    hub.add(session)
    session.open(at=1_767_225_600_000)
    return session


def sent(session: Session, now: float = 0.0) -> list[JsonObject]:
    """Lets the socket take everything there is; returns the frames."""
    frames: list[Frame] = []
    while isinstance(work := session.work(now), Send):
        frames += work.frames
        session.sent(now)
    return decoded(frames)


def test_welcome_comes_first_and_says_where_the_log_stands(session: Session) -> None:
    (welcome,) = sent(session)

    assert welcome.pop("session")
    assert welcome == {
        "type": "welcome",
        "version": 1,
        "user": {"user": 1, "name": "Ana"},
        "at": 1_767_225_600_000,
        "epoch": "e1",
        "position": 4,
        "heartbeat": 20,
    }


def test_a_frame_before_welcome_ends_the_session(hub: Hub) -> None:
    session = Session(IDENTITY, Access(ANA), hub, encoding=Encoding.JSON, wake=lambda: None, now=0.0)

    session.receive(text(op="ping"), now=0.0)

    assert session.work(0.0) == Finish(Close.PROTOCOL, "early")


def test_no_event_comes_before_the_client_says_what_it_wants(session: Session, hub: Hub) -> None:
    sent(session)
    hub.deliver(personal(ANA))
    hub.deliver(make_event(6))
    assert sent(session) == []
    session.tick(limits.HEARTBEAT + 1.0)
    assert sent(session) == [], "a checkpoint would move a cursor that was not told yet"

    session.receive(text(op="subscribe", channel="mine"), now=0.0)

    assert [frame["type"] for frame in sent(session)] == ["reply", "event"]


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
    session: Session, op: dict[str, object], field: str, code: str
) -> None:
    sent(session)

    session.receive(text(id=9, **op), now=0.0)

    (reply,) = sent(session)
    error = cast(JsonObject, reply["error"])
    assert (reply["id"], error["code"], error["field"]) == (9, "invalid", field)
    assert cast(list[JsonObject], error["errors"])[0]["code"] == code
    assert session.ending is None


def test_channels_are_limited(session: Session) -> None:
    for number in range(1, CHANNELS_MAX + 2):
        session.receive(text(id=number, op="subscribe", channel=f"record:{number}"), now=0.0)
    session.receive(text(id=1, op="subscribe", channel="record:1"), now=0.0)
    many = [{"channel": f"record:{number}"} for number in range(1, CHANNELS_MAX + 2)]
    session.receive(text(id=2, op="resume", epoch="e1", position=4, channels=many), now=0.0)

    replies = [frame for frame in sent(session) if frame["type"] == "reply"]

    assert ["error" in frame for frame in replies] == [False] * CHANNELS_MAX + [True, False, True]
    assert len(session.subscriptions) == CHANNELS_MAX


def test_a_client_that_makes_nothing_but_mistakes_is_closed(session: Session) -> None:
    for _ in range(limits.MISTAKES_MAX + 1):
        session.receive(text(op="dance"), now=0.0)
    sent(session)

    assert session.work(0.0) == Finish(Close.PROTOCOL, "too_many_errors")


def test_calls_and_a_resume_ahead_of_this_process_are_for_the_shell(session: Session) -> None:
    call = session.receive(text(id=1, op="call", action="a", args={"b": [1]}, key="k"), now=0.0)
    resume = session.receive(text(id=2, op="resume", epoch="e1", position=5, channels=[]), now=0.0)

    assert call == Call(action="a", args={"b": [1]}, key="k", id=1)
    assert isinstance(resume, Resume)


def test_the_first_subscription_without_a_resume_starts_at_welcome(session: Session, hub: Hub) -> None:
    hub.deliver(make_event(5))
    session.receive(text(id=1, op="subscribe", channel="all"), now=0.0)

    assert [frame["position"] for frame in sent(session) if frame["type"] == "event"] == [5]


def test_a_cursor_below_the_floor_is_reset(session: Session) -> None:
    session.receive(text(id=1, op="resume", epoch="e1", position=1, channels=[]), now=0.0)

    assert sent(session)[1:] == [
        {"type": "reply", "id": 1, "ok": {"position": 4}},
        {"type": "reset", "reason": "floor", "position": 4},
    ]


def test_a_log_trimmed_during_a_replay_is_reset_and_not_skipped(session: Session) -> None:
    session.receive(text(op="resume", epoch="e1", position=2, channels=[]), now=0.0)
    sent(session)
    hole = session.work(0.0)
    assert hole == Hole(2, 4)

    session.replayed([make_event(4)], hole)

    assert [frame.get("reason") for frame in sent(session)] == ["floor"]


def test_the_cursor_is_moved_over_events_for_others(session: Session, hub: Hub) -> None:
    session.receive(text(op="resume", epoch="e1", position=4, channels=[]), now=0.0)
    sent(session)
    hub.deliver(make_event(5))

    session.tick(limits.CHECKPOINT - 1)
    assert sent(session) == []
    session.tick(limits.CHECKPOINT)

    assert sent(session) == [{"type": "checkpoint", "position": 5}]


def test_a_quiet_session_has_a_heartbeat(session: Session) -> None:
    session.receive(text(op="resume", epoch="e1", position=4, channels=[]), now=0.0)
    sent(session)

    session.tick(limits.HEARTBEAT)

    assert sent(session) == [{"type": "checkpoint", "position": 4}]


def test_a_silent_client_is_closed(session: Session) -> None:
    sent(session)
    session.tick(limits.SILENT)
    assert session.work(0.0) is None

    session.tick(limits.SILENT + 1)

    assert session.work(0.0) == Finish(Close.SILENT, "silent")


def test_answers_that_nobody_takes_end_the_session(session: Session) -> None:
    while session.ending is None:
        session.answer(1, {"text": "x" * 60_000})

    assert session.work(0.0) == Finish(Close.SLOW, "slow")


def test_a_planned_end_says_bye_after_what_is_queued(session: Session) -> None:
    session.answer(1, {})

    session.leave(1800)
    session.leave(99)

    assert sent(session)[1:] == [{"type": "reply", "id": 1, "ok": {}}, {"type": "bye", "retry_ms": 1800}]
    assert session.work(0.0) == Finish(Close.RESTART, "restart")


def test_rights_that_did_not_change_reset_nothing(session: Session, hub: Hub) -> None:
    session.receive(text(op="resume", epoch="e1", position=4, channels=[{"channel": "all"}]), now=0.0)
    sent(session)
    hub.deliver(make_event(5))
    sent(session)
    hub.deliver(make_event(6, name=Name.ACCESS_CHANGED, reach=Reach.PORTAL, data={"user": {}}))
    hub.deliver(make_event(7))
    assert session.work(0.0) == Renew()

    session.renewed(Access(ANA, grants=ALL_DEALS))

    assert [frame["position"] for frame in sent(session)] == [6, 7]


def test_a_cursor_beyond_this_process_waits_until_the_process_is_there(session: Session, hub: Hub) -> None:
    ahead = session.receive(text(op="resume", epoch="e1", position=6, channels=[{"channel": "all"}]), now=0.0)
    assert isinstance(ahead, Resume)
    session.start(ahead, Head("e1", 6, floor=2))

    got: list[JsonObject] = []
    for position in (5, 6, 7):
        hub.deliver(make_event(position))
        got += sent(session)

    assert [frame["position"] for frame in got if frame["type"] == "event"] == [7]


def test_what_was_replayed_for_an_older_cursor_is_not_used(session: Session) -> None:
    session.receive(text(op="resume", epoch="e1", position=2, channels=[{"channel": "all"}]), now=0.0)
    sent(session)
    hole = session.work(0.0)
    assert hole == Hole(2, 4)
    session.receive(text(op="resume", epoch="e1", position=3, channels=[{"channel": "all"}]), now=0.0)

    session.replayed([make_event(3), make_event(4)], hole)

    assert [frame["type"] for frame in sent(session)] == ["reply"]
    assert session.work(0.0) == Hole(3, 4)


def test_an_overfull_queue_is_replayed_from_its_first_event(
    session: Session, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "QUEUE_MAX", 1_000)
    session.receive(text(op="resume", epoch="e1", position=4, channels=[{"channel": "all"}]), now=0.0)
    sent(session)
    hub.deliver(make_event(5))
    sent(session)

    for position in range(6, 20):
        hub.deliver(make_event(position))

    hole = session.work(0.0)
    assert isinstance(hole, Hole)
    assert hole.after == 5


def test_a_resume_drops_what_was_queued_before_it(session: Session, hub: Hub) -> None:
    session.receive(text(op="resume", epoch="e1", position=4, channels=[{"channel": "all"}]), now=0.0)
    sent(session)
    hub.deliver(make_event(5))

    session.receive(text(op="resume", epoch="e1", position=5, channels=[{"channel": "all"}]), now=0.0)

    assert [frame["type"] for frame in sent(session)] == ["reply"]
