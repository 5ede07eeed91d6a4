"""What follows from the demo company's year: its audit log, when records were closed, which stages they came through."""

from __future__ import annotations

from typing import cast

from sqlalchemy import case, func, insert, null, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.domain.history import What
from server.domain.words import JsonObject, Meaning
from server.store.schema import entries, history, records, stage_visits, stages

FIELDS = {
    "stage": "stage",
    "accepted": "stage",
    "declined": "stage",
    "responsible": "responsible",
    "renamed": "title",
    "amount": "amount",
}
"""The types of entry that tell of a changed field, and of which."""


async def write_past(connection: AsyncConnection) -> None:
    """Works out from the entries what the verbs would have kept beside them."""
    changes = select(entries, records.c.kind, records.c.title).join(records, records.c.id == entries.c.subject_id)
    lines: list[JsonObject] = []
    came: dict[tuple[int, int], int] = {}
    closed: dict[int, int] = {}
    for row in await connection.execute(changes.order_by(entries.c.added)):
        line: JsonObject = {"at": row.at, "position": row.added, "actor_id": row.author_id, "kind": row.kind}
        line |= {"record_id": row.subject_id, "field": FIELDS.get(row.type), "before": None, "after": None}
        if row.type == "added":
            lines.append(line | {"what": str(What.CREATED), "after": {"title": row.title}})
        elif row.type in FIELDS:
            old, new = _stored(row.change["old"]), _stored(row.change["new"])
            lines.append(line | {"what": str(What.CHANGED), "before": old, "after": new})
            if FIELDS[row.type] == "stage":
                for stage in (old, new):
                    came.setdefault((row.subject_id, cast(int, stage)), row.at)
                closed[row.subject_id] = row.at
    await connection.execute(insert(history), lines)
    standing = select(records.c.id, records.c.stage_id, records.c.created_at).where(records.c.stage_id.is_not(None))
    for row in await connection.execute(standing):
        came.setdefault((row.id, row.stage_id), row.created_at)
    visits = [{"record_id": record, "stage_id": stage, "at": at} for (record, stage), at in came.items()]
    await connection.execute(insert(stage_visits), visits)
    final = records.c.stage_id.in_(select(stages.c.id).where(stages.c.meaning != str(Meaning.PROGRESS)))
    last = case(closed, value=records.c.id, else_=records.c.changed_at) if closed else records.c.changed_at
    await connection.execute(update(records).values(closed_at=case((final, func.coalesce(last, 0)), else_=null())))


def _stored(value: object) -> object:
    """A side of a change, as the audit log keeps it: the id or amount alone."""
    if not isinstance(value, dict):
        return value
    return next(iter(value.values()))
