"""Presence over real sockets, two nodes and a real Redis-compatible server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any, cast

import pytest

from server.domain.access import Action, Level, Owned, readers
from server.domain.events import Name, Reach
from server.domain.words import EntryId, Kind, UserId
from server.live import presence, presence_feed
from tests.live.client import Client, ServerFrame, client
from tests.live.portal import ALL_DEALS, ANA, DEAL, LUIS, Portal, make_event
from tests.servers.redis import Redis

EVA = UserId(3)
EDITOR = {**ALL_DEALS, (Kind.DEAL, Action.UPDATE): Level.ALL}
OWN = {(Kind.DEAL, Action.READ): Level.OWN}


class Nodes:
    """Two nodes of one portal, `one` and `two`, and clients that watch the deal."""

    def __init__(self, one: Portal, two: Portal, stack: AsyncExitStack) -> None:
        self.one, self.two = one, two
        self._stack = stack

    async def comes(self, node: Portal, user: UserId, *channels: str, encoding: str = "caudal.json") -> Client:
        """A client of a node, subscribed."""
        came = await self._stack.enter_async_context(client(node.url, user, encoding))
        await came.resume(0, *channels)
        return came


@pytest.fixture
async def nodes(redis_url: str) -> AsyncIterator[Nodes]:
    one = Portal(redis_url)
    two = Portal(redis_url, one.log)
    two.grants, two.owned, two.about_entries = one.grants, one.owned, one.about_entries
    one.grants |= {ANA: EDITOR, LUIS: EDITOR, EVA: {}}
    async with one.serving(), two.serving(), AsyncExitStack() as stack:
        yield Nodes(one, two, stack)


async def until(watcher: Client, is_right: Callable[[ServerFrame], bool]) -> ServerFrame:
    """The state of the record, once it is right."""
    frame = next((frame for frame in reversed(watcher.seen) if frame["type"] == "now"), None)
    while frame is None or not is_right(frame):
        frame = await watcher.expect("now")
    return frame


def viewers(*users: UserId) -> Callable[[ServerFrame], bool]:
    return lambda frame: [each["user"] for each in cast("list[dict[str, Any]]", frame["viewing"])] == list(users)


def code(reply: ServerFrame) -> object:
    return cast("dict[str, object]", reply["error"])["code"]


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


async def test_who_may_not_read_the_record_gets_nothing_and_learns_nothing(nodes: Nodes) -> None:
    nodes.one.about_entries[EntryId(7)] = (DEAL,)
    eva = await nodes.comes(nodes.two, EVA, "record:42", "record:99")
    ana = await nodes.comes(nodes.one, ANA, "record:42")
    await ana.ask("viewing", record=42)
    await ana.ask("typing", entry=7)
    await ana.ask("claim", record=42, **{"as": "calling"})
    await until(ana, lambda frame: frame["claim"] is not None)

    for op, hidden, absent in (
        ("viewing", {"record": 42}, {"record": 99}),
        ("typing", {"entry": 7}, {"entry": 99}),
        ("claim", {"record": 42, "as": "calling"}, {"record": 99, "as": "calling"}),
        ("claim", {"record": 42}, {"record": 99}),
    ):
        refused = [cast("dict[str, Any]", (await eva.ask(op, **args))["error"]) for args in (hidden, absent)]
        number = "entry" if op == "typing" else "record"
        assert refused[0]["code"] == "not_found"
        assert str(refused[0]).replace(str(hidden[number]), "99") == str(refused[1])
    assert [frame["type"] for frame in eva.seen if frame["type"] != "reply"] == ["welcome"]


async def test_bots_and_walls_are_not_shown(nodes: Nodes) -> None:
    nodes.one.machines.add(LUIS)
    bot = await nodes.comes(nodes.one, LUIS, "record:42")

    for op, args in (("viewing", {"record": 42}), ("typing", {"entry": 7}), ("claim", {"record": 42, "as": "mine"})):
        assert code(await bot.ask(op, **args)) == "forbidden"


async def test_who_loses_the_record_leaves_it_and_is_shown_nothing_more(nodes: Nodes) -> None:
    ana = await nodes.comes(nodes.one, ANA, "record:42")
    luis = await nodes.comes(nodes.two, LUIS, "record:42")
    await luis.ask("viewing", record=42)
    assert "ok" in await luis.ask("claim", record=42, **{"as": "mine"})
    await until(ana, lambda frame: frame["claim"] is not None)
    before = readers(nodes.one.owned[DEAL])

    nodes.one.grants |= {LUIS: OWN}
    nodes.one.owned[DEAL] = Owned(Kind.DEAL, ANA, None, opened=False)
    await nodes.one.record(
        make_event(name=Name.ACCESS_CHANGED, reach=Reach.PERSONAL, audience=(LUIS,), data={"user": 2}, principals=())
    )

    frame = await until(ana, lambda frame: viewers()(frame) and frame["claim"] is None)
    assert before and frame["typing"] == []
    await luis.expect("reset")
    already = len(luis.seen)
    await ana.ask("viewing", record=42)
    await until(ana, viewers(ANA))
    await luis.ask("ping")
    assert [seen for seen in luis.seen[already:] if seen["type"] == "now"] == []


async def test_a_record_that_is_locked_shows_its_former_readers_nothing(nodes: Nodes) -> None:
    nodes.one.grants |= {EVA: OWN}
    nodes.one.owned[DEAL] = Owned(Kind.DEAL, EVA, None, opened=False)
    eva = await nodes.comes(nodes.two, EVA, "record:42")
    ana = await nodes.comes(nodes.one, ANA, "record:42")
    await eva.ask("viewing", record=42)
    await until(ana, viewers(EVA))
    before = readers(nodes.one.owned[DEAL])

    nodes.one.owned[DEAL] = Owned(Kind.DEAL, ANA, None, opened=False)
    now = readers(nodes.one.owned[DEAL])
    locked = {"locked": 42, "kind": "deal"}
    await nodes.one.record(
        make_event(
            name=Name.RECORD_LOCKED, reach=Reach.HOLDERS, principals=list(before), barred=list(now), data=dict(locked)
        )
    )

    await until(ana, viewers())
    await eva.ask("ping")
    already = len(eva.seen)
    await ana.ask("viewing", record=42)
    await until(ana, viewers(ANA))
    await eva.ask("ping")
    assert [seen for seen in eva.seen[already:] if seen["type"] == "now"] == []


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
