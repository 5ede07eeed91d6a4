"""One reading for all who want the same at the same moment: after a restart, thousands do."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")

Spawn = Callable[[Coroutine[object, object, None]], object]


class Shared(Generic[T]):
    """Readings under way, by key; at most `limit` at a time. `spawn` gives each a task of its own and an owner."""

    def __init__(self, spawn: Spawn, limit: int) -> None:
        self._spawn = spawn
        self._room = asyncio.Semaphore(limit)
        self._running: dict[Hashable, asyncio.Future[T]] = {}

    async def get(self, key: Hashable, read: Callable[[], Awaitable[T]]) -> T:
        """What `read` returns or raises: this one's, or that of the reading that is under way for `key`."""
        future = self._running.get(key)
        if future is None:
            future = self._running[key] = asyncio.get_running_loop().create_future()
            self._spawn(self._read(key, read, future))
        return await asyncio.shield(future)

    async def _read(self, key: Hashable, read: Callable[[], Awaitable[T]], future: asyncio.Future[T]) -> None:
        try:
            async with self._room:
                found = await read()
        except asyncio.CancelledError:
            future.cancel()
            raise
        except Exception as error:  # noqa: BLE001  (it is raised where it was asked for)
            future.set_exception(error)
            future.exception()  # whoever waited may be gone: that is no error of its own
        else:
            future.set_result(found)
        finally:
            del self._running[key]
