"""Logins, tokens and passwords end for good, and tell the live path which sockets to close."""

from __future__ import annotations

import pytest

from server.actions.credentials import ADD_TOKEN, end_others, set_password, sign_out
from server.actions.perform import perform_verb
from server.domain.events import Reach
from server.domain.words import JsonObject, UserId
from server.errors import Forbidden, Invalid, NotFound, NotSignedIn
from server.store.logins import LOGIN_ID, add_login, find_login, find_token, hash_secret
from tests.actions.administration import admin_of, ended
from tests.world import World

PEPPER = "pepper"
HASH = "f" * 64


async def login(world: World, user: UserId) -> str:
    """The hash of a new login."""
    async with world.store.database.writing() as connection:
        return hash_secret(await add_login(connection, user, PEPPER, world.store.works.clock()), PEPPER)


async def is_valid(world: World, hash: str) -> bool:
    async with world.store.database.reading() as connection:
        for find in (find_login, find_token):
            try:
                return (await find(connection, hash, world.store.works.clock())).hash == hash
            except NotSignedIn:
                continue
    return False


async def token(world: World, admin: UserId, user: UserId, **more: object) -> JsonObject:
    made = await perform_verb(world.store, admin, ADD_TOKEN, {"user": user, "name": "x", "hash": HASH, **more})
    assert isinstance(made, dict)
    return made


async def test_signing_out_ends_one_login_and_says_which(world: World) -> None:
    ana = await world.user("Ana")
    here, there = await login(world, ana), await login(world, ana)

    await sign_out(world.store, here)
    await sign_out(world.store, here)

    assert (await is_valid(world, here), await is_valid(world, there)) == (False, True)
    assert ended(world) == [{"credential": here, "reason": "signed_out"}]
    (event,) = world.events
    assert (event.reach, event.audience, event.actor) == (Reach.PERSONAL, frozenset({ana}), None)


async def test_one_s_own_logins_end_by_their_short_ids_and_nobody_else_s_do(world: World) -> None:
    ana, luis = await world.user("Ana"), await world.user("Luis")
    own, other = await login(world, ana), await login(world, luis)

    for unknown in (other[:LOGIN_ID], own[: LOGIN_ID - 1], own, "", "%" * LOGIN_ID):
        with pytest.raises(NotFound):
            await world.do(ana, "login.end", login=unknown)
    await world.do(ana, "login.end", login=own[:LOGIN_ID])

    assert (await is_valid(world, own), await is_valid(world, other)) == (False, True)
    assert ended(world) == [{"credential": own, "reason": "signed_out"}]


async def test_all_others_end_at_once(world: World) -> None:
    ana, luis = await world.user("Ana"), await world.user("Luis")
    here, *others = [await login(world, ana) for _ in range(3)]
    other = await login(world, luis)

    await end_others(world.store, ana, here)

    assert [await is_valid(world, hash) for hash in (here, *others, other)] == [True, False, False, True]
    assert {data["credential"] for data in ended(world)} == set(others)


async def test_another_password_ends_all_logins_but_the_one_that_is_kept(world: World) -> None:
    ana = await world.user("Ana")
    here, there = await login(world, ana), await login(world, ana)

    async with world.store.works.open(ana) as work:
        await set_password(work, ana, "hash", here)
    assert (await is_valid(world, here), await is_valid(world, there)) == (True, False)
    async with world.store.works.open(ana) as work:
        await set_password(work, ana, "hash")

    assert not await is_valid(world, here)


async def test_a_revoked_token_is_dead_and_told_once(world: World) -> None:
    ada, ana = await admin_of(world), await world.user("Ana")
    made = await token(world, ada, ana)
    assert await is_valid(world, HASH)

    first, second = [await world.do(ada, "token.revoke", token=made["token"]) for _ in range(2)]

    assert first == second
    assert first["revoked_at"] is not None
    assert not await is_valid(world, HASH)
    assert ended(world) == [{"credential": HASH, "reason": "revoked"}]


async def test_a_token_of_a_disabled_user_sleeps_until_they_are_back(world: World) -> None:
    ada, ana = await admin_of(world), await world.user("Ana")
    await token(world, ada, ana)

    await world.do(ada, "user.change", user=ana, active=False)
    disabled = await is_valid(world, HASH)
    await world.do(ada, "user.change", user=ana, active=True)

    assert (disabled, await is_valid(world, HASH)) == (False, True)


async def test_what_is_wrong_with_a_token_is_named_at_once(world: World) -> None:
    ada = await admin_of(world)

    with pytest.raises(Invalid) as refused:
        await token(world, ada, UserId(99), name=" ", expires_at=1)

    assert {(error.field, error.code) for error in refused.value.errors} == {
        ("user", "not_found"), ("name", "required"), ("expires_at", "past"),
    }  # fmt: skip


async def test_tokens_are_for_admins_and_their_making_is_no_verb_of_sockets(world: World) -> None:
    ana = await world.user("Ana")

    with pytest.raises(Forbidden):
        await token(world, ana, ana)
    with pytest.raises(Forbidden):
        await world.do(ana, "token.revoke", token=1)
    with pytest.raises(NotFound):
        await world.do(ana, "token.add", user=ana, name="x", hash=HASH)
