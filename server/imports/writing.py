"""Records in bulk: one statement per table and batch, whatever the number of rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from sqlalchemy import Table, delete, insert, select, update

from server.actions.changes import entries_of_change
from server.actions.entries import NewEntry
from server.actions.history import note_changes, note_created
from server.actions.needs import refresh
from server.actions.record_rows import columns, index, write_detail
from server.actions.rights import tell_readers
from server.actions.stage_moves import came_to
from server.domain.events import Name, Reach
from server.domain.records import Field, FieldType, fields_of
from server.domain.text import fold
from server.domain.words import DepartmentId, EntryId, JsonObject, Kind, RecordId, UserId
from server.imports.card import fold_entries
from server.imports.plan import Alteration, Values, Wanted
from server.store.access import owned
from server.store.drafts import Draft
from server.store.ids import take_ids
from server.store.schema import DETAILS, record_links, records
from server.store.snapshots import PARTS, POINT_TYPES
from server.store.work import Work


@dataclass(frozen=True, slots=True)
class Making:
    """What all rows of a batch share. `departments` names the department of each responsible person."""

    kind: Kind
    origin: str
    departments: Mapping[UserId, DepartmentId | None]


async def write_added(work: Work, of: Making, added: Sequence[Wanted], card: EntryId) -> None:
    """Makes records with all their parts and their entries. Makes no follower."""
    if not added:
        return
    ids = [RecordId(number) for number in await take_ids(work.connection, records, len(added))]
    placed = list(zip(ids, added, strict=True))
    made: JsonObject = {"created_by": work.user, "created_at": work.at, "changed_by": work.user, "changed_at": work.at}
    made |= {"last_activity_by": work.user, "last_activity_at": work.at, "kind": str(of.kind), "origin": of.origin}
    rows = [_common(of, each.values) | made | {"id": id, "external_id": each.row.key} for id, each in placed]
    await work.connection.execute(insert(records), _same_columns(rows))
    details = [_detail(of.kind, each.values) | {"record_id": id} for id, each in placed]
    await work.connection.execute(insert(DETAILS[of.kind]), _same_columns(details))
    await _insert_parts(work, of.kind, ((id, each.values) for id, each in placed))
    await came_to(work, {id: cast("int | None", each.values.get("stage")) for id, each in placed})
    for id, each in placed:
        note_created(work, id, of.kind, _fields(each.values))
    await refresh(work, [id for id, _ in placed])
    await fold_entries(work, card, [NewEntry("added", [id, *_client(each.values)], subject=id) for id, each in placed])


def _common(of: Making, values: Values) -> JsonObject:
    row: JsonObject = {"custom": {}} | columns(of.kind, _fields(values), common=True)
    department = of.departments[UserId(cast(int, values["responsible"]))]
    return row | {"search": search_text(values), "department_id": department}


def _detail(kind: Kind, values: Values) -> JsonObject:
    return columns(kind, _fields(values), common=False) | _number(values)


def _fields(values: Values) -> Values:
    return {name: value for name, value in values.items() if name != "number"}


def _number(values: Values) -> JsonObject:
    return {"number": values["number"]} if "number" in values else {}


def _same_columns(rows: Sequence[JsonObject]) -> list[JsonObject]:
    """Rows of one statement have the same columns; what a row leaves open has its column's own default."""
    names = dict.fromkeys(name for row in rows for name in row)
    if all(len(row) == len(names) for row in rows):
        return list(rows)
    return [{name: row.get(name, _LEFT_OPEN.get(name)) for name in names} for row in rows]


_LEFT_OPEN: JsonObject = {"opened": False, "type": "client", "my_company": False}
"""Fields that an empty cell leaves out; every other field stands in all rows of a file or in none."""


def _client(values: Values) -> list[RecordId]:
    """The company that an entry about this record belongs to, too."""
    companies = cast("list[int]", values.get("companies") or [])
    company = cast("int | None", values.get("company")) or next(iter(companies), None)
    return [] if company is None else [RecordId(company)]


