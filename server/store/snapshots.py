"""Records as they are stored, in the shapes that `actions.fields` checks them into: what a change is compared with."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.domain.access import Owned
from server.domain.records import Field, FieldType, column_of, fields_of
from server.domain.words import DepartmentId, Kind, UserId
from server.store.schema import DETAILS, addresses, contact_points, product_rows, record_links, records
from server.store.shapes.records import ADDRESS
from server.store.shapes.rows import grouped

Values: TypeAlias = dict[str, object]

AnyRow = Row[tuple[object, ...]]

PARTS = {
    FieldType.LINK: record_links,
    FieldType.LINKS: record_links,
    FieldType.POINTS: contact_points,
    FieldType.ADDRESSES: addresses,
    FieldType.PRODUCTS: product_rows,
}
"""The table of a field that is no column."""

POINT_TYPES = {"phones": "phone", "emails": "email"}

AMOUNTS = ("quantity", "price", "discount", "tax")  # of a product row


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One record: the asked fields, and what decides rights."""

    id: int
    owned: Owned
    values: Values


async def read_snapshots(
    connection: AsyncConnection, kind: Kind, ids: Sequence[int], names: Collection[str]
) -> dict[int, Snapshot]:
    """Some fields of some records of one kind. Those an entry tells of are always read."""
    if not ids:
        return {}
    rows = (await connection.execute(select(records).where(records.c.id.in_(ids)))).all()
    detail = DETAILS[kind]
    details = {
        row.record_id: row for row in await connection.execute(select(detail).where(detail.c.record_id.in_(ids)))
    }
    fields = [field for name, field in fields_of(kind).items() if name in names or field.common]
    tables = {PARTS[field.type] for field in fields if field.type in PARTS}
    parts = {table.name: await grouped(connection, table, "record_id", ids) for table in tables}
    found: dict[int, Snapshot] = {}
    for row in rows:
        own = {name: grouped_rows[row.id] for name, grouped_rows in parts.items()}
        values: Values = {field.name: _value(field, row, details[row.id], own) for field in fields}
        if "number" in names:
            values["number"] = details[row.id].number
        department = None if row.department_id is None else DepartmentId(row.department_id)
        found[row.id] = Snapshot(row.id, Owned(kind, UserId(row.responsible_id), department, bool(row.opened)), values)
    return found


def _value(field: Field, row: AnyRow, detail: AnyRow, parts: dict[str, list[AnyRow]]) -> object:
    match field.type:
        case FieldType.LINK:
            return next((link.other_id for link in parts["record_links"] if link.role == field.name), None)
        case FieldType.LINKS:
            return [link.other_id for link in parts["record_links"] if link.role == field.name]
        case FieldType.POINTS:
            points = [point for point in parts["contact_points"] if point.type == POINT_TYPES[field.name]]
            return [{"label": point.label, "value": point.value} for point in points]
        case FieldType.ADDRESSES:
            names = ADDRESS
            return [{name: getattr(address, name) for name in names} for address in parts["addresses"]]
        case FieldType.PRODUCTS:
            return [_product(product) for product in parts["product_rows"]]
        case FieldType.FLAG:
            return bool(getattr(row if field.common else detail, column_of(field)))
        case _:
            return getattr(row if field.common else detail, column_of(field))


def _product(row: AnyRow) -> Values:
    amounts: Values = {name: getattr(row, name) for name in AMOUNTS}
    return amounts | {"product_id": row.product_id, "name": row.name}
