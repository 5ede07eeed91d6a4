"""The counters: the rule, SQL, the kept rows and the lists behind them all say the same, at any moment, for anybody."""

from __future__ import annotations

import random
from collections import Counter
from datetime import datetime
from itertools import pairwise
from typing import cast
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st
from sqlalchemy import select

from server.domain.access import Action, Level
from server.domain.counters import Flag, Need, flags, moment_of
from server.domain.words import JsonObject, Kind, RecordId, UserId
from server.store.access import load_access
from server.store.counters import read_counters, show_counters
from server.store.needs import rebuild, work_out
from server.store.records import Listing, read_records
from server.store.schema import needs, records
from tests.world import World

HOUR = 3_600_000
DAY = 24 * HOUR
MADRID = "Europe/Madrid"
NOW = round(datetime(2026, 11, 24, 15, tzinfo=ZoneInfo(MADRID)).timestamp() * 1000)
OWN = {(kind, action): Level.OWN for kind in Kind for action in Action}


async def counters(world: World, user: UserId, now: int = NOW) -> dict[str, dict[str, int]]:
    """Somebody's counters of records, those that are zero left out."""
    async with world.store.database.reading() as connection:
        counted = (await read_counters(connection, [user], now))[user].values
    kinds = {kind: cast("dict[str, int]", counted[str(kind)]) for kind in Kind}
    return {
        str(kind): {name: number for name, number in values.items() if number}
        for kind, values in kinds.items()
        if any(values.values())
    }


async def listed(world: World, user: UserId, kind: Kind, flag: Flag, now: int = NOW) -> list[object]:
    """The list behind a counter."""
    async with world.store.database.reading() as connection:
        asked = Listing(kind, attention=[flag], now=now, limit=200)
        page = await read_records(connection, await load_access(connection, user), asked)
    return [shown["record"] for shown in page.items]


async def task(world: World, user: UserId, *about: RecordId, due: int | None, **fields: object) -> int:
    """Somebody plans something."""
    made = await world.do(
        user, "activity.create", type="task", subject="t", end=due, records=list(about), key=None, **fields
    )
    return cast(int, made["id"])


async def test_a_record_counts_once_however_much_is_to_be_done(world: World) -> None:
    ana = await world.user("Ana", time_zone=MADRID)
    deal, other = await world.record(ana, Kind.DEAL), await world.record(ana, Kind.DEAL)
    await task(world, ana, deal, due=NOW - 1)
    await task(world, ana, deal, due=NOW + HOUR)
    await task(world, ana, other, due=NOW + HOUR)

    assert await counters(world, ana) == {"deal": {"overdue": 1, "today": 1, "records": 2}}


@pytest.mark.parametrize(
    ("zone", "hours"),
    [(MADRID, 9), ("America/Mexico_City", 16), ("Pacific/Kiritimati", 20), ("Asia/Kolkata", 4.5)],
)
async def test_today_ends_at_ones_own_midnight(world: World, zone: str, hours: float) -> None:
    ana = await world.user("Ana", time_zone=zone)
    deal = await world.record(ana, Kind.DEAL)
    await task(world, ana, deal, due=NOW + round(hours * HOUR) - 1)
    late = await world.record(ana, Kind.DEAL)
    await task(world, ana, late, due=NOW + round(hours * HOUR))

    assert await counters(world, ana) == {"deal": {"today": 1, "records": 1}}
    assert await counters(world, ana, NOW + round(hours * HOUR)) == {"deal": {"overdue": 2, "records": 2}}


def test_a_day_on_which_clocks_change_is_as_long_as_it_is() -> None:
    zone = ZoneInfo(MADRID)
    short, long = (round(datetime(2026, m, d, tzinfo=zone).timestamp() * 1000) for m, d in ((3, 29), (10, 25)))

    assert moment_of(short, zone).midnight - short == 23 * HOUR
    assert moment_of(long, zone).midnight - long == 25 * HOUR


async def test_what_is_mine_in_progress_and_without_a_plan_is_idle(world: World) -> None:
    ana, luis = await world.user("Ana"), await world.user("Luis")
    lead, deal = await world.record(ana, Kind.LEAD), await world.record(ana, Kind.DEAL)
    await world.record(ana, Kind.DEAL, stage=world.stages["deal", "Won"])
    await world.record(ana, Kind.CONTACT, first_name="Eva")
    assert await counters(world, ana) == {k: {"idle": 1, "records": 1} for k in ("lead", "deal")}

    planned = await task(world, luis, deal, due=NOW + 5 * DAY)
    assert await counters(world, ana) == {"lead": {"idle": 1, "records": 1}}
    await world.do(luis, "activity.complete", activity=planned)
    await world.do(ana, "record.update", record=lead, fields={"responsible": luis})

    assert await counters(world, ana) == {"deal": {"idle": 1, "records": 1}}
    assert await counters(world, luis) == {"lead": {"idle": 1, "records": 1}}


