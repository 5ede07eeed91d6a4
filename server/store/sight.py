"""What presence asks of the store: who is shown, and which records they may read, as of now."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import and_, or_, select

from server.domain.access import Action, Readers, readers
from server.domain.entries import Family, types_of
from server.domain.words import EntryId, JsonObject, RecordId, UserId
from server.errors import Forbidden, NotFound
from server.store.access import load_access, owned, readable, visible
from server.store.database import Database
from server.store.schema import entries, entry_records, records, users


class Sight:
    """The live path's `Sight`, over the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def person(self, user: UserId, /) -> JsonObject | None:
        """How others see a user: `{"user", "name"}`; None for bots, walls and who is disabled."""
        wanted = select(users.c.name).where(users.c.id == user, users.c.active, users.c.type == "person")
        async with self._database.reading() as connection:
            name = await connection.scalar(wanted)
        return None if name is None else {"user": int(user), "name": name}

    async def readers(self, wanted: Collection[RecordId], /) -> Readers:
        """The readers of some records; those that do not exist are left out."""
        async with self._database.reading() as connection:
            return {record: readers(facts) for record, facts in (await owned(connection, wanted)).items()}

    async def check(self, user: UserId, record: RecordId, action: Action, /) -> None:
        """Raises NotFound for a record that may not be read or does not exist, Forbidden when the action is too much."""
        async with self._database.reading() as connection:
            access = await load_access(connection, user)
            facts = (await owned(connection, [record])).get(record)
        if facts is None or not access.may(Action.READ, facts):
            raise NotFound(f"there is no record {record}", record=record)
        if not access.may(action, facts):
            raise Forbidden("you may not do this", action=str(action), record=record)

    async def about(self, user: UserId, entry: EntryId, /) -> Collection[RecordId]:
        """The records an entry is about that the user may read: of a change, the one that changed.

        Raises NotFound for an entry that may not be seen or does not exist.
        """
        changes = sorted(types_of(Family.CHANGE))
        bound, about = entry_records.alias(), records.alias()  # `visible` asks the tables themselves
        whole = or_(entries.c.type.not_in(changes), about.c.id == entries.c.subject_id)
        joined = entries.outerjoin(bound, bound.c.entry_id == entries.c.id)
        joined = joined.outerjoin(about, and_(about.c.id == bound.c.record_id, whole))
        async with self._database.reading() as connection:
            access = await load_access(connection, user)
            wanted = (
                select(about.c.id, readable(access, about).label("readable"))
                .select_from(joined)
                .where(entries.c.id == entry, visible(access))
            )
            rows = (await connection.execute(wanted)).all()
        if not rows:
            raise NotFound(f"there is no entry {entry}", entry=entry)
        return [RecordId(row.id) for row in rows if row.id is not None and row.readable]
