"""What presence asks of the store: people only, and records as far as the user may read them."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from server.domain.access import Action, Level, opened_principal, owner_principal
from server.domain.words import EntryId, Kind, RecordId
from server.errors import Forbidden, NotFound
from server.store.schema import users
from server.store.sight import Sight
from tests.world import World

READER = {(Kind.DEAL, Action.READ): Level.OPENED}


async def test_people_are_shown_and_bots_walls_and_the_disabled_are_not(world: World) -> None:
    sight = Sight(world.store.database)
    ana, gone = await world.user("Ana"), await world.user("Gone")
    machines = [await world.user(type, type=type) for type in ("bot", "wall")]
    async with world.store.database.writing() as connection:
        await connection.execute(update(users).where(users.c.id == gone).values(active=False))

    assert await sight.person(ana) == {"user": ana, "name": "Ana"}
    assert [await sight.person(user) for user in (*machines, gone)] == [None, None, None]


async def test_the_readers_of_a_record_are_those_of_now(world: World) -> None:
    ana = await world.user("Ana")
    deal = await world.record(ana, Kind.DEAL, opened=True)

    found = await Sight(world.store.database).readers([deal, RecordId(99_999)])

    assert found.keys() == {deal}
    assert found[deal] >= {owner_principal(Kind.DEAL, ana), opened_principal(Kind.DEAL)}


async def test_a_record_that_may_not_be_read_is_refused_as_one_that_does_not_exist(world: World) -> None:
    sight = Sight(world.store.database)
    ana, luis = await world.user("Ana"), await world.user("Luis", grants=READER)
    hidden, opened = await world.record(ana, Kind.DEAL), await world.record(ana, Kind.DEAL, opened=True)

    await sight.check(luis, opened, Action.READ)
    with pytest.raises(Forbidden):
        await sight.check(luis, opened, Action.UPDATE)
    for record in (hidden, RecordId(99_999)):
        with pytest.raises(NotFound):
            await sight.check(luis, record, Action.UPDATE)


async def test_an_entry_is_about_those_of_its_records_that_the_user_may_read(world: World) -> None:
    sight = Sight(world.store.database)
    ana, luis = await world.user("Ana"), await world.user("Luis", grants=READER)
    hidden, opened = await world.record(ana, Kind.DEAL), await world.record(ana, Kind.DEAL, opened=True)
    post = await world.do(ana, "message.publish", text="Both", about=[hidden, opened])
    secret = await world.do(ana, "message.publish", text="One", about=[hidden])
    both, one = (EntryId(int(str(each["id"]))) for each in (post, secret))

    assert set(await sight.about(ana, both)) == {hidden, opened}
    assert set(await sight.about(luis, both)) == {opened}
    for entry in (one, EntryId(99_999)):
        with pytest.raises(NotFound):
            await sight.about(luis, entry)
