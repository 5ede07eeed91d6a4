"""Leases: which process of many does a thing that only one may do. Time is the database's users' own, in milliseconds."""

from __future__ import annotations

from sqlalchemy import delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from server.domain.words import Millis
from server.store.schema import leases


async def take_lease(connection: AsyncConnection, name: str, holder: str, now: Millis, until: Millis) -> bool:
    """Takes a lease that is free, has run out, or is the holder's own already, until a moment. False: another has it."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    row = {"name": name, "holder": holder, "until": until}
    free = or_(leases.c.holder == holder, leases.c.until <= now)
    taken = dialect.insert(leases).values(row)
    taken = taken.on_conflict_do_update(index_elements=["name"], set_={"holder": holder, "until": until}, where=free)
    await connection.execute(taken)
    return await holds_lease(connection, name, holder, now)


async def holds_lease(connection: AsyncConnection, name: str, holder: str, now: Millis) -> bool:
    """Whether a lease is the holder's. Inside a transaction that writes it stays so until the commit."""
    own = select(leases.c.name).where(leases.c.name == name, leases.c.holder == holder, leases.c.until > now)
    return (await connection.execute(own.with_for_update())).first() is not None


async def give_back_lease(connection: AsyncConnection, name: str, holder: str) -> None:
    """Lets another take it at once."""
    await connection.execute(delete(leases).where(leases.c.name == name, leases.c.holder == holder))
