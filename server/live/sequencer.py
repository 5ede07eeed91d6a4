"""Puts events in order, each once. Pure: it is given events, positions and the time, and says what to deliver or read.

position = last + 1 → deliver · ≤ last → drop · beyond → hold, wait `PATIENCE` for what is missing, then have it read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from server.domain.events import Event
from server.domain.words import Position

PATIENCE = 0.030  # s; two nodes' messages may overtake each other by about a millisecond
RETRY = 0.100  # s between readings of a hole that the log could not fill
HELD_MAX = 10_000  # events; what is dropped beyond is read from the log


@dataclass(frozen=True, slots=True)
class Hole:
    """Positions to read from the log: `after` exclusive, `upto` inclusive."""

    after: Position
    upto: Position


class Sequencer:
    """The order of one process. `last` is the position of the last event it let through."""

    def __init__(self, last: Position) -> None:
        self.last = last
        self._known = last  # the highest position that is known to exist
        self._held: dict[Position, Event] = {}
        self._due: float | None = None
        self._reading = False

    @property
    def due(self) -> float | None:
        """When `ask` has a hole to read; None while there is none, or one is being read."""
        return None if self._reading else self._due

    def offer(self, event: Event, now: float) -> list[Event]:
        """Takes an event from the bus; returns what can be delivered now, in order. `now` in seconds, monotonic."""
        if event.position <= self.last:
            return []
        self._hold(event)
        return self._release(now)

    def head(self, position: Position, now: float, patience: float = PATIENCE) -> None:
        """The log has reached `position`: what is missing up to there gets `patience` seconds to come by itself."""
        self._known = max(self._known, position)
        self._schedule(now + patience)

    def ask(self, now: float) -> Hole | None:
        """The hole to read, once it is due; then none until `fill` or `failed` (single flight)."""
        if self._reading or self._due is None or now < self._due:
            return None
        self._reading = True
        return Hole(self.last, min(self._held, default=self._known + 1) - 1)

    def fill(self, events: Iterable[Event], now: float) -> list[Event]:
        """What the log had for the hole; returns what can be delivered now. The rest of a longer hole is due at once."""
        self._reading, self._due = False, None
        before = self.last
        for event in events:
            if event.position > self.last:
                self._hold(event)
        delivered = self._release(now)
        if self.last < self._known:
            self._due = now if self.last > before else now + RETRY
        return delivered

    def failed(self, now: float) -> None:
        """The log could not be read; asks again a little later, unless the bus brought what was missing meanwhile."""
        self._reading = False
        self._due = now + RETRY if self.last < self._known else None

    def _hold(self, event: Event) -> None:
        self._held[event.position] = event
        self._known = max(self._known, event.position)
        if len(self._held) > HELD_MAX:
            del self._held[max(self._held)]

    def _release(self, now: float) -> list[Event]:
        ready: list[Event] = []
        while (event := self._held.pop(self.last + 1, None)) is not None:
            self.last = event.position
            ready.append(event)
        if self.last == self._known:
            self._due = None
        else:
            self._schedule(now + PATIENCE, restart=bool(ready))
        return ready

    def _schedule(self, due: float, *, restart: bool = False) -> None:
        if self.last < self._known and (restart or self._due is None or due < self._due):
            self._due = due
