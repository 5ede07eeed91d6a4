"""Creating and editing records. What a change means for the stream is in `changes`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import cast

import msgspec
from sqlalchemy import func, insert, select, update

from server.actions import notices
from server.actions.arguments import Id
from server.actions.changes import client_of, entries_of_change
from server.actions.checks import check_people, check_records
from server.actions.entries import NewEntry, add_entry
from server.actions.fields import parse_fields
from server.actions.follow_rules import follow_created
from server.actions.follows import tell_follows
from server.actions.history import note_changes, note_created
from server.actions.needs import refresh
from server.actions.record_rows import (
    check_values,
    columns,
    department_of,
    index,
    snapshot,
    write_detail,
    write_parts,
)
from server.actions.rights import tell_readers
from server.actions.stage_moves import came_to
from server.actions.verbs import Noun, Outcome, verb
from server.domain.access import Action, Owned
from server.domain.events import Name, Reach
from server.domain.records import FIELDS, FieldType, links_of
from server.domain.words import DepartmentId, EntryId, JsonObject, Kind, RecordId, UserId
from server.errors import Conflict, FieldError, Forbidden, Invalid
from server.store.access import owned, readable_records
from server.store.drafts import Draft
from server.store.schema import DETAILS, pipelines, quotes, records, stages
from server.store.work import Work


class NewRecord(msgspec.Struct, forbid_unknown_fields=True):
    """A record to make; `fields` as in `domain.records.FIELDS`."""

    kind: Kind
    fields: dict[str, object]


class RecordEdit(msgspec.Struct, forbid_unknown_fields=True):
    """Fields to change. With `version`, only if nobody changed the record since."""

    record: Id
    fields: dict[str, object]
    version: int | None = None


@verb("record.create", NewRecord)
async def create(work: Work, new: NewRecord) -> Outcome:
    """Makes a record, its entry, and tells the lists."""
    kind = new.kind
    values = parse_fields(kind, new.fields)
    values["responsible"] = values.get("responsible") or work.user
    await _check_create(work, kind, values)
    number = await next_number(work) if kind == Kind.QUOTE else ""
    values |= await _defaults(work, kind, values, number)
    await check_values(work, kind, values, cast("int | None", values.get("pipeline")))
    common = columns(kind, values, common=True) | {
        "kind": str(kind),
        "department_id": await department_of(work, UserId(cast(int, values["responsible"]))),
        "custom": values.get("custom", {}),
        "created_by": work.user,
        "created_at": work.at,
        "changed_by": work.user,
        "changed_at": work.at,
        "last_activity_by": work.user,
        "last_activity_at": work.at,
    }
    made = await work.connection.execute(insert(records).values(common).returning(records.c.id))
    record = RecordId(made.scalar_one())
    detail: JsonObject = {"record_id": record} | columns(kind, values, common=False)
    if kind == Kind.QUOTE:
        detail["number"] = number
    await work.connection.execute(insert(DETAILS[kind]).values(detail))
    await write_parts(work, record, kind, values)
    await came_to(work, {record: cast("int | None", values.get("stage"))})
    await index(work, record)
    note_created(work, record, kind, values)
    await refresh(work, [record])
    entry = await add_entry(work, NewEntry("added", [record, *await client_of(work, record)], subject=record))
    work.record(Draft(Name.RECORD_ADDED, record=record))
    await notices.of_handover(work, entry, None, UserId(cast(int, values["responsible"])))
    await follow_created(work, record)
    return Outcome(Noun.RECORD, record)


async def _check_create(work: Work, kind: Kind, values: Mapping[str, object]) -> None:
    (responsible,) = await check_people(work, [UserId(cast(int, values["responsible"]))], "responsible")
    department = await department_of(work, responsible)
    wanted = Owned(
        kind, responsible, None if department is None else DepartmentId(department), bool(values.get("opened"))
    )
    if not work.access.may(Action.CREATE, wanted):
        raise Forbidden(f"you may not create this {kind}", action="create", kind=str(kind))


async def _defaults(work: Work, kind: Kind, values: Mapping[str, object], number: str = "") -> JsonObject:
    """What a new record has when nothing is said: a title, the first pipeline, the first stage."""
    found: JsonObject = {"title": values.get("title") or number or _title(kind, values)}
    if kind == Kind.DEAL and values.get("pipeline") is None:
        first = select(pipelines.c.id).order_by(pipelines.c.sort, pipelines.c.id).limit(1)
        found["pipeline"] = (await work.connection.execute(first)).scalar_one()
    if values.get("stage") is None and any(field.type == FieldType.STAGE for field in FIELDS[kind]):
        chosen = select(stages.c.id).where(stages.c.kind == str(kind)).order_by(stages.c.sort, stages.c.id).limit(1)
        pipeline = found.get("pipeline", values.get("pipeline"))
        if pipeline is not None:
            chosen = chosen.where(stages.c.pipeline_id == pipeline)
        found["stage"] = (await work.connection.execute(chosen)).scalar_one_or_none()
    return found


def _title(kind: Kind, values: Mapping[str, object]) -> str:
    if kind in {Kind.CONTACT, Kind.LEAD}:
        person = f"{values.get('first_name', '')} {values.get('last_name', '')}".strip()
        if title := person or str(values.get("company_title", "")):
            return title
    raise Invalid.one("title", "required")


async def next_number(work: Work) -> str:
    """The next quote number of the year: `Q-2026-0148`."""
    prefix = f"Q-{datetime.fromtimestamp(work.at / 1000, UTC).year}-"
    await work.lock()
    numbers = select(quotes.c.number).where(quotes.c.number.startswith(prefix))
    last = numbers.order_by(func.length(quotes.c.number).desc(), quotes.c.number.desc()).limit(1)  # 10000 after 9999
    number: str | None = (await work.connection.execute(last)).scalar_one_or_none()
    return f"{prefix}{int(number.removeprefix(prefix)) + 1 if number else 1:04d}"


@verb("record.update", RecordEdit)
async def change(work: Work, wanted: RecordEdit) -> Outcome:
    """Changes fields of a record; what matters to people becomes entries."""
    record = RecordId(wanted.record)
    changed = await change_fields(work, record, wanted.fields, wanted.version)
    for type, entry in changed.entries.items():
        await notices.of_change(work, record, type, entry, changed.responsible)
    return Outcome(Noun.RECORD, record)


@dataclass(frozen=True, slots=True)
class Changed:
    """What a change of a record made: its entries by type. `responsible` was it until then."""

    record: RecordId
    responsible: UserId
    entries: Mapping[str, EntryId] = field(default_factory=dict)


async def change_fields(
    work: Work, record: RecordId, fields: Mapping[str, object], version: int | None = None
) -> Changed:
    """Changes a record, with everything that follows but notifications. With `version`, only if nobody changed it since.

    Raises NotFound, Forbidden, Conflict, Invalid.
    """
    await check_records(work, [record], Action.UPDATE, "record")
    locked = select(records).where(records.c.id == record).with_for_update(key_share=True)
    row = (await work.connection.execute(locked)).one()
    if version is not None and version != row.version:
        raise Conflict("somebody changed this record first", record=record, version=row.version)
    kind = Kind(row.kind)
    values = parse_fields(kind, fields)
    _check_kept(values)
    before = await snapshot(work, record, kind)
    values = {name: value for name, value in values.items() if value != before.get(name)}
    if not values:
        return Changed(record, row.responsible_id)
    values |= await _stage_of_pipeline(work, kind, values)
    await check_values(work, kind, values, cast("int | None", values.get("pipeline", before.get("pipeline"))))
    values |= await _hidden_links(work, kind, before, values)
    await _write(work, record, kind, values)
    note_changes(work, record, kind, before, values)
    if not NEEDED_BY.isdisjoint(values):
        await refresh(work, [record])
    await _tell_rights(work, record, Owned(kind, row.responsible_id, row.department_id, bool(row.opened)))
    told = {
        entry.type: await add_entry(work, entry)
        for entry in await entries_of_change(work, record, kind, before, values)
    }
    reach = Reach.STREAM if LABEL.isdisjoint(values) else Reach.HOLDERS
    work.record(Draft(Name.RECORD_CHANGED, reach, record=record))
    return Changed(record, row.responsible_id, told)


async def _tell_rights(work: Work, record: RecordId, before: Owned) -> None:
    """To who is responsible no longer, or from now on: they follow by right. Then to those who gain or lose the record:
    who lost it follows it no more on their screens, whatever was told of that before.
    """
    after = (await owned(work.connection, [record]))[record]
    if before.responsible != after.responsible:
        await tell_follows(work, record, [user for user in (before.responsible, after.responsible) if user])
    tell_readers(work, record, before, after)


LABEL = frozenset({"title", "responsible"})
"""What a record is shown by wherever it is mentioned (`Names.ref`): that is on screens of all who may read it, under
entries of other records, in the bell, in lists. To ask whose screens would cost more than telling them all."""

NEEDED_BY = frozenset({"stage", "responsible", "close_date"})
"""What decides whom a record needs (PRODUCT §8)."""

KEPT = {"responsible", "pipeline", "stage"}
"""Fields that a record has from its beginning, and can change but not lose."""


def _check_kept(values: Mapping[str, object]) -> None:
    lost = [name for name, value in values.items() if name in KEPT and value is None]
    if lost:
        raise Invalid([FieldError(name, "required", "it can be changed, but not emptied") for name in lost])


async def _stage_of_pipeline(work: Work, kind: Kind, values: Mapping[str, object]) -> JsonObject:
    """A deal that moves to another pipeline starts in its first stage, unless a stage is said."""
    if "pipeline" not in values or "stage" in values:
        return {}
    return {"stage": (await _defaults(work, kind, {"title": "-", "pipeline": values["pipeline"]}))["stage"]}


async def _hidden_links(
    work: Work, kind: Kind, before: Mapping[str, object], values: Mapping[str, object]
) -> JsonObject:
    """Changed lists of links, with what the editor could not see in them: nobody takes out what they cannot know."""
    kept: JsonObject = {}
    for link in links_of(kind):
        value, linked = values.get(link.name), before.get(link.name)
        if isinstance(value, list) and isinstance(linked, list):
            may_read = await readable_records(work.connection, work.access, linked)
            kept[link.name] = value + [other for other in linked if other not in may_read]
    return kept


async def _write(work: Work, record: RecordId, kind: Kind, values: Mapping[str, object]) -> None:
    common = columns(kind, values, common=True)
    common |= {"changed_by": work.user, "changed_at": work.at, "version": records.c.version + 1}
    if "responsible" in values:
        common["department_id"] = await department_of(work, UserId(cast(int, values["responsible"])))
    await work.connection.execute(update(records).where(records.c.id == record).values(common))
    await write_detail(work, record, kind, columns(kind, values, common=False))
    await write_parts(work, record, kind, values)
    await came_to(work, {record: cast("int | None", values.get("stage"))})
    await index(work, record)
