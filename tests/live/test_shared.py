"""One reading for all who want the same at the same moment."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine

import pytest

from server.live.shared import Shared


class Source:
    """Something slow to read."""

    def __init__(self) -> None:
        self.reads = 0
        self.open = asyncio.Event()
        self.fails = False
        self.tasks: set[asyncio.Task[None]] = set()

    def spawn(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self.tasks.add(task)
        return task

    async def read(self) -> int:
        self.reads += 1
        number = self.reads
        await self.open.wait()
        if self.fails:
            raise OSError("no")
        return number


async def test_who_asks_while_it_is_read_gets_the_same_and_who_asks_later_does_not() -> None:
    source = Source()
    shared: Shared[int] = Shared(source.spawn, limit=1)
    asking = [asyncio.create_task(shared.get("a", source.read)) for _ in range(3)]
    await asyncio.sleep(0)

    source.open.set()

    assert await asyncio.gather(*asking) == [1, 1, 1]
    assert await shared.get("a", source.read) == 2


async def test_who_leaves_does_not_break_off_what_others_wait_for() -> None:
    source = Source()
    shared: Shared[int] = Shared(source.spawn, limit=1)
    first, second = (asyncio.create_task(shared.get("a", source.read)) for _ in range(2))
    await asyncio.sleep(0)

    first.cancel()
    await asyncio.wait({first})
    source.open.set()

    assert await second == 1


async def test_an_error_is_raised_to_all_who_wait_and_to_nobody_else() -> None:
    source = Source()
    source.fails = True
    shared: Shared[int] = Shared(source.spawn, limit=1)
    asking = [asyncio.create_task(shared.get("a", source.read)) for _ in range(2)]
    await asyncio.sleep(0)
    asking.pop().cancel()

    source.open.set()

    with pytest.raises(OSError, match="no"):
        await asking[0]
    source.fails = False
    assert await shared.get("a", source.read) == 2


async def test_only_so_many_are_read_at_the_same_time() -> None:
    source = Source()
    shared: Shared[int] = Shared(source.spawn, limit=2)
    asking = [asyncio.create_task(shared.get(key, source.read)) for key in range(5)]
    while source.reads < 2:
        await asyncio.sleep(0)
    for _ in range(10):
        await asyncio.sleep(0)
    assert source.reads == 2

    source.open.set()

    assert sorted(await asyncio.gather(*asking)) == [1, 2, 3, 4, 5]
