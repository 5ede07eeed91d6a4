"""The audit log and catching up: every change with before and after, nothing of what may not be read."""

from __future__ import annotations

from typing import cast

import pytest
from sqlalchemy import select

from server.actions.history import stored
from server.domain.access import Action, Level
from server.domain.history import What
from server.domain.records import fields_of
from server.domain.words import JsonObject, Kind, RecordId, UserId
from server.errors import Invalid, NotFound
from server.store.access import load_access
from server.store.catchup import read_catchup
from server.store.history import Asked, read_history
from server.store.schema import history
from server.store.snapshots import read_snapshots
from tests.world import World

OWN_DEALS = {(Kind.DEAL, action): Level.OWN for action in Action}


async def lines(world: World, user: UserId, **asked: object) -> list[JsonObject]:
    """What somebody sees of the audit log, the newest first."""
    async with world.store.database.reading() as connection:
        access = await load_access(connection, user)
        page = await read_history(connection, access, Asked(**asked))  # type: ignore[arg-type]
    return list(page.items)


async def catchup(world: World, user: UserId, since: int, **asked: object) -> list[JsonObject]:
    """What somebody missed."""
    async with world.store.database.reading() as connection:
        access = await load_access(connection, user)
        page = await read_catchup(connection, access, since, **asked)  # type: ignore[arg-type]
    return list(page.items)


def position(world: World) -> int:
    """Where the log stands."""
    return world.events[-1].position


async def update(world: World, user: UserId, record: RecordId, **fields: object) -> None:
    """Somebody changes fields."""
    await world.do(user, "record.update", record=record, fields=fields)


async def test_each_changed_field_is_a_line_with_names_in_the_place_of_ids(world: World) -> None:
    ana, luis = await world.user("Ana"), await world.user("Luis")
    firm = await world.record(ana, Kind.COMPANY, title="Acme")
    deal = await world.record(ana, Kind.DEAL, title="Boilers")

    await update(
        world, ana, deal, stage=world.stages["deal", "Proposal"], responsible=luis, company=firm, amount="5.00"
    )

    found = [one for one in await lines(world, luis, record=deal) if one["what"] == "changed"]
    changes = {one["field"]: (one["before"], one["after"]) for one in found}
    new, proposal = ({"stage": world.stages["deal", n], "name": n, "meaning": "progress"} for n in ("New", "Proposal"))
    assert changes == {
        "stage": (new, proposal),
        "responsible": ({"user": ana, "name": "Ana"}, {"user": luis, "name": "Luis"}),
        "company": (None, {"record": firm, "kind": "company", "title": "Acme", "responsible": ana}),
        "amount": (None, "5.00"),
    }
    assert {cast(JsonObject, one["actor"])["user"] for one in found} == {ana}
    assert {one["position"] for one in found} == {position(world)}


async def test_the_log_told_forwards_is_the_record_as_it_is(world: World) -> None:
    ana, luis = await world.user("Ana"), await world.user("Luis")
    firm = await world.record(ana, Kind.COMPANY)
    row: JsonObject = {"name": "Boiler", "quantity": "2", "price": "3.50"}
    deal = await world.record(ana, Kind.DEAL, title="One", products=[row], custom={"colour": "red"})
    contact = await world.record(ana, Kind.CONTACT, first_name="Eva", phones=[{"value": "+34 1"}])
    await update(world, ana, deal, title="Two", company=firm, products=[row, row], probability=10)
    await update(world, ana, deal, probability=None, company=None, responsible=luis, custom={"colour": "blue"})
    await update(world, ana, contact, phones=[{"value": "+34 2", "label": "home"}], companies=[firm])

    for kind, record in ((Kind.DEAL, deal), (Kind.CONTACT, contact)):
        folded: JsonObject = {}
        async with world.store.database.reading() as connection:
            found = select(history).where(history.c.record_id == record).order_by(history.c.id)
            for line in await connection.execute(found):
                folded |= line.after if line.what == What.CREATED else {line.field: line.after}
            now = (await read_snapshots(connection, kind, [record], fields_of(kind)))[record].values
        empty: tuple[object, ...] = (None, "", [], {})
        said = {name: value for name, value in folded.items() if value not in empty}
        assert said == {
            name: stored(value)
            for name, value in now.items()
            if value not in empty and value is not False and name != "type"
        }


async def test_what_is_written_again_as_it_was_is_no_change(world: World) -> None:
    ana = await world.user("Ana")
    contact = await world.record(ana, Kind.CONTACT, first_name="Eva", phones=[{"value": "+34 1"}])
    before = len(await lines(world, ana))

    await update(world, ana, contact, first_name="Eva", phones=[{"value": "+34 1"}])

    assert len(await lines(world, ana)) == before


