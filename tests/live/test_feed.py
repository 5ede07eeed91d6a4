"""The live path of a process when the log or the bus misbehaves."""

from __future__ import annotations

import asyncio
from typing import cast

from server.domain.events import Name
from tests.live.client import client
from tests.live.portal import ANA, Portal, entry, make_event
from tests.servers.redis import Redis


async def test_a_log_that_cannot_be_read_for_a_while_loses_nothing(redis_url: str) -> None:
    async with Portal(redis_url).serving() as portal, client(portal.url, ANA) as ana:
        await ana.resume(0, "mine")
        portal.log.broken = True
        portal.log.append(make_event())
        await portal.record(make_event())
        await asyncio.sleep(0.1)

        portal.log.broken = False

        assert await ana.positions(2) == [1, 2]


async def test_a_log_of_another_epoch_resets_every_client(redis_url: str) -> None:
    async with Portal(redis_url).serving() as portal, client(portal.url, ANA) as ana:
        await portal.record(make_event())
        await ana.resume(0, "mine")
        await ana.positions(1)

        portal.log.epoch = "e2"
        portal.log.events.clear()

        assert (await ana.expect("reset"))["reason"] == "epoch"
        await portal.record(make_event())
        assert (await ana.expect("event"))["position"] == 1


async def test_a_log_that_went_back_is_another_one(redis_url: str) -> None:
    async with Portal(redis_url).serving() as portal, client(portal.url, ANA) as ana:
        await portal.record(make_event())
        await ana.resume(0, "mine")
        await ana.positions(1)

        portal.log.events.clear()

        assert (await ana.expect("reset"))["reason"] == "epoch"


async def test_a_process_that_slept_longer_than_the_log_remembers_resets_its_clients(redis_url: str) -> None:
    async with Portal(redis_url).serving() as portal, client(portal.url, ANA) as ana:
        await ana.resume(0, "mine")

        portal.log.floor = 3
        for _ in range(5):
            portal.log.append(make_event())

        reset = await ana.expect("reset")
        assert (reset["reason"], reset["position"]) == ("floor", 5)


async def test_an_event_that_cannot_be_shown_is_told_and_the_next_ones_come(redis_url: str) -> None:
    broken = make_event(data={"entry": {"record": 1, "kind": "no kind"}})
    async with Portal(redis_url).serving() as portal, client(portal.url, ANA) as ana:
        await ana.resume(0, "mine")

        await portal.record(broken)
        await portal.record(make_event())

        assert (await ana.expect("reset"))["reason"] == "failed"
        assert (await ana.expect("event"))["position"] == 2


async def test_an_event_too_large_for_the_bus_comes_from_the_log(redis_url: str) -> None:
    async with (
        Portal(redis_url).serving() as portal,
        Portal(redis_url, portal.log).serving() as writer,
        client(portal.url, ANA) as ana,
    ):
        await ana.resume(0, "mine")

        await writer.record(make_event(name=Name.ENTRY_CHANGED, data={"entry": entry(text="x" * 100_000)}))

        assert await ana.positions(1) == [1]
        assert portal.log.replays == 1


async def test_who_is_connected_where_it_was_written_waits_neither_for_redis_nor_for_the_log(redis: Redis) -> None:
    async with Portal(redis.url).serving() as portal, client(portal.url, ANA) as ana:
        await ana.resume(0, "mine")
        portal.log.broken = True  # what comes does not come from there
        redis.hang()

        await portal.record(make_event(data={"entry": entry(text="x" * 100_000)}))

        assert await ana.positions(1) == [1]


async def test_what_was_written_here_is_masked_in_whatever_shape_it_was_said(redis_url: str) -> None:
    secret = {"record": 43, "kind": "deal", "title": "Secret"}
    event = make_event(data={"entry": {**entry(), "records": (secret,)}})
    async with Portal(redis_url).serving() as portal, client(portal.url, ANA) as ana:
        await ana.resume(0, "mine")

        await portal.record(event)

        shown = cast("dict[str, dict[str, object]]", (await ana.expect("event"))["data"])
        assert shown["entry"]["records"] == [{"kind": "deal", "locked": True}]


async def test_a_burst_reaches_every_process_through_a_redis_that_restarts(redis: Redis) -> None:
    async with (
        Portal(redis.url).serving() as one,
        Portal(redis.url, one.log).serving() as two,
        client(one.url, ANA) as here,
        client(two.url, ANA, "caudal.msgpack") as there,
    ):
        await here.resume(0, "all")
        await there.resume(0, "mine", "record:42")
        for number in range(300):
            if number == 100:
                await asyncio.to_thread(redis.stop)
            if number == 200:
                await asyncio.to_thread(redis.start)
            await one.record(make_event())
            await asyncio.sleep(0)

        assert await here.positions(300) == list(range(1, 301))
        assert await there.positions(300) == list(range(1, 301))


async def test_nothing_of_it_is_left_after_its_end(redis_url: str) -> None:
    before = asyncio.all_tasks()

    async with Portal(redis_url).serving() as portal, client(portal.url, ANA) as ana:
        await ana.resume(0, "mine")

    assert not portal.live.sessions
    assert asyncio.all_tasks() == before
