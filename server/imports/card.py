"""The one entry that stands for a whole file in the stream: it counts up while the import runs (PRODUCT §5.1).

What it stands for is folded into it: shown in the streams of the records themselves, and when the card is opened.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self, cast

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.actions.entries import NewEntry
from server.domain.entries import Part
from server.domain.events import Name, Reach
from server.domain.words import EntryId, JsonObject, Kind, UserId
from server.store.drafts import Draft
from server.store.ids import take_ids
from server.store.schema import entries, entry_people, entry_records
from server.store.work import Work

LOOKED_AT = 50  # cards; an import that was killed is taken up again before there are more


class Card:
    """The card of one file: made with the first batch that writes, unless an import that was killed left one."""

    def __init__(self, file: str, kind: str) -> None:
        self.id: EntryId | None = None
        self._counts: JsonObject = {"file": file, "kind": kind, "added": 0, "changed": 0, "running": True}

    @classmethod
    async def take_up(cls, connection: AsyncConnection, user: UserId, file: str, kind: str) -> Self:
        """The card of this file and user that never finished, or a new one."""
        card = cls(file, kind)
        own = select(entries.c.id, entries.c.imported).where(entries.c.type == "import", entries.c.author_id == user)
        for row in await connection.execute(own.order_by(entries.c.id.desc()).limit(LOOKED_AT)):
            if row.imported["running"] and (row.imported["file"], row.imported["kind"]) == (file, kind):
                card.id, card._counts = EntryId(row.id), row.imported
                break
        return card

    @property
    def state(self) -> tuple[EntryId | None, JsonObject]:
        """What a batch changes: to be put back when it was rolled back."""
        return self.id, self._counts

    @state.setter
    def state(self, state: tuple[EntryId | None, JsonObject]) -> None:
        self.id, self._counts = state

    async def count(self, work: Work, added: int, changed: int) -> EntryId:
        """Counts a batch, in its transaction."""
        counts = self._counts
        self._counts = counts | {
            "added": cast(int, counts["added"]) + added,
            "changed": cast(int, counts["changed"]) + changed,
        }
        return await self._write(work)

    async def close(self, work: Work) -> None:
        """Says that it is over."""
        self._counts |= {"running": False}
        await self._write(work)

    async def _write(self, work: Work) -> EntryId:
        if self.id is None:
            self.id = await self._make(work)
            work.record(Draft(Name.ENTRY_ADDED, entry=self.id))
        else:
            await work.connection.execute(update(entries).where(entries.c.id == self.id).values(imported=self._counts))
            work.record(Draft(Name.ENTRY_CHANGED, entry=self.id))
        return self.id

    async def _make(self, work: Work) -> EntryId:
        kind = self._counts["kind"]
        row = _row(work, "import") | {
            "counted": kind if kind in set(Kind) else None,  # people and products are the author's alone
            "imported": self._counts,
        }
        made = await work.connection.execute(insert(entries).values(row).returning(entries.c.id))
        card = EntryId(made.scalar_one())
        author = {"entry_id": card, "user_id": work.user, "part": str(Part.AUTHOR)}
        await work.connection.execute(insert(entry_people).values(author))
        return card


def _row(work: Work, type: str) -> JsonObject:
    return {"type": type, "author_id": work.user, "at": work.at, "added": 0, "bumped": 0, "text": "", "search": ""}


async def fold_entries(work: Work, card: EntryId, new: Sequence[NewEntry]) -> None:
    """Writes many entries of the acting user at once, folded into a card; they reach the records' own streams only."""
    if not new:
        return
    ids = [EntryId(number) for number in await take_ids(work.connection, entries, len(new))]
    rows = [
        _row(work, entry.type) | {"id": id, "subject_id": entry.subject, "change": entry.change, "folded_into": card}
        for id, entry in zip(ids, new, strict=True)
    ]
    await work.connection.execute(insert(entries), rows)
    people = [{"entry_id": entry, "user_id": work.user, "part": str(Part.AUTHOR)} for entry in ids]
    await work.connection.execute(insert(entry_people), people)
    about = [
        {"entry_id": entry, "record_id": record, "sort": sort}
        for entry, each in zip(ids, new, strict=True)
        for sort, record in enumerate(each.records)
    ]
    if about:
        await work.connection.execute(insert(entry_records), about)
    for entry in ids:
        work.record(Draft(Name.ENTRY_ADDED, reach=Reach.RECORD, entry=entry))
