"""Tokens, logins and passwords over HTTP."""

from __future__ import annotations

import asyncio
from typing import cast

import msgspec
from starlette.responses import Response

from server.actions.arguments import Id, parse
from server.actions.credentials import ADD_TOKEN, end_others, set_password
from server.actions.perform import perform_verb
from server.api.http import Call, Router, answer, done, listed, made
from server.api.login import HASHER, Site, matches
from server.domain.words import JsonObject, Millis, UserId
from server.errors import Invalid
from server.store.log import read_head
from server.store.logins import find_password_of, hash_secret, new_token, read_logins, repeated_token
from server.store.stream import Page
from server.store.tokens import read_tokens
from server.store.users import check_admin
from server.store.work import now

PASSWORD_MIN, PASSWORD_MAX = 8, 1024  # characters


class TokenWish(msgspec.Struct, forbid_unknown_fields=True):
    """What a token is asked with."""

    user: Id
    name: str
    expires_at: Millis | None = None


class OwnPassword(msgspec.Struct, forbid_unknown_fields=True):
    """The password as it is, and as it shall be."""

    password: str
    new: str


class NewPassword(msgspec.Struct, forbid_unknown_fields=True):
    """The password that an admin gives somebody."""

    new: str


def add_routes(router: Router, site: Site) -> None:
    """Tokens are for admins; logins and password are one's own. `site` keys the hashes."""

    async def add_token(call: Call) -> Response:
        """A token, told this once: only a repetition of the same request is told it again."""
        wish = parse(TokenWish, await call.body())
        token = new_token() if call.key is None else repeated_token(site.secret, call.user, call.key)
        args: JsonObject = msgspec.structs.asdict(wish) | {"hash": hash_secret(token, site.secret)}
        kept = await perform_verb(call.store, call.user, ADD_TOKEN, args, key=call.key)
        return made(cast(JsonObject, kept) | {"secret": token})

    router.add("GET", "/tokens", tokens)
    router.add("POST", "/tokens", add_token)
    router.add("DELETE", "/tokens/{id:id}", revoke_token)
    router.add("GET", "/logins", logins)
    router.add("DELETE", "/logins", end_other_logins)
    router.add("DELETE", "/logins/{login}", end_login)
    router.add("PUT", "/me/password", change_password)
    router.add("PUT", "/users/{id:id}/password", give_password)


async def tokens(call: Call) -> Response:
    """All tokens of the portal, without what opens it."""
    call.parameters()
    async with call.reading() as (connection, access):
        return listed("tokens", await read_tokens(connection, access))


async def revoke_token(call: Call) -> Response:
    """Ends a token, and every socket that it opened."""
    return answer(await call.perform("token.revoke", {"token": call.path_id()}))


async def logins(call: Call) -> Response:
    """Where the user is signed in."""
    call.parameters()
    async with call.reading() as (connection, _):
        head = await read_head(connection)
        return listed("logins", Page(head, await read_logins(connection, call.user, call.who.credential, now()), None))


async def end_login(call: Call) -> Response:
    """Signs one of the user's screens out."""
    await call.perform("login.end", {"login": call.request.path_params["login"]})
    return done()


async def end_other_logins(call: Call) -> Response:
    """Signs all of the user's screens out but this one."""
    await end_others(call.store, call.user, call.who.credential)
    return done()


async def change_password(call: Call) -> Response:
    """Another password for the user, whose other logins end. Raises Invalid when the old one is wrong."""
    given = parse(OwnPassword, await call.body())
    _check(given.new)
    async with call.reading() as (connection, _):
        hash = await find_password_of(connection, call.user)
    if hash is None or not await asyncio.to_thread(matches, hash, given.password):
        raise Invalid.one("password", "wrong", "this is not the password")
    await _set(call, call.user, given.new, kept=call.who.credential)
    return done()


async def give_password(call: Call) -> Response:
    """Another password for somebody, whose logins end. For admins. Raises NotFound for whom there is no such thing."""
    async with call.reading() as (_, access):
        check_admin(access)
    given = parse(NewPassword, await call.body())
    _check(given.new)
    await _set(call, UserId(call.path_id()), given.new)
    return done()


def _check(password: str) -> None:
    if len(password) < PASSWORD_MIN:
        raise Invalid.one("new", "too_short", f"at least {PASSWORD_MIN} characters", limit=PASSWORD_MIN)
    if len(password) > PASSWORD_MAX:
        raise Invalid.one("new", "too_long", f"at most {PASSWORD_MAX} characters", limit=PASSWORD_MAX)


async def _set(call: Call, user: UserId, password: str, kept: str | None = None) -> None:
    hash = await asyncio.to_thread(HASHER.hash, password)
    async with call.store.works.open(call.user) as work:
        if user != call.user:
            check_admin(work.access)  # they may have lost it meanwhile
        await set_password(work, user, hash, kept)
