"""Presence over real sockets, two nodes and a real Redis-compatible server: who is shown, when, and for how long."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from server.live import presence
from tests.live.client import client
from tests.live.nodes import Nodes, two_nodes, until, viewers
from tests.live.portal import ANA, LUIS, Portal


@pytest.fixture
async def nodes(redis_url: str) -> AsyncIterator[Nodes]:
    async with two_nodes(redis_url) as nodes:
        yield nodes


@pytest.mark.parametrize("encoding", ["caudal.json", "caudal.msgpack"])
async def test_who_views_is_seen_on_both_nodes_once_however_many_screens(nodes: Nodes, encoding: str) -> None:
    luis = await nodes.comes(nodes.two, LUIS, "record:42", encoding=encoding)
    ana = [await nodes.comes(node, ANA, "record:42") for node in (nodes.one, nodes.two, nodes.one)]

    for screen in ana:
        assert (await screen.ask("viewing", record=42))["ok"] == {}
    await luis.ask("viewing", record=42)
    frame = await until(luis, viewers(ANA, LUIS))
    await until(ana[0], viewers(ANA, LUIS))

    assert frame == {
        "type": "now",
        "record": 42,
        "viewing": [{"user": 1, "name": "Person 1"}, {"user": 2, "name": "Person 2"}],
        "typing": [],
        "claim": None,
    }
    for screen in ana:
        await screen.ask("viewing", record=None)
    await until(luis, viewers(LUIS))


async def test_who_closes_the_page_is_gone_at_once(nodes: Nodes) -> None:
    luis = await nodes.comes(nodes.two, LUIS, "record:42")
    ana = await nodes.comes(nodes.one, ANA)
    await ana.ask("viewing", record=42)
    await until(luis, viewers(ANA))

    await ana.socket.close()

    async with asyncio.timeout(2):
        await until(luis, viewers())


async def test_who_comes_later_is_shown_what_there_is(nodes: Nodes) -> None:
    ana = await nodes.comes(nodes.one, ANA)
    await ana.ask("viewing", record=42)
    first = await nodes.comes(nodes.two, LUIS, "record:42")
    await until(first, viewers(ANA))

    second = await nodes.comes(nodes.two, LUIS, "mine")
    await second.ask("subscribe", channel="record:42")

    await until(second, viewers(ANA))


async def test_a_node_that_starts_asks_what_there_is(nodes: Nodes, redis_url: str) -> None:
    ana = await nodes.comes(nodes.one, ANA)
    await ana.ask("viewing", record=42)
    third = Portal(redis_url, nodes.one.log)

    async with asyncio.timeout(5), third.serving(), client(third.url, ANA) as screen:
        await screen.resume(0, "record:42")
        await until(screen, viewers(ANA))


async def test_typing_shows_on_the_records_of_the_entry_and_ends_by_itself(
    nodes: Nodes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "TYPING", 0.6)
    luis = await nodes.comes(nodes.two, LUIS, "record:42")
    ana = await nodes.comes(nodes.one, ANA)

    await ana.ask("typing", entry=7)

    frame = await until(luis, lambda frame: frame["typing"] != [])
    assert frame["typing"] == [{"entry": 7, "user": {"user": 1, "name": "Person 1"}}]
    await until(luis, lambda frame: frame["typing"] == [])


async def test_the_people_of_a_node_that_dies_disappear_by_themselves(
    nodes: Nodes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "HEARTBEAT", 0.2)
    monkeypatch.setattr(presence, "VIEWING", 1.0)
    luis = await nodes.comes(nodes.two, LUIS, "record:42")
    ana = await nodes.comes(nodes.one, ANA)
    await ana.ask("viewing", record=42)
    await luis.ask("viewing", record=42)
    await until(luis, viewers(ANA, LUIS))

    nodes.one.live.presence.stop()  # as kill -9 does: not another word
    monkeypatch.setattr(nodes.one.live.presence, "_step", lambda: None)

    await until(luis, viewers(LUIS))


async def test_however_busy_a_record_is_its_watchers_get_four_frames_a_second(nodes: Nodes) -> None:
    ana = await nodes.comes(nodes.one, ANA, "record:42")
    luis = await nodes.comes(nodes.two, LUIS, "record:42")
    clock = asyncio.get_running_loop().time
    begin, already = clock(), len(luis.seen)

    for number in range(150):
        await ana.ask("viewing", record=42 if number % 2 else None)
    await ana.ask("viewing", record=42)
    await until(luis, viewers(ANA))
    await luis.ask("ping")
    seconds = clock() - begin

    assert len([frame for frame in luis.seen[already:] if frame["type"] == "now"]) <= 2 + 4 * seconds
