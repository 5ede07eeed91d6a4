"""Presence is for those who may read the record, as of now: the others get nothing and learn nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from typing import Any, cast

import pytest

from server.domain.access import Owned, Readers, readers
from server.domain.events import Name, Reach
from server.domain.words import EntryId, Kind, RecordId, UserId
from server.live.presence_letters import Claimed, Person
from tests.live.client import Client, ServerFrame
from tests.live.nodes import EVA, OWN, Nodes, code, two_nodes, until, viewers
from tests.live.portal import ANA, DEAL, LUIS, make_event


@pytest.fixture
async def nodes(redis_url: str) -> AsyncIterator[Nodes]:
    async with two_nodes(redis_url) as nodes:
        yield nodes


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


async def lock(nodes: Nodes, former: UserId) -> None:
    """The deal of `former` becomes Ana's, and is told."""
    before = readers(nodes.one.owned[DEAL])
    nodes.one.owned[DEAL] = Owned(Kind.DEAL, ANA, None, opened=False)
    now = readers(nodes.one.owned[DEAL])
    assert before != now
    await nodes.one.record(
        make_event(
            name=Name.RECORD_LOCKED,
            reach=Reach.HOLDERS,
            principals=list(before),
            barred=list(now),
            data={"locked": int(DEAL), "kind": "deal"},
        )
    )


async def shown_after_the_lock(screen: Client) -> list[ServerFrame]:
    """What a client was shown of presence once it had lost the record."""
    assert "ok" in await screen.ask("ping")
    names = [frame.get("name") for frame in screen.seen]
    return [frame for frame in screen.seen[names.index("record.locked") :] if frame["type"] == "now"]


async def test_a_record_that_is_locked_shows_its_former_readers_nothing(nodes: Nodes) -> None:
    nodes.one.grants |= {EVA: OWN}
    nodes.one.owned[DEAL] = Owned(Kind.DEAL, EVA, None, opened=False)
    eva = await nodes.comes(nodes.two, EVA, "record:42")
    ana = await nodes.comes(nodes.one, ANA, "record:42")
    await eva.ask("viewing", record=42)
    await ana.ask("viewing", record=42)
    await until(eva, viewers(ANA, EVA))

    await lock(nodes, EVA)

    await until(ana, viewers(ANA))
    await eva.expect("event")
    luis = await nodes.comes(nodes.two, LUIS, "record:42")
    await luis.ask("viewing", record=42)
    await until(ana, viewers(ANA, LUIS))
    await until(luis, viewers(ANA, LUIS))
    assert await shown_after_the_lock(eva) == []


async def test_readers_that_were_read_before_a_record_was_locked_count_no_more(
    nodes: Nodes, monkeypatch: pytest.MonkeyPatch
) -> None:
    nodes.one.grants |= {EVA: OWN}
    nodes.one.owned[DEAL] = Owned(Kind.DEAL, EVA, None, opened=False)
    reading, release = asyncio.Event(), asyncio.Event()
    read = nodes.two.readers

    async def slowly(records: Collection[RecordId], /) -> Readers:
        """The readers as they were when they were asked for."""
        found = await read(records)
        reading.set()
        await release.wait()
        return found

    monkeypatch.setattr(nodes.two, "readers", slowly)
    eva = await nodes.comes(nodes.two, EVA, "record:42")
    luis = await nodes.comes(nodes.two, LUIS, "record:42")
    ana = await nodes.comes(nodes.one, ANA, "record:42")
    await ana.ask("viewing", record=42)
    await reading.wait()

    await lock(nodes, EVA)
    await eva.expect("event")
    release.set()

    await until(luis, viewers(ANA))
    assert await shown_after_the_lock(eva) == []


async def test_a_claim_that_was_taken_while_the_right_to_it_ended_is_given_back(
    nodes: Nodes, monkeypatch: pytest.MonkeyPatch
) -> None:
    claims = nodes.one.live.presence._claims
    taken, release, take = asyncio.Event(), asyncio.Event(), claims.take

    async def slowly(record: RecordId, person: Person, word: str) -> Claimed:
        """Redis has decided, and its answer is under way."""
        claim = await take(record, person, word)
        taken.set()
        await release.wait()
        return claim

    monkeypatch.setattr(claims, "take", slowly)
    luis = await nodes.comes(nodes.one, LUIS, "mine")
    ana = await nodes.comes(nodes.two, ANA, "record:42")
    await luis.send(id=99, op="claim", record=42, **{"as": "mine"})
    await taken.wait()

    nodes.one.grants |= {LUIS: OWN}
    event = make_event(name=Name.ACCESS_CHANGED, reach=Reach.PERSONAL, audience=(LUIS,), data={}, principals=())
    recorded = await nodes.one.record(event)
    async with asyncio.timeout(5):
        while nodes.one.live.hub.position < recorded.position:
            await asyncio.sleep(0.005)
    release.set()

    async with asyncio.timeout(5):
        while await claims.read([DEAL]) != [None]:
            await asyncio.sleep(0.005)
    assert "ok" in await ana.ask("claim", record=42, **{"as": "mine"})
