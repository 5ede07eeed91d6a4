"""The unit of work: rows, events and positions in one transaction, published after its commit (ARCHITECTURE §3).

The log's head is locked last. Under that lock, which lives until commit, positions are given and events are drawn, so
position order is commit order, a rollback leaves no hole, and what an event says was true at its position.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import TypeAlias

from sqlalchemy import ColumnElement, bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.domain.access import Access
from server.domain.events import Event, Name, Reach
from server.domain.history import Note
from server.domain.words import ActivityId, EntryId, JsonObject, Millis, RecordId, UserId
from server.store.access import load_access
from server.store.database import Database
from server.store.drafts import Draft, Drafting, Image
from server.store.log import event_of
from server.store.schema import entries, events, history, log_head, notifications

Publish: TypeAlias = Callable[[Sequence[Event]], Awaitable[None]]
"""Rings the doorbell for committed events. Best effort: it never raises, and waits for no reader."""


class Work:
    """One transaction of one user. Actions read and write through `connection` and say what happened with `record`.

    `at` is the moment it began, for what is written; its events carry the moment just before the commit.
    """

    def __init__(
        self, connection: AsyncConnection, access: Access, clock: Callable[[], Millis], ref: str | None = None
    ) -> None:
        self.connection = connection
        self.access = access
        self.at = clock()
        self._clock = clock
        self.ref = ref
        self.events: list[Event] = []
        self._drafts: list[Draft] = []
        self._notes: list[Note] = []
        self._concerned: set[UserId] = set()

    @property
    def user(self) -> UserId:
        """Who acts; `PORTAL` when nobody does."""
        return self.access.user

    def record(self, draft: Draft) -> None:
        """Adds one event to the log when the work is finished."""
        self._drafts.append(draft)

    def note(self, note: Note) -> None:
        """Adds one line to the audit log when the work is finished, at its last position."""
        self._notes.append(note)

    def concern(self, users: Iterable[UserId]) -> None:
        """The counters of some users are others after this work: they are told of it once."""
        self._concerned.update(users)

    async def lock(self) -> None:
        """Takes the log's head early: for work that must know who sees a thing before it removes it."""
        await self.connection.execute(select(log_head.c.position).with_for_update())

    async def draw(self, draft: Draft) -> Image | None:
        """Who sees a thing as of now; after `lock` that stays true until the commit."""
        return (await Drafting(self.connection).draw([draft]))[0]

    async def forget(self, entry: EntryId) -> None:
        """Empties the log of an entry's content; the positions stay."""
        await self._empty(events.c.entry_id == entry)

    async def forget_activity(self, activity: ActivityId) -> None:
        """Empties the log of an activity's content; the positions stay."""
        await self._empty(events.c.activity_id == activity)

    async def forget_record(self, record: RecordId) -> None:
        """Empties the log of a record's content; the positions stay."""
        await self._empty(events.c.record_id == record)

    async def _empty(self, condition: ColumnElement[bool]) -> None:
        told = [event_of(row) for row in await self.connection.execute(select(events).where(condition))]
        if told:
            kept = update(events).where(events.c.position == bindparam("place"))
            rows = [{"place": event.position, "ids": Draft.of(event).emptied()} for event in told]
            await self.connection.execute(kept.values(data=bindparam("ids"), readers={}), rows)

    async def finish(self) -> None:
        """Gives positions, draws and inserts the events. Nothing may be recorded after it; a second call does nothing."""
        if self.events:
            return
        if self._concerned:
            told = Image(audience=frozenset(self._concerned))
            self._drafts.insert(0, Draft(Name.COUNTERS_CHANGED, Reach.PERSONAL, frozen=told))
        if not (self._drafts or self._notes):
            return
        first = await self._take(len(self._drafts))
        positions = range(first, first + len(self._drafts))
        await self._place(zip(self._drafts, positions, strict=True))
        images = await Drafting(self.connection).draw(self._drafts)
        at = self._clock()
        self.events = [
            self._event(draft, position, image or Image(), at)
            for draft, position, image in zip(self._drafts, positions, images, strict=True)
        ]
        if self.events:
            rows = [_row(event, draft) for event, draft in zip(self.events, self._drafts, strict=True)]
            await self.connection.execute(insert(events), rows)
        if self._notes:
            kept: JsonObject = {"at": self.at, "position": positions.stop - 1, "actor_id": self.user or None}
            await self.connection.execute(insert(history), [_note_row(note) | kept for note in self._notes])

    async def _take(self, count: int) -> int:
        taken = update(log_head).values(position=log_head.c.position + count).returning(log_head.c.position)
        last: int = (await self.connection.execute(taken)).scalar_one()
        return last - count + 1

    async def _place(self, placed: Iterable[tuple[Draft, int]]) -> None:
        """Writes the positions of new and bumped entries, and of notifications, into their rows."""
        added: list[dict[str, int]] = []
        bumped: list[dict[str, int]] = []
        told: list[dict[str, int]] = []
        for draft, position in placed:
            if draft.entry is not None and draft.name == Name.ENTRY_ADDED:
                added.append({"entry": draft.entry, "place": position})
            elif draft.entry is not None and draft.bumps:
                bumped.append({"entry": draft.entry, "place": position})
            elif draft.name == Name.NOTIFICATION_ADDED and draft.notification is not None:
                told.append({"notification": draft.notification, "position": position})
        for rows, columns in ((added, ("added", "bumped")), (bumped, ("bumped",))):
            if rows:
                placing = update(entries).where(entries.c.id == bindparam("entry"))
                places = placing.values({name: bindparam("place") for name in columns})
                await self.connection.execute(places.values(bumped_by=self.user or None), rows)
        if told:
            placing = update(notifications).where(notifications.c.id == bindparam("notification"))
            await self.connection.execute(placing.values(place=bindparam("position")), told)

    def _event(self, draft: Draft, position: int, image: Image, at: Millis) -> Event:
        return Event(
            position=position,
            at=at,
            name=draft.name,
            reach=draft.reach,
            actor=self.user or None,
            entry=draft.entry,
            records=image.records,
            principals=image.principals,
            audience=image.audience,
            data=image.data,
            readers=image.readers,
            ref=draft.ref or self.ref,
            barred=image.barred,
        )


