"""Reports and the funnel: every figure is that of a plain count, and opens exactly what it counts, for every reader."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import partial
from typing import cast
from zoneinfo import ZoneInfo

import pytest

from server.domain.access import Access, Action, Level
from server.domain.reports import REPORTS, Group, Question, buckets
from server.domain.words import JsonObject, Kind, RecordId, UserId
from server.errors import Invalid, NotFound
from server.store.access import load_access, owned
from server.store.records import show_records
from server.store.reports import Opening, open_report, read_report
from server.store.reports.funnel import read_funnel
from tests.world import World

NOW = 1_800_000_000_000  # ms; 2027-01-15
DAY = 86_400_000
MADRID = ZoneInfo("Europe/Madrid")
OWN_DEALS = {(Kind.DEAL, action): Level.OWN for action in Action}


async def access_of(world: World, user: UserId) -> Access:
    """What somebody may do."""
    async with world.store.database.reading() as connection:
        return await load_access(connection, user)


async def report(world: World, user: UserId, name: str, **asked: object) -> JsonObject:
    """One report, as somebody sees it."""
    spec = REPORTS[name]
    question = Question(**{"group": spec.groups[0], "now": NOW, "zone": MADRID} | asked)  # type: ignore[arg-type]
    access = await access_of(world, user)
    async with world.store.database.reading() as connection:
        return await read_report(connection, access, spec, question)


async def behind(world: World, user: UserId, name: str, row: Mapping[str, object], **asked: object) -> list[int]:
    """The ids of the records behind a row."""
    spec = REPORTS[name]
    question = Question(**{"group": spec.groups[0], "now": NOW, "zone": MADRID} | asked)  # type: ignore[arg-type]
    access = await access_of(world, user)
    opening = Opening(cast(str, row["key"]), cast("str | None", row["currency"]), limit=200)
    async with world.store.database.reading() as connection:
        page = await open_report(connection, access, spec, question, opening)
    return [cast(int, shown["record"]) for shown in page.items]


async def funnel(world: World, user: UserId, **asked: object) -> list[JsonObject]:
    """The stages of the funnel."""
    question = Question(**{"group": Group.STAGE, "now": NOW, "zone": MADRID} | asked)  # type: ignore[arg-type]
    access = await access_of(world, user)
    async with world.store.database.reading() as connection:
        found = await read_funnel(connection, access, question)
    return cast("list[JsonObject]", found["stages"])


def rows(found: JsonObject) -> list[JsonObject]:
    """The rows of a report."""
    return cast("list[JsonObject]", found["rows"])


async def deals_of(world: World, user: UserId, deals: list[RecordId]) -> list[JsonObject]:
    """Those deals that somebody may read, whole: what a plain count counts."""
    access = await access_of(world, user)
    async with world.store.database.reading() as connection:
        facts = await owned(connection, deals)
        return await show_records(connection, access, [deal for deal in deals if access.may(Action.READ, facts[deal])])


@pytest.fixture
def dice() -> random.Random:
    """Always the same choices."""
    return random.Random(7)


async def company_of_deals(world: World, dice: random.Random) -> tuple[list[UserId], list[RecordId]]:
    """Three people of different levels, and deals of theirs in every stage, month and currency."""
    boss = await world.user("Boss")
    own, blind = await world.user("Own", grants=OWN_DEALS), await world.user("Blind", grants={})
    firms = [await world.record(boss, Kind.COMPANY, title=f"Firm {n}") for n in range(3)]
    world.store.works.clock = lambda: NOW - dice.randrange(200) * DAY
    deals: list[RecordId] = []
    for _ in range(40):
        fields: JsonObject = {
            "responsible": dice.choice([boss, own, blind]),
            "company": dice.choice([None, *firms]),
            "probability": dice.choice([None, 0, 25, 100]),
            "close_date": dice.choice([None, "2026-11-30", "2027-01-14", "2027-01-15", "2027-03-01"]),
            "products": [
                {"name": dice.choice("AB"), "quantity": "1.5", "price": "3.33", "discount": dice.choice(["0", "15"])}
                for _ in range(dice.randrange(3))
            ],
        }
        fields |= dice.choice([{}, {"amount": "10.55", "currency": "EUR"}, {"amount": "7", "currency": "USD"}])
        deals.append(await world.record(boss, Kind.DEAL, **fields))
    for deal in deals:
        for stage in dice.sample(["Proposal", "Won", "Lost"], dice.randrange(3)):
            await world.do(boss, "record.update", record=deal, fields={"stage": world.stages["deal", stage]})
    return [boss, own, blind], deals


def measure(deals: list[JsonObject]) -> Iterator[tuple[str | None, int, Decimal, Decimal]]:
    """Currency, count, amount and weighted amount, plainly."""
    of: defaultdict[str | None, list[JsonObject]] = defaultdict(list)
    for deal in deals:
        of[cast("str | None", deal["currency"])].append(deal)
    for currency, some in of.items():
        amounts = [Decimal(cast("str | None", deal["amount"]) or 0) for deal in some]
        weights = [100 if deal["probability"] is None else cast(int, deal["probability"]) for deal in some]
        weighted = sum((a * w for a, w in zip(amounts, weights, strict=True)), Decimal(0)) / 100
        yield currency, len(some), sum(amounts, Decimal(0)), weighted.quantize(Decimal("0.01"), ROUND_HALF_UP)


def meaning(deal: JsonObject) -> object:
    """What a deal's stage says."""
    return cast(JsonObject, deal["stage"])["meaning"]


