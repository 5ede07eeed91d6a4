"""Logins, tokens and passwords. A credential that ends closes the sockets it had opened, on every node."""

from __future__ import annotations

import msgspec
from sqlalchemy import ColumnElement, and_, delete, insert, select, update

from server.actions.arguments import Id
from server.actions.verbs import DONE, Noun, Outcome, Verb, verb
from server.domain.events import Name, Reach
from server.domain.text import clean_line
from server.domain.words import Millis, UserId
from server.errors import FieldError, Invalid, NotFound
from server.store import Store
from server.store.drafts import Draft, Image
from server.store.logins import LOGIN_ID
from server.store.schema import logins, tokens, users
from server.store.users import check_admin
from server.store.work import Work

SIGNED_OUT, REVOKED = "signed_out", "revoked"


class NewToken(msgspec.Struct, forbid_unknown_fields=True):
    """A token to keep: what it is for, whose rights it has, when it ends, and its hash; the token is known to its bearer."""

    user: Id
    name: str
    hash: str
    expires_at: Millis | None = None


class TokenChoice(msgspec.Struct, forbid_unknown_fields=True):
    """One token."""

    token: Id


class LoginChoice(msgspec.Struct, forbid_unknown_fields=True):
    """One of one's own logins, by the id that the list of them gives."""

    login: str


async def add_token(work: Work, new: NewToken) -> Outcome:
    """Keeps a token's hash."""
    check_admin(work.access)
    known = await work.connection.execute(select(users.c.id).where(users.c.id == new.user, users.c.active))
    errors: list[FieldError] = []
    name = ""
    if known.first() is None:
        errors.append(FieldError("user", "not_found", "there is no such user", {"user": new.user}))
    if new.expires_at is not None and new.expires_at <= work.at:
        errors.append(FieldError("expires_at", "past", "a moment to come is expected"))
    try:
        if not (name := clean_line(new.name, "name")):
            errors.append(FieldError("name", "required"))
    except Invalid as error:
        errors += error.errors
    if errors:
        raise Invalid(errors)
    row = {"user_id": new.user, "name": name, "hash": new.hash, "expires_at": new.expires_at, "created_at": work.at}
    made = await work.connection.execute(insert(tokens).values(row).returning(tokens.c.id))
    return Outcome(Noun.TOKEN, made.scalar_one())


ADD_TOKEN = Verb("token.add", NewToken, add_token)  # type: ignore[arg-type]  # `perform` parses into that very type
"""For the HTTP API alone: a socket's client has no business with hashes."""


@verb("token.revoke", TokenChoice)
async def revoke_token(work: Work, wanted: TokenChoice) -> Outcome:
    """Ends a token for good; a second time changes nothing."""
    check_admin(work.access)
    row = (await work.connection.execute(select(tokens).where(tokens.c.id == wanted.token))).one_or_none()
    if row is None:
        raise NotFound(f"there is no token {wanted.token}", token=wanted.token)
    alive = and_(tokens.c.id == wanted.token, tokens.c.revoked_at.is_(None))
    if (await work.connection.execute(update(tokens).where(alive).values(revoked_at=work.at))).rowcount:
        _tell(work, UserId(row.user_id), row.hash, REVOKED)
    return Outcome(Noun.TOKEN, wanted.token)


@verb("login.end", LoginChoice)
async def end_own(work: Work, wanted: LoginChoice) -> Outcome:
    """Signs one of one's own screens out. Raises NotFound."""
    own = (logins.c.user_id == work.user, logins.c.hash.startswith(wanted.login, autoescape=True))
    if len(wanted.login) != LOGIN_ID or not await end_logins(work, and_(*own), SIGNED_OUT):
        raise NotFound("there is no such login", login=wanted.login)
    return DONE


async def end_logins(work: Work, which: ColumnElement[bool], reason: str) -> int:
    """Ends logins and closes the screens that they opened; how many there were."""
    ended = delete(logins).where(which).returning(logins.c.user_id, logins.c.hash)
    rows = (await work.connection.execute(ended)).all()
    for row in rows:
        _tell(work, UserId(row.user_id), row.hash, reason)
    return len(rows)


async def end_others(store: Store, user: UserId, kept: str) -> None:
    """Signs out all of a user's screens but those of one credential."""
    async with store.works.open(user) as work:
        await end_logins(work, and_(logins.c.user_id == user, logins.c.hash != kept), SIGNED_OUT)


async def sign_out(store: Store, credential: str) -> None:
    """Ends a login, whoever's it is; one that has ended already is no harm."""
    async with store.works.open_unattended() as work:
        await end_logins(work, logins.c.hash == credential, SIGNED_OUT)


async def set_password(work: Work, user: UserId, password_hash: str, kept: str | None = None) -> None:
    """Gives a user another password and ends the user's logins but `kept`. Raises NotFound."""
    changed = update(users).where(users.c.id == user, users.c.type == "person").values(password_hash=password_hash)
    if not (await work.connection.execute(changed)).rowcount:
        raise NotFound(f"there is no user {user}", user=user)
    others = logins.c.hash != (kept or "")
    await end_logins(work, and_(logins.c.user_id == user, others), SIGNED_OUT)


def _tell(work: Work, user: UserId, credential: str, reason: str) -> None:
    """Told to the live path alone: the hub closes what was opened with the credential, and frames nothing."""
    ended = Image(audience=frozenset({user}), data={"credential": credential, "reason": reason})
    work.record(Draft(Name.LOGIN_ENDED, reach=Reach.PERSONAL, frozen=ended))
