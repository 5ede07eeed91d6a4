"""When tokens were last used: written behind those who use them."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import select, update

from server.store.logins import TOKEN_SEEN_EVERY, add_token, hash_secret
from server.store.schema import tokens
from server.store.token_uses import TokenUses
from server.store.work import now
from tests.world import World

PEPPER = "pepper"


async def token(world: World, name: str = "Bot", *, seen_at: int | None = None) -> str:
    bot = await world.user(name, type="bot")
    async with world.store.database.writing() as connection:
        hash = hash_secret(await add_token(connection, bot, "bot", PEPPER, now()), PEPPER)
        await connection.execute(update(tokens).where(tokens.c.hash == hash).values(seen_at=seen_at))
    return hash


async def seen(world: World, hash: str) -> int | None:
    async with world.store.database.reading() as connection:
        at: int | None = (await connection.execute(select(tokens.c.seen_at).where(tokens.c.hash == hash))).scalar_one()
    return at


async def noted(world: World, hash: str) -> int:
    async with asyncio.timeout(5):
        while (at := await seen(world, hash)) is None:
            await asyncio.sleep(0.005)
    return at


async def test_the_moment_of_use_is_written(world: World) -> None:
    hash, other = await token(world), await token(world, "Other")
    before = now()

    async with TokenUses(world.store.database) as uses:
        uses.note(hash)

        assert before <= await noted(world, hash) <= now()
        assert await seen(world, other) is None


async def test_what_another_node_noted_within_the_minute_stays(world: World) -> None:
    recent, old = now() - TOKEN_SEEN_EVERY // 2, now() - 2 * TOKEN_SEEN_EVERY
    kept, renewed = await token(world, "Kept", seen_at=recent), await token(world, "Renewed", seen_at=old)
    marker = await token(world)

    async with TokenUses(world.store.database) as uses:
        for hash in (kept, renewed, marker):
            uses.note(hash)
        await noted(world, marker)

    assert await seen(world, kept) == recent
    assert await seen(world, renewed) != old


async def test_a_database_that_cannot_be_written_is_tried_again_at_the_next_use(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    hash, database = await token(world), world.store.database
    tried = asyncio.Event()

    def failing() -> object:
        tried.set()
        raise OSError("no space left")

    async with TokenUses(database) as uses:
        with monkeypatch.context() as broken:
            broken.setattr(database, "writing", failing)
            uses.note(hash)
            await tried.wait()
        assert await seen(world, hash) is None

        uses.note(hash)

        await noted(world, hash)
