"""Reports on deals: one set of deals per report, and what it is grouped by. The drill-down lists that very set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import cast

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Numeric,
    Select,
    String,
    and_,
    case,
    cast as sql_cast,
    exists,
    func,
    literal,
    null,
    select,
    type_coerce,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from server.domain.access import Access
from server.domain.reports import Group, Measure, Question, Report, buckets, day_of
from server.domain.words import JsonObject, Kind, Meaning, Millis, RecordId
from server.store.access import readable
from server.store.schema import deals, product_rows, record_links, records, stages

LOCKED = "locked"  # the key of what stands for companies that the reader may not read: all of them together
NONE = "none"

_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a report: the key of its group (None for a total), a currency, and its measures."""

    key: str | None
    currency: str | None
    measures: Mapping[str, object]


class DealReport:
    """One report on deals, as one reader may see it."""

    def __init__(self, connection: AsyncConnection, access: Access, report: Report, asked: Question) -> None:
        self._connection = connection
        self._report = report
        self._asked = asked
        self._joined = _joined(access, asked)
        self._set = _set(access, report, asked)

    async def lines(self, limit: int) -> Sequence[Line]:
        """Its rows, the largest group first; at most `limit`."""
        counted = self._grouped(await self._key()).order_by(func.count().desc()).limit(limit)
        return [_line(self._report, row, row.key) for row in await self._connection.execute(counted)]

    async def totals(self) -> Sequence[Line]:
        """The same set of deals in one row per currency."""
        return [_line(self._report, row, None) for row in await self._connection.execute(self._grouped(None))]

    async def behind(self, key: str, currency: str | None) -> Select[int]:
        """The ids of the deals behind one row."""
        same = records.c.currency.is_(None) if currency is None else records.c.currency == currency
        chosen = select(records.c.id).select_from(self._joined).where(*self._set, same)
        return chosen.where(sql_cast(await self._key(), String) == key).distinct()

    def _grouped(self, key: ColumnElement[object] | None) -> Select[tuple[object, ...]]:
        shown = null() if key is None else sql_cast(key, String)
        columns = [shown.label("key"), records.c.currency, *_measures(self._report)]
        chosen = select(*columns).select_from(self._joined).where(*self._set)
        return chosen.group_by(records.c.currency, *([] if key is None else [key]))

    async def _key(self) -> ColumnElement[object]:
        """What the rows are grouped by."""
        match self._asked.group:
            case Group.STAGE:
                return records.c.stage_id
            case Group.RESPONSIBLE:
                return records.c.responsible_id
            case Group.COMPANY:
                known = sql_cast(CLIENT.c.id, String)
                return case((record_links.c.other_id.is_(None), NONE), (CLIENT.c.id.is_(None), LOCKED), else_=known)
            case Group.PRODUCT:
                return func.coalesce(sql_cast(product_rows.c.product_id, String), product_rows.c.name)
            case _ if self._report.dated == "due":
                return func.coalesce(func.substr(deals.c.close_date, 1, 7), NONE)
            case _:
                return await self._time_key()

    async def _time_key(self) -> ColumnElement[object]:
        """Months and weeks begin in the reader's time zone, so their limits are worked out here, not by the database."""
        moment = _moment(self._report)
        ends = select(func.min(moment), func.max(moment)).select_from(self._joined).where(*self._set)
        found = (await self._connection.execute(ends)).one()
        first, last = cast("tuple[Millis | None, Millis]", tuple(found))
        if first is None:
            return literal(NONE)
        limits = buckets(self._asked.group, first, last, self._asked.zone)
        return case(*((moment < end, name) for name, end in limits), else_=NONE)


def _measures(report: Report) -> Sequence[ColumnElement[object]]:
    if Measure.QUANTITY in report.measures:
        return [
            func.count(records.c.id.distinct()).label("count"),
            func.sum(product_rows.c.quantity).label("quantity"),
            type_coerce(func.sum(net_of_row()), Numeric).label("net"),
        ]
    weight = func.coalesce(deals.c.probability, 100)
    weighted = func.sum(type_coerce(records.c.amount, BigInteger) * weight)
    return [
        func.count().label("count"),
        func.sum(records.c.amount).label("amount"),
        type_coerce(weighted, Numeric).label("weighted"),
    ]


