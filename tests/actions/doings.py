"""What people do with activities in these tests, and what reaches whose screens."""

from __future__ import annotations

import pytest

from server.domain.access import Access, Action, Level
from server.domain.events import Event, Name, Reach
from server.domain.words import JsonObject, Kind, RecordId, UserId
from server.errors import Invalid
from server.store.access import load_access
from tests.world import World

START = 1_800_000_000_000  # ms
HOUR = 3_600_000
LATER = START + HOUR
READS_ALL = {(kind, Action.READ): Level.ALL for kind in Kind}


async def act(world: World, user: UserId, action: str, **args: object) -> JsonObject:
    """Somebody does something with activities."""
    return await world.do(user, f"activity.{action}", key=None, **args)


async def refused(world: World, user: UserId, action: str, **args: object) -> set[tuple[str, str]]:
    """The fields that are wrong, each with its code."""
    with pytest.raises(Invalid) as caught:
        await act(world, user, action, **args)
    return {(error.field, error.code) for error in caught.value.errors}


async def access_of(world: World, user: UserId) -> Access:
    """What somebody may do as of now."""
    async with world.store.database.reading() as connection:
        return await load_access(connection, user)


async def reached(world: World, user: UserId, names: set[Name], record: RecordId | None = None) -> list[str]:
    """The events that a screen of `user` gets: one that shows Mine, or the stream of `record`."""
    held = (await access_of(world, user)).held()

    def concerns(event: Event) -> bool:
        if record is not None:
            return record in event.records
        return event.reach == Reach.STREAM and user in event.audience

    return [
        str(event.name)
        for event in world.events
        if event.name in names and concerns(event) and not held.isdisjoint(event.principals)
    ]


ENTRY_EVENTS = {Name.ENTRY_ADDED, Name.ENTRY_CHANGED, Name.ENTRY_REMOVED}
ACTIVITY_EVENTS = {Name.ACTIVITY_ADDED, Name.ACTIVITY_CHANGED, Name.ACTIVITY_REMOVED}


def names(world: World) -> list[str]:
    """The names of all events since they were last cleared."""
    return [str(event.name) for event in world.events]


async def task(world: World, user: UserId, *about: RecordId, **fields: object) -> JsonObject:
    """A task of somebody, and nothing in `world.events` but it."""
    world.events.clear()
    return await act(world, user, "create", **{"type": "task", "subject": "Send it", "records": list(about)} | fields)
