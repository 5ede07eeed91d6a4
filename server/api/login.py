"""Signing in and out, and the gate that tells who a request is from (ARCHITECTURE §6, §10)."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict, deque
from dataclasses import dataclass
from urllib.parse import urlsplit

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import Route

from server.actions.arguments import parse
from server.actions.credentials import sign_out
from server.api.http import Call, Router, Who, answer, done
from server.domain.text import EMAIL_MAX
from server.domain.words import UserId
from server.errors import ForeignOrigin, NotSignedIn, TooMany, WrongCredentials
from server.store import Store
from server.store.access import load_access
from server.store.logins import (
    LASTS,
    add_login,
    find_login,
    find_password,
    find_token,
    hash_secret,
    note_login,
)
from server.store.people import read_portal, show_me
from server.store.token_uses import TokenUses
from server.store.work import now

COOKIE = "caudal_login"
SAFE = {"GET", "HEAD", "OPTIONS"}
TRIES = 10  # wrong passwords per address and e-mail
TRIES_WITHIN = 300.0  # s
GUESSERS_MAX = 10_000  # remembered; the oldest is forgotten first, so that guessing cannot fill the memory

HASHER = PasswordHasher()
_NOBODY = HASHER.hash("nobody")  # unknown addresses take as long as wrong passwords


@dataclass(frozen=True, slots=True)
class Site:
    """Where the portal is: its public address without a slash at the end, and the secret that keys its hashes."""

    url: str
    secret: str

    @property
    def secure(self) -> bool:
        """Whether cookies may insist on https."""
        return self.url.startswith("https://")


class Gate:
    """Who a connection is from: the login cookie, or a bearer token."""

    def __init__(self, store: Store, site: Site, uses: TokenUses) -> None:
        self._store = store
        self._site = site
        self._uses = uses

    async def who(self, connection: HTTPConnection) -> Who:
        """The signed-in user. Raises NotSignedIn; ForeignOrigin for a write or socket by cookie from another site."""
        if token := _bearer(connection):
            async with self._store.database.reading() as reading:
                found = await find_token(reading, self.hash(token), now())
            if found.unnoted:
                self._uses.note(found.hash)
            return Who(found.user, found.hash, found.expires)
        return await self._by_cookie(self.credential(connection))

    def credential(self, connection: HTTPConnection) -> str:
        """The stored form of what a connection brings, whether that is valid or not. Raises NotSignedIn for nothing,
        ForeignOrigin as `who`.
        """
        if token := _bearer(connection):
            return self.hash(token)
        secret = connection.cookies.get(COOKIE)
        if not secret:
            raise NotSignedIn
        self.check_origin(connection)
        return self.hash(secret)

    async def _by_cookie(self, hash: str) -> Who:
        async with self._store.database.reading() as reading:
            found = await find_login(reading, hash, now())
        if found.unnoted:
            async with self._store.database.writing() as writing:
                await note_login(writing, hash, now())
        return Who(found.user, found.hash, found.expires)

    def check_origin(self, connection: HTTPConnection) -> None:
        """A cookie comes along with whatever another site's page sends here, so writes and sockets name their origin."""
        if connection.scope["type"] == "http" and connection.scope["method"] in SAFE:
            return
        origin = connection.headers.get("origin", "")
        if origin != self._site.url and _host(origin) != connection.headers.get("host"):
            raise ForeignOrigin("this request comes from another site")

    def hash(self, secret: str) -> str:
        """The form in which a cookie's or token's secret is stored."""
        return hash_secret(secret, self._site.secret)