async def test_whether_idle_ones_count_is_a_setting(world: World) -> None:
    admin = await world.user("Admin", admin=True)
    await world.record(admin, Kind.LEAD)

    await world.do(admin, "settings.change", settings={"counters.idle": False})

    assert await counters(world, admin) == {}
    assert await listed(world, admin, Kind.LEAD, Flag.IDLE) == []


async def test_a_missed_call_is_incoming_until_somebody_handles_it(world: World) -> None:
    ana = await world.user("Ana")
    contact = await world.record(ana, Kind.CONTACT, first_name="Eva")
    call = await world.do(
        ana,
        "activity.create",
        type="call",
        subject="c",
        direction="in",
        status="missed",
        start=NOW - HOUR,
        records=[contact],
    )
    assert await counters(world, ana) == {"contact": {"overdue": 1, "incoming": 1, "records": 1}}

    await world.do(ana, "activity.complete", activity=call["id"])

    assert await counters(world, ana) == {}


async def test_a_quote_needs_me_from_its_close_date_on_until_it_is_final(world: World) -> None:
    ana = await world.user("Ana", time_zone=MADRID)
    quote = await world.record(ana, Kind.QUOTE, title="Q", close_date="2026-11-25")
    assert await counters(world, ana) == {}

    assert await counters(world, ana, NOW + 9 * HOUR) == {"quote": {"closing": 1, "records": 1}}
    await world.do(ana, "record.update", record=quote, fields={"stage": world.stages["quote", "Accepted"]})

    assert await counters(world, ana, NOW + DAY) == {}


async def test_in_the_other_mode_all_activities_of_my_records_count(world: World) -> None:
    ana, luis = await world.user("Ana", admin=True), await world.user("Luis")
    company = await world.record(ana, Kind.COMPANY)
    await task(world, luis, company, due=NOW - 1)
    assert (await counters(world, ana), len(await counters(world, luis))) == ({}, 1)
    world.counted.clear()

    await world.do(ana, "settings.change", settings={"counters.mode": "records"})

    assert (len(await counters(world, ana)), await counters(world, luis)) == (1, {})
    assert [event.audience for event in world.counted] == [{ana, luis}]
    await task(world, ana, company, due=NOW - 2)
    assert await counters(world, ana) == {"company": {"overdue": 1, "records": 1}}


async def test_what_may_not_be_read_is_not_counted(world: World) -> None:
    ana = await world.user("Ana")
    eva = await world.user("Eva", grants=OWN)
    deal = await world.record(ana, Kind.DEAL)
    await task(world, ana, deal, due=NOW - 1, responsible=eva)
    assert await counters(world, eva) == {}

    await world.do(ana, "record.update", record=deal, fields={"responsible": eva})

    assert await counters(world, eva) == {"deal": {"overdue": 1, "records": 1}}


async def test_a_deleted_record_counts_no_more_and_again_when_it_is_back(world: World) -> None:
    ana = await world.user("Ana")
    deal = await world.record(ana, Kind.DEAL)
    await task(world, ana, deal, due=NOW - 1)
    before = await counters(world, ana)

    await world.do(ana, "record.delete", record=deal)
    deleted = await counters(world, ana)
    await world.do(ana, "record.restore", record=deal)

    assert (deleted, await counters(world, ana)) == ({}, before)


async def test_my_activities_are_those_due_by_midnight_with_or_without_a_record(world: World) -> None:
    ana = await world.user("Ana", time_zone=MADRID)
    deal = await world.record(ana, Kind.DEAL)
    for due in (NOW - DAY, NOW + 9 * HOUR - 1, NOW + 9 * HOUR):
        await task(world, ana, due=due)
    await task(world, ana, deal, due=NOW)
    async with world.store.database.reading() as connection:
        shown = await show_counters(connection, await load_access(connection, ana), NOW)

    values = cast(JsonObject, shown["values"])
    assert (values["activities"], values["stream"], shown["position"]) == (3, 0, world.events[-1].position)


async def test_the_next_change_by_itself_is_known(world: World) -> None:
    ana = await world.user("Ana", time_zone=MADRID)
    deal, later = await world.record(ana, Kind.DEAL), await world.record(ana, Kind.DEAL)
    for record, due in ((deal, NOW + HOUR), (later, NOW + 2 * DAY)):
        await task(world, ana, record, due=due)

    moments = [NOW]
    async with world.store.database.reading() as connection:
        for _ in range(4):
            moments.append((await read_counters(connection, [ana], moments[-1]))[ana].until)

    midnights = [NOW + 9 * HOUR, NOW + 9 * HOUR + DAY]
    assert moments[1:] == [NOW + HOUR, *midnights, NOW + 2 * DAY]
    for before, after in pairwise(moments):
        assert await counters(world, ana, before) == await counters(world, ana, after - 1)


