"""Who arrives at the live path: valid credentials only, many at the price of one."""

from __future__ import annotations

import pytest
from sqlalchemy import event, insert, select, update

from server.domain.words import UserId
from server.store.arrivals import read_arrivals
from server.store.logins import (
    LASTS,
    SEEN_EVERY,
    TOKEN_SEEN_EVERY,
    add_login,
    add_token,
    find_token,
    hash_secret,
)
from server.store.schema import logins, tokens, users
from server.store.work import now
from tests.world import World

PEPPER = "pepper"


async def login(world: World, user: UserId, at: int | None = None) -> str:
    async with world.store.database.writing() as connection:
        secret = await add_login(connection, user, PEPPER, now() if at is None else at)
    return hash_secret(secret, PEPPER)


async def token(world: World, user: UserId, **columns: object) -> str:
    async with world.store.database.writing() as connection:
        hash = hash_secret(await add_token(connection, user, "bot", PEPPER, now()), PEPPER)
        if columns:
            await connection.execute(update(tokens).where(tokens.c.hash == hash).values(columns))
    return hash


async def test_logins_and_tokens_bring_their_people(world: World) -> None:
    ana, bot = await world.user("Ana"), await world.user("Bot", type="bot")
    credentials = [await login(world, ana), await token(world, bot), "nobody's"]

    found = await read_arrivals(world.store.database, credentials)

    assert [found[hash].person for hash in credentials[:2]] == [
        {"user": ana, "name": "Ana"},
        {"user": bot, "name": "Bot", "bot": True},
    ]
    assert set(found) == set(credentials[:2])


async def test_what_is_expired_revoked_or_disabled_does_not_arrive(world: World) -> None:
    ana, gone = await world.user("Ana"), await world.user("Gone")
    credentials = [
        await login(world, ana, now() - LASTS),
        await login(world, gone),
        await token(world, ana, revoked_at=now()),
        await token(world, ana, expires_at=now() - 1),
    ]
    async with world.store.database.writing() as connection:
        await connection.execute(update(users).where(users.c.id == gone).values(active=False))

    assert await read_arrivals(world.store.database, credentials) == {}


async def test_a_login_that_is_used_lasts_longer_and_says_so(world: World) -> None:
    ana = await world.user("Ana")
    began = now() - 2 * SEEN_EVERY
    hash = await login(world, ana, began)

    found = await read_arrivals(world.store.database, [hash])

    async with world.store.database.reading() as connection:
        expires = (await connection.execute(select(logins.c.expires_at).where(logins.c.hash == hash))).scalar_one()
    assert expires > began + LASTS
    assert found[hash].expires == expires


@pytest.mark.parametrize(("ago", "unnoted"), [(None, True), (TOKEN_SEEN_EVERY, True), (TOKEN_SEEN_EVERY // 2, False)])
async def test_the_use_of_a_token_is_to_be_noted_once_a_minute(world: World, ago: int | None, unnoted: bool) -> None:
    hash = await token(world, await world.user("Bot", type="bot"), seen_at=None if ago is None else now() - ago)

    found = await read_arrivals(world.store.database, [hash])

    async with world.store.database.reading() as connection:
        assert (await find_token(connection, hash, now())).unnoted is unnoted
    assert found[hash].unnoted is unnoted


@pytest.mark.parametrize("people", [2, 40])
async def test_a_crowd_costs_the_statements_of_one(world: World, people: int) -> None:
    ana = await world.user("Ana")
    credentials = [await login(world, ana) for _ in range(people - 1)]
    async with world.store.database.writing() as connection:
        rows = [{"name": f"Bot {n}", "type": "bot", "created_at": 0} for n in range(people)]
        await connection.execute(insert(users), rows)
        bots = (await connection.execute(select(users.c.id).where(users.c.type == "bot"))).scalars().all()
    credentials += [await token(world, UserId(bot)) for bot in bots]
    statements: list[str] = []
    engine = world.store.database._reader.sync_engine
    event.listen(engine, "before_cursor_execute", lambda *call: statements.append(call[2]))

    found = await read_arrivals(world.store.database, credentials)

    assert len(found) == len(credentials)
    assert len([text for text in statements if text.startswith("SELECT")]) == 3
