"""The jobs of the clock: what each does in one transaction, and when the next one is due."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.actions.deadlines import pass_deadlines, remind
from server.actions.removal import purge, undo_time
from server.actions.trimming import tidy, trim
from server.domain.activities import OPEN
from server.domain.words import Millis
from server.store.schema import activities, records
from server.store.settings import setting
from server.store.work import Work

SECOND: Millis = 1000
HOUR: Millis = 3600 * SECOND


@dataclass(frozen=True, slots=True)
class Job:
    """`run` does one batch and returns how much it did: 0 when nothing is due. `due` tells when it next has something to
    do (None: nothing that is known of); without it the job is looked after once an hour.
    """

    name: str
    run: Callable[[Work], Awaitable[int]]
    due: Callable[[AsyncConnection], Awaitable[Millis | None]] | None = None


async def _next_deadline(connection: AsyncConnection) -> Millis | None:
    is_open = activities.c.status.in_(sorted(map(str, OPEN)))
    waiting = select(func.min(activities.c.deadline)).where(is_open, ~activities.c.overdue, ~activities.c.hidden)
    found: Millis | None = (await connection.execute(waiting)).scalar_one()
    return found


async def _next_reminder(connection: AsyncConnection) -> Millis | None:
    found: Millis | None = (await connection.execute(select(func.min(activities.c.remind_at)))).scalar_one()
    return found


async def _next_purge(connection: AsyncConnection) -> Millis | None:
    first: Millis | None = (await connection.execute(select(func.min(records.c.deleted_at)))).scalar_one()
    return None if first is None else first + int(await setting(connection, "delete.undo")) * SECOND + 1


async def _purge(work: Work) -> int:
    return await purge(work, work.at - await undo_time(work))


JOBS = (
    Job("deadlines", pass_deadlines, _next_deadline),
    Job("reminders", remind, _next_reminder),
    Job("purge", _purge, _next_purge),
    Job("trim", trim),
    Job("tidy", tidy),
)
