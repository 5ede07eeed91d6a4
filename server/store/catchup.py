"""Catch me up (PRODUCT §17): what changed since a position, record by record, as what it comes to in the end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import Select, case, exists, func, literal, or_, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from server.domain.access import Access
from server.domain.history import What
from server.domain.words import FollowLevel, JsonObject, Position, RecordId
from server.errors import Invalid
from server.store.access import mine, readable, visible
from server.store.history import name_values, named
from server.store.log import read_head
from server.store.masking import masked
from server.store.schema import entries, entry_records, follows, history, records
from server.store.shapes import Names
from server.store.stream import Page

LINES_MAX = 2_000  # of the audit log of one page of records


async def read_catchup(
    connection: AsyncConnection,
    access: Access,
    since: Position,
    *,
    only_mine: bool = True,
    before: Position | None = None,
    limit: int = 25,
) -> Page:
    """One page of records that changed or lived after `since`, the last one first: each with `changes` (the net change of
    each field), `added` (entries that are new), `entries` (new ones and those with new life) and `last` (a position).
    Rights are those of now. Raises Invalid for a position that the log does not reach.
    """
    head = await read_head(connection)
    if since > head.position:
        raise Invalid.one("since", "range", "the log has not come so far", highest=head.position)
    both = union_all(
        _lived(access, since, only_mine=only_mine), _changed(access, since, only_mine=only_mine)
    ).subquery()
    last = func.max(both.c.last)
    sums = (func.sum(both.c.entries).label("entries"), func.sum(both.c.added).label("added"))
    lived = select(both.c.record_id, last.label("last"), *sums).group_by(both.c.record_id)
    lived = lived.order_by(last.desc(), both.c.record_id.desc())
    if before is not None:
        lived = lived.having(last < before)
    rows = (await connection.execute(lived.limit(limit + 1))).all()
    page = rows[:limit]
    ids = [RecordId(row.record_id) for row in page]
    changes, names = await _changes(connection, ids, since)
    shown: list[JsonObject] = [
        {
            "about": names.ref(row.record_id),
            "changes": changes.get(RecordId(row.record_id), []),
            "entries": int(row.entries),
            "added": int(row.added),
            "last": row.last,
        }
        for row in page
    ]
    return Page(head, await masked(connection, access, shown), page[-1].last if len(rows) > len(page) else None)


def _lived(access: Access, since: Position, *, only_mine: bool) -> Select[tuple[int, ...]]:
    """The records with entries that are new or lived again: how many, and the last sign of life."""
    seen = select(entries.c.id, entries.c.bumped, entries.c.added).where(entries.c.bumped > since, visible(access))
    of = (seen.where(mine(access.user)) if only_mine else seen).subquery()
    joined = entry_records.join(of, of.c.id == entry_records.c.entry_id)
    joined = joined.join(records, records.c.id == entry_records.c.record_id)
    lived = select(
        entry_records.c.record_id,
        func.max(of.c.bumped).label("last"),
        func.count().label("entries"),
        func.sum(case((of.c.added > since, 1), else_=0)).label("added"),
    ).select_from(joined)
    return lived.where(readable(access)).group_by(entry_records.c.record_id)


def _changed(access: Access, since: Position, *, only_mine: bool) -> Select[tuple[int, ...]]:
    """The records with changed fields, of which many make no entry."""
    changed = select(
        history.c.record_id,
        func.max(history.c.position).label("last"),
        literal(0).label("entries"),
        literal(0).label("added"),
    ).join(records, records.c.id == history.c.record_id)
    changed = changed.where(history.c.position > since, history.c.what == str(What.CHANGED), readable(access))
    if only_mine:
        own = (follows.c.record_id == records.c.id, follows.c.user_id == access.user)
        followed = exists().where(*own, follows.c.level != str(FollowLevel.MUTED))
        changed = changed.where(or_(records.c.responsible_id == access.user, followed))
    return changed.group_by(history.c.record_id)


async def _changes(
    connection: AsyncConnection, ids: Sequence[RecordId], since: Position
) -> tuple[Mapping[RecordId, list[JsonObject]], Names]:
    """The net change of each field of some records: what it was then, and what it came to. There and back is none."""
    changed = select(history).where(
        history.c.record_id.in_(ids), history.c.position > since, history.c.what == str(What.CHANGED)
    )
    rows = (await connection.execute(changed.order_by(history.c.id.desc()).limit(LINES_MAX))).all()[::-1]
    names = await name_values(connection, rows)
    names.need("record", *ids)
    await names.load(connection)
    first: dict[tuple[RecordId, str], object] = {}
    last: dict[tuple[RecordId, str], object] = {}
    kinds: dict[RecordId, str] = {}
    for row in rows:
        key = RecordId(row.record_id), row.field
        kinds[key[0]] = row.kind
        first.setdefault(key, row.before)
        last[key] = row.after
    found: defaultdict[RecordId, list[JsonObject]] = defaultdict(list)
    for (record, name), value in last.items():
        old = first[record, name]
        if old != value:
            change = {side: named(kinds[record], name, of, names) for side, of in (("before", old), ("after", value))}
            found[record].append({"field": name, **change})
    return found, names
