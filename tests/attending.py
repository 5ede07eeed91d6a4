"""A client of one user that counts unseen entries and unread notifications by events alone, and a bell to ask."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

from server.domain.attention import is_unseen
from server.domain.events import Event, Name, Reach
from server.domain.words import EntryId, JsonObject, Position, UserId
from server.store.access import load_access
from server.store.notifications import Bell, read_notifications
from server.store.reading import count_unread, read_unseen
from tests.world import World

ASK_AGAIN = {Name.FOLLOW_CHANGED, Name.RECORD_LOCKED, Name.RECORD_UNLOCKED, Name.ACCESS_CHANGED}
"""After these a client cannot know which entries came into its Mine or left it."""


@dataclass
class Device:
    """Follows docs/topics/attention.md to the letter, subscribed to `mine` without a filter."""

    world: World
    user: UserId
    seen: Position = 0
    position: Position = 0
    unseen: dict[EntryId, Position] = field(default_factory=dict)
    older: int = 0
    unread: int = 0
    marked: set[EntryId] = field(default_factory=set)
    stale: bool = False
    asked: int = 0

    async def ask(self) -> None:
        """Reads a snapshot."""
        async with self.world.store.database.reading() as connection:
            access = await load_access(connection, self.user)
            found = await read_unseen(connection, access)
            self.unread = (await count_unread(connection, [access]))[self.user]
        rows = cast("list[dict[str, int]]", found["entries"])
        self.seen, self.position = cast(int, found["seen"]), cast(int, found["position"])
        self.unseen = {EntryId(row["entry"]): row["bumped"] for row in rows}
        self.older = cast(int, found["unseen"]) - len(rows)
        self.stale = False
        self.asked += 1

    @property
    def count(self) -> int:
        """The number on the tab."""
        return len(self.unseen) + self.older

    async def take(self, event: Event) -> None:
        """An event of the log, if the hub would send it to this client."""
        if event.position <= self.position or not await self._is_for_me(event):
            return
        self.position = event.position
        entry = event.data.get("entry")
        if event.name in ASK_AGAIN:
            self.stale = True
        elif event.name == Name.ENTRY_REMOVED:
            self._leave(EntryId(cast(int, entry)))
        elif event.name == Name.READ_CHANGED:
            self._turn(event.data)
        elif event.name in {Name.NOTIFICATION_ADDED, Name.NOTIFICATION_CHANGED}:
            self.unread = cast(int, event.data["unread"])
        elif isinstance(entry, dict):
            self._see(entry, mine=self.user in event.audience)

    def _see(self, entry: JsonObject, *, mine: bool) -> None:
        id, bumped = EntryId(cast(int, entry["id"])), cast(int, entry["bumped"])
        by = cast("UserId | None", entry["bumped_by"])
        if mine and not entry["folded"] and is_unseen(bumped, by, self.user, self.seen):
            self.stale |= bool(self.older) and id not in self.unseen and entry["added"] != bumped
            self.unseen[id] = bumped
        else:
            self._leave(id)

    def _leave(self, entry: EntryId) -> None:
        self.stale |= bool(self.older) and entry not in self.unseen
        self.unseen.pop(entry, None)
        self.marked.discard(entry)

    def _turn(self, data: JsonObject) -> None:
        if unread := cast("JsonObject | None", data.get("unread")):
            entry = EntryId(cast(int, unread["entry"]))
            self.marked = self.marked | {entry} if unread["marked"] else self.marked - {entry}
        if (seen := cast("int | None", data.get("seen"))) is not None and seen > self.seen:
            self.seen = seen
            self.stale |= bool(self.older) and seen < min(self.unseen.values(), default=seen + 1)
            self.older = 0
            self.unseen = {entry: bumped for entry, bumped in self.unseen.items() if bumped > seen}

    async def _is_for_me(self, event: Event) -> bool:
        if event.reach is Reach.PORTAL:
            return True
        if event.reach is Reach.PERSONAL:
            return bool(event.data) and self.user in event.audience
        async with self.world.store.database.reading() as connection:
            held = (await load_access(connection, self.user)).held()
        may = not event.principals.isdisjoint(held) and event.barred.isdisjoint(held)
        return may and bool(event.data) and (event.reach is Reach.HOLDERS or self._in_mine(event))

    def _in_mine(self, event: Event) -> bool:
        return event.reach is Reach.STREAM and self.user in event.audience


async def bell(world: World, user: UserId, **asked: object) -> list[JsonObject]:
    """What stands in somebody's bell."""
    async with world.store.database.reading() as connection:
        access = await load_access(connection, user)
        page = await read_notifications(connection, access, Bell(**asked))  # type: ignore[arg-type]
    return list(page.items)


async def reasons(world: World, user: UserId) -> list[tuple[str, int, bool]]:
    """Reason, entry and whether it is unread, of everything in somebody's bell, the newest first."""
    return [(str(one["reason"]), cast(int, one["entry"]), not one["read"]) for one in await bell(world, user)]
