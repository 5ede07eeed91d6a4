"""The bus over a real Redis-compatible server: a hint that may be lost, but never garbled, and heals by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import cast

import pytest
from redis.asyncio import Redis as RedisClient

from server.domain.events import Event
from server.errors import Unavailable
from server.live.bus import FAIR, LETTER_MAX, Bus, Pulse, check_bus
from server.live.publisher import QUEUE_BYTES, QUEUE_MAX
from tests.live.portal import entry, make_event


class Ears:
    """Hears what the bus brings."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.heads: list[int] = []
        self.told: list[bytes] = []
        self.suspicions = 0
        self.known: set[int] = set()

    def knows(self, position: int) -> bool:
        return position in self.known

    def event(self, event: Event) -> None:
        self.events.append(event)

    def head(self, position: int) -> None:
        self.heads.append(position)

    def suspect(self) -> None:
        self.suspicions += 1

    def now(self, message: bytes) -> None:
        self.told.append(message)


async def until(condition: Callable[[], object]) -> None:
    """Waits for a condition."""
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


@asynccontextmanager
async def running(url: str, portal: str = "p", *, pulse: Pulse | None = None) -> AsyncIterator[tuple[Bus, Ears]]:
    """A bus that is healthy, and what it hears."""
    ears = Ears()
    bus = Bus(url, portal, ears, pulse=pulse)
    task = asyncio.create_task(bus.run())
    try:
        await until(lambda: bus.healthy)
        yield bus, ears
    finally:
        task.cancel()
        await asyncio.wait({task})


async def test_every_process_of_a_portal_hears_every_event_whole(redis_url: str) -> None:
    async with (
        running(redis_url) as (one, ears),
        running(redis_url) as (_, others),
        running(redis_url, "q") as (_, far),
    ):
        events = [make_event(position) for position in range(1, 101)]

        await one.publish(events)

        await until(lambda: len(ears.events) == len(others.events) == 100)
        assert ears.events == others.events == events
        assert far.events == []


async def test_of_an_event_too_large_only_the_position_is_told(redis_url: str) -> None:
    async with running(redis_url) as (bus, ears):
        await bus.publish([make_event(9, data={"entry": entry(text="x" * LETTER_MAX)})])

        await until(lambda: ears.heads == [9])
        assert ears.events == []


async def test_an_event_that_is_known_already_is_counted_and_not_looked_at(redis_url: str) -> None:
    async with running(redis_url) as (bus, ears):
        ears.known = {1}

        await bus.publish([make_event(1, data={"entry": entry(text="x" * LETTER_MAX)}), make_event(1), make_event(2)])

        await until(lambda: bus.counts.received == 3)
        assert ([event.position for event in ears.events], ears.heads) == ([2], [])


async def test_a_foreign_message_is_a_suspicion_and_nothing_more(redis_url: str) -> None:
    async with running(redis_url) as (bus, ears), RedisClient.from_url(redis_url) as stranger:
        before = ears.suspicions

        for message in (b"", b"\xc1", b"\x80", b"\x81\xa1a\x01", b"\x81\xa8position\xa1x", b"\x93\x01\x02\x03"):
            await stranger.publish("caudal:{p}:events", message)
        await bus.publish([make_event(1)])

        await until(lambda: ears.events)
        assert (bus.counts.foreign, ears.suspicions - before) == (6, 6)


async def test_what_is_told_reaches_every_process_of_a_portal_as_it_is(redis_url: str) -> None:
    async with (
        running(redis_url) as (bus, ears),
        running(redis_url) as (_, others),
        running(redis_url, "q") as (_, far),
    ):
        bus.tell(b"\x00anything\xff")

        await until(lambda: ears.told == others.told == [b"\x00anything\xff"])
        assert (ears.events, far.told) == ([], [])


async def test_what_is_too_large_to_be_told_is_refused(redis_url: str) -> None:
    bus = Bus(redis_url, "p", Ears())

    with pytest.raises(ValueError, match="too large"):
        bus.tell(b"x" * (LETTER_MAX + 1))


async def test_a_quiet_connection_proves_itself_and_stays(redis_url: str) -> None:
    async with running(redis_url, pulse=Pulse(probe=0.05, sick=2.0, dead=4.0)) as (bus, ears):
        await until(lambda: bus.counts.published >= 3)

        assert (bus.counts.connects, bus.counts.sick) == (1, 0)
        assert ears.events == []


async def test_a_burst_is_no_reason_for_the_others_to_wait(redis_url: str) -> None:
    async with running(redis_url) as (bus, ears):
        heard = [0]

        await bus.publish([make_event(1)] * 5_000)
        while heard[-1] < 5_000:
            await asyncio.sleep(0)
            heard.append(len(ears.events))

        assert max(after - before for before, after in pairwise(heard)) <= FAIR


@pytest.mark.parametrize("size", [1, LETTER_MAX // 2])
async def test_a_writer_is_neither_held_up_nor_hurt_by_a_redis_that_is_away(size: int) -> None:
    ears = Ears()
    bus = Bus("unix:///nowhere.sock", "p", ears)
    task = asyncio.create_task(bus.run())
    event = make_event(1, data={"entry": entry(text="x" * size)})
    try:
        async with asyncio.timeout(5):
            await bus.publish([event] * (QUEUE_MAX + 5))
            await until(lambda: bus.counts.unpublished == QUEUE_MAX + 5)
        assert not bus.healthy
        assert ears.suspicions >= 1
    finally:
        task.cancel()
        await asyncio.wait({task})


async def test_a_queue_that_nobody_empties_is_bounded_in_bytes() -> None:
    bus = Bus("unix:///nowhere.sock", "p", Ears())

    for _ in range(QUEUE_MAX):
        bus.tell(b"x" * LETTER_MAX)

    assert bus.counts.unpublished == QUEUE_MAX - QUEUE_BYTES // LETTER_MAX


@pytest.mark.parametrize(
    "url",
    [
        "redis://me:hush@127.0.0.1:1/0",
        "redis+sentinel://me:hush@127.0.0.1:1,127.0.0.1:2/bus?sentinel_password=hush",
        "redis+cluster://:hush@127.0.0.1:1,127.0.0.1:2",
    ],
)
async def test_an_unreachable_redis_is_named_without_its_password(url: str) -> None:
    with pytest.raises(Unavailable) as error:
        await check_bus(url)

    assert "127.0.0.1:1" in error.value.message
    assert "hush" not in error.value.message
    assert "\n" not in error.value.message


async def test_a_reachable_redis_passes(redis_url: str) -> None:
    assert cast(object, await check_bus(redis_url)) is None
