"""How fast a client sends: no faster than the service takes, whatever the bot asks at once. Knows no socket."""

from __future__ import annotations

from caudal.frames import Message

BURST = 150.0  # frames at once; the service takes 200 (docs/protocol.md, Limits)
RATE = 45.0  # frames a second in the long run; the service takes 50
FRAME_BYTES = 2048  # that one frame may have; a longer one counts as several


class Pace:
    """A bucket of frames for one connection, which fills by itself. `now`: seconds of a monotonic clock."""

    def __init__(self, now: float) -> None:
        self._level = BURST
        self._filled = now

    def take(self, message: Message, now: float) -> float:
        """Takes a message out; returns the seconds to wait before it is sent."""
        size = len(message.encode()) if isinstance(message, str) else len(message)
        self._level = min(BURST, self._level + RATE * (now - self._filled)) - 1 - size // FRAME_BYTES
        self._filled = now
        return max(0.0, -self._level / RATE)