async def generated(world: World, dice: random.Random) -> tuple[list[UserId], list[RecordId]]:
    """People of several levels and zones, records of all kinds, things to do, some of it done, moved or deleted."""
    zones = [MADRID, "America/Mexico_City", "Pacific/Kiritimati"]
    people = [await world.user(f"P{n}", time_zone=zones[n]) for n in range(2)]
    people.append(await world.user("Own", grants=OWN, time_zone=zones[2]))
    boss = people[0]
    made: list[RecordId] = []
    for kind in [*Kind] * 4:
        fields: JsonObject = {"responsible": dice.choice(people), "title": "x"}
        if kind == Kind.QUOTE:
            fields["close_date"] = dice.choice([None, "2026-11-23", "2026-11-24", "2026-11-25", "2026-12-24"])
        if kind == Kind.DEAL:
            fields["stage"] = world.stages["deal", dice.choice(["New", "Won", "Lost"])]
        made.append(await world.record(boss, kind, **fields))
    for _ in range(30):
        about = dice.sample(made, dice.randrange(3))
        due = dice.choice([None, NOW + dice.randrange(-3, 3) * DAY + dice.randrange(24) * HOUR])
        done = await task(world, boss, *about, due=due, responsible=dice.choice(people))
        match dice.randrange(5):
            case 0:
                await world.do(boss, "activity.complete", activity=done)
            case 1:
                await world.do(boss, "activity.update", activity=done, responsible=dice.choice(people))
            case 2:
                await world.do(boss, "activity.update", activity=done, records=dice.sample(made, 2))
            case _:
                continue
    for record in dice.sample(made, 4):
        await world.do(boss, "record.delete", record=record)
    return people, made


@pytest.mark.parametrize("mode", ["activities", "records"])
async def test_rule_rows_counters_and_lists_agree(world: World, mode: str) -> None:
    dice = random.Random(mode)
    admin = await world.user("Admin", admin=True)
    await world.do(admin, "settings.change", settings={"counters.mode": mode})
    people, made = await generated(world, dice)

    async with world.store.database.writing() as connection:
        kept = {
            (row.user_id, row.record_id): Need(row.due, row.incoming, bool(row.idle), row.closes)
            for row in await connection.execute(select(needs))
        }
        assert kept == {key: need for key, (_, need) in (await work_out(connection, made)).items()}
        assert await rebuild(connection) == set(), "the rows were right"
    for user, zone in zip(people, [MADRID, "America/Mexico_City", "Pacific/Kiritimati"], strict=True):
        async with world.store.database.reading() as connection:
            access = await load_access(connection, user)
            rows = (await connection.execute(select(records).where(records.c.id.in_(made)))).all()
        readable = {
            row.id: row.kind
            for row in rows
            if row.deleted_at is None and _reads(access.level(Kind(row.kind), Action.READ), row.responsible_id == user)
        }
        for now in (NOW, NOW + 9 * HOUR, NOW + 40 * HOUR):
            plain: Counter[tuple[str, str]] = Counter()
            at = moment_of(now, ZoneInfo(zone))
            for (of, record), need in kept.items():
                if of == user and record in readable:
                    plain.update((readable[record], str(flag)) for flag in flags(need, at))
            counted = await counters(world, user, now)
            assert {(k, f): n for k, values in counted.items() for f, n in values.items()} == dict(plain)
            for kind in Kind:
                for flag in Flag:
                    behind = await listed(world, user, kind, flag, now)
                    assert len(behind) == plain[str(kind), str(flag)]


def _reads(level: Level, own: bool) -> bool:
    return level == Level.ALL or (level >= Level.OWN and own)


NEEDS = st.builds(
    Need,
    st.none() | st.integers(NOW - 2 * DAY, NOW + 2 * DAY),
    st.integers(0, 2),
    st.booleans(),
    st.none() | st.sampled_from(["2026-11-23", "2026-11-24", "2026-11-25"]),
)


@given(need=NEEDS, idle=st.booleans())
def test_the_number_on_the_tab_is_that_of_all_reasons_together(need: Need, idle: bool) -> None:
    found = flags(need, moment_of(NOW, ZoneInfo(MADRID)), idle=idle)

    assert (Flag.RECORDS in found) == bool(found - {Flag.RECORDS})
    assert not {Flag.OVERDUE, Flag.TODAY} <= found
