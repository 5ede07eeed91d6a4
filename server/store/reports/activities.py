"""Reports on what people do: activities by person and type, and how long the first reply takes."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, String, case, cast, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.domain.access import Access
from server.domain.activities import OPEN, Status
from server.domain.reports import Group, Measure, Question
from server.store.access import visible
from server.store.activities import visible_activities
from server.store.reports.deals import Line
from server.store.schema import activities, comments, entries

MINUTE = 60_000


async def read_activity_lines(
    connection: AsyncConnection, access: Access, asked: Question, limit: int
) -> Sequence[Line]:
    """Activities that were made in the period and that the reader may see: all, completed, and overdue as of now."""
    key = cast(activities.c.type if asked.group is Group.TYPE else activities.c.responsible_id, String)
    is_open = activities.c.status.in_(sorted(map(str, OPEN)))
    counts = (
        func.count().label(Measure.COUNT),
        _count(activities.c.status == str(Status.COMPLETED)).label(Measure.COMPLETED),
        _count(is_open & (activities.c.deadline < asked.now)).label(Measure.OVERDUE),
    )
    chosen = select(key.label("key"), *counts).where(
        visible_activities(access), *_within(activities.c.created_at, asked)
    )
    if asked.responsible is not None:
        chosen = chosen.where(activities.c.responsible_id == asked.responsible)
    rows = await connection.execute(chosen.group_by(key).order_by(func.count().desc()).limit(limit))
    return [Line(row.key, None, {str(count.name): row._mapping[count.name] for count in counts}) for row in rows]


async def read_reply_lines(connection: AsyncConnection, access: Access, asked: Question, limit: int) -> Sequence[Line]:
    """Messages of the period that somebody else commented on: by who did so first, how many, and after how long."""
    replies = select(func.min(comments.c.id).label("id"))
    replies = replies.join(entries, entries.c.id == comments.c.entry_id)
    replies = replies.where(
        entries.c.type == "message",
        comments.c.author_id != entries.c.author_id,
        visible(access),
        *_within(entries.c.at, asked),
    )
    first = replies.group_by(comments.c.entry_id).subquery()
    joined = comments.join(first, first.c.id == comments.c.id).join(entries, entries.c.id == comments.c.entry_id)
    key = cast(comments.c.author_id, String)
    minutes = func.round(func.avg(comments.c.at - entries.c.at) / MINUTE)
    chosen = select(key.label("key"), func.count().label(Measure.ANSWERED), minutes.label(Measure.MINUTES))
    if asked.responsible is not None:
        chosen = chosen.where(comments.c.author_id == asked.responsible)
    rows = await connection.execute(chosen.select_from(joined).group_by(key).order_by(func.count().desc()).limit(limit))
    return [
        Line(row.key, None, {Measure.ANSWERED: row.answered, Measure.MINUTES: int(row.minutes or 0)}) for row in rows
    ]


def _within(moment: ColumnElement[int], asked: Question) -> list[ColumnElement[bool]]:
    return [
        *([] if asked.since is None else [moment >= asked.since]),
        *([] if asked.until is None else [moment < asked.until]),
    ]


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)
