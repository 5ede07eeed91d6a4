"""One connected client, without I/O: it is given frames, events and the time, and says what its shell has to do next.

A session WAITS until its first `resume` or `subscribe`, is BEHIND while the log is replayed to it, and LIVE when it has
reached the hub. Whatever goes wrong (slow, rights in doubt, a resume) puts it behind, and one way leads out of it.
"""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import TypeAlias

from server.domain.access import Access, Principals
from server.domain.channels import Channel
from server.domain.events import Event, Head
from server.domain.filters import Filter
from server.domain.words import JsonObject, Millis, Position, UserId
from server.errors import CaudalError, Invalid
from server.live import protocol
from server.live.hub import Hub, Letter, frame_for
from server.live.outbox import Outbox
from server.live.protocol import BadFrame, Call, Close, Encoding, Frame, Op, Ping, ProtocolError, Reset, Resume
from server.live.sequencer import Hole

HEARTBEAT = 20  # s; home routers drop connections that are idle for 60
CHECKPOINT = 10.0  # s at most until a client learns that the log went on without it
SILENT = 60.0  # s; three heartbeats that the client did not answer with as much as a ping
LAGGING = 2.0  # s without progress of the socket until queued events are dropped, to be replayed later
QUEUE_MAX = 256 * 1024  # bytes of queued events, likewise
ANSWERS_MAX = 1024 * 1024  # bytes of queued answers, which cannot be replayed: beyond, the session ends
HELD_MAX = 1_000  # events held in memory while behind; older ones are read from the log
PAGE = 100  # events replayed at once
MISTAKES_MAX = 100  # bad frames of one session; more is no mistake


@dataclass(frozen=True, slots=True)
class Identity:
    """Who connected. `person` is how others see them: `{"user": 7, "name": "Ana Belmonte"}`."""

    user: UserId
    person: JsonObject


class Flow(Enum):
    """How events come to a session."""

    WAITING = auto()
    BEHIND = auto()
    LIVE = auto()


@dataclass(frozen=True, slots=True)
class Send:
    """Frames to write, in order."""

    frames: list[Frame]


@dataclass(frozen=True, slots=True)
class Renew:
    """The user's rights are to be read again, then `renewed`."""


@dataclass(frozen=True, slots=True)
class Finish:
    """Nothing is left to send: close the socket."""

    code: Close
    reason: str


Work: TypeAlias = Send | Renew | Hole | Finish
"""What the shell has to do next; a Hole is to be replayed from the log, then `replayed`."""

Effect: TypeAlias = Call | Resume
"""What a client's frame asks of the shell: to perform a call, or to look how far the log is and `start`."""


