"""Roles with what they grant, as admins see them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.domain.access import Access, Action, Level
from server.domain.words import JsonObject, Kind
from server.errors import NotFound
from server.store.log import read_head
from server.store.schema import role_grants, roles, user_roles
from server.store.stream import Page
from server.store.users import check_admin

LEVELS: Mapping[str, Level] = {level.name.lower(): level for level in Level}
"""The levels by the names the API knows them by."""


async def read_roles(connection: AsyncConnection, access: Access) -> Page:
    """All roles by name, each with its level per kind and action, and how many have it. Raises Forbidden."""
    check_admin(access)
    head = await read_head(connection)
    return Page(head, await _shape(connection, None), None)


async def show_role(connection: AsyncConnection, access: Access, role: int) -> JsonObject:
    """One of them. Raises Forbidden, NotFound."""
    check_admin(access)
    shown = await _shape(connection, role)
    if not shown:
        raise NotFound(f"there is no role {role}", role=role)
    return shown[0]


async def _shape(connection: AsyncConnection, role: int | None) -> list[JsonObject]:
    chosen, granted = select(roles).order_by(roles.c.name, roles.c.id), select(role_grants)
    counted = select(user_roles.c.role_id, func.count().label("users")).group_by(user_roles.c.role_id)
    if role is not None:
        chosen, granted = chosen.where(roles.c.id == role), granted.where(role_grants.c.role_id == role)
        counted = counted.where(user_roles.c.role_id == role)
    levels: defaultdict[int, dict[tuple[str, str], int]] = defaultdict(dict)
    for row in await connection.execute(granted):
        levels[row.role_id][row.kind, row.action] = row.level
    users = {row.role_id: row.users for row in await connection.execute(counted)}
    return [
        {"role": row.id, "name": row.name, "grants": _grants(levels[row.id]), "users": users.get(row.id, 0)}
        for row in await connection.execute(chosen)
    ]


def _grants(levels: Mapping[tuple[str, str], int]) -> JsonObject:
    return {
        str(kind): {str(action): Level(levels.get((kind, action), Level.NONE)).name.lower() for action in Action}
        for kind in Kind
    }
