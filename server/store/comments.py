"""Comments as one user sees them: a thread in pages, newest page first, each page oldest first."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.domain.access import Access
from server.domain.words import CommentId, EntryId, JsonObject
from server.errors import NotFound
from server.store.entries import check_visible
from server.store.log import read_head
from server.store.masking import masked
from server.store.schema import comments
from server.store.shapes.comments import shape_comments, shape_rows
from server.store.stream import Page


async def read_comments(
    connection: AsyncConnection, access: Access, entry: EntryId, before: CommentId | None, limit: int
) -> Page:
    """The newest comments of an entry, or those before one. Raises NotFound for an entry that may not be seen."""
    head = await read_head(connection)
    await check_visible(connection, access, entry)
    chosen = select(comments).where(comments.c.entry_id == entry).order_by(comments.c.id.desc()).limit(limit + 1)
    if before is not None:
        chosen = chosen.where(comments.c.id < before)
    rows = (await connection.execute(chosen)).all()
    page = list(reversed(rows[:limit]))
    shapes = await masked(connection, access, await shape_rows(connection, page))
    return Page(head, shapes, page[0].id if len(rows) > limit else None)


async def show_comment(connection: AsyncConnection, access: Access, comment: CommentId) -> JsonObject:
    """One comment, masked. Raises NotFound when its entry may not be seen."""
    shape = (await shape_comments(connection, [comment])).get(comment)
    if shape is None:
        raise NotFound(f"there is no comment {comment}", comment=comment)
    await check_visible(connection, access, EntryId(int(str(shape["entry"]))))
    return (await masked(connection, access, [shape]))[0]
