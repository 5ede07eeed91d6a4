"""When events go out: at once after a pause, joined in a burst, and never so many that the loop stands still.

A flush is followed by a rest as long as itself, 10 ms at most, so that writing leaves the loop half of its time and a crowd
that takes long to write to gets fewer, larger writes.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable

from server.domain.events import Event
from server.live.hub import Hub

JOIN = 0.010  # s from the beginning of a flush to the next, and the longest rest after one
SLICE = 0.004  # s of work after which others get a turn
QUEUE_MAX = 10_000  # events; what comes beyond is read from the log later


class Flusher:
    """Takes events in order, has them delivered and the hub flushed. Lives on the loop, without a task."""

    def __init__(self, hub: Hub, deliver: Callable[[Event], None]) -> None:
        self._hub = hub
        self._deliver = deliver
        self._queue: deque[Event] = deque()
        self._began = self._rested = float("-inf")  # the last flush, and when the next one may begin
        self._turn: asyncio.Handle | None = None
        self._due: asyncio.TimerHandle | None = None

    @property
    def is_full(self) -> bool:
        """No more events should be put."""
        return len(self._queue) >= QUEUE_MAX

    def put(self, events: Iterable[Event]) -> None:
        """The next events of the log; delivered when those before them are."""
        self._queue.extend(events)
        if self._queue and self._turn is None:
            self._turn = asyncio.get_running_loop().call_soon(self._go_on)

    def clear(self) -> None:
        """Drops what is not delivered yet."""
        self._queue.clear()

    def stop(self) -> None:
        """Does nothing any more."""
        self.clear()
        for handle in (self._turn, self._due):
            if handle is not None:
                handle.cancel()

    def _go_on(self) -> None:
        loop = asyncio.get_running_loop()
        self._turn = None
        now = loop.time()
        until = now + SLICE
        while self._queue:
            self._deliver(self._queue.popleft())
            if loop.time() >= until:
                break
        if not self._queue and self._hub.waits and self._due is None:
            if now >= self._rested:
                self._begin(until)
            else:
                self._due = loop.call_at(self._rested, self._begin_due)
        if self._queue and self._turn is None:
            self._turn = loop.call_soon(self._go_on)

    def _begin_due(self) -> None:
        self._begin(asyncio.get_running_loop().time() + SLICE)

    def _begin(self, until: float) -> None:
        self._began = asyncio.get_running_loop().time()
        self._flush(until)

    def _flush_rest(self) -> None:
        self._flush(asyncio.get_running_loop().time() + SLICE)

    def _flush(self, until: float) -> None:
        loop = asyncio.get_running_loop()
        self._due = None
        while self._hub.flush():
            if loop.time() >= until and self._hub.waits:
                self._due = loop.call_later(0, self._flush_rest)
                return
        now = loop.time()
        self._rested = max(self._began + JOIN, now + min(now - self._began, JOIN))
