"""Who would see a message, before it is published: exactly those who then do."""

from __future__ import annotations

from typing import cast

import pytest

from server.actions.arguments import parse
from server.actions.audience import preview
from server.actions.posts import Message
from server.domain.access import Action, Level
from server.domain.words import JsonObject, Kind, UserId
from server.errors import Forbidden, NotFound
from server.store.access import load_access
from tests.world import World

READS_LEADS = {(Kind.LEAD, Action.READ): Level.ALL}


async def asked(world: World, user: UserId, **message: object) -> JsonObject:
    """What the service says of a message that is not published yet."""
    async with world.store.database.reading() as connection:
        return await preview(connection, await load_access(connection, user), parse(Message, {"text": "x", **message}))


async def test_it_names_those_who_have_the_message_in_mine_once_it_is_published(world: World) -> None:
    ana, luis, eva = await world.user("Ana"), await world.user("Luis"), await world.user("Eva")
    mia, leo = await world.user("Mía", grants=READS_LEADS), await world.user("Leo", grants={})
    deal = await world.record(luis, Kind.DEAL)
    await world.do(eva, "follow.set", record=deal)
    message: JsonObject = {
        "text": f"hello @{{{leo}}}",
        "about": [deal],
        "to": [{"user": mia}, {"email": "out@example.com"}],
    }

    answer = await asked(world, ana, **message)
    entry = await world.do(ana, "message.publish", key=None, **message)

    others = (luis, eva, mia, leo)
    mine = {user for user in others if any(one["id"] == entry["id"] for one in await world.stream(user))}
    named = {person["user"] for person in cast("list[dict[str, int]]", answer["people"])}
    assert named == mine == {luis, eva, mia}
    assert (answer["count"], answer["external"]) == (3, ["out@example.com"])


async def test_what_publishing_refuses_is_refused(world: World) -> None:
    reads = {(kind, Action.READ): Level.ALL for kind in Kind}
    ana, eva = await world.user("Ana"), await world.user("Eva", grants=reads)
    leo = await world.user("Leo", grants={})
    deal = await world.record(ana, Kind.DEAL)

    with pytest.raises(Forbidden):
        await asked(world, eva, about=[deal])
    with pytest.raises(NotFound):
        await asked(world, leo, about=[deal])