def _bearer(connection: HTTPConnection) -> str:
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _host(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc or None
    except ValueError:  # no origin at all: `http://[`
        return None


class Credentials(msgspec.Struct, forbid_unknown_fields=True):
    """What signing in takes."""

    email: str
    password: str


class Guesses:
    """Counts wrong passwords per address and e-mail."""

    def __init__(self) -> None:
        self._wrong: defaultdict[tuple[str, str], deque[float]] = defaultdict(deque)

    def check(self, who: tuple[str, str]) -> None:
        """Raises TooMany after too many within the window."""
        tries = self._wrong.get(who)
        while tries and tries[0] < time.monotonic() - TRIES_WITHIN:
            tries.popleft()
        if tries and len(tries) >= TRIES:
            raise TooMany("too many wrong passwords", retry_after=int(TRIES_WITHIN))

    def wrong(self, who: tuple[str, str]) -> None:
        """Notes a wrong password."""
        self._wrong[who].append(time.monotonic())
        if len(self._wrong) > GUESSERS_MAX:
            del self._wrong[next(iter(self._wrong))]

    def forget(self, who: tuple[str, str]) -> None:
        """Begins anew: the password was right."""
        self._wrong.pop(who, None)


class Door:
    """The routes of `/session`, which need no login yet."""

    def __init__(self, store: Store, site: Site, gate: Gate) -> None:
        self._store = store
        self._site = site
        self._gate = gate
        self._guesses = Guesses()

    def routes(self) -> list[Route]:
        """Sign in, sign out."""
        return [
            Route("/session", self.sign_in, methods=["POST"]),
            Route("/session", self.sign_out, methods=["DELETE"]),
        ]

    async def sign_in(self, request: Request) -> Response:
        """Checks the password and sets the cookie. Raises WrongCredentials, TooMany."""
        self._gate.check_origin(request)
        given = parse(Credentials, await Call(request, self._store, Who(UserId(0))).body())
        email = given.email.strip().lower()
        if len(email) > EMAIL_MAX or not email.isprintable():
            raise WrongCredentials("e-mail and password do not belong together")
        who = (request.client.host if request.client else "", email)
        self._guesses.check(who)
        self._guesses.wrong(who)  # until it proves right: tries at the same time count as well
        user = await self._verify(email, given.password)
        if user is None:
            raise WrongCredentials("e-mail and password do not belong together")
        self._guesses.forget(who)
        async with self._store.database.writing() as connection:
            secret = await add_login(connection, user, self._site.secret, now())
            me = await show_me(connection, await load_access(connection, user))
        response = answer(me)
        self._set_cookie(response, secret, LASTS // 1000)
        return response

    async def _verify(self, email: str, password: str) -> UserId | None:
        async with self._store.database.reading() as connection:
            found = await find_password(connection, email)
        right = await asyncio.to_thread(matches, found[1] if found else _NOBODY, password)
        return found[0] if found and right else None

    async def sign_out(self, request: Request) -> Response:
        """Ends the login of the cookie and closes what it opened; without one there is nothing to do."""
        self._gate.check_origin(request)
        if secret := request.cookies.get(COOKIE):
            await sign_out(self._store, self._gate.hash(secret))
        response = done()
        self._set_cookie(response, "", 0)
        return response

    def _set_cookie(self, response: Response, value: str, max_age: int) -> None:
        response.set_cookie(
            COOKIE, value, max_age=max_age, httponly=True, samesite="lax", secure=self._site.secure, path="/"
        )


def matches(hash: str, password: str) -> bool:
    """Whether a password is the one of a hash. Takes its time: not for the event loop."""
    try:
        return HASHER.verify(hash, password)
    except Argon2Error:
        return False


def add_routes(router: Router) -> None:
    """The user's own page, and the directory."""
    router.add("GET", "/me", show)
    router.add("PATCH", "/me", change)
    router.add("GET", "/portal", portal)


async def show(call: Call) -> Response:
    """The user, preferences, rights in short, follows."""
    call.parameters()
    async with call.reading() as (connection, access):
        return answer(await show_me(connection, access))


async def change(call: Call) -> Response:
    """Changes language, time zone or theme."""
    return answer(await call.perform("me.change", await call.body()))


async def portal(call: Call) -> Response:
    """People, departments, pipelines, stages, sources."""
    call.parameters()
    async with call.reading() as (connection, _):
        return answer(await read_portal(connection))
