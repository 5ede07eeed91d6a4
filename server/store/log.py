"""The log as a reader sees it: where it stands, its events as they were, a replay with contents and rights as of now.

Actions never use it: they write events through a unit of work.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.domain.access import NOBODY, Readers, readers
from server.domain.events import Event, Head, Name, Reach
from server.domain.words import EntryId, JsonObject, Position, RecordId, UserId
from server.store.access import owned
from server.store.database import Database
from server.store.drafts import Draft, Drafting, Image
from server.store.schema import events, log_head

PAGE = 500  # events; a replay is read in pages, so that a long absence does not fill the memory


async def read_head(connection: AsyncConnection) -> Head:
    """Where the log stands; read it before the rows of a snapshot, on the same connection."""
    row = (await connection.execute(select(log_head.c.epoch, log_head.c.position, log_head.c.floor))).one()
    return Head(row.epoch, row.position, row.floor)


class Log:
    """The log of one portal, for the live path."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def head(self) -> Head:
        """Where the log stands."""
        async with self._database.reading() as connection:
            return await read_head(connection)

    async def read(self, after: Position, upto: Position, limit: int = PAGE) -> list[Event]:
        """Events as they were recorded, in order: `after` exclusive, `upto` inclusive, at most `limit`."""
        async with self._database.reading() as connection:
            return await self._rows(connection, after, upto, limit)

    async def replay(self, after: Position, upto: Position, limit: int = PAGE) -> list[Event]:
        """The same events with contents, readers and audience as of now: what was deleted since has no data."""
        async with self._database.reading() as connection:
            found = await self._rows(connection, after, upto, limit)
            return await _as_of_now(connection, found)

    async def _rows(self, connection: AsyncConnection, after: Position, upto: Position, limit: int) -> list[Event]:
        chosen = select(events).where(events.c.position > after, events.c.position <= upto)
        found = await connection.execute(chosen.order_by(events.c.position).limit(limit))
        return [event_of(row) for row in found]


async def _as_of_now(connection: AsyncConnection, found: Sequence[Event]) -> list[Event]:
    """Draws every event anew from what it tells of. A thing that is gone draws nothing: its removal comes later."""
    drafts = [Draft.of(event) for event in found]
    drawn = await Drafting(connection).draw(drafts)
    told = [
        event if draft.frozen else (image or Image()).on(event)
        for event, draft, image in zip(found, drafts, drawn, strict=True)
    ]
    return await _to_readers_of_now(connection, told)


async def _to_readers_of_now(connection: AsyncConnection, told: Sequence[Event]) -> list[Event]:
    """Rights as of now where nothing is drawn anew: what is told of records is masked by their readers of now, and who
    follows a record is for those who may read it now. (Removals, ids alone, are for those who saw what was removed.)
    """
    named = {record for event in told for record in (*event.readers, *_followed(event))}
    if not named:
        return list(told)
    of = {record: readers(facts) for record, facts in (await owned(connection, named)).items()}
    return [_as_read_now(event, of) for event in told]


def _as_read_now(event: Event, of: Readers) -> Event:
    event = replace(event, readers={record: of.get(record, NOBODY) for record in event.readers})
    if followed := _followed(event):
        return replace(event, principals=NOBODY.union(*(of.get(record, NOBODY) for record in followed)))
    return event


def _followed(event: Event) -> tuple[RecordId, ...]:
    return event.records if event.name == Name.FOLLOWER_CHANGED else ()


def event_of(row: Row[tuple[object, ...]]) -> Event:
    """A row of `events` as an event."""
    data: JsonObject = row.data
    return Event(
        position=row.position,
        at=row.at,
        name=Name(row.name),
        reach=Reach(row.reach),
        actor=None if row.actor_id is None else UserId(row.actor_id),
        entry=None if row.entry_id is None else EntryId(row.entry_id),
        records=tuple(RecordId(number) for number in row.records),
        principals=frozenset(row.principals),
        audience=frozenset(UserId(number) for number in row.audience),
        readers={RecordId(int(number)): frozenset(names) for number, names in row.readers.items()},
        data=data,
        ref=row.ref,
        barred=frozenset(row.barred),
    )