@pytest.mark.parametrize("group", [Group.RESPONSIBLE, Group.COMPANY, Group.STAGE])
async def test_each_row_is_what_a_plain_count_gives_and_opens_it(
    world: World, dice: random.Random, group: Group
) -> None:
    people, deals = await company_of_deals(world, dice)

    for user in people:
        mine = [deal for deal in await deals_of(world, user, deals) if meaning(deal) == "progress"]
        found = await report(world, user, "expected", group=group)

        assert {
            (t["currency"], t["count"], t["amount"], t["weighted"]) for t in cast("list[JsonObject]", found["totals"])
        } == {
            (currency, count, f"{amount:.2f}", f"{weighted:.2f}") for currency, count, amount, weighted in measure(mine)
        }
        opened: list[int] = []
        for row in rows(found):
            ids = await behind(world, user, "expected", row, group=group)
            assert len(ids) == row["count"]
            (plain,) = measure([deal for deal in mine if deal["record"] in ids])
            assert (plain[0], plain[1], f"{plain[2]:.2f}") == (row["currency"], row["count"], row["amount"])
            opened += ids
        assert sorted(opened) == sorted(cast(int, deal["record"]) for deal in mine)


async def test_won_deals_stand_in_the_month_of_the_reader_in_which_they_were_won(world: World) -> None:
    boss = await world.user("Boss")
    deal = await world.record(boss, Kind.DEAL, amount="5", currency="EUR")
    newyear = round(datetime(2026, 12, 31, 23, 30, tzinfo=UTC).timestamp() * 1000)
    world.store.works.clock = lambda: newyear
    await world.do(boss, "record.update", record=deal, fields={"stage": world.stages["deal", "Won"]})

    in_madrid = rows(await report(world, boss, "won"))
    in_utc = rows(await report(world, boss, "won", zone=UTC))

    assert [row["label"] for row in in_madrid] == [{"month": "2027-01"}]
    assert [row["label"] for row in in_utc] == [{"month": "2026-12"}]
    assert rows(await report(world, boss, "won", since=newyear + 1)) == []
    assert await behind(world, boss, "won", in_madrid[0]) == [deal]


async def test_a_deal_that_was_opened_again_is_not_won_any_more(world: World) -> None:
    boss = await world.user("Boss")
    deal = await world.record(boss, Kind.DEAL, stage=world.stages["deal", "Won"])
    assert len(rows(await report(world, boss, "won"))) == 1

    await world.do(boss, "record.update", record=deal, fields={"stage": world.stages["deal", "Proposal"]})

    assert rows(await report(world, boss, "won")) == []


async def test_overdue_begins_with_the_day_after_the_close_date(world: World) -> None:
    boss = await world.user("Boss")
    late = await world.record(boss, Kind.DEAL, close_date="2027-01-14")
    await world.record(boss, Kind.DEAL, close_date="2027-01-15")
    await world.record(boss, Kind.DEAL)

    (row,) = rows(await report(world, boss, "overdue"))

    assert await behind(world, boss, "overdue", row) == [late]


async def test_products_are_added_up_row_by_row_without_tax(world: World) -> None:
    boss = await world.user("Boss")
    row: JsonObject = {"name": "Boiler", "quantity": "1.5", "price": "3.33", "discount": "15", "tax": "21"}
    await world.record(boss, Kind.DEAL, stage=world.stages["deal", "Won"], currency="EUR", products=[row, row])

    (found,) = rows(await report(world, boss, "by_product"))

    net = (Decimal("1.5") * Decimal("3.33") * Decimal("0.85")).quantize(Decimal("0.01"), ROUND_HALF_UP) * 2
    assert found == {
        "key": "Boiler",
        "label": {"product": None, "name": "Boiler"},
        "currency": "EUR",
        "count": 1,
        "quantity": "3.00",
        "amount": f"{net:.2f}",
    }


