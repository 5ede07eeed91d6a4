"""What the clock does with activities: deadlines that pass, and reminders (PRODUCT §4, §7, §9). Each once."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Row, select, update

from server.actions import notices
from server.domain.activities import OPEN
from server.domain.events import Name
from server.domain.words import ActivityId, EntryId, UserId
from server.store.drafts import Draft
from server.store.schema import activities, activity_people, entries
from server.store.work import Work

TOGETHER = 50  # activities of one transaction: so that a thousand at the same second are a wave, and no wall


async def pass_deadlines(work: Work) -> int:
    """Marks open activities whose deadline has passed as overdue, and shows them anew. Returns how many."""
    due = select(activities.c.id).where(
        activities.c.status.in_(sorted(map(str, OPEN))),
        ~activities.c.overdue,
        activities.c.deadline <= work.at,
        ~activities.c.hidden,
    )
    chosen = due.order_by(activities.c.deadline, activities.c.id).limit(TOGETHER).with_for_update(key_share=True)
    found = [ActivityId(id) for id in (await work.connection.execute(chosen)).scalars()]
    if not found:
        return 0
    await work.connection.execute(update(activities).where(activities.c.id.in_(found)).values(overdue=True))
    entry_of = await _entries(work, found)
    for activity in found:
        if activity in entry_of:
            work.record(Draft(Name.ENTRY_CHANGED, entry=entry_of[activity]))
        work.record(Draft(Name.ACTIVITY_CHANGED, activity=activity))
    return len(found)


async def remind(work: Work) -> int:
    """Reminds of activities whose time for it has come: the responsible person and the participants. Returns how many."""
    due = select(activities.c.id, activities.c.responsible_id).where(activities.c.remind_at <= work.at)
    chosen = due.order_by(activities.c.remind_at, activities.c.id).limit(TOGETHER).with_for_update(key_share=True)
    rows = (await work.connection.execute(chosen)).all()
    if not rows:
        return 0
    found = [ActivityId(row.id) for row in rows]
    await work.connection.execute(update(activities).where(activities.c.id.in_(found)).values(remind_at=None))
    entry_of = await _entries(work, found)
    people = await _people(work, found)
    for row in rows:
        entry = entry_of.get(ActivityId(row.id))
        if entry is not None:
            taking_part = [UserId(p.user_id) for p in people if p.activity_id == row.id]
            await notices.of_reminder(work, entry, [UserId(row.responsible_id), *taking_part])
    return len(rows)


async def _entries(work: Work, found: Sequence[ActivityId]) -> dict[ActivityId, EntryId]:
    chosen = select(entries.c.activity_id, entries.c.id).where(entries.c.activity_id.in_(found))
    return {ActivityId(row.activity_id): EntryId(row.id) for row in await work.connection.execute(chosen)}


async def _people(work: Work, found: Sequence[ActivityId]) -> Sequence[Row[*tuple[object, ...]]]:
    chosen = select(activity_people.c.activity_id, activity_people.c.user_id)
    return (await work.connection.execute(chosen.where(activity_people.c.activity_id.in_(found)))).all()