async def test_only_lines_of_readable_records_are_shown_and_others_in_them_are_locked(world: World) -> None:
    ana, eva = await world.user("Ana"), await world.user("Eva", grants=OWN_DEALS)
    firm = await world.record(ana, Kind.COMPANY, title="Secret")
    deal, hidden = await world.record(ana, Kind.DEAL, responsible=eva), await world.record(ana, Kind.DEAL)
    await update(world, ana, deal, company=firm)
    await update(world, ana, hidden, title="Secret deal")

    found = await lines(world, eva)

    assert [(one["what"], one["after"]) for one in found][:1] == [("changed", {"kind": "company", "locked": True})]
    assert len(found) == 2
    assert "Secret" not in str(found)
    with pytest.raises(NotFound):
        await lines(world, eva, record=hidden)


async def test_of_deleted_records_those_read_who_might_read_them(world: World) -> None:
    ana, eva = await world.user("Ana"), await world.user("Eva", grants=OWN_DEALS)
    hers, other = await world.record(ana, Kind.DEAL, title="Hers", responsible=eva), await world.record(ana, Kind.DEAL)

    for deal in (hers, other):
        await world.do(ana, "record.delete", record=deal)

    found = await lines(world, eva)
    assert [one["what"] for one in found] == ["deleted", "created"]
    assert found[0]["record"] == {"kind": "deal", "title": "Hers", "deleted": hers}
    assert len(await lines(world, ana)) == 4


async def test_filters_choose_and_pages_go_on(world: World) -> None:
    ana, luis = await world.user("Ana"), await world.user("Luis")
    deal = await world.record(ana, Kind.DEAL)
    await world.record(luis, Kind.LEAD)
    for title in "abc":
        await update(world, luis, deal, title=title)

    by_luis = await lines(world, ana, actors=[luis], what=[What.CHANGED], fields=["title"], kinds=[Kind.DEAL])
    first = await lines(world, ana, limit=2)
    rest = await lines(world, ana, before=first[-1]["id"])

    assert [one["after"] for one in by_luis] == ["c", "b", "a"]
    assert [one["id"] for one in first + rest] == [one["id"] for one in await lines(world, ana)]
    assert await lines(world, ana, until=1) == []


async def test_catching_up_says_what_it_came_to(world: World) -> None:
    ana, luis = await world.user("Ana"), await world.user("Luis")
    deal = await world.record(ana, Kind.DEAL, title="A")
    await world.record(ana, Kind.DEAL)
    old = (await world.do(luis, "message.publish", text="before", about=[deal]))["id"]
    since = position(world)
    for title in "BCA":
        await update(world, luis, deal, title=title)
    await update(world, luis, deal, probability=10)
    await update(world, luis, deal, probability=20)
    await world.do(luis, "message.publish", text="new", about=[deal])
    await world.do(luis, "comment.add", entry=old, text="again")

    (one,) = await catchup(world, ana, since)

    about = cast(JsonObject, one["about"])
    assert (about["record"], one["changes"]) == (deal, [{"field": "probability", "before": None, "after": 20}])
    assert (one["added"], one["entries"], one["last"]) == (4, 5, position(world))
    assert await catchup(world, ana, position(world)) == []


async def test_a_change_that_makes_no_entry_is_caught_up_with_too(world: World) -> None:
    ana, luis = await world.user("Ana"), await world.user("Luis")
    deal = await world.record(ana, Kind.DEAL)
    since = position(world)

    await update(world, luis, deal, probability=10)

    assert [(one["entries"], one["changes"] != []) for one in await catchup(world, ana, since)] == [(0, True)]
    assert await catchup(world, luis, since) == []
    assert len(await catchup(world, luis, since, only_mine=False)) == 1


async def test_catching_up_is_for_readers_as_of_now(world: World) -> None:
    ana, eva = await world.user("Ana"), await world.user("Eva", grants=OWN_DEALS)
    deal = await world.record(ana, Kind.DEAL, responsible=eva)
    since = position(world)
    await update(world, ana, deal, probability=10)
    assert len(await catchup(world, eva, since)) == 1

    await update(world, ana, deal, responsible=ana)

    assert await catchup(world, eva, since) == []
    with pytest.raises(Invalid):
        await catchup(world, eva, position(world) + 1)


async def test_pages_of_catching_up_go_on(world: World) -> None:
    ana = await world.user("Ana")
    deals = [await world.record(ana, Kind.DEAL) for _ in range(3)]

    first = await catchup(world, ana, 0, limit=2)
    rest = await catchup(world, ana, 0, before=first[-1]["last"])

    assert [cast(JsonObject, one["about"])["record"] for one in first + rest] == deals[::-1]
