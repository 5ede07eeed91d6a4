"""Activities as lists, and one by one: each reader sees those of records they may read, and their own (PRODUCT §2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.domain.access import Access
from server.domain.activities import OPEN, Status, Type
from server.domain.events import Head
from server.domain.words import ActivityId, JsonObject, RecordId, UserId
from server.errors import NotFound
from server.store.access import readable
from server.store.log import read_head
from server.store.masking import masked
from server.store.records import check_readable
from server.store.schema import activities, activity_records, records
from server.store.shapes import shape_activities
from server.store.stream import Page


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of the list of activities. `before` is exclusive: the id that the last page ended with.

    `bound`: to some record (True), to none (False), or whichever (None).
    """

    responsible: UserId | None = None
    still_open: bool | None = None
    type: Type | None = None
    record: RecordId | None = None
    bound: bool | None = None
    before: ActivityId | None = None
    limit: int = 25


@dataclass(frozen=True, slots=True)
class Current:
    """The next open activities by deadline, true at `head`, and how many there are in all."""

    head: Head
    items: Sequence[JsonObject]
    total: int


def visible_activities(access: Access) -> ColumnElement[bool]:
    """The condition that the user may see a row of `activities`: `visible` of their entries, and those without one."""
    joined = activity_records.join(records, records.c.id == activity_records.c.record_id)
    of_readable = (
        exists().select_from(joined).where(activity_records.c.activity_id == activities.c.id, readable(access))
    )
    own = or_(activities.c.author_id == access.user, activities.c.responsible_id == access.user)
    return and_(~activities.c.hidden, or_(own, of_readable))


async def list_activities(connection: AsyncConnection, access: Access, wanted: Wanted) -> Page:
    """One page of activities, newest first, masked. Raises NotFound for a record that the reader may not read."""
    head = await read_head(connection)
    if wanted.record is not None:
        await check_readable(connection, access, wanted.record)
    chosen = select(activities.c.id).where(visible_activities(access), *_conditions(wanted))
    ids = await _ids(connection, chosen.order_by(activities.c.id.desc()).limit(wanted.limit + 1))
    page = ids[: wanted.limit]
    return Page(head, await _show(connection, access, page), page[-1] if len(ids) > len(page) else None)


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.responsible is not None:
        found.append(activities.c.responsible_id == wanted.responsible)
    if wanted.still_open is not None:
        found.append(_open() if wanted.still_open else activities.c.status == str(Status.COMPLETED))
    if wanted.type is not None:
        found.append(activities.c.type == str(wanted.type))
    if wanted.record is not None:
        found.append(_bound_to(wanted.record))
    if wanted.bound is not None:
        bound = exists().where(activity_records.c.activity_id == activities.c.id)
        found.append(bound if wanted.bound else ~bound)
    if wanted.before is not None:
        found.append(activities.c.id < wanted.before)
    return found


def _open() -> ColumnElement[bool]:
    return activities.c.status.in_(sorted(str(status) for status in OPEN))


def _bound_to(record: RecordId) -> ColumnElement[bool]:
    return activities.c.id.in_(select(activity_records.c.activity_id).where(activity_records.c.record_id == record))


async def current_activities(
    connection: AsyncConnection, access: Access, record: RecordId | None = None, limit: int = 5
) -> Current:
    """The open activities that the reader is responsible for, or those of a record: by deadline, those without one
    last. Raises NotFound for a record that does not exist or may not be read."""
    head = await read_head(connection)
    if record is not None:
        await check_readable(connection, access, record)
    of = activities.c.responsible_id == access.user if record is None else _bound_to(record)
    wanted = (_open(), of, ~activities.c.hidden)
    order = (activities.c.deadline.is_(None), activities.c.deadline, activities.c.id)
    ids = await _ids(connection, select(activities.c.id).where(*wanted).order_by(*order).limit(limit))
    total = (await connection.execute(select(func.count()).select_from(activities).where(*wanted))).scalar_one()
    return Current(head, await _show(connection, access, ids), total)


async def show_activity(connection: AsyncConnection, access: Access, activity: ActivityId) -> JsonObject:
    """One activity, masked for the reader. Raises NotFound for one that they may not see."""
    ids = await _ids(connection, select(activities.c.id).where(activities.c.id == activity, visible_activities(access)))
    if not ids:
        raise NotFound(f"there is no activity {activity}", activity=activity)
    return (await _show(connection, access, ids))[0]


async def _ids(connection: AsyncConnection, chosen: Select[int]) -> list[ActivityId]:
    return [ActivityId(number) for number in (await connection.execute(chosen)).scalars()]


async def _show(connection: AsyncConnection, access: Access, ids: Sequence[ActivityId]) -> list[JsonObject]:
    shapes = await shape_activities(connection, ids)
    return await masked(connection, access, [shapes[activity] for activity in ids])
