"""What is left of deleted records."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.domain.words import JsonObject, RecordId
from server.store.schema import tombstones
from server.store.settings import setting


async def show_deleted(connection: AsyncConnection, record: RecordId) -> JsonObject:
    """A record that was just deleted, for whoever did it: `undo_until` in milliseconds."""
    deleted_at = (
        await connection.execute(select(tombstones.c.deleted_at).where(tombstones.c.id == record))
    ).scalar_one()
    return {"record": record, "undo_until": deleted_at + int(await setting(connection, "delete.undo")) * 1000}
