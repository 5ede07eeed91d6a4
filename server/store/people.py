"""People as everybody sees them (the directory), and the user's own page of it."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.domain.access import Access, Action, Level
from server.domain.words import JsonObject, Kind
from server.store.access import readable
from server.store.departments import list_departments
from server.store.log import read_head
from server.store.notifications import show_means
from server.store.reading import show_attention
from server.store.schema import follows, pipelines, records, sources, stages, users
from server.store.settings import setting
from server.store.shapes import Names
from server.store.users import list_people


async def show_me(connection: AsyncConnection, access: Access) -> JsonObject:
    """The user with preferences, what they may do per kind at all, what they follow, and what waits for them."""
    head = await read_head(connection)
    row = (await connection.execute(select(users).where(users.c.id == access.user))).one()
    names = Names()
    names.need("department", row.department_id)
    await names.load(connection)
    followed = select(follows.c.record_id, follows.c.level).join(records, records.c.id == follows.c.record_id)
    followed = followed.where(follows.c.user_id == access.user, readable(access))
    attention = await show_attention(connection, access)
    return {
        "user": row.id,
        "name": row.name,
        "email": row.email,
        "language": row.language,
        "time_zone": row.time_zone,
        "theme": row.theme,
        "admin": bool(row.admin),
        "department": names.department(row.department_id) if row.department_id else None,
        "may": {str(kind): _allowed(access, kind) for kind in Kind},
        "follows": {str(f.record_id): f.level for f in await connection.execute(followed)},
        **attention,
        "notify": await show_means(connection, access.user),
        "epoch": head.epoch,
        "position": head.position,
    }


def _allowed(access: Access, kind: Kind) -> list[str]:
    return [str(action) for action in Action if access.level(kind, action) > Level.NONE]


async def read_portal(connection: AsyncConnection) -> JsonObject:
    """What every screen needs to name things: people, departments, pipelines, stages, sources."""
    head = await read_head(connection)
    return {
        "epoch": head.epoch,
        "position": head.position,
        "currency": await setting(connection, "currency"),
        "users": await list_people(connection),
        "departments": await list_departments(connection),
        "pipelines": [
            {"pipeline": row.id, "name": row.name}
            for row in await connection.execute(select(pipelines).order_by(pipelines.c.sort, pipelines.c.id))
        ],
        "stages": [
            {"stage": row.id, "kind": row.kind, "pipeline": row.pipeline_id, "name": row.name, "meaning": row.meaning}
            for row in await connection.execute(select(stages).order_by(stages.c.kind, stages.c.sort, stages.c.id))
        ],
        "sources": [
            {"source": row.code, "name": row.name}
            for row in await connection.execute(select(sources).order_by(sources.c.sort, sources.c.code))
        ],
    }
