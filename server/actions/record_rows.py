"""Writing a record's fields into their tables: columns, links, contact points, addresses, product rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast

from sqlalchemy import Select, Table, delete, insert, select, update

from server.actions.checks import check_people
from server.domain.access import Action
from server.domain.records import LINK_TYPES, Field, FieldType, column_of, fields_of
from server.domain.text import fold
from server.domain.words import DepartmentId, JsonObject, Kind, RecordId, UserId
from server.errors import FieldError, Invalid
from server.store.access import owned
from server.store.schema import (
    DETAILS,
    addresses,
    contact_points,
    pipelines,
    product_rows,
    products,
    record_links,
    records,
    sources,
    stages,
    users,
)
from server.store.snapshots import POINT_TYPES, read_snapshots
from server.store.work import Work

Values = Mapping[str, object]

_NOT_COLUMNS = LINK_TYPES | {FieldType.POINTS, FieldType.ADDRESSES, FieldType.PRODUCTS}


def columns(kind: Kind, values: Values, *, common: bool) -> JsonObject:
    """The columns that some fields set, in `records` (common) or in the kind's own table."""
    known = fields_of(kind)
    return {
        column_of(known[name]): value
        for name, value in values.items()
        if known[name].common == common and known[name].type not in _NOT_COLUMNS
    }


async def check_values(work: Work, kind: Kind, values: Values, pipeline: int | None) -> None:
    """That every id among the fields exists and fits; linked records must be readable. Raises Invalid."""
    errors: list[FieldError] = []
    for name, value in values.items():
        field = fields_of(kind)[name]
        if value is not None and not await _exists(work, kind, field, value, pipeline):
            errors.append(FieldError(name, "not_found", "there is no such thing to choose", {"value": value}))
    if errors:
        raise Invalid(errors)


async def _exists(work: Work, kind: Kind, field: Field, value: object, pipeline: int | None) -> bool:
    match field.type:
        case FieldType.USER:
            return bool(await check_people(work, [UserId(cast(int, value))], field.name))
        case FieldType.PIPELINE:
            return await _has(work, select(pipelines.c.id).where(pipelines.c.id == value))
        case FieldType.SOURCE:
            return await _has(work, select(sources.c.code).where(sources.c.code == value))
        case FieldType.STAGE:
            chosen = select(stages.c.id).where(stages.c.id == value, stages.c.kind == str(kind))
            return await _has(work, chosen.where(stages.c.pipeline_id == pipeline) if pipeline is not None else chosen)
        case FieldType.LINK | FieldType.LINKS:
            return await _readable(work, field, cast("list[RecordId]", value if isinstance(value, list) else [value]))
        case FieldType.PRODUCTS:
            rows = cast("list[JsonObject]", value)
            wanted = {row["product_id"] for row in rows if row["product_id"] is not None}
            found = await work.connection.execute(select(products.c.id).where(products.c.id.in_(wanted)))
            return len(set(found.scalars())) == len(wanted)
        case _:
            return True


async def _has(work: Work, chosen: Select[tuple[object]]) -> bool:
    return (await work.connection.execute(chosen)).first() is not None


async def _readable(work: Work, field: Field, ids: list[RecordId]) -> bool:
    facts = await owned(work.connection, ids)
    return all(
        record in facts and facts[record].kind == field.kind and work.access.may(Action.READ, facts[record])
        for record in ids
    )


async def department_of(work: Work, user: UserId) -> DepartmentId | None:
    """The department that a record of this responsible person belongs to. Nobody moves them before the commit."""
    return (await departments_of(work, [user]))[user]


async def departments_of(work: Work, people: Iterable[UserId]) -> dict[UserId, DepartmentId | None]:
    """The same of several people at once."""
    chosen = select(users.c.id, users.c.department_id).where(users.c.id.in_(sorted(set(people)))).order_by(users.c.id)
    found = await work.connection.execute(chosen.with_for_update(read=True))
    return {UserId(row.id): row.department_id for row in found}


async def snapshot(work: Work, record: RecordId, kind: Kind) -> dict[str, object]:
    """All fields of a record, as they are stored."""
    found = await read_snapshots(work.connection, kind, [record], fields_of(kind))
    return found[record].values


async def write_parts(work: Work, record: RecordId, kind: Kind, values: Values) -> None:
    """Replaces the links and lists among some fields by what the fields say."""
    for name, value in values.items():
        field = fields_of(kind)[name]
        if field.type in LINK_TYPES:
            ids = cast("list[int]", value if isinstance(value, list) else [] if value is None else [value])
            rows: list[JsonObject] = [{"role": name, "other_id": other} for other in ids]
            await _replace(work, record_links, record, rows, role=name)
        elif field.type == FieldType.POINTS:
            points = cast("list[JsonObject]", value)
            await _replace(work, contact_points, record, points, type=POINT_TYPES[name])
        elif field.type == FieldType.ADDRESSES:
            await _replace(work, addresses, record, cast("list[JsonObject]", value))
        elif field.type == FieldType.PRODUCTS:
            await _replace(work, product_rows, record, cast("list[JsonObject]", value))


async def _replace(work: Work, table: Table, record: RecordId, rows: Iterable[JsonObject], **among: str) -> None:
    of = [table.c.record_id == record, *(table.c[name] == value for name, value in among.items())]
    await work.connection.execute(delete(table).where(*of))
    new = [row | among | {"record_id": record, "sort": sort} for sort, row in enumerate(rows)]
    if new:
        await work.connection.execute(insert(table), new)


async def write_detail(work: Work, record: RecordId, kind: Kind, values: JsonObject) -> None:
    """Changes columns of the kind's own table."""
    if values:
        table = DETAILS[kind]
        await work.connection.execute(update(table).where(table.c.record_id == record).values(values))


async def index(work: Work, record: RecordId) -> None:
    """Refreshes the folded text by which a record is found: title, names, phones, e-mails."""
    row = (await work.connection.execute(select(records.c.kind, records.c.title).where(records.c.id == record))).one()
    words = [row.title]
    detail = DETAILS[Kind(row.kind)]
    named = [detail.c[name] for name in ("first_name", "last_name", "company_title", "number") if name in detail.c]
    if named:
        words += (await work.connection.execute(select(*named).where(detail.c.record_id == record))).one()
    points = select(contact_points.c.value).where(contact_points.c.record_id == record)
    words += (await work.connection.execute(points)).scalars()
    folded = fold("\n".join(str(word) for word in words if word))
    await work.connection.execute(update(records).where(records.c.id == record).values(search=folded))