async def test_companies_that_may_not_be_read_are_one_row_with_a_lock(world: World) -> None:
    boss, own = await world.user("Boss"), await world.user("Own", grants=OWN_DEALS)
    firm, other = await world.record(boss, Kind.COMPANY, title="Secret"), await world.record(boss, Kind.COMPANY)
    for client in (firm, other):
        await world.record(boss, Kind.DEAL, responsible=own, company=client)

    found = await report(world, own, "by_company")

    assert [(row["label"], row["count"]) for row in rows(found)] == [({"kind": "company", "locked": True}, 2)]
    assert rows(await report(world, own, "by_company", company=firm)) == []


async def test_activities_are_counted_by_person_and_by_type(world: World) -> None:
    boss, own = await world.user("Boss"), await world.user("Own", grants={})
    deal = await world.record(boss, Kind.DEAL)
    call = await world.do(
        boss, "activity.create", type="call", subject="c", direction="out", start=NOW - 1, records=[deal]
    )
    await world.do(boss, "activity.create", type="task", subject="t", end=NOW - 1, responsible=own)
    await world.do(boss, "activity.complete", activity=call["id"])

    by_person = rows(await report(world, boss, "activities"))
    by_type = rows(await report(world, own, "activities", group=Group.TYPE))

    assert {(cast(JsonObject, r["label"])["user"], r["count"], r["completed"], r["overdue"]) for r in by_person} == {
        (boss, 1, 1, 0),
        (own, 1, 0, 1),
    }
    assert [(r["label"], r["count"]) for r in by_type] == [({"type": "task"}, 1)]


async def test_the_first_reply_of_another_counts_and_none_of_what_may_not_be_seen(world: World) -> None:
    boss, own = await world.user("Boss"), await world.user("Own", grants=OWN_DEALS)
    seen, hidden = await world.record(boss, Kind.DEAL, responsible=own), await world.record(boss, Kind.DEAL)
    for deal, minutes in ((seen, 10), (hidden, 50)):
        world.store.works.clock = lambda: NOW
        entry = (await world.do(boss, "message.publish", text="hello", about=[deal]))["id"]
        await world.do(boss, "comment.add", entry=entry, text="me again")
        world.store.works.clock = partial(int, NOW + minutes * 60_000)
        replier = own if deal == seen else await world.user("Other")
        await world.do(replier, "comment.add", entry=entry, text="yes")
        await world.do(replier, "comment.add", entry=entry, text="and no")

    of_own = rows(await report(world, own, "first_reply"))

    assert [(cast(JsonObject, r["label"])["user"], r["answered"], r["minutes"]) for r in of_own] == [(own, 1, 10)]
    assert len(rows(await report(world, boss, "first_reply"))) == 2


async def test_the_funnel_counts_who_stands_where_and_who_came_so_far(world: World) -> None:
    boss, own = await world.user("Boss"), await world.user("Own", grants=OWN_DEALS)
    way = {
        "New": [],
        "Proposal": ["Proposal"],
        "Won": ["Proposal", "Won"],
        "Skipped": ["Won"],
        "Lost": ["Proposal", "Lost"],
    }
    for stages in way.values():
        deal = await world.record(boss, Kind.DEAL, amount="10", currency="EUR", responsible=own)
        for stage in stages:
            await world.do(boss, "record.update", record=deal, fields={"stage": world.stages["deal", stage]})

    found = await funnel(world, own)

    standing = [(cast(JsonObject, s["stage"])["name"], s["count"], s["reached"], s["conversion"]) for s in found]
    assert standing == [("New", 1, 5, None), ("Proposal", 1, 4, 0.8), ("Won", 2, 2, 0.5), ("Lost", 1, None, None)]
    assert [s["amounts"] for s in found][2] == {"EUR": "20.00"}
    assert [s["share"] for s in found] == [0.2, 0.2, 0.4, 0.2]
    assert all(s["count"] == 0 for s in await funnel(world, await world.user("Blind", grants={})))
    with pytest.raises(NotFound):
        await funnel(world, boss, pipeline=99)


def test_weeks_begin_on_monday_and_a_night_of_changing_clocks_loses_nothing() -> None:
    first = round(datetime(2026, 10, 20, tzinfo=MADRID).timestamp() * 1000)
    last = round(datetime(2026, 11, 2, 1, tzinfo=MADRID).timestamp() * 1000)

    found = buckets(Group.WEEK, first, last, MADRID)

    assert [name for name, _ in found] == ["2026-10-19", "2026-10-26", "2026-11-02"]
    assert [end for _, end in found][:2] == [
        round(datetime(2026, 10, 26, tzinfo=MADRID).timestamp() * 1000),
        round(datetime(2026, 11, 2, tzinfo=MADRID).timestamp() * 1000),
    ]


def test_more_weeks_than_a_chart_can_show_are_refused() -> None:
    with pytest.raises(Invalid):
        buckets(Group.WEEK, 0, NOW, MADRID)
