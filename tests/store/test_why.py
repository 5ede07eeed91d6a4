"""Why one sees an entry: every rule by name, with what one can change; never more than one may read."""

from __future__ import annotations

import pytest

from server.domain.access import Action, Level
from server.domain.words import EntryId, JsonObject, Kind, UserId
from server.errors import NotFound
from server.store.access import load_access
from server.store.why import read_why
from tests.world import World


async def why(world: World, user: UserId, entry: object) -> JsonObject:
    """What the service says."""
    assert isinstance(entry, int)
    async with world.store.database.reading() as connection:
        return await read_why(connection, await load_access(connection, user), EntryId(entry))


def rules(answer: JsonObject) -> list[object]:
    """The rules alone."""
    because = answer["because"]
    assert isinstance(because, list)
    return [each["rule"] for each in because]


async def test_whoever_follows_can_follow_less_or_no_more(world: World) -> None:
    ana, luis = await world.user("Ana"), await world.user("Luis")
    deal = await world.record(ana, Kind.DEAL, title="Boilers")
    entry = (await world.do(ana, "message.publish", text="hello", about=[deal]))["id"]
    await world.do(luis, "follow.set", record=deal)

    answer = await why(world, luis, entry)

    ref = {"record": deal, "kind": "deal", "title": "Boilers", "responsible": ana}
    changes = [
        {"action": "follow.end", "args": {"record": deal}},
        {"action": "follow.set", "args": {"record": deal, "level": "important"}},
        {"action": "follow.set", "args": {"record": deal, "level": "muted"}},
    ]
    assert answer["because"] == [{"rule": "following", "level": "everything", "record": ref, "changes": changes}]
    assert (answer["mine"], answer["readable_by"]) == (True, [ref])


async def test_each_change_that_is_offered_takes_the_entry_out_of_mine_or_makes_it_rarer(world: World) -> None:
    ana, luis = await world.user("Ana"), await world.user("Luis")
    deal = await world.record(ana, Kind.DEAL)
    await world.do(luis, "follow.set", record=deal, level="important")
    entry = (await world.do(ana, "message.publish", text="hello", about=[deal]))["id"]
    because = (await why(world, luis, entry))["because"]
    assert isinstance(because, list)

    for change in because[0]["changes"]:
        await world.do(luis, "follow.set", record=deal, level="important")
        await world.do(luis, change["action"], **change["args"])

        assert not (await why(world, luis, entry))["mine"]


async def test_all_rules_are_named_the_strongest_first(world: World) -> None:
    ana, luis = await world.user("Ana"), await world.user("Luis")
    deal = await world.record(luis, Kind.DEAL)
    text = f"hello @{{{luis}}}"
    entry = (await world.do(ana, "message.publish", text=text, about=[deal], to=[{"user": luis}]))["id"]

    assert rules(await why(world, ana, entry)) == ["author"]
    assert rules(await why(world, luis, entry)) == ["addressed", "mentioned", "responsible"]


async def test_what_is_not_in_mine_says_by_which_record_it_may_be_read(world: World) -> None:
    ana = await world.user("Ana")
    eva = await world.user("Eva", grants={(Kind.DEAL, Action.READ): Level.ALL})
    deal, lead = await world.record(ana, Kind.DEAL), await world.record(ana, Kind.LEAD)
    entry = (await world.do(ana, "message.publish", text="hello", about=[lead, deal]))["id"]

    answer = await why(world, eva, entry)

    by = answer["readable_by"]
    assert isinstance(by, list)
    assert (answer["mine"], answer["because"], [ref["record"] for ref in by]) == (False, [], [deal])


async def test_a_record_that_may_not_be_read_is_not_named(world: World) -> None:
    ana = await world.user("Ana")
    eva = await world.user("Eva", grants={})
    deal = await world.record(ana, Kind.DEAL, title="Secret", responsible=eva)
    entry = (await world.do(ana, "message.publish", text="hello", about=[deal], to=[{"user": eva}]))["id"]

    answer = await why(world, eva, entry)

    assert rules(answer) == ["addressed", "responsible"]
    assert "Secret" not in str(answer)
    assert answer["readable_by"] == []


async def test_an_entry_that_may_not_be_seen_has_no_reasons(world: World) -> None:
    ana, eva = await world.user("Ana"), await world.user("Eva", grants={})
    deal = await world.record(ana, Kind.DEAL)
    entry = (await world.do(ana, "message.publish", text="hello", about=[deal]))["id"]

    with pytest.raises(NotFound):
        await why(world, eva, entry)
