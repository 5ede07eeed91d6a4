"""How long to wait before another attempt: a random time, so that a restart of the service is no stampede."""

from __future__ import annotations

import random
from collections.abc import Callable

FIRST = 1.0  # s; the limit of the first wait (docs/protocol.md, Staying connected)
LONGEST = 30.0  # s; the limit never grows beyond
ASKED_MAX = 300.0  # s; a longer wait that the service asks for is a mistake


class Backoff:
    """Full jitter: each wait lies between 0 and a limit that doubles. `chance` gives numbers from 0 to 1."""

    def __init__(self, chance: Callable[[], float] = random.random) -> None:
        self._chance = chance
        self._limit = FIRST

    def next(self, asked: float | None = None) -> float:
        """Seconds to wait now, and a larger limit next time. `asked`: at least so long, the service says."""
        wait = self._chance() * self._limit
        self._limit = min(2 * self._limit, LONGEST)
        return wait if asked is None else min(max(asked, 0.0), ASKED_MAX) + wait

    def lasted(self, seconds: float) -> None:
        """A connection has lasted so long: after one that outlived its wait, waiting starts again at the first limit."""
        if seconds >= self._limit:
            self._limit = FIRST
