"""Whether a client is still there, and takes what it is sent: what was heard, written and taken, and when. Pure."""

from __future__ import annotations

HEARTBEAT = 20  # s; home routers drop connections that are idle for 60
CHECKPOINT = 10.0  # s at most until a client learns that the log went on without it
SILENT = 60.0  # s; three heartbeats that the client did not answer with as much as a ping
STUCK = 30.0  # s without progress of a choked wire; then the client is given up


class Vitals:
    """Of one client. Times are seconds of a monotonic clock."""

    __slots__ = ("_checked", "_heard", "_left", "_moved", "_wrote", "waited_for")

    def __init__(self, now: float) -> None:
        self._heard = self._moved = self._checked = now
        self._wrote = False
        self._left: int | None = None  # bytes that a choked wire had left when it was last looked at
        self.waited_for = False
        """The client waits for an answer of the service; what it says meanwhile is not heard."""

    @property
    def choked(self) -> bool:
        """The client does not read as fast as is written."""
        return self._left is not None

    def hear(self, now: float) -> float:
        """The client said something. Returns the seconds since the last time."""
        elapsed, self._heard = now - self._heard, now
        return elapsed

    def wrote(self) -> None:
        """Something was written. To a choked wire that is no progress."""
        self._wrote = self._wrote or self._left is None

    def choke(self, left: int) -> None:
        """So many bytes are left that the client has not taken."""
        self._left, self._wrote = left, True

    def flow(self) -> None:
        """The client has taken what it was sent."""
        self._left = None

    def pass_time(self, now: float) -> None:
        """Called about every second, before the questions that follow."""
        if self._wrote:
            self._wrote, self._moved = False, now

    def is_silent(self, now: float) -> bool:
        """The client has said nothing for too long."""
        return now - self._heard > SILENT and not self.waited_for

    def is_stuck(self, now: float, left: int) -> bool:
        """The client takes nothing at all. `left`: bytes that a choked wire has left now."""
        before, self._left = self._left, left
        if before is None or left < before:
            self._moved = now
            return False
        return now - self._moved > STUCK

    def is_due(self, now: float, *, news: bool) -> bool:
        """A checkpoint is to be written: there is `news` for a while, or nothing was written for a heartbeat."""
        due = (news and now - self._checked >= CHECKPOINT) or now - self._moved >= HEARTBEAT
        if due:
            self._checked = now
        return due