class Session:
    """See the module. `wake` is called when there may be work; times are seconds of a monotonic clock."""

    def __init__(
        self, identity: Identity, access: Access, hub: Hub, *, encoding: Encoding, wake: Callable[[], None], now: float
    ) -> None:
        self.id = secrets.token_urlsafe(9)
        self.user = identity.user
        self.held: Principals = access.held()
        self.encoding = encoding
        self.subscriptions: dict[Channel, Filter] = {}
        self.flow = Flow.WAITING
        self.ending: Finish | None = None
        self._person = identity.person
        self._hub = hub
        self._wake = wake
        self._open = self._stale = False
        self._outbox = Outbox()
        self._cursor = self._told = self._held_since = hub.position
        self._letters: deque[Letter] = deque()
        self._asked: Hole | None = None
        self._mistakes = 0
        self._heard = self._moved = self._checked = now
        self._sending = False

    @property
    def position(self) -> Position:
        """All events for this client up to here have been queued."""
        return self._hub.position if self.flow is Flow.LIVE else self._cursor

    def open(self, at: Millis) -> None:
        """The client is there: `welcome` is the first frame. `at`: now, so that clients can compare their clocks."""
        self._open = True
        self._answer(protocol.welcome(self.id, self._person, self._hub.head, heartbeat=HEARTBEAT, at=at))

    # What comes from the client

    def receive(self, message: Frame, now: float) -> Effect | None:
        """One message of the client. Bad ones are answered by an error, or end the session with 4504."""
        self._heard = now
        if self.ending:
            return None
        if not self._open:
            self.end(Close.PROTOCOL, "early")
            return None
        try:
            op = protocol.parse(message, self.encoding)
        except ProtocolError as error:
            self.end(Close.PROTOCOL, error.reason)
            return None
        except BadFrame as error:
            self._mistake(error.id, error.error)
            return None
        try:
            return self._obey(op)
        except Invalid as error:
            self._mistake(op.id, error)
            return None

    def answer(self, id: int | None, ok: object) -> None:
        """A call was performed."""
        self._answer(protocol.reply(id, ok))

    def refuse(self, id: int | None, error: CaudalError) -> None:
        """A call was not."""
        self._answer(protocol.refusal(id, error))

    def _obey(self, op: Op) -> Effect | None:
        match op:
            case Resume():
                return self._resume(op)
            case protocol.Subscribe():
                self._subscribe(op)
            case protocol.Unsubscribe():
                channel, _ = protocol.parse_subscription(op.channel, None)
                self._hub.unsubscribe(self, channel)
                self.answer(op.id, {"position": self.position})
            case Ping():
                self.answer(op.id, {})
            case Call():
                return op
        return None

    def _mistake(self, id: int | None, error: CaudalError) -> None:
        self.refuse(id, error)
        self._mistakes += 1
        if self._mistakes > MISTAKES_MAX:
            self.end(Close.PROTOCOL, "too_many_errors")

    def _subscribe(self, op: protocol.Subscribe) -> None:
        channel, wanted = protocol.parse_subscription(op.channel, op.filter)
        if channel not in self.subscriptions and len(self.subscriptions) >= protocol.CHANNELS_MAX:
            raise protocol.too_many_channels("channel")
        self._hub.subscribe(self, channel, wanted)
        if self.flow is Flow.WAITING:
            self.flow = Flow.BEHIND
        self.answer(op.id, {"position": self.position})
        self._wake()

    def _resume(self, op: Resume) -> Resume | None:
        channels = protocol.parse_channels(op.channels)
        for channel in list(self.subscriptions):
            self._hub.unsubscribe(self, channel)
        for channel, wanted in channels.items():
            self._hub.subscribe(self, channel, wanted)
        if op.epoch == self._hub.epoch and op.position > self._hub.position:
            return op  # the log may be ahead of this process, but not of itself
        self.start(op, self._hub.head)
        return None

    def start(self, op: Resume, head: Head) -> None:
        """Answers a resume: replays from its position, or resets when the log of `head` cannot continue it."""
        self.answer(op.id, {"position": max(head.position, self._hub.position)})
        if self.flow is Flow.WAITING:
            self.flow = Flow.BEHIND
        if op.epoch != head.epoch or op.position > max(head.position, self._hub.position):
            self.reset(Reset.EPOCH)
        elif op.position < head.floor:
            self.reset(Reset.FLOOR)
        else:
            self._fall_behind(op.position)

    # What comes from the hub

    def take(self, position: Position, frame: Frame) -> None:
        """An event for this live session."""
        self._event(position, frame)
        if self._outbox.events > QUEUE_MAX:
            self._lag()
        self._wake()

    def hold(self, letter: Letter) -> None:
        """Any event while behind; the oldest are dropped beyond the limit, and read from the log instead."""
        self._letters.append(letter)
        if len(self._letters) > HELD_MAX:
            self._held_since = self._letters.popleft().event.position
        if self.flow is Flow.BEHIND:
            self._wake()

    def doubt(self, position: Position) -> None:
        """The user's rights changed at `position`: nothing more is queued before they were read again."""
        self._stale, self._asked = True, None
        if self.flow is Flow.LIVE:
            self._pause(position - 1)
            self._cursor = position - 1
        self._wake()

    def reset(self, reason: Reset) -> None:
        """The client has to load a snapshot; the stream goes on from the hub's position, channels as they are."""
        self._outbox.drop_events()
        self._letters.clear()
        self._asked = None
        self._cursor = self._held_since = self._hub.position
        if self.flow is Flow.LIVE:
            self._pause(self._cursor)
        self._answer(protocol.reset(reason, self._cursor))
        self._told = self._cursor

    # What the shell does

    def work(self, now: float) -> Work | None:
        """What to do next; None: wait for `wake`. After a Send, `sent` is called when the socket took it."""
        while True:
            if self._outbox:
                self._sending, self._moved = True, now
                return Send(self._outbox.batch())
            if self.ending:
                return self.ending
            if self._stale:
                self._stale = False  # a change while the rights are read makes them stale again
                return Renew()
            if self.flow is not Flow.BEHIND:
                return None
            if self._cursor < self._held_since:
                self._asked = Hole(self._cursor, self._held_since)
                return self._asked
            if not self._release():
                return None

    def sent(self, now: float) -> None:
        """The socket took what the last Send gave it."""
        self._sending, self._moved = False, now

    def renewed(self, access: Access) -> None:
        """The rights as of now. When they differ, what the client shows may be too much or too little: it resets."""
        held, before = access.held(), self.held
        self.held = held
        if held != before:
            self.reset(Reset.ACCESS)

    def replayed(self, events: Sequence[Event], hole: Hole) -> None:
        """The beginning of a hole, as the log has it as of now."""
        if hole is not self._asked:
            return  # what it was read for no longer holds: work() asks anew
        self._asked = None
        for expected, event in enumerate(events, start=hole.after + 1):
            if event.position != expected:
                break
            self._consider(Letter(event))
        if self._cursor == hole.after:
            self.reset(Reset.FLOOR)

    def end(self, code: Close, reason: str = "") -> None:
        """Closes after what is queued. The first reason counts."""
        if self.ending is None:
            self.ending = Finish(code, reason)
            self._outbox.drop_events()
            self._wake()

    def leave(self, retry_ms: int) -> None:
        """A planned end: the client comes back after `retry_ms`."""
        if self.ending is None:
            self._answer(protocol.bye(retry_ms))
            self.end(Close.RESTART, "restart")

    def tick(self, now: float) -> None:
        """Called about every second: heartbeats, checkpoints, silent and slow clients."""
        if now - self._heard > SILENT:
            self.end(Close.SILENT, "silent")
        elif self._sending and now - self._moved > LAGGING:
            self._lag()
        elif self.flow is not Flow.WAITING and not self._outbox and not self._sending:
            self._check(now)

    def _check(self, now: float) -> None:
        behind = self.position > self._told and now - self._checked >= CHECKPOINT
        if behind or now - self._moved >= HEARTBEAT:
            self._checked, self._told = now, self.position
            frame = protocol.encode(protocol.checkpoint(self.position), self.encoding)
            self._outbox.put_checkpoint(self.position, frame)
            self._wake()

    # The outbox

    def _answer(self, frame: protocol.ServerMessage) -> None:
        if self.ending is None:
            self._outbox.put_answer(protocol.encode(frame, self.encoding))
            if self._outbox.answers > ANSWERS_MAX:
                self._outbox.clear()
                self.end(Close.SLOW, "slow")
            self._wake()

    def _event(self, position: Position, frame: Frame) -> None:
        if self.ending is None:
            self._told = position
            self._outbox.put_event(position, frame)

    # Behind, and out of it

    def _lag(self) -> None:
        if self.flow is Flow.LIVE and (after := self._outbox.drop_events()) is not None:
            self._pause(self._hub.position)
            self._cursor = self._told = after

    def _pause(self, since: Position) -> None:
        self.flow = Flow.BEHIND
        self._letters.clear()
        self._held_since = since
        self._hub.pause(self)

    def _fall_behind(self, position: Position) -> None:
        self._outbox.drop_events()
        if self.flow is Flow.LIVE:
            self._pause(self._hub.position)
        self.flow = Flow.BEHIND
        self._asked = None
        self._cursor = self._told = position
        self._wake()

    def _release(self) -> bool:
        """A page of the held events into the queue, or on to LIVE. False: nothing to do before the hub goes on."""
        for _ in range(PAGE):
            if not self._letters:
                break
            letter = self._letters.popleft()
            self._held_since = letter.event.position
            if letter.event.position > self._cursor:
                self._consider(letter)
        if self._letters:
            return True
        if self._cursor > self._hub.position:
            return bool(self._outbox)
        self._cursor = self._hub.position
        self.flow = Flow.LIVE
        self._hub.flow(self)
        return True

    def _consider(self, letter: Letter) -> None:
        self._cursor = letter.event.position
        if (frame := frame_for(letter, self)) is not None:
            self._event(letter.event.position, frame)
