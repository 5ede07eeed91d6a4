"""Administration over HTTP: users, departments, roles, tokens, logins, passwords."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from argon2 import PasswordHasher
from sqlalchemy import update

from server.domain.words import UserId
from server.store.logins import LOGIN_ID, hash_secret
from server.store.schema import users
from server.store.work import now
from tests.api.answers import problem, wrong_fields
from tests.api.conftest import SECRET, Site

PASSWORD = "correct horse"


@pytest.fixture
async def ada(site: Site) -> httpx.AsyncClient:
    """An admin's browser."""
    return await site.client(await site.world.user("Ada", admin=True))


async def with_password(site: Site, name: str) -> UserId:
    hash = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
    return await site.world.user(name, password_hash=hash)


async def sign_in(site: Site, email: str, password: str = PASSWORD) -> httpx.AsyncClient:
    browser = await site.client()
    answer = await browser.post("/session", json={"email": email, "password": password})
    assert answer.status_code == 200, answer.text
    return browser


async def test_users_departments_and_roles_are_made_listed_and_changed(site: Site, ada: httpx.AsyncClient) -> None:
    team = (await ada.post("/departments", json={"name": "Team"})).json()
    role = (await ada.post("/roles", json={"name": "Scout", "grants": {"deal": {"read": "all"}}})).json()
    luis = (
        await ada.post(
            "/users",
            json={"name": "Luis", "email": "l@example.com", "department": team["department"], "roles": [role["role"]]},
        )
    ).json()

    moved = await ada.patch(f"/users/{luis['user']}", json={"department": None, "name": "Luisa"})
    renamed = await ada.patch(f"/departments/{team['department']}", json={"name": "Crew"})

    assert (moved.json()["department"], moved.json()["name"]) == (None, "Luisa")
    assert renamed.json() == {"department": team["department"], "name": "Crew", "parent": None, "users": 0}
    assert [user["name"] for user in (await ada.get("/users")).json()["users"]] == ["Ada", "Luisa"]
    assert (await ada.get(f"/roles/{role['role']}")).json()["users"] == 1
    other = (await ada.get("/roles")).json()["roles"][0]["role"]
    assert wrong_fields(await ada.delete(f"/roles/{role['role']}")) == {("instead", "required")}
    assert (await ada.delete(f"/roles/{role['role']}?instead={other}")).status_code == 204
    assert (await ada.delete(f"/departments/{team['department']}")).status_code == 204
    assert problem(await ada.get(f"/departments/{team['department']}")) == (404, "not_found")


async def test_administration_is_closed_to_others_whether_the_thing_exists_or_not(
    site: Site,
) -> None:
    luis = await site.client(await site.world.user("Luis"))
    before = await site.rows()

    anonymous = await site.client()
    name, password = {"name": "x"}, {"new": "x" * 8}
    for method, path, body in [
        ("GET", "/users", None), ("POST", "/users", name), ("GET", "/users/1", None), ("GET", "/users/99", None),
        ("PATCH", "/users/1", name), ("PUT", "/users/1/password", password), ("PUT", "/users/99/password", password),
        ("GET", "/departments", None), ("POST", "/departments", name), ("PATCH", "/departments/99", name),
        ("DELETE", "/departments/1", None), ("GET", "/roles", None), ("POST", "/roles", name),
        ("PATCH", "/roles/1", name), ("DELETE", "/roles/99", None), ("GET", "/tokens", None),
        ("POST", "/tokens", {"name": "x", "user": 1}), ("DELETE", "/tokens/1", None),
    ]:  # fmt: skip
        assert problem(await luis.request(method, path, json=body)) == (403, "forbidden"), (method, path)
        assert problem(await anonymous.request(method, path, json=body)) == (401, "not_signed_in"), (method, path)

    assert await site.rows() == before


async def test_a_token_opens_the_portal_until_it_is_revoked(site: Site, ada: httpx.AsyncClient) -> None:
    bot = (await ada.post("/users", json={"name": "Echo", "type": "bot"})).json()["user"]
    made = (await ada.post("/tokens", json={"user": bot, "name": "one"})).json()
    echo = await site.client(authorization=f"Bearer {made['secret']}")

    before = await echo.get("/me")
    revoked = await ada.delete(f"/tokens/{made['token']}")
    listed = (await ada.get("/tokens")).json()["tokens"]

    assert before.json()["user"] == bot
    assert revoked.json()["revoked_at"] is not None
    assert problem(await echo.get("/me")) == (401, "not_signed_in")
    assert [(token["token"], token["user"]["name"], "secret" in token) for token in listed] == [
        (made["token"], "Echo", False)
    ]


