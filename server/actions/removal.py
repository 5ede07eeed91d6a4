"""Deleting a record: it is gone at once, can be brought back for a while, and then goes for good (PRODUCT §3).

Of what was deleted a tombstone is left, by which the audit log still names it to those who might read the record.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import Row, delete, insert, or_, select, update

from server.actions.arguments import Id
from server.actions.checks import check_records
from server.actions.hiding import entries_about, find_alone, hide, show_again
from server.actions.needs import refresh
from server.actions.verbs import Noun, Outcome, verb
from server.domain.access import Action, readers
from server.domain.events import Name, Reach
from server.domain.history import Note, What
from server.domain.words import ActivityId, EntryId, JsonObject, Kind, Millis, RecordId
from server.errors import Conflict, FieldError, Invalid, NotFound
from server.store.drafts import Draft, Image
from server.store.schema import (
    activities,
    activity_parties,
    activity_records,
    entries,
    record_links,
    records,
    tombstones,
)
from server.store.settings import setting
from server.store.work import Work

PURGED = 20  # records that go for good in one transaction
SECOND: Millis = 1000


class Deletion(msgspec.Struct, forbid_unknown_fields=True):
    """A record to delete. With `version`, only if nobody changed it since."""

    record: Id
    version: int | None = None


class Restoration(msgspec.Struct, forbid_unknown_fields=True):
    """A deleted record to bring back."""

    record: Id


@verb("record.delete", Deletion)
async def remove(work: Work, wanted: Deletion) -> Outcome:
    """Deletes a record, with the entries and activities that are about nothing else."""
    record = RecordId(wanted.record)
    facts = (await check_records(work, [record], Action.DELETE, "record"))[record]
    await entries_about(work, record)
    row = await _locked(work, record)
    if row.deleted_at is not None:
        raise NotFound(f"there is no record {record}", record=record)
    if wanted.version is not None and wanted.version != row.version:
        raise Conflict("somebody changed this record first", record=record, version=row.version)
    alone = await find_alone(work, record)
    await bury(work, row)
    gone: JsonObject = {"removed": record, "kind": str(facts.kind)}
    work.record(Draft(Name.RECORD_REMOVED, Reach.HOLDERS, frozen=Image((record,), readers(facts), data=gone)))
    work.note(Note(What.DELETED, record, facts.kind, before={"title": row.title}))
    await hide(work, alone)
    await refresh(work, [record])
    return Outcome(Noun.DELETED, record)


async def bury(work: Work, row: Row[*tuple[object, ...]], into: RecordId | None = None) -> None:
    """Marks a record as deleted, and leaves its tombstone. `into` is the record that it was merged into."""
    marked = update(records).where(records.c.id == row.id)
    await work.connection.execute(
        marked.values(deleted_at=work.at, deleted_by=work.user or None, version=records.c.version + 1)
    )
    stone = {name: getattr(row, name) for name in ("id", "kind", "title", "responsible_id", "department_id", "opened")}
    stone |= {"deleted_at": work.at, "deleted_by": work.user or None, "merged_into": into}
    await work.connection.execute(insert(tombstones).values(stone))


@verb("record.restore", Restoration)
async def restore(work: Work, wanted: Restoration) -> Outcome:
    """Brings a record back, for whoever deleted it, and admins. Raises NotFound, and Invalid when it is too late."""
    record = RecordId(wanted.record)
    await entries_about(work, record)
    row = await _locked(work, record)
    mine = row.deleted_at is not None and (row.deleted_by == work.user or work.access.admin)
    stone = await work.connection.execute(select(tombstones.c.merged_into).where(tombstones.c.id == record))
    if not mine or stone.scalar_one_or_none() is not None:
        raise NotFound(f"there is no record {record}", record=record)
    if work.at > row.deleted_at + await undo_time(work):
        raise Invalid([FieldError("record", "too_late", "it can be brought back no longer")])
    back = update(records).where(records.c.id == record)
    await work.connection.execute(back.values(deleted_at=None, deleted_by=None, version=records.c.version + 1))
    await work.connection.execute(delete(tombstones).where(tombstones.c.id == record))
    work.record(Draft(Name.RECORD_UNLOCKED, Reach.HOLDERS, record=record))
    work.note(Note(What.RESTORED, record, Kind(row.kind)))
    await show_again(work, record)
    await refresh(work, [record])
    return Outcome(Noun.RECORD, record)


async def undo_time(work: Work) -> Millis:
    """How long a deleted record can be brought back."""
    return int(await setting(work.connection, "delete.undo")) * SECOND


async def _locked(work: Work, record: RecordId) -> Row[*tuple[object, ...]]:
    found = await work.connection.execute(select(records).where(records.c.id == record).with_for_update())
    row = found.one_or_none()
    if row is None:
        raise NotFound(f"there is no record {record}", record=record)
    return row


async def purge(work: Work, before: Millis) -> int:
    """Deletes for good what was deleted before a moment, and empties the log of it; at most `PURGED` records at once.
    Returns how many went.
    """
    chosen = select(records.c.id, records.c.kind).where(records.c.deleted_at < before).order_by(records.c.deleted_at)
    rows = (await work.connection.execute(chosen.limit(PURGED))).all()
    for row in rows:
        await _purge(work, RecordId(row.id), Kind(row.kind))
    return len(rows)


async def _purge(work: Work, record: RecordId, kind: Kind) -> None:
    about = await entries_about(work, record)
    await _locked(work, record)
    await work.lock()
    await _forget(work, record, about)
    bound = select(activity_records.c.activity_id).where(activity_records.c.record_id == record)
    undone = select(activities.c.id).where(activities.c.id.in_(bound), activities.c.hidden)
    doomed = (await work.connection.execute(undone)).scalars().all()
    gone = entries.c.id.in_(about) & (entries.c.hidden | (entries.c.subject_id == record))
    await work.connection.execute(delete(entries).where(or_(gone, entries.c.activity_id.in_(doomed))))
    await work.connection.execute(delete(activities).where(activities.c.id.in_(doomed)))
    await work.connection.execute(delete(records).where(records.c.id == record))
    work.note(Note(What.PURGED, record, kind))


async def _forget(work: Work, record: RecordId, about: Sequence[EntryId]) -> None:
    """Empties the log of what tells of a record, also of what only names it: a replay draws that anew, without it."""
    for entry in about:
        await work.forget(entry)
    bound = select(activity_records.c.activity_id).where(activity_records.c.record_id == record)
    met = select(activity_parties.c.activity_id).where(activity_parties.c.record_id == record)
    for activity in (await work.connection.execute(bound.union(met))).scalars().all():
        await work.forget_activity(ActivityId(activity))
    linked = select(record_links.c.record_id).where(record_links.c.other_id == record)
    for other in (await work.connection.execute(linked)).scalars().all():
        await work.forget_record(RecordId(other))
    await work.forget_record(record)
