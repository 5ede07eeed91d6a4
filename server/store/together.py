"""Who asks at the same moment is answered by one query: after a restart thousands of clients come back at once.

While one query runs, further questions gather and are the next one's. So an answer is never older than its question,
nothing is cached, and the number of queries is bounded by time, not by clients.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Generic, Self, TypeAlias, TypeVar

BATCH = 200  # keys of one query: a statement with more is no faster, and the loop waits while its rows are read

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

Load: TypeAlias = Callable[[Sequence[Key]], Awaitable[Mapping[Key, Value]]]
"""Reads the values of some different keys; what does not exist is left out."""


class Together(Generic[Key, Value]):
    """Use as `async with Together(load) as together`, which owns the task that asks."""

    def __init__(self, load: Load[Key, Value]) -> None:
        self._load = load
        self._asked: dict[Key, asyncio.Future[Value | None]] = {}
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run(), name="together")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        for answer in self._asked.values():
            answer.cancel()

    async def get(self, key: Key) -> Value | None:
        """The value of a key as of now, None when there is none. Raises what reading it raised."""
        if key not in self._asked:
            self._asked[key] = asyncio.get_running_loop().create_future()
            self._wake.set()
        return await asyncio.shield(self._asked[key])  # who gives up asking does not take the answer from the others

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._asked:
                await self._answer({key: self._asked.pop(key) for key in list(self._asked)[:BATCH]})

    async def _answer(self, asked: Mapping[Key, asyncio.Future[Value | None]]) -> None:
        try:
            found = await self._load(list(asked))
        except asyncio.CancelledError:
            _each(asked.values(), lambda answer: answer.cancel())
            raise
        except Exception as error:  # noqa: BLE001  (it is raised again where the question was asked)
            reason = error
            _each(asked.values(), lambda answer: answer.set_exception(reason))
        else:
            for key, answer in asked.items():
                answer.set_result(found.get(key))


def _each(
    answers: Iterable[asyncio.Future[Value | None]], tell: Callable[[asyncio.Future[Value | None]], object]
) -> None:
    for answer in answers:
        tell(answer)
        with suppress(asyncio.CancelledError, Exception):
            answer.exception()  # seen: that nobody waits any more is no fault
