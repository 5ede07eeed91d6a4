"""Questions of the same moment: one query for all, no answer older than its question, errors for all who asked."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from server.errors import Unavailable
from server.store.together import BATCH, Together


class Source:
    """Counts how it is asked; answers when it is let."""

    def __init__(self) -> None:
        self.asked: list[Sequence[int]] = []
        self.open = asyncio.Event()
        self.open.set()
        self.fails = False

    async def load(self, keys: Sequence[int]) -> Mapping[int, str]:
        self.asked.append(sorted(keys))
        await self.open.wait()
        if self.fails:
            raise Unavailable("gone")
        return {key: f"value {key}" for key in keys if key >= 0}


async def test_many_questions_are_one_query_and_each_gets_its_own_answer() -> None:
    source = Source()
    async with Together(source.load) as together:
        answers = await asyncio.gather(*(together.get(key) for key in (1, 2, 2, 3, -1)))

    assert answers == ["value 1", "value 2", "value 2", "value 3", None]
    assert source.asked == [[-1, 1, 2, 3]]


async def test_a_question_during_a_query_is_the_next_querys_even_for_the_same_key() -> None:
    source = Source()
    source.open.clear()
    async with Together(source.load) as together, asyncio.TaskGroup() as tasks:
        tasks.create_task(together.get(1))
        while not source.asked:
            await asyncio.sleep(0)
        tasks.create_task(together.get(1))
        tasks.create_task(together.get(2))
        await asyncio.sleep(0)
        source.open.set()

    assert source.asked == [[1], [1, 2]]


async def test_a_query_asks_for_no_more_than_a_batch() -> None:
    source = Source()
    async with Together(source.load) as together:
        answers = await asyncio.gather(*(together.get(key) for key in range(BATCH + 1)))

    assert len(answers) == BATCH + 1
    assert [len(keys) for keys in source.asked] == [BATCH, 1]


async def test_an_error_is_raised_where_the_question_was_asked_and_the_next_query_is_a_new_one() -> None:
    source = Source()
    source.fails = True
    async with Together(source.load) as together:
        errors = await asyncio.gather(together.get(1), together.get(2), return_exceptions=True)
        source.fails = False
        answer = await together.get(1)

    assert [type(error) for error in errors] == [Unavailable, Unavailable]
    assert answer == "value 1"


async def test_who_gives_up_takes_nothing_from_the_others() -> None:
    source = Source()
    source.open.clear()
    async with Together(source.load) as together:
        impatient = asyncio.create_task(together.get(1))
        patient = asyncio.create_task(together.get(1))
        while not source.asked:
            await asyncio.sleep(0)
        impatient.cancel()
        await asyncio.wait({impatient})
        source.open.set()

        assert await patient == "value 1"
        assert impatient.cancelled()


async def test_the_end_leaves_nobody_waiting() -> None:
    source = Source()
    source.open.clear()
    together = Together(source.load)
    async with together:
        waiting = asyncio.create_task(together.get(1))
        while not source.asked:
            await asyncio.sleep(0)

    with pytest.raises(asyncio.CancelledError):
        await waiting
