"""Making, finding and removing entries: what every kind of entry has in common. The verbs are in `posts` and others."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Row, delete, insert, select

from server.actions import notices
from server.domain.entries import Part
from server.domain.events import Name, Reach
from server.domain.words import ActivityId, EntryId, JsonObject, RecordId, UserId
from server.errors import NotFound
from server.store.access import visible
from server.store.drafts import Draft, Image
from server.store.schema import entries, entry_people, entry_records
from server.store.work import Work


@dataclass(frozen=True, slots=True)
class NewEntry:
    """An entry to be made. `records` in the order of their chips; `search` is the folded text filters look in."""

    type: str
    records: Sequence[RecordId] = ()
    people: Mapping[UserId, Collection[Part]] = field(default_factory=dict)
    text: str = ""
    search: str = ""
    subject: RecordId | None = None
    change: JsonObject | None = None
    activity: ActivityId | None = None


async def add_entry(work: Work, new: NewEntry, ref: str | None = None) -> EntryId:
    """Writes an entry of the acting user with its people and records, and records that it was added."""
    row: JsonObject = {
        "type": new.type,
        "author_id": work.user,
        "at": work.at,
        "added": 0,  # the unit of work puts the positions in
        "bumped": 0,
        "text": new.text,
        "search": new.search,
        "subject_id": new.subject,
        "change": new.change,
        "activity_id": new.activity,
    }
    made = await work.connection.execute(insert(entries).values(row).returning(entries.c.id))
    entry = EntryId(made.scalar_one())
    people = {**new.people, work.user: {Part.AUTHOR, *new.people.get(work.user, ())}}
    await work.connection.execute(insert(entry_people), _parts(entry, people))
    if new.records:
        links = [{"entry_id": entry, "record_id": record, "sort": sort} for sort, record in enumerate(new.records)]
        await work.connection.execute(insert(entry_records), links)
    work.record(Draft(Name.ENTRY_ADDED, entry=entry, ref=ref))
    return entry


async def add_people(work: Work, entry: EntryId, people: Mapping[UserId, Collection[Part]]) -> bool:
    """Gives people their parts in an entry; those they have already stay. False: they had all of them."""
    if not people:
        return False
    found = await work.connection.execute(select(entry_people).where(entry_people.c.entry_id == entry))
    known = {(row.user_id, row.part) for row in found}
    rows = [row for row in _parts(entry, people) if (row["user_id"], row["part"]) not in known]
    if rows:
        await work.connection.execute(insert(entry_people), rows)
    return bool(rows)


def _parts(entry: EntryId, people: Mapping[UserId, Collection[Part]]) -> list[JsonObject]:
    return [{"entry_id": entry, "user_id": user, "part": str(part)} for user, parts in people.items() for part in parts]


async def find_entry(work: Work, entry: EntryId) -> Row[tuple[object, ...]]:
    """The row of an entry that the user may see. Raises NotFound.

    It is locked until the commit: whoever writes about an entry takes the entry first, then records, then the log's
    head, so that a comment and a removal never wait for each other in a circle.
    """
    chosen = select(entries).where(entries.c.id == entry, visible(work.access)).with_for_update(of=entries)
    row = (await work.connection.execute(chosen)).one_or_none()
    if row is None:
        raise NotFound(f"there is no entry {entry}", entry=entry)
    return row


async def records_of(work: Work, entry: EntryId) -> list[RecordId]:
    """The records an entry is about, in order."""
    chosen = select(entry_records.c.record_id).where(entry_records.c.entry_id == entry).order_by(entry_records.c.sort)
    return [RecordId(record) for record in (await work.connection.execute(chosen)).scalars()]


async def remove_entry(work: Work, entry: EntryId) -> None:
    """Deletes an entry with all that hangs from it, empties the log of it, and tells those who saw it."""
    await work.connection.execute(select(entries.c.id).where(entries.c.id == entry).with_for_update())
    await work.lock()  # after the entry: whoever comments on it holds it, and waits for the log
    image = await work.draw(Draft(Name.ENTRY_CHANGED, entry=entry)) or Image()
    await work.forget(entry)
    await notices.of_removed_entry(work, entry)
    await work.connection.execute(delete(entries).where(entries.c.id == entry))
    gone = Image(image.records, image.principals, image.audience, {}, {"entry": entry})
    work.record(Draft(Name.ENTRY_REMOVED, reach=Reach.STREAM, entry=entry, frozen=gone))
