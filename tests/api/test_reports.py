"""Reports and the funnel over HTTP: what there is to ask, what is refused."""

from __future__ import annotations

import pytest

from server.domain.words import Kind
from tests.api.answers import problem, wrong_fields
from tests.api.conftest import Site


async def test_every_report_that_is_listed_answers_in_every_group(site: Site) -> None:
    boss = await site.world.user("Boss")
    await site.world.record(boss, Kind.DEAL, amount="5", currency="EUR")
    client = await site.client(boss)

    listed = (await client.get("/reports")).json()["reports"]

    assert len(listed) == 9
    for each in listed:
        for group in each["groups"]:
            found = await client.get(f"/reports/{each['report']}?group={group}&from=1&to=9000000000000")
            assert found.status_code == 200, found.text
            assert found.json()["group"] == group


async def test_a_row_opens_the_records_that_it_counts(site: Site) -> None:
    boss = await site.world.user("Boss")
    deals = [await site.world.record(boss, Kind.DEAL, amount="5", currency="EUR") for _ in range(3)]
    client = await site.client(boss)
    (row,) = (await client.get("/reports/by_responsible")).json()["rows"]
    path = f"/reports/by_responsible/records?key={row['key']}&currency={row['currency']}&limit=2"

    first = (await client.get(path)).json()
    rest = (await client.get(f"{path}&before={first['next']}")).json()

    assert [one["record"] for one in first["records"] + rest["records"]] == deals[::-1]
    assert rest["next"] is None


async def test_the_funnel_answers_for_the_first_pipeline(site: Site) -> None:
    client = await site.client(await site.world.user("Boss"))

    found = (await client.get("/funnel")).json()

    assert [stage["stage"]["name"] for stage in found["stages"]] == ["New", "Proposal", "Won", "Lost"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("won?group=company_size", "group"),
        ("won?from=2&to=1", "to"),
        ("won?from=x", "from"),
        ("won?colour=red", "colour"),
    ],
)
async def test_a_wrong_question_is_refused_by_its_field(site: Site, query: str, field: str) -> None:
    client = await site.client(await site.world.user("Boss"))

    refused = await client.get(f"/reports/{query}")

    assert {wrong for wrong, _ in wrong_fields(refused)} == {field}


async def test_an_unknown_report_and_one_without_records_are_refused(site: Site) -> None:
    client = await site.client(await site.world.user("Boss"))

    assert problem(await client.get("/reports/gossip")) == (404, "not_found")
    assert wrong_fields(await client.get("/reports/activities/records?key=1")) == {("report", "choice")}
    assert wrong_fields(await client.get("/reports/won/records")) == {("key", "required")}
