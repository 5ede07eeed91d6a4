"""The place of one client in the log, and what is written to it, without waiting for anything.

It WAITS until its first `resume` or `subscribe`, is BEHIND while it catches up, and LIVE when it has reached the hub.
Whatever goes wrong (choked, rights in doubt, a resume) puts it behind, and one way leads out of it: `work`.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto

from server.domain.access import Access
from server.domain.events import Head, Name
from server.domain.words import Position
from server.live import messages, protocol
from server.live.cohort import Cohort
from server.live.hub import NOTHING, Hub, concerns_access
from server.live.identity import Identity
from server.live.letter import Letter, Subscriptions
from server.live.protocol import Close, Frame, Reset, Resume
from server.live.ring import TrimmedError
from server.live.sequencer import Hole
from server.live.shell import Shell, Task, Work
from server.live.vitals import Vitals
from server.live.wire import Wire, finish, join

ANSWERS_MAX = 1024 * 1024  # bytes that wait when one more answer comes: answers cannot be replayed
CHUNK = 64 * 1024  # bytes of one write while catching up
RECENT = 10.0  # s after the handshake in which rights may have been read later than this process learned of them


class Flow(Enum):
    """How events come to a session."""

    WAITING = auto()
    BEHIND = auto()
    LIVE = auto()


class Follower:
    """See the module. Times are seconds of a monotonic clock."""

    __slots__ = (
        "_connected",
        "_credit",
        "_cursor",
        "_hub",
        "_latest",
        "_shell",
        "_since",
        "_stale",
        "_told",
        "_vitals",
        "_wire",
        "cohort",
        "credential",
        "ending",
        "flow",
        "lens",
        "user",
        "watched",
    )

    def __init__(self, identity: Identity, access: Access, hub: Hub, *, wire: Wire, shell: Shell, now: float) -> None:
        self.user = identity.user
        self.credential = identity.credential
        self.lens = hub.lens(wire.form, access.held(), identity.user)
        self.watched: Subscriptions = NOTHING
        self.cohort: Cohort | None = None
        self.flow = Flow.WAITING
        self.ending: Close | None = None
        self._hub = hub
        self._wire = wire
        self._shell = shell
        self._cursor = self._told = self._since = hub.position
        self._stale = self._latest = False
        self._credit: int | None = None
        self._vitals = Vitals(now)
        self._connected = now

    @property
    def position(self) -> Position:
        """All events for this client up to here have been written."""
        if self.cohort is None or self.cohort.waits:
            return self._cursor
        return self._hub.position

    # What the client asks for

    @property
    def channels(self) -> Subscriptions:
        """What it is subscribed to."""
        return self._hub.subscriptions(self)

    def subscribe(self, channels: Subscriptions) -> None:
        """Exactly these channels from here on, without another look at the past."""
        self._hub.subscribe(self, channels)
        if self.flow is Flow.WAITING:
            self.flow = Flow.BEHIND
            self._shell.wake()

    def give_credit(self, events: int) -> int:
        """So many events more; the first time, all that may come. Returns what there is."""
        if self._credit is None and self._hub.settle(self):
            self.flow = Flow.BEHIND
        self._credit = min((self._credit or 0) + events, protocol.CREDIT_MAX)
        self._shell.wake()
        return self._credit

    def resume(self, op: Resume, channels: Subscriptions) -> Resume | None:
        """Begins anew, with these channels. Returns what is still to be waited for."""
        self._hub.pause(self)
        self._hub.subscribe(self, channels)
        self.flow = Flow.WAITING
        self._latest, self._credit = op.mode == "latest", op.credit
        if op.epoch == self._hub.epoch and op.position > self._hub.position:
            return op  # the log may be ahead of this process, but not of itself
        self.start(op, self._hub.head)
        return None

    def start(self, op: Resume, head: Head) -> None:
        """Answers a resume: replays from its position, or resets when the log of `head` cannot continue it."""
        self._answer(messages.reply(op.id, {"position": max(head.position, self._hub.position)}))
        self.flow = Flow.BEHIND
        if op.epoch != head.epoch or op.position > max(head.position, self._hub.position):
            self.reset(Reset.EPOCH)
        elif op.position < head.floor:
            self.reset(Reset.FLOOR)
        else:
            self._cursor = self._told = op.position
            self._shell.wake()

    # What comes from the hub

    def put(self, frames: Sequence[Frame], position: Position) -> None:
        """See `cohort.Member`."""
        self._cursor = position
        if not frames:
            return
        self._told = position
        self._vitals.wrote()
        try:
            self._wire.write(frames)
        except Exception as error:  # noqa: BLE001  (whatever it is, the other members of the cohort have to get theirs)
            self._shell.failed(error)

    def tell(self, frame: Frame) -> None:
        """See `hub.Subscriber`."""
        self._wire.write((frame,))

    def wake(self) -> None:
        """See `hub.Subscriber`."""
        self._shell.wake()

    def doubt(self, position: Position) -> None:
        """See `hub.Subscriber`."""
        self._stale = True
        if self.flow is Flow.LIVE:
            self._fall_behind(position - 1)
        self._shell.wake()

    def reset(self, reason: Reset) -> None:
        """The client has to load a snapshot; the stream goes on from the hub's position, channels as they are."""
        self._fall_behind(self._hub.position)
        self._told = self._cursor
        self._answer(messages.reset(reason, self._cursor))
        self._shell.wake()

    def end(self, code: Close, reason: str = "") -> None:
        """Closes after what was written. The first reason counts."""
        if self.ending is None:
            self.ending = code
            self._hub.pause(self)
            self._wire.close(code, reason)

    # What comes from the wire

    def choked(self) -> None:
        """The client does not read as fast as is written: it catches up later."""
        self._vitals.choke(self._wire.waiting)
        if self.flow is Flow.LIVE:
            self._fall_behind(self.position)

    def flowing(self) -> None:
        """The client has taken what it was sent."""
        self._vitals.flow()
        if self._latest and self.flow is Flow.BEHIND and self._cursor < self._hub.position:
            self.reset(Reset.LAGGING)
        self._shell.wake()

    # What the shell does

    def work(self, now: float) -> Work | None:
        """What to do next; None: wait for `wake`."""
        if self.ending:
            return None
        if self._stale:
            self._stale = False  # a change while the rights are read makes them stale again
            return Task.RENEW
        if self.flow is not Flow.BEHIND or self._vitals.choked:
            return None
        return self._catch_up(now)

    def renewed(self, access: Access, now: float) -> None:
        """The rights as of now. When they differ, what the client shows may be too much or too little: it resets."""
        held = access.held()
        if held != self.lens.held(self.user):
            self._hub.pause(self)
            self._hub.hold(self, held)
        elif now - self._connected > RECENT:
            return
        self.reset(Reset.ACCESS)

    # Writing and catching up

    def _answer(self, message: protocol.ServerMessage) -> None:
        if self.ending is None:
            self._vitals.wrote()
            self._wire.write((finish(message, self.lens.form),))
            if self._wire.waiting > ANSWERS_MAX:
                self.end(Close.SLOW, "slow")

    def _fall_behind(self, position: Position) -> None:
        self._hub.pause(self)
        self._cursor = position
        if self.flow is Flow.LIVE:
            self.flow = Flow.BEHIND

    def _catch_up(self, now: float) -> Work | None:
        hub = self._hub
        if self._cursor == hub.position and self._credit is None:
            self.flow = Flow.LIVE
            hub.flow(self)
            return None
        if self._cursor >= hub.position:
            hub.await_next(self)
            return None
        if self._credit == 0:
            return None
        try:
            taken = hub.ring.take(self._cursor, now)
        except TrimmedError:
            self.reset(Reset.FLOOR)
            return Task.GO_ON
        if not isinstance(taken, Hole):
            self._consider(taken)
        elif self._latest:
            self.reset(Reset.LAGGING)
        else:
            return taken
        return Task.GO_ON

    def _consider(self, letters: Sequence[Letter]) -> None:
        frames: list[Frame] = []
        size = 0
        for letter in letters:
            event = letter.event
            if event.name is Name.ACCESS_CHANGED and event.position <= self._since and concerns_access(event, self):
                return self.reset(Reset.ACCESS)  # it showed something by the rights before
            self._cursor = event.position
            if (frame := letter.frame_for(self)) is not None:
                frames.append(frame)
                size += len(frame)
            if size >= CHUNK or len(frames) == self._credit:
                break
        if self._credit is not None:
            self._credit -= len(frames)
        if frames:
            self.put(join(frames, self.lens.form), self._cursor)
        return None
