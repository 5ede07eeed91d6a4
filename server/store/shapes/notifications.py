"""Notifications as JSON: who did what to which entry, and the beginning of what was written."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.domain.words import JsonObject, NotificationId
from server.store.schema import activities, comments, entries, entry_records, notifications
from server.store.shapes.names import Names
from server.store.shapes.rows import grouped

SHOWN = 200  # characters; a line or two of the bell

_CUT_TOKEN = re.compile(r"[@#](\{\d*)?$")


async def shape_notifications(
    connection: AsyncConnection, ids: Iterable[NotificationId]
) -> dict[NotificationId, JsonObject]:
    """Some notifications by id; unknown ones are left out."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    text = func.coalesce(comments.c.text, activities.c.subject, entries.c.text).label("text")
    joined = notifications.join(entries, entries.c.id == notifications.c.entry_id)
    joined = joined.outerjoin(comments, comments.c.id == notifications.c.comment_id)
    joined = joined.outerjoin(activities, activities.c.id == entries.c.activity_id)
    chosen = select(notifications, entries.c.type, func.substr(text, 1, SHOWN + 1).label("text")).select_from(joined)
    rows = (await connection.execute(chosen.where(notifications.c.id.in_(wanted)))).all()
    about = await grouped(connection, entry_records, "entry_id", sorted({row.entry_id for row in rows}))
    excerpts = {row.id: excerpt(row.text) for row in rows}
    names = Names()
    for row in rows:
        names.need("user", row.actor_id)
        names.need("record", *(link.record_id for link in about[row.entry_id]))
        names.need_text(excerpts[row.id])
    await names.load(connection)
    return {
        NotificationId(row.id): {
            "id": row.id,
            "reason": row.reason,
            "place": row.place,
            "at": row.at,
            "read": row.read_at is not None,
            "actor": names.person(row.actor_id),
            "entry": row.entry_id,
            "type": row.type,
            "comment": row.comment_id,
            "records": names.refs(link.record_id for link in about[row.entry_id]),
            "text": excerpts[row.id],
            "mentions": names.mentions(excerpts[row.id]),
        }
        for row in rows
    }


def excerpt(text: str) -> str:
    """The beginning of a text, with no half of a mention at its end."""
    return text if len(text) <= SHOWN else f"{_CUT_TOKEN.sub('', text[:SHOWN]).rstrip()}…"
