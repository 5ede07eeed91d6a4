"""The other kinds of record, by a mapping of one's own: phones, links, sources, choices, quotes."""

from __future__ import annotations

from server.imports import run
from server.imports.mapping import parse_mapping
from server.store.schema import contact_points, contacts, leads, quotes, record_links, records
from tests.imports.conftest import Portal, text_of

MAPPING = """
origin = "old-crm"

[[file]]
name = "companies.csv"
kind = "company"
key = "Id"
[file.fields]
title = "Name"
type = "Type"
web = "Web"

[[file]]
name = "people.csv"
kind = "contact"
key = "Id"
[file.fields]
first_name = "First"
last_name = "Last"
"phones.mobile" = "Mobile"
"emails.work" = "Mail"
companies = { column = "Companies", separator = ";", missing = "skip" }
birthday = "Born"

[[file]]
name = "leads.csv"
kind = "lead"
key = "Id"
[file.fields]
title = "Title"
source = "Source"
stage = "Stage"
opened = "Open"
amount = { column = "Thousands", multiply = 1000 }

[[file]]
name = "quotes.csv"
kind = "quote"
key = "Id"
[file.fields]
title = "Title"
number = "Id"
company = "Company"
"""


async def test_every_kind_of_record_can_be_imported(portal: Portal) -> None:
    for path in portal.folder.iterdir():
        path.unlink()
    portal.write(
        companies="Id,Name,Type,Web\n1,Acme,Supplier,acme.example\n2,Bolt,,\n",
        people=(
            "Id,First,Last,Mobile,Mail,Companies,Born\n"
            "7,Inés,Soto,+34 600 000 000,ines@acme.example,Bolt;Nobody Ltd;acme,1980-02-29\n"
            "8,Ian,Poe,,not an address,,\n"
        ),
        leads="Id,Title,Source,Stage,Open,Thousands\n1,Wants tills,trade fair,junk,yes,1.5\n2,Wants less,rumour,,maybe,\n",
        quotes="Id,Title,Company\nQ-7,Tills for Acme,1\n",
    )

    report = await run(portal.store, portal.admin, [portal.folder], parse_mapping(MAPPING, "test.toml"))

    assert text_of(report) == [
        "people.csv:3 email emails",
        "leads.csv:3 unknown source",
        "leads.csv:3 flag opened",
    ]
    by_key = {(row.kind, row.external_id): row for row in await portal.rows(records)}
    person = by_key["contact", "7"]
    assert person.title == "Inés Soto"
    assert person.search == "ines soto\nines\nsoto\n+34 600 000 000\nines@acme.example"
    assert (await portal.rows(contacts))[0].birthday == "1980-02-29"
    assert [(row.type, row.label) for row in await portal.rows(contact_points)] == [
        ("phone", "mobile"),
        ("email", "work"),
    ]
    linked = [
        (row.role, row.other_id)
        for row in sorted(await portal.rows(record_links), key=lambda row: row.sort)
        if row.record_id == person.id
    ]
    assert linked == [("companies", by_key["company", "2"].id), ("companies", by_key["company", "1"].id)]
    lead = by_key["lead", "1"]
    assert (str(lead.amount), lead.source, bool(lead.opened)) == ("1500.00", "fair", True)
    assert len(await portal.rows(leads)) == 1
    assert (await portal.rows(quotes))[0].number == "Q-7"
    again = await run(portal.store, portal.admin, [portal.folder], parse_mapping(MAPPING, "test.toml"))
    assert (again.added, again.changed, again.unchanged) == (0, 0, 5)
