"""The settings of the portal, as they are kept."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.domain.access import Access
from server.domain.settings import SETTINGS, Value
from server.domain.words import JsonObject
from server.store.schema import settings
from server.store.users import check_admin


async def read_settings(connection: AsyncConnection) -> Mapping[str, Value]:
    """All settings by name, with their defaults where nothing was said."""
    said = {row.name: row.value for row in await connection.execute(select(settings)) if row.name in SETTINGS}
    return {name: said.get(name, row.default) for name, row in SETTINGS.items()}


async def setting(connection: AsyncConnection, name: str) -> Value:
    """One setting. Raises KeyError for one that there is not."""
    default = SETTINGS[name].default
    found = await connection.execute(select(settings.c.value).where(settings.c.name == name))
    row = found.one_or_none()
    return default if row is None else row.value


async def show_settings(connection: AsyncConnection, access: Access) -> JsonObject:
    """All settings, for admins. Raises Forbidden."""
    check_admin(access)
    return {"settings": await read_settings(connection)}
