"""Who arrives at `/live`: credentials and people of many clients with a handful of statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.domain.words import JsonObject, Millis, UserId
from server.store.database import Database
from server.store.logins import LASTS, SEEN_EVERY, is_unnoted
from server.store.schema import logins, tokens, users
from server.store.shapes import Names
from server.store.work import now


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody with a valid credential, as of the moment it was looked at. `expires`: when the credential does;
    `unnoted`: it is a token whose use is to be noted.
    """

    user: UserId
    credential: str
    expires: Millis | None
    person: JsonObject
    unnoted: bool = False


@dataclass(frozen=True, slots=True)
class _Valid:
    user: UserId
    expires: Millis | None
    unnoted: bool = False


async def read_arrivals(database: Database, credentials: Sequence[str]) -> Mapping[str, Arrival]:
    """The owners of some credentials (stored hashes of logins and tokens). Unknown, ended and expired ones are left
    out, and so are disabled users. Notes the use of logins, at most once an hour each.
    """
    at = now()
    async with database.reading() as connection:
        valid, unnoted = await _logins(connection, credentials, at)
        valid |= await _tokens(connection, [hash for hash in credentials if hash not in valid], at)
        names = Names()
        names.need("user", *(each.user for each in valid.values()))
        await names.load(connection)
    if unnoted:
        await _note(database, unnoted, at)
    return {
        hash: Arrival(each.user, hash, each.expires, names.person(each.user) or {}, each.unnoted)
        for hash, each in valid.items()
    }


async def _logins(
    connection: AsyncConnection, hashes: Sequence[str], at: Millis
) -> tuple[dict[str, _Valid], list[str]]:
    """The valid logins, and those of them whose use has to be noted."""
    columns = (logins.c.hash, logins.c.user_id, logins.c.expires_at, logins.c.seen_at)
    chosen = select(*columns).join(users, users.c.id == logins.c.user_id)
    found = (
        await connection.execute(chosen.where(logins.c.hash.in_(hashes), logins.c.expires_at > at, users.c.active))
    ).all()
    noted = {row.hash: at - row.seen_at < SEEN_EVERY for row in found}
    valid = {row.hash: _Valid(UserId(row.user_id), row.expires_at if noted[row.hash] else at + LASTS) for row in found}
    return valid, [hash for hash, done in noted.items() if not done]


async def _tokens(connection: AsyncConnection, hashes: Sequence[str], at: Millis) -> dict[str, _Valid]:
    if not hashes:
        return {}
    alive = or_(tokens.c.expires_at.is_(None), tokens.c.expires_at > at)
    columns = (tokens.c.hash, tokens.c.user_id, tokens.c.expires_at, tokens.c.seen_at)
    valid = (tokens.c.hash.in_(hashes), tokens.c.revoked_at.is_(None), alive, users.c.active)
    rows = await connection.execute(select(*columns).join(users, users.c.id == tokens.c.user_id).where(*valid))
    return {row.hash: _Valid(UserId(row.user_id), row.expires_at, is_unnoted(row.seen_at, at)) for row in rows}


async def _note(database: Database, hashes: Sequence[str], at: Millis) -> None:
    async with database.writing() as connection:
        noted = update(logins).where(logins.c.hash.in_(hashes))
        await connection.execute(noted.values(seen_at=at, expires_at=at + LASTS))
