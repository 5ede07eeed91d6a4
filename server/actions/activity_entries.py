"""The one entry of an activity (PRODUCT §4): made when it is bound to a record, updated in place, taken out when it is
bound to none; and what those are told who saw an activity that they see no longer."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update

from server.actions import notices
from server.actions.entries import NewEntry, add_entry, add_people, remove_entry
from server.domain.access import user_principal
from server.domain.activities import Plan, about
from server.domain.entries import Part
from server.domain.events import Name, Reach
from server.domain.filters import searchable
from server.domain.words import ActivityId, EntryId, JsonObject, UserId
from server.store.drafts import Draft, Image
from server.store.schema import activities, entries, entry_people, entry_records
from server.store.work import Work


async def entry_of(work: Work, activity: ActivityId) -> EntryId | None:
    """The entry of an activity, locked until the commit; None for one that is bound to no record. To be asked before
    records are touched: comments lock the two in this order."""
    chosen = select(entries.c.id).where(entries.c.activity_id == activity).with_for_update()
    found = (await work.connection.execute(chosen)).scalar_one_or_none()
    return None if found is None else EntryId(found)


async def add_entry_of(work: Work, activity: ActivityId, plan: Plan, author: UserId) -> None:
    """Brings an activity into the stream: an entry of its author, even when somebody else binds it."""
    search = searchable(plan.description, plan.subject)
    entry = await add_entry(work, NewEntry(str(plan.type), about(plan), activity=activity, search=search))
    if author != work.user:
        await work.connection.execute(update(entries).where(entries.c.id == entry).values(author_id=author))
    await _write_people(work, entry, plan, author)
    await notices.of_handover(work, entry, None, plan.responsible)


async def rewrite_entry(work: Work, entry: EntryId, plan: Plan, author: UserId) -> None:
    """Writes into an entry what its activity says now."""
    search = searchable(plan.description, plan.subject)
    await work.connection.execute(update(entries).where(entries.c.id == entry).values(search=search))
    await work.connection.execute(delete(entry_records).where(entry_records.c.entry_id == entry))
    links = [{"entry_id": entry, "record_id": record, "sort": sort} for sort, record in enumerate(about(plan))]
    await work.connection.execute(insert(entry_records), links)
    await _write_people(work, entry, plan, author)


async def _write_people(work: Work, entry: EntryId, plan: Plan, author: UserId) -> None:
    parts: defaultdict[UserId, set[Part]] = defaultdict(set)
    parts[author].add(Part.AUTHOR)
    parts[plan.responsible].add(Part.RESPONSIBLE)
    for user in plan.participants:
        parts[user].add(Part.PARTICIPANT)
    own = entry_people.c.part.in_([str(part) for part in (Part.AUTHOR, Part.RESPONSIBLE, Part.PARTICIPANT)])
    await work.connection.execute(delete(entry_people).where(entry_people.c.entry_id == entry, own))
    await add_people(work, entry, parts)


@dataclass(frozen=True, slots=True)
class Seen:
    """Who sees an activity and its entry at one moment."""

    activity: Image
    entry: Image


async def seen(work: Work, activity: ActivityId, entry: EntryId | None) -> Seen:
    """Who sees an activity as of now; after `work.lock` that stays true until the commit."""
    image = await work.draw(Draft(Name.ACTIVITY_CHANGED, activity=activity)) or Image()
    if entry is None:
        return Seen(image, Image())
    return Seen(image, await work.draw(Draft(Name.ENTRY_CHANGED, entry=entry)) or Image())


async def tell_the_excluded(work: Work, activity: ActivityId, entry: EntryId | None, before: Seen, after: Seen) -> None:
    """Takes an activity from the screens of those who saw it before and do not now. To be recorded before it is shown
    to the others: whoever keeps it by another right gets it back with the next event."""
    _exclude(work, Name.ACTIVITY_REMOVED, {"activity": activity}, before.activity, after.activity)
    if entry is not None:
        _exclude(work, Name.ENTRY_REMOVED, {"entry": entry}, before.entry, after.entry)
        await notices.of_exclusion(work, entry, before.entry.principals, after.entry.principals)


def _exclude(work: Work, name: Name, data: JsonObject, before: Image, after: Image) -> None:
    """No draft names the entry: emptying the log of it later must not empty these."""
    lost = (before.principals - after.principals) | {user_principal(u) for u in before.audience - after.audience}
    if lost:
        gone = Image(before.records, lost, before.audience, {}, data)
        work.record(Draft(name, frozen=gone))
    if left := tuple(record for record in before.records if record not in after.records):
        gone = Image(left, before.principals, frozenset(), {}, data)
        work.record(Draft(name, reach=Reach.RECORD, frozen=gone))


async def remove_activity(work: Work, activity: ActivityId, entry: EntryId | None) -> None:
    """Deletes an activity with its entry, empties the log of both, and tells those who saw them."""
    await work.lock()
    image = (await seen(work, activity, entry)).activity
    if entry is not None:
        await remove_entry(work, entry)
    await work.forget_activity(activity)
    await work.connection.execute(delete(activities).where(activities.c.id == activity))
    gone = Image(image.records, image.principals, image.audience, {}, {"activity": activity})
    work.record(Draft(Name.ACTIVITY_REMOVED, frozen=gone))
