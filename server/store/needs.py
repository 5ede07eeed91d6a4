"""Keeping the rows of `needs` (PRODUCT §8): one for each user and record that needs them, or will."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sqlalchemy import delete, func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.domain.activities import OPEN
from server.domain.counters import Need, is_idle
from server.domain.words import Kind, Meaning, Millis, RecordId, UserId
from server.store.schema import activities, activity_records, needs, quotes, records, stages
from server.store.settings import setting

TOGETHER = 500  # records worked out at once

Needs: TypeAlias = dict[tuple[UserId, RecordId], tuple[Kind, Need]]


async def renew(connection: AsyncConnection, of: Sequence[RecordId]) -> set[UserId]:
    """Works out anew whom some records need. Returns the users for whom that changed. A few statements, however many."""
    return set().union(*[await _renew(connection, some) for some in _batches(sorted(set(of)))])


async def rebuild(connection: AsyncConnection) -> set[UserId]:
    """The same for all records: after another mode was chosen, and where rows may be wrong."""
    ids = (await connection.execute(select(records.c.id))).scalars()
    return await renew(connection, [RecordId(id) for id in ids])


async def _renew(connection: AsyncConnection, of: Sequence[RecordId]) -> set[UserId]:
    found = select(needs).where(needs.c.record_id.in_(of))
    before: Needs = {
        (UserId(row.user_id), RecordId(row.record_id)): (
            Kind(row.kind),
            Need(row.due, row.incoming, bool(row.idle), row.closes),
        )
        for row in await connection.execute(found)
    }
    after = await work_out(connection, of)
    changed = [key for key in before.keys() | after.keys() if before.get(key) != after.get(key)]
    moved = sorted({record for _, record in changed})
    if moved:
        await connection.execute(delete(needs).where(needs.c.record_id.in_(moved)))
    if rows := [_row(key, *after[key]) for key in after if key[1] in set(moved)]:
        await connection.execute(insert(needs), rows)
    return {user for user, _ in changed}


def _row(key: tuple[UserId, RecordId], kind: Kind, need: Need) -> dict[str, object]:
    kept = {"due": need.due, "incoming": need.incoming, "idle": need.idle, "closes": need.closes}
    return {"user_id": key[0], "record_id": key[1], "kind": str(kind), **kept}


async def work_out(connection: AsyncConnection, of: Sequence[RecordId]) -> Needs:
    """Whom some records need, from the records and their activities as they are now."""
    by_record = await setting(connection, "counters.mode") == "records"
    counted = await _activities(connection, of)
    joined = records.join(stages, stages.c.id == records.c.stage_id, isouter=True)
    joined = joined.join(quotes, quotes.c.record_id == records.c.id, isouter=True)
    columns = (records.c.id, records.c.kind, records.c.responsible_id, stages.c.meaning, quotes.c.close_date)
    chosen = select(*columns).select_from(joined).where(records.c.id.in_(of), records.c.deleted_at.is_(None))
    found: Needs = {}
    for row in await connection.execute(chosen):
        record, kind, responsible = RecordId(row.id), Kind(row.kind), UserId(row.responsible_id)
        meaning = None if row.meaning is None else Meaning(row.meaning)
        of_record = counted.get(record, [])
        idle = is_idle(kind, meaning, sum(each.planned for each in of_record))
        need: defaultdict[UserId, Need] = defaultdict(Need)
        need[responsible] = Need(idle=idle, closes=row.close_date if meaning is Meaning.PROGRESS else None)
        for each in of_record:
            user = responsible if by_record else each.responsible
            need[user] = _with(need[user], each)
        found |= {(user, record): (kind, need_of) for user, need_of in need.items() if need_of}
    return found


@dataclass(frozen=True, slots=True)
class _Work:
    """What one person has to do about one record: `planned` activities are open, the earliest is `due`."""

    responsible: UserId
    planned: int
    due: Millis | None
    incoming: int


def _with(need: Need, more: _Work) -> Need:
    earliest = min((each for each in (need.due, more.due) if each is not None), default=None)
    return Need(earliest, need.incoming + more.incoming, need.idle, need.closes)


async def _activities(connection: AsyncConnection, of: Sequence[RecordId]) -> Mapping[RecordId, Sequence[_Work]]:
    """What is to be done about each record, by whom."""
    is_open = activities.c.status.in_(sorted(map(str, OPEN)))
    joined = activity_records.join(activities, activities.c.id == activity_records.c.activity_id)
    chosen = select(
        activity_records.c.record_id,
        activities.c.responsible_id,
        func.count().filter(is_open).label("planned"),
        func.min(activities.c.deadline).filter(is_open).label("due"),
        func.count().filter(activities.c.unprocessed).label("incoming"),
    ).select_from(joined)
    waiting = (~activities.c.hidden, or_(is_open, activities.c.unprocessed))
    chosen = chosen.where(activity_records.c.record_id.in_(of), *waiting)
    found: defaultdict[RecordId, list[_Work]] = defaultdict(list)
    by_person = chosen.group_by(activity_records.c.record_id, activities.c.responsible_id)
    for row in await connection.execute(by_person):
        person = _Work(UserId(row.responsible_id), row.planned, row.due, row.incoming)
        found[RecordId(row.record_id)].append(person)
    return found


def _batches(of: Sequence[RecordId]) -> Iterator[Sequence[RecordId]]:
    return (of[start : start + TOGETHER] for start in range(0, len(of), TOGETHER))
