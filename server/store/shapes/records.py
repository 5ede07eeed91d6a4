"""Records as JSON: the common fields and those of their kind, flat, with their links."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.domain.records import FIELDS, Field, FieldType, column_of, links_of
from server.domain.words import JsonObject, Kind, RecordId
from server.store.schema import DETAILS, addresses, contact_points, product_rows, record_links, records
from server.store.shapes.names import Names
from server.store.shapes.rows import grouped

AnyRow = Row[tuple[object, ...]]

_OWN_TABLES = {FieldType.POINTS, FieldType.ADDRESSES, FieldType.PRODUCTS, FieldType.LINK, FieldType.LINKS}


async def shape_records(connection: AsyncConnection, ids: Iterable[RecordId]) -> dict[RecordId, JsonObject]:
    """Some records by id, whole; unknown ones are left out. A handful of statements per kind, however many records."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    rows = (await connection.execute(select(records).where(records.c.id.in_(wanted)))).all()
    details = await _details(connection, rows)
    links = await grouped(connection, record_links, "record_id", wanted)
    parts = {
        "points": await grouped(connection, contact_points, "record_id", wanted),
        "addresses": await grouped(connection, addresses, "record_id", wanted),
        "products": await grouped(connection, product_rows, "record_id", wanted),
    }
    names = Names()
    for row in rows:
        names.need("user", row.responsible_id, row.created_by, row.changed_by, row.last_activity_by)
        names.need("stage", row.stage_id)
        names.need("record", *(link.other_id for link in links[row.id]))
    await names.load(connection)
    return {
        RecordId(row.id): _shape(row, details[row.id], names, links[row.id], {k: v[row.id] for k, v in parts.items()})
        for row in rows
    }


async def _details(connection: AsyncConnection, rows: Sequence[AnyRow]) -> Mapping[int, AnyRow]:
    found: dict[int, AnyRow] = {}
    for kind in {Kind(row.kind) for row in rows}:
        table = DETAILS[kind]
        ids = [row.id for row in rows if row.kind == kind]
        for row in await connection.execute(select(table).where(table.c.record_id.in_(ids))):
            found[row.record_id] = row
    return found


def _shape(
    row: AnyRow, detail: AnyRow, names: Names, links: Sequence[AnyRow], parts: Mapping[str, Sequence[AnyRow]]
) -> JsonObject:
    kind = Kind(row.kind)
    shape: JsonObject = {"record": row.id, "kind": row.kind}
    for field in FIELDS[kind]:
        if field.type not in _OWN_TABLES:
            shape[field.name] = _value(field, getattr(row if field.common else detail, column_of(field)), names)
    shape |= _parts(kind, parts)
    if kind == Kind.QUOTE:
        shape["number"] = detail.number
    shape["links"] = {field.name: _link(field, names, links) for field in links_of(kind)}
    shape |= {
        "created_by": names.person(row.created_by),
        "created_at": row.created_at,
        "changed_by": names.person(row.changed_by),
        "changed_at": row.changed_at,
        "last_activity_at": row.last_activity_at,
        "last_activity_by": names.person(row.last_activity_by),
        "origin": row.origin,
        "external_id": row.external_id,
        "version": row.version,
    }
    return shape


def _value(field: Field, value: object, names: Names) -> object:
    match field.type, value:
        case FieldType.USER, int():
            return names.person(value)
        case FieldType.STAGE, int():
            return names.stage(value)
        case FieldType.FLAG, _:
            return bool(value)
        case FieldType.MONEY, Decimal():
            return f"{value:.2f}"
        case _:
            return value


def _parts(kind: Kind, parts: Mapping[str, Sequence[AnyRow]]) -> JsonObject:
    types = {field.name: field.type for field in FIELDS[kind]}
    shape: JsonObject = {}
    for name, point in (("phones", "phone"), ("emails", "email")):
        if name in types:
            shape[name] = [{"label": r.label, "value": r.value} for r in parts["points"] if r.type == point]
    if "addresses" in types:
        shape["addresses"] = [{name: getattr(row, name) for name in ADDRESS} for row in parts["addresses"]]
    if "products" in types:
        shape["products"] = [_product(row) for row in parts["products"]]
    return shape


ADDRESS = ("label", "street", "city", "region", "postal_code", "country")


def _product(row: AnyRow) -> JsonObject:
    amounts: JsonObject = {name: f"{getattr(row, name):.2f}" for name in ("quantity", "price", "discount", "tax")}
    return {"product": row.product_id, "name": row.name} | amounts


def _link(field: Field, names: Names, links: Sequence[AnyRow]) -> object:
    refs = names.refs(link.other_id for link in links if link.role == field.name)
    if field.type == FieldType.LINKS:
        return refs
    return refs[0] if refs else None
