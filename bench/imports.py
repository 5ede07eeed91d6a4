"""Rows a second of `caudal import`: a made-up file of 8,800 opportunities, and the folder that BENCH_DATA names."""

from __future__ import annotations

import asyncio
import csv
import os
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from server import imports
from server.commands.accounts import Accounts, NewPerson
from server.domain.words import UserId
from server.imports import Report, load_mapping
from server.store import Store
from server.store.defaults import add_defaults

OPPORTUNITIES = 8_800
ACCOUNTS, AGENTS, PRODUCTS = 85, 35, 7
MAPPING = "crm-sales"
Cells = Sequence[object]


@dataclass(frozen=True, slots=True)
class Imported:
    """One import of some files. `again` is the same once more, when everything is there already."""

    what: str
    rows: int
    seconds: float
    again: float
    left_out: int


def write_files(folder: Path, opportunities: int) -> None:
    """Files of the columns and sizes that the mapping `crm-sales` reads; always the same ones."""
    dice = random.Random(8800)
    agents = [f"Agent {number}" for number in range(AGENTS)]
    products = [f"Product {number}" for number in range(PRODUCTS)]
    accounts = [f"Account {number}" for number in range(ACCOUNTS)]
    team = [(agent, f"Manager {number % 6}", f"Region {number % 3}") for number, agent in enumerate(agents)]
    _write(folder / "sales_teams.csv", "sales_agent,manager,regional_office", team)
    _write(folder / "products.csv", "product,series,sales_price", [(name, "S", 550) for name in products])
    head = "account,sector,year_established,revenue,employees,office_location,subsidiary_of"
    _write(folder / "accounts.csv", head, [(name, "retail", 1996, 251.41, 495, "Spain", "") for name in accounts])
    head = "opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value"
    deals = [
        (
            f"ID{number:06}",
            dice.choice(agents),
            dice.choice(products),
            dice.choice([*accounts, ""]),
            dice.choice(("Won", "Lost", "Engaging")),
            "10/20/2016",
            "3/1/2017",
            dice.randrange(30_000),
        )
        for number in range(opportunities)
    ]
    _write(folder / "sales_pipeline.csv", head, deals)


def _write(path: Path, head: str, rows: Sequence[Cells]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(head.split(","))
        writer.writerows(rows)


def measure(url: str, folder: Path, what: str) -> Imported:
    """Imports a folder twice into a migrated, empty database."""
    return asyncio.run(_measure(url, folder, what))


async def _measure(url: str, folder: Path, what: str) -> Imported:
    store = Store(url)
    try:
        async with store.database.writing() as connection:
            await add_defaults(connection)
        admin = NewPerson("Admin", "admin@example.com", "", "en", admin=True, department=None, roles=())
        user = await Accounts(store, "").add(admin)
        report, seconds = await _run(store, user, folder)
        second, again = await _run(store, user, folder)
    finally:
        await store.close()
    assert not any(file.added or file.changed for file in second.files), "the second import changed something"
    rows = sum(file.added for file in report.files)
    return Imported(what, rows, seconds, again, len(report.problems))


async def _run(store: Store, user: UserId, folder: Path) -> tuple[Report, float]:
    begin = time.perf_counter()
    report = await imports.run(store, user, [folder], load_mapping(MAPPING))
    return report, time.perf_counter() - begin


def given_folder() -> Path | None:
    """The folder of real files that BENCH_DATA names."""
    return Path(os.environ["BENCH_DATA"]) if os.environ.get("BENCH_DATA") else None
