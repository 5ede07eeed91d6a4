"""The audit log as one reader may see it (PRODUCT §11): lines of records that they may read, or might if those were not
deleted; what concerns the portal is for admins.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Row, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.domain.access import Access, Action
from server.domain.events import locked
from server.domain.history import What
from server.domain.records import FieldType, fields_of
from server.domain.words import JsonObject, Kind, Millis, RecordId, UserId
from server.store.access import may, might, readable
from server.store.log import read_head
from server.store.masking import masked
from server.store.records import check_readable
from server.store.schema import history, records, tombstones
from server.store.shapes import Names
from server.store.stream import Page

Line = Row[tuple[object, ...]]

REFERENCES: Mapping[FieldType, str] = {
    FieldType.USER: "user",
    FieldType.STAGE: "stage",
    FieldType.LINK: "record",
    FieldType.LINKS: "record",
}
"""Fields whose values are ids, and of what."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of the audit log. `since` inclusive, `until` exclusive; `before` is the id of the last page's last."""

    record: RecordId | None = None
    kinds: Sequence[Kind] = ()
    actors: Sequence[UserId] = ()
    what: Sequence[What] = ()
    fields: Sequence[str] = ()
    since: Millis | None = None
    until: Millis | None = None
    before: int | None = None
    limit: int = 50
    action: Action = field(default=Action.READ)


async def read_history(connection: AsyncConnection, access: Access, asked: Asked) -> Page:
    """One page of lines, the newest first, masked. Raises NotFound for a record that the reader may not read."""
    head = await read_head(connection)
    if asked.record is not None:
        await check_readable(connection, access, asked.record)
    chosen = select(history).where(shown(access, asked.action), *_conditions(asked))
    rows = (await connection.execute(chosen.order_by(history.c.id.desc()).limit(asked.limit + 1))).all()
    page = rows[: asked.limit]
    return Page(head, await _shape(connection, access, page), page[-1].id if len(rows) > len(page) else None)


def shown(access: Access, action: Action = Action.READ) -> ColumnElement[bool]:
    """The condition that the reader may see a row of `history`."""
    there = history.c.record_id.in_(select(records.c.id).where(_allows(access, action)))
    gone = history.c.record_id.in_(select(tombstones.c.id).where(might(access, action)))
    of_portal = [history.c.record_id.is_(None)] if access.admin else []
    return or_(there, gone, *of_portal)


def _allows(access: Access, action: Action) -> ColumnElement[bool]:
    return readable(access) if action is Action.READ else and_(readable(access), may(access, action))


def _conditions(asked: Asked) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if asked.record is not None:
        found.append(history.c.record_id == asked.record)
    for column, values in (
        (history.c.kind, asked.kinds),
        (history.c.actor_id, asked.actors),
        (history.c.what, asked.what),
        (history.c.field, asked.fields),
    ):
        if values:
            found.append(column.in_([value if isinstance(value, int) else str(value) for value in values]))
    if asked.since is not None:
        found.append(history.c.at >= asked.since)
    if asked.until is not None:
        found.append(history.c.at < asked.until)
    if asked.before is not None:
        found.append(history.c.id < asked.before)
    return found


async def _shape(connection: AsyncConnection, access: Access, rows: Sequence[Line]) -> list[JsonObject]:
    names = await name_values(connection, rows)
    stones = select(tombstones).where(tombstones.c.id.in_({row.record_id for row in rows if row.record_id is not None}))
    dead = {row.id: row for row in await connection.execute(stones)}
    lines: list[JsonObject] = []
    for row in rows:
        about: JsonObject | None = None
        if row.record_id in dead:
            about = {"kind": row.kind, "title": dead[row.record_id].title, "deleted": row.record_id}
        elif row.record_id is not None:
            about = names.ref(row.record_id) or locked(Kind(row.kind))
        lines.append(
            {
                "id": row.id,
                "at": row.at,
                "position": row.position,
                "actor": names.person(row.actor_id),
                "record": about,
                "what": row.what,
                "field": row.field,
                "before": named(row.kind, row.field, row.before, names),
                "after": named(row.kind, row.field, row.after, names),
            }
        )
    return await masked(connection, access, lines)


async def name_values(connection: AsyncConnection, rows: Sequence[Line]) -> Names:
    """The names of all that some lines point to."""
    names = Names()
    for row in rows:
        names.need("user", row.actor_id)
        names.need("record", row.record_id)
        for value in (row.before, row.after):
            values = value if row.field is None and isinstance(value, dict) else {row.field: value}
            for name, item in values.items():
                what = _reference(row.kind, name)
                if what is not None:
                    names.need(what, *(item if isinstance(item, list) else [item]))
    return await names.load(connection)


def _reference(kind: str | None, name: str | None) -> str | None:
    """What the values of a field are ids of, None for plain ones."""
    known = fields_of(Kind(kind)).get(name) if kind is not None and name is not None else None
    return None if known is None else REFERENCES.get(known.type)


def named(kind: str | None, name: str | None, value: object, names: Names) -> object:
    """A stored value with names in the place of ids; of a whole record (`name` is None) each of its fields."""
    if name is None and isinstance(value, dict):
        return {each: named(kind, each, item, names) for each, item in value.items()}
    if isinstance(value, list):
        return [named(kind, name, item, names) for item in value]
    match _reference(kind, name), value:
        case "user", int():
            return names.person(value)
        case "stage", int():
            return names.stage(value)
        case "record", int():
            return names.ref(value)
        case _:
            return value