def net_of_row() -> ColumnElement[object]:
    """What a product row comes to without tax, in hundredths, rounded half up row by row (`domain.money`)."""
    quantity, price, discount = (
        sql_cast(type_coerce(column, BigInteger), Numeric(30, 6))
        for column in (product_rows.c.quantity, product_rows.c.price, product_rows.c.discount)
    )
    return func.round(quantity * price * (10_000 - discount) / 1_000_000)


def _line(report: Report, row: object, key: str | None) -> Line:
    found = cast("Mapping[str, object]", row._mapping)  # type: ignore[attr-defined]  # a row of these columns
    values: JsonObject = {}
    for measure in report.measures:
        match measure:
            case Measure.AMOUNT if "net" in found:
                values[measure] = _money(found["net"], 100)
            case Measure.WEIGHTED:
                values[measure] = _money(found["weighted"], 10_000)
            case Measure.COUNT:
                values[measure] = found["count"]
            case _:
                amount = cast("Decimal | None", found[measure])
                values[measure] = f"{amount or Decimal(0):.2f}"
    return Line(key, cast("str | None", found["currency"]), values)


def _money(value: object, parts: int) -> str:
    amount = Decimal(str(value or 0)) / parts
    return f"{amount.quantize(_CENT, ROUND_HALF_UP):.2f}"


def _joined(access: Access, asked: Question) -> FromClause:
    joined: FromClause = records.join(deals, deals.c.record_id == records.c.id).join(
        stages, stages.c.id == records.c.stage_id
    )
    if asked.group is Group.COMPANY:
        link = and_(record_links.c.record_id == records.c.id, record_links.c.role == "company")
        known = and_(CLIENT.c.id == record_links.c.other_id, readable(access, CLIENT))
        joined = joined.join(record_links, link, isouter=True).join(CLIENT, known, isouter=True)
    if asked.group is Group.PRODUCT:
        joined = joined.join(product_rows, product_rows.c.record_id == records.c.id)
    return joined


CLIENT = records.alias("client")


def _set(access: Access, report: Report, asked: Question) -> list[ColumnElement[bool]]:
    """The deals of a report, as far as the reader may read them."""
    of = [records.c.kind == str(Kind.DEAL), readable(access), *_period(report, asked), *chosen_by(access, asked)]
    match report.name:
        case "won" | "by_product":
            of.append(stages.c.meaning == str(Meaning.WON))
        case "expected":
            of.append(stages.c.meaning == str(Meaning.PROGRESS))
        case "overdue":
            of += [stages.c.meaning == str(Meaning.PROGRESS), deals.c.close_date < day_of(asked.now, asked.zone)]
    if asked.product is not None and asked.group is Group.PRODUCT:
        of.append(product_rows.c.product_id == asked.product)
    return of


def _period(report: Report, asked: Question) -> list[ColumnElement[bool]]:
    if report.dated == "due":
        first = None if asked.since is None else day_of(asked.since, asked.zone)
        last = None if asked.until is None else day_of(asked.until - 1, asked.zone)
        return [
            *([] if first is None else [deals.c.close_date >= first]),
            *([] if last is None else [deals.c.close_date <= last]),
        ]
    moment = _moment(report)
    return [
        *([] if asked.since is None else [moment >= asked.since]),
        *([] if asked.until is None else [moment < asked.until]),
    ]


def _moment(report: Report) -> ColumnElement[int]:
    return records.c.closed_at if report.dated == "closed" else records.c.created_at


def chosen_by(access: Access, asked: Question) -> list[ColumnElement[bool]]:
    """The filters that all questions about deals share. A company that may not be read is nobody's client."""
    of: list[ColumnElement[bool]] = []
    if asked.pipeline is not None:
        of.append(deals.c.pipeline_id == asked.pipeline)
    if asked.responsible is not None:
        of.append(records.c.responsible_id == asked.responsible)
    if asked.company is not None:
        client = records.alias("asked_client")
        joined = record_links.join(client, client.c.id == record_links.c.other_id)
        link = exists().select_from(joined)
        link = link.where(record_links.c.record_id == records.c.id, record_links.c.role == "company")
        of.append(link.where(client.c.id == asked.company, readable(access, client)).correlate(records))
    if asked.product is not None:
        row = exists().where(product_rows.c.record_id == records.c.id, product_rows.c.product_id == asked.product)
        of.append(row.correlate(records))
    return of


def is_record(key: str | None) -> RecordId | None:
    """The company behind a key, None for those who stand for none or for locked ones."""
    return RecordId(int(key)) if key is not None and key not in {NONE, LOCKED} else None
