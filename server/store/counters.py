"""The counters of users, and the lists behind them: one predicate for both (PRODUCT §8)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, case, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.domain.access import Access
from server.domain.activities import OPEN
from server.domain.counters import Flag, Moment, moment_of
from server.domain.deadlines import time_zone
from server.domain.words import JsonObject, Kind, Millis, Position, UserId
from server.store.access import load_accesses, readable
from server.store.log import read_head
from server.store.reading import count_unseen
from server.store.schema import activities, needs, records, users
from server.store.settings import setting


@dataclass(frozen=True, slots=True)
class Counted:
    """The counters of one user, true at `position` and until `until` (milliseconds) unless something happens."""

    position: Position
    until: Millis
    values: JsonObject


async def read_counters(connection: AsyncConnection, wanted: Iterable[UserId], now: Millis) -> dict[UserId, Counted]:
    """The counters of some users; unknown and disabled ones are left out. `values`: for each kind the number of records
    with each flag, and under `activities` the user's open activities that are due by midnight.
    """
    head = await read_head(connection)
    idle = bool(await setting(connection, "counters.idle"))
    accesses = await load_accesses(connection, wanted)
    zones = select(users.c.id, users.c.time_zone).where(users.c.id.in_(sorted(accesses)))
    found: dict[UserId, Counted] = {}
    for row in (await connection.execute(zones)).all():
        access = accesses[UserId(row.id)]
        at = moment_of(now, time_zone(row.time_zone))
        values = await _values(connection, access, at, idle=idle)
        found[access.user] = Counted(head.position, await _until(connection, access.user, at), values)
    return found


async def _values(connection: AsyncConnection, access: Access, at: Moment, *, idle: bool) -> JsonObject:
    counts = (
        func.coalesce(func.sum(case((condition, 1), else_=0)), 0) for condition in _conditions(at, idle=idle).values()
    )
    names = [str(flag) for flag in _conditions(at, idle=idle)]
    joined = needs.join(records, records.c.id == needs.c.record_id)
    chosen = select(needs.c.kind, *(count.label(name) for name, count in zip(names, counts, strict=True)))
    own = (needs.c.user_id == access.user, readable(access))
    rows = await connection.execute(chosen.select_from(joined).where(*own).group_by(needs.c.kind))
    values: JsonObject = {str(kind): dict.fromkeys(names, 0) for kind in Kind}
    for row in rows:
        values[row.kind] = {name: int(row._mapping[name]) for name in names}
    due = select(func.count()).select_from(activities).where(*_due(access.user), activities.c.deadline < at.midnight)
    values["activities"] = (await connection.execute(due)).scalar_one()
    return values


def _due(user: UserId) -> tuple[ColumnElement[bool], ...]:
    is_open = activities.c.status.in_(sorted(map(str, OPEN)))
    return (activities.c.responsible_id == user, is_open, ~activities.c.hidden)


async def _until(connection: AsyncConnection, user: UserId, at: Moment) -> Millis:
    """When the numbers change by themselves: the next deadline of today, or midnight."""
    next_due = select(func.min(needs.c.due)).where(needs.c.user_id == user, needs.c.due > at.now)
    due: Millis | None = (await connection.execute(next_due)).scalar_one()
    return at.midnight if due is None else min(due, at.midnight)


def _conditions(at: Moment, *, idle: bool) -> Mapping[Flag, ColumnElement[bool]]:
    """`domain.counters.flags` in SQL; a test holds both to one answer."""
    found: dict[Flag, ColumnElement[bool]] = {
        Flag.OVERDUE: needs.c.due <= at.now,
        Flag.TODAY: and_(needs.c.due > at.now, needs.c.due < at.midnight),
        Flag.IDLE: needs.c.idle if idle else false(),
        Flag.INCOMING: needs.c.incoming > 0,
        Flag.CLOSING: needs.c.closes <= at.day,
    }
    found[Flag.RECORDS] = or_(*found.values())
    return found


async def needing(
    connection: AsyncConnection, user: UserId, flags: Collection[Flag], now: Millis
) -> ColumnElement[bool]:
    """The condition that a row of `records` needs the user for one of these reasons: what the counters count."""
    idle = bool(await setting(connection, "counters.idle"))
    zone = (await connection.execute(select(users.c.time_zone).where(users.c.id == user))).scalar_one()
    conditions = _conditions(moment_of(now, time_zone(zone)), idle=idle)
    wanted = or_(*(conditions[flag] for flag in flags))
    return records.c.id.in_(select(needs.c.record_id).where(needs.c.user_id == user, wanted))


async def show_counters(connection: AsyncConnection, access: Access, now: Millis) -> JsonObject:
    """All counters of one user: those of the records, their activities, and how much of Mine is unseen (`stream`)."""
    head = await read_head(connection)
    counted = (await read_counters(connection, [access.user], now))[access.user]
    stream = await count_unseen(connection, access)
    return {"epoch": head.epoch, "position": head.position, "values": counted.values | {"stream": stream}}
