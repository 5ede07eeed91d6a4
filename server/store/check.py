"""Counting everything again that is kept beside what it follows from: `caudal check` (PRODUCT §8)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.domain.counters import Need
from server.domain.words import Kind, Meaning, RecordId, UserId
from server.store.log import read_head
from server.store.needs import Needs, rebuild, work_out
from server.store.schema import (
    activities,
    activity_records,
    comments,
    entries,
    entry_records,
    events,
    needs,
    records,
    stages,
    users,
)

BATCH = 500  # records worked out at once

Check = Callable[[AsyncConnection], Awaitable[int]]


async def check_needs(connection: AsyncConnection) -> int:
    """Rows of whom records need that are not what the records and their activities say."""
    ids = [RecordId(id) for id in (await connection.execute(select(records.c.id).order_by(records.c.id))).scalars()]
    wrong = 0
    for start in range(0, len(ids), BATCH):
        some = ids[start : start + BATCH]
        kept: Needs = {
            (UserId(row.user_id), RecordId(row.record_id)): (
                Kind(row.kind),
                Need(row.due, row.incoming, bool(row.idle), row.closes),
            )
            for row in await connection.execute(select(needs).where(needs.c.record_id.in_(some)))
        }
        right = await work_out(connection, some)
        wrong += sum(kept.get(key) != right.get(key) for key in kept.keys() | right.keys())
    return wrong


async def check_comments(connection: AsyncConnection) -> int:
    """Entries whose number of comments is not that of their comments."""
    return await _count(connection, entries.c.comment_count != _COMMENTS)


async def check_hidden(connection: AsyncConnection) -> int:
    """Entries and activities that are hidden and should not be, or the other way round."""
    wrong = await _count(connection, entries.c.hidden != _ENTRY_GONE)
    return wrong + await _count(connection, activities.c.hidden != _ACTIVITY_GONE)


async def check_closed(connection: AsyncConnection) -> int:
    """Records that count as closed and stand in no final stage, or the other way round."""
    return await _count(connection, records.c.closed_at.is_not(None) != _FINAL)


async def check_departments(connection: AsyncConnection) -> int:
    """Records that do not stand in the department of their responsible person: rights go by it."""
    own = select(users.c.department_id).where(users.c.id == records.c.responsible_id).scalar_subquery()
    return await _count(connection, records.c.department_id.is_distinct_from(own))


async def check_log(connection: AsyncConnection) -> int:
    """Positions that the log should have and has not."""
    head = await read_head(connection)
    beyond = events.c.position > head.floor
    found = (await connection.execute(select(func.count()).select_from(events).where(beyond))).scalar_one()
    return abs(head.position - head.floor - found)


CHECKS: Mapping[str, Check] = {
    "needs": check_needs,
    "comments": check_comments,
    "hidden": check_hidden,
    "closed": check_closed,
    "departments": check_departments,
    "log": check_log,
}
"""What is counted again, by name; each returns how many are wrong."""


async def repair(connection: AsyncConnection) -> None:
    """Puts right what follows from other rows. What the log lacks cannot be made up."""
    await connection.execute(update(entries).values(comment_count=_COMMENTS))
    await connection.execute(update(entries).values(hidden=_ENTRY_GONE))
    await connection.execute(update(activities).values(hidden=_ACTIVITY_GONE))
    closed = case((_FINAL, func.coalesce(records.c.closed_at, records.c.changed_at)), else_=None)
    own = select(users.c.department_id).where(users.c.id == records.c.responsible_id).scalar_subquery()
    await connection.execute(update(records).values(closed_at=closed, department_id=own))
    await rebuild(connection)  # last: it follows from all of these


async def _count(connection: AsyncConnection, wrong: ColumnElement[bool]) -> int:
    return (await connection.execute(select(func.count()).where(wrong))).scalar_one()


_COMMENTS = select(func.count()).where(comments.c.entry_id == entries.c.id).scalar_subquery()

_OTHER = records.alias("of_entry")
_about = entry_records.join(_OTHER, _OTHER.c.id == entry_records.c.record_id)
_any = exists().select_from(_about).where(entry_records.c.entry_id == entries.c.id)
_left = _any.where(_OTHER.c.deleted_at.is_(None))
_subject_gone = exists().where(records.c.id == entries.c.subject_id, records.c.deleted_at.is_not(None))
_ENTRY_GONE = or_(_subject_gone, and_(_any, ~_left))

_BOUND = records.alias("of_activity")
_bound = activity_records.join(_BOUND, _BOUND.c.id == activity_records.c.record_id)
_any_bound = exists().select_from(_bound).where(activity_records.c.activity_id == activities.c.id)
_ACTIVITY_GONE = and_(_any_bound, ~_any_bound.where(_BOUND.c.deleted_at.is_(None)))

_FINAL = exists().where(stages.c.id == records.c.stage_id, stages.c.meaning != str(Meaning.PROGRESS))
