"""The facts that decide who sees an entry and for whom it is in Mine, read for many entries at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.domain.access import Owned
from server.domain.entries import TYPES, EntryFacts, Follower, Part
from server.domain.words import EntryId, FollowLevel, Kind, RecordId, UserId
from server.store.access import OWNED, owned_of
from server.store.schema import activities, entries, entry_people, entry_records, follows, records


async def entry_facts(connection: AsyncConnection, ids: Iterable[EntryId]) -> dict[EntryId, EntryFacts]:
    """The facts of some entries; unknown ones are left out."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    columns = (entries.c.id, entries.c.type, entries.c.subject_id, entries.c.counted, entries.c.hidden)
    joined = entries.outerjoin(activities, activities.c.id == entries.c.activity_id)
    chosen = select(*columns, activities.c.overdue).select_from(joined).where(entries.c.id.in_(wanted))
    rows = await connection.execute(chosen)
    about = await _about(connection, wanted)
    people: defaultdict[int, set[tuple[UserId, Part]]] = defaultdict(set)
    for row in await connection.execute(select(entry_people).where(entry_people.c.entry_id.in_(wanted))):
        people[row.entry_id].add((UserId(row.user_id), Part(row.part)))
    return {
        EntryId(row.id): EntryFacts(
            type=TYPES[row.type],
            people=frozenset(people[row.id]),
            records=about[row.id],
            subject=row.subject_id,
            counted=None if row.counted is None else Kind(row.counted),
            hidden=bool(row.hidden),
            overdue=bool(row.overdue),
        )
        for row in rows
    }


async def _about(connection: AsyncConnection, wanted: list[EntryId]) -> Mapping[int, dict[RecordId, Owned]]:
    joined = entry_records.join(records, records.c.id == entry_records.c.record_id)
    chosen = select(entry_records.c.entry_id, *OWNED).select_from(joined)
    order = (entry_records.c.entry_id, entry_records.c.sort)
    about: defaultdict[int, dict[RecordId, Owned]] = defaultdict(dict)
    for row in await connection.execute(chosen.where(entry_records.c.entry_id.in_(wanted)).order_by(*order)):
        about[row.entry_id][RecordId(row.id)] = owned_of(row)
    return about


async def followers_of(connection: AsyncConnection, ids: Iterable[RecordId]) -> Mapping[RecordId, list[Follower]]:
    """The followers of some records, whatever their level."""
    wanted = sorted(set(ids))
    found: defaultdict[RecordId, list[Follower]] = defaultdict(list)
    if wanted:
        for row in await connection.execute(select(follows).where(follows.c.record_id.in_(wanted))):
            found[RecordId(row.record_id)].append(Follower(UserId(row.user_id), FollowLevel(row.level)))
    return found
