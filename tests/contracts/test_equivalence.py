"""An old snapshot and the events after it give a fresh snapshot, for every event.

In a client written from the docs, and in the page's own modules.
"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

import msgspec
import pytest

from server.domain.events import Name
from server.domain.words import JsonObject, UserId
from tests.conftest import missing
from tests.contracts.reducer import Client, differences
from tests.contracts.screens import Screens, View, take
from tests.contracts.story import STORY, assemble
from tests.world import World, open_world

PAGE = Path(__file__).with_name("equivalence.mjs")
NEVER_FRAMED = {Name.LOGIN_ENDED, Name.ACCESS_CHANGED, Name.COUNTERS_CHANGED}
"""They close connections, or are told as `reset` and `counters`."""
NOT_TOLD = {
    "stream": {"epoch", "position"},
    "unseen": {"epoch", "position"},
    "portal": {"epoch", "position"},
    "me": {"epoch", "position", "unseen", "notifications"},
    "record": {"last_activity_at", "last_activity_by"},
}
"""The place in the log; what is compared as a part of its own; and what docs/protocol.md says no event brings."""


@dataclass
class Told:
    """What one client was sent for one step, between two snapshots."""

    step: str
    user: UserId
    view: View
    before: JsonObject
    frames: list[JsonObject]
    after: JsonObject


async def tell(world: World) -> list[Told]:
    """The whole story, as all screens get it."""
    cast_ = await assemble(world)
    role = await world.do(cast_.ada, "user.change", user=cast_.luis)
    cast_.made["role of luis"] = cast("list[dict[str, int]]", role["roles"])[0]["role"]
    views = [View("mine"), View("all"), View("filtered"), View("record", cast_.deal)]
    screens = Screens(world, await world.store.log.head())
    for user in cast_.people.values():
        for view in views:
            await screens.open(user, view)
    told: list[Told] = []
    before = {key: await take(world, *key) for key in screens.sessions}
    for step in STORY:
        await step.act(cast_)
        frames = await screens.frames()
        after = {key: await take(world, *key) for key in screens.sessions}
        who = {user: name for name, user in cast_.people.items()}
        told += [
            Told(f"{step.who} {step.action}, {who[key[0]]}'s {key[1].name}", *key, before[key], frames[key], after[key])
            for key in screens.sessions
        ]
        before = after
    return told


def names(told: list[Told]) -> set[str]:
    return {str(frame["name"]) for each in told for frame in each.frames if frame["type"] == "event"}


def comparable(part: str, value: object) -> object:
    left_out = NOT_TOLD.get(part, set())
    return {key: item for key, item in value.items() if key not in left_out} if isinstance(value, dict) else value


def wrong(told: Told) -> list[str]:
    """What a client shows that followed the frames, and a fresh one does not."""
    client = Client(told.user, told.view, told.before)
    for frame in told.frames:
        client.take(frame)
        client.take(frame)  # a second time is harmless
    for part in client.too_many:
        stay = {row["id"] for row in cast("list[JsonObject]", told.after[part])}
        client.shown[part] = [row for row in cast("list[JsonObject]", client.shown[part]) if row["id"] in stay]
    return [
        f"{told.step}: {one} after {[frame.get('name', frame['type']) for frame in told.frames]}"
        for part in sorted(told.after.keys() - client.stale)
        for one in differences([part], comparable(part, client.shown[part]), comparable(part, told.after[part]))
    ]


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    """See `tests.world`."""
    async with open_world(database_url) as world:
        yield world


async def test_a_snapshot_and_the_events_after_it_give_a_fresh_snapshot(world: World) -> None:
    told = await tell(world)

    found = [one for each in told for one in wrong(each)]

    assert names(told) == {str(name) for name in Name} - NEVER_FRAMED
    assert found == [], "\n".join(found)
    assert any(frame["type"] == "reset" for each in told for frame in each.frames)


async def test_the_page_shows_the_same(sqlite_url: str, tmp_path: Path) -> None:
    async with open_world(sqlite_url) as world:
        told = await tell(world)
    file = tmp_path / "told.json"
    file.write_bytes(msgspec.json.encode([asdict(each) for each in told]))
    program = shutil.which("node") or missing("there is no Node: the page's own tests need it (version 20 or newer)")

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run([program, PAGE, file], capture_output=True, text=True, timeout=60, check=False)

    done = await asyncio.to_thread(run)

    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(told)} told" in done.stdout