async def test_when_a_token_was_used_last_shows(site: Site, ada: httpx.AsyncClient) -> None:
    bot = (await ada.post("/users", json={"name": "Echo", "type": "bot"})).json()["user"]
    made = (await ada.post("/tokens", json={"user": bot, "name": "one"})).json()
    echo = await site.client(authorization=f"Bearer {made['secret']}")

    async def seen() -> object:
        (token,) = (await ada.get("/tokens")).json()["tokens"]
        return token["seen_at"]

    assert await seen() is None
    before = now()
    await echo.get("/me")

    async with asyncio.timeout(5):
        while (at := await seen()) is None:
            await asyncio.sleep(0.005)
    assert isinstance(at, int)
    assert before <= at <= now()


async def test_a_repeated_request_is_told_the_same_token_and_another_key_another_one(
    site: Site, ada: httpx.AsyncClient
) -> None:
    wish = {"user": await site.world.user("Luis"), "name": "one"}

    first, again, other = [
        (await ada.post("/tokens", json=wish, headers={"Idempotency-Key": key})).json() for key in ("k1", "k1", "k2")
    ]

    assert first == again
    assert other["secret"] != first["secret"]
    assert len((await ada.get("/tokens")).json()["tokens"]) == 2
    reused = await ada.post("/tokens", json={**wish, "name": "two"}, headers={"Idempotency-Key": "k1"})
    assert wrong_fields(reused) == {("Idempotency-Key", "reused")}


async def test_what_is_wrong_with_a_token_is_said(site: Site, ada: httpx.AsyncClient) -> None:
    assert wrong_fields(await ada.post("/tokens", json={"user": 99, "name": "", "expires_at": 1})) == {
        ("user", "not_found"), ("name", "required"), ("expires_at", "past"),
    }  # fmt: skip
    assert wrong_fields(await ada.post("/tokens", json={"user": 1, "name": "x", "hash": "f" * 64})) == {
        ("hash", "unknown")
    }


async def test_one_sees_one_s_own_logins_and_ends_them(site: Site) -> None:
    await with_password(site, "Luis")
    here, there, third = [await sign_in(site, "luis@example.com") for _ in range(3)]
    listed = (await here.get("/logins")).json()["logins"]
    other = hash_secret(there.cookies["caudal_login"], SECRET)[:LOGIN_ID]

    ended = await here.delete(f"/logins/{other}")
    gone = await there.get("/me")
    rest = await here.delete("/logins")

    assert [login["current"] for login in listed].count(True) == 1
    assert other in {login["login"] for login in listed}
    assert (ended.status_code, problem(gone), rest.status_code) == (204, (401, "not_signed_in"), 204)
    assert problem(await third.get("/me")) == (401, "not_signed_in")
    assert len((await here.get("/logins")).json()["logins"]) == 1
    assert problem(await here.delete(f"/logins/{other}")) == (404, "not_found")


async def test_another_password_keeps_this_screen_and_ends_the_others(site: Site) -> None:
    await with_password(site, "Luis")
    here, there = [await sign_in(site, "luis@example.com") for _ in range(2)]

    wrong = await here.put("/me/password", json={"password": "a guess", "new": "battery staple"})
    short = await here.put("/me/password", json={"password": PASSWORD, "new": "short"})
    done = await here.put("/me/password", json={"password": PASSWORD, "new": "battery staple"})

    assert wrong_fields(wrong) == {("password", "wrong")}
    assert wrong_fields(short) == {("new", "too_short")}
    assert done.status_code == 204
    assert (await here.get("/me")).status_code == 200
    assert problem(await there.get("/me")) == (401, "not_signed_in")
    await sign_in(site, "luis@example.com", "battery staple")


async def test_an_admin_gives_somebody_a_password(site: Site, ada: httpx.AsyncClient) -> None:
    luis = await with_password(site, "Luis")
    browser = await sign_in(site, "luis@example.com")

    done = await ada.put(f"/users/{luis}/password", json={"new": "battery staple"})

    assert done.status_code == 204
    assert problem(await browser.get("/me")) == (401, "not_signed_in")
    await sign_in(site, "luis@example.com", "battery staple")
    assert problem(await ada.put("/users/99/password", json={"new": "battery staple"})) == (404, "not_found")


async def test_signing_out_is_for_those_whose_login_ended_too(site: Site) -> None:
    luis = await with_password(site, "Luis")
    browser = await sign_in(site, "luis@example.com")
    async with site.world.store.database.writing() as connection:
        await connection.execute(update(users).where(users.c.id == luis).values(active=False))

    assert (await browser.delete("/session")).status_code == 204
