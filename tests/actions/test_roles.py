"""Roles: what they grant, who may change them, and who is told."""

from __future__ import annotations

import pytest

from server.domain.access import Action, Level
from server.domain.events import Name
from server.domain.words import Kind
from server.errors import Forbidden, NotFound
from server.store.access import load_access
from tests.actions.administration import admin_of, asked_again, role_of, roles_of, told, wrong
from tests.world import World

ALL_READ = {(Kind.DEAL, Action.READ): Level.ALL}


async def test_a_role_grants_what_it_was_made_with(world: World) -> None:
    ada = await admin_of(world)

    role = await world.do(ada, "role.add", name="Scout", grants={"deal": {"read": "opened", "update": "own"}})

    grants = role["grants"]
    assert isinstance(grants, dict)
    assert grants["deal"] == {"read": "opened", "create": "none", "update": "own", "delete": "none", "export": "none"}
    assert set(grants["lead"].values()) == {"none"}
    assert role["users"] == 0


async def test_changed_grants_are_told_to_those_who_have_the_role_and_nobody_else(world: World) -> None:
    ada, luis = await admin_of(world), await world.user("Luis", grants=ALL_READ)
    await world.user("Eva")
    role = await role_of(world, ada, luis)
    world.events.clear()

    await world.do(ada, "role.change", role=role, grants={"deal": {"read": "own"}, "lead": {"read": "below"}})

    async with world.store.database.reading() as connection:
        access = await load_access(connection, luis)
    assert access.level(Kind.DEAL, Action.READ) == Level.OWN
    assert access.level(Kind.LEAD, Action.READ) == Level.BELOW
    assert asked_again(world) == {luis}


async def test_what_grants_leave_out_stays_and_the_same_grants_tell_nothing(world: World) -> None:
    ada, luis = await admin_of(world), await world.user("Luis", grants=ALL_READ)
    role = await role_of(world, ada, luis)
    world.events.clear()

    changed = await world.do(ada, "role.change", role=role, name="Reader", grants={"deal": {"read": "all"}})

    assert changed["name"] == "Reader"
    assert isinstance(changed["grants"], dict)
    assert changed["grants"]["deal"]["read"] == "all"
    assert world.events == []


async def test_a_role_that_nobody_has_goes_and_its_holders_get_another_one(world: World) -> None:
    ada, luis = await admin_of(world), await world.user("Luis", grants=ALL_READ)
    old = await role_of(world, ada, luis)
    new = int(str((await world.do(ada, "role.add", name="Other"))["role"]))
    assert await wrong(world, ada, "role.remove", role=old) == {("instead", "required")}
    assert await wrong(world, ada, "role.remove", role=old, instead=old) == {("instead", "not_found")}
    world.events.clear()

    await world.do(ada, "role.remove", role=old, instead=new)

    assert await roles_of(world, ada, luis) == [new]
    assert asked_again(world) == {luis}


async def test_a_removed_role_without_holders_tells_nobody(world: World) -> None:
    ada = await admin_of(world)
    role = (await world.do(ada, "role.add", name="Unused"))["role"]

    await world.do(ada, "role.remove", role=role)

    assert told(world, Name.ACCESS_CHANGED) == []
    with pytest.raises(NotFound):
        await world.do(ada, "role.change", role=role, name="Again")


async def test_every_wrong_field_is_named_at_once(world: World) -> None:
    ada = await admin_of(world)
    await world.do(ada, "role.add", name="Scout")
    grants = {"deal": {"read": "some", "steal": "all"}, "ship": {}, "lead": 7}

    assert await wrong(world, ada, "role.add", name="Scout", grants=grants) == {
        ("name", "taken"),
        ("grants.deal.read", "choice"),
        ("grants.deal.steal", "unknown"),
        ("grants.ship", "unknown"),
        ("grants.lead", "type"),
    }
    assert await wrong(world, ada, "role.add", name=" ") == {("name", "required")}
    assert await wrong(world, ada, "role.add", name="x", color="red") == {("color", "unknown")}


@pytest.mark.parametrize(("verb", "args"), [("add", {"name": "x"}), ("change", {"role": 1}), ("remove", {"role": 1})])
async def test_roles_are_for_admins(world: World, verb: str, args: dict[str, object]) -> None:
    luis = await world.user("Luis")

    with pytest.raises(Forbidden):
        await world.do(luis, f"role.{verb}", key=None, **args)
