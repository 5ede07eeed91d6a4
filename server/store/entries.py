"""Single entries as one user sees them, and their threads."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from server.domain.access import Access
from server.domain.words import EntryId, JsonObject
from server.errors import NotFound
from server.store.access import visible_entries
from server.store.shapes.entries import shape_reactions
from server.store.stream import show_entries


async def check_visible(connection: AsyncConnection, access: Access, entry: EntryId) -> None:
    """Raises NotFound for an entry that does not exist or may not be seen: both answer alike."""
    if not await visible_entries(connection, access, [entry]):
        raise NotFound(f"there is no entry {entry}", entry=entry)


async def show_entry(connection: AsyncConnection, access: Access, entry: EntryId) -> JsonObject:
    """One entry, masked, with `mine`. Raises NotFound."""
    await check_visible(connection, access, entry)
    return (await show_entries(connection, access, [entry]))[0]


async def show_reactions(connection: AsyncConnection, entry: EntryId) -> JsonObject:
    """An entry's reactions, for whoever may see it."""
    return {"entry": entry, "reactions": (await shape_reactions(connection, [entry])).get(entry, [])}
