"""Activities as JSON."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.domain.words import ActivityId, JsonObject
from server.store.schema import activities, activity_parties, activity_people, activity_records, entries
from server.store.shapes.names import Names
from server.store.shapes.rows import grouped

_PLAIN = [
    "id",
    "type",
    "subject",
    "description",
    "status",
    "completed_at",
    "priority",
    "important",
    "place",
    "direction",
    "phone",
    "result",
    "unprocessed",
    "reminder",
    "repeat",
    "checklist",
    "email",
    "deadline",
    "version",
]


async def shape_activities(connection: AsyncConnection, ids: Iterable[ActivityId]) -> dict[ActivityId, JsonObject]:
    """Some activities by id; unknown ones are left out."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    rows = (await connection.execute(select(activities).where(activities.c.id.in_(wanted)))).all()
    about = await grouped(connection, activity_records, "activity_id", wanted)
    people = await grouped(connection, activity_people, "activity_id", wanted)
    parties = await grouped(connection, activity_parties, "activity_id", wanted)
    its_entries = await connection.execute(
        select(entries.c.activity_id, entries.c.id).where(entries.c.activity_id.in_(wanted))
    )
    entry_of = {row.activity_id: row.id for row in its_entries}
    names = Names()
    for row in rows:
        names.need("user", row.author_id, row.responsible_id)
        names.need("record", *(link.record_id for link in about[row.id]), *(p.record_id for p in parties[row.id]))
        names.need("user", *(person.user_id for person in people[row.id]), *(p.user_id for p in parties[row.id]))
    await names.load(connection)
    return {
        ActivityId(row.id): {name: getattr(row, name) for name in _PLAIN}
        | {
            "entry": entry_of.get(row.id),
            "author": names.person(row.author_id),
            "responsible": names.person(row.responsible_id),
            "participants": names.people(person.user_id for person in people[row.id]),
            "records": names.refs(link.record_id for link in about[row.id]),
            "with": [_party(names, party) for party in parties[row.id]],
            "start": row.start_at,
            "end": row.end_at,
            "created_at": row.created_at,
        }
        for row in rows
    }


def _party(names: Names, party: Row[tuple[object, ...]]) -> JsonObject | None:
    return names.person(party.user_id) if party.user_id is not None else names.ref(party.record_id)
