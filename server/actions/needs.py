"""Whom records need now (PRODUCT §8): kept in the transaction of each act that changes it."""

from __future__ import annotations

from collections.abc import Iterable

from server.domain.words import RecordId, UserId
from server.store.needs import rebuild, renew
from server.store.work import Work


async def refresh(work: Work, of: Iterable[RecordId], also: Iterable[UserId | None] = ()) -> None:
    """Works out anew whom some records need, and tells the users for whom that changed. `also`: people whose own
    activities changed, with or without a record.
    """
    work.concern(await renew(work.connection, list(of)))
    work.concern(user for user in also if user is not None)


async def refresh_all(work: Work) -> None:
    """The same for all records, after another mode was chosen."""
    work.concern(await rebuild(work.connection))
