"""One change of many records: all or none, one burst, everybody told once."""

from __future__ import annotations

from typing import cast

import pytest
from sqlalchemy import select

from server.domain.access import Action, Level
from server.domain.words import JsonObject, Kind, RecordId, UserId
from server.errors import Forbidden, Invalid, NotFound
from server.store.access import load_access
from server.store.notifications import Bell, read_notifications
from server.store.schema import entries, history, records
from tests.world import World


async def bulk(world: World, user: UserId, of: list[RecordId], **fields: object) -> None:
    """Somebody changes many."""
    await world.do(user, "record.bulk", records=of, fields=fields)


async def reasons(world: World, user: UserId) -> list[object]:
    """What somebody was told."""
    async with world.store.database.reading() as connection:
        page = await read_notifications(connection, await load_access(connection, user), Bell())
    return [one["reason"] for one in page.items]


async def test_all_are_changed_as_if_one_by_one_and_their_entries_are_one_burst(world: World) -> None:
    ana = await world.user("Ana")
    deals = [await world.record(ana, Kind.DEAL) for _ in range(3)]

    await bulk(world, ana, deals, stage=world.stages["deal", "Won"])

    async with world.store.database.reading() as connection:
        stages = set((await connection.execute(select(records.c.stage_id))).scalars())
        burst = (
            await connection.execute(select(entries.c.id, entries.c.burst_id).where(entries.c.type == "stage"))
        ).all()
        noted = (await connection.execute(select(history.c.record_id).where(history.c.field == "stage"))).scalars()
        assert sorted(noted) == deals
    assert stages == {world.stages["deal", "Won"]}
    assert [row.burst_id for row in burst] == [burst[0].id] * 3
    assert [entry["type"] for entry in await world.stream(ana)] == ["stage"] * 3 + ["added"] * 3


async def test_everybody_is_told_once(world: World) -> None:
    ana, luis, eva = await world.user("Ana"), await world.user("Luis"), await world.user("Eva")
    of_luis = [await world.record(ana, Kind.DEAL, responsible=luis) for _ in range(3)]
    before = await reasons(world, luis)

    await bulk(world, ana, of_luis, responsible=eva)

    assert await reasons(world, luis) == ["relieved", *before]
    assert await reasons(world, eva) == ["responsible"]


async def test_one_that_may_not_be_changed_keeps_all_as_they_are(world: World) -> None:
    own = {(kind, action): Level.OWN for kind in Kind for action in Action}
    sees = own | {(kind, Action.READ): Level.ALL for kind in Kind}
    ana, eva, luis = await world.user("Ana"), await world.user("Eva", grants=sees), await world.user("Luis", grants=own)
    theirs = await world.record(ana, Kind.DEAL)
    for user, error in ((eva, Forbidden), (luis, NotFound)):
        mine = await world.record(ana, Kind.DEAL, responsible=user)
        start = len(world.published)

        with pytest.raises(error):
            await bulk(world, user, [mine, theirs], stage=world.stages["deal", "Won"])

        assert len(world.published) == start


async def test_a_stage_of_another_kind_is_refused(world: World) -> None:
    ana = await world.user("Ana")
    deal, lead = await world.record(ana, Kind.DEAL), await world.record(ana, Kind.LEAD)

    with pytest.raises(Invalid):
        await bulk(world, ana, [deal, lead], stage=world.stages["deal", "Won"])


@pytest.mark.parametrize(
    ("of", "fields", "wrong"),
    [
        ([], {"stage": 1}, {("records", "required")}),
        ([1], {}, {("fields", "required")}),
        (list(range(1, 202)), {"title": "x"}, {("records", "too_many"), ("title", "unknown")}),
    ],
)
async def test_what_makes_no_sense_is_named(
    world: World, of: list[int], fields: JsonObject, wrong: set[tuple[str, str]]
) -> None:
    ana = await world.user("Ana")

    with pytest.raises(Invalid) as refused:
        await bulk(world, ana, cast("list[RecordId]", of), **fields)

    assert {(error.field, error.code) for error in refused.value.errors} == wrong
