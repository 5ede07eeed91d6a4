"""Entries as JSON, with all that stands on their card."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.domain.words import EntryId, JsonObject
from server.store.schema import entries, entry_records, reactions, recipients
from server.store.shapes.activities import shape_activities
from server.store.shapes.comments import last_comments
from server.store.shapes.names import Names
from server.store.shapes.rows import grouped

Rows = Sequence[Row[tuple[object, ...]]]


async def shape_entries(connection: AsyncConnection, ids: Iterable[EntryId]) -> dict[EntryId, JsonObject]:
    """Some entries by id; unknown ones are left out. A handful of statements, however many entries."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    rows = (await connection.execute(select(entries).where(entries.c.id.in_(wanted)))).all()
    about = await grouped(connection, entry_records, "entry_id", wanted)
    to = await grouped(connection, recipients, "entry_id", wanted)
    names = await _names(connection, rows, about, to)
    activities = await shape_activities(connection, [row.activity_id for row in rows if row.activity_id is not None])
    threads = await last_comments(connection, [row.id for row in rows if row.comment_count])
    reacted = await shape_reactions(connection, wanted)
    return {
        EntryId(row.id): {
            "id": row.id,
            "type": row.type,
            "added": row.added,
            "bumped": row.bumped,
            "bumped_by": row.bumped_by,
            "at": row.at,
            "edited_at": row.edited_at,
            "author": names.person(row.author_id),
            "subject": names.ref(row.subject_id),
            "records": names.refs(link.record_id for link in about[row.id]),
            "recipients": [_recipient(names, recipient) for recipient in to[row.id]],
            "text": row.text,
            "mentions": names.mentions(row.text),
            "change": row.change and {side: names.value(row.change.get(side)) for side in ("old", "new")},
            "import": row.imported,
            "activity": activities.get(row.activity_id),
            "folded": row.folded_into is not None,
            "comments": {"count": row.comment_count, "last": threads.get(row.id, [])},
            "reactions": reacted.get(row.id, []),
        }
        for row in rows
    }


async def _names(connection: AsyncConnection, rows: Rows, about: Mapping[int, Rows], to: Mapping[int, Rows]) -> Names:
    names = Names()
    for row in rows:
        names.need("user", row.author_id, *(recipient.user_id for recipient in to[row.id]))
        names.need("department", *(recipient.department_id for recipient in to[row.id]))
        names.need("record", row.subject_id, *(link.record_id for link in about[row.id]))
        names.need("record", *(recipient.record_id for recipient in to[row.id]))
        names.need_text(row.text)
        for value in (row.change or {}).values():
            names.need_value(value)
    return await names.load(connection)


def _recipient(names: Names, row: Row[tuple[object, ...]]) -> JsonObject | None:
    """A person, a department, a record with the address its mail goes to, or an address alone."""
    if row.user_id is not None:
        return names.person(row.user_id)
    if row.department_id is not None:
        return names.department(row.department_id)
    ref = names.ref(row.record_id)
    return {"email": row.email} if ref is None else ref | {"email": row.email}


async def shape_reactions(connection: AsyncConnection, of: Sequence[EntryId]) -> dict[EntryId, list[JsonObject]]:
    """Who reacted with what, in the order in which each emoji first came."""
    chosen = select(reactions).where(reactions.c.entry_id.in_(of)).order_by(reactions.c.at, reactions.c.user_id)
    found: dict[EntryId, dict[str, list[object]]] = {}
    for row in await connection.execute(chosen):
        found.setdefault(EntryId(row.entry_id), {}).setdefault(row.emoji, []).append(row.user_id)
    return {
        entry: [{"emoji": emoji, "users": users} for emoji, users in by_emoji.items()]
        for entry, by_emoji in found.items()
    }
