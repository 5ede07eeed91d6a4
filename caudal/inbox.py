"""What was received and not yet taken by the loop of the bot: a queue that makes its filler wait when it is full."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

T = TypeVar("T")


class Inbox(Generic[T]):
    """A queue for one filler and one taker. At `limit` items the filler waits, unless somebody is in a hurry for what
    comes behind them: the reply to a call that the loop itself is waiting for.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._items: deque[T] = deque()
        self._hurried = 0
        self._failure: Exception | None = None
        self._filled = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()

    def __len__(self) -> int:
        return len(self._items)

    def put(self, item: T) -> None:
        """Adds an item, however full it is: `room` is for the filler to wait for before it fetches more."""
        self._items.append(item)
        self._changed()

    async def room(self) -> None:
        """Waits until there is room, or somebody is in a hurry."""
        await self._room.wait()

    async def get(self) -> T:
        """Waits for the next item and takes it out. Raises the failure once the items before it are taken."""
        while not self._items:
            if self._failure:
                raise self._failure
            await self._filled.wait()
        item = self._items.popleft()
        self._changed()
        return item

    def fail(self, failure: Exception) -> None:
        """Nothing more will come, because of `failure`. The first one counts."""
        self._failure = self._failure or failure
        self._changed()

    @contextmanager
    def hurry(self) -> Iterator[None]:
        """The filler does not wait for room meanwhile."""
        self._hurried += 1
        self._changed()
        try:
            yield
        finally:
            self._hurried -= 1
            self._changed()

    def _changed(self) -> None:
        _set(self._filled, wanted=bool(self._items) or self._failure is not None)
        _set(self._room, wanted=len(self._items) < self._limit or self._hurried > 0 or self._failure is not None)


def _set(event: asyncio.Event, *, wanted: bool) -> None:
    if wanted:
        event.set()
    else:
        event.clear()
