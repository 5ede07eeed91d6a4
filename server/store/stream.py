"""The stream as a list: Mine, All and a record's own, with every filter of PRODUCT §5.3, paged by position."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.domain.access import Access
from server.domain.events import Head
from server.domain.filters import NO_FILTER, Filter
from server.domain.text import fold
from server.domain.words import EntryId, JsonObject, Position, RecordId
from server.store.access import mine, visible
from server.store.log import read_head
from server.store.masking import masked
from server.store.reading import marked_unread
from server.store.schema import entries, entry_records, records
from server.store.shapes import shape_entries


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the stream. With `record` it is that record's own stream, in the order of creation.

    `before` is exclusive: the position that the last page ended with. `folded_into` opens an import card.
    """

    only_mine: bool = True
    record: RecordId | None = None
    folded_into: EntryId | None = None
    filter: Filter = NO_FILTER
    before: Position | None = None
    limit: int = 25


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list, true at `head`; `next` is what the following page is asked with, None at the end."""

    head: Head
    items: Sequence[JsonObject]
    next: Position | None


async def read_stream(connection: AsyncConnection, access: Access, question: Question) -> Page:
    """One page of entries, masked for the reader, each with `mine`."""
    head = await read_head(connection)
    order = entries.c.bumped if question.record is None else entries.c.added
    chosen = _chosen(access, question, order).order_by(order.desc()).limit(question.limit + 1)
    rows = (await connection.execute(chosen)).all()
    page = rows[: question.limit]
    shapes = await show_entries(connection, access, [EntryId(row.id) for row in page])
    return Page(head, shapes, page[-1].place if len(rows) > len(page) else None)


def _chosen(access: Access, question: Question, order: ColumnElement[int]) -> Select[tuple[int, int]]:
    chosen = select(entries.c.id, order.label("place")).where(visible(access), *conditions(question.filter))
    if question.before is not None:
        chosen = chosen.where(order < question.before)
    if question.record is not None:
        of = exists().where(entry_records.c.entry_id == entries.c.id, entry_records.c.record_id == question.record)
        return chosen.where(of)
    if question.folded_into is not None:
        return chosen.where(entries.c.folded_into == question.folded_into)
    chosen = chosen.where(entries.c.folded_into.is_(None))
    return chosen.where(mine(access.user)) if question.only_mine else chosen


def conditions(wanted: Filter) -> list[ColumnElement[bool]]:
    """A filter as conditions on `entries`: `domain.filters.matches` in SQL; a test holds both to one result."""
    found: list[ColumnElement[bool]] = []
    if wanted.types:
        found.append(entries.c.type.in_(sorted(wanted.types)))
    if wanted.authors:
        found.append(entries.c.author_id.in_(sorted(wanted.authors)))
    if wanted.since is not None:
        found.append(entries.c.at >= wanted.since)
    if wanted.until is not None:
        found.append(entries.c.at < wanted.until)
    if wanted.record_kinds:
        joined = entry_records.join(records, records.c.id == entry_records.c.record_id)
        of_kind = records.c.kind.in_(sorted(wanted.record_kinds))
        found.append(exists().select_from(joined).where(entry_records.c.entry_id == entries.c.id, of_kind))
    if wanted.text:
        found.append(entries.c.search.contains(fold(wanted.text), autoescape=True))
    return found


async def show_entries(connection: AsyncConnection, access: Access, ids: Sequence[EntryId]) -> list[JsonObject]:
    """Entries that the user may see, in the order asked for, masked, each with `mine`, and with `unread` if marked."""
    shapes = await shape_entries(connection, ids)
    shown = await masked(connection, access, [shapes[entry] for entry in ids])
    own = await connection.execute(select(entries.c.id).where(entries.c.id.in_(ids), mine(access.user)))
    belongs = set(own.scalars())
    marked = await marked_unread(connection, access.user, ids)
    return [
        shape | {"mine": entry in belongs} | ({"unread": True} if entry in marked else {})
        for entry, shape in zip(ids, shown, strict=True)
    ]
