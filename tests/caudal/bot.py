"""A bot of these tests: its client, what its stream brings, and waiting until something is so."""

from __future__ import annotations

import asyncio

from caudal import Caudal, Cursor, Stream
from tests.caudal.fake import Fake

START = Cursor("e1", 5)


def client(fake: Fake, *, patience: float = 30.0) -> Caudal:
    """A client of the scripted service."""
    return Caudal(fake.url, "secret", encoding="json", patience=patience)


async def positions(stream: Stream, count: int) -> list[int]:
    """The positions of the next items."""
    return [(await anext(stream)).position for _ in range(count)]


async def until(condition: object, what: str) -> None:
    """Waits until `condition()` is true, which is when `what`."""
    assert callable(condition)
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)
    assert condition(), what