def search_text(values: Values) -> str:
    """The folded text by which a record is found, as `server.actions.record_rows.index` makes it."""
    words = [values.get(name) for name in ("title", "first_name", "last_name", "company_title", "number")]
    for name in POINT_TYPES:
        words += [point["value"] for point in cast("list[JsonObject]", values.get(name) or [])]
    return fold("\n".join(str(word) for word in words if word))


async def _insert_parts(work: Work, kind: Kind, new: Iterable[tuple[RecordId, Values]]) -> None:
    """Links, phones, addresses and product rows of many records."""
    known = fields_of(kind)
    rows: dict[Table, list[JsonObject]] = {}
    for record, values in new:
        for name, value in values.items():
            if name in known and known[name].type in PARTS:
                table = PARTS[known[name].type]
                parts = enumerate(_parts(known[name], value))
                rows.setdefault(table, []).extend({**part, "record_id": record, "sort": sort} for sort, part in parts)
    for table, parts_of in rows.items():
        if parts_of:
            await work.connection.execute(insert(table), parts_of)


def _parts(field: Field, value: object) -> list[JsonObject]:
    """The rows of one field, without their owner."""
    match field.type:
        case FieldType.LINK:
            return [] if value is None else [{"role": field.name, "other_id": value}]
        case FieldType.LINKS:
            return [{"role": field.name, "other_id": other} for other in cast("list[int]", value)]
        case FieldType.POINTS:
            return [{"type": POINT_TYPES[field.name], **point} for point in cast("list[JsonObject]", value)]
        case _:
            return cast("list[JsonObject]", value)


async def write_changed(work: Work, of: Making, changed: Sequence[Alteration], card: EntryId) -> None:
    """Changes records, and makes the entries that a person's change would make, folded."""
    entries: list[NewEntry] = []
    ids = [RecordId(each.id) for each in changed]
    locked = select(records.c.id).where(records.c.id.in_(ids)).order_by(records.c.id)
    await work.connection.execute(locked.with_for_update(key_share=True))
    before = await owned(work.connection, ids)
    for each in changed:
        record = RecordId(each.id)
        await _change(work, of, each)
        entries += await entries_of_change(work, record, of.kind, each.before, _fields(each.values))
        note_changes(work, record, of.kind, each.before, _fields(each.values))
        work.record(Draft(Name.RECORD_CHANGED, reach=Reach.RECORD, record=record))
    await came_to(work, {RecordId(each.id): cast("int | None", each.values.get("stage")) for each in changed})
    await refresh(work, ids)
    await fold_entries(work, card, entries)
    for record, after in (await owned(work.connection, ids)).items():
        tell_readers(work, record, before[record], after)


async def _change(work: Work, of: Making, each: Alteration) -> None:
    common = columns(of.kind, _fields(each.values), common=True)
    common |= {"changed_by": work.user, "changed_at": work.at, "version": records.c.version + 1}
    if "responsible" in each.values:
        common["department_id"] = of.departments[UserId(cast(int, each.values["responsible"]))]
    await work.connection.execute(update(records).where(records.c.id == each.id).values(common))
    await write_detail(work, RecordId(each.id), of.kind, _detail(of.kind, each.values))
    known = fields_of(of.kind)
    for name in each.values:
        if name in known and known[name].type in PARTS:
            await _clear(work, known[name], each.id)
    await _insert_parts(work, of.kind, [(RecordId(each.id), each.values)])
    await index(work, RecordId(each.id))


async def _clear(work: Work, field: Field, record: int) -> None:
    table = PARTS[field.type]
    conditions = [table.c.record_id == record]
    if table is record_links:
        conditions.append(table.c.role == field.name)
    if field.type == FieldType.POINTS:
        conditions.append(table.c.type == POINT_TYPES[field.name])
    await work.connection.execute(delete(table).where(*conditions))
