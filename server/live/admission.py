"""Who is let in: so many handshakes at once, so many clients in all. The others are told when to come back.

After a restart everybody comes at once. Whoever is refused quickly costs little; a handshake that waits behind
thousands of others is given up by its client, and its work was for nothing.
"""

from __future__ import annotations

import random
import resource
from collections.abc import Iterator
from contextlib import contextmanager

from server.errors import Unavailable

PENDING_MAX = 256  # handshakes under way: half a second's work of one process
RETRY_AFTER = (1, 5)  # s; the range over which those who were refused are spread
RESERVED = 128  # file descriptors for the database, Redis, HTTP, logs


class Admission:
    """Counts handshakes. Use as `with admission.enter(clients=n):` around one; raises Unavailable with `retry_after`."""

    def __init__(self, clients_max: int, pending_max: int = PENDING_MAX) -> None:
        self._clients_max = clients_max
        self._pending_max = pending_max
        self.pending = 0
        self.refused = 0

    @contextmanager
    def enter(self, clients: int) -> Iterator[None]:
        """One handshake, while `clients` are connected."""
        if self.pending >= self._pending_max or clients + self.pending >= self._clients_max:
            self.refused += 1
            raise Unavailable("too many clients at this moment", retry_after=random.randint(*RETRY_AFTER))  # noqa: S311
        self.pending += 1
        try:
            yield
        finally:
            self.pending -= 1


def room_for_clients() -> int:
    """How many clients this process has file descriptors for; takes as many as the system gives without asking."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return max(hard - RESERVED, RESERVED) if hard != resource.RLIM_INFINITY else 1 << 20
