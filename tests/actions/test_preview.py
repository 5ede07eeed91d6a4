"""Who would see a message, before it is published: exactly those who then do."""

from __future__ import annotations

from typing import cast

import pytest

from server.actions.arguments import parse
from server.actions.preview import DraftMessage, preview
from server.domain.access import Action, Level
from server.domain.words import JsonObject, Kind, UserId
from server.errors import Forbidden, NotFound
from server.store.access import load_access
from tests.world import World

READS_LEADS = {(Kind.LEAD, Action.READ): Level.ALL}


async def asked(world: World, user: UserId, **draft: object) -> JsonObject:
    """What the service says of a draft."""
    async with world.store.database.reading() as connection:
        return await preview(connection, await load_access(connection, user), parse(DraftMessage, draft))


def people(answer: JsonObject, group: str) -> set[int]:
    """Those of one group, each of whom is named."""
    found = cast("dict[str, list[dict[str, int]]]", answer[group])
    named = {person["user"] for person in found["people"]}
    assert len(named) == cast(int, found["count"])
    return named


async def test_the_groups_are_those_who_are_reached_once_it_is_published(world: World) -> None:
    ana, luis, eva = await world.user("Ana"), await world.user("Luis"), await world.user("Eva")
    mia, leo = await world.user("Mía", grants=READS_LEADS), await world.user("Leo", grants={})
    wall, bot = await world.user("Wall", type="wall"), await world.user("Bot", type="bot")
    deal = await world.record(luis, Kind.DEAL)
    await world.do(eva, "follow.set", record=deal)
    draft: JsonObject = {
        "text": f"hello @{{{leo}}}",
        "about": [deal],
        "to": [{"user": mia}, {"user": bot}, {"email": "out@example.com"}],
    }

    answer = await asked(world, ana, **draft)
    start = len(world.events)
    entry = await world.do(ana, "message.publish", key=None, **draft)

    told = {user for event in world.events[start:] if event.name == "notification.added" for user in event.audience}
    everyone = (ana, luis, eva, mia, leo, wall, bot)
    mine = {user for user in everyone if any(one["id"] == entry["id"] for one in await world.stream(user))}
    reading = {user for user in everyone if await world.stream(user, only_mine=False)}
    machines = {ana, wall, bot}
    assert people(answer, "mine") == mine - machines == {luis, eva, mia}
    assert people(answer, "readers") == reading - machines == {luis, eva, mia}
    assert people(answer, "notified") == told - machines == {mia}
    assert answer["external"] == ["out@example.com"]


async def test_who_is_named_but_cannot_read_is_told_apart(world: World) -> None:
    ana, mia = await world.user("Ana"), await world.user("Mía", grants=READS_LEADS)
    leo = await world.user("Leo", grants={})
    deal, lead = await world.record(ana, Kind.DEAL, title="Boilers"), await world.record(ana, Kind.LEAD)

    answer = await asked(world, ana, text=f"@{{{leo}}}", about=[deal, lead], to=[{"user": mia}])

    blind = cast("list[dict[str, object]]", answer["cannot_read"])
    found = {
        cast("dict[str, int]", one["user"])["user"]: (
            one["sees"],
            [ref["record"] for ref in cast("list[dict[str, int]]", one["records"])],
        )
        for one in blind
    }
    assert found == {mia: (True, [deal]), leo: (False, [deal, lead])}


async def test_an_empty_text_is_no_mistake_yet(world: World) -> None:
    ana = await world.user("Ana")
    deal = await world.record(ana, Kind.DEAL)

    assert people(await asked(world, ana, about=[deal]), "mine") == set()


async def test_what_publishing_refuses_is_refused(world: World) -> None:
    reads = {(kind, Action.READ): Level.ALL for kind in Kind}
    ana, eva = await world.user("Ana"), await world.user("Eva", grants=reads)
    leo = await world.user("Leo", grants={})
    deal = await world.record(ana, Kind.DEAL)

    with pytest.raises(Forbidden):
        await asked(world, eva, about=[deal])
    with pytest.raises(NotFound):
        await asked(world, leo, about=[deal])
    with pytest.raises(NotFound):
        await asked(world, leo, text=f"#{{{deal}}}")
