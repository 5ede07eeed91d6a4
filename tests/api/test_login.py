"""Signing in, staying in, and being kept out."""

from __future__ import annotations

import asyncio

from argon2 import PasswordHasher
from sqlalchemy import func, select, update

from server.api.login import COOKIE, TRIES
from server.domain.words import Kind, UserId
from server.store.logins import SEEN_EVERY, add_token
from server.store.schema import logins, tokens, users
from server.store.work import now
from tests.api.answers import problem, wrong_fields
from tests.api.conftest import HOST, SECRET, Site

PASSWORD = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(
    "correct horse"
)  # cheap to check, for tests only
ANA = {"email": "ana@example.com", "password": "correct horse"}


async def somebody(site: Site) -> UserId:
    return await site.world.user("Ana", password_hash=PASSWORD)


async def test_signing_in_gives_a_cookie_that_scripts_cannot_read(site: Site) -> None:
    ana = await somebody(site)
    http = await site.client()

    answer = await http.post("/session", json=ANA)

    assert (answer.status_code, answer.json()["user"]) == (200, ana)
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert (await http.get("/me")).json()["name"] == "Ana"
    async with site.world.store.database.reading() as connection:
        stored = (await connection.execute(select(logins.c.hash))).scalar_one()
    assert http.cookies[COOKIE] not in stored


async def test_a_wrong_password_and_an_unknown_address_answer_alike(site: Site) -> None:
    await somebody(site)
    await site.world.user("Gone", password_hash=PASSWORD, active=False)
    await site.world.user("Bot")
    http = await site.client()

    answers = [
        await http.post("/session", json={"email": email, "password": password})
        for email, password in [
            ("ana@example.com", "wrong"),
            ("nobody@example.com", "correct horse"),
            ("gone@example.com", "correct horse"),
            ("bot@example.com", ""),
            ("a\x00b@example.com", "x"),
            ("x" * 10_000, "x"),
            ("", ""),
        ]
    ]

    assert {problem(answer) for answer in answers} == {(401, "wrong_credentials")}
    assert len({answer.text for answer in answers}) == 1
    assert not any("set-cookie" in answer.headers for answer in answers)


async def test_wrong_shapes_of_credentials_are_named(site: Site) -> None:
    http = await site.client()

    assert wrong_fields(await http.post("/session", json={"email": 1, "user": "x"})) == {
        ("email", "type"),
        ("password", "required"),
        ("user", "unknown"),
    }


async def test_too_many_wrong_passwords_close_the_door_even_when_tried_at_once(site: Site) -> None:
    await somebody(site)
    http = await site.client()
    wrong = {"email": "ana@example.com", "password": "wrong"}

    answers = await asyncio.gather(*(http.post("/session", json=wrong) for _ in range(TRIES + 3)))
    right = await http.post("/session", json=ANA)

    assert sorted(problem(answer)[0] for answer in answers) == [401] * TRIES + [429] * 3
    assert problem(right) == (429, "too_many")
    assert int(right.headers["retry-after"]) > 0


async def test_a_right_password_forgets_the_wrong_ones(site: Site) -> None:
    await somebody(site)
    http = await site.client()
    for _ in range(2):
        for _ in range(TRIES - 1):
            await http.post("/session", json={"email": "ana@example.com", "password": "wrong"})
        assert (await http.post("/session", json=ANA)).status_code == 200


async def test_without_a_login_every_route_answers_alike(site: Site) -> None:
    http = await site.client()
    forged = await site.client()
    forged.cookies.set(COOKIE, "x" * 43)

    for client in (http, forged):
        for method, path in [
            ("GET", "/me"),
            ("GET", "/portal"),
            ("GET", "/stream"),
            ("POST", "/entries"),
            ("GET", "/records/1"),
            ("PATCH", "/records/1"),
            ("GET", "/suggest"),
            ("POST", "/audience"),
            ("GET", "/deals"),
            ("GET", "/activities"),
        ]:
            assert problem(await client.request(method, path)) == (401, "not_signed_in"), (method, path)


