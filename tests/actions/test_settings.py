"""The portal's settings: defaults, who may change them, what follows."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from server.domain.events import Name, Reach
from server.domain.settings import SETTINGS
from server.domain.words import Kind
from server.errors import Forbidden, Invalid
from server.store.schema import history
from server.store.settings import setting
from tests.world import World


async def test_what_nobody_set_has_its_default(world: World) -> None:
    admin = await world.user("Admin", admin=True)

    shown = await world.do(admin, "settings.change", settings={})

    assert shown == {"settings": {name: row.default for name, row in SETTINGS.items()}}
    assert world.events == []


async def test_a_change_is_kept_told_to_everybody_and_noted(world: World) -> None:
    admin = await world.user("Admin", admin=True)

    await world.do(admin, "settings.change", settings={"delete.undo": 0, "counters.idle": False})
    await world.do(admin, "settings.change", settings={"delete.undo": 0})

    (told,) = world.events
    assert (told.name, told.reach, told.data) == (Name.SETTINGS_CHANGED, Reach.PORTAL, {"what": "settings"})
    async with world.store.database.reading() as connection:
        assert [await setting(connection, name) for name in ("delete.undo", "counters.idle")] == [0, False]
        noted = (await connection.execute(select(history.c.field, history.c.before, history.c.after))).all()
    assert [tuple(line) for line in noted] == [("delete.undo", 30, 0), ("counters.idle", True, False)]


async def test_all_that_is_wrong_is_named_at_once(world: World) -> None:
    admin = await world.user("Admin", admin=True)
    wrong = {"colour": "red", "delete.undo": -1, "counters.mode": "guess", "counters.idle": 1, "currency": "euro"}

    with pytest.raises(Invalid) as refused:
        await world.do(admin, "settings.change", settings=wrong)

    found = {(error.field, error.code) for error in refused.value.errors}
    assert found == {
        ("colour", "unknown"),
        ("delete.undo", "range"),
        ("counters.mode", "choice"),
        ("counters.idle", "type"),
        ("currency", "type"),
    }


async def test_only_admins_change_them(world: World) -> None:
    ana = await world.user("Ana")

    with pytest.raises(Forbidden):
        await world.do(ana, "settings.change", settings={"delete.undo": 5})


async def test_how_many_days_ahead_a_quick_task_is_due_is_a_setting(world: World) -> None:
    admin = await world.user("Admin", admin=True)
    world.store.works.clock = lambda: 1_799_661_600_000  # Monday, 2027-01-11 10:00 UTC
    deal = await world.record(admin, Kind.DEAL)
    await world.do(admin, "settings.change", settings={"deadline.days": 1})

    task = await world.do(admin, "activity.create", type="task", subject="t", records=[deal])

    assert task["deadline"] == 1_799_661_600_000 + 25 * 3_600_000
