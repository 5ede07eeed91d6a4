"""Tokens as admins see them: whose, what for, since when; never the token."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.domain.access import Access
from server.domain.words import JsonObject
from server.errors import NotFound
from server.store.log import read_head
from server.store.schema import tokens
from server.store.shapes import Names
from server.store.stream import Page
from server.store.users import check_admin


async def read_tokens(connection: AsyncConnection, access: Access) -> Page:
    """All tokens, the newest first, revoked ones too. Raises Forbidden."""
    check_admin(access)
    head = await read_head(connection)
    return Page(head, await _shape(connection, None), None)


async def show_token(connection: AsyncConnection, access: Access, token: int) -> JsonObject:
    """One of them. Raises Forbidden, NotFound."""
    check_admin(access)
    shown = await _shape(connection, token)
    if not shown:
        raise NotFound(f"there is no token {token}", token=token)
    return shown[0]


async def _shape(connection: AsyncConnection, token: int | None) -> list[JsonObject]:
    chosen = select(tokens).order_by(tokens.c.id.desc())
    rows = (await connection.execute(chosen if token is None else chosen.where(tokens.c.id == token))).all()
    names = Names()
    names.need("user", *(row.user_id for row in rows))
    await names.load(connection)
    moments = ("created_at", "seen_at", "expires_at", "revoked_at")
    return [
        {"token": row.id, "user": names.person(row.user_id), "name": row.name}
        | {moment: getattr(row, moment) for moment in moments}
        for row in rows
    ]
