"""The counters of those who are connected here, pushed (PRODUCT §8): when something happens, and by themselves.

A node reads the counters of its own users and nobody else's. Each reading says until when it holds if nothing happens
(the next deadline, the user's midnight), so that numbers move by themselves without anybody doing anything.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterable, Mapping
from typing import Protocol

import structlog

from server.domain.channels import Channel, Scope
from server.domain.events import Event, Name, Reach
from server.domain.words import JsonObject, Millis, Position, UserId
from server.live.hub import Hub, Subscriber
from server.live.messages import counters
from server.live.protocol import Frame
from server.live.wire import Form, finish

GAP = 0.25  # s between two frames for one user: at most four a second
BATCH = 50  # users read at once: a thousand deadlines in one second are twenty readings, one after the other
LOOK = 30.0  # s; the wall clock is looked at this often at least, because it may jump
AGAIN = 1.0  # s until a reading that failed is tried again

COUNTERS = Channel(Scope.COUNTERS)
COUNTING = frozenset(
    {
        Name.COUNTERS_CHANGED,
        Name.ACCESS_CHANGED,
        Name.RECORD_LOCKED,
        Name.RECORD_UNLOCKED,
        Name.SETTINGS_CHANGED,
        Name.USER_CHANGED,
    }
)
"""Events after which some counters may be others."""

log = structlog.get_logger()


class Counted(Protocol):
    """The counters of one user, true at `position` and until `until` unless something happens."""

    @property
    def position(self) -> Position:
        """Where the log stood."""

    @property
    def until(self) -> Millis:
        """When they change by themselves."""

    @property
    def values(self) -> JsonObject:
        """The numbers."""


Count = Callable[[Collection[UserId]], Awaitable[Mapping[UserId, Counted]]]


class CounterFeed:
    """See the module. `spawn` starts a task that ends with the live path, `clock` is the time by the wall, in ms."""

    def __init__(
        self,
        hub: Hub,
        count: Count,
        spawn: Callable[[Coroutine[object, object, None]], object],
        clock: Callable[[], Millis],
    ) -> None:
        self._hub = hub
        self._count = count
        self._spawn = spawn
        self._clock = clock
        self._sessions: dict[UserId, set[Subscriber]] = defaultdict(set)
        self._fresh: set[Subscriber] = set()  # who has not been told anything yet
        self._shown: dict[UserId, Counted] = {}
        self._doubted: dict[UserId, None] = {}  # in the order of their turns
        self._told: dict[UserId, float] = {}
        self._running = False
        self._timer: asyncio.TimerHandle | None = None
        hub.arrivals.append(self.arrived)

    def stop(self) -> None:
        """Does nothing any more."""
        if self._timer is not None:
            self._timer.cancel()

    # Who wants to know

    def arrived(self, session: Subscriber) -> None:
        """A session is live, for the first time or again: if it wants counters, it is told them."""
        if any(channel == COUNTERS for channel, _ in session.lens.streams):
            self._sessions[session.user].add(session)
            self._fresh.add(session)
            self._doubt([session.user])

    def left(self, session: Subscriber) -> None:
        """A session has ended."""
        self._fresh.discard(session)
        sessions = self._sessions.get(session.user)
        if sessions is not None:
            sessions.discard(session)
            if not sessions:
                for known in (self._sessions, self._shown, self._doubted, self._told):
                    known.pop(session.user, None)

    # What may have changed them

    def changed(self, event: Event | None) -> None:
        """An event of COUNTING was delivered; None: anything may have happened."""
        if not self._sessions:
            return
        if event is None or event.name is Name.SETTINGS_CHANGED:
            self._doubt(list(self._sessions))
        elif event.reach is Reach.HOLDERS:
            self._doubt([user for user in self._sessions if self._holds(user, event)])
        elif event.audience:
            self._doubt([user for user in event.audience if user in self._sessions])
        elif event.name is Name.ACCESS_CHANGED:
            self._doubt(list(self._sessions))

    def _holds(self, user: UserId, event: Event) -> bool:
        return any(session.lens.may(event.principals, user) for session in self._sessions[user])

    def _doubt(self, users: Iterable[UserId]) -> None:
        for user in users:
            self._doubted[user] = None
        if self._doubted:
            self._hurry()

    # Reading and telling

    def _hurry(self) -> None:
        if not self._running:
            self._running = True
            if self._timer is not None:
                self._timer.cancel()
            self._spawn(self._run())

    async def _run(self) -> None:
        try:
            while self._doubted:
                now = _now()
                ready = [user for user in self._doubted if now - self._told.get(user, float("-inf")) >= GAP]
                if not ready:
                    await asyncio.sleep(GAP / 4)
                    continue
                await self._tell(ready[:BATCH])
        finally:
            self._running = False
            self._wait()

    async def _tell(self, users: Collection[UserId]) -> None:
        for user in users:
            del self._doubted[user]
        try:
            found = await self._count(users)
        except Exception:
            log.exception("counters_unreadable")
            self._doubted |= dict.fromkeys(user for user in users if user in self._sessions)
            await asyncio.sleep(AGAIN)
            return
        for user, counted in found.items():
            if user in self._sessions:
                self._show(user, counted)

    def _show(self, user: UserId, counted: Counted) -> None:
        before, self._shown[user] = self._shown.get(user), counted
        changed = before is None or before.values != counted.values
        finished: dict[Form, Frame] = {}
        for session in list(self._sessions[user]):
            if COUNTERS not in {channel for channel, _ in session.lens.streams}:
                self.left(session)
            elif session.cohort is None:
                self._fresh.add(session)  # it is told when it has caught up
            elif changed or session in self._fresh:
                self._fresh.discard(session)
                form = session.lens.form
                if form not in finished:
                    finished[form] = finish(counters(counted.position, counted.values), form)
                session.tell(finished[form])
                self._told[user] = _now()

    # What changes by itself

    def _wait(self) -> None:
        """Until the first of the numbers shown does not hold any more."""
        if self._shown:
            first = min(counted.until for counted in self._shown.values())
            delay = min(max(0.0, (first - self._clock()) / 1000), LOOK)
            self._timer = asyncio.get_running_loop().call_later(delay, self._look)

    def _look(self) -> None:
        now = self._clock()
        self._doubt([user for user, counted in self._shown.items() if counted.until <= now])
        if not self._running:
            self._wait()


def _now() -> float:
    return asyncio.get_running_loop().time()
