"""A portal with an admin and nothing else, and small files with the dirt of real ones."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Row, Table, func, insert, select

from server.domain.events import Event
from server.domain.words import UserId
from server.imports import Report, run
from server.imports.mapping import Mapping as FileMapping, built_in, parse_mapping
from server.store import Store
from server.store.defaults import ADMINISTRATOR, add_defaults
from server.store.schema import roles, user_roles, users

FILES: Mapping[str, str] = {
    "teams.csv": (
        "sales_agent,manager,regional_office\n"
        "Ana Gil,Rosa Paz,Central\n"
        "Tom Lee,Rosa Paz,Central\n"
        "Uma Roy,Ian Fox,East\n"
    ),
    "products.csv": "product,series,sales_price\nGTX Pro,GTX,4821\nMG Special,MG,55\n",
    "accounts.csv": (
        "account,sector,year_established,revenue,employees,office_location,subsidiary_of\n"
        "Acme,technolgy,1996,1100.04,2822,Philipines,\n"
        "Óptica Norte,retail,2001,4.5,9,Spain,Acme\n"
    ),
    "deals.csv": (
        "opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value\n"
        "A1,Ana Gil,GTXPro,Acme,Won,10/20/2016,3/1/2017,1054\n"
        "A2,Tom Lee,MG Special,,Prospecting,,,\n"
        "A3,Uma Roy,GTX Pro,optica norte,Engaging,11/4/2016,,\n"
    ),
}
"""Clean but for what the mapping corrects: a misspelt sector, a product without its blank, a deal without a company."""


def mapping_of(text: str = "") -> FileMapping:
    """The mapping of the data set, for the short names of `FILES`; `text` is put in its format."""
    found = built_in()["crm-sales"].replace('name = "sales_teams*.csv"', 'name = "teams.csv"')
    found = found.replace('name = "sales_pipeline*.csv"', 'name = "deals.csv"')
    return parse_mapping(found.replace("[format]\n", f"[format]\n{text}\n"), "test.toml")


@dataclass(slots=True)
class Portal:
    """The portal under test. `published` is what the live path was told."""

    store: Store
    admin: UserId
    folder: Path
    published: list[Event]

    def write(self, **texts: str | bytes) -> None:
        """Puts files of `FILES`, or others in their place, into the folder."""
        for name, text in texts.items():
            path = self.folder / f"{name}.csv"
            path.write_bytes(text if isinstance(text, bytes) else text.encode())

    async def run(self, *, dry_run: bool = False, format: str = "", user: UserId | None = None) -> Report:
        """Imports the folder."""
        return await run(self.store, user or self.admin, [self.folder], mapping_of(format), dry_run=dry_run)

    async def rows(self, table: Table) -> Sequence[Row[tuple[object, ...]]]:
        """All rows of a table, in the order of their keys."""
        async with self.store.database.reading() as connection:
            return (await connection.execute(select(table).order_by(*table.primary_key.columns))).all()

    async def count(self, table: Table) -> int:
        """How many rows a table has."""
        async with self.store.database.reading() as connection:
            return (await connection.execute(select(func.count()).select_from(table))).scalar_one()


@pytest.fixture
async def portal(database_url: str, tmp_path: Path) -> AsyncIterator[Portal]:
    """See `Portal`; the folder holds `FILES`."""
    published: list[Event] = []

    async def publish(events: Sequence[Event]) -> None:
        published.extend(events)

    store = Store(database_url, publish)
    folder = tmp_path / "export"
    folder.mkdir()
    async with store.database.writing() as connection:
        await add_defaults(connection)
        row = {"name": "Admin", "email": "admin@example.com", "admin": True, "created_at": 0}
        admin = (await connection.execute(insert(users).values(row).returning(users.c.id))).scalar_one()
        role = (await connection.execute(select(roles.c.id).where(roles.c.name == ADMINISTRATOR))).scalar_one()
        await connection.execute(insert(user_roles).values(user_id=admin, role_id=role))
    made = Portal(store, UserId(admin), folder, published)
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    yield made
    await store.close()


def text_of(report: Report) -> list[str]:
    """The problems as `file:line code field`."""
    return [f"{p.file}:{p.line} {p.code} {p.field}".strip() for p in report.problems]
