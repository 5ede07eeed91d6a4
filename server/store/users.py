"""Users as admins see them, and as everybody does in the directory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.domain.access import Access
from server.domain.words import JsonObject, UserId
from server.errors import Forbidden, NotFound
from server.store.log import read_head
from server.store.schema import departments, roles, user_roles, users
from server.store.stream import Page


def check_admin(access: Access) -> None:
    """Raises Forbidden for everybody else, whatever they ask about."""
    if not access.admin:
        raise Forbidden("only admins may do this", action="administrate")


async def list_people(connection: AsyncConnection, ids: Sequence[UserId] | None = None) -> list[JsonObject]:
    """The directory, which everybody may read, by name: all users, or some."""
    columns = (users.c.id, users.c.name, users.c.type, users.c.email, users.c.department_id, users.c.active)
    chosen = select(*columns).order_by(users.c.name, users.c.id)
    if ids is not None:
        chosen = chosen.where(users.c.id.in_(ids))
    return [
        {"user": row.id, "name": row.name, "email": row.email, "department": row.department_id}
        | {"active": bool(row.active)}
        | ({} if row.type == "person" else {row.type: True})
        for row in await connection.execute(chosen)
    ]


async def read_users(connection: AsyncConnection, access: Access) -> Page:
    """All users with roles and state, by name. Raises Forbidden."""
    check_admin(access)
    head = await read_head(connection)
    return Page(head, await _shape(connection, None), None)


async def show_user(connection: AsyncConnection, access: Access, user: UserId) -> JsonObject:
    """One of them. Raises Forbidden, NotFound."""
    check_admin(access)
    shown = await _shape(connection, user)
    if not shown:
        raise NotFound(f"there is no user {user}", user=user)
    return shown[0]


async def _shape(connection: AsyncConnection, user: UserId | None) -> list[JsonObject]:
    named = select(user_roles.c.user_id, roles.c.id, roles.c.name).join(roles, roles.c.id == user_roles.c.role_id)
    chosen = select(users, departments.c.name.label("team")).join(departments, isouter=True)
    if user is not None:
        named, chosen = named.where(user_roles.c.user_id == user), chosen.where(users.c.id == user)
    held: defaultdict[int, list[JsonObject]] = defaultdict(list)
    for row in await connection.execute(named.order_by(roles.c.name)):
        held[row.user_id].append({"role": row.id, "name": row.name})
    return [_user(row, held[row.id]) for row in await connection.execute(chosen.order_by(users.c.name, users.c.id))]


def _user(row: Row[tuple[object, ...]], held: list[JsonObject]) -> JsonObject:
    return {
        "user": row.id,
        "type": row.type,
        "name": row.name,
        "email": row.email,
        "department": None if row.department_id is None else {"department": row.department_id, "name": row.team},
        "roles": held,
        "admin": bool(row.admin),
        "active": bool(row.active),
        "language": row.language,
        "time_zone": row.time_zone,
        "created_at": row.created_at,
    }
