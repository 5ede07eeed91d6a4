"""A whole import: what it makes, that it can be repeated, stopped and corrected, and what the stream shows of it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import insert, update

from server.domain.events import Name, Reach
from server.domain.words import UserId
from server.errors import Unavailable
from server.imports import Step, preview, run
from server.store.access import load_access
from server.store.schema import (
    addresses,
    companies,
    deals,
    departments,
    entries,
    entry_people,
    entry_records,
    events,
    follows,
    log_head,
    product_rows,
    products,
    record_links,
    records,
    users,
)
from server.store.stream import Question, read_stream
from tests.imports.conftest import FILES, Portal, mapping_of, text_of


async def test_everything_in_the_files_is_in_the_portal_afterwards(portal: Portal) -> None:
    report = await portal.run()

    assert [(file.file, file.kind, file.added) for file in report.files] == [
        ("teams.csv", "user", 3),
        ("products.csv", "product", 2),
        ("accounts.csv", "company", 2),
        ("deals.csv", "deal", 3),
    ]
    assert report.problems == []
    assert [row.name for row in await portal.rows(products)] == ["GTX Pro", "MG Special"]
    titles = [row.title for row in await portal.rows(records)]
    assert titles == ["Acme", "Óptica Norte", "GTX Pro · Acme", "MG Special · A2", "GTX Pro · optica norte"]


async def test_the_dirt_the_mapping_knows_is_corrected(portal: Portal) -> None:
    await portal.run()

    acme = (await portal.rows(records))[0]
    assert (await portal.rows(companies))[0].industry == "technology"
    assert (await portal.rows(addresses))[0].country == "Philippines"
    assert (acme.amount, acme.currency) == (Decimal("1100040000.00"), "USD")
    assert acme.custom == {"year_established": "1996", "subsidiary_of": ""}
    first = (await portal.rows(deals))[0]
    assert (first.begin_date, first.close_date) == ("2016-10-20", "2017-03-01")
    assert [row.name for row in await portal.rows(product_rows)] == ["GTX Pro", "MG Special", "GTX Pro"]


async def test_a_deal_without_a_company_is_a_deal_without_a_company(portal: Portal) -> None:
    await portal.run()

    linked = {row.record_id for row in await portal.rows(record_links)}
    deals_made = [row.record_id for row in await portal.rows(deals)]
    assert [record in linked for record in deals_made] == [True, False, True]


async def test_agents_become_people_in_departments_who_cannot_sign_in(portal: Portal) -> None:
    await portal.run()

    tree = {row.id: row for row in await portal.rows(departments)}
    agents = {row.name: row for row in await portal.rows(users) if row.name != "Admin"}
    assert {agent.password_hash for agent in agents.values()} == {None}
    team = tree[agents["Ana Gil"].department_id]
    assert (team.name, tree[team.parent_id].name) == ("Team Rosa Paz", "Central")
    assert agents["Tom Lee"].department_id == team.id
    owners = {row.title: row.department_id for row in await portal.rows(records)}
    assert owners["GTX Pro · Acme"] == team.id


async def test_a_second_run_changes_nothing_and_says_so(portal: Portal) -> None:
    await portal.run()
    before = await portal.rows(log_head)

    report = await portal.run()

    assert (report.added, report.changed, report.unchanged) == (0, 0, 10)
    assert await portal.rows(log_head) == before


async def test_a_changed_row_changes_the_record_and_tells_its_stream(portal: Portal) -> None:
    await portal.run()
    portal.write(
        deals=FILES["deals.csv"].replace("A2,Tom Lee,MG Special,,Prospecting,,,", "A2,Tom Lee,MG Special,Acme,Lost,,,0")
    )

    report = await portal.run()

    assert (report.added, report.changed, report.unchanged) == (0, 1, 9)
    made = {row.type for row in await portal.rows(entries) if row.subject_id is not None} - {"added"}
    assert made == {"renamed", "stage", "amount", "client"}
    deal = next(row for row in await portal.rows(records) if row.external_id == "A2")
    assert (deal.version, deal.amount, deal.search) == (2, Decimal(0), "mg special · acme")


async def test_each_file_is_one_card_in_the_stream_and_the_rest_is_folded_into_it(portal: Portal) -> None:
    await portal.run()

    async with portal.store.database.reading() as connection:
        access = await load_access(connection, portal.admin)
        page = await read_stream(connection, access, Question(only_mine=False))
        cards = [entry["import"] for entry in page.items]
        opened = await read_stream(connection, access, Question(folded_into=page.items[0]["id"]))  # type: ignore[arg-type]
    assert [(card["file"], card["kind"], card["added"], card["running"]) for card in cards] == [  # type: ignore[index]
        ("deals.csv", "deal", 3, False),
        ("accounts.csv", "company", 2, False),
        ("products.csv", "product", 2, False),
        ("teams.csv", "user", 3, False),
    ]
    assert [entry["type"] for entry in opened.items] == ["added", "added", "added"]


async def test_the_stream_of_an_imported_company_shows_its_deals(portal: Portal) -> None:
    await portal.run()

    acme = (await portal.rows(records))[0].id
    async with portal.store.database.reading() as connection:
        access = await load_access(connection, portal.admin)
        page = await read_stream(connection, access, Question(record=acme))
    assert [entry["subject"]["title"] for entry in page.items] == ["GTX Pro · Acme", "Acme"]  # type: ignore[index]


async def test_what_is_folded_reaches_only_the_streams_of_the_records(portal: Portal) -> None:
    await portal.run()

    about_records = [event for event in portal.published if event.records]
    assert {event.reach for event in about_records} == {Reach.RECORD}
    assert len(about_records) == 5
    cards = [event for event in portal.published if event.name == Name.ENTRY_CHANGED]
    assert {event.reach for event in cards} == {Reach.STREAM}


async def test_an_import_makes_no_follower_and_addresses_nobody(portal: Portal) -> None:
    await portal.run()

    assert await portal.count(follows) == 0
    parts = {(row.user_id, row.part) for row in await portal.rows(entry_people)}
    assert parts == {(portal.admin, "author")}


async def test_positions_are_dense_and_in_the_rows(portal: Portal) -> None:
    await portal.run()

    positions = [row.position for row in await portal.rows(events)]
    assert positions == list(range(1, len(positions) + 1))
    assert all(0 < row.added <= row.bumped <= positions[-1] for row in await portal.rows(entries))
    subjects = {row.subject_id for row in await portal.rows(entries)} - {None}
    assert subjects <= {row.record_id for row in await portal.rows(entry_records)}


async def test_a_dry_run_checks_everything_and_writes_nothing(portal: Portal) -> None:
    portal.write(deals=FILES["deals.csv"] + "A4,Nobody,GTX Pro,Acme,Won,,,\n")

    report = await portal.run(dry_run=True)

    assert [file.added for file in report.files] == [3, 2, 2, 3]
    assert text_of(report) == ["deals.csv:5 unknown responsible"]
    assert await portal.count(records) == 0
    assert await portal.count(departments) == 0
    assert (await portal.rows(log_head))[0].position == 0


async def test_a_preview_shows_rows_as_they_would_be_made(portal: Portal) -> None:
    previews = await preview(portal.store, portal.admin, [portal.folder], mapping_of(), rows=2)

    deal = previews[-1].rows[0]
    assert (deal.line, deal.key, deal.outcome) == (2, "A1", "added")
    assert deal.fields["product"] == "GTX Pro"
    assert deal.fields["begin_date"] == "2016-10-20"
    assert deal.fields["amount"] == "1054.00"
    assert len(previews[-1].rows) == 2
    assert await portal.count(records) == 0


async def test_progress_counts_up_to_the_number_of_rows(portal: Portal) -> None:
    steps: list[Step] = []

    await run(portal.store, portal.admin, [portal.folder / "teams.csv"], mapping_of(), progress=steps.append)

    assert [(step.done, step.total) for step in steps] == [(0, 3), (3, 3)]


async def test_an_import_that_was_killed_goes_on_where_it_stopped_and_finishes_its_card(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.imports.running.BATCH", 1)
    opened = portal.store.works.open
    works = iter(range(1000))

    def dies(user: UserId, ref: str | None = None) -> object:
        if next(works) == 11:  # 3 people, 2 products, 2 companies and 3 cards closed before, then the second deal
            raise Unavailable("the database does not answer")
        return opened(user, ref)

    monkeypatch.setattr(portal.store.works, "open", dies)
    with pytest.raises(Unavailable):
        await portal.run()
    cut = [row.imported for row in await portal.rows(entries) if row.type == "import"][-1]
    monkeypatch.setattr(portal.store.works, "open", opened)

    report = await portal.run()

    assert cut == {"file": "deals.csv", "kind": "deal", "added": 1, "changed": 0, "running": True}
    assert (report.added, report.unchanged) == (2, 8)
    cards = [row.imported for row in await portal.rows(entries) if row.type == "import"]
    assert len(cards) == 4
    assert cards[-1] == {"file": "deals.csv", "kind": "deal", "added": 3, "changed": 0, "running": False}


async def test_people_who_are_no_admins_import_what_their_rights_allow(portal: Portal) -> None:
    await portal.run()
    ana = next(row.id for row in await portal.rows(users) if row.name == "Ana Gil")
    portal.write(
        teams=FILES["teams.csv"] + "New Agent,Rosa Paz,Central\n",
        deals=FILES["deals.csv"].replace("1054", "2000").replace("MG Special,,", "MG Special,Acme,")
        + "A4,Ana Gil,GTX Pro,Acme,Won,,,\nA5,Tom Lee,GTX Pro,Acme,Won,,,\n",
    )

    report = await portal.run(user=UserId(ana))

    assert [f"{p.file}:{p.line}" for p in report.problems if p.code == "forbidden"] == [
        "teams.csv:2",
        "teams.csv:3",
        "teams.csv:4",
        "teams.csv:5",
        "products.csv:2",
        "products.csv:3",
        "accounts.csv:2",
        "accounts.csv:3",
        "deals.csv:3",
        "deals.csv:4",
        "deals.csv:6",
    ]
    assert (report.added, report.changed) == (1, 1)


async def test_a_person_who_changes_departments_takes_their_records_along(portal: Portal) -> None:
    await portal.run()
    portal.write(teams=FILES["teams.csv"].replace("Ana Gil,Rosa Paz,Central", "Ana Gil,Ian Fox,East"))

    report = await portal.run()

    assert (report.added, report.changed) == (0, 1)
    by_name = {row.name: row for row in await portal.rows(users)}
    assert by_name["Ana Gil"].department_id == by_name["Uma Roy"].department_id
    deal = next(row for row in await portal.rows(records) if row.external_id == "A1")
    assert deal.department_id == by_name["Uma Roy"].department_id
    (access,) = [event for event in portal.published if event.name == Name.ACCESS_CHANGED]
    assert access.audience == {by_name["Ana Gil"].id}
    moved = [event.data.get("locked") for event in portal.published if event.name == Name.RECORD_LOCKED]
    assert moved == [deal.id]


async def test_a_record_that_an_import_gives_to_somebody_else_leaves_the_screens_of_those_who_lose_it(
    portal: Portal,
) -> None:
    await portal.run()
    portal.published.clear()
    portal.write(deals=FILES["deals.csv"].replace("A1,Ana Gil", "A1,Tom Lee"))

    await portal.run()

    by_name = {row.name: row for row in await portal.rows(users)}
    (locked,) = [event for event in portal.published if event.name == Name.RECORD_LOCKED]
    (unlocked,) = [event for event in portal.published if event.name == Name.RECORD_UNLOCKED]
    assert f"deal:user:{by_name['Ana Gil'].id}" in locked.principals - locked.barred
    assert f"deal:user:{by_name['Tom Lee'].id}" in unlocked.principals - unlocked.barred


async def test_names_that_two_things_have_are_not_guessed(portal: Portal) -> None:
    async with portal.store.database.writing() as connection:
        row = {"name": "Ana Gil", "email": "other@example.com", "created_at": 0}
        await connection.execute(insert(users).values(row))

    report = await portal.run()

    assert text_of(report) == ["deals.csv:2 ambiguous responsible"]


async def test_records_made_by_people_are_not_touched(portal: Portal) -> None:
    await portal.run()
    async with portal.store.database.writing() as connection:
        own = update(records).where(records.c.external_id == "A1")
        await connection.execute(own.values(comments="Called them", opened=True))

    report = await portal.run()

    assert report.changed == 0
    deal = next(row for row in await portal.rows(records) if row.external_id == "A1")
    assert (deal.comments, bool(deal.opened)) == ("Called them", True)