def _row(event: Event, draft: Draft) -> JsonObject:
    return {
        "position": event.position,
        "at": event.at,
        "name": str(event.name),
        "reach": str(event.reach),
        "actor_id": event.actor,
        "entry_id": event.entry,
        "activity_id": draft.activity,
        "record_id": draft.record,
        "records": list(event.records),
        "principals": sorted(event.principals),
        "audience": sorted(event.audience),
        "readers": {str(record): sorted(names) for record, names in event.readers.items()},
        "data": event.data,
        "ref": event.ref,
        "barred": sorted(event.barred),
    }


def _note_row(note: Note) -> JsonObject:
    return {
        "record_id": note.record,
        "kind": None if note.kind is None else str(note.kind),
        "what": str(note.what),
        "field": note.field,
        "before": note.before,
        "after": note.after,
    }


PORTAL = UserId(0)  # the id of no user: the portal itself acts


def now() -> Millis:
    """The moment as the log keeps it."""
    return time.time_ns() // 1_000_000


class Works:
    """Opens units of work on one database and publishes what they committed."""

    def __init__(self, database: Database, publish: Publish, clock: Callable[[], Millis] = now) -> None:
        self._database = database
        self.publish = publish
        self.clock = clock

    @asynccontextmanager
    async def open(self, user: UserId, ref: str | None = None) -> AsyncIterator[Work]:
        """One transaction of one user, with rights read inside it. Raises NotSignedIn, Unavailable."""
        async with self._database.writing() as connection:
            work = Work(connection, await load_access(connection, user), self.clock, ref)
            yield work
            await work.finish()
        await self._tell(work)

    @asynccontextmanager
    async def open_unattended(self) -> AsyncIterator[Work]:
        """One transaction that is nobody's: of the shell, or of somebody who signs out. It may do what admins may."""
        async with self._database.writing() as connection:
            work = Work(connection, Access(PORTAL, admin=True), self.clock)
            yield work
            await work.finish()
        await self._tell(work)

    async def _tell(self, work: Work) -> None:
        if work.events:
            await self.publish(work.events)
