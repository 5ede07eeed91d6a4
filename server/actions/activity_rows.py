"""An activity's rows: from a plan to the tables and back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import cast

from sqlalchemy import Row, Table, delete, insert, select

from server.domain.activities import Direction, Email, Party, Plan, Priority, Step, Type, about, deadline_of
from server.domain.words import ActivityId, JsonObject, RecordId, UserId
from server.errors import NotFound
from server.store.activities import visible_activities
from server.store.schema import activities, activity_parties, activity_people, activity_records
from server.store.shapes.rows import grouped
from server.store.work import Work

AnyRow = Row[tuple[object, ...]]


def columns(plan: Plan) -> JsonObject:
    """A plan as columns of `activities`."""
    return {
        "type": str(plan.type),
        "subject": plan.subject,
        "description": plan.description,
        "responsible_id": plan.responsible,
        "start_at": plan.start,
        "end_at": plan.end,
        "deadline": deadline_of(plan),
        "priority": str(plan.priority),
        "important": plan.important,
        "place": plan.place,
        "direction": None if plan.direction is None else str(plan.direction),
        "phone": plan.phone,
        "result": plan.result,
        "unprocessed": plan.unprocessed,
        "reminder": plan.reminder,
        "repeat": plan.repeat,
        "checklist": [asdict(step) for step in plan.checklist],
        "email": _email(plan.email) if plan.type == Type.EMAIL else None,
    }


def _email(email: Email) -> JsonObject:
    fields = asdict(email)
    return {"from": fields.pop("sender"), **fields}


async def write_links(work: Work, activity: ActivityId, plan: Plan) -> None:
    """Writes to which records an activity is bound, who takes part, and with whom it is, in order."""
    parties: list[JsonObject] = [{"user_id": party.user, "record_id": party.record} for party in plan.parties]
    await _rewrite(work, activity_records, activity, ({"record_id": record} for record in about(plan)))
    await _rewrite(work, activity_people, activity, ({"user_id": user} for user in plan.participants))
    await _rewrite(work, activity_parties, activity, parties)


async def _rewrite(work: Work, table: Table, activity: ActivityId, links: Iterable[JsonObject]) -> None:
    await work.connection.execute(delete(table).where(table.c.activity_id == activity))
    rows = [link | {"activity_id": activity, "sort": sort} for sort, link in enumerate(links)]
    if rows:
        await work.connection.execute(insert(table), rows)


async def find_activity(work: Work, activity: ActivityId) -> tuple[AnyRow, Plan]:
    """The row and the plan of an activity that the user may see, locked until the commit. Raises NotFound.

    The key itself is left free: PostgreSQL looks at it again when a comment moves the entry of this activity.
    """
    chosen = select(activities).where(activities.c.id == activity, visible_activities(work.access))
    row = (await work.connection.execute(chosen.with_for_update(of=activities, key_share=True))).one_or_none()
    if row is None:
        raise NotFound(f"there is no activity {activity}", activity=activity)
    return row, await _plan(work, row)


async def _plan(work: Work, row: AnyRow) -> Plan:
    records = await grouped(work.connection, activity_records, "activity_id", [row.id])
    participants = await grouped(work.connection, activity_people, "activity_id", [row.id])
    parties = await grouped(work.connection, activity_parties, "activity_id", [row.id])
    return Plan(
        type=Type(row.type),
        responsible=UserId(row.responsible_id),
        subject=row.subject,
        description=row.description,
        records=tuple(RecordId(link.record_id) for link in records[row.id]),
        participants=tuple(UserId(link.user_id) for link in participants[row.id]),
        parties=tuple(Party(link.user_id, link.record_id) for link in parties[row.id]),
        start=row.start_at,
        end=row.end_at,
        priority=Priority(row.priority),
        important=bool(row.important),
        place=row.place,
        direction=None if row.direction is None else Direction(row.direction),
        phone=row.phone,
        result=row.result,
        unprocessed=bool(row.unprocessed),
        reminder=row.reminder,
        repeat=row.repeat,
        checklist=tuple(Step(step["text"], step["done"]) for step in row.checklist),
        email=_read_email(row.email),
    )


def _read_email(value: object) -> Email:
    if not isinstance(value, dict):
        return Email()
    to, cc, bcc = (tuple(cast("list[str]", value[name])) for name in ("to", "cc", "bcc"))
    return Email(str(value["from"]), to, cc, bcc, str(value["body"]))
