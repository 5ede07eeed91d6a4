"""The bus over a real Redis-compatible server: a hint that may be lost, but never garbled, and heals by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import cast

import pytest
from redis.asyncio import Redis as RedisClient

from server.domain.events import Event, from_wire, to_wire
from server.errors import Unavailable
from server.live.bus import LETTER_MAX, QUEUE_MAX, Bus, check_bus
from tests.live.portal import entry, make_event
from tests.servers.redis import Redis


class Ears:
    """Hears what the bus brings."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.heads: list[int] = []
        self.suspicions = 0

    def event(self, event: Event) -> None:
        self.events.append(event)

    def head(self, position: int) -> None:
        self.heads.append(position)

    def suspect(self) -> None:
        self.suspicions += 1


async def until(condition: Callable[[], object]) -> None:
    """Waits for a condition."""
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


@asynccontextmanager
async def running(
    url: str, portal: str = "p", *, idle: float = 5.0, echo: float = 2.0
) -> AsyncIterator[tuple[Bus, Ears]]:
    ears = Ears()
    bus = Bus(url, portal, ears, idle=idle, echo=echo)
    task = asyncio.create_task(bus.run())
    try:
        await until(lambda: bus.healthy)
        yield bus, ears
    finally:
        task.cancel()
        await asyncio.wait({task})


def test_an_event_is_the_same_after_the_wire() -> None:
    event = make_event(7)

    assert from_wire(to_wire(event)) == event


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


async def test_a_foreign_message_is_a_suspicion_and_nothing_more(redis_url: str) -> None:
    async with running(redis_url) as (bus, ears), RedisClient.from_url(redis_url) as stranger:
        before = ears.suspicions

        for message in (b"", b"\xc1", b"\x80", b"\x81\xa1a\x01", b"\x81\xa8position\xa1x", b"\x93\x01\x02\x03"):
            await stranger.publish("caudal:{p}:events", message)
        await bus.publish([make_event(1)])

        await until(lambda: ears.events)
        assert (bus.counts.foreign, ears.suspicions - before) == (6, 6)


@pytest.mark.parametrize("trouble", ["kill", "restart"])
async def test_a_lost_connection_is_made_anew_and_is_a_suspected_hole(redis: Redis, trouble: str) -> None:
    async with running(redis.url) as (bus, ears):
        before = bus.counts.connects

        if trouble == "kill":
            async with RedisClient.from_url(redis.url) as admin:
                await admin.client_kill_filter(_type="pubsub")
        else:
            await asyncio.to_thread(redis.stop)
            await bus.publish([make_event(1)])
            await until(lambda: not bus.healthy)
            await asyncio.to_thread(redis.start)

        await until(lambda: bus.counts.connects > before and bus.healthy)
        assert ears.suspicions >= 2
        await bus.publish([make_event(2)])
        await until(lambda: ears.events and ears.events[-1].position == 2)


async def test_a_server_that_hangs_is_noticed_by_its_missing_echo(redis: Redis) -> None:
    async with running(redis.url, idle=0.2, echo=0.2) as (bus, _):
        redis.hang()
        await until(lambda: not bus.healthy)

        redis.resume()

        await until(lambda: bus.healthy)


async def test_a_quiet_connection_proves_itself_and_stays(redis_url: str) -> None:
    async with running(redis_url, idle=0.05, echo=0.4) as (bus, ears):
        await until(lambda: bus.counts.published >= 3)

        assert bus.counts.connects == 1
        assert ears.events == []


async def test_a_writer_is_neither_held_up_nor_hurt_by_a_redis_that_is_away() -> None:
    ears = Ears()
    bus = Bus("unix:///nowhere.sock", "p", ears)
    task = asyncio.create_task(bus.run())
    try:
        async with asyncio.timeout(5):
            await bus.publish([make_event(1)] * (QUEUE_MAX + 5))
            await until(lambda: bus.counts.unpublished == QUEUE_MAX + 5)
        assert not bus.healthy
    finally:
        task.cancel()
        await asyncio.wait({task})


async def test_an_unreachable_redis_is_named_without_its_password() -> None:
    with pytest.raises(Unavailable) as error:
        await check_bus("redis://me:hush@127.0.0.1:1/0")

    assert "127.0.0.1:1" in error.value.message
    assert "hush" not in error.value.message


async def test_a_reachable_redis_passes(redis_url: str) -> None:
    assert cast(object, await check_bus(redis_url)) is None
