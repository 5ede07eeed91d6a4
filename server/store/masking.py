"""Shapes as one reader may see them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from sqlalchemy.ext.asyncio import AsyncConnection

from server.domain.access import Access
from server.domain.events import mask, references
from server.domain.words import JsonObject
from server.store.access import readable_records


async def masked(connection: AsyncConnection, access: Access, shapes: Sequence[JsonObject]) -> list[JsonObject]:
    """Copies of shapes in which every record that the user may not read is only a kind and a lock."""
    may_read = await readable_records(connection, access, references(list(shapes)))
    return [cast(JsonObject, mask(shape, may_read)) for shape in shapes]
