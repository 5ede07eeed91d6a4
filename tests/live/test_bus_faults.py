"""What may happen to Redis, and that the bus notices, comes back, and says what it may have missed.

The second half shows what a client gets of it: everything, once, in order, and soon.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from functools import partial

import pytest
from redis.asyncio import Redis as RedisClient

from server.domain.events import Event
from server.live.bus import Bus, Pulse
from server.live.feed import HEAD_CHECK, HEAD_CHECK_SICK
from tests.live.client import Client, client
from tests.live.portal import ANA, Portal, entry, make_event
from tests.live.test_bus import Ears, running, until
from tests.servers.redis import Redis

STEPS = 60  # turns of the loop that a connection takes to be made, and some more
SOON = 2.0  # s; what is measured is far below, but the machine may be busy


@pytest.mark.parametrize("trouble", ["client kill", "restart", "kill -9"])
async def test_a_lost_connection_is_made_anew_and_is_a_suspected_hole(redis: Redis, trouble: str) -> None:
    async with running(redis.url) as (bus, ears):
        connects, suspicions = bus.counts.connects, ears.suspicions

        if trouble == "client kill":
            await cut(redis, "pubsub")
        else:
            await asyncio.to_thread(redis.stop if trouble == "restart" else redis.kill)
            await until(lambda: not bus.healthy)
            await asyncio.to_thread(redis.start)

        await until(lambda: bus.counts.connects > connects and bus.healthy)
        assert ears.suspicions > suspicions
        await bus.publish([make_event(2)])
        await until(lambda: ears.events and ears.events[-1].position == 2)


async def test_a_connection_that_died_while_nothing_was_published_costs_no_message(redis: Redis) -> None:
    async with running(redis.url, pulse=Pulse(probe=60, sick=60, dead=60)) as (bus, ears):
        await bus.publish([make_event(1)])
        await until(lambda: ears.events)

        await cut(redis, "normal")
        await bus.publish([make_event(2)])

        await until(lambda: len(ears.events) == 2)
        assert bus.counts.unpublished == 0


async def test_a_server_that_hangs_makes_the_bus_sick_within_a_second_and_well_when_it_goes_on(redis: Redis) -> None:
    async with running(redis.url) as (bus, ears):
        redis.hang()
        began = time.monotonic()
        await until(lambda: not bus.healthy)
        noticed = time.monotonic() - began
        suspicions = ears.suspicions

        redis.resume()
        await until(lambda: bus.healthy)

        assert noticed < SOON
        assert bus.counts.connects == 1
        assert ears.suspicions > suspicions


async def test_a_connection_that_stays_silent_is_made_anew(redis: Redis) -> None:
    async with running(redis.url, pulse=Pulse(probe=0.05, sick=0.1, dead=0.2)) as (bus, _):
        redis.hang()
        await until(lambda: not bus.healthy)
        await asyncio.sleep(0.3)

        redis.resume()

        await until(lambda: bus.counts.connects > 1 and bus.healthy)


async def test_a_publish_that_is_not_taken_in_time_is_a_suspected_hole_of_ones_own(redis: Redis) -> None:
    async with running(redis.url, pulse=Pulse(probe=60, sick=60, dead=60)) as (bus, ears):
        suspicions = ears.suspicions
        redis.hang()

        await bus.publish([make_event(1)])

        await until(lambda: bus.counts.unpublished == 1)
        assert ears.suspicions > suspicions


@pytest.mark.parametrize("mute", [True, False], ids=["accepts and says nothing", "does not even accept"])
async def test_a_bus_that_is_ended_while_it_connects_ends_at_once(mute: bool) -> None:
    with black_hole(mute) as url:
        for steps in range(STEPS):
            task = asyncio.create_task(Bus(url, "p", Ears()).run())
            for _ in range(steps):
                await asyncio.sleep(0)

            task.cancel()

            await asyncio.wait_for(asyncio.wait({task}), SOON)
            assert task.cancelled()


async def test_a_bus_that_is_ended_at_any_moment_ends_at_once(redis_url: str) -> None:
    for steps in range(STEPS):
        bus = Bus(redis_url, "p", Ears())
        task = asyncio.create_task(bus.run())
        bus.tell(b"x")
        for _ in range(steps):
            await asyncio.sleep(0)

        task.cancel()

        await asyncio.wait_for(asyncio.wait({task}), SOON)
        assert task.cancelled()


async def test_a_bus_that_is_ended_just_when_it_loses_its_connection_ends_at_once(redis_url: str) -> None:
    for steps in range(STEPS // 4):
        ears = Breaking(steps)
        bus = Bus(redis_url, "p", ears)
        ears.task = asyncio.create_task(bus.run())
        await until(partial(getattr, bus, "healthy"))

        await bus.publish([make_event(1)])

        await asyncio.wait_for(asyncio.wait({ears.task}), SOON)
        assert ears.task.cancelled()


class Breaking(Ears):
    """Fails as a lost connection does, and some turns of the loop later the bus is ended."""

    task: asyncio.Task[None]

    def __init__(self, steps: int) -> None:
        super().__init__()
        self._steps = steps

    def event(self, _: Event) -> None:
        self._end(self._steps)
        raise ConnectionResetError

    def _end(self, steps: int) -> None:
        if steps:
            asyncio.get_running_loop().call_soon(self._end, steps - 1)
        else:
            self.task.cancel()


# What a client gets


FAULTS = ("kill -9", "hang", "client pause", "client kill", "flushall", "1 kB output buffer", "restart")


@pytest.mark.parametrize("fault", FAULTS)
async def test_everything_arrives_once_and_in_order_whatever_redis_does(redis: Redis, fault: str) -> None:
    async with two_portals(redis) as (one, two, here, there):
        for number in range(120):
            if number == 40:
                await begin(redis, fault)
            if number == 80:
                await finish(redis, fault)
            await (one if number % 2 else two).record(make_event(data={"entry": entry(text="x" * 600)}))
            await asyncio.sleep(0.005)

        for screen in (here, there):
            assert await screen.positions(120) == list(range(1, 121))
        await until(lambda: one.live.bus.healthy and two.live.bus.healthy)


@pytest.mark.parametrize("fault", ["kill -9", "hang"])
async def test_without_redis_events_arrive_at_the_pace_of_the_head_check(redis: Redis, fault: str) -> None:
    async with two_portals(redis) as (one, two, here, there):
        await begin(redis, fault)
        await until(lambda: not one.live.bus.healthy and not two.live.bus.healthy)
        await asyncio.sleep(HEAD_CHECK)  # the slow one that had begun is over

        delays = []
        for position in range(1, 21):
            began = time.monotonic()
            await one.record(make_event())
            await there.positions(position)
            delays.append(time.monotonic() - began)

        assert sorted(delays)[10] < 2 * HEAD_CHECK_SICK
        assert await here.positions(20) == list(range(1, 21))


async def test_when_redis_is_back_events_come_by_the_bus_again_and_none_twice(redis: Redis) -> None:
    async with two_portals(redis) as (one, two, here, _):
        await begin(redis, "kill -9")
        await one.record(make_event())
        await here.positions(1)
        await finish(redis, "kill -9")
        await until(lambda: one.live.bus.healthy and two.live.bus.healthy)
        received = one.live.bus.counts.received

        await two.record(make_event())

        await until(lambda: one.live.bus.counts.received == received + 1)
        assert await here.positions(2) == [1, 2]


@asynccontextmanager
async def two_portals(redis: Redis) -> AsyncIterator[tuple[Portal, Portal, Client, Client]]:
    """Two processes with one log and one Redis, and a screen on each."""
    async with (
        Portal(redis.url).serving() as one,
        Portal(redis.url, one.log).serving() as two,
        client(one.url, ANA) as here,
        client(two.url, ANA, "caudal.msgpack") as there,
    ):
        await here.resume(0, "all")
        await there.resume(0, "mine", "record:42")
        await until(lambda: one.live.bus.healthy and two.live.bus.healthy)
        yield one, two, here, there


async def begin(redis: Redis, fault: str) -> None:
    """The fault sets in."""
    async with RedisClient.from_url(redis.url) as admin:
        match fault:
            case "kill -9":
                await asyncio.to_thread(redis.kill)
            case "restart":
                await asyncio.to_thread(redis.stop)
                await asyncio.to_thread(redis.start)
            case "hang":
                redis.hang()
            case "client pause":
                await admin.client_pause(700)
            case "flushall":
                await admin.flushall()
            case "client kill":
                await cut(redis, "pubsub")
                await cut(redis, "normal")
            case "1 kB output buffer":
                await admin.config_set("client-output-buffer-limit", "pubsub 1kb 1kb 1")


async def finish(redis: Redis, fault: str) -> None:
    """What has to be put right again."""
    match fault:
        case "kill -9":
            await asyncio.to_thread(redis.start)
        case "hang":
            redis.resume()
        case "1 kB output buffer":
            async with RedisClient.from_url(redis.url) as admin:
                await admin.config_set("client-output-buffer-limit", "pubsub 32mb 8mb 60")


async def cut(redis: Redis, type: str) -> None:
    """Ends the connections of a type, but not the one that says so."""
    async with RedisClient.from_url(redis.url) as admin:
        await admin.client_kill_filter(_type=type, skipme=True)


@contextmanager
def black_hole(mute: bool) -> Iterator[str]:
    """An address that swallows everything: it accepts and says nothing, or its queue of connections is full."""
    with ExitStack() as sockets:
        hole = sockets.enter_context(socket.socket())
        hole.bind(("127.0.0.1", 0))
        hole.listen(1024 if mute else 0)
        if not mute:
            for _ in range(3):
                full = sockets.enter_context(socket.socket())
                full.setblocking(False)
                with suppress(BlockingIOError):
                    full.connect(hole.getsockname())
        yield f"redis://127.0.0.1:{hole.getsockname()[1]}"
