"""What admins do in these tests, and whom the events of it reach."""

from __future__ import annotations

import pytest

from server.domain.events import Event, Name
from server.domain.words import JsonObject, UserId
from server.errors import Invalid
from server.store.access import load_access
from tests.world import World


async def admin_of(world: World) -> UserId:
    """Somebody who manages the portal."""
    return await world.user("Ada", admin=True)


async def wrong(world: World, user: UserId, action: str, /, **args: object) -> set[tuple[str, str]]:
    """The fields that are wrong, each with its code; nothing is told of what was refused."""
    before = len(world.events)
    with pytest.raises(Invalid) as caught:
        await world.do(user, action, key=None, **args)
    assert len(world.events) == before
    return {(error.field, error.code) for error in caught.value.errors}


async def role_of(world: World, admin: UserId, user: UserId) -> int:
    """The one role of a user."""
    (role,) = await roles_of(world, admin, user)
    return role


async def roles_of(world: World, admin: UserId, user: UserId) -> list[int]:
    """All roles of a user, as the verbs show them."""
    shown = await world.do(admin, "user.change", user=user)
    roles = shown["roles"]
    assert isinstance(roles, list)
    return [role["role"] for role in roles]


def told(world: World, *names: Name) -> list[Event]:
    """The events of these names, in order."""
    return [event for event in world.events if event.name in names]


def asked_again(world: World) -> set[UserId]:
    """The users whose sessions read their rights again; every event names them, because none means everybody."""
    events = [event for event in told(world, Name.ACCESS_CHANGED) if not event.principals]
    assert all(event.audience for event in events)
    return {user for event in events for user in event.audience}


async def reached(world: World, event: Event, user: UserId) -> bool:
    """Whether an event concerns whoever holds one of its principals and none of those barred."""
    async with world.store.database.reading() as connection:
        held = (await load_access(connection, user)).held()
    return not held.isdisjoint(event.principals) and held.isdisjoint(event.barred)


def ended(world: World) -> list[JsonObject]:
    """Credentials that ended, with the reason."""
    return [event.data for event in told(world, Name.LOGIN_ENDED)]
