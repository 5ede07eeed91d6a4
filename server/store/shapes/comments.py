"""Comments as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.domain.words import CommentId, EntryId, JsonObject
from server.store.schema import comments
from server.store.shapes.names import Names

SHOWN = 2  # comments that come with their entry; the thread has the rest


async def shape_comments(connection: AsyncConnection, ids: Iterable[CommentId]) -> dict[CommentId, JsonObject]:
    """Some comments by id; unknown ones are left out."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    found = (await connection.execute(select(comments).where(comments.c.id.in_(wanted)))).all()
    return {CommentId(row.id): shape for row, shape in zip(found, await shape_rows(connection, found), strict=True)}


async def shape_rows(connection: AsyncConnection, rows: Sequence[Row[tuple[object, ...]]]) -> list[JsonObject]:
    """Rows of `comments`, in their order."""
    names = Names()
    for row in rows:
        names.need("user", row.author_id)
        names.need_text(row.text)
    await names.load(connection)
    return [
        {
            "id": row.id,
            "entry": row.entry_id,
            "at": row.at,
            "edited_at": row.edited_at,
            "author": names.person(row.author_id),
            "text": row.text,
            "mentions": names.mentions(row.text),
        }
        for row in rows
    ]


async def last_comments(connection: AsyncConnection, of: Sequence[EntryId]) -> Mapping[EntryId, list[JsonObject]]:
    """The last comments of each entry, oldest first."""
    if not of:
        return {}
    place = func.row_number().over(partition_by=comments.c.entry_id, order_by=comments.c.id.desc()).label("place")
    ranked = select(comments, place).where(comments.c.entry_id.in_(of)).subquery()
    chosen = select(ranked).where(ranked.c.place <= SHOWN).order_by(ranked.c.id)
    rows = (await connection.execute(chosen)).all()
    threads: dict[EntryId, list[JsonObject]] = {}
    for row, shape in zip(rows, await shape_rows(connection, rows), strict=True):
        threads.setdefault(EntryId(row.entry_id), []).append(shape)
    return threads
