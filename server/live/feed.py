"""The live path of one process, running: bus → sequencer → hub → sessions, with the log where the bus was not enough.

The app starts and stops it, hands `publish` to the unit of work, and gives it to the endpoint.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Collection, Coroutine, Mapping, Sequence
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import Protocol, Self

import structlog

from server.domain.events import Event, Head
from server.domain.words import Millis, Position, UserId
from server.live.admission import Admission, room_for_clients
from server.live.bus import Bus
from server.live.counters import COUNTING, Count, Counted, CounterFeed
from server.live.envelope import seal, unseal
from server.live.flusher import Flusher
from server.live.hub import Hub
from server.live.presence_claims import Claims
from server.live.presence_feed import CHANGES, PresenceFeed
from server.live.presence_sight import Blind, Sight
from server.live.protocol import Reset
from server.live.ring import PAGE
from server.live.sequencer import Hole, Sequencer
from server.live.session import Session
from server.live.shared import Shared

HEAD_CHECK = 0.5  # s between looks at the log's head: how late a lost last message can be
HEAD_CHECK_SICK = 0.1  # s, while the bus brings nothing
HOLE_PAGE = 500  # events of a hole read at once
TICK = 1.0  # s between looks at each session's clock
TICKED = 256  # sessions looked at in one go
READINGS = 8  # of the log at the same time; those who wait for the same share it
FULL = 0.02  # s until holes are read again when more events wait than should
DRAIN = 2.0  # s for clients to take their `bye`
RETRY_MIN = 250  # ms until the first client comes back after a restart
RETRY_PER_CLIENT = 5  # ms of spread for each: at most 200 clients a second come back

log = structlog.get_logger()


class Log(Protocol):
    """The log, as the live path reads it. `after` is exclusive, `upto` inclusive; at most `limit` events, in order."""

    def head(self) -> Awaitable[Head]:
        """Where the log stands."""

    def replay(self, after: Position, upto: Position, limit: int) -> Awaitable[Sequence[Event]]:
        """Events with rights and contents as of now: what was deleted since has none, whoever lost a right gets nothing."""


class Live:
    """The live path of this process. Use as `async with Live(...)`; entering raises what reading the head raises."""

    hub: Hub
    presence: PresenceFeed
    counters: CounterFeed

    def __init__(self, log: Log, url: str, portal: str, sight: Sight | None = None, count: Count | None = None) -> None:
        self.log = log
        self._sight = sight or Blind()
        self._count = count or _nobody_counts
        self._claims = Claims(url, portal)
        self.bus = Bus(url, portal, self)
        self.admission = Admission(room_for_clients())
        self.closing = False
        self.sessions: set[Session] = set()
        self._sequencer = Sequencer(0)
        self._heads: Shared[Head] = Shared(self.spawn, 1)
        self._replays: Shared[None] = Shared(self.spawn, READINGS)
        self._coming_back = 0
        self._suspected = True
        self._wake = asyncio.Event()
        self._gone = asyncio.Event()
        self._runs = asyncio.Event()

    async def __aenter__(self) -> Self:
        head = await self.log.head()
        self.hub = Hub(head)
        self.presence = PresenceFeed(self.hub, self._sight, self._claims, self.bus.tell, self.spawn)
        self.counters = CounterFeed(self.hub, self._count, self.spawn, _wall)
        self._flusher = Flusher(self.hub, self._deliver)
        self._sequencer = Sequencer(head.position)
        self._task = asyncio.create_task(self._run(), name="live")
        await self._runs.wait()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.drain()
        self._flusher.stop()
        self.presence.stop()
        self.counters.stop()
        self._task.cancel()
        await asyncio.wait({self._task})

    def spawn(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        """A task that ends with the live path at the latest."""
        return self._tasks.create_task(work)

    async def publish(self, events: Sequence[Event]) -> None:
        """Tells all processes of events just committed. Best effort, at once, never raises.

        Whoever is connected to this process does not wait for Redis; what comes back over it is known by then.
        """
        for event in events:
            self.event(unseal(seal(event)))  # the shapes that all others see: masking relies on them
        await self.bus.publish(events)

    def add(self, session: Session) -> None:
        """A client is there."""
        self.sessions.add(session)
        self.hub.add(session)

    def remove(self, session: Session) -> None:
        """A client is gone."""
        self.hub.remove(session)
        self.presence.leave(session)
        self.counters.left(session)
        self.sessions.discard(session)
        if not self.sessions:
            self._gone.set()

    async def drain(self, clients: int = 0) -> None:
        """Says `bye` to all clients and lets them go; new ones are refused from here on. Twice is no harm.

        `clients` is how many come back at once where other processes end too; they are spread accordingly.

        Has to happen before the HTTP server closes its connections: that would be a close without a `bye`.
        """
        self.closing = True
        self._coming_back = max(clients, len(self.sessions))
        for number, session in enumerate(list(self.sessions), start=1):
            session.leave(self.retry_ms())
            if number % TICKED == 0:
                await asyncio.sleep(0)
        if self.sessions:
            self._gone.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(DRAIN):
                    await self._gone.wait()

    def retry_ms(self) -> Millis:
        """When one client should come back after `drain`."""
        spread = max(1000, RETRY_PER_CLIENT * self._coming_back)
        return RETRY_MIN + random.randrange(spread)  # noqa: S311  (spread, not secret)

    # What clients wait for: one reading for all who need the same

    async def look_beyond(self, position: Position) -> Head:
        """The head of the log, for a client that knows of `position` already."""
        head = await self._heads.get("head", self.log.head)
        return head if head.position >= position else await self.log.head()

    async def read_again(self, hole: Hole) -> None:
        """Has the ring filled with what the log has in a hole as of now."""
        await self._replays.get(hole, partial(self._read_again, hole))

    async def _read_again(self, hole: Hole) -> None:
        epoch, as_of = self.hub.epoch, self.hub.position
        events = await self.log.replay(hole.after, hole.upto, PAGE)
        if self.hub.epoch == epoch:
            self.hub.ring.fill(hole, events, as_of, _now())

    # What the bus brings

    def knows(self, position: Position) -> bool:
        """An event that was let through already."""
        return position <= self._sequencer.last

    def event(self, event: Event) -> None:
        """An event from the bus."""
        if self._flusher.is_full:
            self._sequencer.head(event.position, _now())
        else:
            self._flusher.put(self._sequencer.offer(event, _now()))
        if self._sequencer.due is not None:
            self._wake.set()

    def head(self, position: Position) -> None:
        """An event too large for the bus: it is read from the log at once."""
        self._sequencer.head(position, _now(), patience=0)
        self._wake.set()

    def suspect(self) -> None:
        """Something may have been missed: look at the log."""
        self._suspected = True
        self._wake.set()
        if self.bus.healthy:
            self.presence.ask()

    def now(self, message: bytes) -> None:
        """What a process told that is never logged."""
        self.presence.hear(message)

    def _deliver(self, event: Event) -> None:
        try:
            self.hub.deliver(event)
            if event.name in CHANGES:
                self.presence.changed(event)
            if event.name in COUNTING:
                self.counters.changed(event)
        except Exception:  # an event that cannot be shown must not be a hole that nobody knows of
            log.exception("event_undeliverable", position=event.position)
            self.hub.restart(Head(self.hub.epoch, event.position, self.hub.floor), Reset.FAILED)
            self.presence.changed(None)
            self.counters.changed(None)

    # What runs

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            self._runs.set()
            tasks.create_task(self.bus.run(), name="live-bus")
            tasks.create_task(self._follow(), name="live-follow")
            tasks.create_task(self._tick(), name="live-tick")

    async def _tick(self) -> None:
        """Looks at all sessions once in `TICK`, a few at a time."""
        while True:
            sessions = list(self.sessions)
            parts = range(0, len(sessions) or 1, TICKED)
            for begin in parts:
                await asyncio.sleep(TICK / len(parts))
                now, at = _now(), _wall()
                for session in sessions[begin : begin + TICKED]:
                    session.tick(now, at)

    async def _follow(self) -> None:
        """Looks at the head of the log, and reads holes, one at a time."""
        checked = float("-inf")
        while True:
            try:
                if self._suspected or _now() - checked >= self._interval():
                    self._suspected, checked = False, _now()
                    await self._check_head()
                if not self._flusher.is_full and (hole := self._sequencer.ask(_now())):
                    await self._read(hole)
            except Exception:
                log.exception("log_unreadable")
                self._sequencer.failed(_now())
                await asyncio.sleep(HEAD_CHECK_SICK)
            await self._pause(checked + self._interval())

    def _interval(self) -> float:
        return HEAD_CHECK if self.bus.healthy else HEAD_CHECK_SICK

    async def _pause(self, until: float) -> None:
        if self._flusher.is_full:
            until = _now() + FULL
        elif self._sequencer.due is not None:
            until = min(until, self._sequencer.due)
        try:
            async with asyncio.timeout_at(until):
                await self._wake.wait()
        except TimeoutError:
            return
        self._wake.clear()

    async def _check_head(self) -> None:
        last = self._sequencer.last  # before reading: the bus may well be ahead of a read that began earlier
        head = await self.log.head()
        if head.epoch != self.hub.epoch or head.position < last:
            self._restart(head, Reset.EPOCH)
        elif head.floor > last:
            self._restart(head, Reset.FLOOR)
        else:
            self.hub.floor = head.floor
            self._sequencer.head(head.position, _now())

    def _restart(self, head: Head, reason: Reset) -> None:
        log.warning("log_restarted", reason=str(reason), epoch=head.epoch, position=head.position)
        self._sequencer = Sequencer(head.position)
        self._flusher.clear()
        self.hub.restart(head, reason)
        self.presence.changed(None)
        self.counters.changed(None)

    async def _read(self, hole: Hole) -> None:
        events = await self.log.replay(hole.after, hole.upto, HOLE_PAGE)
        self._flusher.put(self._sequencer.fill(events, _now()))


async def _nobody_counts(_: Collection[UserId]) -> Mapping[UserId, Counted]:
    return {}


def _wall() -> Millis:
    return time.time_ns() // 1_000_000


def _now() -> float:
    return asyncio.get_running_loop().time()
