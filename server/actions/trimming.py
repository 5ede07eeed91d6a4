"""What nobody needs any more: the old end of the log, keys of writes, logins that have run out."""

from __future__ import annotations

from sqlalchemy import delete, func, select, update

from server.domain.words import Millis
from server.store.schema import events, idempotency, log_head, logins
from server.store.work import Work

DAY: Millis = 86_400_000
KEPT: Millis = 30 * DAY  # how far back a client can resume
TOGETHER = 1_000  # events of one transaction


async def trim(work: Work) -> int:
    """Cuts the log at its old end, a piece at a time; who would resume from before it is told to begin anew. Returns how
    many events went.
    """
    floor = (await work.connection.execute(select(log_head.c.floor))).scalar_one()
    old = select(events.c.position).where(events.c.position > floor, events.c.position <= floor + TOGETHER)
    last = select(func.max(events.c.position)).where(events.c.position.in_(old), events.c.at < work.at - KEPT)
    cut = (await work.connection.execute(last)).scalar_one()
    if cut is None:
        return 0
    await work.lock()
    await work.connection.execute(update(log_head).values(floor=cut))
    await work.connection.execute(delete(events).where(events.c.position <= cut))
    return int(cut - floor)


async def tidy(work: Work) -> int:
    """Forgets keys of writes after a day, and logins that have ended by themselves. Returns how many."""
    keys = await work.connection.execute(delete(idempotency).where(idempotency.c.at < work.at - DAY))
    ended = await work.connection.execute(delete(logins).where(logins.c.expires_at <= work.at))
    return keys.rowcount + ended.rowcount
