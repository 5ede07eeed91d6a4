"""Users as admins change them: who they are, what they may, and whether they may be here at all."""

from __future__ import annotations

import asyncio

import pytest

from server.domain.access import Action, Level
from server.domain.events import Name, Reach
from server.domain.words import Kind
from server.errors import CaudalError, Forbidden, NotFound, NotSignedIn
from server.store.access import load_access
from server.store.logins import add_login, hash_secret
from tests.actions.administration import admin_of, asked_again, ended, role_of, told, wrong
from tests.world import World


async def test_a_new_user_is_in_everybody_s_directory_at_once(world: World) -> None:
    ada, team = await admin_of(world), await world.department("Team")
    role = await role_of(world, ada, ada)

    made = await world.do(
        ada, "user.add", name="Luis  Gil", email="Luis@Example.com", department=team, roles=[role], language="es"
    )

    assert (made["name"], made["email"], made["department"]) == (
        "Luis Gil", "luis@example.com", {"department": team, "name": "Team"},
    )  # fmt: skip
    assert (made["admin"], made["active"], made["type"]) == (False, True, "person")
    (event,) = told(world, Name.USER_CHANGED)
    assert event.reach == Reach.PORTAL
    assert event.data["user"] == {
        "user": made["user"], "name": "Luis Gil", "email": "luis@example.com", "department": team, "active": True,
    }  # fmt: skip


async def test_a_bot_needs_no_address_and_is_known_as_one(world: World) -> None:
    ada = await admin_of(world)

    await world.do(ada, "user.add", name="Echo", type="bot")

    person = told(world, Name.USER_CHANGED)[-1].data["user"]
    assert isinstance(person, dict)
    assert person["bot"] is True


async def test_a_changed_name_reaches_all_and_changes_nobody_s_rights(world: World) -> None:
    ada, luis = await admin_of(world), await world.user("Luis")

    await world.do(ada, "user.change", user=luis, name="Luisa")

    assert [event.name for event in world.events] == [Name.USER_CHANGED]


async def test_other_roles_are_told_to_the_user_alone(world: World) -> None:
    ada, luis = await admin_of(world), await world.user("Luis", Level.NONE)
    role = await role_of(world, ada, ada)
    world.events.clear()

    await world.do(ada, "user.change", user=luis, roles=[role])
    await world.do(ada, "user.change", user=luis, roles=[role])

    async with world.store.database.reading() as connection:
        assert (await load_access(connection, luis)).level(Kind.DEAL, Action.READ) == Level.ALL
    assert [(event.name, event.audience) for event in world.events] == [(Name.ACCESS_CHANGED, frozenset({luis}))]


async def test_a_disabled_user_is_out_with_all_logins_and_may_come_back(world: World) -> None:
    ada, luis = await admin_of(world), await world.user("Luis")
    async with world.store.database.writing() as connection:
        secret = await add_login(connection, luis, "pepper", world.store.works.clock())

    await world.do(ada, "user.change", user=luis, active=False)

    assert asked_again(world) == {luis}
    assert ended(world) == [{"credential": hash_secret(secret, "pepper"), "reason": "revoked"}]
    async with world.store.database.reading() as connection:
        with pytest.raises(NotSignedIn):
            await load_access(connection, luis)
    await world.do(ada, "user.change", user=luis, active=True)
    async with world.store.database.reading() as connection:
        assert (await load_access(connection, luis)).user == luis


@pytest.mark.parametrize("field", ["admin", "active"])
async def test_somebody_always_manages_the_portal(world: World, field: str) -> None:
    ada = await admin_of(world)

    assert await wrong(world, ada, "user.change", user=ada, **{field: False}) == {(field, "last_admin")}
    second = await world.user("Second", admin=True)
    await world.do(ada, "user.change", key=None, user=second, **{field: False})

    assert await wrong(world, ada, "user.change", user=ada, **{field: False}) == {(field, "last_admin")}


async def test_two_admins_cannot_take_the_portal_from_each_other_at_once(world: World) -> None:
    ada, bob = await admin_of(world), await world.user("Bob", admin=True)

    done = await asyncio.gather(
        world.do(ada, "user.change", user=bob, admin=False),
        world.do(bob, "user.change", user=ada, admin=False),
        return_exceptions=True,
    )

    assert len([each for each in done if isinstance(each, CaudalError)]) == 1
    async with world.store.database.reading() as connection:
        accesses = [await load_access(connection, user) for user in (ada, bob)]
    assert [access.admin for access in accesses].count(True) == 1


async def test_every_wrong_field_is_named_at_once(world: World) -> None:
    ada = await admin_of(world)
    await world.user("Luis")

    assert await wrong(
        world, ada, "user.add", name=" ", email="luis@example.com", department=99, roles=[98], language="tlh", time_zone="x"
    ) == {
        ("name", "required"), ("email", "taken"), ("department", "not_found"), ("roles", "not_found"),
        ("language", "choice"), ("time_zone", "choice"),
    }  # fmt: skip
    assert await wrong(world, ada, "user.add", name="Eva") == {("email", "required")}
    assert await wrong(world, ada, "user.add", name="Eva", email="eva") == {("email", "email")}
    assert await wrong(world, ada, "user.change", user=ada, shoe=42, admin="yes") == {
        ("shoe", "unknown"),
        ("admin", "type"),
    }


async def test_a_person_keeps_an_address_and_the_same_one_is_no_clash(world: World) -> None:
    ada, luis = await admin_of(world), await world.user("Luis")

    assert await wrong(world, ada, "user.change", user=luis, email=None) == {("email", "required")}
    await world.do(ada, "user.change", user=luis, email="LUIS@example.com")

    assert world.events == []


async def test_users_are_for_admins_whether_they_exist_or_not(world: World) -> None:
    luis = await world.user("Luis")

    for verb, args in (("add", {"name": "x"}), ("change", {"user": luis}), ("change", {"user": 99})):
        with pytest.raises(Forbidden):
            await world.do(luis, f"user.{verb}", key=None, **args)


async def test_a_user_who_does_not_exist_is_not_found(world: World) -> None:
    ada = await admin_of(world)

    with pytest.raises(NotFound):
        await world.do(ada, "user.change", user=99, name="x")
