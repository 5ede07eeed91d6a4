"""The tree of departments: no cycles, nothing lost with a removal, and whoever reads below learns of it."""

from __future__ import annotations

import asyncio

import pytest

from server.domain.access import Level
from server.domain.events import Name, Reach
from server.domain.words import DepartmentId, Kind
from server.errors import CaudalError, Conflict, Forbidden, NotFound
from server.store.access import load_access
from tests.actions.administration import admin_of, asked_again, told, wrong
from tests.world import World


async def below(world: World, user: int) -> frozenset[DepartmentId]:
    async with world.store.database.reading() as connection:
        return (await load_access(connection, user)).below  # type: ignore[arg-type]


async def test_a_new_department_is_told_to_all_and_its_rights_to_those_above(world: World) -> None:
    ada = await admin_of(world)
    top, other = await world.department("Top"), await world.department("Other")
    boss = await world.user("Boss", Level.BELOW, top)
    await world.user("Elsewhere", Level.BELOW, other)

    made = await world.do(ada, "department.add", name="Team", parent=top)

    assert made == {"department": made["department"], "name": "Team", "parent": top, "users": 0}
    assert await below(world, boss) == {top, made["department"]}
    assert asked_again(world) == {boss}
    (event,) = told(world, Name.DEPARTMENT_CHANGED)
    assert event.reach == Reach.PORTAL
    assert event.data == {"department": {"department": made["department"], "name": "Team", "parent": top}}


async def test_moving_a_department_changes_what_those_above_it_hold_before_and_after(world: World) -> None:
    ada = await admin_of(world)
    old, new = await world.department("Old"), await world.department("New")
    team = await world.department("Team", old)
    inner = await world.department("Inner", team)
    one = await world.user("One", Level.BELOW, old)
    two = await world.user("Two", Level.BELOW, new)
    await world.user("Member", Level.BELOW, team)

    await world.do(ada, "department.change", department=team, parent=new)

    assert await below(world, one) == {old}
    assert await below(world, two) == {new, team, inner}
    assert asked_again(world) == {one, two}


async def test_another_name_changes_nobody_s_rights(world: World) -> None:
    ada = await admin_of(world)
    team = await world.department("Team")
    await world.user("Member", Level.BELOW, team)

    await world.do(ada, "department.change", department=team, name="Crew")

    assert asked_again(world) == set()
    (event,) = told(world, Name.DEPARTMENT_CHANGED)
    assert event.data == {"department": {"department": team, "name": "Crew", "parent": None}}


async def test_a_department_is_never_under_itself(world: World) -> None:
    ada = await admin_of(world)
    top = await world.department("Top")
    middle = await world.department("Middle", top)
    leaf = await world.department("Leaf", middle)

    for parent in (top, middle, leaf):
        assert await wrong(world, ada, "department.change", department=top, parent=parent) == {("parent", "cycle")}


async def test_two_moves_at_once_make_no_cycle(world: World) -> None:
    ada = await admin_of(world)
    one, two = await world.department("One"), await world.department("Two")

    done = await asyncio.gather(
        world.do(ada, "department.change", department=one, parent=two),
        world.do(ada, "department.change", department=two, parent=one),
        return_exceptions=True,
    )

    assert len([each for each in done if isinstance(each, CaudalError)]) == 1
    assert len([each for each in done if isinstance(each, dict)]) == 1


async def test_only_an_empty_department_goes(world: World) -> None:
    ada = await admin_of(world)
    top = await world.department("Top")
    leaf = await world.department("Leaf", top)
    luis = await world.user("Luis", department=leaf)

    for department, inside in ((top, "departments"), (leaf, "users")):
        with pytest.raises(Conflict) as refused:
            await world.do(ada, "department.remove", department=department)
        assert refused.value.params["has"] == inside
    await world.do(ada, "user.change", user=luis, department=None)
    await world.do(ada, "department.remove", department=leaf)

    assert told(world, Name.DEPARTMENT_CHANGED)[-1].data == {"removed": leaf}
    with pytest.raises(NotFound):
        await world.do(ada, "department.remove", department=leaf)


async def test_a_department_that_was_written_to_stays(world: World) -> None:
    ada = await admin_of(world)
    team = await world.department("Team")
    deal = await world.record(ada, Kind.DEAL)
    await world.do(ada, "message.publish", text="hello", to=[{"department": team}], about=[deal])

    with pytest.raises(Conflict) as refused:
        await world.do(ada, "department.remove", department=team)

    assert refused.value.params["has"] == "messages"


async def test_every_wrong_field_is_named_at_once(world: World) -> None:
    ada = await admin_of(world)

    assert await wrong(world, ada, "department.add", name=" ", parent=99) == {
        ("name", "required"),
        ("parent", "not_found"),
    }
    assert await wrong(world, ada, "department.add", parent="top") == {("name", "required"), ("parent", "type")}


async def test_departments_are_for_admins(world: World) -> None:
    luis = await world.user("Luis")

    for verb, args in (("add", {"name": "x"}), ("change", {"department": 1}), ("remove", {"department": 1})):
        with pytest.raises(Forbidden):
            await world.do(luis, f"department.{verb}", key=None, **args)