async def test_a_login_ends_when_it_expires_and_when_its_user_is_disabled(site: Site) -> None:
    ana = await somebody(site)
    expired, disabled = await site.client(ana), await site.client(ana)
    async with site.world.store.database.writing() as connection:
        first = (await connection.execute(select(logins.c.hash).limit(1))).scalar_one()
        await connection.execute(update(logins).where(logins.c.hash == first).values(expires_at=now()))

    clients = [(await client.get("/me")).status_code for client in (expired, disabled)]
    async with site.world.store.database.writing() as connection:
        await connection.execute(update(users).values(active=False))

    assert sorted(clients) == [200, 401]
    assert problem(await disabled.get("/me")) == (401, "not_signed_in")


async def test_a_login_that_is_used_is_prolonged(site: Site) -> None:
    http = await site.client(await somebody(site))
    long_ago = now() - SEEN_EVERY - 1
    async with site.world.store.database.writing() as connection:
        await connection.execute(update(logins).values(seen_at=long_ago))

    await http.get("/me")

    async with site.world.store.database.reading() as connection:
        assert (await connection.execute(select(logins.c.seen_at))).scalar_one() > long_ago


async def test_signing_out_ends_the_login_itself_and_not_only_the_cookie(site: Site) -> None:
    http = await site.client(await somebody(site))
    secret = http.cookies[COOKIE]

    assert (await http.delete("/session")).status_code == 204

    thief = await site.client()
    thief.cookies.set(COOKIE, secret)
    assert problem(await thief.get("/me")) == (401, "not_signed_in")
    async with site.world.store.database.reading() as connection:
        assert (await connection.execute(select(func.count()).select_from(logins))).scalar_one() == 0


FOREIGN = (
    "https://evil.example",
    "null",
    "",
    "http://portal.test.evil.example",
    "http://portal.test:81",
    "http://[",
    "x",
)


async def test_a_write_by_cookie_from_another_site_is_refused(site: Site) -> None:
    ana = await somebody(site)
    deal = await site.world.record(ana, Kind.DEAL)
    http = await site.client(ana)
    before = await site.rows()

    for origin in FOREIGN:
        http.headers["origin"] = origin
        for answer in (
            await http.post("/entries", json={"text": "x", "about": [deal]}),
            await http.patch("/me", json={"language": "es"}),
            await http.delete("/session"),
            await http.post("/session", json=ANA),
        ):
            assert problem(answer) == (403, "foreign_origin"), origin

    assert await site.rows() == before
    assert (await http.get("/me")).status_code == 200


async def test_a_write_that_names_no_origin_is_refused(site: Site) -> None:
    http = await site.client(await somebody(site))
    del http.headers["origin"]

    assert problem(await http.patch("/me", json={"language": "es"})) == (403, "foreign_origin")


async def test_a_token_needs_no_origin_and_ends_with_its_revocation(site: Site) -> None:
    ana = await somebody(site)
    async with site.world.store.database.writing() as connection:
        token = await add_token(connection, ana, "bot", SECRET, now())
    http = await site.client(authorization=f"Bearer {token}")
    del http.headers["origin"]

    assert (await http.patch("/me", json={"language": "es"})).json()["language"] == "es"
    async with site.world.store.database.writing() as connection:
        await connection.execute(update(tokens).values(revoked_at=now()))

    assert problem(await http.get("/me")) == (401, "not_signed_in")
    for header in ("Bearer", "Bearer ", "Bearer nonsense", "Bearer \xff"):
        other = await site.client()
        answer = await other.get("/me", headers={b"authorization": header.encode("latin-1")})
        assert problem(answer) == (401, "not_signed_in")


async def test_the_portal_is_behind_its_own_host_too(site: Site) -> None:
    """Behind a proxy the page's origin is the host that the browser asked for."""
    ana = await somebody(site)
    http = await site.client(ana, origin="http://other.test", host="other.test")

    assert (await http.patch("/me", json={"language": "es"})).status_code == 200
    assert HOST != "http://other.test"
