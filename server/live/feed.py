"""The live path of one process, running: bus → sequencer → hub → sessions, with the log where the bus was not enough.

The app starts and stops it, hands `publish` to the unit of work, and gives it to the endpoint.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Iterable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Protocol, Self

import structlog

from server.domain.events import Event, Head
from server.domain.words import Position
from server.live.bus import Bus
from server.live.hub import Hub
from server.live.protocol import Reset
from server.live.sequencer import Hole, Sequencer
from server.live.session import Session

HEAD_CHECK = 0.5  # s between looks at the log's head: how late a lost last message can be
HEAD_CHECK_SICK = 0.1  # s, while the bus brings nothing
HOLE_PAGE = 500  # events of a hole read at once
TICK = 1.0  # s between looks at each session's clock
DRAIN = 2.0  # s for clients to take their `bye`
RETRY_MIN = 250  # ms until the first client comes back after a restart
RETRY_PER_CLIENT = 5  # ms of spread for each: at most 200 clients a second come back

log = structlog.get_logger()


class Log(Protocol):
    """The log, as the live path reads it. `after` is exclusive, `upto` inclusive; at most `limit` events, in order."""

    def head(self) -> Awaitable[Head]:
        """Where the log stands."""

    def read(self, after: Position, upto: Position, limit: int) -> Awaitable[Sequence[Event]]:
        """Events as they were recorded."""

    def replay(self, after: Position, upto: Position, limit: int) -> Awaitable[Sequence[Event]]:
        """The same events, with rights and contents as of now."""


class Live:
    """The live path of this process. Use as `async with Live(...)`; entering raises what reading the head raises."""

    hub: Hub

    def __init__(self, log: Log, url: str, portal: str) -> None:
        self.log = log
        self.bus = Bus(url, portal, self)
        self.closing = False
        self.sessions: set[Session] = set()
        self._sequencer = Sequencer(0)
        self._suspected = True
        self._wake = asyncio.Event()
        self._gone = asyncio.Event()
        self._tasks: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        head = await self.log.head()
        self.hub = Hub(head)
        self._sequencer = Sequencer(head.position)
        self._tasks = asyncio.create_task(self._run(), name="live")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.drain()
        if self._tasks:
            self._tasks.cancel()
            await asyncio.wait({self._tasks})

    async def publish(self, events: Sequence[Event]) -> None:
        """Tells all processes, this one too, of events just committed. Best effort, at once, never raises."""
        await self.bus.publish(events)

    def add(self, session: Session) -> None:
        """A client is there."""
        self.sessions.add(session)
        self.hub.add(session)

    def remove(self, session: Session) -> None:
        """A client is gone."""
        self.hub.remove(session)
        self.sessions.discard(session)
        if not self.sessions:
            self._gone.set()

    async def drain(self) -> None:
        """Says `bye` to all clients and lets them go; new ones are refused from here on. Twice is no harm.

        Has to happen before the HTTP server closes its connections: that would be a close without a `bye`.
        """
        self.closing = True
        spread = RETRY_MIN + max(1000, RETRY_PER_CLIENT * len(self.sessions))
        for session in list(self.sessions):
            session.leave(random.randint(RETRY_MIN, spread))  # noqa: S311  (spread, not secret)
        if self.sessions:
            self._gone.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(DRAIN):
                    await self._gone.wait()

    # What the bus brings

    def event(self, event: Event) -> None:
        """An event from the bus."""
        self._deliver(self._sequencer.offer(event, _now()))
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

    def _deliver(self, events: Iterable[Event]) -> None:
        for event in events:
            try:
                self.hub.deliver(event)
            except Exception:  # an event that cannot be shown must not be a hole that nobody knows of
                log.exception("event_undeliverable", position=event.position)
                self.hub.restart(Head(self.hub.epoch, event.position, self.hub.floor), Reset.FAILED)

    # What runs

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.bus.run(), name="live-bus")
            tasks.create_task(self._follow(), name="live-follow")
            tasks.create_task(self._tick(), name="live-tick")

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK)
            for session in list(self.sessions):
                session.tick(_now())

    async def _follow(self) -> None:
        """Looks at the head of the log, and reads holes, one at a time."""
        checked = float("-inf")
        while True:
            try:
                if self._suspected or _now() - checked >= self._interval():
                    self._suspected, checked = False, _now()
                    await self._check_head()
                if hole := self._sequencer.ask(_now()):
                    await self._read(hole)
            except Exception:
                log.exception("log_unreadable")
                self._sequencer.failed(_now())
                await asyncio.sleep(HEAD_CHECK_SICK)
            await self._pause(checked + self._interval())

    def _interval(self) -> float:
        return HEAD_CHECK if self.bus.healthy else HEAD_CHECK_SICK

    async def _pause(self, until: float) -> None:
        if self._sequencer.due is not None:
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
        self.hub.restart(head, reason)

    async def _read(self, hole: Hole) -> None:
        events = await self.log.read(hole.after, hole.upto, HOLE_PAGE)
        self._deliver(self._sequencer.fill(events, _now()))


def _now() -> float:
    return asyncio.get_running_loop().time()
