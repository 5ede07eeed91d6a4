"""Who somebody is: logins by cookie, tokens of bots, passwords. Secrets themselves are stored nowhere."""

from __future__ import annotations

import hashlib
import hmac
from secrets import token_urlsafe

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.domain.words import Millis, UserId
from server.errors import NotSignedIn
from server.store.schema import logins, tokens, users

LASTS: Millis = 30 * 24 * 3600 * 1000  # a login ends after 30 days without use
SEEN_EVERY: Millis = 3600 * 1000  # how exactly "last seen" is kept; one write per hour and login


def hash_secret(secret: str, pepper: str) -> str:
    """The form in which a cookie's or token's secret is stored: HMAC-SHA-256 keyed by the portal's own secret."""
    return hmac.new(pepper.encode(), secret.encode(), hashlib.sha256).hexdigest()


async def find_login(connection: AsyncConnection, hash: str, at: Millis) -> tuple[UserId, bool]:
    """The user of a login, and whether its last use should be noted. Raises NotSignedIn for none or an expired one."""
    chosen = select(logins.c.user_id, logins.c.seen_at).join(users, users.c.id == logins.c.user_id)
    found = await connection.execute(chosen.where(logins.c.hash == hash, logins.c.expires_at > at, users.c.active))
    row = found.one_or_none()
    if row is None:
        raise NotSignedIn
    return UserId(row.user_id), at - row.seen_at >= SEEN_EVERY


async def find_token(connection: AsyncConnection, hash: str, at: Millis) -> UserId:
    """The user of a token. Raises NotSignedIn for an unknown, expired or revoked one."""
    alive = or_(tokens.c.expires_at.is_(None), tokens.c.expires_at > at)
    chosen = select(tokens.c.user_id).join(users, users.c.id == tokens.c.user_id)
    valid = (tokens.c.hash == hash, tokens.c.revoked_at.is_(None), alive, users.c.active)
    user = (await connection.execute(chosen.where(*valid))).scalar_one_or_none()
    if user is None:
        raise NotSignedIn
    return UserId(user)


async def find_password(connection: AsyncConnection, email: str) -> tuple[UserId, str] | None:
    """The user of an e-mail address who can sign in, with the hash of the password."""
    chosen = select(users.c.id, users.c.password_hash).where(users.c.email == email, users.c.active)
    row = (await connection.execute(chosen)).one_or_none()
    return None if row is None or row.password_hash is None else (UserId(row.id), row.password_hash)


async def add_login(connection: AsyncConnection, user: UserId, pepper: str, at: Millis) -> str:
    """Makes a login and returns its secret, for the cookie alone. Expired logins are swept on the way."""
    secret = token_urlsafe(32)
    await connection.execute(delete(logins).where(logins.c.expires_at <= at))
    row = {"hash": hash_secret(secret, pepper), "user_id": user, "created_at": at, "seen_at": at}
    await connection.execute(insert(logins).values(row | {"expires_at": at + LASTS}))
    return secret


async def note_login(connection: AsyncConnection, hash: str, at: Millis) -> None:
    """Prolongs a login that is used."""
    await connection.execute(update(logins).where(logins.c.hash == hash).values(seen_at=at, expires_at=at + LASTS))


async def end_login(connection: AsyncConnection, hash: str) -> None:
    """Signs out."""
    await connection.execute(delete(logins).where(logins.c.hash == hash))


async def add_token(connection: AsyncConnection, user: UserId, name: str, pepper: str, at: Millis) -> str:
    """Makes a token and returns it; it is shown once and stored nowhere."""
    token = f"caudal_{token_urlsafe(32)}"
    row = {"user_id": user, "name": name, "hash": hash_secret(token, pepper), "created_at": at}
    await connection.execute(insert(tokens).values(row))
    return token
