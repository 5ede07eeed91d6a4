"""What disappears with a deleted record, and comes back with it: entries and activities that are about nothing else.

An entry is hidden when its subject was deleted, or all records it is about; an activity when all of its records were.
Those who saw them are told one by one; of more than `FEW` as a whole, by a reset.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, exists, or_, select, update

from server.actions import notices
from server.domain.access import NOBODY, Principals
from server.domain.events import Name, Reach
from server.domain.words import ActivityId, EntryId, RecordId
from server.store.drafts import Draft, Drafting, Image
from server.store.schema import activities, activity_records, entries, entry_records, records
from server.store.work import Work

FEW = 200  # entries and activities that are told of one by one

_OTHER = records.alias("other_record")


async def entries_about(work: Work, record: RecordId) -> list[EntryId]:
    """The entries that are about a record, locked until the commit. To be asked before records are locked."""
    chosen = select(entries.c.id).where(_about(record)).order_by(entries.c.id).with_for_update()
    return [EntryId(id) for id in (await work.connection.execute(chosen)).scalars()]


def _about(record: RecordId) -> ColumnElement[bool]:
    return entries.c.id.in_(select(entry_records.c.entry_id).where(entry_records.c.record_id == record))


@dataclass(frozen=True, slots=True)
class Alone:
    """What is about one record and no other that is left, and who sees it."""

    entries: Sequence[EntryId]
    activities: Sequence[ActivityId]
    images: Sequence[tuple[Draft, Image]]


async def find_alone(work: Work, record: RecordId) -> Alone:
    """What would be hidden with a record. To be asked before it is deleted: afterwards nobody sees it."""
    other = and_(_OTHER.c.deleted_at.is_(None), _OTHER.c.id != record)
    joined = entry_records.join(_OTHER, _OTHER.c.id == entry_records.c.record_id)
    left = exists().select_from(joined).where(entry_records.c.entry_id == entries.c.id, other)
    alone = select(entries.c.id).where(_about(record), ~entries.c.hidden, or_(entries.c.subject_id == record, ~left))
    found = [EntryId(id) for id in (await work.connection.execute(alone.order_by(entries.c.id))).scalars()]
    joined = activity_records.join(_OTHER, _OTHER.c.id == activity_records.c.record_id)
    left = exists().select_from(joined).where(activity_records.c.activity_id == activities.c.id, other)
    bound = select(activity_records.c.activity_id).where(activity_records.c.record_id == record)
    of = select(activities.c.id).where(activities.c.id.in_(bound), ~activities.c.hidden, ~left)
    undone = [ActivityId(id) for id in (await work.connection.execute(of.order_by(activities.c.id))).scalars()]
    await work.lock()
    return Alone(found, undone, await _images(work, found, undone))


async def hide(work: Work, alone: Alone) -> None:
    """Hides what was about a deleted record alone, and takes it from the screens that show it."""
    await _mark(work, alone.entries, alone.activities, hidden=True)
    await notices.of_hidden(work, alone.entries)
    if len(alone.images) > FEW:
        _tell_as_a_whole(work, [image for _, image in alone.images])
        return
    for draft, image in alone.images:
        name, data = _removal(draft)
        gone_from = Image(image.records, image.principals, image.audience, {}, data)
        work.record(Draft(name, frozen=gone_from))


async def show_again(work: Work, record: RecordId) -> None:
    """Brings back what was hidden with a record that has just been restored, unless its subject is still deleted."""
    gone = select(records.c.id).where(records.c.deleted_at.is_not(None))
    subject_gone = and_(entries.c.subject_id.is_not(None), entries.c.subject_id.in_(gone))
    chosen = select(entries.c.id).where(_about(record), entries.c.hidden, ~subject_gone).order_by(entries.c.id)
    found = [EntryId(id) for id in (await work.connection.execute(chosen)).scalars()]
    bound = select(activity_records.c.activity_id).where(activity_records.c.record_id == record)
    hidden = select(activities.c.id).where(activities.c.id.in_(bound), activities.c.hidden).order_by(activities.c.id)
    undone = [ActivityId(id) for id in (await work.connection.execute(hidden)).scalars()]
    await work.lock()
    await _mark(work, found, undone, hidden=False)
    await notices.of_shown(work, found)
    if len(found) + len(undone) > FEW:
        _tell_as_a_whole(work, [image for _, image in await _images(work, found, undone)])
        return
    for entry in found:
        work.record(Draft(Name.ENTRY_CHANGED, entry=entry))
    for activity in undone:
        work.record(Draft(Name.ACTIVITY_CHANGED, activity=activity))


async def _images(work: Work, found: Sequence[EntryId], undone: Sequence[ActivityId]) -> list[tuple[Draft, Image]]:
    """Who sees some entries and activities as of now."""
    drafts = [Draft(Name.ENTRY_CHANGED, entry=entry) for entry in found]
    drafts += [Draft(Name.ACTIVITY_CHANGED, activity=activity) for activity in undone]
    drawn = await Drafting(work.connection).draw(drafts)
    return [(draft, image) for draft, image in zip(drafts, drawn, strict=True) if image is not None]


def _removal(draft: Draft) -> tuple[Name, dict[str, object]]:
    if draft.entry is not None:
        return Name.ENTRY_REMOVED, {"entry": draft.entry}
    return Name.ACTIVITY_REMOVED, {"activity": draft.activity}


def _tell_as_a_whole(work: Work, images: Sequence[Image]) -> None:
    concerned: Principals = NOBODY.union(*(image.principals for image in images))
    if concerned:
        work.record(Draft(Name.ACCESS_CHANGED, reach=Reach.HOLDERS, frozen=Image(principals=concerned)))


async def _mark(work: Work, found: Sequence[EntryId], undone: Sequence[ActivityId], *, hidden: bool) -> None:
    for table, ids in ((entries, found), (activities, undone)):
        if ids:
            await work.connection.execute(update(table).where(table.c.id.in_(ids)).values(hidden=hidden))
