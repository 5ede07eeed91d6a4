"""When tokens were last used: noted about once a minute each, behind the requests and sockets that use them."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from contextlib import suppress
from types import TracebackType
from typing import Self

import structlog
from sqlalchemy import or_, update

from server.domain.words import Millis
from server.store.database import Database
from server.store.logins import TOKEN_SEEN_EVERY
from server.store.schema import tokens
from server.store.work import now

log = structlog.get_logger()


class TokenUses:
    """Use as `async with TokenUses(database) as uses`, which owns the task that writes. What cannot be written is left:
    the next use is noted again.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._unnoted: set[str] = set()
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run(), name="token-uses")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def note(self, hash: str) -> None:
        """A token, by its stored hash, is used now. Waits for nothing."""
        self._unnoted.add(hash)
        self._wake.set()

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            hashes, self._unnoted = self._unnoted, set()
            try:
                await self._write(hashes, now())
            except Exception:
                log.exception("token_use_not_noted", tokens=len(hashes))

    async def _write(self, hashes: Collection[str], at: Millis) -> None:
        # another node may have noted it meanwhile
        due = or_(tokens.c.seen_at.is_(None), tokens.c.seen_at <= at - TOKEN_SEEN_EVERY)
        async with self._database.writing() as connection:
            await connection.execute(update(tokens).where(tokens.c.hash.in_(hashes), due).values(seen_at=at))
