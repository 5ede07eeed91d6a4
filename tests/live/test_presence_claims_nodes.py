"""Claims over the sockets of two nodes: one holder, whom all see who may, whatever becomes of sessions and of Redis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest

from server.live import presence_feed
from tests.live.nodes import Nodes, code, two_nodes, until, viewers
from tests.live.portal import ALL_DEALS, ANA, LUIS
from tests.servers.redis import Redis


@pytest.fixture
async def nodes(redis_url: str) -> AsyncIterator[Nodes]:
    async with two_nodes(redis_url) as nodes:
        yield nodes


async def test_a_claim_has_one_holder_over_all_nodes(nodes: Nodes) -> None:
    ana = await nodes.comes(nodes.one, ANA, "record:42")
    luis = await nodes.comes(nodes.two, LUIS, "record:42")

    replies = await asyncio.gather(
        ana.ask("claim", record=42, **{"as": "calling"}), luis.ask("claim", record=42, **{"as": "mine"})
    )

    won, lost = sorted(replies, key=lambda reply: "error" in reply)
    assert code(lost) == "conflict"
    held = cast("dict[str, Any]", won["ok"])["claim"]
    for screen in (ana, luis):
        assert (await until(screen, lambda frame: frame["claim"] is not None))["claim"] == held
    assert cast("dict[str, Any]", lost["error"])["params"] == {"claim": held}


async def test_only_the_holder_gives_a_claim_back(nodes: Nodes) -> None:
    ana = await nodes.comes(nodes.one, ANA, "record:42")
    luis = await nodes.comes(nodes.two, LUIS, "record:42")
    held = cast("dict[str, Any]", (await ana.ask("claim", record=42, **{"as": "calling"}))["ok"])["claim"]

    assert (await luis.ask("claim", record=42))["ok"] == {"claim": held}
    assert (await ana.ask("claim", record=42))["ok"] == {"claim": None}

    assert "ok" in await luis.ask("claim", record=42, **{"as": "mine"})
    await until(ana, lambda frame: frame["claim"] is not None and str(frame["claim"]).find("Person 2") > 0)


async def test_a_claim_outlives_the_session(nodes: Nodes) -> None:
    ana = await nodes.comes(nodes.one, ANA)
    await ana.ask("claim", record=42, **{"as": "calling"})
    await ana.socket.close()

    luis = await nodes.comes(nodes.two, LUIS, "record:42")

    assert code(await luis.ask("claim", record=42, **{"as": "mine"})) == "conflict"


async def test_claiming_needs_the_right_to_change_the_record(nodes: Nodes) -> None:
    nodes.one.grants |= {LUIS: ALL_DEALS}
    luis = await nodes.comes(nodes.one, LUIS, "record:42")

    assert code(await luis.ask("claim", record=42, **{"as": "mine"})) == "forbidden"
    assert "ok" in await luis.ask("viewing", record=42)


async def test_without_redis_a_claim_is_refused_and_viewing_goes_on(nodes: Nodes, redis: Redis) -> None:
    ana = await nodes.comes(nodes.one, ANA, "record:42")
    await asyncio.to_thread(redis.stop)

    assert code(await ana.ask("claim", record=42, **{"as": "calling"})) == "unavailable"
    await ana.ask("viewing", record=42)
    await until(ana, viewers(ANA))

    await asyncio.to_thread(redis.start)
    assert "ok" in await ana.ask("claim", record=42, **{"as": "calling"})


async def test_a_claim_that_redis_forgot_is_taken_down_and_can_be_taken_again(
    nodes: Nodes, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence_feed, "CHECKS", 0.2)
    ana = await nodes.comes(nodes.one, ANA, "record:42")
    luis = await nodes.comes(nodes.two, LUIS, "record:42")
    await ana.ask("claim", record=42, **{"as": "calling"})
    for screen in (ana, luis):
        await until(screen, lambda frame: frame["claim"] is not None)

    await asyncio.to_thread(redis.stop)
    await asyncio.to_thread(redis.start)

    for screen in (ana, luis):
        await until(screen, lambda frame: frame["claim"] is None)
    assert "ok" in await luis.ask("claim", record=42, **{"as": "mine"})
    assert code(await ana.ask("claim", record=42, **{"as": "calling"})) == "conflict"
