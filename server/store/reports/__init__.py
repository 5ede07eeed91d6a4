"""Reports as one reader may see them: their rows with labels, their totals, and the records behind a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.domain.access import Access
from server.domain.events import locked
from server.domain.reports import TIMES, Group, Measure, Question, Report
from server.domain.words import JsonObject, Kind, RecordId
from server.errors import Invalid, NotFound
from server.store.log import read_head
from server.store.records import show_records
from server.store.reports.activities import read_activity_lines, read_reply_lines
from server.store.reports.deals import LOCKED, NONE, DealReport, Line, is_record
from server.store.schema import products, records
from server.store.shapes import Names
from server.store.stream import Page

ROWS_MAX = 1_000  # rows of one report; the totals are of all


async def read_report(
    connection: AsyncConnection, access: Access, report: Report, asked: Question, limit: int = ROWS_MAX
) -> JsonObject:
    """`rows`, each with `key`, `label` (what the key stands for), `currency` and the measures; `totals` per currency;
    `more`: there are rows beyond `limit`.
    """
    head = await read_head(connection)
    totals: Sequence[Line] = ()
    match report.name:
        case "activities":
            lines = await read_activity_lines(connection, access, asked, limit + 1)
        case "first_reply":
            lines = await read_reply_lines(connection, access, asked, limit + 1)
        case _:
            of_deals = DealReport(connection, access, report, asked)
            lines, totals = await of_deals.lines(limit + 1), await of_deals.totals()
    shown = sorted(lines[:limit], key=_in_time) if asked.group in TIMES else lines[:limit]
    return {
        "epoch": head.epoch,
        "position": head.position,
        "report": report.name,
        "group": str(asked.group),
        "rows": await _labelled(connection, asked.group, shown),
        "totals": [{"currency": line.currency, **_measures(line)} for line in totals],
        "more": len(lines) > limit,
    }


@dataclass(frozen=True, slots=True)
class Opening:
    """One row of a report to open. `before` is exclusive: the id that the last page ended with."""

    key: str
    currency: str | None = None
    before: RecordId | None = None
    limit: int = 50


async def open_report(
    connection: AsyncConnection, access: Access, report: Report, asked: Question, opening: Opening
) -> Page:
    """The records behind one row, the newest first: exactly those it counts. Raises Invalid for a report without any."""
    if Measure.AMOUNT not in report.measures:
        raise Invalid.one("report", "choice", "only reports on deals have records to open")
    head = await read_head(connection)
    chosen = await DealReport(connection, access, report, asked).behind(opening.key, opening.currency)
    if opening.before is not None:
        chosen = chosen.where(records.c.id < opening.before)
    newest = chosen.order_by(records.c.id.desc()).limit(opening.limit + 1)
    found = [RecordId(id) for id in (await connection.execute(newest)).scalars()]
    page = found[: opening.limit]
    return Page(head, await show_records(connection, access, page), page[-1] if len(found) > len(page) else None)


def check_known(report: Report | None) -> Report:
    """Raises NotFound for a report that there is not."""
    if report is None:
        raise NotFound("there is no such report")
    return report


def _in_time(line: Line) -> tuple[str, str]:
    return line.key or "", line.currency or ""


def _measures(line: Line) -> JsonObject:
    return {str(name): value for name, value in line.measures.items()}


async def _labelled(connection: AsyncConnection, group: Group, lines: Sequence[Line]) -> list[JsonObject]:
    names = Names()
    keys = [line.key for line in lines if line.key is not None]
    match group:
        case Group.STAGE:
            names.need("stage", *(int(key) for key in keys))
        case Group.RESPONSIBLE:
            names.need("user", *(int(key) for key in keys))
        case Group.COMPANY:
            names.need("record", *(is_record(key) for key in keys))
    await names.load(connection)
    sold = await _products(connection, keys) if group is Group.PRODUCT else {}
    return [
        {"key": line.key, "label": _label(group, line.key, names, sold), "currency": line.currency, **_measures(line)}
        for line in lines
    ]


async def _products(connection: AsyncConnection, keys: Sequence[str]) -> dict[str, str]:
    ids = [int(key) for key in keys if key.isascii() and key.isdecimal() and len(key) < 19]
    found = await connection.execute(select(products.c.id, products.c.name).where(products.c.id.in_(ids)))
    return {str(row.id): cast(str, row.name) for row in found}


def _label(group: Group, key: str | None, names: Names, sold: dict[str, str]) -> JsonObject | None:
    if key is None or key == NONE:
        return None
    match group:
        case Group.STAGE:
            return names.stage(int(key))
        case Group.RESPONSIBLE:
            return names.person(int(key))
        case Group.COMPANY:
            return locked(Kind.COMPANY) if key == LOCKED else names.ref(is_record(key))
        case Group.PRODUCT:
            return {"product": int(key), "name": sold[key]} if key in sold else {"product": None, "name": key}
        case _:
            return {str(group): key}
