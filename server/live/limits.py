"""How much a client may ask for: a bucket of frames that fills by itself. Pure."""

from __future__ import annotations

RATE = 50.0  # frames a second in the long run: far beyond what hands do, enough for a bot that writes
BURST = 200.0  # frames at once
FRAME_BYTES = 2048  # that one frame may have; longer ones count as several
TOLERANCE = 100.0  # frames too many that are answered by an error; beyond, the client is closed
CONNECTIONS_MAX = 100  # of one user in one process


def refilled(level: float, seconds: float) -> float:
    """What is in the bucket so much later."""
    return min(BURST, level + RATE * seconds)


def cost(size: int) -> float:
    """What a frame of `size` bytes or characters takes out."""
    return 1.0 + size // FRAME_BYTES


def retry_after(level: float) -> int:
    """Seconds until an overdrawn bucket has something in it again."""
    return 1 + int(-level / RATE)
