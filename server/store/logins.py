"""Who somebody is: logins by cookie, tokens of bots, passwords. Secrets themselves are stored nowhere."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from secrets import token_urlsafe

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.domain.words import JsonObject, Millis, UserId
from server.errors import NotSignedIn
from server.store.schema import logins, tokens, users

LASTS: Millis = 30 * 24 * 3600 * 1000  # a login ends after 30 days without use
TOKEN = "caudal_"  # how every token begins, so that one in the wrong place is recognised
LOGIN_ID = 16  # characters of a login's hash that name it: it opens nothing
SEEN_EVERY: Millis = 3600 * 1000  # how exactly "last seen" is kept; one write per hour and login
TOKEN_SEEN_EVERY: Millis = 60 * 1000  # of a token, whose use is noted behind the request


def hash_secret(secret: str, pepper: str) -> str:
    """The form in which a cookie's or token's secret is stored: HMAC-SHA-256 keyed by the portal's own secret."""
    return hmac.new(pepper.encode(), secret.encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class Credential:
    """A valid login or token: whose it is, its stored hash, when it ends. `unnoted`: its use is to be noted."""

    user: UserId
    hash: str
    expires: Millis | None
    unnoted: bool = False


async def find_login(connection: AsyncConnection, hash: str, at: Millis) -> Credential:
    """A login by its hash. Raises NotSignedIn for none or an expired one."""
    columns = (logins.c.user_id, logins.c.seen_at, logins.c.expires_at)
    chosen = select(*columns).join(users, users.c.id == logins.c.user_id)
    found = await connection.execute(chosen.where(logins.c.hash == hash, logins.c.expires_at > at, users.c.active))
    row = found.one_or_none()
    if row is None:
        raise NotSignedIn
    unnoted = at - row.seen_at >= SEEN_EVERY
    return Credential(UserId(row.user_id), hash, at + LASTS if unnoted else row.expires_at, unnoted)


async def find_token(connection: AsyncConnection, hash: str, at: Millis) -> Credential:
    """A token by its hash. Raises NotSignedIn for an unknown, expired or revoked one."""
    alive = or_(tokens.c.expires_at.is_(None), tokens.c.expires_at > at)
    chosen = select(tokens.c.user_id, tokens.c.expires_at, tokens.c.seen_at).join(users, users.c.id == tokens.c.user_id)
    valid = (tokens.c.hash == hash, tokens.c.revoked_at.is_(None), alive, users.c.active)
    row = (await connection.execute(chosen.where(*valid))).one_or_none()
    if row is None:
        raise NotSignedIn
    return Credential(UserId(row.user_id), hash, row.expires_at, is_unnoted(row.seen_at, at))


def is_unnoted(seen_at: Millis | None, at: Millis) -> bool:
    """Whether the use of a token is to be noted."""
    return seen_at is None or at - seen_at >= TOKEN_SEEN_EVERY


async def find_password(connection: AsyncConnection, email: str) -> tuple[UserId, str] | None:
    """The user of an e-mail address who can sign in, with the hash of the password."""
    chosen = select(users.c.id, users.c.password_hash).where(users.c.email == email, users.c.active)
    row = (await connection.execute(chosen)).one_or_none()
    return None if row is None or row.password_hash is None else (UserId(row.id), row.password_hash)


async def find_password_of(connection: AsyncConnection, user: UserId) -> str | None:
    """The hash of a user's password; None for whom has none."""
    found = await connection.execute(select(users.c.password_hash).where(users.c.id == user, users.c.active))
    hash: str | None = found.scalar_one_or_none()
    return hash


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


def new_token() -> str:
    """A token, to be shown once."""
    return f"{TOKEN}{token_urlsafe(32)}"


def repeated_token(pepper: str, user: UserId, key: str) -> str:
    """The token that somebody's request makes: a repetition with the same key is answered with the same one."""
    return TOKEN + hmac.new(pepper.encode(), f"token {user} {key}".encode(), hashlib.sha256).hexdigest()


async def read_logins(connection: AsyncConnection, user: UserId, current: str, at: Millis) -> list[JsonObject]:
    """A user's own logins, last used first; `current` is the hash of the one that asks."""
    alive = (logins.c.user_id == user, logins.c.expires_at > at)
    chosen = select(logins).where(*alive).order_by(logins.c.seen_at.desc(), logins.c.hash)
    return [
        {
            "login": row.hash[:LOGIN_ID],
            "created_at": row.created_at,
            "seen_at": row.seen_at,
            "expires_at": row.expires_at,
            "current": row.hash == current,
        }
        for row in await connection.execute(chosen)
    ]


async def add_token(connection: AsyncConnection, user: UserId, name: str, pepper: str, at: Millis) -> str:
    """Makes a token and returns it; it is shown once and stored nowhere."""
    token = new_token()
    row = {"user_id": user, "name": name, "hash": hash_secret(token, pepper), "created_at": at}
    await connection.execute(insert(tokens).values(row))
    return token
