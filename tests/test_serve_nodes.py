"""Three nodes on one PostgreSQL and one Redis: a person's screens may be on any of them, with Redis and without."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import cast

import httpx
import pytest

from server.live.feed import HEAD_CHECK_SICK
from tests.conftest import MakeCaudal
from tests.live.client import Client, client
from tests.servers.portal import Portal, found, texts
from tests.servers.redis import Redis

SECRET = "the same on every node, thirty-two characters"


@pytest.fixture
async def nodes(make_caudal: MakeCaudal, postgres_url: str, redis: Redis, tmp_path: Path) -> list[Portal]:
    """Three nodes that serve."""
    made = []
    shared = {"DATABASE_URL": postgres_url, "REDIS_URL": redis.url, "CAUDAL_SECRET": SECRET}
    for number in range(3):
        data = tmp_path / f"node-{number}"
        data.mkdir()
        made.append(make_caudal(data, **shared))
    first = await found(made[0], postgres_url, **shared)
    async with asyncio.TaskGroup() as tasks:
        for node in made:
            tasks.create_task(asyncio.to_thread(node.start))
    return [first.on(node) for node in made]


async def test_a_post_on_any_node_is_seen_on_all_in_order(nodes: list[Portal]) -> None:
    async with AsyncExitStack() as stack:
        screens = [screen for node in nodes for screen in await stack.enter_async_context(node.screens(2))]

        for number in range(12):
            await nodes[number % 3].post(f"message {number}")

        for screen in screens:
            assert await texts(screen, 12) == [f"message {number}" for number in range(12)]


@pytest.mark.parametrize("fault", ["kill -9", "hang"])
async def test_without_redis_everything_arrives_all_the_same_and_with_it_again_nothing_twice(
    nodes: list[Portal], redis: Redis, fault: str
) -> None:
    async with AsyncExitStack() as stack:
        screens = [(await stack.enter_async_context(node.screens(1)))[0] for node in nodes]
        await nodes[0].post("with Redis")
        for screen in screens:
            await texts(screen, 1)

        await asyncio.to_thread(redis.kill if fault == "kill -9" else redis.hang)
        delays = [await delay(nodes[number % 3], screens, f"without {number}", number + 2) for number in range(20)]
        await asyncio.to_thread(redis.start if fault == "kill -9" else redis.resume)
        last = [await delay(nodes[number % 3], screens, f"again {number}", number + 22) for number in range(20)]

        expected = ["with Redis", *(f"without {n}" for n in range(20)), *(f"again {n}" for n in range(20))]
        assert [await texts(screen, 41) for screen in screens] == [expected] * 3
        assert sorted(delays)[10] < 10 * HEAD_CHECK_SICK, delays
        assert max(delays + last) < 10


async def delay(node: Portal, screens: list[Client], text: str, count: int) -> float:
    """Seconds from the answer to a post until the last screen was told of it."""
    async with asyncio.TaskGroup() as tasks:
        waiting = [tasks.create_task(told_at(screen, count)) for screen in screens]
        await node.post(text)
        posted = time.monotonic()
    return max(task.result() for task in waiting) - posted


async def told_at(screen: Client, count: int) -> float:
    """When a screen was told of as many entries."""
    await texts(screen, count)
    return time.monotonic()


async def test_counters_on_one_node_follow_what_is_done_on_another_and_move_by_themselves(nodes: list[Portal]) -> None:
    here, there = nodes[0], nodes[1]
    async with client(here.live, here.token) as screen:
        await screen.ask("subscribe", channel="counters")
        first = deals_of(await screen.expect("counters"))
        due = time.time_ns() // 1_000_000 + 1_500

        async with httpx.AsyncClient(
            base_url=there.node.url, headers={"authorization": f"Bearer {there.token}"}
        ) as http:
            body = {"type": "task", "subject": "Call back", "end": due, "records": [there.deal]}
            answer = await http.post("/api/v1/activities", json=body)
        assert answer.status_code == 201, answer.text
        planned, late = [deals_of(await screen.expect("counters")) for _ in range(2)]

    assert first == {"idle": 1, "records": 1}
    assert planned == {"today": 1, "records": 1}
    assert late == {"overdue": 1, "records": 1}
    assert time.time_ns() // 1_000_000 >= due


def deals_of(frame: dict[str, object]) -> dict[str, int]:
    """The counters of deals that are not zero."""
    values = cast("dict[str, dict[str, int]]", frame["values"])
    return {flag: number for flag, number in values["deal"].items() if number}
