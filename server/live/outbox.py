"""What a session has to send and its socket has not taken yet. Events can be dropped, to be replayed later; answers cannot."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from server.domain.words import Position
from server.live.protocol import Frame

BATCH = 64 * 1024  # bytes given to the socket at once: what it buffers by itself


@dataclass(frozen=True, slots=True)
class _Queued:
    """A frame. `after`: the position to replay from if it is dropped; None for what must not be dropped."""

    frame: Frame
    after: Position | None


class Outbox:
    """A queue of finished frames. `events` and `answers` are the sizes of both sorts, in bytes."""

    __slots__ = ("_queue", "answers", "events")

    def __init__(self) -> None:
        self._queue: deque[_Queued] = deque()
        self.answers = 0
        self.events = 0

    def __bool__(self) -> bool:
        return bool(self._queue)

    def put_answer(self, frame: Frame) -> None:
        """A frame that nothing would bring again."""
        self._put(_Queued(frame, None))

    def put_event(self, position: Position, frame: Frame) -> None:
        """An event, which a replay after `position` - 1 would bring again."""
        self._put(_Queued(frame, position - 1))

    def put_checkpoint(self, position: Position, frame: Frame) -> None:
        """A checkpoint: what comes after it is after `position`."""
        self._put(_Queued(frame, position))

    def batch(self) -> list[Frame]:
        """Takes frames out, in order: at least one, and about `BATCH` bytes at most."""
        frames: list[Frame] = []
        size = 0
        while self._queue and size < BATCH:
            item = self._queue.popleft()
            self._count(item, -len(item.frame))
            frames.append(item.frame)
            size += len(item.frame)
        return frames

    def drop_events(self) -> Position | None:
        """Takes all events and checkpoints out; returns the position to replay from, None when there were none."""
        dropped = [item.after for item in self._queue if item.after is not None]
        self._queue = deque(item for item in self._queue if item.after is None)
        self.events = 0
        return dropped[0] if dropped else None

    def clear(self) -> None:
        """Takes everything out."""
        self._queue.clear()
        self.answers = self.events = 0

    def _put(self, item: _Queued) -> None:
        self._queue.append(item)
        self._count(item, len(item.frame))

    def _count(self, item: _Queued, size: int) -> None:
        if item.after is None:
            self.answers += size
        else:
            self.events += size
