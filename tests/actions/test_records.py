"""Creating and editing records, and which entries a change makes (PRODUCT §3, §5.1)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import cast

import pytest

from server.domain.access import Action, Level
from server.domain.events import Name, Reach
from server.domain.words import JsonObject, Kind, RecordId, UserId
from server.errors import Conflict, Forbidden, Invalid, NotFound
from server.store.access import load_access
from server.store.records import show_record
from server.store.shapes import shape_records
from tests.world import World

OWN = {(kind, action): Level.OWN for kind in Kind for action in Action}
FULL: dict[Kind, JsonObject] = {
    Kind.LEAD: {
        "title": "Óptica Sol", "first_name": "Rosa", "last_name": "Gil", "job_title": "Owner", "company_title": "Sol",
        "phones": [{"label": "work", "value": "+34 600"}], "emails": [{"label": "home", "value": "rosa@sol.example"}],
        "amount": "10.50", "currency": "EUR", "comments": "two\nlines", "source": "web", "opened": True,
        "custom": {"size": 3, "paid": True, "note": "x"},
    },
    Kind.DEAL: {
        "title": "120 laptops", "amount": "186400.00", "currency": "USD", "probability": 60,
        "begin_date": "2026-01-31", "close_date": "2026-12-31",
        "products": [
            {"product": None, "name": "Laptop", "quantity": "120.00", "price": "999.90", "discount": "0.00", "tax": "21.00"}
        ],
    },
    Kind.CONTACT: {
        "title": "Raúl Montes", "first_name": "Raúl", "last_name": "Montes", "type": "supplier",
        "job_title": "Buyer", "birthday": "1980-02-29", "phones": [], "emails": [],
    },
    Kind.COMPANY: {
        "title": "Aurora", "type": "partner", "industry": "x" * 255, "employees": 35, "revenue": "1.00",
        "currency": "EUR", "web": "aurora.example", "my_company": True,
        "addresses": [
            {"label": "main", "street": "1 Rd", "city": "León", "region": "", "postal_code": "24001", "country": "ES"}
        ],
    },
    Kind.QUOTE: {
        "title": "Offer", "amount": "1.00", "currency": "EUR", "tax": "0.21", "issue_date": "2026-01-01",
        "close_date": "2026-02-01", "terms": "30 days",
    },
}  # fmt: skip


async def shown(world: World, user: UserId, record: RecordId) -> JsonObject:
    async with world.store.database.reading() as connection:
        return await show_record(connection, await load_access(connection, user), record)


@pytest.mark.parametrize("kind", Kind)
async def test_a_record_keeps_every_field_and_makes_an_entry(world: World, kind: Kind) -> None:
    ana = await world.user("Ana")

    made = await world.do(ana, "record.create", kind=str(kind), fields=FULL[kind])

    assert {name: made[name] for name in FULL[kind]} == FULL[kind]
    assert (made["responsible"], made["version"], made["may"]) == (
        {"user": ana, "name": "Ana"},
        1,
        ["update", "delete"],
    )
    assert [event.name for event in world.events] == [Name.ENTRY_ADDED, Name.RECORD_ADDED]
    (entry,) = await world.stream(ana)
    assert (entry["type"], entry["subject"]["record"]) == ("added", made["record"])  # type: ignore[index]


async def test_a_new_deal_stands_in_the_first_stage_of_the_first_pipeline(world: World) -> None:
    ana = await world.user("Ana")

    deal = await world.do(ana, "record.create", kind="deal", fields={"title": "x", "stage": None, "pipeline": None})

    assert deal["stage"]["name"] == "New"  # type: ignore[index]
    assert deal["pipeline"] is not None


@pytest.mark.parametrize(
    ("kind", "fields", "title"),
    [
        ("contact", {"first_name": "Raúl", "last_name": "Montes"}, "Raúl Montes"),
        ("lead", {"company_title": "Sol"}, "Sol"),
    ],
)
async def test_a_person_without_a_title_is_called_by_name(
    world: World, kind: str, fields: JsonObject, title: str
) -> None:
    ana = await world.user("Ana")

    assert (await world.do(ana, "record.create", kind=kind, fields=fields))["title"] == title


@pytest.mark.parametrize("kind", ["deal", "company", "contact"])
async def test_a_record_needs_a_name(world: World, kind: str) -> None:
    ana = await world.user("Ana")

    with pytest.raises(Invalid) as refused:
        await world.do(ana, "record.create", kind=kind, fields={})

    assert [(error.field, error.code) for error in refused.value.errors] == [("title", "required")]


async def test_quotes_are_numbered_without_a_double_whatever_their_titles_say(world: World) -> None:
    ana = await world.user("Ana")
    year = datetime.now(UTC).year
    titles = [f"Q-{year}-0001", f"Q-{year}-next", None, "x" * 255, "Q-", None]

    made = await asyncio.gather(
        *(
            world.do(ana, "record.create", kind="quote", fields={} if title is None else {"title": title})
            for title in titles
        )
    )

    numbers = [str(quote["number"]) for quote in made]
    assert sorted(number[-4:] for number in numbers) == ["0001", "0002", "0003", "0004", "0005", "0006"]
    assert [quote["title"] for quote in made] == [
        title or number for title, number in zip(titles, numbers, strict=True)
    ]


async def entry_of_change(world: World, ana: UserId, record: RecordId, **fields: object) -> list[JsonObject]:
    """The entries that one edit made, newest first."""
    head = (await world.store.log.head()).position
    await world.do(ana, "record.update", record=record, fields=fields)
    return [entry for entry in await world.stream(ana, only_mine=False) if int(str(entry["added"])) > head]


async def test_every_change_that_matters_shows_old_and_new(world: World) -> None:
    ana, luis = await world.user("Ana"), await world.user("Luis")
    aurora = await world.record(ana, Kind.COMPANY, title="Aurora")
    borealis = await world.record(ana, Kind.COMPANY, title="Borealis")
    deal = await world.record(ana, Kind.DEAL, title="Old", amount="1.00", currency="EUR", company=aurora)
    contact = await world.record(ana, Kind.CONTACT, title="Raúl", companies=[aurora])

    (stage,) = await entry_of_change(world, ana, deal, stage=world.stages["deal", "Won"])
    (responsible,) = await entry_of_change(world, ana, deal, responsible=luis)
    (renamed,) = await entry_of_change(world, ana, deal, title="New")
    (amount,) = await entry_of_change(world, ana, deal, amount="2.50", currency="USD")
    (client,) = await entry_of_change(world, ana, deal, company=borealis)
    (company,) = await entry_of_change(world, ana, contact, companies=[borealis, aurora])

    assert names(stage, "name") == ("stage", "New", "Won")
    assert names(responsible, "user") == ("responsible", ana, luis)
    assert (renamed["type"], renamed["change"]) == ("renamed", {"old": "Old", "new": "New"})
    assert amount["change"] == {
        "old": {"amount": "1.00", "currency": "EUR"},
        "new": {"amount": "2.50", "currency": "USD"},
    }
    assert names(client, "title") == ("client", "Aurora", "Borealis")
    assert names(company, "title") == ("company", "Aurora", "Borealis")
    assert {ref["record"] for ref in client["records"]} == {deal, aurora, borealis}  # type: ignore[attr-defined]


def names(entry: JsonObject, what: str) -> tuple[object, object, object]:
    """Type, old and new of a change entry."""
    change = entry["change"]
    assert isinstance(change, dict)
    return entry["type"], change["old"][what], change["new"][what]


async def test_a_quote_that_reaches_its_end_was_accepted_or_declined(world: World) -> None:
    ana = await world.user("Ana")
    quote = await world.record(ana, Kind.QUOTE)

    types = [
        (await entry_of_change(world, ana, quote, stage=world.stages["quote", name]))[0]["type"]
        for name in ("Sent", "Accepted", "Declined")
    ]

    assert types == ["stage", "accepted", "declined"]


async def test_several_changes_at_once_make_an_entry_each_and_one_record_event(world: World) -> None:
    ana = await world.user("Ana")
    deal = await world.record(ana, Kind.DEAL)
    start = len(world.events)

    made = await entry_of_change(
        world, ana, deal, title="New", amount="5", stage=world.stages["deal", "Proposal"], comments="quietly"
    )

    assert {entry["type"] for entry in made} == {"renamed", "amount", "stage"}
    assert [event.name for event in world.events[start:]] == [Name.ENTRY_ADDED] * 3 + [Name.RECORD_CHANGED]
    assert (await shown(world, ana, deal))["version"] == 2


@pytest.mark.parametrize(
    ("fields", "reach"),
    [({"title": "New"}, Reach.HOLDERS), ({"amount": "5"}, Reach.STREAM), ({"comments": "quietly"}, Reach.STREAM)],
)
async def test_another_label_is_told_to_all_who_may_read_the_record(
    world: World, fields: JsonObject, reach: Reach
) -> None:
    ana = await world.user("Ana")
    deal = await world.record(ana, Kind.DEAL)

    await world.do(ana, "record.update", record=deal, fields=fields)

    changed = world.events[-1]
    assert (changed.name, changed.reach) == (Name.RECORD_CHANGED, reach)
    assert changed.principals == changed.readers[deal]


async def test_what_changes_nothing_is_told_to_nobody(world: World) -> None:
    ana = await world.user("Ana")
    deal = await world.record(ana, Kind.DEAL, title="Same", amount="5.00")
    start = len(world.events)

    await world.do(ana, "record.update", record=deal, fields={"title": " Same ", "amount": "5"})

    assert world.events[start:] == []


async def test_a_version_that_is_not_the_newest_is_a_conflict(world: World) -> None:
    ana = await world.user("Ana")
    deal = await world.record(ana, Kind.DEAL, title="First")
    await world.do(ana, "record.update", record=deal, fields={"title": "Second"}, version=1)

    with pytest.raises(Conflict) as refused:
        await world.do(ana, "record.update", record=deal, fields={"title": "Third"}, version=1)

    assert refused.value.params["version"] == 2
    assert (await shown(world, ana, deal))["title"] == "Second"


async def test_of_two_edits_of_one_version_at_once_one_wins(world: World) -> None:
    ana = await world.user("Ana")
    deal = await world.record(ana, Kind.DEAL)

    edits = [world.do(ana, "record.update", record=deal, fields={"title": f"T{n}"}, version=1) for n in range(4)]
    results = await asyncio.gather(*edits, return_exceptions=True)

    assert sorted(type(result).__name__ for result in results) == ["Conflict"] * 3 + ["dict"]


async def test_handing_a_record_over_hands_over_the_right_to_read_it(world: World) -> None:
    sales, support = await world.department("Sales"), await world.department("Support")
    ana = await world.user("Ana", grants=OWN, department=sales)
    luis = await world.user("Luis", grants=OWN, department=support)
    team = {(Kind.DEAL, Action.READ): Level.DEPARTMENT}
    colleague = await world.user("Eva", grants=team, department=support)
    deal = await world.record(ana, Kind.DEAL)

    answer = await world.do(ana, "record.update", record=deal, fields={"responsible": luis})

    assert answer == {}
    with pytest.raises(NotFound):
        await shown(world, ana, deal)
    assert (await shown(world, luis, deal))["record"] == deal
    assert (await shown(world, colleague, deal))["record"] == deal
    assert await world.stream(ana) == []


async def test_nobody_creates_or_changes_beyond_their_level(world: World) -> None:
    read = {(kind, Action.READ): Level.ALL for kind in Kind}
    reader, own, boss = await world.user("R", grants=read), await world.user("O", grants=OWN), await world.user("B")
    deal = await world.record(boss, Kind.DEAL)

    with pytest.raises(Forbidden):
        await world.do(reader, "record.create", kind="deal", fields={"title": "x"})
    with pytest.raises(Forbidden):
        await world.do(own, "record.create", kind="deal", fields={"title": "x", "responsible": boss})
    with pytest.raises(Forbidden):
        await world.do(reader, "record.update", record=deal, fields={"title": "x"})
    with pytest.raises(NotFound):
        await world.do(own, "record.update", record=deal, fields={"title": "x"})


WRONG_OF_DEALS: list[tuple[str, object]] = [
    ("responsible", None),
    ("stage", None),
    ("pipeline", None),
    ("title", ""),
    ("title", None),
    ("title", "x" * 256),
    ("amount", "NaN"),
    ("amount", "1e400"),
    ("amount", "1.001"),
    ("amount", "99999999999999"),
    ("amount", 1.5),
    ("currency", "EURO"),
    ("currency", "€€€"),
    ("probability", -1),
    ("probability", True),
    ("begin_date", "31/12/2026"),
    ("begin_date", 20260101),
    ("opened", 1),
    ("comments", "x" * 20_001),
    ("source", "nowhere"),
    ("stage", 999),
    ("company", 999),
    ("contacts", [999]),
    ("contacts", 999),
    ("contacts", [None]),
    ("products", [{"name": "x", "price": "cheap"}]),
    ("products", [{"name": "x", "size": 3}]),
    ("products", [{"price": "3"}]),
    ("products", ["x"]),
    ("custom", {"a": [1]}),
    ("custom", {"record": 1, "kind": "boom"}),
    ("custom", {"a\x00": 1}),
    ("custom", {"a": "\x00"}),
    ("number", "Q-1"),
    ("version", 7),
]


async def test_a_wrong_field_is_named_and_changes_nothing(world: World) -> None:
    ana = await world.user("Ana")
    deal = await world.record(ana, Kind.DEAL)
    before = await shown(world, ana, deal)

    for field, value in WRONG_OF_DEALS:
        with pytest.raises(Invalid) as refused:
            await world.do(ana, "record.update", record=deal, fields={"comments": "new"} | {field: value})
        assert {error.field for error in refused.value.errors} == {field}, (field, value)

    assert await shown(world, ana, deal) == before


async def test_empty_cells_of_product_rows_are_their_defaults(world: World) -> None:
    ana = await world.user("Ana")
    deal = await world.record(ana, Kind.DEAL)
    row = {"name": "Laptop", "quantity": None, "price": None, "discount": None, "tax": None, "product": None}

    changed = await world.do(ana, "record.update", record=deal, fields={"products": [row]})

    assert changed["products"] == [
        {"product": None, "name": "Laptop", "quantity": "1.00", "price": "0.00", "discount": "0.00", "tax": "0.00"}
    ]


WRONG_OF_COMPANIES: list[tuple[str, object]] = [
    ("phones", [{"label": {}, "value": "1"}]),
    ("phones", [{"label": "x" * 33, "value": "1"}]),
    ("phones", [{"value": 1}]),
    ("phones", [{"value": "x" * 256}]),
    ("emails", [{"value": "nobody"}]),
    ("addresses", [{"city": ["x"]}]),
    ("addresses", [{"city": "x" * 256}]),
    ("addresses", [{"planet": "Mars"}]),
    ("employees", 2**31),
    ("type", "friend"),
    ("type", []),
    ("web", "a\x07"),
    ("revenue", True),
]


async def test_a_wrong_field_of_a_company_is_named(world: World) -> None:
    ana = await world.user("Ana")

    for field, value in WRONG_OF_COMPANIES:
        with pytest.raises(Invalid) as refused:
            await world.do(ana, "record.create", kind="company", fields={"title": "Aurora", field: value})
        assert {error.field for error in refused.value.errors} == {field}, (field, value)


async def test_a_list_of_links_keeps_what_its_editor_cannot_see(world: World) -> None:
    ana, luis = await world.user("Ana"), await world.user("Luis", Level.OWN)
    hidden = await world.record(ana, Kind.CONTACT, title="Hidden")
    own = await world.record(luis, Kind.CONTACT, title="Own")
    deal = await world.record(ana, Kind.DEAL, contacts=[hidden], responsible=luis)

    await world.do(luis, "record.update", record=deal, fields={"contacts": [own]})

    async with world.store.database.reading() as connection:
        shape = (await shape_records(connection, [deal]))[deal]
    assert [contact["record"] for contact in cast("dict[str, list[JsonObject]]", shape["links"])["contacts"]] == [
        own,
        hidden,
    ]
