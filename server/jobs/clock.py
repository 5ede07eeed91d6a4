"""The clock of a portal: any number of processes run one, one of them leads.

The leader holds a lease, and looks at it again in each transaction: one that was stopped for a while, or cut off, finds
that another leads by then, and does nothing. What is done is marked as done in the same transaction, so that a killed
leader leaves nothing half done, and the next does nothing twice.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from types import TracebackType
from typing import Self

import structlog

from server.domain.words import Millis
from server.jobs.schedule import HOUR, JOBS, Job
from server.store import Store
from server.store.leases import give_back_lease, holds_lease, take_lease

LEASE = "clock"
LASTS: Millis = 5_000  # how long a lease lasts: this much later at most somebody else leads
LOOK: Millis = 1_000  # between two looks at what is due, and at the lease
AGAIN: Millis = 10_000  # until a job that failed is tried again

log = structlog.get_logger()


class Clock:
    """Runs as `async with Clock(store)`. `leads`: whether this one is the leader, as far as it knows."""

    def __init__(self, store: Store, jobs: Sequence[Job] = JOBS) -> None:
        self.leads = False
        self._store = store
        self._jobs = jobs
        self._holder = secrets.token_hex(8)
        self._after = dict.fromkeys((job.name for job in jobs), 0)  # when each may be looked after again
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run(), name="clock")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
        if self.leads:
            self.leads = False
            async with self._store.database.writing() as connection:
                await give_back_lease(connection, LEASE, self._holder)

    async def _run(self) -> None:
        while True:
            try:
                pause = await self.tick()
            except Exception:
                log.exception("clock_failed")
                pause = LOOK
            await asyncio.sleep(pause / 1000)

    async def tick(self) -> Millis:
        """Takes or keeps the lease, and does what is due if it has it. Returns how long to wait before the next time."""
        led, self.leads = self.leads, await self._lead()
        if self.leads != led:
            log.info("clock_leads" if self.leads else "clock_follows")
        if not self.leads:
            return LOOK
        for job in self._jobs:
            if self._now() >= self._after[job.name]:
                await self._attend(job)
        return await self._pause()

    async def _lead(self) -> bool:
        now = self._now()
        async with self._store.database.writing() as connection:
            return await take_lease(connection, LEASE, self._holder, now, now + LASTS)

    async def _attend(self, job: Job) -> None:
        """Does all that is due of one job, batch after batch. One that fails does not stop the others."""
        began = self._now()
        try:
            while await self._batch(job):
                if self._now() - began > LASTS // 4 and not await self._lead():
                    return
                await asyncio.sleep(0)
        except Exception:
            log.exception("job_failed", job=job.name)
            self._after[job.name] = self._now() + AGAIN
        else:
            self._after[job.name] = 0 if job.due is not None else self._now() + HOUR

    async def _batch(self, job: Job) -> int:
        async with self._store.works.open_unattended() as work:
            if not await holds_lease(work.connection, LEASE, self._holder, work.at):
                return 0
            done = await job.run(work)
        if done:
            log.info("job_done", job=job.name, count=done)
        return done

    async def _pause(self) -> Millis:
        """Until the next thing is due, or the next look."""
        async with self._store.database.reading() as connection:
            due = [await job.due(connection) for job in self._jobs if job.due is not None]
        first = min((each for each in due if each is not None), default=None)
        return LOOK if first is None else max(0, min(LOOK, first - self._now()))

    def _now(self) -> Millis:
        return self._store.works.clock()
