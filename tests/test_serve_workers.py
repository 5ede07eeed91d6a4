"""`caudal serve --workers N`, as real processes: they hear each other, are replaced when they die, and go with a `bye`."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import cast

import pytest

from server.live.feed import RETRY_MIN, RETRY_PER_CLIENT
from tests.conftest import DATABASE
from tests.live.client import client
from tests.servers.caudal import Caudal
from tests.servers.portal import OTHERS, Portal, closed, found, outcome, texts, token_of, until

CLIENTS = 12  # so many that each of two workers has some
EACH = 80  # clients of one person, of three together: too many for the smallest spread


@pytest.fixture
async def portal(caudal: Caudal) -> Portal:
    """Two workers that serve."""
    portal = await found(caudal, f"sqlite+aiosqlite:///{caudal.data / DATABASE}")
    await asyncio.to_thread(caudal.start, "--workers", "2")
    await until(lambda: caudal.output.count('"event": "worker_ready"') == 2)
    return portal


def workers(portal: Portal) -> list[int]:
    """The workers that live now, the eldest first."""
    started = re.findall(r'"pid": (\d+), "event": "worker_started"', portal.node.output)
    return [pid for pid in map(int, started) if not is_gone(pid)]


def is_gone(pid: int) -> bool:
    """Whether a process has ended, even if nobody has asked for its code yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


async def test_screens_on_two_workers_see_each_others_posts_in_order(portal: Portal) -> None:
    async with portal.screens(CLIENTS) as screens:
        for number in range(5):
            await portal.post(f"message {number}")

        for screen in screens:
            assert await texts(screen, 5) == [f"message {number}" for number in range(5)]


async def test_a_worker_that_is_killed_is_replaced_and_the_others_are_not_disturbed(portal: Portal) -> None:
    async with portal.screens(CLIENTS) as screens:
        victim = workers(portal)[0]

        os.kill(victim, signal.SIGKILL)
        began = time.monotonic()
        await until(lambda: len(workers(portal)) == 2 and victim not in workers(portal))
        replaced = time.monotonic() - began

        assert replaced < 2
        await portal.post("after")
        left = [await outcome(screen, "after") for screen in screens]
        assert set(left) == {"lost", "told"}, "the clients of one worker, and no others, are gone"


async def test_whoever_was_on_a_killed_worker_finds_everything_on_another(portal: Portal) -> None:
    async with portal.screens(1) as [screen]:
        welcome = screen.seen[0]
        for victim in workers(portal):
            os.kill(victim, signal.SIGKILL)
        await until(lambda: len(workers(portal)) == 2)
        await portal.answers()
        await portal.post("missed")

        async with client(portal.live, portal.token) as again:
            epoch, position = cast(str, welcome["epoch"]), cast(int, welcome["position"])
            await again.resume(position, "mine", epoch=epoch)
            assert await texts(again, 1) == ["missed"]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
async def test_a_planned_stop_says_bye_to_the_clients_of_all_workers(portal: Portal, how: signal.Signals) -> None:
    async with portal.screens(CLIENTS) as screens:
        os.kill(portal.node.pid, how)

        codes = await asyncio.gather(*(screen.closed() for screen in screens))

        assert codes == [4001] * CLIENTS
        assert [screen.seen[-1]["type"] for screen in screens] == ["bye"] * CLIENTS
    await until(lambda: not workers(portal))
    assert "Traceback" not in portal.node.output


async def test_clients_of_all_workers_come_back_spread_by_the_number_of_all(portal: Portal) -> None:
    tokens = [portal.token, *[await token_of(name, portal.node) for name in OTHERS]]
    async with AsyncExitStack() as stack:
        opened = [await stack.enter_async_context(portal.screens(EACH, token)) for token in tokens]
        screens = [screen for screens in opened for screen in screens]
        await asyncio.sleep(1.1)  # a worker tells once a second how many clients it has

        os.kill(portal.node.pid, signal.SIGTERM)
        await asyncio.gather(*(screen.closed() for screen in screens))

        latest = max(cast(int, screen.seen[-1]["retry_ms"]) for screen in screens)
        assert 1000 < latest - RETRY_MIN <= RETRY_PER_CLIENT * len(screens)


async def test_a_hang_up_replaces_worker_after_worker_while_the_service_goes_on(portal: Portal) -> None:
    before = workers(portal)
    async with portal.screens(CLIENTS) as screens:
        os.kill(portal.node.pid, signal.SIGHUP)
        async with asyncio.TaskGroup() as tasks:
            closing = [tasks.create_task(closed(screen)) for screen in screens]
            while not all(task.done() for task in closing):
                await portal.answers()

        assert [task.result() for task in closing] == [4001] * CLIENTS
    await until(lambda: len(workers(portal)) == 2 and not set(workers(portal)) & set(before))
    assert "Traceback" not in portal.node.output


async def test_workers_end_with_a_supervisor_that_is_killed_and_leave_the_port(portal: Portal) -> None:
    orphans = workers(portal)

    os.kill(portal.node.pid, signal.SIGKILL)

    await until(lambda: all(is_gone(pid) for pid in orphans))
    await asyncio.to_thread(portal.node.stop)
    await asyncio.to_thread(portal.node.start)
