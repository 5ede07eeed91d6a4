"""A client that goes on talking while its call is done: what it says is kept, and answered in order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import pytest

from server.domain.words import UserId
from tests.live.client import client
from tests.live.portal import ANA, LUIS, Portal


class SlowPortal(Portal):
    """One whose calls take as long as the test wants. `begun` counts them, `ended` too, done or cancelled."""

    def __init__(self, redis_url: str) -> None:
        super().__init__(redis_url)
        self.release = asyncio.Event()
        self.begun = self.ended = 0

    async def perform(self, user: UserId, action: str, args: object, key: str | None) -> object:
        """See `Portal`."""
        with self._counted():
            await self.release.wait()
            return await super().perform(user, action, args, key)

    @contextmanager
    def _counted(self) -> Iterator[None]:
        self.begun += 1
        try:
            yield
        finally:
            self.ended += 1


@pytest.fixture
async def portal(redis_url: str) -> AsyncIterator[SlowPortal]:
    portal = SlowPortal(redis_url)
    async with portal.serving():
        yield portal


async def begun(portal: SlowPortal) -> None:
    async with asyncio.timeout(5):
        while not portal.begun:
            await asyncio.sleep(0.005)


async def left(portal: SlowPortal) -> None:
    async with asyncio.timeout(5):
        while portal.live.sessions or not portal.ended:
            await asyncio.sleep(0.005)


async def test_what_is_said_during_a_call_is_answered_after_it_in_order(portal: SlowPortal) -> None:
    async with client(portal.url, ANA) as ana, client(portal.url, LUIS) as luis:
        ops: list[dict[str, object]] = [
            {"op": "call", "action": "first", "args": {}},
            {"op": "ping"},
            {"op": "call", "action": "second", "args": {}},
            {"op": "subscribe", "channel": "mine"},
            {"op": "ping"},
        ]
        for id, op in enumerate(ops, start=1):
            await ana.send(id=id, **op)
        await begun(portal)
        assert "ok" in await luis.ask("ping"), "the others are not kept waiting"
        assert portal.calls == []

        portal.release.set()

        assert [(await ana.expect("reply"))["id"] for _ in range(5)] == [1, 2, 3, 4, 5]
        assert [action for _, action, _, _ in portal.calls] == ["first", "second"]


async def test_a_client_whose_call_is_done_is_not_read_so_that_little_is_kept(portal: SlowPortal) -> None:
    total = 20_000
    async with client(portal.url, ANA) as ana:
        await ana.send(id=0, op="call", action="a", args={})
        await begun(portal)

        async def send_all() -> None:
            for id in range(1, total + 1):
                await ana.send(id=id, op="ping", padding="x" * 1_000)  # more than socket buffers hold

        sending = asyncio.create_task(send_all())
        async with asyncio.timeout(5):
            while ana.socket.transport.get_write_buffer_size() == 0:
                await asyncio.sleep(0.005)

        assert not sending.done()
        sending.cancel()
        ana.socket.transport.abort()


async def test_the_call_of_a_client_that_leaves_is_given_up(portal: SlowPortal) -> None:
    async with client(portal.url, ANA) as ana:
        await ana.send(id=1, op="call", action="a", args={})
        await begun(portal)
        ana.socket.transport.abort()

        await left(portal)

    assert portal.calls == []


async def test_a_client_that_leaves_while_it_is_not_read_is_gone_after_its_call(portal: SlowPortal) -> None:
    async with client(portal.url, ANA) as ana:
        for id in (1, 2):
            await ana.send(id=id, op="call", action=f"a{id}", args={})
        await begun(portal)
        ana.socket.transport.abort()
        portal.release.set()

        await left(portal)

    assert portal.begun == portal.ended


async def test_a_client_is_not_silent_while_its_call_is_done(
    portal: SlowPortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.live.feed.TICK", 0.02)
    async with client(portal.url, ANA) as ana, client(portal.url, LUIS) as silent:
        await silent.expect("welcome")
        await ana.send(id=1, op="call", action="a", args={})
        await ana.send(id=2, op="ping")
        await begun(portal)
        monkeypatch.setattr("server.live.vitals.SILENT", 0.1)
        assert await silent.closed() == 4010

        portal.release.set()

        assert [(await ana.expect("reply"))["id"] for _ in range(2)] == [1, 2]
