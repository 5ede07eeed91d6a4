"""Records as one user sees them: one, a list of a kind, its followers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.domain.access import Access, Action
from server.domain.counters import Flag
from server.domain.text import fold
from server.domain.words import FollowLevel, JsonObject, Kind, Millis, RecordId, StageId, UserId
from server.errors import Invalid, NotFound
from server.store.access import owned, readable, readable_records
from server.store.counters import needing
from server.store.log import read_head
from server.store.masking import masked
from server.store.schema import follows, records, users
from server.store.shapes import Names, shape_records
from server.store.stream import Page


async def check_readable(connection: AsyncConnection, access: Access, record: RecordId) -> None:
    """Raises NotFound for a record that does not exist or may not be read: both answer alike."""
    if not await readable_records(connection, access, [record]):
        raise NotFound(f"there is no record {record}", record=record)


async def show_record(connection: AsyncConnection, access: Access, record: RecordId) -> JsonObject:
    """One record, whole, with what the user may do and how they follow it. Raises NotFound."""
    await check_readable(connection, access, record)
    return (await show_records(connection, access, [record]))[0]


async def show_records(connection: AsyncConnection, access: Access, ids: Sequence[RecordId]) -> list[JsonObject]:
    """Records that the user may read, in the order asked for."""
    shapes = await shape_records(connection, ids)
    facts = await owned(connection, ids)
    own = select(follows.c.record_id, follows.c.level).where(
        follows.c.user_id == access.user, follows.c.record_id.in_(ids)
    )
    levels: Mapping[int, str] = {row.record_id: row.level for row in await connection.execute(own)}
    actions = (Action.UPDATE, Action.DELETE)
    return [
        shape
        | {
            "following": levels.get(record),
            "may": [str(action) for action in actions if access.may(action, facts[record])],
        }
        for record, shape in zip(ids, await masked(connection, access, [shapes[id] for id in ids]), strict=True)
    ]


SORTS: Mapping[str, ColumnElement[object]] = {
    "last_activity": records.c.last_activity_at,
    "changed": records.c.changed_at,
    "created": records.c.created_at,
    "title": records.c.title,
    "amount": records.c.amount,
}
"""What a list can be sorted by; a leading `-` turns the order."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What is asked of the list of one kind. `before` is the id of the last record of the page before. `attention`: only
    those that need the reader at the moment `now`, for one of these reasons.
    """

    kind: Kind
    text: str = ""
    stages: Sequence[StageId] = ()
    responsible: Sequence[UserId] = ()
    attention: Sequence[Flag] = ()
    now: Millis = 0
    sort: str = "-last_activity"
    before: RecordId | None = None
    limit: int = 50


async def read_records(connection: AsyncConnection, access: Access, asked: Listing) -> Page:
    """One page of records of a kind. Raises Invalid for an unknown sort."""
    head = await read_head(connection)
    chosen = select(records.c.id).where(records.c.kind == str(asked.kind), readable(access), *_conditions(asked))
    if asked.attention:
        chosen = chosen.where(await needing(connection, access.user, asked.attention, asked.now))
    column, descending = _sort(asked.sort)
    if asked.before is not None:
        chosen = chosen.where(await _after(connection, access, column, descending, asked.before))
    order = (
        (column.desc().nulls_last(), records.c.id.desc()) if descending else (column.asc().nulls_last(), records.c.id)
    )
    ids = [RecordId(id) for id in (await connection.execute(chosen.order_by(*order).limit(asked.limit + 1))).scalars()]
    page = ids[: asked.limit]
    return Page(head, await show_records(connection, access, page), page[-1] if len(ids) > len(page) else None)


def _conditions(asked: Listing) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [
        records.c.search.contains(fold(word), autoescape=True) for word in asked.text.split()
    ]
    if asked.stages:
        found.append(records.c.stage_id.in_(asked.stages))
    if asked.responsible:
        found.append(records.c.responsible_id.in_(asked.responsible))
    return found


def _sort(sort: str) -> tuple[ColumnElement[object], bool]:
    column = SORTS.get(sort.removeprefix("-"))
    if column is None:
        raise Invalid.one("sort", "choice", f"one of {', '.join(SORTS)}, with - in front to turn it")
    return column, sort.startswith("-")


async def _after(
    connection: AsyncConnection, access: Access, column: ColumnElement[object], descending: bool, before: RecordId
) -> ColumnElement[bool]:
    """The rows behind a given one in the chosen order; empty values stand last, ties go by id.

    One that may not be read counts as none: where it stands would tell its title or amount.
    """
    of = select(column).where(records.c.id == before, readable(access))
    value = (await connection.execute(of)).scalar_one_or_none()
    further = records.c.id < before if descending else records.c.id > before
    if value is None:
        return and_(column.is_(None), further)
    beyond = column < value if descending else column > value
    return or_(beyond, column.is_(None), and_(column == value, further))


async def show_follow(connection: AsyncConnection, access: Access, record: RecordId) -> JsonObject:
    """How the user follows a record."""
    own = select(follows.c.level).where(follows.c.user_id == access.user, follows.c.record_id == record)
    return {"record": record, "level": (await connection.execute(own)).scalar_one_or_none()}


async def read_followers(connection: AsyncConnection, access: Access, record: RecordId) -> Page:
    """Who follows a record, the responsible person first. Raises NotFound."""
    head = await read_head(connection)
    await check_readable(connection, access, record)
    responsible = (
        await connection.execute(select(records.c.responsible_id).where(records.c.id == record))
    ).scalar_one()
    chosen = select(follows).join(users, users.c.id == follows.c.user_id).where(follows.c.record_id == record)
    levels = {row.user_id: row.level for row in await connection.execute(chosen.order_by(users.c.name))}
    people = dict.fromkeys([responsible, *levels])
    names = Names()
    names.need("user", *people)
    await names.load(connection)
    shown = [
        person | {"level": levels.get(user, str(FollowLevel.EVERYTHING)), "by_right": user == responsible}
        for user in people
        if (person := names.person(user)) is not None
    ]
    return Page(head, shown, None)
